"""The pages of organisations: who sees them, what the search finds, what the form saves and refuses."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from scheduler.history.models import ScopeVersion
from scheduler.organisations.actions import create_organisation
from scheduler.organisations.models import Organisation, OrganisationName
from tests.conftest import NOW
from tests.web.reading import send, visit

OWN = "/organisations/own-organisation"
FILLED = {"name": "Ájtte museum", "kind_id": "kommun"}


@pytest.fixture
def museum(house, actor) -> Organisation:
    with house.changing() as session:
        return create_organisation(
            session, actor, NOW, name="Ájtte", kind_id="kommun", aliases=["Fjällmuseet"], names={"smj": "Duottarmusea"}
        )


def stored(house) -> list[object]:
    """Every organisation with its names, so far as a form may change them."""
    with house.looking() as session:
        columns = [column for column in Organisation.__table__.columns if column.name != "id"]
        names = select(OrganisationName.organisation_id, OrganisationName.language, OrganisationName.name)
        return [
            *session.execute(select(*columns).order_by(Organisation.id)),
            *session.execute(names.order_by(OrganisationName.id)),
        ]


# ---------------------------------------------------------------- who sees what


@pytest.mark.parametrize("path", ["/organisations", "/organisations/new", OWN, f"{OWN}/edit"])
def test_organisations_open_for_the_secretariat_and_not_for_visitors(house, path):
    assert house.visitor().get(path).status_code == 200
    assert house.visitor("anonymous").get(path).status_code == 404


def test_page_says_who_fills_the_seats(house):
    page = visit(house.visitor(), OWN)
    assert page.heading == "Kommunen own"
    assert "Own Person" in page.text
    assert f"{OWN}/edit" in page.links


def test_reader_is_offered_no_editing(house):
    page = visit(house.visitor("reader"), OWN)
    assert (page.status, f"{OWN}/edit" in page.links) == (200, False)
    assert house.visitor("reader").get(f"{OWN}/edit").status_code == 403


# ---------------------------------------------------------------- the list


@pytest.mark.parametrize("words", ["ajtte", "ÁJTTE", "  ájtte ", "fjallmuseet", "duottar"])
def test_search_finds_whatever_the_accents_the_case_and_the_language(house, museum, words):
    page = read_list(house, q=words)
    assert found(page) == ["/organisations/ajtte"]


@pytest.mark.parametrize("query", [{"q": "%"}, {"q": "_"}, {"q": "finns inte"}, {"q": "ajtte", "kind": "myndighet"}])
def test_search_without_a_hit_says_so(house, museum, query):
    page = read_list(house, **query)
    assert (page.status, found(page)) == (200, [])
    assert "Inga träffar" in page.text


def test_kind_narrows_the_list(house, museum):
    assert found(read_list(house, kind="myndighet")) == []
    assert len(found(read_list(house, kind="kommun"))) == 5


def read_list(house, **query):
    return visit(house.visitor(), "/organisations?" + "&".join(f"{name}={words}" for name, words in query.items()))


def found(page) -> list[str]:
    return [link for link in page.links if link.startswith("/organisations/") and link != "/organisations/new"]


# ---------------------------------------------------------------- the form


def test_organisation_is_entered_with_all_it_has(house):
    page = send(
        house.visitor(), "/organisations/new", "name", **FILLED, aliases="Fjällmuseet\n\nMuseet",
        names="smj: Duottarmusea", web="ajtte.example", valid_from="1980-talet",
    )  # fmt: skip
    assert (page.status, page.heading) == (200, "Ájtte museum")
    assert "Ájtte museum är sparad." in page.text
    assert "https://ajtte.example" in page.text
    assert "Duottarmusea" in page.text
    assert "1980-talet" in page.text
    assert house.latest(1) == [("Own secretariat", "organisation.create", "Ájtte museum")]


def test_edit_keeps_the_old_name_as_an_alias(house):
    page = send(house.visitor(), f"{OWN}/edit", name="Kommunen Ny", short_name="Ny")
    assert (page.status, page.heading) == (200, "Kommunen Ny")
    assert "Kommunen own" in page.text
    form = visit(house.visitor(), f"{OWN}/edit").form("name").values
    assert (form["name"], form["short_name"], form["aliases"]) == ("Kommunen Ny", "Ny", "Kommunen own")


def test_form_sent_untouched_changes_nothing(house, museum):
    before = stored(house)
    assert send(house.visitor(), "/organisations/ajtte/edit", "name").status == 200
    assert stored(house) == before


@pytest.mark.parametrize("path", ["/organisations/new", f"{OWN}/edit"])
@pytest.mark.parametrize(
    ("field", "given", "words"),
    [
        ("name", "", "Ange organisationens namn"),
        ("name", "x" * 201, "Högst 200 tecken"),
        ("kind_id", "", "Välj"),
        ("kind_id", "party", "Välj"),
        ("short_name", "x" * 25, "Högst 24 tecken"),
        ("aliases", "x" * 201, "Högst 200 tecken"),
        ("names", "Duottarmusea", "Skriv språkets kod och kolon före namnet: Duottarmusea"),
        ("names", "nordsamiska: Musea", "Ange språket med sin kod"),
        ("municipality", "x" * 101, "Högst 100 tecken"),
        ("web", "javascript:alert(1)", "Ange en webbadress som börjar med https://"),
        ("web", "ftp://example.org", "Ange en webbadress som börjar med https://"),
        ("contact_email", "ingen", "ingen är ingen e-postadress"),
        ("phone", "0" * 61, "Högst 60 tecken"),
        ("org_no", "0" * 21, "Högst 20 tecken"),
        ("valid_from", "i fjol", "Skriv till exempel 2015-08-01"),
        ("valid_from", "2015-13", "Skriv till exempel 2015-08-01"),
    ],
)
def test_refused_at_the_field_and_nothing_stored(house, path, field, given, words):
    before = stored(house), house.changes()
    page = send(house.visitor(), path, "name", **(FILLED | {field: given}))
    assert (page.status, list(page.errors)) == (422, [field])
    assert words in page.errors[field]
    assert (stored(house), house.changes()) == before


# ---------------------------------------------------------------- somebody else saved first


def test_somebody_else_saved_the_organisation_first(house):
    first = house.visitor()
    opened = visit(first, f"{OWN}/edit").form("name").values
    assert send(house.visitor("administrator"), f"{OWN}/edit", "name", municipality="Luleå").status == 200
    before = stored(house)
    response = first.post(f"{OWN}/edit", {**opened, "phone": "0920-1"}, token=False)
    text = response.get_data(as_text=True)
    assert (response.status_code, "Administrator" in text, 'value="0920-1"' in text) == (409, True, True)
    assert "sparat är ”Luleå”, du skrev ”–”" in text
    assert stored(house) == before


def test_calendars_named_after_an_organisation_follow_its_name(house):
    organisation_id = house.world.organisations["own"].id

    def versions() -> list[int]:
        with house.looking() as session:
            rows = [session.get(ScopeVersion, (scope, organisation_id)) for scope in ("organisation", "secretariat")]
            return [0 if row is None else row.version for row in rows]

    before = versions()
    send(house.visitor(), f"{OWN}/edit", "name", phone="0920-1")
    assert versions() == before
    send(house.visitor(), f"{OWN}/edit", "name", name="Kommunen Ny")
    assert versions() == [version + 1 for version in before]


def test_successor_and_the_last_day_are_saved(house):
    foreign = str(house.world.organisations["foreign"].id)
    page = send(
        house.visitor(), f"{OWN}/edit", "name", successor_id=foreign, valid_to_on="2026-12-31", county="BD",
        legal_form="Kommunalförbund", note="Läggs ned.",
    )  # fmt: skip
    assert "Efterföljare Kommunen foreign" in page.text
    assert "Kommunalförbund" in page.text
    assert "Läggs ned." in page.text
    form = visit(house.visitor(), f"{OWN}/edit").form("name").values
    assert (form["valid_to_on"], form["successor_id"]) == ("2026-12-31", foreign)
