"""Who is asked in a seat's place, why others are passed over, and when a seat is covered: as tables and properties."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.meetings.reply_rules import UNANSWERED, Answer, Standing
from scheduler.meetings.substitute_rules import (
    LIVE,
    Asked,
    CallState,
    Candidate,
    Cover,
    Line,
    choosable,
    count_covered,
    cover_of,
    line_of,
    state_after,
)

YES, NO, MAYBE = Standing(Answer.YES), Standing(Answer.NO), Standing(Answer.MAYBE)
REMOTE, AWAY = Standing(Answer.REMOTE), Standing(Answer.NO, is_away=True)
ANNA, BO, CARL = (Candidate(n, name, seat_id=100 + n) for n, name in enumerate(("Anna", "Bo", "Carl"), 1))
SEAT, OTHER = 1, 2


def asked(person: Candidate, state: str, seat: int = SEAT) -> Asked:
    return Asked(seat, person.person_id, CallState(state))


def names(line: Line) -> tuple[list[str], dict[str, str]]:
    return [one.name for one in line.free], {one.name: why.value for one, why in line.skipped}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"is_called": False}, "not_called"),
        ({"has_own_seat": True}, "own_seat"),
        ({"standing": AWAY}, "away"),
        ({"standing": NO}, "said_no"),
        # Silence, "maybe" and a yes for information's sake keep nobody from being asked.
        ({"standing": UNANSWERED}, None),
        ({"standing": MAYBE}, None),
        ({"standing": YES}, None),
    ],
)
def test_substitute_is_asked_or_passed_over_for_a_reason(changed, reason):
    free, skipped = names(line_of(SEAT, [replace(ANNA, **changed), BO], []))
    assert free == (["Anna", "Bo"] if reason is None else ["Bo"])
    assert skipped == ({} if reason is None else {"Anna": reason})


@pytest.mark.parametrize(
    ("calls", "free", "skipped"),
    [
        ([asked(ANNA, "waiting")], ["Bo"], {}),
        ([asked(ANNA, "accepted")], ["Bo"], {}),
        ([asked(ANNA, "declined")], ["Bo"], {}),
        ([asked(ANNA, "expired")], ["Bo"], {"Anna": "no_answer"}),
        ([asked(ANNA, "withdrawn")], ["Anna", "Bo"], {}),
        ([asked(ANNA, "waiting", OTHER)], ["Bo"], {"Anna": "asked_elsewhere"}),
        ([asked(ANNA, "accepted", OTHER)], ["Bo"], {"Anna": "serves_elsewhere"}),
        ([asked(ANNA, "withdrawn", OTHER)], ["Anna", "Bo"], {}),
        ([asked(ANNA, "declined"), asked(BO, "expired")], [], {"Bo": "no_answer"}),
    ],
)
def test_line_goes_on_from_what_was_asked(calls, free, skipped):
    assert names(line_of(SEAT, [ANNA, BO], calls)) == (free, skipped)


@pytest.mark.parametrize(
    ("standing", "live", "left", "cover"),
    [
        (YES, None, True, "holder"),
        (REMOTE, CallState.ACCEPTED, True, "holder"),
        (NO, None, True, "open"),
        (NO, None, False, "empty"),
        (AWAY, None, True, "open"),
        (None, None, True, "open"),
        (NO, CallState.WAITING, True, "asked"),
        (NO, CallState.ACCEPTED, False, "substitute"),
        (None, CallState.ACCEPTED, False, "substitute"),
        # Silence is no "no".
        (UNANSWERED, None, True, "unanswered"),
        (MAYBE, None, False, "unanswered"),
    ],
)
def test_seat_stands_as_its_holder_and_its_substitute_answer(standing, live, left, cover):
    assert cover_of(standing, live, anybody_left=left) is Cover(cover)


@pytest.mark.parametrize(
    ("state", "answer", "after"),
    [
        ("waiting", "yes", "accepted"),
        ("waiting", "remote", "accepted"),
        ("waiting", "no", "declined"),
        ("waiting", "maybe", "waiting"),
        ("accepted", "no", "declined"),
        ("accepted", "maybe", "accepted"),
        ("expired", "yes", "accepted"),
        ("withdrawn", "yes", "withdrawn"),
        ("declined", "yes", "declined"),
    ],
)
def test_answer_moves_a_call(state, answer, after):
    assert state_after(CallState(state), Answer(answer)) is CallState(after)


@pytest.mark.parametrize(
    ("personal", "own", "decided", "may"),
    [
        ((), (), False, ["Anna", "Bo", "Carl"]),
        ((102,), (), False, ["Bo"]),
        ((), (101, 103), False, ["Anna", "Carl"]),
        ((103,), (101,), False, ["Anna", "Carl"]),
        # A decided order leaves nothing to choose.
        ((103,), (102,), True, ["Anna"]),
        ((999,), (), False, ["Anna", "Bo", "Carl"]),
    ],
)
def test_holder_sends_somebody_near_unless_the_order_is_decided(personal, own, decided, may):
    line = Line((ANNA, BO, CARL))
    assert [one.name for one in choosable(line, personal=personal, own_list=own, decided=decided)] == may


def test_seats_covered_are_counted_with_those_by_substitutes():
    covers = dict(enumerate([Cover.HOLDER, Cover.HOLDER, Cover.SUBSTITUTE, Cover.ASKED, Cover.OPEN, Cover.UNANSWERED]))
    assert count_covered(covers) == (3, 1)


# ---------------------------------------------------------------- properties

PEOPLE = st.integers(1, 6)
CANDIDATES = st.lists(
    st.builds(
        Candidate,
        person_id=PEOPLE,
        name=st.just(""),
        seat_id=PEOPLE,
        is_called=st.booleans(),
        has_own_seat=st.booleans(),
        standing=st.sampled_from([UNANSWERED, YES, NO, AWAY, MAYBE]),
    ),
    unique_by=lambda one: one.person_id,
)
CALLS = st.lists(st.builds(Asked, st.integers(1, 3), PEOPLE, st.sampled_from(list(CallState))))


@given(CANDIDATES, CALLS)
def test_nobody_who_is_asked_or_serves_is_ever_next(candidates, calls):
    line = line_of(SEAT, candidates, calls)
    busy = {call.person_id for call in calls if call.state in LIVE}
    assert not busy & {one.person_id for one in line.free}


@given(CANDIDATES, CALLS)
def test_order_of_the_line_is_that_of_the_candidates_and_nobody_stands_twice(candidates, calls):
    line = line_of(SEAT, candidates, calls)
    places = [candidates.index(one) for one in line.free]
    assert places == sorted(places)
    shown = [one.person_id for one in line.free] + [one.person_id for one, _why in line.skipped]
    assert len(shown) == len(set(shown))
    gone = {one.person_id for one in candidates} - set(shown)
    assert gone <= {call.person_id for call in calls if call.seat_id == SEAT}


@given(CANDIDATES, CALLS)
def test_whoever_says_no_ends_the_line_and_it_always_ends(candidates, calls):
    """Asking the next until nobody is left asks each at most once."""
    asked_now: list[int] = []
    calls = [call for call in calls if call.seat_id != SEAT]
    while (following := line_of(SEAT, candidates, calls).next) is not None:
        assert following.person_id not in asked_now
        asked_now.append(following.person_id)
        calls.append(Asked(SEAT, following.person_id, CallState.DECLINED))
    assert len(asked_now) <= len(candidates)
