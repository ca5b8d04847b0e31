"""Who fills which seat at each item, and whether that makes a quorum."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.records.quorum_rules import (
    Count,
    DaySeat,
    Part,
    Quorum,
    Serves,
    Status,
    Taking,
    count,
    filled_at,
    filling,
    serving_problem,
)

P, R, N, A = Status.PRESENT, Status.REMOTE, Status.NOTIFIED, Status.ABSENT
SEATS = [DaySeat(1, 11), DaySeat(2, 12), DaySeat(3, None)]


@pytest.mark.parametrize(
    ("rule", "number", "seats", "needed"),
    [
        ("none", None, 13, None),
        ("none", 5, 13, None),
        ("number", 7, 13, 7),
        ("number", None, 13, None),
        ("more_than_half", None, 13, 7),
        ("more_than_half", None, 12, 7),
        ("more_than_half", None, 2, 2),
        ("more_than_half", None, 1, 1),
        ("more_than_half", None, 0, None),
    ],
)
def test_what_a_rule_requires(rule, number, seats, needed):
    assert Quorum(rule, number).needed(seats) == needed


@pytest.mark.parametrize(
    ("takings", "filled"),
    [
        ([], {}),
        ([Taking(11, P), Taking(12, R)], {0: 11, 1: 12}),
        ([Taking(11, N), Taking(12, A)], {}),
        # A substitute for one who is absent, and for a vacant seat.
        ([Taking(11, A), Taking(21, P, serves=(Serves(1),))], {0: 21}),
        ([Taking(21, P, serves=(Serves(3),))], {2: 21}),
        # There, but serving nowhere; serving, but not there.
        ([Taking(21, P)], {}),
        ([Taking(21, N, serves=(Serves(1),))], {}),
        # The holder goes first: nobody serves for one who is there.
        ([Taking(11, P), Taking(21, P, serves=(Serves(1),))], {0: 11}),
        # Two for one seat fill it once.
        ([Taking(21, P, serves=(Serves(3),)), Taking(22, P, serves=(Serves(3),))], {2: 21}),
        # Not there for the item, or with a conflict of interest.
        ([Taking(11, P, Part(1, 2)), Taking(12, P, recused=frozenset({0}))], {}),
        ([Taking(11, P, Part(0, 0)), Taking(12, P, recused=frozenset({1}))], {0: 11, 1: 12}),
        ([Taking(21, P, Part(1), serves=(Serves(1),))], {}),
        ([Taking(21, P, serves=(Serves(1, Part(1)),))], {}),
        # Somebody else's guest.
        ([Taking(99, P)], {}),
    ],
)
def test_who_fills_which_seat_at_the_first_item(takings, filled):
    assert filling(SEATS, takings, 0) == filled


def test_seat_is_handed_over_in_the_middle_of_the_meeting():
    takings = [Taking(11, P, Part(0, 1)), Taking(21, P, serves=(Serves(1, Part(2)),))]
    assert [filling(SEATS, takings, item) for item in range(4)] == [{0: 11}, {0: 11}, {0: 21}, {0: 21}]


def test_count_says_where_the_quorum_is_lost():
    takings = [Taking(11, P), Taking(12, P, recused=frozenset({1})), Taking(31, R)]
    found = count(SEATS, takings, Quorum("more_than_half"), 3)
    assert (found.by_item, found.needed, found.lacking, found.quorate, found.unmarked) == ((2, 1, 2), 2, (1,), True, 0)
    assert (found.best.holders, found.best.substitutes) == (2, 0)


def test_meeting_without_an_agenda_is_one_stretch():
    found = count(SEATS, [Taking(11, P)], Quorum("number", 2), 0)
    assert (found.by_item, found.quorate, found.unmarked) == ((1,), False, 1)


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        (Serves(2), "Tjänstgör redan på en annan plats"),
        (Serves(2, Part(0, 1)), "Tjänstgör redan på en annan plats"),
        (Serves(2, Part(3)), None),
        (Serves(1, Part(3)), None),
        (Serves(4, Part(0, 0)), "En annan ersättare tjänstgör redan på platsen"),
        (Serves(4, Part(3)), None),
    ],
)
def test_substitute_serves_on_one_seat_at_a_time(wanted, problem):
    takings = [
        Taking(21, P, serves=(Serves(1, Part(1, 2)),)),
        Taking(22, P, serves=(Serves(4, Part(0, 1)), Serves(5, Part(3)))),
    ]
    found = serving_problem(takings, 21, wanted)
    assert (None if found is None else found.text) == problem


# ---------------------------------------------------------------- for any meeting

parts = st.builds(lambda a, b: Part(min(a, b), max(a, b)), st.integers(0, 4), st.integers(0, 4)) | st.just(Part())
people = st.integers(1, 12)
takings_of_all = st.dictionaries(
    people,
    st.builds(
        Taking,
        person_id=st.just(0),
        status=st.sampled_from(Status),
        part=parts,
        serves=st.lists(st.builds(Serves, st.integers(1, 8), parts), max_size=3).map(tuple),
        recused=st.frozensets(st.integers(0, 4), max_size=3),
    ),
).map(lambda found: [Taking(person, t.status, t.part, t.serves, t.recused) for person, t in found.items()])
all_seats = st.lists(st.none() | st.integers(1, 6), max_size=8).map(
    lambda holders: [DaySeat(n + 1, holder if holder not in holders[:n] else None) for n, holder in enumerate(holders)]
)


@given(all_seats, takings_of_all, st.integers(0, 4))
def test_nobody_fills_two_seats_and_only_those_who_are_there_fill_any(seats, takings, item):
    found = filling(seats, takings, item)
    by_person = {taking.person_id: taking for taking in takings}
    assert len(set(found.values())) == len(found)
    for n, person in found.items():
        assert by_person[person].is_there(item)
        assert seats[n].holder_id == person or any(
            served.seat_id == seats[n].seat_id and item in served.part for served in by_person[person].serves
        )
    # Every holder who is there fills the own seat.
    assert all(
        found.get(n) == seat.holder_id
        for n, seat in enumerate(seats)
        if seat.holder_id in by_person and by_person[seat.holder_id].is_there(item)
    )


@given(all_seats, takings_of_all, st.integers(0, 5))
def test_guests_and_the_recused_never_make_a_quorum(seats, takings, items):
    quorum = Quorum("more_than_half")
    before: Count = count(seats, takings, quorum, items)
    guests = [Taking(1000 + n, P) for n in range(20)]
    assert count(seats, [*takings, *guests], quorum, items) == before
    everywhere = frozenset(range(max(1, items)))
    gone = [Taking(t.person_id, t.status, t.part, t.serves, everywhere) for t in takings]
    assert count(seats, gone, quorum, items).best.seats == 0
    assert all(0 <= filled <= len(seats) for filled in before.by_item)
    assert before.by_item == tuple(filled_at(seats, takings, n).seats for n in range(max(1, items)))
