"""What a secretariat should do next, derived from where forums stand and from meetings whose outcome is unknown.

Pure. Not here: how it is said or drawn (the overview).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from scheduler.cadence.evaluation import Evaluation
from scheduler.cadence.rules import Status

#: What is to be done: set a date now, set a date soon, record whether a meeting was held.
TaskKind = Literal["date_now", "date_soon", "record"]

_KIND_OF: dict[Status, TaskKind] = {
    Status.MISSED: "date_now",
    Status.AT_RISK: "date_now",
    Status.OVERDUE: "date_now",
    Status.DUE: "date_soon",
}


@dataclass(frozen=True)
class Task:
    """One thing to do, about a forum, and about a meeting of it where it is one."""

    kind: TaskKind
    forum_id: int
    #: The forum's status, whose glyph the task carries.
    status: Status
    meeting_id: int | None = None
    #: The meeting's day; for a date to be set, the last day to call.
    on: date | None = None


def tasks(standings: Iterable[tuple[int, Evaluation]], unrecorded: Iterable[tuple[int, int, date]]) -> list[Task]:
    """What to do, the most urgent first: forums behind, forums that need a date, outcomes to record.

    ``standings`` are (forum, evaluation) with the worst first; ``unrecorded`` (forum, meeting, day) with the
    oldest first.
    """
    found = [
        Task(_KIND_OF[evaluation.status], forum_id, evaluation.status, on=evaluation.call_by)
        for forum_id, evaluation in standings
        if evaluation.status in _KIND_OF
    ]
    found += [
        Task("record", forum_id, Status.NO_REQUIREMENT, meeting_id, on) for forum_id, meeting_id, on in unrecorded
    ]
    return found
