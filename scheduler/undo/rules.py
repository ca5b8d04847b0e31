"""What a change comes to, and in which order its rows are put back. Pure."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from scheduler.errors import Problem
from scheduler.i18n import mark
from scheduler.organisations.rules import Span

#: Columns that only ever rise, or follow from others: they are not compared, and never put back.
RISING = frozenset({"version", "link_epoch"})


@dataclass(frozen=True)
class Row:
    """One row of a change, as ``history.journal.RowChange`` holds it."""

    flush: int
    table: str
    key: Mapping[str, Any]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    @property
    def identity(self) -> tuple[Hashable, ...]:
        """Which row it is; a plain link between two tables is what it links."""
        named = self.key or self.after or self.before or {}
        return self.table, *sorted(named.items())


@dataclass(frozen=True)
class Step:
    """One statement of putting back: insert ``values``, update the row of ``key`` to them, or delete it."""

    act: Literal["insert", "update", "delete"]
    table: str
    key: Mapping[str, Any]
    values: Mapping[str, Any]


def net(rows: Iterable[Row]) -> list[Row]:
    """What each row has become over the whole change: its first state before, its last state after.

    A row that was added and deleted again, or that ended as it began, is left out.
    """
    found: dict[tuple[Hashable, ...], Row] = {}
    for row in rows:
        earlier = found.get(row.identity)
        found[row.identity] = row if earlier is None else _joined(earlier, row)
    return [row for row in found.values() if row.before != row.after]


def _joined(earlier: Row, later: Row) -> Row:
    before, after = earlier.before, later.after
    if earlier.before is not None and later.before is not None and after is not None and earlier.after is not None:
        before = {**later.before, **earlier.before}
        after = {**earlier.after, **after}
    elif earlier.before is None and after is not None:
        after = {**(earlier.after or {}), **after}
    elif earlier.before is not None and later.before is not None and earlier.after is not None:
        before = {**later.before, **earlier.before}
    return Row(later.flush, later.table, later.key, before, after)


def steps_back(rows: Sequence[Row], order: Sequence[str]) -> Iterator[Step]:
    """The statements that put ``rows`` back; ``order`` names tables, those referred to first.

    Flush by flush from the last one, as the change went forward, so that no constraint is broken on the way: within
    one what was deleted comes back first, then what was changed, and what was added goes last.
    """
    place = {table: n for n, table in enumerate(order)}
    for flush in sorted({row.flush for row in rows}, reverse=True):
        here = sorted((row for row in rows if row.flush == flush), key=lambda row: place[row.table])
        yield from (Step("insert", r.table, r.key, r.before) for r in here if r.after is None and r.before is not None)
        for row in here:
            if row.before is not None and row.after is not None:
                values = {name: value for name, value in row.before.items() if name not in RISING}
                if values:
                    yield Step("update", row.table, row.key, values)
        yield from (Step("delete", r.table, r.key, r.after or {}) for r in reversed(here) if r.before is None)


def swapped(rows: Sequence[Row]) -> list[Row]:
    """The same rows as the undoing leaves them: what it changed, so that it can be taken back in turn."""
    last = max((row.flush for row in rows), default=0)
    return [Row(last - row.flush + 1, row.table, row.key, row.after, row.before) for row in reversed(rows)]


# ---------------------------------------------------------------- what no database constraint holds


def overlap(spans: Sequence[Span]) -> bool:
    """Whether any two share a day."""
    return any(one.overlaps(other) for n, one in enumerate(spans) for other in spans[n + 1 :])


def rings(above: Mapping[int, int | None], starts: Collection[int]) -> bool:
    """Whether going up from any of ``starts`` comes back to where it has been."""
    for start in starts:
        seen: set[int] = set()
        at: int | None = start
        while at is not None:
            if at in seen:
                return True
            seen.add(at)
            at = above.get(at)
    return False


# ---------------------------------------------------------------- whether it may be asked for


def reason_problem(day: date, today: date, reason: str | None) -> list[Problem]:
    """A problem at ``reason`` when the change is of an earlier day (``day``, local) and none is given."""
    if day >= today or reason:
        return []
    return [Problem("reason", mark("Ändringen gjordes en tidigare dag. Skriv varför den ångras"))]
