"""A whole year of a rule with several windows: its numbers added up, the worst of their statuses."""

from __future__ import annotations

from datetime import date

import pytest

from scheduler.cadence.evaluation import evaluate
from scheduler.cadence.rules import CadenceVersion, Forum, Kind, Meeting, Period, Status, WindowKind
from scheduler.cadence.years import evaluate_year

TODAY = date(2026, 11, 22)
YEARLY = CadenceVersion(Kind.COUNT, 4, 5)
QUARTERLY = CadenceVersion(Kind.COUNT, 1, 1, period=Period.QUARTER)
TERMLY = CadenceVersion(Kind.COUNT, 2, period=Period.TERM)
MONTHLY = CadenceVersion(Kind.COUNT, 1, 1, period=Period.MONTH)


def forum(*versions: CadenceVersion, **more: object) -> Forum:
    return Forum(versions, **{"start": date(2020, 1, 1), **more})  # type: ignore[arg-type]  # any field


def meetings(status: str, *days: str) -> list[Meeting]:
    return [Meeting(date.fromisoformat(day), status) for day in days]


@pytest.mark.parametrize(
    ("rule", "required", "allowed"),
    [(YEARLY, 4, 5), (QUARTERLY, 4, 4), (TERMLY, 4, None), (MONTHLY, 12, 12)],
)
@pytest.mark.parametrize("year", [2024, 2025, 2027])
def test_a_year_requires_what_its_windows_do(rule, required, allowed, year):
    found = evaluate_year(forum(rule), [], TODAY, year)
    assert (found.required, found.allowed, found.window) == (
        required, allowed, (date(year, 1, 1), date(year, 12, 31)),
    )  # fmt: skip


def test_a_past_year_is_as_bad_as_its_worst_window():
    held = meetings("held", "2025-01-14", "2025-02-11", "2025-05-13", "2025-11-11")
    found = evaluate_year(forum(QUARTERLY), held, TODAY, 2025)
    assert (found.status, found.held, found.missing, found.is_closed) == (Status.MISSED, 4, 1, True)
    assert found.reason == {"sv": "4 av 4 hållna, ett saknades", "en": "4 of 4 held, one short"}


def test_a_past_year_is_met_when_each_window_is():
    held = meetings("held", "2025-01-14", "2025-05-13", "2025-09-09", "2025-11-11")
    found = evaluate_year(forum(QUARTERLY), held, TODAY, 2025)
    assert (found.status, found.held, found.reason["sv"]) == (Status.MET, 4, "4 hållna, kravet var 4")


def test_a_coming_year_is_booked_when_each_window_is():
    booked = meetings("confirmed", "2027-01-12", "2027-05-11", "2027-09-14", "2027-11-09")
    found = evaluate_year(forum(QUARTERLY), booked, TODAY, 2027)
    assert (found.status, found.held, found.planned, found.missing) == (Status.PLANNED, 0, 4, 0)


def test_a_coming_year_names_the_day_of_its_first_window_that_lacks_a_meeting():
    booked = meetings("confirmed", "2027-01-12", "2027-09-14")
    found = evaluate_year(forum(QUARTERLY), booked, TODAY, 2027)
    assert (found.status, found.planned, found.missing) == (Status.ON_TRACK, 2, 2)
    assert (found.next_deadline, found.latest_next, found.call_by) == (
        date(2027, 6, 30), date(2027, 6, 30), date(2027, 6, 16),
    )  # fmt: skip
    assert found.reason["sv"] == "0 av 4 hållna, 2 bokade; två saknas, kalla senast 16 juni 2027"


def test_months_in_a_pause_require_nothing():
    paused = forum(MONTHLY, pauses=((date(2025, 7, 1), date(2025, 7, 31)),))
    held = [Meeting(date(2025, month, 12), "held") for month in range(1, 13) if month != 7]
    found = evaluate_year(paused, held, TODAY, 2025)
    assert (found.status, found.required, found.held) == (Status.MET, 11, 11)


@pytest.mark.parametrize(
    "rule", [YEARLY, CadenceVersion(), CadenceVersion(Kind.INTERVAL, every=6),
             CadenceVersion(Kind.COUNT, 4, window=WindowKind.ROLLING)],
    ids=["yearly", "none", "interval", "rolling"],
)  # fmt: skip
def test_a_year_of_one_window_or_none_is_as_evaluate_says(rule):
    held = meetings("held", "2025-02-10", "2026-05-10")
    whole = date(2025, 1, 1), date(2025, 12, 31)
    assert evaluate_year(forum(rule), held, TODAY, 2025) == evaluate(forum(rule), held, TODAY, whole)
