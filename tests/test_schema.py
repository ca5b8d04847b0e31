"""The migrations make exactly the tables of the code, up, down and up again, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, create_engine, inspect, make_url, select, text
from sqlalchemy.orm import Session

from scheduler import schema
from scheduler.db import begin_write, install_listeners
from scheduler.forums.kinds import seed_kinds
from scheduler.meetings.belonging import follow_all
from scheduler.meetings.models import Meeting
from tests.conftest import NOW
from tests.web.world import build


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request, tmp_path):
    """An empty database of its own, since these tests change the schema."""
    if request.param == "sqlite":
        engine = create_engine(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    else:
        url = make_url(request.getfixturevalue("postgres_url"))
        name = f"{url.database}_empty"
        server = create_engine(url, isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
        engine = create_engine(url.set(database=name))
    install_listeners(engine)
    yield engine
    engine.dispose()
    if request.param == "postgres":
        with server.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        server.dispose()


def test_migrations_up_down_up_leave_no_drift(empty: Engine):
    schema.upgrade(empty)
    with empty.connect() as connection:
        assert schema.current(connection) == schema.head()
        assert schema.drift(connection) == []
    schema.downgrade(empty)
    assert inspect(empty).get_table_names() == ["alembic_version"]
    schema.upgrade(empty)
    with empty.connect() as connection:
        assert schema.drift(connection) == []


def test_upgrade_on_a_current_database_changes_nothing(empty: Engine):
    schema.upgrade(empty)
    schema.upgrade(empty)
    with empty.connect() as connection:
        assert schema.current(connection) == schema.head()


def test_current_of_an_empty_database_is_none(empty: Engine):
    with empty.connect() as connection:
        assert schema.current(connection) is None


def test_upgrade_reckons_whose_calendars_hold_the_meetings_that_are_there(empty: Engine):
    schema.upgrade(empty)
    with Session(empty) as session:
        begin_write(session)
        seed_kinds(session)
        build(session, NOW)
        follow_all(session)
        session.commit()
    before = counts(empty)["meeting_scope"]
    schema.downgrade(empty, "20261130_busy_times")
    schema.upgrade(empty)
    assert counts(empty)["meeting_scope"] == before
    assert before > 0


def test_migrations_down_and_up_keep_what_is_stored(empty: Engine):
    """SQLite makes a changed table anew: nothing that refers to the old one may go with it."""
    schema.upgrade(empty)
    with Session(empty) as session:
        begin_write(session)
        seed_kinds(session)
        build(session, NOW)
        session.commit()
    before = counts(empty)
    schema.downgrade(empty, "20261122_first")
    middle = counts(empty)
    schema.upgrade(empty)
    after = counts(empty)
    assert before["meeting"] == before["meeting_forum"] == 3
    assert {table: n for table, n in before.items() if table in middle} == middle
    assert {table: n for table, n in after.items() if table in middle} == middle
    with empty.connect() as connection:
        assert schema.drift(connection) == []


def test_title_of_a_meeting_from_before_is_found(empty: Engine):
    schema.upgrade(empty)
    with Session(empty) as session:
        begin_write(session)
        seed_kinds(session)
        build(session, NOW).meetings["own"].title = "Årets möte"
        session.commit()
    schema.downgrade(empty, "20261122_first")
    schema.upgrade(empty)
    with Session(empty) as session:
        assert session.scalar(select(Meeting.search_key).where(Meeting.title.is_not(None))) == "årets möte arets mote"


def counts(engine: Engine) -> dict[str, int]:
    """How many rows each table holds."""
    with engine.connect() as connection:
        names = inspect(connection).get_table_names()
        return {name: connection.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0 for name in names}
