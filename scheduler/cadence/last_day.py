"""The last day on which the next meeting can be held (spec cadence, "Beyond the status"), and its sum.

Without ``Limits`` it is the spec's plain rule. With them each missing meeting gets its own last day, from the
last one backwards, on a day on which the forum may meet and with the least time between; the parts are kept,
so that a page can show how "kalla senast" came about. Not here: the status (``evaluation``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from scheduler.cadence.rules import Forum, Limits
from scheduler.cadence.windows import Span, active_spans, count_days, nth_day
from scheduler.workdays.rules import Notice, is_working_day


@dataclass(frozen=True)
class LatestSum:
    """The parts of "kalla senast": what each missing meeting's last day is, and the notice before the first."""

    #: The last day of each missing meeting, the next one first; empty when they no longer fit.
    meetings: tuple[date, ...]
    #: The least number of days between them; 0 when one is missing.
    gap_days: int
    #: Working days passed over because the forum may not meet then.
    passed: tuple[date, ...]
    notice: Notice
    call_by: date | None


@dataclass(frozen=True)
class LastDay:
    """The last day for the next meeting as an ordinal, None when it no longer fits; and how it was found."""

    on: int | None
    days: tuple[int, ...] = ()
    gap_days: int = 0
    passed: tuple[int, ...] = ()
    limited: bool = False

    def sum_with(self, call_by: date | None, notice: Notice) -> LatestSum | None:
        """The parts for a page; None where no limits were known."""
        if not self.limited:
            return None
        meetings = tuple(date.fromordinal(day) for day in self.days)
        passed = tuple(date.fromordinal(day) for day in sorted(self.passed))
        return LatestSum(meetings, self.gap_days, passed, notice, call_by)


def last_day_in_window(spans: list[Span], missing: int, spacing: int, today: int, limits: Limits | None) -> LastDay:
    """The last day for the next of ``missing`` meetings in the active days ``spans``.

    Number the active days 1…A: the last working one numbered at most A − (missing − 1) · spacing, on or
    after ``today``.
    """
    active = count_days(spans)
    if limits is None:
        number = active - (missing - 1) * spacing
        return LastDay(_last_day(spans, nth_day(spans, number), today, _is_working) if number > 0 else None)
    gap = max(spacing, limits.min_gap_days)
    days: list[int] = []
    passed: list[int] = []
    bound = spans[-1][1]
    for later in range(missing):
        number = active - later * spacing
        bound = min(bound, nth_day(spans, number)) if number > 0 else 0
        day = _last_day(spans, bound, today, lambda at: may_meet(at, limits))
        plain = _last_day(spans, bound, today, _is_working)
        if day is None or plain is None:
            return LastDay(None, gap_days=gap if missing > 1 else 0, passed=tuple(passed), limited=True)
        passed += _working_days(day + 1, plain)
        days.append(day)
        # A day moved earlier takes the ones before it along; weekends alone do not, as in the plain rule.
        bound = day - (gap if day < plain else max(1, limits.min_gap_days))
    return LastDay(days[-1], tuple(reversed(days)), gap if missing > 1 else 0, tuple(passed), limited=True)


def last_day_until(last: int, today: int, forum: Forum, limits: Limits | None) -> LastDay:
    """The last day for one meeting that is due by ``last`` (a lapse, an interval's latest day).

    Without limits that day itself, whatever day it is; with them the last day on which the forum may meet,
    on or after ``today``.
    """
    if limits is None:
        return LastDay(last)
    spans = active_spans(forum, (today, last)) if last >= today else []
    day = _last_day(spans, last, today, lambda at: may_meet(at, limits))
    if day is None:
        return LastDay(None, limited=True)
    return LastDay(day, (day,), passed=tuple(_working_days(day + 1, last)), limited=True)


def may_meet(ordinal: int, limits: Limits) -> bool:
    """Whether a forum with these limits may meet on a day, given as its ordinal."""
    day = date.fromordinal(ordinal)
    return day.weekday() not in limits.forbidden_weekdays and is_working_day(day, limits.closed)


def _is_working(ordinal: int) -> bool:
    return is_working_day(date.fromordinal(ordinal))


def _working_days(first: int, last: int) -> list[int]:
    return [day for day in range(first, last + 1) if _is_working(day)]


def _last_day(spans: list[Span], bound: int, today: int, fits: Callable[[int], bool]) -> int | None:
    """The last day of the spans on or before ``bound`` that fits, None when it would lie before ``today``."""
    for first, last in reversed(spans):
        day = min(last, bound)
        while day >= max(first, today):
            if fits(day):
                return day
            day -= 1
    return None
