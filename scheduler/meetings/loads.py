"""What somebody's year is made of: the meetings they are expected at or lead, when they are away, where they live.

A constant number of queries for any number of meetings. Not here: the reckoning (``load_rules``), who may see which
meeting, dates that are asked about (the polls').
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from scheduler.forums.models import Forum, Rotation, RotationEntry
from scheduler.forums.rotation import rotations_of, turn_on
from scheduler.forums.rules import SubstituteSeat, calling_order
from scheduler.forums.seats import SeatHolder, decided_orders_of
from scheduler.meetings.belonging import meeting_ids_of_person
from scheduler.meetings.conflicts import town_of
from scheduler.meetings.fragments import span_of
from scheduler.meetings.invitees import Circle, circles_of
from scheduler.meetings.load_rules import NEAR_DAYS, Days, Entry, Gathering
from scheduler.meetings.models import Meeting, MeetingForum, SubstituteCall
from scheduler.meetings.queries import listed_options
from scheduler.meetings.replies import own_replies
from scheduler.meetings.reply_rules import Answer
from scheduler.meetings.rules import OPEN, Kind, State
from scheduler.meetings.times import LONGEST_DAYS, Span
from scheduler.organisations.models import OfficeHolding, Organisation, Person
from scheduler.places.absences import absences_between
from scheduler.places.busy import busy_between


@dataclass(frozen=True)
class Load:
    """The meetings of somebody's year, cancelled ones left out, and those one has said no to."""

    person: Person
    #: Where no journey goes; None where nothing is known.
    home: str | None
    #: By number, in order.
    meetings: Mapping[int, Meeting]
    #: Those the person leads, by office, by turn or as chair.
    led: frozenset[int]
    circles: Mapping[int, Circle]
    away: tuple[tuple[date, date], ...]

    def entry(self, meeting: Meeting) -> Entry:
        """The meeting as the reckoning takes it."""
        return entry_of(meeting, leads=meeting.id in self.led)


def entry_of(meeting: Meeting, *, leads: bool) -> Entry:
    """A meeting in the year of somebody who leads it, or attends."""
    town = town_of(meeting.place, meeting.mode)
    return Entry(key_of(meeting), span_of(meeting), leads, town, is_proposal=meeting.state == State.PROPOSED)


def key_of(meeting: Meeting) -> str:
    """How the reckoning names a meeting."""
    return f"m{meeting.id}"


def load_of(session: Session, person: Person, year: int) -> Load:
    """What the person's year holds."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    since = first - timedelta(days=LONGEST_DAYS)
    leading = _led_forums(session, person.id, since, last)
    invited = meeting_ids_of_person(session, person.id, first=since, last=last)
    of_led = exists().where(MeetingForum.meeting_id == Meeting.id, MeetingForum.forum_id.in_(leading.forum_ids))
    query = (
        select(Meeting)
        .where(
            Meeting.local_on.between(since, last),
            Meeting.state != State.CANCELLED,
            Meeting.kind != Kind.PER_CAPSULAM,
            or_(Meeting.id.in_(invited), of_led),
        )
        .order_by(Meeting.start_at, Meeting.id)
        .options(*listed_options())
    )
    found = [meeting for meeting in session.scalars(query) if span_of(meeting).last_on >= first]
    circles = circles_of(session, found)
    replies = own_replies(session, person.id, found)
    serving = _serving(session, person.id, [meeting.id for meeting in found])
    meetings, led = {}, set()
    for meeting in found:
        reply = replies.get(meeting.id)
        if reply is not None and reply.standing.answer == Answer.NO and not reply.standing.is_away:
            continue
        circle = circles[meeting.id]
        role = leading.role(meeting)
        if role == "leads" or _chairs(circle, person.id):
            led.add(meeting.id)
        elif not role and person.id not in circle.expected_ids and meeting.id not in serving:
            continue  # a substitute is only told of it
        meetings[meeting.id] = meeting
    absences = absences_between(session, [person.id], first, last)
    return Load(
        person=person,
        home=person.town or (person.organisation.municipality if person.organisation else None),
        meetings=meetings,
        led=frozenset(led),
        circles=circles,
        away=tuple(sorted((row.from_on, row.to_on) for row in absences)),
    )


def _chairs(circle: Circle, person_id: int) -> bool:
    return any(seat.person_id == person_id and seat.function == "chair" for seat in circle.seats)


def _serving(session: Session, person_id: int, meeting_ids: Collection[int]) -> set[int]:
    """The meetings at which the person serves as a substitute."""
    query = select(SubstituteCall.meeting_id).where(
        SubstituteCall.person_id == person_id,
        SubstituteCall.meeting_id.in_(meeting_ids),
        SubstituteCall.state == "accepted",
    )
    return set(session.scalars(query))


# ---------------------------------------------------------------- who leads


@dataclass(frozen=True)
class _Leading:
    """The forums that somebody leads or takes part in leading, at some time."""

    person_id: int
    forums: Mapping[int, Forum]
    #: Office → the days on which it was held.
    held: Mapping[int, Sequence[tuple[date, date | None]]]
    #: Forum → its rotating chair, which goes before its office and person.
    chairs: Mapping[int, Rotation]

    @property
    def forum_ids(self) -> set[int]:
        """Every forum that may be led."""
        return set(self.forums) | set(self.chairs)

    def role(self, meeting: Meeting) -> str | None:
        """Leads or takes_part, by the leading forum on the meeting's day; None for neither."""
        forum_id, on = meeting.forum.id, meeting.local_on
        entry = turn_on(self.chairs[forum_id], on) if forum_id in self.chairs else None
        if entry is not None:
            return "leads" if entry.person_id == self.person_id else None
        forum = self.forums.get(forum_id)
        if forum is None:
            return None
        by_office = any(
            from_on <= on and (to_on is None or on <= to_on)
            for from_on, to_on in self.held.get(forum.lead_office_id or 0, ())
        )
        return forum.lead_relation if by_office or forum.lead_person_id == self.person_id else None


def _led_forums(session: Session, person_id: int, first: date, last: date) -> _Leading:
    held: dict[int, list[tuple[date, date | None]]] = defaultdict(list)
    holdings = select(OfficeHolding).where(
        OfficeHolding.person_id == person_id,
        OfficeHolding.from_on <= last,
        or_(OfficeHolding.to_on.is_(None), OfficeHolding.to_on >= first),
    )
    for row in session.scalars(holdings):
        held[row.office_id].append((row.from_on, row.to_on))
    leads = or_(Forum.lead_person_id == person_id, Forum.lead_office_id.in_(held))
    turning = exists().where(
        Rotation.forum_id == Forum.id, Rotation.task == "chair",
        RotationEntry.rotation_id == Rotation.id, RotationEntry.person_id == person_id,
    )  # fmt: skip
    found = {forum.id: forum for forum in session.scalars(select(Forum).where(or_(leads, turning)))}
    chairs = {forum_id: rows[0] for forum_id, rows in rotations_of(session, found, "chair").items() if rows}
    return _Leading(person_id, found, held, chairs)


# ---------------------------------------------------------------- who could go instead


def substitutes_in(session: Session, load: Load, meeting_ids: Collection[int]) -> dict[int, str]:
    """Meeting → the first by the calling-in order who may sit on the person's seat there, and is at none of the others.

    Only for the person's own ordinary seats with a substitute. One query at most.
    """
    own: dict[int, SeatHolder] = {}
    for meeting_id in meeting_ids:
        seat = next((row for row in load.circles[meeting_id].seats if row.person_id == load.person.id), None)
        if seat is not None and seat.kind == "ordinary":
            own[meeting_id] = seat
    if not own:
        return {}
    orders = decided_orders_of(session, {seat.via_forum_id or seat.forum_id for seat in own.values()})
    found = {}
    for meeting_id, seat in own.items():
        owner = seat.via_forum_id or seat.forum_id
        span = span_of(load.meetings[meeting_id])
        taken = {
            person_id
            for other, meeting in load.meetings.items()
            if other != meeting_id and span_of(meeting).overlaps(span)
            for person_id in load.circles[other].expected_ids
        }
        offered = {
            row.seat_id: row
            for row in load.circles[meeting_id].seats
            if row.kind == "substitute" and (row.via_forum_id or row.forum_id) == owner
            and row.person_id is not None and row.person_id not in taken
        }  # fmt: skip
        choices = [
            SubstituteSeat(row.seat_id, row.group, row.personal_for_seat_id, row.position) for row in offered.values()
        ]
        called = calling_order(seat.seat_id, seat.group, choices, orders.get(owner, []))
        if called:
            found[meeting_id] = offered[called[0]].person_name or ""
    return found


# ---------------------------------------------------------------- journeys made together


def gatherings_of(load: Load, since: date, movable: Collection[int]) -> list[Gathering]:
    """The meetings from ``since`` on in another town than the person's own that are still to be held.

    ``movable``: those that whoever asks may move; a called one stays where it is.
    """
    found = []
    for meeting in load.meetings.values():
        town = town_of(meeting.place, meeting.mode)
        if meeting.local_on < since or meeting.state not in OPEN or town is None or town in {load.home, None}:
            continue
        found.append(
            Gathering(
                key=key_of(meeting),
                span=span_of(meeting),
                town=town,
                person_ids=frozenset(load.circles[meeting.id].expected_ids | {load.person.id}),
                may_move=meeting.id in movable and meeting.state != State.CALLED,
            )
        )
    return found


def days_around(session: Session, load: Load, gatherings: Sequence[Gathering]) -> Days:
    """What is known of those expected at two of ``gatherings`` near each other in one town, on these days.

    Of the person whose load it is all meetings are known, those led without a seat too.
    """
    near = [
        pair
        for pair in combinations(gatherings, 2)
        if pair[0].town == pair[1].town and 1 <= abs((pair[0].span.on - pair[1].span.on).days) <= NEAR_DAYS
    ]
    people = {number for pair in near for one in pair for number in one.person_ids}
    days = sorted({one.span.on for pair in near for one in pair})
    if not days:
        return Days()
    meetings = session.scalars(
        select(Meeting)
        .where(
            Meeting.local_on.between(days[0] - timedelta(days=LONGEST_DAYS), days[-1]),
            Meeting.state.in_(OPEN),
            Meeting.kind != Kind.PER_CAPSULAM,
        )
        .options(*listed_options())
        .order_by(Meeting.start_at, Meeting.id)
    ).all()
    there = [meeting for meeting in meetings if _touches(span_of(meeting), days)]
    taken: dict[int, list[tuple[str, Span, str | None]]] = defaultdict(list)
    for meeting_id, circle in circles_of(session, there).items():
        meeting = next(one for one in there if one.id == meeting_id)
        expected = circle.expected_ids | ({load.person.id} if meeting_id in load.meetings else set())
        for number in expected & people:
            taken[number].append((key_of(meeting), span_of(meeting), town_of(meeting.place, meeting.mode)))
    zone = gatherings[0].span.time_zone
    start, end = gatherings[0].span.start_at, max(one.span.end_at for one in gatherings)
    for busy in busy_between(session, people, min(start, *(one.span.start_at for one in gatherings)), end):
        if not busy.tentative:
            taken[busy.person_id].append(("busy", Span(busy.start, busy.end, all_day=False, time_zone=zone), None))
    away: dict[int, list[tuple[date, date]]] = defaultdict(list)
    for absence in absences_between(session, people, days[0], days[-1]):
        away[absence.person_id].append((absence.from_on, absence.to_on))
    return Days(taken, away, _homes(session, people))


def _touches(span: Span, days: Iterable[date]) -> bool:
    return any(span.on <= day <= span.last_on for day in days)


def _homes(session: Session, person_ids: Collection[int]) -> dict[int, str | None]:
    query = (
        select(Person.id, func.coalesce(Person.town, Organisation.municipality))
        .outerjoin(Organisation, Organisation.id == Person.organisation_id)
        .where(Person.id.in_(person_ids))
    )
    return dict(session.execute(query).all())
