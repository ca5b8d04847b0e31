"""Places and rooms, entered and changed as a browser does."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from scheduler.db import db
from scheduler.history.models import ScopeVersion
from scheduler.meetings.fragments import Site
from scheduler.meetings.models import Meeting
from scheduler.meetings.publishing import publish
from scheduler.places.models import BlockedPeriod, Place
from tests.conftest import NOW
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import send, visit

SITE = Site("https://takt.example.org", "takt.example.org")


def stored(house: House, name: str) -> Place | None:
    with house.looking() as session:
        return session.scalars(select(Place).where(Place.name == name)).one_or_none()


def entered(house: House, name: str, **columns: object) -> int:
    with house.changing() as session:
        row = Place(slug=name.lower(), name=name, **columns)
        session.add(row)
        session.flush()
        return row.id


def booked_at(house: House, place_id: int) -> int:
    """The own meeting is held there, as its calendars say."""
    with house.changing() as session:
        meeting = session.get(Meeting, house.world.meetings["own"].id)
        meeting.place_id = place_id
        session.flush()
        session.expire(meeting, ["place"])
        publish(session, meeting, NOW, site=SITE, days=[meeting.local_on])
        return meeting.id


def test_rooms_stand_under_their_place_in_swedish_order(house):
    hall = entered(house, "Ájtte", town="Jokkmokk")
    entered(house, "Övre salen", part_of_id=hall, capacity=40)
    entered(house, "Zon")
    page = visit(house.visitor(), "/places")
    names = [name for name in ("Ájtte", "Övre salen", "Stadshuset", "Zon") if name in page.text]
    assert sorted(names, key=page.text.index) == ["Ájtte", "Övre salen", "Stadshuset", "Zon"]
    assert "– Övre salen , i Ájtte Jokkmokk – 40" in page.text
    assert "4 platser och lokaler." in page.text


@pytest.mark.parametrize(
    ("query", "found"),
    [("?q=ovre", ["Övre salen"]), ("?town=Jokkmokk", ["Ájtte", "Övre salen"]), ("?q=polarbib", [])],
)
def test_list_is_filtered_by_words_and_town(house, query, found):
    hall = entered(house, "Ájtte", town="Jokkmokk")
    entered(house, "Övre salen", part_of_id=hall)
    page = visit(house.visitor(), f"/places{query}")
    links = [name for name in ("Ájtte", "Övre salen", "Stadshuset") if f"{name} " in page.text.replace("i Ájtte", "")]
    assert links == found


def test_reader_sees_the_list_and_no_way_to_change_it(house):
    page = visit(house.visitor("reader"), "/places")
    assert ("Stadshuset" in page.text, "Ny plats" in page.text) == (True, False)
    assert not [link for link in page.links if link.startswith("/places/")]


def test_list_asks_the_database_alike_for_few_and_many_places(house):
    counts = []
    for n in range(2):
        for k in range(1 + 2 * n):
            entered(house, f"Sal {n}{k}", organisation_id=house.world.organisations["own"].id)
        with house.app.app_context(), count_queries(db.engine) as sent:
            house.visitor().get("/places")
        counts.append(len(sent))
    assert counts[0] == counts[1]


def test_place_is_entered(house):
    page = send(
        house.visitor(), "/places/new", name="Folkets hus", town="Luleå", capacity="120", hours="8–17",
        organisation_id=str(house.world.organisations["own"].id),
    )  # fmt: skip
    assert (page.heading, "Folkets hus är sparad." in page.text) == ("Platser och lokaler", True)
    place = stored(house, "Folkets hus")
    assert (place.slug, place.town, place.capacity, place.hours) == ("folkets-hus", "Luleå", 120, "8–17")
    assert place.organisation_id == house.world.organisations["own"].id
    assert house.latest(1) == [("Own secretariat", "place.create", "Folkets hus")]
    assert any(action.endswith("/undo") for action in page.actions())


def test_room_is_entered_from_its_place(house):
    hall = entered(house, "Huset")
    page = send(house.visitor(), f"/places/new?in={hall}", name="Rum 1")
    assert page.heading == "Platser och lokaler"
    assert stored(house, "Rum 1").part_of_id == hall


def test_refused_place_keeps_what_was_typed(house):
    before = house.changes()
    page = send(house.visitor(), "/places/new", name="", town="Boden", capacity="många", video_url="http://osaker.se")
    assert page.status == 422
    assert page.errors["capacity"] == "Ange ett heltal"
    page = send(house.visitor(), "/places/new", name="", town="Boden", capacity="0", video_url="http://osaker.se")
    assert page.errors == {
        "name": "Ange platsens namn",
        "capacity": "Ange ett heltal mellan 1 och 100000",
        "video_url": "Ange en webbadress som börjar med https://",
    }
    assert page.form("town").values["town"] == "Boden"
    assert house.changes() == before


def test_place_is_edited_and_calendars_follow(house):
    place_id = entered(house, "Gamla huset", town="Luleå")
    booked_at(house, place_id)
    forum = ("forum", house.world.forums["own"].id)
    with house.looking() as session:
        before = session.get(ScopeVersion, forum).version
    page = send(house.visitor(), f"/places/{place_id}", name="Nya huset")
    assert page.heading == "Platser och lokaler"
    assert stored(house, "Nya huset").id == place_id
    with house.looking() as session:
        assert session.get(ScopeVersion, forum).version > before


def test_place_cannot_be_a_room_in_itself(house):
    hall = entered(house, "Huset")
    room = entered(house, "Rummet", part_of_id=hall)
    page = send(house.visitor(), f"/places/{hall}", part_of_id=str(room))
    assert (page.status, list(page.errors)) == (422, ["part_of_id"])
    assert stored(house, "Huset").part_of_id is None


def test_who_saves_second_sees_what_was_saved(house):
    place_id = entered(house, "Huset", town="Luleå")
    visitor = house.visitor()
    opened = visit(visitor, f"/places/{place_id}").form("town")
    send(house.visitor("other secretariat"), f"/places/{place_id}", town="Boden")
    values = {**opened.values, "name": "Mitt hus"}
    response = visitor.post(f"/places/{place_id}", values, token=False)
    text = response.get_data(as_text=True)
    assert response.status_code == 409
    assert all(word in text for word in ("Other secretariat", "sparat är ”Boden”, du skrev ”Luleå”", "Mitt hus"))
    assert stored(house, "Huset").town == "Boden"


def test_unused_place_is_removed(house):
    place_id = entered(house, "Huset")
    assert f"/places/{place_id}/remove" in visit(house.visitor(), f"/places/{place_id}").actions()
    response = house.visitor().post(f"/places/{place_id}/remove")
    assert response.status_code == 303
    assert stored(house, "Huset") is None
    assert house.latest(1) == [("Own secretariat", "place.remove", "Huset")]


def test_used_place_says_what_uses_it(house):
    place_id = entered(house, "Huset")
    entered(house, "Rummet", part_of_id=place_id)
    booked_at(house, place_id)
    with house.changing() as session:
        session.add(
            BlockedPeriod(name="Stängt", kind="closed", from_on=NOW.date(), to_on=NOW.date(), place_id=place_id)
        )
    response = house.visitor().post(f"/places/{place_id}/remove")
    text = response.get_data(as_text=True)
    assert response.status_code == 422
    assert "används av" in text
    assert all(word in text for word in ("1 lokal", "1 spärrad period", "1 möte"))
    assert stored(house, "Huset") is not None


def test_place_that_is_not_there(house):
    assert [house.visitor().get(f"/places/{number}").status_code for number in (999_999,)] == [404]
    assert house.visitor().post("/places/999999/remove").status_code == 404


def test_english_page(house):
    with house.changing() as session:
        session.get(type(house.world.users["own secretariat"]), house.world.users["own secretariat"].id).language = "en"
    entered(house, "Huset")
    page = visit(house.visitor(), "/places")
    assert (page.heading, "2 places." in page.text) == ("Places and rooms", True)
