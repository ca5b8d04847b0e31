"""Reading a record of the file by type: every value is taken once, what nobody takes becomes a statement.

An ``Entry`` gives the values of one record and notes a problem, with its line, for each that is not what it
should be; reading goes on, so that all problems are found at once. Not here: which keys go where (the files
of each subject), how they get into a row (``filling``), syntax (``reading``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from scheduler import i18n
from scheduler.db import Base
from scheduler.i18n import mark
from scheduler.organisations.rules import partial_date_text, read_partial_date
from scheduler.reports.register_file.book import NOT_THERE, Book, Known, source_numbers
from scheduler.reports.register_file.filling import Filler
from scheduler.reports.register_file.leftovers import Leftovers, Notes
from scheduler.reports.register_file.reading import Items, Record
from scheduler.reports.register_file.values import META, OriginRow, Ref, Row

#: Texts longer than this may have several lines.
LONG = 1000


class PartialDate(NamedTuple):
    """A date known to a precision: the first day of what is known, and day, month, year or decade."""

    on: date
    precision: str


class Entry:
    """One record of the file, or a record within it."""

    def __init__(self, book: Book, values: Record, record: str, *, path: str = "", outer: Entry | None = None) -> None:
        self.book = book
        self.values = values
        #: The name of the whole record, and the path of this part in it.
        self.record = record
        self.path = path
        self._outer = outer
        #: What is known of the whole record, by the paths of the file; its parts share it.
        self.whole_record: Notes = outer.whole_record if outer and outer.record == record else Notes(set(), {}, {})
        self._wrapped: set[str] = set()
        self.sources: tuple[str, ...] = self._sources()
        fields = values.get("assumed_fields")
        self._assumed_fields = [f for f in fields if isinstance(f, str)] if isinstance(fields, Items) else []

    # ------------------------------------------------------------ where it comes from

    @property
    def line(self) -> int:
        """The line the record begins on."""
        return self.values.line

    @property
    def is_assumed(self) -> bool:
        """Whether the record says that it is assumed."""
        return self.values.get("assumed") is True

    def _sources(self) -> tuple[str, ...]:
        if "src" not in self.values:
            return self._outer.sources if self._outer else ()
        return source_numbers(self.values["src"])

    def assumes(self, key: str) -> bool:
        """Whether the value of ``key`` is assumed, otherwise than with the whole top-level record."""
        return key in self._assumed_fields or key in self._wrapped or (self.path != "" and self.is_assumed)

    # ------------------------------------------------------------ taking values

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def line_of(self, key: str) -> int:
        """The line of ``key``, or of the record when it has none."""
        return self.values.lines.get(key, self.values.line)

    def take(self, key: str, inner: str = "value") -> Any:
        """The value of ``key``, from now on not a statement; ``{value: x, assumed: true}`` gives x."""
        value = self.values.get(key)
        self.whole_record.taken.add(self._join(key))
        if isinstance(value, Record) and inner in value and set(value) <= {inner, *META}:
            if value.get("assumed") is True:
                self._wrapped.add(key)
            return value[inner]
        return value

    def _join(self, key: object) -> str:
        return f"{self.path}/{key}" if self.path else str(key)

    def _want(self, key: str, text: str, **values: object) -> None:
        self.book.note(self.line_of(key), text, key=key, **values)

    def text(
        self, key: str, *, most: int = 200, required: bool = False, inner: str = "value", lines: bool | None = None
    ) -> str | None:
        """The text of ``key``, at most ``most`` characters; None when it is null or missing."""
        value = self.take(key, inner)
        if value is None or value == "":
            if required:
                self._want(key, mark("%(key)s saknas."))
            return None
        if not isinstance(value, str):
            self._want(key, mark("%(key)s ska vara text. Sätt värdet inom citattecken."))
            return None
        value = value.strip()
        if len(value) > most:
            self._want(key, mark("%(key)s är %(n)s tecken, högst %(most)s går in."), n=len(value), most=most)
        if "\n" in value and not (most > LONG if lines is None else lines):
            self._want(key, mark("%(key)s ska stå på en rad."))
        return value

    def whole(self, key: str, least: int, most: int) -> int | None:
        """The whole number of ``key``, between ``least`` and ``most``; None when it is null or missing."""
        value = self.take(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self._want(key, mark("%(key)s ska vara ett heltal mellan %(least)s och %(most)s."), least=least, most=most)
            return None
        return value

    def flag(self, key: str) -> bool | None:
        """True or false of ``key``; None when it is null or missing."""
        value = self.take(key)
        if value is not None and not isinstance(value, bool):
            self._want(key, mark("%(key)s ska vara true eller false."))
            return None
        return value

    def choice(self, key: str, words: Sequence[str]) -> str | None:
        """The word of ``key``, one of ``words``; None when it is null or missing."""
        value = self.text(key)
        if value is not None and value not in words:
            self._want(
                key, mark("%(key)s är %(value)s, ska vara något av %(words)s."), value=value, words=", ".join(words)
            )
            return None
        return value

    def texts(self, key: str, *, most: int = 200) -> list[str]:
        """The list of texts of ``key``, empty when it is null or missing."""
        value = self.take(key)
        if value is None:
            return []
        if not isinstance(value, Items):
            self._want(key, mark("%(key)s ska vara en lista."))
            return []
        found = []
        for item, line in zip(value, value.lines, strict=True):
            if not isinstance(item, str) or not item.strip():
                self.book.note(line, mark("varje del av %(key)s ska vara text. Sätt värdet inom citattecken."), key=key)
            elif len(item) > most:
                self.book.note(
                    line, mark("%(key)s är %(n)s tecken, högst %(most)s går in."), key=key, n=len(item), most=most
                )
            else:
                found.append(item)
        return found

    def partial_date(self, key: str, precision_key: str) -> PartialDate | None:
        """The date of ``key`` with its precision, which ``precision_key`` has to agree with."""
        value = self.take(key)
        precision = self.text(precision_key)
        if value is None:
            return None
        read = read_partial_date(str(value)) if isinstance(value, (str, int)) else None
        found = PartialDate(*read) if read else None
        if found is None:
            self._want(key, mark("%(value)s är inget datum. Skriv 2026-03-03, 2026-03, 2026 eller 1990s."), value=value)
            return None
        if precision is not None and precision != found.precision:
            self._want(
                precision_key,
                mark("%(key)s är %(precision)s, men datumet har precisionen %(found)s."),
                precision=precision,
                found=found.precision,
            )
        return found

    def date_fact(self, key: str) -> None:
        """Leaves the date of ``key`` a statement, checked, that shows the date in words."""
        if self.values.get(key) is None:
            return
        found = self.partial_date(key, f"{key}_precision")
        self.whole_record.taken.difference_update({self._join(key), self._join(f"{key}_precision")})
        if found:
            with i18n.use_language("sv"):
                self.whole_record.shown[self._join(key)] = partial_date_text(found.on, found.precision)

    # ------------------------------------------------------------ references

    def _known(self, value: object, line: int, families: Sequence[str], key: str) -> Known | None:
        if not isinstance(value, str):
            self.book.note(line, mark("%(key)s ska vara text. Sätt värdet inom citattecken."), key=key)
            return None
        found = self.book.find(value, families)
        if found is None:
            self.book.note(line, NOT_THERE[families[0]], id=value)
        return found

    def known(self, key: str, *families: str, required: bool = False) -> Known | None:
        """What the id of ``key`` stands for; None when it is null, missing or unknown."""
        value = self.take(key)
        if value is None:
            if required:
                self._want(key, mark("%(key)s saknas."))
            return None
        return self._known(value, self.line_of(key), families, key)

    def ref(self, key: str, *families: str, required: bool = False) -> Ref | None:
        """A reference to what the id of ``key`` stands for; None when it is null, missing or unknown."""
        found = self.known(key, *families, required=required)
        return Ref(found.record) if found else None

    def all_known(self, key: str, *families: str) -> list[Known]:
        """What the id, or each id of the list, of ``key`` stands for; unknown ones are noted and left out."""
        value = self.take(key)
        if value is None:
            return []
        ids = value if isinstance(value, Items) else [value]
        lines = value.lines if isinstance(value, Items) else [self.line_of(key)]
        found = (self._known(id_, line, families, key) for id_, line in zip(ids, lines, strict=True))
        return [known for known in found if known]

    def name_refs(self, key: str, *families: str) -> None:
        """Leaves the ids of ``key`` as statements, checked, that show the names of what they stand for."""
        value = self.values.get(key)
        if value is None:
            return
        path = self._join(key)
        if isinstance(value, Items):
            places = [(f"{path}/{i}", id_, line) for i, (id_, line) in enumerate(zip(value, value.lines, strict=True))]
        else:
            places = [(path, value, self.line_of(key))]
        for place, id_, line in places:
            if known := self._known(id_, line, families, key):
                self.whole_record.shown[place] = known.name

    # ------------------------------------------------------------ parts

    def part(self, key: str) -> Entry | None:
        """The record under ``key``; None when it is null, missing or no record."""
        value = self.values.get(key)
        if value is None:
            self.whole_record.taken.add(self._join(key))
            return None
        if not isinstance(value, Record):
            self._want(key, mark("%(key)s ska ha nycklar och värden."))
            return None
        return Entry(self.book, value, self.record, path=self._join(key), outer=self)

    def parts(self, key: str) -> list[Entry]:
        """The records in the list under ``key``; empty when it is null or missing."""
        value = self.values.get(key)
        if value is None:
            return []
        if not isinstance(value, Items):
            self._want(key, mark("%(key)s ska vara en lista."))
            return []
        found = []
        for index, (item, line) in enumerate(zip(value, value.lines, strict=True)):
            if isinstance(item, Record):
                path = self._join(f"{key}/{index}")
                found.append(Entry(self.book, item, self.record, path=path, outer=self))
            else:
                self.book.note(line, mark("varje post i %(key)s ska ha nycklar och värden."), key=key)
        return found

    def call(self, segment: str, name: str) -> None:
        """Lets the statements of this item be found under ``segment``, not its index, and begin with ``name``."""
        self.whole_record.called[self.path] = (segment, name)

    # ------------------------------------------------------------ rows and statements

    def row(self, model: type[Base], record: str, label: str, *, sources: bool = True, **more: Any) -> Filler:
        """A row made of this entry, with the record's own sources and assumption, added to the register."""
        row = Row(record=record, model=model, label=label, line=self.line, **more)
        if sources:
            row.origins += [OriginRow.cited(number) for number in self.sources]
        if self.is_assumed:
            row.origins.append(OriginRow.assumption(None))
        self.book.register.rows.append(row)
        return Filler(self, row)

    def finish(self, subject: Ref | None) -> None:
        """Makes statements about ``subject`` (None: the county) of all that was not taken."""
        if "/" in self.record:
            self.whole_record.taken.add("id")
        leftovers = Leftovers(self.book, self.record, self.whole_record)
        for position, leaf in enumerate(leftovers.walk(self.values, self.sources)):
            leaf.subject = subject
            leaf.position = position
            self.book.register.leaves.append(leaf)


def entries_of(book: Book, known: Sequence[Known]) -> list[Entry]:
    """An entry for each record."""
    return [Entry(book, one.values, one.record) for one in known]
