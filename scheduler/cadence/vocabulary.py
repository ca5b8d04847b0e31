"""The words the reading of phrases knows, Swedish and English together (spec cadence §9).

A star at the end of a word of a phrase stands for any ending, at its beginning for any beginning. Not here:
numbers and ordinals (``tokens``), and how the words go together (``finder``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from scheduler.cadence.rules import Period
from scheduler.cadence.tokens import Token

Meaning = TypeVar("Meaning")
Phrases = tuple[tuple[str, ...], ...]


class Bound(StrEnum):
    """What a qualifier makes of a number."""

    LEAST = "least"
    MOST = "most"
    ABOUT = "about"


def _words(line: str) -> frozenset[str]:
    return frozenset(line.split())


def _meanings(lines: Mapping[Meaning, str]) -> dict[str, Meaning]:
    return {word: meaning for meaning, line in lines.items() for word in line.split()}


def _phrases(*lines: str) -> Phrases:
    return tuple(tuple(line.split()) for line in lines)


# ---------------------------------------------------------------- periods and intervals

PERIOD_NOUNS = _meanings(
    {
        Period.YEAR: "år året kalenderår kalenderåret year",
        Period.TERM: "termin terminen halvår halvåret term",
        Period.QUARTER: "kvartal kvartalet quarter",
        Period.MONTH: "månad månaden month",
    }
)
PERIOD_ADVERBS = _meanings(
    {
        Period.YEAR: "årligen årlig årligt årliga annually annual yearly",
        Period.TERM: "halvårsvis halvårsvisa halvårligen semiannually semiannual",
        Period.QUARTER: "kvartalsvis kvartalsvisa quarterly",
        Period.MONTH: "månadsvis månadsvisa månatligen månatlig månatligt månatliga monthly",
    }
)
#: Those of them that stand before what they count: "fyra stora årliga möten".
PERIOD_ADJECTIVES = _words(
    "årlig årligt årliga annual halvårsvisa kvartalsvisa månadsvisa månatlig månatligt månatliga"
)
WEEK_NOUNS = _words("vecka veckan week")
#: How many weeks each says.
WEEK_ADVERBS = {"veckovis": 1, "weekly": 1, "fortnightly": 2}
PREPOSITIONS = _words("per om i varje / a each every")
EACH = _words("varje each every")
WEEKDAYS = frozenset(
    day + ending
    for days, endings in (
        ("måndag tisdag onsdag torsdag fredag lördag söndag", ("", "en", "ar", "arna")),
        ("monday tuesday wednesday thursday friday saturday sunday", ("", "s")),
    )
    for day in days.split()
    for ending in endings
)
#: Stretches of time a rule may name that are no interval of the grammar.
OTHER_STRETCHES = (
    _words("dag dygn day days year years term terms quarter quarters fortnight decade tertial weeks months")
    | frozenset(PERIOD_NOUNS)
    | WEEK_NOUNS
    | WEEKDAYS
)

#: What may stand between "var" and such a stretch, beside numbers: "var sjätte till åttonde vecka".
STRETCH_JOINS = _words("other few couple of - till to eller or och and")

# ---------------------------------------------------------------- what is counted

TIMES = _words("gånger ggr times")
ONE_MEETING = _words("gång time möte sammanträde tillfälle träff meeting")
UNITS = TIMES | ONE_MEETING | _words("möten sammanträden tillfällen träffar meetings")
#: After these a bare "per kvartal" is a rule of its own: "träffas per kvartal".
MEET = _words("träffas möts ses samlas sammanträder hålls meet meets")
#: Numbers that need no "times".
ONCE = _words("once twice")
MANY = _words("några flera många fåtal antal several many few numerous some")

# ---------------------------------------------------------------- numbers

RANGE = _words("- till à á a eller to or")
BETWEEN = {
    "mellan": _words("och - till"),
    "between": _words("and - to"),
    "från": _words("till -"),
    "from": _words("to -"),
}
QUALIFIERS = {
    phrase: bound
    for bound, phrases in (
        (Bound.LEAST, _phrases("minst", "åtminstone", "lägst", "at least")),
        (Bound.MOST, _phrases("högst", "max", "maximalt", "som mest", "upp till", "at most", "up to", "no more than")),
        (Bound.ABOUT, _phrases("cirka", "ca", "c:a", "omkring", "ungefär", "normalt", "vanligen", "about")),
    )
    for phrase in phrases
}
#: Those that mean the same away from their number; "about water, four times a year" does not.
FAR_QUALIFIERS = frozenset(
    _phrases(
        "minst", "åtminstone", "lägst", "högst", "max", "maximalt", "som mest", "at least", "at most", "normalt",
        "vanligen",
    )
)  # fmt: skip
#: What makes the rule before it a minimum: "en gång per år eller oftare".
OR_MORE = frozenset(_phrases("eller oftare", "eller fler", "eller mer", "or more"))
PREFERABLY = _words("gärna preferably")
#: Before a number these change it in ways the grammar does not know.
UNKNOWN_QUALIFIERS = _words(
    "än than över over under below drygt knappt nästan nearly almost runt kring around approximately approx roughly "
    "snitt genomsnitt average usually normally vanligtvis oftast typiskt regel maximum minimum helst"
)
#: Between two numbers these make something that is neither a number nor a range: "2+2", "4,5", "tre och fyra".
JOINS = _words("+ , . * & / x och samt and resp respektive plus - : till eller à á to or")

#: A number after one of these is an hour, a day, a week or a heading: "den 15 varje månad".
LABELS = _words("kl klockan den vecka v week punkt nr nummer § rum sal")
CLOCK = re.compile(r"[0-9]{1,2}[.:][0-9]{2}")

# ---------------------------------------------------------------- what the whole phrase says

ALWAYS_ASKED = _phrases(
    "mandatperiod*", "läsår*", "vartannat", "bimonthly", "biweekly", "biannual*", "biennial*", "semimonthly",
    "semiweekly", "bi monthly", "bi weekly", "bi annual*", "bi - monthly", "bi - weekly", "bi - annual*",
)  # fmt: skip
WITHOUT_NUMBER = _phrases("vid behov", "regelbundet", "regelbundna", "löpande")
AS_NEEDED = _phrases(
    "vid behov", "efter behov", "as needed", "when needed", "if needed", "as required", "when required"
)
PAUSES = _phrases(
    "utom", "förutom", "exklusive", "except", "excluding", "under termin*", "terminstid", "during term*",
    "during the term*", "term time", "*uppehåll", "*uppehållet", "ej juli", "ej i juli", "inte juli", "inte i juli",
    "not in july", "summer break",
)  # fmt: skip


def has_any(tokens: list[Token], phrases: Phrases) -> bool:
    """Whether any of the phrases stands somewhere in the tokens."""
    return any(
        all(_fits(token, word) for token, word in zip(tokens[n:], phrase, strict=False))
        for phrase in phrases
        for n in range(len(tokens) - len(phrase) + 1)
    )


def _fits(token: Token, pattern: str) -> bool:
    if pattern.startswith("*"):
        return token.text.endswith(pattern[1:])
    return token.text.startswith(pattern[:-1]) if pattern.endswith("*") else token.text == pattern
