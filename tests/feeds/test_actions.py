from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from scheduler.accounts.rules import ANONYMOUS, digest
from scheduler.errors import NotFound, Refused
from scheduler.feeds.actions import make_token, mark_fetched, renew_token, revoke_token
from scheduler.feeds.models import FeedToken
from scheduler.feeds.rules import Scope, is_token
from scheduler.history.models import HistoryEntry
from tests.feeds.subscribers import link, principal, user_of


@pytest.fixture
def user(county):
    return user_of(county, county.person("Elin Marklund"))


def history(session) -> list[tuple[str, str]]:
    rows = session.scalars(
        select(HistoryEntry).where(HistoryEntry.subject_kind == "feed_token").order_by(HistoryEntry.id)
    )
    return [(row.action, row.subject_label) for row in rows]


def test_made_link_is_stored_as_a_hash_and_nowhere_else(county, session, user):
    made = link(county, user, Scope.PERSON, user.person_id, label="  Outlook på\njobbet ", language="en", alarm=15)
    row = made.token
    assert is_token(made.secret)
    assert (row.token_hash, row.label, row.language, row.alarm) == (digest(made.secret), "Outlook på jobbet", "en", 15)
    assert (row.user_id, row.scope, row.scope_id, row.fetched_on, row.revoked_at) == (
        user.id,
        "person",
        user.person_id,
        None,
        None,
    )
    assert history(session) == [("feed.create", "Outlook på jobbet")]
    entry = session.scalars(select(HistoryEntry).where(HistoryEntry.action == "feed.create")).one()
    assert made.secret not in repr((entry.before, entry.after))
    assert row.token_hash not in repr((entry.before, entry.after))


def test_any_number_of_links_each_with_a_secret_of_its_own(county, user):
    made = [link(county, user, Scope.PUBLIC) for _ in range(3)]
    assert len({each.secret for each in made} | {each.token.token_hash for each in made}) == 6


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"label": " "}, "label"),
        ({"label": "x" * 201}, "label"),
        ({"language": "fi"}, "language"),
        ({"alarm": -1}, "alarm"),
        ({"alarm": 40_321}, "alarm"),
        ({"scope": Scope.PUBLIC, "alarm": 60}, "alarm"),
        ({"scope": Scope.SELECTION}, "selection"),
        ({"scope": Scope.SELECTION, "selection": [999_999]}, "selection"),
    ],
)
def test_refused_link_stores_nothing(county, session, user, given, field):
    values = {"scope": Scope.PERSON, "label": "Telefon"} | given
    values["scope_id"] = user.person_id if values["scope"] == Scope.PERSON else 0
    with pytest.raises(Refused) as refused:
        make_token(session, county.actor, county.now, principal=principal(county, user), **values)
    assert [problem.field for problem in refused.value.problems] == [field]
    assert session.scalars(select(FeedToken)).all() == []
    assert history(session) == []


def test_link_to_what_one_may_not_read_does_not_exist(county, session, user):
    forum, other = county.forum(), county.person()
    for scope, scope_id in ((Scope.FORUM, forum.id), (Scope.FORUM, 999_999), (Scope.PERSON, other.id)):
        with pytest.raises(NotFound):
            link(county, user, scope, scope_id)
    with pytest.raises(NotFound):
        make_token(session, county.actor, county.now, principal=ANONYMOUS, scope=Scope.PUBLIC, label="Telefon")
    assert session.scalars(select(FeedToken)).all() == []


def test_renewed_link_keeps_its_choices_and_ends_the_old_one(county, session, user):
    made = link(county, user, Scope.PERSON, user.person_id, language="en", alarm=30, tentative=True, cancelled=False)
    mark_fetched(session, token_id=made.token.id, on=date(2026, 11, 20), client="google")
    renewed = renew_token(session, county.actor, county.now, made.token)
    kept = ("label", "scope", "scope_id", "selection", "user_id", "language", "alarm", "tentative", "cancelled")
    assert [getattr(renewed.token, name) for name in kept] == [getattr(made.token, name) for name in kept]
    assert (made.token.revoked_at, renewed.token.revoked_at) == (county.now, None)
    assert (renewed.token.fetched_on, renewed.token.client) == (None, None)
    assert renewed.secret != made.secret
    assert history(session) == [("feed.create", "Telefon"), ("feed.renew", "Telefon")]


def test_revoked_link_is_neither_renewed_nor_revoked_again(county, session, user):
    made = link(county, user, Scope.PUBLIC)
    revoke_token(session, county.actor, county.now, made.token)
    for action in (renew_token, revoke_token):
        with pytest.raises(Refused):
            action(session, county.actor, county.now, made.token)
    assert history(session) == [("feed.create", "Telefon"), ("feed.revoke", "Telefon")]


def test_fetch_is_noted_once_a_day(county, session, user):
    row = link(county, user, Scope.PUBLIC).token
    noted = []
    for on, client in ((20, "google"), (20, "apple"), (21, "apple")):
        mark_fetched(session, token_id=row.id, on=date(2026, 11, on), client=client)
        session.refresh(row)
        noted.append((row.fetched_on.day, row.client))
    assert noted == [(20, "google"), (20, "google"), (21, "apple")]
