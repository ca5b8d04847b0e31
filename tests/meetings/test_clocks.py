"""What the clock shows where a place or a reader is, on the day of the meeting itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.i18n import use_language
from scheduler.meetings.clocks import HOME, NAMES, ZONES, beside, hours_text, zones_of
from scheduler.meetings.times import Span

HELSINKI = "Europe/Helsinki"


def span(start: str, hours: float = 2, zone: str = HOME, *, all_day: bool = False) -> Span:
    """From ``start`` on the clock of ``zone``."""
    at = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return Span(at, at + timedelta(hours=hours), all_day, zone)


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("2026-03-28", "the day before summer time"),
        ("2026-03-29", "the day it begins, both at once"),
        ("2026-03-30", "the day after"),
        ("2026-07-01", "summer"),
        ("2026-10-24", "the day before it ends"),
        ("2026-10-25", "the day it ends"),
        ("2026-10-26", "the day after"),
        ("2026-12-31", "winter"),
    ],
)
def test_finnish_time_is_an_hour_later_on_every_day(day, why):
    assert hours_text(span(f"{day}T13:00"), [HELSINKI]) == "13.00–15.00 (14.00–16.00 finsk tid)", why


@given(st.integers(0, 11 * 365 * 24 * 60), st.sampled_from(sorted(NAMES)))
def test_what_is_added_is_what_the_clock_there_shows(minutes, zone):
    start_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    meeting = Span(start_at, start_at + timedelta(minutes=1), all_day=False, time_zone=HOME)
    there = start_at.astimezone(ZoneInfo(zone))
    said = beside(meeting, [zone])
    if there.utcoffset() == meeting.start.utcoffset():
        assert said == ""
    else:
        assert f"{there:%H.%M}" in said


def test_norwegian_time_is_the_same_and_stands_nowhere():
    assert hours_text(span("2026-09-29T13:00"), ["Europe/Oslo", HOME]) == "13.00–15.00"


def test_each_time_is_said_once():
    assert hours_text(span("2026-09-29T13:00"), [HELSINKI, HELSINKI, "Europe/Tallinn"]) == (
        "13.00–15.00 (14.00–16.00 finsk tid)"
    )


def test_a_meeting_on_finnish_time_says_so_and_what_it_is_at_home():
    meeting = span("2026-09-29T14:00", zone=HELSINKI)
    assert hours_text(meeting) == "14.00–16.00 finsk tid (13.00–15.00 svensk tid)"
    assert hours_text(meeting, [HELSINKI]) == hours_text(meeting)


def test_late_in_the_evening_it_is_another_day_there():
    assert hours_text(span("2026-09-29T23:30", 0.25), [HELSINKI]) == (
        "23.30–23.45 (onsdag 30 september 00.30–00.45 finsk tid)"
    )


def test_over_midnight_and_days():
    assert hours_text(span("2026-06-22T13:00", 23)) == "13.00 till tisdag 23 juni 12.00"
    assert hours_text(span("2026-06-22T00:00", 24, all_day=True), [HELSINKI]) == "hela dagen"
    assert hours_text(span("2026-06-22T00:00", 48, all_day=True)) == "hela dagen till tisdag 23 juni"


def test_in_english_with_colons():
    with use_language("en"):
        assert hours_text(span("2026-09-29T13:00"), [HELSINKI]) == "13:00–15:00 (14:00–16:00 Finnish time)"
        assert hours_text(span("2026-06-22T13:00", 23)) == "13:00 until Tuesday 23 June 12:00"


def test_whose_clock_somebody_lives_by():
    assert zones_of(country="FI") == (HELSINKI,)
    assert zones_of(country="SE", language="fi") == (HOME, HELSINKI)
    assert zones_of(country="SE", language="sv", zone=HOME) == (HOME,)
    assert zones_of(zone=HELSINKI, country="FI", language="fi-FI") == (HELSINKI,)
    assert zones_of(country="RU", language=None, zone="Etc/Nowhere") == ()


def test_every_clock_has_a_name_and_every_country_a_clock():
    assert set(ZONES.values()) == set(NAMES)
