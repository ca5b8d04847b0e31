"""Reading organisations and persons: lists, searches, one organisation's page.

Each list makes a constant number of queries. Rows meant for showing name a person with protected identity as
"ledamot" and carry no address of theirs. Not here: seats (``forums.seats``), contacts and offices on their own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from scheduler import i18n
from scheduler.organisations import rules
from scheduler.organisations.contacts import contacts_of
from scheduler.organisations.models import (
    Contact,
    Office,
    Organisation,
    OrganisationKind,
    OrganisationName,
    Person,
    PersonEmail,
    Relation,
)
from scheduler.organisations.offices import Holder, holders_on


def organisation_kinds(session: Session) -> Sequence[OrganisationKind]:
    """All kinds, in their own order."""
    return session.scalars(select(OrganisationKind).order_by(OrganisationKind.position, OrganisationKind.id)).all()


def organisation_by_slug(session: Session, slug: str) -> Organisation | None:
    """The organisation of an address; None when there is none."""
    return session.scalars(select(Organisation).where(Organisation.slug == slug)).one_or_none()


def merged_into(session: Session, organisation: Organisation) -> Sequence[int]:
    """The ids of those that were entered twice and went on as this one. One query."""
    query = select(Organisation.id).where(Organisation.merged_into_id == organisation.id)
    return session.scalars(query.order_by(Organisation.id)).all()


def organisation_slugs(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Organisation → the last part of its page's address. One query, none without ids."""
    if not ids:
        return {}
    return dict(session.execute(select(Organisation.id, Organisation.slug).where(Organisation.id.in_(ids))).all())


def organisations_for_list(
    session: Session,
    *,
    text: str = "",
    kind_id: str | None = None,
    municipality: str | None = None,
    on: date | None = None,
    public_only: bool = False,
    limit: int | None = None,
) -> Sequence[Organisation]:
    """Organisations in Swedish order, with kinds and names read; those merged into another are left out. Two queries.

    ``text`` is found in names, short names, aliases and names in other languages, whatever the case and the
    accents. ``on`` leaves out those that are not valid that day.
    """
    query = select(Organisation).where(Organisation.merged_into_id.is_(None)).options(selectinload(Organisation.names))
    query = query.where(*(_organisation_has(word) for word in i18n.search_words(text)))
    if kind_id is not None:
        query = query.where(Organisation.kind_id == kind_id)
    if municipality is not None:
        query = query.where(Organisation.municipality == municipality)
    if on is not None:
        query = query.where(
            or_(Organisation.valid_from_on.is_(None), Organisation.valid_from_on <= on),
            or_(Organisation.valid_to_on.is_(None), Organisation.valid_to_on >= on),
        )
    if public_only:
        query = query.where(Organisation.public)
    return session.scalars(query.order_by(Organisation.sort_key, Organisation.id).limit(limit)).all()


def municipalities(session: Session) -> list[str]:
    """The municipalities that organisations are in: where their people travel from."""
    found = session.scalars(select(Organisation.municipality).where(Organisation.municipality.is_not(None)).distinct())
    return sorted((name for name in found if name), key=i18n.sort_key)


def _organisation_has(word: str) -> ColumnElement[bool]:
    named = exists().where(
        OrganisationName.organisation_id == Organisation.id,
        OrganisationName.search_key.contains(word, autoescape=True),
    )
    return or_(Organisation.search_key.contains(word, autoescape=True), named)


# ---------------------------------------------------------------- persons


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person in a list."""

    id: int
    #: As shown.
    name: str
    organisation_id: int | None
    organisation_slug: str | None
    organisation_name: str | None
    #: The main address; None for a protected identity, or where there is none.
    email: str | None
    bounce_state: str | None
    protected: bool


def persons_for_list(
    session: Session,
    *,
    text: str = "",
    organisation_id: int | None = None,
    with_protected: bool = False,
    limit: int | None = None,
    offset: int = 0,
) -> list[PersonRow]:
    """Persons by family name in Swedish order; those anonymised or merged into another are left out. One query.

    A person with protected identity is in no list and found by no search (PRI-6), but with ``with_protected``
    (for those who may edit the register), and then without an address.
    """
    query = (
        _persons(text, organisation_id, with_protected=with_protected)
        .with_only_columns(Person, Organisation, PersonEmail)
        .outerjoin(Organisation, Person.organisation_id == Organisation.id)
        .outerjoin(PersonEmail, and_(PersonEmail.person_id == Person.id, PersonEmail.main))
        .order_by(Person.sort_key, Person.id)
        .limit(limit)
        .offset(offset)
    )
    return [
        PersonRow(
            id=person.id,
            name=rules.shown_name(person),
            organisation_id=person.organisation_id,
            organisation_slug=None if organisation is None else organisation.slug,
            organisation_name=None if organisation is None else organisation.name,
            email=None if mail is None or person.protected else mail.address,
            bounce_state=None if mail is None or person.protected else mail.bounce_state,
            protected=person.protected,
        )
        for person, organisation, mail in session.execute(query)
    ]


def count_persons(
    session: Session, *, text: str = "", organisation_id: int | None = None, with_protected: bool = False
) -> int:
    """How many ``persons_for_list`` gives without a limit."""
    query = _persons(text, organisation_id, with_protected=with_protected)
    return session.scalar(query.with_only_columns(func.count(Person.id))) or 0


def _persons(text: str, organisation_id: int | None, *, with_protected: bool) -> Select[Any]:
    query = select(Person).where(Person.anonymised_at.is_(None), Person.merged_into_id.is_(None))
    query = query.where(*(Person.search_key.contains(word, autoescape=True) for word in i18n.search_words(text)))
    if organisation_id is not None:
        query = query.where(Person.organisation_id == organisation_id)
    if not with_protected:
        query = query.where(Person.protected.is_(False))
    return query


def person_by_email(session: Session, address: str) -> Person | None:
    """The person a mailbox belongs to, in any case; None when it is nobody's."""
    query = select(Person).join(PersonEmail).where(PersonEmail.normalised == address.casefold())
    return session.scalars(query).one_or_none()


def persons_by_id(session: Session, ids: Sequence[int]) -> dict[int, Person]:
    """The persons of ``ids``, with home organisations and addresses read. Two queries."""
    query = (
        select(Person).where(Person.id.in_(ids)).options(joinedload(Person.organisation), selectinload(Person.emails))
    )
    return {person.id: person for person in session.scalars(query)}


def protected_among(session: Session, ids: Collection[int]) -> set[int]:
    """Those of ``ids`` whose identity is protected. One query, none without ids."""
    if not ids:
        return set()
    return set(session.scalars(select(Person.id).where(Person.id.in_(ids), Person.protected)))


# ---------------------------------------------------------------- offices


def offices_for_list(session: Session, *, text: str = "") -> Sequence[Office]:
    """Offices in Swedish order, with their organisations read. One query.

    Every word of ``text`` is found in the office's names or those of its organisations, whatever the case and the
    accents.
    """
    query = select(Office).options(joinedload(Office.organisation), joinedload(Office.on_behalf_of))
    words = i18n.search_words(text)
    found = [office for office in session.scalars(query) if all(word in _office_key(office) for word in words)]
    return sorted(found, key=lambda office: (i18n.sort_key(office.sv), office.id))


def _office_key(office: Office) -> str:
    whose = [row.name for row in (office.organisation, office.on_behalf_of) if row is not None]
    return i18n.search_key(" ".join([office.sv, office.en or "", *whose]))


# ---------------------------------------------------------------- search


@dataclass(frozen=True, slots=True)
class OrganisationHit:
    """An organisation that a search has found."""

    id: int
    slug: str
    name: str
    kind_sv: str
    kind_en: str
    municipality: str | None


def search_organisations(
    session: Session, text: str, *, organisation_ids: Collection[int] | None = None
) -> list[OrganisationHit]:
    """The organisations in whose names every word of ``text`` is found, the best first; none for an empty text.

    ``organisation_ids`` are those the reader may see, None all. One that was entered twice is found once. One query.
    """
    words = i18n.search_words(text)
    if not words:
        return []
    query = (
        select(
            Organisation.id,
            Organisation.slug,
            Organisation.name,
            OrganisationKind.sv,
            OrganisationKind.en,
            Organisation.municipality,
        )
        .join(OrganisationKind, Organisation.kind_id == OrganisationKind.id)
        .where(Organisation.merged_into_id.is_(None), *(_organisation_has(word) for word in words))
        .order_by(Organisation.sort_key, Organisation.id)
    )
    if organisation_ids is not None:
        query = query.where(Organisation.id.in_(organisation_ids))
    rows = sorted(session.execute(query), key=lambda row: i18n.search_rank(row.name, words))
    return [OrganisationHit(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class PersonHit:
    """A person that a search has found: a name and a home, never how to reach them (SEC-2)."""

    id: int
    name: str
    organisation_name: str | None


def search_persons(session: Session, text: str, *, organisation_ids: Collection[int] | None = None) -> list[PersonHit]:
    """The persons in whose names every word of ``text`` is found, the best first; none for an empty text.

    Nobody whose identity is protected (PRI-6), who was made anonymous or entered twice. ``organisation_ids`` are the
    homes of those the reader may see, None all. One query.
    """
    words = i18n.search_words(text)
    if not words:
        return []
    query = (
        _persons(text, None, with_protected=False)
        .with_only_columns(Person.id, Person.given_name, Person.family_name, Organisation.name)
        .outerjoin(Organisation, Person.organisation_id == Organisation.id)
        .where(Person.merged_into_id.is_(None))
        .order_by(Person.sort_key, Person.id)
    )
    if organisation_ids is not None:
        query = query.where(Person.organisation_id.in_(organisation_ids))
    found = [
        PersonHit(id_, f"{given_name} {family_name}".strip(), organisation_name)
        for id_, given_name, family_name, organisation_name in session.execute(query)
    ]
    return sorted(found, key=lambda hit: i18n.search_rank(hit.name, words))


# ---------------------------------------------------------------- one organisation's page


@dataclass(frozen=True, slots=True)
class OrganisationRef:
    """An organisation as a link."""

    id: int
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class RelationRow:
    """What the organisation is to another (``outgoing``), or another to it.

    The other party is an organisation, or a text where the source names none.
    """

    id: int
    kind: str
    outgoing: bool
    other: OrganisationRef | None
    text: str | None
    count: int | None
    of_count: int | None
    named: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfficeRow:
    """An office of the organisation and who holds it on the day."""

    office: Office
    holders: tuple[Holder, ...]


@dataclass(frozen=True, slots=True)
class OrganisationPage:
    """What an organisation's page says, but for its seats (``forums.seats.seats_of_organisation``)."""

    organisation: Organisation
    #: The wholes it is a part of, and its parts; in Swedish order.
    part_of: tuple[OrganisationRef, ...]
    parts: tuple[OrganisationRef, ...]
    #: All relations but parts.
    relations: tuple[RelationRow, ...]
    #: What it succeeded, and what succeeded it.
    predecessors: tuple[OrganisationRef, ...]
    successor: OrganisationRef | None
    offices: tuple[OfficeRow, ...]
    contacts: tuple[Contact, ...]


def organisation_page(
    session: Session, organisation: Organisation, on: date, *, public_only: bool = False
) -> OrganisationPage:
    """What the page of ``organisation`` says on the day. A constant number of queries.

    ``public_only`` leaves out other organisations and contacts that are not public.
    """
    relations = relations_of(session, organisation, public_only=public_only)
    parts = [row.other for row in relations if row.kind == "part_of" and not row.outgoing and row.other]
    wholes = [row.other for row in relations if row.kind == "part_of" and row.outgoing and row.other]
    before = select(Organisation).where(Organisation.successor_id == organisation.id)
    after = organisation.successor
    if public_only:
        before = before.where(Organisation.public)
        after = after if after is not None and after.public else None
    owned = select(Office).where(
        or_(Office.organisation_id == organisation.id, Office.on_behalf_of_id == organisation.id)
    )
    offices = session.scalars(owned.order_by(Office.id)).all()
    holders = holders_on(session, [office.id for office in offices], on)
    return OrganisationPage(
        organisation=organisation,
        part_of=tuple(sorted(wholes, key=_swedish)),
        parts=tuple(sorted(parts, key=_swedish)),
        relations=tuple(row for row in relations if row.kind != "part_of" or row.other is None),
        predecessors=tuple(sorted(map(_ref, session.scalars(before)), key=_swedish)),
        successor=None if after is None else _ref(after),
        offices=tuple(OfficeRow(office, tuple(holders.get(office.id, ()))) for office in offices),
        contacts=tuple(
            contacts_of(session, organisation.slug, organisation_id=organisation.id, public_only=public_only)
        ),
    )


def organisation_refs(session: Session, ids: Collection[int]) -> dict[int, OrganisationRef]:
    """Each of ``ids`` that there is and goes on by itself. One query, none without ids."""
    if not ids:
        return {}
    query = select(Organisation.id, Organisation.slug, Organisation.name)
    rows = session.execute(query.where(Organisation.id.in_(ids), Organisation.merged_into_id.is_(None)))
    return {id_: OrganisationRef(id_, slug, name) for id_, slug, name in rows}


def _ref(organisation: Organisation) -> OrganisationRef:
    return OrganisationRef(organisation.id, organisation.slug, organisation.name)


def _swedish(ref: OrganisationRef) -> tuple[str, int]:
    return i18n.sort_key(ref.name), ref.id


def relations_of(session: Session, organisation: Organisation, *, public_only: bool = False) -> list[RelationRow]:
    """In the order they were entered; ``public_only`` leaves out those with a party that may not be shown."""
    source, target = aliased(Organisation), aliased(Organisation)
    query = (
        select(Relation, source, target)
        .outerjoin(source, Relation.from_id == source.id)
        .outerjoin(target, Relation.to_id == target.id)
        .where(or_(Relation.from_id == organisation.id, Relation.to_id == organisation.id))
        .order_by(Relation.id)
    )
    rows = []
    for relation, from_organisation, to_organisation in session.execute(query):
        outgoing = relation.from_id == organisation.id
        other = to_organisation if outgoing else from_organisation
        if public_only and other is not None and not other.public:
            continue
        rows.append(
            RelationRow(
                id=relation.id,
                kind=relation.kind,
                outgoing=outgoing,
                other=None if other is None else _ref(other),
                text=relation.to_text if outgoing else relation.from_text,
                count=relation.count,
                of_count=relation.of_count,
                named=tuple(relation.named or ()),
            )
        )
    return rows
