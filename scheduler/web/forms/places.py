"""Forms of places, and of the days on which somewhere or somebody is closed.

Not here: what makes a value right (``places.actions``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import BooleanField, Field, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from scheduler.i18n import gettext, lazy
from scheduler.organisations.models import Organisation
from scheduler.places.models import BlockedPeriod, Place
from scheduler.web.fields import DayField, NumberField, PageForm, choice
from scheduler.web.forms.meetings import ClockField
from scheduler.web.forms.organisations import organisation_choices
from scheduler.web.seen import SeenForm


class RemoveForm(PageForm):
    """Taking something away: nothing to fill in, but a refusal to show."""


def chosen_id(field: Field) -> int | None:
    """The id a select holds; None for the choice of none."""
    return int(field.data) if field.data else None


class PlaceForm(SeenForm):
    """A place or a room: its name is asked for, the rest may wait."""

    name = StringField(lazy("Namn"))
    name_en = StringField(lazy("Namn på engelska"))
    part_of_id = SelectField(lazy("Lokal i"), choices=[], description=lazy("För ett rum: huset det ligger i"))
    address = StringField(lazy("Adress"))
    town = StringField(lazy("Ort"), description=lazy("Avgör vilka som måste resa"))
    capacity = NumberField(lazy("Antal sittplatser"))
    hours = StringField(lazy("Öppettider"), description=lazy("Till exempel vardagar 8–17"))
    organisation_id = SelectField(lazy("Organisation"), choices=[])
    online = BooleanField(lazy("Platsen finns bara på nätet"))
    video_url = StringField(
        lazy("Fast länk till videomöte"), description=lazy("Syns bara för dem som är kallade. Börjar med https://")
    )

    PLAIN = ("name", "name_en", "address", "town", "capacity", "hours", "online", "video_url")

    def offer(self, organisations: Sequence[Organisation], places: Sequence[Place], place: Place | None) -> None:
        """Fills in what the selects offer; a place cannot be a room in itself."""
        self.organisation_id.choices = organisation_choices(organisations)
        others = [choice(str(row.id), row.name) for row in places if place is None or row.id != place.id]
        self.part_of_id.choices = [choice("", gettext("Ingen")), *others]

    def show(self, place: Place) -> None:
        """Fills in what the fields of the row do not say by themselves."""
        self.organisation_id.data = str(place.organisation_id or "")
        self.part_of_id.data = str(place.part_of_id or "")

    def values(self) -> dict[str, Any]:
        """The keywords of the actions."""
        found: dict[str, Any] = {name: self[name].data for name in self.PLAIN}
        found |= {name: chosen_id(self[name]) for name in ("organisation_id", "part_of_id")}
        return found


#: Kind of a blocked period → its word; travel and absence are a person's own.
BLOCKED_KIND_WORDS = {
    "closed": lazy("Stängt"),
    "break": lazy("Skollov"),
    "holiday": lazy("Semester"),
    "council": lazy("Fullmäktige eller styrelse"),
    "travel": lazy("Resa"),
    "away": lazy("Borta"),
}
_OFFERED = ("closed", "break", "holiday", "council")
SCOPES = {"all": lazy("Alla"), "organisation": lazy("En organisation"), "place": lazy("En plats")}


class BlockedForm(SeenForm):
    """Days that are closed or blocked for all, an organisation or a place; or a part of them."""

    name = StringField(lazy("Vad är det"), description=lazy("Till exempel kommunfullmäktige eller kontoret stängt"))
    kind = SelectField(lazy("Typ"), choices=[], default="closed")
    from_on = DayField(lazy("Första dagen"))
    to_on = DayField(lazy("Sista dagen"), description=lazy("Tomt: bara den första dagen"))
    from_at = ClockField(lazy("Från klockan"), description=lazy("Tomt: hela dagen"))
    to_at = ClockField(lazy("Till klockan"), description=lazy("Till exempel 12.00"))
    scope = RadioField(lazy("Gäller"), choices=[choice(key, word) for key, word in SCOPES.items()], default="all")
    organisation_id = SelectField(lazy("Organisation"), choices=[])
    place_id = SelectField(lazy("Plats"), choices=[])
    hard = RadioField(
        lazy("När någon vill boka de dagarna"),
        choices=[choice("hard", lazy("Hindrar")), choice("soft", lazy("Varnar"))],
        default="hard",
    )
    note = TextAreaField(lazy("Anteckning"))

    def offer(
        self, organisations: Sequence[Organisation], places: Sequence[Place], period: BlockedPeriod | None
    ) -> None:
        """Fills in what the selects offer."""
        kinds = [*_OFFERED, *([period.kind] if period is not None and period.kind not in _OFFERED else [])]
        self.kind.choices = [choice(key, BLOCKED_KIND_WORDS[key]) for key in kinds]
        self.organisation_id.choices = organisation_choices(organisations)
        self.place_id.choices = [choice("", gettext("Ingen vald")), *(choice(str(p.id), p.name) for p in places)]

    def show(self, period: BlockedPeriod, zone: ZoneInfo) -> None:
        """Fills in what the fields of the row do not say by themselves; times on the wall clock of ``zone``."""
        self.to_on.data = None if period.to_on == period.from_on else period.to_on
        self.from_at.data = None if period.from_at is None else period.from_at.astimezone(zone).time()
        self.to_at.data = None if period.to_at is None else period.to_at.astimezone(zone).time()
        self.organisation_id.data = str(period.organisation_id or "")
        self.place_id.data = str(period.place_id or "")
        self.hard.data = "hard" if period.hard else "soft"
        if period.organisation_id is not None:
            self.scope.data = "organisation"
        else:
            self.scope.data = "all" if period.place_id is None else "place"

    def values(self, zone: ZoneInfo) -> dict[str, Any]:
        """The keywords of the actions; times are on the wall clock of ``zone``."""
        found: dict[str, Any] = {name: self[name].data for name in ("name", "kind", "from_on", "to_on", "note")}
        found["from_at"] = _instant(self.from_on.data, self.from_at.data, zone)
        found["to_at"] = _instant(self.to_on.data or self.from_on.data, self.to_at.data, zone)
        found["organisation_id"] = chosen_id(self.organisation_id) if self.scope.data == "organisation" else None
        found["place_id"] = chosen_id(self.place_id) if self.scope.data == "place" else None
        found["hard"] = self.hard.data == "hard"
        return found

    def validate_organisation_id(self, field: SelectField) -> None:
        """Raises ValidationError when it holds for an organisation and none is chosen."""
        if self.scope.data == "organisation" and not field.data:
            raise ValidationError(gettext("Välj vilken organisation det gäller"))

    def validate_place_id(self, field: SelectField) -> None:
        """Raises ValidationError when it holds for a place and none is chosen."""
        if self.scope.data == "place" and not field.data:
            raise ValidationError(gettext("Välj vilken plats det gäller"))

    def validate_from_at(self, field: ClockField) -> None:
        """Raises ValidationError when only the end is given."""
        if field.data is None and self.to_at.data is not None and not field.errors:
            raise ValidationError(gettext("Ange också när det börjar"))


def _instant(on: date | None, at: time | None, zone: ZoneInfo) -> datetime | None:
    return None if on is None or at is None else datetime.combine(on, at, zone)
