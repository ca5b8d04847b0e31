"""When a meeting is, as people write it, and what the clock shows then in the country of a place or a reader. Pure.

A time stands on its own wall clock: "13.00–15.00"; where a meeting's place or its reader is in a country whose clocks
show something else, that follows: "13.00–15.00 (14.00–16.00 finsk tid)". What differs is reckoned for the meeting's own
day, never from a fixed number of hours. Not here: who the reader is (``zones_of``'s callers), dates (``i18n``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from scheduler import i18n
from scheduler.i18n import gettext as _
from scheduler.i18n import mark
from scheduler.meetings.times import Span

#: Where the forums of the county are, and with them the register's people unless something else is known.
HOME = "Europe/Stockholm"
#: Country → its clock.
ZONES = {"SE": HOME, "FI": "Europe/Helsinki", "NO": "Europe/Oslo", "DK": "Europe/Copenhagen", "EE": "Europe/Tallinn"}
#: A language that is spoken of all in one country → that country.
COUNTRY_OF_LANGUAGE = {"fi": "FI", "nb": "NO", "nn": "NO", "da": "DK", "et": "EE"}
#: Clock → what its time is called.
NAMES = {
    HOME: mark("svensk tid"),
    "Europe/Helsinki": mark("finsk tid"),
    "Europe/Oslo": mark("norsk tid"),
    "Europe/Copenhagen": mark("dansk tid"),
    "Europe/Tallinn": mark("estnisk tid"),
}


def zones_of(*, country: str | None = None, language: str | None = None, zone: str | None = None) -> tuple[str, ...]:
    """The clocks somebody lives by: their own, that of their country, that of their language; none that is unknown."""
    by_language = COUNTRY_OF_LANGUAGE.get((language or "").partition("-")[0])
    found = [zone, ZONES.get(country or ""), ZONES.get(by_language or "")]
    return tuple(dict.fromkeys(one for one in found if one in NAMES))


def hours_text(span: Span, zones: Iterable[str] = ()) -> str:
    """ "13.00–15.00"; over midnight or days "13.00 till onsdag 23 juni 12.00"; whole days "hela dagen".

    ``zones`` are the clocks of the place and the reader: what they show is added where it is something else, as is the
    time at home for a meeting that stands on another clock.
    """
    if span.all_day:
        last = i18n.date_text(span.last_on)
        return _("hela dagen") if span.last_on == span.on else _("hela dagen till %(day)s", day=last)
    said = _between(span.start, span.end)
    if span.start.utcoffset() != _at(span, HOME).utcoffset():
        said = _named(said, span.time_zone)
    others = "; ".join(_elsewhere(span, zones))
    return f"{said} ({others})" if others else said


def beside(span: Span, zones: Iterable[str]) -> str:
    """What ``hours_text`` adds: "14.00–16.00 finsk tid"; empty where every clock shows the same."""
    return "" if span.all_day else "; ".join(_elsewhere(span, zones))


def _elsewhere(span: Span, zones: Iterable[str]) -> Iterator[str]:
    """The time by each of the clocks that shows something else, each time once; the one at home first."""
    told = {span.start.utcoffset()}
    for zone in (HOME, *zones):
        start = _at(span, zone)
        if start.utcoffset() in told:
            continue
        told.add(start.utcoffset())
        said = _between(start, span.end_at.astimezone(ZoneInfo(zone)))
        if start.date() != span.on:
            said = f"{i18n.date_text(start.date())} {said}"
        yield _named(said, zone)


def _at(span: Span, zone: str) -> datetime:
    return span.start_at.astimezone(ZoneInfo(zone))


def _between(start: datetime, end: datetime) -> str:
    if start.date() == end.date():
        return i18n.span_text(start, end)
    day = i18n.date_text(end.date())
    return _("%(time)s till %(day)s %(end)s", time=i18n.time_text(start), day=day, end=i18n.time_text(end))


def _named(said: str, zone: str) -> str:
    return f"{said} {_(NAMES[zone])}" if zone in NAMES else said
