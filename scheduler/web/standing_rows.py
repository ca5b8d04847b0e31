"""A forum's standing as a row of a page: its numbers in words, its year and its five years as drawings.

Not here: the judging (``meetings.cadence``), the drawing itself (``charts``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask import g

from scheduler import i18n
from scheduler.cadence.bands import BandState
from scheduler.cadence.rules import HELD_STATES, PLANNED_STATES, Kind
from scheduler.cadence.sentences import describe
from scheduler.db import db
from scheduler.forums.models import Forum
from scheduler.meetings.cadence import YEARS_BACK, Standing, standings
from scheduler.web import charts, words
from scheduler.web.security import today
from scheduler.workdays.observances import SUMMER_WEEKS, school_breaks
from scheduler.workdays.wording import Wording

_BAND: Mapping[BandState, charts.BandState] = {
    BandState.PLAIN: "plain",
    BandState.AT_RISK: "risk",
    BandState.MISSED: "missed",
}


@dataclass(frozen=True)
class Row:
    """One forum in a table of standings."""

    forum: Forum
    standing: Standing
    #: The requirement in words, with a capital; "–" without one.
    requirement: str
    #: The numbers behind the status, with a capital.
    reason: str
    #: Meetings of the year shown: those held, and those booked that are still ahead.
    held: int
    booked: int


def remember(found: Mapping[int, Standing]) -> None:
    """Keeps where forums stand today for the rest of the request, so that the menu need not judge them again."""
    g.standings = {**g.get("standings", {}), **found}


def present_standings(forums: Sequence[Forum]) -> Mapping[int, Standing]:
    """Where each of ``forums`` stands today; asks the database only for those not judged in this request."""
    known: dict[int, Standing] = g.get("standings", {})
    unknown = [forum for forum in forums if forum.id not in known]
    if unknown:
        remember(standings(db.session(), unknown, today()))
    return {forum.id: g.standings[forum.id] for forum in forums}


def said(wording: Wording) -> str:
    """A sentence of the rules in the language in use, with a capital."""
    text = wording["en"] if i18n.language() == "en" else wording["sv"]
    return text[:1].upper() + text[1:]


def row_of(forum: Forum, standing: Standing) -> Row:
    """The row of a forum."""
    version = standing.evaluation.version
    requirement = "–" if version.kind is Kind.NONE else said(describe(version))
    today = standing.evaluation.today
    return Row(
        forum,
        standing,
        requirement,
        said(standing.evaluation.reason),
        held=sum(meeting.state in HELD_STATES for meeting in standing.meetings),
        booked=sum(meeting.state in PLANNED_STATES and meeting.on >= today for meeting in standing.meetings),
    )


def worst_first(forums: Sequence[Forum], found: Mapping[int, Standing]) -> list[Row]:
    """The rows of ``forums``: worst status first, then by the day to call, then by name."""
    ordered = sorted(forums, key=lambda forum: found[forum.id].evaluation.sort_key(forum.sort_key))
    return [row_of(forum, found[forum.id]) for forum in ordered]


def closed_spans(year: int) -> list[charts.ClosedSpan]:
    """The breaks and holidays a strip hatches."""
    spans = [charts.ClosedSpan(first, last, said(name)) for first, last, name in school_breaks(year)]
    first, last = SUMMER_WEEKS
    summer = i18n.gettext("Semester v. %(first)s–%(last)s", first=first, last=last)
    spans.append(charts.ClosedSpan(date.fromisocalendar(year, first, 1), date.fromisocalendar(year, last, 7), summer))
    christmas = i18n.gettext("Jul")
    spans.append(charts.ClosedSpan(date(year, 12, 21), date(year, 12, 31), christmas))
    spans.append(charts.ClosedSpan(date(year, 1, 1), date(year, 1, 6), i18n.gettext("Trettonhelg")))
    return sorted(spans, key=lambda span: span.from_on)


def strip_of(standing: Standing, year: int, today: date, closed: Sequence[charts.ClosedSpan]) -> charts.YearStrip:
    """The year of a forum as a strip."""
    return charts.YearStrip(
        year=year,
        today=today if today.year == year else None,
        marks=[
            charts.Mark(meeting.on, words.mark_of(meeting.state, today=meeting.on == today))
            for meeting in standing.meetings
        ],
        bands=bands_of(standing),
        closed=closed,
    )


def bands_of(standing: Standing) -> list[charts.Band]:
    """The required windows of a forum's year, as charts draw them."""
    return [charts.Band(first, last, _BAND[band.state]) for band in standing.bands for first, last in band.spans]


def five_years_of(standing: Standing) -> charts.FiveYears | None:
    """The five closed years as bars; None where no year has records."""
    if not any(standing.years.values()):
        return None
    bars = []
    for year, total in sorted(standing.years.items())[-YEARS_BACK:]:
        if total is None:
            bars.append(charts.YearBar(year, None, None, "inactive"))
        else:
            status = total.status.value if total.status else "no_requirement"
            bars.append(charts.YearBar(year, total.held, total.required, status))
    return charts.FiveYears(bars)
