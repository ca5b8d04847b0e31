"""What waits for the secretariat: the page "Att göra", for whom and at what price; and "was it held?"."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scheduler.db import db
from scheduler.forums.models import Forum
from scheduler.meetings.actions import call_meeting, record_held
from scheduler.meetings.answering import answer_call
from scheduler.meetings.models import Meeting
from tests.conftest import NOW
from tests.queries import count_queries
from tests.web.house import House
from tests.web.reading import visit
from tests.web.test_reply_page import ACTOR
from tests.web.world import SITE, meeting


def ended(house: House, relation: str = "own", *, days: int = 3) -> int:
    """A booked meeting that was over some days ago and has no outcome."""
    with house.changing() as session:
        forum = session.get_one(Forum, house.world.forums[relation].id)
        return meeting(session, forum, NOW - timedelta(days=days)).id


def test_page_lists_what_lacks_an_outcome_and_who_does_not_come(house: House):
    unrecorded = ended(house)
    with house.changing() as session:
        row = session.get_one(Meeting, house.world.meetings["own"].id)
        call_meeting(session, ACTOR, NOW, row, version=None, site=SITE)
        for invitee in row.invitees[:2]:
            if invitee.person is not None:
                answer_call(session, ACTOR, NOW, invitee, answer="no")
        called = row.id
    page = visit(house.visitor(), "/todo")
    assert (page.status, page.heading) == (200, "Att göra")
    assert f"/meetings/{unrecorded}" in page.links
    assert f"/meetings/{called}/substitutes" in page.links
    assert "platser som ingen kommer på" in page.text or "en plats som ingen kommer på" in page.text
    with house.changing() as session:
        record_held(session, ACTOR, NOW, session.get_one(Meeting, unrecorded), version=None, site=SITE)
    assert f"/meetings/{unrecorded}" not in visit(house.visitor(), "/todo").links


def test_each_secretariat_sees_what_waits_for_its_own_forums(house: House):
    own, foreign = ended(house), ended(house, "foreign")
    seen = {role: visit(house.visitor(role), "/todo").links for role in ("own secretariat", "other secretariat")}
    assert f"/meetings/{own}" in seen["own secretariat"]
    assert f"/meetings/{foreign}" not in seen["own secretariat"]
    assert f"/meetings/{foreign}" in seen["other secretariat"]
    everything = visit(house.visitor("administrator"), "/todo").links
    assert {f"/meetings/{own}", f"/meetings/{foreign}"} <= set(everything)


@pytest.mark.parametrize("role", ["member", "chair", "organisation contact", "reader"])
def test_page_is_the_secretariats_alone(house: House, role: str):
    ended(house)
    assert house.visitor(role).get("/todo").status_code in {403, 404}
    assert "/todo" not in visit(house.visitor(role), "/").links


def test_after_its_end_the_overview_and_the_meetings_page_ask_whether_it_was_held(house: House):
    number = ended(house)
    page = visit(house.visitor(), "/")
    assert "Ange om mötet hölls" in page.text
    assert f"/meetings/{number}" in page.links
    assert "/todo" in page.links
    page = visit(house.visitor(), f"/meetings/{number}")
    assert {f"/meetings/{number}/held", f"/meetings/{number}/cancel"} <= set(page.links)
    assert "Ja, det hölls" in page.text
    # Whoever cannot say it is not asked.
    assert f"/meetings/{number}/held" not in visit(house.visitor("reader"), f"/meetings/{number}").links


def test_page_asks_as_much_for_one_meeting_as_for_many(house: House):
    sent = []
    for more in (1, 9):
        for n in range(more):
            ended(house, days=10 * more + n)
        visitor = house.visitor()
        visitor.get("/todo")
        with house.app.app_context():
            engine = db.engine
        with count_queries(engine) as queries:
            visitor.get("/todo")
        sent.append(len(queries))
    assert sent[0] == sent[1]
