"""Writing history and raising scope versions; called by the actions of every other domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from scheduler.history.journal import note_entry
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
    note_entry(session, entry)
    return entry


def bump(session: Session, now: datetime, scopes: Iterable[tuple[str, int]]) -> None:
    """Raises the version of each (scope, id) by one, in one statement: a meeting may belong to a hundred scopes.

    The rows come in a fixed order, so that two writers never wait for each other in a ring. No two versions of a scope
    fall in the same second, which is all that a date in HTTP can tell: the later goes into the next.
    """
    wanted = sorted(set(scopes))
    if not wanted:
        return
    server = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert if server else sqlite.insert
    new = insert(ScopeVersion).values(
        [{"scope": scope, "scope_id": scope_id, "version": 1, "modified_at": now} for scope, scope_id in wanted]
    )
    latest: ColumnElement[Any]
    if server:
        next_second = func.date_trunc("second", ScopeVersion.modified_at) + timedelta(seconds=1)
        latest = func.greatest(new.excluded.modified_at, next_second)
    else:  # where an instant is text
        next_second = func.strftime("%Y-%m-%d %H:%M:%S.000000", ScopeVersion.modified_at, "+1 second")
        latest = func.max(new.excluded.modified_at, next_second)
    raised = new.on_conflict_do_update(
        index_elements=[ScopeVersion.scope, ScopeVersion.scope_id],
        set_={"version": ScopeVersion.version + 1, "modified_at": latest},
    ).returning(ScopeVersion)
    session.scalars(raised, execution_options={"populate_existing": True}).all()
