"""Which rings the year wheel has: one for each forum, or where they are too many the reader's own, or one a kind.

A wheel holds twelve rings. Of more forums it shows those that are the reader's own, if these are few enough; else a
ring for each kind of forum with a mark for each week in which any of them meets. The table or timeline beside it
holds every forum (decision 0093). Not here: the drawing (``wheel``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from markupsafe import Markup

from scheduler.forums.models import Forum
from scheduler.i18n import gettext as _
from scheduler.i18n import language, ngettext
from scheduler.web import wheel
from scheduler.web.charts import ClosedSpan
from scheduler.web.security import in_language
from scheduler.web.wheel import RINGS, Ring, Wheel, WheelMark
from scheduler.web.words import MarkState
from scheduler.web.years import ForumYear, YearMark, said_of

#: What a week's mark shows where as many of its meetings have one state as another: what is to come first.
_WEIGHTS: tuple[MarkState, ...] = ("now", "booked", "poll", "proposed", "unminuted", "held", "cancelled")
_HELD: frozenset[MarkState] = frozenset({"held", "unminuted"})
_BOOKED: frozenset[MarkState] = frozenset({"booked", "now"})


@dataclass(frozen=True)
class RingGroup:
    """The forums of one kind that share a ring."""

    code: str
    name: str
    #: The value of ``?group=`` that shows them alone; "" for the kinds that share the last ring.
    key: str
    years: Sequence[ForumYear]


@dataclass(frozen=True)
class ShownWheel:
    """A wheel, and what must be said of it."""

    drawing: Markup
    #: Every forum, the reader's own, or a ring for each kind.
    rings: Literal["all", "own", "kinds"]
    #: Forum → the code of its ring, for the table.
    codes: dict[int, str]
    #: The kinds of the rings, the outermost first.
    groups: Sequence[RingGroup] = ()


def kind_name(forum: Forum) -> str:
    """The kind of a forum in the language in use."""
    return forum.kind.en if language() == "en" else forum.kind.sv


def codes_of(names: Iterable[tuple[str | None, str]]) -> list[str]:
    """A code for each of (own code, name): the own one, else the initials; no two alike."""
    pairs = list(names)
    taken = {code for code, _name in pairs if code}
    found = []
    for own, name in pairs:
        code = own or _free(_initials(name), taken)
        taken.add(code)
        found.append(code)
    return found


def _initials(name: str) -> str:
    words = ["".join(filter(str.isalnum, word)) for word in name.replace("-", " ").split()]
    words = [word for word in words if word]
    if len(words) == 1:
        return words[0][:3].capitalize()
    return "".join(word[0] for word in words[:3]).upper() or "?"


def _free(code: str, taken: Collection[str]) -> str:
    number = 1
    found = code
    while found in taken:
        number += 1
        found = f"{code[:2]}{number}"
    return found


def shown_wheel(
    years: Sequence[ForumYear], year: int, today: date, closed: Sequence[ClosedSpan], *, own: Collection[int]
) -> ShownWheel:
    """The wheel of these forums in their order, the first one outermost; ``own`` are the reader's."""
    mine = [row for row in years if row.forum.id in own]
    groups: list[RingGroup] = []
    rings: Literal["all", "own", "kinds"] = "all"
    shown: Sequence[ForumYear] = years
    if len(years) > RINGS:
        rings, shown = ("own", mine) if 0 < len(mine) <= RINGS else ("kinds", years)
    codes = dict(
        zip(
            (row.forum.id for row in shown),
            codes_of((row.forum.code, row.forum.title) for row in shown),
            strict=True,
        )
    )
    if rings == "kinds":
        groups = kinds_of(years)
        drawn = [kind_ring(group, year) for group in groups]
    else:
        drawn = [forum_ring(row, codes[row.forum.id]) for row in shown]
    dial = Wheel(year, drawn, today if today.year == year else None, closed, notes_of(shown))
    return ShownWheel(wheel.draw(dial), rings, codes if rings != "kinds" else {}, groups)


def notes_of(years: Iterable[ForumYear]) -> list[str]:
    """What stands in the middle: how many are held and booked, a joint meeting counted once."""
    marks = {mark.key: mark.state for row in years for mark in row.marks}
    states = Counter(marks.values())
    held = sum(states[state] for state in _HELD)
    booked = sum(states[state] for state in _BOOKED)
    return [
        ngettext("1 möte hållet", "%(n)s möten hållna", held),
        ngettext("1 bokat", "%(n)s bokade", booked),
    ]


def forum_ring(row: ForumYear, code: str) -> Ring:
    """The ring of one forum."""
    title = row.forum.title
    marks = [WheelMark(mark.day, mark.state, said_of(title, mark), mark.path) for mark in row.marks]
    return Ring(code, marks, row.bands)


def by_kind(years: Iterable[ForumYear]) -> list[list[ForumYear]]:
    """The forums of each kind, in the kinds' own order."""
    found: dict[str, list[ForumYear]] = defaultdict(list)
    for row in years:
        found[row.forum.kind_id].append(row)
    return sorted(found.values(), key=lambda rows: (rows[0].forum.kind.position, rows[0].forum.kind_id))


def kinds_of(years: Iterable[ForumYear]) -> list[RingGroup]:
    """A ring for each kind, in the kinds' own order; the smallest kinds share the last one where there are too many."""
    ordered = by_kind(years)
    rest: list[ForumYear] = []
    if len(ordered) > RINGS:
        kept = {rows[0].forum.kind_id for rows in sorted(ordered, key=len, reverse=True)[: RINGS - 1]}
        rest = [row for rows in ordered for row in rows if row.forum.kind_id not in kept]
        ordered = [rows for rows in ordered if rows[0].forum.kind_id in kept]
    names = [kind_name(rows[0].forum) for rows in ordered]
    codes = codes_of((None, name) for name in [*names, *([_("Övriga")] if rest else [])])
    groups = [
        RingGroup(code, name, f"kind-{rows[0].forum.kind_id}", rows)
        for code, name, rows in zip(codes, names, ordered, strict=False)
    ]
    return [*groups, RingGroup(codes[-1], _("Övriga"), "", rest)] if rest else groups


def kind_ring(group: RingGroup, year: int) -> Ring:
    """The ring of a kind: a mark for each week with meetings, on its Thursday; it leads to the month."""
    weeks: dict[tuple[int, int], list[YearMark]] = defaultdict(list)
    seen: set[str] = set()
    for row in group.years:
        for mark in row.marks:
            if mark.key not in seen:
                seen.add(mark.key)
                weeks[mark.day.isocalendar()[:2]].append(mark)
    return Ring(group.code, [_week_mark(group.name, year, week, marks) for week, marks in sorted(weeks.items())])


def _week_mark(name: str, year: int, week: tuple[int, int], marks: Sequence[YearMark]) -> WheelMark:
    thursday = date.fromisocalendar(*week, 4)
    day = min(max(thursday, date(year, 1, 1)), date(year, 12, 31))
    states = Counter(mark.state for mark in marks)
    state = max(states, key=lambda one: (states[one], -_WEIGHTS.index(one)))
    title = ngettext(
        "%(kind)s, vecka %(week)s: 1 möte", "%(kind)s, vecka %(week)s: %(n)s möten", len(marks), kind=name,
        week=week[1],
    )  # fmt: skip
    return WheelMark(day, state, title, in_language(f"/calendar/{day.year}/{day.month}"))
