"""Reading somebody's own calendar, from its address or a file: bytes in, times out. Knows no database.

Not here: keeping the times (``busy``), reading them again (``busy_refresh``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from scheduler.errors import TaktError
from scheduler.ical.busy import NoCalendar, Reader, Reading, read_busy
from scheduler.outbound import Failed, Network, Validators, fetch
from scheduler.places.busy_rules import window


class Unread(TaktError):
    """A calendar could not be read; ``reason`` is an ``outbound.Reason`` or an ``ical.busy.Reason``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Found:
    """What a calendar said."""

    #: None: the same as when it was read before.
    reading: Reading | None
    validators: Validators


def read_file(content: bytes, now: datetime, reader: Reader) -> Found:
    """The times in a file. Raises Unread."""
    try:
        return Found(read_busy(content, *window(now), reader), Validators())
    except NoCalendar as refused:
        raise Unread(refused.reason) from None


def read_address(url: str, known: Validators, now: datetime, reader: Reader, network: Network) -> Found:
    """The times in the calendar at ``url``. Raises Unread. Takes up to ten seconds: call it outside a transaction."""
    try:
        fetched = fetch(url, known, network=network)
    except Failed as failed:
        raise Unread(failed.reason) from None
    if fetched is None:
        return Found(None, known)
    return Found(read_file(fetched.body, now, reader).reading, fetched.validators)
