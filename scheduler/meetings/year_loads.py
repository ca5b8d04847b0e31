"""Whose year holds which meeting, for everybody at once: what the report of loads counts.

A person's meetings here are those ``loads.load_of`` gives, read for all people together in a constant number of
queries. Not here: one person's year (``loads``), who may see whom and which meeting, the reckoning (``load_rules``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from scheduler.forums.models import Forum, Rotation
from scheduler.forums.rotation import rotations_of, turn_on
from scheduler.forums.seat_days import seat_holders_on
from scheduler.forums.seats import SeatHolder
from scheduler.meetings.conflicts import town_where
from scheduler.meetings.invitees import ROLE_OF_SEAT, each_person_once
from scheduler.meetings.load_rules import Entry
from scheduler.meetings.models import Invitee, Meeting, MeetingForum, Reply, SubstituteCall
from scheduler.meetings.reply_rules import Answer
from scheduler.meetings.rules import Kind, State, has_stored_invitees
from scheduler.meetings.times import LONGEST_DAYS, Span
from scheduler.organisations.models import OfficeHolding, Organisation, Person
from scheduler.organisations.rules import shown_name
from scheduler.places.absences import Absence, absences_between
from scheduler.places.models import Place


@dataclass(frozen=True)
class MeetingOf:
    """A meeting of the year, and those who are expected there or lead it."""

    id: int
    span: Span
    state: str
    #: Where one goes; None for a meeting on a link, or where nothing is known.
    town: str | None
    #: The leading forum first.
    forum_ids: tuple[int, ...]
    person_ids: frozenset[int]
    #: Of them, those who lead it, by office, by turn or as chair.
    led_by: frozenset[int]

    def entry(self, *, leads: bool) -> Entry:
        """The meeting in the year of somebody who leads it, or attends, as ``loads.entry_of`` gives it."""
        return Entry(f"m{self.id}", self.span, leads, self.town, is_proposal=self.state == State.PROPOSED)


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
    """The meetings that touch the year, cancelled ones and written procedures left out. Fourteen queries at most."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    meetings = _meetings(session, first, last)
    leading = _Leading(session, first - timedelta(days=LONGEST_DAYS), last)
    listed = _listed(session, meetings)
    seats = _seats(session, meetings, listed, leading)
    declined = _declined(session, meetings)
    serving = _serving(session, meetings)
    found = []
    for meeting_id, meeting in meetings.items():
        rows, seated = listed[meeting_id], seats.get(meeting_id, _NO_SEATS)
        stored = has_stored_invitees(
            called=meeting.is_called, chosen=rows.is_any, chosen_per_meeting=leading.is_chosen(meeting)
        )
        invited, expected = (rows.invited, rows.expected) if stored else (seated.invited, seated.expected)
        roles = leading.roles(meeting)
        # A chair who came to the seat after the call, and was not called since, is not on the list.
        chairs = seated.chairs & invited
        there = (expected | set(roles) | chairs | serving[meeting_id]) - declined[meeting_id]
        led = {person_id for person_id, role in roles.items() if role == "leads"} | chairs
        found.append(
            MeetingOf(
                meeting_id, meeting.span, meeting.state, meeting.town, tuple(meeting.forum_ids), frozenset(there),
                frozenset(led & there),
            )
        )  # fmt: skip
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


@dataclass
class _Meeting:
    """What of a meeting decides whose it is."""

    span: Span
    on: date
    state: str
    is_called: bool
    town: str | None
    forum_ids: list[int]


def _meetings(session: Session, first: date, last: date) -> dict[int, _Meeting]:
    """The meetings of the days from ``first`` to ``last``, in order. One query."""
    query = (
        select(
            Meeting.id, Meeting.start_at, Meeting.end_at, Meeting.all_day, Meeting.time_zone, Meeting.local_on,
            Meeting.state, Meeting.called_at, Meeting.mode, Place.town, Place.online, MeetingForum.forum_id,
        )
        .join(MeetingForum, MeetingForum.meeting_id == Meeting.id)
        .outerjoin(Place, Place.id == Meeting.place_id)
        .where(
            Meeting.local_on.between(first - timedelta(days=LONGEST_DAYS), last),
            Meeting.state != State.CANCELLED,
            Meeting.kind != Kind.PER_CAPSULAM,
        )
        .order_by(Meeting.start_at, Meeting.id, MeetingForum.position)
    )  # fmt: skip
    found: dict[int, _Meeting] = {}
    for row in session.execute(query):
        if row.id in found:
            found[row.id].forum_ids.append(row.forum_id)
            continue
        span = Span(row.start_at, row.end_at, row.all_day, row.time_zone)
        if row.local_on >= first or span.last_on >= first:
            town = town_where(row.town, row.mode, online=bool(row.online))
            found[row.id] = _Meeting(span, row.local_on, row.state, row.called_at is not None, town, [row.forum_id])
    return found


@dataclass
class _Invited:
    """Those a meeting is for, by its list or by its seats."""

    invited: set[int] = field(default_factory=set)
    #: Those who are to be there and not only told of it: no substitutes.
    expected: set[int] = field(default_factory=set)
    #: Those on the seat of a chair.
    chairs: set[int] = field(default_factory=set)
    #: Whether anybody is on the list, and whether anybody for a seat.
    is_any: bool = False
    for_seats: bool = False


_NO_SEATS = _Invited()


def _listed(session: Session, meetings: Collection[int]) -> dict[int, _Invited]:
    """Meeting → those on its stored list and not withdrawn. One query."""
    found: dict[int, _Invited] = defaultdict(_Invited)
    rows = session.execute(
        select(Invitee.meeting_id, Invitee.person_id, Invitee.role, Invitee.seat_id).where(
            Invitee.meeting_id.in_(meetings), Invitee.withdrawn_at.is_(None)
        )
    )
    for meeting_id, person_id, role, seat_id in rows:
        of_meeting = found[meeting_id]
        of_meeting.is_any = True
        of_meeting.for_seats = of_meeting.for_seats or seat_id is not None
        if person_id is not None:
            of_meeting.invited.add(person_id)
            if role != "substitute":
                of_meeting.expected.add(person_id)
    return found


def _seats(
    session: Session, meetings: Mapping[int, _Meeting], listed: Mapping[int, _Invited], leading: _Leading
) -> dict[int, _Invited]:
    """Meeting → those on the seats of its day; none for a list chosen by hand. Four queries."""
    seated = {
        meeting_id: meeting
        for meeting_id, meeting in meetings.items()
        if not leading.is_chosen(meeting) and (not listed[meeting_id].is_any or listed[meeting_id].for_seats)
    }
    plan = seat_holders_on(
        session, {(forum_id, meeting.on) for meeting in seated.values() for forum_id in meeting.forum_ids}
    )
    alike: dict[tuple[int, ...], _Invited] = {}
    found = {}
    for meeting_id, meeting in seated.items():
        plans = [plan[forum_id, meeting.on] for forum_id in meeting.forum_ids]
        key = tuple(map(id, plans))
        if key not in alike:
            alike[key] = _on_seats(each_person_once(plans))
        found[meeting_id] = alike[key]
    return found


def _on_seats(seats: Iterable[SeatHolder]) -> _Invited:
    found = _Invited()
    for seat in seats:
        if seat.person_id is not None:
            found.invited.add(seat.person_id)
            if ROLE_OF_SEAT[seat.kind] != "substitute":
                found.expected.add(seat.person_id)
            if seat.function == "chair":
                found.chairs.add(seat.person_id)
    return found


def _serving(session: Session, meetings: Collection[int]) -> dict[int, set[int]]:
    """Meeting → those who serve there as substitutes. One query."""
    found: dict[int, set[int]] = defaultdict(set)
    query = select(SubstituteCall.meeting_id, SubstituteCall.person_id).where(
        SubstituteCall.meeting_id.in_(meetings), SubstituteCall.state == "accepted"
    )
    for meeting_id, person_id in session.execute(query):
        found[meeting_id].add(person_id)
    return found


def _declined(session: Session, meetings: Mapping[int, _Meeting]) -> dict[int, set[int]]:
    """Meeting → those who have said no to it themselves; a no that is only an absence is none. Two queries at most."""
    latest = (
        select(func.max(Reply.id))
        .join(Invitee, Invitee.id == Reply.invitee_id)
        .where(Invitee.meeting_id.in_(meetings))
        .group_by(Reply.invitee_id)
    )
    query = (
        select(Invitee.meeting_id, Invitee.person_id, Reply.at)
        .join(Invitee, Invitee.id == Reply.invitee_id)
        .where(Reply.id.in_(latest), Reply.answer == Answer.NO)
        .where(Invitee.person_id.is_not(None), Invitee.withdrawn_at.is_(None))
    )
    said = session.execute(query).all()
    found: dict[int, set[int]] = defaultdict(set)
    if not said:
        return found
    days = [meeting.on for meeting in meetings.values()]
    away: dict[int | None, list[Absence]] = defaultdict(list)
    for absence in absences_between(session, {row.person_id for row in said}, min(days), max(days)):
        away[absence.person_id].append(absence)
    for meeting_id, person_id, at in said:
        on = meetings[meeting_id].on
        since = any(
            absence.from_on <= on <= absence.to_on and absence.entered_at is not None and absence.entered_at > at
            for absence in away[person_id]
        )
        if not since and person_id is not None:
            found[meeting_id].add(person_id)
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

        columns = Forum.id, Forum.lead_office_id, Forum.lead_person_id, Forum.lead_relation, Forum.invitees_per_meeting
        self.forums = {row.id: row for row in session.execute(select(*columns))}

    def is_chosen(self, meeting: _Meeting) -> bool:
        """Whether those invited are chosen for each meeting."""
        return any(self.forums[forum_id].invitees_per_meeting for forum_id in meeting.forum_ids)

    def roles(self, meeting: _Meeting) -> dict[int, str]:
        """Person → leads or takes_part, by the leading forum on the meeting's day."""
        forum, on = self.forums[meeting.forum_ids[0]], meeting.on
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
