"""What a forum's own page says of its meetings: who was there, who comes, when they are called, what is written.

A constant number of queries. Not here: the page (``forums``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from scheduler.forums.models import Forum
from scheduler.i18n import date_text, ngettext
from scheduler.i18n import gettext as _
from scheduler.meetings.conflicts import last_days_to_call
from scheduler.meetings.models import Meeting
from scheduler.meetings.replies import coming_counts
from scheduler.meetings.rules import DONE, State
from scheduler.records.attendance_lists import presence_of
from scheduler.records.minutes_lists import states_of
from scheduler.records.minutes_words import STATES, state_word


@dataclass(frozen=True)
class MeetingNotes:
    """The meetings of a year in words and numbers."""

    #: Meeting → "21 närvarande", "16 anmälda" or "Kallas senast 5 november"; those of which nothing is known left out.
    people: Mapping[int, str]
    #: Meeting → the state of its minutes in a word, and its glyph; those not begun left out.
    minutes: Mapping[int, tuple[str, str]]
    #: Meetings whose attendance was kept, and organisation → at how many of them it was there.
    counted: int
    by_organisation: Mapping[int, int]


def notes_of(
    session: Session, forum: Forum, meetings: Sequence[Meeting], now: datetime, *, edits: bool
) -> MeetingNotes:
    """What to say of ``meetings``; when they are called and drafts of minutes only to those who keep the forum."""
    done = {meeting.id for meeting in meetings if meeting.state in DONE}
    presence = presence_of(session, done)
    people = {
        meeting_id: ngettext("%(n)s närvarande", "%(n)s närvarande", there)
        for meeting_id, there in presence.there.items()
        if there
    }
    called = [meeting for meeting in meetings if meeting.state == State.CALLED and meeting.end_at > now]
    if called:
        coming = coming_counts(session, called)
        people |= {meeting.id: ngettext("1 anmäld", "%(n)s anmälda", coming[meeting.id]) for meeting in called}
    if edits:
        booked = [
            meeting
            for meeting in meetings
            if meeting.state == State.CONFIRMED and meeting.start_at > now and meeting.forum.id == forum.id
        ]
        people |= {
            meeting_id: _("Kallas senast %(day)s", day=date_text(day, weekday=False))
            for meeting_id, day in last_days_to_call(session, booked).items()
        }
    minutes = {
        meeting_id: (state_word(state), STATES[state][1])
        for meeting_id, state in states_of(session, done, now.date()).items()
        if edits or state not in {"draft", "adjusting"}
    }
    counted = sum(there > 0 for there in presence.there.values())
    return MeetingNotes(people, minutes, counted, presence.by_organisation)
