"""Activities, entered and changed as a browser does; how often they recur is read from a sentence or given by hand."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from scheduler.db import db
from scheduler.register.models import Activity
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import read, send, visit

NEW = "/activities/new"
PHRASE = "de åtta årliga utställningar"


def stored(house: House, name: str = "Utställningar") -> Activity | None:
    with house.looking() as session:
        return session.scalars(select(Activity).where(Activity.sv == name)).one_or_none()


def add(house: House, **given: object):
    return send(house.visitor(), NEW, **{"sv": "Utställningar", "kind": "utstallning", **given})


def test_sentence_is_read_and_said_back(house):
    page = add(
        house, phrase=PHRASE, since="2019", purpose="Visa bredden", place_id=str(house.world.shared["place_id"]),
        organisation_id=str(house.world.organisations["own"].id),
    )  # fmt: skip
    assert page.heading == "Aktiviteter"
    assert "Utställningar är sparad. Det ska ske 8 gånger per år." in page.text
    row = stored(house)
    assert row.cadence == {"kind": "count", "min": 8, "max": 8, "period": "year"}
    assert (row.phrase, row.since_on, row.since_precision) == (PHRASE, date(2019, 1, 1), "year")
    assert "Utställningar Utställningsserie (ej möten) 8 gånger per år Kommunen own Stadshuset 2019" in page.text
    form = visit(house.visitor(), f"/activities/{row.id}").form("phrase")
    assert (form.values["answer"], form.values["since"]) == ("read", "2019")


def test_sentence_in_doubt_is_asked_about_before_anything_is_stored(house):
    visitor = house.visitor()
    page = send(visitor, NEW, sv="Utställningar", kind="utstallning", phrase="åtta utställningar om året ungefär så")
    assert "Vi hittar inget antal som går att räkna med." in page.text
    assert stored(house) is None
    page = read(visitor.post(NEW, page.form("phrase").values, token=False))
    assert (page.status, page.errors) == (422, {"answer": "Svara på hur ofta det ska hända"})
    values = {**page.form("phrase").values, "answer": "count", "min": "8", "period": "year"}
    assert visitor.post(NEW, values, token=False).status_code == 303
    assert stored(house).cadence == {"kind": "count", "min": 8, "period": "year", "window": "calendar"}


def test_by_hand_an_interval_or_nothing(house):
    add(house, answer="interval", every="6", unit="week")
    assert stored(house).cadence == {"kind": "interval", "every": 6, "unit": "week"}
    add(house, sv="Visningar igen", answer="none")
    assert stored(house, "Visningar igen").cadence is None


def test_refused_activity_keeps_what_was_typed(house):
    before = house.changes()
    page = add(house, sv="", kind="", since="länge sedan", purpose="Visa")
    assert page.errors["since"].startswith("Skriv till exempel 2015")
    page = add(house, sv="", kind="", purpose="Visa", answer="count", min="", max="3")
    assert (page.status, page.errors) == (
        422,
        {"sv": "Ange aktivitetens namn", "kind": "Välj något i listan", "min": "Ange hur många som minst krävs"},
    )
    assert page.form("purpose").values["purpose"].strip() == "Visa"
    page = add(house, answer="count", min="5", max="3")
    assert page.errors == {"max": "Högsta antalet är lägre än det lägsta"}
    assert (stored(house), house.changes()) == (None, before)


def test_kind_that_meets_is_not_offered(house):
    assert visit(house.visitor(), NEW).form("kind").options["kind"] == ["", "utstallning"]


def test_editing_something_else_leaves_the_requirement_as_it_is_written(house):
    add(house, phrase=PHRASE)
    row = stored(house)
    send(house.visitor(), f"/activities/{row.id}", sv="Utställningarna")
    with house.looking() as session:
        entry = house.latest(1)
        again = session.get(Activity, row.id)
    assert (again.sv, again.cadence) == ("Utställningarna", row.cadence)
    assert entry == [("Own secretariat", "activity.edit", "Utställningarna")]


def test_who_saves_second_sees_what_was_saved(house):
    path = f"/activities/{house.world.shared['activity_id']}"
    visitor = house.visitor()
    opened = visit(visitor, path).form("sv")
    send(house.visitor("other secretariat"), path, sv="Visningen", answer="count", min="2")
    page = read(visitor.post(path, {**opened.values, "purpose": "Min"}, token=False))
    assert (page.status, "sparat är ”Visningen”, du skrev ”Visningar”" in page.text) == (409, True)
    assert page.form("sv").values["purpose"].strip() == "Min"


def test_activity_is_removed(house):
    number = house.world.shared["activity_id"]
    page = visit(house.visitor(), house.visitor().post(f"/activities/{number}/remove").headers["Location"])
    assert (page.heading, "Inga aktiviteter än." in page.text) == ("Aktiviteter", True)
    assert house.visitor().post(f"/activities/{number}/remove").status_code == 404
    assert house.visitor().get(f"/activities/{number}").status_code == 404


def test_list_asks_the_database_alike_for_few_and_many_activities(house):
    counts, owner = [], house.world.organisations["own"]
    for n in range(2):
        with house.changing() as session:
            session.add_all(
                Activity(slug=f"a{n}{k}", sv="A", kind="utstallning", organisation_id=owner.id)
                for k in range(1 + 2 * n)
            )
        with house.app.app_context(), count_queries(db.engine) as sent:
            house.visitor().get("/activities")
        counts.append(len(sent))
    assert counts[0] == counts[1]


def test_english_page(house):
    add(house, phrase=PHRASE, en="Exhibitions")
    with house.changing() as session:
        session.get(type(house.world.users["own secretariat"]), house.world.users["own secretariat"].id).language = "en"
    page = visit(house.visitor(), "/activities")
    assert (page.heading, "Exhibitions Exhibition series (not meetings) 8 times a year" in page.text) == (
        "Activities", True,
    )  # fmt: skip
