"""Where a forum stands on a day: the rules of spec cadence §5–§8, as one pure function.

``evaluate`` is a function of (forum, meetings, today, window) and of the Swedish almanac alone. Not here: what
counts (``tally``), proration (``windows``), windows that have ended (``outcome``), the last day to meet where more is
known (``last_day``), words (``sentences``).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from scheduler.cadence import sentences
from scheduler.cadence.last_day import LastDay, LatestSum, last_day_in_window, last_day_until
from scheduler.cadence.outcome import closed_status, settled_status
from scheduler.cadence.rules import CadenceVersion, Forum, Kind, Limits, Status, Unit
from scheduler.cadence.tally import Counted, Tally, between, first_between
from scheduler.cadence.windows import (
    Span,
    active_spans,
    count_days,
    days_after,
    leaving_day,
    nth_day,
    period_window,
    requirement,
    rolling_window,
    versions_within,
)
from scheduler.workdays.rules import call_by
from scheduler.workdays.wording import Wording

#: How far ahead a rolling year looks for the day it lapses, and how near that day makes a status due (§7).
_LOOK_AHEAD = 400
_LAPSE_NEAR = 30

#: The keys of a result, in the order of the spec's last list.
RESULT_KEYS = [
    "status",
    "held",
    "ordinary_held",
    "planned",
    "unrecorded",
    "required",
    "allowed",
    "target",
    "target_met",
    "window",
    "next_deadline",
    "latest",
    "lapses",
    "missing",
    "latest_next",
    "call_by",
    "reason",
]


@dataclass(frozen=True)
class Evaluation:
    """Where a forum stands in one window on one day; None is "does not apply".

    An interval has neither window nor required number; its held, planned and unrecorded count every meeting.
    """

    status: Status
    forum: Forum
    version: CadenceVersion
    today: date
    held: int
    ordinary_held: int
    planned: int
    unrecorded: int
    required: int | None = None
    allowed: int | None = None
    target: int | None = None
    target_met: bool | None = None
    #: First and last day, both included.
    window: tuple[date, date] | None = None
    next_deadline: date | None = None
    latest: date | None = None
    lapses: date | None = None
    missing: int | None = None
    latest_next: date | None = None
    call_by: date | None = None
    #: Whether the window had ended on ``today``.
    is_closed: bool = False
    #: The nearest booked meeting that counts and the last held one, for the sentence.
    booked: date | None = None
    last_held: date | None = None
    #: The day an interval is counted from.
    base: date | None = None
    #: Active days in the window, and how many of them lie after ``today``.
    active_days: int = 0
    days_left: int = 0
    #: How ``latest_next`` was found, where closed days or a least gap were known.
    latest_sum: LatestSum | None = field(default=None, compare=False)

    @cached_property
    def reason(self) -> Wording:
        """The numbers behind the status as one plain sentence, without a full stop."""
        return sentences.reason(self)

    def sort_key(self, name: str = "") -> tuple[int, date, str]:
        """Orders a list: worst status first, then by the day to call, then by ``name`` (a sort key)."""
        return self.status.rank, self.call_by or date.max, name

    def as_result(self) -> dict[str, Any]:
        """The keys of a case file's result: days as ISO text, what does not apply as None."""
        result: dict[str, Any] = {}
        for key in RESULT_KEYS:
            value = getattr(self, key)
            if isinstance(value, date):
                value = value.isoformat()
            elif isinstance(value, tuple):
                value = [day.isoformat() for day in value]
            elif isinstance(value, Status):
                value = value.value
            result[key] = value
        return result


def _day(ordinal: int | None) -> date | None:
    return None if ordinal is None else date.fromordinal(ordinal)


def evaluate(
    forum: Forum,
    meetings: Counted,
    today: date,
    window: tuple[date, date] | None = None,
    *,
    limits: Limits | None = None,
) -> Evaluation:
    """Where ``forum`` stands on ``today``, in the window of the version valid then or in the one asked for.

    An asked window is ignored where its version is rolling or an interval: those have no history. With
    ``limits`` the last day to meet moves earlier to one on which the forum may meet, and its sum is given.
    """
    tally = Tally.of(forum, meetings)
    on = today.toordinal()
    version = forum.version_at(on)
    span: Span | None = None
    if window is not None:
        asked = (window[0].toordinal(), window[1].toordinal())
        of_asked = version if asked[0] <= on <= asked[1] else forum.version_at(asked[1])
        if of_asked.kind is not Kind.INTERVAL and not of_asked.is_rolling:
            version, span = of_asked, asked
    found = _Standing(forum, tally, on, version, limits)
    if version.kind is Kind.INTERVAL:
        return found.interval()
    if version.is_rolling:
        return found.rolling()
    if span is None and version.kind is Kind.COUNT:
        span = period_window(version.period, on, forum.autumn_from)
    return found.without_rule() if span is None else found.calendar(span)


class _Standing:
    """One evaluation under way: the arguments, and one method for each sort of rule."""

    def __init__(self, forum: Forum, tally: Tally, on: int, version: CadenceVersion, limits: Limits | None) -> None:
        self.forum = forum
        self.tally = tally
        self.on = on
        self.version = version
        self.limits = limits
        self.end = forum.end.toordinal() if forum.end else date.max.toordinal()

    def outer_status(self) -> Status | None:
        """Rules 1–3 of §6, which come first whatever the rule."""
        if self.forum.start is not None and self.on < self.forum.start.toordinal():
            return Status.NOT_STARTED
        if self.on > self.end:
            return Status.ENDED
        if self.version.kind is Kind.NONE:
            return Status.NO_REQUIREMENT
        return Status.PAUSED if self.forum.is_paused(self.on) else None

    def counts(self, first: int, last: int) -> dict[str, Any]:
        """What §3 counts in first–last, and the meetings the sentence names."""
        tally = self.tally
        until = min(last, self.on)
        since = max(first, self.on)
        before = bisect_right(tally.held, self.on)
        return {
            "held": between(tally.held, first, until),
            "ordinary_held": between(tally.ordinary, first, until),
            "planned": between(tally.planned, since, min(last, self.end)),
            "unrecorded": between(tally.open, first, min(last, self.on - 1)),
            "booked": _day(first_between(tally.planned, self.on, self.end)),
            "last_held": _day(tally.held[before - 1] if before else None),
        }

    def result(self, status: Status, **found: Any) -> Evaluation:
        """The evaluation with what this sort of rule has found."""
        return Evaluation(
            status=status, forum=self.forum, version=self.version, today=date.fromordinal(self.on), **found
        )

    # ------------------------------------------------------------ count, calendar window (§5, §6)

    def calendar(self, window: Span) -> Evaluation:
        first, last = window
        spans = active_spans(self.forum, window)
        active = count_days(spans)
        need = requirement(self.forum, window, spans)
        found = self.counts(first, last)
        found |= need._asdict()
        held, planned, required = found["held"], found["planned"], need.required
        missing = max(0, required - held - planned)
        found |= {
            "target_met": held >= need.target,
            "window": (date.fromordinal(first), date.fromordinal(last)),
            "missing": missing,
            "active_days": active,
            "is_closed": self.on > last,
        }
        if self.on > last:
            return self.result(closed_status(active, need, held, found["ordinary_held"]), **found)
        slot = active // required if required else 0
        pace = nth_day(spans, max(1, (held + 1) * active // required)) if held < required else last
        spacing = min(self.forum.spacing_days, max(1, slot // 2))
        found["next_deadline"] = date.fromordinal(pace) if held < required else None
        found["days_left"] = days_after(spans, self.on)
        if missing and self.version.kind is Kind.COUNT:
            found |= self.last_days(last_day_in_window(spans, missing, spacing, self.on, self.limits))
        status = self.outer_status() or settled_status(need, held, found["ordinary_held"])
        return self.result(status or self.pace_status(found, pace, slot, spacing), **found)

    def pace_status(self, found: dict[str, Any], pace: int, slot: int, spacing: int) -> Status:
        """Rules 7–12 of §6; ``pace`` is the next pace deadline, ``slot`` and ``spacing`` those of §5."""
        if not found["missing"]:
            return Status.PLANNED
        if found["missing"] * spacing > found["days_left"]:
            return Status.AT_RISK
        if pace < self.on:
            return Status.OVERDUE
        since = max(self.on, found["window"][0].toordinal())
        if first_between(self.tally.planned, since, min(pace, self.end)) is not None:
            return Status.ON_TRACK
        return Status.DUE if pace - self.on <= min(self.forum.lead_days, slot // 2) else Status.ON_TRACK

    def last_days(self, latest_next: LastDay) -> dict[str, Any]:
        """The last day for the next meeting, and by when to call it."""
        if latest_next.on is None:
            return {"latest_sum": latest_next.sum_with(None, self.forum.notice)}
        closed = self.limits.closed if self.limits else frozenset()
        day = date.fromordinal(latest_next.on)
        call = call_by(day, self.forum.notice, closed)
        return {
            "latest_next": day,
            "call_by": call,
            "latest_sum": latest_next.sum_with(call, self.forum.notice),
        }

    # ------------------------------------------------------------ count, rolling year (§7)

    def rolling(self) -> Evaluation:
        window = rolling_window(self.on)
        spans = active_spans(self.forum, window)
        need = requirement(self.forum, window, spans)
        found = self.counts(*window)
        found |= need._asdict()
        found |= {
            "target_met": found["held"] >= need.target,
            "window": (date.fromordinal(window[0]), date.fromordinal(window[1])),
            "missing": max(0, need.required - found["held"] - found["planned"]),
            "active_days": count_days(spans),
        }
        status = self.outer_status() or settled_status(need, found["held"], found["ordinary_held"])
        if status is None:
            status = Status.OVERDUE
        elif status is Status.MET:
            lapse = self.lapse()
            if lapse is not None:
                found["lapses"] = date.fromordinal(lapse)
                found |= self.last_days(last_day_until(lapse, self.on, self.forum, self.limits))
                status = Status.DUE if lapse - self.on <= _LAPSE_NEAR else Status.MET
        return self.result(status, **found)

    def lapse(self) -> int | None:
        """The first later day on which too few are held if every planned meeting is, None when none comes."""
        counted = self.tally.held[: bisect_right(self.tally.held, self.on)]
        counted += [day for day in self.tally.planned if self.on <= day <= self.end]
        last = min(self.on + _LOOK_AHEAD, self.end)
        for day in self.lapse_days(counted, last):
            window = rolling_window(day)
            held = bisect_right(counted, day) - bisect_left(counted, window[0])
            if held < requirement(self.forum, window, active_spans(self.forum, window)).required:
                return day
        return None

    def lapse_days(self, counted: list[int], last: int) -> Iterable[int]:
        """The days after today, to ``last``, on which a lapse can come.

        Where nothing changes what is required these are only the days on which a meeting leaves the window.
        """
        whole = (rolling_window(self.on)[0], last)
        one_version = len(list(versions_within(self.forum, whole))) == 1
        if one_version and active_spans(self.forum, whole) == [whole]:
            return sorted({day for day in map(leaving_day, counted) if self.on < day <= last})
        return range(self.on + 1, last + 1)

    # ------------------------------------------------------------ interval (§8)

    def interval(self) -> Evaluation:
        found = self.counts(0, date.max.toordinal())
        outer = self.outer_status()
        if outer is Status.ENDED:
            return self.result(outer, **found)
        base = self.interval_base()
        plain = _add_interval(base, self.version)
        length = plain - base
        due = self.lengthened(base, plain)
        last = None if due is None else self.lengthened(due, due + length // 4)
        found |= {"base": date.fromordinal(base), "next_deadline": _day(due)}
        if last is not None:
            found["latest"] = date.fromordinal(last)
            found |= self.last_days(last_day_until(last, self.on, self.forum, self.limits))
        return self.result(outer or self.interval_status(found, due, last, length), **found)

    def interval_base(self) -> int:
        """The day the interval is counted from."""
        held = bisect_right(self.tally.held, self.on)
        known = [self.tally.held[held - 1]] if held else []
        known += [day.toordinal() for day in (self.forum.start, self.version.valid_from) if day is not None]
        return max(known, default=self.on)

    def lengthened(self, after: int, to: int) -> int | None:
        """``to``, later by each paused day after ``after`` up to it; None when an open pause lies before it."""
        for first, last in self.forum.pause_spans:
            if first > to:
                break
            if last is None:
                return None
            to += max(0, last - max(first, after + 1) + 1)
        return to

    def interval_status(self, found: dict[str, Any], due: int | None, last: int | None, length: int) -> Status:
        booked = found["booked"]
        lead_from = None if due is None else due - min(self.forum.lead_days, length // 2)
        if booked is not None and (last is None or booked.toordinal() <= last):
            return Status.PLANNED
        if last is not None and self.on > last:
            return Status.OVERDUE
        if booked is not None:
            return Status.AT_RISK
        return Status.DUE if lead_from is not None and self.on >= lead_from else Status.ON_TRACK

    # ------------------------------------------------------------ no rule and no window

    def without_rule(self) -> Evaluation:
        status = self.outer_status() or Status.NO_REQUIREMENT
        return self.result(status, **self.counts(0, date.max.toordinal()))


def _add_interval(base: int, version: CadenceVersion) -> int:
    """``base`` and the interval after it; months clamp to the month's end."""
    if version.unit is Unit.DAY:
        return base + version.every
    if version.unit is Unit.WEEK:
        return base + 7 * version.every
    day = date.fromordinal(base)
    months = day.year * 12 + day.month - 1 + version.every
    year, month = divmod(months, 12)
    month_end = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(days=1)
    return min(month_end.replace(day=min(day.day, month_end.day)), month_end).toordinal()
