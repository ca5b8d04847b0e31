"""Who sat where on days that have been stays as it was, whatever is done from today on (spec product, invariant 3).

Random changes are made: what begins or ends does so today or later, and what puts something right says no reason.
Either such a change is refused, or nobody's seat of a day before today is another one after it.
"""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.db import begin_write
from scheduler.errors import Refused
from scheduler.forums import seating
from scheduler.forums.appointments import (
    appoint,
    correct_appointment,
    end_appointment,
    remove_appointment,
    replace,
)
from scheduler.forums.mandate_rules import Wish
from scheduler.forums.mandates import Period, change_mandate
from scheduler.forums.models import ForumInclusion
from scheduler.forums.nesting import end_inclusion, include_forum, remove_inclusion
from scheduler.forums.office_uses import was_used
from scheduler.forums.seat_models import SEAT_KINDS, Appointment, Seat
from scheduler.forums.seats import SeatHolder, seat_plan
from scheduler.organisations.models import OfficeHolding
from scheduler.organisations.offices import (
    begin_holding,
    correct_holding,
    create_office,
    edit_office,
    end_holding,
    remove_holding,
)
from tests.organisations.making import appointment, forum, kinds, organisation, person, seat

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
TODAY = date(2026, 11, 22)
PAST = [TODAY - timedelta(days=n) for n in (1, 40, 200, 400)]
FUNCTIONS = ("member", "chair", "first_vice_chair")

ACTIONS = (
    "appoint",
    "replace",
    "end appointment",
    "correct appointment",
    "remove appointment",
    "add seats",
    "edit seat",
    "edit days of seat",
    "end seat",
    "remove seat",
    "step seat",
    "offer",
    "include",
    "end inclusion",
    "remove inclusion",
    "begin office",
    "end office",
    "correct holding",
    "remove holding",
    "edit office",
    "mandate",
    "order",
)

#: Action, a day from today on, a day at any time, and three numbers that choose rows and values.
step = st.tuples(
    st.sampled_from(ACTIONS),
    st.integers(0, 120),
    st.integers(-420, 120),
    st.integers(0, 11),
    st.integers(0, 11),
    st.integers(0, 11),
)


class House:
    """Three forums with a past of their own, and the changes that a step names."""

    def __init__(self, session, actor):
        self.begin = (session, actor, NOW)
        self.session = session
        self.forums = [forum(session, f"Forum {n}") for n in range(3)]
        self.homes = [organisation(session, f"Organisation {n}") for n in range(3)]
        self.people = [person(session, f"Person {n}", email=f"p{n}@exempel.se") for n in range(4)]
        self.offices = [
            create_office(*self.begin, sv=f"Befattning {n}", organisation_id=self.homes[n].id) for n in range(2)
        ]
        begin_holding(*self.begin, self.offices[0], person_id=self.people[0].id, from_on=date(2026, 1, 1))
        begin_holding(
            *self.begin, self.offices[1], person_id=self.people[1].id, from_on=date(2026, 1, 1), to_on=date(2026, 9, 30)
        )
        for n, row in enumerate(self.forums):
            sat = seat(session, row, self.homes[n], group="A")
            appointment(session, sat, self.people[n], date(2025, 6, 1), date(2026, 6, 30))
            appointment(
                session, sat, self.people[3], date(2026, 7, 1), date(2026, 10, 31), continues_until_replaced=True
            )
            appointment(session, seat(session, row, self.homes[n], position=1), self.people[n], date(2027, 1, 15))
            seat(session, row, kind="substitute", position=2, group="A")
        seat(session, self.forums[0], office=self.offices[0], position=3)
        session.add(ForumInclusion(forum=self.forums[1], included=self.forums[0], from_on=date(2026, 2, 1)))
        session.add(ForumInclusion(forum=self.forums[2], included=self.forums[1], from_on=date(2027, 2, 1)))
        begin_holding(*self.begin, self.offices[1], person_id=self.people[2].id, from_on=date(2027, 3, 1))
        session.flush()

    def past(self):
        """Who sat where, as what and for whom, on some days that have been."""
        ids = [row.id for row in self.forums]
        return {day: sorted(map(_told, _filled(seat_plan(self.session, ids, day)))) for day in PAST}

    def pick(self, table, n):
        rows = self.session.scalars(select(table).order_by(table.id)).all()
        return rows[n % len(rows)] if rows else None

    def do(self, action, ahead, anywhere, a, b, c):
        """Makes the change of that name; raises Refused for what cannot be."""
        on, any_day = TODAY + timedelta(days=ahead), TODAY + timedelta(days=anywhere)
        to_on = on + timedelta(days=30 * c) if c else None
        getattr(self, action.replace(" ", "_"))(on, any_day, to_on, a, b, c)

    # ------------------------------------------------------------ who sits there

    def appoint(self, on, _any_day, to_on, a, b, c):
        who = self.people[b % 4].id
        appoint(*self.begin, self.pick(Seat, a), person_id=who, from_on=on, to_on=to_on, continues_until_replaced=c > 6)

    def replace(self, on, _any_day, to_on, a, b, _c):
        replace(*self.begin, self.pick(Seat, a), person_id=self.people[b % 4].id, from_on=on, to_on=to_on)

    def end_appointment(self, on, _any_day, _to_on, a, _b, _c):
        if row := self.pick(Appointment, a):
            end_appointment(*self.begin, row, on=on - timedelta(days=1))

    def correct_appointment(self, on, any_day, to_on, a, b, c):
        if row := self.pick(Appointment, a):
            given = [
                {"from_on": any_day}, {"to_on": any_day}, {"to_on": to_on}, {"function": FUNCTIONS[c % 3]},
                {"continues_until_replaced": c % 2 == 0}, {"from_on": any_day, "to_on": on},
            ][b % 6]  # fmt: skip
            correct_appointment(*self.begin, row, **given)

    def remove_appointment(self, _on, _any_day, _to_on, a, _b, _c):
        if row := self.pick(Appointment, a):
            remove_appointment(*self.begin, row)

    def mandate(self, on, _any_day, to_on, a, b, c):
        row = self.forums[a % 3]
        places = self.session.scalars(select(Seat.id).where(Seat.forum_id == row.id)).all()
        wishes = {
            place: [Wish(stays=True), Wish(), Wish(email=f"p{(b + n) % 4}@exempel.se", function=FUNCTIONS[c % 3])][
                (b + n) % 3
            ]
            for n, place in enumerate(places)
        }
        period = Period(on - timedelta(days=1), to_on, continues_until_replaced=c % 2 == 0)
        change_mandate(*self.begin, row, period=period, wishes=wishes)

    # ------------------------------------------------------------ the seats

    def add_seats(self, on, _any_day, to_on, a, b, c):
        office = self.offices[b % 2].id if c % 2 else None
        seating.add_seats(*self.begin, self.forums[a % 3], from_on=on, to_on=to_on, office_id=office)

    def edit_seat(self, _on, _any_day, _to_on, a, b, c):
        given = [
            {"kind": SEAT_KINDS[c % len(SEAT_KINDS)]}, {"organisation_id": self.homes[c % 3].id},
            {"office_id": self.offices[c % 2].id}, {"office_id": None}, {"voting": c % 2 == 0}, {"label": f"Plats {c}"},
            {"group": "AB"[c % 2]}, {"organisation_id": None},
        ][b % 8]  # fmt: skip
        seating.edit_seat(*self.begin, self.pick(Seat, a), **given)

    def edit_days_of_seat(self, on, any_day, to_on, a, b, _c):
        given = [{"from_on": any_day}, {"to_on": any_day}, {"from_on": None}, {"to_on": to_on}, {"from_on": on}][b % 5]
        seating.edit_seat(*self.begin, self.pick(Seat, a), **given)

    def end_seat(self, on, _any_day, _to_on, a, _b, _c):
        seating.end_seat(*self.begin, self.pick(Seat, a), on=on - timedelta(days=1))

    def remove_seat(self, _on, _any_day, _to_on, a, _b, _c):
        seating.remove_seat(*self.begin, self.pick(Seat, a))

    def step_seat(self, on, _any_day, _to_on, a, b, _c):
        seating.step_seat(*self.begin, self.pick(Seat, a), up=b % 2 == 0, on=on)

    def offer(self, _on, _any_day, _to_on, a, b, _c):
        row = self.pick(Seat, a)
        seating.offer_seat(*self.begin, row)
        seating.answer_offer(*self.begin, row, accepted=b % 2 == 0)

    def order(self, _on, _any_day, _to_on, a, b, _c):
        row = self.forums[a % 3]
        query = select(Seat.id).where(Seat.forum_id == row.id, Seat.kind == "substitute")
        group = "A" if b % 2 else None
        seating.set_substitute_order(*self.begin, row, order=list(self.session.scalars(query)), group=group)

    # ------------------------------------------------------------ nesting and offices

    def include(self, on, _any_day, to_on, a, b, _c):
        included = self.forums[b % 3].id
        include_forum(*self.begin, self.forums[a % 3], included_id=included, from_on=on, to_on=to_on)

    def end_inclusion(self, _on, any_day, _to_on, a, _b, _c):
        if row := self.pick(ForumInclusion, a):
            end_inclusion(*self.begin, row, on=any_day)

    def remove_inclusion(self, _on, _any_day, _to_on, a, _b, _c):
        if row := self.pick(ForumInclusion, a):
            remove_inclusion(*self.begin, row)

    def begin_office(self, on, _any_day, to_on, a, b, _c):
        who = self.people[b % 4].id
        begin_holding(*self.begin, self.offices[a % 2], person_id=who, from_on=on, to_on=to_on, replace=b > 3)

    def end_office(self, on, _any_day, _to_on, a, _b, _c):
        if row := self.pick(OfficeHolding, a):
            end_holding(*self.begin, row, on=on - timedelta(days=1))

    def correct_holding(self, on, any_day, to_on, a, b, _c):
        if row := self.pick(OfficeHolding, a):
            first, last = [(any_day, row.to_on), (row.from_on, any_day), (row.from_on, to_on), (on, to_on)][b % 4]
            correct_holding(*self.begin, row, today=TODAY, from_on=first, to_on=last)

    def remove_holding(self, _on, _any_day, _to_on, a, _b, _c):
        if row := self.pick(OfficeHolding, a):
            remove_holding(*self.begin, row, today=TODAY)

    def edit_office(self, _on, _any_day, _to_on, a, b, c):
        row = self.offices[a % 2]
        given = [
            {"organisation_id": self.homes[c % 3].id}, {"organisation_id": None}, {"each_of": "kommun"},
            {"group": c % 2 == 0}, {"on_behalf_of_id": self.homes[c % 3].id}, {"sv": f"Befattning {c}"},
        ][b % 6]  # fmt: skip
        edit_office(*self.begin, row, used=was_used(self.session, row.id, TODAY), **given)


def _filled(plans: dict[int, list[SeatHolder]]) -> list[SeatHolder]:
    """An empty seat is nobody's: it may be put right, and seats may be put in order."""
    return [who for plan in plans.values() for who in plan if who.person_id is not None]


def _told(who: SeatHolder) -> tuple[str, ...]:
    """Who sat there as what, for whom; names, order and last days are no part of it."""
    told = dataclasses.replace(
        who, label=None, organisation_name=None, group=None, position=0, until_on=None, offer=None,
        personal_for_seat_id=None,
    )  # fmt: skip
    return tuple(map(str, dataclasses.astuple(told)))


@pytest.fixture
def house(sqlite_engine, actor):
    """On SQLite alone: the rules are the same, and thousands of small changes are slow over a network."""
    with Session(sqlite_engine, expire_on_commit=False) as session:
        begin_write(session)
        kinds(session)
        yield House(session, actor)
        session.rollback()


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],  # rolled back to a savepoint
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking runs every step on the database for minutes
)
@given(steps=st.lists(step, min_size=4, max_size=12))
def test_what_is_done_from_today_on_leaves_the_past_alone(house, steps):
    session = house.session
    example = session.begin_nested()
    try:
        before = house.past()
        done = []
        for action in steps:
            try:
                with session.begin_nested():
                    house.do(*action)
            except Refused:
                continue
            done.append(action)
        assert house.past() == before, done
    finally:
        example.rollback()
        session.expire_all()


def test_the_past_is_not_empty_and_is_seen_to_change(house):
    """The comparison itself: it sees somebody who is put on a seat on a day that has been."""
    before = house.past()
    assert all(before.values())
    appoint(*house.begin, house.pick(Seat, 1), person_id=house.people[0].id, from_on=PAST[1], to_on=TODAY)
    after = house.past()
    assert [day for day in PAST if after[day] != before[day]] == PAST[:2]


def test_every_change_can_be_made(house):
    """Each of the steps does something with some numbers, so that none of them is always refused."""
    for action in ACTIONS:
        assert any(_made(house, action, n) for n in range(60)), action


def _made(house, action, n):
    savepoint = house.session.begin_nested()
    try:
        house.do(action, n % 5, 10 + n, n % 12, n // 2 % 12, n // 3 % 12)
    except Refused:
        return False
    finally:
        savepoint.rollback()
        house.session.expire_all()
    return True
