"""The list of a meeting's attendance: its seats and people of the day, how each is marked, and the count.

Seats are those of the meeting's local day, whatever has changed since (invariant 3). An answer "no" stands as notified
absence until somebody marks otherwise; it is read, never stored. A constant number of queries for any number of seats.
Not here: marking (``attendance``), words (``web.attendance``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from scheduler.forums.rules import OrderEntry, SubstituteSeat, calling_order
from scheduler.forums.seat_models import Seat
from scheduler.forums.seats import SeatHolder, decided_orders_of, seat_plan
from scheduler.meetings.inherited import effective_meeting
from scheduler.meetings.invitees import InviteeRow, invitees_of
from scheduler.meetings.models import Meeting
from scheduler.meetings.replies import standings_of
from scheduler.meetings.reply_rules import Answer
from scheduler.organisations.rules import shown_name
from scheduler.records.models import AgendaItem, Attendance, Serving
from scheduler.records.quorum_rules import (
    COUNTED_KINDS,
    THERE,
    WHOLE,
    Count,
    DaySeat,
    Part,
    Quorum,
    Serves,
    Status,
    Taking,
    count,
)

SUBSTITUTE = "substitute"
#: States of items that are not on the agenda any more.
OFF_AGENDA = frozenset({"moved", "dropped"})


@dataclass(frozen=True)
class Candidate:
    """Somebody who may serve on a seat."""

    person_id: int
    name: str
    said_yes: bool = False
    #: Already serves on another seat.
    is_taken: bool = False


@dataclass
class Row:
    """One line of the list: a seat with its holder, or somebody without a seat that counts."""

    #: "s<seat>-<person or 0>", "p<person>" or "a<attendance>", "i<invitee>".
    key: str
    name: str
    organisation: str | None = None
    person_id: int | None = None
    #: None: guests, and those on a list chosen by hand.
    seat: SeatHolder | None = None
    #: ordinary, substitute, co_opted, secretary, observer, guest …
    role: str = "ordinary"
    counts: bool = False
    is_vacant: bool = False
    attendance: Attendance | None = None
    #: Those who serve on the seat.
    servings: list[Serving] = field(default_factory=list)
    #: In the order they are called in.
    substitutes: Sequence[Candidate] = ()
    #: They answered no to the call.
    said_no: bool = False
    said_yes: bool = False

    @property
    def is_marked(self) -> bool:
        """Whether somebody has marked it."""
        return self.attendance is not None or bool(self.servings)

    @property
    def choice(self) -> str:
        """What is marked, or follows from an answer: a status, "substitute", or nothing."""
        status = self.attendance.status if self.attendance is not None else ""
        if self.servings and status not in THERE:
            return SUBSTITUTE
        return status or (Status.NOTIFIED.value if self.said_no else "")

    @property
    def substitute_id(self) -> int | None:
        """Who serves on the seat, where its holder does not."""
        return self.servings[0].attendance.person_id if self.choice == SUBSTITUTE else None

    @property
    def substitute_name(self) -> str | None:
        """Who serves on the seat, as shown."""
        if not self.servings:
            return None
        person = self.servings[0].attendance.person
        return None if person is None else shown_name(person)

    @property
    def suggested(self) -> int | None:
        """Who would serve: the first free one in order who said yes, else the first free one."""
        free = [found for found in self.substitutes if not found.is_taken]
        return next((found.person_id for found in free if found.said_yes), free[0].person_id if free else None)

    @property
    def stamp(self) -> str:
        """Another one whenever the row has been marked anew."""
        version = self.attendance.version if self.attendance is not None else 0
        served = "".join(f".{served.id}-{served.attendance.version}" for served in self.servings)
        return f"{version}{served}"

    @property
    def is_partial(self) -> bool:
        """Whether more is said than one mark says: part of the meeting, or a conflict of interest."""
        rows: list[Attendance | Serving] = [*self.servings, *([self.attendance] if self.attendance else [])]
        return any(row.from_item_id or row.to_item_id for row in rows) or bool(
            self.attendance is not None and self.attendance.recusals
        )


@dataclass(frozen=True)
class Group:
    """Rows under one heading; ``name`` None: those without one."""

    name: str | None
    rows: Sequence[Row]


@dataclass
class Roll:
    """The whole list."""

    rows: list[Row]
    #: Items on the agenda, in order.
    items: Sequence[AgendaItem]
    quorum: Quorum
    #: Item → its place on the agenda from 0.
    places: Mapping[int, int]

    def row(self, key: str) -> Row | None:
        """The row of a key."""
        return next((row for row in self.rows if row.key == key), None)

    def of_person(self, person_id: int) -> Row | None:
        """The row of a person."""
        return next((row for row in self.rows if row.person_id == person_id), None)

    @property
    def counted(self) -> list[Row]:
        """The rows of seats that count."""
        return [row for row in self.rows if row.counts]

    @property
    def others(self) -> list[Row]:
        """The rest."""
        return [row for row in self.rows if not row.counts]

    def part(self, from_item_id: int | None, to_item_id: int | None) -> Part:
        """The part between two items, both included; None: from the beginning, to the end."""
        return Part(self.places.get(from_item_id or 0, 0), self.places.get(to_item_id or 0))

    @cached_property
    def takings(self) -> list[Taking]:
        """How each person took part."""
        return [taking for row in self.rows if (taking := self._taking(row)) is not None]

    def _taking(self, row: Row) -> Taking | None:
        if row.person_id is None:
            return None
        marked = row.attendance
        if marked is None:
            return Taking(row.person_id, Status.NOTIFIED) if row.said_no else None
        return Taking(
            row.person_id,
            Status(marked.status),
            self.part(marked.from_item_id, marked.to_item_id),
            tuple(Serves(s.seat_id, self.part(s.from_item_id, s.to_item_id)) for s in marked.servings),
            frozenset(self.places[r.item_id] for r in marked.recusals if r.item_id in self.places),
        )

    @property
    def day_seats(self) -> list[DaySeat]:
        """The seats that count."""
        return [DaySeat(row.seat.seat_id, row.person_id) for row in self.counted if row.seat is not None]

    @cached_property
    def count(self) -> Count:
        """The figures."""
        return count(self.day_seats, self.takings, self.quorum, len(self.items))

    @property
    def is_begun(self) -> bool:
        """Whether anybody has been marked."""
        return any(row.is_marked for row in self.rows)

    def groups(self) -> list[Group]:
        """The seats that count under the names of their groups, or of organisations with several seats."""
        several = Counter(row.organisation for row in self.counted if row.seat is not None and not row.seat.group)
        found: dict[str | None, list[Row]] = {}
        for row in self.counted:
            group = row.seat.group if row.seat is not None else None
            name = group or (row.organisation if several[row.organisation] > 1 else None)
            found.setdefault(name, []).append(row)
        return [Group(name, rows) for name, rows in sorted(found.items(), key=lambda group: group[0] is None)]


def agenda_items(session: Session, meeting_id: int) -> Sequence[AgendaItem]:
    """The items on the agenda, in order; those moved or dropped left out. One query."""
    return session.scalars(
        select(AgendaItem)
        .where(AgendaItem.meeting_id == meeting_id, AgendaItem.state.not_in(OFF_AGENDA))
        .order_by(AgendaItem.position, AgendaItem.id)
    ).all()


def roll_of(session: Session, meeting: Meeting) -> Roll:
    """The list of a meeting as it stands."""
    marks = _marks(session, meeting.id)
    by_person = {row.person_id: row for row in marks if row.person_id is not None}
    serving: dict[int, list[Serving]] = {}
    for row in marks:
        for served in row.servings:
            serving.setdefault(served.seat_id, []).append(served)
    answers, listed = _answers(session, meeting)
    forum_ids = [forum.id for forum in meeting.forums]
    chosen = any(forum.invitees_per_meeting for forum in meeting.forums) or (
        bool(listed) and all(row.seat_id is None for row in listed)
    )
    rows: list[Row] = []
    if not chosen:
        plan = seat_plan(session, forum_ids, meeting.local_on)
        orders = decided_orders_of(session, forum_ids)
        seats = [seat for forum_id in forum_ids for seat in plan[forum_id]]
        rows = _seat_rows(seats, orders, by_person, serving, answers)
    known = {row.person_id for row in rows}
    by_name = {row.name: row for row in marks if row.person_id is None}
    for invited in listed:
        if invited.person_id is None:
            rows.append(_named_row(invited, by_name))
        elif invited.person_id not in known and invited.role != "substitute":
            known.add(invited.person_id)
            rows.append(_invited_row(invited, by_person, answers))
    shown = {row.attendance.id for row in rows if row.attendance is not None}
    rows += [_guest_row(row) for row in marks if row.id not in shown]
    rule = effective_meeting(meeting)
    items = agenda_items(session, meeting.id)
    quorum = Quorum("none") if chosen else Quorum(rule.quorum_rule, rule.quorum_number)
    return Roll(rows, items, quorum, {item.id: n for n, item in enumerate(items)})


def _marks(session: Session, meeting_id: int) -> Sequence[Attendance]:
    query = (
        select(Attendance)
        .where(Attendance.meeting_id == meeting_id)
        .options(
            joinedload(Attendance.person),
            selectinload(Attendance.servings),
            selectinload(Attendance.recusals),
        )
        .order_by(Attendance.id)
    )
    return session.scalars(query).all()


def _answers(session: Session, meeting: Meeting) -> tuple[dict[int, Answer], list[InviteeRow]]:
    """Person → the answer that counts, and those invited."""
    listed = invitees_of(session, [meeting]).get(meeting.id, [])
    if meeting.called_at is None:
        return {}, listed
    found = standings_of(session, [meeting])
    return {
        row.person_id: answer
        for row in listed
        if row.person_id is not None
        and row.invitee_id in found
        and (answer := found[row.invitee_id].answer) is not None
    }, listed


def _seat_rows(
    seats: Sequence[SeatHolder],
    orders: Mapping[int, Sequence[OrderEntry]],
    marks: Mapping[int, Attendance],
    serving: Mapping[int, list[Serving]],
    answers: Mapping[int, Answer],
) -> list[Row]:
    rows = []
    for seat, person_id, counts in sitting(seats):
        answer = answers.get(person_id or 0)
        rows.append(
            Row(
                key=f"s{seat.seat_id}-{person_id or 0}" if counts else f"p{person_id}",
                name=seat.person_name or seat.label or "",
                organisation=seat.organisation_name,
                person_id=person_id,
                seat=seat,
                role=seat.kind,
                counts=counts,
                is_vacant=person_id is None,
                attendance=marks.get(person_id or 0),
                servings=_shared(serving.get(seat.seat_id, []), seat, person_id, marks) if counts else [],
                said_no=answer == Answer.NO,
                said_yes=answer in {Answer.YES, Answer.REMOTE},
            )
        )
    _offer(rows, seats, orders, answers)
    return rows


#: The order in which kinds of seats are listed.
_ORDER = {"ordinary": 0, "owner": 0, "financier": 0, "co_opted": 2, "secretary": 3, "observer": 4, "substitute": 5}


def sitting(seats: Iterable[SeatHolder]) -> Iterator[tuple[SeatHolder, int | None, bool]]:
    """The seats that an attendance list has, in its order: who sits there, and whether the seat counts.

    Nobody sits twice: somebody's second seat is empty, and is left out where it does not count. So is a seat that was
    declined, or whose number is not known, while nobody has it.
    """
    taken: set[int] = set()
    for seat in sorted(seats, key=lambda found: _ORDER[found.kind]):
        if seat.person_id is None and (seat.number_unknown or seat.offer == "declined"):
            continue
        counts = seat.kind in COUNTED_KINDS and seat.voting
        person_id = None if seat.person_id in taken else seat.person_id
        if person_id is None and not counts:
            continue
        if person_id is not None:
            taken.add(person_id)
        yield seat, person_id, counts


def _shared(
    found: list[Serving], seat: SeatHolder, person_id: int | None, marks: Mapping[int, Attendance]
) -> list[Serving]:
    """Who serves on a seat; of an office's several holders it is the one who is not there."""
    there = [served for served in found if served.attendance.status in THERE]
    mark = marks.get(person_id or 0)
    if seat.office_id is not None and person_id is not None and mark is None:
        return []
    return there


def _offer(
    rows: Iterable[Row],
    seats: Sequence[SeatHolder],
    orders: Mapping[int, Sequence[OrderEntry]],
    answers: Mapping[int, Answer],
) -> None:
    """Gives each seat that counts its substitutes, in the order they are called in."""
    rows = list(rows)
    own = {row.person_id for row in rows if row.counts}
    substitutes = {
        seat.seat_id: seat
        for seat in seats
        if seat.kind == "substitute" and seat.person_id is not None and seat.person_id not in own
    }
    taken = {served.attendance.person_id: served.seat_id for row in rows if row.counts for served in row.servings}
    offered = [
        SubstituteSeat(row.seat_id, _list_of(row), row.personal_for_seat_id, row.position)
        for row in substitutes.values()
    ]
    for row in rows:
        if not row.counts or row.seat is None:
            continue
        called = calling_order(row.seat.seat_id, _list_of(row.seat), offered, orders[row.seat.forum_id])
        row.substitutes = [
            Candidate(
                person_id,
                substitutes[seat_id].person_name or "",
                answers.get(person_id) in {Answer.YES, Answer.REMOTE},
                taken.get(person_id, row.seat.seat_id) != row.seat.seat_id,
            )
            for seat_id in called
            if (person_id := substitutes[seat_id].person_id) is not None
        ]


def _list_of(seat: SeatHolder) -> str | None:
    """As ``forums.seats`` has it: the seat's group, else its organisation."""
    return seat.group or (None if seat.organisation_id is None else f"\0organisation {seat.organisation_id}")


def _invited_row(row: InviteeRow, marks: Mapping[int, Attendance], answers: Mapping[int, Answer]) -> Row:
    answer = answers.get(row.person_id or 0)
    return Row(
        key=f"p{row.person_id}",
        name=row.shown,
        organisation=row.organisation_name,
        person_id=row.person_id,
        role=row.role,
        attendance=marks.get(row.person_id or 0),
        said_no=answer == Answer.NO,
        said_yes=answer in {Answer.YES, Answer.REMOTE},
    )


def _named_row(row: InviteeRow, marks: Mapping[str | None, Attendance]) -> Row:
    """Somebody outside the register, or whom an organisation has still to name."""
    return Row(f"i{row.invitee_id}", row.shown, row.organisation_name, role=row.role, attendance=marks.get(row.shown))


def _guest_row(row: Attendance) -> Row:
    return Row(
        key=f"p{row.person_id}" if row.person_id is not None else f"a{row.id}",
        name=shown_name(row.person) if row.person is not None else row.name or "",
        person_id=row.person_id,
        role=row.role or "guest",
        attendance=row,
    )


__all__ = ["OFF_AGENDA", "SUBSTITUTE", "WHOLE", "Candidate", "Group", "Roll", "Row", "agenda_items", "roll_of"]


# ---------------------------------------------------------------- of many meetings


@dataclass(frozen=True)
class Presence:
    """Who was at some meetings, in numbers; meetings whose attendance is not begun are left out."""

    #: Meeting → how many were there, guests included.
    there: Mapping[int, int]
    #: Organisation → at how many of the meetings somebody sat on a seat of theirs.
    by_organisation: Mapping[int, int]


def presence_of(session: Session, meeting_ids: Collection[int]) -> Presence:
    """The presence at ``meeting_ids``. One query."""
    query = (
        select(Attendance.meeting_id, Attendance.status, Seat.organisation_id)
        .outerjoin(Seat, Seat.id == Attendance.seat_id)
        .where(Attendance.meeting_id.in_(meeting_ids))
    )
    there: dict[int, int] = {}
    sat: set[tuple[int, int]] = set()
    for meeting_id, status, organisation_id in session.execute(query):
        came = status in THERE
        there[meeting_id] = there.get(meeting_id, 0) + came
        if came and organisation_id is not None:
            sat.add((meeting_id, organisation_id))
    return Presence(there, Counter(organisation_id for _meeting_id, organisation_id in sat))
