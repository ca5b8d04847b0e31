"""Forms of organisations and people: what one types, and how it becomes the keywords of the actions.

Not here: what makes a value right (``organisations.fields``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from scheduler.i18n import language, lazy, mark
from scheduler.organisations.models import Organisation, OrganisationKind, Person
from scheduler.organisations.rules import read_partial_date
from scheduler.web.fields import PageForm, choice

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


class OrganisationForm(PageForm):
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
    public = BooleanField(lazy("Visas offentligt"))

    def show(self, organisation: Organisation) -> None:
        """Fills in what the fields of the row do not say by themselves."""
        self.aliases.data = "\n".join(row.name for row in organisation.names if row.language is None)
        self.names.data = "\n".join(f"{row.language}: {row.name}" for row in organisation.names if row.language)
        if organisation.valid_from_on is not None:
            whole = organisation.valid_from_on.isoformat()
            length = {"day": 10, "month": 7, "year": 4}.get(organisation.valid_from_precision)
            self.valid_from.data = whole[:length] if length else f"{whole[:4]}s"

    def values(self) -> dict[str, Any]:
        """The keywords of the actions."""
        plain = ("name", "kind_id", "short_name", "municipality", "web", "contact_email", "phone", "org_no", "public")
        found: dict[str, Any] = {name: self[name].data for name in plain}
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


class PersonForm(PageForm):
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
