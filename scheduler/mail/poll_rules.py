"""When those who have said nothing to a date poll are asked again. Pure.

Not here: who has said nothing, and making the mails (``polls``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduler.mail.rules import OFFICE_HOURS, Window, WorkingDay, moved_earlier
from scheduler.workdays.rules import is_working_day

#: Days before the last day to answer on which those who have said nothing are asked again, at nine on their clocks; on
#: a day off it is the working day before, as with all mail that is planned.
CHASER_DAYS = (3, 1)
_AT = time(9, 0)
#: Nobody is asked again so soon after the question, or after having been asked again.
_REST = timedelta(hours=20)


@dataclass(frozen=True)
class Chaser:
    """One time at which those who have said nothing are asked again."""

    #: What tells it from the others of the poll: how many days before which last day.
    name: str
    #: Instants in UTC; from ``stale_at`` on it would come too late.
    due_at: datetime
    stale_at: datetime


def over_at(answer_by_on: date, zone: str) -> datetime:
    """The instant from which no answer is taken: the end of the last day, in UTC."""
    return datetime.combine(answer_by_on + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(UTC)


def chasers(
    opened_at: datetime,
    answer_by_on: date,
    zone: str,
    window: Window | None = OFFICE_HOURS,
    is_working: WorkingDay = is_working_day,
) -> tuple[Chaser, ...]:
    """When those who have said nothing are asked again, the first first.

    Each is stale when the next one is due, or when the last day is over.
    """
    found: list[Chaser] = []
    after = opened_at
    for days in CHASER_DAYS:
        day, at = moved_earlier(answer_by_on - timedelta(days=days), _AT, window, is_working)
        due_at = datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)
        if due_at - after < _REST:
            continue
        if found:
            found[-1] = Chaser(found[-1].name, found[-1].due_at, due_at)
        found.append(Chaser(f"{days} {answer_by_on}", due_at, over_at(answer_by_on, zone)))
        after = due_at
    return tuple(found)
