"""Answers by mail: whose they are, which count, and what a person must look at instead."""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.db import begin_write
from scheduler.errors import Refused
from scheduler.history.rules import Actor
from scheduler.mail.addresses import answer_address
from scheduler.mail.incoming import attach, mark_seen, receive, text_of, waiting
from scheduler.mail.incoming_rules import proposed_words, read_letter
from scheduler.mail.models import IncomingMail, OutboxMail
from scheduler.meetings.models import Invitee, Reply
from scheduler.meetings.replies import give_reply
from tests.mail.conftest import mail_settings
from tests.mail.letters import KARIN, UID, letter, reply
from tests.mail.world import DUE, make_forum, make_meeting, make_person

REPLY = "svar@takt.example.org"


@pytest.fixture
def settings(tmp_path):
    return mail_settings(tmp_path, mail_reply=REPLY, secret_key="s" * 40)


def called(session, **given) -> Invitee:
    """Karin, called to a meeting on 1 October, and what she was sent."""
    meeting = make_meeting(session, make_forum(session), uid=UID, state="called", called_at=DUE, **given)
    invitee = Invitee(meeting_id=meeting.id, person_id=make_person(session, KARIN).id)
    session.add(invitee)
    session.flush()
    return invitee


@pytest.fixture
def karin(session, kinds) -> Invitee:
    return called(session)


@pytest.fixture
def address(karin, settings) -> str:
    return answer_address(settings.secret_key, REPLY, karin.id, karin.epoch)


@pytest.fixture
def take(session, settings):
    def take(raw, now=DUE + timedelta(hours=1), **given) -> IncomingMail:
        return receive(session, now, raw, settings, **given)

    return take


def sent_at_sequence(session, karin, sequence) -> None:
    session.add(
        OutboxMail(
            key=f"{sequence:064x}", kind="change", recipient=KARIN, person_id=karin.person_id,
            meeting_id=karin.meeting_id, sequence=sequence, sends=1, state="sent", created_at=DUE, next_at=DUE,
            stale_at=DUE,
        )
    )  # fmt: skip
    session.flush()


def answers(session) -> list[tuple[str, str]]:
    return [(row.answer, row.via) for row in session.scalars(select(Reply).order_by(Reply.id))]


# ---------------------------------------------------------------- what programs write


@pytest.mark.parametrize(
    ("name", "answer", "comment"),
    [
        ("exchange-accepted", "yes", "Jag kommer, med Åsa."),
        ("google-declined", "no", None),
        ("apple-tentative", "maybe", None),
    ],
)
def test_answer_of_a_calendar_program_is_given(session, karin, address, take, name, answer, comment):
    row = take(letter(name, address))
    assert (row.kind, row.state, row.reason) == ("reply", "done", None)
    assert (row.invitee_id, row.meeting_id, row.sender) == (karin.id, karin.meeting_id, KARIN)
    [given] = session.scalars(select(Reply))
    assert (given.answer, given.via, given.comment, given.invitee_id) == (answer, "mail", comment, karin.id)


def test_answer_changes_nothing_of_the_meeting(session, karin, address, take):
    before = (karin.meeting.start_at, karin.meeting.sequence, karin.meeting.time_rev, karin.meeting.state)
    take(reply(address))
    session.expire_all()
    assert (karin.meeting.start_at, karin.meeting.sequence, karin.meeting.time_rev, karin.meeting.state) == before


def test_same_mail_twice_is_read_once(session, address, take):
    assert take(reply(address)) is not None
    assert take(reply(address)) is None
    assert answers(session) == [("yes", "mail")]


def test_mail_without_message_id_is_read_once(session, address, take):
    raw = reply(address).replace(b"Message-ID", b"X-Nothing")
    assert take(raw) is not None
    assert take(raw) is None


def test_proposal_of_another_time_is_shown_and_answers_nothing(session, address, take):
    row = take(letter("exchange-proposal", address))
    assert (row.kind, row.state, row.reason) == ("reply", "look", "proposal")
    assert row.comment == "2026-10-02 10.00: Går fredag?"
    assert answers(session) == []


def test_proposed_instant_is_shown_in_the_meetings_zone():
    assert proposed_words("20261002T080000Z", "Europe/Stockholm") == "2026-10-02 10.00"
    assert proposed_words("20261002", "Europe/Stockholm") == "2026-10-02"
    assert proposed_words("20269902T080000Z", "Europe/Stockholm") == "20269902T080000Z"


def test_outlooks_own_format_waits_for_somebody(session, karin, address, take):
    row = take(letter("outlook-winmail", address))
    assert (row.state, row.reason, row.invitee_id) == ("look", "winmail", karin.id)


def test_what_somebody_wrote_waits_with_its_text_and_without_its_marks(session, karin, address, take):
    row = take(letter("written", address))
    assert (row.kind, row.state, row.reason, row.invitee_id) == ("other", "look", "text", karin.id)
    assert row.subject == "Re: Kallelse: Regionalt forum på torsdag"
    assert text_of(row, REPLY) == "Jag kommer om tåget går.\nKarin"


def test_automatic_answer_is_ignored(session, address, take):
    row = take(letter("vacation", address))
    assert (row.kind, row.state) == ("automatic", "done")
    assert answers(session) == []


# ---------------------------------------------------------------- whose it is


def test_answer_to_a_forged_address_waits_with_its_meeting(session, karin, address, take):
    row = take(reply(address[:-30] + "aaaa" + address[-26:]))
    assert (row.state, row.reason, row.invitee_id, row.meeting_id) == ("look", "unknown", None, karin.meeting_id)
    assert answers(session) == []


def test_answer_to_a_revoked_address_waits(session, karin, address, take):
    karin.epoch += 1
    session.flush()
    assert take(reply(address)).reason == "unknown"


def test_answer_with_the_address_in_delivered_to_alone_counts(session, address, take):
    take(f"Delivered-To: {address}\r\n".encode() + reply(REPLY))
    assert answers(session) == [("yes", "mail")]


def test_answer_with_the_address_known_to_the_server_alone_counts(session, address, take):
    take(reply(REPLY), recipient=address)
    assert answers(session) == [("yes", "mail")]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"uid": "another@takt.example.org"}, "other_meeting"),
        ({"attendee": "vikarie@hk.example.org"}, "other_person"),
        ({"answer": "NEEDS-ACTION"}, "unclear"),
        ({"answer": "DELEGATED"}, "unclear"),
        ({"attendee": ""}, "unclear"),
    ],
)
def test_answer_that_does_not_fit_waits_and_is_never_guessed(session, address, take, changed, reason):
    row = take(reply(address, **changed))
    assert (row.kind, row.state, row.reason) == ("reply", "look", reason)
    assert answers(session) == []


def test_answer_to_two_invitations_at_once_waits(session, karin, address, take, settings):
    other = Invitee(meeting_id=karin.meeting_id, person_id=make_person(session, "per.ek@hk.example.org").id)
    session.add(other)
    session.flush()
    both = f"{address}, {answer_address(settings.secret_key, REPLY, other.id, other.epoch)}"
    assert take(reply(both)).reason == "several"


def test_mail_that_says_yes_and_no_waits(session, address, take):
    raw = reply(address)
    event = raw[raw.index(b"BEGIN:VEVENT") : raw.index(b"END:VCALENDAR")]
    row = take(raw.replace(event, event + event.replace(b"ACCEPTED", b"DECLINED")))
    assert (row.state, row.reason) == ("look", "unclear")


def test_address_the_invitation_went_to_still_answers(session, karin, address, take):
    sent_at_sequence(session, karin, 0)
    session.scalars(select(OutboxMail)).one().recipient = "k.l@old.example.org"
    session.flush()
    take(reply(address, attendee="K.L@old.example.org"))
    assert answers(session) == [("yes", "mail")]


# ---------------------------------------------------------------- which counts


def test_answer_to_an_earlier_invitation_waits(session, karin, address, take):
    sent_at_sequence(session, karin, 2)
    assert take(reply(address, sequence=1)).reason == "outdated"
    assert take(reply(address, sequence=2)).state == "done"
    assert answers(session) == [("yes", "mail")]


def test_answers_are_ordered_by_when_they_were_given_not_by_when_they_came(session, address, take):
    take(reply(address, answer="DECLINED", stamped="20260929T073000Z"))
    late = take(reply(address, answer="ACCEPTED", stamped="20260929T070000Z"))
    assert (late.state, late.reason) == ("done", "older")
    take(reply(address, answer="TENTATIVE", stamped="20260929T074500Z"))
    assert answers(session) == [("no", "mail"), ("maybe", "mail")]


def test_answer_to_a_later_invitation_counts_whatever_its_clock_says(session, address, take):
    take(reply(address, answer="DECLINED", stamped="20260929T073000Z"))
    take(reply(address, answer="ACCEPTED", stamped="20260929T070000Z", sequence=1))
    assert answers(session) == [("no", "mail"), ("yes", "mail")]


def test_clock_of_the_future_does_not_shut_out_later_answers(session, address, take):
    take(reply(address, answer="DECLINED", stamped="20400101T000000Z"), now=DUE)
    take(reply(address, answer="ACCEPTED", stamped="20260929T073000Z"))
    assert answers(session) == [("no", "mail"), ("yes", "mail")]


def test_mail_written_before_an_answer_by_another_way_waits(session, karin, address, take):
    give_reply(session, Actor("Karin"), DUE + timedelta(minutes=30), karin, answer="no", via="link")
    row = take(reply(address, stamped="20260929T070500Z"))
    assert (row.state, row.reason) == ("look", "older")
    assert answers(session) == [("no", "link")]


def test_answer_after_the_meeting_began_waits(session, address, take):
    row = take(reply(address), now=DUE + timedelta(days=3))
    assert (row.state, row.reason) == ("look", "refused")
    assert answers(session) == []


# ---------------------------------------------------------------- whatever comes


@given(st.binary(max_size=2000))
def test_no_bytes_are_too_strange_to_be_read(raw):
    for text in (raw, reply(REPLY).replace(b"BEGIN:VEVENT", raw), b"Content-Type: text/calendar; charset=" + raw):
        found = read_letter(text, REPLY)
        assert 0 < len(found.message_id) <= 400
        assert len(found.sender) <= 320
        assert len(found.subject) <= 400


@given(st.sampled_from(["From", "To", "Subject", "Message-ID", "Content-Type", "Date", "Auto-Submitted"]), st.text())
def test_no_header_is_too_strange_to_be_read(name, text):
    raw = f"{name}: {text}\r\nContent-Disposition: attachment; filename*={text}\r\n\r\n{text}".encode(
        "utf-8", "surrogatepass"
    )
    assert read_letter(raw, REPLY).message_id


def test_mail_of_a_thousand_boxes_in_each_other_waits(session, karin, take):
    raw = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3000))
    row = take(raw)
    assert row.state == "look"


def test_mail_with_characters_no_database_takes_is_stored(session, karin, take):
    row = take(b"From: a\x00b@example.org\r\nSubject: a\x00\xff\r\nMessage-ID: <a\x00b@x>\r\n\r\n\x00")
    session.expire_all()
    assert row.state == "look"


def test_two_readers_at_once_give_one_answer(house, writing, settings):
    with writing() as session:
        karin = called(session)
    raw = reply(answer_address(settings.secret_key, REPLY, karin.id, 1))
    found = []

    def read() -> None:
        with Session(house) as session:
            begin_write(session)
            found.append(receive(session, DUE, raw, settings) is not None)
            session.commit()

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert sorted(found) == [False, False, False, True]
    with Session(house) as session:
        assert answers(session) == [("yes", "mail")]
        assert len(session.scalars(select(IncomingMail)).all()) == 1


# ---------------------------------------------------------------- by hand


def test_secretariat_gives_the_answer_it_reads(session, karin, address, take):
    row = take(letter("written", address))
    attach(session, Actor("Eva", user_id=None), DUE, row, invitee=karin, answer="yes")
    assert (row.state, answers(session)) == ("seen", [("yes", "secretary")])
    assert waiting(session, None) == ([], 0)


def test_mail_is_dealt_with_once(session, karin, address, take):
    row = take(letter("written", address))
    mark_seen(session, Actor("Eva"), DUE, row)
    for again in (mark_seen, partial(attach, invitee=karin, answer="yes")):
        with pytest.raises(Refused):
            again(session, Actor("Per"), DUE, row)
    assert answers(session) == []


def test_secretariat_sees_what_came_about_its_own_meetings(session, karin, address, take):
    take(letter("written", address))
    take(letter("written", REPLY).replace(b"<written-1@", b"<written-2@"))
    [forum] = karin.meeting.forums
    assert waiting(session, None)[1] == 2
    [own], count = waiting(session, {forum.id})
    assert (own.invitee, own.meeting, count) == (karin, karin.meeting, 1)
    assert waiting(session, {forum.id + 1}) == ([], 0)
