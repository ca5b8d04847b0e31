"""What forums and seats have of people and organisations, for when a duplicate is merged.

Two seats stay two seats, whoever they belong to. Not here: whether the past stays as it was is asked of ``past_plans``
by the ``merging`` room.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from scheduler.errors import Problem
from scheduler.forums.actions import raise_version
from scheduler.forums.models import Forum, ForumPrincipal, ForumRelation, Rotation, RotationEntry
from scheduler.forums.seat_days import ForumDay, own_seats_on
from scheduler.forums.seat_models import Appointment, RepresentativeReport, Seat, SeatCheck
from scheduler.i18n import mark
from scheduler.organisations.merging import Columns, Pair, Room, move, touch
from scheduler.organisations.models import Office, OfficeHolding, Organisation
from scheduler.organisations.rules import Span, turning_days


def _problems(session: Session, pair: Pair) -> list[Problem]:
    """Problems when both take turns in one order: it is for a person to say who has the turns."""
    column = RotationEntry.person_id if pair.kind == "person" else RotationEntry.organisation_id
    rows = session.execute(
        select(Rotation.forum_id, Rotation.task, column)
        .join(Rotation.entries)
        .where(column.in_([pair.kept, pair.gone]), RotationEntry.retired.is_(False))
    )
    turns: dict[tuple[int, str], set[int | None]] = {}
    for forum_id, task, row_id in rows:
        turns.setdefault((forum_id, task), set()).add(row_id)
    both = {forum_id for (forum_id, _task), row_ids in turns.items() if len(row_ids) > 1}
    text = mark("Båda turas om i %(forum)s. Ta bort den ena ur turordningen först")
    forums = session.scalars(select(Forum).where(Forum.id.in_(both)).order_by(Forum.sort_key, Forum.id))
    return [Problem(None, text, {"forum": forum.title}) for forum in forums]


def _merge(session: Session, pair: Pair, columns: Columns) -> None:
    own = [column for column in columns if column.class_ is Forum]
    apart = {ForumPrincipal.organisation_id, SeatCheck.organisation_id}
    _move_forums(session, pair, own)
    if pair.kind == "organisation":
        _move_principals(session, pair)
        _move_checks(session, pair)
    move(session, pair, [column for column in columns if column not in apart and column.class_ is not Forum])
    if pair.kind == "organisation":
        _drop_relations(session, pair)


def _move_forums(session: Session, pair: Pair, columns: Columns) -> None:
    """What of a forum's own row says it; a form opened before must notice."""
    if not columns:
        return
    query = select(Forum).where(or_(*(column == pair.gone for column in columns)))
    for forum in session.scalars(query):
        for column in columns:
            if getattr(forum, column.key) == pair.gone:
                setattr(forum, column.key, pair.kept)
        raise_version(session, forum)


def _move_principals(session: Session, pair: Pair) -> None:
    """By the forum's list, so that the history keeps the links."""
    gone, kept = (session.get_one(Organisation, row_id) for row_id in (pair.gone, pair.kept))
    for forum in session.scalars(select(Forum).where(Forum.principals.contains(gone))):
        others = [row for row in forum.principals if row not in {gone, kept}]
        forum.principals = [*others, kept]
        raise_version(session, forum)


def _move_checks(session: Session, pair: Pair) -> None:
    """Of two questions on the same day that to the one that is kept goes on."""
    asked = set(session.scalars(select(SeatCheck.asked_on).where(SeatCheck.organisation_id == pair.kept)))
    for row in session.scalars(select(SeatCheck).where(SeatCheck.organisation_id == pair.gone)):
        touch(session, row)
        if row.asked_on in asked:
            session.delete(row)
        else:
            row.organisation_id = pair.kept
    session.flush()


def _drop_relations(session: Session, pair: Pair) -> None:
    """What is said twice of a forum and the organisation is said once."""
    said: set[tuple[Any, ...]] = set()
    query = select(ForumRelation).where(ForumRelation.to_organisation_id == pair.kept).order_by(ForumRelation.id)
    for row in session.scalars(query):
        if (row.kind, row.forum_id) in said:
            session.delete(row)
        said.add((row.kind, row.forum_id))
    session.flush()


ROOM = Room(
    person=(
        Appointment.person_id,
        Forum.lead_person_id,
        RepresentativeReport.person_id,
        RotationEntry.person_id,
    ),
    organisation=(
        Forum.host_id,
        Forum.secretariat_id,
        ForumPrincipal.organisation_id,
        ForumRelation.to_organisation_id,
        RepresentativeReport.organisation_id,
        RotationEntry.organisation_id,
        Seat.organisation_id,
        SeatCheck.organisation_id,
    ),
    problems=_problems,
    merge=_merge,
)


# ---------------------------------------------------------------- the past

#: A forum on a day → (seat, person, function, organisation) of each who fills a seat, the two as one.
Plans = Mapping[ForumDay, Collection[tuple[Any, ...]]]


def forums_of(session: Session, pair: Pair) -> set[int]:
    """The forums in which one of the two has or has had a seat, by itself or by an office."""
    both = [pair.kept, pair.gone]
    if pair.kind == "person":
        mine = Seat.id.in_(select(Appointment.seat_id).where(Appointment.person_id.in_(both)))
        offices = [select(OfficeHolding.office_id).where(OfficeHolding.person_id.in_(both))]
    else:
        mine = Seat.organisation_id.in_(both)
        offices = [
            select(Office.id).where(or_(Office.organisation_id.in_(both), Office.on_behalf_of_id.in_(both))),
            select(OfficeHolding.office_id).where(OfficeHolding.organisation_id.in_(both)),
        ]
    by_office = [Seat.office_id.in_(query) for query in offices]
    return set(session.scalars(select(Seat.forum_id).where(or_(mine, *by_office))))


def past_days(session: Session, forum_ids: Collection[int], today: date) -> set[ForumDay]:
    """Every day before ``today`` on which the plan of one of the forums may have become another."""
    spans: dict[int, list[Span]] = {forum_id: [] for forum_id in forum_ids}
    in_them = Seat.forum_id.in_(forum_ids)
    for query in (
        select(Seat.forum_id, Seat.from_on, Seat.to_on).where(in_them),
        select(Seat.forum_id, Appointment.from_on, Appointment.to_on).join(Appointment.seat).where(in_them),
        select(Seat.forum_id, OfficeHolding.from_on, OfficeHolding.to_on)
        .join(OfficeHolding, OfficeHolding.office_id == Seat.office_id)
        .where(in_them),
    ):
        for forum_id, from_on, to_on in session.execute(query):
            spans[forum_id].append(Span(from_on, to_on))
    return {(forum_id, day) for forum_id, found in spans.items() for day in turning_days(found, today)}


def past_plans(session: Session, pair: Pair, days: Collection[ForumDay]) -> Plans:
    """Who filled which seat on each of ``days``, with the one that goes told as the one that is kept."""

    def one(row_id: int | None, kind: str) -> int | None:
        return pair.kept if kind == pair.kind and row_id == pair.gone else row_id

    plans: Mapping[ForumDay, Sequence[Any]] = own_seats_on(session, days)
    return {
        day: {
            (seat.seat_id, one(seat.person_id, "person"), seat.function, one(seat.organisation_id, "organisation"))
            for seat in seats
        }
        for day, seats in plans.items()
    }
