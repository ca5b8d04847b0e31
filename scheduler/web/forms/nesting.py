"""Forms of nesting: a forum that is to have another's seats among its own, and the last day it has them.

Not here: what makes a value right (``forums.nesting``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wtforms import SelectField, StringField, TextAreaField

from scheduler.forums.models import Forum
from scheduler.forums.seat_models import SEAT_KINDS
from scheduler.i18n import gettext, lazy
from scheduler.web import words
from scheduler.web.fields import DayField, PageForm, choice
from scheduler.web.forms.meetings import SeveralField
from scheduler.web.forms.seats import LastDayForm, reference


class IncludeForm(PageForm):
    """Another forum's seats become seats here."""

    included_id = SelectField(lazy("Forum som ska ingå"), choices=[])
    seat_kinds = SeveralField(lazy("Platser som följer med"), choices=[])
    from_on = DayField(lazy("Från och med"), description=lazy("Tomt: från början. Till exempel 2027-01-01"))
    to_on = DayField(lazy("Till och med"), description=lazy("Tomt: tills vidare"))
    note = TextAreaField(lazy("Anteckning"))

    def offer(self, forums: Iterable[Forum]) -> None:
        """Fills in the forums and the kinds of seats to choose from."""
        self.included_id.choices = [
            choice("", gettext("Välj forum")),
            *(choice(str(forum.id), forum.title) for forum in forums),
        ]
        self.seat_kinds.choices = [choice(kind, words.seat_kind_word(kind)) for kind in SEAT_KINDS]

    def values(self) -> dict[str, Any]:
        """The keywords of ``include_forum``."""
        return {
            "included_id": reference(self.included_id.data),
            "seat_kinds": self.seat_kinds.data or [],
            **{name: self[name].data for name in ("from_on", "to_on", "note")},
        }


class EndInclusionForm(LastDayForm):
    """The last day a forum has another's seats."""

    reason = StringField(lazy("Varför"), description=lazy("Behövs för dagar som har varit"))
