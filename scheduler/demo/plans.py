"""The demo's decided plan of the year: as its meetings stand, but for a few that have changed since.

The decision is older than the demo, so it is stored as it would have been then. Not here: the meetings (``year``).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.demo.year import ZONE
from scheduler.forums.models import Forum
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.meetings.changes import span_of
from scheduler.meetings.models import MeetingChange
from scheduler.meetings.year_plan_actions import label_of
from scheduler.meetings.year_plan_models import YearPlan
from scheduler.meetings.year_plan_rules import Planned
from scheduler.meetings.year_plans import planned_in

#: A forum that met a week later than was decided, and one that met once more.
POSTPONED, ADDED = "tillvaxtberedningen", "run"
DECIDED_BY = "Länsledningen"


def fill(session: Session, actor: Actor, now: datetime) -> None:
    """Stores the decision of last November on this year's meetings."""
    year = now.astimezone(ZONE).year
    slugs = {forum.id: forum.slug for forum in session.scalars(select(Forum))}
    found = planned_in(session, year, set(slugs))
    before = _starts_before(session)
    meetings = [
        [forum_id, *one.stored()]
        for forum_id in sorted(found)
        for one in _as_decided(
            slugs[forum_id], [replace(one, start=before.get(one.meeting_id or 0, one.start)) for one in found[forum_id]]
        )
    ]
    if not meetings:
        return
    plan = YearPlan(
        year=year, decided_on=date(year - 1, 11, 24), decided_by=DECIDED_BY, forums=sorted(found), meetings=meetings,
        entered_at=now,
    )  # fmt: skip
    session.add(plan)
    session.flush()
    record(
        session, actor, now, action="year_plan.decide", kind="year_plan", subject_id=plan.id, label=label_of(year),
        after={
            "year": year, "decided_on": plan.decided_on, "decided_by": plan.decided_by,
            "forums_decided": len(found), "meetings_decided": len(meetings),
        },
    )  # fmt: skip


def _starts_before(session: Session) -> dict[int, time]:
    """Meeting → when it was to start before it was moved."""
    moves = session.scalars(select(MeetingChange).where(MeetingChange.kind == "move").order_by(MeetingChange.id.desc()))
    return {
        row.meeting_id: span_of(row.before).start.time().replace(tzinfo=None) for row in moves if row.before is not None
    }


def _as_decided(slug: str, planned: list[Planned]) -> list[Planned]:
    if slug == ADDED and len(planned) > 1:
        return planned[:-1]
    if slug == POSTPONED and planned:
        first = planned[0]
        earlier = first.on - timedelta(days=7)
        return [replace(first, on=earlier, last_on=earlier), *planned[1:]] if earlier.year == first.on.year else planned
    return planned
