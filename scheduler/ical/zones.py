"""VTIMEZONE blocks of our own, from the zone rules that ``zoneinfo`` reads (spec calendar, decision 1).

A block holds one yearly RRULE for each half of the year, or a single STANDARD; never RDATE lists, of which
ical.js reads the first date only. It describes the rule in force from some year on and for ever; ``covers`` says
whether an instant lies there. Not here: reading anybody else's VTIMEZONE.
"""

from __future__ import annotations

import calendar
import hashlib
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Tables of past and decided changes end long before; from here a zone follows its lasting rule. Forty years
#: without a skipped leap year show a rule on every day it can fall.
_LASTING_YEARS = range(2101, 2141)
#: A rule that begins later than this (Morocco's, after its table of Ramadans) describes no meeting of ours.
_LAST_BEGINNING = 2037

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True)
class _Change:
    """One change of the clock: the instant, and what is added to UTC before and after it."""

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def wall(self) -> datetime:
        """What the clock showed when it was changed (naive)."""
        return (self.at + self.before).replace(tzinfo=None)


@dataclass(frozen=True)
class _Rule:
    """A change that comes once a year: in ``month`` on the first ``weekday`` (0 = Monday) from ``first_day``.

    ``first_day`` None means the last such weekday of the month.
    """

    month: int
    weekday: int
    first_day: int | None
    clock: timedelta
    before: timedelta
    after: timedelta

    def change_in(self, year: int) -> _Change:
        """The change the rule gives in ``year``."""
        first = self.first_day or calendar.monthrange(year, self.month)[1] - 6
        day = datetime(year, self.month, first, tzinfo=UTC)
        day += timedelta(days=(self.weekday - day.weekday()) % 7)
        return _Change(day + self.clock - self.before, self.before, self.after)

    @property
    def rrule(self) -> str:
        """The rule as RFC 5545 §3.3.10 writes it."""
        weekday = _WEEKDAYS[self.weekday]
        if self.first_day is None:
            return f"FREQ=YEARLY;BYMONTH={self.month};BYDAY=-1{weekday}"
        if self.first_day % 7 == 1:
            return f"FREQ=YEARLY;BYMONTH={self.month};BYDAY={self.first_day // 7 + 1}{weekday}"
        days = ",".join(str(self.first_day + n) for n in range(7))
        return f"FREQ=YEARLY;BYMONTH={self.month};BYMONTHDAY={days};BYDAY={weekday}"


@dataclass(frozen=True)
class _Zone:
    """The block of a zone and the instant from which it is right."""

    text: bytes
    since: datetime


def vtimezone(time_zone: str) -> bytes | None:
    """The VTIMEZONE block of ``time_zone`` (IANA name), CRLF after each line.

    None when the zone is unknown or its lasting rule is not a pair of yearly rules (or no change at all): an
    event there is written in UTC.
    """
    zone = _zone(time_zone)
    return zone.text if zone else None


def covers(time_zone: str, at: datetime) -> bool:
    """Whether the block of ``time_zone`` tells the right local time at ``at`` (aware) and ever after."""
    zone = _zone(time_zone)
    return zone is not None and at >= zone.since


@cache
def rules_mark() -> str:
    """A word for the rules of all zones as this process reads them: another one when some zone's have changed."""
    digest = hashlib.sha256()
    for name in sorted(zoneinfo.available_timezones()):
        digest.update(name.encode() + b"\0" + _rules_of(name))
    return digest.hexdigest()[:8]


def _rules_of(time_zone: str) -> bytes:
    """The file that ``ZoneInfo`` reads of a zone: the system's, else that of the package tzdata."""
    for folder in zoneinfo.TZPATH:
        path = Path(folder, time_zone)
        if path.is_file():
            return path.read_bytes()
    return resources.files("tzdata").joinpath("zoneinfo", *time_zone.split("/")).read_bytes()


@cache
def _zone(time_zone: str) -> _Zone | None:
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a name that is no file, or climbs out of the folder
        return None
    changes = _changes(zone, _EPOCH, datetime(_LASTING_YEARS.stop, 1, 1, tzinfo=UTC))
    lasting = [change for change in changes if change.at.year >= _LASTING_YEARS.start]
    if not lasting:
        return _without_changes(zone, changes)
    rules = [_rule(half) for half in (lasting[0::2], lasting[1::2])]
    if len(lasting) != 2 * len(_LASTING_YEARS) or None in rules:
        return None
    return _with_changes(zone, changes, [rule for rule in rules if rule])


def _changes(zone: ZoneInfo, start: datetime, end: datetime) -> list[_Change]:
    """Every change of the clock between two instants; a change undone within a fortnight is not seen."""
    found = []
    fortnight = timedelta(days=14)
    at, offset = start, _offset(zone, start)
    while at < end:
        then = _offset(zone, at + fortnight)
        if then != offset:
            low, high = at, at + fortnight
            while high - low > timedelta(seconds=1):
                middle = (low + (high - low) / 2).replace(microsecond=0)
                low, high = (middle, high) if _offset(zone, middle) == offset else (low, middle)
            found.append(_Change(high, offset, then))
        at, offset = at + fortnight, then
    return found


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    offset = at.astimezone(zone).utcoffset()
    return offset if offset is not None else timedelta(0)


def _rule(changes: list[_Change]) -> _Rule | None:
    """The one rule behind ``changes`` of successive years; None when there is none of the kind RRULE can say."""
    walls = [change.wall for change in changes]
    first = changes[0]
    alike = {(wall.month, wall.weekday(), wall.time()) for wall in walls}
    if len(alike) != 1 or {(c.before, c.after) for c in changes} != {(first.before, first.after)}:
        return None
    month, weekday, clock = alike.pop()
    first_day: int | None = min(wall.day for wall in walls)
    if all(wall.day + 7 > calendar.monthrange(wall.year, month)[1] for wall in walls):
        first_day = None
    elif max(wall.day for wall in walls) - min(wall.day for wall in walls) != 6:  # noqa: PLR2004 - a week's days
        return None
    since_midnight = timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second)
    return _Rule(month, weekday, first_day, since_midnight, first.before, first.after)


def _with_changes(zone: ZoneInfo, changes: list[_Change], rules: list[_Rule]) -> _Zone | None:
    """The zone of a pair of rules, each told from the first year from which it has held without a break."""
    by_year: dict[int, list[_Change]] = {}
    for change in changes:
        by_year.setdefault(change.at.year, []).append(change)
    year = _LASTING_YEARS.start
    while by_year.get(year - 1) == [rule.change_in(year - 1) for rule in rules]:
        year -= 1
    if year > _LAST_BEGINNING:
        return None
    blocks = {}
    for rule in rules:
        first = year
        while rule.change_in(first - 1) in by_year.get(first - 1, []):
            first -= 1
        name = "DAYLIGHT" if rule.after > rule.before else "STANDARD"
        blocks[name] = _block(name, rule.change_in(first), zone, rule.rrule)
    return _Zone(_wrap(zone.key, blocks["DAYLIGHT"] + blocks["STANDARD"]), rules[0].change_in(year).at)


def _without_changes(zone: ZoneInfo, changes: list[_Change]) -> _Zone | None:
    """The zone that keeps one time since its last change, or since 1970."""
    if changes:
        last = changes[-1]
    else:
        offset = _offset(zone, _EPOCH)
        last = _Change(_EPOCH - offset, offset, offset)
    if last.at.year > _LAST_BEGINNING:
        return None
    return _Zone(_wrap(zone.key, _block("STANDARD", last, zone, None)), last.at)


def _block(name: str, first: _Change, zone: ZoneInfo, rrule: str | None) -> list[str]:
    return [
        f"BEGIN:{name}",
        f"DTSTART:{first.wall:%Y%m%dT%H%M%S}",
        *([f"RRULE:{rrule}"] if rrule else []),
        f"TZNAME:{first.at.astimezone(zone).tzname()}",
        f"TZOFFSETFROM:{_offset_text(first.before)}",
        f"TZOFFSETTO:{_offset_text(first.after)}",
        f"END:{name}",
    ]


def _wrap(time_zone: str, lines: list[str]) -> bytes:
    lines = ["BEGIN:VTIMEZONE", f"TZID:{time_zone}", *lines, "END:VTIMEZONE"]
    return "".join(f"{line}\r\n" for line in lines).encode()


def _offset_text(offset: timedelta) -> str:
    seconds = int(offset.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("+", seconds)
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{sign}{hours:02d}{minutes:02d}" + (f"{seconds:02d}" if seconds else "")
