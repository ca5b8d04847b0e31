"""How far towns are from each other by road. Pure.

``towns.json`` is the table that is shipped: the roads between the centres of the municipalities of Norrbotten and
Västerbotten and some towns beyond them, in kilometres and minutes, rounded. From a town to one it has no road to, the
quickest way along the roads is taken. A town it does not have is in no place: no journey is reckoned to it or from it.
Not here: the distances a secretariat has written itself (``towns``), where people live.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

#: Beyond every journey.
_FAR = (10**9, 10**9)


@dataclass(frozen=True, slots=True)
class Road:
    """A distance between two towns that somebody has written; it is the same both ways."""

    one: str
    other: str
    km: int
    minutes: int

    @property
    def pair(self) -> tuple[str, str]:
        """Its towns, in the order by which a pair is known."""
        return pair_of(self.one, self.other)


def pair_of(one: str, other: str) -> tuple[str, str]:
    """The two towns in the order by which a pair is known."""
    return (one, other) if one < other else (other, one)


@dataclass(frozen=True)
class Distances:
    """Some towns and, in their order, the kilometres and minutes from each to each."""

    towns: tuple[str, ...]
    km: tuple[tuple[int, ...], ...]
    minutes: tuple[tuple[int, ...], ...]

    def of(self, towns: Iterable[str]) -> Distances:
        """What is known of ``towns``, in the order of the table, then of their names; 0 where nothing is known."""
        wanted = set(towns)
        known = [town for town in self.towns if town in wanted]
        order = [*known, *sorted(wanted - set(known))]
        index = {town: i for i, town in enumerate(self.towns)}
        at = [index.get(town) for town in order]
        return Distances(tuple(order), _part(self.km, at), _part(self.minutes, at))


def _part(table: Sequence[Sequence[int]], at: Sequence[int | None]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(0 if a is None or b is None else table[a][b] for b in at) for a in at)


@cache
def shipped_roads() -> tuple[Road, ...]:
    """The roads of the shipped table."""
    return tuple(Road(*road) for road in _file()["roads"])


@cache
def shipped() -> Distances:
    """The shipped table, from each town to each."""
    return table_of(())


@lru_cache(maxsize=8)
def table_of(own: tuple[Road, ...]) -> Distances:
    """The shipped table with ``own`` distances in it: they stand as written, and ways along them follow."""
    kept = {road.pair: road for road in own}
    roads = [*own, *(road for road in shipped_roads() if road.pair not in kept)]
    towns: list[str] = list(_file()["towns"])
    towns += sorted({town for road in own for town in (road.one, road.other)} - set(towns))
    at = {town: i for i, town in enumerate(towns)}
    # Minutes first: what is taken is the quickest road, and its kilometres.
    best = [[(0, 0) if i == j else _FAR for j in range(len(towns))] for i in range(len(towns))]
    for road in roads:
        i, j = at[road.one], at[road.other]
        best[i][j] = best[j][i] = (road.minutes, road.km)
    for k, through in enumerate(best):
        for i, row in enumerate(best):
            minutes, km = row[k]
            if (minutes, km) != _FAR and i != k:
                best[i] = [
                    min(straight, (minutes + on_minutes, km + on_km))
                    for straight, (on_minutes, on_km) in zip(row, through, strict=True)
                ]
    for road in own:
        i, j = at[road.one], at[road.other]
        best[i][j] = best[j][i] = (road.minutes, road.km)
    known = [[(0, 0) if one >= _FAR else one for one in row] for row in best]
    return Distances(
        tuple(towns),
        tuple(tuple(km for _, km in row) for row in known),
        tuple(tuple(minutes for minutes, _ in row) for row in known),
    )


@cache
def _file() -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = json.loads(
        files("scheduler.places").joinpath("towns.json").read_text(encoding="utf-8")
    )
    return found


#: Towns beyond the border where meetings of the county are held, by both their names → country.
_BEYOND = {
    "FI": (
        "Enontekis", "Enontekiö", "Helsingfors", "Helsinki", "Kemi", "Kolari", "Muonio", "Oulu", "Pello", "Rovaniemi",
        "Torneå", "Tornio", "Uleåborg", "Vaasa", "Vasa", "Ylitornio", "Övertorneå (Finland)",
    ),
    "NO": ("Alta", "Bodø", "Kirkenes", "Narvik", "Oslo", "Tromsø"),
}  # fmt: skip
_COUNTRY = {town.casefold(): country for country, towns in _BEYOND.items() for town in towns}


def country_of(town: str | None) -> str | None:
    """The country of a town beyond the border; None for towns at home and those nobody has entered here."""
    return _COUNTRY.get((town or "").strip().casefold())
