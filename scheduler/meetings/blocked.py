"""The meetings on days somebody closes or blocks. Not here: what speaks against a date (``conflicts``)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from scheduler.accounts.rules import Principal
from scheduler.meetings.models import Meeting
from scheduler.meetings.queries import MeetingFilter, meetings_between
from scheduler.meetings.rules import OPEN
from scheduler.places.rules import Blocked


def meetings_in_the_way(session: Session, blocked: Blocked, viewer: Principal) -> list[Meeting]:
    """The open meetings that ``blocked`` speaks against, in order; of those ``viewer`` may see.

    For an organisation those where it has a seat or somebody on the list, for a place those there or in its rooms.
    """
    shown = MeetingFilter(
        viewer=viewer,
        organisation_id=blocked.scope_id if blocked.scope == "organisation" else None,
        person_id=blocked.scope_id if blocked.scope == "person" else None,
        states=OPEN,
    )
    found = meetings_between(session, blocked.from_on, blocked.to_on, shown)
    return [meeting for meeting in found if _is_there(meeting, blocked) and _is_then(meeting, blocked)]


def _is_there(meeting: Meeting, blocked: Blocked) -> bool:
    if blocked.scope != "place":
        return True
    place = meeting.place
    return place is not None and blocked.scope_id in {place.id, place.part_of_id}


def _is_then(meeting: Meeting, blocked: Blocked) -> bool:
    if blocked.from_at is None or blocked.to_at is None:
        return True
    return meeting.start_at < blocked.to_at and blocked.from_at < meeting.end_at
