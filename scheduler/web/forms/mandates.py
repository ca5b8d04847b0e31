"""The form of a change of mandate period: its days, what all appointments have in common, and a row for each seat.

Not here: what becomes of each seat (``forums.mandate_rules``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from wtforms import BooleanField, HiddenField, SelectField, StringField, TextAreaField

from scheduler.forums.appointments import FUNCTIONS
from scheduler.forums.mandate_rules import Wish
from scheduler.forums.mandates import Period
from scheduler.i18n import gettext, lazy
from scheduler.web.fields import DayField, PageForm, choice
from scheduler.web.forms.seats import FUNCTION_WORDS

#: The fields of a row, each followed by the seat's id.
STAYS, NAME, EMAIL, FUNCTION = "stays", "name", "email", "function"
#: The form answers to these with a page, the last one with the change itself.
FILL, PREVIEW, EDIT, APPLY = "fill", "preview", "edit", "apply"


class MandateForm(PageForm):
    """What does not depend on the seats."""

    last_on = DayField(lazy("Sista dagen i den gamla perioden"), description=lazy("De nya börjar dagen efter."))
    until_on = DayField(lazy("Sista dagen i den nya perioden"), description=lazy("Tomt: tills vidare"))
    appointed_by = StringField(lazy("Utsedda av"), description=lazy("Till exempel regionfullmäktige"))
    decision_ref = StringField(lazy("Beslut"), description=lazy("Till exempel RS 124-2026"))
    continues_until_replaced = BooleanField(
        lazy("De nya sitter kvar tills någon annan tar över"), description=lazy("Också efter sista dagen.")
    )
    reason = TextAreaField(lazy("Varför ändras det?"), description=lazy("Behövs för dagar som har varit"))
    lines = TextAreaField(
        lazy("Klistra in en lista"),
        description=lazy("En rad för varje plats: plats; namn; e-post; uppdrag. Namnet kan vara ”sitter kvar”."),
    )
    #: What the page of the preview showed.
    fingerprint = HiddenField()

    def period(self) -> Period:
        """The days and what the appointments have in common."""
        return Period(
            self.last_on.data,
            self.until_on.data,
            self.appointed_by.data,
            self.decision_ref.data,
            bool(self.continues_until_replaced.data),
            self.reason.data,
        )

    def of_seat(self, part: str, seat_id: int) -> Any:
        """A field of a seat's row; None for a seat without one."""
        return self._fields.get(f"{part}-{seat_id}")

    def wishes(self) -> dict[int, Wish]:
        """What is asked for each seat that has a row."""
        return {seat_id: self._wish(seat_id) for seat_id in self._seat_ids()}

    def _seat_ids(self) -> Iterator[int]:
        for name in self._fields:
            part, _dash, number = name.partition("-")
            if part == NAME:
                yield int(number)

    def _wish(self, seat_id: int) -> Wish:
        stays, name, email, function = (self.of_seat(part, seat_id).data for part in (STAYS, NAME, EMAIL, FUNCTION))
        return Wish(bool(stays), name or "", email or "", function)

    def fill(self, wishes: Mapping[int, Wish]) -> None:
        """Puts the wishes of a list that was pasted in their rows, and empties the list."""
        for seat_id, wish in wishes.items():
            for part, value in ((STAYS, wish.stays), (NAME, wish.name), (EMAIL, wish.email), (FUNCTION, wish.function)):
                self.of_seat(part, seat_id).data = value
        self.lines.data = ""

    def kept(self) -> list[tuple[str, str]]:
        """Everything that was written, for the hidden fields of the preview."""
        found = []
        for field in self:
            value = field.data
            if field.short_name in {"lines", "fingerprint"} or not value:
                continue
            text = value.isoformat() if isinstance(value, date) else "y" if value is True else str(value)
            found.append((field.name, text))
        return found


def mandate_form(rows: Sequence[tuple[int, str, str]]) -> type[MandateForm]:
    """The form with a row for each (id of a seat, what it is called, the function of who sits there)."""
    functions = [choice(key, FUNCTION_WORDS[key]) for key in FUNCTIONS]
    fields: dict[str, Any] = {}
    for seat_id, title, function in rows:
        fields[f"{STAYS}-{seat_id}"] = BooleanField(gettext("Sitter kvar: %(seat)s", seat=title))
        fields[f"{NAME}-{seat_id}"] = StringField(gettext("Namn på nästa: %(seat)s", seat=title))
        fields[f"{EMAIL}-{seat_id}"] = StringField(gettext("E-post till nästa: %(seat)s", seat=title))
        fields[f"{FUNCTION}-{seat_id}"] = SelectField(
            gettext("Uppdrag: %(seat)s", seat=title), choices=functions, default=function
        )
    return type("MandateFormOfSeats", (MandateForm,), fields)
