"""A forum's meetings sorted by what they count as (spec cadence §3), once for all windows that are asked for.

Days are ordinals. Not here: windows and what they require (``windows``), statuses (``outcome``, ``evaluation``).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from scheduler.cadence.rules import HELD_STATES, PLANNED_STATES, Forum, Meeting


class Tally(NamedTuple):
    """What of a forum's meetings counts as what, each list of ordinals in order."""

    held: list[int]
    ordinary: list[int]
    planned: list[int]
    #: Planned of every kind: past ones are unrecorded.
    open: list[int]

    @classmethod
    def of(cls, forum: Forum, meetings: Counted) -> Tally:
        """Sorts ``meetings`` by the rules of ``forum``: extra meetings, quorum, continuations, per capsulam.

        A tally is given back as it is.
        """
        if isinstance(meetings, Tally):
            return meetings
        tally = cls([], [], [], [])
        for meeting in meetings:
            held = meeting.status in HELD_STATES
            if not held and meeting.status not in PLANNED_STATES:
                continue
            day = meeting.on.toordinal()
            if not held:
                tally.open.append(day)
            if meeting.continuation or meeting.kind in {"per_capsulam", "continuation"}:
                continue
            if meeting.kind == "extra" and not forum.extra_counts:
                continue
            if not held:
                tally.planned.append(day)
            elif meeting.quorum is not False or not forum.requires_quorum:
                tally.held.append(day)
                if meeting.kind != "extra":
                    tally.ordinary.append(day)
        for days in tally:
            days.sort()
        return tally


#: A forum's meetings, sorted or not: a page that asks for several windows sorts them once.
Counted = Iterable[Meeting] | Tally


def between(days: list[int], first: int, last: int) -> int:
    """How many of the sorted days lie in first–last, both included."""
    return max(0, bisect_right(days, last) - bisect_left(days, first))


def first_between(days: list[int], first: int, last: int) -> int | None:
    """The first of the sorted days in first–last, both included; None when there is none."""
    found = bisect_left(days, first)
    return days[found] if found < len(days) and days[found] <= last else None
