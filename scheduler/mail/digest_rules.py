"""When digests go out. Pure. Not here: what goes into one (``digests``), what it says (``digest_letters``)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduler.mail.rules import WorkingDay
from scheduler.workdays.rules import is_working_day

#: Wall-clock time of digests in the installation's zone.
DIGEST_AT = time(8, 0)
_DAY = timedelta(days=1)


def is_digest_day(frequency: str, day: date, is_working: WorkingDay = is_working_day) -> bool:
    """Whether a digest of ``frequency`` (daily, weekly or monthly) goes out: each working day, or the span's first."""
    if not is_working(day):
        return False
    begun = {"daily": 0, "weekly": day.weekday(), "monthly": day.day - 1}[frequency]
    return not any(is_working(day - _DAY * back) for back in range(1, begun + 1))


def digest_at(day: date, zone: str) -> datetime:
    """The instant of the day's digests."""
    return datetime.combine(day, DIGEST_AT, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def next_digest(frequency: str, after: datetime, zone: str, is_working: WorkingDay = is_working_day) -> datetime:
    """The first digest of ``frequency`` later than ``after``."""
    day = after.astimezone(ZoneInfo(zone)).date()
    while not is_digest_day(frequency, day, is_working) or digest_at(day, zone) <= after:
        day += _DAY
    return digest_at(day, zone)
