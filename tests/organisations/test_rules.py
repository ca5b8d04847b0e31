"""Slugs, dates of reduced precision, spans, other names, shown names: pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.i18n import use_language
from scheduler.organisations import rules
from scheduler.organisations.rules import Span


@dataclass
class Somebody:
    name: str
    protected: bool


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Regionalt forum", "regionalt-forum"),
        ("Älvsbyns kommun", "alvsbyns-kommun"),
        ("Övertorneå & Överkalix", "overtornea-overkalix"),
        ("Ájtte, Svenskt Fjäll- och Samemuseum", "ajtte-svenskt-fjall-och-samemuseum"),
        ("Giron Sámi Teáhter", "giron-sami-teahter"),
        ("Čálliidlágádus Đ Ŋ Š Ŧ Ž", "calliidlagadus-d-n-s-t-z"),
        ("Straße Ærø", "strasse-aero"),
        ("EU:s institutioner", "eu-s-institutioner"),
        ("日本", ""),
        ("x" * 100, "x" * 80),
        ("Nätverk mellan statliga myndigheter som har verksamhet i Norrbottens län och länsstyrelsens ledning",
         "natverk-mellan-statliga-myndigheter-som-har-verksamhet-i-norrbottens-lan-och"),
    ],
)  # fmt: skip
def test_slug_is_readable(name, slug):
    assert rules.slug_of(name) == slug


@given(st.text())
def test_slug_is_ascii_and_short(name):
    slug = rules.slug_of(name)
    assert len(slug) <= 80
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not slug.startswith("-")
    assert not slug.endswith("-")


def test_free_slug_counts_on_and_avoids_page_words():
    taken = {"forum", "forum-2"}
    assert rules.free_slug("Forum", taken.__contains__, otherwise="x") == "forum-3"
    assert rules.free_slug("New", taken.__contains__, otherwise="x") == "new-2"
    assert rules.free_slug("日本", taken.__contains__, otherwise="forum") == "forum-3"


@pytest.mark.parametrize(
    ("text", "day", "precision", "swedish", "english"),
    [
        ("1990s", date(1990, 1, 1), "decade", "1990-talet", "1990s"),
        ("1990-talet", date(1990, 1, 1), "decade", "1990-talet", "1990s"),
        ("2019", date(2019, 1, 1), "year", "2019", "2019"),
        ("2021-12", date(2021, 12, 1), "month", "december 2021", "December 2021"),
        (" 2015-08-24 ", date(2015, 8, 24), "day", "24 augusti 2015", "24 August 2015"),
    ],
)
def test_partial_date_is_read_and_shown(text, day, precision, swedish, english):
    assert rules.read_partial_date(text) == (day, precision)
    assert rules.partial_date_text(day, precision) == swedish
    with use_language("en"):
        assert rules.partial_date_text(day, precision) == english


@pytest.mark.parametrize("text", ["", "1995s", "2021-13", "2021-02-30", "90-talet", "igår", "0000", "2021-1-1"])
def test_partial_date_that_is_none(text):
    assert rules.read_partial_date(text) is None


@pytest.mark.parametrize(
    ("precision", "first"),
    [
        ("day", date(1997, 5, 17)),
        ("month", date(1997, 5, 1)),
        ("year", date(1997, 1, 1)),
        ("decade", date(1990, 1, 1)),
    ],
)
def test_first_day_of_a_precision(precision, first):
    assert rules.first_day(date(1997, 5, 17), precision) == first


def test_protected_person_is_shown_as_member():
    assert rules.shown_name(Somebody("Maria Öhman", protected=False)) == "Maria Öhman"
    assert rules.shown_name(Somebody("Maria Öhman", protected=True)) == "ledamot"
    with use_language("en"):
        assert rules.shown_name(Somebody("Maria Öhman", protected=True)) == "member"


days = st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2026, 1, 12)))


@given(days, days, days, days)
def test_spans_overlap_exactly_when_a_day_is_in_both(a, b, c, d):
    one, other = Span(a, b), Span(c, d)
    window = [date(2025, 12, 31), *(date(2026, 1, n) for n in range(1, 14))]
    if (a and b and b < a) or (c and d and d < c):
        return
    shared = [day for day in window if day in one and day in other]
    assert one.overlaps(other) == bool(shared)
    common = one.common(other)
    assert [day for day in window if common is not None and day in common] == shared


def test_other_names_are_cleaned_and_said_once():
    names, problems = rules.read_names(
        [" Stockholmskontoret ", "Stockholmskontoret", ""], {"smj": "Julevu\x00"}, limit=200
    )
    assert names == [(None, "Stockholmskontoret"), ("smj", "Julevu")]
    assert problems == []


def test_other_names_say_what_is_wrong_at_their_field():
    _names, problems = rules.read_names(["x" * 201], {"svenska": "Luleå"}, limit=200)
    assert [(problem.field, str(problem)) for problem in problems] == [
        ("aliases", "Högst 200 tecken"),
        ("names", "Ange språket med sin kod, till exempel sv, en eller smj"),
    ]


def test_leads_back_follows_the_chain_and_ends_on_a_ring():
    above = {3: 2, 2: 1, 7: 8, 8: 7}
    assert rules.leads_back(3, above.get, 1) is True
    assert rules.leads_back(1, above.get, 3) is False
    assert rules.leads_back(7, above.get, 1) is False


def test_taken_problem_says_who_and_when_in_the_language_shown():
    problem = rules.taken_problem("from_on", Somebody("Maria Öhman", protected=False), Span(date(2026, 1, 1), None))
    assert str(problem) == "Maria Öhman sitter där från och med 1 januari 2026"
    closed = rules.taken_problem(
        "from_on", Somebody("Maria Öhman", protected=True), Span(date(2026, 1, 1), date(2026, 12, 31))
    )
    assert str(closed) == "ledamot sitter där 1 januari 2026 till 31 december 2026"
    with use_language("en"):
        assert str(problem) == "Maria Öhman sits there from 1 January 2026"
