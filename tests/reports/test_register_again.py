"""Loading again: what was changed by hand stands and is listed, what left the file stands and is listed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import delete, func, select

from scheduler import schema
from scheduler.forums import kinds
from scheduler.forums.models import CadenceVersion, Forum, ForumKind, Rotation
from scheduler.forums.seat_models import Seat
from scheduler.history.models import HistoryEntry
from scheduler.i18n import use_language
from scheduler.merging.actions import merge
from scheduler.organisations.merging import Pair
from scheduler.organisations.models import Organisation, OrganisationName
from scheduler.register.models import LoadedValue, Statement
from scheduler.register.queries import provenance_of
from scheduler.reports import register_file
from tests.reports.conftest import COUNTY

#: A register with one of most things, small enough to load often.
REGISTER = """\
schema: 1
title: {sv: "Två forum"}
organisation_types: [{id: kommun, sv: "Kommun", en: "Municipality"}]
forum_kinds:
  - {id: natverk, sv: "Nätverk", en: "Network"}
  - {id: beredning, sv: "Beredning", en: "Preparatory body"}
roles: [{id: kansliet, sv: "Kansliet", org: boden}]
strategies:
  - id: plan
    sv: "Planen"
    focus_areas: [{id: vagar, sv: "Vägar", issues: ["Bro", "Tunnel", "Färja"]}]
themes: [{id: hr, sv: "HR"}, {id: el, sv: "El"}]
organisations:
  - {id: boden, sv: "Bodens kommun", type: kommun, code: "2582", names: {fit: "Puuti"}, assumed_fields: [code]}
  - {id: kalix, sv: "Kalix kommun", type: kommun, note: "Vid kusten"}
forums:
  - id: elnatverket
    sv: "Elnätverket"
    kind: natverk
    host: boden
    lead: {role: kansliet}
    cadence: {kind: count, min: 4, max: 5, period: year, phrase: "4-5 gånger per år"}
    purpose_sv: "Prata om el."
    themes: [el]
    tasks: ["Mäta", "Räkna", "Skriva"]
    seats: [{org: boden, ordinary: 2, substitutes: 1}, {org: kalix, ordinary: null}]
  - id: stora
    sv: "Stora forumet"
    kind: beredning
    secretariat: {rotating: true, between: [boden, kalix], every: 1 year}
    seats: [{all_of_forum: elnatverket}]
"""


@pytest.fixture
def load(session, actor, now):
    """Loads the small register, with each (old, new) of ``changes`` put in."""

    def run(*changes, days=0):
        text = REGISTER
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        at = now + timedelta(days=days)
        return register_file.load(session, actor, at, text.encode(), file_name="litet.yaml")

    run()
    return run


def forum(session, slug="elnatverket"):
    return session.scalars(select(Forum).where(Forum.slug == slug)).one()


def organisation(session, slug):
    return session.scalars(select(Organisation).where(Organisation.slug == slug)).one()


def history_since(session, number):
    return session.scalars(select(HistoryEntry).where(HistoryEntry.id > number).order_by(HistoryEntry.id)).all()


def last_history(session):
    return session.scalar(select(func.max(HistoryEntry.id))) or 0


def dump(session):
    """Every row of every table."""
    session.flush()
    tables = schema.metadata.sorted_tables
    return {table.name: sorted(map(str, session.execute(select(table)).all())) for table in tables}


def shown(changes):
    return [(change.record, change.field, change.here, change.file, change.both) for change in changes]


def gone(report):
    return [(leftover.record, leftover.field) for leftover in report.gone]


# ---------------------------------------------------------------- twice


def test_the_county_loaded_twice_changes_nothing(session, actor, now):
    register_file.load(session, actor, now, COUNTY, file_name="norrbotten.yaml")
    first = dump(session)
    report = register_file.load(session, actor, now + timedelta(days=1), COUNTY, file_name="norrbotten.yaml")
    assert dump(session) == first
    assert not report.changed
    assert (report.kept_by_hand, report.gone, report.removed_by_hand, report.touched) == ([], [], [], set())
    assert str(report) == f"norrbotten.yaml: inget att ändra, {report.unchanged} uppgifter är som i filen."


def test_a_register_in_another_order_changes_nothing(session, load):
    first = dump(session)
    report = load(
        ('themes: [{id: hr, sv: "HR"}, {id: el, sv: "El"}]', 'themes: [{id: el, sv: "El"}, {id: hr, sv: "HR"}]')
    )
    assert dump(session) == first
    assert not report.changed


def test_the_first_load_tells_the_history_who_and_what(session, load, actor):
    entry = session.scalars(
        select(HistoryEntry).where(HistoryEntry.subject_kind == "forum", HistoryEntry.subject_label == "Elnätverket")
    ).one()
    assert (entry.action, entry.actor, entry.before) == ("register.create", actor.label, None)
    assert (entry.after["host"], entry.after["lead_office"]) == ("Bodens kommun", "Kansliet")
    assert entry.after["themes"] == ["El"]
    assert entry.after["cadence/min"] == 4
    assert entry.after["tasks/0"] == "Mäta"
    assert entry.after["seats/kalix/ordinary/1/organisation"] == "Kalix kommun"


# ---------------------------------------------------------------- the file changes


def test_a_changed_value_is_updated_with_history(session, load):
    before = last_history(session)
    version = forum(session).version
    report = load(("Prata om el.", "Prata om elnät."))
    assert forum(session).purpose == "Prata om elnät."
    assert forum(session).version == version + 1
    assert shown(report.updated) == [("forums/elnatverket", "purpose", "Prata om el.", "Prata om elnät.", False)]
    (entry,) = history_since(session, before)
    assert (entry.action, entry.subject_label) == ("register.update", "Elnätverket")
    assert (entry.before, entry.after) == ({"purpose": "Prata om el."}, {"purpose": "Prata om elnät."})
    assert report.touched_ids("forum") == {forum(session).id}


def test_a_changed_name_is_found_and_sorted_by_its_new_name(session, load):
    load(('sv: "Kalix kommun"', 'sv: "Ängö kommun"'))
    row = organisation(session, "kalix")
    assert row.search_key == "ängö kommun ango kommun"
    assert row.sort_key > organisation(session, "boden").sort_key


def test_a_name_that_folds_into_many_letters_fits(session, load):
    name = "ﷺ" * 100  # one character that is found as eighteen
    load(
        ('sv: "Kalix kommun"', f'sv: "{name}", en: "{name}"'),
        ('sv: "Elnätverket"', f'sv: "{name}"\n    en: "{name}"'),
    )
    assert (organisation(session, "kalix").name, forum(session).name) == (name, name)


def test_a_changed_reference_is_told_by_name(session, load):
    before = last_history(session)
    load(("host: boden", "host: kalix"))
    assert forum(session).host_id == organisation(session, "kalix").id
    (entry,) = history_since(session, before)
    assert (entry.before, entry.after) == ({"host": "Bodens kommun"}, {"host": "Kalix kommun"})


def test_a_new_record_is_made_and_told(session, load):
    before = last_history(session)
    report = load(("themes: [{id: hr", 'themes: [{id: vatten, sv: "Vatten"}, {id: hr'))
    assert report.created == [("theme", "Vatten")]
    assert [(e.action, e.subject_label) for e in history_since(session, before)] == [("register.create", "Vatten")]


def test_a_key_that_is_new_in_a_record_fills_the_empty_column(session, load):
    report = load(('code: "2582"', 'code: "2582", municipality: "Boden"'))
    assert organisation(session, "boden").municipality == "Boden"
    assert shown(report.updated) == [("organisations/boden", "municipality", None, "Boden", False)]


def test_names_and_themes_are_one_value_each(session, load):
    report = load(('{fit: "Puuti"}', '{fit: "Puuti", fi: "Puuti"}'), ("themes: [el]", "themes: [hr, el]"))
    names = session.scalars(
        select(OrganisationName.language).where(OrganisationName.organisation_id == organisation(session, "boden").id)
    )
    assert set(names) == {"fi", "fit"}
    assert {theme.slug for theme in forum(session).themes} == {"el", "hr"}
    assert [(c.field, c.here, c.file) for c in report.updated] == [
        ("names", [["fit", "Puuti"]], [["fi", "Puuti"], ["fit", "Puuti"]]),
        ("themes", ["El"], ["HR", "El"]),
    ]


def test_a_changed_issue_changes_in_its_place(session, load):
    load(('["Bro", "Tunnel", "Färja"]', '["Bro", "Linbana"]'))
    values = session.scalars(
        select(LoadedValue.value).where(LoadedValue.record == "focus_areas/vagar", LoadedValue.field == "issues")
    ).one()
    assert values == ["Bro", "Linbana"]
    assert not load(('["Bro", "Tunnel", "Färja"]', '["Bro", "Linbana"]')).changed


def test_an_organisation_that_leaves_a_rotation_is_kept_as_retired(session, load):
    load(("between: [boden, kalix]", "between: [kalix]"))
    rotation = session.scalars(select(Rotation)).one()
    assert [(e.organisation.slug, e.position, e.retired) for e in rotation.entries] == [
        ("kalix", 0, False),
        ("boden", 1, True),
    ]


def test_more_seats_are_added_and_told_in_the_forum_that_has_them_by_nesting(session, load):
    before = last_history(session)
    report = load(("{org: boden, ordinary: 2", "{org: boden, ordinary: 3"))
    assert report.created == [("seat", "Elnätverket: Bodens kommun")]
    entries = history_since(session, before)
    assert [(e.subject_label, e.action) for e in entries] == [
        ("Elnätverket", "register.update"),
        ("Stora forumet", "register.update"),
    ]
    assert entries[1].after["forum"] == "Elnätverket"
    assert entries[1].after["seats/boden/ordinary/3/organisation"] == "Bodens kommun"


def test_an_assumption_that_is_confirmed_is_no_longer_shown(session, load):
    boden = organisation(session, "boden").id
    assert provenance_of(session, "organisation", boden)["code"].assumed is True
    report = load((", assumed_fields: [code]", ""))
    assert provenance_of(session, "organisation", boden) == {}
    assert shown(report.updated) == [("organisations/boden", "origins", ["code: antaget"], [], False)]


# ---------------------------------------------------------------- changed by hand


def test_a_value_changed_by_hand_is_kept_and_listed_each_time(session, load):
    forum(session).purpose = "Prata om kärnkraft."
    for _ in range(2):
        report = load()
        assert forum(session).purpose == "Prata om kärnkraft."
        assert shown(report.kept_by_hand) == [
            ("forums/elnatverket", "purpose", "Prata om kärnkraft.", "Prata om el.", False)
        ]
        assert not report.changed


def test_a_value_changed_on_both_sides_is_kept_and_listed_as_both(session, load):
    forum(session).purpose = "Prata om kärnkraft."
    report = load(("Prata om el.", "Prata om elnät."))
    assert forum(session).purpose == "Prata om kärnkraft."
    assert shown(report.kept_by_hand) == [
        ("forums/elnatverket", "purpose", "Prata om kärnkraft.", "Prata om elnät.", True)
    ]
    again = load(("Prata om el.", "Prata om elnät."))
    assert [change.both for change in again.kept_by_hand] == [False]


def test_a_hand_that_did_as_the_file_does_is_no_conflict(session, load):
    forum(session).purpose = "Prata om elnät."
    report = load(("Prata om el.", "Prata om elnät."))
    assert (report.kept_by_hand, report.updated) == ([], [])
    assert load(("Prata om el.", "Prata om vatten.")).updated[0].here == "Prata om elnät."


def test_the_other_fields_of_the_record_still_follow_the_file(session, load):
    forum(session).purpose = "Prata om kärnkraft."
    report = load(('sv: "Elnätverket"', 'sv: "Energinätverket"'))
    assert (forum(session).name, forum(session).purpose) == ("Energinätverket", "Prata om kärnkraft.")
    assert [change.field for change in report.updated] == ["name"]


def test_a_rule_changed_by_hand_stands_whole(session, load):
    rule = session.scalars(select(CadenceVersion)).one()
    rule.min, rule.max, rule.phrase = 6, 6, "Vi kom överens om sex."
    report = load(("min: 4, max: 5", "min: 2, max: 3"))
    assert (rule.min, rule.max, rule.phrase) == (6, 6, "Vi kom överens om sex.")
    assert {change.field for change in report.kept_by_hand} == {"min", "max", "phrase"}


def test_a_requirement_added_by_hand_from_a_later_day_disturbs_nothing(session, load):
    row = forum(session)
    later = CadenceVersion(forum_id=row.id, position=1, valid_from_on=date(2027, 1, 1), kind="none")
    session.add(later)
    session.flush()
    report = load(("min: 4, max: 5", "min: 3, max: 5"))
    assert report.kept_by_hand == []
    rules = session.scalars(select(CadenceVersion).order_by(CadenceVersion.position)).all()
    assert [rule.min for rule in rules] == [3, None]


def test_names_changed_by_hand_are_kept(session, load):
    boden = organisation(session, "boden")
    session.add(OrganisationName(organisation_id=boden.id, language=None, name="Boden"))
    session.flush()
    report = load(('{fit: "Puuti"}', '{fit: "Puuti", fi: "Puuti"}'))
    names = session.scalars(select(OrganisationName.name).where(OrganisationName.organisation_id == boden.id))
    assert sorted(names) == ["Boden", "Puuti"]
    assert [(change.field, change.both) for change in report.kept_by_hand] == [("names", True)]


def test_an_offer_answered_by_hand_is_kept(session, load):
    seat = session.scalars(select(Seat).where(Seat.kind == "substitute")).one()
    seat.offer = "accepted"
    assert shown(load().kept_by_hand) == [
        ("forums/elnatverket/seats/boden/substitute/1", "offer", "accepted", None, False)
    ]


def test_a_statement_changed_by_hand_is_kept(session, load):
    statement = session.scalars(select(Statement).where(Statement.path == "tasks/1")).one()
    statement.text = "Räkna noga"
    report = load(('"Räkna"', '"Räkna om"'))
    assert statement.text == "Räkna noga"
    assert shown(report.kept_by_hand) == [("forums/elnatverket", "tasks/1", "Räkna noga", "Räkna om", True)]


def test_what_was_removed_by_hand_is_not_made_again(session, load):
    session.execute(delete(Seat).where(Seat.kind == "substitute"))
    session.execute(delete(Statement).where(Statement.path == "tasks/0"))
    session.expire_all()
    report = load()
    assert [leftover.record for leftover in report.removed_by_hand] == [
        "forums/elnatverket/seats/boden/substitute/1",
        "forums/elnatverket",
    ]
    assert not report.changed
    assert session.scalars(select(Seat).where(Seat.kind == "substitute")).all() == []


def test_a_value_changed_by_hand_is_no_longer_the_sources(session, load):
    boden = organisation(session, "boden")
    boden.code = "9999"
    session.flush()
    assert "code" not in provenance_of(session, "organisation", boden.id)


def test_a_row_made_by_hand_is_taken_over_without_overwriting_it(session, actor, now):
    kinds.seed_kinds(session)
    session.add(Organisation(slug="boden", name="Boden", kind_id="kommun"))
    session.flush()
    report = register_file.load(session, actor, now, REGISTER.encode(), file_name="litet.yaml")
    row = organisation(session, "boden")
    assert (row.name, row.code) == ("Boden", "2582")
    assert shown(report.kept_by_hand) == [("organisations/boden", "name", "Boden", "Bodens kommun", False)]


def test_a_kind_follows_the_file_until_somebody_changes_it(session, load):
    report = load(('en: "Preparatory body"', 'en: "Drafting committee"'))
    kind = session.get(ForumKind, "beredning")
    assert (kind.en, len(report.updated)) == ("Drafting committee", 1)
    kind.en = "Drafters"
    report = load(('en: "Preparatory body"', 'en: "Drafting body"'))
    assert (kind.en, [change.both for change in report.kept_by_hand]) == ("Drafters", [True])


# ---------------------------------------------------------------- gone from the file


def test_a_record_that_left_the_file_stands_and_is_listed(session, load):
    before = dump(session)
    report = load((', {id: el, sv: "El"}', ""), ("themes: [el]", "themes: []"))
    assert gone(report) == [("themes/el", None)]
    assert [(change.field, change.file) for change in report.updated] == [("themes", [])]
    assert dump(session)["theme"] == before["theme"]


def test_a_forum_that_left_the_file_is_listed_once_with_all_that_is_its(session, load):
    cut = REGISTER[REGISTER.index("  - id: stora") :]
    report = load((cut, ""))
    assert gone(report) == [("forums/stora", None)]
    assert forum(session, "stora").name == "Stora forumet"
    assert gone(load((cut, ""))) == [("forums/stora", None)]
    assert load().gone == []


def test_a_key_that_left_its_record_stands_and_is_listed(session, load):
    report = load((', note: "Vid kusten"', ""))
    assert gone(report) == [("organisations/kalix", "note")]
    assert organisation(session, "kalix").note == "Vid kusten"


def test_a_null_in_the_file_empties_the_column(session, load):
    report = load(('note: "Vid kusten"', "note: null"))
    assert organisation(session, "kalix").note is None
    assert shown(report.updated) == [("organisations/kalix", "note", "Vid kusten", None, False)]


def test_fewer_seats_are_listed_and_stand(session, load):
    report = load(("{org: boden, ordinary: 2", "{org: boden, ordinary: 1"))
    assert gone(report) == [("forums/elnatverket/seats/boden/ordinary/2", None)]
    assert session.scalar(select(func.count()).select_from(Seat)) == 4


@pytest.mark.parametrize(
    ("tasks", "kept", "left"),
    [
        ('["Räkna", "Skriva"]', ["Mäta", "Räkna", "Skriva"], ["tasks/0"]),
        ('["Mäta", "Skriva"]', ["Mäta", "Räkna", "Skriva"], ["tasks/1"]),
        ('["Nytt", "Mäta", "Räkna", "Skriva"]', ["Nytt", "Mäta", "Räkna", "Skriva"], []),
        ('["Skriva", "Räkna", "Mäta"]', ["Skriva", "Räkna", "Mäta"], []),
        ('["Mäta", "Räkna om", "Skriva"]', ["Mäta", "Räkna om", "Skriva"], []),
    ],
)
def test_a_list_is_matched_item_by_item(session, load, tasks, kept, left):
    report = load(('["Mäta", "Räkna", "Skriva"]', tasks))
    rows = session.scalars(
        select(Statement).where(Statement.record == "forums/elnatverket").order_by(Statement.position, Statement.id)
    )
    assert sorted(row.text for row in rows) == sorted(kept)
    assert [field for _, field in gone(report)] == left
    assert not load(('["Mäta", "Räkna", "Skriva"]', tasks)).changed


# ---------------------------------------------------------------- the report


def test_the_report_says_what_was_done(session, load):
    forum(session).purpose = "Prata om kärnkraft."
    report = load(
        ('sv: "Kalix kommun"', 'sv: "Nya Kalix"'),
        (', note: "Vid kusten"', ""),
        ("Prata om el.", "Prata om elnät."),
        ("schema: 1", "schema: 1\nnyckel: värde"),
        ("themes: [{id: hr", 'themes: [{id: vatten, sv: "Vatten"}, {id: hr'),
    )
    assert str(report) == (
        "litet.yaml: 2 nya poster, 1 ändrad uppgift.\n"
        "  Ämnen: 1\n"
        "  Uppgifter ur källan: 1\n"
        "Ändrat som i filen:\n"
        "  Nya Kalix, namn: Kalix kommun → Nya Kalix\n"
        "Ändrat för hand sedan senast, står kvar i Takt:\n"
        "  Elnätverket, syfte: här Prata om kärnkraft., nytt i filen Prata om elnät.\n"
        "Finns inte längre i filen, står kvar i Takt:\n"
        "  Nya Kalix (organisations/kalix: anmärkning)\n"
        "Nycklar som Takt inte har någon plats för, sparade som uppgifter ur källan:\n"
        "  rad 2: nyckel i register"
    )


def test_the_report_says_it_in_english_too(session, load):
    forum(session).purpose = "Prata om kärnkraft."
    report = load((', note: "Vid kusten"', ""))
    with use_language("en"):
        assert str(report) == (
            f"litet.yaml: nothing to change, {report.unchanged} values are as in the file.\n"
            "Changed by hand since the last load, kept in Takt:\n"
            "  Elnätverket, purpose: here Prata om kärnkraft., in the file Prata om el.\n"
            "No longer in the file, kept in Takt:\n"
            "  Kalix kommun (organisations/kalix: note)"
        )


def test_forums_are_tracked_from_the_day_of_their_first_load(session, load):
    load(days=30)
    assert forum(session).tracked_from_on == date(2026, 11, 22)


def test_the_day_of_tracking_may_be_given(session, actor, now):
    register_file.load(session, actor, now, REGISTER.encode(), file_name="litet.yaml", tracked_from_on=date(2024, 1, 1))
    assert forum(session).tracked_from_on == date(2024, 1, 1)


# ---------------------------------------------------------------- merged since


def test_what_the_file_says_of_a_merged_organisation_is_of_the_one_that_is_kept(session, load, actor, now):
    twice = (
        ("  - {id: kalix,", '  - {id: boden-2, sv: "Boden kommun", type: kommun}\n  - {id: kalix,'),
        ("    kind: beredning\n", "    kind: beredning\n    host: boden-2\n"),
    )
    load(*twice)
    kept, duplicate = organisation(session, "boden"), organisation(session, "boden-2")
    assert forum(session, "stora").host is duplicate
    merge(session, actor, now, pair=Pair("organisation", kept.id, duplicate.id), today=now.date())
    report = load(*twice, days=1)
    # It has the other's name beside its own now, which stands as what somebody wrote by hand.
    assert (report.changed, [change.field for change in report.kept_by_hand]) == (False, ["names"])
    assert forum(session, "stora").host is kept
    load(*twice, ("    host: boden\n", "    host: boden\n    secretariat: {org: boden-2}\n"), days=2)
    assert forum(session).secretariat is kept
