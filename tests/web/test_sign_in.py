"""Signing in through the pages, as the trips have it: the mail's link, its code, the end (SEC-3, SEC-13)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.accounts.actions import make_link
from scheduler.accounts.models import LoginLink, SignInSession, User
from scheduler.db import begin_write, db
from scheduler.history.models import HistoryEntry
from scheduler.history.rules import Actor
from scheduler.mail.models import OutboxMail
from scheduler.organisations.models import Person, PersonEmail
from tests.web.visits import Visitor

KARIN = "karin.lundmark@hk.example"


@pytest.fixture
def store(app):
    """Runs a change in the application's database and gives its result."""

    def change(do):
        with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
            begin_write(session)
            result = do(session)
            session.commit()
            return result

    return change


@pytest.fixture
def karin(store) -> Person:
    def add(session):
        person = Person(given_name="Karin", family_name="Lundmark")
        person.emails.append(PersonEmail(address=KARIN, main=True))
        session.add(person)
        return person

    return store(add)


@pytest.fixture
def browser(app) -> Visitor:
    return Visitor(app)


def mails(store):
    return store(lambda session: list(session.scalars(select(OutboxMail).order_by(OutboxMail.id))))


def ask(browser, store, address=KARIN, **form):
    """Asks for a link; gives its path and the code of the latest mail."""
    response = browser.post("/login", {"email": address, **form})
    assert (response.status_code, response.headers["Location"]) == (303, "/login/sent")
    mail = mails(store)[-1]
    return urlsplit(mail.values["link"]).path, mail.values["code"]


def signed_in(browser) -> bool:
    return browser.get("/me/sessions").status_code == 200


# ---------------------------------------------------------------- the trip


def test_sign_in_by_the_link_of_the_mail(browser, store, karin):
    assert "Skicka inloggningslänk" in browser.get("/login").get_data(as_text=True)
    path, _code = ask(browser, store, next="/forums/regionalt-forum")
    sent = browser.get("/login/sent").get_data(as_text=True)
    assert KARIN in sent
    assert "Länken gäller till 10.10" in sent
    page = browser.get(path).get_data(as_text=True)
    assert f'action="{path}"' in page
    assert browser.cookie() is None
    response = browser.post(path)
    assert (response.status_code, response.headers["Location"]) == (303, "/forums/regionalt-forum")
    assert signed_in(browser)


def test_mail_leads_to_the_base_url_whatever_host_was_asked(make_app, sqlite_url, tmp_path):
    app = make_app(
        sqlite_url, base_url="https://takt.lst.example", trusted_hosts=("takt.lst.example", "inside.example")
    )
    with app.app_context(), Session(db.engine) as session:
        begin_write(session)
        session.add(User(login=KARIN, name="Karin", created_at=app.extensions["takt"].clock()))
        session.commit()
    browser = Visitor(app, base_url="https://inside.example")
    browser.post("/login", {"email": KARIN})
    with app.app_context():
        [mail] = db.session.scalars(select(OutboxMail))
    assert mail.values["link"].startswith("https://takt.lst.example/login/")


def test_whole_trip_over_https(make_app, sqlite_url):
    app = make_app(sqlite_url, base_url="https://takt.lst.example")
    with app.app_context(), Session(db.engine) as session:
        begin_write(session)
        session.add(User(login=KARIN, name="Karin", created_at=app.extensions["takt"].clock()))
        session.commit()
    browser = Visitor(app, base_url="https://takt.lst.example")
    sent = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}
    assert browser.post("/login", {"email": KARIN}, headers=sent).status_code == 303
    with app.app_context():
        [mail] = db.session.scalars(select(OutboxMail))
    assert mail.values["link"].startswith("https://takt.lst.example/login/")
    assert browser.post(urlsplit(mail.values["link"]).path, headers=sent).status_code == 303
    assert signed_in(browser)
    assert browser.post("/logout", headers=sent).status_code == 303
    assert not signed_in(browser)


def test_stranger_gets_the_same_answer_and_no_mail(app, store, karin):
    answers = []
    for address in (KARIN, "stranger@hk.example"):
        browser = Visitor(app)
        response = browser.post("/login", {"email": address})
        page = browser.get("/login/sent").get_data(as_text=True).replace(address, "ADDRESS")
        answers.append(
            (response.status_code, response.headers["Location"], re.sub(r'value="[^"]{60,}"', "TOKEN", page))
        )
    assert answers[0] == answers[1]
    assert [mail.recipient for mail in mails(store)] == [KARIN]
    assert len(store(lambda session: session.scalars(select(LoginLink)).all())) == 2


def test_what_is_no_address_is_shown_at_its_field(browser):
    response = browser.post("/login", {"email": "karin"})
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert page.count("Ange en e-postadress, till exempel namn@exempel.se") == 2
    assert 'aria-invalid="true"' in page


def test_get_of_a_link_never_signs_in(browser, store, karin):
    path, _code = ask(browser, store)
    for _ in range(3):
        assert browser.get(path).status_code == 200
    assert not signed_in(browser)
    assert browser.post(path).status_code == 303


def test_link_in_another_browser_takes_the_code(app, browser, store, karin):
    path, code = ask(browser, store)
    phone = Visitor(app)
    page = phone.get(path).get_data(as_text=True)
    assert "Länken öppnades i en annan webbläsare" in page
    assert phone.post(path).status_code == 422
    assert not signed_in(phone)
    token = path.rsplit("/", 1)[1]
    assert f'value="{token}"' in page
    assert phone.post("/login/code", {"code": code, "token": token}).status_code == 303
    assert signed_in(phone)
    assert not signed_in(browser)


def test_code_typed_where_the_link_was_asked_for(browser, store, karin):
    _path, code = ask(browser, store, next="/me")
    response = browser.post("/login/code", {"code": code.lower().replace("-", " ")})
    assert (response.status_code, response.headers["Location"]) == (303, "/me")


def test_code_dies_at_the_fifth_wrong_try_although_each_answer_is_an_error(browser, store, karin):
    path, code = ask(browser, store)
    for _ in range(5):
        response = browser.post("/login/code", {"code": "WRNG-2222"})
        assert response.status_code == 422
        assert "Koden stämmer inte" in response.get_data(as_text=True)
    assert browser.post("/login/code", {"code": code}).status_code == 422
    assert browser.post(path).status_code == 303


def test_language_can_be_changed_on_the_page_of_a_wrong_code(app, browser, store, karin):
    path, _code = ask(browser, store)
    token = path.rsplit("/", 1)[1]
    for visitor, form, back in ((browser, {}, "/login/sent"), (Visitor(app), {"token": token}, path)):
        page = visitor.post("/login/code", {"code": "WRNG-2222", **form}).get_data(as_text=True)
        assert f'href="{back}?language=en"' in page
        assert visitor.get(f"{back}?language=en").status_code == 200


def test_code_without_any_link_asked_for(browser):
    assert browser.post("/login/code", {"code": "KTRN-4827"}).status_code == 422


def test_link_used_or_past_its_time_says_so(browser, store, karin, clock):
    path, _code = ask(browser, store)
    late, _code = ask(browser, store)
    browser.post(path)
    used = Visitor(browser.app).get(path)
    assert (used.status_code, "Länken är redan använd" in used.get_data(as_text=True)) == (410, True)
    clock.move(minutes=10)
    ended = Visitor(browser.app).get(late)
    assert ended.status_code == 410
    assert "Länken slutade gälla söndag 22 november kl. 10.10" in ended.get_data(as_text=True)
    assert Visitor(browser.app).post(late).status_code in {410, 422}


def test_unknown_link_is_not_found(browser):
    assert (browser.get(f"/login/{'x' * 43}").status_code, browser.post(f"/login/{'x' * 43}").status_code) == (404, 404)


def test_link_of_the_command_line_works_in_any_browser(browser, store, karin, clock):
    token = store(lambda session: make_link(session, Actor("takt user link"), clock(), login=KARIN))
    assert browser.get(f"/login/{token}").status_code == 200
    response = browser.post(f"/login/{token}")
    assert (response.status_code, response.headers["Location"]) == (303, "/me")
    assert signed_in(browser)


@pytest.mark.parametrize("next_path", ["//evil.example", "https://evil.example/", "/\\evil.example"])
def test_sign_in_never_leads_away(browser, store, karin, next_path):
    path, _code = ask(browser, store, next=next_path)
    assert browser.post(path).headers["Location"] == "/me"


def test_login_page_of_somebody_signed_in_goes_on(browser, store, karin):
    path, _code = ask(browser, store)
    browser.post(path)
    response = browser.get("/login?next=/me/sessions")
    assert (response.status_code, response.headers["Location"]) == (303, "/me/sessions")


def test_sixth_link_for_an_address_is_one_too_many(app, karin):
    statuses = [Visitor(app).post("/login", {"email": KARIN}).status_code for _ in range(6)]
    assert statuses == [303, 303, 303, 303, 303, 429]


# ---------------------------------------------------------------- sessions


@pytest.fixture
def inside(browser, store, karin) -> Visitor:
    path, _code = ask(browser, store)
    browser.post(path)
    return browser


def test_each_sign_in_has_a_new_id_and_ends_the_one_before(inside, store):
    first = inside.cookie()
    path, _code = ask(inside, store)
    inside.post(path)
    assert inside.cookie() != first
    assert len(store(lambda session: session.scalars(select(SignInSession)).all())) == 1
    assert not signed_in(Visitor(inside.app, first))


def test_sign_in_keeps_nothing_of_the_form_cookie_before_it(browser, store, karin):
    path, _code = ask(browser, store)
    with browser.client.session_transaction() as kept:
        assert set(kept) == {"csrf_token", "browser", "asked"}
    browser.post(path)
    with browser.client.session_transaction() as kept:
        assert dict(kept) == {}


def test_old_cookie_is_dead_after_sign_out(inside):
    cookie = inside.cookie()
    response = inside.post("/logout")
    assert (response.status_code, response.headers["Location"]) == (303, "/")
    assert inside.cookie() is None
    assert not signed_in(Visitor(inside.app, cookie))


def test_sign_out_twice_is_no_error(inside):
    assert [inside.post("/logout").status_code for _ in range(2)] == [303, 303]


@pytest.mark.parametrize("change", ["a role is granted", "a role is revoked", "the user is disabled"])
def test_change_of_rights_ends_sessions_at_once(inside, store, clock, change):
    from scheduler.accounts import users  # noqa: PLC0415 - used by this test alone

    def do(session):
        user = session.scalars(select(User)).one()
        if change == "the user is disabled":
            users.set_active(session, Actor("Sara"), clock(), user=user, active=False)
            return
        role = users.grant_role(session, Actor("Sara"), clock(), user=user, role="reader")
        if change == "a role is revoked":
            users.revoke_role(session, Actor("Sara"), clock(), user=user, role_id=role.id)

    assert signed_in(inside)
    store(do)
    assert not signed_in(inside)


def test_session_idle_for_eight_hours_is_over(inside, clock):
    clock.move(hours=7, minutes=59)
    assert signed_in(inside)
    clock.move(hours=7, minutes=59)
    assert signed_in(inside)
    clock.move(hours=8)
    assert not signed_in(inside)


def test_use_of_a_session_is_noted_at_most_once_a_minute(inside, store, clock):
    def used_at():
        return store(lambda session: session.scalars(select(SignInSession.used_at)).one())

    begun = clock()
    clock.move(seconds=59)
    inside.get("/me/sessions")
    assert used_at() == begun
    clock.move(seconds=1)
    inside.get("/me/sessions")
    assert used_at() == clock()


def test_list_of_sessions_and_ending_one(app, inside, store):
    other = Visitor(app)
    path, _code = ask(other, store)
    other.post(path, headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"})
    page = inside.get("/me/sessions").get_data(as_text=True)
    assert "Du är inloggad i 2 webbläsare." in page
    assert "Firefox, Windows" in page
    newest = store(lambda session: session.scalars(select(SignInSession.id).order_by(SignInSession.id.desc())).first())
    assert inside.post(f"/me/sessions/{newest}/end").status_code == 303
    assert (signed_in(inside), signed_in(other)) == (True, False)


def test_session_of_somebody_else_does_not_exist(app, inside, store, clock):
    def add(session):
        user = User(login="sara@lst.example", name="Sara", created_at=clock())
        session.add(user)
        session.flush()
        return make_link(session, Actor("takt"), clock(), login=user.login)

    sara = Visitor(app)
    sara.post(f"/login/{store(add)}")
    theirs = store(lambda session: session.scalars(select(SignInSession.id).order_by(SignInSession.id.desc())).first())
    foreign, missing = inside.post(f"/me/sessions/{theirs}/end"), inside.post("/me/sessions/999/end")
    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert signed_in(sara)


def test_ending_all_sessions_ends_this_one_too(inside):
    cookie = inside.cookie()
    assert inside.post("/me/sessions/end").status_code == 303
    assert not signed_in(Visitor(inside.app, cookie))


def test_language_is_kept_with_the_user(inside, store):
    response = inside.post("/language", {"language": "en", "next": "/me/sessions"})
    assert (response.status_code, response.headers["Location"]) == (303, "/me/sessions")
    assert "You are signed in in one browser." in inside.get("/me/sessions").get_data(as_text=True)
    assert store(lambda session: session.scalars(select(User.language)).one()) == "en"
    assert inside.post("/language", {"language": "de"}).status_code == 422


def test_history_knows_who_signed_in_and_no_secret(inside, store):
    inside.post("/logout")
    entries = store(lambda session: list(session.scalars(select(HistoryEntry).order_by(HistoryEntry.id))))
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("login.request", "Besökare"),
        ("user.create", "Karin Lundmark"),
        ("login.success", "Karin Lundmark"),
        ("login.end", "Karin Lundmark"),
    ]
    [mail] = mails(store)
    said = " ".join(str(vars(entry)) for entry in entries)
    assert not [secret for secret in (mail.values["code"], mail.values["link"].rsplit("/", 1)[1]) if secret in said]


def test_both_databases_sign_in(make_app, database_url):
    app = make_app(database_url)
    with app.app_context(), Session(db.engine) as session:
        begin_write(session)
        session.add(User(login=KARIN, name="Karin", created_at=app.extensions["takt"].clock()))
        session.commit()
    browser = Visitor(app)
    browser.post("/login", {"email": KARIN})
    Visitor(app).post("/login", {"email": "stranger@hk.example"})
    with app.app_context():
        [mail] = db.session.scalars(select(OutboxMail))
    browser.post(urlsplit(mail.values["link"]).path)
    assert signed_in(browser)
