"""Tables: agenda items, documents, attendance, minutes, decisions, action points.

None of it is ``Undoable``: what was marked or written at a meeting is changed by its own pages, which keep its
history; adjusted minutes are locked.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from scheduler import i18n
from scheduler.db import Base, Id, LongText, ShortText
from scheduler.forums.models import Forum, StandingItem
from scheduler.forums.seat_models import Seat
from scheduler.meetings.models import Meeting
from scheduler.organisations.models import Organisation, Person


class Agenda(Base):
    """That a meeting's agenda is written by somebody: from then on its items are its own, even if there are none."""

    __tablename__ = "agenda"

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True)
    opened_at: Mapped[datetime]


class AgendaItem(Base):
    """One item of a meeting's agenda. A standing item stands there as a copy, free to be changed for this meeting."""

    __tablename__ = "agenda_item"
    __table_args__ = (
        CheckConstraint("kind IN ('formality', 'information', 'discussion', 'decision')", name="kind"),
        CheckConstraint("state IN ('planned', 'handled', 'tabled', 'referred', 'moved', 'dropped')", name="state"),
    )

    id: Mapped[Id]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    #: Order on the agenda, from 1 without gaps; the number shown leaves out what was moved or dropped.
    position: Mapped[int]
    title: Mapped[str] = mapped_column(String(400))
    #: The title, case and accents folded (i18n.search_key).
    search_key: Mapped[str] = mapped_column(String(800), default="")
    text: Mapped[LongText | None]
    kind: Mapped[str] = mapped_column(String(12), default="information")
    #: Who presents it, in words: often nobody of the register.
    presenter: Mapped[ShortText | None]
    #: Planned length; None: not said.
    minutes: Mapped[int | None]
    #: The standing item it was copied from, if that is still there.
    standing_item_id: Mapped[int | None] = mapped_column(
        ForeignKey("standing_item.id", ondelete="SET NULL"), index=True
    )
    #: The item of an earlier meeting that goes on here: moved, tabled or referred back.
    carried_from_id: Mapped[int | None] = mapped_column(ForeignKey("agenda_item.id", ondelete="SET NULL"), index=True)
    #: Shown on the public page of a public meeting.
    public: Mapped[bool] = mapped_column(default=True)
    #: Chapter and section that makes it secret (OSL 21:1); None: not secret. A secret item is never public.
    secrecy_ground: Mapped[ShortText | None]
    #: Registry number (diarienummer), free text.
    registry_number: Mapped[ShortText | None]
    state: Mapped[str] = mapped_column(String(10), default="planned")
    #: Why it was tabled, referred back, moved or dropped.
    state_reason: Mapped[ShortText | None]
    #: When it came to the agenda; after the call it is shown as an addition, with its date.
    added_at: Mapped[datetime]
    #: Rises with each saved change, so that a form can tell that somebody else saved first.
    version: Mapped[int] = mapped_column(default=1)

    meeting: Mapped[Meeting] = relationship()
    standing_item: Mapped[StandingItem | None] = relationship()
    carried_from: Mapped[AgendaItem | None] = relationship(remote_side="AgendaItem.id")
    record: Mapped[ItemRecord | None] = relationship(cascade="all, delete-orphan", back_populates="item")
    decision: Mapped[Decision | None] = relationship(back_populates="item")

    @validates("title")
    def _keys(self, _key: str, title: str | None) -> str | None:
        self.search_key = i18n.search_key(title or "")[:800]
        return title


class ItemSuggestion(Base):
    """An item that somebody who takes part wants on a meeting's agenda: it waits until the secretariat decides."""

    __tablename__ = "item_suggestion"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'taken', 'declined', 'withdrawn')", name="state"),
        Index("ix_item_suggestion_meeting_id_state", "meeting_id", "state"),
    )

    id: Mapped[Id]
    #: The meeting it was written for; it may be taken up at another of the forum's.
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    title: Mapped[str] = mapped_column(String(400))
    #: Why, and what the meeting is asked for.
    text: Mapped[LongText | None]
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    suggested_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    #: What the secretariat says to whoever suggested it.
    answer: Mapped[LongText | None]
    #: What it became; None: nothing, or an item that was taken off since.
    item_id: Mapped[int | None] = mapped_column(ForeignKey("agenda_item.id", ondelete="SET NULL"), index=True)

    meeting: Mapped[Meeting] = relationship()
    person: Mapped[Person] = relationship()
    item: Mapped[AgendaItem | None] = relationship()


class DocumentContent(Base):
    """The bytes of a file, once however often it was uploaded: with the rest in one transaction and one backup."""

    __tablename__ = "document_content"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class Document(Base):
    """A paper of a meeting, of one of its items, or of a forum; a file in versions, or a link."""

    __tablename__ = "document"
    __table_args__ = (
        CheckConstraint("meeting_id IS NOT NULL OR forum_id IS NOT NULL", name="owner"),
        CheckConstraint("visibility IN ('public', 'participants', 'secretariat')", name="visibility"),
    )

    id: Mapped[Id]
    forum_id: Mapped[int | None] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), index=True)
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    #: Beside the meeting: the item it belongs to.
    item_id: Mapped[int | None] = mapped_column(ForeignKey("agenda_item.id", ondelete="SET NULL"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    title: Mapped[str] = mapped_column(String(300))
    #: public (only of a public forum), participants or secretariat.
    visibility: Mapped[str] = mapped_column(String(12), default="participants")
    #: Chapter and section that makes it secret; None: not secret. A secret document is never public.
    secrecy_ground: Mapped[ShortText | None]
    #: Taken away from the pages; kept, since it may have been sent.
    removed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    meeting: Mapped[Meeting | None] = relationship()
    forum: Mapped[Forum | None] = relationship()
    item: Mapped[AgendaItem | None] = relationship()
    versions: Mapped[list[DocumentVersion]] = relationship(
        cascade="all, delete-orphan", order_by="DocumentVersion.number", back_populates="document"
    )


class DocumentVersion(Base):
    """One version of a document: a file, or a link to where it is kept."""

    __tablename__ = "document_version"
    __table_args__ = (
        UniqueConstraint("document_id", "number"),
        CheckConstraint("(sha256 IS NULL) <> (link IS NULL)", name="file_or_link"),
    )

    id: Mapped[Id]
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"), index=True)
    #: From 1, without gaps; the highest is shown.
    number: Mapped[int]
    #: As uploaded, cleaned; None for a link.
    filename: Mapped[ShortText | None]
    media_type: Mapped[str | None] = mapped_column(String(120))
    #: Bytes.
    size: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(ForeignKey("document_content.sha256"), index=True)
    link: Mapped[str | None] = mapped_column(String(1000))
    at: Mapped[datetime]
    user_id: Mapped[int | None]

    document: Mapped[Document] = relationship(back_populates="versions")


class Attendance(Base):
    """How one person took part in a meeting, invited or not. Nobody marked yet: no row."""

    __tablename__ = "attendance"
    __table_args__ = (
        UniqueConstraint("meeting_id", "person_id"),
        CheckConstraint("status IN ('present', 'remote', 'notified', 'absent')", name="status"),
        CheckConstraint("person_id IS NOT NULL OR name IS NOT NULL", name="somebody"),
    )

    id: Mapped[Id]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    #: A guest outside the register.
    name: Mapped[ShortText | None]
    #: co_opted or guest, of somebody added that day; None: there by a seat or an invitation.
    role: Mapped[str | None] = mapped_column(String(12))
    #: The seat held that day; None: no seat.
    seat_id: Mapped[int | None] = mapped_column(ForeignKey("seat.id"), index=True)
    #: present, remote, notified (said beforehand) or absent.
    status: Mapped[str] = mapped_column(String(10))
    #: There from this item on; None: from the beginning.
    from_item_id: Mapped[int | None] = mapped_column(ForeignKey("agenda_item.id", ondelete="SET NULL"), index=True)
    #: There to the end of this item; None: to the end.
    to_item_id: Mapped[int | None] = mapped_column(ForeignKey("agenda_item.id", ondelete="SET NULL"), index=True)
    marked_at: Mapped[datetime]
    user_id: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)

    meeting: Mapped[Meeting] = relationship()
    person: Mapped[Person | None] = relationship()
    seat: Mapped[Seat | None] = relationship()
    servings: Mapped[list[Serving]] = relationship(
        cascade="all, delete-orphan", order_by="Serving.id", back_populates="attendance"
    )
    recusals: Mapped[list[Recusal]] = relationship(
        cascade="all, delete-orphan", order_by="Recusal.item_id", back_populates="attendance"
    )


class Serving(Base):
    """A substitute acting for a named seat, for the whole meeting or part of it; one seat at a time."""

    __tablename__ = "serving"

    id: Mapped[Id]
    attendance_id: Mapped[int] = mapped_column(ForeignKey("attendance.id", ondelete="CASCADE"), index=True)
    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id"), index=True)
    #: From this item on; None: from the beginning.
    from_item_id: Mapped[int | None] = mapped_column(ForeignKey("agenda_item.id", ondelete="SET NULL"), index=True)
    #: To the end of this item; None: to the end.
    to_item_id: Mapped[int | None] = mapped_column(ForeignKey("agenda_item.id", ondelete="SET NULL"), index=True)

    attendance: Mapped[Attendance] = relationship(back_populates="servings")
    seat: Mapped[Seat] = relationship()


class Recusal(Base):
    """Somebody who left for an item because of a conflict of interest (jäv)."""

    __tablename__ = "recusal"

    attendance_id: Mapped[int] = mapped_column(ForeignKey("attendance.id", ondelete="CASCADE"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_item.id", ondelete="CASCADE"), primary_key=True, index=True)

    attendance: Mapped[Attendance] = relationship(back_populates="recusals")


class Minutes(Base):
    """What is written of a meeting: notes, or a protocol that is adjusted, locked and posted."""

    __tablename__ = "minutes"
    __table_args__ = (
        CheckConstraint("kind IN ('notes', 'protocol')", name="kind"),
        CheckConstraint(
            "state IN ('draft', 'sent', 'approved', 'adjusting', 'adjusted', 'posted', 'archived')", name="state"
        ),
    )

    id: Mapped[Id]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    #: notes: draft, sent, approved; protocol: draft, adjusting, adjusted, posted, archived.
    state: Mapped[str] = mapped_column(String(10), default="draft")
    #: What stands before the first item, beside the attendance.
    opening: Mapped[LongText | None]
    #: What stands after the last.
    closing: Mapped[LongText | None]
    #: Who writes; None: nobody named.
    secretary_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    #: Where and when it is adjusted, in words, as the meeting decided.
    adjusting_note: Mapped[ShortText | None]
    created_at: Mapped[datetime]
    #: Notes: when they were sent to those who took part.
    sent_at: Mapped[datetime | None]
    #: Notes: the last local day an objection can be made.
    object_by_on: Mapped[date | None]
    #: Notes: when they were approved, by nobody's objection or at the next meeting.
    approved_at: Mapped[datetime | None]
    #: The meeting that approved the notes or took the protocol to its papers.
    approved_by_meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id", ondelete="SET NULL"))
    adjusted_at: Mapped[datetime | None]
    #: The finished text as it was locked, with its items, decisions and attendance.
    locked: Mapped[dict[str, Any] | None]
    #: SHA-256 of ``locked`` in its canonical form.
    locked_sha256: Mapped[str | None] = mapped_column(String(64))
    #: First and last local day on the notice board, both inclusive.
    posted_on: Mapped[date | None]
    posted_until_on: Mapped[date | None]
    archived_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    meeting: Mapped[Meeting] = relationship(foreign_keys=[meeting_id])
    secretary: Mapped[Person | None] = relationship()
    adjusters: Mapped[list[Adjuster]] = relationship(
        cascade="all, delete-orphan", order_by="Adjuster.position", back_populates="minutes"
    )


class Adjuster(Base):
    """Somebody who adjusts a protocol: the chair of the meeting and those it chose."""

    __tablename__ = "adjuster"
    __table_args__ = (UniqueConstraint("minutes_id", "person_id"),)

    id: Mapped[Id]
    minutes_id: Mapped[int] = mapped_column(ForeignKey("minutes.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    is_chair: Mapped[bool] = mapped_column(default=False)
    #: When they adjusted what ``adjusted_sha256`` names; None: not yet.
    adjusted_at: Mapped[datetime | None]
    #: The text they saw, as ``Minutes.locked_sha256`` counts; a change afterwards asks them again.
    adjusted_sha256: Mapped[str | None] = mapped_column(String(64))
    #: What they wrote: an objection keeps the protocol from being adjusted.
    objection: Mapped[LongText | None]
    #: Raising it revokes the personal links derived from this row (SEC-4).
    epoch: Mapped[int] = mapped_column(default=1)

    minutes: Mapped[Minutes] = relationship(back_populates="adjusters")
    person: Mapped[Person] = relationship()


class ItemRecord(Base):
    """What was said and decided on one item; saved by itself, so that two may write different items at once."""

    __tablename__ = "item_record"
    __table_args__ = (
        CheckConstraint(
            "outcome IN ('none', 'as_proposed', 'with_change', 'rejected', 'tabled', 'referred')", name="outcome"
        ),
    )

    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_item.id", ondelete="CASCADE"), primary_key=True)
    text: Mapped[LongText | None]
    outcome: Mapped[str] = mapped_column(String(12), default="none")
    decision_text: Mapped[LongText | None]
    #: Reservations and statements, each with its name (särskilt yttrande, protokollsanteckning).
    reservations: Mapped[LongText | None]
    #: Wall clock of the meeting's zone.
    began: Mapped[time | None]
    ended: Mapped[time | None]
    #: Adjusted at once, before the rest (omedelbar justering).
    adjusted_at: Mapped[datetime | None]
    #: Who wrote last, and when.
    saved_at: Mapped[datetime | None]
    user_id: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)

    item: Mapped[AgendaItem] = relationship(back_populates="record")


class ParagraphCount(Base):
    """The last § of a forum in a year; whoever draws a number holds this row until the transaction ends."""

    __tablename__ = "paragraph_count"

    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class Decision(Base):
    """A decision with its §, drawn when the protocol (or the item alone) is adjusted: no gaps in a forum and year."""

    __tablename__ = "decision"
    __table_args__ = (UniqueConstraint("forum_id", "year", "paragraph"),)

    id: Mapped[Id]
    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_item.id"), unique=True)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id"))
    #: The year of the meeting's local day.
    year: Mapped[int]
    #: From 1.
    paragraph: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(12))
    text: Mapped[LongText]
    reservations: Mapped[LongText | None]
    drawn_at: Mapped[datetime]

    item: Mapped[AgendaItem] = relationship(back_populates="decision")


class ActionPoint(Base):
    """Something to be done until a day, by a person or an organisation; open ones stand on the next agenda."""

    __tablename__ = "action_point"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'done', 'dropped')", name="state"),
        Index("ix_action_point_state_due_on", "state", "due_on"),
    )

    id: Mapped[Id]
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), index=True)
    #: Where it came from; None: written on the forum's page.
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id", ondelete="SET NULL"), index=True)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("agenda_item.id", ondelete="SET NULL"), index=True)
    text: Mapped[LongText]
    owner_person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    owner_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: The last local day; None: none set.
    due_on: Mapped[date | None]
    #: Not on an agenda before this day; None: from the next meeting on.
    show_from_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(String(10), default="open")
    #: What was done, or why it was dropped.
    outcome: Mapped[LongText | None]
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    forum: Mapped[Forum] = relationship()
    meeting: Mapped[Meeting | None] = relationship()
    item: Mapped[AgendaItem | None] = relationship()
    owner_person: Mapped[Person | None] = relationship()
    owner_organisation: Mapped[Organisation | None] = relationship()
