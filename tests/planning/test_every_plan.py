"""Against the dullest solver there is: every plan of a tiny instance, one by one, judged by the checker.

What it finds is what is: the bound lies no higher, the solver no lower, an explanation says infeasible exactly where
there is nothing, and the cheapest year of a forum alone costs what the best of all plans does.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import combinations, product

import pytest

from scheduler.planning.bound import lower_bound
from scheduler.planning.checker import check
from scheduler.planning.engine import plain_engine
from scheduler.planning.explaining import explain
from scheduler.planning.plan import Plan, PlannedMeeting
from scheduler.planning.reading import read_instance
from scheduler.planning.solver import search
from tests.planning.making import fixed, forum, instance, person, room, seat

MONDAY = date(2027, 1, 4)
#: The only open days: four, a week apart or nearly.
OPEN = [MONDAY, MONDAY + timedelta(days=8), MONDAY + timedelta(days=15), MONDAY + timedelta(days=23)]
LAST = MONDAY + timedelta(days=30)


def tiny(seed: int):
    """One or two forums that meet once or twice on four days, with people and rooms too few, now and then linked."""
    chance = random.Random(seed)  # noqa: S311 - instances, not secrets
    days = [MONDAY + timedelta(days=i) for i in range((LAST - MONDAY).days + 1)]
    people = [
        person(
            f"p{i}", chance.choice("AABC"), max_day=chance.choice([1, 2]), max_week=chance.choice([1, 2]),
            busy=[[day.isoformat(), *chance.choice([(0, 1440), (0, 700), (700, 1440)])]
                  for day in OPEN if chance.random() < 0.4],
        )
        for i in range(3)
    ]  # fmt: skip
    names = [one["id"] for one in people]

    def made(name: str):
        holders = chance.sample(names, 2)
        seats = [
            seat("s1", holders[0], *chance.sample(names, chance.randint(0, 1)), required=chance.random() < 0.7),
            seat("s2", holders[1], required=False),
        ][: chance.randint(1, 2)]
        least = chance.randint(0, 2)
        return forum(
            name, *seats, min_meetings=least, target_meetings=2, max_meetings=2, duration=120,
            ideal_gap=chance.choice([10, 15]), min_gap=chance.choice([7, 14]), max_gap=chance.choice([16, 25, 60]),
            starts=chance.choice([[540], [540, 780]]), preferred_weekdays=[chance.randint(0, 2)],
            forbidden_weekdays=[], towns=chance.choice([["A"], ["A", "B"]]), quorum=chance.randint(0, len(seats)),
            last_previous=(MONDAY - timedelta(days=chance.choice([10, 20]))).isoformat(),
        )  # fmt: skip

    forums = [made(f"f{i}") for i in range(chance.choice([1, 2, 2]))]
    more = {}
    if len(forums) == 2 and chance.random() < 0.4:
        low = chance.choice([-8, 0, 7])
        more["links"] = [{"before": "f0", "after": "f1", "min_days": low, "max_days": low + chance.choice([1, 9])}]
    if chance.random() < 0.2:
        more["locked"] = [fixed("f0", 0, chance.choice(OPEN).isoformat(), 540, "a1")]
    return instance(
        first_date=MONDAY.isoformat(), last_date=LAST.isoformat(), planning_date="2026-12-01",
        closed=[[day.isoformat(), "stängt"] for day in days if day not in OPEN], persons=people, forums=forums,
        rooms=[room("a1"), room("b1", "B")], **more,
    )  # fmt: skip


def years_of(problem, one):
    """Every year of a forum that could be written down: days, starts, rooms, and who sits."""
    seats = [[None, *([each.holder] if each.holder else []), *each.substitutes] for each in one.seats]
    sittings = [
        dict(zip([each.id for each in one.seats], who, strict=True)) for who in product(*map(dict.fromkeys, seats))
    ]
    places = [each.id for each in problem.rooms if each.town in one.towns]
    at = list(product(one.starts, places, sittings))
    for n in range(one.min_meetings, one.max_meetings + 1):
        for days in combinations(OPEN, n):
            for chosen in product(at, repeat=n):
                yield [
                    PlannedMeeting(one.id, k, day, start, where, who)
                    for k, (day, (start, where, who)) in enumerate(zip(days, chosen, strict=True))
                ]


def feasible_years(problem, one):
    """Those that break no rule of the forum's own; a link needs both."""
    alone = type(problem)(**{**vars(problem), "forums": (one,), "links": (), "locked": tuple(
        lock for lock in problem.locked if lock.forum == one.id)})  # fmt: skip
    return [year for year in years_of(problem, one) if check(alone, Plan(tuple(year))).is_feasible]


def best_of_all(problem):
    """The least any feasible plan costs; None when there is none."""
    costs = []
    for years in product(*(feasible_years(problem, one) for one in problem.forums)):
        report = check(problem, Plan(tuple(meeting for year in years for meeting in year)))
        if report.is_feasible:
            costs.append(report.cost)
    return min(costs, default=None)


def assert_agreed(seed: int) -> bool:
    """Whether there was a plan at all, for the sake of a test that both happen."""
    problem = read_instance(tiny(seed))
    if any(len(years) > 60 for years in (feasible_years(problem, one) for one in problem.forums)):
        return True
    best = best_of_all(problem)
    found = search(problem, iterations=10, engine=plain_engine(), seed=seed)
    if best is not None:
        assert found.report.is_feasible, seed
        assert found.report.cost >= best, seed
        assert found.report.cost <= best + 300, seed
        assert lower_bound(problem, iterations=20).points <= best, seed
    else:
        assert not found.report.is_feasible, seed
    for one in problem.forums:
        said = explain(problem, one)
        others = [other for other in problem.forums if other is not one and problem.links]
        group = type(problem)(**{**vars(problem), "forums": (one, *others)})
        if not others:
            group = type(problem)(**{**vars(group), "links": (), "locked": tuple(
                lock for lock in problem.locked if lock.forum == one.id)})  # fmt: skip
            alone = best_of_all(group)
            # A table of one forum has no other meetings to be in the way: it says exactly what there is.
            assert said.is_possible == (alone is not None), (seed, one.id)
            if alone is not None and not problem.locked:
                assert said.points == alone, (seed, one.id)
        elif said.is_possible is False and one.min_meetings:
            assert best_of_all(group) is None or all(other.min_meetings == 0 for other in others), (seed, one.id)
    return best is not None


@pytest.mark.parametrize("seed", range(24))
def test_nobody_claims_what_is_not_so(seed):
    assert_agreed(seed)


def test_the_tiny_instances_are_of_both_sorts():
    sorts = {best_of_all(read_instance(tiny(seed))) is None for seed in range(12)}
    assert sorts == {True, False}


@pytest.mark.slow
def test_nobody_claims_what_is_not_so_on_many_more():
    for seed in range(100, 500):
        assert_agreed(seed)
