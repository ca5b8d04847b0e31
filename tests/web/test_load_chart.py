"""The chart of a person's year draws what the table of its weeks says, whole and in three strips."""

from __future__ import annotations

import re
from datetime import date, time, timedelta

import pytest

from scheduler.meetings.load_rules import Entry, reckon, town_codes
from scheduler.meetings.times import local_span
from scheduler.web.load_chart import LoadChart, load_charts, load_key

DAY = date(2026, 10, 1)


def entry(key: str, on: date = DAY, *, leads: bool = False, town: str | None = None, **values) -> Entry:
    return Entry(key, local_span(on, time(10), time(12), None, "Europe/Stockholm"), leads, town, **values)


def drawn(*entries: Entry, **values) -> str:
    found = reckon(2026, entries, home="Luleå")
    given = {
        "weeks": found.weeks, "states": {one.key: "poll" if one.is_poll else "booked" for one in entries},
        "codes": town_codes(found.towns), "clashing": frozenset(), "closed": frozenset(), "this_week": None,
    }  # fmt: skip
    return str(load_charts(LoadChart(**(given | values))))


def test_whole_year_and_three_strips_are_silent():
    markup = drawn()
    assert markup.count("<svg") == 4
    assert markup.count('aria-hidden="true"') == 4
    assert markup.count("bigstrip slim") == 3


@pytest.mark.parametrize("count", [1, 2, 5])
def test_every_meeting_has_its_mark_in_both_drawings(count):
    markup = drawn(*(entry(f"m{n}", leads=n % 2 == 0) for n in range(count)))
    assert markup.count('class="m open"') == 2 * count


def test_more_than_fit_above_each_other_are_told_by_a_number():
    markup = drawn(*(entry(f"m{n}") for n in range(7)))
    assert markup.count('class="m open"') == 2 * 4
    assert markup.count(">+3<") == 2


def test_lanes_grow_with_the_fullest_week():
    heights = [
        int(re.search(r'viewBox="-2 0 \S+ (\d+)"', drawn(*(entry(f"m{n}", leads=True) for n in range(count))))[1])
        for count in (1, 2, 4)
    ]
    assert heights[0] == heights[1] < heights[2]


def test_journey_clash_this_week_and_closed_weeks_are_drawn():
    monday = DAY - timedelta(days=DAY.weekday())
    markup = drawn(
        entry("m1", town="Kiruna"), entry("m2", town="Boden"), clashing={monday}, closed={monday}, this_week=monday
    )
    assert markup.count(">Ki+<") == 2
    for name in ("l-trip", "l-warn", "l-now", "closed"):
        assert markup.count(f'class="{name}"') == 2


def test_names_of_towns_are_text():
    assert "<script" not in drawn(entry("m1", town="<script>"))


def test_legend_says_every_mark():
    legend = str(load_key([("booked", "Bokat"), ("poll", "Datum<")]))
    for word in ("Bokat", "Datum&lt;", "Resa, med ort", "Krock", "Denna vecka", "Helger, lov och frånvaro"):
        assert word in legend
