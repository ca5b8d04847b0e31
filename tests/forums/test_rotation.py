"""Whose turn it is: the order by years and by meetings, skips and swaps, hand-over; leads and secretariats."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.forums.models import Rotation, RotationEntry, Turn
from scheduler.forums.rotating import hand_over, remove_rotation, set_rotation, skip_turn, swap_turns
from scheduler.forums.rotation import lead_of, leads_of, next_turns, secretariat_of, turn_on, turns_of
from scheduler.history.queries import history_of
from scheduler.i18n import use_language
from scheduler.organisations.offices import begin_holding, create_office
from tests.organisations.making import appointment, counted, forum, kinds, organisation, person, refused, seat

NEW_YEAR = date(2026, 1, 1)
TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def _kinds(request):
    if "session" in request.fixturenames:
        kinds(request.getfixturevalue("session"))


def order(letters="ABC", *, unit="year", every=1, start_on=NEW_YEAR, turns=()):
    """A rotation outside any database; ``turns`` are (letter, from, to, status)."""
    entries = {letter: RotationEntry(position=n, retired=False) for n, letter in enumerate(letters)}
    rotation = Rotation(unit=unit, every=every, start_on=start_on, entries=list(entries.values()))
    rotation.turns = [Turn(entry=entries[who], from_on=a, to_on=b, status=status) for who, a, b, status in turns]
    rotation.letters = {id(entry): letter for letter, entry in entries.items()}
    return rotation


def served(rotation, count=7):
    """Whose the first turns are."""
    return "".join(rotation.letters[id(turn.entry)] for turn in islice(turns_of(rotation), count))


def year(n):
    return date(n, 1, 1), date(n, 12, 31)


@pytest.mark.parametrize(
    ("why", "rotation", "turns"),
    [
        ("the plain order", order(), "ABCABCA"),
        ("one alone", order("A"), "AAAAAAA"),
        ("nobody", order(""), ""),
        ("no first day", order(start_on=None), ""),
        ("A passes in 2026: the order goes on from B", order(turns=[("B", *year(2026), "skipped")]), "BCABCAB"),
        ("B passes in 2027", order(turns=[("C", *year(2027), "skipped")]), "ACABCAB"),
        ("A and B change places", order(turns=[("B", *year(2026), "swapped")]), "BACABCA"),
        ("A and C change places", order(turns=[("C", *year(2026), "swapped")]), "CBAABCA"),
        ("two change places", order("AB", turns=[("B", *year(2026), "swapped")]), "BAABABA"),
        ("a swap, and then C passes", order(turns=[("B", *year(2026), "swapped"), ("A", *year(2028), "skipped")]),
         "BAABCAB"),
        ("a swap within a swap",
         order("ABCD", turns=[("C", *year(2026), "swapped"), ("A", *year(2027), "swapped")]), "CABDABC"),
        ("what was served stands, in order", order(turns=[("A", *year(2026), "planned")]), "ABCABCA"),
        ("what was served stands, out of order", order(turns=[("C", *year(2026), "planned")]), "CABCABC"),
        ("a served part of a turn, then somebody else",
         order(turns=[("A", NEW_YEAR, date(2026, 6, 30), "planned"),
                      ("B", date(2026, 7, 1), date(2026, 12, 31), "skipped")]), "ABCABCA"),
    ],
)  # fmt: skip
def test_order(why, rotation, turns):
    assert served(rotation) == turns, why


@pytest.mark.parametrize(
    ("day", "letter"),
    [
        (date(2025, 12, 31), None),
        (date(2026, 1, 1), "A"),
        (date(2026, 12, 31), "A"),
        (date(2027, 1, 1), "B"),
        (date(2029, 6, 1), "A"),
        (date(2126, 1, 1), "B"),
    ],
)
def test_turn_moves_on_its_date(day, letter):
    rotation = order()
    entry = turn_on(rotation, day)
    assert (entry and rotation.letters[id(entry)]) == letter


def test_turns_of_several_years_from_a_leap_day():
    rotation = order("AB", every=2, start_on=date(2024, 2, 29))
    assert [(turn.from_on, turn.to_on) for turn in islice(turns_of(rotation), 3)] == [
        (date(2024, 2, 29), date(2026, 2, 27)),
        (date(2026, 2, 28), date(2028, 2, 27)),
        (date(2028, 2, 28), date(2030, 2, 27)),
    ]


def test_turns_by_meeting_end_with_their_meetings():
    rotation = order(unit="meeting", turns=[("A", NEW_YEAR, date(2026, 2, 12), "planned")])
    assert [rotation.letters[id(turn_on(rotation, day))] for day in (date(2026, 2, 12), date(2026, 2, 13), TODAY)] == [
        "A",
        "B",
        "B",
    ]
    assert [(turn.from_on, turn.to_on) for turn in next_turns(rotation, TODAY)] == [
        (date(2026, 2, 13), None),
        (None, None),
        (None, None),
        (None, None),
    ]


letters = st.sampled_from("ABCD")


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 4),
    st.lists(st.tuples(st.integers(0, 9), letters, st.sampled_from(["planned", "skipped", "swapped"])), max_size=5),
)
def test_turns_follow_each_other_without_gap_and_everybody_comes_again(size, departures):
    names = "ABCD"[:size]
    stored = {n: (who, *year(2026 + n), status) for n, who, status in departures if who in names}
    rotation = order(names, turns=[stored[n] for n in sorted(stored)])
    turns = list(islice(turns_of(rotation), 30))
    assert [(turn.from_on, turn.to_on) for turn in turns] == [year(2026 + n) for n in range(30)]
    assert set(served(rotation, 30)[10 + size :]) == set(names)
    for n, (who, *_rest) in stored.items():
        assert served(rotation, 30)[n] == who


# ---------------------------------------------------------------- changing it


def beredning(session):
    region, others = organisation(session), organisation(session, "Norrbottens Kommuner", "kommunforbund")
    return forum(session, "Tillväxtberedningen", "beredning"), region, others


def rotate(session, actor, now, row, *who, start_on=NEW_YEAR, **given):
    entries = [("organisation", each.id) for each in who]
    return set_rotation(
        session, actor, now, row, entries=entries, start_on=start_on, **{"task": "secretariat", **given}
    )


def coming(rotation, day=TODAY, count=4):
    return [
        (turn.entry.organisation.name, turn.from_on and turn.from_on.year) for turn in next_turns(rotation, day, count)
    ]


def test_chair_and_secretariat_move_on_the_first_of_january(session, actor, now):
    row, region, others = beredning(session)
    row.secretariat = region
    rotate(session, actor, now, row, region, others)
    rotate(session, actor, now, row, region, others, task="chair")
    session.expire_all()
    for day, keeper in ((date(2026, 12, 31), region), (date(2027, 1, 1), others), (date(2028, 1, 1), region)):
        assert secretariat_of(session, [row], day) == {row.id: keeper.id}
        assert lead_of(session, row, day).organisation_name == keeper.name


def test_secretariat_is_the_forums_own_where_nobody_has_a_turn(session, actor, now):
    row, region, others = beredning(session)
    row.secretariat = region
    rotate(session, actor, now, row, others, start_on=date(2027, 1, 1))
    plain = forum(session, "Dansrådet", "rad")
    assert secretariat_of(session, [row, plain], TODAY) == {row.id: region.id, plain.id: None}


def test_secretariat_of_a_person_is_that_of_the_home_organisation(session, actor, now):
    row, region, _others = beredning(session)
    who = person(session, organisation_id=region.id)
    set_rotation(session, actor, now, row, task="secretariat", entries=[("person", who.id)], start_on=date(2026, 1, 1))
    assert secretariat_of(session, [row], TODAY) == {row.id: region.id}


def test_rotation_says_what_is_wrong(session, actor, now):
    row, region, _others = beredning(session)
    with refused(
        ("task", "Välj något i listan"),
        ("unit", "Välj något i listan"),
        ("every", "Ange ett heltal mellan 1 och 20"),
        ("start_on", "Ange från vilken dag ordningen gäller"),
        ("entries", "Välj vilka som turas om, var och en en gång"),
    ):
        rotate(session, actor, now, row, task="kaffe", unit="week", every=0, start_on=None)
    with refused(("entries", "Välj vilka som turas om, var och en en gång")):
        rotate(session, actor, now, row, region, region)
    with refused(("every", "En tur som följer mötena gäller ett möte")):
        rotate(session, actor, now, row, region, unit="meeting", every=2)


def test_skip_lets_the_order_go_on_from_the_next(session, actor, now):
    row, region, others = beredning(session)
    third = organisation(session, "Luleå kommun", "kommun")
    rotation = rotate(session, actor, now, row, region, others, third)
    turns = skip_turn(session, actor, now, row, rotation, on=date(2027, 5, 1))
    assert [turn.entry.organisation.name for turn in turns] == [
        "Luleå kommun",
        "Region Norrbotten",
        "Norrbottens Kommuner",
        "Luleå kommun",
    ]
    entry = history_of(session, "forum", row.id)[0]
    assert (entry.action, entry.before["entry"], entry.after["entry"], entry.after["from_on"]) == (
        "rotation.skipped",
        "Norrbottens Kommuner",
        "Luleå kommun",
        "2027-01-01",
    )


def test_skip_of_a_turn_being_served_leaves_the_days_before_today(session, actor, now):
    row, region, others = beredning(session)
    rotation = rotate(session, actor, now, row, region, others)
    skip_turn(session, actor, now, row, rotation, on=TODAY)
    session.expire_all()
    assert secretariat_of(session, [row], date(2026, 11, 21)) == {row.id: region.id}
    assert secretariat_of(session, [row], TODAY) == {row.id: others.id}
    assert coming(rotation) == [
        ("Norrbottens Kommuner", 2026),
        ("Region Norrbotten", 2027),
        ("Norrbottens Kommuner", 2028),
        ("Region Norrbotten", 2029),
    ]


def test_skip_twice_goes_two_on(session, actor, now):
    row, region, others = beredning(session)
    third = organisation(session, "Luleå kommun", "kommun")
    rotation = rotate(session, actor, now, row, region, others, third)
    for _ in range(2):
        skip_turn(session, actor, now, row, rotation, on=date(2027, 5, 1))
    assert coming(rotation, date(2027, 1, 1), 2) == [("Region Norrbotten", 2027), ("Norrbottens Kommuner", 2028)]
    assert len(rotation.turns) == 1


def test_swap_changes_two_and_leaves_those_between(session, actor, now):
    row, region, others = beredning(session)
    third = organisation(session, "Luleå kommun", "kommun")
    rotation = rotate(session, actor, now, row, region, others, third)
    taker = next(entry for entry in rotation.entries if entry.organisation is region)
    swap_turns(session, actor, now, row, rotation, on=date(2027, 5, 1), entry_id=taker.id)
    assert coming(rotation, date(2027, 1, 1)) == [
        ("Region Norrbotten", 2027),
        ("Luleå kommun", 2028),
        ("Norrbottens Kommuner", 2029),
        ("Norrbottens Kommuner", 2030),
    ]


def test_skip_and_swap_say_what_cannot_be(session, actor, now):
    row, region, others = beredning(session)
    rotation = rotate(session, actor, now, row, region, others, start_on=date(2025, 1, 1))
    mine, theirs = rotation.entries
    with refused(("on", "Ingen har turen den dagen")):
        skip_turn(session, actor, now, row, rotation, on=date(2024, 12, 31))
    with refused(("on", "Den turen är över")):
        skip_turn(session, actor, now, row, rotation, on=date(2025, 12, 31))
    with refused(("on", "Turen har börjat och kan inte bytas, bara gå vidare")):
        swap_turns(session, actor, now, row, rotation, on=TODAY, entry_id=theirs.id)
    with refused(("entry_id", "Välj någon annan i ordningen")):
        swap_turns(session, actor, now, row, rotation, on=date(2027, 1, 1), entry_id=mine.id)
    alone = rotate(session, actor, now, row, region, task="chair")
    with refused(("on", "Det finns ingen annan i ordningen")):
        skip_turn(session, actor, now, row, alone, on=TODAY)


def test_changing_the_order_leaves_turns_that_have_begun(session, actor, now):
    row, region, others = beredning(session)
    third = organisation(session, "Luleå kommun", "kommun")
    rotation = rotate(session, actor, now, row, region, others, start_on=date(2024, 1, 1))
    skip_turn(session, actor, now, row, rotation, on=date(2027, 5, 1))
    past = [(day, secretariat_of(session, [row], day)) for day in (date(2024, 6, 1), date(2025, 6, 1), TODAY)]
    rotate(session, actor, now, row, third, region, start_on=date(2024, 1, 1), every=2)
    session.expire_all()
    assert [(day, secretariat_of(session, [row], day)) for day, _ in past] == past
    assert coming(rotation) == [
        ("Region Norrbotten", 2026),
        ("Luleå kommun", 2027),
        ("Region Norrbotten", 2029),
        ("Luleå kommun", 2031),
    ]
    assert [(entry.organisation.name, entry.retired) for entry in rotation.entries] == [
        ("Luleå kommun", False),
        ("Region Norrbotten", False),
        ("Norrbottens Kommuner", True),
    ]
    with refused(
        ("start_on", "Ordningen gäller redan från och med 1 januari 2024"),
        ("unit", "Ordningen har börjat. Ta bort den och lägg in en ny"),
    ):
        rotate(session, actor, now, row, third, start_on=date(2025, 1, 1), unit="meeting")


def test_who_left_the_order_can_come_back(session, actor, now):
    row, region, others = beredning(session)
    rotation = rotate(session, actor, now, row, region, others)
    rotate(session, actor, now, row, region)
    rotate(session, actor, now, row, others, region)
    session.expire_all()
    assert [(entry.organisation.name, entry.position, entry.retired) for entry in rotation.entries] == [
        ("Norrbottens Kommuner", 0, False),
        ("Region Norrbotten", 1, False),
    ]


def test_hand_over_ends_the_turn_with_the_meeting(session, actor, now):
    row, region, others = beredning(session)
    rotation = rotate(session, actor, now, row, region, others, unit="meeting")
    for day in (date(2026, 2, 12), date(2026, 2, 12), date(2026, 1, 20), date(2026, 4, 23)):
        hand_over(session, actor, now, row, rotation, on=day)
    assert [(turn.entry.organisation.name, turn.from_on, turn.to_on) for turn in rotation.turns] == [
        ("Region Norrbotten", date(2026, 1, 1), date(2026, 2, 12)),
        ("Norrbottens Kommuner", date(2026, 2, 13), date(2026, 4, 23)),
    ]
    assert turn_on(rotation, TODAY).organisation is region
    skip_turn(session, actor, now, row, rotation, on=TODAY)
    assert turn_on(rotation, TODAY).organisation is others
    hand_over(session, actor, now, row, rotation, on=TODAY)
    assert [turn.entry.organisation for turn in next_turns(rotation, date(2026, 12, 1), 2)] == [region, others]


def test_swap_by_meeting_gives_the_turn_back_after_the_next_meeting(session, actor, now):
    row, region, others = beredning(session)
    third = organisation(session, "Luleå kommun", "kommun")
    rotation = rotate(session, actor, now, row, region, others, third, unit="meeting")
    swap_turns(session, actor, now, row, rotation, on=TODAY, entry_id=rotation.entries[1].id)
    hand_over(session, actor, now, row, rotation, on=TODAY)
    assert [turn.entry.organisation for turn in next_turns(rotation, NEW_YEAR)] == [others, region, third, region]


def test_hand_over_says_nothing_of_a_rotation_by_the_year(session, actor, now):
    row, region, others = beredning(session)
    rotation = rotate(session, actor, now, row, region, others)
    hand_over(session, actor, now, row, rotation, on=TODAY)
    assert rotation.turns == []


def test_remove_rotation_lets_the_forums_own_hold_again(session, actor, now):
    row, region, others = beredning(session)
    row.secretariat = region
    rotation = rotate(session, actor, now, row, others, region)
    skip_turn(session, actor, now, row, rotation, on=TODAY)
    remove_rotation(session, actor, now, row, rotation)
    assert secretariat_of(session, [row], TODAY) == {row.id: region.id}
    assert session.query(Turn).count() + session.query(RotationEntry).count() == 0


# ---------------------------------------------------------------- who leads


def lead(session, row, day=TODAY):
    found = lead_of(session, row, day)
    return found and (found.by, found.office_name, found.person_name, found.organisation_name)


def test_lead_is_the_offices_holder(session, actor, now):
    governor = create_office(session, actor, now, sv="Landshövdingen", en="County governor")
    row = forum(session, lead_office_id=governor.id, lead_relation="takes_part")
    assert lead(session, row) == ("office", "Landshövdingen", None, None)
    begin_holding(session, actor, now, governor, person_id=person(session).id, from_on=NEW_YEAR)
    assert lead(session, row) == ("office", "Landshövdingen", "Maria Öhman", None)
    assert lead_of(session, row, TODAY).relation == "takes_part"
    with use_language("en"):
        assert lead(session, row)[1] == "County governor"


def test_lead_by_an_office_of_a_group_names_nobody(session, actor, now):
    office = create_office(session, actor, now, sv="Länsstyrelsens ledning", group=True)
    for name in ("Anna Berg", "Bo Ek"):
        begin_holding(session, actor, now, office, person_id=person(session, name).id, from_on=NEW_YEAR)
    assert lead(session, forum(session, lead_office_id=office.id)) == ("office", "Länsstyrelsens ledning", None, None)


def test_lead_is_the_appointed_chair_where_nothing_else_is_said(session, actor, now):
    region = organisation(session)
    row = forum(session, "Nämnden", "namnd")
    assert lead(session, row) is None
    appointment(session, seat(session, row, region), person(session), function="chair")
    assert lead(session, row) == ("chair", None, "Maria Öhman", "Region Norrbotten")
    row.lead_office = create_office(session, actor, now, sv="Ordförande")
    session.flush()
    assert lead(session, row) == ("office", "Ordförande", "Maria Öhman", "Region Norrbotten")


def test_lead_person_is_shown_as_protected(session):
    row = forum(session, lead_person=person(session, protected=True))
    assert lead(session, row) == ("person", None, "ledamot", None)


def test_lead_by_rotation_is_the_chair_of_whose_turn_it_is(session, actor, now):
    row, region, others = beredning(session)
    row.lead_person = person(session, "Någon Annan")
    for who, name in ((region, "Anna Berg"), (others, "Bo Ek")):
        appointment(session, seat(session, row, who), person(session, name), function="chair")
    rotate(session, actor, now, row, region, others, task="chair")
    assert lead(session, row) == ("rotation", None, "Anna Berg", "Region Norrbotten")
    assert lead(session, row, date(2027, 1, 1)) == ("rotation", None, "Bo Ek", "Norrbottens Kommuner")
    assert lead(session, row, date(2025, 12, 31)) == ("person", None, "Någon Annan", None)


@pytest.mark.parametrize("count", [1, 3])
def test_leads_and_secretariats_make_constant_queries(session, actor, now, count):
    region, others = organisation(session), organisation(session, "Norrbottens Kommuner", "kommunforbund")
    rows = []
    for n in range(count):
        row = forum(session, f"Forum {n}")
        rotate(session, actor, now, row, region, others)
        rotate(session, actor, now, row, region, others, task="chair")
        appointment(session, seat(session, row, region), person(session, f"Anna Berg{n}"), function="chair")
        rows.append(row)
    session.expire_all()
    rows = [session.get(type(row), row.id) for row in rows]
    session.get(type(region), region.id)
    with counted(session) as said:
        assert set(secretariat_of(session, rows, TODAY).values()) == {region.id}
    assert len(said) == 3
    session.expire_all()
    rows = [session.get(type(row), row.id) for row in rows]
    with counted(session) as said:
        assert len(leads_of(session, rows, TODAY)) == count
    assert len(said) == 6


def test_turns_are_read_of_a_time_in_the_forums_own_zone(session, actor):
    row, region, others = beredning(session)
    row.time_zone = "Europe/Helsinki"
    rotation = rotate(session, actor, datetime(2026, 12, 1, tzinfo=UTC), row, region, others)
    at_midnight = datetime(2026, 12, 31, 22, 30, tzinfo=UTC)
    with refused(("on", "Den turen är över")):
        skip_turn(session, actor, at_midnight, row, rotation, on=date(2026, 12, 31))
