"""What a calendar shows on a day."""

from __future__ import annotations

from datetime import date

import pytest

from scheduler.workdays.observances import MarkKind, day_marks, jokkmokk_market, named_spans, year_marks


@pytest.mark.parametrize(
    ("day", "marks"),
    [
        ("2026-02-06", [("observance", "Samernas nationaldag"), ("observance", "Jokkmokks marknad")]),
        ("2026-02-24", [("observance", "Sverigefinländarnas dag")]),
        ("2026-07-15", [("observance", "Tornedalingarnas dag")]),
        ("2026-03-04", [("school_break", "Sportlov")]),
        ("2026-10-30", [("half_day", "Allhelgonaafton"), ("school_break", "Höstlov")]),
        ("2026-05-14", [("public", "Kristi himmelsfärdsdag")]),
        ("2026-05-15", [("squeeze", "Klämdag")]),
        ("2026-01-05", [("half_day", "Trettondagsafton"), ("squeeze", "Klämdag")]),
        ("2026-04-04", [("other_eve", "Påskafton")]),
        ("2026-12-24", [("eve", "Julafton")]),
        ("2026-11-23", []),
    ],
)
def test_marks_of_a_day(day: str, marks: list[tuple[str, str]]) -> None:
    assert [(mark.kind, mark.name["sv"]) for mark in day_marks(date.fromisoformat(day))] == marks


def test_closed_day_says_so_before_what_is_softer() -> None:
    day = date(2026, 5, 15)
    found = day_marks(day, frozenset({day}))
    assert [(mark.kind, mark.name["en"], mark.closes) for mark in found] == [
        (MarkKind.CLOSED, "Closed", True),
        (MarkKind.SQUEEZE, "Squeeze day", False),
    ]


@pytest.mark.parametrize(("year", "first"), [(2025, 6), (2026, 5), (2027, 4), (2028, 3), (2029, 1), (2030, 7)])
def test_jokkmokk_market_is_the_first_thursday_to_saturday_of_february(year: int, first: int) -> None:
    thursday, saturday = jokkmokk_market(year)
    assert (thursday, saturday) == (date(year, 2, first), date(year, 2, first + 2))
    assert thursday.isoweekday() == 4


def test_year_marks_are_in_order_and_in_their_year() -> None:
    found = list(year_marks(2026))
    assert found == sorted(found)
    assert {day.year for day in found} == {2026}


def test_days_in_a_row_with_one_mark_are_told_once():
    spans = [(first.isoformat(), last.isoformat(), mark.name["sv"]) for first, last, mark in named_spans(2026)]
    assert [span for span in spans if span[0] in {"2026-02-05", "2026-02-06", "2026-10-26", "2026-12-24"}] == [
        ("2026-02-05", "2026-02-07", "Jokkmokks marknad"),
        ("2026-02-06", "2026-02-06", "Samernas nationaldag"),
        ("2026-10-26", "2026-10-30", "Höstlov"),
        ("2026-12-24", "2026-12-24", "Julafton"),
    ]
