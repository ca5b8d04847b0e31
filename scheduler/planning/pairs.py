"""The cheapest years of two linked forums together, by dynamic programming over pairs of days.

Only pairs that the link allows are kept, so that it is a narrow band along the days. Not here: what a day costs.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: Beyond every cost a year can have, and small enough that sums of a few keep their units.
FAR = float(1 << 40)


class Chain(Protocol):
    """What is known of one forum's years: gaps by day and day before, ends, counts."""

    least: int
    most: int
    days: int
    first: Floats
    end: Floats
    whole: list[float]

    def gaps(self, k: int) -> Floats:
        """Day, day before → points of the gap before meeting ``k``; FAR when it cannot be."""

    def cost(self, k: int, day_cost: Floats) -> Floats:
        """What meeting ``k`` costs on each day."""


def _tails(chain: Chain, costs: list[Floats]) -> tuple[list[Floats], list[NDArray[np.int64]]]:
    """Index, day → points of all that follows a meeting there, and the day of the next (-1: it is the last)."""
    points: list[Floats] = [np.zeros(0)] * chain.most
    following: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)] * chain.most
    for k in range(chain.most - 1, -1, -1):
        found = chain.end + chain.whole[k + 1] if k + 1 >= chain.least else np.full(chain.days, FAR)
        to = np.full(chain.days, -1, dtype=np.int64)
        if k + 1 < chain.most:
            step = chain.gaps(k + 1).T + (costs[k + 1] + points[k + 1])[None, :]
            chosen = step.argmin(axis=1)
            later = step[np.arange(chain.days), chosen]
            to = np.where(later < found, chosen, to)
            found = np.minimum(found, later)
        points[k], following[k] = np.minimum(found, FAR), to
    return points, following


def cheapest_pair(
    one: Chain, other: Chain, costs: tuple[Floats, Floats], ordinals: NDArray[np.int64], least: int, most: int
) -> tuple[float, list[int], list[int]]:
    """Points and days of both years, the k-th of ``other`` ``least`` to ``most`` days after that of ``one``.

    Both have one meeting at least. FAR when they have no years together.
    """
    days, both = one.days, min(one.most, other.most)
    if not days or both < 1:
        return FAR, [], []
    mine = [one.cost(k, costs[0]) for k in range(one.most)]
    theirs = [other.cost(k, costs[1]) for k in range(other.most)]
    low = np.searchsorted(ordinals, ordinals + least)
    width = max(1, int((np.searchsorted(ordinals, ordinals + most, side="right") - low).max()))
    band = low[:, None] + np.arange(width)
    inside = band < days
    band = np.minimum(band, days - 1)
    after = ordinals[band] - ordinals[:, None]
    allowed = np.where(inside & (after >= least) & (after <= most), 0.0, FAR)
    tail_one, next_one = _tails(one, mine)
    tail_other, next_other = _tails(other, theirs)
    total = allowed + (one.first + mine[0])[:, None] + (other.first + theirs[0])[band]
    best: tuple[float, Any] = (FAR, None)
    trace: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    for k in range(both):
        if k:
            total, back = _step(total, band, one.gaps(k), other.gaps(k), days)
            total += allowed + mine[k][:, None] + theirs[k][band]
            trace.append(back)
        ends_one = one.end + one.whole[k + 1] if k + 1 >= one.least else np.full(days, FAR)
        ends_other = other.end + other.whole[k + 1] if k + 1 >= other.least else np.full(days, FAR)
        for finish, is_one_last in (
            (total + ends_one[:, None] + tail_other[k][band], True),
            (total + tail_one[k][:, None] + ends_other[band], False),
        ):
            at = int(finish.argmin())
            a, j = divmod(at, width)
            if finish[a, j] < best[0]:
                best = (float(finish[a, j]), (k, a, j, is_one_last))
    if best[1] is None:
        return FAR, [], []
    k, a, j, is_one_last = best[1]
    b = int(band[a, j])
    rest_one = [] if is_one_last else _follow(next_one, k, a)
    rest_other = _follow(next_other, k, b) if is_one_last else []
    days_one, days_other = [a], [b]
    for from_a, from_b in reversed(trace[:k]):
        b_before = int(from_b[a, j])
        a = int(from_a[a, b_before])
        j = int(b_before - low[a])
        days_one.append(a)
        days_other.append(b_before)
    return best[0], [*days_one[::-1], *rest_one], [*days_other[::-1], *rest_other]


def _step(
    total: Floats, band: NDArray[np.int64], gaps_one: Floats, gaps_other: Floats, days: int
) -> tuple[Floats, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """From pairs of meetings to the pairs that follow: first the day of one, then that of the other."""
    pairs = np.full((days, days), FAR)  # day of one before, day of other before
    np.minimum.at(pairs, (np.arange(days)[:, None], band), total)
    middle = np.full((days, days), FAR)  # day of one, day of other before
    from_a = np.zeros((days, days), dtype=np.int64)
    for b in np.flatnonzero((pairs < FAR).any(axis=0)):
        near = np.flatnonzero(pairs[:, b] < FAR)
        step = gaps_one[:, near] + pairs[near, b]
        chosen = step.argmin(axis=1)
        middle[:, b] = step[np.arange(days), chosen]
        from_a[:, b] = near[chosen]
    found = np.full(total.shape, FAR)
    from_b = np.zeros(total.shape, dtype=np.int64)
    for j in range(total.shape[1]):
        step = middle + gaps_other[band[:, j]]
        chosen = step.argmin(axis=1)
        found[:, j] = step[np.arange(days), chosen]
        from_b[:, j] = chosen
    return np.minimum(found, FAR), (from_a, from_b)


def _follow(following: list[NDArray[np.int64]], k: int, day: int) -> list[int]:
    found = []
    while (day := int(following[k][day])) >= 0:
        found.append(day)
        k += 1
    return found
