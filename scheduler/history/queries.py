"""Reading the history: of one record, over all of it, of one change; and scope versions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session

from scheduler.history.models import HistoryEntry, ScopeVersion


def history_of(
    session: Session, kind: str, subject_id: int, *, without: Collection[str] = (), limit: int = 50
) -> Sequence[HistoryEntry]:
    """The latest ``limit`` changes of one record, newest first, but for the actions ``without``."""
    return session.scalars(
        select(HistoryEntry)
        .where(
            HistoryEntry.subject_kind == kind,
            HistoryEntry.subject_id == subject_id,
            HistoryEntry.action.not_in(without),
        )
        .order_by(HistoryEntry.id.desc())
        .limit(limit)
    ).all()


#: On PostgreSQL an entry may show after ones with higher numbers, when its transaction takes longer; not this late.
_LATE = 1000


@dataclass(frozen=True)
class Position:
    """How far the history had come; whatever is changed is recorded, so nothing has changed while it stays here."""

    #: Entries after this number are counted.
    after_id: int
    #: How many there were.
    count: int


def recorded_after(after_id: BindParameter[int] | int) -> Select[int]:
    """The count a ``Position`` holds, as a statement that can be a part of others."""
    return select(func.count()).select_from(HistoryEntry).where(HistoryEntry.id > after_id)


def position(session: Session) -> Position:
    """How far the history has come as the open transaction sees it. Two queries at most."""
    last = session.scalar(select(func.max(HistoryEntry.id))) or 0
    if session.get_bind().dialect.name == "sqlite":
        return Position(last, 0)  # one writer at a time: numbers follow each other as they show
    return Position(last - _LATE, session.scalar(recorded_after(last - _LATE)) or 0)


@dataclass(frozen=True)
class HistoryFilter:
    """Which entries a reader asks for, within those the reader may see."""

    #: Kind of record → the rows of it that may be seen, None for all; None as a whole: everything.
    within: Mapping[str, Collection[int] | None] | None = None
    #: Of these kinds of records; empty: of any.
    kinds: Collection[str] = ()
    #: Of one record of the one kind in ``kinds``.
    subject_id: int | None = None
    #: Words that the name of the record or of whoever did it holds, in any case.
    text: str = ""
    #: From this instant on, and before that one.
    from_at: datetime | None = None
    to_at: datetime | None = None


def entries(
    session: Session, shown: HistoryFilter, *, limit: int, before_id: int | None = None
) -> Sequence[HistoryEntry]:
    """The latest ``limit`` entries, newest first; ``before_id`` goes on from the last one of a page. One query."""
    query = select(HistoryEntry).where(*_conditions(shown)).order_by(HistoryEntry.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(HistoryEntry.id < before_id)
    return session.scalars(query).all()


def _conditions(shown: HistoryFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if shown.within is not None:
        found.append(or_(false(), *(_seen(kind, ids) for kind, ids in shown.within.items())))
    if shown.kinds:
        found.append(HistoryEntry.subject_kind.in_(shown.kinds))
    if shown.subject_id is not None:
        found.append(HistoryEntry.subject_id == shown.subject_id)
    found += [_holds(word) for word in shown.text.split()]
    if shown.from_at is not None:
        found.append(HistoryEntry.at >= shown.from_at)
    if shown.to_at is not None:
        found.append(HistoryEntry.at < shown.to_at)
    return found


def _holds(word: str) -> ColumnElement[bool]:
    """Whether the name of the record or of whoever did it holds ``word``.

    SQLite folds the case of ASCII letters alone, so the ways a word is usually written are asked for as well.
    """
    ways = {word, word.lower(), word.capitalize(), word.upper()}
    columns = (HistoryEntry.subject_label, HistoryEntry.actor)
    return or_(*(column.icontains(way, autoescape=True) for column in columns for way in sorted(ways)))


def _seen(kind: str, ids: Collection[int] | None) -> ColumnElement[bool]:
    of_kind = HistoryEntry.subject_kind == kind
    return of_kind if ids is None else and_(of_kind, HistoryEntry.subject_id.in_(ids))


def change_of(session: Session, change_id: int) -> Sequence[HistoryEntry]:
    """All entries of one change in the order they were written; an entry of before changes were kept is one alone."""
    found = session.scalars(
        select(HistoryEntry).where(HistoryEntry.change_id == change_id).order_by(HistoryEntry.id)
    ).all()
    if found:
        return found
    entry = session.get(HistoryEntry, change_id)
    return [entry] if entry is not None and entry.change_id is None else []


def scope_version(session: Session, scope: str, scope_id: int) -> ScopeVersion | None:
    """The version row of a scope; None when nothing in it ever changed."""
    return session.get(ScopeVersion, (scope, scope_id))
