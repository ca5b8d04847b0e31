"""What a person does with appointments: appoint, replace, end, correct.

The seat plan of a day never changes through a later edit that is dated after it (spec product, invariant 3): an
end or a replacement goes forward from its day, and a correction of days that have been needs a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from scheduler.clock import civil_date
from scheduler.errors import Problem
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.forums.trace import record_seat_change, seat_facts
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.organisations import fields, rows
from scheduler.organisations.fields import Choice, Day, Field, Flag, Reference, Text
from scheduler.organisations.models import Person
from scheduler.organisations.rules import ShownDay, Span, day_before, first_changed_day, past_problem, taken_problem

FUNCTIONS = ("member", "chair", "first_vice_chair", "second_vice_chair")


class AppointmentFields(TypedDict, total=False):
    """What of an appointment a person writes beside who and from when."""

    #: None is open.
    to_on: date | None
    function: str
    appointed_by: str | None
    decision_ref: str | None
    #: After the last day it goes on until somebody else is appointed.
    continues_until_replaced: bool


FIELDS: Mapping[str, Field] = {
    "person_id": Reference(missing=mark("Välj en person")),
    "from_on": Day(missing=mark("Ange första dagen")),
    "to_on": Day(),
    "function": Choice(FUNCTIONS),
    "appointed_by": Text(200),
    "decision_ref": Text(40),
    "continues_until_replaced": Flag(),
}
REFERENCES: rows.References = {"person_id": ("person", Person)}


def appoint(
    session: Session,
    actor: Actor,
    now: datetime,
    seat: Seat,
    *,
    person_id: int | None,
    from_on: date | None,
    **given: Unpack[AppointmentFields],
) -> Appointment:
    """Somebody has the seat from ``from_on``.

    Raises Refused with problems at the fields; at ``from_on`` when somebody sits there, saying who and when.
    """
    values = _read(session, {"person_id": person_id, "from_on": from_on, **given})
    return _seat(session, actor, now, seat, "appointment.add", values)


def replace(
    session: Session,
    actor: Actor,
    now: datetime,
    seat: Seat,
    *,
    person_id: int | None,
    from_on: date | None,
    **given: Unpack[AppointmentFields],
) -> Appointment:
    """Somebody takes the seat over from ``from_on``; who sits there leaves the day before.

    The same person with another function is a replacement too. Raises Refused as ``appoint``.
    """
    values = _read(session, {"person_id": person_id, "from_on": from_on, **given})
    sitting = _sitting(session, seat, values["from_on"])
    if sitting is not None and sitting.from_on < values["from_on"]:
        # What would be refused is, before anything changes.
        fields.refuse(_problems(session, seat, Span(values["from_on"], values.get("to_on")), besides=sitting))
        _end(session, actor, now, sitting, on=day_before(values["from_on"]))
    return _seat(session, actor, now, seat, "appointment.add", values)


def end_appointment(
    session: Session, actor: Actor, now: datetime, appointment: Appointment, *, on: date
) -> Appointment:
    """The appointment's last day is ``on``, and it does not go on after it.

    Raises Refused at ``on`` when that lies before its first day, after its last, or on another's days.
    """
    problems = fields.order_problem("on", appointment.from_on, on)
    if appointment.to_on is not None and on > appointment.to_on:
        if not appointment.continues_until_replaced:
            problems.append(Problem("on", mark("Slutade redan %(to_on)s"), {"to_on": ShownDay(appointment.to_on)}))
        for problem in _problems(session, appointment.seat, Span(appointment.from_on, on), besides=appointment):
            problems.append(Problem("on", problem.text, problem.values))
    fields.refuse(problems)
    return _end(session, actor, now, appointment, on=on)


def running_after(day: date) -> ColumnElement[bool]:
    """Whether an appointment goes on after ``day``, or begins after it."""
    return or_(Appointment.to_on.is_(None), Appointment.to_on > day, Appointment.continues_until_replaced)


def end_all(session: Session, actor: Actor, now: datetime, appointments: Iterable[Appointment], *, on: date) -> None:
    """Ends these appointments on a day, and takes away those that would begin after it.

    Raises Refused at ``on`` as ``end_appointment``, of the first that cannot end so.
    """
    for appointment in list(appointments):
        if appointment.from_on > on:
            remove_appointment(session, actor, now, appointment)
        else:
            end_appointment(session, actor, now, appointment, on=on)


def correct_appointment(
    session: Session,
    actor: Actor,
    now: datetime,
    appointment: Appointment,
    *,
    from_on: date | None = None,
    reason: str | None = None,
    **given: Unpack[AppointmentFields],
) -> Appointment:
    """Changes what is given; ``from_on`` None leaves the first day.

    Who sat where before today changes only with a ``reason``, which is kept. Raises Refused with problems at the
    fields.
    """
    values = _read(session, {**given, **({} if from_on is None else {"from_on": from_on})})
    before = _facts(appointment)
    old = Span(appointment.from_on, appointment.to_on)
    new = Span(values.get("from_on", old.from_on), values.get("to_on", old.to_on))
    reason = fields.read_reason(reason)
    today = civil_date(now, appointment.seat.forum.time_zone)
    changed = [first_changed_day(old, new)]
    if values.get("function", appointment.function) != appointment.function:
        changed.append(old.from_on)
    if values.get("continues_until_replaced", appointment.continues_until_replaced) != (
        appointment.continues_until_replaced
    ):
        changed.append(old.to_on)
    earliest = min((day for day in changed if day is not None), default=None)
    problems = fields.order_problem("to_on", new.from_on, new.to_on)
    problems += past_problem(earliest, today, reason)
    if new != old:
        problems += _problems(session, appointment.seat, new, besides=appointment)
    fields.refuse(problems)
    rows.assign(appointment, values)
    session.flush()
    _record(
        session, actor, now, appointment, "appointment.correct", before=before, after=_facts(appointment), reason=reason
    )
    return appointment


def remove_appointment(
    session: Session, actor: Actor, now: datetime, appointment: Appointment, *, reason: str | None = None
) -> None:
    """Takes away an appointment that was entered by mistake.

    Raises Refused at ``reason`` when it began before today and none is given.
    """
    reason = fields.read_reason(reason)
    today = civil_date(now, appointment.seat.forum.time_zone)
    fields.refuse(past_problem(appointment.from_on, today, reason))
    _record(session, actor, now, appointment, "appointment.remove", before=_facts(appointment), reason=reason)
    appointment.seat.appointments.remove(appointment)
    session.flush()


# ---------------------------------------------------------------- what they share


def _read(session: Session, given: Mapping[str, Any]) -> dict[str, Any]:
    values, problems = fields.read(FIELDS, given)
    values, more = rows.resolve(session, values, REFERENCES)
    problems += more
    problems += fields.order_problem("to_on", values.get("from_on"), values.get("to_on"))
    fields.refuse(problems)
    return values


def _seat(
    session: Session, actor: Actor, now: datetime, seat: Seat, action: str, values: Mapping[str, Any]
) -> Appointment:
    fields.refuse(_problems(session, seat, Span(values["from_on"], values.get("to_on"))))
    appointment = Appointment(seat=seat, **values)
    session.add(appointment)
    session.flush()
    _record(session, actor, now, appointment, action, after=_facts(appointment))
    return appointment


def _problems(session: Session, seat: Seat, span: Span, *, besides: Appointment | None = None) -> list[Problem]:
    """Why nobody can be appointed to the seat for ``span``: the seat is not there, or somebody sits there.

    Takes the seat for writing, so that two writers cannot both find it free.
    """
    session.scalars(select(Seat.id).where(Seat.id == seat.id).with_for_update()).one()
    if seat.from_on is not None and span.from_on is not None and span.from_on < seat.from_on:
        return [Problem("from_on", mark("Platsen finns från och med %(from_on)s"), {"from_on": ShownDay(seat.from_on)})]
    if seat.to_on is not None and (span.to_on is None or span.to_on > seat.to_on):
        return [Problem("to_on", mark("Platsen finns till och med %(to_on)s"), {"to_on": ShownDay(seat.to_on)})]
    query = select(Appointment).where(Appointment.seat_id == seat.id).order_by(Appointment.from_on)
    for other in session.scalars(query):
        days = Span(other.from_on, other.to_on)
        if other is not besides and days.overlaps(span):
            return [taken_problem("from_on", other.person, days)]
    return []


def _sitting(session: Session, seat: Seat, on: date) -> Appointment | None:
    """Who sits there on the day by the dates alone."""
    query = select(Appointment).where(Appointment.seat_id == seat.id, Appointment.from_on <= on)
    latest = session.scalars(query.order_by(Appointment.from_on.desc())).first()
    return latest if latest is not None and on in Span(latest.from_on, latest.to_on) else None


def _end(session: Session, actor: Actor, now: datetime, appointment: Appointment, *, on: date) -> Appointment:
    before = _facts(appointment)
    appointment.to_on = on
    appointment.continues_until_replaced = False
    session.flush()
    _record(session, actor, now, appointment, "appointment.end", before=before, after=_facts(appointment))
    return appointment


def _facts(appointment: Appointment) -> dict[str, Any]:
    return {name: getattr(appointment, name) for name in FIELDS if name not in REFERENCES}


def _record(
    session: Session, actor: Actor, now: datetime, appointment: Appointment, action: str, **change: Any
) -> None:
    """The person by name as shown, and by id, so that what is kept of somebody can be found."""
    about = {
        **seat_facts(appointment.seat),
        "person": rows.fact(appointment.person),
        "person_id": appointment.person.id,
    }
    record_seat_change(session, actor, now, appointment.seat.forum, action, about=about, **change)
