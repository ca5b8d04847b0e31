"""Writing history and raising scope versions; called by the actions of every other domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.history.models import HistoryEntry, ScopeVersion
from scheduler.history.rules import Actor, difference


def record(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    action: str,
    kind: str,
    subject_id: int | None,
    label: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> HistoryEntry | None:
    """Writes one entry with the fields that differ; None, and nothing written, when none does.

    ``before`` None means the record is new, ``after`` None that it is gone; both None: an event without
    fields (a sign-in), which is always written.
    """
    old, new = difference(before or {}, after or {})
    if not new and (before is not None or after is not None) and reason is None:
        return None
    entry = HistoryEntry(
        at=now,
        user_id=actor.user_id,
        actor=actor.label[:200],
        action=action,
        subject_kind=kind,
        subject_id=subject_id,
        subject_label=label[:400],
        before=None if before is None else old,
        after=None if after is None else new,
        reason=reason,
    )
    session.add(entry)
    return entry


def bump(session: Session, now: datetime, scopes: Iterable[tuple[str, int]]) -> None:
    """Raises the version of each (scope, id) by one, in a fixed order so that two writers never deadlock."""
    for scope, scope_id in sorted(set(scopes)):
        row = session.scalars(
            select(ScopeVersion).where(ScopeVersion.scope == scope, ScopeVersion.scope_id == scope_id).with_for_update()
        ).one_or_none()
        if row is None:
            session.add(ScopeVersion(scope=scope, scope_id=scope_id, version=1, modified_at=now))
            session.flush()
        else:
            row.version += 1
            row.modified_at = max(now, row.modified_at)
