"""Who is asked to serve on a seat whose holder cannot come, why others are passed over, and when a seat is covered.

Pure. Silence is no "no": nobody is asked in the place of somebody who has not answered, and a substitute who does not
answer goes on being asked until the secretariat passes on. Not here: storing a call (``substitutes``), the order in
which substitutes are called in (``forums.rules.calling_order``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scheduler.meetings.reply_rules import UNANSWERED, Answer, Standing

#: The answers of somebody who takes part.
COMING = frozenset({Answer.YES, Answer.REMOTE})


class CallState(StrEnum):
    """Where the call of one substitute to one seat stands."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    #: The secretariat passed on without an answer.
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


#: A call that stands: of a seat, and of a substitute in a meeting, there is one at most.
LIVE = frozenset({CallState.WAITING, CallState.ACCEPTED})


class Skip(StrEnum):
    """Why a substitute is passed over."""

    NOT_CALLED = "not_called"
    OWN_SEAT = "own_seat"
    AWAY = "away"
    SAID_NO = "said_no"
    SERVES_ELSEWHERE = "serves_elsewhere"
    ASKED_ELSEWHERE = "asked_elsewhere"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True)
class Candidate:
    """A substitute of a seat, in the order they are called in."""

    person_id: int
    #: As shown.
    name: str
    #: The substitute's own seat.
    seat_id: int
    organisation_name: str | None = None
    #: On the list of the meeting and not withdrawn.
    is_called: bool = True
    #: On the list for a seat of their own, not as a substitute.
    has_own_seat: bool = False
    standing: Standing = UNANSWERED


@dataclass(frozen=True)
class Asked:
    """A call as far as it decides who comes next."""

    seat_id: int
    person_id: int
    state: CallState


@dataclass(frozen=True)
class Line:
    """Who may be asked for a seat, the next first, and who is passed over and why."""

    free: tuple[Candidate, ...] = ()
    skipped: tuple[tuple[Candidate, Skip], ...] = ()

    @property
    def next(self) -> Candidate | None:
        """Who comes next; None: the list has ended."""
        return self.free[0] if self.free else None


def line_of(seat_id: int, candidates: Iterable[Candidate], calls: Sequence[Asked]) -> Line:
    """The line of a seat; ``candidates`` in the order they are called in, ``calls`` all those of the meeting.

    Whoever is asked for this seat now, or has answered for it, is in neither list: the chain shows them.
    """
    free, skipped = [], []
    of_seat = {call.person_id: call.state for call in calls if call.seat_id == seat_id}
    elsewhere = {call.person_id: call.state for call in calls if call.seat_id != seat_id and call.state in LIVE}
    for candidate in candidates:
        here = of_seat.get(candidate.person_id)
        if here in LIVE or here is CallState.DECLINED:
            continue
        reason = _why_not(candidate, here, elsewhere.get(candidate.person_id))
        if reason is None:
            free.append(candidate)
        else:
            skipped.append((candidate, reason))
    return Line(tuple(free), tuple(skipped))


def _why_not(candidate: Candidate, here: CallState | None, elsewhere: CallState | None) -> Skip | None:
    """The first reason that speaks against asking; None when nothing does."""
    reasons = (
        (not candidate.is_called, Skip.NOT_CALLED),
        (candidate.has_own_seat, Skip.OWN_SEAT),
        (candidate.standing.is_away, Skip.AWAY),
        (candidate.standing.answer is Answer.NO, Skip.SAID_NO),
        (elsewhere is CallState.ACCEPTED, Skip.SERVES_ELSEWHERE),
        (elsewhere is CallState.WAITING, Skip.ASKED_ELSEWHERE),
        (here is CallState.EXPIRED, Skip.NO_ANSWER),
    )
    return next((reason for applies, reason in reasons if applies), None)


def choosable(line: Line, *, personal: Iterable[int], own_list: Iterable[int], decided: bool) -> tuple[Candidate, ...]:
    """Whom the holder of a seat may send, who says that they cannot come.

    Where the forum has decided an order it is the next in line alone. Else a free personal substitute, and those on
    the seat's own list (group or organisation); where none of these is free, anybody in line. ``personal`` and
    ``own_list`` are seats of substitutes.
    """
    if decided:
        return line.free[:1]
    near = {*personal, *own_list}
    return tuple(one for one in line.free if one.seat_id in near) or line.free


class Cover(StrEnum):
    """How an ordinary seat of a called meeting stands."""

    #: Its holder comes.
    HOLDER = "holder"
    #: A substitute has said yes.
    SUBSTITUTE = "substitute"
    #: A substitute has been asked.
    ASKED = "asked"
    #: Nobody comes, and somebody may be asked.
    OPEN = "open"
    #: Nobody comes, and nobody is left to ask.
    EMPTY = "empty"
    #: Its holder has not answered, or is not sure.
    UNANSWERED = "unanswered"


#: The seats that are covered.
COVERED = frozenset({Cover.HOLDER, Cover.SUBSTITUTE})


def needs_substitute(standing: Standing | None) -> bool:
    """Whether the holder of a seat does not come: says so, is away, or (None) there is none."""
    return standing is None or standing.answer is Answer.NO


def cover_of(standing: Standing | None, live: CallState | None, *, anybody_left: bool) -> Cover:
    """How a seat stands; ``standing`` None: the seat is vacant, ``live``: the state of the call that stands."""
    if standing is not None and standing.answer in COMING:
        return Cover.HOLDER
    if live is CallState.ACCEPTED:
        return Cover.SUBSTITUTE
    if live is CallState.WAITING:
        return Cover.ASKED
    if not needs_substitute(standing):
        return Cover.UNANSWERED
    return Cover.OPEN if anybody_left else Cover.EMPTY


def state_after(state: CallState, answer: Answer) -> CallState:
    """The state of a substitute's call once they have answered; "maybe" leaves it as it is."""
    if state not in LIVE | {CallState.EXPIRED}:
        return state
    if answer in COMING:
        return CallState.ACCEPTED
    return CallState.DECLINED if answer is Answer.NO else state


def count_covered(covers: Mapping[int, Cover]) -> tuple[int, int]:
    """How many seats are covered, and how many of these by a substitute."""
    found = list(covers.values())
    return sum(cover in COVERED for cover in found), sum(cover is Cover.SUBSTITUTE for cover in found)
