"""Reported representatives, confirmed and declined by the secretariat of the seat's forum (D10)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from scheduler.feeds.actions import make_organisation_token
from scheduler.forums.representatives import report_representative
from scheduler.forums.seat_models import Appointment, RepresentativeReport
from scheduler.history.rules import Actor
from scheduler.organisations.models import Organisation, Person, PersonEmail
from tests.conftest import NOW
from tests.web.house import House
from tests.web.reading import read, send, visit

LATER = date(2027, 1, 1)


def report(house: House, relation: str = "own", *, email: str | None = "nils@kommunen.example") -> int:
    """A report that waits; of the relation's own seat."""
    with house.changing() as session:
        organisation = session.get_one(
            Organisation, house.world.organisations["own" if relation == "own" else "foreign"].id
        )
        row = report_representative(
            session, Actor("Kommunen own (länk)"), NOW, organisation, seat_id=house.world.seats[relation].id,
            given_name="Nils", family_name="Ny", email=email, from_on=LATER,
        )  # fmt: skip
        return row.id


def sittings(house: House, relation: str = "own") -> list[tuple[str, date, date | None]]:
    with house.looking() as session:
        query = select(Appointment).where(Appointment.seat_id == house.world.seats[relation].id)
        return [
            (row.person.name, row.from_on, row.to_on) for row in session.scalars(query.order_by(Appointment.from_on))
        ]


def test_waiting_reports_are_listed_to_their_own_secretariat(house):
    own, foreign = report(house), report(house, "foreign")
    assert visit(house.visitor(), "/representatives").text.count("Nils Ny") == 1
    assert f"/representatives/{own}" in visit(house.visitor(), "/representatives").links
    assert visit(house.visitor("administrator"), "/representatives").text.count("Nils Ny") == 2
    assert "Nils Ny" not in visit(house.visitor("reader"), "/representatives").text
    assert "2 anmälda representanter väntar" in visit(house.visitor("administrator"), "/").text
    assert "1 anmäld representant väntar" in visit(house.visitor(), "/").text
    for path in ("", "/confirm", "/decline"):
        visitor = house.visitor()
        address = f"/representatives/{foreign}{path}"
        assert (visitor.post(address) if path else visitor.get(address)).status_code == 404


def test_confirmed_report_enters_the_person_and_hands_over_the_seat(house):
    report_id = report(house)
    with house.changing() as session:
        token = make_organisation_token(
            session, Actor("Kommunen own (länk)"), NOW, organisation_id=house.world.organisations["own"].id, label="K"
        )
        secret = token.secret
    before = house.visitor().get(f"/feeds/{secret}.ics").headers["ETag"]
    page = visit(house.visitor(), f"/representatives/{report_id}")
    assert "Ny person: Nils Ny" in page.text
    assert "Own Person lämnar platsen dagen före." in page.text
    page = send(house.visitor(), f"/representatives/{report_id}", "confirm-person_id")
    assert page.heading == "Anmälda representanter"
    assert sittings(house) == [
        ("Own Person", date(2026, 1, 1), date(2026, 12, 31)), ("Nils Ny", LATER, None),
    ]  # fmt: skip
    with house.looking() as session:
        person = session.scalars(select(Person).where(Person.family_name == "Ny")).one()
        assert person.organisation_id == house.world.organisations["own"].id
        assert [mail.address for mail in person.emails] == ["nils@kommunen.example"]
        row = session.get_one(RepresentativeReport, report_id)
        assert (row.state, row.decided_by, row.person_id) == ("confirmed", "Own secretariat", person.id)
    assert house.visitor().get(f"/feeds/{secret}.ics").headers["ETag"] != before


def test_confirmation_is_taken_back_as_one(house):
    report_id = report(house)
    visitor = house.visitor()
    page = send(visitor, f"/representatives/{report_id}", "confirm-person_id")
    form = next(form for form in page.forms if "undo" in form.action)
    answer = read(visitor.post(form.action, form.values, token=False))
    assert answer.status == 303
    assert sittings(house) == [("Own Person", date(2026, 1, 1), None)]
    with house.looking() as session:
        assert session.get_one(RepresentativeReport, report_id).state == "waiting"


def test_known_address_is_offered_first_and_used(house):
    report_id = report(house, email="MEMBER@register.example")
    page = visit(house.visitor(), f"/representatives/{report_id}")
    form = page.form("confirm-person_id")
    assert form.options["confirm-person_id"][-1] == "new"
    with house.looking() as session:
        member = session.scalars(select(PersonEmail).where(PersonEmail.normalised == "member@register.example")).one()
        assert form.values["confirm-person_id"] == str(member.person_id)
    send(house.visitor(), f"/representatives/{report_id}", "confirm-person_id", **{"confirm-from_on": "2027-02-01"})
    assert sittings(house)[-1] == ("Member Person", date(2027, 2, 1), None)


def test_new_person_with_anothers_address_is_refused_at_the_choice(house):
    report_id = report(house, email="member@register.example")
    before = house.changes()
    page = send(house.visitor(), f"/representatives/{report_id}", "confirm-person_id", **{"confirm-person_id": "new"})
    assert page.status == 422
    assert page.errors == {"confirm-person_id": "member@register.example finns redan hos en annan person"}
    assert sittings(house) == [("Own Person", date(2026, 1, 1), None)]
    assert house.changes() == before


def test_protected_owner_of_the_address_is_not_told(house):
    with house.changing() as session:
        mail = session.scalars(select(PersonEmail).where(PersonEmail.normalised == "member@register.example")).one()
        mail.person.protected = True
    report_id = report(house, email="member@register.example")
    page = visit(house.visitor(), f"/representatives/{report_id}")
    assert page.form("confirm-person_id").options["confirm-person_id"] == ["new"]
    assert "Member Person" not in page.text


def test_declined_report_needs_a_reason_that_the_organisation_reads(house):
    report_id = report(house)
    page = send(house.visitor(), f"/representatives/{report_id}", "decline-reason")
    assert (page.status, page.errors) == (422, {"decline-reason": "Skriv varför anmälan avböjs"})
    send(
        house.visitor(),
        f"/representatives/{report_id}",
        "decline-reason",
        **{"decline-reason": "Utses av fullmäktige."},
    )
    with house.looking() as session:
        row = session.get_one(RepresentativeReport, report_id)
        assert (row.state, row.reason) == ("declined", "Utses av fullmäktige.")
    assert sittings(house) == [("Own Person", date(2026, 1, 1), None)]
    page = visit(house.visitor(), f"/representatives/{report_id}")
    assert page.actions() & {f"/representatives/{report_id}/confirm", f"/representatives/{report_id}/decline"} == set()


def test_settled_report_is_not_settled_again(house):
    report_id = report(house)
    visitor = house.visitor()
    send(visitor, f"/representatives/{report_id}", "decline-reason", **{"decline-reason": "Nej."})
    before = house.changes()
    response = visitor.post(
        f"/representatives/{report_id}/confirm", {"confirm-person_id": "new", "confirm-from_on": ""}
    )
    assert response.status_code == 422
    assert "Anmälan är redan avgjord" in response.get_data(as_text=True)
    assert house.changes() == before
