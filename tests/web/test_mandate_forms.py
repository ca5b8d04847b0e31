"""A whole mandate period changed at once, as a browser does: the list, the preview, the change."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from scheduler.accounts.models import User
from scheduler.db import db
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.forums.seats import seat_plan
from scheduler.history.models import HistoryEntry, ScopeVersion
from scheduler.organisations.models import Person, PersonEmail
from tests.conftest import NOW
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import Page, read, visit

PATH = "/forums/own-forum/mandates"
LAST, FIRST = date(2026, 12, 31), date(2027, 1, 1)


def seats(house: House) -> list[int]:
    """The own forum's seats: of Own, Member and Chair Person."""
    with house.looking() as session:
        query = select(Seat.id).where(Seat.forum_id == house.world.forums["own"].id)
        return list(session.scalars(query.order_by(Seat.position, Seat.id)))


def person(house: House, given_name: str, *, email: str | None = None, **given: object) -> int:
    with house.changing() as session:
        row = Person(given_name=given_name, family_name="Prov", **given)
        if email:
            row.emails = [PersonEmail(address=email, main=True)]
        session.add(row)
        session.flush()
        return row.id


def on_day(house: House, day: date) -> list[tuple[str | None, str | None]]:
    with house.looking() as session:
        forum_id = house.world.forums["own"].id
        return [(seat.person_name, seat.function) for seat in seat_plan(session, [forum_id], day)[forum_id]]


def press(visitor, step: str, page: Page | None = None, **given: object) -> Page:
    """Fills in the list (or what ``page`` holds) and presses one of its buttons."""
    form = (visit(visitor, PATH) if page is None else page).form("last_on")
    names = {name.replace("_", "-", 1) if name[-1].isdigit() else name: value for name, value in given.items()}
    response = visitor.post(PATH, {**form.values, **names, "step": step}, token=False)
    return visit(visitor, response.headers["Location"]) if response.status_code == 303 else read(response)


def test_page_lists_the_seats_with_who_sits_there(house):
    page = visit(house.visitor(), PATH)
    assert page.heading == "Byt mandatperiod i Forumet own"
    one, _two, three = seats(house)
    values = page.form("last_on").values
    assert (values["last_on"], values[f"name-{one}"], values[f"function-{three}"]) == ("2026-12-31", "", "chair")
    assert "Own Person" in page.text


def test_period_is_changed_after_a_preview(house_on_both):
    house = house_on_both
    visitor = house.visitor()
    one, two, three = seats(house)
    known = person(house, "Anna", email="anna@exempel.se")
    before = {day: on_day(house, day) for day in (NOW.date(), LAST)}
    changes = house.changes()
    given = {
        "until_on": "2030-12-31", f"stays_{three}": "y", f"name_{one}": "Anna Prov", f"name_{two}": "Nils Ny",
        f"email_{two}": "nils@exempel.se", "decision_ref": "RF 12-2026",
    }  # fmt: skip
    preview = press(visitor, "preview", **given)
    assert (preview.status, house.changes()) == (200, changes)
    assert "Own Person Sista dagen är 31 december 2026. Anna Prov" in preview.text
    assert "Nils Ny ny person nils@exempel.se" in preview.text
    assert "Chair Person Chair Person Ordförande sitter kvar" in preview.text
    assert "3 uppdrag slutar 31 december 2026." in preview.text
    assert "3 uppdrag börjar 1 januari 2027. 1 av dem sitter kvar. 1 ny person läggs in i registret." in preview.text
    assert "Ingen plats blir vakant." in preview.text
    page = press(visitor, "apply", preview)
    assert page.heading == "Platser i Forumet own"
    assert "Mandatperioden är bytt från och med 1 januari 2027. Ångra" in page.text
    assert on_day(house, FIRST) == [("Anna Prov", "member"), ("Nils Ny", "member"), ("Chair Person", "chair")]
    assert {day: on_day(house, day) for day in before} == before
    with house.looking() as session:
        rows = session.scalars(select(HistoryEntry).order_by(HistoryEntry.id.desc()).limit(house.changes() - changes))
        entries = list(rows)[::-1]
        assert {entry.change_id for entry in entries} == {entries[0].id}
        assert [entry.action for entry in entries][:1] == ["mandate.change"]
        assert entries[0].rows
        assert session.get(ScopeVersion, ("person", known)) is not None


def test_change_is_undone_at_once(house):
    visitor = house.visitor()
    one, *_rest = seats(house)
    before = on_day(house, FIRST)
    page = press(
        visitor, "apply", press(visitor, "preview", **{f"name_{one}": "Nils Ny", f"email_{one}": "n@exempel.se"})
    )
    assert on_day(house, FIRST) == [("Nils Ny", "member"), (None, None), (None, None)]
    [undo] = [action for action in page.actions() if "undo" in action]
    visitor.post(undo, {})
    assert on_day(house, FIRST) == before
    with house.looking() as session:
        assert session.scalars(select(Person).where(Person.family_name == "Ny")).first() is None


def test_list_can_be_changed_again_from_the_preview(house):
    visitor = house.visitor()
    one, *_rest = seats(house)
    page = press(visitor, "edit", press(visitor, "preview", until_on="31/12 2030", **{f"stays_{one}": "y"}))
    values = page.form("last_on").values
    assert (page.status, values["until_on"], values[f"stays-{one}"]) == (200, "2030-12-31", "y")


def test_pasted_list_fills_the_rows(house):
    one, two, three = seats(house)
    lines = "Kommunen own; Anna Prov; anna@exempel.se; ordförande\nkommunen own\tsitter kvar\nKommunen own; vakant"
    page = press(house.visitor(), "fill", lines=lines)
    values = page.form("last_on").values
    assert page.status == 200
    assert [values[f"name-{one}"], values[f"email-{one}"], values[f"function-{one}"]] == [
        "Anna Prov", "anna@exempel.se", "chair",
    ]  # fmt: skip
    assert values[f"stays-{two}"] == "y"
    assert (values[f"name-{three}"], values["lines"]) == ("", "")


def test_pasted_line_without_a_seat_is_told(house):
    page = press(house.visitor(), "preview", lines="Kiruna; Anna Prov")
    assert (page.status, page.errors) == (422, {"lines": "Rad 1: ingen plats heter Kiruna"})
    assert page.form("lines").values["lines"] == "Kiruna; Anna Prov"


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"last_on": ""}, {"last_on": "Ange sista dagen"}),
        ({"last_on": "snart"}, {"last_on": "Ange ett datum, till exempel 2026-09-29"}),
        ({"last_on": "9999-12-31"}, {"last_on": "Ange sista dagen"}),
        ({"until_on": "2026-12-31"}, {"until_on": "Sista dagen kan inte ligga före den första"}),
        ({"last_on": "2026-10-31"}, {"reason": "Ändringen gäller dagar som har varit. Skriv varför"}),
        ({"decision_ref": "x" * 41}, {"decision_ref": "Högst 40 tecken"}),
        (
            {"name_1": "Nils Ny"},
            {"name-1": "Ingen i registret heter så. Skriv e-postadressen också, så läggs personen in"},
        ),
        ({"name_1": "Nils Ny", "email_1": "nils"}, {"email-1": "nils är ingen e-postadress"}),
        ({"name_1": "Nils Ny", "stays_1": "y"}, {"stays-1": "Välj antingen den som sitter kvar eller någon annan"}),
    ],
)
def test_list_that_cannot_be_is_refused_at_its_row(house, given, problems):
    one, two, _three = seats(house)
    here = {name.replace("_1", f"_{one}"): value for name, value in given.items()}
    said = {name.replace("-1", f"-{one}"): text for name, text in problems.items()}
    before = house.changes()
    page = press(house.visitor(), "preview", **{f"name_{two}": "Own Person"}, **here)
    assert (page.status, page.errors) == (422, said)
    assert page.form("last_on").values[f"name-{two}"] == "Own Person"
    assert house.changes() == before


def test_namesakes_are_told_apart_and_a_protected_person_is_not_shown(house):
    visitor = house.visitor()
    one, two, _three = seats(house)
    for relation in ("own", "foreign"):
        person(house, "Anna", organisation_id=house.world.organisations[relation].id)
    person(house, "Hemlig", email="hemlig@exempel.se", protected=True)
    page = press(visitor, "preview", **{f"name_{one}": "Anna Prov", f"name_{two}": "Hemlig Prov"})
    assert page.errors == {
        f"name-{one}": "Flera heter så: Kommunen foreign, Kommunen own. Skriv e-postadressen, eller organisationen "
        "efter ett komma",
        f"name-{two}": "Ingen i registret heter så. Skriv e-postadressen också, så läggs personen in",
    }
    page = press(
        visitor, "preview",
        **{f"name_{one}": "Anna Prov, Kommunen own", f"name_{two}": "", f"email_{two}": "hemlig@exempel.se"},
    )  # fmt: skip
    assert (page.status, "ledamot" in page.text, "Hemlig" in page.text) == (200, True, False)


def test_seats_changed_meanwhile_give_the_preview_anew(house):
    visitor = house.visitor()
    one, *_rest = seats(house)
    preview = press(visitor, "preview", **{f"stays_{one}": "y"})
    with house.changing() as session:
        session.scalars(select(Appointment).where(Appointment.seat_id == one)).one().function = "first_vice_chair"
    again = press(visitor, "apply", preview)
    assert again.status == 409
    assert "Ändringen sparades inte." in again.text
    assert on_day(house, FIRST)[0] == ("Own Person", "first_vice_chair")
    page = press(visitor, "apply", again)
    assert (page.status, on_day(house, FIRST)) == (200, [("Own Person", "member"), (None, None), (None, None)])


def test_seats_that_are_left_alone_are_said(house):
    one, two, _three = seats(house)
    with house.changing() as session:
        session.get(Seat, one).to_on = date(2026, 12, 31)
        session.scalars(select(Appointment).where(Appointment.seat_id == one)).one().to_on = date(2026, 12, 31)
        session.scalars(select(Appointment).where(Appointment.seat_id == two)).one().to_on = date(2027, 1, 31)
        session.add(Appointment(seat_id=two, person_id=house.world.people["own"].id, from_on=date(2027, 2, 1)))
    text = visit(house.visitor(), PATH).text
    assert "Platsen finns till och med 31 december 2026" in text
    assert "Own Person börjar där 1 februari 2027" in text


def test_forum_without_seats_says_what_to_do(house):
    with house.changing() as session:
        for seat_id in seats(house):
            session.delete(session.get(Seat, seat_id))
    assert "Inga platser den dagen." in visit(house.visitor(), PATH).text


def test_page_asks_the_database_alike_for_few_and_many_seats(house):
    counts = []
    with house.app.app_context():
        engine = db.engine
    for _ in range(2):
        visitor = house.visitor()
        form = visit(visitor, PATH).form("last_on").values
        with count_queries(engine) as sent:
            visitor.get(PATH)
            visitor.post(PATH, {**form, "step": "preview"}, token=False)
        counts.append(len(sent))
        with house.changing() as session:
            for n in range(3):
                seat = Seat(forum_id=house.world.forums["own"].id, label=f"Plats {n}", position=n)
                seat.appointments = [
                    Appointment(person=Person(given_name="P", family_name=str(n)), from_on=date(2026, 1, 1))
                ]
                session.add(seat)
    assert counts[0] == counts[1]


def test_english_pages_speak_english(house):
    with house.changing() as session:
        session.get(User, house.world.users["own secretariat"].id).language = "en"
    visitor = house.visitor()
    one, *_rest = seats(house)
    assert visit(visitor, PATH).heading == "Change the term of office of Forumet own"
    page = press(visitor, "preview", **{f"stays_{one}": "y"})
    assert "3 appointments end on 31 December 2026." in page.text
    assert "2 seats become vacant." in page.text
