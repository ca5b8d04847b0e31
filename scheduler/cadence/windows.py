"""Windows, active days and how many meetings they require (spec cadence §2, §4, §5).

Days are ordinals (``date.toordinal``) and spans pairs of them, both ends included: a page reckons hundreds of
windows, and sums over spans need no walk over days. Not here: meetings, statuses (``evaluation``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from math import lcm
from typing import NamedTuple

from scheduler.cadence.rules import CadenceVersion, Forum, Kind, Period

Span = tuple[int, int]

_MONTHS_OF_QUARTER = 3


class Requirement(NamedTuple):
    """What a window requires, prorated over its active days."""

    required: int
    #: None: no maximum.
    allowed: int | None
    target: int


@lru_cache(maxsize=4096)
def period_window(period: Period, ordinal: int, autumn_from: tuple[int, int] = (7, 1)) -> Span:
    """The year, term, quarter or month that holds a day (§2)."""
    day = date.fromordinal(ordinal)
    if period is Period.YEAR:
        return date(day.year, 1, 1).toordinal(), date(day.year, 12, 31).toordinal()
    if period is Period.TERM:
        autumn = date(day.year, *autumn_from)
        if day < autumn:
            return date(day.year, 1, 1).toordinal(), autumn.toordinal() - 1
        return autumn.toordinal(), date(day.year, 12, 31).toordinal()
    months = _MONTHS_OF_QUARTER if period is Period.QUARTER else 1
    first_month = (day.month - 1) // months * months + 1
    next_month = first_month + months
    after = date(day.year + next_month // 13, next_month % 12 or 12, 1)
    return date(day.year, first_month, 1).toordinal(), after.toordinal() - 1


@lru_cache(maxsize=1024)
def year_windows(period: Period, year: int, autumn_from: tuple[int, int] = (7, 1)) -> tuple[Span, ...]:
    """The windows of ``period`` in a calendar year, in order."""
    last = date(year, 12, 31).toordinal()
    found = [period_window(period, date(year, 1, 1).toordinal(), autumn_from)]
    while found[-1][1] < last:
        found.append(period_window(period, found[-1][1] + 1, autumn_from))
    return tuple(found)


def rolling_window(ordinal: int) -> Span:
    """The twelve calendar months that end with a day, itself included; 29 Feb counts from 28 Feb (§2)."""
    day = date.fromordinal(ordinal)
    return _year_earlier(day).toordinal() + 1, ordinal


def _year_earlier(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day - timedelta(days=366)


def leaving_day(ordinal: int) -> int:
    """The first day whose rolling window no longer holds the day ``ordinal``."""
    day = date.fromordinal(ordinal)
    if (day.month, day.day) == (2, 29):
        return date(day.year + 1, 3, 1).toordinal()
    return day.replace(year=day.year + 1).toordinal()


def active_spans(forum: Forum, window: Span) -> list[Span]:
    """The active days of a window (§4): on or after the start, on or before the end, in no pause."""
    first, last = window
    if forum.start is not None:
        first = max(first, forum.start.toordinal())
    if forum.end is not None:
        last = min(last, forum.end.toordinal())
    spans = []
    # The first pause that can reach into the window is the last one to begin on or before its first day.
    reaching = max(0, bisect_right(forum.pause_starts, first) - 1)
    for pause_first, pause_last in forum.pause_spans[reaching:]:
        if pause_first > last:
            break
        if pause_first > first:
            spans.append((first, pause_first - 1))
        first = last + 1 if pause_last is None else max(first, pause_last + 1)
    if first <= last:
        spans.append((first, last))
    return spans


def count_days(spans: list[Span]) -> int:
    """How many days the spans hold."""
    days = 0
    for first, last in spans:
        days += last - first + 1
    return days


def days_after(spans: list[Span], ordinal: int) -> int:
    """How many days of the spans lie after a day."""
    return sum(last - max(first, ordinal + 1) + 1 for first, last in spans if last > ordinal)


def nth_day(spans: list[Span], n: int) -> int:
    """The day number ``n`` (from 1) of the spans, which must hold that many."""
    for first, last in spans:
        if n <= last - first + 1:
            return first + n - 1
        n -= last - first + 1
    raise ValueError(f"the spans end {n} days too early")


def versions_within(forum: Forum, span: Span) -> Iterator[tuple[Span, CadenceVersion]]:
    """The parts of a span with the version valid in each, in order."""
    first, last = span
    starts = forum.version_starts
    while first <= last:
        after = bisect_right(starts, first)
        end = min(last, starts[after] - 1) if after < len(starts) else last
        yield (first, end), forum.version_at(first)
        first = end + 1


def only_version(forum: Forum, span: Span) -> CadenceVersion | None:
    """The version valid on every day of a span; None when it changes within."""
    starts = forum.version_starts
    same = bisect_right(starts, span[0]) == bisect_right(starts, span[1])
    return forum.version_at(span[0]) if same else None


def requirement(forum: Forum, window: Span, spans: list[Span]) -> Requirement:
    """What the window requires of its active days ``spans`` (§4).

    Versions of one period share the window's days out; versions with different periods add, for each active
    day, a share of the period window that holds the day. Sums are exact until the one rounding.
    """
    days = window[1] - window[0] + 1
    only = only_version(forum, window)
    if only is not None:
        active = count_days(spans)
        if active == days and only.kind is Kind.COUNT:
            return Requirement(only.min, only.max, only.goal)
        return _rounded([(active, only)] if active else [], days)
    parts = list(versions_within(forum, window))
    active_parts = [part for span in spans for part in versions_within(forum, span)]
    if len({version.period for _, version in parts if version.kind is Kind.COUNT}) > 1:
        shares = [_share(forum, span, version) for span, version in active_parts]
        common = lcm(*(share.denominator for share in shares))
        return _rounded(
            [(int(share * common), part[1]) for share, part in zip(shares, active_parts, strict=True)], common
        )
    return _rounded([(span[1] - span[0] + 1, version) for span, version in active_parts], days)


def _rounded(weights: list[tuple[int, CadenceVersion]], days: int) -> Requirement:
    """The versions' numbers, each times its weight ÷ ``days``, added and rounded; no maximum where one has none."""
    least = sum(weight * version.min for weight, version in weights)
    goal = sum(weight * version.goal for weight, version in weights)
    most = sum(weight * (version.max or 0) for weight, version in weights)
    unlimited = any(version.max is None for _, version in weights)
    return Requirement(_half_up(least, days), None if unlimited else -(-most // days), _half_up(goal, days))


def _share(forum: Forum, span: Span, version: CadenceVersion) -> Fraction:
    """Each day of the span as its share of the period window that holds it, added up; 0 without a count."""
    total = Fraction(0)
    first, last = span
    while version.kind is Kind.COUNT and first <= last:
        window = period_window(version.period, first, forum.autumn_from)
        end = min(last, window[1])
        total += Fraction(end - first + 1, window[1] - window[0] + 1)
        first = end + 1
    return total


def _half_up(over: int, under: int) -> int:
    return (2 * over + under) // (2 * under)
