"""Values of the register: whose fact a statement is, where a value comes from, how facts are grouped. Pure.

Not here: dates of reduced precision (``organisations.rules``), reading a register file
(``reports.register_file``), the tables (``models``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from scheduler.i18n import gettext, mark

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
    return gettext(found) if found else key.replace("_", " ")


#: Key of the register → what a page calls it. Only keys whose facts become statements.
WORDS = {
    "aim_sv": mark("Syfte enligt källan"),
    "also_kind": mark("Även av typen"),
    "also_phrase": mark("Står också"),
    "applies_to": mark("Gäller"),
    "appointed_by": mark("Utses av"),
    "approx_count": mark("Ungefärligt antal"),
    "as": mark("Medverkan"),
    "binding": mark("Bindande"),
    "body": mark("Beslutat av"),
    "by": mark("Av"),
    "cadence": mark("Takt"),
    "chapters": mark("Kapitel"),
    "counties": mark("Län"),
    "countries": mark("Länder"),
    "current": mark("Aktuellt"),
    "date": mark("Datum"),
    "date_precision": mark("Datumets precision"),
    "decision_power": mark("Beslutanderätt"),
    "decisions": mark("Beslut"),
    "definition": mark("Definition"),
    "deliverables": mark("Ska lämna"),
    "description_sv": mark("Beskrivning"),
    "en": mark("På engelska"),
    "exist": mark("Finns"),
    "expected_results": mark("Förväntade resultat"),
    "family": mark("Ett av flera"),
    "focus": mark("Fokus"),
    "formal_decision_by": mark("Formellt beslut av"),
    "goals_per_focus_area": mark("Mål per insatsområde"),
    "history": mark("Bakgrund"),
    "host": mark("Värd"),
    "is_office": mark("Är ett kontor"),
    "joined": mark("Tillkom"),
    "joined_phrase": mark("Om tillkomsten"),
    "kind": mark("Typ"),
    "kinds": mark("Typer"),
    "languages": mark("Språk"),
    "lead": mark("Ledning"),
    "lead_sv": mark("Ingress"),
    "list": mark("Lista"),
    "locale": mark("Språk i registret"),
    "managed_by": mark("Förvaltas av"),
    "mandate_sv": mark("Uppdrag"),
    "name": mark("Namn"),
    "note": mark("Anmärkning"),
    "of": mark("Av hur många"),
    "open_list": mark("Listan är öppen"),
    "ordinary": mark("Ordinarie"),
    "org": mark("Organisation"),
    "perspectives": mark("Perspektiv"),
    "phone": mark("Telefon"),
    "phone_hours": mark("Telefontider"),
    "phrase": mark("Så står det i källan"),
    "placeholder_family": mark("Står för flera"),
    "places": mark("Orter"),
    "process": mark("Så går det till"),
    "refers_to": mark("Avser"),
    "reviewed": mark("Granskad"),
    "role": mark("Befattning"),
    "schema": mark("Registrets schema"),
    "scope": mark("Omfattning"),
    "seats": mark("Platser"),
    "seats_assumed": mark("Antaget om platserna"),
    "seats_total": mark("Platser i allt"),
    "sfs": mark("Författning"),
    "step": mark("Steg"),
    "substitutes": mark("Ersättare"),
    "sv": mark("Uppgift"),
    "target_groups": mark("Målgrupper"),
    "target_levels": mark("Nivåer"),
    "tasks": mark("Uppgifter"),
    "term": mark("Ord"),
    "text_sv": mark("Innebär"),
    "texts": mark("Texter"),
    "thematic": mark("Tematiskt"),
    "theme": mark("Ämne"),
    "timezone": mark("Tidszon"),
    "title": mark("Registrets titel"),
    "total": mark("Antal i allt"),
    "unit_count": mark("Antal enheter"),
    "value": mark("Uppgift"),
    "web": mark("Webbplats"),
    "web_text": mark("Webbplats enligt källan"),
}
