"""One person's year: weeks, journeys, clashes, what is free, and journeys that could be made together (D7). Pure.

An ``Entry`` is a meeting that somebody is expected at, or a date they are asked about. Not here: whose meetings they
are (``loads``), the drawing and the words.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from itertools import combinations
from typing import Literal

from scheduler.meetings.times import Span

#: Kilometres by road from one town to another; None: not known.
Distance = Callable[[str, str], int | None]
ClashKind = Literal["time", "town", "away"]

#: Two towns nearer than this are managed on one day; what is not known is far.
SAME_DAY_KM = 60
#: How far a meeting may be moved to share a journey with another.
NEAR_DAYS = 7
#: So many working days of a week are closed before it counts as a break.
CLOSED_DAYS = 3
#: Minutes that a whole day counts as.
WORKING_DAY = 8 * 60
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Entry:
    """Something in somebody's year; which it is, its ``key`` says."""

    key: str
    span: Span
    leads: bool
    #: Where one goes; None for a meeting on a link, or where nothing is known.
    town: str | None = None
    #: Only proposed: it may still give way.
    is_proposal: bool = False
    #: A date that is asked about: drawn, but no meeting yet.
    is_poll: bool = False

    @property
    def on(self) -> date:
        """Its first local day."""
        return self.span.on

    @cached_property
    def days(self) -> tuple[date, ...]:
        """Its local days, first to last."""
        return tuple(self.span.days())

    @cached_property
    def mondays(self) -> frozenset[date]:
        """The Mondays of the weeks its days lie in."""
        return frozenset(day - day.weekday() * _DAY for day in self.days)

    @cached_property
    def minutes(self) -> int:
        """How long it takes; a whole day is a working day of eight hours."""
        if self.span.all_day:
            return WORKING_DAY * len(self.days)
        return round((self.span.end_at - self.span.start_at) / timedelta(minutes=1))

    def in_year(self, year: int) -> tuple[Collection[date], Collection[date]]:
        """Its days in the year, and the Mondays of their weeks."""
        if self.days[0].year == self.days[-1].year == year:
            return self.days, self.mondays
        days = [day for day in self.days if day.year == year]
        return days, {day - day.weekday() * _DAY for day in days}


@dataclass(frozen=True)
class Week:
    """An ISO week that touches the year, and what is in it."""

    monday: date
    entries: tuple[Entry, ...] = ()
    #: Towns that are travelled to, in order.
    towns: tuple[str, ...] = ()
    #: Whether one is away on some day of it.
    away: bool = False

    @property
    def number(self) -> int:
        """The ISO number."""
        return self.monday.isocalendar().week

    @property
    def sunday(self) -> date:
        """Its last day."""
        return self.monday + _WEEK - _DAY

    @property
    def meetings(self) -> tuple[Entry, ...]:
        """Its entries but dates that are only asked about."""
        return tuple(entry for entry in self.entries if not entry.is_poll)


@dataclass(frozen=True)
class Clash:
    """Two meetings that one cannot both go to, or one on a day one is away."""

    kind: ClashKind
    on: date
    entries: tuple[Entry, ...]

    @property
    def weighs(self) -> bool:
        """Whether nothing of it is only proposed, and no day's journey could do it."""
        return self.kind != "town" and not any(entry.is_proposal for entry in self.entries)


@dataclass(frozen=True)
class Year:
    """Somebody's year, reckoned."""

    year: int
    weeks: tuple[Week, ...]
    leads: int
    attends: int
    #: Days on which one is in another town than one's own.
    travel_days: int
    towns: tuple[str, ...]
    #: The week with most meetings, the first of several; None without any.
    heaviest: Week | None
    #: How many weeks of the year have no meeting.
    empty_weeks: int

    @property
    def own_weeks(self) -> tuple[Week, ...]:
        """The weeks that ISO counts to the year: a week at its end may belong to the next."""
        return tuple(week for week in self.weeks if week.monday.isocalendar().year == self.year)


def weeks_of(year: int) -> list[date]:
    """The Mondays of the weeks that touch the civil year."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    monday = first - first.weekday() * _DAY
    return [monday + n * _WEEK for n in range((last - monday).days // 7 + 1)]


def strips(weeks: Sequence[Week]) -> tuple[Sequence[Week], ...]:
    """The weeks in three parts, as a phone shows them: 1–18, 19–35 and the rest."""
    return weeks[:18], weeks[18:35], weeks[35:]


def reckon(year: int, entries: Iterable[Entry], *, home: str | None, away: Sequence[tuple[date, date]] = ()) -> Year:
    """The year as it is: ``home`` is where no journey goes (None: not known, no journeys are reckoned)."""
    ordered = sorted(entries, key=lambda entry: (entry.span.start_at, entry.key))
    first, last = date(year, 1, 1), date(year, 12, 31)
    by_week: dict[date, list[Entry]] = defaultdict(list)
    for entry in ordered:
        for monday in {day - day.weekday() * _DAY for day in entry.span.days() if first <= day <= last}:
            by_week[monday].append(entry)
    weeks = []
    for monday in weeks_of(year):
        held = tuple(by_week.get(monday, ()))
        week = Week(monday, held, journeys(held, home))
        gone = any(from_on <= week.sunday and to_on >= monday for from_on, to_on in away)
        weeks.append(Week(monday, held, week.towns, away=gone))
    meetings = [entry for entry in ordered if not entry.is_poll]
    days: set[date] = set()
    for entry in meetings:
        if is_journey(entry, home):
            days.update(day for day in entry.span.days() if first <= day <= last)
    heaviest = max(weeks, key=lambda week: len(week.meetings), default=None)
    return Year(
        year=year,
        weeks=tuple(weeks),
        leads=sum(entry.leads for entry in meetings),
        attends=sum(not entry.leads for entry in meetings),
        travel_days=len(days),
        towns=journeys(meetings, home),
        heaviest=heaviest if heaviest is not None and heaviest.meetings else None,
        empty_weeks=sum(not week.meetings for week in weeks if week.monday.isocalendar().year == year),
    )


@dataclass(frozen=True)
class Sum:
    """Somebody's year in figures alone; what ``reckon`` says of the same entries."""

    leads: int
    attends: int
    minutes: int
    travel_days: int
    #: Monday of the week with most meetings, the first of several, and how many; None without any.
    heaviest: tuple[date, int] | None

    @property
    def meetings(self) -> int:
        """All of them."""
        return self.leads + self.attends


def add_up(year: int, entries: Collection[Entry], *, home: str | None) -> Sum:
    """The year of somebody in figures, for many people at once; dates that are only asked about count not."""
    meetings = [entry for entry in entries if not entry.is_poll]
    weeks: Counter[date] = Counter()
    travelled: set[date] = set()
    for entry in meetings:
        days, mondays = entry.in_year(year)
        weeks.update(mondays)
        if is_journey(entry, home):
            travelled.update(days)
    most = max(weeks.values(), default=0)
    leads = sum(entry.leads for entry in meetings)
    return Sum(
        leads=leads,
        attends=len(meetings) - leads,
        minutes=sum(entry.minutes for entry in meetings),
        travel_days=len(travelled),
        heaviest=(min(monday for monday, count in weeks.items() if count == most), most) if most else None,
    )


def is_journey(entry: Entry, home: str | None) -> bool:
    """Whether one travels to it."""
    return home is not None and entry.town is not None and entry.town != home


def journeys(entries: Iterable[Entry], home: str | None) -> tuple[str, ...]:
    """The towns one travels to, each once, in order."""
    return tuple(dict.fromkeys(entry.town for entry in entries if entry.town is not None and is_journey(entry, home)))


def town_codes(towns: Iterable[str]) -> dict[str, str]:
    """Town → two letters, the first two where they are free: Luleå "Lu", Ludvika "Ld"."""
    found: dict[str, str] = {}
    for town in dict.fromkeys(towns):
        letters = [letter for letter in town if letter.isalpha()] or ["?"]
        tries = [letters[0].upper() + letter.lower() for letter in letters[1:]] or [letters[0].upper()]
        tries += [letters[0].upper() + str(n) for n in range(1, 10)]
        found[town] = next((code for code in tries if code not in found.values()), tries[0])
    return found


# ---------------------------------------------------------------- clashes


def clashes(
    entries: Iterable[Entry], distance: Distance, *, since: date, away: Sequence[tuple[date, date]] = ()
) -> list[Clash]:
    """What cannot all be gone to from ``since`` on, in order of days; dates that are only asked about clash not."""
    coming = sorted(
        (entry for entry in entries if not entry.is_poll and entry.span.last_on >= since),
        key=lambda entry: (entry.span.start_at, entry.key),
    )
    found = [
        Clash("away", max(entry.on, from_on, since), (entry,))
        for entry in coming
        for from_on, to_on in away
        if entry.on <= to_on and from_on <= entry.span.last_on
    ]
    for one, other in combinations(coming, 2):
        if other.on > one.span.last_on:
            continue
        on = max(one.on, other.on, since)
        if one.span.overlaps(other.span):
            found.append(Clash("time", on, (one, other)))
        elif is_far(one.town, other.town, distance):
            found.append(Clash("town", on, (one, other)))
    return sorted(found, key=lambda clash: (clash.on, clash.entries[0].span.start_at))


def is_far(town: str | None, other: str | None, distance: Distance) -> bool:
    """Whether one cannot be in both towns on one day; where the distance is not known, one cannot."""
    if town is None or other is None or town == other:
        return False
    km = distance(town, other)
    return km is None or km > SAME_DAY_KM


# ---------------------------------------------------------------- what is free


def free_weeks(weeks: Iterable[Week], since: date) -> list[Week]:
    """The whole weeks after the day without anything in them, in which one is not away either."""
    return [week for week in weeks if week.monday > since and not week.entries and not week.away]


def is_break(monday: date, closed: Collection[date]) -> bool:
    """Whether a week is one of breaks and holidays: most of its working days are in ``closed``."""
    return sum(monday + n * _DAY in closed for n in range(5)) >= CLOSED_DAYS


# ---------------------------------------------------------------- journeys made together


@dataclass(frozen=True)
class Gathering:
    """A meeting in another town, and those who are expected there."""

    key: str
    span: Span
    town: str
    person_ids: frozenset[int]
    #: Whether it may be moved: it is not called yet, and whoever asks plans it.
    may_move: bool


@dataclass(frozen=True)
class Trip:
    """A meeting that could be laid on the day of another in the same town."""

    moved: str
    beside: str
    on: date
    town: str
    #: How many would be spared a journey.
    saved: int


@dataclass(frozen=True)
class Days:
    """What is known of the people concerned: when they are taken, and where they live."""

    #: Person → the meetings they are expected at, by key, with their town.
    meetings: Mapping[int, Sequence[tuple[str, Span, str | None]]] = field(default_factory=dict)
    #: Person → whole days away, both ends included.
    away: Mapping[int, Sequence[tuple[date, date]]] = field(default_factory=dict)
    #: Person → where no journey goes.
    homes: Mapping[int, str | None] = field(default_factory=dict)


def trips(
    own: Iterable[Gathering], person_id: int, known: Days, distance: Distance, is_open: Callable[[date], bool]
) -> list[Trip]:
    """The meetings of ``person_id`` that could share a journey, those that spare most first; each meeting once.

    One is laid on the day of the other, at its own hours, within a week, on a working day (``is_open``) on which all
    who are expected are free and in no other town. Whoever lives in the town is spared nothing.
    """
    found = []
    for one, other in combinations(sorted(own, key=lambda row: (row.span.start_at, row.key)), 2):
        apart = abs((one.span.on - other.span.on).days)
        if one.town != other.town or not 1 <= apart <= NEAR_DAYS:
            continue
        both = [
            number for number in one.person_ids & other.person_ids if known.homes.get(number) not in {None, one.town}
        ]
        if person_id not in both:
            continue
        for moved, beside in sorted(((one, other), (other, one)), key=lambda pair: len(pair[0].person_ids)):
            on = beside.span.on
            if moved.may_move and is_open(on) and _fits(moved, beside, on, known, distance):
                found.append(Trip(moved.key, beside.key, on, moved.town, len(both)))
                break
    return list(_each_once(sorted(found, key=lambda trip: (-trip.saved, trip.on))))


def _fits(moved: Gathering, beside: Gathering, on: date, known: Days, distance: Distance) -> bool:
    """Whether everybody expected at ``moved`` could come on the day."""
    if moved.span.last_on != moved.span.on or moved.span.all_day:
        return False
    shift = on - moved.span.on
    new = Span(
        (moved.span.start + shift).astimezone(moved.span.start_at.tzinfo),
        (moved.span.end + shift).astimezone(moved.span.end_at.tzinfo),
        all_day=False,
        time_zone=moved.span.time_zone,
    )
    if new.overlaps(beside.span):
        return False
    for number in moved.person_ids:
        if any(from_on <= on <= to_on for from_on, to_on in known.away.get(number, ())):
            return False
        for key, span, town in known.meetings.get(number, ()):
            if key == moved.key or not span.on <= on <= span.last_on:
                continue
            if span.overlaps(new) or is_far(moved.town, town, distance):
                return False
    return True


def _each_once(found: Iterable[Trip]) -> Iterator[Trip]:
    taken: Counter[str] = Counter()
    for trip in found:
        if not taken[trip.moved] and not taken[trip.beside]:
            taken.update((trip.moved, trip.beside))
            yield trip
