"""A foreign calendar's bytes → the times it says somebody is busy, and nothing else of it.

Titles, places and people are not even taken apart: only lines that say when, how often and whether it counts. What one
event says wrongly loses that event alone; what is no calendar at all is refused with a reason. Our own meetings are
left out, since people keep our feed beside their own appointments. Every cost is bounded (``recurrence``), so a hostile
file ends as soon as a large one. Not here: fetching (``outbound``), keeping (the ``places`` room).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo

from scheduler.errors import TaktError
from scheduler.ical.recurrence import Budget, TooMuch, Unreadable, occurrences, read_rule, read_stamp

#: More events, or more times in the window, than this is no one person's calendar.
MOST_EVENTS = 20_000
MOST_SPANS = 20_000
#: Days that the rules of one calendar may look at together; a date that is listed counts as so many of them.
MOST_DAYS = 200_000
LISTED_DATE = 5

_NAME = re.compile(r"[A-Za-z0-9-]+")
_LINE = re.compile(r'([A-Za-z0-9-]+)((?:;[^":;]*(?:"[^"]*"[^":;]*)*)*):(.*)', re.DOTALL)
_PARAM = re.compile(r';([^=;:"]+)=((?:"[^"]*"|[^";])*)')
_DURATION = re.compile(r"\+?P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?")
_OFFSET = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?")
_DAY = timedelta(days=1)
#: Longer than this no event lasts that comes again.
_LONGEST = timedelta(days=3660)
#: As far as a clock may be from UTC, and an hour more that changes with the seasons.
_ZONES = timedelta(hours=27)

#: What of a component is read; all other lines are passed by.
_READ = {
    "VCALENDAR": frozenset({"X-WR-CALNAME"}),
    "VTIMEZONE": frozenset({"TZID", "X-LIC-LOCATION"}),
    "STANDARD": frozenset({"TZOFFSETTO"}),
    "DAYLIGHT": frozenset({"TZOFFSETTO"}),
    "VEVENT": frozenset(
        {"UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "TRANSP", "STATUS",
         "X-MICROSOFT-CDO-BUSYSTATUS", "ATTENDEE"}
    ),
    "VFREEBUSY": frozenset({"FREEBUSY"}),
}  # fmt: skip
#: They stand in a calendar and nowhere else; and no component stands deeper than this.
_OUTERMOST, _DEEPEST = frozenset({"VEVENT", "VFREEBUSY", "VTIMEZONE", "VTODO", "VJOURNAL"}), 8
#: Standard and summer offset in hours → the zone of Europe that has them, where a calendar names none we know.
_EUROPE = {(0, 1): "Europe/London", (1, 2): "Europe/Stockholm", (2, 3): "Europe/Helsinki"}


class Reason(StrEnum):
    """Why bytes are no calendar we can read."""

    EMPTY = "empty"
    #: A web page, mostly one to sign in.
    PAGE = "page"
    #: A zip: calendars are exported so, to be opened first.
    ARCHIVE = "archive"
    OTHER = "other"
    #: It begins as a calendar and does not end.
    CUT = "cut"
    #: Larger than one person's calendar.
    MANY = "many"


class NoCalendar(TaktError):
    """The bytes are no calendar we can read; repeats nothing of them."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True, order=True)
class BusySpan:
    """A time that is taken, from ``start`` until before ``end`` (aware, UTC)."""

    start: datetime
    end: datetime
    #: Only perhaps taken: an invitation not answered, a preliminary booking.
    tentative: bool = False


@dataclass(frozen=True)
class Reading:
    """What a calendar says of a window: spans in order that nowhere overlap, and how many events said nothing."""

    spans: tuple[BusySpan, ...]
    left_out: int = 0


@dataclass(frozen=True)
class Reader:
    """Whose calendar it is read as."""

    #: IANA name: for whole days and for times without a zone.
    time_zone: str
    #: The part after @ of our own meetings' UIDs.
    own_domain: str = ""
    #: The person's addresses in small letters: what they have said no to does not keep them busy.
    addresses: frozenset[str] = frozenset()


def read_busy(content: bytes, first: datetime, after: datetime, reader: Reader) -> Reading:
    """When the calendar ``content`` says its owner is busy, from ``first`` until before ``after``.

    Raises NoCalendar when it is none, or one larger than a person's.
    """
    text = _calendar_text(content)
    spans: list[BusySpan] = []
    left_out = 0
    budget = Budget(MOST_DAYS)
    files = list(_files(text))
    if not files:
        raise NoCalendar(Reason.OTHER)
    for file in files:
        calendar = _Calendar(file, reader, first, after, budget)
        try:
            for span in calendar.spans():
                start, end = max(span.start, first), min(span.end, after)
                if start < end:  # also of its own: a period may be listed as if it ended before it began
                    spans.append(BusySpan(start, end, span.tentative))
                if len(spans) > MOST_SPANS:
                    raise NoCalendar(Reason.MANY)
        except TooMuch:
            raise NoCalendar(Reason.MANY) from None
        left_out += calendar.left_out
    return Reading(tuple(merged(spans)), left_out)


def merged(spans: Iterable[BusySpan]) -> list[BusySpan]:
    """The same time without overlaps, in order: where some of it is taken for certain, it is not perhaps taken."""
    ordered = sorted(spans)
    firm = _joined(span for span in ordered if not span.tentative)
    found = list(firm)
    ahead = 0
    for span in _joined(span for span in ordered if span.tentative):
        start = span.start
        while ahead < len(firm) and firm[ahead].end <= start:
            ahead += 1
        for taken in firm[ahead:]:
            if taken.start >= span.end:
                break
            if taken.start > start:
                found.append(BusySpan(start, taken.start, tentative=True))
            start = max(start, taken.end)
        if start < span.end:
            found.append(BusySpan(start, span.end, tentative=True))
    return sorted(found)


def _joined(ordered: Iterable[BusySpan]) -> list[BusySpan]:
    """Spans of one kind, by their beginning, made one where they overlap or touch."""
    found: list[BusySpan] = []
    for span in ordered:
        if found and span.start <= found[-1].end:
            found[-1] = BusySpan(found[-1].start, max(found[-1].end, span.end), span.tentative)
        else:
            found.append(span)
    return found


# ---------------------------------------------------------------- bytes → lines


def _calendar_text(content: bytes) -> str:
    """The text of a calendar; raises NoCalendar for what does not look like one."""
    utf_16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = content.decode("utf-16" if utf_16 else "utf-8-sig", errors="replace").strip(" \t\r\n\0")
    if not text:
        raise NoCalendar(Reason.EMPTY)
    if text[:15].upper() != "BEGIN:VCALENDAR":
        archive = content.startswith(b"PK\x03\x04")
        raise NoCalendar(Reason.ARCHIVE if archive else Reason.PAGE if text.startswith("<") else Reason.OTHER)
    if not text[-60:].upper().rstrip().endswith("END:VCALENDAR"):
        raise NoCalendar(Reason.CUT)
    return text


@dataclass(frozen=True, slots=True)
class _Line:
    """One unfolded line that is read; names in capitals."""

    name: str
    params: dict[str, str]
    value: str


@dataclass
class _Part:
    """A component of which something is read."""

    name: str
    lines: list[_Line] = field(default_factory=list)
    parts: list[_Part] = field(default_factory=list)

    def first(self, name: str) -> _Line | None:
        """The first line of that name."""
        return next((line for line in self.lines if line.name == name), None)

    def value(self, name: str) -> str:
        """What the first line of that name says, without spaces around it; "" without one."""
        line = self.first(name)
        return "" if line is None else line.value.strip()


def _files(text: str) -> Iterator[_Part]:
    """The calendars in ``text``, one after the other, each with what is read of it. Raises NoCalendar."""
    stack: list[_Part] = []
    events = 0
    for name, whole in _wanted(text, stack):
        value = whole.partition(":")[2].strip().upper()
        if name == "BEGIN":
            if value in _OUTERMOST:  # the one before it has no end
                del stack[1:]
            part = _Part(value)
            if stack:
                stack[-1].parts.append(part)
            stack.append(part)
            events += value == "VEVENT"
            if events > MOST_EVENTS or len(stack) > _DEEPEST:
                raise NoCalendar(Reason.MANY)
        elif name == "END":
            while any(part.name == value for part in stack):
                part = stack.pop()
                if part.name == "VCALENDAR":
                    yield part
                if part.name == value:
                    break
        elif found := _LINE.fullmatch(whole):
            params = {key.upper(): word.strip('"') for key, word in _PARAM.findall(found[2])}
            stack[-1].lines.append(_Line(name, params, found[3]))


def _wanted(text: str, stack: list[_Part]) -> Iterator[tuple[str, str]]:
    """Name and whole text of each unfolded line that is read where the ``stack`` stands."""
    name, pieces = "", []
    for physical in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if physical[:1] in {" ", "\t"}:
            if name:
                pieces.append(physical[1:])
            continue
        if name:
            yield name, "".join(pieces)
        found = _NAME.match(physical)
        name = found[0].upper() if found else ""
        if name not in {"BEGIN", "END"} and not (stack and name in _READ.get(stack[-1].name, ())):
            name = ""
        pieces = [physical]
    if name:
        yield name, "".join(pieces)


# ---------------------------------------------------------------- lines → times


@dataclass(frozen=True, slots=True)
class _When:
    """A moment, or a whole day, on a clock of its own."""

    clock: datetime
    zone: tzinfo
    all_day: bool

    @property
    def utc(self) -> datetime:
        """The instant; a clock time that a change of clocks skips is read as if there were no change."""
        return _utc(self.clock, self.zone)


def _utc(clock: datetime, zone: tzinfo) -> datetime:
    return clock.replace(tzinfo=zone).astimezone(UTC)


class _Calendar:
    """One VCALENDAR, read for one window."""

    def __init__(self, file: _Part, reader: Reader, first: datetime, after: datetime, budget: Budget) -> None:
        self.left_out = 0
        self._file = file
        self._reader = reader
        self._window = (first, after)
        self._budget = budget
        self._own_zone = ZoneInfo(reader.time_zone)
        self._zones: dict[str, tzinfo] = {}
        self._described = {part.value("TZID"): part for part in file.parts if part.name == "VTIMEZONE"}
        calendar_name = file.value("X-WR-CALNAME").lower()
        self._addresses = reader.addresses | ({calendar_name} if "@" in calendar_name else set())
        self._own_uid = re.compile(rf"meeting-[0-9a-f-]{{36}}@{re.escape(reader.own_domain)}", re.IGNORECASE)
        #: UID → the occurrences that stand as events of their own, or are cancelled.
        self._moved: dict[str, _Excluded] = {}

    def spans(self) -> Iterator[BusySpan]:
        """All that is taken near the window, in no order. Raises TooMuch when all of it is more than we look at."""
        events = [part for part in self._file.parts if part.name == "VEVENT"]
        for event in events:
            if (line := event.first("RECURRENCE-ID")) is not None:
                try:
                    self._moved.setdefault(event.value("UID"), _Excluded()).add(self._when(line))
                except (ValueError, OverflowError):
                    self.left_out += 1
        for event in events:
            yield from self._carefully(event)
        for part in self._file.parts:
            if part.name == "VFREEBUSY":
                yield from self._free_busy(part)

    def _carefully(self, event: _Part) -> list[BusySpan]:
        """The spans of an event, none where it cannot be read."""
        tentative = self._tentative(event)
        if tentative is None or self._own_uid.fullmatch(event.value("UID")):
            return []
        try:
            return [BusySpan(start, end, tentative) for start, end in self._times(event)]
        except (ValueError, OverflowError):  # TooMuch is one: of this event
            if self._budget.left < 0:
                raise TooMuch from None
            self.left_out += 1
            return []

    def _tentative(self, event: _Part) -> bool | None:
        """Whether the event is only perhaps; None when it leaves its owner free."""
        status = event.value("STATUS").upper()
        outlook = event.value("X-MICROSOFT-CDO-BUSYSTATUS").upper()
        answer = self._answer(event)
        if status == "CANCELLED" or answer == "DECLINED" or outlook in {"FREE", "WORKINGELSEWHERE"}:
            return None
        if event.value("TRANSP").upper() == "TRANSPARENT" and not outlook:
            return None
        return status == "TENTATIVE" or outlook == "TENTATIVE" or answer in {"TENTATIVE", "NEEDS-ACTION"}

    def _answer(self, event: _Part) -> str:
        """What the owner has answered to an invitation; "" where there is none."""
        for line in event.lines:
            if line.name == "ATTENDEE":
                said = {line.value.strip().lower().removeprefix("mailto:"), line.params.get("EMAIL", "").lower()}
                if said & self._addresses:
                    return line.params.get("PARTSTAT", "NEEDS-ACTION").upper()
        return ""

    def _times(self, event: _Part) -> Iterator[tuple[datetime, datetime]]:
        """Start and end of each occurrence that may reach into the window. Raises ValueError, OverflowError."""
        start_line = event.first("DTSTART")
        if start_line is None:
            raise Unreadable
        start = self._when(start_line)
        length = self._length(event, start)
        if length < timedelta(0):
            raise Unreadable
        if not length:
            return
        series = event.first("RECURRENCE-ID") is None
        excluded = _Excluded(self._moved.get(event.value("UID")) if series else None)
        for when in self._listed(event, "EXDATE"):
            excluded.add(when)
        for clock in self._clocks(event, start, length):
            if not excluded.holds(_When(clock, start.zone, start.all_day)):
                yield _span(_When(clock, start.zone, start.all_day), length)
        for line in event.lines:
            if line.name == "RDATE":
                yield from self._further(line, length, excluded)

    def _clocks(self, event: _Part, start: _When, length: timedelta) -> Iterable[datetime]:
        """The beginnings by the event's own clock, without those that are listed."""
        text = event.value("RRULE")
        if not text:
            return [start.clock]
        if length > _LONGEST:
            raise Unreadable
        first, after = (edge.replace(tzinfo=None) for edge in self._window)
        first -= _ZONES + length
        return occurrences(read_rule(text), start.clock, first, after + _ZONES, start.zone, self._budget)

    def _further(self, line: _Line, length: timedelta, excluded: _Excluded) -> Iterator[tuple[datetime, datetime]]:
        """The occurrences an RDATE lists, as moments, days or periods."""
        for word in self._words(line):
            begin, slash, end = word.partition("/")
            at = self._when(_Line(line.name, line.params, begin))
            if excluded.holds(at):
                continue
            if slash:
                yield self._period(at, end, line)
            else:
                yield _span(at, length)

    def _free_busy(self, part: _Part) -> Iterator[BusySpan]:
        """The periods of a VFREEBUSY that are not free."""
        for line in part.lines:
            kind = line.params.get("FBTYPE", "BUSY").upper()
            if kind == "FREE":
                continue
            for word in self._words(line):
                begin, _slash, end = word.partition("/")
                try:
                    period = self._period(self._when(_Line(line.name, {}, begin)), end, line)
                except (ValueError, OverflowError):
                    self.left_out += 1
                    continue
                yield BusySpan(*period, tentative=kind == "BUSY-TENTATIVE")

    def _period(self, start: _When, end: str, line: _Line) -> tuple[datetime, datetime]:
        if end[:1].upper() in {"P", "+"}:
            return start.utc, start.utc + _duration(end)
        return start.utc, self._when(_Line(line.name, line.params, end)).utc

    def _words(self, line: _Line) -> list[str]:
        """What stands in a list of dates. Raises TooMuch when all lists together are too long."""
        words = line.value.split(",")
        self._budget.spend(LISTED_DATE * len(words))
        return words

    def _listed(self, event: _Part, name: str) -> Iterator[_When]:
        for line in event.lines:
            if line.name == name:
                yield from (self._when(_Line(name, line.params, word)) for word in self._words(line))

    def _length(self, event: _Part, start: _When) -> timedelta:
        """How long each occurrence lasts."""
        if (line := event.first("DTEND")) is not None:
            end = self._when(line)
            if start.all_day or end.all_day:
                return max(end.clock - start.clock, _DAY) if end.clock >= start.clock else end.clock - start.clock
            return end.utc - start.utc
        if event.first("DURATION") is not None:
            return _duration(event.value("DURATION"))
        return _DAY if start.all_day else timedelta(0)

    def _when(self, line: _Line) -> _When:
        """The moment a line states; raises Unreadable."""
        stamp = read_stamp(line.value)
        if not isinstance(stamp, datetime):
            return _When(datetime.combine(stamp, time(0)), self._own_zone, all_day=True)
        if stamp.tzinfo is not None:
            return _When(stamp.replace(tzinfo=None), UTC, all_day=False)
        zone = self._zone(line.params["TZID"]) if line.params.get("TZID") else self._own_zone
        return _When(stamp, zone, all_day=False)

    def _zone(self, name: str) -> tzinfo:
        """The zone a calendar calls ``name``: by its name, else by what it says of it, else the reader's own."""
        if name not in self._zones:
            described = self._described.get(name)
            self._zones[name] = (
                _known_zone(name)
                or (_described_zone(described, self._own_zone) if described is not None else None)
                or self._own_zone
            )
        return self._zones[name]


def _span(start: _When, length: timedelta) -> tuple[datetime, datetime]:
    """From ``start`` on for ``length``: whole days by the calendar, all else as time passes (RFC 5545 §3.8.5.3)."""
    return start.utc, _utc(start.clock + length, start.zone) if start.all_day else start.utc + length


class _Excluded:
    """The occurrences of an event that are none, as its exceptions name them.

    ``shared``: those of all events of its UID beside its own, kept once however many events there are.
    """

    def __init__(self, shared: _Excluded | None = None) -> None:
        self._shared = shared
        self._instants: set[datetime] = set()
        self._days: set[date] = set()
        #: The days of all of them, for events of whole days, which some programs except by the moment they begin.
        self._any_day: set[date] = set()

    def add(self, when: _When) -> None:
        """This one as well."""
        self._any_day.add(when.clock.date())
        if when.all_day:
            self._days.add(when.clock.date())
        else:
            self._instants.add(when.utc)

    def holds(self, when: _When) -> bool:
        """Whether the occurrence at ``when`` is none."""
        if self._shared is not None and self._shared.holds(when):
            return True
        day = when.clock.date()
        if when.all_day:
            return day in self._any_day
        return day in self._days or (bool(self._instants) and when.utc in self._instants)


def _duration(text: str) -> timedelta:
    found = _DURATION.fullmatch(text.strip().upper())
    if found is None or not any(found.groups()):
        raise Unreadable
    weeks, days, hours, minutes, seconds = (int(number or 0) for number in found.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


# ---------------------------------------------------------------- zones


@cache
def _windows_zones() -> dict[str, str]:
    """Windows' own names of zones → IANA's."""
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON  # noqa: PLC0415 - the library is large

    return {name.lower(): zone for name, zone in WINDOWS_TO_OLSON.items()}


def _known_zone(name: str) -> tzinfo | None:
    """The zone of an IANA name, also at the end of a path, or of a Windows name."""
    if len(name) > 100:  # noqa: PLR2004 - longer than any name of a zone
        return None
    parts = name.strip("/ ").split("/")
    names = ["/".join(parts[n:]) for n in range(max(0, len(parts) - 3), len(parts))]
    for candidate in ["/".join(parts), *names, _windows_zones().get(name.lower(), "")]:
        if candidate in {"", "localtime", "Factory"}:
            continue
        try:
            return ZoneInfo(candidate)
        except (OSError, ValueError, KeyError):  # what zoneinfo raises for names that are paths, odd or unknown
            continue
    return None


def _described_zone(part: _Part, own: ZoneInfo) -> tzinfo | None:
    """The zone that a VTIMEZONE means, as far as its offsets tell: its rules are not computed."""
    if (zone := _known_zone(part.value("X-LIC-LOCATION"))) is not None:
        return zone
    offsets = {half.name: _offset(half.value("TZOFFSETTO")) for half in part.parts}
    standard, summer = offsets.get("STANDARD"), offsets.get("DAYLIGHT")
    if standard is None:
        return None
    winter_and_summer = {datetime(2026, month, 1, tzinfo=own).utcoffset() for month in (1, 7)}
    if {standard, summer or standard} == winter_and_summer:
        return own
    hours = (standard / timedelta(hours=1), (summer or standard) / timedelta(hours=1))
    name = _EUROPE.get((int(hours[0]), int(hours[1]))) if summer is not None else None
    return timezone(standard) if name is None else ZoneInfo(name)


def _offset(text: str) -> timedelta | None:
    found = _OFFSET.fullmatch(text)
    if found is None or int(found[2]) > 14:  # noqa: PLR2004 - no zone is farther from UTC
        return None
    size = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    return -size if found[1] == "-" else size
