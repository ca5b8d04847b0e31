"""The secretariat's overview each Monday and the organisation's each month: who gets one, what it says, when not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from scheduler.accounts.models import User, UserRole
from scheduler.db import begin_write
from scheduler.forums.models import CadenceVersion, Forum
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.mail.choices import choice_of
from scheduler.mail.delivery import deliver
from scheduler.mail.models import IncomingMail, OutboxMail
from scheduler.mail.overviews import make_overviews
from scheduler.meetings.models import Meeting
from scheduler.polls.models import Poll, PollInvitee, PollOption
from scheduler.settings import Settings
from tests.conftest import FakeClock
from tests.mail.conftest import mail_settings
from tests.mail.sink import Sink
from tests.mail.world import FOUND, at, make_forum, make_meeting, make_organisation, make_person, seat

EVA, CHAMBER = "eva.sundin@region.example.org", "kontakt@kammaren.example.org"
#: Monday 5 October 2026, and the first working day of the month.
MONDAY, FIRST = "2026-10-05", "2026-10-01"


@dataclass
class House:
    engine: Engine
    settings: Settings
    sink: Sink
    clock: FakeClock
    forum_id: int = 0
    organisation_id: int = 0

    def morning(self, day: str) -> list[tuple[str, str]]:
        """Makes the day's overviews at four and sends at eight: to whom, and the subject."""
        self.clock.at = at(f"{day} 04:00")
        with Session(self.engine) as session:
            begin_write(session)
            make_overviews(session, self.clock(), self.settings)
            session.commit()
        seen = len(self.sink.mails)
        deliver(self.engine, self.settings, self.clock)
        assert len(self.sink.mails) == seen  # not before eight
        self.clock.at = at(f"{day} 08:00")
        deliver(self.engine, self.settings, self.clock)
        found = [(mail.recipient, str(mail.message["Subject"])) for mail in self.sink.mails[seen:]]
        return [(to, " ".join(subject.split())) for to, subject in found]

    def text(self) -> str:
        return str(self.sink.mails[-1].message.get_body(("plain",)).get_content()).replace("\r\n", "\n")

    def html(self) -> str:
        return str(self.sink.mails[-1].message.get_body(("html",)).get_content())


@pytest.fixture
def world(house, sink, tmp_path):
    """A forum that must meet each quarter and has not, kept by Eva; the Chamber has two seats of it, one vacant."""
    settings = mail_settings(tmp_path, mail_mode="send", mail_relay=sink.url, mail_rate=0, secret_key="k" * 40)
    found = House(house, settings, sink, FakeClock(FOUND))
    with Session(house, expire_on_commit=False) as session:
        begin_write(session)
        keeper = make_organisation(session, "Region Norrbotten")
        chamber = make_organisation(session, contact_email=CHAMBER)
        forum = make_forum(session, secretariat_id=keeper.id)
        forum.cadences.append(
            CadenceVersion(kind="count", min=4, max=4, target=4, period="year", valid_from_on=date(2026, 1, 1))
        )
        seat(session, forum, make_person(session), organisation=chamber)
        session.add(Seat(forum_id=forum.id, kind="ordinary", organisation_id=chamber.id))
        eva = make_person(session, EVA)
        session.add(
            User(
                login=EVA, name="Eva Sundin", person_id=eva.id, created_at=FOUND,
                roles=[UserRole(role="secretariat", organisation_id=keeper.id)],
            )
        )  # fmt: skip
        session.add(User(login="reader@region.example.org", name="Läsare", created_at=FOUND))
        found.forum_id, found.organisation_id = forum.id, chamber.id
        session.commit()
    yield found
    with Session(house) as session:
        begin_write(session)
        for table in (UserRole, OutboxMail, User):
            session.execute(delete(table))
        session.commit()


def change(world: House, act) -> None:
    with Session(world.engine) as session:
        begin_write(session)
        act(session)
        session.commit()


def test_secretariat_is_told_on_the_first_working_day_of_the_week_what_waits(world):
    [(to, subject)] = world.morning(MONDAY)
    assert to == EVA
    assert subject == "Veckans läge: 2 saker att göra, 5 oktober 2026"
    text = world.text()
    assert text.startswith("Veckans läge\n\nHej Eva.\n\nBEHÖVER ETT DATUM\n\nRegionalt forum\n")
    assert "kalla senast " in text.partition("TOMMA")[0]
    assert "TOMMA PLATSER\n\nRegionalt forum\nen plats utan någon på\n" in text
    assert "https://takt.example.org/forums/regionalt-forum/seats\n" in text
    assert "Lundmark" not in text  # nobody but its recipient
    unsubscribe = str(world.sink.mails[-1].message["List-Unsubscribe"])
    assert unsubscribe.startswith("<https://takt.example.org/s/")
    assert unsubscribe.endswith("/unsubscribe>")
    assert '<span lang="sv">Regionalt forum</span>' in world.html()


def test_secretariat_is_told_which_polls_wait_for_a_date_and_which_soon_will(world):
    def ask(session):
        person_id = session.scalars(select(Appointment.person_id)).first()
        # The last day has passed; comes within the week, and later; a draft, and one that is over.
        for number, (day, state) in enumerate(
            [("2026-10-02", "open"), ("2026-10-09", "open"), ("2026-10-20", "open"), ("2026-10-02", "draft"),
             ("2026-10-02", "without_result")]
        ):  # fmt: skip
            start_at = at(f"2026-11-1{number} 10:00")
            option = PollOption(
                uid=f"meeting-{number}", start_at=start_at, end_at=start_at + timedelta(hours=1),
                local_on=start_at.date(),
            )  # fmt: skip
            session.add(
                Poll(
                    uid=f"poll-{number}", forum_id=world.forum_id, duration=60, answer_by_on=date.fromisoformat(day),
                    state=state, created_at=FOUND, revised_at=FOUND, options=[option],
                    invitees=[PollInvitee(person_id=person_id)],
                )
            )  # fmt: skip

    change(world, ask)
    [(_to, subject)] = world.morning(MONDAY)
    assert subject.startswith("Veckans läge: 4 saker att göra")
    part = world.text().partition("DATUMFÖRFRÅGNINGAR")[2].partition("TOMMA")[0]
    assert "0 av 1 har svarat. Välj datum." in part
    assert "0 av 1 har svarat, sista dag är fredag 9 oktober." in part
    assert part.count("https://takt.example.org/polls/") == 2


@pytest.mark.parametrize("day", ["2026-10-04", "2026-10-06"])
def test_secretariat_is_not_told_on_other_days(world, day):
    assert world.morning(day) == []


def test_overview_is_made_once_whoever_makes_it(world):
    assert len(world.morning(MONDAY)) == 1
    assert world.morning(MONDAY) == []


def _quiet(session: Session) -> None:
    session.execute(delete(CadenceVersion))
    session.execute(delete(Seat).where(~Seat.appointments.any()))


def test_secretariat_with_nothing_to_do_gets_no_mail(world):
    change(world, _quiet)
    assert world.morning(MONDAY) == []
    with Session(world.engine) as session:
        mail = session.scalars(select(OutboxMail).where(OutboxMail.kind == "secretariat_digest")).one()
        assert (mail.state, mail.last_error) == ("superseded", "nothing new")


def test_what_is_done_before_the_mail_leaves_is_not_in_it(world):
    world.clock.at = at(f"{MONDAY} 04:00")
    change(world, lambda session: make_overviews(session, world.clock(), world.settings))
    change(world, _quiet)
    assert world.morning(MONDAY) == []


def test_secretariat_that_wants_only_changes_or_is_one_no_more_gets_none(world):
    change(world, lambda session: setattr(_choice(session), "frequency", "changes"))
    assert world.morning(MONDAY) == []
    change(world, lambda session: setattr(_choice(session), "frequency", "each"))
    change(world, lambda session: setattr(session.scalars(select(UserRole)).one(), "to_on", date(2026, 10, 9)))
    assert world.morning("2026-10-12") == []


def _choice(session: Session):
    return choice_of(session, person_id=session.scalars(select(User.person_id).where(User.login == EVA)).one())


def _busy_autumn(session: Session) -> None:
    forum_id = session.scalars(select(Seat.forum_id)).first()
    appointment = session.scalars(select(Appointment)).first()
    appointment.to_on = date(2026, 11, 30)
    appointment.person.emails[0].bounce_state = "hard"
    meeting = session.scalars(select(Meeting).where(Meeting.forum_rows.any(forum_id=forum_id))).first()
    meeting.start_at -= timedelta(days=14)
    meeting.end_at -= timedelta(days=14)
    meeting.local_on -= timedelta(days=14)
    session.add(IncomingMail(message_id="<a@b>", at=FOUND, kind="other", state="look"))


def test_secretariat_is_told_of_outcomes_mandates_bounces_and_answers_too(world):
    with Session(world.engine) as session:
        begin_write(session)
        make_meeting(session, session.get_one(Forum, world.forum_id))
        session.commit()
    change(world, _busy_autumn)
    [(_to, subject)] = world.morning(MONDAY)
    text = world.text()
    assert "HÖLLS MÖTET?\n\nRegionalt forum\ntorsdag 17 september 2026\n" in text
    assert "UPPDRAG SOM GÅR UT\n\nRegionalt forum\nett uppdrag går ut 30 november 2026\n" in text
    assert "En adress studsar.\nhttps://takt.example.org/health\n" in text
    assert "Ett svar behöver tittas på.\nhttps://takt.example.org/mail/incoming\n" in text
    assert subject.startswith("Veckans läge: 6 saker att göra")


def test_secretariat_is_told_in_its_language(world):
    change(
        world, lambda session: setattr(session.scalars(select(User).where(User.login == EVA)).one(), "language", "en")
    )
    [(_to, subject)] = world.morning(MONDAY)
    assert subject == "The week ahead: 2 things to do, 5 October 2026"
    assert "NEEDS A DATE\n" in world.text()
    assert "https://takt.example.org/forums/regionalt-forum/seats?language=en\n" in world.text()


def test_organisation_hears_once_a_month_of_its_seats_and_meetings(world):
    with Session(world.engine) as session:
        begin_write(session)
        make_meeting(session, session.get_one(Forum, world.forum_id), "2026-10-20 09:30")
        session.commit()
    [(to, subject)] = world.morning(FIRST)
    assert (to, subject) == (CHAMBER, "Norrbottens Handelskammare i nätverken: oktober 2026")
    text = world.text()
    assert "MÖTEN DE NÄRMASTE TVÅ MÅNADERNA\n\nRegionalt forum\nTisdag 20 oktober 2026, kl. 09.30–15.00\n" in text
    assert "TOMMA PLATSER\n\nRegionalt forum\nen plats utan någon på\n" in text
    assert "ERA PLATSER\n\nRegionalt forum\n2 platser\n" in text
    assert "https://takt.example.org/o/" in text
    assert "Lundmark" not in text


def test_organisation_that_wants_only_changes_or_has_no_seat_gets_none(world):
    def stop(session: Session) -> None:
        choice_of(session, organisation_id=world.organisation_id).frequency = "changes"

    change(world, stop)
    assert world.morning(FIRST) == []
    change(
        world, lambda session: setattr(choice_of(session, organisation_id=world.organisation_id), "frequency", "each")
    )
    change(world, lambda session: [setattr(row, "to_on", date(2026, 10, 15)) for row in session.scalars(select(Seat))])
    assert world.morning("2026-12-01") == []


def test_instants_are_told_apart(world):
    """A digest day is a civil day of the installation: half past midnight in Stockholm is still Sunday in UTC."""
    world.clock.at = datetime.fromisoformat("2026-10-04T22:30:00+00:00")
    with Session(world.engine) as session:
        begin_write(session)
        assert make_overviews(session, world.clock(), world.settings) == 1
