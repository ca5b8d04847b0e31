"""Forms of kinds: of forums, with what their forums start from, and of organisations.

Not here: what makes a value right (``forums.kind_actions``, ``organisations.kind_actions``).
"""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, SelectField, StringField

from scheduler.forums.kinds import KindDefaults
from scheduler.i18n import lazy
from scheduler.web.fields import NumberField, choice
from scheduler.web.forms.forums import FORMALITIES, NOTICE_UNITS, PUBLIC_LEVELS, QUORUM_RULES
from scheduler.web.seen import SeenForm

#: What a new kind begins with.
NEW_KIND = KindDefaults("", "", "")


class NamesForm(SeenForm):
    """The names of a kind in both languages, and where it stands in the list."""

    sv = StringField(lazy("Namn på svenska"))
    en = StringField(lazy("Namn på engelska"))
    place = NumberField(lazy("Plats i listan"), description=lazy("1 är först. Tomt: där den står, en ny sist."))

    def values(self) -> dict[str, Any]:
        """The keywords of the actions."""
        return {name: self[name].data for name in ("sv", "en", "place")}


class KindForm(NamesForm):
    """A kind of forums with everything it gives."""

    decides = BooleanField(lazy("Fattar beslut"), description=lazy("Som nämnder, styrelser och fullmäktige."))
    formality = SelectField(lazy("Handlingar"), choices=[choice(key, word) for key, word in FORMALITIES.items()])
    minutes_days = NumberField(lazy("Klara inom dagar"))
    quorum_rule = SelectField(lazy("Beslutsförhet"), choices=[choice(key, word) for key, word in QUORUM_RULES.items()],
                              description=lazy("Ett bestämt antal anges på varje forum."))  # fmt: skip
    requires_quorum = BooleanField(
        lazy("Räkna bara beslutsföra möten"), description=lazy("Andra möten räknas inte mot kravet.")
    )
    notice_n = NumberField(lazy("Kallelse före mötet"))
    notice_unit = SelectField(lazy("Räknat i"), choices=[choice(key, word) for key, word in NOTICE_UNITS.items()])
    reminder_n = NumberField(lazy("Påminnelse före mötet"))
    reminder_unit = SelectField(lazy("Räknat i"), choices=[choice(key, word) for key, word in NOTICE_UNITS.items()])
    public_level = SelectField(lazy("Offentligt"), choices=[choice(key, word) for key, word in PUBLIC_LEVELS.items()])

    RULES = (
        "decides", "formality", "minutes_days", "quorum_rule", "requires_quorum", "notice_n", "notice_unit",
        "reminder_n", "reminder_unit", "public_level",
    )  # fmt: skip

    def show_default(self) -> None:
        """Fills in what a new kind begins with: the rules of a network."""
        for name in self.RULES:
            self[name].data = getattr(NEW_KIND, name)

    def values(self) -> dict[str, Any]:
        """The keywords of the actions."""
        return {**super().values(), **{name: self[name].data for name in self.RULES}}
