"""The whole register file while it is read: its ids, what they stand for, problems and results.

Not here: reading one record (``entries``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from scheduler import i18n
from scheduler.errors import Problem
from scheduler.i18n import mark
from scheduler.reports.register_file.reading import Items, Record, at_line
from scheduler.reports.register_file.values import Ref, Register

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")

#: Family of the file → what is said when an id is not in it.
NOT_THERE = {
    "contacts": mark("kontakten %(id)s finns inte i filen."),
    "decisions": mark("beslutet %(id)s finns inte i filen."),
    "forum_kinds": mark("forumtypen %(id)s finns inte i filen."),
    "forums": mark("forumet %(id)s finns inte i filen."),
    "organisation_types": mark("organisationstypen %(id)s finns inte i filen."),
    "organisations": mark("organisationen %(id)s finns inte i filen."),
    "roles": mark("befattningen %(id)s finns inte i filen."),
    "strategies": mark("strategin %(id)s finns inte i filen."),
    "themes": mark("ämnet %(id)s finns inte i filen."),
    "venues": mark("lokalen %(id)s finns inte i filen."),
}


@dataclass(frozen=True)
class Known:
    """An id of the file: the record it stands for, its values and the name people know it by."""

    record: str
    values: Record
    name: str

    @property
    def id(self) -> str:
        """The id itself."""
        return self.record.split("/")[1]

    @property
    def ref(self) -> Ref:
        """A reference to the row it becomes."""
        return Ref(self.record)


@dataclass
class Book:
    """The file being read; ``tracked_from_on`` and ``time_zone`` go into every forum that is made."""

    root: Record
    tracked_from_on: date
    time_zone: str
    problems: list[Problem] = field(default_factory=list)
    register: Register = field(default_factory=Register)
    #: Family → id → what it stands for.
    known: dict[str, dict[str, Known]] = field(default_factory=dict)
    #: Numbers of the sources that may be cited.
    sources: set[str] = field(default_factory=set)

    def note(self, line: int, text: str, **values: object) -> None:
        """Notes a problem; ``text`` is a Swedish message id."""
        self.problems.append(at_line(line, text, **values))

    def find(self, id_: str, families: Iterable[str]) -> Known | None:
        """What ``id_`` stands for in the first of ``families`` that has it."""
        for family in families:
            if found := self.known.get(family, {}).get(id_):
                return found
        return None

    def list_ids(self, family: str, values: Any, line: int, *, like: str | None = None) -> list[Known]:
        """The records of a list whose items have ids, from now on known; ``like`` is the family they count to.

        Items that are no records, without an id, or with an id that is taken, are noted and left out.
        """
        known = self.known.setdefault(like or family, {})
        if values is None:
            return []
        if not isinstance(values, Items):
            self.note(line, mark("%(key)s ska vara en lista."), key=family)
            return []
        found = []
        for item, at in zip(values, values.lines, strict=True):
            if not isinstance(item, Record):
                self.note(at, mark("varje post i %(key)s ska ha nycklar och värden."), key=family)
                continue
            id_ = self._id(item, family)
            if id_ is None:
                continue
            if id_ in known:
                self.note_twice(item.lines["id"], id_, known[id_].values.lines["id"])
                continue
            record = f"{'forums' if like == 'forums' else family}/{id_}"
            known[id_] = Known(record, item, _name_of(item, id_))
            found.append(known[id_])
        return found

    def note_twice(self, line: int, id_: str, first: int) -> None:
        """Notes an id that stands on ``line`` and on line ``first`` already."""
        self.note(line, mark("id %(id)s står två gånger, först på rad %(first)s."), id=id_, first=first)

    def _id(self, item: Record, family: str) -> str | None:
        id_ = item.get("id")
        line = item.lines.get("id", item.line)
        if id_ is None:
            self.note(line, mark("en post i %(key)s saknar id."), key=family)
        elif not isinstance(id_, str) or not _ID.fullmatch(id_):
            self.note(line, mark("%(id)s är inget id. Använd a–z, 0–9 och bindestreck, högst 50 tecken."), id=id_)
        else:
            return id_
        return None


def _name_of(values: Record, id_: str) -> str:
    for key in ("sv", "name", "title"):
        if isinstance(values.get(key), str):
            return str(values[key])
    return id_


def key_of(text: str) -> str:
    """A short text of letters and hyphens that ``text`` is kept under where the file gives no id."""
    return "-".join(re.findall(r"[a-zåäö0-9]+", " ".join(i18n.search_words(text))))[:50].strip("-")


def source_numbers(value: object) -> tuple[str, ...]:
    """The numbers of "000,004" or of a list of them; empty for anything else."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, Items) and all(isinstance(item, str) for item in value):
        return tuple(value)
    return ()
