"""The small world of ``world`` behind the whole application, for tests of pages."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from scheduler.db import begin_write, db, install_listeners
from tests.conftest import NOW
from tests.web.house import House
from tests.web.world import World, build


@pytest.fixture(scope="session")
def built_world(sqlite_template, tmp_path_factory) -> tuple[Path, World]:
    """A SQLite file with the world in it, to copy, and the world: the same rows in every copy."""
    path = tmp_path_factory.mktemp("world") / "takt.sqlite3"
    shutil.copy(sqlite_template, path)
    engine = create_engine(f"sqlite:///{path}")
    install_listeners(engine)
    with Session(engine, expire_on_commit=False) as session:
        begin_write(session)
        world = build(session, NOW)
        session.commit()
    with engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    engine.dispose()
    return path, world


@pytest.fixture
def house(make_app, sqlite_url, built_world, tmp_path) -> House:
    """On SQLite."""
    path, world = built_world
    shutil.copy(path, tmp_path / "takt.sqlite3")
    return House(make_app(sqlite_url), world)


@pytest.fixture
def house_on_both(make_app, database_url) -> House:
    """On SQLite and on PostgreSQL in turn."""
    app = make_app(database_url)
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        begin_write(session)
        world = build(session, NOW)
        session.commit()
    return House(app, world)
