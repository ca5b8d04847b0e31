"""What speaks against a date: each kind judged from values, then found in the database (M7)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from scheduler.errors import Refused
from scheduler.forums.seat_models import SubstituteOrder
from scheduler.i18n import use_language
from scheduler.meetings.actions import InviteeChoice, call_meeting, cancel_meeting, move_meeting, set_invitees
from scheduler.meetings.conflict_rules import Circumstances, Conflict, Guest, Other, judge
from scheduler.meetings.conflicts import Proposal, find_conflicts
from scheduler.meetings.times import local_span
from scheduler.places.busy_models import BusySource, BusyTime
from scheduler.places.busy_rules import Taken
from scheduler.places.models import BlockedPeriod
from scheduler.places.rules import Blocked
from scheduler.workdays.observances import day_marks
from tests.meetings.county import DAY, SITE, County, counted

STOCKHOLM = "Europe/Stockholm"
ASK = {"version": None, "site": SITE}


def span(on: date = DAY, start: str = "10:00", end: str = "12:00", last_on: date | None = None):
    return local_span(on, time.fromisoformat(start), time.fromisoformat(end), last_on, STOCKHOLM)


def guests(*names: str, **values) -> list[Guest]:
    return [Guest(n, name, **values) for n, name in enumerate(names, start=1)]


def other(start: str = "11:00", end: str = "13:00", people=(1,), town="Luleå", **values) -> Other:
    given = {"meeting_id": 7, "span": span(DAY, start, end), "is_proposal": False, "person_ids": frozenset(people)}
    return Other(**(given | {"town": town} | values))


def blocked(**values) -> Blocked:
    given = {
        "id": 1, "scope": "all", "scope_id": None, "from_on": DAY, "to_on": DAY, "from_at": None, "to_at": None,
        "kind": "break", "name": "Sportlov", "hard": False,
    }  # fmt: skip
    return Blocked(**(given | values))


def taken(person_id: int, start: str = "11:00", end: str = "11:30", *, tentative: bool = False) -> Taken:
    within = span(DAY, start, end)
    return Taken(person_id, within.start_at, within.end_at, tentative)


def judged(**known) -> list[tuple[str, str, str]]:
    known.setdefault("span", span())
    return [(found.kind, found.severity, str(found)) for found in judge(Circumstances(**known))]


HOUSE = {"place_name": "Regionhuset", "place_ids": frozenset({3})}
BUSY = datetime(2027, 2, 11, 9, tzinfo=UTC), datetime(2027, 2, 11, 10, tzinfo=UTC)
BEFORE = datetime(2027, 2, 11, 7, tzinfo=UTC), datetime(2027, 2, 11, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("known", "found"),
    [
        ({}, []),
        ({"guests": guests("Anna Ek"), "others": [other(people=[2])]}, []),
        ({"guests": guests("Anna Ek"), "others": [other("12:00", "13:00")]}, []),
        (
            {"guests": guests("Anna Ek"), "others": [other()]},
            [("people", "serious", "1 person är dubbelbokad: Anna Ek.")],
        ),
        (
            {
                "guests": guests("Anna Ek", "Bo Ek", "Cia Ek"),
                "others": [other(people=[1, 2, 3])],
                "substitutes": {1: "Dan Ek", 3: "Eva Ek"},
            },
            [("people", "serious", "3 personer är dubbelbokade: Anna Ek, Bo Ek, Cia Ek (2 har ersättare).")],
        ),
        ({"guests": guests("Anna Ek", is_substitute=True), "others": [other()]}, []),
        (
            {"guests": guests("Anna Ek"), "others": [other(is_proposal=True)]},
            [("people", "mild", "1 person har ett föreslaget möte samtidigt: Anna Ek.")],
        ),
        (
            {"guests": guests("Anna Ek"), "others": [other("14:00", "15:00", town="Kiruna")], "town": "Luleå"},
            [("town", "mild", "1 person har möte i Kiruna samma dag: Anna Ek.")],
        ),
        ({"guests": guests("Anna Ek"), "others": [other("14:00", "15:00", town="Kiruna")]}, []),
        ({"guests": guests("Anna Ek"), "others": [other("14:00", "15:00", town=None)], "town": "Luleå"}, []),
        ({"span": span(date(2027, 2, 13))}, [("day", "serious", "Lördag 13 februari är helg.")]),
        (
            {"blocked": [blocked()]},
            [("blocked", "mild", "Sportlov.")],
        ),
        (
            {
                "blocked": [blocked(scope="organisation", scope_id=5, kind="council", name="Fullmäktige", hard=True)],
                "names": {("organisation", 5): "Luleå kommun"},
            },
            [("blocked", "serious", "Luleå kommun: Fullmäktige.")],
        ),
        (
            {
                "blocked": [blocked(scope="person", scope_id=1, kind="away", name="Operation", hard=True)],
                "names": {("person", 1): "Anna Ek"},
            },
            [("blocked", "serious", "Anna Ek är borta eller upptagen.")],
        ),
        (
            {"guests": guests("Anna Ek", "Bo Ek", "Cia Ek"), "taken": [taken(1), taken(2), taken(9)],
             "substitutes": {2: "Dan Ek"}},
            [("busy", "serious", "2 personer har annat i sin kalender: Anna Ek, Bo Ek (1 har ersättare).")],
        ),
        (
            {"guests": guests("Anna Ek", "Bo Ek"), "taken": [taken(1, tentative=True), taken(2, tentative=True)]},
            [("busy", "mild", "2 personer är kanske upptagna: Anna Ek, Bo Ek.")],
        ),
        (
            {"guests": guests("Anna Ek", "Bo Ek"), "taken": [taken(1, tentative=True), taken(2)]},
            [
                ("busy", "serious", "1 person har annat i sin kalender: Bo Ek."),
                ("busy", "mild", "1 person är kanske upptagen: Anna Ek."),
            ],
        ),
        # By one of two calendars for certain, by the other perhaps.
        (
            {"guests": guests("Anna Ek"), "taken": [taken(1, tentative=True), taken(1), taken(1, tentative=True)]},
            [("busy", "serious", "1 person har annat i sin kalender: Anna Ek.")],
        ),
        # Half-open: what ends as the meeting begins, or begins as it ends, is no clash.
        ({"guests": guests("Anna Ek"), "taken": [taken(1, "09:00", "10:00"), taken(1, "12:00", "13:00")]}, []),
        ({"guests": guests("Anna Ek", is_substitute=True), "taken": [taken(1)]}, []),
        # Our own meeting says more than the calendar it was copied into.
        (
            {"guests": guests("Anna Ek"), "others": [other()], "taken": [taken(1)]},
            [("people", "serious", "1 person är dubbelbokad: Anna Ek.")],
        ),
        (
            {"guests": guests("Anna Ek"), "others": [other(is_proposal=True)], "taken": [taken(1)]},
            [
                ("busy", "serious", "1 person har annat i sin kalender: Anna Ek."),
                ("people", "mild", "1 person har ett föreslaget möte samtidigt: Anna Ek."),
            ],
        ),
        ({"blocked": [blocked(from_at=BEFORE[0], to_at=BEFORE[1])]}, []),
        ({"blocked": [blocked(from_at=BUSY[0], to_at=BUSY[1], name="Konsert")]}, [("blocked", "mild", "Konsert.")]),
        ({"blocked": [blocked(kind="closed", name="Stängt", hard=True)]}, []),
        ({"blocked": [blocked(from_on=date(2027, 2, 12), to_on=date(2027, 2, 12))]}, []),
        ({"call_by": date(2027, 1, 14), "today": date(2027, 1, 14)}, []),
        (
            {"call_by": date(2027, 1, 14), "today": date(2027, 1, 15)},
            [("notice", "serious", "Kallelsen skulle ha gått ut senast torsdag 14 januari.")],
        ),
        ({"neighbours": [(date(2027, 1, 14), 28)]}, []),
        (
            {"neighbours": [(date(2027, 1, 15), 28), (date(2027, 2, 12), 28)]},
            [
                ("gap", "serious", "Det är 27 dagar till forumets möte fredag 15 januari, minst 28 krävs."),
                ("gap", "serious", "Det är 1 dag till forumets möte fredag 12 februari, minst 28 krävs."),
            ],
        ),
        (
            HOUSE | {"others": [other(place_ids=frozenset({3}))]},
            [("place", "serious", "Regionhuset är upptagen 11.00–13.00.")],
        ),
        (HOUSE | {"others": [other("12:00", "13:00", place_ids=frozenset({3}))]}, []),
        (HOUSE | {"room": "sal a", "others": [other(place_ids=frozenset({3}), room="sal b")]}, []),
        (
            HOUSE | {"room": "sal a", "others": [other(place_ids=frozenset({3}))]},
            [("place", "serious", "Regionhuset är upptagen 11.00–13.00.")],
        ),
        (
            HOUSE | {"guests": guests("Anna", "Bo", "Cia"), "capacity": 2},
            [("capacity", "mild", "Regionhuset rymmer 2 personer och 3 är inbjudna.")],
        ),
        (HOUSE | {"guests": guests("Anna", "Bo"), "capacity": 2}, []),
    ],
)  # fmt: skip
def test_each_kind_of_conflict(known, found):
    assert judged(**known) == found


@pytest.mark.parametrize(
    ("day", "severity", "sentence"),
    [
        (date(2027, 1, 6), "serious", "Onsdag 6 januari: Trettondedag jul."),
        (date(2027, 6, 25), "serious", "Fredag 25 juni: Midsommarafton."),
        (date(2027, 3, 25), "mild", "Torsdag 25 mars: Skärtorsdagen."),
        (date(2027, 5, 7), "mild", "Fredag 7 maj: Klämdag."),
        (date(2027, 3, 9), "mild", "Tisdag 9 mars: Sportlov."),
    ],
)
def test_what_the_almanac_says_of_the_day(day, severity, sentence):
    assert judged(span=span(day), marks={day: day_marks(day)}) == [("day", severity, sentence)]


def test_a_meeting_over_a_weekend_names_each_day():
    found = judged(span=span(date(2027, 2, 12), last_on=date(2027, 2, 14)))
    assert [sentence for _, _, sentence in found] == ["Lördag 13 februari är helg.", "Söndag 14 februari är helg."]


def test_the_serious_come_first_and_every_kind_speaks_english():
    known = Circumstances(
        span=span(date(2027, 2, 13)),
        guests=guests("Anna Ek"),
        others=[other(is_proposal=True, span=span(date(2027, 2, 13)), place_ids=frozenset({3}))],
        call_by=date(2027, 1, 14),
        today=date(2027, 1, 15),
        **HOUSE,
    )
    found = judge(known)
    assert [conflict.severity for conflict in found] == ["serious", "serious", "mild", "mild"]
    with use_language("en"):
        assert [str(conflict) for conflict in found] == [
            "Saturday 13 February is a weekend.",
            "The summons should have gone out by Thursday 14 January.",
            "1 person has a proposed meeting at the same time: Anna Ek.",
            "Regionhuset is taken 10:00–12:00.",
        ]


def test_many_names_are_counted():
    names = [f"Person {n}" for n in range(1, 12)]
    found = judged(guests=guests(*names), others=[other(people=range(1, 12))])
    assert found[0][2].startswith("11 personer är dubbelbokade: Person 1, ")
    assert found[0][2].endswith("Person 8 och 3 till.")


# ---------------------------------------------------------------- found in the database


def found_for(
    county: County, forum, on: date = DAY, start: str = "10:00", end: str = "12:00", **values
) -> list[Conflict]:
    proposal = Proposal(forums=values.pop("forums", [forum]), span=span(on, start, end), **values)
    return find_conflicts(county.session, proposal, county.now)


def told(found: list[Conflict]) -> list[str]:
    return [str(conflict) for conflict in found]


def test_people_on_seats_of_two_forums_are_double_booked_and_their_substitutes_named(county: County):
    board, other_forum = county.forum(), county.forum()
    anna, bo, cia = (county.person(name) for name in ("Anna Ek", "Bo Ek", "Cia Ek"))
    first = county.seat(board, anna)
    county.seat(board, bo)
    county.seat(board, cia)
    county.seat(board, "Dan Personlig", kind="substitute", personal_for_id=first.id)
    for person in (anna, bo):
        county.seat(other_forum, person)
    county.seat(other_forum, cia, kind="substitute")
    clashing = county.meeting(other_forum, start=time(11))
    found = found_for(county, board)
    assert told(found) == ["2 personer är dubbelbokade: Anna Ek, Bo Ek (1 har ersättare)."]
    assert [(clash.name, clash.substitute, clash.meeting_id) for clash in found[0].clashes] == [
        ("Anna Ek", "Dan Personlig", clashing.id),
        ("Bo Ek", None, clashing.id),
    ]


def test_a_substitute_who_is_busy_too_covers_nobody(county: County):
    board, other_forum = county.forum(), county.forum()
    anna, dan = county.person("Anna Ek"), county.person("Dan Ek")
    county.seat(board, anna)
    county.seat(board, dan, kind="substitute")
    county.seat(other_forum, anna)
    county.seat(other_forum, dan)
    county.meeting(other_forum)
    assert told(found_for(county, board)) == ["1 person är dubbelbokad: Anna Ek."]


@pytest.mark.parametrize("what", ["cancelled", "another day", "per capsulam", "itself"])
def test_what_is_no_clash(county: County, session, actor, now, what):
    board = county.forum()
    county.seat(board, "Anna Ek")
    if what == "another day":
        meeting = county.meeting(board, DAY + timedelta(days=1))
    else:
        meeting = county.meeting(board, kind="per_capsulam" if what == "per capsulam" else None)
    if what == "cancelled":
        cancel_meeting(session, actor, now, meeting, reason="x", **ASK)
    assert found_for(county, board, meeting_id=meeting.id if what == "itself" else None) == []


def test_those_on_the_list_count_and_not_those_on_the_seats(county: County, session, actor, now):
    board, talks = county.forum(), county.forum(invitees_per_meeting=True)
    anna = county.person("Anna Ek")
    county.seat(board, anna)
    talk = county.meeting(talks)
    assert found_for(county, board) == []
    set_invitees(session, actor, now, talk, invitees=[InviteeChoice(person_id=anna.id)], **ASK)
    assert told(found_for(county, board)) == ["1 person är dubbelbokad: Anna Ek."]
    assert told(find_conflicts(session, Proposal.of(talk), now)) == []
    county.meeting(board)
    assert told(find_conflicts(session, Proposal.of(talk), now)) == ["1 person är dubbelbokad: Anna Ek."]


def test_a_joint_meeting_asks_for_everybody(county: County):
    first, second, third = county.forum(), county.forum(), county.forum()
    anna = county.person("Anna Ek")
    county.seat(second, anna)
    county.seat(third, anna)
    county.meeting(third)
    assert found_for(county, first) == []
    assert told(found_for(county, first, forums=[first, second])) == ["1 person är dubbelbokad: Anna Ek."]


def test_another_town_the_same_day(county: County):
    board, other_forum = county.forum(), county.forum()
    anna = county.person("Anna Ek")
    county.seat(board, anna)
    county.seat(other_forum, anna)
    county.meeting(other_forum, start=time(14), place_id=county.place("Stadshuset", "Kiruna").id)
    lulea = county.place("Regionhuset")
    assert told(found_for(county, board, place=lulea)) == ["1 person har möte i Kiruna samma dag: Anna Ek."]
    assert found_for(county, board, place=lulea, mode="remote") == []


def test_closed_and_blocked_days_of_all_organisation_person_and_place(county: County):
    forum, lulea, house = county.forum(), county.organisation("Luleå kommun"), county.place("Regionhuset")
    anna = county.person("Anna Ek")
    county.seat(forum, anna, organisation_id=lulea.id)
    day = {"from_on": DAY, "to_on": DAY}
    county.add(BlockedPeriod(kind="closed", name="Stängt", **day))
    county.add(BlockedPeriod(kind="council", name="Fullmäktige", organisation_id=lulea.id, **day))
    county.add(BlockedPeriod(kind="council", name="Annans", organisation_id=county.organisation().id, **day))
    county.add(BlockedPeriod(kind="away", name="Hemligt", person_id=anna.id, hard=False, **day))
    county.add(BlockedPeriod(kind="closed", name="Ombyggnad", place_id=house.id, **day))
    assert told(found_for(county, forum, place=house)) == [
        "Torsdag 11 februari: Stängt.",
        "Luleå kommun: Fullmäktige.",
        "Regionhuset: Ombyggnad.",
        "Anna Ek är borta eller upptagen.",
    ]


def in_own_calendar(county: County, person, start: str, end: str, *, tentative: bool = False) -> None:
    source = county.add(
        BusySource(
            person_id=person.id, kind="file", name="x", created_at=county.now, fetched_at=county.now,
            checked_at=county.now,
        )
    )  # fmt: skip
    within = span(DAY, start, end)
    county.add(BusyTime(source_id=source.id, start_at=within.start_at, end_at=within.end_at, tentative=tentative))


def test_own_calendars_count_and_tell_nothing_more(county: County):
    board = county.forum()
    anna, bo, cia, dan = (county.person(name) for name in ("Anna Ek", "Bo Ek", "Cia Ek", "Dan Ek"))
    for person in (anna, bo, cia):
        county.seat(board, person)
    county.seat(board, dan, kind="substitute")
    in_own_calendar(county, anna, "11:00", "14:00")
    in_own_calendar(county, bo, "08:00", "10:30", tentative=True)
    in_own_calendar(county, cia, "12:00", "14:00")
    found = found_for(county, board)
    assert told(found) == [
        "1 person har annat i sin kalender: Anna Ek (1 har ersättare).",
        "1 person är kanske upptagen: Bo Ek.",
    ]
    assert [clash.meeting_id for conflict in found for clash in conflict.clashes] == [None, None]
    assert found_for(county, board, kind="per_capsulam") == []
    with use_language("en"):
        assert told(found) == [
            "1 person has something else in their calendar: Anna Ek (1 has a substitute).",
            "1 person may be busy: Bo Ek.",
        ]


def test_substitute_who_is_busy_by_their_calendar_covers_nobody(county: County):
    board = county.forum()
    anna, dan = county.person("Anna Ek"), county.person("Dan Ek")
    county.seat(board, anna)
    county.seat(board, dan, kind="substitute")
    for person in (anna, dan):
        in_own_calendar(county, person, "10:00", "12:00")
    assert told(found_for(county, board)) == ["1 person har annat i sin kalender: Anna Ek."]


@pytest.mark.parametrize(
    ("notice", "unit", "on", "called", "told_by"),
    [
        (21, "calendar_days", date(2026, 12, 11), False, "fredag 20 november"),
        (21, "calendar_days", date(2026, 12, 15), False, None),
        (14, "calendar_days", date(2026, 12, 4), False, "fredag 20 november"),
        (5, "working_days", date(2026, 11, 26), False, "torsdag 19 november"),
        (21, "calendar_days", date(2026, 12, 11), True, None),
        (0, "calendar_days", date(2026, 11, 24), False, None),
    ],
)
def test_the_last_day_of_the_summons_is_told_when_it_has_passed(county: County, notice, unit, on, called, told_by):
    forum = county.forum(notice_n=notice, notice_unit=unit)
    expected = [f"Kallelsen skulle ha gått ut senast {told_by}."] if told_by else []
    assert told(found_for(county, forum, on, is_called=called)) == expected


def test_the_notice_of_the_kind_holds_where_the_forum_has_none(county: County):
    forum = county.forum(kind="natverk", notice_n=None, notice_unit=None)
    assert forum.kind.notice_n == 21
    assert told(found_for(county, forum, date(2026, 12, 10))) == [
        "Kallelsen skulle ha gått ut senast torsdag 19 november."
    ]


def test_the_forums_own_meetings_need_their_gap(county: County, session, actor, now):
    forum = county.forum(min_gap_days=28)
    county.meeting(forum, date(2027, 1, 21))
    cancelled = county.meeting(forum, date(2027, 2, 18))
    cancel_meeting(session, actor, now, cancelled, reason="x", **ASK)
    assert told(found_for(county, forum)) == ["Det är 21 dagar till forumets möte torsdag 21 januari, minst 28 krävs."]
    assert found_for(county, forum, date(2027, 2, 18)) == []


def test_substitutes_are_named_in_the_decided_order(county: County):
    board, other_forum = county.forum(), county.forum()
    anna = county.person("Anna Ek")
    county.seat(board, anna)
    county.seat(other_forum, anna)
    county.seat(board, "Först Ivägen", kind="substitute")
    second = county.seat(board, "Beslutad Först", kind="substitute")
    county.add(SubstituteOrder(forum_id=board.id, position=1, substitute_seat_id=second.id))
    county.meeting(other_forum)
    assert [clash.substitute for clash in found_for(county, board)[0].clashes] == ["Beslutad Först"]


def test_a_written_procedure_meets_nobody_and_keeps_no_gap(county: County):
    forum, other_forum = county.forum(min_gap_days=28), county.forum()
    anna = county.person("Anna Ek")
    county.seat(forum, anna)
    county.seat(other_forum, anna)
    county.meeting(other_forum)
    county.meeting(forum, date(2027, 2, 4))
    assert found_for(county, forum, kind="per_capsulam") == []


def test_a_meeting_is_no_neighbour_of_itself(county: County):
    forum = county.forum(min_gap_days=28)
    meeting = county.meeting(forum)
    assert found_for(county, forum, date(2027, 2, 18), meeting_id=meeting.id) == []


def test_talks_whose_guests_are_not_chosen_yet_clash_with_nobody(county: County):
    talks, other_forum = county.forum(invitees_per_meeting=True), county.forum()
    anna = county.person("Anna Ek")
    county.seat(talks, anna)
    county.seat(other_forum, anna)
    county.meeting(other_forum)
    assert found_for(county, talks) == []


def test_a_room_is_taken_together_with_its_house(county: County):
    first, second = county.forum(), county.forum()
    house = county.place("Regionhuset")
    room = county.place("Sal A", part_of_id=house.id)
    county.meeting(first, place_id=room.id)
    assert told(found_for(county, second, place=house)) == ["Regionhuset är upptagen 10.00–12.00."]
    assert found_for(county, second, place=county.place("Teams", None, online=True)) == []


def test_an_online_place_is_never_full(county: County):
    first, second = county.forum(), county.forum()
    teams = county.place("Teams", None, online=True)
    county.meeting(first, place_id=teams.id, mode="remote")
    assert found_for(county, second, place=teams, mode="remote") == []


def test_a_time_that_has_passed_is_not_judged(county: County):
    assert found_for(county, county.forum(), date(2026, 11, 21)) == []


def test_moving_into_a_clash_needs_a_reason_too(county: County, session, actor, now):
    forum = county.forum()
    meeting = county.meeting(forum)
    with pytest.raises(Refused) as refused:
        move_meeting(session, actor, now, meeting, on=date(2027, 2, 13), **ASK)
    assert [problem.field for problem in refused.value.problems] == ["override_reason"]
    move_meeting(session, actor, now, meeting, on=date(2027, 2, 13), override_reason="Läger", **ASK)
    assert meeting.local_on == date(2027, 2, 13)


@pytest.mark.parametrize("n", [1, 3])
def test_judging_costs_the_same_whoever_is_invited(county: County, session, actor, now, n):
    board, house = county.forum(min_gap_days=7), county.place("Regionhuset")
    for _ in range(n):
        person, clashing, called = county.person(), county.forum(), county.forum()
        county.seat(board, person)
        county.seat(board, county.person(), kind="substitute")
        county.seat(clashing, person)
        county.seat(called, person)
        county.meeting(clashing, place_id=house.id)
        call_meeting(session, actor, now, county.meeting(called), **ASK)
    session.flush()
    proposal = Proposal(forums=[board], span=span(), place=house)
    with counted(session) as sent:
        found = find_conflicts(session, proposal, now)
    assert len(found[0].clashes) == n
    assert len(sent) == 17
