"""Forms of offices and of those who hold them.

Not here: what makes a value right (``organisations.offices``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from scheduler.i18n import gettext, lazy
from scheduler.organisations.models import Office, OfficeHolding, Organisation
from scheduler.web.fields import DayField, PageForm
from scheduler.web.forms.organisations import organisation_choices
from scheduler.web.forms.people import WhoForm
from scheduler.web.seen import SeenForm


def _reference(value: str | None) -> int | None:
    return int(value) if value else None


class OfficeForm(SeenForm):
    """An office: what it is called and whose it is."""

    sv = StringField(lazy("Befattning"), description=lazy("Till exempel landshövding eller kommunchef"))
    en = StringField(lazy("Namn på engelska"))
    organisation_id = SelectField(lazy("Organisation"), choices=[])
    on_behalf_of_id = SelectField(
        lazy("På uppdrag av"), choices=[], description=lazy("När befattningen företräder en annan än den själv tillhör")
    )
    each_of = StringField(
        lazy("Finns i var och en av"),
        description=lazy("Till exempel kommun. Då anges organisationen för var och en som har befattningen."),
    )
    group = BooleanField(lazy("Flera har den samtidigt"), description=lazy("Till exempel en ledningsgrupp."))
    reason = TextAreaField(
        lazy("Varför ändras den?"),
        description=lazy("Behövs när organisationen byts och platser har fyllts av befattningen. Sparas i historiken."),
    )

    def offer(self, organisations: Sequence[Organisation]) -> None:
        """Fills in the organisations to choose from."""
        self.organisation_id.choices = organisation_choices(organisations)
        self.on_behalf_of_id.choices = organisation_choices(organisations)

    def show(self, office: Office) -> None:
        """Fills in what the fields of the row do not say by themselves."""
        for name in ("organisation_id", "on_behalf_of_id"):
            self[name].data = str(getattr(office, name) or "")

    def values(self) -> dict[str, Any]:
        """The keywords of the actions, but the reason."""
        return {
            **{name: self[name].data for name in ("sv", "en", "each_of", "group")},
            **{name: _reference(self[name].data) for name in ("organisation_id", "on_behalf_of_id")},
        }


class _When(PageForm):
    """In which organisation, from when to when."""

    organisation_id = SelectField(lazy("Organisation"), choices=[])
    from_on = DayField(lazy("Från och med"))
    to_on = DayField(lazy("Till och med"), description=lazy("Tomt: tills vidare"))

    def offer_organisations(self, office: Office, organisations: Sequence[Organisation], *, held: bool = False) -> None:
        """Fills in the organisations to choose from; asks for none where it is nobody's but the office's own.

        ``held``: one is given already.
        """
        if office.each_of is not None or office.group or held:
            self.organisation_id.choices = organisation_choices(organisations)
        else:
            del self.organisation_id

    def when(self) -> dict[str, Any]:
        """The keywords of the actions."""
        where = self._fields.get("organisation_id")
        return {
            "organisation_id": None if where is None else _reference(where.data),
            "from_on": self.from_on.data,
            "to_on": self.to_on.data,
        }


class HoldForm(WhoForm, _When):
    """Somebody begins to hold an office, perhaps in the place of somebody else."""

    replace = BooleanField(lazy("Tar över befattningen"))


class HoldingForm(_When, SeenForm):
    """A holding is put right."""

    reason = TextAreaField(lazy("Varför rättas det?"), description=lazy("Behövs för dagar som har varit"))

    def show(self, holding: OfficeHolding) -> None:
        """Fills in what the fields of the row do not say by themselves."""
        if "organisation_id" in self._fields:
            self.organisation_id.data = str(holding.organisation_id or "")

    def values(self) -> dict[str, Any]:
        """The keywords of ``correct_holding`` but the day it is."""
        return {**self.when(), "reason": self.reason.data}


class LastHoldingForm(PageForm):
    """The last day somebody holds an office."""

    on = DayField(lazy("Sista dagen"))

    def validate_on(self, field: DayField) -> None:
        """Raises ValidationError when no day is given."""
        if field.data is None and not field.errors:
            raise ValidationError(gettext("Ange sista dagen"))
