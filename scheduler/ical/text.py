"""Text as calendars can carry it, and the words the writer itself adds. Not here: escaping and folding (``writer``)."""

from __future__ import annotations

import re
import unicodedata

_LINE_BREAKS = re.compile("\r\n?")
#: Control characters but TAB and LF, NEL among them, the two Unicode separators, and halves of pairs (F02).
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
#: White space in one line that is longer than anybody means. It would fill a whole folded line of a calendar, and
#: vdirsyncer throws a line away that holds nothing else.
_LONG_GAP = re.compile(r"([^\S\n]{20})[^\S\n]+")

#: What the title of a cancelled meeting begins with, by language (F15). A table rather than the catalogue, since
#: the lint must know every language's word at once.
CANCELLED_PREFIX = {"sv": "INSTÄLLT: ", "en": "CANCELLED: "}


def clean_text(value: str) -> str:
    """``value`` fit to be stored and written to a calendar; for everything a person types (F02, SEC-7).

    Line breaks become LF; control characters but TAB and LF, U+2028, U+2029 and lone surrogates are taken out; of white
    space in a row on one line twenty characters are kept; the rest is NFC. Cleaning twice gives the same text.
    """
    cleaned = _LONG_GAP.sub(r"\1", _UNWANTED.sub("", _LINE_BREAKS.sub("\n", value)))
    return unicodedata.normalize("NFC", cleaned)


def one_line(value: str) -> str:
    """``value`` cleaned and on one line: runs of white space become one space."""
    return " ".join(clean_text(value).split())
