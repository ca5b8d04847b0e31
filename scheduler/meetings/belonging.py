"""Which meetings are a person's, an organisation's, a secretariat's: each judged on its own date (F15).

``follow`` stores the answer for feeds; pages ask it anew. A constant number of queries for any number of meetings. Not
here: whom one meeting is for (``invitees``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, exists, insert, or_, select, tuple_
from sqlalchemy.orm import Session, aliased, selectinload

from scheduler.forums.models import Forum, Rotation, RotationEntry
from scheduler.forums.rotation import kept_by, rotations_of, turn_on
from scheduler.forums.seat_days import seat_holders_on
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.meetings.invitees import OnDay, circles_of
from scheduler.meetings.models import Invitee, Meeting, MeetingForum, MeetingScope
from scheduler.meetings.scopes import Scope, included_in
from scheduler.organisations.models import Office, OfficeHolding, Person

#: Rows named in one statement.
CHUNK = 300


class _ForumDay(NamedTuple):
    meeting_id: int
    forum_id: int
    local_on: date


def meeting_ids_of_person(session: Session, person_id: int, *, first: date, last: date | None = None) -> set[int]:
    """The meetings from ``first`` to ``last`` (None: all to come) that the person is invited to, by list or seat."""
    held = select(OfficeHolding.office_id).where(OfficeHolding.person_id == person_id)
    appointed = select(Appointment.seat_id).where(Appointment.person_id == person_id)
    forum_ids = session.scalars(select(Seat.forum_id).where(or_(Seat.id.in_(appointed), Seat.office_id.in_(held))))
    by_seat = _seat_meetings(
        session, set(forum_ids), [Meeting.called_at.is_(None), ~_has_list(), *_between(first, last)]
    )
    plan = seat_holders_on(session, {(row.forum_id, row.local_on) for row in by_seat})
    found = {
        row.meeting_id
        for row in by_seat
        if any(seat.person_id == person_id for seat in plan[row.forum_id, row.local_on])
    }
    return found | _on_list(session, Invitee.person_id == person_id, first, last)


def meeting_ids_of_organisation(
    session: Session, organisation_id: int, *, first: date, last: date | None = None
) -> set[int]:
    """The meetings from ``first`` to ``last`` where the organisation has a seat, filled or not, or is invited.

    Of meetings with a list chosen by hand only those whose list it is on.
    """
    offices = select(Office.id).where(
        or_(Office.organisation_id == organisation_id, Office.on_behalf_of_id == organisation_id)
    )
    holdings = select(OfficeHolding.office_id).where(OfficeHolding.organisation_id == organisation_id)
    forum_ids = session.scalars(
        select(Seat.forum_id).where(
            or_(Seat.organisation_id == organisation_id, Seat.office_id.in_(offices), Seat.office_id.in_(holdings))
        )
    )
    by_seat = _seat_meetings(
        session, set(forum_ids), [or_(~_has_list(), _has_list(Invitee.seat_id.is_not(None))), *_between(first, last)]
    )
    plan = seat_holders_on(session, {(row.forum_id, row.local_on) for row in by_seat})
    found = {
        row.meeting_id
        for row in by_seat
        if any(seat.organisation_id == organisation_id for seat in plan[row.forum_id, row.local_on])
    }
    return found | _on_list(session, Invitee.organisation_id == organisation_id, first, last)


def meeting_ids_of_secretariat(
    session: Session, organisation_id: int, *, first: date, last: date | None = None
) -> set[int]:
    """The meetings of forums whose secretariat the organisation keeps on the meeting's day; a rotation goes first."""
    rotations = session.scalars(
        select(Rotation)
        .where(Rotation.task == "secretariat")
        .options(selectinload(Rotation.entries).joinedload(RotationEntry.person), selectinload(Rotation.turns))
    ).all()
    turning = {rotation.forum_id: rotation for rotation in rotations}
    at_home = select(Person.id).where(Person.organisation_id == organisation_id)
    entered = (
        select(Rotation.forum_id)
        .join(RotationEntry)
        .where(or_(RotationEntry.organisation_id == organisation_id, RotationEntry.person_id.in_(at_home)))
    )
    rows = session.execute(
        select(MeetingForum.meeting_id, MeetingForum.forum_id, Meeting.local_on, Forum.secretariat_id)
        .join(Meeting)
        .join(Forum, Forum.id == MeetingForum.forum_id)
        .where(or_(Forum.secretariat_id == organisation_id, Forum.id.in_(entered)), *_between(first, last))
    )
    found = set()
    for meeting_id, forum_id, local_on, fixed in rows:
        entry = turn_on(turning[forum_id], local_on) if forum_id in turning else None
        if (kept_by(entry) if entry else fixed) == organisation_id:
            found.add(meeting_id)
    return found


# ---------------------------------------------------------------- what feeds find stored


def scopes_holding(session: Session, meetings: Sequence[OnDay]) -> dict[int, set[Scope]]:
    """For each meeting the people, organisations and secretariats whose calendar holds it: the same answers as above.

    A constant number of queries.
    """
    found: dict[int, set[Scope]] = {}
    for meeting_id, circle in circles_of(session, meetings).items():
        found[meeting_id] = {("person", person_id) for person_id in circle.person_ids}
        found[meeting_id] |= {("organisation", organisation_id) for organisation_id in circle.organisation_ids}
    for meeting_id, keeper in _keepers(session, list(found)):
        found[meeting_id].add(("secretariat", keeper))
    return found


def follow(session: Session, meetings: Sequence[OnDay]) -> set[Scope]:
    """Stores whose calendars hold ``meetings``; gives the scopes that gain or lose one of them."""
    if not meetings:
        return set()
    session.flush()
    wanted = {
        (meeting_id, *scope) for meeting_id, scopes in scopes_holding(session, meetings).items() for scope in scopes
    }
    ids = [meeting.id for meeting in meetings]
    rows = select(MeetingScope.meeting_id, MeetingScope.scope, MeetingScope.scope_id)
    stored = {(row[0], row[1], row[2]) for row in session.execute(rows.where(MeetingScope.meeting_id.in_(ids)))}
    if gone := stored - wanted:
        key = tuple_(MeetingScope.meeting_id, MeetingScope.scope, MeetingScope.scope_id)
        rows_gone = sorted(gone)
        for at in range(0, len(rows_gone), CHUNK):
            some = rows_gone[at : at + CHUNK]
            session.execute(delete(MeetingScope).where(key.in_(some)).execution_options(synchronize_session=False))
    new = [{"meeting_id": row[0], "scope": row[1], "scope_id": row[2]} for row in sorted(wanted - stored)]
    if new:
        session.execute(insert(MeetingScope), new)
    return {(scope, scope_id) for _, scope, scope_id in gone | (wanted - stored)}


def follow_all(session: Session) -> set[Scope]:
    """As ``follow`` for every meeting there is, some at a time."""
    ids = session.scalars(select(Meeting.id).order_by(Meeting.id)).all()
    changed: set[Scope] = set()
    for at in range(0, len(ids), CHUNK):
        some = select(Meeting).where(Meeting.id.in_(ids[at : at + CHUNK]))
        changed |= follow(session, session.scalars(some).all())
    return changed


def _keepers(session: Session, meeting_ids: Collection[int]) -> set[tuple[int, int]]:
    """Each meeting with an organisation that keeps the secretariat of one of its forums on the meeting's day."""
    rows = session.execute(
        select(MeetingForum.meeting_id, MeetingForum.forum_id, Meeting.local_on, Forum.secretariat_id)
        .join(Meeting)
        .join(Forum, Forum.id == MeetingForum.forum_id)
        .where(MeetingForum.meeting_id.in_(meeting_ids))
    ).all()
    rotations = rotations_of(session, {row.forum_id for row in rows}, "secretariat")
    found = set()
    for meeting_id, forum_id, local_on, fixed in rows:
        entry = next((turn_on(rotation, local_on) for rotation in rotations.get(forum_id, ())), None)
        keeper = fixed if entry is None else kept_by(entry)
        if keeper is not None:
            found.add((meeting_id, keeper))
    return found


# ---------------------------------------------------------------- the parts


def _between(first: date, last: date | None) -> list[ColumnElement[bool]]:
    conditions = [Meeting.local_on >= first]
    return conditions if last is None else [*conditions, Meeting.local_on <= last]


def _has_list(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the meeting has somebody on its list who is not withdrawn."""
    return exists().where(Invitee.meeting_id == Meeting.id, Invitee.withdrawn_at.is_(None), *conditions)


def _seat_meetings(
    session: Session, forum_ids: Collection[int], conditions: Sequence[ColumnElement[bool]]
) -> list[_ForumDay]:
    """The meetings of ``forum_ids`` and of the forums that have their seats, but those whose list is always chosen."""
    if not forum_ids:
        return []
    reached = included_in(session, forum_ids)
    leading = aliased(MeetingForum)
    chosen = (
        exists()
        .where(leading.meeting_id == Meeting.id, leading.position == 0)
        .where(Forum.id == leading.forum_id, Forum.invitees_per_meeting)
    )
    rows = session.execute(
        select(Meeting.id, MeetingForum.forum_id, Meeting.local_on)
        .join(MeetingForum)
        .where(MeetingForum.forum_id.in_(reached), ~chosen, *conditions)
    )
    return [_ForumDay(*row) for row in rows]


def _on_list(session: Session, who: ColumnElement[bool], first: date, last: date | None) -> set[int]:
    return set(
        session.scalars(
            select(Invitee.meeting_id).join(Meeting).where(who, Invitee.withdrawn_at.is_(None), *_between(first, last))
        )
    )
