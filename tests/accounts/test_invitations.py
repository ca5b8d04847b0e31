"""Invitations: one use, seven days, and never an account that is there already (SEC-20)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from scheduler.accounts.actions import sweep
from scheduler.accounts.invitations import (
    accept_invitation,
    invite,
    renew_invitation,
    revoke_invitation,
    state_of_invitation,
)
from scheduler.accounts.listing import waiting_invitations
from scheduler.accounts.models import Invitation, SignInSession, User
from scheduler.accounts.queries import invitation_of
from scheduler.accounts.rules import INVITATION_LIFE, digest, invitation_state
from scheduler.errors import Gone, NotFound, Refused
from scheduler.forums.kinds import seed_kinds
from scheduler.forums.models import Forum
from scheduler.history.models import HistoryEntry
from scheduler.history.rules import Actor
from tests.accounts.rows import columns
from tests.conftest import NOW

EVA = "eva.berg@lst.example"
SECOND = timedelta(seconds=1)


@pytest.fixture
def forum(session) -> Forum:
    seed_kinds(session)
    row = Forum(slug="regionalt-forum", name="Regionalt forum", kind_id="natverk", tracked_from_on=date(2026, 1, 1))
    session.add(row)
    session.flush()
    return row


@pytest.fixture
def inviting(sara) -> Actor:
    return Actor(sara.name, sara.id)


def ask(session, actor, **given):
    return invite(session, actor, NOW, **{"login": EVA, "name": "Eva Berg", **given})


def history(session):
    rows = session.scalars(select(HistoryEntry).order_by(HistoryEntry.id))
    return [(entry.actor, entry.action, entry.subject_label) for entry in rows]


@pytest.mark.parametrize(
    ("state", "accepted", "revoked", "left"),
    [
        ("open", None, None, 1),
        ("expired", None, None, 0),
        ("accepted", NOW, None, -1),
        ("revoked", None, NOW, 1),
        ("accepted", NOW, NOW, 1),
    ],
)
def test_state(state, accepted, revoked, left):
    ends = NOW + timedelta(seconds=left)
    assert invitation_state(NOW, accepted_at=accepted, revoked_at=revoked, expires_at=ends) == state


def test_invitation_becomes_a_user_with_its_role(session, inviting, forum, now):
    made = ask(session, inviting, login=" Eva.Berg@LST.example ", language="en", role="secretariat", forum_id=forum.id)
    row = made.invitation
    assert (row.login, row.token_hash, row.expires_at) == (EVA, digest(made.token), now + timedelta(days=7))
    assert made.token not in repr(columns(row))
    user = accept_invitation(session, now + INVITATION_LIFE - SECOND, token=made.token)
    assert (user.login, user.name, user.language, user.active) == (EVA, "Eva Berg", "en", True)
    assert [(role.role, role.forum_id) for role in user.roles] == [("secretariat", forum.id)]
    assert session.scalars(select(SignInSession)).all() == []
    assert history(session) == [
        ("Sara Niemi", "invitation.create", EVA),
        ("Sara Niemi", "user.create", EVA),
        ("Sara Niemi", "role.grant", EVA),
        ("Eva Berg", "invitation.accept", EVA),
    ]
    assert not [e for e in session.scalars(select(HistoryEntry)) if made.token in repr((e.before, e.after))]


def test_invitation_without_a_role(session, inviting, now):
    user = accept_invitation(session, now, token=ask(session, inviting).token)
    assert user.roles == []


def test_user_becomes_the_person_who_has_the_address(session, inviting, karin, now):
    made = ask(session, inviting, login="karin.lundmark@hk.example")
    assert accept_invitation(session, now, token=made.token).person_id == karin.id


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"login": "eva"}, "login: Ange en e-postadress, till exempel namn@exempel.se"),
        ({"login": "SARA.niemi@lst.example"}, "login: sara.niemi@lst.example har redan ett konto"),
        ({"name": " "}, "name: Ange ett namn"),
        ({"language": "de"}, "language: Välj ett av språken"),
        ({"role": "king"}, "role: Det finns ingen roll king"),
        (
            {"role": "secretariat"},
            "forum: Ange antingen ett forum eller en organisation för rollen sekretariat",
        ),
        ({"role": "secretariat", "forum_id": 999}, "forum: Välj ett forum"),
        ({"role": "secretariat", "organisation_id": 999}, "organisation: Välj en organisation"),
        ({"forum_id": 999}, "role: Ange vilken roll det gäller"),
    ],
)
def test_invitation_is_refused(session, inviting, given, refusal):
    with pytest.raises(Refused) as refused:
        ask(session, inviting, **given)
    assert str(refused.value) == refusal
    assert (session.scalars(select(Invitation)).all(), history(session)) == ([], [])


def test_person_with_an_account_under_another_address_is_not_invited(session, inviting, sara, karin):
    sara.person_id = karin.id
    session.flush()
    with pytest.raises(Refused) as refused:
        ask(session, inviting, login="karin.lundmark@hk.example")
    assert str(refused.value) == "login: Personen har redan ett konto: sara.niemi@lst.example"


def test_open_invitation_is_sent_again_not_made_twice(session, inviting):
    ask(session, inviting)
    with pytest.raises(Refused) as refused:
        ask(session, inviting)
    assert str(refused.value) == f"login: {EVA} har redan en inbjudan. Skicka den igen i listan."


def test_expired_invitation_is_no_hindrance(session, inviting, now):
    ask(session, inviting)
    assert invite(session, inviting, now + INVITATION_LIFE, login=EVA, name="Eva Berg").token


@pytest.mark.parametrize("path", ["the same address", "the person's other address", "a disabled account"])
def test_account_that_has_come_to_be_is_not_touched(session, inviting, karin, now, path):
    made = ask(session, inviting, login="karin.lundmark@hk.example", role="administrator")
    user = User(login="karin@home.example", name="Karin", person_id=karin.id, created_at=now)
    if path != "the person's other address":
        user.login = "karin.lundmark@hk.example"
    user.active = path != "a disabled account"
    session.add(user)
    session.flush()
    before = columns(user)
    assert accept_invitation(session, now, token=made.token) is None
    session.refresh(user)
    assert (columns(user), user.roles) == (before, [])
    assert state_of_invitation(made.invitation, now) == "revoked"
    assert history(session)[-1][1] == "invitation.needless"
    with pytest.raises(Gone):
        accept_invitation(session, now, token=made.token)


def test_invitation_works_once(session, inviting, now):
    made = ask(session, inviting)
    accept_invitation(session, now, token=made.token)
    with pytest.raises(Gone):
        accept_invitation(session, now, token=made.token)
    assert len(session.scalars(select(User).where(User.login == EVA)).all()) == 1


def test_invitation_past_its_time_is_gone(session, inviting, now):
    made = ask(session, inviting)
    with pytest.raises(Gone):
        accept_invitation(session, now + INVITATION_LIFE, token=made.token)
    assert session.scalars(select(User).where(User.login == EVA)).all() == []


def test_unknown_link_is_not_found(session, now):
    with pytest.raises(NotFound):
        accept_invitation(session, now, token="x" * 43)


def test_renewed_invitation_has_a_new_link_and_the_old_one_is_dead(session, inviting, forum, now):
    old = ask(session, inviting, role="secretariat", forum_id=forum.id)
    later = now + timedelta(days=9)
    new = renew_invitation(session, inviting, later, invitation=old.invitation)
    assert new.token != old.token
    assert new.invitation.expires_at == later + INVITATION_LIFE
    assert [row.id for row in waiting_invitations(session, later)] == [new.invitation.id]
    with pytest.raises(Gone):
        accept_invitation(session, later, token=old.token)
    assert [role.forum_id for role in accept_invitation(session, later, token=new.token).roles] == [forum.id]


def test_invitation_is_not_renewed_for_an_account_that_is_there(session, inviting, now):
    made = ask(session, inviting)
    session.add(User(login=EVA, name="Eva", created_at=now))
    session.flush()
    with pytest.raises(Refused):
        renew_invitation(session, inviting, now, invitation=made.invitation)


def test_revoked_invitation_is_dead_and_stays_so(session, inviting, now):
    made = ask(session, inviting)
    revoke_invitation(session, inviting, now, invitation=made.invitation)
    assert history(session)[-1] == ("Sara Niemi", "invitation.revoke", EVA)
    assert waiting_invitations(session, now) == []
    with pytest.raises(Gone):
        accept_invitation(session, now, token=made.token)
    for again in (revoke_invitation, renew_invitation):
        with pytest.raises(Gone):
            again(session, inviting, now, invitation=made.invitation)


def test_list_says_who_invited_whom_to_what(session, inviting, forum, now):
    made = ask(session, inviting, role="secretariat", forum_id=forum.id)
    [row] = waiting_invitations(session, now)
    assert (row.id, row.name, row.invited_by, row.state) == (made.invitation.id, "Eva Berg", "Sara Niemi", "open")
    assert (row.role.role, row.role.forum_title) == ("secretariat", "Regionalt forum")
    [row] = waiting_invitations(session, now + INVITATION_LIFE)
    assert row.state == "expired"


def test_invitation_is_forgotten_a_month_after_its_end(session, inviting, now):
    made = ask(session, inviting)
    sweep(session, now + timedelta(days=36))
    assert invitation_of(session, made.token) is not None
    sweep(session, now + timedelta(days=38))
    assert invitation_of(session, made.token) is None
