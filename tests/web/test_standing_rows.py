"""A forum's standing as a row: its numbers in words, its year as a strip, its five years as bars."""

from __future__ import annotations

from datetime import date

import pytest
from flask import g

from scheduler.cadence.bands import bands
from scheduler.cadence.evaluation import evaluate
from scheduler.cadence.rules import CadenceVersion, Kind, Meeting, Period, Unit
from scheduler.cadence.rules import Forum as Ruled
from scheduler.cadence.years import closed_years
from scheduler.db import db
from scheduler.forums.models import Forum
from scheduler.i18n import sort_key, use_language
from scheduler.meetings.cadence import Dated, Standing, standings
from scheduler.web.charts import Band, FiveYears, Mark, YearBar
from scheduler.web.standing_rows import (
    closed_spans,
    five_years_of,
    present_standings,
    remember,
    row_of,
    strip_of,
    worst_first,
)
from tests.conftest import NOW
from tests.queries import count_queries

TODAY = date(2026, 11, 22)
FOUR = CadenceVersion(Kind.COUNT, 4, 5)


def standing(rule=FOUR, *days: tuple[str, str], start=date(2022, 1, 1), year=2026) -> Standing:
    """Where a forum stands with meetings of these days and states, judged as a page does."""
    ruled = Ruled((rule,), start=start)
    meetings = [(date.fromisoformat(day), state) for day, state in days]
    judged = [Meeting(day, state) for day, state in meetings]
    return Standing(
        1,
        evaluate(ruled, judged, TODAY),
        tuple(bands(ruled, judged, TODAY, year)),
        closed_years(ruled, judged, TODAY, range(year - 5, year)),
        tuple(Dated(n, day, state, "ordinary") for n, (day, state) in enumerate(meetings) if day.year == year),
    )


SOME = (("2025-05-06", "held"), ("2026-02-03", "held"), ("2026-05-05", "held"), ("2026-12-08", "confirmed"))


# ---------------------------------------------------------------- the row


@pytest.mark.parametrize(
    ("rule", "swedish", "english"),
    [
        (FOUR, "4–5 gånger per år", "4–5 times a year"),
        (CadenceVersion(Kind.COUNT, 2, 2, period=Period.QUARTER), "2 gånger per kvartal", "2 times a quarter"),
        (CadenceVersion(Kind.INTERVAL, every=6, unit=Unit.WEEK), "Var sjätte vecka", "Every 6 weeks"),
        (CadenceVersion(), "–", "–"),
    ],
)
def test_the_requirement_is_said_with_a_capital_and_a_dash_where_there_is_none(rule, swedish, english):
    said = [row_of(Forum(), standing(rule)).requirement]
    with use_language("en"):
        said.append(row_of(Forum(), standing(rule)).requirement)
    assert said == [swedish, english]


def test_the_row_counts_the_years_meetings_and_says_why():
    row = row_of(Forum(), standing(FOUR, *SOME))
    assert (row.held, row.booked, row.reason) == (
        2, 1, "2 av 4 hållna, 1 bokat, tredje kvartalet saknar möte; ett saknas, kalla senast 16 december",
    )  # fmt: skip


def test_booked_meetings_that_have_passed_and_proposals_are_not_counted():
    row = row_of(Forum(), standing(FOUR, ("2026-11-10", "confirmed"), ("2026-12-08", "proposed")))
    assert (row.held, row.booked) == (0, 0)


def test_rows_are_worst_first_and_then_by_name():
    names = {1: "Ådalen", 2: "Östra", 3: "Efter", 4: "Bergen"}
    forums = [Forum(id=n, name=name, sort_key=sort_key(name)) for n, name in names.items()]
    met = standing(FOUR, *((f"2026-0{month}-03", "held") for month in (1, 2, 3, 4)))
    found = {1: met, 2: met, 3: standing(FOUR), 4: met}
    assert [row.forum.name for row in worst_first(forums, found)] == ["Efter", "Bergen", "Ådalen", "Östra"]


# ---------------------------------------------------------------- the year


def test_the_strip_has_the_meetings_of_the_year_and_its_windows():
    strip = strip_of(standing(FOUR, *SOME), 2026, TODAY, ())
    assert (strip.year, strip.today) == (2026, TODAY)
    assert strip.marks == [
        Mark(date(2026, 2, 3), "held"), Mark(date(2026, 5, 5), "held"), Mark(date(2026, 12, 8), "booked"),
    ]  # fmt: skip
    assert strip.bands == [
        Band(date(2026, 1, 1), date(2026, 4, 1), "plain"),
        Band(date(2026, 4, 2), date(2026, 7, 1), "plain"),
        Band(date(2026, 7, 2), date(2026, 9, 30), "missed"),
        Band(date(2026, 10, 1), date(2026, 12, 31), "plain"),
    ]


def test_a_meeting_today_has_its_own_mark():
    strip = strip_of(standing(FOUR, ("2026-11-22", "called")), 2026, TODAY, ())
    assert strip.marks == [Mark(TODAY, "now")]


@pytest.mark.parametrize("year", [2025, 2027])
def test_another_year_has_no_line_for_today(year):
    assert strip_of(standing(FOUR, *SOME, year=year), year, TODAY, ()).today is None


def test_breaks_and_holidays_stand_in_order_and_in_the_language_in_use():
    spans = closed_spans(2026)
    assert [span.from_on for span in spans] == sorted(span.from_on for span in spans)
    assert [span.name for span in spans][:1] + [span.name for span in spans][-1:] == ["Trettonhelg", "Jul"]
    assert ("Semester v. 27–32", date(2026, 6, 29), date(2026, 8, 9)) in [
        (span.name, span.from_on, span.to_on) for span in spans
    ]
    with use_language("en"):
        assert closed_spans(2026)[-1].name == "Christmas"


# ---------------------------------------------------------------- five years


def test_five_closed_years_are_bars_and_one_before_the_records_is_empty():
    held = [("2023-02-07", "held"), *((f"2025-0{month}-04", "held") for month in (2, 4, 6, 9))]
    assert five_years_of(standing(FOUR, *held)) == FiveYears(
        [
            YearBar(2021, None, None, "inactive"),
            YearBar(2022, 0, 4, "missed"),
            YearBar(2023, 1, 4, "missed"),
            YearBar(2024, 0, 4, "missed"),
            YearBar(2025, 4, 4, "met"),
        ]
    )


def test_years_without_a_requirement_say_what_was_held():
    bars = five_years_of(standing(CadenceVersion(), ("2025-02-04", "held"))).bars
    assert bars[-1] == YearBar(2025, 1, None, "no_requirement")


def test_a_forum_without_records_of_any_closed_year_has_no_bars():
    assert five_years_of(standing(FOUR, start=date(2026, 3, 1))) is None


# ---------------------------------------------------------------- once a request


def test_what_a_page_has_judged_is_not_asked_for_again(house):
    forums = [house.world.forums[name] for name in ("own", "foreign")]
    with house.app.test_request_context():
        g.now = NOW
        remember({forums[0].id: standing(FOUR, *SOME)})  # as if the page had found this
        with count_queries(db.engine) as sent:
            known = present_standings(forums[:1])
        assert (sent, known[forums[0].id].evaluation.held) == ([], 2)
        both = present_standings(forums)
        assert both == {**known, **standings(db.session(), forums[1:], TODAY)}
        with count_queries(db.engine) as sent:
            assert present_standings(forums) == both
        assert sent == []
