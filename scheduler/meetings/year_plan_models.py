"""The table of decided yearly plans. Not here: what has changed since (``year_plan_rules``)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from scheduler.db import Base, Id, LongText, ShortText
from scheduler.history.journal import Undoable


class YearPlan(Undoable, Base):
    """A decision on the meetings of a year: which forums it is about, and their days as they then stood.

    Never changed. A later one of the same forum goes before it; taking it back is undoing it.
    """

    __tablename__ = "year_plan"
    __table_args__ = (Index("ix_year_plan_year", "year"),)

    id: Mapped[Id]
    year: Mapped[int]
    decided_on: Mapped[date]
    #: Who decided, as the paper says it: "Länsledningen".
    decided_by: Mapped[ShortText]
    note: Mapped[LongText | None]
    #: The forums decided on, by number, those without meetings too.
    forums: Mapped[list[Any]]
    #: Of each forum's meetings: [forum, *Planned.stored()].
    meetings: Mapped[list[Any]]
    entered_at: Mapped[datetime]
