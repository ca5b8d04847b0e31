"""The pages of meetings: what each shows to whom, what its forms refuse, and the steps they offer."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.db import begin_write, db
from scheduler.history.rules import Actor
from scheduler.meetings.actions import edit_meeting
from scheduler.meetings.models import Meeting
from scheduler.meetings.publishing import publish
from tests.conftest import NOW
from tests.web import world as worlds
from tests.web.reading import read, send, visit
from tests.web.visits import Visitor

KEEPER = "own secretariat"


@pytest.fixture
def world(app):
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        begin_write(session)
        world = worlds.build(session, NOW)
        session.commit()
        return world


@pytest.fixture
def keeper(app, world) -> Visitor:
    return Visitor(app, world.cookie(KEEPER))


@pytest.fixture
def ask(app):
    """What a query over the database gives."""

    def run(question):
        with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
            return question(session)

    return run


def own(world) -> str:
    return f"/meetings/{world.meetings['own'].id}"


def stored(session: Session) -> list[tuple]:
    """Every meeting, so far as a form may change it."""
    return [
        (row.id, row.state, row.start_at, row.end_at, row.title, row.version)
        for row in session.scalars(select(Meeting).order_by(Meeting.id))
    ]


# ---------------------------------------------------------------- who sees what


@pytest.mark.parametrize("page", ["", "/move", "/edit", "/call", "/cancel", "/invitees"])
def test_pages_of_a_meeting_open_for_its_secretariat_alone(app, world, keeper, page):
    path = own(world) + page
    assert keeper.get(path).status_code == 200
    assert Visitor(app).get(path).status_code == 404


def test_visitor_sees_a_public_meeting_without_who_is_invited(app, world):
    page = visit(Visitor(app), f"/meetings/{world.meetings['public'].id}")
    assert page.status == 200
    assert "Forumet public" in page.text
    assert "Public Person" not in page.text
    assert page.forms == []


@pytest.mark.parametrize(
    ("level", "own_choice", "shown"), [("full", None, True), ("dates", None, False), ("dates", True, True)]
)
def test_visitor_sees_as_much_of_a_meeting_as_its_calendar_tells(app, world, level, own_choice, shown):
    with app.app_context(), Session(db.engine) as session:
        begin_write(session)
        forum = session.merge(world.forums["public"])
        meeting = session.merge(world.meetings["public"])
        forum.public_level, meeting.public, meeting.title = level, own_choice, "Rymd och försvar"
        session.flush()
        publish(session, meeting, NOW, site=worlds.SITE, days=[meeting.local_on])
        session.commit()
    path = f"/meetings/{world.meetings['public'].id}"
    said = {
        "page": "Rymd och försvar" in visit(Visitor(app), path).text,
        "calendar": "Rymd och försvar" in Visitor(app).get(f"{path}/meeting.ics").get_data(as_text=True),
    }
    assert said == {"page": shown, "calendar": shown}


@pytest.mark.parametrize(("days", "action"), [(30, "Kalla"), (-30, "Mötet hölls")])
def test_main_action_is_to_call_before_the_meeting_and_to_record_after_it(app, world, keeper, days, action):
    with app.app_context(), Session(db.engine) as session:
        begin_write(session)
        meeting = session.merge(world.meetings["own"])
        length = meeting.end_at - meeting.start_at
        meeting.start_at = NOW + timedelta(days=days)
        meeting.end_at, meeting.local_on = meeting.start_at + length, meeting.start_at.date()
        session.commit()
    html = keeper.get(own(world)).get_data(as_text=True)
    assert re.findall(r'<a class="btn main-act"[^>]*>([^<]*)</a>', html) == [action]


def test_secretariat_sees_who_will_be_invited(world, keeper):
    assert "Own Person" in visit(keeper, own(world)).text


# ---------------------------------------------------------------- a new one


def test_meeting_is_booked_with_two_answers(world, keeper, ask):
    page = send(keeper, "/meetings/new?forum=own-forum", "forum", on="2027-02-10", start="13")
    assert (page.status, page.heading) == (200, "Onsdag 10 februari 2027")
    assert "är sparat." in page.text


@pytest.mark.parametrize(
    ("field", "given", "words"),
    [
        ("forum", "", "Välj vilket forum som möts"),
        ("forum", "foreign-forum", "Välj ett av alternativen"),
        ("on", "", "Ange ett datum"),
        ("on", "31 juni", "Ange ett datum, till exempel 2026-09-29"),
        ("start", "", "Ange när mötet börjar"),
        ("start", "25.00", "Ange en tid, till exempel 13.00"),
        ("video_url", "javascript:alert(1)", "börjar med https://"),
        ("place_id", "999", "Välj ett av alternativen"),
        ("kind", "party", "Välj ett av alternativen"),
        ("title", "x" * 500, "tecken"),
    ],
)
def test_new_meeting_refuses_at_the_field_and_stores_nothing(world, keeper, ask, field, given, words):
    before = ask(stored)
    answers = {"forum": "own-forum", "on": "2027-02-10", "start": "13.00"} | {field: given}
    page = send(keeper, "/meetings/new", "forum", **answers)
    assert (page.status, list(page.errors)) == (422, [field])
    assert words in page.errors[field]
    assert ask(stored) == before


def test_conflict_comes_back_and_needs_a_reason(world, keeper, ask):
    before = ask(lambda session: session.scalar(select(func.count()).select_from(Meeting)))
    answers = {"forum": "own-forum", "on": "2027-01-06", "start": "13.00"}  # Epiphany
    page = send(keeper, "/meetings/new", "forum", **answers)
    assert (page.status, list(page.errors)) == (422, ["override_reason"])
    assert "rettondedag" in page.text
    count = select(func.count()).select_from(Meeting)
    assert ask(lambda session: session.scalar(count)) == before
    form = page.form("override_reason").values | {"override_reason": "Alla kan bara då"}
    saved = keeper.post("/meetings/new", form, token=False)
    assert saved.status_code == 303
    assert ask(lambda session: session.scalar(count)) == before + 1


def test_checking_a_date_stores_nothing(world, keeper, ask):
    before = ask(stored)
    page = send(keeper, "/meetings/new", "forum", forum="own-forum", on="2027-01-06", start="13.00", check="1")
    assert page.status == 200
    assert "rettondedag" in page.text
    assert ask(stored) == before


# ---------------------------------------------------------------- changes


def test_moved_meeting_says_so(world, keeper):
    page = send(keeper, own(world) + "/move", "on", on="2027-02-10", start="9.30", end="11.00")
    assert (page.status, page.heading) == (200, "Onsdag 10 februari 2027")
    assert "9.30" in page.text


@pytest.mark.parametrize(
    ("path", "field", "given"),
    [
        ("/move", "on", ""),
        ("/move", "start", "x"),
        ("/move", "end", "3.00"),
        ("/edit", "video_url", "ftp://x"),
        ("/edit", "answer_by_on", "2030-13-01"),
        ("/edit", "title", "x" * 500),
        ("/cancel", "reason", ""),
    ],
)
def test_change_refuses_at_the_field_and_stores_nothing(world, keeper, ask, path, field, given):
    before = ask(stored)
    page = send(keeper, own(world) + path, field, **{field: given})
    assert (page.status, list(page.errors)) == (422, [field])
    assert ask(stored) == before


@pytest.mark.parametrize(("path", "given"), [("/move", {"start": "9.30"}), ("/edit", {"title": "Min"})])
def test_lost_update_names_who_saved_and_keeps_their_words(app, world, keeper, path, given):
    opened = visit(keeper, own(world) + path).form("version").values
    with app.app_context(), Session(db.engine) as session:
        begin_write(session)
        row = session.get_one(Meeting, world.meetings["own"].id)
        edit_meeting(
            session, Actor("Per Äng"), NOW + timedelta(minutes=1), row, version=None, site=worlds.SITE, title="Pers"
        )
        session.commit()
    page = read(keeper.post(own(world) + path, opened | given, token=False))
    assert page.status == 409
    assert "Ändringen sparades inte. Per Äng ändrade 22 november 2026 kl. 10.01." in page.text
    assert visit(keeper, own(world)).heading == "Pers"


# ---------------------------------------------------------------- steps


@pytest.mark.parametrize(
    ("state", "ahead", "offered"),
    [
        ("proposed", 30, {"move", "edit", "confirm", "cancel"}),
        ("confirmed", 30, {"move", "edit", "call", "cancel"}),
        ("cancelled", 30, {"edit", "reinstate"}),
        ("held", -30, {"move", "edit", "correct", "close"}),
        ("closed", -30, set()),
    ],
)
def test_only_lawful_steps_are_offered_and_open(app, world, keeper, state, ahead, offered):
    with app.app_context(), Session(db.engine) as session:
        begin_write(session)
        row = worlds.meeting(
            session, session.merge(world.forums["own"]), NOW + timedelta(days=ahead, hours=1), state="confirmed"
        )
        row.state = state
        session.commit()
        path = f"/meetings/{row.id}"
    links = [link.removeprefix(path + "/") for link in visit(keeper, path).links if link.startswith(path + "/")]
    found = {link for link in links if "/" not in link}
    always = {
        "meeting.ics", "invitees", "reminders", "mailings", "message", "agenda", "attendance", "minutes", "package",
    }  # fmt: skip
    assert found - always == offered
    for step in ("confirm", "call", "cancel", "reinstate", "held", "correct", "close"):
        assert keeper.get(f"{path}/{step}").status_code == (200 if step in offered else 404), step


def test_cancelled_meeting_is_taken_back_until_somebody_is_told(world, keeper):
    page = send(keeper, own(world) + "/cancel", "reason", reason="Snöstorm")
    assert "Mötet är inställt" in page.text
    undo = own(world) + "/undo"
    assert undo in page.actions()
    form = next(form for form in page.forms if form.action == undo)
    assert keeper.post(undo, form.values, token=False).status_code == 303
    page = visit(keeper, own(world))
    assert "Snöstorm" not in page.text.partition("Senast ändrat")[0]
    assert undo not in page.actions()
    assert "call" in {link.rpartition("/")[2] for link in page.links}
