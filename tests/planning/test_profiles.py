"""Alternatives are valid, weighed differently, and differ by a fifth of their dates."""

from __future__ import annotations

from scheduler.planning.engine import plain_engine
from scheduler.planning.profiles import DIFFERENT, PROFILES, alternatives, as_previous, difference
from scheduler.planning.reading import read_instance
from tests.planning.making import instance
from tests.planning.test_dates import PROBLEM
from tests.planning.test_solver import LINKED


def test_three_plans_that_differ():
    problem = read_instance(instance(**LINKED))
    found = alternatives(problem, ("travel", "even", "holders"), iterations=4, engine=plain_engine())
    assert [one.report.violations for one in found] == [[], [], []]
    assert min(part for one in found for part in one.different) >= DIFFERENT


def test_every_profile_keeps_the_rules():
    problem = read_instance(instance())
    for profile in PROFILES:
        (found,) = alternatives(problem, (profile.key,), iterations=2, engine=plain_engine())
        assert found.report.violations == []
        assert difference(found.plan, found.plan) == 0.0
        assert len(as_previous(found.plan)) == len(found.plan.meetings)


def test_alternatives_to_the_examples_plan_differ_by_a_fifth_of_their_dates():
    found = alternatives(PROBLEM, ("balanced", "close", "even"), iterations=1, engine=plain_engine())
    assert [one.report.violations for one in found] == [[], [], []]
    assert min(part for one in found for part in one.different) >= DIFFERENT
