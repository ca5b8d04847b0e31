"""What a secretariat should do next: dates first, the worst first, then outcomes to record."""

from __future__ import annotations

from datetime import date

from scheduler.cadence.evaluation import evaluate
from scheduler.cadence.rules import CadenceVersion, Forum, Kind, Meeting, Status
from scheduler.meetings.todo import Task, tasks

TODAY = date(2026, 11, 22)
FOUR = Forum(versions=(CadenceVersion(Kind.COUNT, min=4),))


def standing(*held: date):
    return evaluate(FOUR, [Meeting(day, "held") for day in held], TODAY)


def test_forums_that_need_a_date_come_before_outcomes_to_record():
    behind = standing(date(2026, 2, 3), date(2026, 5, 5))
    met = standing(*(date(2026, month, 3) for month in (2, 5, 9, 10)))
    found = tasks([(1, behind), (2, met)], [(2, 77, date(2026, 11, 5))])
    assert found == [
        Task("date_now", 1, Status.OVERDUE, on=behind.call_by),
        Task("record", 2, Status.NO_REQUIREMENT, 77, date(2026, 11, 5)),
    ]


def test_nothing_is_to_be_done_where_all_is_well():
    assert tasks([(1, standing(*(date(2026, month, 3) for month in (2, 5, 9, 10))))], []) == []
