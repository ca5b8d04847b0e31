"""What search engines are told: robots.txt keeps them from personal links, the sitemap lists the public pages."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser
from xml.etree.ElementTree import fromstring

import pytest

from scheduler.db import db
from scheduler.forums.models import Forum
from scheduler.meetings.models import Meeting
from tests.conftest import NOW
from tests.queries import count_queries
from tests.web.house import House
from tests.web.test_route_matrix import requests_of
from tests.web.visits import Visitor
from tests.web.world import meeting

NAMESPACE = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


def entries(house: House) -> dict[str, str | None]:
    """Path → day of the last change, as the sitemap has them."""
    answer = Visitor(house.app).get("/sitemap.xml")
    assert (answer.status_code, answer.mimetype) == (200, "application/xml")
    tree = fromstring(answer.data)  # noqa: S314 - our own
    assert tree.tag == f"{{{NAMESPACE['s']}}}urlset"
    return {
        urlsplit(url.findtext("s:loc", namespaces=NAMESPACE) or "").path: url.findtext(
            "s:lastmod", namespaces=NAMESPACE
        )
        for url in tree.findall("s:url", NAMESPACE)
    }


def test_sitemap_lists_the_public_pages_and_no_others(house):
    world = house.world
    assert set(entries(house)) == {
        "/", "/forums", "/calendar/list", "/notices/board",
        "/forums/public-forum", f"/meetings/{world.meetings['public'].id}",
    }  # fmt: skip


def test_each_page_of_the_sitemap_opens_for_a_stranger_and_may_be_kept(house):
    stranger = Visitor(house.app)
    for path in entries(house):
        answer = stranger.get(path)
        assert answer.status_code == 200, path
        assert "noindex" not in answer.headers.get("X-Robots-Tag", ""), path
        assert '<meta name="robots"' not in answer.get_data(as_text=True), path


def test_last_change_comes_from_the_meetings_and_not_from_the_clock(house):
    at = house.world.meetings["public"].id
    with house.changing() as session:
        session.get_one(Meeting, at).revised_at = NOW - timedelta(days=9)
    day = (NOW - timedelta(days=9)).date().isoformat()
    found = entries(house)
    assert (found[f"/meetings/{at}"], found["/forums/public-forum"], found["/"]) == (day, day, None)


def test_a_forum_that_is_closed_again_leaves_the_sitemap_at_once(house):
    with house.changing() as session:
        session.get_one(Forum, house.world.forums["public"].id).state = "proposal"
    assert "/forums/public-forum" not in entries(house)


def test_sitemap_costs_as_many_queries_for_many_meetings(house):
    few = _queries(house)
    with house.changing() as session:
        forum = session.get_one(Forum, house.world.forums["public"].id)
        for n in range(12):
            meeting(session, forum, NOW + timedelta(days=40 + n))
    assert _queries(house) == few
    assert len(entries(house)) > 12


def _queries(house: House) -> int:
    with house.app.app_context(), count_queries(db.engine) as counted:
        entries(house)
    return len(counted)


@pytest.fixture
def robots(house) -> RobotFileParser:
    parser = RobotFileParser()
    parser.parse(Visitor(house.app).get("/robots.txt").get_data(as_text=True).splitlines())
    return parser


def test_robots_leave_every_secret_address_alone(house, robots):
    bind = house.app.url_map.bind("localhost")
    secret = 0
    for rule, _method, _need in requests_of(house.app):
        if "token" not in rule.arguments:
            continue
        values = {name: 1 if name != "token" else "x" * 43 for name in rule.arguments}
        assert not robots.can_fetch("anybot", bind.build(rule.endpoint, values, method=next(iter(rule.methods))))
        secret += 1
    assert secret > 10
    assert not robots.can_fetch("anybot", "/search?q=forum")


def test_robots_may_read_every_page_of_the_sitemap(house, robots):
    assert all(robots.can_fetch("anybot", path) for path in entries(house))
    assert re.fullmatch(r"https?://[^/]+/sitemap.xml", robots.site_maps()[0])
