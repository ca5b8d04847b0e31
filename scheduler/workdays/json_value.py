"""Reading a JSON document strictly: each value knows its place and refuses with it.

For the case files of ``workdays.cases`` and ``cadence.cases``. A refusal names the place as
``C01: forum.start``. Not here: what the keys mean.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from scheduler.errors import Problem, Refused
from scheduler.i18n import mark

Choice = TypeVar("Choice", bound=StrEnum)

#: Days outside these years are slips of the pen; inside them every rule can be reckoned.
FIRST_YEAR = 1900
LAST_YEAR = 2199


class JsonValue:
    """One value of a document and where it stands."""

    def __init__(self, raw: Any, place: str = "") -> None:
        self.raw = raw
        self.place = place

    def refuse(self, text: str, **values: object) -> NoReturn:
        """Raises Refused with ``text`` (a message id) for this place."""
        raise Refused(Problem(self.place or None, text, values))

    def has(self, key: str) -> bool:
        """Whether the object has ``key`` with another value than null."""
        return isinstance(self.raw, dict) and self.raw.get(key) is not None

    def get(self, key: str) -> JsonValue:
        """The member ``key`` of an object, null when it is not there."""
        if not isinstance(self.raw, dict):
            self.refuse(mark("Ange ett objekt"))
        stop = "" if not self.place or self.place.endswith(" ") else "."
        return JsonValue(self.raw.get(key), f"{self.place}{stop}{key}")

    def need(self, key: str) -> JsonValue:
        """The member ``key``; refuses when it is not there."""
        member = self.get(key)
        if member.raw is None:
            member.refuse(mark("Värdet saknas"))
        return member

    def items(self) -> Iterator[JsonValue]:
        """The elements of an array, each with its number from 0 in its place."""
        if not isinstance(self.raw, (list, tuple)):
            self.refuse(mark("Ange en lista"))
        for n, raw in enumerate(self.raw):
            yield JsonValue(raw, f"{self.place}[{n}]")

    def pair(self) -> tuple[JsonValue, JsonValue]:
        """The two elements of an array of two."""
        elements = list(self.items())
        if len(elements) != 2:  # noqa: PLR2004 - a pair has two
            self.refuse(mark("Ange två värden"))
        return elements[0], elements[1]

    @contextmanager
    def placing(self) -> Iterator[None]:
        """Places a refusal of a value object made from this one, which names only its own field."""
        try:
            yield
        except Refused as refusal:
            raise Refused(*(Problem(self._member(p.field), p.text, p.values) for p in refusal.problems)) from None

    def _member(self, name: str | None) -> str:
        return self.get(name).place if name is not None and isinstance(self.raw, dict) else self.place

    def text(self) -> str:
        """A string that is not empty."""
        if not isinstance(self.raw, str) or not self.raw.strip():
            self.refuse(mark("Ange en text"))
        return self.raw

    def whole(self) -> int:
        """A whole number; true and false are none."""
        if not isinstance(self.raw, int) or isinstance(self.raw, bool):
            self.refuse(mark("Ange ett heltal"))
        return self.raw

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.raw, bool):
            self.refuse(mark("Ange true eller false"))
        return self.raw

    def word(self, words: Collection[str]) -> str:
        """One of ``words``."""
        if not isinstance(self.raw, str) or self.raw not in words:
            self.refuse(mark("Ange något av %(words)s"), words=", ".join(words))
        return self.raw

    def choice(self, kind: type[Choice]) -> Choice:
        """One of the words of ``kind``."""
        return kind(self.word([str(word) for word in kind]))

    def moment(self) -> date | datetime:
        """A day, a local time, or an instant with its offset, as ISO text (or a value YAML has read)."""
        value = self.raw
        if isinstance(value, str):
            try:
                value = date.fromisoformat(value) if len(value) <= len("2026-03-31") else datetime.fromisoformat(value)
            except ValueError:
                value = None
        if not isinstance(value, date) or not FIRST_YEAR <= value.year <= LAST_YEAR:
            self.refuse(mark("Ange en dag som 2026-03-31"))
        return value

    def day(self) -> date:
        """A day without a time."""
        value = self.moment()
        if isinstance(value, datetime):
            self.refuse(mark("Ange en dag utan klockslag"))
        return value


def cases_of(document: Any) -> list[tuple[str, JsonValue]]:
    """The cases of a file with their ids: its ``cases``, or the file itself when it is a list.

    Refuses when a case has no id or two have the same.
    """
    whole = JsonValue(document)
    listed = whole if isinstance(document, (list, tuple)) else whole.need("cases")
    found: dict[str, JsonValue] = {}
    for case in listed.items():
        id_value = case.need("id")
        name = id_value.text()
        if name in found:
            id_value.refuse(mark("Två fall heter %(name)s"), name=name)
        found[name] = JsonValue(case.raw, f"{name}: ")
    return list(found.items())
