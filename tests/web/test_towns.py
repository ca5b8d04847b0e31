"""Distances between towns, read, written and restored as a browser does."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from scheduler.db import db
from scheduler.places.models import Place, TownDistance
from scheduler.places.towns import distances
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import send, visit


def km(house: House, one: str, other: str) -> int:
    with house.looking() as session:
        return distances(session, [one, other]).km[0][1]


def own(house: House) -> dict[tuple[str, str], tuple[int, int]]:
    with house.looking() as session:
        return {(row.one, row.other): (row.km, row.minutes) for row in session.scalars(select(TownDistance))}


WRITTEN = {("Boden", "Luleå"): (37, 30)}


def test_distances_from_a_town_the_nearest_first(house):
    page = visit(house.visitor(), "/places/towns?town=Piteå")
    assert page.heading == "Avstånd mellan orter"
    names = [name for name in ("Älvsbyn", "Luleå", "Umeå", "Tromsø") if name in page.text]
    table = page.text[page.text.index("Varifrån") :]
    assert sorted(names, key=table.index) == ["Älvsbyn", "Luleå", "Umeå", "Tromsø"]
    assert "Luleå 54 40 Takts tabell" in page.text
    assert "Boden–Luleå 37 km, 30 minuter" in page.text


def test_a_town_that_nobody_knows_shows_the_first(house):
    assert "Från Luleå" in visit(house.visitor(), "/places/towns?town=Nowhere").text


def test_towns_in_use_without_any_distance_are_named(house):
    with house.changing() as session:
        session.add(Place(slug="hall", name="Hall", town="Ingenstans"))
    page = visit(house.visitor(), "/places/towns")
    assert "Lägg till Ingenstans" in page.text
    opened = visit(house.visitor(), "/places/towns/new?name=Ingenstans")
    assert opened.form("name").values["name"] == "Ingenstans"


def test_a_reader_sees_distances_and_no_way_to_change_them(house):
    page = visit(house.visitor("reader"), "/places/towns")
    assert "Från Luleå" in page.text
    assert not [link for link in page.links if "/places/towns/" in link]
    assert not [action for action in page.actions() if "restore" in action]


def test_a_distance_is_written_and_restored(house):
    path = "/places/towns/pair?one=Luleå&other=Piteå"
    opened = visit(house.visitor(), path).form("km").values
    assert (opened["one"], opened["other"], opened["km"], opened["minutes"]) == ("Luleå", "Piteå", "54", "40")
    page = send(house.visitor(), path, km="60", minutes="50")
    assert "Avståndet mellan Luleå och Piteå är sparat." in page.text
    assert any(action.endswith("/undo") for action in page.actions())
    assert own(house) == {**WRITTEN, ("Luleå", "Piteå"): (60, 50)}
    assert km(house, "Luleå", "Piteå") == 60
    assert house.latest(1) == [("Own secretariat", "town.set", "Luleå–Piteå")]
    with house.looking() as session:
        row_id = session.scalars(select(TownDistance.id).where(TownDistance.other == "Piteå")).one()
    visitor = house.visitor()
    visit(visitor, path)
    assert visitor.post(f"/places/towns/{row_id}/restore", {}).status_code == 303
    assert own(house) == WRITTEN
    assert km(house, "Luleå", "Piteå") == 54


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"km": "många"}, {"km": "Ange ett heltal"}),
        ({"km": "0", "minutes": ""}, {"km": "Ange ett heltal mellan 1 och 3000",
                                      "minutes": "Ange ett heltal mellan 1 och 3000"}),
        ({"other": "Luleå"}, {"other": "Välj två olika orter"}),
    ],
)  # fmt: skip
def test_a_refused_distance_says_why_at_its_field(house, typed, errors):
    page = send(house.visitor(), "/places/towns/pair?one=Luleå&other=Piteå", **typed)
    assert (page.status, page.errors) == (422, errors)
    assert own(house) == WRITTEN


def test_who_saves_over_somebody_else_sees_both(house):
    path = "/places/towns/pair?one=Boden&other=Luleå"
    visitor = house.visitor()
    form = visit(visitor, path).form("km").values
    send(house.visitor(), path, km="40", minutes="30")
    answer = visitor.post(path, {**form, "km": "41"}, token=False)
    assert answer.status_code == 409
    assert own(house) == {("Boden", "Luleå"): (40, 30)}


def test_a_town_is_added_and_its_rest_follows(house):
    page = send(
        house.visitor(), "/places/towns/new", name=" Råneå ", other_2="Luleå", km_2="35", minutes_2="30",
        other_4="Kalix", km_4="48", minutes_4="40",
    )  # fmt: skip
    assert ("Från Råneå" in page.text, page.status) == (True, 200)
    assert own(house) == {**WRITTEN, ("Luleå", "Råneå"): (35, 30), ("Kalix", "Råneå"): (48, 40)}
    assert km(house, "Råneå", "Haparanda") == 98


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"name": ""}, {"name": "Ange orten"}),
        ({"name": "Boden"}, {"name": "Orten finns redan. Ändra ett avstånd i stället"}),
        ({"other_2": ""}, {"other_1": "Ange avståndet till minst en ort"}),
        # Said at the row that was filled in, though the action only knows one.
        ({"km_2": "0"}, {"km_2": "Ange ett heltal mellan 1 och 3000"}),
    ],
)
def test_a_refused_town_says_why_at_its_field(house, typed, errors):
    page = send(
        house.visitor(), "/places/towns/new",
        **({"name": "Råneå", "other_2": "Luleå", "km_2": "35", "minutes_2": "30"} | typed),
    )  # fmt: skip
    assert (page.status, page.errors) == (422, errors)
    assert own(house) == WRITTEN


def test_the_last_way_to_a_town_is_kept(house):
    send(house.visitor(), "/places/towns/new", name="Råneå", other_1="Luleå", km_1="35", minutes_1="30")
    send(house.visitor(), "/places/towns/new", name="Niemisel", other_1="Råneå", km_1="20", minutes_1="20")
    with house.looking() as session:
        row_id = session.scalars(
            select(TownDistance.id).where(TownDistance.one == "Luleå", TownDistance.other == "Råneå")
        ).one()
    visitor = house.visitor()
    visit(visitor, "/places/towns")
    answer = visitor.post(f"/places/towns/{row_id}/restore", {})
    assert answer.status_code == 422
    assert "Niemisel har inget annat avstånd till resten" in answer.get_data(as_text=True)


def test_the_page_asks_the_database_alike_for_few_and_many_distances(house):
    counts = []
    for n in range(2):
        with house.changing() as session:
            session.add_all(TownDistance(one="Kiruna", other=f"Ort {n}{k}", km=9, minutes=9) for k in range(1 + 4 * n))
        with house.app.app_context(), count_queries(db.engine) as sent:
            house.visitor().get("/places/towns")
        counts.append(len(sent))
    assert counts[0] == counts[1]
