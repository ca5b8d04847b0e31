"""Tables: date polls, their dates, whom they ask, the answers, and the holds that stand in calendars meanwhile."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.db import Base, Id, LongText, ShortText
from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Seat
from scheduler.meetings.models import Meeting
from scheduler.organisations.models import Organisation, Person
from scheduler.places.models import Place

STATES = ("draft", "open", "closed", "decided", "without_result")


class Poll(Base):
    """The question which of some dates suits those of a forum; kept with its answers after the choice."""

    __tablename__ = "poll"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'open', 'closed', 'decided', 'without_result')", name="state"),
        CheckConstraint("mode IN ('on_site', 'remote', 'hybrid')", name="mode"),
        Index("ix_poll_state", "state"),
    )

    id: Mapped[Id]
    #: Names the poll in the keys of its mails; never changes.
    uid: Mapped[str] = mapped_column(String(60), unique=True)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id"), index=True)
    #: The proposed meeting it is for, or the one that the choice booked.
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id", ondelete="SET NULL"), index=True)
    #: Theme or title; None: the forum's name says enough.
    title: Mapped[str | None] = mapped_column(String(300))
    note: Mapped[LongText | None]
    #: Minutes; what a date without an end lasts.
    duration: Mapped[int]
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    place_text: Mapped[ShortText | None]
    mode: Mapped[str] = mapped_column(String(10), default="on_site")
    #: The last day to answer, included, in ``time_zone``.
    answer_by_on: Mapped[date]
    time_zone: Mapped[str] = mapped_column(String(40), default="Europe/Stockholm")
    #: Whether those asked see how many have answered what.
    shows_counts: Mapped[bool] = mapped_column(default=True)
    #: Whether those asked are told by mail which date was chosen.
    tells_result: Mapped[bool] = mapped_column(default=True)
    state: Mapped[str] = mapped_column(String(16), default="draft")
    created_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    #: DTSTAMP of its holds: rises with every visible change.
    revised_at: Mapped[datetime]
    #: Rises with each saved change, so that a form can tell that somebody else saved first; not with answers.
    version: Mapped[int] = mapped_column(default=1)

    forum: Mapped[Forum] = relationship()
    meeting: Mapped[Meeting | None] = relationship()
    place: Mapped[Place | None] = relationship()
    options: Mapped[list[PollOption]] = relationship(
        cascade="all, delete-orphan", order_by="PollOption.start_at, PollOption.id", back_populates="poll"
    )
    invitees: Mapped[list[PollInvitee]] = relationship(
        cascade="all, delete-orphan", order_by="PollInvitee.id", back_populates="poll"
    )
    required: Mapped[list[PollSeat]] = relationship(cascade="all, delete-orphan", order_by="PollSeat.seat_id")


class PollOption(Base):
    """A date that is asked about."""

    __tablename__ = "poll_option"
    __table_args__ = (CheckConstraint("end_at > start_at", name="order"),)

    id: Mapped[Id]
    poll_id: Mapped[int] = mapped_column(ForeignKey("poll.id", ondelete="CASCADE"), index=True)
    #: Of its hold in calendars; never changes (F13).
    uid: Mapped[str] = mapped_column(String(200), unique=True)
    #: RFC 5545 SEQUENCE of its hold; rises when the hold comes back or its time changes.
    sequence: Mapped[int] = mapped_column(default=0)
    start_at: Mapped[datetime]
    #: Exclusive.
    end_at: Mapped[datetime]
    #: The local day of the start, in the poll's zone.
    local_on: Mapped[date]
    #: Whether it is the date that was chosen.
    chosen: Mapped[bool] = mapped_column(default=False)

    poll: Mapped[Poll] = relationship(back_populates="options")
    holds: Mapped[list[PollHold]] = relationship(cascade="all, delete-orphan")


class PollInvitee(Base):
    """Somebody who is asked: a snapshot of person, seat and role from when the poll was made."""

    __tablename__ = "poll_invitee"
    __table_args__ = (
        UniqueConstraint("poll_id", "person_id"),
        CheckConstraint("role IN ('ordinary', 'substitute', 'guest')", name="role"),
    )

    id: Mapped[Id]
    poll_id: Mapped[int] = mapped_column(ForeignKey("poll.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    #: Whom the person represents.
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    role: Mapped[str] = mapped_column(String(12), default="ordinary")
    seat_id: Mapped[int | None] = mapped_column(ForeignKey("seat.id", ondelete="SET NULL"))
    #: Raising it revokes the personal link derived from this row (SEC-4).
    epoch: Mapped[int] = mapped_column(default=1)
    #: To the secretariat, as last sent.
    message: Mapped[ShortText | None]
    #: When the latest answer came; None: none so far.
    answered_at: Mapped[datetime | None]

    poll: Mapped[Poll] = relationship(back_populates="invitees")
    person: Mapped[Person] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    votes: Mapped[list[PollVote]] = relationship(
        cascade="all, delete-orphan", order_by="PollVote.id", back_populates="invitee"
    )


class PollVote(Base):
    """What somebody says of one date: append-only, the latest counts."""

    __tablename__ = "poll_vote"
    __table_args__ = (
        CheckConstraint("answer IN ('yes', 'if_needed', 'no')", name="answer"),
        Index("ix_poll_vote_invitee_id_option_id", "invitee_id", "option_id"),
    )

    id: Mapped[Id]
    invitee_id: Mapped[int] = mapped_column(ForeignKey("poll_invitee.id", ondelete="CASCADE"))
    option_id: Mapped[int] = mapped_column(ForeignKey("poll_option.id", ondelete="CASCADE"), index=True)
    answer: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime]
    #: link, or secretary (entered for somebody).
    via: Mapped[str] = mapped_column(String(10))
    #: The user who entered it, None by a personal link.
    user_id: Mapped[int | None]

    invitee: Mapped[PollInvitee] = relationship(back_populates="votes")


class PollSeat(Base):
    """A seat that must be filled on the chosen date."""

    __tablename__ = "poll_seat"

    poll_id: Mapped[int] = mapped_column(ForeignKey("poll.id", ondelete="CASCADE"), primary_key=True)
    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id", ondelete="CASCADE"), primary_key=True, index=True)

    seat: Mapped[Seat] = relationship()


class PollHold(Base):
    """The finished VEVENT of a date that is asked about, for those asked; there as long as nothing is chosen (D14)."""

    __tablename__ = "poll_hold"

    option_id: Mapped[int] = mapped_column(ForeignKey("poll_option.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(String(5), primary_key=True)
    #: UTF-8 bytes, CRLF, from BEGIN:VEVENT to END:VEVENT.
    body: Mapped[bytes] = mapped_column(LargeBinary)
    #: TZIDs the body uses, by comma; empty for UTC.
    zones: Mapped[str] = mapped_column(String(200), default="")
