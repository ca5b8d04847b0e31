"""Towns and how far they are from each other, by road. Pure.

``towns.json`` is the table that is shipped: kilometres and minutes between the centres of Norrbotten's municipalities.
A town it does not have is in no place: no journey is reckoned to it or from it. Not here: where people live.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Distances:
    """Some towns and, in their order, the kilometres and minutes from each to each."""

    towns: tuple[str, ...]
    km: tuple[tuple[int, ...], ...]
    minutes: tuple[tuple[int, ...], ...]


@cache
def shipped() -> Distances:
    """The table."""
    found = json.loads(files("scheduler.drafts").joinpath("towns.json").read_text(encoding="utf-8"))
    km, minutes = (tuple(map(tuple, found[name])) for name in ("km", "minutes"))
    return Distances(tuple(found["towns"]), km, minutes)


def distances(towns: Iterable[str]) -> Distances:
    """What is known of ``towns``, in the order of the table, then of their names; 0 where nothing is known."""
    table = shipped()
    wanted = set(towns)
    known = [town for town in table.towns if town in wanted]
    order = [*known, *sorted(wanted - set(known))]
    at = [table.towns.index(town) if town in table.towns else None for town in order]
    return Distances(tuple(order), _part(table.km, at), _part(table.minutes, at))


def _part(table: Sequence[Sequence[int]], at: Sequence[int | None]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(0 if a is None or b is None else table[a][b] for b in at) for a in at)
