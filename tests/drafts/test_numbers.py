"""Meetings that stand leave room for those still to be laid, where the year has most of it."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from scheduler.drafts.problem import numbers_of

LAST = date(2027, 12, 31)
FIRST = date(2027, 1, 1)


def of(*days: str, count: int, earliest: date = FIRST, min_gap: int = 30) -> list[int]:
    return numbers_of(
        [date.fromisoformat(f"2027-{day}") for day in days], count, earliest=earliest, last=LAST, min_gap=min_gap
    )


def test_what_stands_late_leaves_the_spring_to_be_laid():
    assert of("10-01", count=4) == [3]


def test_what_stands_early_leaves_the_autumn():
    assert of("01-20", count=4) == [0]


def test_between_two_as_many_as_have_room():
    assert of("01-20", "11-20", count=5) == [0, 4]


def test_nothing_is_laid_before_it_can_be_called():
    assert of("10-01", count=4, earliest=date(2027, 9, 20)) == [0]


def test_a_full_year_counts_from_the_first():
    assert of("02-01", "05-01", "09-01", count=3) == [0, 1, 2]


@given(
    st.lists(st.integers(0, 364), unique=True, max_size=8), st.integers(0, 8), st.integers(1, 120),
    st.integers(0, 364),
)  # fmt: skip
def test_numbers_rise_and_fit_the_year(days, more, min_gap, earliest):
    standing = sorted(FIRST + timedelta(days=day) for day in days)
    count = len(standing) + more
    found = numbers_of(standing, count, earliest=FIRST + timedelta(days=earliest), last=LAST, min_gap=min_gap)
    assert found == sorted(set(found))
    assert all(0 <= index < count for index in found)
    # Never more before or between than the least distance allows.
    for before, after, low, high in zip(standing, standing[1:], found, found[1:], strict=False):
        assert high - low - 1 <= max(0, (after - before).days // min_gap - 1)
