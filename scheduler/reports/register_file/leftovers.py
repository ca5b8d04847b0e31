"""What of a record nobody took: the statements to be, each with its path, its words and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from scheduler.i18n import mark
from scheduler.register.rules import WORDS
from scheduler.reports.register_file.book import Book, source_numbers
from scheduler.reports.register_file.reading import Items, Record
from scheduler.reports.register_file.values import LONGEST_TEXT, META, Leaf

#: The longest path of a statement.
LONGEST_PATH = 200


@dataclass(frozen=True)
class Notes:
    """What the parts of one record know together; paths are those of the file."""

    #: Paths of values that have a place of their own.
    taken: set[str]
    #: Path of a value → the words its statement shows instead.
    shown: dict[str, str]
    #: Path of an item → what stands for its number, and what its statements begin with.
    called: dict[str, tuple[str, str]]


@dataclass(frozen=True)
class _Spot:
    """Where the walk is, and what holds for all below."""

    #: The path in the file, and the one the statement gets.
    path: str = ""
    shown: str = ""
    begins: str = ""
    line: int = 0
    assumed: bool = False
    sources: tuple[str, ...] = ()
    #: Within a value whose key Takt does not know.
    unknown: bool = False

    def below(self, key: object, line: int) -> _Spot:
        """The spot of the value under ``key``."""
        path = f"{self.path}/{key}" if self.path else str(key)
        shown = f"{self.shown}/{key}" if self.shown else str(key)
        return replace(self, path=path, shown=shown, line=line)


class Leftovers:
    """Walks one record."""

    def __init__(self, book: Book, record: str, notes: Notes) -> None:
        self._book = book
        self._record = record
        self._notes = notes

    def walk(self, values: Record, sources: tuple[str, ...]) -> Iterator[Leaf]:
        """The statements of ``values``, in the file's order; ``sources`` are those of what it lies in."""
        yield from self._below(values, _Spot(sources=sources))

    def _below(self, value: Any, spot: _Spot) -> Iterator[Leaf]:
        if spot.path in self._notes.taken:
            return
        if spot.path in self._notes.called:
            segment, name = self._notes.called[spot.path]
            shown = f"{spot.shown.rpartition('/')[0]}/{segment}"
            spot = replace(spot, shown=shown, begins=f"{name}: " if name else "")
        if isinstance(value, Record):
            yield from self._of_record(value, spot)
        elif isinstance(value, Items):
            for index, item in enumerate(value):
                yield from self._below(item, spot.below(index, value.lines[index]))
        else:
            yield self._leaf(value, spot)

    def _of_record(self, values: Record, spot: _Spot) -> Iterator[Leaf]:
        self._check_meta(values)
        fields = values.get("assumed_fields")
        assumed_fields = fields if isinstance(fields, Items) else Items(0)
        sources = source_numbers(values["src"]) if "src" in values else spot.sources
        is_assumed = spot.assumed or values.get("assumed") is True
        for key, item in values.items():
            if key in META:
                continue
            is_new = not spot.unknown and key not in WORDS
            within = replace(
                spot.below(key, values.lines[key]),
                assumed=is_assumed or key in assumed_fields,
                sources=sources,
                unknown=spot.unknown or is_new,
            )
            leaves = list(self._below(item, within))
            if leaves and is_new:
                self._book.register.unknown.append((within.line, self._record, key))
            yield from leaves

    def _leaf(self, value: Any, spot: _Spot) -> Leaf:
        words = self._notes.shown.get(spot.path, _shown_text(value))
        text = f"{spot.begins}{words}" if value is not None else ""
        if len(spot.shown) > LONGEST_PATH or len(text) > LONGEST_TEXT:
            self._book.note(spot.line, mark("%(key)s är för långt."), key=spot.shown[:40])
        return Leaf(self._record, spot.shown, None, text, value, spot.assumed, spot.sources, spot.line)

    def _check_meta(self, values: Record) -> None:
        if "src" in values:
            line = values.lines["src"]
            numbers = source_numbers(values["src"])
            if not numbers:
                self._book.note(line, mark("%(key)s ska vara text. Sätt värdet inom citattecken."), key="src")
            for number in numbers:
                if number not in self._book.sources:
                    self._book.note(line, mark("källan %(number)s är okänd."), number=number)
        if not isinstance(values.get("assumed", False), bool):
            self._book.note(values.lines["assumed"], mark("%(key)s ska vara true eller false."), key="assumed")
        fields = values.get("assumed_fields", Items(0))
        if not isinstance(fields, Items):
            self._book.note(values.lines["assumed_fields"], mark("%(key)s ska vara en lista."), key="assumed_fields")
            return
        for name, line in zip(fields, fields.lines, strict=True):
            if not isinstance(name, str) or name not in values:
                self._book.note(line, mark("assumed_fields nämner %(name)s, som inte finns i posten."), name=name)


def _shown_text(value: object) -> str:
    """A scalar of the file as a page shows it."""
    if isinstance(value, bool):
        return "ja" if value else "nej"
    return str(value)
