"""The last day to meet where closed days and a least gap are known, and the sum behind "kalla senast"."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from scheduler.cadence.evaluation import Evaluation, evaluate
from scheduler.cadence.rules import CadenceVersion, Forum, Kind, Limits, Meeting, WindowKind
from scheduler.cadence.sentences import sum_sentence

FORUM = Forum((CadenceVersion(Kind.COUNT, 4, 5),), start=date(2020, 1, 1))
TODAY = date(2026, 9, 20)
CHRISTMAS_CLOSING = frozenset(date(2026, 12, 14) + timedelta(days=n) for n in range(18))


def standing(held: int, limits: Limits | None, today: date = TODAY) -> Evaluation:
    meetings = [Meeting(date(2026, month, 10), "held") for month in range(2, 2 + held)]
    return evaluate(FORUM, meetings, today, limits=limits)


def test_plain_rule_has_no_sum() -> None:
    found = standing(3, None)
    assert (found.latest_sum, sum_sentence(found)) == (None, None)


def test_limits_that_limit_nothing_change_nothing() -> None:
    for held in (2, 3):
        assert standing(held, Limits()).latest_next == standing(held, None).latest_next


@pytest.mark.parametrize(
    ("held", "limits", "days", "passed"),
    [
        (3, Limits(), ["2026-12-30"], 0),
        (3, Limits(CHRISTMAS_CLOSING), ["2026-12-11"], 11),
        (3, Limits(frozenset({date(2026, 12, 30)})), ["2026-12-29"], 1),
        (3, Limits(forbidden_weekdays=frozenset({2, 3, 4})), ["2026-12-29"], 1),
        (2, Limits(min_gap_days=28), ["2026-12-02", "2026-12-30"], 0),
        (2, Limits(CHRISTMAS_CLOSING), ["2026-11-27", "2026-12-11"], 11),
        (2, Limits(CHRISTMAS_CLOSING, 28), ["2026-11-13", "2026-12-11"], 11),
        (1, Limits(min_gap_days=60), ["2026-08-31", "2026-10-30", "2026-12-30"], 0),
    ],
)
def test_each_missing_meeting_has_its_last_day(held: int, limits: Limits, days: list[str], passed: int) -> None:
    found = standing(held, limits, date(2026, 8, 20))
    assert found.latest_sum is not None
    assert [day.isoformat() for day in found.latest_sum.meetings] == days
    assert found.latest_next == found.latest_sum.meetings[0]
    assert len(found.latest_sum.passed) == passed


def test_no_summons_is_sent_on_a_closed_day() -> None:
    assert standing(3, Limits(frozenset({date(2026, 12, 16), date(2026, 12, 15)}))).call_by == date(2026, 12, 14)


def test_gap_too_long_for_what_is_left_leaves_no_day() -> None:
    found = standing(1, Limits(min_gap_days=60))
    assert (found.latest_next, found.call_by, found.missing) == (None, None, 3)
    assert found.latest_sum is not None
    assert found.latest_sum.meetings == ()


@pytest.mark.parametrize(
    ("held", "limits", "swedish", "english"),
    [
        (
            3,
            Limits(),
            "Kalla senast 16 december för att hinna 4 möten: sista möjliga dag 30 december, kallelse 14 dagar före",
            "Call by 16 December to fit 4 meetings: last possible day 30 December, summons 14 days before",
        ),
        (
            2,
            Limits(CHRISTMAS_CLOSING, 28),
            (
                "Kalla senast 30 oktober för att hinna 4 möten: sista möjliga dagar 13 november och 11 december, "
                "minst 28 dagar emellan, 11 stängda dagar borträknade, kallelse 14 dagar före"
            ),
            (
                "Call by 30 October to fit 4 meetings: last possible days 13 November and 11 December, "
                "at least 28 days apart, 11 closed days left out, summons 14 days before"
            ),
        ),
        (
            1,
            Limits(min_gap_days=60),
            "Det finns ingen dag kvar för att hinna 4 möten",
            "There is no day left to fit 4 meetings",
        ),
    ],
)
def test_sum_in_words(held: int, limits: Limits, swedish: str, english: str) -> None:
    assert sum_sentence(standing(held, limits)) == {"sv": swedish, "en": english}


def test_interval_and_rolling_year_move_to_a_day_the_forum_may_meet() -> None:
    six_weeks = Forum((CadenceVersion(Kind.INTERVAL, every=6),), start=date(2020, 1, 1))
    meetings = [Meeting(date(2026, 9, 1), "held")]
    closed = Limits(frozenset({date(2026, 10, 23)}))
    assert evaluate(six_weeks, meetings, TODAY).latest_next == date(2026, 10, 23)
    assert evaluate(six_weeks, meetings, TODAY, limits=closed).latest_next == date(2026, 10, 22)
    assert evaluate(six_weeks, meetings, date(2026, 11, 1), limits=closed).latest_next is None

    rolling = Forum((CadenceVersion(Kind.COUNT, 1, window=WindowKind.ROLLING),), start=date(2020, 1, 1))
    found = evaluate(rolling, [Meeting(date(2025, 10, 31), "held")], TODAY, limits=Limits())
    assert (found.lapses, found.latest_next) == (date(2026, 10, 31), date(2026, 10, 30))
    assert sum_sentence(found) == {
        "sv": "Kalla senast 16 oktober för att hinna med nästa möte: sista möjliga dag 30 oktober, "
        "kallelse 14 dagar före",
        "en": "Call by 16 October to fit the next meeting: last possible day 30 October, summons 14 days before",
    }
