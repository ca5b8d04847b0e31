"""A county to hold meetings in, and a principal of each kind that may have a feed."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from scheduler.history.rules import Actor
from tests.meetings.county import County


@pytest.fixture
def county(session: Session, actor: Actor, now: datetime) -> County:
    return County(session, actor, now)
