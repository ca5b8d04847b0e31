"""What a person does with places and blocked periods: enter, edit, take away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.errors import Problem
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.organisations import fields, rows
from scheduler.organisations.fields import Choice, Day, Field, Flag, Number, Reference, Text, Web
from scheduler.organisations.models import Organisation, Person
from scheduler.organisations.rules import ITSELF, leads_back
from scheduler.organisations.uses import used_problem, uses_of
from scheduler.places.models import BlockedPeriod, Place
from scheduler.places.rules import BLOCKED_KINDS


class PlaceFields(TypedDict, total=False):
    """What of a place a person writes."""

    name: str | None
    name_en: str | None
    address: str | None
    town: str | None
    capacity: int | None
    online: bool
    video_url: str | None
    hours: str | None
    organisation_id: int | None
    part_of_id: int | None


FIELDS: Mapping[str, Field] = {
    "name": Text(200, missing=mark("Ange platsens namn")),
    "name_en": Text(200),
    "address": Text(200),
    "town": Text(100),
    "capacity": Number(1, 100_000, optional=True),
    "online": Flag(),
    "video_url": Web(1000, secure=True),
    "hours": Text(200),
    "organisation_id": Reference(),
    "part_of_id": Reference(),
}
REFERENCES: rows.References = {
    "organisation_id": ("organisation", Organisation),
    "part_of_id": ("part_of", Place),
}
FACTS = (*(name for name in FIELDS if name not in REFERENCES), "organisation", "part_of")


def create_place(session: Session, actor: Actor, now: datetime, **given: Unpack[PlaceFields]) -> Place:
    """A new place; its slug is made from the name. Raises Refused with problems at the fields."""
    place = Place(online=False)
    values = _read(session, place, {"name": None, **given})
    with session.no_autoflush:
        rows.assign(place, values)
        place.slug = rows.free_slug(session, Place.slug, place.name, otherwise="lokal")
    session.add(place)
    session.flush()
    _record(session, actor, now, place, "place.create", after=rows.facts(place, FACTS))
    return place


def edit_place(session: Session, actor: Actor, now: datetime, place: Place, **given: Unpack[PlaceFields]) -> Place:
    """Changes what is given. Raises Refused with problems at the fields."""
    before = rows.facts(place, FACTS)
    rows.assign(place, _read(session, place, given))
    session.flush()
    _record(session, actor, now, place, "place.edit", before=before, after=rows.facts(place, FACTS))
    return place


def remove_place(session: Session, actor: Actor, now: datetime, place: Place) -> None:
    """Takes away a place that nothing uses. Raises Refused, saying what does."""
    if uses := uses_of(session, place):
        fields.refuse([used_problem(uses)])
    _record(session, actor, now, place, "place.remove", before=rows.facts(place, FACTS))
    session.delete(place)
    session.flush()


def _read(session: Session, place: Place, given: Mapping[str, Any]) -> dict[str, Any]:
    values, problems = fields.read(FIELDS, given)
    values, more = rows.resolve(session, values, REFERENCES)
    problems += more
    whole = values.get("part_of")
    if whole is not None and place.id is not None:
        above = dict(session.execute(select(Place.id, Place.part_of_id)).all())
        if leads_back(whole.id, above.get, place.id):
            problems.append(Problem("part_of_id", ITSELF))
    fields.refuse(problems)
    return values


def _record(session: Session, actor: Actor, now: datetime, place: Place, action: str, **change: Any) -> None:
    record(session, actor, now, action=action, kind="place", subject_id=place.id, label=place.name, **change)


# ---------------------------------------------------------------- blocked periods


class BlockedFields(TypedDict, total=False):
    """What of a blocked period a person writes; without organisation, person and place it holds for all."""

    name: str | None
    kind: str
    from_on: date | None
    #: None: the first day alone.
    to_on: date | None
    from_at: datetime | None
    to_at: datetime | None
    organisation_id: int | None
    person_id: int | None
    place_id: int | None
    hard: bool
    source: str | None
    note: str | None


class _Instant:
    """An instant, or nothing."""

    def read(self, value: Any) -> datetime | None:
        """The instant."""
        if value is not None and not (isinstance(value, datetime) and value.tzinfo is not None):
            raise fields.Unfit(mark("Ange ett klockslag"))
        return value


_BLOCKED_FIELDS: Mapping[str, Field] = {
    "name": Text(200, missing=mark("Ange vad det är")),
    "kind": Choice(BLOCKED_KINDS),
    "from_on": Day(missing=mark("Ange första dagen")),
    "to_on": Day(),
    "from_at": _Instant(),
    "to_at": _Instant(),
    "organisation_id": Reference(),
    "person_id": Reference(),
    "place_id": Reference(),
    "hard": Flag(),
    "source": Text(200),
    "note": Text(20_000, lines=True),
}
#: Checked to exist; the rows themselves keep the ids.
_SCOPES: Mapping[str, type[Organisation | Person | Place]] = {
    "organisation_id": Organisation,
    "person_id": Person,
    "place_id": Place,
}
_BLOCKED_FACTS = ("name", "kind", "from_on", "to_on", "from_at", "to_at", "hard")


def add_blocked(session: Session, actor: Actor, now: datetime, **given: Unpack[BlockedFields]) -> BlockedPeriod:
    """A new period. Raises Refused with problems at the fields."""
    period = BlockedPeriod()
    with session.no_autoflush:
        rows.assign(period, _read_blocked(session, period, {"name": None, "kind": None, "from_on": None, **given}))
    session.add(period)
    session.flush()
    _record_blocked(session, actor, now, period, "blocked.add", after=_blocked_facts(session, period))
    return period


def edit_blocked(
    session: Session, actor: Actor, now: datetime, period: BlockedPeriod, **given: Unpack[BlockedFields]
) -> BlockedPeriod:
    """Changes what is given. Raises Refused with problems at the fields."""
    before = _blocked_facts(session, period)
    rows.assign(period, _read_blocked(session, period, given))
    session.flush()
    after = _blocked_facts(session, period)
    _record_blocked(session, actor, now, period, "blocked.edit", before=before, after=after)
    return period


def remove_blocked(session: Session, actor: Actor, now: datetime, period: BlockedPeriod) -> None:
    """Takes the period away."""
    before = _blocked_facts(session, period)
    _record_blocked(session, actor, now, period, "blocked.remove", before=before)
    session.delete(period)
    session.flush()


def _blocked_facts(session: Session, period: BlockedPeriod) -> dict[str, Any]:
    """What the history keeps; why a person is away is left out of it."""
    whose = {
        name.removesuffix("_id"): None if getattr(period, name) is None else session.get(table, getattr(period, name))
        for name, table in _SCOPES.items()
    }
    names = _BLOCKED_FACTS if period.person_id is not None else (*_BLOCKED_FACTS, "note")
    return {**rows.facts(period, names), **{name: rows.fact(row) for name, row in whose.items()}}


def _read_blocked(session: Session, period: BlockedPeriod, given: Mapping[str, Any]) -> dict[str, Any]:
    values, problems = fields.read(_BLOCKED_FIELDS, given)
    for name, table in _SCOPES.items():
        if values.get(name) is not None and session.get(table, values[name]) is None:
            problems.append(Problem(name, fields.CHOOSE))

    def later(name: str) -> Any:
        return values.get(name, getattr(period, name))

    if later("to_on") is None:
        values["to_on"] = later("from_on")
    problems += fields.order_problem("to_on", later("from_on"), later("to_on"))
    if sum(later(name) is not None for name in _SCOPES) > 1:
        problems.append(Problem("person_id", mark("Välj en organisation, en person eller en plats, inte flera")))
    from_at, to_at = later("from_at"), later("to_at")
    if (from_at is None) != (to_at is None) or (from_at is not None and to_at <= from_at):
        problems.append(Problem("to_at", mark("Ange en sluttid efter starttiden")))
    fields.refuse(problems)
    return values


def _record_blocked(
    session: Session, actor: Actor, now: datetime, period: BlockedPeriod, action: str, **change: Any
) -> None:
    record(session, actor, now, action=action, kind="blocked_period", subject_id=period.id, label=period.name, **change)
