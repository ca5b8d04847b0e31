"""Names for the people of a problem, which holds them by number alone; of protected people none."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.drafts.translating import number
from scheduler.i18n import gettext
from scheduler.organisations.models import Person
from scheduler.planning.instance import Instance


def with_names(session: Session, bare: Instance) -> Instance:
    """``bare`` with its people's names in the language in use. One query."""
    query = select(Person.id, Person.given_name, Person.family_name, Person.protected).where(
        Person.id.in_([number(person.id) for person in bare.persons])
    )
    names = {
        f"p{row.id}": gettext("en ledamot") if row.protected else f"{row.given_name} {row.family_name}".strip()
        for row in session.execute(query)
    }
    people = tuple(replace(person, name=names.get(person.id, person.name)) for person in bare.persons)
    return replace(bare, persons=people)
