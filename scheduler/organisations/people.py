"""What a person does with the register of people: enter, edit, addresses. Not here: who sits where (forums)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.errors import Problem
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.organisations import fields, rows, rules
from scheduler.organisations.fields import Email, Field, Flag, Language, Reference, Text, Unfit, Zone
from scheduler.organisations.models import Organisation, Person, PersonEmail


class PersonFields(TypedDict, total=False):
    """What of a person one writes; ``organisation_id`` is the home organisation."""

    given_name: str | None
    family_name: str | None
    phone: str | None
    organisation_id: int | None
    locale: str
    time_zone: str
    town: str | None
    protected: bool
    demo: bool


FIELDS: Mapping[str, Field] = {
    "given_name": Text(100, missing=mark("Ange förnamnet")),
    "family_name": Text(100, missing=mark("Ange efternamnet")),
    "phone": Text(60),
    "organisation_id": Reference(),
    "locale": Language(),
    "time_zone": Zone(),
    "town": Text(100),
    "protected": Flag(),
    "demo": Flag(),
}
REFERENCES: rows.References = {"organisation_id": ("organisation", Organisation)}
#: What the history keeps of somebody whose identity is not protected.
FACTS = (*(name for name in FIELDS if name not in REFERENCES), "organisation")


def create_person(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    emails: Sequence[str] = (),
    **given: Unpack[PersonFields],
) -> Person:
    """A new person; the first of ``emails`` is the main address.

    Raises Refused with problems at the fields.
    """
    person = Person(protected=False)
    values, problems = _read(session, {"given_name": None, "family_name": None, **given})
    addresses, more = _read_emails(session, person, emails)
    fields.refuse(problems + more)
    with session.no_autoflush:
        rows.assign(person, values)
    session.add(person)
    session.flush()
    _set_emails(session, person, addresses)
    _record(session, actor, now, person, "person.create", before=None, after=_state(person))
    return person


def edit_person(
    session: Session,
    actor: Actor,
    now: datetime,
    person: Person,
    *,
    emails: Sequence[str] | None = None,
    **given: Unpack[PersonFields],
) -> Person:
    """Changes what is given; ``emails`` replaces the addresses (the first is the main one), None leaves them.

    An address that stays keeps what is known of its bounces. Raises Refused with problems at the fields.
    """
    before = _state(person)
    values, problems = _read(session, given)
    addresses: list[str] = []
    if emails is not None:
        addresses, more = _read_emails(session, person, emails)
        problems += more
    fields.refuse(problems)
    rows.assign(person, values)
    if emails is not None:
        _set_emails(session, person, addresses)
    session.flush()
    _record(session, actor, now, person, "person.edit", before=before, after=_state(person))
    return person


def _read(session: Session, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    values, problems = fields.read(FIELDS, given)
    values, more = rows.resolve(session, values, REFERENCES)
    return values, problems + more


def _read_emails(session: Session, person: Person, emails: Sequence[str]) -> tuple[list[str], list[Problem]]:
    """The addresses, each mailbox once and in order; problems at ``emails``."""
    found: dict[str, str] = {}
    problems = []
    for given in emails:
        try:
            address = Email().read(given)
        except Unfit as unfit:
            problems.append(Problem("emails", unfit.text, unfit.values))
        else:
            if address:
                found.setdefault(address.casefold(), address)
    others = select(PersonEmail.address).where(PersonEmail.normalised.in_(list(found)))
    if person.id is not None:
        others = others.where(PersonEmail.person_id != person.id)
    problems.extend(
        # Whose it is stays unsaid: the other person may have a protected identity.
        Problem("emails", mark("%(address)s finns redan hos en annan person"), {"address": address})
        for address in session.scalars(others.order_by(PersonEmail.address))
    )
    return list(found.values()), problems


def _set_emails(session: Session, person: Person, addresses: Sequence[str]) -> None:
    """Gives the person these addresses, the first as the main one.

    In two flushes, since at no moment two of them may be the main one.
    """
    there = {mail.normalised: mail for mail in person.emails}
    wanted = {address.casefold(): address for address in addresses}
    main = next(iter(wanted), None)
    for mail in person.emails:
        mail.main = mail.main and mail.normalised == main
    person.emails = [mail for mail in person.emails if mail.normalised in wanted] + [
        PersonEmail(address=address, main=False) for key, address in wanted.items() if key not in there
    ]
    session.flush()
    for mail in person.emails:
        if mail.address != wanted[mail.normalised]:
            mail.address = wanted[mail.normalised]
        mail.main = mail.normalised == main
    session.flush()


def _state(person: Person) -> dict[str, Any] | None:
    """What the history keeps; nothing of a person with protected identity (SEC-17, PRI-6)."""
    if person.protected:
        return None
    mails = sorted(person.emails, key=lambda mail: not mail.main)
    return {**rows.facts(person, FACTS), "emails": [mail.address for mail in mails]}


def _record(
    session: Session,
    actor: Actor,
    now: datetime,
    person: Person,
    action: str,
    *,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    if before is None or after is None:
        # One side may not be told, so neither is: that it happened is all there is to keep.
        kept = before or after if action == "person.create" else None
        before, after = None, kept
    record(
        session,
        actor,
        now,
        action=action,
        kind="person",
        subject_id=person.id,
        label=rules.shown_name(person),
        before=before,
        after=after,
    )
