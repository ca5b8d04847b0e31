"""What a user is today, why, and until when."""

from __future__ import annotations

from datetime import date

import pytest

from scheduler.accounts.models import User, UserRole
from scheduler.accounts.rights import rights_of
from scheduler.forums.kinds import seed_kinds
from scheduler.forums.models import Forum, Rotation, RotationEntry
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.organisations.models import Organisation, Person
from tests.conftest import NOW
from tests.queries import count_queries

TODAY = date(2026, 11, 22)


class House:
    def __init__(self, session) -> None:
        self.session = session
        seed_kinds(session)

    def add(self, row):
        self.session.add(row)
        self.session.flush()
        return row

    def organisation(self, name: str) -> Organisation:
        return self.add(Organisation(slug=name, name=name, kind_id="kommun"))

    def forum(self, name: str, **given) -> Forum:
        return self.add(Forum(slug=name, name=name, kind_id="natverk", tracked_from_on=date(2026, 1, 1), **given))

    def user(self, *roles: UserRole, person: Person | None = None) -> User:
        return self.add(
            User(
                login="eva@login.example", name="Eva", roles=list(roles), created_at=NOW,
                person_id=None if person is None else person.id,
            )
        )  # fmt: skip

    def rotation(self, forum: Forum, *organisations: Organisation, start_on: date) -> None:
        entries = [RotationEntry(position=n, organisation_id=row.id) for n, row in enumerate(organisations)]
        self.add(
            Rotation(forum_id=forum.id, task="secretariat", unit="year", every=1, start_on=start_on, entries=entries)
        )

    def told(self, user: User, on: date = TODAY) -> list[tuple[str, str, str, date | None]]:
        return [(row.kind, row.title, row.by, row.until_on) for row in rights_of(self.session, user, on).forums]


@pytest.fixture
def house(session) -> House:
    return House(session)


def test_secretariat_by_name_lasts_as_long_as_the_role(house):
    forum = house.forum("named")
    user = house.user(UserRole(role="secretariat", forum_id=forum.id, to_on=date(2026, 12, 24)))
    assert house.told(user) == [("secretariat", "named", "role", date(2026, 12, 24))]
    assert house.told(user, date(2026, 12, 25)) == []


def test_secretariat_through_an_organisation_moves_with_its_turn(house):
    own, other = house.organisation("own"), house.organisation("other")
    forum = house.forum("turning", secretariat_id=other.id)
    house.forum("kept", secretariat_id=own.id)
    house.rotation(forum, own, other, start_on=date(2026, 1, 1))
    user = house.user(UserRole(role="secretariat", organisation_id=own.id))
    assert house.told(user) == [
        ("secretariat", "kept", "organisation", None),
        ("secretariat", "turning", "rotation", date(2026, 12, 31)),
    ]
    assert house.told(user, date(2027, 1, 1)) == [("secretariat", "kept", "organisation", None)]
    assert house.told(user, date(2028, 1, 1))[1] == ("secretariat", "turning", "rotation", date(2028, 12, 31))


def test_role_that_ends_before_the_turn_decides(house):
    own = house.organisation("own")
    house.rotation(house.forum("turning"), own, start_on=date(2026, 1, 1))
    user = house.user(UserRole(role="secretariat", organisation_id=own.id, to_on=date(2026, 11, 30)))
    assert house.told(user) == [("secretariat", "turning", "rotation", date(2026, 11, 30))]


def test_forums_own_secretariat_lasts_until_the_first_turn(house):
    own, other = house.organisation("own"), house.organisation("other")
    forum = house.forum("turning", secretariat_id=own.id)
    house.rotation(forum, other, start_on=date(2027, 1, 1))
    user = house.user(UserRole(role="secretariat", organisation_id=own.id))
    assert house.told(user) == [("secretariat", "turning", "organisation", date(2026, 12, 31))]
    assert house.told(user, date(2027, 1, 1)) == []


def test_seats_say_until_when_and_the_chair_is_told_once(house):
    person = house.add(Person(given_name="Eva", family_name="Berg"))
    for name, function, to_on in (("led", "chair", None), ("joined", "member", date(2026, 12, 31))):
        forum = house.forum(name)
        house.add(
            Seat(
                forum_id=forum.id,
                appointments=[
                    Appointment(person_id=person.id, function=function, from_on=date(2026, 1, 1), to_on=to_on)
                ],
            )
        )
    user = house.user(person=person)
    assert house.told(user) == [("chair", "led", "seat", None), ("member", "joined", "seat", date(2026, 12, 31))]
    house.forum("also led", lead_person_id=person.id)
    assert ("chair", "also led", "lead", None) in house.told(user)


def test_contact_follows_the_forums_of_the_organisation(house):
    own = house.organisation("own")
    house.add(Seat(forum_id=house.forum("joined").id, organisation_id=own.id))
    user = house.user(UserRole(role="organisation_contact", organisation_id=own.id))
    rights = rights_of(house.session, user, TODAY)
    assert house.told(user) == [("represented", "joined", "organisation", None)]
    assert (rights.organisations, rights.of("chair")) == (["own"], [])


def test_asks_alike_for_few_and_many_forums(house, session):
    own = house.organisation("own")
    user = house.user(UserRole(role="secretariat", organisation_id=own.id))
    counts = []
    for n in (1, 2, 3):
        house.rotation(house.forum(f"turning {n}"), own, start_on=date(2026, 1, 1))
        house.forum(f"kept {n}", secretariat_id=own.id)
        session.expire_all()
        with count_queries(session.get_bind().engine) as asked:
            rights = rights_of(session, user, TODAY)
        counts.append((len(rights.forums), len(asked)))
    assert [forums for forums, _ in counts] == [2, 4, 6]
    assert counts[1][1] == counts[2][1]
