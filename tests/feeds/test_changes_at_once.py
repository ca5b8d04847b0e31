"""Two changes at once that only together change a calendar: one sees the other, on both databases."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from scheduler.accounts.models import UserRole
from scheduler.db import begin_change, begin_write, db, install_listeners
from scheduler.feeds.rules import Scope
from scheduler.forums.models import Forum
from scheduler.history.rules import Actor
from scheduler.meetings.actions import refresh
from scheduler.meetings.queries import meetings_showing
from scheduler.organisations.models import Person
from tests.conftest import NOW
from tests.feeds.subscribers import link, summaries, user_of
from tests.meetings.county import SITE, County
from tests.web.visits import Visitor
from tests.web.world import sign_in


def test_meeting_booked_while_a_seat_is_filled_reaches_who_fills_it(make_app, database_url):
    app = make_app(database_url)
    engine = create_engine(database_url)
    install_listeners(engine)
    with Session(engine, expire_on_commit=False) as session:
        begin_write(session)
        county = County(session, Actor("Sara Niemi"), NOW)
        forum, person = county.forum("Rådet"), county.person("Elin Marklund")
        secret = link(county, user_of(county, person), Scope.PERSON, person.id).secret
        session.commit()
    client = app.test_client()
    before = client.get(f"/feeds/{secret}.ics")
    booked, done = threading.Event(), threading.Event()

    def fill() -> None:
        with Session(engine) as session:
            booked.wait(10)
            begin_change(session)  # waits for the booking
            county = County(session, Actor("Ola Berg"), NOW)
            county.seat(session.get_one(Forum, forum.id), session.get_one(Person, person.id))
            reached = meetings_showing(session, seats_of_forums=[forum.id])
            refresh(session, reached, NOW, site=SITE, seats=True)
            session.commit()
        done.set()

    filling = threading.Thread(target=fill)
    filling.start()
    with Session(engine) as session:
        begin_change(session)
        County(session, Actor("Sara Niemi"), NOW).meeting(session.get_one(Forum, forum.id), title="Vägar")
        booked.set()
        assert not done.wait(0.3)
        session.commit()
    filling.join(20)
    engine.dispose()
    assert done.is_set()
    after = client.get(f"/feeds/{secret}.ics", headers={"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, summaries(after.get_data())) == (200, ["Rådet: Vägar"])


@pytest.mark.parametrize("path", ["/places/new", "/logout"])
def test_every_form_takes_its_turn(make_app, database_url, monkeypatch, path):
    app = make_app(database_url)
    with app.app_context(), Session(db.engine) as session:
        begin_write(session)
        county = County(session, Actor("Sara Niemi"), NOW)
        sign_in(session, user_of(county, None, UserRole(role="administrator")), NOW, "a cookie")
        session.commit()
    monkeypatch.setattr("scheduler.db.BUSY_SECONDS", 0.3)
    visitor = Visitor(app, "a cookie")
    with app.app_context(), Session(db.engine) as session:
        begin_change(session)
        refused = visitor.post(path, {"name": "Sal 3"})
        session.rollback()
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "10")
    assert visitor.post(path, {"name": "Sal 3"}).status_code in {303, 422}
