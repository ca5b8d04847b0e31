"""Whose turn it is: the chair or the secretariat that moves between organisations or persons on its date.

A rotation by the year gives each entry a turn of ``every`` years from ``start_on``, for ever; one by the meeting
gives each entry a turn that ends with a meeting (``rotating.hand_over``). Stored turns say where this was departed
from, and keep what was served. Not here: changing a rotation (``rotating``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Literal, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from scheduler import i18n
from scheduler.forums.models import Forum, Rotation, RotationEntry, Turn
from scheduler.forums.seats import SeatHolder, seat_holders
from scheduler.organisations.models import Office, Organisation, Person
from scheduler.organisations.offices import Holder, holders_on
from scheduler.organisations.rules import shown_name

_Row = TypeVar("_Row", Office, Person)

#: The last day of a turn by the meeting that no meeting has ended yet.
OPEN_END = date.max


@dataclass(frozen=True)
class PlannedTurn:
    """One turn; both days included, None where a turn by the meeting has no date yet."""

    entry: RotationEntry
    from_on: date | None
    to_on: date | None
    #: planned; skipped: somebody before it passed; swapped: two changed places.
    status: str


class _Order:
    """The order of the entries, and who is due next when turns were skipped or swapped."""

    def __init__(self, entries: Sequence[RotationEntry]) -> None:
        self.entries = entries
        self.next = 0
        #: Those that come before the order goes on: who gave a turn away in a swap takes the other's.
        self.waiting: list[RotationEntry] = []

    def due(self) -> RotationEntry:
        """Who is due, and the order moves on."""
        if self.waiting:
            return self.waiting.pop(0)
        entry = self.entries[self.next % len(self.entries)]
        self.next = (self.next + 1) % len(self.entries)
        return entry

    def take(self, turn: Turn) -> None:
        """The order moves on from a stored turn.

        After a swap those between come in their own order, then the one whose turn it would have been. Any other
        turn out of order begins it anew from its entry.
        """
        due = self.due()
        if turn.entry is due:
            return
        if turn.status == "swapped" and turn.entry in self.entries:
            between = []
            while (entry := self.due()) is not turn.entry:
                between.append(entry)
            self.waiting = [*between, due, *self.waiting]
            return
        self.waiting = []
        self.next = 0
        if turn.entry in self.entries:
            self.next = (self.entries.index(turn.entry) + 1) % len(self.entries)


def turns_of(rotation: Rotation) -> Iterator[PlannedTurn]:
    """The turns from the first on, without end; none where no entry or no first day is known."""
    entries = sorted((entry for entry in rotation.entries if not entry.retired), key=lambda entry: entry.position)
    stored = sorted(rotation.turns, key=lambda turn: turn.from_on)
    if entries:
        walk = _by_year if rotation.unit == "year" else _by_meeting
        yield from walk(rotation, _Order(entries), stored)


def _by_year(rotation: Rotation, order: _Order, stored: Sequence[Turn]) -> Iterator[PlannedTurn]:
    at = stored[0].from_on if stored else rotation.start_on
    if at is not None and rotation.start_on is not None:
        at = min(at, rotation.start_on)
    waiting = list(stored)
    while at is not None and at.year + rotation.every <= date.max.year:
        if waiting and waiting[0].from_on <= at:
            turn = waiting.pop(0)
            order.take(turn)
            yield PlannedTurn(turn.entry, turn.from_on, turn.to_on, turn.status)
            last = turn.to_on
        else:
            last = _years_after(at, rotation.every) - _DAY
            if waiting:
                last = min(last, waiting[0].from_on - _DAY)
            yield PlannedTurn(order.due(), at, last, "planned")
        at = last + _DAY


def _by_meeting(rotation: Rotation, order: _Order, stored: Sequence[Turn]) -> Iterator[PlannedTurn]:
    at = rotation.start_on
    for turn in stored:
        order.take(turn)
        is_open = turn.to_on == OPEN_END
        yield PlannedTurn(turn.entry, turn.from_on, None if is_open else turn.to_on, turn.status)
        at = None if is_open else turn.to_on + _DAY
    while True:
        yield PlannedTurn(order.due(), at, None, "planned")
        at = None


_DAY = timedelta(days=1)


def _years_after(day: date, years: int) -> date:
    """The same day ``years`` later; 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 2, 28)


def turn_on(rotation: Rotation, day: date) -> RotationEntry | None:
    """Whose turn it is on the day; None before the first turn, and where no entry or no first day is known."""
    for turn in turns_of(rotation):
        if turn.from_on is not None and turn.from_on > day:
            return None
        if turn.to_on is None or turn.to_on >= day:
            return turn.entry
    return None


def next_turns(rotation: Rotation, day: date, count: int = 4) -> list[PlannedTurn]:
    """The turn of the day and those after it, ``count`` in all; before the first turn those that begin it."""
    coming = (turn for turn in turns_of(rotation) if turn.to_on is None or turn.to_on >= day)
    return list(islice(coming, count))


# ---------------------------------------------------------------- of forums


def rotations_of(session: Session, forum_ids: Iterable[int], task: str | None = None) -> dict[int, list[Rotation]]:
    """Forum → its rotations (of ``task``), with entries and turns read. Three queries at most."""
    query = (
        select(Rotation)
        .where(Rotation.forum_id.in_(list(forum_ids)))
        .options(
            selectinload(Rotation.entries).options(
                joinedload(RotationEntry.organisation), joinedload(RotationEntry.person)
            ),
            selectinload(Rotation.turns).joinedload(Turn.entry),
        )
        .order_by(Rotation.id)
    )
    if task is not None:
        query = query.where(Rotation.task == task)
    found: dict[int, list[Rotation]] = {}
    for rotation in session.scalars(query):
        found.setdefault(rotation.forum_id, []).append(rotation)
    return found


def secretariat_of(session: Session, forums: Iterable[Forum], on: date) -> dict[int, int | None]:
    """Forum → the organisation that keeps its secretariat on the day, None for none.

    A rotation goes before the forum's own secretariat, which holds where nobody's turn is known; a turn of a
    person is that of the person's home organisation. Three queries at most.
    """
    forums = list(forums)
    rotations = rotations_of(session, [forum.id for forum in forums], "secretariat")
    found: dict[int, int | None] = {}
    for forum in forums:
        entry = next((turn_on(rotation, on) for rotation in rotations.get(forum.id, ())), None)
        found[forum.id] = forum.secretariat_id if entry is None else kept_by(entry)
    return found


def kept_by(entry: RotationEntry) -> int | None:
    """The organisation that keeps the secretariat in the entry's turn: itself, or the person's home; None for none."""
    if entry.organisation_id is None and entry.person is not None:
        return entry.person.organisation_id
    return entry.organisation_id


@dataclass(frozen=True, slots=True)
class Lead:
    """Who leads a forum, or takes part for its lead, on a day; the person is None where nobody is known."""

    #: leads or takes_part.
    relation: str
    by: Literal["rotation", "office", "person", "chair"]
    office_id: int | None
    #: In the language in use.
    office_name: str | None
    person_id: int | None
    #: As shown.
    person_name: str | None
    organisation_id: int | None
    organisation_name: str | None


def lead_of(session: Session, forum: Forum, on: date) -> Lead | None:
    """Who leads the forum on the day; None when nothing is known."""
    return leads_of(session, [forum], on)[forum.id]


def leads_of(session: Session, forums: Iterable[Forum], on: date) -> dict[int, Lead | None]:
    """Forum → who leads it on the day.

    A rotation of the chair goes before the forum's own lead (an office or a person); where those name no person,
    the appointed chair is it. A constant number of queries.
    """
    forums = list(forums)
    rotations = rotations_of(session, [forum.id for forum in forums], "chair")
    turns = {
        forum_id: entry
        for forum_id, (rotation, *_) in rotations.items()
        if (entry := turn_on(rotation, on)) is not None
    }
    office_ids = {forum.lead_office_id for forum in forums if forum.lead_office_id is not None}
    offices = _by_id(session, Office, office_ids)
    persons = _by_id(session, Person, {forum.lead_person_id for forum in forums if forum.lead_person_id is not None})
    holders = holders_on(session, office_ids, on)
    by_chair = [forum.id for forum in forums if _needs_chair(forum, turns.get(forum.id), holders)]
    seats = seat_holders(session, by_chair, on) if by_chair else {}
    found: dict[int, Lead | None] = {}
    for forum in forums:
        chairs = [seat for seat in seats.get(forum.id, ()) if seat.function == "chair"]
        lead: Lead | None
        if forum.id in turns:
            lead = _by_turn(forum, turns[forum.id], chairs)
        elif forum.lead_person_id is not None:
            lead = _by_person(forum, persons[forum.lead_person_id])
        elif forum.lead_office_id is not None:
            lead = _by_office(forum, offices[forum.lead_office_id], holders.get(forum.lead_office_id, ()), chairs)
        else:
            lead = _by_chair(forum, chairs)
        found[forum.id] = lead
    return found


def _by_id(session: Session, table: type[_Row], ids: Collection[int]) -> dict[int, _Row]:
    """The rows of ``ids``; one query, none without ids."""
    return {row.id: row for row in session.scalars(select(table).where(table.id.in_(ids)))} if ids else {}


def _needs_chair(forum: Forum, entry: RotationEntry | None, holders: Mapping[int, Sequence[Holder]]) -> bool:
    """Whether the appointed chair decides which person leads: then the seats must be read."""
    if entry is not None:
        return entry.person_id is None
    if forum.lead_person_id is not None:
        return False
    return forum.lead_office_id is None or forum.lead_office_id not in holders


def _by_turn(forum: Forum, entry: RotationEntry, chairs: Sequence[SeatHolder]) -> Lead:
    """The entry; where that is an organisation, with the chair it has appointed."""
    if entry.person is not None:
        return _lead(forum, "rotation", person=entry.person, organisation=entry.organisation)
    chair = next((seat for seat in chairs if seat.organisation_id == entry.organisation_id), None)
    return _lead(forum, "rotation", organisation=entry.organisation, who=chair)


def _by_person(forum: Forum, person: Person) -> Lead:
    return _lead(forum, "person", person=person)


def _by_office(forum: Forum, office: Office, holders: Sequence[Holder], chairs: Sequence[SeatHolder]) -> Lead:
    """The office's only holder; an office of a group names nobody, nor does a vacant one."""
    who: Holder | SeatHolder | None = None
    if len(holders) == 1:
        who = holders[0]
    elif not holders and len(chairs) == 1:
        who = chairs[0]
    return _lead(forum, "office", office=office, who=who)


def _by_chair(forum: Forum, chairs: Sequence[SeatHolder]) -> Lead | None:
    return _lead(forum, "chair", who=chairs[0]) if len(chairs) == 1 else None


def _lead(
    forum: Forum,
    by: Literal["rotation", "office", "person", "chair"],
    *,
    office: Office | None = None,
    person: Person | None = None,
    organisation: Organisation | None = None,
    who: Holder | SeatHolder | None = None,
) -> Lead:
    office_name = None
    if office is not None:
        office_name = office.en if i18n.language() == "en" and office.en else office.sv
    person_id, person_name = (None, None) if who is None else (who.person_id, who.person_name)
    if person is not None:
        person_id, person_name = person.id, shown_name(person)
    organisation_id, organisation_name = (None, None) if who is None else (who.organisation_id, who.organisation_name)
    if organisation is not None:
        organisation_id, organisation_name = organisation.id, organisation.name
    return Lead(
        relation=forum.lead_relation,
        by=by,
        office_id=None if office is None else office.id,
        office_name=office_name,
        person_id=person_id,
        person_name=person_name,
        organisation_id=organisation_id,
        organisation_name=organisation_name,
    )
