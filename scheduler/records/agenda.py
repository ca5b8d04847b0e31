"""What a person does with a meeting's agenda: writing it, its items, their order, what goes on at the next meeting.

Every change takes the meeting first, so that two who move items at once come one after the other and the order stays
1..n. Each is kept with the meeting's history. Not here: what is shown to whom (``agenda_queries``), the forum's
standing items (``forums.standing``), what was said on an item (``minutes``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import i18n
from scheduler.errors import Problem
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.meetings.models import Meeting
from scheduler.meetings.publishing import label_of
from scheduler.meetings.saving import all_or_nothing, refuse
from scheduler.organisations import fields, rows
from scheduler.organisations.fields import Choice, Field, Flag, Number, Text
from scheduler.records import agenda_rules as rules
from scheduler.records.agenda_queries import (
    Point,
    added_at,
    derived,
    is_locked,
    is_written,
    items_of,
    next_meeting,
)
from scheduler.records.models import Agenda, AgendaItem


class ItemFields(TypedDict, total=False):
    """What of an item a person writes."""

    title: str | None
    text: str | None
    kind: str
    presenter: str | None
    #: Planned length; None: not said.
    minutes: int | None
    public: bool
    #: "21:1"; None: not secret.
    secrecy_ground: str | None
    registry_number: str | None


FIELDS: Mapping[str, Field] = {
    "title": Text(400, missing=mark("Ange punktens rubrik")),
    "text": Text(20_000, lines=True),
    "kind": Choice([kind.value for kind in rules.ItemKind]),
    "presenter": Text(200),
    "minutes": Number(1, 24 * 60, optional=True),
    "public": Flag(),
    "secrecy_ground": rules.Ground(),
    "registry_number": Text(200),
}
_REASON = {"reason": Text(200)}
#: So many items an agenda has at most: more are no agenda.
MOST_ITEMS = 200


# ---------------------------------------------------------------- writing it at all


@all_or_nothing
def open_agenda(session: Session, actor: Actor, now: datetime, meeting: Meeting) -> list[AgendaItem]:
    """The items of a meeting's agenda to be written: what was derived so far is copied, once; later ones as they are.

    Raises Refused for a meeting whose agenda stands.
    """
    _claim(session, meeting)
    return _opened(session, actor, now, meeting)


def _claim(session: Session, meeting: Meeting) -> None:
    rows.claim(session, meeting)
    refuse(rules.may_write(meeting.state, locked=is_locked(session, meeting.id)))


def _opened(session: Session, actor: Actor, now: datetime, meeting: Meeting) -> list[AgendaItem]:
    """The items of a claimed meeting."""
    if not is_written(session, meeting.id):
        found = derived(session, meeting)
        session.add(Agenda(meeting_id=meeting.id, opened_at=now))
        at = added_at(meeting, now)
        session.add_all(_copy(meeting, point, n, at) for n, point in enumerate(found, 1))
        session.flush()
        # Nobody waits for it: what stands there is what was shown before.
        _record(session, actor, now, meeting, "agenda.open", after={"items": [point.title for point in found]})
    return list(items_of(session, meeting.id))


def _copy(meeting: Meeting, point: Point, position: int, at: datetime) -> AgendaItem:
    return AgendaItem(
        meeting_id=meeting.id, position=position, title=point.title, text=point.text, kind=point.kind,
        presenter=point.presenter, minutes=point.minutes, standing_item_id=point.standing_item_id,
        carried_from_id=point.carried_from_id, public=point.public, secrecy_ground=point.secrecy_ground,
        registry_number=point.registry_number, added_at=at,
    )  # fmt: skip


# ---------------------------------------------------------------- items


@all_or_nothing
def add_item(
    session: Session, actor: Actor, now: datetime, meeting: Meeting, **given: Unpack[ItemFields]
) -> AgendaItem:
    """A new item, before what the meeting ends with. Raises Refused with problems at the fields."""
    _claim(session, meeting)
    items = _opened(session, actor, now, meeting)
    values = _read({"title": None, **given})
    if len(items) >= MOST_ITEMS:
        refuse(Problem(None, mark("En dagordning har högst %(n)s punkter"), {"n": MOST_ITEMS}))
    item = AgendaItem(meeting_id=meeting.id, position=len(items) + 1, added_at=now, **values)
    session.add(item)
    items.insert(rules.place_of_new([one.title for one in items]), item)
    _number(items)
    session.flush()
    _record(session, actor, now, meeting, "agenda.add", after=rows.facts(item, FIELDS))
    return item


@all_or_nothing
def edit_item(
    session: Session, actor: Actor, now: datetime, item: AgendaItem, **given: Unpack[ItemFields]
) -> AgendaItem:
    """Changes what is given. Raises Refused with problems at the fields."""
    meeting = _claim_item(session, item)
    before = rows.facts(item, FIELDS)
    rows.assign(item, _read(given, item))
    after = rows.facts(item, FIELDS)
    if after != before:
        item.version += 1
    session.flush()
    _record(session, actor, now, meeting, "agenda.edit", before=before, after=after, about=item)
    return item


@all_or_nothing
def remove_item(session: Session, actor: Actor, now: datetime, item: AgendaItem) -> None:
    """Takes an item off the agenda, as if it had never stood there; one that came from another meeting waits again.

    Raises Refused for one of which something is recorded: that is dropped, not removed.
    """
    meeting = _claim_item(session, item)
    if item.record is not None or item.decision is not None or item.state not in {"planned", "dropped"}:
        refuse(Problem(None, mark("Det finns anteckningar om punkten. Stryk den i stället.")))
    before = rows.facts(item, FIELDS)
    items = [one for one in items_of(session, meeting.id) if one is not item]
    session.delete(item)
    session.flush()
    _number(items)
    session.flush()
    _record(session, actor, now, meeting, "agenda.remove", before=before)


@all_or_nothing
def move_item(session: Session, actor: Actor, now: datetime, item: AgendaItem, *, step: int) -> None:
    """Puts an item past so many neighbours, up (-1) or down (1); at an end it stays."""
    meeting = _claim_item(session, item)
    items = list(items_of(session, meeting.id))
    hidden = [one for one in items if one.state in rules.OFF]
    before = {"position": item.position}
    _number(rules.moved(items, item, step, hidden))
    session.flush()
    _record(session, actor, now, meeting, "agenda.move", before=before, after={"position": item.position}, about=item)


# ---------------------------------------------------------------- going on


@all_or_nothing
def hand_on(
    session: Session, actor: Actor, now: datetime, item: AgendaItem, *, to: str, reason: str | None = None
) -> AgendaItem | None:
    """Moves an item on to the next meeting, tables it, refers it back or drops it; gives the item of the next meeting.

    None: dropped, or waiting until the next meeting's agenda is written. Raises Refused at ``to`` or ``reason``.
    """
    meeting = _claim_item(session, item)
    values, problems = fields.read(_REASON, {"reason": reason})
    fields.refuse(problems)
    refuse(rules.may_hand_on(item.state, to, values["reason"]))
    before = {"state": item.state, "reason": item.state_reason}
    item.state, item.state_reason = to, values["reason"]
    item.version += 1
    session.flush()
    after = {"state": item.state, "reason": item.state_reason}
    _record(session, actor, now, meeting, "agenda.hand_on", before=before, after=after, about=item)
    return _carried(session, actor, now, meeting, item) if to in rules.GOES_ON else None


def _carried(session: Session, actor: Actor, now: datetime, meeting: Meeting, item: AgendaItem) -> AgendaItem | None:
    """The item on the next meeting's agenda, if that is written; an unwritten one has it by itself."""
    later = next_meeting(session, meeting)
    if later is None or not is_written(session, later.id):
        return None
    rows.claim(session, later)
    if rules.may_write(later.state, locked=is_locked(session, later.id)) is not None:
        return None
    items = list(items_of(session, later.id))
    new = AgendaItem(
        meeting_id=later.id, position=len(items) + 1, title=item.title, text=item.text, kind=item.kind,
        presenter=item.presenter, minutes=item.minutes, public=item.public, secrecy_ground=item.secrecy_ground,
        registry_number=item.registry_number, carried_from_id=item.id, added_at=now,
    )  # fmt: skip
    session.add(new)
    items.insert(rules.place_of_carried([one.title for one in items]), new)
    _number(items)
    session.flush()
    _record(session, actor, now, later, "agenda.carry", after=rows.facts(new, FIELDS))
    return new


@all_or_nothing
def take_back(session: Session, actor: Actor, now: datetime, item: AgendaItem) -> None:
    """Puts an item that was moved on, tabled, referred back or dropped back on its agenda.

    The item of the next meeting goes, unless something is recorded of it: then it is refused.
    """
    meeting = _claim_item(session, item)
    if item.state not in rules.NEEDS_REASON:
        refuse(Problem(None, mark("Punkten står redan på dagordningen.")))
    for later in session.scalars(select(AgendaItem).where(AgendaItem.carried_from_id == item.id)).all():
        if later.record is not None or later.decision is not None or later.state != "planned":
            refuse(Problem(None, mark("Punkten är redan behandlad på ett senare möte.")))
        remove_item(session, actor, now, later)
    before = {"state": item.state, "reason": item.state_reason}
    item.state, item.state_reason = "planned", None
    item.version += 1
    session.flush()
    after = {"state": item.state, "reason": None}
    _record(session, actor, now, meeting, "agenda.take_back", before=before, after=after, about=item)


# ---------------------------------------------------------------- the parts


def _claim_item(session: Session, item: AgendaItem) -> Meeting:
    """Takes the item's meeting and reads the item anew; raises Refused when the agenda stands."""
    meeting = item.meeting
    _claim(session, meeting)
    session.refresh(item)
    return meeting


def _number(items: list[AgendaItem]) -> None:
    for position, item in enumerate(items, 1):
        item.position = position


def _read(given: Mapping[str, Any], item: AgendaItem | None = None) -> dict[str, Any]:
    values, problems = fields.read(FIELDS, given)
    fields.refuse(problems)
    ground = values.get("secrecy_ground", item.secrecy_ground if item else None)
    if ground:
        values["public"] = False  # a secret item is never public
    return values


def _record(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    action: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    about: AgendaItem | None = None,
) -> None:
    """Keeps a change with the meeting, and which item it was about; nothing when nothing differs."""
    if before is not None and before == after:
        return
    if about is not None and after is not None and (before or {}).get("title") == after.get("title"):
        after = {**after, "item": about.title}
    with i18n.use_language("sv"):
        label = label_of(meeting)
    record(
        session, actor, now, action=action, kind="meeting", subject_id=meeting.id, label=label, before=before,
        after=after,
    )  # fmt: skip
