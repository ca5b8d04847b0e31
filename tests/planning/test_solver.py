"""Plans from the solver: valid, the same for the same seed, and the same by every path of the kernel."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from scheduler.planning import compiled, kernel, vector
from scheduler.planning.checker import check
from scheduler.planning.engine import Engine, plain_engine
from scheduler.planning.pair import solve
from scheduler.planning.reading import read_instance
from scheduler.planning.solver import Search, search
from scheduler.planning.tables import GROUP
from tests.planning.making import fixed, forum, instance, person, room, seat

CASES = Path(__file__).with_name("cases")


def read(**more):
    return read_instance(instance(**more))


def planned(problem, **more):
    return search(problem, engine=plain_engine(), **({"iterations": 4} | more))


def dates(outcome, name):
    return [meeting.on.isoformat() for meeting in outcome.plan.meetings if meeting.forum == name]


LINKED = {
    "forums": [
        forum("f1", seat("s1", "p1", "p2", required=True), seat("s2", "p3")),
        forum("f2", seat("s1", "p2", required=True), towns=["A", "B"]),
        forum("f3", seat("s1", "p3", "p4", required=True), min_meetings=1, target_meetings=3),
    ],
    "links": [{"before": "f1", "after": "f2", "min_days": 3, "max_days": 12}],
}
SHARED = {
    "forums": [
        forum("f1", seat("s1", "p1", "p2", required=True), seat("s2", "p2", "p1"), seat("s3", "p4", "p1"), quorum=3)
    ],
}
MOVED = {
    "previous_plan": [fixed("f1", 0, "2027-02-02", 780, "a2"), fixed("f1", 1, "2027-04-05"),
                      fixed("f1", 2, "2027-06-01")],
    "locked": [fixed("f1", 0, "2027-01-30", 555)],
}  # fmt: skip
CROWDED = {
    "forums": [forum(f"f{i}", seat("s1", "p1", "p2", required=True), seat("s2", "p3")) for i in range(1, 7)],
    "persons": [person("p1", max_day=1, max_week=1), person("p2", max_week=1), person("p3", "B"), person("p4")],
    "rooms": [room("a1")],
}


#: Two organisations' seats, each with its substitutes for all of them, and a seat that shares nobody.
FEW_SUBSTITUTES = {
    "forums": [
        forum(
            "f1", seat("s1", "p1", "p5", "p6", required=True), seat("s2", "p2", "p5", "p6"), seat("s3", "p3", "p5"),
            seat("s4", "p4", "p7"), seat("s5", "p8", "p7"), seat("s6", "p9"), quorum=4, towns=["A", "B"],
        ),
        forum("f2", seat("s1", "p5"), seat("s2", "p2"), seat("s3", "p7")),
    ],
    "persons": [
        person(f"p{i}", "ABC"[i % 3], busy=[
            [f"2027-{month:02}-{day:02}", *hours]
            for month in range(1, 7) for day in range(1 + i % 4, 28, 3 + i % 5)
            for hours in [(0, 700), (700, 1440), (0, 1440)][i % 3 :][:1]
        ])
        for i in range(1, 10)
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    "more", [{}, LINKED, SHARED, MOVED, CROWDED], ids=["one", "linked", "shared", "moved", "crowd"]
)
def test_a_plan_is_complete_and_costs_what_the_checker_says(more):
    problem = read(**more)
    made = Search(problem, 1, plain_engine())
    made.construct()
    for _ in range(3):
        made.improve(2, 50.0)
        assert kernel.total_points(made.tables, made.state) == made.state.sums[0]
    made.settle()
    report = check(problem, made.plan())
    assert (report.violations, report.cost) == ([], made.best)


def test_locked_meetings_stand():
    assert dates(planned(read(**MOVED)), "f1")[0] == "2027-01-30"


def test_a_meeting_stays_where_it_was_when_moving_costs_more():
    before = [fixed("f1", 0, "2027-02-02", 780, "a2"), fixed("f1", 1, "2027-04-06", 780)]
    found = planned(read(previous_plan=before)).plan.meetings
    assert [(one.on.isoformat(), one.start, one.room) for one in found] == [
        ("2027-02-02", 780, "a2"), ("2027-04-06", 780, "a1"),
    ]  # fmt: skip


def test_a_forum_without_place_is_named_and_the_others_have_theirs():
    found = planned(read(forums=[forum("f1"), forum("f2", max_gap=10)]))
    assert found.unplaced == ("f2",)
    assert [violation.code for violation in found.report.violations] == ["H4"]


@pytest.mark.parametrize(
    "more", [{"forums": []}, {"forums": [], "persons": [], "rooms": [], "towns": [], "km": [], "minutes": []}]
)
def test_nothing_to_plan_is_a_plan(more):
    found = planned(read(**more))
    assert (found.plan.meetings, found.is_complete) == ((), True)


def test_a_year_in_which_nobody_may_meet():
    found = planned(read(closed=[], notice_days=400))
    assert found.unplaced == ("f1",)


def test_forums_that_need_not_meet():
    found = planned(read(forums=[forum("f1", min_meetings=0, target_meetings=0, max_meetings=0)]))
    assert (found.plan.meetings, found.is_complete) == ((), True)


def test_weekly_meetings_keep_the_limit_of_a_week():
    weekly = forum("f1", min_meetings=20, target_meetings=24, max_meetings=40, ideal_gap=5, min_gap=2, max_gap=14,
                   last_previous="2026-12-28", forbidden_weekdays=[])  # fmt: skip
    found = planned(read(forums=[weekly], persons=[person("p1", max_week=1), person("p2", max_week=1)]))
    assert found.report.violations == []


def real(name="f025.json"):
    return read_instance(json.loads((CASES / name).read_text(encoding="utf-8")))


def test_the_worked_example_is_planned_and_gets_better():
    found = planned(real(), iterations=6)
    assert found.is_complete
    assert found.history[-1][1] < found.history[0][1]
    assert found.report.cost == found.history[-1][1] or found.report.cost < found.history[-1][1]


def flat_kernel():
    """The compiler's copy of the kernel, run by Python: the rewriting is tested without waiting for a compiler."""
    source = compiled.flat_source().replace(compiled._HEAD.strip(), "")
    lines = [line for line in source.splitlines() if not line.startswith("@machine")]
    found: dict = {"machine": lambda _: lambda function: function}
    exec(compile("\n".join(lines), "flat", "exec"), found)  # noqa: S102 - our own source, rewritten
    return Engine(SimpleNamespace(**found), is_compiled=True)


def bytes_of(problem, engine):
    return search(problem, seed=5, iterations=3, engine=engine).plan.as_bytes()


@pytest.mark.parametrize(
    "more", [LINKED, SHARED, FEW_SUBSTITUTES, MOVED, CROWDED], ids=["linked", "shared", "few", "moved", "crowd"]
)
def test_every_path_of_the_kernel_gives_the_same_bytes(more):
    problem = read(**more)
    expected = bytes_of(problem, plain_engine())
    assert bytes_of(problem, Engine(kernel, is_compiled=False)) == expected
    assert bytes_of(problem, flat_kernel()) == expected


def test_whole_arrays_give_the_numbers_of_the_loops():
    problem = real()
    slow = Search(problem, 1, plain_engine())
    for f in (0, 2, 7):
        expected = [slow.tables.cell.copy(), slow.tables.cell_room.copy(), slow.tables.open_day.copy()]
        kernel.fill_cells(slow.tables, slow.state, f)
        for before, table in zip(
            expected, (slow.tables.cell, slow.tables.cell_room, slow.tables.open_day), strict=True
        ):
            assert np.array_equal(before, table)
        kernel.price_year(slow.tables, slow.state, f, 0, 0)
        kernel.price_year(slow.tables, slow.state, f, 1, 0)
        for name in ("forward", "backward"):
            results = []
            for module in (kernel, vector):
                arguments = (f, 0, int(slow.tables.forum[f, 2])) if name == "forward" else (f, 0)
                getattr(module, name)(slow.tables, slow.state, *arguments)
                tables = (slow.state.chain, slow.state.chain_from) if name == "forward" else (
                    slow.state.tail[0], slow.state.tail_to[0])  # fmt: skip
                results.append([table[: int(slow.tables.forum[f, 2])].copy() for table in tables])
            for one, other in zip(*results, strict=True):
                assert np.array_equal(one, other)


def test_seats_filled_group_by_group_cost_what_all_of_them_together_do():
    made = Search(read(**FEW_SUBSTITUTES), 1, plain_engine())
    made.construct()
    tables, state = made.tables, made.state
    costs = set()
    for d in range(len(made.numbering.days)):
        for start in (540, 780):
            for town in (0, 1):
                given = (0, d, start, start + 120, town)
                one = kernel.assign_any(tables, state, *given, 0)
                who = [int(p) for p in state.seat_person[:6] if p >= 0]
                assert len(who) == len(set(who))
                assert kernel.assign_shared(tables, state, *given, 0, -1) == one
                costs.add(one)
    assert len(costs) > 10
    assert made.tables.seat[:6, GROUP].tolist() == [0, 0, 0, 3, 3, 5]


PROGRAM = """
import json, sys
from scheduler.planning.engine import plain_engine
from scheduler.planning.reading import read_instance
from scheduler.planning.solver import search
problem = read_instance(json.load(sys.stdin))
sys.stdout.buffer.write(search(problem, seed=3, iterations=2, engine=plain_engine()).plan.as_bytes())
"""


def test_the_same_seed_gives_the_same_bytes_under_any_hash_seed():
    given = json.dumps(instance(**CROWDED)).encode()
    found = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM], input=given, capture_output=True, check=True,
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(Path(__file__).parents[2])},
        ).stdout
        for hash_seed in ("0", "1", "4711")
    }  # fmt: skip
    assert len(found) == 1


def test_another_seed_gives_another_run():
    assert len({planned(real(), iterations=2, seed=seed).plan.as_bytes() for seed in (0, 1)}) == 2


def test_two_processes_keep_the_better_plan():
    problem = read(**CROWDED)
    found = solve(problem, seed=2, iterations=3, processes=2)
    singles = [search(problem, seed=seed, iterations=3) for seed in (4, 5)]
    assert found.report.cost == min(one.report.cost for one in singles)


def test_a_cancelled_run_keeps_the_best_so_far():
    told = []
    found = planned(real(), iterations=10_000, progress=told.append, is_cancelled=lambda: bool(told))
    assert found.is_complete
    assert found.iterations == told[-1].iterations


def test_seconds_end_a_run():
    found = planned(read(**LINKED), iterations=None, seconds=0.5)
    assert found.is_complete
    assert found.iterations > 0


def test_forum_without_seats_has_a_year_and_the_search_an_end():
    """Its empty seats cost what they did, however often they are filled anew."""
    nobody = read(forums=[forum("board", seats=[], quorum=0, places=0), forum("other", seat("s", "p1"))])
    outcome = search(nobody, iterations=5, engine=plain_engine())
    assert outcome.is_complete


def test_second_process_does_not_outlive_the_first(tmp_path):
    """A killed run leaves nothing behind that goes on reckoning."""
    begin = (
        "import json, sys; from scheduler.planning.pair import solve; from scheduler.planning.reading import "
        "read_instance; solve(read_instance(json.load(open(sys.argv[1]))), seconds=600, processes=2)"
    )
    first = subprocess.Popen([sys.executable, "-c", begin, str(CASES / "f025.json")])
    children = Path(f"/proc/{first.pid}/task/{first.pid}/children")
    if not children.exists():
        first.kill()
        pytest.skip("the system does not tell of children")
    second = until(lambda: children.read_text().split())
    assert second
    first.kill()
    first.wait()
    assert until(lambda: not any(is_running(number) for number in second))


def is_running(number):
    """Whether the process is there and does something: one that nobody has asked for its end stays listed."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(ask, seconds=30.0):
    """What ``ask`` gives as soon as it is something, or at last."""
    deadline = time.monotonic() + seconds
    while not (found := ask()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found
