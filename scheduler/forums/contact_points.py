"""Whom one writes to about a forum: the mailbox and telephone of whoever keeps its secretariat."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.forums.models import Forum
from scheduler.forums.rotation import secretariat_of
from scheduler.organisations.models import Organisation


@dataclass(frozen=True)
class ContactPoint:
    """A secretariat, and the forums it keeps among those asked about."""

    #: None where only an address is known.
    organisation_id: int | None
    name: str | None
    email: str | None
    phone: str | None
    #: Titles, in Swedish order.
    forums: tuple[str, ...]


def contact_points(session: Session, forum_ids: Collection[int], on: date) -> list[ContactPoint]:
    """The secretariats of the forums on the day, the one with most of them first. A constant number of queries.

    A forum's own mailbox belongs to its fixed secretariat; where another one's turn has come, that organisation's
    goes before it.
    """
    forums = session.scalars(select(Forum).where(Forum.id.in_(forum_ids)).order_by(Forum.sort_key, Forum.id)).all()
    kept_by = secretariat_of(session, forums, on)
    query = select(Organisation).where(Organisation.id.in_({row for row in kept_by.values() if row is not None}))
    keepers = {row.id: row for row in session.scalars(query)}
    found: dict[tuple[int | None, str | None], list[Forum]] = {}
    for forum in forums:
        keeper_id = kept_by[forum.id]
        own = keepers[keeper_id].contact_email if keeper_id is not None else None
        first, second = (own, forum.secretariat_email)
        if keeper_id == forum.secretariat_id:
            first, second = second, first
        email = first or second
        if keeper_id is not None or email:
            found.setdefault((keeper_id, email), []).append(forum)
    points = []
    for (keeper_id, email), kept in found.items():
        keeper = None if keeper_id is None else keepers[keeper_id]
        points.append(
            ContactPoint(
                keeper_id,
                keeper.name if keeper else None,
                email,
                keeper.phone if keeper else None,
                tuple(row.title for row in kept),
            )
        )
    return sorted(points, key=lambda point: -len(point.forums))
