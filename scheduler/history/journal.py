"""The rows behind a change: what each saving did to the tables of the register, kept so that it can be taken back.

The history says what happened in words; beside it stand the raw columns of every row that was added, changed or
deleted in the same transaction. Tables join by ``Undoable``. What goes past the unit of work (bulk statements,
cascades of the database) is not seen, so actions on these tables change rows. Not here: whether a change may be
taken back and doing it (the ``undo`` room), what is told of it in words (``actions``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, ClassVar

from sqlalchemy import Column, Table, event, inspect
from sqlalchemy.orm import MANYTOMANY, InstanceState, Session, SessionTransaction

from scheduler.history.models import HistoryEntry
from scheduler.history.rules import plain

#: A saving of more rows (a register file) is not kept: it would be a second register.
MOST_ROWS = 3000
_JOURNAL = "takt.journal"
#: In ``session.info`` after a commit: the id of the change that was saved, None when nothing was written to history.
LAST_CHANGE = "takt.last_change"


class Undoable:
    """A table whose rows are kept with each change. One row may be left out by ``is_secret``."""

    __undoable__: ClassVar[bool] = True

    @property
    def is_secret(self) -> bool:
        """Whether nothing of this row may be kept in the history (a protected identity, SEC-17)."""
        return False


@dataclass(frozen=True)
class RowChange:
    """One row: its table, its key, and its columns before and after.

    ``before`` None: it was added; ``after`` None: it was deleted; else both hold only the columns that differ. The
    key is empty for a plain link between two tables, which is never changed, only added or deleted.
    """

    #: Rows written together in one flush have the same number; later ones a higher one.
    flush: int
    table: str
    key: Mapping[str, Any]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    def stored(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "flush": self.flush, "table": self.table, "key": plain(self.key), "before": _plain(self.before),
            "after": _plain(self.after),
        }  # fmt: skip


def _plain(values: Mapping[str, Any] | None) -> Any:
    return None if values is None else plain(values)


def read_row(stored: Mapping[str, Any], table: Table) -> RowChange:
    """A row change read back from ``stored``, with values of the types of ``table``'s columns."""
    return RowChange(
        stored["flush"], stored["table"], _typed(stored["key"], table) or {}, _typed(stored["before"], table),
        _typed(stored["after"], table),
    )  # fmt: skip


def _typed(values: Mapping[str, Any] | None, table: Table) -> dict[str, Any] | None:
    if values is None:
        return None
    return {name: _value(value, table.c[name]) for name, value in values.items()}


def _value(value: Any, column: Column[Any]) -> Any:
    kind = column.type.python_type
    if isinstance(value, str) and kind in {date, datetime, time}:
        return kind.fromisoformat(value)
    return value


# ---------------------------------------------------------------- keeping


class _Journal:
    """What a session's transaction has changed so far."""

    def __init__(self) -> None:
        self.flushes = 0
        self.rows: list[RowChange] = []
        self.entries: list[HistoryEntry] = []
        #: False once something changed of which the history keeps nothing, or whose old value is not known.
        self.whole = True
        #: Where each open savepoint began.
        self.marks: list[tuple[int, int]] = []


def _journal(session: Session) -> _Journal:
    found: _Journal = session.info.setdefault(_JOURNAL, _Journal())
    return found


def note_entry(session: Session, entry: HistoryEntry) -> None:
    """Lets ``entry`` belong to the change of the present transaction."""
    _journal(session).entries.append(entry)


def _is_undoable(row: object) -> bool:
    return getattr(row, "__undoable__", False)


@event.listens_for(Session, "after_flush")
def _after_flush(session: Session, _context: object) -> None:
    touched = [row for row in (*session.new, *session.dirty, *session.deleted) if _is_undoable(row)]
    if not touched:
        return
    journal = _journal(session)
    journal.flushes += 1
    for row in touched:
        if isinstance(row, Undoable) and row.is_secret:
            journal.whole = False
        else:
            journal.rows.extend(_changes(session, journal, inspect(row)))


def _changes(session: Session, journal: _Journal, state: InstanceState[Any]) -> Iterator[RowChange]:
    row, mapper = state.obj(), state.mapper
    table = mapper.local_table
    assert isinstance(table, Table)  # noqa: S101 - none of ours is mapped to a join
    columns = {mapper.get_property_by_column(column).key: column.name for column in table.columns}
    key = {column.name: getattr(row, name) for name, column in zip(columns, table.columns, strict=True)
           if column.primary_key}  # fmt: skip
    flush = journal.flushes
    yield from _links(flush, state)
    if row in session.deleted:
        yield RowChange(flush, table.name, key, {columns[name]: _before(state, name) for name in columns}, None)
    elif row in session.new:
        yield RowChange(flush, table.name, key, None, {columns[name]: getattr(row, name) for name in columns})
    else:
        before, after = {}, {}
        for name, column in columns.items():
            history = state.attrs[name].history
            if history.added and not history.deleted:
                journal.whole = False  # set without having been read: what it was is not known
            elif history.added and history.added[0] != history.deleted[0]:
                before[column], after[column] = history.deleted[0], history.added[0]
        if after:
            yield RowChange(flush, table.name, key, before, after)


def _before(state: InstanceState[Any], name: str) -> Any:
    history = state.attrs[name].history
    return history.deleted[0] if history.deleted else getattr(state.obj(), name)


def _links(flush: int, state: InstanceState[Any]) -> Iterator[RowChange]:
    """Rows of the plain tables between two others (a forum's themes)."""
    for relation in state.mapper.relationships:
        if relation.direction is not MANYTOMANY or relation.viewonly:
            continue
        assert isinstance(relation.secondary, Table)  # noqa: S101 - given by name of a table
        history = state.attrs[relation.key].history
        for other in history.deleted or ():
            yield RowChange(flush, relation.secondary.name, {}, _link(state, relation, other), None)
        for other in history.added or ():
            yield RowChange(flush, relation.secondary.name, {}, None, _link(state, relation, other))


def _link(state: InstanceState[Any], relation: Any, other: object) -> dict[str, Any]:
    mine = {link.name: getattr(state.obj(), own.name) for own, link in relation.synchronize_pairs}
    theirs = {link.name: getattr(other, own.name) for own, link in relation.secondary_synchronize_pairs}
    return {**mine, **theirs}


@event.listens_for(Session, "before_commit")
def _before_commit(session: Session) -> None:
    if session.in_nested_transaction():
        return
    session.flush()
    journal = session.info.pop(_JOURNAL, None)
    session.info[LAST_CHANGE] = None
    if journal is None or not journal.entries:
        return
    first = journal.entries[0]
    for entry in journal.entries:
        entry.change_id = first.id
    if journal.rows and journal.whole and len(journal.rows) <= MOST_ROWS:
        first.rows = [row.stored() for row in journal.rows]
    session.flush()
    session.info[LAST_CHANGE] = first.id


@event.listens_for(Session, "after_transaction_create")
def _after_begin(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        journal = _journal(session)
        journal.marks.append((len(journal.rows), len(journal.entries)))


@event.listens_for(Session, "after_soft_rollback")
def _after_rollback(session: Session, previous: SessionTransaction) -> None:
    if not previous.nested:
        session.info.pop(_JOURNAL, None)
        session.info.pop(LAST_CHANGE, None)
        return
    journal = _journal(session)
    rows, entries = journal.marks[-1] if journal.marks else (0, 0)
    del journal.rows[rows:], journal.entries[entries:]


@event.listens_for(Session, "after_transaction_end")
def _after_end(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested and (journal := session.info.get(_JOURNAL)) is not None and journal.marks:
        journal.marks.pop()
