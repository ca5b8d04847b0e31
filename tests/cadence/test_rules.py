"""Values: what a version may say, and the small things of a forum."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from scheduler.cadence.rules import CadenceVersion, Forum, Kind, Period, Unit, WindowKind, version_from, yearly_pauses
from scheduler.errors import Refused


@pytest.mark.parametrize(
    ("keys", "field"),
    [
        ({"kind": "count", "min": -1, "period": "year"}, "min"),
        ({"kind": "count", "min": 367, "period": "year"}, "min"),
        ({"kind": "count", "min": 32, "period": "month"}, "min"),
        ({"kind": "count", "min": 5, "max": 4, "period": "year"}, "max"),
        ({"kind": "count", "min": 4, "target": 3, "period": "year"}, "target"),
        ({"kind": "count", "min": 4, "max": 5, "target": 6, "period": "year"}, "target"),
        ({"kind": "count", "min": 0, "max": 0, "target": 1, "period": "year"}, "target"),
        ({"kind": "count", "min": 1, "period": "quarter", "window": "rolling"}, "window"),
        ({"kind": "count", "min": 1, "period": "week"}, "period"),
        ({"kind": "often"}, "kind"),
        ({"kind": "interval", "every": 0, "unit": "week"}, "every"),
        ({"kind": "interval", "every": 1, "unit": "year"}, "unit"),
        ({"kind": "interval", "every": 9999, "unit": "month"}, "every"),
    ],
)
def test_impossible_version_is_refused_at_its_field(keys: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refusal:
        version_from(keys)
    assert [problem.field for problem in refusal.value.problems] == [field]


def test_version_from_the_keys_of_a_phrase() -> None:
    keys = {"kind": "count", "min": 4, "max": None, "target": 5, "period": "term", "approximate": True, "ask": True}
    assert version_from(keys, date(2026, 1, 1)) == CadenceVersion(
        Kind.COUNT, 4, None, 5, Period.TERM, WindowKind.CALENDAR, approximate=True, valid_from=date(2026, 1, 1)
    )
    assert version_from({"kind": "interval", "every": 2, "unit": "month"}) == CadenceVersion(
        Kind.INTERVAL, every=2, unit=Unit.MONTH
    )
    assert version_from({"kind": "none", "ask": True}) == CadenceVersion()


def test_target_is_the_minimum_unless_set() -> None:
    assert CadenceVersion(Kind.COUNT, 4, 5).goal == 4
    assert CadenceVersion(Kind.COUNT, 4, None, 5).goal == 5
    assert CadenceVersion(Kind.COUNT, 0, 0, 0).goal == 0


def test_version_on_a_day_is_the_last_that_has_begun() -> None:
    first = CadenceVersion(Kind.COUNT, 4)
    second = CadenceVersion(Kind.COUNT, 6, valid_from=date(2026, 7, 1))
    forum = Forum((first, second))
    assert forum.version_at(date(1900, 1, 1).toordinal()) == first
    assert forum.version_at(date(2026, 6, 30).toordinal()) == first
    assert forum.version_at(date(2026, 7, 1).toordinal()) == second


@pytest.mark.parametrize(
    ("first", "last", "years", "expected"),
    [
        ("2026-07-01", "2026-07-31", range(2026, 2028), [("2026-07-01", "2026-07-31"), ("2027-07-01", "2027-07-31")]),
        ("2025-12-20", "2026-01-06", range(2026, 2027), [("2026-12-20", "2027-01-06")]),
        ("2028-02-29", "2028-03-10", range(2027, 2029), [("2027-02-28", "2027-03-10"), ("2028-02-29", "2028-03-10")]),
    ],
)
def test_yearly_pause_is_expanded(first: str, last: str, years: range, expected: list[tuple[str, str]]) -> None:
    found = yearly_pauses(date.fromisoformat(first), date.fromisoformat(last), years)
    assert [(a.isoformat(), b.isoformat()) for a, b in found] == expected
