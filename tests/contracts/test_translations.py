"""Every text a person can see has English words, and no catalogue holds what nothing says."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

PACKAGE = Path(__file__).parents[2] / "scheduler"
KEYWORDS = {
    "_": None, "gettext": None, "lazy": None, "mark": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2),
    "Problem": (2,),
}  # fmt: skip
CATALOGUES = sorted((PACKAGE / "translations" / "en").glob("*.po"))
PLACES = re.compile(r"%\((\w+)\)s")


def said() -> dict[tuple[str, str], str]:
    """(context, message) → where it is said."""
    found = {}
    methods = [("**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
    for file, line, message, _comments, context in extract_from_dir(
        PACKAGE, methods, {"templates/**.html": {"trimmed": "true"}}, keywords=KEYWORDS
    ):
        key = message[0] if isinstance(message, (tuple, list)) else message
        if key:
            found[context or "", key] = f"{file}:{line}"
    return found


def translated() -> dict[tuple[str, str], tuple[Path, tuple[str, ...]]]:
    found = {}
    for path in CATALOGUES:
        with path.open("rb") as file:
            for message in read_po(file, locale="en", abort_invalid=True):
                if message.id:
                    key = message.id[0] if isinstance(message.id, (tuple, list)) else message.id
                    text = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
                    found[message.context or "", key] = (path, tuple(text))
    return found


def test_every_text_has_english_words():
    texts = translated()
    missing = {key: place for key, place in said().items() if not (key in texts and all(texts[key][1]))}
    assert missing == {}


def test_no_catalogue_holds_what_nothing_says():
    spoken = said()
    assert [f"{path.name}: {key[1]}" for key, (path, _text) in translated().items() if key not in spoken] == []


def test_translations_fill_the_same_places():
    wrong = {
        key[1]: text
        for key, (_path, texts) in translated().items()
        for text in texts
        if not set(PLACES.findall(text)) <= set(PLACES.findall(key[1])) | {"n"}
    }
    assert wrong == {}
