"""Which meetings lack their minutes, and which protocols stand on the notice board. A constant number of queries.

Not here: one meeting's minutes (``minutes_reading``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from scheduler.forums.models import Forum, ForumKind
from scheduler.meetings.inherited import effective_meeting
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.meetings.rules import State
from scheduler.records.minutes_rules import due_on, is_done, state_on
from scheduler.records.models import Minutes

#: Older meetings are nobody's news any more.
LOOKS_BACK = timedelta(days=365)


@dataclass(frozen=True)
class Missing:
    """A held meeting whose minutes are not done, though its formality asks for them."""

    meeting: Meeting
    #: None: not begun.
    state: str | None
    due_on: date

    def is_late(self, today: date) -> bool:
        """Whether the last day has passed."""
        return today > self.due_on


def missing_minutes(session: Session, forum_ids: Collection[int], today: date) -> list[Missing]:
    """The held meetings of the forums (as leading) of the last year without finished minutes, the oldest first."""
    query = (
        select(Meeting, Minutes)
        .join(MeetingForum, (MeetingForum.meeting_id == Meeting.id) & (MeetingForum.position == 0))
        .outerjoin(Minutes, Minutes.meeting_id == Meeting.id)
        .where(
            MeetingForum.forum_id.in_(forum_ids),
            Meeting.state == State.HELD,
            Meeting.local_on >= today - LOOKS_BACK,
        )
        .options(selectinload(Meeting.forum_rows).joinedload(MeetingForum.forum))
        .order_by(Meeting.start_at)
    )
    found = []
    for meeting, minutes in session.execute(query):
        settings = effective_meeting(meeting)
        state = None if minutes is None else minutes.state
        if settings.formality == "informal" or is_done(state, None if minutes is None else minutes.object_by_on, today):
            continue
        found.append(Missing(meeting, state, due_on(meeting.local_on, settings.minutes_days)))
    return found


def late_minutes(session: Session, first: date, last: date, today: date) -> set[int]:
    """The held meetings of first–last, both included, whose minutes are late. One query, columns alone.

    As ``missing_minutes`` judges it, but of forums that write their minutes here: where none have been begun they are
    kept elsewhere, and nothing is missing.
    """
    other = aliased(Minutes)
    kept = aliased(MeetingForum)
    writing = select(kept.forum_id).join(other, other.meeting_id == kept.meeting_id)
    query = (
        select(
            Meeting.id,
            Meeting.local_on,
            func.coalesce(Meeting.minutes_days, Forum.minutes_days, ForumKind.minutes_days),
            Minutes.state,
            Minutes.object_by_on,
        )
        .join(MeetingForum, (MeetingForum.meeting_id == Meeting.id) & (MeetingForum.position == 0))
        .join(Forum, Forum.id == MeetingForum.forum_id)
        .join(ForumKind, ForumKind.id == Forum.kind_id)
        .outerjoin(Minutes, Minutes.meeting_id == Meeting.id)
        .where(
            Meeting.state == State.HELD,
            Meeting.local_on.between(first, last),
            func.coalesce(Meeting.formality, Forum.formality, ForumKind.formality) != "informal",
            Forum.id.in_(writing),
        )
    )
    return {
        meeting_id
        for meeting_id, on, days, state, object_by_on in session.execute(query)
        if not is_done(state, object_by_on, today) and today > due_on(on, days)
    }


def states_of(session: Session, meeting_ids: Collection[int], today: date) -> dict[int, str]:
    """Meeting → the state of its minutes on a day; those not begun are left out. One query."""
    query = select(Minutes.meeting_id, Minutes.state, Minutes.object_by_on).where(Minutes.meeting_id.in_(meeting_ids))
    return {
        meeting_id: state_on(state, object_by_on, today) for meeting_id, state, object_by_on in session.execute(query)
    }


def posted_on(session: Session, today: date) -> Sequence[Minutes]:
    """The protocols posted on a day, the newest first; whether their meetings are public is for the page to ask."""
    query = (
        select(Minutes)
        .where(Minutes.posted_on <= today, Minutes.posted_until_on >= today)
        .options(
            joinedload(Minutes.meeting).selectinload(Meeting.forum_rows).joinedload(MeetingForum.forum),
        )
        .order_by(Minutes.posted_on.desc(), Minutes.id.desc())
    )
    return session.scalars(query).all()
