"""Reminders of action points: three days before, once when late, to a person or an organisation, and to nobody else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from scheduler.db import begin_write
from scheduler.mail.action_mails import make_action_mails
from scheduler.mail.choices import choice_of
from scheduler.mail.delivery import deliver
from scheduler.mail.models import MailStop, OutboxMail
from scheduler.records.models import ActionPoint
from scheduler.settings import Settings
from tests.conftest import FakeClock
from tests.mail.conftest import mail_settings
from tests.mail.sink import Sink
from tests.mail.world import FOUND, at, make_forum, make_organisation, make_person

KARIN, CHAMBER = "karin.lundmark@hk.example.org", "kontakt@kammaren.example.org"
REMINDER = "Påminnelse om åtgärd: Skicka yttrandet"
LATE = "Försenad åtgärd: Skicka yttrandet"


@dataclass
class House:
    engine: Engine
    settings: Settings
    sink: Sink
    clock: FakeClock
    forum_id: int = 0
    person_id: int = 0
    organisation_id: int = 0
    point_id: int = 0

    def change(self, act) -> None:
        with Session(self.engine) as session:
            begin_write(session)
            act(session, session.get_one(ActionPoint, self.point_id))
            session.commit()

    def morning(self, day: str) -> list[tuple[str, str]]:
        """Makes the day's reminders at four and sends at eight: to whom, and the subject."""
        self.clock.at = at(f"{day} 04:00")
        with Session(self.engine) as session:
            begin_write(session)
            make_action_mails(session, self.clock(), self.settings)
            session.commit()
        seen = len(self.sink.mails)
        self.clock.at = at(f"{day} 08:00")
        deliver(self.engine, self.settings, self.clock)
        found = [(mail.recipient, str(mail.message["Subject"])) for mail in self.sink.mails[seen:]]
        return [(to, " ".join(subject.split())) for to, subject in found]

    def text(self) -> str:
        return str(self.sink.mails[-1].message.get_body(("plain",)).get_content()).replace("\r\n", "\n")


@pytest.fixture
def world(house, sink, tmp_path):
    """A point of Karin's, to be done by Thursday 15 October 2026."""
    settings = mail_settings(tmp_path, mail_mode="send", mail_relay=sink.url, mail_rate=0, secret_key="k" * 40)
    found = House(house, settings, sink, FakeClock(FOUND))
    with Session(house, expire_on_commit=False) as session:
        begin_write(session)
        forum, person = make_forum(session), make_person(session, KARIN)
        chamber = make_organisation(session, contact_email=CHAMBER)
        point = ActionPoint(
            forum_id=forum.id, text="Skicka yttrandet", owner_person_id=person.id, due_on=date(2026, 10, 15),
            created_at=FOUND,
        )  # fmt: skip
        session.add(point)
        session.flush()
        found.forum_id, found.person_id, found.organisation_id = forum.id, person.id, chamber.id
        found.point_id = point.id
        session.commit()
    yield found
    with Session(house) as session:
        begin_write(session)
        for table in (ActionPoint, OutboxMail):
            session.execute(delete(table))
        session.commit()


DAYS = [f"2026-10-{day:02d}" for day in (9, 12, 13, 15, 16, 17, 19, 20, 30)]


def test_owner_is_told_once_before_and_once_after(world):
    told = {day: world.morning(day) for day in DAYS}
    # Three days before Thursday is Monday; the day after is Friday.
    assert {day: mails for day, mails in told.items() if mails} == {
        "2026-10-12": [(KARIN, REMINDER)], "2026-10-16": [(KARIN, LATE)],
    }  # fmt: skip


def test_reminder_says_what_until_when_and_where_it_is_told_done(world):
    world.morning("2026-10-12")
    text = world.text()
    assert text.startswith(
        "En åtgärd ska snart vara klar\n\nHej Karin.\n\nRegionalt forum\nSkicka yttrandet\n"
        "Klar senast torsdag 15 oktober.\n\nÖppna min sida:\nhttps://takt.example.org/me\n"
    )
    assert str(world.sink.mails[-1].message["List-Unsubscribe"]).startswith("<https://takt.example.org/s/")


@pytest.mark.parametrize(("due", "first"), [(date(2026, 10, 14), "2026-10-09"), (date(2026, 10, 13), "2026-10-09")])
def test_reminder_of_a_day_off_goes_on_the_working_day_before(world, due, first):
    world.change(lambda _session, point: setattr(point, "due_on", due))
    assert [day for day in ("2026-10-08", "2026-10-09", "2026-10-12") if world.morning(day)] == [first]


def _put_off(_session, point):
    point.due_on = date(2026, 10, 29)


def _done(_session, point):
    point.state = "done"


def _nobody(_session, point):
    point.owner_person_id = None


@pytest.mark.parametrize("act", [_put_off, _done, _nobody])
def test_what_no_longer_holds_is_not_sent(world, act):
    world.clock.at = at("2026-10-12 04:00")
    with Session(world.engine) as session:
        begin_write(session)
        assert make_action_mails(session, world.clock(), world.settings) == 1
        session.commit()
    world.change(act)
    assert world.morning("2026-10-12") == []


def test_point_that_is_put_off_is_reminded_of_anew(world):
    world.morning("2026-10-12")
    world.change(_put_off)
    assert world.morning("2026-10-16") == []
    assert world.morning("2026-10-26") == [(KARIN, REMINDER)]


def test_organisation_is_told_at_its_own_address(world):
    def give(_session, point):
        point.owner_person_id, point.owner_organisation_id = None, world.organisation_id

    world.change(give)
    assert world.morning("2026-10-12") == [(CHAMBER, REMINDER)]
    assert "Ni får brevet för att ni är ansvariga för åtgärden." in world.text()
    assert "/me" not in world.text()


def test_whoever_wants_no_such_mail_gets_none(world):
    def only_changes(session, _point):
        choice_of(session, person_id=world.person_id).frequency = "changes"

    world.change(only_changes)
    assert world.morning("2026-10-12") == []

    def stop(session, _point):
        choice = choice_of(session, person_id=world.person_id)
        choice.frequency = "each"
        session.add(MailStop(choice_id=choice.id, forum_id=world.forum_id, at=FOUND))

    world.change(stop)
    assert world.morning("2026-10-13") == []


def test_what_has_been_late_for_long_is_told_by_the_agenda_alone(world):
    world.change(lambda _session, point: setattr(point, "due_on", date(2026, 9, 1)))
    assert world.morning("2026-10-12") == []
    with Session(world.engine) as session:
        assert session.scalars(select(OutboxMail)).all() == []
