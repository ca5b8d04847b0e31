"""The calendar: what a visitor and a secretariat see of a month and of what is coming."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scheduler.meetings.models import MeetingForum
from scheduler.meetings.publishing import publish
from tests.conftest import NOW
from tests.web import world as worlds
from tests.web.reading import visit

MONTH = "/calendar/2026/12"
PAGES = (MONTH, "/calendar/list")


def named(page) -> set[str]:
    """The forums whose names the page holds."""
    return {relation for relation in worlds.RELATIONS if f"Forumet {relation}" in page.text}


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("role", "forums"),
    [
        ("anonymous", {"public"}),
        ("member", {"own", "public"}),
        ("own secretariat", {"own", "public"}),
        ("administrator", {"own", "foreign", "public"}),
    ],
)
def test_calendar_names_the_forums_one_may_know_of(house, path, role, forums):
    visitor = house.visitor(role)
    assert visitor.get(path).status_code == 200
    assert f"{len(forums)} möte" in visit(visitor, path).text
    assert named(visit(visitor, path)) == forums


@pytest.mark.parametrize("path", [*PAGES, "meeting"])
@pytest.mark.parametrize(("role", "forums"), [("anonymous", {"public"}), ("own secretariat", {"own"})])
def test_joint_meeting_led_by_a_hidden_forum_goes_by_its_public_one(house, path, role, forums):
    with house.changing() as session:
        forum = session.merge(house.world.forums["own"])
        joint = worlds.meeting(session, forum, NOW + timedelta(days=32))
        joint.forum_rows.append(MeetingForum(forum_id=house.world.forums["public"].id, position=1))
        session.flush()
        session.expire(joint)
        publish(session, joint, NOW, site=worlds.SITE, days=[joint.local_on])
        own = f"/meetings/{joint.id}"
    visitor = house.visitor(role)
    page = visit(visitor, path.replace("meeting", own))
    assert page.status == 200
    if path != "meeting":
        assert own in page.links
    if role == "anonymous":
        assert named(page) == forums
    else:
        assert forums <= named(page)


def test_calendar_opens_with_the_present_month(house):
    response = house.visitor("anonymous").get("/calendar")
    assert (response.status_code, response.headers["Location"]) == (303, "/calendar/2026/11")


@pytest.mark.parametrize("path", ["2026/0", "2026/13", "1975/12", "2077/1", "0/1", f"{'9' * 30}/1"])
def test_month_out_of_reach_is_missing(house, path):
    assert house.visitor("anonymous").get(f"/calendar/{path}").status_code == 404


@pytest.mark.parametrize("path", ["1976/1", "2076/12"])
def test_month_at_the_edge_opens(house, path):
    assert house.visitor("anonymous").get(f"/calendar/{path}").status_code == 200


@pytest.mark.parametrize(("role", "count"), [("anonymous", 0), ("member", 0), ("own secretariat", 1)])
def test_proposals_are_listed_on_request_for_those_who_plan(house, role, count):
    with house.changing() as session:
        forum = session.merge(house.world.forums["own"])
        row = worlds.meeting(session, forum, NOW + timedelta(days=32), state="proposed")
        path = f"/meetings/{row.id}"
    assert path not in visit(house.visitor(role), "/calendar/list").links
    assert visit(house.visitor(role), "/calendar/list?proposed=1").links.count(path) == count
