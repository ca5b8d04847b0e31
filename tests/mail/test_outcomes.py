"""What each answer of a mail server means, and what becomes of the mail (REL-7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.mail.models import OUTBOX_STATES
from scheduler.mail.outcomes import TRANSITIONS, Answer, Next, Outcome, Stage, before, following, outcome_of, pause

CONNECT, MAIL, RCPT, DATA, DOT, DONE = (
    Stage.CONNECT, Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.DOT, Stage.DONE,
)  # fmt: skip
NOW = datetime(2026, 9, 29, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stage", "code", "text", "expected"),
    [
        (DONE, 250, "2.0.0 Ok: queued as 4XyZ", Outcome.SENT),
        # Trouble of the relay: no mail is to blame.
        (CONNECT, None, "ConnectionRefusedError", Outcome.RELAY),
        (CONNECT, None, "gaierror: name not known", Outcome.RELAY),
        (CONNECT, None, "SSLCertVerificationError", Outcome.RELAY),
        (CONNECT, 554, "5.7.1 no service for you", Outcome.RELAY),
        (CONNECT, 535, "5.7.8 bad credentials", Outcome.RELAY),
        (CONNECT, 530, "5.7.0 authentication required", Outcome.RELAY),
        (CONNECT, 454, "4.7.0 TLS not available", Outcome.RELAY),
        (MAIL, None, "timed out", Outcome.RELAY),
        (RCPT, None, "timed out", Outcome.RELAY),
        (DATA, None, "broken pipe", Outcome.RELAY),
        (MAIL, 421, "4.3.2 closing", Outcome.RELAY),
        (RCPT, 421, "4.3.2 closing", Outcome.RELAY),
        (DATA, 421, "4.3.2 closing", Outcome.RELAY),
        (DOT, 421, "4.3.2 closing", Outcome.RELAY),
        (RCPT, 454, "4.7.1 relay access denied", Outcome.RELAY),
        (MAIL, 530, "5.7.0 authentication required", Outcome.RELAY),
        (MAIL, 550, "5.7.1 sender not allowed", Outcome.RELAY),
        (MAIL, 553, "5.1.8 unknown domain", Outcome.RELAY),
        (MAIL, 455, "cannot", Outcome.RELAY),
        (RCPT, 550, "5.1.8 sender's domain not found", Outcome.RELAY),
        (RCPT, 550, "5.1.7 bad sender", Outcome.RELAY),
        (DATA, 250, "what", Outcome.RELAY),
        # Not now.
        (MAIL, 451, "4.3.0 later", Outcome.DEFER),
        (MAIL, 452, "4.3.1 no room", Outcome.DEFER),
        (RCPT, 450, "4.2.0 greylisted", Outcome.DEFER),
        (RCPT, 451, "4.7.1 try again", Outcome.DEFER),
        (RCPT, 452, "4.2.2 mailbox full", Outcome.DEFER),
        (RCPT, 432, "4.7.12 password transition", Outcome.DEFER),
        (RCPT, 471, "filtered", Outcome.DEFER),
        (DATA, 451, "4.3.0 later", Outcome.DEFER),
        (DOT, 450, "4.7.0 later", Outcome.DEFER),
        (DOT, 499, "later", Outcome.DEFER),
        # The mailbox.
        (RCPT, 550, "5.1.1 no such user", Outcome.MAILBOX),
        (RCPT, 551, "5.1.6 moved", Outcome.MAILBOX),
        (RCPT, 553, "5.1.3 bad syntax", Outcome.MAILBOX),
        (RCPT, 550, "5.1.10 null MX", Outcome.MAILBOX),
        (RCPT, 550, "5.2.1 disabled", Outcome.MAILBOX),
        # This mail.
        (RCPT, 550, "no such user", Outcome.REFUSED),
        (RCPT, 550, "5.7.1 not from you", Outcome.REFUSED),
        (RCPT, 552, "5.2.2 mailbox full", Outcome.REFUSED),
        (RCPT, 554, "5.7.1 blocked", Outcome.REFUSED),
        (DATA, 554, "5.5.1 no valid recipients", Outcome.REFUSED),
        (DOT, 552, "5.3.4 too big", Outcome.REFUSED),
        (DOT, 554, "5.7.1 spam", Outcome.REFUSED),
        (DOT, 550, "5.7.26 unauthenticated", Outcome.REFUSED),
        (DOT, 550, "5.1.1 no such user", Outcome.REFUSED),
        # Perhaps it arrived.
        (DOT, None, "connection unexpectedly closed", Outcome.DOUBT),
        (DOT, None, "timed out", Outcome.DOUBT),
    ],
)
def test_rel_07_answer_means(stage, code, text, expected):
    assert outcome_of(Answer(stage, code, text)) is expected


def test_code_5_1_1_is_not_found_in_the_middle_of_a_text():
    assert Answer(RCPT, 550, "<a5.1.1@example> unknown").enhanced == ""
    assert Answer(RCPT, 550, "5.1.1 unknown").enhanced == "5.1.1"
    assert Answer(RCPT, 550, "5.1.10 null MX").enhanced == "5.1.10"


def becomes(outcome: Outcome, kind: str = "reminder", **given) -> Next:
    values = {"now": NOW, "stale_at": NOW + timedelta(hours=48), "tries": 0, "last_code": None, "spread": 1.0}
    return following(outcome, kind=kind, **{**values, **given})


@pytest.mark.parametrize(
    ("tries", "minutes"), [(0, 5), (1, 15), (2, 30), (3, 60), (4, 120), (5, 240), (6, 240), (40, 240)]
)
def test_deferred_mail_waits_longer_each_time(tries, minutes):
    assert becomes(Outcome.DEFER, tries=tries) == Next("deferred", NOW + timedelta(minutes=minutes))


def test_deferred_mails_are_spread():
    assert becomes(Outcome.DEFER, tries=3, spread=0.5).next_at == NOW + timedelta(minutes=30)
    assert becomes(Outcome.DEFER, tries=3, spread=1.5).next_at == NOW + timedelta(minutes=90)


def test_deferred_mail_has_its_last_try_just_before_it_is_stale_and_then_expires():
    stale_at = NOW + timedelta(hours=1)
    assert becomes(Outcome.DEFER, tries=5, stale_at=stale_at) == Next("deferred", NOW + timedelta(minutes=55))
    assert becomes(Outcome.DEFER, tries=5, stale_at=NOW + timedelta(minutes=5)) == Next("expired")


def test_relay_trouble_is_no_try_of_the_mail():
    assert becomes(Outcome.RELAY) == Next("pending", NOW, counts=False)
    assert becomes(Outcome.RELAY, tries=2) == Next("deferred", NOW, counts=False)


def test_sent_and_missing_mailbox_are_final():
    assert becomes(Outcome.SENT) == Next("sent")
    assert becomes(Outcome.MAILBOX) == Next("failed")


def test_refused_mail_has_one_late_try():
    assert becomes(Outcome.REFUSED) == Next("deferred", NOW + timedelta(hours=4))
    assert becomes(Outcome.REFUSED, last_code=451) == Next("deferred", NOW + timedelta(hours=4))
    assert becomes(Outcome.REFUSED, last_code=554) == Next("failed")
    assert becomes(Outcome.REFUSED, stale_at=NOW + timedelta(hours=4)) == Next("failed")


def test_doubtful_reminder_is_sent_again_and_a_doubtful_login_link_is_not():
    assert becomes(Outcome.DOUBT) == Next("deferred", NOW + timedelta(minutes=5))
    assert becomes(Outcome.DOUBT, "login_link") == Next("uncertain")


def test_relay_is_left_alone_longer_each_time():
    assert [pause(n).total_seconds() / 60 for n in (1, 2, 3, 4, 5, 6, 99)] == [1, 2, 4, 8, 15, 15, 15]


def test_every_state_is_one_of_the_table():
    named = {*TRANSITIONS, *(state for following_ in TRANSITIONS.values() for state in following_)}
    assert named == set(OUTBOX_STATES)


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("kind", ["reminder", "login_link"])
@pytest.mark.parametrize("minutes", [1, 30, 600])
def test_whatever_follows_is_a_lawful_step_from_transmitting(outcome, kind, minutes):
    state = becomes(outcome, kind, stale_at=NOW + timedelta(minutes=minutes)).state
    assert state in TRANSITIONS["transmitting"]


def test_what_has_left_is_never_superseded():
    assert before("superseded") == ("pending", "deferred", "held", "claimed")
    assert before("transmitting") == ("claimed",)
