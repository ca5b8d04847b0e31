"""The gate: CSRF, origin, hosts, cookies, headers, local paths, languages (SEC-4, 8, 11, 12, 13, 15, 19)."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import quote, urlsplit

import pytest
from flask import g, jsonify, redirect, render_template_string, request, url_for
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from scheduler.accounts.models import LimitCount, SignInSession
from scheduler.db import begin_write, db
from scheduler.forums.models import Forum
from scheduler.history.models import HistoryEntry
from scheduler.meetings.models import Invitee, Meeting, MeetingForum
from scheduler.web import security
from scheduler.web.security import policy, safe_next
from tests.web.visits import Visitor
from tests.web.world import ROLES, build, meeting

CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def add_probes(app):
    """Pages that say what the gate made of a request."""

    @app.get("/probe")
    @policy("public")
    def probe():
        return jsonify(name=security.principal().name, language=security.i18n.language())

    @app.post("/probe")
    @policy("public")
    def change():
        db.session.add(
            HistoryEntry(at=security.now(), actor=security.actor().label, action="probe", subject_kind="probe",
                         subject_label="probe")
        )  # fmt: skip
        db.session.commit()
        return "changed"

    @app.post("/probe/<token>")
    @policy("token")
    def personal(token):
        return f"changed by {security.principal().name or 'nobody'}"

    @app.get("/probe/feed.ics")
    @policy("feed")
    def feed():
        return security.principal().name or "nobody"

    @app.get("/probe/form")
    @policy("public")
    def form():
        return render_template_string('<input name="csrf_token" value="{{ csrf_token() }}">')

    @app.get("/probe/links")
    @policy("public")
    def links():
        return jsonify(
            page=url_for("probe"), feed=url_for("feed"), static=url_for("static", filename="takt.css"),
            other=security.in_language("/forums?year=2026"),
        )  # fmt: skip

    @app.get("/probe/away")
    @policy("public")
    def away():
        return redirect(safe_next(request.args.get("next")), 303)

    @app.get("/probe/limited")
    @policy("public")
    def limited():
        security.limit("probe", security.network(), times=2, span=timedelta(minutes=1))
        return "counted"

    @app.get("/probe/broken")
    @policy("public")
    def broken():
        raise ValueError("the password is hunter2")

    @app.get("/probe/forums/<slug>")
    @policy("forum.read")
    def forum(slug):
        return jsonify(forum=g.forum.slug, inside=g.inside)

    @app.get("/probe/meetings/<int:meeting_id>")
    @policy("meeting.read")
    def meeting_page(meeting_id):
        return jsonify(inside=g.inside)

    @app.get("/probe/meetings/<int:meeting_id>/edit")
    @policy("meeting.edit")
    def meeting_edit(meeting_id):
        return "edit"

    return app


@pytest.fixture
def probed(app):
    return add_probes(app)


@pytest.fixture
def secure(make_app, sqlite_url):
    """The application behind https."""
    return add_probes(make_app(sqlite_url, base_url="https://takt.lst.example"))


@pytest.fixture
def browser(probed):
    return Visitor(probed)


def settle(app):
    """The small world in the application's database."""
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        begin_write(session)
        world = build(session, app.extensions["takt"].clock())
        session.commit()
    return world


def rows(app, table):
    with app.app_context():
        return list(db.session.scalars(select(table)))


# ---------------------------------------------------------------- CSRF and origin


def test_post_needs_the_token_of_its_form(browser, probed):
    assert [browser.post("/probe", token=token).status_code for token in (False, True)] == [400, 200]
    assert len(rows(probed, HistoryEntry)) == 1


def test_post_with_the_token_of_another_browser(browser, probed):
    other = Visitor(probed)
    with other.client.session_transaction() as kept:
        kept["csrf_token"] = "another raw token"
    assert browser.client.post("/probe", data={"csrf_token": other.csrf_token()}).status_code == 400


def test_post_takes_the_token_in_a_header(browser):
    assert browser.post("/probe", token=False, headers={"X-CSRFToken": browser.csrf_token()}).status_code == 200


def test_token_is_good_as_long_as_its_cookie(browser, probed):
    page = browser.get("/probe/form").get_data(as_text=True)
    token = re.search(r'value="([^"]+)"', page)[1]
    assert probed.config["WTF_CSRF_TIME_LIMIT"] is None
    assert browser.client.post("/probe", data={"csrf_token": token}).status_code == 200


@pytest.mark.parametrize("base_url", ["http://localhost", "https://takt.lst.example"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 400),
        ({"Sec-Fetch-Site": "cross-site"}, 400),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "OWN"}, 400),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 200),
        ({"Origin": "null"}, 200),
        ({"Origin": "OWN"}, 200),
        ({"Origin": "https://evil.example"}, 400),
        ({"Origin": "OWN.evil.example"}, 400),
        ({"Referer": "https://evil.example/"}, 200),
    ],
)
def test_post_from_elsewhere(make_app, sqlite_url, base_url, headers, status):
    app = add_probes(make_app(sqlite_url, base_url=base_url if base_url.startswith("https") else ""))
    sent = {name: value.replace("OWN", base_url) for name, value in headers.items()}
    assert Visitor(app, base_url=base_url).post("/probe", headers=sent).status_code == status


def test_personal_link_needs_no_cookie_and_knows_no_session(probed):
    world = settle(probed)
    inside = Visitor(probed, world.cookie("administrator"))
    response = inside.post("/probe/secret", token=False)
    assert (response.status_code, response.get_data(as_text=True)) == (200, "changed by nobody")
    assert (response.headers["Cache-Control"], response.headers["X-Robots-Tag"]) == ("private, no-store", "noindex")
    assert inside.post("/probe/secret", token=False, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 400


def test_feed_knows_no_session(probed):
    world = settle(probed)
    response = Visitor(probed, world.cookie("administrator")).get("/probe/feed.ics")
    assert (response.get_data(as_text=True), "Set-Cookie" in response.headers) == ("nobody", False)


# ---------------------------------------------------------------- hosts and proxies


@pytest.mark.parametrize(
    ("settings", "host", "status"),
    [
        ({"base_url": "https://takt.lst.example"}, "takt.lst.example", 200),
        ({"base_url": "https://takt.lst.example"}, "takt.lst.example:443", 200),
        ({"base_url": "https://takt.lst.example"}, "evil.example", 400),
        ({"base_url": "https://takt.lst.example"}, "takt.lst.example.evil.example", 400),
        ({"base_url": "https://takt.lst.example"}, "localhost", 400),
        ({"base_url": "https://takt.lst.example", "trusted_hosts": ("a.example",)}, "a.example", 200),
        ({"base_url": "https://takt.lst.example", "trusted_hosts": ("a.example",)}, "takt.lst.example", 400),
        ({}, "localhost:8000", 200),
        ({}, "127.0.0.1:8000", 200),
        ({}, "evil.example", 400),
    ],
)
@pytest.mark.parametrize("path", ["/probe", "/no/such/page", "/healthz"])
def test_other_hosts_are_not_answered(make_app, sqlite_url, settings, host, status, path):
    app = add_probes(make_app(sqlite_url, **settings))
    got = app.test_client().get(path, headers={"Host": host}).status_code
    assert got == (404 if status == 200 and path == "/no/such/page" else status)


@pytest.mark.parametrize(
    ("hops", "forwarded", "address"),
    [
        (0, "203.0.113.9", "192.0.2.7"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9", "198.51.100.1"),
    ],
)
def test_only_as_many_proxies_are_believed_as_there_are(make_app, sqlite_url, hops, forwarded, address):
    app = make_app(sqlite_url, proxy_hops=hops)
    app.add_url_rule("/network", "network", policy("public")(security.network))
    response = app.test_client().get(
        "/network", headers={"X-Forwarded-For": forwarded}, environ_base={"REMOTE_ADDR": "192.0.2.7"}
    )
    assert response.get_data(as_text=True) == address


def test_forwarded_host_is_never_believed(make_app, sqlite_url):
    app = add_probes(make_app(sqlite_url, proxy_hops=1))
    response = app.test_client().get("/probe", headers={"X-Forwarded-Host": "evil.example"})
    assert response.status_code == 200


# ---------------------------------------------------------------- cookies and headers


def flags(header: str) -> set[str]:
    return {part.strip().partition("=")[0].lower() for part in header.split(";")[1:]}


def test_cookies_over_https(secure):
    world = settle(secure)
    browser = Visitor(secure, base_url="https://takt.lst.example")
    form = browser.get("/probe/form").headers.getlist("Set-Cookie")
    assert [cookie.partition("=")[0] for cookie in form] == ["__Host-takt-form"]
    assert flags(form[0]) == {"secure", "httponly", "path", "samesite"}
    browser.sign_in(world.cookie("administrator"))
    assert browser.get("/probe").get_json()["name"] == "Administrator"
    [dropped] = [c for c in browser.post("/logout").headers.getlist("Set-Cookie") if c.startswith("__Host-takt=")]
    assert flags(dropped) == {"secure", "httponly", "path", "samesite", "expires", "max-age"}


def test_session_cookie_over_https(secure):
    with secure.test_request_context(base_url="https://takt.lst.example"):
        response = secure.response_class()
        security.set_cookie(response, "secret")
    assert response.headers["Set-Cookie"].startswith("__Host-takt=secret;")
    assert flags(response.headers["Set-Cookie"]) == {"expires", "max-age", "secure", "httponly", "path", "samesite"}
    assert "samesite=lax" in response.headers["Set-Cookie"].lower()
    assert "domain" not in response.headers["Set-Cookie"].lower()


def test_cookie_without_tls_has_the_plain_name(probed):
    with probed.test_request_context():
        response = probed.response_class()
        security.set_cookie(response, "secret")
    assert response.headers["Set-Cookie"].startswith("takt=secret;")
    assert "secure" not in flags(response.headers["Set-Cookie"])


@pytest.mark.parametrize("path", ["/probe", "/probe/feed.ics", "/healthz", "/no/such/page", "/static/takt.css"])
def test_page_without_a_form_sets_no_cookie(browser, path):
    assert browser.get(path).headers.getlist("Set-Cookie") == []


@pytest.mark.parametrize("path", ["/probe", "/no/such/page", "/healthz", "/login", "/static/takt.css", "/probe/broken"])
def test_headers_of_every_answer(browser, path):
    response = browser.get(path)
    assert response.headers["Content-Security-Policy"] == CSP
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "Strict-Transport-Security" not in response.headers
    response.close()


def test_https_is_asked_for_next_time(secure):
    response = secure.test_client().get("/probe", base_url="https://takt.lst.example")
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_pages_of_somebody_signed_in_are_kept_nowhere(probed):
    world = settle(probed)
    inside = Visitor(probed, world.cookie("member"))
    kept = [inside.get(path).headers["Cache-Control"] for path in ("/probe", "/probe/forums/own-forum", "/no/such")]
    assert kept == ["private, no-store"] * 3


def test_pages_of_a_visitor_are_asked_for_again(browser):
    assert browser.get("/probe").headers["Cache-Control"] == "private, no-cache"


# ---------------------------------------------------------------- who asks


def test_session_of_nobody(browser):
    browser.sign_in("no such session")
    assert browser.get("/probe").get_json()["name"] == ""


def test_page_that_reads_writes_nothing_but_the_use_of_the_session(probed, clock):
    world = settle(probed)
    inside = Visitor(probed, world.cookie("own secretariat"))
    written = []
    with probed.app_context():
        event.listen(
            db.engine,
            "before_cursor_execute",
            lambda *said: written.append(said[2]) if not said[2].lstrip().upper().startswith("SELECT") else None,
        )
    inside.get("/probe/forums/own-forum")
    assert [statement for statement in written if not statement.startswith(("BEGIN", "PRAGMA"))] == []
    clock.move(minutes=1)
    inside.get("/probe/forums/own-forum")
    changed = [statement.split(" SET ")[0] for statement in written if not statement.startswith(("BEGIN", "PRAGMA"))]
    assert changed == ["UPDATE sign_in_session"]


def test_head_does_as_get(probed):
    world = settle(probed)
    inside = Visitor(probed, world.cookie("own secretariat"))
    statuses = [
        inside.client.head(path).status_code for path in ("/probe/forums/own-forum", "/probe/forums/foreign-forum")
    ]
    assert statuses == [200, 404]


def test_who_asks_costs_at_most_four_questions(probed):
    world = settle(probed)
    asked = []
    with probed.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    for role in world.users:
        asked.clear()
        Visitor(probed, world.cookie(role)).get("/probe")
        questions = [statement for statement in asked if statement.startswith("SELECT")]
        assert len(questions) <= 4, f"{role}: {len(questions)}"


@pytest.mark.parametrize(
    ("role", "relation", "expected"),
    [
        ("anonymous", "public", {"forum": "public-forum", "inside": False}),
        ("member", "own", {"forum": "own-forum", "inside": True}),
        ("member", "public", {"forum": "public-forum", "inside": False}),
        ("other secretariat", "public", {"forum": "public-forum", "inside": True}),
        ("reader", "foreign", {"forum": "foreign-forum", "inside": True}),
    ],
)
def test_forum_of_the_address_and_whether_its_inside_may_be_shown(probed, role, relation, expected):
    world = settle(probed)
    assert Visitor(probed, world.cookie(role)).get(f"/probe/forums/{relation}-forum").get_json() == expected


def who_gets(app, world, path) -> dict[str, int]:
    return {role: Visitor(app, world.cookie(role)).get(path).status_code for role in ROLES}


def change(app, do):
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        begin_write(session)
        result = do(session)
        session.commit()
        return result


def test_proposed_meeting_is_a_draft(probed, clock):
    world = settle(probed)
    forum = world.forums["own"]
    proposed = change(probed, lambda session: meeting(session, forum, clock() + timedelta(days=9), state="proposed").id)
    assert who_gets(probed, world, f"/probe/meetings/{proposed}") == {
        "anonymous": 404,
        "member": 404,
        "chair": 200,
        "organisation contact": 404,
        "reader": 200,
        "other secretariat": 404,
        "own secretariat": 200,
        "administrator": 200,
    }


def test_proposed_meeting_of_a_public_forum_is_no_more_public(probed, clock):
    world = settle(probed)
    forum = world.forums["public"]
    proposed = change(probed, lambda session: meeting(session, forum, clock() + timedelta(days=9), state="proposed").id)
    assert Visitor(probed).get(f"/probe/meetings/{proposed}").status_code == 404


def test_joint_meeting_is_read_by_both_forums_and_edited_by_the_leading_one(probed):
    world = settle(probed)
    row = world.meetings["foreign"]
    change(
        probed,
        lambda session: session.add(MeetingForum(meeting_id=row.id, forum_id=world.forums["own"].id, position=1)),
    )
    assert Visitor(probed, world.cookie("member")).get(f"/probe/meetings/{row.id}").get_json() == {"inside": True}
    assert who_gets(probed, world, f"/probe/meetings/{row.id}/edit") == {
        "anonymous": 404,
        "member": 403,
        "chair": 403,
        "organisation contact": 403,
        "reader": 403,
        "other secretariat": 200,
        "own secretariat": 403,
        "administrator": 200,
    }


def test_guest_reads_the_meeting_to_which_they_are_called(probed):
    world = settle(probed)
    row = world.meetings["foreign"]
    guest = Visitor(probed, world.cookie("member"))
    assert guest.get(f"/probe/meetings/{row.id}").status_code == 404

    def call(session):
        called = session.get(Meeting, row.id)
        called.state = "called"
        called.called_at = called.confirmed_at
        called.invitees.append(Invitee(person_id=world.users["member"].person_id, role="guest"))

    change(probed, call)
    assert guest.get(f"/probe/meetings/{row.id}").get_json() == {"inside": True}
    assert guest.get(f"/probe/meetings/{row.id}/edit").status_code == 403
    assert Visitor(probed, world.cookie("chair")).get(f"/probe/meetings/{row.id}").status_code == 404


def test_chair_edits_meetings_where_the_forum_lets_its_chair_plan(probed):
    world = settle(probed)
    edit = f"/probe/meetings/{world.meetings['own'].id}/edit"
    chair, member = (Visitor(probed, world.cookie(role)) for role in ("chair", "member"))
    assert [visitor.get(edit).status_code for visitor in (chair, member)] == [403, 403]
    change(probed, lambda session: setattr(session.get(Forum, world.forums["own"].id), "chair_plans", True))
    assert [visitor.get(edit).status_code for visitor in (chair, member)] == [200, 403]


def test_limit_of_a_page_that_reads(browser, probed, clock):
    statuses = [browser.get("/probe/limited").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert browser.get("/probe/limited").headers["Retry-After"] == "60"
    assert [row.count for row in rows(probed, LimitCount)] == [2]
    clock.move(minutes=1)
    assert browser.get("/probe/limited").status_code == 200


def test_error_page_gives_an_id_only(browser, probed):
    response = browser.get("/probe/broken")
    page = response.get_data(as_text=True)
    assert response.status_code == 500
    assert response.headers["X-Request-Id"] in page
    assert not [word for word in ("hunter2", "ValueError", "Traceback") if word in page]


# ---------------------------------------------------------------- languages


@pytest.mark.parametrize(
    ("query", "language"),
    [("", "sv"), ("?language=en", "en"), ("?language=sv", "sv"), ("?language=de", "sv"), ("?language=", "sv")],
)
def test_language_of_a_visitor_stands_in_the_address(browser, query, language):
    assert browser.get(f"/probe{query}").get_json()["language"] == language


def test_links_keep_the_language_of_a_visitor(browser):
    assert browser.get("/probe/links?language=en").get_json() == {
        "page": "/probe?language=en",
        "feed": "/probe/feed.ics",
        "static": "/static/takt.css",
        "other": "/forums?year=2026&language=en",
    }
    assert browser.get("/probe/links").get_json() == {
        "page": "/probe", "feed": "/probe/feed.ics", "static": "/static/takt.css", "other": "/forums?year=2026",
    }  # fmt: skip


def test_language_of_somebody_signed_in_is_their_own(probed):
    world = settle(probed)
    inside = Visitor(probed, world.cookie("member"))
    assert inside.get("/probe?language=en").get_json()["language"] == "sv"
    assert inside.get("/probe/links?language=en").get_json()["page"] == "/probe"


def test_language_of_one_request_does_not_reach_the_next(browser):
    browser.get("/probe?language=en")
    assert browser.get("/probe").get_json()["language"] == "sv"
    assert "Sidan finns inte" in browser.get("/no/such/page").get_data(as_text=True)


# ---------------------------------------------------------------- local paths


@pytest.mark.parametrize(
    "path",
    ["/", "/me", "/forums/regionalt-forum?year=2026#top", "/search?q=a%20b", "/search?q=https%3A%2F%2Fa.se", "/å"],
)
def test_safe_next_keeps_a_local_path(path):
    assert safe_next(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None, "", "me", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "/\\/evil.example",
        "https://evil.example", "https:evil.example", "javascript:alert(1)", "/%2Fevil.example", "/%2fevil.example",
        "/%5Cevil.example", "%2F%2Fevil.example", "/%252Fevil.example", "/%25252Fevil.example", "/\t/evil.example",
        "/\n/evil.example", "/\r\nLocation: https://evil.example", "/me%0D%0ASet-Cookie:a=b", "/me%250d%250aa",
        "/me\x00", " /me", "/%09/evil.example", "/" + "a" * 500,
    ],
)  # fmt: skip
def test_safe_next_goes_home_instead(path):
    assert safe_next(path) == "/"


@settings(max_examples=200)
@given(st.text(alphabet=st.sampled_from("/\\%25CFc0dDaA:.?#@e\t\r\n a"), max_size=40))
def test_safe_next_never_names_another_host(text):
    path = safe_next(text)
    for given_path in (path, safe_next(quote(text)), safe_next(f"/{text}")):
        assert given_path.startswith("/")
        assert not given_path.startswith(("//", "/\\"))
        assert urlsplit(given_path).netloc == ""
        assert not re.search(r"[\\\x00-\x1f]", given_path)


def test_redirect_stays_here(browser):
    assert browser.get("/probe/away?next=//evil.example").headers["Location"] == "/"
    assert browser.get("/probe/away?next=/me").headers["Location"] == "/me"


def test_session_row_is_shared_with_the_view(probed):
    world = settle(probed)
    seen = []
    probed.add_url_rule("/row", "row", policy("signed_in")(lambda: str(seen.append(security.sign_in_row()))))
    Visitor(probed, world.cookie("chair")).get("/row")
    assert [(type(row), row.user_id) for row in seen] == [(SignInSession, world.users["chair"].id)]
