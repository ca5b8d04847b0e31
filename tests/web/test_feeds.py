"""Calendars over HTTP, rule by rule (spec calendar H01–H11, SEC-4, SEC-5)."""

from __future__ import annotations

import gzip
import logging
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from time import sleep
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import create_engine, delete, make_url, select, text, update
from sqlalchemy.orm import Session
from werkzeug.http import http_date, parse_date
from werkzeug.test import TestResponse

from scheduler.accounts.models import User, UserRole
from scheduler.accounts.rules import digest
from scheduler.app import create_app
from scheduler.db import begin_write, db
from scheduler.feeds import queries
from scheduler.feeds.actions import Made, renew_token, revoke_token
from scheduler.feeds.models import FeedToken
from scheduler.feeds.rules import Scope
from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.history.rules import Actor
from scheduler.ical.lint import lint_calendar
from scheduler.jobs import PERIODIC, Worker
from scheduler.meetings.actions import cancel_meeting, move_meeting, refresh
from scheduler.meetings.models import Meeting, MeetingScope
from scheduler.meetings.queries import meetings_showing
from scheduler.settings import Settings
from scheduler.web.feeds import KEPT_BYTES, MAX_AGE, WRONG_SECRETS, Body, Shelf
from tests.conftest import NOW
from tests.feeds.subscribers import link, summaries, user_of
from tests.ical_clients import (
    read_with_icalendar,
    read_with_icaljs,
    read_with_recurring,
    read_with_vdirsyncer,
    read_with_x_wr_timezone,
)
from tests.meetings.county import DAY, SITE, County
from tests.queries import count_queries
from tests.web.visits import Visitor
from tests.web.world import sign_in

SECOND, WEEK = timedelta(seconds=1), timedelta(weeks=1)
COOKIE = "the session of Elin Marklund"


@dataclass
class House:
    """The application over a public and a closed forum; Elin sits in both and has a link to each and to her own."""

    app: Flask
    public: Forum
    closed: Forum
    meeting: Meeting
    secret_meeting: Meeting
    user: User
    links: dict[str, Made]

    def get(self, path: str, **headers: str) -> TestResponse:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.app.test_client().get(path, headers=names, buffered=True)

    def path(self, which: str) -> str:
        return f"/feeds/{self.links[which].secret}.ics"

    @contextmanager
    def writing(self, now: datetime = NOW) -> Iterator[County]:
        with self.app.app_context(), Session(db.engine, expire_on_commit=False) as session:
            begin_write(session)
            yield County(session, Actor("Sara Niemi"), now)
            session.commit()

    def addresses(self) -> list[str]:
        """Every kind of feed."""
        return [each if each.startswith("/") else self.path(each) for each in FEEDS]

    def token(self, which: str) -> FeedToken:
        with self.app.app_context(), Session(db.engine) as session:
            return session.get_one(FeedToken, self.links[which].token.id)

    @contextmanager
    def counted(self) -> Iterator[list[str]]:
        with self.app.app_context(), count_queries(db.engine) as sent:
            yield sent


FEEDS = ["/calendar.ics", "/forums/forum-2/calendar.ics", "public", "forum", "person"]


def build(app: Flask) -> House:
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        begin_write(session)
        county = County(session, Actor("Sara Niemi"), NOW)
        person = county.person("Elin Marklund")
        public, closed = county.forum("Öppna rådet", public="full"), county.forum("Slutna rummet")
        for forum in (public, closed):
            county.seat(forum, person)
        user = user_of(county, person)
        sign_in(session, user, NOW, COOKIE)
        built = House(
            app=app,
            public=public,
            closed=closed,
            meeting=county.meeting(public, DAY, time(10), title="Vägar"),
            secret_meeting=county.meeting(closed, DAY + WEEK, time(13), title="Hemligt"),
            user=user,
            links={
                "public": link(county, user, Scope.PUBLIC),
                "forum": link(county, user, Scope.FORUM, closed.id),
                "person": link(county, user, Scope.PERSON, person.id),
            },
        )
        session.commit()
    return built


@pytest.fixture
def house(make_app, database_url) -> House:
    """One to change."""
    return build(make_app(database_url))


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def standing(request, tmp_path_factory) -> Iterator[House]:
    """One for all tests that only read, on both databases."""
    folder = tmp_path_factory.mktemp("standing")
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "takt.sqlite3")
        url = f"sqlite:///{folder / 'takt.sqlite3'}"
    else:
        own = make_url(request.getfixturevalue("postgres_url"))
        template = request.getfixturevalue("postgres_template")
        server = create_engine(own, isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{own.database}_standing" TEMPLATE "{template}"'))
        server.dispose()
        url = own.set(database=f"{own.database}_standing").render_as_string(hide_password=False)
    settings = Settings(
        instance=folder, database_url=url, secret_key="a secret of the tests, long enough", worker="none"
    )
    app = create_app(settings, clock=lambda: NOW + timedelta(hours=1))
    app.testing = True
    yield build(app)
    with app.app_context():
        db.engine.dispose()
    if request.param == "postgres":
        server = create_engine(own, isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{own.database}_standing" WITH (FORCE)'))
        server.dispose()


# ---------------------------------------------------------------- H01, H02


def test_h01_every_feed_is_a_calendar_that_programs_read(standing):
    for address in standing.addresses():
        answer = standing.get(address)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
        body = answer.get_data()
        assert lint_calendar(body, since=date(2025, 11, 1)) == []
        events = read_with_icalendar(body)
        assert events == read_with_icaljs(body) == read_with_x_wr_timezone(body)
        assert sorted(e["uid"] for e in read_with_recurring(body, DAY, DAY + 2 * WEEK)) == sorted(
            e["uid"] for e in events
        )


def test_h01_feeds_hold_what_each_is_for(standing):
    shown = {each: summaries(standing.get(each if "/" in each else standing.path(each)).get_data()) for each in FEEDS}
    public, secret = "Öppna rådet: Vägar", "Slutna rummet: Hemligt"
    assert shown == {
        "/calendar.ics": [public],
        "/forums/forum-2/calendar.ics": [public],
        "public": [public],
        "forum": [secret],
        "person": [public, secret],
    }


def test_h02_same_bytes_and_headers_until_something_changes(house, clock):
    kept = ("ETag", "Last-Modified", "Cache-Control", "Content-Type", "Content-Length", "Vary")
    clock.move(minutes=1)
    first = [house.get(address) for address in house.addresses()]
    clock.move(hours=30)
    second = [house.get(address) for address in house.addresses()]
    for before, after in zip(first, second, strict=True):
        assert after.get_data() == before.get_data()
        assert [after.headers[name] for name in kept] == [before.headers[name] for name in kept]


def test_f11_f16_two_zones_in_summer_and_winter_are_read_as_they_were_booked(house):
    booked = {}
    with house.writing() as county:
        forum = county.session.get_one(Forum, house.closed.id)
        for zone, on, start in (
            ("Europe/Stockholm", date(2027, 1, 20), time(9)),
            ("Europe/Stockholm", date(2027, 7, 20), time(9)),
            ("Europe/Helsinki", date(2027, 1, 20), time(13, 30)),
            ("Europe/Helsinki", date(2027, 7, 20), time(13, 30)),
            ("Europe/Helsinki", date(2027, 3, 28), time(4)),  # when the clocks have just been put forward
            ("Europe/Stockholm", date(2027, 10, 31), time(1, 30)),  # over the hour that comes twice
        ):
            meeting = county.meeting(forum, on, start, time(start.hour + 3), time_zone=zone)
            ends = [datetime.combine(on, at, ZoneInfo(zone)).astimezone(UTC) for at in (start, time(start.hour + 3))]
            booked[meeting.uid] = tuple(ends)
    body = house.get(house.path("forum")).get_data()
    assert lint_calendar(body) == []
    assert body.count(b"BEGIN:VTIMEZONE") == 2
    assert b"DTSTART;TZID=Europe/Helsinki:20270720T133000\r\n" in body
    for read in (read_with_icaljs, read_with_icalendar, read_with_vdirsyncer):
        times = {each["uid"]: (each["start"], each["end"]) for each in read(body)}
        assert {uid: at for uid, at in times.items() if uid != house.secret_meeting.uid} == booked


# ---------------------------------------------------------------- H03


def quoted(answer: TestResponse) -> str:
    return answer.headers["ETag"]


def test_h03_etag_is_strong_and_last_modified_is_that_of_the_change(standing):
    for address in standing.addresses():
        answer = standing.get(address)
        assert quoted(answer).startswith('"')
        changes = 2 if address == standing.path("person") else 1
        assert parse_date(answer.headers["Last-Modified"]) == NOW + (changes - 1) * SECOND


@pytest.mark.parametrize(
    "form",
    ["{tag}", "W/{tag}", '"other", {tag}', 'W/"other", W/{tag} , "third"', "*"],
)
def test_h03_if_none_match_is_read_as_it_may_be_written(standing, form):
    for address in standing.addresses():
        tag = quoted(standing.get(address))
        answer = standing.get(address, If_None_Match=form.format(tag=tag))
        assert (answer.status_code, answer.get_data(), answer.headers["ETag"]) == (304, b"", tag)
        assert "Content-Type" not in answer.headers
        assert {"Cache-Control", "Vary", "X-Robots-Tag"} <= set(answer.headers.keys())


def test_h03_another_etag_gets_the_calendar(standing):
    for address in standing.addresses():
        assert standing.get(address, If_None_Match='"0123456789abcdef0123456789abcdef"').status_code == 200


@pytest.mark.parametrize(
    ("seconds", "status"),
    # The very date, or one from after any saving of that instant was over, but none to come.
    [(0, 304), (1, 200), (-1, 200), (60, 304), (3590, 304), (3660, 200)],
)
def test_h03_if_modified_since(standing, seconds, status):
    for address in standing.addresses():
        modified_at = parse_date(standing.get(address).headers["Last-Modified"])
        since = http_date(modified_at + timedelta(seconds=seconds))
        assert standing.get(address, If_Modified_Since=since).status_code == status


def test_h03_two_changes_in_one_second_are_told_apart_by_date(house, clock):
    path = house.path("person")
    seen = []
    for start in (time(15), time(16), time(17)):
        with house.writing(clock.at) as county:
            meeting = county.session.get_one(Meeting, house.meeting.id)
            move_meeting(
                county.session, county.actor, county.now, meeting, version=None, site=SITE, start=start,
                check_conflicts=False,
            )  # fmt: skip
        for address in (path, "/calendar.ics", "/forums/forum-2/calendar.ics"):
            answer = house.get(address)
            seen.append((address, answer.headers["Last-Modified"], answer.get_data()))
        clock.move(milliseconds=300)
    clock.move(minutes=5)
    for address, modified, body in seen:
        answer = house.get(address, If_Modified_Since=modified)
        assert answer.status_code == 200 or body == house.get(address).get_data()
    for address in (path, "/calendar.ics"):
        answer = house.get(address)
        assert house.get(address, If_Modified_Since=answer.headers["Last-Modified"]).status_code == 304


def test_h03_last_modified_is_never_to_come(house, clock):
    with house.writing(clock.at) as county:
        county.session.execute(text("UPDATE scope_version SET modified_at = :at"), {"at": "2026-11-22 09:00:02.000000"})
    assert parse_date(house.get("/calendar.ics").headers["Last-Modified"]) == NOW


def test_h03_calendar_that_a_date_cannot_tell_of_is_sent_whole(house):
    """Of two forums the earlier may be saved last; an organisation gets another name; the owner other rights."""
    with house.writing() as county:
        user = county.session.merge(house.user)
        forums = [house.closed.id, house.public.id]
        user.roles.append(UserRole(role="reader"))
        county.session.flush()
        organisation = county.organisation()
        made = [
            link(county, user, Scope.SELECTION, selection=forums),
            link(county, user, Scope.FORUM, house.closed.id, tentative=True),
            link(county, user, Scope.SECRETARIAT, organisation.id),
            link(county, user, Scope.ORGANISATION, organisation.id),
        ]
    for each in made:
        path = f"/feeds/{each.secret}.ics"
        answer = house.get(path)
        assert house.get(path, If_Modified_Since=answer.headers["Last-Modified"]).status_code == 200
        assert house.get(path, If_None_Match=quoted(answer)).status_code == 304


def test_h03_rules_of_time_zones_stand_in_the_etag(standing, monkeypatch):
    tag = quoted(standing.get("/calendar.ics"))
    monkeypatch.setattr("scheduler.feeds.rules.rules_mark", lambda: "2027a")
    answer = standing.get("/calendar.ics", If_None_Match=tag)
    assert (answer.status_code, quoted(answer) == tag) == (200, False)


def test_h03_if_none_match_goes_before_if_modified_since(standing):
    for address in standing.addresses():
        later = "Fri, 01 Jan 2038 00:00:00 GMT"
        assert standing.get(address, If_None_Match='"other"', If_Modified_Since=later).status_code == 200


def test_h03_change_gives_a_new_etag_the_same_uid_and_a_higher_sequence(house, clock):
    first = [house.get(address) for address in house.addresses()]
    clock.move(hours=1)
    with house.writing(clock.at) as county:
        for row in (house.meeting, house.secret_meeting):
            meeting = county.session.merge(row)
            move_meeting(
                county.session, county.actor, county.now, meeting, version=None, site=SITE, start=time(15),
                check_conflicts=False,
            )  # fmt: skip
    for before, address in zip(first, house.addresses(), strict=True):
        after = house.get(address, If_None_Match=quoted(before))
        assert (after.status_code, quoted(after) == quoted(before)) == (200, False)
        assert parse_date(after.headers["Last-Modified"]) == NOW + timedelta(hours=1)
        events = [{e["uid"]: e["sequence"] for e in read_with_icaljs(each.get_data())} for each in (before, after)]
        assert events == [dict.fromkeys(events[0], 0), dict.fromkeys(events[0], 1)]


def test_h03_first_of_a_month_gives_a_new_etag(house, clock):
    clock.at = datetime(2026, 11, 30, 22, 59, tzinfo=UTC)
    tags = [quoted(house.get(address)) for address in house.addresses()]
    clock.move(minutes=1)  # December in Stockholm
    for tag, address in zip(tags, house.addresses(), strict=True):
        answer = house.get(address, If_None_Match=tag)
        assert (answer.status_code, quoted(answer) == tag) == (200, False)
        assert parse_date(answer.headers["Last-Modified"]) == datetime(2026, 11, 30, 23, 0, tzinfo=UTC)


def test_h03_rights_of_the_day_stand_in_the_etag_and_a_304_asks_for_them_once_a_day(house, clock):
    with house.writing() as county:
        county.meeting(county.session.merge(house.closed), DAY + 2 * WEEK, state="proposed", title="Förslag")
        county.session.execute(
            update(Appointment)
            .where(Appointment.seat_id.in_(select(Seat.id).where(Seat.forum_id == house.closed.id)))
            .values(function="chair", to_on=date(2026, 11, 25))
        )
        county.session.flush()
        user = county.session.merge(house.user)
        made = link(county, user, Scope.FORUM, house.closed.id, tentative=True)
        county.seat(county.session.merge(house.closed), user.person)
    path = f"/feeds/{made.secret}.ics"
    as_chair = house.get(path)
    with house.counted() as sent:
        held = house.get(path, If_None_Match=quoted(as_chair), User_Agent="")
    clock.move(days=4)
    as_member = house.get(path, If_None_Match=quoted(as_chair), User_Agent="")
    assert summaries(as_chair.get_data()) == ["Slutna rummet: Hemligt", "Slutna rummet: Förslag"]
    assert (held.status_code, quoted(held)) == (304, quoted(as_chair))
    assert [statement[:6] for statement in sent] == ["SELECT"]
    assert as_member.status_code == 200
    assert summaries(as_member.get_data()) == ["Slutna rummet: Hemligt"]
    assert quoted(as_member).partition(".")[0] != quoted(as_chair).partition(".")[0]


def test_h03_right_that_begins_on_a_day_shows_that_day(house, clock):
    with house.writing() as county:
        other = county.forum("Nya rummet")
        county.meeting(other, DAY + WEEK)
        user = county.session.merge(house.user)
        county.seat(other, user.person, since=NOW.date() + timedelta(days=3))
        made = link(county, user, Scope.SELECTION, selection=[house.closed.id, other.id])
    path = f"/feeds/{made.secret}.ics"
    before = house.get(path)
    clock.move(days=3)
    after = house.get(path, If_None_Match=quoted(before))
    assert "Nya rummet" not in "".join(summaries(before.get_data()))
    assert after.status_code == 200
    assert "Nya rummet" in "".join(summaries(after.get_data()))


def test_f15_cancelled_meeting_is_kept_as_cancelled(house):
    with house.writing() as county:
        meeting = county.session.merge(house.meeting)
        cancel_meeting(
            county.session, county.actor, NOW, meeting, reason="Snö", version=None, site=SITE
        )  # fmt: skip
    events = read_with_icaljs(house.get("/calendar.ics").get_data())
    assert [(e["status"], e["sequence"], e["summary"]) for e in events] == [
        ("CANCELLED", 1, "INSTÄLLT: Öppna rådet: Vägar")
    ]
    assert b"Sn\xc3\xb6" not in house.get("/calendar.ics").get_data()


def test_304_costs_one_query(house, clock):
    for address in house.addresses():
        tag = quoted(house.get(address))
        with house.counted() as sent:
            assert house.get(address, If_None_Match=tag).status_code == 304
        assert len(sent) == 1


def test_200_costs_few_queries_and_fewer_once_the_bytes_are_kept(house):
    for address in house.addresses():
        house.get(address)  # notes the day's fetch before it is counted
        house.app.extensions["takt.feeds"].shelf._bodies.clear()
        with house.counted() as made:
            house.get(address)
        with house.counted() as kept:
            house.get(address)
        assert len(made) <= 15
        assert len(kept) < len(made)


# ---------------------------------------------------------------- H04, H05, H06, H07


def test_h04_public_feeds_may_be_kept_by_all_and_secret_ones_by_the_client(standing):
    for address in standing.addresses():
        whose = "private" if address.startswith("/feeds/") else "public"
        assert standing.get(address).headers["Cache-Control"] == f"{whose}, max-age={MAX_AGE}"


@pytest.mark.parametrize(
    ("accepted", "compressed"),
    [
        (None, False),
        ("", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("br", False),
        ("gzip", True),
        ("br, gzip;q=0.5", True),
    ],
)
def test_h05_compressed_only_when_asked_for(standing, accepted, compressed):
    headers = {} if accepted is None else {"Accept_Encoding": accepted}
    answer = standing.get("/calendar.ics", **headers)
    assert answer.headers.get("Content-Encoding") == ("gzip" if compressed else None)
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert quoted(answer).endswith('-gz"') is compressed


def test_h05_compressed_bytes_are_the_same_each_time_and_hold_the_same_calendar(standing):
    for address in standing.addresses():
        plain = standing.get(address)
        first = standing.get(address, Accept_Encoding="gzip")
        standing.app.extensions["takt.feeds"].shelf._bodies.clear()
        second = standing.get(address, Accept_Encoding="gzip")
        assert gzip.decompress(first.get_data()) == plain.get_data()
        assert first.get_data() == second.get_data()
        assert quoted(first) == quoted(plain)[:-1] + '-gz"'


@pytest.mark.parametrize("held", ["", "gzip"])
@pytest.mark.parametrize("asked", ["", "gzip"])
def test_h05_either_encodings_etag_will_do(standing, held, asked):
    for address in standing.addresses():
        tag = quoted(standing.get(address, Accept_Encoding=held))
        answer = standing.get(address, Accept_Encoding=asked, If_None_Match=tag)
        assert (answer.status_code, quoted(answer)) == (304, tag)


def test_h06_head_is_get_without_the_bytes(standing):
    for address in standing.addresses():
        got = standing.get(address)
        answer = standing.app.test_client().head(address, buffered=True)
        assert (answer.status_code, answer.get_data()) == (200, b"")
        passing = {"X-Request-Id"}
        assert {k: v for k, v in answer.headers if k not in passing} == {
            k: v for k, v in got.headers if k not in passing
        }
        held = standing.app.test_client().head(address, headers={"If-None-Match": quoted(got)}, buffered=True)
        assert held.status_code == 304


@pytest.mark.parametrize("accept", ["text/html", "application/json", "text/calendar", "*/*", "image/png;q=0.1"])
def test_h07_accept_is_not_asked(standing, accept):
    assert standing.get("/calendar.ics", Accept=accept).headers["Content-Type"] == "text/calendar; charset=utf-8"


# ---------------------------------------------------------------- H09, H11


def test_h09_no_cookie_is_asked_for_or_given(standing):
    for address in standing.addresses():
        visitor = Visitor(standing.app, COOKIE)
        visitor.client.set_cookie("takt-form", "anything")
        signed_in, stranger = visitor.get(address), standing.get(address)
        assert [name for name, _ in signed_in.headers if name == "Set-Cookie"] == []
        assert signed_in.headers["Vary"] == "Accept-Encoding"
        assert (signed_in.get_data(), quoted(signed_in)) == (stranger.get_data(), quoted(stranger))
        assert signed_in.headers["Cache-Control"] == stranger.headers["Cache-Control"]


def test_h11_headers_that_keep_the_address_to_itself(standing):
    for address in standing.addresses():
        answer = standing.get(address)
        assert (answer.headers["X-Robots-Tag"], answer.headers["Referrer-Policy"]) == ("noindex", "no-referrer")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_h11_secrets_are_masked_in_logs(standing):
    from scheduler.logs import Formatter  # noqa: PLC0415 - of this test alone

    record = logging.LogRecord("werkzeug", logging.INFO, "", 1, "GET %s 200", (standing.path("person"),), None)
    assert Formatter("text").format(record).endswith("GET /feeds/… 200")


@pytest.mark.parametrize("path", ["/calendar.ics", "/forums/forum-2/calendar.ics"])
def test_invariant_11_no_public_feed_names_a_forum_that_is_not_public(house, path):
    with house.writing() as county:
        forums = [county.session.merge(forum) for forum in (house.closed, house.public)]
        county.meeting(forums[0], DAY + 2 * WEEK, forums=forums, title="Tillsammans")
    body = house.get(path).get_data().replace(b"\r\n ", b"").decode()
    assert "Tillsammans" in body
    assert [word for word in ("Slutna", "Hemligt", "forum-3") if word in body] == []


# ---------------------------------------------------------------- H10, SEC-5


UNKNOWN = ["/feeds/" + "x" * 43 + ".ics", "/feeds/short.ics", "/feeds/" + "å" * 43 + ".ics"]


def shape(answer: TestResponse) -> tuple[Any, ...]:
    passing = {"X-Request-Id", "Date"}
    return answer.status_code, answer.get_data(), sorted((k, v) for k, v in answer.headers if k not in passing)


def test_h10_unknown_and_revoked_secrets_get_the_same_404(house):
    with house.writing() as county:
        for which in ("forum", "person"):
            revoke_token(
                county.session, county.actor, NOW, county.session.get_one(FeedToken, house.links[which].token.id)
            )
    answers = [house.get(path) for path in (*UNKNOWN, house.path("forum"), house.path("person"))]
    assert [answer.status_code for answer in answers] == [404] * 5
    assert all(shape(answer) == shape(answers[0]) for answer in answers)
    assert answers[0].headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answers[0].headers["X-Robots-Tag"] == "noindex"


def test_h10_renewed_link_ends_the_old_one_at_once_even_for_who_holds_the_bytes(house):
    tag = quoted(house.get(house.path("person")))
    with house.writing() as county:
        old = county.session.get_one(FeedToken, house.links["person"].token.id)
        renewed = renew_token(county.session, county.actor, NOW, old)
    assert house.get(house.path("person"), If_None_Match=tag).status_code == 404
    assert house.get(house.path("person")).status_code == 404
    answer = house.get(f"/feeds/{renewed.secret}.ics", If_None_Match=tag)
    assert answer.status_code == 304


def test_h10_disabled_user_loses_every_feed(house):
    with house.writing() as county:
        county.session.get_one(User, house.user.id).active = False
    assert [house.get(house.path(which)).status_code for which in ("public", "forum", "person")] == [404] * 3


def test_sec1_forum_feed_ends_with_the_seat(house):
    assert house.get(house.path("forum")).status_code == 200
    with house.writing() as county:
        county.session.execute(text("UPDATE appointment SET to_on = '2026-11-01'"))
        refresh(
            county.session,
            meetings_showing(county.session, seats_of_forums=[house.closed.id]),
            NOW,
            site=SITE,
            seats=True,
        )
    answer = house.get(house.path("forum"))
    assert shape(answer) == shape(house.get(UNKNOWN[0]))


@pytest.mark.parametrize("slug", ["forum-3", "nowhere"])
def test_public_address_of_a_closed_forum_is_that_of_none(standing, slug):
    answer = standing.get(f"/forums/{slug}/calendar.ics")
    assert shape(answer) == shape(standing.get("/forums/never-was/calendar.ics"))
    assert answer.status_code == 404


def test_worker_mends_once_a_day_what_an_entry_forgot(house, clock):
    address = house.path("person")
    whole = house.get(address)
    with house.writing() as county:
        county.session.execute(delete(MeetingScope))
        before = county.versions()
    clock.move(days=1)
    [job] = [job for job in PERIODIC if job.name == "calendars.mend"]
    with house.app.app_context():
        worker = Worker(db.engine, house.app.extensions["takt"].settings, clock, [job])
        worker.run_due()
        worker.run_due()
    mended = house.get(address, **{"If-None-Match": whole.headers["ETag"]})
    assert (mended.status_code, mended.get_data()) == (200, whole.get_data())
    scope = ("person", house.token("person").scope_id)
    with house.writing() as county:
        assert county.versions()[scope] == before[scope] + 1


@pytest.mark.parametrize("path", ["/forums/a%00/calendar.ics", "/forums/%00", "/feeds/%00.ics"])
def test_name_that_no_database_can_be_asked_for_is_not_found(standing, path):
    assert standing.get(path).status_code == 404


def test_sec5_wrong_secrets_are_limited_and_right_ones_are_not(house, clock):
    statuses = [house.get(UNKNOWN[0]).status_code for _ in range(WRONG_SECRETS + 1)]
    assert statuses == [404] * WRONG_SECRETS + [429]
    refused = house.get(UNKNOWN[1])
    assert (refused.status_code, int(refused.headers["Retry-After"])) == (429, 600)
    assert house.get(house.path("person")).status_code == 200
    clock.move(minutes=10)
    assert house.get(UNKNOWN[0]).status_code == 404


def test_h08_calendars_end_in_ics_and_the_secret_stands_in_the_path(standing):
    rules = [rule for rule in standing.app.url_map.iter_rules() if rule.endpoint.startswith("feeds.")]
    calendars = {rule.rule for rule in rules if rule.endpoint != "feeds.open_meetings"}
    assert {"/calendar.ics", "/feeds/<token>.ics"} < calendars
    assert [rule for rule in calendars if not rule.endswith(".ics")] == []
    secret = standing.links["person"].secret
    for address in (f"/feeds/{'x' * 43}.ics?token={secret}", f"/feeds/.ics?token={secret}", f"/feeds/{secret}"):
        assert standing.get(address).status_code == 404
    assert standing.get(f"/feeds/{secret}.ics?token={'x' * 43}").status_code == 200


# ---------------------------------------------------------------- F05: trouble


def test_f05_database_in_trouble_is_503_and_never_half_a_calendar(house):
    with house.app.app_context(), db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE fragment RENAME TO gone"))
    for address in house.addresses():
        answer = house.get(address)
        assert (answer.status_code, int(answer.headers["Retry-After"])) == (503, 60)
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-store"
        assert b"BEGIN" not in answer.get_data()


def test_f05_zone_that_cannot_be_written_is_503(house):
    with house.app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE fragment SET zones = 'Mars/Olympus'"))
    assert house.get("/calendar.ics").status_code == 503


# ---------------------------------------------------------------- what the address may ask


def test_f22_archive_is_asked_for_in_the_address(house):
    with house.writing() as county:
        county.meeting(county.session.merge(house.public), date(2020, 3, 5), state="held", title="Förr")
    assert summaries(house.get("/calendar.ics").get_data()) == ["Öppna rådet: Vägar"]
    archive = house.get("/calendar.ics?from=2020-01-01")
    assert summaries(archive.get_data()) == ["Öppna rådet: Förr", "Öppna rådet: Vägar"]
    assert quoted(archive) != quoted(house.get("/calendar.ics"))
    assert house.get("/calendar.ics?from=2020-01-01", If_None_Match=quoted(archive)).status_code == 304


def test_f22_archives_are_not_kept(standing):
    bodies = standing.app.extensions["takt.feeds"].shelf._bodies
    bodies.clear()
    for year in range(2010, 2020):
        standing.get(f"/calendar.ics?from={year}-01-01")
    assert len(bodies) == 0


@pytest.mark.parametrize(
    "query", ["from=2020-13-01", "from=", "from=yesterday", "alarm=-5", "alarm=1e3", "alarm=99999", "alarm=²"]
)
def test_what_cannot_be_read_in_the_address_is_refused(standing, query):
    answer = standing.get(f"{standing.path('person')}?{query}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")


def test_f18_alarm_is_asked_for_in_the_address_of_a_persons_feed(standing):
    plain, asked = standing.get(standing.path("person")), standing.get(standing.path("person") + "?alarm=60")
    assert [e["alarms"] for e in read_with_icaljs(asked.get_data())] == [[-60.0], [-60.0]]
    assert lint_calendar(asked.get_data(), alarms=True) == []
    assert quoted(plain) != quoted(asked)
    assert b"VALARM" not in plain.get_data()
    assert b"VALARM" not in standing.get(standing.path("forum") + "?alarm=60").get_data()
    assert b"VALARM" not in standing.get("/calendar.ics?alarm=60").get_data()


def test_public_feed_in_english(house):
    with house.writing() as county:
        meeting = county.session.merge(house.meeting)
        cancel_meeting(county.session, county.actor, NOW, meeting, reason="Snö", version=None, site=SITE)
    body = house.get("/calendar.ics?language=en").get_data()
    assert summaries(body) == ["CANCELLED: Öppna rådet: Vägar"]
    assert b"\r\nX-WR-CALNAME:Public meetings\\, Takt\r\n" in body


def test_calendar_says_the_name_of_the_installation(make_app, sqlite_url):
    app = make_app(sqlite_url, organisation="Länsstyrelsen Norrbotten")
    body = app.test_client().get("/calendar.ics").get_data()
    assert "\r\nNAME:Offentliga möten\\, Länsstyrelsen Norrbotten\r\n".encode() in body
    assert (lint_calendar(body), summaries(body)) == ([], [])


# ---------------------------------------------------------------- the note of a fetch


def test_fetch_is_noted_once_a_day_with_the_family_of_the_client(house, clock):
    noted = []
    for client, hours in (("Google-Calendar-Importer", 0), ("Thunderbird/128", 1), ("Thunderbird/128", 24)):
        clock.move(hours=hours)
        house.get(house.path("person"), User_Agent=client)
        row = house.token("person")
        noted.append((row.fetched_on, row.client))
    assert noted == [
        (date(2026, 11, 22), "google"),
        (date(2026, 11, 22), "google"),
        (date(2026, 11, 23), "thunderbird"),
    ]


def test_fetch_by_304_and_head_are_noted_too(house):
    tag = quoted(house.get(house.path("person")))
    with house.writing() as county:
        county.session.execute(text("UPDATE feed_token SET fetched_on = NULL"))
    house.get(house.path("person"), If_None_Match=tag)
    assert house.token("person").fetched_on == date(2026, 11, 22)


def test_fetch_fails_for_nobody_when_it_cannot_be_noted(house, monkeypatch):
    monkeypatch.setattr("scheduler.db.BUSY_SECONDS", 0)
    if house.app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite"):
        with house.app.app_context(), db.engine.begin() as connection:
            connection.execute(
                text("CREATE TRIGGER no_note BEFORE UPDATE ON feed_token BEGIN SELECT RAISE(ABORT, 'locked'); END")
            )
    else:
        with house.app.app_context(), db.engine.begin() as connection:
            connection.execute(text("CREATE RULE no_note AS ON UPDATE TO feed_token DO INSTEAD SELECT 1/0"))
    assert house.get(house.path("person")).status_code == 200
    assert house.token("person").fetched_on is None


# ---------------------------------------------------------------- one meeting as a file


def test_meeting_file_for_a_visitor_and_for_who_is_invited(standing):
    path = f"/meetings/{standing.meeting.id}/meeting.ics"
    outside, inside = standing.get(path), Visitor(standing.app, COOKIE).get(path)
    for answer in (outside, inside):
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="forum-2-{DAY}.ics"'
        assert lint_calendar(answer.get_data()) == []
        assert [e["uid"] for e in read_with_icaljs(answer.get_data())] == [standing.meeting.uid]
        assert answer.headers["X-Robots-Tag"] == "noindex"
    assert inside.headers["Cache-Control"] == "private, no-store"


def test_meeting_file_has_the_video_link_for_those_invited_alone(house):
    with house.writing() as county:
        meeting = county.meeting(
            county.session.merge(house.public),
            DAY + 3 * WEEK,
            mode="remote",
            video_url="https://video.example.org/rum/4",
        )
    path = f"/meetings/{meeting.id}/meeting.ics"
    answers = [house.get(path), Visitor(house.app, COOKIE).get(path)]
    assert [read_with_icaljs(a.get_data())[0]["conference"] for a in answers] == [
        None,
        "https://video.example.org/rum/4",
    ]


def test_meeting_file_of_a_joint_meeting_names_a_public_forum_to_visitors(house):
    with house.writing() as county:
        forums = [county.session.merge(forum) for forum in (house.closed, house.public)]
        meeting = county.meeting(forums[0], DAY + 2 * WEEK, forums=forums)
    answer = house.get(f"/meetings/{meeting.id}/meeting.ics")
    assert "Öppna rådet".encode() in answer.get_data()
    assert b"Slutna" not in answer.get_data()
    assert answer.headers["Content-Disposition"] == f'attachment; filename="forum-2-{DAY + 2 * WEEK}.ics"'


def test_meeting_file_of_a_closed_forum_is_that_of_none(standing):
    paths = [f"/meetings/{number}/meeting.ics" for number in (standing.secret_meeting.id, 999_999)]
    answers = [standing.get(path) for path in paths]
    assert answers[0].status_code == 404
    assert shape(answers[0]) == shape(answers[1])
    assert Visitor(standing.app, COOKIE).get(paths[0]).status_code == 200


def test_meeting_file_in_the_language_of_the_reader(house):
    with house.writing() as county:
        meeting = county.session.merge(house.meeting)
        cancel_meeting(county.session, county.actor, NOW, meeting, reason="Snö", version=None, site=SITE)
    path = f"/meetings/{house.meeting.id}/meeting.ics"
    shown = [summaries(house.get(path + query).get_data()) for query in ("", "?language=en")]
    assert shown == [["INSTÄLLT: Öppna rådet: Vägar"], ["CANCELLED: Öppna rådet: Vägar"]]


def test_meeting_file_is_asked_for_again_by_its_etag(standing):
    path = f"/meetings/{standing.meeting.id}/meeting.ics"
    tag = quoted(standing.get(path))
    assert standing.get(path, If_None_Match=tag).status_code == 304


# ---------------------------------------------------------------- what a process keeps


def test_calendar_that_many_ask_for_at_once_is_built_once(house, monkeypatch):
    built = []
    body_of = queries.body_of

    def slowly(*given):
        built.append(given)
        sleep(0.2)
        return body_of(*given)

    monkeypatch.setattr(queries, "body_of", slowly)
    address = house.path("person")
    with ThreadPoolExecutor(4) as askers:
        answers = list(askers.map(lambda _n: house.get(address), range(4)))
    assert {(answer.status_code, answer.get_data()) for answer in answers} == {(200, answers[0].get_data())}
    assert len(built) == 1


def test_calendar_whose_turn_does_not_come_is_built_all_the_same(house, monkeypatch):
    monkeypatch.setattr("scheduler.web.feeds.READ_SECONDS", 0.05)
    with house.app.extensions["takt.feeds"].turns.one():
        assert house.get(house.path("person")).status_code == 200
    assert house.get(house.path("forum")).status_code == 200


def test_shelf_lets_go_of_what_was_asked_for_longest_ago():
    shelf = Shelf(10)
    for tag in ("a", "b"):
        shelf.put(tag, Body(b"12345"))
    shelf.get("a")
    shelf.put("c", Body(b"12345"))
    shelf.put("large", Body(b"12345678901"))
    assert [tag for tag in ("a", "b", "c", "large") if shelf.get(tag) is not None] == ["a", "c"]


def test_secrets_are_stored_as_hashes_and_a_process_keeps_enough(standing):
    assert standing.token("person").token_hash == digest(standing.links["person"].secret)
    assert KEPT_BYTES >= 100 * 206_000
