"""The agenda's rules as tables and properties: which standing items stand, order, numbers, sums, grounds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.organisations.fields import Unfit
from scheduler.records import agenda_rules as rules
from scheduler.records.agenda_rules import Standing


@pytest.mark.parametrize(
    ("standing", "months", "stands_on"),
    [
        (Standing(), [1, 3, 5], [0, 1, 2]),
        (Standing(2), [1, 3, 5, 9, 11], [0, 2, 4]),
        (Standing(3), [1, 3, 5, 9, 11, 1], [0, 3]),
        (Standing(1, frozenset({3, 9})), [1, 3, 5, 9, 11], [1, 3]),
        (Standing(2, frozenset({3})), [3, 3, 9, 3, 3], [0, 3]),
        (Standing(1, frozenset({7})), [1, 3], []),
    ],
)
def test_standing_item_stands_on(standing, months, stands_on):
    assert [n for n, month in enumerate(months) if rules.stands(standing, month, months[:n])] == stands_on


@given(st.integers(1, 5), st.lists(st.integers(1, 12), max_size=30))
def test_standing_item_stands_every_nth_time(every_n, months):
    found = [n for n, month in enumerate(months) if rules.stands(Standing(every_n), month, months[:n])]
    assert found == list(range(0, len(months), every_n))


@given(
    st.lists(st.integers(), unique=True, max_size=12), st.integers(0, 11), st.integers(-3, 3), st.sets(st.integers())
)
def test_moving_keeps_every_item_and_the_order_of_the_others(order, at, step, hidden):
    if not order:
        return
    one = order[at % len(order)]
    hidden -= {one}
    after = rules.moved(order, one, step, hidden)
    assert sorted(after) == sorted(order)
    assert [x for x in after if x != one] == [x for x in order if x != one]
    before_shown, after_shown = ([x for x in o if x not in hidden] for o in (order, after))
    wanted = max(0, min(len(before_shown) - 1, before_shown.index(one) + step))
    assert after_shown.index(one) == wanted


@pytest.mark.parametrize(
    ("order", "one", "step", "hidden", "after"),
    [
        ("abc", "c", -1, "", "acb"),
        ("abc", "a", 1, "", "bac"),
        ("abc", "a", -1, "", "abc"),
        ("abc", "c", 1, "", "abc"),
        ("axbc", "b", -1, "x", "baxc"),
        ("abc", "z", 1, "", "abc"),
    ],
)
def test_moving(order, one, step, hidden, after):
    assert "".join(rules.moved(list(order), one, step, list(hidden))) == after


STATES = st.sampled_from([state.value for state in rules.ItemState])


@given(st.lists(STATES, max_size=20))
def test_numbers_are_1_to_n_for_what_is_treated(states):
    found = rules.numbers(states)
    assert [n for n in found if n is not None] == list(range(1, 1 + sum(s not in rules.OFF for s in states)))
    assert [n is None for n in found] == [state in rules.OFF for state in states]


@given(st.lists(st.tuples(st.none() | st.integers(1, 600), STATES), max_size=20))
def test_total_is_that_of_what_is_treated(minutes):
    assert rules.total(minutes) == sum(length for length, state in minutes if length and state not in rules.OFF)


@pytest.mark.parametrize(
    ("titles", "new", "carried"),
    [
        ([], 0, 0),
        (["Mötets öppnande", "Läget", "Övriga frågor"], 2, 1),
        (["Mötets öppnande", "Föregående protokoll", "RUS", "Övriga frågor", "Nästa möte"], 3, 2),
        (["RUS"], 1, 0),
        (["Övriga frågor"], 0, 0),
    ],
)
def test_places_of_new_and_carried_items(titles, new, carried):
    assert (rules.place_of_new(titles), rules.place_of_carried(titles)) == (new, carried)


@pytest.mark.parametrize(
    ("written", "ground"),
    [
        ("21:1", "21 kap. 1 § OSL"),
        ("OSL 21:1", "21 kap. 1 § OSL"),
        ("21 kap. 1 § OSL", "21 kap. 1 § OSL"),
        ("Sekretess 21 kap 1 §", "21 kap. 1 § OSL"),
        ("sekretess enligt osl 19 : 3", "19 kap. 3 § OSL"),
        ("18 kap. 1 a § OSL", "18 kap. 1 a § OSL"),
        ("", None),
    ],
)
def test_ground_is_read(written, ground):
    assert rules.Ground().read(written) == ground
    assert rules.Ground().read(ground) == ground


@pytest.mark.parametrize("written", ["hemligt", "21", "0:1", "21:0", "21:1:1", "<b>21:1</b>"])
def test_what_is_no_ground_is_refused(written):
    with pytest.raises(Unfit):
        rules.Ground().read(written)


@pytest.mark.parametrize(("days", "late"), [(-1, False), (0, False), (1, True)])
def test_late_is_after_the_call(days, late):
    called = datetime(2026, 9, 1, tzinfo=UTC)
    assert rules.is_late(called + timedelta(days=days), called) == late
    assert not rules.is_late(called, None)
