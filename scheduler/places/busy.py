"""When people are busy by their own calendars: asking it, and what a person does with the calendars that are read.

Nobody but the person sees which calendars these are; others learn that somebody is busy, never of what. Not here:
reading a calendar (``busy_reading``), reading it again (``busy_refresh``), what it means for a date
(``meetings.conflicts``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from scheduler.errors import NotFound, Problem
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.ical.busy import Reader
from scheduler.organisations import fields, rows
from scheduler.organisations.fields import Field, Text
from scheduler.organisations.models import Person, PersonEmail
from scheduler.organisations.rules import shown_name
from scheduler.places.busy_models import BusySource, BusyTime
from scheduler.places.busy_reading import Found
from scheduler.places.busy_refresh import keep
from scheduler.places.busy_rules import LONGEST, MOST_SOURCES, Taken

_FIELDS: Mapping[str, Field] = {"name": Text(100, missing=mark("Skriv vad kalendern heter, så att du känner igen den"))}


# ---------------------------------------------------------------- reading


@dataclass(frozen=True)
class OwnSource:
    """One of a person's calendars, and how many times of it lie ahead."""

    row: BusySource
    ahead: int


def sources_of(session: Session, person_id: int, now: datetime) -> list[OwnSource]:
    """The calendars of a person in the order they were added. One query."""
    ahead = (
        select(func.count())
        .select_from(BusyTime)
        .where(BusyTime.source_id == BusySource.id, BusyTime.end_at > now)
        .scalar_subquery()
    )
    query = select(BusySource, ahead).where(BusySource.person_id == person_id).order_by(BusySource.id)
    return [OwnSource(row, count) for row, count in session.execute(query)]


def source_of(session: Session, person_id: int, source_id: int) -> BusySource:
    """One calendar of the person; raises NotFound for anybody else's."""
    row = session.get(BusySource, source_id)
    if row is None or row.person_id != person_id:
        raise NotFound
    return row


def busy_between(session: Session, person_ids: Collection[int], start: datetime, end: datetime) -> list[Taken]:
    """When these people are busy between two instants, by their own calendars; by person, then time. One query at most.

    Two calendars of one person may overlap.
    """
    if not person_ids:
        return []
    query = (
        select(BusySource.person_id, BusyTime.start_at, BusyTime.end_at, BusyTime.tentative)
        .join(BusySource, BusySource.id == BusyTime.source_id)
        .where(
            BusySource.person_id.in_(person_ids),
            BusyTime.start_at > start - LONGEST,
            BusyTime.start_at < end,
            BusyTime.end_at > start,
        )
        .order_by(BusySource.person_id, BusyTime.start_at, BusyTime.end_at)
    )
    return [Taken(*row) for row in session.execute(query)]


def reader_of(session: Session, person_id: int, *, time_zone: str, own_domain: str) -> Reader:
    """As whom a person's calendar is read: with the addresses by which invitations know them. One query."""
    found = session.scalars(select(PersonEmail.normalised).where(PersonEmail.person_id == person_id))
    return Reader(time_zone, own_domain, frozenset(found))


# ---------------------------------------------------------------- what a person does


def check_new(session: Session, person: Person, *, name: str | None, url: str | None = None) -> str:
    """The name as it is kept, when one more calendar may be added; raises Refused with problems at the fields.

    Before the calendar is read, and once more when it is added: reading takes time.
    """
    rows.claim(session, person)
    values, problems = fields.read(_FIELDS, {"name": name})
    known = list(session.scalars(select(BusySource).where(BusySource.person_id == person.id)))
    if url is not None and any(row.url == url for row in known):
        problems.append(Problem("url", mark("Du har redan lagt till den adressen")))
    if len(known) >= MOST_SOURCES:
        text = mark("Du har redan %(limit)s kalendrar. Ta bort någon av dem först")
        problems.append(Problem(None, text, {"limit": MOST_SOURCES}))
    fields.refuse(problems)
    return str(values["name"])


def add_source(
    session: Session,
    actor: Actor,
    now: datetime,
    person: Person,
    found: Found,
    *,
    name: str | None,
    url: str | None = None,
) -> BusySource:
    """Keeps a calendar that was read: ``url`` None is one from a file. Raises Refused as ``check_new``.

    The history tells that there is one more, neither its name nor its address.
    """
    called = check_new(session, person, name=name, url=url)
    row = BusySource(
        person_id=person.id, kind="file" if url is None else "url", name=called, url=url, created_at=now,
        fetched_at=now, checked_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    keep(session, now, row, found)
    _record(session, actor, now, person, "busy.add", after={"kind": row.kind})
    return row


def remove_source(session: Session, actor: Actor, now: datetime, person: Person, row: BusySource) -> None:
    """Takes a calendar away, its address and its times with it."""
    _record(session, actor, now, person, "busy.remove", before={"kind": row.kind})
    session.execute(delete(BusyTime).where(BusyTime.source_id == row.id))
    session.delete(row)
    session.flush()


def remove_sources(session: Session, actor: Actor, now: datetime, person: Person) -> None:
    """Takes all calendars of a person away: nobody could any more by themselves, and they must not be read for ever."""
    query = select(BusySource).where(BusySource.person_id == person.id).order_by(BusySource.id)
    for row in session.scalars(query.with_for_update()).all():
        remove_source(session, actor, now, person, row)


def _record(session: Session, actor: Actor, now: datetime, person: Person, action: str, **change: Any) -> None:
    """With the person, and under no name where the identity is protected."""
    who = replace(actor, label=shown_name(person)) if actor.person_id == person.id else actor
    record(session, who, now, action=action, kind="person", subject_id=person.id, label=shown_name(person), **change)
