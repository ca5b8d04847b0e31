"""Calendars of an organisation, of a secretariat and of chosen forums, made on the page (H12, SEC-1)."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import select

from scheduler.feeds.models import FeedToken
from scheduler.forums.models import Forum, Rotation, RotationEntry
from scheduler.organisations.models import Organisation
from tests.web.house import House
from tests.web.reading import Page, visit
from tests.web.visits import Visitor

ORGANISATION = "/subscribe?which=organisation:own-organisation"
SECRETARIAT = "/subscribe?which=secretariat:own-secretariat"
SELECTION = "/subscribe?which=selection"


def make(visitor: Visitor, path: str, **given: object) -> str:
    """Makes the link the page offers; the path of its calendar."""
    form = visit(visitor, path).form("label")
    response = visitor.post("/subscribe", {**form.values, **given}, token=False)
    assert response.status_code == 303, response.get_data(as_text=True)
    text = visitor.get(response.headers["Location"]).get_data(as_text=True)
    found = re.search(r'id="made" readonly value="http://127.0.0.1:8000(/feeds/[^"]+)"', text)
    assert found is not None
    assert '<div class="qr"><svg viewBox' in text
    return found[1]


def summaries(visitor: Visitor, feed: str) -> list[str]:
    answer = visitor.get(feed)
    assert answer.status_code == 200
    return re.findall(r"SUMMARY:(.+?)\r", answer.get_data(as_text=True))


def offered(visitor: Visitor) -> list[str]:
    page: Page = visit(visitor, "/subscribe")
    return [link for link in page.links if "which=" in link]


def test_each_reader_is_offered_what_is_theirs(house):
    def keys(role: str) -> list[str]:
        return [re.sub("%3A", ":", link).partition("which=")[2] for link in offered(house.visitor(role))]

    assert keys("organisation contact") == ["organisation:own-organisation", "selection", "public"]
    assert keys("own secretariat") == ["secretariat:own-secretariat", "selection", "public"]
    assert keys("member") == ["mine", "selection", "public"]
    assert keys("administrator") == [
        "secretariat:other-secretariat", "secretariat:own-secretariat", "selection", "public",
    ]  # fmt: skip
    assert keys("anonymous") == []


def test_contact_gets_the_meetings_where_the_organisation_has_a_seat(house):
    visitor = house.visitor("organisation contact")
    assert summaries(visitor, make(visitor, ORGANISATION)) == ["Forumet own"]
    assert "Kommunen own" in visit(visitor, ORGANISATION).text


def test_page_of_an_organisation_leads_to_its_calendar(house):
    def leads(role: str) -> bool:
        links = visit(house.visitor(role), "/organisations/own-organisation").links
        return any("which=organisation" in link for link in links)

    roles = ("organisation contact", "reader", "administrator", "own secretariat")
    assert [leads(role) for role in roles] == [True, True, True, False]


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("organisation contact", "/subscribe?which=organisation:foreign-organisation"),
        ("member", ORGANISATION),
        ("own secretariat", ORGANISATION),
        ("anonymous", ORGANISATION),
        ("organisation contact", SECRETARIAT),
        ("own secretariat", "/subscribe?which=secretariat:other-secretariat"),
        ("own secretariat", "/subscribe?which=secretariat:nowhere"),
        ("administrator", "/subscribe?which=person:own-organisation"),
        ("anonymous", SELECTION),
    ],
)
def test_what_is_anothers_is_not_found(house, role, path):
    visitor = house.visitor(role)
    assert visitor.get(path).status_code == 404
    which = path.partition("which=")[2]
    assert visitor.post("/subscribe", {"which": which, "label": "X", "language": "sv"}).status_code == 404


def test_secretariats_calendar_follows_the_rotation(house):
    visitor = house.visitor()
    feed = make(visitor, SECRETARIAT)
    assert summaries(visitor, feed) == ["Forumet own"]
    with house.changing() as session:
        ids = {row.slug: row.id for row in session.scalars(select(Organisation))}
        forum = session.get_one(Forum, house.world.forums["public"].id)
        session.add(
            Rotation(
                forum_id=forum.id, task="secretariat", start_on=date(2026, 1, 1), every=1, unit="year",
                entries=[RotationEntry(position=0, organisation_id=ids["own-secretariat"])],
            )
        )  # fmt: skip
        forum.version += 1
    house.app.extensions["takt.feeds"].shelf._bodies.clear()
    assert sorted(summaries(visitor, feed)) == ["Forumet own", "Forumet public"]


def test_chosen_forums_are_those_one_sees_inside(house):
    visitor = house.visitor("reader")
    form = visit(visitor, SELECTION).form("selection")
    assert len(form.options["selection"]) == 3
    feed = make(visitor, SELECTION, selection=[house.world.forums[name].id for name in ("own", "foreign")])
    assert sorted(summaries(visitor, feed)) == ["Forumet foreign", "Forumet own"]
    member = house.visitor("member")
    form = visit(member, SELECTION).form("selection")
    assert form.options["selection"] == [str(house.world.forums["own"].id)]
    foreign = {**form.values, "selection": house.world.forums["foreign"].id}
    assert member.post("/subscribe", foreign, token=False).status_code == 422


def test_nothing_chosen_is_refused_at_the_field(house):
    visitor = house.visitor("reader")
    form = visit(visitor, SELECTION).form("selection")
    response = visitor.post("/subscribe", {**form.values, "label": "Mitt urval"}, token=False)
    text = response.get_data(as_text=True)
    assert response.status_code == 422
    assert "Välj minst ett forum." in text
    assert 'value="Mitt urval"' in text
    assert stored(house) == []


def stored(house: House) -> list[str]:
    with house.looking() as session:
        return list(session.scalars(select(FeedToken.scope).where(FeedToken.scope != "public")))


def test_links_that_are_no_longer_ones_own_can_still_be_removed(house):
    visitor = house.visitor("organisation contact")
    make(visitor, ORGANISATION)
    with house.changing() as session:
        link_id = session.scalars(select(FeedToken.id).where(FeedToken.scope == "organisation")).one()
        user = session.merge(house.world.users["organisation contact"])
        for role in list(user.roles):
            session.delete(role)
    response = visitor.post(f"/subscribe/{link_id}/revoke")
    assert (response.status_code, response.headers["Location"]) == (303, "/subscribe?which=public")
