"""The pages of people: who sees them, what stays unsaid of a protected person, what the form saves and refuses."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from scheduler.forums.models import Rotation, RotationEntry
from scheduler.meetings.models import MeetingScope
from scheduler.organisations.models import Organisation, Person, PersonEmail
from tests.meetings.county import assert_followed
from tests.web.reading import send, visit

FILLED = {"given_name": "Åsa", "family_name": "Öberg"}


@pytest.fixture
def own(house) -> str:
    """The address of the own person's page."""
    return f"/people/{house.world.people['own'].id}"


def stored(house) -> list[object]:
    """Every person with addresses, so far as a form may change them."""
    with house.looking() as session:
        mails = select(PersonEmail.person_id, PersonEmail.address, PersonEmail.main).order_by(PersonEmail.id)
        return [
            *session.execute(select(*Person.__table__.columns).order_by(Person.id)),
            *session.execute(mails),
        ]


# ---------------------------------------------------------------- who sees what


@pytest.mark.parametrize("page", ["/people", "/people/new", "/people/list", "own", "own/edit"])
def test_people_open_for_the_secretariat_and_not_for_visitors(house, own, page):
    path = page.replace("own", own)
    assert house.visitor().get(path).status_code == 200
    assert house.visitor("anonymous").get(path).status_code == 404


def test_page_says_how_to_reach_the_person_and_where_they_sit(house, own):
    page = visit(house.visitor(), own)
    assert page.heading == "Own Person"
    assert "own@register.example" in page.text
    assert "/forums/own-forum" in page.links


@pytest.mark.parametrize(("words", "count"), [("OWN", 1), ("person", 5), ("person own", 1), ("%", 0), ("nobody", 0)])
def test_search_finds_by_words_of_the_name(house, words, count):
    links = visit(house.visitor(), f"/people?q={words}").links
    people = [link for link in links if link.startswith("/people/") and link[8:].isdigit()]
    assert len(people) == count


@pytest.mark.parametrize("number", ["0", "-1", "x", "999", "9" * 30])
def test_page_number_out_of_reach_is_no_fault(house, number):
    assert house.visitor().get(f"/people?page={number}").status_code == 200


# ---------------------------------------------------------------- protected


@pytest.mark.parametrize(
    "path", ["own", "/people", "/people?q=Own", "/organisations/own-organisation", "forum", "meeting"]
)
def test_protected_person_has_no_name_and_no_address_anywhere(house, own, path):
    shown = {"own": own, "forum": "/forums/own-forum", "meeting": f"/meetings/{house.world.meetings['own'].id}"}
    with house.changing() as session:
        person = session.get_one(Person, house.world.people["own"].id)
        person.phone, person.town, person.protected = "0970-12345", "Nattavaara", True
    response = house.visitor().get(shown.get(path, path))
    text = response.get_data(as_text=True)
    assert response.status_code == 200
    hidden = ("Own Person", "own@register.example", "0970-12345", "Nattavaara")
    assert [words for words in hidden if words in text] == []


def test_person_made_protected_leaves_no_name_in_the_history(house, own):
    page = send(house.visitor(), f"{own}/edit", "given_name", protected="y")
    assert (page.status, page.heading) == (200, "Ledamot")
    assert "Ledamot är sparad." in page.text
    assert "Own Person" not in page.text
    assert house.latest(1) == [("Own secretariat", "person.edit", "ledamot")]


# ---------------------------------------------------------------- the form


def test_person_is_entered_with_all_they_have(house):
    organisation = house.world.organisations["own"]
    page = send(
        house.visitor(), f"/people/new?organisation={organisation.id}", "given_name", **FILLED,
        emails="asa@example.org\nandra@example.org", town="Jokkmokk",
    )  # fmt: skip
    assert (page.status, page.heading) == (200, "Åsa Öberg")
    assert "Åsa Öberg är sparad." in page.text
    assert "asa@example.org brev går hit" in page.text
    assert "Jokkmokk" in page.text
    assert "/organisations/own-organisation" in page.links
    assert house.latest(1) == [("Own secretariat", "person.create", "Åsa Öberg")]


def test_mails_go_to_the_address_named_first(house, own):
    edit = f"{own}/edit"
    page = send(house.visitor(), edit, "emails", emails="ny@example.org\nown@register.example")
    assert "ny@example.org brev går hit" in page.text
    assert visit(house.visitor(), edit).form("emails").values["emails"] == "ny@example.org\nown@register.example"


def test_form_sent_untouched_changes_nothing(house, own):
    before = stored(house)
    assert send(house.visitor(), f"{own}/edit", "given_name").status == 200
    assert stored(house) == before


@pytest.mark.parametrize("page", ["new", "edit"])
@pytest.mark.parametrize(
    ("field", "given", "words"),
    [
        ("given_name", " ", "Ange förnamnet"),
        ("given_name", "x" * 101, "Högst 100 tecken"),
        ("family_name", "", "Ange efternamnet"),
        ("family_name", "x" * 101, "Högst 100 tecken"),
        ("organisation_id", "999", "Välj"),
        ("organisation_id", "x", "Välj"),
        ("emails", "ingen", "ingen är ingen e-postadress"),
        ("emails", "ny@example.org\ningen", "ingen är ingen e-postadress"),
        ("emails", "FOREIGN@register.example", "finns redan hos en annan person"),
        ("phone", "0" * 61, "Högst 60 tecken"),
        ("town", "x" * 101, "Högst 100 tecken"),
        ("locale", "klingonska", "Välj"),
    ],
)
def test_refused_at_the_field_and_nothing_stored(house, own, page, field, given, words):
    before = stored(house), house.changes()
    path = "/people/new" if page == "new" else f"{own}/edit"
    answer = send(house.visitor(), path, "given_name", **(FILLED | {field: given}))
    assert (answer.status, list(answer.errors)) == (422, [field])
    assert words in answer.errors[field]
    assert (stored(house), house.changes()) == before


# ---------------------------------------------------------------- somebody else saved first


def test_somebody_else_saved_the_person_first(house, own):
    first = house.visitor()
    opened = visit(first, f"{own}/edit").form("given_name").values
    assert send(house.visitor("administrator"), f"{own}/edit", "given_name", town="Jokkmokk").status == 200
    before = stored(house)
    response = first.post(f"{own}/edit", {**opened, "phone": "0971-1"}, token=False)
    text = response.get_data(as_text=True)
    assert (response.status_code, "Administrator" in text, 'value="0971-1"' in text) == (409, True, True)
    assert "sparat är ”Jokkmokk”, du skrev ”–”" in text
    assert stored(house) == before
    page = send(first, f"{own}/edit", "given_name", phone="0971-1")
    assert "0971-1" in page.text
    assert "Jokkmokk" in page.text


# ---------------------------------------------------------------- what follows


def test_turn_as_secretariat_follows_the_person_to_another_organisation(house, own):
    with house.changing() as session:
        person = session.get_one(Person, house.world.people["own"].id)
        homes = [
            session.scalars(select(Organisation).where(Organisation.slug == f"{which}-organisation")).one().id
            for which in ("own", "foreign")
        ]
        person.organisation_id = homes[0]
        session.add(
            Rotation(
                forum_id=house.world.forums["own"].id, task="secretariat", start_on=date(2026, 1, 1), every=1,
                unit="year", entries=[RotationEntry(position=0, person_id=person.id)],
            )
        )  # fmt: skip
    send(house.visitor("administrator"), f"{own}/edit", "given_name", organisation_id=str(homes[1]))
    with house.looking() as session:
        assert_followed(session)
        kept = select(MeetingScope.scope_id).where(MeetingScope.scope == "secretariat")
        assert homes[1] in set(session.scalars(kept))
        assert homes[0] not in set(session.scalars(kept))
