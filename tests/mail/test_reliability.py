"""What keeps mails from leaving wrongly: surges, refusals, a restored database, connections; and retention.

In one process, against a real mail server, on both databases. Not here: processes that are stopped (``test_jobs``).
"""

from __future__ import annotations

import socket
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.errors import NotFound, Refused
from scheduler.history.models import HistoryEntry
from scheduler.jobs import TICK_SECONDS
from scheduler.mail import handling
from scheduler.mail.actions import forget, queue_login_link
from scheduler.mail.delivery import deliver
from scheduler.mail.models import IncomingMail, MailCount, MailHold, OutboxAttempt, OutboxMail, Suppression
from scheduler.mail.outbox import take_connection
from scheduler.mail.queries import attempts_of
from scheduler.mail.restores import FILE
from tests.mail.world import DUE, waiting_mail

#: A kind that is about no meeting and may wait: the organisations' links.
PLAIN = {
    "kind": "seat_check",
    "stale_at": DUE + timedelta(days=3),
    "values": {"link": "https://takt.example.org/o/abc", "organisation": "Kammaren", "seats": 2, "answer_by_on": None},
}


def states(house) -> list[str]:
    with Session(house) as session:
        return list(session.scalars(select(OutboxMail.state).order_by(OutboxMail.id)))


def reasons(house) -> dict[str, str]:
    with Session(house) as session:
        return {hold.kind: hold.reason for hold in session.scalars(select(MailHold))}


# ---------------------------------------------------------------- holds


def test_rel_13_surge_is_held_and_leaves_when_it_is_released(house, writing, sending, due_clock, sink, actor):
    surging = replace(sending, mail_surge=10)
    with writing() as session:
        waiting_mail(session, 11, **PLAIN)
    deliver(house, surging, due_clock)
    assert (sink.mails, reasons(house), set(states(house))) == ([], {"seat_check": "surge"}, {"held"})
    with writing() as session:
        assert handling.release_hold(session, actor, due_clock(), "seat_check") == 11
    deliver(house, surging, due_clock)
    assert (len(sink.mails), reasons(house)) == (11, {})


def test_rel_13_as_many_as_usual_is_no_surge(house, writing, sending, due_clock, sink):
    with writing() as session:
        waiting_mail(session, 11, **PLAIN)
        [old] = waiting_mail(session, 1, **{**PLAIN, "key": "f" * 64, "state": "sent"})
        for _ in range(3 * 180):  # three in each office hour of the last four weeks
            session.add(OutboxAttempt(mail_id=old.id, at=DUE - timedelta(days=2), stage="done", lease_token=""))
    deliver(house, replace(sending, mail_surge=10), due_clock)
    assert (len(sink.mails), reasons(house)) == (11, {})


def test_rel_13_surge_over_several_rounds_counts_what_has_left(house, writing, sending, due_clock, sink):
    surging = replace(sending, mail_surge=10)
    for n in range(3):
        with writing() as session:
            for i in range(5):
                waiting_mail(session, 1, **{**PLAIN, "key": f"{n}{i}" * 32})
        deliver(house, surging, due_clock)
        due_clock.move(minutes=5)
    assert (len(sink.mails), reasons(house)) == (10, {"seat_check": "surge"})


def test_rel_13_sign_in_links_leave_whatever_is_held(house, writing, sending, due_clock, sink):
    with writing() as session:
        session.add(MailHold(kind="*", reason="restore", at=DUE))
        waiting_mail(session, 2, **PLAIN)
        queue_login_link(session, DUE, "karin@example.org", "https://takt.example.org/login/abc", "KTRN-4827", "sv")
    deliver(house, sending, due_clock)
    assert sink.recipients == ["karin@example.org"]
    assert states(house) == ["held", "held", "sent"]


def test_rel_13_surge_of_one_kind_keeps_no_other_back(house, writing, sending, due_clock, sink):
    with writing() as session:
        waiting_mail(session, 20, **PLAIN)
        values = {"link": "https://takt.example.org/i/abc", "role": None}
        waiting_mail(session, 1, **{**PLAIN, "kind": "invitation", "values": values, "key": "e" * 64})
    deliver(house, replace(sending, mail_surge=10), due_clock)
    assert (len(sink.mails), reasons(house)) == (1, {"seat_check": "surge"})


def test_kind_that_is_refused_more_than_five_times_in_an_hour_is_held(house, writing, sending, due_clock, sink, actor):
    sink.fail("dot", *(["554 5.7.1 looks like spam"] * 6))
    with writing() as session:
        waiting_mail(session, 9, **PLAIN)
    deliver(house, sending, due_clock)
    assert reasons(house) == {"seat_check": "refused"}
    assert (sink.mails, states(house)) == ([], ["deferred"] * 6 + ["held"] * 3)
    with writing() as session:
        assert handling.release_hold(session, actor, due_clock(), "seat_check") == 3
    deliver(house, sending, due_clock)
    assert (len(sink.mails), reasons(house)) == (3, {})


def test_refusals_that_are_few_or_long_ago_hold_nothing(house, writing, sending, due_clock, sink):
    sink.fail("dot", *(["554 5.7.1 looks like spam"] * 6))
    for n in range(2):
        with writing() as session:
            for i in range(3):
                waiting_mail(session, 1, **{**PLAIN, "key": f"{n}{i}" * 32})
        deliver(house, sending, due_clock)
        due_clock.move(minutes=61)
    assert reasons(house) == {}


def test_rel_13_database_put_back_from_a_copy_sends_nothing_by_itself(house, writing, sending, due_clock, sink, actor):
    """The mark in the instance folder is newer than the one in the database."""
    with writing() as session:
        waiting_mail(session, 1, **PLAIN)
    deliver(house, sending, due_clock)
    before = (sending.instance / FILE).read_text()
    with writing() as session:
        waiting_mail(session, 1, **{**PLAIN, "key": "a" * 64})
    deliver(house, sending, due_clock)
    assert (len(sink.mails), reasons(house)) == (2, {})
    (sending.instance / FILE).write_text(before)  # as if the database were the other one of the two
    with writing() as session:
        waiting_mail(session, 1, **{**PLAIN, "key": "b" * 64})
    deliver(house, sending, due_clock)
    assert (len(sink.mails), reasons(house)) == (2, {"*": "restore"})
    with writing() as session:
        assert handling.release_hold(session, actor, due_clock(), "*") == 1
    deliver(house, sending, due_clock)
    assert (len(sink.mails), reasons(house)) == (3, {})


def test_rel_13_instance_folder_that_is_lost_is_taken_for_a_restore(house, writing, sending, due_clock, sink):
    with writing() as session:
        waiting_mail(session, 1, **PLAIN)
    deliver(house, sending, due_clock)
    (sending.instance / FILE).unlink()
    with writing() as session:
        waiting_mail(session, 1, **{**PLAIN, "key": "a" * 64})
    deliver(house, sending, due_clock)
    assert (len(sink.mails), reasons(house)) == (1, {"*": "restore"})


def test_crash_between_file_and_database_is_no_restore(house, writing, sending, due_clock, sink):
    """The file has the new mark beside the old one until the database has the new."""
    with writing() as session:
        waiting_mail(session, 1, **PLAIN)
    deliver(house, sending, due_clock)
    path = sending.instance / FILE
    path.write_text(path.read_text().replace('"marks": [', '"marks": ["made, and never stored", '))
    with writing() as session:
        waiting_mail(session, 1, **{**PLAIN, "key": "a" * 64})
    deliver(house, sending, due_clock)
    assert (len(sink.mails), reasons(house)) == (2, {})


# ---------------------------------------------------------------- connections


def test_two_connections_at_once_and_no_third(house, writing, sending, due_clock, sink):
    with writing() as session:
        assert [take_connection(session, DUE, f"elsewhere:{n}:x", 2) for n in range(3)] == [True, True, False]
        waiting_mail(session, 1, **PLAIN)
    assert deliver(house, sending, due_clock).ended == "connections"
    assert sink.connections == 0
    due_clock.move(minutes=5)  # the leases of two that have gone
    assert deliver(house, sending, due_clock).sent == 1


def test_connection_of_a_process_that_died_is_free_at_once(house, writing):
    with subprocess.Popen(["true"]) as done:
        done.wait()
    gone = f"{socket.gethostname()[:50]}:{done.pid}:x"
    with writing() as session:
        assert take_connection(session, DUE, gone, 1)
        assert take_connection(session, DUE, "elsewhere:1:x", 1)


def test_connections_without_a_limit(house, writing, sending, due_clock, sink):
    with writing() as session:
        for n in range(2):
            take_connection(session, DUE, f"elsewhere:{n}:x", 2)
        waiting_mail(session, 1, **PLAIN)
    assert deliver(house, replace(sending, mail_connections=0), due_clock).sent == 1


# ---------------------------------------------------------------- the attempt log


@pytest.mark.parametrize(
    ("stage", "answer", "logged"),
    [
        ("connect", "421 4.3.2 not now", ("connect", 421)),
        ("mail", "451 4.3.0 later", ("mail", 451)),
        ("rcpt", "450 4.2.0 greylisted", ("rcpt", 450)),
        ("data", "451 4.3.0 later", ("data", 451)),
        ("dot", "452 4.3.1 full", ("dot", 452)),
        ("dot", "drop", ("dot", None)),
        (None, "", ("done", 250)),
    ],
)
def test_rel_08_log_of_tries_shows_how_far_each_came(house, writing, sending, due_clock, sink, stage, answer, logged):
    if stage:
        sink.fail(stage, answer)
    with writing() as session:
        [mail] = waiting_mail(session, 1, **PLAIN)
    deliver(house, sending, due_clock)
    with Session(house) as session:
        assert [(row.stage, row.code) for row in attempts_of(session, mail.id)] == [logged]


# ---------------------------------------------------------------- by hand


def test_failed_mail_is_tried_again_as_the_same_mail(house, writing, sending, due_clock, sink, actor):
    sink.fail("rcpt", "550 5.7.1 no", "550 5.7.1 no")
    with writing() as session:
        [mail] = waiting_mail(session, 1, **PLAIN)
    deliver(house, sending, due_clock)
    due_clock.move(hours=5)
    deliver(house, sending, due_clock)
    with writing() as session:
        mail = session.get_one(OutboxMail, mail.id)
        assert mail.state == "failed"
        fixed = mail.message_id, mail.dated_at
        handling.retry_mail(session, actor, due_clock(), mail)
    deliver(house, sending, due_clock)
    with Session(house) as session:
        mail = session.get_one(OutboxMail, mail.id)
        assert (mail.state, (mail.message_id, mail.dated_at)) == ("sent", fixed)
        assert "mail.retry" in session.scalars(select(HistoryEntry.action)).all()


@pytest.mark.parametrize(
    ("act", "lawful"),
    [
        (handling.retry_mail, {"failed", "uncertain", "expired"}),
        (handling.abort_mail, {"pending", "deferred", "held"}),
        (handling.hold_mail, {"pending", "deferred"}),
        (handling.release_mail, {"held"}),
    ],
)
def test_only_lawful_steps_are_taken_by_hand(house, writing, actor, act, lawful):
    every = (
        "pending", "claimed", "transmitting", "sent", "deferred", "failed", "expired", "superseded", "suppressed",
        "held", "uncertain",
    )  # fmt: skip
    done = set()
    with writing() as session:
        for n, state in enumerate(every):
            [mail] = waiting_mail(session, 1, **{**PLAIN, "state": state, "key": f"{n:064x}"})
            try:
                act(session, actor, DUE, mail)
                done.add(state)
            except Refused:
                continue
    assert done == lawful


@pytest.mark.parametrize("act", [handling.retry_mail, handling.release_mail])
def test_mail_that_is_too_old_does_not_go_again(house, writing, actor, act):
    with writing() as session:
        state = "failed" if act is handling.retry_mail else "held"
        [mail] = waiting_mail(session, 1, **{**PLAIN, "state": state})
        with pytest.raises(Refused):
            act(session, actor, mail.stale_at, mail)


def test_secret_that_is_forgotten_is_not_sent_again(house, writing, actor):
    with writing() as session:
        [mail] = waiting_mail(session, 1, **{**PLAIN, "state": "failed", "values": None})
        with pytest.raises(Refused):
            handling.retry_mail(session, actor, DUE, mail)


def test_mail_held_by_hand_stays_when_its_kind_is_released(house, writing, sending, due_clock, sink, actor):
    with writing() as session:
        session.add(MailHold(kind="seat_check", reason="hand", at=DUE))
        by_hand, _caught = waiting_mail(session, 2, **PLAIN)
        handling.hold_mail(session, actor, DUE, by_hand)
    deliver(house, sending, due_clock)
    with writing() as session:
        assert handling.release_hold(session, actor, DUE, "seat_check") == 1
    assert states(house) == ["held", "pending"]


def test_one_mail_of_a_held_kind_leaves_when_it_is_released_alone(house, writing, sending, due_clock, sink, actor):
    with writing() as session:
        session.add(MailHold(kind="*", reason="hand", at=DUE))
        one, _other = waiting_mail(session, 2, **PLAIN)
    deliver(house, sending, due_clock)
    with writing() as session:
        handling.release_mail(session, actor, DUE, session.get_one(OutboxMail, one.id))
    deliver(house, sending, due_clock)
    assert (states(house), len(sink.mails)) == (["sent", "held"], 1)


def test_release_of_one_hold_leaves_what_another_holds(house, writing, sending, due_clock, actor):
    with writing() as session:
        session.add_all([MailHold(kind="seat_check", reason="hand", at=DUE), MailHold(kind="*", reason="hand", at=DUE)])
        waiting_mail(session, 2, **PLAIN)
    deliver(house, sending, due_clock)
    with writing() as session:
        assert handling.release_hold(session, actor, DUE, "*") == 0
        assert handling.release_hold(session, actor, DUE, "seat_check") == 2
        with pytest.raises(NotFound):
            handling.release_hold(session, actor, DUE, "seat_check")


def test_mailing_is_taken_back_as_far_as_it_has_not_left(house, writing, actor):
    with writing() as session:
        waiting_mail(session, 3, **{**PLAIN, "batch": "press"})
        waiting_mail(session, 1, **{**PLAIN, "batch": "press", "state": "sent", "key": "a" * 64})
        assert handling.abort_batch(session, actor, DUE, "press") == 3
        with pytest.raises(Refused):
            handling.abort_batch(session, actor, DUE, "press")
    assert sorted(states(house)) == ["sent", "superseded", "superseded", "superseded"]


# ---------------------------------------------------------------- retention


def test_rel_28_old_mails_go_and_their_counts_stay(house, writing, sending):
    late = DUE + timedelta(days=200)
    with writing() as session:
        waiting_mail(session, 3, **{**PLAIN, "state": "sent", "body": "x"})
        waiting_mail(session, 1, **{**PLAIN, "state": "failed", "body": "x", "key": "a" * 64})
        waiting_mail(session, 1, **{**PLAIN, "state": "pending", "stale_at": late + timedelta(days=1), "key": "b" * 64})
        session.add(IncomingMail(message_id="<a@x>", at=DUE, kind="other", state="done", raw=b"x"))
        session.add(IncomingMail(message_id="<b@x>", at=DUE, kind="other", state="look", raw=b"x"))
    for _ in range(2):
        with writing() as session:
            forget(session, late, sending)
    with Session(house) as session:
        counts = session.execute(select(MailCount.on, MailCount.kind, MailCount.state, MailCount.n)).all()
        assert sorted(map(tuple, counts)) == [
            (DUE.date(), "seat_check", "failed", 1),
            (DUE.date(), "seat_check", "sent", 3),
        ]
        assert session.scalars(select(OutboxMail.state)).all() == ["pending"]
        assert session.scalars(select(IncomingMail.state)).all() == ["look"]


def test_rel_28_texts_go_first(house, writing, sending, caplog):
    with writing() as session:
        waiting_mail(session, 2, **{**PLAIN, "kind": "reminder", "state": "sent", "body": "x"})
        session.add(IncomingMail(message_id="<a@x>", at=DUE, kind="other", state="done", raw=b"x"))
    with caplog.at_level("INFO", "takt.mail"), writing() as session:
        forget(session, DUE + timedelta(days=31), sending)
    with Session(house) as session:
        assert session.scalar(select(func.count(OutboxMail.body))) == 0
        assert session.scalar(select(func.count(OutboxMail.id))) == 2
        assert session.scalars(select(IncomingMail.raw)).all() == [None]
    assert "2 texts of mails" in caplog.text


def test_rel_28_nothing_goes_when_the_settings_keep_all(house, writing, sending):
    with writing() as session:
        waiting_mail(session, 1, **{**PLAIN, "state": "sent", "body": "x"})
    with writing() as session:
        forget(session, datetime(2040, 1, 1, tzinfo=UTC), replace(sending, mail_body_days=0, mail_log_days=0))
    assert states(house) == ["sent"]


# ---------------------------------------------------------------- how late (REL-6, REL-24)


def until_all_left(house, settings, clock, limit: timedelta) -> None:
    """Rounds as a worker makes them, a tick apart, until nothing waits or ``limit`` has passed."""
    end = clock() + limit
    while clock() < end:
        deliver(house, settings, clock)
        with Session(house) as session:
            if session.scalar(select(func.count()).where(OutboxMail.state.in_(("pending", "deferred")))) == 0:
                return
        clock.move(seconds=TICK_SECONDS)


@pytest.mark.parametrize("down", [("connect", "421 4.3.2 down"), ("mail", "421 4.3.2 down")])
def test_rel_06_relay_down_for_half_an_hour_costs_no_try_and_no_recipient(
    house, writing, sending, due_clock, sink, down
):
    """All is out soon after it is back: two minutes where it could not be reached, the pause where it answered."""
    settings = replace(sending, mail_rate=60)
    with writing() as session:
        waiting_mail(session, 20, stale_at=DUE + timedelta(hours=6))
    stage, answer = down
    sink.fail(stage, *[answer] * 1000)
    while due_clock() < DUE + timedelta(minutes=30):
        deliver(house, settings, due_clock)
        due_clock.move(seconds=TICK_SECONDS)
    assert sink.mails == []
    sink.mend()
    back_at = due_clock()
    until_all_left(house, settings, due_clock, timedelta(minutes=20))
    with Session(house) as session:
        found = session.execute(select(OutboxMail.state, OutboxMail.tries, OutboxMail.sent_at)).all()
        assert {(state, tries) for state, tries, _at in found} == {("sent", 0)}
        assert session.scalars(select(Suppression)).all() == []
        assert max(at for _state, _tries, at in found) - back_at <= timedelta(minutes=2 if stage == "connect" else 15)
        asked = session.scalar(select(func.count()).where(OutboxAttempt.stage != "done"))
    assert asked <= 8  # 1, 2, 4, 8, 15 minutes apart, though it was greeted each minute
    assert len(sink.mails) == 20


@pytest.mark.parametrize(("count", "rate"), [(100, 60), (500, 600)])
def test_rel_24_mails_due_at_once_are_out_within_two_minutes(house, writing, sending, due_clock, sink, count, rate):
    settings = replace(sending, mail_rate=rate, mail_surge=0)
    with writing() as session:
        waiting_mail(session, count, stale_at=DUE + timedelta(hours=6))
    until_all_left(house, settings, due_clock, timedelta(minutes=10))
    with Session(house) as session:
        late = sorted(at - DUE for at in session.scalars(select(OutboxMail.sent_at)))
    assert late[len(late) * 99 // 100] < timedelta(seconds=120)
    assert len(sink.mails) == count
