"""What a register file becomes: rows of tables and facts without a column, before anything is stored.

Not here: how they are read (``entries``), how they meet what the database holds (``merging``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from scheduler.db import Base

#: Keys of any record that say where its other values come from.
META = frozenset({"src", "assumed", "assumed_fields"})
#: The longest text of any column or statement.
LONGEST_TEXT = 20_000


@dataclass(frozen=True)
class Ref:
    """A reference to the row of another record ("organisations/ajtte"), a number only once that row is stored."""

    record: str


class OriginRow(NamedTuple):
    """A row of provenance: the column it is about (None: the record), source number, phrase, assumed."""

    field: str | None
    source: str | None
    phrase: str | None
    assumed: bool

    @classmethod
    def cited(cls, source: str) -> OriginRow:
        """The record stands in a source."""
        return cls(field=None, source=source, phrase=None, assumed=False)

    @classmethod
    def words(cls, field: str | None, phrase: str) -> OriginRow:
        """The source's own words for a column."""
        return cls(field=field, source=None, phrase=phrase, assumed=False)

    @classmethod
    def assumption(cls, field: str | None) -> OriginRow:
        """A column is assumed."""
        return cls(field=field, source=None, phrase=None, assumed=True)


@dataclass
class Row:
    """One row of a table as the file has it."""

    #: Its name in the file: "forums/run", "forums/run/cadence".
    record: str
    model: type[Base]
    #: What a person calls it in the report.
    label: str
    line: int
    #: The row whose history tells of this one; None: its own.
    owner: Ref | None = None
    #: Column → value (a plain value or a Ref). Only what the file says.
    fields: dict[str, Any] = field(default_factory=dict)
    #: Column → line.
    lines: dict[str, int] = field(default_factory=dict)
    #: Names, themes and the like, which are rows of their own tables but one value of this row (``lists``).
    lists: dict[str, Any] = field(default_factory=dict)
    origins: list[OriginRow] = field(default_factory=list)
    #: Columns by which a row that no load made is taken for this one.
    match: tuple[str, ...] = ()
    #: Columns that only make sense together: one of them changed by hand keeps them all.
    together: tuple[str, ...] = ()
    #: Set when the row is made, never compared afterwards.
    at_first: dict[str, Any] = field(default_factory=dict)

    @property
    def ref(self) -> Ref:
        """A reference to this row."""
        return Ref(self.record)


@dataclass
class Leaf:
    """A value of the file that has no column of its own: a statement to be."""

    record: str
    #: Its path in the record: "tasks/0/sv".
    path: str
    #: The row it is about; None: the county.
    subject: Ref | None
    text: str
    value: Any
    assumed: bool
    sources: tuple[str, ...]
    line: int
    #: Place among the record's statements.
    position: int = 0

    @property
    def key(self) -> str:
        """The first word of the path."""
        return self.path.split("/", 1)[0]


@dataclass
class Register:
    """A whole file, read and found in order."""

    rows: list[Row] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    #: Keys that no part of Takt knows: (line, record, key). Their values are statements.
    unknown: list[tuple[int, str, str]] = field(default_factory=list)
