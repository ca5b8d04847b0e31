"""The last look at a mail about a meeting before it leaves: whether it still tells its recipient anything.

Not here: whether it may leave at all (``outbox``), why it was made (``notices``, ``fanning``).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.mail.models import OutboxMail
from scheduler.mail.notice_rules import is_news
from scheduler.meetings.changes import Snapshot
from scheduler.meetings.models import Meeting
from scheduler.meetings.reply_rules import Standing
from scheduler.meetings.saving import snapshot_of

#: Whoever has been told of a change needs no reminder for so long (spec reminders, The shape).
TOLD_LATELY = timedelta(hours=20)
#: The states of a mail that somebody may have read.
TOLD = ("sent", "transmitting", "uncertain")


def pointless(mail: OutboxMail, meeting: Meeting, standing: Standing) -> str | None:
    """Why a mail about ``meeting`` that is about to leave tells its recipient nothing; None when it does.

    ``standing`` is what the recipient has answered. That the meeting stands and who is invited has been asked before.
    """
    if says_nothing(mail, meeting):
        return "nothing new"
    if mail.kind == "chaser" and standing.answer is not None:
        return "answered"
    return None


def told_lately(session: Session, now: datetime, meeting_ids: Collection[int]) -> set[tuple[int, str]]:
    """Meeting and mailbox of each change that has left, or is about to, in the last 20 hours. One query."""
    rows = session.execute(
        select(OutboxMail.meeting_id, OutboxMail.mailbox).where(
            OutboxMail.meeting_id.in_(meeting_ids), OutboxMail.kind == "change", OutboxMail.state.in_(TOLD),
            OutboxMail.dated_at >= now - TOLD_LATELY,
        )
    )  # fmt: skip
    return {(meeting_id or 0, box) for meeting_id, box in rows}


def told_the_date(session: Session, meetings: Collection[Meeting]) -> set[tuple[int, str]]:
    """Meeting and mailbox of each who was told by a poll's result when the meeting is, as it still is. One query."""
    present = {meeting.id: meeting.time_rev for meeting in meetings}
    rows = session.execute(
        select(OutboxMail.meeting_id, OutboxMail.mailbox, OutboxMail.time_rev).where(
            OutboxMail.meeting_id.in_(present), OutboxMail.kind == "poll_result", OutboxMail.state.in_(TOLD)
        )
    )
    return {(number or 0, box) for number, box, time_rev in rows if present[number or 0] == time_rev}


def says_nothing(mail: OutboxMail, meeting: Meeting) -> bool:
    """Whether ``mail`` is about a change of which nothing is left."""
    known: Snapshot | None = (mail.values or {}).get("before")
    return mail.kind == "change" and known is not None and not is_news(known, snapshot_of(meeting))
