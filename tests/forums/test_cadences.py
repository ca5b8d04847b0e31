"""A forum's requirement over time, its pauses, and what the cadence room gets of them."""

from __future__ import annotations

from datetime import date

import pytest

from scheduler.cadence import rules as cadence
from scheduler.cadence.evaluation import evaluate
from scheduler.errors import SavedByOther
from scheduler.forums.cadences import add_pause, edit_pause, remove_cadence, remove_pause, set_cadence
from scheduler.forums.models import Pause
from scheduler.forums.queries import cadence_input, pause_spans
from scheduler.history.queries import history_of
from scheduler.workdays.rules import Notice
from scheduler.workdays.rules import Unit as NoticeUnit
from tests.organisations.making import counted, forum, kinds, refused

TODAY = date(2026, 11, 22)
FOUR_TO_FIVE = {"kind": "count", "min": 4, "max": 5, "period": "year"}


@pytest.fixture(autouse=True)
def _kinds(request):
    if "session" in request.fixturenames:
        kinds(request.getfixturevalue("session"))


def versions(row):
    return [(version.position, version.valid_from_on, version.kind, version.min) for version in row.cadences]


def test_set_cadence_keeps_earlier_versions_in_order(session, actor, now):
    row = forum(session)
    set_cadence(session, actor, now, row, valid_from_on=date(2025, 1, 1), **FOUR_TO_FIVE)
    set_cadence(session, actor, now, row, valid_from_on=date(2019, 1, 1), kind="count", min=2, max=2, period="year")
    set_cadence(session, actor, now, row, valid_from_on=None, kind="none", phrase="träffas regelbundet")
    session.expire_all()
    assert versions(row) == [
        (0, None, "none", None),
        (1, date(2019, 1, 1), "count", 2),
        (2, date(2025, 1, 1), "count", 4),
    ]
    assert row.version == 4


def test_set_cadence_from_the_same_day_replaces_it_whole(session, actor, now):
    row = forum(session)
    set_cadence(
        session,
        actor,
        now,
        row,
        valid_from_on=None,
        phrase="… träffas ett par gånger per år.",
        source_url="lansstyrelsen.se/natverk",
        approximate=True,
        **{**FOUR_TO_FIVE, "min": 2, "max": 3},
    )
    set_cadence(session, actor, now, row, valid_from_on=None, kind="interval", every=2, unit="month", min=9)
    (version,) = row.cadences
    assert (version.kind, version.every, version.unit, version.min, version.max, version.period) == (
        "interval",
        2,
        "month",
        None,
        None,
        None,
    )
    assert (version.approximate, version.phrase, version.source_url) == (False, None, None)
    newest, oldest = history_of(session, "forum", row.id)
    assert oldest.after["source_url"] == "https://lansstyrelsen.se/natverk"
    assert (newest.before["min"], newest.after["every"]) == (2, 2)


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"kind": "ibland"}, [("kind", "Välj något i listan")]),
        (
            {"kind": "count"},
            [("min", "Ange hur många möten som minst krävs"), ("period", "Välj en period")],
        ),
        (
            {"kind": "interval"},
            [("every", "Ange hur långt det är mellan mötena"), ("unit", "Välj dagar, veckor eller månader")],
        ),
        ({**FOUR_TO_FIVE, "max": 3}, [("max", "Högsta antalet är lägre än det lägsta")]),
        ({**FOUR_TO_FIVE, "min": 400}, [("min", "Ange ett tal mellan 0 och 366")]),
        ({**FOUR_TO_FIVE, "source_url": "ftp://x.se"}, [("source_url", "Ange en webbadress som börjar med https://")]),
    ],
)
def test_set_cadence_says_what_is_wrong(session, actor, now, given, problems):
    row = forum(session)
    with refused(*problems):
        set_cadence(session, actor, now, row, valid_from_on=None, **given)
    assert (row.cadences, row.version) == ([], 1)


def test_set_cadence_when_somebody_else_saved_first(session, actor, now):
    row = forum(session)
    set_cadence(session, actor, now, row, valid_from_on=None, version=1, **FOUR_TO_FIVE)
    with pytest.raises(SavedByOther):
        set_cadence(session, actor, now, row, valid_from_on=None, version=1, kind="none")


def test_remove_cadence_lets_the_one_before_hold_on(session, actor, now):
    row = forum(session)
    first = set_cadence(session, actor, now, row, valid_from_on=None, **FOUR_TO_FIVE)
    set_cadence(session, actor, now, row, valid_from_on=date(2025, 1, 1), kind="none")
    remove_cadence(session, actor, now, row, first)
    assert versions(row) == [(0, date(2025, 1, 1), "none", None)]
    assert history_of(session, "forum", row.id)[0].action == "cadence.remove"


# ---------------------------------------------------------------- pauses


def test_pauses_are_added_edited_and_removed(session, actor, now):
    row = forum(session)
    pause = add_pause(session, actor, now, row, from_on=date(2026, 7, 1), to_on=date(2026, 7, 31), reason=" Semester ")
    edit_pause(session, actor, now, row, pause, from_on=date(2026, 6, 22), to_on=date(2026, 8, 9), yearly=True)
    assert [(p.from_on, p.to_on, p.yearly, p.reason) for p in row.pauses] == [
        (date(2026, 6, 22), date(2026, 8, 9), True, None)
    ]
    remove_pause(session, actor, now, row, pause)
    session.expire_all()
    assert row.pauses == []
    assert [entry.action for entry in history_of(session, "forum", row.id)] == [
        "pause.remove",
        "pause.edit",
        "pause.add",
    ]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"from_on": None}, ("from_on", "Ange första dagen")),
        (
            {"from_on": date(2026, 7, 2), "to_on": date(2026, 7, 1)},
            ("to_on", "Sista dagen kan inte ligga före den första"),
        ),
        (
            {"from_on": date(2026, 7, 1), "yearly": True},
            ("to_on", "Ange sista dagen i en paus som återkommer varje år"),
        ),
        (
            {"from_on": date(2026, 7, 1), "to_on": date(2027, 7, 1), "yearly": True},
            ("to_on", "En paus som återkommer varje år kan inte vara ett år eller mer"),
        ),
    ],
)
def test_pause_says_what_is_wrong(session, actor, now, given, problem):
    row = forum(session)
    with refused(problem):
        add_pause(session, actor, now, row, **given)
    assert row.pauses == []


def test_pause_spans_lay_out_yearly_pauses_from_their_first_year():
    pauses = [
        Pause(from_on=date(2026, 12, 20), to_on=date(2027, 1, 6), yearly=True),
        Pause(from_on=date(2026, 3, 1), to_on=None, yearly=False),
        Pause(from_on=date(2024, 2, 29), to_on=date(2024, 3, 1), yearly=True),
    ]
    assert pause_spans(pauses, range(2025, 2028)) == (
        (date(2025, 2, 28), date(2025, 3, 1)),
        (date(2026, 2, 28), date(2026, 3, 1)),
        (date(2026, 3, 1), None),
        (date(2026, 12, 20), date(2027, 1, 6)),
        (date(2027, 2, 28), date(2027, 3, 1)),
        (date(2027, 12, 20), date(2028, 1, 6)),
    )


# ---------------------------------------------------------------- for the cadence room


def test_cadence_input_is_the_forum_as_the_rules_want_it(session, actor, now):
    row = forum(
        session, "Nämnden", "namnd", valid_to_on=date(2027, 6, 30), extra_counts=False, time_zone="Europe/Helsinki"
    )
    set_cadence(session, actor, now, row, valid_from_on=date(2026, 1, 1), target=5, **FOUR_TO_FIVE)
    set_cadence(session, actor, now, row, valid_from_on=None, kind="interval", every=3, unit="week")
    add_pause(session, actor, now, row, from_on=date(2026, 7, 1), to_on=date(2026, 7, 31))
    session.expire_all()
    assert cadence_input(session, [row.id]) == {
        row.id: cadence.Forum(
            versions=(
                cadence.CadenceVersion(kind=cadence.Kind.INTERVAL, every=3, unit=cadence.Unit.WEEK),
                cadence.CadenceVersion(kind=cadence.Kind.COUNT, min=4, max=5, target=5, valid_from=date(2026, 1, 1)),
            ),
            start=date(2024, 1, 1),
            end=date(2027, 6, 30),
            pauses=((date(2026, 7, 1), date(2026, 7, 31)),),
            time_zone="Europe/Helsinki",
            requires_quorum=True,
            extra_counts=False,
            notice=Notice(5, NoticeUnit.WORKING_DAYS),
        )
    }


@pytest.mark.parametrize(
    ("first", "tracked", "start"),
    [
        (None, date(2026, 11, 22), date(2026, 11, 22)),
        (date(1990, 1, 1), date(2026, 11, 22), date(2026, 11, 22)),
        (date(2027, 1, 1), date(2026, 11, 22), date(2027, 1, 1)),
    ],
)
def test_cadence_starts_on_the_later_of_first_day_and_tracked_day(session, first, tracked, start):
    row = forum(session, valid_from_on=first, tracked_from_on=tracked)
    assert cadence_input(session, [row.id])[row.id].start == start


def test_cadence_input_can_be_reckoned(session, actor, now):
    row = forum(session, tracked_from_on=date(2026, 1, 1))
    set_cadence(session, actor, now, row, valid_from_on=None, **FOUR_TO_FIVE)
    add_pause(session, actor, now, row, from_on=date(2025, 7, 1), to_on=date(2025, 7, 31), yearly=True)
    found = evaluate(cadence_input(session, [row.id])[row.id], [], TODAY)
    assert (found.required, found.held, found.missing) == (4, 0, 4)


@pytest.mark.parametrize("count", [1, 3])
def test_cadence_input_makes_three_queries(session, actor, now, count):
    ids = []
    for n in range(count):
        row = forum(session, f"Forum {n}")
        set_cadence(session, actor, now, row, valid_from_on=None, **FOUR_TO_FIVE)
        add_pause(session, actor, now, row, from_on=TODAY)
        ids.append(row.id)
    session.expunge_all()
    with counted(session) as said:
        assert len(cadence_input(session, ids)) == count
    assert len(said) == 3
