"""Distances between towns as they hold here: the shipped table, and what a secretariat has written instead of it.

Reading them, writing one, adding a town, going back to what is shipped. Not here: the shipped table and the ways along
roads (``town_rules``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.errors import Problem, Refused
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.organisations import fields
from scheduler.organisations.fields import Field, Number, Text
from scheduler.places.models import TownDistance
from scheduler.places.town_rules import Distances, Road, pair_of, shipped, shipped_roads, table_of

__all__ = ["Distances", "distances", "shipped"]

#: No road of the north is longer: a slip of the finger is.
MOST_KM, MOST_MINUTES = 3000, 3000
_FIELDS: Mapping[str, Field] = {
    "one": Text(100, missing=mark("Ange orten")),
    "other": Text(100, missing=mark("Ange orten")),
    "km": Number(1, MOST_KM),
    "minutes": Number(1, MOST_MINUTES),
}
_FACTS = ("km", "minutes")


def distances(session: Session, towns: Iterable[str]) -> Distances:
    """What is known of ``towns``, in the order of the table, then of their names; 0 where nothing is known.

    One query.
    """
    return all_distances(session).of(towns)


def all_distances(session: Session) -> Distances:
    """Every town there is a distance to, those of the shipped table first. One query."""
    return table_of(tuple(Road(row.one, row.other, row.km, row.minutes) for row in own_distances(session)))


def own_distances(session: Session) -> Sequence[TownDistance]:
    """The distances written here, by their towns' names. One query."""
    return session.scalars(select(TownDistance).order_by(TownDistance.one, TownDistance.other)).all()


def own_distance(session: Session, one: str, other: str) -> TownDistance | None:
    """What is written here of two towns; None when nothing is."""
    first, second = pair_of(one, other)
    return session.scalars(
        select(TownDistance).where(TownDistance.one == first, TownDistance.other == second)
    ).one_or_none()


def set_distance(
    session: Session, actor: Actor, now: datetime, *, one: str | None, other: str | None, km: Any, minutes: Any
) -> TownDistance:
    """Writes how far it is between two towns, one of which at least is known. Raises Refused at the field."""
    values, problems = fields.read(_FIELDS, {"one": one, "other": other, "km": km, "minutes": minutes})
    fields.refuse(problems)
    known = all_distances(session).towns
    if values["one"] == values["other"]:
        raise Refused(Problem("other", mark("Välj två olika orter")))
    if not {values["one"], values["other"]} & set(known):
        raise Refused(Problem("other", mark("Välj en ort som det finns avstånd till")))
    first, second = pair_of(values["one"], values["other"])
    row = own_distance(session, first, second)
    before = None if row is None else _facts(row)
    if row is None:
        row = TownDistance(one=first, other=second, km=values["km"], minutes=values["minutes"])
        session.add(row)
    else:
        row.km, row.minutes = values["km"], values["minutes"]
    session.flush()
    _tell(session, actor, now, row, "town.set", before=before, after=_facts(row))
    return row


def add_town(
    session: Session, actor: Actor, now: datetime, *, name: str | None, roads: Sequence[tuple[str, Any, Any]]
) -> list[TownDistance]:
    """A town with how far (km, minutes) it is from others that are known; from the rest by the quickest way along them.

    Raises Refused at ``name``, ``roads`` or the fields of a road, named by its place in the row ("km_2").
    """
    values, problems = fields.read({"name": _FIELDS["one"]}, {"name": name})
    fields.refuse(problems)
    known = set(all_distances(session).towns)
    if values["name"] in known:
        raise Refused(Problem("name", mark("Orten finns redan. Ändra ett avstånd i stället")))
    if not roads:
        raise Refused(Problem("roads", mark("Ange avståndet till minst en ort")))
    found: list[tuple[str, int, int]] = []
    for i, (other, km, minutes) in enumerate(roads, 1):
        read, problems = fields.read(_FIELDS, {"other": other, "km": km, "minutes": minutes})
        named = [Problem(f"{one.field}_{i}", one.text, one.values) for one in problems]
        if "other" in read and (read["other"] not in known or read["other"] in {other for other, *_ in found}):
            named.append(Problem(f"other_{i}", mark("Välj olika orter som det finns avstånd till")))
        fields.refuse(named)
        found.append((read["other"], read["km"], read["minutes"]))
    return [
        set_distance(session, actor, now, one=values["name"], other=other, km=km, minutes=minutes)
        for other, km, minutes in found
    ]


def restore(session: Session, actor: Actor, now: datetime, row: TownDistance) -> None:
    """Takes what is written here away: the shipped distance, or the way along roads, holds again.

    Raises Refused when a town of its own would be left with no way to it from the shipped ones.
    """
    rest = tuple(Road(one.one, one.other, one.km, one.minutes) for one in own_distances(session) if one.id != row.id)
    if lost := sorted(_cut_off(rest)):
        raise Refused(Problem(None, mark("%(town)s har inget annat avstånd till resten. Ange ett först"),
                              {"town": lost[0]}))  # fmt: skip
    _tell(session, actor, now, row, "town.restore", before=_facts(row), after=None)
    session.delete(row)
    session.flush()


def _cut_off(own: tuple[Road, ...]) -> set[str]:
    """Towns of ``own`` distances from which no road leads to the shipped ones."""
    ways = [road.pair for road in (*own, *shipped_roads())]
    reached = {town for road in shipped_roads() for town in road.pair}
    while more := {town for pair in ways for town in pair if town not in reached and reached & set(pair)}:
        reached |= more
    return {town for pair in ways for town in pair} - reached


def _facts(row: TownDistance) -> dict[str, int]:
    return {name: getattr(row, name) for name in _FACTS}


def _tell(
    session: Session, actor: Actor, now: datetime, row: TownDistance, action: str, *,
    before: dict[str, int] | None, after: dict[str, int] | None,
) -> None:  # fmt: skip
    record(
        session, actor, now, action=action, kind="town_distance", subject_id=row.id, label=f"{row.one}–{row.other}",
        before=before, after=after,
    )  # fmt: skip
