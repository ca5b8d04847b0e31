"""What a person does with nested membership: a forum that has another's seats among its own, from–to."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.clock import civil_date
from scheduler.errors import Problem
from scheduler.forums.models import Forum, ForumInclusion
from scheduler.forums.rules import Inclusion, find_cycle
from scheduler.forums.seat_models import SEAT_KINDS
from scheduler.forums.trace import inclusions_from, record_seat_change
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.organisations import fields, rows
from scheduler.organisations.rules import ShownDay, Span, first_changed_day, past_problem


def include_forum(
    session: Session,
    actor: Actor,
    now: datetime,
    forum: Forum,
    *,
    included_id: int | None,
    from_on: date | None = None,
    to_on: date | None = None,
    seat_kinds: Collection[str] = ("ordinary",),
    note: str | None = None,
) -> ForumInclusion:
    """``forum`` has the seats (of ``seat_kinds``) of another among its own; None is open at that end.

    Raises Refused at ``included_id`` for a nesting that would come back to the forum, naming the ring, and for
    one that is there already in those days.
    """
    # Two writers must not close a ring together; on SQLite a writer is alone anyway.
    session.scalars(select(Forum.id).order_by(Forum.id).with_for_update()).all()
    problems = fields.order_problem("to_on", from_on, to_on)
    included = None if included_id is None else session.get(Forum, included_id)
    if included is None:
        problems.append(Problem("included_id", mark("Välj ett forum")))
    if not seat_kinds or not set(seat_kinds) <= set(SEAT_KINDS):
        problems.append(Problem("seat_kinds", fields.CHOOSE))
    fields.refuse(problems)
    assert included is not None  # noqa: S101 - refused above
    inclusion = ForumInclusion(
        forum=forum,
        included=included,
        from_on=from_on,
        to_on=to_on,
        seat_kinds=",".join(kind for kind in SEAT_KINDS if kind in seat_kinds),
        note=fields.Text(20_000, lines=True).read(note),
    )
    fields.refuse(_problems(session, forum, included, Span(from_on, to_on)))
    session.add(inclusion)
    session.flush()
    record_seat_change(session, actor, now, forum, "nesting.add", after=_facts(inclusion))
    return inclusion


def _problems(session: Session, forum: Forum, included: Forum, span: Span) -> list[Problem]:
    with session.no_autoflush:
        there = inclusions_from(session)
        for other in there:
            if (other.forum_id, other.included_id) == (forum.id, included.id) and other.span.overlaps(span):
                text = mark("%(forum)s ingår redan de dagarna")
                return [Problem("included_id", text, {"forum": included.title})]
        ring = find_cycle(there, Inclusion(forum.id, included.id, span, frozenset()))
        if ring is None:
            return []
        titles = {row.id: row.title for row in session.scalars(select(Forum).where(Forum.id.in_(ring)))}
    text = mark("%(forum)s skulle ingå i sig självt: %(ring)s")
    path = " → ".join(titles[forum_id] for forum_id in ring)
    return [Problem("included_id", text, {"forum": forum.title, "ring": path})]


def end_inclusion(
    session: Session, actor: Actor, now: datetime, inclusion: ForumInclusion, *, on: date, reason: str | None = None
) -> ForumInclusion:
    """The nesting's last day is ``on``; the days before stay as they were.

    Raises Refused at ``on`` when that lies before its first day, or after the last it has; at ``reason`` when
    seats of days that have been would go and none is given.
    """
    fields.refuse(fields.order_problem("on", inclusion.from_on, on))
    if inclusion.to_on is not None and on > inclusion.to_on:
        text = mark("Slutade redan %(to_on)s")
        fields.refuse([Problem("on", text, {"to_on": ShownDay(inclusion.to_on)})])
    reason = fields.read_reason(reason)
    gone = first_changed_day(Span(inclusion.from_on, inclusion.to_on), Span(inclusion.from_on, on))
    fields.refuse(past_problem(gone, civil_date(now, inclusion.forum.time_zone), reason))
    before = _facts(inclusion)
    inclusion.to_on = on
    session.flush()
    about = {"included": inclusion.included.name}
    record_seat_change(
        session,
        actor,
        now,
        inclusion.forum,
        "nesting.end",
        before=before,
        after=_facts(inclusion),
        about=about,
        reason=reason,
    )
    return inclusion


def remove_inclusion(session: Session, actor: Actor, now: datetime, inclusion: ForumInclusion) -> None:
    """Takes away a nesting entered by mistake.

    Raises Refused when it holds for days before today: what has been is ended, not removed.
    """
    if inclusion.from_on is None or inclusion.from_on < civil_date(now, inclusion.forum.time_zone):
        fields.refuse([Problem(None, mark("%(forum)s har redan ingått. Avsluta det i stället"), {
            "forum": inclusion.included.title,
        })])  # fmt: skip
    about = {"included": inclusion.included.name}
    before = _facts(inclusion)
    record_seat_change(session, actor, now, inclusion.forum, "nesting.remove", before=before, about=about)
    session.delete(inclusion)
    session.flush()


def _facts(inclusion: ForumInclusion) -> dict[str, Any]:
    return rows.facts(inclusion, ("included", "seat_kinds", "from_on", "to_on", "note"))
