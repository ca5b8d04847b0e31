"""Entering, editing and finding organisations; one organisation's page."""

from __future__ import annotations

from datetime import date

import pytest

from scheduler.history.queries import history_of
from scheduler.organisations.actions import (
    add_relation,
    create_organisation,
    edit_organisation,
    remove_relation,
)
from scheduler.organisations.contacts import create_contact, edit_contact
from scheduler.organisations.offices import begin_holding, create_office
from scheduler.organisations.queries import (
    organisation_by_slug,
    organisation_kinds,
    organisation_page,
    organisations_for_list,
)
from tests.organisations.making import counted, kinds, organisation, person, refused

TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def _kinds(request):
    if "session" in request.fixturenames:
        kinds(request.getfixturevalue("session"))


def names_of(row):
    return sorted((other.language or "", other.name) for other in row.names)


def test_create_organisation_keeps_what_was_written(session, actor, now):
    row = create_organisation(
        session,
        actor,
        now,
        name=" Luleå  kommun ",
        kind_id="kommun",
        code="2580",
        municipality="Luleå",
        web="lulea.se",
        valid_from_on=date(1969, 5, 17),
        valid_from_precision="year",
        aliases=["Luleå stad"],
        names={"se": "Luleju", "smj": "Julevu"},
    )
    session.expire_all()
    assert (row.slug, row.name, row.kind.en, row.web) == (
        "lulea-kommun",
        "Luleå kommun",
        "Municipality",
        "https://lulea.se",
    )
    assert (row.valid_from_on, row.valid_from_precision) == (date(1969, 1, 1), "year")
    assert names_of(row) == [("", "Luleå stad"), ("se", "Luleju"), ("smj", "Julevu")]
    assert organisation_by_slug(session, "lulea-kommun") is row
    (entry,) = history_of(session, "organisation", row.id)
    assert (entry.action, entry.actor, entry.before, entry.after["kind"]) == (
        "organisation.create",
        "Sara Niemi",
        None,
        "Kommun",
    )


def test_create_organisation_of_the_same_name_gets_another_slug(session, actor, now):
    organisation(session, "Företagarna", "naringsliv")
    assert create_organisation(session, actor, now, name="Företagarna", kind_id="civil").slug == "foretagarna-2"


def test_create_organisation_says_all_that_is_wrong(session, actor, now):
    with refused(
        ("name", "Ange organisationens namn"),
        ("short_name", "Högst 24 tecken"),
        ("contact_email", "x är ingen e-postadress"),
        ("kind_id", "Välj något i listan"),
        ("valid_to_on", "Sista dagen kan inte ligga före den första"),
        ("names", "Ange språket med sin kod, till exempel sv, en eller smj"),
    ):
        create_organisation(
            session,
            actor,
            now,
            name=" ",
            kind_id="okänd",
            short_name="x" * 25,
            contact_email="x",
            valid_from_on=date(2026, 1, 1),
            valid_to_on=date(2025, 1, 1),
            names={"Svenska": "x"},
        )
    assert organisations_for_list(session) == []


def test_rename_keeps_the_old_name_as_alias(session, actor, now):
    row = create_organisation(session, actor, now, name="Norrbottens läns landsting", kind_id="region")
    edit_organisation(session, actor, now, row, name="Region Norrbotten")
    assert (row.name, row.slug) == ("Region Norrbotten", "norrbottens-lans-landsting")
    assert names_of(row) == [("", "Norrbottens läns landsting")]
    assert [found.id for found in organisations_for_list(session, text="landsting")] == [row.id]
    entry = history_of(session, "organisation", row.id)[0]
    assert entry.before == {"name": "Norrbottens läns landsting", "aliases": []}
    assert entry.after == {"name": "Region Norrbotten", "aliases": ["Norrbottens läns landsting"]}


def test_rename_back_drops_the_alias_that_is_the_name_again(session, actor, now):
    row = create_organisation(session, actor, now, name="A", kind_id="region")
    edit_organisation(session, actor, now, row, name="B")
    edit_organisation(session, actor, now, row, name="A")
    assert names_of(row) == [("", "B")]


def test_correcting_a_slip_keeps_no_alias(session, actor, now):
    row = create_organisation(session, actor, now, name="Regoin Norrbotten", kind_id="region")
    edit_organisation(session, actor, now, row, name="Region Norrbotten", keep_old_name=False)
    assert names_of(row) == []


def test_edit_replaces_the_other_names_it_is_given_alone(session, actor, now):
    row = create_organisation(
        session, actor, now, name="Kiruna kommun", kind_id="kommun", aliases=["Kiruna"], names={"se": "Giron"}
    )
    edit_organisation(session, actor, now, row, names={"se": "Giron", "fi": "Kiiruna"})
    assert names_of(row) == [("", "Kiruna"), ("fi", "Kiiruna"), ("se", "Giron")]
    edit_organisation(session, actor, now, row, aliases=[])
    assert names_of(row) == [("fi", "Kiiruna"), ("se", "Giron")]


def test_edit_without_difference_writes_no_history(session, actor, now):
    row = create_organisation(session, actor, now, name="Kiruna kommun", kind_id="kommun")
    edit_organisation(session, actor, now, row, name="Kiruna kommun", aliases=[], names={})
    assert len(history_of(session, "organisation", row.id)) == 1


def test_organisation_cannot_succeed_itself(session, actor, now):
    old, new = organisation(session, "Landstinget"), organisation(session, "Regionen")
    edit_organisation(session, actor, now, old, successor_id=new.id)
    with refused(("successor_id", "En organisation kan inte efterträda sig själv")):
        edit_organisation(session, actor, now, new, successor_id=old.id)
    with refused(("successor_id", "En organisation kan inte efterträda sig själv")):
        edit_organisation(session, actor, now, new, successor_id=new.id)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ajtte", ["Ájtte, Svenskt Fjäll- och Samemuseum"]),
        ("Ájtte", ["Ájtte, Svenskt Fjäll- och Samemuseum"]),
        ("alvsbyn", ["Älvsbyns kommun"]),
        ("älvsbyn", ["Älvsbyns kommun"]),
        ("ÄLVSBYNS KOMMUN", ["Älvsbyns kommun"]),
        ("julevu", ["Luleå kommun"]),
        ("stockholmskontoret", ["North Sweden Stockholm Office"]),
        ("north stockholmskontoret", ["North Sweden Stockholm Office"]),
        ("%", []),
        ("_", []),
        ("polarbib", []),
    ],
)
def test_search_forgives_accents_and_case_and_knows_other_names(session, actor, now, text, found):
    for name, kind_id, aliases, names in [
        ("Ájtte, Svenskt Fjäll- och Samemuseum", "kultur", [], {}),
        ("Älvsbyns kommun", "kommun", [], {}),
        ("Luleå kommun", "kommun", [], {"smj": "Julevu"}),
        ("North Sweden Stockholm Office", "kontor", ["Stockholmskontoret"], {}),
    ]:
        create_organisation(session, actor, now, name=name, kind_id=kind_id, aliases=aliases, names=names)
    assert [row.name for row in organisations_for_list(session, text=text)] == found


def test_list_is_in_swedish_order(session):
    for name in ("Övertorneå kommun", "Älvsbyns kommun", "Arjeplogs kommun", "Överkalix kommun", "Åsele", "Ájtte"):
        organisation(session, name, "kommun")
    assert [row.name for row in organisations_for_list(session)] == [
        "Ájtte",
        "Arjeplogs kommun",
        "Åsele",
        "Älvsbyns kommun",
        "Överkalix kommun",
        "Övertorneå kommun",
    ]


def test_list_filters(session):
    organisation(session, "Luleå kommun", "kommun", municipality="Luleå")
    organisation(session, "LTU", "larosate", municipality="Luleå", public=False)
    organisation(session, "Landstinget", "region", valid_to_on=date(2016, 12, 31))

    def listed(**filters):
        return [row.name for row in organisations_for_list(session, **filters)]

    assert listed(kind_id="kommun") == ["Luleå kommun"]
    assert listed(municipality="Luleå") == ["LTU", "Luleå kommun"]
    assert listed(public_only=True) == ["Landstinget", "Luleå kommun"]
    assert listed(on=TODAY) == ["LTU", "Luleå kommun"]
    assert listed(on=date(2016, 12, 31)) == ["Landstinget", "LTU", "Luleå kommun"]
    assert listed(limit=1) == ["Landstinget"]


@pytest.mark.parametrize("count", [1, 3])
def test_list_makes_two_queries(session, count):
    for n in range(count):
        organisation(session, f"Kommun {n}", "kommun")
    session.expunge_all()
    with counted(session) as said:
        assert [len(row.names) + len(row.kind.sv) for row in organisations_for_list(session)] == [6] * count
    assert len(said) == 2


def test_kinds_are_those_of_the_register_and_seeded_once(session):
    kinds(session)
    found = organisation_kinds(session)
    assert len(found) == 17
    first = found[0]
    assert (first.id, first.sv, first.en) == ("lansstyrelse", "Länsstyrelse", "County administrative board")


def test_seeding_leaves_an_edited_kind_alone(session):
    organisation_kinds(session)[0].sv = "Länsstyrelsen"
    kinds(session)
    session.expire_all()
    assert organisation_kinds(session)[0].sv == "Länsstyrelsen"


# ---------------------------------------------------------------- relations and the page


def test_relation_needs_both_parties(session, actor, now):
    row = organisation(session)
    with refused(("to_id", "Välj en organisation, eller skriv vilka det är")):
        add_relation(session, actor, now, kind="owns", from_id=row.id)
    with refused(("kind", "Välj något i listan"), ("to_id", "Välj något i listan")):
        add_relation(session, actor, now, kind="likes", from_id=row.id, to_id=row.id + 1000)


def test_part_cannot_be_a_part_of_itself(session, actor, now):
    region, unit = organisation(session, "Region"), organisation(session, "Enhet", "enhet")
    add_relation(session, actor, now, kind="part_of", from_id=unit.id, to_id=region.id)
    with refused(("to_id", "Välj något annat: så skulle det stå under sig självt")):
        add_relation(session, actor, now, kind="part_of", from_id=region.id, to_id=unit.id)


def test_page_says_what_belongs_to_an_organisation(session, actor, now):
    region = organisation(session, "Region Norrbotten")
    museum = organisation(session, "Norrbottens museum", "kultur")
    library = organisation(session, "Äldre biblioteket", "bibliotek", public=False)
    filmpool = organisation(session, "Filmpool Nord", "foretag")
    old = organisation(session, "Landstinget", successor_id=region.id)
    for part in (library, museum):
        add_relation(session, actor, now, kind="part_of", from_id=part.id, to_id=region.id)
    add_relation(session, actor, now, kind="owns", from_id=region.id, to_id=filmpool.id)
    add_relation(
        session, actor, now, kind="owns", from_text="tolv av länets kommuner", to_id=filmpool.id, count=12, of_count=14
    )
    office = create_office(session, actor, now, sv="Regionrådet", organisation_id=region.id)
    holder = person(session, "Nils-Olov Lindfors", protected=True)
    begin_holding(session, actor, now, office, person_id=holder.id, from_on=date(2026, 1, 1))
    create_contact(session, actor, now, name="Dan Wergelius", organisation_id=region.id, public=True)
    create_contact(session, actor, now, name="Intern", organisation_id=region.id)
    create_contact(session, actor, now, name="Janus Brandin", contact_for=["region-norrbotten"], public=True)

    page = organisation_page(session, region, TODAY)
    assert [part.name for part in page.parts] == ["Norrbottens museum", "Äldre biblioteket"]
    assert [(row.kind, row.outgoing, row.other.name) for row in page.relations] == [("owns", True, "Filmpool Nord")]
    assert [ref.slug for ref in page.predecessors] == ["landstinget"]
    assert [(row.office.sv, [who.person_name for who in row.holders]) for row in page.offices] == [
        ("Regionrådet", ["ledamot"])
    ]
    assert [contact.name for contact in page.contacts] == ["Dan Wergelius", "Intern", "Janus Brandin"]

    public = organisation_page(session, region, TODAY, public_only=True)
    assert [part.name for part in public.parts] == ["Norrbottens museum"]
    assert [contact.name for contact in public.contacts] == ["Dan Wergelius", "Janus Brandin"]

    owned = organisation_page(session, filmpool, TODAY)
    assert [
        (row.outgoing, row.other.name if row.other else row.text, row.count, row.of_count) for row in owned.relations
    ] == [
        (False, "Region Norrbotten", None, None),
        (False, "tolv av länets kommuner", 12, 14),
    ]
    assert organisation_page(session, museum, TODAY).part_of == (owned.relations[0].other,)
    assert organisation_page(session, old, TODAY).successor.name == "Region Norrbotten"


def test_relations_are_kept_with_both_parties_and_taken_away(session, actor, now):
    owner, company = organisation(session, "Region"), organisation(session, "Filmpool Nord", "foretag")
    relation = add_relation(session, actor, now, kind="owns", from_id=owner.id, to_id=company.id)
    remove_relation(session, actor, now, relation)
    for party in (owner, company):
        assert [entry.action for entry in history_of(session, "organisation", party.id)] == [
            "relation.remove",
            "relation.add",
        ]
    assert organisation_page(session, owner, TODAY).relations == ()


def test_contact_is_checked_and_edited(session, actor, now):
    with refused(("name", "Ange kontaktens namn"), ("email", "x är ingen e-postadress")):
        create_contact(session, actor, now, name="", email="x")
    contact = create_contact(session, actor, now, name="Dan Wergelius", email="dan@example.org", contact_for=["a"])
    edit_contact(session, actor, now, contact, title="strateg externa relationer")
    assert (contact.slug, contact.title, contact.contact_for) == ("dan-wergelius", "strateg externa relationer", ["a"])
    assert history_of(session, "contact", contact.id)[0].after == {"title": "strateg externa relationer"}
