"""A whole mandate period changed at once: who leaves, who comes, what is left alone and what is refused."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from scheduler.errors import SavedByOther
from scheduler.forums.mandate_rules import Wish, read_lines, usual_last_day
from scheduler.forums.mandates import Period, change_mandate, forum_seats, plan_mandate, seats_now
from scheduler.forums.nesting import include_forum
from scheduler.forums.seats import seat_plan
from scheduler.history.queries import history_of
from scheduler.organisations.offices import begin_holding, create_office
from tests.organisations.making import appointment, counted, forum, kinds, organisation, person, refused, seat

TODAY = date(2026, 11, 22)
LAST, FIRST = date(2026, 12, 31), date(2027, 1, 1)
UNTIL = date(2030, 12, 31)
NEXT = Period(LAST, UNTIL)
NOBODY = "Ingen i registret heter så. Skriv e-postadressen också, så läggs personen in"
NOBODY_THERE = "Ingen har den adressen. Skriv förnamn och efternamn för att lägga in en ny person"
SEVERAL = "Flera heter så: Luleå kommun, Region Norrbotten. Skriv e-postadressen, eller organisationen efter ett komma"


@pytest.fixture(autouse=True)
def _kinds(session):
    kinds(session)


@pytest.fixture
def board(session):
    """A forum with a seat for each of three persons, one of them in the chair."""
    row = forum(session, "Tillväxtberedningen", "beredning")
    home = organisation(session)
    for n, name in enumerate(("Anna Berg", "Bo Ek", "Cilla Dahl")):
        place = seat(session, row, home, position=n)
        who = person(session, name, email=f"{name[0].lower()}@exempel.se", organisation=home)
        appointment(session, place, who, date(2023, 1, 1), function="chair" if n == 0 else "member")
    return row


def ids(session, row):
    return [seat.id for seat in forum_seats(session, row)]


def sitting(session, row, on):
    session.flush()
    return [(who.person_name, who.function, who.until_on) for who in seat_plan(session, [row.id], on)[row.id]]


def change(session, actor, now, row, wishes, period=NEXT, **given):
    return change_mandate(session, actor, now, row, period=period, wishes=wishes, **given)


def test_everybody_leaves_and_the_next_come(session, actor, now, board):
    one, two, three = ids(session, board)
    before = {day: sitting(session, board, day) for day in (TODAY, TODAY - timedelta(days=400))}
    person(session, "David Frisk", email="d@exempel.se")
    made = change(
        session, actor, now, board,
        {
            one: Wish(stays=True, function="chair"),
            two: Wish(name="david frisk"),
            three: Wish(name="Elsa Gran", email="e@exempel.se"),
        },
    )  # fmt: skip
    assert made.counts == {"left": 2, "stayed": 1, "came": 2, "new": 1, "vacant": 0}
    assert sitting(session, board, FIRST) == [
        ("Anna Berg", "chair", UNTIL), ("David Frisk", "member", UNTIL), ("Elsa Gran", "member", UNTIL),
    ]  # fmt: skip
    assert sitting(session, board, LAST) == [
        ("Anna Berg", "chair", LAST), ("Bo Ek", "member", LAST), ("Cilla Dahl", "member", LAST),
    ]  # fmt: skip
    for day, then in before.items():
        assert [row[:2] for row in sitting(session, board, day)] == [row[:2] for row in then]
    assert sitting(session, board, UNTIL + timedelta(days=1)) == [(None, None, None)] * 3
    elsa = forum_seats(session, board)[2].appointments[-1].person
    assert (elsa.given_name, elsa.family_name, elsa.organisation.name) == ("Elsa", "Gran", "Region Norrbotten")


def test_change_is_one_line_in_the_history_beside_each_appointment(session, actor, now, board):
    upper = forum(session, "Regionalt forum")
    include_forum(session, actor, now, upper, included_id=board.id)
    one, *_rest = ids(session, board)
    change(session, actor, now, board, {one: Wish(stays=True)})
    session.flush()
    for row in (board, upper):
        actions = [entry.action for entry in history_of(session, "forum", row.id) if entry.action != "nesting.add"]
        assert sorted(actions) == ["appointment.add", *["appointment.end"] * 3, "mandate.change"]
    [told] = [entry for entry in history_of(session, "forum", upper.id) if entry.action == "mandate.change"]
    assert told.after == {
        "forum": "Tillväxtberedningen", "last_on": "2026-12-31", "until_on": "2030-12-31", "left": 2, "stayed": 1,
        "came": 0, "new": 0, "vacant": 2,
    }  # fmt: skip


def test_what_ends_before_or_begins_later_or_belongs_to_an_office_is_left_alone(session, actor, now):
    row = forum(session)
    ending = seat(session, row, to_on=LAST, position=0)
    appointment(session, ending, person(session, "Anna Berg"), to_on=LAST)
    coming = seat(session, row, position=1)
    appointment(session, coming, person(session, "Bo Ek"), to_on=date(2027, 1, 31))
    appointment(session, coming, person(session, "Cilla Dahl"), from_on=date(2027, 2, 1))
    office = create_office(session, actor, now, sv="Landshövdingen")
    begin_holding(session, actor, now, office, person_id=person(session, "David Frisk").id, from_on=TODAY)
    of_office = seat(session, row, office=office, position=2)
    unknown = seat(session, row, number_unknown=True, position=3)
    gone = seat(session, row, to_on=TODAY, position=4)
    plan = plan_mandate(session, row, now, period=NEXT, wishes={})
    assert [[str(remark) for remark in turn.remarks] for turn in plan.turns] == [
        ["Platsen finns till och med 31 december 2026"],
        ["Cilla Dahl börjar där 1 februari 2027"],
        ["Den som har befattningen fyller platsen av sig själv."],
        ["Antal anges inte i källan"],
    ]
    assert not any(turn.is_open for turn in plan.turns)
    with refused(
        (f"name-{ending.id}", "Platsen finns till och med 31 december 2026"),
        (f"name-{coming.id}", "Cilla Dahl börjar där 1 februari 2027"),
        (f"name-{of_office.id}", "Den som har befattningen fyller platsen av sig själv."),
        (f"name-{unknown.id}", "Antal anges inte i källan"),
    ):
        plan_mandate(
            session, row, now, period=NEXT,
            wishes={place.id: Wish(name="Anna Berg") for place in (ending, coming, of_office, unknown, gone)},
        )  # fmt: skip
    change(session, actor, now, row, {})
    assert [who[0] for who in sitting(session, row, FIRST)] == [None, "David Frisk", None]
    assert [who[0] for who in sitting(session, row, date(2027, 2, 1))] == ["Cilla Dahl", "David Frisk", None]


def test_who_went_on_until_replaced_leaves_too(session, actor, now):
    row = forum(session)
    places = [seat(session, row, position=n) for n in range(3)]
    who = [person(session, name) for name in ("Anna Berg", "Bo Ek", "Cilla Dahl")]
    for place, sits, last in zip(places, who, (date(2026, 10, 31), LAST, date(2027, 6, 30)), strict=True):
        appointment(session, place, sits, to_on=last, continues_until_replaced=True)
    change(session, actor, now, row, {places[1].id: Wish(name="Anna Berg")})
    assert [name for name, _function, _last in sitting(session, row, LAST)] == ["Anna Berg", "Bo Ek", "Cilla Dahl"]
    assert [name for name, _function, _last in sitting(session, row, FIRST)] == [None, "Anna Berg", None]


def test_seat_that_ends_within_the_period_is_held_as_long_as_it_is_there(session, actor, now):
    row = forum(session)
    place = seat(session, row, to_on=date(2028, 6, 30))
    person(session, "Anna Berg")
    made = change(
        session, actor, now, row, {place.id: Wish(name="Anna Berg")}, Period(LAST, None, "Fullmäktige", "RF 1", True)
    )
    assert [str(remark) for remark in made.turns[0].remarks] == ["Platsen finns till och med 30 juni 2028"]
    [sits] = forum_seats(session, row)[0].appointments
    assert (sits.from_on, sits.to_on, sits.appointed_by, sits.decision_ref, sits.continues_until_replaced) == (
        FIRST, date(2028, 6, 30), "Fullmäktige", "RF 1", True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wish", "field", "said"),
    [
        (Wish(stays=True, name="Bo Ek"), "stays", "Välj antingen den som sitter kvar eller någon annan"),
        (Wish(name="Nils Ny"), "name", NOBODY),
        (Wish(email="ny@exempel.se"), "name", NOBODY_THERE),
        (Wish(name="Ny", email="ny@exempel.se"), "name", NOBODY_THERE),
        (Wish(name="Nils Ny", email="ny"), "email", "ny är ingen e-postadress"),
        (Wish(name="Hemlig Prov"), "name", NOBODY),
        (Wish(name="Anna Berg"), "name", SEVERAL),
    ],
)  # fmt: skip
def test_wish_that_says_nobody_is_refused_at_its_row(session, actor, now, board, wish, field, said):
    one, *_rest = ids(session, board)
    lulea = organisation(session, "Luleå kommun", "kommun")
    person(session, "Anna Berg", email="annan@exempel.se", organisation=lulea)
    person(session, "Hemlig Prov", email="hemlig@exempel.se", protected=True)
    before = sitting(session, board, FIRST)
    with refused((f"{field}-{one}", said)):
        change(session, actor, now, board, {one: wish})
    assert sitting(session, board, FIRST) == before


def test_namesake_is_told_by_organisation_or_address_and_a_protected_person_by_address_alone(
    session, actor, now, board
):
    one, two, three = ids(session, board)
    lulea = organisation(session, "Luleå kommun", "kommun")
    anna = person(session, "Anna Berg", email="annan@exempel.se", organisation=lulea)
    hidden = person(session, "Hemlig Prov", email="hemlig@exempel.se", protected=True)
    made = change(
        session, actor, now, board,
        {
            one: Wish(name="Anna Berg, luleå kommun"),
            two: Wish(name="Annan Person", email="HEMLIG@exempel.se"),
            three: Wish(name="Ann Berg", email="annan@exempel.se"),
        },
    )  # fmt: skip
    assert [turn.comes.person_id for turn in made.turns] == [anna.id, hidden.id, anna.id]
    assert made.turns[1].comes.name == "ledamot"
    assert [[str(remark) for remark in turn.remarks] for turn in made.turns] == [
        ["Anna Berg får mer än en ordinarie plats"],
        [],
        ["Adressen finns i registret hos Anna Berg", "Anna Berg får mer än en ordinarie plats"],
    ]


def test_new_person_on_two_seats_is_entered_once_and_a_namesake_is_pointed_out(session, actor, now, board):
    one, two, _three = ids(session, board)
    wish = Wish(name="Bo  Ek", email="ny.ek@exempel.se", function="chair")
    made = change(session, actor, now, board, {one: wish, two: wish})
    assert made.counts["new"] == 1
    assert [str(remark) for remark in made.turns[0].remarks] == [
        "Bo Ek, Region Norrbotten finns redan i registret med en annan adress eller ingen",
        "Bo Ek får mer än en ordinarie plats",
        "Fler än en blir ordförande",
    ]
    assert len({place.appointments[-1].person_id for place in forum_seats(session, board)[:2]}) == 1


def test_days_are_refused_and_the_past_needs_a_reason(session, actor, now, board):
    with refused(("last_on", "Ange sista dagen")):
        change(session, actor, now, board, {}, Period(None))
    with refused(("until_on", "Sista dagen kan inte ligga före den första")):
        change(session, actor, now, board, {}, Period(LAST, LAST))
    late = date(2026, 10, 31)
    with refused(("reason", "Ändringen gäller dagar som har varit. Skriv varför")):
        change(session, actor, now, board, {}, Period(late))
    change(session, actor, now, board, {}, Period(late, reason="Valet kom in sent"))
    assert [name for name, *_rest in sitting(session, board, TODAY)] == [None] * 3


def test_change_that_somebody_else_was_before_is_not_made(session, actor, now, board):
    one, *_rest = ids(session, board)
    seen = plan_mandate(session, board, now, period=NEXT, wishes={one: Wish(stays=True)}).fingerprint
    forum_seats(session, board)[1].appointments[0].to_on = date(2026, 12, 1)
    session.flush()
    with pytest.raises(SavedByOther):
        change(session, actor, now, board, {one: Wish(stays=True)}, seen=seen)
    seen = plan_mandate(session, board, now, period=NEXT, wishes={one: Wish(stays=True)}).fingerprint
    change(session, actor, now, board, {one: Wish(stays=True)}, seen=seen)


def test_assembly_is_planned_in_as_many_questions_as_a_small_forum(session, now, board):
    def asked():
        wishes = {place: Wish(stays=True) for place in ids(session, board)}
        wishes[min(wishes)] = Wish(name="Bo Ek")
        with counted(session) as said:
            plan_mandate(session, board, now, period=NEXT, wishes=wishes)
        return len(said)

    few = asked()
    for n in range(90):
        appointment(session, seat(session, board, position=n), person(session, f"Person {n}"))
    assert asked() == few


def test_usual_last_day_is_that_of_most(session, board):
    seats = forum_seats(session, board)
    assert usual_last_day(seats_now(seats), TODAY) == date(2026, 12, 31)
    for place, last in zip(seats, (date(2027, 3, 31), date(2027, 1, 31), date(2027, 3, 31)), strict=True):
        place.appointments[0].to_on = last
    assert usual_last_day(seats_now(seats), TODAY) == date(2027, 3, 31)


# ---------------------------------------------------------------- a list that is pasted

NAMES = [(1, ("Luleå kommun",)), (2, ("Luleå kommun",)), (3, ("Bodens kommun", "Boden")), (4, ("Ordförande",))]
WORDS = {"Ledamot": "member", "Ordförande": "chair"}


def test_lines_fill_seats_of_their_name_in_order():
    wishes, problems = read_lines(
        "luleå kommun; Anna Berg; anna@lulea.se; ordförande\n\nLuleå kommun\tSitter kvar\nBoden;Bo Ek\n"
        "Ordförande;vakant",
        NAMES,
        WORDS,
    )
    assert problems == []
    assert wishes == {
        1: Wish(name="Anna Berg", email="anna@lulea.se", function="chair"),
        2: Wish(stays=True),
        3: Wish(name="Bo Ek"),
        4: Wish(),
    }


def test_lines_that_name_no_seat_are_told():
    wishes, problems = read_lines("Kiruna; Anna Berg\nBoden; A B\nBoden; C D\n; E F", NAMES, WORDS)
    assert wishes == {3: Wish(name="A B")}
    assert [(problem.field, str(problem)) for problem in problems] == [
        ("lines", "Rad 1: ingen plats heter Kiruna"),
        ("lines", "Rad 3: fler rader än platser för Boden"),
        ("lines", "Rad 4: ingen plats heter –"),
    ]
