"""Meetings, their states, invitees, conflicts and calendar fragments."""
