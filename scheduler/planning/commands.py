"""What ``takt plan`` does: JSON in, JSON and an exit code out.

0 is complete and valid, 1 is not; faults of form raise Refused. Not here: options and printing (``cli``).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from scheduler.errors import Problem, Refused
from scheduler.i18n import gettext, mark
from scheduler.planning.checker import check
from scheduler.planning.reading import read_instance, read_plan

Answer = tuple[dict[str, Any], int]


class Telling:
    """Says at most once a second how a run stands."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self._said = 0.0

    def __call__(self, progress: Any) -> None:
        """Takes a ``solver.Progress``."""
        if self._said and progress.seconds < self._said + 0.9:
            return
        self._said = progress.seconds
        self.say(
            gettext(
                "%(seconds)s s, %(done)s av %(of)s varv: %(cost)s poäng, %(unplaced)s forum utan år",
                seconds=f"{progress.seconds:.1f}", done=progress.iterations, of=progress.of,
                cost="–" if progress.cost is None else progress.cost, unplaced=progress.unplaced,
            )
        )  # fmt: skip


def solve(
    instance: Any, out: Path, *, seed: int, iterations: int | None, seconds: float | None, progress: Telling | None
) -> Answer:
    """Lays a year and writes it to ``out``; the report, with why each forum that lacks a year does."""
    # The solver and its numpy only for those who plan.
    from scheduler.planning import engine, explaining, pair  # noqa: PLC0415

    problem = read_instance(instance)
    engine.build_aside()
    found = pair.solve(problem, seed=seed, iterations=iterations, seconds=seconds, progress=progress)
    out.write_bytes(found.plan.as_bytes())
    forums = {forum.id: forum for forum in problem.forums}
    report = found.report.as_json()
    report["unplaced"] = [
        explaining.explain(problem, forums[one], found.plan).as_json() for one in found.unplaced
    ]  # fmt: skip
    report["iterations"] = found.iterations
    return report, 0 if found.is_complete else 1


def judge(instance: Any, plan: Any) -> Answer:
    """The checker's report."""
    report = check(read_instance(instance), read_plan(plan))
    return report.as_json(), 0 if report.is_feasible else 1


def explain(instance: Any, forum: str, plan: Any | None) -> Answer:
    """Whether the forum, by id or name, can have a year beside the meetings of a plan (None: alone)."""
    from scheduler.planning import explaining  # noqa: PLC0415 - numpy only for those who plan

    problem = read_instance(instance)
    chosen = next((one for one in problem.forums if forum in {one.id, one.name}), None)
    if chosen is None:
        raise Refused(Problem("FORUM", mark("%(id)s finns inte"), {"id": forum}))
    standing = None
    if plan is not None:
        standing = read_plan(plan)
        if not check(problem, standing).is_readable:
            raise Refused(Problem("PLAN", mark("Planen nämner forum eller lokaler som inte finns")))
    found = explaining.explain(problem, chosen, standing)
    return found.as_json(), 0 if found.is_possible else 1
