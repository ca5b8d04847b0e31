"""A county to ask dates in, for every test that takes ``county``."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from scheduler.history.rules import Actor
from tests.meetings.county import County


@pytest.fixture
def county(session: Session, actor: Actor, now: datetime) -> County:
    return County(session, actor, now)
