"""Whom a meeting is for: the stored list where it is called or chosen, else the seats on its local day.

Every function makes a constant number of queries for any number of meetings. Not here: changing the list
(``calling``), addresses for more than mail.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from scheduler.forums.models import Forum
from scheduler.forums.seat_days import seat_holders_on
from scheduler.forums.seats import SeatHolder
from scheduler.meetings.models import Invitee, Meeting, MeetingForum
from scheduler.meetings.rules import has_stored_invitees
from scheduler.organisations.models import Person, PersonEmail
from scheduler.organisations.rules import shown_name

#: Seat kind → the role one is called in.
ROLE_OF_SEAT: Mapping[str, str] = {
    "ordinary": "ordinary",
    "owner": "ordinary",
    "financier": "ordinary",
    "substitute": "substitute",
    "co_opted": "co_opted",
    "secretary": "secretary",
    "observer": "observer",
}
#: Of several roles in one meeting the first of these counts.
_WEIGHT = {role: n for n, role in enumerate(("ordinary", "co_opted", "secretary", "observer", "substitute"))}


class OnDay(Protocol):
    """What of a meeting decides whom it is for."""

    @property
    def id(self) -> int:
        """The meeting."""

    @property
    def local_on(self) -> date:
        """Its local day."""

    @property
    def called_at(self) -> datetime | None:
        """When it was called."""


@dataclass(frozen=True)
class Circle:
    """Whom a meeting is for."""

    #: Whether ``invitees`` decide, and not the seats.
    stored: bool
    #: Those on the list and not withdrawn.
    invitees: tuple[Invitee, ...]
    #: The seats on the meeting's day, each person once, vacant ones too; none for a list chosen by hand.
    seats: tuple[SeatHolder, ...]

    @property
    def person_ids(self) -> set[int]:
        """The people invited."""
        rows: Iterable[Invitee | SeatHolder] = self.invitees if self.stored else self.seats
        return {row.person_id for row in rows if row.person_id is not None}

    @property
    def expected_ids(self) -> set[int]:
        """Those who are to be there and not only told of it: no substitutes."""
        if self.stored:
            return {row.person_id for row in self.invitees if row.person_id is not None and row.role != "substitute"}
        return {
            seat.person_id
            for seat in self.seats
            if seat.person_id is not None and ROLE_OF_SEAT[seat.kind] != "substitute"
        }

    @property
    def organisation_ids(self) -> set[int]:
        """The organisations with a seat that day, filled or not, or with somebody on the list."""
        rows: Iterable[Invitee | SeatHolder] = [*self.invitees, *self.seats]
        return {row.organisation_id for row in rows if row.organisation_id is not None}


@dataclass(frozen=True)
class InviteeRow:
    """Somebody invited to a meeting, with what a list or a mail needs."""

    person_id: int | None
    #: As shown: "ledamot" for a protected identity.
    person_name: str | None
    #: Whom the person represents; alone, a guest organisation that names its own.
    organisation_id: int | None
    organisation_name: str | None
    #: ordinary, substitute, co_opted, presenter, secretary, observer or guest.
    role: str
    seat_id: int | None
    #: Whether the meeting wants this person there.
    required: bool
    #: Where mail goes: the person's main address, or the guest organisation's; None without one.
    email: str | None
    #: Language of mail.
    locale: str
    #: The identity is protected: no page shows name or address.
    protected: bool
    #: A guest outside the register.
    name: str | None = None
    #: The stored row, None before the call.
    invitee_id: int | None = None

    @property
    def shown(self) -> str:
        """What to call them: the person, else the guest, else the organisation."""
        return self.person_name or self.name or self.organisation_name or ""


@dataclass(frozen=True)
class SeatChanges:
    """How the seats of a called meeting differ from its list."""

    to_call: tuple[InviteeRow, ...]
    to_withdraw: tuple[Invitee, ...]

    def __bool__(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.to_call or self.to_withdraw)


class _Forums(NamedTuple):
    """The forums of a meeting, the leading one first, and whether its invitees are always chosen."""

    ids: list[int]
    chosen_per_meeting: bool


def circles_of(session: Session, meetings: Sequence[OnDay]) -> dict[int, Circle]:
    """For each meeting whom it is for. Six queries at most."""
    if not meetings:
        return {}
    forums = _forums_of(session, [meeting.id for meeting in meetings])
    listed = _listed(session, [meeting.id for meeting in meetings])
    seated = [
        meeting
        for meeting in meetings
        if not forums[meeting.id].chosen_per_meeting
        and (not listed[meeting.id] or any(row.seat_id is not None for row in listed[meeting.id]))
    ]
    plan = seat_holders_on(
        session, {(forum_id, meeting.local_on) for meeting in seated for forum_id in forums[meeting.id].ids}
    )
    seats = {
        meeting.id: each_person_once([plan[forum_id, meeting.local_on] for forum_id in forums[meeting.id].ids])
        for meeting in seated
    }
    return {
        meeting.id: Circle(
            stored=has_stored_invitees(
                called=meeting.called_at is not None,
                chosen=bool(listed[meeting.id]),
                chosen_per_meeting=forums[meeting.id].chosen_per_meeting,
            ),
            invitees=tuple(listed[meeting.id]),
            seats=seats.get(meeting.id, ()),
        )
        for meeting in meetings
    }


def seats_on(session: Session, forum_ids: Sequence[int], on: date) -> tuple[SeatHolder, ...]:
    """The seats of forums that would meet together on a day, each person once."""
    plan = seat_holders_on(session, {(forum_id, on) for forum_id in forum_ids})
    return each_person_once([plan[forum_id, on] for forum_id in forum_ids])


def invitees_of(session: Session, meetings: Sequence[Meeting]) -> dict[int, list[InviteeRow]]:
    """For each meeting those invited: the stored list, or those on the seats of its day. Eight queries at most."""
    circles = circles_of(session, meetings)
    people = _people(session, set().union(*(circle.person_ids for circle in circles.values())))
    return {
        meeting_id: [_listed_row(row, people) for row in circle.invitees]
        if circle.stored
        else rows_of_seats(circle.seats, people)
        for meeting_id, circle in circles.items()
    }


def rows_of_invitees(session: Session, invitee_ids: Collection[int]) -> dict[int, InviteeRow]:
    """Each stored row of those ids, withdrawn or not, as ``invitees_of`` gives it. Two queries."""
    if not invitee_ids:
        return {}
    query = select(Invitee).where(Invitee.id.in_(invitee_ids)).options(joinedload(Invitee.organisation))
    found = session.scalars(query).all()
    people = _people(session, {row.person_id for row in found if row.person_id is not None})
    return {row.id: _listed_row(row, people) for row in found}


def invitees_by_seats(session: Session, meeting: Meeting) -> list[InviteeRow]:
    """Those the seats of the meeting's day would invite, whatever its list says."""
    forums = _forums_of(session, [meeting.id])[meeting.id]
    seats = seats_on(session, forums.ids, meeting.local_on)
    return rows_of_seats(seats, _people(session, {seat.person_id for seat in seats if seat.person_id is not None}))


def seat_changes_since_call(session: Session, meeting: Meeting) -> SeatChanges:
    """Whom to call and whom to withdraw for the list of a called meeting to follow its seats again.

    Nothing for a list chosen by hand; those added to it by hand are left alone.
    """
    circle = circles_of(session, [meeting])[meeting.id]
    if meeting.called_at is None or _forums_of(session, [meeting.id])[meeting.id].chosen_per_meeting:
        return SeatChanges((), ())
    if circle.invitees and all(row.seat_id is None for row in circle.invitees):
        return SeatChanges((), ())
    seated = {seat.person_id for seat in circle.seats}
    on_list = {row.person_id for row in circle.invitees}
    new = [seat for seat in circle.seats if seat.person_id is not None and seat.person_id not in on_list]
    people = _people(session, {seat.person_id for seat in new if seat.person_id is not None})
    gone = [row for row in circle.invitees if row.seat_id is not None and row.person_id not in seated]
    return SeatChanges(tuple(rows_of_seats(new, people)), tuple(gone))


# ---------------------------------------------------------------- reading


def _forums_of(session: Session, meeting_ids: Collection[int]) -> dict[int, _Forums]:
    rows = session.execute(
        select(MeetingForum.meeting_id, MeetingForum.forum_id, Forum.invitees_per_meeting)
        .join(Forum, Forum.id == MeetingForum.forum_id)
        .where(MeetingForum.meeting_id.in_(meeting_ids))
        .order_by(MeetingForum.meeting_id, MeetingForum.position)
    )
    found: dict[int, _Forums] = {}
    for meeting_id, forum_id, chosen in rows:
        found.setdefault(meeting_id, _Forums([], chosen)).ids.append(forum_id)
    return found


def _listed(session: Session, meeting_ids: Collection[int]) -> dict[int, list[Invitee]]:
    """Meeting → those on its list and not withdrawn, as entered."""
    found: dict[int, list[Invitee]] = defaultdict(list)
    query = (
        select(Invitee)
        .where(Invitee.meeting_id.in_(meeting_ids), Invitee.withdrawn_at.is_(None))
        .options(joinedload(Invitee.organisation))
        .order_by(Invitee.id)
    )
    for row in session.scalars(query):
        found[row.meeting_id].append(row)
    return found


class _Who(NamedTuple):
    name: str
    locale: str
    protected: bool
    email: str | None


def _people(session: Session, person_ids: Collection[int]) -> dict[int, _Who]:
    if not person_ids:
        return {}
    rows = session.execute(
        select(Person, PersonEmail.address)
        .outerjoin(PersonEmail, (PersonEmail.person_id == Person.id) & PersonEmail.main)
        .where(Person.id.in_(person_ids))
    )
    return {person.id: _Who(shown_name(person), person.locale, person.protected, address) for person, address in rows}


# ---------------------------------------------------------------- rows


def each_person_once(plans: Iterable[Iterable[SeatHolder]]) -> tuple[SeatHolder, ...]:
    """The seats of all forums, each person once, in the weightiest role; the leading forum's first."""
    seats = [seat for plan in plans for seat in plan]
    best: dict[int, SeatHolder] = {}
    for seat in seats:
        if seat.person_id is not None:
            other = best.get(seat.person_id)
            if other is None or _weight(seat) < _weight(other):
                best[seat.person_id] = seat
    return tuple(seat for seat in seats if seat.person_id is None or best[seat.person_id] is seat)


def _weight(seat: SeatHolder) -> int:
    return _WEIGHT[ROLE_OF_SEAT[seat.kind]]


def rows_of_seats(seats: Iterable[SeatHolder], people: Mapping[int, _Who]) -> list[InviteeRow]:
    """The people on ``seats`` as invited; a vacant seat invites nobody."""
    found = []
    for seat in seats:
        if seat.person_id is None:
            continue
        who, role = people[seat.person_id], ROLE_OF_SEAT[seat.kind]
        found.append(
            InviteeRow(
                person_id=seat.person_id,
                person_name=who.name,
                organisation_id=seat.organisation_id,
                organisation_name=seat.organisation_name,
                role=role,
                seat_id=seat.seat_id,
                required=role == "ordinary",
                email=who.email,
                locale=who.locale,
                protected=who.protected,
            )
        )
    return found


def _listed_row(row: Invitee, people: Mapping[int, _Who]) -> InviteeRow:
    who = people.get(row.person_id) if row.person_id is not None else None
    guest = row.organisation if who is None and row.name is None else None
    return InviteeRow(
        person_id=row.person_id,
        person_name=who.name if who else None,
        organisation_id=row.organisation_id,
        organisation_name=row.organisation.name if row.organisation else None,
        role=row.role,
        seat_id=row.seat_id,
        required=row.required,
        email=who.email if who else guest.contact_email if guest else None,
        locale=who.locale if who else "sv",
        protected=who is not None and who.protected,
        name=row.name,
        invitee_id=row.id,
    )
