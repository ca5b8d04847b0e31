"""Reminders gathered in one mail: each in one digest only, none empty, nothing later than it would have come."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from scheduler.db import begin_write
from scheduler.mail.actions import announce, fan_out
from scheduler.mail.choices import choice_of
from scheduler.mail.delivery import deliver
from scheduler.mail.digest_rules import is_digest_day, next_digest
from scheduler.mail.digests import make_digests
from scheduler.mail.models import OutboxMail
from scheduler.meetings.models import Meeting
from scheduler.settings import Settings
from scheduler.workdays.rules import is_working_day
from tests.conftest import FakeClock
from tests.mail.conftest import mail_settings
from tests.mail.sink import Sink
from tests.mail.world import FOUND, at, cancel, make_forum, make_meeting, make_person, move, seat

KARIN, NILS = "karin.lundmark@hk.example.org", "nils.kvarna@hk.example.org"

# ---------------------------------------------------------------- when


@pytest.mark.parametrize(
    ("frequency", "day", "expected"),
    [
        ("daily", date(2026, 9, 28), True),
        ("daily", date(2026, 9, 27), False),
        ("weekly", date(2026, 9, 28), True),
        ("weekly", date(2026, 9, 29), False),
        # Easter Monday: the week's first working day is Tuesday.
        ("weekly", date(2026, 4, 6), False),
        ("weekly", date(2026, 4, 7), True),
        ("weekly", date(2026, 4, 8), False),
        ("monthly", date(2026, 10, 1), True),
        ("monthly", date(2026, 10, 2), False),
        # New Year's Day is a Thursday; 2 January is the first working day.
        ("monthly", date(2026, 1, 1), False),
        ("monthly", date(2026, 1, 2), True),
    ],
)
def test_day_of_a_digest(frequency, day, expected):
    assert is_digest_day(frequency, day) is expected


@given(st.sampled_from(["daily", "weekly"]), st.datetimes(datetime(2024, 1, 1), datetime(2036, 1, 1)))  # noqa: DTZ001 - hypothesis wants naive ends
def test_next_digest_is_at_eight_on_a_digest_day_to_come(frequency, naive):
    after = naive.replace(tzinfo=UTC)
    found = next_digest(frequency, after, "Europe/Stockholm")
    assert found > after
    assert found - after < timedelta(days=13)
    local = found.astimezone(ZoneInfo("Europe/Stockholm"))
    assert local.time() == time(8)
    assert is_working_day(local.date())


# ---------------------------------------------------------------- what


@dataclass
class House:
    engine: Engine
    settings: Settings
    sink: Sink
    clock: FakeClock
    meetings: list[int] = field(default_factory=list)
    seen: int = 0
    #: Who wants digests.
    karin: int = 0

    def morning(self, text: str) -> None:
        """Four in the morning: the day's digests are made."""
        self.clock.at = at(f"{text} 04:00")
        with Session(self.engine) as session:
            begin_write(session)
            make_digests(session, self.clock(), self.settings)
            session.commit()

    def sent(self, text: str) -> list[tuple[str, str]]:
        """What arrives until the time: to whom, and the subject."""
        self.clock.at = at(text)
        with Session(self.engine) as session:
            begin_write(session)
            fan_out(session, self.clock(), self.settings)
            session.commit()
        deliver(self.engine, self.settings, self.clock)
        mails = self.sink.mails[self.seen :]
        self.seen = len(self.sink.mails)
        return [(mail.recipient, " ".join(str(mail.message["Subject"]).split())) for mail in mails]

    def text(self) -> str:
        return str(self.sink.mails[-1].message.get_body(("plain",)).get_content())


@pytest.fixture
def world(house, sink, tmp_path) -> House:
    """Karin wants a digest a day, Nils nothing special; three meetings on 1, 2 and 15 October 2026."""
    settings = mail_settings(tmp_path, mail_mode="send", mail_relay=sink.url, mail_rate=0, secret_key="k" * 40)
    found = House(house, settings, sink, FakeClock(FOUND))
    with Session(house, expire_on_commit=False) as session:
        begin_write(session)
        karin, nils = make_person(session, KARIN), make_person(session, NILS)
        starts = (("Forum A", "2026-10-01 09:30"), ("Forum B", "2026-10-01 13:00"), ("C", "2026-10-15 09:30"))
        for name, start in starts:
            forum = make_forum(session, name)
            seat(session, forum, karin)
            seat(session, forum, nils)
            found.meetings.append(make_meeting(session, forum, start).id)
        choice_of(session, person_id=karin.id).frequency = "daily"
        found.karin = karin.id
        announce(session, FOUND, settings)
        session.commit()
    return found


def choose(world: House, frequency: str) -> None:
    """Karin wants her reminders otherwise."""
    with Session(world.engine) as session:
        begin_write(session)
        choice_of(session, person_id=world.karin).frequency = frequency
        session.commit()


DAILY = (KARIN, "Dina möten: 2 påminnelser, tisdag 29 september 2026")
REMINDED = sorted((NILS, f"Påminnelse: Forum {name} torsdag 1 oktober 2026") for name in "AB")


def test_rel_20_reminders_of_a_day_come_in_one_mail_and_in_no_other(world):
    world.morning("2026-09-28")
    assert world.sent("2026-09-28 08:00") == []
    world.morning("2026-09-29")
    assert world.sent("2026-09-29 07:59") == []
    assert world.sent("2026-09-29 08:00") == [DAILY]
    assert sorted(world.sent("2026-09-29 09:00")) == REMINDED
    world.morning("2026-09-30")
    assert world.sent("2026-09-30 12:00") == []


def test_digest_says_of_each_meeting_when_and_where_to_go_on(world):
    world.morning("2026-09-29")
    world.sent("2026-09-29 08:00")
    text = world.text()
    assert text.index("Forum A") < text.index("Torsdag 1 oktober 2026, kl. 09.30") < text.index("Forum B")
    assert text.count("https://takt.example.org/meetings/") == 2
    assert "https://takt.example.org/s/" in text
    headers = world.sink.mails[-1].message
    assert str(headers["List-Unsubscribe"]).endswith("/unsubscribe>")


def test_rel_20_digest_of_which_nothing_is_left_is_not_sent(world):
    world.morning("2026-09-29")
    with Session(world.engine) as session:
        begin_write(session)
        for number in world.meetings[:2]:
            cancel(session, session.get_one(Meeting, number))
        announce(session, world.clock(), world.settings)
        session.commit()
    assert [row for row in world.sent("2026-09-29 08:00") if row[1].startswith("Dina")] == []
    with Session(world.engine) as session:
        mail = session.scalars(select(OutboxMail).where(OutboxMail.kind == "personal_digest")).one()
        assert (mail.state, mail.last_error) == ("superseded", "nothing new")


def test_meeting_that_has_moved_since_is_not_in_the_digest(world):
    world.morning("2026-09-29")
    with Session(world.engine) as session:
        begin_write(session)
        move(session, session.get_one(Meeting, world.meetings[0]), "2026-10-20 09:30")
        announce(session, world.clock(), world.settings)
        session.commit()
    assert world.sent("2026-09-29 08:00") == [(KARIN, "Dina möten: en påminnelse, tisdag 29 september 2026")]
    assert "Forum A" not in world.text()


def test_weekly_digest_holds_what_comes_until_the_next_week(world):
    choose(world, "weekly")
    world.morning("2026-09-28")
    assert world.sent("2026-09-28 08:00") == [(KARIN, "Dina möten: 2 påminnelser, måndag 28 september 2026")]
    world.morning("2026-09-29")
    assert sorted(world.sent("2026-09-29 09:00")) == REMINDED


def test_mailing_planned_after_the_digest_comes_by_itself_when_the_next_would_be_too_late(world):
    world.morning("2026-09-30")
    with Session(world.engine) as session:
        begin_write(session)
        forum = session.get_one(Meeting, world.meetings[0]).forum
        make_meeting(session, forum, "2026-10-02 07:30", minutes=60, uid="late@takt.example.org")
        announce(session, at("2026-09-30 08:30"), world.settings)
        session.commit()
    # Due on 30 September at nine, stale on 2 October at half past five: tomorrow's digest is in time.
    assert world.sent("2026-09-30 09:00")[-1][0] == NILS
    world.morning("2026-10-01")
    assert world.sent("2026-10-01 08:00")[-1] == (KARIN, "Dina möten: en påminnelse, torsdag 1 oktober 2026")


def test_two_rounds_in_one_morning_make_one_digest(world):
    world.morning("2026-09-29")
    world.morning("2026-09-29")
    assert world.sent("2026-09-29 08:00") == [DAILY]


def test_somebody_who_wants_only_changes_gets_no_reminder(world):
    choose(world, "changes")
    world.morning("2026-09-29")
    assert sorted(world.sent("2026-09-29 09:00")) == REMINDED
