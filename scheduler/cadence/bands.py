"""What year strips and five-year bars draw: required windows with their state, and the sums of closed years.

Spec interface "Meeting state". Not here: pixels, and the status of today (``evaluation``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from scheduler.cadence.evaluation import Evaluation, Tally, between, evaluate_tally
from scheduler.cadence.rules import CadenceVersion, Forum, Kind, Meeting, Period, Status
from scheduler.cadence.windows import Span, active_spans, nth_day, period_window, versions_within, year_windows


class BandState(StrEnum):
    """How a required window is drawn."""

    #: A soft band.
    PLAIN = "plain"
    #: Dashed edges: the deadline that makes the status ``due``.
    AT_RISK = "at_risk"
    #: Solid edges: the deadline has passed with too few held.
    MISSED = "missed"


@dataclass(frozen=True)
class Band:
    """One required window: the days in which a meeting is called for."""

    #: From and to, both included, in order; more than one when a pause lies between.
    spans: tuple[tuple[date, date], ...]
    state: BandState
    #: Which of the windows in its period it is, from 1.
    number: int
    #: The pace deadline it ends with, or the interval's due day.
    deadline: date


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
    windows: tuple[Evaluation, ...]


def bands(forum: Forum, meetings: Iterable[Meeting], today: date, year: int) -> list[Band]:
    """The required windows of a calendar year, in order, as seen on ``today``.

    For a count each stretch of active days from the day after one pace deadline up to the next; for an
    interval the days from its base to its due day that lie in the year; none without a rule or for a rolling
    year, which has no pace.
    """
    tally = Tally.of(forum, meetings)
    found = [
        band
        for window in judged_windows(forum, year, today)
        for band in _pace_bands(evaluate_tally(forum, tally, today, _days(window)), window)
    ]
    if forum.version_at(today.toordinal()).kind is Kind.INTERVAL:
        found += _interval_band(evaluate_tally(forum, tally, today), year)
    return found


def closed_years(
    forum: Forum, meetings: Iterable[Meeting], today: date, years: Iterable[int]
) -> dict[int, YearSum | None]:
    """The sum of each year's closed windows; None for a year before the forum's start ("inga uppgifter")."""
    tally = Tally.of(forum, meetings)
    return {year: _year_sum(forum, tally, today, year) for year in years}


def judged_windows(forum: Forum, year: int, today: date) -> list[Span]:
    """The windows of a calendar year that a count is judged in, in order.

    They are those of the rule's period, the whole year where the period changed in it; none for days that
    had no count, and none that a rolling year or an interval governs: those have no history windows (§2).
    """
    whole = period_window(Period.YEAR, date(year, 1, 1).toordinal())
    periods = {version.period for _, version in versions_within(forum, whole) if _is_judged(version)}
    if not periods:
        return []
    windows = [whole] if len(periods) > 1 else year_windows(periods.pop(), year, forum.autumn_from)
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


def _year_sum(forum: Forum, tally: Tally, today: date, year: int) -> YearSum | None:
    if forum.start is not None and year < forum.start.year:
        return None
    on = today.toordinal()
    start = forum.start.toordinal() if forum.start is not None else 0
    windows = tuple(
        evaluate_tally(forum, tally, today, _days(window))
        for window in judged_windows(forum, year, today)
        if start <= window[1] < on
    )
    if not windows:
        first, last = period_window(Period.YEAR, date(year, 1, 1).toordinal())
        return YearSum(year, between(tally.held, first, min(last, on)), None, None, None, ())
    allowed = [window.allowed for window in windows if window.allowed is not None]
    return YearSum(
        year,
        sum(window.held for window in windows),
        sum(window.required or 0 for window in windows),
        sum(allowed) if len(allowed) == len(windows) else None,
        min((window.status for window in windows), key=lambda status: status.rank),
        windows,
    )


def _pace_bands(found: Evaluation, window: Span) -> list[Band]:
    """The stretches between pace deadlines in one window (§5)."""
    spans = active_spans(found.forum, window)
    required = found.required or 0
    bands = []
    first = window[0]
    for number in range(1, required + 1):
        deadline = nth_day(spans, max(1, number * found.active_days // required))
        state = BandState.PLAIN
        if number > found.held and deadline < found.today.toordinal():
            state = BandState.MISSED
        elif number == found.held + 1 and found.status is Status.DUE:
            state = BandState.AT_RISK
        bands.append(Band(_clipped(spans, first, deadline), state, number, date.fromordinal(deadline)))
        first = deadline + 1
    return bands


def _interval_band(found: Evaluation, year: int) -> list[Band]:
    """The stretch from an interval's base to its due day, if any of it lies in the year."""
    if found.base is None or found.next_deadline is None:
        return []
    whole = period_window(Period.YEAR, date(year, 1, 1).toordinal())
    base, due = found.base.toordinal(), found.next_deadline.toordinal()
    spans = _clipped(active_spans(found.forum, (base, due)), *whole)
    states = {Status.OVERDUE: BandState.MISSED, Status.DUE: BandState.AT_RISK}
    state = states.get(found.status, BandState.PLAIN)
    return [Band(spans, state, 1, found.next_deadline)] if spans else []


def _clipped(spans: list[Span], first: int, last: int) -> tuple[tuple[date, date], ...]:
    """The parts of the spans in first–last, as days."""
    return tuple(_days((max(a, first), min(b, last))) for a, b in spans if a <= last and b >= first)


def _days(span: Span) -> tuple[date, date]:
    return date.fromordinal(span[0]), date.fromordinal(span[1])
