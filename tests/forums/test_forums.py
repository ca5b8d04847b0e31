"""Creating, editing, ending and listing forums; what they inherit; their themes, principals and relations."""

from __future__ import annotations

from datetime import date, time

import pytest

from scheduler.errors import SavedByOther
from scheduler.forums.actions import (
    add_relation,
    create_forum,
    edit_forum,
    end_forum,
    remove_relation,
    set_principals,
    set_themes,
)
from scheduler.forums.inherited import effective
from scheduler.forums.kinds import FORUM_KINDS
from scheduler.forums.models import ForumInclusion, Pause
from scheduler.forums.nesting import include_forum
from scheduler.forums.queries import forum_by_slug, forum_kinds, forums_for_list, surroundings
from scheduler.forums.rotating import set_rotation
from scheduler.history.queries import history_of
from scheduler.history.rules import Actor
from scheduler.organisations.offices import create_office
from scheduler.register.models import Theme
from tests.organisations.making import counted, forum, kinds, organisation, person, refused

TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def _kinds(request):
    if "session" in request.fixturenames:
        kinds(request.getfixturevalue("session"))


def test_create_forum_keeps_what_was_written(session, actor, now):
    board = organisation(session, "Länsstyrelsen", "lansstyrelse")
    governor = create_office(session, actor, now, sv="Landshövdingen")
    row = create_forum(
        session,
        actor,
        now,
        name=" Samverkan  Malmfälten ",
        kind_id="natverk",
        short_name="Malmfälten",
        code="sm",
        host_id=board.id,
        secretariat_id=board.id,
        lead_office_id=governor.id,
        default_time=time(13, 0),
        valid_from_on=date(1994, 5, 1),
        valid_from_precision="decade",
        names={"se": "Málbmaguovlu"},
        purpose="Rad ett\r\nRad två\x00",
    )
    session.expire_all()
    assert (row.slug, row.name, row.code, row.kind.sv) == (
        "samverkan-malmfalten",
        "Samverkan Malmfälten",
        "SM",
        "Nätverk",
    )
    assert (row.host.name, row.lead_office.sv, row.default_time) == ("Länsstyrelsen", "Landshövdingen", time(13, 0))
    assert (row.valid_from_on, row.tracked_from_on) == (date(1990, 1, 1), TODAY)
    assert row.purpose == "Rad ett\nRad två"
    assert [(name.language, name.name) for name in row.names] == [("se", "Málbmaguovlu")]
    assert (row.state, row.version) == ("active", 1)
    assert forum_by_slug(session, "samverkan-malmfalten") is row
    entry = history_of(session, "forum", row.id)[0]
    assert (entry.action, entry.after["host"], entry.after["default_time"]) == (
        "forum.create",
        "Länsstyrelsen",
        "13:00:00",
    )


def test_create_forum_says_all_that_is_wrong(session, actor, now):
    forum(session, "Samverkan Malmfälten", code="SM", short_name="Malmfälten")
    governor = create_office(session, actor, now, sv="Landshövdingen")
    with refused(
        ("name", "Ange forumets namn"),
        ("kind_id", "Välj en typ"),
        ("short_name", "Högst 24 tecken"),
        ("time_zone", "Välj en tidszon"),
        ("duration", "Ange ett heltal mellan 5 och 14400"),
        ("host_id", "Välj något i listan"),
        ("valid_to_on", "Sista dagen kan inte ligga före den första"),
        ("lead_person_id", "Välj en befattning eller en person, inte båda"),
        ("quorum_number", "Ange hur många som krävs"),
        ("code", "Koden SM används redan av Malmfälten"),
    ):
        create_forum(
            session,
            actor,
            now,
            short_name="Kommunal- och regionrådsnätverket",
            code="sm",
            time_zone="Luleå",
            duration=0,
            host_id=9999,
            lead_office_id=governor.id,
            lead_person_id=person(session).id,
            quorum_rule="number",
            valid_from_on=date(2026, 5, 1),
            valid_to_on=date(2026, 4, 30),
        )


def test_code_is_free_for_the_forum_that_has_it(session, actor, now):
    row = forum(session, "Samverkan Malmfälten", code="SM")
    edit_forum(session, actor, now, row, code="sm", short_name="Malmfälten")
    assert (row.code, row.short_name) == ("SM", "Malmfälten")


def test_edit_forum_writes_what_differs_and_raises_the_version(session, actor, now):
    row = forum(session)
    edit_forum(session, actor, now, row, version=1, name="Regionalt forum", min_gap_days=28)
    assert (row.version, row.min_gap_days) == (2, 28)
    edit_forum(session, actor, now, row, version=2, min_gap_days=28)
    assert row.version == 2
    (entry,) = history_of(session, "forum", row.id)
    assert (entry.before, entry.after) == ({"min_gap_days": None}, {"min_gap_days": 28})


def test_edit_forum_does_not_judge_what_is_there_already(session, actor, now):
    row = forum(session, "Nätverket", short_name="Kommunal- och regionrådsnätverket")
    edit_forum(session, actor, now, row, short_name="Kommunal- och regionrådsnätverket", note="x")
    assert row.note == "x"


def test_edit_forum_somebody_else_saved_first(session, actor, now):
    row = forum(session)
    edit_forum(session, Actor("Elin Marklund"), now, row, version=1, note="hennes")
    with pytest.raises(SavedByOther) as caught:
        edit_forum(session, actor, now, row, version=1, note="min")
    assert (caught.value.by, caught.value.at) == ("Elin Marklund", "2026-11-22T09:00:00+00:00")
    assert row.note == "hennes"


@pytest.mark.parametrize(
    ("state", "wanted", "lawful"),
    [
        ("proposal", "active", True),
        ("proposal", "resting", False),
        ("active", "resting", True),
        ("active", "proposal", False),
        ("resting", "active", True),
        ("resting", "ended", True),
        ("ended", "active", True),
        ("ended", "resting", False),
    ],
)
def test_state_goes_only_where_it_may(session, actor, now, state, wanted, lawful):
    row = forum(session, state=state)
    if lawful:
        edit_forum(session, actor, now, row, state=wanted)
        assert row.state == wanted
    else:
        with refused(("state", "Dit kan forumet inte gå från det läge det har")):
            edit_forum(session, actor, now, row, state=wanted)


def test_forum_cannot_be_its_own_parent(session, actor, now):
    upper = forum(session, "Skellefteregionen", "kommunsamarbete")
    group = forum(session, "Upphandling", "arbetsgrupp", parent=upper)
    for wrong in (group, upper):
        with refused(("parent_id", "Välj något annat: så skulle det stå under sig självt")):
            edit_forum(session, actor, now, upper, parent_id=wrong.id)


@pytest.mark.parametrize(
    ("last", "state"), [(date(2026, 11, 21), "ended"), (TODAY, "active"), (date(2027, 1, 1), "active")]
)
def test_end_forum_on_a_day(session, actor, now, last, state):
    row = forum(session)
    end_forum(session, actor, now, row, on=last, reason="Uppgår i Regionalt forum")
    assert (row.valid_to_on, row.state, row.version) == (last, state, 2)
    assert history_of(session, "forum", row.id)[0].reason == "Uppgår i Regionalt forum"


def test_end_forum_before_it_began(session, actor, now):
    with refused(("on", "Sista dagen kan inte ligga före den första")):
        end_forum(session, actor, now, forum(session, valid_from_on=date(2026, 1, 1)), on=date(2025, 12, 31))


# ---------------------------------------------------------------- what is inherited


def test_settings_are_the_kinds_until_the_forum_has_its_own(session):
    row = forum(session, "Nätverket", "natverk")
    inherited = effective(row)
    assert (inherited.formality, inherited.notice_n, inherited.notice_unit) == ("notes", 21, "calendar_days")
    assert (inherited.reminder_n, inherited.minutes_days, inherited.public_level) == (2, 14, "none")
    assert {inherited.origin(name) for name in inherited.of_kind} == {"kind"}
    row.notice_n, row.public_level, row.requires_quorum = 28, "dates", True
    own = effective(row)
    assert (own.notice_n, own.public_level, own.requires_quorum) == (28, "dates", True)
    assert own.own == {"notice_n", "public_level", "requires_quorum"}
    assert (own.origin("public_level"), own.of_kind["public_level"]) == ("own", "none")


def test_notice_unit_goes_with_its_number(session):
    row = forum(session, "Nämnden", "namnd", notice_unit="calendar_days")
    assert (effective(row).notice_n, effective(row).notice_unit) == (5, "working_days")
    row.notice_n = 8
    assert str(effective(row).notice) == "Notice(n=8, unit=<Unit.CALENDAR_DAYS: 'calendar_days'>)"


def test_kinds_have_the_lead_times_of_the_domain():
    table = {kind.id: kind for kind in FORUM_KINDS}
    assert len(table) == 17
    boards = {"namnd", "gemensam_namnd", "styrelse", "beredning", "styrkommitte"}
    assert {kind_id for kind_id, kind in table.items() if kind.formality == "protocol"} == boards
    assert {kind_id for kind_id, kind in table.items() if kind.requires_quorum} == boards | {"fullmaktige"}
    assert {
        kind_id for kind_id, kind in table.items() if (kind.notice_n, kind.notice_unit) == (5, "working_days")
    } == boards
    assert table["fullmaktige"].formality == "protocol_notice"
    assert (table["natverk"].notice_n, table["natverk"].reminder_n) == (21, 2)
    assert [kind_id for kind_id, kind in table.items() if not kind.meets] == ["utstallning"]


def test_seeded_kinds_can_be_chosen(session, actor, now):
    kinds(session)
    assert len(forum_kinds(session)) == 16
    assert [kind.id for kind in forum_kinds(session, meets=False)] == ["utstallning"]
    assert create_forum(session, actor, now, name="Rådet", kind_id="rad").kind.en == "Council"


# ---------------------------------------------------------------- lists


def listed(session, **filters):
    return [row.name for row in forums_for_list(session, **filters)]


def test_list_is_in_swedish_order(session):
    for name in ("Överrådet", "Älvrådet", "Ábrådet", "Wrådet", "Vrådet", "Årådet"):
        forum(session, name)
    assert listed(session) == ["Ábrådet", "Vrådet", "Wrådet", "Årådet", "Älvrådet", "Överrådet"]


@pytest.mark.parametrize("text", ["tillväxt", "TILLVAXT", "tillvb", "tb", "growth committee", "tillväxt tb"])
def test_list_finds_names_short_names_codes_and_languages(session, actor, now, text):
    create_forum(
        session,
        actor,
        now,
        name="Tillväxtberedningen",
        kind_id="beredning",
        short_name="Tillvb",
        code="TB",
        names={"en": "The Growth Preparatory Committee"},
    )
    forum(session, "Dansrådet", "rad")
    assert listed(session, text=text) == ["Tillväxtberedningen"]


def test_list_filters(session, actor, now):
    region, board = organisation(session), organisation(session, "Länsstyrelsen", "lansstyrelse")
    governor = create_office(session, actor, now, sv="Landshövdingen")
    theme = Theme(slug="dans", sv="Dans")
    session.add(theme)
    a = forum(session, "A", "natverk", secretariat=board, lead_office_id=governor.id, public_level="full")
    b = forum(session, "B", "rad", host=region, state="resting", parent=a)
    forum(session, "C", "fullmaktige", valid_to_on=date(2026, 6, 30))
    forum(session, "D", "fullmaktige", state="proposal")
    set_themes(session, actor, now, b, theme_ids=[theme.id])
    assert listed(session, kind_id="rad") == ["B"]
    assert listed(session, host_id=region.id) == ["B"]
    assert listed(session, parent_id=a.id) == ["B"]
    assert listed(session, theme_id=theme.id) == ["B"]
    assert listed(session, lead_office_id=governor.id) == ["A"]
    assert listed(session, secretariat_id=board.id) == ["A"]
    assert listed(session, state="active") == ["A", "C"]
    assert listed(session, state="active", on=TODAY) == ["A"]
    assert listed(session, state="ended", on=TODAY) == ["C"]
    assert listed(session, state="ended") == []


def test_list_shows_a_viewer_what_the_viewer_may_see(session):
    a = forum(session, "A", "natverk")
    forum(session, "B", "natverk", public_level="full")
    forum(session, "C", "fullmaktige")
    forum(session, "D", "fullmaktige", state="proposal")
    forum(session, "E", "fullmaktige", public_level="none")
    assert listed(session, public_only=True) == ["B", "C"]
    assert listed(session, forum_ids=[a.id]) == ["A"]
    assert listed(session, forum_ids=[a.id], public_only=True) == ["A", "B", "C"]
    assert listed(session, forum_ids=[]) == []


def test_list_by_secretariat_follows_the_rotation(session, actor, now):
    region, others = organisation(session), organisation(session, "Norrbottens Kommuner", "kommunforbund")
    row = forum(session, "Tillväxtberedningen", "beredning")
    set_rotation(
        session,
        actor,
        now,
        row,
        task="secretariat",
        entries=[("organisation", region.id), ("organisation", others.id)],
        start_on=date(2026, 1, 1),
    )
    assert listed(session, secretariat_id=region.id, on=date(2026, 12, 31)) == ["Tillväxtberedningen"]
    assert listed(session, secretariat_id=region.id, on=date(2027, 1, 1)) == []
    assert listed(session, secretariat_id=others.id, on=date(2027, 1, 1)) == ["Tillväxtberedningen"]


@pytest.mark.parametrize("count", [1, 3])
def test_list_makes_three_queries(session, actor, now, count):
    board = organisation(session)
    for n in range(count):
        forum(
            session,
            f"Forum {n}",
            host=board,
            secretariat=board,
            lead_person=person(session, f"Anna Berg{n}"),
            pauses=[Pause(from_on=TODAY)],
        )
    session.expunge_all()
    with counted(session) as said:
        for row in forums_for_list(session):
            assert row.kind.sv
            assert row.host.name
            assert row.secretariat.name
            assert row.lead_person.name
            assert (row.lead_office, row.default_place, row.cadences, len(row.pauses)) == (None, None, [], 1)
    assert len(said) == 3


# ---------------------------------------------------------------- themes, principals, relations


def test_themes_and_principals_are_set_whole(session, actor, now):
    row = forum(session)
    themes = [Theme(slug=name, sv=name) for name in ("dans", "musik")]
    session.add_all(themes)
    session.flush()
    a, b = organisation(session, "A"), organisation(session, "B")
    set_themes(session, actor, now, row, theme_ids=[themes[1].id, themes[0].id])
    set_themes(session, actor, now, row, theme_ids=[themes[0].id])
    set_principals(session, actor, now, row, organisation_ids=[b.id, a.id])
    session.expire_all()
    assert ([theme.sv for theme in row.themes], [who.name for who in row.principals]) == (["dans"], ["A", "B"])
    assert [entry.after for entry in history_of(session, "forum", row.id)] == [
        {"principals": ["A", "B"]},
        {"themes": ["dans"]},
        {"themes": ["dans", "musik"]},
    ]
    with refused(("theme_ids", "Välj något i listan")):
        set_themes(session, actor, now, row, theme_ids=[9999])
    with refused(("organisation_ids", "Välj något i listan")):
        set_principals(session, actor, now, row, organisation_ids=[9999])


def test_relation_is_to_one_thing(session, actor, now):
    row, other = forum(session), forum(session, "HR-nätverket")
    with refused(("to_forum_id", "Välj ett forum eller en organisation, eller skriv vad det är")):
        add_relation(session, actor, now, row, kind="within")
    with refused(("to_forum_id", "Välj ett forum eller en organisation, eller skriv vad det är")):
        add_relation(session, actor, now, row, kind="within", to_forum_id=other.id, to_text="x")
    with refused(("to_forum_id", "Välj något annat: så skulle det stå under sig självt")):
        add_relation(session, actor, now, row, kind="within", to_forum_id=row.id)
    with refused(("kind", "Välj något i listan")):
        add_relation(session, actor, now, row, kind="likes", to_text="x")
    relation = add_relation(session, actor, now, row, kind="family", to_text="ett av åtta partnerskap i Sverige")
    remove_relation(session, actor, now, row, relation)
    assert [entry.action for entry in history_of(session, "forum", row.id)] == ["relation.remove", "relation.add"]


def test_surroundings_leave_out_what_the_viewer_may_not_see(session, actor, now):
    upper = forum(session, "Skellefteregionen", "kommunsamarbete", public_level="full")
    group = forum(session, "Upphandling", "arbetsgrupp", parent=upper, public_level="full")
    hidden = forum(session, "Hemlig grupp", "arbetsgrupp", parent=upper)
    board = forum(session, "Nämnden", "namnd", public_level="dates")
    add_relation(session, actor, now, board, kind="within", to_forum_id=upper.id)
    add_relation(session, actor, now, upper, kind="positions_feed", to_forum_id=hidden.id)
    add_relation(session, actor, now, upper, kind="responsible", to_text="Kommunstyrelsen")
    include_forum(session, actor, now, upper, included_id=hidden.id)
    include_forum(session, actor, now, board, included_id=upper.id)

    def seen(row, **viewer):
        near = surroundings(session, row, **viewer)
        return (
            near.parent and near.parent.name,
            [child.name for child in near.children],
            [one.included.name for one in near.inclusions],
            [one.forum.name for one in near.included_in],
            [relation.to_forum.name if relation.to_forum else relation.to_text for relation in near.relations],
            [relation.kind for relation in near.incoming],
        )

    everything = (
        None,
        ["Hemlig grupp", "Upphandling"],
        ["Hemlig grupp"],
        ["Nämnden"],
        ["Hemlig grupp", "Kommunstyrelsen"],
        ["within"],
    )
    assert seen(upper) == everything
    assert seen(upper, public_only=True) == (None, ["Upphandling"], [], ["Nämnden"], ["Kommunstyrelsen"], ["within"])
    assert seen(upper, forum_ids=[hidden.id], public_only=True) == everything
    assert seen(group, public_only=True)[0] == "Skellefteregionen"
    assert seen(group, forum_ids=[group.id])[0] is None
    assert session.query(ForumInclusion).count() == 2
