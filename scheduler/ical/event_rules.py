"""What the lint asks of one VEVENT (F04, F11–F21). The reading is in ``lines``, the calendar around it in ``lint``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from scheduler.ical.lines import Component, Finding, Line, unescape
from scheduler.ical.links import link_fault, names_video_host
from scheduler.ical.text import CANCELLED_PREFIX

#: Value that may stand in a TEXT property, one or (of ``_LISTS``) several.
_TEXT = re.compile(r"[^\\;,]*(?:\\[\\;,nN][^\\;,]*)*")
_TEXT_LIST = re.compile(r"[^\\;]*(?:\\[\\;,nN][^\\;]*)*")
_LISTS = frozenset({"CATEGORIES", "RESOURCES"})
_TEXT_NAMES = _LISTS | {
    "UID", "STATUS", "SUMMARY", "DESCRIPTION", "LOCATION", "TRANSP", "CLASS", "COMMENT", "CONTACT", "NAME", "COLOR",
    "VERSION", "PRODID", "CALSCALE", "METHOD", "TZID", "TZNAME", "ACTION",
}  # fmt: skip
_ONCE = ("UID", "DTSTAMP", "DTSTART", "SUMMARY")
_AT_MOST_ONCE = (
    "CREATED", "CLASS", "COLOR", "DESCRIPTION", "DTEND", "GEO", "LAST-MODIFIED", "LOCATION", "ORGANIZER", "PRIORITY",
    "SEQUENCE", "STATUS", "TRANSP", "URL",
)  # fmt: skip
_RECURRENCE = ("RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID")
#: Other names than these are the rest of a text whose line break was not escaped.
_KNOWN = frozenset({
    *_ONCE, *_AT_MOST_ONCE, *_RECURRENCE, *_LISTS, "ATTENDEE", "ATTACH", "COMMENT", "CONFERENCE", "CONTACT",
    "DURATION", "IMAGE",
})  # fmt: skip
_SHOWN = ("SUMMARY", "DESCRIPTION", "LOCATION")
_ALARM_NAMES = frozenset({"ACTION", "DESCRIPTION", "TRIGGER", "UID"})

_UID = re.compile(r"meeting-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_INSTANT = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z?")
_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)")
_MAILTO = re.compile(r"mailto:[^\s@<>\"(),:;\\]+@[A-Za-z0-9.-]+")
_TRIGGER = re.compile(r"-PT\d+M")
_HTML = re.compile(
    r"</?(?:a|b|body|br|div|em|h[1-6]|html|i|img|li|ol|p|script|span|strong|style|table|td|tr|u|ul)\b[^<>]*>"
    r"|&(?:nbsp|amp|lt|gt|quot|#\d+);",
    re.IGNORECASE,
)


def lint_event(event: Component, *, public: bool, alarms: bool) -> Iterator[Finding]:
    """Every breach in one VEVENT; ``public`` and ``alarms`` as in ``lint.lint_fragment``."""
    yield from _names(event)
    yield from lint_texts(event)
    yield from _html(event)
    yield from _identity(event)
    yield from _status(event)
    yield from _times(event)
    yield from _people(event, public=public)
    yield from _links(event)
    yield from _alarms(event, allowed=alarms)
    yield from (Finding(line.number, "F21", line.name) for line in event.lines if line.name in _RECURRENCE)


def lint_texts(component: Component) -> Iterator[Finding]:
    """TEXT that is not escaped as it must be (F04), in any component."""
    for line in component.lines:
        if not _is_text(line):
            continue
        allowed = _TEXT_LIST if line.name in _LISTS else _TEXT
        if not allowed.fullmatch(line.value):
            yield Finding(line.number, "F04", f"{line.name}: a comma, semicolon or backslash that is not escaped")


def sequence_of(event: Component) -> int:
    """SEQUENCE as a number; -1 when there is none to read."""
    value = event.value("SEQUENCE")
    return int(value) if re.fullmatch(r"[0-9]{1,10}", value) else -1


def times_of(event: Component) -> tuple[datetime | None, datetime | None]:
    """The instants of DTSTART and DTEND; a day counts as its midnight in UTC, None is what cannot be read."""
    return _instant(event.first("DTSTART")), _instant(event.first("DTEND"))


@lru_cache(maxsize=256)
def is_iana(name: str) -> bool:
    """Whether ``name`` is a zone of the IANA database as it stands on this machine."""
    return _zone(name) is not None


# ---------------------------------------------------------------- one function for each group of rules


def _names(event: Component) -> Iterator[Finding]:
    counts = Counter(line.name for line in event.lines)
    for name in _ONCE:
        if counts[name] != 1:
            yield Finding(event.number, "F12", f"{name} stands {counts[name]} times")
    for name in _AT_MOST_ONCE:
        if counts[name] > 1:
            yield Finding(event.number, "F17" if name == "ORGANIZER" else "F12", f"{name} stands {counts[name]} times")
    for line in event.lines:
        if line.name not in _KNOWN and not line.name.startswith("X-"):
            yield Finding(line.number, "F04", f"{line.name} is no property of an event: a raw line break?")


def _html(event: Component) -> Iterator[Finding]:
    for line in event.lines:
        if line.name == "X-ALT-DESC" or "ALTREP" in line.params or line.params.get("FMTTYPE") == "text/html":
            yield Finding(line.number, "F04", "HTML beside the text")
        elif line.name in _SHOWN and ("<" in line.value or "&" in line.value) and _HTML.search(unescape(line.value)):
            yield Finding(line.number, "F04", f"{line.name} looks like HTML", fatal=False)


def _identity(event: Component) -> Iterator[Finding]:
    for line in event.all("UID"):
        if not _UID.fullmatch(line.value):
            yield Finding(line.number, "F13", "not meeting-<uuid>@<domain>")
    for name in ("SEQUENCE", "LAST-MODIFIED", "STATUS"):
        if not event.all(name):
            yield Finding(event.number, "F14", f"no {name}")
    for line in event.all("SEQUENCE"):
        if sequence_of(event) < 0:
            yield Finding(line.number, "F14", "SEQUENCE is no whole number")
    for name in ("DTSTAMP", "LAST-MODIFIED", "CREATED"):
        for line in event.all(name):
            if not line.value.endswith("Z") or line.params or _instant(line) is None:
                yield Finding(line.number, "F14", f"{name} is no instant in UTC")
    if event.all("LAST-MODIFIED") and event.value("DTSTAMP") != event.value("LAST-MODIFIED"):
        yield Finding(event.number, "F14", "DTSTAMP and LAST-MODIFIED differ")


def _status(event: Component) -> Iterator[Finding]:
    status = event.first("STATUS")
    if status is None:
        return
    if status.value not in ("TENTATIVE", "CONFIRMED", "CANCELLED"):
        yield Finding(status.number, "F15", f"STATUS:{status.value}")
    if status.value == "CANCELLED":
        if event.value("TRANSP") != "TRANSPARENT":
            yield Finding(status.number, "F15", "cancelled, yet it takes up time")
        if not unescape(event.value("SUMMARY")).startswith(tuple(CANCELLED_PREFIX.values())):
            yield Finding(status.number, "F15", "cancelled, yet the title does not say so")


def _times(event: Component) -> Iterator[Finding]:
    start, end = event.first("DTSTART"), event.first("DTEND")
    if start is None:  # F12 has said so
        return
    if end is None:
        yield Finding(start.number, "F16", "no DTEND")
    yield from (Finding(line.number, "F16", "DURATION instead of DTEND") for line in event.all("DURATION"))
    for line in (start, end):
        if line is not None:
            yield from _time(line)
    if end is None:
        return
    if _kind(start) != _kind(end):
        yield Finding(end.number, "F16", "DTSTART and DTEND are of different types")
    begins, ends = times_of(event)
    if begins and ends and ends <= begins:
        yield Finding(end.number, "F16", "DTEND is not after DTSTART")


def _time(line: Line) -> Iterator[Finding]:
    """What is wrong with one DTSTART or DTEND in itself."""
    zone, utc = line.params.get("TZID"), line.value.endswith("Z")
    if zone is not None and not is_iana(zone):
        yield Finding(line.number, "F11", f"{zone!r} is no IANA name")
        return
    kind = _kind(line)
    if kind == "DATE" and zone is not None:
        yield Finding(line.number, "F16", "a day with TZID")
    if kind == "DATE-TIME" and zone is None and not utc:
        yield Finding(line.number, "F16", "floating time: neither TZID nor Z")
    if zone is not None and utc:
        yield Finding(line.number, "F16", "TZID with Z")
    at = _instant(line)
    if at is None:
        yield Finding(line.number, "F16", f"{line.name} cannot be read")
    elif zone is not None and kind == "DATE-TIME" and f"{at.astimezone(ZoneInfo(zone)):%Y%m%dT%H%M%S}" != line.value:
        yield Finding(line.number, "F16", "wall time in the spring gap")


def _people(event: Component, *, public: bool) -> Iterator[Finding]:
    yield from (Finding(line.number, "F17", "ATTENDEE") for line in event.all("ATTENDEE"))
    for line in event.all("ORGANIZER"):
        if not _MAILTO.fullmatch(line.value):
            yield Finding(line.number, "F17", "ORGANIZER is no address")
    if not public:
        return
    yield from (Finding(line.number, "F17", "CONFERENCE in a public event") for line in event.all("CONFERENCE"))
    for name in (*_SHOWN, "URL"):
        for line in event.all(name):
            if names_video_host(line.value):
                yield Finding(line.number, "F17", "a video link in the text of a public event", name=name)


def _links(event: Component) -> Iterator[Finding]:
    description = unescape(event.value("DESCRIPTION"))
    for line in event.lines:
        if line.name not in ("URL", "ATTACH", "CONFERENCE"):
            continue
        if fault := link_fault(line.value):
            yield Finding(line.number, "F19", f"{line.name}: its {fault} is not that of an https address to share")
        if line.name != "ATTACH" and line.value not in description:
            yield Finding(line.number, "F20", f"{line.name} is not in DESCRIPTION")


def _alarms(event: Component, *, allowed: bool) -> Iterator[Finding]:
    for part in event.parts:
        if part.name != "VALARM":
            yield Finding(part.number, "F10", f"{part.name} inside an event")
            continue
        if not allowed:
            yield Finding(part.number, "F18", "an alarm nobody asked for")
        if part.parts or any(part.value(name) == "" for name in ("ACTION", "TRIGGER", "DESCRIPTION")):
            yield Finding(part.number, "F18", "an alarm says ACTION, TRIGGER and DESCRIPTION")
        if part.value("ACTION") != "DISPLAY" or not _TRIGGER.fullmatch(part.value("TRIGGER")):
            yield Finding(part.number, "F18", "an alarm is DISPLAY, a number of minutes before")
        for line in part.lines:
            if line.name not in _ALARM_NAMES:
                yield Finding(line.number, "F04", f"{line.name} is no property of an alarm: a raw line break?")
        yield from lint_texts(part)


# ---------------------------------------------------------------- values


def _is_text(line: Line) -> bool:
    kind = line.params.get("VALUE", "TEXT").upper()
    return kind == "TEXT" and (line.name in _TEXT_NAMES or line.name.startswith("X-"))


def _kind(line: Line) -> str:
    return line.params.get("VALUE", "DATE-TIME").upper()


def _instant(line: Line | None) -> datetime | None:
    """The instant of a date or time property; None when it says none."""
    if line is None:
        return None
    pattern = _DAY if _kind(line) == "DATE" else _INSTANT
    found = pattern.fullmatch(line.value)
    zone = _zone(line.params["TZID"]) if "TZID" in line.params and not line.value.endswith("Z") else UTC
    if found is None or zone is None:
        return None
    try:
        year, month, day, hour, minute, second, *_ = [*map(int, found.groups()), 0, 0, 0]
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
