"""The small world of ``world`` behind the whole application, for tests of pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.orm import Session

from scheduler.db import begin_write, install_listeners
from tests.conftest import NOW, postgres_copy
from tests.web.house import House
from tests.web.world import World, build


def _build_in(url: str) -> World:
    engine = create_engine(url)
    install_listeners(engine)
    with Session(engine, expire_on_commit=False) as session:
        begin_write(session)
        world = build(session, NOW)
        session.commit()
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    engine.dispose()
    return world


@pytest.fixture(scope="session")
def built_world(sqlite_template, tmp_path_factory) -> tuple[Path, World]:
    """A SQLite file with the world in it, to copy, and the world: the same rows in every copy."""
    path = tmp_path_factory.mktemp("world") / "takt.sqlite3"
    shutil.copy(sqlite_template, path)
    return path, _build_in(f"sqlite:///{path}")


@pytest.fixture(scope="session")
def built_postgres_world(postgres_url, postgres_template) -> Iterator[tuple[str, World]]:
    """As ``built_world``: the name of a PostgreSQL database, and the world."""
    with postgres_copy(postgres_template, postgres_url) as url:
        world = _build_in(url)
        yield str(make_url(url).database), world


@pytest.fixture
def sqlite_house(make_app, built_world, sqlite_url) -> House:
    """In the file of ``sqlite_url``: a test that makes another application on that address has the same world."""
    path, world = built_world
    shutil.copy(path, str(make_url(sqlite_url).database))
    return House(make_app(sqlite_url), world)


@pytest.fixture
def postgres_house(make_app, built_postgres_world, postgres_url) -> Iterator[House]:
    name, world = built_postgres_world
    with postgres_copy(name, postgres_url) as url:
        yield House(make_app(url), world)


@pytest.fixture
def house(sqlite_house) -> House:
    """On SQLite."""
    return sqlite_house


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def house_on_both(request) -> House:
    """On SQLite and on PostgreSQL in turn."""
    found: House = request.getfixturevalue(f"{request.param}_house")
    return found
