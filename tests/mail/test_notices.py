"""What those invited are told when something is done with a meeting: who, once, saying what changed, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from scheduler.db import begin_change
from scheduler.history.rules import Actor
from scheduler.ical.itip import read_received
from scheduler.ical.lines import read_components
from scheduler.mail.actions import announce, fan_out
from scheduler.mail.delivery import deliver
from scheduler.mail.models import OutboxMail
from scheduler.meetings import actions as meetings
from scheduler.meetings.actions import InviteeChoice, Site
from scheduler.meetings.models import Invitee, Meeting
from scheduler.meetings.replies import give_reply
from scheduler.organisations.models import Person
from scheduler.settings import Settings
from tests.conftest import FakeClock
from tests.mail.conftest import mail_settings
from tests.mail.sink import Sink
from tests.mail.world import at, make_forum, make_organisation, make_person, seat

SITE = Site("https://takt.example.org", "takt.example.org")
ACTOR = Actor("Anna Secretary", user_id=None)
#: A month before the meeting, on a working day within the window.
CALLED = at("2026-09-01 10:00")
KARIN, NILS = "karin.lundmark@hk.example.org", "nils.kvarna@hk.example.org"


@dataclass
class House:
    """A forum with an ordinary and a substitute, and a meeting on 1 October 2026 at 09.30."""

    engine: Engine
    settings: Settings
    sink: Sink
    clock: FakeClock
    meeting_id: int = 0
    seen: int = field(default=0, init=False)

    def do(self, action: str, *, after: timedelta = timedelta(), **given: Any) -> None:
        """Does ``action`` with the meeting as a page does it, ``after`` some time."""
        self.clock.at += after
        with Session(self.engine, expire_on_commit=False) as session:
            begin_change(session)
            meeting = session.get_one(Meeting, self.meeting_id)
            values = {"version": None, "site": SITE} | given
            getattr(meetings, action)(session, ACTOR, self.clock(), meeting, **values)
            announce(session, self.clock(), self.settings)
            session.commit()

    def sent(self, *, after: timedelta = timedelta(minutes=15)) -> list[tuple[str, str]]:
        """What has arrived since the last time, after some time has passed: to whom, and the subject."""
        self.clock.at += after
        with Session(self.engine) as session:
            fan_out(session, self.clock(), self.settings)
            session.commit()
        deliver(self.engine, self.settings, self.clock)
        mails = self.sink.mails[self.seen :]
        self.seen = len(self.sink.mails)
        return sorted((mail.recipient, " ".join(str(mail.message["Subject"]).split())) for mail in mails)

    @property
    def last(self) -> EmailMessage:
        """The mail that arrived last."""
        return self.sink.mails[-1].message

    def invitee(self, session: Session, address: str) -> Invitee:
        query = select(Invitee).join(Person).where(Person.given_name == address.partition(".")[0].title())
        return session.scalars(query).one()


@pytest.fixture
def world(house, sink, tmp_path) -> Iterator[House]:
    settings = mail_settings(tmp_path, mail_mode="send", mail_relay=sink.url, mail_rate=0, secret_key="k" * 40)
    found = House(house, settings, sink, FakeClock(CALLED))
    with Session(house, expire_on_commit=False) as session:
        begin_change(session)
        forum = make_forum(session, secretariat_email="forum@region.example.org")
        home = make_organisation(session)
        seat(session, forum, make_person(session, KARIN), organisation=home)
        seat(session, forum, make_person(session, NILS), "substitute", home)
        meeting = meetings.book_meeting(
            session, ACTOR, CALLED - timedelta(days=60), forums=[forum], on=date(2026, 10, 1), site=SITE,
            start=time(9, 30), end=time(15), place_text="Kulturens hus",
        )  # fmt: skip
        announce(session, CALLED - timedelta(days=60), settings)
        session.commit()
        found.meeting_id = meeting.id
    assert found.sent(after=timedelta()) == []
    return found


def both(subject: str) -> list[tuple[str, str]]:
    return [(KARIN, subject), (NILS, subject)]


CALL = "Inbjudan: Regionalt forum torsdag 1 oktober 2026"
MOVED = "Ändrat: Regionalt forum torsdag 1 oktober 2026, ny tid 09.30 → 13.00"
OFF = "Inställt: Regionalt forum torsdag 1 oktober 2026"
LATER = {"start": time(13)}
BACK = {"start": time(9, 30)}


# ---------------------------------------------------------------- the call


def test_call_goes_to_all_who_are_invited_when_the_time_to_undo_has_passed(world):
    world.do("call_meeting", answer_by_on=date(2026, 9, 24))
    assert world.sent(after=timedelta(seconds=119)) == []
    assert world.sent(after=timedelta(seconds=1)) == both(CALL)
    assert world.sent() == []


def test_call_without_mailing_sends_nothing(world):
    world.do("call_meeting", send=False)
    assert world.sent() == []


def test_call_of_a_board_is_a_summons(world):
    world.do("edit_meeting", formality="protocol_notice")
    world.do("call_meeting")
    assert world.sent() == both("Kallelse: Regionalt forum torsdag 1 oktober 2026")


def test_call_in_the_night_leaves_when_the_window_opens(world):
    world.clock.at = at("2026-09-01 22:00")
    world.do("call_meeting")
    assert world.sent() == []
    world.clock.at = at("2026-09-02 07:30")
    assert world.sent(after=timedelta()) == both(CALL)


def test_call_that_is_taken_back_in_time_is_never_seen_and_a_second_call_is(world):
    world.do("call_meeting")
    world.do("undo_last_change", sent=False)
    assert world.sent() == []
    world.do("call_meeting")
    assert world.sent() == both(CALL)


def test_call_carries_the_ways_to_answer_and_the_meeting_as_a_calendar(world):
    world.do("call_meeting", answer_by_on=date(2026, 9, 24))
    world.sent()
    mail = next(row.message for row in world.sink.mails if row.recipient == KARIN)
    text = mail.get_body(("plain",)).get_content()
    assert "Svara senast torsdag 24 september." in text
    assert [line for line in text.splitlines() if "?answer=" in line] == [
        f"https://takt.example.org/r/{text.partition('/r/')[2].partition('?')[0]}?answer={answer}"
        for answer in ("yes", "no", "maybe")
    ]
    parts = [part for part in mail.walk() if not part.is_multipart()]
    assert [part.get_content_type() for part in parts] == [
        "text/plain", "text/html", "text/calendar", "application/ics",
    ]  # fmt: skip
    calendar, attached = parts[2:]
    assert calendar.get_params()[1:] == [("charset", "UTF-8"), ("method", "REQUEST"), ("component", "VEVENT")]
    assert calendar.get_content_disposition() is None
    assert attached.get_filename() == "inbjudan.ics"
    assert calendar.get_payload(decode=True) == attached.get_payload(decode=True)
    [received] = read_received(calendar.get_payload(decode=True))
    assert (received.method, received.attendee, received.sequence) == ("REQUEST", KARIN, 0)
    assert mail.get_content_type() == "multipart/mixed"


def test_each_recipient_reads_the_time_by_their_own_clock_too(world):
    """Karin speaks Finnish, Nils does not: the same mail, with and without what the clock shows in Finland."""
    with Session(world.engine) as session:
        begin_change(session)
        session.query(Person).filter_by(given_name="Karin").one().locale = "fi"
        session.commit()
    world.do("call_meeting")
    world.sent()
    texts = {row.recipient: row.message.get_body(("plain",)).get_content() for row in world.sink.mails}
    assert "Torsdag 1 oktober 2026, kl. 09.30–15.00 (10.30–16.00 finsk tid)" in " ".join(texts[KARIN].split())
    assert "Torsdag 1 oktober 2026, kl. 09.30–15.00" in texts[NILS]
    assert "finsk" not in texts[NILS]


def test_calendar_of_an_invitation_names_nobody_but_its_recipient(world):
    world.do("call_meeting")
    world.sent()
    for row in world.sink.mails:
        [calendar] = [part for part in row.message.walk() if part.get_content_type() == "text/calendar"]
        [vcalendar] = read_components(calendar.get_payload(decode=True))[0]
        [event] = [part for part in vcalendar.parts if part.name == "VEVENT"]
        [attendee] = event.all("ATTENDEE")
        assert attendee.value == f"mailto:{row.recipient}"
        role = "REQ-PARTICIPANT" if row.recipient == KARIN else "OPT-PARTICIPANT"
        # No mailbox is read here: an answer goes by the links.
        assert (attendee.params["ROLE"], attendee.params["RSVP"]) == (role, "FALSE")
        [organizer] = event.all("ORGANIZER")
        assert organizer.value == "mailto:takt@region.example.org"


def test_call_comes_from_an_address_of_its_own_when_a_mailbox_is_read(world):
    world.settings = mail_settings(
        world.settings.instance, mail_mode="send", mail_relay=world.sink.url, mail_rate=0, secret_key="k" * 40,
        mail_reply="svar@takt.example.org",
    )  # fmt: skip
    world.do("call_meeting")
    world.sent()
    senders = {row.recipient: str(row.message["From"].addresses[0].addr_spec) for row in world.sink.mails}
    assert len(set(senders.values())) == 2
    for row in world.sink.mails:
        assert senders[row.recipient].startswith("svar+a")
        assert str(row.message["Reply-To"]) == "forum@region.example.org"
        [calendar] = [part for part in row.message.walk() if part.get_content_type() == "text/calendar"]
        lines = calendar.get_payload(decode=True).replace(b"\r\n ", b"").decode()
        assert f"mailto:{senders[row.recipient]}" in lines
        assert "RSVP=TRUE" in lines


# ---------------------------------------------------------------- changes


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([("move_meeting", LATER)], MOVED, id="move"),
        pytest.param(
            [("move_meeting", {"place_text": "Residenset"})],
            "Ändrat: Regionalt forum torsdag 1 oktober 2026, ny plats Kulturens hus → Residenset",
            id="place",
        ),
        pytest.param(
            [("move_meeting", {"on": date(2026, 10, 2)})],
            "Ändrat: Regionalt forum torsdag 1 oktober 2026, nytt datum torsdag 1 oktober → fredag 2 oktober",
            id="date",
        ),
        pytest.param([("edit_meeting", {"title": "Något annat"})], None, id="title"),
        pytest.param([("edit_meeting", {"note": "Lunch ingår"})], None, id="note"),
        pytest.param([("move_meeting", LATER | {"send": False})], None, id="quiet"),
        pytest.param([("move_meeting", LATER), ("move_meeting", BACK)], None, id="there and back"),
        pytest.param(
            [("move_meeting", {"start": time(11)}), ("move_meeting", LATER)],
            MOVED,
            id="two moves are one",
        ),
        pytest.param(
            [("move_meeting", LATER), ("move_meeting", {"place_text": "Residenset"})],
            MOVED + ", ny plats Kulturens hus → Residenset",
            id="time and place are one",
        ),
        pytest.param([("cancel_meeting", {"reason": "Få anmälda"})], OFF, id="cancel"),
        pytest.param([("move_meeting", LATER), ("cancel_meeting", {"reason": "Få"})], OFF, id="moved, then cancelled"),
        pytest.param([("cancel_meeting", {"reason": "Få"}), ("reinstate_meeting", {})], None, id="there again"),
        pytest.param(
            [("cancel_meeting", {"reason": "Få"}), ("reinstate_meeting", {}), ("move_meeting", LATER)],
            MOVED,
            id="there again at another time",
        ),
        pytest.param([("move_meeting", LATER), ("undo_last_change", {"sent": False})], None, id="undone"),
        pytest.param([("cancel_meeting", {"reason": "F"}), ("undo_last_change", {"sent": False})], None, id="not off"),
    ],
)
def test_changes_within_ten_minutes_become_one_mail_or_none(world, steps, expected):
    world.do("call_meeting")
    assert world.sent() == both(CALL)
    for action, given in steps:
        world.do(action, after=timedelta(seconds=30), **given)
    assert world.sent() == ([] if expected is None else both(expected))


def test_change_before_the_call_has_left_is_in_the_call(world):
    world.do("call_meeting")
    world.do("move_meeting", **LATER)
    assert world.sent() == both(CALL)
    assert "kl. 13.00" in world.last.get_body(("plain",)).get_content()


def test_meeting_cancelled_before_its_call_has_left_is_never_heard_of(world):
    world.do("call_meeting")
    world.do("cancel_meeting", reason="Få anmälda")
    assert world.sent() == []


def test_change_begins_with_what_changed_and_is_the_same_entry_in_the_calendar(world):
    world.do("call_meeting")
    world.sent()
    [first] = {received.uid for row in world.sink.mails for received in received_by(row.message)}
    world.do("move_meeting", **LATER)
    world.sent()
    text = world.last.get_body(("plain",)).get_content()
    assert text.splitlines()[:3] == ["Ändrat: Regionalt forum", "", "Ny tid: 09.30 → 13.00"]
    [received] = received_by(world.last)
    assert (received.method, received.uid, received.sequence) == ("REQUEST", first, 1)


def test_cancellation_says_why_and_takes_the_entry_away(world):
    world.do("call_meeting")
    world.sent()
    world.do("cancel_meeting", reason="Få anmälda")
    assert world.sent() == both(OFF)
    assert "Orsak: Få anmälda" in world.last.get_body(("plain",)).get_content()
    [received] = received_by(world.last)
    assert (received.method, received.sequence) == ("CANCEL", 1)
    assert "List-Unsubscribe" not in world.last


def test_change_within_two_days_leaves_at_any_hour(world):
    world.do("call_meeting")
    world.sent()
    world.clock.at = at("2026-09-29 23:00")
    world.sent()
    world.do("move_meeting", **LATER)
    assert world.sent() == both(MOVED)


def test_meeting_called_again_after_it_was_off_is_sent_to_all_again(world):
    world.do("call_meeting")
    world.sent()
    world.do("cancel_meeting", reason="Få anmälda")
    world.sent()
    world.do("reinstate_meeting")
    back = "Ändrat: Regionalt forum torsdag 1 oktober 2026, mötet är återupptaget"
    assert world.sent() == both(back)
    world.do("call_meeting")
    assert world.sent() == both(CALL)


def test_rel_21_mails_of_one_meeting_stand_in_one_thread(world):
    world.do("call_meeting")
    world.do("move_meeting", after=timedelta(hours=1), **LATER)
    world.sent()
    world.do("cancel_meeting", reason="Få anmälda")
    world.sent()
    roots = {(row.recipient, str(row.message["References"])) for row in world.sink.mails}
    assert len(roots) == 2


# ---------------------------------------------------------------- the list


def test_somebody_withdrawn_is_told_and_nobody_else(world):
    world.do("call_meeting")
    world.sent()
    with Session(world.engine) as session:
        invitee_id = world.invitee(session, KARIN).id
    withdraw(world, invitee_id)
    assert world.sent() == [(KARIN, "Återkallat: Regionalt forum torsdag 1 oktober 2026")]
    [received] = received_by(world.last)
    assert (received.method, received.attendee) == ("CANCEL", KARIN)
    # Called again: the link of the first call is dead, so there is a new one.
    with Session(world.engine) as session:
        person_id = session.get_one(Invitee, invitee_id).person_id
    world.do("add_invitee", invitee=InviteeChoice(person_id=person_id, role="ordinary"))
    assert world.sent() == [(KARIN, CALL)]


def withdraw(world: House, invitee_id: int) -> None:
    with Session(world.engine, expire_on_commit=False) as session:
        begin_change(session)
        meeting = session.get_one(Meeting, world.meeting_id)
        meetings.withdraw_invitee(
            session, ACTOR, world.clock(), meeting, invitee=session.get_one(Invitee, invitee_id), version=None,
            site=SITE,
        )  # fmt: skip
        announce(session, world.clock(), world.settings)
        session.commit()


def test_somebody_withdrawn_before_the_call_has_left_hears_nothing(world):
    world.do("call_meeting")
    with Session(world.engine) as session:
        invitee_id = world.invitee(session, KARIN).id
    withdraw(world, invitee_id)
    assert world.sent() == [(NILS, CALL)]


def test_somebody_added_after_the_call_is_called_alone(world):
    world.do("call_meeting")
    world.sent()
    with Session(world.engine) as session:
        begin_change(session)
        person = make_person(session, "lena.aho@kommun.example.org")
        session.commit()
        person_id = person.id
    world.do("add_invitee", invitee=InviteeChoice(person_id=person_id, role="guest"))
    assert world.sent() == [("lena.aho@kommun.example.org", CALL)]


# ---------------------------------------------------------------- reminders that know of it


def test_whoever_was_told_of_a_change_lately_is_not_reminded(world):
    world.do("call_meeting")
    world.sent()
    world.clock.at = at("2026-09-28 15:00")
    world.do("move_meeting", place_text="Residenset")
    assert [subject for _, subject in world.sent()] == [
        "Ändrat: Regionalt forum torsdag 1 oktober 2026, ny plats Kulturens hus → Residenset"
    ] * 2
    world.clock.at = at("2026-09-29 09:00")
    assert world.sent(after=timedelta()) == []


def test_reminder_asks_those_who_have_not_answered_and_tells_the_others_what_they_have(world):
    world.do("call_meeting")
    world.sent()
    with Session(world.engine) as session:
        begin_change(session)
        give_reply(session, ACTOR, world.clock(), world.invitee(session, KARIN), answer="yes")
        session.commit()
    world.clock.at = at("2026-09-29 09:00")
    assert world.sent(after=timedelta()) == both("Påminnelse: Regionalt forum torsdag 1 oktober 2026")
    texts = {row.recipient: row.message.get_body(("plain",)).get_content() for row in world.sink.mails}
    assert "Du har svarat att du kommer." in texts[KARIN]
    assert "?answer=" not in texts[KARIN]
    assert "Du har inte svarat än." in texts[NILS]
    assert "?answer=yes" in texts[NILS]


def test_only_those_who_have_not_answered_are_asked_again(world):
    world.do("call_meeting", answer_by_on=date(2026, 9, 24))
    world.sent()
    with Session(world.engine) as session:
        begin_change(session)
        lena = make_person(session, "lena.aho@kommun.example.org")
        session.commit()
        lena_id = lena.id
    world.do("add_invitee", invitee=InviteeChoice(person_id=lena_id, role="guest"))
    world.sent()
    with Session(world.engine) as session:
        begin_change(session)
        give_reply(session, ACTOR, world.clock(), world.invitee(session, "lena."), answer="no")
        session.commit()
    world.clock.at = at("2026-09-22 09:00")
    # The substitute is not waited for.
    assert world.sent(after=timedelta()) == [(KARIN, "Kommer du? Regionalt forum torsdag 1 oktober 2026")]


def test_somebody_who_answers_while_the_question_waits_is_not_asked(world):
    world.do("call_meeting", answer_by_on=date(2026, 9, 24))
    world.sent()
    world.clock.at = at("2026-09-22 09:00")
    with Session(world.engine) as session:
        begin_change(session)
        fan_out(session, world.clock(), world.settings)
        give_reply(session, ACTOR, world.clock(), world.invitee(session, KARIN), answer="yes")
        session.commit()
    assert world.sent(after=timedelta()) == []
    with Session(world.engine) as session:
        [why] = session.scalars(select(OutboxMail.last_error).where(OutboxMail.kind == "chaser"))
    assert why == "answered"


def test_date_is_saved_six_weeks_before(world):
    with Session(world.engine) as session:
        begin_change(session)
        forum = session.get_one(Meeting, world.meeting_id).forum
        meetings.book_meeting(
            session, ACTOR, world.clock(), forums=[forum], on=date(2026, 12, 3), site=SITE,
            start=time(13),
        )  # fmt: skip
        announce(session, world.clock(), world.settings)
        session.commit()
    world.clock.at = at("2026-10-22 09:00")
    assert world.sent(after=timedelta()) == both("Spara dagen: Regionalt forum torsdag 3 december 2026")


def received_by(mail: EmailMessage) -> list[Any]:
    """What the calendar part of a mail says."""
    [calendar] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    return read_received(calendar.get_payload(decode=True))
