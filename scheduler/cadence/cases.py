"""Cadence case files: situations as JSON in, results out (spec cadence §1). Not here: reading the file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from scheduler.cadence.evaluation import evaluate
from scheduler.cadence.rules import (
    HELD_STATES,
    MEETING_KINDS,
    NEVER_STATES,
    PLANNED_STATES,
    QUORUM_KINDS,
    CadenceVersion,
    Forum,
    Kind,
    Meeting,
    Period,
    Unit,
    WindowKind,
    local_day,
)
from scheduler.i18n import mark
from scheduler.workdays.json_value import JsonValue, cases_of
from scheduler.workdays.rules import Notice
from scheduler.workdays.rules import Unit as NoticeUnit

_STATES = sorted(HELD_STATES | PLANNED_STATES | NEVER_STATES)
_KINDS = sorted(MEETING_KINDS)


def evaluate_cases(document: Any) -> list[dict[str, Any]]:
    """``{"id", "result"}`` of every case in the file's order; a result has all of ``RESULT_KEYS``.

    Raises Refused, naming the case and the key, when anything in the file is malformed; then nothing is
    evaluated. Keys that no rule reads (title, why, expect) are left alone.
    """
    defaults = JsonValue(document.get("defaults") if isinstance(document, dict) else None, "defaults")
    read = [(name, _case(case, defaults)) for name, case in cases_of(document)]
    return [{"id": name, "result": evaluate(*arguments).as_result()} for name, arguments in read]


def _case(case: JsonValue, defaults: JsonValue) -> tuple[Forum, list[Meeting], date, tuple[date, date] | None]:
    forum = _forum(case.get("forum"), defaults, _versions(case.need("cadence")))
    meetings = (
        [_meeting(meeting, forum.time_zone) for meeting in case.get("meetings").items()] if case.has("meetings") else []
    )
    today = _local(case.need("as_of"), forum.time_zone)
    if not case.has("window"):
        return forum, meetings, today, None
    first, last = (day.day() for day in case.get("window").pair())
    if last < first:
        case.get("window").refuse(mark("Slutdagen ligger före startdagen"))
    return forum, meetings, today, (first, last)


def _versions(value: JsonValue) -> tuple[CadenceVersion, ...]:
    """One version, or a list of them in order of ``valid_from``, which only the first may lack."""
    if isinstance(value.raw, dict):
        return (read_version(value),)
    found: list[CadenceVersion] = []
    for item in value.items():
        version = read_version(item)
        if found:
            start, before = version.valid_from, found[-1].valid_from
            if start is None:
                item.get("valid_from").refuse(mark("Värdet saknas"))
            if before is not None and start <= before:
                item.get("valid_from").refuse(mark("Reglerna ska stå i tidsordning"))
        found.append(version)
    return tuple(found)


def read_version(value: JsonValue) -> CadenceVersion:
    """The version of an object with the keys of §1."""
    kind = value.need("kind").choice(Kind)
    keys: dict[str, Any] = {"kind": kind}
    if kind is Kind.COUNT:
        keys["min"] = value.need("min").whole()
        keys["period"] = value.need("period").choice(Period)
        if value.has("window"):
            keys["window"] = value.get("window").choice(WindowKind)
        for name in ("max", "target"):
            keys[name] = value.get(name).whole() if value.has(name) else None
        keys["approximate"] = value.get("approximate").flag() if value.has("approximate") else False
    elif kind is Kind.INTERVAL:
        keys["every"] = value.need("every").whole()
        keys["unit"] = value.need("unit").choice(Unit)
    valid_from = value.get("valid_from").day() if value.has("valid_from") else None
    with value.placing():
        return CadenceVersion(**keys, valid_from=valid_from)


def _forum(value: JsonValue, defaults: JsonValue, versions: tuple[CadenceVersion, ...]) -> Forum:
    """The forum of a case; what is absent is the file's default, and then the spec's."""

    def setting(name: str, read: Callable[[JsonValue], Any], otherwise: Any) -> Any:
        for place in (value, defaults):
            if place.has(name):
                return read(place.get(name))
        return otherwise

    for place in (value, defaults):
        if place.raw is not None and not isinstance(place.raw, dict):
            place.refuse(mark("Ange ett objekt"))
    kind = setting("kind", JsonValue.text, "")
    days = {name: setting(name, _days, default) for name, default in (("lead_days", 30), ("spacing_days", 14))}
    return Forum(
        versions,
        setting("start", JsonValue.day, None),
        setting("end", JsonValue.day, None),
        setting("pauses", lambda found: tuple(_pause(pause) for pause in found.items()), ()),
        setting("timezone", _time_zone, "Europe/Stockholm"),
        setting("requires_quorum", JsonValue.flag, kind in QUORUM_KINDS),
        setting("extra_counts", JsonValue.flag, otherwise=True),
        setting("notice", _notice, Notice()),
        **days,
    )


def _pause(value: JsonValue) -> tuple[date, date | None]:
    first, last = value.pair()
    begins, ends = first.day(), None if last.raw is None else last.day()
    if ends is not None and ends < begins:
        value.refuse(mark("Slutdagen ligger före startdagen"))
    return begins, ends


def _time_zone(value: JsonValue) -> str:
    try:
        return ZoneInfo(value.text()).key
    except (KeyError, OSError, ValueError):  # unknown, the name of a folder, or no name at all
        value.refuse(mark("Okänd tidszon"))


def _days(value: JsonValue) -> int:
    if value.whole() < 0:
        value.refuse(mark("Ange 0 eller fler dagar"))
    return value.whole()


def _notice(value: JsonValue) -> Notice:
    """A pair [n, unit], an object {n, unit}, or a number of calendar days."""
    unit = NoticeUnit.CALENDAR_DAYS
    if isinstance(value.raw, dict):
        n, unit = value.need("n").whole(), value.need("unit").choice(NoticeUnit)
    elif isinstance(value.raw, (list, tuple)):
        number, word = value.pair()
        n, unit = number.whole(), word.choice(NoticeUnit)
    else:
        n = value.whole()
    with value.placing():
        return Notice(n, unit)


def _meeting(value: JsonValue, time_zone: str) -> Meeting:
    return Meeting(
        _local(value.need("date"), time_zone),
        value.need("status").word(_STATES),
        value.get("kind").word(_KINDS) if value.has("kind") else "ordinary",
        value.get("quorum").flag() if value.has("quorum") else None,
        value.get("continuation").flag() if value.has("continuation") else False,
    )


def _local(value: JsonValue, time_zone: str) -> date:
    moment = value.moment()
    return local_day(moment, time_zone) if isinstance(moment, datetime) else moment
