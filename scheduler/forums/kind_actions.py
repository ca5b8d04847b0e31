"""What a person does with the kinds of forums, and what a list of them shows.

A kind holds what its forums start from: a change of it reaches every forum that has no value of its own, so the entry
lets calendars and reminders follow (``meetings.queries.meetings_showing(kind_ids=…)``). Not here: the kinds an
installation begins with (``kinds``), what a forum inherits (``inherited``), rules of mails (mail).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.errors import Problem
from scheduler.forums.inherited import INHERITED, effective
from scheduler.forums.models import Forum, ForumKind
from scheduler.forums.rules import FORMALITIES, NOTICE_UNITS, PUBLIC_LEVELS, QUORUM_RULES
from scheduler.history.actions import record
from scheduler.history.rules import Actor, subject_number
from scheduler.i18n import mark
from scheduler.organisations import fields, rows
from scheduler.organisations.fields import Choice, Field, Flag, Number
from scheduler.organisations.kind_actions import NAMES, free_id, put_at, taken_names

#: The table, as the history names it.
KIND = "forum_kind"


class KindFields(TypedDict, total=False):
    """What of a kind of forums a person writes."""

    sv: str | None
    en: str | None
    #: Where it stands in the list, 1 first; None: where it is, a new one last.
    place: int | None
    decides: bool
    formality: str
    quorum_rule: str
    requires_quorum: bool
    notice_n: int | None
    notice_unit: str
    reminder_n: int | None
    reminder_unit: str
    minutes_days: int | None
    public_level: str


FIELDS: Mapping[str, Field] = {
    **NAMES,
    "decides": Flag(),
    "formality": Choice(FORMALITIES),
    "quorum_rule": Choice(QUORUM_RULES),
    "requires_quorum": Flag(),
    "notice_n": Number(0, 365),
    "notice_unit": Choice(NOTICE_UNITS),
    "reminder_n": Number(0, 365),
    "reminder_unit": Choice(NOTICE_UNITS),
    "minutes_days": Number(0, 365),
    "public_level": Choice(PUBLIC_LEVELS),
}
_FACTS = (*(name for name in FIELDS if name != "place"), "position")


def create_kind(session: Session, actor: Actor, now: datetime, **given: Unpack[KindFields]) -> ForumKind:
    """A new kind; its id is made from the Swedish name and was never used before. Raises Refused at the fields."""
    values = _read(session, {"sv": None, "en": None, **given}, None)
    place = values.pop("place", None)
    kind = ForumKind(id=free_id(session, ForumKind, KIND, values["sv"]), **values)
    others = _all(session)
    session.add(kind)
    put_at(kind, others, place)
    session.flush()
    _record(session, actor, now, kind, "create", after=rows.facts(kind, _FACTS))
    return kind


def edit_kind(session: Session, actor: Actor, now: datetime, kind: ForumKind, **given: Unpack[KindFields]) -> ForumKind:
    """Changes what is given, for every forum that inherits it. Raises Refused with problems at the fields."""
    before = rows.facts(kind, _FACTS)
    values = _read(session, given, kind)
    place = values.pop("place", None)
    rows.assign(kind, values)
    if place is not None:
        put_at(kind, [other for other in _all(session) if other is not kind], place)
    session.flush()
    _record(session, actor, now, kind, "edit", before=before, after=rows.facts(kind, _FACTS))
    return kind


def remove_kind(session: Session, actor: Actor, now: datetime, kind: ForumKind) -> None:
    """Takes away a kind that no forum is of; its id is not used again. Raises Refused for one in use.

    Its own rules of mails must be gone (``mail.reminder_rules.set_rules``).
    """
    count = len(forums_of_kind(session, kind))
    if count:
        text = mark("%(count)s forum är av den här typen. Ge dem en annan först.")
        fields.refuse([Problem(None, text, {"count": count})])
    _record(session, actor, now, kind, "remove", before=rows.facts(kind, _FACTS))
    session.delete(kind)
    session.flush()


def _all(session: Session) -> Sequence[ForumKind]:
    return session.scalars(select(ForumKind).order_by(ForumKind.position, ForumKind.id)).all()


def _read(session: Session, given: Mapping[str, Any], kind: ForumKind | None) -> dict[str, Any]:
    values, problems = fields.read(FIELDS, given)
    problems += taken_names(values, [other for other in _all(session) if other is not kind])
    fields.refuse(problems)
    return values


def _record(session: Session, actor: Actor, now: datetime, kind: ForumKind, verb: str, **change: Any) -> None:
    record(
        session, actor, now, action=f"{KIND}.{verb}", kind=KIND, subject_id=subject_number(kind.id), label=kind.sv,
        **change,
    )  # fmt: skip


# ---------------------------------------------------------------- what a list shows


@dataclass(frozen=True)
class KindUse:
    """A kind, how many forums are of it, and how many of those have a value of their own for something it gives."""

    kind: ForumKind
    forums: int
    with_own: int


def kinds_in_use(session: Session) -> list[KindUse]:
    """Every kind in order. Two queries."""
    counts: dict[str, tuple[int, int]] = {}
    columns = [getattr(Forum, name) for name in INHERITED]
    for kind_id, *own in session.execute(select(Forum.kind_id, *columns)):
        count, with_own = counts.get(kind_id, (0, 0))
        counts[kind_id] = count + 1, with_own + any(value is not None for value in own)
    return [KindUse(kind, *counts.get(kind.id, (0, 0))) for kind in _all(session)]


def forums_of_kind(session: Session, kind: ForumKind) -> list[tuple[Forum, frozenset[str]]]:
    """The forums of a kind in order, each with the names of the values it has of its own. One query."""
    query = select(Forum).where(Forum.kind_id == kind.id).order_by(Forum.sort_key, Forum.id)
    return [(forum, effective(forum).own) for forum in session.scalars(query)]
