"""Two rows that are one: what the rooms say of themselves when a duplicate is merged, and this room's own part.

Each room that has a table with a person or an organisation in it says which columns they are (``Room``) and how they go
over to the one that is kept; a test compares the columns with the foreign keys of all tables. Not here: the order in
which the rooms are asked, the past and the calendars (the ``merging`` room, which has the picture).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from scheduler.errors import Problem
from scheduler.history.actions import record
from scheduler.history.journal import Undoable, keep_nothing
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.organisations import rows, rules
from scheduler.organisations.actions import FACTS as ORGANISATION_FACTS
from scheduler.organisations.models import (
    Contact,
    Office,
    OfficeHolding,
    Organisation,
    OrganisationName,
    Person,
    PersonEmail,
    Relation,
)
from scheduler.organisations.people import FACTS as PERSON_FACTS
from scheduler.organisations.rules import Span

Kind = Literal["person", "organisation"]
Columns = Sequence[InstrumentedAttribute[Any]]


@dataclass(frozen=True)
class Pair:
    """The one that is kept and the one that was entered twice, by id."""

    kind: Kind
    kept: int
    gone: int


def _nothing(_session: Session, _pair: Pair) -> list[Problem]:
    return []


def _move_all(session: Session, pair: Pair, columns: Columns) -> None:
    move(session, pair, columns)


@dataclass(frozen=True)
class Room:
    """What a room has of people and organisations, and what it does with it."""

    #: The columns that name a person, and those that name an organisation.
    person: Columns = ()
    organisation: Columns = ()
    #: Why two cannot be merged, as far as the room knows.
    problems: Callable[[Session, Pair], list[Problem]] = _nothing
    #: Lets the columns, and what else names them, say the one that is kept.
    merge: Callable[[Session, Pair, Columns], None] = _move_all

    def columns(self, kind: Kind) -> Columns:
        """The columns that name one of the kind."""
        return self.person if kind == "person" else self.organisation


def move(session: Session, pair: Pair, columns: Columns) -> None:
    """Lets every row that says the one that goes say the one that is kept."""
    for column in columns:
        for row in session.scalars(select(column.class_).where(column == pair.gone)):
            setattr(row, column.key, pair.kept)
            touch(session, row)
    session.flush()


def touch(session: Session, row: object) -> None:
    """Says that ``row`` is changed or taken away; of some tables the history keeps nothing."""
    if not isinstance(row, Undoable):
        keep_nothing(session)


# ---------------------------------------------------------------- what speaks against it


def _problems(session: Session, pair: Pair) -> list[Problem]:
    return _people_problems(session, pair) if pair.kind == "person" else _organisation_problems(session, pair)


def _people_problems(session: Session, pair: Pair) -> list[Problem]:
    people = session.scalars(select(Person).where(Person.id.in_([pair.kept, pair.gone])))
    if any(person.anonymised_at is not None for person in people):
        return [Problem(None, mark("Någon av dem är anonymiserad och kan inte slås ihop"))]
    return []


def _organisation_problems(session: Session, pair: Pair) -> list[Problem]:
    return [*_rivals(session, pair), *_rings(session, pair)]


def _rivals(session: Session, pair: Pair) -> list[Problem]:
    """A problem when two people would hold an office that is one in each organisation."""
    query = (
        select(OfficeHolding)
        .join(OfficeHolding.office)
        .where(OfficeHolding.organisation_id.in_([pair.kept, pair.gone]), Office.group.is_(False))
        .order_by(OfficeHolding.office_id, OfficeHolding.from_on)
    )
    held = list(session.scalars(query))
    for one in (row for row in held if row.organisation_id == pair.kept):
        for other in (row for row in held if row.organisation_id == pair.gone and row.office_id == one.office_id):
            if other.person_id != one.person_id and _span(one).overlaps(_span(other)):
                values: dict[str, object] = {
                    "one": rules.shown_name(one.person), "other": rules.shown_name(other.person),
                    "office": one.office.sv,
                }  # fmt: skip
                text = mark("%(one)s och %(other)s har befattningen %(office)s samtidigt. Rätta den ena först")
                return [Problem(None, text, values)]
    return []


def _rings(session: Session, pair: Pair) -> list[Problem]:
    """A problem when the one that is kept would stand under itself, by succession or as a part."""

    def one(row_id: int | None) -> int | None:
        return pair.kept if row_id == pair.gone else row_id

    after = {
        one(row_id): one(successor)
        for row_id, successor in session.execute(
            select(Organisation.id, Organisation.successor_id).order_by(Organisation.id == pair.kept)
        )
        if successor is not None and one(row_id) != one(successor)
    }
    wholes: dict[int | None, set[int | None]] = {}
    parts = select(Relation.from_id, Relation.to_id).where(Relation.kind == "part_of")
    for part, whole in session.execute(parts.where(Relation.from_id.is_not(None), Relation.to_id.is_not(None))):
        if one(part) != one(whole):
            wholes.setdefault(one(part), set()).add(one(whole))
    above = {row_id: {successor} for row_id, successor in after.items()}
    if _comes_back(above, pair.kept) or _comes_back(wholes, pair.kept):
        return [Problem(None, mark("Den ena står över den andra genom en tredje. Ta bort den relationen först"))]
    return []


def _comes_back(above: dict[int | None, set[int | None]], start: int) -> bool:
    """Whether going up from ``start`` comes back to it."""
    ahead, seen = list(above.get(start, ())), set[int | None]()
    while ahead:
        at = ahead.pop()
        if at == start:
            return True
        if at not in seen:
            seen.add(at)
            ahead += above.get(at, ())
    return False


# ---------------------------------------------------------------- doing it


def _merge(session: Session, pair: Pair, columns: Columns) -> None:
    if pair.kind == "person":
        _keep_one_main_address(session, pair)
        move(session, pair, columns)
    else:
        _copy_names(session, pair)
        move(session, pair, [column for column in columns if column is not OrganisationName.organisation_id])
        _drop_relations(session, pair)
        _name_in_lists(session, pair)
    _join_holdings(session, pair)


def _keep_one_main_address(session: Session, pair: Pair) -> None:
    """Mails go where they went to the one that is kept; in a flush of its own, since no two may be the main one."""
    kept = session.get_one(Person, pair.kept)
    gone = session.get_one(Person, pair.gone)
    if kept.main_email is not None and (main := gone.main_email) is not None:
        main.main = False
        session.flush()


def _copy_names(session: Session, pair: Pair) -> None:
    """The names of the one that goes, as other names of the one that is kept; a language it lacks has its name then."""
    kept = session.get_one(Organisation, pair.kept)
    gone = session.get_one(Organisation, pair.gone)
    languages = {row.language for row in kept.names}
    wanted = [(None, gone.name), *((row.language if row.language not in languages else None, row.name)
                                   for row in gone.names)]  # fmt: skip
    for language, name in wanted:
        there = {(row.language, row.name) for row in kept.names}
        if (language, name) not in there and name != kept.name:
            kept.names.append(OrganisationName(language=language, name=name))
    session.flush()


def _drop_relations(session: Session, pair: Pair) -> None:
    """Takes away what would be said of an organisation and itself, or twice."""
    said: set[tuple[Any, ...]] = set()
    both = or_(Relation.from_id == pair.kept, Relation.to_id == pair.kept)
    for row in session.scalars(select(Relation).where(both).order_by(Relation.id)):
        what = (row.kind, row.from_id, row.from_text, row.to_id, row.to_text)
        if row.from_id == row.to_id or what in said:
            session.delete(row)
        said.add(what)
    kept = session.get_one(Organisation, pair.kept)
    if kept.successor_id == pair.kept:
        kept.successor_id = None
    session.flush()


def _name_in_lists(session: Session, pair: Pair) -> None:
    """Lists of addresses that name the one that goes name the one that is kept too."""
    gone, kept = (session.get_one(Organisation, row_id).slug for row_id in (pair.gone, pair.kept))
    for contact in session.scalars(select(Contact).where(Contact.contact_for.is_not(None))):
        contact.contact_for = _with(contact.contact_for, gone, kept)
    for relation in session.scalars(select(Relation).where(Relation.named.is_not(None))):
        relation.named = _with(relation.named, gone, kept)
    session.flush()


def _with(slugs: list[Any] | None, gone: str, kept: str) -> list[Any] | None:
    return slugs if not slugs or gone not in slugs or kept in slugs else [*slugs, kept]


def _join_holdings(session: Session, pair: Pair) -> None:
    """What one and the same held twice at once becomes one holding of all the days."""
    column = OfficeHolding.person_id if pair.kind == "person" else OfficeHolding.organisation_id
    query = select(OfficeHolding).where(column == pair.kept).order_by(OfficeHolding.from_on, OfficeHolding.id)
    latest: dict[tuple[Any, ...], OfficeHolding] = {}
    for row in session.scalars(query):
        whose = (row.office_id, row.person_id, row.organisation_id)
        other = latest.get(whose)
        if other is None or not _span(other).overlaps(_span(row)):
            latest[whose] = row
            continue
        if other.to_on is not None and (row.to_on is None or row.to_on > other.to_on):
            other.to_on = row.to_on
        session.delete(row)
    session.flush()


def _span(row: OfficeHolding) -> Span:
    return Span(row.from_on, row.to_on)


ROOM = Room(
    person=(Person.merged_into_id, PersonEmail.person_id, OfficeHolding.person_id),
    organisation=(
        Contact.organisation_id,
        Office.on_behalf_of_id,
        Office.organisation_id,
        OfficeHolding.organisation_id,
        Organisation.merged_into_id,
        Organisation.successor_id,
        OrganisationName.organisation_id,
        Person.organisation_id,
        Relation.from_id,
        Relation.to_id,
    ),
    problems=_problems,
    merge=_merge,
)


# ---------------------------------------------------------------- the two rows themselves

#: What the one that is kept takes over where it has nothing itself.
_PERSON_GAPS = ("phone", "town", "organisation_id")
_ORGANISATION_GAPS = (
    *("short_name", "org_no", "code", "municipality", "county", "web", "domain", "legal_form", "phone"),
    *("contact_email", "note", "successor_id"),
)


def close_person(
    session: Session, actor: Actor, now: datetime, kept: Person, gone: Person, *, reason: str | None
) -> None:
    """Lets ``gone`` be ``kept`` from now on, in the history of both; one with a protected identity protects both."""
    before = None if kept.protected or gone.protected else rows.facts(kept, PERSON_FACTS)
    if kept.protected or gone.protected:
        keep_nothing(session)
        for person in (kept, gone):
            person.protected = True
    _fill(kept, gone, _PERSON_GAPS)
    gone.merged_into_id = kept.id
    session.flush()
    session.refresh(kept)
    after = None if before is None else {**rows.facts(kept, PERSON_FACTS), "merged": gone.name}
    into = None if before is None else {"merged_into": kept.name}
    for person, old, new in ((kept, before, after), (gone, None, into)):
        record(
            session, actor, now, action="person.merge", kind="person", subject_id=person.id,
            label=rules.shown_name(person), before=old, after=new, reason=reason,
        )  # fmt: skip


def close_organisation(
    session: Session, actor: Actor, now: datetime, kept: Organisation, gone: Organisation, *, reason: str | None
) -> None:
    """Lets ``gone`` be ``kept`` from now on, in the history of both; the link to its own page is dead."""
    before = rows.facts(kept, ORGANISATION_FACTS)
    _fill(kept, gone, _ORGANISATION_GAPS)
    if kept.successor_id == kept.id:
        kept.successor_id = None
    gone.merged_into_id = kept.id
    gone.link_epoch += 1
    session.flush()
    session.refresh(kept)
    after = {**rows.facts(kept, ORGANISATION_FACTS), "merged": gone.name}
    for organisation, old, new in ((kept, before, after), (gone, None, {"merged_into": kept.name})):
        record(
            session, actor, now, action="organisation.merge", kind="organisation", subject_id=organisation.id,
            label=organisation.name, before=old, after=new, reason=reason,
        )  # fmt: skip


def _fill(kept: Any, gone: Any, names: Sequence[str]) -> None:
    for name in names:
        if getattr(kept, name) in {None, ""} and getattr(gone, name) is not None:
            setattr(kept, name, getattr(gone, name))


# ---------------------------------------------------------------- who may be the same


def likely_people(session: Session, person: Person, *, limit: int = 6) -> list[Person]:
    """Others whose name is almost the same, the most alike first; nobody with a protected identity."""
    words = [word for name in (person.given_name, person.family_name) for word in rules.name_words(name)]
    if not words:
        return []
    query = select(Person).where(
        Person.id != person.id,
        Person.merged_into_id.is_(None),
        Person.anonymised_at.is_(None),
        Person.protected.is_(False),
        or_(*(Person.search_key.contains(word, autoescape=True) for word in words)),
    )
    return rules.most_alike(person, session.scalars(query), limit)


def likely_organisations(session: Session, organisation: Organisation, *, limit: int = 6) -> list[Organisation]:
    """Others whose name is almost the same or holds it, or with the same number, the most alike first."""
    same = [Organisation.org_no == organisation.org_no] if organisation.org_no else []
    words = [Organisation.search_key.contains(word, autoescape=True) for word in rules.name_words(organisation.name)]
    query = select(Organisation).where(
        Organisation.id != organisation.id, Organisation.merged_into_id.is_(None), or_(*same, *words)
    )
    return rules.most_alike(organisation, session.scalars(query), limit)
