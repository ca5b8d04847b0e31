"""Making a plan: a first complete one by construction, then better ones by annealing, on two processors if asked.

A run is decided by the instance, the seed and the number of iterations, never by the clock; ``seconds`` only sets how
many iterations there are to be. Not here: judging the plan (``checker``), saying why a forum has no place
(``explaining``), choosing between plans (``profiles``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scheduler.planning.checker import Report, check
from scheduler.planning.engine import Engine, ready
from scheduler.planning.flat import Ints
from scheduler.planning.instance import Instance
from scheduler.planning.plan import Plan
from scheduler.planning.state import BEST, DAY, PLACED, ROOM, START, TOTAL, new_state, plan_of
from scheduler.planning.tables import (
    DAYS,
    LINKS,
    LOCKS,
    MAX,
    MIN,
    SAT0,
    SEATS,
    SHARED,
    STARTS,
    TOWNS,
    tables_of,
)  # fmt: skip
from scheduler.planning.years import YearTable

#: Points between which the temperature falls, geometrically with the iterations.
HOT, COLD = 40.0, 4.0
#: Iterations between two looks at the clock; an iteration moves a few years and ``MOVES`` single meetings.
ROUNDS, MOVES = 4, 100
#: How many times a forum without a place pushes others away, for each forum there is.
TRIES = 6
#: A forum without a place is tried again at every 2 to the SELDOM-th call of ``improve`` at least.
SELDOM = 4
#: Tries between two looks whether the run is cancelled, and prices asked at most in all tries of hard forums.
AT_ONCE, HARD = 8, 20_000_000
#: What runs when neither iterations nor seconds are asked for.
ITERATIONS = 2000


@dataclass(frozen=True)
class Progress:
    """How a run stands. ``cost`` is None while some forum has no place."""

    iterations: int
    #: Of ``iterations``, as far as that is known.
    of: int
    seconds: float
    cost: int | None
    unplaced: int


@dataclass(frozen=True)
class Outcome:
    """A plan, and how it was come by. ``unplaced`` are ids of forums without a year."""

    plan: Plan
    report: Report
    unplaced: tuple[str, ...]
    iterations: int
    #: Seconds until every forum that can have one had a year; None when that never was.
    first_plan: float | None
    #: Iterations and cost whenever it got better, for whoever wants to see the run.
    history: tuple[tuple[int, int], ...] = field(default=(), repr=False)

    @property
    def is_complete(self) -> bool:
        """Whether every forum has its year and no hard rule is broken."""
        return self.report.is_feasible


class Search:
    """A plan under construction. ``engine`` may change between two calls: every kernel does the same."""

    def __init__(
        self,
        instance: Instance,
        seed: int = 0,
        engine: Engine | None = None,
        *,
        only: Collection[str] | None = None,
        dear: Mapping[tuple[str, int], int] | None = None,
    ) -> None:
        """With ``only``, the years of these forums alone are going to be laid; ``dear`` as in ``tables_of``."""
        self.instance = instance
        self.engine = engine or ready()
        self.tables, self.numbering = tables_of(instance, dear)
        self.state = new_state(self.tables, seed)
        self.count = len(instance.forums)
        for f, forum in enumerate(instance.forums):
            if only is None or forum.id in only:
                self.run("fill_cells", f)
        #: How often a place was sought in vain, and calls of ``improve`` since the last time.
        self._failed = self._waited = 0
        #: Forum → 1 when it can have a year at all, were it the only one.
        self.able = np.array([self.is_able(f) for f in range(self.count)] or [0], dtype=np.int64)

    def run(self, name: str, *more: object) -> Any:
        """Calls a function of the kernel on this plan."""
        return self.engine.run(name, self.tables, self.state, *more)

    def is_able(self, f: int) -> int:
        """A quick look; ``construct`` takes a closer one at those that find no place."""
        forum = self.tables.forum[f]
        least = max(forum[MIN], forum[LOCKS])
        return int(least <= forum[MAX] and self.tables.open_day[f].sum() >= min(1, least))

    def order(self) -> Ints:
        """Forums, those first that have the fewest days to choose from; locked and linked ones before them."""

        def room(f: int) -> tuple[int, float, int]:
            forum = self.tables.forum[f]
            days = float(self.tables.open_day[f].sum()) / max(1, int(forum[MIN]))
            rank = 0 if forum[LOCKS] else 1 if forum[LINKS] else 2
            return rank, days, f

        return np.array(sorted(range(self.count), key=room) or [0], dtype=np.int64)

    def construct(self, is_cancelled: Callable[[], bool] = lambda: False) -> None:
        """Lays a year for every forum, pushing others away where it must, unless it is cancelled before that."""
        if not self.count:
            return
        self.run("construct", self.order())
        if self.is_full:
            return
        # Most find a place soon; only then is asked, which takes longer, who cannot have one whatever gives way.
        self.run("repair", self.able, 2 * len(self.unplaced) + 8)
        for forum in self.instance.forums:
            f = self.numbering.forum[forum.id]
            if self.able[f] and self.state.held[f] < 0:
                table = YearTable(self.instance, forum)
                self.able[f] = int(table.is_possible(table.rules))
        tries = min(TRIES * self.count + 20, max(AT_ONCE, HARD // max(1, self._toil())))
        for _ in range(0, tries, AT_ONCE):
            if self.is_full or is_cancelled():
                return
            self.run("repair", self.able, AT_ONCE)

    def _toil(self) -> int:
        """How long one try takes, roughly: prices asked for a forum's year where people are shared between seats."""
        asked = 0
        for forum, given in zip(self.tables.forum, self.instance.forums, strict=False):
            if forum[SHARED]:
                options = sum(1 + len(seat.substitutes) for seat in given.seats)
                asked += int(self.tables.number[DAYS]) * int(forum[TOWNS]) * int(forum[STARTS]) * options
        return asked // max(1, self.count)

    def improve(self, rounds: int, heat: float) -> None:
        """Does ``rounds`` iterations at a temperature of ``heat`` points."""
        if not self.count:
            return
        self.run("anneal", rounds, MOVES, int(heat * 1024))
        if self.is_full:
            self._failed = 0
            return
        # The longer nobody finds a place, the seldomer it is tried: the others' years get better meanwhile.
        self._waited += 1
        if self._waited >= 1 << min(self._failed, SELDOM):
            self._waited = 0
            self._failed += 1
            self.run("repair", self.able, 4)

    @property
    def is_full(self) -> bool:
        """Whether all that can have a year have one in the best plan."""
        return not any(able and held < 0 for able, held in zip(self.able, self.state.best_held, strict=True))

    @property
    def unplaced(self) -> tuple[str, ...]:
        """Ids of forums without a year in the best plan."""
        return tuple(
            forum.id for forum, held in zip(self.instance.forums, self.state.best_held, strict=False) if held < 0
        )

    @property
    def best(self) -> int:
        """Points of the best plan; a forum without a year counts a thousand million."""
        return int(self.state.sums[BEST])

    @property
    def cost(self) -> int | None:
        """Points of the best plan, None while some forum has no year."""
        return None if self.unplaced else self.best

    def settle(self) -> None:
        """Goes back to the best plan and fills its seats anew until none gets cheaper."""
        self.put(self.state.best_held.copy(), self.state.best_meet.copy(), self.state.best_sat.copy())
        self.run("reseat_all")
        self.run("keep_best")

    def put(self, held: Ints, meet: Ints, sat: Ints) -> None:
        """Makes three arrays of a plan the plan as it stands."""
        most = len(meet) // max(1, len(held))
        for f in range(self.count):
            self.run("lift_year", f)
        for f in range(self.count):
            if held[f] < 0:
                continue
            seats = int(self.tables.forum[f, SEATS])
            for k in range(int(held[f])):
                at = int(self.tables.forum[f, SAT0]) + k * seats
                self.state.seat_person[:seats] = sat[at : at + seats]
                row = meet[f * most + k]
                self.run("sit", f, k, int(row[DAY]), int(row[START]), int(row[ROOM]))
            self.state.held[f] = held[f]
        self.state.sums[PLACED] = np.count_nonzero(held[: self.count] >= 0)
        self.recount()

    def recount(self) -> None:
        """Reckons the total from the plan as it stands, year by year."""
        self.state.sums[TOTAL] = self.run("total_points")

    def plan(self) -> Plan:
        """The best plan."""
        state = self.state
        return plan_of(
            self.instance, self.tables, self.numbering, state.best_held, state.best_meet, state.best_sat
        )  # fmt: skip


def heat_at(done: int, of: int, forums: int) -> float:
    """The temperature after ``done`` of ``of`` iterations; a short run has no time to begin hot."""
    hot = COLD + (HOT - COLD) * min(1.0, of / (20.0 * max(1, forums)))
    return hot * float((COLD / hot) ** (done / max(1, of)))


def _schedule(iterations: int | None, seconds: float | None, begun: float) -> Iterator[tuple[int, int, int]]:
    """Iterations to do next, done so far, and of how many; by the clock only their number is estimated."""
    done = 0
    if seconds is None:
        of = ITERATIONS if iterations is None else iterations
        while done < of:
            rounds = min(ROUNDS, of - done)
            yield rounds, done, of
            done += rounds
        return
    start = time.perf_counter()
    of = ROUNDS
    while (now := time.perf_counter()) < begun + seconds:
        if done:
            of = max(done + 1, int(done + done / (now - start) * (begun + seconds - now)))
        yield ROUNDS, done, of
        done += ROUNDS


def search(
    instance: Instance,
    *,
    seed: int = 0,
    iterations: int | None = None,
    seconds: float | None = None,
    progress: Callable[[Progress], None] | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
    engine: Engine | None = None,
) -> Outcome:
    """A plan by one process. Cancelled, it gives the best so far."""
    begun = time.perf_counter()
    made = Search(instance, seed, engine)
    made.construct(is_cancelled)
    first = time.perf_counter() - begun if made.is_full else None
    history = [(0, made.best)]
    done = 0
    for rounds, before, of in _schedule(iterations, seconds, begun):
        if is_cancelled():
            break
        if not made.engine.is_compiled and engine is None:
            made.engine = ready()
        made.improve(rounds, heat_at(before, of, made.count))
        done = before + rounds
        now = time.perf_counter() - begun
        if first is None and made.is_full:
            first = now
        if made.best < history[-1][1]:
            history.append((done, made.best))
        if progress is not None:
            progress(Progress(done, of, now, made.cost, len(made.unplaced)))
    made.settle()
    plan = made.plan()
    return Outcome(plan, check(instance, plan), made.unplaced, done, first, tuple(history))
