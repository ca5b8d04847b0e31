"""A phrase cut into words, numbers and signs that remember where they stood (spec cadence §9, first lines).

Case, kinds of dashes and kinds of spaces make no difference, nor whether å is one character or two. Not
here: what the words mean together (``phrases``).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_DASHES = "‐‑‒–—―−﹘﹣-"

NUMBER_WORDS = {
    word: n
    for n, words in enumerate(
        (
            "en ett one once",
            "två two twice",
            "tre three",
            "fyra four",
            "fem five",
            "sex six",
            "sju seven",
            "åtta eight",
            "nio nine",
            "tio ten",
            "elva eleven",
            "tolv twelve",
        ),
        start=1,
    )
    for word in words.split()
}
ORDINAL_WORDS = {
    word: n
    for n, words in enumerate(
        (
            "första first",
            "andra second",
            "tredje third",
            "fjärde fourth",
            "femte fifth",
            "sjätte sixth",
            "sjunde seventh",
            "åttonde eighth",
            "nionde ninth",
            "tionde tenth",
            "elfte eleventh",
            "tolfte twelfth",
        ),
        start=1,
    )
    for word in words.split()
}
#: The day of a month counted from its end: an ordinal, but no number.
LAST_WORDS = frozenset({"sista", "last"})

_TOKEN = re.compile(
    r"(?P<ordinal>[0-9]{1,2}(?=(?::(?:a|e|te|de)|e|a|st|nd|rd|th)(?![^\W_]))[:a-z]+)"
    r"|(?P<digits>[0-9]+)"
    r"|(?P<word>c:a(?![^\W_])|[^\W\d_]+)"
    r"|(?P<sign>\S)"
)
#: A number of three digits or more is a year or a registry number, never a count.
_MOST_DIGITS = 2


@dataclass(frozen=True)
class Token:
    """A word, number or sign, in lower case, and the characters of the phrase it was read from."""

    text: str
    start: int
    #: The first character after it.
    end: int
    #: What a number says (1–2 digits or a word), None for anything else.
    number: int | None = None
    #: What an ordinal says, 0 for "sista"; None for anything else.
    ordinal: int | None = None

    @property
    def is_word(self) -> bool:
        """Whether it is letters that say no number."""
        return self.number is None and self.text[0].isalpha()

    @property
    def is_figure(self) -> bool:
        """Whether it is digits, readable as a count or not."""
        return self.text[0].isdigit()


def cut(phrase: str) -> list[Token]:
    """The tokens of ``phrase``, in order; spaces are in none."""
    text, places = _plain(phrase)
    found = []
    for match in _TOKEN.finditer(text):
        word = match.group()
        start, end = places[match.start()], places[match.end()]
        if match.lastgroup == "ordinal":
            found.append(Token(word, start, end, ordinal=int(re.sub(r"\D", "", word))))
        elif match.lastgroup == "digits":
            found.append(Token(word, start, end, int(word) if len(word) <= _MOST_DIGITS else None))
        else:
            ordinal = 0 if word in LAST_WORDS else ORDINAL_WORDS.get(word)
            found.append(Token(word, start, end, NUMBER_WORDS.get(word), ordinal))
    return found


def _plain(phrase: str) -> tuple[str, list[int]]:
    """``phrase`` in one spelling, and for each character of it (and its end) the place in the original."""
    text: list[str] = []
    places: list[int] = []
    n = 0
    while n < len(phrase):
        end = n + 1
        while end < len(phrase) and unicodedata.combining(phrase[end]):
            end += 1
        whole = unicodedata.normalize("NFC", phrase[n:end])
        for char in whole:
            lower = char.lower()
            text.append("-" if char in _DASHES else " " if char.isspace() else lower if len(lower) == 1 else char)
            places.append(n)
        n = end
    return "".join(text), [*places, len(phrase)]
