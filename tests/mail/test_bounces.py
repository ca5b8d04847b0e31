"""Reports of mails that did not arrive: read as servers write them, believed at a genuine address alone."""

from __future__ import annotations

import base64
import quopri
from datetime import timedelta
from email import message_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from scheduler.history.models import HistoryEntry
from scheduler.mail.addresses import bounce_address
from scheduler.mail.bounces import read_report
from scheduler.mail.delivery import deliver
from scheduler.mail.incoming import receive
from scheduler.mail.models import IncomingMail, OutboxAttempt, OutboxMail, Suppression
from scheduler.organisations.models import PersonEmail
from tests.mail.conftest import mail_settings
from tests.mail.letters import letter
from tests.mail.world import DUE, make_person, waiting_mail

REPLY = "svar@takt.example.org"


@pytest.fixture
def settings(tmp_path):
    return mail_settings(tmp_path, mail_reply=REPLY, secret_key="s" * 40)


@pytest.fixture
def sent(session):
    """A mail to person0@example.org that has left."""
    make_person(session, "person0@example.org")
    [mail] = waiting_mail(session)
    mail.state, mail.sends, mail.sent_at = "sent", 1, DUE
    session.flush()
    return mail


def bounce(session, settings, name, mail, *, now=DUE, forged=False):
    address = bounce_address("x" * 40 if forged else settings.secret_key, REPLY, mail.id)
    return receive(session, now, letter(name, address), settings)


def state_of(session):
    return session.scalars(select(PersonEmail.bounce_state)).one()


# ---------------------------------------------------------------- reading


@pytest.mark.parametrize(
    ("name", "action", "code", "status"),
    [
        ("bounce-postfix", "failed", 550, "5.1.1"),
        ("bounce-exchange", "failed", 550, "5.1.10"),
        ("bounce-disabled", "failed", 550, "5.2.1"),
        ("bounce-full", "failed", 552, "5.2.2"),
        ("bounce-given-up", "failed", 554, "4.4.7"),
        ("bounce-delayed", "delayed", 554, "4.4.1"),
    ],
)
def test_report_says_what_the_last_server_answered(name, action, code, status):
    report = read_report(message_from_bytes(letter(name, REPLY)))
    assert report is not None
    assert (report.action, report.answer.code, report.answer.enhanced) == (action, code, status)


REPORT = """\
Reporting-MTA: dns; mx.hk.example.org
Arrival-Date: Tue, 29 Sep 2026 09:07:00 +0200

Final-Recipient: rfc822; person0@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <person0@example.org>: Recipient address rejected,
 no such person = nobody here
"""


def enclosed(encoding: str, lines: bytes, kind: str = "delivery-status") -> bytes:
    """A report whose part for machines is encoded."""
    return (
        b"From: postmaster@hk.example.org\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nIt did not arrive.\r\n"
        + f"--b\r\nContent-Type: message/{kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
        + lines + b"\r\n--b--\r\n"
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["delivery-status", "global-delivery-status"])
@pytest.mark.parametrize(
    ("encoding", "lines"),
    [
        ("7bit", REPORT.encode()),
        ("base64", base64.encodebytes(REPORT.encode())),
        ("BASE64", base64.encodebytes(REPORT.replace("\n", "\r\n").encode()).replace(b"\n", b"\r\n")),
        ("base64", REPORT.encode()),  # it says so and is none
        ("quoted-printable", quopri.encodestring(REPORT.encode())),
    ],
)
def test_report_is_read_whatever_its_part_is_wrapped_in(kind, encoding, lines):
    report = read_report(message_from_bytes(enclosed(encoding, lines, kind)))
    assert report is not None
    assert (report.action, report.answer.code, report.answer.enhanced) == ("failed", 550, "5.1.1")
    assert report.answer.text.endswith("no such person = nobody here")


@given(st.binary(max_size=600), st.sampled_from(["base64", "quoted-printable"]))
def test_reading_a_wrapped_report_never_raises(raw, encoding):
    for lines in (raw, base64.encodebytes(raw), base64.encodebytes(REPORT.encode() + raw)):
        report = read_report(message_from_bytes(enclosed(encoding, lines)))
        assert report is None or len(report.answer.text) <= 400


@given(st.binary(max_size=600))
def test_reading_a_report_never_raises(raw):
    head = b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n"
    for text in (raw, head + raw, head + b"Final-Recipient: " + raw + b"\r\nAction: failed\r\nStatus: " + raw):
        report = read_report(message_from_bytes(text))
        assert report is None or len(report.answer.text) <= 400


# ---------------------------------------------------------------- what follows


def test_rel_26_bounce_of_an_address_that_does_not_exist_stops_its_mail(session, sent, settings):
    row = bounce(session, settings, "bounce-postfix", sent)
    assert (row.kind, row.state, row.mail_id) == ("bounce", "done", sent.id)
    assert session.get_one(Suppression, "person0@example.org").last_code == "5.1.1"
    assert (sent.state, sent.last_code) == ("failed", 550)
    assert sent.last_error.startswith("5.1.1 <person0@example.org>: Recipient address rejected")
    assert state_of(session) == "hard"
    entry = session.scalars(select(HistoryEntry).where(HistoryEntry.action == "person.bounce")).one()
    assert entry.after == {"bounce_state": "hard"}
    assert session.scalars(select(OutboxAttempt.stage)).all() == ["rcpt"]


def test_rel_26_bounce_with_a_forged_token_changes_nothing(session, sent, settings):
    row = bounce(session, settings, "bounce-postfix", sent, forged=True)
    assert (row.kind, row.state, row.reason, row.mail_id) == ("bounce", "done", "forged", None)
    assert session.scalars(select(Suppression)).all() == []
    assert (sent.state, state_of(session)) == ("sent", "ok")


def test_rel_26_bounce_to_the_plain_address_changes_nothing(session, sent, settings):
    row = receive(session, DUE, letter("bounce-postfix", REPLY), settings)
    assert row.reason == "forged"
    assert sent.state == "sent"


@pytest.mark.parametrize("name", ["bounce-full", "bounce-given-up"])
def test_bounce_that_may_be_over_tomorrow_fails_the_mail_and_leaves_the_address(session, sent, settings, name):
    bounce(session, settings, name, sent)
    assert (sent.state, state_of(session)) == ("failed", "ok")
    assert session.scalars(select(Suppression)).all() == []


def test_delayed_report_changes_nothing(session, sent, settings):
    row = bounce(session, settings, "bounce-delayed", sent)
    assert (row.kind, row.state, sent.state, state_of(session)) == ("bounce", "done", "sent", "ok")


def test_automatic_answer_to_a_bounce_address_changes_nothing(session, sent, settings):
    row = bounce(session, settings, "vacation", sent)
    assert (row.kind, row.state, sent.state) == ("automatic", "done", "sent")


def test_address_that_refuses_on_two_days_gets_no_more_mail(session, sent, settings):
    bounce(session, settings, "bounce-disabled", sent)
    assert (state_of(session), session.scalars(select(Suppression)).all()) == ("soft", [])
    [again] = waiting_mail(session, key="f" * 64)
    again.state = "sent"
    session.flush()
    raw = letter("bounce-disabled", bounce_address(settings.secret_key, REPLY, again.id))
    receive(session, DUE + timedelta(days=1), raw.replace(b"bounce-disabled@", b"another@"), settings)
    assert state_of(session) == "hard"
    assert session.get(Suppression, "person0@example.org") is not None


def test_same_report_twice_counts_once(session, sent, settings):
    assert bounce(session, settings, "bounce-postfix", sent) is not None
    assert bounce(session, settings, "bounce-postfix", sent) is None
    assert len(session.scalars(select(OutboxAttempt)).all()) == 1
    assert len(session.scalars(select(IncomingMail)).all()) == 1


def test_mail_leaves_with_its_bounce_address_as_envelope_sender(house, writing, sink, tmp_path, due_clock):
    sending = mail_settings(
        tmp_path, mail_mode="send", mail_relay=sink.url, mail_rate=0, mail_reply=REPLY, secret_key="s" * 40
    )
    with writing() as session:
        [mail] = waiting_mail(session)
    assert deliver(house, sending, due_clock).sent == 1
    [received] = sink.mails
    assert received.sender == bounce_address(sending.secret_key, REPLY, mail.id)
    assert str(received.message["From"]).endswith("<takt@region.example.org>")


def test_redirected_mail_leaves_with_the_common_sender(house, writing, sink, tmp_path, due_clock):
    sending = mail_settings(
        tmp_path, mail_mode="redirect:prov@example.org", mail_relay=sink.url, mail_rate=0, mail_reply=REPLY,
        secret_key="s" * 40,
    )  # fmt: skip
    with writing() as session:
        waiting_mail(session)
    deliver(house, sending, due_clock)
    assert [mail.sender for mail in sink.mails] == ["takt@region.example.org"]


def test_mailbox_that_cannot_be_extended_keeps_mails_waiting(house, writing, sink, tmp_path, due_clock):
    sending = mail_settings(tmp_path, mail_mode="send", mail_relay=sink.url, mail_reply="svar+x@takt.example.org")
    with writing() as session:
        [mail] = waiting_mail(session)
    assert deliver(house, sending, due_clock).ended == "settings"
    with writing() as session:
        assert session.get_one(OutboxMail, mail.id).state == "pending"
