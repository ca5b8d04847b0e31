"""Which calendar scopes a meeting can belong to: whose version rises when it changes.

The answer is generous: everybody whose feed may hold the meeting, or held it before the change, without judging each
seat. A version too many costs one answer of 200 instead of 304; one too few would leave a calendar wrong. Which
feed really holds a meeting is judged on its date, in ``invitees`` and ``feeds``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from scheduler.forums.models import Forum, ForumInclusion, Rotation, RotationEntry
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.meetings.models import Invitee, Meeting
from scheduler.organisations.models import OfficeHolding, Person

Scope = tuple[str, int]
DateColumn = InstrumentedAttribute[date] | InstrumentedAttribute[date | None]
PUBLIC: Scope = ("public", 0)


def scopes_of(session: Session, meetings: Sequence[Meeting], *, days: Iterable[date] | None = None) -> set[Scope]:
    """The scopes of ``meetings`` but the public one.

    ``days`` limits people and organisations to those with a seat on one of these days (that of the meeting, before
    and after a move); None takes everybody who ever had one, for when seats themselves have changed.
    """
    forum_ids = {row.forum_id for meeting in meetings for row in meeting.forum_rows}
    on = None if days is None else sorted(set(days))
    found: set[Scope] = {("forum", forum_id) for forum_id in forum_ids}
    found |= _secretariats(session, forum_ids)
    found |= _invited(session, [meeting.id for meeting in meetings])
    return found | _seated(session, including(session, forum_ids), on)


def including(session: Session, forum_ids: Collection[int]) -> set[int]:
    """``forum_ids`` and every forum whose seats they take over, at any time and however deep."""
    pairs = session.execute(select(ForumInclusion.forum_id, ForumInclusion.included_id)).all()
    return _reached(forum_ids, pairs)


def included_in(session: Session, forum_ids: Collection[int]) -> set[int]:
    """``forum_ids`` and every forum that takes over their seats, at any time and however deep."""
    pairs = session.execute(select(ForumInclusion.included_id, ForumInclusion.forum_id)).all()
    return _reached(forum_ids, pairs)


def _reached(start: Collection[int], pairs: Iterable[Sequence[int]]) -> set[int]:
    steps: dict[int, set[int]] = {}
    for source, target in pairs:
        steps.setdefault(source, set()).add(target)
    found, ahead = set(start), list(start)
    while ahead:
        new = steps.get(ahead.pop(), set()) - found
        found |= new
        ahead += new
    return found


def _secretariats(session: Session, forum_ids: Collection[int]) -> set[Scope]:
    """Those of the fixed secretariats and of all that have a turn, past or to come; a person's is that of the home."""
    fixed = select(Forum.secretariat_id).where(Forum.id.in_(forum_ids), Forum.secretariat_id.is_not(None))
    turning = (
        select(func.coalesce(RotationEntry.organisation_id, Person.organisation_id))
        .join(Rotation)
        .outerjoin(Person, Person.id == RotationEntry.person_id)
        .where(Rotation.forum_id.in_(forum_ids), Rotation.task == "secretariat")
    )
    return {("secretariat", found) for found in session.scalars(fixed.union(turning)) if found is not None}


def _invited(session: Session, meeting_ids: Collection[int]) -> set[Scope]:
    """Those of the stored invitees, the withdrawn ones too."""
    rows = session.execute(
        select(Invitee.person_id, Invitee.organisation_id).where(Invitee.meeting_id.in_(meeting_ids))
    ).all()
    people: set[Scope] = {("person", person_id) for person_id, _ in rows if person_id is not None}
    return people | {("organisation", found) for _, found in rows if found is not None}


def _seated(session: Session, forum_ids: Collection[int], days: Sequence[date] | None) -> set[Scope]:
    on_seat = Seat.forum_id.in_(forum_ids)
    seat_valid = _on(days, Seat.from_on, Seat.to_on)
    seats = session.scalars(
        select(Seat.organisation_id).where(on_seat, seat_valid, Seat.organisation_id.is_not(None)).distinct()
    )
    appointed = (
        select(Appointment.person_id)
        .join(Seat)
        .where(on_seat, or_(_on(days, Appointment.from_on, Appointment.to_on), Appointment.continues_until_replaced))
    )
    holding = (
        select(OfficeHolding.person_id)
        .join(Seat, Seat.office_id == OfficeHolding.office_id)
        .where(on_seat, _on(days, OfficeHolding.from_on, OfficeHolding.to_on))
    )
    organisations: set[Scope] = {("organisation", found) for found in seats if found is not None}
    return organisations | {("person", found) for found in session.scalars(appointed.union(holding))}


def _on(days: Sequence[date] | None, from_on: DateColumn, to_on: DateColumn) -> ColumnElement[bool]:
    """Whether a range holds some day from the first to the last of ``days``; always true for None."""
    if not days:
        return true()
    return or_(from_on.is_(None), from_on <= days[-1]) & or_(to_on.is_(None), to_on >= days[0])
