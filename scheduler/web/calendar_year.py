"""What the year of the calendar shows: every forum one may see, with the meetings one may see of it.

A joint meeting stands with each of its forums that the reader knows of, and with no other. Required windows and late
minutes are for those who plan or read the register. Not here: the page (``calendar``), the drawings (``timeline``,
``wheel``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from scheduler.db import db
from scheduler.forums.models import Forum
from scheduler.forums.queries import forums_for_list, is_judged
from scheduler.meetings.cadence import standings
from scheduler.meetings.queries import MeetingFilter, YearRow, year_rows
from scheduler.web.access import polled_forums, sees_all
from scheduler.web.charts import Band
from scheduler.web.security import principal
from scheduler.web.standing_rows import bands_of, remember
from scheduler.web.years import NOTHING, ForumYear, beside, in_order, meeting_mark


def forum_years(year: int, today: date, shown: MeetingFilter) -> list[ForumYear]:
    """The forums in order, each with its year; those not in use only where they have meetings in it."""
    session = db.session()
    who = principal()
    rows = year_rows(session, year, shown)
    everything = who.administrator or who.reader
    found = _by_forum(rows, None if everything else who.own_forums, invited=who.signed_in)
    known = None if everything else who.own_forums | set(found)
    forums = [
        forum
        for forum in forums_for_list(session, forum_ids=known, public_only=not everything)
        if forum.id in found or is_judged(forum)
    ]
    plans = sees_all()
    near = beside(session, year, today, poll_forums=polled_forums(who)) if plans else NOTHING
    bands = _bands(forums, year, today) if plans else {}
    return [
        ForumYear(
            forum,
            in_order(
                [
                    *(meeting_mark(row.meeting_id, row.on, row.state, today, near) for row in found.get(forum.id, ())),
                    *near.asked.get(forum.id, ()),
                ]
            ),
            bands.get(forum.id, ()),
        )
        for forum in forums
    ]


def _by_forum(rows: Iterable[YearRow], own: frozenset[int] | None, *, invited: bool) -> Mapping[int, list[YearRow]]:
    """Forum → its meetings; ``own`` None: every forum may be known of.

    Somebody called to a meeting of a forum that they know nothing else of (``invited``) sees it with the leading one.
    """
    meetings: dict[int, list[YearRow]] = defaultdict(list)
    for row in rows:
        meetings[row.meeting_id].append(row)
    found: dict[int, list[YearRow]] = defaultdict(list)
    for several in meetings.values():
        known = [row for row in several if own is None or row.is_public or row.forum_id in own]
        for row in known or (several[:1] if invited else []):
            found[row.forum_id].append(row)
    return found


def _bands(forums: Sequence[Forum], year: int, today: date) -> dict[int, list[Band]]:
    """The required windows of those that are judged."""
    judged = [forum for forum in forums if is_judged(forum)]
    found = standings(db.session(), judged, today, year=year)
    if year == today.year:
        remember(found)
    return {forum_id: bands_of(standing) for forum_id, standing in found.items()}


def months_of(years: Iterable[ForumYear]) -> list[int]:
    """How many meetings each month has, January first; a joint meeting once, a date asked for not at all."""
    months = {mark.key: mark.day.month for row in years for mark in row.marks if mark.state != "poll"}
    counts = [0] * 12
    for month in months.values():
        counts[month - 1] += 1
    return counts
