"""What a person does with a forum's standing items: the points every new agenda begins with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy.orm import Session

from scheduler.errors import Problem
from scheduler.forums.models import Forum, StandingItem
from scheduler.forums.trace import record_change
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.organisations import fields, rows
from scheduler.organisations.fields import Field, Number, Reference, Text, Unfit
from scheduler.register.models import Strategy


class _Months:
    """Months as numbers with commas, each once and in order; nothing means all."""

    def read(self, value: Any) -> str | None:
        """ "3,9" from "9, 3"; None from nothing."""
        words = [word.strip() for word in str(value or "").split(",") if word.strip()]
        if not all(word.isascii() and word.isdigit() and 1 <= int(word) <= 12 for word in words):  # noqa: PLR2004 - months
            raise Unfit(mark("Ange månader som tal från 1 till 12"))
        return ",".join(str(month) for month in sorted({int(word) for word in words})) or None


class StandingFields(TypedDict, total=False):
    """What of a standing item a person writes."""

    title: str | None
    text: str | None
    minutes: int | None
    presenter_role: str | None
    #: On every nth meeting.
    every_n: int
    #: Months by comma ("3,9"); None: all.
    months: str | None
    strategy_id: int | None


FIELDS: Mapping[str, Field] = {
    "title": Text(400, missing=mark("Ange punktens rubrik")),
    "text": Text(20_000, lines=True),
    "minutes": Number(1, 24 * 60, optional=True),
    "presenter_role": Text(40),
    "every_n": Number(1, 100),
    "months": _Months(),
    "strategy_id": Reference(),
}
REFERENCES: rows.References = {"strategy_id": ("strategy", Strategy)}
_FACTS = (*(name for name in FIELDS if name not in REFERENCES), "strategy", "position")


def add_standing_item(
    session: Session, actor: Actor, now: datetime, forum: Forum, **given: Unpack[StandingFields]
) -> StandingItem:
    """A new item, last in the order. Raises Refused with problems at the fields."""
    values = _read(session, {"title": None, **given})
    item = StandingItem(position=len(forum.standing_items), **values)
    forum.standing_items.append(item)
    session.flush()
    record_change(session, actor, now, forum, "standing.add", after=rows.facts(item, _FACTS))
    return item


def edit_standing_item(
    session: Session, actor: Actor, now: datetime, forum: Forum, item: StandingItem, **given: Unpack[StandingFields]
) -> StandingItem:
    """Changes what is given. Raises Refused with problems at the fields."""
    before = rows.facts(item, _FACTS)
    rows.assign(item, _read(session, given))
    session.flush()
    after = rows.facts(item, _FACTS)
    record_change(session, actor, now, forum, "standing.edit", before=before, after=after, about={"item": item.title})
    return item


def remove_standing_item(session: Session, actor: Actor, now: datetime, forum: Forum, item: StandingItem) -> None:
    """Takes the item off coming agendas; agendas that have it keep it."""
    record_change(session, actor, now, forum, "standing.remove", before=rows.facts(item, _FACTS))
    forum.standing_items.remove(item)
    _number(forum)
    session.flush()


def move_standing_item(
    session: Session, actor: Actor, now: datetime, forum: Forum, item: StandingItem, *, position: int
) -> None:
    """Puts the item at ``position`` (0 is first); a place beyond the ends is the end."""
    if item not in forum.standing_items:
        fields.refuse([Problem(None, fields.CHOOSE)])
    before = {"position": item.position}
    forum.standing_items.remove(item)
    forum.standing_items.insert(max(0, position), item)
    _number(forum)
    session.flush()
    after = {"position": item.position}
    record_change(session, actor, now, forum, "standing.move", before=before, after=after, about={"item": item.title})


def _number(forum: Forum) -> None:
    for position, item in enumerate(forum.standing_items):
        item.position = position


def _read(session: Session, given: Mapping[str, Any]) -> dict[str, Any]:
    values, problems = fields.read(FIELDS, given)
    values, more = rows.resolve(session, values, REFERENCES)
    fields.refuse(problems + more)
    return values
