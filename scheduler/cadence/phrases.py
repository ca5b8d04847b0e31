"""Reading a cadence from a source's own words, Swedish or English (spec cadence §9).

``read_phrase`` gives the keys of a cadence version, ``find_phrase`` also where they stood. Nothing is guessed
silently: what is not in the grammar is "none" with ``ask``, and a reading that leans on a word standing
elsewhere is asked about. Not here: cutting into words (``tokens``), finding the rules among
them (``finder``), wording the other way (``sentences``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from scheduler.cadence.amounts import Amount, Keys, Rule, count_keys, once_keys
from scheduler.cadence.finder import Finder
from scheduler.cadence.rules import Kind, Period, Unit
from scheduler.cadence.tokens import Token, cut
from scheduler.cadence.vocabulary import (
    ALWAYS_ASKED,
    AS_NEEDED,
    FAR_QUALIFIERS,
    OR_MORE,
    PAUSES,
    QUALIFIERS,
    WITHOUT_NUMBER,
    Bound,
    has_any,
)


class Doubt(StrEnum):
    """Why a reading is put as a question."""

    #: No rule was found, or something that looks like one is not in the grammar.
    UNREAD = "unread"
    #: The phrase holds two different rules, or the same one for two things.
    TWO_RULES = "two_rules"
    #: "vid behov" beside a number: no maximum.
    AS_NEEDED = "as_needed"
    #: "utom juli", "under terminerna": there is a pause to enter.
    PAUSE = "pause"
    #: "normalt", "minst" and the like stand away from their number.
    FAR_WORD = "far_word"


@dataclass(frozen=True)
class Reading:
    """What a phrase was read as."""

    #: The keys of a cadence version, and ``approximate`` and ``ask`` when true.
    keys: dict[str, Any]
    #: First character and the one after the last that the rule was read from; None when there is none.
    span: tuple[int, int] | None = None
    #: Why it is asked about; None when it is not.
    doubt: Doubt | None = None


def read_phrase(text: str) -> dict[str, Any]:
    """The keys of the cadence version that ``text`` states, with ``approximate`` and ``ask`` when true."""
    return find_phrase(text).keys


def find_phrase(text: str) -> Reading:
    """As ``read_phrase``, with the characters the rule was read from and the reason to ask."""
    tokens = cut(text)
    finder = Finder(tokens)
    finder.run()
    said_twice = _said_twice(finder)
    rules = _merged(list({rule.keys: rule for rule in reversed(finder.rules)}.values()))
    if finder.unreadable or has_any(tokens, ALWAYS_ASKED):
        return _unread(Doubt.UNREAD)
    if len(rules) > 1:
        return _unread(Doubt.TWO_RULES)
    if not rules:
        needless = has_any(tokens, WITHOUT_NUMBER) and not has_any(tokens, PAUSES)
        return Reading({"kind": "none"}) if needless else _unread(Doubt.UNREAD)
    return _finished(rules[0], tokens, finder, Doubt.TWO_RULES if said_twice else None)


def _unread(doubt: Doubt) -> Reading:
    return Reading({"kind": "none", "ask": True}, doubt=doubt)


def _merged(rules: list[Rule]) -> list[Rule]:
    """ "minst 4 gånger per år och högst 6 gånger per år" as the one rule it is."""
    if len(rules) != 2 or {rule.bound for rule in rules} != {Bound.LEAST, Bound.MOST}:  # noqa: PLR2004 - a pair
        return rules
    least, most = sorted(rules, key=lambda rule: rule.bound is Bound.MOST)
    low, high = dict(least.keys), dict(most.keys)
    alike = low.get("period") is not None and low.get("period") == high.get("period")
    if not alike or "target" in low or high["max"] < low["min"]:
        return rules
    first, after = min(least.first, most.first), max(least.after, most.after)
    return [Rule(tuple({**low, "max": high["max"]}.items()), first, after)]


def _said_twice(finder: Finder) -> bool:
    """Whether the same count is stated for two things, not just repeated in brackets."""
    seen: set[Keys] = set()
    for rule in finder.rules:
        if rule.keys in seen and finder.text(rule.first - 1) != "(" and not rule.is_bare:
            return True
        if not rule.is_bare:
            seen.add(rule.keys)
    return False


def _finished(rule: Rule, tokens: list[Token], finder: Finder, doubt: Doubt | None) -> Reading:
    """The one rule with what the rest of the phrase says of it."""
    keys: dict[str, Any] | None = dict(rule.keys)
    far = None if rule.bound is not None else _far_qualifier(rule, tokens, finder)
    if far is not None:
        keys, doubt = _with_far(rule, far), Doubt.FAR_WORD
    if keys is None:
        return _unread(Doubt.UNREAD)
    if has_any(tokens, PAUSES):
        doubt = Doubt.PAUSE
    if has_any(tokens, AS_NEEDED):
        doubt = Doubt.AS_NEEDED
        if keys["kind"] == Kind.COUNT:
            keys["max"] = None
    if doubt is not None:
        keys["ask"] = True
    return Reading(keys, (tokens[rule.first].start, tokens[rule.after - 1].end), doubt)


def _far_qualifier(rule: Rule, tokens: list[Token], finder: Finder) -> Bound | None:
    """A qualifier of no number that stands in the rule's own sentence before it, or right after it."""
    first = rule.first
    while first > 0 and tokens[first - 1].text not in {".", ";", "(", ")"}:
        first -= 1
    if (finder.text(rule.after), finder.text(rule.after + 1)) in OR_MORE:
        return Bound.LEAST
    for n in (*range(first, rule.first), rule.after):
        for length in (2, 1):
            words = tuple(token.text for token in tokens[n : n + length])
            if n not in finder.bound_qualifiers and words in FAR_QUALIFIERS:
                return QUALIFIERS[words]
    return None


def _with_far(rule: Rule, bound: Bound) -> dict[str, Any] | None:
    """The rule's keys with the qualifier applied to them."""
    keys = dict(rule.keys)
    if keys["kind"] == Kind.INTERVAL:
        once = once_keys([bound], Amount(1, 1, 0), (keys["every"], Unit(keys["unit"])))
        return None if once is None else dict(once)
    amount = Amount(keys["min"], keys["max"], 0, goal=keys.get("target"), approximate=keys.get("approximate", False))
    counted = count_keys([bound], amount, Period(keys["period"]))
    return None if counted is None else dict(counted)
