"""What the Swedish almanac says of a year: public holidays, eves and half days, named in both languages.

The only module that knows the ``holidays`` package, which is read when the first working day is asked for; each
year is kept. Not here: own closed days, squeeze days by rule, observances the package lacks (``rules``,
``observances``).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from scheduler.workdays.wording import Wording

#: The years the package knows; outside them only Saturdays and Sundays are free.
FIRST_YEAR = 1953
LAST_YEAR = 2100

#: How the package writes that a day is a half day.
_FROM_TWO = {"sv": " (från kl. 14.00)", "en": " (from 2pm)"}
_EASTER_EVE = "Påskafton"
_PENTECOST_EVE = "Pingstafton"

#: Names the package spells otherwise than a Swedish almanac does.
_SPELLING = {"Allahelgonsafton": "Allhelgonaafton"}


@dataclass(frozen=True)
class SwedishYear:
    """The named days of one year, each in date order; no day is in two of them but by its own date twice."""

    #: Public holidays by law; ordinary Sundays are not among them.
    public: Mapping[date, Wording]
    #: Midsummer Eve, Christmas Eve and New Year's Eve: no working days either (lag 1977:480, 7 §).
    eves: Mapping[date, Wording]
    #: Days on which work customarily ends at 14.00. Working days unless an organisation closes them.
    half_days: Mapping[date, Wording]
    #: Easter Eve and Pentecost Eve, Saturdays both.
    other_eves: Mapping[date, Wording]


@cache
def swedish_year(year: int) -> SwedishYear:
    """The almanac of ``year``; empty outside FIRST_YEAR–LAST_YEAR."""
    public = _named_days(year, "public")
    eves = _named_days(year, "de_facto")
    half_days: dict[date, Wording] = {}
    other_eves: dict[date, Wording] = {}
    for day, name in _named_days(year, "optional").items():
        if name["sv"].endswith(_FROM_TWO["sv"]):
            swedish = name["sv"].removesuffix(_FROM_TWO["sv"])
            half_days[day] = {
                "sv": _SPELLING.get(swedish, swedish),
                "en": name["en"].removesuffix(_FROM_TWO["en"]),
            }
        elif name["sv"] in {_EASTER_EVE, _PENTECOST_EVE}:
            other_eves[day] = name
    return SwedishYear(public, eves, half_days, other_eves)


def _named_days(year: int, category: str) -> dict[date, Wording]:
    """The days of one category of the package, by date."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return {}
    calendar = _calendar()
    swedish = calendar(years=[year], language="sv", categories=(category,))
    english = calendar(years=[year], language="en_US", categories=(category,))
    return {day: {"sv": swedish[day], "en": english[day]} for day in sorted(swedish)}


@cache
def _calendar() -> Any:
    """The package's class for Sweden, without the 250 other countries that importing it would bring along.

    They would cost each process 8 MB and most of the time, so while it is imported a bare module stands where
    the package would list them all.
    """
    import holidays  # noqa: PLC0415 - see the module

    countries = "holidays.countries"
    if countries in sys.modules:
        return import_module(f"{countries}.sweden").Sweden
    bare = ModuleType(countries)
    bare.__path__ = [str(Path(holidays.__file__).with_name("countries"))]
    sys.modules[countries] = bare
    try:
        return import_module(f"{countries}.sweden").Sweden
    finally:
        del sys.modules[countries]
