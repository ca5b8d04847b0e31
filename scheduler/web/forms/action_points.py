"""The forms of action points. Not here: what makes a value right (``records.action_points``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wtforms import RadioField, SelectField, StringField, TextAreaField

from scheduler.i18n import gettext, lazy
from scheduler.records.models import ActionPoint
from scheduler.web.fields import DayField, PageForm, choice
from scheduler.web.seen import SeenForm


class ActionForm(SeenForm):
    """What is to be done, by whom and until when."""

    text = TextAreaField(lazy("Vad ska göras?"))
    owner = SelectField(lazy("Ansvarig"), choices=[], default="")
    due_on = DayField(lazy("Klar senast"))
    show_from_on = DayField(lazy("Visas på dagordningen från"), description=lazy("Tomt: från nästa möte"))

    def offer(self, people: Iterable[tuple[int, str]], organisations: Iterable[tuple[int, str]]) -> None:
        """Fills in who may own it: nobody yet, a person, an organisation."""
        self.owner.choices = [
            choice("", gettext("Ingen än")),
            *(choice(f"p{number}", name, gettext("Personer")) for number, name in people),
            *(choice(f"o{number}", name, gettext("Organisationer")) for number, name in organisations),
        ]

    def show(self, point: ActionPoint) -> None:
        """Chooses the owner of a point that is there."""
        self.owner.data = ""
        if point.owner_person_id is not None:
            self.owner.data = f"p{point.owner_person_id}"
        elif point.owner_organisation_id is not None:
            self.owner.data = f"o{point.owner_organisation_id}"

    def values(self) -> dict[str, Any]:
        """The keywords of the actions."""
        kind, number = (self.owner.data or "")[:1], int((self.owner.data or "")[1:] or 0)
        return {
            "text": self.text.data,
            "owner_person_id": number if kind == "p" else None,
            "owner_organisation_id": number if kind == "o" else None,
            "due_on": self.due_on.data,
            "show_from_on": self.show_from_on.data,
        }


class CloseForm(PageForm):
    """How a point ended."""

    state = RadioField(
        lazy("Hur gick det?"), choices=[choice("done", lazy("Klar")), choice("dropped", lazy("Utgår"))], default="done"
    )
    outcome = StringField(lazy("Resultat"), description=lazy("Vad som gjordes, eller varför åtgärden utgår"))
