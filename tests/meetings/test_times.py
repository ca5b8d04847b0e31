"""Days and times as people enter them: whole days, midnights, both changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.errors import Refused
from scheduler.meetings.times import end_of, local_span

SPRING = date(2027, 3, 28)
AUTUMN = date(2026, 10, 25)
STOCKHOLM = "Europe/Stockholm"


def span(on, start=None, end=None, last_on=None, zone=STOCKHOLM):
    clock = [None if at is None else time.fromisoformat(at) for at in (start, end)]
    return local_span(on, *clock, last_on, zone)


@pytest.mark.parametrize(
    ("on", "start", "end", "last_on", "start_at", "end_at"),
    [
        (date(2026, 9, 29), "10:00", "12:00", None, "2026-09-29T08:00", "2026-09-29T10:00"),
        (date(2026, 12, 1), "10:00", "12:00", None, "2026-12-01T09:00", "2026-12-01T11:00"),
        (date(2026, 12, 1), "22:00", "01:00", date(2026, 12, 2), "2026-12-01T21:00", "2026-12-02T00:00"),
        (date(2026, 12, 1), None, None, None, "2026-11-30T23:00", "2026-12-01T23:00"),
        (date(2026, 8, 27), None, None, date(2026, 8, 28), "2026-08-26T22:00", "2026-08-28T22:00"),
        (AUTUMN, None, None, None, "2026-10-24T22:00", "2026-10-25T23:00"),
        (SPRING, None, None, None, "2027-03-27T23:00", "2027-03-28T22:00"),
        (AUTUMN, "02:30", "04:00", None, "2026-10-25T00:30", "2026-10-25T03:00"),
        (SPRING, "01:30", "03:30", None, "2027-03-28T00:30", "2027-03-28T01:30"),
    ],
)
def test_wall_time_becomes_the_instant_it_is(on, start, end, last_on, start_at, end_at):
    found = span(on, start, end, last_on)
    assert (found.start_at, found.end_at) == tuple(
        datetime.fromisoformat(at).replace(tzinfo=UTC) for at in (start_at, end_at)
    )
    assert found.on == on
    assert found.all_day is (start is None)


@pytest.mark.parametrize(
    ("on", "start", "end", "last_on", "fields"),
    [
        (SPRING, "02:30", "04:00", None, ["start"]),
        (SPRING, "01:00", "02:30", None, ["end"]),
        (SPRING, "02:00", "02:59", None, ["start", "end"]),
        (date(2026, 12, 1), "10:00", "10:00", None, ["end"]),
        (date(2026, 12, 1), "10:00", "09:00", None, ["end"]),
        (date(2026, 12, 1), None, "09:00", None, ["start"]),
        (date(2026, 12, 1), "10:00", None, None, ["end"]),
        (date(2026, 12, 2), None, None, date(2026, 12, 1), ["last_on"]),
        (date(2026, 12, 1), None, None, date(2027, 1, 1), ["last_on"]),
        (date(26, 12, 1), "10:00", "12:00", None, ["on"]),
    ],
)
def test_a_time_that_cannot_be_is_refused_at_its_field(on, start, end, last_on, fields):
    with pytest.raises(Refused) as refused:
        span(on, start, end, last_on)
    assert [problem.field for problem in refused.value.problems] == fields


def test_a_zone_that_is_none_is_refused():
    with pytest.raises(Refused) as refused:
        span(date(2026, 12, 1), "10:00", "12:00", zone="Europe/Lulea")
    assert [problem.field for problem in refused.value.problems] == ["time_zone"]


def test_a_meeting_to_midnight_has_one_day():
    assert list(span(date(2026, 12, 1), "22:00", "00:00", date(2026, 12, 2)).days()) == [date(2026, 12, 1)]


def test_two_whole_days_are_two_days():
    assert list(span(date(2026, 8, 27), last_on=date(2026, 8, 28)).days()) == [date(2026, 8, 27), date(2026, 8, 28)]


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [("10:00", 120, ("12:00", 0)), ("23:00", 60, ("00:00", 1)), ("23:30", 25 * 60, ("00:30", 2))],
)
def test_end_of(start, minutes, end):
    at, later = end_of(time.fromisoformat(start), minutes)
    assert (at.isoformat("minutes"), later) == end


@given(on=st.dates(date(2020, 1, 1), date(2037, 12, 31)), hour=st.integers(3, 22), length=st.integers(15, 59))
def test_ten_stays_ten_on_every_day_of_the_year(on, hour, length):
    start = time(hour, 0)
    found = local_span(on, start, end_of(start, length)[0], None, STOCKHOLM)
    assert (found.start.date(), found.start.time()) == (on, start)
    assert found.end_at - found.start_at == timedelta(minutes=length)
