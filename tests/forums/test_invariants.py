"""What no sequence of actions breaks (spec product, invariants 1, 3 and 4)."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from scheduler.errors import Refused
from scheduler.forums.appointments import appoint, correct_appointment, end_appointment, replace
from scheduler.forums.models import ForumInclusion
from scheduler.forums.nesting import end_inclusion, include_forum
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.forums.seating import add_seats, end_seat
from scheduler.forums.seats import seat_holders, seat_plan
from scheduler.organisations.models import OfficeHolding
from scheduler.organisations.offices import begin_holding, create_office, end_holding
from tests.organisations.making import forum, kinds, person

FIRST = date(2026, 11, 1)
DAYS = [FIRST + timedelta(days=n) for n in range(-1, 42, 7)]
TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)

#: Action, day, and three numbers that choose rows and a length.
step = st.tuples(
    st.sampled_from(
        [
            "appoint",
            "appoint",
            "replace",
            "replace",
            "end appointment",
            "correct",
            "add seat",
            "end seat",
            "include",
            "end inclusion",
            "begin office",
            "end office",
        ]
    ),
    st.integers(0, 40),
    st.integers(0, 5),
    st.integers(0, 5),
    st.integers(0, 12),
)


class House:
    """Three forums, four persons, an office, and the actions a step names."""

    def __init__(self, session, actor):
        self.session, self.actor = session, actor
        self.forums = [forum(session, f"Forum {n}") for n in range(3)]
        self.people = [person(session, f"Person {n}") for n in range(4)]
        self.office = create_office(session, actor, NOW, sv="Befattning")
        for row in self.forums:
            add_seats(session, actor, NOW, row, count=1)
        add_seats(session, actor, NOW, self.forums[0], office_id=self.office.id)

    def plans(self, days):
        """Who sits where; the last day of a mandate is no part of it, since it may be set at any time."""
        ids = [row.id for row in self.forums]
        return {
            day: {
                forum_id: [dataclasses.replace(who, until_on=None) for who in seats]
                for forum_id, seats in seat_plan(self.session, ids, day).items()
            }
            for day in days
        }

    def pick(self, table, n):
        rows = self.session.scalars(select(table).order_by(table.id)).all()
        return rows[n % len(rows)] if rows else None

    def do(self, action, day, a, b, length):
        """Does the action dated ``day``; the day it is dated, None when it could not be done."""
        on = FIRST + timedelta(days=day)
        to_on = on + timedelta(days=length) if length else None
        begin = (self.session, self.actor, NOW)
        who = self.people[b % 4].id
        place, sitting = self.pick(Seat, a), self.pick(Appointment, a)
        inclusion, holding = self.pick(ForumInclusion, a), self.pick(OfficeHolding, a)
        if action in {"appoint", "replace"}:
            act = appoint if action == "appoint" else replace
            act(*begin, place, person_id=who, from_on=on, to_on=to_on, continues_until_replaced=b > 3)
        elif action == "end appointment" and sitting:
            end_appointment(*begin, sitting, on=on)
        elif action == "correct" and sitting:
            correct_appointment(*begin, sitting, from_on=on, to_on=to_on, function="chair")
            on = TODAY
        elif action == "add seat":
            add_seats(*begin, self.forums[a % 3], from_on=on, to_on=to_on)
        elif action == "end seat":
            end_seat(*begin, place, on=on)
        elif action == "include":
            include_forum(*begin, self.forums[a % 3], included_id=self.forums[b % 3].id, from_on=on, to_on=to_on)
        elif action == "end inclusion" and inclusion:
            end_inclusion(*begin, inclusion, on=on)
        elif action == "begin office":
            begin_holding(*begin, self.office, person_id=who, from_on=on, to_on=to_on, replace=True)
        elif action == "end office" and holding:
            end_holding(*begin, holding, on=on)
        return on


@pytest.fixture
def house(session, actor):
    kinds(session)
    return House(session, actor)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example is rolled back to its savepoint
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking runs every step on the database for minutes
)
@given(steps=st.lists(step, min_size=3, max_size=12))
def test_no_action_changes_the_seat_plan_of_a_day_before_its_own(house, steps):
    session = house.session
    example = session.begin_nested()
    try:
        after = house.plans(DAYS)
        for action in steps:
            before = after
            try:
                with session.begin_nested():
                    on = house.do(*action)
            except Refused:
                on = date.max
            after = house.plans(DAYS)
            assert {day: after[day] for day in DAYS if day < on} == {day: before[day] for day in DAYS if day < on}
        assert_no_overlap(session)
        assert_each_person_once(house)
    finally:
        example.rollback()
        session.expire_all()


def assert_no_overlap(session):
    """Invariant 1."""
    rows = session.scalars(select(Appointment).order_by(Appointment.seat_id, Appointment.from_on)).all()
    for one, other in pairwise(rows):
        if one.seat_id == other.seat_id:
            assert one.to_on is not None
            assert one.to_on < other.from_on


def assert_each_person_once(house):
    """Invariant 4: however the forums lie in each other."""
    for day in DAYS:
        for seats in seat_holders(house.session, [row.id for row in house.forums], day).values():
            people = [who.person_id for who in seats if who.person_id is not None]
            assert len(people) == len(set(people))
            assert len({who.seat_id for who in seats}) == len([who.seat_id for who in seats])


def test_the_steps_do_something(house):
    done = [
        house.do("appoint", 0, 0, 0, 0),
        house.do("replace", 10, 0, 1, 5),
        house.do("include", 5, 2, 0, 0),
        house.do("end inclusion", 20, 0, 0, 0),
        house.do("begin office", 3, 0, 2, 0),
        house.do("begin office", 25, 0, 3, 0),
        house.do("end office", 30, 1, 0, 0),
        house.do("appoint", 30, 0, 3, 0),
        house.do("correct", 28, 2, 0, 4),
        house.do("end appointment", 31, 2, 0, 0),
        house.do("add seat", 7, 1, 0, 0),
        house.do("end seat", 38, 0, 0, 0),
    ]
    assert None not in done
    plans = house.plans(FIRST + timedelta(days=n) for n in (0, 9, 10, 15, 16, 28, 32))
    shown = [[who.person_name for who in plan[house.forums[0].id]] for plan in plans.values()]
    assert shown == [
        ["Person 0", None],
        ["Person 0", "Person 2"],
        ["Person 1", "Person 2"],
        ["Person 1", "Person 2"],
        [None, "Person 2"],
        ["Person 3", "Person 3"],
        [None, None],
    ]
