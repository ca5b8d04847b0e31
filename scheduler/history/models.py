"""Tables: the history of changes, and the version of every calendar scope."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, Code, Id, LongText, ShortText


class HistoryEntry(Base):
    """One change: append-only, never edited, without secrets (SEC-17)."""

    __tablename__ = "history_entry"
    __table_args__ = (
        Index("ix_history_entry_subject", "subject_kind", "subject_id", "id"),
        Index("ix_history_entry_at", "at"),
        Index("ix_history_entry_change_id", "change_id"),
    )

    id: Mapped[Id]
    at: Mapped[datetime]
    #: The user who did it; None for the system, the command line and personal links.
    user_id: Mapped[int | None]
    #: Who, as shown: kept as text, so that it stands when the user is gone.
    actor: Mapped[ShortText]
    #: What was done, as ``forum.create`` or ``meeting.move``.
    action: Mapped[Code]
    #: The table of the subject, and its row; a row may be gone, so no foreign key.
    subject_kind: Mapped[Code]
    subject_id: Mapped[int | None]
    #: The subject's name when it happened.
    subject_label: Mapped[str] = mapped_column(String(400))
    #: Only the fields that changed, before and after; None where there was nothing.
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    reason: Mapped[LongText | None]
    #: The first entry of the same saving: what one press of a button did belongs together and is undone together.
    change_id: Mapped[int | None] = mapped_column(ForeignKey("history_entry.id"))
    #: On that first entry: the rows that changed, as ``journal.RowChange`` stores them; None: cannot be undone.
    rows: Mapped[list[Any] | None]
    #: The change this one took back.
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("history_entry.id"), unique=True)


class ScopeVersion(Base):
    """The version of one calendar scope: it rises with each change that a feed of the scope could show."""

    __tablename__ = "scope_version"
    __table_args__ = (CheckConstraint("version > 0", name="positive"),)

    #: public, forum, organisation, person or secretariat.
    scope: Mapped[str] = mapped_column(String(20), primary_key=True)
    #: The row the scope is about: a forum, an organisation, a person; 0 for the public scope.
    scope_id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]
    modified_at: Mapped[datetime]
