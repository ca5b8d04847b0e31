"""The yearly plan as a table: which days stand in which month, and what has changed since it was decided (D3). Pure.

Changes are not stored: they are what differs between the meetings as decided and as they are. Not here: reading
(``year_plans``), the words, the files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Any, Literal

from scheduler.meetings.rules import State

MONTHS = range(1, 13)
#: How a day stands in its cell: as it was, taken away, or new there.
Look = Literal["plain", "gone", "new"]
#: Another day, the same day at another time, cancelled (or gone), not in the decided plan.
ChangeKind = Literal["moved", "retimed", "cancelled", "added"]


@dataclass(frozen=True)
class Planned:
    """A meeting as a plan has it: its days, and when it starts on the first."""

    #: None in a draft, before it is booked.
    meeting_id: int | None
    on: date
    last_on: date
    #: On the wall clock; None: whole days.
    start: time | None
    state: str = State.CONFIRMED

    @property
    def stands(self) -> bool:
        """Whether it is to be held, or was."""
        return self.state != State.CANCELLED

    def stored(self) -> list[Any]:
        """As JSON holds it."""
        start = None if self.start is None else self.start.isoformat("minutes")
        return [self.meeting_id, self.on.isoformat(), self.last_on.isoformat(), start]

    @classmethod
    def read(cls, stored: Sequence[Any]) -> Planned:
        """Read back from ``stored``."""
        meeting_id, on, last_on, start = stored
        at = None if start is None else time.fromisoformat(start)
        return cls(meeting_id, date.fromisoformat(on), date.fromisoformat(last_on), at)


@dataclass(frozen=True)
class Change:
    """What is another way than it was decided."""

    kind: ChangeKind
    #: As decided; None for an added one.
    before: Planned | None
    #: As it is; None where the meeting is gone, or cancelled.
    after: Planned | None
    meeting_id: int | None

    @property
    def new_time(self) -> time | None:
        """The start where it is another than decided; None for whole days too."""
        if self.before is None or self.after is None or self.before.start == self.after.start:
            return None
        return self.after.start

    @property
    def on(self) -> date:
        """The day it is listed by."""
        shown = self.after or self.before
        assert shown is not None  # noqa: S101 - one of them always is
        return shown.on


@dataclass(frozen=True)
class Item:
    """A day in a cell."""

    planned: Planned
    look: Look = "plain"
    #: Whether its start is said: it is none of the forum's usual.
    says_time: bool = False
    #: Whether the start is another than decided.
    is_new_time: bool = False
    #: Number of the change it is about.
    note: int | None = None


@dataclass(frozen=True)
class Row:
    """A forum's year: a cell for each month."""

    forum_id: int
    usual: time | None
    cells: tuple[tuple[Item, ...], ...]
    #: How many meetings stand.
    count: int
    #: Number → change.
    notes: Mapping[int, Change]

    @property
    def is_changed(self) -> bool:
        """Whether anything is another way than decided."""
        return bool(self.notes)


def changes_of(decided: Sequence[Planned], present: Iterable[Planned]) -> list[Change]:
    """What differs, in order of days: ``present`` are the forum's meetings now, cancelled ones too.

    A new meeting that is only proposed is no change yet.
    """
    there = {one.meeting_id: one for one in present}
    found = []
    for before in decided:
        after = there.get(before.meeting_id)
        if after is None or not after.stands:
            found.append(Change("cancelled", before, None, before.meeting_id))
        elif (after.on, after.last_on) != (before.on, before.last_on):
            found.append(Change("moved", before, after, before.meeting_id))
        elif after.start != before.start:
            found.append(Change("retimed", before, after, before.meeting_id))
    known = {one.meeting_id for one in decided}
    found += [
        Change("added", None, one, one.meeting_id)
        for one in there.values()
        if one.meeting_id not in known and one.stands and one.state != State.PROPOSED
    ]
    return sorted(found, key=lambda change: (change.on, change.meeting_id or 0))


def row_of(
    year: int, forum_id: int, decided: Sequence[Planned] | None, present: Sequence[Planned], first_note: int
) -> Row:
    """The forum's row; ``decided`` None: nothing is decided, and what is cancelled stands struck.

    Changes are numbered from ``first_note`` on.
    """
    changes = [] if decided is None else changes_of(decided, present)
    notes = dict(enumerate(changes, start=first_note))
    items = list(_unchanged(decided, present, changes))
    for number, change in notes.items():
        items += _items(year, number, change)
    standing = [item.planned for item in items if item.look != "gone" and item.planned.on.year == year]
    usual = usual_start(standing)
    shown = sorted(
        (replace(item, says_time=item.planned.start != usual) for item in items if item.planned.on.year == year),
        key=lambda item: (item.planned.on, item.look != "gone", item.planned.start or time(0)),
    )
    cells = tuple(tuple(item for item in shown if item.planned.on.month == month) for month in MONTHS)
    return Row(forum_id, usual, cells, len(standing), notes)


def _unchanged(
    decided: Sequence[Planned] | None, present: Sequence[Planned], changes: Iterable[Change]
) -> Iterable[Item]:
    """The days that stand as they were; without a decision all of them."""
    if decided is None:
        for one in present:
            yield Item(one, "plain" if one.stands else "gone")
        return
    changed = {change.meeting_id for change in changes}
    for one in decided:
        if one.meeting_id not in changed:
            yield Item(one)


def _items(year: int, number: int, change: Change) -> Iterable[Item]:
    """The days of a change: the number stands at the new one, and at the old one where that is in another cell."""
    before, after = change.before, change.after
    if change.kind == "retimed" and after is not None:
        yield Item(after, is_new_time=True, note=number)
        return
    if before is not None:
        beside = after is not None and (after.on.year, after.on.month) == (year, before.on.month)
        yield Item(before, "gone", note=None if beside else number)
    if after is not None:
        yield Item(after, "new", is_new_time=change.new_time is not None, note=number)


def usual_start(planned: Iterable[Planned]) -> time | None:
    """When most of them start, the earliest of several; None where all are whole days, or there is none."""
    starts = Counter(one.start for one in planned if one.start is not None)
    return min(starts, key=lambda start: (-starts[start], start)) if starts else None


def empty_months(rows: Iterable[Row]) -> frozenset[int]:
    """The months in which no forum meets; none while nobody meets at all."""
    met = {month for row in rows for month in MONTHS for item in row.cells[month - 1] if item.look != "gone"}
    return frozenset(MONTHS) - met if met else frozenset()


# ---------------------------------------------------------------- the whole table


@dataclass(frozen=True)
class Note:
    """A change in words, and who made it when, as far as that is told."""

    number: int
    forum: str
    sentence: str
    #: Why, as it was written; "" for nothing.
    reason: str = ""
    #: "14 januari, Elin Marklund"; "" where it is not told.
    by: str = ""


@dataclass(frozen=True)
class Line:
    """A forum of the table: what it is called and its row."""

    title: str
    slug: str
    row: Row
    #: Whether it is one of the reader's own.
    is_own: bool = False


@dataclass(frozen=True)
class Table:
    """A yearly plan as it is shown, printed and handed out, in one language."""

    year: int
    title: str
    #: Whether it is decided, proposed, or neither, in a sentence.
    status: str
    #: Organisation → its forums.
    groups: Sequence[tuple[str, Sequence[Line]]]
    notes: Sequence[Note] = ()

    @property
    def lines(self) -> list[Line]:
        """Every forum, in order."""
        return [line for _name, lines in self.groups for line in lines]
