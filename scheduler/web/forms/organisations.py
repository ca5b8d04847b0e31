"""Forms of organisations and people: what one types, and how it becomes the keywords of the actions.

Not here: what makes a value right (``organisations.fields``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from scheduler.i18n import gettext, language, lazy, mark
from scheduler.organisations.models import RELATION_KINDS, Contact, Office, Organisation, OrganisationKind, Person
from scheduler.organisations.rules import read_partial_date
from scheduler.web.fields import DayField, NumberField, PageForm, choice
from scheduler.web.seen import SeenForm

_LANGUAGE_LINE = lazy("En per rad, språkets kod först, till exempel se: Sámediggi")


def kind_choices(kinds: Sequence[OrganisationKind]) -> list[Any]:
    """Kinds in the language in use, after the request to choose one."""
    english = language() == "en"
    return [choice("", lazy("Välj typ")), *(choice(kind.id, kind.en if english else kind.sv) for kind in kinds)]


def organisation_choices(organisations: Sequence[Organisation]) -> list[Any]:
    """Organisations by name, after the choice of none."""
    return [choice("", lazy("Ingen")), *(choice(str(row.id), row.name) for row in organisations)]


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


class OrganisationForm(SeenForm):
    """An organisation: its name and kind are asked for, the rest may wait."""

    name = StringField(lazy("Namn"))
    kind_id = SelectField(lazy("Typ"), choices=[], validate_choice=True)
    short_name = StringField(lazy("Kortnamn"), description=lazy("Högst 24 tecken, visas i listor"))
    aliases = TextAreaField(lazy("Andra namn"), description=lazy("En per rad. Sökningen hittar dem också."))
    names = TextAreaField(lazy("Namn på andra språk"), description=_LANGUAGE_LINE)
    municipality = StringField(lazy("Kommun"))
    web = StringField(lazy("Webbadress"))
    contact_email = StringField(lazy("E-post"), description=lazy("Organisationens egen brevlåda, ingen persons"))
    phone = StringField(lazy("Telefon"))
    org_no = StringField(lazy("Organisationsnummer"))
    valid_from = StringField(
        lazy("Finns sedan"), description=lazy("Så noga du vet: 2015-08-01, 2015-08, 2015 eller 1990-talet")
    )
    valid_to_on = DayField(lazy("Finns till och med"), description=lazy("Tomt: tills vidare"))
    successor_id = SelectField(
        lazy("Efterföljare"), choices=[], description=lazy("Den som tog över när organisationen upphörde")
    )
    code = StringField(lazy("Kod"), description=lazy("Kommunkod eller länskod"))
    county = StringField(lazy("Län"), description=lazy("Länsbokstav, till exempel BD"))
    legal_form = StringField(lazy("Form"), description=lazy("Till exempel kommunalförbund"))
    domain = StringField(lazy("Domän"), description=lazy("Den del av e-postadresserna som står efter @"))
    note = TextAreaField(lazy("Anteckning"))
    public = BooleanField(lazy("Visas offentligt"))

    def show(self, organisation: Organisation) -> None:
        """Fills in what the fields of the row do not say by themselves."""
        self.aliases.data = "\n".join(row.name for row in organisation.names if row.language is None)
        self.names.data = "\n".join(f"{row.language}: {row.name}" for row in organisation.names if row.language)
        self.successor_id.data = str(organisation.successor_id or "")
        if organisation.valid_from_on is not None:
            whole = organisation.valid_from_on.isoformat()
            length = {"day": 10, "month": 7, "year": 4}.get(organisation.valid_from_precision)
            self.valid_from.data = whole[:length] if length else f"{whole[:4]}s"

    def values(self) -> dict[str, Any]:
        """The keywords of the actions."""
        plain = (
            *("name", "kind_id", "short_name", "municipality", "web", "contact_email", "phone", "org_no", "public"),
            *("valid_to_on", "code", "county", "legal_form", "domain", "note"),
        )
        found: dict[str, Any] = {name: self[name].data for name in plain}
        found["successor_id"] = int(self.successor_id.data) if self.successor_id.data else None
        found["aliases"] = _lines(self.aliases.data)
        found["names"] = dict(_language_line(line) for line in _lines(self.names.data))
        if not (self.valid_from.data or "").strip():
            return found | {"valid_from_on": None, "valid_from_precision": "day"}
        if read := read_partial_date(self.valid_from.data or ""):
            found["valid_from_on"], found["valid_from_precision"] = read
        return found

    def validate_valid_from(self, field: StringField) -> None:
        """Raises ValidationError with the message for the field when its text is no date of any precision."""
        if (field.data or "").strip() and read_partial_date(field.data or "") is None:
            raise ValidationError(str(lazy("Skriv till exempel 2015-08-01, 2015-08, 2015 eller 1990-talet")))

    def validate_names(self, field: TextAreaField) -> None:
        """Raises ValidationError with the message for the field when a line has no language code."""
        for line in _lines(field.data):
            if not _language_line(line)[0]:
                raise ValidationError(str(lazy("Skriv språkets kod och kolon före namnet: %(line)s", line=line)))


def _language_line(line: str) -> tuple[str, str]:
    code, colon, name = line.partition(":")
    return (code.strip(), name.strip()) if colon else ("", line)


#: The languages mails are written in.
LOCALES = [choice("sv", "Svenska"), choice("en", "English")]


class PersonForm(SeenForm):
    """A person: both names are asked for; an address where mails are wanted."""

    given_name = StringField(lazy("Förnamn"))
    family_name = StringField(lazy("Efternamn"))
    organisation_id = SelectField(lazy("Organisation"), choices=[], validate_choice=True)
    emails = TextAreaField(lazy("E-postadresser"), description=lazy("En per rad. Brev går till den första."))
    phone = StringField(lazy("Telefon"))
    town = StringField(lazy("Ort"), description=lazy("Där personen reser från"))
    locale = RadioField(lazy("Språk i brev"), choices=LOCALES, default="sv")
    protected = BooleanField(
        lazy("Skyddade personuppgifter"),
        description=lazy("Visas bara som ”ledamot”, utan adress, och finns inte i sökning, kalendrar eller listor."),
    )

    def offer(self, organisations: Sequence[Organisation], person: Person | None) -> None:
        """Fills in the organisations to choose from, and the person's language where mails are not written in it."""
        self.organisation_id.choices = organisation_choices(organisations)
        if person is not None and person.locale not in {row.value for row in LOCALES}:
            self.locale.choices = [*LOCALES, choice(person.locale, person.locale)]

    def show(self, person: Person) -> None:
        """Fills in what the fields of the row do not say by themselves."""
        mails = sorted(person.emails, key=lambda mail: not mail.main)
        self.emails.data = "\n".join(mail.address for mail in mails)
        self.organisation_id.data = str(person.organisation_id or "")

    def values(self) -> dict[str, Any]:
        """The keywords of the actions."""
        plain = ("given_name", "family_name", "phone", "town", "locale", "protected")
        found: dict[str, Any] = {name: self[name].data for name in plain}
        found["organisation_id"] = int(self.organisation_id.data) if self.organisation_id.data else None
        found["emails"] = _lines(self.emails.data)
        return found


#: Relation kind → what the organisation is to the other, and what the other is to it.
RELATION_WORDS = {
    "owns": (mark("Äger"), mark("Ägs av")),
    "part_of": (mark("Del av"), mark("Delar")),
    "appoints": (mark("Utser"), mark("Utses av")),
    "operates": (mark("Driver"), mark("Drivs av")),
    "on_behalf_of": (mark("På uppdrag av"), mark("Uppdragsgivare till")),
    "manages": (mark("Förvaltar"), mark("Förvaltas av")),
    "supports": (mark("Stöder"), mark("Stöds av")),
    "finances": (mark("Finansierar"), mark("Finansieras av")),
    "mandates": (mark("Ger uppdrag till"), mark("Har uppdrag från")),
}


class ContactForm(SeenForm):
    """Whom an organisation's page names to ask."""

    name = StringField(lazy("Namn"), description=lazy("En person eller en funktion, till exempel Växeln"))
    title = StringField(lazy("Titel"))
    office_id = SelectField(lazy("Befattning"), choices=[])
    email = StringField(lazy("E-post"))
    phone = StringField(lazy("Telefon"))
    phone_kind = StringField(lazy("Sorts telefon"), description=lazy("Till exempel växel eller mobil"))
    public = BooleanField(lazy("Visas offentligt"))

    def offer(self, offices: Sequence[Office]) -> None:
        """Fills in the offices to choose from."""
        english = language() == "en"
        named = [choice(str(row.id), (row.en if english else None) or row.sv) for row in offices]
        self.office_id.choices = [choice("", gettext("Ingen")), *named]

    def show(self, contact: Contact) -> None:
        """Fills in what the fields of the row do not say by themselves."""
        self.office_id.data = str(contact.office_id or "")

    def values(self) -> dict[str, Any]:
        """The keywords of the actions."""
        plain = ("name", "title", "email", "phone", "phone_kind", "public")
        found: dict[str, Any] = {name: self[name].data for name in plain}
        found["office_id"] = int(self.office_id.data) if self.office_id.data else None
        return found


class RelationForm(PageForm):
    """What an organisation is to another one, or to those whom only words name."""

    kind = SelectField(lazy("Relation"), choices=[])
    other_id = SelectField(lazy("Organisation"), choices=[])
    other_text = StringField(lazy("Eller vilka, i ord"), description=lazy("Till exempel tolv av länets kommuner"))
    count = NumberField(lazy("Antal"), description=lazy("När orden står för flera"))
    of_count = NumberField(lazy("Av"))

    def offer(self, organisations: Sequence[Organisation]) -> None:
        """Fills in the relations, each in both directions, and the organisations to choose from."""
        self.kind.choices = [
            choice(f"{kind}:{way}", gettext(words))
            for kind in RELATION_KINDS
            for way, words in zip(("out", "in"), RELATION_WORDS[kind], strict=True)
        ]
        self.other_id.choices = organisation_choices(organisations)

    def values(self, organisation_id: int) -> dict[str, Any]:
        """The keywords of ``add_relation`` for a relation of the organisation."""
        kind, _colon, way = str(self.kind.data).partition(":")
        mine, theirs = ("from", "to") if way == "out" else ("to", "from")
        return {
            "kind": kind,
            f"{mine}_id": organisation_id,
            f"{theirs}_id": int(self.other_id.data) if self.other_id.data else None,
            f"{theirs}_text": self.other_text.data,
            "count": self.count.data,
            "of_count": self.of_count.data,
        }
