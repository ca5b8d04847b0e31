"""Texts, dates as people write them, and order and search that both databases agree on."""

from __future__ import annotations

from datetime import date, time

import pytest
from babel.dates import get_month_names

from scheduler import i18n


def test_swedish_letters_sort_last():
    names = ["Överkalix", "Älvsbyn", "Åre", "Zinkgruvan", "Övertorneå", "Arjeplog", "Ájtte", "Wasa", "Vasa"]
    assert sorted(names, key=i18n.sort_key) == [
        "Ájtte", "Arjeplog", "Vasa", "Wasa", "Zinkgruvan", "Åre", "Älvsbyn", "Överkalix", "Övertorneå",
    ]  # fmt: skip


def test_a_shorter_name_sorts_before_its_continuation():
    names = ["Region Norrbotten", "Region", "Regionalt forum"]
    assert sorted(names, key=i18n.sort_key) == ["Region", "Region Norrbotten", "Regionalt forum"]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("ajtte", "Ájtte, Svenskt Fjäll- och Samemuseum"),
        ("ÁJTTE", "Ájtte, Svenskt Fjäll- och Samemuseum"),
        ("alvsbyn", "Älvsbyns kommun"),
        ("älvsbyn", "Älvsbyns kommun"),
        ("overtornea", "Övertorneå kommun"),
        ("sámediggi", "Sámediggi"),
        ("samediggi", "Sámediggi"),
        ("dorde", "Đorđe"),
        ("kommun lulea", "Luleå kommun"),
    ],
)
def test_a_name_is_found_however_it_is_typed(typed: str, name: str):
    key = i18n.search_key(name)
    assert [word for word in i18n.search_words(typed) if word not in key] == []


def test_a_keeps_apart_from_a_with_ring_when_it_is_typed():
    assert "ålv" not in i18n.search_key("Alvik")


@pytest.mark.parametrize(
    ("language", "day", "words"),
    [
        ("sv", date(2026, 3, 3), "tisdag 3 mars 2026"),
        ("en", date(2026, 3, 3), "Tuesday 3 March 2026"),
        ("sv", date(2027, 1, 1), "fredag 1 januari 2027"),
    ],
)
def test_dates_are_written_as_people_write_them(language: str, day: date, words: str):
    with i18n.use_language(language):
        assert i18n.date_text(day, year=True) == words


def test_times_have_a_full_stop_in_swedish_and_a_colon_in_english():
    assert i18n.span_text(time(13, 0), time(15, 30)) == "13.00–15.30"
    with i18n.use_language("en"):
        assert i18n.span_text(time(13, 0), time(15, 30)) == "13:00–15:30"


@pytest.mark.parametrize(
    ("code", "january"),
    [
        ("sv", "januari"),
        ("en", "January"),
        ("fi", "tammikuu"),
        ("fit", "tammikuu"),
        ("smj", "ođđajagemánnu"),
        ("sju", "ođđajagemánnu"),
        ("xx", "januari"),
    ],
)
def test_a_language_without_month_names_borrows_its_neighbours(code: str, january: str):

    name = get_month_names("wide", locale=i18n.locale_of(code))[1]
    assert name.removesuffix("ta") == january


def test_language_in_use_ends_with_its_block():
    assert i18n.language() == "sv"
    with i18n.use_language("en"):
        assert i18n.language() == "en"
    assert i18n.language() == "sv"


def test_an_unknown_language_means_swedish():
    with i18n.use_language("tlh"):
        assert i18n.language() == "sv"


def test_numbers_to_twelve_are_words():
    assert [i18n.number_word(n) for n in (1, 10, 12, 13)] == ["ett", "tio", "tolv", "13"]
