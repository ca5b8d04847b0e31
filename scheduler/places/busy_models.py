"""Tables: the calendars of their own that people let us read, and the times taken from them.

None of it is ``Undoable``: an address is another system's secret, which no history may keep, and times are derived.
What was taken away by mistake is entered again.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, Code, Id, ShortText
from scheduler.outbound import LONGEST_URL


class BusySource(Base):
    """A person's own calendar, from which only the times are kept at which they are busy."""

    __tablename__ = "busy_source"
    __table_args__ = (
        CheckConstraint("kind IN ('url', 'file')", name="kind"),
        CheckConstraint("(kind = 'url') = (url IS NOT NULL)", name="url"),
        Index("ix_busy_source_next_at", "next_at"),
    )

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    #: url: read again and again; file: read once, and not kept.
    kind: Mapped[str] = mapped_column(String(10))
    #: What the person calls it; nobody else sees it.
    name: Mapped[ShortText]
    #: Whoever has the address reads the calendar: it is shown to nobody, logged nowhere and in no export.
    url: Mapped[str | None] = mapped_column(String(LONGEST_URL))
    #: What the server said of the version that was read, to be sent when asking again.
    etag: Mapped[ShortText | None]
    last_modified: Mapped[ShortText | None]
    created_at: Mapped[datetime]
    #: When its times were last taken from it.
    fetched_at: Mapped[datetime]
    #: When it last answered, be it that nothing had changed.
    checked_at: Mapped[datetime]
    #: When to read it next; None: never (a file, or an address given up).
    next_at: Mapped[datetime | None]
    #: Since the last time it answered.
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]
    #: ``outbound.Reason`` or ``ical.busy.Reason`` of the last failure; None while it answers.
    failure: Mapped[Code | None]
    #: How many events of it could not be read.
    left_out: Mapped[int] = mapped_column(default=0)


class BusyTime(Base):
    """A time at which the calendar's owner is busy: half-open, no longer than ``busy_rules.LONGEST``."""

    __tablename__ = "busy_time"
    __table_args__ = (CheckConstraint("end_at > start_at", name="order"),)

    #: Its times go with the source. By this key they are looked for: none is longer than a bound.
    source_id: Mapped[int] = mapped_column(ForeignKey("busy_source.id", ondelete="CASCADE"), primary_key=True)
    start_at: Mapped[datetime] = mapped_column(primary_key=True)
    end_at: Mapped[datetime]
    #: Only perhaps busy.
    tentative: Mapped[bool]
