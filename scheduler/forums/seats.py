"""Who has a seat in a forum on a day: own seats and those it has through nesting, with who fills them.

Every function makes a constant number of queries, for any number of forums. Names are as shown: "ledamot" for a
person with protected identity. Not here: changing seats (``seating``) and who sits there (``appointments``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from scheduler.forums.models import Forum
from scheduler.forums.rules import Inclusion, OrderEntry, SubstituteSeat, above, calling_order, reach_on
from scheduler.forums.seat_models import Appointment, Seat, SubstituteOrder
from scheduler.forums.trace import inclusions_from
from scheduler.organisations.models import Office, OfficeHolding, Organisation, Person
from scheduler.organisations.offices import Holder, holders_on
from scheduler.organisations.rules import shown_name

#: Of a person's several seats in one meeting the first of these is the one that counts.
_WEIGHT = {
    kind: n
    for n, kind in enumerate(("ordinary", "owner", "financier", "co_opted", "secretary", "observer", "substitute"))
}


@dataclass(frozen=True, slots=True)
class SeatHolder:
    """A seat on a day and who fills it; an office held by several gives one for each of them."""

    seat_id: int
    #: The forum asked about.
    forum_id: int
    #: The included forum the seat belongs to; None for a seat of the forum itself.
    via_forum_id: int | None
    kind: str
    label: str | None
    #: Whom the seat represents: its organisation, else that of its office.
    organisation_id: int | None
    organisation_name: str | None
    office_id: int | None
    #: None: nobody; the seat is vacant.
    person_id: int | None
    person_name: str | None
    #: member, chair, first_vice_chair or second_vice_chair; a chair of an included forum is a member here.
    function: str | None
    #: offered, accepted, declined, or None for a seat that is not offered.
    offer: str | None
    personal_for_seat_id: int | None
    #: The source does not say how many seats this one stands for.
    number_unknown: bool
    #: Place in the order of its own forum's seats.
    position: int
    #: Party, block or owner, for the calling-in order.
    group: str | None = None
    voting: bool = True
    protected: bool = False
    #: The last day of the appointment, None for an open one or an office.
    until_on: date | None = None

    @property
    def is_vacant(self) -> bool:
        """Whether somebody is missing: not where the number is unknown or the seat was declined."""
        return self.person_id is None and not self.number_unknown and self.offer != "declined"


def seat_holders(session: Session, forum_ids: Collection[int], on: date) -> dict[int, list[SeatHolder]]:
    """For each forum its seats on the day, each person once; vacant seats have no person.

    A person with several seats keeps the weightiest: ordinary before substitute, the forum's own before an
    included one's. Order: own seats by position, then those of included forums.
    """
    return {forum_id: each_once(seats) for forum_id, seats in seat_plan(session, forum_ids, on).items()}


def each_once(seats: Sequence[SeatHolder]) -> list[SeatHolder]:
    """The seats without those whose person already has a weightier one."""
    kept: dict[int, SeatHolder] = {}
    for seat in seats:
        if seat.person_id is not None:
            other = kept.get(seat.person_id)
            if other is None or _weight(seat) < _weight(other):
                kept[seat.person_id] = seat
    return [seat for seat in seats if seat.person_id is None or kept[seat.person_id] is seat]


def _weight(seat: SeatHolder) -> tuple[int, bool]:
    return _WEIGHT[seat.kind], seat.via_forum_id is not None


def seat_plan(session: Session, forum_ids: Collection[int], on: date) -> dict[int, list[SeatHolder]]:
    """As ``seat_holders``, with every seat, whoever fills it: what a forum's page lists and a quorum counts."""
    return _plan(session, forum_ids, on, reach_on(_inclusions_on(session, on), on))


def _inclusions_on(session: Session, on: date) -> list[Inclusion]:
    return [inclusion for inclusion in inclusions_from(session, on) if on in inclusion.span]


def _plan(
    session: Session, forum_ids: Collection[int], on: date, reach: dict[int, dict[int, frozenset[str]]]
) -> dict[int, list[SeatHolder]]:
    wanted = set(forum_ids).union(*(reach.get(forum_id, ()) for forum_id in forum_ids))
    own = _own_seats(session, wanted, on)
    return {
        forum_id: [
            *own.get(forum_id, ()),
            *(
                seen_through(seat, forum_id)
                for included_id, kinds in reach.get(forum_id, {}).items()
                for seat in own.get(included_id, ())
                if seat.kind in kinds
            ),
        ]
        for forum_id in forum_ids
    }


def seen_through(seat: SeatHolder, forum_id: int) -> SeatHolder:
    """An included forum's seat as one of ``forum_id``."""
    function = None if seat.function is None else "member"
    return replace(seat, forum_id=forum_id, via_forum_id=seat.forum_id, function=function)


# ---------------------------------------------------------------- reading


class _Sitting(NamedTuple):
    """Who is appointed to a seat, or holds its office."""

    person_id: int
    name: str
    protected: bool
    function: str
    until_on: date | None
    organisation_id: int | None
    organisation_name: str | None


class _Name(NamedTuple):
    """A person's name read without the person."""

    name: str
    protected: bool


def _own_seats(session: Session, forum_ids: Collection[int], on: date) -> dict[int, list[SeatHolder]]:
    """The seats of each forum itself, in order. Three queries."""
    seats = _seat_rows(session, forum_ids, on)
    appointed = _appointed(session, forum_ids, on)
    offices = {row.office_id for row in seats if row.office_id is not None and row.id not in appointed}
    held = holders_on(session, offices, on)
    found: dict[int, list[SeatHolder]] = defaultdict(list)
    for row in seats:
        sitting: Iterable[_Sitting | None] = appointed.get(row.id) or _office_sitting(row, held) or (None,)
        found[row.forum_id].extend(_holder(row, who) for who in sitting)
    return found


def _seat_rows(session: Session, forum_ids: Collection[int], on: date) -> Sequence[Any]:
    office_organisation = aliased(Organisation)
    return session.execute(
        select(
            Seat.id,
            Seat.forum_id,
            Seat.kind,
            Seat.label,
            Seat.organisation_id,
            Organisation.name.label("organisation_name"),
            Seat.office_id,
            office_organisation.id.label("office_organisation_id"),
            office_organisation.name.label("office_organisation_name"),
            Seat.offer,
            Seat.personal_for_id,
            Seat.number_unknown,
            Seat.position,
            Seat.group,
            Seat.voting,
        )
        .outerjoin(Organisation, Seat.organisation_id == Organisation.id)
        .outerjoin(Office, Seat.office_id == Office.id)
        .outerjoin(
            office_organisation,
            office_organisation.id
            # An office without an organisation speaks for the one on whose behalf it works.
            == func.coalesce(Office.organisation_id, Office.on_behalf_of_id),
        )
        .where(Seat.forum_id.in_(forum_ids), _holds(Seat.from_on, Seat.to_on, on))
        .order_by(Seat.forum_id, Seat.position, Seat.id)
    ).all()


def _appointed(session: Session, forum_ids: Collection[int], on: date) -> dict[int, list[_Sitting]]:
    """Seat → who is appointed to it on the day.

    One that continues until replaced holds on after its last day, until the next one on the seat begins.
    """
    later = aliased(Appointment)
    replaced = (
        select(later.id)
        .where(later.seat_id == Appointment.seat_id, later.from_on > Appointment.from_on, later.from_on <= on)
        .exists()
    )
    query = (
        select(
            Appointment.seat_id,
            Appointment.person_id,
            Person.given_name,
            Person.family_name,
            Person.protected,
            Appointment.function,
            Appointment.to_on,
        )
        .join(Seat, Appointment.seat_id == Seat.id)
        .join(Person, Appointment.person_id == Person.id)
        .where(
            Seat.forum_id.in_(forum_ids),
            Appointment.from_on <= on,
            or_(
                Appointment.to_on.is_(None),
                Appointment.to_on >= on,
                and_(Appointment.continues_until_replaced, ~replaced),
            ),
        )
    )
    return {
        seat_id: [
            _Sitting(
                person_id,
                shown_name(_Name(f"{given_name} {family_name}".strip(), protected)),
                protected,
                function,
                to_on,
                None,
                None,
            )
        ]
        for seat_id, person_id, given_name, family_name, protected, function, to_on in session.execute(query)
    }


def _office_sitting(row: Any, held: dict[int, list[Holder]]) -> list[_Sitting]:
    """Who holds the seat's office: in the seat's organisation, where the office is one in each."""
    return [
        _Sitting(
            holder.person_id,
            holder.person_name,
            holder.protected,
            "member",
            None,
            holder.organisation_id,
            holder.organisation_name,
        )
        for holder in held.get(row.office_id, ())
        if row.organisation_id is None or holder.organisation_id in {None, row.organisation_id}
    ]


def _holder(row: Any, who: _Sitting | None) -> SeatHolder:
    organisation_id, organisation_name = row.organisation_id, row.organisation_name
    if organisation_id is None and who is not None:
        organisation_id, organisation_name = who.organisation_id, who.organisation_name
    if organisation_id is None:
        organisation_id, organisation_name = row.office_organisation_id, row.office_organisation_name
    return SeatHolder(
        seat_id=row.id,
        forum_id=row.forum_id,
        via_forum_id=None,
        kind=row.kind,
        label=row.label,
        organisation_id=organisation_id,
        organisation_name=organisation_name,
        office_id=row.office_id,
        person_id=None if who is None else who.person_id,
        person_name=None if who is None else who.name,
        function=None if who is None else who.function,
        offer=row.offer,
        personal_for_seat_id=row.personal_for_id,
        number_unknown=row.number_unknown,
        position=row.position,
        group=row.group,
        voting=row.voting,
        protected=who is not None and who.protected,
        until_on=None if who is None else who.until_on,
    )


def _holds(from_on: Any, to_on: Any, on: date) -> Any:
    """Whether the day lies from–to, both included and None open."""
    return and_(or_(from_on.is_(None), from_on <= on), or_(to_on.is_(None), to_on >= on))


# ---------------------------------------------------------------- who comes next


class Coming(NamedTuple):
    """Who is appointed to a seat from a later day."""

    person_id: int
    #: As shown.
    name: str
    from_on: date


def coming_on_seats(session: Session, forum_id: int, on: date) -> dict[int, Coming]:
    """Seat → who comes to it next after the day; the forum's own seats alone. One query."""
    query = (
        select(Appointment.seat_id, Appointment.person_id, Person.given_name, Person.family_name, Person.protected)
        .add_columns(Appointment.from_on)
        .join(Seat, Appointment.seat_id == Seat.id)
        .join(Person, Appointment.person_id == Person.id)
        .where(Seat.forum_id == forum_id, Appointment.from_on > on)
        .order_by(Appointment.from_on)
    )
    found: dict[int, Coming] = {}
    for seat_id, person_id, given_name, family_name, protected, from_on in session.execute(query):
        name = shown_name(_Name(f"{given_name} {family_name}".strip(), protected))
        found.setdefault(seat_id, Coming(person_id, name, from_on))
    return found


# ---------------------------------------------------------------- of one organisation, of one person


@dataclass(frozen=True, slots=True)
class ForumSeat:
    """A seat with the forum it is in, as an organisation's or a person's page lists it."""

    forum_id: int
    forum_slug: str
    #: The short name where there is one.
    forum_title: str
    seat: SeatHolder


def seats_of_organisation(
    session: Session, organisation_id: int, on: date, *, forum_ids: Collection[int] | None = None
) -> list[ForumSeat]:
    """The organisation's own seats on the day, in the forums of ``forum_ids`` (None: all); vacant ones too.

    Seats it has through an included forum are listed with that forum alone. By forum in Swedish order.
    """
    offices = select(Office.id).where(
        or_(Office.organisation_id == organisation_id, Office.on_behalf_of_id == organisation_id)
    )
    holdings = select(OfficeHolding.office_id).where(OfficeHolding.organisation_id == organisation_id)
    query = select(Seat.forum_id).where(
        or_(
            Seat.organisation_id == organisation_id,
            Seat.office_id.in_(offices),
            Seat.office_id.in_(holdings),
        )
    )
    found = {forum_id for forum_id in session.scalars(query) if forum_ids is None or forum_id in forum_ids}
    plan = _plan(session, found, on, {})
    return _with_forums(
        session, [seat for seats in plan.values() for seat in seats if seat.organisation_id == organisation_id]
    )


def seats_of_person(
    session: Session, person_id: int, on: date, *, forum_ids: Collection[int] | None = None
) -> list[ForumSeat]:
    """Every seat the person fills on the day, those through nesting included; by forum in Swedish order.

    What somebody may see as a member follows from this. ``forum_ids`` as in ``seats_of_organisation``.
    """
    held = select(OfficeHolding.office_id).where(
        OfficeHolding.person_id == person_id, _holds(OfficeHolding.from_on, OfficeHolding.to_on, on)
    )
    appointed = select(Appointment.seat_id).where(Appointment.person_id == person_id, Appointment.from_on <= on)
    direct = set(session.scalars(select(Seat.forum_id).where(or_(Seat.id.in_(appointed), Seat.office_id.in_(held)))))
    inclusions = _inclusions_on(session, on)
    found = direct.union(*(above(inclusions, forum_id) for forum_id in direct))
    if forum_ids is not None:
        found &= set(forum_ids)
    plan = _plan(session, found, on, reach_on(inclusions, on))
    return _with_forums(session, [seat for seats in plan.values() for seat in seats if seat.person_id == person_id])


def _with_forums(session: Session, seats: Sequence[SeatHolder]) -> list[ForumSeat]:
    forums = {
        forum.id: forum
        for forum in session.scalars(select(Forum).where(Forum.id.in_({seat.forum_id for seat in seats})))
    }
    found = [ForumSeat(seat.forum_id, forums[seat.forum_id].slug, forums[seat.forum_id].title, seat) for seat in seats]
    return sorted(
        found, key=lambda row: (forums[row.forum_id].sort_key, row.forum_id, _weight(row.seat), row.seat.position)
    )


# ---------------------------------------------------------------- substitutes


@dataclass(frozen=True, slots=True)
class OwnSeat:
    """A seat as whoever fills it reads of it."""

    row: ForumSeat
    #: Who is the personal substitute of the seat, as shown.
    substitutes: tuple[str, ...]
    #: For whom a personal substitute serves, as shown.
    serves_for: str | None


def own_seats(session: Session, person_id: int, on: date) -> list[OwnSeat]:
    """``seats_of_person`` with who is whose personal substitute. A constant number of queries."""
    seats = seats_of_person(session, person_id, on)
    plans = seat_plan(session, {row.forum_id for row in seats}, on)
    return [
        OwnSeat(
            row,
            substitutes=tuple(
                seat.person_name
                for seat in plans[row.forum_id]
                if seat.personal_for_seat_id == row.seat.seat_id and seat.person_name
            ),
            serves_for=next(
                (
                    seat.person_name
                    for seat in plans[row.forum_id]
                    if seat.seat_id == row.seat.personal_for_seat_id and seat.person_name
                ),
                None,
            ),
        )
        for row in seats
    ]


def substitutes_for(session: Session, forum_id: int, seat_id: int, on: date) -> list[SeatHolder]:
    """The substitutes of a seat on the day in the order they are called in; vacant substitutes' seats are left out.

    Empty when the seat is not one of the forum's that day.
    """
    plan = seat_plan(session, [forum_id], on)[forum_id]
    seat = next((row for row in plan if row.seat_id == seat_id), None)
    return [] if seat is None else _called_for(seat, plan, decided_orders(session, forum_id))


@dataclass(frozen=True)
class Calling:
    """An ordinary seat and who is called in for it, in order."""

    seat: SeatHolder
    substitutes: tuple[SeatHolder, ...]


def calling_of_all(session: Session, forum_id: int, on: date) -> list[Calling]:
    """For each ordinary seat on the day what ``substitutes_for`` says; a constant number of queries."""
    return calling_of_plans(session, seat_plan(session, [forum_id], on))[forum_id]


def calling_of_plans(session: Session, plans: Mapping[int, Sequence[SeatHolder]]) -> dict[int, list[Calling]]:
    """As ``calling_of_all`` for many forums, whose seats on the day ``seat_plan`` gave. One query."""
    orders = decided_orders_of(session, plans)
    found = {}
    for forum_id, plan in plans.items():
        once = {row.seat_id: row for row in plan if row.kind == "ordinary"}
        found[forum_id] = [Calling(row, tuple(_called_for(row, plan, orders[forum_id]))) for row in once.values()]
    return found


def decided_orders(session: Session, forum_id: int) -> list[OrderEntry]:
    """The decided order of a forum's substitutes. One query."""
    return decided_orders_of(session, [forum_id])[forum_id]


def decided_orders_of(session: Session, forum_ids: Collection[int]) -> defaultdict[int, list[OrderEntry]]:
    """Forum → the decided order of its substitutes; a forum without one has an empty list. One query."""
    query = (
        select(
            SubstituteOrder.forum_id,
            SubstituteOrder.seat_id,
            SubstituteOrder.group,
            SubstituteOrder.substitute_seat_id,
            SubstituteOrder.substitute_group,
        )
        .where(SubstituteOrder.forum_id.in_(forum_ids))
        .order_by(SubstituteOrder.position, SubstituteOrder.id)
    )
    found: defaultdict[int, list[OrderEntry]] = defaultdict(list)
    for forum_id, seat_id, group, substitute_seat_id, substitute_group in session.execute(query):
        found[forum_id].append(OrderEntry(seat_id, group, substitute_seat_id, substitute_group))
    return found


def _called_for(seat: SeatHolder, plan: Sequence[SeatHolder], order: Sequence[OrderEntry]) -> list[SeatHolder]:
    substitutes = {row.seat_id: row for row in plan if row.kind == "substitute" and row.person_id is not None}
    called = calling_order(
        seat.seat_id,
        _list_of(seat),
        (
            SubstituteSeat(row.seat_id, _list_of(row), row.personal_for_seat_id, row.position)
            for row in substitutes.values()
        ),
        order,
    )
    return [substitutes[substitute] for substitute in called]


def _list_of(seat: SeatHolder) -> str | None:
    """The group whose substitutes are called first: the seat's own, else all seats of its organisation together."""
    return seat.group or (None if seat.organisation_id is None else f"\0organisation {seat.organisation_id}")
