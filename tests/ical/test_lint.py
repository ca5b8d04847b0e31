import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler import i18n
from scheduler.errors import Refused
from scheduler.ical.lines import unescape
from scheduler.ical.lint import Finding, check, lint_calendar, lint_change, lint_fragment
from scheduler.ical.writer import render_event
from tests.ical.samples import FULL, calendar, event, replaced, uid, with_line

PLAIN = render_event(event())
CALENDAR = calendar([FULL])


def test_lint_fragment_names_rule_line_and_reason() -> None:
    wrong = replaced(with_line(PLAIN, "RRULE:FREQ=DAILY"), "SEQUENCE:0", "SEQUENCE:x")
    assert lint_fragment(wrong) == [
        Finding(6, "F14", "SEQUENCE is no whole number"),
        Finding(12, "F21", "RRULE"),
    ]


def test_lint_fragment_counts_physical_lines_past_folds() -> None:
    fragment = with_line(render_event(event(description="x" * 200)), "RRULE:FREQ=DAILY")
    line = fragment.split(b"\r\n").index(b"RRULE:FREQ=DAILY") + 1
    assert lint_fragment(fragment) == [Finding(line, "F21", "RRULE")]


@given(st.binary(max_size=400))
def test_lint_raises_nothing_on_garbage(garbage: bytes) -> None:
    assert lint_fragment(garbage) != []
    assert lint_calendar(garbage) != []
    assert {finding.rule for finding in lint_change(garbage, PLAIN)} <= {"F13", "F14"}


@given(st.data())
def test_lint_raises_nothing_on_calendars_with_holes(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(CALENDAR)))
    stop = data.draw(st.integers(start, min(len(CALENDAR), start + 60)))
    content = CALENDAR[:start] + data.draw(st.binary(max_size=20)) + CALENDAR[stop:]

    assert all(finding.rule.startswith("F") for finding in lint_calendar(content))
    assert all(finding.rule.startswith("F") for finding in lint_change(content, CALENDAR))


@pytest.mark.parametrize(
    "line",
    ["DTSTART;TZID=:20260303T130000", "DTSTART;VALUE=DATE:00000000", "DTSTART:99999999T999999Z", "DTSTART:"],
)
def test_lint_raises_nothing_on_times_that_are_none(line: str) -> None:
    assert lint_fragment(replaced(PLAIN, "DTSTART;TZID=Europe/Stockholm:20260303T130000", line)) != []


@given(st.text(alphabet="\\nN,;a\n"))
def test_unescape_undoes_escaping(text: str) -> None:
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace(",", "\\,").replace(";", "\\;")
    assert unescape(escaped) == text


# ---------------------------------------------------------------- check


def refusal(fragment: bytes, *, public: bool = False, before: bytes | None = None) -> list[tuple[str | None, str]]:
    with pytest.raises(Refused) as refused:
        check(fragment, public=public, before=before)
    return [(problem.field, str(problem)) for problem in refused.value.problems]


def test_check_lets_a_good_fragment_pass() -> None:
    check(PLAIN)
    check(PLAIN, public=True, before=PLAIN)


def test_check_refuses_with_rule_and_line() -> None:
    wrong = with_line(PLAIN, "RRULE:FREQ=DAILY")
    said = "Kalenderposten följer inte regel F21 för kalendrar (rad 12). Inget är sparat."
    assert refusal(wrong) == [(None, said)]


def test_check_refuses_in_english_to_those_who_read_it() -> None:
    with i18n.use_language("en"):
        assert refusal(with_line(PLAIN, "RRULE:FREQ=DAILY")) == [
            (None, "The calendar entry does not follow rule F21 for calendars (line 12). Nothing has been saved.")
        ]


def test_check_refuses_a_public_video_link_at_the_description() -> None:
    fragment = render_event(event(description="https://meet.google.com/abc-defg-hij"))
    said = "En videolänk kan inte stå i en kalender som alla kan läsa. Flytta den till mötets videolänk."
    assert refusal(fragment, public=True) == [("description", said)]
    fragment = render_event(event(summary="Se zoom.us/j/1", location="Sal 3 eller zoom.us/j/1"))
    assert refusal(fragment, public=True) == [("summary", said), ("location", said)]
    check(fragment)


def test_check_refuses_what_may_not_follow_the_stored_fragment() -> None:
    fields = [field for field, _ in refusal(render_event(event(uid=uid(2), status="tentative")), before=PLAIN)]
    assert fields == [None, None]


def test_check_lets_two_changes_share_a_second() -> None:
    check(render_event(event(description="Ny text")), before=PLAIN)


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "<b>Viktigt</b>", "A &amp; B"])
def test_check_lets_people_type_what_looks_like_html(text: str) -> None:
    fragment = render_event(event(summary=text))

    check(fragment)
    assert [(finding.rule, finding.fatal) for finding in lint_fragment(fragment)] == [("F04", False)]
