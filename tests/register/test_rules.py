"""Grouping statements into facts, and the words of the register in both languages."""

from __future__ import annotations

from scheduler.i18n import catalogue, use_language
from scheduler.register.rules import CONTEXT, WORDS, Fact, Stated, fact_groups, word_of
from scheduler.reports.register_file.report import FIELDS, TABLES


def stated(path, text="", order=0, *, record="forums/a", missing=False, assumed=False, sources=("001",)):
    return Stated(record, path, text, missing, assumed, sources, order)


def told(groups):
    return [(group.word, [[(fact.word, fact.text) for fact in item] for item in group.items]) for group in groups]


def test_a_simple_fact_is_a_group_of_one():
    (group,) = fact_groups([stated("reviewed", "7 september 2016")])
    assert group.items == ((Fact("", "7 september 2016", assumed=False, missing=False),),)
    assert (group.word, group.sources) == ("Granskad", ("001",))


def test_a_list_has_an_item_for_each_part_in_the_order_of_the_file():
    rows = [stated("focus/1", "B", 1), stated("focus/0", "A", 2), stated("focus/10", "C", 3)]
    assert told(fact_groups(rows)) == [("Fokus", [[("", "B")], [("", "A")], [("", "C")]])]


def test_a_record_in_a_list_says_what_each_fact_is():
    rows = [
        stated("process/0/step", "1", 0),
        stated("process/0/by/0", "Tillväxtverket", 1),
        stated("process/0/by/1", "ESF-rådet", 2),
        stated("process/0/sv", "Tar emot", 3),
    ]
    assert told(fact_groups(rows)) == [
        ("Så går det till", [[("Steg", "1"), ("Av", "Tillväxtverket"), ("Av", "ESF-rådet"), ("", "Tar emot")]])
    ]


def test_what_belongs_to_one_party_of_the_seats_is_one_item():
    rows = [
        stated("seats/malå/joined", "x", 0),
        stated("seats/malå/joined_phrase", "y", 1),
        stated("seats/b/joined", "z", 2),
    ]
    assert told(fact_groups(rows)) == [("Platser", [[("Tillkom", "x"), ("Om tillkomsten", "y")], [("Tillkom", "z")]])]


def test_records_are_kept_apart_and_sources_are_gathered():
    rows = [
        stated("sv", "A", record="facts/a", sources=("001",)),
        stated("sv", "B", record="facts/b", sources=("002", "003")),
        stated("list/0", "C", record="c", sources=()),
    ]
    assert [(group.word, group.sources) for group in fact_groups(rows)] == [
        ("Lista", ()),
        ("Uppgift", ("001",)),
        ("Uppgift", ("002", "003")),
    ]


def test_what_the_source_is_silent_on_and_what_is_assumed_are_marked():
    (group,) = fact_groups([stated("definition", missing=True, assumed=True)])
    assert group.items == ((Fact("", "", assumed=True, missing=True),),)


def test_an_unknown_key_is_its_own_word():
    assert word_of("number_of_cats") == "number of cats"


def test_every_word_has_its_english():
    words = {*WORDS.values(), *FIELDS.values(), *TABLES.values(), "antaget", "inget", "källa %(number)s"}
    assert [word for word in sorted(words) if (CONTEXT, word) not in catalogue("en")] == []


def test_words_are_shown_in_the_language_in_use():
    assert word_of("expected_results") == "Förväntade resultat"
    with use_language("en"):
        assert word_of("expected_results") == "Expected results"
