"""Who has a seat in which forum on many days at once, as ``seats.seat_holders`` says it of one day.

For lists and feeds, where each meeting is judged on its own date: everything is read once and each day is reckoned in
memory, once for all days between two changes: their lists are one, to be read and not changed. Not here: what a seat is
on one day, and its order (``seats``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from scheduler.forums.rules import reach_on
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.forums.seats import SeatHolder, each_once, seen_through
from scheduler.forums.trace import inclusions_from
from scheduler.organisations.models import Office, OfficeHolding, Organisation, Person
from scheduler.organisations.rules import Span, shown_name

#: A forum on a day.
ForumDay = tuple[int, date]


def seat_holders_on(session: Session, wanted: Collection[ForumDay]) -> dict[ForumDay, list[SeatHolder]]:
    """For each forum and day what ``seats.seat_holders`` gives. Four queries, none when nothing is asked."""
    found: dict[int, list[SeatHolder]] = {}
    plans = seat_plans_on(session, wanted)
    for seats in plans.values():
        if id(seats) not in found:
            found[id(seats)] = each_once(seats)
    return {place: found[id(seats)] for place, seats in plans.items()}


def seat_plans_on(session: Session, wanted: Collection[ForumDay]) -> dict[ForumDay, list[SeatHolder]]:
    """For each forum and day what ``seats.seat_plan`` gives: every seat. Four queries, none when nothing is asked."""
    if not wanted:
        return {}
    days = [day for _, day in wanted]
    inclusions = inclusions_from(session, min(days))
    reached = {day: reach_on(inclusions, day) for day in set(days)}
    forum_ids = {forum_id for forum_id, _ in wanted}
    for forum_id, day in wanted:
        forum_ids.update(reached[day].get(forum_id, ()))
    book = _Book(session, forum_ids, min(days), max(days))
    return {(forum_id, day): book.plan(forum_id, day, reached[day]) for forum_id, day in set(wanted)}


def own_seats_on(session: Session, wanted: Collection[ForumDay]) -> dict[ForumDay, list[SeatHolder]]:
    """For each forum and day its own seats with everybody on them, nobody left out. Three queries, none for nothing."""
    if not wanted:
        return {}
    days = [day for _, day in wanted]
    book = _Book(session, {forum_id for forum_id, _ in wanted}, min(days), max(days))
    return {(forum_id, day): book.own(forum_id, day) for forum_id, day in set(wanted)}


class _Sitting(NamedTuple):
    """Who is appointed to a seat or holds its office, and on which days."""

    span: Span
    person_id: int
    name: str
    protected: bool
    function: str
    #: Goes on after its last day, until the next appointment on the seat begins.
    continues: bool
    by_office: bool = False
    organisation_id: int | None = None
    organisation_name: str | None = None


class _Named(NamedTuple):
    """What of a person decides the name shown."""

    name: str
    protected: bool


class _Book:
    """The seats of some forums from one day to another, with everybody on them."""

    def __init__(self, session: Session, forum_ids: Collection[int], first: date, last: date) -> None:
        self.first, self.last = first, last
        self.seats = self._read_seats(session, forum_ids)
        self.appointments = self._read_appointments(session, forum_ids)
        self.holdings = self._read_holdings(session, {seat.office_id for seat in self.seats if seat.office_id})
        self._own: dict[tuple[int, int], list[SeatHolder]] = {}
        self._plans: dict[tuple[object, ...], list[SeatHolder]] = {}
        self._turns: dict[int, list[date]] = {}

    def plan(self, forum_id: int, day: date, reach: dict[int, dict[int, frozenset[str]]]) -> list[SeatHolder]:
        """Own seats by position, then those of included forums."""
        included = reach.get(forum_id, {})
        key = (
            forum_id,
            self._stretch(forum_id, day),
            *((included_id, kinds, self._stretch(included_id, day)) for included_id, kinds in included.items()),
        )
        if key not in self._plans:
            found = list(self.own(forum_id, day))
            for included_id, kinds in included.items():
                found += [seen_through(seat, forum_id) for seat in self.own(included_id, day) if seat.kind in kinds]
            self._plans[key] = found
        return self._plans[key]

    def _stretch(self, forum_id: int, day: date) -> int:
        """Which of the stretches between two changes on the forum's own seats the day lies in."""
        if forum_id not in self._turns:
            spans = [Span(seat.from_on, seat.to_on) for seat in self.by_forum.get(forum_id, ())]
            for seat in self.by_forum.get(forum_id, ()):
                spans += [row.span for row in self.appointments.get(seat.id, ())]
                spans += [row.span for row in self.holdings.get(seat.office_id, ())]
            begun = {span.from_on for span in spans if span.from_on is not None}
            over = {span.to_on + timedelta(days=1) for span in spans if span.to_on is not None}
            self._turns[forum_id] = sorted(begun | over)
        return bisect_right(self._turns[forum_id], day)

    def own(self, forum_id: int, day: date) -> list[SeatHolder]:
        """The forum's own seats on the day."""
        key = forum_id, self._stretch(forum_id, day)
        if key not in self._own:
            self._own[key] = [
                _holder(seat, sitting)
                for seat in self.by_forum.get(forum_id, ())
                if day in Span(seat.from_on, seat.to_on)
                for sitting in self._sitting(seat, day)
            ]
        return self._own[key]

    def _sitting(self, seat: Any, day: date) -> Iterable[_Sitting | None]:
        rows = self.appointments.get(seat.id, [])
        appointed = [
            row for place, row in enumerate(rows) if day in row.span or (row.continues and _goes_on(rows, place, day))
        ]
        if appointed:
            return appointed
        holding = [
            row
            for row in self.holdings.get(seat.office_id, ())
            if day in row.span and (seat.organisation_id is None or row.organisation_id in {None, seat.organisation_id})
        ]
        return holding or [None]

    @cached_property
    def by_forum(self) -> dict[int, list[Any]]:
        """Forum → its seats, in order."""
        found: dict[int, list[Any]] = defaultdict(list)
        for seat in self.seats:
            found[seat.forum_id].append(seat)
        return found

    def _read_seats(self, session: Session, forum_ids: Collection[int]) -> list[Any]:
        through_office = aliased(Organisation)
        query = (
            select(
                Seat.id,
                Seat.forum_id,
                Seat.kind,
                Seat.label,
                Seat.organisation_id,
                Organisation.name.label("organisation_name"),
                Seat.office_id,
                through_office.id.label("office_organisation_id"),
                through_office.name.label("office_organisation_name"),
                Seat.offer,
                Seat.personal_for_id,
                Seat.number_unknown,
                Seat.position,
                Seat.group,
                Seat.voting,
                Seat.from_on,
                Seat.to_on,
            )
            .outerjoin(Organisation, Seat.organisation_id == Organisation.id)
            .outerjoin(Office, Seat.office_id == Office.id)
            .outerjoin(
                through_office, through_office.id == func.coalesce(Office.organisation_id, Office.on_behalf_of_id)
            )
            .where(
                Seat.forum_id.in_(forum_ids),
                or_(Seat.from_on.is_(None), Seat.from_on <= self.last),
                or_(Seat.to_on.is_(None), Seat.to_on >= self.first),
            )
            .order_by(Seat.forum_id, Seat.position, Seat.id)
        )
        return list(session.execute(query))

    def _read_appointments(self, session: Session, forum_ids: Collection[int]) -> dict[int, list[_Sitting]]:
        """Seat → its appointments, the first one first."""
        query = (
            select(
                Appointment.seat_id,
                Appointment.person_id,
                Appointment.from_on,
                Appointment.to_on,
                Appointment.function,
                Appointment.continues_until_replaced,
                Person.given_name,
                Person.family_name,
                Person.protected,
            )
            .join(Seat, Appointment.seat_id == Seat.id)
            .join(Person, Appointment.person_id == Person.id)
            .where(
                Seat.forum_id.in_(forum_ids),
                # Ended ones too: they may have replaced one that would go on.
                Appointment.from_on <= self.last,
            )
            .order_by(Appointment.seat_id, Appointment.from_on)
        )
        found: dict[int, list[_Sitting]] = defaultdict(list)
        for (
            seat_id,
            person_id,
            from_on,
            to_on,
            function,
            continues,
            given_name,
            family_name,
            protected,
        ) in session.execute(query):
            name = shown_name(_Named(f"{given_name} {family_name}".strip(), protected))
            found[seat_id].append(_Sitting(Span(from_on, to_on), person_id, name, protected, function, continues))
        return found

    def _read_holdings(self, session: Session, office_ids: Collection[int]) -> dict[int | None, list[_Sitting]]:
        """Office → its holdings, the oldest first."""
        query = (
            select(OfficeHolding, Person, Organisation.name)
            .join(Person, OfficeHolding.person_id == Person.id)
            .outerjoin(Organisation, OfficeHolding.organisation_id == Organisation.id)
            .where(
                OfficeHolding.office_id.in_(office_ids),
                OfficeHolding.from_on <= self.last,
                or_(OfficeHolding.to_on.is_(None), OfficeHolding.to_on >= self.first),
            )
            .order_by(OfficeHolding.office_id, OfficeHolding.from_on, OfficeHolding.id)
        )
        found: dict[int | None, list[_Sitting]] = defaultdict(list)
        for row, person, organisation_name in session.execute(query):
            span = Span(row.from_on, row.to_on)
            found[row.office_id].append(
                _Sitting(
                    span,
                    person.id,
                    shown_name(person),
                    person.protected,
                    "member",
                    continues=False,
                    by_office=True,
                    organisation_id=row.organisation_id,
                    organisation_name=organisation_name,
                )
            )
        return found


def _goes_on(rows: list[_Sitting], place: int, day: date) -> bool:
    """Whether the appointment at ``place`` has begun by ``day`` and none after it on the seat has."""
    began = rows[place].span.from_on
    return (
        began is not None
        and began <= day
        and not any(began < row.span.from_on <= day for row in rows if row.span.from_on)
    )


def _holder(seat: Any, who: _Sitting | None) -> SeatHolder:
    organisation_id, organisation_name = seat.organisation_id, seat.organisation_name
    if organisation_id is None and who is not None:
        organisation_id, organisation_name = who.organisation_id, who.organisation_name
    if organisation_id is None:
        organisation_id, organisation_name = seat.office_organisation_id, seat.office_organisation_name
    return SeatHolder(
        seat_id=seat.id,
        forum_id=seat.forum_id,
        via_forum_id=None,
        kind=seat.kind,
        label=seat.label,
        organisation_id=organisation_id,
        organisation_name=organisation_name,
        office_id=seat.office_id,
        person_id=None if who is None else who.person_id,
        person_name=None if who is None else who.name,
        function=None if who is None else who.function,
        offer=seat.offer,
        personal_for_seat_id=seat.personal_for_id,
        number_unknown=seat.number_unknown,
        position=seat.position,
        group=seat.group,
        voting=seat.voting,
        protected=who is not None and who.protected,
        until_on=who.span.to_on if who is not None and not who.by_office else None,
    )
