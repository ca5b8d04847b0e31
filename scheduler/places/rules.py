"""What a place and a blocked period may be, whom a blocked period concerns, rooms under their place. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, Protocol, TypeVar

from scheduler.organisations.rules import Span

#: closed: no working day; break: of schools; holiday; council: other bodies meet; travel, away: of a person.
BLOCKED_KINDS = ("closed", "break", "holiday", "council", "travel", "away")

Scope = Literal["all", "organisation", "person", "place"]


@dataclass(frozen=True, slots=True)
class Blocked:
    """Days (both included), or a part of a day, on which nobody or somebody cannot meet."""

    id: int
    scope: Scope
    #: The organisation, person or place; None for all.
    scope_id: int | None
    from_on: date
    to_on: date
    #: Both set for a part of a day.
    from_at: datetime | None
    to_at: datetime | None
    kind: str
    name: str
    #: A hard one forbids; a soft one warns.
    hard: bool

    def touches(self, spans: Iterable[tuple[date, date]]) -> bool:
        """Whether it shares a day with any of ``spans`` (from, to; both included)."""
        own = Span(self.from_on, self.to_on)
        return any(own.overlaps(Span(*span)) for span in spans)


def days_of(from_on: date, to_on: date) -> list[date]:
    """Each day of a span, both ends included."""
    return [from_on + timedelta(days=n) for n in range((to_on - from_on).days + 1)]


class InTree(Protocol):
    """What may stand under another of its kind."""

    @property
    def id(self) -> int:
        """Its own number."""

    @property
    def part_of_id(self) -> int | None:
        """The number of what it stands under."""


Node = TypeVar("Node", bound=InTree)


def nested(places: Sequence[Node]) -> list[tuple[Node, int]]:
    """``places`` in their order with each one's parts right after it, and how deep each stands.

    What stands under something that is not among them is at the top.
    """
    among = {place.id for place in places}
    under: dict[int | None, list[Node]] = {}
    for place in places:
        under.setdefault(place.part_of_id if place.part_of_id in among else None, []).append(place)

    def walk(above: int | None, depth: int) -> Iterator[tuple[Node, int]]:
        for place in under.get(above, ()):
            yield place, depth
            yield from walk(place.id, depth + 1)

    return list(walk(None, 0))
