"""Contacts: whom a page names to ask. They are not members and never get mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import mark, sort_key
from scheduler.organisations import fields, rows
from scheduler.organisations.fields import Email, Field, Flag, Reference, Text
from scheduler.organisations.models import Contact, Office, Organisation
from scheduler.organisations.uses import used_problem, uses_of


class ContactFields(TypedDict, total=False):
    """What of a contact a person writes; ``contact_for`` are slugs of forums and organisations."""

    name: str | None
    title: str | None
    office_id: int | None
    organisation_id: int | None
    email: str | None
    phone: str | None
    phone_e164: str | None
    phone_kind: str | None
    public: bool


FIELDS: Mapping[str, Field] = {
    "name": Text(200, missing=mark("Ange kontaktens namn")),
    "title": Text(200),
    "office_id": Reference(),
    "organisation_id": Reference(),
    "email": Email(),
    "phone": Text(60),
    "phone_e164": Text(20),
    "phone_kind": Text(40),
    "public": Flag(),
}
REFERENCES: rows.References = {
    "office_id": ("office", Office),
    "organisation_id": ("organisation", Organisation),
}
FACTS = ("name", "title", "office", "organisation", "email", "phone", "phone_kind", "public", "contact_for")


def create_contact(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    contact_for: Sequence[str] = (),
    **given: Unpack[ContactFields],
) -> Contact:
    """A new contact. Raises Refused with problems at the fields."""
    values = _read(session, {"name": None, **given})
    contact = Contact(contact_for=list(contact_for) or None)
    with session.no_autoflush:
        rows.assign(contact, values)
        contact.slug = rows.free_slug(session, Contact.slug, contact.name, otherwise="kontakt")
    session.add(contact)
    session.flush()
    _record(session, actor, now, contact, "contact.create", after=rows.facts(contact, FACTS))
    return contact


def edit_contact(
    session: Session,
    actor: Actor,
    now: datetime,
    contact: Contact,
    *,
    contact_for: Sequence[str] | None = None,
    **given: Unpack[ContactFields],
) -> Contact:
    """Changes what is given; ``contact_for`` None leaves it. Raises Refused with problems at the fields."""
    before = rows.facts(contact, FACTS)
    rows.assign(contact, _read(session, given))
    if contact_for is not None:
        contact.contact_for = list(contact_for) or None
    session.flush()
    _record(session, actor, now, contact, "contact.edit", before=before, after=rows.facts(contact, FACTS))
    return contact


def remove_contact(session: Session, actor: Actor, now: datetime, contact: Contact) -> None:
    """Takes a contact away. Raises Refused where a forum names it."""
    if uses := uses_of(session, contact):
        fields.refuse([used_problem(uses)])
    _record(session, actor, now, contact, "contact.remove", before=rows.facts(contact, FACTS))
    session.delete(contact)
    session.flush()


def contact_here(session: Session, contact_id: int, organisation: Organisation) -> Contact | None:
    """The contact, when it is the organisation's own or names it without having another; else None."""
    contact = session.get(Contact, contact_id)
    if contact is None:
        return None
    named = contact.organisation_id is None and organisation.slug in (contact.contact_for or ())
    return contact if contact.organisation_id == organisation.id or named else None


def _read(session: Session, given: Mapping[str, Any]) -> dict[str, Any]:
    values, problems = fields.read(FIELDS, given)
    values, more = rows.resolve(session, values, REFERENCES)
    fields.refuse(problems + more)
    return values


def _record(session: Session, actor: Actor, now: datetime, contact: Contact, action: str, **change: Any) -> None:
    record(session, actor, now, action=action, kind="contact", subject_id=contact.id, label=contact.name, **change)


def contacts_of(
    session: Session, slug: str, *, organisation_id: int | None = None, public_only: bool = True
) -> list[Contact]:
    """The contacts for the forum or organisation ``slug``, and those of the organisation; in Swedish order."""
    query = select(Contact).options(joinedload(Contact.office), joinedload(Contact.organisation))
    if public_only:
        query = query.where(Contact.public)
    return sorted(
        (
            contact
            for contact in session.scalars(query)
            if slug in (contact.contact_for or ())
            or (organisation_id is not None and contact.organisation_id == organisation_id)
        ),
        key=lambda contact: (sort_key(contact.name), contact.id),
    )
