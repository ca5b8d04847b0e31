"""Who has a seat on a day: appointments, offices, nesting, vacancies; of an organisation, of a person."""

from __future__ import annotations

from datetime import date

import pytest

from scheduler.forums.appointments import replace
from scheduler.forums.nesting import end_inclusion, include_forum
from scheduler.forums.seat_days import seat_holders_on
from scheduler.forums.seat_models import Seat
from scheduler.forums.seating import set_substitute_order
from scheduler.forums.seats import (
    calling_of_all,
    seat_holders,
    seat_plan,
    seats_of_organisation,
    seats_of_person,
    substitutes_for,
)
from scheduler.history.queries import history_of
from scheduler.i18n import use_language
from scheduler.organisations.offices import begin_holding, create_office
from tests.organisations.making import appointment, counted, forum, kinds, organisation, person, refused, seat

TODAY = date(2026, 11, 22)
NEW_YEAR = date(2027, 1, 1)
NEW_YEARS_EVE = date(2026, 12, 31)


@pytest.fixture(autouse=True)
def _kinds(session):
    kinds(session)


def names(session, row, on=TODAY, plan=seat_holders):
    return [holder.person_name for holder in plan(session, [row.id], on)[row.id]]


def test_seat_holder_says_all_of_a_seat(session):
    region = organisation(session)
    row = forum(session, "Tillväxtberedningen", "beredning")
    ordinary = seat(session, row, region, label="Ordförandens plats", group="S", position=1)
    substitute = seat(session, row, region, kind="substitute", personal_for_id=ordinary.id, position=2, voting=False)
    who = person(session)
    appointment(session, ordinary, who, to_on=NEW_YEARS_EVE, function="chair")
    chair, vacant = seat_holders(session, [row.id], TODAY)[row.id]
    assert (chair.seat_id, chair.forum_id, chair.via_forum_id, chair.kind, chair.label) == (
        ordinary.id,
        row.id,
        None,
        "ordinary",
        "Ordförandens plats",
    )
    assert (chair.organisation_id, chair.organisation_name, chair.office_id) == (region.id, "Region Norrbotten", None)
    assert (chair.person_id, chair.person_name, chair.function, chair.until_on) == (
        who.id,
        "Maria Öhman",
        "chair",
        NEW_YEARS_EVE,
    )
    assert (chair.group, chair.voting, chair.protected, chair.offer, chair.number_unknown) == (
        "S",
        True,
        False,
        None,
        False,
    )
    assert (vacant.seat_id, vacant.kind, vacant.personal_for_seat_id, vacant.voting) == (
        substitute.id,
        "substitute",
        ordinary.id,
        False,
    )
    assert (vacant.person_id, vacant.person_name, vacant.function, vacant.is_vacant) == (None, None, None, True)


@pytest.mark.parametrize(
    ("on", "sitting"),
    [
        (date(2024, 12, 31), None),
        (date(2025, 1, 1), "Anna Berg"),
        (date(2026, 6, 30), "Anna Berg"),
        (date(2026, 7, 1), None),
        (date(2026, 9, 1), "Bo Ek"),
        (date(2030, 1, 1), "Bo Ek"),
    ],
)
def test_appointment_holds_from_its_first_day_to_its_last(session, on, sitting):
    row = forum(session)
    place = seat(session, row)
    appointment(session, place, person(session, "Anna Berg"), date(2025, 1, 1), date(2026, 6, 30))
    appointment(session, place, person(session, "Bo Ek"), date(2026, 9, 1))
    assert names(session, row, on) == [sitting]


@pytest.mark.parametrize(
    ("on", "sitting"),
    [
        (date(2026, 6, 30), "Anna Berg"),
        (date(2026, 7, 1), "Anna Berg"),
        (date(2026, 8, 31), "Anna Berg"),
        (date(2026, 9, 1), "Bo Ek"),
        (date(2026, 10, 1), None),
    ],
)
def test_appointment_continues_until_replaced_and_does_not_come_back(session, on, sitting):
    row = forum(session)
    place = seat(session, row)
    appointment(
        session, place, person(session, "Anna Berg"), date(2025, 1, 1), date(2026, 6, 30), continues_until_replaced=True
    )
    appointment(session, place, person(session, "Bo Ek"), date(2026, 9, 1), date(2026, 9, 30))
    assert names(session, row, on) == [sitting]


@pytest.mark.parametrize(
    ("on", "seats"), [(date(2025, 12, 31), 0), (date(2026, 1, 1), 1), (NEW_YEARS_EVE, 1), (NEW_YEAR, 0)]
)
def test_seat_is_there_from_its_first_day_to_its_last(session, on, seats):
    row = forum(session)
    seat(session, row, from_on=date(2026, 1, 1), to_on=NEW_YEARS_EVE)
    assert len(names(session, row, on)) == seats


def test_office_seat_is_filled_by_its_holder_unless_somebody_is_appointed(session, actor, now):
    region = organisation(session)
    office = create_office(session, actor, now, sv="Danskonsulent", on_behalf_of_id=region.id)
    row = forum(session, "Dansrådet", "rad")
    place = seat(session, row, office=office)
    (vacant,) = seat_holders(session, [row.id], TODAY)[row.id]
    assert (vacant.person_id, vacant.organisation_name, vacant.office_id) == (None, "Region Norrbotten", office.id)
    begin_holding(session, actor, now, office, person_id=person(session, "Anna Berg").id, from_on=NEW_YEAR)
    assert (names(session, row, NEW_YEARS_EVE), names(session, row, NEW_YEAR)) == ([None], ["Anna Berg"])
    appointment(session, place, person(session, "Bo Ek"), date(2027, 2, 1))
    assert names(session, row, date(2027, 2, 1)) == ["Bo Ek"]


def test_office_one_in_each_fills_the_seat_with_each_of_them(session, actor, now):
    lulea, boden = organisation(session, "Luleå", "kommun"), organisation(session, "Boden", "kommun")
    office = create_office(session, actor, now, sv="Kommunalråd", each_of="kommun")
    for where, name in ((lulea, "Anna Berg"), (boden, "Bo Ek")):
        begin_holding(
            session,
            actor,
            now,
            office,
            person_id=person(session, name).id,
            from_on=date(2026, 1, 1),
            organisation_id=where.id,
        )
    row = forum(session, "Nätverket", "natverk")
    seat(session, row, office=office, each_of="kommun", number_unknown=True)
    seat(session, row, boden, office=office, position=1)
    assert [(who.person_name, who.organisation_name) for who in seat_plan(session, [row.id], TODAY)[row.id]] == [
        ("Anna Berg", "Luleå"),
        ("Bo Ek", "Boden"),
        ("Bo Ek", "Boden"),
    ]
    assert names(session, row) == ["Anna Berg", "Bo Ek"]


def test_protected_person_is_shown_as_member(session):
    row = forum(session)
    appointment(session, seat(session, row), person(session, protected=True))
    (who,) = seat_holders(session, [row.id], TODAY)[row.id]
    assert (who.person_name, who.protected) == ("ledamot", True)
    with use_language("en"):
        assert names(session, row) == ["member"]


@pytest.mark.parametrize(
    ("columns", "vacant"),
    [({}, True), ({"offer": "offered"}, True), ({"offer": "declined"}, False), ({"number_unknown": True}, False)],
)
def test_seat_without_a_person_is_vacant_unless_none_is_missing(session, columns, vacant):
    row = forum(session)
    seat(session, row, **columns)
    (holder,) = seat_holders(session, [row.id], TODAY)[row.id]
    assert holder.is_vacant is vacant


# ---------------------------------------------------------------- nesting


def beredning_and_forum(session):
    """Thirteen members and substitutes of a preparatory body; a forum of them and eleven organisations."""
    region, kommuner = organisation(session), organisation(session, "Norrbottens Kommuner", "kommunforbund")
    inner = forum(session, "Tillväxtberedningen", "beredning")
    for n in range(13):
        whose = kommuner if n < 6 else region
        appointment(session, seat(session, inner, whose, position=n), person(session, f"Ledamot {n:02}"))
        substitute = seat(session, inner, whose, kind="substitute", position=13 + n)
        appointment(session, substitute, person(session, f"Ersättare {n:02}"))
    outer = forum(session, "Regionalt forum", "motesplats")
    for n in range(11):
        party = organisation(session, f"Organisation {n:02}", "civil")
        seat(session, outer, party, position=n, offer="offered")
    return inner, outer


def test_forum_has_the_seats_of_an_included_one(session, actor, now):
    inner, outer = beredning_and_forum(session)
    include_forum(session, actor, now, outer, included_id=inner.id, from_on=date(2026, 1, 1))
    holders = seat_holders(session, [outer.id], TODAY)[outer.id]
    assert len(holders) == 24
    assert [(who.forum_id, who.via_forum_id) for who in holders] == [(outer.id, None)] * 11 + [
        (outer.id, inner.id)
    ] * 13
    assert [who.person_name for who in holders[11:]] == [f"Ledamot {n:02}" for n in range(13)]
    assert len(names(session, outer, date(2025, 12, 31))) == 11
    assert len(names(session, inner)) == 26


def test_change_of_an_included_seat_changes_the_forum_and_is_listed_there(session, actor, now):
    inner, outer = beredning_and_forum(session)
    include_forum(session, actor, now, outer, included_id=inner.id)
    place = session.get(Seat, seat_holders(session, [inner.id], TODAY)[inner.id][0].seat_id)
    replace(session, actor, now, place, person_id=person(session, "Ny Ledamot").id, from_on=NEW_YEAR)
    assert "Ny Ledamot" not in names(session, outer)
    assert "Ny Ledamot" in names(session, outer, NEW_YEAR)
    entry = history_of(session, "forum", outer.id)[0]
    assert (entry.action, entry.after["forum"], entry.after["person"], entry.after["from_on"]) == (
        "appointment.add",
        "Tillväxtberedningen",
        "Ny Ledamot",
        "2027-01-01",
    )


def test_nesting_ends_on_its_last_day(session, actor, now):
    inner, outer = beredning_and_forum(session)
    inclusion = include_forum(session, actor, now, outer, included_id=inner.id)
    end_inclusion(session, actor, now, inclusion, on=NEW_YEARS_EVE)
    assert (len(names(session, outer, NEW_YEARS_EVE)), len(names(session, outer, NEW_YEAR))) == (24, 11)
    with refused(("on", "Slutade redan 31 december 2026")):
        end_inclusion(session, actor, now, inclusion, on=NEW_YEAR)
    include_forum(session, actor, now, outer, included_id=inner.id, from_on=NEW_YEAR)
    assert len(names(session, outer, NEW_YEAR)) == 24
    assert [(entry.action, entry.after["included"]) for entry in history_of(session, "forum", outer.id)] == [
        ("nesting.add", "Tillväxtberedningen"),
        ("nesting.end", "Tillväxtberedningen"),
        ("nesting.add", "Tillväxtberedningen"),
    ]


def test_nesting_is_followed_to_any_depth_with_the_kinds_each_link_takes(session, actor, now):
    chain = [forum(session, f"Nivå {n}") for n in range(4)]
    for n, row in enumerate(chain):
        appointment(session, seat(session, row), person(session, f"Ledamot {n}"), function="chair")
        appointment(session, seat(session, row, kind="substitute"), person(session, f"Ersättare {n}"))
    for n, taken in enumerate([("ordinary", "substitute"), ("ordinary",), ("ordinary", "substitute")]):
        include_forum(session, actor, now, chain[n], included_id=chain[n + 1].id, seat_kinds=taken)
    holders = seat_holders(session, [chain[0].id], TODAY)[chain[0].id]
    assert [(who.person_name, who.function) for who in holders] == [
        ("Ledamot 0", "chair"),
        ("Ersättare 0", "member"),
        ("Ledamot 1", "member"),
        ("Ersättare 1", "member"),
        ("Ledamot 2", "member"),
        ("Ledamot 3", "member"),
    ]


def test_each_person_once_by_the_weightiest_seat(session, actor, now):
    inner, outer = forum(session, "Inre"), forum(session, "Yttre")
    include_forum(session, actor, now, outer, included_id=inner.id)
    anna, bo = person(session, "Anna Berg"), person(session, "Bo Ek")
    appointment(session, seat(session, outer, kind="substitute"), anna)
    appointment(session, seat(session, outer), bo)
    for who in (anna, bo):
        appointment(session, seat(session, inner), who)
    kept = [(who.person_name, who.kind, who.via_forum_id) for who in seat_holders(session, [outer.id], TODAY)[outer.id]]
    assert kept == [("Bo Ek", "ordinary", None), ("Anna Berg", "ordinary", inner.id)]
    assert names(session, outer, plan=seat_plan) == ["Anna Berg", "Bo Ek", "Anna Berg", "Bo Ek"]


def test_seat_that_comes_two_ways_is_one(session, actor, now):
    top, left, right, bottom = (forum(session, name) for name in ("Topp", "Vänster", "Höger", "Botten"))
    for upper, lower in ((top, left), (top, right), (left, bottom), (right, bottom)):
        include_forum(session, actor, now, upper, included_id=lower.id)
    seat(session, bottom)
    assert len(names(session, top, plan=seat_plan)) == 1


def test_circular_nesting_is_refused_and_named(session, actor, now):
    a, b, c = (forum(session, name) for name in ("Beredningen", "Forumet", "Rådet"))
    include_forum(session, actor, now, a, included_id=b.id)
    include_forum(session, actor, now, b, included_id=c.id)
    with refused(("included_id", "Rådet skulle ingå i sig självt: Rådet → Beredningen → Forumet → Rådet")):
        include_forum(session, actor, now, c, included_id=a.id)
    with refused(("included_id", "Rådet skulle ingå i sig självt: Rådet → Rådet")):
        include_forum(session, actor, now, c, included_id=c.id)
    with refused(("included_id", "Forumet ingår redan de dagarna")):
        include_forum(session, actor, now, a, included_id=b.id, from_on=NEW_YEAR)
    with refused(
        ("to_on", "Sista dagen kan inte ligga före den första"),
        ("included_id", "Välj ett forum"),
        ("seat_kinds", "Välj något i listan"),
    ):
        include_forum(
            session, actor, now, a, included_id=9999, from_on=NEW_YEAR, to_on=TODAY, seat_kinds=["ordinary", "chair"]
        )
    assert names(session, c) == []


@pytest.mark.parametrize("count", [1, 3])
def test_seat_holders_make_four_queries(session, actor, now, count):
    office = create_office(session, actor, now, sv="Regionrådet")
    begin_holding(session, actor, now, office, person_id=person(session, "Anna Berg").id, from_on=date(2026, 1, 1))
    inner = forum(session, "Inre")
    appointment(session, seat(session, inner), person(session, "Bo Ek"))
    ids = []
    for n in range(count):
        row = forum(session, f"Forum {n}")
        seat(session, row, organisation(session, f"Organisation {n}"), office=office)
        include_forum(session, actor, now, row, included_id=inner.id)
        ids.append(row.id)
    session.expunge_all()
    with counted(session) as said:
        assert {tuple(who.person_name for who in seats) for seats in seat_holders(session, ids, TODAY).values()} == {
            ("Anna Berg", "Bo Ek")
        }
    assert len(said) == 4


def test_seat_holders_of_no_forum_and_of_one_without_seats(session):
    assert seat_holders(session, [], TODAY) == {}
    row = forum(session)
    assert seat_holders(session, [row.id], TODAY) == {row.id: []}


def test_seats_of_many_days_are_those_of_each_day(session, actor, now):
    inner, outer = beredning_and_forum(session)
    office = create_office(session, actor, now, sv="Regionrådet")
    begin_holding(session, actor, now, office, person_id=person(session, "Anna Berg").id, from_on=NEW_YEAR)
    seat(session, outer, office=office, from_on=date(2026, 6, 1))
    place = seat(session, outer, position=30)
    appointment(session, place, person(session, "Bo Ek"), date(2025, 1, 1), TODAY, continues_until_replaced=True)
    appointment(session, place, person(session, "Cia Ax"), date(2027, 2, 1), date(2027, 2, 28))
    include_forum(session, actor, now, outer, included_id=inner.id, from_on=date(2026, 1, 1), to_on=NEW_YEARS_EVE)
    days = [date(2025, 1, 1), TODAY, NEW_YEARS_EVE, NEW_YEAR, date(2027, 2, 1), date(2027, 3, 1)]
    wanted = [(row.id, day) for row in (inner, outer) for day in days]
    assert seat_holders_on(session, wanted) == {
        (forum_id, day): seat_holders(session, [forum_id], day)[forum_id] for forum_id, day in wanted
    }


# ---------------------------------------------------------------- of one organisation, of one person


def test_seats_of_an_organisation(session, actor, now):
    region, other = organisation(session), organisation(session, "Luleå kommun", "kommun")
    office = create_office(session, actor, now, sv="Regionrådet", organisation_id=region.id)
    row_b, row_a = forum(session, "Ödesforum"), forum(session, "Avloppsforum", short_name="Avlopp")
    appointment(session, seat(session, row_b, region), person(session, "Anna Berg"), to_on=NEW_YEARS_EVE)
    seat(session, row_b, region, kind="substitute")
    seat(session, row_b, other)
    seat(session, row_a, office=office)
    seat(session, row_a, region, to_on=date(2025, 12, 31))
    outer = forum(session, "Yttre")
    include_forum(session, actor, now, outer, included_id=row_b.id)
    found = [
        (row.forum_title, row.forum_slug, row.seat.kind, row.seat.person_name, row.seat.until_on)
        for row in seats_of_organisation(session, region.id, TODAY)
    ]
    assert found == [
        ("Avlopp", "avloppsforum", "ordinary", None, None),
        ("Ödesforum", "odesforum", "ordinary", "Anna Berg", NEW_YEARS_EVE),
        ("Ödesforum", "odesforum", "substitute", None, None),
    ]
    assert [row.forum_title for row in seats_of_organisation(session, region.id, TODAY, forum_ids=[row_a.id])] == [
        "Avlopp"
    ]


def test_seats_of_an_organisation_through_its_holder_of_an_office(session, actor, now):
    lulea = organisation(session, "Luleå kommun", "kommun")
    office = create_office(session, actor, now, sv="Kommunalråd", each_of="kommun")
    begin_holding(
        session,
        actor,
        now,
        office,
        person_id=person(session).id,
        from_on=date(2026, 1, 1),
        organisation_id=lulea.id,
    )
    row = forum(session, "Nätverket", "natverk")
    seat(session, row, office=office, each_of="kommun")
    assert [found.seat.person_name for found in seats_of_organisation(session, lulea.id, TODAY)] == ["Maria Öhman"]


def test_seats_of_a_person_are_all_they_fill(session, actor, now):
    office = create_office(session, actor, now, sv="Landshövdingen")
    who = person(session)
    begin_holding(session, actor, now, office, person_id=who.id, from_on=date(2026, 1, 1), to_on=NEW_YEARS_EVE)
    by_office, inner, outer, past = (forum(session, name) for name in ("Samtal", "Inre", "Yttre", "Gamla"))
    seat(session, by_office, office=office)
    appointment(session, seat(session, inner), who, function="chair")
    appointment(session, seat(session, past), who, to_on=date(2025, 12, 31))
    include_forum(session, actor, now, outer, included_id=inner.id)

    def found(on, **viewer):
        return [
            (row.forum_title, row.seat.function, row.seat.via_forum_id)
            for row in seats_of_person(session, who.id, on, **viewer)
        ]

    assert found(TODAY) == [("Inre", "chair", None), ("Samtal", "member", None), ("Yttre", "member", inner.id)]
    assert found(NEW_YEAR) == [("Inre", "chair", None), ("Yttre", "member", inner.id)]
    assert found(TODAY, forum_ids=[outer.id]) == [("Yttre", "member", inner.id)]
    assert seats_of_person(session, who.id + 1000, TODAY) == []


def test_office_holder_has_no_seat_that_somebody_else_is_appointed_to(session, actor, now):
    office = create_office(session, actor, now, sv="Landshövdingen")
    who = person(session)
    begin_holding(session, actor, now, office, person_id=who.id, from_on=date(2026, 1, 1))
    appointment(session, seat(session, forum(session), office=office), person(session, "Bo Ek"))
    assert seats_of_person(session, who.id, TODAY) == []


@pytest.mark.parametrize("count", [1, 3])
def test_seats_of_one_make_constant_queries(session, count):
    region, who = organisation(session), person(session)
    for n in range(count):
        appointment(session, seat(session, forum(session, f"Forum {n}"), region), who)
    region_id, person_id = region.id, who.id
    session.expunge_all()
    with counted(session) as said:
        assert len(seats_of_organisation(session, region_id, TODAY)) == count
    assert len(said) == 4
    with counted(session) as said:
        assert len(seats_of_person(session, person_id, TODAY)) == count
    assert len(said) == 5


# ---------------------------------------------------------------- substitutes


def test_substitutes_are_called_in_the_decided_order(session, actor, now):
    row = forum(session, "Nämnden", "namnd")
    ordinary = seat(session, row, group="S")
    places = {}
    for n, (name, group, personal) in enumerate(
        [("Moa Ett", "M", None), ("Sara Ett", "S", None), ("Sara Två", "S", None), ("Pia Nära", "M", ordinary.id)]
    ):
        place = seat(session, row, kind="substitute", group=group, personal_for_id=personal, position=n)
        appointment(session, place, person(session, name))
        places[name] = place.id
    seat(session, row, kind="substitute", group="S", position=9)

    def called():
        return [who.person_name for who in substitutes_for(session, row.id, ordinary.id, TODAY)]

    assert called() == ["Pia Nära", "Sara Ett", "Sara Två", "Moa Ett"]
    set_substitute_order(session, actor, now, row, group="S", order=[places["Sara Två"], "M", "S"])
    assert called() == ["Pia Nära", "Sara Två", "Moa Ett", "Sara Ett"]
    set_substitute_order(session, actor, now, row, seat_id=ordinary.id, order=["M"])
    assert called() == ["Pia Nära", "Moa Ett", "Sara Ett", "Sara Två"]
    set_substitute_order(session, actor, now, row, seat_id=ordinary.id, order=[])
    set_substitute_order(session, actor, now, row, group="S", order=[])
    assert called() == ["Pia Nära", "Sara Ett", "Sara Två", "Moa Ett"]
    assert [entry.after["order"] for entry in history_of(session, "forum", row.id)] == [
        [],
        [],
        ["M"],
        [places["Sara Två"], "M", "S"],
    ]
    assert substitutes_for(session, row.id, ordinary.id + 1000, TODAY) == []


def test_substitute_order_says_what_is_wrong(session, actor, now):
    row = forum(session)
    ordinary, substitute = seat(session, row), seat(session, row, kind="substitute", group="S")
    elsewhere = seat(session, forum(session, "Ett annat"), kind="substitute")
    text = "Välj ersättare i forumet, var och en en gång"
    for order in ([ordinary.id], [elsewhere.id], ["M"], [substitute.id, substitute.id]):
        with refused(("order", text)):
            set_substitute_order(session, actor, now, row, order=order)
    with refused(("seat_id", "Välj en ordinarie plats i forumet")):
        set_substitute_order(session, actor, now, row, seat_id=substitute.id, order=["S"])


def test_substitutes_of_the_own_organisation_come_first_where_no_group_is_named(session, actor, now):
    row = forum(session, "Tillväxtberedningen")
    homes = [organisation(session, "Region Norrbotten"), organisation(session, "Luleå kommun", "kommun")]
    ordinary = [seat(session, row, home, position=n) for n, home in enumerate(homes)]
    for n, home in enumerate(homes):
        place = seat(session, row, home, kind="substitute", position=5 + n)
        appointment(session, place, person(session, f"Ersättare {n}"))
    called = {calling.seat.seat_id: calling.substitutes for calling in calling_of_all(session, row.id, TODAY)}
    assert [[who.person_name for who in called[place.id]] for place in ordinary] == [
        ["Ersättare 0", "Ersättare 1"],
        ["Ersättare 1", "Ersättare 0"],
    ]
