"""Tables: themes and strategies, activities and notices; sources, statements, provenance, loaded values."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from scheduler import i18n
from scheduler.db import Base, Code, Id, LongText, ShortText
from scheduler.history.journal import Undoable
from scheduler.organisations.models import Organisation


class Source(Base):
    """A page the register was made from."""

    __tablename__ = "source"

    id: Mapped[Id]
    #: The number the register cites it by ("001").
    number: Mapped[str] = mapped_column(String(20), unique=True)
    title: Mapped[ShortText]
    publisher: Mapped[ShortText | None]
    link: Mapped[str | None] = mapped_column(String(1000))
    #: The page's own headings and link texts, in order.
    headings: Mapped[list[Any] | None]


class Provenance(Base):
    """Where a value comes from: the source, its exact words, and whether it is assumed."""

    __tablename__ = "provenance"
    __table_args__ = (Index("ix_provenance_subject", "subject_kind", "subject_id"),)

    id: Mapped[Id]
    #: Table and row the value stands in.
    subject_kind: Mapped[Code]
    subject_id: Mapped[int]
    #: The column, or None for the record as a whole.
    field: Mapped[str | None] = mapped_column(String(100))
    source_id: Mapped[int | None] = mapped_column(ForeignKey("source.id"))
    phrase: Mapped[LongText | None]
    assumed: Mapped[bool] = mapped_column(default=False)

    source: Mapped[Source | None] = relationship()


class Statement(Base):
    """A fact of the register that has no column of its own, shown under "Uppgifter ur källan"."""

    __tablename__ = "statement"
    __table_args__ = (
        UniqueConstraint("record", "path"),
        Index("ix_statement_subject", "subject_kind", "subject_id"),
    )

    id: Mapped[Id]
    #: The record in the register file ("forums/run"), and the path of the fact in it ("tasks/0/sv").
    record: Mapped[str] = mapped_column(String(200))
    path: Mapped[str] = mapped_column(String(300))
    #: Table and row it is about; ``county`` with row 0 for what belongs to no single record.
    subject_kind: Mapped[Code]
    subject_id: Mapped[int] = mapped_column(default=0)
    #: What it is, in the words of the register ("tasks").
    key: Mapped[str] = mapped_column(String(100))
    text: Mapped[LongText]
    value: Mapped[Any] = mapped_column(JSON, nullable=True)
    position: Mapped[int] = mapped_column(default=0)
    assumed: Mapped[bool] = mapped_column(default=False)
    #: Numbers of the sources, by comma, as the register writes them.
    sources: Mapped[str | None] = mapped_column(String(60))
    search_key: Mapped[str] = mapped_column(String(4000), default="")


class LoadedValue(Base):
    """What the register file last said of one field: the common ancestor of file and database.

    A later load changes the field only where the database still holds this value.
    """

    __tablename__ = "loaded_value"

    #: The record in the register file ("organisations/ajtte") and the field.
    record: Mapped[str] = mapped_column(String(200), primary_key=True)
    field: Mapped[str] = mapped_column(String(200), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON, nullable=True)
    #: The row it became; None once it left the file and was let go by hand.
    subject_kind: Mapped[Code]
    subject_id: Mapped[int]


class Strategy(Undoable, Base):
    """A strategy, plan or programme that forums and themes refer to."""

    __tablename__ = "strategy"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    #: strategy or programme.
    kind: Mapped[str] = mapped_column(String(20), default="strategy")
    sv: Mapped[ShortText]
    en: Mapped[ShortText | None]
    horizon: Mapped[int | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    text: Mapped[LongText | None]

    owner: Mapped[Organisation | None] = relationship()
    focus_areas: Mapped[list[FocusArea]] = relationship(back_populates="strategy", order_by="FocusArea.position")
    visions: Mapped[list[Vision]] = relationship(back_populates="strategy", order_by="Vision.id")


class Vision(Undoable, Base):
    """A vision sentence, of a strategy where the source says which."""

    __tablename__ = "vision"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    sv: Mapped[str] = mapped_column(String(1000))
    horizon: Mapped[int | None]
    strategy_id: Mapped[int | None] = mapped_column(ForeignKey("strategy.id"))

    strategy: Mapped[Strategy | None] = relationship(back_populates="visions")


class FocusArea(Undoable, Base):
    """A focus area (insatsområde) of a strategy."""

    __tablename__ = "focus_area"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    strategy_id: Mapped[int] = mapped_column(ForeignKey("strategy.id"))
    sv: Mapped[ShortText]
    en: Mapped[ShortText | None]
    position: Mapped[int]

    strategy: Mapped[Strategy] = relationship(back_populates="focus_areas")
    issues: Mapped[list[Issue]] = relationship(back_populates="focus_area", order_by="Issue.position")


class Issue(Undoable, Base):
    """An issue (påverkansfråga) under a focus area."""

    __tablename__ = "issue"

    id: Mapped[Id]
    focus_area_id: Mapped[int] = mapped_column(ForeignKey("focus_area.id"))
    sv: Mapped[str] = mapped_column(String(1000))
    position: Mapped[int]

    focus_area: Mapped[FocusArea] = relationship(back_populates="issues")


class Theme(Undoable, Base):
    """A subject of forums and meetings; its parent is a theme, a focus area or a strategy."""

    __tablename__ = "theme"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    sv: Mapped[ShortText]
    en: Mapped[ShortText | None]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("theme.id"))
    focus_area_id: Mapped[int | None] = mapped_column(ForeignKey("focus_area.id"))
    strategy_id: Mapped[int | None] = mapped_column(ForeignKey("strategy.id"))
    sort_key: Mapped[str] = mapped_column(String(400), default="")

    parent: Mapped[Theme | None] = relationship(remote_side="Theme.id")

    @validates("sv")
    def _keys(self, _key: str, name: str) -> str:
        self.sort_key = i18n.sort_key(name)
        return name


class Activity(Undoable, Base):
    """Something that recurs and is counted, but is no meeting (eight exhibitions a year)."""

    __tablename__ = "activity"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    sv: Mapped[ShortText]
    en: Mapped[ShortText | None]
    #: A forum kind that counts as activity (utstallning).
    kind: Mapped[Code]
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    since_on: Mapped[date | None]
    since_precision: Mapped[str] = mapped_column(String(10), default="day")
    #: A cadence version in the words of the cadence room (kind, min, max, period).
    cadence: Mapped[dict[str, Any] | None]
    phrase: Mapped[LongText | None]
    purpose: Mapped[LongText | None]
    themes: Mapped[list[Any] | None]

    organisation: Mapped[Organisation | None] = relationship()


class Notice(Undoable, Base):
    """A message on every page from–to, both days included; None is open."""

    __tablename__ = "notice"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    #: warning or information.
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[LongText]
    text_en: Mapped[LongText | None]
    link: Mapped[str | None] = mapped_column(String(1000))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]
    dismissible: Mapped[bool] = mapped_column(default=True)

    organisation: Mapped[Organisation | None] = relationship()
