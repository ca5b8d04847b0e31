"""The values cadence is reckoned from and in: rule versions, forum, meetings, statuses (spec cadence §1).

Not here: any reckoning (``windows``, ``evaluation``), and the tables that store these (``forums.models``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from scheduler.errors import Problem, Refused
from scheduler.i18n import mark
from scheduler.workdays.rules import NO_DAYS, Notice


class Kind(StrEnum):
    """What sort of requirement a rule is."""

    COUNT = "count"
    INTERVAL = "interval"
    NONE = "none"


class Period(StrEnum):
    """The stretch of the calendar a count is for."""

    YEAR = "year"
    TERM = "term"
    QUARTER = "quarter"
    MONTH = "month"


class WindowKind(StrEnum):
    """Whether a yearly count follows the calendar or the twelve months ending today."""

    CALENDAR = "calendar"
    ROLLING = "rolling"


class Unit(StrEnum):
    """The unit of an interval."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Status(StrEnum):
    """Where a forum stands, the worst first: that is the order of lists."""

    MISSED = "missed"
    AT_RISK = "at_risk"
    OVERDUE = "overdue"
    DUE = "due"
    ON_TRACK = "on_track"
    PLANNED = "planned"
    MET = "met"
    EXCEEDED = "exceeded"
    PAUSED = "paused"
    NOT_STARTED = "not_started"
    NO_REQUIREMENT = "no_requirement"
    INACTIVE = "inactive"
    ENDED = "ended"

    @property
    def rank(self) -> int:
        """0 for the worst status."""
        return _RANK[self]


_RANK = {status: rank for rank, status in enumerate(Status)}

#: The longest each period can be; a minimum above it could never be reached.
LONGEST = {Period.YEAR: 366, Period.TERM: 366, Period.QUARTER: 92, Period.MONTH: 31}
#: A hundred years in days: an interval beyond it is a slip of the pen.
LONGEST_INTERVAL = {Unit.DAY: 36500, Unit.WEEK: 5200, Unit.MONTH: 1200}

#: The states of a meeting that count as held and as planned; every other state never counts.
HELD_STATES = frozenset({"held", "closed"})
PLANNED_STATES = frozenset({"planned", "confirmed", "called"})
NEVER_STATES = frozenset({"draft", "proposed", "cancelled", "postponed"})
MEETING_KINDS = frozenset({"ordinary", "extra", "thematic", "joint", "per_capsulam"})

#: What holds when nothing is set.
DEFAULT_NOTICE = Notice(14)

#: Forum kinds whose meetings need a quorum to count, unless the forum says otherwise.
QUORUM_KINDS = frozenset({"namnd", "gemensam_namnd", "fullmaktige", "styrelse", "beredning", "styrkommitte"})


@dataclass(frozen=True)
class CadenceVersion:
    """What a rule requires from ``valid_from`` on (None: from the beginning).

    A count has ``min``, ``max`` (None: no maximum), ``target`` (None: the minimum), ``period``, ``window``
    and ``approximate``; an interval ``every`` and ``unit``; none has nothing. Raises Refused, at the field,
    for numbers that no period can hold.
    """

    kind: Kind = Kind.NONE
    min: int = 0
    max: int | None = None
    target: int | None = None
    period: Period = Period.YEAR
    window: WindowKind = WindowKind.CALENDAR
    #: Shown with "cirka"; nothing is reckoned otherwise.
    approximate: bool = False
    every: int = 1
    unit: Unit = Unit.WEEK
    valid_from: date | None = None

    def __post_init__(self) -> None:
        if self.kind is Kind.COUNT:
            self._check_count()
            return
        # Numbers left from an earlier choice must not weigh in a window this version shares.
        for name, value in (("min", 0), ("max", None), ("target", None)):
            object.__setattr__(self, name, value)
        if self.kind is Kind.INTERVAL:
            longest = LONGEST_INTERVAL[self.unit]
            if not 1 <= self.every <= longest:
                raise Refused(Problem("every", mark("Ange ett tal mellan 1 och %(most)s"), {"most": longest}))

    def _check_count(self) -> None:
        longest = LONGEST[self.period]
        if not 0 <= self.min <= longest:
            raise Refused(Problem("min", mark("Ange ett tal mellan 0 och %(most)s"), {"most": longest}))
        if self.max is not None and self.max < self.min:
            raise Refused(Problem("max", mark("Högsta antalet är lägre än det lägsta")))
        highest = self.target if self.max is None else self.max
        if self.target is not None and not self.min <= self.target <= (highest or 0):
            raise Refused(Problem("target", mark("Målet ska ligga mellan lägsta och högsta antalet")))
        if self.window is WindowKind.ROLLING and self.period is not Period.YEAR:
            raise Refused(Problem("window", mark("Bara ett år kan vara rullande")))

    @property
    def goal(self) -> int:
        """The target, which is the minimum unless set."""
        return self.min if self.target is None else self.target

    @property
    def is_rolling(self) -> bool:
        """Whether it counts the twelve months ending today."""
        return self.kind is Kind.COUNT and self.window is WindowKind.ROLLING


NO_RULE = CadenceVersion()


def version_from(keys: Mapping[str, Any], valid_from: date | None = None) -> CadenceVersion:
    """The version with the keys that ``phrases.read_phrase`` gives; ``ask`` is left out.

    Raises Refused at the field for a word that is none of the known, or numbers that cannot be.
    """
    words: dict[str, type[StrEnum]] = {"kind": Kind, "period": Period, "window": WindowKind, "unit": Unit}
    values: dict[str, Any] = {}
    for name in ("kind", "min", "max", "target", "period", "window", "approximate", "every", "unit"):
        value = keys.get(name)
        if value is None:
            continue
        if name in words:
            try:
                value = words[name](value)
            except ValueError:
                allowed = ", ".join(words[name])
                raise Refused(Problem(name, mark("Ange något av %(words)s"), {"words": allowed})) from None
        values[name] = value
    return CadenceVersion(**values, valid_from=valid_from)


@dataclass(frozen=True)
class Meeting:
    """A meeting as the cadence sees it, on the local day it starts in the forum's zone (``local_day``)."""

    on: date
    #: held, closed; planned, confirmed, called; anything else never counts.
    status: str
    #: ordinary, extra, thematic, joint or per_capsulam; "continuation" is the same as ``continuation``.
    kind: str = "ordinary"
    #: None: not recorded, which counts.
    quorum: bool | None = None
    #: An adjourned meeting going on.
    continuation: bool = False


def local_day(at: datetime, time_zone: str) -> date:
    """The day ``at`` falls on in ``time_zone`` (IANA name); a time without offset is local already."""
    return at.date() if at.tzinfo is None else at.astimezone(ZoneInfo(time_zone)).date()


@dataclass(frozen=True)
class Forum:
    """The rule of a forum with everything but its meetings that a status depends on.

    ``start`` None: active from the beginning. Pages pass the later of the forum's start and the day from
    which its meetings are recorded, so that earlier years are "inga uppgifter" and never missed.
    """

    #: In order of ``valid_from``; days before the first one have no rule.
    versions: tuple[CadenceVersion, ...] = ()
    start: date | None = None
    #: The last day, included.
    end: date | None = None
    #: From and to, both included; to None is open. Yearly ones are expanded (``yearly_pauses``).
    pauses: tuple[tuple[date, date | None], ...] = ()
    time_zone: str = "Europe/Stockholm"
    requires_quorum: bool = False
    extra_counts: bool = True
    notice: Notice = DEFAULT_NOTICE
    #: First month and day of the autumn term; the spring term begins on 1 January.
    autumn_from: tuple[int, int] = (7, 1)
    #: The longest lead of §5 and §8, and the room of §5 for each missing meeting.
    lead_days: int = 30
    spacing_days: int = 14

    @cached_property
    def version_starts(self) -> tuple[int, ...]:
        """The ordinal from which each version holds."""
        return tuple(v.valid_from.toordinal() if v.valid_from else 0 for v in self.versions)

    @cached_property
    def pause_spans(self) -> tuple[tuple[int, int | None], ...]:
        """The pauses as ordinals, in order, overlapping and touching ones made one."""
        spans: list[tuple[int, int | None]] = []
        for begins, ends in sorted(self.pauses, key=lambda pause: pause[0]):
            if ends is not None and ends < begins:
                continue  # it has no day
            first, last = begins.toordinal(), ends.toordinal() if ends is not None else None
            if spans and (spans[-1][1] is None or first <= spans[-1][1] + 1):
                before = spans[-1][1]
                spans[-1] = (spans[-1][0], None if before is None or last is None else max(before, last))
            else:
                spans.append((first, last))
        return tuple(spans)

    @cached_property
    def pause_starts(self) -> tuple[int, ...]:
        """The first day of each of ``pause_spans``."""
        return tuple(first for first, _ in self.pause_spans)

    def version_at(self, ordinal: int) -> CadenceVersion:
        """The version valid on a day, given as its ordinal; NO_RULE before the first."""
        found = bisect_right(self.version_starts, ordinal)
        return self.versions[found - 1] if found else NO_RULE

    def is_paused(self, ordinal: int) -> bool:
        """Whether a day, given as its ordinal, lies in a pause."""
        return any(first <= ordinal and (last is None or ordinal <= last) for first, last in self.pause_spans)


@lru_cache(maxsize=1024)
def yearly_pauses(first: date, last: date, years: range) -> tuple[tuple[date, date], ...]:
    """The yearly pause that runs from ``first`` to ``last`` (their months and days), one a year it begins in.

    29 February becomes the 28th in other years; a pause over New Year ends in the year after.
    """
    found = []
    for year in years:
        begins = _in_year(first, year)
        ends = _in_year(last, year)
        found.append((begins, ends if ends >= begins else _in_year(last, year + 1)))
    return tuple(found)


def _in_year(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


@dataclass(frozen=True)
class Limits:
    """What pages know and a case file does not: own closed days and the least time between meetings."""

    #: Days on which the forum may not meet and no summons is sent.
    closed: frozenset[date] = NO_DAYS
    #: The least number of days from one meeting to the next.
    min_gap_days: int = 0
    #: 0 = Monday: weekdays on which the forum never meets.
    forbidden_weekdays: frozenset[int] = frozenset()
