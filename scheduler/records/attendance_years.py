"""Who was at the held meetings of a year, seat by seat: what the reports of attendance count.

Each meeting is judged as its own list of attendance judges it: by the seats of its day, at the item where most of them
were filled. Where a list is chosen for each meeting it has no seats, and those called take their place. A constant
number of queries for any number of meetings. Not here: the counting (``reports.statistics``), the list of one meeting
(``attendance_lists``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.cadence.rules import HELD_STATES
from scheduler.forums.models import Forum
from scheduler.forums.seat_days import seat_plans_on
from scheduler.forums.seats import SeatHolder
from scheduler.meetings.models import Invitee, Meeting, MeetingForum
from scheduler.meetings.rules import Kind
from scheduler.organisations.models import Organisation
from scheduler.records.attendance_lists import OFF_AGENDA, sitting
from scheduler.records.models import AgendaItem, Attendance, Recusal, Serving
from scheduler.records.quorum_rules import THERE, DaySeat, Part, Serves, Status, Taking, filling


class Place(NamedTuple):
    """A seat at a meeting, or somebody called where there are none, and what became of it."""

    forum_id: int
    organisation_id: int | None
    organisation_name: str | None
    #: ``holder``, ``substitute`` or ``empty``.
    how: str
    #: Whoever was there took part from a distance.
    remote: bool = False
    #: Nobody has marked whoever has it, and nobody served on it.
    unmarked: bool = False


@dataclass(frozen=True)
class HeldMeeting:
    """A held meeting of the year."""

    id: int
    on: date
    #: Those of its forums that were asked about.
    forum_ids: tuple[int, ...]
    #: Its seats that count, or those called; None: nobody has noted who was there.
    places: tuple[Place, ...] | None


def held_in(session: Session, forum_ids: Collection[int], year: int) -> list[HeldMeeting]:
    """The held meetings of ``forum_ids`` in the year, in order, each once. Twelve queries at most."""
    meetings = _meetings(session, forum_ids, year)
    marks = _marks(session, meetings)
    begun = {meeting_id for meeting_id in meetings if marks.get(meeting_id)}
    chosen = {meeting_id for meeting_id in begun if meetings[meeting_id].chosen} | _picked(session, begun)
    listed = _listed(session, chosen)
    wanted = {
        (forum_id, meetings[meeting_id].on) for meeting_id in begun - chosen for forum_id in meetings[meeting_id].forums
    }
    plans = seat_plans_on(session, wanted)
    items = _items(session, {meeting_id for meeting_id in begun if any(mark.is_partial for mark in marks[meeting_id])})
    found = []
    for meeting_id, meeting in meetings.items():
        places: list[Place] | None = None
        if meeting_id in chosen:
            lead = next(forum_id for forum_id in meeting.forums if forum_id in forum_ids)
            places = _of_listed(listed[meeting_id], marks[meeting_id], lead)
        elif meeting_id in begun:
            seats = [seat for forum_id in meeting.forums for seat in plans[forum_id, meeting.on]]
            places = _of_seats(seats, marks[meeting_id], items.get(meeting_id, []))
        if places is not None:
            places = [place for place in places if place.forum_id in forum_ids]
        noted = places if places and not all(place.unmarked or place.how == "empty" for place in places) else None
        own = tuple(forum_id for forum_id in meeting.forums if forum_id in forum_ids)
        found.append(HeldMeeting(meeting_id, meeting.on, own, None if noted is None else tuple(noted)))
    return found


# ---------------------------------------------------------------- judging


_STATUS = {status.value: status for status in Status}


@dataclass
class _Mark:
    """How somebody took part, with items by their number in the database."""

    person_id: int | None
    name: str | None
    status: Status
    from_item_id: int | None
    to_item_id: int | None
    servings: list[tuple[int, int | None, int | None]]
    recused: list[int]

    @property
    def is_partial(self) -> bool:
        """Whether items matter."""
        if self.recused or self.from_item_id or self.to_item_id:
            return True
        return any(first or last for _seat, first, last in self.servings)

    def taking(self, places: Mapping[int, int]) -> Taking | None:
        """As the rules take it; ``places`` is item → its place on the agenda."""
        if self.person_id is None:
            return None

        if not self.is_partial and not self.servings:
            return Taking(self.person_id, self.status)

        def part(first: int | None, last: int | None) -> Part:
            return Part(places.get(first or 0, 0), places.get(last or 0))

        return Taking(
            self.person_id,
            self.status,
            part(self.from_item_id, self.to_item_id),
            tuple(Serves(seat_id, part(first, last)) for seat_id, first, last in self.servings),
            frozenset(places[item] for item in self.recused if item in places),
        )


def _of_seats(seats: Sequence[SeatHolder], marks: Iterable[_Mark], items: Sequence[int]) -> list[Place]:
    """What became of each seat that counts, at the item where most of them were filled."""
    counted = [(seat, person_id) for seat, person_id, counts in sitting(seats) if counts]
    day_seats = [DaySeat(seat.seat_id, person_id) for seat, person_id in counted]
    places = {item: n for n, item in enumerate(items)}
    takings = [taking for mark in marks if (taking := mark.taking(places)) is not None]
    best: Mapping[int, int] = {}
    for n in range(max(1, len(items))):
        filled = filling(day_seats, takings, n)
        if len(filled) > len(best):
            best = filled
    status = {taking.person_id: taking.status for taking in takings}
    served = {one.seat_id for taking in takings if taking.status in THERE for one in taking.serves}
    found = []
    for n, (seat, person_id) in enumerate(counted):
        there = best.get(n)
        how = "empty" if there is None else "holder" if there == person_id else "substitute"
        unmarked = person_id is not None and person_id not in status and seat.seat_id not in served
        remote = there is not None and status[there] == Status.REMOTE
        found.append(
            Place(seat.forum_id, seat.organisation_id, seat.organisation_name, how, remote=remote, unmarked=unmarked)
        )
    return found


def _of_listed(listed: Sequence[Any], marks: Iterable[_Mark], forum_id: int) -> list[Place]:
    """Whether each of those called came."""
    marks = list(marks)
    by_person = {mark.person_id: mark for mark in marks if mark.person_id is not None}
    by_name = {mark.name: mark for mark in marks if mark.person_id is None}
    found = []
    for row in listed:
        if row.role == "substitute":
            continue
        shown = row.name or row.organisation_name
        mark = by_name.get(shown) if row.person_id is None else by_person.get(row.person_id)
        there = mark is not None and mark.status in THERE
        found.append(
            Place(
                forum_id,
                row.organisation_id,
                row.organisation_name,
                "holder" if there else "empty",
                remote=mark is not None and mark.status == Status.REMOTE,
                unmarked=mark is None,
            )
        )
    return found


# ---------------------------------------------------------------- reading


@dataclass
class _Held:
    on: date
    forums: list[int]
    #: Whether those called are chosen for each meeting.
    chosen: bool


def _meetings(session: Session, forum_ids: Collection[int], year: int) -> dict[int, _Held]:
    """The meetings, with all their forums, the leading one first."""
    if not forum_ids:
        return {}
    asked = select(MeetingForum.meeting_id).where(MeetingForum.forum_id.in_(forum_ids))
    rows = session.execute(
        select(Meeting.id, Meeting.local_on, MeetingForum.forum_id, Forum.invitees_per_meeting)
        .join(MeetingForum, MeetingForum.meeting_id == Meeting.id)
        .join(Forum, Forum.id == MeetingForum.forum_id)
        .where(
            Meeting.id.in_(asked),
            Meeting.local_on.between(date(year, 1, 1), date(year, 12, 31)),
            Meeting.state.in_(HELD_STATES),
            Meeting.kind != Kind.PER_CAPSULAM,
        )
        .order_by(Meeting.start_at, Meeting.id, MeetingForum.position)
    )
    found: dict[int, _Held] = {}
    for meeting_id, on, forum_id, chosen in rows:
        held = found.setdefault(meeting_id, _Held(on, [], chosen=False))
        held.forums.append(forum_id)
        held.chosen = held.chosen or chosen
    return found


def _marks(session: Session, meeting_ids: Collection[int]) -> dict[int, list[_Mark]]:
    """Meeting → its marks. Three queries at most."""
    found: dict[int, list[_Mark]] = defaultdict(list)
    if not meeting_ids:
        return found
    by_id: dict[int, _Mark] = {}
    rows = session.execute(
        select(
            Attendance.id, Attendance.meeting_id, Attendance.person_id, Attendance.name, Attendance.status,
            Attendance.from_item_id, Attendance.to_item_id,
        ).where(Attendance.meeting_id.in_(meeting_ids)).order_by(Attendance.id)
    )  # fmt: skip
    for id_, meeting_id, person_id, name, status, first, last in rows:
        by_id[id_] = _Mark(person_id, name, _STATUS[status], first, last, [], [])
        found[meeting_id].append(by_id[id_])
    there = Attendance.meeting_id.in_(meeting_ids)
    servings = select(Serving.attendance_id, Serving.seat_id, Serving.from_item_id, Serving.to_item_id)
    for attendance_id, seat_id, first, last in session.execute(
        servings.join(Attendance, Attendance.id == Serving.attendance_id).where(there).order_by(Serving.id)
    ):
        by_id[attendance_id].servings.append((seat_id, first, last))
    recusals = select(Recusal.attendance_id, Recusal.item_id)
    for attendance_id, item_id in session.execute(
        recusals.join(Attendance, Attendance.id == Recusal.attendance_id).where(there)
    ):
        by_id[attendance_id].recused.append(item_id)
    return found


def _picked(session: Session, meeting_ids: Collection[int]) -> set[int]:
    """The meetings whose list was chosen by hand: nobody on it is there for a seat. One query."""
    if not meeting_ids:
        return set()
    query = (
        select(Invitee.meeting_id)
        .where(Invitee.meeting_id.in_(meeting_ids), Invitee.withdrawn_at.is_(None))
        .group_by(Invitee.meeting_id)
        .having(func.count(Invitee.seat_id) == 0)
    )
    return set(session.scalars(query))


def _listed(session: Session, meeting_ids: Collection[int]) -> dict[int, list[Any]]:
    """Meeting → those on its stored list and not withdrawn, without their names. One query."""
    found: dict[int, list[Any]] = defaultdict(list)
    if not meeting_ids:
        return found
    rows = session.execute(
        select(
            Invitee.meeting_id, Invitee.person_id, Invitee.name, Invitee.role, Invitee.seat_id,
            Invitee.organisation_id, Organisation.name.label("organisation_name"),
        )
        .outerjoin(Organisation, Organisation.id == Invitee.organisation_id)
        .where(Invitee.meeting_id.in_(meeting_ids), Invitee.withdrawn_at.is_(None))
        .order_by(Invitee.id)
    )  # fmt: skip
    for row in rows:
        found[row.meeting_id].append(row)
    return found


def _items(session: Session, meeting_ids: Collection[int]) -> dict[int, list[int]]:
    """Meeting → the items on its agenda, in order; asked only for those where somebody left or came late."""
    found: dict[int, list[int]] = defaultdict(list)
    if not meeting_ids:
        return found
    rows = session.execute(
        select(AgendaItem.meeting_id, AgendaItem.id)
        .where(AgendaItem.meeting_id.in_(meeting_ids), AgendaItem.state.not_in(OFF_AGENDA))
        .order_by(AgendaItem.position, AgendaItem.id)
    )
    for meeting_id, item_id in rows:
        found[meeting_id].append(item_id)
    return found
