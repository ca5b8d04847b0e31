"""Claim, intent, SMTP, result: against a real mail server, on both databases."""

from __future__ import annotations

import ast
import logging
import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from scheduler.errors import Refused
from scheduler.forums.models import Rotation, RotationEntry
from scheduler.forums.seat_models import Appointment
from scheduler.history.actions import record
from scheduler.history.models import HistoryEntry
from scheduler.history.rules import SYSTEM
from scheduler.mail import delivery, outbox
from scheduler.mail import writing as writing_module
from scheduler.mail.actions import announce, fan_out, forget, release_held
from scheduler.mail.choices import token_of
from scheduler.mail.delivery import RelayAddress, Tally, deliver, problems, read_relay
from scheduler.mail.letter_parts import reply_address
from scheduler.mail.models import Lease, MailChoice, OutboxAttempt, OutboxMail, Suppression
from scheduler.mail.outcomes import Answer, Stage
from scheduler.mail.queries import attempts_of, health, mail_shown, mails, told_about
from scheduler.mail.relay_state import RELAY, relay_paused_until
from scheduler.mail.writing import write_mails
from scheduler.meetings.models import Meeting, MeetingChange
from scheduler.organisations.models import PersonEmail
from scheduler.settings import PACKAGE
from tests.mail.conftest import mail_settings
from tests.mail.world import (
    DUE,
    FOUND,
    at,
    cancel,
    changed,
    make_forum,
    make_meeting,
    make_organisation,
    make_person,
    move,
    reinstate,
    seat,
    waiting_mail,
)

KARIN = "karin.lundmark@hk.example.org"


@pytest.fixture
def reminded(writing) -> int:
    """A meeting whose reminder to Karin waits in the outbox."""
    with writing() as session:
        forum = make_forum(session, secretariat_email="forum@region.example.org")
        seat(session, forum, make_person(session), organisation=make_organisation(session))
        meeting = make_meeting(session, forum)
        announce(session, FOUND)
        fan_out(session, DUE)
        return meeting.id


def rows(engine) -> list[OutboxMail]:
    with Session(engine) as session:
        return list(session.scalars(select(OutboxMail).order_by(OutboxMail.id)))


def states(engine) -> list[str]:
    return [mail.state for mail in rows(engine)]


def tries(engine) -> list[tuple[str, int | None]]:
    with Session(engine) as session:
        return [(row.stage, row.code) for row in session.scalars(select(OutboxAttempt).order_by(OutboxAttempt.id))]


# ---------------------------------------------------------------- the ordinary case


def test_reminder_is_sent_once(house, reminded, sending, due_clock, sink):
    assert deliver(house, sending, due_clock) == Tally(sent=1)
    assert deliver(house, sending, due_clock) == Tally()
    [received] = sink.mails
    assert (received.sender, received.recipient) == ("takt@region.example.org", KARIN)
    assert str(received.message["Subject"]) == "Påminnelse: Regionalt forum torsdag 1 oktober 2026"
    [mail] = rows(house)
    assert (mail.state, mail.sends, mail.sent_at, mail.queue_id, mail.last_code) == ("sent", 1, DUE, "Q1", 250)
    assert (mail.lease_token, mail.lease_until, mail.last_error) == (None, None, None)
    assert mail.body == received.body.decode()
    assert str(received.message["Message-ID"]) == mail.message_id
    assert tries(house) == [("done", 250)]


def test_reminder_says_which_when_where_and_why(house, reminded, sending, due_clock, sink):
    deliver(house, sending, due_clock)
    [mail] = rows(house)
    with Session(house) as session:
        forum_id = session.get_one(Meeting, reminded).forum.id
        [choice] = session.scalars(select(MailChoice))
        choices = f"https://takt.example.org/s/{token_of(sending.secret_key, choice)}/"
    assert mail_shown(mail).text == (
        "Påminnelse: Regionalt forum\n"
        "\n"
        "Torsdag 1 oktober 2026, kl. 09.30–15.00\n"
        "Tiden gäller i Stockholm (UTC+2).\n"
        "\n"
        "Hej Karin.\n"
        "Du företräder Norrbottens Handelskammare.\n"
        "\n"
        "Öppna mötet:\n"
        f"https://takt.example.org/meetings/{reminded}\n"
        "\n"
        "-- \n"
        "Region Norrbotten\n"
        "Du får brevet för att du har en plats i Regionalt forum.\n"
        "Ändra vilka brev du får:\n"
        f"{choices}\n"
        "Frågor? Svara på brevet.\n"
        "Länkarna är personliga, vidarebefordra dem inte.\n"
    )
    headers = sink.mails[0].message
    assert str(headers["List-Unsubscribe"]) == f"<{choices}unsubscribe?forum={forum_id}>"
    assert str(headers["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    assert str(sink.mails[0].message["Reply-To"]) == "forum@region.example.org"


def test_reminder_in_english_to_a_protected_substitute_of_a_remote_meeting(house, writing, sending, due_clock, sink):
    with writing() as session:
        forum = make_forum(session)
        person = make_person(session, "john.smith@example.org", locale="en", protected=True)
        seat(session, forum, person, "substitute", make_organisation(session))
        make_meeting(session, forum, mode="remote", video_url="https://video.example/secret", title="Skills")
        announce(session, FOUND)
        fan_out(session, DUE)
    deliver(house, sending, due_clock)
    [received] = sink.mails
    assert str(received.message["Subject"]) == "Reminder: Regionalt forum, Thursday 1 October 2026"
    text = mail_shown(rows(house)[0]).text.split("\n\n")
    assert text[1].splitlines()[::2] == ["Thursday 1 October 2026, 09:30–15:00", "Time in Stockholm (UTC+2)."]
    assert text[2] == (
        "Hello.\nThe meeting is about Skills.\nThe link to the video meeting is on the meeting's page.\n"
        "You are a substitute for Norrbottens Handelskammare."
    )
    assert b"video.example" not in received.body
    assert b"Smith" not in received.body


def test_answers_go_to_whoever_keeps_the_secretariat(house, reminded, writing, sending, due_clock, sink):
    with writing() as session:
        keeper = make_organisation(session, "Länsstyrelsen", contact_email="forum@lst.example.org")
        forum = session.get_one(Meeting, reminded).forum
        turn = RotationEntry(position=0, organisation_id=keeper.id)
        rotation = Rotation(forum_id=forum.id, task="secretariat", start_on=date(2026, 9, 29), entries=[turn])
        session.add(rotation)
        session.flush()
        assert reply_address(session, forum, date(2026, 9, 28)) == "forum@region.example.org"
    deliver(house, sending, due_clock)
    assert str(sink.mails[0].message["Reply-To"]) == "forum@lst.example.org"


def test_connection_is_used_again(house, writing, sending, due_clock, sink):
    with writing() as session:
        waiting_mail(session, 45)
    assert deliver(house, sending, due_clock).sent == 45
    assert sink.connections == 1
    assert len(set(sink.recipients)) == 45


def test_relay_that_hung_up_in_between_is_called_again(house, writing, sending, due_clock, sink):
    with writing() as session:
        waiting_mail(session, 3)
    sink.fail("mail", "250 2.1.0 Ok", "cut")
    assert deliver(house, sending, due_clock) == Tally(sent=3)
    assert sink.connections == 2


def test_urgent_mail_goes_first(house, reminded, writing, sending, due_clock, sink):
    with writing() as session:
        waiting_mail(session, 1, created_at=DUE, next_at=DUE)
    deliver(house, sending, due_clock)
    assert sink.recipients == ["person0@example.org", KARIN]


def test_secret_mail_is_forgotten_when_it_has_left(house, writing, sending, due_clock, sink):
    with writing() as session:
        waiting_mail(session)
    deliver(house, sending, due_clock)
    [mail] = rows(house)
    assert (mail.state, mail.body, mail.values) == ("sent", None, None)
    text = sink.mails[0].message.get_body(("plain",)).get_content()
    assert text.splitlines()[:9] == [
        "Din inloggningslänk till Takt",
        "",
        "Öppna länken och välj Logga in.",
        "https://takt.example.org/login/abc",
        "",
        "Bad du om länken i en annan webbläsare behöver du också koden:",
        "KTRN-4827",
        "",
        "Länken gäller till 09.10 och fungerar en gång.",
    ]


def test_link_that_leads_elsewhere_is_not_sent(house, writing, sending, due_clock, sink):
    with writing() as session:
        waiting_mail(session, values={"link": "https://takt.example.org.evil.test/login/abc", "code": "KTRN-4827"})
    deliver(house, sending, due_clock)
    assert (states(house), sink.mails) == (["failed"], [])


# ---------------------------------------------------------------- what the server answers


def test_deferred_mail_keeps_its_bytes(house, reminded, writing, sending, due_clock, sink):
    """REL-2 in small: every copy has the same Message-ID and Date, whatever changed meanwhile."""
    sink.fail("rcpt", "450 4.2.0 greylisted")
    sink.fail("dot", "cut")
    assert deliver(house, sending, due_clock) == Tally(other=1)
    with writing() as session:
        session.get_one(Meeting, reminded).title = "Ny rubrik"
    for _ in range(2):
        due_clock.move(minutes=40)
        deliver(house, sending, due_clock)
    assert [received.body for received in sink.mails] == [rows(house)[0].body.encode()] * 2
    assert tries(house) == [("rcpt", 450), ("dot", None), ("done", 250)]
    assert states(house) == ["sent"]
    assert rows(house)[0].sends == 3


def test_doubtful_login_link_is_left_as_uncertain(house, writing, sending, due_clock, sink):
    with writing() as session:
        waiting_mail(session)
    sink.fail("dot", "drop")
    deliver(house, sending, due_clock)
    due_clock.move(minutes=6)
    deliver(house, sending, due_clock)
    assert (states(house), sink.mails) == (["uncertain"], [])


def test_rel_06_relay_in_trouble_is_left_alone_and_no_mail_pays_for_it(house, writing, sending, due_clock, sink):
    """REL-6 in small."""
    with writing() as session:
        waiting_mail(session, 3, kind="login_link", stale_at=DUE + timedelta(hours=2))
    sink.fail("mail", "421 4.3.2 closing", "451 4.3.0 later")
    assert deliver(house, sending, due_clock) == Tally(other=1, ended="relay")
    assert deliver(house, sending, due_clock) == Tally(ended="relay")
    assert {(mail.state, mail.tries) for mail in rows(house)} == {("pending", 0)}
    with Session(house) as session:
        assert health(session, DUE).relay_paused_until == DUE + timedelta(minutes=1)
    due_clock.move(minutes=1)
    assert deliver(house, sending, due_clock) == Tally(sent=2, other=1)
    with Session(house) as session:
        assert session.get(Lease, RELAY) is None


def test_relay_that_is_away_is_tried_at_longer_intervals(house, writing, tmp_path, due_clock):
    with writing() as session:
        waiting_mail(session, 1, stale_at=DUE + timedelta(hours=5))
    away = mail_settings(tmp_path, mail_mode="send", mail_relay="smtp://127.0.0.1:1")
    waits = []
    for _ in range(6):
        assert deliver(house, away, due_clock) == Tally(other=1, ended="relay")
        with Session(house) as session:
            until = relay_paused_until(session, due_clock())
        waits.append((until - due_clock()).total_seconds() / 60)
        due_clock.at = until
    assert waits == [1, 2, 4, 8, 15, 15]
    assert {stage for stage, _code in tries(house)} == {"connect"}


def test_mailbox_that_does_not_exist_gets_no_more_mail(house, reminded, writing, sending, due_clock, sink):
    sink.fail("rcpt", "550 5.1.1 no such user")
    deliver(house, sending, due_clock)
    with Session(house) as session:
        assert [(row.mailbox, row.reason, row.last_code) for row in session.scalars(select(Suppression))] == [
            (KARIN, "bounce", "5.1.1")
        ]
        assert session.scalars(select(PersonEmail.bounce_state)).all() == ["hard"]
        assert session.scalars(select(HistoryEntry.action)).all() == ["person.bounce"]
    with writing() as session:
        waiting_mail(session, recipient="Karin.Lundmark@HK.example.org")
    deliver(house, sending, due_clock)
    assert (states(house), sink.mails) == (["failed", "suppressed"], [])


def test_mailbox_that_refuses_is_suppressed_on_the_second_day(house, writing, sending, due_clock, sink):
    with writing() as session:
        make_person(session)
        for n, hours in enumerate((0, 2, 24)):
            later = DUE + timedelta(hours=hours)
            waiting_mail(session, 1, recipient=KARIN, key=f"{n}", next_at=later, stale_at=later + timedelta(minutes=9))
    sink.fail("rcpt", *["550 5.2.1 disabled"] * 3)
    found = []
    for hours in (0, 2, 24):
        due_clock.at = DUE + timedelta(hours=hours)
        deliver(house, sending, due_clock)
        with Session(house) as session:
            found.append(
                (
                    session.scalars(select(PersonEmail.bounce_state)).one(),
                    len(session.scalars(select(Suppression)).all()),
                )
            )
    assert found == [("soft", 0), ("soft", 0), ("hard", 1)]


def test_mail_that_is_refused_has_one_late_try(house, writing, sending, due_clock, sink):
    with writing() as session:
        waiting_mail(session, stale_at=DUE + timedelta(hours=9))
    sink.fail("dot", "554 5.7.1 spam", "554 5.7.1 spam")
    deliver(house, sending, due_clock)
    due_clock.move(hours=3, minutes=59)
    assert deliver(house, sending, due_clock) == Tally()
    due_clock.move(minutes=1)
    deliver(house, sending, due_clock)
    assert (states(house), tries(house)) == (["failed"], [("dot", 554), ("dot", 554)])


def test_refusal_leaves_the_connection_for_the_next_mail(house, writing, sending, due_clock, sink):
    with writing() as session:
        waiting_mail(session, 3)
    sink.fail("rcpt", "550 5.1.1 no such user")
    sink.fail("data", "451 4.3.0 later")
    assert deliver(house, sending, due_clock) == Tally(sent=1, other=2)
    assert sink.connections == 1


# ---------------------------------------------------------------- the intent asks everything again (REL-9)


def _uninvite(session, _meeting):
    session.scalars(select(Appointment)).one().to_on = date(2026, 9, 30)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (cancel, "meeting off"),
        (lambda session, meeting: move(session, meeting, "2026-10-08 09:30"), "moved"),
        (_uninvite, "not invited"),
    ],
)
def test_rel_09_mail_claimed_before_a_change_does_not_leave_after_it(house, reminded, writing, sending, change, why):
    with writing() as session:
        [mail_id] = outbox.claim(session, DUE, "token")
    with writing() as session:
        change(session, session.get_one(Meeting, reminded))
    with writing() as session:
        assert outbox.intend(session, DUE, mail_id, "token", sending) is None
    [mail] = rows(house)
    assert (mail.state, mail.last_error, mail.sends) == ("superseded", why, 0)


def test_mail_to_a_suppressed_mailbox_does_not_leave(house, reminded, writing, sending, due_clock, sink):
    with writing() as session:
        session.add(Suppression(mailbox=KARIN, reason="manual", at=DUE))
    deliver(house, sending, due_clock)
    assert (states(house), sink.mails) == (["suppressed"], [])


def test_rel_09_cancellation_between_two_mails_stops_the_second(house, reminded, writing, sending, due_clock, sink):
    with writing() as session:
        meeting = session.get_one(Meeting, reminded)
        seat(session, meeting.forum, make_person(session, "nils.kvarna@hk.example.org"))
        later = make_meeting(session, meeting.forum, "2026-10-01 17:00")
        announce(session, FOUND)
        fan_out(session, DUE)
        cancel(session, later)
        announce(session, DUE)
    deliver(house, sending, due_clock)
    assert states(house) == ["sent", "superseded", "superseded"]
    assert sink.recipients == [KARIN]
    with writing() as session:
        reinstate(session, session.get_one(Meeting, later.id))
        announce(session, DUE)
    assert deliver(house, sending, due_clock) == Tally(sent=2)


def test_mail_outside_the_window_waits_for_the_next(house, reminded, sending, due_clock, sink):
    due_clock.at = at("2026-09-29 16:30")
    assert deliver(house, sending, due_clock) == Tally()
    [mail] = rows(house)
    assert (mail.state, mail.next_at) == ("pending", at("2026-09-30 07:30"))
    due_clock.at = at("2026-09-30 07:30")
    assert deliver(house, sending, due_clock) == Tally(sent=1)


def test_mail_that_is_too_old_expires(house, reminded, sending, due_clock, sink):
    due_clock.at = at("2026-10-01 07:30")
    assert deliver(house, sending, due_clock) == Tally()
    assert (states(house), sink.mails) == (["expired"], [])


# ---------------------------------------------------------------- leases


def test_abandoned_claim_becomes_due_by_itself(house, reminded, writing, sending, due_clock, sink):
    with writing() as session:
        outbox.claim(session, DUE, "dead")
    assert deliver(house, sending, due_clock) == Tally()
    due_clock.move(minutes=5)
    assert deliver(house, sending, due_clock) == Tally(sent=1)


def test_abandoned_transmission_is_sent_again_with_the_same_bytes(house, reminded, writing, sending, due_clock, sink):
    with writing() as session:
        [mail_id] = outbox.claim(session, DUE, "dead")
        handed = outbox.intend(session, DUE, mail_id, "dead", sending)
    due_clock.move(minutes=5)
    assert deliver(house, sending, due_clock) == Tally(sent=1)
    assert sink.mails[0].body == handed.body


def test_abandoned_login_link_is_uncertain(house, writing, sending, due_clock, sink):
    with writing() as session:
        waiting_mail(session)
        [mail_id] = outbox.claim(session, DUE, "dead")
        outbox.intend(session, DUE, mail_id, "dead", sending)
    due_clock.move(minutes=5)
    assert deliver(house, sending, due_clock) == Tally()
    assert (states(house), sink.mails) == (["uncertain"], [])


def test_rel_04_worker_that_slept_past_its_lease_does_nothing(house, reminded, writing, sending):
    """REL-4 in small: neither intent nor result of an old token counts; the log keeps that there was a try."""
    with writing() as session:
        [mail_id] = outbox.claim(session, DUE, "old")
    later = DUE + timedelta(minutes=5)
    with writing() as session:
        assert outbox.claim(session, later, "new") == [mail_id]
    with writing() as session:
        assert outbox.intend(session, later, mail_id, "old", sending) is None
        assert outbox.intend(session, later, mail_id, "new", sending) is not None
    with writing() as session:
        outbox.finish(session, later, mail_id, "old", Answer(Stage.DONE, 250, "Ok"))
    assert states(house) == ["transmitting"]
    assert tries(house) == [("done", 250)]


@pytest.mark.parametrize("house_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_rel_04_mail_that_is_about_to_be_intended_is_claimed_by_nobody_else(
    house, reminded, writing, sending, monkeypatch
):
    """Its lease is over, and still it is one worker's. On SQLite one writes at a time, so it cannot be otherwise."""
    with writing() as session:
        [mail_id] = outbox.claim(session, DUE, "old")
    later = DUE + timedelta(minutes=6)
    claimed = []
    write = outbox.write_mails

    def claim_meanwhile(*given):
        with writing() as session:
            claimed.append(outbox.claim(session, later, "new"))
        return write(*given)

    monkeypatch.setattr(outbox, "write_mails", claim_meanwhile)
    with writing() as session:
        assert outbox.intend(session, later, mail_id, "old", sending) is not None
    assert claimed == [[]]
    assert [(mail.state, mail.lease_token) for mail in rows(house)] == [("transmitting", "old")]


def test_rel_04_worker_that_slept_between_intent_and_smtp_gives_the_mail_back(house, reminded, sending, sink):
    """Its lease is nearly over, and somebody else may have the mail soon; so it is intended anew."""
    awake = DUE + timedelta(minutes=2)
    times = iter([DUE] * 4)  # looking, claiming, writing, intending
    deliver(house, sending, lambda: next(times, awake))
    assert [(mail.sends, mail.dated_at) for mail in rows(house)] == [(1, awake)]
    assert len(sink.mails) == 1


def test_result_that_cannot_be_noted_at_once_is_noted_later(
    house, reminded, sending, due_clock, sink, monkeypatch, caplog
):
    """The mail has left: without its result it would be sent once more."""
    fails = iter([True, True])
    finish = delivery.finish

    def locked(*given, **more):
        if next(fails, False):
            raise OperationalError("UPDATE", {}, Exception("database is locked"))
        return finish(*given, **more)

    monkeypatch.setattr(delivery, "finish", locked)
    monkeypatch.setattr(delivery, "NOTING_SECONDS", 0)
    assert deliver(house, sending, due_clock) == Tally(sent=1)
    assert (states(house), len(sink.mails), tries(house)) == (["sent"], 1, [("done", 250)])
    assert [record.message for record in caplog.records if record.levelno == logging.WARNING] == [
        "a result could not be noted; it is tried again"
    ] * 2


# ---------------------------------------------------------------- written ahead


def _rename(session, meeting):
    meeting.title = "Om kompetens"
    record(
        session, SYSTEM, DUE, action="meeting.edit", kind="meeting", subject_id=meeting.id, label="Regionalt forum",
        before={"title": None}, after={"title": meeting.title},
    )  # fmt: skip


def test_mail_written_ahead_is_written_again_when_something_was_recorded_since(house, reminded, writing, sending):
    with writing() as session:
        [mail_id] = outbox.claim(session, DUE, "token")
    with writing() as session:
        ahead = write_mails(session, DUE, [mail_id], sending)[mail_id]
    with writing() as session:
        _rename(session, session.get_one(Meeting, reminded))
    with writing() as session:
        outbox.intend(session, DUE, mail_id, "token", sending, ahead)
    [mail] = rows(house)
    assert (ahead.fixed.body, "Om kompetens" in ahead.fixed.body) != (mail.body, True)
    assert "Mötet handlar om Om kompetens." in mail_shown(mail).text


def test_mail_written_ahead_leaves_as_it_was_written_when_nothing_was_recorded(house, reminded, writing, sending):
    with writing() as session:
        [mail_id] = outbox.claim(session, DUE, "token")
    with writing() as session:
        ahead = write_mails(session, DUE, [mail_id], sending)[mail_id]
    assert rows(house)[0].dated_at is None
    with writing() as session:
        handed = outbox.intend(session, at("2026-09-29 09:01"), mail_id, "token", sending, ahead)
    assert handed.body.decode() == ahead.fixed.body == rows(house)[0].body
    assert rows(house)[0].dated_at == DUE


@pytest.mark.parametrize("change", [cancel, _uninvite])
def test_rel_09_mail_written_ahead_does_not_leave_after_a_change(house, reminded, writing, sending, change):
    with writing() as session:
        [mail_id] = outbox.claim(session, DUE, "token")
    with writing() as session:
        ahead = write_mails(session, DUE, [mail_id], sending)[mail_id]
    with writing() as session:
        meeting = session.get_one(Meeting, reminded)
        change(session, meeting)
        _rename(session, meeting)
    with writing() as session:
        assert outbox.intend(session, DUE, mail_id, "token", sending, ahead) is None
    assert states(house) == ["superseded"]


def test_one_letter_that_cannot_be_written_keeps_no_other_back(
    house, writing, sending, due_clock, sink, monkeypatch, caplog
):
    with writing() as session:
        waiting_mail(session, 3)
    write = writing_module.write

    def broken(desk, mail, row):
        if mail.recipient.startswith("person1@"):
            raise KeyError("link")
        return write(desk, mail, row)

    monkeypatch.setattr(writing_module, "write", broken)
    assert deliver(house, sending, due_clock) == Tally(sent=2)
    assert sorted(states(house)) == ["failed", "sent", "sent"]
    assert "KeyError in the text" in {mail.last_error for mail in rows(house)}
    assert any("cannot be written" in record.message for record in caplog.records)


@pytest.mark.parametrize(
    ("stale_at", "state", "next_at"),
    [
        (at("2026-09-30 20:00"), "pending", at("2026-09-30 00:00")),
        (at("2026-09-29 20:00"), "expired", None),
    ],
    ids=["waits for the next day", "would be too late then"],
)
def test_mailbox_that_has_had_its_share_of_the_day_gets_no_more_it_can_do_without(
    house, writing, sending, due_clock, sink, stale_at, state, next_at
):
    settings = replace(sending, mail_daily=2, mail_window="always")
    with writing() as session:
        forum = make_forum(session)
        seat(session, forum, make_person(session))
        for hour in (10, 12, 14):
            make_meeting(session, forum, f"2026-10-01 {hour}:00", minutes=60)
        announce(session, FOUND)
        fan_out(session, DUE)
        for mail in session.scalars(select(OutboxMail)):
            mail.stale_at = stale_at
        waiting_mail(session, 1, recipient=KARIN)
    assert deliver(house, settings, due_clock) == Tally(sent=3)  # the sign-in link does not count
    left = [mail for mail in rows(house) if mail.state != "sent"]
    assert [(mail.state, mail.last_error) for mail in left] == [(state, outbox.DAY_FULL)]
    if next_at is not None:
        assert left[0].next_at == next_at
        due_clock.at = next_at
        assert deliver(house, settings, due_clock) == Tally(sent=1)


def test_what_is_not_begun_is_given_back_when_stopped(house, writing, sending, due_clock, sink):
    with writing() as session:
        waiting_mail(session, 5)
    stop = threading.Event()
    stop.set()
    assert deliver(house, sending, due_clock, stop=stop) == Tally(ended="stopped")
    assert {(mail.state, mail.next_at, mail.lease_token) for mail in rows(house)} == {("pending", DUE, None)}


# ---------------------------------------------------------------- brakes and modes


def test_rate_is_kept_over_all_workers(house, writing, sending, due_clock, sink):
    with writing() as session:
        waiting_mail(session, 5)
    slow = replace(sending, mail_rate=2)
    assert deliver(house, slow, due_clock) == Tally(sent=2, ended="rate")
    assert deliver(house, slow, due_clock) == Tally()
    due_clock.move(seconds=59)
    assert deliver(house, slow, due_clock) == Tally()
    due_clock.move(seconds=1)
    assert deliver(house, slow, due_clock) == Tally(sent=2, ended="rate")
    due_clock.move(minutes=1)
    assert deliver(house, slow, due_clock) == Tally(sent=1)
    assert len(set(sink.recipients)) == 5


def test_mode_log_writes_the_mail_down(house, reminded, logging_, due_clock, sink):
    assert deliver(house, logging_, due_clock) == Tally()
    with Session(house) as session:
        [mail] = mails(session)
        assert (mail.state, mail.sent_at, mail.sends) == ("sent", DUE, 0)
        assert mail.subject == "Påminnelse: Regionalt forum torsdag 1 oktober 2026"
        assert mail_shown(mail).html.startswith("<!doctype html>")
        assert [(row.stage, row.code) for row in attempts_of(session, mail.id)] == [("log", None)]
    assert sink.connections == 0


def test_secret_of_a_mail_that_was_written_down_is_forgotten_when_it_expires(house, writing, logging_, due_clock):
    with writing() as session:
        waiting_mail(session)
    deliver(house, logging_, due_clock)
    assert "https://takt.example.org/login/abc" in mail_shown(rows(house)[0]).text
    with writing() as session:
        forget(session, DUE + timedelta(minutes=10))
    assert [(mail.state, mail.body, mail.values) for mail in rows(house)] == [("sent", None, None)]


def test_mode_hold_keeps_the_mail_until_it_is_released(house, reminded, writing, sending, due_clock, sink, actor):
    deliver(house, replace(sending, mail_mode="hold"), due_clock)
    [mail] = rows(house)
    assert (mail.state, mail.sends, sink.mails) == ("held", 0, [])
    assert mail_shown(mail).subject == "Påminnelse: Regionalt forum torsdag 1 oktober 2026"
    assert deliver(house, sending, due_clock) == Tally()
    with writing() as session:
        session.get_one(Meeting, reminded).title = "Ny rubrik"
        release_held(session, actor, DUE, mail_ids=[mail.id])
    assert deliver(house, sending, due_clock) == Tally(sent=1)
    assert "Mötet handlar om Ny rubrik." in mail_shown(rows(house)[0]).text


def test_mode_redirect_sends_all_to_one_address(house, reminded, sending, due_clock, sink):
    deliver(house, replace(sending, mail_mode="redirect:test@region.example.org"), due_clock)
    [received] = sink.mails
    assert received.recipient == "test@region.example.org"
    assert (received.message["To"], received.message["X-Takt-To"]) == ("test@region.example.org", KARIN)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"inside@example.org", "below@hk.example.org", "outside@region.example", "near@notexample.org"}),
        ({"mail_allow": ("region.example",)}, {"outside@region.example"}),
        ({"demo": True}, {"inside@example.org", "below@hk.example.org"}),
        ({"demo": True, "mail_allow": ("region.example",)}, {"inside@example.org", "below@hk.example.org"}),
        ({"demo": True, "mail_mode": "redirect:outside@region.example"}, set()),
    ],
)
def test_only_allowed_domains_get_mail(house, writing, sending, due_clock, sink, given, expected):
    addresses = ["inside@example.org", "below@hk.example.org", "outside@region.example", "near@notexample.org"]
    with writing() as session:
        for n, address in enumerate(addresses):
            waiting_mail(session, 1, recipient=address, key=str(n))
    deliver(house, replace(sending, **given), due_clock)
    assert set(sink.recipients) == expected
    assert states(house).count("suppressed") == 4 - len(expected)


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({}, []),
        ({"mail_mode": "log", "mail_relay": "", "mail_from": ""}, []),
        ({"mail_mode": "snd"}, ["TAKT_MAIL_MODE"]),
        ({"mail_mode": "redirect:nobody"}, ["TAKT_MAIL_MODE"]),
        ({"mail_relay": ""}, ["TAKT_MAIL_RELAY"]),
        ({"mail_relay": "http://relay.example"}, ["TAKT_MAIL_RELAY"]),
        ({"mail_from": ""}, ["TAKT_MAIL_FROM"]),
        ({"organisation": "=?utf-8?q?Region?="}, ["TAKT_ORGANISATION"]),
        ({"mail_window": "sometimes"}, ["TAKT_MAIL_WINDOW"]),
    ],
)
def test_wrong_settings_keep_mails_waiting(house, reminded, sending, due_clock, sink, given, fields):
    settings = replace(sending, **given)
    assert [problem.field for problem in problems(settings)] == fields
    if fields:
        assert deliver(house, settings, due_clock) == Tally(ended="settings")
        assert (states(house), sink.mails) == (["pending"], [])


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://relay.example", RelayAddress("relay.example", 25, tls=False, user=None, password=None)),
        ("smtp://relay.example:2525", RelayAddress("relay.example", 2525, tls=False, user=None, password=None)),
        (
            "smtp://takt%40region:p%3Aw@relay.example",
            RelayAddress("relay.example", 587, tls=False, user="takt@region", password="p:w"),
        ),
        ("smtps://u:p@relay.example", RelayAddress("relay.example", 465, tls=True, user="u", password="p")),
    ],
)
def test_relay_is_read(url, expected):
    assert read_relay(url) == expected
    assert "password" not in repr(expected)


@pytest.mark.parametrize("url", ["", "relay.example", "http://relay.example", "smtp://", "smtp://relay.example:x"])
def test_relay_that_cannot_be_read_is_refused(url):
    with pytest.raises(Refused):
        read_relay(url)


def test_password_does_not_cross_the_wire_in_the_clear(house, writing, sending, due_clock, monkeypatch):
    with writing() as session:
        waiting_mail(session)
    monkeypatch.setattr(RelayAddress, "is_local", property(lambda _self: False))
    deliver(house, replace(sending, mail_relay=sending.mail_relay.replace("//", "//user:secret@")), due_clock)
    assert tries(house) == [("connect", None)]


# ---------------------------------------------------------------- one row for one key (REL-1)


def test_rel_01_same_key_twice_at_once_is_one_row(house, writing):
    """The second writer waits for the first, or finds its row, and goes on without an error."""
    with writing() as session:
        forum = make_forum(session)
        seat(session, forum, make_person(session))
        make_meeting(session, forum)
        announce(session, FOUND)
    ready = threading.Barrier(2)
    failures = []

    def work() -> None:
        ready.wait()
        try:
            with writing() as session:
                fan_out(session, DUE)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong in a thread is told below
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert states(house) == ["pending"]


# ---------------------------------------------------------------- who has been told


def test_change_is_told_by_mails_written_after_it(house, reminded, writing, sending, due_clock):
    with writing() as session:
        booking = session.scalars(select(MeetingChange)).one()
        assert not told_about(session, booking)
    deliver(house, sending, due_clock)
    with writing() as session:
        assert told_about(session, booking)
        meeting = session.get_one(Meeting, reminded)
        changed(session, meeting, "edit", DUE + timedelta(minutes=1))
        edit = session.scalars(select(MeetingChange).where(MeetingChange.kind == "edit")).one()
        assert not told_about(session, edit)


# ---------------------------------------------------------------- health


def test_health_of_an_empty_house(house):
    with Session(house) as session:
        found = health(session, DUE)
    assert (found.waiting, found.failed, found.oldest_due_seconds, found.next_due_at) == (0, 0, 0, None)
    assert (found.worker_alive, found.relay_paused_until) == (False, None)


def test_health_counts_what_waits_and_what_failed(house, reminded, writing):
    with writing() as session:
        for n, state in enumerate(("pending", "deferred", "held", "failed", "uncertain", "sent")):
            later = DUE + timedelta(hours=1)
            waiting_mail(session, 1, state=state, key=str(n), next_at=later)
        waiting_mail(session, 1, state="failed", key="old", created_at=DUE - timedelta(days=8))
    with Session(house) as session:
        found = health(session, DUE + timedelta(seconds=90))
    assert (found.waiting, found.retrying, found.held, found.failed, found.uncertain) == (3, 1, 1, 1, 1)
    assert (found.oldest_due_seconds, found.next_due_at) == (90, DUE)


# ---------------------------------------------------------------- one door (REL-25)


def test_rel_25_only_the_delivery_module_speaks_smtp():
    speaking = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.partition(".")[0] in {"smtplib", "aiosmtplib", "flask_mail"} for name in names):
                speaking.append(path.relative_to(PACKAGE).as_posix())
    assert speaking == ["mail/delivery.py"]
