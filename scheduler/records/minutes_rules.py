"""The states of minutes, their deadlines, and what may be done when (spec product.md "States"). Pure.

Notes: draft → sent → approved, by nobody's objection or at the next meeting. A protocol: draft → adjusting → adjusted
(locked) → posted → archived. Not here: doing it (``minutes``).
"""

from __future__ import annotations

from datetime import date, timedelta

from scheduler.errors import Problem
from scheduler.i18n import mark
from scheduler.workdays.rules import DeadlineRule, Roll, Unit, deadline

NOTES = ("draft", "sent", "approved")
PROTOCOL = ("draft", "adjusting", "adjusted", "posted", "archived")
#: States in which the text stands for good.
LOCKED = frozenset({"adjusted", "posted", "archived"})
#: Adjustment is told at the latest the second day after it, and stands on the notice board three weeks (domain.md §2).
POST_WITHIN = 2
POSTED_DAYS = 21
#: Whoever took part may object to notes for so many days.
OBJECTION_DAYS = 14


def steps_of(kind: str, *, posts: bool) -> tuple[str, ...]:
    """The states in order; a protocol that is not posted skips the notice board."""
    if kind == "notes":
        return NOTES
    return PROTOCOL if posts else tuple(step for step in PROTOCOL if step != "posted")


def due_on(meeting_on: date, minutes_days: int) -> date:
    """The last day: so many days after the meeting, rolled to the next working day (lag 1930:173)."""
    return deadline(meeting_on, DeadlineRule(minutes_days, Unit.CALENDAR_DAYS, Roll.LATER))


def posted_until(posted_on: date) -> date:
    """The last day on the notice board: three weeks from the first, rolled as a statutory limit."""
    return deadline(posted_on, DeadlineRule(POSTED_DAYS, Unit.CALENDAR_DAYS, Roll.LATER))


def post_by(adjusted_on: date) -> date:
    """The last day to announce that a protocol is adjusted."""
    return adjusted_on + timedelta(days=POST_WITHIN)


def state_on(state: str, object_by_on: date | None, today: date) -> str:
    """The state as it is on a day: notes nobody has objected to in time are approved."""
    if state == "sent" and object_by_on is not None and today > object_by_on:
        return "approved"
    return state


def is_done(state: str | None, object_by_on: date | None, today: date) -> bool:
    """Whether minutes in ``state`` (None: not begun) ask for no more work than putting them away."""
    return state is not None and state_on(state, object_by_on, today) in {*LOCKED, "approved"}


def may_write(state: str) -> Problem | None:
    """The refusal to change the text, None while it is a draft."""
    if state == "draft":
        return None
    if state in LOCKED:
        return Problem(None, mark("Protokollet är justerat. Inget i det kan ändras."))
    if state == "adjusting":
        return Problem(None, mark("Protokollet är på justering. Ta tillbaka det först."))
    return Problem(None, mark("Anteckningarna är utskickade. Ta tillbaka dem först."))


def step_problem(state: str, *wanted: str) -> Problem | None:
    """The refusal of a step that is for other states, None when ``state`` is one of ``wanted``."""
    return None if state in wanted else Problem(None, mark("Det går inte i det här läget. Läs in sidan igen."))
