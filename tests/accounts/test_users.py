"""Users and roles: adding never touches an account that is there, a change ends sessions (SEC-13, SEC-20)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from scheduler.accounts.users import (
    add_user,
    edit_user,
    end_role,
    grant_role,
    revoke_role,
    set_active,
    set_language,
    set_person,
)
from scheduler.errors import NotFound, Refused
from scheduler.history.models import HistoryEntry
from scheduler.ical.busy import BusySpan, Reading
from scheduler.organisations.models import Organisation, OrganisationKind, Person
from scheduler.outbound import Validators
from scheduler.places.busy import add_source
from scheduler.places.busy_models import BusySource, BusyTime
from scheduler.places.busy_reading import Found
from tests.accounts.rows import columns

URL = "https://kalender.example.com/private-7f3a9c/basic.ics"


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


# ---------------------------------------------------------------- editing


def test_edit_user_sets_name_and_language_and_sessions_go_on(session, actor, now, sara):
    edit_user(session, actor, now, user=sara, name=" Sara Nieminen ", language="en")
    assert (sara.name, sara.language, sara.epoch) == ("Sara Nieminen", "en", 1)
    assert history(session) == [
        ("user.edit", sara.login, {"name": "Sara Niemi", "language": "sv"}, {"name": "Sara Nieminen", "language": "en"})
    ]


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"name": " "}, "name: Ange ett namn"),
        ({"name": "n" * 201}, "name: Högst 200 tecken"),
        ({"language": "de"}, "language: Välj ett av språken"),
    ],
)
def test_edit_user_refuses(session, actor, now, sara, given, refusal):
    with pytest.raises(Refused) as refused:
        edit_user(session, actor, now, user=sara, **{"name": "Sara", "language": "sv", **given})
    assert (str(refused.value), sara.name, history(session)) == (refusal, "Sara Niemi", [])


def test_set_person_ends_sessions_and_is_one_to_one(session, actor, now, sara, karin):
    set_person(session, actor, now, user=sara, person_id=karin.id)
    set_person(session, actor, now, user=sara, person_id=karin.id)
    assert (sara.person_id, sara.person, sara.epoch) == (karin.id, karin, 2)
    after = {"person_id": karin.id, "person": "Karin Lundmark"}
    assert history(session) == [("user.person", sara.login, {"person_id": None, "person": None}, after)]
    other = add(session, actor, now)
    with pytest.raises(Refused) as refused:
        set_person(session, actor, now, user=other, person_id=karin.id)
    assert str(refused.value) == "person_id: Personen har redan ett konto: sara.niemi@lst.example"
    set_person(session, actor, now, user=sara, person_id=None)
    assert (sara.person, sara.epoch) == (None, 3)


@pytest.mark.parametrize("how", ["disabled", "nobody", "somebody else"])
def test_who_may_no_longer_sign_in_has_no_calendar_read(session, actor, now, sara, karin, how):
    bo = Person(given_name="Bo", family_name="Ek", locale="sv")
    session.add(bo)
    session.flush()
    set_person(session, actor, now, user=sara, person_id=karin.id)
    span = BusySpan(now, now + timedelta(hours=1))
    for owner, url in ((karin, URL), (karin, None), (bo, URL)):
        add_source(session, actor, now, owner, Found(Reading((span,)), Validators()), name="Outlook", url=url)
    if how == "disabled":
        set_active(session, actor, now, user=sara, active=False)
    else:
        set_person(session, actor, now, user=sara, person_id=bo.id if how == "somebody else" else None)
    left = session.scalars(select(BusySource)).one()
    assert left.person_id == bo.id
    assert session.scalars(select(BusyTime.source_id)).all() == [left.id]
    gone = session.scalars(select(HistoryEntry).where(HistoryEntry.action == "busy.remove")).all()
    assert [(entry.subject_id, entry.before) for entry in gone] == [
        (karin.id, {"kind": "url"}), (karin.id, {"kind": "file"}),
    ]  # fmt: skip
    assert "7f3a9c" not in "".join(str(vars(entry)) for entry in session.scalars(select(HistoryEntry)))


def test_set_person_takes_nobody_who_is_gone(session, actor, now, sara, karin):
    karin.anonymised_at = now
    session.flush()
    for person_id in (karin.id, 999_999):
        with pytest.raises(Refused) as refused:
            set_person(session, actor, now, user=sara, person_id=person_id)
        assert str(refused.value) == "person_id: Välj en person"


# ---------------------------------------------------------------- roles from day to day


@pytest.mark.parametrize(
    ("from_on", "to_on", "fits"),
    [
        (None, None, False),
        (date(2026, 12, 31), None, False),
        (None, date(2026, 1, 1), False),
        (date(2027, 1, 1), None, True),
        (None, date(2025, 12, 31), True),
    ],
)
def test_role_is_given_once_for_the_same_days(session, actor, now, sara, from_on, to_on, fits):
    grant_role(session, actor, now, user=sara, role="reader", from_on=date(2026, 1, 1), to_on=date(2026, 12, 31))
    if fits:
        grant_role(session, actor, now, user=sara, role="reader", from_on=from_on, to_on=to_on)
        assert len(sara.roles) == 2
        return
    with pytest.raises(Refused) as refused:
        grant_role(session, actor, now, user=sara, role="reader", from_on=from_on, to_on=to_on)
    assert str(refused.value) == "role: Rollen finns redan under de dagarna"
    assert (len(sara.roles), sara.epoch) == (1, 2)


def test_same_role_for_another_reach_is_another_role(session, actor, now, sara, county):
    grant_role(session, actor, now, user=sara, role="secretariat", organisation_id=county.id)
    grant_role(session, actor, now, user=sara, role="organisation_contact", organisation_id=county.id)
    assert len(sara.roles) == 2
    fields = history(session)[0][3]
    assert fields == {"role": "secretariat", "organisation_id": county.id, "organisation": "Länsstyrelsen"}


@pytest.mark.parametrize("given", [{"forum_id": 999_999}, {"organisation_id": 999_999}])
def test_role_for_what_is_not_there_is_refused(session, actor, now, sara, given):
    with pytest.raises(Refused):
        grant_role(session, actor, now, user=sara, role="secretariat", **given)
    assert sara.roles == []


def test_end_role_on_a_day(session, actor, now, sara):
    role = grant_role(session, actor, now, user=sara, role="reader", from_on=date(2026, 11, 1))
    end_role(session, actor, now, user=sara, role_id=role.id, on=date(2026, 11, 30))
    assert (role.to_on, sara.epoch) == (date(2026, 11, 30), 3)
    assert history(session)[-1] == ("role.end", sara.login, {"to_on": None}, {"to_on": "2026-11-30"})
    with pytest.raises(Refused) as refused:
        end_role(session, actor, now, user=sara, role_id=role.id, on=date(2026, 10, 31))
    assert str(refused.value) == "on: Sista dagen kan inte ligga före den första"
    with pytest.raises(NotFound):
        end_role(session, actor, now, user=add(session, actor, now), role_id=role.id, on=date(2026, 11, 30))


# ---------------------------------------------------------------- the last administrator


LAST = "Takt måste ha minst en administratör. Ge någon annan rollen först."


@pytest.fixture
def administrator(session, actor, now, sara):
    grant_role(session, actor, now, user=sara, role="administrator")
    return sara


def leave(session, actor, now, user, how):
    if how == "disabled":
        set_active(session, actor, now, user=user, active=False)
    elif how == "revoked":
        revoke_role(session, actor, now, user=user, role_id=user.roles[0].id)
    else:
        end_role(session, actor, now, user=user, role_id=user.roles[0].id, on=date.fromisoformat(how))


WAYS = pytest.mark.parametrize("how", ["disabled", "revoked", "2026-11-21", "2027-12-31"])


@WAYS
def test_last_administrator_stays(session, actor, now, administrator, how):
    with pytest.raises(Refused) as refused:
        leave(session, actor, now, administrator, how)
    assert str(refused.value).removeprefix("on: ") == LAST
    assert (administrator.active, administrator.epoch, administrator.roles[0].to_on) == (True, 2, None)


@WAYS
def test_one_of_two_administrators_may_leave(session, actor, now, administrator, how):
    add(session, actor, now, role="administrator")
    leave(session, actor, now, administrator, how)
    assert administrator.epoch == 3


@pytest.mark.parametrize("other", ["disabled", "only until December", "from next year on"])
def test_administrator_who_is_none_for_good_does_not_count(session, actor, now, administrator, other):
    user = add(session, actor, now)
    days = {
        "only until December": {"to_on": date(2026, 12, 31)},
        "from next year on": {"from_on": date(2027, 1, 1)},
    }.get(other, {})
    grant_role(session, actor, now, user=user, role="administrator", **days)
    user.active = other != "disabled"
    session.flush()
    with pytest.raises(Refused):
        leave(session, actor, now, administrator, "revoked")


def test_administrator_whose_days_are_over_may_be_taken_away(session, actor, now, administrator):
    old = add(session, actor, now)
    role = grant_role(session, actor, now, user=old, role="administrator", to_on=date(2025, 12, 31))
    revoke_role(session, actor, now, user=old, role_id=role.id)
    assert old.roles == []
