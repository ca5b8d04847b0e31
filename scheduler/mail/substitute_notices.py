"""Queueing the mails to substitutes: that one is asked to serve, and that one is needed no more.

Called by ``actions.announce`` with the calls whose state nobody has read. Whether a mail still has something to say is
asked when it leaves (``meeting_letters``). Not here: who is asked (``meetings.substitutes``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.mail.last_look import TOLD
from scheduler.mail.models import OutboxMail
from scheduler.mail.queries import with_forums
from scheduler.mail.rows import insert_new, new_mail
from scheduler.meetings.invitees import InviteeRow, invitees_of
from scheduler.meetings.models import Meeting, SubstituteCall
from scheduler.meetings.rules import State
from scheduler.meetings.substitute_rules import CallState


def queue_calls(session: Session, now: datetime, undo_seconds: int) -> None:
    """Makes the mails that the unread calls mean; a constant number of queries. Writers alone call it."""
    calls = session.scalars(
        select(SubstituteCall)
        .where(SubstituteCall.announced_at.is_(None))
        .order_by(SubstituteCall.id)
        .with_for_update(skip_locked=True)
    ).all()
    if not calls:
        return
    query = select(Meeting).where(Meeting.id.in_({call.meeting_id for call in calls})).options(*with_forums())
    meetings = {meeting.id: meeting for meeting in session.scalars(query)}
    invited = {
        (meeting_id, row.person_id): row
        for meeting_id, rows in invitees_of(session, list(meetings.values())).items()
        for row in rows
    }
    told = _told(session, calls)
    new = []
    for call in calls:
        call.announced_at = now
        meeting, row = meetings[call.meeting_id], invited.get((call.meeting_id, call.person_id))
        kind = _kind(call, was_told=(call.id in told))
        if kind is None or row is None or not row.email or meeting.state != State.CALLED or meeting.start_at <= now:
            continue
        new.append(_mail(kind, call, meeting, row, now, undo_seconds))
    session.flush()
    insert_new(session, OutboxMail, new)


def _kind(call: SubstituteCall, *, was_told: bool) -> str | None:
    if call.state == CallState.WAITING:
        return "substitute_call"
    # Whoever never had the question needs no answer to it.
    if call.state == CallState.WITHDRAWN and (was_told or call.answer is not None):
        return "substitute_off"
    return None


def _batch(call: SubstituteCall) -> str:
    return f"substitute {call.id}"


def _told(session: Session, calls: Sequence[SubstituteCall]) -> set[int]:
    """Those whose question has left, or may have."""
    by_batch = {_batch(call): call.id for call in calls}
    query = select(OutboxMail.batch).where(
        OutboxMail.batch.in_(by_batch), OutboxMail.kind == "substitute_call", OutboxMail.state.in_(TOLD)
    )
    return {by_batch[batch] for batch in session.scalars(query) if batch is not None}


def _mail(
    kind: str, call: SubstituteCall, meeting: Meeting, row: InviteeRow, now: datetime, undo_seconds: int
) -> dict[str, Any]:
    leaves = now + timedelta(seconds=undo_seconds)
    return new_mail(
        row.email or "",
        kind=kind,
        subject=meeting.uid,
        distinction=str(call.id),
        person_id=row.person_id,
        locale=row.locale,
        meeting_id=meeting.id,
        batch=_batch(call),
        time_rev=meeting.time_rev,
        sequence=meeting.sequence,
        values={"invitee_id": row.invitee_id},
        created_at=now,
        next_at=leaves if leaves < meeting.start_at else now,
        stale_at=meeting.start_at,
    )
