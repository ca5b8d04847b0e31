"""The life of a meeting as its page draws it: booked, called, held, its minutes done.

Not here: the steps themselves (``meetings.steps``), the states of the minutes alone (``minutes``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from scheduler.i18n import gettext as _
from scheduler.meetings.inherited import effective_meeting
from scheduler.meetings.models import Meeting
from scheduler.meetings.rules import DONE, State

#: Stages before the minutes: booked, called, the meeting itself.
_BEFORE = 3
#: State of the minutes → how many of their stages are done; any other state: all.
_WRITTEN = {None: 0, "draft": 0, "sent": 1, "adjusting": 1, "adjusted": 2}


@dataclass(frozen=True)
class Stage:
    """One stage in a word, and where the meeting is."""

    word: str
    is_done: bool
    #: What is going on or comes next; at most one, none when all is done.
    is_now: bool


def life_of(meeting: Meeting, minutes_state: str | None, now: datetime) -> list[Stage]:
    """The stages in order; none for a cancelled meeting. ``minutes_state`` None: not begun."""
    if meeting.state == State.CANCELLED:
        return []
    words = [
        _("Föreslaget") if meeting.state == State.PROPOSED else _("Bokat"),
        _("Kallelse skickad"),
        _meeting_word(meeting, now),
        *_records(effective_meeting(meeting).formality),
    ]
    at = _at(meeting, minutes_state, now)
    ends = meeting.state == State.CLOSED and minutes_state is None
    stages = [Stage(word, place < at, place == at and not ends) for place, word in enumerate(words)]
    if meeting.called_at is None and meeting.start_at <= now:
        del stages[1]  # nobody was called, and nobody will be
    return stages


def _at(meeting: Meeting, minutes_state: str | None, now: datetime) -> int:
    """The place of the stage that is going on or comes next."""
    if meeting.state in DONE:
        return _BEFORE + _WRITTEN.get(minutes_state, _BEFORE)
    if meeting.start_at <= now:
        return _BEFORE - 1
    return {State.PROPOSED: 0, State.CONFIRMED: 1}.get(State(meeting.state), 2)


def _meeting_word(meeting: Meeting, now: datetime) -> str:
    if meeting.state in DONE:
        return _("Hållet")
    return _("Möte pågår") if meeting.start_at <= now < meeting.end_at else _("Möte")


def _records(formality: str) -> list[str]:
    if formality == "informal":
        return []
    if formality == "notes":
        return [_("Minnesanteckningar"), _("Godkännande")]
    return [_("Protokoll"), _("Justering"), *([_("Anslag")] if formality == "protocol_notice" else [])]
