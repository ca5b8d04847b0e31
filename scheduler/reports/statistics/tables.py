"""A table of a report as one value, from which the page, CSV and Excel are made, so that none says more than another.

Not here: what is counted (beside this), how a page draws it (``templates/reports``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from scheduler.i18n import gettext as _
from scheduler.reports.papers.package import csv_file
from scheduler.reports.xlsx import Cell, Sheet, write_xlsx


@dataclass(frozen=True)
class Of:
    """So many of all: "24 av 27"."""

    part: int
    whole: int

    @property
    def percent(self) -> int | None:
        """The share in whole percent, 100 only for all and 0 only for none; None of nothing."""
        return percent(self.part, self.whole)


def percent(part: int, whole: int) -> int | None:
    """``part`` of ``whole`` in whole percent; what is not all is never 100, what is something never 0."""
    if not whole:
        return None
    rounded = (200 * part + whole) // (2 * whole)
    if part < whole:
        rounded = min(rounded, 99)
    return max(rounded, 1) if part > 0 else rounded


@dataclass(frozen=True)
class Name:
    """A name of the register, perhaps with a page of its own."""

    text: str
    url: str = ""


@dataclass(frozen=True)
class State:
    """A word with the glyph that says the same."""

    glyph: Literal["met", "track", "risk", "behind", "none"]
    word: str


@dataclass(frozen=True)
class Drawing:
    """Markup that repeats the numbers of the row; no file has it."""

    markup: Any


#: What a cell holds; None where nothing is known or the question does not arise.
Value = str | int | Of | Name | State | Drawing | None


@dataclass(frozen=True)
class Column:
    """A column: its heading, and where it stands."""

    label: str
    #: ``count``, ``percent``, ``of`` are numbers; ``name``, ``text``, ``state`` and ``drawing`` are not.
    kind: str = "text"
    on_page: bool = True
    #: What an ``of`` counts all of, in a file, where it takes two columns: "med krav".
    whole: str = ""
    #: A heading that says more than there is room for.
    title: str = ""

    @property
    def is_number(self) -> bool:
        """Whether its cells stand to the right."""
        return self.kind in {"count", "percent", "of"}


@dataclass(frozen=True)
class Table:
    """A table: the first cell of each row names it."""

    #: Names it in an address, and the file.
    key: str
    title: str
    #: What is counted, and what the shares are of.
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]
    #: The sums, below all rows; None where adding up would mean nothing.
    total: Sequence[Value] | None = None

    @property
    def all_rows(self) -> list[Sequence[Value]]:
        """The rows, the sums last."""
        return [*self.rows, *([self.total] if self.total is not None else [])]


# ---------------------------------------------------------------- files


def csv_of(table: Table) -> bytes:
    """The table as CSV: numbers as numbers, the sums last."""
    return csv_file(list(_head(table)), [list(_plain(table, row)) for row in table.all_rows])


def xlsx_of(title: str, lead: str, tables: Sequence[Table], written_at: datetime) -> bytes:
    """A sheet for each of ``tables``, with the report's title and its sentence above the table."""
    return write_xlsx([_sheet(title, lead, table) for table in tables], written_at)


def _sheet(title: str, lead: str, table: Table) -> Sheet:
    head = list(_head(table))
    rows = [
        [Cell(f"{title}. {table.title}", "title")],
        [Cell(str(lead))],
        [Cell(str(table.caption))],
        [Cell(word, "head") for word in head],
        *([Cell("" if value is None else value) for value in _plain(table, row)] for row in table.rows),
    ]
    if table.total is not None:
        rows.append([Cell("" if value is None else value, "group") for value in _plain(table, table.total)])
    columns = [column for column in table.columns if column.kind != "drawing"]
    wide = {"name": 36, "text": 30, "state": 18}
    widths = [wide.get(column.kind, 12) for column in columns for _n in range(2 if column.kind == "of" else 1)]
    return Sheet(table.title, rows, widths, head_row=4)


def _head(table: Table) -> Iterator[str]:
    for column in table.columns:
        label = column.title or column.label
        if column.kind == "of":
            yield label
            yield f"{label}, {column.whole}"
        elif column.kind == "percent":
            yield _("%(column)s, procent", column=label)
        elif column.kind != "drawing":
            yield label


def _plain(table: Table, row: Sequence[Value]) -> Iterator[str | int | None]:
    for column, value in zip(table.columns, row, strict=True):
        if column.kind == "drawing":
            continue
        if column.kind == "of":
            # Where nothing was required there is only a part.
            yield value.part if isinstance(value, Of) else value if isinstance(value, int) else None
            yield value.whole if isinstance(value, Of) else None
        elif isinstance(value, Of):
            yield value.percent
        elif isinstance(value, Name):
            yield value.text
        elif isinstance(value, State):
            yield value.word
        else:
            assert not isinstance(value, Drawing)  # noqa: S101 - left out above
            yield value
