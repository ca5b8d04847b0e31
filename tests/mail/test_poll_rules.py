"""When those who have said nothing to a date poll are asked again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.mail.poll_rules import CHASER_DAYS, chasers, over_at

STOCKHOLM = "Europe/Stockholm"
#: Friday.
BY = date(2027, 1, 22)


def days(opened: str, by: date = BY) -> list[str]:
    return [f"{one.due_at:%d %H}" for one in chasers(datetime.fromisoformat(f"{opened}+00:00"), by, STOCKHOLM)]


@pytest.mark.parametrize(
    ("opened", "expected"),
    [
        ("2027-01-04T08:00", ["19 08", "21 08"]),
        ("2027-01-18T12:00", ["19 08", "21 08"]),
        ("2027-01-18T13:00", ["21 08"]),  # nobody is asked again within a day
        ("2027-01-20T08:00", ["21 08"]),
        ("2027-01-20T13:00", []),
    ],
)
def test_asked_again_three_days_and_one_day_before_at_nine(opened, expected):
    assert days(opened) == expected


def test_on_a_day_off_it_is_the_working_day_before_and_never_twice_in_one():
    # Monday: three days before is Friday, the day before is Sunday, which is Friday too.
    assert days("2027-01-04T08:00", date(2027, 1, 25)) == ["22 08"]


def test_each_is_stale_when_the_next_is_due_and_the_last_when_the_day_is_over():
    first, last = chasers(datetime(2027, 1, 4, 8, tzinfo=UTC), BY, STOCKHOLM)
    assert (first.stale_at, last.stale_at) == (last.due_at, over_at(BY, STOCKHOLM))
    assert over_at(BY, STOCKHOLM) == datetime(2027, 1, 22, 23, tzinfo=UTC)
    assert [first.name, last.name] == ["3 2027-01-22", "1 2027-01-22"]


@given(st.integers(0, 40), st.dates(date(2026, 1, 1), date(2028, 12, 31)))
def test_none_comes_before_the_question_or_after_the_end(before, by):
    opened = over_at(by, STOCKHOLM) - timedelta(days=before, hours=7)
    found = chasers(opened, by, STOCKHOLM)
    assert len(found) <= len(CHASER_DAYS)
    for one in found:
        assert opened < one.due_at < one.stale_at <= over_at(by, STOCKHOLM)
    assert [one.due_at for one in found] == sorted({one.due_at for one in found})
