"""What a paper says, whatever it is written as: a title, facts, and blocks in reading order. Pure values.

A writer (``pdf``, ``word``) knows nothing but these. Text is plain: an empty line begins a new paragraph, a line break
stays. Not here: what minutes or a summons say (``minutes_paper``, ``summons_paper``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

#: What neither XML nor a printer knows: control characters but tab and line feed, lone surrogates, non-characters.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def printable(text: str) -> str:
    """``text`` without what a file of XML cannot hold; line ends as LF."""
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


@dataclass(frozen=True)
class Heading:
    """A heading below the title: level 1 to 3."""

    text: str
    level: int = 1
    #: Small words after it, as "§ 41".
    mark: str | None = None


@dataclass(frozen=True)
class Text:
    """Running text; ``label`` stands before it in bold ("Beslut")."""

    text: str
    label: str | None = None

    @property
    def paragraphs(self) -> list[list[str]]:
        """The lines of each paragraph."""
        pieces = re.split(r"\n[ \t]*\n+", self.text.strip("\n"))
        return [piece.split("\n") for piece in pieces if piece.strip()]


@dataclass(frozen=True)
class Points:
    """A list with a dot before each."""

    points: Sequence[str]


@dataclass(frozen=True)
class Table:
    """Rows of text under a row of headings; the first cell of a row is its heading."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Piece:
    """Some words of a cell, struck or marked as new."""

    text: str
    look: Literal["plain", "gone", "new"] = "plain"


@dataclass(frozen=True)
class Grid:
    """A table of short cells under groups; the first cell of a row is its heading, and no cell is split by a page."""

    caption: str
    head: Sequence[str]
    #: Group → rows → cells → pieces.
    groups: Sequence[tuple[str, Sequence[Sequence[Sequence[Piece]]]]]


@dataclass(frozen=True)
class Signature:
    """A line to sign on, or the words that say it is signed elsewhere."""

    name: str
    role: str
    #: "Justerat 29 september 2026"; None: a line to sign on by hand.
    done: str | None = None


Block = Heading | Text | Points | Table | Grid | Signature


@dataclass(frozen=True)
class Paper:
    """One paper, in one language."""

    title: str
    #: Whose paper it is: the forum, the authority.
    publisher: str
    #: sv or en.
    language: str
    #: Label and value: time, place, who took part.
    facts: Sequence[tuple[str, str]] = ()
    blocks: Sequence[Block] = field(default_factory=list)
    #: Under the title: "Utkast", "Justerat".
    status: str | None = None
    #: At the foot of each page: what tells this text from another.
    footer: str = ""
    #: Whether its pages lie on their side.
    landscape: bool = False
