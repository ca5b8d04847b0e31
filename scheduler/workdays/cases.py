"""Deadline files: cases as JSON in, days out (spec cadence §1, "Deadline files"). Not here: reading the file."""

from __future__ import annotations

from typing import Any

from scheduler.workdays.json_value import JsonValue, cases_of
from scheduler.workdays.rules import DeadlineRule, Roll, Unit, deadline


def evaluate_deadlines(document: Any) -> list[dict[str, str]]:
    """``{"id", "result"}`` of every case, the result an ISO day, in the file's order.

    Raises Refused, naming the case and the key, when anything in the file is malformed; then nothing is
    evaluated.
    """
    read = [(name, _case(case)) for name, case in cases_of(document)]
    return [{"id": name, "result": deadline(*arguments).isoformat()} for name, arguments in read]


def _case(case: JsonValue) -> tuple[Any, DeadlineRule, frozenset[Any]]:
    closed = frozenset(day.day() for day in case.get("closed").items()) if case.has("closed") else frozenset()
    return case.need("anchor").day(), read_rule(case.need("rule")), closed


def read_rule(value: JsonValue) -> DeadlineRule:
    """The rule of ``{n, unit, roll, weekday}``; no roll is none."""
    unit = value.need("unit").choice(Unit)
    roll = value.get("roll").choice(Roll) if value.has("roll") else Roll.NONE
    weekday = value.get("weekday").whole() if value.has("weekday") else None
    n = 0
    if unit is not Unit.WEEKDAY_PREVIOUS_WEEK:
        n = value.need("n").whole()
    with value.placing():
        return DeadlineRule(n, unit, roll, weekday)
