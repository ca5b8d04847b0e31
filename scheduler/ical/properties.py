"""One property → its finished content line, through ``icalendar``: escaped, folded, CRLF at the end.

The only module of the room that imports ``icalendar``, whose import costs a tenth of a second: ``writer`` imports
this one when the first event is rendered. Not here: which properties a meeting has (``writer``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from icalendar.parser import Contentline, Parameters
from icalendar.prop import vCalAddress, vDate, vDatetime, vGeo, vInt, vText, vUri


class _Text(vText):
    """``vText`` that keeps a backslash before a capital N, which icalendar 7.3 takes for a line break."""

    def to_ical(self) -> bytes:
        return rb"\\N".join(vText(part).to_ical() for part in self.split(r"\N"))


def text(name: str, value: str) -> bytes:
    """A TEXT property, X- properties among them; ``value`` is cleaned already."""
    return _line(name, _Text(value).to_ical())


def texts(name: str, values: Iterable[str]) -> bytes:
    """A TEXT property of several values, such as CATEGORIES, on one line where that can be read.

    ical.js takes the comma after a backslash for an escaped one, even when the backslash is: a value that ends in
    one ends its line, and the next begins another of the same name.
    """
    rows: list[list[str]] = [[]]
    for value in values:
        rows[-1].append(value)
        if value.endswith("\\"):
            rows.append([])
    return b"".join(_line(name, b",".join(_Text(value).to_ical() for value in row)) for row in rows if row)


def moment(name: str, value: date | datetime) -> bytes:
    """DTSTART and the like: a day, an instant in UTC (Z), or wall time with the TZID of its zone."""
    if not isinstance(value, datetime):
        return _line(name, vDate(value).to_ical(), Parameters({"VALUE": "DATE"}))
    params = Parameters({"TZID": value.tzinfo.key}) if isinstance(value.tzinfo, ZoneInfo) else None
    return _line(name, vDatetime(value).to_ical(), params)


def number(name: str, value: int) -> bytes:
    """An INTEGER property."""
    return _line(name, vInt(value).to_ical())


def place(name: str, latitude: float, longitude: float) -> bytes:
    """GEO, in degrees with six decimals at most.

    What lies within 0.0001 of nought becomes nought: Python would write 5e-05, which is no FLOAT of RFC 5545.
    """
    degrees = [0.0 if abs(value) < 0.0001 else round(value, 6) for value in (latitude, longitude)]  # noqa: PLR2004
    return _line(name, vGeo((degrees[0], degrees[1])).to_ical().encode())


def link(name: str, url: str, **params: str) -> bytes:
    """A URI property; ``params`` such as FEATURE="VIDEO"."""
    return _line(name, vUri(url).to_ical(), Parameters(params))


def person(name: str, common_name: str, address: str) -> bytes:
    """A CAL-ADDRESS property: a name on one line and an e-mail address."""
    # icalendar reads a backslash in a parameter as an escape, others as itself.
    params = Parameters({"CN": common_name.replace("\\", "/")})
    return _line(name, vCalAddress(f"mailto:{address}").to_ical(), params)


def raw(name: str, value: str, **params: str) -> bytes:
    """A property whose value is code of our own and needs no escaping, such as a DURATION."""
    return _line(name, value.encode(), Parameters(params))


def _line(name: str, value: bytes, params: Parameters | None = None) -> bytes:
    start = name.encode()
    if params:
        start += b";" + params.to_ical()
    folded: bytes = Contentline(start + b":" + value).to_ical()
    return _without_blank_lines(folded) + b"\r\n"


def _without_blank_lines(folded: bytes) -> bytes:
    """``folded`` so that no line of it is white space alone: vdirsyncer throws such lines away.

    What is missing comes from the end of the line before: a cleaned text has no gap as long as a line.
    """
    lines = folded.decode().split("\r\n")
    if all(map(str.strip, lines)):
        return folded
    for at in range(len(lines) - 1, 0, -1):
        if not lines[at].strip():
            kept = lines[at - 1].rstrip()[:-1]
            lines[at] = f" {lines[at - 1][len(kept) :]}{lines[at][1:]}"
            lines[at - 1] = kept
    return "\r\n".join(lines).encode()
