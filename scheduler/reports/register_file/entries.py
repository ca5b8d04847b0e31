"""Reading a record of the file by type: every value is taken once, what nobody takes becomes a statement.

An ``Entry`` gives the values of one record and notes a problem, with its line, for each that is not what it
should be; reading goes on, so that all problems are found at once. A ``Filler`` puts values into the columns
of a row, and the assumption along with them. The ``Book`` is the whole file: its ids, problems and rows.
Not here: which keys go where (the files of each subject), syntax (``reading``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import String

from scheduler import i18n
from scheduler.db import Base
from scheduler.errors import Problem
from scheduler.i18n import mark
from scheduler.organisations.rules import partial_date_text, read_partial_date
from scheduler.register.rules import WORDS
from scheduler.reports.register_file.reading import Items, Record, at_line
from scheduler.reports.register_file.values import Leaf, OriginRow, Ref, Register, Row

#: Keys that say where the others come from.
META = frozenset({"src", "assumed", "assumed_fields"})
#: Texts longer than this may have several lines.
LONG = 1000
#: The longest path of a statement, and the longest text of any.
LONGEST_PATH = 200
LONGEST_TEXT = 20_000

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


class PartialDate(NamedTuple):
    """A date known to a precision: the first day of what is known, and day, month, year or decade."""

    on: date
    precision: str


@dataclass(frozen=True)
class Known:
    """An id of the file: the record it stands for, its values and the name people know it by."""

    record: str
    values: Record
    name: str


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

    def list_ids(self, family: str, values: Any, line: int, *, like: str | None = None) -> list[Entry]:
        """The entries of a list whose items have ids, each noted as known; ``like`` is the family it counts to.

        Items that are no records, without an id, or with an id that is taken, are noted and left out.
        """
        entries = []
        known = self.known.setdefault(like or family, {})
        if values is None:
            return []
        if not isinstance(values, Items):
            self.note(line, mark("%(key)s ska vara en lista."), key=family)
            return []
        for item, at in zip(values, values.lines, strict=True):
            if not isinstance(item, Record):
                self.note(at, mark("varje post i %(key)s ska ha nycklar och värden."), key=family)
                continue
            id_ = self._id(item, family)
            if id_ is None:
                continue
            if id_ in known:
                first = known[id_].values.lines["id"]
                self.note(
                    item.lines["id"], mark("id %(id)s står två gånger, först på rad %(first)s."), id=id_, first=first
                )
                continue
            record = f"{'forums' if like == 'forums' else family}/{id_}"
            known[id_] = Known(record, item, _name_of(item, id_))
            entries.append(Entry(self, item, record))
        return entries

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


@dataclass
class _Notes:
    """What the parts of one record know together; paths are those of the file."""

    #: Paths of values that have a place of their own.
    taken: set[str] = field(default_factory=set)
    #: Path of a value → the words its statement shows instead.
    shown: dict[str, str] = field(default_factory=dict)
    #: Path of an item → what stands for its number, and what its statements begin with.
    called: dict[str, tuple[str, str]] = field(default_factory=dict)


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
        self.whole_record: _Notes = outer.whole_record if outer and outer.record == record else _Notes()
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
        self.whole_record.taken -= {self._join(key), self._join(f"{key}_precision")}
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
            row.origins += [OriginRow(None, number, None, False) for number in self.sources]  # noqa: FBT003 - a column
        if self.is_assumed:
            row.origins.append(OriginRow(None, None, None, True))  # noqa: FBT003 - a column
        self.book.register.rows.append(row)
        return Filler(self, row)

    def finish(self, subject: Ref | None) -> None:
        """Makes statements about ``subject`` (None: the county) of all that was not taken."""
        if "/" in self.record:
            self.whole_record.taken.add("id")
        leaves = self._leaves(self.values, "", "", "", assumed=False, sources=())
        for position, leaf in enumerate(leaves):
            leaf.subject = subject
            leaf.position = position
            self.book.register.leaves.append(leaf)

    def _leaves(
        self, value: Any, path: str, shown: str, begins: str, *, assumed: bool, sources: tuple[str, ...], line: int = 0
    ) -> Iterator[Leaf]:
        if path in self.whole_record.taken:
            return
        if path in self.whole_record.called:
            segment, name = self.whole_record.called[path]
            shown, begins = f"{shown.rpartition('/')[0]}/{segment}", f"{name}: " if name else ""
        if isinstance(value, Record):
            self._check_meta(value)
            assumed = assumed or value.get("assumed") is True
            sources = source_numbers(value["src"]) if "src" in value else sources or self.sources
            fields = value.get("assumed_fields") or []
            for key, item in value.items():
                if key in META:
                    continue
                place = f"{path}/{key}" if path else key
                found = list(
                    self._leaves(
                        item,
                        place,
                        f"{shown}/{key}" if shown else key,
                        begins,
                        assumed=assumed or key in fields,
                        sources=sources,
                        line=value.lines[key],
                    )
                )
                if found and key not in WORDS:
                    self.book.register.unknown.append((value.lines[key], self.record, key))
                yield from found
        elif isinstance(value, Items):
            for index, item in enumerate(value):
                yield from self._leaves(
                    item,
                    f"{path}/{index}",
                    f"{shown}/{index}",
                    begins,
                    assumed=assumed,
                    sources=sources,
                    line=value.lines[index],
                )
        else:
            text = begins + self.whole_record.shown.get(path, shown_text(value)) if value is not None else ""
            if len(shown) > LONGEST_PATH or len(text) > LONGEST_TEXT:
                self.book.note(line, mark("%(key)s är för långt."), key=shown[:40])
            yield Leaf(self.record, shown, None, text, value, assumed, sources, line)

    def _check_meta(self, values: Record) -> None:
        if "src" in values:
            line = values.lines["src"]
            numbers = source_numbers(values["src"])
            if not numbers:
                self.book.note(line, mark("%(key)s ska vara text. Sätt värdet inom citattecken."), key="src")
            for number in numbers:
                if number not in self.book.sources:
                    self.book.note(line, mark("källan %(number)s är okänd."), number=number)
        if not isinstance(values.get("assumed", False), bool):
            self.book.note(values.lines["assumed"], mark("%(key)s ska vara true eller false."), key="assumed")
        fields = values.get("assumed_fields", Items(0))
        if not isinstance(fields, Items):
            self.book.note(values.lines["assumed_fields"], mark("%(key)s ska vara en lista."), key="assumed_fields")
            return
        for name, line in zip(fields, fields.lines, strict=True):
            if name not in values:
                self.book.note(line, mark("assumed_fields nämner %(name)s, som inte finns i posten."), name=name)


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
        self.row.fields[column] = value
        self.row.lines[column] = self.entry.line_of(key)
        if self.entry.assumes(key):
            self.assume(column)

    def assume(self, column: str | None) -> None:
        """Marks ``column`` (None: the row) as assumed."""
        origin = OriginRow(column, None, None, True)  # noqa: FBT003 - a column of the table
        if origin not in self.row.origins:
            self.row.origins.append(origin)

    def phrase(self, column: str | None, key: str = "phrase") -> None:
        """Keeps the source's own words, under ``key``, for ``column`` (None: the row)."""
        words = self.entry.text(key, most=LONGEST_TEXT)
        if words is not None:
            self.row.origins.append(OriginRow(column, None, words, False))  # noqa: FBT003 - a column of the table

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


def source_numbers(value: object) -> tuple[str, ...]:
    """The numbers of "000,004" or of a list of them; empty for anything else."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, Items) and all(isinstance(item, str) for item in value):
        return tuple(value)
    return ()


def shown_text(value: object) -> str:
    """A scalar of the file as a page shows it."""
    if isinstance(value, bool):
        return "ja" if value else "nej"
    return str(value)
