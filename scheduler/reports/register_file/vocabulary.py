"""The register's own words: sources, kinds of organisations and forums, offices, themes and strategies.

Every role of the file becomes an office, the plain ones too (ordförande, ledamot): a forum's lead names its
role, and an office that nobody holds shows just its name. Programmes are strategies of their own kind.
Not here: who is who (``organisations``), the forums (``forums``).
"""

from __future__ import annotations

from importlib import resources

from scheduler.forums.models import ForumKind
from scheduler.i18n import mark
from scheduler.organisations.models import Office, OrganisationKind
from scheduler.register.models import FocusArea, Source, Strategy, Theme, Vision
from scheduler.reports.register_file.book import Book, source_numbers
from scheduler.reports.register_file.entries import Entry
from scheduler.reports.register_file.filling import Filler
from scheduler.reports.register_file.reading import Items, Record, read
from scheduler.reports.register_file.values import Ref

QUORUM_RULES = ("none", "number", "more_than_half")


def find_sources(book: Book) -> list[Entry]:
    """The sources of the file, and those of the county's five pages that it cites without listing them."""
    found = {str(entry.values["number"]): entry for entry in _source_entries(book, book.root)}
    cited = _cited(book.root)
    pages = read(resources.files(__package__).joinpath("pages.yaml").read_bytes())
    for entry in _source_entries(book, pages):
        number = str(entry.values["number"])
        if number in cited and number not in found:
            found[number] = entry
    book.sources = set(found)
    return list(found.values())


def _source_entries(book: Book, root: Record) -> list[Entry]:
    listed = root.get("sources")
    if listed is None:
        return []
    if not isinstance(listed, Items):
        book.note(root.lines["sources"], mark("%(key)s ska vara en lista."), key="sources")
        return []
    entries = []
    seen: dict[str, int] = {}
    for item, line in zip(listed, listed.lines, strict=True):
        if not isinstance(item, Record):
            book.note(line, mark("varje post i %(key)s ska ha nycklar och värden."), key="sources")
            continue
        number = item.get("number")
        if not isinstance(number, str):
            book.note(line, mark("%(key)s ska vara text. Sätt värdet inom citattecken."), key="number")
            continue
        if number in seen:
            book.note_twice(line, number, seen[number])
            continue
        seen[number] = line
        entries.append(Entry(book, item, f"sources/{number}"))
    return entries


def _cited(value: object) -> set[str]:
    """Every source number under a ``src`` key anywhere below ``value``."""
    numbers: set[str] = set()
    if isinstance(value, Record):
        for key, item in value.items():
            if key == "src":
                numbers.update(source_numbers(item))
            numbers |= _cited(item)
    elif isinstance(value, Items):
        for item in value:
            numbers |= _cited(item)
    return numbers


def sources(entries: list[Entry]) -> None:
    """Rows of the sources."""
    for entry in entries:
        row = entry.row(Source, entry.record, str(entry.values.get("title")), match=("number",), sources=False)
        row.text("number", required=True)
        row.text("title", required=True)
        row.text("publisher")
        row.text("link")
        if "headings" in entry:
            row.set("headings", entry.texts("headings", most=1000), "headings")
        entry.finish(row.row.ref)


def organisation_kinds(entries: list[Entry]) -> None:
    """Rows of the kinds of organisations."""
    for position, entry in enumerate(entries):
        row = _kind(entry.row(OrganisationKind, entry.record, _name(entry), match=("id",)), position)
        entry.finish(row.row.ref)


def forum_kinds(entries: list[Entry]) -> None:
    """Rows of the kinds of forums; what the file is silent on stays as the product's own defaults have it."""
    for position, entry in enumerate(entries):
        row = _kind(entry.row(ForumKind, entry.record, _name(entry), match=("id",)), position)
        row.flag("decides")
        if "quorum" in entry:
            row.set("quorum_rule", entry.choice("quorum", QUORUM_RULES) or "none", "quorum")
        if "counts_as" in entry:
            row.set("meets", entry.choice("counts_as", ("forum", "activity")) != "activity", "counts_as")
        entry.finish(row.row.ref)


def _kind(row: Filler, position: int) -> Filler:
    row.text("id", required=True)
    row.row.at_first["position"] = position
    row.text("sv", required=True)
    row.text("en")
    # Both languages are shown; a kind without an English word is called by its Swedish one.
    row.row.at_first.setdefault("en", row.row.fields.get("sv"))
    return row


def offices(entries: list[Entry]) -> None:
    """Rows of the offices, one for each role."""
    for entry in entries:
        row = entry.row(Office, entry.record, _name(entry), match=("slug",))
        row.set("slug", entry.values["id"], "id")
        row.text("sv", required=True)
        row.text("en")
        row.ref("organisation_id", "org", "organisations")
        row.ref("on_behalf_of_id", "on_behalf_of", "organisations")
        row.text("each_of")
        row.flag("group")
        row.phrase(None)
        entry.finish(row.row.ref)


def strategies(entries: list[Entry], programmes: list[Entry]) -> None:
    """Rows of strategies and programmes, of their focus areas and the issues under those."""
    for entry in [*entries, *programmes]:
        row = entry.row(Strategy, entry.record, _name(entry), match=("slug",))
        row.set("slug", entry.values["id"], "id")
        row.row.fields["kind"] = "programme" if entry.record.startswith("programmes/") else "strategy"
        row.text("sv", required=True)
        row.text("en")
        row.whole("horizon", 1900, 2200)
        row.ref("owner_id", "owner", "organisations")
        row.text("text", "description_sv")
        row.phrase(None)
        entry.name_refs("managed_by", "organisations")
        for position, area in enumerate(focus_areas(entry)):
            _focus_area(area, row.row.ref, position)
        entry.finish(row.row.ref)


def focus_areas(strategy: Entry) -> list[Entry]:
    """The focus areas of a strategy that have an id."""
    return [area for area in strategy.parts("focus_areas") if isinstance(area.values.get("id"), str)]


def _focus_area(entry: Entry, strategy: Ref, position: int) -> None:
    id_ = entry.take("id")
    row = entry.row(FocusArea, f"focus_areas/{id_}", _name(entry), match=("slug",), sources=False, owner=strategy)
    row.set("slug", id_, "id")
    row.row.fields["strategy_id"] = strategy
    row.row.fields["position"] = position
    row.text("sv", required=True)
    row.text("en")
    if "issues" in entry:
        row.row.lists["issues"] = entry.texts("issues", most=1000)


def visions(entries: list[Entry]) -> None:
    """Rows of the visions."""
    for entry in entries:
        row = entry.row(Vision, entry.record, _name(entry), match=("slug",))
        row.set("slug", entry.values["id"], "id")
        row.text("sv", required=True)
        row.whole("horizon", 1900, 2200)
        row.ref("strategy_id", "strategy", "strategies")
        entry.finish(row.row.ref)


def themes(entries: list[Entry]) -> None:
    """Rows of the themes; the parent is a theme, a focus area or a strategy."""
    parents = {"themes": "parent_id", "focus_areas": "focus_area_id", "strategies": "strategy_id"}
    for entry in entries:
        row = entry.row(Theme, entry.record, _name(entry), match=("slug",), together=tuple(parents.values()))
        row.set("slug", entry.values["id"], "id")
        row.text("sv", required=True)
        row.text("en")
        if "parent" in entry:
            known = entry.known("parent", *parents)
            for family, column in parents.items():
                mine = known is not None and known.record.split("/")[0] in {family, _ALIKE.get(family)}
                row.set(column, Ref(known.record) if known and mine else None, "parent")
        row.phrase(None)
        entry.finish(row.row.ref)


#: Families whose ids stand in one and the same table.
_ALIKE = {"strategies": "programmes"}


def _name(entry: Entry) -> str:
    return str(entry.values.get("sv") or entry.values["id"])
