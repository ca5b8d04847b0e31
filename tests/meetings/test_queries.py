"""Lists of meetings: coming, past, of a month, of a forum, of a person or organisation; who may see which."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from scheduler.accounts.rules import Principal
from scheduler.forums.models import Rotation, RotationEntry
from scheduler.meetings.actions import InviteeChoice, call_meeting, cancel_meeting, set_invitees
from scheduler.meetings.belonging import (
    meeting_ids_of_organisation,
    meeting_ids_of_person,
    meeting_ids_of_secretariat,
)
from scheduler.meetings.queries import (
    MeetingFilter,
    booked_about_now,
    coming_meetings,
    counts_of_year,
    meeting_by_id,
    meetings_between,
    meetings_of_forum,
    meetings_of_month,
    meetings_showing,
    next_meetings,
    past_meetings,
    unrecorded_meetings,
    year_rows,
    years_of_forum,
)
from tests.meetings.county import DAY, SITE, County, counted

ASK = {"version": None, "site": SITE}
EARLY = datetime(2026, 1, 2, 8, tzinfo=UTC)
WEEK = timedelta(days=7)


def test_a_meeting_is_found_by_its_number_or_not_at_all(county: County, session):
    meeting = county.meeting(county.forum())
    assert meeting_by_id(session, meeting.id) is meeting
    assert meeting_by_id(session, meeting.id + 1) is None


def test_coming_meetings_are_booked_and_have_not_ended_the_next_first(county: County, session, actor, now):
    forum = county.forum()
    later, sooner = county.meeting(forum, DAY + WEEK), county.meeting(forum)
    going_on = county.meeting(forum, now.date(), time(9), time(12), now=EARLY)
    county.meeting(forum, date(2026, 11, 20), now=EARLY)
    cancel_meeting(session, actor, now, county.meeting(forum, DAY + 2 * WEEK), reason="x", **ASK)
    proposed = county.meeting(forum, DAY + 3 * WEEK, state="proposed")
    assert coming_meetings(session, now) == [going_on, sooner, later]
    assert coming_meetings(session, now, limit=1) == [going_on]
    assert coming_meetings(session, now, with_proposals=True)[-1] == proposed


def test_past_meetings_are_the_latest_first_cancelled_ones_too(county: County, session, actor, now):
    forum = county.forum()
    held = county.meeting(forum, date(2026, 10, 1), state="held")
    cancelled = county.meeting(forum, date(2026, 11, 5), now=EARLY)
    cancel_meeting(session, actor, now, cancelled, reason="x", **ASK)
    county.meeting(forum, date(2026, 9, 3), state="proposed", now=EARLY)
    county.meeting(forum)
    assert past_meetings(session, now) == [cancelled, held]
    assert past_meetings(session, now, since=date(2026, 11, 1)) == [cancelled]


def test_a_month_holds_every_meeting_with_a_day_in_it(county: County, session):
    forum = county.forum()
    over_the_turn = county.meeting(forum, date(2027, 1, 31), start=None, last_on=date(2027, 2, 1))
    first, last = county.meeting(forum, date(2027, 2, 1)), county.meeting(forum, date(2027, 2, 28))
    county.meeting(forum, date(2027, 3, 1))
    county.meeting(forum, date(2027, 1, 30))
    assert meetings_of_month(session, 2027, 2) == [over_the_turn, first, last]
    assert meetings_of_month(session, 2027, 12) == []
    assert meetings_between(session, date(2027, 2, 28), date(2027, 2, 28)) == [last]


def test_the_meetings_of_a_forum_by_year_joint_ones_too(county: County, session):
    forum, other = county.forum(), county.forum()
    old = county.meeting(forum, date(2025, 5, 6), state="held")
    new = county.meeting(forum)
    joint = county.meeting(other, DAY + WEEK, forums=[other, forum])
    county.meeting(other)
    assert meetings_of_forum(session, forum.id) == [old, new, joint]
    assert meetings_of_forum(session, forum.id, year=2027) == [new, joint]
    assert years_of_forum(session, forum.id) == [2025, 2027]


def test_the_next_meeting_of_each_forum(county: County, session, now):
    first, second, third = county.forum(), county.forum(), county.forum()
    county.meeting(first, DAY + WEEK)
    nearest = county.meeting(first)
    joint = county.meeting(second, DAY + 2 * WEEK, forums=[second, first])
    county.meeting(third, state="proposed")
    found = next_meetings(session, [first.id, second.id, third.id], now)
    assert found == {first.id: nearest, second.id: joint}


def test_unrecorded_meetings_have_ended_and_are_still_booked(county: County, session, actor, now):
    forum, other = county.forum(), county.forum()
    first = county.meeting(forum, date(2026, 10, 1), now=EARLY)
    second = county.meeting(other, date(2026, 11, 5), now=EARLY)
    county.meeting(forum, date(2026, 9, 3), state="held")
    county.meeting(forum)
    assert unrecorded_meetings(session, now) == [first, second]
    assert unrecorded_meetings(session, now, forum_ids=[other.id]) == [second]


def test_what_has_ended_and_what_comes_next_are_read_at_once(county: County, session, now):
    forum, closed = county.forum(public="dates"), county.forum()
    ended = [county.meeting(row, date(2026, 10, 1), now=EARLY) for row in (forum, closed)]
    county.meeting(forum, date(2026, 9, 3), state="held")
    next_ones = [county.meeting(forum, DAY + n * WEEK) for n in range(3)]
    hidden = county.meeting(closed, DAY - WEEK)
    county.meeting(forum, DAY - WEEK, state="proposed")
    with counted(session) as sent:
        found = booked_about_now(session, now, viewer=Principal(member_forums=frozenset({forum.id})), limit=2)
    assert found == (ended, next_ones[:2])
    assert len(sent) == 2
    assert booked_about_now(session, now, viewer=Principal(reader=True), limit=1)[1] == [hidden]


def test_the_rows_of_a_year_are_its_meetings_in_each_of_their_forums(county: County, session):
    own, public = county.forum(), county.forum(public="dates")
    first = county.meeting(own, date(2026, 1, 1), state="held")
    county.meeting(own, date(2025, 12, 31), state="held")
    joint = county.meeting(own, date(2026, 12, 31), forums=[own, public])
    proposed = county.meeting(public, date(2026, 12, 30), state="proposed")
    county.meeting(own, date(2027, 1, 1))
    everything = [
        (first.id, own.id, 0, False, date(2026, 1, 1), "held"),
        (proposed.id, public.id, 0, True, date(2026, 12, 30), "proposed"),
        (joint.id, own.id, 0, False, date(2026, 12, 31), "confirmed"),
        (joint.id, public.id, 1, True, date(2026, 12, 31), "confirmed"),
    ]
    with counted(session) as sent:
        assert year_rows(session, 2026) == everything
    assert len(sent) == 1
    assert year_rows(session, 2026, MeetingFilter(public_only=True)) == everything[2:]
    member = MeetingFilter(viewer=Principal(member_forums=frozenset({public.id})))
    assert year_rows(session, 2026, member) == everything[2:]


def test_counts_of_a_year_by_forum_and_state(county: County, session):
    first, second = county.forum(), county.forum()
    county.meeting(first, date(2026, 10, 1), state="held")
    county.meeting(first, date(2026, 10, 8), state="held")
    county.meeting(first, date(2026, 12, 3), forums=[first, second])
    assert counts_of_year(session, 2026) == {first.id: {"held": 2, "confirmed": 1}, second.id: {"confirmed": 1}}
    assert counts_of_year(session, 2026, forum_ids=[second.id]) == {second.id: {"confirmed": 1}}


# ---------------------------------------------------------------- who may see it


@pytest.mark.parametrize(
    ("viewer", "seen"),
    [
        (Principal(), {"open"}),
        (Principal(administrator=True), {"open", "inside", "proposal", "guest"}),
        (Principal(reader=True), {"open", "inside", "proposal", "guest"}),
        ("member", {"open", "inside"}),
        ("organisation", {"open", "inside"}),
        ("chair", {"open", "inside", "proposal"}),
        ("secretariat", {"open", "inside", "proposal"}),
        ("guest", {"open", "guest"}),
    ],
)
def test_each_sees_what_the_role_table_says(county: County, session, actor, now, viewer, seen):
    closed, talks = county.forum(), county.forum(invitees_per_meeting=True)
    guest = county.person()
    meetings = {
        "open": county.meeting(county.forum(public="dates")),
        "inside": county.meeting(closed),
        "proposal": county.meeting(closed, state="proposed"),
        "guest": county.meeting(talks),
    }
    set_invitees(session, actor, now, meetings["guest"], invitees=[InviteeChoice(person_id=guest.id)], **ASK)
    own = frozenset({closed.id})
    principals = {
        "member": Principal(member_forums=own),
        "organisation": Principal(organisation_forums=own),
        "chair": Principal(chair_forums=own),
        "secretariat": Principal(secretariat_forums=own),
        "guest": Principal(person_id=guest.id),
    }
    principal = principals[viewer] if isinstance(viewer, str) else viewer
    found = coming_meetings(session, now, viewer=principal, with_proposals=True)
    assert {name for name, meeting in meetings.items() if meeting in found} == seen


def test_what_is_public_is_what_has_a_public_fragment(county: County, session, now):
    shown = county.meeting(county.forum(public="dates"))
    county.meeting(county.forum(public="full"), public=False)
    county.meeting(county.forum())
    assert coming_meetings(session, now, public_only=True) == [shown]


# ---------------------------------------------------------------- whose they are, on their own date


@pytest.fixture
def circle(county: County, session, actor, now):
    """A person and an organisation with a seat until DAY, through nesting, by office, by list, and not at all."""
    board, region, talks, other = (
        county.forum(),
        county.forum(),
        county.forum(invitees_per_meeting=True),
        county.forum(),
    )
    county.include(region, board)
    anna, lulea = county.person("Anna Ek"), county.organisation()
    county.seat(board, anna, until=DAY, organisation_id=lulea.id)
    office = county.office(organisation_id=lulea.id)
    county.hold(office, anna, since=DAY + WEEK)
    county.seat(other, office_id=office.id)
    meetings = {
        "seat": county.meeting(board),
        "nested": county.meeting(region),
        "after the mandate": county.meeting(board, DAY + WEEK),
        "before the office": county.meeting(other),
        "office": county.meeting(other, DAY + WEEK),
        "talk": county.meeting(talks),
        "talk for others": county.meeting(talks, DAY + WEEK),
        "past": county.meeting(board, date(2026, 3, 3), state="held"),
        "called": county.meeting(board, DAY - WEEK),
        "chosen without": county.meeting(board, DAY - 2 * WEEK),
    }
    choice = InviteeChoice(person_id=anna.id, organisation_id=lulea.id)
    set_invitees(session, actor, now, meetings["talk"], invitees=[choice], **ASK)
    set_invitees(session, actor, now, meetings["chosen without"], invitees=[InviteeChoice(name="Gäst")], **ASK)
    call_meeting(session, actor, now, meetings["called"], **ASK)
    return anna, lulea, meetings


def named(meetings, ids) -> set[str]:
    assert len(ids) == sum(meeting.id in ids for meeting in meetings.values())
    return {name for name, meeting in meetings.items() if meeting.id in ids}


def test_a_persons_meetings_are_those_invited_to_on_their_date(session, circle):
    anna, _, meetings = circle
    found = meeting_ids_of_person(session, anna.id, first=date(2026, 11, 1))
    assert named(meetings, found) == {"seat", "nested", "office", "talk", "called"}
    assert named(meetings, meeting_ids_of_person(session, anna.id, first=date(2026, 1, 1))) == {
        "seat", "nested", "office", "talk", "called", "past",
    }  # fmt: skip
    assert named(meetings, meeting_ids_of_person(session, anna.id, first=DAY, last=DAY)) == {"seat", "nested", "talk"}


def test_an_organisations_meetings_are_those_where_it_has_a_seat_filled_or_not(session, circle):
    _, lulea, meetings = circle
    found = meeting_ids_of_organisation(session, lulea.id, first=date(2026, 11, 1))
    assert named(meetings, found) == {
        "seat", "nested", "after the mandate", "before the office", "office", "talk", "called",
    }  # fmt: skip


def test_lists_of_a_person_and_an_organisation(session, circle, now):
    anna, lulea, meetings = circle
    assert coming_meetings(session, now, person_id=anna.id, limit=1) == [meetings["called"]]
    coming = coming_meetings(session, now, organisation_id=lulea.id)
    assert meetings["chosen without"] not in coming
    assert len(coming) == 7
    on_the_day = meetings_between(session, DAY, DAY, MeetingFilter(person_id=anna.id))
    assert on_the_day == [meetings[name] for name in ("seat", "nested", "talk")]


def test_a_withdrawn_person_is_not_invited(county: County, session, actor, now, circle):
    anna, _, meetings = circle
    meetings["called"].invitees[0].withdrawn_at = now
    session.flush()
    assert "called" not in named(meetings, meeting_ids_of_person(session, anna.id, first=DAY - WEEK))


def test_somebody_without_a_seat_has_no_meetings(county: County, session):
    county.meeting(county.forum())
    assert meeting_ids_of_person(session, county.person().id, first=date(2026, 1, 1)) == set()


def test_a_list_can_hold_one_forum_alone(county: County, session, now):
    forum = county.forum()
    own = county.meeting(forum)
    county.meeting(county.forum())
    assert coming_meetings(session, now, forum_id=forum.id) == [own]


def test_a_secretariats_meetings_follow_the_rotation_on_their_date(county: County, session):
    first, second = county.organisation(), county.organisation()
    fixed, turning = county.forum(secretariat_id=first.id), county.forum(secretariat_id=first.id)
    rotation = county.add(
        Rotation(forum_id=turning.id, task="secretariat", unit="year", every=1, start_on=date(2026, 1, 1))
    )
    for position, organisation in enumerate((first, second)):
        county.add(RotationEntry(rotation_id=rotation.id, position=position, organisation_id=organisation.id))
    session.expire_all()
    meetings = {
        "fixed": county.meeting(fixed),
        "first year": county.meeting(turning, date(2026, 12, 10)),
        "second year": county.meeting(turning),
    }
    since = date(2026, 1, 1)
    assert named(meetings, meeting_ids_of_secretariat(session, first.id, first=since)) == {"fixed", "first year"}
    assert named(meetings, meeting_ids_of_secretariat(session, second.id, first=since)) == {"second year"}


def test_a_change_of_seats_reaches_the_meetings_of_forums_above(county: County, session):
    board, region, other = county.forum(), county.forum(), county.forum()
    county.include(region, board)
    anna = county.person()
    county.seat(board, anna)
    own, above = county.meeting(board), county.meeting(region)
    county.meeting(other)
    assert meetings_showing(session, seats_of_forums=[board.id]) == [own, above]
    assert meetings_showing(session, person_ids=[anna.id]) == [own, above]
    assert meetings_showing(session, forum_ids=[board.id]) == [own]
    assert meetings_showing(session) == []


# ---------------------------------------------------------------- what it costs


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize(
    ("ask", "statements"),
    [
        (lambda s, now, _: coming_meetings(s, now), 2),
        (lambda s, now, _: past_meetings(s, now + 52 * WEEK), 2),
        (lambda s, _now, _: meetings_of_month(s, 2027, 2), 2),
        (lambda s, now, _: coming_meetings(s, now, viewer=Principal(member_forums=frozenset({1}), person_id=1)), 2),
        (lambda s, now, row: coming_meetings(s, now, person_id=row["person"]), 10),
        (lambda s, now, row: coming_meetings(s, now, organisation_id=row["organisation"]), 10),
        (lambda s, now, row: next_meetings(s, row["forums"], now), 2),
    ],
    ids=["coming", "past", "month", "viewer", "person", "organisation", "next"],
)
def test_each_list_costs_the_same_for_any_number_of_meetings(county: County, session, now, ask, statements, n):
    anna, lulea = county.person(), county.organisation()
    forums = [county.forum(public="full") for _ in range(n)]
    for forum in forums:
        county.seat(forum, anna, organisation_id=lulea.id)
        office = county.office()
        county.hold(office, county.person())
        county.seat(forum, office_id=office.id)
        county.meeting(forum, place_id=county.place().id)
    row = {"person": anna.id, "organisation": lulea.id, "forums": [forum.id for forum in forums]}
    session.flush()
    session.expunge_all()
    with counted(session) as sent:
        found = ask(session, now, row)
        meetings = list(found.values()) if isinstance(found, dict) else found
        for meeting in meetings:
            assert meeting.forum.kind.sv
            assert meeting.place.name
    assert len(meetings) == n
    assert len(sent) == statements
