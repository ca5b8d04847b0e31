"""A forum as everybody sees it: how often it meets, its dates, its seats by organisation, its papers, whom to ask.

Everything on it is counted from what the page itself shows: a meeting, a seat or a forum that is not public changes
nothing here (invariant 11). Names of people stand nowhere: nobody has been asked whether they may. Not here: the page
of those inside (``forums``), what is public of a meeting (``meetings.fragments``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.cadence.rules import HELD_STATES, PLANNED_STATES, Kind
from scheduler.cadence.sentences import describe
from scheduler.db import db
from scheduler.forums import queries
from scheduler.forums.models import Forum
from scheduler.forums.rotation import lead_of, secretariat_of
from scheduler.forums.seats import SeatHolder, seat_plan
from scheduler.meetings.cadence import Standing, standings
from scheduler.meetings.fragments import Shown, forum_level, level_of, shown_to
from scheduler.meetings.models import Meeting
from scheduler.meetings.queries import meetings_of_forum
from scheduler.organisations.models import Organisation
from scheduler.records.agenda_queries import with_public_items
from scheduler.records.document_queries import Paper, public_papers
from scheduler.records.minutes_lists import posted_on
from scheduler.web import charts, words
from scheduler.web.access import public_calendar
from scheduler.web.documents import shown_forum_papers
from scheduler.web.security import now, today
from scheduler.web.standing_rows import bands_of, closed_spans, said
from scheduler.web.structured import event_block

#: So many years with meetings behind them are offered.
YEARS = 5
#: Of a called, held or closed meeting the agenda is out.
AGENDA_OUT = frozenset({"called", "held", "closed"})


@dataclass(frozen=True)
class PublicMeeting:
    """A meeting in a list, with what there is to read of it."""

    meeting: Meeting
    shown: Shown
    has_agenda: bool
    has_minutes: bool
    papers: Sequence[Paper]


@dataclass(frozen=True)
class PublicParty:
    """An organisation or an included forum with seats, and how many; None: the source does not say."""

    name: str
    seats: int | None
    #: Who have the seats, where the forum says that they have allowed it; never anybody protected.
    people: Sequence[str] = ()


def page_of(forum: Forum) -> ResponseReturnValue:
    """The public page of a forum, which is public."""
    session = db.session()
    on, at = today(), now()
    level = forum_level(forum)
    meetings = [meeting for meeting in meetings_of_forum(session, forum.id) if level_of(meeting) != "none"]
    coming = [meeting for meeting in meetings if meeting.end_at > at]
    past = [meeting for meeting in meetings if meeting.end_at <= at and meeting.state != "cancelled"]
    years = sorted({meeting.local_on.year for meeting in past})[-YEARS:]
    asked = request.args.get("year", type=int)
    year = asked if asked in years else years[-1] if years else on.year
    of_year = [meeting for meeting in reversed(past) if meeting.local_on.year == year]
    read = _readable(session, [*coming, *of_year])
    standing = standings(session, [forum], on)[forum.id]
    this_year = [meeting for meeting in meetings if meeting.local_on.year == on.year]
    parties = _parties(session, forum, on) if level == "full" else []
    around = queries.surroundings(session, forum, public_only=True)
    return render_template(
        "forums/public.html",
        forum=forum,
        often=None if (version := standing.evaluation.version).kind is Kind.NONE else said(describe(version)),
        held=sum(meeting.state in HELD_STATES for meeting in this_year),
        booked=sum(meeting.state in PLANNED_STATES and meeting.end_at > at for meeting in this_year),
        strip=_strip(this_year, standing, on),
        coming=[read[meeting.id] for meeting in coming],
        past=[read[meeting.id] for meeting in of_year],
        year=year,
        years=years,
        events=event_block(coming),
        calendar_url=public_calendar(forum),
        parties=parties,
        seats=sum(party.seats or 0 for party in parties),
        lead=_lead(session, forum, on),
        secretariat=_secretariat(session, forum, on),
        related=_related(forum, around),
        themes=forum.themes if level == "full" else [],
        papers=shown_forum_papers(forum),
    )


def _readable(session: Session, meetings: Sequence[Meeting]) -> Mapping[int, PublicMeeting]:
    """What everybody may read of each meeting: three queries for all of them."""
    full = [meeting for meeting in meetings if level_of(meeting) == "full"]
    papers = public_papers(session, full)
    with_agenda = with_public_items(session, [meeting.id for meeting in full if meeting.state in AGENDA_OUT])
    posted = {
        minutes.meeting_id
        for minutes in posted_on(session, today())
        if forum_level(minutes.meeting.forum) != "none"  # the text names the leading forum
    }
    shown = {meeting.id for meeting in full}
    return {
        meeting.id: PublicMeeting(
            meeting,
            shown_to(meeting, "public"),
            has_agenda=meeting.id in with_agenda,
            has_minutes=meeting.id in posted & shown,
            papers=papers.get(meeting.id, ()),
        )
        for meeting in meetings
    }


def _strip(meetings: Sequence[Meeting], standing: Standing, on: date) -> charts.YearStrip:
    """The year with the meetings of the page; whether one was missed is the secretariat's to know."""
    marks = [
        charts.Mark(meeting.local_on, words.mark_of(meeting.state, today=meeting.local_on == on))
        for meeting in meetings
    ]
    bands = [charts.Band(band.from_on, band.to_on) for band in bands_of(standing)]
    return charts.YearStrip(year=on.year, today=on, marks=marks, bands=bands, closed=closed_spans(on.year))


def _parties(session: Session, forum: Forum, on: date) -> list[PublicParty]:
    """Who has ordinary seats: forums and organisations that everybody may know of, in the order of the seats."""
    plan = [seat for seat in seat_plan(session, [forum.id], on)[forum.id] if seat.kind == "ordinary"]
    through: dict[int, int] = {}
    own: dict[tuple[str, int | None], list[SeatHolder]] = {}
    for seat in plan:
        if seat.via_forum_id is not None:
            through[seat.via_forum_id] = through.get(seat.via_forum_id, 0) + 1
        elif name := seat.organisation_name or seat.label:
            own.setdefault((name, seat.organisation_id), []).append(seat)
    included = [
        PublicParty(other.title, through[other.id])
        for other in queries.forums_for_list(session, forum_ids=through)
        if forum_level(other) != "none"
    ]
    hidden = _hidden(session, {organisation_id for _name, organisation_id in own if organisation_id is not None})
    return included + [
        PublicParty(
            name,
            None if any(seat.number_unknown for seat in seats) else len(seats),
            _people(seats) if forum.public_names else (),
        )
        for (name, organisation_id), seats in own.items()
        if organisation_id not in hidden
    ]


def _people(seats: Sequence[SeatHolder]) -> list[str]:
    """The names to show, each once, in the order of the seats."""
    return list(dict.fromkeys(seat.person_name for seat in seats if seat.person_name and not seat.protected))


def _hidden(session: Session, ids: set[int]) -> set[int]:
    """Those of ``ids`` that are organisations not to be shown."""
    return set(session.scalars(select(Organisation.id).where(Organisation.id.in_(ids), Organisation.public.is_(False))))


def _secretariat(session: Session, forum: Forum, on: date) -> str | None:
    organisation_id = secretariat_of(session, [forum], on)[forum.id]
    organisation = None if organisation_id is None else session.get_one(Organisation, organisation_id)
    return organisation.name if organisation is not None and organisation.public else None


def _lead(session: Session, forum: Forum, on: date) -> str | None:
    """The office or organisation that leads; a person by name never."""
    lead = lead_of(session, forum, on)
    if lead is None or (lead.organisation_id is not None and _hidden(session, {lead.organisation_id})):
        return None
    return lead.office_name or lead.organisation_name


def _related(forum: Forum, around: queries.ForumSurroundings) -> list[Forum]:
    """Public forums it has to do with, each once, in Swedish order."""
    found = [
        *([around.parent] if around.parent else []),
        *around.children,
        *(row.included for row in around.inclusions),
        *(row.forum for row in around.included_in),
        *(row.to_forum for row in around.relations if row.to_forum is not None),
        *(link.after if link.before_id == forum.id else link.before for link in around.chains),
    ]
    return sorted({other.id: other for other in found if other.id != forum.id}.values(), key=lambda row: row.sort_key)
