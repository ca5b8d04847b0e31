"""What a year strip draws of a forum's rule: the required windows with their state (spec interface "Meeting state").

Not here: pixels, the status of today (``evaluation``), sums of years (``years``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from scheduler.cadence.evaluation import Evaluation, evaluate
from scheduler.cadence.rules import Forum, Kind, Period, Status
from scheduler.cadence.tally import Counted, Tally, between
from scheduler.cadence.windows import Span, active_spans, count_days, nth_day, period_window, requirement
from scheduler.cadence.years import judged_windows


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


def bands(forum: Forum, meetings: Counted, today: date, year: int, *, present: Evaluation | None = None) -> list[Band]:
    """The required windows of a calendar year, in order, as seen on ``today``.

    For a count each stretch of active days from the day after one pace deadline up to the next; for an
    interval the days from its base to its due day that lie in the year; none without a rule or for a rolling
    year, which has no pace. ``present`` is ``evaluate`` for today, where the caller has it already.
    """
    tally = Tally.of(forum, meetings)
    on = today.toordinal()
    found: list[Band] = []
    for window in judged_windows(forum, year, today):
        # Only where today lies in the window can its status be due.
        is_due = window[0] <= on <= window[1] and _status_in(forum, tally, today, window, present) is Status.DUE
        found += _pace_bands(forum, tally, on, window, is_due=is_due)
    if forum.version_at(on).kind is Kind.INTERVAL:
        found += _interval_band(present or evaluate(forum, tally, today), year)
    return found


def _status_in(forum: Forum, tally: Tally, today: date, window: Span, present: Evaluation | None) -> Status:
    """The status of the window that holds ``today``, which ``present`` may have already."""
    if present is not None and present.window == _days(window):
        return present.status
    return evaluate(forum, tally, today, _days(window)).status


def _pace_bands(forum: Forum, tally: Tally, on: int, window: Span, *, is_due: bool) -> list[Band]:
    """The stretches between pace deadlines in one window (§5)."""
    spans = active_spans(forum, window)
    active = count_days(spans)
    required = requirement(forum, window, spans).required
    held = between(tally.held, window[0], min(window[1], on))
    found = []
    first = window[0]
    for number in range(1, required + 1):
        deadline = nth_day(spans, max(1, number * active // required))
        state = BandState.PLAIN
        if number > held and deadline < on:
            state = BandState.MISSED
        elif number == held + 1 and is_due:
            state = BandState.AT_RISK
        found.append(Band(_clipped(spans, first, deadline), state, number, date.fromordinal(deadline)))
        first = deadline + 1
    return found


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
