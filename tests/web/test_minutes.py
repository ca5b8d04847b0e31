"""The pages of minutes: from the first item to the notice board, by form, by link and without scripts."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from sqlalchemy import select

from scheduler.accounts.personal_links import derive
from scheduler.forums.models import Forum
from scheduler.mail.models import OutboxMail
from scheduler.meetings.models import Meeting
from scheduler.records.attendance_lists import roll_of
from scheduler.records.models import Adjuster, Agenda, AgendaItem, Decision, ItemRecord, Minutes
from scheduler.web.minutes import spent_of
from tests.conftest import NOW
from tests.web.house import House
from tests.web.reading import read, send, visit
from tests.web.visits import Visitor
from tests.web.world import meeting as meeting_row


def board_of(house: House, relation: str = "own", formality: str = "protocol_notice") -> int:
    """A meeting that was held yesterday, with two items."""
    with house.changing() as session:
        forum = session.get_one(Forum, house.world.forums[relation].id)
        forum.formality = formality
        row = meeting_row(session, forum, NOW - timedelta(days=1), state="held")
        session.add(Agenda(meeting_id=row.id, opened_at=NOW))
        for n, title in enumerate(("Budget", "Bidrag"), 1):
            session.add(AgendaItem(meeting_id=row.id, position=n, title=title, kind="decision", added_at=NOW))
        return row.id


def rows_of(house: House, meeting_id: int) -> list[str]:
    with house.looking() as session:
        return [row.key for row in roll_of(session, session.get_one(Meeting, meeting_id)).counted]


def attend(house: House, visitor: Visitor, meeting_id: int) -> None:
    for key in rows_of(house, meeting_id):
        path = f"/meetings/{meeting_id}/attendance?row={key}"
        visitor.post(path, {f"c-{key}": "present"}, headers={"HX-Request": "true"})


def begun(house: House, visitor: Visitor, meeting_id: int) -> list[int]:
    """The minutes are begun; the items."""
    attend(house, visitor, meeting_id)
    assert visitor.post(f"/meetings/{meeting_id}/minutes/begin").status_code == 303
    with house.looking() as session:
        query = select(AgendaItem.id).where(AgendaItem.meeting_id == meeting_id).order_by(AgendaItem.position)
        return list(session.scalars(query))


def item_path(meeting_id: int, item_id: int) -> str:
    return f"/meetings/{meeting_id}/minutes/items/{item_id}"


def given(**values: str) -> dict[str, object]:
    return {"outcome": "as_proposed", "decision_text": "Bifalls.", "version": "0", **values}


def state(house: House, meeting_id: int) -> str:
    with house.looking() as session:
        return session.scalars(select(Minutes.state).where(Minutes.meeting_id == meeting_id)).one()


def test_protocol_goes_from_draft_to_the_notice_board(house_on_both):
    house = house_on_both
    visitor = house.visitor()
    meeting_id = board_of(house, "own")
    with house.changing() as session:
        session.get_one(Forum, house.world.forums["own"].id).public_level = "full"
    first, second = begun(house, visitor, meeting_id)
    page = f"/meetings/{meeting_id}/minutes"
    for item in (first, second):
        assert visitor.post(item_path(meeting_id, item), given()).status_code == 303
    assert "§ 2" in visit(visitor, page).text
    people = [int(key.partition("-")[2]) for key in rows_of(house, meeting_id)][:2]
    chosen = {"chair_id": str(people[0]), "person_ids": [str(people[1])]}
    assert visitor.post(f"{page}/adjusters", chosen).status_code == 303
    assert visitor.post(f"{page}/send").status_code == 303
    assert state(house, meeting_id) == "adjusting"
    # Each adjuster is asked by mail and adjusts by the link, without signing in.
    with house.looking() as session:
        waiting = session.scalars(select(OutboxMail).where(OutboxMail.kind == "adjusting")).all()
        assert {mail.person_id for mail in waiting} == set(people)
        adjusters = session.scalars(select(Adjuster).join(Minutes).where(Minutes.meeting_id == meeting_id)).all()
        links = [_link(row) for row in adjusters]
    for link in links:
        stranger = Visitor(house.app)
        shown = visit(stranger, link)
        assert shown.heading == "Justera protokollet"
        form = shown.form("seen", "form_token")
        assert stranger.post(link, {**form.values, "adjust": "1"}, token=False).status_code == 303
    assert state(house, meeting_id) == "adjusted"
    with house.looking() as session:
        assert [row.paragraph for row in session.scalars(select(Decision).order_by(Decision.paragraph))] == [1, 2]
    assert "Texten stämmer med kontrollsumman." in visit(visitor, page).text
    assert visitor.get(f"{page}/locked.json").status_code == 200
    # The public reads it once it is posted.
    stranger = Visitor(house.app)
    assert stranger.get(page).status_code == 303
    assert "Forumet own" not in visit(stranger, "/notices/board").text
    assert visitor.post(f"{page}/post", {"on": NOW.date().isoformat()}).status_code == 303
    assert "Forumet own" in visit(stranger, "/notices/board").text
    assert "Bifalls." in visit(stranger, page).text
    assert visitor.post(f"{page}/archive").status_code == 303
    assert state(house, meeting_id) == "archived"


def _link(adjuster: Adjuster) -> str:
    return f"/j/{derive('a secret of the tests, long enough', 'adjust', adjuster.id, adjuster.epoch)}/"


def test_two_who_write_of_one_item_see_both_texts(house):
    sara, ola = house.visitor(), house.visitor("administrator")
    meeting_id = board_of(house)
    first, _second = begun(house, sara, meeting_id)
    path = item_path(meeting_id, first)
    assert ola.post(path, given(text="Ola skrev.")).status_code == 303
    answer = read(sara.post(path, given(text="Sara skrev.")))
    assert answer.status == 409
    assert "Administrator" in answer.text
    assert "Ola skrev." in answer.text
    # What was typed stands there still, and saving it again is a choice.
    form = answer.form("text", "version")
    assert form.values["text"] == "Sara skrev."
    assert sara.post(path, form.values).status_code == 303
    with house.looking() as session:
        assert session.get_one(ItemRecord, first).text == "Sara skrev."


def test_script_saves_while_one_writes_and_is_told_of_another(house):
    sara, ola = house.visitor(), house.visitor("administrator")
    meeting_id = board_of(house)
    first, _second = begun(house, sara, meeting_id)
    path = item_path(meeting_id, first)
    saved = sara.post(path, given(text="Ett"), headers={"HX-Request": "true"})
    assert saved.status_code == 200
    assert "Sparat 10.00" in saved.get_data(as_text=True)
    assert 'id="item-version" form="item-form" value="1"' in saved.get_data(as_text=True)
    ola.post(path, given(text="Två", version="1"))
    late = sara.post(path, given(text="Tre", version="1"), headers={"HX-Request": "true"})
    assert late.status_code == 409
    assert "har skrivit i punkten" in late.get_data(as_text=True)
    wrong = sara.post(path, given(outcome="referred", decision_text="", version="2"), headers={"HX-Request": "true"})
    assert wrong.status_code == 422


def test_action_agreed_at_an_item_stands_under_it(house):
    visitor = house.visitor()
    meeting_id = board_of(house)
    _first, second = begun(house, visitor, meeting_id)
    writing = visit(visitor, f"/meetings/{meeting_id}/minutes?item={second}")
    [link] = {link for link in writing.links if "/actions/new" in link and "item=" in link}
    page = send(visitor, link, "text", "owner", text="Skicka bidraget", due_on="2026-12-28")
    assert page.heading == writing.heading
    read_through = visit(visitor, f"/meetings/{meeting_id}/minutes/preview").text
    assert read_through.index("Bidrag") < read_through.index("Skicka bidraget")


def test_mail_to_adjusters_is_among_the_meetings_mailings(house):
    visitor = house.visitor()
    meeting_id = board_of(house)
    begun(house, visitor, meeting_id)
    people = [int(key.partition("-")[2]) for key in rows_of(house, meeting_id)]
    visitor.post(f"/meetings/{meeting_id}/minutes/adjusters", {"person_ids": [str(people[0])]})
    visitor.post(f"/meetings/{meeting_id}/minutes/send")
    assert "Protokoll att justera" in visit(visitor, f"/meetings/{meeting_id}/mailings").text


@pytest.mark.parametrize("role", ["member", "reader", "organisation contact"])
def test_draft_is_for_its_writers_alone(house, role):
    visitor = house.visitor()
    meeting_id = board_of(house)
    first, _second = begun(house, visitor, meeting_id)
    visitor.post(item_path(meeting_id, first), given(text="Halvfärdigt."))
    other = house.visitor(role)
    assert other.get(f"/meetings/{meeting_id}/minutes").status_code == 303
    assert "Halvfärdigt" not in visit(other, f"/meetings/{meeting_id}").text
    assert other.post(item_path(meeting_id, first), given()).status_code == 403


def test_notes_are_sent_to_those_who_were_there_and_read_by_members(house):
    visitor = house.visitor()
    meeting_id = board_of(house, formality="notes")
    first, _second = begun(house, visitor, meeting_id)
    visitor.post(item_path(meeting_id, first), given(text="Läget gicks igenom.", outcome="none", decision_text=""))
    assert visitor.post(f"/meetings/{meeting_id}/minutes/send-notes").status_code == 303
    with house.looking() as session:
        assert len(session.scalars(select(OutboxMail).where(OutboxMail.kind == "notes")).all()) == 3
    member = house.visitor("member")
    assert "Läget gicks igenom." in visit(member, f"/meetings/{meeting_id}/minutes").text
    assert visitor.post(f"/meetings/{meeting_id}/minutes/approve").status_code == 303
    assert state(house, meeting_id) == "approved"


def test_closing_asks_why_where_minutes_are_missing(house):
    visitor = house.visitor()
    meeting_id = board_of(house, formality="notes")
    path = f"/meetings/{meeting_id}/close"
    form = visit(visitor, path).form("reason", "version")
    refused = read(visitor.post(path, form.values))
    assert refused.status == 422
    assert "Skriv varför mötet avslutas utan" in refused.text
    assert visitor.post(path, {**form.values, "reason": "Inga anteckningar fördes."}).status_code == 303


def test_unknown_adjusting_link_is_not_found(house):
    assert Visitor(house.app).get(f"/j/{'x' * 40}/").status_code == 404


def test_board_announces_called_meetings_of_public_assemblies(house):
    page = "/notices/board"
    stranger = house.visitor("anonymous")
    assert "Inget möte är kungjort nu." in visit(stranger, page).text
    with house.changing() as session:
        for relation in ("own", "public"):
            meeting = session.get_one(Meeting, house.world.meetings[relation].id)
            meeting.state, meeting.formality = "called", "protocol_notice"
    shown = visit(stranger, page)
    assert "Forumet public" in shown.text
    assert "Forumet own" not in shown.text


def test_the_time_of_a_meeting_is_reckoned_from_what_is_noted():
    written = ItemRecord(began=time(9), ended=time(9, 30))
    open_ended = ItemRecord(began=time(9, 30))
    spent = spent_of([(20, written), (None, None), (45, open_ended)])
    assert (spent.planned, spent.taken, spent.over, spent.ends) == (65, 30, 10, time(10, 15))
    assert spent_of([(20, None)]).ends is None
    assert spent_of([(600, None), (30, ItemRecord(began=time(20), ended=time(21)))]).ends is None  # past midnight
