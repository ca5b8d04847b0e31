"""Cadence case files: the worked cases, every key read, and what a malformed file is refused for."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scheduler import i18n
from scheduler.cadence.cases import evaluate_cases
from scheduler.cadence.evaluation import RESULT_KEYS
from scheduler.errors import Refused

FILE = json.loads(Path(__file__).with_name("cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("worked", [pytest.param(case, id=case["id"]) for case in FILE["cases"]])
def test_worked_case(worked: dict[str, Any]) -> None:
    (row,) = evaluate_cases({**FILE, "cases": [worked]})
    assert row["id"] == worked["id"]
    assert {key: row["result"][key] for key in worked["expect"]} == worked["expect"]


def test_whole_file_gives_every_key_as_json() -> None:
    rows = evaluate_cases(FILE)
    assert [row["id"] for row in rows] == [case["id"] for case in FILE["cases"]]
    assert all(list(row["result"]) == RESULT_KEYS for row in rows)
    assert json.loads(json.dumps(rows)) == rows


def case(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "id": "C1",
        "cadence": {"kind": "count", "min": 4, "max": 5, "period": "year"},
        "forum": {"start": "2020-01-01"},
        "meetings": [{"date": "2026-02-10", "status": "held"}],
        "as_of": "2026-09-20",
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not ...}


def result(**changes: Any) -> dict[str, Any]:
    (row,) = evaluate_cases([case(**changes)])
    found: dict[str, Any] = row["result"]
    return found


def test_forum_and_meetings_may_be_absent() -> None:
    assert result(forum=..., meetings=...)["status"] == "overdue"


def test_rule_may_be_none_and_have_versions() -> None:
    versions = [{"kind": "none"}, {"kind": "interval", "every": 6, "unit": "week", "valid_from": "2026-09-01"}]
    assert result(cadence=versions, as_of="2026-08-31")["status"] == "no_requirement"
    assert result(cadence=versions, as_of="2026-09-20")["next_deadline"] == "2026-10-13"


def test_own_words_for_states_are_read() -> None:
    meetings = [{"date": f"2026-0{n}-10", "status": state} for n, state in enumerate(["closed", "held", "proposed"], 1)]
    meetings += [{"date": "2026-10-10", "status": "confirmed"}, {"date": "2026-11-10", "status": "called"}]
    found = result(meetings=meetings)
    assert (found["held"], found["planned"]) == (2, 2)


@pytest.mark.parametrize(
    ("moment", "held"),
    [
        ("2026-12-31T23:30:00+01:00", 1),
        ("2027-01-01T00:30:00+02:00", 1),
        ("2026-12-31T22:59:00Z", 1),
        ("2026-12-31T23:00:00Z", 0),
        ("2026-12-31T23:59", 1),
    ],
)
def test_moment_is_taken_to_the_forums_day(moment: str, held: int) -> None:
    window = ["2026-01-01", "2026-12-31"]
    found = result(meetings=[{"date": moment, "status": "held"}], as_of="2027-02-01", window=window)
    assert found["held"] == held


def test_forum_may_have_another_zone_and_notice() -> None:
    found = result(
        forum={"timezone": "Europe/Helsinki", "notice": [5, "working_days"]},
        meetings=[{"date": "2026-12-31T23:30:00+01:00", "status": "held"}],
        as_of="2027-02-01",
    )
    assert (found["held"], found["latest_next"], found["call_by"]) == (1, "2027-12-03", "2027-11-26")


@pytest.mark.parametrize(
    ("notice", "call_by"),
    [
        (None, "2026-11-19"),
        ([5, "working_days"], "2026-11-26"),
        ({"n": 21, "unit": "calendar_days"}, "2026-11-12"),
        (0, "2026-12-03"),
    ],
)
def test_notice_is_a_pair(notice: Any, call_by: str) -> None:
    found = result(forum={"start": "2020-01-01", "notice": notice})
    assert (found["latest_next"], found["call_by"]) == ("2026-12-03", call_by)


def test_absent_settings_are_the_files_defaults() -> None:
    extra = case(meetings=[{"date": "2026-02-10", "status": "held", "kind": "extra"}])
    inquorate = case(id="C2", meetings=[{"date": "2026-02-10", "status": "held", "quorum": False}])
    strict = {"extra_counts": False, "requires_quorum": True}
    rows = evaluate_cases({"defaults": strict, "cases": [extra, inquorate]})
    assert [row["result"]["held"] for row in rows] == [0, 0]
    rows = evaluate_cases({"cases": [extra, inquorate]})
    assert [row["result"]["held"] for row in rows] == [1, 1]


def test_kind_of_a_decision_body_requires_quorum() -> None:
    inquorate = [{"date": "2026-02-10", "status": "held", "quorum": False}]
    assert result(forum={"kind": "namnd"}, meetings=inquorate)["held"] == 0
    assert result(forum={"kind": "namnd", "requires_quorum": False}, meetings=inquorate)["held"] == 1
    assert result(forum={"kind": "natverk"}, meetings=inquorate)["held"] == 1


def test_days_that_yaml_has_read_are_read_too() -> None:
    assert result(as_of=date(2026, 9, 20)) == result()


VERSION: dict[str, Any] = {"kind": "count", "min": 4, "period": "year"}


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"cadence": ...}, "cadence"),
        ({"cadence": 4}, "cadence"),
        ({"cadence": {}}, "cadence.kind"),
        ({"cadence": {"kind": "often"}}, "cadence.kind"),
        ({"cadence": {"kind": "count", "period": "year"}}, "cadence.min"),
        ({"cadence": {"kind": "count", "min": 4}}, "cadence.period"),
        ({"cadence": {**VERSION, "period": "week"}}, "cadence.period"),
        ({"cadence": {**VERSION, "min": "4"}}, "cadence.min"),
        ({"cadence": {**VERSION, "min": 4.0}}, "cadence.min"),
        ({"cadence": {**VERSION, "min": 400}}, "cadence.min"),
        ({"cadence": {**VERSION, "max": 3}}, "cadence.max"),
        ({"cadence": {**VERSION, "target": 3}}, "cadence.target"),
        ({"cadence": {**VERSION, "window": "sliding"}}, "cadence.window"),
        ({"cadence": {**VERSION, "window": "rolling", "period": "month"}}, "cadence.window"),
        ({"cadence": {**VERSION, "approximate": 1}}, "cadence.approximate"),
        ({"cadence": {"kind": "interval", "every": 0, "unit": "week"}}, "cadence.every"),
        ({"cadence": {"kind": "interval", "every": 1}}, "cadence.unit"),
        ({"cadence": [VERSION, VERSION]}, "cadence[1].valid_from"),
        ({"cadence": [{**VERSION, "valid_from": "2026-07-01"}] * 2}, "cadence[1].valid_from"),
        ({"cadence": [{**VERSION, "valid_from": "July"}]}, "cadence[0].valid_from"),
        ({"forum": []}, "forum"),
        ({"forum": {"start": "yesterday"}}, "forum.start"),
        ({"forum": {"end": "2026-13-01"}}, "forum.end"),
        ({"forum": {"pauses": ["2026-07-01"]}}, "forum.pauses[0]"),
        ({"forum": {"pauses": [["2026-07-01"]]}}, "forum.pauses[0]"),
        ({"forum": {"pauses": [["2026-07-01", "2026-06-01"]]}}, "forum.pauses[0]"),
        ({"forum": {"pauses": [[None, "2026-06-01"]]}}, "forum.pauses[0][0]"),
        ({"forum": {"timezone": "Europe/Luleå"}}, "forum.timezone"),
        ({"forum": {"timezone": "../etc"}}, "forum.timezone"),
        ({"forum": {"requires_quorum": "yes"}}, "forum.requires_quorum"),
        ({"forum": {"notice": [14]}}, "forum.notice"),
        ({"forum": {"notice": [14, "weekday_previous_week"]}}, "forum.notice"),
        ({"forum": {"notice": {"n": -1, "unit": "calendar_days"}}}, "forum.notice.n"),
        ({"forum": {"lead_days": -1}}, "forum.lead_days"),
        ({"meetings": {}}, "meetings"),
        ({"meetings": ["2026-02-10"]}, "meetings[0]"),
        ({"meetings": [{"status": "held"}]}, "meetings[0].date"),
        ({"meetings": [{"date": "2026-02-10"}]}, "meetings[0].status"),
        ({"meetings": [{"date": "2026-02-10", "status": "happened"}]}, "meetings[0].status"),
        ({"meetings": [{"date": "2026-02-10", "status": "held", "kind": "party"}]}, "meetings[0].kind"),
        ({"meetings": [{"date": "2026-02-10", "status": "held", "quorum": "no"}]}, "meetings[0].quorum"),
        ({"meetings": [{"date": "2026-02-10", "status": "held", "continuation": 1}]}, "meetings[0].continuation"),
        ({"meetings": [{"date": "2026-02-10", "status": ["held"]}]}, "meetings[0].status"),
        ({"as_of": ...}, "as_of"),
        ({"as_of": "today"}, "as_of"),
        ({"as_of": "9999-12-31"}, "as_of"),
        ({"window": "2026"}, "window"),
        ({"window": ["2026-01-01"]}, "window"),
        ({"window": ["2026-12-31", "2026-01-01"]}, "window"),
    ],
)
def test_malformed_case_is_refused_at_its_place(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(Refused) as refusal:
        evaluate_cases([case(id="C0"), case(**changes)])
    assert [problem.field for problem in refusal.value.problems] == [f"C1: {place}"]


@pytest.mark.parametrize(
    ("document", "place"),
    [({}, "cases"), (None, "cases"), ({"cases": [], "defaults": []}, None), ([case(), case()], "[1].id")],
)
def test_malformed_file(document: Any, place: str | None) -> None:
    if place is None:
        assert evaluate_cases(document) == []
        return
    with pytest.raises(Refused) as refusal:
        evaluate_cases(document)
    assert refusal.value.problems[0].field in {place, None}


def test_malformed_defaults_are_refused() -> None:
    with pytest.raises(Refused) as refusal:
        evaluate_cases({"defaults": [], "cases": [case()]})
    assert refusal.value.problems[0].field == "defaults"


def test_refusal_reads_in_both_languages() -> None:
    with pytest.raises(Refused) as refusal:
        evaluate_cases([case(cadence={**VERSION, "max": 3})])
    assert str(refusal.value) == "C1: cadence.max: Högsta antalet är lägre än det lägsta"
    with i18n.use_language("en"):
        assert str(refusal.value) == "C1: cadence.max: The highest number is below the lowest"
