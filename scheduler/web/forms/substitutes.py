"""The form of a decided calling-in order: a numbered select for each place.

Not here: what an order may hold (``forums.seating.set_substitute_order``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import SelectField

from scheduler.i18n import gettext
from scheduler.web.fields import choice
from scheduler.web.seen import SeenForm

#: What a select holds before the id of a seat, before the name of a group.
_SEAT, _GROUP = "seat-", "group-"
Item = int | str


def value_of(item: Item) -> str:
    """What a select holds for a substitute's seat, or for all substitutes of a group."""
    return f"{_SEAT}{item}" if isinstance(item, int) else f"{_GROUP}{item}"


class OrderForm(SeenForm):
    """The places of an order, first to last; those left empty are left out."""

    def order(self) -> list[Item]:
        """What was chosen, in order."""
        chosen = [field.data for field in self if field.short_name.startswith("place-") and field.data]
        return [
            int(value.removeprefix(_SEAT)) if value.startswith(_SEAT) else value.removeprefix(_GROUP)
            for value in chosen
        ]


def order_form(offered: Sequence[tuple[Item, str]]) -> type[OrderForm]:
    """The form with a place for each of (item, what it is called)."""
    choices = [choice("", gettext("Ingen")), *(choice(value_of(item), name) for item, name in offered)]
    fields: dict[str, Any] = {
        f"place-{n}": SelectField(gettext("Plats %(n)s i ordningen", n=n), choices=choices)
        for n in range(1, len(offered) + 1)
    }
    return type("OrderFormOfForum", (OrderForm,), fields)
