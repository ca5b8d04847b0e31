"""On which days and times a recurring event of a foreign calendar falls (RFC 5545 §3.3.10), within bounds of our own.

The usual libraries count from the first occurrence on and, where a rule never falls, to the year 9999: a calendar that
wants to can hold a server for hours. Here a rule costs what the window asked for costs, counted in days looked at, and
says so when that is too much. Local wall-clock times without zone in, the same out. Not here: zones, exceptions,
moved occurrences (``busy``).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import product
from typing import Literal

Frequency = Literal["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]

_FREQUENCIES: tuple[Frequency, ...] = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BY_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER = re.compile(r"[+-]?\d{1,6}")
_STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?")
_DAY = timedelta(days=1)
_WEEK = 7
_LAST_YEAR = 9990
#: More times on one day than this are no meetings.
_MOST_TIMES = 24
#: A list longer than all days of a year is none.
_LONGEST_LIST = 366
#: Days looked at for one rule: a daily one may have begun 54 years ago and be counted from there.
MOST_DAYS = 20_000


class Unreadable(ValueError):
    """A value of a calendar that says nothing we understand."""


class TooMuch(ValueError):
    """More days or occurrences than we look at."""


@dataclass(frozen=True)
class Rule:
    """An RRULE taken apart; empty where it says nothing. Each day is looked for in sets, whose size costs nothing."""

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    #: The last moment, in UTC when it is aware, else on the event's own clock; a date holds for the whole day.
    until: datetime | date | None = None
    months: tuple[int, ...] = ()
    week_numbers: frozenset[int] = frozenset()
    year_days: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    #: (which one in its month or year, None for each; weekday 0 = Monday).
    weekdays: frozenset[tuple[int | None, int]] = frozenset()
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    seconds: tuple[int, ...] = ()
    positions: frozenset[int] = frozenset()
    week_start: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether it names no days, so that they are those of the first occurrence."""
        return not (self.week_numbers or self.year_days or self.month_days or self.weekdays)


class Budget:
    """How many days may still be looked at, over all rules of one calendar."""

    def __init__(self, days: int) -> None:
        self.left = days

    def spend(self, days: int) -> None:
        """Raises TooMuch when it is used up."""
        self.left -= days
        if self.left < 0:
            raise TooMuch


def read_rule(text: str) -> Rule:
    """The rule that ``text`` (a value of RRULE) states; raises Unreadable, also for what is finer than daily."""
    parts = {}
    for part in text.strip().strip(";").split(";"):
        name, equals, value = part.partition("=")
        if not equals:
            raise Unreadable
        parts[name.strip().upper()] = value.strip().upper()
    frequency = next((known for known in _FREQUENCIES if known == parts.get("FREQ")), None)
    if frequency is None:
        raise Unreadable
    rule = Rule(
        frequency,
        interval=_whole(parts.get("INTERVAL", "1")),
        count=_whole(parts["COUNT"]) if "COUNT" in parts else None,
        until=read_stamp(parts["UNTIL"]) if "UNTIL" in parts else None,
        months=_numbers(parts, "BYMONTH", 1, 12),
        week_numbers=frozenset(_numbers(parts, "BYWEEKNO", 1, 53, signed=True)),
        year_days=frozenset(_numbers(parts, "BYYEARDAY", 1, 366, signed=True)),
        month_days=frozenset(_numbers(parts, "BYMONTHDAY", 1, 31, signed=True)),
        weekdays=_weekdays(parts.get("BYDAY", "")),
        hours=_numbers(parts, "BYHOUR", 0, 23),
        minutes=_numbers(parts, "BYMINUTE", 0, 59),
        seconds=_numbers(parts, "BYSECOND", 0, 59),
        positions=frozenset(_numbers(parts, "BYSETPOS", 1, 366, signed=True)),
        week_start=_week_start(parts.get("WKST", "MO")),
    )
    if frequency in {"DAILY", "WEEKLY"} and any(nth for nth, _day in rule.weekdays):
        raise Unreadable
    if frequency != "YEARLY" and rule.week_numbers:
        raise Unreadable
    if len(rule.hours or [0]) * len(rule.minutes or [0]) * len(rule.seconds or [0]) > _MOST_TIMES:
        raise TooMuch
    return rule


def read_stamp(text: str) -> datetime | date:
    """``20261122``, ``20261122T090000`` (without zone) or ``20261122T090000Z`` (aware); raises Unreadable."""
    found = _STAMP.fullmatch(text.strip().upper())
    if found is None:
        raise Unreadable
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
        if found[4] is None:
            return day
        # A leap second is the last one of its minute.
        clock = time(int(found[4]), int(found[5]), min(int(found[6]), 59), tzinfo=UTC if found[7] else None)
    except ValueError:
        raise Unreadable from None
    return datetime.combine(day, clock)


def _whole(text: str) -> int:
    if not _NUMBER.fullmatch(text) or int(text) < 1:
        raise Unreadable
    return int(text)


def _numbers(parts: dict[str, str], name: str, low: int, high: int, *, signed: bool = False) -> tuple[int, ...]:
    """The numbers of a list from ``low`` to ``high``, or counted from the end when ``signed``; each one once."""
    if name not in parts:
        return ()
    words = parts[name].split(",")
    if len(words) > _LONGEST_LIST or not all(_NUMBER.fullmatch(word) for word in words):
        raise Unreadable
    found = {int(word) for word in words}
    if not all(low <= (abs(number) if signed else number) <= high for number in found):
        raise Unreadable
    return tuple(sorted(found))


def _weekdays(text: str) -> frozenset[tuple[int | None, int]]:
    if not text:
        return frozenset()
    words = text.split(",")
    matches = [_BY_DAY.fullmatch(word) for word in words[: _LONGEST_LIST + 1]]
    if len(words) > _LONGEST_LIST:
        raise Unreadable
    found: set[tuple[int | None, int]] = set()
    for match in matches:
        if match is None or (match[1] and int(match[1]) == 0):
            raise Unreadable
        found.add((int(match[1]) if match[1] else None, _WEEKDAYS.index(match[2])))
    return frozenset(found)


def _week_start(text: str) -> int:
    if text not in _WEEKDAYS:
        raise Unreadable
    return _WEEKDAYS.index(text)


# ---------------------------------------------------------------- when it falls


def occurrences(
    rule: Rule, start: datetime, first: datetime, after: datetime, zone: tzinfo, budget: Budget
) -> Iterator[datetime]:
    """The beginnings from ``first`` until before ``after``, in order; all on the event's own clock, without zone.

    ``start`` is the first occurrence whether the rule names it or not; ``zone`` is that of the clock, for a rule that
    ends in UTC. Raises TooMuch.
    """
    left = Budget(MOST_DAYS)
    times = _times(rule, start)
    number = 1
    begin = 0 if rule.count is not None else _skipped(rule, start, first)
    if first <= start < after and not _is_past(rule, start, zone):
        yield start
    for days in _periods(rule, start.date(), begin, after.date()):
        left.spend(len(days))
        budget.spend(len(days))
        for at in _in_period(rule, days, times, start):
            if at <= start:
                continue
            number += 1
            if (rule.count is not None and number > rule.count) or at >= after or _is_past(rule, at, zone):
                return
            if at >= first:
                yield at


def _is_past(rule: Rule, at: datetime, zone: tzinfo) -> bool:
    until = rule.until
    if until is None:
        return False
    if not isinstance(until, datetime):
        return at.date() > until
    if until.tzinfo is not None:
        return at.replace(tzinfo=zone) > until
    return at > until


def _times(rule: Rule, start: datetime) -> list[time]:
    hours, minutes, seconds = (
        rule.hours or (start.hour,),
        rule.minutes or (start.minute,),
        rule.seconds or (start.second,),
    )
    return [time(*clock) for clock in product(hours, minutes, seconds)]


def _skipped(rule: Rule, start: datetime, first: datetime) -> int:
    """How many periods lie wholly before ``first``, at least one fewer than there may be."""
    if first <= start:
        return 0
    days = (first.date() - start.date()).days
    if rule.frequency == "DAILY":
        passed = days
    elif rule.frequency == "WEEKLY":
        passed = days // _WEEK
    else:
        passed = first.year - start.year
        if rule.frequency == "MONTHLY":
            passed = passed * 12 + first.month - start.month
    return max(0, passed // rule.interval - 1)


def _periods(rule: Rule, start: date, begin: int, last: date) -> Iterator[Sequence[date]]:
    """The days of each period that the rule may fall on, from the ``begin``-th on until past ``last``."""
    n = begin * rule.interval
    while True:
        try:
            days = _period(rule, start, n)
        except (ValueError, OverflowError):  # past the end of the calendar
            return
        if days[0] > last:
            return
        yield days
        n += rule.interval


def _period(rule: Rule, start: date, n: int) -> Sequence[date]:
    """The days of the ``n``-th period after that of ``start``; of a year only the months that matter."""
    if rule.frequency == "DAILY":
        return (start + n * _DAY,)
    if rule.frequency == "WEEKLY":
        wanted = {weekday for _nth, weekday in rule.weekdays}
        if not wanted:
            wanted = {start.weekday()} if rule.is_plain else set(range(_WEEK))
        begin = start - ((start.weekday() - rule.week_start) % _WEEK) * _DAY + n * _WEEK * _DAY
        return tuple(begin + k * _DAY for k in range(_WEEK) if (rule.week_start + k) % _WEEK in wanted)
    if rule.frequency == "MONTHLY":
        year, month = divmod(start.year * 12 + start.month - 1 + n, 12)
        return _month(_year(year), month + 1)
    year = _year(start.year + n)
    return tuple(day for month in _months_of(rule, start) for day in _month(year, month))


def _year(year: int) -> int:
    if year > _LAST_YEAR:
        raise ValueError
    return year


def _month(year: int, month: int) -> tuple[date, ...]:
    return tuple(date(year, month, day) for day in range(1, calendar.monthrange(year, month)[1] + 1))


def _months_of(rule: Rule, start: date) -> Sequence[int]:
    """The months of a year that a yearly rule can fall in."""
    if rule.months:
        return rule.months
    return (start.month,) if rule.is_plain else range(1, 13)


def _in_period(rule: Rule, days: Sequence[date], times: Sequence[time], start: datetime) -> Iterator[datetime]:
    chosen = [day for day in days if _falls_on(rule, day, start)]
    if not rule.positions:
        for day in chosen:
            for clock in times:
                yield datetime.combine(day, clock)
        return
    all_times = [datetime.combine(day, clock) for day in chosen for clock in times]
    yield from (at for n, at in enumerate(all_times, 1) if _is_nth(n, len(all_times), rule.positions))


def _falls_on(rule: Rule, day: date, start: datetime) -> bool:
    if rule.months and day.month not in rule.months:
        return False
    if rule.is_plain:
        if rule.frequency == "WEEKLY":
            return day.weekday() == start.weekday()
        return rule.frequency == "DAILY" or day.day == start.day
    if rule.month_days and not _is_nth(day.day, calendar.monthrange(day.year, day.month)[1], rule.month_days):
        return False
    if rule.year_days and not _is_nth(_day_of_year(day), 365 + calendar.isleap(day.year), rule.year_days):
        return False
    if rule.week_numbers:
        year, week, _weekday = day.isocalendar()
        if not _is_nth(week, date(year, 12, 28).isocalendar().week, rule.week_numbers):
            return False
        if not (rule.weekdays or rule.month_days or rule.year_days):
            return day.weekday() == start.weekday()
    return not rule.weekdays or _is_weekday(rule, day)


def _is_nth(number: int, of: int, wanted: frozenset[int]) -> bool:
    """Whether ``number`` is wanted, counted from the beginning or from the end."""
    return number in wanted or number - of - 1 in wanted


def _day_of_year(day: date) -> int:
    return day.timetuple().tm_yday


def _is_weekday(rule: Rule, day: date) -> bool:
    """Whether its weekday is wanted: each one, or as the one it is in its month or year, from either end."""
    weekday = day.weekday()
    if (None, weekday) in rule.weekdays:
        return True
    if rule.frequency == "MONTHLY" or rule.months:
        number, of = day.day, calendar.monthrange(day.year, day.month)[1]
    else:
        number, of = _day_of_year(day), 365 + calendar.isleap(day.year)
    nths = ((number - 1) // _WEEK + 1, -((of - number) // _WEEK + 1))
    return any((nth, weekday) in rule.weekdays for nth in nths)
