"""When a foreign calendar says somebody is busy: as Outlook, Google and Apple write it, broken, and hostile."""

from __future__ import annotations

import contextlib
import random
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import recurring_ical_events
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from scheduler.ical.busy import BusySpan, NoCalendar, Reader, Reading, Reason, merged, read_busy

FOREIGN = Path(__file__).parents[1] / "ics" / "foreign"
#: Saturday 21 November 2026, and a year and a half later.
FIRST = datetime(2026, 11, 21, 9, tzinfo=UTC)
AFTER = FIRST + timedelta(days=550)
READER = Reader("Europe/Stockholm", "takt.example.org", frozenset({"karin.lundmark@hk.example"}))


def read(content: bytes | str, reader: Reader = READER) -> Reading:
    return read_busy(content if isinstance(content, bytes) else content.encode(), FIRST, AFTER, reader)


def sample(name: str) -> Reading:
    return read((FOREIGN / name).read_bytes())


def calendar(*events: str) -> str:
    """A calendar of events, each given by its lines."""
    parts = [f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events]
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{''.join(parts)}END:VCALENDAR\n"


def told(reading: Reading) -> list[str]:
    """ "2026-12-01 08:00–09:00", in UTC, with "?" where it is only perhaps."""
    shown = []
    for span in reading.spans:
        end = "%H:%M" if span.start.date() == span.end.date() else "%Y-%m-%d %H:%M"
        shown.append(f"{span.start:%Y-%m-%d %H:%M}–{span.end:{end}}{'?' if span.tentative else ''}")
    return shown


def busy(*events: str) -> list[str]:
    return told(read(calendar(*events)))


# ---------------------------------------------------------------- as programs write it


def test_outlook_with_windows_zones_a_moved_occurrence_and_its_own_states():
    reading = sample("outlook.ics")
    assert told(reading) == [
        "2026-12-01 08:00–09:00",
        "2026-12-02 08:00–09:30?",
        "2026-12-16 12:00–13:30",
        "2026-12-22 23:00–2027-01-01 23:00",
    ]
    assert reading.left_out == 0


def test_google_with_answers_a_series_without_end_and_our_own_meeting():
    reading = sample("google.ics")
    assert told(reading)[:4] == [
        "2026-11-23 15:00–16:00",
        "2026-11-30 10:00–11:00?",
        "2026-11-30 15:00–16:00",
        "2026-12-07 17:00–18:00",
    ]
    # Neither the excepted nor the cancelled Monday; by the clock of Stockholm in summer too.
    assert told(reading)[4] == "2026-12-28 15:00–16:00"
    assert "2027-06-07 14:00–15:00" in told(reading)
    assert len(reading.spans) == 78
    assert reading.left_out == 0


def test_apple_with_counted_months_floating_time_and_whole_day():
    assert told(sample("apple.ics")) == [
        "2026-11-25 15:00–16:00",
        "2026-11-28 18:00–20:30",
        "2026-12-04 23:00–2026-12-05 23:00",
        "2026-12-30 15:00–16:00",
        "2027-01-27 15:00–16:00",
    ]


def test_free_busy_of_each_type():
    assert told(sample("freebusy.ifb")) == [
        "2026-12-01 08:00–09:30",
        "2026-12-02 08:00–09:00",
        "2026-12-03 08:00–09:00?",
        "2026-12-04 08:00–09:00",
        "2026-12-06 08:00–09:00",
    ]


@pytest.mark.parametrize("name", ["outlook.ics", "google.ics", "apple.ics"])
def test_nothing_but_times_is_kept(name):
    reading = sample(name)
    assert reading == Reading(tuple(BusySpan(span.start, span.end, span.tentative) for span in reading.spans))


@pytest.mark.parametrize("name", ["outlook.ics", "google.ics", "apple.ics"])
def test_line_breaks_byte_order_mark_and_encoding_make_no_difference(name):
    content = (FOREIGN / name).read_bytes()
    expected = read(content)
    for other in (
        content.replace(b"\r\n", b"\n"),
        content.replace(b"\r\n", b"\r"),
        b"\xef\xbb\xbf" + content,
        b"\r\n \r\n" + content + b"\r\n\0",
        content.decode().encode("utf-16"),
        content.decode().encode("latin-1", "replace"),
        content.lower().replace(b"europe/stockholm", b"Europe/Stockholm"),
    ):
        assert read(other) == expected


def test_two_calendars_in_one_file_are_both_read():
    one = calendar("DTSTART:20261201T080000Z\nDTEND:20261201T090000Z")
    other = calendar("DTSTART:20261202T080000Z\nDTEND:20261202T090000Z")
    assert told(read(one + other)) == ["2026-12-01 08:00–09:00", "2026-12-02 08:00–09:00"]


# ---------------------------------------------------------------- what counts

HOUR = "DTSTART:20261201T080000Z\nDTEND:20261201T090000Z\n"
TAKEN, PERHAPS = ["2026-12-01 08:00–09:00"], ["2026-12-01 08:00–09:00?"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("", TAKEN),
        ("TRANSP:OPAQUE", TAKEN),
        ("TRANSP:TRANSPARENT", []),
        ("transp:transparent", []),
        ("STATUS:CONFIRMED", TAKEN),
        ("STATUS:TENTATIVE", PERHAPS),
        ("STATUS:CANCELLED", []),
        ("X-MICROSOFT-CDO-BUSYSTATUS:FREE", []),
        ("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE", PERHAPS),
        ("X-MICROSOFT-CDO-BUSYSTATUS:OOF", TAKEN),
        ("X-MICROSOFT-CDO-BUSYSTATUS:OOF\nTRANSP:TRANSPARENT", TAKEN),
        ("X-MICROSOFT-CDO-INTENDEDSTATUS:FREE", TAKEN),
        ("ATTENDEE;PARTSTAT=ACCEPTED:mailto:karin.lundmark@hk.example", TAKEN),
        ("ATTENDEE;PARTSTAT=DECLINED:MAILTO:Karin.Lundmark@HK.example", []),
        ('ATTENDEE;CN="K: L; M";PARTSTAT=DECLINED:mailto:karin.lundmark@hk.example', []),
        ("ATTENDEE;PARTSTAT=DECLINED;EMAIL=karin.lundmark@hk.example:urn:uuid:1", []),
        ("ATTENDEE;PARTSTAT=TENTATIVE:mailto:karin.lundmark@hk.example", PERHAPS),
        ("ATTENDEE:mailto:karin.lundmark@hk.example", PERHAPS),
        ("ATTENDEE;PARTSTAT=DECLINED:mailto:nagon@annan.example", TAKEN),
        ("UID:meeting-0b9fbd1e-52ad-4d7c-9c0e-0a7c1f6f2b11@takt.example.org", []),
        ("UID:MEETING-0B9FBD1E-52AD-4D7C-9C0E-0A7C1F6F2B11@TAKT.EXAMPLE.ORG", []),
        ("UID:meeting-0b9fbd1e-52ad-4d7c-9c0e-0a7c1f6f2b11@other.example.org", TAKEN),
        ("UID:meeting-0b9fbd1e-52ad-4d7c-9c0e-0a7c1f6f2b11@takt-example.org", TAKEN),
        ("DESCRIPTION:a\n\\nSTATUS:CANCELLED", TAKEN),
        ("DESCRIPTION:a\n STATUS:CANCELLED", TAKEN),
    ],
)
def test_what_counts_and_how_much(lines, expected):
    assert busy(HOUR + lines) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("DTSTART:20261201T090000", "2026-12-01 08:00–09:00"),
        ("DTSTART;TZID=Europe/Helsinki:20261201T100000", "2026-12-01 08:00–09:00"),
        ('DTSTART;TZID="Europe/Helsinki":20261201T100000', "2026-12-01 08:00–09:00"),
        ("DTSTART;TZID=FLE Standard Time:20261201T100000", "2026-12-01 08:00–09:00"),
        ("DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Helsinki:20261201T100000", "2026-12-01 08:00–09:00"),
        ("DTSTART;TZID=/mozilla.org/20050126_1/America/Argentina/Ushuaia:20261201T050000", "2026-12-01 08:00–09:00"),
        ("DTSTART;TZID=../../etc/passwd:20261201T090000", "2026-12-01 08:00–09:00"),
        ("DTSTART;TZID=Ingenstans:20261201T090000", "2026-12-01 08:00–09:00"),
        ("DTSTART;TZID=Europe:20261201T090000", "2026-12-01 08:00–09:00"),
        ("DTSTART;VALUE=DATE-TIME:20261201T080000Z", "2026-12-01 08:00–09:00"),
        ("DTSTART:20270328T023000", "2027-03-28 01:30–02:30"),
        ("DTSTART:20270701T090000", "2027-07-01 07:00–08:00"),
    ],
)
def test_zones_by_any_name(lines, expected):
    assert busy(f"{lines}\nDURATION:PT1H") == [expected]


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("BEGIN:STANDARD\nTZOFFSETTO:+0100\nEND:STANDARD\nBEGIN:DAYLIGHT\nTZOFFSETTO:+0200\nEND:DAYLIGHT", "07:00"),
        ("BEGIN:STANDARD\nTZOFFSETTO:+0200\nEND:STANDARD\nBEGIN:DAYLIGHT\nTZOFFSETTO:+0300\nEND:DAYLIGHT", "06:00"),
        ("BEGIN:STANDARD\nTZOFFSETTO:+0000\nEND:STANDARD\nBEGIN:DAYLIGHT\nTZOFFSETTO:+0100\nEND:DAYLIGHT", "08:00"),
        ("BEGIN:STANDARD\nTZOFFSETTO:-0330\nEND:STANDARD", "12:30"),
        ("X-LIC-LOCATION:Asia/Tokyo\nBEGIN:STANDARD\nTZOFFSETTO:+0100\nEND:STANDARD", "00:00"),
        ("BEGIN:STANDARD\nTZOFFSETTO:+9900\nEND:STANDARD", "07:00"),
        ("BEGIN:STANDARD\nRRULE:FREQ=SECONDLY\nDTSTART:00010101T000000\nEND:STANDARD", "07:00"),
    ],
)
def test_zone_of_an_unknown_name_is_told_by_its_offsets(zone, expected):
    text = calendar("DTSTART;TZID=Egen:20270701T090000\nDURATION:PT1H").replace(
        "VERSION:2.0\n", f"VERSION:2.0\nBEGIN:VTIMEZONE\nTZID:Egen\n{zone}\nEND:VTIMEZONE\n"
    )
    assert told(read(text))[0].startswith(f"2027-07-01 {expected}")


def test_whole_days_are_days_of_the_given_zone_also_when_the_clock_changes():
    event = "DTSTART;VALUE=DATE:20270328\nDTEND;VALUE=DATE:20270329"
    assert busy(event) == ["2027-03-27 23:00–2027-03-28 22:00"]
    reading = read(calendar(event), Reader("America/New_York"))
    assert told(reading) == ["2027-03-28 04:00–2027-03-29 04:00"]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        # Where it begins before the window and ends after it, only what lies inside is told.
        ("DTSTART:20261101T000000Z\nDTEND:20261121T100000Z", ["2026-11-21 09:00–10:00"]),
        ("DTSTART:20261101T000000Z\nDTEND:20261121T090000Z", []),
        ("DTSTART:20280524T080000Z\nDTEND:20310101T000000Z", ["2028-05-24 08:00–2028-05-24 09:00"]),
        ("DTSTART:20280524T090000Z\nDTEND:20310101T000000Z", []),
        ("DTSTART:19010101T000000Z\nDTEND:29990101T000000Z", ["2026-11-21 09:00–2028-05-24 09:00"]),
        ("DTSTART;VALUE=DATE:20261201\nDTEND;VALUE=DATE:20261201", ["2026-11-30 23:00–2026-12-01 23:00"]),
        ("DTSTART;VALUE=DATE:20261201\nDURATION:P2D", ["2026-11-30 23:00–2026-12-02 23:00"]),
        ("DTSTART:20261201T080000Z\nDURATION:P1W", ["2026-12-01 08:00–2026-12-08 08:00"]),
        ("DTSTART:20261201T080000Z\nDURATION:P1DT1H1M60S", ["2026-12-01 08:00–2026-12-02 09:02"]),
        ("DTSTART;TZID=Europe/Stockholm:20261201T090000\nDTEND:20261201T090000Z", ["2026-12-01 08:00–09:00"]),
        ("DTSTART:20261201T080000Z\nDTEND:20261201T080000Z", []),
        ("DTSTART:20261201T080000Z", []),
        ("DTSTART:20261201T235960Z\nDURATION:PT1M", ["2026-12-01 23:59–2026-12-02 00:00"]),
    ],
)
def test_lengths_and_the_edges_of_the_window(event, expected):
    shown = [words.replace("2028-05-24 09:00", "09:00") if words.startswith("2028") else words for words in expected]
    assert busy(event) == shown


# ---------------------------------------------------------------- what comes again

WEEKLY = "UID:1\nDTSTART;TZID=Europe/Stockholm:20261201T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=4"


@pytest.mark.parametrize(
    ("more", "gone"),
    [
        ([], []),
        (["EXDATE;TZID=Europe/Stockholm:20261208T090000"], ["08"]),
        (["EXDATE:20261208T080000Z,20261215T080000Z"], ["08", "15"]),
        (["EXDATE;VALUE=DATE:20261208", "EXDATE:20261222T080000Z"], ["08", "22"]),
        (["EXDATE;TZID=Europe/Stockholm:20261208T100000"], []),
    ],
)
def test_exceptions_in_any_form(more, gone):
    days = [day for day in ("01", "08", "15", "22") if day not in gone]
    assert busy("\n".join([WEEKLY, *more])) == [f"2026-12-{day} 08:00–09:00" for day in days]


def test_exceptions_of_whole_days_in_any_form():
    event = "DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=WEEKLY;COUNT=3\n"
    for exception in ("EXDATE;VALUE=DATE:20261208", "EXDATE;TZID=Europe/Stockholm:20261208T000000"):
        assert busy(event + exception) == ["2026-11-30 23:00–2026-12-01 23:00", "2026-12-14 23:00–2026-12-15 23:00"]


def test_dates_that_are_listed():
    event = (
        "DTSTART:20261201T080000Z\nDTEND:20261201T090000Z\nRDATE:20261202T080000Z,20261203T080000Z\n"
        "RDATE;VALUE=PERIOD:20261204T080000Z/PT2H,20261205T080000Z/20261205T083000Z\nEXDATE:20261203T080000Z"
    )
    assert busy(event) == [
        "2026-12-01 08:00–09:00",
        "2026-12-02 08:00–09:00",
        "2026-12-04 08:00–10:00",
        "2026-12-05 08:00–08:30",
    ]


@pytest.mark.parametrize("end", ["20261205T090000Z", "20261205T100000Z", "PT0S", "P0D"])
def test_period_that_ends_before_it_has_begun_is_no_time(end):
    listed = f"{GOOD}\nRDATE;VALUE=PERIOD:20261205T100000Z/{end},20261206T080000Z/PT1H"
    assert busy(listed) == ["2026-12-01 08:00–09:00", "2026-12-06 08:00–09:00"]


def test_occurrence_that_is_moved_free_or_of_another_event():
    moved = "RECURRENCE-ID:20261208T080000Z\nDTSTART:20261209T080000Z\nDURATION:PT1H"
    free = "RECURRENCE-ID:20261215T080000Z\nDTSTART:20261215T080000Z\nDURATION:PT1H\nTRANSP:TRANSPARENT"
    other = "RECURRENCE-ID:20261222T080000Z\nDTSTART:20261223T080000Z\nDURATION:PT1H"
    assert busy(f"UID:1\n{moved}", WEEKLY, f"UID:1\n{free}", f"UID:2\n{other}") == [
        "2026-12-01 08:00–09:00",
        "2026-12-09 08:00–09:00",
        "2026-12-22 08:00–09:00",
        "2026-12-23 08:00–09:00",
    ]


RULES = (
    "FREQ=DAILY", "FREQ=DAILY;INTERVAL=3", "FREQ=DAILY;BYDAY=MO,TU", "FREQ=DAILY;COUNT=9", "FREQ=DAILY;BYHOUR=8,13",
    "FREQ=DAILY;UNTIL=20261215T080000Z", "FREQ=DAILY;BYMONTH=1", "FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU", "FREQ=WEEKLY;UNTIL=20270105T080000Z", "FREQ=MONTHLY",
    "FREQ=MONTHLY;BYDAY=1TU", "FREQ=MONTHLY;BYDAY=TU;BYSETPOS=1,-1", "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=1,15",
    "FREQ=MONTHLY;BYMONTHDAY=-31,1;COUNT=5", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1", "FREQ=YEARLY",
    "FREQ=YEARLY;BYMONTH=12,6;BYDAY=1TU", "FREQ=YEARLY;BYYEARDAY=-31,335", "FREQ=YEARLY;BYMONTHDAY=1;BYDAY=TU",
    "FREQ=YEARLY;BYDAY=48TU",
)  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("zone", ["Europe/Stockholm", "America/New_York"])
def test_occurrences_are_those_of_another_reader(rule, zone):
    text = calendar(f"UID:1\nDTSTART;TZID={zone}:20261201T090000\nDTEND;TZID={zone}:20261201T100000\nRRULE:{rule}")
    events = recurring_ical_events.of(Calendar.from_ical(text)).between(FIRST, AFTER)
    theirs = sorted(BusySpan(e.start.astimezone(UTC), e.end.astimezone(UTC)) for e in events)
    assert list(read(text).spans) == merged(theirs)


# ---------------------------------------------------------------- what is broken

GOOD = "DTSTART:20261201T080000Z\nDTEND:20261201T090000Z"


@pytest.mark.parametrize(
    "broken",
    [
        "SUMMARY:utan tid",
        "DTSTART:i går\nDTEND:20261201T090000Z",
        "DTSTART:20261301T080000Z",
        "DTSTART:20261201T250000Z",
        "DTSTART:20261202T080000Z\nDTEND:20261202T070000Z",
        "DTSTART:20261202T080000Z\nDURATION:-PT1H",
        "DTSTART:20261202T080000Z\nDURATION:P",
        "DTSTART:20261202T080000Z\nDURATION:1H",
        "DTSTART:20261202T080000Z\nDURATION:PT1H\nRRULE:FREQ=HOURLY;COUNT=3",
        "DTSTART:20261202T080000Z\nDURATION:PT1H\nRRULE:varje vecka",
        "DTSTART:20261202T080000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;INTERVAL=0",
        "DTSTART:20261202T080000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;BYDAY=1MO",
        "DTSTART:20261202T080000Z\nDURATION:PT1H\nRRULE:FREQ=MONTHLY;BYDAY=XX",
        "DTSTART:20261202T080000Z\nDURATION:PT1H\nRRULE:FREQ=MONTHLY;BYMONTHDAY=32",
        "DTSTART:20261202T080000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;UNTIL=aldrig",
        "DTSTART:20261202T080000Z\nDURATION:PT1H\nEXDATE:x",
        "DTSTART:20261202T080000Z\nDURATION:PT1H\nRDATE:x",
        "DTSTART:00010101T000000\nDTEND:00010101T010000",
        "DTSTART:99991231T230000\nDURATION:P5D",
        "RECURRENCE-ID:x\nDTSTART:x",
    ],
)
def test_broken_event_loses_itself_alone(broken):
    reading = read(calendar(broken, GOOD))
    assert told(reading) == ["2026-12-01 08:00–09:00"]
    assert reading.left_out >= 1


@pytest.mark.parametrize(
    "text",
    [
        calendar(GOOD).replace("END:VEVENT\n", ""),
        calendar(GOOD, GOOD).replace("END:VEVENT\n", "", 1),
        calendar(GOOD + "\nEND:VALARM\nEND:VTODO"),
        calendar(GOOD + "\nBEGIN:VALARM\nSTATUS:CANCELLED\nTRIGGER:x"),
        calendar(GOOD + "\nen rad utan mening\n:\n;=:\nSTATUS"),
        calendar(GOOD + '\nSTATUS;X="öppet citat:CANCELLED'),
        calendar(GOOD).replace("VERSION:2.0\n", "VERSION:2.0\nBEGIN:VTODO\nSTATUS:CANCELLED\nDTSTART:x\n"),
    ],
)
def test_form_that_is_broken_is_read_as_far_as_it_goes(text):
    assert told(read(text)) == ["2026-12-01 08:00–09:00"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", Reason.EMPTY),
        (b" \r\n\0", Reason.EMPTY),
        (b"\xef\xbb\xbf", Reason.EMPTY),
        (b"<!doctype html><title>Logga in</title>", Reason.PAGE),
        (b"\n<html>BEGIN:VCALENDAR\nEND:VCALENDAR</html>", Reason.PAGE),
        (b'<?xml version="1.0"?><feed/>', Reason.PAGE),
        (b"PK\x03\x04\x14\0\0\0", Reason.ARCHIVE),
        (b'{"error": "BEGIN:VCALENDAR"}', Reason.OTHER),
        (b"%PDF-1.7", Reason.OTHER),
        (b"BEGIN:VCARD\nEND:VCARD\n", Reason.OTHER),
        (b"\0" * 1000 + b"x", Reason.OTHER),
        (calendar(GOOD).encode()[:-20], Reason.CUT),
        (b"BEGIN:VCALENDAR", Reason.CUT),
        (b"BEGIN:VCALENDAR\n X\nEND:VCALENDAR", Reason.OTHER),
        (("BEGIN:VCALENDAR\n" * 20 + "END:VCALENDAR\n").encode(), Reason.MANY),
    ],
)
def test_what_is_no_calendar_is_refused_and_nothing_of_it_repeated(content, reason):
    with pytest.raises(NoCalendar) as refused:
        read(content)
    assert refused.value.reason == reason
    assert str(refused.value) == reason


def test_calendar_without_events_is_one():
    assert read(calendar()) == Reading(())


# ---------------------------------------------------------------- what is hostile

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
HOSTILE_RULES = (
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=SECONDLY", "FREQ=MINUTELY",
    "FREQ=DAILY;COUNT=2000000000", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5", "FREQ=DAILY;INTERVAL=7;BYDAY=FR",
    f"FREQ=DAILY;BYSECOND={','.join(map(str, range(60)))}", "FREQ=YEARLY;BYDAY=53MO;BYMONTH=1",
    f"FREQ=DAILY;BYHOUR={','.join(map(str, range(24)))};BYMINUTE={','.join(map(str, range(60)))}",
    f"FREQ=YEARLY;BYYEARDAY={','.join(['366'] * 200_000)}", "FREQ=YEARLY;INTERVAL=999999",
    "FREQ=YEARLY;INTERVAL=9999999", "FREQ=WEEKLY;INTERVAL=100000;COUNT=99999", "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6",
    "FREQ=MONTHLY;BYSETPOS=366;BYDAY=MO", "FREQ=DAILY;UNTIL=99991231T235959Z",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;INTERVAL=3;UNTIL=99990101",
    f"FREQ=YEARLY;COUNT=900000;BYDAY={','.join([f'{n}{day}' for n in range(54, 99) for day in WEEKDAYS])}",
    f"FREQ=YEARLY;COUNT=900000;BYYEARDAY={','.join(map(str, range(-366, 0)))};BYMONTHDAY=30;BYMONTH=2",
    f"FREQ=DAILY;COUNT=900000;BYSETPOS={','.join(map(str, range(1, 367)))}",
)  # fmt: skip


@pytest.mark.parametrize("begin", ["00010101T000000", "16010101T000000Z", "20261201T080000", "99991231T000000Z"])
@pytest.mark.parametrize("rule", HOSTILE_RULES)
def test_hostile_rule_ends_at_once(begin, rule):
    text = calendar(f"DTSTART:{begin}\nDURATION:PT1H\nRRULE:{rule}", GOOD)
    began = time.thread_time()
    reading = read(text)
    assert time.thread_time() - began < 0.5
    assert BusySpan(datetime(2026, 12, 1, 8, tzinfo=UTC), datetime(2026, 12, 1, 9, tzinfo=UTC)) in reading.spans or any(
        span.start <= datetime(2026, 12, 1, 8, tzinfo=UTC) < span.end for span in reading.spans
    )


@pytest.mark.parametrize(
    "event",
    [
        "DTSTART:20200101T000000Z\nDURATION:PT1S\nRRULE:FREQ=DAILY",
        "DTSTART:20200101T000000Z\nDURATION:PT1S\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "DTSTART:19800101T000000Z\nDURATION:PT1S\nRRULE:FREQ=DAILY;COUNT=20000;BYMONTH=2;BYMONTHDAY=30",
        "DTSTART:20200101T000000Z\nDURATION:PT1S\nRRULE:FREQ=YEARLY;BYDAY=53MO",
        "DTSTART:20270101T000000Z\nDURATION:PT1S\nRDATE:" + ",".join(["20270101T000000Z"] * 200),
        "DTSTART:20270101T000000Z\nDURATION:PT1S\nEXDATE:" + ",".join(["20270101T000000Z"] * 200),
        "DTSTART:20270101T000000Z\nDURATION:P1D",
        "DTSTART:20270101T000000Z\nDURATION:P1D\nATTENDEE:mailto:x",
    ],
)
def test_file_full_of_it_ends_too(event):
    text = calendar(event)
    many = min(19_000, 4_900_000 // len(text))
    content = calendar(*[event] * many)
    began = time.thread_time()
    with contextlib.suppress(NoCalendar):
        read(content)
    assert time.thread_time() - began < 4


def test_many_events_and_moved_occurrences_under_one_name_end_too():
    at = datetime(2027, 1, 1, tzinfo=UTC)
    moved = [f"UID:1\nRECURRENCE-ID:{at + timedelta(minutes=n):%Y%m%dT%H%M%SZ}\n{GOOD}" for n in range(10_000)]
    content = calendar(*[f"UID:1\n{GOOD}"] * 10_000, *moved)
    began = time.thread_time()
    assert told(read(content)) == ["2026-12-01 08:00–09:00"]
    assert time.thread_time() - began < 4


def test_more_events_or_times_than_a_person_has_are_refused():
    hourly = f"DTSTART:20270101T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYHOUR={','.join(map(str, range(24)))}"
    for events in ([GOOD] * 20_001, [hourly] * 60):
        with pytest.raises(NoCalendar) as refused:
            read(calendar(*events))
        assert refused.value.reason == Reason.MANY


def test_long_lines_and_deep_quotes_cost_no_more_than_they_are():
    for value in ('";' * 400_000, ":" * 900_000, ";" * 900_000, ";A=" * 300_000, '"' * 900_001):
        began = time.thread_time()
        read(calendar(f"{GOOD}\nSTATUS{value}", f"{GOOD}\nRRULE:{value}", f"{GOOD}\nATTENDEE{value}:x"))
        assert time.thread_time() - began < 2


def test_large_ordinary_calendar_is_read_quickly():
    chance = random.Random(7)  # noqa: S311 - a calendar, no secret
    events = []
    for n in range(6000):
        day = datetime(2022, 1, 1, tzinfo=UTC) + timedelta(days=chance.randrange(2200), hours=chance.randrange(24))
        rule = "RRULE:FREQ=WEEKLY;BYDAY=MO,WE\n" if n % 80 == 0 else ""
        events.append(f"UID:{n}\nDTSTART:{day:%Y%m%dT%H%M%SZ}\nDURATION:PT1H\n{rule}DESCRIPTION:" + "Lång text " * 60)
    content = calendar(*events)
    assert len(content) > 4_000_000
    began = time.thread_time()
    assert len(read(content).spans) > 900
    assert time.thread_time() - began < 3


# ---------------------------------------------------------------- anything at all


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(content):
    for whole in (content, b"BEGIN:VCALENDAR\n" + content + b"\nEND:VCALENDAR"):
        try:
            read(whole)
        except NoCalendar:
            continue


LINES = st.sampled_from(
    ["BEGIN:VEVENT", "END:VEVENT", "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VTIMEZONE", "TZID:A", "END:VTIMEZONE",
     "DTSTART:20261201T080000Z", "DTSTART;TZID=A:20261201T080000", "DTSTART;VALUE=DATE:20261201", "DURATION:PT1H",
     "DTEND:20261201T090000Z", "DTEND;VALUE=DATE:20261203", "RRULE:FREQ=WEEKLY;COUNT=5", "RRULE:FREQ=DAILY;BYDAY=MO",
     "EXDATE:20261208T080000Z", "RDATE;VALUE=PERIOD:20261204T080000Z/PT2H", "UID:1", "RECURRENCE-ID:20261208T080000Z",
     "RDATE;VALUE=PERIOD:20261204T080000Z/20261203T080000Z", "FREEBUSY:20261203T080000Z/20261203T070000Z",
     "BEGIN:VFREEBUSY", "FREEBUSY:20261201T080000Z/PT1H", "END:VFREEBUSY", "BEGIN:STANDARD", "TZOFFSETTO:+0100",
     " fold", "TRANSP:TRANSPARENT", "STATUS:TENTATIVE", "X-WR-CALNAME:a@b", "nonsense"]
)  # fmt: skip


@given(st.lists(LINES, max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_lines_give_ordered_spans_of_the_window(lines):
    reading = read("\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *lines, "END:VCALENDAR"]))
    for span in reading.spans:
        assert FIRST <= span.start < span.end <= AFTER
    for one, other in pairwise(reading.spans):
        assert one.end <= other.start


HOURS = st.integers(0, 30)
SPANS = st.lists(
    st.tuples(HOURS, st.integers(1, 6), st.booleans()).map(
        lambda t: BusySpan(FIRST + timedelta(hours=t[0]), FIRST + timedelta(hours=t[0] + t[1]), t[2])
    ),
    max_size=12,
)


@given(SPANS)
def test_merging_keeps_every_hour_and_lets_the_certain_win(spans):
    def state(of, hour):
        at = FIRST + timedelta(hours=hour)
        kinds = {span.tentative for span in of if span.start <= at < span.end}
        return None if not kinds else min(kinds)

    found = merged(spans)
    assert [state(found, hour) for hour in range(40)] == [state(spans, hour) for hour in range(40)]
    assert merged(found) == found
    for one, other in pairwise(found):
        assert one.end < other.start or (one.end == other.start and one.tentative != other.tentative)
