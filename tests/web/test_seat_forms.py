"""A forum's seats and who sits on them, changed as a browser does."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from scheduler.db import db
from scheduler.forums.models import Forum, ForumInclusion
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.forums.seats import seat_plan
from scheduler.history.models import ScopeVersion
from scheduler.organisations.models import Office, OfficeHolding, Organisation, Person
from tests.conftest import NOW
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import Page, read, send, visit
from tests.web.visits import Visitor

SEATS = "/forums/own-forum/seats"
NEW = f"{SEATS}/new"
TODAY = NOW.date()


def post(visitor: Visitor, path: str, values: dict[str, object]) -> Page:
    response = visitor.post(path, values)
    if response.status_code == 303:
        return visit(visitor, response.headers["Location"])
    return read(response)


def organisation(house: House, relation: str = "own") -> str:
    return str(house.world.organisations[relation].id)


def own_seat(house: House) -> int:
    return house.world.seats["own"].id


def person(house: House, given_name: str, *, protected: bool = False) -> int:
    """Somebody at home in the own organisation."""
    with house.changing() as session:
        row = Person(
            given_name=given_name, family_name="Prov", protected=protected,
            organisation_id=house.world.organisations["own"].id,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def vacant_seat(house: House, **given: object) -> int:
    """A seat nobody has sat on."""
    with house.changing() as session:
        values = {"organisation_id": house.world.organisations["own"].id, "position": 5, **given}
        row = Seat(forum_id=house.world.forums["own"].id, **values)
        session.add(row)
        session.flush()
        return row.id


def sittings(house: House, seat_id: int) -> list[tuple[str, date, date | None]]:
    """Who has had the seat, from when to when."""
    with house.looking() as session:
        query = select(Appointment).where(Appointment.seat_id == seat_id).order_by(Appointment.from_on)
        return [(row.person.given_name, row.from_on, row.to_on) for row in session.scalars(query)]


def on_day(house: House, day: date) -> list[tuple[str, str | None]]:
    """The own forum's plan: kind and name of each seat."""
    with house.looking() as session:
        forum_id = house.world.forums["own"].id
        return [(seat.kind, seat.person_name) for seat in seat_plan(session, [forum_id], day)[forum_id]]


def stored(house: House) -> tuple[int, int, int]:
    """How many seats, appointments and changes there are."""
    with house.looking() as session:
        seats, sat = (session.scalar(select(func.count()).select_from(t)) for t in (Seat, Appointment))
    return seats or 0, sat or 0, house.changes()


def version(house: House, scope: str, scope_id: int) -> int:
    with house.looking() as session:
        row = session.get(ScopeVersion, (scope, scope_id))
        return 0 if row is None else row.version


# ---------------------------------------------------------------- the plan of a day


def test_plan_shows_who_sits_and_what_is_empty(house):
    vacant_seat(house)
    vacant_seat(house, kind="substitute", position=6)
    vacant_seat(house, offer="offered", position=7)
    vacant_seat(house, offer="declined", position=8)
    vacant_seat(house, number_unknown=True, position=9)
    page = visit(house.visitor(), SEATS)
    assert page.heading == "Platser i Forumet own"
    assert "6 ordinarie, 1 ersättare. 2 är vakanta. 1 är erbjuden." in page.text
    rows = re.findall(r"(Ordinarie|Ersättare) (.+?) –", page.text)
    assert [name.removesuffix(" Ordförande") for _kind, name in rows] == [
        "Own Person", "Member Person", "Chair Person", "Vakant", "Vakant", "Erbjuden", "Avböjd",
        "Antal anges inte i källan",
    ]  # fmt: skip


def test_plan_of_another_day_shows_who_sat_then_and_who_comes(house):
    seat_id, berit = own_seat(house), person(house, "Berit")
    with house.changing() as session:
        session.get(Seat, seat_id).appointments[0].to_on = date(2026, 12, 31)
        session.add(Appointment(seat_id=seat_id, person_id=berit, from_on=date(2027, 1, 1)))
    today = visit(house.visitor(), SEATS).text
    assert "Own Person Berit Prov från 1 januari 2027 31 december 2026" in today
    later = visit(house.visitor(), f"{SEATS}?on=2027-03-01").text
    assert ("Platserna 1 mars 2027" in later, "Berit Prov" in later, "Own Person" in later) == (True, True, False)


def test_day_that_is_none_is_told_and_today_is_shown(house):
    page = visit(house.visitor(), f"{SEATS}?on=snart")
    assert (page.status, page.errors) == (422, {"on": "Ange ett datum, till exempel 2026-09-29"})
    assert "Platserna 22 november 2026" in page.text


def test_protected_identity_is_shown_as_member(house):
    hidden = person(house, "Hemlig", protected=True)
    seat_id = vacant_seat(house)
    with house.changing() as session:
        session.add(Appointment(seat_id=seat_id, person_id=hidden, from_on=date(2026, 1, 1)))
    pages = [SEATS, f"{SEATS}/{seat_id}", f"{SEATS}/{seat_id}/appoint", "/forums/own-forum/edit"]
    texts = [house.visitor().get(path).get_data(as_text=True) for path in pages]
    assert [("ledamot" in text, "Hemlig" in text) for text in texts] == [(True, False)] * 4


def test_plan_asks_the_database_alike_for_few_and_many_seats(house):
    counts = []
    for _ in range(2):
        with house.app.app_context():
            engine = db.engine
        with count_queries(engine) as sent:
            house.visitor().get(SEATS)
        counts.append(len(sent))
        for name in ("Anna", "Berit", "Cecilia"):
            seat_id, who = vacant_seat(house), person(house, name)
            with house.changing() as session:
                session.add(Appointment(seat_id=seat_id, person_id=who, from_on=date(2026, 1, 1)))
    assert counts[0] == counts[1]


# ---------------------------------------------------------------- adding


def test_seats_of_a_party_are_added_together(house_on_both):
    house = house_on_both
    page = send(
        house.visitor(), NEW, "ordinary", organisation_id=organisation(house), ordinary="2", substitute="2",
        other="1", other_kind="observer",
    )  # fmt: skip
    assert (page.status, page.heading) == (200, "Platser i Forumet own")
    assert "5 platser är tillagda." in page.text
    assert on_day(house, TODAY)[3:] == [
        ("ordinary", None), ("ordinary", None), ("substitute", None), ("substitute", None), ("observer", None),
    ]  # fmt: skip
    assert house.latest(3) == [("Own secretariat", "seat.add", "Forumet own")] * 3


def test_seats_are_offered_to_an_organisation(house):
    page = send(house.visitor(), NEW, "ordinary", organisation_id=organisation(house), ordinary="1", offered="y")
    assert "1 plats är tillagd." in page.text
    assert "1 är erbjuden." in page.text


def test_seats_that_begin_later_are_shown_on_their_day(house):
    page = send(
        house.visitor(), NEW, "ordinary", organisation_id=organisation(house), ordinary="1", from_on="2027-01-01",
        label="Representant",
    )  # fmt: skip
    assert "Platserna 1 januari 2027" in page.text
    assert "Representant" in page.text
    today = visit(house.visitor(), SEATS).text
    assert "Platser andra dagar Representant Ordinarie, från 1 januari 2027" in today


def test_seat_of_an_office_is_filled_by_its_holder(house):
    with house.changing() as session:
        office = Office(slug="kommundirektor", sv="Kommundirektören")
        session.add(office)
        session.flush()
        session.add(OfficeHolding(office_id=office.id, person_id=house.world.people["own"].id, from_on=TODAY))
        office_id = office.id
    page = send(house.visitor(), NEW, "ordinary", office_id=str(office_id), ordinary="1")
    assert "Kommundirektören" in page.text
    assert on_day(house, TODAY)[3:] == [("ordinary", "Own Person")]
    assert on_day(house, TODAY - timedelta(days=1))[3:] == [("ordinary", None)]


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"ordinary": "0"}, {"ordinary": "Ange hur många platser som ska läggas till"}),
        ({"ordinary": ""}, {"ordinary": "Ange hur många platser som ska läggas till"}),
        ({"ordinary": "flera"}, {"ordinary": "Ange ett heltal"}),
        ({"ordinary": "500"}, {"ordinary": "Ange ett heltal mellan 1 och 200"}),
        ({"ordinary": "1", "substitute": "500"}, {"substitute": "Ange ett heltal mellan 1 och 200"}),
        ({"other": "500"}, {"other": "Ange ett heltal mellan 1 och 200"}),
        ({"other": "1", "other_kind": "king"}, {"other_kind": "Välj ett av alternativen"}),
        ({"organisation_id": "99999"}, {"organisation_id": "Välj ett av alternativen"}),
        ({"offered": "y"}, {"offered": "Välj vilken organisation platserna erbjuds"}),
        (
            {"from_on": "2027-02-01", "to_on": "2027-01-01"},
            {"to_on": "Sista dagen kan inte ligga före den första"},
        ),
        ({"label": "x" * 201}, {"label": "Högst 200 tecken"}),
    ],
)
def test_seats_that_cannot_be_are_refused_at_their_field(house, given, problems):
    before = stored(house)
    page = send(house.visitor(), NEW, "ordinary", **given)
    assert (page.status, page.errors) == (422, problems)
    assert stored(house) == before


# ---------------------------------------------------------------- one seat


def test_seat_is_changed(house):
    seat_id = vacant_seat(house)
    page = send(
        house.visitor(), f"{SEATS}/{seat_id}", "label", kind="substitute", label="Första ersättare",
        personal_for_id=str(own_seat(house)), group="S", note="Väljs i januari",
    )  # fmt: skip
    assert (page.status, page.heading) == (200, "Första ersättare, ersättare")
    assert "Platsen är sparad." in page.text
    with house.looking() as session:
        seat = session.get(Seat, seat_id)
        assert (seat.kind, seat.personal_for_id, seat.group, seat.note) == (
            "substitute", own_seat(house), "S", "Väljs i januari",
        )  # fmt: skip
    assert house.latest(1) == [("Own secretariat", "seat.edit", "Forumet own")]


HELD = "Någon har suttit på platsen. Avsluta den och lägg till en ny, eller skriv varför den ändras"


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"kind": "observer"}, {"reason": HELD}),
        ({"organisation_id": ""}, {"reason": HELD}),
        ({"kind": ""}, {"kind": "Välj ett av alternativen"}),
        ({"from_on": "2027-01-01"}, {"from_on": "Own Person börjar där 1 januari 2026", "reason": HELD}),
        ({"to_on": "2027-01-01"}, {"to_on": "Own Person sitter kvar där efter den dagen", "reason": HELD}),
        ({"label": "x" * 201}, {"label": "Högst 200 tecken"}),
    ],
)
def test_seat_that_was_held_is_not_changed_in_silence(house, given, problems):
    before = stored(house)
    page = send(house.visitor(), f"{SEATS}/{own_seat(house)}", "label", **given)
    assert (page.status, page.errors) == (422, problems)
    assert stored(house) == before


def test_seat_that_was_held_is_changed_with_a_reason(house):
    send(house.visitor(), f"{SEATS}/{own_seat(house)}", "label", kind="observer", reason="Fel från början")
    assert on_day(house, TODAY)[0] == ("observer", "Own Person")


def test_seat_ends_with_who_sits_there(house):
    seat_id = own_seat(house)
    page = send(house.visitor(), f"{SEATS}/{seat_id}", "last-on", **{"last-on": "2026-12-31"})
    assert "Platsens sista dag är 31 december 2026." in page.text
    assert sittings(house, seat_id) == [("Own", date(2026, 1, 1), date(2026, 12, 31))]
    assert [len(on_day(house, day)) for day in (date(2026, 12, 31), date(2027, 1, 1))] == [3, 2]


@pytest.mark.parametrize(
    ("last_on", "said"),
    [("", "Ange sista dagen"), ("vid årsskiftet", "Ange ett datum, till exempel 2026-09-29")],
)
def test_end_of_a_seat_that_is_no_day_is_refused(house, last_on, said):
    before = stored(house)
    page = send(house.visitor(), f"{SEATS}/{own_seat(house)}", "last-on", **{"last-on": last_on})
    assert (page.status, page.errors) == (422, {"last-on": said})
    assert stored(house) == before


def test_seat_added_by_mistake_is_removed_and_a_used_one_is_not(house):
    seat_id, before = vacant_seat(house), stored(house)
    page = post(house.visitor(), f"{SEATS}/{own_seat(house)}/remove", {})
    assert page.status == 422
    assert "Någon har suttit på platsen. Avsluta den i stället" in page.text
    assert stored(house) == before
    page = post(house.visitor(), f"{SEATS}/{seat_id}/remove", {})
    assert "Platsen är borttagen." in page.text
    assert post(house.visitor(), f"{SEATS}/{seat_id}/remove", {}).status == 404


def test_offered_seat_is_answered(house):
    seat_id = vacant_seat(house)
    path = f"{SEATS}/{seat_id}/offer"
    heard = []
    for answer in ("offered", "accepted", "declined", "offered"):
        page = post(house.visitor(), path, {"answer": answer})
        with house.looking() as session:
            heard.append((page.status, session.get(Seat, seat_id).offer))
    assert heard == [(200, answer) for answer in ("offered", "accepted", "declined", "offered")]
    assert [action for _who, action, _what in house.latest(4)] == [
        "seat.offered", "seat.accepted", "seat.declined", "seat.offered",
    ]  # fmt: skip


def test_seat_that_is_not_offered_has_no_answer(house):
    before = stored(house)
    page = post(house.visitor(), f"{SEATS}/{vacant_seat(house)}/offer", {"answer": "accepted"})
    assert page.status == 422
    assert "Platsen är inte erbjuden" in page.text
    seat_id = vacant_seat(house, organisation_id=None, label="Utan part")
    page = post(house.visitor(), f"{SEATS}/{seat_id}/offer", {"answer": "offered"})
    assert page.status == 422
    assert "En uppgift behöver rättas Välj vilken organisation platsen erbjuds" in page.text
    assert stored(house) == (before[0] + 2, *before[1:])


# ---------------------------------------------------------------- who sits there


def test_somebody_is_appointed_and_gets_the_meetings(house_on_both):
    house = house_on_both
    seat_id, anna = vacant_seat(house), person(house, "Anna")
    before = version(house, "person", anna)
    path = f"{SEATS}/{seat_id}/appoint"
    page = visit(house.visitor(), path)
    assert "1 kommande möte bjuder in den som har platsen på mötesdagen." in page.text
    assert str(anna) in page.form("person_id").options["person_id"]
    page = send(
        house.visitor(), path, "person_id", person_id=str(anna), function="first_vice_chair", from_on="2026-12-01",
        appointed_by="Fullmäktige", decision_ref="KS 1-2026",
    )  # fmt: skip
    assert "Anna Prov har platsen från och med 1 december 2026." in page.text
    assert "Platserna 1 december 2026" in page.text
    assert sittings(house, seat_id) == [("Anna", date(2026, 12, 1), None)]
    assert on_day(house, TODAY)[-1] == ("ordinary", None)
    assert on_day(house, date(2026, 12, 1))[-1] == ("ordinary", "Anna Prov")
    assert version(house, "person", anna) == before + 1
    assert house.latest(1) == [("Own secretariat", "appointment.add", "Forumet own")]
    shown = visit(house.visitor(), f"{SEATS}/{seat_id}").text
    assert "Anna Prov 1:e vice ordförande från 1 december 2026 Fullmäktige, KS 1-2026" in shown


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"person_id": ""}, {"person_id": "Välj en person"}),
        ({"person_id": "99999"}, {"person_id": "Välj något i listan"}),
        ({"person_id": "Anna"}, {"person_id": "Välj en person"}),
        ({"from_on": ""}, {"from_on": "Ange första dagen"}),
        ({"from_on": "i vår"}, {"from_on": "Ange ett datum, till exempel 2026-09-29"}),
        (
            {"from_on": "2027-01-01", "to_on": "2026-12-01"},
            {"to_on": "Sista dagen kan inte ligga före den första"},
        ),
        ({"function": "king"}, {"function": "Välj ett av alternativen"}),
        ({"from_on": "2025-06-01"}, {"from_on": "Platsen finns från och med 1 juni 2026"}),
        ({}, {"from_on": "Berit Prov sitter där från och med 1 november 2026"}),
    ],
)
def test_appointment_that_cannot_be_is_refused_at_its_field(house, given, problems):
    anna, berit = person(house, "Anna"), person(house, "Berit")
    seat_id = vacant_seat(house, from_on=date(2026, 6, 1))
    with house.changing() as session:
        session.add(Appointment(seat_id=seat_id, person_id=berit, from_on=date(2026, 11, 1)))
    before = stored(house)
    page = send(house.visitor(), f"{SEATS}/{seat_id}/appoint", "person_id", **{"person_id": str(anna), **given})
    assert (page.status, page.errors) == (422, problems)
    assert stored(house) == before


def test_one_takes_over_from_another_on_a_day(house):
    seat_id, berit = own_seat(house), person(house, "Berit")
    path = f"{SEATS}/{seat_id}/appoint?replace=1"
    page = visit(house.visitor(), path)
    assert page.heading == "Byt på platsen Kommunen own, ordinarie"
    assert "Own Person lämnar platsen dagen före" in page.text
    past = on_day(house, TODAY)
    page = send(house.visitor(), path, "person_id", person_id=str(berit), from_on="2027-01-01")
    assert "Berit Prov har platsen från och med 1 januari 2027." in page.text
    assert sittings(house, seat_id) == [
        ("Own", date(2026, 1, 1), date(2026, 12, 31)), ("Berit", date(2027, 1, 1), None),
    ]  # fmt: skip
    assert on_day(house, TODAY) == past
    assert [action for _who, action, _what in house.latest(2)] == ["appointment.end", "appointment.add"]


def test_people_are_found_by_name_and_kept_when_something_is_wrong(house):
    far = house.world.people["foreign"].id
    visitor, path = house.visitor(), f"{SEATS}/{vacant_seat(house)}/appoint"
    assert str(far) not in visit(visitor, path).form("person_id").options["person_id"]
    form = visit(visitor, f"{path}?q=foreign").form("person_id")
    assert form.options["person_id"] == [str(far)]
    page = post(visitor, f"{path}?q=foreign", {**form.values, "person_id": str(far), "from_on": ""})
    assert page.form("person_id").values["person_id"] == str(far)
    page = visit(visitor, f"{path}?q=ingen+alls")
    assert "Inga träffar på ”ingen alls”. Finns personen inte i registret?" in page.text
    assert page.form("given_name").values["family_name"] == "alls"
    page = post(visitor, f"{path}?q=ingen+alls", {"function": "member", "from_on": "2026-12-01"})
    assert page.status == 422
    assert "Välj en person" in page.text


def test_appointment_is_ended(house):
    seat_id = own_seat(house)
    page = visit(house.visitor(), f"{SEATS}/{seat_id}")
    [change] = [link for link in page.links if "?appointment=" in link]
    page = send(house.visitor(), change.partition("#")[0], "end-on", **{"end-on": "2026-11-30"})
    assert "Own Person har platsen till och med 30 november 2026." in page.text
    assert sittings(house, seat_id) == [("Own", date(2026, 1, 1), date(2026, 11, 30))]
    assert on_day(house, date(2026, 12, 1))[0] == ("ordinary", None)
    assert house.latest(1) == [("Own secretariat", "appointment.end", "Forumet own")]


PAST = "Ändringen gäller dagar som har varit. Skriv varför"


@pytest.mark.parametrize(
    ("field", "given", "problems"),
    [
        ("end-on", {"end-on": ""}, {"end-on": "Ange sista dagen"}),
        ("end-on", {"end-on": "2025-12-31"}, {"end-on": "Sista dagen kan inte ligga före den första"}),
        ("correct-from_on", {"correct-from_on": "2026-02-01"}, {"correct-reason": PAST}),
        ("correct-from_on", {"correct-function": "chair"}, {"correct-reason": PAST}),
        (
            "correct-from_on",
            {"correct-to_on": "2025-12-31"},
            {"correct-to_on": "Sista dagen kan inte ligga före den första"},
        ),
        ("remove-reason", {}, {"remove-reason": PAST}),
    ],
)
def test_change_of_an_appointment_that_cannot_be_is_refused_at_its_field(house, field, given, problems):
    seat_id, before, sat = own_seat(house), stored(house), sittings(house, own_seat(house))
    appointment_id = house.world.seats["own"].appointments[0].id
    page = send(house.visitor(), f"{SEATS}/{seat_id}?appointment={appointment_id}", field, **given)
    assert (page.status, page.errors) == (422, problems)
    assert (stored(house), sittings(house, seat_id)) == (before, sat)


def test_appointment_is_put_right_and_removed_with_a_reason(house):
    seat_id = own_seat(house)
    path = f"{SEATS}/{seat_id}?appointment={house.world.seats['own'].appointments[0].id}"
    given = {"correct-from_on": "2026-02-01", "correct-function": "chair", "correct-reason": "Fel i protokollet"}
    page = send(house.visitor(), path, "correct-from_on", **given)
    assert "Uppdraget är rättat." in page.text
    assert sittings(house, seat_id) == [("Own", date(2026, 2, 1), None)]
    page = send(house.visitor(), path, "remove-reason", **{"remove-reason": "Fel person"})
    assert "Uppdraget är borttaget." in page.text
    assert sittings(house, seat_id) == []
    assert [action for _who, action, _what in house.latest(2)] == ["appointment.correct", "appointment.remove"]


def test_seats_of_an_included_forum_are_one_row_that_leads_there(house):
    with house.changing() as session:
        upper = Forum(
            slug="upper", name="Övre forumet", kind_id="natverk", tracked_from_on=date(2026, 1, 1),
            secretariat_id=session.scalars(select(Organisation.id).where(Organisation.slug == "own-secretariat")).one(),
        )  # fmt: skip
        session.add(upper)
        session.flush()
        upper_id = upper.id
    with house.changing() as session:
        session.add(ForumInclusion(forum_id=upper_id, included_id=house.world.forums["own"].id))
    page = visit(house.visitor("administrator"), "/forums/upper/seats")
    assert "3 ordinarie." in page.text
    assert "Forumet own Ingår 3 platser därifrån" in page.text
    assert "/forums/own-forum" in page.links


# ---------------------------------------------------------------- somebody new on a seat


def test_somebody_new_is_entered_with_the_seat(house_on_both):
    house = house_on_both
    seat_id = vacant_seat(house)
    path = f"{SEATS}/{seat_id}/appoint?q=Lena+Strand"
    form = visit(house.visitor(), path).form("given_name").values
    assert (form["given_name"], form["family_name"]) == ("Lena", "Strand")
    page = send(house.visitor(), path, "given_name", email="lena@own.example", from_on="2026-01-01")
    assert "Lena Strand har platsen från och med 1 januari 2026." in page.text
    assert sittings(house, seat_id) == [("Lena", date(2026, 1, 1), None)]
    with house.looking() as session:
        person = session.scalars(select(Person).where(Person.given_name == "Lena")).one()
        assert (person.organisation_id, person.main_email.address) == (
            house.world.organisations["own"].id, "lena@own.example",
        )  # fmt: skip
    assert [action for _who, action, _what in house.latest(2)] == ["person.create", "appointment.add"]


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"family_name": ""}, "family_name", "Ange efternamnet"),
        ({"email": "own@register.example"}, "email", "finns redan hos en annan person"),
        ({"person_id": "own"}, "given_name", "Välj en person eller skriv en ny, inte båda"),
        ({"from_on": ""}, "from_on", "Ange första dagen"),
        ({"to_on": "2020-01-01"}, "to_on", "Sista dagen kan inte ligga före den första"),
    ],
)
def test_nobody_is_entered_when_the_appointment_is_refused(house, given, field, words):
    seat_id = vacant_seat(house)
    if "person_id" in given:
        given = {"person_id": str(house.world.people["own"].id)}
    with house.looking() as session:
        people = session.scalar(select(func.count()).select_from(Person))
    before = stored(house)
    values = {"given_name": "Lena", "family_name": "Strand"} | given
    page = send(house.visitor(), f"{SEATS}/{seat_id}/appoint", "given_name", **values)
    assert (page.status, words in page.errors.get(field, "")) == (422, True)
    assert page.form("given_name").values["given_name"] == "Lena"
    assert stored(house) == before
    with house.looking() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == people


def test_whole_board_is_entered_in_one_sitting(house):
    seats = [vacant_seat(house, position=5 + n) for n in range(3)]
    names = iter(["Anna", "Berit", "Cecilia"])
    visitor = house.visitor()
    page = visit(visitor, f"{SEATS}/{seats[0]}/appoint")
    for seat_id in seats:
        form = page.form("given_name")
        assert f"/seats/{seat_id}/" in form.action
        response = visitor.post(
            form.action, {**form.values, "given_name": next(names), "family_name": "Ek", "next": "1"}, token=False
        )
        assert response.status_code == 303
        page = visit(visitor, response.headers["Location"])
    assert page.heading == "Platser i Forumet own"
    assert [sittings(house, seat_id)[0][0] for seat_id in seats] == ["Anna", "Berit", "Cecilia"]


# ---------------------------------------------------------------- order, and two people at once


def labels(house: House) -> list[str | None]:
    with house.looking() as session:
        forum_id = house.world.forums["own"].id
        return [seat.label for seat in seat_plan(session, [forum_id], TODAY)[forum_id]][3:]


def test_seat_is_moved_up_and_down(house):
    visitor = house.visitor()
    ids = [vacant_seat(house, label=label, position=n) for n, label in ((5, "Ett"), (6, "Två"), (7, "Tre"))]
    page = post(visitor, f"{SEATS}/{ids[2]}/move", {"to": "up"})
    assert "Tre är flyttad. Ångra" in page.text
    assert labels(house) == ["Ett", "Tre", "Två"]
    post(visitor, f"{SEATS}/{ids[2]}/move", {"to": "down"})
    post(visitor, f"{SEATS}/{ids[2]}/move", {"to": "down"})
    assert labels(house) == ["Ett", "Två", "Tre"]
    assert house.latest(1) == [("Own secretariat", "seat.move", "Forumet own")]
    page = post(visitor, f"{SEATS}/{ids[0]}/move", {"to": "down", "on": "2027-01-01"})
    assert "Platserna 1 januari 2027" in page.text
    foreign = house.world.seats["foreign"].id
    assert visitor.post(f"{SEATS}/{foreign}/move", {"to": "up"}).status_code == 404


def test_seat_that_somebody_else_saved_first_is_not_overwritten(house):
    seat_id, visitor = vacant_seat(house), house.visitor()
    path = f"{SEATS}/{seat_id}"
    opened = visit(visitor, path).form("label").values
    send(house.visitor("administrator"), path, "label", label="Någon annans")
    page = read(visitor.post(path, {**opened, "label": "Min", "note": "Min anteckning"}, token=False))
    assert page.status == 409
    assert "sparat är ”Någon annans”, du skrev ”Min”" in page.text
    with house.looking() as session:
        assert session.get(Seat, seat_id).label == "Någon annans"
    again = page.form("label").values
    assert again["note"] == "Min anteckning"
    assert read(visitor.post(path, again, token=False)).status == 303


def test_appointment_that_somebody_else_corrected_first_is_not_overwritten(house):
    seat_id, visitor = own_seat(house), house.visitor()
    appointment_id = house.world.seats["own"].appointments[0].id
    path = f"{SEATS}/{seat_id}?appointment={appointment_id}"
    form = visit(visitor, path).form("correct-from_on")
    reason = {"correct-reason": "Fel i protokollet"}
    send(house.visitor("administrator"), path, "correct-from_on", **{"correct-to_on": "2027-12-31"})
    page = read(visitor.post(form.action, {**form.values, **reason, "correct-function": "chair"}, token=False))
    assert page.status == 409
    assert sittings(house, seat_id) == [("Own", date(2026, 1, 1), date(2027, 12, 31))]
    again = page.form("correct-from_on").values
    assert (again["correct-function"], again["correct-reason"]) == ("chair", "Fel i protokollet")
    assert read(visitor.post(form.action, again, token=False)).status == 303
    assert sittings(house, seat_id) == [("Own", date(2026, 1, 1), None)]


def test_calendar_of_somebody_whose_appointment_is_removed_follows(house):
    seat_id, anna = vacant_seat(house), person(house, "Anna")
    with house.changing() as session:
        row = Appointment(seat_id=seat_id, person_id=anna, from_on=date(2026, 12, 1))
        session.add(row)
        session.flush()
        appointment_id = row.id
    before = version(house, "person", anna)
    post(house.visitor(), f"{SEATS}/{seat_id}/appointments/{appointment_id}/remove", {})
    assert sittings(house, seat_id) == []
    assert version(house, "person", anna) > before
