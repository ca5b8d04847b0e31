"""The seats of a forum, and the forums whose seats are its own too.

Each seat is a row. Where the file gives no number ("ordinary: null"), one seat of unknown number stands for
all; a party may be an organisation, an office, an office in an organisation, or a text ("kommun, county BD").
Not here: who sits there (the file names nobody), how nesting is resolved (``forums.seats``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from scheduler.forums.models import ForumInclusion
from scheduler.forums.seat_models import SEAT_KINDS, Seat
from scheduler.i18n import mark
from scheduler.reports.register_file.book import Known, key_of
from scheduler.reports.register_file.entries import Entry
from scheduler.reports.register_file.values import Ref

#: Kinds whose holders vote.
_VOTING = frozenset({"ordinary", "substitute"})
_MATCH = ("forum_id", "kind", "organisation_id", "office_id", "each_of", "holder_text")
#: More seats than any forum has: a slip of the pen.
_MOST = 1000


@dataclass(frozen=True)
class _Party:
    """Whose seats an entry is about."""

    #: What the seats are kept under, unique among the parties of a forum.
    key: str
    name: str
    organisation: Ref | None = None
    office: Ref | None = None
    each_of: str | None = None
    text: str | None = None


def seats(entry: Entry, forum: Ref) -> None:
    """Rows of a forum's seats and inclusions."""
    told = Counter[str]()
    position = 0
    offered_assumed = isinstance(entry.values.get("seats_assumed"), str)
    numbers = Counter[tuple[str, str]]()
    for part in entry.parts("seats"):
        if "all_of_forum" in part:
            if there := part.known("all_of_forum", "forums", required=True):
                part.call(there.id, there.name)
                include(part, entry, forum, there)
            continue
        party = _party(part)
        if party is None:
            continue
        told[party.key] += 1
        part.call(party.key if told[party.key] == 1 else f"{party.key}-{told[party.key]}", party.name)
        is_offered = bool(part.flag("offered"))
        for kind, number, is_assumed in _numbers(part):
            for _ in range(1 if number is None else number):
                numbers[party.key, kind] += 1
                record = f"{entry.record}/seats/{party.key}/{kind}/{numbers[party.key, kind]}"
                row = part.row(
                    Seat, record, f"{entry.values.get('sv')}: {party.name or party.text}", sources=False, owner=forum
                )
                row.row.match = _MATCH
                row.row.at_first = {"position": position, "voting": kind in _VOTING}
                row.row.fields = {
                    "forum_id": forum,
                    "kind": kind,
                    "organisation_id": party.organisation,
                    "office_id": party.office,
                    "each_of": party.each_of,
                    "holder_text": party.text,
                    "number_unknown": number is None,
                    "offer": "offered" if is_offered else None,
                }
                row.text("note")
                if is_assumed or (is_offered and offered_assumed):
                    row.assume(None)
                position += 1


def _party(part: Entry) -> _Party | None:
    organisation = part.known("org", "organisations")
    office = part.known("role", "roles")
    each_of = part.text("each_of")
    known = [one for one in (organisation, office) if one]
    if known or each_of:
        key = "+".join([one.id for one in known] + ([key_of(each_of)] if each_of else []))
        return _Party(
            key=key,
            name=each_of or ", ".join(one.name for one in known),
            organisation=_ref(organisation),
            office=_ref(office),
            each_of=each_of,
            # With no office either, the text is all there is to tell whose seat it is.
            text=each_of if each_of and not known else None,
        )
    if "org" in part or "role" in part:
        return None
    if "appointed_by" in part:
        value = part.values["appointed_by"]
        part.name_refs("appointed_by", "organisations")
        body = part.book.find(str(value), ["organisations"])
        name = body.name if body else str(value)
        return _Party(key=f"appointed-by-{key_of(str(value))}", name="", text=f"utses av {name}")
    part.book.note(part.line, mark("platsen säger inte vems den är: org, role, each_of eller all_of_forum saknas."))
    return None


def _ref(known: Known | None) -> Ref | None:
    return Ref(known.record) if known else None


def _numbers(part: Entry) -> Iterator[tuple[str, int | None, bool]]:
    """The seat kinds of an entry, with how many (None: unknown) and whether that is assumed."""
    kind = part.choice("as", SEAT_KINDS)
    if kind is not None and "ordinary" not in part:
        yield kind, 1, part.assumes("as")
        return
    if "ordinary" in part or "substitutes" not in part:
        yield kind or "ordinary", part.whole("ordinary", 0, _MOST), part.assumes("ordinary")
    if "substitutes" in part:
        yield "substitute", part.whole("substitutes", 0, _MOST), part.assumes("substitutes")


def include(part: Entry, entry: Entry, forum: Ref, there: Known) -> None:
    """The row that makes another forum's ordinary seats this one's; told twice in a forum, it is one."""
    included = Ref(there.record)
    record = f"{entry.record}/includes/{there.id}"
    rows = entry.book.register.rows
    row = next((row for row in rows if row.record == record), None)
    if row is None:
        filler = part.row(ForumInclusion, record, f"{entry.values.get('sv')}: {there.name}", sources=False, owner=forum)
        filler.row.match = ("forum_id", "included_id")
        filler.row.fields = {"forum_id": forum, "included_id": included, "seat_kinds": "ordinary"}
        filler.text("note")
