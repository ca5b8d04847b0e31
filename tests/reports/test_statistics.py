"""What reports count: verdicts and shares by tables, sums that agree, and one value as page, CSV and workbook."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.cadence.rules import CadenceVersion, Forum, Kind, Meeting, Period, Status, Unit
from scheduler.cadence.tally import Tally as Counted
from scheduler.cadence.years import YearSum, evaluate_year
from scheduler.records.attendance_years import HeldMeeting, Place
from scheduler.reports.statistics.attendance import by_forum, by_organisation, together
from scheduler.reports.statistics.cadence import (
    Odd,
    Tally,
    Verdict,
    YearOf,
    cause,
    closed_year,
    open_year,
    tallies,
    tally,
)
from scheduler.reports.statistics.load import RANGES, middle, spread
from scheduler.reports.statistics.tables import (
    Column,
    Drawing,
    Name,
    Of,
    State,
    Table,
    csv_of,
    percent,
    xlsx_of,
)
from tests.web.sheets import read_workbook

# ---------------------------------------------------------------- shares


@pytest.mark.parametrize(("part", "whole", "share"), [
    (0, 0, None), (0, 5, 0), (5, 5, 100), (1, 2, 50), (199, 200, 99), (1, 1000, 1), (71, 77, 92), (2, 3, 67),
])  # fmt: skip
def test_share_is_whole_percent_and_all_or_nothing_only_for_that(part, whole, share):
    assert percent(part, whole) == Of(part, whole).percent == share


@given(st.integers(1, 5000), st.data())
def test_share_grows_with_its_part_and_is_near_the_truth(whole, data):
    part = data.draw(st.integers(0, whole))
    share = percent(part, whole)
    assert abs(share - 100 * part / whole) <= 1
    assert part == whole or percent(part + 1, whole) >= share
    assert (share == 100) == (part == whole)
    assert (share == 0) == (part == 0)


# ---------------------------------------------------------------- cadence


def year_sum(status: Status | None, required: int | None) -> YearSum:
    return YearSum(2025, 2, required, None, status, ())


@pytest.mark.parametrize(("found", "verdict"), [
    (None, Verdict.UNKNOWN),
    (year_sum(Status.MET, 2), Verdict.MET),
    (year_sum(Status.EXCEEDED, 2), Verdict.MET),
    (year_sum(Status.MISSED, 4), Verdict.MISSED),
    (year_sum(Status.NO_REQUIREMENT, 0), Verdict.NOT_JUDGED),
    (year_sum(None, None), Verdict.NOT_JUDGED),
])  # fmt: skip
def test_closed_year_is_met_missed_or_not_judged(found, verdict):
    assert closed_year(found).verdict is verdict


def forum(kind: str = "count", **values: object) -> Forum:
    version = CadenceVersion(kind=Kind(kind), **values)
    return Forum(versions=(version,), start=date(2020, 1, 1), end=None, pauses=(), time_zone="Europe/Stockholm")


ON = date(2026, 11, 22)


@pytest.mark.parametrize(("held", "verdict"), [
    ([1, 4, 7, 10], Verdict.MET), ([1, 4, 7], Verdict.OPEN), ([1, 4, 10], Verdict.MISSED), ([], Verdict.MISSED),
])  # fmt: skip
def test_present_year_is_missed_once_one_of_its_quarters_is(held, verdict):
    quarterly = forum(min=1, max=1, period=Period.QUARTER)
    meetings = [Meeting(date(2026, month, 2), "held") for month in held]
    found = evaluate_year(quarterly, Counted.of(quarterly, meetings), ON, 2026)
    assert open_year(found, is_judged=True).verdict is verdict


def test_what_has_no_calendar_year_is_not_judged_by_it():
    every = forum("interval", every=6, unit=Unit.WEEK)
    found = evaluate_year(every, Counted.of(every, []), ON, 2026)
    assert open_year(found, is_judged=False).verdict is Verdict.NOT_JUDGED
    assert open_year(None, is_judged=False).verdict is Verdict.UNKNOWN


verdicts = st.sampled_from(list(Verdict))


@given(st.lists(st.tuples(st.sampled_from(["natverk", "rad", "namnd"]), verdicts, verdicts), max_size=40))
def test_kinds_add_up_to_all_forums(rows):
    kinds = {n: kind for n, (kind, *_years) in enumerate(rows)}
    years = {n: {2025: YearOf(before), 2026: YearOf(after)} for n, (_kind, before, after) in enumerate(rows)}
    found = tallies(kinds, years, [2025, 2026])
    for year, place in ((2025, 1), (2026, 2)):
        every = sum((figures[year] for figures in found.values()), Tally())
        assert every == tally(row[year] for row in years.values())
        assert every.judged == sum(
            row[place] not in {Verdict.NOT_JUDGED, Verdict.UNKNOWN} for row in rows
        )  # fmt: skip
    assert all(any(one.judged for one in figures.values()) for figures in found.values())


def test_cause_is_first_what_was_cancelled_then_what_did_not_count():
    may, june = date(2025, 5, 12), date(2025, 6, 3)
    unrecorded, inquorate = Odd(june, "unrecorded"), Odd(may, "without_quorum")
    cancelled = [Odd(may, "cancelled", "För få"), Odd(june, "cancelled")]
    assert cause([unrecorded, inquorate, *cancelled], []).odd == cancelled[1]
    assert cause([unrecorded, *cancelled], [may]).count == 2
    assert cause([unrecorded, inquorate], [may]).odd == inquorate
    assert cause([], [may, june]).last_held == june
    assert cause([], []).last_held is None


# ---------------------------------------------------------------- attendance

places = st.builds(
    Place,
    forum_id=st.sampled_from([1, 2]),
    organisation_id=st.just(None),
    organisation_name=st.sampled_from(["Regionen", "Kommunen", None]),
    how=st.sampled_from(["holder", "substitute", "empty"]),
)
meetings = st.builds(
    HeldMeeting,
    id=st.integers(1, 10**6),
    on=st.just(ON),
    forum_ids=st.just((1, 2)),
    places=st.none() | st.lists(places, min_size=1, max_size=8).map(tuple),
)


@given(st.lists(meetings, max_size=12, unique_by=lambda one: one.id))
def test_forums_and_organisations_add_up_to_all_seats(found):
    every = together(found)
    for parts in (by_forum(found), by_organisation(found)):
        for name in ("holders", "substitutes", "empty", "remote", "unmarked", "seats", "filled"):
            assert sum(getattr(one, name) for one in parts.values()) == getattr(every, name)
    assert every.meetings == len(found)
    assert every.noted == sum(one.places is not None for one in found)
    assert all(one.meetings == every.meetings and one.noted == every.noted for one in by_forum(found).values())


# ---------------------------------------------------------------- load


@given(st.lists(st.integers(1, 200), min_size=1))
def test_ranges_hold_everybody_once_and_half_reach_the_middle(counts):
    assert sum(spread(counts)) == len(counts)
    assert all(sum(count in one for one in RANGES) == 1 for count in counts)
    assert 2 * sum(count >= middle(counts) for count in counts) >= len(counts)
    assert 2 * sum(count > middle(counts) for count in counts) <= len(counts)


# ---------------------------------------------------------------- one value, every file

EVIL = ["=1+1", "+46 70", "-1", "@SUM(A1)", "\tx", "=cmd|' /C calc'!A0"]


def table(rows: list[list[object]], total: list[object] | None = None) -> Table:
    columns = [
        Column("Forum", "name"),
        Column("Läge", "state"),
        Column("2025", "of", whole="med krav"),
        Column("Besatta", "percent"),
        Column("Bild", "drawing"),
        Column("Bokade", "count", on_page=False),
    ]
    return Table("forums", "Varje forum", "Alla forum.", columns, rows, total)  # type: ignore[arg-type]  # values of any kind


def read_csv(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig")), delimiter=";"))


def test_csv_and_workbook_say_the_same_and_draw_nothing():
    row = [Name("Nätverket", "/forums/x"), State("met", "Uppfyllt"), Of(2, 4), Of(71, 77), Drawing("<svg/>"), 3]
    total = ["Alla", None, Of(2, 4), None, None, 3]
    made = table([row], total)
    found = read_csv(csv_of(made))
    assert found == [
        ["Forum", "Läge", "2025", "2025, med krav", "Besatta, procent", "Bokade"],
        ["Nätverket", "Uppfyllt", "2", "4", "92", "3"],
        ["Alla", "", "2", "4", "", "3"],
    ]
    [sheet] = read_workbook(xlsx_of("Rapport", "Så är det.", [made], datetime(2026, 11, 22, tzinfo=UTC)))
    assert sheet.rows[:3] == [["Rapport. Varje forum"], ["Så är det."], ["Alla forum."]]
    assert sheet.rows[3:] == found
    assert csv_of(made).startswith(b"\xef\xbb\xbf")


def test_count_of_nothing_required_is_a_part_without_a_whole():
    assert read_csv(csv_of(table([[Name("Rådet"), None, 3, None, None, None]])))[1] == ["Rådet", "", "3", "", "", ""]


@pytest.mark.parametrize("evil", EVIL)
def test_no_cell_is_a_formula(evil):
    made = table([[Name(evil), State("met", evil), Of(2, 2), None, None, None]])
    [sheet] = read_workbook(xlsx_of(evil, evil, [made], datetime(2026, 11, 22, tzinfo=UTC)))
    assert sheet.formulas == []
    assert Counter(cell for row in sheet.rows for cell in row)[evil.replace("\t", "")] or "\t" in evil
    for cell in (cell for row in read_csv(csv_of(made)) for cell in row):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
