"""What would go out until an instant, by ``takt mail due``: who gets what when, and nothing is sent."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from scheduler.cli import takt
from scheduler.clock import system_clock
from scheduler.db import begin_write, install_listeners
from scheduler.errors import Refused
from scheduler.mail.actions import announce
from scheduler.mail.forecast import forecast
from scheduler.mail.models import MailHold, OutboxMail
from tests.mail.world import DUE, FOUND, make_forum, make_meeting, make_person, seat, waiting_mail

KARIN = "karin.lundmark@hk.example.org"


def told(session, until):
    return [(mail.kind, mail.to, mail.state) for mail in forecast(session, FOUND, until)]


@pytest.mark.usefixtures("kinds")
def test_forecast_holds_what_waits_and_what_is_planned_until_then(session):
    forum = make_forum(session)
    seat(session, forum, make_person(session))
    make_meeting(session, forum)
    announce(session, FOUND)
    waiting_mail(session, next_at=DUE - timedelta(days=1), stale_at=DUE)
    assert told(session, DUE - timedelta(days=2)) == []
    assert told(session, DUE - timedelta(seconds=1)) == [("login_link", "person0@example.org", "waiting")]
    assert told(session, DUE) == [
        ("login_link", "person0@example.org", "waiting"),
        ("reminder", KARIN, "planned"),
    ]  # fmt: skip
    assert session.scalars(select(OutboxMail).where(OutboxMail.kind == "reminder")).all() == []


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """The database of an installation of its own."""
    url = f"sqlite:///{tmp_path / 'takt.sqlite3'}"
    monkeypatch.setenv("TAKT_INSTANCE", str(tmp_path))
    monkeypatch.setenv("TAKT_DATABASE_URL", url)
    assert run("init").exit_code == 0
    engine = create_engine(url)
    install_listeners(engine)
    yield engine
    engine.dispose()


def run(*arguments):
    return CliRunner().invoke(takt, [*arguments])


def test_command_prints_the_mails_until_a_time_and_sends_none(engine):
    soon = system_clock() + timedelta(hours=2)
    with Session(engine) as session:
        begin_write(session)
        waiting_mail(session, next_at=soon, stale_at=soon + timedelta(days=1))
        session.commit()
    assert run("mail", "due").output == "0 brev.\n"
    later = (soon + timedelta(hours=1)).isoformat()
    [mail] = json.loads(run("mail", "due", "--at", later, "--json").output)
    assert (mail["kind"], mail["to"], mail["state"]) == ("login_link", "person0@example.org", "waiting")
    said = run("mail", "due", "--at", later)
    assert "login_link" in said.output
    assert "1 brev." in said.output
    with Session(engine) as session:
        assert session.scalars(select(OutboxMail.state)).all() == ["pending"]


def test_command_refuses_what_is_no_time(engine):
    said = run("mail", "due", "--at", "tomorrow")
    assert said.exit_code != 0
    assert isinstance(said.exception, Refused)
    assert [problem.field for problem in said.exception.problems] == ["--at"]


def test_command_tells_of_a_hold_and_release_lets_it_go(engine):
    with Session(engine) as session:
        begin_write(session)
        session.add(MailHold(kind="reminder", reason="surge", at=system_clock()))
        session.commit()
    said = run("mail", "due")
    assert said.exit_code == 1
    assert "reminder hålls: surge" in said.output
    assert run("mail", "release", "reminder").exit_code == 0
    assert run("mail", "due").exit_code == 0
    assert run("mail", "release", "reminder").exit_code != 0
