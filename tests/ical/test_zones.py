import os
import subprocess
import sys
from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from dateutil.rrule import rrulestr

from scheduler.ical import zones
from scheduler.ical.lint import lint_calendar
from scheduler.ical.zones import covers, vtimezone
from tests.ical.samples import calendar, event, uid
from tests.ical_clients import read_with_icalendar, read_with_icaljs, read_with_recurring

STOCKHOLM = b"""BEGIN:VTIMEZONE
TZID:Europe/Stockholm
BEGIN:DAYLIGHT
DTSTART:19810329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZNAME:CEST
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZNAME:CET
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
""".replace(b"\n", b"\r\n")

HELSINKI = b"""BEGIN:VTIMEZONE
TZID:Europe/Helsinki
BEGIN:DAYLIGHT
DTSTART:19830327T030000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZNAME:EEST
TZOFFSETFROM:+0200
TZOFFSETTO:+0300
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T040000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZNAME:EET
TZOFFSETFROM:+0300
TZOFFSETTO:+0200
END:STANDARD
END:VTIMEZONE
""".replace(b"\n", b"\r\n")

KOLKATA = b"""BEGIN:VTIMEZONE
TZID:Asia/Kolkata
BEGIN:STANDARD
DTSTART:19700101T000000
TZNAME:IST
TZOFFSETFROM:+0530
TZOFFSETTO:+0530
END:STANDARD
END:VTIMEZONE
""".replace(b"\n", b"\r\n")

#: The same rule since before 2020.
STEADY = [
    "Europe/Stockholm", "Europe/Helsinki", "Europe/Oslo", "Europe/London", "Europe/Dublin", "Europe/Lisbon",
    "Atlantic/Reykjavik", "Europe/Moscow", "Europe/Istanbul", "America/New_York", "America/St_Johns",
    "Asia/Jerusalem", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo", "Australia/Sydney",
    "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Chatham", "Antarctica/Troll", "Etc/GMT+5",
]  # fmt: skip
#: A new rule since: Greenland 2024, Chile 2023, Kazakhstan 2024, Samoa 2021.
CHANGED = ["America/Nuuk", "America/Santiago", "Asia/Almaty", "Pacific/Apia"]

HOUR = timedelta(hours=1)
FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC)


class Block:
    """A VTIMEZONE read by the letter of RFC 5545 §3.6.5, each RRULE expanded by dateutil."""

    def __init__(self, text: bytes) -> None:
        self.onsets: list[tuple[datetime, timedelta]] = []
        for part in text.decode().split("BEGIN:")[2:]:
            lines = dict(line.split(":", 1) for line in part.splitlines()[1:])
            before, after = (self.offset(lines[name]) for name in ("TZOFFSETFROM", "TZOFFSETTO"))
            start = datetime.strptime(lines["DTSTART"], "%Y%m%dT%H%M%S")
            walls = [start]
            if "RRULE" in lines:
                walls = rrulestr(lines["RRULE"], dtstart=start).between(start, LAST.replace(tzinfo=None), inc=True)
                assert walls[0] == start
            self.onsets += [((wall - before).replace(tzinfo=UTC), after) for wall in walls]
        self.onsets.sort()

    @staticmethod
    def offset(text: str) -> timedelta:
        minutes = int(text[1:3]) * 60 + int(text[3:5])
        return timedelta(minutes=-minutes if text[0] == "-" else minutes)

    def at(self, instant: datetime) -> timedelta:
        return self.onsets[bisect_right(self.onsets, (instant, timedelta.max)) - 1][1]


def changes(name: str) -> list[datetime]:
    """The days of 2020–2037 on which the clocks change, as zoneinfo has it, at some hour of each."""
    zone = ZoneInfo(name)
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days)]
    offsets = [day.astimezone(zone).utcoffset() for day in days]
    return [day for day, now, then in zip(days, offsets, offsets[1:], strict=False) if now != then]


@pytest.mark.parametrize(
    ("name", "text"), [("Europe/Stockholm", STOCKHOLM), ("Europe/Helsinki", HELSINKI), ("Asia/Kolkata", KOLKATA)]
)
def test_vtimezone_text(name: str, text: bytes) -> None:
    assert vtimezone(name) == text


@pytest.mark.parametrize("name", STEADY + CHANGED)
def test_vtimezone_tells_every_hour_around_each_change_to_2037(name: str) -> None:
    block = Block(vtimezone(name) or b"")
    zone = ZoneInfo(name)
    hours = [day + n * HOUR for day in [FIRST, *changes(name)] for n in range(-24, 72)]
    hours = [hour for hour in hours if covers(name, hour)]

    assert [(hour, block.at(hour)) for hour in hours] == [(hour, hour.astimezone(zone).utcoffset()) for hour in hours]


@pytest.mark.parametrize("name", STEADY)
def test_covers_all_years_of_a_steady_zone(name: str) -> None:
    assert covers(name, FIRST)


@pytest.mark.parametrize(
    ("name", "first_covered"),
    [
        ("Europe/Stockholm", datetime(1996, 3, 31, 1, tzinfo=UTC)),
        ("America/Nuuk", datetime(2024, 3, 31, 1, tzinfo=UTC)),
        ("Asia/Almaty", datetime(2024, 2, 29, 18, tzinfo=UTC)),
    ],
)
def test_covers_begins_with_the_rule(name: str, first_covered: datetime) -> None:
    assert [covers(name, first_covered - HOUR), covers(name, first_covered)] == [False, True]


def wrong_hours(name: str, block: bytes) -> list[datetime]:
    """The hours of 2020–2037, near each change and in the middle of each month, that the block tells wrong."""
    zone, read = ZoneInfo(name), Block(block)
    days = [
        day + timedelta(hours=n) for day in [FIRST, *changes(name)] for n in range(-36, 61)
    ]  # a day, and 36 h about it
    days += [datetime(year, month, 15, 12, tzinfo=UTC) for year in range(2020, 2038) for month in range(1, 13)]
    return [at for at in days if covers(name, at) and read.at(at) != at.astimezone(zone).utcoffset()]


def alike(names: Iterable[str]) -> dict[bytes, list[str]]:
    """The zones by their rules: one of each kind is enough to read."""
    found: dict[bytes, list[str]] = {}
    for name in sorted(names):
        found.setdefault(zones._rules_of(name), []).append(name)
    return found


@pytest.mark.parametrize("part", range(4))
def test_every_zone_of_the_database_is_said_right_or_written_in_utc(part: int) -> None:
    kinds = list(alike(available_timezones()).values())[part::4]
    unsaid = []
    for names in kinds:
        block = vtimezone(names[0])
        if block is None:
            unsaid += names
            continue
        assert wrong_hours(names[0], block) == []
        assert lint_calendar(calendar([]).replace(b"END:VCALENDAR", block + b"END:VCALENDAR")) == []
    assert len(kinds) > 60
    # Ramadan, and the day after the last Thursday: what no pair of yearly rules says. Another edition may have more.
    assert len(unsaid) < 6
    assert [name for name in unsaid if name.startswith(("Europe/", "America/", "Australia/"))] == []


@pytest.mark.slow
def test_every_zone_by_every_name_is_said_right() -> None:
    told = {name: block for name in available_timezones() if (block := vtimezone(name)) is not None}
    assert len(told) > 580
    for name, block in told.items():
        assert f"\r\nTZID:{name}\r\n".encode() in block
        assert wrong_hours(name, block) == []


#: Read with the arithmetic of the programs themselves: rules of both hemispheres, half hours, winter time that is
#: the exception, no changes, and one that is written in UTC.
READ = [
    "Europe/Helsinki", "Europe/Stockholm", "Europe/London", "Europe/Dublin", "America/New_York", "Australia/Sydney",
    "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Tehran", "Asia/Kathmandu",
]  # fmt: skip


@pytest.mark.parametrize("reader", ["icalendar", "ical.js", "recurring-ical-events"])
def test_zones_are_read_right_by_the_programs_own_arithmetic(reader: str) -> None:
    meetings = []
    for name in READ:
        zone = ZoneInfo(name)
        for day in [*changes(name)[::5], *(datetime(2026, month, 15, tzinfo=UTC) for month in range(1, 13))]:
            for hours in (-30, 3, 12, 30):
                start = (day + timedelta(hours=hours)).astimezone(zone)
                meetings.append(event(uid=uid(len(meetings)), start=start, end=start + HOUR, summary=name))
    content = calendar(meetings)
    readers = {
        "icalendar": read_with_foreign_zones,
        "ical.js": read_with_icaljs,
        "recurring-ical-events": lambda content: read_with_recurring(content, date(2019, 1, 1), date(2039, 1, 1)),
    }
    read = {each["uid"]: (each["start"], each["end"]) for each in readers[reader](content)}
    for meeting in meetings:
        utc = meeting.start.astimezone(UTC)
        assert (meeting.summary, read[meeting.uid]) == (meeting.summary, (utc, utc + HOUR))


def read_with_foreign_zones(content: bytes) -> list[dict[str, Any]]:
    """By icalendar, which takes a zone it knows from its own database: here each has a name that nobody knows."""
    for name in READ:
        content = content.replace(f"TZID:{name}\r\n".encode(), f"TZID:Takt/{name}\r\n".encode())
        content = content.replace(f"TZID={name}:".encode(), f"TZID=Takt/{name}:".encode())
    return read_with_icalendar(content)


@pytest.mark.parametrize(
    "name",
    [
        "Asia/Gaza",  # Ramadan moves through the year
        "Africa/Cairo",  # the day after the last Thursday, which may be the first of the next month
        "Europe/Luleå",
        "../../etc/passwd",
        "",
    ],
)
def test_vtimezone_is_none_for_a_zone_that_cannot_be_said(name: str) -> None:
    assert (vtimezone(name), covers(name, FIRST)) == (None, False)


def test_vtimezone_is_the_same_from_the_system_and_from_the_package() -> None:
    if not Path("/usr/share/zoneinfo/Europe/Stockholm").exists():
        pytest.skip("no time zones on this system")
    code = (
        "import sys; from scheduler.ical.zones import vtimezone; sys.stdout.buffer.write(vtimezone('Europe/Stockholm'))"
    )
    texts = [
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"PYTHONTZPATH": path}, capture_output=True, check=True
        ).stdout
        for path in ("/usr/share/zoneinfo", "")
    ]
    assert texts == [STOCKHOLM, STOCKHOLM]


def test_rules_mark_is_another_word_when_some_rule_is_another(tmp_path: Path) -> None:
    code = "from scheduler.ical.zones import rules_mark; print(rules_mark())"

    def mark() -> str:
        environ = os.environ | {"PYTHONTZPATH": str(tmp_path)}
        return subprocess.run(
            [sys.executable, "-c", code], env=environ, capture_output=True, check=True
        ).stdout.decode()

    first = mark()
    assert mark() == first
    (tmp_path / "Europe").mkdir()
    moscow = resources.files("tzdata").joinpath("zoneinfo", "Europe", "Moscow").read_bytes()
    (tmp_path / "Europe" / "Stockholm").write_bytes(moscow)
    assert mark() != first


def test_vtimezone_is_read_right_by_icaljs_around_each_change() -> None:
    meetings: list[tuple[str, datetime]] = []
    for name in ["Europe/Stockholm", "Europe/Helsinki", "America/New_York", "America/Nuuk", "America/Santiago",
                 "Asia/Jerusalem", "Australia/Lord_Howe"]:  # fmt: skip
        for day in changes(name):
            for n in range(-1, 3):
                noon = (day + timedelta(days=n)).replace(hour=12, tzinfo=ZoneInfo(name))
                if covers(name, noon):
                    meetings.append((name, noon))
    read = read_with_icaljs(
        calendar(
            event(uid=uid(n), start=noon, end=noon + HOUR, summary=name) for n, (name, noon) in enumerate(meetings)
        )
    )

    assert len(meetings) > 800
    assert [(e["summary"], e["start"]) for e in read] == [(name, noon.astimezone(UTC)) for name, noon in meetings]
