"""A database of its own for tests that commit, a mail server, settings that send."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, delete, event, make_url, text
from sqlalchemy.orm import Session

from scheduler.accounts.models import LimitCount
from scheduler.db import begin_write
from scheduler.forums.kinds import seed_kinds
from scheduler.forums.models import Forum, Rotation, RotationEntry, Turn
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.history.models import HistoryEntry, ScopeVersion
from scheduler.mail.models import (
    DigestItem,
    IncomingMail,
    JobRun,
    Lease,
    MailChoice,
    MailCount,
    MailHold,
    MailStop,
    Occurrence,
    OutboxAttempt,
    OutboxMail,
    ReminderRule,
    Suppression,
)
from scheduler.meetings.models import Fragment, Invitee, Meeting, MeetingChange, MeetingForum, MeetingScope, Reply
from scheduler.organisations.models import Organisation, Person, PersonEmail
from scheduler.polls.models import Poll, PollInvitee, PollOption, PollSeat, PollVote
from scheduler.settings import Settings
from tests.conftest import FakeClock, open_engine
from tests.mail.mailbox import Mailbox, need_dovecot
from tests.mail.sink import Sink
from tests.mail.world import DUE

#: What these tests fill, those that refer to others first.
LEFT_BEHIND = (
    PollVote, PollInvitee, PollOption, PollSeat, Poll,
    DigestItem, IncomingMail, MailStop, MailChoice, MailHold, MailCount, OutboxAttempt, OutboxMail, Occurrence,
    ReminderRule, Suppression, JobRun, Lease, LimitCount, HistoryEntry, ScopeVersion, MeetingChange, Reply, Invitee,
    Fragment, MeetingScope, MeetingForum, Meeting, Appointment, Seat, Turn, RotationEntry, Rotation, Forum, PersonEmail,
    Person, Organisation,
)  # fmt: skip
Writing = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def kinds(session) -> None:
    """The kinds of forums, in the session that is rolled back."""
    seed_kinds(session)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def house_url(request, tmp_path_factory) -> Iterator[str]:
    """The URL of a database for the tests of one file, with the kinds in it; both databases in turn."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("house") / "takt.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    url = make_url(request.getfixturevalue("postgres_url"))
    name = f"{url.database}_house"
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        template = request.getfixturevalue("postgres_template")
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    yield url.set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    server.dispose()


@pytest.fixture
def house(house_url) -> Iterator[Engine]:
    """A database to commit in; what a test leaves is deleted, but for the kinds."""
    engine = open_engine(house_url)
    yield engine
    with Session(engine) as session:
        begin_write(session)
        for table in LEFT_BEHIND:
            session.execute(delete(table))
        session.commit()
    engine.dispose()


@pytest.fixture
def writing(house) -> Writing:
    """A writer's transaction for a ``with`` block, at whose end it commits."""

    @contextmanager
    def begin() -> Iterator[Session]:
        with Session(house, expire_on_commit=False) as session:
            begin_write(session)
            yield session
            session.commit()

    return begin


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as sink:
        yield sink


@pytest.fixture(scope="module")
def server() -> Iterator[Mailbox]:
    """An IMAP server for the tests of one file."""
    need_dovecot()
    with Mailbox() as server:
        yield server


@pytest.fixture
def box(server, monkeypatch) -> Mailbox:
    """The mailbox, empty; its certificate is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificates))
    server.empty()
    return server


@pytest.fixture
def sending(sink, tmp_path) -> Settings:
    """Settings that send to the sink, without a limit."""
    return mail_settings(tmp_path, mail_mode="send", mail_relay=sink.url, mail_rate=0)


@pytest.fixture
def logging_(tmp_path) -> Settings:
    """Settings that write mails down instead of sending them."""
    return mail_settings(tmp_path)


def mail_settings(instance: Path, **given: object) -> Settings:
    values = {
        "instance": instance,
        "organisation": "Region Norrbotten",
        "base_url": "https://takt.example.org",
        "mail_from": "takt@region.example.org",
        "calendar_domain": "takt.example.org",
        **given,
    }
    return Settings(**values)


@pytest.fixture
def due_clock() -> FakeClock:
    """Stands at 09.00 on Tuesday 29 September 2026, when the reminders of these tests are due."""
    return FakeClock(DUE)


@pytest.fixture
def count_queries(session):
    """The statements the session sends inside a ``with`` block."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        said: list[str] = []

        def note(_connection, _cursor, statement, *_rest) -> None:
            said.append(statement)

        event.listen(session.connection(), "before_cursor_execute", note)
        yield said
        event.remove(session.connection(), "before_cursor_execute", note)

    return counting
