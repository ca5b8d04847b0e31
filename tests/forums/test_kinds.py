"""Kinds of forums and of organisations: entered, changed, put in order, removed, and seeded."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from scheduler.errors import Refused
from scheduler.forums.inherited import effective
from scheduler.forums.kind_actions import create_kind, edit_kind, forums_of_kind, kinds_in_use, remove_kind
from scheduler.forums.kinds import seed_kinds
from scheduler.forums.models import Forum, ForumKind
from scheduler.history.models import HistoryEntry
from scheduler.history.rules import subject_number
from scheduler.organisations import kind_actions as organisation_kinds
from scheduler.organisations.models import Organisation, OrganisationKind


@pytest.fixture(autouse=True)
def _kinds(session):
    seed_kinds(session)


def forum(session, name: str = "Forumet", kind: str = "natverk", **given: object) -> Forum:
    row = Forum(slug=name.lower(), name=name, kind_id=kind, tracked_from_on=date(2026, 1, 1), **given)
    session.add(row)
    session.flush()
    return row


def refused(call, *args, **given) -> dict[str | None, str]:
    with pytest.raises(Refused) as caught:
        call(*args, **given)
    return {problem.field: str(problem) for problem in caught.value.problems}


def test_kind_is_entered_with_an_id_of_its_name_and_stands_last(session, actor, now):
    kind = create_kind(session, actor, now, sv="Råd för länet", en="County council of elders", notice_n=10)
    assert (kind.id, kind.notice_n, kind.formality) == ("rad-for-lanet", 10, "notes")
    assert [row.kind.id for row in kinds_in_use(session)][-1] == "rad-for-lanet"
    [entry] = session.scalars(select(HistoryEntry).where(HistoryEntry.subject_kind == "forum_kind"))
    assert (entry.action, entry.subject_id, entry.subject_label) == (
        "forum_kind.create", subject_number("rad-for-lanet"), "Råd för länet",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"sv": ""}, {"sv": "Ange namnet på svenska"}),
        ({"en": None}, {"en": "Ange namnet på engelska"}),
        ({"sv": "NÄTVERK"}, {"sv": "NÄTVERK finns redan"}),
        ({"en": "network"}, {"en": "network finns redan"}),
        ({"notice_n": 400}, {"notice_n": "Ange ett heltal mellan 0 och 365"}),
        ({"notice_n": None}, {"notice_n": "Ange ett heltal mellan 0 och 365"}),
        ({"formality": "song"}, {"formality": "Välj något i listan"}),
        ({"public_level": ""}, {"public_level": "Välj något i listan"}),
    ],
)
def test_kind_that_cannot_be_is_refused_at_its_fields(session, actor, now, given, problems):
    before = len(kinds_in_use(session))
    assert refused(create_kind, session, actor, now, **{"sv": "Ny", "en": "New", **given}) == problems
    assert len(kinds_in_use(session)) == before


def test_change_of_a_kind_reaches_the_forums_without_a_value_of_their_own(session, actor, now):
    inheriting, own = forum(session, "Ärver"), forum(session, "Egen", notice_n=3, notice_unit="working_days")
    kind = session.get(ForumKind, "natverk")
    edit_kind(session, actor, now, kind, notice_n=30, public_level="dates")
    assert [effective(row).notice_n for row in (inheriting, own)] == [30, 3]
    assert effective(own).public_level == "dates"
    assert [(row.name, names) for row, names in forums_of_kind(session, kind)] == [
        ("Egen", {"notice_n", "notice_unit"}), ("Ärver", frozenset()),
    ]  # fmt: skip
    [used] = [row for row in kinds_in_use(session) if row.kind is kind]
    assert (used.forums, used.with_own) == (2, 1)


def test_kind_is_put_elsewhere_in_the_list(session, actor, now):
    edit_kind(session, actor, now, session.get(ForumKind, "styrelse"), place=1)
    assert [row.kind.id for row in kinds_in_use(session)][:3] == ["styrelse", "partnerskap", "delegation"]
    edit_kind(session, actor, now, session.get(ForumKind, "styrelse"), place=900)
    assert [row.kind.id for row in kinds_in_use(session)][-1] == "styrelse"


def test_kind_in_use_stays_and_an_unused_one_goes_for_good(session, actor, now):
    forum(session)
    assert refused(remove_kind, session, actor, now, session.get(ForumKind, "natverk")) == {
        None: "1 forum är av den här typen. Ge dem en annan först."
    }
    remove_kind(session, actor, now, session.get(ForumKind, "rad"))
    seed_kinds(session)
    assert session.get(ForumKind, "rad") is None
    assert create_kind(session, actor, now, sv="Råd", en="Council").id == "rad-2"


def test_seeding_leaves_changed_kinds_as_they_are(session, actor, now):
    edit_kind(session, actor, now, session.get(ForumKind, "natverk"), sv="Nät", notice_n=7, public_level="full")
    organisation_kinds.edit_organisation_kind(session, actor, now, session.get(OrganisationKind, "kommun"), en="Town")
    seed_kinds(session)
    kind = session.get(ForumKind, "natverk")
    session.refresh(kind)
    assert (kind.sv, kind.notice_n, kind.public_level) == ("Nät", 7, "full")
    assert session.get(OrganisationKind, "kommun").en == "Town"


def test_id_that_is_an_address_of_its_own_is_never_given(session, actor, now):
    assert create_kind(session, actor, now, sv="Organisations", en="Organisations").id == "organisations-2"
    assert create_kind(session, actor, now, sv="New", en="Newest").id == "new-2"


# ---------------------------------------------------------------- kinds of organisations


def test_kinds_of_organisations_are_entered_renamed_ordered_and_removed(session, actor, now):
    kind = organisation_kinds.create_organisation_kind(session, actor, now, sv="Stiftelse", en="Foundation", place=2)
    ids = session.scalars(select(OrganisationKind.id).order_by(OrganisationKind.position)).all()
    assert ids[:3] == ["lansstyrelse", "stiftelse", "region"]
    organisation_kinds.edit_organisation_kind(session, actor, now, kind, sv="Stiftelse/fond")
    organisation = Organisation(slug="fonden", name="Fonden", kind_id="stiftelse")
    session.add(organisation)
    session.flush()
    assert organisation_kinds.uses(session) == {"stiftelse": 1}
    assert refused(organisation_kinds.remove_organisation_kind, session, actor, now, kind) == {
        None: "1 organisationer är av den här typen. Ge dem en annan först."
    }
    organisation.kind_id = "civil"
    session.flush()
    organisation_kinds.remove_organisation_kind(session, actor, now, kind)
    again = organisation_kinds.create_organisation_kind(session, actor, now, sv="Stiftelse", en="Foundation")
    assert again.id == "stiftelse-2"
