"""The page of one person's year: who opens it, what stays unsaid, how a clash is told and solved; days away."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.meetings.models import Meeting
from scheduler.organisations.models import Organisation, Person
from scheduler.places.models import BlockedPeriod, Place
from scheduler.polls.models import Poll
from tests.conftest import NOW
from tests.queries import count_queries
from tests.web.reading import send, visit
from tests.web.world import meeting, seat

#: The meetings of the small world are thirty days ahead.
ON = (NOW + timedelta(days=30)).date()


@pytest.fixture
def load(house) -> str:
    """The address of the own person's year."""
    return f"/people/{house.world.people['own'].id}/load/{ON.year}"


def seated(session, house, relation: str = "foreign", person: str = "own", **values) -> Seat:
    """The person takes a seat in another forum too."""
    forum = session.get_one(Forum, house.world.forums[relation].id)
    organisation = session.get_one(Organisation, house.world.organisations["own"].id)
    return seat(session, forum, organisation, session.get_one(Person, house.world.people[person].id), **values)


def placed(session, house, relation: str, town: str) -> None:
    place = Place(slug=town.lower(), name=f"Huset i {town}", town=town)
    session.add(place)
    session.flush()
    session.get_one(Meeting, house.world.meetings[relation].id).place_id = place.id


@pytest.mark.parametrize(("role", "status"), [
    ("own secretariat", 200), ("administrator", 200), ("other secretariat", 403), ("reader", 403), ("chair", 404),
    ("member", 404), ("anonymous", 404),
])  # fmt: skip
def test_year_opens_for_those_who_plan_a_forum_of_the_persons(house, load, role, status):
    assert house.visitor(role).get(load).status_code == status


def test_person_opens_their_own_year_from_their_own_page(house):
    with house.looking() as session:
        person_id = house.world.users["member"].person_id
        assert session.get(Person, person_id) is not None
    path = f"/people/{person_id}/load/{NOW.year}"
    assert path in visit(house.visitor("member"), "/me").links
    page = visit(house.visitor("member"), path)
    assert (page.status, page.heading) == (200, f"Året {NOW.year} för Member Person")
    assert "/me#h-away" in page.links
    assert "Forumet own" in page.text


def test_page_is_found_from_the_person(house, load):
    path = load.rpartition("/load")[0]
    assert f"{path}/load/{NOW.year}" in visit(house.visitor(), path).links


@pytest.mark.parametrize("year", [1900, 2400, 99999])
def test_no_year_beyond_reach(house, load, year):
    assert house.visitor().get(f"{load.rpartition('/')[0]}/{year}").status_code == 404


def test_lead_counts_the_meetings(house, load):
    page = visit(house.visitor(), load)
    assert "1 möte i 1 forum. Inga krockar framåt." in page.text


def test_clash_is_told_with_who_leads_where_and_leads_to_moving_it(house, load):
    with house.changing() as session:
        seated(session, house, "public", function="chair")
        placed(session, house, "own", "Kiruna")
    page = visit(house.visitor(), load)
    assert "En krock behöver lösas" in page.text
    assert "två möten samtidigt" in page.text
    assert "Deltar i Forumet own" in page.text
    assert "i Kiruna." in page.text
    assert "Leder Forumet public" in page.text
    assert f"/meetings/{house.world.meetings['own'].id}/move" in page.links


def test_two_towns_on_one_day_are_a_clash_where_the_distance_is_not_known(house, load):
    with house.changing() as session:
        seated(session, house, "public")
        placed(session, house, "own", "Kiruna")
        placed(session, house, "public", "Rovaniemi")
        later = session.get_one(Meeting, house.world.meetings["public"].id)
        later.start_at, later.end_at = later.start_at + timedelta(hours=4), later.end_at + timedelta(hours=4)
    assert "Kiruna och Rovaniemi samma dag" in visit(house.visitor(), load).text


def test_meeting_the_reader_may_not_see_is_a_time_without_a_name(house, load):
    with house.changing() as session:
        seated(session, house)
        placed(session, house, "foreign", "Haparanda")
    body = house.visitor().get(load).get_data(as_text=True)
    page = visit(house.visitor(), load)
    assert "Forumet foreign" not in body
    assert "Haparanda" not in body
    assert f"/meetings/{house.world.meetings['foreign'].id}" not in body
    assert "Upptagen" in page.text
    assert "Forumet foreign" in visit(house.visitor("administrator"), load).text


def test_proposal_of_another_secretariat_is_not_told_at_all(house, load):
    with house.changing() as session:
        seated(session, house)
        session.get_one(Meeting, house.world.meetings["foreign"].id).state = "proposed"
    assert "Upptagen" not in visit(house.visitor(), load).text
    assert "Föreslaget" in visit(house.visitor("administrator"), load).text


def test_protected_person_keeps_the_name(house, load):
    with house.changing() as session:
        session.get_one(Person, house.world.people["own"].id).protected = True
    body = house.visitor().get(load).get_data(as_text=True)
    assert "Own Person" not in body
    assert f"Året {ON.year} för Ledamot" in body


def test_coming_meetings_are_narrowed_by_role(house, load):
    with house.changing() as session:
        seated(session, house, "public", function="chair")
    meetings = {
        role: {
            link
            for link in visit(house.visitor("administrator"), f"{load}{role}").links
            if link.startswith("/meetings/")
        }
        for role in ("?role=leads", "?role=attends")
    }
    assert f"/meetings/{house.world.meetings['public'].id}" in meetings["?role=leads"]
    assert visit(house.visitor(), f"{load}?role=other").status == 200


def test_journeys_count_from_the_persons_own_town(house, load):
    with house.changing() as session:
        placed(session, house, "own", "Kiruna")
        person = session.get_one(Person, house.world.people["own"].id)
        person.town = "Luleå"
    page = visit(house.visitor(), load)
    assert "Ki Kiruna. Möten i Luleå räknas inte som resa." in page.text
    assert "Resdagar 1, till 1 ort" in page.text


def test_dates_of_an_open_poll_are_drawn_and_are_no_meetings(house, load):
    with house.changing() as session:
        poll = session.get_one(Poll, house.world.parts["own"]["poll_id"])
        poll.state = "open"
    page = visit(house.visitor(), f"{load.rpartition('/')[0]}/{(NOW + timedelta(days=60)).year}")
    assert "Datumförfrågan" in page.text
    assert f"/polls/{house.world.parts['own']['poll_id']}" in page.links


def test_english_page_marks_swedish_names(house, load):
    with house.changing() as session:
        session.get_one(
            type(house.world.users["own secretariat"]), house.world.users["own secretariat"].id
        ).language = "en"
    body = house.visitor().get(load).get_data(as_text=True)
    assert f"The year {ON.year} of Own Person" in body
    assert '<span lang="sv">Forumet own</span>' in body


def test_move_opens_on_the_day_the_suggestion_names(house):
    path = f"/meetings/{house.world.meetings['own'].id}/move"
    other = ON + timedelta(days=2)
    assert visit(house.visitor(), f"{path}?on={other}").form("on").values["on"] == other.isoformat()
    assert visit(house.visitor(), f"{path}?on=nonsense").form("on").values["on"] == ON.isoformat()


def test_questions_do_not_grow_with_the_meetings(house, load):
    counts = []
    for n in range(3):
        with house.changing() as session:
            forum = session.get_one(Forum, house.world.forums["own"].id)
            for m in range(1 + 4 * n):
                at = datetime(ON.year, 12, 1 + n, 8 + m, tzinfo=UTC)
                meeting(session, forum, at)
        visitor = house.visitor()
        visitor.get(load)
        with house.app.app_context():
            from scheduler.db import db  # noqa: PLC0415 - inside the application

            engine = db.engine
        with count_queries(engine) as sent:
            assert visitor.get(load).status_code == 200
        counts.append(len(sent))
    assert counts[1] == counts[2]


# ---------------------------------------------------------------- days away


def absences(house) -> list[tuple[int | None, date, date]]:
    with house.looking() as session:
        rows = session.scalars(select(BlockedPeriod).where(BlockedPeriod.from_on > date(2021, 1, 1)))
        return [(row.person_id, row.from_on, row.to_on) for row in rows]


def test_secretariat_enters_days_away_and_takes_them_back(house):
    person_id = house.world.people["own"].id
    path = f"/people/{person_id}/absences"
    page = send(house.visitor(), path, from_on=ON.isoformat(), to_on="")
    assert page.status == 200
    assert absences(house) == [(person_id, ON, ON)]
    assert "Borta den dagen".lower() in visit(house.visitor(), f"/people/{person_id}/load/{ON.year}").text.lower()
    [remove] = [form.action for form in page.forms if form.action.endswith("/remove")]
    assert house.visitor().post(remove).status_code == 303
    assert absences(house) == []
    assert [action for _who, action, _what in house.latest(2)] == ["absence.add", "absence.remove"]


@pytest.mark.parametrize(("from_on", "to_on", "field"), [
    ("", "", "from_on"), ("2020-01-01", "2020-01-02", "to_on"), (ON.isoformat(), "2026-01-01", "to_on"),
])  # fmt: skip
def test_wrong_days_are_told_at_the_field(house, from_on, to_on, field):
    page = send(house.visitor(), f"/people/{house.world.people['own'].id}/absences", from_on=from_on, to_on=to_on)
    assert (page.status, list(page.errors)) == (422, [field])
    assert absences(house) == []


def test_ones_own_days_are_entered_on_ones_own_page(house):
    answer = house.visitor("member").get(f"/people/{house.world.users['member'].person_id}/absences")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/me#h-away")


def test_days_of_somebody_else_do_not_exist(house):
    with house.looking() as session:
        other = session.scalars(
            select(Appointment.person_id).where(Appointment.seat_id == house.world.seats["foreign"].id)
        ).one()
        row_id = house.world.parts["foreign"]["absence_id"]
        assert session.get_one(BlockedPeriod, row_id).person_id == other
    assert house.visitor().post(f"/people/{house.world.people['own'].id}/absences/{row_id}/remove").status_code == 404
