"""What loading a register file did, as values and as words in the language in use."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from scheduler.i18n import gettext as _
from scheduler.i18n import mark, ngettext, pgettext
from scheduler.register.rules import CONTEXT


@dataclass(frozen=True)
class Change:
    """A field that differs: of the record ``label``, what Takt holds or held, and what the file says."""

    record: str
    label: str
    field: str
    here: Any
    file: Any
    #: The file has changed too since it was last loaded.
    both: bool = False


@dataclass(frozen=True)
class Leftover:
    """A record, or one ``field`` of it, that only one side has."""

    record: str
    label: str
    field: str | None = None


@dataclass
class LoadReport:
    """The outcome of one load."""

    file_name: str
    #: (table, label) of each new record.
    created: list[tuple[str, str]] = field(default_factory=list)
    #: Fields that took the file's new value.
    updated: list[Change] = field(default_factory=list)
    #: How many fields and statements already were as in the file.
    unchanged: int = 0
    #: Fields changed by hand since: Takt's value stands.
    kept_by_hand: list[Change] = field(default_factory=list)
    #: What the file no longer has: it stands in Takt.
    gone: list[Leftover] = field(default_factory=list)
    #: What somebody removed from Takt and the file still has: it was not made again.
    removed_by_hand: list[Leftover] = field(default_factory=list)
    #: (line, record, key) that Takt has no meaning for: stored as statements.
    unknown: list[tuple[int, str, str]] = field(default_factory=list)
    #: (table, row number) of every record that is new or changed, owners of changed parts included.
    touched: set[tuple[str, int]] = field(default_factory=set)

    @property
    def changed(self) -> bool:
        """Whether anything was stored."""
        return bool(self.created or self.updated)

    def touched_ids(self, table: str) -> set[int]:
        """The row numbers of ``touched`` in one table ("forum")."""
        return {number for kind, number in self.touched if kind == table}

    def lines(self) -> list[str]:
        """The report in the language in use, one line each, headings end with a colon."""
        lines = [self._first_line()]
        for table, count in Counter(table for table, _label in self.created).items():
            lines.append(f"  {pgettext(CONTEXT, TABLES.get(table, table))}: {count}")
        lines += _listed(mark("Ändrat som i filen:"), [_updated_line(change) for change in self.updated])
        lines += _listed(
            mark("Ändrat för hand sedan senast, står kvar i Takt:"), [_kept_line(c) for c in self.kept_by_hand]
        )
        lines += _listed(mark("Finns inte längre i filen, står kvar i Takt:"), [_name(g) for g in self.gone])
        lines += _listed(mark("Borttaget i Takt, görs inte på nytt:"), [_name(g) for g in self.removed_by_hand])
        lines += _listed(
            mark("Nycklar som Takt inte har någon plats för, sparade som uppgifter ur källan:"),
            [_("rad %(line)s: %(key)s i %(record)s", line=n, key=key, record=r) for n, r, key in self.unknown],
        )
        return lines

    def _first_line(self) -> str:
        if not self.changed:
            return _(
                "%(file)s: inget att ändra, %(n)s uppgifter är som i filen.", file=self.file_name, n=self.unchanged
            )
        new = ngettext("%(n)s ny post", "%(n)s nya poster", len(self.created))
        changed = ngettext("%(n)s ändrad uppgift", "%(n)s ändrade uppgifter", len(self.updated))
        return f"{self.file_name}: {new}, {changed}."

    def __str__(self) -> str:
        """The whole report."""
        return "\n".join(self.lines())


def _listed(heading: str, lines: list[str]) -> list[str]:
    return [_(heading), *(f"  {line}" for line in lines)] if lines else []


def _name(leftover: Leftover) -> str:
    field_word = f": {_field(leftover.field)}" if leftover.field else ""
    return f"{leftover.label} ({leftover.record}{field_word})"


def _updated_line(change: Change) -> str:
    return f"{change.label}, {_field(change.field)}: {_short(change.here)} → {_short(change.file)}"


def _kept_line(change: Change) -> str:
    words = {
        "label": change.label,
        "field": _field(change.field),
        "here": _short(change.here),
        "file": _short(change.file),
    }
    if change.both:
        return _("%(label)s, %(field)s: här %(here)s, nytt i filen %(file)s", **words)
    return _("%(label)s, %(field)s: här %(here)s, i filen %(file)s", **words)


def _field(name: str) -> str:
    """The word for a column; a statement's path is its own word."""
    return pgettext(CONTEXT, FIELDS[name]) if name in FIELDS else name


def _short(value: Any) -> str:
    """A value of a field in one line."""
    if value is None or value == []:
        return pgettext("register", "inget")
    if isinstance(value, list):
        return ", ".join(_short(part) for part in value)
    text = " ".join(str(value).split())
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


_WIDTH = 80

#: Table → what its records are called, a message id in ``CONTEXT``.
TABLES = {
    "activity": "Aktiviteter",
    "cadence_version": "Takter",
    "contact": "Kontakter",
    "focus_area": "Insatsområden",
    "forum": "Forum",
    "forum_inclusion": "Ingående forum",
    "forum_kind": "Forumtyper",
    "forum_relation": "Samband mellan forum",
    "notice": "Meddelanden",
    "office": "Befattningar",
    "organisation": "Organisationer",
    "organisation_kind": "Organisationstyper",
    "place": "Lokaler",
    "relation": "Samband mellan organisationer",
    "rotation": "Rotationer",
    "seat": "Platser",
    "source": "Källor",
    "standing_item": "Stående punkter",
    "statement": "Uppgifter ur källan",
    "strategy": "Strategier och program",
    "theme": "Ämnen",
    "vision": "Visioner",
}

#: Column (or what stands for one) → what it is called, a message id in ``CONTEXT``.
FIELDS = {
    "address": "adress",
    "approximate": "ungefärligt",
    "cadence": "takt",
    "code": "kod",
    "contact_for": "kontakt för",
    "contact_id": "kontakt",
    "county": "län",
    "decides": "beslutar",
    "default_place_id": "lokal",
    "domain": "domän",
    "each_of": "i varje",
    "email": "e-post",
    "en": "engelskt namn",
    "entries": "turordning",
    "every": "var n:te",
    "family_count": "ungefärligt antal",
    "focus_area_id": "insatsområde",
    "headings": "rubriker",
    "holder_text": "vems plats",
    "horizon": "horisont",
    "host_id": "värd",
    "hours": "öppettider",
    "invitees_per_meeting": "kallade väljs till varje möte",
    "issues": "påverkansfrågor",
    "kind": "typ",
    "kind_id": "typ",
    "lead_office_id": "ledning",
    "lead_relation": "leder eller deltar",
    "legal_form": "bolagsform",
    "max": "högst",
    "membership_note": "om medlemskapet",
    "min": "minst",
    "municipality": "kommun",
    "name": "namn",
    "name_missing": "namn saknas i källan",
    "names": "andra namn",
    "note": "anmärkning",
    "number_unknown": "antalet är okänt",
    "offer": "erbjudande",
    "office_id": "befattning",
    "organisation_id": "organisation",
    "origins": "ursprung",
    "owner_id": "ägare",
    "parent_id": "överordnad",
    "period": "period",
    "phone": "telefon",
    "phrase": "källans ord",
    "position": "ordning",
    "principals": "huvudmän",
    "purpose": "syfte",
    "requires_quorum": "beslutsför krävs",
    "secretariat_id": "sekretariat",
    "short_name": "kortnamn",
    "strategy_id": "strategi",
    "sv": "namn",
    "target": "mål",
    "text": "text",
    "themes": "ämnen",
    "title": "titel",
    "town": "ort",
    "valid_from_on": "finns sedan",
    "web": "webbplats",
}
