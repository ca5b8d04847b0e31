"""Reminder rules, what is due, the outbox, delivery."""
