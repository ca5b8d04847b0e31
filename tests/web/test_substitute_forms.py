"""A forum's calling-in order, seen and decided as a browser does."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from scheduler.accounts.models import User
from scheduler.db import db
from scheduler.forums.seat_models import Appointment, Seat, SubstituteOrder
from scheduler.organisations.models import Person
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import Page, read, visit

PATH = "/forums/own-forum/substitutes"
ORDER = f"{PATH}/order"


def substitute(house: House, name: str, *, relation: str = "own", **given: object) -> int:
    """A substitute's seat that somebody sits on; vacant without a name."""
    with house.changing() as session:
        values = {"label": f"Ersättare {name}", "position": 10, "kind": "substitute", **given}
        seat = Seat(forum_id=house.world.forums[relation].id, **values)
        if name:
            who = Person(given_name=name, family_name="Prov")
            seat.appointments = [Appointment(person=who, from_on=date(2026, 1, 1))]
        session.add(seat)
        session.flush()
        return seat.id


def group_of_own(house: House, group: str) -> int:
    with house.changing() as session:
        seat = session.get(Seat, house.world.seats["own"].id)
        seat.group = group
        return seat.id


def decide(visitor, whose: str, *values: str) -> Page:
    path = f"{ORDER}?for={whose}"
    form = visit(visitor, path).form("place-1").values
    places = {name: "" for name in form if name.startswith("place-")}
    places.update({f"place-{n}": value for n, value in enumerate(values, 1)})
    response = visitor.post(path, {**form, **places}, token=False)
    return visit(visitor, response.headers["Location"]) if response.status_code == 303 else read(response)


def stored(house: House) -> list[tuple[int | None, str | None, int | None, str | None]]:
    with house.looking() as session:
        query = select(SubstituteOrder).order_by(SubstituteOrder.id)
        return [
            (row.seat_id, row.group, row.substitute_seat_id, row.substitute_group) for row in session.scalars(query)
        ]


def called(page: Page, number: int) -> str:
    """The words of the row of the forum's ordinary seat ``number``."""
    words = page.text.partition("Kallas in, i ordning")[2].partition(f"Kommunen own {number}")[2]
    return words.partition(f"Kommunen own {number + 1}")[0].strip()


def test_forum_without_substitutes_says_so(house):
    assert "Inga ersättare" in visit(house.visitor(), PATH).text


def test_each_seat_shows_who_is_called_in(house):
    own = group_of_own(house, "S")
    substitute(house, "Anna", position=11)
    substitute(house, "Berit", position=12, group="S")
    substitute(house, "Cilla", position=13, personal_for_id=own)
    substitute(house, "", position=14)
    page = visit(house.visitor(), PATH)
    assert page.heading == "Inkallelseordning i Forumet own"
    assert called(page, 1) == ("Gruppen S Own Person Cilla Prov personlig ersättare Berit Prov S Anna Prov")
    assert called(page, 2).startswith("Member Person Anna Prov Berit Prov S Cilla Prov")
    assert "Ingen ordning är beslutad." in page.text


def test_order_is_decided_for_the_forum_for_a_group_and_for_a_seat(house_on_both):
    house = house_on_both
    own = group_of_own(house, "S")
    anna, berit = substitute(house, "Anna"), substitute(house, "Berit", group="S")
    visitor = house.visitor()
    decide(visitor, "all", f"seat-{berit}", f"seat-{anna}")
    page = decide(visitor, "group-S", f"seat-{anna}", "group-S")
    assert "Inkallelseordningen är sparad. Ångra" in page.text
    assert called(page, 1) == "Gruppen S Own Person Anna Prov Berit Prov S"
    page = decide(visitor, f"seat-{own}", f"seat-{berit}")
    assert called(page, 1) == "Gruppen S Own Person Berit Prov S Anna Prov"
    assert stored(house) == [
        (None, None, berit, None), (None, None, anna, None), (None, "S", anna, None), (None, "S", None, "S"),
        (own, None, berit, None),
    ]  # fmt: skip
    decide(visitor, "all", f"seat-{anna}")
    assert stored(house)[-1] == (None, None, anna, None)
    assert len(stored(house)) == 4
    visitor.post(f"{PATH}/remove", {"for": "group-S"})
    visitor.post(f"{PATH}/remove", {"for": f"seat-{own}"})
    assert stored(house) == [(None, None, anna, None)]
    page = visit(visitor, PATH)
    assert "Hela forumet Anna Prov (Ersättare Anna)" in page.text
    assert house.latest(1) == [("Own secretariat", "seat.order", "Forumet own")]


def test_gaps_are_closed_and_a_choice_made_twice_is_refused(house):
    anna, berit = substitute(house, "Anna"), substitute(house, "Berit")
    visitor = house.visitor()
    decide(visitor, "all", "", f"seat-{berit}")
    assert stored(house) == [(None, None, berit, None)]
    page = decide(visitor, "all", f"seat-{anna}", f"seat-{anna}")
    assert (page.status, page.errors) == (422, {"place-1": "Välj ersättare i forumet, var och en en gång"})
    assert page.form("place-1").values["place-2"] == f"seat-{anna}"
    page = decide(visitor, "all", "seat-99999")
    assert (page.status, page.errors) == (422, {"place-1": "Välj ett av alternativen"})
    assert stored(house) == [(None, None, berit, None)]


def test_form_begins_with_what_holds(house):
    own = group_of_own(house, "S")
    anna, berit = substitute(house, "Anna"), substitute(house, "Berit", group="S")
    values = visit(house.visitor(), f"{ORDER}?for=seat-{own}").form("place-1").values
    assert [values["place-1"], values["place-2"], values["place-3"]] == [f"seat-{berit}", f"seat-{anna}", ""]


def test_somebody_else_decided_first(house):
    anna, berit = substitute(house, "Anna"), substitute(house, "Berit")
    visitor = house.visitor()
    path = f"{ORDER}?for=all"
    opened = visit(visitor, path).form("place-1").values
    decide(house.visitor("administrator"), "all", f"seat-{anna}")
    page = read(visitor.post(path, {**opened, "place-1": f"seat-{berit}"}, token=False))
    assert page.status == 409
    assert "sparat är ”Anna Prov (Ersättare Anna)”, du skrev ”Berit Prov (Ersättare Berit)”" in page.text
    assert stored(house) == [(None, None, anna, None)]


@pytest.mark.parametrize("whose", ["seat-{foreign}", "seat-x", "group-V", "nobody"])
def test_what_the_forum_has_not_is_not_found(house, whose):
    substitute(house, "Anna")
    value = whose.format(foreign=house.world.seats["foreign"].id)
    assert house.visitor().get(f"{ORDER}?for={value}").status_code == 404
    assert house.visitor().post(f"{PATH}/remove", {"for": value}).status_code == 404


def test_order_goes_with_the_seat_that_is_removed_and_comes_back_with_it(house):
    vacant = substitute(house, "")
    visitor = house.visitor()
    decide(visitor, "all", f"seat-{vacant}")
    response = visitor.post(f"/forums/own-forum/seats/{vacant}/remove", {})
    page = visit(visitor, response.headers["Location"])
    assert stored(house) == []
    [undo] = [action for action in page.actions() if "undo" in action]
    visitor.post(undo, {})
    assert stored(house) == [(None, None, vacant, None)]


def test_protected_substitute_is_shown_as_member(house):
    seat_id = substitute(house, "Hemlig")
    with house.changing() as session:
        session.get(Seat, seat_id).appointments[0].person.protected = True
        session.get(Seat, seat_id).label = "Ersättare"
    text = "".join(house.visitor().get(path).get_data(as_text=True) for path in (PATH, f"{ORDER}?for=all"))
    assert ("ledamot" in text, "Hemlig" in text) == (True, False)


def test_page_asks_the_database_alike_for_few_and_many(house):
    substitute(house, "Anna")
    with house.app.app_context():
        engine = db.engine
    counts = []
    for _ in range(2):
        with count_queries(engine) as sent:
            house.visitor().get(PATH)
            house.visitor().get(f"{ORDER}?for=all")
        counts.append(len(sent))
        for name in ("Berit", "Cilla", "Disa"):
            substitute(house, name)
            substitute(house, name, kind="ordinary")
    assert counts[0] == counts[1]


def test_english_page_speaks_english(house):
    substitute(house, "Anna")
    with house.changing() as session:
        session.get(User, house.world.users["own secretariat"].id).language = "en"
    page = visit(house.visitor(), PATH)
    assert page.heading == "Calling-in order of Forumet own"
    assert "How substitutes are called in" in page.text
