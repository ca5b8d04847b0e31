"""The part of a form that says who: somebody found in the register, or somebody new who is entered with it.

A board of thirteen and thirteen is entered in one sitting, so nobody has to leave the page for the register first.
Not here: finding people (``web.person_choice``), the forms of a person's own record (``organisations``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import RadioField, StringField
from wtforms.validators import ValidationError

from scheduler.i18n import gettext, lazy
from scheduler.organisations.queries import PersonRow
from scheduler.web.fields import PageForm, choice


class WhoForm(PageForm):
    """Who it is about."""

    FIRST = ("person_id", "given_name", "family_name", "email")

    person_id = RadioField(lazy("Vem?"), choices=[], validate_choice=False)
    given_name = StringField(lazy("Förnamn"))
    family_name = StringField(lazy("Efternamn"))
    email = StringField(lazy("E-post"), description=lazy("Dit går kallelser och påminnelser. Kan fyllas i senare."))

    def offer(self, people: Sequence[PersonRow]) -> None:
        """Fills in the people to choose from."""
        self.person_id.choices = [choice(str(row.id), row.name) for row in people]

    def suggest(self, words: str) -> None:
        """Fills in the name of somebody new from words nobody was found by."""
        given, _space, family = words.partition(" ")
        self.given_name.data, self.family_name.data = given, family

    @property
    def person(self) -> int | None:
        """The id of the person chosen; None for nobody, or for what no page offers."""
        text = self.person_id.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004 - an id

    @property
    def is_new(self) -> bool:
        """Whether somebody is to be entered."""
        return any((self[name].data or "").strip() for name in ("given_name", "family_name", "email"))

    def new_person(self) -> dict[str, Any]:
        """The keywords of ``create_person``."""
        return {
            "given_name": self.given_name.data,
            "family_name": self.family_name.data,
            "emails": [self.email.data] if self.email.data else [],
        }

    def validate_given_name(self, _field: StringField) -> None:
        """Raises ValidationError when somebody is both chosen and written."""
        if self.person is not None and self.is_new:
            raise ValidationError(gettext("Välj en person eller skriv en ny, inte båda"))
