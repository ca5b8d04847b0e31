"""Finding out what speaks against a date: reads everything that ``conflict_rules.judge`` needs.

A constant number of queries, whoever is invited. Not here: the judgement and its sentences (``conflict_rules``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from scheduler import i18n
from scheduler.forums.inherited import effective
from scheduler.forums.models import Forum
from scheduler.forums.rules import SubstituteSeat, calling_order
from scheduler.forums.seats import SeatHolder, decided_orders_of
from scheduler.meetings.cadence import keeper_of
from scheduler.meetings.conflict_rules import Circumstances, Conflict, Guest, Other, judge
from scheduler.meetings.fragments import span_of
from scheduler.meetings.inherited import effective_meeting
from scheduler.meetings.invitees import ROLE_OF_SEAT, Circle, circles_of, seats_on
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.meetings.rules import OPEN, Kind, Mode, State
from scheduler.meetings.times import Span
from scheduler.organisations.models import Organisation, Person
from scheduler.organisations.rules import shown_name
from scheduler.places.busy import busy_between
from scheduler.places.models import Place
from scheduler.places.queries import blocked_on, closed_days
from scheduler.workdays.observances import day_marks
from scheduler.workdays.rules import Notice, call_by

__all__ = ["Conflict", "Proposal", "find_conflicts", "last_day_to_call", "last_days_to_call"]

_DAY = timedelta(days=1)
#: How far before a meeting closed days can push the last day of the summons.
_NOTICE_REACH = timedelta(days=60)


@dataclass(frozen=True)
class Proposal:
    """A date for a meeting that is booked or moved, or only thought of."""

    #: The first leads.
    forums: Sequence[Forum]
    span: Span
    place: Place | None = None
    place_text: str | None = None
    mode: str = Mode.ON_SITE
    kind: str = Kind.ORDINARY
    #: The stored meeting that would move; None for a new one.
    meeting_id: int | None = None
    #: Whether its summons is out, so that notice is no longer asked for.
    is_called: bool = False
    #: The meeting's own notice; None: its leading forum's.
    notice: Notice | None = None

    @classmethod
    def of(cls, meeting: Meeting) -> Proposal:
        """The date that ``meeting`` has, stored or about to be."""
        return cls(
            forums=meeting.forums,
            span=span_of(meeting),
            place=meeting.place,
            place_text=meeting.place_text,
            mode=meeting.mode,
            kind=meeting.kind,
            meeting_id=meeting.id,
            is_called=meeting.state == State.CALLED,
            notice=effective_meeting(meeting).notice,
        )


def find_conflicts(session: Session, proposal: Proposal, now: datetime) -> list[Conflict]:
    """What speaks against the date of ``proposal``, the serious first; nothing for a time that has passed."""
    span = proposal.span
    today = now.astimezone(ZoneInfo(span.time_zone)).date()
    if not proposal.forums or span.last_on < today:
        return []
    return judge(_circumstances(session, proposal, today))


def _circumstances(session: Session, proposal: Proposal, today: date) -> Circumstances:
    span, lead = proposal.span, proposal.forums[0]
    seats, guests = _guests(session, proposal)
    others = [] if proposal.kind == Kind.PER_CAPSULAM else _others(session, proposal)
    busy = {
        person_id
        for other in others
        if other.span.overlaps(span) and not other.is_proposal
        for person_id in other.person_ids
    }
    concerned = {guest.person_id for guest in guests} | {seat.person_id for seat in seats if seat.person_id is not None}
    taken = [] if proposal.kind == Kind.PER_CAPSULAM else busy_between(session, concerned, span.start_at, span.end_at)
    busy |= {time.person_id for time in taken if not time.tentative}
    organisation_ids = {guest.organisation_id for guest in guests if guest.organisation_id is not None}
    blocked = blocked_on(
        session,
        [(span.on, span.last_on)],
        organisation_ids=organisation_ids,
        person_ids=[guest.person_id for guest in guests if not guest.is_substitute],
        place_ids=_places(proposal.place),
    )
    closed = closed_days(session, min(today, span.on) - _NOTICE_REACH, span.last_on, organisation_id=keeper_of(lead))
    place = proposal.place
    return Circumstances(
        span=span,
        guests=guests,
        substitutes=_substitutes(session, seats, {guest.person_id for guest in guests} & busy, busy),
        others=others,
        town=town_of(place, proposal.mode),
        place_name=place.name if place else None,
        place_ids=_places(place) if place and not place.online else frozenset(),
        room=i18n.search_key(proposal.place_text or ""),
        capacity=place.capacity if place and proposal.mode == Mode.ON_SITE else None,
        marks={day: day_marks(day, closed) for day in span.days()},
        blocked=blocked,
        taken=taken,
        names=_blocked_names(session, guests, organisation_ids, place),
        call_by=None if proposal.is_called else call_by(span.on, proposal.notice or effective(lead).notice, closed),
        today=today,
        neighbours=_neighbours(session, proposal),
    )


def last_day_to_call(session: Session, meeting: Meeting) -> date:
    """The last day to send the summons to ``meeting``, by its own notice or the one it inherits. One query."""
    closed = closed_days(
        session, meeting.local_on - _NOTICE_REACH, meeting.local_on, organisation_id=keeper_of(meeting.forum)
    )
    return call_by(meeting.local_on, effective_meeting(meeting).notice, closed)


def last_days_to_call(session: Session, meetings: Sequence[Meeting]) -> dict[int, date]:
    """As ``last_day_to_call``, of meetings that one forum leads: meeting → day. One query."""
    if not meetings:
        return {}
    days = [meeting.local_on for meeting in meetings]
    keeper = keeper_of(meetings[0].forum)
    closed = closed_days(session, min(days) - _NOTICE_REACH, max(days), organisation_id=keeper)
    return {meeting.id: call_by(meeting.local_on, effective_meeting(meeting).notice, closed) for meeting in meetings}


# ---------------------------------------------------------------- who


def _guests(session: Session, proposal: Proposal) -> tuple[Sequence[SeatHolder], list[Guest]]:
    """The seats of the day and those invited: by the stored list where there is one, else by the seats."""
    if proposal.meeting_id is not None:
        moved = _Moved(proposal.meeting_id, proposal.span.on, _called_at(session, proposal.meeting_id))
        circle = circles_of(session, [moved])[proposal.meeting_id]
        if circle.stored:
            return circle.seats, _listed_guests(session, circle)
    if proposal.forums[0].invitees_per_meeting:
        return (), []
    seats = seats_on(session, [forum.id for forum in proposal.forums], proposal.span.on)
    return seats, [
        Guest(
            seat.person_id,
            seat.person_name or "",
            seat.organisation_id,
            is_substitute=ROLE_OF_SEAT[seat.kind] == "substitute",
            seat_id=seat.seat_id,
        )
        for seat in seats
        if seat.person_id is not None
    ]


@dataclass(frozen=True)
class _Moved:
    """A meeting as it would be on another day."""

    id: int
    local_on: date
    called_at: datetime | None


def _called_at(session: Session, meeting_id: int) -> datetime | None:
    return session.scalars(select(Meeting.called_at).where(Meeting.id == meeting_id)).one()


def _listed_guests(session: Session, circle: Circle) -> list[Guest]:
    people = _people(session, circle.person_ids)
    return [
        Guest(
            row.person_id,
            people[row.person_id],
            row.organisation_id,
            is_substitute=row.role == "substitute",
            seat_id=row.seat_id,
        )
        for row in circle.invitees
        if row.person_id is not None
    ]


def _people(session: Session, person_ids: Collection[int]) -> dict[int, str]:
    rows = session.scalars(select(Person).where(Person.id.in_(person_ids)))
    return {person.id: shown_name(person) for person in rows}


def _substitutes(
    session: Session, seats: Sequence[SeatHolder], absent: Collection[int], busy: Collection[int]
) -> dict[int, str]:
    """Person → the substitute who could serve instead, each of them once: personal ones first, then as called in."""
    missing = [seat for seat in seats if seat.kind == "ordinary" and seat.person_id in absent]
    free = {
        seat.seat_id: seat
        for seat in seats
        if seat.kind == "substitute" and seat.person_id is not None and seat.person_id not in busy
    }
    if not free or not missing:
        return {}
    orders = decided_orders_of(session, {seat.forum_id for seat in missing})
    personal = {seat.personal_for_seat_id for seat in free.values()}
    found: dict[int, str] = {}
    taken: set[int] = set()
    for seat in sorted(missing, key=lambda seat: seat.seat_id not in personal):
        offered = [
            SubstituteSeat(row.seat_id, row.group, row.personal_for_seat_id, row.position)
            for row in free.values()
            if row.forum_id == seat.forum_id and row.seat_id not in taken
        ]
        called = calling_order(seat.seat_id, seat.group, offered, orders.get(seat.forum_id, []))
        if called and seat.person_id is not None:
            taken.add(called[0])
            found[seat.person_id] = free[called[0]].person_name or ""
    return found


# ---------------------------------------------------------------- other meetings


def _others(session: Session, proposal: Proposal) -> list[Other]:
    """The other meetings that are to be held on the same days."""
    zone = ZoneInfo(proposal.span.time_zone)
    first = datetime.combine(proposal.span.on, time(0), zone)
    after = datetime.combine(proposal.span.last_on + _DAY, time(0), zone)
    query = (
        select(Meeting)
        .where(
            Meeting.start_at < after,
            Meeting.end_at > first,
            Meeting.state.in_(OPEN),
            Meeting.kind != Kind.PER_CAPSULAM,
        )
        .options(joinedload(Meeting.place))
        .order_by(Meeting.start_at, Meeting.id)
    )
    if proposal.meeting_id is not None:
        query = query.where(Meeting.id != proposal.meeting_id)
    meetings = session.scalars(query).all()
    circles = circles_of(session, meetings)
    return [
        Other(
            meeting_id=meeting.id,
            span=span_of(meeting),
            is_proposal=meeting.state == State.PROPOSED,
            person_ids=frozenset(circles[meeting.id].expected_ids),
            town=town_of(meeting.place, meeting.mode),
            place_ids=_places(meeting.place) if meeting.place and not meeting.place.online else frozenset(),
            room=i18n.search_key(meeting.place_text or ""),
        )
        for meeting in meetings
    ]


def _neighbours(session: Session, proposal: Proposal) -> list[tuple[date, int]]:
    """The days of the forums' meetings that lie nearer than their least gap allows, with that gap."""
    gaps = {forum.id: forum.min_gap_days for forum in proposal.forums if forum.min_gap_days}
    if not gaps:
        return []
    reach = timedelta(days=max(gaps.values()))
    query = (
        select(MeetingForum.forum_id, Meeting.local_on)
        .join(Meeting)
        .where(
            MeetingForum.forum_id.in_(gaps),
            Meeting.local_on > proposal.span.on - reach,
            Meeting.local_on < proposal.span.on + reach,
            Meeting.state != State.CANCELLED,
            Meeting.kind.not_in((Kind.PER_CAPSULAM, Kind.CONTINUATION)),
        )
        .order_by(Meeting.local_on)
    )
    if proposal.meeting_id is not None:
        query = query.where(Meeting.id != proposal.meeting_id)
    if proposal.kind in {Kind.PER_CAPSULAM, Kind.CONTINUATION}:
        return []
    rows = session.execute(query)
    return list(dict.fromkeys((day, gaps[forum_id]) for forum_id, day in rows))


# ---------------------------------------------------------------- places


def town_of(place: Place | None, mode: str) -> str | None:
    """Where people travel to; None for a meeting on a link, or where nothing is known."""
    return town_where(place.town, mode, online=place.online) if place else None


def town_where(town: str | None, mode: str, *, online: bool) -> str | None:
    """As ``town_of``, by what of the place matters."""
    return town if mode != Mode.REMOTE and not online else None


def _places(place: Place | None) -> frozenset[int]:
    """The place and the one it is a part of: a room and its house are in use together."""
    if place is None:
        return frozenset()
    return frozenset({place.id} | ({place.part_of_id} if place.part_of_id is not None else set()))


def _blocked_names(
    session: Session, guests: Iterable[Guest], organisation_ids: Collection[int], place: Place | None
) -> Mapping[tuple[str, int], str]:
    names = {("person", guest.person_id): guest.name for guest in guests}
    rows = session.execute(select(Organisation.id, Organisation.name).where(Organisation.id.in_(organisation_ids)))
    names |= {("organisation", organisation_id): name for organisation_id, name in rows}
    if place is not None:
        names |= {("place", place_id): place.name for place_id in _places(place)}
    return names
