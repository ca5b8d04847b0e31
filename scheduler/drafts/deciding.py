"""What of a draft somebody must decide: meetings that clash or break a rule, with what, and the best day without.

Not here: the sentences of the board (``remarks``), other days in general (``planning.dates``), forums that have no year
(``planning.explaining``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np

from scheduler.drafts.models import DraftMeeting
from scheduler.drafts.queries import Board
from scheduler.drafts.remarks import Remark, is_clash
from scheduler.drafts.seating import seats_at
from scheduler.drafts.translating import number, place_of
from scheduler.i18n import gettext, ngettext
from scheduler.planning.dates import DateTable
from scheduler.planning.instance import Seat
from scheduler.planning.plan import PlannedMeeting
from scheduler.planning.tables import NEVER

#: How many of the cheapest days are looked at before it is said that there is none without a clash.
LOOKS = 8


@dataclass(frozen=True)
class Choice:
    """A day, hour and room a meeting could have, and who would then come, as ``actions.move_planned`` takes them."""

    on: date
    start: int
    room: str
    place_id: int | None
    town: str
    seats: dict[str, int | None]
    #: Points above where the meeting lies now; None when it cannot stay there.
    more: int | None


@dataclass(frozen=True)
class Decision:
    """A meeting somebody must decide about."""

    row: DraftMeeting
    #: What it clashes with, the heaviest first.
    against: tuple[Remark, ...]
    is_broken: bool
    points: int


def decisions(board: Board) -> list[Decision]:
    """The meetings to decide about: those that break a rule, then by what the clash costs, then by date."""
    found = []
    for key, remarks in board.remarks.items():
        row = board.rows.get(key)
        if row is None or not is_clash(remarks):
            continue
        meeting = _meeting(board, key)
        broken = tuple(one for one in remarks if one.weight == "rule")
        against = (*broken, *_soft(board, meeting, remarks), *_away(board, meeting))
        found.append(Decision(row, against, bool(broken), _points(board, meeting)))
    return sorted(found, key=lambda one: (not one.is_broken, -one.points, one.row.on, one.row.forum_id))


def _meeting(board: Board, key: tuple[str, int]) -> PlannedMeeting:
    forum, index = key
    return next(one for one in board.standing.years[forum] if one.index == index)


def _points(board: Board, meeting: PlannedMeeting) -> int:
    """What the clash itself costs: empty seats, and a day on which one would rather not meet."""
    weights = board.instance.weights
    return weights.vacant * len(_vacant(board, meeting)) + weights.soft_day * (
        meeting.on in board.instance.soft_days
    )  # fmt: skip


def _vacant(board: Board, meeting: PlannedMeeting) -> list[Seat]:
    """The seats that have a holder and stand empty."""
    seats = board.standing.forums[meeting.forum].seats
    return [seat for seat in seats if seat.holder is not None and meeting.seats.get(seat.id) is None]


def _soft(board: Board, meeting: PlannedMeeting, remarks: Sequence[Remark]) -> list[Remark]:
    """The remark about the day; the first of the clashes, as ``remarks`` makes them."""
    clashes = [one for one in remarks if one.weight == "clash"]
    return clashes[:1] if meeting.on in board.instance.soft_days else []


def _away(board: Board, meeting: PlannedMeeting) -> list[Remark]:
    """Why the seats stand empty: in which forum their holders sit, who is busy, who has no hour left."""
    standing = board.standing
    elsewhere: defaultdict[str, list[str]] = defaultdict(list)
    busy, full = [], []
    for seat in _vacant(board, meeting):
        person = standing.persons[seat.holder or ""]
        others = [
            one for one in standing.of_person(person.id, meeting.forum, meeting.index) if one.on == meeting.on
        ]  # fmt: skip
        if others:
            elsewhere[others[0].forum.name].append(person.name)
        elif standing.busy("person", person.id).get(meeting.on):
            busy.append(person.name)
        else:
            full.append(person.name)
    found = [
        Remark("clash", partial(_sits, forum, names))
        for forum, names in sorted(elsewhere.items(), key=lambda one: (-len(one[1]), one[0]))
    ]
    if busy:
        found.append(Remark("clash", partial(_busy, sorted(busy))))
    if full:
        found.append(Remark("clash", partial(_full, sorted(full))))
    return found


def _sits(forum: str, names: Sequence[str]) -> str:
    return ngettext(
        "%(forum)s samma dag, 1 delad deltagare: %(who)s.", "%(forum)s samma dag, %(n)s delade deltagare: %(who)s.",
        len(names), forum=forum, who=_some(names),
    )  # fmt: skip


def _busy(names: Sequence[str]) -> str:
    return ngettext(
        "1 är upptagen och har ingen ersättare: %(who)s.", "%(n)s är upptagna och har ingen ersättare: %(who)s.",
        len(names), who=_some(names),
    )  # fmt: skip


def _full(names: Sequence[str]) -> str:
    return ngettext(
        "1 plats står tom: %(who)s.", "%(n)s platser står tomma: %(who)s.", len(names), who=_some(names)
    )  # fmt: skip


def _some(names: Sequence[str], most: int = 3) -> str:
    if len(names) <= most:
        return ", ".join(names)
    return gettext("%(names)s och %(n)s till", names=", ".join(names[:most]), n=len(names) - most)


# ---------------------------------------------------------------- another day


def best_without_clash(board: Board, row: DraftMeeting) -> Choice | None:
    """The cheapest other day on which nobody is missing and nothing speaks against the day; None when there is none."""
    table = board.dates(row)
    cells = table.cells
    can = table.points < NEVER
    if not can.any():
        return None
    can &= ~np.array([day in board.instance.soft_days or day == row.on for day in cells.days])[:, None, None]
    for seat, points in zip(table.forum.seats, cells.seats, strict=True):
        if seat.holder is not None:
            can &= points < NEVER if seat.required else points <= board.instance.weights.vacant
    points = np.where(can, table.points, NEVER).reshape(len(cells.days), -1)
    at = points.argmin(axis=1)
    least = points[np.arange(len(cells.days)), at]
    for d in np.argsort(least, kind="stable")[:LOOKS].tolist():
        if least[d] >= NEVER:
            return None
        t, s = divmod(int(at[d]), len(cells.starts))
        who = seats_at(cells, d, t, s)
        if all(who[seat.id] is not None for seat in table.forum.seats if seat.holder is not None):
            return _choice(table, (d, t, s), who)
    return None


def choice_at(board: Board, row: DraftMeeting, on: date, start: int, room: str) -> Choice | None:
    """The day, hour and room, if the meeting may lie there as everything else stands; None when it may not."""
    table = board.dates(row)
    return choice_of(table, on, start, room)


def choice_of(table: DateTable, on: date, start: int, room: str) -> Choice | None:
    """As ``choice_at``, of a table at hand."""
    cells = table.cells
    place = table.standing.rooms.get(room)
    town = None if place is None else table.standing.towns[place.town]
    if on not in cells.at or start not in cells.starts or town not in cells.towns:
        return None
    at = cells.at[on], cells.towns.index(town), cells.starts.index(start)
    if table.points[at] >= NEVER or cells.room_at(*at) != room:
        return None
    return _choice(table, at, seats_at(cells, *at))


def _choice(table: DateTable, at: tuple[int, int, int], who: dict[str, str | None]) -> Choice:
    cells = table.cells
    d, t, s = at
    room = cells.room_at(d, t, s)
    return Choice(
        cells.days[d], cells.starts[s], room, place_of(room), table.instance.towns[cells.towns[t]].id,
        {str(number(seat)): None if name is None else number(name) for seat, name in who.items()},
        None if table.now is None else int(table.points[at]) - table.now,
    )  # fmt: skip
