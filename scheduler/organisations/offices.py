"""Offices and who holds them: enter, edit, begin and end a holding, and who holds what on a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

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


def edit_office(session: Session, actor: Actor, now: datetime, office: Office, **given: Unpack[OfficeFields]) -> Office:
    """Changes what is given. Raises Refused with problems at the fields."""
    before = rows.facts(office, FACTS)
    rows.assign(office, _read(session, given))
    session.flush()
    _record(session, actor, now, office, "office.edit", before=before, after=rows.facts(office, FACTS))
    return office


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
    values, problems = fields.read(_HOLDING_FIELDS, given)
    values, more = rows.resolve(session, values, _HOLDING_REFERENCES)
    problems += more
    problems += fields.order_problem("to_on", values.get("from_on"), values.get("to_on"))
    fields.refuse(problems)
    session.scalars(select(Office.id).where(Office.id == office.id).with_for_update()).one()
    span = Span(values["from_on"], values["to_on"])
    overlapping = [
        other
        for other in _beside(session, office, values["person"], values.get("organisation"))
        if span.overlaps(Span(other.from_on, other.to_on))
    ]
    before = [other for other in overlapping if replace and other.from_on < values["from_on"]]
    fields.refuse(
        [
            rules.taken_problem("from_on", other.person, Span(other.from_on, other.to_on))
            for other in overlapping
            if other not in before
        ][:1]
    )
    for other in before:
        end_holding(session, actor, now, other, on=rules.day_before(values["from_on"]))
    holding = OfficeHolding(office=office, **values)
    session.add(holding)
    session.flush()
    _record(session, actor, now, office, "office.begin", after=_holding(holding))
    return holding


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
