"""How far a draft can be from the best there is: the bound is proven in the run, the distance reckoned whenever asked.

A bound holds for the problem, whatever the plan: after a move by hand it is the same, and only the plan's cost is
another. Nobody waits for the proof: a run that is to stop leaves it. Not here: the bound itself (``planning.bound``).
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from typing import Any

from scheduler.drafts.translating import number
from scheduler.i18n import gettext
from scheduler.planning.bound import Bound, at_most_above, lower_bound
from scheduler.planning.cells import Standing
from scheduler.planning.checker import Report
from scheduler.planning.instance import Instance
from scheduler.planning.plan import Plan
from scheduler.planning.years import YearTable

#: Seconds a proof takes at least and at most; between, half as long as the search.
LEAST, MOST = 2.0, 60.0
#: Seconds it takes of a draft that was only mended: somebody waits for a small change.
MENDED = 1.0
#: Seconds between two looks whether the run is to stop.
LOOK_SECONDS = 0.1


def seconds_for(search_seconds: float) -> float:
    """How long the proof may take after a search of that many seconds."""
    return min(MOST, max(LEAST, search_seconds / 2))


def prove(
    instance: Instance,
    report: Report,
    *,
    seconds: float = 10.0,
    iterations: int = 10**6,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """What a draft stores of the proof: bound, and each forum's cheapest year alone; nothing when it was stopped."""
    found: list[Bound] = []
    ideal: dict[str, int | None] = {}

    def work() -> None:
        ideal.update(_alone(instance, is_cancelled))
        found.append(
            lower_bound(
                instance, known=report.cost if report.is_feasible else None, seconds=seconds, iterations=iterations,
                is_cancelled=is_cancelled,
            )
        )  # fmt: skip

    # A thread, since one round over a thousand forums is longer than whoever stops a run should wait.
    proof = threading.Thread(target=work, daemon=True)
    proof.start()
    while proof.is_alive() and not is_cancelled():
        proof.join(LOOK_SECONDS)
    if not found:
        return {}
    bound = found[0]
    return {
        "bound": bound.points,
        "ideal": ideal,
        "proof_seconds": round(bound.seconds, 1),
    }


def _alone(instance: Instance, is_cancelled: Callable[[], bool]) -> dict[str, int | None]:
    """Forum → its cheapest year were it alone, what is booked of it standing; None when it has none."""
    standing = Standing(instance, Plan())
    found: dict[str, int | None] = {}
    for forum in instance.forums:
        if is_cancelled():
            break
        table = YearTable(instance, forum, standing)
        year = table.cheapest(table.rules)
        found[str(number(forum.id))] = None if year is None else year[0]
    return found


def ideal_of(outcome: Mapping[str, Any] | None) -> dict[int, int | None] | None:
    """Forum → its cheapest year alone (None: it has none); None when that was not reckoned."""
    found = (outcome or {}).get("ideal")
    return None if found is None else {int(forum): points for forum, points in found.items()}


def at_most_percent(outcome: Mapping[str, Any] | None, report: Report) -> float | None:
    """How many percent the plan is above the best possible at most; None without a proof, or when a rule is broken."""
    bound = (outcome or {}).get("bound")
    if not bound or not report.is_feasible:
        return None
    return at_most_above(report.cost, bound)


def sentence(outcome: Mapping[str, Any] | None, report: Report) -> str:
    """How far from the best possible, in words; never that it is the best."""
    if not report.is_feasible:
        return gettext(
            "Hur långt förslaget är från det bästa möjliga kan sägas när alla forum har sitt år och ingen regel bryts."
        )
    percent = at_most_percent(outcome, report)
    if percent is None:
        return gettext("Hur långt förslaget är från det bästa möjliga är inte beräknat: sökningen avbröts innan.")
    return gettext("Högst %(percent)s %% från det bästa möjliga.", percent=_figures(percent))


def _figures(percent: float) -> str:
    """ "0,4", "12": rounded up, since it is said to be the most; a decimal only where it says something."""
    tenths = math.ceil(round(percent * 10, 6))
    if tenths < 100:  # noqa: PLR2004 - ten percent, above which a tenth says nothing
        return gettext("%(whole)s,%(tenth)s", whole=tenths // 10, tenth=tenths % 10)
    return str(math.ceil(percent))
