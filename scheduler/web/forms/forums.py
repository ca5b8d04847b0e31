"""Forms of forums: a new one, its own page of settings, its requirement from a day on, its pauses.

Not here: reading the sentence of a requirement (``requirement``), seats (``seats``), what makes a value right
(``forums.rules``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from scheduler.forums.inherited import ForumSettings, effective
from scheduler.forums.models import Forum
from scheduler.forums.rules import NEXT_STATES
from scheduler.i18n import gettext, language, lazy, ngettext
from scheduler.organisations.models import Office
from scheduler.organisations.queries import PersonRow
from scheduler.organisations.rules import shown_name
from scheduler.places.models import Place
from scheduler.register.models import Theme
from scheduler.web.fields import DayField, NumberField, PageForm, choice
from scheduler.web.forms.meetings import ClockField, SeveralField, read_version
from scheduler.web.forms.requirement import COUNT, INTERVAL, NONE, READ, RequirementForm

STATES = {
    "proposal": lazy("Förslag"),
    "active": lazy("Aktivt"),
    "resting": lazy("Vilande"),
    "ended": lazy("Avslutat"),
}
FORMALITIES = {
    "informal": lazy("Inga anteckningar"),
    "notes": lazy("Minnesanteckningar"),
    "protocol": lazy("Protokoll"),
    "protocol_notice": lazy("Protokoll och anslag"),
}
QUORUM_RULES = {
    "none": lazy("Gäller inte"),
    "number": lazy("Ett bestämt antal"),
    "more_than_half": lazy("Mer än hälften"),
}
NOTICE_UNITS = {"calendar_days": lazy("Dagar"), "working_days": lazy("Arbetsdagar")}
PUBLIC_LEVELS = {
    "none": lazy("Inte offentligt"),
    "dates": lazy("Bara datum"),
    "full": lazy("Allt utom namn"),
}
YES_OR_NO = {"yes": lazy("Ja"), "no": lazy("Nej")}


def _options(words: Mapping[str, Any]) -> list[Any]:
    """The options of a select from a table of words."""
    return [choice(key, word) for key, word in words.items()]


class NewForumForm(RequirementForm):
    """A new forum: four things to fill in, the rest as its kind has it."""

    FIRST = ("name", "kind_id", "secretariat_id")

    name = StringField(lazy("Namn"))
    kind_id = SelectField(lazy("Typ"), choices=[])
    secretariat_id = SelectField(lazy("Sekretariat"), choices=[])

    def validate_name(self, field: StringField) -> None:
        """Raises ValidationError without a name, so that it is told together with a question about the sentence."""
        if not (field.data or "").strip():
            raise ValidationError(gettext("Ange forumets namn"))

    def validate_kind_id(self, field: SelectField) -> None:
        """Raises ValidationError when no kind is chosen, for the same reason."""
        if not field.data and not field.errors:
            raise ValidationError(gettext("Välj en typ"))

    def values(self) -> dict[str, Any]:
        """The keywords of ``create_forum``."""
        return {
            "name": self.name.data,
            "kind_id": self.kind_id.data,
            "secretariat_id": _reference(self.secretariat_id.data),
        }


class CadenceForm(RequirementForm):
    """What a forum requires from a day on."""

    FIRST = ("valid_from_on",)
    by_hand = True

    valid_from_on = DayField(
        lazy("Gäller från och med"), description=lazy("Tomt: från början. Till exempel 2027-01-01")
    )
    version = HiddenField()

    def offer(self) -> None:
        """As for any requirement, with the ways to enter one without a question."""
        self.answer.label.text = gettext("Hur vill du ange kravet?")
        self.answer.choices = [
            choice(READ, gettext("Läs det ur meningen")),
            choice(COUNT, gettext("Antal möten per period")),
            choice(INTERVAL, gettext("Ett möte med visst mellanrum")),
            choice(NONE, gettext("Inget krav")),
        ]
        super().offer()

    def validate_phrase(self, field: TextAreaField) -> None:  # noqa: ARG002 - the signature is WTForms'
        """Raises ValidationError when there is nothing to read."""
        if self.chosen == READ and self.reading is None:
            raise ValidationError(gettext("Klistra in meningen, eller ange kravet själv"))

    @property
    def known_version(self) -> int | None:
        """The forum's version when the form was made."""
        return read_version(self.version.data)


class PauseForm(PageForm):
    """Days without requirement."""

    from_on = DayField(lazy("Första dagen"))
    to_on = DayField(lazy("Sista dagen"), description=lazy("Tomt: tills vidare"))
    yearly = BooleanField(lazy("Återkommer varje år"))
    reason = StringField(lazy("Varför"))

    def values(self) -> dict[str, Any]:
        """The keywords of ``add_pause``."""
        return {name: self[name].data for name in ("from_on", "to_on", "yearly", "reason")}


# ---------------------------------------------------------------- the settings of a forum


@dataclass(frozen=True)
class Choices:
    """What the selects of a forum's settings offer."""

    #: Options of selects, as ``choice`` makes them.
    kinds: Sequence[Any]
    organisations: Sequence[Any]
    offices: Sequence[Office]
    #: Those who may be said to lead it: with a seat, or at home at its host or secretariat.
    people: Sequence[PersonRow]
    parents: Sequence[Forum]
    places: Sequence[Place]
    themes: Sequence[Theme]


class ForumForm(PageForm):
    """Everything of a forum that is one value; what its kind gives has "as the kind" first."""

    name = StringField(lazy("Namn"))
    short_name = StringField(lazy("Kortnamn"), description=lazy("Högst 24 tecken, visas i listor"))
    code = StringField(lazy("Kod"), description=lazy("2–4 bokstäver"))
    kind_id = SelectField(lazy("Typ"), choices=[])
    secretariat_id = SelectField(lazy("Sekretariat"), choices=[])
    secretariat_email = StringField(
        lazy("Sekretariatets brevlåda"), description=lazy("Avsändare i kalendrar, och dit svar går")
    )
    host_id = SelectField(lazy("Värd"), choices=[])
    lead = SelectField(lazy("Leds av"), choices=[])
    lead_relation = RadioField(
        lazy("Ledarens roll"),
        choices=[choice("leads", lazy("Leder")), choice("takes_part", lazy("Leder eller deltar"))],
    )
    parent_id = SelectField(lazy("Hör till"), choices=[])
    purpose = TextAreaField(lazy("Syfte"))
    state = SelectField(lazy("Läge"), choices=[])
    valid_to_on = DayField(lazy("Sista dagen"), description=lazy("Bara om forumet upphör. Till exempel 2027-12-31"))
    tracked_from_on = DayField(
        lazy("Mötena finns här från"), description=lazy("Tidigare år visas som inga uppgifter, aldrig som missade")
    )
    default_place_id = SelectField(lazy("Plats"), choices=[])
    default_time = ClockField(lazy("Börjar"), description=lazy("Till exempel 10.00"))
    duration = NumberField(lazy("Längd i minuter"))
    min_gap_days = NumberField(
        lazy("Minsta mellanrum i dagar"), description=lazy("Mellan två möten. Tomt: inget bestämt")
    )
    chair_plans = BooleanField(
        lazy("Ordföranden planerar"),
        description=lazy("Ordföranden får boka, flytta, kalla, ställa in och registrera möten."),
    )
    substitutes_automatic = BooleanField(
        lazy("Ersättare frågas automatiskt"),
        description=lazy(
            "När en ordinarie svarar nej får nästa i turordningen frågan genast. Annars väntar den på dig."
        ),
    )
    asks_needs = BooleanField(
        lazy("Fråga om mat och tillgänglighet"),
        description=lazy("I svaret på kallelsen. Bara sekretariatet ser det, och det raderas sju dagar efter mötet."),
    )
    public_names = BooleanField(
        lazy("Visa namn offentligt"),
        description=lazy(
            "På forumets offentliga sida, vid organisationen. Bara om de som har platserna har gått med på det."
        ),
    )
    invitees_per_meeting = BooleanField(
        lazy("Deltagare väljs för varje möte"), description=lazy("Som i tematiska samtal. Annars kallas platserna.")
    )
    extra_counts = BooleanField(lazy("Extra möten räknas mot kravet"))
    public_level = SelectField(lazy("Offentligt"), choices=[])
    formality = SelectField(lazy("Handlingar"), choices=[])
    minutes_days = NumberField(lazy("Klara inom dagar"))
    quorum_rule = SelectField(lazy("Beslutsförhet"), choices=[])
    quorum_number = NumberField(lazy("Så många krävs"), description=lazy("Vid ett bestämt antal"))
    requires_quorum = SelectField(lazy("Räkna bara beslutsföra möten"), choices=[])
    notice_n = NumberField(lazy("Kallelse före mötet"))
    notice_unit = SelectField(lazy("Räknat i"), choices=_options(NOTICE_UNITS))
    aliases = TextAreaField(lazy("Andra namn"), description=lazy("En per rad. Sökningen hittar dem också."))
    names = TextAreaField(
        lazy("Namn på andra språk"), description=lazy("En per rad, språkets kod först, till exempel se: Sámediggi")
    )
    theme_ids = SeveralField(lazy("Teman"), choices=[])
    version = HiddenField()

    #: Fields that hold the id of another row.
    REFERENCES = ("secretariat_id", "host_id", "parent_id", "default_place_id")
    #: Fields the kind fills when they are left to it.
    OF_KIND = ("public_level", "formality", "quorum_rule")
    _PLAIN = (
        "name", "short_name", "code", "kind_id", "secretariat_email", "lead_relation", "purpose", "state",
        "valid_to_on", "tracked_from_on", "default_time", "duration", "min_gap_days", "chair_plans",
        "substitutes_automatic", "asks_needs", "public_names",
        "invitees_per_meeting", "extra_counts", "minutes_days", "quorum_number",
    )  # fmt: skip

    def offer(self, forum: Forum, of: Choices) -> None:
        """Fills in what may be chosen; what the forum has already is always among it."""
        self.kind_id.choices = list(of.kinds)
        self.secretariat_id.choices = list(of.organisations)
        self.host_id.choices = list(of.organisations)
        self.lead.choices = _leads(forum, of)
        self.parent_id.choices = [choice("", gettext("Inget")), *(choice(str(row.id), row.title) for row in of.parents)]
        named = [
            choice(str(p.id), p.name if not p.town or p.town in p.name else f"{p.name}, {p.town}") for p in of.places
        ]
        self.default_place_id.choices = [choice("", gettext("Ingen vald")), *named]
        self.state.choices = [choice(key, STATES[key]) for key in (forum.state, *NEXT_STATES[forum.state])]
        english = language() == "en"
        self.theme_ids.choices = [choice(str(row.id), (row.en if english else None) or row.sv) for row in of.themes]
        self._offer_inherited(forum)

    def _offer_inherited(self, forum: Forum) -> None:
        """Says at each field what the kind has: its first choice, or what an empty field means."""
        of_kind = words_of_kind(effective(forum))
        kind = forum.kind.en if language() == "en" else forum.kind.sv
        for field, words in (
            (self.public_level, PUBLIC_LEVELS),
            (self.formality, FORMALITIES),
            (self.quorum_rule, QUORUM_RULES),
            (self.requires_quorum, YES_OR_NO),
        ):
            value = of_kind[field.short_name].lower()
            as_kind = gettext("Som %(kind)s (%(value)s)", kind=kind, value=value)
            field.choices = [choice("", as_kind), *_options(words)]
        for name in ("minutes_days", "notice_n"):
            self[name].description = gettext("Tomt: som %(kind)s (%(value)s)", kind=kind, value=of_kind[name])

    def show(self, forum: Forum) -> None:
        """Fills in what the fields of the row do not say by themselves."""
        for name in self.REFERENCES:
            self[name].data = str(getattr(forum, name) or "")
        for name in self.OF_KIND:
            self[name].data = getattr(forum, name) or ""
        self.requires_quorum.data = {None: "", True: "yes", False: "no"}[forum.requires_quorum]
        self.notice_unit.data = forum.notice_unit or forum.kind.notice_unit
        self.lead.data = ""
        if forum.lead_office_id is not None:
            self.lead.data = f"office-{forum.lead_office_id}"
        elif forum.lead_person_id is not None:
            self.lead.data = f"person-{forum.lead_person_id}"
        self.aliases.data = "\n".join(row.name for row in forum.names if row.language is None)
        self.names.data = "\n".join(f"{row.language}: {row.name}" for row in forum.names if row.language)
        self.theme_ids.data = [str(theme.id) for theme in forum.themes]
        self.version.data = str(forum.version)

    def values(self) -> dict[str, Any]:
        """The keywords of ``edit_forum``."""
        found: dict[str, Any] = {name: self[name].data for name in self._PLAIN}
        for text in ("name", "short_name", "secretariat_email", "purpose"):
            found[text] = (self[text].data or "").strip() or None
        found["code"] = (self.code.data or "").strip().upper() or None
        found |= {name: _reference(self[name].data) for name in self.REFERENCES}
        found |= {name: self[name].data or None for name in self.OF_KIND}
        found["requires_quorum"] = {"yes": True, "no": False}.get(self.requires_quorum.data or "")
        kind, _dash, number = (self.lead.data or "").partition("-")
        found["lead_office_id"] = _reference(number) if kind == "office" else None
        found["lead_person_id"] = _reference(number) if kind == "person" else None
        # A notice is inherited as a whole: without a number of its own the unit is the kind's too.
        found["notice_n"] = self.notice_n.data
        found["notice_unit"] = self.notice_unit.data if self.notice_n.data is not None else None
        found["aliases"] = _lines(self.aliases.data)
        found["names"] = dict(_language_line(line) for line in _lines(self.names.data))
        return found

    @property
    def theme_choice(self) -> set[int]:
        """The ids of the themes chosen."""
        return {id_ for value in self.theme_ids.data or [] if (id_ := _reference(value)) is not None}

    @property
    def known_version(self) -> int | None:
        """The forum's version when the form was made."""
        return read_version(self.version.data)

    def validate_names(self, field: TextAreaField) -> None:
        """Raises ValidationError with the message for the field when a line has no language code."""
        for line in _lines(field.data):
            if not _language_line(line)[0]:
                raise ValidationError(gettext("Skriv språkets kod och kolon före namnet: %(line)s", line=line))


def _reference(value: str | None) -> int | None:
    """The id that a select holds; None for none, and for what is no id at all (the field then says so)."""
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 10 else None  # noqa: PLR2004 - an id


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def _language_line(line: str) -> tuple[str, str]:
    code, colon, name = line.partition(":")
    return (code.strip(), name.strip()) if colon else ("", line)


def _leads(forum: Forum, of: Choices) -> list[Any]:
    """Offices and people in groups; the person who leads it now is there whatever else."""
    english = language() == "en"
    offices = gettext("Befattningar")
    people = {f"person-{row.id}": row.name for row in of.people}
    if forum.lead_person is not None:
        people.setdefault(f"person-{forum.lead_person.id}", shown_name(forum.lead_person))
    return [
        choice("", gettext("Ingen")),
        *(choice(f"office-{row.id}", (row.en if english else None) or row.sv, offices) for row in of.offices),
        *(choice(key, name, gettext("Personer")) for key, name in people.items()),
    ]


# ---------------------------------------------------------------- what a kind gives


@dataclass(frozen=True)
class Inherited:
    """One value that a kind gives, in words: what holds, whether it is the forum's own, what the kind has."""

    is_own: bool
    in_force: str
    of_kind: str


def inherited(settings: ForumSettings, form: ForumForm) -> dict[str, Inherited]:
    """Field → what holds by the form, whose value it is, and the kind's, in words."""
    own = own_values(form)
    given = {
        "public_level": form.public_level.data,
        "formality": form.formality.data,
        "minutes_days": form.minutes_days.data,
        "quorum_rule": form.quorum_rule.data,
        "quorum_number": form.quorum_number.data,
        "requires_quorum": form.requires_quorum.data == "yes",
        "notice_n": form.notice_n.data,
        "notice_unit": form.notice_unit.data,
    }
    of_kind = _in_words(settings.of_kind)
    of_form = _in_words(
        {**settings.of_kind, **{name: value for name, value in given.items() if value not in {None, ""}}}
    )
    return {
        name: Inherited(name in own, of_form[name] if name in own else text, text) for name, text in of_kind.items()
    }


def words_of_kind(settings: ForumSettings) -> dict[str, str]:
    """Field → the value of the kind, in words."""
    return _in_words(settings.of_kind)


def _in_words(values: Mapping[str, Any]) -> dict[str, str]:
    """The values that a kind may give, in words; what is no value says itself."""
    quorum = str(QUORUM_RULES.get(values["quorum_rule"], values["quorum_rule"]))
    if values["quorum_rule"] == "number" and values.get("quorum_number"):
        quorum = ngettext("Minst 1", "Minst %(n)s", values["quorum_number"])
    return {
        "public_level": str(PUBLIC_LEVELS.get(values["public_level"], values["public_level"])),
        "formality": str(FORMALITIES.get(values["formality"], values["formality"])),
        "minutes_days": ngettext("inom 1 dag", "inom %(n)s dagar", values["minutes_days"]),
        "quorum_rule": quorum,
        "requires_quorum": str(YES_OR_NO["yes" if values["requires_quorum"] else "no"]),
        "notice_n": ngettext("1 arbetsdag före", "%(n)s arbetsdagar före", values["notice_n"])
        if values["notice_unit"] == "working_days"
        else ngettext("1 dag före", "%(n)s dagar före", values["notice_n"]),
    }


def own_values(form: ForumForm) -> set[str]:
    """The fields of ``inherited`` that the form gives a value of the forum's own."""
    names = ("public_level", "formality", "minutes_days", "quorum_rule", "requires_quorum", "notice_n")
    return {name for name in names if form[name].data not in {None, ""}}
