"""The calendar: what a visitor and a secretariat see of a month and of what is coming."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from scheduler.db import db
from scheduler.meetings.models import Invitee, MeetingForum
from scheduler.meetings.publishing import publish
from scheduler.polls.models import Poll
from tests.conftest import NOW
from tests.queries import count_queries
from tests.web import world as worlds
from tests.web.drawings import Drawn
from tests.web.reading import visit

MONTH = "/calendar/2026/12"
YEAR = "/calendar/2026"
PAGES = (MONTH, YEAR, "/calendar/list")


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


# ---------------------------------------------------------------- the year


def drawn(visitor, path=YEAR) -> Drawn:
    return Drawn(visitor.get(path).get_data(as_text=True))


@pytest.mark.parametrize("role", ["anonymous", "member", "own secretariat", "reader", "administrator"])
def test_the_dates_of_the_year_are_those_of_its_wheel(house, role):
    with house.changing() as session:
        for n, relation in enumerate(house.world.forums):
            forum = session.merge(house.world.forums[relation])
            for state, days in (("held", -30), ("cancelled", -20), ("proposed", 20), ("confirmed", 0)):
                worlds.meeting(session, forum, NOW + timedelta(days=days + n), state=state)
    page = drawn(house.visitor(role))
    listed = {
        (link, state)
        for row in page.rows.values()
        for link, state in re.findall(r'<a href="(/meetings/\d+)">.*?<span class="vh">, ([^<]+)</span>', row)
    }
    assert {(url, title.partition(": ")[2]) for url, title in page.wheel} == listed
    sees_proposals = role in {"own secretariat", "reader", "administrator"}
    assert any(state == "föreslaget" for _url, state in listed) == sees_proposals
    for link, _state in listed:
        assert house.visitor(role).get(link).status_code == 200


def test_a_visitors_year_holds_nothing_of_closed_forums(house):
    visitor = house.visitor("anonymous")
    page = drawn(visitor)
    assert set(page.rows) == {"/forums/public-forum"}
    assert len(page.wheel) == 1
    assert not re.search("own|foreign", visitor.get(YEAR).get_data(as_text=True))
    assert "Period då ett möte krävs" not in page.markup


def test_the_dates_of_a_row_stand_in_order_as_links(house):
    with house.changing() as session:
        forum = session.merge(house.world.forums["public"])
        for days in (20, 10, -40):
            worlds.meeting(session, forum, NOW + timedelta(days=days))
    row = drawn(house.visitor("anonymous")).rows["/forums/public-forum"]
    assert re.findall(r"</svg>(\d+ \w+)<span", row) == ["13 okt", "2 dec", "12 dec", "22 dec"]


def test_a_joint_meeting_stands_with_each_forum_one_knows_of(house):
    with house.changing() as session:
        joint = worlds.meeting(session, session.merge(house.world.forums["own"]), NOW + timedelta(days=32))
        joint.forum_rows.append(MeetingForum(forum_id=house.world.forums["public"].id, position=1))
        session.flush()
        session.expire(joint)
        publish(session, joint, NOW, site=worlds.SITE, days=[joint.local_on])
        path = f"/meetings/{joint.id}"
    both = ["own", "public"]
    for role, forums in (("anonymous", ["public"]), ("own secretariat", both), ("reader", both)):
        page = drawn(house.visitor(role))
        shown = [forum for forum, row in page.rows.items() if f'href="{path}"' in row]
        assert sorted(shown) == [f"/forums/{name}-forum" for name in forums]
    assert "4 möten i 3 forum." in visit(house.visitor("reader"), YEAR).text


def test_somebody_called_to_a_closed_forums_meeting_sees_it_there(house):
    with house.changing() as session:
        meeting = session.merge(house.world.meetings["foreign"])
        person_id = house.world.users["member"].person_id
        session.add(Invitee(meeting_id=meeting.id, person_id=person_id))
    page = drawn(house.visitor("member"))
    assert "/forums/foreign-forum" in page.rows
    assert f'href="/meetings/{house.world.meetings["foreign"].id}"' in page.rows["/forums/foreign-forum"]


def test_the_months_of_a_year_say_how_many_and_lead_there(house):
    page = visit(house.visitor("administrator"), YEAR)
    assert "December 3 möten" in page.text
    months = [f"/calendar/2026/{n}" for n in range(1, 13)]
    assert [link for link in page.links if link in months][-12:] == months


def test_a_group_of_the_year_is_shown_alone(house):
    with house.changing() as session:
        session.merge(house.world.forums["foreign"]).kind_id = "rad"
    visitor = house.visitor("administrator")
    assert set(drawn(visitor, f"{YEAR}?group=kind-rad").rows) == {"/forums/foreign-forum"}
    own = f"{YEAR}?group=org-own-secretariat"
    assert set(drawn(visitor, own).rows) == {"/forums/own-forum"}
    assert len(drawn(visitor, f"{YEAR}?group=nothing").rows) == 3


@pytest.mark.parametrize(("year", "status"), [(1975, 404), (1976, 200), (2076, 200), (2077, 404), (0, 404)])
def test_years_out_of_reach_are_missing(house, year, status):
    for role in ("anonymous", "administrator"):
        assert house.visitor(role).get(f"/calendar/{year}").status_code == status


def test_a_visitor_reads_the_year_in_english(house):
    page = visit(house.visitor("anonymous"), f"{YEAR}?language=en")
    assert page.heading == "The year 2026"
    assert all("language=en" in link for link in page.links if link.startswith(("/meetings/", "/forums/")))


@pytest.mark.parametrize(("role", "questions"), [("anonymous", 4), ("administrator", 11)])
def test_a_year_asks_as_much_for_one_meeting_as_for_many(house, role, questions):
    asked = []
    for count in (0, 1, 20):
        with house.changing() as session:
            for relation in house.world.forums:
                forum = session.merge(house.world.forums[relation])
                for n in range(count):
                    worlds.meeting(session, forum, NOW + timedelta(days=n, hours=count))
        with house.app.app_context(), count_queries(db.engine) as sent:
            assert house.visitor(role).get(YEAR).status_code == 200
        asked.append(len(sent))
    assert asked == [questions] * 3


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("own secretariat", {"own"}), ("other secretariat", {"foreign", "public"}),
        ("administrator", {"own", "foreign", "public"}), ("member", set()), ("reader", set()), ("anonymous", set()),
    ],
)  # fmt: skip
def test_a_month_shows_the_days_that_polls_ask_about_to_those_who_plan_them(house, role, seen):
    with house.changing() as session:
        polls = {name: session.get_one(Poll, house.world.parts[name]["poll_id"]) for name in worlds.RELATIONS}
        for poll in polls.values():
            poll.state = "open"
        day = polls["own"].options[0].local_on
        paths = {name: f"/polls/{poll.id}" for name, poll in polls.items()}
    page = visit(house.visitor(role), f"/calendar/{day.year}/{day.month}")
    assert {name for name, path in paths.items() if path in page.links} == seen
    assert ("väntar på beslut" in page.text) == bool(seen)
