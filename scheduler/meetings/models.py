"""Tables: meetings and their forums, invitees and answers, substitutes asked, changes, calendar fragments."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from scheduler import i18n
from scheduler.db import Base, Id, LongText, ShortText
from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Seat
from scheduler.organisations.models import Organisation, Person
from scheduler.places.models import Place
from scheduler.register.models import Theme

STATES = ("proposed", "confirmed", "called", "held", "closed", "cancelled")
KINDS = ("ordinary", "extra", "thematic", "joint", "per_capsulam", "continuation")


class Meeting(Base):
    """A meeting of one or more forums (the first leads). Its uid never changes, its sequence never falls."""

    __tablename__ = "meeting"
    __table_args__ = (
        CheckConstraint("end_at > start_at", name="order"),
        CheckConstraint("state IN ('proposed', 'confirmed', 'called', 'held', 'closed', 'cancelled')", name="state"),
        CheckConstraint("mode IN ('on_site', 'remote', 'hybrid')", name="mode"),
        CheckConstraint("sequence >= 0", name="sequence"),
        Index("ix_meeting_start_at", "start_at"),
        Index("ix_meeting_state_start_at", "state", "start_at"),
    )

    id: Mapped[Id]
    uid: Mapped[str] = mapped_column(String(200), unique=True)
    #: RFC 5545 SEQUENCE: rises when start, end, place or status changes.
    sequence: Mapped[int] = mapped_column(default=0)
    #: DTSTAMP and LAST-MODIFIED: rises with every visible change.
    revised_at: Mapped[datetime]
    #: Rises only when the time or place changes materially; part of reminder keys.
    time_rev: Mapped[int] = mapped_column(default=0)
    kind: Mapped[str] = mapped_column(String(20), default="ordinary")
    state: Mapped[str] = mapped_column(String(12), default="confirmed")
    #: Theme or title; None: the forum's name says enough.
    title: Mapped[str | None] = mapped_column(String(300))
    #: The title, case and accents folded (i18n.search_key).
    search_key: Mapped[str] = mapped_column(String(800), default="")
    note: Mapped[LongText | None]
    start_at: Mapped[datetime]
    #: Exclusive.
    end_at: Mapped[datetime]
    #: Whole days; start and end are then local midnights.
    all_day: Mapped[bool] = mapped_column(default=False)
    time_zone: Mapped[str] = mapped_column(String(40), default="Europe/Stockholm")
    #: The local day of the start, for the cadence and for conflicts; written with ``start_at``.
    local_on: Mapped[date] = mapped_column(index=True)
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    #: A room in the place, or a place that is not in the register.
    place_text: Mapped[ShortText | None]
    mode: Mapped[str] = mapped_column(String(10), default="on_site")
    video_url: Mapped[str | None] = mapped_column(String(1000))
    answer_by_on: Mapped[date | None]
    called_at: Mapped[datetime | None]
    #: When it was first booked, or entered as held; None: only proposed so far, which no public feed shows.
    confirmed_at: Mapped[datetime | None]
    #: None: as the forum's public level says.
    public: Mapped[bool | None]
    cancel_reason: Mapped[LongText | None]
    #: Whether it was quorate; None: not recorded.
    quorum: Mapped[bool | None]
    #: The meeting this one continues (adjourned); continuations never count for the cadence.
    continues_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id"))
    #: What changed last, as the feed's description begins with it ("Ny tid: 10.00 → 13.00").
    last_change: Mapped[dict[str, Any] | None]
    # What is inherited from the leading forum when None (``forums.inherited``).
    formality: Mapped[str | None] = mapped_column(String(20))
    quorum_rule: Mapped[str | None] = mapped_column(String(20))
    #: For quorum_rule number.
    quorum_number: Mapped[int | None]
    notice_n: Mapped[int | None]
    notice_unit: Mapped[str | None] = mapped_column(String(20))
    minutes_days: Mapped[int | None]
    demo: Mapped[bool] = mapped_column(default=False)
    #: Rises with each saved change, so that a form can tell that somebody else saved first.
    version: Mapped[int] = mapped_column(default=1)

    place: Mapped[Place | None] = relationship()
    forum_rows: Mapped[list[MeetingForum]] = relationship(
        cascade="all, delete-orphan", order_by="MeetingForum.position", back_populates="meeting"
    )
    invitees: Mapped[list[Invitee]] = relationship(
        cascade="all, delete-orphan", order_by="Invitee.id", back_populates="meeting"
    )
    themes: Mapped[list[Theme]] = relationship(secondary="meeting_theme", order_by=Theme.sort_key)

    @validates("title")
    def _keys(self, _key: str, title: str | None) -> str | None:
        self.search_key = i18n.search_key(title or "")[:800]
        return title

    @property
    def forums(self) -> list[Forum]:
        """Its forums, the leading one first."""
        return [row.forum for row in self.forum_rows]

    @property
    def forum(self) -> Forum:
        """The leading forum."""
        return self.forum_rows[0].forum


class MeetingTheme(Base):
    """What a meeting is about, beside the themes of its forum: thematic talks."""

    __tablename__ = "meeting_theme"

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True)
    theme_id: Mapped[int] = mapped_column(ForeignKey("theme.id"), primary_key=True, index=True)


class MeetingForum(Base):
    """A forum of a meeting; position 0 leads."""

    __tablename__ = "meeting_forum"

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id"), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)

    meeting: Mapped[Meeting] = relationship(back_populates="forum_rows")
    forum: Mapped[Forum] = relationship()


class Invitee(Base):
    """Somebody called to a meeting: a snapshot made when it is called, or chosen by hand (thematic).

    Before the call, a forum's invitees are computed from its seats and not stored.
    """

    __tablename__ = "invitee"
    __table_args__ = (
        UniqueConstraint("meeting_id", "person_id"),
        CheckConstraint("person_id IS NOT NULL OR organisation_id IS NOT NULL OR name IS NOT NULL", name="somebody"),
    )

    id: Mapped[Id]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    #: The organisation represented; alone: a guest organisation that names its own person.
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: A guest outside the register.
    name: Mapped[ShortText | None]
    #: ordinary, substitute, co_opted, presenter, secretary, observer or guest.
    role: Mapped[str] = mapped_column(String(12), default="ordinary")
    seat_id: Mapped[int | None] = mapped_column(ForeignKey("seat.id"))
    required: Mapped[bool] = mapped_column(default=True)
    reason: Mapped[ShortText | None]
    #: Withdrawn after the call; kept, since it was once sent.
    withdrawn_at: Mapped[datetime | None]
    #: Raising it revokes the personal links derived from this row (SEC-4).
    epoch: Mapped[int] = mapped_column(default=1)

    meeting: Mapped[Meeting] = relationship(back_populates="invitees")
    replies: Mapped[list[Reply]] = relationship(
        cascade="all, delete-orphan", order_by="Reply.id", back_populates="invitee"
    )
    person: Mapped[Person | None] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    seat: Mapped[Seat | None] = relationship()


class Reply(Base):
    """An answer of somebody invited: append-only, the latest counts."""

    __tablename__ = "reply"
    __table_args__ = (CheckConstraint("answer IN ('yes', 'remote', 'no', 'maybe')", name="answer"),)

    id: Mapped[Id]
    invitee_id: Mapped[int] = mapped_column(ForeignKey("invitee.id", ondelete="CASCADE"), index=True)
    answer: Mapped[str] = mapped_column(String(10))
    comment: Mapped[ShortText | None]
    #: page (signed in), secretary (entered for somebody), link or mail.
    via: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime]
    #: The user who gave or entered it, None by a personal link.
    user_id: Mapped[int | None]

    invitee: Mapped[Invitee] = relationship(back_populates="replies")


#: What tells the calls that stand from those that are over, for the indexes below.
_LIVE = text("state IN ('waiting', 'accepted')")


class SubstituteCall(Base):
    """A substitute asked to serve on one seat at one meeting; the rows of a seat, by id, are its chain.

    The indexes keep a seat, and a substitute within a meeting, to one call that stands, whoever writes at once.
    """

    __tablename__ = "substitute_call"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'accepted', 'declined', 'expired', 'withdrawn')", name="state"),
        Index(
            "uq_substitute_call_seat", "meeting_id", "seat_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE
        ),
        Index(
            "uq_substitute_call_person",
            "meeting_id",
            "person_id",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        Index("ix_substitute_call_announced_at", "announced_at"),
    )

    id: Mapped[Id]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"))
    #: The ordinary seat to be covered.
    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id", ondelete="CASCADE"), index=True)
    #: The substitute, and the substitute's own seat.
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    substitute_seat_id: Mapped[int | None] = mapped_column(ForeignKey("seat.id", ondelete="SET NULL"))
    #: Place in the chain of the seat, from 1.
    position: Mapped[int]
    asked_at: Mapped[datetime]
    #: Who asked, as shown: the secretariat, the holder of the seat, or the clock.
    asked_by: Mapped[ShortText]
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    #: The answer given last to this call: yes, remote or no; kept when a move asks anew.
    answer: Mapped[str | None] = mapped_column(String(10))
    answered_at: Mapped[datetime | None]
    #: Why it was withdrawn: holder (comes after all), cancelled, list (called no more) or hand.
    why: Mapped[str | None] = mapped_column(String(12))
    #: When the mail room has read its state; None: not yet.
    announced_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()
    seat: Mapped[Seat] = relationship(foreign_keys=[seat_id])


class InviteeNeeds(Base):
    """What somebody called needs to take part: sensitive, seen by the secretariat alone, deleted after the meeting."""

    __tablename__ = "invitee_needs"

    invitee_id: Mapped[int] = mapped_column(ForeignKey("invitee.id", ondelete="CASCADE"), primary_key=True)
    #: Food and allergies.
    food: Mapped[ShortText | None]
    #: Accessibility.
    access: Mapped[ShortText | None]
    at: Mapped[datetime]


class MeetingChange(Base):
    """One change of a meeting, waiting for (or done with) being told to those concerned."""

    __tablename__ = "meeting_change"
    __table_args__ = (Index("ix_meeting_change_announced_at", "announced_at"),)

    id: Mapped[Id]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    user_id: Mapped[int | None]
    #: book, confirm, call, move, edit, cancel, reinstate, record, correct, close, invite, withdraw, undo,
    #: quorum, retime (the zone got other rules).
    kind: Mapped[str] = mapped_column(String(20))
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    #: "Spara utan utskick" sets it to False.
    send: Mapped[bool] = mapped_column(default=True)
    sequence: Mapped[int]
    #: When mail.actions.announce has read it; None: not yet.
    announced_at: Mapped[datetime | None]


class Fragment(Base):
    """A finished VEVENT of a meeting for one audience and language; a feed joins them, renders nothing."""

    __tablename__ = "fragment"

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True)
    #: public or members.
    audience: Mapped[str] = mapped_column(String(10), primary_key=True)
    language: Mapped[str] = mapped_column(String(5), primary_key=True)
    #: UTF-8 bytes, CRLF, from BEGIN:VEVENT to END:VEVENT.
    body: Mapped[bytes] = mapped_column(LargeBinary)
    #: TZIDs the body uses, by comma; empty for UTC and whole days.
    zones: Mapped[str] = mapped_column(String(200), default="")


class MeetingScope(Base):
    """Whose calendar holds a meeting, as its date, its list and the seats of its day say; written with its fragments.

    A feed finds its meetings here, so that no seat is judged when it is fetched. The public's and a forum's meetings
    are found without.
    """

    __tablename__ = "meeting_scope"
    __table_args__ = (Index("ix_meeting_scope_scope_scope_id", "scope", "scope_id"),)

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True)
    #: organisation, person or secretariat, as ``feeds.rules.Scope`` has them.
    scope: Mapped[str] = mapped_column(String(20), primary_key=True)
    #: The person; the organisation that has a seat, or that keeps the secretariat.
    scope_id: Mapped[int] = mapped_column(primary_key=True)
