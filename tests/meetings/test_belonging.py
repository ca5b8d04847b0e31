"""Whose calendar holds a meeting is stored with it, and says what the seats of its day and its list say."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from scheduler.forums.models import Rotation, RotationEntry, Turn
from scheduler.meetings.actions import InviteeChoice, call_meeting, follow_seat_changes, set_invitees
from scheduler.meetings.belonging import follow, follow_all
from scheduler.meetings.models import Meeting, MeetingScope
from scheduler.meetings.publishing import refresh
from scheduler.meetings.queries import meetings_showing
from tests.meetings.county import DAY, SITE, County, assert_followed

WEEK = timedelta(days=7)


@pytest.fixture
def busy(county: County) -> County:
    """Nested forums, an office, a seat that changes hands, guests, a secretariat that takes turns, an empty seat."""
    region, town, host = county.organisation("Region"), county.organisation("Staden"), county.organisation("Värden")
    inner = county.forum("Beredningen", secretariat_id=host.id)
    outer = county.forum("Regionalt forum")
    talks = county.forum("Samtal", invitees_per_meeting=True)
    county.include(outer, inner)
    seat = county.seat(inner, county.person(), until=DAY + WEEK, organisation_id=region.id)
    county.appoint(seat, county.person(), since=DAY + WEEK + timedelta(days=1))
    county.seat(inner, organisation_id=town.id)
    office = county.office("Landshövding", organisation_id=host.id)
    county.hold(office, county.person(), until=DAY + WEEK)
    county.seat(outer, office_id=office.id)
    rotation = county.add(Rotation(forum_id=outer.id, task="secretariat", unit="year"))
    for position, organisation in enumerate((region, town)):
        entry = county.add(RotationEntry(rotation_id=rotation.id, position=position, organisation_id=organisation.id))
        first = DAY + position * 2 * WEEK
        county.add(
            Turn(rotation_id=rotation.id, entry_id=entry.id, from_on=first, to_on=first + 2 * WEEK - timedelta(days=1))
        )
    for week in range(4):
        county.meeting(inner, DAY + week * WEEK)
        county.meeting(outer, DAY + week * WEEK + timedelta(days=1))
    meeting = county.meeting(talks, DAY)
    set_invitees(
        county.session, county.actor, county.now, meeting, version=meeting.version, site=SITE,
        invitees=[InviteeChoice(person_id=county.person().id), InviteeChoice(organisation_id=town.id)],
    )  # fmt: skip
    return county


def test_every_booking_is_stored_with_those_it_is_for(busy: County, session):
    assert_followed(session)


def test_a_call_freezes_the_list_and_following_the_seats_changes_it(busy: County, session, actor, now):
    meeting = session.scalars(select(Meeting).order_by(Meeting.start_at, Meeting.id)).first()
    assert meeting.forum.name == "Beredningen"
    call_meeting(session, actor, now, meeting, version=meeting.version, site=SITE)
    assert_followed(session)
    seat = meeting.invitees[0].seat
    seat.appointments[0].to_on = DAY - timedelta(days=1)
    coming = busy.person()
    busy.appoint(seat, coming, since=DAY, until=DAY + WEEK)
    refresh(session, meetings_showing(session, seats_of_forums=[seat.forum_id]), now, site=SITE, seats=True)
    assert_followed(session)
    follow_seat_changes(session, actor, now, meeting, version=meeting.version, site=SITE)
    assert_followed(session)


def test_another_secretariat_gains_the_meetings_and_the_old_one_loses_them(busy: County, session, now):
    forum = next(m.forum for m in session.scalars(select(Meeting)) if m.forum.name == "Beredningen")
    old, new = forum.secretariat_id, busy.organisation().id
    before = busy.versions()
    forum.secretariat_id = new
    session.flush()
    refresh(session, meetings_showing(session, forum_ids=[forum.id]), now, site=SITE)
    assert_followed(session)
    after = busy.versions()
    assert after["secretariat", old] > before["secretariat", old]
    assert after["secretariat", new] == 1


def test_following_anew_changes_nothing(busy: County, session):
    assert follow_all(session) == set()


def test_following_mends_what_is_missing_and_what_is_too_much(busy: County, session):
    row = session.scalars(select(MeetingScope)).first()
    gone = (row.scope, row.scope_id)
    session.delete(row)
    session.add(MeetingScope(meeting_id=row.meeting_id, scope="person", scope_id=9_999_999))
    session.flush()
    assert follow_all(session) == {gone, ("person", 9_999_999)}
    assert_followed(session)


def test_following_no_meetings_asks_nothing(session):
    assert follow(session, []) == set()
