"""What belongs to no organisation and no forum of its own: facts of the county, notices, decisions, credits.

Most of it has no table and becomes statements: about the county, about the forum that decided, about the
organisation that sends a newsletter, about the page that gives a credit.
"""

from __future__ import annotations

from scheduler.i18n import mark
from scheduler.register.models import Notice
from scheduler.reports.register_file.book import Book, key_of
from scheduler.reports.register_file.entries import Entry
from scheduler.reports.register_file.reading import Items, Record
from scheduler.reports.register_file.values import Ref

#: Families and keys of the file that other parts read; the rest of the file is told of the county.
FAMILIES = frozenset(
    {
        "activities", "contacts", "credits", "decisions", "facts", "forum_kinds", "forums", "glossary", "laws",
        "library_types", "newsletters", "notices", "organisation_types", "organisations", "programmes", "relations",
        "roles", "sources", "strategies", "themes", "venues", "visions", "working_groups",
    }
)  # fmt: skip


def notices(entries: list[Entry]) -> None:
    """Rows of the notices."""
    for entry in entries:
        row = entry.row(Notice, entry.record, str(entry.values.get("text_sv"))[:80], match=("slug",))
        row.set("slug", entry.values["id"], "id")
        row.set("kind", entry.choice("kind", ("warning", "information")) or "information", "kind")
        row.text("text", "text_sv", required=True)
        row.text("text_en")
        row.text("link")
        row.ref("organisation_id", "org", "organisations")
        for column, key in (("from_on", "from"), ("to_on", "to")):
            if key in entry:
                found = entry.partial_date(key, f"{key}_precision")
                row.set(column, found.on if found else None, key)
        row.flag("dismissible")
        entry.finish(row.row.ref)


def facts(entries: list[Entry]) -> None:
    """Statements about the county; ids in them are checked and shown by name."""
    for entry in entries:
        entry.name_refs("host", "organisations")
        entry.name_refs("org", "organisations")
        entry.name_refs("role", "roles")
        entry.name_refs("theme", "themes", "focus_areas", "strategies")
        entry.finish(None)


def decisions(entries: list[Entry]) -> None:
    """Statements about the forum that decided."""
    for entry in entries:
        entry.name_refs("body", "forums", "organisations")
        entry.date_fact("date")
        body = entry.book.find(str(entry.values.get("body")), ("forums", "organisations"))
        entry.finish(Ref(body.record) if body else None)


def newsletters(entries: list[Entry]) -> None:
    """Statements about the organisation that sends each."""
    for entry in entries:
        entry.name_refs("org", "organisations")
        sender = entry.book.find(str(entry.values.get("org")), ["organisations"])
        entry.finish(Ref(sender.record) if sender else None)


def credits_(book: Book) -> None:
    """Statements about the page that names each: nobody here is a contact or gets mail."""
    for entry in _without_ids(book, "credits", "name"):
        number = entry.sources[0] if entry.sources else None
        entry.finish(Ref(f"sources/{number}") if number in book.sources else None)


def glossary(book: Book) -> None:
    """Statements about the county, one entry a word."""
    for entry in _without_ids(book, "glossary", "term"):
        entry.finish(None)


def library_types(book: Book) -> None:
    """Statements about the county."""
    if "library_types" in book.root:
        part = Entry(book, book.root, "register").part("library_types")
        if part:
            Entry(book, part.values, "library_types").finish(None)


def _without_ids(book: Book, family: str, key: str) -> list[Entry]:
    entries = []
    seen: dict[str, int] = {}
    for part in Entry(book, book.root, "register").parts(family):
        name = key_of(str(part.values.get(key)))
        if part.values.get(key) is None:
            book.note(part.line, mark("%(key)s saknas."), key=key)
        elif name in seen:
            book.note_twice(part.line, name, seen[name])
        else:
            seen[name] = part.line
            entries.append(Entry(book, part.values, f"{family}/{name}"))
    return entries


def rest(book: Book) -> None:
    """Statements about the county of all that stands beside the families: title, language, what is new."""
    values = Record(book.root.line)
    for key, value in book.root.items():
        if key not in FAMILIES:
            values[key] = value
            values.lines[key] = book.root.lines[key]
    meetings = values.get("meetings")
    if meetings is not None and not isinstance(meetings, Items):
        book.note(values.lines["meetings"], mark("%(key)s ska vara en lista."), key="meetings")
    Entry(book, values, "register").finish(None)
