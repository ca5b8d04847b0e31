"""A plan while it is made: arrays the kernel changes in place, its scratch paper, and the way out to a ``Plan``.

Meeting k of forum f has the number ``f * number[MOST_MEETINGS] + k``. Not here: any change of it (``kernel``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scheduler.planning.flat import Ints, pack
from scheduler.planning.instance import Instance
from scheduler.planning.plan import Plan, PlannedMeeting
from scheduler.planning.tables import (
    DAYS,
    FORUMS,
    LIST0,
    MAX,
    MAX_DAY,
    MOST_MEETINGS,
    ROOM_DAY,
    SAT0,
    SEATS,
    STARTS,
    TOWNS,
    UNPLACED,
    Numbering,
    Tables,
)  # fmt: skip

# Columns of State.meet
DAY, START, END, PLACE, ROOM = range(5)
# Places in State.sums
TOTAL, BEST, STAMP, PLACED, FOUND, BEST_START, BEST_ROOM, TRIED, TAKEN = range(9)
#: Most forums that one move lifts.
LIFTED = 12


class State(NamedTuple):
    """The arrays of a plan that is being made; a tuple, because the compiler takes tuples of arrays."""

    #: Forum → its number of meetings, -1 while it has no year.
    held: Ints
    #: Meeting → day, start, end, town, room.
    meet: Ints
    #: forum[f, SAT0] + k * seats + seat → person or -1.
    sat: Ints
    #: Person, day → how many meetings, and which.
    day_held: Ints
    day_meet: Ints
    week_held: Ints
    #: Person → how many meetings, and which, from person[p, LIST0] on.
    list_held: Ints
    list_meet: Ints
    room_held: Ints
    room_meet: Ints
    town_held: Ints
    sums: Ints
    random: Ints
    best_held: Ints
    best_meet: Ints
    best_sat: Ints
    # Scratch paper from here on.
    cell: Ints
    cell_filled: Ints
    cell_empty: Ints
    cell_room: Ints
    seen: Ints
    day_cost: Ints
    #: Which of two forums, index, day → points; two, since linked forums are laid together.
    cost: Ints
    chain: Ints
    chain_from: Ints
    tail: Ints
    tail_to: Ints
    pair: Ints
    pair_a: Ints
    pair_b: Ints
    pair_best: Ints
    pick: Ints
    seat_cost: Ints
    seat_person: Ints
    matched: Ints
    reach: Ints
    reach_from: Ints
    saved_forum: Ints
    saved_held: Ints
    saved_meet: Ints
    saved_sat: Ints
    #: All of them in one (``flat``).
    flat: Ints


def _widest(tables: Tables) -> int:
    sizes = tables.forum[:, TOWNS] * tables.forum[:, STARTS] * tables.number[DAYS]
    return max(1, int(sizes.max()))


def new_state(tables: Tables, seed: int) -> State:
    """An empty plan. The same seed gives the same plans; seeds near each other have nothing to do with each other."""
    forums, persons = len(tables.forum), len(tables.person)
    days, most = max(1, int(tables.number[DAYS])), int(tables.number[MOST_MEETINGS])
    rooms, towns = len(tables.room_town), len(tables.between)
    seats = max(1, int(tables.forum[:, SEATS].max()))
    cells = _widest(tables)
    last = tables.forum[-1]
    sat = int(last[SAT0] + max(1, last[MAX]) * max(1, last[SEATS]))
    lists = int(tables.person[-1, LIST0]) + forums * most + 1
    a_day = max(1, min(int(tables.person[:, MAX_DAY].max()), forums * most))
    in_room = int(tables.number[ROOM_DAY])
    # Linked forums are laid by pairs of days; without links no such paper is needed.
    linked = days if len(tables.link) > 1 or tables.link.any() else 1
    z = np.zeros
    views, buffer = pack(
        dict(  # noqa: C408 - names of fields, as in the tuple they become
            held=np.full(forums, -1, np.int64),
            meet=z((forums * most, 5), np.int64),
            sat=np.full(sat, -1, np.int64),
            day_held=z((persons, days), np.int64),
            day_meet=z((persons, days, a_day), np.int64),
            week_held=z((persons, len(tables.week)), np.int64),
            list_held=z(persons, np.int64),
            list_meet=z(lists, np.int64),
            room_held=z((rooms, days), np.int64),
            room_meet=z((rooms, days, in_room), np.int64),
            town_held=z((towns, days), np.int64),
            sums=z(16, np.int64),
            random=np.array(_seeds(seed), np.int64),
            best_held=np.full(forums, -1, np.int64),
            best_meet=z((forums * most, 5), np.int64),
            best_sat=np.full(sat, -1, np.int64),
            cell=z(cells, np.int64),
            cell_filled=z(cells, np.int64),
            cell_empty=z(cells, np.int64),
            cell_room=z(cells, np.int64),
            seen=z((seats, days), np.int64),
            day_cost=z(days, np.int64),
            cost=z((2, most, days), np.int64),
            chain=z((most, days), np.int64),
            chain_from=z((most, days), np.int64),
            tail=z((2, most, days), np.int64),
            tail_to=z((2, most, days), np.int64),
            pair=z((most, linked, linked), np.int64),
            pair_a=z((most, linked, linked), np.int64),
            pair_b=z((most, linked, linked), np.int64),
            pair_best=z((linked, linked), np.int64),
            pick=z((2, most + 1), np.int64),
            seat_cost=z(seats, np.int64),
            seat_person=z(seats, np.int64),
            matched=np.full(persons, -1, np.int64),
            reach=z(seats, np.int64),
            reach_from=z((seats, 2), np.int64),
            saved_forum=z(LIFTED, np.int64),
            saved_held=z(LIFTED, np.int64),
            saved_meet=z((LIFTED * most, 5), np.int64),
            saved_sat=z(LIFTED * most * seats, np.int64),
        )
    )
    state = State(**views, flat=buffer)
    state.sums[TOTAL] = state.sums[BEST] = int(tables.number[UNPLACED] * tables.number[FORUMS])
    return state


def _seeds(seed: int) -> tuple[int, int]:
    """Two starting values for the generator; neither may be 0."""
    mixed = (seed * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) % (1 << 64)
    return 1 + mixed % 2147483562, 1 + (mixed >> 31) % 2147483398


def plan_of(instance: Instance, tables: Tables, numbering: Numbering, held: Ints, meet: Ints, sat: Ints) -> Plan:
    """The plan that three of a state's arrays hold: the current ones or the best ones."""
    most = int(tables.number[MOST_MEETINGS])
    found = []
    for f, forum in enumerate(instance.forums):
        at = int(tables.forum[f, SAT0])
        for k in range(int(held[f])):
            row = meet[f * most + k]
            persons = sat[at + k * len(forum.seats) : at + (k + 1) * len(forum.seats)]
            found.append(PlannedMeeting(
                forum.id, k, numbering.days[row[DAY]], int(row[START]), instance.rooms[row[ROOM]].id,
                {seat.id: None if p < 0 else instance.persons[p].id
                 for seat, p in zip(forum.seats, persons, strict=True)},
            ))  # fmt: skip
    return Plan(tuple(found))
