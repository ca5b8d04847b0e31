"""A turn by the meeting ends with the meeting: chair or secretariat goes to the next in the order the day after.

Done when a meeting is recorded as held, and taken back when that is corrected. Not here: the order itself
(``forums.rotating``), the mail to both (``mail.handovers``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy.orm import Session

from scheduler.forums import rotating
from scheduler.forums.models import Forum, Rotation
from scheduler.forums.rotation import rotations_of
from scheduler.history.rules import Actor
from scheduler.meetings.fragments import Site
from scheduler.meetings.models import Meeting
from scheduler.meetings.publishing import refresh
from scheduler.meetings.queries import meetings_showing
from scheduler.meetings.scopes import scopes_of

#: Meetings that end no turn: the same meeting goes on, or nobody met.
_NO_TURN = ("continuation", "per_capsulam")


def hand_over_after(session: Session, actor: Actor, now: datetime, meeting: Meeting, *, site: Site) -> bool:
    """Ends the turns of the meeting's forums that go by the meeting, with its day; whether any did.

    A day before the turn that is served, as of a meeting entered long afterwards, ends nothing.
    """
    if meeting.kind in _NO_TURN or meeting.continues_id is not None:
        return False

    def act(forum: Forum, rotation: Rotation, on: date) -> bool:
        if on < rotating.open_turn_since(rotation):
            return False
        return rotating.hand_over(session, actor, now, forum, rotation, on=on)

    return _each(session, now, meeting, act, site=site)


def take_back_after(session: Session, actor: Actor, now: datetime, meeting: Meeting, *, site: Site) -> bool:
    """Lets the turns that ended with the meeting go on, where no later one has; whether any does."""

    def act(forum: Forum, rotation: Rotation, on: date) -> bool:
        return rotating.take_back(session, actor, now, forum, rotation, on=on)

    return _each(session, now, meeting, act, site=site)


def _each(
    session: Session, now: datetime, meeting: Meeting, act: Callable[[Forum, Rotation, date], bool], *, site: Site
) -> bool:
    forums = {forum.id: forum for forum in meeting.forums}
    by_meeting = [
        rotation for rows in rotations_of(session, forums).values() for rotation in rows if rotation.unit == "meeting"
    ]
    if not by_meeting:
        return False
    ids = [rotation.forum_id for rotation in by_meeting]
    before = scopes_of(session, meetings_showing(session, seats_of_forums=ids))
    done = [act(forums[rotation.forum_id], rotation, meeting.local_on) for rotation in by_meeting]
    if any(done):
        refresh(session, meetings_showing(session, seats_of_forums=ids), now, site=site, seats=True, before=before)
    return any(done)
