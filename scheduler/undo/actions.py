"""Taking a change back: every row as it was before, all or nothing.

Not here: who may (the page asks the role table for each record), the calendars' following (the page refreshes the
meetings that ``queries.meetings_reached`` names).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, and_, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from scheduler.clock import civil_date
from scheduler.db import Base
from scheduler.errors import Problem
from scheduler.forums.models import Forum
from scheduler.forums.rules import find_cycle
from scheduler.forums.trace import inclusions_from
from scheduler.history.actions import record
from scheduler.history.journal import RowChange, note_rows
from scheduler.history.models import HistoryEntry
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.organisations import fields
from scheduler.organisations.rules import Span
from scheduler.undo import queries
from scheduler.undo.rules import RISING, Row, Step, net, overlap, reason_problem, rings, steps_back, swapped

#: Table → the column that says what stands above a row: no ring may come of it.
_ABOVE = {
    "forum": "parent_id", "place": "part_of_id", "theme": "parent_id", "organisation": "successor_id",
}  # fmt: skip
#: Table → the column whose rows may not overlap in days.
_ALONE = {"appointment": ("seat_id",), "office_holding": ("office_id", "person_id", "organisation_id")}


def undo_change(
    session: Session, actor: Actor, now: datetime, change: HistoryEntry, *, time_zone: str, reason: str | None = None
) -> HistoryEntry:
    """Puts back every row of ``change`` (its first entry); gives the entry that says so.

    ``time_zone`` is the installation's, for what "an earlier day" is. Raises Refused, at ``reason`` when one is
    needed and else for the whole, when the change was taken back already, was built upon since, was told in a mail,
    or when the rules would not hold after it. Nothing is stored then, if the entry rolls back.
    """
    session.scalars(select(HistoryEntry.id).where(HistoryEntry.id == change.id).with_for_update()).one()
    reason = fields.read_reason(reason)
    today = civil_date(now, time_zone)
    rows = queries.rows_of(change)
    fields.refuse(refusals(session, change, rows))
    fields.refuse(reason_problem(civil_date(change.at, time_zone), today, reason))
    entries = queries.entries_of(session, change.id)
    _put_back(session, rows)
    fields.refuse(_broken_rules(session, net(rows)))
    note_rows(session, [RowChange(r.flush, r.table, r.key, r.before, r.after) for r in swapped(rows)])
    made = [_record(session, actor, now, entry, reason) for entry in _one_each(entries)]
    made[0].undoes_id = change.id
    session.flush()
    return made[0]


def refusals(session: Session, change: HistoryEntry, rows: Sequence[Row]) -> list[Problem]:
    """Why ``change`` cannot be taken back; empty when it can, as far as can be said beforehand."""
    if change.id in queries.undone_by(session, [change.id]):
        return [Problem(None, mark("Ändringen är redan ångrad"))]
    if not rows:
        return [Problem(None, mark("Ändringen kan inte ångras. Rätta uppgifterna i stället"))]
    touched = net(rows)
    if not _is_as_left(session, touched):
        return [Problem(None, mark("Uppgifterna har ändrats igen sedan dess. Ångra den senaste ändringen först"))]
    added = [row for row in touched if row.before is None]
    if queries.leaning_on(session, added, touched):
        return [Problem(None, mark("Annat bygger på det som lades in. Ta bort det först"))]
    told = queries.told_since(session, queries.meetings_reached(session, touched), change)
    if told is not None:
        text = mark("Brev om %(forum)s har gått ut sedan dess. Gör en ny ändring i stället")
        return [Problem(None, text, {"forum": told.forum.title})]
    return []


def _is_as_left(session: Session, rows: Sequence[Row]) -> bool:
    """Whether every row still looks as the change left it."""
    there = queries.present(session, rows)
    for row in rows:
        stored = there.get(row.identity)
        if (stored is None) != (row.after is None):
            return False
        if stored is not None and any(
            stored[name] != value for name, value in (row.after or {}).items() if name not in RISING
        ):
            return False
    return True


def _put_back(session: Session, rows: Sequence[Row]) -> None:
    """Raises Refused when the database holds against it."""
    order = [table.name for table in Base.metadata.sorted_tables]
    session.flush()
    try:
        with session.begin_nested():
            for step in steps_back(rows, order):
                _execute(session, step)
            _raise_versions(session, {row.key["id"] for row in rows if row.table == "forum" and row.after is not None})
    except IntegrityError:
        fields.refuse([Problem(None, mark("Annat bygger på det som lades in. Ta bort det först"))])
    session.expire_all()


def _execute(session: Session, step: Step) -> None:
    table = Base.metadata.tables[step.table]
    if step.act == "insert":
        session.execute(insert(table).values(**step.values))
        return
    where = _where(table, step.key or step.values)
    if step.act == "delete":
        session.execute(delete(table).where(where))
    else:
        session.execute(update(table).where(where).values(**step.values))


def _where(table: Table, key: Mapping[str, Any]) -> Any:
    return and_(*(table.c[name] == value for name, value in key.items()))


def _raise_versions(session: Session, forum_ids: Collection[int]) -> None:
    """A form opened before must notice that the forum was saved once more."""
    table = Base.metadata.tables[Forum.__tablename__]
    session.execute(update(table).where(table.c.id.in_(forum_ids)).values(version=table.c.version + 1))


# ---------------------------------------------------------------- the rules that no constraint holds


def _broken_rules(session: Session, rows: Sequence[Row]) -> list[Problem]:
    touched = {row.table for row in rows}
    problems = [*_rings(session, rows), *_overlaps(session, rows)]
    if "forum_inclusion" in touched:
        inclusions = inclusions_from(session)
        if any(find_cycle([i for i in inclusions if i is not new], new) for new in inclusions):
            problems.append(Problem(None, mark("Forum skulle ingå i varandra i en ring. Ångra det senare först")))
    return problems[:1]


def _rings(session: Session, rows: Sequence[Row]) -> Iterator[Problem]:
    for name, column in _ABOVE.items():
        starts = {row.key["id"] for row in rows if row.table == name and row.before is not None}
        if not starts:
            continue
        table = Base.metadata.tables[name]
        above = {row[0]: row[1] for row in session.execute(select(table.c.id, table.c[column]))}
        if rings(above, starts):
            yield Problem(None, mark("Något skulle stå under sig självt. Ångra det senare först"))


def _overlaps(session: Session, rows: Sequence[Row]) -> Iterator[Problem]:
    for name, columns in _ALONE.items():
        table = Base.metadata.tables[name]
        ids = [row.key["id"] for row in rows if row.table == name and row.before is not None]
        if not ids:
            continue
        # On a seat only one sits; an office of a group is held by several, but by nobody twice.
        owner = [table.c[column] for column in columns]
        first = select(owner[0]).where(table.c.id.in_(ids))
        spans: dict[tuple[Any, ...], list[Span]] = {}
        query = select(*owner, table.c.from_on, table.c.to_on).where(owner[0].in_(first))
        for *whose, from_on, to_on in session.execute(query):
            spans.setdefault(tuple(whose), []).append(Span(from_on, to_on))
        if any(overlap(found) for found in spans.values()):
            yield Problem(None, mark("Två skulle ha samma plats samtidigt. Ångra det senare först"))


# ---------------------------------------------------------------- the history of it


def _one_each(entries: Sequence[HistoryEntry]) -> list[HistoryEntry]:
    """The first entry of each record the change was about."""
    found: dict[tuple[str, int | None], HistoryEntry] = {}
    for entry in entries:
        found.setdefault((entry.subject_kind, entry.subject_id), entry)
    return list(found.values())


def _record(session: Session, actor: Actor, now: datetime, entry: HistoryEntry, reason: str | None) -> HistoryEntry:
    made = record(
        session,
        actor,
        now,
        action="change.undo",
        kind=entry.subject_kind,
        subject_id=entry.subject_id,
        label=entry.subject_label,
        before=entry.after if entry.before is not None or entry.after is not None else None,
        after=entry.before,
        reason=reason or entry.action,  # so that it is written even where no words differ
    )
    assert made is not None  # noqa: S101 - with a reason it always is
    made.reason = reason
    return made
