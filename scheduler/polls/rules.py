"""Which date covers most seats: who may sit where, the largest matching, what is lost with another date. Pure.

A seat is covered by one of its holders, or by one substitute who may serve in their place; a substitute covers one
seat at a time (invariant 2). Silence is not a yes. Not here: reading seats and answers (``queries``), words on pages.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from scheduler.errors import Problem
from scheduler.i18n import mark


class State(StrEnum):
    """Where a poll is in its life (product.md "States")."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    DECIDED = "decided"
    WITHOUT_RESULT = "without_result"


class Answer(StrEnum):
    """What somebody says of a date."""

    YES = "yes"
    IF_NEEDED = "if_needed"
    NO = "no"


#: States in which nothing is chosen yet: the dates stand in calendars, and one of them may be chosen.
UNDECIDED = frozenset({State.OPEN, State.CLOSED})
#: Answers that let somebody be there.
_COMES = frozenset({Answer.YES, Answer.IF_NEEDED})

_DECIDED = mark("Datumet är redan valt.")
_DRAFT = mark("Datumförfrågan är inte skickad än.")
_OVER = mark("Datumförfrågan är avslutad utan resultat.")


# ---------------------------------------------------------------- steps


def may_open(state: str) -> Problem | None:
    """The refusal to send a poll to those it asks, None when it may be sent."""
    return None if state == State.DRAFT else Problem(None, mark("Datumförfrågan är redan skickad."))


def may_decide(state: str) -> Problem | None:
    """The refusal to choose one of the dates, None when one may be chosen."""
    if state in UNDECIDED:
        return None
    return Problem(None, {State.DRAFT: _DRAFT, State.DECIDED: _DECIDED}.get(State(state), _OVER))


def may_close(state: str) -> Problem | None:
    """The refusal to take no more answers, None when that may be said."""
    if state == State.OPEN:
        return None
    known = {State.DRAFT: _DRAFT, State.DECIDED: _DECIDED, State.CLOSED: mark("Datumförfrågan är redan stängd.")}
    return Problem(None, known.get(State(state), _OVER))


def may_reopen(state: str) -> Problem | None:
    """The refusal to take answers again, None when that may be done; an open one gets another last day by it."""
    if state in {State.OPEN, State.CLOSED, State.WITHOUT_RESULT}:
        return None
    return Problem(None, _DRAFT if state == State.DRAFT else _DECIDED)


def may_vote(state: str, answer_by_on: date, today: date) -> Problem | None:
    """The refusal to take an answer on the local day ``today``, None while one is taken: the last day is included."""
    if state == State.DECIDED:
        return Problem(None, mark("Datumet är valt. Det går inte att ändra svaret längre."))
    if state == State.WITHOUT_RESULT:
        return Problem(None, mark("Inget av datumen blev valt. Du behöver inte svara."))
    if state == State.DRAFT:
        return Problem(None, _DRAFT)
    if state == State.CLOSED or today > answer_by_on:
        return Problem(None, mark("Svarstiden är ute. Hör av dig till sekretariatet om ditt svar har ändrats."))
    return None


# ---------------------------------------------------------------- coverage


@dataclass(frozen=True)
class PollSeatFacts:
    """An ordinary seat on the day of a date, and who may fill it."""

    seat_id: int
    #: Whom it is for, in a word: its organisation, its label.
    name: str
    #: The people on it; none: it is vacant.
    holders: tuple[int, ...]
    #: The people who may serve in their place, in the order they are called in.
    substitutes: tuple[int, ...] = ()
    required: bool = False


@dataclass(frozen=True)
class Coverage:
    """How the seats are filled on one date."""

    #: Seat → who fills it.
    by_holder: Mapping[int, int]
    by_substitute: Mapping[int, int]
    #: The seats nobody fills, in order.
    empty: tuple[PollSeatFacts, ...]

    @property
    def covered(self) -> int:
        """How many seats are filled."""
        return len(self.by_holder) + len(self.by_substitute)

    @property
    def required_empty(self) -> tuple[PollSeatFacts, ...]:
        """The required seats nobody fills."""
        return tuple(seat for seat in self.empty if seat.required)


def cover(seats: Sequence[PollSeatFacts], answers: Mapping[int, Answer]) -> Coverage:
    """The most seats that can be filled by those who say they come (``answers``: person → answer).

    Nobody fills two seats. Required seats are never left empty for the sake of others; within that as many as can be
    are filled, by holders before substitutes, and by those called in first where it makes no difference.
    """
    coming = {person for person, answer in answers.items() if answer in _COMES}
    sure = {person for person, answer in answers.items() if answer is Answer.YES}
    wishes = {
        seat.seat_id: list(dict.fromkeys([*_sure_first(seat.holders, coming, sure),
                                          *(person for person in seat.substitutes if person in coming)]))
        for seat in seats
    }  # fmt: skip
    # A seat once filled stays filled while others are added, so those that come first are never left out for later
    # ones; and seats whose own holder comes are filled by them to begin with.
    order = sorted(seats, key=lambda seat: (not seat.required, not set(seat.holders) & coming))
    sits: dict[int, int] = {}  # person → seat
    for seat in order:
        _seat_somebody(seat.seat_id, wishes, sits, set())
    at = {seat_id: person for person, seat_id in sits.items()}
    _prefer_holders(seats, at, coming)
    holders = {seat.seat_id: set(seat.holders) for seat in seats}
    return Coverage(
        by_holder={seat_id: person for seat_id, person in at.items() if person in holders[seat_id]},
        by_substitute={seat_id: person for seat_id, person in at.items() if person not in holders[seat_id]},
        empty=tuple(seat for seat in seats if seat.seat_id not in at),
    )


def _sure_first(holders: Iterable[int], coming: Collection[int], sure: Collection[int]) -> list[int]:
    return sorted((person for person in holders if person in coming), key=lambda person: person not in sure)


def _seat_somebody(seat_id: int, wishes: Mapping[int, list[int]], sits: dict[int, int], asked: set[int]) -> bool:
    """Fills a seat, letting others move where that frees somebody for it (an augmenting path)."""
    for person in wishes[seat_id]:
        if person not in sits:
            sits[person] = seat_id
            return True
    for person in wishes[seat_id]:
        if person in asked:
            continue
        asked.add(person)
        if _seat_somebody(sits[person], wishes, sits, asked):
            sits[person] = seat_id
            return True
    return False


def _prefer_holders(seats: Sequence[PollSeatFacts], at: dict[int, int], coming: Collection[int]) -> None:
    """Gives a seat back to a holder who comes and sits nowhere; no seat becomes empty by it."""
    for seat in seats:
        if seat.seat_id not in at or at[seat.seat_id] in seat.holders:
            continue
        taken = set(at.values())
        free = next((person for person in seat.holders if person in coming and person not in taken), None)
        if free is not None:
            at[seat.seat_id] = free


# ---------------------------------------------------------------- the dates beside each other


@dataclass(frozen=True)
class OptionResult:
    """What a date gives."""

    option_id: int
    start_at: datetime
    coverage: Coverage
    seats: int
    #: How many seats must be filled for a quorum; None: none is asked for.
    quorum: int | None
    #: Answer → how many of those asked; None: how many have said nothing of this date.
    counts: Mapping[Answer | None, int]

    @property
    def is_quorate(self) -> bool:
        """Whether there would be a quorum; true where none is asked for."""
        return self.quorum is None or self.coverage.covered >= self.quorum

    @property
    def rank(self) -> tuple[object, ...]:
        """Sorts the best date first: required seats, quorum, seats, own holders, plain yes, the earliest."""
        return (
            len(self.coverage.required_empty),
            not self.is_quorate,
            -self.coverage.covered,
            len(self.coverage.by_substitute),
            -self.counts.get(Answer.YES, 0),
            self.counts.get(Answer.NO, 0),
            self.start_at,
            self.option_id,
        )


def best(results: Iterable[OptionResult]) -> OptionResult | None:
    """The date that fills most seats; None while nobody has said yes to any, or there are none."""
    found = sorted(results, key=lambda result: result.rank)
    if not found or not any(result.counts.get(answer, 0) for result in found for answer in _COMES):
        return None
    return found[0]


@dataclass(frozen=True)
class Loss:
    """What is lost with a date against the best one."""

    #: How many seats fewer are filled; 0 or more.
    fewer: int
    #: The seats that the best date fills and this one does not.
    empty: tuple[PollSeatFacts, ...]
    #: It has no quorum, and the best one has.
    quorum: bool
    #: How many more seats are filled by substitutes.
    more_substitutes: int
    #: How many fewer say a plain yes, where no seats tell the dates apart.
    fewer_yes: int


def loss(result: OptionResult, against: OptionResult) -> Loss:
    """What one loses by choosing ``result`` and not ``against``, which is the best."""
    filled = {*against.coverage.by_holder, *against.coverage.by_substitute}
    return Loss(
        fewer=max(0, against.coverage.covered - result.coverage.covered),
        empty=tuple(seat for seat in result.coverage.empty if seat.seat_id in filled),
        quorum=against.is_quorate and not result.is_quorate,
        more_substitutes=max(0, len(result.coverage.by_substitute) - len(against.coverage.by_substitute)),
        fewer_yes=max(0, against.counts.get(Answer.YES, 0) - result.counts.get(Answer.YES, 0)),
    )
