"""Reading a change as rows: what it touched, how those rows look today, which meetings it reaches."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Table, and_, or_, select, tuple_
from sqlalchemy.orm import Session

from scheduler.db import Base
from scheduler.history.journal import RowChange, read_row
from scheduler.history.models import HistoryEntry
from scheduler.mail.models import OutboxMail
from scheduler.meetings.models import Meeting
from scheduler.meetings.queries import meetings_showing
from scheduler.undo.rules import Row

#: What a meeting's calendar entry or its invitees follow from: table → the columns that say of which.
_SHOWN: dict[str, dict[str, str]] = {
    "forum_ids": {"forum": "id", "forum_name": "forum_id", "forum_theme": "forum_id"},
    "kind_ids": {"forum_kind": "id"},
    "theme_ids": {"theme": "id"},
    "place_ids": {"place": "id"},
    "seats_of_forums": {"seat": "forum_id", "forum_inclusion": "forum_id", "rotation": "forum_id"},
    "person_ids": {
        "person": "id", "person_email": "person_id", "appointment": "person_id", "office_holding": "person_id",
    },
    "office_ids": {"office": "id", "office_holding": "office_id"},
}  # fmt: skip
#: Table → (the table it belongs to, by which column), of which the forum is then asked.
_PARTS = {
    "appointment": ("seat", "seat_id"),
    "rotation_entry": ("rotation", "rotation_id"),
    "turn": ("rotation", "rotation_id"),
}  # fmt: skip


def rows_of(change: HistoryEntry) -> list[Row]:
    """The rows of a change; none where they were not kept, or a table of them is gone since."""
    stored = change.rows or []
    tables = Base.metadata.tables
    if any(row["table"] not in tables for row in stored):
        return []
    return [_row(read_row(row, tables[row["table"]])) for row in stored]


def _row(change: RowChange) -> Row:
    return Row(change.flush, change.table, change.key, change.before, change.after)


def undone_by(session: Session, change_ids: Collection[int]) -> dict[int, HistoryEntry]:
    """Change → the entry that took it back. One query."""
    rows = session.scalars(select(HistoryEntry).where(HistoryEntry.undoes_id.in_(change_ids)))
    return {row.undoes_id: row for row in rows if row.undoes_id is not None}


def entries_of(session: Session, change_id: int) -> Sequence[HistoryEntry]:
    """All entries of a change, in the order they were written; none when there is no such change."""
    query = select(HistoryEntry).where(HistoryEntry.change_id == change_id)
    return session.scalars(query.order_by(HistoryEntry.id)).all()


def present(session: Session, rows: Sequence[Row]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Identity → all columns of each of ``rows`` that is there today. One query a table."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    by_table: dict[str, list[Row]] = {}
    for row in rows:
        by_table.setdefault(row.table, []).append(row)
    for name, wanted in by_table.items():
        table = Base.metadata.tables[name]
        keys = [dict(row.key or row.after or row.before or {}) for row in wanted]
        columns = sorted(keys[0])
        query = select(table).where(_is_one_of(table, columns, keys))
        for stored in session.execute(query).mappings():
            identity = (name, *sorted((column, stored[column]) for column in columns))
            found[identity] = dict(stored)
    return found


def _is_one_of(table: Table, columns: list[str], keys: Iterable[dict[str, Any]]) -> Any:
    if len(columns) == 1:
        return table.c[columns[0]].in_([key[columns[0]] for key in keys])
    return tuple_(*(table.c[column] for column in columns)).in_([tuple(key[c] for c in columns) for key in keys])


def leaning_on(session: Session, going: Sequence[Row], besides: Sequence[Row]) -> bool:
    """Whether a row that is none of ``besides`` refers to one of ``going``.

    A row that would go must not take others with it: the database deletes what belongs to it without a word.
    """
    ids: dict[str, set[Any]] = {}
    for row in going:
        if set(row.key) == {"id"}:
            ids.setdefault(row.table, set()).add(row.key["id"])
    own = {row.identity for row in besides}
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            referred = ids.get(key.column.table.name)
            if referred and key.column.name == "id":
                query = select(*table.primary_key.columns).where(key.parent.in_(referred))
                found = session.execute(query).mappings()
                if any((table.name, *sorted(row.items())) not in own for row in found):
                    return True
    return False


# ---------------------------------------------------------------- what it reaches


def meetings_reached(session: Session, rows: Sequence[Row]) -> Sequence[Meeting]:
    """The meetings whose calendar entry, invitees or calendars a change of ``rows`` can alter."""
    there = present(session, rows)
    states = [
        (row.table, {**there.get(row.identity, {}), **row.key, **state})
        for row in rows
        for state in (row.before, row.after)
        if state is not None
    ]
    reached: dict[str, set[Any]] = {
        name: {values.get(columns[table]) for table, values in states if table in columns} - {None}
        for name, columns in _SHOWN.items()
    }
    for table, (whole, column) in _PARTS.items():
        ids = {values.get(column) for name, values in states if name == table} - {None}
        if ids:
            owner = Base.metadata.tables[whole]
            reached["seats_of_forums"] |= set(session.scalars(select(owner.c.forum_id).where(owner.c.id.in_(ids))))
    return meetings_showing(session, **reached)


def told_since(session: Session, meetings: Sequence[Meeting], change: HistoryEntry) -> Meeting | None:
    """A meeting of ``meetings`` of which a mail has left, or may have, since the change; None when none has."""
    left = or_(OutboxMail.state.in_(("sent", "transmitting", "uncertain")), OutboxMail.sends > 0)
    sent = set(
        session.scalars(
            select(OutboxMail.meeting_id).where(
                and_(OutboxMail.meeting_id.in_([meeting.id for meeting in meetings]), OutboxMail.dated_at >= change.at),
                left,
            )
        )
    )
    return next((meeting for meeting in meetings if meeting.id in sent), None)
