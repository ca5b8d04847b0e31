"""Loading a register file: read it all, refuse it whole or store it, and say what was done."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy.orm import Session

from scheduler.clock import civil_date
from scheduler.db import Base
from scheduler.errors import Problem, Refused
from scheduler.forums.kinds import FORUM_KINDS, seed_kinds
from scheduler.forums.models import ForumKind
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.organisations.kinds import ORGANISATION_KINDS
from scheduler.organisations.models import OrganisationKind
from scheduler.reports.register_file import county, forums, organisations, vocabulary
from scheduler.reports.register_file.book import Book, Known
from scheduler.reports.register_file.checking import check
from scheduler.reports.register_file.entries import Entry, entries_of
from scheduler.reports.register_file.merging import Merging
from scheduler.reports.register_file.reading import read
from scheduler.reports.register_file.report import LoadReport
from scheduler.reports.register_file.statements import merge_statements
from scheduler.reports.register_file.values import Register

#: The schema this version reads.
SCHEMA = 1
ZONE = "Europe/Stockholm"


def load(
    session: Session,
    actor: Actor,
    now: datetime,
    text: bytes,
    *,
    file_name: str,
    tracked_from_on: date | None = None,
) -> LoadReport:
    """Loads the register file ``text`` (UTF-8 YAML) and tells what became of it.

    Loading the same file again stores nothing. ``tracked_from_on`` is the day from which new forums' meetings
    are recorded here, by default the day of ``now`` in the file's time zone. Raises Refused with every
    problem, each with its line, before anything is stored. Flushes; the entry commits, and refreshes the
    meetings of ``LoadReport.touched``.
    """
    register = understand(text, now, tracked_from_on)
    seed_kinds(session)
    merging = Merging(session, register, file_name, _chosen_by_nobody())
    merging.place_rows()
    merging.compare_rows()
    merging.note_gone()
    merge_statements(merging)
    merging.write(actor, now)
    return merging.report


def understand(text: bytes, now: datetime, tracked_from_on: date | None = None) -> Register:
    """The rows and statements a register file holds; raises Refused with every problem in it."""
    root = read(text)
    zone = root.get("timezone", ZONE)
    zone_is_known = isinstance(zone, str) and zone in available_timezones()
    today = civil_date(now, zone if zone_is_known else ZONE)
    book = Book(root, tracked_from_on or today, zone)
    if not zone_is_known:
        book.note(root.lines["timezone"], mark("tidszonen %(zone)s är okänd."), zone=zone)
    if "schema" not in root:
        book.note(1, mark("%(key)s saknas."), key="schema")
    elif root["schema"] != SCHEMA:
        complaint = mark("schema %(found)s är okänt, den här versionen läser %(known)s.")
        book.note(root.lines["schema"], complaint, found=root["schema"], known=SCHEMA)
    else:
        _fill(book)
        check(book)
    if book.problems:
        # Two readers may stumble over the same word.
        unlike = {str(problem): problem for problem in book.problems}
        raise Refused(*sorted(unlike.values(), key=_line_of))
    return book.register


def _line_of(problem: Problem) -> int:
    line = problem.values.get("line", 0)
    return line if isinstance(line, int) else 0


def _fill(book: Book) -> None:
    """Reads every family. All ids come first, since a family may refer to a later one."""
    sources = vocabulary.find_sources(book)
    listed = {
        family: entries_of(
            book,
            book.list_ids(family, book.root.get(family), book.root.lines.get(family, 1), like=_LIKE.get(family)),
        )
        for family in _WITH_IDS
    }
    groups = _working_groups(book)
    _list_focus_areas(book, listed["strategies"])
    vocabulary.sources(sources)
    vocabulary.organisation_kinds(listed["organisation_types"])
    vocabulary.forum_kinds(listed["forum_kinds"])
    organisations.organisations(listed["organisations"])
    vocabulary.offices(listed["roles"])
    vocabulary.strategies(listed["strategies"], listed["programmes"])
    vocabulary.visions(listed["visions"])
    vocabulary.themes(listed["themes"])
    organisations.venues(listed["venues"])
    organisations.contacts(listed["contacts"])
    forums.forums(listed["forums"])
    if groups:
        forums.working_groups(book, *groups)
    forums.activities(listed["activities"])
    organisations.relations(book)
    county.notices(listed["notices"])
    county.decisions(listed["decisions"])
    county.newsletters(listed["newsletters"])
    county.facts([*listed["facts"], *listed["laws"]])
    county.credits_(book)
    county.glossary(book)
    county.library_types(book)
    county.rest(book)


#: Families whose records have ids, in the order in which they are read.
_WITH_IDS = (
    "organisation_types",
    "forum_kinds",
    "organisations",
    "roles",
    "strategies",
    "programmes",
    "visions",
    "themes",
    "venues",
    "contacts",
    "forums",
    "activities",
    "notices",
    "decisions",
    "newsletters",
    "facts",
    "laws",
)
#: Families that share one set of ids with another.
_LIKE = {"programmes": "strategies"}


def _working_groups(book: Book) -> tuple[Entry, list[Entry]] | None:
    """What the list of working groups says of them all, and each of them; None when there is no list."""
    part = Entry(book, book.root, "register").part("working_groups")
    if part is None:
        return None
    outer = Entry(book, part.values, "working_groups")
    known = book.list_ids("working_groups", part.values.get("groups"), part.line_of("groups"), like="forums")
    return outer, [Entry(book, one.values, one.record, outer=outer) for one in known]


def _list_focus_areas(book: Book, strategies: list[Entry]) -> None:
    """Notes the ids of focus areas; with themes and strategies they are what a theme may stand under."""
    for strategy in strategies:
        areas = strategy.values.get("focus_areas")
        book.list_ids("focus_areas", areas, strategy.line_of("focus_areas"))
    seen: dict[str, Known] = {}
    for family in ("strategies", "focus_areas", "themes"):
        for id_, known in book.known.get(family, {}).items():
            first = seen.setdefault(id_, known)
            if first is not known:
                book.note_twice(known.values.lines["id"], id_, first.values.lines["id"])


def _chosen_by_nobody() -> dict[tuple[type[Base], str], dict[str, Any]]:
    """What the kinds hold that every installation begins with: the file may change it."""
    found: dict[tuple[type[Base], str], dict[str, Any]] = {
        (OrganisationKind, id_): {"id": id_, "sv": sv, "en": en} for id_, sv, en in ORGANISATION_KINDS
    }
    return found | {(ForumKind, kind.id): vars(kind) for kind in FORUM_KINDS}
