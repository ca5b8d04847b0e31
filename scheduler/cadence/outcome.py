"""What a calendar window came to once it had ended, and the part of its status that open windows share (§6).

Not here: pace, deadlines and the last day to meet (``evaluation``).
"""

from __future__ import annotations

from typing import NamedTuple

from scheduler.cadence.rules import Forum, Status
from scheduler.cadence.tally import Tally, between
from scheduler.cadence.windows import Requirement, Span, active_spans, count_days, requirement


class Outcome(NamedTuple):
    """What a calendar window came to once it had ended."""

    window: Span
    held: int
    required: int
    #: None: no maximum.
    allowed: int | None
    status: Status


def outcome(forum: Forum, tally: Tally, window: Span) -> Outcome:
    """What a window that has ended came to, judged alone (§6): the numbers of ``evaluate`` without its days."""
    spans = active_spans(forum, window)
    need = requirement(forum, window, spans)
    held = between(tally.held, *window)
    status = closed_status(count_days(spans), need, held, between(tally.ordinary, *window))
    return Outcome(window, held, need.required, need.allowed, status)


def closed_status(active_days: int, need: Requirement, held: int, ordinary_held: int) -> Status:
    """The status of a window that has ended, judged alone and without the forum's state today."""
    if not active_days:
        return Status.INACTIVE
    return settled_status(need, held, ordinary_held) or Status.MISSED


def settled_status(need: Requirement, held: int, ordinary_held: int) -> Status | None:
    """Rules 4–6 of §6, which hold alike in open, closed and (the first two) rolling windows."""
    if need.allowed is not None and ordinary_held > need.allowed:
        return Status.EXCEEDED
    if need.required == 0:
        return Status.NO_REQUIREMENT
    return Status.MET if held >= need.required else None
