"""Reading what a yearly plan is made of: decisions, the meetings of a year as they stand, what the history says.

A constant number of queries for any number of forums. Not here: comparing (``year_plan_rules``), deciding
(``year_plan_actions``), who may see which forum.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from scheduler.history.models import HistoryEntry
from scheduler.meetings.fragments import span_of
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.meetings.rules import Kind, State
from scheduler.meetings.year_plan_models import YearPlan
from scheduler.meetings.year_plan_rules import ChangeKind, Planned

#: What is told of a change by which entry of a meeting's history.
_TELLING: Mapping[str, tuple[ChangeKind, ...]] = {
    "meeting.move": ("moved", "retimed"),
    "meeting.cancel": ("cancelled",),
    "meeting.book": ("added",),
    "meeting.confirm": ("added",),
}


def plans_of(session: Session, year: int) -> Sequence[YearPlan]:
    """The decisions on a year, the latest first. One query."""
    return session.scalars(select(YearPlan).where(YearPlan.year == year).order_by(YearPlan.id.desc())).all()


def plans_about(session: Session, year: int, forum_ids: Collection[int]) -> list[YearPlan]:
    """The decisions on a year that are about any of the forums, the latest first. One query."""
    return [plan for plan in plans_of(session, year) if set(plan.forums) & set(forum_ids)]


def plan_ids_within(session: Session, forum_ids: Collection[int]) -> set[int]:
    """The decisions that are about none but these forums. One query, none without forums."""
    if not forum_ids:
        return set()
    rows = session.execute(select(YearPlan.id, YearPlan.forums))
    return {plan_id for plan_id, forums in rows if set(forums) <= set(forum_ids)}


def years_of_plans(session: Session, plan_ids: Collection[int]) -> dict[int, int]:
    """Decision → its year, those that stand. One query, none without decisions."""
    if not plan_ids:
        return {}
    return dict(session.execute(select(YearPlan.id, YearPlan.year).where(YearPlan.id.in_(plan_ids))).all())


def in_force(plans: Iterable[YearPlan]) -> dict[int, YearPlan]:
    """Forum → the decision that holds for it; ``plans`` the latest first."""
    found: dict[int, YearPlan] = {}
    for plan in plans:
        for forum_id in plan.forums:
            found.setdefault(forum_id, plan)
    return found


def decided_in(plan: YearPlan, forum_id: int) -> list[Planned]:
    """The forum's meetings as they were decided."""
    return [Planned.read(stored) for owner, *stored in plan.meetings if owner == forum_id]


def planned_of(meeting: Meeting) -> Planned:
    """A meeting as a plan has it."""
    span = span_of(meeting)
    start = None if span.all_day else span.start.time().replace(tzinfo=None)
    return Planned(meeting.id, span.on, span.last_on, start, meeting.state)


def planned_in(
    session: Session, year: int, forum_ids: Collection[int], *, besides: Collection[int] = ()
) -> dict[int, list[Planned]]:
    """Forum → its meetings of the year, and those ``besides``, whatever their year; in order, cancelled ones too.

    What was cancelled before it was booked, and written procedures, were never in a plan. One query.
    """
    of_year = Meeting.local_on.between(date(year, 1, 1), date(year, 12, 31))
    query = (
        select(MeetingForum.forum_id, Meeting)
        .join(Meeting)
        .where(
            MeetingForum.forum_id.in_(forum_ids),
            or_(of_year, Meeting.id.in_(besides)),
            Meeting.kind != Kind.PER_CAPSULAM,
            or_(Meeting.state != State.CANCELLED, Meeting.confirmed_at.is_not(None), Meeting.id.in_(besides)),
        )
        .order_by(Meeting.start_at, Meeting.id)
    )
    found: dict[int, list[Planned]] = defaultdict(list)
    for forum_id, meeting in session.execute(query):
        found[forum_id].append(planned_of(meeting))
    return found


def titles_of(session: Session, meeting_ids: Collection[int]) -> dict[int, str]:
    """Meeting → its title, those that have one. One query."""
    rows = session.execute(select(Meeting.id, Meeting.title).where(Meeting.id.in_(meeting_ids)))
    return {meeting_id: title for meeting_id, title in rows if title}


def told_of(session: Session, meeting_ids: Collection[int]) -> Mapping[tuple[int | None, ChangeKind], HistoryEntry]:
    """Meeting and change → the latest entry of the history that is about it. One query, none for nothing."""
    if not meeting_ids:
        return {}
    query = (
        select(HistoryEntry)
        .where(
            HistoryEntry.subject_kind == "meeting",
            HistoryEntry.subject_id.in_(meeting_ids),
            HistoryEntry.action.in_(_TELLING),
        )
        .order_by(HistoryEntry.id)
    )
    return {(entry.subject_id, kind): entry for entry in session.scalars(query) for kind in _TELLING[entry.action]}
