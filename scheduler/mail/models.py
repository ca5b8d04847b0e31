"""Tables: reminder rules, occurrences, the outbox and its attempts, suppression, the worker's leases."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, Id, ShortText

OUTBOX_STATES = (
    "pending",
    "claimed",
    "transmitting",
    "sent",
    "deferred",
    "failed",
    "expired",
    "superseded",
    "suppressed",
    "held",
    "uncertain",
)


class ReminderRule(Base):
    """A rule for one kind of mail: of a forum kind, a forum or a meeting; the nearest one holds."""

    __tablename__ = "reminder_rule"
    __table_args__ = (
        CheckConstraint(
            "CASE WHEN forum_kind_id IS NULL THEN 0 ELSE 1 END + CASE WHEN forum_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN meeting_id IS NULL THEN 0 ELSE 1 END = 1",
            name="one_owner",
        ),
        UniqueConstraint("forum_kind_id", "forum_id", "meeting_id", "kind", "offset_n", "offset_unit"),
    )

    id: Mapped[Id]
    forum_kind_id: Mapped[str | None] = mapped_column(ForeignKey("forum_kind.id"))
    forum_id: Mapped[int | None] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), index=True)
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    #: reminder; more kinds come with their mails.
    kind: Mapped[str] = mapped_column(String(20), default="reminder")
    #: How long before the meeting, in civil or working days.
    offset_n: Mapped[int]
    offset_unit: Mapped[str] = mapped_column(String(20), default="calendar_days")
    #: Wall-clock time in the forum's zone.
    send_at: Mapped[time] = mapped_column(default=time(9, 0))
    #: all, ordinary or unanswered.
    audience: Mapped[str] = mapped_column(String(20), default="all")
    on: Mapped[bool] = mapped_column(default=True)


class Occurrence(Base):
    """One planned mailing of a meeting; written in the transaction of the change that plans it."""

    __tablename__ = "occurrence"
    __table_args__ = (
        UniqueConstraint("meeting_id", "kind", "offset", "time_rev"),
        Index("ix_occurrence_state_due_at", "state", "due_at"),
    )

    id: Mapped[Id]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    #: "2 calendar_days": the offset as the rule had it, part of the key.
    offset: Mapped[str] = mapped_column(String(30))
    time_rev: Mapped[int]
    due_at: Mapped[datetime]
    stale_at: Mapped[datetime]
    #: planned, fanned_out, skipped or superseded.
    state: Mapped[str] = mapped_column(String(12), default="planned")
    #: Why it was skipped.
    reason: Mapped[ShortText | None]


class OutboxMail(Base):
    """One mail to one mailbox; its key makes sure that there is never a second one."""

    __tablename__ = "outbox_mail"
    __table_args__ = (
        CheckConstraint(
            "state IN ('pending', 'claimed', 'transmitting', 'sent', 'deferred', 'failed', 'expired', 'superseded', "
            "'suppressed', 'held', 'uncertain')",
            name="state",
        ),
        Index(
            "ix_outbox_mail_waiting",
            "next_at",
            sqlite_where=text("state IN ('pending', 'claimed', 'transmitting', 'deferred')"),
            postgresql_where=text("state IN ('pending', 'claimed', 'transmitting', 'deferred')"),
        ),
    )

    id: Mapped[Id]
    #: sha256 over version, meeting uid, mailbox, kind, offset and time_rev (spec reminders, The shape).
    key: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    recipient: Mapped[str] = mapped_column(String(320))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    time_rev: Mapped[int | None]
    sequence: Mapped[int | None]
    language: Mapped[str] = mapped_column(String(5), default="sv")
    #: What a text needs beyond the meeting: the link of a sign-in mail, before and after of a change.
    values: Mapped[dict[str, Any] | None]
    #: Fixed at the first intent and used again on every retry.
    message_id: Mapped[str | None] = mapped_column(String(200))
    dated_at: Mapped[datetime | None]
    #: Message-ID of the root of the thread.
    thread_root: Mapped[str | None] = mapped_column(String(200))
    #: The message as it was, or would be, handed over; deleted after its retention.
    body: Mapped[str | None] = mapped_column(Text)
    subject: Mapped[str | None] = mapped_column(String(400))
    state: Mapped[str] = mapped_column(String(12), default="pending")
    created_at: Mapped[datetime]
    next_at: Mapped[datetime]
    stale_at: Mapped[datetime]
    lease_token: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    #: Times it was about to be handed over; counted at the intent, never at the claim.
    sends: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    last_code: Mapped[int | None]
    last_error: Mapped[str | None] = mapped_column(String(400))
    sent_at: Mapped[datetime | None]
    queue_id: Mapped[str | None] = mapped_column(String(100))


class OutboxAttempt(Base):
    """One try of one mail and how far it came; append-only."""

    __tablename__ = "outbox_attempt"

    id: Mapped[Id]
    mail_id: Mapped[int] = mapped_column(ForeignKey("outbox_mail.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    #: connect, mail, rcpt, data, dot, done or log (outcomes.Stage).
    stage: Mapped[str] = mapped_column(String(10))
    code: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(400))
    lease_token: Mapped[str] = mapped_column(String(64))


class Suppression(Base):
    """A mailbox that gets no more mail, and why."""

    __tablename__ = "suppression"

    mailbox: Mapped[str] = mapped_column(String(320), primary_key=True)
    #: bounce, complaint or manual.
    reason: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    last_code: Mapped[str | None] = mapped_column(String(20))


class JobRun(Base):
    """One slot of a periodic job: whoever inserts the row runs it."""

    __tablename__ = "job_run"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    slot: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime]


class Lease(Base):
    """Who ticks at present; saves polling, decides nothing."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    holder: Mapped[str] = mapped_column(String(100))
    until: Mapped[datetime]
    epoch: Mapped[int] = mapped_column(default=1)
