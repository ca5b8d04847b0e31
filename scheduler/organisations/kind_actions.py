"""What a person does with the kinds of organisations: add, rename, put in order, remove; how many use each.

What both sorts of kinds share is here too (``KindRow``, ``free_id``, ``put_at``). Not here: the kinds an installation
begins with (``kinds``), kinds of forums (``forums.kind_actions``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypedDict, TypeVar, Unpack

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.db import Base
from scheduler.errors import Problem
from scheduler.history.actions import record
from scheduler.history.keyed import key_was_used
from scheduler.history.rules import Actor, subject_number
from scheduler.i18n import mark, search_key
from scheduler.organisations import fields, rows, rules
from scheduler.organisations.fields import Field, Number, Text
from scheduler.organisations.models import Organisation, OrganisationKind

#: The table, as the history names it.
KIND = "organisation_kind"
#: Words that are addresses of their own among kinds.
RESERVED = frozenset({"new", "organisations"})
ID_LIMIT = 40

NAME_TAKEN = mark("%(name)s finns redan")
NAMES: Mapping[str, Field] = {
    "sv": Text(200, missing=mark("Ange namnet på svenska")),
    "en": Text(200, missing=mark("Ange namnet på engelska")),
    "place": Number(1, 1000, optional=True),
}
_FACTS = ("sv", "en", "position")


class KindRow(Protocol):
    """A kind: its id, its names, and where it stands in the list."""

    id: Any
    sv: Any
    en: Any
    position: Any


Row = TypeVar("Row", bound=KindRow)


class OrganisationKindFields(TypedDict, total=False):
    """What of a kind of organisations a person writes."""

    sv: str | None
    en: str | None
    #: Where it stands in the list, 1 first; None: where it is, a new one last.
    place: int | None


def create_organisation_kind(
    session: Session, actor: Actor, now: datetime, **given: Unpack[OrganisationKindFields]
) -> OrganisationKind:
    """A new kind; its id is made from the Swedish name and was never used before."""
    values = _read(session, {"sv": None, "en": None, **given}, None)
    place = values.pop("place", None)
    row = OrganisationKind(id=free_id(session, OrganisationKind, KIND, values["sv"]), **values)
    others = _all(session)
    session.add(row)
    put_at(row, others, place)
    session.flush()
    _record(session, actor, now, row, "create", after=rows.facts(row, _FACTS))
    return row


def edit_organisation_kind(
    session: Session, actor: Actor, now: datetime, row: OrganisationKind, **given: Unpack[OrganisationKindFields]
) -> OrganisationKind:
    """Changes what is given."""
    before = rows.facts(row, _FACTS)
    values = _read(session, given, row)
    place = values.pop("place", None)
    rows.assign(row, values)
    if place is not None:
        put_at(row, [other for other in _all(session) if other is not row], place)
    session.flush()
    _record(session, actor, now, row, "edit", before=before, after=rows.facts(row, _FACTS))
    return row


def remove_organisation_kind(session: Session, actor: Actor, now: datetime, row: OrganisationKind) -> None:
    """Takes away a kind that no organisation has; its id is not used again. Raises Refused for one in use."""
    count = uses(session).get(row.id, 0)
    if count:
        text = mark("%(count)s organisationer är av den här typen. Ge dem en annan först.")
        fields.refuse([Problem(None, text, {"count": count})])
    _record(session, actor, now, row, "remove", before=rows.facts(row, _FACTS))
    session.delete(row)
    session.flush()


def uses(session: Session) -> dict[str, int]:
    """Kind → how many organisations are of it; those without any are left out. One query."""
    query = select(Organisation.kind_id, func.count()).group_by(Organisation.kind_id)
    return {kind_id: count for kind_id, count in session.execute(query)}  # noqa: C416 - a row is no tuple to mypy


def _all(session: Session) -> Sequence[OrganisationKind]:
    query = select(OrganisationKind).order_by(OrganisationKind.position, OrganisationKind.id)
    return session.scalars(query).all()


def _read(session: Session, given: Mapping[str, Any], row: OrganisationKind | None) -> dict[str, Any]:
    values, problems = fields.read(NAMES, given)
    problems += taken_names(values, [other for other in _all(session) if other is not row])
    fields.refuse(problems)
    return values


def _record(session: Session, actor: Actor, now: datetime, row: OrganisationKind, verb: str, **change: Any) -> None:
    record(
        session, actor, now, action=f"{KIND}.{verb}", kind=KIND, subject_id=subject_number(row.id), label=row.sv,
        **change,
    )  # fmt: skip


# ---------------------------------------------------------------- what kinds share


def free_id(session: Session, table: type[Base], kind: str, name: str) -> str:
    """An id made from ``name`` that no row of ``table`` has or had; ``kind`` is the table as the history names it."""

    def taken(key: str) -> bool:
        return key in RESERVED or session.get(table, key) is not None or key_was_used(session, kind, key)

    return rules.free_slug(rules.slug_of(name)[: ID_LIMIT - 4].strip("-"), taken, otherwise="typ")


def put_at(row: Row, others: Sequence[Row], place: int | None) -> None:
    """Gives all their positions anew with ``row`` at ``place`` (1 is first), or last; one beyond the end is last."""
    ordered = [*others]
    ordered.insert(len(ordered) if place is None else place - 1, row)
    for position, each in enumerate(ordered):
        if each.position != position:
            each.position = position


def taken_names(values: Mapping[str, Any], others: Sequence[KindRow]) -> list[Problem]:
    """A problem at each name that another kind has, whatever the case."""
    problems = []
    for field in ("sv", "en"):
        name = values.get(field)
        if name and any(search_key(getattr(other, field)) == search_key(name) for other in others):
            problems.append(Problem(field, NAME_TAKEN, {"name": name}))
    return problems
