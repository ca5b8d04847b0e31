"""Users, roles, sessions, sign-in by one-time link, limits."""
