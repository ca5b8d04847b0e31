"""A message to those called: seen before it is sent, one mail each, only to whom it is meant, kept with the meeting."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from scheduler.mail.models import MeetingMessage, OutboxMail
from tests.mail.running import SETTINGS, Running
from tests.mail.test_substitutes import CHAIR, MEMBER, OWN, answer, arrived, subject, text
from tests.web.reading import send

TEXT = "Ta med legitimation.\n\nVi börjar med lunch."


@pytest.fixture
def running(make_app, database_url, clock, sink) -> Running:
    return Running.on(make_app(database_url, **SETTINGS, mail_relay=sink.url), clock, sink)


def counts(running: Running) -> tuple[int, int]:
    with running.house.looking() as session:
        mails = session.scalar(select(func.count()).select_from(OutboxMail).where(OutboxMail.kind == "message"))
        return mails or 0, session.scalar(select(func.count()).select_from(MeetingMessage)) or 0


def test_message_is_seen_first_and_then_goes_to_all_once(running: Running):
    meeting_id, _mails = running.summons()
    path = f"/meetings/{meeting_id}/message"
    page = send(running.visitor(), path, "subject", subject="Legitimation", text=TEXT, audience="all", preview="1")
    assert page.status == 200
    for address in (OWN, MEMBER, CHAIR):
        assert address in page.text
    assert "Ta med legitimation." in page.text
    assert counts(running) == (0, 0)
    page = send(running.visitor(), path, "subject", subject="Legitimation", text=TEXT, audience="all")
    assert "Meddelandet är på väg." in page.text
    mails = arrived(running)
    assert set(mails) == {OWN, MEMBER, CHAIR}
    assert subject(mails[OWN]) == "Legitimation (Forumet own tisdag 15 december 2026)"
    for kind in ("plain", "html"):
        assert "Ta med legitimation." in text(mails[OWN], kind)
        assert "Vi börjar med lunch." in text(mails[OWN], kind)
        assert MEMBER not in text(mails[OWN], kind)
    assert arrived(running) == {}
    assert counts(running) == (3, 1)
    assert "Vi börjar med lunch." in running.page(path).text


def test_message_to_those_who_have_not_answered_leaves_the_others_alone(running: Running):
    meeting_id, mails = running.summons()
    answer(running, mails[OWN], answer="yes")
    path = f"/meetings/{meeting_id}/message"
    send(running.visitor(), path, "subject", subject="Svara gärna", text="Vi beställer mat.", audience="unanswered")
    assert set(arrived(running)) == {MEMBER, CHAIR}


def test_message_without_words_is_refused_at_the_fields_and_nothing_is_lost(running: Running):
    meeting_id, _mails = running.summons()
    path = f"/meetings/{meeting_id}/message"
    page = send(running.visitor(), path, "subject", subject=" ", text=TEXT, audience="all")
    assert page.status == 422
    assert set(page.errors) == {"subject"}
    assert page.form("subject").values["text"].splitlines() == TEXT.splitlines()
    assert counts(running) == (0, 0)


def test_message_can_be_taken_back_while_it_waits(running: Running):
    meeting_id, _mails = running.summons()
    send(running.visitor(), f"/meetings/{meeting_id}/message", "subject", subject="Fel", text="Fel", audience="all")
    with running.house.looking() as session:
        [batch] = set(session.scalars(select(OutboxMail.batch).where(OutboxMail.kind == "message")))
    assert "Ångra utskicket" in running.page(f"/meetings/{meeting_id}/mailings").text
    running.visitor().post(f"/meetings/{meeting_id}/mailings/undo", {"batch": batch})
    assert arrived(running) == {}


def test_those_who_do_not_keep_the_forum_write_to_nobody(running: Running):
    meeting_id, _mails = running.summons()
    for role in ("member", "reader", "other secretariat"):
        response = running.visitor(role).post(
            f"/meetings/{meeting_id}/message", {"subject": "Hej", "text": "Hej", "audience": "all"}
        )
        assert response.status_code in {403, 404}
    assert counts(running) == (0, 0)
