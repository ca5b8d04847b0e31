"""When a person is away: days one has entered oneself. They are busy days, and a "no" to meetings on them.

Not here: what that means for a call (``meetings.reply_rules``) and for a date (``meetings.conflicts``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from scheduler.errors import NotFound, Problem
from scheduler.history.actions import record
from scheduler.history.models import HistoryEntry
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.organisations import fields, rows
from scheduler.organisations.fields import Day, Field, Text
from scheduler.organisations.models import Person
from scheduler.organisations.rules import ShownDay, shown_name
from scheduler.places.models import BlockedPeriod

KIND = "away"
#: What everybody else reads of it.
NAME = mark("Borta")
_THERE = mark("Du är redan borta %(from_on)s till %(to_on)s. Ta bort de dagarna först")
#: Longer than this is a slip of the keyboard, or no absence.
LONGEST = timedelta(days=731)

_FIELDS: Mapping[str, Field] = {"from_on": Day(missing=mark("Ange första dagen")), "to_on": Day(), "note": Text(200)}


@dataclass(frozen=True)
class Absence:
    """Whole days on which a person is away, both ends included."""

    person_id: int
    from_on: date
    to_on: date
    #: When it was entered or last changed; None where the history does not say.
    entered_at: datetime | None


# ---------------------------------------------------------------- reading


def absences_of(session: Session, person_id: int, *, since: date) -> Sequence[BlockedPeriod]:
    """The absences of a person that have not ended before ``since``, the first one first. One query."""
    query = select(BlockedPeriod).where(*_of([person_id]), BlockedPeriod.to_on >= since)
    return session.scalars(query.order_by(BlockedPeriod.from_on, BlockedPeriod.id)).all()


def absence_of(session: Session, person_id: int | None, absence_id: int) -> BlockedPeriod:
    """One absence of the person; raises NotFound for anything else, or for nobody."""
    row = session.get(BlockedPeriod, absence_id)
    if row is None or person_id is None or row.person_id != person_id or row.kind != KIND:
        raise NotFound
    return row


def absences_between(session: Session, person_ids: Collection[int], first: date, last: date) -> list[Absence]:
    """The absences of these people on any day from ``first`` to ``last``, both included. Two queries at most."""
    if not person_ids:
        return []
    found = session.scalars(
        select(BlockedPeriod).where(*_of(person_ids), BlockedPeriod.from_on <= last, BlockedPeriod.to_on >= first)
    ).all()
    entered = _entered(session, found)
    return [Absence(row.person_id or 0, row.from_on, row.to_on, entered.get(row.id)) for row in found]


def _of(person_ids: Collection[int]) -> list[ColumnElement[bool]]:
    """Whole days alone: an hour in somebody's calendar is no day away."""
    return [BlockedPeriod.person_id.in_(person_ids), BlockedPeriod.kind == KIND, BlockedPeriod.from_at.is_(None)]


def _entered(session: Session, found: Sequence[BlockedPeriod]) -> dict[int, datetime]:
    """Absence → the latest instant its days were entered; the history is the only one to know."""
    if not found:
        return {}
    about_person = (HistoryEntry.subject_kind == "person") & (HistoryEntry.action == "absence.add")
    query = select(HistoryEntry).where(
        or_(
            about_person & HistoryEntry.subject_id.in_({row.person_id for row in found}),
            (HistoryEntry.subject_kind == "blocked_period") & HistoryEntry.subject_id.in_({row.id for row in found}),
        )
    )
    entered: dict[int, datetime] = {}
    for entry in session.scalars(query.order_by(HistoryEntry.id)):
        absence_id = (
            entry.subject_id if entry.subject_kind == "blocked_period" else (entry.after or {}).get("absence_id")
        )
        if absence_id is not None:
            entered[absence_id] = entry.at
    return entered


# ---------------------------------------------------------------- what a person does


def add_absence(
    session: Session,
    actor: Actor,
    now: datetime,
    person: Person,
    *,
    from_on: date | None,
    to_on: date | None,
    today: date,
    note: str | None = None,
) -> BlockedPeriod:
    """Enters that ``person`` is away; ``to_on`` None: the first day alone.

    ``note`` is the person's own: neither the history nor a conflict tells it. Raises Refused with problems at the
    fields for days that are over, and for days of another absence.
    """
    # One after the other: two windows of the same person must not enter the same days.
    rows.claim(session, person)
    values, problems = fields.read(_FIELDS, {"from_on": from_on, "to_on": to_on, "note": note})
    fields.refuse(problems)
    first: date = values["from_on"]
    last: date = values["to_on"] or first
    fields.refuse(_problems(session, person, first, last, today))
    row = BlockedPeriod(
        person_id=person.id, kind=KIND, name=NAME, from_on=first, to_on=last, hard=True, note=values["note"]
    )
    session.add(row)
    session.flush()
    _record(session, actor, now, person, "absence.add", after=_facts(row))
    return row


def remove_absence(session: Session, actor: Actor, now: datetime, person: Person, row: BlockedPeriod) -> None:
    """Takes one of the person's absences away."""
    _record(session, actor, now, person, "absence.remove", before=_facts(row))
    session.delete(row)
    session.flush()


def _problems(session: Session, person: Person, first: date, last: date, today: date) -> list[Problem]:
    if problems := fields.order_problem("to_on", first, last):
        return problems
    if last < today:
        return [Problem("to_on" if first < last else "from_on", mark("Ange dagar som inte har passerat"))]
    if last - first > LONGEST:
        return [Problem("to_on", mark("Lägg in högst två år i taget"))]
    for other in absences_of(session, person.id, since=first):
        if other.from_on <= last:
            values: dict[str, object] = {"from_on": ShownDay(other.from_on), "to_on": ShownDay(other.to_on)}
            return [Problem("from_on", _THERE, values)]
    return []


def _facts(row: BlockedPeriod) -> dict[str, object]:
    return {"absence_id": row.id, "from_on": row.from_on, "to_on": row.to_on}


def _record(session: Session, actor: Actor, now: datetime, person: Person, action: str, **change: Any) -> None:
    """With the person, and under no name where the identity is protected."""
    who = replace(actor, label=shown_name(person)) if actor.person_id == person.id else actor
    record(session, who, now, action=action, kind="person", subject_id=person.id, label=shown_name(person), **change)
