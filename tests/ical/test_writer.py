from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from scheduler import i18n
from scheduler.errors import Refused
from scheduler.ical.colours import COLOURS
from scheduler.ical.lint import lint_fragment
from scheduler.ical.writer import (
    assemble,
    calendar_head,
    description_with_links,
    render_event,
    splice_alarm,
    title,
    zones_in,
)
from tests.ical.samples import FULL, GOLDEN, HELSINKI, STOCKHOLM, calendar, event, uid


def lines(fragment: bytes, *names: str) -> list[str]:
    """The unfolded lines with these names, as text."""
    unfolded = fragment.replace(b"\r\n ", b"").decode().splitlines()
    return [line for line in unfolded if line.split(":")[0].split(";")[0] in names]


def times(**changes: Any) -> list[str]:
    return lines(render_event(event(**changes)), "DTSTART", "DTEND")


# ---------------------------------------------------------------- times


def test_times_in_the_zone_of_the_meeting() -> None:
    assert times() == [
        "DTSTART;TZID=Europe/Stockholm:20260303T130000",
        "DTEND;TZID=Europe/Stockholm:20260303T150000",
    ]


def test_times_of_an_all_day_meeting_end_before_the_day_after() -> None:
    assert times(start=date(2026, 8, 27), end=date(2026, 8, 29)) == [
        "DTSTART;VALUE=DATE:20260827",
        "DTEND;VALUE=DATE:20260829",
    ]


def test_times_of_a_meeting_from_lunch_to_lunch() -> None:
    start = datetime(2026, 9, 16, 12, 0, tzinfo=STOCKHOLM)
    assert times(start=start, end=start + timedelta(days=1)) == [
        "DTSTART;TZID=Europe/Stockholm:20260916T120000",
        "DTEND;TZID=Europe/Stockholm:20260917T120000",
    ]


def test_times_in_two_zones_are_written_in_that_of_the_start() -> None:
    assert times(
        start=datetime(2026, 10, 24, 9, 0, tzinfo=HELSINKI), end=datetime(2026, 10, 25, 12, 0, tzinfo=STOCKHOLM)
    ) == ["DTSTART;TZID=Europe/Helsinki:20261024T090000", "DTEND;TZID=Europe/Helsinki:20261025T130000"]


@pytest.mark.parametrize("zone", [UTC, ZoneInfo("UTC"), ZoneInfo("Etc/UTC")])
def test_times_in_utc_have_no_zone(zone: Any) -> None:
    assert times(start=datetime(2026, 3, 3, 13, 0, tzinfo=zone), end=datetime(2026, 3, 3, 15, 0, tzinfo=zone)) == [
        "DTSTART:20260303T130000Z",
        "DTEND:20260303T150000Z",
    ]


def test_times_in_a_zone_that_cannot_be_said_are_utc() -> None:
    cairo = ZoneInfo("Africa/Cairo")
    assert times(start=datetime(2026, 3, 3, 13, 0, tzinfo=cairo), end=datetime(2026, 3, 3, 15, 0, tzinfo=cairo)) == [
        "DTSTART:20260303T110000Z",
        "DTEND:20260303T130000Z",
    ]


def test_times_before_the_rule_of_the_zone_are_utc() -> None:
    assert times(
        start=datetime(1995, 10, 10, 13, 0, tzinfo=STOCKHOLM), end=datetime(1995, 10, 10, 15, 0, tzinfo=STOCKHOLM)
    ) == ["DTSTART:19951010T120000Z", "DTEND:19951010T140000Z"]


@pytest.mark.parametrize(
    ("fold", "start_utc"),
    [(0, "DTSTART:20261025T003000Z"), (1, "DTSTART:20261025T013000Z")],
)
def test_times_in_the_hour_that_comes_twice_are_utc(fold: int, start_utc: str) -> None:
    start = datetime(2026, 10, 25, 2, 30, tzinfo=STOCKHOLM, fold=fold)
    end = datetime(2026, 10, 25, 9, 0, tzinfo=STOCKHOLM)

    assert times(start=start, end=end) == [start_utc, "DTEND:20261025T080000Z"]


def test_times_around_the_hour_that_comes_twice_keep_their_zone() -> None:
    start = datetime(2026, 10, 25, 1, 59, tzinfo=STOCKHOLM)
    assert times(start=start, end=datetime(2026, 10, 25, 3, 0, tzinfo=STOCKHOLM)) == [
        "DTSTART;TZID=Europe/Stockholm:20261025T015900",
        "DTEND;TZID=Europe/Stockholm:20261025T030000",
    ]


# ---------------------------------------------------------------- what is refused


def refusal(**changes: Any) -> list[tuple[str | None, str]]:
    with pytest.raises(Refused) as refused:
        render_event(event(**changes))
    return [(problem.field, str(problem)) for problem in refused.value.problems]


@pytest.mark.parametrize(("hour", "minute"), [(2, 0), (2, 30), (2, 59)])
def test_render_event_refuses_a_time_in_the_spring_gap(hour: int, minute: int) -> None:
    start = datetime(2026, 3, 29, hour, minute, tzinfo=STOCKHOLM)
    said = f"Klockan 02.{minute:02d} finns inte söndag 29 mars: då ställs klockan om till sommartid. Välj en annan tid."
    assert refusal(start=start, end=datetime(2026, 3, 29, 9, 0, tzinfo=STOCKHOLM)) == [("start", said)]


def test_render_event_refuses_an_end_in_the_spring_gap_of_its_own_zone() -> None:
    end = datetime(2026, 3, 29, 3, 30, tzinfo=HELSINKI)
    assert [field for field, _ in refusal(end=end)] == ["end"]


@pytest.mark.parametrize(
    "end",
    [
        datetime(2026, 3, 3, 13, 0, tzinfo=STOCKHOLM),
        datetime(2026, 3, 3, 12, 59, tzinfo=STOCKHOLM),
        datetime(2026, 3, 3, 14, 0, tzinfo=HELSINKI),
    ],
)
def test_render_event_refuses_an_end_not_after_the_start(end: datetime) -> None:
    assert refusal(end=end) == [("end", "Sluttiden behöver ligga efter starttiden.")]


def test_render_event_refuses_all_day_without_a_day() -> None:
    assert [field for field, _ in refusal(start=date(2026, 3, 3), end=date(2026, 3, 3))] == ["end"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://takt.example/m/1", "Länken behöver börja med https://."),
        ("javascript:alert(1)", "Länken behöver börja med https://."),
        ("/meetings/1", "Länken behöver börja med https://."),
        (
            "https://",
            "Länken är inte en hel webbadress. Klistra in den som den står i webbläsarens adressfält.",
        ),
        (
            "https://takt.example/möte 1",
            "Länken är inte en hel webbadress. Klistra in den som den står i webbläsarens adressfält.",
        ),
        (
            "https://anna:lösen@takt.example/",
            "Länken är inte en hel webbadress. Klistra in den som den står i webbläsarens adressfält.",
        ),
        (
            "https://anna:losen@takt.example/",
            "Länken innehåller ett lösenord eller en personlig nyckel och kan inte stå i en kalender.",
        ),
        (
            "https://takt.example/m/1?token=abc",
            "Länken innehåller ett lösenord eller en personlig nyckel och kan inte stå i en kalender.",
        ),
        (
            "https://takt.example/feeds/Xk3vQ9ZpL0aB7cD2eF5gH8iJ1kM4nO6pQ9rS2tU5vW8",
            "Länken innehåller ett lösenord eller en personlig nyckel och kan inte stå i en kalender.",
        ),
    ],
)
def test_render_event_refuses_a_link_that_cannot_be_shared(url: str, said: str) -> None:
    assert refusal(url=url) == [("url", said)]


@pytest.mark.parametrize(
    "url",
    [
        "https://teams.microsoft.com/l/meetup-join/19%3ameeting_NjUxZDdiYzQt%40thread.v2/0?context=%7b%22Tid%22%3a%22a%22%7d",
        "https://us02web.zoom.us/j/88888888888?pwd=dGhpcyBpcyBub3QgYSB0b2tlbg.1",
        "https://meet.google.com/abc-defg-hij",
        "https://takt.example/forums/regionalt-forum-for-kompetensforsorjning-och-samverkan",
        "https://takt.example/meetings/0b1f7a52-0d7c-4a2e-9f39-0c6a9c1f1d11",
    ],
)
def test_render_event_takes_the_links_people_use(url: str) -> None:
    assert lines(render_event(event(conference=url)), "CONFERENCE") == [f"CONFERENCE;FEATURE=VIDEO;VALUE=URI:{url}"]


def test_render_event_says_everything_that_is_wrong_at_once() -> None:
    gap = datetime(2026, 3, 29, 2, 30, tzinfo=STOCKHOLM)
    fields = [field for field, _ in refusal(start=gap, url="http://a.example", conference="http://b.example")]
    assert fields == ["start", "url", "conference"]


def test_render_event_refuses_in_english_to_those_who_read_it() -> None:
    with i18n.use_language("en"):
        assert refusal(url="http://takt.example") == [("url", "The link needs to begin with https://.")]


@pytest.mark.parametrize(
    "changes",
    [
        {"start": datetime(2026, 3, 3, 13, 0, tzinfo=UTC).replace(tzinfo=None)},
        {"start": datetime(2026, 3, 3, 13, 0, tzinfo=timezone(timedelta(hours=1)))},
        {"start": date(2026, 3, 3)},
        {"revised_at": event().revised_at.replace(tzinfo=None)},
        {"organizer": ("Sekretariatet", "inte en adress")},
        {"organizer": ("Sekretariatet", "a@b.example\r\nATTENDEE:mailto:c@d.example")},
        {"geo": (91.0, 0.0)},
        {"geo": (0.0, float("nan"))},
    ],
)
def test_render_event_raises_on_what_only_code_can_get_wrong(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        render_event(event(**changes))


# ---------------------------------------------------------------- texts


@pytest.mark.parametrize(
    ("status", "language", "summary", "shown"),
    [
        ("confirmed", "sv", "Styrgrupp", "Styrgrupp"),
        ("tentative", "sv", "Styrgrupp", "Styrgrupp"),
        ("cancelled", "sv", "Styrgrupp", "INSTÄLLT: Styrgrupp"),
        ("cancelled", "en", "Styrgrupp", "CANCELLED: Styrgrupp"),
        ("cancelled", "sv", "INSTÄLLT: Styrgrupp", "INSTÄLLT: Styrgrupp"),
    ],
)
def test_title_of_a_cancelled_meeting_says_so(status: Any, language: Any, summary: str, shown: str) -> None:
    assert title(event(status=status, language=language, summary=summary)) == shown


@pytest.mark.parametrize(
    ("description", "url", "conference", "shown"),
    [
        ("", None, None, ""),
        ("Text", None, None, "Text"),
        ("Text", "https://takt.example/1", None, "Text\n\nhttps://takt.example/1"),
        ("", "https://takt.example/1", None, "https://takt.example/1"),
        ("Se https://takt.example/1.", "https://takt.example/1", None, "Se https://takt.example/1."),
        (
            "Text",
            "https://takt.example/1",
            "https://video.example/1",
            "Text\n\nhttps://video.example/1\nhttps://takt.example/1",
        ),
    ],
)
def test_description_with_links_holds_each_link_once(
    description: str, url: str | None, conference: str | None, shown: str
) -> None:
    assert description_with_links(event(description=description, url=url, conference=conference)) == shown


@pytest.mark.parametrize(
    ("status", "transparent", "written"),
    [
        ("confirmed", False, "TRANSP:OPAQUE"),
        ("confirmed", True, "TRANSP:TRANSPARENT"),
        ("cancelled", False, "TRANSP:TRANSPARENT"),
    ],
)
def test_cancelled_meeting_takes_up_no_time(status: Any, transparent: bool, written: str) -> None:
    assert lines(render_event(event(status=status, transparent=transparent)), "TRANSP") == [written]


@pytest.mark.parametrize(
    ("geo", "written"),
    [
        ((65.5848, 22.1567), "GEO:65.5848;22.1567"),
        ((-33.123456789, 151.0), "GEO:-33.123457;151.0"),
        ((51.4779, 0.00004), "GEO:51.4779;0.0"),
        ((51.4779, -0.0001), "GEO:51.4779;-0.0001"),
        (None, None),
    ],
)
def test_geo_in_degrees_without_exponent(geo: tuple[float, float] | None, written: str | None) -> None:
    assert lines(render_event(event(geo=geo)), "GEO") == ([written] if written else [])


def test_render_event_of_the_same_values_gives_the_same_bytes() -> None:
    assert render_event(FULL) == render_event(FULL)


# ---------------------------------------------------------------- calendars


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({}, ("Europe/Stockholm",)),
        ({"start": datetime(2026, 3, 3, 10, 0, tzinfo=HELSINKI)}, ("Europe/Helsinki",)),
        ({"start": date(2026, 3, 3), "end": date(2026, 3, 4)}, ()),
        ({"description": "\nDTSTART;TZID=Asia/Tokyo:20260303T130000"}, ("Europe/Stockholm",)),
    ],
)
def test_zones_in_a_fragment(changes: dict[str, Any], named: tuple[str, ...]) -> None:
    assert zones_in(render_event(event(**changes))) == named


def test_assemble_joins_the_stored_bytes() -> None:
    head = calendar_head("Alla möten")
    fragments = [render_event(event(uid=uid(n))) for n in (1, 2, 3)]

    made = assemble(head, ["Europe/Stockholm", "Europe/Helsinki", "Europe/Stockholm"], fragments)

    assert made.startswith(head + b"BEGIN:VTIMEZONE\r\nTZID:Europe/Helsinki\r\n")
    assert made.endswith(b"END:VTIMEZONE\r\n" + b"".join(fragments) + b"END:VCALENDAR\r\n")
    assert made.count(b"BEGIN:VTIMEZONE") == 2


def test_assemble_raises_rather_than_leave_a_zone_out() -> None:
    with pytest.raises(ValueError, match="Africa/Cairo"):
        assemble(calendar_head("Alla möten"), ["Africa/Cairo"], [])


def test_calendar_head_in_full() -> None:
    head = calendar_head("Forum;\nöppna", "Möten, alla", colour="darkslategray", language="en", method="PUBLISH")
    assert head.decode().split("\r\n") == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Takt//Takt//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "NAME:Forum\\; öppna",
        "X-WR-CALNAME:Forum\\; öppna",
        "DESCRIPTION:Möten\\, alla",
        "X-WR-CALDESC:Möten\\, alla",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        "COLOR:darkslategray",
        "X-APPLE-CALENDAR-COLOR:#2f4f4f",
        "",
    ]


def test_calendar_head_raises_on_an_unknown_colour() -> None:
    with pytest.raises(ValueError, match="petrol"):
        calendar_head("Alla möten", colour="petrol")


def test_colours_are_those_of_css() -> None:
    assert len(COLOURS) == 147
    assert [COLOURS[name] for name in ("aqua", "teal", "darkslategray")] == ["#00ffff", "#008080", "#2f4f4f"]


# ---------------------------------------------------------------- alarms


def test_splice_alarm_shows_the_title_before_the_end() -> None:
    fragment = render_event(event(summary="Möte, kort"))
    alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Möte\\, kort\r\nTRIGGER:-PT60M\r\nEND:VALARM\r\n"

    assert splice_alarm(fragment, 60) == fragment.removesuffix(b"END:VEVENT\r\n") + alarm.encode() + b"END:VEVENT\r\n"


@pytest.mark.parametrize("length", [*range(55, 75), 200, 1000])
def test_splice_alarm_folds_a_long_title_right(length: int) -> None:
    spliced = splice_alarm(render_event(event(summary="å" + "x" * length)), 15)

    assert lint_fragment(spliced, alarms=True) == []
    assert lines(spliced, "DESCRIPTION") == ["DESCRIPTION:å" + "x" * length]


def test_splice_alarm_leaves_a_cancelled_meeting_silent() -> None:
    fragment = render_event(GOLDEN["cancelled"][0])
    assert splice_alarm(fragment, 60) == fragment


@pytest.mark.parametrize("minutes", [-1, 40_321])
def test_splice_alarm_raises_outside_four_weeks(minutes: int) -> None:
    with pytest.raises(ValueError, match=str(minutes)):
        splice_alarm(render_event(event()), minutes)


@pytest.mark.parametrize("content", [b"", b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", calendar([event()])])
def test_splice_alarm_raises_on_other_bytes(content: bytes) -> None:
    with pytest.raises(ValueError, match="VEVENT"):
        splice_alarm(content, 60)
