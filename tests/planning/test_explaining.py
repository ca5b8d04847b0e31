"""Explanations: minimal conflicts, relaxations that help at the price they name, people who stand in the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from scheduler.planning.explaining import explain, is_conflict, own_contradictions, requirements
from scheduler.planning.reading import read_instance, read_plan
from scheduler.planning.years import YearTable
from tests.planning.making import fixed, forum, instance, meeting, person, plan, room, seat

ALWAYS = [[(date(2027, 1, 1) + timedelta(days=i)).isoformat(), 0, 1440] for i in range(181)]


def problem(**more):
    return read_instance(instance(**more))


def keys(found):
    return [one.key for one in found.conflict]


def assert_minimal(case, found, *, with_others=False, table=None):
    one = next(forum for forum in case.forums if forum.id == found.forum)
    table = table or YearTable(case, one)
    everything = requirements(table, with_others=with_others)
    assert is_conflict(table, found.conflict, everything)
    for left_out in found.conflict:
        rest = tuple(one for one in found.conflict if one is not left_out)
        assert not is_conflict(table, rest, everything)


CONTRADICTIONS = {
    "too far apart": ({"forums": [forum("f1", max_gap=30)]}, ["most", "max_gap", "least"]),
    "too many": ({"forums": [forum("f1", min_meetings=4, max_meetings=3)]}, ["most", "least"]),
    "too near": ({"forums": [forum("f1", min_meetings=3, min_gap=80)]}, ["min_gap", "least"]),
    "nobody": ({"forums": [forum("f1", seat("s1", None, required=True))]}, ["seat:s1", "least"]),
    "always busy": ({"persons": [person("p1", busy=ALWAYS), person("p2", busy=ALWAYS)]}, ["seat:s1", "least"]),
    "no room": ({"rooms": [room("a1", capacity=4)]}, ["rooms", "least"]),
    "no quorum": ({"forums": [forum("f1", quorum=3)]}, ["quorum", "least"]),
    "only forbidden days": ({"forums": [forum("f1", forbidden_weekdays=[0, 1, 2, 3, 4])]},
                            ["weekdays", "closed", "least"]),
    "lock too late": ({"locked": [fixed("f1", 0, "2027-06-28")]}, ["lock:0", "least"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_forum_that_contradicts_itself(name):
    more, expected = CONTRADICTIONS[name]
    case = problem(**more)
    found = explain(case, case.forums[0])
    assert not found.is_possible_alone
    if name == "lock too late":
        assert "lock:0" in keys(found)
    else:
        assert keys(found) == expected
    assert_minimal(case, found)


def test_relaxations_are_no_looser_than_needed_and_priced():
    case = problem(forums=[forum("f1", max_gap=30)])
    found = explain(case, case.forums[0])
    by_key = {one.key: one for one in found.relaxations}
    assert by_key["max_gap"].text == "tillåt 53 dagar mellan möten"
    table = YearTable(case, case.forums[0])
    assert table.cheapest(replace(table.rules, max_gap=53))[0] == by_key["max_gap"].points
    assert not table.is_possible(replace(table.rules, max_gap=52))


def test_people_in_the_way_are_named():
    case = problem(persons=[person("p1", busy=ALWAYS), person("p2", busy=ALWAYS)])
    found = explain(case, case.forums[0])
    assert [(one.person, one.busy_days, one.meeting_days) for one in found.blocking] == [
        ("p1", found.blocking[0].of, 0), ("p2", found.blocking[0].of, 0),
    ]  # fmt: skip


def test_a_forum_whose_place_others_have_taken():
    people = [person("p1", max_week=1), person("p2", max_day=0)]
    forums = [forum("f1", min_gap=1, max_gap=120), forum("f2", min_meetings=2, max_gap=120)]
    case = problem(forums=forums, persons=people, rooms=[room("a1")])
    first = case.first_date
    days = [first + timedelta(days=7 * i) for i in range(26)]
    standing = read_plan(plan(*(meeting("f1", i, day.isoformat()) for i, day in enumerate(days))))
    found = explain(case, case.forums[1], standing)
    assert found.is_possible_alone
    assert "others" in keys(found)
    assert found.blocking[0].meeting_days > 0


def test_a_forum_with_a_year_has_no_conflict_but_a_price():
    case = problem()
    found = explain(case, case.forums[0])
    assert (found.is_possible, found.points, found.relaxations) == (True, 0, ())
    assert own_contradictions(case) == []


#: Somebody who must be in both is free on the first half of the months in one and on the second in the other.
APART = {
    "forums": [
        forum("f1", seat("s1", "p1", required=True)),
        forum("f2", seat("s1", "p2", required=True)),
        forum("f3", seat("s1", "p3", required=True)),
    ],
    "persons": [
        person("p1", busy=[day for day in ALWAYS if int(day[0][8:]) > 10]),
        person("p2", busy=[day for day in ALWAYS if int(day[0][8:]) <= 20]),
        person("p3"),
        person("p4"),
    ],
}


def linked(least, most, **more):
    link = {"before": "f1", "after": "f2", "min_days": least, "max_days": most}
    return problem(**APART, links=[link], **more)


@pytest.mark.parametrize(("days", "possible"), [((0, 5), False), ((0, 20), True), ((-20, -12), True)])
def test_linked_forums_without_a_year_must_have_years_together(days, possible):
    """Each has one by itself; neither says that it has one when both cannot."""
    case = linked(*days)
    for one, other in ((0, "f2"), (1, "f1")):
        found = explain(case, case.forums[one])
        assert found.is_possible is possible
        if not possible:
            assert f"link:{other}" in keys(found)
            assert_minimal(case, found)
    assert explain(case, case.forums[2]).is_possible
    assert bool(own_contradictions(case)) is not possible


def test_the_price_of_a_relaxation_lets_the_linked_forum_have_a_year():
    case = linked(0, 20)
    table = YearTable(case, case.forums[0])
    alone = table.cheapest(replace(table.rules, links=frozenset()))
    beside = table.cheapest(table.rules)
    assert alone[0] <= beside[0]
    for day in beside[1]:
        # The tenth is the last day of the one, the twenty-first the first of the other, at most twenty days later.
        assert day.day <= 10
    assert all(table.is_possible(replace(table.rules, max_gap=n)) == (table.cheapest(replace(table.rules, max_gap=n))
               is not None) for n in range(5, 120, 5))  # fmt: skip
