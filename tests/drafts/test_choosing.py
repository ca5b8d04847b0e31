"""Other days for a meeting: what is offered, who comes then, and what a kept judgement is kept by."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from scheduler.drafts.actions import lock_meeting, move_planned
from scheduler.drafts.choosing import alternatives, best_of, in_spite, more_dates, weeks_of
from scheduler.drafts.models import Draft, DraftMeeting
from scheduler.drafts.queries import Board, Judgement, board_of, draft_with_meetings
from scheduler.drafts.translating import pack, plan_of
from scheduler.history.rules import Actor
from scheduler.planning.reading import read_instance
from tests.drafts.test_remarks import PROBLEM

ACTOR = Actor("Sara Niemi", user_id=None)
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
#: A Tuesday.
DAY = date(2027, 4, 13)


def board(**changes: Any) -> tuple[Board, DraftMeeting]:
    """Forum 1 with one meeting on ``DAY``; ``changes`` of the problem, by key."""
    problem = copy.deepcopy(PROBLEM) | changes
    row = DraftMeeting(
        id=1, forum_id=1, on=DAY, start=780, duration=90, place_id=1, town="Luleå", seats={"10": 0, "11": 1}
    )
    draft = Draft(year=2027, meetings=[row])
    instance = read_instance(problem)
    return Board(draft, Judgement(instance, plan_of(instance, [row])), {("f1", 0): row}), row


def busy(person: int, *days: str) -> list[dict[str, Any]]:
    """The people, one of them away on these days."""
    people = copy.deepcopy(PROBLEM["persons"])
    people[person]["busy"] = [[day, 0, 1440] for day in days]
    return people


def test_other_days_are_offered_the_cheapest_first_and_never_the_one_it_has():
    found, row = board()
    offered = alternatives(found, found.dates(row), 3)
    assert len(offered) == 3
    assert DAY not in [one.on for one in offered]
    assert [one.more for one in offered] == sorted(one.more for one in offered)
    assert all(one.seats == {"10": 0, "11": 1} for one in offered)


def test_substitute_comes_where_the_holder_cannot():
    found, row = board(persons=busy(1, "2027-04-20"))
    choice = best_of(found, found.dates(row), [date(2027, 4, 20)])
    assert choice is not None
    assert choice.seats == {"10": 0, "11": 2}
    assert "1 ersätts: Rolf Ekträsk." in [one.text for one in choice.remarks]


def test_day_without_the_chair_is_no_choice_but_can_be_taken_in_spite():
    found, row = board(persons=busy(0, "2027-04-20"))
    table, day = found.dates(row), date(2027, 4, 20)
    assert best_of(found, table, [day]) is None
    taken = in_spite(found, table, day)
    assert (taken.on, taken.start, taken.seats) == (day, 780, {"10": None, "11": 1})
    assert taken.remarks[0].weight == "clash"


def test_one_more_meeting_keeps_its_distance_to_the_forums_others():
    found, _row = board()
    forum = found.forum(1)
    assert forum is not None
    offered = more_dates(found, forum)
    assert len(offered) == 5
    assert all(abs((one.on - DAY).days) >= forum.min_gap for one in offered)
    assert len({one.week for one in offered}) == 5


@pytest.mark.parametrize(("year", "weeks"), [(2026, 53), (2027, 52), (2024, 52)])
def test_weeks_of_a_year_are_numbered_once(year, weeks):
    found = weeks_of(year)
    assert [week for week, _first, _last in found] == list(range(1, weeks + 1))
    assert all(first.year == last.year == year and first <= last for _week, first, last in found)


def test_locking_judges_nothing_anew_and_moving_does(house, writing, small):
    problem = copy.deepcopy(PROBLEM)
    problem["forums"] = [{**one, "id": f"f{small['ett']}"} for one in problem["forums"][:1]]
    with writing() as session:
        draft = Draft(
            year=2027, scope="all", name="x", profile="balanced", seconds=2, state="ready", created_at=NOW,
            finished_at=NOW, problem=pack(problem),
            meetings=[DraftMeeting(forum_id=small["ett"], on=DAY, start=780, duration=90, seats={})],
        )  # fmt: skip
        session.add(draft)
        session.flush()
        number = draft.id

    def judged() -> Judgement:
        with Session(house) as session:
            found = board_of(session, draft_with_meetings(session, number))
            assert found is not None
            return found.judgement

    first = judged()
    with writing() as session:
        draft = draft_with_meetings(session, number)
        lock_meeting(session, ACTOR, NOW, draft.meetings[0], locked=True)
    assert judged() is first
    with writing() as session:
        draft = draft_with_meetings(session, number)
        move_planned(session, ACTOR, NOW, draft.meetings[0], on=date(2027, 4, 20), start=780, place_id=None, town=None)
    assert judged().plan.meetings[0].on == date(2027, 4, 20)
