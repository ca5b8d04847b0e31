"""A person's year as it is reckoned: weeks, journeys, clashes, free weeks and journeys that could be shared (D7)."""

from __future__ import annotations

from datetime import date, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.meetings.load_rules import (
    Days,
    Entry,
    Gathering,
    add_up,
    clashes,
    free_weeks,
    is_break,
    reckon,
    strips,
    town_codes,
    trips,
    weeks_of,
)
from scheduler.meetings.times import Span, local_span
from scheduler.workdays.rules import is_working_day

ZONE = "Europe/Stockholm"
#: Thursday 1 October 2026.
DAY = date(2026, 10, 1)
KM = {frozenset(("Luleå", "Boden")): 36, frozenset(("Luleå", "Kiruna")): 340}


def km(one: str, other: str) -> int | None:
    return KM.get(frozenset((one, other)))


def span(on: date = DAY, start: int = 10, hours: int = 2, last_on: date | None = None) -> Span:
    return local_span(on, time(start), time(start + hours), last_on, ZONE)


def entry(key: str = "m1", on: date = DAY, start: int = 10, hours: int = 2, *, leads: bool = False, **values) -> Entry:
    return Entry(key, span(on, start, hours), leads, **values)


# ---------------------------------------------------------------- weeks


@pytest.mark.parametrize(("year", "first", "last", "count"), [
    (2026, date(2025, 12, 29), date(2026, 12, 28), 53),
    (2027, date(2026, 12, 28), date(2027, 12, 27), 53),
    (2028, date(2027, 12, 27), date(2028, 12, 25), 53),
    (2024, date(2024, 1, 1), date(2024, 12, 30), 53),
])  # fmt: skip
def test_weeks_are_those_that_touch_the_year(year, first, last, count):
    weeks = weeks_of(year)
    assert (weeks[0], weeks[-1], len(weeks)) == (first, last, count)


@given(st.integers(1971, 2099))
def test_every_day_of_a_year_lies_in_one_of_its_weeks(year):
    weeks = weeks_of(year)
    day = date(year, 1, 1)
    while day.year == year:
        assert day - timedelta(days=day.weekday()) in weeks
        day += timedelta(days=1)
    assert all(later - earlier == timedelta(days=7) for earlier, later in pairwise(weeks))


def test_strips_of_a_phone_end_at_weeks_18_and_35():
    found = strips(reckon(2026, [], home=None).weeks)
    assert [(part[0].number, part[-1].number) for part in found] == [(1, 18), (19, 35), (36, 53)]


def test_year_counts_roles_weeks_and_days_of_travel():
    found = reckon(
        2026,
        [
            entry("m1", leads=True, town="Luleå"),
            entry("m2", DAY + timedelta(days=1), town="Kiruna"),
            entry("m3", DAY + timedelta(days=1), start=14, town="Kiruna"),
            entry("m4", date(2026, 11, 5), town="Boden"),
            entry("p1", date(2026, 11, 12), town="Kiruna", is_poll=True),
        ],
        home="Luleå",
    )
    assert (found.leads, found.attends) == (1, 3)
    assert (found.travel_days, found.towns) == (2, ("Kiruna", "Boden"))
    assert found.heaviest is not None
    assert (found.heaviest.number, len(found.heaviest.meetings)) == (40, 3)
    assert found.empty_weeks == 51


def test_nobody_travels_from_a_home_that_is_not_known():
    found = reckon(2026, [entry(town="Kiruna")], home=None)
    assert (found.travel_days, found.towns) == (0, ())


def test_meeting_over_new_year_counts_its_days_in_each_year():
    held = [Entry("m1", span(date(2026, 12, 31), last_on=date(2027, 1, 1)), leads=False, town="Kiruna")]
    assert [reckon(year, held, home="Luleå").travel_days for year in (2026, 2027)] == [1, 1]


def _some_entry(n: int, day: int, days: int, town: str | None, *flags: bool) -> Entry:
    on = date(2026, 12, 1) + timedelta(days=day)
    leads, is_proposal, is_poll = flags
    last = on + timedelta(days=days) if days else None
    return Entry(f"m{n}", span(on, last_on=last), leads, town, is_proposal, is_poll)


some_entries = st.lists(
    st.builds(
        _some_entry, st.integers(0, 10**6), st.integers(0, 400), st.integers(0, 9),
        st.sampled_from(["Luleå", "Kiruna", None]), st.booleans(), st.booleans(), st.booleans(),
    ),
    max_size=12, unique_by=lambda one: one.key,
)  # fmt: skip


@given(some_entries, st.sampled_from(["Luleå", "Boden", None]))
def test_year_in_figures_alone_is_that_of_the_reckoning(entries, home):
    touching = [one for one in entries if any(day.year == 2027 for day in one.span.days())]
    full, figures = reckon(2027, touching, home=home), add_up(2027, touching, home=home)
    assert (figures.leads, figures.attends, figures.travel_days) == (full.leads, full.attends, full.travel_days)
    heaviest = None if full.heaviest is None else (full.heaviest.monday, len(full.heaviest.meetings))
    assert figures.heaviest == heaviest
    assert figures.minutes == sum(one.minutes for one in touching if not one.is_poll)


def test_whole_day_counts_as_eight_hours():
    days = Entry("m1", local_span(DAY, None, None, DAY + timedelta(days=1), "Europe/Stockholm"), leads=False)
    assert [one.minutes for one in (days, entry(hours=2))] == [960, 120]


def test_towns_have_two_letters_each_their_own():
    assert town_codes(["Luleå", "Ludvika", "Lund", "Å"]) == {"Luleå": "Lu", "Ludvika": "Ld", "Lund": "Ln", "Å": "Å"}


@given(st.lists(st.text("abcåäö", min_size=1, max_size=6), unique=True, max_size=9))
def test_codes_never_say_two_towns_alike(towns):
    codes = town_codes(towns)
    assert len(set(codes.values())) == len(towns)


def test_free_weeks_hold_nothing_and_nobody_is_away_in_them():
    away = [(date(2026, 12, 7), date(2026, 12, 8))]
    weeks = reckon(2026, [entry(on=date(2026, 11, 26))], home=None, away=away).own_weeks
    assert [week.number for week in free_weeks(weeks, date(2026, 11, 18))] == [49, 51, 52, 53]


def test_week_is_a_break_when_most_of_its_working_days_are_closed():
    monday = date(2026, 3, 2)
    assert is_break(monday, [monday, monday + timedelta(days=1), monday + timedelta(days=4)])
    assert not is_break(monday, [monday, monday + timedelta(days=5), monday + timedelta(days=6)])


# ---------------------------------------------------------------- clashes


def kinds(*entries: Entry, since: date = DAY, away=()) -> list[tuple[str, date]]:
    return [(clash.kind, clash.on) for clash in clashes(entries, km, since=since, away=away)]


def test_two_meetings_at_the_same_time_clash():
    assert kinds(entry("m1"), entry("m2", start=11)) == [("time", DAY)]


def test_meetings_one_after_the_other_in_one_town_do_not_clash():
    assert kinds(entry("m1", town="Luleå"), entry("m2", start=12, town="Luleå")) == []


@pytest.mark.parametrize(
    ("town", "found"), [("Boden", []), ("Kiruna", [("town", DAY)]), ("Stockholm", [("town", DAY)])]
)
def test_two_towns_clash_beyond_what_a_day_allows_or_where_nothing_is_known(town, found):
    assert kinds(entry("m1", start=8, town="Luleå"), entry("m2", start=14, town=town)) == found


def test_meeting_on_a_link_is_in_no_town():
    assert kinds(entry("m1", start=8, town="Kiruna"), entry("m2", start=14, town=None)) == []


def test_meeting_on_days_away_clashes():
    assert kinds(entry("m1"), away=[(DAY - timedelta(days=2), DAY)]) == [("away", DAY)]


def test_what_is_past_or_only_asked_about_clashes_not():
    assert kinds(entry("m1"), entry("m2"), since=DAY + timedelta(days=1)) == []
    assert kinds(entry("m1"), entry("p2", is_poll=True)) == []


def test_meeting_of_several_days_clashes_on_the_day_they_share():
    long = Entry("m1", span(DAY, last_on=DAY + timedelta(days=2)), leads=False)
    assert kinds(long, entry("m2", DAY + timedelta(days=1))) == [("time", DAY + timedelta(days=1))]


@pytest.mark.parametrize(("values", "weighs"), [({}, True), ({"is_proposal": True}, False)])
def test_clash_with_a_proposal_weighs_less(values, weighs):
    [clash] = clashes([entry("m1"), entry("m2", **values)], km, since=DAY)
    assert clash.weighs is weighs


# ---------------------------------------------------------------- journeys


def gathering(key: str, on: date, people=(1, 2, 3), town: str = "Kiruna", start: int = 10, **values) -> Gathering:
    return Gathering(key, span(on, start), town, frozenset(people), **({"may_move": True} | values))


HOMES = dict.fromkeys(range(1, 9), "Luleå")
NEXT = DAY + timedelta(days=1)


def shared(*own: Gathering, **known) -> list[tuple[str, str, date, int]]:
    days = Days(**({"homes": HOMES} | known))
    return [(t.moved, t.beside, t.on, t.saved) for t in trips(own, 1, days, km, is_working_day)]


def test_meeting_is_laid_on_the_day_of_another_in_the_same_town():
    one, other = gathering("m1", DAY, (1, 2)), gathering("m2", NEXT, (1, 2, 3), start=13)
    assert shared(one, other) == [("m1", "m2", NEXT, 2)]


def test_smaller_meeting_moves_unless_it_is_called():
    one, other = gathering("m1", DAY, (1, 2), may_move=False), gathering("m2", NEXT, (1, 2, 3), start=13)
    assert shared(one, other) == [("m2", "m1", DAY, 2)]


@pytest.mark.parametrize("other", [
    gathering("m2", DAY + timedelta(days=8), start=13),
    gathering("m2", DAY, start=13),
    gathering("m2", NEXT, start=13, town="Boden"),
    gathering("m2", NEXT, start=11),
    gathering("m2", NEXT, (2, 3), start=13),
])  # fmt: skip
def test_nothing_is_shared_too_far_apart_the_same_day_elsewhere_at_the_same_hour_or_by_others(other):
    assert shared(gathering("m1", DAY), other) == []


def test_day_must_be_free_for_all_who_are_expected():
    pair = gathering("m1", DAY, (1, 2, 3)), gathering("m2", NEXT, (1, 2, 4), start=13)
    assert shared(*pair) == [("m1", "m2", NEXT, 2)]
    busy = {3: [("m9", span(NEXT, 11), "Kiruna")], 4: [("m9", span(DAY, 13), "Kiruna")]}
    assert shared(*pair, meetings=busy) == []
    elsewhere = {3: [("m9", span(NEXT, 15), "Luleå")], 4: [("m9", span(DAY, 8), "Luleå")]}
    assert shared(*pair, meetings=elsewhere) == []
    away = {3: [(NEXT, NEXT)], 4: [(DAY, DAY)]}
    assert shared(*pair, away=away) == []


def test_whoever_lives_there_is_spared_nothing():
    pair = gathering("m1", DAY, (1, 2, 3)), gathering("m2", NEXT, (1, 2, 3), start=13)
    assert shared(*pair, homes={1: "Luleå", 2: "Kiruna", 3: None}) == [("m1", "m2", NEXT, 1)]
    assert shared(*pair, homes={1: "Kiruna", 2: "Luleå", 3: "Luleå"}) == []


def test_no_meeting_is_laid_on_a_day_off():
    friday, saturday = date(2026, 10, 2), date(2026, 10, 3)
    one, other = gathering("m1", friday, (1, 2)), gathering("m2", saturday, (1, 2, 3), start=13, may_move=False)
    assert shared(one, other) == []


def test_each_meeting_is_in_one_suggestion():
    third = NEXT + timedelta(days=3)
    found = shared(
        gathering("m1", DAY, (1, 2)), gathering("m2", NEXT, (1, 2), start=13), gathering("m3", third, (1, 2), start=8)
    )
    assert len(found) == 1
