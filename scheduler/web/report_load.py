"""The report of loads: how many meetings, hours and travel days each person's year holds, and how full the weeks are.

Of the people whom the reader edits, as their own year's page is theirs alone and their editors'. What the reader may
not see of a meeting counts as on that page: a time, without a town. Not here: whose meetings they are
(``meetings.year_loads``), the reckoning (``meetings.load_rules``), one person's year (``load``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from scheduler.accounts.principals import forums_using_people
from scheduler.accounts.rules import may
from scheduler.db import db
from scheduler.forums.models import Forum
from scheduler.i18n import date_text, month_name, ngettext
from scheduler.i18n import gettext as _
from scheduler.meetings.load_rules import Entry, Sum, add_up, weeks_of
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.meetings.rules import State
from scheduler.meetings.year_loads import MeetingOf, Who, people_of, year_loads
from scheduler.reports.statistics.load import RANGES, Range, middle, spread
from scheduler.reports.statistics.tables import Column, Drawing, Name, Table, Value
from scheduler.web import report_charts
from scheduler.web.filters import capitalised
from scheduler.web.load import sight_of
from scheduler.web.report_pages import Report, check_year
from scheduler.web.security import principal, today

#: So many people are listed on the page; the files have all.
LISTED = 50


@dataclass(frozen=True)
class _Line:
    """Somebody's year."""

    who: Who
    sum: Sum


def make(year: int) -> Report:
    """The report of a year."""
    check_year(year)
    session = db.session()
    entries = _entries(session, year_loads(session, year))
    people = _shown_people(session, entries)
    lines = [_Line(who, add_up(year, entries[id_], home=who.home)) for id_, who in people.items()]
    lines = [line for line in lines if line.sum.meetings]
    lines.sort(key=lambda line: (-line.sum.meetings, -line.sum.minutes, line.who.sort_key, line.who.id))
    title = _("Möten per person %(year)s", year=year)
    lead = _lead(year, lines)
    if not lines:
        return Report("load", title, year, lead, [], {"notes": _notes(lines)}, years_ahead=1)
    ranges = spread(line.sum.meetings for line in lines)
    weeks = _weeks(year, [entries[line.who.id] for line in lines])
    tables = [_spread_table(ranges), _person_table(year, lines), _week_table(weeks)]
    return Report(
        "load", title, year, lead, tables,
        {
            "spread": report_charts.columns(
                [report_charts.Column(_range_text(RANGES[n]), count) for n, count in enumerate(ranges)], step=64
            ),
            "weeks": _week_picture(weeks),
            "listed": LISTED,
            "notes": _notes(lines),
            "key": report_charts.key([("yes", _("Leder")), ("may", _("Deltar"))]),
        },
        years_ahead=1,
    )  # fmt: skip


# ---------------------------------------------------------------- whose


def _entries(session: Session, found: Sequence[MeetingOf]) -> dict[int, list[Entry]]:
    """Person → what the reader may count of their year."""
    who = principal()
    inside = {
        row.id: may(who, "draft.read" if row.state == State.PROPOSED else "meeting.read", forum_ids=row.forum_ids)
        for row in found
    }
    outside = _outside(session, [row.id for row in found if not inside[row.id]])
    entries: dict[int, list[Entry]] = defaultdict(list)
    for row in found:
        both = {leads: row.entry(leads=leads) for leads in (True, False)}
        others: dict[bool, Entry] = both
        own = both
        if not inside[row.id]:
            others, own = (
                {} if sight is None else {leads: sight.entry(one) for leads, one in both.items()}
                for sight in (sight_of(outside[row.id], is_own=is_own) for is_own in (False, True))
            )
        for person_id in row.person_ids:
            seen = own if person_id == who.person_id else others
            if seen:
                entries[person_id].append(seen[person_id in row.led_by])
    return entries


def _outside(session: Session, meeting_ids: Collection[int]) -> dict[int, Meeting]:
    """The meetings the reader takes no part in, with what says how public they are. One query at most."""
    if not meeting_ids:
        return {}
    forum = joinedload(Meeting.forum_rows).joinedload(MeetingForum.forum).joinedload(Forum.kind)
    query = select(Meeting).where(Meeting.id.in_(meeting_ids)).options(forum, joinedload(Meeting.place))
    return {meeting.id: meeting for meeting in session.scalars(query).unique()}


def _shown_people(session: Session, person_ids: Collection[int]) -> dict[int, Who]:
    """Those of ``person_ids`` whom the reader edits, beside the reader."""
    who = principal()
    if who.administrator:
        return people_of(session, person_ids)
    using = forums_using_people(session, today())
    allowed = {
        person_id
        for person_id in person_ids
        if may(who, "person.edit", forum_ids=using.get(person_id, ()), person_id=person_id)
    }
    return people_of(session, allowed)


# ---------------------------------------------------------------- words


def _lead(year: int, lines: Sequence[_Line]) -> str:
    if not lines:
        return _("Inga möten %(year)s för någon som du sköter.", year=year)
    most = lines[0]
    usual = middle([line.sum.meetings for line in lines])
    opening = ngettext(
        "1 person har möten under året.",
        "%(n)s personer har möten under året, hälften av dem minst %(usual)s.", len(lines), usual=usual,
    )  # fmt: skip
    top = ngettext(
        "Den som har flest har 1 möte, %(hours)s timmar.", "Den som har flest har %(n)s möten, %(hours)s timmar.",
        most.sum.meetings, hours=hours(most.sum.minutes),
    )  # fmt: skip
    return f"{opening} {top}"


def _notes(lines: Sequence[_Line]) -> list[str]:
    found = [_("Bokade och hållna möten räknas, och föreslagna i forum du planerar. En heldag räknas som 8 timmar.")]
    if any(line.who.home is None for line in lines):
        found.append(_("Resdagar räknas för den som har en hemort."))
    if not principal().administrator:
        found.append(_("Rapporten visar de personer du sköter."))
    return found


def hours(minutes: int) -> int:
    """Whole hours, the nearest; what is not nothing is at least one."""
    return max((minutes + 30) // 60, 1) if minutes else 0


def _range_text(found: Range) -> str:
    return f"{found.first}–{found.last}" if found.last is not None else _("%(n)s och fler", n=found.first)


# ---------------------------------------------------------------- tables and pictures


def _spread_table(ranges: Sequence[int]) -> Table:
    columns = [Column(_("Möten under året")), Column(_("Personer"), "count")]
    rows: list[list[Value]] = [[_range_text(RANGES[n]), count] for n, count in enumerate(ranges)]
    caption = _("Så många personer har så många möten.")
    return Table("spread", _("Hur mötena fördelar sig"), caption, columns, rows, [_("Alla"), sum(ranges)])


def _person_table(year: int, lines: Sequence[_Line]) -> Table:
    most = max(line.sum.meetings for line in lines)
    columns = [
        Column(_("Person"), "name"),
        Column(_("Organisation"), "name"),
        Column(_("Möten"), "count"),
        Column(_("Fördelning"), "drawing"),
        Column(_("Leder"), "count"),
        Column(_("Deltar"), "count"),
        Column(_("Timmar"), "count"),
        Column(_("Resdagar"), "count"),
        Column(_("Tyngsta vecka")),
    ]
    rows: list[list[Value]] = [
        [
            Name(capitalised(line.who.name), url_for("load.show", person_id=line.who.id, year=year) if listed else ""),
            None if line.who.organisation is None else Name(line.who.organisation),
            line.sum.meetings,
            Drawing(report_charts.bar([("yes", line.sum.leads), ("may", line.sum.attends)], most)) if listed else None,
            line.sum.leads,
            line.sum.attends,
            hours(line.sum.minutes),
            None if line.who.home is None else line.sum.travel_days,
            _heaviest(line.sum),
        ]
        for line, listed in ((line, n < LISTED) for n, line in enumerate(lines))
    ]
    caption = _("De som har flest möten först. Namnet leder till personens år.")
    return Table("people", _("Per person"), caption, columns, rows)


def _heaviest(found: Sum) -> str | None:
    if found.heaviest is None:
        return None
    monday, count = found.heaviest
    week = monday.isocalendar().week
    return ngettext("v. %(week)s, 1 möte", "v. %(week)s, %(n)s möten", count, week=week)


@dataclass(frozen=True)
class _Week:
    """A week of the year."""

    monday: date
    #: Different meetings in it.
    meetings: int
    #: People with at least one.
    people: int


def _weeks(year: int, years: Collection[Collection[Entry]]) -> list[_Week]:
    meetings: Counter[date] = Counter()
    people: Counter[date] = Counter()
    counted: set[str] = set()
    for entries in years:
        busy: set[date] = set()
        for entry in entries:
            _days, mondays = entry.in_year(year)
            if entry.key not in counted:
                counted.add(entry.key)
                for monday in mondays:
                    meetings[monday] += 1
            busy.update(mondays)
        people.update(busy)
    return [_Week(monday, meetings[monday], people[monday]) for monday in weeks_of(year)]


def _week_table(weeks: Sequence[_Week]) -> Table:
    columns = [
        Column(_("Vecka")),
        Column(_("Från och med")),
        Column(_("Möten"), "count"),
        Column(_("Personer i möte"), "count"),
    ]
    rows: list[list[Value]] = [
        [
            _("v. %(week)s", week=week.monday.isocalendar().week),
            date_text(week.monday, weekday=False, year=True),
            week.meetings,
            week.people,
        ]
        for week in weeks
    ]
    caption = _("Så många personer har minst ett möte i veckan.")
    return Table("weeks", _("Per vecka"), caption, columns, rows)


def _week_picture(weeks: Sequence[_Week]) -> str:
    """A column a week, the month under its first."""
    found = []
    for week in weeks:
        thursday = week.monday + timedelta(days=3)
        begins = thursday.day <= 7  # noqa: PLR2004 - the month's first Thursday
        found.append(report_charts.Column(month_name(thursday.month, short=True) if begins else "", week.people))
    return report_charts.weekly(found)
