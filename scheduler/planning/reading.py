"""Instances and plans from JSON, with the place of the first thing that is wrong.

What contradicts itself (more meetings at least than at most) is no fault of form and is read: the planner explains it.
Not here: the rules a plan must keep (``checker``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, NoReturn, TypeVar

from scheduler.errors import Problem, Refused
from scheduler.i18n import mark
from scheduler.planning import instance as form
from scheduler.planning import plan as plan_form
from scheduler.planning.instance import Busy, Fixed, Forum, Instance, Link, Person, Room, Seat, Town, Weights
from scheduler.planning.plan import Plan, PlannedMeeting

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LARGEST = 10**6
_DAYS_AND_NUMBERS = 3
T = TypeVar("T")


def _refuse(path: str, text: str, **values: object) -> NoReturn:
    raise Refused(Problem(path or "$", text, values))


class _At:
    """A JSON value and its place, such as ``forums[3].seats[0].holder``."""

    __slots__ = ("path", "value")

    def __init__(self, value: Any, path: str = "") -> None:
        self.value = value
        self.path = path

    def key(self, name: str, *, optional: bool = False) -> _At:
        """What stands at ``name``; None when ``optional`` and absent."""
        if not isinstance(self.value, dict):
            _refuse(self.path, mark("Här ska ett objekt stå"))
        path = f"{self.path}.{name}" if self.path else name
        if name not in self.value and not optional:
            _refuse(path, mark("Saknas"))
        return _At(self.value.get(name), path)

    def items(self) -> list[_At]:
        """The elements of a list."""
        if not isinstance(self.value, list):
            _refuse(self.path, mark("Här ska en lista stå"))
        return [_At(value, f"{self.path}[{i}]") for i, value in enumerate(self.value)]

    def integer(self, least: int = 0) -> int:
        """A whole number from ``least`` to a million."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            _refuse(self.path, mark("Här ska ett heltal stå"))
        if not least <= self.value <= _LARGEST:
            _refuse(self.path, mark("Ange ett tal mellan %(least)s och %(most)s"), least=least, most=_LARGEST)
        return self.value

    def number(self) -> float:
        """A number from 0 to a million, whole or not."""
        if isinstance(self.value, bool) or not isinstance(self.value, (int, float)):
            _refuse(self.path, mark("Här ska ett tal stå"))
        if not 0 <= self.value <= _LARGEST:
            _refuse(self.path, mark("Ange ett tal mellan %(least)s och %(most)s"), least=0, most=_LARGEST)
        return self.value

    def text(self) -> str:
        """A text that is not empty."""
        if not isinstance(self.value, str) or not self.value:
            _refuse(self.path, mark("Här ska en text stå"))
        return self.value

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            _refuse(self.path, mark("Här ska true eller false stå"))
        return self.value

    def day(self) -> date:
        """A date as ISO text."""
        if isinstance(self.value, str) and _DATE.fullmatch(self.value):
            try:
                return date.fromisoformat(self.value)
            except ValueError:
                pass
        _refuse(self.path, mark("Här ska ett datum som 2027-03-31 stå"))

    def one_of(self, known: Iterable[str]) -> str:
        """A text that is among ``known``."""
        found = self.text()
        if found not in known:
            _refuse(self.path, mark("%(id)s finns inte"), id=found)
        return found


def _listed(at: _At, read: Callable[[_At], T]) -> tuple[T, ...]:
    return tuple(read(one) for one in at.items())


def _unique(at: _At, found: Iterable[str]) -> None:
    seen: set[str] = set()
    for i, one in enumerate(found):
        if one in seen:
            _refuse(f"{at.path}[{i}].id", mark("%(id)s finns två gånger"), id=one)
        seen.add(one)


def read_instance(value: Any) -> Instance:
    """The planning problem in a JSON value. Raises Refused with the place of the first fault."""
    top = _At(value)
    if top.key("format").value != form.FORMAT:
        _refuse("format", mark("Formatet ska vara %(format)s"), format=form.FORMAT)
    first, last = top.key("first_date").day(), top.key("last_date").day()
    if last < first:
        _refuse("last_date", mark("Slutdagen ligger före startdagen"))
    towns = _listed(top.key("towns"), _town)
    _unique(top.key("towns"), (one.id for one in towns))
    town_ids = {one.id for one in towns}
    rooms = _listed(top.key("rooms"), lambda at: _room(at, town_ids))
    _unique(top.key("rooms"), (one.id for one in rooms))
    persons = _listed(top.key("persons"), lambda at: _person(at, town_ids))
    _unique(top.key("persons"), (one.id for one in persons))
    person_ids = {one.id for one in persons}
    forums = _listed(top.key("forums"), lambda at: _forum(at, town_ids, person_ids))
    _unique(top.key("forums"), (one.id for one in forums))
    forum_ids = {one.id for one in forums}
    room_ids = {one.id for one in rooms}
    return Instance(
        first_date=first,
        last_date=last,
        planning_date=top.key("planning_date").day(),
        notice_days=top.key("notice_days").integer(),
        closed=_days(top.key("closed")),
        soft_days=_days(top.key("soft_days")),
        starts=_listed(top.key("starts"), lambda at: at.integer()),
        day_end=top.key("day_end").integer(),
        min_break=top.key("min_break").integer(),
        same_day_max_km=top.key("same_day_max_km").number(),
        week_soft=top.key("week_soft").integer(),
        weights=Weights(**{name: top.key("weights").key(name).integer() for name in form.WEIGHTS}),
        towns=towns,
        km=_matrix(top.key("km"), len(towns)),
        minutes=_matrix(top.key("minutes"), len(towns)),
        rooms=rooms,
        persons=persons,
        forums=forums,
        links=_listed(top.key("links"), lambda at: _link(at, forum_ids)),
        locked=_fixed(top.key("locked"), forum_ids, room_ids),
        # A forum or room of last time may be gone since: that is a move, not a fault.
        previous_plan=_fixed(top.key("previous_plan", optional=True), None, None),
    )


def _days(at: _At) -> dict[date, str]:
    found = {}
    for one in at.items():
        pair = one.items()
        if not pair:
            _refuse(one.path, mark("Här ska en dag och dess skäl stå"))
        found[pair[0].day()] = str(pair[1].value) if len(pair) > 1 else ""
    return found


def _matrix(at: _At, size: int) -> tuple[tuple[float, ...], ...]:
    rows = _listed(at, lambda row: _listed(row, lambda cell: cell.number()))
    if len(rows) != size or any(len(row) != size for row in rows):
        _refuse(at.path, mark("Tabellen ska ha en rad och en kolumn för var och en av %(n)s orter"), n=size)
    for i, row in enumerate(rows):
        for j in range(i):
            if row[j] != rows[j][i]:
                _refuse(f"{at.path}[{i}][{j}]", mark("Tabellen ska vara lika åt båda håll"))
    return rows


def _busy(at: _At) -> tuple[Busy, ...]:
    return _listed(at, _busy_time)


def _busy_time(at: _At) -> Busy:
    three = at.items()
    if len(three) != _DAYS_AND_NUMBERS:
        _refuse(at.path, mark("Här ska dag, från och till stå"))
    found = Busy(three[0].day(), three[1].integer(), three[2].integer())
    if found.end < found.start:
        _refuse(at.path, mark("Sluttiden ligger före starttiden"))
    return found


def _name(at: _At) -> str:
    name = at.key("name", optional=True).value
    return name if isinstance(name, str) and name else at.key("id").text()


def _town(at: _At) -> Town:
    return Town(at.key("id").text(), _name(at))


def _room(at: _At, towns: set[str]) -> Room:
    return Room(
        at.key("id").text(), at.key("town").one_of(towns), at.key("capacity").integer(), _busy(at.key("busy"))
    )  # fmt: skip


def _person(at: _At, towns: set[str]) -> Person:
    home = at.key("home")
    return Person(
        at.key("id").text(),
        _name(at),
        None if home.value is None else home.one_of(towns),
        at.key("max_day").integer(),
        at.key("max_week").integer(),
        _busy(at.key("busy")),
    )


def _seat(at: _At, persons: set[str]) -> Seat:
    holder = at.key("holder")
    return Seat(
        at.key("id").text(),
        at.key("required").flag(),
        None if holder.value is None else holder.one_of(persons),
        _listed(at.key("substitutes"), lambda one: one.one_of(persons)),
    )


def _weekday(at: _At) -> int:
    found = at.integer()
    if found > 6:  # noqa: PLR2004 - Sunday
        _refuse(at.path, mark("Ange ett tal mellan %(least)s och %(most)s"), least=0, most=6)
    return found


def _forum(at: _At, towns: set[str], persons: set[str]) -> Forum:
    seats = _listed(at.key("seats"), lambda one: _seat(one, persons))
    _unique(at.key("seats"), (seat.id for seat in seats))
    return Forum(
        id=at.key("id").text(),
        name=_name(at),
        min_meetings=at.key("min_meetings").integer(),
        target_meetings=at.key("target_meetings").integer(),
        max_meetings=at.key("max_meetings").integer(),
        duration=at.key("duration").integer(1),
        ideal_gap=at.key("ideal_gap").integer(),
        min_gap=at.key("min_gap").integer(),
        max_gap=at.key("max_gap").integer(),
        starts=_listed(at.key("starts"), lambda one: one.integer()),
        preferred_starts=_listed(at.key("preferred_starts"), lambda one: one.integer()),
        preferred_weekdays=_listed(at.key("preferred_weekdays"), _weekday),
        forbidden_weekdays=_listed(at.key("forbidden_weekdays"), _weekday),
        towns=_listed(at.key("towns"), lambda one: one.one_of(towns)),
        places=at.key("places").integer(),
        quorum=at.key("quorum").integer(),
        last_previous=at.key("last_previous").day(),
        seats=seats,
    )


def _link(at: _At, forums: set[str]) -> Link:
    found = Link(
        at.key("before").one_of(forums),
        at.key("after").one_of(forums),
        at.key("min_days").integer(-_LARGEST),
        at.key("max_days").integer(-_LARGEST),
    )
    if found.before == found.after:
        _refuse(at.path, mark("Ett forum kan inte följa på sig självt"))
    return found


def _fixed(at: _At, forums: set[str] | None, rooms: set[str] | None) -> tuple[Fixed, ...]:
    if at.value is None:
        return ()
    found: list[Fixed] = []
    seen = set()
    for one in at.items():
        forum, room = one.key("forum"), one.key("room")
        meeting = Fixed(
            forum.text() if forums is None else forum.one_of(forums),
            one.key("index").integer(),
            one.key("date").day(),
            one.key("start").integer(),
            room.text() if rooms is None else room.one_of(rooms),
        )
        if (meeting.forum, meeting.index) in seen:
            _refuse(one.path, mark("%(id)s finns två gånger"), id=f"{meeting.forum} {meeting.index}")
        seen.add((meeting.forum, meeting.index))
        found.append(meeting)
    return tuple(found)


def read_plan(value: Any) -> Plan:
    """The plan in a JSON value. Raises Refused with the place of the first fault of form.

    Names that the instance lacks are no fault of form: the checker judges them.
    """
    top = _At(value)
    if top.key("format").value != plan_form.FORMAT:
        _refuse("format", mark("Formatet ska vara %(format)s"), format=plan_form.FORMAT)
    return Plan(_listed(top.key("meetings"), _planned))


def _planned(at: _At) -> PlannedMeeting:
    seats = at.key("seats", optional=True)
    if seats.value is not None and not isinstance(seats.value, dict):
        _refuse(seats.path, mark("Här ska ett objekt stå"))
    filled = {
        name: None if person is None else _At(person, f"{seats.path}.{name}").text()
        for name, person in (seats.value or {}).items()
    }
    room = at.key("room", optional=True)
    return PlannedMeeting(
        at.key("forum").text(),
        at.key("index").integer(-_LARGEST),
        at.key("date").day(),
        at.key("start").integer(-_LARGEST),
        None if room.value is None else room.text(),
        filled,
    )
