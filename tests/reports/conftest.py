"""The county's register, loaded once for each database and module, and rolled back at the module's end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from scheduler.db import begin_write
from scheduler.history.rules import Actor
from scheduler.reports import register_file
from scheduler.settings import PACKAGE

COUNTY = (PACKAGE / "demo" / "norrbotten.yaml").read_bytes()


@dataclass
class Loaded:
    """A session whose database holds the county's register, and what loading it reported."""

    session: Session
    report: register_file.LoadReport


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def county(request: pytest.FixtureRequest) -> Iterator[Loaded]:
    """For tests that only read; tests that write take ``session``, in a module of their own."""
    with Session(request.getfixturevalue(f"{request.param}_engine"), expire_on_commit=False) as session:
        begin_write(session)
        now = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
        report = register_file.load(session, Actor("takt load"), now, COUNTY, file_name="norrbotten.yaml")
        yield Loaded(session, report)
        session.rollback()
