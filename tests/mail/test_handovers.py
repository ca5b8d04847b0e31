"""The mail of a hand-over: to whoever takes over and whoever leaves, once, with what is open, for both units."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from scheduler.db import begin_write
from scheduler.forums.models import CadenceVersion, Forum
from scheduler.forums.rotating import set_rotation
from scheduler.forums.rotation import rotations_of, turn_on
from scheduler.forums.seat_models import Seat
from scheduler.history.models import HistoryEntry
from scheduler.history.rules import Actor
from scheduler.mail.delivery import deliver
from scheduler.mail.handovers import changes_of, make_handovers
from scheduler.mail.models import OutboxMail
from scheduler.meetings.actions import correct_state, record_held
from scheduler.meetings.models import Meeting
from scheduler.settings import Settings
from tests.conftest import FakeClock
from tests.mail.conftest import mail_settings
from tests.mail.sink import Sink
from tests.mail.world import FOUND, at, make_forum, make_meeting, make_organisation, make_person
from tests.meetings.county import SITE

ACTOR = Actor("Sara Niemi")
OLD, NEW = "kansli@region.example.org", "kansli@kommuner.example.org"
ANNA, BO = "anna.alm@region.example.org", "bo.berg@kommuner.example.org"


@dataclass
class House:
    engine: Engine
    settings: Settings
    sink: Sink
    clock: FakeClock
    forum_id: int = 0

    def hour(self, when: str) -> list[tuple[str, str]]:
        """The clock's round at a time: to whom mails went, and their subjects."""
        self.clock.at = at(when)
        with Session(self.engine) as session:
            begin_write(session)
            make_handovers(session, self.clock(), self.settings)
            session.commit()
        seen = len(self.sink.mails)
        deliver(self.engine, self.settings, self.clock)
        found = [(mail.recipient, str(mail.message["Subject"])) for mail in self.sink.mails[seen:]]
        return sorted((to, " ".join(subject.split())) for to, subject in found)

    def text(self, address: str, kind: str = "plain") -> str:
        mail = next(mail for mail in reversed(self.sink.mails) if mail.recipient == address)
        return " ".join(str(mail.message.get_body((kind,)).get_content()).split())


@pytest.fixture
def world(house, sink, tmp_path, writing):
    """A forum that must meet four times a year, with a seat nobody fills."""
    settings = mail_settings(tmp_path, mail_mode="send", mail_relay=sink.url, mail_rate=0, secret_key="k" * 40)
    found = House(house, settings, sink, FakeClock(FOUND))
    with writing() as session:
        forum = make_forum(session)
        forum.cadences.append(
            CadenceVersion(kind="count", min=4, max=4, target=4, period="year", valid_from_on=date(2026, 1, 1))
        )
        session.add(Seat(forum_id=forum.id, kind="ordinary"))
        found.forum_id = forum.id
    return found


def rotate(world: House, task: str, unit: str, writing, *, start_on: date) -> None:
    with writing() as session:
        forum = session.get_one(Forum, world.forum_id)
        if task == "secretariat":
            entries = [
                ("organisation", make_organisation(session, "Region Norrbotten", contact_email=OLD).id),
                ("organisation", make_organisation(session, "Norrbottens Kommuner", contact_email=NEW).id),
            ]
        else:
            entries = [("person", make_person(session, address).id) for address in (ANNA, BO)]
        set_rotation(session, ACTOR, FOUND, forum, task=task, entries=entries, start_on=start_on, unit=unit)


def booked(session: Session, forum: Forum, start: str) -> Meeting:
    return make_meeting(session, forum, start, state="confirmed", uid=f"meeting-{uuid.uuid4()}@takt.example.org")


def test_secretariat_by_the_year_is_told_on_the_day_once_with_what_is_open(world, writing):
    rotate(world, "secretariat", "year", writing, start_on=date(2026, 1, 1))
    assert world.hour("2026-12-31 12:00") == []
    assert world.hour("2027-01-01 04:30") == []  # not at night
    subject = "Sekretariatet för Regionalt forum går över 1 januari 2027"
    assert world.hour("2027-01-01 08:30") == [(NEW, subject), (OLD, subject)]
    assert world.hour("2027-01-01 09:30") == []
    assert world.hour("2027-01-02 08:30") == []
    new, old = world.text(NEW), world.text(OLD)
    assert (
        "Från och med 1 januari 2027 har ni sekretariatet för Regionalt forum efter Region Norrbotten. "
        "Det här är öppet." in new
    )
    assert "efter er. Det här lämnar ni över." in old
    for text in (new, old, world.text(NEW, "html")):
        assert "https://takt.example.org/forums/regionalt-forum" in text
    assert "TOMMA PLATSER en plats utan någon på" in new


def test_chair_by_the_year_is_told_by_name(world, writing):
    rotate(world, "chair", "year", writing, start_on=date(2026, 1, 1))
    subject = "Ordförandeskapet i Regionalt forum går över 1 januari 2027"
    assert world.hour("2027-01-01 08:30") == [(ANNA, subject), (BO, subject)]
    assert "leder du Regionalt forum efter Anna Alm" in world.text(BO)
    assert "leder Bo Berg Regionalt forum efter dig" in world.text(ANNA)


def test_turn_by_the_meeting_goes_over_when_it_is_recorded_as_held(world, writing):
    rotate(world, "secretariat", "meeting", writing, start_on=date(2026, 1, 1))
    with writing() as session:
        forum = session.get_one(Forum, world.forum_id)
        held = booked(session, forum, "2026-10-01 09:30")
        booked(session, forum, "2026-11-12 09:30")
        held_id = held.id
    assert world.hour("2026-10-02 08:30") == []  # nobody has said that it was held
    with writing() as session:
        meeting = session.get_one(Meeting, held_id)
        record_held(session, ACTOR, at("2026-10-05 10:00"), meeting, version=None, site=SITE)
        [rotation] = rotations_of(session, [world.forum_id])[world.forum_id]
        assert turn_on(rotation, date(2026, 10, 1)).organisation.name == "Region Norrbotten"
        assert turn_on(rotation, date(2026, 10, 2)).organisation.name == "Norrbottens Kommuner"
        assert session.scalar(select(HistoryEntry.id).where(HistoryEntry.action == "rotation.hand_over")) is not None
    subject = "Sekretariatet för Regionalt forum går över 2 oktober 2026"
    assert world.hour("2026-10-05 10:30") == [(NEW, subject), (OLD, subject)]
    assert "12 november 2026" in world.text(NEW)
    assert world.hour("2026-10-06 10:30") == []


def test_held_that_is_taken_back_before_the_mail_has_left_sends_nothing_and_the_turn_goes_on(world, writing):
    rotate(world, "secretariat", "meeting", writing, start_on=date(2026, 1, 1))
    with writing() as session:
        meeting = make_meeting(
            session,
            session.get_one(Forum, world.forum_id),
            "2026-10-01 09:30",
            state="confirmed",
            uid=f"meeting-{uuid.uuid4()}@takt.example.org",
        )
        record_held(session, ACTOR, at("2026-10-01 20:00"), meeting, version=None, site=SITE)
        meeting_id = meeting.id
    assert world.hour("2026-10-02 04:30") == []
    with writing() as session:
        assert len(session.scalars(select(OutboxMail).where(OutboxMail.kind == "hand_over")).all()) == 2
        meeting = session.get_one(Meeting, meeting_id)
        correct_state(
            session, ACTOR, at("2026-10-02 06:00"), meeting, to="confirmed", reason="Fel möte", version=None, site=SITE
        )
        [rotation] = rotations_of(session, [world.forum_id])[world.forum_id]
        assert turn_on(rotation, date(2026, 10, 2)).organisation.name == "Region Norrbotten"
    assert world.hour("2026-10-02 08:30") == []


def test_meeting_entered_long_afterwards_ends_no_turn(world, writing):
    rotate(world, "secretariat", "meeting", writing, start_on=date(2026, 9, 1))
    with writing() as session:
        meeting = make_meeting(
            session,
            session.get_one(Forum, world.forum_id),
            "2026-03-01 09:30",
            state="confirmed",
            uid=f"meeting-{uuid.uuid4()}@takt.example.org",
        )
        record_held(session, ACTOR, at("2026-10-05 10:00"), meeting, version=None, site=SITE)
        [rotation] = rotations_of(session, [world.forum_id])[world.forum_id]
        assert list(changes_of(rotation, date(2026, 1, 1), date(2027, 1, 1))) == []


def test_nothing_of_a_turn_long_past_is_told(world, writing):
    rotate(world, "secretariat", "year", writing, start_on=date(2024, 1, 1))
    assert world.hour("2026-03-02 08:30") == []
    with writing() as session:
        [rotation] = rotations_of(session, [world.forum_id])[world.forum_id]
        days = [change.on for change in changes_of(rotation, date(2024, 1, 1), date(2026, 12, 31))]
    assert days == [date(2025, 1, 1), date(2026, 1, 1)]
