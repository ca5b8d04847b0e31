"""The yearly question whether the seats are right: who is asked, who gets a mail, who has answered (M29)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from scheduler.accounts.personal_links import derive
from scheduler.db import db
from scheduler.forums.seat_models import Seat, SeatCheck
from scheduler.mail.models import OutboxMail
from scheduler.organisations.models import Organisation
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import read, send, visit
from tests.web.visits import Visitor
from tests.web.world import sign_in

NEW = "/seat-checks/new"


def give_address(house: House, relation: str = "own") -> None:
    with house.changing() as session:
        session.get_one(Organisation, house.world.organisations[relation].id).contact_email = "info@kommunen.example"


def checks(house: House) -> list[tuple[str, date, bool]]:
    with house.looking() as session:
        rows = session.scalars(select(SeatCheck).where(SeatCheck.asked_on >= date(2026, 1, 1)).order_by(SeatCheck.id))
        return [(row.organisation.name, row.answer_by_on, row.confirmed_at is not None) for row in rows]


def this_years(house: House) -> int:
    with house.looking() as session:
        return session.scalars(select(SeatCheck.id).where(SeatCheck.asked_on >= date(2026, 1, 1))).one()


def mails(house: House) -> list[OutboxMail]:
    with house.looking() as session:
        return list(session.scalars(select(OutboxMail).where(OutboxMail.kind == "seat_check")))


def start(house: House, **given: object) -> None:
    send(house.visitor(), NEW, "answer_by_on", **given)


def test_organisations_of_own_forums_are_asked_with_a_mail_each(house):
    give_address(house)
    page = visit(house.visitor(), NEW)
    assert "Fråga och skicka 1 brev" in page.text
    assert "info@kommunen.example" in page.text
    assert "Stämmer era platser? Svara senast 13 december 2026" in page.text
    assert "Kommunen foreign" not in page.text
    start(house, answer_by_on="2026-12-20", send="1")
    assert checks(house) == [("Kommunen own", date(2026, 12, 20), False)]
    [mail] = mails(house)
    assert (mail.recipient, mail.state) == ("info@kommunen.example", "pending")
    assert mail.values is not None
    assert mail.values["link"].endswith(
        f"/o/{derive('a secret of the tests, long enough', 'organisation', house.world.organisations['own'].id, 1)}"
    )
    page = visit(house.visitor(), "/seat-checks")
    assert "0 av 1 tillfrågade organisationer har bekräftat sina platser." in page.text
    assert house.latest(1) == [("Own secretariat", "seat_check.start", "Kommunen own")]


def test_question_without_mails(house):
    give_address(house)
    start(house)
    assert checks(house) == [("Kommunen own", date(2026, 12, 13), False)]
    assert mails(house) == []


def test_organisation_without_address_is_named_as_such(house):
    page = visit(house.visitor(), NEW)
    assert "Saknar adress, får inget brev" in page.text
    assert "skicka" not in page.form("answer_by_on").options
    assert "Adress saknas" in visit(house.visitor(), "/seat-checks").text


def test_day_that_has_passed_is_refused(house):
    page = send(house.visitor(), NEW, "answer_by_on", answer_by_on="2026-11-01")
    assert (page.status, page.errors) == (422, {"answer_by_on": "Välj en dag från och med 22 november 2026"})
    page = send(house.visitor(), NEW, "answer_by_on", answer_by_on="")
    assert page.errors == {"answer_by_on": "Ange sista dagen att svara"}
    assert checks(house) == []


def test_nobody_is_asked_twice_in_a_year(house):
    start(house)
    response = house.visitor().post(NEW, {"answer_by_on": "2026-12-20"})
    assert response.status_code == 422
    assert "Alla organisationer är redan tillfrågade i år" in read(response).text
    assert len(checks(house)) == 1


def test_answer_by_telephone_is_noted(house):
    start(house)
    visitor = house.visitor()
    check_id = this_years(house)
    response = visitor.post(f"/seat-checks/{check_id}/confirm", {"name": ""})
    assert (response.status_code, read(response).errors) == (422, {"name": "Skriv ditt namn"})
    visitor.post(f"/seat-checks/{check_id}/confirm", {"name": "Elin på växeln"})
    assert checks(house)[0][2]
    page = visit(visitor, "/seat-checks")
    assert "1 av 1 tillfrågade organisationer har bekräftat" in page.text
    assert "Elin på växeln" in page.text


def test_reminder_goes_once_a_day(house, clock):
    give_address(house)
    start(house, send="1")
    check_id = this_years(house)
    visitor = house.visitor()
    visitor.post(f"/seat-checks/{check_id}/remind")
    assert len(mails(house)) == 1
    clock.move(hours=7)
    visitor.post(f"/seat-checks/{check_id}/remind")
    assert len(mails(house)) == 1
    clock.move(days=1)
    with house.changing() as session:
        sign_in(session, house.world.users["own secretariat"], clock.at, "a later session")
    Visitor(house.app, "a later session").post(f"/seat-checks/{check_id}/remind")
    assert len(mails(house)) == 2


def test_another_secretariats_organisation_is_not_found(house):
    with house.looking() as session:
        foreign = session.scalars(
            select(SeatCheck.id).where(SeatCheck.organisation_id == house.world.organisations["foreign"].id)
        ).first()
    for step in ("confirm", "remind"):
        assert house.visitor().post(f"/seat-checks/{foreign}/{step}", {"name": "X"}).status_code == 404


def test_reader_sees_who_has_answered_but_no_link_and_no_address(house):
    give_address(house)
    start(house)
    page = visit(house.visitor("reader"), "/seat-checks")
    text = house.visitor("reader").get("/seat-checks").get_data(as_text=True)
    assert "Kommunen own" in page.text
    assert "/o/" not in text
    assert "info@kommunen.example" not in text


def test_list_asks_as_often_for_many_organisations(house):
    visitor = house.visitor()
    start(house)
    visitor.get("/seat-checks")
    with house.app.app_context():
        engine = db.engine
    with count_queries(engine) as one:
        visitor.get("/seat-checks")
    with house.changing() as session:
        for n in range(3):
            row = Organisation(slug=f"more-{n}", name=f"Mer {n}", kind_id="kommun")
            session.add(row)
            session.flush()
            session.add(Seat(forum_id=house.world.forums["own"].id, organisation_id=row.id))
    with count_queries(engine) as many:
        visitor.get("/seat-checks")
    assert len(many) == len(one)
