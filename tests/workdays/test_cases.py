"""Deadline files: the worked cases, and what a malformed file is refused for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scheduler import i18n
from scheduler.errors import Refused
from scheduler.workdays.cases import evaluate_deadlines

FILE = json.loads(Path(__file__).with_name("deadline_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in FILE["cases"]])
def test_worked_case(case: dict[str, Any]) -> None:
    assert evaluate_deadlines([case]) == [{"id": case["id"], "result": case["expect"]}]


def test_whole_file_keeps_its_order() -> None:
    assert [row["id"] for row in evaluate_deadlines(FILE)] == [case["id"] for case in FILE["cases"]]


def case(**changes: Any) -> dict[str, Any]:
    whole = {"id": "D1", "anchor": "2026-05-19", "rule": {"n": -5, "unit": "working_days"}, **changes}
    return {name: value for name, value in whole.items() if value is not ...}


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({}, "cases"),
        ({"cases": {}}, "cases"),
        ("D1", None),
        ([5], "[0]"),
        ([case(id=...)], "[0].id"),
        ([case(id=7)], "[0].id"),
        ([case(), case()], "[1].id"),
        ([case(anchor=...)], "D1: anchor"),
        ([case(anchor="2026-02-30")], "D1: anchor"),
        ([case(anchor="2026-05-19T10:00")], "D1: anchor"),
        ([case(anchor="0001-01-01")], "D1: anchor"),
        ([case(anchor=20260519)], "D1: anchor"),
        ([case(rule=...)], "D1: rule"),
        ([case(rule=-5)], "D1: rule"),
        ([case(rule={"n": -5})], "D1: rule.unit"),
        ([case(rule={"n": -5, "unit": "weeks"})], "D1: rule.unit"),
        ([case(rule={"unit": "working_days"})], "D1: rule.n"),
        ([case(rule={"n": "-5", "unit": "working_days"})], "D1: rule.n"),
        ([case(rule={"n": True, "unit": "working_days"})], "D1: rule.n"),
        ([case(rule={"n": 99999, "unit": "working_days"})], "D1: rule.n"),
        ([case(rule={"n": 1, "unit": "calendar_days", "roll": "up"})], "D1: rule.roll"),
        ([case(rule={"unit": "weekday_previous_week"})], "D1: rule.weekday"),
        ([case(rule={"unit": "weekday_previous_week", "weekday": 7})], "D1: rule.weekday"),
        ([case(closed="2026-05-15")], "D1: closed"),
        ([case(closed=["2026-05-15", None])], "D1: closed[1]"),
    ],
)
def test_malformed_file_is_refused_at_its_place(document: Any, place: str | None) -> None:
    with pytest.raises(Refused) as refusal:
        evaluate_deadlines(document)
    assert [problem.field for problem in refusal.value.problems] == [place]


def test_refusal_reads_in_both_languages() -> None:
    with pytest.raises(Refused) as refusal:
        evaluate_deadlines([case(rule={"n": 1, "unit": "weeks"})])
    assert str(refusal.value) == ("D1: rule.unit: Ange något av calendar_days, working_days, weekday_previous_week")
    with i18n.use_language("en"):
        assert str(refusal.value) == "D1: rule.unit: Enter one of calendar_days, working_days, weekday_previous_week"
