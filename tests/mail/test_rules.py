"""When mails are due: civil time, the send window, what is stale, which rule holds, what names a mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.errors import Refused
from scheduler.mail.rules import (
    LAST_CALL,
    OFFICE_HOURS,
    PLANNED,
    Changes,
    MeetingTimes,
    Planned,
    Rule,
    Stored,
    Window,
    changes,
    default_rules,
    due,
    in_audience,
    is_allowed,
    mail_key,
    moved_earlier,
    nearest,
    opens_at,
    plan,
    read_window,
    thread_root,
    wanted,
)
from scheduler.workdays.rules import is_working_day

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def local(text: str, zone: str = "Europe/Stockholm") -> datetime:
    """ "2026-10-01 09:30" in a zone, as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def meeting(text: str, zone: str = "Europe/Stockholm", *, state: str = "confirmed", time_rev: int = 0) -> MeetingTimes:
    start = local(text, zone)
    return MeetingTimes(start, start.astimezone(ZoneInfo(zone)).date(), zone, time_rev, state)


def said(planned: Planned, zone: str = "Europe/Stockholm") -> str:
    return planned.due_at.astimezone(ZoneInfo(zone)).strftime("%a %Y-%m-%d %H:%M")


# ---------------------------------------------------------------- due


@pytest.mark.parametrize(
    ("start", "rule", "expected"),
    [
        ("2026-10-01 09:30", Rule(2), "Tue 2026-09-29 09:00"),
        ("2026-10-01 09:30", Rule(7), "Thu 2026-09-24 09:00"),
        ("2026-10-01 09:30", Rule(2, send_at=time(13, 15)), "Tue 2026-09-29 13:15"),
        ("2026-10-01 09:30", Rule(2, send_at=time(6, 0)), "Mon 2026-09-28 15:30"),
        ("2026-10-01 09:30", Rule(2, send_at=time(16, 30)), "Tue 2026-09-29 15:30"),
        ("2026-10-01 09:30", Rule(2, send_at=time(22, 0)), "Tue 2026-09-29 15:30"),
        # Two days before a Tuesday is a Sunday: the Friday before, at the same time.
        ("2026-10-06 13:00", Rule(2), "Fri 2026-10-02 09:00"),
        ("2026-10-06 13:00", Rule(2, send_at=time(6, 0)), "Fri 2026-10-02 15:30"),
        # Five working days before a Thursday, over one weekend; over Epiphany and New Year.
        ("2026-10-01 09:30", Rule(5, "working_days"), "Thu 2026-09-24 09:00"),
        ("2027-01-07 09:30", Rule(2, "working_days"), "Mon 2027-01-04 09:00"),
        ("2027-01-07 09:30", Rule(3, "working_days"), "Wed 2026-12-30 09:00"),
        # Midsummer Eve, Christmas Eve and New Year's Eve are days off.
        ("2026-06-22 10:00", Rule(3), "Thu 2026-06-18 09:00"),
        ("2026-12-28 10:00", Rule(4), "Wed 2026-12-23 09:00"),
        ("2027-01-04 10:00", Rule(4), "Wed 2026-12-30 09:00"),
        # The clocks changed in between, either way.
        ("2027-03-29 13:00", Rule(4), "Thu 2027-03-25 09:00"),
        ("2026-10-26 13:00", Rule(4), "Thu 2026-10-22 09:00"),
        # A meeting in the afternoon may be reminded of in its morning.
        ("2026-10-01 13:00", Rule(0), "Thu 2026-10-01 09:00"),
    ],
)
def test_reminder_is_due(start, rule, expected):
    assert [said(planned) for planned in wanted(meeting(start), [rule])] == [expected]


def test_reminder_on_the_morning_of_an_early_meeting_is_left_out():
    assert wanted(meeting("2026-10-01 10:00"), [Rule(0)]) == ()


def test_send_time_is_wall_clock_time_of_the_forum():
    planned = wanted(meeting("2026-10-01 09:30", "Europe/Helsinki"), [Rule(2)])[0]
    assert said(planned, "Europe/Helsinki") == "Tue 2026-09-29 09:00"
    assert said(planned, "Europe/Stockholm") == "Tue 2026-09-29 08:00"


def test_window_always_moves_nothing():
    planned = wanted(meeting("2026-10-06 13:00"), [Rule(2, send_at=time(5, 0))], window=None)
    assert [said(one) for one in planned] == ["Sun 2026-10-04 05:00"]


@pytest.mark.parametrize("state", ["proposed", "held", "closed", "cancelled"])
def test_meeting_that_is_not_booked_has_no_reminders(state):
    assert wanted(meeting("2026-10-01 09:30", state=state), [Rule(2)]) == ()


# ---------------------------------------------------------------- stale


@pytest.mark.parametrize(
    ("start", "offsets", "expected"),
    [
        ("2026-10-01 09:30", [7], ["2026-09-26 09:00"]),  # 48 hours after
        ("2026-10-01 09:30", [1], ["2026-10-01 07:30"]),  # two hours before the start
        ("2026-10-01 09:30", [3, 2], ["2026-09-29 09:00", "2026-10-01 07:30"]),  # the next one is due
    ],
)
def test_reminder_is_stale(start, offsets, expected):
    planned = wanted(meeting(start), [Rule(n) for n in offsets])
    assert [one.stale_at.astimezone(STOCKHOLM).strftime("%Y-%m-%d %H:%M") for one in planned] == expected


def test_two_reminders_moved_to_the_same_time_are_one():
    planned = wanted(meeting("2026-10-05 13:00"), [Rule(1), Rule(2)])  # a Monday: both on the Friday before
    assert [(one.offset, said(one)) for one in planned] == [("1 calendar_days", "Fri 2026-10-02 09:00")]


# ---------------------------------------------------------------- no back-dating (REL-11)


def test_rel_11_plan_of_a_meeting_entered_late_holds_only_what_is_to_come():
    rules = [Rule(7), Rule(2)]
    booked = meeting("2026-10-01 09:30")
    assert [one.offset for one in plan(booked, rules, local("2026-09-01 12:00"))] == [
        "7 calendar_days",
        "2 calendar_days",
    ]
    assert [one.offset for one in plan(booked, rules, local("2026-09-24 09:00"))] == ["2 calendar_days"]
    assert plan(booked, rules, local("2026-09-30 12:00")) == ()


# ---------------------------------------------------------------- REL-17, REL-18: properties

TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))
#: Wall-clock times, given a zone where they are used.
STARTS = st.builds(datetime.combine, st.dates(date(2024, 1, 1), date(2040, 12, 31)), TIMES)
RULES = st.builds(
    Rule,
    n=st.integers(0, 60),
    unit=st.sampled_from(["calendar_days", "working_days"]),
    send_at=TIMES,
)
ZONES = st.sampled_from(["Europe/Stockholm", "Europe/Helsinki", "Europe/London", "UTC"])


@settings(max_examples=200, deadline=None)
@given(STARTS)
def test_rel_17_seven_days_before_at_nine_stays_nine_from_2024_to_2040(start):
    booked = meeting(start.isoformat())
    for planned in wanted(booked, [Rule(7)], window=None):
        at = planned.due_at.astimezone(STOCKHOLM)
        assert (at.date(), at.time()) == (booked.on - timedelta(days=7), time(9, 0))


@settings(max_examples=200, deadline=None)
@given(STARTS.filter(lambda at: 2026 <= at.year < 2036), st.lists(RULES, min_size=1, max_size=4), ZONES)
def test_rel_18_nothing_is_due_outside_the_window_in_ten_years(start, rules, zone):
    for planned in wanted(meeting(start.isoformat(), zone), rules):
        at = planned.due_at.astimezone(ZoneInfo(zone))
        assert is_working_day(at.date())
        assert OFFICE_HOURS.opens <= at.time() < OFFICE_HOURS.closes


@settings(max_examples=200, deadline=None)
@given(STARTS, st.lists(RULES, min_size=1, max_size=4), ZONES)
def test_every_reminder_has_time_before_it_is_stale_and_none_comes_after_the_start(start, rules, zone):
    booked = meeting(start.isoformat(), zone)
    for planned in wanted(booked, rules):
        assert planned.due_at < planned.stale_at <= booked.start_at - LAST_CALL


@settings(max_examples=200, deadline=None)
@given(st.dates(date(2024, 1, 1), date(2040, 12, 31)), st.times())
def test_moving_never_makes_later(day, at):
    moved = moved_earlier(day, at, OFFICE_HOURS)
    assert moved <= (day, at)
    assert moved_earlier(*moved, OFFICE_HOURS) == moved


@settings(max_examples=200, deadline=None)
@given(STARTS, ZONES)
def test_window_opens_at_a_time_when_it_is_open(start, zone):
    now = start.replace(tzinfo=UTC)
    opens = opens_at(now, zone, OFFICE_HOURS)
    assert opens >= now
    assert opens_at(opens, zone, OFFICE_HOURS) == opens


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-09-29 09:00", "2026-09-29 09:00"),
        ("2026-09-29 06:00", "2026-09-29 07:30"),
        ("2026-09-29 16:30", "2026-09-30 07:30"),
        ("2026-10-02 17:00", "2026-10-05 07:30"),
        ("2026-12-23 17:00", "2026-12-28 07:30"),
        ("2026-10-24 12:00", "2026-10-26 07:30"),
    ],
)
def test_window_opens(now, expected):
    assert opens_at(local(now), "Europe/Stockholm", OFFICE_HOURS) == local(expected)


# ---------------------------------------------------------------- due, wait or late


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-09-29 08:59", "wait"),
        ("2026-09-29 09:00", "go"),
        ("2026-09-29 16:29", "go"),
        ("2026-09-29 16:30", "wait"),
        ("2026-09-30 07:30", "go"),
        ("2026-10-01 07:30", "late"),
        ("2026-10-05 09:00", "late"),
    ],
)
def test_mailing_two_days_before_a_thursday(now, expected):
    planned = wanted(meeting("2026-10-01 09:30"), [Rule(2)])[0]
    assert due(planned, local(now), "Europe/Stockholm", OFFICE_HOURS) == expected


# ---------------------------------------------------------------- which rule holds


DEFAULT = Rule(2)


@pytest.mark.parametrize(
    ("of_meeting", "of_forum", "of_kind", "expected"),
    [
        ([], [], [], [Rule(2)]),
        ([], [], [Rule(3)], [Rule(3)]),
        ([], [Rule(5)], [Rule(3)], [Rule(5)]),
        ([Rule(1)], [Rule(5)], [Rule(3)], [Rule(1)]),
        ([], [Rule(7), Rule(1)], [Rule(3)], [Rule(1), Rule(7)]),
        ([], [Rule(7, on=False)], [Rule(3)], []),
        ([], [Rule(7, on=False), Rule(1)], [], [Rule(1)]),
        ([Rule(1, on=False)], [Rule(5)], [], []),
        ([], [Rule(5, kind="chaser")], [], [Rule(2)]),
    ],
)
def test_nearest_rule_holds(of_meeting, of_forum, of_kind, expected):
    assert nearest("reminder", of_meeting, of_forum, of_kind, [DEFAULT]) == tuple(expected)


@pytest.mark.parametrize(
    ("audience", "role", "answered", "expected"),
    [
        ("all", "observer", True, True),
        ("ordinary", "ordinary", True, True),
        ("ordinary", "substitute", False, False),
        ("unanswered", "ordinary", False, True),
        ("unanswered", "ordinary", True, False),
        ("unanswered", "observer", False, True),
        ("unanswered", "substitute", False, False),
    ],
)
def test_audience(audience, role, answered, expected):
    assert in_audience(audience, role, answered=answered) is expected


@pytest.mark.parametrize(
    ("kind", "formality", "expected"),
    [
        ("reminder", "protocol", [Rule(1, "working_days")]),
        ("reminder", "notes", [Rule(1, "working_days")]),
        ("save_the_date", "notes", [Rule(42, kind="save_the_date")]),
        ("save_the_date", "informal", [Rule(42, kind="save_the_date")]),
        ("save_the_date", "protocol_notice", []),
        ("chaser", "informal", [Rule(2, kind="chaser", audience="unanswered")]),
        ("chaser", "protocol", []),
    ],
)
def test_rules_without_any_are_those_of_the_kind_and_its_formality(kind, formality, expected):
    assert default_rules(kind, formality, 1, "working_days") == tuple(expected)


@pytest.mark.parametrize(
    ("state", "answer_by", "expected"),
    [
        ("confirmed", None, ["save_the_date 2026-08-20 09:00", "reminder 2026-09-29 09:00"]),
        ("called", None, ["reminder 2026-09-29 09:00"]),
        ("called", "2026-09-24", ["chaser 2026-09-22 09:00", "reminder 2026-09-29 09:00"]),
        ("confirmed", "2026-09-24", ["save_the_date 2026-08-20 09:00", "reminder 2026-09-29 09:00"]),
        ("proposed", "2026-09-24", []),
        ("cancelled", "2026-09-24", []),
        ("held", "2026-09-24", []),
    ],
)
def test_each_kind_is_planned_in_the_states_it_speaks_of(state, answer_by, expected):
    rules = [rule for kind in PLANNED for rule in default_rules(kind, "notes", 2, "calendar_days")]
    times = replace(
        meeting("2026-10-01 09:30", state=state), answer_by_on=date.fromisoformat(answer_by) if answer_by else None
    )
    assert [f"{row.kind} {local_text(row.due_at)}" for row in wanted(times, rules)] == expected


def test_nobody_is_asked_again_after_the_last_day_to_answer():
    times = replace(meeting("2026-10-01 09:30", state="called"), answer_by_on=date(2026, 9, 24))
    [chaser] = wanted(times, [Rule(0, kind="chaser")])
    assert (local_text(chaser.due_at), local_text(chaser.stale_at)) == ("2026-09-24 09:00", "2026-09-25 00:00")


def local_text(at: datetime) -> str:
    return at.astimezone(ZoneInfo("Europe/Stockholm")).strftime("%Y-%m-%d %H:%M")


# ---------------------------------------------------------------- agreeing with what is stored


def stored(row_id: int, state: str, planned: Planned) -> Stored:
    return Stored(row_id, state, planned)


BOOKED = meeting("2026-10-01 09:30")
[SEVEN, TWO] = wanted(BOOKED, [Rule(7), Rule(2)])
EARLY = local("2026-09-01 12:00")


def test_changes_of_a_new_meeting_are_all_new():
    assert changes([], [SEVEN, TWO], EARLY) == Changes(new=(SEVEN, TWO))


def test_changes_without_a_difference_are_none():
    assert changes([stored(1, "planned", SEVEN), stored(2, "planned", TWO)], [SEVEN, TWO], EARLY) == Changes()


def test_changes_leave_what_went_out_alone():
    assert changes([stored(1, "fanned_out", SEVEN), stored(2, "skipped", TWO)], [SEVEN, TWO], EARLY) == Changes()


def test_changes_drop_what_no_rule_wants():
    assert changes([stored(1, "planned", SEVEN), stored(2, "planned", TWO)], [TWO], EARLY) == Changes(dropped=(1,))


def test_changes_of_a_cancelled_meeting_drop_what_is_planned():
    assert changes([stored(1, "fanned_out", SEVEN), stored(2, "planned", TWO)], [], EARLY) == Changes(dropped=(2,))


def test_changes_of_a_reinstated_meeting_bring_back_what_is_to_come():
    rows = [stored(1, "superseded", SEVEN), stored(2, "superseded", TWO)]
    assert changes(rows, [SEVEN, TWO], EARLY) == Changes(again=((1, SEVEN), (2, TWO)))
    assert changes(rows, [SEVEN, TWO], local("2026-09-25 12:00")) == Changes(again=((2, TWO),))


def test_changes_of_a_moved_meeting_make_new_rows_and_drop_the_old():
    later = wanted(meeting("2026-10-08 09:30", time_rev=1), [Rule(2)])
    assert changes([stored(2, "planned", TWO)], later, EARLY) == Changes(new=later, dropped=(2,))


def test_changes_keep_a_mailing_that_is_late_in_its_place():
    assert changes([stored(2, "planned", TWO)], [TWO], local("2026-09-30 12:00")) == Changes()


def test_changes_move_a_mailing_whose_send_time_changed():
    [noon] = wanted(BOOKED, [Rule(2, send_at=time(12, 0))])
    assert changes([stored(2, "planned", TWO)], [noon], EARLY) == Changes(again=((2, noon),))


# ---------------------------------------------------------------- names


def test_mail_key_is_by_mailbox_and_time():
    one = mail_key("uid-1", "Karin.Lundmark@hk.example", "reminder", "2 calendar_days", 0)
    assert one == mail_key("uid-1", " karin.lundmark@HK.example", "reminder", "2 calendar_days", 0)
    others = {
        one,
        mail_key("uid-2", "karin.lundmark@hk.example", "reminder", "2 calendar_days", 0),
        mail_key("uid-1", "karin@hk.example", "reminder", "2 calendar_days", 0),
        mail_key("uid-1", "karin.lundmark@hk.example", "chaser", "2 calendar_days", 0),
        mail_key("uid-1", "karin.lundmark@hk.example", "reminder", "7 calendar_days", 0),
        mail_key("uid-1", "karin.lundmark@hk.example", "reminder", "2 calendar_days", 1),
    }
    assert len(others) == 6
    assert len(one) == 64


def test_thread_root_is_one_for_a_meeting_and_a_mailbox():
    root = thread_root("uid-1", "Karin@hk.example", "takt.example")
    assert root == thread_root("uid-1", "karin@hk.example", "takt.example")
    assert root != thread_root("uid-2", "karin@hk.example", "takt.example")
    assert root.endswith("@takt.example>")


@pytest.mark.parametrize(
    ("address", "domains", "expected"),
    [
        ("karin@hk.example", (), True),
        ("karin@example.org", ("example.org",), True),
        ("karin@hk.EXAMPLE.org", ("example.org",), True),
        ("karin@notexample.org", ("example.org",), False),
        ("karin@example.org.evil.test", ("example.org",), False),
        ("karin@region.example", ("example.org", "Region.example"), True),
    ],
)
def test_allowed_domain(address, domains, expected):
    assert is_allowed(address, domains) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", OFFICE_HOURS),
        ("always", None),
        ("07:30-16:30", OFFICE_HOURS),
        ("8.00 – 12.15", Window(time(8), time(12, 15))),
    ],
)
def test_window_is_read(text, expected):
    assert read_window(text) == expected


@pytest.mark.parametrize("text", ["sometimes", "16:30-07:30", "07:30", "24:00-25:00", "07:60-08:00", "08:00-08:00"])
def test_window_that_cannot_be_read_is_refused(text):
    with pytest.raises(Refused):
        read_window(text)
