"""Quorum, states, going forward, nesting's rings, the calling-in order: pure."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.forums import rules
from scheduler.forums.rules import Inclusion, OrderEntry, SubstituteSeat
from scheduler.organisations.fields import Unfit
from scheduler.organisations.rules import Span, first_changed_day

ALWAYS = Span(None, None)


@pytest.mark.parametrize(
    ("rule", "number", "seats", "needed"),
    [
        ("none", None, 13, None),
        ("none", 7, 13, None),
        ("number", 5, 13, 5),
        ("number", None, 13, None),
        ("more_than_half", None, 13, 7),
        ("more_than_half", None, 14, 8),
        ("more_than_half", 3, 1, 1),
        ("more_than_half", None, 0, None),
    ],
)
def test_quorum_needed(rule, number, seats, needed):
    assert rules.quorum_needed(rule, number, seats) == needed


@pytest.mark.parametrize(
    ("given_code", "stored"), [("sm", "SM"), (" Rusk ", "RUSK"), ("åäö", "ÅÄÖ"), ("", None), (None, None)]
)
def test_code_is_stored_in_capitals(given_code, stored):
    assert rules.Code().read(given_code) == stored


@pytest.mark.parametrize("code", ["s", "fempå", "a1", "a b", "s-m", "ßßß"])
def test_code_must_be_two_to_four_letters(code):
    with pytest.raises(Unfit) as caught:
        rules.Code().read(code)
    assert caught.value.text == "Koden ska ha 2–4 bokstäver"


@pytest.mark.parametrize(
    ("state", "last", "day", "shown"),
    [
        ("active", None, date(2026, 1, 1), "active"),
        ("active", date(2026, 1, 1), date(2026, 1, 1), "active"),
        ("resting", date(2026, 1, 1), date(2026, 1, 2), "ended"),
    ],
)
def test_state_on_a_day(state, last, day, shown):
    assert rules.state_on(state, last, day) == shown


@pytest.mark.parametrize(
    ("before", "after", "first"),
    [
        (Span(None, None), Span(None, None), None),
        (Span(date(2026, 1, 1), None), Span(date(2026, 3, 1), None), date(2026, 1, 1)),
        (Span(date(2026, 3, 1), None), Span(date(2026, 1, 1), None), date(2026, 1, 1)),
        (Span(None, date(2026, 6, 30)), Span(None, None), date(2026, 7, 1)),
        (Span(None, date(2026, 6, 30)), Span(None, date(2026, 5, 31)), date(2026, 6, 1)),
        (Span(date(2026, 1, 1), None), Span(None, None), date.min),
    ],
)
def test_first_changed_day(before, after, first):
    assert first_changed_day(before, after) == first


# ---------------------------------------------------------------- nesting

ORDINARY = frozenset({"ordinary"})


def nested(*pairs, span=ALWAYS, kinds=ORDINARY):
    return [Inclusion(forum_id, included_id, span, kinds) for forum_id, included_id in pairs]


@pytest.mark.parametrize(
    ("there", "new", "ring"),
    [
        ([], (1, 2), None),
        ([(1, 2)], (2, 1), [2, 1, 2]),
        ([(1, 2), (2, 3)], (3, 1), [3, 1, 2, 3]),
        ([(1, 2), (2, 3)], (1, 3), None),
        ([(1, 2), (1, 3), (3, 4)], (4, 2), None),
        ([], (1, 1), [1, 1]),
    ],
)
def test_ring_is_named(there, new, ring):
    assert rules.find_cycle(nested(*there), nested(new)[0]) == ring


def test_ring_needs_a_day_in_all_its_inclusions():
    until_june = nested((1, 2), span=Span(None, date(2026, 6, 30)))
    assert rules.find_cycle(until_june, Inclusion(2, 1, Span(date(2026, 7, 1), None), ORDINARY)) is None
    assert rules.find_cycle(until_june, Inclusion(2, 1, Span(date(2026, 6, 30), None), ORDINARY)) == [2, 1, 2]


days = st.integers(1, 6).map(lambda n: date(2026, 1, n))
spans = st.tuples(st.none() | days, st.none() | days).filter(lambda p: not (p[0] and p[1] and p[1] < p[0]))
forums = st.integers(1, 4)


def is_ring(inclusions, day):
    """By brute force: whether anybody comes back on the day to where they began."""
    below = {}
    for one in inclusions:
        if day in one.span:
            below.setdefault(one.forum_id, set()).add(one.included_id)
    for start in below:
        reached, waiting = set(), [start]
        while waiting:
            for lower in below.get(waiting.pop(), ()):
                if lower not in reached:
                    reached.add(lower)
                    waiting.append(lower)
        if start in reached:
            return True
    return False


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(forums, forums, spans), max_size=8))
def test_nesting_is_acyclic_on_every_day_and_refuses_nothing_else(wanted):
    window = [date(2025, 12, 31), *(date(2026, 1, n) for n in range(1, 8))]
    kept = []
    for forum_id, included_id, (from_on, to_on) in wanted:
        new = Inclusion(forum_id, included_id, Span(from_on, to_on), ORDINARY)
        ring = rules.find_cycle(kept, new)
        assert (ring is not None) == any(is_ring([*kept, new], day) for day in window)
        if ring is None:
            kept.append(new)
        else:
            assert ring[0] == ring[-1] == forum_id
            links = {(one.forum_id, one.included_id) for one in [*kept, new]}
            assert set(pairwise(ring)) <= links


def test_reach_goes_through_links_that_take_the_kind():
    both = frozenset({"ordinary", "substitute"})
    there = [*nested((1, 2)), *nested((2, 3), (2, 4), kinds=both), *nested((5, 2), kinds=frozenset({"substitute"}))]
    assert rules.reach_on(there, date(2026, 1, 1)) == {
        1: {2: ORDINARY, 3: ORDINARY, 4: ORDINARY},
        2: {3: both, 4: both},
        5: {2: frozenset({"substitute"}), 3: frozenset({"substitute"}), 4: frozenset({"substitute"})},
    }


def test_reach_by_two_ways_has_the_kinds_of_both():
    there = [
        *nested((1, 2), (1, 3)),
        *nested((2, 4)),
        Inclusion(1, 4, ALWAYS, frozenset({"secretary"})),
    ]
    assert rules.reach_on(there, date(2026, 1, 1))[1] == {
        2: ORDINARY,
        3: ORDINARY,
        4: frozenset({"ordinary", "secretary"}),
    }


def test_reach_holds_on_its_days_and_survives_a_ring():
    there = nested((1, 2), (2, 1), span=Span(date(2026, 1, 1), date(2026, 1, 31)))
    assert rules.reach_on(there, date(2026, 2, 1)) == {}
    assert rules.reach_on(there, date(2026, 1, 31)) == {1: {2: ORDINARY}, 2: {1: ORDINARY}}


def test_above_gives_the_nearest_first():
    assert rules.above(nested((1, 2), (2, 3), (4, 1), (5, 3)), 3) == [2, 5, 1, 4]
    assert rules.above([], 3) == []


# ---------------------------------------------------------------- the calling-in order

SUBSTITUTES = [
    SubstituteSeat(11, "S", None, 1),
    SubstituteSeat(12, "S", None, 2),
    SubstituteSeat(21, "M", None, 3),
    SubstituteSeat(22, "M", None, 4),
    SubstituteSeat(31, None, 1, 5),
    SubstituteSeat(32, None, 2, 0),
]


@pytest.mark.parametrize(
    ("why", "order", "called"),
    [
        ("personal, own group, the rest", [], [31, 11, 12, 21, 22, 32]),
        ("the whole forum's order after the own group", [OrderEntry(None, None, None, "M")], [31, 11, 12, 21, 22, 32]),
        ("an order of the seat before the own group", [OrderEntry(1, None, 22, None)], [31, 22, 11, 12, 21, 32]),
        ("an order of the group replaces its positions", [OrderEntry(None, "S", 12, None)], [31, 12, 11, 21, 22, 32]),
        ("another group's order says nothing", [OrderEntry(None, "M", 22, None)], [31, 11, 12, 21, 22, 32]),
        ("another seat's order says nothing", [OrderEntry(2, None, 22, None)], [31, 11, 12, 21, 22, 32]),
        ("groups in turn",
         [OrderEntry(1, None, None, "M"), OrderEntry(1, None, None, "S")], [31, 21, 22, 11, 12, 32]),
    ],
)  # fmt: skip
def test_calling_order(why, order, called):
    assert rules.calling_order(1, "S", SUBSTITUTES, order) == called, why


def test_calling_order_without_group_is_by_position():
    assert rules.calling_order(9, None, SUBSTITUTES, []) == [11, 12, 21, 22, 32, 31]
