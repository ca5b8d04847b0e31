"""How long the pure rules take: one status, and what an overview page asks of them for 100 forums."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date

from scheduler.cadence.bands import bands
from scheduler.cadence.evaluation import evaluate
from scheduler.cadence.phrases import read_phrase
from scheduler.cadence.rules import CadenceVersion, Forum, Kind, Limits, Meeting, Period, WindowKind
from scheduler.cadence.years import closed_years
from scheduler.workdays.rules import free_days

TODAY = date(2026, 9, 20)
MEETINGS = [Meeting(date(year, month, 12), "held") for year in range(2021, 2027) for month in (2, 4, 6, 9, 11)]
SUMMERS = tuple((date(year, 7, 1), date(year, 7, 31)) for year in range(2015, 2028))


def forum(version: CadenceVersion, pauses: tuple[tuple[date, date | None], ...] = ()) -> Forum:
    return Forum((version,), start=date(2015, 1, 1), pauses=pauses)


YEARLY = forum(CadenceVersion(Kind.COUNT, 6, 7))
MONTHLY = forum(CadenceVersion(Kind.COUNT, 1, 1, period=Period.MONTH))
ROLLING = CadenceVersion(Kind.COUNT, 4, window=WindowKind.ROLLING)
FORUMS = [forum(CadenceVersion(Kind.COUNT, 6, 7)) for _ in range(100)]


def overview() -> None:
    for one in FORUMS:
        found = evaluate(one, MEETINGS, TODAY, limits=Limits())
        found.reason["sv"]
        bands(one, MEETINGS, TODAY, TODAY.year)
        closed_years(one, MEETINGS, TODAY, range(2021, 2026))


def measure(name: str, work: Callable[[], object], times: int) -> None:
    """Prints the best of five rounds, in microseconds for one call."""
    work()
    best = min(_round(work, times) for _ in range(5))
    print(f"{name:44} {best * 1e6:9.1f} µs")


def _round(work: Callable[[], object], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - start) / times


def main() -> None:
    start = time.perf_counter()
    free_days(TODAY.year)
    print(f"{'the first almanac (reads the package)':44} {(time.perf_counter() - start) * 1e6:9.1f} µs")
    measure("status, calendar year", lambda: evaluate(YEARLY, MEETINGS, TODAY), 1000)
    measure("status with its sentence", lambda: evaluate(YEARLY, MEETINGS, TODAY).reason, 1000)
    measure("status, 13 pauses", lambda: evaluate(forum(YEARLY.versions[0], SUMMERS), MEETINGS, TODAY), 1000)
    measure("status, rolling year", lambda: evaluate(forum(ROLLING), MEETINGS, TODAY), 500)
    measure("status, rolling year with pauses", lambda: evaluate(forum(ROLLING, SUMMERS), MEETINGS, TODAY), 50)
    measure("five closed years, yearly", lambda: closed_years(YEARLY, MEETINGS, TODAY, range(2021, 2026)), 500)
    measure("five closed years, monthly", lambda: closed_years(MONTHLY, MEETINGS, TODAY, range(2021, 2026)), 100)
    measure("a phrase", lambda: read_phrase("träffas fyra till fem gånger per år"), 1000)
    measure("overview: 100 forums, bands and five years", overview, 3)


if __name__ == "__main__":
    main()
