"""The form of a standing item.

Not here: what makes a value right (``forums.standing``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wtforms import SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.widgets import CheckboxInput

from scheduler.forums.models import StandingItem
from scheduler.i18n import gettext, language, lazy, month_name
from scheduler.register.models import Strategy
from scheduler.web.fields import NumberField, choice
from scheduler.web.filters import capitalised
from scheduler.web.seen import SeenForm


class StandingForm(SeenForm):
    """A point that every new agenda begins with."""

    title = StringField(lazy("Punktens rubrik"))
    text = TextAreaField(lazy("Anteckning till punkten"))
    minutes = NumberField(lazy("Minuter"), description=lazy("Tomt: ingen tid är satt"))
    presenter_role = StringField(lazy("Vem som föredrar"), description=lazy("Till exempel ordföranden"))
    every_n = NumberField(lazy("Hur ofta"), default=1, description=lazy("1 är varje möte, 2 vartannat, 3 vart tredje"))
    months = SelectMultipleField(
        lazy("Bara i vissa månader"),
        choices=[],
        description=lazy("Inget valt: på möten året om"),
        option_widget=CheckboxInput(),
    )
    strategy_id = SelectField(lazy("Hör till strategin"), choices=[])

    def offer(self, strategies: Iterable[Strategy]) -> None:
        """Fills in the months and strategies to choose from."""
        english = language() == "en"
        self.months.choices = [choice(str(n), capitalised(month_name(n))) for n in range(1, 13)]
        self.strategy_id.choices = [
            choice("", gettext("Ingen")),
            *(choice(str(row.id), (row.en if english else None) or row.sv) for row in strategies),
        ]

    def show(self, item: StandingItem) -> None:
        """Fills in what the fields of the row do not say by themselves."""
        self.months.data = [] if item.months is None else item.months.split(",")
        self.strategy_id.data = str(item.strategy_id or "")

    def values(self) -> dict[str, Any]:
        """The keywords of the actions."""
        plain = ("title", "text", "minutes", "presenter_role", "every_n")
        return {
            **{name: self[name].data for name in plain},
            "months": ",".join(self.months.data or []),
            "strategy_id": int(self.strategy_id.data) if self.strategy_id.data else None,
        }
