"""Wall-clock days and times as people enter them, and the instants they are (F16, invariant 15). Pure.

A time that the clocks leap over in spring is refused at its field; one that comes twice in autumn is the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from scheduler import i18n
from scheduler.errors import Problem, Refused
from scheduler.i18n import mark

#: A meeting further from today than this is a slip of the pen.
FIRST_YEAR, LAST_YEAR = 1970, 2100
LONGEST_DAYS = 31
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """When a meeting is: instants in UTC, the end exclusive; whole days run from midnight to midnight."""

    start_at: datetime
    end_at: datetime
    all_day: bool
    time_zone: str

    @property
    def start(self) -> datetime:
        """The start on the wall clock of its zone."""
        return self.start_at.astimezone(ZoneInfo(self.time_zone))

    @property
    def end(self) -> datetime:
        """The end on the wall clock of its zone, exclusive."""
        return self.end_at.astimezone(ZoneInfo(self.time_zone))

    @property
    def on(self) -> date:
        """The local day it starts."""
        return self.start.date()

    @property
    def last_on(self) -> date:
        """The last local day that is part of it."""
        return max(self.on, (self.end - timedelta(microseconds=1)).date())

    def days(self) -> Iterator[date]:
        """Its local days, first to last."""
        day = self.on
        while day <= self.last_on:
            yield day
            day += _DAY

    def overlaps(self, other: Span) -> bool:
        """Whether some moment belongs to both."""
        return self.start_at < other.end_at and other.start_at < self.end_at


def local_span(on: date, start: time | None, end: time | None, last_on: date | None, time_zone: str) -> Span:
    """The span from ``start`` on ``on`` to ``end`` on ``last_on`` (None: the same day), in wall time.

    ``start`` and ``end`` None: whole days, ``last_on`` included. Raises Refused at ``on``, ``start``, ``end``,
    ``last_on`` or ``time_zone``, all that is wrong at once.
    """
    last = on if last_on is None else last_on
    problems = [*_wrong_days(on, last, given=last_on), *_wrong_times(start, end), *_wrong_zone(time_zone)]
    if problems:
        raise Refused(*problems)
    zone = ZoneInfo(time_zone)
    all_day = start is None or end is None
    first = datetime.combine(on, start or time(0), zone)
    after = datetime.combine(last + _DAY, time(0), zone) if end is None else datetime.combine(last, end, zone)
    if not all_day:
        problems = [
            Problem(field, _GAP, {"time": i18n.time_text(at), "day": i18n.date_text(at.date())})
            for field, at in (("start", first), ("end", after))
            if _in_gap(at)
        ]
    if not problems and first.astimezone(UTC) >= after.astimezone(UTC):
        problems = [Problem("end", mark("Sluttiden behöver ligga efter starttiden."))]
    if problems:
        raise Refused(*problems)
    return Span(first.astimezone(UTC), after.astimezone(UTC), all_day, time_zone)


def end_of(start: time, minutes: int) -> tuple[time, int]:
    """The wall-clock time ``minutes`` after ``start``, and how many days later it is."""
    whole = start.hour * 60 + start.minute + minutes
    return time(whole // 60 % 24, whole % 60), whole // (24 * 60)


_GAP = mark("Klockan %(time)s finns inte %(day)s: då ställs klockan om till sommartid. Välj en annan tid.")


def _wrong_days(on: date, last: date, *, given: date | None) -> Iterator[Problem]:
    field = "on" if given is None else "last_on"
    if not FIRST_YEAR <= on.year <= LAST_YEAR:
        values: dict[str, object] = {"first": FIRST_YEAR, "last": LAST_YEAR}
        yield Problem("on", mark("Ange ett år mellan %(first)s och %(last)s"), values)
    elif last < on:
        yield Problem(field, mark("Sista dagen behöver vara samma dag som den första eller senare"))
    elif (last - on).days >= LONGEST_DAYS:
        yield Problem(field, mark("Ett möte kan vara högst %(days)s dagar"), {"days": LONGEST_DAYS})


def _wrong_times(start: time | None, end: time | None) -> Iterator[Problem]:
    if start is None and end is not None:
        yield Problem("start", mark("Ange när mötet börjar"))
    if end is None and start is not None:
        yield Problem("end", mark("Ange när mötet slutar"))


def _wrong_zone(time_zone: str) -> Iterator[Problem]:
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a name that is no file, or climbs out of the folder
        yield Problem("time_zone", mark("Tidszonen %(zone)s finns inte"), {"zone": time_zone})


def _in_gap(at: datetime) -> bool:
    """Whether the clock in the zone of ``at`` never shows that time."""
    there_and_back = at.astimezone(UTC).astimezone(at.tzinfo)
    return there_and_back.replace(tzinfo=None, fold=0) != at.replace(tzinfo=None, fold=0)
