"""Organisations, offices and who holds them, persons, addresses, contacts."""
