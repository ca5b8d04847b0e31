"""Whose year holds which meeting, for everybody at once: what the report of loads counts.

A person's meetings here are those ``loads.load_of`` gives, read for all people together in a constant number of
queries. Not here: one person's year (``loads``), who may see whom and which meeting, the reckoning (``load_rules``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from scheduler.forums.models import Forum, Rotation
from scheduler.forums.rotation import rotations_of, turn_on
from scheduler.forums.seat_days import seat_holders_on
from scheduler.forums.seats import SeatHolder
from scheduler.meetings.fragments import span_of
from scheduler.meetings.invitees import ROLE_OF_SEAT, each_person_once
from scheduler.meetings.models import Invitee, Meeting, Reply, SubstituteCall
from scheduler.meetings.queries import listed_options
from scheduler.meetings.reply_rules import Answer
from scheduler.meetings.rules import Kind, State, has_stored_invitees
from scheduler.meetings.times import LONGEST_DAYS
from scheduler.organisations.models import OfficeHolding, Organisation, Person
from scheduler.organisations.rules import shown_name
from scheduler.places.absences import absences_between


@dataclass(frozen=True)
class MeetingOf:
    """A meeting of the year, and those who are expected there or lead it."""

    meeting: Meeting
    person_ids: frozenset[int]
    #: Of them, those who lead it, by office, by turn or as chair.
    led_by: frozenset[int]


@dataclass(frozen=True)
class Who:
    """Somebody in a list of loads."""

    id: int
    #: As shown: "ledamot" for a protected identity.
    name: str
    #: Where no journey goes; None where nothing is known.
    home: str | None
    organisation: str | None
    sort_key: str


class _Named(NamedTuple):
    name: str
    protected: bool


def year_loads(session: Session, year: int) -> list[MeetingOf]:
    """The meetings that touch the year, cancelled ones and written procedures left out. Fifteen queries at most."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    query = (
        select(Meeting)
        .where(
            Meeting.local_on.between(first - timedelta(days=LONGEST_DAYS), last),
            Meeting.state != State.CANCELLED,
            Meeting.kind != Kind.PER_CAPSULAM,
        )
        .order_by(Meeting.start_at, Meeting.id)
        .options(*listed_options())
    )
    meetings = [row for row in session.scalars(query) if row.local_on >= first or span_of(row).last_on >= first]
    listed = _listed(session, meetings)
    seats = _seats(session, meetings, listed)
    leading = _Leading(session, first - timedelta(days=LONGEST_DAYS), last)
    declined = _declined(session, meetings, listed)
    serving = _serving(session, meetings)
    found = []
    for meeting in meetings:
        rows, seated = listed[meeting.id], seats.get(meeting.id, ())
        stored = has_stored_invitees(
            called=meeting.called_at is not None, chosen=bool(rows), chosen_per_meeting=_is_chosen(meeting)
        )
        if stored:
            invited = {row.person_id for row in rows if row.person_id is not None}
            expected = {row.person_id for row in rows if row.person_id is not None and row.role != "substitute"}
        else:
            invited = {seat.person_id for seat in seated if seat.person_id is not None}
            expected = {seat.person_id for seat in seated if seat.person_id is not None and not _is_substitute(seat)}
        roles = leading.roles(meeting)
        # A chair who came to the seat after the call, and was not called since, is not on the list.
        chairs = invited & {seat.person_id for seat in seated if seat.function == "chair"}
        there = (expected | set(roles) | chairs | serving[meeting.id]) - declined[meeting.id]
        led = {person_id for person_id, role in roles.items() if role == "leads"} | chairs
        found.append(MeetingOf(meeting, frozenset(there), frozenset(led & there)))
    return found


def people_of(session: Session, person_ids: Collection[int]) -> dict[int, Who]:
    """Those of ``person_ids`` that there are. One query."""
    query = (
        select(
            Person.id, Person.given_name, Person.family_name, Person.protected, Person.sort_key, Organisation.name,
            func.coalesce(Person.town, Organisation.municipality),
        ).outerjoin(Organisation, Organisation.id == Person.organisation_id)
    )  # fmt: skip
    wanted = set(person_ids)
    return {
        id_: Who(id_, shown_name(_Named(f"{given} {family}".strip(), protected)), home, organisation, sort_key)
        for id_, given, family, protected, sort_key, organisation, home in session.execute(query)
        if id_ in wanted
    }


def _is_substitute(seat: SeatHolder) -> bool:
    return ROLE_OF_SEAT[seat.kind] == "substitute"


def _is_chosen(meeting: Meeting) -> bool:
    return any(forum.invitees_per_meeting for forum in meeting.forums)


def _listed(session: Session, meetings: Sequence[Meeting]) -> dict[int, list[Any]]:
    """Meeting → those on its stored list and not withdrawn. One query."""
    found: dict[int, list[Any]] = defaultdict(list)
    rows = session.execute(
        select(Invitee.meeting_id, Invitee.id, Invitee.person_id, Invitee.role, Invitee.seat_id)
        .where(Invitee.meeting_id.in_([meeting.id for meeting in meetings]), Invitee.withdrawn_at.is_(None))
        .order_by(Invitee.id)
    )
    for row in rows:
        found[row.meeting_id].append(row)
    return found


def _seats(
    session: Session, meetings: Sequence[Meeting], listed: Mapping[int, Sequence[Any]]
) -> dict[int, tuple[SeatHolder, ...]]:
    """Meeting → the seats of its day, each person once; none for a list chosen by hand. Four queries."""
    seated = [
        meeting
        for meeting in meetings
        if not _is_chosen(meeting)
        and (not listed[meeting.id] or any(row.seat_id is not None for row in listed[meeting.id]))
    ]
    plan = seat_holders_on(session, {(forum.id, meeting.local_on) for meeting in seated for forum in meeting.forums})
    alike: dict[tuple[int, ...], tuple[SeatHolder, ...]] = {}
    found = {}
    for meeting in seated:
        plans = [plan[forum.id, meeting.local_on] for forum in meeting.forums]
        key = tuple(map(id, plans))
        if key not in alike:
            alike[key] = each_person_once(plans)
        found[meeting.id] = alike[key]
    return found


def _serving(session: Session, meetings: Sequence[Meeting]) -> dict[int, set[int]]:
    """Meeting → those who serve there as substitutes. One query."""
    found: dict[int, set[int]] = defaultdict(set)
    query = select(SubstituteCall.meeting_id, SubstituteCall.person_id).where(
        SubstituteCall.meeting_id.in_([meeting.id for meeting in meetings]), SubstituteCall.state == "accepted"
    )
    for meeting_id, person_id in session.execute(query):
        found[meeting_id].add(person_id)
    return found


def _declined(
    session: Session, meetings: Sequence[Meeting], listed: Mapping[int, Sequence[Any]]
) -> dict[int, set[int]]:
    """Meeting → those who have said no to it themselves; a no that is only an absence is none. Two queries at most."""
    people = {row.id: row for rows in listed.values() for row in rows if row.person_id is not None}
    latest = (
        select(func.max(Reply.id))
        .join(Invitee, Invitee.id == Reply.invitee_id)
        .where(Invitee.meeting_id.in_([meeting.id for meeting in meetings]))
        .group_by(Reply.invitee_id)
    )
    query = select(Reply.invitee_id, Reply.at).where(Reply.id.in_(latest), Reply.answer == Answer.NO)
    said = [(people[row.invitee_id], row.at) for row in session.execute(query) if row.invitee_id in people]
    found: dict[int, set[int]] = defaultdict(set)
    if not said:
        return found
    days = {meeting.id: meeting.local_on for meeting in meetings}
    away = absences_between(session, {row.person_id for row, _at in said}, min(days.values()), max(days.values()))
    for row, at in said:
        on = days[row.meeting_id]
        since = any(
            absence.person_id == row.person_id
            and absence.from_on <= on <= absence.to_on
            and absence.entered_at is not None
            and absence.entered_at > at
            for absence in away
        )
        if not since:
            found[row.meeting_id].add(row.person_id)
    return found


class _Leading:
    """Who leads which forum on which day, or takes part in leading it."""

    def __init__(self, session: Session, first: date, last: date) -> None:
        self.held: dict[int, list[tuple[int, date, date | None]]] = defaultdict(list)
        holdings = (
            select(OfficeHolding.office_id, OfficeHolding.person_id, OfficeHolding.from_on, OfficeHolding.to_on)
            .join(Forum, Forum.lead_office_id == OfficeHolding.office_id)
            .where(OfficeHolding.from_on <= last, or_(OfficeHolding.to_on.is_(None), OfficeHolding.to_on >= first))
            .distinct()
        )
        for office_id, person_id, from_on, to_on in session.execute(holdings):
            self.held[office_id].append((person_id, from_on, to_on))
        rotating = session.scalars(select(Rotation.forum_id).where(Rotation.task == "chair").distinct()).all()
        self.chairs = {forum_id: rows[0] for forum_id, rows in rotations_of(session, rotating, "chair").items() if rows}

    def roles(self, meeting: Meeting) -> dict[int, str]:
        """Person → leads or takes_part, by the leading forum on the meeting's day."""
        forum, on = meeting.forum, meeting.local_on
        entry = turn_on(self.chairs[forum.id], on) if forum.id in self.chairs else None
        if entry is not None:
            return {} if entry.person_id is None else {entry.person_id: "leads"}
        if not forum.lead_relation:
            return {}
        people = {
            person_id
            for person_id, from_on, to_on in self.held.get(forum.lead_office_id or 0, ())
            if from_on <= on and (to_on is None or on <= to_on)
        }
        if forum.lead_person_id is not None:
            people.add(forum.lead_person_id)
        return dict.fromkeys(people, forum.lead_relation)
