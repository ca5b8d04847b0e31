"""The rules F01–F22 on finished bytes: what is wrong with a VEVENT or a calendar, and the refusal to store it.

Reads with ``lines``, a parser of our own, and never raises on any bytes; only ``check`` refuses. Without
``icalendar``, so that it costs a fraction of a millisecond and checks the library too. Not here: what bytes cannot
show: a UID kept in the database (F13, but see ``before``), the window of a feed (F22, but see ``since``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from scheduler.errors import Problem, Refused
from scheduler.i18n import mark
from scheduler.ical import event_rules
from scheduler.ical.colours import COLOURS
from scheduler.ical.event_rules import lint_event, lint_texts, times_of
from scheduler.ical.lines import Component, Finding, read_components

__all__ = ["RULES", "Finding", "check", "lint_calendar", "lint_change", "lint_fragment"]

#: What each rule asks of the bytes.
RULES = {
    "F01": "CRLF on every line, the last too; no empty lines",
    "F02": "UTF-8, no byte order mark, no control character but TAB, no U+2028 or U+2029",
    "F03": "at most 75 octets a line, never folded inside a character",
    "F04": "backslash, semicolon, comma and line breaks escaped; only known properties; no HTML",
    "F05": "balanced BEGIN and END, and nothing outside them",
    "F06": "VERSION, PRODID and CALSCALE:GREGORIAN once",
    "F07": "no UID on the calendar",
    "F08": "NAME = X-WR-CALNAME, DESCRIPTION = X-WR-CALDESC, REFRESH-INTERVAL = X-PUBLISHED-TTL, COLOR with its hex",
    "F09": "no METHOD; or METHOD:PUBLISH and an ORGANIZER in every VEVENT",
    "F10": "only VEVENT and VTIMEZONE",
    "F11": "each TZID an IANA name with exactly one VTIMEZONE, RRULE-based",
    "F12": "UID, DTSTAMP, DTSTART and SUMMARY once in each VEVENT, others at most once",
    "F13": "UID meeting-<uuid>@<domain>, never changed",
    "F14": "SEQUENCE, LAST-MODIFIED and STATUS; they rise with a change and never fall",
    "F15": "STATUS confirmed, tentative or cancelled; a cancelled meeting is transparent and says so in its title",
    "F16": "DTEND after DTSTART and of its type; no floating time, no TZID with Z, no wall time in the spring gap",
    "F17": "no ATTENDEE, at most one ORGANIZER; no video link where all can see it",
    "F18": "no alarm that was not asked for",
    "F19": "URL, ATTACH and CONFERENCE absolute https without secrets",
    "F20": "DESCRIPTION holds the links too",
    "F21": "one VEVENT a meeting, no recurrence",
    "F22": "nothing that ended before the window of the feed",
}

_REFUSAL = mark("Kalenderposten följer inte regel %(rule)s för kalendrar (rad %(line)s). Inget är sparat.")
_PUBLIC_VIDEO = mark("En videolänk kan inte stå i en kalender som alla kan läsa. Flytta den till mötets videolänk.")

_CALENDAR_ONCE = {"VERSION": "2.0", "PRODID": None, "CALSCALE": "GREGORIAN"}
_CALENDAR_PAIRS = (
    ("NAME", "X-WR-CALNAME", True),
    ("DESCRIPTION", "X-WR-CALDESC", False),
    ("REFRESH-INTERVAL", "X-PUBLISHED-TTL", True),
)
_CALENDAR_NAMES = frozenset({
    "VERSION", "PRODID", "CALSCALE", "METHOD", "UID", "NAME", "DESCRIPTION", "REFRESH-INTERVAL", "COLOR", "URL",
    "SOURCE", "LAST-MODIFIED", "CATEGORIES", "IMAGE",
})  # fmt: skip
_DURATION = re.compile(r"P(?:\d+W|\d+D|(?:\d+D)?T(?:\d+H)?(?:\d+M)?(?:\d+S)?)")


def lint_fragment(content: bytes, *, public: bool = False, alarms: bool = False) -> list[Finding]:
    """All that is wrong with one VEVENT that is to be stored, in order of line; empty when nothing is.

    ``public``: everybody may read it (no video links). ``alarms``: a VALARM was asked for.
    """
    components, found = read_components(content)
    events = [part for part in components if part.name == "VEVENT"]
    found += [Finding(part.number, "F10", part.name) for part in components if part.name != "VEVENT"]
    if len(events) != 1:
        found.append(Finding(1, "F05", f"{len(events)} VEVENTs instead of one"))
    for event in events:
        found += lint_event(event, public=public, alarms=alarms)
    return sorted(set(found))


def lint_calendar(
    content: bytes, *, public: bool = False, alarms: bool = False, since: date | None = None
) -> list[Finding]:
    """All that is wrong with a whole calendar, in order of line; empty when nothing is.

    ``since``: the first day of the feed's window; a meeting that ended before it is a finding. The rest as
    ``lint_fragment``.
    """
    components, found = read_components(content)
    if [part.name for part in components] != ["VCALENDAR"]:
        found.append(Finding(1, "F05", "not exactly one VCALENDAR"))
    for calendar in components:
        if calendar.name == "VCALENDAR":
            found += _lint_head(calendar)
            found += _lint_zones(calendar)
            found += _lint_events(calendar, public=public, alarms=alarms, since=since)
    return sorted(set(found))


def lint_change(before: bytes, after: bytes) -> list[Finding]:
    """What is wrong in following the stored VEVENT ``before`` with ``after`` (F13, F14).

    The UID is kept; SEQUENCE and DTSTAMP never fall; SEQUENCE rises when start, end or status changes. A new place
    raises it too, which bytes cannot tell from a place renamed. Anything visible raises SEQUENCE or DTSTAMP: a
    finding that is not fatal, since two changes may share a second.
    """
    old, new = (next((c for c in read_components(b)[0] if c.name == "VEVENT"), None) for b in (before, after))
    if old is None or new is None:
        return []
    found = []
    line = new.number
    if old.value("UID") != new.value("UID"):
        found.append(Finding(line, "F13", "the UID has changed"))
    earlier, later = event_rules.sequence_of(old), event_rules.sequence_of(new)
    if later < earlier:
        found.append(Finding(line, "F14", "SEQUENCE falls"))
    if new.value("DTSTAMP") < old.value("DTSTAMP"):
        found.append(Finding(line, "F14", "DTSTAMP falls"))
    moved = times_of(old) != times_of(new) or old.value("STATUS") != new.value("STATUS")
    if moved and later <= earlier:
        found.append(Finding(line, "F14", "start, end or status has changed and SEQUENCE has not risen"))
    if _visible(old) != _visible(new) and later == earlier and new.value("DTSTAMP") == old.value("DTSTAMP"):
        found.append(Finding(line, "F14", "something visible has changed and DTSTAMP has not risen", fatal=False))
    return sorted(set(found))


def check(fragment: bytes, *, public: bool = False, before: bytes | None = None) -> None:
    """Refuses a VEVENT that may not be stored: raises Refused with one problem for each fatal finding.

    A problem that a person can put right stands at the name of its property, in small letters. ``before`` is the
    fragment it replaces (same meeting, audience and language), when there is one; one that was harmed after it was
    stored has nothing to say.
    """
    found = lint_fragment(fragment, public=public)
    if before is not None and (change := lint_change(before, fragment)) and not _is_harmed(before):
        found += change
    problems = [
        Problem(finding.name.lower(), _PUBLIC_VIDEO)
        if finding.name
        else Problem(None, _REFUSAL, {"rule": finding.rule, "line": finding.line})
        for finding in found
        if finding.fatal
    ]
    if problems:
        raise Refused(*problems)


def _is_harmed(fragment: bytes) -> bool:
    return any(finding.fatal for finding in lint_fragment(fragment))


# ---------------------------------------------------------------- the calendar around the events


def _lint_head(calendar: Component) -> Iterator[Finding]:
    line = calendar.number
    for name, wanted in _CALENDAR_ONCE.items():
        values = [found.value for found in calendar.all(name)]
        if len(values) != 1 or (wanted is not None and values != [wanted]):
            yield Finding(line, "F06", f"{name} {values}")
    yield from (Finding(found.number, "F07", "UID on the calendar") for found in calendar.all("UID"))
    for name, twin, required in _CALENDAR_PAIRS:
        values = [found.value for found in calendar.all(name)]
        if values != [found.value for found in calendar.all(twin)] or len(values) > 1 or (required and not values):
            yield Finding(line, "F08", f"{name} and {twin} are not one pair of equals")
    interval = calendar.first("REFRESH-INTERVAL")
    if interval and not (interval.params.get("VALUE") == "DURATION" and _DURATION.fullmatch(interval.value)):
        yield Finding(interval.number, "F08", "REFRESH-INTERVAL without VALUE=DURATION or without a duration")
    colours = [found.value for found in calendar.all("COLOR")]
    hexes = [found.value for found in calendar.all("X-APPLE-CALENDAR-COLOR")]
    if (colours or hexes) and [COLOURS.get(name) for name in colours] != hexes:
        yield Finding(line, "F08", "COLOR is no CSS name, or X-APPLE-CALENDAR-COLOR is not its hex")
    methods = calendar.all("METHOD")
    if [found.value for found in methods] not in ([], ["PUBLISH"]):
        yield Finding(methods[0].number, "F09", f"METHOD:{methods[0].value}")
    for found in calendar.lines:
        if found.name not in _CALENDAR_NAMES and not found.name.startswith("X-"):
            yield Finding(found.number, "F04", f"{found.name} is no property of a calendar")
    yield from lint_texts(calendar)


def _lint_zones(calendar: Component) -> Iterator[Finding]:
    blocks = [part for part in calendar.parts if part.name == "VTIMEZONE"]
    named = [block.value("TZID") for block in blocks]
    yield from (
        Finding(block.number, "F11", f"a second VTIMEZONE for {name}")
        for place, (name, block) in enumerate(zip(named, blocks, strict=True))
        if name in named[:place]
    )
    for event in calendar.parts:
        for line in event.lines if event.name == "VEVENT" else ():
            if "TZID" in line.params and line.params["TZID"] not in named:
                yield Finding(line.number, "F11", f"no VTIMEZONE for {line.params['TZID']}")
    for block in blocks:
        yield from _lint_zone(block)


def _lint_zone(block: Component) -> Iterator[Finding]:
    if len(block.all("TZID")) != 1 or not event_rules.is_iana(block.value("TZID")):
        yield Finding(block.number, "F11", f"{block.value('TZID')!r} is no IANA name")
    if not block.parts or any(part.name not in ("STANDARD", "DAYLIGHT") for part in block.parts):
        yield Finding(block.number, "F11", "a VTIMEZONE is made of STANDARD and DAYLIGHT")
    for part in block.parts:
        if any(len(part.all(name)) != 1 for name in ("DTSTART", "TZOFFSETFROM", "TZOFFSETTO")):
            yield Finding(part.number, "F11", "DTSTART, TZOFFSETFROM and TZOFFSETTO stand once each")
        if part.all("RDATE"):
            yield Finding(part.number, "F11", "RDATE, of which ical.js reads the first date only")
        yield from lint_texts(part)


def _lint_events(calendar: Component, *, public: bool, alarms: bool, since: date | None) -> Iterator[Finding]:
    publishes = calendar.value("METHOD") == "PUBLISH"
    uids: set[str] = set()
    for part in calendar.parts:
        if part.name not in ("VEVENT", "VTIMEZONE"):
            yield Finding(part.number, "F10", part.name)
        if part.name != "VEVENT":
            continue
        yield from lint_event(part, public=public, alarms=alarms)
        if publishes and not part.all("ORGANIZER"):
            yield Finding(part.number, "F09", "METHOD:PUBLISH without ORGANIZER")
        uid = part.value("UID")
        if uid in uids:
            yield Finding(part.number, "F21", f"a second VEVENT for {uid}")
        uids.add(uid)
        end = times_of(part)[1]
        if since and end and end.date() < since:
            yield Finding(part.number, "F22", f"ended before {since}")


def _visible(event: Component) -> Iterable[tuple[str, tuple[tuple[str, str], ...], str]]:
    """What a reader sees of an event, in any order."""
    hidden = ("DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "CREATED")
    lines = [line for line in event.lines if line.name not in hidden]
    return sorted((line.name, tuple(sorted(line.params.items())), line.value) for line in lines)
