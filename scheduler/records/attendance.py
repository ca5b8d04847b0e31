"""Marking who took part in a meeting: a seat, a person, part of a meeting, a conflict of interest, a guest.

Each mark is saved by itself. A form says what it showed (``stamp``), so that two who mark at once never lose each
other's marks: the same mark twice is one, a different one is refused with who was first. Not here: who is on the list
(``attendance_lists``), whether there is a quorum (``quorum_rules``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import i18n
from scheduler.accounts.models import User
from scheduler.clock import civil_date
from scheduler.errors import NotFound, Problem, Refused, SavedByOther
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.meetings.models import Meeting
from scheduler.meetings.publishing import label_of
from scheduler.meetings.rules import State
from scheduler.meetings.saving import all_or_nothing
from scheduler.organisations import fields
from scheduler.organisations.fields import Choice, Reference, Text
from scheduler.organisations.models import Person
from scheduler.organisations.rules import shown_name
from scheduler.records.attendance_lists import SUBSTITUTE, Roll, Row, roll_of
from scheduler.records.models import Attendance, Recusal, Serving
from scheduler.records.quorum_rules import THERE, Part, Serves, Status, Taking, serving_problem

ROLES = ("guest", "co_opted")
STATUSES = tuple(status.value for status in Status)


def may_mark(meeting: Meeting, now: datetime) -> Problem | None:
    """The refusal to mark who took part, None when it may be marked: from the meeting's day on, until it is closed."""
    if meeting.state == State.CANCELLED:
        return Problem(None, i18n.mark("Mötet är inställt. Återuppta det först."))
    if meeting.state == State.CLOSED:
        return Problem(None, i18n.mark("Mötet är avslutat och kan inte längre ändras."))
    if meeting.state == State.PROPOSED:
        return Problem(None, i18n.mark("Mötet är bara föreslaget. Boka det först."))
    if civil_date(now, meeting.time_zone) < meeting.local_on:
        return Problem(None, i18n.mark("Närvaron prickas av från mötets dag."))
    return None


def _open(session: Session, meeting: Meeting, now: datetime) -> Roll:
    """The list as it stands, no other writer marking meanwhile."""
    session.flush()
    session.scalars(select(Meeting.id).where(Meeting.id == meeting.id).with_for_update()).one()
    if (problem := may_mark(meeting, now)) is not None:
        raise Refused(problem)
    session.expire_all()
    return roll_of(session, meeting)


@all_or_nothing
def mark(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    *,
    key: str,
    choice: str,
    substitute: int | None = None,
    stamp: str | None = None,
) -> Row:
    """Marks the row ``key`` of the list and gives it as it then is.

    ``choice``: a status, "substitute" for a seat that a substitute fills (``substitute`` None: whoever is next in
    order), or empty to take the mark away. Raises NotFound for a row that is not on the list, Refused at ``choice`` or
    ``substitute``, SavedByOther when the row is no longer as ``stamp`` says and stands at something else.
    """
    roll = _open(session, meeting, now)
    row = roll.row(key)
    if row is None:
        raise NotFound
    allowed = {"", *STATUSES} | ({SUBSTITUTE} if row.counts else set())
    if choice not in allowed or (choice and choice != SUBSTITUTE and row.is_vacant):
        raise Refused(Problem("choice", i18n.mark("Välj ett av alternativen")))
    if choice == SUBSTITUTE:
        substitute = substitute or row.suggested
        if substitute is None:
            raise Refused(Problem("substitute", i18n.mark("Det finns ingen ledig ersättare")))
    else:
        substitute = None
    if row.is_marked and (row.choice, row.substitute_id) == (choice, substitute):
        return row
    if stamp is not None and stamp != row.stamp:
        raise _saved_by(session, row)
    before = _told(row)
    _set_seat(session, actor, now, meeting, roll, row, choice, substitute)
    session.flush()
    session.expire_all()
    found = roll_of(session, meeting).row(key)
    if found is None:  # a guest whose mark was taken away
        found = row
    _record(session, actor, now, meeting, row, before, _told(found))
    return found


def _set_seat(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    roll: Roll,
    row: Row,
    choice: str,
    substitute: int | None,
) -> None:
    if choice != SUBSTITUTE:
        if row.counts:
            _release(session, row, None)
        if not choice:
            if row.attendance is not None:
                session.delete(row.attendance)
            return
        attendance = row.attendance or _new(session, meeting, row, choice)
        attendance.from_item_id = attendance.to_item_id = None
        if Status(choice) not in THERE:
            attendance.servings.clear()
            attendance.recusals.clear()
        _touch(attendance, actor, now, choice)
        return
    seat = row.seat
    if seat is None or substitute not in {found.person_id for found in row.substitutes}:
        raise Refused(Problem("substitute", i18n.mark("Välj en ersättare i listan")))
    others = [taking for taking in roll.takings if taking.person_id != substitute]
    others = [
        Taking(t.person_id, t.status, t.part, tuple(s for s in t.serves if s.seat_id != seat.seat_id), t.recused)
        for t in others
    ] + [taking for taking in roll.takings if taking.person_id == substitute]
    if (problem := serving_problem(others, substitute, Serves(seat.seat_id))) is not None:
        raise Refused(problem)
    _release(session, row, substitute)
    other = roll.of_person(substitute)
    serving = other.attendance if other is not None and other.attendance is not None else None
    if serving is None:
        if other is None:
            raise Refused(Problem("substitute", i18n.mark("Välj en ersättare i listan")))
        serving = _new(session, meeting, other, Status.PRESENT)
        _touch(serving, actor, now, Status.PRESENT)
    elif Status(serving.status) not in THERE:
        _touch(serving, actor, now, Status.PRESENT)
    else:
        _touch(serving, actor, now, serving.status)
    if all(served.seat_id != seat.seat_id for served in serving.servings):
        serving.servings.append(Serving(seat_id=seat.seat_id))
    if row.seat is not None and row.person_id is not None:
        holder = row.attendance or _new(session, meeting, row, Status.NOTIFIED)
        away = holder.status if Status(holder.status) not in THERE else Status.NOTIFIED
        _touch(holder, actor, now, away)


def _release(session: Session, row: Row, kept: int | None) -> None:
    """Nobody serves on the seat of ``row`` any more, but ``kept``."""
    for served in row.servings:
        if served.attendance.person_id != kept:
            served.attendance.version += 1
            served.attendance.servings.remove(served)
        else:
            served.from_item_id = served.to_item_id = None
    session.flush()


def _new(session: Session, meeting: Meeting, row: Row, status: str) -> Attendance:
    attendance = Attendance(
        meeting_id=meeting.id,
        person_id=row.person_id,
        name=row.name if row.person_id is None else None,
        seat_id=None if row.seat is None else row.seat.seat_id,
        status=str(status),
        version=0,
    )
    session.add(attendance)
    return attendance


def _touch(attendance: Attendance, actor: Actor, now: datetime, status: str) -> None:
    attendance.status = str(status)
    attendance.marked_at, attendance.user_id = now, actor.user_id
    attendance.version += 1


def _saved_by(session: Session, row: Row) -> SavedByOther:
    last = row.attendance
    if last is None and row.servings:
        last = row.servings[0].attendance
    if last is None:
        return SavedByOther("", "")
    user = session.get(User, last.user_id) if last.user_id is not None else None
    return SavedByOther("" if user is None else user.name, last.marked_at.isoformat())


# ---------------------------------------------------------------- part of a meeting, conflicts of interest


@dataclass(frozen=True)
class ServedSeat:
    """A seat a substitute serves on, from one item to another."""

    seat_id: int
    from_item_id: int | None = None
    to_item_id: int | None = None


@all_or_nothing
def set_part(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    *,
    key: str,
    status: str,
    from_item_id: int | None = None,
    to_item_id: int | None = None,
    recused: Collection[int] = (),
    serves: Sequence[ServedSeat] = (),
    version: int | None = None,
) -> Row:
    """The whole of how one person took part: status, from and to which item, what they left for, whom they served for.

    Raises Refused at ``status``, ``to_item_id``, ``recused`` or ``serves``; SavedByOther when ``version`` is not that
    of the mark any more (0: not marked).
    """
    roll = _open(session, meeting, now)
    row = roll.row(key)
    if row is None or row.is_vacant:
        raise NotFound
    if version is not None and version != (row.attendance.version if row.attendance else 0):
        raise _saved_by(session, row)
    values, problems = fields.read({"status": Choice(STATUSES)}, {"status": status})
    problems += _item_problems(roll, "to_item_id", from_item_id, to_item_id)
    if not set(recused) <= set(roll.places):
        problems.append(Problem("recused", fields.CHOOSE))
    fields.refuse(problems)
    there = Status(values["status"]) in THERE
    if (problem := _check_one_at_a_time(roll, serves)) is not None:
        raise Refused(problem)
    if serves and not there:
        raise Refused(Problem("serves", i18n.mark("Bara den som är närvarande kan tjänstgöra")))
    for served in serves:
        _check_serving(roll, row, served)
    before = _told(row)
    attendance = row.attendance or _new(session, meeting, row, values["status"])
    _touch(attendance, actor, now, values["status"])
    attendance.from_item_id = from_item_id if there else None
    attendance.to_item_id = to_item_id if there else None
    attendance.servings[:] = [
        Serving(seat_id=seat.seat_id, from_item_id=seat.from_item_id, to_item_id=seat.to_item_id) for seat in serves
    ]
    session.flush()
    attendance.recusals.clear()
    session.flush()
    attendance.recusals.extend(Recusal(item_id=item_id) for item_id in sorted(set(recused)) if there)
    session.flush()
    session.expire_all()
    found = roll_of(session, meeting).row(key) or row
    _record(session, actor, now, meeting, row, before, _told(found))
    return found


def _check_serving(roll: Roll, row: Row, served: ServedSeat) -> None:
    fields.refuse(_item_problems(roll, "serves", served.from_item_id, served.to_item_id))
    if row.person_id is None or all(
        row.person_id not in {found.person_id for found in seat.substitutes}
        for seat in roll.counted
        if seat.seat is not None and seat.seat.seat_id == served.seat_id
    ):
        raise Refused(Problem("serves", i18n.mark("Välj en plats som ersättaren får tjänstgöra på")))
    others = [taking for taking in roll.takings if taking.person_id != row.person_id]
    wanted = Serves(served.seat_id, roll.part(served.from_item_id, served.to_item_id))
    if (problem := serving_problem(others, row.person_id, wanted)) is not None:
        raise Refused(Problem("serves", problem.text, problem.values))


def _check_one_at_a_time(roll: Roll, serves: Sequence[ServedSeat]) -> Problem | None:
    """A problem at ``serves`` where two of them overlap: a substitute serves on one seat at a time (invariant 2)."""
    parts = [(served.seat_id, roll.part(served.from_item_id, served.to_item_id)) for served in serves]
    for n, (_seat, part) in enumerate(parts):
        if any(part.overlaps(other) for _other, other in parts[n + 1 :]):
            return Problem("serves", i18n.mark("En ersättare tjänstgör på en plats i taget"))
    return None


def _item_problems(roll: Roll, field: str, from_id: int | None, to_id: int | None) -> list[Problem]:
    if any(item is not None and item not in roll.places for item in (from_id, to_id)):
        return [Problem(field, fields.CHOOSE)]
    part: Part = roll.part(from_id, to_id)
    if part.last is not None and part.last < part.first:
        return [Problem(field, i18n.mark("Den sista punkten kan inte ligga före den första"))]
    return []


# ---------------------------------------------------------------- others


@all_or_nothing
def add_guest(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    *,
    person_id: int | None = None,
    name: str | None = None,
    role: str = "guest",
    status: str = Status.PRESENT,
) -> Attendance:
    """Adds somebody who was there without seat or invitation: of the register, or by name alone."""
    roll = _open(session, meeting, now)
    values, problems = fields.read(
        {"person_id": Reference(), "name": Text(200), "role": Choice(ROLES), "status": Choice(STATUSES)},
        {"person_id": person_id, "name": None if person_id else name, "role": role, "status": status},
    )
    person = session.get(Person, person_id) if person_id else None
    if person_id and (person is None or person.merged_into_id is not None):
        problems.append(Problem("person_id", fields.CHOOSE))
    if not person_id and not values.get("name"):
        problems.append(Problem("name", i18n.mark("Skriv ett namn eller välj någon i registret")))
    if person_id and roll.of_person(person_id) is not None:
        problems.append(Problem("person_id", i18n.mark("Står redan i listan")))
    if not person_id and any(row.person_id is None and row.name == values.get("name") for row in roll.others):
        problems.append(Problem("name", i18n.mark("Står redan i listan")))
    fields.refuse(problems)
    guest = Attendance(
        meeting_id=meeting.id,
        person_id=person_id or None,
        name=values["name"],
        role=values["role"],
        status=values["status"],
        version=0,
    )
    _touch(guest, actor, now, values["status"])
    session.add(guest)
    session.flush()
    name = shown_name(person) if person else guest.name
    after = {"person": name, "person_id": guest.person_id, "attendance": guest.status}
    _write(session, actor, now, meeting, {"attendance": None}, after)
    return guest


# ---------------------------------------------------------------- history


def _told(row: Row) -> dict[str, Any]:
    return {"attendance": row.choice if row.is_marked else None}


def _record(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    row: Row,
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    if before == after:
        before, after = {}, {"part": True}
    _write(session, actor, now, meeting, before, {"person": row.name, "person_id": row.person_id, **after})


def _write(
    session: Session, actor: Actor, now: datetime, meeting: Meeting, before: dict[str, Any], after: dict[str, Any]
) -> None:
    record(
        session, actor, now, action="attendance.mark", kind="meeting", subject_id=meeting.id, label=label_of(meeting),
        before=before, after=after,
    )  # fmt: skip
