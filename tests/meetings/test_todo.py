"""What a secretariat should do next: dates first, the worst first, then outcomes to record."""

from __future__ import annotations

from datetime import date

import pytest

from scheduler.cadence.evaluation import evaluate
from scheduler.cadence.rules import CadenceVersion, Forum, Kind, Meeting, Period, Status
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


THREE = (date(2026, 2, 3), date(2026, 5, 5), date(2026, 9, 8))
MONTHLY = CadenceVersion(Kind.COUNT, min=1, period=Period.MONTH)
SIX_WEEKS = CadenceVersion(Kind.INTERVAL, every=6)
WITHDRAWN = (CadenceVersion(Kind.COUNT, min=4), CadenceVersion(valid_from=date(2026, 7, 1)))


@pytest.mark.parametrize(
    ("forum", "held", "booked", "status", "kind"),
    [
        (Forum((MONTHLY,)), (), (), Status.AT_RISK, "date_now"),
        (FOUR, THREE[:2], (), Status.OVERDUE, "date_now"),
        (Forum((SIX_WEEKS,)), (date(2026, 10, 20),), (), Status.DUE, "date_soon"),
        (FOUR, THREE, (), Status.ON_TRACK, None),
        (FOUR, THREE, (date(2026, 12, 8),), Status.PLANNED, None),
        (FOUR, (*THREE, date(2026, 10, 6)), (), Status.MET, None),
        (Forum(FOUR.versions, pauses=((date(2026, 11, 1), None),)), (), (), Status.PAUSED, None),
        (Forum(FOUR.versions, start=date(2027, 1, 1)), (), (), Status.NOT_STARTED, None),
        (Forum(FOUR.versions, end=date(2026, 6, 30)), (), (), Status.ENDED, None),
        (Forum(WITHDRAWN), (), (), Status.NO_REQUIREMENT, None),
    ],
)
def test_a_date_is_asked_for_where_the_status_says_so(forum, held, booked, status, kind):
    meetings = [*(Meeting(day, "held") for day in held), *(Meeting(day, "confirmed") for day in booked)]
    found = evaluate(forum, meetings, TODAY)
    assert found.status is status
    assert tasks([(1, found)], []) == ([Task(kind, 1, status, on=found.call_by)] if kind else [])


def test_the_given_order_is_kept():
    behind = standing()
    found = tasks([(7, behind), (3, behind)], [(9, 2, date(2026, 1, 1)), (8, 1, date(2026, 2, 2))])
    assert [(task.forum_id, task.meeting_id) for task in found] == [(7, None), (3, None), (9, 2), (8, 1)]


def test_nothing_is_to_be_done_where_all_is_well():
    assert tasks([(1, standing(*(date(2026, month, 3) for month in (2, 5, 9, 10))))], []) == []
