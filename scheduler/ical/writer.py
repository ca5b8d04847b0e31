"""Meetings → finished calendar bytes: VEVENTs to store, and feeds joined from stored ones.

``render_event`` is called when a meeting changes and needs ``icalendar``; ``assemble``, ``splice_alarm`` and
``zones_in`` only handle finished bytes and are what a GET may call. Nothing depends on the clock: the same values
give the same bytes (F14). Not here: which audience sees what, the versions of feeds, ETags.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from scheduler import i18n
from scheduler.errors import Problem, Refused
from scheduler.i18n import mark
from scheduler.ical import zones
from scheduler.ical.colours import COLOURS
from scheduler.ical.links import LinkFault, link_fault
from scheduler.ical.text import CANCELLED_PREFIX, clean_text, one_line

_LINK_FAULTS = {
    LinkFault.FORM: mark("Länken är inte en hel webbadress. Klistra in den som den står i webbläsarens adressfält."),
    LinkFault.SCHEME: mark("Länken behöver börja med https://."),
    LinkFault.SECRET: mark("Länken innehåller ett lösenord eller en personlig nyckel och kan inte stå i en kalender."),
}
_GAP = mark("Klockan %(time)s finns inte %(day)s: då ställs klockan om till sommartid. Välj en annan tid.")
_END_FIRST = mark("Sluttiden behöver ligga efter starttiden.")

_UTC_NAMES = frozenset({"UTC", "Etc/UTC"})
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+")
_END = b"END:VEVENT\r\n"
_ZONE_NAMED = re.compile(rb"^(?:DTSTART|DTEND);TZID=([^:;\r\n]+):", re.MULTILINE)
#: Not those in UTC, whose Z says so.
_TIMES = re.compile(rb"^DT(START|END);(?:TZID=[^:;\r\n]+|VALUE=DATE):([0-9T]+)\r$", re.MULTILINE)
_TIME_ZONE = re.compile(rb"^DTSTART;TZID=([^:;\r\n]+):", re.MULTILINE)
_SUMMARY = re.compile(rb"\r\nSUMMARY:(.*(?:\r\n[ \t].*)*)\r\n")
#: The first line of a SUMMARY longer than this has no room for the longer name DESCRIPTION.
_ROOM = 75 - len("DESCRIPTION:")
_FOUR_WEEKS = 28 * 24 * 60


@dataclass(frozen=True, kw_only=True)
class Event:
    """All a calendar shows of one meeting, to one audience, in one language. Texts are cleaned when written."""

    #: ``meeting-<uuid>@<fixed domain>``, given to the meeting once and for ever (F13).
    uid: str
    #: Rises by one when start, end, place or status changes; never falls (F14).
    sequence: int
    #: When anything visible last changed (aware, UTC): DTSTAMP and LAST-MODIFIED.
    revised_at: datetime
    status: Literal["confirmed", "tentative", "cancelled"]
    #: Wall time with a ``ZoneInfo``, or the first day of an all-day meeting.
    start: datetime | date
    #: As ``start``; its zone may differ. The first moment, or for an all-day meeting the first **day**, that is no
    #: longer part of it (exclusive): 3–4 March is ``date(…, 3, 3)`` to ``date(…, 3, 5)``.
    end: datetime | date
    summary: str
    #: Plain text. The links of ``url`` and ``conference`` are added below it when it does not hold them (F20).
    description: str = ""
    location: str = ""
    #: Latitude and longitude in degrees.
    geo: tuple[float, float] | None = None
    #: The meeting's page: absolute https, without a token (F19).
    url: str | None = None
    #: Forum kind and themes.
    categories: tuple[str, ...] = ()
    #: A role's name and address, never a person's (F17): the secretariat and its function mailbox.
    organizer: tuple[str, str] | None = None
    #: The video link; None for every public audience (F17).
    conference: str | None = None
    #: Whether the time stays free in a calendar; a cancelled meeting's always does.
    transparent: bool = False
    #: When the meeting was entered (aware, UTC).
    created_at: datetime | None = None
    #: Decides the word before a cancelled meeting's title; the other texts come as they are.
    language: Literal["sv", "en"] = "sv"


def render_event(event: Event) -> bytes:
    """The finished VEVENT of ``event``, from BEGIN to END with CRLF, to be linted and stored.

    Times are written as wall time in the zone of the start, with TZID, where that zone has a VTIMEZONE that is
    right then, else both ends in UTC. In the autumn hour that comes twice ``fold`` says which one is meant (0 the
    first, 1 the second), and both ends are written in UTC, since clients disagree about it in wall time. A wall
    time that the spring change leaps over is refused, never moved.

    Raises Refused, at ``start``, ``end``, ``url`` or ``conference``, for what a person can put right, and
    ValueError for what only code can get wrong.
    """
    from scheduler.ical import properties as prop  # noqa: PLC0415 - imports icalendar, 0.1 s; see the module

    _refuse_faults(event)
    cancelled = event.status == "cancelled"
    start, end = _as_written(event)
    lines = [
        prop.text("UID", event.uid),
        prop.moment("DTSTAMP", _utc(event.revised_at)),
        *([prop.moment("CREATED", _utc(event.created_at))] if event.created_at else []),
        prop.moment("LAST-MODIFIED", _utc(event.revised_at)),
        prop.number("SEQUENCE", event.sequence),
        prop.text("STATUS", event.status.upper()),
        prop.moment("DTSTART", start),
        prop.moment("DTEND", end),
        prop.text("SUMMARY", title(event)),
    ]
    if description := description_with_links(event):
        lines.append(prop.text("DESCRIPTION", description))
    if location := clean_text(event.location):
        lines.append(prop.text("LOCATION", location))
    if event.geo:
        lines.append(prop.place("GEO", *event.geo))
    if event.url:
        lines.append(prop.link("URL", event.url))
    if categories := [name for name in map(clean_text, event.categories) if name]:
        lines.append(prop.texts("CATEGORIES", categories))
    if event.organizer:
        name, address = event.organizer
        lines.append(prop.person("ORGANIZER", one_line(name), address))
    if event.conference:
        lines.append(prop.link("CONFERENCE", event.conference, VALUE="URI", FEATURE="VIDEO"))
    lines.append(prop.text("TRANSP", "TRANSPARENT" if cancelled or event.transparent else "OPAQUE"))
    return b"".join([b"BEGIN:VEVENT\r\n", *lines, _END])


def title(event: Event) -> str:
    """What SUMMARY says: a cancelled meeting's begins with "INSTÄLLT: " or "CANCELLED: ", once (F15)."""
    summary = clean_text(event.summary)
    prefix = CANCELLED_PREFIX[event.language]
    return prefix + summary if event.status == "cancelled" and not summary.startswith(prefix) else summary


def description_with_links(event: Event) -> str:
    """What DESCRIPTION says: the cleaned text, and below it the links it does not hold already (F20)."""
    text = clean_text(event.description)
    links = [link for link in (event.conference, event.url) if link and link not in text]
    return "\n\n".join(part for part in (text, "\n".join(links)) if part)


def zones_in(fragment: bytes) -> tuple[str, ...]:
    """The IANA names that a VEVENT of ours uses, in order of name: what ``assemble`` needs besides the bytes."""
    return tuple(sorted({name.decode() for name in _ZONE_NAMED.findall(fragment)}))


def written_times(fragment: bytes) -> tuple[datetime | date, datetime | date] | None:
    """The wall times or days of a VEVENT of ours, as ``Event`` has them; None for one in UTC.

    They are what its readers were told, whatever rules the zone has had since.
    """
    found = dict(_TIMES.findall(fragment))
    zone = _TIME_ZONE.search(fragment)
    if found.keys() != {b"START", b"END"}:
        return None
    form = "%Y%m%dT%H%M%S" if zone else "%Y%m%d"
    start, end = (datetime.strptime(found[name].decode(), form) for name in (b"START", b"END"))
    if zone is None:
        return start.date(), end.date()
    place = ZoneInfo(zone[1].decode())
    return start.replace(tzinfo=place), end.replace(tzinfo=place)


def calendar_head(
    name: str,
    description: str = "",
    *,
    colour: str = "teal",
    language: Literal["sv", "en"] = "sv",
    method: Literal["PUBLISH"] | None = None,
) -> bytes:
    """The calendar from BEGIN to its first component. ``colour`` is a CSS name (``colours.COLOURS``).

    No UID (F07). ``method`` is for the one setting that asks for it, and needs an organizer in every event (F09).
    Raises ValueError for an unknown colour.
    """
    from scheduler.ical import properties as prop  # noqa: PLC0415 - imports icalendar, 0.1 s; see the module

    if colour not in COLOURS:
        raise ValueError(f"{colour!r} is no CSS colour name")
    title, subtitle = one_line(name), clean_text(description)
    lines = [
        prop.text("VERSION", "2.0"),
        prop.text("PRODID", f"-//Takt//Takt//{language.upper()}"),
        prop.text("CALSCALE", "GREGORIAN"),
        *([prop.text("METHOD", method)] if method else []),
        prop.text("NAME", title),
        prop.text("X-WR-CALNAME", title),
        *([prop.text("DESCRIPTION", subtitle), prop.text("X-WR-CALDESC", subtitle)] if subtitle else []),
        prop.raw("REFRESH-INTERVAL", "PT1H", VALUE="DURATION"),
        prop.text("X-PUBLISHED-TTL", "PT1H"),
        prop.text("COLOR", colour),
        prop.text("X-APPLE-CALENDAR-COLOR", COLOURS[colour]),
    ]
    return b"".join([b"BEGIN:VCALENDAR\r\n", *lines])


def assemble(head: bytes, time_zones: Iterable[str], fragments: Iterable[bytes]) -> bytes:
    """The whole calendar: ``head``, a VTIMEZONE for each of ``time_zones``, the stored fragments, END.

    ``time_zones`` is what ``zones_in`` said of the fragments, in any order and with repetitions. Raises ValueError
    for a zone without a VTIMEZONE: the answer is then 503, never half a calendar (F05).
    """
    blocks = []
    for name in sorted(set(time_zones)):
        block = zones.vtimezone(name)
        if block is None:
            raise ValueError(f"no VTIMEZONE can be written for {name!r}")
        blocks.append(block)
    return b"".join([head, *blocks, *fragments, b"END:VCALENDAR\r\n"])


def splice_alarm(fragment: bytes, minutes: int) -> bytes:
    """``fragment`` with an alarm ``minutes`` before the start that shows the title (F18).

    A cancelled meeting stays silent: its fragment comes back as it is. Raises ValueError when ``minutes`` is not
    within 0 and four weeks, or the bytes are no VEVENT of ours.
    """
    if not 0 <= minutes <= _FOUR_WEEKS:
        raise ValueError(f"an alarm {minutes} minutes before")
    summary = _SUMMARY.search(fragment)
    if not fragment.endswith(_END) or summary is None:
        raise ValueError("not a finished VEVENT")
    if b"\r\nSTATUS:CANCELLED\r\n" in fragment:
        return fragment
    shown = summary[1]
    # The folds of SUMMARY are kept; where the longer name leaves no room, one more comes right after it.
    fold = b"\r\n " if len(shown.split(b"\r\n", 1)[0]) > _ROOM else b""
    alarm = b"BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:%b%b\r\nTRIGGER:-PT%dM\r\nEND:VALARM\r\n"
    return fragment.removesuffix(_END) + alarm % (fold, shown, minutes) + _END


# ---------------------------------------------------------------- what is refused, and how times are written


def _refuse_faults(event: Event) -> None:
    """Raises Refused with every fault a person can put right; ValueError for the others."""
    if isinstance(event.start, datetime) != isinstance(event.end, datetime):
        raise ValueError("start and end are both wall times or both days")
    if event.organizer and not _ADDRESS.fullmatch(event.organizer[1]):
        raise ValueError(f"{event.organizer[1]!r} is no address")
    if event.geo and not (abs(event.geo[0]) <= 90 and abs(event.geo[1]) <= 180):  # noqa: PLR2004 - degrees
        raise ValueError(f"{event.geo} is nowhere on earth")
    problems = []
    for field, at in (("start", event.start), ("end", event.end)):
        if isinstance(at, datetime) and _in_gap(at):
            values: dict[str, object] = {"time": i18n.time_text(at), "day": i18n.date_text(at.date())}
            problems.append(Problem(field, _GAP, values))
    if not problems and not _instant(event.start) < _instant(event.end):
        problems.append(Problem("end", _END_FIRST))
    for field, url in (("url", event.url), ("conference", event.conference)):
        if url and (fault := link_fault(url)):
            problems.append(Problem(field, _LINK_FAULTS[fault]))
    if problems:
        raise Refused(*problems)


def _as_written(event: Event) -> tuple[datetime | date, datetime | date]:
    """Start and end as the event will carry them: days, both in the zone of the start, or both in UTC.

    recurring-ical-events reads an end in another zone an hour wrong when the clocks change in between.
    """
    start, end = event.start, event.end
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        return start, end
    end = end.astimezone(start.tzinfo)
    return (start, end) if _zoned(start) and _zoned(end) else (start.astimezone(UTC), end.astimezone(UTC))


def _zoned(at: datetime) -> bool:
    """Whether every client reads the wall time ``at`` as the instant that is meant."""
    name = _zone(at).key
    twice = at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()
    return name not in _UTC_NAMES and not twice and zones.covers(name, at)


def _in_gap(at: datetime) -> bool:
    """Whether the clock in the zone of ``at`` never shows that time (F16)."""
    there_and_back = at.astimezone(UTC).astimezone(_zone(at))
    return there_and_back.replace(tzinfo=None) != at.replace(tzinfo=None)


def _zone(at: datetime) -> ZoneInfo:
    if at.tzinfo is UTC:
        return ZoneInfo("UTC")
    if not isinstance(at.tzinfo, ZoneInfo):
        raise ValueError(f"{at!r} has no IANA zone")  # noqa: TRY004 - the type is right, the value is not
    return at.tzinfo


def _instant(at: datetime | date) -> datetime:
    """An instant to compare by; a day counts as its midnight in UTC."""
    return at.astimezone(UTC) if isinstance(at, datetime) else datetime(at.year, at.month, at.day, tzinfo=UTC)


def _utc(at: datetime) -> datetime:
    if at.utcoffset() is None:
        raise ValueError(f"{at!r} is not aware")
    return at.astimezone(UTC)
