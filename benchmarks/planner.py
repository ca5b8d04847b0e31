"""How fast the year planner is, and how good its plans: on seeded instances of its own, or on files given.

For each instance: reading, the first complete plan, the cost after some seconds in two processes, the proven bound,
peak memory; then the latencies of best dates, of reasons against a day, of mending a plan and of an explanation. At the
end a table of all sizes, with what a forum costs in each, so that growth is seen. Each size is measured in a process of
its own, whose peak memory is told.

    python benchmarks/planner.py --forums 25 100 200 500 1000 --seconds 10 60
    python benchmarks/planner.py --file instance.json --no-travel
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from scheduler.planning import engine
from scheduler.planning.bound import lower_bound
from scheduler.planning.cells import Standing
from scheduler.planning.dates import DateTable
from scheduler.planning.explaining import explain
from scheduler.planning.instance import Busy, Instance
from scheduler.planning.pair import solve
from scheduler.planning.plan import Plan
from scheduler.planning.reading import read_instance
from scheduler.planning.replanning import mend
from scheduler.planning.solver import Search

YEAR = 2027
#: Town, east and north in km: a long county with one centre.
TOWNS = {
    "LUL": (0, 0), "PIT": (-15, -45), "BOD": (-30, 25), "KLX": (60, 30), "HAP": (105, 35), "ALV": (-55, -15),
    "GAL": (-95, 170), "KIR": (-85, 270), "JOK": (-110, 115), "ARV": (-150, 10), "OTO": (80, 75), "PAJ": (70, 180),
}  # fmt: skip
#: Kind → seats, meetings a year, length in minutes, share of forums.
KINDS = {"A": ((11, 16), (2, 4), 180, 20), "B": ((10, 14), (4, 6), 120, 50), "C": ((5, 9), (4, 6), 90, 20),
         "D": ((12, 16), (6, 8), 120, 10)}  # fmt: skip
GRID = (510, 540, 600, 660, 780, 840, 900)
WEIGHTS = {
    "missing": 3000, "vacant": 200, "substitute": 50, "weekday": 30, "start": 10, "soft_day": 40,
    "spacing_per_week": 15, "spacing_free_days": 7, "travel_per_10km": 1, "room_spare": 1, "room_spare_free": 10,
    "week_load": 20, "move_date": 300, "move_time": 100, "move_room": 30,
}  # fmt: skip


def generate(forums: int, seed: int = 1, *, tight: float = 1.0, linked: int = 25) -> dict[str, Any]:
    """An instance of the format with ``forums`` forums and six persons for each; ``tight`` scales busy times."""
    chance = random.Random(seed * 1009 + forums)  # noqa: S311 - instances, not secrets
    names = list(TOWNS)
    km = [[round(1.3 * _distance(TOWNS[a], TOWNS[b])) for b in names] for a in names]
    persons = [_person(chance, i, names, tight) for i in range(max(60, forums * 6))]
    made = [_forum(chance, i, names, persons) for i in range(forums)]
    rooms = [
        {"id": f"r{town}{size}{i}", "town": town, "capacity": size, "busy": _room_busy(chance)}
        for town in names
        for size in (12, 20, 40)
        for i in range(max(1, forums // 60 if town == "LUL" else 1))
    ]
    links: list[dict[str, Any]] = [
        {"before": f"f{2 * i}", "after": f"f{2 * i + 1}", "min_days": 5, "max_days": 25}
        for i in range(forums // linked)
    ]
    for link in links:  # linked forums meet as often as each other
        one, other = made[int(link["before"][1:])], made[int(link["after"][1:])]
        for key in ("min_meetings", "target_meetings", "max_meetings", "ideal_gap", "min_gap", "max_gap"):
            other[key] = one[key]
    return {
        "format": "nmsplan-1", "first_date": f"{YEAR}-01-08", "last_date": f"{YEAR}-12-17",
        "planning_date": f"{YEAR - 1}-11-22", "notice_days": 21, "closed": _closed(),
        "soft_days": [[day.isoformat(), "lov"] for day in _span(date(YEAR, 3, 8), 5)],
        "starts": list(GRID), "day_end": 1020, "min_break": 15, "same_day_max_km": 60, "week_soft": 3,
        "weights": WEIGHTS, "towns": [{"id": name} for name in names], "km": km,
        "minutes": [[0 if not far else 5 * round((10 + 0.8 * far) / 5) for far in row] for row in km],
        "rooms": rooms, "persons": persons, "forums": made, "links": links, "locked": [], "previous_plan": None,
    }  # fmt: skip


def _distance(a: tuple[int, int], b: tuple[int, int]) -> float:
    return float(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5)


def _span(first: date, days: int) -> list[date]:
    return [first + timedelta(days=i) for i in range(days)]


def _closed() -> list[list[str]]:
    summer = _span(date(YEAR, 6, 28), 42)
    days = {day for day in _span(date(YEAR, 1, 1), 365) if day.weekday() > 4} | set(summer)
    days |= {date(YEAR, 1, 6), date(YEAR, 3, 26), date(YEAR, 3, 29), date(YEAR, 5, 6), date(YEAR, 6, 25)}
    return [[day.isoformat(), "stängt"] for day in sorted(days)]


def _person(chance: random.Random, i: int, towns: list[str], tight: float) -> dict[str, Any]:
    busy = []
    for _ in range(round(chance.randint(5, 45) * tight)):
        first = date(YEAR, 1, 8) + timedelta(days=chance.randrange(345))
        start, end = chance.choice([(480, 1080), (480, 720), (780, 1020), (540, 630), (840, 930)])
        busy.append([first.isoformat(), start, end])
    home = "LUL" if chance.random() < 0.5 else chance.choice(towns)
    return {"id": f"p{i}", "home": home, "max_day": 2, "max_week": 5 if i % 20 == 0 else 4, "busy": busy}


def _room_busy(chance: random.Random) -> list[list[Any]]:
    days = [date(YEAR, 1, 8) + timedelta(days=chance.randrange(345)) for _ in range(8)]
    return [[day.isoformat(), 480, 1080] for day in sorted(days)]


def _forum(chance: random.Random, i: int, towns: list[str], persons: list[dict[str, Any]]) -> dict[str, Any]:
    kind = chance.choices(list(KINDS), [one[3] for one in KINDS.values()])[0]
    (fewest, most), meetings, duration, _ = KINDS[kind]
    size, target = chance.randint(fewest, most), chance.randint(*meetings)
    ideal = 365 // target
    # A few people sit in many forums, most in one or two.
    busy_ones = [persons[int(max(8, len(persons) // 30) * chance.random() ** 1.2)]["id"] for _ in range(2)]
    members = chance.sample([person["id"] for person in persons], size + 8)
    chosen = list(dict.fromkeys([*busy_ones, *members]))[: size + 6]
    seats = [
        {"id": f"s{k}", "role": "chair" if k == 0 else "member", "required": k < 2, "holder": person,
         "substitutes": [chosen[size + k // 2]] if k % 2 == 0 and size + k // 2 < len(chosen) and k < 12 else []}
        for k, person in enumerate(chosen[:size])
    ]  # fmt: skip
    starts = [start for start in GRID if start + duration <= 1020]
    return {
        "id": f"f{i}", "name": f"Forum {kind}{i}", "min_meetings": max(2, target - 1), "target_meetings": target,
        "max_meetings": target + chance.randint(0, 1), "duration": duration, "ideal_gap": ideal,
        "min_gap": int(ideal * 0.45), "max_gap": int(ideal * 1.6) + 15, "starts": starts,
        "preferred_starts": chance.sample(starts, chance.randint(1, 2)),
        "preferred_weekdays": sorted(chance.sample(range(5), chance.randint(1, 3))),
        "forbidden_weekdays": [4] if chance.random() < 0.25 else [],
        "towns": ["LUL"] if chance.random() < 0.5 else ["LUL", *chance.sample(towns[1:], chance.randint(1, 2))],
        "places": size + chance.randint(0, 3), "quorum": size // 2 + 1,
        "last_previous": (date(YEAR - 1, 12, 17) - timedelta(days=chance.randrange(45))).isoformat(), "seats": seats,
    }  # fmt: skip


# ---------------------------------------------------------------- measuring


def seconds_of(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def say(name: str, value: object) -> None:
    print(f"  {name:42} {value}", flush=True)


def milliseconds(samples: list[float]) -> str:
    ordered = sorted(samples)
    return f"{statistics.median(ordered) * 1e3:.1f} ms median, {ordered[int(len(ordered) * 0.95)] * 1e3:.1f} ms p95"


def first_plan(instance: Instance) -> float:
    holder: list[Search] = []
    say("tables of the instance", f"{seconds_of(lambda: holder.append(Search(instance, 1))):.2f} s")
    made = holder[0]
    taken = seconds_of(made.construct)
    say("first plan after that", f"{taken:.3f} s, {made.best if made.is_full else 'not complete'} points")
    return taken


def questions(instance: Instance, plan: Plan) -> None:
    """Best dates, reasons, mending and explanations, on meetings spread over the plan."""
    standing = Standing(instance, plan)
    chosen = plan.meetings[:: max(1, len(plan.meetings) // 100)]
    tables: list[DateTable] = []

    def best(forum: str, index: int) -> None:
        table = DateTable(standing, forum, index)
        table.best(10)
        tables.append(table)

    say("best dates", milliseconds([seconds_of(lambda m=m: best(m.forum, m.index)) for m in chosen]))  # type: ignore[misc]
    days = [instance.first_date + timedelta(days=i) for i in range(0, 340, 17)]
    say("why not a day", milliseconds([seconds_of(lambda t=t, d=d: t.why_not(d)) for t in tables[:20] for d in days]))  # type: ignore[misc]
    samples, moved, broken = [], 0, 0
    for meeting in chosen[:: max(1, len(chosen) // 10)]:
        forum = standing.forums[meeting.forum]
        chair = next((meeting.seats[seat.id] for seat in forum.seats if seat.required), None)
        busy = tuple(Busy(meeting.on + timedelta(days=i), 0, 1440) for i in range(-2, 5))
        away = tuple(replace(p, busy=p.busy + busy) if p.id == chair else p for p in instance.persons)
        changed = replace(instance, persons=away)
        start = time.perf_counter()
        found = mend(changed, plan)
        samples.append(time.perf_counter() - start)
        moved += len(found.moved)
        broken += len(found.broken)
    say("mending after a chair is away a week", f"{milliseconds(samples)}; {moved} moved of {broken} broken")
    samples = []
    for forum in instance.forums[:: max(1, len(instance.forums) // 20)]:
        wish = replace(forum, max_gap=forum.ideal_gap // 2)
        asked = replace(instance, forums=tuple(wish if one is forum else one for one in instance.forums))
        samples.append(seconds_of(lambda a=asked, w=wish: explain(a, w, plan)))  # type: ignore[misc]
    say("explaining a contradiction", milliseconds(samples))


class Line(NamedTuple):
    """What the table at the end says of an instance."""

    name: str
    forums: int
    first: float
    cost: int | None
    bound: int
    iterations: int
    megabytes: float


def measure(name: str, instance: Instance, seconds: list[float], bound: float) -> Line:
    print(name, flush=True)
    first = first_plan(instance)
    iterations, points = 0, 0
    plan = Plan()
    cost = None
    for budget in seconds:
        found = solve(instance, seed=1, seconds=budget)
        state = "valid" if found.is_complete else f"{len(found.unplaced)} without a year"
        say(f"after {budget:g} s", f"{found.report.cost} points, {state}, {found.iterations} iterations")
        plan, cost = found.plan, found.report.cost if found.is_complete else None
        iterations = found.iterations
    if bound:
        proven = lower_bound(instance, known=cost, seconds=bound)
        above = "" if cost is None else f", plan at most {100 * (cost / max(1, proven.points) - 1):.1f} % above"
        points = proven.points
        say(f"bound after {bound:g} s", f"{points} points{above}")
    questions(instance, plan)
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    say("peak memory, the larger process", f"{peak / 1024:.0f} MB")
    return Line(name, len(instance.forums), first, cost, points, iterations, peak / 1024)


def table(lines: list[Line]) -> None:
    """What was found of all instances, side by side."""
    head = ("forums", "first plan", "points", "a forum", "bound", "above", "iterations", "memory")
    print("".join(f"{one:>12}" for one in head))
    for line in lines:
        above = None if line.cost is None or not line.bound else 100 * (line.cost / line.bound - 1)
        row = (
            str(line.forums), f"{line.first:.3f} s", "lacking" if line.cost is None else str(line.cost),
            "–" if line.cost is None else f"{line.cost / max(1, line.forums):.1f}", str(line.bound or "–"),
            "–" if above is None else f"{above:.1f} %", str(line.iterations), f"{line.megabytes:.0f} MB",
        )  # fmt: skip
        print("".join(f"{one:>12}" for one in row))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--forums", type=int, nargs="*", default=[25, 100], help="sizes of generated instances")
    parser.add_argument("--file", type=Path, nargs="*", default=[], help="instances to measure instead")
    parser.add_argument("--seconds", type=float, nargs="*", default=[10, 60])
    parser.add_argument("--bound", type=float, default=10, help="seconds for the bound, 0 for none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tight", type=float, default=1.0, help="times as many busy times")
    parser.add_argument("--no-travel", action="store_true")
    given = parser.parse_args()
    start = time.perf_counter()
    engine.build()
    print(f"compiled kernel: {engine.is_built()}, {time.perf_counter() - start:.1f} s")
    cases: list[tuple[str, Any]] = [(file.name, json.loads(file.read_text(encoding="utf-8"))) for file in given.file]
    if not cases:
        cases = [(f"F = {n}", generate(n, given.seed, tight=given.tight)) for n in given.forums]
    lines = []
    for name, value in cases:
        if given.no_travel:
            value["weights"] = value["weights"] | {"travel_per_10km": 0}
        # A fresh interpreter, so that one size's memory is not another's.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
            lines.append(apart.submit(measured, name, value, given.seconds, given.bound).result())
    table(lines)


def measured(name: str, value: dict[str, Any], seconds: list[float], bound: float) -> Line:
    """``measure`` of an instance yet to be read."""
    start = time.perf_counter()
    instance = read_instance(value)
    return measure(f"{name}, read in {time.perf_counter() - start:.2f} s", instance, seconds, bound)


if __name__ == "__main__":
    main()
