"""What the outbox has of people, for when a duplicate is merged: whom a mail was or is to be sent to."""

from __future__ import annotations

from scheduler.mail.models import OutboxMail
from scheduler.organisations.merging import Room

ROOM = Room(person=(OutboxMail.person_id,))
