"""Names of those who have seats, on the public page of a forum whose members have allowed it."""

from __future__ import annotations

import pytest

from scheduler.forums.models import Forum
from scheduler.organisations.models import Person
from tests.web.reading import send, visit

PAGE = "/forums/public-forum"


@pytest.fixture
def name(house) -> str:
    """Who has the seat of the public forum, which shows all it may."""
    with house.changing() as session:
        session.get_one(Forum, house.world.forums["public"].id).public_level = "full"
        return session.get_one(Person, house.world.seats["public"].appointments[0].person_id).name


def test_nobody_is_named_unless_the_forum_says_so(house, name):
    assert name not in visit(house.visitor("anonymous"), PAGE).text
    page = send(house.visitor("administrator"), f"{PAGE}/edit", "name", public_names="y")
    assert page.status == 200, page.errors
    assert name in visit(house.visitor("anonymous"), PAGE).text
    assert house.latest(1)[0][1] == "forum.edit"


def test_a_protected_person_is_never_named(house, name):
    with house.changing() as session:
        session.get_one(Forum, house.world.forums["public"].id).public_names = True
        session.get_one(Person, house.world.seats["public"].appointments[0].person_id).protected = True
    assert name not in visit(house.visitor("anonymous"), PAGE).text


def test_a_forum_that_shows_its_dates_alone_names_nobody(house, name):
    with house.changing() as session:
        forum = session.get_one(Forum, house.world.forums["public"].id)
        forum.public_level, forum.public_names = "dates", True
    assert name not in visit(house.visitor("anonymous"), PAGE).text
