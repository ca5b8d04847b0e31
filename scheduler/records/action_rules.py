"""When an action point is late, when it stands on an agenda, and when its owner is reminded. Pure.

Not here: what a person does with one (``action_points``), the mails themselves (``mail.action_mails``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from scheduler.errors import Problem
from scheduler.i18n import mark

_DAY = timedelta(days=1)
#: The owner is reminded so long before the last day.
BEFORE = timedelta(days=3)
#: After so long nobody is told any more that something is late: the agenda says so.
TOLD_UNTIL = timedelta(days=14)
#: What a point may become.
CLOSED = ("done", "dropped")


def is_overdue(due_on: date | None, today: date) -> bool:
    """Whether the last day has passed."""
    return due_on is not None and due_on < today


def shows_on(day: date, show_from_on: date | None) -> bool:
    """Whether an open point stands on the agenda of a meeting on ``day``."""
    return show_from_on is None or show_from_on <= day


def reminder_due(due_on: date, today: date, is_working: Callable[[date], bool]) -> bool:
    """Whether the owner is reminded today: from three days (or the working day before) to the last day itself."""
    first = due_on - BEFORE
    while not is_working(first):
        first -= _DAY
    return first <= today <= due_on and is_working(today)


def overdue_due(due_on: date, today: date, is_working: Callable[[date], bool]) -> bool:
    """Whether the owner is told today that the last day has passed."""
    return due_on < today <= due_on + TOLD_UNTIL and is_working(today)


def may_close(state: str, to: str, outcome: str | None) -> Problem | None:
    """Why a point in ``state`` cannot be closed as ``to``: one that is dropped says why."""
    if to not in CLOSED:
        return Problem("state", mark("Välj om åtgärden är klar eller utgår"))
    if state != "open":
        return Problem(None, mark("Åtgärden är redan avslutad"))
    if to == "dropped" and not outcome:
        return Problem("outcome", mark("Skriv varför åtgärden utgår"))
    return None
