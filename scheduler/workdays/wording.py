"""Dates and small numbers in Swedish and English at once, for sentences that rules give back as values.

Not here: texts in the language in use (``i18n``), and what the sentences say (``cadence.sentences``).
"""

from __future__ import annotations

from datetime import date
from typing import TypedDict


class Wording(TypedDict):
    """One text in both languages."""

    sv: str
    en: str


_MONTHS_SV = [
    "januari",
    "februari",
    "mars",
    "april",
    "maj",
    "juni",
    "juli",
    "augusti",
    "september",
    "oktober",
    "november",
    "december",
]
_MONTHS_EN = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_NUMBERS_SV = ["noll", "ett", "två", "tre", "fyra", "fem", "sex", "sju", "åtta", "nio", "tio", "elva", "tolv"]
_NUMBERS_EN = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
_ORDINALS_SV = [
    "första",
    "andra",
    "tredje",
    "fjärde",
    "femte",
    "sjätte",
    "sjunde",
    "åttonde",
    "nionde",
    "tionde",
    "elfte",
    "tolfte",
]
_ORDINALS_EN = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
]


def date_words(day: date, today: date) -> Wording:
    """ "16 december" and "16 December", with the year when it is not that of ``today``."""
    year = "" if day.year == today.year else f" {day.year}"
    return {
        "sv": f"{day.day} {_MONTHS_SV[day.month - 1]}{year}",
        "en": f"{day.day} {_MONTHS_EN[day.month - 1]}{year}",
    }


def number_words(n: int) -> Wording:
    """ "ett" and "one"; figures above twelve. Swedish is the neuter form, as of "möte"."""
    if 0 <= n < len(_NUMBERS_SV):
        return {"sv": _NUMBERS_SV[n], "en": _NUMBERS_EN[n]}
    return {"sv": str(n), "en": str(n)}


def ordinal_words(n: int) -> Wording:
    """ "tredje" and "third"; "13:e" and "13th" above twelve (n ≥ 1)."""
    if 1 <= n <= len(_ORDINALS_SV):
        return {"sv": _ORDINALS_SV[n - 1], "en": _ORDINALS_EN[n - 1]}
    teens = 10 <= n % 100 <= 20  # noqa: PLR2004 - 11th, 12th and 13th are the exceptions of English
    english = "th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    swedish = "a" if not teens and n % 10 in {1, 2} else "e"
    return {"sv": f"{n}:{swedish}", "en": f"{n}{english}"}
