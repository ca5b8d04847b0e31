"""Languages: the text catalogue, dates and times as people write them, and Swedish order.

Swedish is the language the texts are written in (the message ids); English stands in
``translations/en/*.po``, one file an area. The language in use is a context variable, so that a page, a
mail and a command each say theirs once. Sorting and searching keys are here because both databases must
agree on them (spec domain §6). Not here: time zones of forums and meetings.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any, Literal

from babel import Locale, UnknownLocaleError
from babel.dates import get_day_names, get_month_names

LANGUAGES = ("sv", "en")
TRANSLATIONS = Path(__file__).with_name("translations")

_language: ContextVar[str] = ContextVar("takt_language", default="sv")

#: Languages whose own month names Babel lacks, and where to look instead (spec domain §6).
FALLBACK = {"fit": "fi", "fi": "sv", "smj": "se", "sma": "se", "sje": "se", "sju": "se", "se": "sv"}


def language() -> str:
    """The language in use, one of ``LANGUAGES``."""
    return _language.get()


def set_language(code: str) -> None:
    """Uses ``code`` from here on in this context (a request, a thread); unknown codes mean Swedish."""
    _language.set(code if code in LANGUAGES else "sv")


@contextmanager
def use_language(code: str) -> Iterator[None]:
    """Uses ``code`` inside the block."""
    token = _language.set(code if code in LANGUAGES else "sv")
    try:
        yield
    finally:
        _language.reset(token)


# ---------------------------------------------------------------- texts


@cache
def catalogue(code: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """(context or "", message id) → translations (one, or one and many), read once from the .po files.

    Raises ValueError when two files translate the same message differently.
    """
    from babel.messages.pofile import read_po  # noqa: PLC0415 - only English needs the reader

    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for path in sorted((TRANSLATIONS / code).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=code):
                if not message.id or not message.string:
                    continue
                key = message.id[0] if isinstance(message.id, (tuple, list)) else message.id
                text = message.string
                value = tuple(text) if isinstance(text, (tuple, list)) else (text,)
                earlier = found.setdefault((message.context or "", key), value)
                if earlier != value and message.id:
                    raise ValueError(f"{path.name}: {key!r} is translated as {earlier} elsewhere")
    return found


def gettext(message: str, **values: object) -> str:
    """``message`` in the language in use, its ``%(name)s`` places filled from ``values``."""
    return pgettext("", message, **values)


def pgettext(context: str, message: str, **values: object) -> str:
    """As ``gettext``, for a word that means different things in different ``context``."""
    text = message
    if language() != "sv":
        text = catalogue(language()).get((context, message), (message,))[0]
    return text % values if values else text


def ngettext(one: str, many: str, n: int, **values: object) -> str:
    """``one`` when n is 1, else ``many``, in the language in use; ``%(n)s`` is filled with n."""
    forms: tuple[str, ...] = (one, many)
    if language() != "sv":
        forms = catalogue(language()).get(("", one), forms)
    text = forms[0] if n == 1 or len(forms) == 1 else forms[1]
    return text % {"n": n, **values}


def mark(message: str) -> str:
    """``message`` itself: marks a text for the catalogue where it is only stored, not yet shown."""
    return message


class LazyText:
    """A text that is translated each time it is shown: labels of forms, names in tables of code."""

    def __init__(self, message: str, **values: object) -> None:
        self.message = message
        self.values = values

    def __str__(self) -> str:
        """The text in the language in use."""
        return gettext(self.message, **self.values)

    def __html__(self) -> str:
        """The text escaped for HTML."""
        from markupsafe import escape  # noqa: PLC0415 - only pages need it

        return str(escape(str(self)))


def lazy(message: str, **values: object) -> Any:
    """``message``, translated when shown; a LazyText, which WTForms takes where its types ask for str."""
    return LazyText(message, **values)


# ---------------------------------------------------------------- dates and times


def locale_of(code: str) -> Locale:
    """The Babel locale with month names nearest to ``code`` (spec domain §6: fit → fi → sv …)."""
    while True:
        try:
            locale = Locale.parse(code)
            if not get_month_names("wide", locale=locale)[1].startswith("M0"):
                return locale
        except UnknownLocaleError:
            pass
        code = FALLBACK.get(code, "sv")


@cache
def _months(width: Literal["abbreviated", "wide"], code: str) -> dict[int, str]:
    return {n: name.rstrip(".") for n, name in get_month_names(width, locale=locale_of(code)).items()}


@cache
def _days(width: Literal["abbreviated", "wide"], code: str) -> dict[int, str]:
    return {n: name.rstrip(".") for n, name in get_day_names(width, locale=locale_of(code)).items()}


def month_name(month: int, *, short: bool = False) -> str:
    """ "september", short "sep" (1 = January)."""
    name = _months("abbreviated" if short else "wide", language())[month]
    return name[:3] if short else name


def day_name(weekday: int, *, short: bool = False) -> str:
    """ "tisdag", short "tis" (0 = Monday)."""
    return _days("abbreviated" if short else "wide", language())[weekday]


def date_text(day: date, *, weekday: bool = True, year: bool = False, short: bool = False) -> str:
    """ "tisdag 3 mars 2026"; English "Tuesday 3 March 2026"; ``short`` shortens the weekday alone."""
    parts = [f"{day.day} {month_name(day.month)}"]
    if weekday:
        parts.insert(0, day_name(day.weekday(), short=short))
    if year:
        parts.append(str(day.year))
    return " ".join(parts)


def time_text(at: time | datetime) -> str:
    """ "13.00", in English "13:00"."""
    return f"{at.hour:02d}{'.' if language() == 'sv' else ':'}{at.minute:02d}"


def span_text(start: time | datetime, end: time | datetime) -> str:
    """ "13.00–15.00": both ends included in the text, the meeting ends at the second."""
    return f"{time_text(start)}–{time_text(end)}"


def number_word(n: int) -> str:
    """ "tio" for 10: a count that begins a sentence; figures above twelve."""
    words = {
        "sv": ["noll", "ett", "två", "tre", "fyra", "fem", "sex", "sju", "åtta", "nio", "tio", "elva", "tolv"],
        "en": ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
    }[language()]
    return words[n] if 0 <= n < len(words) else str(n)


# ---------------------------------------------------------------- order and search

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzåäö"
_OWN_LETTERS = {"đ": "d", "ŋ": "n", "ŧ": "t", "ø": "ö", "æ": "ä", "ß": "ss", "ð": "d", "þ": "th", "ł": "l"}


def _fold(text: str, *, keep: str) -> str:
    """Lower case without accents, but for the letters in ``keep``."""
    out = []
    for char in unicodedata.normalize("NFC", text).casefold():
        if char in keep:
            out.append(char)
        elif char in _OWN_LETTERS:
            out.append(_OWN_LETTERS[char])
        else:
            out.append("".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c)))
    return "".join(out)


def sort_key(text: str) -> str:
    """A text whose code-point order is Swedish order: å ä ö last, v before w, accents second to letters.

    Equal on both databases whatever their collation, since it holds only a–z, 0–9 and the space.
    """
    key = []
    for char in _fold(text, keep="åäö"):
        if char in _ALPHABET:
            key.append(f"{_ALPHABET.index(char) + 10:02d}")
        elif char.isspace() or char in "-–/":
            key.append("00")
        elif char.isalnum():
            key.append("99")
    return "".join(key)[:400]


def search_key(text: str) -> str:
    """What ``text`` is found by: case and accents folded, with å ä ö both kept and folded.

    "Ájtte" gives "ajtte", "Älvsbyn" gives "älvsbyn alvsbyn": either way of typing finds it.
    """
    kept = " ".join(_fold(text, keep="åäö").split())
    plain = " ".join(_fold(text, keep="").split())
    return kept if kept == plain else f"{kept} {plain}"


def search_words(query: str) -> list[str]:
    """The words of a query, each folded as ``search_key`` keeps them; all must occur in a hit."""
    return _fold(query, keep="åäö").split()


def search_rank(name: str, words: Sequence[str]) -> int:
    """How well ``name`` answers the ``search_words`` of a query, the best first.

    0: it begins as they were typed; 1: each of them begins a word of it; 2: they are found within.
    """
    forms = [" ".join(_fold(name, keep=letters).split()) for letters in ("åäö", "")]
    if any(form.startswith(" ".join(words)) for form in forms):
        return 0
    begun = (all(any(part.startswith(word) for part in form.split()) for word in words) for form in forms)
    return 1 if any(begun) else 2
