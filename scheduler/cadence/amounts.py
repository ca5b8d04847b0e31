"""Numbers read in a phrase, and the keys of the rule they make with their qualifiers (spec cadence §9).

Not here: finding them (``finder``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scheduler.cadence.rules import LONGEST, LONGEST_INTERVAL, Kind, Period, Unit
from scheduler.cadence.vocabulary import Bound

Keys = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Amount:
    """How many: a number or range, with the words about it."""

    low: int
    high: int
    after: int
    goal: int | None = None
    approximate: bool = False
    #: The other end when both "minst" and "högst" are said.
    least_and_most: bool = False
    #: Said with numbers that contradict each other.
    clashes: bool = False
    #: "once" and "twice" need no "gånger".
    is_times: bool = False


@dataclass(frozen=True)
class Rule:
    """One rule found, and the tokens from ``first`` up to ``after`` it was read from."""

    keys: Keys
    first: int
    after: int
    bound: Bound | None = None
    #: Said without any number: "kvartalsvis", "varje vecka".
    is_bare: bool = False


def count_keys(bounds: list[Bound], amount: Amount, period: Period) -> Keys | None:
    """The keys of a count; None when no period could hold the number."""
    low, high = amount.low, amount.high
    bound = bounds[0] if bounds and not amount.least_and_most else None
    approximate = amount.approximate or bound is Bound.ABOUT
    least, target = low, amount.goal
    most: int | None = high
    if bound is Bound.LEAST:
        most = None
        target = amount.goal if amount.goal is not None else high if high > low else None
    elif bound is Bound.MOST:
        least = 0
    elif bound is Bound.ABOUT and low == high:
        least, most = max(1, low - 1), high + 1
    if least > LONGEST[period] or (target is not None and not least <= target <= (target if most is None else most)):
        return None
    keys: dict[str, Any] = {"kind": str(Kind.COUNT), "min": least, "max": most, "period": str(period)}
    if target is not None and target != least:
        keys["target"] = target
    if approximate:
        keys["approximate"] = True
    return tuple(keys.items())


def once_keys(bounds: list[Bound], amount: Amount, interval: tuple[int, Unit]) -> Keys | None:
    """The keys of an interval, of which there is one meeting; None for any other number, or a "högst"."""
    every, unit = interval
    if (amount.low, amount.high) != (1, 1) or Bound.MOST in bounds or every > LONGEST_INTERVAL[unit]:
        return None
    keys: dict[str, Any] = {"kind": str(Kind.INTERVAL), "every": every, "unit": str(unit)}
    if Bound.ABOUT in bounds:
        keys["approximate"] = True
    return tuple(keys.items())
