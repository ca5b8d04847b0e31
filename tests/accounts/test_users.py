"""Users and roles: adding never touches an account that is there, a change ends sessions (SEC-13, SEC-20)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from scheduler.accounts.users import add_user, grant_role, revoke_role, set_active, set_language
from scheduler.errors import NotFound, Refused
from scheduler.history.models import HistoryEntry
from scheduler.organisations.models import Organisation, OrganisationKind
from tests.accounts.rows import columns


@pytest.fixture
def county(session) -> Organisation:
    kind = session.get(OrganisationKind, "lansstyrelse") or OrganisationKind(
        id="lansstyrelse", sv="länsstyrelse", en="county board"
    )
    organisation = Organisation(slug="lansstyrelsen", name="Länsstyrelsen", kind=kind)
    session.add(organisation)
    session.flush()
    return organisation


def add(session, actor, now, **given):
    return add_user(session, actor, now, **{"login": "eva.berg@lst.example", "name": "Eva Berg", **given})


def history(session):
    return [(e.action, e.subject_label, e.before, e.after) for e in session.scalars(select(HistoryEntry))]


def test_add_user_with_a_role(session, actor, now, county):
    user = add(session, actor, now, login=" Eva.Berg@LST.example", role="secretariat", organisation="lansstyrelsen")
    assert (user.login, user.name, user.person_id, user.language) == ("eva.berg@lst.example", "Eva Berg", None, "sv")
    assert [(r.role, r.forum_id, r.organisation_id) for r in user.roles] == [("secretariat", None, county.id)]
    assert [entry[0] for entry in history(session)] == ["user.create", "role.grant"]


def test_add_user_is_the_person_who_has_the_address(session, actor, now, karin):
    assert add(session, actor, now, login="KARIN.lundmark@hk.example").person_id == karin.id


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"login": "eva"}, "login: Ange en e-postadress, till exempel namn@exempel.se"),
        ({"name": "  "}, "name: Ange ett namn"),
        ({"language": "de"}, "language: Välj ett av språken"),
        ({"role": "king"}, "role: Det finns ingen roll king"),
        ({"role": "secretariat"}, "forum: Ange antingen ett forum eller en organisation för rollen sekretariat"),
        ({"role": "organisation_contact"}, "organisation: Ange en organisation för rollen organisationskontakt"),
        (
            {"role": "reader", "organisation": "lansstyrelsen"},
            "role: Rollen gäller allt och har varken forum eller organisation",
        ),
        ({"organisation": "lansstyrelsen"}, "role: Ange vilken roll det gäller"),
        ({"role": "secretariat", "forum": "nowhere"}, "forum: Det finns inget forum nowhere"),
        ({"role": "secretariat", "organisation": "nobody"}, "organisation: Det finns ingen organisation nobody"),
    ],
)
def test_add_user_refuses(session, actor, now, county, given, refusal):
    with pytest.raises(Refused) as refused:
        add(session, actor, now, **given)
    assert str(refused.value) == refusal
    assert history(session) == []


def test_add_user_never_touches_an_account_that_is_there(session, actor, now, sara):
    before = columns(sara)
    with pytest.raises(Refused) as refused:
        add(session, actor, now, login="SARA.niemi@lst.example", name="Somebody else", role="administrator")
    assert str(refused.value) == "login: sara.niemi@lst.example har redan ett konto"
    assert (columns(sara), sara.roles) == (before, [])


def test_add_user_for_a_person_who_has_an_account_under_another_address(session, actor, now, karin, sara):
    sara.person_id = karin.id
    session.flush()
    with pytest.raises(Refused) as refused:
        add(session, actor, now, login="karin.lundmark@hk.example")
    assert str(refused.value) == "login: Personen har redan ett konto: sara.niemi@lst.example"


def test_every_change_of_a_role_raises_the_epoch(session, actor, now, sara):
    assert sara.epoch == 1
    role = grant_role(session, actor, now, user=sara, role="reader", from_on=date(2026, 1, 1), to_on=date(2026, 12, 31))
    assert sara.epoch == 2
    revoke_role(session, actor, now, user=sara, role_id=role.id)
    assert (sara.epoch, sara.roles) == (3, [])
    set_active(session, actor, now, user=sara, active=False)
    assert sara.epoch == 4
    set_active(session, actor, now, user=sara, active=False)
    assert sara.epoch == 4


def test_role_and_its_end_are_in_the_history(session, actor, now, sara):
    role = grant_role(session, actor, now, user=sara, role="reader", to_on=date(2026, 12, 31))
    revoke_role(session, actor, now, user=sara, role_id=role.id)
    fields = {"role": "reader", "to_on": "2026-12-31"}
    assert history(session) == [
        ("role.grant", "sara.niemi@lst.example", None, fields),
        ("role.revoke", "sara.niemi@lst.example", fields, None),
    ]


def test_role_with_its_days_in_the_wrong_order_is_refused(session, actor, now, sara):
    with pytest.raises(Refused) as refused:
        grant_role(session, actor, now, user=sara, role="reader", from_on=date(2026, 12, 31), to_on=date(2026, 1, 1))
    assert str(refused.value) == "to_on: Sista dagen kan inte ligga före den första"


def test_revoke_role_of_somebody_else_is_not_found(session, actor, now, sara):
    other = add(session, actor, now, role="reader")
    with pytest.raises(NotFound):
        revoke_role(session, actor, now, user=sara, role_id=other.roles[0].id)


def test_set_language(session, actor, now, sara):
    set_language(session, actor, now, user=sara, language="en")
    set_language(session, actor, now, user=sara, language="en")
    assert sara.language == "en"
    assert history(session) == [("user.edit", sara.login, {"language": "sv"}, {"language": "en"})]
    with pytest.raises(Refused):
        set_language(session, actor, now, user=sara, language="de")
