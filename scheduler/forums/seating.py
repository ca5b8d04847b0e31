"""What a person does with seats: add, edit, offer, end; and the order in which substitutes are called.

Not here: who sits on them (``appointments``), who has a seat on a day (``seats``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from scheduler.clock import civil_date
from scheduler.errors import Problem
from scheduler.forums.models import Forum
from scheduler.forums.seat_models import SEAT_KINDS, Appointment, Seat, SubstituteOrder
from scheduler.forums.trace import record_change, record_seat_change, seat_facts
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.organisations import fields, rows
from scheduler.organisations.fields import Choice, Day, Field, Flag, Number, Reference, Text
from scheduler.organisations.models import Office, OfficeHolding, Organisation
from scheduler.organisations.rules import ShownDay, Span, shown_name

#: More at once is a slip of the pen.
MOST_SEATS = 200


class SeatFields(TypedDict, total=False):
    """What of a seat a person writes; it belongs to an organisation, an office, or those ``holder_text`` names."""

    kind: str
    label: str | None
    organisation_id: int | None
    office_id: int | None
    holder_text: str | None
    each_of: str | None
    number_unknown: bool
    voting: bool
    #: The ordinary seat this substitute is personal for.
    personal_for_id: int | None
    group: str | None
    from_on: date | None
    to_on: date | None
    note: str | None


FIELDS: Mapping[str, Field] = {
    "kind": Choice(SEAT_KINDS),
    "label": Text(200),
    "organisation_id": Reference(),
    "office_id": Reference(),
    "holder_text": Text(200),
    "each_of": Text(200),
    "number_unknown": Flag(),
    "voting": Flag(),
    "personal_for_id": Reference(),
    "group": Text(200),
    "from_on": Day(),
    "to_on": Day(),
    "note": Text(20_000, lines=True),
}
REFERENCES: rows.References = {
    "organisation_id": ("organisation", Organisation),
    "office_id": ("office", Office),
}
#: What a seat is: not to be changed once somebody has sat on it, since past meetings show it.
_STANDING = ("kind", "organisation", "office", "voting", "from_on", "to_on")
_FACTS = (
    *(name for name in FIELDS if name not in REFERENCES and name != "personal_for_id"),
    "organisation",
    "office",
    "offer",
)


def add_seats(
    session: Session,
    actor: Actor,
    now: datetime,
    forum: Forum,
    *,
    count: int = 1,
    offered: bool = False,
    **given: Unpack[SeatFields],
) -> list[Seat]:
    """``count`` seats alike, last in the forum's order; ``offered`` ones wait for the organisation's answer.

    Raises Refused with problems at the fields.
    """
    values, problems = _read(session, forum, {"kind": "ordinary", **given})
    _, more = fields.read({"count": Number(1, MOST_SEATS)}, {"count": count})
    fields.refuse(problems + more)
    last = session.scalar(select(func.max(Seat.position)).where(Seat.forum_id == forum.id))
    first = 0 if last is None else last + 1
    offer = "offered" if offered else None
    seats = [Seat(forum=forum, position=first + n, offer=offer, **values) for n in range(count)]
    session.add_all(seats)
    session.flush()
    after = {**_facts(seats[0]), "count": count}
    record_seat_change(session, actor, now, forum, "seat.add", after=after)
    return seats


def edit_seat(
    session: Session,
    actor: Actor,
    now: datetime,
    seat: Seat,
    *,
    reason: str | None = None,
    **given: Unpack[SeatFields],
) -> Seat:
    """Changes what is given.

    What the seat is (kind, whose it is, its days) stays once somebody has sat on it: end it and add another, so
    that past meetings show what was; or give a ``reason`` for a correction. Raises Refused with problems at the
    fields.
    """
    before = _facts(seat)
    values, problems = _read(session, seat.forum, given, seat)
    today = civil_date(now, seat.forum.time_zone)
    altered = any(name in values and values[name] != getattr(seat, name) for name in _STANDING)
    reason = fields.read_reason(reason)
    if altered and not reason and _was_held(session, seat, today, values):
        text = mark("Någon har suttit på platsen. Avsluta den och lägg till en ny, eller skriv varför den ändras")
        problems.append(Problem("reason", text))
    fields.refuse(problems)
    rows.assign(seat, values)
    session.flush()
    _record(session, actor, now, seat, "seat.edit", before=before, after=_facts(seat), reason=reason)
    return seat


def end_seat(session: Session, actor: Actor, now: datetime, seat: Seat, *, on: date) -> Seat:
    """The seat's last day is ``on``; who sits there then leaves with it.

    Raises Refused at ``on`` when that lies before the seat's first day, after its last, or before an appointment
    that is yet to begin.
    """
    problems = fields.order_problem("on", seat.from_on, on)
    if seat.to_on is not None and on > seat.to_on:
        problems.append(Problem("on", mark("Slutade redan %(to_on)s"), {"to_on": ShownDay(seat.to_on)}))
    query = select(Appointment).where(Appointment.seat_id == seat.id, Appointment.from_on > on)
    later = session.scalars(query.order_by(Appointment.from_on)).first()
    if later is not None:
        values: dict[str, object] = {"name": shown_name(later.person), "from_on": ShownDay(later.from_on)}
        problems.append(Problem("on", mark("%(name)s börjar där %(from_on)s"), values))
    fields.refuse(problems)
    before = _facts(seat)
    seat.to_on = on
    running = or_(Appointment.to_on.is_(None), Appointment.to_on > on, Appointment.continues_until_replaced)
    for appointment in session.scalars(select(Appointment).where(Appointment.seat_id == seat.id, running)):
        if appointment.to_on is None or appointment.to_on > on:
            appointment.to_on = on
    session.flush()
    _record(session, actor, now, seat, "seat.end", before=before, after=_facts(seat))
    return seat


def remove_seat(session: Session, actor: Actor, now: datetime, seat: Seat) -> None:
    """Takes away a seat that was added by mistake, out of the calling-in order too.

    Raises Refused when somebody has been appointed to it, or held its office while the seat was there.
    """
    if seat.appointments or _was_held(session, seat, civil_date(now, seat.forum.time_zone)):
        text = mark("Någon har suttit på platsen. Avsluta den i stället")
        fields.refuse([Problem(None, text)])
    _record(session, actor, now, seat, "seat.remove", before=_facts(seat))
    # Row by row, not by the cascade of the database: taking the removal back needs to know them.
    named = or_(SubstituteOrder.seat_id == seat.id, SubstituteOrder.substitute_seat_id == seat.id)
    for entry in session.scalars(select(SubstituteOrder).where(named)):
        session.delete(entry)
    for substitute in session.scalars(select(Seat).where(Seat.personal_for_id == seat.id)):
        substitute.personal_for_id = None
    session.flush()
    session.delete(seat)
    session.flush()


def _in_order(session: Session, forum_id: int) -> list[Seat]:
    query = select(Seat).where(Seat.forum_id == forum_id).order_by(Seat.position, Seat.id)
    return list(session.scalars(query))


def step_seat(session: Session, actor: Actor, now: datetime, seat: Seat, *, up: bool, on: date) -> None:
    """Puts the seat before the one above it (or after the one below) among the seats that are there on the day.

    The first stays first, the last stays last.
    """
    ordered = _in_order(session, seat.forum_id)
    shown = [row for row in ordered if row is seat or on in Span(row.from_on, row.to_on)]
    place = shown.index(seat) + (-1 if up else 1)
    if 0 <= place < len(shown):
        move_seat(session, actor, now, seat, position=ordered.index(shown[place]))


def move_seat(session: Session, actor: Actor, now: datetime, seat: Seat, *, position: int) -> None:
    """Puts the seat at ``position`` (0 is first) in its forum's order."""
    ordered = [row for row in _in_order(session, seat.forum_id) if row is not seat]
    before = {"position": seat.position}
    ordered.insert(max(0, position), seat)
    for n, row in enumerate(ordered):
        row.position = n
    session.flush()
    after = {"position": seat.position}
    about = seat_facts(seat)
    record_change(session, actor, now, seat.forum, "seat.move", before=before, after=after, about=about)


def offer_seat(session: Session, actor: Actor, now: datetime, seat: Seat) -> Seat:
    """Offers the seat to its organisation (again). Raises Refused for a seat without an organisation."""
    if seat.organisation is None:
        fields.refuse([Problem("organisation_id", mark("Välj vilken organisation platsen erbjuds"))])
    return _answer(session, actor, now, seat, "offered")


def answer_offer(session: Session, actor: Actor, now: datetime, seat: Seat, *, accepted: bool) -> Seat:
    """The organisation takes the seat, or does not. Raises Refused for a seat that is not offered."""
    if seat.offer is None:
        fields.refuse([Problem(None, mark("Platsen är inte erbjuden"))])
    return _answer(session, actor, now, seat, "accepted" if accepted else "declined")


def _answer(session: Session, actor: Actor, now: datetime, seat: Seat, offer: str) -> Seat:
    before = _facts(seat)
    seat.offer = offer
    session.flush()
    _record(session, actor, now, seat, f"seat.{offer}", before=before, after=_facts(seat))
    return seat


def _read(
    session: Session, forum: Forum, given: Mapping[str, Any], seat: Seat | None = None
) -> tuple[dict[str, Any], list[Problem]]:
    values, problems = fields.read(FIELDS, given)
    values, more = rows.resolve(session, values, REFERENCES)
    problems += more

    def after(name: str) -> Any:
        return values[name] if name in values or seat is None else getattr(seat, name)

    def later(name: str) -> Any:
        return values.get(name) if seat is None else after(name)

    problems += fields.order_problem("to_on", later("from_on"), later("to_on"))
    personal_for = later("personal_for_id")
    if personal_for is not None:
        ordinary = session.get(Seat, personal_for)
        if ordinary is None or ordinary.forum_id != forum.id or ordinary is seat or ordinary.kind == "substitute":
            problems.append(Problem("personal_for_id", mark("Välj en ordinarie plats i forumet")))
        elif later("kind") != "substitute":
            problems.append(Problem("personal_for_id", mark("Bara en ersättare kan vara personlig ersättare")))
    if seat is not None and {"from_on", "to_on"} & set(values):
        problems += _outside(session, seat, Span(later("from_on"), later("to_on")))
    return values, problems


def _outside(session: Session, seat: Seat, span: Span) -> list[Problem]:
    """Problems for appointments that the seat's new days would leave without a seat."""
    problems = []
    for appointment in session.scalars(select(Appointment).where(Appointment.seat_id == seat.id)):
        values: dict[str, object] = {"name": shown_name(appointment.person), "from_on": ShownDay(appointment.from_on)}
        if span.from_on is not None and appointment.from_on < span.from_on:
            problems.append(Problem("from_on", mark("%(name)s börjar där %(from_on)s"), values))
        elif span.to_on is not None and (appointment.to_on is None or appointment.to_on > span.to_on):
            problems.append(Problem("to_on", mark("%(name)s sitter kvar där efter den dagen"), values))
    return problems[:1]


def _was_held(session: Session, seat: Seat, today: date, values: Mapping[str, Any] | None = None) -> bool:
    """Whether somebody sat there before ``today``, by appointment or by office, as the seat is or with ``values``.

    An office that comes to the seat, or an earlier first day, brings earlier holders along.
    """
    appointed = select(Appointment.id).where(Appointment.seat_id == seat.id, Appointment.from_on < today)
    if session.scalars(appointed).first() is not None:
        return True
    values = values or {}
    now_and_then = [
        (seat.office, seat.from_on),
        (values.get("office", seat.office), values.get("from_on", seat.from_on)),
    ]
    return any(_office_held(session, office, first_on, today) for office, first_on in now_and_then)


def _office_held(session: Session, office: Office | None, first_on: date | None, today: date) -> bool:
    """Whether somebody held the office on a day from ``first_on`` that lies before ``today``."""
    if office is None or (first_on is not None and first_on >= today):
        return False
    held = select(OfficeHolding.id).where(OfficeHolding.office_id == office.id, OfficeHolding.from_on < today)
    if first_on is not None:
        held = held.where(or_(OfficeHolding.to_on.is_(None), OfficeHolding.to_on >= first_on))
    return session.scalars(held).first() is not None


def _facts(seat: Seat) -> dict[str, Any]:
    return rows.facts(seat, _FACTS)


def _record(session: Session, actor: Actor, now: datetime, seat: Seat, action: str, **change: Any) -> None:
    record_seat_change(session, actor, now, seat.forum, action, about=seat_facts(seat), **change)


# ---------------------------------------------------------------- the calling-in order


def set_substitute_order(
    session: Session,
    actor: Actor,
    now: datetime,
    forum: Forum,
    *,
    order: Sequence[int | str],
    seat_id: int | None = None,
    group: str | None = None,
) -> None:
    """The decided order of substitutes for a seat, for a group, or (neither) for the whole forum.

    ``order`` holds ids of substitutes' seats and names of groups (all substitutes of the group, by position);
    empty: no decided order. Raises Refused at ``order`` for what is not a substitute in the forum.
    """
    group = group or None
    # The unique key cannot keep two writers apart: no database holds one NULL to be another.
    session.scalars(select(Forum.id).where(Forum.id == forum.id).with_for_update()).one()
    seats = {seat.id: seat for seat in session.scalars(select(Seat).where(Seat.forum_id == forum.id))}
    fields.refuse(_order_problems(seats, order, seat_id, group))
    old = _decided(session, forum, seat_id, group)
    whose = {"group": group} if seat_id is None else seat_facts(seats[seat_id])
    before = {"order": [row.substitute_seat_id or row.substitute_group for row in old]}
    for row in old:
        session.delete(row)
    session.flush()
    session.add_all(
        SubstituteOrder(
            forum_id=forum.id,
            seat_id=seat_id,
            group=group,
            position=n,
            substitute_seat_id=item if isinstance(item, int) else None,
            substitute_group=item if isinstance(item, str) else None,
        )
        for n, item in enumerate(order)
    )
    session.flush()
    after = {"order": list(order)}
    record_change(session, actor, now, forum, "seat.order", before=before, after=after, about=whose)


def _order_problems(
    seats: Mapping[int, Seat], order: Sequence[int | str], seat_id: int | None, group: str | None
) -> list[Problem]:
    problems = []
    if seat_id is not None and (group is not None or seat_id not in seats or seats[seat_id].kind == "substitute"):
        problems.append(Problem("seat_id", mark("Välj en ordinarie plats i forumet")))
    elif group is not None and order and group not in {seat.group for seat in seats.values()}:
        problems.append(Problem("group", mark("Välj en grupp i forumet")))
    substitutes = [seat for seat in seats.values() if seat.kind == "substitute"]
    known = {seat.id for seat in substitutes} | {seat.group for seat in substitutes if seat.group}
    if len(set(order)) != len(order) or not set(order) <= known:
        problems.append(Problem("order", mark("Välj ersättare i forumet, var och en en gång")))
    return problems


def _decided(session: Session, forum: Forum, seat_id: int | None, group: str | None) -> Sequence[SubstituteOrder]:
    """The rows of one decided order; None is asked for by name, since nothing equals NULL."""
    whose = [
        column.is_(None) if value is None else column == value
        for column, value in ((SubstituteOrder.seat_id, seat_id), (SubstituteOrder.group, group))
    ]
    query = select(SubstituteOrder).where(SubstituteOrder.forum_id == forum.id, *whose)
    return session.scalars(query.order_by(SubstituteOrder.position, SubstituteOrder.id)).all()
