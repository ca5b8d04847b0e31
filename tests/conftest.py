"""What every test may ask for: a database of its own kind, a session, a fixed clock, an actor.

Tests that take ``engine`` or ``session`` run on SQLite and on PostgreSQL. Without a PostgreSQL server the
latter are skipped and say why; with TAKT_REQUIRE_POSTGRES=1 (CI) that is a failure.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.orm import Session

from scheduler import schema
from scheduler.db import begin_write, install_listeners
from scheduler.history.rules import Actor

POSTGRES_URL = os.environ.get("TAKT_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A database of this run's own on the server, dropped at the end."""
    server = create_engine(POSTGRES_URL, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3})
    try:
        connection = server.connect()
    except Exception as error:  # noqa: BLE001 - any reason for no server is a reason to say so
        reason = f"no PostgreSQL server at {make_url(POSTGRES_URL).host} (TAKT_TEST_POSTGRES_URL): {error!r:.120}"
        if os.environ.get("TAKT_REQUIRE_POSTGRES"):
            pytest.fail(reason)
        pytest.skip(reason)
    name = f"takt_test_{uuid.uuid4().hex[:12]}"
    connection.execute(text(f'CREATE DATABASE "{name}"'))
    yield make_url(POSTGRES_URL).set(database=name).render_as_string(hide_password=False)
    connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    connection.close()
    server.dispose()


@pytest.fixture(scope="session")
def sqlite_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    path: Path = tmp_path_factory.mktemp("database") / "takt.sqlite3"
    engine = create_engine(f"sqlite:///{path}")
    install_listeners(engine)
    schema.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_engine(postgres_url: str) -> Iterator[Engine]:
    engine = create_engine(postgres_url)
    install_listeners(engine)
    schema.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest) -> Engine:
    """A migrated, empty database; tests clean up by rolling back (``session``)."""
    found: Engine = request.getfixturevalue(f"{request.param}_engine")
    return found


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A writer's session on both databases in turn; whatever the test does is rolled back."""
    with Session(engine, expire_on_commit=False) as session:
        begin_write(session)
        yield session
        session.rollback()


@pytest.fixture
def now() -> datetime:
    """Sunday 22 November 2026, 10.00 in Stockholm."""
    return NOW


@pytest.fixture
def actor() -> Actor:
    return Actor("Sara Niemi", user_id=None)
