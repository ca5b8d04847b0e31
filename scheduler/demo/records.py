"""What came of the demo's latest meetings: who was there. Not here: the year itself (``year``)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.forums.models import Forum
from scheduler.history.rules import Actor
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.records.attendance import add_guest, mark
from scheduler.records.attendance_lists import SUBSTITUTE, roll_of
from scheduler.records.quorum_rules import Status

#: Forums whose meetings are recorded → how many of the latest.
RECORDED = {"tillvaxtberedningen": 2, "regionalt-forum": 1}


def fill(session: Session, actor: Actor, now: datetime) -> None:
    """Marks who was at the latest held meetings."""
    for slug, count in RECORDED.items():
        for meeting in _held(session, slug, count):
            _attend(session, actor, now, meeting)


def _held(session: Session, slug: str, count: int) -> list[Meeting]:
    query = (
        select(Meeting)
        .join(MeetingForum)
        .join(Forum)
        .where(Forum.slug == slug, Meeting.state == "held")
        .order_by(Meeting.start_at.desc())
    )
    return list(session.scalars(query.limit(count)))


def _attend(session: Session, actor: Actor, now: datetime, meeting: Meeting) -> None:
    """Most are there; every fifth sends a substitute, and one from a distance where that goes."""
    roll = roll_of(session, meeting)
    for n, row in enumerate(roll.counted):
        if n % 5 == 2 and row.substitutes:  # noqa: PLR2004 - every fifth
            mark(session, actor, now, meeting, key=row.key, choice=SUBSTITUTE)
        elif not row.is_vacant:
            choice = Status.ABSENT if n % 7 == 5 else Status.REMOTE if n % 6 == 4 else Status.PRESENT  # noqa: PLR2004 - some of each
            mark(session, actor, now, meeting, key=row.key, choice=choice)
    add_guest(session, actor, now, meeting, name="Prov Gästsson", role="co_opted")
