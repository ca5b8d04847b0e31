"""What a calendar shows on a day: holidays, eves, half and squeeze days, school breaks, observances.

Holds the days the ``holidays`` package lacks (spec domain §5): the Sámi national day, the Sweden Finns' and
Tornedalians' days, Jokkmokk market, the school breaks of Norrbotten. They are soft: a reason to think twice,
never a closed day. Not here: whether a day is a working day (``rules``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

from scheduler.workdays.almanac import swedish_year
from scheduler.workdays.rules import NO_DAYS, squeeze_days
from scheduler.workdays.wording import Wording


class MarkKind(StrEnum):
    """What a mark says of its day, the weightiest first."""

    PUBLIC = "public"
    EVE = "eve"
    CLOSED = "closed"
    HALF_DAY = "half_day"
    OTHER_EVE = "other_eve"
    SQUEEZE = "squeeze"
    SCHOOL_BREAK = "school_break"
    OBSERVANCE = "observance"


_WEIGHT = {kind: weight for weight, kind in enumerate(MarkKind)}
_CLOSING = {MarkKind.PUBLIC, MarkKind.EVE, MarkKind.CLOSED}


@dataclass(frozen=True)
class Mark:
    """One thing to know about one day."""

    kind: MarkKind
    name: Wording

    @property
    def closes(self) -> bool:
        """Whether the day is no working day for this reason."""
        return self.kind in _CLOSING


_FIXED = {
    (2, 6): Wording(sv="Samernas nationaldag", en="Sámi National Day"),
    (2, 24): Wording(sv="Sverigefinländarnas dag", en="Sweden Finns' Day"),
    (7, 15): Wording(sv="Tornedalingarnas dag", en="Tornedalians' Day"),
}
_MARKET = Wording(sv="Jokkmokks marknad", en="Jokkmokk Market")
_SQUEEZE = Wording(sv="Klämdag", en="Squeeze day")
_CLOSED = Wording(sv="Stängt", en="Closed")
_THURSDAY = 4
_DAY = timedelta(days=1)
#: ISO weeks in which hardly any forum of the county meets: first and last.
SUMMER_WEEKS = (27, 32)
#: ISO week → the school break of Norrbotten, Monday to Friday.
_BREAKS = {
    10: Wording(sv="Sportlov", en="Winter break"),
    44: Wording(sv="Höstlov", en="Autumn break"),
}


def school_breaks(year: int) -> list[tuple[date, date, Wording]]:
    """The school breaks of ``year``: first day, last day (included) and name, in order."""
    return [
        (date.fromisocalendar(year, week, 1), date.fromisocalendar(year, week, 5), name)
        for week, name in _BREAKS.items()
    ]


def jokkmokk_market(year: int) -> tuple[date, date]:
    """The first Thursday of February and the Saturday after it."""
    first = date(year, 2, 1)
    thursday = first + timedelta(days=(_THURSDAY - first.isoweekday()) % 7)
    return thursday, thursday + timedelta(days=2)


@cache
def year_marks(year: int) -> dict[date, tuple[Mark, ...]]:
    """Every marked day of ``year`` with its marks, the weightiest first; own closed days are not in it."""
    almanac = swedish_year(year)
    named = (
        (MarkKind.PUBLIC, almanac.public),
        (MarkKind.EVE, almanac.eves),
        (MarkKind.HALF_DAY, almanac.half_days),
        (MarkKind.OTHER_EVE, almanac.other_eves),
    )
    marks = [(day, Mark(kind, name)) for kind, days in named for day, name in days.items()]
    marks += [(day, Mark(MarkKind.SQUEEZE, _SQUEEZE)) for day in squeeze_days(year)]
    marks += [(date(year, month, day), Mark(MarkKind.OBSERVANCE, name)) for (month, day), name in _FIXED.items()]
    marks += [(day, Mark(MarkKind.OBSERVANCE, _MARKET)) for day in _days(*jokkmokk_market(year))]
    for first, last, name in school_breaks(year):
        marks += [(day, Mark(MarkKind.SCHOOL_BREAK, name)) for day in _days(first, last)]
    found: dict[date, tuple[Mark, ...]] = {}
    for day, mark in sorted(marks, key=lambda pair: (pair[0], _WEIGHT[pair[1].kind])):
        found[day] = (*found.get(day, ()), mark)
    return found


def day_marks(day: date, closed: Collection[date] = NO_DAYS) -> tuple[Mark, ...]:
    """The marks of ``day``, the weightiest first; a day in ``closed`` has one that says so."""
    marks = year_marks(day.year).get(day, ())
    if day in closed:
        marks = tuple(sorted((*marks, Mark(MarkKind.CLOSED, _CLOSED)), key=lambda mark: _WEIGHT[mark.kind]))
    return marks


def named_spans(year: int) -> list[tuple[date, date, Mark]]:
    """The marks of ``year`` in order: first day, last day (included), mark; days in a row with the same are one."""
    found: list[tuple[date, date, Mark]] = []
    for day, marks in sorted(year_marks(year).items()):
        for mark in marks:
            before = next((n for n, (_, last, same) in enumerate(found) if (last, same) == (day - _DAY, mark)), None)
            if before is None:
                found.append((day, day, mark))
            else:
                found[before] = (found[before][0], day, mark)
    return found


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
