"""Tables: reminder rules, occurrences, the outbox and its attempts, holds, what people have chosen, mail received."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, validates

from scheduler.db import Base, Id, LongText, ShortText
from scheduler.mail.rules import mailbox

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
    #: A kind that is planned by its distance to the meeting (rules.PLANNED).
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
    #: The recipient as rules.mailbox writes it: by it mails of one mailbox are counted and ended.
    mailbox: Mapped[str] = mapped_column(String(320), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    #: Of a mail to an organisation as such; None for mails to people.
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    #: What one press of a button sent, so that it can be taken back as a whole; None: the clock's own.
    batch: Mapped[str | None] = mapped_column(String(40), index=True)
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

    @validates("recipient")
    def _same_mailbox(self, _key: str, recipient: str) -> str:
        self.mailbox = mailbox(recipient)
        return recipient


class MeetingMessage(Base):
    """What the secretariat wrote to those called to a meeting; the mails are its deliveries."""

    __tablename__ = "meeting_message"
    __table_args__ = (CheckConstraint("audience IN ('all', 'unanswered')", name="audience"),)

    id: Mapped[Id]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    #: Who wrote it, as shown.
    sent_by: Mapped[ShortText]
    subject: Mapped[str] = mapped_column(String(120))
    text: Mapped[LongText]
    #: all, or unanswered: those who had not answered when it was written.
    audience: Mapped[str] = mapped_column(String(20))


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


class MailHold(Base):
    """A kind of mail that does not leave until somebody lets it: too many at once, refused too often, or by hand."""

    __tablename__ = "mail_hold"

    #: A kind of mail, or "*" for all of them (after a restore).
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    #: surge, refused, restore or hand.
    reason: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]


class MailCount(Base):
    """How many mails of a kind ended in a state on a day: what is left when the mails themselves are deleted."""

    __tablename__ = "mail_count"

    #: In UTC, the day the mail was made.
    on: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    state: Mapped[str] = mapped_column(String(12), primary_key=True)
    n: Mapped[int]


class MailChoice(Base):
    """How somebody wants mail; made with the first mail that carries the link to it. Without a row: as its defaults."""

    __tablename__ = "mail_choice"
    __table_args__ = (
        CheckConstraint("(person_id IS NULL) <> (organisation_id IS NULL)", name="one_owner"),
        CheckConstraint("frequency IN ('each', 'daily', 'weekly', 'changes')", name="frequency"),
        CheckConstraint("calendar IN ('feed', 'invitations', 'both')", name="calendar"),
    )

    id: Mapped[Id]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), unique=True)
    #: An organisation's mailbox: with "changes" it gets no monthly digest.
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), unique=True)
    #: each, daily (digest), weekly (digest) or changes (and cancellations alone; calls always come).
    frequency: Mapped[str] = mapped_column(String(10), default="each")
    #: Where meetings come into the calendar: feed (no calendar part in mails), invitations, or both.
    calendar: Mapped[str] = mapped_column(String(12), default="both")
    #: Raising it revokes the personal link (SEC-4).
    epoch: Mapped[int] = mapped_column(default=1)
    edited_at: Mapped[datetime | None]


class MailStop(Base):
    """A forum whose reminders and digests somebody does not want; calls, changes and cancellations still come."""

    __tablename__ = "mail_stop"

    choice_id: Mapped[int] = mapped_column(ForeignKey("mail_choice.id", ondelete="CASCADE"), primary_key=True)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime]


class DigestItem(Base):
    """A reminder that waits for its recipient's next digest instead of going out by itself."""

    __tablename__ = "digest_item"

    id: Mapped[Id]
    #: The key the mail by itself would have had: an occurrence is in one digest only.
    key: Mapped[str] = mapped_column(String(64), unique=True)
    recipient: Mapped[str] = mapped_column(String(320))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    time_rev: Mapped[int]
    #: When the digest it is for goes out.
    due_at: Mapped[datetime]
    stale_at: Mapped[datetime]
    #: The digest it went into; None: not yet.
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("outbox_mail.id", ondelete="SET NULL"), index=True)


class IncomingMail(Base):
    """One mail read from the mailbox that answers go to, and what it was taken for."""

    __tablename__ = "incoming_mail"
    __table_args__ = (
        CheckConstraint("state IN ('done', 'look', 'seen')", name="state"),
        Index("ix_incoming_mail_state_at", "state", "at"),
    )

    id: Mapped[Id]
    #: Its Message-ID, else a digest of its bytes: a mail is read once.
    message_id: Mapped[str] = mapped_column(String(400), unique=True)
    at: Mapped[datetime]
    #: reply, bounce, automatic or other.
    kind: Mapped[str] = mapped_column(String(12))
    #: done (nothing left to do), look (somebody must look at it) or seen (somebody has).
    state: Mapped[str] = mapped_column(String(8))
    #: Why somebody must look at it, as incoming_rules names it.
    reason: Mapped[str | None] = mapped_column(String(40))
    sender: Mapped[str] = mapped_column(String(320), default="")
    subject: Mapped[str] = mapped_column(String(400), default="")
    #: What the sender wrote beside the answer, or the time that is proposed instead.
    comment: Mapped[str | None] = mapped_column(String(400))
    invitee_id: Mapped[int | None] = mapped_column(ForeignKey("invitee.id", ondelete="SET NULL"), index=True)
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id", ondelete="SET NULL"), index=True)
    #: The mail a bounce speaks of.
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("outbox_mail.id", ondelete="SET NULL"), index=True)
    #: As it came; deleted after its retention.
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: The user who has looked at it.
    user_id: Mapped[int | None]


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
