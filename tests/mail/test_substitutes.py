"""Substitutes asked by mail: from the no of a holder to the seat that is covered, through pages, mails and answers.

Also two processes that ask the same substitute at once.
"""

from __future__ import annotations

import multiprocessing
import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from scheduler.db import begin_write, install_listeners
from scheduler.errors import Refused
from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.history.rules import Actor
from scheduler.meetings.actions import call_meeting
from scheduler.meetings.answering import answer_call
from scheduler.meetings.models import Meeting, SubstituteCall
from scheduler.meetings.substitutes import ask_substitute, seat_lines
from scheduler.organisations.models import Person, PersonEmail
from tests.conftest import NOW
from tests.mail.answers import Asked, outlook
from tests.mail.mailbox import Mailbox
from tests.mail.running import BASE, SETTINGS, Running
from tests.mail.sink import Received
from tests.meetings.county import SITE, County
from tests.web.reading import Page, send, visit
from tests.web.visits import Visitor

OWN, MEMBER, CHAIR = "own@register.example", "member@register.example", "chair@register.example"
PER, EVA = "per.lidstrom@register.example", "eva.ek@register.example"


@pytest.fixture
def running(make_app, database_url, clock, sink, box) -> Running:
    """The own forum has three members and two substitutes."""
    app = make_app(database_url, **SETTINGS, mail_relay=sink.url, mail_inbox=box.url(tls=True))
    running = Running.on(app, clock, sink)
    with running.house.changing() as session:
        forum = running.house.world.forums["own"]
        for position, (given, family, address) in enumerate((("Per", "Lidström", PER), ("Eva", "Ek", EVA)), 50):
            person = Person(given_name=given, family_name=family)
            person.emails.append(PersonEmail(address=address, main=True))
            seat = Seat(
                forum_id=forum.id, kind="substitute", position=position,
                organisation_id=running.house.world.organisations["own"].id,
            )  # fmt: skip
            seat.appointments.append(Appointment(person=person, from_on=date(2020, 1, 1)))
            session.add(seat)
    return running


def arrived(running: Running, *, minutes: int = 15) -> dict[str, Received]:
    """Address → the mail that has come since the last look, after some minutes and what they set going."""
    seen = len(running.sink.mails)
    for _round in range(2):
        running.clock.move(minutes=minutes)
        running.round()
    return {mail.recipient: mail for mail in running.sink.mails[seen:]}


def subject(mail: Received) -> str:
    return " ".join(str(mail.message["Subject"]).split())


def text(mail: Received, kind: str = "plain") -> str:
    part = mail.message.get_body((kind,))
    assert part is not None
    return " ".join(part.get_content().split())


def link_in(mail: Received) -> str:
    """The way to the recipient's own page of the meeting."""
    found = re.search(rf"{re.escape(BASE)}(/r/[^/]+/)", text(mail))
    assert found is not None
    return found[1]


def answer(running: Running, mail: Received, **given: object) -> Page:
    """Answers by the link of a mail, without signing in."""
    visitor = Visitor(running.house.app, base_url=BASE)
    form = visit(visitor, link_in(mail)).form("answer", "form_token")
    response = visitor.post(form.action, {**form.values, **given}, token=False)
    assert response.status_code == 303
    return visit(visitor, link_in(mail) + "?done=answered")


def test_two_substitutes_are_called_in_order_until_the_seat_is_covered(running: Running):
    meeting_id, mails = running.summons()
    assert set(mails) == {OWN, MEMBER, CHAIR, PER, EVA}
    assert "0 av 3 platser är täckta." in running.page(f"/meetings/{meeting_id}").text

    # The holder says no by the link: the secretariat sees who is next, and nobody has been asked.
    page = answer(running, mails[OWN], answer="no", comment="Sjuk", substitute="")
    assert "Sekretariatet ser att du inte kommer." in page.text
    assert arrived(running) == {}
    page = running.page(f"/meetings/{meeting_id}")
    assert "Own Person: nej" in page.text
    assert "Fråga Per Lidström" in page.text
    page = send(running.visitor(), f"/meetings/{meeting_id}", "seat_id")
    assert "Per Lidström är frågad och får ett brev." in page.text
    [asked] = arrived(running).values()
    assert (asked.recipient, subject(asked)) == (PER, "Kan du tjänstgöra? Forumet own tisdag 15 december 2026")
    assert "Du är frågad om du kan tjänstgöra för Kommunen own." in text(asked)
    assert "Du är frågad om du kan tjänstgöra för Kommunen own." in text(asked, "html")
    # A mail names nobody but its recipient.
    assert "Own Person" not in text(asked) + text(asked, "html")

    # The substitute's own page asks the question, and so it does by the first mail's link too.
    assert link_in(asked) == link_in(mails[PER])
    page = visit(Visitor(running.house.app, base_url=BASE), link_in(asked))
    assert page.heading == "Kan du tjänstgöra på Forumet own?"
    answer(running, asked, answer="no")
    page = running.page(f"/meetings/{meeting_id}")
    assert "Per Lidström: nej" in page.text
    page = send(running.visitor(), f"/meetings/{meeting_id}", "seat_id")
    [asked] = arrived(running).values()
    assert asked.recipient == EVA
    page = answer(running, asked, answer="yes")
    assert "Du tjänstgör för Kommunen own." in page.text
    page = running.page(f"/meetings/{meeting_id}")
    assert "Täckt av Eva Ek" in page.text
    assert "1 av 3 platser är täckta, 1 genom ersättare." in page.text

    # The holder can come after all: the substitute is told, once.
    answer(running, mails[OWN], answer="yes")
    [told] = arrived(running).values()
    assert (told.recipient, subject(told)) == (
        EVA, "Du behövs inte som ersättare: Forumet own tisdag 15 december 2026",
    )  # fmt: skip
    assert "Du behöver inte tjänstgöra för Kommunen own." in text(told)
    assert arrived(running) == {}
    assert "1 av 3 platser är täckta." in running.page(f"/meetings/{meeting_id}").text


def test_no_by_mail_asks_the_next_at_once_where_the_forum_wants_it(running: Running, box: Mailbox):
    with running.house.changing() as session:
        session.get_one(Forum, running.house.world.forums["own"].id).substitutes_automatic = True
    meeting_id, mails = running.summons()
    box.put(outlook(Asked.by(mails[MEMBER].message), "DECLINED", at=running.clock()))
    running.clock.move(minutes=1)
    running.round()
    asked = arrived(running, minutes=3)
    assert set(asked) == {PER}
    # The call that came as an invitation answers the question as well.
    box.put(outlook(Asked.by(mails[PER].message), "ACCEPTED", at=running.clock()))
    running.clock.move(minutes=1)
    running.round()
    assert "Täckt av Per Lidström" in running.page(f"/meetings/{meeting_id}").text


def test_holder_sends_a_substitute_by_the_page_of_the_link(running: Running):
    _meeting_id, mails = running.summons()
    form = visit(Visitor(running.house.app, base_url=BASE), link_in(mails[OWN]) + "?answer=no").form("answer")
    with running.house.looking() as session:
        eva = session.scalars(select(Person.id).where(Person.given_name == "Eva")).one()
    assert form.values["substitute"] == ""
    page = answer(running, mails[OWN], answer="no", substitute=str(eva))
    assert "Eva Ek är frågad att komma i ditt ställe." in page.text
    assert set(arrived(running)) == {EVA}


def test_question_taken_back_before_it_left_is_never_sent(running: Running):
    meeting_id, mails = running.summons()
    answer(running, mails[OWN], answer="no", substitute="")
    send(running.visitor(), f"/meetings/{meeting_id}", "seat_id")
    with running.house.looking() as session:
        call_id = session.scalars(select(SubstituteCall.id).order_by(SubstituteCall.id.desc())).first()
    running.visitor().post(f"/meetings/{meeting_id}/substitutes/{call_id}/withdraw", {})
    assert arrived(running) == {}


def test_moved_meeting_asks_the_substitute_anew_in_the_mail_of_the_change(running: Running):
    meeting_id, mails = running.summons()
    answer(running, mails[OWN], answer="no", substitute="")
    send(running.visitor(), f"/meetings/{meeting_id}", "seat_id")
    [asked] = arrived(running).values()
    answer(running, asked, answer="yes")
    send(running.visitor(), f"/meetings/{meeting_id}/move", "on", on="2026-12-16")
    mails = arrived(running)
    assert set(mails) == {OWN, MEMBER, CHAIR, PER, EVA}
    assert "Du är frågad om du kan tjänstgöra för Kommunen own." in text(mails[PER])
    assert "Du är frågad" not in text(mails[EVA])


def test_what_people_need_is_asked_where_the_forum_wants_it_and_shown_to_the_secretariat_alone(running: Running):
    with running.house.changing() as session:
        session.get_one(Forum, running.house.world.forums["own"].id).asks_needs = True
    meeting_id, mails = running.summons()
    answer(running, mails[OWN], answer="yes", food="Nötallergi", access="Hörslinga")
    page = running.page(f"/meetings/{meeting_id}/needs")
    assert "Nötallergi" in page.text
    assert "Hörslinga" in page.text
    for role in ("member", "chair", "reader"):
        response = running.visitor(role).get(f"/meetings/{meeting_id}/needs")
        assert response.status_code in {403, 404}
        assert "Nötallergi" not in running.visitor(role).get(f"/meetings/{meeting_id}").get_data(as_text=True)
    # One's own page shows what one has written, to change it.
    own = visit(Visitor(running.house.app, base_url=BASE), link_in(mails[OWN])).form("answer", "food")
    assert own.values["food"] == "Nötallergi"


# ---------------------------------------------------------------- two processes at once


def _ask(url: str, meeting_id: int, seat_id: int, person_id: int, ready: Any, said: Any) -> None:
    """In a process of its own: asks the substitute for a seat as soon as the other is there too."""
    engine = create_engine(url)
    install_listeners(engine)
    with Session(engine) as session:
        ready.wait(30)
        begin_write(session)
        meeting = session.get_one(Meeting, meeting_id)
        try:
            ask_substitute(session, Actor("Sara"), NOW, meeting, seat_id=seat_id, person_id=person_id)
            session.commit()
            said.put("asked")
        except Refused:
            session.rollback()
            said.put("refused")
    engine.dispose()


def test_two_processes_ask_one_substitute_for_one_seat_alone(database_url: str):
    engine = create_engine(database_url)
    install_listeners(engine)
    with Session(engine, expire_on_commit=False) as session:
        begin_write(session)
        county = County(session, Actor("Sara"), NOW)
        forum = county.forum("Nämnden", "namnd")
        seats = [county.seat(forum, f"Ledamot {n}").id for n in range(2)]
        only = county.person("Per Ersättare")
        county.seat(forum, only, kind="substitute")
        meeting = county.meeting(forum)
        call_meeting(session, county.actor, NOW, meeting, version=None, site=SITE)
        for row in list(meeting.invitees):
            if row.role == "ordinary":
                answer_call(session, county.actor, NOW, row, answer="no")
        session.commit()
        meeting_id, person_id = meeting.id, only.id
    context = multiprocessing.get_context("spawn")
    ready, said = context.Barrier(2), context.Queue()
    pair = [
        context.Process(target=_ask, args=(database_url, meeting_id, seat_id, person_id, ready, said))
        for seat_id in seats
    ]
    for process in pair:
        process.start()
    answers = sorted(said.get(timeout=60) for _process in pair)
    for process in pair:
        process.join(30)
    assert answers == ["asked", "refused"]
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(SubstituteCall)) == 1
        covers = sorted(str(line.cover) for line in seat_lines(session, session.get_one(Meeting, meeting_id)))
        assert covers == ["asked", "empty"]
    engine.dispose()
