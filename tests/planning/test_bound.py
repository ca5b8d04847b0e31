"""The lower bound never exceeds what a plan costs, and comes near it where it can."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scheduler.planning.bound import at_most_above, lower_bound
from scheduler.planning.checker import check
from scheduler.planning.engine import plain_engine
from scheduler.planning.profiles import as_previous
from scheduler.planning.quality import judge
from scheduler.planning.reading import read_instance
from scheduler.planning.solver import search
from tests.planning.making import instance, person
from tests.planning.test_dates import PLAN, PROBLEM
from tests.planning.test_solver import CROWDED, LINKED, MOVED, SHARED


@pytest.mark.parametrize(
    "more", [{}, LINKED, SHARED, MOVED, CROWDED], ids=["one", "linked", "shared", "moved", "crowd"]
)
def test_the_bound_is_no_more_than_a_plan_costs(more):
    problem = read_instance(instance(**more))
    cost = search(problem, iterations=30, engine=plain_engine()).report.cost
    for known in (None, cost, cost + 500):
        assert lower_bound(problem, known=known, iterations=15).points <= cost


@pytest.mark.parametrize("forums", [2, 5])
@pytest.mark.parametrize("travel", [0, 1])
def test_the_bound_of_parts_of_the_example(forums, travel):
    some = PROBLEM.forums[:forums]
    names = {one.id for one in some}
    part = replace(
        PROBLEM, forums=some, links=tuple(one for one in PROBLEM.links if {one.before, one.after} <= names),
        weights=replace(PROBLEM.weights, travel_per_10km=travel),
    )  # fmt: skip
    cost = search(part, iterations=10, engine=plain_engine()).report.cost
    found = lower_bound(part, known=cost, iterations=10).points
    assert 0.4 * cost < found <= cost


def test_the_bound_of_the_example_lies_below_its_plan():
    assert 12_000 < lower_bound(PROBLEM, iterations=2).points <= check(PROBLEM, PLAN).cost


def test_what_stands_locked_costs_what_cannot_be_helped():
    """Its day, hour and room, and seats nobody can ever fill, are in the bound too."""
    problem = read_instance(instance(**MOVED))
    plan = search(problem, iterations=20, engine=plain_engine()).plan
    dear = replace(problem, weights=replace(problem.weights, weekday=400), forums=tuple(
        replace(one, preferred_weekdays=()) for one in problem.forums
    ))  # fmt: skip
    locked = replace(dear, locked=as_previous(plan))
    cost = check(locked, plan).cost
    found = lower_bound(locked, known=cost, iterations=5).points
    assert 400 * len(plan.meetings) <= found <= cost


def test_shared_journeys_are_paid_once_in_the_bound():
    more = CROWDED | {"persons": [person("p1", "C"), person("p2", "C"), person("p3", "B"), person("p4")]}
    problem = read_instance(instance(**more))
    cost = search(problem, iterations=40, engine=plain_engine()).report.cost
    assert lower_bound(problem, known=cost, iterations=40).points <= cost


def test_percent_above_the_bound():
    assert at_most_above(105, 100) == 5.0
    assert at_most_above(105, 0) is None


def test_quality_takes_the_score_apart():
    bound = lower_bound(PROBLEM, iterations=1)
    found = judge(PROBLEM, PLAN, bound)
    assert found.travel == 18_160
    parts = sum(one.points for one in found.forums) + found.report.terms["week_load"]
    assert abs(parts - found.report.cost) <= len(PROBLEM.forums)  # shares are rounded
    assert sum(one.points for one in found.persons) == found.travel
    assert found.sentence.startswith("Högst ")
    assert judge(PROBLEM, PLAN).sentence == "Hur långt planen är från den bästa möjliga är inte beräknat"
