from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.accounts.rules import ANONYMOUS, Principal, may
from scheduler.feeds.rules import (
    ALL,
    Feed,
    Rights,
    Scope,
    client_family,
    entity_tag,
    head_of,
    is_token,
    last_modified,
    later,
    may_have,
    rights_mark,
    rights_of,
    window_on,
)
from scheduler.ical.lint import lint_calendar
from scheduler.ical.writer import assemble

FEED = Feed(Scope.FORUM, 7, "members", "sv", 3, datetime(2026, 11, 10, 8, 0, tzinfo=UTC), "Regionalt forum")
WINDOW = window_on(date(2026, 11, 22))


# ---------------------------------------------------------------- F15 and F22: the window


@pytest.mark.parametrize(
    ("today", "month", "since", "cancelled_since"),
    [
        (date(2026, 11, 22), date(2026, 11, 1), date(2025, 11, 1), date(2026, 10, 1)),
        (date(2026, 11, 1), date(2026, 11, 1), date(2025, 11, 1), date(2026, 10, 1)),
        (date(2026, 11, 30), date(2026, 11, 1), date(2025, 11, 1), date(2026, 10, 1)),
        (date(2026, 12, 1), date(2026, 12, 1), date(2025, 12, 1), date(2026, 11, 1)),
        (date(2026, 1, 31), date(2026, 1, 1), date(2025, 1, 1), date(2025, 12, 1)),
        (date(2028, 2, 29), date(2028, 2, 1), date(2027, 2, 1), date(2028, 1, 1)),
    ],
)
def test_window_moves_at_the_first_of_a_month(today, month, since, cancelled_since):
    found = window_on(today)
    assert (found.month, found.since, found.cancelled_since) == (month, since, cancelled_since)


def test_window_of_the_archive_begins_where_one_asks():
    assert window_on(date(2026, 11, 22), date(2019, 3, 15)).since == date(2019, 3, 15)


# ---------------------------------------------------------------- H03: ETag and Last-Modified


OTHER_VALUES = {
    "scope": Scope.PERSON,
    "scope_id": 8,
    "audience": "public",
    "language": "en",
    "version": 4,
    "modified_at": datetime(2026, 11, 10, 8, 1, tzinfo=UTC),
    "name": "Regionala forumet",
    "alarm": 60,
    "tentative": True,
    "cancelled": False,
    "selection": (1, 2),
    "user_id": 5,
    "epoch": 2,
}


@pytest.mark.parametrize("name", [field.name for field in fields(Feed)])
def test_etag_changes_with_each_field_but_those_of_the_address(name):
    changed = {"token_id": 9, "fetched_on": date(2026, 11, 21)} | OTHER_VALUES
    same = entity_tag(replace(FEED, **{name: changed[name]}), WINDOW, "Takt") == entity_tag(FEED, WINDOW, "Takt")
    assert same == (name not in OTHER_VALUES)


def test_etag_changes_with_the_month_the_archive_and_the_wordmark():
    tags = [
        entity_tag(FEED, WINDOW, "Takt"),
        entity_tag(FEED, window_on(date(2026, 12, 1)), "Takt"),
        entity_tag(FEED, window_on(date(2026, 11, 22), date(2020, 1, 1)), "Takt"),
        entity_tag(FEED, WINDOW, "Länet"),
    ]
    assert len(set(tags)) == 4
    assert entity_tag(FEED, window_on(date(2026, 11, 1)), "Takt") == tags[0]


def test_last_modified_is_the_version_or_the_month_whichever_is_later():
    at = last_modified(FEED, WINDOW, "Europe/Stockholm")
    assert at == datetime(2026, 11, 10, 8, 0, tzinfo=UTC)
    old = replace(FEED, modified_at=datetime(2026, 3, 1, tzinfo=UTC))
    month = datetime(2026, 10, 31, 23, 0, tzinfo=UTC)  # midnight in Stockholm
    assert last_modified(old, WINDOW, "Europe/Stockholm") == month
    assert last_modified(replace(FEED, modified_at=None), WINDOW, "Europe/Stockholm") == month


def test_last_modified_is_whole_seconds():
    exact = replace(FEED, modified_at=datetime(2026, 11, 10, 8, 0, 0, 900, tzinfo=UTC))
    assert last_modified(exact, WINDOW, "Europe/Stockholm") == datetime(2026, 11, 10, 8, 0, tzinfo=UTC)


RIGHTS = Rights(frozenset({7}), frozenset({7}))


@pytest.mark.parametrize(
    ("scope", "tentative", "hangs"),
    [
        (Scope.FORUM, False, False),
        (Scope.PERSON, False, False),
        (Scope.ORGANISATION, False, False),
        (Scope.FORUM, True, True),
        (Scope.PERSON, True, True),
        (Scope.SECRETARIAT, False, True),
        (Scope.SELECTION, False, True),
    ],
)
def test_etag_hangs_on_rights_where_the_bytes_do(scope, tentative, hangs):
    feed = replace(FEED, scope=scope, tentative=tentative)
    marks = {rights_mark(feed, rights) for rights in (ALL, RIGHTS, Rights(frozenset(), frozenset()))}
    assert len(marks) == (3 if hangs else 1)
    assert ("" in marks) == (not hangs)


# ---------------------------------------------------------------- F06–F10: the head


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("scope", Scope)
def test_empty_feed_of_each_scope_is_a_valid_calendar(scope, language):
    body = assemble(head_of(scope, "Forum; ett, två", language, "Takt"), [], [])
    assert lint_calendar(body) == []


def test_head_says_whose_calendar_it_is_in_its_language():
    assert b"\r\nX-WR-CALNAME:Regionalt forum\r\n" in head_of(Scope.FORUM, "Regionalt forum", "sv", "Takt")
    assert "\r\nX-WR-CALNAME:Mina möten\\, Takt\r\n".encode() in head_of(Scope.PERSON, "", "sv", "Takt")
    assert b"\r\nX-WR-CALNAME:My meetings\\, Takt\r\n" in head_of(Scope.PERSON, "", "en", "Takt")


# ---------------------------------------------------------------- whose a feed may be

MEMBER = Principal(user_id=1, person_id=5, member_forums=frozenset({7}))
CONTACT = Principal(user_id=2, organisations=frozenset({30}), organisation_forums=frozenset({7}))
SECRETARY = Principal(user_id=3, secretariat=True, secretariat_forums=frozenset({7}))
READER = Principal(user_id=4, reader=True)
ADMINISTRATOR = Principal(user_id=6, administrator=True)


@pytest.mark.parametrize(
    ("who", "scope", "scope_id", "allowed"),
    [
        (ANONYMOUS, Scope.PUBLIC, 0, False),
        (MEMBER, Scope.PUBLIC, 0, True),
        (MEMBER, Scope.FORUM, 7, True),
        (MEMBER, Scope.FORUM, 8, False),
        (READER, Scope.FORUM, 8, True),
        (MEMBER, Scope.PERSON, 5, True),
        (MEMBER, Scope.PERSON, 6, False),
        (ADMINISTRATOR, Scope.PERSON, 5, False),
        (CONTACT, Scope.ORGANISATION, 30, True),
        (CONTACT, Scope.ORGANISATION, 31, False),
        (SECRETARY, Scope.ORGANISATION, 30, False),
        (READER, Scope.ORGANISATION, 30, True),
        (SECRETARY, Scope.SECRETARIAT, 40, True),
        (MEMBER, Scope.SELECTION, 0, True),
    ],
)
def test_may_have(who, scope, scope_id, allowed):
    assert may_have(who, scope, scope_id) is allowed


@settings(max_examples=100)
@given(
    st.builds(
        Principal,
        user_id=st.just(1),
        administrator=st.booleans(),
        reader=st.booleans(),
        secretariat_forums=st.frozensets(st.integers(1, 6)),
        chair_forums=st.frozensets(st.integers(1, 6)),
        member_forums=st.frozensets(st.integers(1, 6)),
        organisation_forums=st.frozensets(st.integers(1, 6)),
    )
)
def test_rights_are_what_the_role_table_says_of_each_forum(who):
    rights = rights_of(who)
    for forum_id in range(1, 8):
        inside = rights.inside is None or forum_id in rights.inside
        assert inside == may(who, "forum.read", forum_ids=[forum_id])
        assert (rights.drafts is None or forum_id in rights.drafts) == may(who, "draft.read", forum_ids=[forum_id])


# ---------------------------------------------------------------- clients


@pytest.mark.parametrize(
    ("user_agent", "family"),
    [
        ("Google-Calendar-Importer", "google"),
        ("Mozilla/5.0 (compatible; Google-Calendar-Importer; +http://www.google.com)", "google"),
        ("Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)", "outlook"),
        ("Mozilla/5.0 (Windows NT 10.0; Microsoft.Exchange.InternetCalendars)", "outlook"),
        ("iOS/17.5.1 (21F90) dataaccessd/1.0", "apple"),
        ("macOS/14.5 (23F79) CalendarAgent/961.4.2", "apple"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.1.0", "thunderbird"),
        ("Evolution/3.52.3", "evolution"),
        ("ICSx5/2.2.3 (ktor; okhttp) Android/14", "davx5"),
        ("Nextcloud Server Crawler", "nextcloud"),
        ("HomeAssistant/2026.11 httpx", "home_assistant"),
        ("vdirsyncer/0.19.3", "vdirsyncer"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "browser"),
        ("curl/8.5.0", "other"),
        ("", "other"),
    ],
)
def test_client_family(user_agent, family):
    assert client_family(user_agent) == family


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("a" * 43, True),
        ("aB3_-" * 8 + "abc", True),
        ("a" * 42, False),
        ("a" * 44, False),
        ("a" * 42 + "å", False),
        ("", False),
    ],
)
def test_is_token(text, shape):
    assert is_token(text) is shape


@pytest.mark.parametrize(
    ("changed", "edited", "said"),
    [
        (None, None, None),
        ("10:00:00", None, "10:00:00"),
        (None, "10:00:00", "10:00:00"),
        ("10:00:00.5", "11:00:00", "11:00:00"),
        ("11:00:00.5", "10:00:00", "11:00:00.5"),
        ("10:00:00.2", "10:00:00.7", "10:00:01"),
    ],
)
def test_two_changes_never_give_a_link_the_same_date(changed, edited, said):
    def at(clock: str | None) -> datetime | None:
        return datetime.fromisoformat(f"2026-11-22T{clock}").replace(tzinfo=UTC) if clock else None

    assert later(at(changed), at(edited)) == at(said)
