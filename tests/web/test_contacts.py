"""An organisation's contacts and its relations to others, changed as a browser does."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from scheduler.accounts.models import User
from scheduler.forums.models import Forum
from scheduler.history.models import HistoryEntry
from scheduler.organisations.models import Contact, Relation
from tests.web.reading import send, visit

OWN = "/organisations/own-organisation"
NEW = f"{OWN}/contacts/new"
RELATIONS = f"{OWN}/relations"


def stored(house) -> list[object]:
    with house.looking() as session:
        return [
            *session.execute(select(*Contact.__table__.columns).order_by(Contact.id)),
            *session.execute(select(*Relation.__table__.columns).order_by(Relation.id)),
            session.scalar(select(func.count()).select_from(HistoryEntry)),
        ]


@pytest.fixture
def contact(house) -> str:
    return f"{OWN}/contacts/{house.world.parts['own']['contact_id']}"


# ---------------------------------------------------------------- contacts


def test_contact_is_entered_and_stands_on_the_page(house_on_both):
    page = send(
        house_on_both.visitor(), NEW, "name", name="Växeln", title="Kundtjänst", email="info@own.example",
        phone="0920-100", phone_kind="växel", public="y",
    )  # fmt: skip
    assert (page.status, page.heading) == (200, "Kommunen own")
    assert "Växeln är sparad." in page.text
    assert "Kundtjänst Växeln 0920-100 info@own.example" in page.text
    assert house_on_both.latest(1) == [("Own secretariat", "contact.create", "Växeln")]


@pytest.mark.parametrize("path", [NEW, "contact"])
@pytest.mark.parametrize(
    ("field", "given", "words"),
    [
        ("name", "", "Ange kontaktens namn"),
        ("name", "x" * 201, "Högst 200 tecken"),
        ("email", "ingen", "ingen är ingen e-postadress"),
        ("phone", "0" * 61, "Högst 60 tecken"),
        ("office_id", "999", "Välj"),
    ],
)
def test_refused_at_the_field_and_nothing_stored(house, contact, path, field, given, words):
    before = stored(house)
    values = {"name": "Växeln", "title": "Kundtjänst"} | {field: given}
    page = send(house.visitor(), contact if path == "contact" else path, "name", **values)
    assert (page.status, list(page.errors)) == (422, [field])
    assert words in page.errors[field]
    assert page.form("name").values["title"] == "Kundtjänst"
    assert stored(house) == before


def test_contact_is_edited(house, contact):
    assert contact in visit(house.visitor(), OWN).links
    page = send(house.visitor(), contact, "name", name="Receptionen")
    assert "Receptionen är sparad." in page.text
    assert house.latest(1) == [("Own secretariat", "contact.edit", "Receptionen")]


def test_somebody_else_saved_the_contact_first(house, contact):
    first = house.visitor()
    opened = visit(first, contact).form("name").values
    assert send(house.visitor("administrator"), contact, "name", phone="112").status == 200
    response = first.post(contact, {**opened, "name": "Receptionen"}, token=False)
    assert response.status_code == 409
    text = response.get_data(as_text=True)
    assert "Administrator" in text
    assert 'value="Receptionen"' in text


def test_contact_is_taken_away(house, contact):
    visitor = house.visitor()
    assert visitor.post(f"{contact}/remove", {}).status_code == 303
    assert "Kontakten är borttagen." in visit(visitor, OWN).text
    assert visitor.get(contact).status_code == 404


def test_contact_of_a_forum_stays(house, contact):
    with house.changing() as session:
        forum = session.get_one(Forum, house.world.forums["own"].id)
        forum.contact_id = house.world.parts["own"]["contact_id"]
    response = house.visitor().post(f"{contact}/remove", {})
    assert response.status_code == 422
    assert "Det går inte att ta bort, för det används av 1 forum" in response.get_data(as_text=True)


def test_contact_of_another_organisation_is_not_found(house):
    foreign = f"{OWN}/contacts/{house.world.parts['foreign']['contact_id']}"
    visitor = house.visitor()
    assert [visitor.get(foreign).status_code, visitor.post(f"{foreign}/remove", {}).status_code] == [404, 404]


# ---------------------------------------------------------------- relations


def test_relation_is_added_in_both_directions(house_on_both):
    house = house_on_both
    foreign = str(house.world.organisations["foreign"].id)
    for kind, words in (("owns:in", "Ägs av"), ("supports:out", "Stöder")):
        page = send(house.visitor(), RELATIONS, "kind", kind=kind, other_id=foreign)
        assert "Relationen är sparad." in page.text
        assert f"Kommunen foreign {words}" in page.text
    with house.looking() as session:
        rows = session.scalars(select(Relation).where(Relation.to_id.is_not(None)).order_by(Relation.id)).all()
        own = house.world.organisations["own"].id
        assert [(row.kind, row.from_id, row.to_id) for row in rows] == [
            ("owns", int(foreign), own), ("supports", own, int(foreign)),
        ]  # fmt: skip
    assert "Ägs av Kommunen foreign" in visit(house.visitor(), OWN).text


def test_relation_to_those_whom_words_name(house):
    page = send(
        house.visitor(), RELATIONS, "kind", kind="appoints:in", other_text="länets kommuner", count="12", of_count="14"
    )
    assert "länets kommuner Utses av 12 av 14" in page.text


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({}, "other_id", "Välj en organisation, eller skriv vilka det är"),
        ({"other_id": "999"}, "other_id", "Välj"),
        ({"other_text": "x" * 201}, "other_text", "Högst 200 tecken"),
        ({"other_text": "x", "count": "0"}, "count", "Ange ett heltal mellan 1 och 10000"),
        ({"other_text": "x", "count": "många"}, "count", "Ange ett heltal"),
    ],
)
def test_relation_refused_at_the_field(house, given, field, words):
    before = stored(house)
    page = send(house.visitor(), RELATIONS, "kind", **({"kind": "owns:in"} | given))
    assert (page.status, field in page.errors) == (422, True)
    assert words in page.errors[field]
    assert page.form("kind").values["kind"] == "owns:in"
    assert stored(house) == before


def test_part_cannot_be_a_part_of_itself(house):
    foreign = str(house.world.organisations["foreign"].id)
    send(house.visitor(), RELATIONS, "kind", kind="part_of:out", other_id=foreign)
    page = send(house.visitor(), RELATIONS, "kind", kind="part_of:in", other_id=foreign)
    assert page.errors == {"other_id": "Välj något annat: så skulle det stå under sig självt"}


def test_relation_is_taken_away_from_its_own_page_alone(house):
    own, foreign = (house.world.parts[which]["relation_id"] for which in ("own", "foreign"))
    visitor = house.visitor()
    assert visitor.post(f"{RELATIONS}/{foreign}/remove", {}).status_code == 404
    assert visitor.post(f"{RELATIONS}/{own}/remove", {}).status_code == 303
    page = visit(visitor, RELATIONS)
    assert "Relationen är borttagen." in page.text
    assert "Inga relationer." in page.text


def test_pages_in_english(house, contact):
    with house.changing() as session:
        session.get_one(User, house.world.users["own secretariat"].id).language = "en"
    for path, words in (
        (RELATIONS, "Relations of"),
        (NEW, "New contact"),
        (contact, "Save contact"),
        (OWN, "Contacts"),
    ):
        page = visit(house.visitor(), path)
        assert (page.status, words in page.text) == (200, True)
