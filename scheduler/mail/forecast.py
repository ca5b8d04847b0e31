"""What would go out until an instant, as things stand: mails that wait, and mailings that are planned. Sends nothing.

Not here: how sending is doing (``health``), when a window is open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.mail.fanning import asked, going_of, in_digest
from scheduler.mail.models import Occurrence, OutboxMail
from scheduler.mail.queries import WAITING


@dataclass(frozen=True)
class Forecast:
    """One mail that would go out."""

    #: When it is due, in UTC; a mail leaves later where its window is shut.
    at: datetime
    kind: str
    to: str
    meeting_id: int | None
    #: waiting (in the outbox), planned, or digest (its recipient has it in one).
    state: str


def forecast(session: Session, now: datetime, until: datetime) -> list[Forecast]:
    """Every mail due until ``until`` (inclusive) and not too old at ``now``, in order of time."""
    waiting = session.execute(
        select(OutboxMail.next_at, OutboxMail.kind, OutboxMail.recipient, OutboxMail.meeting_id).where(
            OutboxMail.state.in_(WAITING), OutboxMail.next_at <= until, OutboxMail.stale_at > now
        )
    ).all()
    found = [Forecast(at, kind, to, meeting_id, "waiting") for at, kind, to, meeting_id in waiting]
    rows = session.scalars(
        select(Occurrence).where(Occurrence.state == "planned", Occurrence.due_at <= until, Occurrence.stale_at > now)
    ).all()
    going = going_of(session, rows)
    found += [
        Forecast(
            one.going.row.due_at, one.going.row.kind, one.invitee.email or "", one.going.meeting.id,
            "digest" if in_digest(one) else "planned",
        )
        for one in (asked(session, now, going) if going else [])
    ]  # fmt: skip
    return sorted(found, key=lambda mail: (mail.at, mail.kind, mail.to))
