"""What a meeting is called on its pages. Not here: its states and kinds (``words``), its agenda (``agenda``)."""

from __future__ import annotations

from scheduler.i18n import date_text
from scheduler.meetings.models import Meeting


def title_of(meeting: Meeting) -> str:
    """ "Regionalt forum, tisdag 15 september 2026"."""
    return f"{meeting.forum.title}, {date_text(meeting.local_on, year=True)}"
