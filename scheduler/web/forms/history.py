"""Forms of the history: what to show of it, and why a change is taken back."""

from __future__ import annotations

from collections.abc import Mapping

from wtforms import SelectField, StringField, TextAreaField

from scheduler.i18n import gettext, lazy
from scheduler.web.fields import DayField, PageForm, choice


class FilterForm(PageForm):
    """Which part of the history."""

    q = StringField(lazy("Namn på posten eller den som ändrade"))
    kind = SelectField(lazy("Visa"), choices=[], validate_choice=False)
    to = DayField(lazy("Till och med"))

    def offer(self, kinds: Mapping[str, str]) -> None:
        """Fills in the kinds of records."""
        self.kind.choices = [choice("", gettext("Allt")), *(choice(key, gettext(word)) for key, word in kinds.items())]


# "from" cannot be the name of an attribute in a class statement, and is what the address says.
setattr(FilterForm, "from", DayField(lazy("Från och med")))


class UndoForm(PageForm):
    """Taking a change back."""

    reason = TextAreaField(
        lazy("Varför ångras den?"), description=lazy("Behövs när ändringen gjordes en tidigare dag.")
    )
