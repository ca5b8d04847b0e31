"""The calendar: a month as a table, a year as wheel and timeline, coming meetings as a list.

Visitors see what is public. Not here: what a year holds (``calendar_year``), feeds (``feeds``).
"""

from __future__ import annotations

import calendar as months
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler.accounts.rules import may
from scheduler.db import db
from scheduler.errors import NotFound
from scheduler.forums.models import Forum
from scheduler.forums.queries import forum_refs
from scheduler.i18n import month_name
from scheduler.meetings.fragments import public_forums, span_of
from scheduler.meetings.models import Meeting
from scheduler.meetings.queries import MeetingFilter, coming_meetings, meetings_between
from scheduler.polls.queries import asked_dates
from scheduler.web.access import polled_forums
from scheduler.web.calendar_year import forum_years, months_of
from scheduler.web.charts import BANDS
from scheduler.web.forum_groups import groups_of
from scheduler.web.rings import by_kind, kind_name, shown_wheel
from scheduler.web.security import now, policy, principal, today
from scheduler.web.shell import plans
from scheduler.web.standing_rows import closed_spans
from scheduler.web.timeline import definitions, timeline_row, timeline_sign
from scheduler.web.words import MARKS
from scheduler.workdays.observances import Mark, day_marks

bp = Blueprint("calendar", __name__)

#: Years a calendar can be leafed to, on both sides of the present one.
REACH = 50
LISTED = 100


def _filter() -> MeetingFilter:
    who = principal()
    return MeetingFilter(viewer=who) if who.signed_in else MeetingFilter(public_only=True)


def _shown_forum(meeting: Meeting) -> Forum:
    """The forum a meeting is named by: its leading one, or the first public one for those who see no more of it."""
    if may(principal(), "meeting.read", forum_ids=[forum.id for forum in meeting.forums]):
        return meeting.forum
    return next(iter(public_forums(meeting)), meeting.forum)


@bp.get("/calendar")
@policy("public")
def index() -> ResponseReturnValue:
    """To the present month."""
    on = today()
    return redirect(url_for("calendar.month", year=on.year, month=on.month), 303)


@bp.get("/calendar/<int:year>/<int:month>")
@policy("public")
def month(year: int, month: int) -> ResponseReturnValue:
    """A month, a row a week; days of the neighbouring months are empty."""
    on = today()
    if not (1 <= month <= 12 and on.year - REACH <= year <= on.year + REACH):  # noqa: PLR2004 - months of a year
        raise NotFound
    weeks = months.Calendar().monthdatescalendar(year, month)
    found = meetings_between(db.session(), date(year, month, 1), _last_of(year, month), _filter())
    days: dict[date, list[Meeting]] = defaultdict(list)
    for meeting in found:
        span = span_of(meeting)
        for n in range((span.last_on - span.on).days + 1):
            days[span.on + timedelta(days=n)].append(meeting)
    polls = _asked_on(date(year, month, 1), _last_of(year, month))
    before, after = date(year, month, 1) - timedelta(days=1), _last_of(year, month) + timedelta(days=1)
    return render_template(
        "calendar/month.html",
        heading=f"{month_name(month)} {year}",
        year=year,
        month=month,
        weeks=weeks,
        days=days,
        polls=polls,
        count=len(found),
        asked=len({poll.id for day in polls.values() for poll in day}),
        before=before,
        after=after,
        marks_of=_weightiest,
        forum_of=_shown_forum,
    )


@dataclass(frozen=True)
class AskedPoll:
    """A date poll that asks about a day."""

    id: int
    forum_title: str


def _asked_on(first: date, last: date) -> dict[date, list[AskedPoll]]:
    """Day in first–last, both included → the undecided polls that ask about it, for those who plan. Two queries."""
    who = principal()
    if not plans(who):
        return {}
    rows = asked_dates(db.session(), first, last, forum_ids=polled_forums(who))
    forums = forum_refs(db.session(), {row.forum_id for row in rows})
    found: dict[date, list[AskedPoll]] = defaultdict(list)
    for row in rows:
        found[row.on].append(AskedPoll(row.poll_id, forums[row.forum_id].title))
    return found


@bp.get("/calendar/<int:year>")
@policy("public")
def year(year: int) -> ResponseReturnValue:
    """A year: wheel, months, and a row for each forum."""
    on = today()
    if not on.year - REACH <= year <= on.year + REACH:
        raise NotFound
    every = forum_years(year, on, _filter())
    groups = groups_of((row.forum for row in every), request.args.get("group"))
    years = [row for row in every if groups.holds(row.forum)]
    closed = closed_spans(year)
    counts = months_of(years)
    return render_template(
        "calendar/year.html",
        year=year,
        reach=range(on.year - REACH, on.year + REACH + 1),
        count=sum(counts),
        months=list(enumerate(counts, 1)),
        years=years,
        kinds=[(kind_name(rows[0].forum), rows) for rows in by_kind(years)],
        groups=groups,
        states=[state for state in MARKS if any(mark.state == state for row in years for mark in row.marks)],
        bands=[state for state in BANDS if any(band.state == state for row in years for band in row.bands)],
        wheel=shown_wheel(years, year, on, closed, own=principal().own_forums),
        definitions=definitions(year, on, closed),
        timeline=lambda row: timeline_row(row.strip(year, on, closed)),
        timeline_sign=timeline_sign,
    )


def _last_of(year: int, month: int) -> date:
    return date(year, month, months.monthrange(year, month)[1])


def _weightiest(day: date) -> Mark | None:
    """What is said of a day that is no ordinary working day: its weightiest name."""
    return next(iter(day_marks(day)), None)


@bp.get("/calendar/list")
@policy("public")
def listed() -> ResponseReturnValue:
    """Coming meetings in order, month by month."""
    who = principal()
    proposals = "proposed" in request.args
    found = coming_meetings(
        db.session(),
        now(),
        viewer=who if who.signed_in else None,
        public_only=not who.signed_in,
        with_proposals=proposals and who.signed_in,
        limit=LISTED,
    )
    groups: dict[tuple[int, int], list[Meeting]] = defaultdict(list)
    for meeting in found:
        groups[meeting.local_on.year, meeting.local_on.month].append(meeting)
    named = [(f"{month_name(number)} {year}", meetings) for (year, number), meetings in groups.items()]
    return render_template(
        "calendar/list.html", groups=named, count=len(found), proposals=proposals, forum_of=_shown_forum
    )
