"""What real programs read from our bytes: exactly what was put in."""

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler.ical.lint import lint_calendar, lint_fragment
from scheduler.ical.text import clean_text
from scheduler.ical.writer import Event, description_with_links, render_event, splice_alarm, title
from tests.ical.samples import FULL, GOLDEN, STOCKHOLM, calendar, event, uid
from tests.ical_clients import (
    read_with_icalendar,
    read_with_icaljs,
    read_with_recurring,
    read_with_vdirsyncer,
    read_with_x_wr_timezone,
)

VENDOR = Path(__file__).parent / "vendor"
READERS = {
    "icalendar": read_with_icalendar,
    "ical.js": read_with_icaljs,
    "recurring-ical-events": lambda content: read_with_recurring(content, date(2026, 1, 1), date(2027, 1, 1)),
    "vdirsyncer": read_with_vdirsyncer,
    "x-wr-timezone": read_with_x_wr_timezone,
}
ALWAYS = ["DTEND", "DTSTAMP", "DTSTART", "LAST-MODIFIED", "SEQUENCE", "STATUS", "SUMMARY", "TRANSP", "UID"]


def put_in(meeting: Event) -> dict[str, Any]:
    """What a program must read of ``meeting``."""
    categories = [name for name in map(clean_text, meeting.categories) if name]
    described = description_with_links(meeting)
    given = {
        "DESCRIPTION": described,
        "LOCATION": clean_text(meeting.location),
        "GEO": meeting.geo,
        "URL": meeting.url,
        "CONFERENCE": meeting.conference,
        "CATEGORIES": categories,
        "ORGANIZER": meeting.organizer,
        "CREATED": meeting.created_at,
    }
    # ical.js takes the comma after a backslash for an escaped one: such a name ends its line.
    more = ["CATEGORIES" for name in categories[:-1] if name.endswith("\\")]
    start, end = (at.astimezone(UTC) if isinstance(at, datetime) else at for at in (meeting.start, meeting.end))
    return {
        "uid": meeting.uid,
        "summary": title(meeting),
        "description": described or None,
        "location": given["LOCATION"] or None,
        "status": meeting.status.upper(),
        "transparent": meeting.transparent or meeting.status == "cancelled",
        "sequence": meeting.sequence,
        "revised": meeting.revised_at,
        "start": start,
        "end": end,
        "url": meeting.url,
        "conference": meeting.conference,
        "categories": categories,
        "geo": list(meeting.geo) if meeting.geo else None,
        "organizer": list(meeting.organizer) if meeting.organizer else None,
        "alarms": [],
        "names": sorted([*ALWAYS, *(name for name, value in given.items() if value), *more]),
    }


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", GOLDEN)
def test_golden_calendar_is_read_as_it_was_meant(name: str, reader: str) -> None:
    assert READERS[reader](calendar(GOLDEN[name])) == [put_in(meeting) for meeting in GOLDEN[name]]


@pytest.mark.parametrize("reader", READERS)
def test_alarm_is_read_as_minutes_before(reader: str) -> None:
    content = calendar([event()]).replace(render_event(event()), splice_alarm(render_event(event()), 90))
    assert [read["alarms"] for read in READERS[reader](content)] == [[-90]]


@pytest.mark.parametrize("reader", ["icalendar", "ical.js"])
@pytest.mark.parametrize(
    "name", ['Sekretariatet "norr"', "A; B, C: D", "hatt ^ och ^' och ^n", "O'Brien", "Ångström", "100 %2C"]
)
def test_organizer_keeps_the_name_of_the_role(name: str, reader: str) -> None:
    meeting = event(organizer=(name, "norr@takt.example"))
    assert [read["organizer"] for read in READERS[reader](calendar([meeting]))] == [[name, "norr@takt.example"]]


@pytest.mark.parametrize("reader", READERS)
def test_the_hour_that_comes_twice_is_read_as_the_one_meant(reader: str) -> None:
    twice = [datetime(2026, 10, 25, 2, 30, tzinfo=STOCKHOLM, fold=fold) for fold in (0, 1)]
    end = datetime(2026, 10, 25, 8, 0, tzinfo=STOCKHOLM)
    read = READERS[reader](calendar([event(uid=uid(n), start=start, end=end) for n, start in enumerate(twice)]))

    assert [each["start"] for each in read] == [
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    ]


FAMILY = "👨‍👩‍👧‍👦"
#: What programs stumble over.
HARD = (
    "C:\\Nytt\\namn \\n \\N \\\\N \\, \\; \\\\",
    "a,b;c:d\"e'f",
    "rad ett\r\nrad två\rrad tre\n\n",
    " \t mellanslag först och sist \t ",
    "BEGIN:VEVENT\r\nEND:VCALENDAR\r\nATTENDEE:mailto:a@b.example",
    "👩🏽‍💻🇸🇪" * 300,
    "\u202eשלום עולם \u200fمرحبا\u200e " * 100,
    "å" * 10_000,
    "a,;\\\n" * 2_000,
    "\ufeffmärke och \ufffe \uffff \U0010ffff",
    "<b>Hej</b> &amp; hej",
    "x" * 66 + "\\" * 20,
    "\x00\x1b[31m\x85\u2028\u2029\ud800",
    "",
    f"{FAMILY * 7} och {FAMILY * 400}",
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f" * 12,
    "a\r\nb\rc\nd\n\re\r\r\nf\x85g\u2028h\x0bi\x0cj",
    "A\u030angstro\u0308m \u1100\u1161\u11a8 \u0344 \u2126 e" + "\u0301" * 60,
    "\ufdd0\ufdef\U0001fffe\U0010ffff",
    "slut  \u00a0 \u3000 ",
    *(f"{'x' * n}{gap}slut" for gap in (" ", "\t", "\u00a0", "\u3000") for n in (60, 61, 62, 63, 64, 65, 66, 67)),
    *(f"{'x' * n}{gap * 300}slut" for gap in (" ", "\t", "\u00a0", "\u3000") for n in (0, 61, 66)),
    *("x" * n + "\\, å;\n" * 30 for n in range(60, 68)),
    "å, 👩🏽‍💻; " * 1_000,
)


@pytest.mark.parametrize("reader", READERS)
def test_text_that_programs_stumble_over_is_read_as_stored(reader: str) -> None:
    meetings = [
        event(uid=uid(n), summary=text, description=text, location=text, categories=(text, "b"))
        for n, text in enumerate(HARD)
    ]
    content = calendar(meetings)
    for read, meeting in zip(READERS[reader](content), meetings, strict=True):
        assert read == put_in(meeting)
    assert [finding for finding in lint_calendar(content) if finding.fatal] == []


@pytest.mark.parametrize("gap", [" ", "\t", "\u00a0", "\u2003", "\u3000"])
def test_f03_no_folded_line_is_white_space_alone(gap: str) -> None:
    """Neither where a gap is as long as a line nor where a text ends in one."""
    for length in range(80):
        text = f"{'x' * length}{gap * 300}å{'y' * length}{gap * 30}"
        fragment = render_event(event(summary=text, description=text, location=text))
        assert [line for line in fragment.decode().split("\r\n")[:-1] if not line.strip()] == []
        assert lint_fragment(fragment) == []


#: Anything a person can type or paste, with what calendars give a meaning more often than chance would.
TYPED = st.text(
    alphabet=st.one_of(st.sampled_from("\\\\nN,;:\"' \t\r\n^å\u0301\u2028\u200d\u00a0"), st.characters()), max_size=120
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(st.tuples(TYPED, TYPED, TYPED, st.lists(TYPED, max_size=3)), min_size=10, max_size=20))
def test_any_text_is_read_as_stored(texts: list[tuple[str, str, str, list[str]]]) -> None:
    meetings = [
        event(uid=uid(n), summary=summary, description=description, location=location, categories=tuple(categories))
        for n, (summary, description, location, categories) in enumerate(texts)
    ]
    content = calendar(meetings)
    wanted = [put_in(meeting) for meeting in meetings]

    for reader in READERS.values():
        assert reader(content) == wanted
    assert [finding for finding in lint_calendar(content) if finding.fatal] == []


@pytest.mark.parametrize("reader", ["icalendar", "ical.js"])
def test_categories_that_end_in_a_backslash_are_told_apart(reader: str) -> None:
    names = ("C:\\", "a, b", "\\\\", "\\", "c", "d\\")
    assert [read["categories"] for read in READERS[reader](calendar([event(categories=names)]))] == [list(names)]


@pytest.mark.parametrize("reader", ["icalendar", "ical.js"])
def test_full_meeting_has_exactly_the_properties_put_in(reader: str) -> None:
    assert [read["names"] for read in READERS[reader](calendar([FULL]))] == [
        sorted([*ALWAYS, "CATEGORIES", "CREATED", "DESCRIPTION", "GEO", "LOCATION", "ORGANIZER", "URL"])
    ]


def test_icaljs_is_the_file_that_was_vendored() -> None:
    digest, name = (VENDOR / "ical.mjs.sha256").read_text().split()
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest
