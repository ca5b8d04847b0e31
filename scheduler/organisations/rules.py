"""Names, slugs, dates of reduced precision, spans of days: what organisations and persons go by. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import SequenceMatcher
from typing import Protocol, TypeVar

from scheduler import i18n
from scheduler.errors import Problem
from scheduler.i18n import gettext as _
from scheduler.i18n import mark
from scheduler.organisations.fields import Language, Text, Unfit

PRECISIONS = ("day", "month", "year", "decade")
#: Words that stand where a slug could, in the addresses of pages.
RESERVED_SLUGS = frozenset({"new"})
#: Letters that do not come apart into a letter and an accent.
_LETTERS = str.maketrans({"đ": "d", "ŋ": "n", "ŧ": "t", "ø": "o", "æ": "ae", "ß": "ss", "ð": "d", "þ": "th", "ł": "l"})
_SLUG_LENGTH = 80


class Named(Protocol):
    """What of a person decides how it is named."""

    @property
    def name(self) -> str:
        """The person's own name."""

    @property
    def protected(self) -> bool:
        """Whether the identity is protected."""


def shown_name(person: Named) -> str:
    """The name to show: "ledamot" ("member") for a person with protected identity (PRI-6)."""
    return _("ledamot") if person.protected else person.name


# ---------------------------------------------------------------- slugs


def slug_of(name: str) -> str:
    """The readable part of an address made from ``name``: "Årsmöte för Ájtte" gives "arsmote-for-ajtte".

    At most 80 characters, cut between words; empty when the name has no letter or figure that ASCII knows.
    """
    folded = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    words = re.findall(r"[a-z0-9]+", "".join(c for c in folded if not unicodedata.combining(c)))
    slug = ""
    for word in words:
        longer = f"{slug}-{word}" if slug else word[:_SLUG_LENGTH]
        if len(longer) > _SLUG_LENGTH:
            break
        slug = longer
    return slug


def free_slug(name: str, taken: Callable[[str], bool], *, otherwise: str) -> str:
    """The slug of ``name``, numbered from 2 while it is ``taken`` or reserved; ``otherwise`` where it is empty."""
    base = slug_of(name) or otherwise
    slug, n = base, 1
    while slug in RESERVED_SLUGS or taken(slug):
        n += 1
        slug = f"{base}-{n}"
    return slug


# ---------------------------------------------------------------- dates of reduced precision


def first_day(day: date, precision: str) -> date:
    """The first day of the month, year or decade that ``day`` lies in; ``day`` itself for precision day."""
    if precision == "month":
        return day.replace(day=1)
    if precision == "year":
        return day.replace(month=1, day=1)
    if precision == "decade":
        return date(day.year - day.year % 10, 1, 1)
    return day


def read_partial_date(text: str) -> tuple[date, str] | None:
    """The first day and the precision of "2021-12-24", "2021-12", "2019", "1990s" or "1990-talet".

    None for anything else.
    """
    words = text.strip().casefold()
    if match := re.fullmatch(r"(\d{3}0)(?:s|-talet)", words):
        parts, precision = [int(match[1]), 1, 1], "decade"
    elif match := re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", words):
        parts = [int(part or 1) for part in match.groups()]
        precision = "day" if match[3] else "month" if match[2] else "year"
    else:
        return None
    try:
        return date(*parts), precision
    except ValueError:
        return None


def partial_date_text(day: date, precision: str) -> str:
    """ "24 december 2021", "december 2021", "2019" or "1990-talet" ("1990s")."""
    if precision == "decade":
        return _("%(year)s-talet", year=day.year)
    if precision == "year":
        return str(day.year)
    if precision == "month":
        return f"{i18n.month_name(day.month)} {day.year}"
    return i18n.date_text(day, weekday=False, year=True)


@dataclass(frozen=True)
class ShownDay:
    """A day in a problem's text: "24 december 2021", in the language in which the text is shown."""

    day: date

    def __str__(self) -> str:
        return i18n.date_text(self.day, weekday=False, year=True)


# ---------------------------------------------------------------- spans of days


@dataclass(frozen=True)
class Span:
    """Days from–to, both included; None is open."""

    from_on: date | None
    to_on: date | None

    def __contains__(self, day: object) -> bool:
        """Whether ``day`` (a date) is one of them."""
        return (
            isinstance(day, date)
            and (self.from_on is None or self.from_on <= day)
            and (self.to_on is None or day <= self.to_on)
        )

    def overlaps(self, other: Span) -> bool:
        """Whether any day is in both."""
        return (self.from_on is None or other.to_on is None or self.from_on <= other.to_on) and (
            other.from_on is None or self.to_on is None or other.from_on <= self.to_on
        )

    def common(self, other: Span) -> Span | None:
        """The days in both; None when there are none."""
        if not self.overlaps(other):
            return None
        froms = [day for day in (self.from_on, other.from_on) if day is not None]
        tos = [day for day in (self.to_on, other.to_on) if day is not None]
        return Span(max(froms, default=None), min(tos, default=None))


def taken_problem(field: str, person: Named, span: Span) -> Problem:
    """A problem at ``field``: ``person`` is there in ``span`` (which has a first day)."""
    values: dict[str, object] = {"name": shown_name(person), "from_on": ShownDay(span.from_on or date.min)}
    if span.to_on is None:
        return Problem(field, mark("%(name)s sitter där från och med %(from_on)s"), values)
    values["to_on"] = ShownDay(span.to_on)
    return Problem(field, mark("%(name)s sitter där %(from_on)s till %(to_on)s"), values)


def day_before(day: date) -> date:
    """The day before ``day``."""
    return day - timedelta(days=1)


def first_changed_day(before: Span, after: Span) -> date | None:
    """The first day that is in only one of the spans; None when they are alike.

    ``date.min`` stands for a beginning that is open.
    """
    days = []
    if before.from_on != after.from_on:
        days.append(min(before.from_on or date.min, after.from_on or date.min))
    if before.to_on != after.to_on:
        last = min(day for day in (before.to_on, after.to_on) if day is not None)
        days.append(last if last == date.max else last + timedelta(days=1))
    return min(days) if days else None


def past_problem(first_changed: date | None, today: date, reason: str | None) -> list[Problem]:
    """A problem at ``reason`` when days before ``today`` would change and no reason is given (invariant 3)."""
    if first_changed is None or first_changed >= today or reason:
        return []
    return [Problem("reason", mark("Ändringen gäller dagar som har varit. Skriv varför"))]


def turning_days(spans: Iterable[Span], today: date) -> set[date]:
    """The days before ``today`` on which one of ``spans`` begins or has just ended, and the day before today.

    Between two of them, and so on each day that has been, the same spans hold.
    """
    days = {day_before(today)}
    for span in spans:
        if span.from_on is not None and span.from_on > date.min:
            days |= {span.from_on, day_before(span.from_on)}
        if span.to_on is not None and span.to_on < date.max:
            days.add(span.to_on + timedelta(days=1))
    return {day for day in days if day < today}


# ---------------------------------------------------------------- who may be the same

#: From so much of the letters on two names are taken for one.
_ALIKE = 0.78


class Searched(Protocol):
    """What has a name to search by."""

    @property
    def search_key(self) -> str:
        """The name, case and accents folded."""


_Searched = TypeVar("_Searched", bound=Searched)


def name_words(name: str) -> list[str]:
    """The words of a name that are long enough to say something, folded as search keys are."""
    return [word for word in i18n.search_words(name) if len(word) > 2]  # noqa: PLR2004 - "av", "i", initials


def most_alike(one: Searched, others: Iterable[_Searched], limit: int) -> list[_Searched]:
    """Those of ``others`` whose name is almost that of ``one``, the most alike first."""
    scored = [(likeness(one.search_key, other.search_key), place, other) for place, other in enumerate(others)]
    found = sorted((row for row in scored if row[0] >= _ALIKE), key=lambda row: (-row[0], row[1]))
    return [other for _score, _place, other in found[:limit]]


def likeness(one: str, other: str) -> float:
    """From 0 to 1 how alike two folded names are, whatever the order of their words; 1 when one holds the other's."""
    first, second = one.split(), other.split()
    if set(first) <= set(second) or set(second) <= set(first):
        return 1.0
    return SequenceMatcher(None, " ".join(sorted(first)), " ".join(sorted(second))).ratio()


# ---------------------------------------------------------------- other names


def read_names(
    aliases: Iterable[str], names: Mapping[str, str], *, limit: int
) -> tuple[list[OtherName], list[Problem]]:
    """Other names (language None) and names by language code, cleaned, each once; empty ones are left out.

    Problems are at ``aliases`` and ``names``.
    """
    found: dict[OtherName, None] = {}
    problems = []
    given: list[tuple[str, str | None, str]] = [("aliases", None, alias) for alias in aliases]
    given += [("names", language, name) for language, name in names.items()]
    for field, language, name in given:
        try:
            code = None if language is None else Language().read(language)
            words = Text(limit).read(name)
        except Unfit as unfit:
            problems.append(Problem(field, unfit.text, unfit.values))
        else:
            if words:
                found[code, words] = None
    return list(found), problems


#: (language code, or None for an alias; the name)
OtherName = tuple[str | None, str]


def leads_back(start: int, above: Callable[[int], int | None], to: int) -> bool:
    """Whether going up from ``start`` by ``above`` comes to ``to``: then ``to`` may not stand under ``start``."""
    seen = set()
    at: int | None = start
    while at is not None and at not in seen:
        if at == to:
            return True
        seen.add(at)
        at = above(at)
    return False


ITSELF = mark("Välj något annat: så skulle det stå under sig självt")
