"""An instance as arrays: what the kernel works on. Everything here stays as it is while plans are made.

``tables_of`` numbers days, persons, rooms and forums in the instance's own order, so that nothing hangs on hashes.
Rows of the integer tables are read by the column names below. Not here: the state of a plan (``state``), costs of
single cells of a forum's year (``kernel.fill_cells``).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from scheduler.planning.flat import Ints, pack
from scheduler.planning.instance import Busy, Fixed, Forum, Instance

#: What cannot be. Sums of a few of them still fit, and every real cost is far below.
NEVER = 1 << 50

# Columns of Tables.forum
MIN, TARGET, MAX, DURATION, IDEAL, MIN_GAP, MAX_GAP, QUORUM, LAST, SEAT0, SEATS, START0, STARTS = range(13)
TOWN0, TOWNS, CELL0, SHARED, SAT0, LINK0, LINKS, LOCKS, PREVIOUS = range(13, 22)
# Columns of Tables.day
ORDINAL, WEEK, OPEN, WEEKDAY, SOFT = range(5)
# Columns of Tables.seat, option, town, room, person, link
VACANT, OPTION0, OPTIONS, GROUP = range(4)
PERSON, EXTRA = range(2)
TOWN, ROOM0, ROOMS = range(3)
ROOM, SPARE = range(2)
MAX_DAY, MAX_WEEK, LIST0, WATCH = range(4)
OTHER, LEAST, MOST = range(3)
# Columns of Tables.lock and Tables.previous
AT_DAY, AT_START, AT_ROOM, AT_POINTS = range(4)
# Places in Tables.number
(
    W_MISSING, W_SPACING, FREE_DAYS, W_WEEK, WEEK_SOFT, W_MOVE_DATE, W_MOVE_TIME, W_MOVE_ROOM, LAST_DATE, MIN_BREAK,
    MOST_MEETINGS, UNPLACED, DAYS, FIRST_ORDINAL, MOST_SEATS, ROOM_DAY, FORUMS, SPAN,
) = range(18)  # fmt: skip
NUMBERS = 20
CHANCES = 4096


class Tables(NamedTuple):
    """The arrays of an instance; a tuple, because the compiler takes tuples of arrays."""

    number: Ints
    forum: Ints
    day: Ints
    #: Week → first day and the day after its last, as numbers of days.
    week: Ints
    #: Ordinal of a date less that of the first → number of the first day on or after it.
    day_from: Ints
    #: Start minute and what it costs, by ``forum[f, START0]``.
    start: Ints
    #: Forum, weekday → points.
    weekday: Ints
    town: Ints
    room: Ints
    room_town: Ints
    seat: Ints
    option: Ints
    person: Ints
    #: Person, town → points of a journey there and back.
    journey: Ints
    #: Town, town → minutes between two meetings of one person; NEVER when not on one day.
    between: Ints
    #: Person × days + day → where its busy times begin in ``busy``.
    busy_at: Ints
    busy: Ints
    room_busy_at: Ints
    room_busy: Ints
    link: Ints
    lock: Ints
    previous: Ints
    #: Forum, number of meetings → points of what is missing or has vanished since the previous plan.
    whole: Ints
    #: Forum × cells, by ``forum[f, CELL0]``: (day, town, start) → points without room; filled seats; seats that stand
    #: empty though required; points of the room. With nobody's other meetings.
    cell: Ints
    cell_filled: Ints
    cell_empty: Ints
    cell_room: Ints
    #: Forum, day → 1 when the forum could meet, were it the only one.
    open_day: Ints
    #: How much worse a step may be, in 1/1024 of the temperature: an even draw among these is an exponential one.
    chance: Ints
    #: All of them in one (``flat``).
    flat: Ints


class Numbering(NamedTuple):
    """What the numbers of the tables stand for, and back."""

    days: tuple[date, ...]
    forum: dict[str, int]
    person: dict[str, int]
    room: dict[str, int]
    day: dict[date, int]


def _open_days(instance: Instance) -> list[date]:
    first = max(instance.first_date, instance.planning_date + timedelta(days=instance.notice_days))
    span = (instance.last_date - first).days + 1
    return [day for day in (first + timedelta(days=i) for i in range(span)) if day not in instance.closed]


def number(instance: Instance) -> Numbering:
    """Numbers for days (those that may be used, and those of locked meetings), forums, persons and rooms."""
    days = sorted({*_open_days(instance), *(lock.on for lock in instance.locked)})
    return Numbering(
        tuple(days),
        {forum.id: i for i, forum in enumerate(instance.forums)},
        {person.id: i for i, person in enumerate(instance.persons)},
        {room.id: i for i, room in enumerate(instance.rooms)},
        {day: i for i, day in enumerate(days)},
    )


def _rows(rows: Iterable[Iterable[int]], width: int) -> Ints:
    """A table of ``width`` columns with at least one row, so that the compiler never meets an empty one."""
    found = list(rows)
    return np.array(found or [[0] * width], dtype=np.int64).reshape(-1, width)


def _most_meetings(forum: Forum, instance: Instance, days: int) -> int:
    """How many meetings there is room for at most; a maximum nobody can reach would only make tables large."""
    span = (instance.last_date - min(instance.first_date, forum.last_previous)).days
    locked = 1 + max((lock.index for lock in instance.locked if lock.forum == forum.id), default=-1)
    return max(min(forum.max_meetings, days, span // max(1, forum.min_gap) + 1 + locked), 0)


def _busy_table(all_busy: list[tuple[Busy, ...]], days: dict[date, int]) -> tuple[Ints, Ints]:
    n = len(days)
    counts = np.zeros(len(all_busy) * n + 1, dtype=np.int64)
    rows: list[tuple[int, int, int]] = []
    for i, busy in enumerate(all_busy):
        for one in busy:
            day = days.get(one.on)
            if day is not None and one.start < one.end:
                rows.append((i * n + day, one.start, one.end))
    rows.sort()
    for key, _, _ in rows:
        counts[key + 1] += 1
    return np.cumsum(counts), _rows(((start, end) for _, start, end in rows), 2)


def _journeys(instance: Instance) -> Ints:
    towns = {town.id: i for i, town in enumerate(instance.towns)}
    from_town = [
        [math.floor(2 * km / 10 + 0.5) * instance.weights.travel_per_10km if i != j else 0 for j, km in enumerate(row)]
        for i, row in enumerate(instance.km)
    ]
    nothing = [0] * len(towns)
    return _rows(
        (nothing if person.home is None else from_town[towns[person.home]] for person in instance.persons),
        max(1, len(towns)),
    ) if towns else np.zeros((max(1, len(instance.persons)), 1), dtype=np.int64)  # fmt: skip


def _between(instance: Instance) -> Ints:
    n = max(1, len(instance.towns))
    found = np.full((n, n), instance.min_break, dtype=np.int64)
    for i in range(len(instance.towns)):
        for j in range(len(instance.towns)):
            if i != j:
                too_far = instance.km[i][j] > instance.same_day_max_km
                found[i, j] = NEVER if too_far else max(instance.min_break, math.ceil(instance.minutes[i][j]))
    return found


class _Forums:
    """Collects the rows that belong to forums."""

    def __init__(self, instance: Instance, numbering: Numbering) -> None:
        self.instance = instance
        self.numbering = numbering
        self.towns = {town.id: i for i, town in enumerate(instance.towns)}
        self.rows: list[list[int]] = []
        self.starts: list[tuple[int, int]] = []
        self.weekdays: list[list[int]] = []
        self.town_rows: list[tuple[int, int, int]] = []
        self.room_rows: list[tuple[int, int]] = []
        self.seats: list[tuple[int, int, int, int]] = []
        self.options: list[tuple[int, int]] = []
        self.link_rows: list[tuple[int, int, int]] = []
        self.cells = 0
        self.sat = 0
        self.list_room = [0] * max(1, len(instance.persons))
        self.links = self._links()
        self.locks = _by_forum(instance.locked)
        self.previous = _by_forum(instance.previous_plan)
        self.idle = {p.id for p in instance.persons if not p.max_day or not p.max_week}

    def _links(self) -> dict[int, dict[int, tuple[int, int]]]:
        """Forum → other forum → least and most days that the other's date lies after."""
        found: dict[int, dict[int, tuple[int, int]]] = defaultdict(dict)
        for link in self.instance.links:
            a, b = self.numbering.forum[link.before], self.numbering.forum[link.after]
            for one, other, least, most in (
                (a, b, link.min_days, link.max_days),
                (b, a, -link.max_days, -link.min_days),
            ):
                earlier = found[one].get(other, (-(10**7), 10**7))
                found[one][other] = (max(least, earlier[0]), min(most, earlier[1]))
        return found

    def add(self, f: int, forum: Forum) -> None:
        weights, instance = self.instance.weights, self.instance
        starts = sorted({s for s in forum.starts if s + forum.duration <= instance.day_end})
        seat0, start0, town0, link0 = len(self.seats), len(self.starts), len(self.town_rows), len(self.link_rows)
        self.starts += [(s, 0 if s in forum.preferred_starts else weights.start) for s in starts]
        self.weekdays.append([
            NEVER if d in forum.forbidden_weekdays else 0 if d in forum.preferred_weekdays else weights.weekday
            for d in range(7)
        ])  # fmt: skip
        towns = sorted({self.towns[town] for town in forum.towns})
        for town in towns:
            self._add_town(forum, town)
        most = _most_meetings(forum, instance, len(self.numbering.days))
        shared = self._add_seats(forum, most)
        self.link_rows += [(other, *days) for other, days in sorted(self.links.get(f, {}).items())]
        self.rows.append([
            forum.min_meetings, forum.target_meetings, most, forum.duration, forum.ideal_gap, forum.min_gap,
            forum.max_gap, forum.quorum, forum.last_previous.toordinal(), seat0, len(forum.seats), start0, len(starts),
            town0, len(towns), self.cells, shared, self.sat, link0, len(self.link_rows) - link0,
            1 + max((lock.index for lock in self.locks[forum.id]), default=-1), int(bool(self.previous[forum.id])),
        ])  # fmt: skip
        self.cells += len(self.numbering.days) * len(towns) * len(starts)
        self.sat += max(1, most) * max(1, len(forum.seats))

    def _add_town(self, forum: Forum, town: int) -> None:
        """The rooms that are large enough, the cheapest first and of those the smallest."""
        weights = self.instance.weights
        name = self.instance.towns[town].id
        fitting = []
        for r, room in enumerate(self.instance.rooms):
            if room.town == name and room.capacity >= forum.places:
                spare = max(0, room.capacity - forum.places - weights.room_spare_free)
                fitting.append((spare * weights.room_spare, room.capacity, r))
        self.town_rows.append((town, len(self.room_rows), len(fitting)))
        self.room_rows += [(r, points) for points, _, r in sorted(fitting)]

    def _add_seats(self, forum: Forum, most: int) -> int:
        """Whether somebody could sit on two seats, so that seats cannot be filled one by one."""
        everyone: list[str] = []
        allowed: list[list[str]] = []
        for seat in forum.seats:
            names = [] if seat.holder is None else [seat.holder]
            names += [name for name in dict.fromkeys(seat.substitutes) if name != seat.holder]
            able = [name for name in names if name not in self.idle]
            allowed.append(able)
            everyone += able
        for seat, able, group in zip(forum.seats, allowed, _groups(allowed), strict=True):
            vacant = NEVER if seat.required else self.instance.weights.vacant
            self.seats.append((vacant, len(self.options), len(able), group))
            for name in able:
                extra = 0 if name == seat.holder else self.instance.weights.substitute
                self.options.append((self.numbering.person[name], extra))
        for name in set(everyone):
            self.list_room[self.numbering.person[name]] += max(1, most)
        return int(len(everyone) != len(set(everyone)))


def _groups(allowed: list[list[str]]) -> list[int]:
    """Seat → the first of the seats that it shares people with, directly or through others; itself when with none."""
    group = list(range(len(allowed)))
    first: dict[str, int] = {}
    for i, names in enumerate(allowed):
        for name in names:
            other = group[first.setdefault(name, i)]
            if other != group[i]:
                low, high = sorted((other, group[i]))
                group = [low if one == high else one for one in group]
    return group


def _by_forum(meetings: tuple[Fixed, ...]) -> dict[str, list[Fixed]]:
    found: dict[str, list[Fixed]] = defaultdict(list)
    for one in meetings:
        found[one.forum].append(one)
    return found


def _fixed_table(instance: Instance, numbering: Numbering, most: int, given: dict[str, list[Fixed]]) -> Ints:
    """Forum, index → day, start, room, points of day and start; day -1: no meeting, -2: on a day of no use."""
    found = np.full((max(1, len(instance.forums)), max(1, most), 4), -1, dtype=np.int64)
    for f, forum in enumerate(instance.forums):
        for one in given[forum.id]:
            if one.index < most:
                points = 0 if one.start in forum.preferred_starts else instance.weights.start
                points += 0 if one.on.weekday() in forum.preferred_weekdays else instance.weights.weekday
                points += instance.weights.soft_day if one.on in instance.soft_days else 0
                day = numbering.day.get(one.on, -2)
                found[f, one.index] = (day, one.start, numbering.room.get(one.room, -2), points)
    return found


def _dear(previous: Ints, instance: Instance, dear: Mapping[tuple[str, int], int]) -> Ints:
    """The table of the previous plan, with how many times moving costs in place of the points of the start."""
    for f, forum in enumerate(instance.forums):
        for k in range(previous.shape[1]):
            previous[f, k, AT_POINTS] = dear.get((forum.id, k), 1)
    return previous


def _counts(
    instance: Instance, most: int, previous: dict[str, list[Fixed]], dear: Mapping[tuple[str, int], int]
) -> Ints:
    found = np.zeros((max(1, len(instance.forums)), most + 1), dtype=np.int64)
    for f, forum in enumerate(instance.forums):
        for n in range(most + 1):
            vanished = sum(dear.get((forum.id, one.index), 1) for one in previous[forum.id] if one.index >= n)
            found[f, n] = instance.weights.missing * max(0, forum.target_meetings - n)
            found[f, n] += instance.weights.move_date * vanished
    return found


def tables_of(instance: Instance, dear: Mapping[tuple[str, int], int] | None = None) -> tuple[Tables, Numbering]:
    """The instance's arrays, with the cells still empty (``kernel.fill_cells`` fills them), and what they number.

    ``dear`` says of meetings of the previous plan, by forum and index, how many times the usual points a move costs.
    """
    numbering = number(instance)
    dear = dear or {}
    weights = instance.weights
    forums = _Forums(instance, numbering)
    for f, forum in enumerate(instance.forums):
        forums.add(f, forum)
    days = numbering.days
    open_days = set(_open_days(instance))
    week_ids = [day.isocalendar()[:2] for day in days]
    weeks = sorted(set(week_ids))
    week_no = {week: i for i, week in enumerate(weeks)}
    first_of = [week_ids.index(week) for week in weeks]
    first_ordinal = days[0].toordinal() if days else 0
    span = days[-1].toordinal() - first_ordinal + 1 if days else 1
    ordinals = [day.toordinal() for day in days]
    lists = np.cumsum([0, *forums.list_room])
    most = max((row[MAX] for row in forums.rows), default=0)
    watch = [p.max_week if not weights.week_load else min(p.max_week, instance.week_soft) for p in instance.persons]
    busy_at, busy = _busy_table([p.busy for p in instance.persons], numbering.day)
    room_busy_at, room_busy = _busy_table([room.busy for room in instance.rooms], numbering.day)
    numbers = np.zeros(NUMBERS, dtype=np.int64)
    seats = max((len(forum.seats) for forum in instance.forums), default=0)
    # How many meetings one room holds on one day.
    shortest = min((forum.duration for forum in instance.forums), default=60)
    in_room = max(2, min(len(forums.rows) * max(1, most), 1440 // shortest + 2))
    numbers[:18] = [
        weights.missing, weights.spacing_per_week, weights.spacing_free_days, weights.week_load, instance.week_soft,
        weights.move_date, weights.move_time, weights.move_room, instance.last_date.toordinal(), instance.min_break,
        max(1, most), 10**9, len(days), first_ordinal, max(1, seats), in_room,
        len(instance.forums), span + 1,
    ]  # fmt: skip
    towns = {town.id: i for i, town in enumerate(instance.towns)}
    views, buffer = pack(dict(  # noqa: C408 - names of fields, as in the tuple they become
        number=numbers,
        forum=_rows(forums.rows, 22),
        day=_rows(
            (
                (
                    day.toordinal(),
                    week_no[week_ids[i]],
                    int(day in open_days),
                    day.weekday(),
                    weights.soft_day if day in instance.soft_days else 0,
                )
                for i, day in enumerate(days)
            ),
            5,
        ),
        week=_rows(zip(first_of, [*first_of[1:], len(days)], strict=False), 2),
        day_from=np.searchsorted(np.array(ordinals, dtype=np.int64), first_ordinal + np.arange(span + 1)),
        start=_rows(forums.starts, 2),
        weekday=_rows(forums.weekdays, 7),
        town=_rows(forums.town_rows, 3),
        room=_rows(forums.room_rows, 2),
        room_town=np.array([towns[room.town] for room in instance.rooms] or [0], dtype=np.int64),
        seat=_rows(forums.seats, 4),
        option=_rows(forums.options, 2),
        person=_rows(
            ((p.max_day, p.max_week, int(lists[i]), watch[i]) for i, p in enumerate(instance.persons)), 4
        ),
        journey=_journeys(instance),
        between=_between(instance),
        busy_at=busy_at,
        busy=busy,
        room_busy_at=room_busy_at,
        room_busy=room_busy,
        link=_rows(forums.link_rows, 3),
        lock=_fixed_table(instance, numbering, most, forums.locks),
        previous=_dear(_fixed_table(instance, numbering, most, forums.previous), instance, dear),
        whole=_counts(instance, most, forums.previous, dear),
        cell=np.full(max(1, forums.cells), NEVER, dtype=np.int64),
        cell_filled=np.zeros(max(1, forums.cells), dtype=np.int64),
        cell_empty=np.zeros(max(1, forums.cells), dtype=np.int64),
        cell_room=np.full(max(1, forums.cells), NEVER, dtype=np.int64),
        open_day=np.zeros((max(1, len(instance.forums)), max(1, len(days))), dtype=np.int64),
        chance=np.array([round(-math.log((i + 0.5) / CHANCES) * 1024) for i in range(CHANCES)], dtype=np.int64),
    ))  # fmt: skip
    return Tables(**views, flat=buffer), numbering
