"""Tables: places, distances between towns, and the days on which something or somebody is closed or away."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from scheduler import i18n
from scheduler.db import Base, Id, LongText, ShortText
from scheduler.history.journal import Undoable
from scheduler.organisations.models import Ordered, Organisation


class Place(Undoable, Ordered, Base):
    """Where a meeting is held; its town decides who has to travel. Online places have none."""

    __tablename__ = "place"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[ShortText]
    name_en: Mapped[ShortText | None]
    address: Mapped[str | None] = mapped_column(String(200))
    town: Mapped[str | None] = mapped_column(String(100))
    capacity: Mapped[int | None]
    online: Mapped[bool] = mapped_column(default=False)
    video_url: Mapped[str | None] = mapped_column(String(1000))
    hours: Mapped[ShortText | None]
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    part_of_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))

    organisation: Mapped[Organisation | None] = relationship()
    part_of: Mapped[Place | None] = relationship(remote_side="Place.id")

    @validates("name")
    def _keys(self, _key: str, name: str) -> str:
        self.sort_key = i18n.sort_key(name)
        self.search_key = i18n.search_key(name)[:800]
        return name


class TownDistance(Undoable, Base):
    """How far it is by road between two towns, written here instead of what the shipped table says.

    ``one`` comes before ``other`` by its characters, so that a pair is there once.
    """

    __tablename__ = "town_distance"
    __table_args__ = (
        UniqueConstraint("one", "other"),
        CheckConstraint("one <> other", name="towns"),
        CheckConstraint("km > 0 AND minutes > 0", name="far"),
    )

    id: Mapped[Id]
    one: Mapped[str] = mapped_column(String(100))
    other: Mapped[str] = mapped_column(String(100))
    km: Mapped[int]
    minutes: Mapped[int]


class BlockedPeriod(Undoable, Base):
    """Days on which all, one organisation, one person or one place cannot meet; both ends included.

    With no organisation, person and place it holds for all. Times are set only for a part of a day. What people's own
    calendars say is no such period (``busy_models``).
    """

    __tablename__ = "blocked_period"
    __table_args__ = (CheckConstraint("to_on >= from_on", name="order"),)

    id: Mapped[Id]
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"), index=True)
    from_on: Mapped[date] = mapped_column(index=True)
    to_on: Mapped[date] = mapped_column(index=True)
    from_at: Mapped[datetime | None]
    to_at: Mapped[datetime | None]
    #: closed (no working day), break (school), holiday, council, travel, away.
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[ShortText]
    #: A hard one forbids; a soft one warns.
    hard: Mapped[bool] = mapped_column(default=True)
    #: manual, register or demo.
    source: Mapped[str] = mapped_column(String(200), default="manual")
    note: Mapped[LongText | None]

    @property
    def is_secret(self) -> bool:
        """Whether it says why a person is away: that is for nobody else to read, nor to keep when it is taken back."""
        return self.person_id is not None and self.note is not None
