"""Whose a forum's meetings are when its secretariat rotates: the calendars of those with a turn follow."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from scheduler.forums.models import ForumInclusion
from scheduler.forums.nesting import remove_inclusion
from scheduler.forums.rotating import remove_rotation, set_rotation
from scheduler.history.models import ScopeVersion
from scheduler.meetings.actions import Site, book_meeting, refresh
from scheduler.meetings.belonging import meeting_ids_of_secretariat
from scheduler.meetings.scopes import scopes_of
from tests.organisations.making import appointment, forum, kinds, organisation, person, seat

SITE = Site("https://takt.example.org", "takt.example.org")
YEAR = date(2026, 1, 1)


@pytest.fixture(autouse=True)
def _kinds(session):
    kinds(session)


def booked(session, actor, now, row, *days):
    return [
        book_meeting(session, actor, now, forums=[row], on=day, start=time(10), site=SITE, check_conflicts=False)
        for day in days
    ]


def version(session, scope, scope_id):
    session.expire_all()
    found = session.get(ScopeVersion, (scope, scope_id))
    return 0 if found is None else found.version


def test_turn_of_a_person_is_in_the_calendar_of_the_home_organisation(session, actor, now):
    region, others = organisation(session), organisation(session, "Norrbottens Kommuner", "kommunforbund")
    row = forum(session, secretariat=others)
    who = person(session, organisation_id=region.id)
    old, new = booked(session, actor, now, row, date(2026, 12, 15), date(2027, 1, 12))
    entries = [("organisation", others.id), ("person", who.id)]
    set_rotation(session, actor, now, row, task="secretariat", entries=entries, start_on=YEAR)
    kept = [meeting_ids_of_secretariat(session, each.id, first=YEAR) for each in (others, region)]
    assert kept == [{old.id}, {new.id}]
    assert {("secretariat", region.id), ("secretariat", others.id)} <= scopes_of(session, [new])


def test_calendars_of_those_who_had_a_turn_follow_when_the_rotation_goes(session, actor, now):
    region, others = organisation(session), organisation(session, "Norrbottens Kommuner", "kommunforbund")
    row = forum(session, secretariat=others)
    meetings = booked(session, actor, now, row, date(2026, 12, 15))
    rotation = set_rotation(
        session, actor, now, row, task="secretariat", entries=[("organisation", region.id)], start_on=YEAR
    )
    later = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    before = {each: version(session, "secretariat", each.id) for each in (region, others)}
    scopes = scopes_of(session, meetings)
    remove_rotation(session, actor, later, row, rotation)
    refresh(session, meetings, later, site=SITE, seats=True, before=scopes)
    assert {each: version(session, "secretariat", each.id) for each in before} == {
        each: number + 1 for each, number in before.items()
    }


def test_calendars_of_those_nested_follow_when_the_nesting_goes(session, actor, now):
    upper, lower = forum(session), forum(session, "Tillväxtberedningen", "beredning")
    who = person(session)
    appointment(session, seat(session, lower), who)
    inclusion = ForumInclusion(forum=upper, included=lower, from_on=date(2027, 1, 1), seat_kinds="ordinary")
    session.add(inclusion)
    meetings = booked(session, actor, now, upper, date(2027, 2, 15))
    before, scopes = version(session, "person", who.id), scopes_of(session, meetings)
    remove_inclusion(session, actor, now, inclusion)
    refresh(session, meetings, now, site=SITE, seats=True, before=scopes)
    assert version(session, "person", who.id) == before + 1
