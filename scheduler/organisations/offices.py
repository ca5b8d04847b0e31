"""Offices and who holds them: enter, edit, begin, end and correct a holding, and who holds what on a day.

Who held what on a day that has been changes only with a reason, which is kept (spec product, invariant 3). Not here:
which seats and forums an office fills (``forums.office_uses``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from scheduler.errors import Problem
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.organisations import fields, rows, rules
from scheduler.organisations.fields import Day, Field, Flag, Reference, Text
from scheduler.organisations.models import Office, OfficeHolding, Organisation, Person
from scheduler.organisations.rules import Span


class OfficeFields(TypedDict, total=False):
    """What of an office a person writes."""

    sv: str | None
    en: str | None
    organisation_id: int | None
    on_behalf_of_id: int | None
    each_of: str | None
    group: bool


FIELDS: Mapping[str, Field] = {
    "sv": Text(200, missing=mark("Ange befattningens namn")),
    "en": Text(200),
    "organisation_id": Reference(),
    "on_behalf_of_id": Reference(),
    "each_of": Text(200),
    "group": Flag(),
}
REFERENCES: rows.References = {
    "organisation_id": ("organisation", Organisation),
    "on_behalf_of_id": ("on_behalf_of", Organisation),
}
FACTS = ("sv", "en", "organisation", "on_behalf_of", "each_of", "group")
#: Whom its seats represent.
_WHOSE = ("organisation", "on_behalf_of")

_HOLDING_FIELDS: Mapping[str, Field] = {
    "person_id": Reference(missing=mark("Välj en person")),
    "organisation_id": Reference(),
    "from_on": Day(missing=mark("Ange första dagen")),
    "to_on": Day(),
}
_HOLDING_REFERENCES: rows.References = {
    "person_id": ("person", Person),
    "organisation_id": ("organisation", Organisation),
}


def create_office(session: Session, actor: Actor, now: datetime, **given: Unpack[OfficeFields]) -> Office:
    """A new office; its slug is made from the Swedish name. Raises Refused with problems at the fields."""
    values = _read(session, {"sv": None, **given})
    office = Office()
    with session.no_autoflush:
        rows.assign(office, values)
        office.slug = rows.free_slug(session, Office.slug, office.sv, otherwise="befattning")
    session.add(office)
    session.flush()
    _record(session, actor, now, office, "office.create", after=rows.facts(office, FACTS))
    return office


def edit_office(
    session: Session,
    actor: Actor,
    now: datetime,
    office: Office,
    *,
    used: bool = False,
    reason: str | None = None,
    **given: Unpack[OfficeFields],
) -> Office:
    """Changes what is given.

    ``used``: a seat belonged to it on a day that has been (``forums.office_uses.was_used``). Whose office it is then
    changes only with a ``reason``, since past seat plans show it. Raises Refused with problems at the fields; at
    ``group`` or ``each_of`` when more would hold it at once than it then allows.
    """
    before = rows.facts(office, FACTS)
    values = _read(session, given)
    reason = fields.read_reason(reason)
    problems = []
    moved = any(name in values and values[name] is not getattr(office, name) for name in _WHOSE)
    if moved and used and not reason:
        problems.append(Problem("reason", mark("Befattningen har fyllt platser dagar som har varit. Skriv varför")))
    problems += _crowded(session, office, values)
    fields.refuse(problems)
    rows.assign(office, values)
    session.flush()
    after = rows.facts(office, FACTS)
    if after != before:
        _record(session, actor, now, office, "office.edit", before=before, after=after, reason=reason)
    return office


def _crowded(session: Session, office: Office, values: Mapping[str, Any]) -> list[Problem]:
    """A problem when two hold it at once who could not, were the office as ``values`` say."""
    group = values.get("group", office.group)
    each_of = values.get("each_of", office.each_of)
    if (group, each_of is None) == (office.group, office.each_of is None):
        return []
    query = select(OfficeHolding).where(OfficeHolding.office_id == office.id).order_by(OfficeHolding.from_on)
    latest: dict[Any, OfficeHolding] = {}
    for holding in session.scalars(query):
        whose = (holding.person_id if group else None, holding.organisation_id if each_of or group else None)
        other = latest.get(whose)
        if other is not None and _span(other).overlaps(_span(holding)):
            field = "group" if group != office.group else "each_of"
            return [rules.taken_problem(field, other.person, _span(other))]
        latest[whose] = holding
    return []


def _span(holding: OfficeHolding) -> Span:
    return Span(holding.from_on, holding.to_on)


def _read(session: Session, given: Mapping[str, Any]) -> dict[str, Any]:
    values, problems = fields.read(FIELDS, given)
    values, more = rows.resolve(session, values, REFERENCES)
    fields.refuse(problems + more)
    return values


def begin_holding(
    session: Session,
    actor: Actor,
    now: datetime,
    office: Office,
    *,
    person_id: int | None,
    from_on: date | None,
    to_on: date | None = None,
    organisation_id: int | None = None,
    replace: bool = False,
) -> OfficeHolding:
    """Somebody holds the office from ``from_on``; ``replace`` ends the one before the day before.

    An office is held by one at a time, one in each organisation where it is one in each, or by several when it
    is a group's; nobody holds it twice at once. Raises Refused with a problem at ``from_on`` that says who
    holds it when.
    """
    given = {"person_id": person_id, "organisation_id": organisation_id, "from_on": from_on, "to_on": to_on}
    values = _read_holding(session, office, given)
    span = Span(values["from_on"], values["to_on"])
    overlapping = _overlapping(session, office, values["person"], values.get("organisation"), span)
    before = [other for other in overlapping if replace and other.from_on < values["from_on"]]
    fields.refuse(
        [rules.taken_problem("from_on", other.person, _span(other)) for other in overlapping if other not in before][:1]
    )
    for other in before:
        end_holding(session, actor, now, other, on=rules.day_before(values["from_on"]))
    holding = OfficeHolding(office=office, **values)
    session.add(holding)
    session.flush()
    _record(session, actor, now, office, "office.begin", after=_holding(holding))
    return holding


def _read_holding(session: Session, office: Office, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values to store; takes the office for writing, so that two writers cannot both find it free."""
    values, problems = fields.read(_HOLDING_FIELDS, given)
    values, more = rows.resolve(session, values, _HOLDING_REFERENCES)
    problems += more
    problems += fields.order_problem("to_on", values.get("from_on"), values.get("to_on"))
    if office.each_of is not None and values.get("organisation") is None and not more:
        problems.append(Problem("organisation_id", mark("Välj i vilken organisation: befattningen finns i var och en")))
    fields.refuse(problems)
    session.scalars(select(Office.id).where(Office.id == office.id).with_for_update()).one()
    return values


def _overlapping(
    session: Session, office: Office, person: Person, organisation: Organisation | None, span: Span
) -> list[OfficeHolding]:
    """The holdings that a holding of ``person`` may not stand beside in ``span``, oldest first."""
    return [row for row in _beside(session, office, person, organisation) if span.overlaps(_span(row))]


def _beside(
    session: Session, office: Office, person: Person, organisation: Organisation | None
) -> Sequence[OfficeHolding]:
    """The holdings that may not overlap a new one of ``person``, oldest first."""
    query = select(OfficeHolding).where(OfficeHolding.office_id == office.id).order_by(OfficeHolding.from_on)
    if office.group:
        query = query.where(OfficeHolding.person_id == person.id)
    if office.each_of is not None or office.group:
        query = query.where(OfficeHolding.organisation_id == (organisation.id if organisation else None))
    return session.scalars(query).all()


def end_holding(session: Session, actor: Actor, now: datetime, holding: OfficeHolding, *, on: date) -> OfficeHolding:
    """The holding's last day is ``on``. Raises Refused when that lies before its first, or after the last it has."""
    problems = fields.order_problem("on", holding.from_on, on)
    if holding.to_on is not None and on > holding.to_on:
        problems.append(Problem("on", mark("Slutade redan %(to_on)s"), {"to_on": rules.ShownDay(holding.to_on)}))
    fields.refuse(problems)
    before = _holding(holding)
    holding.to_on = on
    session.flush()
    _record(session, actor, now, holding.office, "office.end", before=before, after=_holding(holding))
    return holding


def correct_holding(
    session: Session,
    actor: Actor,
    now: datetime,
    holding: OfficeHolding,
    *,
    today: date,
    from_on: date | None,
    to_on: date | None,
    organisation_id: int | None = None,
    reason: str | None = None,
) -> OfficeHolding:
    """Puts right when it was held, and in which organisation.

    Who held it before ``today`` changes only with a ``reason``, which is kept. Raises Refused with problems at the
    fields.
    """
    given = {"person_id": holding.person_id, "organisation_id": organisation_id, "from_on": from_on, "to_on": to_on}
    values = _read_holding(session, holding.office, given)
    before, old = _holding(holding), _span(holding)
    new = Span(values["from_on"], values["to_on"])
    changed = [rules.first_changed_day(old, new)]
    if values.get("organisation") is not holding.organisation:
        changed.append(holding.from_on)
    reason = fields.read_reason(reason)
    problems = rules.past_problem(min((day for day in changed if day is not None), default=None), today, reason)
    beside = _overlapping(session, holding.office, values["person"], values.get("organisation"), new)
    problems += [rules.taken_problem("from_on", row.person, _span(row)) for row in beside if row is not holding][:1]
    fields.refuse(problems)
    rows.assign(holding, values)
    session.flush()
    if (after := _holding(holding)) != before:
        _record(session, actor, now, holding.office, "office.correct", before=before, after=after, reason=reason)
    return holding


def remove_holding(
    session: Session, actor: Actor, now: datetime, holding: OfficeHolding, *, today: date, reason: str | None = None
) -> None:
    """Takes away a holding that was entered by mistake.

    Raises Refused at ``reason`` when it began before ``today`` and none is given.
    """
    reason = fields.read_reason(reason)
    fields.refuse(rules.past_problem(holding.from_on, today, reason))
    _record(session, actor, now, holding.office, "office.remove", before=_holding(holding), reason=reason)
    holding.office.holdings.remove(holding)
    session.delete(holding)
    session.flush()


def _holding(holding: OfficeHolding) -> dict[str, Any]:
    return {
        "person": rows.fact(holding.person),
        "person_id": holding.person.id,
        "organisation": rows.fact(holding.organisation),
        "from_on": holding.from_on,
        "to_on": holding.to_on,
    }


def _record(session: Session, actor: Actor, now: datetime, office: Office, action: str, **change: Any) -> None:
    record(session, actor, now, action=action, kind="office", subject_id=office.id, label=office.sv, **change)


# ---------------------------------------------------------------- who holds it


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who holds an office on a day; the organisation is where the office is one in each."""

    office_id: int
    person_id: int
    #: As shown: "ledamot" for a protected identity.
    person_name: str
    protected: bool
    organisation_id: int | None
    organisation_name: str | None


def holders_on(session: Session, office_ids: Collection[int] | None, on: date) -> dict[int, list[Holder]]:
    """Who holds each of the offices on the day, those without a holder left out; None: every office.

    One query, none when no office is asked about. Oldest holding first.
    """
    if office_ids is not None and not office_ids:
        return {}
    query = (
        select(OfficeHolding, Person, Organisation.name)
        .join(Person, OfficeHolding.person_id == Person.id)
        .outerjoin(Organisation, OfficeHolding.organisation_id == Organisation.id)
        .where(OfficeHolding.from_on <= on, or_(OfficeHolding.to_on.is_(None), OfficeHolding.to_on >= on))
        .order_by(OfficeHolding.office_id, OfficeHolding.from_on, OfficeHolding.id)
    )
    if office_ids is not None:
        query = query.where(OfficeHolding.office_id.in_(office_ids))
    found: dict[int, list[Holder]] = defaultdict(list)
    for holding, person, organisation_name in session.execute(query):
        found[holding.office_id].append(
            Holder(
                office_id=holding.office_id,
                person_id=person.id,
                person_name=rules.shown_name(person),
                protected=person.protected,
                organisation_id=holding.organisation_id,
                organisation_name=organisation_name,
            )
        )
    return dict(found)


@dataclass(frozen=True, slots=True)
class Holdings:
    """Everybody who has, is to have and has had an office; the coming ones next first, the past ones latest first."""

    now: tuple[OfficeHolding, ...]
    coming: tuple[OfficeHolding, ...]
    past: tuple[OfficeHolding, ...]


def holdings_of(session: Session, office_id: int, on: date) -> Holdings:
    """All holdings of the office as they stand on the day, with persons and organisations read. One query."""
    query = (
        select(OfficeHolding)
        .where(OfficeHolding.office_id == office_id)
        .options(joinedload(OfficeHolding.person), joinedload(OfficeHolding.organisation))
        .order_by(OfficeHolding.from_on, OfficeHolding.id)
    )
    rows = session.scalars(query).all()
    return Holdings(
        now=tuple(row for row in rows if on in _span(row)),
        coming=tuple(row for row in rows if row.from_on > on),
        past=tuple(row for row in reversed(rows) if row.to_on is not None and row.to_on < on),
    )


def held_by(session: Session, person_id: int, on: date) -> Sequence[OfficeHolding]:
    """What the person holds on the day or is to, with offices and organisations read. One query."""
    return session.scalars(
        select(OfficeHolding)
        .where(OfficeHolding.person_id == person_id, or_(OfficeHolding.to_on.is_(None), OfficeHolding.to_on >= on))
        .options(joinedload(OfficeHolding.office), joinedload(OfficeHolding.organisation))
        .order_by(OfficeHolding.from_on, OfficeHolding.id)
    ).all()
