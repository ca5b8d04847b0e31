"""What a person does with a pasted list of people: sees who is new, then enters them all in one piece.

Who is in the register already is left as they are, so that the same list pasted again changes nothing. Not here: what
the lines say (``people_list_rules``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from scheduler.errors import Problem, Refused
from scheduler.history.rules import Actor
from scheduler.i18n import mark, search_key
from scheduler.organisations import fields
from scheduler.organisations.actions import create_organisation
from scheduler.organisations.models import Organisation, OrganisationKind, Person, PersonEmail
from scheduler.organisations.people import create_person
from scheduler.organisations.people_list_rules import ListedPerson, read_people
from scheduler.organisations.queries import organisations_for_list

#: So many lines are complained of at once; the rest come when these are mended.
MOST_PROBLEMS = 20


@dataclass(frozen=True)
class Entry:
    """A line of the list beside the register."""

    listed: ListedPerson
    #: The home organisation there is; None without one, or where it is to be entered too.
    organisation: Organisation | None
    #: The name of an organisation that the register lacks.
    new_organisation: str | None
    #: Who it is already.
    known: Person | None

    @property
    def is_new(self) -> bool:
        """Whether the line enters somebody."""
        return self.known is None


def plan_people(
    session: Session, text: str, *, organisation_id: int | None = None, kind_id: str | None = None
) -> list[Entry]:
    """What entering the list would do; nothing is stored. Six queries, whatever the list's length.

    ``organisation_id`` is the home of those whose line names none; ``kind_id`` the kind of organisations that are
    entered because a line names them, None: they must be there. Raises Refused with problems at the fields.
    """
    people, problems = read_people(text)
    if not people and not problems:
        problems = [Problem("lines", mark("Klistra in minst en person"))]
    _refuse(problems)
    home = None
    if organisation_id is not None:
        home = session.get(Organisation, organisation_id)
        if home is None:
            raise Refused(Problem("organisation_id", fields.CHOOSE))
    if kind_id is not None and session.get(OrganisationKind, kind_id) is None:
        raise Refused(Problem("kind_id", fields.CHOOSE))
    by_name = _organisations_by_name(session)
    entries = []
    by_mail, by_person = _known(session, people)
    for person in people:
        organisation = by_name.get(search_key(person.organisation)) if person.organisation else home
        missing = person.organisation if person.organisation and organisation is None else None
        known = by_mail.get(person.email.casefold()) if person.email else None
        if known is None and missing is None:
            alike = by_person.get((search_key(person.name), organisation.id if organisation is not None else None))
            # With another address it is somebody else: two people of one name in one house are two.
            known = alike if alike is not None and not (person.email and alike.emails) else None
        elif known is not None and known.protected:
            # Whose it is stays unsaid.
            message = mark("Rad %(n)s: %(address)s finns redan hos en annan person")
            problems.append(Problem("lines", message, {"n": person.line, "address": person.email}))
        if missing and kind_id is None and known is None:
            message = mark("Rad %(n)s: organisationen %(name)s finns inte i registret")
            problems.append(Problem("lines", message, {"n": person.line, "name": missing}))
        entries.append(Entry(person, organisation, missing if known is None else None, known))
    _refuse(problems)
    return entries


def _refuse(problems: Sequence[Problem]) -> None:
    if len(problems) > MOST_PROBLEMS:
        more = Problem("lines", mark("och %(n)s rader till"), {"n": len(problems) - MOST_PROBLEMS})
        problems = [*problems[:MOST_PROBLEMS], more]
    fields.refuse(problems)


@dataclass(frozen=True)
class Entered:
    """How many a list entered."""

    people: int
    organisations: int


def enter_people(
    session: Session, actor: Actor, now: datetime, text: str, *, organisation_id: int | None = None,
    kind_id: str | None = None,
) -> Entered:  # fmt: skip
    """Enters who is new in the list, and the organisations the register lacks; all or nothing. Raises Refused."""
    entries = plan_people(session, text, organisation_id=organisation_id, kind_id=kind_id)
    made: dict[str, Organisation] = {}
    for name in (entry.new_organisation for entry in entries):
        if name is not None and search_key(name) not in made:
            made[search_key(name)] = create_organisation(session, actor, now, name=name, kind_id=kind_id)
    new = [entry for entry in entries if entry.is_new]
    for entry in new:
        organisation = made[search_key(entry.new_organisation)] if entry.new_organisation else entry.organisation
        listed = entry.listed
        create_person(
            session, actor, now, given_name=listed.given_name, family_name=listed.family_name,
            emails=[listed.email] if listed.email else [], phone=listed.phone or None, town=listed.town or None,
            organisation_id=organisation.id if organisation is not None else None,
        )  # fmt: skip
    return Entered(len(new), len(made))


def _organisations_by_name(session: Session) -> dict[str, Organisation]:
    """All names an organisation goes by → it; the first in Swedish order where several share one."""
    found: dict[str, Organisation] = {}
    rows = organisations_for_list(session)
    for row in rows:
        found.setdefault(search_key(row.name), row)
    for row in rows:
        for name in (row.short_name, *(other.name for other in row.names)):
            if name:
                found.setdefault(search_key(name), row)
    return found


def _known(
    session: Session, people: Sequence[ListedPerson]
) -> tuple[dict[str, Person], dict[tuple[str, int | None], Person]]:
    """Who of the register has an address of the list, and who a name of it, by name and home organisation."""
    addresses = [person.email.casefold() for person in people if person.email]
    query = select(PersonEmail).where(PersonEmail.normalised.in_(addresses)).options(joinedload(PersonEmail.person))
    mails = session.scalars(query).all()
    names = {search_key(person.name)[:800] for person in people}
    named = select(Person).where(
        Person.search_key.in_(names), Person.merged_into_id.is_(None), Person.protected.is_(False)
    )
    alike = session.scalars(named.options(selectinload(Person.emails)).order_by(Person.id.desc())).all()
    return (
        {mail.normalised: mail.person for mail in mails},
        {(person.search_key, person.organisation_id): person for person in alike},
    )
