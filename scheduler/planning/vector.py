"""The kernel without a compiler: its slowest functions over again, as operations on whole arrays.

``plain`` gives the kernel with these in place of theirs. They must give the same numbers to the last one, ties
included; a test compares them. Not here: the functions that are quick enough as they are (``kernel``).
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scheduler.planning import kernel
from scheduler.planning.flat import Ints
from scheduler.planning.state import State
from scheduler.planning.tables import (
    CELL0,
    DAYS,
    DURATION,
    EXTRA,
    FREE_DAYS,
    IDEAL,
    LAST_DATE,
    LOCKS,
    MAX,
    MAX_GAP,
    MIN,
    MIN_GAP,
    NEVER,
    OPEN,
    OPTION0,
    OPTIONS,
    ORDINAL,
    PERSON,
    QUORUM,
    ROOM,
    ROOM0,
    ROOMS,
    SEAT0,
    SEATS,
    SHARED,
    SOFT,
    SPARE,
    START0,
    STARTS,
    TOWN,
    TOWN0,
    TOWNS,
    VACANT,
    W_SPACING,
    WEEKDAY,
    Tables,
)  # fmt: skip


def _busy(at: Ints, busy: Ints, who: int, days: int, begins: Ints, ends: Ints) -> NDArray[np.bool_]:
    """Day, start → whether somebody (or a room) is busy then."""
    from_, to = int(at[who * days]), int(at[(who + 1) * days])
    found = np.zeros((days, len(begins)), dtype=np.bool_)
    if to > from_:
        on = np.repeat(np.arange(days), np.diff(at[who * days : (who + 1) * days + 1]))
        rows = busy[from_:to]
        np.logical_or.at(found, on, (rows[:, :1] < ends) & (begins < rows[:, 1:]))
    return found


def _options(T: Tables, seat: Ints, towns: Ints, begins: Ints, ends: Ints) -> Iterator[tuple[int, Ints]]:
    """Each person who may sit there, and (day, town, start) → points, nobody's other meetings reckoned."""
    days = int(T.number[DAYS])
    for option in T.option[seat[OPTION0] : seat[OPTION0] + seat[OPTIONS]]:
        p = int(option[PERSON])
        points = option[EXTRA] + T.journey[p, towns]
        busy = _busy(T.busy_at, T.busy, p, days, begins, ends)
        yield p, np.where(busy[:, None, :], NEVER, points[None, :, None])


def _greedily(T: Tables, forum: Ints, towns: Ints, begins: Ints, ends: Ints, shape: tuple[int, ...]) -> Ints:
    """(day, town, start) → as ``kernel.assign_any``, alone; -1 where it is left to that: two want the same one."""
    total, filled = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    clash, never = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    used: dict[int, NDArray[np.bool_]] = {}
    for seat in T.seat[forum[SEAT0] : forum[SEAT0] + forum[SEATS]]:
        best, free = np.full(shape, NEVER, dtype=np.int64), np.full(shape, NEVER, dtype=np.int64)
        who = np.full(shape, -1, dtype=np.int64)
        for p, points in _options(T, seat, towns, begins, ends):
            np.minimum(best, points, out=best)
            is_better = points < free
            if p in used:
                is_better &= ~used[p]
            free = np.where(is_better, points, free)
            who[is_better] = p
        is_filled = (best <= seat[VACANT]) & (best < NEVER)
        clash |= is_filled & (free > best)
        if seat[VACANT] >= NEVER:
            never |= ~is_filled
        total += np.where(is_filled, best, seat[VACANT] if seat[VACANT] < NEVER else 0)
        filled += is_filled
        for p in np.unique(who[is_filled]).tolist():
            taken = is_filled & (who == p)
            used[p] = used[p] | taken if p in used else taken
    total[clash | (filled < forum[QUORUM])] = -1
    total[never] = NEVER
    return total


def fill_cells(T: Tables, S: State, f: int) -> None:
    """As ``kernel.fill_cells``."""
    forum = T.forum[f]
    if not forum[STARTS] or not forum[TOWNS]:
        kernel.fill_cells(T, S, f)
        return
    days, towns, starts = int(T.number[DAYS]), int(forum[TOWNS]), int(forum[STARTS])
    rows = T.start[forum[START0] : forum[START0] + starts]
    begins, ends = rows[:, 0], rows[:, 0] + forum[DURATION]
    on_day = T.weekday[f, T.day[:days, WEEKDAY]] + T.day[:days, SOFT]
    is_open = (T.day[:days, OPEN] != 0) & (on_day < NEVER)
    shape = (days, towns, starts)
    cell = np.zeros(shape, dtype=np.int64) + on_day[:, None, None] + rows[None, None, :, 1]
    filled, empty = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    room = np.full(shape, NEVER, dtype=np.int64)
    local = T.town[forum[TOWN0] : forum[TOWN0] + towns]
    for t, row in enumerate(local):
        for r, spare in T.room[row[ROOM0] : row[ROOM0] + row[ROOMS]][::-1, [ROOM, SPARE]]:
            room[:, t][~_busy(T.room_busy_at, T.room_busy, r, days, begins, ends)] = spare
    if forum[SHARED]:
        found = _greedily(T, forum, local[:, TOWN], begins, ends, shape)
        for d, t, s in np.argwhere((found < 0) & is_open[:, None, None]).tolist():
            town = int(local[t, TOWN])
            found[d, t, s] = kernel.assign_any(T, S, f, d, int(begins[s]), int(ends[s]), town, 1)
        cell += np.where(found < NEVER, found, 0)
        filled += forum[QUORUM]
        empty += found >= NEVER
    else:
        for seat in T.seat[forum[SEAT0] : forum[SEAT0] + forum[SEATS]]:
            best = np.full(shape, NEVER, dtype=np.int64)
            for _person, points in _options(T, seat, local[:, TOWN], begins, ends):
                np.minimum(best, points, out=best)
            is_filled = (best <= seat[VACANT]) & (best < NEVER)
            filled += is_filled
            if seat[VACANT] < NEVER:
                cell += np.where(is_filled, best, seat[VACANT])
            else:
                cell += np.where(is_filled, best, 0)
                empty += ~is_filled
    cell[~is_open], filled[~is_open], empty[~is_open], room[~is_open] = NEVER, 0, 0, NEVER
    at, size = int(forum[CELL0]), cell.size
    for table, values in ((T.cell, cell), (T.cell_filled, filled), (T.cell_empty, empty), (T.cell_room, room)):
        table[at : at + size] = values.reshape(-1)
    T.open_day[f, :days] = ((cell < NEVER) & (empty == 0) & (room < NEVER)).any(axis=(1, 2))
    for k in range(min(forum[LOCKS], forum[MAX])):
        if T.lock[f, k, 0] >= 0:
            T.open_day[f, T.lock[f, k, 0]] = 1


def price_days(T: Tables, S: State, f: int) -> None:
    """As ``kernel.price_days``."""
    days, towns, starts = int(T.number[DAYS]), int(T.forum[f, TOWNS]), int(T.forum[f, STARTS])
    size = towns * starts
    if not size:
        S.day_cost[:days] = NEVER
        return
    points = np.where(S.cell_empty[: days * size] == 0, S.cell[: days * size] + S.cell_room[: days * size], NEVER)
    short = np.flatnonzero((S.cell_filled[: days * size] < T.forum[f, QUORUM]) & (points < NEVER))
    for c in short.tolist():
        d, rest = divmod(c, size)
        t, s = divmod(rest, starts)
        start = T.start[T.forum[f, START0] + s, 0]
        town = T.town[T.forum[f, TOWN0] + t, TOWN]
        cost = kernel.assign(T, S, f, d, start, start + T.forum[f, DURATION], town, 0, NEVER)
        points[c] = NEVER if cost >= NEVER else cost + kernel.own_day(T, f, d, s) + S.cell_room[c]
    np.minimum(points.reshape(days, size).min(axis=1), NEVER, out=S.day_cost[:days])


def _spacing(T: Tables, f: int, gaps: Ints) -> Ints:
    over = np.maximum(np.abs(gaps - T.forum[f, IDEAL]) - T.number[FREE_DAYS], 0)
    return T.number[W_SPACING] * over // 7


def forward(T: Tables, S: State, f: int, which: int, most: int) -> None:
    """As ``kernel.forward``."""
    days = int(T.number[DAYS])
    ordinals = T.day[:days, ORDINAL]
    first = np.array([kernel.first_points(T, f, d) for d in range(days)], dtype=np.int64)
    cost = S.cost[which]
    S.chain[0, :days] = np.where((cost[0, :days] >= NEVER) | (first >= NEVER), NEVER, cost[0, :days] + first)
    gaps = ordinals[:, None] - ordinals[None, :]
    points = _spacing(T, f, gaps)
    kept = np.where((gaps >= max(1, int(T.forum[f, MIN_GAP]))) & (gaps <= T.forum[f, MAX_GAP]), points, NEVER)
    waived = np.where(gaps >= 0, points, NEVER)
    for k in range(1, most):
        both = T.lock[f, k, 0] >= 0 and T.lock[f, k - 1, 0] >= 0
        total = (waived if both else kept) + S.chain[k - 1, :days]
        chosen = total.argmin(axis=1) if days else np.zeros(0, dtype=np.int64)
        best = total[np.arange(days), chosen]
        is_met = (best < NEVER) & (cost[k, :days] < NEVER)
        S.chain[k, :days] = np.where(is_met, best + np.where(is_met, cost[k, :days], 0), NEVER)
        S.chain_from[k, :days] = np.where(is_met, chosen, -1)


def backward(T: Tables, S: State, f: int, which: int) -> None:
    """As ``kernel.backward``."""
    days, most = int(T.number[DAYS]), int(T.forum[f, MAX])
    least = max(int(T.forum[f, MIN]), int(T.forum[f, LOCKS]))
    ordinals = T.day[:days, ORDINAL]
    gaps = ordinals[None, :] - ordinals[:, None]
    points = _spacing(T, f, gaps)
    kept = np.where((gaps >= max(1, int(T.forum[f, MIN_GAP]))) & (gaps <= T.forum[f, MAX_GAP]), points, NEVER)
    waived = np.where(gaps >= 0, points, NEVER)
    may_end = T.number[LAST_DATE] - ordinals <= T.forum[f, MAX_GAP]
    for k in range(most - 1, -1, -1):
        end = np.where(may_end & (k + 1 >= least), T.whole[f, k + 1], NEVER)
        to = np.full(days, -1, dtype=np.int64)
        if k + 1 < most and days:
            both = T.lock[f, k, 0] >= 0 and T.lock[f, k + 1, 0] >= 0
            later = S.cost[which, k + 1, :days] + S.tail[which, k + 1, :days]
            total = (waived if both else kept) + np.minimum(later, NEVER)
            chosen = total.argmin(axis=1)
            best = total[np.arange(days), chosen]
            is_later = best < end
            to[is_later] = chosen[is_later]
            end = np.where(is_later, best, end)
        S.tail[which, k, :days] = end
        S.tail_to[which, k, :days] = to


def step_pair(T: Tables, S: State, f: int, g: int, least: int, most: int, k: int) -> None:
    """As ``kernel.step_pair``."""
    days = int(T.number[DAYS])
    ordinals = T.day[:days, ORDINAL]
    later = ordinals[None, :] - ordinals[:, None]
    linked = (later >= least) & (later <= most)
    tables = []
    for one in (f, g):
        points = _spacing(T, one, -later)
        both = T.lock[one, k, 0] >= 0 and T.lock[one, k - 1, 0] >= 0
        in_reach = (-later >= max(1, int(T.forum[one, MIN_GAP]))) & (-later <= T.forum[one, MAX_GAP])
        tables.append(np.where(in_reach if not both else -later >= 0, points, NEVER))
    before = np.where(linked, S.pair[k - 1, :days, :days], NEVER)
    best = S.pair_best[:days, :days]
    best[...] = NEVER
    S.pair_a[k, :days, :days] = -1
    for b in range(days):
        total = tables[0] + before[None, :, b]
        chosen = total.argmin(axis=1)
        found = total[np.arange(days), chosen]
        is_met = (found < NEVER) & (S.cost[0, k, :days] < NEVER)
        best[is_met, b] = found[is_met]
        S.pair_a[k, :days, b][is_met] = chosen[is_met]
    S.pair[k, :days, :days] = NEVER
    S.pair_b[k, :days, :days] = -1
    for a in range(days):
        if S.cost[0, k, a] >= NEVER:
            continue
        total = (tables[1] + best[a][None, :])[:, ::-1]  # the latest day before wins a tie, as in the kernel
        chosen = days - 1 - total.argmin(axis=1)
        found = total.min(axis=1)
        is_met = linked[a] & (found < NEVER) & (S.cost[1, k, :days] < NEVER)
        S.pair[k, a, :days][is_met] = found[is_met] + S.cost[0, k, a] + S.cost[1, k, :days][is_met]
        S.pair_b[k, a, :days][is_met] = chosen[is_met]


def plain() -> Any:
    """The kernel's functions, with those of this module in place of theirs."""
    namespace: dict[str, Any] = dict(vars(kernel))
    found = {}
    for name, value in vars(kernel).items():
        if isinstance(value, types.FunctionType) and value.__module__ == kernel.__name__:
            better = globals().get(name)
            found[name] = better or types.FunctionType(value.__code__, namespace, name, value.__defaults__)
    namespace |= found
    return SimpleNamespace(**found)
