"""Choosing a person on a page: those found by words, those at home in an organisation, and somebody new.

Not here: the form's fields (``forms.people``), what the person is chosen for.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from scheduler.errors import Problem, Refused
from scheduler.organisations.people import create_person
from scheduler.organisations.queries import PersonRow, persons_by_id, persons_for_list
from scheduler.organisations.rules import shown_name
from scheduler.web.forms.people import WhoForm
from scheduler.web.security import actor, now

#: So many people are offered at once.
MOST_PEOPLE = 20


def candidates(session: Session, text: str, home: int | None, chosen: int | None) -> list[PersonRow]:
    """Those found by the words; without any, those at home in the organisation ``home``; and the one chosen already."""
    found: list[PersonRow] = []
    if text:
        found = persons_for_list(session, text=text, limit=MOST_PEOPLE)
    elif home is not None:
        found = persons_for_list(session, organisation_id=home, limit=MOST_PEOPLE)
    if chosen is not None and all(row.id != chosen for row in found):
        found += [
            PersonRow(row.id, shown_name(row), None, None, None, None, None, row.protected)
            for row in persons_by_id(session, [chosen]).values()
            if row.merged_into_id is None
        ]
    return found


def person_of(session: Session, form: WhoForm, home: int | None) -> int | None:
    """The id of the person the form says; somebody new is entered, at home in the organisation ``home``.

    Raises Refused with problems at the form's own fields.
    """
    if not form.is_new:
        return form.person
    try:
        return create_person(session, actor(), now(), organisation_id=home, **form.new_person()).id
    except Refused as refused:
        names = {"emails": "email"}
        raise Refused(
            *(Problem(names.get(p.field or "", p.field), p.text, p.values) for p in refused.problems)
        ) from None
