"""Forums, working groups and activities: who leads and keeps them, how often they meet, what ties them together.

A working group is a forum of the kind arbetsgrupp under the forum its list names as parent.
Not here: the seats and what is included from another forum (``seats``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from scheduler.cadence.rules import version_from
from scheduler.errors import Refused
from scheduler.forums.models import (
    FORUM_RELATION_KINDS,
    CadenceVersion,
    Forum,
    ForumRelation,
    Rotation,
    StandingItem,
)
from scheduler.i18n import lazy, mark
from scheduler.register.models import Activity
from scheduler.reports.register_file.book import Book, Known, key_of
from scheduler.reports.register_file.entries import Entry
from scheduler.reports.register_file.filling import Filler
from scheduler.reports.register_file.organisations import appointed_by, names
from scheduler.reports.register_file.reading import Items, Record
from scheduler.reports.register_file.seats import include, seats
from scheduler.reports.register_file.values import LONGEST_TEXT, OriginRow, Ref, Row

#: The columns of a rule that requires nothing.
_NO_RULE: Mapping[str, Any] = {
    "kind": "none",
    "min": None,
    "max": None,
    "target": None,
    "period": None,
    "window": "calendar",
    "approximate": False,
    "every": None,
    "unit": None,
}
_EVERY = re.compile(r"(?P<n>[1-9][0-9]?) (?P<unit>year|meeting)s?")
#: How an office leads, in the file's words → in the table's.
_LEADS = {"leder": "leads", "leder eller deltar": "takes_part", "deltar": "takes_part"}
#: Keys that name organisations, forums or kinds and stay statements, shown by name.
_NAMED = {
    "also_kind": ("forum_kinds",),
    "decisions": ("decisions",),
}


def forums(entries: list[Entry]) -> None:
    """Rows of the forums and of all that belongs to each."""
    for entry in entries:
        row = _forum(entry)
        row.ref("kind_id", "kind", "forum_kinds", required=True)
        _check_kind(entry, meets=True)
        row.ref("parent_id", "parent", "forums")
        _basics(entry, row)
        _lead(entry, row)
        _secretariat(entry, row)
        _cadences(entry, row.row.ref)
        _standing_items(entry, row.row.ref)
        seats(entry, row.row.ref)
        _relations(entry, row.row.ref)
        _leave_named(entry)
        entry.finish(row.row.ref)


def working_groups(book: Book, outer: Entry, entries: list[Entry]) -> None:
    """Rows of the working groups; what their list says of them all are statements about the parent."""
    parent = outer.known("parent", "forums", required=True)
    parent_ref = Ref(parent.record) if parent else None
    kind = book.find("arbetsgrupp", ["forum_kinds"])
    if entries and kind is None:
        book.note(outer.line, mark("forumtypen %(id)s finns inte i filen."), id="arbetsgrupp")
    for entry in entries:
        row = _forum(entry)
        row.row.fields["kind_id"] = Ref("forum_kinds/arbetsgrupp")
        row.row.fields["parent_id"] = parent_ref
        _basics(entry, row)
        entry.finish(row.row.ref)
    outer.take("groups")
    outer.finish(parent_ref)


def _forum(entry: Entry) -> Filler:
    name = str(entry.values.get("sv") or entry.values["id"])
    book = entry.book
    row = entry.row(Forum, entry.record, name, match=("slug",), together=("valid_from_on", "valid_from_precision"))
    row.row.at_first = {"tracked_from_on": book.tracked_from_on, "time_zone": book.time_zone}
    row.set("slug", entry.values["id"], "id")
    row.text("name", "sv", required=True)
    return row


def _basics(entry: Entry, row: Filler) -> None:
    names(entry, row)
    row.text("short_name", "short", inner="sv")
    row.flag("name_missing")
    row.ref("host_id", "host", "organisations")
    row.ref("default_place_id", "venue", "venues")
    row.ref("contact_id", "contact", "contacts")
    row.text("purpose", "purpose_sv")
    row.text("membership_note")
    row.text("note")
    row.flag("invitees_per_meeting")
    row.flag("requires_quorum")
    row.partial_date("valid_from_on", "valid_from_precision", "start")
    row.phrase("valid_from_on", "start_phrase")
    for key, family in (("themes", "themes"), ("principals", "organisations")):
        if key in entry:
            # A set: the order in the file says nothing.
            row.row.lists[key] = sorted(
                {Ref(one.record) for one in entry.all_known(key, family)}, key=lambda r: r.record
            )
            if entry.assumes(key):
                row.assume(key)
    family_of = entry.part("placeholder_family")
    if family_of:
        row.of(family_of).whole("family_count", 1, 10_000, "approx_count")
        row.of(family_of).phrase("family_count")
        family_of.name_refs("kinds", "forum_kinds")


def _check_kind(entry: Entry, *, meets: bool) -> None:
    known = entry.book.find(str(entry.values.get("kind")), ["forum_kinds"])
    if known and (known.values.get("counts_as") != "activity") is not meets:
        text = mark("typen %(id)s är ingen forumtyp.") if meets else mark("typen %(id)s räknas inte som aktivitet.")
        entry.book.note(entry.line_of("kind"), text, id=entry.values["kind"])


def _leave_named(entry: Entry) -> None:
    for key, families in _NAMED.items():
        entry.name_refs(key, *families)
    entry.date_fact("reviewed")
    power = entry.part("decision_power") if "decision_power" in entry else None
    if power:
        power.name_refs("formal_decision_by", "organisations", "forums")
    if "process" in entry:
        for step in entry.parts("process"):
            step.name_refs("by", "organisations", "forums")


# ---------------------------------------------------------------- lead and secretariat


def _lead(entry: Entry, row: Filler) -> None:
    if "lead" not in entry:
        return
    lead = entry.part("lead")
    if lead is None:
        row.set("lead_office_id", None, "lead")
        return
    lead_row = row.of(lead)
    lead_row.ref("lead_office_id", "role", "roles")
    words = lead.values.get("relation")
    if isinstance(words, str) and words in _LEADS:
        lead_row.set("lead_relation", _LEADS[words], "relation")
        lead_row.phrase("lead_relation", "relation")
    lead.name_refs("org", "organisations")
    _rotation(lead, row.row, "chair")


def _secretariat(entry: Entry, row: Filler) -> None:
    if "secretariat" not in entry:
        return
    part = entry.part("secretariat")
    if part is None:
        row.set("secretariat_id", None, "secretariat")
        return
    row.of(part).ref("secretariat_id", "org", "organisations")
    row.of(part).text("secretariat_email", "email")
    part.name_refs("role", "roles")
    _rotation(part, row.row, "secretariat")


def _rotation(part: Entry, forum: Row, task: str) -> None:
    """A rotation between organisations; one that names no parties stays a statement."""
    if part.values.get("rotating") is not True or not part.values.get("between"):
        return
    part.flag("rotating")
    label = f"{forum.label}: {task}"
    row = part.row(
        Rotation, f"{forum.record}/rotation/{task}", label, sources=False, owner=forum.ref, match=("forum_id", "task")
    )
    row.row.together = ("unit", "every")
    row.row.fields |= {"forum_id": forum.ref, "task": task}
    row.row.lists["entries"] = [Ref(one.record) for one in part.all_known("between", "organisations")]
    every = part.text("every")
    if every is not None:
        found = _EVERY.fullmatch(every)
        if found is None:
            part.book.note(
                part.line_of("every"), mark("%(every)s går inte att läsa. Skriv 1 year eller 1 meeting."), every=every
            )
        else:
            row.set("every", int(found["n"]), "every")
            row.set("unit", found["unit"], "every")
    row.text("phrase")


# ---------------------------------------------------------------- cadence


def _cadences(entry: Entry, forum: Ref) -> None:
    """One version for a record, one each for a list of them with valid_from."""
    value = entry.values.get("cadence")
    if value is None:
        return
    parts = entry.parts("cadence") if isinstance(value, Items) else [entry.part("cadence")]
    for position, part in enumerate(parts):
        if part is None:
            continue
        record = f"{entry.record}/cadence" if len(parts) == 1 else f"{entry.record}/cadence/{position}"
        row = part.row(CadenceVersion, record, str(entry.values.get("sv")), owner=forum)
        row.row.match = ("forum_id", "valid_from_on")
        row.row.fields |= {"forum_id": forum}
        row.row.at_first["position"] = position
        cadence(part, row)
        row.text("phrase")
        row.text("source_url", "link")
        if "valid_from" in part:
            from_on = part.partial_date("valid_from", "valid_from_precision")
            row.set("valid_from_on", from_on.on if from_on else None, "valid_from")
        # A rule stands or falls whole: what the file leaves out is said, too.
        row.row.fields = {**_NO_RULE, **row.row.fields}
        row.row.together = (*_NO_RULE, "phrase")


def cadence(part: Entry, row: Filler) -> None:
    """The columns of a rule, checked: no numbers that a period cannot hold, none where there is no requirement."""
    row.text("kind", required=True)
    for column in ("min", "max", "target", "every"):
        row.whole(column, 0, 100_000)
    for column in ("period", "window", "unit"):
        row.text(column)
    row.flag("approximate")
    fields = {key: value for key, value in row.row.fields.items() if key in _NO_RULE}
    if complaint := _impossible(part, fields):
        key, text = complaint
        part.book.note(part.line_of(key), text, key=key)
        return
    try:
        version_from(fields)
    except Refused as refused:
        for problem in refused.problems:
            key = problem.field or "kind"
            reason = lazy(problem.text, **problem.values)
            part.book.note(part.line_of(key), mark("%(key)s: %(reason)s"), key=key, reason=reason)


_NEEDED = {"count": ("min", "period"), "interval": ("every", "unit")}


def _impossible(part: Entry, fields: Mapping[str, Any]) -> tuple[str, str] | None:
    """The key that is missing or too much for the kind of rule, and what is said of it; None when all is well."""
    kind = fields.get("kind")
    needed = _NEEDED.get(str(kind), ())
    missing = next((key for key in needed if part.values.get(key) is None), None)
    if missing:
        return missing, mark("%(key)s saknas.")
    if kind == "none":
        extra = next((key for key in ("min", "max", "target", "every") if fields.get(key) is not None), None)
        if extra:
            return extra, mark("%(key)s kan inte stå när det inte finns något krav (none).")
    return None


# ---------------------------------------------------------------- agenda and relations


def _standing_items(entry: Entry, forum: Ref) -> None:
    if "standing_items" not in entry:
        return
    for position, part in enumerate(entry.parts("standing_items")):
        title = str(part.values.get("sv"))
        row = part.row(
            StandingItem,
            f"{entry.record}/standing_items/{position}",
            title,
            sources=False,
            owner=forum,
            match=("forum_id", "title"),
        )
        row.row.fields |= {"forum_id": forum}
        row.row.at_first["position"] = position
        row.text("title", "sv", required=True)
        row.text("text", "text_sv")
        row.whole("minutes", 1, 1440)
        row.whole("every_n", 1, 100)
        row.ref("strategy_id", "strategy", "strategies")


def _relations(entry: Entry, forum: Ref) -> None:
    for part in entry.parts("related"):
        kind = part.text("kind", required=True)
        there = part.known("forum", "forums")
        organisation = part.known("org", "organisations")
        text = part.text("text")
        if kind == "includes_all_of" and there:
            include(part, entry, forum, there)
            continue
        if kind is not None and kind not in FORUM_RELATION_KINDS:
            part.book.note(part.line_of("kind"), mark("%(kind)s är ingen relation som Takt känner."), kind=kind)
        if not there and not organisation and not text:
            if not {"forum", "org", "text"} & set(part.values):
                part.book.note(part.line, mark("relationen saknar forum, org eller text."))
            continue
        _relation(part, entry, str(kind), there, organisation, text)
    family = entry.part("family") if "family" in entry else None
    if family and (phrase := family.text("phrase")):
        _relation(family, entry, "family", None, None, phrase)
    if body := entry.known("parent_body", "organisations"):
        appointed_by(entry, entry.book.known["forums"][entry.values["id"]], body, None)
    if "responsible_body" in entry and (text := entry.text("responsible_body")):
        _relation(entry, entry, "responsible", None, None, text, key="responsible_body")


def _relation(
    part: Entry,
    entry: Entry,
    kind: str,
    there: Known | None,
    organisation: Known | None,
    text: str | None,
    *,
    key: str | None = None,
) -> None:
    forum = Ref(entry.record)
    target = there or organisation
    name = target.name if target else text
    record = f"{entry.record}/{kind}/{target.id if target else key_of(text or '')}"
    row = Row(
        record=record, model=ForumRelation, label=f"{entry.values.get('sv')} – {name}", line=part.line, owner=forum
    )
    row.match = ("kind", "forum_id", "to_forum_id", "to_organisation_id", "to_text")
    row.fields = {
        "kind": kind,
        "forum_id": forum,
        "to_forum_id": Ref(there.record) if there else None,
        "to_organisation_id": Ref(organisation.record) if organisation else None,
        "to_text": text,
    }
    row.origins = [OriginRow.cited(number) for number in entry.sources]
    if part.assumes(key) if key else part.is_assumed:
        row.origins.append(OriginRow.assumption(None))
    entry.book.register.rows.append(row)


# ---------------------------------------------------------------- activities


def activities(entries: list[Entry]) -> None:
    """Rows of what recurs and is counted without being a meeting."""
    for entry in entries:
        row = entry.row(Activity, entry.record, str(entry.values.get("sv") or entry.values["id"]), match=("slug",))
        row.row.together = ("since_on", "since_precision")
        row.set("slug", entry.values["id"], "id")
        row.text("sv", required=True)
        row.text("en")
        if entry.known("kind", "forum_kinds", required=True):
            row.set("kind", entry.values["kind"], "kind")
            _check_kind(entry, meets=False)
        row.ref("organisation_id", "responsible", "organisations")
        row.ref("place_id", "venue", "venues")
        row.partial_date("since_on", "since_precision", "since")
        row.text("purpose", "purpose_sv")
        if "themes" in entry:
            row.set("themes", [one.id for one in entry.all_known("themes", "themes")], "themes")
        if isinstance(entry.values.get("cadence"), Record):
            _activity_cadence(entry, row)
        entry.finish(row.row.ref)


def _activity_cadence(entry: Entry, row: Filler) -> None:
    part = entry.part("cadence")
    if part is None:
        return
    rule = Filler(part, Row(record=entry.record, model=CadenceVersion, label="", line=part.line))
    cadence(part, rule)
    row.row.fields["cadence"] = rule.row.fields
    row.row.lines["cadence"] = part.line
    if any(part.assumes(key) for key in rule.row.fields):
        row.assume("cadence")
    words = part.text("phrase", most=LONGEST_TEXT)
    row.row.fields["phrase"] = words
