"""Action points as a browser has them: agreed, listed on the next agenda, late, closed; and one's own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from scheduler.records.models import ActionPoint
from tests.conftest import NOW
from tests.web import world as worlds
from tests.web.house import House
from tests.web.reading import send, visit

POINTS = "/forums/own-forum/actions"


def member_id(house: House) -> int:
    return house.world.users["member"].person_id


def added(house: House, text: str = "Skicka in yttrandet", path: str = f"{POINTS}/new", **given: object) -> int:
    page = send(house.visitor(), path, "text", "owner", text=text, **given)
    assert page.status == 200, page.text
    with house.looking() as session:
        return session.scalars(select(ActionPoint.id).where(ActionPoint.text == text)).one()


def test_point_from_agreement_to_its_end(house_on_both):
    house = house_on_both
    meeting_id = house.world.meetings["own"].id
    organisation = house.world.organisations["own"].id
    point = added(
        house, "Redovisa läget", f"{POINTS}/new?meeting={meeting_id}", owner=f"o{organisation}", due_on="2026-12-28"
    )
    assert "Redovisa läget Kommunen own, senast 28 december" in visit(house.visitor(), f"/meetings/{meeting_id}").text
    with house.changing() as session:
        forum = session.merge(house.world.forums["own"])
        later = worlds.meeting(session, forum, NOW + timedelta(days=60)).id
    for path in (f"/meetings/{later}", f"/meetings/{later}/agenda", "/forums/own-forum"):
        page = visit(house.visitor("member"), path)
        assert "Öppna åtgärder" in page.text
        assert "Redovisa läget" in page.text
    page = send(house.visitor(), f"{POINTS}/{point}", "state", state="done", outcome="Redovisat i plan")
    assert "Åtgärden är klar." in page.text
    assert "Redovisat i plan" in page.text
    assert "Redovisa läget" not in visit(house.visitor("member"), f"/meetings/{later}").text
    assert house.latest(2) == [
        ("Own secretariat", "action.add", "Forumet own"), ("Own secretariat", "action.close", "Forumet own"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"due_on": "2026-11-20"}, "Skicka in yttrandet Skulle varit klar 20 november"),
        ({"due_on": "2026-11-22"}, "Skicka in yttrandet senast 22 november"),
        ({}, "Skicka in yttrandet"),
    ],
)
def test_late_point_is_marked(house, given, shown):
    added(house, **given)
    assert shown in visit(house.visitor(), POINTS).text


@pytest.mark.parametrize(("show_from", "shown"), [("2026-12-22", True), ("2026-12-23", False)])
def test_point_is_shown_from_its_day(house, show_from, shown):
    added(house, show_from_on=show_from)
    text = visit(house.visitor(), f"/meetings/{house.world.meetings['own'].id}/agenda").text
    assert ("Skicka in yttrandet" in text) == shown


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({"text": " "}, {"text": "Skriv vad som ska göras"}),
        ({"owner": "p999999"}, {"owner": "Välj ett av alternativen"}),
        ({"owner": "x"}, {"owner": "Välj ett av alternativen"}),
        ({"due_on": "i morgon"}, {"due_on": "Ange ett datum, till exempel 2026-09-29"}),
    ],
)
def test_what_is_wrong_stands_at_its_field(house, given, errors):
    page = send(house.visitor(), f"{POINTS}/new", "text", "owner", **{"text": "Något", **given})
    assert (page.status, page.errors) == (422, errors)


def test_dropping_needs_a_reason(house):
    point = added(house)
    page = send(house.visitor(), f"{POINTS}/{point}", "state", state="dropped")
    assert (page.status, page.errors) == (422, {"outcome": "Skriv varför åtgärden utgår"})


def test_point_is_not_saved_over_another_change(house):
    point = added(house)
    late = house.visitor()
    stale = visit(late, f"{POINTS}/{point}").form("text").values
    send(house.visitor(), f"{POINTS}/{point}", "text", text="Skicka yttrandet")
    assert late.post(f"{POINTS}/{point}", {**stale, "text": "Något annat"}, token=False).status_code == 409


def test_owner_says_that_it_is_done_and_nobody_else(house_on_both):
    house = house_on_both
    point = added(house, owner=f"p{member_id(house)}")
    member = house.visitor("member")
    assert "Skicka in yttrandet" in visit(member, "/me").text
    assert "Skicka in yttrandet" not in visit(house.visitor("chair"), "/me").text
    assert house.visitor("chair").post(f"/me/actions/{point}/done").status_code == 404
    assert member.post(f"/me/actions/{point}/done").status_code == 303
    assert "Skicka in yttrandet" not in visit(member, "/me").text
    assert member.post(f"/me/actions/{point}/done").status_code == 422


def test_points_of_a_public_forum_are_not_the_publics(house):
    with house.changing() as session:
        session.add(ActionPoint(forum_id=house.world.forums["public"].id, text="Inre sak", created_at=NOW))
    visitor = house.visitor("anonymous")
    assert visitor.get("/forums/public-forum/actions").status_code == 303
    for path in ("/forums/public-forum", f"/meetings/{house.world.meetings['public'].id}"):
        assert "Inre sak" not in visit(visitor, path).text
