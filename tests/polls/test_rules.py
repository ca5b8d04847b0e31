"""Which date covers most seats: a real largest matching, nobody on two seats, and what is lost with another date."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.polls.rules import (
    Answer,
    Coverage,
    OptionResult,
    PollSeatFacts,
    State,
    best,
    cover,
    loss,
    may_close,
    may_decide,
    may_open,
    may_reopen,
    may_vote,
)

YES, IF_NEEDED, NO = Answer.YES, Answer.IF_NEEDED, Answer.NO
AT = datetime(2027, 2, 11, 9, tzinfo=UTC)


def seat(number: int, holders=(), substitutes=(), *, required: bool = False) -> PollSeatFacts:
    return PollSeatFacts(number, f"Plats {number}", tuple(holders), tuple(substitutes), required)


# ---------------------------------------------------------------- the matching


def test_holder_who_comes_fills_the_own_seat_and_a_substitute_the_other():
    found = cover([seat(1, [10], [20]), seat(2, [11], [20])], {10: YES, 11: NO, 20: IF_NEEDED})
    assert (found.by_holder, found.by_substitute, found.empty) == ({1: 10}, {2: 20}, ())


def test_one_substitute_fills_one_seat():
    seats = [seat(1, [10], [20]), seat(2, [11], [20])]
    found = cover(seats, {10: NO, 11: NO, 20: YES})
    assert (found.covered, found.by_substitute, found.empty) == (1, {1: 20}, (seats[1],))


def test_substitute_moves_where_that_frees_somebody_for_another_seat():
    # Called in order, 20 would go to seat 1 and leave seat 2, which only 20 may fill, empty.
    found = cover([seat(1, [10], [20, 21]), seat(2, [11], [20])], {10: NO, 11: NO, 20: YES, 21: YES})
    assert found.by_substitute == {1: 21, 2: 20}


def test_those_called_in_first_come_first():
    found = cover([seat(1, [10], [21, 20])], {10: NO, 20: YES, 21: YES})
    assert found.by_substitute == {1: 21}


def test_vacant_seat_is_filled_by_a_substitute():
    assert cover([seat(1, [], [20])], {20: YES}).by_substitute == {1: 20}


def test_required_seat_gets_the_only_substitute():
    found = cover([seat(1, [10], [20]), seat(2, [11], [20], required=True)], {20: YES})
    assert (found.by_substitute, [one.seat_id for one in found.empty], found.required_empty) == ({2: 20}, [1], ())


def test_silence_is_no_yes():
    assert cover([seat(1, [10], [20])], {}).covered == 0


def test_office_of_several_is_filled_by_whoever_comes_gladly():
    assert cover([seat(1, [10, 11])], {10: IF_NEEDED, 11: YES}).by_holder == {1: 11}


people = st.integers(1, 8)


@st.composite
def forums(draw: st.DrawFn) -> tuple[list[PollSeatFacts], dict[int, Answer]]:
    """Some seats, each with holders of its own or none, and substitutes that several share."""
    count = draw(st.integers(0, 5))
    seats = [
        seat(
            number,
            holders=[100 + number] if draw(st.booleans()) else [],
            substitutes=draw(st.lists(people, unique=True, max_size=4)),
            required=draw(st.booleans()),
        )
        for number in range(count)
    ]
    answers = draw(st.dictionaries(st.one_of(people, st.integers(100, 105)), st.sampled_from(Answer)))
    return seats, answers


def most(seats: list[PollSeatFacts], answers: dict[int, Answer]) -> int:
    """The most seats that can be filled, by trying all."""
    coming = {person for person, answer in answers.items() if answer is not NO}

    def fill(rest: list[PollSeatFacts], free: frozenset[int]) -> int:
        if not rest:
            return 0
        first, others = rest[0], rest[1:]
        found = fill(others, free)
        for person in {*first.holders, *first.substitutes} & free:
            found = max(found, 1 + fill(others, free - {person}))
        return found

    return fill(seats, frozenset(coming))


@given(forums())
def test_no_other_seating_fills_more_seats(forum):
    seats, answers = forum
    assert cover(seats, answers).covered == most(seats, answers)


@given(forums())
def test_no_other_seating_fills_more_required_seats(forum):
    seats, answers = forum
    required = [one for one in seats if one.required]
    assert len(required) - len(cover(seats, answers).required_empty) == most(required, answers)


@given(forums())
def test_nobody_sits_on_two_seats_or_where_they_may_not(forum):
    seats, answers = forum
    found = cover(seats, answers)
    seated = [*found.by_holder.values(), *found.by_substitute.values()]
    assert len(seated) == len(set(seated))
    assert all(answers[person] is not NO for person in seated)
    by_id = {one.seat_id: one for one in seats}
    assert all(person in by_id[number].holders for number, person in found.by_holder.items())
    assert all(
        person in by_id[number].substitutes and person not in by_id[number].holders
        for number, person in found.by_substitute.items()
    )
    filled = {*found.by_holder, *found.by_substitute}
    assert {one.seat_id for one in found.empty} == set(by_id) - filled


@given(forums())
def test_holder_who_comes_is_never_replaced(forum):
    seats, answers = forum
    found = cover(seats, answers)
    for one in seats:
        if any(answers.get(person) in {YES, IF_NEEDED} for person in one.holders):
            assert one.seat_id in found.by_holder


@given(forums(), people)
def test_one_more_who_comes_never_makes_it_worse(forum, person):
    seats, answers = forum
    assert cover(seats, {**answers, person: YES}).covered >= cover(seats, answers).covered


# ---------------------------------------------------------------- the dates beside each other


def result(number: int, covered: int, *, substitutes: int = 0, quorum: int | None = None, yes: int = 5) -> OptionResult:
    seats = [seat(n, [n + 100]) for n in range(13)]
    return OptionResult(
        option_id=number,
        start_at=AT + timedelta(days=number),
        coverage=Coverage(
            {n: n + 100 for n in range(covered - substitutes)},
            {n: n + 200 for n in range(covered - substitutes, covered)},
            tuple(seats[covered:]),
        ),
        seats=13,
        quorum=quorum,
        counts={YES: yes},
    )


@pytest.mark.parametrize(
    ("results", "winner"),
    [
        ([result(1, 12), result(2, 13)], 2),
        ([result(1, 13, substitutes=3), result(2, 13, substitutes=1)], 2),
        ([result(1, 13, yes=4), result(2, 13, yes=6)], 2),
        ([result(2, 13), result(1, 13)], 1),  # the earlier
        ([result(1, 13, yes=0)], None),  # nobody has said yes to any
        ([], None),
    ],
)
def test_best_date_fills_most_seats_by_their_own_holders(results, winner):
    found = best(results)
    assert (found.option_id if found else None) == winner


def test_date_with_a_quorum_goes_before_one_without():
    assert best([result(1, 6, quorum=7), result(2, 7, quorum=7, substitutes=7, yes=1)]).option_id == 2


def test_loss_names_what_becomes_empty():
    lost = loss(result(1, 6, quorum=7), result(2, 8, quorum=7))
    assert (lost.fewer, [one.seat_id for one in lost.empty], lost.quorum) == (2, [6, 7], True)
    assert loss(result(2, 8), result(2, 8)) == type(lost)(0, (), quorum=False, more_substitutes=0, fewer_yes=0)


# ---------------------------------------------------------------- steps


@pytest.mark.parametrize(
    ("may", "states"),
    [
        (may_open, "draft"),
        (may_decide, "open closed"),
        (may_close, "open"),
        (may_reopen, "open closed without_result"),
    ],
)
def test_steps_are_lawful_in_these_states_alone(may, states):
    assert [state.value for state in State if may(state) is None] == states.split()


@pytest.mark.parametrize(
    ("state", "days", "words"),
    [
        (State.OPEN, 0, None),
        (State.OPEN, -5, None),
        (State.OPEN, 1, "Svarstiden är ute"),
        (State.CLOSED, 0, "Svarstiden är ute"),
        (State.DECIDED, 0, "Datumet är valt"),
        (State.WITHOUT_RESULT, 0, "Inget av datumen"),
        (State.DRAFT, 0, "inte skickad"),
    ],
)
def test_answers_are_taken_while_it_is_open_the_last_day_included(state, days, words):
    problem = may_vote(state, date(2027, 1, 20), date(2027, 1, 20) + timedelta(days=days))
    assert (problem is None) if words is None else words in str(problem)


def test_small_matchings_agree_with_all_orders():
    """The order in which seats are listed changes who sits where, never how many."""
    seats = [seat(1, [10], [20, 21]), seat(2, [11], [20]), seat(3, [12], [21, 22])]
    answers = {20: YES, 21: IF_NEEDED, 22: YES}
    assert {cover(list(order), answers).covered for order in permutations(seats)} == {3}
