"""Date polls: which of some dates most seats of a forum can be filled on, asked by a personal link."""
