"""What the history says in words: the name of each field, and its values before and after.

Not here: what an action is called (``filters.CHANGE_WORDS``), which entries somebody may see (``history``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from scheduler import i18n
from scheduler.history.models import HistoryEntry
from scheduler.i18n import gettext, lazy, mark
from scheduler.organisations.queries import protected_among
from scheduler.organisations.rules import PRECISIONS
from scheduler.records.minutes_words import OUTCOMES
from scheduler.records.minutes_words import STATES as MINUTES_STATES
from scheduler.register.rules import word_of
from scheduler.web import words
from scheduler.web.attendance_words import CHOICES
from scheduler.web.filters import instant_text
from scheduler.web.forms.agenda import ITEM_KINDS, ITEM_STATES
from scheduler.web.forms.documents import VISIBILITIES
from scheduler.web.forms.forums import FORMALITIES, NOTICE_UNITS, PUBLIC_LEVELS, QUORUM_RULES, STATES
from scheduler.web.forms.places import BLOCKED_KIND_WORDS
from scheduler.web.forms.register import NOTICE_WORDS, STRATEGY_WORDS
from scheduler.web.forms.seats import FUNCTION_WORDS
from scheduler.web.poll_words import POLL_STATES

#: Fields that name a row by number, count versions or repeat what another one says: of no use to a reader.
UNSAID = frozenset(
    {"version", "person_id", "seat_id", "forum_id", "organisation_id", "scope_id", "sort_key", "search_key",
     "forum_ids", "invitees", "last_change", "sequence", "time_rev", "epoch", "continues_id", "place_id",
     "absence_id", "sha256"}
)  # fmt: skip

#: Field of a history entry → its name. A test compares them with what the actions write.
FACT_WORDS: Mapping[str, str] = {
    "action_point": mark("Åtgärd"),
    "forums": mark("Antal forum"),
    "headings": mark("Rubriker"),
    "on": mark("Dag"),
    "publisher": mark("Utgivare"),
    "start": mark("Börjar"),
    "active": mark("Aktiv"),
    "address": mark("Adress"),
    "alarm": mark("Påminnelse i kalendern"),
    "aliases": mark("Andra namn"),
    "all_day": mark("Hela dagen"),
    "answer": mark("Svar"),
    "answer_by_on": mark("Svara senast"),
    "attendance": mark("Närvaro"),
    "appointed_by": mark("Utsedd av"),
    "asks_needs": mark("Fråga om mat och tillgänglighet"),
    "public_names": mark("Visa namn offentligt"),
    "approximate": mark("Cirka"),
    "asked": mark("Tillfrågade"),
    "bounce_state": mark("Adressen studsar"),
    "cadence": mark("Krav"),
    "called_at": mark("Kallelsen gick ut"),
    "cancel_reason": mark("Varför inställt"),
    "cancelled": mark("Inställda visas"),
    "capacity": mark("Antal platser i lokalen"),
    "chair_plans": mark("Ordföranden får planera"),
    "chaser": mark("Svarspåminnelser"),
    "chosen_on": mark("Valt datum"),
    "code": mark("Kod"),
    "contact": mark("Kontakt"),
    "contact_email": mark("E-post"),
    "contact_for": mark("Kontakt för"),
    "continues_until_replaced": mark("Sitter kvar tills någon tar över"),
    "count": mark("Antal"),
    "country": mark("Land"),
    "county": mark("Län"),
    "dates": mark("Datum"),
    "decided_by": mark("Beslutat av"),
    "decided_on": mark("Beslutsdag"),
    "decides": mark("Beslutar"),
    "decision_ref": mark("Beslut"),
    "default_place": mark("Vanlig plats"),
    "default_time": mark("Vanlig tid"),
    "demo": mark("Demo"),
    "dismissible": mark("Kan stängas"),
    "document": mark("Handling"),
    "domain": mark("Domän"),
    "due_on": mark("Klar senast"),
    "duration": mark("Längd i minuter"),
    "each_of": mark("I var och en av"),
    "email": mark("E-post"),
    "emails": mark("E-postadresser"),
    "en": mark("Engelskt namn"),
    "end_at": mark("Slutar"),
    "entries": mark("Ordning"),
    "entry": mark("Tur"),
    "every": mark("Var n:te"),
    "every_n": mark("På vart n:te möte"),
    "extra_counts": mark("Extra möten räknas"),
    "family_count": mark("Ungefärligt antal"),
    "family_name": mark("Efternamn"),
    "file": mark("Fil"),
    "focus_area": mark("Insatsområde"),
    "formality": mark("Formalia"),
    "forum": mark("Forum"),
    "forums_decided": mark("Forum i beslutet"),
    "from": mark("Från"),
    "from_at": mark("Från klockan"),
    "from_on": mark("Från och med"),
    "function": mark("Uppdrag"),
    "given_name": mark("Förnamn"),
    "group": mark("Grupp"),
    "hard": mark("Hindrar"),
    "holder_text": mark("Vems platsen är, i ord"),
    "horizon": mark("Horisont"),
    "host": mark("Värd"),
    "hours": mark("Öppettider"),
    "included": mark("Ingående forum"),
    "invitees_called": mark("Antal kallade"),
    "invitees_per_meeting": mark("Deltagare väljs för varje möte"),
    "invitees_withdrawn": mark("Antal återkallade"),
    "issues": mark("Påverkansfrågor"),
    "item": mark("Punkt"),
    "items": mark("Punkter"),
    "kind": mark("Typ"),
    "km": mark("Kilometer"),
    "label": mark("Namn"),
    "language": mark("Språk"),
    "lead_office": mark("Leds av befattningen"),
    "lead_person": mark("Leds av"),
    "lead_relation": mark("Leder eller deltar"),
    "legal_form": mark("Form"),
    "link": mark("Länk"),
    "local_on": mark("Dag"),
    "locale": mark("Språk i brev"),
    "login": mark("Inloggning"),
    "max": mark("Högst"),
    "max_days": mark("Högst dagar emellan"),
    "meetings_decided": mark("Möten i beslutet"),
    "membership_note": mark("Om deltagarna"),
    "merged": mark("Sammanslagen med"),
    "merged_into": mark("Finns kvar som"),
    "min": mark("Minst"),
    "min_days": mark("Minst dagar emellan"),
    "min_gap_days": mark("Minsta mellanrum i dagar"),
    "minutes": mark("Minuter"),
    "minutes_days": mark("Dagar till protokoll"),
    "minutes_state": mark("Protokoll eller anteckningar"),
    "mode": mark("Form för mötet"),
    "months": mark("Månader"),
    "municipality": mark("Kommun"),
    "name": mark("Namn"),
    "name_en": mark("Engelskt namn"),
    "name_missing": mark("Namnet saknas i källan"),
    "named": mark("Namngivna"),
    "names": mark("Namn på andra språk"),
    "note": mark("Anteckning"),
    "notice_n": mark("Kallelsetid"),
    "notice_unit": mark("Kallelsetid räknas i"),
    "number": mark("Version"),
    "number_unknown": mark("Antalet är okänt"),
    "of_count": mark("Av hur många"),
    "offer": mark("Erbjudande"),
    "office": mark("Befattning"),
    "on_behalf_of": mark("På uppdrag av"),
    "online": mark("På distans"),
    "order": mark("Inkallelseordning"),
    "org_no": mark("Organisationsnummer"),
    "organisation": mark("Organisation"),
    "outcome": mark("Resultat"),
    "owner": mark("Ägare"),
    "owner_organisation": mark("Ansvarig organisation"),
    "owner_person": mark("Ansvarig"),
    "paragraph": mark("Paragraf"),
    "parent": mark("Hör till"),
    "part": mark("Del av mötet, jäv"),
    "part_of": mark("Del av"),
    "period": mark("Period"),
    "person": mark("Person"),
    "phone": mark("Telefon"),
    "phone_e164": mark("Telefon, internationellt"),
    "phone_kind": mark("Telefontyp"),
    "phrase": mark("Källans ord"),
    "place": mark("Plats"),
    "place_text": mark("Lokal"),
    "position": mark("Ordning"),
    "presenter": mark("Föredragande"),
    "presenter_role": mark("Föredragande"),
    "principals": mark("Huvudmän"),
    "protected": mark("Skyddade personuppgifter"),
    "public": mark("Offentlig"),
    "public_level": mark("Offentligt"),
    "purpose": mark("Syfte"),
    "quorum": mark("Beslutsfört"),
    "quorum_number": mark("Antal för beslutsförhet"),
    "quorum_rule": mark("Beslutsförhet"),
    "reason": mark("Varför"),
    "reminder_n": mark("Påminnelse före"),
    "reminders": mark("Påminnelser"),
    "reminder_unit": mark("Påminnelse räknas i"),
    "requires_quorum": mark("Räknas bara om det är beslutsfört"),
    "role": mark("Roll"),
    "registry_number": mark("Diarienummer"),
    "rules": mark("Påminnelser"),
    "save_the_date": mark("Spara dagen"),
    "scope": mark("Omfattning"),
    "seat": mark("Plats"),
    "seat_kind": mark("Platstyp"),
    "seat_kinds": mark("Platstyper"),
    "secretariat": mark("Sekretariat"),
    "secretariat_email": mark("Sekretariatets adress"),
    "secrecy_ground": mark("Sekretess"),
    "selection": mark("Urval"),
    "short_name": mark("Kortnamn"),
    "show_from_on": mark("Visas på dagordningen från"),
    "shows_counts": mark("Antalet svar visas"),
    "since_on": mark("Finns sedan"),
    "since_precision": mark("Hur noga dagen är känd"),
    "source": mark("Källa"),
    "source_url": mark("Källans adress"),
    "start_at": mark("Börjar"),
    "start_on": mark("Börjar den"),
    "state": mark("Läge"),
    "strategy": mark("Strategi"),
    "substitute_state": mark("Ersättarens svar"),
    "substitutes_automatic": mark("Ersättare frågas automatiskt"),
    "successor": mark("Efterföljare"),
    "sv": mark("Namn"),
    "target": mark("Mål"),
    "task": mark("Uppgift"),
    "tentative": mark("Förslag visas"),
    "text": mark("Text"),
    "text_en": mark("Text på engelska"),
    "themes": mark("Teman"),
    "time_zone": mark("Tidszon"),
    "title": mark("Rubrik"),
    "to": mark("Till"),
    "to_at": mark("Till klockan"),
    "to_forum": mark("Till forum"),
    "to_on": mark("Till och med"),
    "to_organisation": mark("Till organisation"),
    "to_text": mark("Till, i ord"),
    "town": mark("Ort"),
    "tracked_from_on": mark("Möten finns här från"),
    "unit": mark("Enhet"),
    "valid_from_on": mark("Gäller från"),
    "valid_from_precision": mark("Hur noga dagen är känd"),
    "valid_to_on": mark("Gäller till"),
    "video_url": mark("Videolänk"),
    "visibility": mark("Vem som får öppna"),
    "voting": mark("Har rösträtt"),
    "web": mark("Webbplats"),
    "window": mark("Fönster"),
    "yearly": mark("Varje år"),
    "year": mark("År"),
}

_UNITS = {
    "year": lazy("år"),
    "meeting": lazy("möte"),
    "day": lazy("dag"),
    "week": lazy("vecka"),
    "month": lazy("månad"),
}
_PRECISION_WORDS = dict(zip(PRECISIONS, (lazy("dag"), lazy("månad"), lazy("år"), lazy("årtionde")), strict=True))
#: Field → what its codes are called. A field that means different things in different records is told by the code.
VALUE_WORDS: Mapping[str, Mapping[str, object]] = {
    "attendance": {choice: said[1] for choice, said in CHOICES.items()},
    "minutes_state": {state: said[0] for state, said in MINUTES_STATES.items()},
    "outcome": OUTCOMES,
    "answer": {answer: said.word for answer, said in words.ANSWERS.items()},
    "bounce_state": {"ok": lazy("Nej"), "soft": lazy("Ibland"), "hard": lazy("Ja")},
    "formality": FORMALITIES,
    "function": FUNCTION_WORDS,
    "lead_relation": {"leads": lazy("Leder"), "takes_part": lazy("Deltar")},
    "mode": {"on_site": lazy("På plats"), "remote": lazy("På distans"), "hybrid": lazy("På plats och på distans")},
    "notice_unit": NOTICE_UNITS,
    "offer": {"offered": lazy("Erbjuden"), "accepted": lazy("Tackade ja"), "declined": lazy("Tackade nej")},
    "period": {
        "year": lazy("år"), "term": lazy("termin"), "quarter": lazy("kvartal"), "month": lazy("månad"),
    },
    "public_level": PUBLIC_LEVELS,
    "quorum_rule": QUORUM_RULES,
    "reminder_unit": NOTICE_UNITS,
    "role": {
        "administrator": lazy("Administratör"), "secretariat": lazy("Sekretariat"),
        "organisation_contact": lazy("Organisationskontakt"), "reader": lazy("Läsare"),
    },
    "seat_kind": words.SEAT_KINDS,
    "state": {**words.MEETING_STATES, **STATES, "planned": lazy("Planerad"), "done": lazy("Klar"), **ITEM_STATES},
    "substitute_state": {
        "waiting": lazy("Frågad"), "accepted": lazy("Ja"), "declined": lazy("Nej"), "expired": lazy("Inget svar"),
        "withdrawn": lazy("Behövs inte"),
    },
    "task": {"chair": lazy("Ordförande"), "secretariat": lazy("Sekretariat")},
    "unit": _UNITS,
    "since_precision": _PRECISION_WORDS,
    "valid_from_precision": _PRECISION_WORDS,
    "visibility": VISIBILITIES,
    "window": {"calendar": lazy("kalender"), "rolling": lazy("rullande")},
}  # fmt: skip
#: First word of an action → what the codes of its field "kind" are called.
_KINDS_OF: Mapping[str, Mapping[str, object]] = {
    "agenda": ITEM_KINDS, "minutes": {"notes": lazy("Minnesanteckningar"), "protocol": lazy("Protokoll")},
    "blocked": BLOCKED_KIND_WORDS, "busy": {"url": lazy("Adress"), "file": lazy("Fil")},
    "meeting": words.MEETING_KINDS, "notice": NOTICE_WORDS, "seat": words.SEAT_KINDS, "strategy": STRATEGY_WORDS,
}  # fmt: skip
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?([+-]\d{2}:\d{2}|Z)?")
_CLOCK = re.compile(r"(\d{2}):(\d{2}):\d{2}")


@dataclass(frozen=True)
class Fact:
    """One field of an entry in words; ``before`` and ``after`` are "–" where there was nothing."""

    word: str
    before: str
    after: str

    @property
    def said(self) -> str:
        """In one line: what it became, with what it was before it where there was anything."""
        return self.after if self.before == "–" else f"{self.before} → {self.after}"


def protected_in(session: Session, found: Iterable[HistoryEntry]) -> set[int]:
    """The persons of the entries whose identity is protected today, whatever it was when they were written."""
    ids = {
        side["person_id"]
        for entry in found
        for side in (entry.before or {}, entry.after or {})
        if isinstance(side.get("person_id"), int)
    }
    ids |= {entry.subject_id for entry in found if entry.subject_kind == "person" and entry.subject_id is not None}
    return protected_among(session, ids)


def facts_of(entry: HistoryEntry, time_zone: str, hidden: Collection[int] = ()) -> list[Fact]:
    """The fields that changed, in words; ``hidden`` are persons whose identity is protected today."""
    before, after = entry.before or {}, entry.after or {}
    if entry.subject_kind == "person" and entry.subject_id in hidden:
        return []
    masked = {side.get("person_id") for side in (before, after)} & set(hidden)
    found = []
    for name in {**before, **after}:
        if name in UNSAID:
            continue
        values = [value_words(entry, name, side.get(name), time_zone) for side in (before, after)]
        if name == "person" and masked:
            values = [gettext("ledamot") if side.get(name) else "–" for side in (before, after)]
        if values != ["–", "–"]:
            found.append(Fact(fact_word(name), *values))
    return found


def fact_word(name: str) -> str:
    """What a field is called; one of a register file goes by the first word of its path there."""
    return gettext(FACT_WORDS[name]) if name in FACT_WORDS else word_of(name.partition("/")[0])


def value_words(entry: HistoryEntry, name: str, value: Any, time_zone: str) -> str:
    """A value as a person reads it, in one line of at most 300 characters."""
    if isinstance(value, (list, tuple)):
        return ", ".join(value_words(entry, name, one, time_zone) for one in value) or "–"
    if isinstance(value, dict):
        return str(value.get(i18n.language()) or "; ".join(f"{key}: {one}" for key, one in value.items())) or "–"
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return gettext("Ja") if value else gettext("Nej")
    if not isinstance(value, str):
        return str(value)
    return _text_words(entry, name, value, time_zone)


def _text_words(entry: HistoryEntry, name: str, value: str, time_zone: str) -> str:
    known = VALUE_WORDS.get(name)
    if name == "state" and entry.subject_kind == "poll":
        known = {state: said.word for state, said in POLL_STATES.items()}
    if name == "kind":
        known = _KINDS_OF.get(entry.action.partition(".")[0])
    if known is not None and value in known:
        return gettext(str(known[value]))
    if name == "seat_kinds":
        return ", ".join(words.seat_kind_word(kind).lower() for kind in value.split(",") if kind in words.SEAT_KINDS)
    if _DAY.fullmatch(value):
        return i18n.date_text(date.fromisoformat(value), weekday=False, year=True)
    if _INSTANT.fullmatch(value):
        return _instant_words(value, time_zone)
    if found := _CLOCK.fullmatch(value):
        return f"{found[1]}.{found[2]}" if i18n.language() == "sv" else f"{found[1]}:{found[2]}"
    line = " ".join(value.split())
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"


def _instant_words(value: str, time_zone: str) -> str:
    at = datetime.fromisoformat(value)
    return instant_text(at, time_zone) if at.tzinfo is not None else value.replace("T", " ")


_WIDTH = 300
