"""How cheap a plan could be at best: a proven lower bound, by Lagrangian prices.

What ties forums together is let go and paid for instead: a person's time, days and weeks have prices, and a journey
that several forums may share is paid by each in part, no set of them that fits into a day ever paying more than it
costs. Each forum then chooses its cheapest year alone, exactly; the sum, less what the prices would have earned at
most, is no plan's cost, whatever the prices. They are raised where too many want the same. Rooms, travel
time, all links but one a forum, and quorums beyond who can come at all are let go altogether: that makes the bound
lower, never wrong. Not here: plans.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scheduler.planning.cells import Cells, Standing
from scheduler.planning.instance import Fixed, Forum, Instance
from scheduler.planning.pairs import FAR, cheapest_pair
from scheduler.planning.plan import Plan
from scheduler.planning.tables import NEVER, number

Floats = NDArray[np.float64]
#: What the prices' numbers may be wrong by in all, generously.
SLACK = 1e-3
#: Ideal, least and most gap → the points of gaps by day and day before, within the gap and where it is waived.
Gaps = dict[tuple[int, int, int], tuple[Floats, Floats]]


@dataclass(frozen=True)
class Bound:
    """A proven bound. ``ideal``: forum → what its cheapest year alone would cost in full, None when it has none."""

    points: int
    ideal: dict[str, int | None]
    iterations: int
    seconds: float


class _Year:
    """One forum's part: its cells alone, and its cheapest year under given prices."""

    def __init__(self, standing: Standing, forum: Forum, moments: NDArray[np.int64], shared: Gaps) -> None:
        """``shared``: tables of gaps, which forums that meet alike have in common; those that lack are added."""
        instance = standing.instance
        self.forum = forum
        days = list(number(instance).days)
        cells = Cells(standing, forum, days, alone=True)
        self.days = len(days)
        people = cells.people([seat.required for seat in forum.seats], forum.quorum)
        is_open = (people < NEVER) & (cells.room < NEVER) & cells.is_open[:, None, None]
        self.base = np.where(is_open, cells.own + cells.room, FAR).astype(np.float64)
        self.towns = cells.towns
        # Which moments of the day a meeting covers, the break after it included.
        starts = np.array(cells.starts, dtype=np.int64)[:, None]
        self.covers = (starts <= moments) & (moments < starts + forum.duration + instance.min_break)
        self.covered = self.covers.T.astype(np.float64)
        self.vacant = [FAR if seat.required else float(instance.weights.vacant) for seat in forum.seats]
        self.options = []
        for seat in forum.seats:
            found = []
            for name, extra in cells.options(seat):
                person = standing.persons[name]
                journey = np.array([standing.journey(person, town) for town in cells.towns], dtype=np.float64)
                # The same in every town, since nobody meets elsewhere.
                gone = np.where(cells.person(name)[:, :1] < NEVER, 0.0, FAR)
                found.append((name, float(extra), gone, journey))
            self.options.append(found)
        self._reckon_gaps(instance, np.array([day.toordinal() for day in days], dtype=np.int64), shared)
        at = {day: i for i, day in enumerate(days)}
        self.locks = {lock.index: at[lock.on] for lock in instance.locked if lock.forum == forum.id}
        self.lock_costs = {
            lock.index: _least_of(standing, forum, lock) for lock in instance.locked if lock.forum == forum.id
        }
        self.previous = {one.index: at.get(one.on, -1) for one in instance.previous_plan if one.forum == forum.id}
        self.move = float(instance.weights.move_date)
        self.least = max(forum.min_meetings, 1 + max(self.locks, default=-1))
        span = (instance.last_date - min(instance.first_date, forum.last_previous)).days
        self.most = min(forum.max_meetings, span // max(1, forum.min_gap) + 2 + len(self.locks), self.days)
        self.whole = [
            float(
                instance.weights.missing * max(0, forum.target_meetings - n)
                + self.move * sum(k >= n for k in self.previous)
            )
            for n in range(max(0, self.most) + 1)
        ]

    def _reckon_gaps(self, instance: Instance, ordinals: NDArray[np.int64], shared: Gaps) -> None:
        forum, weights = self.forum, instance.weights

        def spacing(gaps: NDArray[np.int64]) -> NDArray[np.int64]:
            over = np.maximum(np.abs(gaps - forum.ideal_gap) - weights.spacing_free_days, 0)
            return weights.spacing_per_week * over // 7

        self.ordinals = ordinals
        key = (forum.ideal_gap, max(1, forum.min_gap), forum.max_gap)
        if key not in shared:
            gaps = ordinals[:, None] - ordinals[None, :]
            points = spacing(gaps)
            shared[key] = (
                np.where((gaps >= key[1]) & (gaps <= forum.max_gap), points, FAR), np.where(gaps >= 0, points, FAR),
            )  # fmt: skip
        self.step, self.waived = shared[key]
        first = ordinals - forum.last_previous.toordinal()
        is_locked = any(lock.forum == forum.id and lock.index == 0 for lock in instance.locked)
        self.first = np.where(((first >= forum.min_gap) & (first <= forum.max_gap)) | is_locked, spacing(first), FAR)
        self.end = np.where(instance.last_date.toordinal() - ordinals <= forum.max_gap, 0.0, FAR)

    def seat_costs(self, price: Callable[[str, _Year], Floats | None]) -> tuple[Floats, list[NDArray[np.int16]]]:
        """Points of every cell under prices, and which option each seat takes there (-1 vacant)."""
        total = self.base.copy()
        takes = []
        for vacant, options in zip(self.vacant, self.options, strict=True):
            best = np.full(self.base.shape, vacant)
            who = np.full(self.base.shape, -1, dtype=np.int16)
            for i, (name, extra, gone, journey) in enumerate(options):
                asked = price(name, self)
                points = gone + (extra + (asked if asked is not None else journey[None, :, None]))
                who[points <= best] = i
                np.minimum(best, points, out=best)
            total += best
            takes.append(who)
        return total, takes

    def gaps(self, k: int) -> Floats:
        """Day, day before → points of the gap before meeting ``k``."""
        return self.waived if k in self.locks and k - 1 in self.locks else self.step

    def cost(self, k: int, day_cost: Floats) -> Floats:
        """What meeting ``k`` costs on each day: with a move from the previous plan, or locked."""
        if k in self.locks:
            found = np.full(self.days, FAR)
            found[self.locks[k]] = self.lock_costs[k]
            return found
        if k not in self.previous:
            return day_cost
        found = day_cost + self.move
        if self.previous[k] >= 0:
            found[self.previous[k]] = day_cost[self.previous[k]]
        return found

    def cheapest(self, day_cost: Floats) -> tuple[float, list[int]]:
        """Points of the cheapest year and its days; FAR when there is none."""
        best, chosen, last = (self.whole[0], 0, -1) if self.least == 0 else (FAR, 0, -1)
        if not self.days or self.least > self.most:
            return best, []
        came_from: list[NDArray[np.int64]] = []
        total = np.zeros(0)
        rows = np.arange(self.days)
        for k in range(self.most):
            cost = self.cost(k, day_cost)
            if k == 0:
                total = self.first + cost
            else:
                step = self.gaps(k) + total
                from_ = step.argmin(axis=1)
                came_from.append(from_)
                total = step[rows, from_] + cost
            if k + 1 >= self.least:
                ended = total + self.end
                d = int(ended.argmin())
                if ended[d] < FAR and ended[d] + self.whole[k + 1] < best:
                    best, chosen, last = float(ended[d]) + self.whole[k + 1], k + 1, d
        days = []
        for k in range(chosen - 1, -1, -1):
            days.append(last)
            last = int(came_from[k - 1][last]) if k else -1
        return best, days[::-1]


def _least_of(standing: Standing, forum: Forum, lock: Fixed) -> float:
    """What a locked meeting costs at least: its day, hour and room, and the seats that nobody can ever fill.

    Who comes to it is not asked: nothing is a bound too.
    """
    instance, weights = standing.instance, standing.instance.weights
    points = 0 if lock.on.weekday() in forum.preferred_weekdays else weights.weekday
    points += weights.soft_day if lock.on in instance.soft_days else 0
    points += 0 if lock.start in forum.preferred_starts else weights.start
    spare = standing.rooms[lock.room].capacity - forum.places - weights.room_spare_free
    points += weights.room_spare * max(0, spare)
    empty = sum(seat.holder is None and not seat.substitutes and not seat.required for seat in forum.seats)
    return float(points + weights.vacant * empty)


class _Prices:
    """Prices of the people whom several forums want, and how they are changed."""

    def __init__(self, standing: Standing, years: list[_Year], moments: NDArray[np.int64]) -> None:
        instance = standing.instance
        self.instance = instance
        self.years = years
        days = list(number(instance).days)
        ids = [day.isocalendar()[:2] for day in days]
        weeks = {week: i for i, week in enumerate(sorted(set(ids)))}
        self.week = np.array([weeks[one] for one in ids], dtype=np.int64)
        wanted: dict[str, dict[int, None]] = defaultdict(dict)
        for f, year in enumerate(years):
            for options in year.options:
                for name, *_ in options:
                    wanted[name][f] = None
        self.names = [name for name, forums in wanted.items() if len(forums) > 1]
        self.at = {name: i for i, name in enumerate(self.names)}
        people = [standing.persons[name] for name in self.names]
        self.max_day = np.array([person.max_day for person in people], dtype=np.float64)
        self.max_week = np.array([person.max_week for person in people], dtype=np.float64)
        shape = (len(people), len(days))
        self.time = np.zeros((*shape, len(moments)))
        self.day = np.zeros(shape)
        self.full = np.zeros((len(people), len(weeks)))
        #: Who has any price but that of journeys; most have none.
        self.is_priced = np.zeros(len(people), dtype=np.bool_)
        self.load = np.zeros((len(people), len(weeks)))
        #: Person, town → forums (by number) and local towns, what each pays of a journey by day, and the journey.
        self.trips: dict[tuple[str, int], tuple[list[tuple[int, int]], Floats, float, int]] = {}
        for name in self.names:
            person = standing.persons[name]
            by_town: dict[int, list[tuple[int, int]]] = defaultdict(list)
            for f in wanted[name]:
                for t, town in enumerate(years[f].towns):
                    by_town[town].append((f, t))
            for town, payers in by_town.items():
                journey = float(standing.journey(person, town))
                parts = max(1, min(len(payers), person.max_day))
                self.trips[name, town] = (payers, np.full((len(payers), len(days)), journey / parts), journey, parts)
        self.row = {
            (name, f, t): (trip[1], i)
            for (name, _), trip in self.trips.items()
            for i, (f, t) in enumerate(trip[0])
        }  # fmt: skip
        self.number = {id(year): f for f, year in enumerate(years)}
        #: Linked forums two by two as far as it goes, the others one by one; and least and most days of the link.
        self.together: list[tuple[int, ...]] = []
        self.windows: dict[tuple[int, int], tuple[int, int]] = {}
        self._pair_up()

    def _pair_up(self) -> None:
        at = {year.forum.id: f for f, year in enumerate(self.years)}
        paired: set[int] = set()
        for link in self.instance.links:
            f, g = at.get(link.before, -1), at.get(link.after, -1)
            if f < 0 or g < 0 or not self.years[f].least or not self.years[g].least:
                continue
            if (f, g) in self.windows:
                low, high = self.windows[f, g]
                self.windows[f, g] = (max(low, link.min_days), min(high, link.max_days))
            elif not {f, g} & paired:
                self.windows[f, g] = (link.min_days, link.max_days)
                self.together.append((f, g))
                paired |= {f, g}
        self.together += [(f,) for f in range(len(self.years)) if f not in paired]

    def asked(self, name: str, year: _Year) -> Floats | None:
        """What a forum pays for a person by day, town and start; None for somebody nobody else wants."""
        i = self.at.get(name)
        if i is None:
            return None
        f = self.number[id(year)]
        trips = [self.row[name, f, t] for t in range(len(year.towns))]
        paid = np.array([pays[row] for pays, row in trips]).T if trips else np.zeros((len(self.week), 0))
        if not self.is_priced[i]:
            return np.asarray(paid[:, :, None])
        at_time = self.time[i] @ year.covered
        on_day = self.day[i] + (self.full[i] + self.load[i])[self.week]
        return np.asarray((at_time + on_day[:, None])[:, None, :] + paid[:, :, None])

    def earned(self) -> float:
        """What the prices would have earned at most, so that it must be taken off."""
        return float(
            self.time.sum()
            + (self.day.sum(axis=1) * self.max_day).sum()
            + (self.full.sum(axis=1) * self.max_week).sum()
            + self.load.sum() * self.instance.week_soft
        )

    def round(self) -> tuple[float, _Use]:
        """The bound under the prices as they are, and what the forums chose. FAR when a forum has no year."""
        use = _Use(self)
        total = -self.earned()
        prepared = []
        for year in self.years:
            cost, takes = year.seat_costs(self.asked)
            flat = cost.reshape(year.days, -1)
            at = flat.argmin(axis=1) if flat.size else np.zeros(year.days, dtype=np.int64)
            least = flat[np.arange(year.days), at] if flat.size else np.full(year.days, FAR)
            prepared.append((least, at, takes))
        for members in self.together:
            if len(members) == 1:
                points, days = self.years[members[0]].cheapest(prepared[members[0]][0])
                chosen = [days]
            else:
                f, g = members
                points, *chosen = cheapest_pair(
                    self.years[f], self.years[g], (prepared[f][0], prepared[g][0]), self.years[f].ordinals,
                    *self.windows[f, g],
                )  # fmt: skip
            if points >= FAR:
                return FAR, use
            total += points
            for f, days in zip(members, chosen, strict=True):
                _, at, takes = prepared[f]
                use.add(f, self.years[f], [(k, d, int(at[d])) for k, d in enumerate(days)], takes)
        return total, use

    def change(self, use: _Use, above: float) -> None:
        """A step along the slope: dearer where too many want the same, cheaper where nobody does."""
        over_time = np.where((use.time > 1) | (self.time > 0), use.time - 1, 0.0)
        cap_day, cap_week = self.max_day[:, None], self.max_week[:, None]
        over_day = np.where((use.day > cap_day) | (self.day > 0), use.day - cap_day, 0.0)
        over_full = np.where((use.weeks > cap_week) | (self.full > 0), use.weeks - cap_week, 0.0)
        soft = self.instance.week_soft
        over_load = np.where((use.weeks > soft) | (self.load > 0), use.weeks - soft, 0.0)
        single = [(trip, used) for key, trip in self.trips.items() if trip[2] and (used := use.trips.get(key))]
        size = sum(float((one**2).sum()) for one in (over_time, over_day, over_full, over_load))
        size += sum(len(used) for _, used in single)
        if not size:
            return
        step = above / size
        self.time = np.maximum(0.0, self.time + step * over_time)
        self.day = np.maximum(0.0, self.day + step * over_day)
        self.full = np.maximum(0.0, self.full + step * over_full)
        self.load = np.clip(self.load + step * over_load, 0.0, float(self.instance.weights.week_load))
        some = (self.time.any(axis=(1, 2)), self.day.any(axis=1), self.full.any(axis=1), self.load.any(axis=1))
        self.is_priced = np.logical_or.reduce(some)
        for (_, pays, journey, parts), used in single:
            if parts == 2:  # noqa: PLR2004 - two meetings a day at most: the two who pay most pay all of it
                for row, d in used:
                    pays[row, d] += step
                _share(pays, journey, sorted({d for _, d in used}))


def _share(pays: Floats, journey: float, days: list[int]) -> None:
    """Lowers what is paid on these days until no two together pay more than the journey."""
    part = pays[:, days]
    order = np.argsort(part, axis=0)
    columns = np.arange(len(days))
    first, second = part[order[-1], columns], part[order[-2], columns]
    excess = np.maximum(0.0, first + second - journey) / 2
    # The dearest gives half of what is too much, down to half the journey at least, and never pays more than all.
    top = np.clip(first - excess, journey / 2, journey)
    top = np.where(first + second > journey, top, np.minimum(first, journey))
    capped = np.minimum(part, journey - top)
    capped[order[-1], columns] = top
    pays[:, days] = np.maximum(0.0, capped)


class _Use:
    """What the forums' years take of the people who have prices."""

    def __init__(self, prices: _Prices) -> None:
        self.prices = prices
        self.time = np.zeros_like(prices.time)
        self.day = np.zeros_like(prices.day)
        self.weeks = np.zeros_like(prices.full)
        self.trips: dict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)

    def add(self, f: int, year: _Year, meetings: list[tuple[int, int, int]], takes: list[NDArray[np.int16]]) -> None:
        """Notes whom a forum's meetings (index, day, cell of the day) take."""
        starts = year.base.shape[2]
        for k, d, cell in meetings:
            if k in year.locks:
                continue
            t, s = divmod(cell, starts)
            for options, who in zip(year.options, takes, strict=True):
                option = int(who[d, t, s])
                if option < 0:
                    continue
                name = options[option][0]
                i = self.prices.at.get(name)
                if i is None:
                    continue
                self.time[i, d] += year.covers[s]
                self.day[i, d] += 1
                self.weeks[i, self.prices.week[d]] += 1
                row = self.prices.row[name, f, t][1]
                self.trips[name, year.towns[t]].append((row, d))


def _alone_in_full(year: _Year) -> float:
    cost, _ = year.seat_costs(lambda _name, _year: None)
    flat = cost.reshape(year.days, -1)
    best = flat.min(axis=1) if flat.size else np.full(year.days, FAR)
    return year.cheapest(best)[0]


def lower_bound(
    instance: Instance,
    *,
    known: int | None = None,
    iterations: int = 10**6,
    seconds: float = 10.0,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Bound:
    """A number of points below which no plan for all forums lies. ``known`` is the cost of a plan, if there is one.

    Forums that can have no year at all are left out, as from a plan that lacks them; what they miss is not counted.
    """
    begun = time.perf_counter()
    standing = Standing(instance, Plan())
    moments = np.array(sorted({start for forum in instance.forums for start in forum.starts} | {0}), dtype=np.int64)
    shared: Gaps = {}
    years = [_Year(standing, forum, moments, shared) for forum in instance.forums]
    full = [_alone_in_full(year) for year in years]
    ideal = {
        year.forum.id: None if points >= FAR else round(points) for year, points in zip(years, full, strict=True)
    }  # fmt: skip
    prices = _Prices(standing, [year for year, points in zip(years, full, strict=True) if points < FAR], moments)
    best = 0.0
    pace, idle, done = 1.0, 0, 0
    while done < iterations and (done == 0 or time.perf_counter() < begun + seconds) and not is_cancelled():
        found, use = prices.round()
        done += 1
        if found >= FAR:  # two that are linked have no years together: then no plan for all is bounded
            break
        if found > best + 1e-6 * max(1.0, best):
            best, idle = found, 0
        else:
            idle += 1
            if idle >= 12:  # noqa: PLR2004 - rounds without gain before the steps become shorter
                pace, idle = pace * 0.7, 0
        goal = float(known) if known is not None else best * 1.03 + 10
        prices.change(use, pace * max(1.0, goal - found))
    points = max(0, math.ceil(best - SLACK * (1 + best / 10**6)))
    return Bound(points, ideal, done, time.perf_counter() - begun)


def at_most_above(cost: int, bound: int) -> float | None:
    """How many percent a plan lies above the bound, and so at most above the best possible; None without a bound."""
    return None if bound <= 0 else max(0.0, 100.0 * (cost - bound) / bound)
