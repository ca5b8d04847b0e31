"""Putting what was read into rows: what a field refers to, and what of a row the history keeps."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from scheduler.db import Base
from scheduler.errors import Problem
from scheduler.organisations import fields, rules
from scheduler.organisations.models import Person

#: Field → (relationship it sets, table it refers to).
References = Mapping[str, tuple[str, type[Base]]]


def resolve(
    session: Session, values: Mapping[str, Any], references: References
) -> tuple[dict[str, Any], list[Problem]]:
    """``values`` with ids turned into the rows they name, under the relationship's name.

    An id without a row, or of one that was merged into another, gives a problem at its field.
    """
    resolved: dict[str, Any] = {}
    problems = []
    for name, value in values.items():
        if name not in references:
            resolved[name] = value
            continue
        relationship, table = references[name]
        row = None if value is None else session.get(table, value)
        if getattr(row, "merged_into_id", None) is not None:
            row = None  # it was entered twice; the one that goes on is in the lists
        if value is not None and row is None:
            problems.append(Problem(name, fields.CHOOSE))
        else:
            resolved[relationship] = row
    return resolved, problems


def assign(row: Base, values: Mapping[str, Any]) -> None:
    """Sets each value that differs."""
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)


def facts(row: Base, names: Collection[str]) -> dict[str, Any]:
    """What the history keeps of a row: the named columns, and of other rows their names."""
    return {name: fact(getattr(row, name)) for name in names}


def fact(value: Any) -> Any:
    """``value``, or the name of the row that it is; a protected person stays unnamed."""
    if isinstance(value, Person):
        return rules.shown_name(value)
    if isinstance(value, Base):
        return getattr(value, "name", None) or getattr(value, "sv", None)
    return value


def free_slug(session: Session, slugs: InstrumentedAttribute[str], name: str, *, otherwise: str) -> str:
    """A slug for ``name`` that no row of the column ``slugs`` has; never one that was used before."""

    def taken(slug: str) -> bool:
        return session.scalar(select(slugs).where(slugs == slug)) is not None

    return rules.free_slug(name, taken, otherwise=otherwise)


def claim(session: Session, row: Base) -> None:
    """Takes ``row`` for writing and reads it again, so that two writers come one after the other."""
    session.flush()
    # Only its own row: PostgreSQL locks no row an outer join may leave out.
    session.refresh(row, with_for_update={"of": type(row)})
