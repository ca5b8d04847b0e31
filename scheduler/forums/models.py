"""Tables: forum kinds and forums; cadence versions, pauses; nesting, rotation, standing items, relations."""

from __future__ import annotations

from datetime import date, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from scheduler import i18n
from scheduler.db import Base, Code, Id, LongText, ShortText
from scheduler.history.journal import Undoable
from scheduler.organisations.models import Contact, Office, Ordered, Organisation, Person
from scheduler.places.models import Place
from scheduler.register.models import Strategy, Theme


class ForumKind(Undoable, Base):
    """A kind of forum, by the register's own id, with what a forum of the kind starts from."""

    __tablename__ = "forum_kind"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    sv: Mapped[ShortText]
    en: Mapped[ShortText]
    position: Mapped[int] = mapped_column(default=0)
    #: Takes binding decisions.
    decides: Mapped[bool] = mapped_column(default=False)
    #: False for kinds that are counted activities, not forums.
    meets: Mapped[bool] = mapped_column(default=True)
    #: informal, notes, protocol or protocol_notice.
    formality: Mapped[str] = mapped_column(String(20), default="notes")
    #: none, number or more_than_half.
    quorum_rule: Mapped[str] = mapped_column(String(20), default="none")
    #: A meeting without quorum does not count for the cadence (spec cadence §1).
    requires_quorum: Mapped[bool] = mapped_column(default=False)
    notice_n: Mapped[int] = mapped_column(default=21)
    #: calendar_days or working_days.
    notice_unit: Mapped[str] = mapped_column(String(20), default="calendar_days")
    #: Days before the meeting the reminder goes out, and the unit as above.
    reminder_n: Mapped[int] = mapped_column(default=2)
    reminder_unit: Mapped[str] = mapped_column(String(20), default="calendar_days")
    minutes_days: Mapped[int] = mapped_column(default=14)
    #: none, dates or full.
    public_level: Mapped[str] = mapped_column(String(10), default="none")


class Forum(Undoable, Ordered, Base):
    """A forum or network. A value of None in a rule column is inherited from its kind."""

    __tablename__ = "forum"
    __table_args__ = (
        CheckConstraint("valid_to_on IS NULL OR valid_from_on IS NULL OR valid_to_on >= valid_from_on", name="order"),
        CheckConstraint("duration > 0", name="duration"),
    )

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[str] = mapped_column(String(300))
    short_name: Mapped[str | None] = mapped_column(String(60))
    #: Two to four letters, unique among forums.
    code: Mapped[str | None] = mapped_column(String(4), unique=True)
    kind_id: Mapped[str] = mapped_column(ForeignKey("forum_kind.id"), index=True)
    #: proposal, active, resting or ended.
    state: Mapped[str] = mapped_column(String(20), default="active")
    host_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("forum.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    #: The office or person that leads; a rotation of task chair goes before both.
    lead_office_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    lead_person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    #: leads, or takes_part ("leder eller deltar").
    lead_relation: Mapped[str] = mapped_column(String(20), default="leads")
    #: The organisation that keeps the secretariat; a rotation of task secretariat goes before it.
    secretariat_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: The secretariat's function mailbox, shown as organiser and used as reply address.
    secretariat_email: Mapped[str | None] = mapped_column(String(320))
    #: The source does not name the forum; its name is a description.
    name_missing: Mapped[bool] = mapped_column(default=False)
    #: Stands for a whole family of unnamed forums, about this many.
    family_count: Mapped[int | None]
    purpose: Mapped[LongText | None]
    membership_note: Mapped[LongText | None]
    note: Mapped[LongText | None]
    #: Invitees are chosen for each meeting (thematic talks).
    invitees_per_meeting: Mapped[bool] = mapped_column(default=False)
    default_place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    #: Wall-clock start, and length in minutes.
    default_time: Mapped[time] = mapped_column(default=time(10, 0))
    duration: Mapped[int] = mapped_column(default=120)
    time_zone: Mapped[str] = mapped_column(String(40), default="Europe/Stockholm")
    #: Days that must lie between two meetings; None: no rule.
    min_gap_days: Mapped[int | None]
    extra_counts: Mapped[bool] = mapped_column(default=True)
    #: The chair may plan, call, move, cancel and record meetings too (product.md "Roles").
    chair_plans: Mapped[bool] = mapped_column(default=False)
    #: On a "no" the next substitute is asked at once; else on the secretariat's word.
    substitutes_automatic: Mapped[bool] = mapped_column(default=False)
    #: Those called are asked what they need: food, accessibility.
    asks_needs: Mapped[bool] = mapped_column(default=False)
    #: The public page names those who have the seats: they have allowed it.
    public_names: Mapped[bool] = mapped_column(default=False)
    # What is inherited from the kind when None.
    formality: Mapped[str | None] = mapped_column(String(20))
    quorum_rule: Mapped[str | None] = mapped_column(String(20))
    #: For quorum_rule number.
    quorum_number: Mapped[int | None]
    requires_quorum: Mapped[bool | None]
    notice_n: Mapped[int | None]
    notice_unit: Mapped[str | None] = mapped_column(String(20))
    minutes_days: Mapped[int | None]
    public_level: Mapped[str | None] = mapped_column(String(10))
    #: First day of the forum, at its precision's first day ("1990s" is 1990-01-01 with decade).
    valid_from_on: Mapped[date | None]
    valid_from_precision: Mapped[str] = mapped_column(String(10), default="day")
    valid_to_on: Mapped[date | None]
    #: From this day its meetings are recorded here; earlier years are "inga uppgifter", never missed.
    tracked_from_on: Mapped[date]
    demo: Mapped[bool] = mapped_column(default=False)
    #: Rises with each saved change, so that a form can tell that somebody else saved first.
    version: Mapped[int] = mapped_column(default=1)

    kind: Mapped[ForumKind] = relationship()
    host: Mapped[Organisation | None] = relationship(foreign_keys=[host_id])
    secretariat: Mapped[Organisation | None] = relationship(foreign_keys=[secretariat_id])
    parent: Mapped[Forum | None] = relationship(remote_side="Forum.id")
    contact: Mapped[Contact | None] = relationship()
    lead_office: Mapped[Office | None] = relationship()
    lead_person: Mapped[Person | None] = relationship()
    default_place: Mapped[Place | None] = relationship()
    names: Mapped[list[ForumName]] = relationship(cascade="all, delete-orphan", order_by="ForumName.id")
    cadences: Mapped[list[CadenceVersion]] = relationship(
        back_populates="forum", cascade="all, delete-orphan", order_by="CadenceVersion.position"
    )
    pauses: Mapped[list[Pause]] = relationship(cascade="all, delete-orphan", order_by="Pause.from_on")
    standing_items: Mapped[list[StandingItem]] = relationship(
        cascade="all, delete-orphan", order_by="StandingItem.position"
    )
    themes: Mapped[list[Theme]] = relationship(secondary="forum_theme", order_by=Theme.sort_key)
    principals: Mapped[list[Organisation]] = relationship(secondary="forum_principal", order_by=Organisation.id)

    @validates("name", "short_name", "code")
    def _keys(self, key: str, value: str | None) -> str | None:
        if key == "name":
            self.sort_key = i18n.sort_key(value or "")
        words = {"name": self.name, "short_name": self.short_name, "code": self.code, key: value}
        self.search_key = i18n.search_key(" ".join(word for word in words.values() if word))[:800]
        return value

    @property
    def title(self) -> str:
        """The short name where there is one, else the name."""
        return self.short_name or self.name


class ForumName(Undoable, Base):
    """The name in another language, or another name (language None)."""

    __tablename__ = "forum_name"
    __table_args__ = (UniqueConstraint("forum_id", "language", "name"),)

    id: Mapped[Id]
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), index=True)
    language: Mapped[str | None] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(300))
    search_key: Mapped[str] = mapped_column(String(800), default="")

    @validates("name")
    def _keys(self, _key: str, name: str) -> str:
        self.search_key = i18n.search_key(name)[:800]
        return name


class ForumTheme(Base):
    """A forum's theme."""

    __tablename__ = "forum_theme"

    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), primary_key=True)
    theme_id: Mapped[int] = mapped_column(ForeignKey("theme.id"), primary_key=True)


class ForumPrincipal(Base):
    """An organisation that is a principal (huvudman) of the forum."""

    __tablename__ = "forum_principal"

    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), primary_key=True)


class CadenceVersion(Undoable, Base):
    """What a forum's rule requires from ``valid_from_on`` on (None: always), with the source's own words."""

    __tablename__ = "cadence_version"
    __table_args__ = (
        CheckConstraint("kind IN ('count', 'interval', 'none')", name="kind"),
        CheckConstraint("kind <> 'count' OR (min >= 0 AND period IS NOT NULL)", name="count"),
        CheckConstraint("max IS NULL OR max >= min", name="range"),
        CheckConstraint("kind <> 'interval' OR (every > 0 AND unit IS NOT NULL)", name="interval"),
        UniqueConstraint("forum_id", "position"),
    )

    id: Mapped[Id]
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    valid_from_on: Mapped[date | None]
    kind: Mapped[str] = mapped_column(String(10))
    min: Mapped[int | None]
    max: Mapped[int | None]
    target: Mapped[int | None]
    #: year, term, quarter or month.
    period: Mapped[str | None] = mapped_column(String(10))
    #: calendar or rolling.
    window: Mapped[str] = mapped_column(String(10), default="calendar")
    approximate: Mapped[bool] = mapped_column(default=False)
    every: Mapped[int | None]
    #: day, week or month.
    unit: Mapped[str | None] = mapped_column(String(10))
    #: The sentence as the source has it, and where it stands.
    phrase: Mapped[LongText | None]
    source_url: Mapped[str | None] = mapped_column(String(1000))

    forum: Mapped[Forum] = relationship(back_populates="cadences")


class Pause(Undoable, Base):
    """Days without requirement, both ends included; yearly repeats each year on the same days."""

    __tablename__ = "pause"
    __table_args__ = (CheckConstraint("to_on IS NULL OR to_on >= from_on", name="order"),)

    id: Mapped[Id]
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), index=True)
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    yearly: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[ShortText | None]


class ForumInclusion(Undoable, Base):
    """The forum has all (or the named roles) of another forum's seats among its own; acyclic."""

    __tablename__ = "forum_inclusion"
    __table_args__ = (
        CheckConstraint("forum_id <> included_id", name="not_itself"),
        UniqueConstraint("forum_id", "included_id", "from_on"),
    )

    id: Mapped[Id]
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), index=True)
    included_id: Mapped[int] = mapped_column(ForeignKey("forum.id"), index=True)
    #: Seat kinds taken over, by comma.
    seat_kinds: Mapped[str] = mapped_column(String(100), default="ordinary")
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]
    note: Mapped[LongText | None]

    forum: Mapped[Forum] = relationship(foreign_keys=[forum_id])
    included: Mapped[Forum] = relationship(foreign_keys=[included_id])


FORUM_RELATION_KINDS = (
    "subset_of",
    "within",
    "positions_feed",
    "responsible",
    "family",
    "appointed_by",
)


class ForumRelation(Undoable, Base):
    """What a forum is to another forum, an organisation or something only named."""

    __tablename__ = "forum_relation"

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(20))
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), index=True)
    to_forum_id: Mapped[int | None] = mapped_column(ForeignKey("forum.id"))
    to_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    to_text: Mapped[ShortText | None]

    to_forum: Mapped[Forum | None] = relationship(foreign_keys=[to_forum_id])
    to_organisation: Mapped[Organisation | None] = relationship()


class ForumLink(Undoable, Base):
    """A chain: ``before`` meets between min and max days before ``after`` (spec cadence, chains)."""

    __tablename__ = "forum_link"
    __table_args__ = (
        CheckConstraint("before_id <> after_id", name="not_itself"),
        CheckConstraint("max_days >= min_days", name="range"),
    )

    id: Mapped[Id]
    before_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), index=True)
    after_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), index=True)
    min_days: Mapped[int]
    max_days: Mapped[int]

    before: Mapped[Forum] = relationship(foreign_keys=[before_id])
    after: Mapped[Forum] = relationship(foreign_keys=[after_id])


class StandingItem(Undoable, Base):
    """An agenda item that is on every new meeting's agenda, every nth, or in named months."""

    __tablename__ = "standing_item"

    id: Mapped[Id]
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    title: Mapped[str] = mapped_column(String(400))
    text: Mapped[LongText | None]
    minutes: Mapped[int | None]
    presenter_role: Mapped[Code | None]
    every_n: Mapped[int] = mapped_column(default=1)
    #: Months by comma ("3,9"), None for all.
    months: Mapped[str | None] = mapped_column(String(40))
    strategy_id: Mapped[int | None] = mapped_column(ForeignKey("strategy.id"))

    strategy: Mapped[Strategy | None] = relationship()


class Rotation(Undoable, Base):
    """A task (chair or secretariat) that moves between organisations or persons."""

    __tablename__ = "rotation"
    __table_args__ = (
        CheckConstraint("task IN ('chair', 'secretariat')", name="task"),
        UniqueConstraint("forum_id", "task"),
    )

    id: Mapped[Id]
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), index=True)
    task: Mapped[str] = mapped_column(String(20))
    #: year or meeting.
    unit: Mapped[str] = mapped_column(String(10), default="year")
    #: How many units a turn lasts.
    every: Mapped[int] = mapped_column(default=1)
    #: The first day of the first entry's turn.
    start_on: Mapped[date | None]
    phrase: Mapped[LongText | None]

    entries: Mapped[list[RotationEntry]] = relationship(
        cascade="all, delete-orphan", order_by="RotationEntry.position", back_populates="rotation"
    )
    turns: Mapped[list[Turn]] = relationship(
        cascade="all, delete-orphan", order_by="Turn.from_on", back_populates="rotation"
    )


class RotationEntry(Undoable, Base):
    """One organisation or person in the order of a rotation."""

    __tablename__ = "rotation_entry"
    __table_args__ = (UniqueConstraint("rotation_id", "position"),)

    id: Mapped[Id]
    rotation_id: Mapped[int] = mapped_column(ForeignKey("rotation.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    #: No longer in the order; kept for the turns it served.
    retired: Mapped[bool] = mapped_column(default=False)

    rotation: Mapped[Rotation] = relationship(back_populates="entries")
    organisation: Mapped[Organisation | None] = relationship()
    person: Mapped[Person | None] = relationship()


class Turn(Undoable, Base):
    """A turn that differs from the plain order (skipped, swapped) or has been served; days inclusive."""

    __tablename__ = "turn"
    __table_args__ = (
        CheckConstraint("to_on >= from_on", name="order"),
        Index("uq_turn_rotation_id_from_on", "rotation_id", "from_on", unique=True),
    )

    id: Mapped[Id]
    rotation_id: Mapped[int] = mapped_column(ForeignKey("rotation.id", ondelete="CASCADE"), index=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("rotation_entry.id"))
    from_on: Mapped[date]
    to_on: Mapped[date]
    #: planned, skipped or swapped.
    status: Mapped[str] = mapped_column(String(10), default="planned")

    rotation: Mapped[Rotation] = relationship(back_populates="turns")
    entry: Mapped[RotationEntry] = relationship()
