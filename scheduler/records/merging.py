"""What the records of meetings have of people and organisations, for when a duplicate is merged.

Who was marked twice at one meeting was there once: the mark that says more stays. Not here: adjusted minutes, whose
locked text keeps the name it was adjusted with.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.organisations.merging import Columns, Pair, Room, move, touch
from scheduler.records.models import ActionPoint, Adjuster, Attendance, ItemSuggestion, Minutes

#: Which of two marks says more: who was there beats who was not.
_SAYS = {"present": 3, "remote": 2, "notified": 1, "absent": 0}


def _merge(session: Session, pair: Pair, columns: Columns) -> None:
    if pair.kind == "person":
        _join(session, pair, Attendance, "meeting_id", lambda row: _SAYS[row.status])
        _join(session, pair, Adjuster, "minutes_id", lambda row: row.adjusted_at is not None)
    move(session, pair, columns)


def _join(session: Session, pair: Pair, table: Any, where: str, says: Any) -> None:
    """Leaves one row of two at the same ``where``: the one that says more."""
    kept = {getattr(row, where): row for row in session.scalars(select(table).where(table.person_id == pair.kept))}
    for row in session.scalars(select(table).where(table.person_id == pair.gone)).all():
        if (other := kept.get(getattr(row, where))) is not None:
            less = other if says(row) > says(other) else row
            touch(session, less)
            session.delete(less)
            session.flush()


ROOM = Room(
    person=(
        Attendance.person_id,
        Adjuster.person_id,
        Minutes.secretary_id,
        ActionPoint.owner_person_id,
        ItemSuggestion.person_id,
    ),
    organisation=(ActionPoint.owner_organisation_id,),
    merge=_merge,
)
