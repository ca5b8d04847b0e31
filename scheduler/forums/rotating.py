"""What a person does with a rotation: set its order, skip a turn, swap two, hand over, take it away.

Turns that have begun are written down first, so that no change of the order alters whose they were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from scheduler.clock import civil_date
from scheduler.errors import Problem
from scheduler.forums.models import Forum, Rotation, RotationEntry, Turn
from scheduler.forums.rotation import OPEN_END, PlannedTurn, next_turns, turns_of
from scheduler.forums.trace import record_change
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.organisations import fields, rows
from scheduler.organisations.fields import Choice, Day, Field, Number, Text
from scheduler.organisations.models import Organisation, Person
from scheduler.organisations.rules import ShownDay, day_before

TASKS = ("chair", "secretariat")
UNITS = ("year", "meeting")
#: Positions from here on are those of entries no longer in the order.
_RETIRED_FROM = 10_000

_FIELDS: Mapping[str, Field] = {
    "task": Choice(TASKS),
    "unit": Choice(UNITS),
    "every": Number(1, 20),
    "start_on": Day(missing=mark("Ange från vilken dag ordningen gäller")),
    "phrase": Text(20_000, lines=True),
}

#: An entry of the order as it is given: an organisation or a person, by id.
Entry = tuple[Literal["organisation", "person"], int]


def set_rotation(
    session: Session,
    actor: Actor,
    now: datetime,
    forum: Forum,
    *,
    task: str,
    entries: Sequence[Entry],
    start_on: date | None,
    unit: str = "year",
    every: int = 1,
    phrase: str | None = None,
) -> Rotation:
    """The task moves between ``entries`` in this order, each for ``every`` years, or for a meeting.

    The first turn of the first entry begins on ``start_on``; once it has, that day stays, the turns that have
    begun stay, and the order goes on from whose turn it is. Planned skips and swaps fall away. Raises Refused
    with problems at the fields.
    """
    given = {"task": task, "unit": unit, "every": every, "start_on": start_on, "phrase": phrase}
    values, problems = fields.read(_FIELDS, given)
    wanted, more = _read_entries(session, entries)
    problems += more
    if unit == "meeting" and every != 1:
        problems.append(Problem("every", mark("En tur som följer mötena gäller ett möte")))
    today = civil_date(now, forum.time_zone)
    rotation = session.scalars(
        select(Rotation).where(Rotation.forum_id == forum.id, Rotation.task == task)
    ).one_or_none()
    began_on = None if rotation is None else rotation.start_on
    if rotation is not None and began_on is not None and began_on <= today:
        if start_on != began_on:
            text = mark("Ordningen gäller redan från och med %(start_on)s")
            problems.append(Problem("start_on", text, {"start_on": ShownDay(began_on)}))
        if unit != rotation.unit:
            problems.append(Problem("unit", mark("Ordningen har börjat. Ta bort den och lägg in en ny")))
    fields.refuse(problems)
    before = None if rotation is None else _facts(rotation)
    if rotation is None:
        rotation = Rotation(forum_id=forum.id, task=task)
        session.add(rotation)
    else:
        _write_begun(rotation, today)
        for turn in [turn for turn in rotation.turns if turn.from_on > today]:
            rotation.turns.remove(turn)
    rows.assign(rotation, values)
    session.flush()
    _set_entries(session, rotation, wanted)
    after = _facts(rotation)
    record_change(session, actor, now, forum, "rotation.set", before=before, after=after, about={"task": task})
    return rotation


def remove_rotation(session: Session, actor: Actor, now: datetime, forum: Forum, rotation: Rotation) -> None:
    """Takes the rotation away with its turns; the forum's own lead or secretariat holds again."""
    record_change(session, actor, now, forum, "rotation.remove", before=_facts(rotation))
    rotation.turns.clear()
    session.flush()  # turns go before the entries they name
    session.delete(rotation)
    session.flush()


def skip_turn(
    session: Session, actor: Actor, now: datetime, forum: Forum, rotation: Rotation, *, on: date
) -> list[PlannedTurn]:
    """Whose turn it is on ``on`` passes; the next in the order takes the turn, and the order goes on from there.

    A turn that is being served is passed from today on. Gives the four turns from ``on``. Raises Refused at
    ``on`` when the turn is over, or nobody has one.
    """
    turn = _coming(rotation, on, civil_date(now, forum.time_zone))
    order = _order(rotation)
    if len(order) < 2:  # noqa: PLR2004 - nobody is next in an order of one
        fields.refuse([Problem("on", mark("Det finns ingen annan i ordningen"))])
    taker = order[(order.index(turn.entry) + 1) % len(order)] if turn.entry in order else order[0]
    return _depart(session, actor, now, forum, rotation, turn, taker, "skipped")


def swap_turns(
    session: Session, actor: Actor, now: datetime, forum: Forum, rotation: Rotation, *, on: date, entry_id: int
) -> list[PlannedTurn]:
    """Whose turn it is on ``on`` changes places with the entry's next turn; those between keep theirs.

    Gives the four turns from ``on``. Raises Refused at ``on`` as ``skip_turn`` and when a turn by the year has
    begun, at ``entry_id`` when that is no other entry of the order.
    """
    today = civil_date(now, forum.time_zone)
    turn = _coming(rotation, on, today)
    if rotation.unit == "year" and turn.from_on is not None and turn.from_on < today:
        fields.refuse([Problem("on", mark("Turen har börjat och kan inte bytas, bara gå vidare"))])
    taker = next((entry for entry in _order(rotation) if entry.id == entry_id), None)
    if taker is None or taker is turn.entry:
        fields.refuse([Problem("entry_id", mark("Välj någon annan i ordningen"))])
    assert taker is not None  # noqa: S101 - refused above
    return _depart(session, actor, now, forum, rotation, turn, taker, "swapped")


def hand_over(session: Session, actor: Actor, now: datetime, forum: Forum, rotation: Rotation, *, on: date) -> bool:
    """The turn by the meeting ends with the meeting of ``on``; the next one begins the day after. Whether it did.

    Does nothing for a rotation by the year, nor for a day in a turn that has ended already.
    """
    if rotation.unit != "meeting":
        return False
    turn = next((turn for turn in turns_of(rotation) if turn.to_on is None), None)
    if turn is None or any(row.to_on != OPEN_END and row.to_on >= on for row in rotation.turns):
        return False
    open_row = next((row for row in rotation.turns if row.to_on == OPEN_END), None)
    from_on = min(turn.from_on or on, on)
    if open_row is None:
        rotation.turns.append(Turn(entry=turn.entry, from_on=from_on, to_on=on, status="planned"))
    else:
        open_row.from_on, open_row.to_on = from_on, on
    session.flush()
    after = {"task": rotation.task, "entry": _name(turn.entry), "from_on": from_on, "to_on": on}
    record_change(session, actor, now, forum, "rotation.hand_over", after=after)
    return True


def take_back(session: Session, actor: Actor, now: datetime, forum: Forum, rotation: Rotation, *, on: date) -> bool:
    """The turn by the meeting that ended with that of ``on`` goes on, unless a later one has ended. Whether so."""
    last = max(rotation.turns, key=lambda turn: turn.from_on, default=None)
    if rotation.unit != "meeting" or last is None or last.to_on != on:
        return False
    last.to_on = OPEN_END
    session.flush()
    after = {"task": rotation.task, "entry": _name(last.entry), "from_on": last.from_on, "to_on": None}
    record_change(session, actor, now, forum, "rotation.take_back", before={"to_on": on}, after=after)
    return True


def open_turn_since(rotation: Rotation) -> date:
    """The first day of the turn by the meeting that no meeting has ended: a meeting from then on may end it."""
    turn = next((turn for turn in turns_of(rotation) if turn.to_on is None), None)
    return date.min if turn is None or turn.from_on is None else turn.from_on


def claim_rotation(session: Session, forum: Forum, task: str) -> Rotation | None:
    """Takes the forum for writing and reads its rotation of the task again; None where it has none.

    Two writers of one order then come one after the other.
    """
    rows.claim(session, forum)
    return session.scalars(
        select(Rotation)
        .where(Rotation.forum_id == forum.id, Rotation.task == task)
        .options(selectinload(Rotation.entries), selectinload(Rotation.turns))
        .execution_options(populate_existing=True)
    ).one_or_none()


# ---------------------------------------------------------------- what they share


def _read_entries(session: Session, entries: Sequence[Entry]) -> tuple[list[Organisation | Person], list[Problem]]:
    found: list[Organisation | Person] = []
    for kind, row_id in entries:
        row = session.get(Organisation, row_id) if kind == "organisation" else session.get(Person, row_id)
        if row is not None and row.merged_into_id is None:
            found.append(row)
    if not entries or len(found) != len(entries) or len(set(entries)) != len(entries):
        return [], [Problem("entries", mark("Välj vilka som turas om, var och en en gång"))]
    return found, []


def _set_entries(session: Session, rotation: Rotation, wanted: Sequence[Organisation | Person]) -> None:
    """Puts the entries in order; those left out are kept for their turns.

    In two flushes, since at no moment two may have the same position.
    """
    there: dict[Any, RotationEntry] = {entry.organisation or entry.person: entry for entry in rotation.entries}
    for entry in rotation.entries:
        entry.position = _RETIRED_FROM + entry.id
        entry.retired = True
    session.flush()
    for position, row in enumerate(wanted):
        entry = there.get(row) or RotationEntry(
            organisation=row if isinstance(row, Organisation) else None,
            person=row if isinstance(row, Person) else None,
        )
        if row not in there:
            rotation.entries.append(entry)
        entry.position = position
        entry.retired = False
    rotation.entries.sort(key=lambda entry: entry.position)
    session.flush()


def _write_begun(rotation: Rotation, today: date) -> None:
    """Writes down the turns that have begun by ``today``."""
    stored = {turn.from_on for turn in rotation.turns}
    for turn in turns_of(rotation):
        if turn.from_on is None or turn.to_on is None or turn.from_on > today:
            return
        if turn.from_on not in stored:
            rotation.turns.append(Turn(entry=turn.entry, from_on=turn.from_on, to_on=turn.to_on, status=turn.status))


def _coming(rotation: Rotation, on: date, today: date) -> PlannedTurn:
    """The turn of the day; raises Refused at ``on`` when it is over, or there is none."""
    turn = next(iter(next_turns(rotation, on, 1)), None)
    if turn is None or (turn.from_on is not None and turn.from_on > on):
        fields.refuse([Problem("on", mark("Ingen har turen den dagen"))])
    assert turn is not None  # noqa: S101 - refused above
    if turn.to_on is not None and turn.to_on < today:
        fields.refuse([Problem("on", mark("Den turen är över"))])
    return turn


def _order(rotation: Rotation) -> list[RotationEntry]:
    return sorted((entry for entry in rotation.entries if not entry.retired), key=lambda entry: entry.position)


def _depart(
    session: Session,
    actor: Actor,
    now: datetime,
    forum: Forum,
    rotation: Rotation,
    turn: PlannedTurn,
    taker: RotationEntry,
    status: str,
) -> list[PlannedTurn]:
    """Writes down that ``taker`` has the turn, from today where it has begun."""
    today = civil_date(now, forum.time_zone)
    from_on = turn.from_on or rotation.start_on or today
    to_on = turn.to_on or OPEN_END
    row = next((row for row in rotation.turns if row.from_on == turn.from_on), None)
    if from_on < today and rotation.unit == "year":
        if row is None:
            row = Turn(entry=turn.entry, from_on=from_on, to_on=day_before(today), status=turn.status)
            rotation.turns.append(row)
        row.to_on = day_before(today)
        from_on, row = today, None
    if row is None:
        row = Turn(from_on=from_on)
        rotation.turns.append(row)
    row.entry, row.to_on, row.status = taker, to_on, status
    session.flush()
    rotation.turns.sort(key=lambda stored: stored.from_on)
    about = {"task": rotation.task, "from_on": from_on, "to_on": None if to_on == OPEN_END else to_on}
    before = {"entry": _name(turn.entry)}
    after = {"entry": _name(taker)}
    record_change(session, actor, now, forum, f"rotation.{status}", before=before, after=after, about=about)
    return next_turns(rotation, from_on)


def _name(entry: RotationEntry) -> Any:
    return rows.fact(entry.organisation or entry.person)


def _facts(rotation: Rotation) -> dict[str, Any]:
    return {
        **rows.facts(rotation, ("task", "unit", "every", "start_on", "phrase")),
        "entries": [_name(entry) for entry in _order(rotation)],
    }
