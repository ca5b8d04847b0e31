"""Planning and fan-out in the database: what a change of a meeting does to its reminders."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from sqlalchemy import select

from scheduler.mail.actions import announce, fan_out, plan_coming, queue_login_link, release_held
from scheduler.mail.models import Occurrence, OutboxMail, ReminderRule
from scheduler.mail.queries import planned_mails, rules_of
from scheduler.mail.rules import Rule
from scheduler.meetings.models import Invitee, Meeting, MeetingChange, MeetingForum
from scheduler.organisations.models import Contact
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
)

pytestmark = pytest.mark.usefixtures("kinds")


@pytest.fixture
def forum(session):
    return make_forum(session)


@pytest.fixture
def karin(session, forum):
    person = make_person(session)
    seat(session, forum, person)
    return person


def planned(session) -> list[tuple[str, int, str]]:
    """Offset, time revision and state of every mailing, in order of time."""
    rows = session.scalars(select(Occurrence).order_by(Occurrence.due_at, Occurrence.id))
    return [(row.offset, row.time_rev, row.state) for row in rows]


def mails(session) -> list[tuple[str, str]]:
    """Recipient and state of every mail."""
    session.expire_all()
    return [(mail.recipient, mail.state) for mail in session.scalars(select(OutboxMail).order_by(OutboxMail.id))]


# ---------------------------------------------------------------- announce


def test_announce_plans_the_reminder_of_the_kind_and_marks_the_change_read(session, forum):
    meeting = make_meeting(session, forum)
    assert announce(session, FOUND) == 1
    [row] = session.scalars(select(Occurrence)).all()
    assert (row.meeting_id, row.kind, row.offset, row.time_rev) == (meeting.id, "reminder", "2 calendar_days", 0)
    assert (row.due_at, row.stale_at) == (DUE, at("2026-10-01 07:30"))
    assert session.scalars(select(MeetingChange.announced_at)).all() == [FOUND]
    assert announce(session, FOUND) == 0


def test_announce_keeps_to_the_window_of_the_settings(session, forum, tmp_path):
    make_meeting(session, forum, "2026-10-06 13:00")
    announce(session, FOUND, mail_settings(tmp_path, mail_window="always"))
    assert session.scalars(select(Occurrence.due_at)).all() == [at("2026-10-04 09:00")]


def test_announce_of_a_change_without_mailing_still_plans_reminders(session, forum):
    make_meeting(session, forum)
    session.scalars(select(MeetingChange)).one().send = False
    announce(session, FOUND)
    assert planned(session) == [("2 calendar_days", 0, "planned")]


def test_rel_11_announce_of_a_meeting_entered_too_late_plans_nothing(session, forum):
    make_meeting(session, forum)
    announce(session, DUE)
    assert planned(session) == []


def test_announce_of_a_proposal_plans_nothing_until_it_is_booked(session, forum):
    meeting = make_meeting(session, forum, state="proposed")
    announce(session, FOUND)
    assert planned(session) == []
    meeting.state = "confirmed"
    changed(session, meeting, "edit")
    announce(session, FOUND)
    assert planned(session) == [("2 calendar_days", 0, "planned")]


def test_announce_of_a_move_plans_anew(session, forum):
    meeting = make_meeting(session, forum)
    announce(session, FOUND)
    move(session, meeting, "2026-10-08 09:30")
    announce(session, FOUND)
    assert planned(session) == [("2 calendar_days", 0, "superseded"), ("2 calendar_days", 1, "planned")]


def test_announce_of_a_new_title_changes_nothing(session, forum):
    meeting = make_meeting(session, forum)
    announce(session, FOUND)
    meeting.title = "Kompetensförsörjning"
    changed(session, meeting, "edit")
    announce(session, FOUND + timedelta(days=1))
    assert planned(session) == [("2 calendar_days", 0, "planned")]


def test_announce_of_a_cancellation_and_of_its_end(session, forum):
    meeting = make_meeting(session, forum)
    announce(session, FOUND)
    cancel(session, meeting)
    announce(session, FOUND)
    assert planned(session) == [("2 calendar_days", 0, "superseded")]
    reinstate(session, meeting)
    announce(session, FOUND)
    assert planned(session) == [("2 calendar_days", 0, "planned")]


def test_announce_makes_as_many_queries_for_three_meetings_as_for_one(session, forum, count_queries):
    make_meeting(session, forum, "2026-10-01 09:30")
    with count_queries() as one:
        announce(session, FOUND)
    for day in ("2026-11-03", "2026-11-04", "2026-11-05"):
        make_meeting(session, make_forum(session, f"Forum {day}"), f"{day} 09:30")
    session.expire_all()
    with count_queries() as three:
        announce(session, FOUND)
    assert len(three) - len(one) <= 2  # two changes more to mark as read
    assert [offset for offset, _, _ in planned(session)] == ["42 calendar_days"] * 3 + ["2 calendar_days"] * 4


# ---------------------------------------------------------------- rules


def add_rule(session, **given) -> ReminderRule:
    rule = ReminderRule(**{"offset_n": 1, **given})
    session.add(rule)
    session.flush()
    return rule


def test_rules_come_from_the_nearest_level(session, forum):
    meeting, other = make_meeting(session, forum), make_meeting(session, forum, "2026-11-05 09:30")
    board = make_meeting(session, make_forum(session, "Nämnden", kind_id="namnd"), "2026-11-06 09:30")
    inviting = (Rule(42, kind="save_the_date"), Rule(2, kind="chaser", audience="unanswered"))
    assert rules_of(session, [board]) == {board.id: (Rule(1, "working_days"),)}
    add_rule(session, forum_kind_id="natverk", offset_n=5)
    add_rule(session, forum_id=forum.id, offset_n=3, send_at=time(13, 0))
    add_rule(session, meeting_id=other.id, offset_n=7, audience="ordinary")
    assert rules_of(session, [meeting, other, board]) == {
        meeting.id: (*inviting, Rule(3, send_at=time(13, 0))),
        other.id: (*inviting, Rule(7, audience="ordinary")),
        board.id: (Rule(1, "working_days"),),
    }


def test_a_rule_that_is_added_is_planned_by_the_daily_round(session, forum):
    make_meeting(session, forum)
    announce(session, FOUND)
    add_rule(session, forum_id=forum.id, offset_n=7)
    plan_coming(session, FOUND)
    assert planned(session) == [("7 calendar_days", 0, "planned"), ("2 calendar_days", 0, "superseded")]


def test_a_forum_without_reminders(session, forum):
    add_rule(session, forum_id=forum.id, on=False)
    make_meeting(session, forum)
    announce(session, FOUND)
    assert planned(session) == []


# ---------------------------------------------------------------- fan-out


def test_fan_out_before_the_time_does_nothing(session, forum, karin):
    make_meeting(session, forum)
    announce(session, FOUND)
    assert fan_out(session, DUE - timedelta(seconds=1)) == 0
    assert mails(session) == []


def test_fan_out_makes_one_mail_for_each_mailbox(session, forum, karin):
    english = make_person(session, "john.smith@region.example.org", locale="en-GB")
    seat(session, forum, english, "substitute")
    meeting = make_meeting(session, forum)
    announce(session, FOUND)
    assert fan_out(session, DUE) == 1
    assert fan_out(session, DUE) == 0
    rows = session.scalars(select(OutboxMail).order_by(OutboxMail.id)).all()
    assert [(row.recipient, row.person_id, row.language, row.state) for row in rows] == [
        ("karin.lundmark@hk.example.org", karin.id, "sv", "pending"),
        ("john.smith@region.example.org", english.id, "en", "pending"),
    ]
    assert {(row.meeting_id, row.time_rev, row.next_at, row.stale_at) for row in rows} == {
        (meeting.id, 0, DUE, at("2026-10-01 07:30"))
    }
    assert planned(session) == [("2 calendar_days", 0, "fanned_out")]


def test_rel_19_somebody_in_several_roles_gets_one_mail(session, forum, karin):
    """REL-19."""
    seat(session, forum, karin, "substitute")
    other = make_forum(session, "Tillväxtberedningen")
    seat(session, other, karin)
    meeting = make_meeting(session, forum)
    meeting.forum_rows.append(MeetingForum(forum=other, position=1))
    session.flush()
    announce(session, FOUND)
    fan_out(session, DUE)
    assert mails(session) == [("karin.lundmark@hk.example.org", "pending")]


def test_somebody_added_yesterday_gets_todays_reminder(session, forum, karin):
    make_meeting(session, forum)
    announce(session, FOUND)
    seat(session, forum, make_person(session, "ny.ledamot@hk.example.org"))
    fan_out(session, DUE)
    assert [recipient for recipient, _state in mails(session)] == [
        "karin.lundmark@hk.example.org",
        "ny.ledamot@hk.example.org",
    ]


def test_only_the_ordinary_are_written_to_when_the_rule_says_so(session, forum, karin):
    seat(session, forum, make_person(session, "nils.kvarna@hk.example.org"), "substitute")
    add_rule(session, forum_id=forum.id, offset_n=2, audience="ordinary")
    make_meeting(session, forum)
    announce(session, FOUND)
    fan_out(session, DUE)
    assert mails(session) == [("karin.lundmark@hk.example.org", "pending")]


def test_contacts_and_people_without_an_address_get_no_mail(session, forum):
    """A contact stands on pages; it is never a member, even of its own forum."""
    contact = Contact(slug="kontakt", name="Kontakt", email="kontakt@region.example.org", public=True)
    session.add(contact)
    session.flush()
    forum.contact_id = contact.id
    seat(session, forum, make_person(session, None))
    make_meeting(session, forum)
    announce(session, FOUND)
    assert fan_out(session, DUE) == 1
    assert mails(session) == []
    assert session.scalars(select(Occurrence.reason)).one() == "nobody to write to"


def test_protected_person_is_written_to_at_the_own_address(session, forum):
    seat(session, forum, make_person(session, "skyddad@hk.example.org", protected=True))
    make_meeting(session, forum)
    announce(session, FOUND)
    fan_out(session, DUE)
    assert mails(session) == [("skyddad@hk.example.org", "pending")]


def test_what_is_no_address_fails_where_it_can_be_seen(session, forum, karin):
    seat(session, forum, make_person(session, "fel adress@hk"))
    make_meeting(session, forum)
    announce(session, FOUND)
    fan_out(session, DUE)
    assert mails(session) == [("karin.lundmark@hk.example.org", "pending"), ("fel adress@hk", "failed")]


def test_mailing_waits_while_the_window_is_shut_and_is_skipped_when_too_old(session, forum, karin):
    make_meeting(session, forum)
    announce(session, FOUND)
    assert fan_out(session, at("2026-09-29 20:00")) == 0
    assert planned(session) == [("2 calendar_days", 0, "planned")]
    assert fan_out(session, at("2026-10-01 07:30")) == 0
    assert planned(session) == [("2 calendar_days", 0, "skipped")]
    assert mails(session) == []


def test_rel_12_after_three_days_down_only_the_newest_reminder_goes_out(session, forum, karin):
    """REL-12."""
    for n in (8, 7, 3):
        add_rule(session, forum_id=forum.id, offset_n=n)
    make_meeting(session, forum)
    announce(session, FOUND)
    assert fan_out(session, at("2026-09-29 10:00")) == 1
    assert planned(session) == [
        ("8 calendar_days", 0, "skipped"),
        ("7 calendar_days", 0, "skipped"),
        ("3 calendar_days", 0, "fanned_out"),
    ]
    assert mails(session) == [("karin.lundmark@hk.example.org", "pending")]


# ---------------------------------------------------------------- what a change does to mails (REL-9, REL-10)


@pytest.fixture
def reminded(session, forum, karin) -> Meeting:
    """A meeting whose reminder waits in the outbox."""
    meeting = make_meeting(session, forum)
    announce(session, FOUND)
    fan_out(session, DUE)
    return meeting


def test_cancellation_ends_waiting_mails(session, reminded):
    cancel(session, reminded)
    announce(session, DUE)
    assert mails(session) == [("karin.lundmark@hk.example.org", "superseded")]


def test_move_ends_waiting_mails_and_the_new_time_has_its_own(session, reminded):
    move(session, reminded, "2026-10-08 09:30")
    announce(session, DUE)
    fan_out(session, at("2026-10-06 09:00"))
    assert mails(session) == [
        ("karin.lundmark@hk.example.org", "superseded"),
        ("karin.lundmark@hk.example.org", "pending"),
    ]


def test_rel_10_cancellation_that_is_taken_back_loses_no_mail(session, reminded):
    cancel(session, reminded)
    announce(session, DUE)
    reinstate(session, reminded)
    announce(session, DUE + timedelta(minutes=5))
    assert mails(session) == [("karin.lundmark@hk.example.org", "pending")]


def test_rel_10_cancellation_that_is_taken_back_sends_nothing_twice(session, reminded):
    mail = session.scalars(select(OutboxMail)).one()
    mail.state, mail.sends = "sent", 1
    session.flush()
    cancel(session, reminded)
    announce(session, DUE)
    reinstate(session, reminded)
    announce(session, DUE + timedelta(minutes=5))
    assert fan_out(session, DUE + timedelta(minutes=5)) == 0
    assert mails(session) == [("karin.lundmark@hk.example.org", "sent")]
    assert planned(session) == [("2 calendar_days", 0, "fanned_out")]


def test_rel_10_title_that_is_edited_sends_nothing_again(session, reminded):
    reminded.title = "Kompetensförsörjning"
    changed(session, reminded, "edit")
    announce(session, DUE)
    assert fan_out(session, DUE) == 0
    assert mails(session) == [("karin.lundmark@hk.example.org", "pending")]


def test_rel_10_move_there_and_back_the_same_morning_sends_no_reminder_of_the_past(session, reminded):
    move(session, reminded, "2026-10-08 09:30")
    move(session, reminded, "2026-10-01 09:30")
    announce(session, DUE + timedelta(minutes=1))
    assert fan_out(session, DUE + timedelta(minutes=1)) == 0
    assert mails(session) == [("karin.lundmark@hk.example.org", "superseded")]


# ---------------------------------------------------------------- sign-in links and held mails


def test_login_link_is_queued_once(session):
    for _ in range(2):
        queue_login_link(
            session, DUE, "Karin.Lundmark@hk.example.org", "https://takt.example.org/login/abc", "KTRN-4827", "en"
        )
    [mail] = session.scalars(select(OutboxMail)).all()
    assert (mail.kind, mail.recipient, mail.language, mail.state) == (
        "login_link", "Karin.Lundmark@hk.example.org", "en", "pending",
    )  # fmt: skip
    assert mail.values == {"link": "https://takt.example.org/login/abc", "code": "KTRN-4827"}
    assert (mail.next_at, mail.stale_at) == (DUE, DUE + timedelta(minutes=10))


def test_held_mails_go_on_unless_they_are_too_old(session, reminded, actor):
    mail = session.scalars(select(OutboxMail)).one()
    mail.state = "held"
    session.flush()
    assert release_held(session, actor, DUE, mail_ids=[mail.id]) == 1
    assert mail.state == "pending"
    mail.state = "held"
    session.flush()
    assert release_held(session, actor, mail.stale_at, mail_ids=[mail.id]) == 0
    assert mail.state == "expired"


# ---------------------------------------------------------------- the next mails of a meeting


def test_planned_mails_say_when_and_to_how_many(session, forum, karin):
    seat(session, forum, make_person(session, "nils.kvarna@hk.example.org"), "substitute")
    seat(session, forum, make_person(session, None))
    near, far = make_meeting(session, forum), make_meeting(session, forum, "2026-11-05 09:30")
    elsewhere = make_meeting(session, make_forum(session, "Annat forum"), "2026-10-05 13:00")
    announce(session, FOUND)
    found = planned_mails(session)
    assert [(row.meeting.id, row.kind, row.due_at, row.recipients) for row in found] == [
        (far.id, "save_the_date", at("2026-09-24 09:00"), 2),
        (near.id, "reminder", DUE, 2),
        (elsewhere.id, "reminder", at("2026-10-02 09:00"), 0),
        (far.id, "reminder", at("2026-11-03 09:00"), 2),
    ]
    assert [row.meeting.id for row in planned_mails(session, meeting_id=far.id)] == [far.id, far.id]
    assert [row.meeting.id for row in planned_mails(session, forum_ids=[forum.id])] == [far.id, near.id, far.id]
    assert planned_mails(session, forum_ids=[]) == []


def test_invitees_chosen_by_hand_are_those_written_to(session, forum, karin):
    meeting = make_meeting(session, forum)
    guest = make_organisation(session, contact_email="info@handel.example.org")
    chosen = make_person(session, "berit.ylivaara@hk.example.org")
    meeting.invitees = [Invitee(person_id=chosen.id, role="guest"), Invitee(organisation_id=guest.id, role="guest")]
    session.flush()
    announce(session, FOUND)
    fan_out(session, DUE)
    assert [recipient for recipient, _state in mails(session)] == [
        "berit.ylivaara@hk.example.org",
        "info@handel.example.org",
    ]
