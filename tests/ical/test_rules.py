"""Each rule of the lint: the writer keeps it on the samples, and bytes that break it are found, by its name."""

from datetime import date, datetime
from typing import Any

import pytest

from scheduler.ical.lint import RULES, lint_change
from scheduler.ical.writer import Event, render_event, splice_alarm, zones_in
from tests.ical.samples import (
    FULL,
    GOLDEN,
    HELSINKI,
    STOCKHOLM,
    calendar,
    event,
    replaced,
    rules,
    uid,
    with_line,
    without,
)

MEETING = render_event(FULL)
PLAIN = render_event(event())
CANCELLED = render_event(GOLDEN["cancelled"][0])
MOVED = render_event(GOLDEN["moved"][0])
ALL_DAY = render_event(GOLDEN["all-day-two-days"][0])
CALENDAR = calendar([FULL])
#: A meeting whose every text holds what calendars stumble over.
HARD = event(
    summary='\ufeffMöte\r\nmed \\, ; : " och \x00\x1b\x85\u2028\u2029\ud800 slut\\',
    description="Ångström 👩🏽‍💻 שלום\tC:\\Nytt\\n\n" * 300,
    location="A" * 200 + "å" * 200 + "\\",
    categories=("a,b", "c;d\r\ne", "", "\\N"),
    organizer=('Sekretariatet "norr";\r\nATTENDEE:mailto:x@y.example', "norr@takt.example"),
)


def changed(new: Event) -> list[tuple[str, str]]:
    return [(finding.rule, finding.message) for finding in lint_change(PLAIN, render_event(new))]


def test_every_rule_has_its_test() -> None:
    tests = {name.split("_")[1].upper() for name in globals() if name.startswith("test_f")}
    assert sorted(tests) == sorted(RULES) == [f"F{n:02d}" for n in range(1, 23)]


@pytest.mark.parametrize("each", [meeting for meetings in GOLDEN.values() for meeting in meetings] + [HARD])
def test_the_writer_keeps_every_rule(each: Event) -> None:
    assert rules(render_event(each)) == []
    assert rules(calendar([each])) == []


def test_f01_crlf_on_every_line_and_none_empty() -> None:
    assert rules(PLAIN.replace(b"\r\n", b"\n")) == ["F01"]
    assert rules(replaced(PLAIN, "TRANSP:OPAQUE\r\n", "TRANSP:OPAQUE\n")) == ["F01"]
    assert rules(replaced(PLAIN, "TRANSP:OPAQUE\r\n", "TRANSP:OPAQUE\r")) == ["F01"]
    assert rules(PLAIN.removesuffix(b"\r\n")) == ["F01"]
    assert rules(PLAIN + b"\r\n") == ["F01"]
    assert rules(replaced(PLAIN, "TRANSP:OPAQUE\r\n", "TRANSP:OPAQUE\r\n\r\n")) == ["F01"]
    assert render_event(HARD).count(b"\n") == render_event(HARD).count(b"\r\n") == render_event(HARD).count(b"\r")


@pytest.mark.parametrize("wrong", ["\x00", "\x07", "\x0b", "\x1b", "\x7f", "\x80", "\x85", "\x9f", "\u2028", "\u2029"])
def test_f02_no_control_character(wrong: str) -> None:
    assert rules(replaced(PLAIN, "Regionalt", f"Regi{wrong}onalt")) == ["F02"]
    assert rules(render_event(event(summary=f"Regi{wrong}onalt\tforum"))) == []


def test_f02_utf8_without_byte_order_mark() -> None:
    assert rules(b"\xef\xbb\xbf" + PLAIN) == ["F02"]
    assert rules(PLAIN.replace(b"Regionalt", "Länets".encode("latin-1"))) == ["F02"]
    assert rules(PLAIN.replace(b"Regionalt", b"\xed\xa0\x80")) == ["F02"]


def test_f03_at_most_75_octets_a_line() -> None:
    room = 75 - len("SUMMARY:")
    assert rules(replaced(PLAIN, "Regionalt forum", "x" * room)) == []
    assert rules(replaced(PLAIN, "Regionalt forum", "x" * (room + 1))) == ["F03"]
    assert rules(replaced(PLAIN, "Regionalt forum", "å" * (room // 2) + "xx")) == ["F03"]


def test_f03_never_folded_inside_a_character() -> None:
    assert rules(PLAIN.replace(b"Regionalt", b"L\xc3\xa4\r\n nets")) == []
    assert rules(PLAIN.replace(b"Regionalt", b"L\xc3\r\n \xa4nets")) == ["F03"]
    assert rules(b" " + PLAIN) == ["F03", "F05"]
    assert rules(replaced(PLAIN, "Regionalt", "Regi\r\n \r\n onalt")) == ["F03"]


@pytest.mark.parametrize("gap", [" ", "\t", "\u00a0", "\u3000"])
def test_f03_no_folded_line_of_white_space_alone(gap: str) -> None:
    assert rules(replaced(PLAIN, "Regionalt", f"Regi\r\n {gap}\r\n onalt")) == ["F03"]
    assert rules(replaced(PLAIN, "Regionalt", f"Regi\r\n {gap}o\r\n nalt")) == []


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("SUMMARY", "Möte, kort"),
        ("SUMMARY", "Möte; kort"),
        ("SUMMARY", "C:\\Temp"),
        ("SUMMARY", "Möte\\"),
        ("LOCATION", "Luleå, Norrbotten"),
        ("CATEGORIES", "a;b"),
        ("X-TAKT", "a,b"),
    ],
)
def test_f04_text_is_escaped(name: str, wrong: str) -> None:
    fragment = without(PLAIN, name) if f"\n{name}:".encode() in PLAIN else PLAIN
    assert rules(with_line(fragment, f"{name}:{wrong}")) == ["F04"]


def test_f04_commas_divide_categories() -> None:
    assert rules(with_line(PLAIN, "CATEGORIES:a,b\\,c")) == []


@pytest.mark.parametrize("rest", ["kom i tid", "Obs: kom i tid", "Obs;nu=ja: kom", "Obs;nu: kom"])
def test_f04_a_raw_line_break_in_a_text_is_found(rest: str) -> None:
    assert rules(with_line(PLAIN, f"DESCRIPTION:Välkommen\r\n{rest}")) == ["F04"]
    assert rules(with_line(PLAIN, f"DESCRIPTION:Välkommen\n{rest}")) == ["F01", "F04"]
    assert rules(render_event(event(description=f"Välkommen\r\n{rest}"))) == []


def test_f04_no_html() -> None:
    assert rules(with_line(PLAIN, "X-ALT-DESC;FMTTYPE=text/html:<p>Hej</p>")) == ["F04"]
    assert rules(with_line(PLAIN, 'DESCRIPTION;ALTREP="https://takt.example/1":Hej')) == ["F04"]
    assert rules(with_line(PLAIN, "DESCRIPTION:<p>Hej</p>")) == ["F04"]
    assert rules(with_line(PLAIN, "DESCRIPTION:Kaffe&nbsp\\;te")) == ["F04"]
    assert rules(with_line(PLAIN, "DESCRIPTION:a < b och b > a & svara <senast fredag>")) == []


@pytest.mark.parametrize(
    "wrong",
    [
        PLAIN.removesuffix(b"END:VEVENT\r\n"),
        PLAIN.removeprefix(b"BEGIN:VEVENT\r\n"),
        PLAIN + PLAIN,
        PLAIN + b"END:VEVENT\r\n",
        b"SUMMARY:x\r\n" + PLAIN,
        b"",
        CALENDAR.removesuffix(b"END:VCALENDAR\r\n"),
        CALENDAR + CALENDAR,
        b"BEGIN:VCALENDAR\r\n" * 20,
    ],
)
def test_f05_begin_and_end_are_balanced(wrong: bytes) -> None:
    assert "F05" in rules(wrong)


def test_f05_a_calendar_cut_short_anywhere_is_found() -> None:
    cuts = range(0, len(CALENDAR) - 1, 7)
    assert [cut for cut in cuts if not {"F05", "F01"} & set(rules(CALENDAR[:cut]))] == []


@pytest.mark.parametrize("name", ["VERSION", "PRODID", "CALSCALE"])
def test_f06_version_prodid_and_calscale_once(name: str) -> None:
    line = next(line for line in CALENDAR.decode().splitlines() if line.startswith(f"{name}:"))
    assert rules(without(CALENDAR, name)) == ["F06"]
    assert rules(with_line(CALENDAR, line, before="BEGIN:VEVENT")) == ["F06"]


def test_f06_version_is_2_0_and_the_calendar_gregorian() -> None:
    assert rules(replaced(CALENDAR, "VERSION:2.0", "VERSION:1.0")) == ["F06"]
    assert rules(replaced(CALENDAR, "CALSCALE:GREGORIAN", "CALSCALE:JULIAN")) == ["F06"]


def test_f07_no_uid_on_the_calendar() -> None:
    assert rules(with_line(CALENDAR, "UID:takt", before="BEGIN:VTIMEZONE")) == ["F07"]


@pytest.mark.parametrize(
    "name", ["NAME", "X-WR-CALNAME", "DESCRIPTION", "X-WR-CALDESC", "REFRESH-INTERVAL", "X-PUBLISHED-TTL", "COLOR",
             "X-APPLE-CALENDAR-COLOR"],
)  # fmt: skip
def test_f08_each_name_has_its_twin(name: str) -> None:
    bare = calendar([])
    assert rules(bare) == []
    assert rules(without(bare, name)) == ["F08"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("X-WR-CALNAME:Regionalt forum", "X-WR-CALNAME:Forum"),
        ("X-WR-CALDESC:Alla", "X-WR-CALDESC:Några"),
        ("X-PUBLISHED-TTL:PT1H", "X-PUBLISHED-TTL:PT2H"),
        ("REFRESH-INTERVAL;VALUE=DURATION:", "REFRESH-INTERVAL:"),
        ("COLOR:teal", "COLOR:petrol"),
        ("#008080", "#000000"),
    ],
)
def test_f08_twins_say_the_same(old: str, new: str) -> None:
    assert rules(replaced(CALENDAR, old, new)) == ["F08"]


def test_f08_is_not_satisfied_without_name_and_interval() -> None:
    bare = without(without(calendar([]), "NAME"), "X-WR-CALNAME")
    assert rules(bare) == ["F08"]
    assert rules(without(without(calendar([]), "REFRESH-INTERVAL"), "X-PUBLISHED-TTL")) == ["F08"]


def test_f09_no_method_but_publish_with_an_organizer() -> None:
    assert b"METHOD" not in CALENDAR
    assert rules(calendar([FULL], method="PUBLISH")) == []
    assert rules(calendar([event()], method="PUBLISH")) == ["F09"]
    assert rules(replaced(calendar([FULL], method="PUBLISH"), "METHOD:PUBLISH", "METHOD:REQUEST")) == ["F09"]


def test_f10_only_vevent_and_vtimezone() -> None:
    todo = b"BEGIN:VTODO\r\nUID:1\r\nEND:VTODO\r\n"
    end = b"END:VCALENDAR\r\n"
    assert rules(CALENDAR.removesuffix(end) + todo + end) == ["F10"]
    assert rules(PLAIN.removesuffix(b"END:VEVENT\r\n") + todo + b"END:VEVENT\r\n") == ["F10"]
    assert rules(todo) == ["F05", "F10"]


def test_f10_an_empty_feed_is_a_valid_calendar() -> None:
    assert rules(calendar([])) == []


def test_f11_each_zone_used_has_exactly_one_vtimezone() -> None:
    start, stop = CALENDAR.index(b"BEGIN:VTIMEZONE"), CALENDAR.index(b"BEGIN:VEVENT")
    block = CALENDAR[start:stop]
    assert rules(CALENDAR.replace(block, b"")) == ["F11"]
    assert rules(CALENDAR.replace(block, block + block)) == ["F11"]
    assert zones_in(MEETING) == ("Europe/Stockholm",)


@pytest.mark.parametrize("name", ["W. Europe Standard Time", "Europe/Lulea", "/Europe/Stockholm", ""])
def test_f11_zones_have_iana_names(name: str) -> None:
    assert rules(PLAIN.replace(b"Europe/Stockholm", name.encode())) == ["F11"]
    assert rules(CALENDAR.replace(b"Europe/Stockholm", name.encode())) == ["F11"]


def test_f11_a_vtimezone_is_made_of_rules_not_lists_of_dates() -> None:
    rrule = "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"
    assert rules(replaced(CALENDAR, rrule, "RDATE:20260329T020000,20270328T020000")) == ["F11"]
    assert rules(replaced(CALENDAR, "TZNAME:CEST\r\nTZOFFSETFROM:+0100\r\n", "")) == ["F11"]


@pytest.mark.parametrize("name", ["UID", "DTSTAMP", "DTSTART", "SUMMARY"])
def test_f12_each_event_says_the_four_once(name: str) -> None:
    line = next(line for line in PLAIN.decode().splitlines() if line.startswith((f"{name}:", f"{name};")))
    assert "F12" in rules(without(PLAIN, name))
    assert rules(with_line(PLAIN, line)) == ["F12"]


@pytest.mark.parametrize("line", ["STATUS:CONFIRMED", "SEQUENCE:0", "TRANSP:OPAQUE", "DTEND:20260303T150000Z"])
def test_f12_others_at_most_once(line: str) -> None:
    assert rules(with_line(PLAIN, line)) == ["F12"]


@pytest.mark.parametrize(
    "wrong",
    [
        "meeting-1@takt.example",
        "00000000-0000-4000-8000-000000000001@takt.example",
        "meeting-00000000-0000-4000-8000-000000000001",
        "meeting-00000000-0000-4000-8000-000000000001@takt.example/1",
        "meeting-00000000-0000-4000-8000-000000000001@",
    ],
)
def test_f13_uid_is_meeting_uuid_at_domain(wrong: str) -> None:
    assert rules(replaced(PLAIN, f"UID:{uid(1)}", f"UID:{wrong}")) == ["F13"]


def test_f13_uid_never_changes() -> None:
    assert changed(event()) == []
    assert changed(event(uid=uid(2), revised_at=datetime(2026, 2, 1, tzinfo=STOCKHOLM))) == [
        ("F13", "the UID has changed")
    ]


@pytest.mark.parametrize("name", ["SEQUENCE", "LAST-MODIFIED", "STATUS"])
def test_f14_sequence_last_modified_and_status_in_every_event(name: str) -> None:
    assert rules(without(PLAIN, name)) == ["F14"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SEQUENCE:0", "SEQUENCE:-1"),
        ("SEQUENCE:0", "SEQUENCE:ett"),
        ("LAST-MODIFIED:20260112T083000Z", "LAST-MODIFIED:20260112T083001Z"),
        ("LAST-MODIFIED:20260112T083000Z", "LAST-MODIFIED:20260112T083000"),
        ("CREATED:20251103T090000Z", "CREATED;TZID=Europe/Stockholm:20251103T090000"),
        ("CREATED:20251103T090000Z", "CREATED:20251303T090000Z"),
    ],
)
def test_f14_their_values_can_be_read(old: str, new: str) -> None:
    assert rules(replaced(PLAIN, old, new)) == ["F14"]


LATER: dict[str, Any] = {"revised_at": datetime(2026, 2, 1, 9, 0, tzinfo=STOCKHOLM)}


@pytest.mark.parametrize(
    "changes",
    [
        {"start": datetime(2026, 3, 3, 12, 0, tzinfo=STOCKHOLM)},
        {"end": datetime(2026, 3, 3, 16, 0, tzinfo=STOCKHOLM)},
        {"status": "cancelled"},
    ],
)
def test_f14_sequence_rises_when_time_or_status_changes(changes: dict[str, Any]) -> None:
    assert changed(event(sequence=1, **LATER, **changes)) == []
    assert changed(event(sequence=0, **LATER, **changes)) == [
        ("F14", "start, end or status has changed and SEQUENCE has not risen")
    ]


def test_f14_same_instant_written_otherwise_is_no_change_of_time() -> None:
    start, end = datetime(2026, 3, 3, 14, 0, tzinfo=HELSINKI), datetime(2026, 3, 3, 16, 0, tzinfo=HELSINKI)
    assert changed(event(start=start, end=end, **LATER)) == []


def test_f14_dtstamp_rises_with_any_visible_change_and_nothing_falls() -> None:
    assert changed(event(description="Ny text", **LATER)) == []
    assert changed(event(description="Ny text")) == [("F14", "something visible has changed and DTSTAMP has not risen")]
    assert changed(event(revised_at=datetime(2026, 1, 1, tzinfo=STOCKHOLM))) == [("F14", "DTSTAMP falls")]
    assert [f.message for f in lint_change(render_event(event(sequence=3)), PLAIN)] == ["SEQUENCE falls"]


def test_f15_status_is_one_of_three() -> None:
    assert rules(replaced(PLAIN, "STATUS:CONFIRMED", "STATUS:NEEDS-ACTION")) == ["F15"]
    assert rules(replaced(PLAIN, "STATUS:CONFIRMED", "STATUS:TENTATIVE")) == []


def test_f15_a_cancelled_meeting_is_transparent_and_says_so() -> None:
    assert rules(CANCELLED) == []
    assert rules(replaced(CANCELLED, "TRANSPARENT", "OPAQUE")) == ["F15"]
    assert rules(replaced(CANCELLED, "INSTÄLLT: ", "")) == ["F15"]
    assert rules(replaced(CANCELLED, "INSTÄLLT: ", "CANCELLED: ")) == []


@pytest.mark.parametrize(
    ("line", "new"),
    [
        ("DTEND;TZID=Europe/Stockholm:20260303T150000", "DTEND;TZID=Europe/Stockholm:20260303T130000"),
        ("DTEND;TZID=Europe/Stockholm:20260303T150000", "DTEND;TZID=Europe/Helsinki:20260303T140000"),
        ("DTEND;TZID=Europe/Stockholm:20260303T150000", "DTEND;VALUE=DATE:20260304"),
        ("DTEND;TZID=Europe/Stockholm:20260303T150000", "DTEND;TZID=Europe/Stockholm:20260303T150000Z"),
        ("DTEND;TZID=Europe/Stockholm:20260303T150000", "DTEND:20260303T150000"),
        ("DTEND;TZID=Europe/Stockholm:20260303T150000", "DTEND;TZID=Europe/Stockholm:20270328T023000"),
        ("DTEND;TZID=Europe/Stockholm:20260303T150000", "DTEND;TZID=Europe/Stockholm:20260303T250000"),
        ("DTEND;TZID=Europe/Stockholm:20260303T150000", "DURATION:PT2H"),
        ("DTSTART;TZID=Europe/Stockholm:20260303T130000", "DTSTART:20260303T130000"),
        ("DTSTART;TZID=Europe/Stockholm:20260303T130000", "DTSTART:20260303"),
    ],
)
def test_f16_times_fit_each_other_and_exist(line: str, new: str) -> None:
    assert rules(replaced(PLAIN, line, new)) == ["F16"]


def test_f16_all_day_ends_on_a_later_day() -> None:
    assert rules(ALL_DAY) == []
    assert rules(replaced(ALL_DAY, "DATE:20260829", "DATE:20260827")) == ["F16"]
    assert rules(replaced(ALL_DAY, "DTEND;VALUE=DATE", "DTEND;TZID=Europe/Stockholm;VALUE=DATE")) == ["F16"]


def test_f17_no_attendee_and_one_organizer_by_address() -> None:
    assert rules(with_line(PLAIN, "ATTENDEE:mailto:anna@takt.example")) == ["F17"]
    assert rules(with_line(MEETING, "ORGANIZER:mailto:anna@takt.example")) == ["F17"]
    assert rules(with_line(PLAIN, "ORGANIZER:Sekretariatet")) == ["F17"]
    unfolded = render_event(HARD).replace(b"\r\n ", b"").split(b"\r\n")
    assert [line for line in unfolded if line.startswith(b"ATTENDEE")] == []


def test_f17_no_video_link_where_all_can_see_it() -> None:
    assert rules(MOVED) == []
    assert rules(MOVED, public=True) == ["F17"]
    assert rules(MEETING, public=True) == []
    assert rules(render_event(event(description="https://teams.microsoft.com/l/meetup-join/1")), public=True) == ["F17"]
    assert rules(render_event(event(location="Zoom: us02web.zoom.us/j/8")), public=True) == ["F17"]
    assert rules(render_event(event(location="Zoom")), public=True) == []


def test_f18_no_alarm_that_was_not_asked_for() -> None:
    spliced = splice_alarm(PLAIN, 60)
    assert rules(PLAIN, alarms=True) == []
    assert rules(spliced, alarms=True) == []
    assert rules(spliced) == ["F18"]
    assert rules(without(spliced, "ACTION"), alarms=True) == ["F18"]
    assert rules(replaced(spliced, "TRIGGER:-PT60M", "TRIGGER:PT60M"), alarms=True) == ["F18"]
    assert rules(with_line(spliced, "ATTACH:https://takt.example/1", before="END:VALARM"), alarms=True) == ["F04"]


@pytest.mark.parametrize(
    "url",
    [
        "http://takt.example/1",
        "//takt.example/1",
        "/meetings/1",
        "https://takt/1",
        "https://takt.example/1?token=x",
        "https://a:b@takt.example/1",
        "https://takt.example/feeds/Xk3vQ9ZpL0aB7cD2eF5gH8iJ1kM4nO6pQ9rS2tU5vW8",
        "javascript:alert(1)",
        "https://takt.example/m öte",
        "https://[takt.example/",
    ],
)
@pytest.mark.parametrize("name", ["URL", "ATTACH", "CONFERENCE;VALUE=URI"])
def test_f19_links_are_absolute_https_without_secrets(name: str, url: str) -> None:
    described = replaced(PLAIN, "TRANSP:OPAQUE", f"DESCRIPTION:{url}\r\nTRANSP:OPAQUE")
    folded = f"{name}:\r\n {url}"
    assert rules(with_line(described, folded)) == (["F19"] if len(url) < 62 else ["F03", "F19"])


def test_f20_the_description_holds_the_link_too() -> None:
    assert rules(MEETING) == []
    assert rules(with_line(PLAIN, "URL:https://takt.example/1")) == ["F20"]
    assert rules(with_line(with_line(PLAIN, "URL:https://takt.example/1"), "DESCRIPTION:Se länken")) == ["F20"]
    assert rules(with_line(PLAIN, "CONFERENCE;VALUE=URI:https://video.example/1")) == ["F20"]


@pytest.mark.parametrize(
    "line",
    [
        "RRULE:FREQ=YEARLY",
        "RDATE:20260404T130000Z",
        "EXDATE:20260404T130000Z",
        "RECURRENCE-ID:20260404T130000Z",
    ],
)
def test_f21_no_recurrence(line: str) -> None:
    assert rules(with_line(PLAIN, line)) == ["F21"]


def test_f21_one_event_for_each_meeting() -> None:
    assert rules(calendar([event(), event(uid=uid(2))])) == []
    assert rules(calendar([event(), event()])) == ["F21"]


def test_f22_nothing_from_before_the_window() -> None:
    assert rules(CALENDAR, since=date(2026, 3, 3)) == []
    assert rules(CALENDAR, since=date(2026, 3, 4)) == ["F22"]
    assert rules(CALENDAR) == []
