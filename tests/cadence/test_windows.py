"""Proration (spec cadence §4), windows and active days."""

from __future__ import annotations

from datetime import date

import pytest

from scheduler.cadence.rules import CadenceVersion, Forum, Kind, Period, WindowKind
from scheduler.cadence.windows import (
    active_spans,
    count_days,
    days_after,
    leaving_day,
    nth_day,
    period_window,
    requirement,
    rolling_window,
    year_windows,
)

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def count(least: int, most: int | None, period: Period = Period.YEAR, since: str | None = None) -> CadenceVersion:
    valid_from = None if since is None else date.fromisoformat(since)
    return CadenceVersion(Kind.COUNT, least, most, period=period, valid_from=valid_from)


def required(forum: Forum, window: tuple[date, date] = YEAR) -> tuple[int, int | None]:
    span = (window[0].toordinal(), window[1].toordinal())
    found = requirement(forum, span, active_spans(forum, span))
    return found.required, found.allowed


@pytest.mark.parametrize(
    ("start", "end", "expected", "why"),
    [
        (None, None, (4, 5), "the whole year"),
        ("2026-07-01", None, (2, 3), "184/365: 2.02 and 2.52"),
        ("2026-08-15", None, (2, 2), "139/365: 1.52 and 1.90"),
        ("2026-12-01", None, (0, 1), "31/365: 0.34 and 0.42"),
        (None, "2026-06-30", (2, 3), "181/365: 1.98 and 2.48"),
        ("2027-01-01", None, (0, 0), "no active day"),
        ("2026-11-16", None, (1, 1), "46/365: 0.504 rounds up"),
        ("2026-11-17", None, (0, 1), "45/365: 0.493 rounds down"),
    ],
)
def test_proration_from_start_to_end(start: str | None, end: str | None, expected: tuple[int, int], why: str) -> None:
    forum = Forum(
        (count(4, 5),),
        date.fromisoformat(start) if start else None,
        date.fromisoformat(end) if end else None,
    )
    assert required(forum) == expected


def test_half_a_meeting_rounds_up() -> None:
    leap = (date(2028, 1, 1), date(2028, 12, 31))
    assert required(Forum((count(1, 1),), date(2028, 7, 2)), leap) == (1, 1)  # 183 of 366 days
    assert required(Forum((count(1, 1),), date(2028, 7, 3)), leap) == (0, 1)


def test_versions_of_one_period_share_the_window() -> None:
    assert required(Forum((count(4, 5), count(6, 6, since="2026-07-01")))) == (5, 6)


def test_version_without_a_maximum_lifts_it_for_the_window() -> None:
    assert required(Forum((count(4, 5), count(4, None, since="2026-12-31")))) == (4, None)


@pytest.mark.parametrize("other", [CadenceVersion(), CadenceVersion(Kind.INTERVAL, every=6)])
def test_days_without_a_count_add_nothing_and_have_no_maximum(other: CadenceVersion) -> None:
    later = CadenceVersion(other.kind, every=other.every, valid_from=date(2026, 7, 1))
    assert required(Forum((count(4, 5), later))) == (2, None)


def test_numbers_left_in_a_version_without_count_weigh_nothing() -> None:
    withdrawn = CadenceVersion(Kind.NONE, 4, 5, valid_from=date(2026, 7, 1))
    assert required(Forum((count(4, 5), withdrawn))) == (2, None)


@pytest.mark.parametrize(
    ("window", "expected", "why"),
    [
        ((date(2026, 7, 1), date(2026, 9, 30)), (1, 2), "4·45/365 + 47/92 = 1.004; 5·45/365 + 47/92 = 1.13"),
        ((date(2026, 10, 1), date(2026, 12, 31)), (1, 1), "the quarter alone"),
        (YEAR, (4, 5), "4·226/365 + 47/92 + 1 = 3.99; 5·226/365 + 47/92 + 1 = 4.61"),
    ],
)
def test_versions_with_different_periods_add_their_shares(
    window: tuple[date, date], expected: tuple[int, int], why: str
) -> None:
    forum = Forum((count(4, 5), count(1, 1, Period.QUARTER, "2026-08-15")))
    assert required(forum, window) == expected


def test_version_of_another_period_mixes_even_when_its_days_are_paused() -> None:
    """The window is the new rule's; the year's rule must not be measured by a quarter's days."""
    forum = Forum(
        (count(4, 4), count(1, 1, Period.QUARTER, "2026-09-01")), pauses=((date(2026, 9, 1), date(2026, 9, 30)),)
    )
    assert required(forum, (date(2026, 7, 1), date(2026, 9, 30))) == (1, 1)  # 4·62/365 = 0.68


def test_rolling_and_calendar_years_are_one_period() -> None:
    rolling = CadenceVersion(Kind.COUNT, 4, window=WindowKind.ROLLING, valid_from=date(2026, 7, 1))
    assert required(Forum((count(4, 5), rolling))) == (4, None)


@pytest.mark.parametrize(
    ("pauses", "spans"),
    [
        ([], [("01-01", "12-31")]),
        ([("07-01", "07-31")], [("01-01", "06-30"), ("08-01", "12-31")]),
        ([("07-01", "07-20"), ("07-10", "07-31")], [("01-01", "06-30"), ("08-01", "12-31")]),
        ([("07-16", "07-31"), ("07-01", "07-15")], [("01-01", "06-30"), ("08-01", "12-31")]),
        ([("01-01", "01-31"), ("12-01", "12-31")], [("02-01", "11-30")]),
        ([("07-01", None)], [("01-01", "06-30")]),
        ([("07-01", None), ("03-01", "03-31")], [("01-01", "02-28"), ("04-01", "06-30")]),
        ([("07-01", "07-31"), ("07-01", None)], [("01-01", "06-30")]),
        ([("01-01", "12-31")], []),
        ([("07-31", "07-01")], [("01-01", "12-31")]),
    ],
)
def test_active_days_leave_pauses_out(pauses: list[tuple[str, str | None]], spans: list[tuple[str, str]]) -> None:
    def at(text: str) -> date:
        return date.fromisoformat(f"2026-{text}")

    forum = Forum((count(4, 5),), pauses=tuple((at(a), at(b) if b else None) for a, b in pauses))
    found = active_spans(forum, (YEAR[0].toordinal(), YEAR[1].toordinal()))
    assert found == [(at(a).toordinal(), at(b).toordinal()) for a, b in spans]


def test_days_of_spans_are_counted_and_numbered() -> None:
    spans = [(10, 12), (20, 24)]
    assert count_days(spans) == 8
    assert [nth_day(spans, n) for n in range(1, 9)] == [10, 11, 12, 20, 21, 22, 23, 24]
    assert [days_after(spans, day) for day in (9, 10, 12, 15, 20, 24)] == [8, 7, 5, 5, 4, 0]
    with pytest.raises(ValueError, match="1 days too early"):
        nth_day(spans, 9)


@pytest.mark.parametrize(
    ("period", "lengths"),
    [
        (Period.YEAR, [365]),
        (Period.TERM, [181, 184]),
        (Period.QUARTER, [90, 91, 92, 92]),
        (Period.MONTH, [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]),
    ],
)
def test_windows_of_a_year_cover_it(period: Period, lengths: list[int]) -> None:
    windows = year_windows(period, 2026)
    assert [last - first + 1 for first, last in windows] == lengths
    days = [day for first, last in windows for day in range(first, last + 1)]
    assert days == list(range(YEAR[0].toordinal(), YEAR[1].toordinal() + 1))
    assert all(period_window(period, day) == (first, last) for first, last in windows for day in (first, last))


def test_leaving_day_is_the_first_whose_rolling_window_lacks_it() -> None:
    first = date(2027, 1, 1).toordinal()
    for day in range(first, first + 900):
        leaves = leaving_day(day)
        assert rolling_window(leaves)[0] > day
        assert rolling_window(leaves - 1)[0] <= day
