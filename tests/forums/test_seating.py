"""Adding, editing, offering and ending seats; appointing, replacing, ending and correcting."""

from __future__ import annotations

from datetime import date

import pytest

from scheduler.forums.appointments import (
    appoint,
    correct_appointment,
    end_appointment,
    remove_appointment,
    replace,
)
from scheduler.forums.rules import OrderEntry
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.forums.seating import (
    add_seats,
    answer_offer,
    edit_seat,
    end_seat,
    move_seat,
    offer_seat,
    remove_seat,
    set_substitute_order,
    step_seat,
)
from scheduler.forums.seats import decided_orders, seat_holders
from scheduler.history.queries import history_of
from scheduler.organisations.offices import begin_holding, create_office
from tests.organisations.making import appointment, forum, kinds, organisation, person, refused, seat

TODAY = date(2026, 11, 22)
NEW_YEAR = date(2027, 1, 1)
NEW_YEARS_EVE = date(2026, 12, 31)


@pytest.fixture(autouse=True)
def _kinds(session):
    kinds(session)


def names(session, row, on=TODAY):
    return [holder.person_name for holder in seat_holders(session, [row.id], on)[row.id]]


def last_entry(session, row):
    return history_of(session, "forum", row.id)[0]


# ---------------------------------------------------------------- seats


def test_thirteen_members_and_substitutes_are_added_at_once(session, actor, now):
    row, region = forum(session, "Tillväxtberedningen", "beredning"), organisation(session)
    add_seats(session, actor, now, row, count=13, organisation_id=region.id)
    add_seats(session, actor, now, row, count=13, organisation_id=region.id, kind="substitute")
    plan = seat_holders(session, [row.id], TODAY)[row.id]
    assert [(who.kind, who.position) for who in plan] == [
        *(("ordinary", n) for n in range(13)),
        *(("substitute", n) for n in range(13, 26)),
    ]
    entry = last_entry(session, row)
    assert (entry.action, entry.after["count"], entry.after["organisation"]) == ("seat.add", 13, "Region Norrbotten")


def test_add_seats_says_all_that_is_wrong(session, actor, now):
    row = forum(session)
    elsewhere = seat(session, forum(session, "Ett annat"))
    with refused(
        ("kind", "Välj något i listan"),
        ("organisation_id", "Välj något i listan"),
        ("to_on", "Sista dagen kan inte ligga före den första"),
        ("personal_for_id", "Välj en ordinarie plats i forumet"),
        ("count", "Ange ett heltal mellan 1 och 200"),
    ):
        add_seats(
            session,
            actor,
            now,
            row,
            count=201,
            kind="throne",
            organisation_id=9999,
            from_on=NEW_YEAR,
            to_on=TODAY,
            personal_for_id=elsewhere.id,
        )
    assert names(session, row) == []


def test_personal_substitute_is_a_substitute_of_an_ordinary_seat(session, actor, now):
    row = forum(session)
    (ordinary,) = add_seats(session, actor, now, row)
    with refused(("personal_for_id", "Bara en ersättare kan vara personlig ersättare")):
        add_seats(session, actor, now, row, personal_for_id=ordinary.id)
    (substitute,) = add_seats(session, actor, now, row, kind="substitute", personal_for_id=ordinary.id)
    with refused(("personal_for_id", "Välj en ordinarie plats i forumet")):
        add_seats(session, actor, now, row, kind="substitute", personal_for_id=substitute.id)
    with refused(("personal_for_id", "Välj en ordinarie plats i forumet")):
        edit_seat(session, actor, now, substitute, personal_for_id=substitute.id)
    edit_seat(session, actor, now, substitute, personal_for_id=None)
    assert substitute.personal_for_id is None


def test_edit_seat_that_nobody_has_held(session, actor, now):
    region = organisation(session)
    (place,) = add_seats(session, actor, now, forum(session))
    edit_seat(session, actor, now, place, kind="observer", organisation_id=region.id, from_on=date(2020, 1, 1))
    assert (place.kind, place.organisation, place.from_on) == ("observer", region, date(2020, 1, 1))
    entry = last_entry(session, place.forum)
    assert (entry.before["kind"], entry.after["kind"], entry.after["seat_id"]) == ("ordinary", "observer", place.id)


def test_edit_seat_that_was_held_needs_a_reason(session, actor, now):
    region = organisation(session)
    place = seat(session, forum(session))
    appointment(session, place, person(session), to_on=date(2025, 12, 31))
    text = "Någon har suttit på platsen. Avsluta den och lägg till en ny, eller skriv varför den ändras"
    for given in ({"kind": "observer"}, {"organisation_id": region.id}, {"from_on": date(2024, 1, 1)}):
        with refused(("reason", text)):
            edit_seat(session, actor, now, place, **given)
    edit_seat(session, actor, now, place, label="Regionens plats", kind="ordinary", note="x")
    edit_seat(session, actor, now, place, organisation_id=region.id, reason="Fel i underlaget")
    assert (place.label, place.organisation) == ("Regionens plats", region)
    assert last_entry(session, place.forum).reason == "Fel i underlaget"


def test_edit_seat_leaves_no_appointment_outside_it(session, actor, now):
    place = seat(session, forum(session))
    appointment(session, place, person(session), NEW_YEAR)
    with refused(("from_on", "Maria Öhman börjar där 1 januari 2027")):
        edit_seat(session, actor, now, place, from_on=date(2027, 1, 2))
    with refused(("to_on", "Maria Öhman sitter kvar där efter den dagen")):
        edit_seat(session, actor, now, place, to_on=date(2027, 6, 30))


def test_end_seat_ends_who_sits_there(session, actor, now):
    row = forum(session)
    place = seat(session, row)
    sitting = appointment(session, place, person(session))
    end_seat(session, actor, now, place, on=NEW_YEARS_EVE)
    assert (names(session, row, NEW_YEARS_EVE), names(session, row, NEW_YEAR)) == (["Maria Öhman"], [])
    assert sitting.to_on == NEW_YEARS_EVE
    with refused(("on", "Slutade redan 31 december 2026")):
        end_seat(session, actor, now, place, on=NEW_YEAR)


def test_end_seat_before_somebody_begins(session, actor, now):
    place = seat(session, forum(session), from_on=date(2026, 1, 1))
    appointment(session, place, person(session), NEW_YEAR)
    with refused(("on", "Sista dagen kan inte ligga före den första"), ("on", "Maria Öhman börjar där 1 januari 2027")):
        end_seat(session, actor, now, place, on=date(2025, 12, 31))


def test_remove_seat_only_when_nobody_was_appointed(session, actor, now):
    row = forum(session)
    held, mistake = seat(session, row), seat(session, row)
    appointment(session, held, person(session))
    remove_seat(session, actor, now, mistake)
    with refused((None, "Någon har suttit på platsen. Avsluta den i stället")):
        remove_seat(session, actor, now, held)
    assert names(session, row) == ["Maria Öhman"]
    assert last_entry(session, row).action == "seat.remove"


def test_seat_is_moved_in_the_order(session, actor, now):
    row = forum(session)
    places = add_seats(session, actor, now, row, count=3)
    move_seat(session, actor, now, places[2], position=0)
    assert [holder.seat_id for holder in seat_holders(session, [row.id], TODAY)[row.id]] == [
        places[2].id,
        places[0].id,
        places[1].id,
    ]


def test_offered_seat_is_answered(session, actor, now):
    row, chamber = forum(session), organisation(session, "Handelskammaren", "naringsliv")
    (place,) = add_seats(session, actor, now, row, organisation_id=chamber.id, offered=True)
    assert place.offer == "offered"
    for accepted, offer in ((False, "declined"), (True, "accepted")):
        answer_offer(session, actor, now, place, accepted=accepted)
        assert (place.offer, last_entry(session, row).action) == (offer, f"seat.{offer}")
    (plain,) = add_seats(session, actor, now, row)
    with refused((None, "Platsen är inte erbjuden")):
        answer_offer(session, actor, now, plain, accepted=True)
    with refused(("organisation_id", "Välj vilken organisation platsen erbjuds")):
        offer_seat(session, actor, now, plain)
    assert offer_seat(session, actor, now, place).offer == "offered"


# ---------------------------------------------------------------- appointments


def test_appoint_keeps_what_was_written(session, actor, now):
    row = forum(session)
    place = seat(session, row, organisation(session))
    who = person(session)
    made = appoint(
        session,
        actor,
        now,
        place,
        person_id=who.id,
        from_on=NEW_YEAR,
        to_on=date(2030, 12, 31),
        function="chair",
        appointed_by=" Regionfullmäktige ",
        decision_ref="RF § 12",
        continues_until_replaced=True,
    )
    assert (made.person, made.appointed_by, made.decision_ref, made.continues_until_replaced) == (
        who,
        "Regionfullmäktige",
        "RF § 12",
        True,
    )
    entry = last_entry(session, row)
    assert (entry.action, entry.after["seat"], entry.after["person"], entry.after["person_id"]) == (
        "appointment.add",
        "Region Norrbotten",
        "Maria Öhman",
        who.id,
    )


def test_appoint_says_what_is_wrong(session, actor, now):
    place = seat(session, forum(session))
    with refused(
        ("person_id", "Välj en person"), ("from_on", "Ange första dagen"), ("function", "Välj något i listan")
    ):
        appoint(session, actor, now, place, person_id=None, from_on=None, function="kung")
    with refused(("person_id", "Välj något i listan"), ("to_on", "Sista dagen kan inte ligga före den första")):
        appoint(session, actor, now, place, person_id=9999, from_on=NEW_YEAR, to_on=TODAY)


@pytest.mark.parametrize(
    ("from_on", "to_on", "problem"),
    [
        (date(2025, 1, 1), date(2025, 12, 31), None),
        (date(2025, 1, 1), date(2026, 1, 1), "Maria Öhman sitter där 1 januari 2026 till 31 december 2026"),
        (date(2026, 6, 1), date(2026, 6, 1), "Maria Öhman sitter där 1 januari 2026 till 31 december 2026"),
        (date(2026, 12, 31), None, "Maria Öhman sitter där 1 januari 2026 till 31 december 2026"),
        (date(2025, 1, 1), None, "Maria Öhman sitter där 1 januari 2026 till 31 december 2026"),
        (date(2027, 1, 1), None, None),
    ],
)
def test_appointments_on_one_seat_never_overlap(session, actor, now, from_on, to_on, problem):
    row = forum(session)
    place = seat(session, row)
    appointment(session, place, person(session), date(2026, 1, 1), NEW_YEARS_EVE)
    other = person(session, "Bo Ek")
    if problem is None:
        appoint(session, actor, now, place, person_id=other.id, from_on=from_on, to_on=to_on)
        assert session.query(Appointment).count() == 2
    else:
        with refused(("from_on", problem)):
            appoint(session, actor, now, place, person_id=other.id, from_on=from_on, to_on=to_on)
        assert session.query(Appointment).count() == 1


def test_appoint_only_while_the_seat_is_there(session, actor, now):
    place = seat(session, forum(session), from_on=date(2026, 1, 1), to_on=NEW_YEARS_EVE)
    who = person(session)
    with refused(("from_on", "Platsen finns från och med 1 januari 2026")):
        appoint(session, actor, now, place, person_id=who.id, from_on=date(2025, 12, 31), to_on=TODAY)
    with refused(("to_on", "Platsen finns till och med 31 december 2026")):
        appoint(session, actor, now, place, person_id=who.id, from_on=TODAY)


def test_protected_person_is_not_named_by_a_refusal(session, actor, now):
    place = seat(session, forum(session))
    appointment(session, place, person(session, protected=True), date(2026, 1, 1))
    with refused(("from_on", "ledamot sitter där från och med 1 januari 2026")):
        appoint(session, actor, now, place, person_id=person(session, "Bo Ek").id, from_on=NEW_YEAR)


def test_replace_closes_the_old_one_the_day_before(session, actor, now):
    row = forum(session)
    place = seat(session, row)
    old = appointment(session, place, person(session), continues_until_replaced=True)
    replace(session, actor, now, place, person_id=person(session, "Bo Ek").id, from_on=NEW_YEAR)
    assert (old.to_on, old.continues_until_replaced) == (NEW_YEARS_EVE, False)
    assert (names(session, row, NEW_YEARS_EVE), names(session, row, NEW_YEAR)) == (["Maria Öhman"], ["Bo Ek"])
    assert [entry.action for entry in history_of(session, "forum", row.id)] == ["appointment.add", "appointment.end"]


def test_replace_by_the_same_person_with_another_function(session, actor, now):
    row = forum(session)
    place = seat(session, row)
    who = person(session)
    appointment(session, place, who)
    replace(session, actor, now, place, person_id=who.id, from_on=NEW_YEAR, function="chair")
    functions = [seat_holders(session, [row.id], on)[row.id][0].function for on in (NEW_YEARS_EVE, NEW_YEAR)]
    assert functions == ["member", "chair"]


def test_replace_on_a_vacant_seat_appoints(session, actor, now):
    row = forum(session)
    place = seat(session, row)
    replace(session, actor, now, place, person_id=person(session).id, from_on=NEW_YEAR)
    assert names(session, row, NEW_YEAR) == ["Maria Öhman"]


def test_replace_that_is_refused_closes_nothing(session, actor, now):
    row = forum(session)
    place = seat(session, row)
    old = appointment(session, place, person(session), to_on=date(2027, 6, 30))
    appointment(session, place, person(session, "Cia Ax"), date(2027, 7, 1))
    bo = person(session, "Bo Ek")
    with refused(("from_on", "Cia Ax sitter där från och med 1 juli 2027")):
        replace(session, actor, now, place, person_id=bo.id, from_on=NEW_YEAR)
    assert old.to_on == date(2027, 6, 30)
    with refused(("from_on", "Maria Öhman sitter där 1 januari 2025 till 30 juni 2027")):
        replace(session, actor, now, place, person_id=bo.id, from_on=date(2025, 1, 1), to_on=TODAY)


def test_end_appointment_on_its_last_day(session, actor, now):
    row = forum(session)
    sitting = appointment(session, seat(session, row), person(session), continues_until_replaced=True)
    end_appointment(session, actor, now, sitting, on=NEW_YEARS_EVE)
    assert (names(session, row, NEW_YEARS_EVE), names(session, row, NEW_YEAR)) == (["Maria Öhman"], [None])
    entry = last_entry(session, row)
    assert (entry.before["to_on"], entry.after["to_on"], entry.after["person"]) == (None, "2026-12-31", "Maria Öhman")
    with refused(("on", "Slutade redan 31 december 2026")):
        end_appointment(session, actor, now, sitting, on=NEW_YEAR)
    with refused(("on", "Sista dagen kan inte ligga före den första")):
        end_appointment(session, actor, now, sitting, on=date(2024, 12, 31))


def test_end_appointment_that_went_on_after_its_last_day(session, actor, now):
    row = forum(session)
    place = seat(session, row)
    sitting = appointment(session, place, person(session), to_on=date(2025, 12, 31), continues_until_replaced=True)
    appointment(session, place, person(session, "Bo Ek"), NEW_YEAR)
    with refused(("on", "Bo Ek sitter där från och med 1 januari 2027")):
        end_appointment(session, actor, now, sitting, on=NEW_YEAR)
    end_appointment(session, actor, now, sitting, on=TODAY)
    assert names(session, row, TODAY) == ["Maria Öhman"]
    assert names(session, row, date(2026, 11, 23)) == [None]


# ---------------------------------------------------------------- corrections

PAST = ("reason", "Ändringen gäller dagar som har varit. Skriv varför")


@pytest.mark.parametrize(
    ("given", "needs_reason"),
    [
        ({"to_on": NEW_YEARS_EVE}, False),
        ({"to_on": date(2026, 11, 21)}, False),
        ({"to_on": date(2026, 11, 20)}, True),
        ({"from_on": date(2024, 1, 1)}, True),
        ({"from_on": date(2026, 12, 1)}, True),
        ({"function": "chair"}, True),
        ({"function": "member"}, False),
        ({"decision_ref": "RF § 12"}, False),
    ],
)
def test_correction_of_days_that_have_been_needs_a_reason(session, actor, now, given, needs_reason):
    row = forum(session)
    sitting = appointment(session, seat(session, row), person(session))
    if needs_reason:
        with refused(PAST):
            correct_appointment(session, actor, now, sitting, **given)
        correct_appointment(session, actor, now, sitting, reason="Skrevs fel", **given)
        assert last_entry(session, row).reason == "Skrevs fel"
    else:
        correct_appointment(session, actor, now, sitting, **given)
    assert all(getattr(sitting, name) == value for name, value in given.items())


def test_correction_of_what_is_yet_to_come(session, actor, now):
    row = forum(session)
    sitting = appointment(session, seat(session, row), person(session), NEW_YEAR)
    correct_appointment(session, actor, now, sitting, from_on=TODAY, function="chair")
    assert (names(session, row, date(2026, 11, 21)), names(session, row, TODAY)) == ([None], ["Maria Öhman"])
    with refused(PAST):
        correct_appointment(session, actor, now, sitting, from_on=date(2026, 11, 21))


def test_correction_cannot_overlap_or_leave_the_seat(session, actor, now):
    place = seat(session, forum(session), to_on=date(2027, 12, 31))
    sitting = appointment(session, place, person(session), to_on=NEW_YEARS_EVE)
    appointment(session, place, person(session, "Bo Ek"), date(2027, 3, 1), date(2027, 12, 31))
    with refused(("from_on", "Bo Ek sitter där 1 mars 2027 till 31 december 2027")):
        correct_appointment(session, actor, now, sitting, to_on=date(2027, 3, 1))
    with refused(("to_on", "Platsen finns till och med 31 december 2027")):
        correct_appointment(session, actor, now, sitting, to_on=None)
    with refused(("to_on", "Sista dagen kan inte ligga före den första"), PAST):
        correct_appointment(session, actor, now, sitting, to_on=date(2024, 12, 31))


def test_going_on_until_replaced_counts_from_the_last_day(session, actor, now):
    row = forum(session)
    over = appointment(session, seat(session, row), person(session), to_on=date(2026, 10, 31))
    with refused(PAST):
        correct_appointment(session, actor, now, over, continues_until_replaced=True)
    running = appointment(session, seat(session, row), person(session, "Bo Ek"), to_on=NEW_YEARS_EVE)
    correct_appointment(session, actor, now, running, continues_until_replaced=True)
    assert names(session, row, NEW_YEAR) == [None, "Bo Ek"]


def test_remove_appointment_entered_by_mistake(session, actor, now):
    row = forum(session)
    coming = appointment(session, seat(session, row), person(session), NEW_YEAR)
    begun = appointment(session, seat(session, row), person(session, "Bo Ek"), TODAY)
    over = appointment(session, seat(session, row), person(session, "Cia Ax"))
    for mistake in (coming, begun):
        remove_appointment(session, actor, now, mistake)
    with refused(PAST):
        remove_appointment(session, actor, now, over)
    remove_appointment(session, actor, now, over, reason="Fel person")
    assert session.query(Appointment).count() == 0
    assert (last_entry(session, row).before["person"], last_entry(session, row).reason) == ("Cia Ax", "Fel person")
    assert session.query(Seat).count() == 3


# ---------------------------------------------------------------- what has been stays


def test_seat_that_a_holder_of_its_office_sat_on_is_not_removed(session, actor, now):
    row, office = forum(session), create_office(session, actor, now, sv="Landshövdingen")
    begin_holding(session, actor, now, office, person_id=person(session).id, from_on=date(2026, 1, 1))
    held, later = (seat(session, row, office=office, from_on=first) for first in (None, NEW_YEAR))
    with refused((None, "Någon har suttit på platsen. Avsluta den i stället")):
        remove_seat(session, actor, now, held)
    remove_seat(session, actor, now, later)


@pytest.mark.parametrize("from_on", [None, date(2027, 6, 1)])
def test_office_that_was_held_does_not_come_to_a_seat_for_days_that_have_been(session, actor, now, from_on):
    row, office = forum(session), create_office(session, actor, now, sv="Landshövdingen")
    begin_holding(session, actor, now, office, person_id=person(session).id, from_on=date(2026, 1, 1))
    place = seat(session, row, from_on=from_on)
    text = "Någon har suttit på platsen. Avsluta den och lägg till en ny, eller skriv varför den ändras"
    with refused(("reason", text)):
        edit_seat(session, actor, now, place, office_id=office.id, from_on=None)
    edit_seat(session, actor, now, place, office_id=office.id, from_on=NEW_YEAR)


def test_vote_of_a_seat_that_was_held_is_not_changed_in_silence(session, actor, now):
    place = seat(session, forum(session))
    appointment(session, place, person(session))
    text = "Någon har suttit på platsen. Avsluta den och lägg till en ny, eller skriv varför den ändras"
    with refused(("reason", text)):
        edit_seat(session, actor, now, place, voting=False)


def test_seat_is_removed_with_what_the_calling_in_order_says_of_it(session, actor, now):
    row = forum(session)
    ordinary, gone, other = (
        seat(session, row),
        seat(session, row, kind="substitute"),
        seat(session, row, kind="substitute"),
    )
    set_substitute_order(session, actor, now, row, order=[gone.id, other.id])
    set_substitute_order(session, actor, now, row, order=[gone.id], seat_id=ordinary.id)
    remove_seat(session, actor, now, gone)
    assert decided_orders(session, row.id) == [OrderEntry(None, None, other.id, None)]
    other.personal_for_id = ordinary.id
    remove_seat(session, actor, now, ordinary)
    assert other.personal_for_id is None


def test_seat_steps_past_those_that_are_there_on_the_day(session, actor, now):
    row = forum(session)
    one, gone, two, three = (
        seat(session, row, label=label, position=n, to_on=last)
        for n, (label, last) in enumerate([("1", None), ("borta", date(2026, 1, 1)), ("2", None), ("3", None)])
    )

    def labels():
        return [who.label for who in seat_holders(session, [row.id], TODAY)[row.id]]

    step_seat(session, actor, now, two, up=True, on=TODAY)
    assert labels() == ["2", "1", "3"]
    step_seat(session, actor, now, two, up=True, on=TODAY)
    step_seat(session, actor, now, three, up=False, on=TODAY)
    assert labels() == ["2", "1", "3"]
    step_seat(session, actor, now, one, up=False, on=TODAY)
    assert labels() == ["2", "3", "1"]
    assert gone.position in range(4)


# ---------------------------------------------------------------- the decided order


def test_order_of_one_leaves_those_of_others(session, actor, now):
    row = forum(session)
    place = seat(session, row, group="S")
    first, second = (seat(session, row, kind="substitute", group="S", position=n) for n in (1, 2))
    set_substitute_order(session, actor, now, row, order=[first.id])
    set_substitute_order(session, actor, now, row, order=[second.id], group="S")
    set_substitute_order(session, actor, now, row, order=["S"], seat_id=place.id)
    set_substitute_order(session, actor, now, row, order=[second.id, first.id])
    assert sorted(decided_orders(session, row.id), key=str) == sorted(
        [
            OrderEntry(None, None, second.id, None),
            OrderEntry(None, None, first.id, None),
            OrderEntry(None, "S", second.id, None),
            OrderEntry(place.id, None, None, "S"),
        ],
        key=str,
    )
    set_substitute_order(session, actor, now, row, order=[], group="S")
    assert len(decided_orders(session, row.id)) == 3


def test_order_for_what_the_forum_has_not_is_refused(session, actor, now):
    row = forum(session)
    substitute = seat(session, row, kind="substitute", group="S")
    with refused(("seat_id", "Välj en ordinarie plats i forumet")):
        set_substitute_order(session, actor, now, row, order=[substitute.id], seat_id=substitute.id)
    with refused(("group", "Välj en grupp i forumet")):
        set_substitute_order(session, actor, now, row, order=[substitute.id], group="V")
    with refused(("order", "Välj ersättare i forumet, var och en en gång")):
        set_substitute_order(session, actor, now, row, order=[substitute.id, substitute.id])
