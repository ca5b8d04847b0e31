"""Subscribing on a page: from a link to a calendar, secrets shown once, one's own links (H12, SEC-2, SEC-4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.http import parse_date
from werkzeug.test import TestResponse

from scheduler.accounts.models import User, UserRole
from scheduler.db import begin_write, db
from scheduler.feeds.models import FeedToken
from scheduler.feeds.rules import Scope
from scheduler.forums.models import Forum
from scheduler.history.models import HistoryEntry
from scheduler.history.rules import Actor
from scheduler.web.qr import qr_svg
from tests.conftest import NOW
from tests.feeds.subscribers import link, summaries, user_of
from tests.meetings.county import DAY, County
from tests.queries import count_queries
from tests.web.reading import Page, read, visit
from tests.web.visits import Visitor
from tests.web.world import sign_in

WEEK = timedelta(weeks=1)
BASE = "http://127.0.0.1:8000"
SECRETARY, MEMBER, OTHER = "the secretary", "the member", "the other"


@dataclass
class House:
    """A public and a closed forum, their secretary, a member of both, and somebody else."""

    app: Flask
    public: Forum
    closed: Forum
    users: dict[str, User]
    next_id: int

    def visitor(self, who: str | None = None) -> Visitor:
        return Visitor(self.app, who)

    def tokens(self) -> list[FeedToken]:
        with self.app.app_context(), Session(db.engine) as session:
            return list(session.scalars(select(FeedToken).order_by(FeedToken.id)))

    def history(self) -> list[str]:
        with self.app.app_context(), Session(db.engine) as session:
            query = (
                select(HistoryEntry.action).where(HistoryEntry.subject_kind == "feed_token").order_by(HistoryEntry.id)
            )
            return list(session.scalars(query))


def build(app: Flask) -> House:
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        begin_write(session)
        county = County(session, Actor("Sara Niemi"), NOW)
        member, other = county.person("Elin Marklund"), county.person("Per Vikström")
        public, closed = county.forum("Öppna rådet", public="full"), county.forum("Slutna rummet")
        for forum in (public, closed):
            county.seat(forum, member)
        users = {
            SECRETARY: user_of(county, None, *[UserRole(role="secretariat", forum_id=f.id) for f in (public, closed)]),
            MEMBER: user_of(county, member),
            OTHER: user_of(county, other),
        }
        for cookie, user in users.items():
            sign_in(session, user, NOW, cookie)
        first = county.meeting(closed, DAY, time(10), title="Först")
        county.meeting(public, DAY + WEEK, time(10), title="Sedan")
        county.meeting(closed, DAY + 2 * WEEK, time(10), state="proposed", title="Förslag")
        session.commit()
    return House(app, public, closed, users, first.id)


@pytest.fixture
def house(make_app, sqlite_url) -> House:
    return build(make_app(sqlite_url))


@pytest.fixture
def house_on_both(make_app, database_url) -> House:
    """For the whole way; what a page says needs no second database."""
    return build(make_app(database_url))


def field_value(response_text: str, name: str) -> str:
    """What stands in the read-only field ``name``."""
    _, _, rest = response_text.partition(f'id="{name}" readonly value="')
    return rest.partition('"')[0]


def make(visitor: Visitor, path: str, **changes: object) -> str:
    """Fills in and sends the form of the page; the page that follows, as text."""
    form = visit(visitor, path).form("label")
    answer = visitor.post(form.action, {k: v for k, v in (form.values | changes).items() if v is not None})
    assert (answer.status_code, answer.headers["Location"]) == (303, path), answer.get_data(as_text=True)
    return visitor.get(path).get_data(as_text=True)


@pytest.fixture
def paths(house) -> tuple[str, str]:
    return f"/forums/{house.public.slug}/subscribe", f"/forums/{house.closed.slug}/subscribe"


# ---------------------------------------------------------------- who sees what


def test_visitor_gets_the_public_link_of_a_public_forum(house, paths):
    answer = house.visitor().get(paths[0])
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert field_value(text, "public") == f"{BASE}/forums/{house.public.slug}/calendar.ics"
    assert f'href="webcal://127.0.0.1:8000/forums/{house.public.slug}/calendar.ics"' in text
    assert read(answer).forms == []
    assert summaries(house.visitor().get(f"/forums/{house.public.slug}/calendar.ics").get_data()) == [
        "Öppna rådet: Sedan"
    ]


def test_visitor_gets_nothing_of_a_closed_forum(house, paths):
    assert house.visitor().get(paths[1]).status_code == 404
    assert "Slutna" not in house.visitor().get("/subscribe").get_data(as_text=True)
    assert "Först" not in house.visitor().get("/subscribe").get_data(as_text=True)


def test_visitor_gets_the_link_of_all_public_meetings(house):
    text = house.visitor().get("/subscribe").get_data(as_text=True)
    assert field_value(text, "public") == f"{BASE}/calendar.ics"


def test_visitor_reading_english_gets_an_english_calendar(house, paths):
    visitor = house.visitor()
    page = visitor.get(f"{paths[0]}?language=en")
    assert field_value(page.get_data(as_text=True), "public").endswith("/calendar.ics?language=en")
    assert read(page).heading == "Subscribe to the calendar"


def test_member_has_public_and_own_link_of_a_public_forum_and_an_own_one_of_a_closed_one(house, paths):
    found = {}
    for path in paths:
        text = house.visitor(MEMBER).get(path).get_data(as_text=True)
        found[path] = (bool(field_value(text, "public")), "Skapa länk" in text)
    assert found == {paths[0]: (True, True), paths[1]: (False, True)}


def test_stranger_signed_in_has_the_public_link_alone(house, paths):
    text = house.visitor(OTHER).get(paths[0]).get_data(as_text=True)
    assert (bool(field_value(text, "public")), "Skapa länk" in text) == (True, False)
    assert house.visitor(OTHER).get(paths[1]).status_code == 404


@pytest.mark.parametrize(
    ("who", "names"),
    [
        (None, ["Öppna rådet", "Alla offentliga möten"]),
        (MEMBER, ["Öppna rådet", "Mina möten", "Forum jag väljer", "Alla offentliga möten"]),
        (SECRETARY, ["Öppna rådet", "Forum jag väljer", "Alla offentliga möten"]),
    ],
)
def test_choice_of_calendars(house, paths, who, names):
    text = house.visitor(who).get(paths[0]).get_data(as_text=True)
    offered = text.partition('aria-label="Vilka möten?"')[2].partition("</nav>")[0]
    assert [part.partition("</a>")[0].rpartition(">")[2] for part in offered.split("<a ")[1:]] == names


@pytest.mark.parametrize(
    ("path", "who", "fields"),
    [
        ("own", MEMBER, {"which", "label", "language", "cancelled"}),
        ("own", SECRETARY, {"which", "label", "language", "cancelled", "tentative"}),
        ("/subscribe?which=mine", MEMBER, {"which", "label", "language", "cancelled", "alarm"}),
    ],
)
def test_form_offers_what_the_calendar_may_hold(house, paths, path, who, fields):
    path = paths[1] if path == "own" else path
    text = house.visitor(who).get(path).get_data(as_text=True)
    every = {"which", "label", "language", "cancelled", "tentative", "alarm"}
    assert {name for name in every if f'name="{name}"' in text} == fields


@pytest.mark.parametrize("which", ["mine", "public", "nowhere", ""])
def test_calendar_that_nobody_means_is_not_found(house, which):
    statuses = [house.visitor(who).get(f"/subscribe?which={which}").status_code for who in (None, SECRETARY)]
    assert statuses == ([200, 200] if which == "public" else [404, 404])


# ---------------------------------------------------------------- making a link


def test_three_steps_from_the_overview_to_a_calendar_that_works(house_on_both):
    path = f"/forums/{house_on_both.closed.slug}/subscribe"
    visitor = house_on_both.visitor(SECRETARY)
    assert "/subscribe" in visit(visitor, "/").links
    forum_page = visit(visitor, f"/forums/{house_on_both.closed.slug}")
    assert path in forum_page.links
    url = field_value(make(visitor, path), "made")
    answer = house_on_both.visitor().get(url.removeprefix(BASE))
    assert summaries(answer.get_data()) == ["Slutna rummet: Först"]


def test_link_is_shown_once_and_stored_as_a_hash(house, paths):
    visitor = house.visitor(MEMBER)
    shown = make(visitor, paths[1], label="Telefon")
    url = field_value(shown, "made")
    assert url.startswith(f"{BASE}/feeds/")
    assert "Kopiera den nu" in shown
    assert "Länken är personlig. Dela den inte." in shown
    assert f'href="webcal{url.removeprefix("http")}"' in shown
    again = visitor.get(paths[1]).get_data(as_text=True)
    assert url.rpartition("/")[2][:43] not in again
    assert "Skapa länk" in again
    [row] = house.tokens()
    assert (row.label, row.scope, row.scope_id, row.user_id) == (
        "Telefon",
        "forum",
        house.closed.id,
        house.users[MEMBER].id,
    )
    assert house.history() == ["feed.create"]


def test_page_that_shows_a_secret_is_kept_nowhere(house, paths):
    visitor = house.visitor(MEMBER)
    make(visitor, paths[1])
    answer = visitor.get(paths[1])
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert (answer.headers["X-Robots-Tag"], answer.headers["Referrer-Policy"]) == ("noindex", "no-referrer")


def test_secret_stands_in_no_address_of_the_site(house, paths):
    visitor = house.visitor(MEMBER)
    form = visit(visitor, paths[1]).form("label")
    answer = visitor.post(form.action, form.values)
    shown = visitor.get(answer.headers["Location"]).get_data(as_text=True)
    secret = field_value(shown, "made").rpartition("/")[2].removesuffix(".ics")
    assert len(secret) == 43
    assert secret not in answer.headers["Location"]
    assert secret not in answer.get_data(as_text=True)


def test_opening_the_page_makes_nothing(house, paths):
    for who in (None, MEMBER, SECRETARY):
        for path in (*paths, "/subscribe", "/subscribe?which=mine"):
            house.visitor(who).get(path)
    assert house.tokens() == []


def test_choices_of_the_form_are_kept(house):
    visitor = house.visitor(MEMBER)
    make(visitor, "/subscribe?which=mine", label="Klockan", alarm="30", language="en", cancelled=None)
    [row] = house.tokens()
    assert (row.scope, row.scope_id) == ("person", house.users[MEMBER].person_id)
    assert (row.label, row.alarm, row.language, row.tentative, row.cancelled) == ("Klockan", 30, "en", False, False)


def test_proposals_are_shown_to_the_secretary_who_asked(house, paths):
    visitor = house.visitor(SECRETARY)
    url = field_value(make(visitor, paths[1], tentative="y"), "made")
    titles = summaries(visitor.get(url.removeprefix(BASE)).get_data())
    assert titles == ["Slutna rummet: Först", "Slutna rummet: Förslag"]


@pytest.mark.parametrize(
    ("path", "changes", "field", "words"),
    [
        ("own", {"label": "  "}, "label", "Ge länken ett namn, till exempel Telefon"),
        ("own", {"label": "x" * 201}, "label", "Högst 200 tecken"),
        ("own", {"language": "fi"}, "language", "Välj ett av alternativen"),
        ("/subscribe?which=mine", {"alarm": "17"}, "alarm", "Välj ett av alternativen"),
    ],
)
def test_refused_form_says_so_at_the_field_and_stores_nothing(house, paths, path, changes, field, words):
    visitor = house.visitor(MEMBER)
    form = visit(visitor, paths[1] if path == "own" else path).form("label")
    answer = visitor.post(form.action, form.values | changes)
    page = read(answer)
    assert answer.status_code == 422
    assert page.errors == {field: words}
    assert page.form("label").values["label"] == str((form.values | changes)["label"])
    assert house.tokens() == []


def test_fields_that_are_not_offered_change_nothing(house, paths):
    visitor = house.visitor(MEMBER)
    make(visitor, paths[1], tentative="y", alarm="30", user_id="1", scope="person", scope_id="1", token="x" * 43)
    [row] = house.tokens()
    assert (row.tentative, row.alarm, row.user_id) == (False, None, house.users[MEMBER].id)
    assert (row.scope, row.scope_id) == ("forum", house.closed.id)


@pytest.mark.parametrize(
    ("who", "which", "status"),
    [
        (None, "own", 404),
        (OTHER, "own", 404),
        (OTHER, "open", 404),
        (SECRETARY, "mine", 404),
        (MEMBER, "public", 404),
        (MEMBER, "nowhere", 404),
        (MEMBER, "", 404),
        (MEMBER, "own", 303),
    ],
)
def test_link_is_made_only_of_what_one_may_read(house, who, which, status):
    key = {"own": house.closed.slug, "open": house.public.slug}.get(which, which)
    answer = house.visitor(who).post("/subscribe", {"which": key, "label": "Telefon", "language": "sv"})
    assert (answer.status_code, len(house.tokens())) == (status, int(status == 303))


def test_forms_without_their_token_change_nothing(house):
    visitor = house.visitor(MEMBER)
    own = own_link(house, MEMBER)
    posts = ("/subscribe", f"/subscribe/{own}/renew", f"/subscribe/{own}/revoke")
    values = {"which": house.closed.slug, "label": "Telefon", "language": "sv"}
    assert [visitor.post(path, values, token=False).status_code for path in posts] == [400] * 3
    assert [(row.id, row.revoked_at) for row in house.tokens()] == [(own, None)]


# ---------------------------------------------------------------- one's own links


def own_link(house: House, who: str, label: str = "Telefon") -> int:
    with house.app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        begin_write(session)
        county = County(session, Actor("Sara Niemi"), NOW)
        user = session.get_one(User, house.users[who].id)
        made = link(county, user, Scope.PERSON, user.person_id, label=label)
        session.commit()
        return made.token.id


def rows_of(page: Page) -> str:
    return page.text.partition("Mina länkar")[2]


def test_list_shows_when_and_by_what_each_link_was_fetched(house, paths):
    visitor = house.visitor(MEMBER)
    url = field_value(make(visitor, paths[1], label="Jobbet"), "made")
    chosen = "På svenska, inställda visas"
    assert f"Jobbet Slutna rummet {chosen} 22 november 2026 Aldrig" in rows_of(visit(visitor, paths[1]))
    visitor.get(url.removeprefix(BASE), headers={"User-Agent": "Google-Calendar-Importer"}, buffered=True)
    assert f"Jobbet Slutna rummet {chosen} 22 november 2026 22 november 2026, Google Kalender" in rows_of(
        visit(visitor, "/subscribe")
    )


def test_list_holds_ones_own_links_alone(house):
    own_link(house, OTHER, label="Främmande")
    assert "Mina länkar" not in visit(house.visitor(MEMBER), "/subscribe").text
    assert "Främmande" in rows_of(visit(house.visitor(OTHER), "/subscribe"))


def test_renewed_link_is_shown_once_and_the_old_one_is_dead(house_on_both):
    path = f"/forums/{house_on_both.closed.slug}/subscribe"
    visitor = house_on_both.visitor(MEMBER)
    old = field_value(make(visitor, path, label="Jobbet"), "made").removeprefix(BASE)
    [row] = house_on_both.tokens()
    answer = visitor.post(f"/subscribe/{row.id}/renew")
    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    shown = visitor.get(path).get_data(as_text=True)
    new = field_value(shown, "made").removeprefix(BASE)
    assert "Länken Jobbet har en ny adress. Den gamla gäller inte längre." in shown
    assert [visitor.get(each).status_code for each in (old, new)] == [404, 200]
    assert field_value(visitor.get(path).get_data(as_text=True), "made") == ""


def test_revoked_link_is_dead_and_gone_from_the_list(house):
    visitor = house.visitor(MEMBER)
    url = field_value(make(visitor, "/subscribe?which=mine", label="Klockan"), "made").removeprefix(BASE)
    [row] = house.tokens()
    answer = visitor.post(f"/subscribe/{row.id}/revoke")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/subscribe?which=mine")
    page = visit(visitor, "/subscribe?which=mine")
    assert "Länken Klockan är borttagen. Kalendern slutar uppdateras." in page.text
    assert rows_of(page) == ""
    assert visitor.get(url).status_code == 404
    assert house.history() == ["feed.create", "feed.revoke"]


# ---------------------------------------------------------------- other choices at the same address


def change(visitor: Visitor, link_id: int, **changes: object) -> TestResponse:
    """Fills in and sends the form that changes a link; a choice of None is not ticked."""
    form = visit(visitor, f"/subscribe/{link_id}").form("label")
    return visitor.post(form.action, {k: v for k, v in (form.values | changes).items() if v is not None})


def test_link_keeps_its_address_when_its_choices_change(house_on_both, clock):
    visitor = house_on_both.visitor(MEMBER)
    url = field_value(make(visitor, "/subscribe?which=mine", label="Telefon"), "made").removeprefix(BASE)
    [row] = house_on_both.tokens()
    before = visitor.get(url)
    clock.move(hours=1)
    answer = change(visitor, row.id, label="Klockan", alarm="30", language="en", cancelled=None)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/subscribe?which=mine")
    page = visit(visitor, "/subscribe?which=mine")
    assert "Länken Klockan är ändrad. Adressen är densamma." in page.text
    assert "Klockan Mina möten På engelska, inställda visas inte, påminnelse 30 minuter före" in rows_of(page)
    known = {"If-None-Match": before.headers["ETag"], "If-Modified-Since": before.headers["Last-Modified"]}
    for name, value in known.items():
        after = visitor.get(url, headers={name: value})
        assert (after.status_code, after.headers["ETag"] == before.headers["ETag"]) == (200, False)
        assert b"TRIGGER:-PT30M" in after.get_data()
    assert parse_date(after.headers["Last-Modified"]) == NOW + timedelta(hours=1)
    assert house_on_both.history() == ["feed.create", "feed.edit"]
    [changed] = house_on_both.tokens()
    assert (changed.token_hash, changed.revoked_at) == (row.token_hash, None)


def test_change_of_nothing_changes_nothing(house):
    visitor = house.visitor(MEMBER)
    own = own_link(house, MEMBER)
    assert change(visitor, own).status_code == 303
    assert [row.edited_at for row in house.tokens()] == [None]
    assert house.history() == ["feed.create"]


def test_history_says_what_was_changed(house):
    own = own_link(house, MEMBER)
    change(house.visitor(MEMBER), own, label="Klockan", alarm="30")
    with house.app.app_context(), Session(db.engine) as session:
        entry = session.scalars(select(HistoryEntry).where(HistoryEntry.action == "feed.edit")).one()
        assert (entry.before, entry.after) == (
            {"label": "Telefon", "alarm": None},
            {"label": "Klockan", "alarm": 30},
        )


def test_form_shows_how_the_link_is_and_keeps_an_alarm_it_does_not_offer(house):
    with house.app.app_context(), Session(db.engine) as session:
        begin_write(session)
        county = County(session, Actor("Sara Niemi"), NOW)
        user = session.get_one(User, house.users[MEMBER].id)
        made = link(county, user, Scope.PERSON, user.person_id, label="Klockan", alarm=15, language="en")
        session.commit()
        own = made.token.id
    visitor = house.visitor(MEMBER)
    shown = visit(visitor, f"/subscribe/{own}").form("label").values
    assert (shown["label"], shown["alarm"], shown["language"]) == ("Klockan", "15", "en")
    assert "15 minuter före" in visit(visitor, f"/subscribe/{own}").text
    assert change(visitor, own, label="Uret").status_code == 303
    [row] = house.tokens()
    assert (row.label, row.alarm) == ("Uret", 15)


def test_what_is_not_offered_stays_as_it_is(house, paths):
    visitor = house.visitor(SECRETARY)
    make(visitor, paths[1], tentative="y")
    [row] = house.tokens()
    with house.app.app_context(), Session(db.engine) as session:
        begin_write(session)
        session.get_one(User, house.users[SECRETARY].id).roles = []
        session.commit()
    answer = visitor.post(f"/subscribe/{row.id}", {
        "label": "Ny", "language": "sv", "alarm": "30", "scope": "person", "scope_id": "1", "user_id": "1",
        "seen": visit(visitor, f"/subscribe/{row.id}").form("label").values["seen"],
    })  # fmt: skip
    assert answer.status_code == 303
    [after] = house.tokens()
    assert (after.label, after.tentative, after.alarm, after.cancelled) == ("Ny", True, None, False)
    assert (after.scope, after.scope_id, after.user_id) == (row.scope, row.scope_id, row.user_id)


def test_chosen_forums_are_changed_and_one_out_of_sight_stays(house):
    visitor = house.visitor(MEMBER)
    make(visitor, "/subscribe?which=selection", label="Valda", selection=str(house.closed.id))
    [row] = house.tokens()
    with house.app.app_context(), Session(db.engine) as session:
        begin_write(session)
        hidden = County(session, Actor("Sara Niemi"), NOW).forum("Utom synhåll", slug="hidden").id
        session.get_one(FeedToken, row.id).selection = [house.closed.id, hidden]
        session.commit()
    page = visitor.get(f"/subscribe/{row.id}").get_data(as_text=True)
    assert "Utom synhåll" not in page
    assert change(visitor, row.id, selection=str(house.public.id)).status_code == 303
    [after] = house.tokens()
    assert after.selection == sorted([house.public.id, hidden])
    assert "Valda 2 valda forum" in rows_of(visit(visitor, "/subscribe"))


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"label": "  "}, "label", "Ge länken ett namn, till exempel Telefon"),
        ({"language": "fi"}, "language", "Välj ett av alternativen"),
        ({"alarm": "17"}, "alarm", "Välj ett av alternativen"),
    ],
)
def test_refused_change_says_so_at_the_field_and_changes_nothing(house, changes, field, words):
    own = own_link(house, MEMBER)
    answer = change(house.visitor(MEMBER), own, **changes)
    assert answer.status_code == 422
    assert read(answer).errors == {field: words}
    assert house.history() == ["feed.create"]


def test_change_over_one_made_meanwhile_is_shown_first(house):
    visitor = house.visitor(MEMBER)
    own = own_link(house, MEMBER)
    form = visit(visitor, f"/subscribe/{own}").form("label")
    change(visitor, own, label="Klockan")
    answer = visitor.post(form.action, form.values | {"label": "Surfplattan"})
    assert answer.status_code == 409
    assert "sparat är ”Klockan”, du skrev ”Surfplattan”" in answer.get_data(as_text=True)
    assert visitor.post(form.action, read(answer).form("label").values).status_code == 303
    assert [row.label for row in house.tokens()] == ["Surfplattan"]


@pytest.mark.parametrize("who", [None, OTHER, SECRETARY])
def test_link_of_another_is_not_changed(house, who):
    own = own_link(house, MEMBER)
    visitor = house.visitor(who)
    assert [visitor.get(f"/subscribe/{number}").status_code for number in (own, 999_999)] == [404, 404]
    values = {"label": "Min nu", "language": "sv"}
    assert [visitor.post(f"/subscribe/{number}", values).status_code for number in (own, 999_999)] == [404, 404]
    assert [row.label for row in house.tokens()] == ["Telefon"]


def test_page_of_a_link_holds_no_secret(house):
    visitor = house.visitor(MEMBER)
    url = field_value(make(visitor, "/subscribe?which=mine"), "made")
    [row] = house.tokens()
    text = visitor.get(f"/subscribe/{row.id}").get_data(as_text=True)
    assert "/feeds/" not in text
    assert url.rpartition("/")[2][:20] not in text


# ---------------------------------------------------------------- an end


@pytest.mark.parametrize("step", ["renew", "revoke"])
@pytest.mark.parametrize("who", [None, OTHER, SECRETARY])
def test_link_of_another_is_that_of_nobody(house, who, step):
    own = own_link(house, MEMBER)
    statuses = [house.visitor(who).post(f"/subscribe/{number}/{step}").status_code for number in (own, 999_999)]
    assert statuses == [404, 404]
    assert [row.revoked_at for row in house.tokens()] == [None]


def test_ended_link_is_neither_renewed_nor_revoked(house):
    visitor = house.visitor(MEMBER)
    own = own_link(house, MEMBER)
    statuses = [visitor.post(f"/subscribe/{own}/{step}").status_code for step in ("revoke", "revoke", "renew")]
    assert statuses == [303, 404, 404]
    assert len(house.tokens()) == 1


def test_page_costs_the_same_for_one_link_and_for_many(house):
    visitor = house.visitor(MEMBER)
    costs = []
    for number in (1, 3):
        while len(house.tokens()) < number:
            own_link(house, MEMBER)
        visitor.get("/subscribe")
        with house.app.app_context(), count_queries(db.engine) as sent:
            visitor.get("/subscribe")
        costs.append(len(sent))
    assert costs[0] == costs[1]


# ---------------------------------------------------------------- H12: what the page says


def test_h12_page_says_how_in_each_program_how_long_it_takes_and_what_opening_does(house):
    text = " ".join(house.visitor().get("/subscribe").get_data(as_text=True).split())
    for words in (
        "Om du bara öppnar den i webbläsaren hämtas en kopia som inte uppdateras.",
        "Ändringar syns efter 3–24 timmar.",
        "Ändringar syns efter 4–24 timmar, också i telefonen.",
        "Ändringar syns efter 5 minuter till en vecka.",
        "Ändringar syns inom 30 minuter, när Thunderbird är öppet.",
        "Ändringar syns så ofta som du ställer in i ICSx5.",
        "<summary>Nextcloud</summary>",
        "<summary>Home Assistant</summary>",
        "För äldre möten: lägg till detta sist i länken.",
        '<code class="nw">?from=2021-01-01</code>',
        "Välj plustecknet vid <b>Andra kalendrar</b> och sedan <b>Från webbadress</b>.",
    ):
        assert words in text
    assert set(re.findall('webcal://[^"<]+', text)) == {"webcal://127.0.0.1:8000/calendar.ics"}


def test_page_of_a_public_forum_leads_to_its_open_data(house, paths):
    assert f"/forums/{house.public.slug}/meetings.json" in visit(house.visitor(), paths[0]).links
    assert not any("meetings.json" in link for link in visit(house.visitor(MEMBER), paths[1]).links)


def test_archive_of_an_english_calendar_is_asked_for_behind_its_language(house):
    text = house.visitor().get("/subscribe?language=en").get_data(as_text=True)
    assert '<code class="nw">&amp;from=2021-01-01</code>' in text


def test_h12_each_link_is_offered_as_webcal_as_https_and_as_a_code(house, paths):
    """The two are one address, which the code holds too; the public one is there for whoever comes by."""
    member = house.visitor(MEMBER)
    for text in (house.visitor().get("/subscribe").get_data(as_text=True), make(member, paths[1])):
        webcal = next(link for link in re.findall(r'href="(webcal://[^"]+)"', text))
        https = webcal.replace("webcal://127.0.0.1:8000", BASE)
        assert f'value="{https}"' in text
        assert f'<div class="qr">{qr_svg(webcal)}</div>' in text
        assert "BEGIN:VCALENDAR" in house.visitor().get(https.removeprefix(BASE)).get_data(as_text=True)


def test_h12_without_a_link_apples_steps_are_written_out(house):
    text = house.visitor(MEMBER).get("/subscribe?which=mine").get_data(as_text=True)
    assert "webcal://" not in text
    assert "Lägg till kalenderprenumeration" in text


@pytest.mark.parametrize(
    ("who", "path", "title"),
    [
        (None, "open", "Öppna rådet: Sedan"),
        (None, "/subscribe", "Öppna rådet: Sedan"),
        (MEMBER, "own", "Slutna rummet: Först"),
        (MEMBER, "/subscribe?which=mine", "Slutna rummet: Först"),
        (MEMBER, "/subscribe?which=public", "Öppna rådet: Sedan"),
    ],
)
def test_next_meeting_is_there_as_a_file(house, paths, who, path, title):
    path = {"open": paths[0], "own": paths[1]}.get(path, path)
    visitor = house.visitor(who)
    page = visit(visitor, path)
    assert "Filen uppdateras inte." in page.text
    [file] = [each for each in page.links if each.endswith("/meeting.ics")]
    assert summaries(visitor.get(file).get_data()) == [title]


def test_no_meeting_to_come_and_no_file(house, clock):
    clock.move(days=400)
    assert "Filen uppdateras inte." not in visit(house.visitor(), "/subscribe").text


def test_links_use_the_configured_address_and_not_the_requests(make_app, database_url):
    app = make_app(database_url, base_url="https://takt.example.se", trusted_hosts=("localhost", "takt.example.se"))
    text = Visitor(app).get("/subscribe").get_data(as_text=True)
    assert field_value(text, "public") == "https://takt.example.se/calendar.ics"
    assert 'href="webcal://takt.example.se/calendar.ics"' in text
