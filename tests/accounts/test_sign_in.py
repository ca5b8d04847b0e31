"""Links, codes and sessions, from the request to the end (SEC-3, SEC-13)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from scheduler.accounts.actions import (
    consume_code,
    consume_link,
    end_session,
    end_sessions,
    make_link,
    request_link,
    sign_out,
    sweep,
    touch,
)
from scheduler.accounts.models import LimitCount, LoginLink, SignInSession, User, UserRole
from scheduler.accounts.queries import account_of, link_of, session_of, sessions_of
from scheduler.accounts.rules import digest, shown_code
from scheduler.accounts.users import set_active
from scheduler.errors import Gone, NotFound, Problem, Refused, TooMany
from scheduler.history.models import HistoryEntry
from scheduler.history.rules import Actor
from tests.accounts.rows import columns

VISITOR = Actor("Besökare")
BROWSER = "secret of the asking browser"
NETWORK = "192.0.2.7"


def ask(session, now, address="karin.lundmark@hk.example", *, browser=BROWSER, network=NETWORK, next_path="/me"):
    return request_link(session, VISITOR, now, address=address, browser=browser, network=network, next_path=next_path)


def follow(session, now, token, browser=BROWSER):
    return consume_link(session, now, token=token, browser=browser, network=NETWORK, client="Firefox, Windows")


def answer(session, now, code, *, browser=None, token=None):
    return consume_code(session, now, code=code, browser=browser, token=token, network=NETWORK)


def actions_in_history(session):
    return list(session.scalars(select(HistoryEntry.action).order_by(HistoryEntry.id)))


# ---------------------------------------------------------------- asking


def test_request_link_goes_to_the_address_of_the_register(session, now, karin):
    asked = ask(session, now, " KARIN.lundmark@hk.example ")
    assert (asked.known, asked.address, asked.name, asked.language, asked.person_id) == (
        True, "Karin.Lundmark@hk.example", "Karin Lundmark", "sv", karin.id,
    )  # fmt: skip
    assert asked.expires_at == now + timedelta(minutes=10)


def test_request_link_goes_to_a_user_in_the_users_own_language(session, now, sara):
    sara.language = "en"
    asked = ask(session, now, "sara.niemi@lst.example")
    assert (asked.known, asked.address, asked.language, asked.person_id) == (True, sara.login, "en", None)


def test_request_link_stores_only_hashes(session, now, karin):
    asked = ask(session, now)
    link = link_of(session, asked.token)
    assert (link.token_hash, link.browser_hash) == (digest(asked.token), digest(BROWSER))
    stored = {str(value) for value in vars(link).values()}
    assert not stored & {asked.token, asked.code, BROWSER}
    assert len(asked.token) == 43  # 32 bytes


def test_request_link_for_a_stranger_looks_the_same_but_sends_nothing(session, now, karin):
    asked = ask(session, now, "nobody@hk.example")
    assert (asked.known, asked.address, asked.name) == (False, "nobody@hk.example", "")
    assert link_of(session, asked.token).expires_at == now + timedelta(minutes=10)
    with pytest.raises(Gone):
        follow(session, now, asked.token)


def test_request_link_says_the_same_to_the_database_for_strangers(session, now, karin):
    said = []
    event.listen(session.connection(), "before_cursor_execute", lambda *given: said.append(given[2]))
    ask(session, now)
    known, said[:] = list(said), []
    ask(session, now, "nobody@hk.example")
    assert said == known


@pytest.mark.parametrize("state", ["disabled", "anonymised", "disabled under another login"])
def test_request_link_treats_those_who_may_not_as_strangers(session, now, karin, sara, actor, state):
    address = "karin.lundmark@hk.example"
    if state == "disabled":
        address = sara.login
        set_active(session, actor, now, user=sara, active=False)
    elif state == "anonymised":
        karin.anonymised_at = now
    else:
        sara.person_id = karin.id
        set_active(session, actor, now, user=sara, active=False)
    session.flush()
    assert ask(session, now, address).known is False


def test_request_link_to_a_second_address_signs_the_same_user_in(session, now, karin, sara):
    sara.person_id = karin.id
    session.flush()
    asked = ask(session, now)
    assert follow(session, now, asked.token).user is sara


def test_request_link_for_what_is_no_address_is_refused(session, now):
    with pytest.raises(Refused) as refused:
        ask(session, now, "karin@hk.example\r\nBcc: x@y.se")
    assert refused.value.problems == (Problem("email", "Ange en e-postadress, till exempel namn@exempel.se"),)
    assert list(session.scalars(select(LoginLink))) == []


@pytest.mark.parametrize("address", ["karin.lundmark@hk.example", "nobody@hk.example"])
def test_request_link_too_often_for_one_address(session, now, karin, address):
    for n in range(5):
        ask(session, now, address, network=f"192.0.2.{n}")
    with pytest.raises(TooMany):
        ask(session, now, address, network="192.0.2.99")


def test_request_link_too_often_from_one_network(session, now):
    for n in range(30):
        ask(session, now, f"person{n}@hk.example")
    with pytest.raises(TooMany):
        ask(session, now, "another@hk.example")


# ---------------------------------------------------------------- the link


def test_consume_link_makes_the_user_of_a_person(session, now, karin):
    begun = follow(session, now, ask(session, now).token)
    user = begun.user
    assert (user.login, user.name, user.person_id, user.language, begun.next_path) == (
        "karin.lundmark@hk.example", "Karin Lundmark", karin.id, "sv", "/me",
    )  # fmt: skip
    assert actions_in_history(session) == ["login.request", "user.create", "login.success"]


def test_consume_link_signs_a_known_user_in_without_touching_it(session, now, sara):
    before = columns(sara)
    begun = follow(session, now, ask(session, now, sara.login).token)
    assert begun.user is sara
    assert columns(sara) == before


def test_consume_link_works_once(session, now, karin):
    asked = ask(session, now)
    follow(session, now, asked.token)
    with pytest.raises(Gone):
        follow(session, now, asked.token)


def test_consume_link_works_for_less_than_ten_minutes(session, now, karin):
    first, second = ask(session, now), ask(session, now)
    follow(session, now + timedelta(minutes=10) - timedelta(seconds=1), first.token)
    with pytest.raises(Gone):
        follow(session, now + timedelta(minutes=10), second.token)


@pytest.mark.parametrize("browser", [None, "another browser"])
def test_consume_link_in_another_browser_asks_for_the_code(session, now, karin, browser):
    asked = ask(session, now)
    with pytest.raises(Refused) as refused:
        follow(session, now, asked.token, browser)
    assert refused.value.problems == (Problem("code", "Skriv koden i brevet"),)
    assert link_of(session, asked.token).used_at is None


def test_consume_link_unknown(session, now):
    with pytest.raises(NotFound):
        follow(session, now, "x" * 43)


def test_consume_link_of_somebody_disabled_meanwhile(session, now, actor, sara):
    asked = ask(session, now, sara.login)
    set_active(session, actor, now, user=sara, active=False)
    with pytest.raises(Gone):
        follow(session, now, asked.token)


def test_consume_link_too_often_from_one_network(session, now):
    for _ in range(60):
        with pytest.raises(NotFound):
            follow(session, now, "x" * 43)
    with pytest.raises(TooMany):
        follow(session, now, "x" * 43)


def test_make_link_works_in_any_browser_once_within_the_hour(session, now, actor, sara):
    token = make_link(session, actor, now, login="Sara.Niemi@lst.example")
    late = now + timedelta(minutes=59, seconds=59)
    assert follow(session, late, token, None).user is sara
    with pytest.raises(Gone):
        follow(session, late, token, None)
    with pytest.raises(Gone):
        follow(session, now + timedelta(hours=1), make_link(session, actor, now, login=sara.login), None)


def test_make_link_has_no_code(session, now, actor, sara):
    token = make_link(session, actor, now, login=sara.login)
    assert answer(session, now, "", token=token) is None


def test_make_link_for_a_stranger_is_refused(session, now, actor):
    with pytest.raises(Refused) as refused:
        make_link(session, actor, now, login="nobody@hk.example")
    assert str(refused.value) == "login: nobody@hk.example har inget konto som får logga in"


# ---------------------------------------------------------------- the code


def test_consume_code_in_the_browser_that_asked(session, now, karin):
    asked = ask(session, now)
    assert answer(session, now, shown_code(asked.code).lower(), browser=BROWSER).user.person_id == karin.id
    with pytest.raises(Gone):
        follow(session, now, asked.token)


def test_consume_code_beside_a_link_opened_elsewhere(session, now, karin):
    asked = ask(session, now)
    assert answer(session, now, asked.code, browser="another browser", token=asked.token).next_path == "/me"


def test_consume_code_of_the_first_of_two_mails(session, now, karin):
    first, _second = ask(session, now), ask(session, now)
    assert answer(session, now, first.code, browser=BROWSER) is not None


@pytest.mark.parametrize("known", [True, False])
def test_consume_code_alone_finds_nothing(session, now, karin, known):
    asked = ask(session, now, "karin.lundmark@hk.example" if known else "nobody@hk.example")
    assert answer(session, now, asked.code) is None
    assert answer(session, now, asked.code, browser="another browser") is None


def test_consume_code_dies_at_the_fifth_wrong_try(session, now, karin):
    asked = ask(session, now)
    assert [answer(session, now, "WRNG2222", browser=BROWSER) for _ in range(5)] == [None] * 5
    assert answer(session, now, asked.code, browser=BROWSER) is None
    assert answer(session, now, asked.code, browser="another browser", token=asked.token) is None
    assert link_of(session, asked.token).tries == 5
    assert follow(session, now, asked.token).user.person_id == karin.id  # the link itself still works


def test_consume_code_lives_through_the_fourth(session, now, karin):
    asked = ask(session, now)
    assert [answer(session, now, "WRNG2222", browser=BROWSER) for _ in range(4)] == [None] * 4
    assert answer(session, now, asked.code, browser=BROWSER) is not None


def test_consume_code_ten_times_an_hour_for_one_account_right_or_wrong(session, now, karin):
    for browser in ("one", "two"):
        ask(session, now, browser=browser)
        for _ in range(5):
            assert answer(session, now, "WRNG2222", browser=browser) is None
    third = ask(session, now, browser="three")
    with pytest.raises(TooMany):
        answer(session, now, third.code, browser="three")


def test_consume_code_past_its_time_or_used(session, now, karin):
    asked = ask(session, now)
    assert answer(session, now + timedelta(minutes=10), asked.code, browser=BROWSER) is None
    follow(session, now, asked.token)
    assert answer(session, now, asked.code, browser=BROWSER, token=asked.token) is None


def test_consume_code_wrong_is_in_the_history_without_the_code(session, now, karin):
    ask(session, now)
    answer(session, now, "WRNG2222", browser=BROWSER)
    assert actions_in_history(session) == ["login.request", "login.refused"]
    assert "WRNG2222" not in str([vars(entry) for entry in session.scalars(select(HistoryEntry))])


# ---------------------------------------------------------------- sessions


@pytest.fixture
def begun(session, now, sara):
    return follow(session, now, ask(session, now, sara.login).token)


def test_session_of_finds_user_and_roles_in_one_question(session, now, begun):
    session.flush()
    session.expire_all()
    asked = []
    event.listen(session.connection(), "before_cursor_execute", lambda *given: asked.append(given[2]))
    found = session_of(session, begun.token, now)
    assert (found.user.login, found.user.roles, found.client) == ("sara.niemi@lst.example", [], "Firefox, Windows")
    assert len(asked) == 1


def test_session_secret_is_stored_as_a_hash(session, now, begun):
    [row] = session.scalars(select(SignInSession))
    assert row.token_hash == digest(begun.token)
    assert begun.token not in {str(value) for value in vars(row).values()}


@pytest.mark.parametrize(
    ("minutes", "alive"),
    [(0, True), (8 * 60 - 1, True), (8 * 60, False)],
)
def test_session_idle(session, now, begun, minutes, alive):
    assert (session_of(session, begun.token, now + timedelta(minutes=minutes)) is not None) is alive


def test_session_in_use_ends_after_seven_days(session, now, begun):
    row = session_of(session, begun.token, now)
    end = now + timedelta(days=7)
    for hours in range(0, 7 * 24, 7):
        at = now + timedelta(hours=hours)
        assert session_of(session, begun.token, at) is row
        touch(session, at, row.id)
    last = end - timedelta(minutes=1)
    touch(session, last, row.id)
    assert session_of(session, begun.token, last) is row
    assert session_of(session, begun.token, end) is None


def test_touch_writes_at_most_once_a_minute(session, now, begun):
    row = session_of(session, begun.token, now)
    touch(session, now + timedelta(seconds=59), row.id)
    assert session_of(session, begun.token, now).used_at == now
    touch(session, now + timedelta(seconds=60), row.id)
    assert session_of(session, begun.token, now).used_at == now + timedelta(seconds=60)


def test_sign_out_kills_the_cookie(session, now, actor, begun):
    sign_out(session, actor, now, sign_in=session_of(session, begun.token, now))
    assert session_of(session, begun.token, now) is None


def test_disabling_kills_the_cookie_and_enabling_does_not_revive_it(session, now, actor, sara, begun):
    set_active(session, actor, now, user=sara, active=False)
    assert session_of(session, begun.token, now) is None
    set_active(session, actor, now, user=sara, active=True)
    assert session_of(session, begun.token, now) is None


def test_end_sessions_ends_all_of_one_user_and_nobody_elses(session, now, actor, sara, karin, begun):
    other = follow(session, now, ask(session, now).token)
    again = follow(session, now, ask(session, now, sara.login).token)
    assert len(sessions_of(session, sara.id, now)) == 2
    end_sessions(session, actor, now, user=sara)
    assert sessions_of(session, sara.id, now) == []
    assert [session_of(session, s.token, now) is None for s in (begun, again, other)] == [True, True, False]


def test_end_session_of_somebody_else_is_not_found(session, now, actor, sara, karin, begun):
    other = follow(session, now, ask(session, now).token)
    [row] = sessions_of(session, other.user.id, now)
    with pytest.raises(NotFound):
        end_session(session, actor, now, user=sara, sign_in_id=row.id)
    end_session(session, actor, now, user=other.user, sign_in_id=row.id)
    assert session_of(session, other.token, now) is None


def test_two_sign_ins_have_two_secrets(session, now, sara, begun):
    assert follow(session, now, ask(session, now, sara.login).token).token != begun.token


def test_sweep_forgets_what_is_over_and_nothing_else(session, now, sara, begun):
    asked = ask(session, now, sara.login)
    sweep(session, now + timedelta(hours=7))
    assert session_of(session, begun.token, now) is not None
    assert link_of(session, asked.token) is not None
    sweep(session, now + timedelta(days=2))
    left = [list(session.scalars(select(table))) for table in (LoginLink, SignInSession, LimitCount)]
    assert left == [[], [], []]
    assert session.get(User, sara.id) is sara


def test_account_of_prefers_the_user_whose_login_it_is(session, now, karin, sara):
    sara.login = "karin.lundmark@hk.example"
    session.flush()
    account = account_of(session, "karin.lundmark@hk.example")
    assert (account.user, account.person_id) == (sara, None)


def test_another_address_in_the_register_does_not_open_an_account_with_a_role(session, now, karin, sara):
    """Whoever may edit a person may write an address of their own beside it; that must not make them that user."""
    sara.person_id = karin.id
    session.flush()
    address = karin.main_email.address
    assert account_of(session, address).user is sara
    session.add(UserRole(user_id=sara.id, role="secretariat"))
    session.flush()
    assert account_of(session, address) is None
    assert account_of(session, sara.login).user is sara
