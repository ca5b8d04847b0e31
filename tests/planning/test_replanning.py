"""A plan mended after a change: valid, and little moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from scheduler.planning.checker import check
from scheduler.planning.engine import plain_engine
from scheduler.planning.instance import Busy, Fixed
from scheduler.planning.replanning import broken_meetings, mend
from tests.planning.test_dates import PLAN, PROBLEM


def away(person: str, first, days: int):
    busy = tuple(Busy(first + timedelta(days=i), 0, 1440) for i in range(days))
    return replace(
        PROBLEM,
        persons=tuple(replace(one, busy=one.busy + busy) if one.id == person else one for one in PROBLEM.persons),
    )


def test_nothing_changed_nothing_moves():
    found = mend(PROBLEM, PLAN, engine=plain_engine())
    assert (found.plan, found.moved) == (PLAN, ())


@pytest.mark.parametrize("at", [0, 20, 50, 80, 110])
def test_somebody_who_must_be_there_is_away_for_a_week(at):
    forum = next(one for one in PROBLEM.forums if one.id == PLAN.meetings[at].forum)
    chair = PLAN.meetings[at].seats[forum.seats[0].id]
    changed = away(chair, PLAN.meetings[at].on - timedelta(days=2), 7)
    assert broken_meetings(check(changed, PLAN))
    found = mend(changed, PLAN, engine=plain_engine())
    assert found.report.violations == []
    assert len(found.moved) <= 1.2 * len(found.broken)


def test_a_closed_day_and_a_lost_room_move_what_was_there():
    day = PLAN.meetings[30].on
    found = mend(replace(PROBLEM, closed=PROBLEM.closed | {day: "brand"}), PLAN, engine=plain_engine())
    assert found.report.violations == []
    assert set(found.moved) == set(found.broken)
    room = PLAN.meetings[30].room
    lost = tuple(
        replace(one, busy=tuple(Busy(day + timedelta(days=i), 0, 1440) for i in range(60))) if one.id == room else one
        for one in PROBLEM.rooms
    )
    found = mend(replace(PROBLEM, rooms=lost), PLAN, engine=plain_engine())
    assert found.report.violations == []
    assert len(found.moved) <= 1.2 * len(found.broken)


def test_a_locked_meeting_stays_and_others_give_way():
    chosen = PLAN.meetings[10]
    lock = Fixed(chosen.forum, chosen.index, chosen.on, chosen.start, chosen.room)
    day = chosen.on
    found = mend(
        replace(PROBLEM, closed=PROBLEM.closed | {day: "brand"}, locked=(lock,)), PLAN, engine=plain_engine()
    )  # fmt: skip
    assert found.report.violations == []
    assert (chosen.forum, chosen.index) not in found.moved
