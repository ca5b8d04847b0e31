"""Zip files that are the same bytes each time they are made of the same files: no clock, no order of chance.

Names are made safe for every system that unpacks them. Not here: what is put into a package.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime

#: What Windows refuses in a name, and what would lead out of the folder.
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_LONGEST = 120


def safe_name(name: str) -> str:
    """``name`` as one part of a path that Windows, macOS and Linux take; its ending is kept when it is shortened."""
    clean = _UNSAFE.sub("-", name).strip(" .") or "-"
    if _RESERVED.match(clean):
        clean = f"_{clean}"
    stem, dot, ending = clean.rpartition(".")
    if not dot or len(ending) > 10:  # noqa: PLR2004 - longer is no ending but a word
        return clean[:_LONGEST].rstrip(" .")
    return f"{stem[: _LONGEST - len(ending) - 1].rstrip(' .')}.{ending}"


def make_zip(files: Iterable[tuple[str, bytes]], at: datetime) -> bytes:
    """A zip of ``files`` (path with "/", body) in the order given, each dated ``at``; two of one path get a number.

    Each part of a path must be safe already (``safe_name``).
    """
    out = io.BytesIO()
    taken: set[str] = set()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for path, body in files:
            free = _free(path, taken)
            taken.add(free.casefold())
            package.writestr(_entry(free, at), body)
    return out.getvalue()


def settled(body: bytes, at: datetime) -> bytes:
    """The zip ``body`` with every entry dated ``at``."""
    with zipfile.ZipFile(io.BytesIO(body)) as package:
        return make_zip([(name, package.read(name)) for name in package.namelist()], at)


def _free(path: str, taken: set[str]) -> str:
    stem, dot, ending = path.rpartition(".")
    number, free = 2, path
    while free.casefold() in taken:
        free = f"{stem} ({number}).{ending}" if dot and "/" not in ending else f"{path} ({number})"
        number += 1
    return free


def _entry(path: str, at: datetime) -> zipfile.ZipInfo:
    utc = at.astimezone(UTC)
    entry = zipfile.ZipInfo(path, (utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry
