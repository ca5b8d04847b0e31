"""Queueing what those invited are told when something is done with a meeting.

Called by ``actions.announce`` with the changes nobody has read. Not here: what means which notice (``notice_rules``),
what it says (``meeting_letters``), mails planned by their distance to the meeting (``actions``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.mail.last_look import says_nothing
from scheduler.mail.models import OutboxMail
from scheduler.mail.notice_rules import Waiting, leaves_at, lists_of, merge, notice_of
from scheduler.mail.outcomes import before as states_before
from scheduler.mail.queries import recipients, with_forums
from scheduler.mail.rows import insert_new, new_mail
from scheduler.mail.rules import KINDS, NOTICES, mailbox
from scheduler.meetings.invitees import InviteeRow, invitees_of, rows_of_invitees
from scheduler.meetings.models import Meeting, MeetingChange

# ---------------------------------------------------------------- queueing


@dataclass
class _Told:
    """The notices of one meeting for one mailbox while the changes are gone through."""

    #: Of what waits or is to be made; None: nothing.
    waiting: Waiting | None = None
    #: The row that waits; None when it is none yet.
    row: OutboxMail | None = None
    #: The row to make.
    new: dict[str, Any] | None = None


def queue_notices(session: Session, now: datetime, changes: Sequence[MeetingChange], undo_seconds: int) -> None:
    """Makes the notices that ``changes``, in their order, mean, and ends those that have become pointless.

    A quiet change makes none, and still ends what it makes pointless. A constant number of queries for any number of
    changes. ``undo_seconds``: for so long a notice may be taken back.
    """
    ids = {change.meeting_id for change in changes}
    told = _waiting(session, ids)
    telling = [change for change in changes if change.send and _tells(change)]
    if not telling and not told:
        return
    meetings = _meetings(session, ids)
    concerned = [meetings[number] for number in sorted({change.meeting_id for change in telling})]
    invited = invitees_of(session, concerned) if concerned else {}
    listed = rows_of_invitees(session, set().union(*(set().union(*lists_of(change.after)) for change in telling)))
    for change in telling:
        meeting = meetings[change.meeting_id]
        for kind, row in _notices(change, invited[meeting.id], listed):
            key = (meeting.id, mailbox(row.email or ""))
            _tell(told.setdefault(key, _Told()), now, change, meeting, kind, row, undo_seconds)
    for (meeting_id, _box), one in told.items():
        if one.row is not None and _is_over(one.row, meetings[meeting_id]):
            _end(one.row, "nothing new")
    session.flush()
    insert_new(session, OutboxMail, [one.new for one in told.values() if one.new is not None])


def _meetings(session: Session, ids: Collection[int]) -> dict[int, Meeting]:
    query = select(Meeting).where(Meeting.id.in_(ids)).options(*with_forums())
    return {meeting.id: meeting for meeting in session.scalars(query)}


def _waiting(session: Session, ids: Collection[int]) -> dict[tuple[int, str], _Told]:
    """The notices of the meetings that have not been tried yet, by meeting and mailbox."""
    rows = session.scalars(
        select(OutboxMail)
        .where(
            OutboxMail.meeting_id.in_(ids),
            OutboxMail.kind.in_(NOTICES),
            OutboxMail.state.in_(states_before("superseded")),
            OutboxMail.sends == 0,
        )
        .order_by(OutboxMail.id)
        .with_for_update()
    )
    return {
        (row.meeting_id or 0, row.mailbox): _Told(Waiting(row.kind, (row.values or {}).get("before")), row)
        for row in rows
    }


def _tells(change: MeetingChange) -> bool:
    return any(lists_of(change.after)) or notice_of(change.kind, change.before, change.after or {}) is not None


def _notices(
    change: MeetingChange, invited: Sequence[InviteeRow], listed: Mapping[int, InviteeRow]
) -> Iterable[tuple[str, InviteeRow]]:
    """Who is told what of one change; each mailbox once."""
    called, withdrawn = lists_of(change.after)
    kind = notice_of(change.kind, change.before, change.after or {})
    if kind is not None:
        # To a call all who are invited are called, also those who were called before it was cancelled.
        yield from ((kind, row) for row in recipients(invited).values())
    elif called:
        yield from (("call", row) for row in recipients([row for row in invited if row.invitee_id in called]).values())
    still = recipients(invited)
    for box, row in recipients([listed[number] for number in withdrawn if number in listed]).items():
        if box not in still:
            yield "withdrawal", row


def _tell(
    one: _Told, now: datetime, change: MeetingChange, meeting: Meeting, kind: str, row: InviteeRow, undo_seconds: int
) -> None:
    after = {name: value for name, value in (change.after or {}).items() if name != "invitees"}
    merged = merge(one.waiting, kind, change.before, after)
    if merged.keeps:
        return
    if one.row is not None:
        _end(one.row, "another mail instead")
    one.row = one.new = one.waiting = None
    if merged.kind is None or meeting.start_at <= now:
        return
    one.waiting = Waiting(merged.kind, merged.before if merged.kind != "call" else None)
    leaves = leaves_at(merged.kind, now, meeting.start_at, undo_seconds)
    one.new = new_mail(
        row.email or "",
        kind=merged.kind,
        subject=meeting.uid,
        distinction=str(change.id),
        revision=change.sequence,
        person_id=row.person_id,
        locale=row.locale,
        meeting_id=meeting.id,
        batch=f"change {change.id}",
        time_rev=meeting.time_rev,
        sequence=meeting.sequence,
        values={"before": one.waiting.before, "invitee_id": row.invitee_id},
        created_at=now,
        next_at=leaves if leaves < meeting.start_at else now,
        stale_at=meeting.start_at,
    )


def _is_over(mail: OutboxMail, meeting: Meeting) -> bool:
    states = KINDS[mail.kind].states or ()
    return meeting.state not in states or says_nothing(mail, meeting)


def _end(mail: OutboxMail, why: str) -> None:
    if mail.state in states_before("superseded"):
        mail.state, mail.last_error = "superseded", why
        mail.lease_token = mail.lease_until = None
