"""The page of one person's year: what they lead and take part in, journeys, clashes, what is free (D7).

Open to whoever edits the person and to the person themself. A meeting that the reader may not see is a time at which
the person is taken, without a name. Not here: the reckoning (``meetings.load_rules``), the chart (``load_chart``),
entering days away (``me``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.accounts.rules import may
from scheduler.clock import civil_date
from scheduler.db import db
from scheduler.errors import NotFound
from scheduler.forums.models import Forum
from scheduler.i18n import date_text, ngettext, number_word
from scheduler.i18n import gettext as _
from scheduler.meetings.fragments import Shown, shown_to
from scheduler.meetings.load_rules import (
    Clash,
    Distance,
    Entry,
    Trip,
    Week,
    clashes,
    free_weeks,
    is_break,
    reckon,
    town_codes,
    trips,
    weeks_of,
)
from scheduler.meetings.loads import Load, days_around, gatherings_of, load_of, substitutes_in
from scheduler.meetings.models import Meeting
from scheduler.meetings.rules import State
from scheduler.meetings.times import Span
from scheduler.organisations.models import Person
from scheduler.organisations.offices import held_by
from scheduler.organisations.rules import shown_name
from scheduler.places.rules import days_of
from scheduler.places.towns import distances
from scheduler.polls.queries import open_polls_of_person
from scheduler.polls.rules import may_vote
from scheduler.web.charts import ClosedSpan
from scheduler.web.filters import capitalised
from scheduler.web.load_chart import LoadChart, load_charts, load_key
from scheduler.web.security import meeting_is_public, now, policy, principal, today
from scheduler.web.standing_rows import closed_spans
from scheduler.web.words import MarkState, mark_of, mark_word
from scheduler.workdays.observances import SUMMER_WEEKS
from scheduler.workdays.rules import is_working_day

bp = Blueprint("load", __name__)

#: Years offered on both sides of the present one, and how far the address may reach.
YEARS_AROUND = 1
REACH = 50
#: So many free weeks and journeys are listed.
FREE = 6
TRIPS = 3
ROLES = ("leads", "attends")


@dataclass(frozen=True)
class Line:
    """An entry as the page shows it, as far as the reader may see."""

    entry: Entry
    mark: MarkState
    #: "" where the reader sees no more than that the person is taken.
    forum: str = ""
    title: str = ""
    url: str = ""
    meeting: Meeting | None = None
    may_move: bool = False


@dataclass(frozen=True)
class ClashLine:
    """A clash in words, with the way to solve it."""

    clash: Clash
    #: "Torsdag 1 oktober".
    day: str
    lines: Sequence[Line]
    #: What clashes, after the day: "Luleå och Jokkmokk samma dag".
    what: str
    #: Who could go instead, and to which forum.
    instead: Sequence[tuple[str, str]]
    url: str


@dataclass(frozen=True)
class WeekLine:
    """A row of the table of weeks: one with something in it, or several free ones in a row."""

    first: Week
    last: Week
    lines: Sequence[Line]
    #: What the free weeks are called: "sportlov".
    name: str


@dataclass(frozen=True)
class TripLine:
    """A meeting that could share a journey with another."""

    trip: Trip
    moved: Line
    beside: Line


@bp.get("/people/<int:person_id>/load/<int:year>")
@policy("person.edit")
def show(person_id: int, year: int) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the person it names
    """The year of a person; ``?role=`` leads or attends narrows the coming meetings."""
    on = today()
    if abs(year - on.year) > REACH:
        raise NotFound
    session = db.session()
    person: Person = g.person
    load = load_of(session, person, year)
    lines = {line.entry.key: line for line in (*_meeting_lines(load), *_poll_lines(session, load, year))}
    entries = [line.entry for line in lines.values()]
    found = reckon(year, entries, home=load.home, away=load.away)
    distance = _distance({entry.town for entry in entries if entry.town})
    clashing = clashes(entries, distance, since=on, away=load.away)
    chosen = request.args.get("role")
    coming = sorted((line for line in lines.values() if line.entry.on >= on), key=_order)
    holidays = closed_spans(year)
    names = _week_names(year, holidays, load)
    return render_template(
        "load/show.html",
        person=person,
        name=shown_name(person),
        offices=held_by(session, person.id, on),
        year=year,
        years=range(on.year - YEARS_AROUND, on.year + YEARS_AROUND + 1),
        is_own=person.id == principal().person_id,
        lead=_lead(year, found.leads + found.attends, _forums(lines.values()), clashing),
        found=found,
        home=load.home,
        codes=town_codes(found.towns),
        chart=_chart(found.weeks, lines, town_codes(found.towns), clashing, names, on),
        key=load_key([(state, mark_word(state)) for state in _marks(lines.values())]),
        clashes=_clash_lines(session, load, clashing, lines),
        clashing=_keys(clashing),
        coming=[line for line in coming if chosen not in ROLES or line.entry.leads == (chosen == "leads")],
        coming_count=len(coming),
        role=chosen if chosen in ROLES else None,
        free=_runs(free_weeks(found.own_weeks, on), names)[:FREE],
        trips=_trips(session, load, lines, on),
        weeks=_week_lines(found.weeks, lines, names),
    )


def _order(line: Line) -> tuple[object, str]:
    return line.entry.span.start_at, line.entry.key


# ---------------------------------------------------------------- what the reader sees


def _meeting_lines(load: Load) -> list[Line]:
    return [line for meeting in load.meetings.values() if (line := _line(load, meeting)) is not None]


def _line(load: Load, meeting: Meeting) -> Line | None:
    """The meeting as far as the reader may see it; a proposal is nobody's business but the planners'."""
    sight = sight_of(meeting, is_own=load.person.id == principal().person_id)
    if sight is None:
        return None
    entry = sight.entry(load.entry(meeting))
    mark = mark_of(meeting.state)
    if sight.shown is None:
        return Line(entry, "booked" if mark != "held" else mark)
    return Line(
        entry=entry,
        mark=mark,
        forum=sight.shown.forums[0].title,
        title=sight.shown.title or "",
        url=url_for("meetings.show", meeting_id=meeting.id),
        meeting=meeting,
        may_move=may(principal(), "meeting.edit", forum_ids=[forum.id for forum in meeting.forums][:1]),
    )


@dataclass(frozen=True)
class Sight:
    """How much the reader sees of a meeting in somebody's year."""

    #: What is shown of it; None: no more than a time at which the person is taken.
    shown: Shown | None

    def entry(self, entry: Entry) -> Entry:
        """The entry as far as it is seen: without its town, and without who leads, where that is not."""
        if self.shown is None:
            return Entry(entry.key, entry.span, leads=False)
        return entry if self.shown.full else Entry(entry.key, entry.span, entry.leads)


def sight_of(meeting: Meeting, *, is_own: bool) -> Sight | None:
    """What the reader sees of a meeting, ``is_own`` in their own year; None where it does not exist for them."""
    who = principal()
    forum_ids = [forum.id for forum in meeting.forums]
    if meeting.state == State.PROPOSED:
        return Sight(shown_to(meeting, "members")) if may(who, "draft.read", forum_ids=forum_ids) else None
    inside = is_own or may(who, "meeting.read", forum_ids=forum_ids)
    if not inside and not meeting_is_public(meeting):
        return Sight(None)
    return Sight(shown_to(meeting, "members" if inside else "public"))


def _poll_lines(session: Session, load: Load, year: int) -> list[Line]:
    """The dates that the person is asked about and that still are to come."""
    found = []
    for invitee in open_polls_of_person(session, load.person.id, with_dates=True):
        poll = invitee.poll
        own = load.person.id == principal().person_id
        if may_vote(poll.state, poll.answer_by_on, civil_date(now(), poll.time_zone)) is not None or not (
            own or may(principal(), "draft.read", forum_ids=[poll.forum_id])
        ):
            continue
        may_plan = may(principal(), "meeting.edit", forum_ids=[poll.forum_id])
        url = url_for("polls.show", poll_id=poll.id) if may_plan else ""
        for option in poll.options:
            span = Span(option.start_at, option.end_at, all_day=False, time_zone=poll.time_zone)
            if span.on.year == year and span.on >= today():
                entry = Entry(f"p{option.id}", span, _leads(load, poll.forum), is_poll=True)
                found.append(Line(entry, "poll", poll.forum.title, poll.title or "", url))
    return found


def _leads(load: Load, forum: Forum) -> bool:
    """Whether the person leads the forum, as its office or in its meetings of the year."""
    return any(meeting.forum.id == forum.id for key, meeting in load.meetings.items() if key in load.led)


def _forums(lines: Collection[Line]) -> int:
    """In how many forums the meetings are; those without a name are not counted."""
    return len({line.forum for line in lines if line.forum and not line.entry.is_poll})


def _marks(lines: Collection[Line]) -> list[MarkState]:
    there = {line.mark for line in lines}
    order: tuple[MarkState, ...] = ("held", "booked", "proposed", "poll")
    return [state for state in order if state in there or state in {"held", "booked"}]


def _distance(towns: Collection[str]) -> Distance:
    """How far these towns are from each other, as far as the table knows."""
    table = distances(db.session(), towns)
    at = {town: n for n, town in enumerate(table.towns)}

    def km(town: str, other: str) -> int | None:
        return table.km[at[town]][at[other]] or None

    return km


# ---------------------------------------------------------------- words


def _lead(year: int, count: int, forums: int, found: Sequence[Clash]) -> str:
    """ "61 möten i 16 forum. Två krockar behöver lösas, den första 1 oktober."."""
    if not count:
        return _("Inga möten %(year)s.", year=year)
    meetings = ngettext("1 möte", "%(n)s möten", count)
    opening = _("%(meetings)s i %(n)s forum.", meetings=meetings, n=forums) if forums else f"{meetings}."
    if year < today().year:
        return opening
    if not found:
        none = _("Inga krockar framåt.")
        return f"{opening} {none}"
    late = ngettext(
        "En krock behöver lösas, %(day)s.", "%(number)s krockar behöver lösas, den första %(day)s.", len(found),
        number=capitalised(number_word(len(found))), day=date_text(found[0].on, weekday=False),
    )  # fmt: skip
    return f"{opening} {late}"


def _what(clash: Clash) -> str:
    if clash.kind == "away":
        return _("borta den dagen")
    if clash.kind == "town":
        one, other = (entry.town for entry in clash.entries)
        return _("%(one)s och %(other)s samma dag", one=one, other=other)
    return _("två möten samtidigt")


def _clash_lines(session: Session, load: Load, found: Sequence[Clash], lines: Mapping[str, Line]) -> list[ClashLine]:
    meeting_ids = {
        line.meeting.id for clash in found for entry in clash.entries if (line := lines[entry.key]).meeting is not None
    }
    substitutes = substitutes_in(session, load, meeting_ids)
    made = []
    for clash in found:
        of_clash = [lines[entry.key] for entry in clash.entries]
        instead = [
            (substitutes[line.meeting.id], line.forum)
            for line in of_clash
            if line.meeting is not None and line.meeting.id in substitutes
        ]
        day = capitalised(date_text(clash.on))
        made.append(ClashLine(clash, day, of_clash, _what(clash), instead, _way_out(of_clash, substitutes)))
    return made


def _way_out(lines: Sequence[Line], substitutes: Mapping[int, str]) -> str:
    """Where the clash is solved: a substitute of a called meeting, else another time for what gives way first."""
    movable = [line for line in lines if line.may_move and line.meeting is not None]
    for line in movable:
        if line.meeting is not None and line.meeting.state == State.CALLED and line.meeting.id in substitutes:
            return url_for("substitutes.index", meeting_id=line.meeting.id)
    # What is only proposed gives way before what is booked, and what one takes part in before what one leads.
    movable.sort(key=lambda line: (not line.entry.is_proposal, line.mark != "booked", line.entry.leads))
    if movable and movable[0].meeting is not None:
        return url_for("meetings.move", meeting_id=movable[0].meeting.id)
    return next((line.url for line in lines if line.url), "")


def _keys(found: Sequence[Clash]) -> frozenset[str]:
    return frozenset(entry.key for clash in found for entry in clash.entries)


# ---------------------------------------------------------------- weeks


def _chart(
    weeks: Sequence[Week], lines: Mapping[str, Line], codes: Mapping[str, str], found: Sequence[Clash],
    names: Mapping[date, str], on: date,
) -> str:  # fmt: skip
    mondays = {clash.on - timedelta(days=clash.on.weekday()) for clash in found}
    this_week = on - timedelta(days=on.weekday())
    return load_charts(
        LoadChart(
            weeks=weeks,
            states={key: line.mark for key, line in lines.items()},
            codes=codes,
            clashing=frozenset(mondays),
            closed=frozenset(names),
            this_week=this_week if any(week.monday == this_week for week in weeks) else None,
        )
    )


def _week_names(year: int, holidays: Sequence[ClosedSpan], load: Load) -> dict[date, str]:
    """Monday of each week of breaks, holidays or days away → what it is called."""
    closed = {day for span in holidays for day in days_of(span.from_on, span.to_on)}
    named = {day: span.name for span in reversed(holidays) for day in days_of(span.from_on, span.to_on)}
    gone = {day for first, last in load.away for day in days_of(first, last)}
    found = {}
    for monday in weeks_of(year):
        days = days_of(monday, monday + timedelta(days=4))
        free = {day for day in days if not is_working_day(day)}
        if is_break(monday, gone):
            found[monday] = _("Borta")
        elif SUMMER_WEEKS[0] <= monday.isocalendar().week <= SUMMER_WEEKS[1]:
            found[monday] = _("Semester")
        elif is_break(monday, closed | free):
            found[monday] = next((named[day] for day in days if day in named), _("Helg"))
    return found


def _runs(weeks: Sequence[Week], names: Mapping[date, str]) -> list[tuple[Week, Week, str]]:
    """Free weeks that follow each other and are called the same, as one: first, last, name."""
    found: list[tuple[Week, Week, str]] = []
    for week in weeks:
        name = names.get(week.monday, "")
        if found and found[-1][2] == name and week.monday - found[-1][1].monday == timedelta(days=7):
            found[-1] = (found[-1][0], week, name)
        else:
            found.append((week, week, name))
    return found


def _week_lines(weeks: Sequence[Week], lines: Mapping[str, Line], names: Mapping[date, str]) -> list[WeekLine]:
    found: list[WeekLine] = []
    for week in weeks:
        own = [lines[entry.key] for entry in week.entries]
        name = names.get(week.monday, "")
        before = found[-1] if found else None
        if before is not None and not own and not before.lines and before.name == name:
            found[-1] = WeekLine(before.first, week, (), name)
        else:
            found.append(WeekLine(week, week, own, name))
    return found


# ---------------------------------------------------------------- journeys


def _trips(session: Session, load: Load, lines: Mapping[str, Line], on: date) -> list[TripLine]:
    """Meetings that could share a journey, where the reader sees both."""
    movable = {line.meeting.id for line in lines.values() if line.meeting is not None and line.may_move}
    known = [row for row in gatherings_of(load, on, movable) if row.key in lines and lines[row.key].forum]
    days = days_around(session, load, known)
    taken = (town for rows in days.meetings.values() for _key, _span, town in rows if town is not None)
    distance = _distance({*taken, *(row.town for row in known)})
    found = trips(known, load.person.id, days, distance, is_working_day)
    return [TripLine(trip, lines[trip.moved], lines[trip.beside]) for trip in found[:TRIPS]]
