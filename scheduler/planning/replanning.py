"""A plan mended after a change: somebody away, a day closed, a room lost. Only what broke moves, if that can be.

The years in which a meeting broke are laid again, one forum exactly at a time, with every date of the plan before as
the wish: so a meeting that can stay stays, with a substitute or another room if need be. When that finds no place
other forums are pushed aside. Not here: finding out what changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from scheduler.planning.checker import Report, check
from scheduler.planning.engine import Engine
from scheduler.planning.instance import Fixed, Instance
from scheduler.planning.plan import Plan, PlannedMeeting
from scheduler.planning.solver import Search
from scheduler.planning.state import PLACED

#: Moving a published meeting costs so many times what moving a proposed one does.
PUBLISHED = 4
#: Points of a move when the instance has none: without them nothing would hold a meeting where it is.
MOVES = {"move_date": 300, "move_time": 100, "move_room": 30}


@dataclass(frozen=True)
class Mended:
    """The plan after a change. ``broken`` could not stay as they were, ``moved`` lie elsewhere than before."""

    plan: Plan
    report: Report
    broken: tuple[tuple[str, int], ...]
    moved: tuple[tuple[str, int], ...]
    unplaced: tuple[str, ...]


def broken_meetings(report: Report) -> list[tuple[str, int]]:
    """Forum and index of the meetings that break a rule, in order, each once."""
    found = [
        (one.forum, one.index) for one in report.violations if one.forum is not None and one.index is not None
    ]  # fmt: skip
    return list(dict.fromkeys(found))


def mend(
    instance: Instance,
    plan: Plan,
    *,
    published: Iterable[tuple[str, int]] = (),
    engine: Engine | None = None,
    seed: int = 0,
) -> Mended:
    """Mends ``plan`` for the instance as it is now. Meetings whose summons is out belong into ``instance.locked``."""
    before = check(instance, plan)
    broken = broken_meetings(before)
    wanted = {forum for forum, _ in broken} | {one.forum for one in before.violations if one.forum is not None}
    wanted |= _of_people(before, plan)
    wanted |= {forum.id for forum in instance.forums} - {one.forum for one in plan.meetings}
    previous = tuple(
        Fixed(one.forum, one.index, one.on, one.start, one.room or "") for one in plan.meetings
    )  # fmt: skip
    weights = {name: getattr(instance.weights, name) or points for name, points in MOVES.items()}
    asked = replace(instance, previous_plan=previous, weights=replace(instance.weights, **weights))
    search = Search(asked, seed, engine, only=wanted, dear=dict.fromkeys(published, PUBLISHED))
    _put(search, [one for one in plan.meetings if one.forum not in wanted])
    order = [f for f in search.order().tolist() if instance.forums[f].id in wanted]
    for f in order:
        if search.state.held[f] < 0:
            search.run("lay_one", f)
    search.run("keep_best")
    if any(search.state.held[f] < 0 and search.able[f] for f in order):
        for f in range(search.count):  # others may have to give way: their days must be priced too
            if instance.forums[f].id not in wanted:
                search.run("fill_cells", f)
        search.able = np.array([search.is_able(f) for f in range(search.count)] or [0], dtype=np.int64)
        search.run("repair", search.able, 4 * len(order) + 8)
    found = search.plan()
    where = {(one.forum, one.index): (one.on, one.start, one.room) for one in plan.meetings}
    now = {(one.forum, one.index): (one.on, one.start, one.room) for one in found.meetings}
    moved = tuple(key for key, place in where.items() if now.get(key) != place)
    return Mended(found, check(instance, found), tuple(broken), moved, search.unplaced)


def _of_people(report: Report, plan: Plan) -> set[str]:
    """Forums of people who sit too often, which the checker says of no single meeting."""
    people = {one.person for one in report.violations if one.person is not None and one.index is None}
    return {one.forum for one in plan.meetings if people & set(one.seats.values())} if people else set()


def _put(search: Search, meetings: list[PlannedMeeting]) -> None:
    """Puts meetings down as they are, and counts them."""
    numbering, state = search.numbering, search.state
    held = np.full(search.count, -1, dtype=np.int64)
    forums = {forum.id: forum for forum in search.instance.forums}
    for one in meetings:
        f = numbering.forum[one.forum]
        seats = forums[one.forum].seats
        for i, seat in enumerate(seats):
            person = one.seats.get(seat.id)
            state.seat_person[i] = -1 if person is None else numbering.person[person]
        search.run("sit", f, one.index, numbering.day[one.on], one.start, numbering.room[one.room or ""])
        held[f] = max(held[f], one.index + 1)
    state.held[: search.count] = held
    state.sums[PLACED] = np.count_nonzero(held >= 0)
    search.recount()
