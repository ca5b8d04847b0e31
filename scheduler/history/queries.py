"""Reading the history of one record, and scope versions."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.history.models import HistoryEntry, ScopeVersion


def history_of(session: Session, kind: str, subject_id: int, *, limit: int = 50) -> Sequence[HistoryEntry]:
    """The latest ``limit`` changes of one record, newest first."""
    return session.scalars(
        select(HistoryEntry)
        .where(HistoryEntry.subject_kind == kind, HistoryEntry.subject_id == subject_id)
        .order_by(HistoryEntry.id.desc())
        .limit(limit)
    ).all()


def scope_version(session: Session, scope: str, scope_id: int) -> ScopeVersion | None:
    """The version row of a scope; None when nothing in it ever changed."""
    return session.get(ScopeVersion, (scope, scope_id))
