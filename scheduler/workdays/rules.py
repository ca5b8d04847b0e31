"""Working days, and deadlines counted from a meeting (spec cadence, "Deadlines counted from a meeting").

A working day is Monday to Friday, not a public holiday and not Midsummer Eve, Christmas Eve or New Year's
Eve; half days and squeeze days are working days unless they are among the ``closed`` days an organisation
lists. Everything here is a day, never a time. Not here: names of days (``almanac``, ``observances``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

from scheduler.errors import Problem, Refused
from scheduler.i18n import mark
from scheduler.workdays.almanac import swedish_year

_DAY = timedelta(days=1)
_SATURDAY = 5
NO_DAYS: frozenset[date] = frozenset()
#: Ten years: a deadline further from its meeting is a slip of the pen.
FURTHEST = 3660


class Unit(StrEnum):
    """How a deadline is counted."""

    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"
    WEEKDAY_PREVIOUS_WEEK = "weekday_previous_week"


class Roll(StrEnum):
    """Where a deadline goes that falls on no working day."""

    NONE = "none"
    #: Duties to others before the meeting.
    EARLIER = "earlier"
    #: Statutory time limits after it (lag 1930:173, 2 §).
    LATER = "later"


@dataclass(frozen=True)
class DeadlineRule:
    """A deadline's distance from its meeting: ``n`` negative before, positive after."""

    n: int = 0
    unit: Unit = Unit.CALENDAR_DAYS
    roll: Roll = Roll.NONE
    #: 0 = Monday; only for WEEKDAY_PREVIOUS_WEEK, which does not use ``n``.
    weekday: int | None = None

    def __post_init__(self) -> None:
        """Raises Refused for a distance or weekday that cannot be."""
        if abs(self.n) > FURTHEST:
            raise Refused(Problem("n", mark("Ange högst %(most)s dagar"), {"most": FURTHEST}))
        if self.unit is Unit.WEEKDAY_PREVIOUS_WEEK and (self.weekday is None or not 0 <= self.weekday <= 6):  # noqa: PLR2004 - 6 is Sunday
            raise Refused(Problem("weekday", mark("Ange en veckodag, 0 (måndag) till 6 (söndag)")))


@dataclass(frozen=True)
class Notice:
    """The time between the summons and the meeting."""

    n: int = 14
    unit: Unit = Unit.CALENDAR_DAYS

    def __post_init__(self) -> None:
        """Raises Refused when the time is negative, too long or not counted in days."""
        if not 0 <= self.n <= FURTHEST:
            raise Refused(Problem("n", mark("Ange 0 till %(most)s dagar"), {"most": FURTHEST}))
        if self.unit is Unit.WEEKDAY_PREVIOUS_WEEK:
            raise Refused(Problem("unit", mark("Kallelsetiden räknas i kalenderdagar eller arbetsdagar")))


@dataclass(frozen=True)
class Link:
    """A chain between two bodies: the first meets ``min_days`` to ``max_days`` before the second.

    A window, never a fixed offset: one region's plan shows 6 to 28 days (spec domain §4). ``max_days``
    None leaves the early side open.
    """

    min_days: int
    max_days: int | None = None

    def __post_init__(self) -> None:
        """Raises Refused when the window is empty or lies after the second meeting."""
        if self.min_days < 0:
            raise Refused(Problem("min_days", mark("Ange 0 eller fler dagar")))
        if self.max_days is not None and self.max_days < self.min_days:
            raise Refused(Problem("max_days", mark("Högsta antalet dagar är lägre än det lägsta")))

    def days_before(self, after_on: date) -> tuple[date | None, date]:
        """The first (None: any) and last day on which the first body may meet, both included."""
        earliest = None if self.max_days is None else after_on - timedelta(days=self.max_days)
        return earliest, after_on - timedelta(days=self.min_days)

    def holds(self, before_on: date, after_on: date) -> bool:
        """Whether the two meetings lie as the chain asks."""
        earliest, latest = self.days_before(after_on)
        return before_on <= latest and (earliest is None or before_on >= earliest)


@cache
def free_days(year: int) -> frozenset[date]:
    """The public holidays of ``year`` and its three eves; weekends only where a holiday falls on one."""
    almanac = swedish_year(year)
    return frozenset(almanac.public) | frozenset(almanac.eves)


def is_working_day(day: date, closed: Collection[date] = NO_DAYS) -> bool:
    """Whether ``day`` is a working day; ``closed`` are the organisation's own free days."""
    return day.weekday() < _SATURDAY and day not in free_days(day.year) and day not in closed


def is_half_day(day: date) -> bool:
    """Whether work customarily ends at 14.00 on ``day``; it may fall on a weekend."""
    return day in swedish_year(day.year).half_days


def is_squeeze_day(day: date) -> bool:
    """Whether ``day`` is a working day between two that are not (own closed days do not count)."""
    return is_working_day(day) and not is_working_day(day - _DAY) and not is_working_day(day + _DAY)


@cache
def squeeze_days(year: int) -> tuple[date, ...]:
    """The squeeze days of ``year`` by the rule of ``is_squeeze_day``, in order."""
    # Only a working day beside a free day can be one, so the rest of the year need not be looked at.
    beside = {free + step for free in free_days(year) for step in (-_DAY, _DAY)}
    first, last = date(year, 1, 1), date(year, 12, 31)
    return tuple(sorted(day for day in beside | {first, last} if day.year == year and is_squeeze_day(day)))


def last_working_day(day: date, closed: Collection[date] = NO_DAYS) -> date:
    """``day`` itself when it is a working day, else the nearest one before it."""
    while not is_working_day(day, closed):
        day -= _DAY
    return day


def next_working_day(day: date, closed: Collection[date] = NO_DAYS) -> date:
    """``day`` itself when it is a working day, else the nearest one after it."""
    while not is_working_day(day, closed):
        day += _DAY
    return day


def nth_working_day(anchor: date, n: int, closed: Collection[date] = NO_DAYS) -> date:
    """The n-th working day after ``anchor``, before it for n < 0, the anchor for 0; it is never counted."""
    step = _DAY if n > 0 else -_DAY
    day = anchor
    for _ in range(abs(n)):
        day += step
        while not is_working_day(day, closed):
            day += step
    return day


def deadline(anchor: date, rule: DeadlineRule, closed: Collection[date] = NO_DAYS) -> date:
    """The day ``rule`` gives for a meeting (or an announcement) on ``anchor``.

    ``closed`` days are no working days for working days and for rolling earlier; they do not prolong a
    statutory limit, so rolling later leaves them out.
    """
    if rule.unit is Unit.WORKING_DAYS:
        return nth_working_day(anchor, rule.n, closed)
    if rule.unit is Unit.WEEKDAY_PREVIOUS_WEEK:
        day = anchor - timedelta(days=anchor.weekday() + 7 - (rule.weekday or 0))
    else:
        day = anchor + timedelta(days=rule.n)
    if rule.roll is Roll.EARLIER:
        return last_working_day(day, closed)
    if rule.roll is Roll.LATER:
        return next_working_day(day)
    return day


def call_by(meeting_on: date, notice: Notice, closed: Collection[date] = NO_DAYS) -> date:
    """The last day to send the summons: calendar days rolled earlier to a working day, or working days."""
    return deadline(meeting_on, DeadlineRule(-notice.n, notice.unit, Roll.EARLIER), closed)
