"""A meeting's agenda as a browser has it: shown, written, ordered, handed on, and hidden where it must be."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from scheduler.db import db
from scheduler.forums.models import StandingItem
from scheduler.meetings.models import Meeting
from scheduler.records.models import Agenda, AgendaItem
from tests.conftest import NOW
from tests.queries import count_queries
from tests.web import world as worlds
from tests.web.house import House
from tests.web.reading import send, visit


def unwritten(house: House) -> House:
    """Without the item of the small world."""
    with house.changing() as session:
        session.delete(session.get(AgendaItem, house.world.parts["own"]["point_id"]))
    return house


@pytest.fixture
def house(house) -> House:
    return unwritten(house)


@pytest.fixture
def house_on_both(house_on_both) -> House:
    return unwritten(house_on_both)


def own(house: House, end: str = "") -> str:
    return f"/meetings/{house.world.meetings['own'].id}{end}"


def items(house: House, meeting_id: int | None = None) -> list[tuple[int, str, str]]:
    with house.looking() as session:
        query = select(AgendaItem).where(AgendaItem.meeting_id == (meeting_id or house.world.meetings["own"].id))
        return [(row.position, row.title, row.state) for row in session.scalars(query.order_by(AgendaItem.position))]


def item_id(house: House, title: str) -> int:
    with house.looking() as session:
        return session.scalars(select(AgendaItem.id).where(AgendaItem.title == title)).one()


def added(house: House, *titles: str, **given: object) -> None:
    for title in titles:
        page = send(
            house.visitor(), own(house, "/agenda/new"), "title", title=title, **{"kind": "information", **given}
        )
        assert page.status == 200, page.text


def test_standing_items_are_shown_before_anybody_has_written_the_agenda(house):
    page = visit(house.visitor(), own(house))
    assert "Föregående protokoll Stående" in page.text
    assert items(house) == []


def test_agenda_from_first_item_to_last(house_on_both):
    house = house_on_both
    with house.changing() as session:
        session.add(StandingItem(forum_id=house.world.forums["own"].id, position=1, title="Övriga frågor", minutes=15))
    added(house, "Läget i länet", minutes="90", presenter="Landshövdingen")
    added(house, "Val av ordförande", minutes="30", kind="decision", registry_number="RS 124-2026")
    assert items(house) == [
        (1, "Föregående protokoll", "planned"),
        (2, "Läget i länet", "planned"),
        (3, "Val av ordförande", "planned"),
        (4, "Övriga frågor", "planned"),
    ]
    page = visit(house.visitor(), own(house))
    assert "Läget i länet 1 h 30 min Föredragande: Landshövdingen." in page.text
    assert "Val av ordförande Beslut 30 min Diarienummer RS 124-2026." in page.text
    assert "2 h 15 min av 2 h, längre än mötet" in page.text
    member = visit(house.visitor("member"), own(house, "/agenda"))
    assert "Läget i länet" in member.text
    assert [form for form in member.forms if "agenda" in (form.action or "")] == []


def test_item_moves_up_and_down_and_stays_at_the_ends(house_on_both):
    house = house_on_both
    added(house, "Ett", "Två")
    for title, to in (("Två", "up"), ("Två", "up"), ("Två", "up"), ("Ett", "down")):
        house.visitor().post(own(house, f"/agenda/{item_id(house, title)}/move"), {"to": to})
    assert [(position, title) for position, title, _ in items(house)] == [
        (1, "Två"), (2, "Föregående protokoll"), (3, "Ett"),
    ]  # fmt: skip


def test_item_is_saved_by_two_at_once(house):
    added(house, "Läget")
    path = own(house, f"/agenda/{item_id(house, 'Läget')}")
    late = house.visitor()
    stale = visit(late, path).form("title").values
    send(house.visitor(), path, "title", title="Läget i länet")
    page = late.post(path, {**stale, "title": "Läget i världen"}, token=False)
    assert page.status_code == 409
    assert "Läget i länet" in page.get_data(as_text=True)
    assert [title for _, title, _ in items(house)] == ["Föregående protokoll", "Läget i länet"]


def later_meeting(house: House) -> int:
    with house.changing() as session:
        forum = session.merge(house.world.forums["own"])
        return worlds.meeting(session, forum, NOW + timedelta(days=60)).id


@pytest.mark.parametrize(
    ("to", "word"), [("moved", "Flyttad till nästa möte"), ("tabled", "Bordlagd"), ("referred", "Återremitterad")]
)
def test_item_goes_on_at_the_next_meeting(house_on_both, to, word):
    house = house_on_both
    added(house, "Läget", minutes="20")
    item = item_id(house, "Läget")
    send(house.visitor(), own(house, f"/agenda/{item}/hand-on"), "to", to=to, reason="Mer underlag behövs")
    later = later_meeting(house)
    page = visit(house.visitor(), f"/meetings/{later}")
    assert "Läget Från 22 december 20 min" in page.text  # shown before anybody has written that agenda
    assert f"Läget {word}" in visit(house.visitor(), own(house)).text
    house.visitor().post(f"/meetings/{later}/agenda/open")
    assert [title for _, title, _ in items(house, later)] == ["Föregående protokoll", "Läget"]
    house.visitor().post(own(house, f"/agenda/{item}/take-back"))
    assert [title for _, title, _ in items(house, later)] == ["Föregående protokoll"]
    assert items(house)[1] == (2, "Läget", "planned")


def test_item_goes_at_once_on_a_written_agenda(house):
    added(house, "Läget")
    later = later_meeting(house)
    house.visitor().post(f"/meetings/{later}/agenda/open")
    send(house.visitor(), own(house, f"/agenda/{item_id(house, 'Läget')}/hand-on"), "to", to="tabled")
    assert [title for _, title, _ in items(house, later)] == ["Föregående protokoll", "Läget"]


def test_referring_back_needs_a_reason(house):
    added(house, "Läget")
    page = send(house.visitor(), own(house, f"/agenda/{item_id(house, 'Läget')}/hand-on"), "to", to="referred")
    assert (page.status, page.errors) == (422, {"reason": "Skriv varför punkten återremitteras"})
    assert items(house)[1][2] == "planned"


def test_secret_item_is_hidden_from_those_who_do_not_take_part(house):
    added(house, "Avtalet med bolaget", text="Priset", secrecy_ground="19:3", presenter="Juristen")
    for role in ("own secretariat", "member", "administrator"):
        assert "Avtalet med bolaget" in visit(house.visitor(role), own(house)).text, role
    for role in ("reader", "organisation contact"):
        page = visit(house.visitor(role), own(house, "/agenda"))
        assert "Punkten är sekretessbelagd Sekretess 19 kap. 3 § OSL" in page.text, role
        assert not {"Avtalet", "Priset", "Juristen"} & set(page.text.split()), role


@pytest.mark.parametrize(
    ("level", "state", "seen"), [("full", "called", True), ("full", "confirmed", False), ("dates", "called", False)]
)
def test_public_reads_public_items_once_the_call_is_out(house, level, state, seen):
    meeting_id = house.world.meetings["public"].id
    with house.changing() as session:
        session.merge(house.world.forums["public"]).public_level = level
        meeting = session.get(Meeting, meeting_id)
        meeting.state, meeting.called_at = state, NOW if state == "called" else None
        session.add(Agenda(meeting_id=meeting_id, opened_at=NOW))
        session.add_all(
            AgendaItem(
                meeting_id=meeting_id, position=n, title=title, public=public, secrecy_ground=ground, added_at=NOW
            )
            for n, (title, public, ground) in enumerate(
                [("Öppen punkt", True, None), ("Inre punkt", False, None), ("Hemlig punkt", False, "21 kap. 1 § OSL")],
                1,
            )
        )
    for path in (f"/meetings/{meeting_id}", f"/meetings/{meeting_id}/agenda"):
        text = visit(house.visitor("anonymous"), path).text
        assert ("Öppen punkt" in text) == seen
        assert ("Sekretess 21 kap. 1 § OSL" in text) == seen
        assert "Inre" not in text
        assert "Hemlig" not in text


def test_item_added_after_the_call_is_marked_with_its_day(house):
    with house.changing() as session:
        meeting = session.get(Meeting, house.world.meetings["own"].id)
        meeting.state, meeting.called_at = "called", NOW - timedelta(days=3)
    added(house, "Sent inkommen")
    text = visit(house.visitor(), own(house)).text
    assert "Sent inkommen Tillagd 22 november" in text
    assert "Föregående protokoll Stående Tillagd" not in text


def test_agenda_of_a_closed_meeting_stands(house):
    with house.changing() as session:
        session.get(Meeting, house.world.meetings["own"].id).state = "closed"
    page = house.visitor().post(own(house, "/agenda/open"))
    assert page.status_code == 422
    assert items(house) == []


def test_item_of_another_meeting_is_not_found(house):
    foreign = house.world.parts["foreign"]["point_id"]
    for end in ("", "/hand-on"):
        assert house.visitor("administrator").get(own(house, f"/agenda/{foreign}{end}")).status_code == 404
    for end in ("/move", "/remove", "/take-back"):
        assert house.visitor("administrator").post(own(house, f"/agenda/{foreign}{end}")).status_code == 404


def test_pages_ask_as_many_questions_for_many_items_as_for_few(house):
    added(house, "Ett")
    with house.app.app_context(), count_queries(db.engine) as few:
        house.visitor().get(own(house))
    added(house, *(f"Punkt {n}" for n in range(8)))
    with house.app.app_context(), count_queries(db.engine) as many:
        house.visitor().get(own(house))
    assert len(many) == len(few)
