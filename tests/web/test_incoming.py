"""Mails that came back and need a look: who sees them, what is shown of them, and what may come of them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from scheduler.history.rules import Actor
from scheduler.mail.models import IncomingMail
from scheduler.meetings.actions import call_meeting
from scheduler.meetings.models import Invitee, Meeting, Reply
from tests.conftest import NOW
from tests.web.house import House
from tests.web.reading import read, send, visit
from tests.web.world import SITE


@pytest.fixture
def called(house: House) -> dict[str, int]:
    """The own meeting is called, and one of those called has written: the row of each."""
    with house.changing() as session:
        meeting = session.get_one(Meeting, house.world.meetings["own"].id)
        call_meeting(session, Actor("Anna"), NOW, meeting, version=None, site=SITE)
        query = select(Invitee.id).where(Invitee.person_id == house.world.people["own"].id)
        return {"invitee": session.scalars(query).one(), "mail": house.world.parts["own"]["incoming_id"]}


def address(called: dict[str, int]) -> str:
    return f"/mail/incoming/{called['mail']}"


def edit(house: House, called: dict[str, int], **given: object) -> None:
    with house.changing() as session:
        mail = session.get_one(IncomingMail, called["mail"])
        for name, value in given.items():
            setattr(mail, name, value)


def state(house: House, called: dict[str, int]) -> str:
    with house.looking() as session:
        return session.get_one(IncomingMail, called["mail"]).state


def test_secretariat_sees_the_mails_of_its_meetings_and_the_administrator_all(house, called):
    own = visit(house.visitor(), "/mail/incoming")
    assert "Om Forumet own" in own.text
    assert "Om Forumet foreign" not in own.text
    assert "Någon har skrivit. Läs och svara." in own.text
    everything = visit(house.visitor("administrator"), "/mail/incoming")
    assert "Om Forumet foreign" in everything.text
    foreign = house.world.parts["foreign"]["incoming_id"]
    assert house.visitor().get(f"/mail/incoming/{foreign}").status_code == 404


def test_mail_of_no_known_meeting_is_the_administrators(house, called):
    edit(house, called, meeting_id=None)
    assert house.visitor().get(address(called)).status_code == 404
    assert house.visitor("administrator").get(address(called)).status_code == 200


def test_mail_is_shown_as_text_alone(house, called):
    raw = (
        b"From: x@example.org\r\nSubject: Hej\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        b"<p>Jag kommer</p><script>alert(1)</script><img src='https://evil.test/x.png'>"
    )
    edit(house, called, raw=raw)
    body = house.visitor().get(address(called)).get_data(as_text=True)
    assert "Jag kommer" in body
    assert "evil.test" not in body
    assert "alert(1)</script>" not in body


def test_answer_is_entered_for_whom_it_is(house, called):
    page = send(house.visitor(), address(called), "invitee", "answer", invitee=str(called["invitee"]), answer="yes")
    assert "Svaret är sparat." in page.text
    assert state(house, called) == "seen"
    with house.looking() as session:
        [reply] = session.scalars(select(Reply))
        assert (reply.invitee_id, reply.answer, reply.via) == (called["invitee"], "yes", "secretary")
    assert house.latest(1)[0][:2] == ("Own secretariat", "incoming_mail.seen")


def test_answer_for_nobody_is_refused_at_the_field(house, called):
    page = send(house.visitor(), address(called), "invitee", "answer", invitee="", answer="yes")
    assert page.status == 422
    assert set(page.errors) == {"invitee"}
    assert state(house, called) == "look"


def test_mail_is_let_rest_and_only_once(house, called):
    visitor = house.visitor()
    form = next(form for form in visit(visitor, address(called)).forms if form.action.endswith("/seen"))
    assert visitor.post(form.action, form.values, token=False).status_code == 303
    assert state(house, called) == "seen"
    again = read(visitor.post(form.action, form.values, token=False))
    assert "redan tagit hand om" in again.text
    assert "Om Forumet own" not in visit(visitor, "/mail/incoming").text
    assert "Om Forumet own" in visit(visitor, "/mail/incoming?state=seen").text


def test_nothing_a_protected_identity_wrote_is_shown(house, called):
    with house.changing() as session:
        session.get_one(Invitee, called["invitee"]).person.protected = True
    edit(house, called, invitee_id=called["invitee"])
    for path in ("/mail/incoming", address(called)):
        text = visit(house.visitor(), path).text
        assert "own@register.example" not in text
        assert "Om Forumet own" not in text
        assert "Own Person" not in text


def test_mail_whose_bytes_are_gone_says_so(house, called):
    edit(house, called, raw=None)
    assert "Ingen text att visa." in visit(house.visitor(), address(called)).text
