"""Required windows of a year strip and the sums of closed years."""

from __future__ import annotations

from datetime import date

import pytest

from scheduler.cadence.bands import BandState, bands
from scheduler.cadence.rules import CadenceVersion, Forum, Kind, Meeting, Period, Status, WindowKind
from scheduler.cadence.years import closed_years

FOUR = CadenceVersion(Kind.COUNT, 4, 5)
PLAIN, AT_RISK, MISSED = BandState.PLAIN, BandState.AT_RISK, BandState.MISSED


def forum(*versions: CadenceVersion, **more: object) -> Forum:
    return Forum(versions or (FOUR,), **{"start": date(2020, 1, 1), **more})  # type: ignore[arg-type]  # any field


def held(*days: str) -> list[Meeting]:
    return [Meeting(date.fromisoformat(day), "held") for day in days]


def drawn(found: list[object]) -> list[tuple[list[str], BandState]]:
    return [
        ([f"{first:%m-%d}/{last:%m-%d}" for first, last in band.spans], band.state)  # type: ignore[attr-defined]
        for band in found
    ]


def test_four_a_year_are_four_quarters_by_their_pace_deadlines() -> None:
    found = bands(forum(), held("2026-02-10", "2026-05-12"), date(2026, 9, 20), 2026)
    assert drawn([*found]) == [
        (["01-01/04-01"], PLAIN),
        (["04-02/07-01"], PLAIN),
        (["07-02/09-30"], AT_RISK),
        (["10-01/12-31"], PLAIN),
    ]
    assert [band.number for band in found] == [1, 2, 3, 4]


def test_window_whose_deadline_passed_with_too_few_held_is_missed() -> None:
    found = bands(forum(), held("2026-02-10"), date(2026, 10, 1), 2026)
    assert [band.state for band in found] == [PLAIN, MISSED, MISSED, PLAIN]


def test_closed_year_shows_what_it_lacked() -> None:
    found = bands(forum(), held("2025-02-10", "2025-03-10", "2025-04-10"), date(2026, 9, 20), 2025)
    assert [band.state for band in found] == [PLAIN, PLAIN, PLAIN, MISSED]


def test_pauses_are_left_out_of_the_band() -> None:
    paused = forum(pauses=((date(2026, 7, 1), date(2026, 7, 31)),))
    spans = [band for band, _ in drawn([*bands(paused, [], date(2026, 1, 10), 2026)])]
    assert spans == [["01-01/03-24"], ["03-25/06-16"], ["06-17/06-30", "08-01/10-08"], ["10-09/12-31"]]


def test_each_month_is_a_window_of_its_own() -> None:
    monthly = forum(CadenceVersion(Kind.COUNT, 1, 1, period=Period.MONTH))
    found = bands(monthly, held("2026-01-12"), date(2026, 3, 25), 2026)
    assert [band.state for band in found] == [PLAIN, MISSED, *[PLAIN] * 10]
    assert [band.deadline.month for band in found] == list(range(1, 13))


def test_interval_is_drawn_from_its_base_to_its_due_day() -> None:
    six_weeks = forum(CadenceVersion(Kind.INTERVAL, every=6))
    meetings = held("2026-09-01")
    assert drawn([*bands(six_weeks, meetings, date(2026, 9, 10), 2026)]) == [(["09-01/10-13"], PLAIN)]
    assert drawn([*bands(six_weeks, meetings, date(2026, 10, 20), 2026)]) == [(["09-01/10-13"], AT_RISK)]
    assert drawn([*bands(six_weeks, meetings, date(2026, 10, 24), 2026)]) == [(["09-01/10-13"], MISSED)]
    assert bands(six_weeks, meetings, date(2026, 9, 10), 2025) == []


def test_interval_over_new_year_shows_the_part_of_the_year() -> None:
    six_weeks = forum(CadenceVersion(Kind.INTERVAL, every=6))
    assert drawn([*bands(six_weeks, held("2026-12-01"), date(2026, 12, 5), 2026)]) == [(["12-01/12-31"], PLAIN)]
    assert drawn([*bands(six_weeks, held("2026-12-01"), date(2026, 12, 5), 2027)]) == [(["01-01/01-12"], PLAIN)]


@pytest.mark.parametrize(
    "rule",
    [CadenceVersion(), CadenceVersion(Kind.COUNT, 0, 3), CadenceVersion(Kind.COUNT, 4, window=WindowKind.ROLLING)],
)
def test_rule_without_pace_has_no_band(rule: CadenceVersion) -> None:
    assert bands(forum(rule), [], date(2026, 9, 20), 2026) == []


def test_closed_years_are_summed_with_their_worst_status() -> None:
    meetings = held(*(f"2025-0{month}-12" for month in (1, 3, 5, 8)), *(f"2024-0{month}-12" for month in (1, 4, 8)))
    quarterly = forum(CadenceVersion(Kind.COUNT, 1, 1, period=Period.QUARTER))
    found = closed_years(quarterly, meetings, date(2026, 9, 20), [2024, 2025, 2026])
    shown = {
        year: (row.held, row.required, row.allowed, row.status, len(row.windows))
        for year, row in found.items()
        if row is not None
    }
    assert shown == {
        2024: (3, 4, 4, Status.MISSED, 4),
        2025: (4, 4, 4, Status.MISSED, 4),
        2026: (0, 2, 2, Status.MISSED, 2),
    }


def test_year_before_the_start_has_no_records() -> None:
    found = closed_years(forum(start=date(2025, 10, 1)), [], date(2026, 9, 20), [2024, 2025])
    assert found[2024] is None
    assert found[2025] is not None
    assert (found[2025].required, found[2025].status) == (1, Status.MISSED)


def test_windows_before_the_start_are_not_counted_in_its_first_year() -> None:
    quarterly = forum(CadenceVersion(Kind.COUNT, 1, 1, period=Period.QUARTER), start=date(2025, 10, 1))
    found = closed_years(quarterly, held("2025-11-12"), date(2026, 9, 20), [2025])[2025]
    assert found is not None
    assert (len(found.windows), found.required, found.status) == (1, 1, Status.MET)


def test_year_in_which_the_period_changed_is_judged_as_one_window() -> None:
    changed = forum(FOUR, CadenceVersion(Kind.COUNT, 1, 1, period=Period.QUARTER, valid_from=date(2025, 8, 15)))
    found = closed_years(changed, held("2025-02-10", "2025-05-10"), date(2026, 9, 20), [2025])[2025]
    assert found is not None
    assert (len(found.windows), found.required, found.held, found.status) == (1, 4, 2, Status.MISSED)


@pytest.mark.parametrize(
    "rule",
    [
        CadenceVersion(),
        CadenceVersion(Kind.INTERVAL, every=6),
        CadenceVersion(Kind.COUNT, 4, window=WindowKind.ROLLING),
    ],
)
def test_year_without_judged_windows_still_says_what_was_held(rule: CadenceVersion) -> None:
    found = closed_years(forum(rule), held("2025-02-10", "2025-05-10", "2026-01-10"), date(2026, 9, 20), [2025])[2025]
    assert found is not None
    assert (found.held, found.required, found.status, found.windows) == (2, None, None, ())
