"""Reading the register: which notice on which day, whose statements, where a value comes from, how many queries."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import event

from scheduler.forums.kinds import seed_kinds
from scheduler.organisations.models import Organisation
from scheduler.register import queries
from scheduler.register.models import FocusArea, LoadedValue, Notice, Provenance, Source, Statement, Strategy, Theme
from scheduler.register.rules import Origin


@pytest.fixture
def boden(session):
    seed_kinds(session)
    row = Organisation(slug="boden", name="Bodens kommun", kind_id="kommun", code="2582")
    session.add(row)
    session.flush()
    return row


@pytest.fixture
def counted(session):
    """The statements a call sends."""
    sent = []

    def run(call):
        session.expire_all()
        session.connection()
        event.listen(session.get_bind(), "before_cursor_execute", note)
        try:
            call()
        finally:
            event.remove(session.get_bind(), "before_cursor_execute", note)
        count = len(sent)
        sent.clear()
        return count

    def note(_connection, _cursor, statement, *_rest):
        sent.append(statement)

    return run


@pytest.mark.parametrize(
    ("from_on", "to_on", "is_shown"),
    [
        (None, None, True),
        (date(2026, 11, 22), date(2026, 11, 22), True),
        (None, date(2026, 11, 21), False),
        (date(2026, 11, 23), None, False),
    ],
)
def test_a_notice_is_shown_on_its_days_both_ends_included(session, from_on, to_on, is_shown):
    session.add(Notice(slug="a", kind="warning", text="Halt", from_on=from_on, to_on=to_on))
    session.flush()
    assert bool(queries.notices_on(session, date(2026, 11, 22))) is is_shown


def test_warnings_come_before_information(session):
    session.add_all([Notice(slug="a", kind="information", text="A"), Notice(slug="b", kind="warning", text="B")])
    session.flush()
    assert [notice.slug for notice in queries.notices_on(session, date(2026, 11, 22))] == ["b", "a"]


def test_statements_are_found_by_word_with_signs_taken_as_they_are(session):
    for path, text, key in (("a", "Hundra %", "hundra %"), ("b", "Hundra_", "hundra_")):
        session.add(
            Statement(
                record="facts/x", path=path, subject_kind="county", key=path, text=text, value=text, search_key=key
            )
        )
    session.flush()
    assert [row.path for row in queries.search_statements(session, "%")] == ["a"]
    assert [row.path for row in queries.search_statements(session, "HUNDRA _")] == ["b"]


def test_provenance_gathers_sources_words_and_assumption(session, boden):
    one, two = Source(number="1", title="Ett"), Source(number="2", title="Två")
    session.add_all([one, two])
    session.flush()
    common = {"subject_kind": "organisation", "subject_id": boden.id}
    session.add_all(
        [
            Provenance(**common, source_id=one.id),
            Provenance(**common, source_id=two.id),
            Provenance(**common, field="code", assumed=True),
            Provenance(**common, field="code", phrase="kod 2582"),
        ]
    )
    session.flush()
    assert queries.provenance_of(session, "organisation", boden.id) == {
        None: Origin(sources=("1", "2")),
        "code": Origin(phrase="kod 2582", assumed=True),
    }


def test_provenance_of_a_value_changed_since_the_load_is_gone(session, boden):
    common = {"subject_kind": "organisation", "subject_id": boden.id}
    session.add(Provenance(**common, field="code", assumed=True))
    session.add(LoadedValue(record="organisations/boden", field="code", value="2582", **common))
    session.flush()
    assert queries.provenance_of(session, "organisation", boden.id)["code"].assumed is True
    boden.code = "1"
    session.flush()
    assert queries.provenance_of(session, "organisation", boden.id) == {}


def test_provenance_of_a_kind_is_kept_by_its_text_key(session, boden):
    session.add_all(
        [
            Provenance(subject_kind="forum_kind", subject_id=0, field="natverk", assumed=True),
            Provenance(subject_kind="forum_kind", subject_id=0, field="namnd.sv", assumed=True),
        ]
    )
    session.flush()
    assert queries.provenance_of_all(session, "forum_kind", ["natverk", "namnd", "rad"]) == {
        "natverk": {None: Origin(assumed=True)},
        "namnd": {"sv": Origin(assumed=True)},
    }


def test_a_page_of_many_asks_as_often_as_a_page_of_one(session, boden, counted):
    kalix = Organisation(slug="kalix", name="Kalix kommun", kind_id="kommun", code="2514")
    session.add(kalix)
    session.flush()
    for row in (boden, kalix):
        session.add(Provenance(subject_kind="organisation", subject_id=row.id, field="code", assumed=True))
    session.flush()
    ids = [boden.id, kalix.id]
    one = counted(lambda: queries.provenance_of_all(session, "organisation", ids[:1]))
    assert (one, counted(lambda: queries.provenance_of_all(session, "organisation", ids))) == (3, 3)


def test_themes_and_strategies_ask_a_constant_number_of_times(session, counted):
    for number in range(3):
        area = FocusArea(slug=f"a{number}", sv=f"A {number}", position=0)
        session.add(Strategy(slug=f"s{number}", sv=f"S {number}", focus_areas=[area]))
        session.add(Theme(slug=f"t{number}", sv=f"T {number}"))
    session.flush()
    assert counted(lambda: queries.themes_tree(session)) == 3
    assert counted(lambda: queries.strategies(session)) == 4


def test_themes_stand_in_swedish_order(session):
    session.add_all([Theme(slug=name, sv=name) for name in ("Öar", "Zoo", "Ängar", "Åar")])
    session.flush()
    assert [node.theme.sv for node in queries.themes_tree(session)] == ["Zoo", "Åar", "Ängar", "Öar"]
