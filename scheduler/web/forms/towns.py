"""Forms of distances between towns. Not here: what makes a value right (``places.towns``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import SelectField, StringField

from scheduler.i18n import gettext, lazy
from scheduler.web.fields import NumberField, PageForm, choice
from scheduler.web.seen import SeenForm

#: So many distances a new town is entered with at most; the rest follow along the roads.
ROADS = 4


class DistanceForm(SeenForm):
    """How far it is between two towns."""

    one = SelectField(lazy("Från"), choices=[])
    other = SelectField(lazy("Till"), choices=[])
    km = NumberField(lazy("Kilometer"), description=lazy("Närmaste hela, längs vägen"))
    minutes = NumberField(lazy("Minuter"), description=lazy("Så lång tid resan tar"))

    def offer(self, towns: Sequence[str]) -> None:
        """Fills in what the selects offer."""
        for field in (self.one, self.other):
            field.choices = [choice("", gettext("Välj ort")), *(choice(town, town, swedish=True) for town in towns)]

    def values(self) -> dict[str, Any]:
        """The keywords of the action."""
        return {name: self[name].data for name in ("one", "other", "km", "minutes")}


class TownForm(PageForm):
    """A town, with how far it is from some that are known; rows without a town say nothing."""

    name = StringField(lazy("Ort"))

    def offer(self, towns: Sequence[str]) -> None:
        """Fills in what the selects offer."""
        for row in self.rows:
            row[0].choices = [choice("", gettext("Ingen")), *(choice(town, town, swedish=True) for town in towns)]

    @property
    def rows(self) -> list[tuple[Any, Any, Any]]:
        """Town, kilometres and minutes of each row."""
        return [(self[f"other_{i}"], self[f"km_{i}"], self[f"minutes_{i}"]) for i in range(1, ROADS + 1)]

    def values(self) -> dict[str, Any]:
        """The keywords of the action."""
        return {
            "name": self.name.data,
            "roads": [(other.data, km.data, minutes.data) for other, km, minutes in self.rows if other.data],
        }

    def numbers(self) -> dict[str, str]:
        """The fields of the action's rows → those of the form's, which may have left a row out."""
        used = [i for i, (other, _, _) in enumerate(self.rows, 1) if other.data]
        return {
            f"{name}_{n}": f"{name}_{i}" for n, i in enumerate(used, 1) for name in ("other", "km", "minutes")
        } | {"roads": "other_1"}  # fmt: skip


for _i in range(1, ROADS + 1):
    setattr(TownForm, f"other_{_i}", SelectField(lazy("Känd ort"), choices=[]))
    setattr(TownForm, f"km_{_i}", NumberField(lazy("Kilometer")))
    setattr(TownForm, f"minutes_{_i}", NumberField(lazy("Minuter")))
