"""A calendar year as a whole: the windows it is judged in, and what they come to together.

Not here: one window (``evaluation``), what is drawn of a year (``bands``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from scheduler.cadence.evaluation import Evaluation, evaluate
from scheduler.cadence.outcome import Outcome, outcome
from scheduler.cadence.rules import CadenceVersion, Forum, Kind, Limits, Period, Status
from scheduler.cadence.tally import Counted, Tally, between
from scheduler.cadence.windows import Span, only_version, period_window, versions_within, year_windows


@dataclass(frozen=True)
class YearSum:
    """What the closed windows of one year come to together."""

    year: int
    held: int
    #: None where no window of the year had a requirement to judge (no rule, rolling, interval).
    required: int | None
    allowed: int | None
    #: The worst status among the year's closed windows.
    status: Status | None
    windows: tuple[Outcome, ...]


def judged_windows(forum: Forum, year: int, today: date) -> list[Span]:
    """The windows of a calendar year that a count is judged in, in order.

    They are those of the rule's period, the whole year where the period changed in it; none for days that
    had no count, and none that a rolling year or an interval governs: those have no history windows (§2).
    """
    whole = period_window(Period.YEAR, date(year, 1, 1).toordinal())
    only = only_version(forum, whole)
    if only is not None:
        return list(year_windows(only.period, year, forum.autumn_from)) if _is_judged(only) else []
    periods = {version.period for _, version in versions_within(forum, whole) if _is_judged(version)}
    if not periods:
        return []
    windows = (whole,) if len(periods) > 1 else year_windows(periods.pop(), year, forum.autumn_from)
    on = today.toordinal()
    return [
        window
        for window in windows
        if any(_is_judged(version) for _, version in versions_within(forum, window))
        and not _is_ignored(forum.version_at(on if window[0] <= on <= window[1] else window[1]))
    ]


def _is_judged(version: CadenceVersion) -> bool:
    return version.kind is Kind.COUNT and not version.is_rolling


def _is_ignored(version: CadenceVersion) -> bool:
    return version.kind is Kind.INTERVAL or version.is_rolling


def closed_years(forum: Forum, meetings: Counted, today: date, years: Iterable[int]) -> dict[int, YearSum | None]:
    """The sum of each year's closed windows; None for a year before the forum's start ("inga uppgifter")."""
    held, ordinary, _planned, _open = Tally.of(forum, meetings)
    return dict(_closed_years(forum, tuple(held), tuple(ordinary), today, tuple(years)))


# What has been seldom changes, and a page of a hundred forums asks for five years of each: kept for the largest county.
@lru_cache(maxsize=1024)
def _closed_years(
    forum: Forum, held: tuple[int, ...], ordinary: tuple[int, ...], today: date, years: tuple[int, ...]
) -> Mapping[int, YearSum | None]:
    tally = Tally(list(held), list(ordinary), [], [])
    return {year: _year_sum(forum, tally, today, year) for year in years}


def _year_sum(forum: Forum, tally: Tally, today: date, year: int) -> YearSum | None:
    if forum.start is not None and year < forum.start.year:
        return None
    on = today.toordinal()
    start = forum.start.toordinal() if forum.start is not None else 0
    windows = tuple(
        outcome(forum, tally, window) for window in judged_windows(forum, year, today) if start <= window[1] < on
    )
    if not windows:
        first, last = period_window(Period.YEAR, date(year, 1, 1).toordinal())
        return YearSum(year, between(tally.held, first, min(last, on)), None, None, None, ())
    return YearSum(
        year,
        sum(window.held for window in windows),
        sum(window.required for window in windows),
        _sum_or_none([window.allowed for window in windows]),
        min((window.status for window in windows), key=lambda status: status.rank),
        windows,
    )


def evaluate_year(
    forum: Forum, meetings: Counted, today: date, year: int, *, limits: Limits | None = None
) -> Evaluation:
    """Where ``forum`` stands in the whole of a year: its windows' numbers added up, the worst of their statuses.

    Its days (next deadline, last day, when to call) are those of the first window with that status. A year
    without judged windows is asked for as one window of ``evaluate``.
    """
    tally = Tally.of(forum, meetings)
    whole = date(year, 1, 1), date(year, 12, 31)
    windows = [
        evaluate(forum, tally, today, (date.fromordinal(first), date.fromordinal(last)), limits=limits)
        for first, last in judged_windows(forum, year, today)
    ]
    if not windows:
        return evaluate(forum, tally, today, whole, limits=limits)
    worst = min(windows, key=lambda window: window.status.rank)
    held = sum(window.held for window in windows)
    target = sum(window.target or 0 for window in windows)
    return replace(
        worst,
        window=whole,
        held=held,
        ordinary_held=sum(window.ordinary_held for window in windows),
        planned=sum(window.planned for window in windows),
        unrecorded=sum(window.unrecorded for window in windows),
        required=sum(window.required or 0 for window in windows),
        allowed=_sum_or_none([window.allowed for window in windows]),
        target=target,
        target_met=held >= target,
        missing=sum(window.missing or 0 for window in windows),
        is_closed=all(window.is_closed for window in windows),
        active_days=sum(window.active_days for window in windows),
    )


def _sum_or_none(numbers: list[int | None]) -> int | None:
    """The sum; None, which is no maximum, when one of them is."""
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None
