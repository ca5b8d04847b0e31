"""Reading rules from a source's own words: each sentence of spec cadence §9, and what must never be guessed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.cadence.phrases import Doubt, find_phrase, read_phrase
from scheduler.cadence.rules import Kind, Unit, version_from
from scheduler.cadence.sentences import describe
from tests.cadence import strategies

FILE = json.loads(Path(__file__).with_name("cases.json").read_text(encoding="utf-8"))


def count(least: int, most: int | None, period: Any = "year", **more: Any) -> dict[str, Any]:
    return {"kind": "count", "min": least, "max": most, "period": period, **more}


def interval(every: int, unit: str, **more: Any) -> dict[str, Any]:
    return {"kind": "interval", "every": every, "unit": unit, **more}


NONE = {"kind": "none"}
ASK = {"kind": "none", "ask": True}
ABOUT: dict[str, Any] = {"approximate": True}
ASKED: dict[str, Any] = {"ask": True}


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in FILE["phrases"]])
def test_worked_phrase(case: dict[str, Any]) -> None:
    assert read_phrase(case["phrase"]) == case["expect"]


RANGES = [
    ("4 till 5 gånger per år", count(4, 5)),
    ("4 à 5 gånger per år", count(4, 5)),
    ("4 eller 5 möten per år", count(4, 5)),
    ("mellan fyra och sex gånger per år", count(4, 6)),
    ("from two to four times a year", count(2, 4)),
    ("four to five times a year", count(4, 5)),
    ("four or five meetings a year", count(4, 5)),
    ("between four and six times each year", count(4, 6)),
    ("once or twice a year", count(1, 2)),
    ("en till två gånger i halvåret", count(1, 2, "term")),
    ("en gång eller två gånger per termin", count(1, 2, "term")),
    ("1 – 2 gånger per termin", count(1, 2, "term")),
    ("fyra (4) gånger per år", count(4, 4)),
    ("4 (fyra) gånger per år", count(4, 4)),
    ("4–5 (fyra till fem) gånger per år", count(4, 5)),
    ("10–12 möten per år", count(10, 12)),
    ("twelve times a year", count(12, 12)),
    ("5–4 gånger per år", ASK),
    ("fyra (5) gånger per år", ASK),
    ("4–5 (fyra till sex) gånger per år", ASK),
    ("4–5 (fyra till fem möten) gånger per år", ASK),
]
BOUNDS = [
    ("minst 4-5 gånger per år", count(4, None, target=5)),
    ("minst 4 gånger per år", count(4, None)),
    ("åtminstone fyra sammanträden per år", count(4, None)),
    ("lägst 3 möten om året", count(3, None)),
    ("at least four times a year", count(4, None)),
    ("at least 4-5 times a year", count(4, None, target=5)),
    ("högst en gång per månad", count(0, 1, "month")),
    ("max. 6 ggr. per år", count(0, 6)),
    ("maximalt 6 gånger per år", count(0, 6)),
    ("som mest 4 gånger per år", count(0, 4)),
    ("upp till 4-5 gånger per år", count(0, 5)),
    ("at most 3 times a year", count(0, 3)),
    ("up to three meetings per year", count(0, 3)),
    ("no more than two meetings a term", count(0, 2, "term")),
    ("minst 4 och högst 6 gånger per år", count(4, 6)),
    ("minst fyra, högst sex gånger per år", count(4, 6)),
    ("högst sex och minst fyra gånger per år", count(4, 6)),
    ("minst fyra gånger per år och högst sex gånger per år", count(4, 6)),
    ("at least 4 and at most 6 times a year", count(4, 6)),
    ("minst sex och högst fyra gånger per år", ASK),
    ("minst en gång per år och högst en gång per kvartal", ASK),
    ("minst 4, gärna 5, gånger per år", count(4, None, target=5)),
    ("minst kvartalsvis", count(1, None, "quarter")),
    ("mer än fyra gånger per år", ASK),
    ("fler än fyra gånger per år", ASK),
    ("drygt fyra gånger per år", ASK),
    ("around six times a year", ASK),
    ("2 till max 4 gånger per år", ASK),
]
APPROXIMATE = [
    ("träffas ett par gånger per år", count(2, 3, **ABOUT)),
    ("a couple of times a year", count(2, 3, **ABOUT)),
    ("minst ett par gånger per år", count(2, None, target=3, **ABOUT)),
    ("omkring 6 gånger per år", count(5, 7, **ABOUT)),
    ("ungefär en gång per månad", count(1, 2, "month", **ABOUT)),
    ("normalt fyra gånger per år", count(3, 5, **ABOUT)),
    ("vanligen 4-5 gånger per år", count(4, 5, **ABOUT)),
    ("ca. 4 ggr/år", count(3, 5, **ABOUT)),
    ("c:a 4 ggr/år", count(3, 5, **ABOUT)),
    ("about six times a year", count(5, 7, **ABOUT)),
    ("cirka var sjätte vecka", interval(6, "week", **ABOUT)),
    ("ett par, tre gånger per år", ASK),
    ("minst cirka fyra gånger per år", ASK),
]
PERIODS = [
    ("årligen", count(1, 1)),
    ("varje år", count(1, 1)),
    ("every year", count(1, 1)),
    ("annually", count(1, 1)),
    ("fyra gånger varje år", count(4, 4)),
    ("fyra till sex gånger årligen", count(4, 6)),
    ("tre årliga möten", count(3, 3)),
    ("4 gånger om året", count(4, 4)),
    ("4 GGR/ÅR", count(4, 4)),
    ("3-4/år", count(3, 4)),
    ("3 per år", count(3, 3)),
    ("halvårsvis", count(1, 1, "term")),
    ("semi-annually", count(1, 1, "term")),
    ("två gånger i halvåret", count(2, 2, "term")),
    ("varje termin", count(1, 1, "term")),
    ("twice a term", count(2, 2, "term")),
    ("varje kvartal", count(1, 1, "quarter")),
    ("en gång i varje kvartal", count(1, 1, "quarter")),
    ("träffas per kvartal", count(1, 1, "quarter")),
    ("ett möte i kvartalet", count(1, 1, "quarter")),
    ("quarterly", count(1, 1, "quarter")),
    ("a meeting a quarter", count(1, 1, "quarter")),
    ("månatligen", count(1, 1, "month")),
    ("en gång varje månad", count(1, 1, "month")),
    ("monthly", count(1, 1, "month")),
    ("each month", count(1, 1, "month")),
    ("första måndagen i månaden", count(1, 1, "month")),
    ("sista torsdagen i varje månad", count(1, 1, "month")),
    ("1:a tisdagen i månaden", count(1, 1, "month")),
    ("the first Monday of every month", count(1, 1, "month")),
    ("första måndagen varje månad", count(1, 1, "month")),
    ("första och tredje måndagen i månaden", ASK),
    ("första måndagen i mars", ASK),
    ("första måndagen efter helgen", ASK),
    ("tri-annual", ASK),
    ("99 gånger per månad", ASK),
]
INTERVALS = [
    ("varje månad", interval(1, "month")),
    ("every month", interval(1, "month")),
    ("var tredje vecka", interval(3, "week")),
    ("var 6:e vecka", interval(6, "week")),
    ("var tolfte månad", interval(12, "month")),
    ("en gång varannan månad", interval(2, "month")),
    ("minst varannan månad", interval(2, "month")),
    ("en gång i veckan", interval(1, "week")),
    ("1 gång/vecka", interval(1, "week")),
    ("veckovis", interval(1, "week")),
    ("weekly", interval(1, "week")),
    ("once a week", interval(1, "week")),
    ("fortnightly", interval(2, "week")),
    ("every other week", interval(2, "week")),
    ("every second month", interval(2, "month")),
    ("every 6th week", interval(6, "week")),
    ("every six weeks", interval(6, "week")),
    ("once every two months", interval(2, "month")),
    ("två gånger i veckan", ASK),
    ("twice weekly", ASK),
    ("två gånger varannan månad", ASK),
    ("högst var sjätte vecka", ASK),
    ("var sjätte till åttonde vecka", ASK),
    ("varannan eller var tredje vecka", ASK),
    ("every 2-3 weeks", ASK),
    ("vartannat år", ASK),
    ("var tredje år", ASK),
    ("every two years", ASK),
    ("varannan måndag", ASK),
    ("en gång per mandatperiod", ASK),
    ("två gånger per läsår", ASK),
]
WITHOUT_NUMBER = [
    ("regelbundet", NONE),
    ("löpande", NONE),
    ("Vid behov.", NONE),
    ("nätverket träffas löpande, 2–3 timmar", NONE),
    ("regelbundet, fyra gånger per år", count(4, 4)),
    ("fyra gånger per år och vid behov", count(4, None, **ASKED)),
    ("vid behov, dock minst en gång per år", count(1, None, **ASKED)),
    ("högst tre gånger per år, vid behov", count(0, None, **ASKED)),
    ("varannan månad och vid behov", interval(2, "month", **ASKED)),
    ("regelbundet, några gånger per år", ASK),
]
PAUSES = [
    ("tio gånger per år, utom juli", count(10, 10, **ASKED)),
    ("varje vecka under terminerna", interval(1, "week", **ASKED)),
    ("fyra gånger per år med sommaruppehåll", count(4, 4, **ASKED)),
    ("en gång i månaden, ej juli", count(1, 1, "month", **ASKED)),
    ("monthly except in July", count(1, 1, "month", **ASKED)),
]
UNRECOGNISED = [
    ("några gånger per år", ASK),
    ("flera gånger per år", ASK),
    ("several times a year", ASK),
    ("bi-monthly", ASK),
    ("bi-weekly", ASK),
    ("biannually", ASK),
    ("semi-monthly", ASK),
    ("4 gånger per år och en gång per termin", ASK),
    ("kvartalsvis, dvs fyra gånger per år", ASK),
    ("8 gånger per år, minst en gång per kvartal", ASK),
    ("femton gånger per år", ASK),
    ("100 gånger per år", ASK),
    ("4,5 gånger per år", ASK),
    ("4.5 times a year", ASK),
    ("4.50 gånger per år", ASK),
    ("2+2 gånger per år", ASK),
    ("fyra ordinarie möten per år", ASK),
    ("fyra ordinarie möten varje termin", ASK),
    ("fyra ordinarie möten årligen", ASK),
    ("fyra stora årliga möten", ASK),
    ("flera stora möten varje kvartal", ASK),
    ("varje år hålls fyra möten", ASK),
    ("möten per år", ASK),
    ("4 möten år 2026", ASK),
    ("mandatet är fyra år", ASK),
    ("efter beslut", ASK),
    ("", ASK),
]
LONG_SENTENCE = """Partnerskapet leds av landshövdingen och träffas 4-5 gånger per år. Syftet är att kraftsamla kring
dagsaktuella frågor, exempelvis initiativ med koppling till Agenda 2030."""
OTHER_NUMBERS = [
    ("2–3 timmar per gång, fyra gånger per år", count(4, 4)),
    ("i tre arbetsgrupper, 4 ggr per år", count(4, 4)),
    ("2025–2026: 4 gånger per år", count(4, 4)),
    ("möten hålls varje kvartal, 2-3 timmar", count(1, 1, "quarter")),
    ("Två gånger per termin, två timmar per gång", count(2, 2, "term")),
    ("2–3 timmar kvartalsvis", count(1, 1, "quarter")),
    ("kl. 13 varje kvartal", count(1, 1, "quarter")),
    ("kl. 13.00 varje kvartal", count(1, 1, "quarter")),
    ("fyra gånger per år kl. 13.00–15.00", count(4, 4)),
    ("kl. 13–15 varje kvartal", count(1, 1, "quarter")),
    ("den 15 varje månad", interval(1, "month")),
    ("vecka 10 varje år", count(1, 1)),
    ("15 mars varje år", count(1, 1)),
    ("onsdagar, varje kvartal", count(1, 1, "quarter")),
    ("3. Nämnden möts fyra gånger per år", count(4, 4)),
    ("en arbetsgrupp som möts 4 gånger per år", count(4, 4)),
    ("Punkt 3. Fyra gånger per år", count(4, 4)),
    ("fyra möten om året, varav två möten på distans", count(4, 4)),
    ("4 gånger per år, kostnad 300 kr per år", count(4, 4)),
    (LONG_SENTENCE, count(4, 5)),
]
FAR_WORDS = [
    ("normalt träffas gruppen fyra gånger per år", count(3, 5, **ABOUT, **ASKED)),
    ("normalt hålls möten var sjätte vecka", interval(6, "week", **ABOUT, **ASKED)),
    ("högst ibland varannan vecka", ASK),
    ("4 gånger per år som mest", count(0, 4, **ASKED)),
    ("en gång per år eller oftare", count(1, None, **ASKED)),
    ("Minst 7 ledamöter. Träffas 4 gånger per år", count(4, 4)),
    ("minst 7 ledamöter träffas 4 gånger per år", count(4, 4)),
    ("två gånger per år i Luleå och två gånger per år i Kiruna", count(2, 2, **ASKED)),
]
SPELLINGS = [
    ("TRÄFFAS FYRA TILL FEM GÅNGER PER ÅR", count(4, 5)),
    ("4‐5 gånger per år", count(4, 5)),
    ("4‑5 gånger per år", count(4, 5)),
    ("4—5 gånger per år", count(4, 5)),
    ("4−5 gånger per år", count(4, 5)),
    ("4\u00a0gånger\u202fper\u00a0år", count(4, 4)),
    ("fyra ga\u030anger per a\u030ar", count(4, 4)),
    ("  fyra\ngånger\tper år ", count(4, 4)),
]
TABLE = [
    *RANGES, *BOUNDS, *APPROXIMATE, *PERIODS, *INTERVALS, *WITHOUT_NUMBER, *PAUSES, *UNRECOGNISED, *OTHER_NUMBERS,
    *FAR_WORDS, *SPELLINGS,
]  # fmt: skip


@pytest.mark.parametrize(("phrase", "expected"), TABLE)
def test_phrase(phrase: str, expected: dict[str, Any]) -> None:
    assert read_phrase(phrase) == expected


@pytest.mark.parametrize(("phrase", "expected"), TABLE)
def test_reading_is_a_version_and_says_why_it_asks(phrase: str, expected: dict[str, Any]) -> None:
    reading = find_phrase(phrase)
    version = version_from(reading.keys)
    assert version.kind == expected["kind"]
    assert (reading.doubt is not None) is expected.get("ask", False)
    assert (reading.span is None) is (version.kind is Kind.NONE)


@pytest.mark.parametrize(
    ("phrase", "read"),
    [
        ("… träffas ett par gånger per år.", "ett par gånger per år"),
        ("Samtalen genomförs minst 4-5 gånger per år i Luleå", "minst 4-5 gånger per år"),
        ("kommer att träffas fyra till fem gånger\u00a0per år", "fyra till fem gånger\u00a0per år"),
        ("möts ca. 6 ggr/år, vid behov oftare", "ca. 6 ggr/år"),
        ("de åtta årliga utställningar", "åtta årliga"),
        ("Gruppen träffas (var sjätte vecka)", "var sjätte vecka"),
        ("fyra ga\u030anger per a\u030ar, i Lulea\u030a", "fyra ga\u030anger per a\u030ar"),
        ("İstanbul: 4 gånger per år", "4 gånger per år"),
        ("minst 2 gånger per år och högst 4 gånger per år", "minst 2 gånger per år och högst 4 gånger per år"),
        ("en gång per år (1 gång per år)", "en gång per år"),
    ],
)
def test_span_is_what_was_read(phrase: str, read: str) -> None:
    span = find_phrase(phrase).span
    assert span is not None
    assert phrase[slice(*span)] == read


@pytest.mark.parametrize(
    ("phrase", "doubt"),
    [
        ("fyra gånger per år", None),
        ("några gånger per år", Doubt.UNREAD),
        ("4 gånger per år och en gång per termin", Doubt.TWO_RULES),
        ("två gånger per år i Luleå och två gånger per år i Kiruna", Doubt.TWO_RULES),
        ("fyra gånger per år och vid behov", Doubt.AS_NEEDED),
        ("tio gånger per år, utom juli", Doubt.PAUSE),
        ("normalt träffas gruppen fyra gånger per år", Doubt.FAR_WORD),
    ],
)
def test_doubt_names_the_reason_to_ask(phrase: str, doubt: Doubt | None) -> None:
    assert find_phrase(phrase).doubt == doubt


KNOWN_WORDS = """en två fyra (4) 5 12 100 2026 gånger ggr möten per om i varje var varannan tredje 6:e vecka år
termin månad kvartalsvis årligen minst högst cirka ett par mellan och eller till - / , . ( ) vid behov några utom juli
every other weeks once twice a year at least no more than semi annually första måndagen månaden normalt gärna"""
words = st.sampled_from(KNOWN_WORDS.split())


@given(st.lists(words, max_size=14).map(" ".join))
def test_any_words_are_read_as_a_version_or_asked_about(phrase: str) -> None:
    reading = find_phrase(phrase)
    version_from(reading.keys)
    assert reading.span is None or 0 <= reading.span[0] < reading.span[1] <= len(phrase)
    assert read_phrase(phrase.upper()) == reading.keys


@given(st.text(max_size=200))
def test_any_text_is_read_without_failing(text: str) -> None:
    version_from(read_phrase(text))


@given(strategies.counts(rolling=False) | strategies.intervals())
def test_own_words_for_a_rule_are_read_back(version: Any) -> None:
    """A rule in days has no phrase in the grammar, and one without numbers is "inget krav"."""
    if version.kind is Kind.INTERVAL and version.unit is Unit.DAY:
        return
    if version.kind is Kind.COUNT and version.min == 0 and (version.max is None or version.max == 0):
        return
    for text in describe(version).values():
        found = version_from(read_phrase(str(text)))
        assert (found.kind, found.min, found.max, found.goal, found.period, found.every, found.unit) == (
            version.kind, version.min, version.max, version.goal, version.period, version.every, version.unit,
        )  # fmt: skip
