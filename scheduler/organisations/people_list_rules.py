"""What a pasted list of people says: a row for each of them, with what stands in the way. Pure.

Taken are cells copied from a sheet, lines with semicolons, and the recipients of a mail ("Åsa Öberg <asa@example.org>;
…"). The first line may name the columns. Not here: who is in the register already (``people_lists``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from scheduler.errors import Problem
from scheduler.i18n import mark, search_key
from scheduler.organisations.fields import Email, Text, Unfit

#: More than any secretariat pastes at once.
MOST: Final = 1000
#: How a column may be headed, as it is found (``search_key``).
HEADINGS: Final = {
    "name": {"namn", "name", "för- och efternamn", "kontaktperson"},
    "given_name": {"förnamn", "tilltalsnamn", "first name", "given name"},
    "family_name": {"efternamn", "last name", "surname", "family name"},
    "email": {"e-post", "epost", "e-postadress", "mejl", "mail", "email", "e-mail", "email address"},
    "organisation": {"organisation", "organization", "arbetsplats", "kommun", "company", "företag"},
    "phone": {"telefon", "mobil", "tel", "phone", "mobile"},
    "town": {"ort", "town", "city"},
}
_COLUMN: Final = {search_key(word): column for column, words in HEADINGS.items() for word in words}
_RECIPIENT: Final = re.compile(r"\s*\"?([^\"<>]*?)\"?\s*<\s*([^<>\s]+@[^<>\s]+)\s*>\s*")
_PHONE: Final = re.compile(r"[+()\d][\d\s()/–-]{4,}")
#: How many of the parts of a name say that the line has it in one.
_WHOLE: Final = 2


@dataclass(frozen=True)
class ListedPerson:
    """A line of the list. ``line`` counts from 1; "" where nothing was said."""

    line: int
    given_name: str = ""
    family_name: str = ""
    email: str = ""
    organisation: str = ""
    phone: str = ""
    town: str = ""

    @property
    def name(self) -> str:
        """Given name and family name."""
        return f"{self.given_name} {self.family_name}".strip()


def read_people(text: str) -> tuple[list[ListedPerson], list[Problem]]:
    """The people of a list in its order, and what is wrong, each problem at ``lines`` with its line."""
    columns: list[str] | None = None
    found: list[ListedPerson] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip(" \t;"):
            continue
        if recipients := _recipients(line):
            found += [_split(ListedPerson(number, email=email), name) for name, email in recipients]
            continue
        cells = _cells(line)
        if columns is None and not found:
            columns = _headings(cells)
            if columns is not None:
                continue
        found.append(_by_columns(number, cells, columns) if columns is not None else _by_content(number, cells))
    if len(found) > MOST:
        return [], [Problem("lines", mark("Listan har %(n)s personer. Klistra in högst %(most)s åt gången"),
                            {"n": len(found), "most": MOST})]  # fmt: skip
    cleaned = []
    for person in found:
        whole, wrong = _checked(person)
        cleaned.append(whole)
        problems += wrong
    return cleaned, problems + _twice(cleaned)


def _recipients(line: str) -> list[tuple[str, str]]:
    """Name and address of each recipient, when the line is nothing but recipients."""
    # Names in Outlook may hold a comma ("Öberg, Åsa <…>"), so only what follows an address ends one.
    parts = [part for part in re.split(r"(?<=>)\s*[;,]\s*|;", line) if part.strip(" \t,")]
    matched = [_RECIPIENT.fullmatch(part) for part in parts]
    return [(one[1], one[2]) for one in matched if one is not None] if matched and all(matched) else []


def _cells(line: str) -> list[str]:
    """The parts of a line: between tabs, or semicolons, or commas where an address stands between them."""
    if "\t" in line:
        parts = line.split("\t")
    elif ";" in line:
        parts = line.split(";")
    elif "@" in line and line.count(",") >= 1:
        parts = line.split(",")
    else:
        parts = [line]
    return [part.strip().strip('"').strip() for part in parts]


def _headings(cells: Sequence[str]) -> list[str] | None:
    """What each column holds ("" for one we have no use for); None when the line is no heading."""
    columns = [_COLUMN.get(search_key(cell), "") for cell in cells]
    named = [column for column in columns if column]
    is_heading = bool(named) and not any("@" in cell for cell in cells) and {"name", "family_name"} & set(named)
    return columns if is_heading else None


def _by_columns(number: int, cells: Sequence[str], columns: Sequence[str]) -> ListedPerson:
    values: dict[str, str] = {}
    for column, cell in zip(columns, cells, strict=False):
        if column and cell:
            values.setdefault(column, cell)
    name = values.pop("name", "")
    person = ListedPerson(number, **values)
    return _split(person, name) if name and not person.family_name else person


def _by_content(number: int, cells: Sequence[str]) -> ListedPerson:
    """What each part is, by what it looks like: an address, a telephone number, a name, and then the organisation."""
    person = ListedPerson(number)
    rest = []
    for cell in cells:
        if "@" in cell and not person.email:
            person = replace(person, email=cell.strip("<>"))
        elif _PHONE.fullmatch(cell) and not person.phone:
            person = replace(person, phone=cell)
        elif cell:
            rest.append(cell)
    if not rest:
        return person
    if len(rest) >= _WHOLE and " " not in rest[0] and "," not in rest[0]:
        person = replace(person, given_name=rest[0], family_name=rest[1])
        rest = rest[2:]
    else:
        person = _split(person, rest[0])
        rest = rest[1:]
    return replace(person, organisation=rest[0] if rest else "", town=rest[1] if len(rest) > 1 else "")


def _split(person: ListedPerson, name: str) -> ListedPerson:
    """The person with a whole name: "Öberg, Åsa", or all words but the last as given names."""
    family, comma, given = name.partition(",")
    if comma and given.strip():
        return replace(person, given_name=given.strip(), family_name=family.strip())
    given, _space, family = name.strip().rpartition(" ")
    return replace(person, given_name=given.strip() or family, family_name=family if given else "")


def _checked(person: ListedPerson) -> tuple[ListedPerson, list[Problem]]:
    problems = []
    if not person.name:
        problems.append(Problem("lines", mark("Rad %(n)s: skriv vad personen heter"), {"n": person.line}))
    elif not person.family_name or not person.given_name:
        text = mark("Rad %(n)s: skriv både förnamn och efternamn för %(name)s")
        problems.append(Problem("lines", text, {"n": person.line, "name": person.name}))
    cleaned: dict[str, Any] = {}
    limits = {"given_name": 100, "family_name": 100, "organisation": 200, "phone": 60, "town": 100}
    for column, limit in limits.items():
        try:
            cleaned[column] = Text(limit).read(getattr(person, column)) or ""
        except Unfit as unfit:
            # Told when it is shown, so that it is in the reader's language.
            why = Problem("lines", unfit.text, unfit.values)
            problems.append(Problem("lines", mark("Rad %(n)s: %(why)s"), {"n": person.line, "why": why}))
    try:
        cleaned["email"] = Email().read(person.email) or ""
    except Unfit:
        text = mark("Rad %(n)s: %(address)s är ingen e-postadress")
        problems.append(Problem("lines", text, {"n": person.line, "address": person.email[:80]}))
    return replace(person, **cleaned), problems


def _twice(people: Iterable[ListedPerson]) -> list[Problem]:
    """A problem for each line that says again what an earlier one did."""
    seen: dict[tuple[str, ...], int] = {}
    problems = []
    for person in people:
        if person.email:
            key: tuple[str, ...] = (person.email.casefold(),)
        else:
            key = (search_key(person.name), search_key(person.organisation))
        if key in seen:
            text = mark("Rad %(n)s: samma person som på rad %(first)s")
            problems.append(Problem("lines", text, {"n": person.line, "first": seen[key]}))
        seen.setdefault(key, person.line)
    return problems
