"""Every text a person can see has English words, and no catalogue holds what nothing says."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from scheduler import i18n
from scheduler.register.rules import CONTEXT, WORDS
from scheduler.reports.register_file.report import FIELDS, TABLES

PACKAGE = Path(__file__).parents[2] / "scheduler"
KEYWORDS = {
    "_": None, "gettext": None, "lazy": None, "mark": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2),
    "Problem": (2,),
}  # fmt: skip
CATALOGUES = sorted((PACKAGE / "translations" / "en").glob("*.po"))
PLACES = re.compile(r"%\((\w+)\)[sd]")
#: Context and Swedish text, the singular of two.
Key = tuple[str, str]


@dataclass(frozen=True)
class Said:
    """A text where it is said: its plural, if it has one, and the place."""

    plural: str | None
    place: str


def said() -> dict[Key, Said]:
    found = {(CONTEXT, text): Said(None, "the register's words") for text in register_words()}
    methods = [("**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
    for file, line, message, _comments, context in extract_from_dir(
        PACKAGE, methods, {"templates/**.html": {"trimmed": "true"}}, keywords=KEYWORDS
    ):
        one, plural = message if isinstance(message, (tuple, list)) else (message, None)
        if one:
            found[context or "", one] = Said(plural, f"{file}:{line}")
    return found


def register_words() -> set[str]:
    """What ``pgettext`` is given from tables, with the context of the register."""
    return {text for table in (WORDS, TABLES, FIELDS) for text in table.values()}


@dataclass(frozen=True)
class Translated:
    """An entry of a catalogue: its plural, if it has one, and its English."""

    file: str
    plural: str | None
    texts: tuple[str, ...]


def translated() -> dict[Key, Translated]:
    found = {}
    for path in CATALOGUES:
        with path.open("rb") as file:
            for message in read_po(file, locale="en", abort_invalid=True):
                if message.id:
                    key, plural = message.id if isinstance(message.id, (tuple, list)) else (message.id, None)
                    texts = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
                    found[message.context or "", key] = Translated(path.name, plural, tuple(texts))
    return found


def test_every_text_has_english_words():
    texts = translated()
    missing = {key: text.place for key, text in said().items() if not (key in texts and all(texts[key].texts))}
    assert missing == {}


def test_no_catalogue_holds_what_nothing_says():
    spoken = said()
    assert [f"{text.file}: {key[1]}" for key, text in translated().items() if key not in spoken] == []


def test_same_text_is_translated_alike_in_every_file():
    i18n.catalogue.cache_clear()
    assert set(i18n.catalogue("en")) == set(translated())


def test_texts_with_a_plural_have_one_in_english():
    texts = translated()
    wrong = {
        key: (text.plural, texts[key].plural)
        for key, text in said().items()
        if key in texts and texts[key].plural != text.plural
    }
    assert wrong == {}


def test_translations_fill_the_same_places():
    wrong = {
        key[1]: text
        for key, entry in translated().items()
        for swedish, text in zip((key[1], entry.plural), entry.texts, strict=False)
        if set(PLACES.findall(text)) != set(PLACES.findall(swedish))
    }
    assert wrong == {}


def test_english_is_calm_and_typed_as_english():
    """No exclamation marks, no Swedish quotation marks, no clock with a full stop."""
    wrong = [
        text
        for entry in translated().values()
        for text in entry.texts
        if re.search(r"(?<!\()!|”|\bkl\. |\d\d\.\d\d", text)
    ]
    assert wrong == []


def test_no_text_hides_in_an_f_string():
    """Extraction does not look inside f-strings, so a text there would never be missed."""
    hidden = [
        f"{path.relative_to(PACKAGE)}:{call.lineno}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for string in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(string, ast.JoinedStr)
        for call in ast.walk(string)
        if isinstance(call, ast.Call)
        and isinstance(call.func, (ast.Name, ast.Attribute))
        and (call.func.id if isinstance(call.func, ast.Name) else call.func.attr) in KEYWORDS
        and any(isinstance(argument, ast.Constant) for argument in call.args)
    ]
    assert hidden == []
