"""The § of decisions: drawn one after the other from a count of the forum's year, without gaps (invariant 10).

Whoever draws holds the count until the transaction ends, so that two protocols never share a number and none is lost
when one of them is taken back. Not here: which items are decisions (``minutes_reading.DECIDED``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from scheduler.meetings.models import Meeting
from scheduler.records.models import AgendaItem, Decision, ParagraphCount


def draw(session: Session, now: datetime, meeting: Meeting, items: Sequence[AgendaItem]) -> dict[int, int]:
    """Gives each of ``items``, in this order, the next § of the forum's year; one that has a § keeps it.

    The year is that of the meeting's local day. Gives item → §.
    """
    found = {item.id: item.decision.paragraph for item in items if item.decision is not None}
    new = [item for item in items if item.decision is None]
    if not new:
        return found
    count = _hold(session, meeting.forum.id, meeting.local_on.year)
    for item in new:
        record = item.record
        if record is None:  # nothing was decided
            continue
        count.last += 1
        found[item.id] = count.last
        session.add(
            Decision(
                item_id=item.id, forum_id=count.forum_id, year=count.year, paragraph=count.last,
                outcome=record.outcome, text=record.decision_text or "", reservations=record.reservations, drawn_at=now,
            )
        )  # fmt: skip
    session.flush()
    return found


def _hold(session: Session, forum_id: int, year: int) -> ParagraphCount:
    """The count of a forum's year, nobody else's until the transaction ends."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(ParagraphCount).values(forum_id=forum_id, year=year, last=0).on_conflict_do_nothing())
    return session.scalars(
        select(ParagraphCount)
        .where(ParagraphCount.forum_id == forum_id, ParagraphCount.year == year)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
