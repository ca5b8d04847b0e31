"""Forms of seats and of those who sit on them.

Not here: what makes a value right (``forums.seating``, ``forums.appointments``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from scheduler.forums.appointments import FUNCTIONS
from scheduler.forums.seat_models import SEAT_KINDS, Seat
from scheduler.i18n import gettext, language, lazy
from scheduler.organisations.models import Office
from scheduler.web import words
from scheduler.web.fields import DayField, NumberField, PageForm, choice
from scheduler.web.forms.people import WhoForm
from scheduler.web.seen import SeenForm

#: Function of an appointment → its word.
FUNCTION_WORDS = {
    "member": lazy("Ledamot"),
    "chair": lazy("Ordförande"),
    "first_vice_chair": lazy("1:e vice ordförande"),
    "second_vice_chair": lazy("2:e vice ordförande"),
}
#: Kinds that are added by number beside ordinary seats and substitutes.
OTHER_KINDS = tuple(kind for kind in SEAT_KINDS if kind not in {"ordinary", "substitute"})


def office_choices(offices: Iterable[Office]) -> list[Any]:
    """Offices in the language in use, after the choice of none."""
    english = language() == "en"
    return [
        choice("", gettext("Ingen")),
        *(choice(str(row.id), (row.en if english else None) or row.sv) for row in offices),
    ]


def reference(value: str | None) -> int | None:
    """The id a select holds, None for none."""
    return int(value) if value else None


class _WhoseForm(PageForm):
    """Whose a seat is: an organisation's, an office's, or theirs whom only words name."""

    organisation_id = SelectField(lazy("Organisation"), choices=[])
    office_id = SelectField(
        lazy("Befattning"), choices=[], description=lazy("Den som har befattningen fyller platsen av sig själv")
    )
    holder_text = StringField(
        lazy("Eller vems platsen är, i ord"), description=lazy("Till exempel en myndighet i länet")
    )
    label = StringField(lazy("Platsens namn"), description=lazy("Tomt: organisationens eller befattningens"))
    group = StringField(lazy("Grupp"), description=lazy("Parti, block eller ägare, för inkallelseordningen"))
    from_on = DayField(lazy("Från och med"), description=lazy("Tomt: från början. Till exempel 2027-01-01"))
    to_on = DayField(lazy("Till och med"), description=lazy("Tomt: tills vidare"))

    def offer_parties(self, organisations: Sequence[Any], offices: Iterable[Office]) -> None:
        """Fills in the organisations and offices to choose from."""
        self.organisation_id.choices = list(organisations)
        self.office_id.choices = office_choices(offices)

    def whose(self) -> dict[str, Any]:
        """The keywords of the actions for what all seats have."""
        return {
            "organisation_id": reference(self.organisation_id.data),
            "office_id": reference(self.office_id.data),
            **{name: self[name].data for name in ("holder_text", "label", "group", "from_on", "to_on")},
        }


class NewSeatsForm(_WhoseForm):
    """Seats of one party: so many ordinary ones, so many substitutes, so many of another kind."""

    ordinary = NumberField(lazy("Ordinarie platser"), default=1)
    substitute = NumberField(lazy("Ersättare"), default=0)
    other = NumberField(lazy("Andra platser"), default=0)
    other_kind = SelectField(lazy("Typ av de andra"), choices=[])
    offered = BooleanField(lazy("Erbjud platserna"), description=lazy("De väntar på organisationens svar."))

    def offer_kinds(self) -> None:
        """Fills in the other kinds of seats."""
        self.other_kind.choices = [choice(kind, words.seat_kind_word(kind)) for kind in OTHER_KINDS]

    def counts(self) -> list[tuple[str, str, int]]:
        """The field, the kind and the number of each sort of seat that is asked for."""
        asked = [
            ("ordinary", "ordinary", self.ordinary.data),
            ("substitute", "substitute", self.substitute.data),
            ("other", self.other_kind.data, self.other.data),
        ]
        return [(field, kind, number) for field, kind, number in asked if number]

    def validate_ordinary(self, field: NumberField) -> None:
        """Raises ValidationError when no seat at all is asked for."""
        if not field.errors and not self.counts():
            raise ValidationError(gettext("Ange hur många platser som ska läggas till"))

    def validate_offered(self, field: BooleanField) -> None:
        """Raises ValidationError when there is nobody to offer the seats to."""
        if field.data and not self.organisation_id.data:
            raise ValidationError(gettext("Välj vilken organisation platserna erbjuds"))


class SeatForm(SeenForm, _WhoseForm):
    """One seat as it is."""

    FIRST = ("kind",)

    kind = SelectField(lazy("Typ"), choices=[])
    number_unknown = BooleanField(
        lazy("Står för ett okänt antal"), description=lazy("När källan inte säger hur många platser det är")
    )
    voting = BooleanField(lazy("Har rösträtt"))
    personal_for_id = SelectField(lazy("Personlig ersättare för"), choices=[])
    note = TextAreaField(lazy("Anteckning"))
    reason = TextAreaField(
        lazy("Varför ändras den?"), description=lazy("Behövs när någon har suttit på platsen. Sparas i historiken.")
    )

    def offer(self, seat: Seat, ordinary: Sequence[tuple[int, str]]) -> None:
        """Fills in the kinds, and the ordinary seats one may be a personal substitute for."""
        self.kind.choices = [choice(kind, words.seat_kind_word(kind)) for kind in SEAT_KINDS]
        others = [choice(str(id_), name) for id_, name in ordinary if id_ != seat.id]
        self.personal_for_id.choices = [choice("", gettext("Ingen")), *others]

    def show(self, seat: Seat) -> None:
        """Fills in what the fields of the row do not say by themselves."""
        for name in ("organisation_id", "office_id", "personal_for_id"):
            self[name].data = str(getattr(seat, name) or "")

    def values(self) -> dict[str, Any]:
        """The keywords of ``edit_seat``."""
        plain = ("kind", "number_unknown", "voting", "note", "reason")
        return {
            **self.whose(),
            **{name: self[name].data for name in plain},
            "personal_for_id": reference(self.personal_for_id.data),
        }


class _Sitting(PageForm):
    """How and how long somebody sits."""

    function = SelectField(lazy("Uppdrag"), choices=[choice(key, FUNCTION_WORDS[key]) for key in FUNCTIONS])
    from_on = DayField(lazy("Från och med"))
    to_on = DayField(lazy("Till och med"), description=lazy("Tomt: tills vidare"))
    continues_until_replaced = BooleanField(
        lazy("Sitter kvar tills någon annan tar över"), description=lazy("Också efter sista dagen.")
    )
    appointed_by = StringField(lazy("Utsedd av"), description=lazy("Till exempel regionfullmäktige"))
    decision_ref = StringField(lazy("Beslut"), description=lazy("Till exempel RS 124-2026"))

    def sitting(self) -> dict[str, Any]:
        """The keywords of the actions."""
        names = ("function", "from_on", "to_on", "continues_until_replaced", "appointed_by", "decision_ref")
        return {name: self[name].data for name in names}


class AppointForm(WhoForm, _Sitting):
    """Somebody is appointed, perhaps in the place of somebody else."""

    replace = BooleanField(lazy("Tar över platsen"))


class CorrectForm(SeenForm, _Sitting):
    """An appointment is put right."""

    reason = TextAreaField(lazy("Varför rättas det?"), description=lazy("Behövs för dagar som har varit"))

    def values(self) -> dict[str, Any]:
        """The keywords of ``correct_appointment``."""
        return {**self.sitting(), "reason": self.reason.data}


class LastDayForm(PageForm):
    """The last day of a seat, or of somebody on it."""

    on = DayField(lazy("Sista dagen"))

    def validate_on(self, field: DayField) -> None:
        """Raises ValidationError when no day is given."""
        if field.data is None and not field.errors:
            raise ValidationError(gettext("Ange sista dagen"))


class RemoveForm(PageForm):
    """What was entered by mistake is taken away."""

    reason = StringField(lazy("Varför tas det bort?"), description=lazy("Behövs för dagar som har varit"))
