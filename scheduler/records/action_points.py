"""Action points: what a person does with them, and those that are open, of forums, of a meeting, of an owner.

An open point stands on the next agenda because it is found, not because it was copied. Each change is kept with the
forum's history. Not here: the reminders by mail (``mail.action_mails``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload

from scheduler.errors import NotFound, Problem
from scheduler.forums.models import Forum
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.meetings.models import Meeting
from scheduler.meetings.saving import all_or_nothing, refuse
from scheduler.organisations import fields, rows
from scheduler.organisations.fields import Day, Field, Reference, Text
from scheduler.organisations.models import Organisation, Person
from scheduler.records import action_rules as rules
from scheduler.records.models import ActionPoint, AgendaItem


class ActionFields(TypedDict, total=False):
    """What of an action point a person writes."""

    text: str | None
    owner_person_id: int | None
    owner_organisation_id: int | None
    #: The last local day; None: none set.
    due_on: date | None
    #: Not on an agenda before it; None: from the next meeting on.
    show_from_on: date | None


FIELDS: Mapping[str, Field] = {
    "text": Text(20_000, missing=mark("Skriv vad som ska göras"), lines=True),
    "owner_person_id": Reference(),
    "owner_organisation_id": Reference(),
    "due_on": Day(),
    "show_from_on": Day(),
}
REFERENCES: rows.References = {
    "owner_person_id": ("owner_person", Person),
    "owner_organisation_id": ("owner_organisation", Organisation),
}
_FACTS = ("text", "owner_person", "owner_organisation", "due_on", "show_from_on", "state", "outcome")
_OUTCOME: Mapping[str, Field] = {"outcome": Text(20_000, lines=True)}


# ---------------------------------------------------------------- what is open


def open_points(session: Session, forum_ids: Collection[int]) -> list[ActionPoint]:
    """The open points of these forums with their owners, the earliest last day first. One query."""
    return list(session.scalars(_ordered().where(ActionPoint.forum_id.in_(forum_ids), ActionPoint.state == "open")))


def closed_points(session: Session, forum_id: int, limit: int = 50) -> Sequence[ActionPoint]:
    """The points of a forum that are done or dropped, the latest first."""
    query = (
        _with_owners()
        .where(ActionPoint.forum_id == forum_id, ActionPoint.state != "open")
        .order_by(ActionPoint.closed_at.desc(), ActionPoint.id.desc())
        .limit(limit)
    )
    return session.scalars(query).all()


def points_for(session: Session, meeting: Meeting) -> list[ActionPoint]:
    """The open points that stand on a meeting's agenda: those of its leading forum from earlier on. One query."""
    query = (
        _ordered()
        .outerjoin(Meeting, Meeting.id == ActionPoint.meeting_id)
        .where(
            ActionPoint.forum_id == meeting.forum.id, ActionPoint.state == "open",
            or_(ActionPoint.show_from_on.is_(None), ActionPoint.show_from_on <= meeting.local_on),
            or_(
                ActionPoint.meeting_id.is_(None),
                and_(Meeting.id != meeting.id, Meeting.start_at < meeting.start_at),
            ),
        )
    )  # fmt: skip
    return list(session.scalars(query))


def points_from(session: Session, meeting_id: int) -> list[ActionPoint]:
    """What was agreed at a meeting, open or not, in the order it was written. One query."""
    query = _with_owners().where(ActionPoint.meeting_id == meeting_id).order_by(ActionPoint.id)
    return list(session.scalars(query))


def points_of_person(session: Session, person_id: int) -> list[ActionPoint]:
    """The open points of one person, the earliest last day first. One query."""
    query = _ordered().where(ActionPoint.owner_person_id == person_id, ActionPoint.state == "open")
    return list(session.scalars(query))


def point_of(session: Session, forum_id: int, action_id: int) -> ActionPoint:
    """A point of a forum; raises NotFound for another's."""
    found = session.get(ActionPoint, action_id)
    if found is None or found.forum_id != forum_id:
        raise NotFound
    return found


def _with_owners() -> Any:
    return select(ActionPoint).options(
        joinedload(ActionPoint.owner_person), joinedload(ActionPoint.owner_organisation), joinedload(ActionPoint.forum)
    )


def _ordered() -> Any:
    return _with_owners().order_by(ActionPoint.due_on.nulls_last(), ActionPoint.id)


# ---------------------------------------------------------------- what is done


@all_or_nothing
def add_point(
    session: Session,
    actor: Actor,
    now: datetime,
    forum: Forum,
    *,
    meeting: Meeting | None = None,
    item: AgendaItem | None = None,
    **given: Unpack[ActionFields],
) -> ActionPoint:
    """Something to be done, from a meeting (and one of its items) or from the forum's page.

    Raises Refused with problems at the fields; the owner is one person or one organisation, or nobody yet.
    """
    values = _read(session, {"text": None, **given})
    point = ActionPoint(
        forum_id=forum.id, meeting_id=meeting.id if meeting else None, item_id=item.id if item else None,
        created_at=now, state="open", **values,
    )  # fmt: skip
    session.add(point)
    session.flush()
    _record(session, actor, now, point, "action.add", after=rows.facts(point, _FACTS))
    return point


@all_or_nothing
def edit_point(
    session: Session, actor: Actor, now: datetime, point: ActionPoint, **given: Unpack[ActionFields]
) -> ActionPoint:
    """Changes what is given. Raises Refused with problems at the fields."""
    rows.claim(session, point)
    before = rows.facts(point, _FACTS)
    rows.assign(point, _read(session, given))
    _saved(session, actor, now, point, "action.edit", before)
    return point


@all_or_nothing
def close_point(
    session: Session, actor: Actor, now: datetime, point: ActionPoint, *, state: str, outcome: str | None = None
) -> None:
    """Marks a point as done, or drops it with a reason. Raises Refused at ``state`` or ``outcome``."""
    rows.claim(session, point)
    values, problems = fields.read(_OUTCOME, {"outcome": outcome})
    fields.refuse(problems)
    refuse(rules.may_close(point.state, state, values["outcome"]))
    before = rows.facts(point, _FACTS)
    point.state, point.outcome, point.closed_at = state, values["outcome"], now
    _saved(session, actor, now, point, "action.close", before)


@all_or_nothing
def reopen_point(session: Session, actor: Actor, now: datetime, point: ActionPoint) -> None:
    """Opens a point that was closed by mistake; what was written of its end goes, and stays in the history."""
    rows.claim(session, point)
    if point.state == "open":
        return
    before = rows.facts(point, _FACTS)
    point.state, point.outcome, point.closed_at = "open", None, None
    _saved(session, actor, now, point, "action.reopen", before)


def _read(session: Session, given: Mapping[str, Any]) -> dict[str, Any]:
    values, problems = fields.read(FIELDS, given)
    values, more = rows.resolve(session, values, REFERENCES)
    if values.get("owner_person") is not None and values.get("owner_organisation") is not None:
        more.append(Problem("owner_organisation_id", mark("Välj en person eller en organisation, inte båda")))
    fields.refuse(problems + more)
    return values


def _saved(
    session: Session, actor: Actor, now: datetime, point: ActionPoint, action: str, before: Mapping[str, Any]
) -> None:
    session.flush()
    after = rows.facts(point, _FACTS)
    if after != before:
        point.version += 1
        session.flush()
        _record(session, actor, now, point, action, before=before, after=after)


def _record(
    session: Session,
    actor: Actor,
    now: datetime,
    point: ActionPoint,
    action: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any],
) -> None:
    """Keeps a change with the forum; a change also says which point it was about."""
    if before is not None and before.get("text") == after.get("text"):
        after = {**after, "action_point": point.text[:200]}
    record(
        session, actor, now, action=action, kind="forum", subject_id=point.forum_id, label=point.forum.name,
        before=before, after=after,
    )  # fmt: skip
