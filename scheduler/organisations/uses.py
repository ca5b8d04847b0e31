"""What refers to a row: nothing may be taken away that something else still needs.

The references are those of the tables themselves, so that a table added later counts from its first day. Not here:
references that are no foreign keys (a theme named in an activity), which the action counts itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.db import Base
from scheduler.errors import Problem
from scheduler.i18n import gettext as _
from scheduler.i18n import mark, ngettext

#: Table → "3 möten". What has no words of its own is "annat".
_WORDS: Mapping[str, Callable[[int], str]] = {
    "activity": lambda n: ngettext("1 aktivitet", "%(n)s aktiviteter", n),
    "blocked_period": lambda n: ngettext("1 spärrad period", "%(n)s spärrade perioder", n),
    "focus_area": lambda n: ngettext("1 insatsområde", "%(n)s insatsområden", n),
    "forum": lambda n: ngettext("1 forum", "%(n)s forum", n),
    "meeting": lambda n: ngettext("1 möte", "%(n)s möten", n),
    "place": lambda n: ngettext("1 lokal", "%(n)s lokaler", n),
    "standing_item": lambda n: ngettext("1 stående punkt", "%(n)s stående punkter", n),
    "theme": lambda n: ngettext("1 tema", "%(n)s teman", n),
    "vision": lambda n: ngettext("1 vision", "%(n)s visioner", n),
}
#: A table that only ties two others together counts as the one that uses.
_TIES = {"forum_theme": "forum", "meeting_theme": "meeting"}


@dataclass(frozen=True)
class Uses:
    """How many rows of which tables use something; in a sentence "3 möten, 1 forum"."""

    counts: tuple[tuple[str, int], ...]

    def __bool__(self) -> bool:
        return bool(self.counts)

    def __add__(self, other: Uses) -> Uses:
        added = Counter(dict(self.counts)) + Counter(dict(other.counts))
        return Uses(tuple(added.items()))

    def __str__(self) -> str:
        """The uses in the language in use."""
        return ", ".join(_WORDS[table](n) if table in _WORDS else _("annat") for table, n in self.counts)


def uses_of(session: Session, row: Base, *, without: Collection[str] = ()) -> Uses:
    """What refers to ``row``, tables named in ``without`` left out. One query for each column that may."""
    session.flush()
    table = type(row).__table__
    found: Counter[str] = Counter()
    for other in Base.metadata.sorted_tables:
        for column in other.columns:
            if other.name not in without and any(key.column.table is table for key in column.foreign_keys):
                query = select(func.count()).select_from(other).where(column == row.id)  # type: ignore[attr-defined]  # every table here has one
                found[_TIES.get(other.name, other.name)] += session.scalar(query) or 0
    return Uses(tuple((name, n) for name, n in found.items() if n))


def used_problem(uses: Uses) -> Problem:
    """The refusal to take something away."""
    return Problem(None, mark("Det går inte att ta bort, för det används av %(uses)s"), {"uses": uses})
