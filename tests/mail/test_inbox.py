"""The mailbox of answers, read from a real IMAP server: once, whoever reads, whatever breaks."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.errors import Refused
from scheduler.jobs import Worker
from scheduler.mail import inbox
from scheduler.mail.addresses import answer_address, bounce_address
from scheduler.mail.inbox import MOST_BYTES, poll, read_inbox, trouble
from scheduler.mail.models import IncomingMail, OutboxMail
from scheduler.meetings.models import Invitee, Reply
from tests.conftest import FakeClock
from tests.mail.conftest import mail_settings
from tests.mail.letters import KARIN, UID, letter, reply
from tests.mail.world import DUE, make_forum, make_meeting, make_person, waiting_mail

REPLY = "svar@takt.example.org"


@pytest.fixture
def reading(box, tmp_path):
    return mail_settings(tmp_path, mail_reply=REPLY, secret_key="s" * 40, mail_inbox=box.url(tls=True))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(DUE + timedelta(hours=1))


@pytest.fixture
def address(writing, reading) -> str:
    """Where Karin's answer comes to."""
    with writing() as session:
        meeting = make_meeting(session, make_forum(session), uid=UID, state="called", called_at=DUE)
        karin = Invitee(meeting_id=meeting.id, person_id=make_person(session, KARIN).id)
        session.add(karin)
        session.flush()
        return answer_address(reading.secret_key, REPLY, karin.id, karin.epoch)


def answers(house) -> list[str]:
    with Session(house) as session:
        return list(session.scalars(select(Reply.answer).order_by(Reply.id)))


def reasons(house) -> list[str | None]:
    with Session(house) as session:
        return list(session.scalars(select(IncomingMail.reason).order_by(IncomingMail.id)))


def the_trouble(house) -> tuple[str, int] | None:
    with Session(house) as session:
        found = trouble(session)
        return None if found is None else (found.reason, found.times)


# ---------------------------------------------------------------- reading


def test_answers_and_bounces_are_read_and_marked_as_seen(house, writing, box, reading, clock, address):
    with writing() as session:
        [mail] = waiting_mail(session)
        mail.state, mail.sends = "sent", 1
    back = bounce_address(reading.secret_key, REPLY, mail.id)
    box.put(letter("exchange-accepted", address), letter("bounce-postfix", back), letter("vacation", address))
    assert poll(house, reading, clock) == 3
    assert answers(house) == ["yes"]
    with Session(house) as session:
        assert session.get_one(OutboxMail, mail.id).state == "failed"
    assert box.unseen() == 0
    assert the_trouble(house) is None


def test_mailbox_is_read_once_a_minute(house, box, reading, clock, address):
    assert poll(house, reading, clock) == 0
    box.put(reply(address))
    clock.move(seconds=59)
    assert poll(house, reading, clock) == 0
    clock.move(seconds=1)
    assert poll(house, reading, clock) == 1


def test_worker_reads_the_mailbox(house, box, reading, clock, address):
    box.put(reply(address))
    one = Worker(house, reading, clock, periodic=())
    one.run_due()
    assert not one.failed
    assert answers(house) == ["yes"]


def test_mail_that_was_stored_and_not_marked_is_harmless(house, box, reading, clock, address, monkeypatch):
    box.put(reply(address))
    with monkeypatch.context() as crash:
        crash.setattr(inbox.Inbox, "mark_seen", lambda _self, _uid: None)
        assert poll(house, reading, clock) == 1
    assert box.unseen() == 1
    clock.move(minutes=1)
    assert poll(house, reading, clock) == 0
    assert box.unseen() == 0
    assert answers(house) == ["yes"]


def test_readers_at_once_read_each_mail_once(house, box, reading, clock, address):
    box.put(*(reply(address, message_id=f"<{n}@hk.example.org>") for n in range(5)))
    found: list[int] = []
    readers = [threading.Thread(target=lambda: found.append(poll(house, reading, clock))) for _ in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert sum(found) == 5
    assert answers(house) == ["yes"]


def test_mail_that_is_too_large_is_noted_and_left(house, box, reading, clock, address):
    head = f"From: {KARIN}\r\nTo: {address}\r\nSubject: Bilder\r\nMessage-ID: <large@x>\r\n\r\n".encode()
    box.put(head + b"x" * 70 * 10 + b"\r\n" * (MOST_BYTES // 2), reply(address))
    assert poll(house, reading, clock) == 2
    assert reasons(house) == ["too_large", None]
    with Session(house) as session:
        row = session.scalars(select(IncomingMail).where(IncomingMail.reason == "too_large")).one()
        assert (row.subject, row.sender, row.state, row.raw) == ("Bilder", KARIN, "look", None)
    assert answers(house) == ["yes"]


def test_mail_that_breaks_us_is_put_aside_and_the_next_one_read(house, box, reading, clock, address, monkeypatch):
    real = inbox.receive

    def breaking(session, now, raw, settings):
        if b"Message-ID: <bad@x>" in raw:
            raise RuntimeError("a fault of ours")
        return real(session, now, raw, settings)

    monkeypatch.setattr(inbox, "receive", breaking)
    box.put(reply(address, message_id="<bad@x>"), reply(address))
    assert poll(house, reading, clock) == 2
    assert reasons(house) == ["broken", None]
    assert box.unseen() == 0


# ---------------------------------------------------------------- trouble


def test_mailbox_that_is_away_is_noted_rests_longer_and_is_read_when_it_is_back(house, box, reading, clock, address):
    box.put(reply(address))
    box.stop()
    try:
        for times in (1, 2):
            assert poll(house, reading, clock) == 0
            assert the_trouble(house) == ("away", times)
            clock.move(minutes=15)
    finally:
        box.start()
    assert poll(house, reading, clock) == 1
    assert the_trouble(house) is None


def test_mailbox_that_is_away_stops_no_mail(house, writing, sink, tmp_path, due_clock):
    sending = mail_settings(
        tmp_path, mail_mode="send", mail_relay=sink.url, mail_rate=0, mail_reply=REPLY,
        mail_inbox="imap://svar:x@127.0.0.1:1/INBOX",
    )  # fmt: skip
    with writing() as session:
        waiting_mail(session)
    one = Worker(house, sending, due_clock, periodic=())
    assert one.run_due().sent == 1
    assert not one.failed
    assert the_trouble(house) == ("away", 1)


def test_certificate_that_nobody_vouches_for_is_refused(house, box, reading, clock, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    poll(house, reading, clock)
    assert the_trouble(house) == ("certificate", 1)


@pytest.mark.parametrize(
    ("given", "reason"), [({"password": "wrong"}, "login"), ({"folder": "Nowhere"}, "folder"), ({}, None)]
)
def test_plain_connection_to_this_machine_says_what_is_wrong(house, box, reading, clock, tmp_path, given, reason):
    settings = mail_settings(tmp_path, mail_reply=REPLY, mail_inbox=box.url(**given))
    poll(house, settings, clock)
    assert the_trouble(house) == (None if reason is None else (reason, 1))


def test_password_is_in_no_log(house, box, clock, tmp_path, caplog):
    settings = mail_settings(tmp_path, mail_reply=REPLY, mail_inbox=box.url(password="hemligt"))
    poll(house, settings, clock)
    assert "login" in caplog.text
    assert "hemligt" not in caplog.text


@pytest.mark.parametrize(
    "url",
    ["", "svar", "https://svar:x@host/", "imaps://host/INBOX", "imaps://svar@host/INBOX", "imaps://svar:x@host:port/",
     "imaps://svar:x@host/%C3%A5"],
)  # fmt: skip
def test_mailbox_address_that_cannot_be_read_is_told_with_its_setting(url):
    with pytest.raises(Refused) as refused:
        read_inbox(url)
    assert refused.value.problems[0].field == "TAKT_MAIL_INBOX"


def test_mailbox_address_is_read_with_its_defaults_and_hides_its_password():
    where = read_inbox("imaps://svar%40example.org:l%C3%B6sen%2F@imap.example.org")
    assert (where.user, where.password, where.port, where.folder) == ("svar@example.org", "lösen/", 993, "INBOX")
    assert "lösen" not in repr(where)
