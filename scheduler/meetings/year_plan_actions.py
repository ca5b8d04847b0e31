"""Deciding a yearly plan: the meetings of the year are kept as they stand. Taking it back is undoing it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy.orm import Session

from scheduler.errors import Problem, Refused
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.meetings.year_plan_models import YearPlan
from scheduler.meetings.year_plans import planned_in, plans_about
from scheduler.organisations import fields
from scheduler.organisations.fields import Day, Field, Text

_FIELDS: Mapping[str, Field] = {
    "decided_on": Day(missing=mark("Ange dagen för beslutet")),
    "decided_by": Text(200, missing=mark("Skriv vem som har beslutat")),
    "note": Text(2000, lines=True),
}


def label_of(year: int) -> str:
    """How the history names the plan of a year."""
    return f"Sammanträdesplan {year}"


def decide(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    year: int,
    forum_ids: Collection[int],
    decided_on: date | None,
    decided_by: str | None,
    note: str | None = None,
    today: date,
    seen: int | None,
) -> YearPlan:
    """Keeps what the forums' meetings of the year are as decided; what is cancelled is not in it.

    ``seen`` is the latest decision about any of them that whoever decides has seen (None: none), so that nobody decides
    over somebody else's head. Raises Refused.
    """
    values, problems = fields.read(_FIELDS, {"decided_on": decided_on, "decided_by": decided_by, "note": note})
    if values.get("decided_on") is not None and values["decided_on"] > today:
        problems.append(Problem("decided_on", mark("Ange en dag som redan har varit, eller i dag")))
    fields.refuse(problems)
    latest = next(iter(plans_about(session, year, forum_ids)), None)
    if (None if latest is None else latest.id) != seen:
        raise Refused(Problem(None, mark("Någon annan har just beslutat planen. Titta på den och besluta sedan igen")))
    found = planned_in(session, year, forum_ids)
    meetings = [[forum_id, *one.stored()] for forum_id in sorted(found) for one in found[forum_id] if one.stands]
    if not meetings:
        raise Refused(Problem(None, mark("Det finns inga möten %(year)s att besluta om"), {"year": year}))
    plan = YearPlan(year=year, forums=sorted(set(forum_ids)), meetings=meetings, entered_at=now, **values)
    session.add(plan)
    session.flush()
    record(
        session, actor, now, action="year_plan.decide", kind="year_plan", subject_id=plan.id, label=label_of(year),
        after={
            "year": year, "decided_on": plan.decided_on, "decided_by": plan.decided_by, "note": plan.note,
            "forums_decided": len(plan.forums), "meetings_decided": len(meetings),
        },
    )  # fmt: skip
    return plan
