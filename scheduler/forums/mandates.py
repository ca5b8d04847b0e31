"""What a person does when a whole mandate period ends: everybody leaves on a day, the next come the day after.

Not here: what becomes of each seat (``mandate_rules``), single appointments (``appointments``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from scheduler.clock import civil_date
from scheduler.errors import Problem, Refused, SavedByOther
from scheduler.forums.appointments import FUNCTIONS
from scheduler.forums.mandate_rules import (
    Change,
    Comer,
    Known,
    Register,
    SeatNow,
    Sitting,
    Turn,
    Wish,
    name_keys,
    plan_change,
)
from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.forums.trace import record_change, seat_facts, upper_forums
from scheduler.history.queries import history_of
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.organisations import fields, rows
from scheduler.organisations.fields import Text
from scheduler.organisations.models import Person, PersonEmail
from scheduler.organisations.people import create_person
from scheduler.organisations.rules import Span, past_problem, shown_name

#: More than any forum has.
MOST_WISHES = 1000
#: For a plan in which nobody is named.
NOBODY = Register({}, {})


@dataclass(frozen=True)
class Period:
    """The days of a change, and what all appointments of the next period have in common."""

    #: The last day of the old period.
    last_on: date | None
    #: The last day of the next one; None is open.
    until_on: date | None = None
    appointed_by: str | None = None
    decision_ref: str | None = None
    continues_until_replaced: bool = False
    #: Why days that have been change.
    reason: str | None = None


def forum_seats(session: Session, forum: Forum) -> Sequence[Seat]:
    """All seats there have been, in order, with whose they are and who has sat there. Three queries."""
    query = (
        select(Seat)
        .where(Seat.forum_id == forum.id)
        .options(
            joinedload(Seat.organisation),
            joinedload(Seat.office),
            selectinload(Seat.appointments).joinedload(Appointment.person),
        )
        .order_by(Seat.position, Seat.id)
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).all()


def seats_now(seats: Sequence[Seat]) -> list[SeatNow]:
    """The seats as the rules see them."""
    return [
        SeatNow(
            seat.id,
            seat.kind,
            Span(seat.from_on, seat.to_on),
            seat.office_id is not None,
            seat.number_unknown,
            tuple(
                Sitting(
                    row.id,
                    row.person_id,
                    shown_name(row.person),
                    row.function,
                    Span(row.from_on, row.to_on),
                    row.continues_until_replaced,
                )
                for row in sorted(seat.appointments, key=lambda row: row.from_on)
            ),
        )
        for seat in seats
    ]


def plan_mandate(
    session: Session, forum: Forum, now: datetime, *, period: Period, wishes: Mapping[int, Wish]
) -> Change:
    """What the change would do; nothing is stored. Five queries.

    Raises Refused with problems at the days, and at the seats: ``name-7``, ``email-7``, ``stays-7`` for seat 7.
    """
    seats = forum_seats(session, forum)
    change = _planned(session, forum, now, seats, period, wishes)
    fields.refuse(change.problems)
    return change


def change_mandate(
    session: Session,
    actor: Actor,
    now: datetime,
    forum: Forum,
    *,
    period: Period,
    wishes: Mapping[int, Wish],
    seen: str | None = None,
) -> Change:
    """Everybody who sits on the last day leaves with it, and those of ``wishes`` (by seat) come the day after.

    All or nothing. ``seen`` is the fingerprint of the change that was looked at; raises SavedByOther when it would
    be another one now, Refused as ``plan_mandate``.
    """
    # Whoever appoints takes the seat first, so that who sits where stays as it is read here.
    query = select(Seat.id).where(Seat.forum_id == forum.id).order_by(Seat.id)
    session.scalars(query.with_for_update()).all()
    seats = forum_seats(session, forum)
    change = _planned(session, forum, now, seats, period, wishes)
    if seen is not None and seen != change.fingerprint:
        last = next(iter(history_of(session, "forum", forum.id, limit=1)), None)
        raise SavedByOther("" if last is None else last.actor, "" if last is None else last.at.isoformat())
    fields.refuse(change.problems)
    over = upper_forums(session, now, forum)
    facts: dict[str, Any] = {"last_on": change.last_on, "until_on": change.until_on, **change.counts}
    reason = fields.read_reason(period.reason)
    for about in (forum, *over):
        named = None if about is forum else {"forum": forum.name}
        record_change(session, actor, now, about, "mandate.change", after=facts, about=named, reason=reason)
    _Writer(session, actor, now, forum, change, period, over).write({seat.id: seat for seat in seats})
    return change


# ---------------------------------------------------------------- reading what is asked


_COMMON: Mapping[str, fields.Field] = {
    "appointed_by": Text(200),
    "decision_ref": Text(40),
    "reason": Text(20_000, lines=True),
}


def _planned(
    session: Session, forum: Forum, now: datetime, seats: Sequence[Seat], period: Period, wishes: Mapping[int, Wish]
) -> Change:
    """Raises Refused at the days and at what all have in common; problems at seats are in the change."""
    values, problems = fields.read(_COMMON, {name: getattr(period, name) for name in _COMMON})
    last_on = period.last_on
    if last_on is None or last_on == date.max:
        fields.refuse([*problems, Problem("last_on", mark("Ange sista dagen"))])
        raise AssertionError  # refused above
    first_on = last_on + timedelta(days=1)
    problems += fields.order_problem("until_on", first_on, period.until_on)
    problems += past_problem(first_on, civil_date(now, forum.time_zone), values.get("reason"))
    if len(wishes) > MOST_WISHES or any(wish.function not in FUNCTIONS for wish in wishes.values()):
        problems.append(Problem(None, fields.CHOOSE))
    fields.refuse(problems)
    register = _register(session, list(wishes.values()))
    return plan_change(seats_now(seats), wishes, register, last_on=last_on, first_on=first_on, until_on=period.until_on)


def _register(session: Session, wishes: Collection[Wish]) -> Register:
    """The persons the wishes may mean; two queries. Anonymised ones and those merged into others are nobody."""
    addresses = {wish.email.strip().casefold() for wish in wishes} - {""}
    names = name_keys(wishes)
    there = (Person.anonymised_at.is_(None), Person.merged_into_id.is_(None))
    by_email = {
        address: _known(person)
        for address, person in session.execute(
            select(PersonEmail.normalised, Person)
            .join(Person, PersonEmail.person_id == Person.id)
            .where(PersonEmail.normalised.in_(addresses), *there)
            .options(joinedload(Person.organisation))
        )
    }
    by_name: dict[str, list[Known]] = defaultdict(list)
    named = select(Person).where(Person.search_key.in_(names), Person.protected.is_(False), *there)
    for person in session.scalars(named.options(joinedload(Person.organisation)).order_by(Person.id)):
        by_name[person.search_key].append(_known(person))
    return Register(by_email, by_name)


def _known(person: Person) -> Known:
    home = None if person.protected or person.organisation is None else person.organisation.name
    return Known(person.id, shown_name(person), person.protected, home)


# ---------------------------------------------------------------- storing it


class _Writer:
    """Stores a change: each appointment with its own line in the history, here and in the forums above."""

    def __init__(
        self,
        session: Session,
        actor: Actor,
        now: datetime,
        forum: Forum,
        change: Change,
        period: Period,
        over: Sequence[Forum],
    ) -> None:
        self.session, self.actor, self.now = session, actor, now
        self.forum, self.change, self.period, self.over = forum, change, period, over
        #: New persons, each entered once.
        self.entered: dict[Any, Person] = {}

    def write(self, seats: Mapping[int, Seat]) -> None:
        people = self._people()
        for turn in self.change.turns:
            seat = seats[turn.seat.seat_id]
            if turn.leaves is not None:
                self._leave(seat, turn)
            if turn.comes is not None:
                self._come(seat, turn.comes, people)
        self.session.flush()

    def _people(self) -> dict[int, Person]:
        """Those who come and are known, by id. One query."""
        ids = {turn.comes.person_id for turn in self.change.turns if turn.comes is not None} - {None}
        return {person.id: person for person in self.session.scalars(select(Person).where(Person.id.in_(ids)))}

    def _leave(self, seat: Seat, turn: Turn) -> None:
        assert turn.leaves is not None  # noqa: S101 - asked before
        row = next(row for row in seat.appointments if row.id == turn.leaves.appointment_id)
        before = _facts(row)
        rows.assign(row, {"to_on": self.change.last_on, "continues_until_replaced": False})
        self._record(row, "appointment.end", before=before, after=_facts(row))

    def _come(self, seat: Seat, comes: Comer, people: Mapping[int, Person]) -> None:
        person = people[comes.person_id] if comes.person_id is not None else self._new_person(seat, comes)
        row = Appointment(
            seat=seat,
            person=person,
            function=comes.function,
            from_on=self.change.first_on,
            to_on=comes.to_on,
            appointed_by=Text(200).read(self.period.appointed_by),
            decision_ref=Text(40).read(self.period.decision_ref),
            continues_until_replaced=self.period.continues_until_replaced,
        )
        self.session.add(row)
        self._record(row, "appointment.add", after=_facts(row))

    def _new_person(self, seat: Seat, comes: Comer) -> Person:
        if comes.key not in self.entered:
            given_name, _space, family_name = comes.name.rpartition(" ")
            try:
                self.entered[comes.key] = create_person(
                    self.session,
                    self.actor,
                    self.now,
                    given_name=given_name,
                    family_name=family_name,
                    organisation_id=seat.organisation_id or (seat.office.organisation_id if seat.office else None),
                    emails=[comes.email],
                )
            except Refused as refused:
                names = {"emails": "email", "given_name": "name", "family_name": "name"}
                raise Refused(
                    *(
                        Problem(f"{names.get(p.field or '', 'name')}-{seat.id}", p.text, p.values)
                        for p in refused.problems
                    )
                ) from None
        return self.entered[comes.key]

    def _record(self, row: Appointment, action: str, **change: Any) -> None:
        about = {**seat_facts(row.seat), "person": rows.fact(row.person), "person_id": row.person.id}
        for forum in (self.forum, *self.over):
            named = about if forum is self.forum else {"forum": self.forum.name, **about}
            record_change(self.session, self.actor, self.now, forum, action, about=named, **change)


def _facts(row: Appointment) -> dict[str, Any]:
    names = ("from_on", "to_on", "function", "appointed_by", "decision_ref", "continues_until_replaced")
    return rows.facts(row, names)
