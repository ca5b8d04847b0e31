"""Whatever is done with a meeting and however long nobody looks: no mail is late, or of a meeting that is off.

Spec product, invariant 8: no mail whose time passed longer ago than it keeps, none but the cancellation for a meeting
that is called off.
"""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.db import begin_change
from scheduler.errors import TaktError
from scheduler.mail.models import OutboxMail
from scheduler.meetings import actions as meetings
from scheduler.meetings.models import Meeting
from tests.mail.test_notices import ACTOR, SITE, House, world  # noqa: F401 - its meeting is walked with here

#: Action and what it is given; those that cannot be done just then are refused.
DEEDS = (
    *[("call_meeting", {}), ("cancel_meeting", {"reason": "Vi flyttar"}), ("reinstate_meeting", {})] * 3,
    ("move_meeting", {"start": time(13), "check_conflicts": False, "reason": "Sal"}),
    ("move_meeting", {"start": time(9, 30), "check_conflicts": False, "reason": "Sal"}),
    ("move_meeting", {"on": date(2026, 10, 8), "check_conflicts": False, "reason": "Dag"}),
    ("edit_meeting", {"title": "Kompetens"}),
)
#: How long it takes until somebody does the next thing, and until the worker looks: minutes, hours, days down.
SPANS = (
    timedelta(minutes=1),
    timedelta(minutes=3),
    timedelta(minutes=20),
    timedelta(hours=9),
    timedelta(days=2),
    timedelta(days=6),
)


def does(house: House, action: str, *, after: timedelta, tells: bool, **given: Any) -> None:
    """As a page does it; or, where it ``tells`` nothing, as one that dies before mails follow the change."""
    if tells:
        house.do(action, after=after, **given)
        return
    house.clock.at += after
    with Session(house.engine, expire_on_commit=False) as session:
        begin_change(session)
        meeting = session.get_one(Meeting, house.meeting_id)
        getattr(meetings, action)(session, ACTOR, house.clock(), meeting, version=None, site=SITE, **given)
        session.commit()


@pytest.mark.parametrize("seed", range(6))
def test_no_mail_is_late_or_of_a_meeting_that_is_off(world: House, seed: int) -> None:  # noqa: F811 - the fixture
    chance = random.Random(seed)  # noqa: S311 - a walk, no secret
    world.do("call_meeting")
    assert len(world.sent()) == 2
    for _step in range(24):
        action, given = chance.choice(DEEDS)
        with suppress(TaktError):
            does(world, action, after=chance.choice(SPANS), tells=chance.random() < 0.5, **given)
        if chance.random() < 0.5:
            continue  # somebody does more before the worker looks
        sent = len(world.sent(after=chance.choice(SPANS)))
        with Session(world.engine) as session:
            meeting = session.get_one(Meeting, world.meeting_id)
            query = select(OutboxMail).where(OutboxMail.state == "sent", OutboxMail.sent_at == world.clock())
            left = session.scalars(query).all()
            assert len(left) == sent
            assert [mail.kind for mail in left if mail.stale_at <= world.clock()] == []
            kinds = {mail.kind for mail in left}
            assert kinds <= {"cancellation"} if meeting.state == "cancelled" else "cancellation" not in kinds
            # What is over is told of no more.
            assert not left or meeting.end_at > world.clock() or kinds <= {"cancellation"}
