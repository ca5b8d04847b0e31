"""Times on pages by the clock of the place and of whoever reads; what is not public is not told by its clock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scheduler.forums.models import Forum
from scheduler.meetings.actions import call_meeting
from scheduler.meetings.models import Invitee, Meeting
from scheduler.organisations.models import Organisation, Person
from scheduler.places.models import Place
from tests.conftest import NOW
from tests.web.house import House
from tests.web.reading import visit
from tests.web.test_reply_page import ACTOR, path
from tests.web.visits import Visitor
from tests.web.world import SITE

#: The meetings of the small world begin at ten in the morning in winter (NOW is 9.00 UTC) and last two hours.
BOTH = "10.00–12.00 (11.00–13.00 finsk tid)"


@pytest.fixture
def finnish(house: House) -> House:
    """The own meeting is in Rovaniemi, and so is the public one."""
    with house.changing() as session:
        place = Place(slug="arktikum", name="Arktikum", town="Rovaniemi")
        session.add(place)
        session.flush()
        for name in ("own", "public"):
            session.get_one(Meeting, house.world.meetings[name].id).place_id = place.id
    return house


def text_of(visitor: Visitor, address: str) -> str:
    return " ".join(visit(visitor, address).text.split())


@pytest.mark.parametrize("role", ["member", "own secretariat", "reader"])
def test_meeting_in_finland_says_what_the_clock_there_shows(finnish, role):
    assert BOTH in text_of(finnish.visitor(role), f"/meetings/{finnish.world.meetings['own'].id}")


def test_visitor_reads_it_where_the_place_is_public(finnish):
    stranger = Visitor(finnish.app)
    for address in (f"/meetings/{finnish.world.meetings['public'].id}", "/forums/public-forum", "/", "/calendar/list"):
        assert BOTH in text_of(stranger, address), address


def test_place_that_is_not_public_is_not_told_by_its_clock(finnish):
    with finnish.changing() as session:
        session.get_one(Forum, finnish.world.forums["public"].id).public_level = "dates"
    own = f"/meetings/{finnish.world.meetings['public'].id}"
    for who, addresses in ((Visitor(finnish.app), (own, "/calendar/list")), (finnish.visitor("member"), (own,))):
        for address in addresses:
            text = text_of(who, address)
            assert "10.00–12.00" in text
            assert "finsk" not in text


def test_reader_from_a_finnish_organisation_reads_both(house):
    address = f"/meetings/{house.world.meetings['own'].id}"
    assert "finsk" not in text_of(house.visitor("member"), address)
    with house.changing() as session:
        session.get_one(Organisation, house.world.organisations["own"].id).country = "FI"
    assert BOTH in text_of(house.visitor("member"), address)
    assert BOTH in text_of(house.visitor("member"), "/me")
    assert "finsk" not in text_of(house.visitor("reader"), address)


def test_personal_link_is_read_by_the_clock_of_whom_it_is_for(house):
    with house.changing() as session:
        meeting = session.get_one(Meeting, house.world.meetings["own"].id)
        call_meeting(session, ACTOR, NOW, meeting, version=None, site=SITE, answer_by_on=meeting.local_on)
        person = session.get_one(Person, house.world.people["own"].id)
        person.locale = "fi"
        session.flush()
        invitee = session.query(Invitee.id).filter_by(person_id=person.id, meeting_id=meeting.id).scalar()
    assert BOTH.partition(" ")[2] in text_of(Visitor(house.app), path(invitee))


def test_meeting_over_midnight_says_the_day_it_ends(house):
    with house.changing() as session:
        row = session.get_one(Meeting, house.world.meetings["own"].id)
        row.end_at = row.start_at + timedelta(hours=20)
    text = text_of(house.visitor("member"), f"/meetings/{house.world.meetings['own'].id}")
    assert "10.00 till onsdag 23 december 06.00" in text
