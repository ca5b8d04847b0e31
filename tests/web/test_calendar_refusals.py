"""One meeting that a calendar may not show: refused where it was typed, with nothing stored and no feed changed (F05).

A video link in a calendar that everybody reads is what a person can get wrong (F17): in the meeting itself, or in a
name that its calendar shows.
"""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select, text

from scheduler.errors import Refused
from scheduler.forums.models import Forum
from scheduler.history.models import ScopeVersion
from scheduler.history.rules import Actor
from scheduler.ical.lint import lint_calendar
from scheduler.meetings.actions import book_meeting, edit_meeting, move_meeting
from scheduler.meetings.models import Fragment, Meeting
from scheduler.meetings.publishing import refresh
from scheduler.places.models import Place
from tests.conftest import NOW
from tests.feeds.subscribers import summaries
from tests.meetings.county import DAY, SITE, County
from tests.web.house import House
from tests.web.reading import send
from tests.web.test_places import booked_at, entered

LINK = "us02web.zoom.us/j/81"
SAID = "En videolänk kan inte stå i en kalender som alla kan läsa. Flytta den till mötets videolänk."
PUBLIC = "public-forum"


@pytest.fixture
def county(session, actor, now):
    return County(session, actor, now)


# ---------------------------------------------------------------- the meeting's own words


@pytest.mark.parametrize(("field", "given"), [("title", f"Möte på {LINK}"), ("place_text", f"Zoom: {LINK}")])
def test_meeting_is_refused_at_its_field_and_the_others_stand(county, session, actor, now, field, given):
    forum = county.forum(public="full")
    other = county.meeting(forum, DAY)
    bodies, versions = county.bodies(other), county.versions()
    count = session.query(Meeting).count()
    ask = {"version": None, "site": SITE, "check_conflicts": False}
    for act in (
        lambda: book_meeting(
            session, actor, now, forums=[forum], on=DAY + timedelta(weeks=1), start=time(9), site=SITE,
            check_conflicts=False, **{field: given},
        ),
        lambda: edit_meeting(session, actor, now, other, **ask, **{field: given}),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            act()
        assert [(problem.field, str(problem)) for problem in refused.value.problems] == [(field, SAID)]
        session.expire_all()
        assert (session.query(Meeting).count(), county.bodies(other), county.versions()) == (count, bodies, versions)
        assert getattr(other, field) is None


def test_those_invited_may_read_what_the_public_may_not(county):
    meeting = county.meeting(county.forum(), title=f"Möte på {LINK}")
    assert LINK in county.text(meeting)


def test_place_that_was_a_video_link_is_not_told_of_once_it_is_left(county, session, actor, now):
    """What was said to members of a closed forum stays with them when it opens itself."""
    forum = county.forum()
    meeting = county.meeting(forum, place_text=f"Zoom: {LINK}")
    move_meeting(session, actor, now, meeting, version=None, site=SITE, place_text="Sal 3", check_conflicts=False)
    forum.public_level = "full"
    refresh(session, [meeting], now, site=SITE)
    assert "Ny plats: " in county.text(meeting)
    assert "LOCATION:Sal 3\n" in county.text(meeting, "public")
    assert LINK not in county.text(meeting, "public")


# ---------------------------------------------------------------- a change elsewhere


def test_change_elsewhere_names_each_meeting_that_could_not_be_shown(county, session, now):
    forum = county.forum("Rådet")
    for weeks, words in ((0, f"A {LINK}"), (1, "B"), (2, f"C {LINK}")):
        county.meeting(forum, DAY + timedelta(weeks=weeks), title=words)
    forum.public_level = "full"
    with pytest.raises(Refused) as refused:
        refresh(session, session.scalars(select(Meeting)), now, site=SITE)
    assert [(problem.field, str(problem)) for problem in refused.value.problems] == [
        ("summary", f"Mötet Rådet {DAY + timedelta(weeks=weeks)}: {SAID}") for weeks in (0, 2)
    ]


def fragments(house: House) -> list[tuple[int, str, bytes]]:
    with house.looking() as session:
        rows = session.execute(select(Fragment.meeting_id, Fragment.audience, Fragment.body).order_by(Fragment.body))
        return [tuple(row) for row in rows]


def versions(house: House) -> list[tuple[str, int, int]]:
    with house.looking() as session:
        rows = session.execute(select(ScopeVersion.scope, ScopeVersion.scope_id, ScopeVersion.version))
        return sorted(tuple(row) for row in rows)


def shown(house: House) -> tuple[object, ...]:
    feed = house.app.test_client().get("/calendar.ics")
    assert lint_calendar(feed.get_data(), public=True) == []
    return feed.headers["ETag"], feed.get_data(), fragments(house), versions(house), house.changes()


def named(house: House) -> str:
    with house.looking() as session:
        meeting = session.get_one(Meeting, house.world.meetings["public"].id)
        return f"Mötet {meeting.forum.title} {meeting.local_on}: {SAID}"


def held_at(house: House, name: str) -> int:
    """A place where the public forum meets."""
    place_id = entered(house, name)
    booked_at(house, place_id)
    with house.changing() as session:
        meeting = session.get_one(Meeting, house.world.meetings["public"].id)
        meeting.place = session.get_one(Place, place_id)
        refresh(session, [meeting], NOW, site=SITE)
    return place_id


def test_place_renamed_to_a_video_link_is_refused_at_its_name(house):
    place_id = held_at(house, "Stora salen")
    before = shown(house)
    page = send(house.visitor(), f"/places/{place_id}", name=f"Zoom: {LINK}")
    assert (page.status, page.errors) == (422, {"name": named(house)})
    assert shown(house) == before
    with house.looking() as session:
        assert session.get_one(Place, place_id).name == "Stora salen"


def test_forum_renamed_to_a_video_link_is_refused_at_its_name(house):
    before = shown(house)
    name = f"Zoom: {LINK}"
    page = send(house.visitor("administrator"), f"/forums/{PUBLIC}/edit", "short_name", name=name)
    assert (page.status, page.errors) == (422, {"name": named(house).replace("Forumet public", name)})
    assert shown(house) == before


def test_forum_and_kind_open_themselves_only_when_every_meeting_can_be_shown(house):
    with house.changing() as session:
        forum = session.get_one(Forum, house.world.forums["public"].id)
        forum.public_level = None
        forum.kind.public_level = "none"
        meeting = session.get_one(Meeting, house.world.meetings["public"].id)
        meeting.title = LINK
        session.flush()
        refresh(session, session.scalars(select(Meeting)).all(), NOW, site=SITE)
    before = shown(house)
    assert summaries(before[1]) == []
    for path, field in ((f"/forums/{PUBLIC}/edit", "short_name"), ("/kinds/natverk", "sv")):
        page = send(house.visitor("administrator"), path, field, public_level="full")
        assert page.status == 422
        assert named(house) in page.text
        assert shown(house) == before


# ---------------------------------------------------------------- a zone that no VTIMEZONE describes


def test_meeting_in_a_zone_that_cannot_be_written_costs_the_others_nothing(house):
    with house.changing() as session:
        forum = session.get_one(Forum, house.world.forums["public"].id)
        for zone in ("Africa/Casablanca", "Asia/Gaza", "Africa/Cairo", "Europe/Helsinki", "Pacific/Chatham"):
            book_meeting(
                session, Actor("Sara Niemi"), NOW, forums=[forum], on=date(2027, 6, 1), start=time(9), time_zone=zone,
                title=zone, site=SITE, check_conflicts=False,
            )  # fmt: skip
    body = house.app.test_client().get("/calendar.ics").get_data()
    assert lint_calendar(body, public=True) == []
    assert len(summaries(body)) == 6
    assert body.count(b"\r\nDTSTART:20270601T") == 3
    with house.changing() as session:
        session.execute(text("UPDATE scope_version SET version = version + 1"))
    assert house.app.test_client().get("/calendar.ics").status_code == 200
