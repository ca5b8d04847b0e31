"""Where forums stand: their rule and meetings read together, closed days and least gap known, years drawn."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from scheduler.cadence.rules import Status
from scheduler.forums.models import CadenceVersion
from scheduler.meetings.actions import cancel_meeting
from scheduler.meetings.cadence import Reckoning, judged_forums, standings, status_rows
from scheduler.places.models import BlockedPeriod
from tests.meetings.county import SITE, County, counted

TODAY = date(2026, 11, 22)


def four_a_year(county: County, **values):
    """A forum that must meet four times a year, with what it has held so far this year."""
    held = values.pop("held", ())
    forum = county.forum(**values)
    county.add(CadenceVersion(forum_id=forum.id, kind="count", min=4, period="year", phrase="fyra gånger per år"))
    county.session.refresh(forum)
    for day in held:
        county.meeting(forum, day, state="held")
    return forum


def standing(county: County, forum, **asked):
    return standings(county.session, [forum], TODAY, **asked)[forum.id]


def test_held_booked_cancelled_and_proposed_count_as_the_spec_says(county: County, session, actor, now):
    forum = four_a_year(county, held=[date(2026, 2, 10), date(2026, 5, 12)])
    county.meeting(forum, date(2026, 12, 8))
    county.meeting(forum, date(2026, 12, 10), kind="per_capsulam")
    county.meeting(forum, date(2026, 12, 11), state="proposed")
    cancelled = county.meeting(forum, date(2026, 12, 15))
    cancel_meeting(session, actor, now, cancelled, reason="x", version=None, site=SITE)
    found = standing(county, forum).evaluation
    assert (found.held, found.planned, found.required, found.missing) == (2, 1, 4, 1)


def test_a_joint_meeting_counts_for_each_forum(county: County, session):
    first, second = four_a_year(county), four_a_year(county)
    county.meeting(first, date(2026, 10, 1), state="held", forums=[first, second])
    found = standings(session, [first, second], TODAY)
    assert [found[forum.id].evaluation.held for forum in (first, second)] == [1, 1]


def test_a_meeting_counts_on_its_day_in_the_forums_zone(county: County):
    forum = four_a_year(county, time_zone="Europe/Helsinki")
    county.meeting(forum, date(2026, 9, 30), time(23, 30), state="held", time_zone="Europe/Stockholm")
    assert [meeting.on for meeting in standing(county, forum).meetings] == [date(2026, 10, 1)]


def test_the_last_day_moves_earlier_past_closed_days_of_all_and_of_the_keeper(county: County):
    keeper, stranger = county.organisation(), county.organisation()
    three = [date(2026, 2, 10), date(2026, 5, 12), date(2026, 9, 8)]
    plain = four_a_year(county, held=three)
    kept = four_a_year(county, held=three, secretariat_id=keeper.id)
    days = {"to_on": date(2026, 12, 31)}
    county.add(BlockedPeriod(kind="closed", name="Mellandagar", from_on=date(2026, 12, 28), **days))
    county.add(
        BlockedPeriod(kind="closed", name="Stängt", organisation_id=keeper.id, from_on=date(2026, 12, 21), **days)
    )
    county.add(
        BlockedPeriod(kind="closed", name="Annans", organisation_id=stranger.id, from_on=date(2026, 12, 1), **days)
    )
    found = [standing(county, forum).evaluation.latest_next for forum in (plain, kept)]
    assert found == [date(2026, 12, 23), date(2026, 12, 18)]


def test_the_least_gap_moves_the_next_meeting_earlier(county: County):
    two = [date(2026, 2, 10), date(2026, 5, 12)]
    near, far = (four_a_year(county, held=two, min_gap_days=gap, notice_n=14) for gap in (None, 28))
    first, second = (standing(county, forum).evaluation for forum in (near, far))
    assert second.latest_next < first.latest_next
    assert second.latest_next + timedelta(days=28) <= date(2026, 12, 30)
    assert second.call_by == date(2026, 11, 18)


def test_years_before_the_forum_was_tracked_have_no_bars(county: County):
    forum = four_a_year(county, tracked_from_on=date(2024, 6, 1))
    for day in (date(2025, 2, 4), date(2025, 5, 6), date(2025, 9, 2)):
        county.meeting(forum, day, state="held")
    years = standing(county, forum, history=True).years
    assert [years[year] for year in (2021, 2022, 2023)] == [None, None, None]
    assert (years[2025].held, years[2025].required, years[2025].status) == (3, 4, Status.MISSED)
    assert list(years) == [2021, 2022, 2023, 2024, 2025]


def test_another_year_has_its_own_window_bands_and_meetings(county: County):
    forum = four_a_year(county)
    county.meeting(forum, date(2026, 12, 8))
    spring = county.meeting(forum, date(2027, 2, 11))
    found = standing(county, forum, year=2027)
    assert found.evaluation.window == (date(2027, 1, 1), date(2027, 12, 31))
    assert [meeting.id for meeting in found.meetings] == [spring.id]
    assert [band.deadline for band in found.bands] == [
        date(2027, 4, 1), date(2027, 7, 1), date(2027, 9, 30), date(2027, 12, 31),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("period", "least", "required"), [("year", 4, 4), ("quarter", 1, 4), ("term", 2, 4), ("month", 1, 12)]
)
@pytest.mark.parametrize("year", [2025, 2027])
def test_another_year_requires_what_its_quarters_terms_or_months_do(county: County, period, least, required, year):
    forum = county.forum()
    county.add(CadenceVersion(forum_id=forum.id, kind="count", min=least, period=period))
    for day in (date(2025, 2, 10), date(2025, 3, 10), date(2025, 5, 12)):
        county.meeting(forum, day, state="held")
    county.meeting(forum, date(2027, 2, 11))
    found = standing(county, forum, year=year)
    held, planned = (3, 0) if year == 2025 else (0, 1)
    assert (found.evaluation.required, found.evaluation.held, found.evaluation.planned) == (required, held, planned)
    assert found.evaluation.status == (Status.MISSED if year == 2025 else Status.ON_TRACK)
    assert len(found.bands) == required


def test_two_years_are_judged_from_what_was_read_once(county: County, session):
    forum = four_a_year(county, held=[date(2025, 3, 3), date(2026, 2, 10)])
    reckoning = Reckoning(session, [forum], TODAY)
    with counted(session) as sent:
        found = [reckoning.standings(year, history=True)[forum.id] for year in (None, 2025, 2027)]
    assert sent == []
    assert found == [standing(county, forum, year=year, history=True) for year in (2026, 2025, 2027)]


def test_a_forum_without_a_rule_has_no_requirement(county: County):
    assert standing(county, county.forum()).evaluation.status == Status.NO_REQUIREMENT


def test_a_withdrawn_rule_binds_its_year_and_not_the_forum_today(county: County, session):
    forum = county.forum()
    county.add(CadenceVersion(forum_id=forum.id, kind="count", min=1, period="quarter"))
    county.add(CadenceVersion(forum_id=forum.id, kind="none", valid_from_on=date(2026, 7, 1), position=1))
    session.refresh(forum)
    assert standing(county, forum).evaluation.status == Status.NO_REQUIREMENT
    assert standing(county, forum, year=2025).evaluation.status == Status.MISSED
    assert standing(county, forum, year=2027).evaluation.status == Status.NO_REQUIREMENT


def test_the_list_is_worst_first_and_leaves_families_out(county: County, session):
    county.forum("Familjen", family_count=12)
    county.forum("Utan krav")
    four_a_year(county, name="Efter")
    assert [forum.name for forum in judged_forums(session)] == ["Efter", "Utan krav"]
    assert [row["name"] for row in status_rows(session, TODAY)] == ["Efter", "Utan krav"]


@pytest.mark.parametrize("n", [1, 3])
def test_judging_costs_the_same_for_any_number_of_forums(county: County, session, n):
    for _ in range(n):
        keeper = county.organisation()
        four_a_year(county, held=[date(2026, 2, 10), date(2025, 3, 3)], secretariat_id=keeper.id)
    session.flush()
    forums = judged_forums(session)
    with counted(session) as sent:
        found = standings(session, forums, TODAY, history=True)
    assert len(found) == n
    assert len(sent) == 5
    with counted(session) as sent:
        again = standings(session, forums, TODAY, history=True)
    assert again == found
    assert len(sent) == 2  # the rules are read already
