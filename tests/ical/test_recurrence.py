"""Rules of recurring events: the occurrences another library finds, at a cost that has a bound."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.ical.recurrence import MOST_DAYS, Budget, TooMuch, Unreadable, occurrences, read_rule, read_stamp

START = datetime(2026, 12, 1, 9, 0)  # noqa: DTZ001 - a wall clock
STOCKHOLM = ZoneInfo("Europe/Stockholm")


def found(rule: str, first: datetime = START, after: datetime = START + timedelta(days=800)) -> list[datetime]:
    return list(occurrences(read_rule(rule), START, first, after, STOCKHOLM, Budget(MOST_DAYS)))


def days(rule: str, count: int = 5) -> list[str]:
    return [f"{at:%Y-%m-%d}" for at in islice(found(rule), count)]


# ---------------------------------------------------------------- reading


@pytest.mark.parametrize(
    ("text", "stamp"),
    [
        ("20261122", date(2026, 11, 22)),
        ("20261122T090000", datetime(2026, 11, 22, 9)),  # noqa: DTZ001 - a wall clock
        (" 20261122t090000z ", datetime(2026, 11, 22, 9, tzinfo=UTC)),
        ("20161231T235960Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_stamps(text, stamp):
    assert read_stamp(text) == stamp


@pytest.mark.parametrize("text", ["", "2026", "2026-11-22", "20261322", "20261122T250000", "20261122T0900", "00000101"])
def test_what_is_no_stamp(text):
    with pytest.raises(Unreadable):
        read_stamp(text)


@pytest.mark.parametrize(
    "text",
    ["", "FREQ", "FREQ=HOURLY", "FREQ=SECONDLY;COUNT=1", "INTERVAL=2", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;COUNT=0",
     "FREQ=DAILY;INTERVAL=-1", "FREQ=DAILY;COUNT=x", "FREQ=DAILY;BYMONTH=13", "FREQ=DAILY;BYMONTH=0",
     "FREQ=DAILY;BYMONTHDAY=0", "FREQ=DAILY;BYHOUR=24", "FREQ=DAILY;BYDAY=1MO", "FREQ=WEEKLY;BYDAY=-1FR",
     "FREQ=MONTHLY;BYDAY=0MO", "FREQ=MONTHLY;BYDAY=MOO", "FREQ=MONTHLY;BYWEEKNO=3", "FREQ=YEARLY;BYWEEKNO=54",
     "FREQ=DAILY;WKST=X", "FREQ=DAILY;UNTIL=x", "FREQ=DAILY;BYSETPOS=0", "FREQ=DAILY;INTERVAL=99999999"],
)  # fmt: skip
def test_rule_that_is_none(text):
    with pytest.raises(Unreadable):
        read_rule(text)


def test_rule_with_more_times_a_day_than_meetings_have():
    with pytest.raises(TooMuch):
        read_rule("FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=0,10,20,30,40")


def test_small_letters_spaces_and_unknown_parts_do_no_harm():
    assert read_rule(" freq=weekly;byday=mo,TU;X-NEW=1; ") == read_rule("FREQ=WEEKLY;BYDAY=TU,MO")


# ---------------------------------------------------------------- falling


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY;COUNT=3", ["2026-12-01", "2026-12-02", "2026-12-03"]),
        ("FREQ=WEEKLY;BYDAY=MO,WE;COUNT=4", ["2026-12-01", "2026-12-02", "2026-12-07", "2026-12-09"]),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", ["2026-12-01", "2026-12-25", "2027-01-29"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=4", ["2026-12-01", "2026-12-31", "2027-01-31", "2027-03-31"]),
        ("FREQ=YEARLY;BYWEEKNO=1;COUNT=3", ["2026-12-01", "2027-01-05", "2028-01-04"]),
        ("FREQ=YEARLY;BYWEEKNO=-1;BYDAY=MO;COUNT=3", ["2026-12-01", "2026-12-28", "2027-12-27"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", ["2026-12-01", "2028-02-29"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", ["2026-12-01"]),
        ("FREQ=DAILY;UNTIL=20261203", ["2026-12-01", "2026-12-02", "2026-12-03"]),
        ("FREQ=DAILY;UNTIL=20261203T090000", ["2026-12-01", "2026-12-02", "2026-12-03"]),
        ("FREQ=DAILY;UNTIL=20261203T080000Z", ["2026-12-01", "2026-12-02", "2026-12-03"]),
        ("FREQ=DAILY;UNTIL=20261203T075959Z", ["2026-12-01", "2026-12-02"]),
        ("FREQ=DAILY;UNTIL=20260101", []),
    ],
)
def test_first_occurrence_counts_and_the_rest_follow(rule, expected):
    assert days(rule) == expected


PARTS = st.fixed_dictionaries(
    {"FREQ": st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]), "INTERVAL": st.integers(1, 5).map(str)},
    optional={
        "COUNT": st.integers(1, 60).map(str),
        "BYMONTH": st.lists(st.integers(1, 12), min_size=1, max_size=3).map(lambda n: ",".join(map(str, n))),
        "BYMONTHDAY": st.lists(st.sampled_from([1, 2, 15, 29, 30, 31, -1, -2, -31]), min_size=1, max_size=3).map(
            lambda n: ",".join(map(str, n))
        ),
        "BYDAY": st.lists(st.sampled_from(["MO", "TU", "TH", "SU"]), min_size=1, max_size=3).map(",".join),
        "NTH": st.lists(st.sampled_from(["1MO", "2TU", "-1FR", "5SU", "-2WE"]), min_size=1, max_size=2).map(",".join),
        "BYYEARDAY": st.sampled_from(["1,200", "-1", "366", "335"]),
        "BYSETPOS": st.sampled_from(["1", "-1", "2,-1", "1,3"]),
        "BYHOUR": st.sampled_from(["9", "8,13", "0,23"]),
        "WKST": st.sampled_from(["MO", "SU", "WE"]),
    },
)


@given(PARTS, st.integers(-400, 900), st.integers(1, 900))
@settings(max_examples=150, deadline=None)
def test_occurrences_are_those_of_dateutil(parts, begins, lasts):
    nth = parts.pop("NTH", None)
    if nth and parts["FREQ"] in {"MONTHLY", "YEARLY"}:
        parts["BYDAY"] = nth
    if parts["FREQ"] != "YEARLY":
        parts.pop("BYYEARDAY", None)  # means nothing there
    if "COUNT" in parts:
        # Ours counts the first occurrence whether the rule names it or not, so both must begin with one it names.
        rule = ";".join(f"{name}={value}" for name, value in parts.items() if name != "COUNT")
        if (begin := rrulestr(rule + ";UNTIL=20290101", dtstart=START).after(START, inc=True)) is None:
            return
        start = begin
    else:
        start = START
    rule = ";".join(f"{name}={value}" for name, value in parts.items())
    first, after = start + timedelta(days=begins), start + timedelta(days=begins + lasts)
    bounded = rule if "COUNT" in parts else f"{rule};UNTIL={after + timedelta(days=1):%Y%m%dT%H%M%S}"
    theirs = [at for at in rrulestr(bounded, dtstart=start).between(first, after, inc=True) if at < after]
    if first <= start < after and start not in theirs:
        theirs.insert(0, start)
    ours = list(occurrences(read_rule(rule), start, first, after, UTC, Budget(MOST_DAYS)))
    assert ours == theirs


# ---------------------------------------------------------------- its cost


def test_cost_is_that_of_the_window_and_not_of_the_years_before():
    old = datetime(1601, 1, 1, 9)  # noqa: DTZ001 - a wall clock
    budget = Budget(1000)
    rule = read_rule("FREQ=DAILY")
    assert len(list(occurrences(rule, old, START, START + timedelta(days=550), UTC, budget))) == 550
    assert budget.left > 400


def test_rule_counted_from_too_long_ago_is_too_much():
    old = datetime(1601, 1, 1, 9)  # noqa: DTZ001 - a wall clock
    rule = read_rule("FREQ=DAILY;COUNT=900000")
    with pytest.raises(TooMuch):
        list(occurrences(rule, old, START, START + timedelta(days=550), UTC, Budget(10**9)))


def test_budget_of_all_rules_ends_the_last_one():
    budget = Budget(300)
    with pytest.raises(TooMuch):
        list(occurrences(read_rule("FREQ=DAILY"), START, START, START + timedelta(days=550), UTC, budget))
    assert budget.left < 0


def test_end_of_the_calendar_ends_a_rule():
    late = datetime(9989, 1, 1)  # noqa: DTZ001 - a wall clock
    rule = read_rule("FREQ=YEARLY;INTERVAL=5")
    assert list(occurrences(rule, late, late, datetime.max, UTC, Budget(10**9))) == [late]  # noqa: DTZ901
