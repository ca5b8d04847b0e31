"""Whose year holds which meeting: by seat, list, office, chair and turn, on each meeting's own day."""

from __future__ import annotations

from datetime import date, time, timedelta

from scheduler.forums.models import Rotation, RotationEntry
from scheduler.meetings.actions import InviteeChoice, call_meeting, cancel_meeting, set_invitees
from scheduler.meetings.load_rules import trips
from scheduler.meetings.loads import days_around, gatherings_of, load_of, substitutes_in
from scheduler.meetings.models import SubstituteCall
from scheduler.meetings.year_loads import people_of, year_loads
from scheduler.places.absences import add_absence
from scheduler.workdays.rules import is_working_day
from tests.meetings.county import DAY, SITE, County, counted

YEAR = DAY.year
NEXT = DAY + timedelta(days=1)


def year_of(county: County, person) -> dict[int, bool]:
    """Meeting → whether the person leads it, as one person's year and the year of all people at once have it."""
    load = load_of(county.session, person, YEAR)
    found = {meeting_id: meeting_id in load.led for meeting_id in load.meetings}
    together = year_loads(county.session, YEAR)
    assert found == {row.id: person.id in row.led_by for row in together if person.id in row.person_ids}
    return found


def test_seat_makes_one_attend_and_the_chair_leads(county: County):
    person = county.person()
    one, other = county.forum(), county.forum()
    county.seat(one, person)
    county.seat(other, person, function="chair")
    attended, led = county.meeting(one), county.meeting(other, NEXT)
    assert year_of(county, person) == {attended.id: False, led.id: True}


def test_office_leads_on_the_days_it_is_held_without_any_seat(county: County):
    person, office = county.person(), county.office("Landshövding")
    county.hold(office, person, since=DAY)
    forum = county.forum(lead_office_id=office.id)
    county.meeting(forum, DAY - timedelta(days=14))
    held = county.meeting(forum, DAY)
    assert year_of(county, person) == {held.id: True}


def test_office_that_leads_or_takes_part_attends(county: County):
    person, office = county.person(), county.office()
    county.hold(office, person)
    meeting = county.meeting(county.forum(lead_office_id=office.id, lead_relation="takes_part"))
    assert year_of(county, person) == {meeting.id: False}


def test_rotating_chair_goes_before_the_person_who_leads(county: County):
    first, second = county.person(), county.person()
    forum = county.forum(lead_person_id=first.id)
    rotation = Rotation(forum_id=forum.id, task="chair", unit="year", every=1, start_on=date(YEAR, 1, 1))
    rotation.entries = [RotationEntry(person_id=second.id, position=0), RotationEntry(person_id=first.id, position=1)]
    county.add(rotation)
    meeting = county.meeting(forum)
    assert year_of(county, first) == {}
    assert year_of(county, second) == {meeting.id: True}


def test_substitute_is_only_there_when_serving(county: County):
    forum, holder, substitute = county.forum(), county.person(), county.person()
    seat = county.seat(forum, holder)
    county.seat(forum, substitute, kind="substitute")
    meeting = county.meeting(forum)
    assert year_of(county, substitute) == {}
    county.add(
        SubstituteCall(
            meeting_id=meeting.id, seat_id=seat.id, person_id=substitute.id, position=1, asked_at=county.now,
            asked_by="Sara", state="accepted",
        )
    )  # fmt: skip
    assert year_of(county, substitute) == {meeting.id: False}


def test_cancelled_meetings_written_procedures_and_other_years_are_left_out(county: County):
    person, forum = county.person(), county.forum()
    county.seat(forum, person)
    cancelled = county.meeting(forum)
    cancel_meeting(
        county.session, county.actor, county.now, cancelled, reason="Sjukdom", version=cancelled.version, site=SITE
    )
    county.meeting(forum, NEXT, kind="per_capsulam")
    county.meeting(forum, date(YEAR + 1, 1, 14))
    assert year_of(county, person) == {}


def test_meeting_over_new_year_is_in_both_years(county: County):
    person, forum = county.person(), county.forum()
    county.seat(forum, person)
    meeting = county.meeting(forum, date(YEAR, 12, 30), None, last_on=date(YEAR + 1, 1, 2))
    for year in (YEAR, YEAR + 1):
        assert list(load_of(county.session, person, year).meetings) == [meeting.id]


def test_list_chosen_by_hand_decides(county: County):
    person, forum = county.person(), county.forum(invitees_per_meeting=True)
    meeting = county.meeting(forum)
    assert year_of(county, person) == {}
    set_invitees(
        county.session, county.actor, county.now, meeting, invitees=[InviteeChoice(person_id=person.id)],
        version=meeting.version, site=SITE,
    )  # fmt: skip
    assert year_of(county, person) == {meeting.id: False}


def test_home_is_ones_own_town_else_that_of_the_organisation(county: County):
    organisation = county.organisation(municipality="Kiruna")
    at_home, elsewhere, unknown = (
        county.person(organisation_id=organisation.id), county.person(organisation_id=organisation.id, town="Luleå"),
        county.person(),
    )  # fmt: skip
    homes = [load_of(county.session, person, YEAR).home for person in (at_home, elsewhere, unknown)]
    assert homes == ["Kiruna", "Luleå", None]


def test_absences_of_the_year_are_known(county: County):
    person = county.person()
    add_absence(county.session, county.actor, county.now, person, from_on=DAY, to_on=NEXT, today=date(YEAR, 1, 1))
    assert load_of(county.session, person, YEAR).away == ((DAY, NEXT),)


def test_first_substitute_who_is_at_neither_meeting_could_go_instead(county: County):
    person, busy, free = county.person(), county.person("Berit Bok"), county.person("Fredrik Fri")
    one, other = county.forum(), county.forum()
    county.seat(one, person)
    county.seat(other, person)
    county.seat(other, busy)
    for substitute in (busy, free):
        county.seat(one, substitute, kind="substitute")
    meetings = [county.meeting(one), county.meeting(other)]
    load = load_of(county.session, person, YEAR)
    assert substitutes_in(county.session, load, [meeting.id for meeting in meetings]) == {meetings[0].id: "Fredrik Fri"}


def test_journey_is_shared_by_those_who_are_expected_at_both(county: County):
    home = county.organisation(municipality="Luleå")
    people = [county.person(organisation_id=home.id) for _n in range(3)]
    one, other, third = county.forum(), county.forum(), county.forum()
    for person in people[:2]:
        county.seat(one, person)
    for person in people:
        county.seat(other, person)
    kiruna = county.place(town="Kiruna")
    first = county.meeting(one, DAY, time(9), place_id=kiruna.id)
    second = county.meeting(other, NEXT, time(13), place_id=kiruna.id)

    def found() -> list[tuple[str, date, int]]:
        load = load_of(county.session, people[0], YEAR)
        own = gatherings_of(load, date(YEAR, 1, 1), {first.id, second.id})
        known = days_around(county.session, load, own)
        return [(t.moved, t.on, t.saved) for t in trips(own, people[0].id, known, lambda _a, _b: 300, is_working_day)]

    assert found() == [(f"m{first.id}", NEXT, 2)]
    county.seat(third, people[1])
    county.meeting(third, NEXT, time(8, 30), place_id=kiruna.id)
    assert found() == [(f"m{second.id}", DAY, 2)]


def test_meeting_led_without_a_seat_keeps_its_day(county: County):
    person, office, kiruna = county.person(town="Luleå"), county.office(), county.place(town="Kiruna")
    county.hold(office, person)
    forums = [county.forum(lead_office_id=office.id) for _n in range(3)]
    for forum, on, hour, place in (
        (forums[0], DAY, 9, kiruna), (forums[1], NEXT, 13, kiruna), (forums[2], NEXT, 8, county.place(town="Luleå")),
    ):  # fmt: skip
        county.meeting(forum, on, time(hour), place_id=place.id)
    load = load_of(county.session, person, YEAR)
    own = gatherings_of(load, date(YEAR, 1, 1), load.meetings)
    known = days_around(county.session, load, own)
    found = trips(own, person.id, known, lambda _a, _b: 300, is_working_day)
    assert [(trip.on, trip.saved) for trip in found] == [(DAY, 1)]


def test_questions_do_not_grow_with_the_meetings(county: County):
    person, office = county.person(town="Luleå"), county.office()
    county.hold(office, person)
    counts = []
    for n in range(3):
        for m in range(1 + 3 * n):
            forum = county.forum(lead_office_id=office.id if m % 2 else None)
            county.seat(forum, person)
            county.seat(forum, county.person(), kind="substitute")
            county.meeting(forum, DAY + timedelta(days=7 * n + m), place_id=county.place(town="Kiruna").id)
        county.session.flush()
        county.session.expire_all()
        with counted(county.session) as sent:
            load = load_of(county.session, person, YEAR)
            substitutes_in(county.session, load, load.meetings)
            days_around(county.session, load, gatherings_of(load, DAY, load.meetings))
        counts.append(len(sent))
    assert counts[1] == counts[2]


def test_chair_who_is_not_on_the_list_of_a_called_meeting_is_not_expected(county: County):
    forum, called, chair = county.forum(), county.person(), county.person()
    county.seat(forum, called)
    meeting = county.meeting(forum)
    call_meeting(county.session, county.actor, county.now, meeting, version=meeting.version, site=SITE)
    county.seat(forum, chair, function="chair")
    assert year_of(county, called) == {meeting.id: False}
    assert year_of(county, chair) == {}


def test_loads_of_all_people_are_read_in_as_many_queries_whoever_there_is(county: County):
    def add_people(count: int) -> int:
        for _n in range(count):
            forum, office = county.forum(), county.office()
            county.seat(forum, "Sits Here")
            county.hold(office, county.person())
            forum.lead_office_id = office.id
            county.meeting(forum)
        county.session.flush()
        county.session.expire_all()
        with counted(county.session) as sent:
            year_loads(county.session, YEAR)
        return len(sent)

    assert add_people(2) == add_people(8)


def test_protected_person_is_named_by_no_list_of_loads(county: County):
    hidden, open_one = county.person("Hemlig Person", protected=True), county.person("Öppen Person")
    named = people_of(county.session, {hidden.id, open_one.id})
    assert (named[hidden.id].name, named[open_one.id].name) == ("ledamot", "Öppen Person")
