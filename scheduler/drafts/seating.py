"""Who sits where if a meeting came to lie at some day, town and start. Pure.

Not here: what the day costs (``planning.cells``), which days there are (``choosing``, ``deciding``).
"""

from __future__ import annotations

from collections.abc import Sequence

from scheduler.planning.cells import Cells
from scheduler.planning.instance import Seat
from scheduler.planning.tables import NEVER


def seats_at(cells: Cells, d: int, t: int, s: int) -> dict[str, str | None]:
    """Seat → who would sit there: holders before substitutes, required seats first, each person on one seat."""
    seats = sorted(cells.forum.seats, key=lambda seat: not seat.required)
    taken: dict[str, int] = {}
    for i in range(len(seats)):
        _seat(cells, seats, i, (d, t, s), taken, set())
    found: dict[str, str | None] = {seat.id: None for seat in cells.forum.seats}
    return found | {seats[i].id: name for name, i in taken.items()}


def _seat(
    cells: Cells, seats: Sequence[Seat], i: int, at: tuple[int, int, int], taken: dict[str, int], tried: set[str]
) -> bool:
    """Finds somebody for a seat, others moved to other seats if need be."""
    wanted = [
        (int(points), name)
        for name, extra in cells.options(seats[i])
        if name not in tried
        and (points := cells.person(name)[at] + extra) < NEVER
        and (seats[i].required or points <= cells.instance.weights.vacant)
    ]
    for _points, name in sorted(wanted, key=lambda one: one[0]):
        if name not in taken:
            taken[name] = i
            return True
    for _points, name in sorted(wanted, key=lambda one: one[0]):
        tried.add(name)
        if _seat(cells, seats, taken[name], at, taken, tried):
            taken[name] = i
            return True
    return False
