"""Entering, editing and finding persons; offices and who holds them."""

from __future__ import annotations

from datetime import date

import pytest

from scheduler.history.queries import history_of
from scheduler.organisations.offices import begin_holding, create_office, edit_office, end_holding, holders_on
from scheduler.organisations.people import create_person, edit_person
from scheduler.organisations.queries import count_persons, person_by_email, persons_by_id, persons_for_list
from tests.organisations.making import counted, kinds, organisation, person, refused


@pytest.fixture(autouse=True)
def _kinds(request):
    if "session" in request.fixturenames:
        kinds(request.getfixturevalue("session"))


def addresses(row):
    return [(mail.address, mail.main) for mail in sorted(row.emails, key=lambda mail: (not mail.main, mail.address))]


def test_create_person_with_several_addresses(session, actor, now):
    home = organisation(session)
    row = create_person(
        session,
        actor,
        now,
        given_name="Maria",
        family_name="Öhman",
        organisation_id=home.id,
        emails=["Maria.Ohman@Region.SE", "maria@example.org", "maria.ohman@region.se", ""],
    )
    session.expire_all()
    assert row.name == "Maria Öhman"
    assert addresses(row) == [("Maria.Ohman@region.se", True), ("maria@example.org", False)]
    assert person_by_email(session, "MARIA@example.org") is row
    entry = history_of(session, "person", row.id)[0]
    assert entry.after["organisation"] == "Region Norrbotten"
    assert entry.after["emails"] == ["Maria.Ohman@region.se", "maria@example.org"]


def test_create_person_says_all_that_is_wrong(session, actor, now):
    person(session, "Jonas Rova", email="jonas@example.org", protected=True)
    with refused(
        ("given_name", "Ange förnamnet"),
        ("time_zone", "Välj en tidszon"),
        ("emails", "inte en adress är ingen e-postadress"),
        ("emails", "jonas@example.org finns redan hos en annan person"),
    ):
        create_person(
            session,
            actor,
            now,
            family_name="Öhman",
            time_zone="Luleå",
            emails=["inte en adress", "JONAS@example.org"],
        )


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (["b@example.org", "a@example.org"], [("b@example.org", True), ("a@example.org", False)]),
        (["c@example.org", "b@example.org"], [("c@example.org", True), ("b@example.org", False)]),
        (["a@example.org"], [("a@example.org", True)]),
        (["A@example.org", "b@example.org"], [("A@example.org", True), ("b@example.org", False)]),
        ([], []),
    ],
)
def test_edit_addresses_leaves_one_main(session, actor, now, wanted, expected):
    row = create_person(
        session, actor, now, given_name="Maria", family_name="Öhman", emails=["a@example.org", "b@example.org"]
    )
    edit_person(session, actor, now, row, emails=wanted)
    session.expire_all()
    assert addresses(row) == expected


def test_edit_addresses_keeps_what_is_known_of_those_that_stay(session, actor, now):
    row = create_person(session, actor, now, given_name="Maria", family_name="Öhman", emails=["a@example.org"])
    row.emails[0].bounce_state = "hard"
    edit_person(session, actor, now, row, emails=["b@example.org", "a@example.org"])
    assert {mail.address: mail.bounce_state for mail in row.emails} == {"a@example.org": "hard", "b@example.org": "ok"}


def test_edit_person_without_addresses_leaves_them(session, actor, now):
    row = create_person(session, actor, now, given_name="Maria", family_name="Öhman", emails=["a@example.org"])
    edit_person(session, actor, now, row, family_name="Öberg")
    assert (row.name, addresses(row)) == ("Maria Öberg", [("a@example.org", True)])
    entry = history_of(session, "person", row.id)[0]
    assert (entry.before, entry.after) == ({"family_name": "Öhman"}, {"family_name": "Öberg"})


def test_protected_person_leaves_no_facts_in_the_history(session, actor, now):
    row = create_person(
        session, actor, now, given_name="Maria", family_name="Öhman", protected=True, emails=["m@example.org"]
    )
    edit_person(session, actor, now, row, phone="070-123 45 67")
    edit_person(session, actor, now, row, protected=False)
    edit_person(session, actor, now, row, protected=True)
    told = [
        (entry.action, entry.subject_label, entry.before, entry.after)
        for entry in history_of(session, "person", row.id)
    ]
    assert told == [
        ("person.edit", "ledamot", None, None),
        ("person.edit", "Maria Öhman", None, None),
        ("person.edit", "ledamot", None, None),
        ("person.create", "ledamot", None, None),
    ]


def test_list_of_persons_is_by_family_name_and_hides_the_protected(session):
    region = organisation(session)
    person(session, "Risten Sárá Valkeapää")
    person(session, "Maria Öhman", email="maria@example.org", organisation_id=region.id)
    person(session, "Anna Berg", protected=True, email="anna@example.org")
    assert [(row.name, row.organisation_name, row.email) for row in persons_for_list(session)] == [
        ("Risten Sárá Valkeapää", None, None),
        ("Maria Öhman", "Region Norrbotten", "maria@example.org"),
    ]
    first = persons_for_list(session, with_protected=True)[0]
    assert (first.name, first.email, first.protected) == ("ledamot", None, True)
    assert persons_for_list(session, text="anna") == []
    assert (count_persons(session), count_persons(session, with_protected=True)) == (2, 3)


def test_list_of_persons_is_searched_and_paged(session):
    for name in ("Maria Öhman", "Maria Ohlsson", "Jon Ánte Labba"):
        person(session, name)

    def found(**filters):
        return [row.name for row in persons_for_list(session, **filters)]

    assert found(text="maria ohman") == ["Maria Öhman"]
    assert found(text="ante") == ["Jon Ánte Labba"]
    assert found(limit=1, offset=1) == ["Maria Ohlsson"]
    assert count_persons(session, text="maria") == 2


@pytest.mark.parametrize("count", [1, 3])
def test_lists_of_persons_make_constant_queries(session, count):
    people = [person(session, f"Anna Berg{n}", email=f"a{n}@example.org") for n in range(count)]
    ids = [row.id for row in people]
    session.expunge_all()
    with counted(session) as said:
        assert len(persons_for_list(session)) == count
    assert len(said) == 1
    with counted(session) as said:
        assert sorted(row.main_email.address for row in persons_by_id(session, ids).values()) == [
            f"a{n}@example.org" for n in range(count)
        ]
    assert len(said) == 2


# ---------------------------------------------------------------- offices

NEW_YEAR = date(2027, 1, 1)


def test_office_is_held_by_one_at_a_time(session, actor, now):
    office = create_office(session, actor, now, sv="Landshövdingen", en="County governor")
    old, new = person(session, "Lotta Finstorp"), person(session, "Ny Hövding")
    begin_holding(session, actor, now, office, person_id=old.id, from_on=date(2023, 9, 1))
    with refused(("from_on", "Lotta Finstorp sitter där från och med 1 september 2023")):
        begin_holding(session, actor, now, office, person_id=new.id, from_on=NEW_YEAR)
    begin_holding(session, actor, now, office, person_id=new.id, from_on=NEW_YEAR, replace=True)

    def holder(day):
        return [row.person_name for row in holders_on(session, [office.id], day).get(office.id, [])]

    assert holder(date(2023, 8, 31)) == []
    assert holder(date(2026, 12, 31)) == ["Lotta Finstorp"]
    assert holder(NEW_YEAR) == ["Ny Hövding"]
    assert [entry.action for entry in history_of(session, "office", office.id)] == [
        "office.begin",
        "office.end",
        "office.begin",
        "office.create",
    ]


def test_office_cannot_be_taken_over_before_its_holder_began(session, actor, now):
    office = create_office(session, actor, now, sv="Landshövdingen")
    old, new = person(session, "Lotta Finstorp"), person(session, "Ny Hövding")
    begin_holding(session, actor, now, office, person_id=old.id, from_on=date(2026, 1, 1))
    with refused(("from_on", "Lotta Finstorp sitter där från och med 1 januari 2026")):
        begin_holding(session, actor, now, office, person_id=new.id, from_on=date(2025, 1, 1), replace=True)


def test_office_one_in_each_is_held_once_in_each(session, actor, now):
    office = create_office(session, actor, now, sv="Kommunalråd", each_of="kommun")
    lulea, boden = organisation(session, "Luleå", "kommun"), organisation(session, "Boden", "kommun")
    anna, bo = person(session, "Anna Berg"), person(session, "Bo Ek")
    for who, where in ((anna, lulea), (bo, boden)):
        begin_holding(session, actor, now, office, person_id=who.id, from_on=date(2026, 1, 1), organisation_id=where.id)
    with refused(("from_on", "Anna Berg sitter där från och med 1 januari 2026")):
        begin_holding(session, actor, now, office, person_id=bo.id, from_on=NEW_YEAR, organisation_id=lulea.id)
    assert [(row.person_name, row.organisation_name) for row in holders_on(session, None, NEW_YEAR)[office.id]] == [
        ("Anna Berg", "Luleå"),
        ("Bo Ek", "Boden"),
    ]


def test_office_of_a_group_is_held_by_several_but_nobody_twice(session, actor, now):
    office = create_office(session, actor, now, sv="Länsstyrelsens ledning", group=True)
    anna, bo = person(session, "Anna Berg"), person(session, "Bo Ek")
    for who in (anna, bo):
        begin_holding(session, actor, now, office, person_id=who.id, from_on=date(2026, 1, 1))
    with refused(("from_on", "Anna Berg sitter där från och med 1 januari 2026")):
        begin_holding(session, actor, now, office, person_id=anna.id, from_on=NEW_YEAR)
    assert [row.person_name for row in holders_on(session, [office.id], NEW_YEAR)[office.id]] == ["Anna Berg", "Bo Ek"]


def test_office_and_holding_say_what_is_wrong(session, actor, now):
    with refused(("sv", "Ange befattningens namn"), ("organisation_id", "Välj något i listan")):
        create_office(session, actor, now, sv=" ", organisation_id=9999)
    office = create_office(session, actor, now, sv="Landshövdingen")
    edit_office(session, actor, now, office, en="County governor")
    assert office.en == "County governor"
    with refused(("person_id", "Välj en person"), ("from_on", "Ange första dagen")):
        begin_holding(session, actor, now, office, person_id=None, from_on=None)
    holding = begin_holding(session, actor, now, office, person_id=person(session).id, from_on=NEW_YEAR)
    with refused(("on", "Sista dagen kan inte ligga före den första")):
        end_holding(session, actor, now, holding, on=date(2026, 12, 31))
    end_holding(session, actor, now, holding, on=date(2027, 6, 30))
    with refused(("on", "Slutade redan 30 juni 2027")):
        end_holding(session, actor, now, holding, on=date(2027, 7, 1))
    end_holding(session, actor, now, holding, on=date(2027, 3, 31))
    assert holders_on(session, [office.id], date(2027, 4, 1)) == {}
