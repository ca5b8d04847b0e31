"""Values of a row that are rows of their own tables: names, themes, principals, turns, issues, origins.

The three-way comparison sees each as one value, a list that JSON can hold; here it is read and written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.orm import Session

from scheduler import i18n
from scheduler.db import Base
from scheduler.forums.models import Forum, ForumName, ForumPrincipal, ForumTheme, Rotation, RotationEntry
from scheduler.organisations.models import Organisation, OrganisationName
from scheduler.register.models import FocusArea, Issue, Provenance, Source

#: A subject as provenance has it: the row's number and, for a table whose key is a text, that text.
Subject = tuple[int, str | None]


@dataclass(frozen=True)
class ListField:
    """How one such value is read, for all subjects at once, and written for one."""

    read: Callable[[Session], dict[int, list[Any]]]
    write: Callable[[Session, int, list[Any]], None]
    #: The table whose row numbers the list holds; None: it holds texts.
    of: str | None = None


def _gather(pairs: Iterable[tuple[int, Any]]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for subject, value in pairs:
        found[subject].append(value)
    return found


def _names(table: type[OrganisationName | ForumName], owner: str) -> ListField:
    column = table.__table__.c[owner]

    def read(session: Session) -> dict[int, list[Any]]:
        rows = session.execute(select(column, table.language, table.name)).all()
        found = _gather((subject, [language, name]) for subject, language, name in rows)
        return {subject: sorted(names, key=lambda n: (n[0] or "", n[1])) for subject, names in found.items()}

    def write(session: Session, subject: int, value: list[Any]) -> None:
        session.execute(delete(table).where(column == subject))
        rows = [
            {owner: subject, "language": language, "name": name, "search_key": i18n.search_key(name)[:800]}
            for language, name in value
        ]
        if rows:
            session.execute(insert(table), rows)

    return ListField(read, write)


def _links(table: type[ForumTheme | ForumPrincipal], target: str, of: str) -> ListField:
    forum = table.__table__.c.forum_id
    other = table.__table__.c[target]

    def read(session: Session) -> dict[int, list[Any]]:
        return _gather((subject, value) for subject, value in session.execute(select(forum, other).order_by(other)))

    def write(session: Session, subject: int, value: list[Any]) -> None:
        session.execute(delete(table).where(forum == subject))
        if value:
            session.execute(insert(table), [{"forum_id": subject, target: id_} for id_ in value])

    return ListField(read, write, of)


def _read_turns(session: Session) -> dict[int, list[Any]]:
    columns = (RotationEntry.rotation_id, RotationEntry.organisation_id)
    rows = session.execute(
        select(*columns)
        .where(RotationEntry.retired.is_(False))
        .order_by(RotationEntry.rotation_id, RotationEntry.position)
    )
    return _gather((rotation, organisation) for rotation, organisation in rows)


def _write_turns(session: Session, rotation: int, value: list[Any]) -> None:
    """Turns already served point at their entries, so one that leaves the order is kept as retired."""
    stored = session.scalars(select(RotationEntry).where(RotationEntry.rotation_id == rotation)).all()
    for entry in stored:
        entry.position = -1 - entry.position  # out of the way of the new positions
    session.flush()
    left = list(stored)
    for position, organisation in enumerate(value):
        known = next((one for one in left if one.organisation_id == organisation), None)
        if known is None:
            session.add(RotationEntry(rotation_id=rotation, position=position, organisation_id=organisation))
        else:
            left.remove(known)
            known.position, known.retired = position, False
    for position, entry in enumerate(left, start=len(value)):
        entry.position, entry.retired = position, True
    session.flush()


def _read_issues(session: Session) -> dict[int, list[Any]]:
    rows = session.execute(select(Issue.focus_area_id, Issue.sv).order_by(Issue.focus_area_id, Issue.position))
    return _gather((area, sv) for area, sv in rows)


def _write_issues(session: Session, area: int, value: list[Any]) -> None:
    stored = session.scalars(select(Issue).where(Issue.focus_area_id == area).order_by(Issue.position)).all()
    for issue, sv in zip(stored, value, strict=False):
        issue.sv = sv
    for issue in stored[len(value) :]:
        session.delete(issue)
    session.add_all(
        Issue(focus_area_id=area, sv=sv, position=position) for position, sv in list(enumerate(value))[len(stored) :]
    )


LISTS: dict[tuple[type[Base], str], ListField] = {
    (Organisation, "names"): _names(OrganisationName, "organisation_id"),
    (Forum, "names"): _names(ForumName, "forum_id"),
    (Forum, "themes"): _links(ForumTheme, "theme_id", "theme"),
    (Forum, "principals"): _links(ForumPrincipal, "organisation_id", "organisation"),
    (Rotation, "entries"): ListField(_read_turns, _write_turns, "organisation"),
    (FocusArea, "issues"): ListField(_read_issues, _write_issues),
}


def read_origins(session: Session) -> dict[str, dict[Subject, list[Any]]]:
    """All provenance: table → subject → [column, source number, phrase, assumed], in a fixed order."""
    row = Provenance
    columns = (row.subject_kind, row.subject_id, row.field, Source.number, row.phrase, row.assumed)
    found: dict[str, dict[Subject, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for kind, number, field, source, phrase, assumed in session.execute(select(*columns).outerjoin(row.source)):
        key, column = (None, field) if number else split_field(field)
        found[kind][number, key].append([column, source, phrase, assumed])
    for subjects in found.values():
        for subject, rows in subjects.items():
            subjects[subject] = sorted(rows, key=origin_order)
    return found


def origin_order(row: list[Any]) -> tuple[str, ...]:
    """The fixed order of origins, the record's own first."""
    return tuple(str(part or "") for part in row)


def split_field(field: str | None) -> tuple[str | None, str | None]:
    """The text key and the column of ``natverk.sv``, which is how provenance has a row keyed by text."""
    key, _, column = (field or "").partition(".")
    return key or None, column or None


def write_origins(session: Session, kind: str, subject: Subject, rows: list[Any], sources: dict[str, int]) -> None:
    """Makes ``rows`` all provenance of a subject; ``sources`` are the row numbers by source number."""
    number, key = subject
    mine = [Provenance.subject_kind == kind, Provenance.subject_id == number]
    if key is not None:
        mine.append(or_(Provenance.field == key, Provenance.field.startswith(f"{key}.", autoescape=True)))
    session.execute(delete(Provenance).where(*mine))
    new = origin_rows(kind, subject, rows, sources)
    if new:
        session.execute(insert(Provenance), new)


def origin_rows(kind: str, subject: Subject, rows: list[Any], sources: dict[str, int]) -> list[dict[str, Any]]:
    """The rows of the table for ``rows`` of a subject."""
    number, key = subject
    return [
        {
            "subject_kind": kind,
            "subject_id": number,
            "field": column if key is None else f"{key}.{column}" if column else key,
            "source_id": sources[source] if source else None,
            "phrase": phrase,
            "assumed": assumed,
        }
        for column, source, phrase, assumed in rows
    ]
