"""Imported busy times: how far ahead they are kept, when a calendar is read again, what its address shows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler.ical.busy import BusySpan
from scheduler.outbound import host_of

#: So many calendars one person may have read.
MOST_SOURCES = 5
#: What is kept of a calendar: from yesterday to a year and a half ahead.
BACK, AHEAD = timedelta(days=1), timedelta(days=550)
#: A longer time is kept in pieces of this, so that whoever looks for a moment knows how far back to look.
LONGEST = timedelta(days=31)
#: How often an address is read.
EVERY = timedelta(hours=6)
#: How long the one that reads it has for that, before another one tries.
CLAIM = timedelta(minutes=15)
#: After so long it is read in full though it has not changed: the window has moved on meanwhile.
FULL_AFTER = timedelta(days=14)
#: The pause after a failure; it doubles with each one, up to a day.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=30), timedelta(days=1)
#: An address that has failed for so long is given up until its owner has it read again.
GIVEN_UP_AFTER = timedelta(days=14)

_DOUBLINGS = 10
_SHOWN_END = 4


@dataclass(frozen=True, slots=True)
class Taken:
    """A time at which a person's own calendar says they are busy; half-open, aware, UTC. Of what, nobody is told."""

    person_id: int
    start: datetime
    end: datetime
    #: Only perhaps.
    tentative: bool


def window(now: datetime) -> tuple[datetime, datetime]:
    """From when until before when times are kept."""
    return now - BACK, now + AHEAD


def pieces(spans: Iterable[BusySpan]) -> Iterator[BusySpan]:
    """The same times, none longer than ``LONGEST``."""
    for span in spans:
        start = span.start
        while span.end - start > LONGEST:
            yield BusySpan(start, start + LONGEST, span.tentative)
            start += LONGEST
        yield BusySpan(start, span.end, span.tentative)


def next_reading(source_id: int, now: datetime) -> datetime:
    """When to read a calendar that has just answered; spread, so that not all are read at once."""
    return now + EVERY + timedelta(minutes=source_id * 17 % 60)


def next_try(now: datetime, failures: int, failing_since: datetime) -> datetime | None:
    """When to try again after the ``failures``-th failure in a row; None when it is given up."""
    if now - failing_since >= GIVEN_UP_AFTER:
        return None
    doublings: int = 2 ** min(failures - 1, _DOUBLINGS)
    return now + min(FIRST_PAUSE * doublings, LONGEST_PAUSE)


def shown_address(url: str) -> str:
    """What is shown of an address: where it leads and how it ends, "calendar.google.com … 7f3a"."""
    end = url.removesuffix("/").removesuffix(".ics").removesuffix("/basic").removesuffix("/calendar")
    return f"{host_of(url)} …\N{NO-BREAK SPACE}{end[-_SHOWN_END:]}"
