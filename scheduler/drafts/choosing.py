"""Other days for a meeting of a draft, and days for one more: what each costs, who comes, what speaks against it.

Everything else of the draft stands. Not here: the table itself (``planning.dates``, ``planning.cells``), storing what
is chosen (``actions``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from scheduler.drafts.queries import Board
from scheduler.drafts.remarks import Remark
from scheduler.drafts.seating import seats_at
from scheduler.drafts.translating import number, place_of
from scheduler.planning.cells import Cells
from scheduler.planning.dates import DateTable
from scheduler.planning.instance import Forum
from scheduler.planning.plan import PlannedMeeting
from scheduler.planning.tables import NEVER

#: Alternatives that a panel offers.
ALTERNATIVES = 3


@dataclass(frozen=True)
class Choice:
    """A place in the year that a meeting may have, as the draft's rows have it."""

    on: date
    start: int
    place_id: int | None
    town: str | None
    #: Seat number → person number, None for a seat nobody fills.
    seats: dict[str, Any]
    #: What it costs above where the meeting lies now; None where that cannot be said.
    more: int | None
    remarks: tuple[Remark, ...]

    @property
    def week(self) -> int:
        """The ISO week."""
        return self.on.isocalendar().week


def alternatives(board: Board, table: DateTable, count: int = ALTERNATIVES) -> list[Choice]:
    """The best other days, the cheapest first."""
    found = [_choice(board, table, one.on) for one in table.best(count + 1) if one.on != table.meeting.on]
    return [one for one in found if one is not None][:count]


def best_of(board: Board, table: DateTable, days: Iterable[date]) -> Choice | None:
    """The cheapest of ``days`` on which the meeting can be held; None when there is none."""
    points = {day: int(table.points[d].min()) for day in days if (d := table.cells.at.get(day)) is not None}
    possible = [day for day, cost in points.items() if cost < NEVER]
    return _choice(board, table, min(possible, key=lambda day: (points[day], day))) if possible else None


def in_spite(board: Board, table: DateTable, day: date) -> Choice:
    """The day whatever speaks against it, at the meeting's hour and place; whoever can comes."""
    forum, meeting = table.forum, table.meeting
    room = next(one for one in board.instance.rooms if one.id == meeting.room)
    cells = Cells(board.standing, forum, [day], index=meeting.index)
    town = cells.standing.towns[room.town]
    here = (cells.towns.index(town), cells.starts.index(meeting.start)) if _has(cells, town, meeting.start) else None
    seats = _nobody(forum) if here is None else seats_at(cells, 0, *here)
    return _told(board, forum, meeting.index, day, meeting.start, room.id, seats, None)


def weeks_of(year: int) -> list[tuple[int, date, date]]:
    """The ISO weeks of the year: number, the first and the last of their working days within it.

    The few days that belong to a week of another year are in none: a number means one week.
    """
    first, last = date(year, 1, 1), date(year, 12, 31)
    monday = date.fromisocalendar(year, 1, 1)
    found = []
    while monday.isocalendar().year == year:
        found.append((monday.isocalendar().week, max(monday, first), min(monday + timedelta(days=4), last)))
        monday += timedelta(days=7)
    return found


def more_dates(board: Board, forum: Forum, count: int = 5) -> list[Choice]:
    """The best days for one more meeting of the forum, each in another week; its own others stand."""
    span = (board.instance.last_date - board.instance.first_date).days + 1
    days = [board.instance.first_date + timedelta(days=n) for n in range(span)]
    cells = Cells(board.standing, forum, days, index=-1)
    own = [one.on.toordinal() for one in board.standing.years[forum.id]]
    neighbours = [forum.last_previous.toordinal(), *own]
    least = cells.cost.reshape(len(days), -1).min(axis=1) if cells.cost.size else np.full(len(days), NEVER)
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for d, day in enumerate(days):
        at = day.toordinal()
        if least[d] >= NEVER or any(abs(at - other) < forum.min_gap for other in neighbours):
            continue
        gap = min((abs(at - other) for other in neighbours), default=forum.ideal_gap)
        uneven = max(0, forum.ideal_gap // 2 - gap) * board.instance.weights.spacing_per_week // 7
        week = day.isocalendar()[:2]
        cost = int(least[d]) + uneven
        if week not in found or cost < found[week][0]:
            found[week] = (cost, d)
    return [_one_more(board, cells, d, cost) for cost, d in sorted(found.values())[:count]]


def more_on(board: Board, forum: Forum, day: date) -> Choice:
    """One more meeting of the forum on a day of one's own: its cheapest hour and place, or its usual ones."""
    cells = Cells(board.standing, forum, [day], index=-1)
    if cells.cost.size and int(cells.cost.min()) < NEVER:
        return _one_more(board, cells, 0, int(cells.cost.min()))
    start = next(iter(forum.preferred_starts or forum.starts))
    room = next(one for one in board.instance.rooms if one.town in forum.towns)
    return _told(board, forum, len(board.standing.years[forum.id]), day, start, room.id, _nobody(forum), None)


def _one_more(board: Board, cells: Cells, d: int, points: int) -> Choice:
    t, s = divmod(int(cells.cost[d].reshape(-1).argmin()), len(cells.starts))
    seats = seats_at(cells, d, t, s)
    # Numbered behind its own others: nothing of it is reckoned by number before it is stored.
    index = len(board.standing.years[cells.forum.id])
    return _told(board, cells.forum, index, cells.days[d], cells.starts[s], cells.room_at(d, t, s), seats, points)


# ---------------------------------------------------------------- the parts


def _nobody(forum: Forum) -> dict[str, str | None]:
    return dict.fromkeys((seat.id for seat in forum.seats), None)


def _has(cells: Cells, town: int, start: int) -> bool:
    return town in cells.towns and start in cells.starts


def _choice(board: Board, table: DateTable, day: date) -> Choice | None:
    """The cheapest hour and place of the day; None when there is none."""
    cells = table.cells
    d = cells.at[day]
    if int(table.points[d].min()) >= NEVER:
        return None
    t, s = divmod(int(table.points[d].reshape(-1).argmin()), len(cells.starts))
    more = None if table.now is None else int(table.points[d, t, s]) - table.now
    seats = seats_at(cells, d, t, s)
    room = cells.room_at(d, t, s)
    return _told(board, table.forum, table.meeting.index, day, cells.starts[s], room, seats, more)


def _told(
    board: Board, forum: Forum, index: int, day: date, start: int, room: str, seats: dict[str, str | None],
    more: int | None,
) -> Choice:  # fmt: skip
    meeting = PlannedMeeting(forum.id, index, day, start, room, seats)
    return Choice(
        on=day, start=start, place_id=place_of(room),
        town=next(one.town for one in board.instance.rooms if one.id == room),
        seats={str(number(seat)): None if who is None else number(who) for seat, who in seats.items()},
        more=more, remarks=tuple(board.judgement.around.remarks(meeting)),
    )  # fmt: skip
