"""Organisations with their names, relations, contacts and places.

Not here: what kinds and offices there are (``vocabulary``), seats in forums (``seats``).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from scheduler.forums.models import ForumRelation
from scheduler.i18n import mark
from scheduler.organisations.models import RELATION_KINDS, Contact, Organisation, Relation
from scheduler.places.models import Place
from scheduler.reports.register_file.book import Book, Known, key_of
from scheduler.reports.register_file.entries import Entry
from scheduler.reports.register_file.filling import Filler
from scheduler.reports.register_file.reading import Record
from scheduler.reports.register_file.values import OriginRow, Ref, Row

_MATCH = ("kind", "from_id", "from_text", "to_id", "to_text")
#: What the file calls a relation → what the table calls it.
_CALLED = {"managing_authority": "manages"}
#: Key of an organisation that names others → kind of relation, and whether it runs from the other to this one.
_BY_KEY = {
    "part_of": ("part_of", False),
    "operated_by": ("operates", True),
    "on_behalf_of": ("on_behalf_of", False),
    "financiers": ("finances", True),
    "mandate_by": ("mandates", True),
}


def organisations(entries: list[Entry]) -> None:
    """Rows of the organisations, and of the relations their own entries tell of."""
    for entry in entries:
        name = str(entry.values.get("sv") or entry.values["id"])
        row = entry.row(Organisation, entry.record, name, match=("slug",))
        row.row.together = ("valid_from_on", "valid_from_precision")
        row.set("slug", entry.values["id"], "id")
        row.text("name", "sv", required=True)
        row.text("short_name", "short", inner="sv")
        row.ref("kind_id", "type", "organisation_types", required=True)
        for column in ("org_no", "code", "municipality", "county", "country", "domain", "legal_form", "note"):
            row.text(column)
        row.text("contact_email", "email")
        row.flag("public")
        row.partial_date("valid_from_on", "valid_from_precision", "start")
        _web(entry, row)
        _phone(entry, row)
        names(entry, row)
        for key, (kind, reversed_) in _BY_KEY.items():
            for other in entry.all_known(key, "organisations"):
                _relation_of(entry, key, kind, other, reversed_=reversed_)
        entry.finish(row.row.ref)


def names(entry: Entry, row: Filler) -> None:
    """Aliases and the names in other languages, as one value of the row."""
    if not {"aliases", "names", "en"} & set(entry.values):
        return
    found: list[list[str | None]] = [[None, alias] for alias in entry.texts("aliases")]
    english = entry.text("en")
    if english:
        found.append(["en", english])
    part = entry.part("names")
    for language in list(part.values) if part else []:
        # A code such as smj; the note of an assumption is no language.
        if part and language not in {"src", "assumed", "assumed_fields"} and (name := part.text(language)):
            if len(language) > 10:  # noqa: PLR2004 - the column's length; BCP 47 codes in use are far shorter
                entry.book.note(part.line_of(language), mark("%(key)s är för långt."), key=language)
            found.append([language, name])
    unique = {(language or "", name): [language, name] for language, name in found if name}
    row.row.lists["names"] = [unique[key] for key in sorted(unique)]
    for key in ("aliases", "names", "en"):
        if entry.assumes(key):
            row.assume("names.en" if key == "en" else "names")


def _web(entry: Entry, row: Filler) -> None:
    """The first web address has a column, any others are statements."""
    addresses = entry.values.get("web")
    if isinstance(addresses, list):
        if len(addresses) == 1 and (one := entry.texts("web", most=400)):
            row.set("web", one[0], "web")
        return
    row.text("web")


def _phone(entry: Entry, row: Filler) -> None:
    """The number has a column; what kind of number it is, is a statement."""
    if isinstance(entry.values.get("phone"), Record):
        part = entry.part("phone")
        if part:
            row.of(part).text("phone", "number")
        return
    row.text("phone")


def _relation_of(entry: Entry, key: str, kind: str, other: Known, *, reversed_: bool) -> None:
    here, there = Ref(entry.record), Ref(other.record)
    label = f"{entry.values.get('sv')} – {other.name}"
    record = f"{entry.record}/{key}/{other.id}"
    row = Row(record=record, model=Relation, label=label, line=entry.line_of(key), owner=here, match=_MATCH)
    row.fields = {"kind": kind, "from_id": there if reversed_ else here, "to_id": here if reversed_ else there}
    row.origins = [OriginRow.cited(number) for number in entry.sources]
    if entry.is_assumed or entry.assumes(key):
        row.origins.append(OriginRow.assumption(None))
    entry.book.register.rows.append(row)


def relations(book: Book) -> None:
    """Rows of the relations told of by themselves; what an organisation appoints may be a forum."""
    for values in Entry(book, book.root, "register").parts("relations"):
        # Each stands for itself, found again by what it says.
        entry = Entry(book, values.values, f"relations/{_relation_key(values)}")
        kind = entry.text("kind", required=True) or ""
        kind = _CALLED.get(kind, kind)
        if kind and kind not in RELATION_KINDS:
            entry.book.note(entry.line_of("kind"), mark("%(kind)s är ingen relation som Takt känner."), kind=kind)
            continue
        givers = entry.all_known("from", "organisations")
        takers = entry.all_known("to", "organisations", "forums")
        to_text = entry.text("fund") if kind == "manages" and "fund" in entry else entry.text("to_group")
        from_text = entry.text("from_group")
        _check_parties(entry, [*givers, from_text], [*takers, to_text])
        pairs = product(givers or _NOBODY, takers or _NOBODY)
        made = [_relation(entry, kind, giver, taker, from_text, to_text) for giver, taker in pairs]
        entry.finish(made[0])


#: A party that is only named by a text.
_NOBODY: list[Known | None] = [None]


def _check_parties(entry: Entry, givers: Sequence[object], takers: Sequence[object]) -> None:
    named = {"from", "from_group"} & set(entry.values), {"to", "to_group", "fund"} & set(entry.values)
    if not any(givers) and not named[0]:
        entry.book.note(entry.line, mark("relationen saknar from eller from_group."))
    if not any(takers) and not named[1]:
        entry.book.note(entry.line, mark("relationen saknar to eller to_group."))


def _relation_key(entry: Entry) -> str:
    parts = [entry.values.get(key) for key in ("kind", "from", "from_group", "to", "to_group", "fund")]
    return key_of(" ".join(str(part) for part in parts if part))


def _relation(
    entry: Entry, kind: str, giver: Known | None, taker: Known | None, from_text: str | None, to_text: str | None
) -> Ref:
    label = f"{giver.name if giver else from_text} – {taker.name if taker else to_text}"
    target = f"/{taker.id}" if taker else ""
    record = f"{entry.record}{target}"
    if taker and taker.record.startswith("forums/"):
        if kind != "appoints":
            entry.book.note(entry.line_of("to"), mark("bara appoints kan gälla ett forum."))
        return appointed_by(entry, taker, giver, from_text)
    row = entry.row(Relation, record, label, match=_MATCH)
    row.row.fields = {
        "kind": kind,
        "from_id": Ref(giver.record) if giver else None,
        "from_text": from_text,
        "to_id": Ref(taker.record) if taker else None,
        "to_text": to_text,
    }
    row.whole("count", 0, 10_000)
    row.whole("of_count", 0, 10_000, "of")
    if "named" in entry:
        named = entry.all_known("named", "organisations")
        row.set("named", [known.id for known in named], "named")
    for key, column in (("fund", "to_text"), ("from", "from_id"), ("to", "to_id")):
        if entry.assumes(key):
            row.assume(column)
    return row.row.ref


def appointed_by(entry: Entry, forum: Known, body: Known | None, text: str | None) -> Ref:
    """The row that says who appoints a forum's members; told by the forum and by a relation, it is one."""
    name = body.id if body else key_of(text or "")
    record = f"{forum.record}/appointed_by/{name}"
    if not any(row.record == record for row in entry.book.register.rows):
        filler = entry.row(ForumRelation, record, f"{forum.name} – {body.name if body else text}")
        filler.row.owner = Ref(forum.record)
        filler.row.match = ("kind", "forum_id", "to_organisation_id", "to_text")
        filler.row.fields = {
            "kind": "appointed_by",
            "forum_id": Ref(forum.record),
            "to_organisation_id": Ref(body.record) if body else None,
            "to_text": text,
        }
    return Ref(record)


def contacts(entries: list[Entry]) -> None:
    """Rows of the contacts."""
    for entry in entries:
        row = entry.row(Contact, entry.record, str(entry.values.get("name") or entry.values["id"]), match=("slug",))
        row.set("slug", entry.values["id"], "id")
        row.text("name", required=True)
        row.text("title", "title_sv")
        row.ref("office_id", "role", "roles")
        row.ref("organisation_id", "org", "organisations")
        for column in ("email", "phone", "phone_e164", "phone_kind"):
            row.text(column)
        row.flag("public")
        if "for" in entry:
            known = entry.all_known("for", "forums", "organisations")
            row.set("contact_for", [one.id for one in known], "for")
        entry.finish(row.row.ref)


def venues(entries: list[Entry]) -> None:
    """Rows of the places."""
    for entry in entries:
        row = entry.row(Place, entry.record, str(entry.values.get("sv") or entry.values["id"]), match=("slug",))
        row.set("slug", entry.values["id"], "id")
        row.text("name", "sv", required=True)
        row.text("name_en", "en")
        row.text("address")
        row.text("town", "place")
        row.text("hours")
        row.text("video_url")
        row.whole("capacity", 1, 100_000)
        row.flag("online")
        row.ref("organisation_id", "org", "organisations")
        row.ref("part_of_id", "part_of", "venues")
        row.phrase(None)
        entry.finish(row.row.ref)
