"""Tables: drafts of a year, the forums in them, and their meetings until they are accepted.

A draft is nobody's business but the secretariat's: nothing here is public, in a feed or in a mail. Not ``Undoable``: a
draft is changed on its own board, and what was accepted is meetings.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.db import Base, Code, Id, ShortText
from scheduler.forums.models import Forum
from scheduler.meetings.models import Meeting
from scheduler.places.models import Place

_UNDER_WAY = text("state IN ('waiting', 'running')")


class Draft(Base):
    """A year in the making: what was asked, how the run stands, what came of it."""

    __tablename__ = "draft"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'waiting', 'running', 'ready', 'failed')", name="state"),
        CheckConstraint("task IN ('plan', 'mend', 'other')", name="task"),
        CheckConstraint("seconds > 0", name="seconds"),
        # One run at a time for each year and secretariat.
        Index("uq_draft_under_way", "year", "scope", unique=True, sqlite_where=_UNDER_WAY, postgresql_where=_UNDER_WAY),
        Index("ix_draft_year", "year"),
    )

    id: Mapped[Id]
    year: Mapped[int]
    #: Whose drafts these are: "all", "o" and the number of the organisation that keeps the secretariat, or "u" and the
    #: user who plans forums that no organisation keeps.
    scope: Mapped[str] = mapped_column(String(20))
    name: Mapped[ShortText]
    #: How it weighs (``planning.profiles``).
    profile: Mapped[Code]
    seed: Mapped[int] = mapped_column(default=0)
    #: How long the search may take.
    seconds: Mapped[int]
    #: plan: all anew; mend: what the draft it was made from has, changed as little as can be; other: dates that differ
    #: from those of the draft it was made from and of the others made from it.
    task: Mapped[str] = mapped_column(String(10), default="plan")
    made_from_id: Mapped[int | None] = mapped_column(ForeignKey("draft.id", ondelete="SET NULL"))
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    #: Whose run it is, and until when nobody else may take it up.
    holder: Mapped[str | None] = mapped_column(String(100))
    held_until: Mapped[datetime | None]
    #: How often it was begun; a run that kills its process is given up.
    tries: Mapped[int] = mapped_column(default=0)
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    #: How a run stands: seconds, iterations, of, cost (None while some forum has no place), unplaced, proves (whether
    #: the search has ended and it is being proven how good the plan is).
    progress: Mapped[dict[str, Any] | None]
    #: The problem as it was solved (``nmsplan-1`` as JSON, compressed): what explanations of this draft speak of.
    problem: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    #: What came of it: cost, terms, violations (how many), unplaced (forum numbers); bound, ideal (forum → points) and
    #: proof_seconds unless it was stopped.
    outcome: Mapped[dict[str, Any] | None]
    #: What was changed by hand, the latest last, each with what was before: what is taken back step by step.
    steps: Mapped[list[Any] | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    user_id: Mapped[int | None]
    #: Rises with each saved change, so that a form can tell that somebody else saved first.
    version: Mapped[int] = mapped_column(default=1)

    made_from: Mapped[Draft | None] = relationship(remote_side="Draft.id")
    forum_rows: Mapped[list[DraftForum]] = relationship(cascade="all, delete-orphan", order_by="DraftForum.forum_id")
    meetings: Mapped[list[DraftMeeting]] = relationship(
        cascade="all, delete-orphan", order_by="(DraftMeeting.forum_id, DraftMeeting.on)", back_populates="draft"
    )

    @property
    def is_under_way(self) -> bool:
        """Whether it waits for its run (queued: until another of the year has ended), or runs."""
        return self.state in {"queued", "waiting", "running"}


class DraftForum(Base):
    """A forum that a draft lays the year of."""

    __tablename__ = "draft_forum"

    draft_id: Mapped[int] = mapped_column(ForeignKey("draft.id", ondelete="CASCADE"), primary_key=True)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), primary_key=True, index=True)

    forum: Mapped[Forum] = relationship()


class DraftMeeting(Base):
    """A meeting as a draft would have it."""

    __tablename__ = "draft_meeting"
    __table_args__ = (
        UniqueConstraint("draft_id", "forum_id", "on"),
        Index("ix_draft_meeting_meeting_id", "meeting_id"),
    )

    id: Mapped[Id]
    draft_id: Mapped[int] = mapped_column(ForeignKey("draft.id", ondelete="CASCADE"), index=True)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), index=True)
    #: Civil date, and minutes after local midnight.
    on: Mapped[date]
    start: Mapped[int]
    #: Minutes.
    duration: Mapped[int]
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    town: Mapped[ShortText | None]
    #: Seat number → person number, None for a seat nobody can fill; keys are strings, as JSON has them.
    seats: Mapped[dict[str, Any]]
    #: Stays where it is when the draft is reckoned anew.
    locked: Mapped[bool] = mapped_column(default=False)
    #: The meeting it became, or already was.
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id", ondelete="SET NULL"))

    draft: Mapped[Draft] = relationship(back_populates="meetings")
    forum: Mapped[Forum] = relationship()
    place: Mapped[Place | None] = relationship()
    meeting: Mapped[Meeting | None] = relationship()
