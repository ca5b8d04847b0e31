"""The status of a forum on a day: one table a rule, each row a situation a secretariat would recognise."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from scheduler.cadence.evaluation import RESULT_KEYS, evaluate
from scheduler.cadence.rules import (
    CadenceVersion,
    Forum,
    Kind,
    Meeting,
    Period,
    Status,
    Unit,
    WindowKind,
    local_day,
)
from scheduler.workdays.rules import Notice
from scheduler.workdays.rules import Unit as NoticeUnit

FOUR_TO_FIVE = CadenceVersion(Kind.COUNT, 4, 5)
ROLLING_FOUR = CadenceVersion(Kind.COUNT, 4, window=WindowKind.ROLLING)
SIX_WEEKS = CadenceVersion(Kind.INTERVAL, every=6)


def day(text: str) -> date:
    """ "16 Sep" is in 2026; another year is written out."""
    return datetime.strptime(text if text[-4:].isdigit() else f"{text} 2026", "%d %b %Y").date()


def held(*texts: str, **more: Any) -> list[Meeting]:
    return [Meeting(day(text), "held", **more) for text in texts]


def planned(*texts: str, **more: Any) -> list[Meeting]:
    return [Meeting(day(text), "planned", **more) for text in texts]


def forum(*versions: CadenceVersion, **more: Any) -> Forum:
    return Forum(versions or (FOUR_TO_FIVE,), **{"start": date(2020, 1, 1), **more})


@pytest.mark.parametrize(
    ("today", "meetings", "status", "why"),
    [
        ("1 Mar", [], "on_track", "31 days to the deadline of 1 April"),
        ("2 Mar", [], "due", "30 days to it"),
        ("2 Mar", planned("1 Apr"), "on_track", "booked on the deadline itself"),
        ("2 Mar", planned("2 Apr"), "due", "booked the day after it"),
        ("2 Apr", [], "overdue", "the deadline has passed"),
        ("2 Apr", planned("2 Apr"), "overdue", "a meeting today does not undo it"),
        ("2 Apr", held("2 Apr"), "on_track", "but one held today does"),
        ("6 Nov", [], "at_risk", "4 × 14 days no longer fit in 55"),
        ("5 Nov", [], "overdue", "they fit in 56"),
        ("5 Nov", planned("31 Dec", "30 Dec", "29 Dec", "28 Dec"), "planned", "all four are booked"),
        ("31 Dec", held("1 Jan", "2 Jan", "3 Jan", "31 Dec"), "met", "held today counts"),
        ("31 Dec", held("1 Jan", "2 Jan", "3 Jan", "1 Jan 2027"), "at_risk", "a future date marked held is ignored"),
        ("31 Dec", held("1 Jan", "1 Jan", "1 Jan", "1 Jan"), "met", "four records on one day are four meetings"),
        ("20 Mar", held("31 Dec 2025", "30 Dec 2025"), "due", "last year's meetings are last year's"),
    ],
)
def test_count_in_a_calendar_year(today: str, meetings: list[Meeting], status: str, why: str) -> None:
    assert evaluate(forum(), meetings, day(today)).status == status


@pytest.mark.parametrize(
    ("meeting", "counted", "ordinary", "why"),
    [
        ({}, 1, 1, "an ordinary meeting"),
        ({"status": "closed"}, 1, 1, "minutes done"),
        ({"kind": "thematic"}, 1, 1, "thematic is ordinary"),
        ({"kind": "joint"}, 1, 1, "joint is ordinary"),
        ({"kind": "extra"}, 1, 0, "extra counts, but not towards the maximum"),
        ({"kind": "per_capsulam"}, 0, 0, "a written procedure is no meeting"),
        ({"kind": "continuation"}, 0, 0, "an adjourned meeting going on"),
        ({"continuation": True}, 0, 0, "an adjourned meeting going on"),
        ({"quorum": False}, 1, 1, "no quorum is needed here"),
        ({"status": "cancelled"}, 0, 0, "cancelled"),
        ({"status": "postponed"}, 0, 0, "the original of a moved one"),
        ({"status": "draft"}, 0, 0, "a draft"),
        ({"status": "proposed"}, 0, 0, "a proposal"),
    ],
)
def test_what_counts_as_held(meeting: dict[str, Any], counted: int, ordinary: int, why: str) -> None:
    found = evaluate(forum(), [Meeting(**{"on": day("10 Feb"), "status": "held", **meeting})], day("1 Mar"))
    assert (found.held, found.ordinary_held) == (counted, ordinary)


@pytest.mark.parametrize(("quorum", "counted"), [(True, 1), (None, 1), (False, 0)])
def test_quorum_counts_where_it_is_required(quorum: bool | None, counted: int) -> None:
    found = evaluate(forum(requires_quorum=True), held("10 Feb", quorum=quorum), day("1 Mar"))
    assert found.held == counted


@pytest.mark.parametrize(
    ("meeting", "counted", "unrecorded", "why"),
    [
        (planned("1 Mar")[0], 1, 0, "today is still ahead"),
        (planned("28 Feb")[0], 0, 1, "yesterday awaits its outcome"),
        (planned("31 Dec")[0], 1, 0, "the last day of the window"),
        (planned("1 Jan 2027")[0], 0, 0, "another window"),
        (planned("1 Jan")[0], 0, 1, "the first day of the window"),
        (planned("31 Dec 2025")[0], 0, 0, "another window's outcome"),
        (planned("10 Apr", kind="extra")[0], 1, 0, "extra"),
        (planned("10 Apr", kind="per_capsulam")[0], 0, 0, "a written procedure is no meeting"),
        (planned("10 Apr", quorum=False)[0], 1, 0, "quorum is not known before the meeting"),
        (Meeting(day("10 Apr"), "confirmed"), 1, 0, "booked"),
        (Meeting(day("10 Apr"), "called"), 1, 0, "called"),
    ],
)
def test_what_counts_as_planned(meeting: Meeting, counted: int, unrecorded: int, why: str) -> None:
    found = evaluate(forum(requires_quorum=True), [meeting], day("1 Mar"))
    assert (found.planned, found.unrecorded) == (counted, unrecorded)


def test_planned_after_the_forums_end_does_not_count() -> None:
    found = evaluate(forum(end=day("30 Jun")), planned("30 Jun", "1 Jul"), day("1 Mar"))
    assert found.planned == 1


def test_held_before_the_start_counts_in_its_window() -> None:
    found = evaluate(forum(start=day("1 Mar")), held("10 Feb"), day("10 Mar"))
    assert (found.held, found.required) == (1, 3)


def test_extra_counts_for_nothing_where_the_forum_says_so() -> None:
    found = evaluate(
        forum(extra_counts=False), held("10 Feb", kind="extra") + planned("9 Mar", kind="extra"), day("1 Mar")
    )
    assert (found.held, found.planned) == (0, 0)


@pytest.mark.parametrize(
    ("today", "status", "why"),
    [
        ("31 Dec 2025", "not_started", "the day before the start"),
        ("1 Jan", "on_track", "the first day"),
        ("31 May", "paused", "a pause comes before everything but the start and the end"),
        ("1 Jun", "on_track", "the day after the pause"),
        ("31 Aug", "at_risk", "the last day, one of two held"),
        ("1 Sep", "ended", "the day after the end"),
    ],
)
def test_start_pause_and_end(today: str, status: str, why: str) -> None:
    rule = forum(start=day("1 Jan"), end=day("31 Aug"), pauses=((day("1 May"), day("31 May")),))
    assert evaluate(rule, held("5 Jan"), day(today)).status == status


def test_exceeded_comes_before_a_requirement_of_nothing() -> None:
    at_most_three = CadenceVersion(Kind.COUNT, 0, 3)
    assert evaluate(forum(at_most_three), held("1 Feb", "2 Feb", "3 Feb", "4 Feb"), day("1 Mar")).status == "exceeded"
    assert evaluate(forum(at_most_three), held("1 Feb", "2 Feb", "3 Feb"), day("1 Mar")).status == "no_requirement"


def test_target_is_prorated_and_separate_from_the_status() -> None:
    at_least_four = CadenceVersion(Kind.COUNT, 4, target=5)
    met = evaluate(forum(at_least_four), held("1 Feb", "2 Mar", "3 Apr", "4 May"), day("1 Jun"))
    assert (met.status, met.target, met.target_met) == (Status.MET, 5, False)
    half = evaluate(forum(at_least_four, start=day("1 Jul")), held("1 Aug", "2 Sep", "3 Oct"), day("1 Nov"))
    assert (half.required, half.target, half.target_met) == (2, 3, True)


@pytest.mark.parametrize(
    ("today", "window", "status", "required", "why"),
    [
        ("1 Jan 2027", (2026, 2026), "missed", 4, "closed the day after its end"),
        ("31 Dec", (2026, 2026), "at_risk", 4, "open on its last day"),
        ("1 Jun", (2019, 2019), "inactive", 0, "before the forum's start"),
        ("1 Jun", (2027, 2027), "on_track", 4, "next year, seen from this"),
    ],
)
def test_asked_window(today: str, window: tuple[int, int], status: str, required: int, why: str) -> None:
    found = evaluate(forum(), [], day(today), (date(window[0], 1, 1), date(window[1], 12, 31)))
    assert (found.status, found.required) == (status, required)


def test_closed_window_is_judged_without_the_forums_state_today() -> None:
    year = (date(2025, 1, 1), date(2025, 12, 31))
    meetings = [Meeting(date(2025, m, 5), "held") for m in (2, 5, 8, 11)]
    ended = evaluate(forum(end=day("1 Feb")), meetings, day("1 Jun"), year)
    paused = evaluate(forum(pauses=((day("1 May"), None),)), meetings, day("1 Jun"), year)
    assert (ended.status, paused.status) == (Status.MET, Status.MET)


def test_rule_withdrawn_during_a_window_binds_for_its_days() -> None:
    withdrawn = forum(FOUR_TO_FIVE, CadenceVersion(valid_from=day("1 Jul")))
    year = (day("1 Jan"), day("31 Dec"))
    closed = evaluate(withdrawn, held("10 Feb"), day("10 Jan 2027"), year)
    assert (closed.status, closed.required, closed.allowed) == (Status.MISSED, 2, None)
    now = evaluate(withdrawn, held("10 Feb"), day("1 Oct"))
    assert (now.status, now.window, now.required) == (Status.NO_REQUIREMENT, None, None)
    open_year = evaluate(withdrawn, held("10 Feb"), day("1 Oct"), year)
    assert (open_year.status, open_year.missing, open_year.latest_next) == (Status.NO_REQUIREMENT, 1, None)


def test_version_of_an_asked_window_is_that_of_today_or_of_its_last_day() -> None:
    changed = forum(FOUR_TO_FIVE, CadenceVersion(Kind.COUNT, 6, 6, valid_from=day("1 Oct")))
    year = (day("1 Jan"), day("31 Dec"))
    assert evaluate(changed, [], day("1 Sep"), year).version.min == 4
    assert evaluate(changed, [], day("1 Feb 2027"), year).version.min == 6


@pytest.mark.parametrize("rule", [ROLLING_FOUR, SIX_WEEKS])
def test_asked_window_is_ignored_by_rolling_and_interval_rules(rule: CadenceVersion) -> None:
    year = (date(2025, 1, 1), date(2025, 12, 31))
    meetings = held("10 Feb", "20 Apr")
    asked = evaluate(forum(rule), meetings, day("1 May"), year)
    assert asked.as_result() == evaluate(forum(rule), meetings, day("1 May")).as_result()


@pytest.mark.parametrize(
    ("today", "status", "lapses", "why"),
    [
        ("9 Nov", "met", "10 Dec", "31 days ahead"),
        ("10 Nov", "due", "10 Dec", "30 days ahead"),
        ("9 Dec", "due", "10 Dec", "tomorrow"),
        ("10 Dec", "overdue", None, "the meeting a year ago has left the window"),
    ],
)
def test_rolling_year_lapses(today: str, status: str, lapses: str | None, why: str) -> None:
    meetings = held("10 Dec 2025", "10 Feb", "12 May", "8 Sep")
    found = evaluate(forum(ROLLING_FOUR), meetings, day(today))
    assert (found.status, found.lapses, found.latest_next) == (status, *[day(lapses) if lapses else None] * 2)
    assert found.next_deadline is None


def test_rolling_year_counts_booked_meetings_towards_the_lapse() -> None:
    meetings = held("10 Dec 2025", "10 Feb", "12 May", "8 Sep") + planned("1 Dec")
    assert evaluate(forum(ROLLING_FOUR), meetings, day("22 Nov")).lapses == day("10 Feb 2027")


def test_rolling_year_does_not_lapse_after_the_forums_end() -> None:
    meetings = held("10 Dec 2025", "10 Feb", "12 May", "8 Sep")
    assert evaluate(forum(ROLLING_FOUR, end=day("9 Dec")), meetings, day("22 Nov")).lapses is None
    assert evaluate(forum(ROLLING_FOUR, end=day("10 Dec")), meetings, day("22 Nov")).lapses == day("10 Dec")


@pytest.mark.parametrize(
    ("today", "first", "why"),
    [
        ("29 Feb 2028", "1 Mar 2027", "29 February counts from the 28th"),
        ("28 Feb 2029", "29 Feb 2028", "a window of 366 days"),
        ("1 Mar 2028", "2 Mar 2027", "the day after the same date"),
    ],
)
def test_rolling_window_ends_today(today: str, first: str, why: str) -> None:
    assert evaluate(forum(ROLLING_FOUR), [], day(today)).window == (day(first), day(today))


@pytest.mark.parametrize(
    ("today", "meetings", "status", "why"),
    [
        ("21 Sep", [], "on_track", "22 days to 13 October, the lead is 21"),
        ("22 Sep", [], "due", "21 days to it"),
        ("23 Oct", [], "due", "the last day of the tolerance"),
        ("24 Oct", [], "overdue", "past it"),
        ("24 Oct", planned("1 Nov"), "overdue", "a later date does not undo it"),
        ("1 Oct", planned("23 Oct"), "planned", "booked inside the tolerance"),
        ("1 Oct", planned("24 Oct"), "at_risk", "booked outside it"),
        ("24 Oct", held("24 Oct"), "on_track", "held today"),
    ],
)
def test_interval_of_six_weeks_since_1_september(today: str, meetings: list[Meeting], status: str, why: str) -> None:
    found = evaluate(forum(SIX_WEEKS), held("1 Sep") + meetings, day(today))
    assert (found.status, found.window, found.required, found.missing) == (status, None, None, None)


@pytest.mark.parametrize(
    ("version", "base", "due", "latest"),
    [
        (CadenceVersion(Kind.INTERVAL, every=1, unit=Unit.MONTH), "31 Jan", "28 Feb", "7 Mar"),
        (CadenceVersion(Kind.INTERVAL, every=12, unit=Unit.MONTH), "29 Feb 2028", "28 Feb 2029", "30 May 2029"),
        (CadenceVersion(Kind.INTERVAL, every=11, unit=Unit.MONTH), "31 Jan", "31 Dec", "24 Mar 2027"),
        (CadenceVersion(Kind.INTERVAL, every=10, unit=Unit.DAY), "1 Sep", "11 Sep", "13 Sep"),
        (CadenceVersion(Kind.INTERVAL, every=3, unit=Unit.DAY), "1 Sep", "4 Sep", "4 Sep"),
        (SIX_WEEKS, "1 Sep", "13 Oct", "23 Oct"),
    ],
)
def test_interval_is_due_and_tolerated(version: CadenceVersion, base: str, due: str, latest: str) -> None:
    found = evaluate(forum(version), held(base), day(base))
    assert (found.base, found.next_deadline, found.latest) == (day(base), day(due), day(latest))


@pytest.mark.parametrize(
    ("more", "base", "why"),
    [
        ({"start": None}, "20 Mar", "nothing known: today"),
        ({"start": day("19 Jan")}, "19 Jan", "the start"),
        ({"start": day("19 Jan"), "valid_from": day("2 Feb")}, "2 Feb", "the rule's own first day"),
        ({"start": day("19 Jan"), "valid_from": day("2 Feb"), "held": "1 Feb"}, "2 Feb", "a meeting before the rule"),
        ({"start": day("19 Jan"), "held": "10 Feb"}, "10 Feb", "the last meeting"),
        ({"start": day("19 Jan"), "held": "21 Mar"}, "19 Jan", "a meeting ahead is not held"),
    ],
)
def test_interval_is_counted_from_the_latest_of(more: dict[str, Any], base: str, why: str) -> None:
    version = CadenceVersion(Kind.INTERVAL, every=6, valid_from=more.pop("valid_from", None))
    meetings = held(more.pop("held")) if "held" in more else []
    assert evaluate(forum(version, **more), meetings, day("20 Mar")).base == day(base)


@pytest.mark.parametrize(
    ("pause", "today", "booked", "status", "due", "latest"),
    [
        (("1 Oct", None), "20 Sep", [], "on_track", None, None),
        (("1 Oct", None), "20 Sep", ["28 Sep"], "planned", None, None),
        (("20 Oct", None), "20 Sep", [], "on_track", "13 Oct", None),
        (("20 Oct", None), "22 Sep", [], "due", "13 Oct", None),
        (("20 Oct", None), "19 Oct", [], "due", "13 Oct", None),
        (("20 Oct", None), "15 Oct", ["30 Nov"], "planned", "13 Oct", None),
        (("13 Oct", "19 Oct"), "20 Sep", [], "on_track", "20 Oct", "30 Oct"),
        (("14 Oct", "20 Oct"), "20 Sep", [], "on_track", "13 Oct", "30 Oct"),
        (("24 Oct", "30 Oct"), "20 Sep", [], "on_track", "13 Oct", "23 Oct"),
        (("1 Aug", "7 Sep"), "20 Sep", [], "on_track", "19 Oct", "29 Oct"),
    ],
)
def test_interval_is_lengthened_by_pauses(
    pause: tuple[str, str | None], today: str, booked: list[str], status: str, due: str | None, latest: str | None
) -> None:
    rule = forum(SIX_WEEKS, pauses=((day(pause[0]), day(pause[1]) if pause[1] else None),))
    found = evaluate(rule, held("1 Sep") + planned(*booked), day(today))
    assert (found.status, found.next_deadline, found.latest) == (
        status,
        day(due) if due else None,
        day(latest) if latest else None,
    )


def test_interval_counts_unrecorded_meetings_of_any_date() -> None:
    found = evaluate(forum(SIX_WEEKS), planned("1 Jan 2022", "1 Sep"), day("20 Sep"))
    assert found.unrecorded == 2


@pytest.mark.parametrize(
    ("today", "meetings", "latest_next", "call", "why"),
    [
        (
            "20 Sep",
            held("10 Feb", "12 May") + planned("10 Nov"),
            "30 Dec",
            "16 Dec",
            "New Year's Eve is no working day",
        ),
        ("20 Sep", held("10 Feb", "12 May"), "17 Dec", "3 Dec", "two missing: 14 active days earlier"),
        ("30 Dec", held("10 Feb", "12 May", "1 Sep"), "30 Dec", "16 Dec", "today is the last"),
        ("31 Dec", held("10 Feb", "12 May", "1 Sep"), None, None, "no working day left"),
        ("20 Sep", held("10 Feb", "12 May", "1 Sep", "2 Sep"), None, None, "nothing is missing"),
    ],
)
def test_last_day_for_the_next_meeting(
    today: str, meetings: list[Meeting], latest_next: str | None, call: str | None, why: str
) -> None:
    found = evaluate(forum(), meetings, day(today))
    expected = (day(latest_next) if latest_next else None, day(call) if call else None)
    assert (found.latest_next, found.call_by) == expected


def test_call_by_follows_the_forums_notice() -> None:
    five_working_days = forum(notice=Notice(5, NoticeUnit.WORKING_DAYS))
    found = evaluate(five_working_days, held("10 Feb", "12 May", "1 Sep"), day("20 Sep"))
    assert (found.latest_next, found.call_by) == (day("30 Dec"), day("21 Dec"))


def test_last_day_leaves_pauses_out() -> None:
    found = evaluate(forum(pauses=((day("1 Dec"), day("31 Dec")),)), held("10 Feb", "12 May", "1 Sep"), day("20 Sep"))
    assert (found.required, found.missing) == (4, 1)
    assert found.latest_next == day("30 Nov")


@pytest.mark.parametrize(
    ("period", "today", "window", "deadline"),
    [
        (Period.MONTH, "28 Feb 2028", ("1 Feb 2028", "29 Feb 2028"), "29 Feb 2028"),
        (Period.QUARTER, "1 Oct", ("1 Oct", "31 Dec"), "31 Dec"),
        (Period.TERM, "30 Jun", ("1 Jan", "30 Jun"), "30 Jun"),
        (Period.TERM, "1 Jul", ("1 Jul", "31 Dec"), "31 Dec"),
        (Period.YEAR, "1 Jul", ("1 Jan", "31 Dec"), "31 Dec"),
    ],
)
def test_window_holds_today(period: Period, today: str, window: tuple[str, str], deadline: str) -> None:
    found = evaluate(forum(CadenceVersion(Kind.COUNT, 1, 1, period=period)), [], day(today))
    assert (found.window, found.next_deadline) == ((day(window[0]), day(window[1])), day(deadline))


def test_terms_may_begin_on_another_day() -> None:
    twice_a_term = CadenceVersion(Kind.COUNT, 2, 2, period=Period.TERM)
    found = evaluate(forum(twice_a_term, autumn_from=(8, 15)), [], day("1 Aug"))
    assert found.window == (day("1 Jan"), day("14 Aug"))
    found = evaluate(forum(twice_a_term, autumn_from=(8, 15)), [], day("15 Aug"))
    assert found.window == (day("15 Aug"), day("31 Dec"))


@pytest.mark.parametrize("n", range(1, 13))
def test_every_pace_deadline_of_a_monthly_meeting_is_its_months_last_day(n: int) -> None:
    monthly = forum(CadenceVersion(Kind.COUNT, 1, period=Period.MONTH))
    first = date(2026, n, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    assert evaluate(monthly, [], first).next_deadline == last


def test_forum_without_versions_has_no_requirement() -> None:
    found = evaluate(Forum(), held("10 Feb"), day("1 Mar"))
    assert (found.status, found.held, found.required) == (Status.NO_REQUIREMENT, 1, None)


def test_days_before_the_first_version_have_no_rule() -> None:
    later = forum(CadenceVersion(Kind.COUNT, 4, 5, valid_from=day("1 Jul")))
    assert evaluate(later, [], day("30 Jun")).status == Status.NO_REQUIREMENT
    from_july = evaluate(later, [], day("1 Jul"))
    assert (from_july.required, from_july.allowed) == (2, None)


def test_local_day_is_that_of_the_forums_zone() -> None:
    half_past_midnight_in_helsinki = datetime(2027, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    assert local_day(half_past_midnight_in_helsinki, "Europe/Stockholm") == date(2026, 12, 31)
    assert local_day(half_past_midnight_in_helsinki, "Europe/Helsinki") == date(2027, 1, 1)
    assert local_day(datetime(2027, 1, 1, 0, 30), "Europe/Stockholm") == date(2027, 1, 1)  # noqa: DTZ001 - local already


def test_statuses_stand_worst_first() -> None:
    order = "missed at_risk overdue due on_track planned met exceeded paused not_started no_requirement inactive ended"
    assert sorted(Status, key=lambda status: status.rank) == order.split()


def test_list_is_ordered_by_status_then_day_to_call_then_name() -> None:
    meetings = held("10 Feb", "12 May")
    rows = [
        ("b", evaluate(forum(), held("10 Feb", "12 May", "1 Sep", "2 Sep"), day("20 Sep"))),
        ("c", evaluate(forum(), meetings + planned("10 Nov"), day("20 Sep"))),
        ("d", evaluate(forum(), meetings, day("20 Sep"))),
        ("a", evaluate(forum(), meetings + planned("10 Nov"), day("20 Sep"))),
    ]
    assert [name for name, found in sorted(rows, key=lambda row: row[1].sort_key(row[0]))] == ["d", "a", "c", "b"]


def test_result_has_every_key_and_only_json_values() -> None:
    result = evaluate(forum(), held("10 Feb", "12 May") + planned("10 Nov"), day("20 Sep")).as_result()
    assert list(result) == RESULT_KEYS
    assert result == {
        "status": "due",
        "held": 2,
        "ordinary_held": 2,
        "planned": 1,
        "unrecorded": 0,
        "required": 4,
        "allowed": 5,
        "target": 4,
        "target_met": False,
        "window": ["2026-01-01", "2026-12-31"],
        "next_deadline": "2026-09-30",
        "latest": None,
        "lapses": None,
        "missing": 1,
        "latest_next": "2026-12-30",
        "call_by": "2026-12-16",
        "reason": {
            "sv": "2 av 4 hållna, 1 bokat; ett saknas, kalla senast 16 december",
            "en": "2 of 4 held, 1 booked; one missing, call by 16 December",
        },
    }
