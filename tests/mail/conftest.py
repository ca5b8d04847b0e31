"""A database of its own for tests that commit, a mail server, settings that send."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session

from scheduler.db import begin_write, install_listeners
from scheduler.forums.kinds import seed_kinds
from scheduler.settings import Settings
from tests.conftest import FakeClock
from tests.mail.sink import Sink
from tests.mail.world import DUE

Writing = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def kinds(session) -> None:
    """The kinds of forums, in the session that is rolled back."""
    seed_kinds(session)


@pytest.fixture
def house(database_url) -> Iterator[Engine]:
    """A database of the test's own, to commit in; both databases in turn."""
    engine = create_engine(database_url)
    install_listeners(engine)
    yield engine
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
