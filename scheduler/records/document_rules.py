"""What may be uploaded: by the name's ending, by what the bytes are, by size, and no bombs (SEC-16). Pure.

Not here: storing (``documents``), who may see what (``document_queries``), the scan for viruses (``scanning``).
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

from scheduler.errors import Problem
from scheduler.i18n import mark
from scheduler.organisations.fields import Unfit, Web


class Visibility(StrEnum):
    """Who may open a document."""

    PUBLIC = "public"
    PARTICIPANTS = "participants"
    SECRETARIAT = "secretariat"


@dataclass(frozen=True)
class FileKind:
    """One kind of file that is taken: what it is served as, and what proves that it is that."""

    media_type: str
    #: How the bytes begin; empty: text.
    magic: tuple[bytes, ...] = ()
    #: For a package: a name that must stand in it.
    within: str = ""
    #: For a package of ODF: what its member "mimetype" says.
    says: str = ""


_ZIP = (b"PK\x03\x04",)
_ODF = "application/vnd.oasis.opendocument."
_OOXML = "application/vnd.openxmlformats-officedocument."
#: Ending → what it must be. Nothing that a browser would run: no HTML, no SVG, no macros.
KINDS: Mapping[str, FileKind] = {
    "pdf": FileKind("application/pdf", (b"%PDF-",)),
    "docx": FileKind(f"{_OOXML}wordprocessingml.document", _ZIP, within="word/document.xml"),
    "xlsx": FileKind(f"{_OOXML}spreadsheetml.sheet", _ZIP, within="xl/workbook.xml"),
    "pptx": FileKind(f"{_OOXML}presentationml.presentation", _ZIP, within="ppt/presentation.xml"),
    "odt": FileKind(f"{_ODF}text", _ZIP, within="content.xml", says=f"{_ODF}text"),
    "ods": FileKind(f"{_ODF}spreadsheet", _ZIP, within="content.xml", says=f"{_ODF}spreadsheet"),
    "odp": FileKind(f"{_ODF}presentation", _ZIP, within="content.xml", says=f"{_ODF}presentation"),
    "rtf": FileKind("application/rtf", (b"{\\rtf",)),
    "txt": FileKind("text/plain"),
    "csv": FileKind("text/csv"),
    "png": FileKind("image/png", (b"\x89PNG\r\n\x1a\n",)),
    "jpg": FileKind("image/jpeg", (b"\xff\xd8\xff",)),
    "jpeg": FileKind("image/jpeg", (b"\xff\xd8\xff",)),
}
#: So many documents a meeting, or a forum, has at most, and versions a document.
MOST_DOCUMENTS = 200
MOST_VERSIONS = 100
#: A package holds at most so many members, unpacks to so many bytes, and to so many times its own size.
MOST_MEMBERS = 5_000
MOST_UNPACKED = 300_000_000
MOST_TIMES = 200
#: A package so small is none worth counting times of: a page of spaces packs well.
_SMALL = 1_000_000
_BAD = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff<>:\"/\\|?*]")
_LONGEST = 120

_WRONG_KIND = mark("Filen är inte det som namnet säger. Spara den på nytt i programmet och försök igen")
_BOMB = mark("Filen packar upp till mer än Takt tar emot")
_MACROS = mark("Filen innehåller makron. Spara den utan och försök igen")


def clean_name(name: str) -> str:
    """A file's name without folders, control and direction characters, at most 120 characters; "fil" for none."""
    last = unicodedata.normalize("NFC", name.replace("\\", "/")).rsplit("/", 1)[-1]
    words = " ".join(_BAD.sub(" ", last).split()).strip(". ")
    stem, dot, ending = words.rpartition(".")
    if not dot:
        stem, ending = words, ""
    stem = (stem or "fil")[: _LONGEST - len(ending) - 1].rstrip(". ")
    return f"{stem}.{ending.lower()}" if ending else stem


def ending_of(name: str) -> str:
    """The ending of a name, in lower case: "pdf"."""
    return PurePosixPath(name).suffix.lower().removeprefix(".")


def check_file(name: str, body: bytes, most_bytes: int) -> Problem | None:
    """What is wrong with an uploaded file, at the field "file"; None when it is taken."""
    kind = KINDS.get(ending_of(name))
    if kind is None:
        endings = ", ".join(sorted(KINDS.keys() - {"jpeg"}))
        return Problem(
            "file", mark("Filer av den sorten tas inte emot. Det går bra med %(endings)s"), {"endings": endings}
        )
    if not body:
        return Problem("file", mark("Filen är tom"))
    if len(body) > most_bytes:
        return Problem("file", mark("Filen får vara högst %(n)s MB"), {"n": most_bytes // 1_000_000})
    fault = _fault(kind, body)
    return None if fault is None else Problem("file", fault)


def _fault(kind: FileKind, body: bytes) -> str | None:
    if not kind.magic:
        return None if _is_text(body) else _WRONG_KIND
    if not body.startswith(kind.magic):
        return _WRONG_KIND
    return _package_fault(kind, body) if kind.magic == _ZIP else None


def _is_text(body: bytes) -> bool:
    """Whether the bytes are text of one of the encodings that programs here write; no NUL, no page of HTML."""
    begins = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"\0" in body or begins.startswith((b"<", *(magic for kind in KINDS.values() for magic in kind.magic))):
        return False
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return not any(byte < 9 or 13 < byte < 32 for byte in set(body))  # noqa: PLR2004 - control characters
    return True


def _package_fault(kind: FileKind, body: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as package:
            members = package.infolist()
            if len(members) > MOST_MEMBERS or _unpacks_too_far(members, len(body)):
                return _BOMB
            names = {member.filename for member in members}
            if len(names) != len(members) or any(member.flag_bits & 1 for member in members):
                return _WRONG_KIND
            if any(name.casefold().endswith("vbaproject.bin") or name.startswith("Basic/") for name in names):
                return _MACROS
            if kind.within not in names:
                return _WRONG_KIND
            if kind.says and _said(package) != kind.says:
                return _WRONG_KIND
    except (
        zipfile.BadZipFile,
        NotImplementedError,  # what zipfile says of a compression it does not know
        OSError,
        ValueError,
        RuntimeError,
        EOFError,
        LookupError,
        zlib.error,
    ):
        return _WRONG_KIND
    return None


def _unpacks_too_far(members: list[zipfile.ZipInfo], size: int) -> bool:
    """Whether the members together are too large, or lie over each other (more packed bytes than the file has)."""
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    return unpacked > MOST_UNPACKED or packed > size or (unpacked > _SMALL and unpacked > MOST_TIMES * size)


def _said(package: zipfile.ZipFile) -> str:
    """What a package of ODF says it is; a long answer is none."""
    if package.getinfo("mimetype").file_size > 200:  # noqa: PLR2004 - the longest name has 60 characters
        return ""
    return package.read("mimetype").decode("ascii", "replace").strip()


@dataclass(frozen=True)
class Link:
    """The https address where a document is kept."""

    def read(self, value: Any) -> str | None:
        """The address; None for nothing."""
        address = Web(1000, secure=True).read(value)
        if address is not None and any(not char.isprintable() for char in address):
            raise Unfit(mark("Ange en webbadress som börjar med https://"))
        return address


def size_words(size: int) -> str:
    """ "1,3 MB", "12 kB": as programs here show sizes, with a comma."""
    if size >= 1_000_000:  # noqa: PLR2004 - megabytes
        return f"{size / 1_000_000:.1f} MB".replace(".", ",")
    return f"{max(1, round(size / 1000))} kB"
