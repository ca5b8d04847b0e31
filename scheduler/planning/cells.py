"""What every day, town and start of one forum costs while all other meetings stand: the table behind dates and reasons.

Plain numpy, quick enough for a page. ``Standing`` is what stands, looked up by person and room; ``Cells`` the table of
one forum against it. Not here: choosing from the table (``dates``), whole years (``years``).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scheduler.planning.flat import Ints
from scheduler.planning.instance import Busy, Forum, Instance, Person, Seat
from scheduler.planning.plan import Plan, PlannedMeeting
from scheduler.planning.tables import NEVER

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Held:
    """A meeting that stands."""

    forum: Forum
    index: int
    on: date
    start: int
    end: int
    town: int
    room: str


def _by_day(busy: Iterable[Busy]) -> dict[date, list[tuple[int, int]]]:
    found: dict[date, list[tuple[int, int]]] = defaultdict(list)
    for one in busy:
        if one.start < one.end:
            found[one.on].append((one.start, one.end))
    return found


class Standing:
    """A plan as it stands, by person and by room. Made once for a plan; asked for many forums and meetings."""

    def __init__(self, instance: Instance, plan: Plan) -> None:
        self.instance = instance
        self.forums = {forum.id: forum for forum in instance.forums}
        self.persons = {person.id: person for person in instance.persons}
        self.towns = {town.id: i for i, town in enumerate(instance.towns)}
        self.rooms = {room.id: room for room in instance.rooms}
        self.years: dict[str, list[PlannedMeeting]] = defaultdict(list)
        self._of_person: dict[str, list[Held]] = defaultdict(list)
        self._of_room: dict[str, list[Held]] = defaultdict(list)
        self._busy: dict[str, dict[date, list[tuple[int, int]]]] = {}
        for meeting in plan.meetings:
            forum = self.forums[meeting.forum]
            room = self.rooms[meeting.room or ""]
            self.years[forum.id].append(meeting)
            held = Held(
                forum, meeting.index, meeting.on, meeting.start, meeting.start + forum.duration,
                self.towns[room.town], room.id,
            )  # fmt: skip
            self._of_room[room.id].append(held)
            for person in {person for person in meeting.seats.values() if person is not None}:
                self._of_person[person].append(held)

    def busy(self, kind: str, name: str) -> dict[date, list[tuple[int, int]]]:
        """Day → busy times, from (inclusive) and to (exclusive), of a ``person`` or a ``room``."""
        key = f"{kind} {name}"
        if key not in self._busy:
            owner = self.persons[name] if kind == "person" else self.rooms[name]
            self._busy[key] = _by_day(owner.busy)
        return self._busy[key]

    def of_person(self, person: str, forum: str, index: int | None) -> list[Held]:
        """The person's meetings, those of ``forum`` left out: all of them, or the one with ``index``."""
        return [one for one in self._of_person[person] if not _is_left_out(one, forum, index)]

    def of_room(self, room: str, forum: str, index: int | None) -> list[Held]:
        """The room's meetings, with the same ones left out."""
        return [one for one in self._of_room[room] if not _is_left_out(one, forum, index)]

    @cached_property
    def journeys(self) -> list[list[int]]:
        """Town, town → points of a journey there and back."""
        weight = self.instance.weights.travel_per_10km
        return [
            [0 if i == j else math.floor(2 * km / 10 + 0.5) * weight for j, km in enumerate(row)]
            for i, row in enumerate(self.instance.km)
        ]

    def journey(self, person: Person, town: int) -> int:
        """Points of a person's journey from home."""
        return 0 if person.home is None else self.journeys[self.towns[person.home]][town]

    def apart(self, here: int, there: int) -> float:
        """Minutes one person needs between meetings in two towns; endless when not on one day."""
        if here == there:
            return self.instance.min_break
        if self.instance.km[here][there] > self.instance.same_day_max_km:
            return math.inf
        return max(self.instance.min_break, self.instance.minutes[here][there])


def _is_left_out(one: Held, forum: str, index: int | None) -> bool:
    return one.forum.id == forum and (index is None or one.index == index)


class Cells:
    """Prices of (day, town, start) for a forum, or for its ``index``-th meeting with the others of its year standing.

    ``days`` are the days of the table, whether or not they are open: that is asked separately (``is_open``).
    """

    def __init__(
        self, standing: Standing, forum: Forum, days: Sequence[date], *, index: int | None = None, alone: bool = False
    ) -> None:
        self.standing = standing
        self.instance = standing.instance
        self.forum = forum
        self.index = index
        self.alone = alone
        self.days = list(days)
        self.at = {day: i for i, day in enumerate(self.days)}
        self.towns = sorted({standing.towns[town] for town in forum.towns})
        self.starts = sorted({s for s in forum.starts if s + forum.duration <= self.instance.day_end})
        self.shape = (len(self.days), len(self.towns), len(self.starts))
        self.begins = np.array(self.starts, dtype=np.int64)
        self.ends = self.begins + forum.duration
        weeks = [day.isocalendar()[:2] for day in self.days]
        self._week = weeks
        self._days_of_week: dict[tuple[int, int], list[int]] = defaultdict(list)
        for i, week in enumerate(weeks):
            self._days_of_week[week].append(i)
        self._options: dict[str, Ints] = {}

    # ------------------------------------------------------------ days and rooms

    @cached_property
    def is_open(self) -> Mask:
        """Day → whether H1 and H2 let the forum meet."""
        instance, forum = self.instance, self.forum
        earliest = date.fromordinal(instance.planning_date.toordinal() + instance.notice_days)
        first = max(instance.first_date, earliest)
        return np.array(
            [
                first <= day <= instance.last_date
                and day not in instance.closed
                and day.weekday() not in forum.forbidden_weekdays
                for day in self.days
            ],
            dtype=np.bool_,
        )

    @cached_property
    def own(self) -> Ints:
        """Points of day and start."""
        weights, forum = self.instance.weights, self.forum
        days = [
            (0 if day.weekday() in forum.preferred_weekdays else weights.weekday)
            + (weights.soft_day if day in self.instance.soft_days else 0)
            for day in self.days
        ]
        starts = [0 if start in forum.preferred_starts else weights.start for start in self.starts]
        found = np.array(days, dtype=np.int64)[:, None, None] + np.array(starts, dtype=np.int64)[None, None, :]
        return np.broadcast_to(found, self.shape).copy()

    def _taken(self, busy: dict[date, list[tuple[int, int]]]) -> Mask:
        """Day, start → whether one of the busy times is in the way."""
        found = np.zeros((len(self.days), len(self.starts)), dtype=np.bool_)
        rows = [(self.at[day], *one) for day, times in busy.items() if day in self.at for one in times]
        if rows and self.starts:
            table = np.array(rows, dtype=np.int64)
            hit = (table[:, 1:2] < self.ends) & (self.begins < table[:, 2:])
            np.logical_or.at(found, table[:, 0], hit)
        return found

    @cached_property
    def rooms(self) -> list[list[tuple[int, str, Mask]]]:
        """Town → its rooms that are large enough: points, id, and whether it is free by day and start."""
        weights, forum = self.instance.weights, self.forum
        found = []
        for town in self.towns:
            fitting = [
                (max(0, room.capacity - forum.places - weights.room_spare_free) * weights.room_spare, room.capacity, i)
                for i, room in enumerate(self.instance.rooms)
                if self.standing.towns[room.town] == town and room.capacity >= forum.places
            ]
            rooms = [(points, self.instance.rooms[i].id) for points, _, i in sorted(fitting)]
            found.append([(points, room, self._room_free(room)) for points, room in rooms])
        return found

    def _room_free(self, room: str) -> Mask:
        free = ~self._taken(self.standing.busy("room", room))
        if not self.alone:
            apart = self.instance.min_break
            for one in self.standing.of_room(room, self.forum.id, self.index):
                d = self.at.get(one.on)
                if d is not None:
                    free[d] &= ~((self.begins < one.end + apart) & (one.start < self.ends + apart))
        return free

    @cached_property
    def room(self) -> Ints:
        """Points of the cheapest free room."""
        found = np.full(self.shape, NEVER, dtype=np.int64)
        for t, rooms in enumerate(self.rooms):
            for points, _, free in reversed(rooms):
                found[:, t][free] = points
        return found

    def room_at(self, d: int, t: int, s: int) -> str:
        """The cheapest room that is free there and then."""
        return next(room for _, room, free in self.rooms[t] if free[d, s])

    # ------------------------------------------------------------ people

    def person(self, name: str) -> Ints:
        """Points of the person's journey and week; NEVER where they cannot come. Substitutes cost the same here."""
        if name not in self._options:
            self._options[name] = self._price(self.standing.persons[name])
        return self._options[name]

    def _price(self, person: Person) -> Ints:
        instance, standing = self.instance, self.standing
        journeys = np.array([standing.journey(person, town) for town in self.towns], dtype=np.int64)
        found = np.broadcast_to(journeys[None, :, None], self.shape).copy()
        if not person.max_day or not person.max_week:
            found[...] = NEVER
            return found
        if not self.alone:
            others = standing.of_person(person.id, self.forum.id, self.index)
            weeks = Counter(one.on.isocalendar()[:2] for one in others)
            for week, n in weeks.items():
                days = self._days_of_week.get(week)
                if not days:
                    continue
                if n >= person.max_week:
                    found[days] = NEVER
                elif n >= instance.week_soft:
                    found[days] += instance.weights.week_load
            on_day = Counter(one.on for one in others)
            shared = set()
            for one in others:
                d = self.at.get(one.on)
                if d is None:
                    continue
                if on_day[one.on] >= person.max_day:
                    found[d] = NEVER
                    continue
                for t, town in enumerate(self.towns):
                    apart = standing.apart(one.town, town)
                    if town == one.town and (d, t) not in shared:
                        shared.add((d, t))
                        found[d, t] -= journeys[t]
                    found[d, t, (self.begins < one.end + apart) & (one.start < self.ends + apart)] = NEVER
        found[np.broadcast_to(self._taken(standing.busy("person", person.id))[:, None, :], self.shape)] = NEVER
        # What cannot be stays so, whatever was taken off it or put on.
        found[found > NEVER // 2] = NEVER
        return found

    def options(self, seat: Seat) -> list[tuple[str, int]]:
        """Who may sit there, and what a substitute costs more."""
        names = [] if seat.holder is None else [seat.holder]
        names += [name for name in dict.fromkeys(seat.substitutes) if name != seat.holder]
        return [(name, 0 if name == seat.holder else self.instance.weights.substitute) for name in names]

    def seat(self, seat: Seat) -> Ints:
        """Points of the cheapest person for a seat; NEVER where nobody can come."""
        found = np.full(self.shape, NEVER, dtype=np.int64)
        for name, extra in self.options(seat):
            points = self.person(name)
            np.minimum(found, np.where(points < NEVER, points + extra, NEVER), out=found)
        return found

    @cached_property
    def seats(self) -> list[Ints]:
        """``seat`` for every seat of the forum."""
        return [self.seat(seat) for seat in self.forum.seats]

    @cached_property
    def is_shared(self) -> bool:
        """Whether one person may sit on several seats, so that seats cannot be filled one by one."""
        everyone = [name for seat in self.forum.seats for name, _ in self.options(seat)]
        return len(everyone) != len(set(everyone))

    def people(self, required: Sequence[bool], quorum: int) -> Ints:
        """Points of the cheapest people, with these seats required and this quorum; NEVER where there are none."""
        vacant = self.instance.weights.vacant
        found = np.zeros(self.shape, dtype=np.int64)
        filled = np.zeros(self.shape, dtype=np.int64)
        never = np.zeros(self.shape, dtype=np.bool_)
        regrets = []
        for points, must in zip(self.seats, required, strict=True):
            comes = points < NEVER
            if must:
                never |= ~comes
                is_filled = comes
            else:
                is_filled = points <= vacant
                regrets.append(np.where(comes & ~is_filled, points - vacant, NEVER))
            found += np.where(is_filled, points, 0 if must else vacant)
            filled += is_filled
        short = (filled < quorum) & ~never
        if short.any():
            table = np.sort(np.array(regrets or [np.full(self.shape, NEVER)], dtype=np.int64), axis=0)
            for cell in np.argwhere(short):
                place = tuple(cell)
                lacking = quorum - int(filled[place])
                extra = table[(slice(0, lacking), *place)]
                if lacking > len(extra) or extra[-1] >= NEVER:
                    never[place] = True
                else:
                    found[place] += extra.sum()
        if self.is_shared:
            self._match(never, required, quorum)
        found[never] = NEVER
        return found

    def _match(self, never: Mask, required: Sequence[bool], quorum: int) -> None:
        """Corrects ``never`` where one person cannot sit on two seats: pattern by pattern of who can come.

        The points of a table with shared people are exact in what can be, and a lower bound in what it costs.
        """
        names = sorted({name for seat in self.forum.seats for name, _ in self.options(seat)})
        if not names or not never.size:
            return
        comes = np.array([self.person(name) < NEVER for name in names]).reshape(len(names), -1)
        patterns, which = np.unique(comes, axis=1, return_inverse=True)
        order = sorted(range(len(required)), key=lambda i: not required[i])
        for i, pattern in enumerate(patterns.T):
            there = {name for name, is_there in zip(names, pattern, strict=True) if is_there}
            taken: dict[str, int] = {}
            filled = 0
            is_met = True
            for seat in order:
                if self._augment(seat, there, taken, set()):
                    filled += 1
                elif required[seat]:
                    is_met = False
            if not is_met or filled < quorum:
                never.reshape(-1)[which.reshape(-1) == i] = True

    def _augment(self, seat: int, there: set[str], taken: dict[str, int], tried: set[str]) -> bool:
        for name, _ in self.options(self.forum.seats[seat]):
            if name in there and name not in tried:
                tried.add(name)
                if name not in taken or self._augment(taken[name], there, taken, tried):
                    taken[name] = seat
                    return True
        return False

    @cached_property
    def cost(self) -> Ints:
        """Points of every cell by all rules of the forum, moves and gaps apart; NEVER where it cannot be."""
        people = self.people([seat.required for seat in self.forum.seats], self.forum.quorum)
        found = self.own + np.where(people < NEVER, people, 0) + np.where(self.room < NEVER, self.room, 0)
        found[(people >= NEVER) | (self.room >= NEVER) | ~self.is_open[:, None, None]] = NEVER
        return found
