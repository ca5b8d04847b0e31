"""Who fills which seat at each item of a meeting, and whether that makes a quorum (spec product.md M13, domain.md §1).

Items are named by their place on the agenda, from 0; a meeting without an agenda counts as one item. Pure. Not here:
where seats and marks come from (``attendance``), how it is said on a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scheduler.errors import Problem
from scheduler.i18n import mark


class Status(StrEnum):
    """How one took part."""

    PRESENT = "present"
    REMOTE = "remote"
    #: Absent, and said so beforehand.
    NOTIFIED = "notified"
    ABSENT = "absent"


THERE = frozenset({Status.PRESENT, Status.REMOTE})
#: Kinds of seats that count; co-opted, secretaries and observers may speak and never count, nor do guests.
COUNTED_KINDS = frozenset({"ordinary", "owner", "financier"})


@dataclass(frozen=True)
class Part:
    """The items from ``first`` to ``last``, both included; ``last`` None: to the end."""

    first: int = 0
    last: int | None = None

    def __contains__(self, item: int) -> bool:
        """Whether the part covers an item."""
        return self.first <= item and (self.last is None or item <= self.last)

    def overlaps(self, other: Part) -> bool:
        """Whether some item is in both."""
        ends = [part.last for part in (self, other) if part.last is not None]
        return not ends or max(self.first, other.first) <= min(ends)


WHOLE = Part()


@dataclass(frozen=True)
class DaySeat:
    """A seat that counts, on the day of the meeting, with who holds it."""

    seat_id: int
    #: None: vacant, or held by somebody who already has another seat at the meeting.
    holder_id: int | None


@dataclass(frozen=True)
class Serves:
    """A substitute acting for a seat."""

    seat_id: int
    part: Part = WHOLE


@dataclass(frozen=True)
class Taking:
    """How one person took part."""

    person_id: int
    status: Status
    part: Part = WHOLE
    serves: tuple[Serves, ...] = ()
    #: Items they left for a conflict of interest.
    recused: frozenset[int] = frozenset()

    def is_there(self, item: int) -> bool:
        """Whether they take part in an item."""
        return self.status in THERE and item in self.part and item not in self.recused


@dataclass(frozen=True)
class Quorum:
    """What a forum requires: ``none``, ``number`` (with ``number``) or ``more_than_half`` of its seats."""

    rule: str = "none"
    number: int | None = None

    def needed(self, seats: int) -> int | None:
        """How many of ``seats`` must be filled; None where nothing is required."""
        if self.rule == "more_than_half":
            return seats // 2 + 1 if seats else None
        return self.number if self.rule == "number" else None


@dataclass(frozen=True)
class Filled:
    """How many seats are filled at an item, by whom."""

    holders: int
    substitutes: int

    @property
    def seats(self) -> int:
        """All of them."""
        return self.holders + self.substitutes


def filling(seats: Sequence[DaySeat], takings: Iterable[Taking], item: int) -> dict[int, int]:
    """Place in ``seats`` → the person who fills that seat at an item; nobody fills two, a holder goes first."""
    there = {taking.person_id: taking for taking in takings if taking.is_there(item)}
    found: dict[int, int] = {}
    free = dict(there)
    for n, seat in enumerate(seats):
        if seat.holder_id in free:
            found[n] = free.pop(seat.holder_id).person_id
    for n, seat in enumerate(seats):
        if n in found:
            continue
        for taking in free.values():
            if any(served.seat_id == seat.seat_id and item in served.part for served in taking.serves):
                found[n] = free.pop(taking.person_id).person_id
                break
    return found


def filled_at(seats: Sequence[DaySeat], takings: Iterable[Taking], item: int) -> Filled:
    """How many seats are filled at an item."""
    found = filling(seats, takings, item)
    holders = sum(seats[n].holder_id == person_id for n, person_id in found.items())
    return Filled(holders, len(found) - holders)


@dataclass(frozen=True)
class Count:
    """The attendance of a meeting in figures."""

    #: How many seats count, vacant ones too.
    seats: int
    #: At the item where most seats are filled.
    best: Filled
    #: Seats filled at each item.
    by_item: tuple[int, ...]
    #: How many must be; None where the forum requires none.
    needed: int | None
    #: Held seats nobody has marked yet.
    unmarked: int

    @property
    def lacking(self) -> tuple[int, ...]:
        """Items without a quorum."""
        return () if self.needed is None else tuple(n for n, filled in enumerate(self.by_item) if filled < self.needed)

    @property
    def quorate(self) -> bool | None:
        """Whether there was a quorum at some item; None where none is required."""
        return None if self.needed is None else len(self.lacking) < len(self.by_item)


def count(seats: Sequence[DaySeat], takings: Sequence[Taking], quorum: Quorum, items: int) -> Count:
    """The figures of a meeting with ``items`` on its agenda."""
    filled = [filled_at(seats, takings, item) for item in range(max(1, items))]
    marked = {taking.person_id for taking in takings}
    served = {served.seat_id for taking in takings if taking.status in THERE for served in taking.serves}
    return Count(
        seats=len(seats),
        best=max(filled, key=lambda found: found.seats),
        by_item=tuple(found.seats for found in filled),
        needed=quorum.needed(len(seats)),
        unmarked=sum(
            seat.holder_id is not None and seat.holder_id not in marked and seat.seat_id not in served
            for seat in seats
        ),
    )  # fmt: skip


def serving_problem(takings: Iterable[Taking], person_id: int, wanted: Serves) -> Problem | None:
    """Why a substitute cannot serve as ``wanted``, None when they can (product.md, invariant 2).

    ``takings`` are those of the meeting without what ``wanted`` replaces.
    """
    for taking in takings:
        for served in taking.serves:
            if not served.part.overlaps(wanted.part):
                continue
            if taking.person_id == person_id and served.seat_id != wanted.seat_id:
                return Problem("substitute", mark("Tjänstgör redan på en annan plats"))
            if taking.person_id != person_id and served.seat_id == wanted.seat_id:
                return Problem("substitute", mark("En annan ersättare tjänstgör redan på platsen"))
    return None
