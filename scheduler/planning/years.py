"""Whole years of one forum: whether it can have one, what the cheapest costs, and which requirements stand against it.

``YearTable`` asks with some requirements left out, which is how a conflict is narrowed down (``explaining``). Counts
and gaps are reckoned over all days of the period, open or not, so that opening a day can be asked about too. Two
meetings of one forum within a week are priced one by one. A linked forum that has no year yet counts too: the two must
have years together, each pair by itself. Not here: other forums' years.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scheduler.planning.cells import Cells, Mask, Standing
from scheduler.planning.flat import Ints
from scheduler.planning.instance import Forum, Instance
from scheduler.planning.pairs import FAR, Floats, cheapest_pair
from scheduler.planning.plan import Plan
from scheduler.planning.tables import NEVER


@dataclass(frozen=True)
class Rules:
    """Which requirements are asked for, and how strictly. The forum's own, unless something is changed."""

    least: int
    most: int
    min_gap: int
    max_gap: int
    quorum: int
    required: tuple[bool, ...]
    closed: bool = True
    notice: bool = True
    weekdays: bool = True
    rooms: bool = True
    others: bool = True
    #: Indexes of locked meetings, and numbers of links, that are kept.
    locks: frozenset[int] = frozenset()
    links: frozenset[int] = frozenset()


class YearTable:
    """One forum's possible years, everything in ``standing`` but its own meetings as it stands."""

    def __init__(self, instance: Instance, forum: Forum, standing: Standing | None = None) -> None:
        self.instance = instance
        self.forum = forum
        self.standing = standing or Standing(instance, Plan())
        self.locks = {lock.index: lock for lock in instance.locked if lock.forum == forum.id}
        self.links = [link for link in instance.links if forum.id in {link.before, link.after}]
        span = (instance.last_date - instance.first_date).days + 1
        period = {instance.first_date + timedelta(days=i) for i in range(span)}
        # The same days in every table, so that two can be laid side by side.
        self.days = sorted(period | {lock.on for lock in instance.locked})
        self.ordinals = np.array([day.toordinal() for day in self.days], dtype=np.int64)
        self._cells: dict[bool, Cells] = {}
        self._cost: dict[tuple[object, ...], Ints] = {}
        self._partners: dict[int, YearTable | None] = {}

    @cached_property
    def rules(self) -> Rules:
        """What the forum asks for."""
        forum = self.forum
        return Rules(
            forum.min_meetings, forum.max_meetings, forum.min_gap, forum.max_gap, forum.quorum,
            tuple(seat.required for seat in forum.seats),
            locks=frozenset(self.locks), links=frozenset(range(len(self.links))),
        )  # fmt: skip

    def cells(self, *, others: bool) -> Cells:
        """The forum's prices, with or without the meetings of others."""
        if others not in self._cells:
            self._cells[others] = Cells(self.standing, self.forum, self.days, alone=not others)
        return self._cells[others]

    def day_cost(self, rules: Rules) -> Ints:
        """The least each day costs under ``rules``, in points; locks, links and gaps apart."""
        key = (
            rules.closed, rules.notice, rules.weekdays, rules.rooms, rules.others, rules.quorum, rules.required,
        )  # fmt: skip
        if key not in self._cost:
            cells = self.cells(others=rules.others)
            people = cells.people(rules.required, rules.quorum)
            room = cells.room if rules.rooms else np.zeros(cells.shape, dtype=np.int64)
            found = np.where((people < NEVER) & (room < NEVER), cells.own + people + room, NEVER)
            cost = found.reshape(len(self.days), -1).min(axis=1, initial=NEVER)
            cost[~self._is_open(rules)] = NEVER
            self._cost[key] = cost
        return self._cost[key]

    def _is_open(self, rules: Rules) -> Mask:
        instance, forum = self.instance, self.forum
        earliest = instance.planning_date + timedelta(days=instance.notice_days)
        return np.array(
            [
                instance.first_date <= day <= instance.last_date
                and not (rules.closed and day in instance.closed)
                and not (rules.notice and day < earliest)
                and not (rules.weekdays and day.weekday() in forum.forbidden_weekdays)
                for day in self.days
            ],
            dtype=np.bool_,
        )

    # ------------------------------------------------------------ meeting by meeting

    def _lock_cost(self, index: int, rules: Rules) -> int:
        """Points of a locked meeting where it is; NEVER when people or room do not let it stand."""
        lock = self.locks[index]
        room = self.standing.rooms[lock.room]
        forum = replace(self.forum, starts=(lock.start,), towns=(room.town,))
        instance = replace(
            self.instance, rooms=(room,), day_end=max(self.instance.day_end, lock.start + forum.duration)
        )
        standing = self.standing
        cells = Cells(standing, forum, [lock.on], alone=not rules.others)
        cells.instance = instance
        cells.starts = [lock.start]
        cells.begins = np.array([lock.start], dtype=np.int64)
        cells.ends = cells.begins + forum.duration
        cells.shape = (1, 1, 1)
        people = int(cells.people(rules.required, rules.quorum)[0, 0, 0])
        place = int(cells.room[0, 0, 0])
        if rules.rooms and (place >= NEVER or room.town not in self.forum.towns):
            return NEVER
        return NEVER if people >= NEVER else people + (place if place < NEVER else 0) + int(cells.own[0, 0, 0])

    def costs(self, rules: Rules, count: int) -> Ints:
        """Index, day → points, with locks, links and moves reckoned."""
        cost = np.broadcast_to(self.day_cost(rules), (count, len(self.days))).copy()
        weights = self.instance.weights
        previous = {one.index: one for one in self.instance.previous_plan if one.forum == self.forum.id}
        at = {day: i for i, day in enumerate(self.days)}
        for k in range(count):
            if k in previous:
                # Only the date is looked at: the hour and the room follow from it in the end.
                cost[k] = np.where(cost[k] < NEVER, cost[k] + weights.move_date, NEVER)
                d = at.get(previous[k].on)
                if d is not None and cost[k, d] < NEVER:
                    cost[k, d] -= weights.move_date
            if k in rules.locks:
                d = at[self.locks[k].on]
                cost[k] = NEVER
                cost[k, d] = self._lock_cost(k, rules)
            for i in rules.links:
                low, high = self._reach(i, k)
                cost[k][(self.ordinals < low) | (self.ordinals > high)] = NEVER
        return cost

    def _reach(self, link: int, k: int) -> tuple[int, int]:
        """First and last ordinal at which a link lets meeting k lie."""
        one = self.links[link]
        other = one.after if one.before == self.forum.id else one.before
        year = {meeting.index: meeting.on.toordinal() for meeting in self.standing.years[other]}
        if k not in year:
            return 0, 10**7
        if one.before == self.forum.id:
            return year[k] - one.max_days, year[k] - one.min_days
        return year[k] + one.min_days, year[k] + one.max_days

    # ------------------------------------------------------------ years

    def count(self, rules: Rules) -> tuple[int, int]:
        """Least and most meetings; nobody can have more than there is room for."""
        least = max(rules.least, 1 + max(rules.locks, default=-1))
        longest = (self.instance.last_date - min(self.instance.first_date, self.forum.last_previous)).days
        return least, min(rules.most, longest // max(1, rules.min_gap) + 2 + len(self.locks))

    def is_possible(self, rules: Rules) -> bool:
        """Whether there is a year under ``rules``, beside one of every linked forum that has none yet."""
        least, most = self.count(rules)
        if least > most:
            return False
        if least == 0:
            return True
        can = self.costs(rules, most) < NEVER
        if not self._leads_on(can[0] & self.may_begin(rules), can, rules, least):
            return False
        return all(
            self._has_year_with(rules, link, partner)
            for link in sorted(rules.links)
            if (partner := self._partner(link)) is not None
        )

    def _leads_on(self, reach: Mask, can: NDArray[np.bool_], rules: Rules, least: int) -> bool:
        """Whether a year begins on one of the days of ``reach``."""
        ends = self.may_end(rules)
        for k in range(len(can)):
            if k:
                reach = self._next(reach, rules, k) & can[k]
            if k + 1 >= least and (reach & ends).any():
                return True
            if not reach.any():
                return False
        return False

    def may_end(self, rules: Rules) -> Mask:
        """Day → whether the last meeting may lie there."""
        return np.asarray(self.instance.last_date.toordinal() - self.ordinals <= rules.max_gap)

    # ------------------------------------------------------------ beside a linked forum without a year

    def _partner(self, link: int) -> YearTable | None:
        """The table of a link's other forum while it has no year and needs one; None otherwise."""
        if link not in self._partners:
            one = self.links[link]
            name = one.after if one.before == self.forum.id else one.before
            other = self.standing.forums[name]
            is_open = not self.standing.years[name] and other.min_meetings > 0 and name != self.forum.id
            self._partners[link] = YearTable(self.instance, other, self.standing) if is_open else None
        return self._partners[link]

    @cached_property
    def beside(self) -> Rules:
        """The forum's own rules, its links to forums without a year left out."""
        laid = {i for i in self.rules.links if self._partner(i) is None}
        return replace(self.rules, links=frozenset(laid))

    def _window(self, link: int) -> tuple[int, int]:
        """Least and most days from this forum's meeting to the other's."""
        one = self.links[link]
        if one.before == self.forum.id:
            return one.min_days, one.max_days
        return -one.max_days, -one.min_days

    def _has_year_with(self, rules: Rules, link: int, partner: YearTable) -> bool:
        """Whether both have years at once, whose k-th meetings keep the link as long as both have one."""
        theirs = partner.beside
        (least, most), (least_there, most_there) = self.count(rules), partner.count(theirs)
        if least_there > most_there:
            return False
        can, can_there = self.costs(rules, most) < NEVER, partner.costs(theirs, most_there) < NEVER
        tails, tails_there = self._tails(can, rules, least), partner._tails(can_there, theirs, least_there)
        ends, ends_there = self.may_end(rules), partner.may_end(theirs)
        low, high = self._window(link)
        later = self.ordinals[None, :] - self.ordinals[:, None]
        linked = (later >= low) & (later <= high)
        pairs = linked & np.outer(can[0] & self.may_begin(rules), can_there[0] & partner.may_begin(theirs))
        for k in range(min(most, most_there)):
            if k:
                pairs = self._next(pairs, rules, k)
                pairs = partner._next(pairs.T, theirs, k).T & linked & np.outer(can[k], can_there[k])
            # One of them ends here, the other goes on alone or ends too.
            if k + 1 >= least and (pairs & np.outer(ends, tails_there[k])).any():
                return True
            if k + 1 >= least_there and (pairs & np.outer(tails[k], ends_there)).any():
                return True
            if not pairs.any():
                return False
        return False

    def _tails(self, can: NDArray[np.bool_], rules: Rules, least: int) -> NDArray[np.bool_]:
        """Index, day → whether a year that has its meeting there comes to an end, alone."""
        found = np.zeros_like(can)
        for k in range(len(can) - 1, -1, -1):
            if k + 1 >= least:
                found[k] = self.may_end(rules)
            if k + 1 < len(can):
                found[k] |= self._before(can[k + 1] & found[k + 1], rules, k + 1)
        return found

    def _before(self, reach: Mask, rules: Rules, k: int) -> Mask:
        """Days from which meeting ``k`` on a day of ``reach`` lies within the gap."""
        so_far = np.concatenate(([0], np.cumsum(reach)))
        waived = k in rules.locks and k - 1 in rules.locks
        least = 0 if waived else max(1, rules.min_gap)
        first = np.searchsorted(self.ordinals, self.ordinals + least)
        last = np.full(len(self.days), len(self.days), dtype=np.int64)
        if not waived:
            last = np.searchsorted(self.ordinals, self.ordinals + rules.max_gap, side="right")
        return np.asarray(so_far[np.maximum(last, first)] > so_far[first])

    def _cheapest_beside(self, rules: Rules, link: int, partner: YearTable) -> tuple[int, list[date]] | None:
        """Points and days of the cheapest year that lets the linked forum have one too; None when there is none."""
        least, _ = self.count(rules)
        mine, theirs = _Chain(self, rules, priced=True), _Chain(partner, partner.beside, priced=False)
        points, days, _theirs = cheapest_pair(
            mine, theirs, (np.zeros(0), np.zeros(0)), self.ordinals, *self._window(link)
        )  # fmt: skip
        if least == 0 and mine.whole[0] < points:
            points, days = mine.whole[0], []
        return None if points >= FAR else (round(points), [self.days[d] for d in days])

    def may_begin(self, rules: Rules) -> Mask:
        """Day → whether the first meeting may lie there, for the gap from last year's last."""
        gaps = self.ordinals - self.forum.last_previous.toordinal()
        if 0 in rules.locks:
            return np.ones(len(self.days), dtype=np.bool_)
        return (gaps >= rules.min_gap) & (gaps <= rules.max_gap)

    def _next(self, reach: Mask, rules: Rules, k: int) -> Mask:
        """Days within the gap after a reachable day; any later one when both ends are locked."""
        before: Ints = np.concatenate((np.zeros_like(reach[:1], dtype=np.int64), np.cumsum(reach, axis=0)))
        waived = k in rules.locks and k - 1 in rules.locks
        low = 0 if waived else rules.max_gap
        first = np.zeros(len(self.days), dtype=np.int64)
        if not waived:
            first = np.searchsorted(self.ordinals, self.ordinals - low)
        least = 0 if waived else max(1, rules.min_gap)
        last = np.searchsorted(self.ordinals, self.ordinals - least, side="right")
        return np.asarray(before[np.maximum(last, first)] > before[first])

    def cheapest(self, rules: Rules) -> tuple[int, list[date]] | None:
        """Points of the cheapest year and its days; None when there is none.

        Beside the linked forum without a year that makes it dearest, if there is one.
        """
        least, most = self.count(rules)
        if least > most:
            return None
        beside = [
            self._cheapest_beside(rules, link, partner)
            for link in sorted(rules.links)
            if most and (partner := self._partner(link)) is not None
        ]
        if beside:
            return None if None in beside else max(one for one in beside if one is not None)
        whole = self.whole
        best = (whole(0), 0, -1) if least == 0 else (NEVER, 0, -1)
        if most == 0:
            return (best[0], []) if best[0] < NEVER else None
        cost = self.costs(rules, most)
        gaps = self.ordinals[:, None] - self.ordinals[None, :]
        spacing = self.spacing(gaps)
        first = self.spacing(self.ordinals - self.forum.last_previous.toordinal())
        total = np.where(self.may_begin(rules) & (cost[0] < NEVER), cost[0] + first, NEVER)
        ends = self.may_end(rules)
        came_from = []
        for k in range(most):
            if k:
                step = np.where(self.may_follow(rules, k), spacing, NEVER) + total[None, :]
                chosen = step.argmin(axis=1)
                reached = step[np.arange(len(self.days)), chosen]
                total = np.where((reached < NEVER) & (cost[k] < NEVER), reached + cost[k], NEVER)
                came_from.append(chosen)
            if k + 1 >= least:
                ended = np.where(ends, total, NEVER)
                d = int(ended.argmin())
                if ended[d] < NEVER and ended[d] + whole(k + 1) < best[0]:
                    best = (int(ended[d]) + whole(k + 1), k + 1, d)
        if best[0] >= NEVER:
            return None
        days, d = [], best[2]
        for k in range(best[1] - 1, -1, -1):
            days.append(self.days[d])
            d = int(came_from[k - 1][d]) if k else -1
        return best[0], days[::-1]

    def whole(self, n: int) -> int:
        """Points of a year of ``n`` meetings: what is missing, or has vanished since the previous plan."""
        weights = self.instance.weights
        vanished = sum(one.index >= n for one in self.instance.previous_plan if one.forum == self.forum.id)
        return weights.missing * max(0, self.forum.target_meetings - n) + weights.move_date * vanished

    def may_follow(self, rules: Rules, k: int) -> Mask:
        """Day, day before → whether the gap before meeting ``k`` may be."""
        gaps = self.ordinals[:, None] - self.ordinals[None, :]
        if k in rules.locks and k - 1 in rules.locks:
            return np.asarray(gaps >= 0)
        return np.asarray((gaps >= max(1, rules.min_gap)) & (gaps <= rules.max_gap))

    def spacing(self, gaps: Ints) -> Ints:
        """Points of gaps."""
        weights = self.instance.weights
        over = np.maximum(np.abs(gaps - self.forum.ideal_gap) - weights.spacing_free_days, 0)
        return weights.spacing_per_week * over // 7


class _Chain:
    """A forum's years as ``pairs`` takes them; unpriced ones cost nothing, and only may be or not."""

    def __init__(self, table: YearTable, rules: Rules, *, priced: bool) -> None:
        self.table, self.rules, self.priced = table, rules, priced
        self.least, self.most = table.count(rules)
        self.days = len(table.days)
        self._cost = table.costs(rules, self.most)
        spacing = table.spacing(table.ordinals - table.forum.last_previous.toordinal())
        self.first = self._points(spacing, table.may_begin(rules))
        self.end = np.where(table.may_end(rules), 0.0, FAR)
        self.whole = [float(table.whole(n)) if priced else 0.0 for n in range(self.most + 1)]

    def _points(self, points: Ints, may: Mask) -> Floats:
        return np.where(may, points.astype(np.float64) if self.priced else 0.0, FAR)

    def gaps(self, k: int) -> Floats:
        """Day, day before → points of the gap before meeting ``k``; FAR when it cannot be."""
        gaps = self.table.ordinals[:, None] - self.table.ordinals[None, :]
        return self._points(self.table.spacing(gaps), self.table.may_follow(self.rules, k))

    def cost(self, k: int, _day_cost: Floats) -> Floats:
        """What meeting ``k`` costs on each day."""
        return self._points(np.minimum(self._cost[k], NEVER), self._cost[k] < NEVER)
