"""The history of a forum: every change of it, its seats, appointments, rotations and nesting is kept with it.

A change of seats is also kept with each forum that has those seats through nesting (spec product M3).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from scheduler.clock import civil_date
from scheduler.forums.models import Forum, ForumInclusion
from scheduler.forums.rules import Inclusion, above
from scheduler.forums.seat_models import Seat
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.organisations import rows
from scheduler.organisations.rules import Span

Facts = Mapping[str, Any]


def record_change(
    session: Session,
    actor: Actor,
    now: datetime,
    forum: Forum,
    action: str,
    *,
    before: Facts | None = None,
    after: Facts | None = None,
    about: Facts | None = None,
    reason: str | None = None,
) -> None:
    """Keeps a change with the forum; nothing when nothing differs.

    ``about`` says what of the forum it concerns (a seat, a person), and is kept beside what differs.
    """
    if before is not None and before == after and reason is None:
        return
    about = about or {}
    if after is not None:
        after = {**about, **after}
        before = None if before is None else {name: value for name, value in before.items() if name not in about}
    elif before is not None:
        before = {**about, **before}
    record(
        session,
        actor,
        now,
        action=action,
        kind="forum",
        subject_id=forum.id,
        label=forum.name,
        before=before,
        after=after,
        reason=reason,
    )


def record_seat_change(
    session: Session,
    actor: Actor,
    now: datetime,
    forum: Forum,
    action: str,
    *,
    before: Facts | None = None,
    after: Facts | None = None,
    about: Facts | None = None,
    reason: str | None = None,
) -> None:
    """As ``record_change``, and with each forum that has this one's seats today or later."""
    record_change(session, actor, now, forum, action, before=before, after=after, about=about, reason=reason)
    for upper in upper_forums(session, now, forum):
        record_change(
            session,
            actor,
            now,
            upper,
            action,
            before=before,
            after=after,
            about={"forum": forum.name, **(about or {})},
            reason=reason,
        )


def upper_forums(session: Session, now: datetime, forum: Forum) -> list[Forum]:
    """The forums that have this one's seats today or later, nearest first. Two queries."""
    over = above(inclusions_from(session, civil_date(now, forum.time_zone)), forum.id)
    found = {row.id: row for row in session.scalars(select(Forum).where(Forum.id.in_(over)))}
    return [found[forum_id] for forum_id in over]


def inclusions_from(session: Session, day: date | None = None) -> list[Inclusion]:
    """All inclusions in the order they were entered, or those that hold on ``day`` or later. One query."""
    query = select(
        ForumInclusion.forum_id,
        ForumInclusion.included_id,
        ForumInclusion.from_on,
        ForumInclusion.to_on,
        ForumInclusion.seat_kinds,
    ).order_by(ForumInclusion.id)
    if day is not None:
        query = query.where(or_(ForumInclusion.to_on.is_(None), ForumInclusion.to_on >= day))
    return [
        Inclusion(forum_id, included_id, Span(from_on, to_on), frozenset(kinds.split(",")))
        for forum_id, included_id, from_on, to_on, kinds in session.execute(query)
    ]


def seat_facts(seat: Seat) -> dict[str, Any]:
    """Which seat it is, in words and by id."""
    whose = rows.fact(seat.organisation) or rows.fact(seat.office) or seat.holder_text
    return {"seat": seat.label or whose, "seat_kind": seat.kind, "seat_id": seat.id}
