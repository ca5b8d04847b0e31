"""What a meeting is about and what came of it: agenda, documents, attendance, minutes, decisions, action points."""
