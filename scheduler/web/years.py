"""A forum's year as pages draw it: meetings and dates asked for, each with its mark and where it leads; its windows.

What a strip, the wheel and the timeline draw is the same list, so that none of them can say more than another.
Not here: the drawing (``charts``, ``wheel``, ``timeline``), where a forum stands (``standing_rows``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from sqlalchemy.orm import Session

from scheduler.forums.models import Forum
from scheduler.meetings.cadence import Standing
from scheduler.polls.queries import asked_dates
from scheduler.records.minutes_lists import late_minutes
from scheduler.web import charts
from scheduler.web.security import in_language
from scheduler.web.standing_rows import bands_of
from scheduler.web.words import MarkState, mark_of, mark_word


@dataclass(frozen=True)
class YearMark:
    """A meeting, or a date that is asked about, on its day."""

    day: date
    state: MarkState
    #: Where it leads.
    path: str
    #: Names what it is: the same for a joint meeting in each of its forums.
    key: str


@dataclass(frozen=True)
class ForumYear:
    """A forum with its marks in order of the days, and its required windows."""

    forum: Forum
    marks: Sequence[YearMark]
    bands: Sequence[charts.Band] = ()

    def strip(self, year: int, today: date, closed: Sequence[charts.ClosedSpan]) -> charts.YearStrip:
        """As the strip of a table row."""
        return charts.YearStrip(
            year=year,
            today=today if today.year == year else None,
            marks=[charts.Mark(mark.day, mark.state) for mark in self.marks],
            bands=self.bands,
            closed=closed,
        )


@dataclass(frozen=True)
class Beside:
    """What is known of a year's meetings beside their state: minutes that are late, and dates asked for."""

    late_minutes: Collection[int] = frozenset()
    #: Forum → its dates asked for, as marks.
    asked: Mapping[int, Sequence[YearMark]] = field(default_factory=dict)


NOTHING = Beside()


def beside(session: Session, year: int, today: date, *, poll_forums: Collection[int] | None) -> Beside:
    """What stands beside the meetings of ``year``; date polls of those forums (None: all). Two queries."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    asked: dict[int, list[YearMark]] = defaultdict(list)
    for row in asked_dates(session, first, last, forum_ids=poll_forums):
        asked[row.forum_id].append(
            YearMark(row.on, "poll", in_language(f"/polls/{row.poll_id}"), f"poll {row.poll_id} {row.on}")
        )
    return Beside(late_minutes(session, first, last, today), asked)


def meeting_mark(meeting_id: int, on: date, state: str, today: date, near: Beside = NOTHING) -> YearMark:
    """The mark of a meeting, which leads to its page."""
    shape = mark_of(state, today=on == today, minutes_missing=meeting_id in near.late_minutes)
    return YearMark(on, shape, in_language(f"/meetings/{meeting_id}"), f"meeting {meeting_id}")


def year_of(forum: Forum, standing: Standing, today: date, near: Beside, *, inside: bool) -> ForumYear:
    """The year that ``standing`` judged; who is not ``inside`` is led to the forum's page alone."""
    marks = [meeting_mark(row.id, row.on, row.state, today, near) for row in standing.meetings]
    if not inside:
        own = in_language(f"/forums/{forum.slug}")
        marks = [replace(mark, path=own) for mark in marks]
    return ForumYear(forum, in_order([*marks, *near.asked.get(forum.id, ())]), bands_of(standing))


def in_order(marks: Sequence[YearMark]) -> list[YearMark]:
    """By day."""
    return sorted(marks, key=lambda mark: mark.day)


def said_of(name: str, mark: YearMark) -> str:
    """What the mouse is told of a mark: "Regionalt forum, 12 feb: hållet"."""
    return f"{name}, {charts.short_day(mark.day)}: {mark_word(mark.state).lower()}"
