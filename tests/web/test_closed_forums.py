"""The name of a forum that is not public stands on no page, feed, file or search of the public (invariant 11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from scheduler.forums.models import Forum
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.meetings.publishing import publish
from scheduler.records.models import Minutes
from tests.conftest import NOW
from tests.reports.papers.reading import docx_lines
from tests.web.house import House
from tests.web.test_route_matrix import arguments, requests_of
from tests.web.visits import Visitor
from tests.web.world import SITE, meeting

NAMES = {"own": "Vargrådet", "foreign": "Järvrådet"}


@pytest.fixture
def closed(house: House) -> House:
    """Two closed forums with all that forums have, of which one holds meetings with the public one."""
    joint = {}
    with house.changing() as session:
        forums = {name: session.get_one(Forum, row.id) for name, row in house.world.forums.items()}
        for relation, name in NAMES.items():
            forums[relation].name = forums[relation].name_en = name
        for first, second in (("own", "public"), ("public", "own")):
            row = meeting(session, forums[first], NOW + timedelta(days=40 + len(first)), state="called")
            row.forum_rows.append(MeetingForum(forum_id=forums[second].id, position=1))
            row.called_at = NOW
            session.flush()
            publish(session, row, NOW, site=SITE, days=[row.local_on])
            joint[f"{first} and {second}"] = Meeting(id=row.id)
            session.add(Minutes(meeting_id=row.id, kind="protocol", created_at=NOW))
        session.flush()
        for minutes in session.query(Minutes):
            minutes.state, minutes.adjusted_at = "posted", NOW
            minutes.posted_on, minutes.posted_until_on = NOW.date(), NOW.date() + timedelta(days=21)
    return House(house.app, replace(house.world, meetings={**house.world.meetings, **joint}))


def addresses(house: House) -> list[str]:
    """Every address that something can be got from, of the public forum and of the closed ones; and searches."""
    bind = house.app.url_map.bind("localhost")
    found = [f"/search?q={name[:5]}" for name in NAMES.values()]
    for rule, method, need in requests_of(house.app):
        if method != "GET":
            continue
        for relation in house.world.meetings:
            parts = relation if relation in house.world.parts else "public"
            given = arguments(house.world, need, relation, parts=parts)
            found.append(bind.build(rule.endpoint, {name: given[name] for name in rule.arguments}))
    return sorted(set(found))


def words_of(response: TestResponse) -> str:
    """What somebody reads in an answer: a page, a calendar unfolded, a Word document's text."""
    if "wordprocessingml" in response.content_type:
        return "\n".join(docx_lines(response.data))
    return response.data.decode("utf-8", "replace").replace("\r\n ", "")


@pytest.mark.parametrize("language", ["sv", "en"])
def test_invariant_11_nothing_the_public_can_get_names_a_closed_forum(closed: House, language: str):
    stranger = Visitor(closed.app)
    seen = 0
    for path in addresses(closed):
        joint = "&" if "?" in path else "?"
        response = stranger.get(f"{path}{joint}language={language}")
        text = words_of(response)
        assert [name for name in NAMES.values() if name in text.replace(f'value="{name[:5]}"', "")] == [], path
        seen += response.status_code == 200
    assert seen > 20
    # Those whose forum it is read the name there: it would be found.
    assert NAMES["own"] in closed.visitor().get("/forums").get_data(as_text=True)
