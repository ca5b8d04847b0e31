"""One forum's dates at a press, and the best days for a date poll: what is suggested, saved, and never sent."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from scheduler.forums.models import Forum
from scheduler.mail.models import OutboxMail
from scheduler.meetings.models import Meeting
from scheduler.organisations.models import Person
from scheduler.places.absences import KIND
from scheduler.places.models import BlockedPeriod
from tests.web.house import House
from tests.web.planning import YEAR, county
from tests.web.reading import Page, read, visit
from tests.web.test_polls import filled

PATH = "/forums/beredningen/dates?year=2027"


def meetings(house: House) -> list[tuple[str, date]]:
    with house.looking() as session:
        rows = session.scalars(select(Meeting).where(Meeting.local_on >= date(YEAR, 1, 1)).order_by(Meeting.start_at))
        return [(one.state, one.local_on) for one in rows if one.forum.slug == "beredningen"]


def slots(page: Page) -> dict[str, list[str]]:
    """The days offered for each meeting, the chosen first."""
    return {name: values for name, values in page.form("meeting-0").options.items() if name.startswith("meeting-")}


def days(page: Page) -> list[date]:
    form = page.form("meeting-0")
    return [date.fromisoformat(str(form.values[name])[:10]) for name in slots(page)]


def test_a_year_is_suggested_evenly_and_saved_as_proposals_without_a_mail(house_on_both):
    house = house_on_both
    county(house)
    anna = house.visitor()
    page = visit(anna, PATH)
    assert page.heading == "Föreslå årets datum"
    found = days(page)
    assert len(found) == 4
    gaps = [(b - a).days for a, b in pairwise(found)]
    assert max(gaps) - min(gaps) <= 45
    assert all(on.isoweekday() <= 5 for on in found)
    assert "jämnt över året" in page.text
    assert all(len(offered) >= 3 for offered in slots(page).values())
    response = anna.post(PATH, page.form("meeting-0").values, token=False)
    assert response.status_code == 303
    after = visit(anna, response.headers["Location"])
    assert "4 möten är föreslagna. Inget är skickat." in after.text
    assert meetings(house) == [("proposed", on) for on in found]
    with house.looking() as session:
        rows = session.scalars(select(Meeting).where(Meeting.state == "proposed")).all()
        # At the forum's usual place and hour.
        assert {row.place.name for row in rows} == {"Salen"}
        assert {row.start_at.astimezone(ZoneInfo("Europe/Stockholm")).hour for row in rows} == {13}
    with house.looking() as session:
        assert session.scalar(select(func.count()).select_from(OutboxMail)) == len(house.world.forums)


def test_another_day_is_chosen_and_one_is_left_out(house):
    county(house)
    anna = house.visitor()
    page = visit(anna, PATH)
    values = dict(page.form("meeting-0").values)
    offered = slots(page)
    values["meeting-1"] = offered["meeting-1"][1]
    values["meeting-3"] = ""
    assert anna.post(PATH, values, token=False).status_code == 303
    other = date.fromisoformat(offered["meeting-1"][1][:10])
    assert [on for _state, on in meetings(house)] == [*days(page)[:1], other, days(page)[2]]


def test_what_is_proposed_moves_and_what_is_booked_stands(house):
    county(house)
    anna = house.visitor()
    page = visit(anna, PATH)
    anna.post(PATH, page.form("meeting-0").values, token=False)
    with house.changing() as session:
        first, second, *_rest = session.scalars(
            select(Meeting).where(Meeting.state == "proposed").order_by(Meeting.start_at)
        ).all()
        first.state = "confirmed"
        stands, uid = first.local_on, second.uid
    page = visit(anna, PATH)
    assert "Bokat" in page.text
    form = page.form("meeting-1")
    assert "meeting-0" not in form.options
    moved = {**form.values, "meeting-1": form.options["meeting-1"][1]}
    assert anna.post(PATH, moved, token=False).status_code == 303
    assert len(meetings(house)) == 4
    assert meetings(house)[0] == ("confirmed", stands)
    with house.looking() as session:
        on = session.scalars(select(Meeting.local_on).where(Meeting.uid == uid)).one()
    assert on == date.fromisoformat(str(moved["meeting-1"])[:10])


@pytest.mark.parametrize("value", ["2027-12-25 780 r1", "x", "2027-02-02 780"])
def test_a_day_that_is_not_offered_is_refused_at_its_meeting(house, value):
    county(house)
    anna = house.visitor()
    page = visit(anna, PATH)
    response = anna.post(PATH, {**page.form("meeting-0").values, "meeting-2": value}, token=False)
    answer = read(response)
    assert response.status_code == 422
    assert "Dagen går inte längre att välja" in answer.text
    assert "#meeting-2" in answer.links
    assert meetings(house) == []
    nothing = dict.fromkeys(slots(page), "")
    assert "Välj minst ett datum" in read(anna.post(PATH, {**nothing, "year": "2027"})).text


def test_blocked_days_and_those_who_are_away_are_avoided(house):
    county(house)
    anna = house.visitor()
    page = visit(anna, PATH)
    first = days(page)[0]
    with house.changing() as session:
        chair = session.scalars(select(Person).where(Person.given_name == "Maja")).one()
        away = {"kind": KIND, "name": "Borta", "hard": True}
        session.add(
            BlockedPeriod(person_id=chair.id, from_on=first, to_on=first + timedelta(days=6), **away)
        )  # fmt: skip
    again = days(visit(anna, PATH))
    assert not first <= again[0] <= first + timedelta(days=6)


def test_rules_that_contradict_each_other_are_told_with_what_helps(house):
    county(house)
    with house.changing() as session:
        forum = session.scalars(select(Forum).where(Forum.slug == "beredningen")).one()
        forum.min_gap_days = 200
    page = visit(house.visitor(), PATH)
    assert "Inget år uppfyller forumets krav" in page.text
    assert "Minst 4 möten" in page.text
    assert "Vad som skulle hjälpa" in page.text
    assert meetings(house) == []


def test_a_forum_without_a_number_is_asked_for_one(house):
    county(house)
    with house.changing() as session:
        forum = session.scalars(select(Forum).where(Forum.slug == "beredningen")).one()
        forum.cadences.clear()
    anna = house.visitor()
    page = visit(anna, PATH)
    assert "Inget antal att utgå från" in page.text
    page = visit(anna, f"{PATH}&count=3")
    assert len(days(page)) == 3
    assert anna.get("/forums/beredningen/dates?year=1999").status_code == 404


def test_the_forums_page_leads_there(house):
    county(house)
    anna = house.visitor()
    assert "/forums/beredningen/dates" in visit(anna, "/forums/beredningen").links
    empty = visit(anna, "/forums/beredningen?year=2027")
    assert "/forums/beredningen/dates?year=2027" in empty.links
    assert "Låt Takt föreslå datum" in empty.text
    assert "/forums/own-forum/dates" not in visit(house.visitor("member"), "/forums/own-forum").links


# ---------------------------------------------------------------- for a date poll


def search(house: House, **given: str) -> Page:
    anna = house.visitor()
    page = visit(anna, "/polls/new?forum=beredningen")
    values = filled(page, days=(date(2027, 2, 2),), title="Budgeten") | {
        "best-first": "2027-02-01", "best-last": "2027-02-26", "best-count": "3", "suggest": "1",
    }  # fmt: skip
    return read(anna.post("/polls/new?forum=beredningen", values | given, token=False))


def test_the_best_days_fill_the_empty_lines_and_nothing_typed_is_lost(house):
    county(house)
    page = search(house)
    form = page.form("dates-0-on", "answer_by_on")
    assert form.values["title"] == "Budgeten"
    found = [str(value) for name, value in form.values.items() if name.startswith("dates-") and name.endswith("-on")]
    assert found[0] == "2027-02-02"
    suggested = [date.fromisoformat(value) for value in found[1:] if value]
    assert len(suggested) == 3
    assert all(date(2027, 2, 1) <= on <= date(2027, 2, 26) and on != date(2027, 2, 2) for on in suggested)
    assert "3 av 3 platser kan fyllas" in page.text
    assert form.values["dates-1-start"]


def test_the_best_days_are_those_on_which_people_can(house):
    county(house)
    with house.changing() as session:
        member = session.scalars(select(Person).where(Person.given_name == "Rolf")).one()
        away = {"kind": KIND, "name": "Borta", "hard": True}
        session.add(
            BlockedPeriod(person_id=member.id, from_on=date(2027, 2, 1), to_on=date(2027, 2, 21), **away)
        )  # fmt: skip
    form = search(house).form("dates-0-on")
    found = [str(form.values[f"dates-{n}-on"]) for n in (1, 2, 3)]
    assert min(found) >= "2027-02-22"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"best-first": "x"}, "Ange båda dagarna"),
        ({"best-last": "2027-01-01"}, "Sista dagen ska ligga efter den första"),
        ({"best-count": "900"}, "Ange ett tal från 1 till"),
    ],
)
def test_a_span_that_cannot_be_looked_through_is_refused_at_its_field(house, given, said):
    county(house)
    page = search(house, **given)
    assert page.status == 422
    assert said in " ".join(page.errors.values())
    assert page.form("dates-0-on").values["dates-0-on"] == "2027-02-02"


def test_what_cannot_be_read_stays_as_it_was_typed(house):
    county(house)
    form = search(house, **{"dates-1-on": "nästa tisdag"}).form("dates-0-on")
    assert form.values["dates-1-on"] == "nästa tisdag"
    assert form.values["dates-2-on"]
