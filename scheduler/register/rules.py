"""Values of the register: whose fact a statement is, where a value comes from, how facts are grouped; kinds. Pure.

Not here: dates of reduced precision (``organisations.rules``), reading a register file
(``reports.register_file``), the tables (``models``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from scheduler.i18n import pgettext

#: The words of the register have a context of their own in the catalogue: "Uppgifter" are its tasks.
CONTEXT = "register"

STRATEGY_KINDS = ("strategy", "programme")
NOTICE_KINDS = ("warning", "information")

#: The subject of facts that belong to no single record.
COUNTY = ("county", 0)


@dataclass(frozen=True)
class Origin:
    """Where a value comes from: the numbers of its sources, their words, and whether it is assumed."""

    sources: tuple[str, ...] = ()
    phrase: str | None = None
    #: Shown as "antaget".
    assumed: bool = False


@dataclass(frozen=True)
class Fact:
    """One statement as a page shows it under "Uppgifter ur källan"."""

    #: What within its list it says ("Steg"); empty where the group's own words are enough.
    word: str
    #: The fact; empty with ``missing``.
    text: str
    assumed: bool
    #: The source itself says nothing here.
    missing: bool


@dataclass(frozen=True)
class FactGroup:
    """All statements of one key of one record, in the register's order."""

    #: "Förväntade resultat".
    word: str
    #: One entry for each item of a list; a simple fact is one item with one fact.
    items: tuple[tuple[Fact, ...], ...]
    #: Numbers of the sources.
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Stated:
    """The columns of a stored statement that grouping needs; ``order`` is its place in its record."""

    record: str
    path: str
    text: str
    missing: bool
    assumed: bool
    sources: tuple[str, ...]
    order: int = field(default=0)


def fact_groups(statements: Iterable[Stated]) -> list[FactGroup]:
    """``statements`` of one subject as groups, one for each record and first word of the path."""
    groups: dict[tuple[str, str], dict[str, list[tuple[str, Stated]]]] = {}
    for stated in sorted(statements, key=lambda s: (s.record, s.order, s.path)):
        first, *others = stated.path.split("/")
        # "tasks/0/sv" is item 0 of tasks and says sv, "seats/malå/joined" is of that party's seats;
        # "scope/counties/1" belongs to the one item of scope.
        item = others.pop(0) if others and (others[0].isdecimal() or first == "seats") else ""
        say = "/".join(part for part in others if not part.isdecimal())
        groups.setdefault((stated.record, first), {}).setdefault(item, []).append((say, stated))
    return [
        FactGroup(
            word=word_of(first),
            items=tuple(
                tuple(Fact(_word_within(say), s.text, s.assumed, s.missing) for say, s in item)
                for item in items.values()
            ),
            sources=tuple(dict.fromkeys(n for item in items.values() for _, s in item for n in s.sources)),
        )
        for (_, first), items in groups.items()
    ]


def _word_within(say: str) -> str:
    """The word of a fact within its item; the main text of an item needs none."""
    if say in {"", "sv", "value", "list"}:
        return ""
    return " · ".join(word_of(part) for part in say.split("/"))


def word_of(key: str) -> str:
    """The word for a key of the register, in the language in use; an unknown key is its own word."""
    found = WORDS.get(key)
    return pgettext(CONTEXT, found) if found else key.replace("_", " ")


def notice_time(from_on: date | None, to_on: date | None, day: date) -> Literal["present", "coming", "past"]:
    """When a notice from–to, both days included and None open, is shown as seen from ``day``."""
    if to_on is not None and to_on < day:
        return "past"
    return "coming" if from_on is not None and from_on > day else "present"


#: Key of the register → what a page calls it, a message id in ``CONTEXT``. Only keys whose facts become statements.
WORDS = {
    "aim_sv": "Syfte enligt källan",
    "also_kind": "Även av typen",
    "also_phrase": "Står också",
    "applies_to": "Gäller",
    "appointed_by": "Utses av",
    "approx_count": "Ungefärligt antal",
    "as": "Medverkan",
    "binding": "Bindande",
    "body": "Beslutat av",
    "by": "Av",
    "cadence": "Takt",
    "chapters": "Kapitel",
    "counties": "Län",
    "countries": "Länder",
    "current": "Aktuellt",
    "date": "Datum",
    "date_precision": "Datumets precision",
    "decision_power": "Beslutanderätt",
    "decisions": "Beslut",
    "definition": "Definition",
    "deliverables": "Ska lämna",
    "description_sv": "Beskrivning",
    "en": "På engelska",
    "exist": "Finns",
    "expected_results": "Förväntade resultat",
    "family": "Ett av flera",
    "focus": "Fokus",
    "formal_decision_by": "Formellt beslut av",
    "goals_per_focus_area": "Mål per insatsområde",
    "history": "Bakgrund",
    "host": "Värd",
    "is_office": "Är ett kontor",
    "joined": "Tillkom",
    "joined_phrase": "Om tillkomsten",
    "kind": "Typ",
    "kinds": "Typer",
    "languages": "Språk",
    "lead": "Ledning",
    "lead_sv": "Ingress",
    "list": "Lista",
    "locale": "Språk i registret",
    "managed_by": "Förvaltas av",
    "mandate_sv": "Uppdrag",
    "name": "Namn",
    "note": "Anmärkning",
    "of": "Av hur många",
    "open_list": "Listan är öppen",
    "ordinary": "Ordinarie",
    "org": "Organisation",
    "perspectives": "Perspektiv",
    "phone": "Telefon",
    "phone_hours": "Telefontider",
    "phrase": "Så står det i källan",
    "placeholder_family": "Står för flera",
    "places": "Orter",
    "process": "Så går det till",
    "refers_to": "Avser",
    "reviewed": "Granskad",
    "role": "Befattning",
    "schema": "Registrets schema",
    "scope": "Omfattning",
    "seats": "Platser",
    "seats_assumed": "Antaget om platserna",
    "seats_total": "Platser i allt",
    "sfs": "Författning",
    "step": "Steg",
    "substitutes": "Ersättare",
    "sv": "Uppgift",
    "target_groups": "Målgrupper",
    "target_levels": "Nivåer",
    "tasks": "Uppgifter",
    "term": "Ord",
    "text_sv": "Innebär",
    "texts": "Texter",
    "thematic": "Tematiskt",
    "theme": "Ämne",
    "timezone": "Tidszon",
    "title": "Registrets titel",
    "total": "Antal i allt",
    "unit_count": "Antal enheter",
    "value": "Uppgift",
    "web": "Webbplats",
    "web_text": "Webbplats enligt källan",
}
