"""The rows behind a change: what each saving did to the tables of the register, kept so that it can be taken back.

The history says what happened in words; beside it stand the raw columns of every row that was added, changed or
deleted in the same transaction. Tables join by ``Undoable``. What goes past the unit of work (bulk statements,
cascades of the database) is not seen, so actions on these tables change rows. Not here: whether a change may be
taken back and doing it (the ``undo`` room), what is told of it in words (``actions``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Column, Table, event, inspect
from sqlalchemy.orm import MANYTOMANY, InstanceState, Session, SessionTransaction, object_session

from scheduler.history.models import HistoryEntry
from scheduler.history.rules import plain

#: A saving of more rows (a register file) is not kept: it would be a second register.
MOST_ROWS = 3000
_JOURNAL = "takt.journal"
#: In ``session.info`` after a commit: the id of the change that was saved, None when nothing was written to history.
LAST_CHANGE = "takt.last_change"


class Undoable:
    """A table whose rows are kept with each change. One row may be left out by ``is_secret``."""

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

    def add(self, table: str, key: dict[str, Any], before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
        """One more row, of the flush that is going on."""
        self.rows.append(RowChange(self.flushes + 1, table, key, before, after))


def _journal(session: Session) -> _Journal:
    found: _Journal = session.info.setdefault(_JOURNAL, _Journal())
    return found


def note_entry(session: Session, entry: HistoryEntry) -> None:
    """Lets ``entry`` belong to the change of the present transaction."""
    _journal(session).entries.append(entry)


def keep_nothing(session: Session) -> None:
    """Says that the present transaction changes what the history does not keep, so that it cannot be taken back."""
    _journal(session).whole = False


def note_rows(session: Session, rows: Sequence[RowChange]) -> None:
    """Lets ``rows``, written past the unit of work, belong to the change of the present transaction."""
    journal = _journal(session)
    last = journal.flushes
    journal.rows.extend(replace(row, flush=row.flush + last) for row in rows)
    journal.flushes = max([last, *(row.flush for row in journal.rows)])


def _journal_of(row: object) -> tuple[_Journal, InstanceState[Any]] | None:
    """The journal ``row`` goes into; None where nothing of it may be kept."""
    session = object_session(row)
    assert session is not None  # noqa: S101 - it is being flushed
    journal = _journal(session)
    if isinstance(row, Undoable) and row.is_secret:
        journal.whole = False
        return None
    return journal, inspect(row)


@event.listens_for(Undoable, "after_insert", propagate=True)
def _after_insert(_mapper: object, _connection: object, row: object) -> None:
    if (found := _journal_of(row)) is not None:
        journal, state = found
        names = _columns(state)
        after = {column: getattr(row, name) for name, column in names.items()}
        journal.add(_table(state), _key(state), None, after)


@event.listens_for(Undoable, "after_delete", propagate=True)
def _after_delete(_mapper: object, _connection: object, row: object) -> None:
    if (found := _journal_of(row)) is not None:
        journal, state = found
        before = {column: _before(state, name) for name, column in _columns(state).items()}
        journal.add(_table(state), _key(state), before, None)


@event.listens_for(Undoable, "after_update", propagate=True)
def _after_update(_mapper: object, _connection: object, row: object) -> None:
    session = object_session(row)
    if session is None or not session.is_modified(row, include_collections=False):
        return
    if (found := _journal_of(row)) is None:
        return
    journal, state = found
    before, after = {}, {}
    for name, column in _columns(state).items():
        history = state.attrs[name].history
        new, old = list(history.added or ()), list(history.deleted or ())
        if new and not old:
            journal.whole = False  # set without having been read: what it was is not known
        elif new and new != old:
            before[column], after[column] = old[0], new[0]
    if after:
        journal.add(_table(state), _key(state), before, after)


@event.listens_for(Session, "after_flush")
def _after_flush(session: Session, _context: object) -> None:
    journal: _Journal | None = session.info.get(_JOURNAL)
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, Undoable) and not row.is_secret:
            for table, before, after in _links(inspect(row)):
                journal = _journal(session)
                journal.add(table, {}, before, after)
    if journal is not None:
        journal.flushes += 1


def _table(state: InstanceState[Any]) -> str:
    table = state.mapper.local_table
    assert isinstance(table, Table)  # noqa: S101 - none of ours is mapped to a join
    return table.name


def _columns(state: InstanceState[Any]) -> dict[str, str]:
    """Attribute → column."""
    mapper = state.mapper
    return {mapper.get_property_by_column(column).key: column.name for column in mapper.local_table.columns}


def _key(state: InstanceState[Any]) -> dict[str, Any]:
    mapper = state.mapper
    return {column.name: getattr(state.obj(), mapper.get_property_by_column(column).key)
            for column in mapper.primary_key}  # fmt: skip


def _before(state: InstanceState[Any], name: str) -> Any:
    history = state.attrs[name].history
    return history.deleted[0] if history.deleted else getattr(state.obj(), name)


def _links(state: InstanceState[Any]) -> Iterator[tuple[str, dict[str, Any] | None, dict[str, Any] | None]]:
    """Rows of the plain tables between two others (a forum's themes): table, before, after."""
    for relation in state.mapper.relationships:
        if relation.direction is not MANYTOMANY or relation.viewonly:
            continue
        assert isinstance(relation.secondary, Table)  # noqa: S101 - given by name of a table
        history = state.attrs[relation.key].history
        for other in history.deleted or ():
            yield relation.secondary.name, _link(state, relation, other), None
        for other in history.added or ():
            yield relation.secondary.name, None, _link(state, relation, other)


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
