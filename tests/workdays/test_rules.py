"""Working days and deadlines: tables that read as the secretariat would say it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.errors import Refused
from scheduler.workdays.rules import (
    DeadlineRule,
    Link,
    Notice,
    Roll,
    Unit,
    call_by,
    deadline,
    is_working_day,
    last_working_day,
    next_working_day,
    nth_working_day,
)

days = st.dates(date(2020, 1, 1), date(2040, 12, 31))
closings = st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=40)


@pytest.mark.parametrize(
    ("day", "working", "why"),
    [
        ("2026-11-23", True, "a Monday"),
        ("2026-11-21", False, "a Saturday"),
        ("2026-11-22", False, "a Sunday"),
        ("2026-06-19", False, "Midsummer Eve"),
        ("2026-12-24", False, "Christmas Eve"),
        ("2026-12-31", False, "New Year's Eve"),
        ("2026-12-23", True, "the day before Christmas Eve"),
        ("2026-05-15", True, "a squeeze day"),
        ("2026-01-05", True, "a half day and a squeeze day"),
        ("2026-04-02", True, "Maundy Thursday, a half day"),
        ("2026-04-30", True, "Walpurgis Night, a half day"),
        ("2026-04-03", False, "Good Friday"),
        ("2026-02-06", True, "the Sámi national day is no public holiday"),
    ],
)
def test_working_day(day: str, working: bool, why: str) -> None:
    assert is_working_day(date.fromisoformat(day)) is working


def test_working_day_is_free_when_the_organisation_is_closed() -> None:
    assert not is_working_day(date(2026, 5, 15), frozenset({date(2026, 5, 15)}))


@pytest.mark.parametrize(
    ("anchor", "n", "expected"),
    [
        ("2026-05-19", -1, "2026-05-18"),
        ("2026-05-18", -1, "2026-05-15"),
        ("2026-05-15", 1, "2026-05-18"),
        ("2026-12-23", 1, "2026-12-28"),
        ("2026-12-30", 1, "2027-01-04"),
        ("2026-05-16", 0, "2026-05-16"),
    ],
)
def test_nth_working_day(anchor: str, n: int, expected: str) -> None:
    assert nth_working_day(date.fromisoformat(anchor), n) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("anchor", "rule", "expected", "why"),
    [
        ("2026-06-05", DeadlineRule(14, roll=Roll.LATER), "2026-06-22", "adjustment falls on Midsummer Eve"),
        ("2026-12-10", DeadlineRule(14, roll=Roll.LATER), "2026-12-28", "Christmas Eve, two holidays and a Sunday"),
        ("2026-12-10", DeadlineRule(21, roll=Roll.LATER), "2027-01-04", "New Year's Eve is no working day"),
        ("2026-05-23", DeadlineRule(-8, roll=Roll.EARLIER), "2026-05-15", "a squeeze day is used"),
        ("2026-05-22", DeadlineRule(-8, roll=Roll.EARLIER), "2026-05-13", "Ascension Day gives the Wednesday"),
        ("2026-05-22", DeadlineRule(-8), "2026-05-14", "no roll: a reminder may go out on a holiday"),
        ("2026-05-22", DeadlineRule(0, roll=Roll.EARLIER), "2026-05-22", "the day itself"),
        ("2026-06-20", DeadlineRule(0, roll=Roll.EARLIER), "2026-06-18", "Midsummer Day and Eve"),
        ("2026-06-01", DeadlineRule(3, Unit.WORKING_DAYS), "2026-06-04", "after the meeting"),
        ("2026-12-01", DeadlineRule(unit=Unit.WEEKDAY_PREVIOUS_WEEK, weekday=0), "2026-11-23", "Monday before"),
        ("2027-01-04", DeadlineRule(unit=Unit.WEEKDAY_PREVIOUS_WEEK, weekday=4), "2027-01-01", "week 53"),
        ("2026-12-06", DeadlineRule(unit=Unit.WEEKDAY_PREVIOUS_WEEK, weekday=6), "2026-11-29", "a Sunday's week"),
    ],
)
def test_deadline(anchor: str, rule: DeadlineRule, expected: str, why: str) -> None:
    assert deadline(date.fromisoformat(anchor), rule) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("rule", "expected", "why"),
    [
        (DeadlineRule(-5, Unit.WORKING_DAYS), "2026-05-08", "a closed day is no working day"),
        (DeadlineRule(-4, roll=Roll.EARLIER), "2026-05-13", "rolling earlier passes it and Ascension Day"),
        (DeadlineRule(-4, roll=Roll.LATER), "2026-05-15", "a statutory limit is not prolonged by it"),
        (DeadlineRule(-4), "2026-05-15", "no roll leaves it"),
    ],
)
def test_deadline_over_a_closed_squeeze_day(rule: DeadlineRule, expected: str, why: str) -> None:
    closed = frozenset({date(2026, 5, 15)})
    assert deadline(date(2026, 5, 19), rule, closed) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("meeting", "notice", "expected"),
    [
        ("2026-12-30", Notice(), "2026-12-16"),
        ("2026-12-30", Notice(5, Unit.WORKING_DAYS), "2026-12-21"),
        ("2026-06-27", Notice(7), "2026-06-18"),
        ("2026-06-23", Notice(0), "2026-06-23"),
        ("2026-06-23", Notice(1, Unit.WORKING_DAYS), "2026-06-22"),
    ],
)
def test_call_by(meeting: str, notice: Notice, expected: str) -> None:
    assert call_by(date.fromisoformat(meeting), notice) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("before", "after", "holds"),
    [
        ("2022-02-09", "2022-02-23", True),
        ("2022-10-06", "2022-10-12", True),
        ("2022-10-07", "2022-10-12", False),
        ("2022-03-30", "2022-04-27", True),
        ("2022-03-29", "2022-04-27", False),
        ("2022-04-28", "2022-04-27", False),
    ],
)
def test_chain_from_6_to_28_days(before: str, after: str, holds: bool) -> None:
    link = Link(6, 28)
    assert link.holds(date.fromisoformat(before), date.fromisoformat(after)) is holds


def test_chain_without_a_most_is_open_early() -> None:
    link = Link(14)
    assert link.days_before(date(2026, 6, 15)) == (None, date(2026, 6, 1))
    assert link.holds(date(2020, 1, 1), date(2026, 6, 15))


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: DeadlineRule(4000), "n"),
        (lambda: DeadlineRule(unit=Unit.WEEKDAY_PREVIOUS_WEEK), "weekday"),
        (lambda: DeadlineRule(unit=Unit.WEEKDAY_PREVIOUS_WEEK, weekday=7), "weekday"),
        (lambda: Notice(-1), "n"),
        (lambda: Notice(5, Unit.WEEKDAY_PREVIOUS_WEEK), "unit"),
        (lambda: Link(-1), "min_days"),
        (lambda: Link(14, 6), "max_days"),
    ],
)
def test_impossible_rule_is_refused_at_its_field(make: object, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        make()  # type: ignore[operator]  # a table of functions
    assert [problem.field for problem in refusal.value.problems] == [field]


@given(days, st.integers(1, 30), closings)
def test_nth_working_day_counts_exactly_n_working_days(anchor: date, n: int, closed: frozenset[date]) -> None:
    found = nth_working_day(anchor, -n, closed)
    between = [found + timedelta(days=k) for k in range((anchor - found).days)]
    assert sum(is_working_day(day, closed) for day in between) == n
    assert is_working_day(found, closed)


@given(days, closings)
def test_rolling_never_passes_a_working_day(day: date, closed: frozenset[date]) -> None:
    earlier, later = last_working_day(day, closed), next_working_day(day, closed)
    assert earlier <= day <= later
    assert (earlier == day) is (later == day) is is_working_day(day, closed)


@given(days, st.integers(-40, 40), st.sampled_from([Unit.CALENDAR_DAYS, Unit.WORKING_DAYS]), st.sampled_from(Roll))
def test_deadlines_keep_the_order_of_their_meetings(anchor: date, n: int, unit: Unit, roll: Roll) -> None:
    rule = DeadlineRule(n, unit, roll)
    assert deadline(anchor, rule) <= deadline(anchor + timedelta(days=1), rule)
