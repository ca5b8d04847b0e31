"""Dates and small numbers in both languages."""

from __future__ import annotations

from datetime import date

import pytest

from scheduler.workdays.wording import date_words, number_words, ordinal_words


@pytest.mark.parametrize(
    ("day", "swedish", "english"),
    [
        ("2026-12-16", "16 december", "16 December"),
        ("2027-01-01", "1 januari 2027", "1 January 2027"),
        ("2025-05-31", "31 maj 2025", "31 May 2025"),
    ],
)
def test_date_names_the_year_only_when_it_is_another(day: str, swedish: str, english: str) -> None:
    assert date_words(date.fromisoformat(day), date(2026, 9, 20)) == {"sv": swedish, "en": english}


@pytest.mark.parametrize(
    ("n", "swedish", "english"), [(0, "noll", "zero"), (1, "ett", "one"), (12, "tolv", "twelve"), (13, "13", "13")]
)
def test_number(n: int, swedish: str, english: str) -> None:
    assert number_words(n) == {"sv": swedish, "en": english}


@pytest.mark.parametrize(
    ("n", "swedish", "english"),
    [
        (1, "första", "first"),
        (12, "tolfte", "twelfth"),
        (13, "13:e", "13th"),
        (14, "14:e", "14th"),
        (21, "21:a", "21st"),
        (22, "22:a", "22nd"),
        (23, "23:e", "23rd"),
        (111, "111:e", "111th"),
    ],
)
def test_ordinal(n: int, swedish: str, english: str) -> None:
    assert ordinal_words(n) == {"sv": swedish, "en": english}
