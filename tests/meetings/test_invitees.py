"""Whom a meeting is for: seats on its day, the list once called or chosen, nested membership, joint meetings."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from scheduler.errors import Refused
from scheduler.forums.seat_days import seat_holders_on
from scheduler.forums.seats import seat_holders
from scheduler.meetings.actions import (
    InviteeChoice,
    add_invitee,
    call_meeting,
    cancel_meeting,
    follow_seat_changes,
    reinstate_meeting,
    set_invitees,
    undo_last_change,
    withdraw_invitee,
)
from scheduler.meetings.invitees import circles_of, invitees_of, seat_changes_since_call
from scheduler.meetings.models import MeetingChange
from tests.meetings.county import DAY, LONG_AGO, SITE, County, counted

ASK = {"version": None, "site": SITE}
DAY_AFTER = DAY + timedelta(days=1)
DAY_BEFORE = DAY - timedelta(days=1)


def names(county: County, meeting) -> list[str]:
    return [row.shown for row in invitees_of(county.session, [meeting])[meeting.id]]


def roles(county: County, meeting) -> dict[str, str]:
    return {row.shown: row.role for row in invitees_of(county.session, [meeting])[meeting.id]}


# ---------------------------------------------------------------- by seats


def test_the_seats_of_the_day_are_invited_with_organisation_address_and_role(county: County):
    forum, lulea = county.forum(), county.organisation("Luleå kommun")
    seat = county.seat(forum, "Anna Ek", organisation_id=lulea.id)
    county.seat(forum, "Bo Ek", kind="substitute", organisation_id=lulea.id)
    county.seat(forum)
    meeting = county.meeting(forum)
    first, second = invitees_of(county.session, [meeting])[meeting.id]
    assert (first.person_name, first.organisation_name, first.role, first.required) == (
        "Anna Ek", "Luleå kommun", "ordinary", True,
    )  # fmt: skip
    assert (first.seat_id, first.invitee_id, first.locale) == (seat.id, None, "sv")
    assert first.email == county.session.get_one(type(seat), seat.id).appointments[0].person.main_email.address
    assert (second.role, second.required) == ("substitute", False)


def test_seats_and_appointments_of_another_day_invite_nobody(county: County):
    forum = county.forum()
    county.seat(forum, "Förra Ledamoten", until=DAY_BEFORE)
    county.seat(forum, "Nästa Ledamot", since=DAY_AFTER)
    county.seat(forum, "Gamla Platsen", to_on=DAY_BEFORE)
    seat = county.seat(forum, "Till Idag", until=DAY)
    county.appoint(seat, "Från Imorgon", since=DAY_AFTER)
    assert names(county, county.meeting(forum)) == ["Till Idag"]


def test_the_day_is_that_of_the_meetings_zone(county: County):
    forum = county.forum(time_zone="Europe/Helsinki")
    county.seat(forum, "Fram Tillgår", until=DAY)
    county.seat(forum, "Efter Midnatt", since=DAY_AFTER)
    meeting = county.meeting(forum, DAY_AFTER, datetime(2027, 2, 12, 0, 30, tzinfo=UTC).time())
    assert meeting.start_at == datetime(2027, 2, 11, 22, 30, tzinfo=UTC)
    assert names(county, meeting) == ["Efter Midnatt"]


def test_a_protected_person_is_called_member(county: County):
    forum = county.forum()
    county.seat(forum, county.person("Hemliga Ek", protected=True))
    meeting = county.meeting(forum)
    row = invitees_of(county.session, [meeting])[meeting.id][0]
    assert (row.shown, row.protected) == ("ledamot", True)


def test_a_joint_meeting_invites_each_person_once_in_the_weightiest_role(county: County):
    first, second = county.forum(), county.forum()
    both = county.person("Båda Forumen")
    county.seat(first, both, kind="substitute")
    county.seat(second, both)
    county.seat(second, "Bara Andra")
    meeting = county.meeting(first, forums=[first, second])
    assert roles(county, meeting) == {"Båda Forumen": "ordinary", "Bara Andra": "ordinary"}
    assert names(county, meeting) == ["Båda Forumen", "Bara Andra"]


def test_a_change_in_an_included_forum_reaches_future_meetings_and_neither_past_nor_called_ones(
    county: County, session, actor, now
):
    board, region = county.forum("Beredningen"), county.forum("Regionalt forum")
    county.include(region, board)
    seat = county.seat(board, "Gamla Ledamoten", until=date(2027, 1, 31))
    past = county.meeting(region, date(2026, 10, 1), state="held")
    called = county.meeting(region, date(2027, 2, 18))
    coming = county.meeting(region, date(2027, 2, 25))
    call_meeting(session, actor, now, called, **ASK)
    county.appoint(seat, "Nya Ledamoten", since=date(2027, 2, 1))
    assert names(county, past) == ["Gamla Ledamoten"]
    assert names(county, coming) == ["Nya Ledamoten"]
    assert names(county, called) == []
    changes = seat_changes_since_call(session, called)
    assert [row.shown for row in changes.to_call] == ["Nya Ledamoten"]


def test_the_end_of_a_nesting_takes_its_seats_from_later_meetings_alone(county: County):
    board, region = county.forum(), county.forum()
    county.seat(board, "Anna Ek")
    county.include(region, board, until=DAY)
    last, after = county.meeting(region), county.meeting(region, DAY_AFTER)
    assert (names(county, last), names(county, after)) == (["Anna Ek"], [])


# ---------------------------------------------------------------- the list


def test_the_call_freezes_the_list_and_later_changes_show_as_a_difference(county: County, session, actor, now):
    forum = county.forum()
    leaving = county.seat(forum, "Som Lämnar")
    county.seat(forum, "Som Stannar")
    meeting = county.meeting(forum)
    call_meeting(session, actor, now, meeting, **ASK)
    assert not seat_changes_since_call(session, meeting)
    leaving.appointments[0].to_on = DAY_BEFORE
    county.seat(forum, "Som Kommer")
    assert names(county, meeting) == ["Som Lämnar", "Som Stannar"]
    changes = seat_changes_since_call(session, meeting)
    assert [row.shown for row in changes.to_call] == ["Som Kommer"]
    assert [row.person.name for row in changes.to_withdraw] == ["Som Lämnar"]


def test_the_call_says_when_to_answer_at_the_latest_on_the_day(county: County, session, actor, now):
    meeting = county.meeting(county.forum())
    with pytest.raises(Refused) as refused:
        call_meeting(session, actor, now, meeting, answer_by_on=DAY_AFTER, **ASK)
    assert [problem.field for problem in refused.value.problems] == ["answer_by_on"]
    call_meeting(session, actor, now, meeting, answer_by_on=DAY_BEFORE, **ASK)
    assert meeting.answer_by_on == DAY_BEFORE


def test_undo_of_followed_seats_gives_the_list_back(county: County, session, actor, now):
    forum = county.forum()
    leaving = county.seat(forum, "Som Lämnar")
    meeting = county.meeting(forum)
    call_meeting(session, actor, now, meeting, **ASK)
    leaving.appointments[0].to_on = DAY_BEFORE
    county.seat(forum, "Som Kommer")
    follow_seat_changes(session, actor, now, meeting, **ASK)
    undo_last_change(session, actor, now, meeting, sent=False, **ASK)
    session.expire_all()
    assert names(county, meeting) == ["Som Lämnar"]


def test_a_protected_person_named_twice_is_not_named(county: County, session, actor, now):
    meeting, hidden = county.meeting(county.forum()), county.person("Hemliga Ek", protected=True)
    with pytest.raises(Refused) as refused:
        set_invitees(session, actor, now, meeting, invitees=[InviteeChoice(person_id=hidden.id)] * 2, **ASK)
    assert str(refused.value) == "invitees: ledamot står två gånger på listan."


def test_following_the_seats_calls_the_new_and_withdraws_the_old_in_one_change(county: County, session, actor, now):
    forum = county.forum()
    leaving = county.seat(forum, "Som Lämnar")
    meeting = county.meeting(forum)
    call_meeting(session, actor, now, meeting, **ASK)
    leaving.appointments[0].to_on = DAY_BEFORE
    county.seat(forum, "Som Kommer")
    follow_seat_changes(session, actor, now, meeting, **ASK)
    assert names(county, meeting) == ["Som Kommer"]
    assert not seat_changes_since_call(session, meeting)
    row = next(row for row in meeting.invitees if row.person.name == "Som Lämnar")
    assert (row.withdrawn_at, row.epoch) == (now, 2)
    change = session.scalars(select(MeetingChange).order_by(MeetingChange.id.desc()).limit(1)).one()
    assert change.kind == "invite"
    assert {name: len(ids) for name, ids in change.after["invitees"].items()} == {"called": 1, "withdrawn": 1}


def test_a_meeting_called_again_has_its_list_brought_up_to_date(county: County, session, actor, now):
    forum = county.forum()
    leaving = county.seat(forum, "Som Lämnar")
    meeting = county.meeting(forum)
    call_meeting(session, actor, now, meeting, **ASK)
    cancel_meeting(session, actor, now, meeting, reason="Sjukdom", **ASK)
    reinstate_meeting(session, actor, now, meeting, **ASK)
    assert names(county, meeting) == ["Som Lämnar"]
    leaving.appointments[0].to_on = DAY_BEFORE
    county.seat(forum, "Som Kommer")
    call_meeting(session, actor, now, meeting, **ASK)
    assert names(county, meeting) == ["Som Kommer"]


def test_thematic_talks_invite_those_chosen_and_nobody_before(county: County, session, actor, now):
    forum = county.forum(invitees_per_meeting=True)
    county.seat(forum, "Har Plats")
    guest, museum = county.person("Gäst Person"), county.organisation("Ájtte", contact_email="info@ajtte.example.org")
    meeting = county.meeting(forum)
    assert names(county, meeting) == []
    choices = [
        InviteeChoice(person_id=guest.id, role="presenter", reason="Föredrar"),
        InviteeChoice(organisation_id=museum.id),
        InviteeChoice(name="Okänd Gäst"),
    ]
    set_invitees(session, actor, now, meeting, invitees=choices, **ASK)
    rows = invitees_of(session, [meeting])[meeting.id]
    assert [(row.shown, row.role) for row in rows] == [
        ("Gäst Person", "presenter"),
        ("Ájtte", "guest"),
        ("Okänd Gäst", "guest"),
    ]
    assert rows[1].email == "info@ajtte.example.org"
    call_meeting(session, actor, now, meeting, **ASK)
    assert names(county, meeting) == ["Gäst Person", "Ájtte", "Okänd Gäst"]
    assert not seat_changes_since_call(session, meeting)


def test_an_empty_choice_goes_back_to_the_seats(county: County, session, actor, now):
    forum = county.forum()
    county.seat(forum, "Har Plats")
    meeting = county.meeting(forum)
    set_invitees(session, actor, now, meeting, invitees=[InviteeChoice(name="Gäst")], **ASK)
    assert names(county, meeting) == ["Gäst"]
    set_invitees(session, actor, now, meeting, invitees=[], **ASK)
    assert names(county, meeting) == ["Har Plats"]


def test_choosing_the_same_again_keeps_the_rows_and_changes_nothing(county: County, session, actor, now):
    meeting = county.meeting(county.forum())
    choices = [InviteeChoice(name="Gäst")]
    set_invitees(session, actor, now, meeting, invitees=choices, **ASK)
    ids, version = [row.id for row in meeting.invitees], meeting.version
    set_invitees(session, actor, now, meeting, invitees=choices, **ASK)
    assert ([row.id for row in meeting.invitees], meeting.version) == (ids, version)


@pytest.mark.parametrize(
    "choices",
    [
        [InviteeChoice()],
        [InviteeChoice(person_id=999_999)],
        [InviteeChoice(organisation_id=999_999)],
        [InviteeChoice(name="Gäst"), InviteeChoice(name="Gäst")],
        [InviteeChoice(name="Gäst", role="king")],
    ],
    ids=["nobody", "unknown person", "unknown organisation", "twice", "unknown role"],
)
def test_a_list_that_cannot_be_is_refused_whole(county: County, session, actor, now, choices):
    meeting = county.meeting(county.forum())
    with pytest.raises(Refused) as refused:
        set_invitees(session, actor, now, meeting, invitees=choices, **ASK)
    assert {problem.field for problem in refused.value.problems} == {"invitees"}
    assert meeting.invitees == []


def test_after_the_call_one_is_added_and_withdrawn_at_a_time(county: County, session, actor, now):
    forum = county.forum()
    county.seat(forum, "Anna Ek")
    meeting = county.meeting(forum)
    with pytest.raises(Refused):
        add_invitee(session, actor, now, meeting, invitee=InviteeChoice(name="Gäst"), **ASK)
    call_meeting(session, actor, now, meeting, **ASK)
    with pytest.raises(Refused):
        set_invitees(session, actor, now, meeting, invitees=[], **ASK)
    guest = add_invitee(session, actor, now, meeting, invitee=InviteeChoice(name="Gäst"), **ASK)
    assert names(county, meeting) == ["Anna Ek", "Gäst"]
    with pytest.raises(Refused):
        add_invitee(session, actor, now, meeting, invitee=InviteeChoice(name="Gäst"), **ASK)
    withdraw_invitee(session, actor, now, meeting, invitee=guest, **ASK)
    assert names(county, meeting) == ["Anna Ek"]
    with pytest.raises(Refused):
        withdraw_invitee(session, actor, now, meeting, invitee=guest, **ASK)
    again = add_invitee(session, actor, now, meeting, invitee=InviteeChoice(name="Gäst"), **ASK)
    assert (again.id, again.epoch, again.withdrawn_at) == (guest.id, 2, None)


def test_somebody_added_by_hand_is_left_alone_when_seats_change(county: County, session, actor, now):
    forum = county.forum()
    county.seat(forum, "Anna Ek")
    meeting = county.meeting(forum)
    call_meeting(session, actor, now, meeting, **ASK)
    guest = county.person("Gäst Person")
    add_invitee(session, actor, now, meeting, invitee=InviteeChoice(person_id=guest.id), **ASK)
    assert not seat_changes_since_call(session, meeting)


# ---------------------------------------------------------------- organisations, and what it costs


def test_an_organisation_belongs_by_its_seats_vacant_ones_too(county: County, session, actor, now):
    forum = county.forum()
    filled, vacant, guest = (county.organisation() for _ in range(3))
    county.seat(forum, "Anna Ek", organisation_id=filled.id)
    county.seat(forum, organisation_id=vacant.id)
    meeting = county.meeting(forum)
    assert circles_of(session, [meeting])[meeting.id].organisation_ids == {filled.id, vacant.id}
    call_meeting(session, actor, now, meeting, **ASK)
    add_invitee(session, actor, now, meeting, invitee=InviteeChoice(organisation_id=guest.id), **ASK)
    assert circles_of(session, [meeting])[meeting.id].organisation_ids == {filled.id, vacant.id, guest.id}


@pytest.mark.parametrize("n", [1, 3])
def test_reading_invitees_costs_the_same_for_any_number_of_meetings(county: County, session, actor, now, n):
    board = county.forum()
    meetings = []
    for week in range(n):
        forum = county.forum()
        county.include(forum, board)
        county.seat(forum, f"Ledamot Nummer{week}")
        office = county.office()
        county.hold(office, county.person())
        county.seat(forum, office_id=office.id)
        meetings.append(county.meeting(forum, DAY + timedelta(days=7 * week)))
        called = county.meeting(forum, DAY + timedelta(days=7 * week + 1))
        call_meeting(session, actor, now, called, **ASK)
        meetings.append(called)
    county.seat(board, "Gemensam Ledamot")
    session.flush()
    with counted(session) as sent:
        found = invitees_of(session, meetings)
    assert len(sent) == 7
    assert all(len(found[meeting.id]) >= 2 for meeting in meetings)


# ---------------------------------------------------------------- many days as one day (invariants 3 and 4)

DAYS = [date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1), date(2026, 12, 31), date(2027, 3, 1)]
SPAN = st.tuples(st.none() | st.sampled_from(DAYS), st.none() | st.sampled_from(DAYS)).filter(
    lambda span: span[0] is None or span[1] is None or span[0] <= span[1]
)
BEGUN = SPAN.map(lambda span: (span[0] or LONG_AGO, span[1]))
KINDS = st.sampled_from(["ordinary", "substitute", "observer"])


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.data())
def test_each_of_many_days_is_as_that_day_alone_and_gives_each_person_once(county: County, session, chance):
    with session.begin_nested() as savepoint:
        people = [county.person() for _ in range(4)]
        forums = [county.forum() for _ in range(3)]
        offices = [county.office() for _ in range(2)]
        organisations = [county.organisation() for _ in range(2)]
        draw = chance.draw
        for office in offices:
            for person in draw(st.lists(st.sampled_from(people), max_size=2, unique=True)):
                since, until = draw(BEGUN)
                county.hold(office, person, since=since, until=until)
        for forum in forums:
            for _ in range(draw(st.integers(0, 3))):
                from_on, to_on = draw(SPAN)
                seat = county.seat(
                    forum,
                    kind=draw(KINDS),
                    from_on=from_on,
                    to_on=to_on,
                    organisation_id=draw(st.none() | st.sampled_from([row.id for row in organisations])),
                    office_id=draw(st.none() | st.sampled_from([row.id for row in offices])),
                )
                starts = draw(st.lists(st.sampled_from(DAYS), max_size=3, unique=True).map(sorted))
                for n, since in enumerate(starts):
                    before_next = starts[n + 1] - timedelta(days=1) if n + 1 < len(starts) else None
                    until = draw(st.sampled_from([since, before_next]))
                    continues = draw(st.booleans())
                    person = draw(st.sampled_from(people))
                    county.appoint(seat, person, since=since, until=until, continues_until_replaced=continues)
        for upper, lower in ((0, 1), (1, 2), (0, 2)):
            if draw(st.booleans()):
                since, until = draw(SPAN)
                kinds = ",".join(draw(st.lists(KINDS, min_size=1, max_size=2, unique=True)))
                county.include(forums[upper], forums[lower], since=since, until=until, kinds=kinds)
        ids = [forum.id for forum in forums]
        many = seat_holders_on(session, {(forum_id, day) for forum_id in ids for day in DAYS})
        for day in DAYS:
            alone = seat_holders(session, ids, day)
            for forum_id in ids:
                assert many[forum_id, day] == alone[forum_id]
                seated = [seat.person_id for seat in many[forum_id, day] if seat.person_id is not None]
                assert len(seated) == len(set(seated))
        savepoint.rollback()
    session.expire_all()
