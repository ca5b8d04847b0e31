"""Pasted lists of people: what the lines say, who is new, and that the same list pasted again changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from scheduler.organisations.models import Organisation, Person
from scheduler.organisations.people_list_rules import MOST, read_people
from scheduler.organisations.people_lists import MOST_PROBLEMS, enter_people, plan_people
from tests.organisations.making import counted, kinds, organisation, person, refused


@pytest.fixture(autouse=True)
def _kinds(request):
    if "session" in request.fixturenames:
        kinds(request.getfixturevalue("session"))


def said(text):
    people, problems = read_people(text)
    assert problems == []
    return [
        (row.given_name, row.family_name, row.email, row.organisation, row.phone, row.town)
        for row in people
    ]  # fmt: skip


ASA = ("Åsa", "Öberg", "asa@example.org", "Piteå kommun", "", "")


@pytest.mark.parametrize(
    "text",
    [
        "Åsa Öberg\tasa@example.org\tPiteå kommun",
        "Åsa Öberg; asa@example.org; Piteå kommun",
        "Åsa\tÖberg\tasa@example.org\tPiteå kommun",
        "asa@example.org;Öberg, Åsa;Piteå kommun",
        "Åsa Öberg, asa@example.org, Piteå kommun",
        "Namn\tE-post\tOrganisation\nÅsa Öberg\tasa@example.org\tPiteå kommun",
        "Organisation;Efternamn;Förnamn;E-postadress;Okänd spalt\nPiteå kommun;Öberg;Åsa;asa@example.org;x",
        '\n\n"Åsa Öberg"\t"asa@example.org"\t"Piteå kommun"\n\t\t\n',
    ],
)
def test_line_is_read_in_whatever_form_it_comes(text):
    assert said(text) == [ASA]


def test_recipients_of_a_mail_are_read():
    text = 'Åsa Öberg <asa@example.org>; Ek, Bo <bo@example.org>; "Li Ann Wu" <li@example.org>'
    assert [row[:3] for row in said(text)] == [
        ("Åsa", "Öberg", "asa@example.org"), ("Bo", "Ek", "bo@example.org"), ("Li Ann", "Wu", "li@example.org"),
    ]  # fmt: skip


def test_telephone_and_town_are_told_apart():
    assert said("Bo Ek; 070-123 45 67; Luleå kommun; Råneå") == [
        ("Bo", "Ek", "", "Luleå kommun", "070-123 45 67", "Råneå")
    ]


def test_several_given_names_and_a_single_name():
    assert said("Anna Karin Blind") == [("Anna Karin", "Blind", "", "", "", "")]
    _people, [problem] = read_people("Madonna")
    assert problem.field == "lines"
    assert problem.values == {"n": 1, "name": "Madonna"}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Åsa Öberg;asa@", [1]),
        ("; asa@example.org", [1]),
        ("Åsa Öberg;a@example.org\nBo Ek\nÅsa Berg;A@example.org", [3]),
        ("Bo Ek;;Luleå kommun\nbo ek;;LULEÅ KOMMUN", [2]),
        ("Åsa Öberg <a@example.org>; Bo Ek <a@example.org>", [1]),
        (f"{'x' * 101} Ek", [1]),
        ("Bo Ek;;=?utf-8?q?karin?=", [1]),
    ],
)
def test_line_that_cannot_be_is_told_by_its_number(text, lines):
    _people, problems = read_people(text)
    assert [problem.values["n"] for problem in problems] == lines


def test_two_of_one_name_with_addresses_of_their_own_are_two():
    assert len(said("Bo Ek;bo@example.org\nBo Ek;bo.ek@example.org")) == 2


def test_list_longer_than_the_limit_is_refused_whole():
    people, [problem] = read_people("\n".join(f"Bo Ek;b{n}@example.org" for n in range(MOST + 1)))
    assert people == []
    assert problem.values == {"n": MOST + 1, "most": MOST}


@given(st.text(alphabet=st.sampled_from('aåÖ@.;,\t\n<>"1 +'), max_size=60))
def test_no_text_is_a_fault(text):
    people, problems = read_people(text)
    told = {problem.values["n"] for problem in problems}
    for row in people:
        assert row.line in told or (row.given_name and row.family_name)


# ---------------------------------------------------------------- beside the register


def count(session, table):
    return session.scalar(select(func.count()).select_from(table))


LIST = "Åsa Öberg;asa@example.org;Piteå kommun\nBo Ek;bo@example.org\nCecilia Falk;;Lappfors bibliotek"


def test_list_enters_people_and_the_organisations_it_names(session, actor, now):
    home, town = organisation(session), organisation(session, "Piteå kommun", "kommun")
    entered = enter_people(session, actor, now, LIST, organisation_id=home.id, kind_id="bibliotek")
    assert (entered.people, entered.organisations) == (3, 1)
    rows = session.scalars(select(Person).order_by(Person.id)).all()
    assert [(row.name, row.organisation.name) for row in rows] == [
        ("Åsa Öberg", town.name), ("Bo Ek", home.name), ("Cecilia Falk", "Lappfors bibliotek"),
    ]  # fmt: skip
    assert rows[0].main_email.address == "asa@example.org"


def test_same_list_again_changes_nothing(session, actor, now):
    organisation(session, "Piteå kommun", "kommun")
    enter_people(session, actor, now, LIST, kind_id="bibliotek")
    before = count(session, Person), count(session, Organisation)
    again = enter_people(session, actor, now, LIST, kind_id="bibliotek")
    assert (again.people, again.organisations) == (0, 0)
    assert (count(session, Person), count(session, Organisation)) == before


def test_organisation_is_known_by_any_of_its_names(session):
    town = organisation(session, "Piteå kommun", "kommun", short_name="Piteå")
    [entry] = plan_people(session, "Åsa Öberg;;PITEÅ")
    assert entry.organisation is town
    assert entry.is_new


def test_same_name_in_the_same_house_is_the_same_person_unless_the_address_differs(session):
    town = organisation(session, "Piteå kommun", "kommun")
    there = person(session, "Åsa Öberg", organisation_id=town.id, email="asa@example.org")
    without, other = plan_people(session, "Åsa Öberg;;Piteå kommun\nÅsa Öberg;annan@example.org;Piteå kommun")
    assert without.known is there
    assert other.is_new


def test_missing_organisation_is_refused_unless_it_may_be_entered(session):
    with refused(("lines", "Rad 1: organisationen Lappfors bibliotek finns inte i registret")):
        plan_people(session, "Åsa Öberg;;Lappfors bibliotek")


def test_address_of_a_protected_person_does_not_say_whose_it_is(session):
    person(session, "Hemlig Person", email="hemlig@example.org", protected=True)
    with refused(("lines", "Rad 1: hemlig@example.org finns redan hos en annan person")):
        plan_people(session, "Åsa Öberg;hemlig@example.org")
    [entry] = plan_people(session, "Hemlig Person")
    assert entry.is_new


def test_many_faults_are_cut_short(session):
    lines = [("lines", f"Rad {n}: skriv både förnamn och efternamn för Ensam{n}") for n in range(1, MOST_PROBLEMS + 1)]
    with refused(*lines, ("lines", "och 30 rader till")):
        plan_people(session, "\n".join(f"Ensam{n}" for n in range(1, MOST_PROBLEMS + 31)))


def test_as_many_questions_for_a_long_list_as_for_a_short_one(session):
    organisation(session, "Piteå kommun", "kommun")
    found = []
    for length in (2, 60):
        text = "\n".join(f"Bo Ek{n};b{n}@example.org;Piteå kommun" for n in range(length))
        with counted(session) as sent:
            plan_people(session, text)
        found.append(len(sent))
    assert found[0] == found[1]
