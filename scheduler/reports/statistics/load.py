"""How the meetings of a year spread over people. Pure. Not here: whose meetings they are, one person's figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Range:
    """From ``first`` to ``last`` meetings, both included; ``last`` None: and more."""

    first: int
    last: int | None

    def __contains__(self, count: int) -> bool:
        """Whether a count lies in it."""
        return self.first <= count and (self.last is None or count <= self.last)


#: The ranges people are counted in: a meeting a quarter, a month, a week …
RANGES = (Range(1, 4), Range(5, 12), Range(13, 24), Range(25, 52), Range(53, None))


def spread(counts: Iterable[int]) -> list[int]:
    """How many of ``counts``, each at least 1, lie in each of ``RANGES``."""
    found = [0] * len(RANGES)
    for count in counts:
        found[next(n for n, one in enumerate(RANGES) if count in one)] += 1
    return found


def middle(counts: Sequence[int]) -> int:
    """The count that at least half of ``counts`` reach, the greatest such; there is at least one count."""
    ordered = sorted(counts, reverse=True)
    return ordered[(len(ordered) - 1) // 2]
