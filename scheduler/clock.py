"""The only place that reads the clock; everywhere else time is an argument.

Not here: calendars, zones of forums, working days (``workdays``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

#: Gives the present instant, aware, in UTC. Handed to the application, so that tests hand over their own.
Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The present instant in UTC, to the second (what is stored and shown has no finer grain)."""
    return datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - this is the one reader of the clock


def civil_date(instant: datetime, time_zone: str) -> date:
    """The day on the wall calendar of ``time_zone`` (IANA name) at ``instant`` (aware)."""
    return instant.astimezone(ZoneInfo(time_zone)).date()
