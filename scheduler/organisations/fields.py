"""What may be written in a field: the value as it is stored, or a problem at the field. Pure.

The tables ``FIELDS`` of the domains name their fields with the readers of this module. Not here: whether what a
field refers to exists (``references``), rules between fields (each domain's ``rules``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Protocol
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from email_validator import EmailNotValidError, validate_email

from scheduler.errors import Problem, Refused
from scheduler.i18n import mark
from scheduler.ical.text import clean_text, one_line

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
#: The largest id the tables hold.
_LARGEST_ID = 2**31 - 1
MISSING = mark("Fyll i fältet")
CHOOSE = mark("Välj något i listan")
ENCODED = mark("Tecknen =? får inte stå efter varandra, för e-postprogram läser dem som kod")


class Unfit(Exception):
    """A value cannot stand in its field; ``text`` is a Swedish message id filled from ``values``."""

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text)
        self.text = text
        self.values = values


class Field(Protocol):
    """Reads what was given for one field."""

    def read(self, value: Any) -> Any:
        """``value`` as it is stored, None for nothing; raises Unfit."""


@dataclass(frozen=True)
class Text:
    """Words on one line, or several with ``lines``; cleaned, at most ``limit`` characters.

    ``missing`` is what is said when the field is empty; None: it may be. Words on one line may come to stand in a
    header of a mail, where programs take ``=?`` for the beginning of an encoded word (SEC-6); ``mailed`` False: they
    never do.
    """

    limit: int
    missing: str | None = None
    lines: bool = False
    mailed: bool = True

    def read(self, value: Any) -> str | None:
        """The words without spaces around them; None when there are none."""
        words = str(value or "")
        cleaned = clean_text(words).strip() if self.lines else one_line(words)
        if len(cleaned) > self.limit:
            raise Unfit(mark("Högst %(limit)s tecken"), limit=self.limit)
        if not cleaned and self.missing:
            raise Unfit(self.missing)
        if "=?" in cleaned and self.mailed and not self.lines:
            raise Unfit(ENCODED)
        return cleaned or None


@dataclass(frozen=True)
class Choice:
    """One of ``values``; nothing at all when ``optional``."""

    values: Collection[str]
    optional: bool = False

    def read(self, value: Any) -> str | None:
        """The value chosen."""
        if self.optional and (value is None or value == ""):
            return None
        if value not in self.values:
            raise Unfit(CHOOSE)
        return str(value)


@dataclass(frozen=True)
class Number:
    """A whole number from ``low`` to ``high``, both included; nothing at all when ``optional``."""

    low: int
    high: int
    optional: bool = False

    def read(self, value: Any) -> int | None:
        """The number."""
        if self.optional and (value is None or value == ""):
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not self.low <= value <= self.high:
            raise Unfit(mark("Ange ett heltal mellan %(low)s och %(high)s"), low=self.low, high=self.high)
        return value


@dataclass(frozen=True)
class Flag:
    """Yes or no; neither when ``optional``."""

    optional: bool = False

    def read(self, value: Any) -> bool | None:
        """True or False, None for neither."""
        return None if value is None and self.optional else bool(value)


@dataclass(frozen=True)
class Day:
    """A civil date; ``missing`` as for Text."""

    missing: str | None = None

    def read(self, value: Any) -> date | None:
        """The date."""
        if value is None and self.missing:
            raise Unfit(self.missing)
        if value is not None and type(value) is not date:
            raise Unfit(mark("Ange ett datum"))
        return value


@dataclass(frozen=True)
class Clock:
    """A wall-clock time."""

    def read(self, value: Any) -> time:
        """The time."""
        if not isinstance(value, time):
            raise Unfit(mark("Ange ett klockslag"))
        return value


@dataclass(frozen=True)
class Reference:
    """The row of another table, by its id; ``missing`` as for Text."""

    missing: str | None = None

    def read(self, value: Any) -> int | None:
        """The id."""
        if value is None or value == "":
            if self.missing:
                raise Unfit(self.missing)
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _LARGEST_ID:
            raise Unfit(CHOOSE)
        return value


@dataclass(frozen=True)
class Web:
    """A web address; without a scheme it is read as https. ``secure`` takes https alone (SEC-7)."""

    limit: int
    secure: bool = False

    def read(self, value: Any) -> str | None:
        """The address with its scheme."""
        address = one_line(str(value or ""))
        if not address:
            return None
        if "://" not in address:
            address = f"https://{address}"
        try:
            parts = urlsplit(address)
            # A port that is no number ("javascript:alert(1)") raises too.
            host = parts.hostname if parts.port != 0 else None
        except ValueError:
            host = None
        if not host or " " in address or parts.username is not None or parts.scheme not in self._schemes():
            raise Unfit(mark("Ange en webbadress som börjar med https://"))
        if len(address) > self.limit:
            raise Unfit(mark("Högst %(limit)s tecken"), limit=self.limit)
        return address

    def _schemes(self) -> set[str]:
        return {"https"} if self.secure else {"https", "http"}


@dataclass(frozen=True)
class Zone:
    """An IANA time zone."""

    def read(self, value: Any) -> str:
        """The zone's name."""
        try:
            return ZoneInfo(str(value)).key
        except (OSError, ValueError, KeyError):  # what zoneinfo raises for names that are paths, odd or unknown
            raise Unfit(mark("Välj en tidszon")) from None


@dataclass(frozen=True)
class Language:
    """A language by its BCP 47 code."""

    def read(self, value: Any) -> str:
        """The code."""
        code = str(value or "")
        if not _LANGUAGE.fullmatch(code) or len(code) > 10:  # noqa: PLR2004 - the width of the column
            raise Unfit(mark("Ange språket med sin kod, till exempel sv, en eller smj"))
        return code


@dataclass(frozen=True)
class Email:
    """An e-mail address that our relay can write to; no look-up is made."""

    def read(self, value: Any) -> str | None:
        """The address with its domain in lower case (and in ASCII)."""
        address = one_line(str(value or ""))
        if not address:
            return None
        try:
            found = validate_email(address, check_deliverability=False, allow_smtputf8=False)
        except EmailNotValidError:
            raise Unfit(mark("%(address)s är ingen e-postadress"), address=address) from None
        if "=?" in address:
            raise Unfit(ENCODED)
        return found.ascii_email or found.normalized


def read(fields: Mapping[str, Field], values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """The values of ``values`` as they are stored, and a problem for each that cannot be (those are left out).

    Raises KeyError for a name that ``fields`` has not.
    """
    stored: dict[str, Any] = {}
    problems = []
    for name, value in values.items():
        try:
            stored[name] = fields[name].read(value)
        except Unfit as unfit:
            problems.append(Problem(name, unfit.text, unfit.values))
    return stored, problems


def refuse(problems: Collection[Problem]) -> None:
    """Raises Refused when there are problems."""
    if problems:
        raise Refused(*problems)


def order_problem(field: str, from_on: date | None, to_on: date | None) -> list[Problem]:
    """A problem at ``field`` when the last day comes before the first; None is open."""
    if from_on is not None and to_on is not None and to_on < from_on:
        return [Problem(field, mark("Sista dagen kan inte ligga före den första"))]
    return []


def read_reason(text: str | None) -> str | None:
    """Why something is changed, as it is kept; None for nothing. Raises Refused at ``reason`` when it is too long."""
    values, problems = read({"reason": Text(20_000, lines=True)}, {"reason": text})
    refuse(problems)
    reason: str | None = values["reason"]
    return reason
