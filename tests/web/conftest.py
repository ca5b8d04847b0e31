"""The small world of ``world`` behind the whole application, for tests of pages."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from scheduler.db import begin_write, db
from tests.conftest import NOW
from tests.web.house import House
from tests.web.world import build


def _house(app) -> House:
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        begin_write(session)
        world = build(session, NOW)
        session.commit()
    return House(app, world)


@pytest.fixture
def house(make_app, sqlite_url) -> House:
    """On SQLite."""
    return _house(make_app(sqlite_url))


@pytest.fixture
def house_on_both(make_app, database_url) -> House:
    """On SQLite and on PostgreSQL in turn."""
    return _house(make_app(database_url))
