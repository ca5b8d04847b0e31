"""What the history knows of rows whose key is a word (kinds): whether it was ever used, whether somebody removed it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.history.models import HistoryEntry
from scheduler.history.rules import subject_number


def is_removed(session: Session, kind: str, key: str) -> bool:
    """Whether a row was there and somebody has removed it; ``kind`` is its table."""
    return key_was_used(session, kind, key, actions=(f"{kind}.remove",))


def key_was_used(session: Session, kind: str, key: str, *, actions: Sequence[str] = ()) -> bool:
    """Whether the history knows a row with this key; of one of ``actions``, where they are given."""
    query = select(HistoryEntry.id).where(
        HistoryEntry.subject_kind == kind, HistoryEntry.subject_id == subject_number(key)
    )
    if actions:
        query = query.where(HistoryEntry.action.in_(actions))
    return session.scalar(query.limit(1)) is not None
