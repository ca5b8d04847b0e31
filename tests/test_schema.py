"""The migrations make exactly the tables of the code, up, down and up again, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, create_engine, inspect, make_url, text

from scheduler import schema
from scheduler.db import install_listeners


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
