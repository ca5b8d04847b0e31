"""Putting values of an entry into the columns of a row, and what is assumed about them along with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import String

from scheduler.reports.register_file.values import LONGEST_TEXT, OriginRow, Row

if TYPE_CHECKING:
    from scheduler.reports.register_file.entries import Entry


class Filler:
    """Puts values of an entry into the columns of a row; a key the entry lacks leaves the column alone."""

    def __init__(self, entry: Entry, row: Row) -> None:
        self.entry = entry
        self.row = row

    def of(self, entry: Entry) -> Filler:
        """A filler of the same row from another entry."""
        return Filler(entry, self.row)

    def set(self, column: str, value: Any, key: str) -> None:
        """Puts ``value``, which stood under ``key``, into ``column``."""
        if value is None and not self.row.model.__table__.c[column].nullable:
            # Null where the table wants a value: the column's own default is as good as silence.
            return
        self.row.fields[column] = value
        self.row.lines[column] = self.entry.line_of(key)
        if self.entry.assumes(key):
            self.assume(column)

    def assume(self, column: str | None) -> None:
        """Marks ``column`` (None: the row) as assumed."""
        origin = OriginRow.assumption(column)
        if origin not in self.row.origins:
            self.row.origins.append(origin)

    def phrase(self, column: str | None, key: str = "phrase") -> None:
        """Keeps the source's own words, under ``key``, for ``column`` (None: the row)."""
        words = self.entry.text(key, most=LONGEST_TEXT)
        if words is not None:
            self.row.origins.append(OriginRow.words(column, words))

    def text(self, column: str, key: str | None = None, *, required: bool = False, inner: str = "value") -> None:
        """A text, as long as the column holds."""
        key = key or column
        if key in self.entry or required:
            kind = self.row.model.__table__.c[column].type
            most = (kind.length if isinstance(kind, String) else None) or LONGEST_TEXT
            self.set(column, self.entry.text(key, most=most, required=required, inner=inner), key)

    def whole(self, column: str, least: int, most: int, key: str | None = None) -> None:
        """A whole number."""
        key = key or column
        if key in self.entry:
            self.set(column, self.entry.whole(key, least, most), key)

    def flag(self, column: str, key: str | None = None) -> None:
        """True or false; null is false."""
        key = key or column
        if key in self.entry:
            self.set(column, bool(self.entry.flag(key)), key)

    def ref(self, column: str, key: str, *families: str, required: bool = False) -> None:
        """A reference."""
        if key in self.entry or required:
            self.set(column, self.entry.ref(key, *families, required=required), key)

    def partial_date(self, column: str, precision_column: str, key: str) -> None:
        """A date and its precision, under ``key`` and ``key_precision``."""
        if key in self.entry:
            found = self.entry.partial_date(key, f"{key}_precision")
            self.set(column, found.on if found else None, key)
            self.row.fields[precision_column] = found.precision if found else "day"
