"""Best dates of one meeting and reasons against a day, told by the checker whether they are right."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from scheduler.planning.cells import Standing
from scheduler.planning.checker import check
from scheduler.planning.dates import DateTable
from scheduler.planning.plan import Plan
from scheduler.planning.reading import read_instance, read_plan
from tests.planning.making import forum, instance, meeting, person, plan, room, seat

CASES = Path(__file__).with_name("cases")
PROBLEM = read_instance(json.loads((CASES / "f025.json").read_text(encoding="utf-8")))
PLAN = read_plan(json.loads((CASES / "f025_example_plan.json").read_text(encoding="utf-8")))
GOOD = (meeting("f1", 0, "2027-02-01"), meeting("f1", 1, "2027-04-05"))


def moved(standing: Plan, at: int, choice) -> Plan:
    """The plan with a meeting on the date chosen, its seats filled in the only way that matters: the cheapest."""
    old = standing.meetings[at]
    new = replace(old, on=choice.on, start=choice.start, room=choice.room)
    return Plan((*standing.meetings[:at], new, *standing.meetings[at + 1 :]))


@pytest.mark.parametrize("at", range(0, 117, 9))
def test_the_best_dates_keep_every_rule_that_hangs_on_the_date(at):
    table = DateTable(Standing(PROBLEM, PLAN), PLAN.meetings[at].forum, PLAN.meetings[at].index)
    best = table.best(5)
    assert [one.points for one in best] == sorted(one.points for one in best)
    assert table.now is not None
    assert best[0].points <= table.now
    for choice in best:
        report = check(PROBLEM, moved(PLAN, at, choice))
        assert {one.code for one in report.violations} <= {"H6", "H7", "H8", "H9"}  # its people are chosen anew


@pytest.mark.parametrize("at", range(0, 117, 13))
def test_where_the_meeting_lies_now_costs_what_the_plan_would_save_without_it(at):
    """Everything that hangs on one meeting, by the checker: the cost with it less the cost of all the others."""
    chosen = PLAN.meetings[at]
    table = DateTable(Standing(PROBLEM, PLAN), chosen.forum, chosen.index)
    same = [one for one in table.best(400) if one.on == chosen.on]
    assert same[0].points <= table.now


def test_a_day_is_either_offered_or_has_reasons():
    table = DateTable(Standing(PROBLEM, PLAN), "f3", 2)
    offered = {one.on for one in table.best(400)}
    for i in range((PROBLEM.last_date - PROBLEM.first_date).days + 1):
        day = PROBLEM.first_date + timedelta(days=i)
        assert (day in offered) == (table.why_not(day) == [])


def reasons(day: str, *meetings, index=1, **more) -> list[str]:
    problem = read_instance(instance(**more))
    standing = read_plan(plan(*(meetings or GOOD)))
    return [one.text for one in DateTable(Standing(problem, standing), "f1", index).why_not(date.fromisoformat(day))]


BUSY = [["2027-04-12", 0, 1440]]
OTHER_ROOMS = [room("a1", busy=BUSY), room("a2", busy=BUSY)]


@pytest.mark.parametrize(
    ("day", "more", "expected"),
    [
        ("2027-04-12", {}, []),
        ("2027-04-11", {}, ["stängd dag: helg"]),
        ("2027-04-16", {}, ["förbjuden veckodag"]),
        ("2027-02-08", {}, ["forumets andra möten kräver 2027-03-02 till 2027-06-01"]),
        ("2027-04-12", {"notice_days": 200}, ["för nära att kalla; tidigast 2027-06-19"]),
        ("2027-04-12", {"rooms": [room("a1", busy=BUSY), room("a2", busy=BUSY)]},
         ["ingen lokal som räcker är ledig"]),
        ("2027-04-12", {"persons": [person("p1", busy=BUSY), person("p2", busy=BUSY)]},
         ["p1 är upptagen", "p2 är upptagen"]),
        ("2027-04-12", {"persons": [person("p1", busy=BUSY), person("p2")]}, []),
    ],
)  # fmt: skip
def test_why_not_a_day(day, more, expected):
    assert reasons(day, **more) == expected


def test_another_forums_meeting_is_named():
    forums = [forum("f1", seat("s1", "p1", required=True)), forum("f2", seat("s1", "p1", required=True))]
    others = [meeting("f2", 0, "2027-02-02", 540, "a2"), meeting("f2", 1, "2027-04-12", 540, "a2")]
    people = [person("p1", max_day=1), person("p2")]
    assert reasons("2027-04-12", *GOOD, *others, forums=forums, persons=people) == [
        "p1 har redan 1 möten den dagen"
    ]  # fmt: skip
    forums = [replace_starts(one) for one in forums]
    assert reasons("2027-04-12", *GOOD, *others, forums=forums) == ["p1 sitter i f2 den dagen"]


def replace_starts(value):
    return {**value, "starts": [540]}
