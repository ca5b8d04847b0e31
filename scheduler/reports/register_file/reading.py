"""From the bytes of a register file to plain values that know their lines.

Values are those of YAML 1.2: only ``true`` and ``false`` are truth values, a number has no leading zero, a
date is text. So an unquoted NO is the text "NO" (YAML 1.1 reads false), 004 is the text "004" (YAML 1.1: 4)
and 2021-12-01 keeps its own spelling. Repetitions (& and *), tags (!) and keys given twice are refused,
because the file would not say what it seems to say.
Not here: what the keys mean (``entries`` and the files of each subject).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from scheduler.errors import Problem, Refused
from scheduler.i18n import lazy, mark

#: Largest file read, in bytes: forty times the county's own.
LARGEST = 2_000_000
#: Deepest nesting read; the county's own file has seven levels.
DEEPEST = 40

_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+([eE][-+]?[0-9]{1,3})?")
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_FLAGS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
#: What no database column holds or no page shows: control characters but tab and line feed, half surrogates.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LONGEST_KEY = 60


class Record(dict[str, Any]):
    """A mapping of the file, with the line it begins on and the line of each key."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}


class Items(list[Any]):
    """A list of the file, with the line it begins on and the line of each item."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


def at_line(line: int, text: str, **values: object) -> Problem:
    """A problem whose words begin with the line: "rad 12: …"; ``text`` is a Swedish message id."""
    return Problem(None, mark("rad %(line)s: %(reason)s"), {"line": line, "reason": lazy(text, **values)})


def read(content: bytes) -> Record:
    """The file's values, from UTF-8 bytes.

    Raises Refused with every problem found, or the first one where reading cannot go on.
    """
    if len(content) > LARGEST:
        raise Refused(Problem(None, mark("Filen är större än %(most)s kB."), {"most": LARGEST // 1000}))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Refused(at_line(line, mark("tecknen är inte UTF-8. Spara filen som UTF-8."))) from None
    builder = _Builder(text)
    tree = builder.build()
    if builder.problems:
        raise Refused(*builder.problems)
    if tree is None:
        raise Refused(Problem(None, mark("Filen är tom.")))
    if not isinstance(tree, Record):
        raise Refused(at_line(1, mark("filen ska bestå av nycklar som organisations och forums.")))
    return tree


def _plain_value(text: str) -> Any:
    """The value of a scalar written without quotation marks."""
    if text in _NULL:
        return None
    if text in _FLAGS:
        return _FLAGS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text


class _Builder:
    """Builds the values from the parser's events; ``problems`` are those that reading can go on after."""

    def __init__(self, text: str) -> None:
        self.problems: list[Problem] = []
        self._events = self._parse(text)

    def _parse(self, text: str) -> Iterator[yaml.Event]:
        try:
            yield from yaml.parse(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            place = error.problem_mark or error.context_mark
            line = place.line + 1 if place else 1
            raise Refused(
                at_line(line, mark("här går filen inte att läsa som YAML (%(why)s)."), why=error.problem)
            ) from None
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            raise Refused(at_line(line, mark("här står ett tecken som inte går att visa."))) from None

    def build(self) -> Any:
        """The value of the one document, None when there is none."""
        value = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._note(event, mark("filen ska vara ett enda dokument, utan --- mellan delar."))
                    break
                value = self._value(next(self._events), 1)
        return value

    def _note(self, event: yaml.Event, text: str, **values: object) -> None:
        self.problems.append(at_line(_line(event), text, **values))

    def _value(self, event: yaml.Event, depth: int) -> Any:
        if depth > DEEPEST:
            raise Refused(at_line(_line(event), mark("filen har fler nivåer än %(most)s."), most=DEEPEST))
        if isinstance(event, yaml.AliasEvent):
            self._note(event, mark("upprepning med * läses inte. Skriv ut värdet."))
            return None
        if getattr(event, "tag", None) is not None:
            self._note(event, mark("taggar (!) läses inte. Skriv värdet utan tagg."))
        if getattr(event, "anchor", None) is not None:
            self._note(event, mark("upprepning med & läses inte. Skriv ut värdet."))
        if isinstance(event, yaml.MappingStartEvent):
            return self._record(event, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._items(event, depth)
        if not isinstance(event, yaml.ScalarEvent):
            raise TypeError(event)
        if _UNPRINTABLE.search(event.value):
            self._note(event, mark("här står ett tecken som inte går att visa."))
        return _plain_value(event.value) if event.implicit[0] else event.value

    def _items(self, start: yaml.Event, depth: int) -> Items:
        items = Items(_line(start))
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.lines.append(_line(event))
            items.append(self._value(event, depth + 1))
        return items

    def _record(self, start: yaml.Event, depth: int) -> Record:
        record = Record(_line(start))
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, depth)
            line = _line(event)
            value = self._value(next(self._events), depth + 1)
            if key in record:
                self._note(
                    event,
                    mark("nyckeln %(key)s står två gånger, först på rad %(first)s."),
                    key=key,
                    first=record.lines[key],
                )
            else:
                record[key] = value
                record.lines[key] = line
        return record

    def _key(self, event: yaml.Event, depth: int) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            self._note(event, mark("en nyckel ska vara ett ord."))
            self._value(event, depth + 1)
            return ""
        key: str = event.value
        if not 0 < len(key) <= _LONGEST_KEY or "/" in key or _UNPRINTABLE.search(key) or "\n" in key:
            self._note(event, mark("nyckeln %(key)s går inte att använda."), key=key[:_LONGEST_KEY])
        return key


def _line(event: yaml.Event) -> int:
    """The line an event begins on, counted from 1."""
    return event.start_mark.line + 1 if event.start_mark else 1
