"""An application with the small world in it: its visitors, and a look at what they have stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.db import begin_write, db
from scheduler.history.models import HistoryEntry
from scheduler.meetings.belonging import follow_all
from tests.web.visits import Visitor
from tests.web.world import World

SECRETARY = "own secretariat"


@dataclass
class House:
    app: Flask
    world: World

    def visitor(self, role: str = SECRETARY) -> Visitor:
        return Visitor(self.app, self.world.cookie(role))

    @contextmanager
    def looking(self) -> Iterator[Session]:
        """A session that reads what is stored."""
        with self.app.app_context(), Session(db.engine) as session:
            yield session

    @contextmanager
    def changing(self) -> Iterator[Session]:
        """A session for what a test needs beforehand; calendars follow, as an entry lets them, and it is committed."""
        with self.app.app_context(), Session(db.engine) as session:
            begin_write(session)
            yield session
            follow_all(session)
            session.commit()

    def changes(self) -> int:
        """How many changes the history holds."""
        with self.looking() as session:
            return session.scalar(select(func.count()).select_from(HistoryEntry)) or 0

    def latest(self, count: int) -> list[tuple[str, str, str]]:
        """Who did what with what: the last ``count`` changes, oldest first."""
        with self.looking() as session:
            rows = session.scalars(select(HistoryEntry).order_by(HistoryEntry.id.desc()).limit(count)).all()
            return [(row.actor, row.action, row.subject_label) for row in reversed(rows)]
