"""Whose forums are whose on a day: roles, seats, nesting, offices, turns; and the same seen from the forum."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest
from sqlalchemy import event

from scheduler.accounts.models import User, UserRole
from scheduler.accounts.principals import (
    forums_using_organisation,
    forums_using_people,
    forums_using_person,
    principal_of,
)
from scheduler.forums.kinds import seed_kinds
from scheduler.forums.models import Forum, ForumInclusion, Rotation, RotationEntry
from scheduler.forums.rotation import secretariat_of
from scheduler.forums.seat_models import SEAT_KINDS, Appointment, Seat
from scheduler.forums.seats import seat_holders
from scheduler.organisations.models import Office, OfficeHolding, Organisation, Person
from tests.conftest import NOW

TODAY = date(2026, 11, 22)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


class House:
    """Makes rows with one word each and finds them again by it."""

    def __init__(self, session) -> None:
        self.session = session
        seed_kinds(session)

    def add(self, row):
        self.session.add(row)
        self.session.flush()
        return row

    def forum(self, name, **given) -> Forum:
        return self.add(Forum(slug=name, name=name, kind_id="natverk", tracked_from_on=date(2026, 1, 1), **given))

    def organisation(self, name) -> Organisation:
        return self.add(Organisation(slug=name, name=name, kind_id="kommun"))

    def person(self, name) -> Person:
        return self.add(Person(given_name=name, family_name="Person"))

    def user(self, name, *roles, person=None) -> User:
        return self.add(
            User(
                login=f"{name}@login.example", name=name, person_id=person.id if person else None, roles=list(roles),
                created_at=NOW,
            )
        )  # fmt: skip

    def seat(self, forum, person=None, *, function="member", from_on=date(2026, 1, 1), to_on=None, **given) -> Seat:
        seat = self.add(Seat(forum_id=forum.id, **given))
        if person is not None:
            self.add(Appointment(seat_id=seat.id, person_id=person.id, function=function, from_on=from_on, to_on=to_on))
        return seat

    def include(self, forum, included, *, kinds="ordinary", from_on=None, to_on=None) -> None:
        self.add(
            ForumInclusion(forum_id=forum.id, included_id=included.id, seat_kinds=kinds, from_on=from_on, to_on=to_on)
        )


@pytest.fixture
def house(session) -> House:
    return House(session)


def names(session, ids):
    return {session.get(Forum, forum_id).slug for forum_id in ids}


# ---------------------------------------------------------------- roles


@pytest.mark.parametrize(
    ("from_on", "to_on", "holds"),
    [
        (None, None, True),
        (TODAY, TODAY, True),
        (None, YESTERDAY, False),
        (TOMORROW, None, False),
        (YESTERDAY, TOMORROW, True),
    ],
)
def test_role_holds_from_its_first_day_to_its_last(session, house, from_on, to_on, holds):
    user = house.user("sara", UserRole(role="reader", from_on=from_on, to_on=to_on))
    assert principal_of(session, user, TODAY).reader is holds


def test_secretariat_of_one_forum(session, house):
    forum = house.forum("own")
    house.forum("other")
    principal = principal_of(session, house.user("sara", UserRole(role="secretariat", forum_id=forum.id)), TODAY)
    assert (principal.secretariat, principal.secretariat_forums) == (True, {forum.id})


def test_secretariat_of_an_organisation_is_that_of_all_forums_it_keeps(session, house):
    county = house.organisation("county")
    for name in ("one", "two"):
        house.forum(name, secretariat_id=county.id)
    house.forum("three", secretariat_id=house.organisation("region").id)
    house.forum("four")
    user = house.user("sara", UserRole(role="secretariat", organisation_id=county.id))
    assert names(session, principal_of(session, user, TODAY).secretariat_forums) == {"one", "two"}


def test_secretariat_moves_with_its_rotation_on_the_date(session, house):
    county, region = house.organisation("county"), house.organisation("region")
    forum = house.forum("turning", secretariat_id=county.id)
    house.add(
        Rotation(
            forum_id=forum.id,
            task="secretariat",
            start_on=date(2026, 1, 1),
            entries=[
                RotationEntry(position=0, organisation_id=county.id),
                RotationEntry(position=1, organisation_id=region.id),
            ],
        )
    )
    users = {
        name: house.user(name, UserRole(role="secretariat", organisation_id=organisation.id))
        for name, organisation in (("county", county), ("region", region))
    }
    kept = {
        day: [name for name, user in users.items() if principal_of(session, user, day).secretariat_forums]
        for day in (date(2026, 12, 31), date(2027, 1, 1), date(2028, 1, 1))
    }
    assert kept == {date(2026, 12, 31): ["county"], date(2027, 1, 1): ["region"], date(2028, 1, 1): ["county"]}
    assert principal_of(session, users["region"], TODAY).secretariat is True


def test_contact_reads_the_forums_where_the_organisation_has_a_seat(session, house):
    kommun = house.organisation("kommun")
    office = house.add(Office(slug="mayor", sv="Kommunalråd", organisation_id=kommun.id))
    direct = house.forum("direct")
    house.seat(direct, organisation_id=kommun.id)
    house.seat(house.forum("by office"), office_id=office.id)
    house.seat(house.forum("ended"), organisation_id=kommun.id).to_on = YESTERDAY
    house.seat(house.forum("another's"), organisation_id=house.organisation("other").id)
    house.include(house.forum("above"), direct)
    session.flush()
    user = house.user("eva", UserRole(role="organisation_contact", organisation_id=kommun.id))
    principal = principal_of(session, user, TODAY)
    assert principal.organisations == {kommun.id}
    assert names(session, principal.organisation_forums) == {"direct", "by office", "above"}


# ---------------------------------------------------------------- seats and leads


def test_member_of_the_forums_where_the_person_sits(session, house):
    karin = house.person("karin")
    house.seat(house.forum("now"), karin)
    house.seat(house.forum("last year"), karin, to_on=YESTERDAY)
    house.seat(house.forum("next year"), karin, from_on=TOMORROW)
    house.seat(house.forum("as substitute"), karin, kind="substitute")
    house.seat(house.forum("another's"), house.person("eva"))
    principal = principal_of(session, house.user("karin", person=karin), TODAY)
    assert names(session, principal.member_forums) == {"now", "as substitute"}
    assert principal.chair_forums == set()


def test_appointment_that_continues_until_replaced(session, house):
    karin = house.person("karin")
    seat = house.seat(house.forum("board"), karin, to_on=YESTERDAY)
    seat.appointments[0].continues_until_replaced = True
    session.flush()
    user = house.user("karin", person=karin)
    assert names(session, principal_of(session, user, TODAY).member_forums) == {"board"}
    house.add(Appointment(seat_id=seat.id, person_id=house.person("eva").id, from_on=TODAY))
    assert principal_of(session, user, TODAY).member_forums == set()


def test_nesting_gives_the_forums_above_as_far_as_each_takes_the_kind(session, house):
    board, region, county, guests = (house.forum(name) for name in ("board", "region", "county", "guests"))
    house.include(region, board)
    house.include(county, region)
    house.include(guests, board, kinds="observer")
    house.include(house.forum("formerly"), board, to_on=YESTERDAY)
    karin, olle = house.person("karin"), house.person("olle")
    house.seat(board, karin, function="chair")
    house.seat(board, olle, kind="observer")
    ordinary = principal_of(session, house.user("karin", person=karin), TODAY)
    observer = principal_of(session, house.user("olle", person=olle), TODAY)
    assert names(session, ordinary.member_forums) == {"board", "region", "county"}
    assert names(session, ordinary.chair_forums) == {"board"}
    assert names(session, observer.member_forums) == {"board", "guests"}


def test_lead_of_a_forum_is_its_chair_by_person_office_or_turn(session, house):
    karin = house.person("karin")
    office = house.add(Office(slug="governor", sv="Landshövding"))
    house.add(OfficeHolding(office_id=office.id, person_id=karin.id, from_on=date(2026, 1, 1)))
    left = house.add(Office(slug="director", sv="Länsråd"))
    house.add(OfficeHolding(office_id=left.id, person_id=karin.id, from_on=date(2020, 1, 1), to_on=YESTERDAY))
    house.forum("by person", lead_person_id=karin.id)
    house.forum("by office", lead_office_id=office.id)
    house.forum("takes part", lead_office_id=office.id, lead_relation="takes_part")
    house.forum("formerly", lead_office_id=left.id)
    turning = house.forum("by turn", lead_person_id=house.person("eva").id)
    passed = house.forum("turn passed", lead_person_id=karin.id)
    for forum, first in ((turning, karin), (passed, house.person("olle"))):
        house.add(
            Rotation(
                forum_id=forum.id,
                task="chair",
                start_on=date(2026, 1, 1),
                entries=[
                    RotationEntry(position=0, person_id=first.id),
                    RotationEntry(position=1, person_id=house.person("next").id),
                ],
            )
        )
    principal = principal_of(session, house.user("karin", person=karin), TODAY)
    assert names(session, principal.chair_forums) == {"by person", "by office", "by turn"}


def test_chair_plans_where_the_forum_lets_its_chair(session, house):
    karin = house.person("karin")
    house.seat(house.forum("appointed, may", chair_plans=True), karin, function="chair")
    house.seat(house.forum("appointed, may not"), karin, function="chair")
    house.seat(house.forum("member"), karin).forum.chair_plans = True
    house.forum("leads, may", lead_person_id=karin.id, chair_plans=True)
    house.forum("leads, may not", lead_person_id=karin.id)
    house.forum("another's", lead_person_id=house.person("eva").id, chair_plans=True)
    session.flush()
    principal = principal_of(session, house.user("karin", person=karin), TODAY)
    assert names(session, principal.chair_plans) == {"appointed, may", "leads, may"}
    assert names(session, principal.chair_forums) == {
        "appointed, may", "appointed, may not", "leads, may", "leads, may not",
    }  # fmt: skip


def test_user_outside_the_register_leads_no_forum_that_nobody_leads(session, house):
    county = house.organisation("county")
    house.forum("nobody leads", lead_relation="leads")
    house.forum("kept", secretariat_id=county.id)
    principal = principal_of(
        session, house.user("sara", UserRole(role="secretariat", organisation_id=county.id)), TODAY
    )
    assert (principal.chair_forums, principal.member_forums) == (set(), set())


def test_user_outside_the_register_costs_no_question(session, house):
    user = house.user("sara", UserRole(role="administrator"))
    assert questions(session, lambda: principal_of(session, user, TODAY)) == 0


def test_member_costs_at_most_three_questions_however_many_forums(session, house):
    karin = house.person("karin")
    user = house.user("karin", person=karin)
    for n in range(3):
        forum = house.forum(f"forum {n}")
        house.seat(forum, karin)
        house.include(house.forum(f"above {n}"), forum)
        assert questions(session, lambda: principal_of(session, user, TODAY)) <= 3


def questions(session, do) -> int:
    asked = []

    def count(*said):
        asked.append(said[2])

    session.flush()
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", count)
    try:
        do()
    finally:
        event.remove(connection, "before_cursor_execute", count)
    return len(asked)


# ---------------------------------------------------------------- the same from the other end


def some_house(house: House, chance: Random) -> tuple[list[Forum], list[Person]]:
    """Forums that include each other, seats of all kinds, appointments and offices begun and ended at random."""

    def day() -> date:
        return TODAY + timedelta(days=chance.choice([-400, -30, -1, 0, 1, 30]))

    people = [house.person(f"person {n}") for n in range(5)]
    organisations = [house.organisation(f"organisation {n}") for n in range(2)]
    offices = [house.add(Office(slug=f"office-{n}", sv=f"Befattning {n}")) for n in range(2)]
    for office in offices:
        for person in chance.sample(people, 2):
            begin = day()
            house.add(
                OfficeHolding(
                    office_id=office.id,
                    person_id=person.id,
                    organisation_id=chance.choice([None, *(o.id for o in organisations)]),
                    from_on=begin,
                    to_on=chance.choice([None, begin + timedelta(days=chance.choice([0, 40, 500]))]),
                )
            )
    forums = [house.forum(f"forum {n}") for n in range(5)]
    for above in range(5):
        for below in range(above):
            if chance.random() < 0.4:
                begin = chance.choice([None, day()])
                house.include(
                    forums[above],
                    forums[below],
                    kinds=",".join(chance.sample(SEAT_KINDS, 3)),
                    from_on=begin,
                    to_on=None if begin is None else begin + timedelta(days=chance.choice([0, 60, 500])),
                )
    for forum in forums:
        for position in range(chance.randint(1, 4)):
            by_office = chance.random() < 0.4
            seat = house.add(
                Seat(
                    forum_id=forum.id,
                    position=position,
                    kind=chance.choice(SEAT_KINDS),
                    office_id=chance.choice(offices).id if by_office else None,
                    organisation_id=chance.choice([None, *(o.id for o in organisations)]),
                    from_on=chance.choice([None, TODAY - timedelta(days=400), TOMORROW]),
                )
            )
            begin = TODAY - timedelta(days=300)
            for _ in range(chance.randint(0, 2)):
                end = chance.choice([None, begin + timedelta(days=chance.choice([0, 100, 299, 300, 301]))])
                house.add(
                    Appointment(
                        seat_id=seat.id,
                        person_id=chance.choice(people).id,
                        from_on=begin,
                        to_on=end,
                        continues_until_replaced=end is not None and chance.random() < 0.5,
                    )
                )
                if end is None:
                    break
                begin = end + timedelta(days=chance.choice([1, 20]))
    return forums, people


@pytest.mark.parametrize("seed", range(12))
def test_member_forums_are_those_whose_seats_the_person_holds(session, house, seed):
    forums, people = some_house(house, Random(seed))  # noqa: S311 - a repeatable world, no secret
    holders = seat_holders(session, [forum.id for forum in forums], TODAY)
    for person in people:
        user = house.user(f"user of {person.id}", person=person)
        expected = {
            forum_id for forum_id, seats in holders.items() if any(seat.person_id == person.id for seat in seats)
        }
        assert principal_of(session, user, TODAY).member_forums == expected


def test_some_houses_have_members_of_every_sort(session, house):
    forums, _people = some_house(house, Random(5))  # noqa: S311 - a repeatable world, no secret
    holders = [seat for seats in seat_holders(session, [f.id for f in forums], TODAY).values() for seat in seats]
    sorts = {(seat.via_forum_id is not None, seat.office_id is not None) for seat in holders if seat.person_id}
    assert sorts == {(True, True), (True, False), (False, True), (False, False)}


def test_secretariat_forums_are_those_kept_by_the_organisation(session, house):
    county = house.organisation("county")
    forums = [house.forum(f"forum {n}", secretariat_id=county.id if n % 2 else None) for n in range(4)]
    user = house.user("sara", UserRole(role="secretariat", organisation_id=county.id))
    kept = {forum_id for forum_id, keeper in secretariat_of(session, forums, TODAY).items() if keeper == county.id}
    assert principal_of(session, user, TODAY).secretariat_forums == kept


# ---------------------------------------------------------------- who uses whom


def test_forums_using_an_organisation(session, house):
    kommun, other = house.organisation("kommun"), house.organisation("other")
    office = house.add(Office(slug="mayor", sv="Kommunalråd", organisation_id=kommun.id))
    house.seat(house.forum("seat"), organisation_id=kommun.id)
    house.seat(house.forum("office"), office_id=office.id)
    house.seat(house.forum("ended"), organisation_id=kommun.id).to_on = YESTERDAY
    house.forum("host", host_id=kommun.id)
    house.forum("secretariat", secretariat_id=kommun.id)
    house.seat(house.forum("another's"), organisation_id=other.id)
    session.flush()
    using = forums_using_organisation(session, kommun.id, TODAY)
    assert names(session, using) == {"seat", "office", "host", "secretariat"}


def test_forums_using_a_person(session, house):
    karin = house.person("karin")
    office = house.add(Office(slug="governor", sv="Landshövding"))
    house.add(OfficeHolding(office_id=office.id, person_id=karin.id, from_on=date(2026, 1, 1)))
    house.seat(house.forum("seat"), karin)
    house.seat(house.forum("next year"), karin, from_on=TOMORROW)
    house.seat(house.forum("last year"), karin, to_on=YESTERDAY)
    house.seat(house.forum("office"), office_id=office.id)
    house.forum("lead", lead_person_id=karin.id)
    house.forum("lead by office", lead_office_id=office.id)
    house.forum("nobody")
    using = forums_using_person(session, karin.id, TODAY)
    assert forums_using_people(session, TODAY) == {karin.id: using}
    assert names(session, using) == {"seat", "next year", "office", "lead", "lead by office"}
