"""How long mails are kept: their texts, then the mails and their tries; counts stay for ever.

What waits is never deleted, nor what was said of a meeting that is not over: by it the next mail knows what its
recipient has been told. Not here: secrets, which go as soon as they are used or too old (``actions.forget``).
"""

from __future__ import annotations

import logging
from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from scheduler.mail.models import IncomingMail, MailCount, OutboxMail
from scheduler.meetings.models import Meeting
from scheduler.settings import Settings

log = logging.getLogger("takt.mail")

#: Deleted in one transaction, so that nobody waits long for it; the next hour takes the next.
AT_ONCE = 1000
_OVER = ("sent", "failed", "expired", "superseded", "suppressed", "uncertain")


def expire_held(session: Session, now: datetime) -> None:
    """Ends held mails that have become too old to be released."""
    session.execute(
        update(OutboxMail)
        .where(OutboxMail.state == "held", OutboxMail.stale_at <= now)
        .values(state="expired")
        .execution_options(synchronize_session=False)
    )


def destroy(session: Session, now: datetime, settings: Settings) -> None:
    """Deletes what is older than the settings keep it, and says in the log how much that was."""
    texts = raw = mails = received = 0
    if settings.mail_body_days > 0:
        before = now - timedelta(days=settings.mail_body_days)
        texts = _forget_texts(session, now, before)
        raw = len(
            session.scalars(
                update(IncomingMail)
                .where(IncomingMail.at < before, IncomingMail.raw.is_not(None), IncomingMail.state != "look")
                .values(raw=None)
                .returning(IncomingMail.id)
                .execution_options(synchronize_session=False)
            ).all()
        )
    if settings.mail_log_days > 0:
        before = now - timedelta(days=settings.mail_log_days)
        mails = _delete_mails(session, now, before)
        received = len(
            session.scalars(
                delete(IncomingMail)
                .where(IncomingMail.at < before, IncomingMail.state != "look")
                .returning(IncomingMail.id)
                .execution_options(synchronize_session=False)
            ).all()
        )
    if texts or raw or mails or received:
        log.info(
            "retention: %s texts of mails, %s texts of received mails, %s mails, %s received mails deleted",
            texts, raw, mails, received,
        )  # fmt: skip


def _forget_texts(session: Session, now: datetime, before: datetime) -> int:
    over = OutboxMail.state.in_(_OVER) & (OutboxMail.created_at < before) & (OutboxMail.stale_at <= now)
    return len(
        session.scalars(
            update(OutboxMail)
            .where(over, or_(OutboxMail.body.is_not(None), OutboxMail.values.is_not(None)))
            .values(body=None, values=None)
            .returning(OutboxMail.id)
            .execution_options(synchronize_session=False)
        ).all()
    )


def _delete_mails(session: Session, now: datetime, before: datetime) -> int:
    """Deletes old mails with their tries, and counts them by day, kind and state."""
    rows = session.execute(
        select(OutboxMail.id, OutboxMail.created_at, OutboxMail.kind, OutboxMail.state)
        .outerjoin(Meeting, Meeting.id == OutboxMail.meeting_id)
        .where(
            OutboxMail.state.in_(_OVER),
            OutboxMail.created_at < before,
            OutboxMail.stale_at <= now,
            or_(OutboxMail.meeting_id.is_(None), Meeting.end_at < before),
        )
        .order_by(OutboxMail.id)
        .limit(AT_ONCE)
        .with_for_update(of=OutboxMail)
    ).all()
    if not rows:
        return 0
    counts = Counter((row.created_at.astimezone(UTC).date(), row.kind, row.state) for row in rows)
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    new = insert(MailCount).values(
        [{"on": on, "kind": kind, "state": state, "n": n} for (on, kind, state), n in sorted(counts.items())]
    )
    session.execute(
        new.on_conflict_do_update(
            index_elements=[MailCount.on, MailCount.kind, MailCount.state], set_={"n": MailCount.n + new.excluded.n}
        )
    )
    ids = [row.id for row in rows]
    for at in range(0, len(ids), 200):
        session.execute(
            delete(OutboxMail).where(OutboxMail.id.in_(ids[at : at + 200])).execution_options(synchronize_session=False)
        )
    return len(ids)
