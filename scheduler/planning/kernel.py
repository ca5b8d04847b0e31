"""What the planner does most: prices of days, a forum's year by dynamic programming, moves of the annealing.

Written in the part of Python that numba compiles (``compiled``), and run as it is where numba is not at hand; the
results are the same to the last byte, since all costs are integers and chance comes from the generator below. The
functions call each other by name only, take the tables ``T`` and the state ``S`` first, and change ``S`` alone
(``fill_cells`` fills the tables' cells). Not here: what to plan, and for how long (``solver``).
"""

from __future__ import annotations

from scheduler.planning.flat import Ints
from scheduler.planning.state import (
    BEST,
    BEST_ROOM,
    BEST_START,
    DAY,
    END,
    PLACE,
    PLACED,
    ROOM,
    STAMP,
    START,
    TAKEN,
    TOTAL,
    TRIED,
    State,
)  # fmt: skip
from scheduler.planning.tables import (
    AT_DAY,
    AT_POINTS,
    AT_ROOM,
    AT_START,
    CELL0,
    CHANCES,
    DAYS,
    DURATION,
    EXTRA,
    FIRST_ORDINAL,
    FORUMS,
    FREE_DAYS,
    GROUP,
    IDEAL,
    LAST,
    LAST_DATE,
    LEAST,
    LINK0,
    LINKS,
    LIST0,
    LOCKS,
    MAX,
    MAX_DAY,
    MAX_GAP,
    MAX_WEEK,
    MIN,
    MIN_BREAK,
    MIN_GAP,
    MOST,
    MOST_MEETINGS,
    MOST_SEATS,
    NEVER,
    OPEN,
    OPTION0,
    OPTIONS,
    ORDINAL,
    OTHER,
    PERSON,
    PREVIOUS,
    QUORUM,
    ROOM0,
    ROOM_DAY,
    ROOMS,
    SAT0,
    SEAT0,
    SEATS,
    SHARED,
    SOFT,
    SPAN,
    SPARE,
    START0,
    STARTS,
    TOWN,
    TOWN0,
    TOWNS,
    UNPLACED,
    VACANT,
    W_MOVE_DATE,
    W_MOVE_ROOM,
    W_MOVE_TIME,
    W_SPACING,
    W_WEEK,
    WATCH,
    WEEK,
    WEEK_SOFT,
    WEEKDAY,
    Tables,
)  # fmt: skip
from scheduler.planning.tables import ROOM as ROOM_NUMBER

# ---------------------------------------------------------------- chance


def draw(S: State, n: int) -> int:
    """A number from 0 to n - 1 (L'Ecuyer's combined generator, 1988)."""
    a = int(S.random[0]) * 40014 % 2147483563
    b = int(S.random[1]) * 40692 % 2147483399
    S.random[0] = a
    S.random[1] = b
    return (a - b) % 2147483562 % n


def allowance(T: Tables, S: State, heat: int) -> int:
    """How many points worse the next step may be; ``heat`` is the temperature in 1/1024 points."""
    return heat * int(T.chance[draw(S, CHANCES)]) >> 20


# ---------------------------------------------------------------- one person, one room


def is_busy(T: Tables, p: int, d: int, start: int, end: int) -> bool:
    """Whether the person has busy time then."""
    at = p * T.number[DAYS] + d
    for i in range(T.busy_at[at], T.busy_at[at + 1]):
        if T.busy[i, 0] < end and start < T.busy[i, 1]:
            return True
    return False


def others(T: Tables, S: State, p: int, d: int, start: int, end: int, town: int) -> int:
    """What the person's other meetings add to the price of one more there and then; NEVER when it cannot be."""
    held = S.day_held[p, d]
    week = S.week_held[p, T.day[d, WEEK]]
    if week >= T.person[p, MAX_WEEK]:
        return NEVER
    points = 0
    if held > 0:
        if held >= T.person[p, MAX_DAY]:
            return NEVER
        is_there = False
        for j in range(held):
            m = S.day_meet[p, d, j]
            place = S.meet[m, PLACE]
            apart = T.between[place, town]
            if start < S.meet[m, END] + apart and S.meet[m, START] < end + apart:
                return NEVER
            if place == town:
                is_there = True
        if is_there:
            points -= T.journey[p, town]
    if week >= T.number[WEEK_SOFT]:
        points += T.number[W_WEEK]
    return points


def price(T: Tables, S: State, o: int, d: int, start: int, end: int, town: int, alone: int) -> int:
    """What the person of option ``o`` costs there and then; with ``alone``, without a thought of other meetings.

    Never less than EXTRA, by which a seat's options are in order: other meetings save a journey at most.
    """
    p = T.option[o, PERSON]
    if is_busy(T, p, d, start, end):
        return NEVER
    points = T.option[o, EXTRA] + T.journey[p, town]
    if alone:
        return points
    more = others(T, S, p, d, start, end, town)
    return NEVER if more >= NEVER else points + more


def is_free(T: Tables, S: State, r: int, d: int, start: int, end: int) -> bool:
    """Whether the room stands empty then, with the break kept to other meetings."""
    at = r * T.number[DAYS] + d
    for i in range(T.room_busy_at[at], T.room_busy_at[at + 1]):
        if T.room_busy[i, 0] < end and start < T.room_busy[i, 1]:
            return False
    held = S.room_held[r, d]
    if held >= T.number[ROOM_DAY]:
        return False
    apart = T.number[MIN_BREAK]
    for j in range(held):
        m = S.room_meet[r, d, j]
        if start < S.meet[m, END] + apart and S.meet[m, START] < end + apart:
            return False
    return True


# ---------------------------------------------------------------- the seats of one meeting


def assign(T: Tables, S: State, f: int, d: int, start: int, end: int, town: int, alone: int, limit: int) -> int:
    """The cheapest way to fill the seats, into ``S.seat_person`` (-1 vacant); NEVER when none, or none below ``limit``.

    A seat that may be filled at no more than a vacancy costs is filled.
    """
    if T.forum[f, SHARED]:
        shared = assign_any(T, S, f, d, start, end, town, alone)
        return shared if shared < limit else NEVER
    points = 0
    filled = 0
    seat0 = T.forum[f, SEAT0]
    seats = T.forum[f, SEATS]
    for i in range(seats):
        best = NEVER
        who = -1
        for o in range(T.seat[seat0 + i, OPTION0], T.seat[seat0 + i, OPTION0] + T.seat[seat0 + i, OPTIONS]):
            if best <= T.option[o, EXTRA]:
                break  # nobody costs less than that, nor those who come after
            cost = price(T, S, o, d, start, end, town, alone)
            if cost < best:
                best = cost
                who = T.option[o, PERSON]
        vacant = T.seat[seat0 + i, VACANT]
        S.seat_cost[i] = NEVER
        S.seat_person[i] = -1
        if best <= vacant and best < NEVER:
            points += best
            filled += 1
            S.seat_person[i] = who
        elif vacant < NEVER:
            points += vacant
            S.seat_cost[i] = best
        else:
            return NEVER
        if points >= limit:
            return NEVER
    if filled < T.forum[f, QUORUM]:
        return fill_quorum(T, S, f, d, start, end, town, alone, points, filled)
    return points


def fill_quorum(
    T: Tables, S: State, f: int, d: int, start: int, end: int, town: int, alone: int, points: int, filled: int
) -> int:
    """Fills the cheapest of the seats left vacant by choice until there is a quorum, by their prices in ``S``."""
    seat0 = T.forum[f, SEAT0]
    while filled < T.forum[f, QUORUM]:
        chosen = -1
        least = NEVER
        for i in range(T.forum[f, SEATS]):
            if S.seat_person[i] < 0 and S.seat_cost[i] < NEVER:
                extra = S.seat_cost[i] - T.seat[seat0 + i, VACANT]
                if extra < least:
                    least = extra
                    chosen = i
        if chosen < 0:
            return NEVER
        for o in range(
            T.seat[seat0 + chosen, OPTION0], T.seat[seat0 + chosen, OPTION0] + T.seat[seat0 + chosen, OPTIONS]
        ):
            if price(T, S, o, d, start, end, town, alone) == S.seat_cost[chosen]:
                S.seat_person[chosen] = T.option[o, PERSON]
                break
        points += least
        filled += 1
    return points


def assign_any(T: Tables, S: State, f: int, d: int, start: int, end: int, town: int, alone: int) -> int:
    """As ``assign``, when one person may sit on several seats: seat by seat as long as nobody is wanted twice.

    Nothing can be cheaper than each seat's cheapest person. Where two want the same one, the seats that share people
    with them are filled together; all are when there is no quorum otherwise.
    """
    seat0 = T.forum[f, SEAT0]
    seats = T.forum[f, SEATS]
    for i in range(seats):
        S.reach[i] = 0  # 1: somebody is wanted twice among the seats whose first this is
    filled = 0
    clashes = 0
    for i in range(seats):
        best = NEVER
        free = NEVER
        who = -1
        for o in range(T.seat[seat0 + i, OPTION0], T.seat[seat0 + i, OPTION0] + T.seat[seat0 + i, OPTIONS]):
            if free <= T.option[o, EXTRA]:
                break  # nobody costs less than that, nor those who come after
            cost = price(T, S, o, d, start, end, town, alone)
            if cost < best:
                best = cost
            if cost < free:
                is_used = False
                for j in range(i):
                    if S.seat_person[j] == T.option[o, PERSON]:
                        is_used = True
                if not is_used:
                    free = cost
                    who = T.option[o, PERSON]
        vacant = T.seat[seat0 + i, VACANT]
        S.seat_person[i] = -1
        S.seat_cost[i] = vacant
        if best <= vacant and best < NEVER:
            S.seat_cost[i] = best
            S.seat_person[i] = who
            filled += 1
            if free > best:
                S.reach[T.seat[seat0 + i, GROUP]] = 1
                clashes += 1
        elif vacant >= NEVER:
            return NEVER
    points = 0
    for i in range(seats):
        if S.reach[T.seat[seat0 + i, GROUP]] == 0:
            points += S.seat_cost[i]
    if clashes > 0:
        for group in range(seats):
            if S.reach[group] == 1 and T.seat[seat0 + group, GROUP] == group:
                cost = assign_shared(T, S, f, d, start, end, town, alone, group)
                if cost >= NEVER:
                    return NEVER
                points += cost
                S.reach[group] = 0
        filled = 0
        for i in range(seats):
            if S.seat_person[i] >= 0:
                filled += 1
    if filled < T.forum[f, QUORUM]:
        return assign_shared(T, S, f, d, start, end, town, alone, -1)
    return points


def assign_shared(T: Tables, S: State, f: int, d: int, start: int, end: int, town: int, alone: int, group: int) -> int:
    """As ``assign``, when one person may sit on several seats: shortest augmenting paths, one seat more at a time.

    With a ``group`` of seats that share people, those alone and whatever the quorum; -1: all of them.
    """
    seat0 = T.forum[f, SEAT0]
    seats = T.forum[f, SEATS]
    points = 0
    for i in range(seats):
        if group >= 0 and T.seat[seat0 + i, GROUP] != group:
            continue
        S.seat_person[i] = -1
        vacant = T.seat[seat0 + i, VACANT]
        # A required seat that stands empty: dearer than anything, so that it is filled first.
        points += vacant if vacant < NEVER else NEVER // 1024
        for o in range(T.seat[seat0 + i, OPTION0], T.seat[seat0 + i, OPTION0] + T.seat[seat0 + i, OPTIONS]):
            S.matched[T.option[o, PERSON]] = -1
    filled = 0
    while True:
        gain = augment(T, S, f, d, start, end, town, alone, group)
        if gain >= NEVER or (gain > 0 and (group >= 0 or filled >= T.forum[f, QUORUM])):
            break
        flip(S)
        points += gain
        filled += 1
    if group < 0 and filled < T.forum[f, QUORUM]:
        return NEVER
    for i in range(seats):
        if group >= 0 and T.seat[seat0 + i, GROUP] != group:
            continue
        if S.seat_person[i] < 0 and T.seat[seat0 + i, VACANT] >= NEVER:
            return NEVER
    return points


def augment(T: Tables, S: State, f: int, d: int, start: int, end: int, town: int, alone: int, group: int) -> int:
    """The cheapest path from a vacant seat to a free person, left in ``S``; what filling one seat more costs so."""
    seat0 = T.forum[f, SEAT0]
    seats = T.forum[f, SEATS]
    for i in range(seats):
        if group >= 0 and T.seat[seat0 + i, GROUP] != group:
            continue
        S.reach[i] = NEVER
        S.reach_from[i, 0] = -1
        if S.seat_person[i] < 0:
            vacant = T.seat[seat0 + i, VACANT]
            S.reach[i] = -(vacant if vacant < NEVER else NEVER // 1024)
    best = NEVER
    best_seat = -1
    best_person = -1
    for _ in range(seats + 1):
        is_changed = False
        for i in range(seats):
            if (group >= 0 and T.seat[seat0 + i, GROUP] != group) or S.reach[i] >= NEVER:
                continue
            for o in range(T.seat[seat0 + i, OPTION0], T.seat[seat0 + i, OPTION0] + T.seat[seat0 + i, OPTIONS]):
                cost = price(T, S, o, d, start, end, town, alone)
                if cost >= NEVER:
                    continue
                p = T.option[o, PERSON]
                j = S.matched[p]
                reached = S.reach[i] + cost
                if j < 0:
                    if reached < best:
                        best = reached
                        best_seat = i
                        best_person = p
                elif j != i:
                    reached -= S.seat_cost[j]
                    if reached < S.reach[j]:
                        S.reach[j] = reached
                        S.reach_from[j, 0] = i
                        S.reach_from[j, 1] = p
                        is_changed = True
        if not is_changed:
            break
    S.sums[BEST_START] = best_seat
    S.sums[BEST_ROOM] = best_person
    if best_seat >= 0:
        fix_costs(T, S, f, d, start, end, town, alone)
    return best


def fix_costs(T: Tables, S: State, f: int, d: int, start: int, end: int, town: int, alone: int) -> None:
    """Notes beforehand what each seat of the path will cost, since ``flip`` knows no prices."""
    seat0 = T.forum[f, SEAT0]
    i = S.sums[BEST_START]
    p = S.sums[BEST_ROOM]
    while i >= 0:
        for o in range(T.seat[seat0 + i, OPTION0], T.seat[seat0 + i, OPTION0] + T.seat[seat0 + i, OPTIONS]):
            if T.option[o, PERSON] == p:
                S.seat_cost[i] = price(T, S, o, d, start, end, town, alone)
        p = S.reach_from[i, 1]
        i = S.reach_from[i, 0]


def flip(S: State) -> None:
    """Seats people along the path that ``augment`` found."""
    i = S.sums[BEST_START]
    p = S.sums[BEST_ROOM]
    while i >= 0:
        S.seat_person[i] = p
        S.matched[p] = i
        p = S.reach_from[i, 1]
        i = S.reach_from[i, 0]


# ---------------------------------------------------------------- one meeting


def room_points(T: Tables, f: int, r: int) -> int:
    """What the room costs the forum; NEVER when it is too small or in no town of the forum."""
    for t in range(T.forum[f, TOWN0], T.forum[f, TOWN0] + T.forum[f, TOWNS]):
        for i in range(T.town[t, ROOM0], T.town[t, ROOM0] + T.town[t, ROOMS]):
            if T.room[i, ROOM_NUMBER] == r:
                return T.room[i, SPARE]
    return NEVER


def move_points(T: Tables, f: int, k: int, d: int, start: int, r: int) -> int:
    """Points for lying elsewhere than in the previous plan, by the worst change."""
    before = T.previous[f, k, AT_DAY]
    if before == -1:
        return 0
    times = T.previous[f, k, AT_POINTS]
    if before != d:
        return T.number[W_MOVE_DATE] * times
    if T.previous[f, k, AT_START] != start:
        return T.number[W_MOVE_TIME] * times
    return T.number[W_MOVE_ROOM] * times if T.previous[f, k, AT_ROOM] != r else 0


def own_points(T: Tables, f: int, k: int, d: int, start: int, r: int) -> int:
    """What day, start, room and moves cost, people apart."""
    points = room_points(T, f, r) + move_points(T, f, k, d, start, r)
    if T.lock[f, k, AT_DAY] >= 0:
        return points + T.lock[f, k, AT_POINTS]
    points += T.weekday[f, T.day[d, WEEKDAY]] + T.day[d, SOFT]
    for s in range(T.forum[f, START0], T.forum[f, START0] + T.forum[f, STARTS]):
        if T.start[s, 0] == start:
            return points + T.start[s, 1]
    return NEVER


def standing(T: Tables, S: State, f: int, k: int) -> int:
    """What the meeting adds to the plan as it stands: points that vanish when it is lifted."""
    m = f * T.number[MOST_MEETINGS] + k
    d = S.meet[m, DAY]
    town = S.meet[m, PLACE]
    points = own_points(T, f, k, d, S.meet[m, START], S.meet[m, ROOM])
    seats = T.forum[f, SEATS]
    at = T.forum[f, SAT0] + k * seats
    for i in range(seats):
        p = S.sat[at + i]
        seat = T.forum[f, SEAT0] + i
        if p < 0:
            points += T.seat[seat, VACANT]
            continue
        for o in range(T.seat[seat, OPTION0], T.seat[seat, OPTION0] + T.seat[seat, OPTIONS]):
            if T.option[o, PERSON] == p:
                points += T.option[o, EXTRA]
        is_there = False
        for j in range(S.day_held[p, d]):
            other = S.day_meet[p, d, j]
            if other != m and S.meet[other, PLACE] == town:
                is_there = True
        if not is_there:
            points += T.journey[p, town]
        if S.week_held[p, T.day[d, WEEK]] > T.number[WEEK_SOFT]:
            points += T.number[W_WEEK]
    return points


def sit(T: Tables, S: State, f: int, k: int, d: int, start: int, r: int) -> None:
    """Puts the meeting down with the people of ``S.seat_person``."""
    m = f * T.number[MOST_MEETINGS] + k
    town = T.room_town[r]
    S.meet[m, DAY] = d
    S.meet[m, START] = start
    S.meet[m, END] = start + T.forum[f, DURATION]
    S.meet[m, PLACE] = town
    S.meet[m, ROOM] = r
    S.room_meet[r, d, S.room_held[r, d]] = m
    S.room_held[r, d] += 1
    S.town_held[town, d] += 1
    seats = T.forum[f, SEATS]
    at = T.forum[f, SAT0] + k * seats
    w = T.day[d, WEEK]
    for i in range(seats):
        p = S.seat_person[i]
        S.sat[at + i] = p
        if p >= 0:
            S.day_meet[p, d, S.day_held[p, d]] = m
            S.day_held[p, d] += 1
            S.week_held[p, w] += 1
            S.list_meet[T.person[p, LIST0] + S.list_held[p]] = m
            S.list_held[p] += 1


def rise(T: Tables, S: State, f: int, k: int) -> None:
    """Takes the meeting up; ``S.meet`` and ``S.sat`` keep what was."""
    m = f * T.number[MOST_MEETINGS] + k
    d = S.meet[m, DAY]
    r = S.meet[m, ROOM]
    held = S.room_held[r, d] - 1
    for j in range(held):
        if S.room_meet[r, d, j] == m:
            S.room_meet[r, d, j] = S.room_meet[r, d, held]
    S.room_held[r, d] = held
    S.town_held[S.meet[m, PLACE], d] -= 1
    seats = T.forum[f, SEATS]
    at = T.forum[f, SAT0] + k * seats
    w = T.day[d, WEEK]
    for i in range(seats):
        p = S.sat[at + i]
        if p < 0:
            continue
        held = S.day_held[p, d] - 1
        for j in range(held):
            if S.day_meet[p, d, j] == m:
                S.day_meet[p, d, j] = S.day_meet[p, d, held]
        S.day_held[p, d] = held
        S.week_held[p, w] -= 1
        last = S.list_held[p] - 1
        for j in range(T.person[p, LIST0], T.person[p, LIST0] + last):
            if S.list_meet[j] == m:
                S.list_meet[j] = S.list_meet[T.person[p, LIST0] + last]
        S.list_held[p] = last


def best_room(T: Tables, S: State, f: int, k: int, t: int, d: int, start: int, end: int) -> int:
    """The cheapest free room of a town of the forum, moves reckoned; -1 when none is free."""
    chosen = -1
    least = NEVER
    for i in range(T.town[t, ROOM0], T.town[t, ROOM0] + T.town[t, ROOMS]):
        r = T.room[i, ROOM_NUMBER]
        if T.room[i, SPARE] < least and is_free(T, S, r, d, start, end):
            points = T.room[i, SPARE] + move_points(T, f, k, d, start, r)
            if points < least:
                least = points
                chosen = r
    return chosen


def best_cell(T: Tables, S: State, f: int, k: int, d: int, limit: int) -> int:
    """The least the meeting costs on a day, below ``limit``; start and room are left in ``S.sums``. Else NEVER."""
    length = T.forum[f, DURATION]
    best = limit
    found = NEVER
    if T.lock[f, k, AT_DAY] >= 0:
        start = T.lock[f, k, AT_START]
        r = T.lock[f, k, AT_ROOM]
        points = own_points(T, f, k, d, start, r)
        if T.lock[f, k, AT_DAY] != d or points >= best or not is_free(T, S, r, d, start, start + length):
            return NEVER
        cost = assign(T, S, f, d, start, start + length, T.room_town[r], 0, best - points)
        S.sums[BEST_START] = start
        S.sums[BEST_ROOM] = r
        return NEVER if cost >= NEVER else cost + points
    chosen_start = -1
    chosen_room = -1
    starts = T.forum[f, STARTS]
    towns = T.forum[f, TOWNS]
    for t in range(towns):
        for s in range(starts):
            c = T.forum[f, CELL0] + (d * towns + t) * starts + s
            if T.cell[c] >= NEVER or T.cell_empty[c] > 0 or T.cell_room[c] >= NEVER:
                continue
            start = T.start[T.forum[f, START0] + s, 0]
            r = best_room(T, S, f, k, T.forum[f, TOWN0] + t, d, start, start + length)
            if r < 0:
                continue
            points = own_points(T, f, k, d, start, r)
            if points >= best:
                continue
            cost = assign(T, S, f, d, start, start + length, T.town[T.forum[f, TOWN0] + t, TOWN], 0, best - points)
            if cost < NEVER and cost + points < best:
                best = cost + points
                found = best
                chosen_start = start
                chosen_room = r
    S.sums[BEST_START] = chosen_start
    S.sums[BEST_ROOM] = chosen_room
    return found


def place(T: Tables, S: State, f: int, k: int, d: int, start: int, r: int) -> int:
    """Puts the meeting down with the best people for it; what it costs, NEVER when it cannot be."""
    points = own_points(T, f, k, d, start, r)
    end = start + T.forum[f, DURATION]
    if points >= NEVER or not is_free(T, S, r, d, start, end):
        return NEVER
    cost = assign(T, S, f, d, start, end, T.room_town[r], 0, NEVER)
    if cost >= NEVER:
        return NEVER
    sit(T, S, f, k, d, start, r)
    return cost + points


# ---------------------------------------------------------------- the prices of a forum's days


def fill_cells(T: Tables, S: State, f: int) -> None:
    """Prices every (day, town, start) of the forum as if it were the only one, into the tables."""
    starts = T.forum[f, STARTS]
    towns = T.forum[f, TOWNS]
    seat0 = T.forum[f, SEAT0]
    c = T.forum[f, CELL0]
    for d in range(T.number[DAYS]):
        on_day = T.weekday[f, T.day[d, WEEKDAY]] + T.day[d, SOFT]
        if T.day[d, OPEN] == 0:
            on_day = NEVER
        for t in range(T.forum[f, TOWN0], T.forum[f, TOWN0] + towns):
            town = T.town[t, TOWN]
            for s in range(T.forum[f, START0], T.forum[f, START0] + starts):
                start = T.start[s, 0]
                end = start + T.forum[f, DURATION]
                T.cell[c] = NEVER
                T.cell_filled[c] = 0
                T.cell_empty[c] = 0
                T.cell_room[c] = NEVER
                if on_day < NEVER:
                    points = on_day + T.start[s, 1]
                    for i in range(T.town[t, ROOM0], T.town[t, ROOM0] + T.town[t, ROOMS]):
                        if T.room[i, SPARE] < T.cell_room[c] and is_room_open(T, T.room[i, ROOM_NUMBER], d, start, end):
                            T.cell_room[c] = T.room[i, SPARE]
                    if T.forum[f, SHARED]:
                        cost = assign_any(T, S, f, d, start, end, town, 1)
                        T.cell_empty[c] = 1 if cost >= NEVER else 0
                        T.cell_filled[c] = T.forum[f, QUORUM]
                        T.cell[c] = points + (cost if cost < NEVER else 0)
                    else:
                        for i in range(seat0, seat0 + T.forum[f, SEATS]):
                            best = NEVER
                            for o in range(T.seat[i, OPTION0], T.seat[i, OPTION0] + T.seat[i, OPTIONS]):
                                if best <= T.option[o, EXTRA]:
                                    break
                                cost = price(T, S, o, d, start, end, town, 1)
                                if cost < best:
                                    best = cost
                            if best <= T.seat[i, VACANT] and best < NEVER:
                                points += best
                                T.cell_filled[c] += 1
                            elif T.seat[i, VACANT] < NEVER:
                                points += T.seat[i, VACANT]
                            else:
                                T.cell_empty[c] += 1
                        T.cell[c] = points
                c += 1
    size = towns * starts
    for d in range(T.number[DAYS]):
        T.open_day[f, d] = 0
        for c in range(T.forum[f, CELL0] + d * size, T.forum[f, CELL0] + (d + 1) * size):
            if T.cell[c] < NEVER and T.cell_empty[c] == 0 and T.cell_room[c] < NEVER:
                T.open_day[f, d] = 1
    for k in range(min(T.forum[f, LOCKS], T.forum[f, MAX])):
        if T.lock[f, k, AT_DAY] >= 0:
            T.open_day[f, T.lock[f, k, AT_DAY]] = 1


def is_room_open(T: Tables, r: int, d: int, start: int, end: int) -> bool:
    """Whether the room has no busy time then, meetings of the plan apart."""
    at = r * T.number[DAYS] + d
    for i in range(T.room_busy_at[at], T.room_busy_at[at + 1]):
        if T.room_busy[i, 0] < end and start < T.room_busy[i, 1]:
            return False
    return True


def touch(T: Tables, S: State, f: int, i: int, d: int) -> None:
    """Prices seat ``i`` anew in all cells of a day, since one of its people has other meetings.

    Where people are shared between seats, all of them at once.
    """
    noted = 0 if T.forum[f, SHARED] else i
    if S.seen[noted, d] == S.sums[STAMP]:
        return
    S.seen[noted, d] = S.sums[STAMP]
    starts = T.forum[f, STARTS]
    towns = T.forum[f, TOWNS]
    seat = T.forum[f, SEAT0] + i
    vacant = T.seat[seat, VACANT]
    at = d * towns * starts
    for t in range(towns):
        town = T.town[T.forum[f, TOWN0] + t, TOWN]
        for s in range(starts):
            c = at + t * starts + s
            if S.cell[c] >= NEVER:
                continue
            start = T.start[T.forum[f, START0] + s, 0]
            end = start + T.forum[f, DURATION]
            if T.forum[f, SHARED]:
                cost = assign_any(T, S, f, d, start, end, town, 0)
                S.cell_empty[c] = 1 if cost >= NEVER else 0
                S.cell[c] = own_day(T, f, d, s) + (cost if cost < NEVER else 0)
                continue
            alone = NEVER
            now = NEVER
            for o in range(T.seat[seat, OPTION0], T.seat[seat, OPTION0] + T.seat[seat, OPTIONS]):
                if alone <= T.option[o, EXTRA] and now <= T.option[o, EXTRA]:
                    break
                p = T.option[o, PERSON]
                if is_busy(T, p, d, start, end):
                    continue
                points = T.option[o, EXTRA] + T.journey[p, town]
                if points < alone:
                    alone = points
                if points < now or S.day_held[p, d] > 0:
                    points += others(T, S, p, d, start, end, town)
                    if points < now:
                        now = points
            if now == alone:
                continue
            if alone <= vacant and alone < NEVER:
                S.cell[c] -= alone
                S.cell_filled[c] -= 1
            elif vacant < NEVER:
                S.cell[c] -= vacant
            else:
                S.cell_empty[c] -= 1
            if now <= vacant and now < NEVER:
                S.cell[c] += now
                S.cell_filled[c] += 1
            elif vacant < NEVER:
                S.cell[c] += vacant
            else:
                S.cell_empty[c] += 1


def own_day(T: Tables, f: int, d: int, s: int) -> int:
    """Points of day and start."""
    return T.weekday[f, T.day[d, WEEKDAY]] + T.day[d, SOFT] + T.start[T.forum[f, START0] + s, 1]


def price_cells(T: Tables, S: State, f: int) -> None:
    """Prices every cell of the forum's year with everybody else's meetings as they stand, into the scratch cells."""
    starts = T.forum[f, STARTS]
    towns = T.forum[f, TOWNS]
    size = T.number[DAYS] * towns * starts
    at = T.forum[f, CELL0]
    S.cell[:size] = T.cell[at : at + size]
    S.cell_filled[:size] = T.cell_filled[at : at + size]
    S.cell_empty[:size] = T.cell_empty[at : at + size]
    S.cell_room[:size] = T.cell_room[at : at + size]
    S.sums[STAMP] += 1
    for i in range(T.forum[f, SEATS]):
        seat = T.forum[f, SEAT0] + i
        for o in range(T.seat[seat, OPTION0], T.seat[seat, OPTION0] + T.seat[seat, OPTIONS]):
            p = T.option[o, PERSON]
            for j in range(T.person[p, LIST0], T.person[p, LIST0] + S.list_held[p]):
                d = S.meet[S.list_meet[j], DAY]
                touch(T, S, f, i, d)
                w = T.day[d, WEEK]
                if S.week_held[p, w] >= T.person[p, WATCH]:
                    for day in range(T.week[w, 0], T.week[w, 1]):
                        touch(T, S, f, i, day)
    for t in range(towns):
        row = T.forum[f, TOWN0] + t
        town = T.town[row, TOWN]
        for d in range(T.number[DAYS]):
            if S.town_held[town, d] == 0:
                continue
            for s in range(starts):
                c = (d * towns + t) * starts + s
                if S.cell_room[c] >= NEVER:
                    continue
                start = T.start[T.forum[f, START0] + s, 0]
                S.cell_room[c] = NEVER
                for i in range(T.town[row, ROOM0], T.town[row, ROOM0] + T.town[row, ROOMS]):
                    if T.room[i, SPARE] < S.cell_room[c] and is_free(
                        T, S, T.room[i, ROOM_NUMBER], d, start, start + T.forum[f, DURATION]
                    ):
                        S.cell_room[c] = T.room[i, SPARE]
                        break


def price_days(T: Tables, S: State, f: int) -> None:
    """The least each day costs, into ``S.day_cost``, from the scratch cells."""
    starts = T.forum[f, STARTS]
    towns = T.forum[f, TOWNS]
    c = 0
    for d in range(T.number[DAYS]):
        best = NEVER
        for t in range(towns):
            for s in range(starts):
                if S.cell_empty[c] == 0:
                    points = S.cell[c] + S.cell_room[c]
                    if points < best:
                        if S.cell_filled[c] < T.forum[f, QUORUM]:
                            start = T.start[T.forum[f, START0] + s, 0]
                            cost = assign(
                                T, S, f, d, start, start + T.forum[f, DURATION],
                                T.town[T.forum[f, TOWN0] + t, TOWN], 0, NEVER,
                            )  # fmt: skip
                            points = NEVER if cost >= NEVER else cost + own_day(T, f, d, s) + S.cell_room[c]
                        if points < best:
                            best = points
                c += 1
        S.day_cost[d] = best


def price_year(T: Tables, S: State, f: int, which: int, noise: int) -> None:
    """What meeting k costs on each day, into ``S.cost[which]``: locks, links, moves and a little noise reckoned."""
    price_cells(T, S, f)
    price_days(T, S, f)
    days = T.number[DAYS]
    for d in range(days):
        if noise > 0 and S.day_cost[d] < NEVER:
            S.day_cost[d] += draw(S, noise)
    for k in range(T.forum[f, MAX]):
        lock = T.lock[f, k, AT_DAY]
        before = T.previous[f, k, AT_DAY] if T.forum[f, PREVIOUS] else -1
        more = T.number[W_MOVE_DATE] * T.previous[f, k, AT_POINTS] if before != -1 else 0
        for d in range(days):
            S.cost[which, k, d] = S.day_cost[d] + more if lock < 0 and S.day_cost[d] < NEVER else NEVER
        if lock >= 0:
            S.cost[which, k, lock] = best_cell(T, S, f, k, lock, NEVER)
        elif before >= 0 and S.day_cost[before] < NEVER:
            S.cost[which, k, before] = best_cell(T, S, f, k, before, NEVER)
    for i in range(T.forum[f, LINK0], T.forum[f, LINK0] + T.forum[f, LINKS]):
        other = T.link[i, OTHER]
        for k in range(min(S.held[other], T.forum[f, MAX])):
            there = T.day[S.meet[other * T.number[MOST_MEETINGS] + k, DAY], ORDINAL]
            for d in range(days):
                after = there - T.day[d, ORDINAL]
                if after < T.link[i, LEAST] or after > T.link[i, MOST]:
                    S.cost[which, k, d] = NEVER
    drop_unsupported(T, S, f, which)


def drop_unsupported(T: Tables, S: State, f: int, which: int) -> None:
    """Bars days after which a linked forum, itself not laid yet, could not even alone keep the link."""
    days = T.number[DAYS]
    for i in range(T.forum[f, LINK0], T.forum[f, LINK0] + T.forum[f, LINKS]):
        other = T.link[i, OTHER]
        if S.held[other] >= 0:
            continue
        for d in range(days):
            low = first_day(T, T.day[d, ORDINAL] + T.link[i, LEAST])
            high = first_day(T, T.day[d, ORDINAL] + T.link[i, MOST] + 1)
            is_kept = False
            for e in range(low, high):
                if T.open_day[other, e]:
                    is_kept = True
                    break
            if not is_kept:
                for k in range(min(T.forum[f, MIN], T.forum[other, MIN], T.forum[f, MAX])):
                    S.cost[which, k, d] = NEVER


# ---------------------------------------------------------------- a forum's year


def spacing(T: Tables, f: int, gap: int) -> int:
    """Points for a gap of days that is not the ideal one."""
    over = abs(gap - T.forum[f, IDEAL]) - T.number[FREE_DAYS]
    return T.number[W_SPACING] * over // 7 if over > 0 else 0


def first_points(T: Tables, f: int, d: int) -> int:
    """Points for the first meeting's gap from last year's last; NEVER when the gap cannot be."""
    gap = T.day[d, ORDINAL] - T.forum[f, LAST]
    if T.lock[f, 0, AT_DAY] < 0 and (gap < T.forum[f, MIN_GAP] or gap > T.forum[f, MAX_GAP]):
        return NEVER
    return spacing(T, f, gap)


def may_end(T: Tables, f: int, d: int) -> bool:
    """Whether a forum's last meeting may lie on the day."""
    return T.number[LAST_DATE] - T.day[d, ORDINAL] <= T.forum[f, MAX_GAP]


def forward(T: Tables, S: State, f: int, which: int, most: int) -> None:
    """``S.chain[k, d]``: the least for meetings 0..k, the k-th on day d; ``S.chain_from`` where the one before lies."""
    days = T.number[DAYS]
    least_gap = max(1, T.forum[f, MIN_GAP])
    for d in range(days):
        points = first_points(T, f, d)
        cost = S.cost[which, 0, d]
        S.chain[0, d] = NEVER if cost >= NEVER or points >= NEVER else cost + points
    for k in range(1, most):
        is_waived = T.lock[f, k, AT_DAY] >= 0 and T.lock[f, k - 1, AT_DAY] >= 0
        low = 0
        high = 0
        for d in range(days):
            here = T.day[d, ORDINAL]
            while high < days and T.day[high, ORDINAL] <= here - least_gap:
                high += 1
            while low < days and T.day[low, ORDINAL] < here - T.forum[f, MAX_GAP]:
                low += 1
            S.chain[k, d] = NEVER
            S.chain_from[k, d] = -1
            if S.cost[which, k, d] >= NEVER:
                continue
            best = NEVER
            chosen = -1
            for e in range(0 if is_waived else low, d + 1 if is_waived else high):
                cost = S.chain[k - 1, e]
                if cost < best:
                    cost += spacing(T, f, here - T.day[e, ORDINAL])
                    if cost < best:
                        best = cost
                        chosen = e
            if chosen >= 0:
                S.chain[k, d] = best + S.cost[which, k, d]
                S.chain_from[k, d] = chosen


def choose_year(T: Tables, S: State, f: int, which: int) -> int:
    """The best year by ``S.cost[which]``: its number of meetings, their days in ``S.pick[which]``; -1 when none."""
    least = max(T.forum[f, MIN], T.forum[f, LOCKS])
    most = T.forum[f, MAX]
    if least > most:
        return -1
    best = T.whole[f, 0] if least == 0 else NEVER
    chosen = 0 if least == 0 else -1
    last = -1
    if most > 0:
        forward(T, S, f, which, most)
    for n in range(max(1, least), most + 1):
        for d in range(T.number[DAYS]):
            cost = S.chain[n - 1, d]
            if cost < NEVER and cost + T.whole[f, n] < best and may_end(T, f, d):
                best = cost + T.whole[f, n]
                chosen = n
                last = d
    for k in range(chosen - 1, -1, -1):
        S.pick[which, k] = last
        last = S.chain_from[k, last] if k > 0 else -1
    return chosen


def year_points(T: Tables, S: State, f: int) -> int:
    """Points of a forum's year as a whole: its gaps, what is missing, what has vanished."""
    if S.held[f] < 0:
        return T.number[UNPLACED]
    points = T.whole[f, S.held[f]]
    before = T.forum[f, LAST]
    for k in range(S.held[f]):
        here = T.day[S.meet[f * T.number[MOST_MEETINGS] + k, DAY], ORDINAL]
        points += spacing(T, f, here - before)
        before = here
    return points


def lift_year(T: Tables, S: State, f: int) -> None:
    """Takes up all meetings of a forum."""
    if S.held[f] < 0:
        return
    S.sums[TOTAL] -= year_points(T, S, f)
    for k in range(S.held[f] - 1, -1, -1):
        S.sums[TOTAL] -= standing(T, S, f, k)
        rise(T, S, f, k)
    S.held[f] = -1
    S.sums[TOTAL] += T.number[UNPLACED]
    S.sums[PLACED] -= 1


def note_year(T: Tables, S: State, f: int, n: int, points: int) -> None:
    """Counts a year whose ``n`` meetings have just been put down for ``points``."""
    S.held[f] = n
    S.sums[TOTAL] += points + year_points(T, S, f) - T.number[UNPLACED]
    S.sums[PLACED] += 1


def settle(T: Tables, S: State, f: int, which: int, n: int) -> int:
    """Puts down the days of ``S.pick``; -1, or the index of the meeting without a place, and then nothing is down."""
    points = 0
    for k in range(n):
        d = S.pick[which, k]
        cost = best_cell(T, S, f, k, d, NEVER)
        if cost < NEVER:
            cost = place(T, S, f, k, d, S.sums[BEST_START], S.sums[BEST_ROOM])
        if cost >= NEVER:
            for down in range(k - 1, -1, -1):
                rise(T, S, f, down)
            return k
        points += cost
    note_year(T, S, f, n, points)
    return -1


def insert_year(T: Tables, S: State, f: int, noise: int) -> bool:
    """Lays the forum's best year, everything else as it stands; whether there is one.

    Meetings of one forum within a week share people: when the days chosen cannot be had together, the day that failed
    is barred for that meeting, and the next best year is tried.
    """
    price_year(T, S, f, 0, noise)
    for _ in range(8):
        n = choose_year(T, S, f, 0)
        if n < 0:
            return False
        failed = settle(T, S, f, 0, n)
        if failed < 0:
            return True
        S.cost[0, failed, S.pick[0, failed]] = NEVER
    return False


# ---------------------------------------------------------------- two linked forums at once


def backward(T: Tables, S: State, f: int, which: int) -> None:
    """``S.tail[which, k, d]``: the least for all after meeting k, which lies on day d; ends at k when allowed."""
    days = T.number[DAYS]
    most = T.forum[f, MAX]
    least_count = max(T.forum[f, MIN], T.forum[f, LOCKS])
    least_gap = max(1, T.forum[f, MIN_GAP])
    for k in range(most - 1, -1, -1):
        is_waived = k + 1 < most and T.lock[f, k, AT_DAY] >= 0 and T.lock[f, k + 1, AT_DAY] >= 0
        for d in range(days):
            best = NEVER
            chosen = -1
            if k + 1 >= least_count and may_end(T, f, d):
                best = T.whole[f, k + 1]
            if k + 1 < most:
                here = T.day[d, ORDINAL]
                for e in range(d, days):
                    gap = T.day[e, ORDINAL] - here
                    if not is_waived and gap < least_gap:
                        continue
                    if not is_waived and gap > T.forum[f, MAX_GAP]:
                        break
                    if S.cost[which, k + 1, e] < NEVER and S.tail[which, k + 1, e] < NEVER:
                        cost = S.cost[which, k + 1, e] + S.tail[which, k + 1, e] + spacing(T, f, gap)
                        if cost < best:
                            best = cost
                            chosen = e
            S.tail[which, k, d] = best
            S.tail_to[which, k, d] = chosen


def step_pair(T: Tables, S: State, f: int, g: int, least: int, most: int, k: int) -> None:
    """``S.pair[k, a, b]``: the least for both forums' meetings 0..k, the k-th of f on day a and of g on day b."""
    days = T.number[DAYS]
    gap_f = max(1, T.forum[f, MIN_GAP])
    gap_g = max(1, T.forum[g, MIN_GAP])
    waived_f = T.lock[f, k, AT_DAY] >= 0 and T.lock[f, k - 1, AT_DAY] >= 0
    waived_g = T.lock[g, k, AT_DAY] >= 0 and T.lock[g, k - 1, AT_DAY] >= 0
    # First the better meeting of f before, for each day a of f now and day b of g before.
    for a in range(days):
        for b in range(days):
            S.pair_best[a, b] = NEVER
            S.pair_a[k, a, b] = -1
    for b in range(days):
        for e in range(days):
            after = T.day[b, ORDINAL] - T.day[e, ORDINAL]
            if after < least or after > most or S.pair[k - 1, e, b] >= NEVER:
                continue
            so_far = S.pair[k - 1, e, b]
            for a in range(e, days):
                gap = T.day[a, ORDINAL] - T.day[e, ORDINAL]
                if not waived_f and gap < gap_f:
                    continue
                if not waived_f and gap > T.forum[f, MAX_GAP]:
                    break
                if S.cost[0, k, a] < NEVER:
                    cost = so_far + spacing(T, f, gap)
                    if cost < S.pair_best[a, b]:
                        S.pair_best[a, b] = cost
                        S.pair_a[k, a, b] = e
    for a in range(days):
        for b in range(days):
            S.pair[k, a, b] = NEVER
            S.pair_b[k, a, b] = -1
            after = T.day[b, ORDINAL] - T.day[a, ORDINAL]
            if after < least or after > most or S.cost[0, k, a] >= NEVER or S.cost[1, k, b] >= NEVER:
                continue
            best = NEVER
            for e in range(b, -1, -1):
                gap = T.day[b, ORDINAL] - T.day[e, ORDINAL]
                if not waived_g and gap < gap_g:
                    continue
                if not waived_g and gap > T.forum[g, MAX_GAP]:
                    break
                if S.pair_best[a, e] < best:
                    cost = S.pair_best[a, e] + spacing(T, g, gap)
                    if cost < best:
                        best = cost
                        S.pair_b[k, a, b] = e
            if best < NEVER:
                S.pair[k, a, b] = best + S.cost[0, k, a] + S.cost[1, k, b]


def choose_pair(T: Tables, S: State, f: int, g: int, least: int, most: int) -> int:
    """The best years of two linked forums together, by ``S.cost``: how many meetings f has, days in ``S.pick``; or -1.

    The k-th meeting of g lies ``least`` to ``most`` days after that of f, as long as both have one.
    """
    days = T.number[DAYS]
    both = min(T.forum[f, MAX], T.forum[g, MAX])
    if both < 1:
        return -1
    backward(T, S, f, 0)
    backward(T, S, g, 1)
    for a in range(days):
        for b in range(days):
            S.pair[0, a, b] = NEVER
            after = T.day[b, ORDINAL] - T.day[a, ORDINAL]
            if least <= after <= most and S.cost[0, 0, a] < NEVER and S.cost[1, 0, b] < NEVER:
                first_f = first_points(T, f, a)
                first_g = first_points(T, g, b)
                if first_f < NEVER and first_g < NEVER:
                    S.pair[0, a, b] = S.cost[0, 0, a] + S.cost[1, 0, b] + first_f + first_g
    best = NEVER
    at_k = -1
    at_a = -1
    at_b = -1
    f_ends = False
    for k in range(both):
        if k > 0:
            step_pair(T, S, f, g, least, most, k)
        least_f = max(T.forum[f, MIN], T.forum[f, LOCKS])
        least_g = max(T.forum[g, MIN], T.forum[g, LOCKS])
        for a in range(days):
            end_f = T.whole[f, k + 1] if k + 1 >= least_f and may_end(T, f, a) else NEVER
            for b in range(days):
                so_far = S.pair[k, a, b]
                if so_far >= best:
                    continue
                end_g = T.whole[g, k + 1] if k + 1 >= least_g and may_end(T, g, b) else NEVER
                if end_f < NEVER and S.tail[1, k, b] < NEVER and so_far + end_f + S.tail[1, k, b] < best:
                    best = so_far + end_f + S.tail[1, k, b]
                    at_k, at_a, at_b, f_ends = k, a, b, True
                if end_g < NEVER and S.tail[0, k, a] < NEVER and so_far + end_g + S.tail[0, k, a] < best:
                    best = so_far + end_g + S.tail[0, k, a]
                    at_k, at_a, at_b, f_ends = k, a, b, False
    if at_k < 0:
        return -1
    n = at_k + 1
    after_a = S.tail_to[0, at_k, at_a]
    k = at_k
    while not f_ends and after_a >= 0:
        k += 1
        S.pick[0, k] = after_a
        n = k + 1
        after_a = S.tail_to[0, k, after_a]
    for k in range(at_k, -1, -1):
        S.pick[0, k] = at_a
        S.pick[1, k] = at_b
        if k > 0:
            before = S.pair_b[k, at_a, at_b]
            at_a = S.pair_a[k, at_a, before]
            at_b = before
    return n


def insert_pair(T: Tables, S: State, f: int, g: int, least: int, most: int, noise: int) -> bool:
    """Lays the best years of two linked forums; g's is chosen once more when f's stands, since they share people."""
    price_year(T, S, g, 1, noise)
    price_year(T, S, f, 0, noise)
    n = choose_pair(T, S, f, g, least, most)
    if n >= 0 and settle(T, S, f, 0, n) < 0:
        if insert_year(T, S, g, 0):
            return True
        lift_year(T, S, f)
    if insert_year(T, S, f, noise):
        if insert_year(T, S, g, noise):
            return True
        lift_year(T, S, f)
    return False


# ---------------------------------------------------------------- moves


def save_year(T: Tables, S: State, at: int, f: int) -> None:
    """Keeps the forum's year in the ``at``-th place."""
    most = T.number[MOST_MEETINGS]
    seats = T.forum[f, SEATS]
    S.saved_forum[at] = f
    S.saved_held[at] = S.held[f]
    room = T.number[MOST_MEETINGS] * T.number[MOST_SEATS]
    for k in range(S.held[f]):
        for column in range(5):
            S.saved_meet[at * most + k, column] = S.meet[f * most + k, column]
        for i in range(seats):
            S.saved_sat[at * room + k * seats + i] = S.sat[T.forum[f, SAT0] + k * seats + i]


def restore_year(T: Tables, S: State, at: int) -> None:
    """Puts the kept year back as it was; what has come in its place must be lifted. Totals are the caller's."""
    most = T.number[MOST_MEETINGS]
    f = S.saved_forum[at]
    seats = T.forum[f, SEATS]
    room = T.number[MOST_MEETINGS] * T.number[MOST_SEATS]
    for k in range(S.saved_held[at]):
        for i in range(seats):
            S.seat_person[i] = S.saved_sat[at * room + k * seats + i]
        row = at * most + k
        sit(T, S, f, k, S.saved_meet[row, DAY], S.saved_meet[row, START], S.saved_meet[row, ROOM])
    if S.saved_held[at] >= 0:
        S.held[f] = S.saved_held[at]
        S.sums[PLACED] += 1


def companion(T: Tables, S: State, f: int) -> int:
    """A forum that shares people with f or is linked to it, by chance; f itself when none is met."""
    links = T.forum[f, LINKS]
    if links > 0 and draw(S, 3) == 0:
        return T.link[T.forum[f, LINK0] + draw(S, links), OTHER]
    seats = T.forum[f, SEATS]
    if seats == 0:
        return f
    seat = T.forum[f, SEAT0] + draw(S, seats)
    if T.seat[seat, OPTIONS] == 0:
        return f
    p = T.option[T.seat[seat, OPTION0] + draw(S, T.seat[seat, OPTIONS]), PERSON]
    if S.list_held[p] == 0:
        return f
    return S.list_meet[T.person[p, LIST0] + draw(S, S.list_held[p])] // T.number[MOST_MEETINGS]


def gather(T: Tables, S: State, f: int, wanted: int) -> int:
    """Saves and lifts f and up to ``wanted`` - 1 of its companions; how many."""
    save_year(T, S, 0, f)
    lifted = 1
    for _ in range(wanted * 2 - 2):
        if lifted >= wanted:
            break
        g = companion(T, S, S.saved_forum[draw(S, lifted)])
        is_new = S.held[g] >= 0
        for i in range(lifted):
            if S.saved_forum[i] == g:
                is_new = False
        if is_new:
            save_year(T, S, lifted, g)
            lifted += 1
    for i in range(lifted):
        lift_year(T, S, S.saved_forum[i])
    return lifted


def lay_again(T: Tables, S: State, lifted: int, noise: int) -> bool:
    """Lays the years of the forums that were lifted, linked ones together; whether all found a place."""
    first = draw(S, lifted)
    for i in range(lifted):
        f = S.saved_forum[(first + i) % lifted]
        if S.held[f] >= 0:
            continue
        partner = -1
        for j in range(T.forum[f, LINK0], T.forum[f, LINK0] + T.forum[f, LINKS]):
            for other in range(lifted):
                g = S.saved_forum[other]
                if T.link[j, OTHER] == g and S.held[g] < 0 and partner < 0:
                    partner = j
        if partner >= 0:
            done = insert_pair(T, S, f, T.link[partner, OTHER], T.link[partner, LEAST], T.link[partner, MOST], noise)
        else:
            done = insert_year(T, S, f, noise)
        if not done:
            return False
    return True


def move_years(T: Tables, S: State, f: int, wanted: int, heat: int, noise: int) -> bool:
    """Lifts forums that share people and lays them again; taken back when that is worse than chance allows."""
    before = S.sums[TOTAL]
    placed = S.sums[PLACED]
    allowed = allowance(T, S, heat)
    lifted = gather(T, S, f, wanted)
    done = lay_again(T, S, lifted, noise)
    if done and S.sums[TOTAL] <= before + allowed:
        return True
    for i in range(lifted):
        lift_year(T, S, S.saved_forum[i])
    for i in range(lifted - 1, -1, -1):
        restore_year(T, S, i)
    S.sums[TOTAL] = before
    S.sums[PLACED] = placed
    return False


def window(T: Tables, S: State, f: int, k: int) -> tuple[int, int]:
    """First and last ordinal on which meeting k may lie, its neighbours and linked meetings as they stand."""
    at = f * T.number[MOST_MEETINGS]
    least_gap = max(1, T.forum[f, MIN_GAP])
    if k > 0:
        before = T.day[S.meet[at + k - 1, DAY], ORDINAL]
        low = before + least_gap
    else:
        before = T.forum[f, LAST]
        low = before + T.forum[f, MIN_GAP]
    high = before + T.forum[f, MAX_GAP]
    if k + 1 < S.held[f]:
        after = T.day[S.meet[at + k + 1, DAY], ORDINAL]
        low = max(low, after - T.forum[f, MAX_GAP])
        high = min(high, after - least_gap)
    else:
        low = max(low, T.number[LAST_DATE] - T.forum[f, MAX_GAP])
    for i in range(T.forum[f, LINK0], T.forum[f, LINK0] + T.forum[f, LINKS]):
        other = T.link[i, OTHER]
        if k < S.held[other]:
            there = T.day[S.meet[other * T.number[MOST_MEETINGS] + k, DAY], ORDINAL]
            low = max(low, there - T.link[i, MOST])
            high = min(high, there - T.link[i, LEAST])
    return low, high


def gap_points(T: Tables, S: State, f: int, k: int, here: int) -> int:
    """Points of the gaps on both sides of meeting k, if it lay on the ordinal ``here``."""
    at = f * T.number[MOST_MEETINGS]
    before = T.day[S.meet[at + k - 1, DAY], ORDINAL] if k > 0 else T.forum[f, LAST]
    points = spacing(T, f, here - before)
    if k + 1 < S.held[f]:
        points += spacing(T, f, T.day[S.meet[at + k + 1, DAY], ORDINAL] - here)
    return points


def first_day(T: Tables, ordinal: int) -> int:
    """The number of the first day on or after an ordinal; one more than the last day when there is none."""
    at = ordinal - T.number[FIRST_ORDINAL]
    if at < 0:
        return 0
    return T.day_from[at] if at < T.number[SPAN] else T.number[DAYS]


def another_day(T: Tables, S: State, f: int, k: int, low: int, high: int) -> int:
    """A day for meeting k from low to high - 1: any, one near by, or one on which one of its people meets anyway."""
    m = f * T.number[MOST_MEETINGS] + k
    way = draw(S, 8)
    if way < 2:
        return low + draw(S, high - low)
    if way < 4:
        return S.meet[m, DAY] + draw(S, 13) - 6
    p = S.sat[T.forum[f, SAT0] + k * T.forum[f, SEATS] + draw(S, T.forum[f, SEATS])] if T.forum[f, SEATS] > 0 else -1
    if p < 0:
        return low + draw(S, high - low)
    return S.meet[S.list_meet[T.person[p, LIST0] + draw(S, S.list_held[p])], DAY]


def move_meeting(T: Tables, S: State, f: int, k: int, heat: int) -> bool:
    """Tries meeting k on another day, or otherwise on its own; whether it moved."""
    if T.lock[f, k, AT_DAY] >= 0:
        return False
    m = f * T.number[MOST_MEETINGS] + k
    was = S.meet[m, DAY]
    earliest, latest = window(T, S, f, k)
    low = first_day(T, earliest)
    high = first_day(T, latest + 1)
    if low >= high:
        return False
    d = another_day(T, S, f, k, low, high)
    if d < low or d >= high or T.weekday[f, T.day[d, WEEKDAY]] >= NEVER or T.day[d, OPEN] == 0:
        return False
    now = standing(T, S, f, k)
    gaps = gap_points(T, S, f, k, T.day[was, ORDINAL])
    new_gaps = gap_points(T, S, f, k, T.day[d, ORDINAL])
    limit = now + gaps - new_gaps + allowance(T, S, heat) + 1
    if limit <= 0:
        return False
    is_near = T.day[d, WEEK] == T.day[was, WEEK]
    start = S.meet[m, START]
    r = S.meet[m, ROOM]
    if is_near:
        rise(T, S, f, k)
    cost = best_cell(T, S, f, k, d, limit)
    if cost >= NEVER:
        if is_near:
            keep_people(T, S, f, k)
            sit(T, S, f, k, was, start, r)
        return False
    new_start = S.sums[BEST_START]
    new_room = S.sums[BEST_ROOM]
    if not is_near:
        rise(T, S, f, k)
    cost = place(T, S, f, k, d, new_start, new_room)
    S.sums[TOTAL] += cost + new_gaps - now - gaps
    return True


def keep_people(T: Tables, S: State, f: int, k: int) -> None:
    """Hands the people a meeting had to ``sit``."""
    seats = T.forum[f, SEATS]
    for i in range(seats):
        S.seat_person[i] = S.sat[T.forum[f, SAT0] + k * seats + i]


def reseat(T: Tables, S: State, f: int, k: int) -> bool:
    """Fills the meeting's seats anew, since a greedy choice never swaps back; whether that is cheaper."""
    m = f * T.number[MOST_MEETINGS] + k
    now = standing(T, S, f, k)
    d = S.meet[m, DAY]
    start = S.meet[m, START]
    r = S.meet[m, ROOM]
    rise(T, S, f, k)
    points = own_points(T, f, k, d, start, r)
    cost = assign(T, S, f, d, start, S.meet[m, END], S.meet[m, PLACE], 0, now - points)
    if cost >= now - points:
        # No cheaper: as it is in a forum without seats, whose empty assignment costs what it did.
        keep_people(T, S, f, k)
        sit(T, S, f, k, d, start, r)
        return False
    sit(T, S, f, k, d, start, r)
    S.sums[TOTAL] += cost + points - now
    return True


def reseat_all(T: Tables, S: State) -> None:
    """Fills seats anew, meeting by meeting, until none gets cheaper."""
    is_changed = True
    while is_changed:
        is_changed = False
        for f in range(T.number[FORUMS]):
            for k in range(S.held[f]):
                if reseat(T, S, f, k):
                    is_changed = True


def total_points(T: Tables, S: State) -> int:
    """What the plan as it stands costs: people's journeys and weeks counted once each, as they come."""
    points = 0
    for f in range(T.number[FORUMS]):
        points += year_points(T, S, f)
        for k in range(S.held[f]):
            m = f * T.number[MOST_MEETINGS] + k
            points += own_points(T, f, k, S.meet[m, DAY], S.meet[m, START], S.meet[m, ROOM])
            points += people_points(T, S, f, k)
    return points


def people_points(T: Tables, S: State, f: int, k: int) -> int:
    """What the seats of a meeting cost when the meetings that come before it are there already."""
    m = f * T.number[MOST_MEETINGS] + k
    d = S.meet[m, DAY]
    w = T.day[d, WEEK]
    points = 0
    seats = T.forum[f, SEATS]
    for i in range(seats):
        p = S.sat[T.forum[f, SAT0] + k * seats + i]
        seat = T.forum[f, SEAT0] + i
        if p < 0:
            points += T.seat[seat, VACANT]
            continue
        for o in range(T.seat[seat, OPTION0], T.seat[seat, OPTION0] + T.seat[seat, OPTIONS]):
            if T.option[o, PERSON] == p:
                points += T.option[o, EXTRA]
        is_there = False
        earlier = 0
        for j in range(T.person[p, LIST0], T.person[p, LIST0] + S.list_held[p]):
            other = S.list_meet[j]
            if other < m and T.day[S.meet[other, DAY], WEEK] == w:
                earlier += 1
                if S.meet[other, DAY] == d and S.meet[other, PLACE] == S.meet[m, PLACE]:
                    is_there = True
        if not is_there:
            points += T.journey[p, S.meet[m, PLACE]]
        if earlier >= T.number[WEEK_SOFT]:
            points += T.number[W_WEEK]
    return points


def keep_best(T: Tables, S: State) -> None:
    """Keeps the plan as it stands when it is the best so far."""
    if S.sums[TOTAL] < S.sums[BEST]:
        S.sums[BEST] = S.sums[TOTAL]
        S.best_held[:] = S.held[:]
        S.best_meet[:] = S.meet[:]
        S.best_sat[:] = S.sat[:]


def anneal(T: Tables, S: State, rounds: int, moves: int, heat: int) -> None:
    """Does ``rounds`` iterations at one temperature: years of one to three forums, then ``moves`` single meetings."""
    forums = T.number[FORUMS]
    for _ in range(rounds):
        f = draw(S, forums)
        if S.held[f] >= 0:
            wanted = 1 + draw(S, 3)
            noise = 0 if draw(S, 2) == 0 else 1 + (heat >> 9)
            S.sums[TRIED] += 1
            if move_years(T, S, f, wanted, heat, noise):
                S.sums[TAKEN] += 1
            keep_best(T, S)
        for _ in range(moves):
            f = draw(S, forums)
            if S.held[f] > 0:
                move_meeting(T, S, f, draw(S, S.held[f]), heat)
        keep_best(T, S)


def construct(T: Tables, S: State, order: Ints) -> None:
    """Lays years in the order given, linked forums together, each as well as it can be; some may find no place."""
    for i in range(T.number[FORUMS]):
        if S.held[order[i]] < 0:
            lay_one(T, S, order[i])
    keep_best(T, S)


# ---------------------------------------------------------------- a forum without a place


def lift_around(T: Tables, S: State, f: int, d: int, all_seats: int) -> None:
    """Lifts forums whose meetings that day, or in a full week, keep people from f: of required seats, or of all."""
    w = T.day[d, WEEK]
    for seat in range(T.forum[f, SEAT0], T.forum[f, SEAT0] + T.forum[f, SEATS]):
        if all_seats == 0 and T.seat[seat, VACANT] < NEVER:
            continue
        for o in range(T.seat[seat, OPTION0], T.seat[seat, OPTION0] + T.seat[seat, OPTIONS]):
            p = T.option[o, PERSON]
            is_full = S.week_held[p, w] >= T.person[p, MAX_WEEK]
            j = S.list_held[p] - 1
            while j >= 0:
                m = S.list_meet[T.person[p, LIST0] + j]
                if S.meet[m, DAY] == d or (is_full and T.day[S.meet[m, DAY], WEEK] == w):
                    g = m // T.number[MOST_MEETINGS]
                    if g != f and S.held[g] >= 0:
                        lift_year(T, S, g)
                        j = S.list_held[p]
                j -= 1


def clear_day(T: Tables, S: State, f: int, k: int, d: int) -> bool:
    """Makes room for a meeting of f on a day by lifting whole years of others; whether it then has a place."""
    if best_cell(T, S, f, k, d, NEVER) < NEVER:
        return True
    lift_around(T, S, f, d, 0)
    if best_cell(T, S, f, k, d, NEVER) < NEVER:
        return True
    for t in range(T.forum[f, TOWN0], T.forum[f, TOWN0] + T.forum[f, TOWNS]):
        for i in range(T.town[t, ROOM0], T.town[t, ROOM0] + T.town[t, ROOMS]):
            r = T.room[i, ROOM_NUMBER]
            while S.room_held[r, d] > 0:
                held = S.room_held[r, d]
                lift_year(T, S, S.room_meet[r, d, held - 1] // T.number[MOST_MEETINGS])
                if best_cell(T, S, f, k, d, NEVER) < NEVER:
                    return True
    lift_around(T, S, f, d, 1)
    return best_cell(T, S, f, k, d, NEVER) < NEVER


def force_year(T: Tables, S: State, f: int) -> bool:
    """Lays a year for f where it would be well alone, and lifts the forums that stand in its way."""
    for i in range(T.forum[f, LINK0], T.forum[f, LINK0] + T.forum[f, LINKS]):
        lift_year(T, S, T.link[i, OTHER])
    price_year(T, S, f, 0, 0)
    days = T.number[DAYS]
    size = T.forum[f, TOWNS] * T.forum[f, STARTS]
    for d in range(days):
        alone = NEVER
        at = T.forum[f, CELL0] + d * size
        for c in range(at, at + size):
            if T.cell_empty[c] == 0 and T.cell_filled[c] >= T.forum[f, QUORUM]:
                alone = min(alone, T.cell[c] + T.cell_room[c])
        crowd = 1000 + draw(S, 4000)
        for k in range(T.forum[f, MAX]):
            if S.cost[0, k, d] >= NEVER and alone < NEVER and T.lock[f, k, AT_DAY] < 0:
                S.cost[0, k, d] = alone + crowd
    for k in range(T.forum[f, MAX]):
        lock = T.lock[f, k, AT_DAY]
        if lock >= 0 and S.cost[0, k, lock] >= NEVER:
            S.cost[0, k, lock] = 0
    drop_unsupported(T, S, f, 0)
    n = choose_year(T, S, f, 0)
    for k in range(n):
        if not clear_day(T, S, f, k, S.pick[0, k]):
            return False
    return n >= 0 and lay_one(T, S, f)


def lay_one(T: Tables, S: State, f: int) -> bool:
    """Lays the forum's year, together with a linked one that has none yet."""
    for j in range(T.forum[f, LINK0], T.forum[f, LINK0] + T.forum[f, LINKS]):
        g = T.link[j, OTHER]
        if S.held[g] < 0 and insert_pair(T, S, f, g, T.link[j, LEAST], T.link[j, MOST], 0):
            return True
    return insert_year(T, S, f, 0)


def repair(T: Tables, S: State, able: Ints, tries: int) -> None:
    """Finds places for forums that have none, at the expense of others that then find one elsewhere.

    ``able`` says which forums can have a year at all, when alone.
    """
    forums = T.number[FORUMS]
    at = draw(S, forums)
    for _ in range(tries):
        f = -1
        for i in range(forums):
            g = (at + i) % forums
            if S.held[g] < 0 and able[g] != 0:
                f = g
                break
        if f < 0:
            return
        at = (f + 1) % forums
        if not lay_one(T, S, f):
            force_year(T, S, f)
        keep_best(T, S)
