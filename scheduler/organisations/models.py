"""Tables: organisations and their names and relations, offices and holders, persons, addresses, contacts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from scheduler import i18n
from scheduler.db import Base, Code, Id, LongText, ShortText
from scheduler.history.journal import Undoable


class Ordered:
    """A table with a name: keys for Swedish order and for searching, the same on both databases."""

    #: Digits only, so that any collation orders it alike (i18n.sort_key).
    sort_key: Mapped[str] = mapped_column(String(400), default="", index=True)
    #: Case and accents folded (i18n.search_key).
    search_key: Mapped[str] = mapped_column(String(800), default="")


class OrganisationKind(Undoable, Base):
    """A kind of organisation, by the register's own id (kommun, myndighet …)."""

    __tablename__ = "organisation_kind"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    sv: Mapped[ShortText]
    en: Mapped[ShortText]
    position: Mapped[int] = mapped_column(default=0)


class Organisation(Undoable, Ordered, Base):
    """An organisation, a part of one, or a group that is none ("Nationella minoriteter")."""

    __tablename__ = "organisation"

    id: Mapped[Id]
    #: The register's own id; also the address of its page. Never reused.
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[ShortText]
    short_name: Mapped[str | None] = mapped_column(String(24))
    kind_id: Mapped[str] = mapped_column(ForeignKey("organisation_kind.id"))
    org_no: Mapped[str | None] = mapped_column(String(20))
    #: Municipality or county code.
    code: Mapped[str | None] = mapped_column(String(20))
    municipality: Mapped[str | None] = mapped_column(String(100))
    #: County letter (BD), as the register writes it.
    county: Mapped[str | None] = mapped_column(String(40))
    country: Mapped[str] = mapped_column(String(2), default="SE")
    web: Mapped[str | None] = mapped_column(String(400))
    domain: Mapped[str | None] = mapped_column(String(200))
    legal_form: Mapped[str | None] = mapped_column(String(100))
    phone: Mapped[str | None] = mapped_column(String(60))
    contact_email: Mapped[str | None] = mapped_column(String(320))
    note: Mapped[LongText | None]
    public: Mapped[bool] = mapped_column(default=True)
    #: Fictional, added by the demo.
    demo: Mapped[bool] = mapped_column(default=False)
    valid_from_on: Mapped[date | None]
    valid_from_precision: Mapped[str] = mapped_column(String(10), default="day")
    valid_to_on: Mapped[date | None]
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    #: It was entered twice, and this is the one that goes on; its own row stays for its address and the history.
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: Raising it revokes the link to the organisation's own page (SEC-4).
    link_epoch: Mapped[int] = mapped_column(default=1)

    kind: Mapped[OrganisationKind] = relationship(lazy="joined")
    successor: Mapped[Organisation | None] = relationship(
        remote_side="Organisation.id", foreign_keys="Organisation.successor_id"
    )
    names: Mapped[list[OrganisationName]] = relationship(
        back_populates="organisation", cascade="all, delete-orphan", order_by="OrganisationName.id"
    )

    @validates("name")
    def _keys(self, _key: str, name: str) -> str:
        self.sort_key = i18n.sort_key(name)
        self.search_key = i18n.search_key(name)[:800]
        return name


class OrganisationName(Undoable, Base):
    """Another name: an alias (language None) or the name in another language."""

    __tablename__ = "organisation_name"
    __table_args__ = (UniqueConstraint("organisation_id", "language", "name"),)

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    #: BCP 47 code (en, se, smj, fit …), None for an alias.
    language: Mapped[str | None] = mapped_column(String(10))
    name: Mapped[ShortText]
    search_key: Mapped[str] = mapped_column(String(800), default="")

    organisation: Mapped[Organisation] = relationship(back_populates="names")

    @validates("name")
    def _keys(self, _key: str, name: str) -> str:
        self.search_key = i18n.search_key(name)[:800]
        return name


RELATION_KINDS = (
    "owns",
    "part_of",
    "appoints",
    "operates",
    "on_behalf_of",
    "manages",
    "supports",
    "finances",
    "mandates",
)


class Relation(Undoable, Base):
    """What one organisation is to another; a party may be a text ("tolv av länets kommuner")."""

    __tablename__ = "relation"
    __table_args__ = (
        CheckConstraint("from_id IS NOT NULL OR from_text IS NOT NULL", name="has_from"),
        CheckConstraint("to_id IS NOT NULL OR to_text IS NOT NULL", name="has_to"),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(20))
    from_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    from_text: Mapped[ShortText | None]
    to_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    to_text: Mapped[ShortText | None]
    #: How many the text stands for, of how many: twelve of fourteen.
    count: Mapped[int | None]
    of_count: Mapped[int | None]
    #: Slugs of those of a group that are named.
    named: Mapped[list[Any] | None]

    from_organisation: Mapped[Organisation | None] = relationship(foreign_keys=[from_id])
    to_organisation: Mapped[Organisation | None] = relationship(foreign_keys=[to_id])


class Office(Undoable, Base):
    """An office (befattning): a seat or a lead may belong to it, whoever holds it."""

    __tablename__ = "office"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    sv: Mapped[ShortText]
    en: Mapped[ShortText | None]
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    on_behalf_of_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    #: One holder in each of these ("kommun"); the holding then names the organisation.
    each_of: Mapped[ShortText | None]
    #: Several hold it at once (the management of the county board).
    group: Mapped[bool] = mapped_column(default=False)

    organisation: Mapped[Organisation | None] = relationship(foreign_keys=[organisation_id])
    on_behalf_of: Mapped[Organisation | None] = relationship(foreign_keys=[on_behalf_of_id])
    holdings: Mapped[list[OfficeHolding]] = relationship(back_populates="office", order_by="OfficeHolding.from_on")


class Person(Undoable, Ordered, Base):
    """A person; needs no account. Protected: name shown as "ledamot", no address, in no list or feed."""

    __tablename__ = "person"

    id: Mapped[Id]
    given_name: Mapped[str] = mapped_column(String(100))
    family_name: Mapped[str] = mapped_column(String(100))
    phone: Mapped[str | None] = mapped_column(String(60))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: Language of mails to the person.
    locale: Mapped[str] = mapped_column(String(10), default="sv")
    time_zone: Mapped[str] = mapped_column(String(40), default="Europe/Stockholm")
    #: Where the person travels from.
    town: Mapped[str | None] = mapped_column(String(100))
    protected: Mapped[bool] = mapped_column(default=False)
    demo: Mapped[bool] = mapped_column(default=False)
    anonymised_at: Mapped[datetime | None]
    #: Was entered twice, and this is the one that goes on.
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)

    organisation: Mapped[Organisation | None] = relationship()
    emails: Mapped[list[PersonEmail]] = relationship(
        back_populates="person", cascade="all, delete-orphan", order_by="PersonEmail.id"
    )

    @validates("given_name", "family_name")
    def _keys(self, key: str, value: str) -> str:
        given = value if key == "given_name" else (self.given_name or "")
        family = value if key == "family_name" else (self.family_name or "")
        self.sort_key = i18n.sort_key(f"{family} {given}")
        self.search_key = i18n.search_key(f"{given} {family}")[:800]
        return value

    @property
    def is_secret(self) -> bool:
        """Whether the identity is protected."""
        return self.protected

    @property
    def name(self) -> str:
        """Given name and family name."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def main_email(self) -> PersonEmail | None:
        """The address mails go to, None without one."""
        return next((mail for mail in self.emails if mail.main), None)


class PersonEmail(Undoable, Base):
    """An address of a person; exactly one of them is the main one."""

    __tablename__ = "person_email"
    __table_args__ = (
        Index(
            "uq_person_email_main", "person_id", unique=True, sqlite_where=text("main"), postgresql_where=text("main")
        ),
    )

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    address: Mapped[str] = mapped_column(String(320))
    #: Lower case, for finding; one mailbox belongs to one person.
    normalised: Mapped[str] = mapped_column(String(320), unique=True)
    main: Mapped[bool] = mapped_column(default=True)
    #: ok, soft or hard.
    bounce_state: Mapped[str] = mapped_column(String(10), default="ok")

    person: Mapped[Person] = relationship(back_populates="emails")

    @property
    def is_secret(self) -> bool:
        """Whether it is the address of a protected identity."""
        return self.person is not None and self.person.protected

    @validates("address")
    def _normalise(self, _key: str, address: str) -> str:
        self.normalised = address.casefold()
        return address


class OfficeHolding(Undoable, Base):
    """Who holds an office from–to, both days included; organisation where the office is one in each."""

    __tablename__ = "office_holding"
    __table_args__ = (CheckConstraint("to_on IS NULL OR to_on >= from_on", name="order"),)

    id: Mapped[Id]
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    from_on: Mapped[date]
    to_on: Mapped[date | None]

    office: Mapped[Office] = relationship(back_populates="holdings")
    person: Mapped[Person] = relationship()
    organisation: Mapped[Organisation | None] = relationship()


class Contact(Undoable, Base):
    """Whom a page names to ask; not a member, never gets mail."""

    __tablename__ = "contact"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[ShortText]
    title: Mapped[ShortText | None]
    office_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    email: Mapped[str | None] = mapped_column(String(320))
    phone: Mapped[str | None] = mapped_column(String(60))
    phone_e164: Mapped[str | None] = mapped_column(String(20))
    #: växel, mobil …
    phone_kind: Mapped[Code | None]
    public: Mapped[bool] = mapped_column(default=False)
    #: Slugs of the forums and organisations it is the contact for.
    contact_for: Mapped[list[Any] | None]

    office: Mapped[Office | None] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
