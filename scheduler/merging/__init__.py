"""Merging a person or an organisation that was entered twice: asking every room, moving, and keeping the past."""
