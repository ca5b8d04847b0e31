"""The history of a load: one entry a record, with all that changed in it and in what belongs to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from scheduler.forums.models import Forum
from scheduler.forums.rules import above
from scheduler.forums.trace import inclusions_from
from scheduler.history.actions import record as record_history
from scheduler.history.rules import Actor


@dataclass
class Told:
    """What the history will say of one record: path → what it was and is, in words."""

    table: str
    number: int
    label: str
    is_new: bool
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


class Telling:
    """All that one load will tell."""

    def __init__(self) -> None:
        #: Record of the file → what is told of it.
        self.told: dict[str, Told] = {}

    def of(self, record: str, table: str, number: int, label: str, *, is_new: bool) -> Told:
        """What is told of a record, begun when nothing was yet."""
        return self.told.setdefault(record, Told(table, number, label, is_new))

    def subjects(self) -> set[tuple[str, int]]:
        """(table, row number) of every record told of."""
        return {(told.table, told.number) for told in self.told.values()}

    def write(self, session: Session, actor: Actor, now: datetime) -> None:
        """Writes the history, of each record and of the forums that changed seats concern."""
        for told in self.told.values():
            record_history(
                session,
                actor,
                now,
                action="register.create" if told.is_new else "register.update",
                kind=told.table,
                subject_id=told.number or None,
                label=told.label,
                before=None if told.is_new else told.before,
                after=told.after,
            )
        self._write_forums_above(session, actor, now)

    def _write_forums_above(self, session: Session, actor: Actor, now: datetime) -> None:
        """Changed seats are history of the forums that have them through nesting, too (spec product M3)."""
        inclusions = inclusions_from(session)
        for told in self.told.values():
            seats = [path for path in told.after if path.startswith("seats/")]
            if told.table != "forum" or told.is_new or not seats:
                continue
            for number in above(inclusions, told.number):
                upper = session.get_one(Forum, number)
                record_history(
                    session,
                    actor,
                    now,
                    action="register.update",
                    kind="forum",
                    subject_id=number,
                    label=upper.name,
                    before={path: told.before.get(path) for path in seats},
                    after={"forum": told.label, **{path: told.after[path] for path in seats}},
                )


def label_of(found: Any) -> str | None:
    """The name of a row as people know it, None when it has none of its own."""
    for name in ("name", "title", "sv", "label", "text", "slug"):
        value = getattr(found, name, None)
        if isinstance(value, str) and value:
            return value[:80]
    return None
