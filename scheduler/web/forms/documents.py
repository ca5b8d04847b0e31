"""The forms of documents: a new one, its details, a new version. Not here: what is taken (``document_rules``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wtforms import FileField, RadioField, SelectField, StringField

from scheduler.i18n import gettext, lazy, mark
from scheduler.records.document_rules import Visibility
from scheduler.web.fields import PageForm, choice
from scheduler.web.seen import SeenForm

#: Who may open a document → its word.
VISIBILITIES: Mapping[str, str] = {
    Visibility.PUBLIC: mark("Alla"),
    Visibility.PARTICIPANTS: mark("Forumet och de kallade"),
    Visibility.SECRETARIAT: mark("Sekretariatet"),
}


class VersionForm(PageForm):
    """A file, or a link to where it is kept."""

    file = FileField(lazy("Fil"))
    link = StringField(lazy("Eller en länk"), description=lazy("Till exempel till ett dokument på samarbetsytan"))


class DetailsForm(SeenForm):
    """What a document is called, where it belongs and who sees it."""

    title = StringField(lazy("Handlingens namn"))
    item_id = SelectField(lazy("Hör till punkten"), choices=[], default="")
    visibility = RadioField(
        lazy("Vem får öppna den?"), choices=[choice(one, lazy(word)) for one, word in VISIBILITIES.items()],
        default=Visibility.PARTICIPANTS,
    )  # fmt: skip
    secrecy_ground = StringField(
        lazy("Sekretess"),
        description=lazy("Lagrum, till exempel 21:1. Då öppnas den bara av deltagare och sekretariat"),
    )

    def offer(self, items: Iterable[tuple[int, str]]) -> None:
        """Fills in the items of the agenda, none of them first; a forum's papers have none."""
        self.item_id.choices = [
            choice("", gettext("Hela mötet")), *(choice(str(number), title, swedish=True) for number, title in items)
        ]  # fmt: skip

    def values(self) -> dict[str, Any]:
        """The keywords of the actions."""
        return {
            "title": self.title.data,
            "item_id": int(self.item_id.data) if self.item_id.data else None,
            "visibility": self.visibility.data,
            "secrecy_ground": self.secrecy_ground.data,
        }


class NewDocumentForm(DetailsForm):
    """All of it at once."""

    FIRST = ("file", "link")
    title = StringField(lazy("Handlingens namn"), description=lazy("Tomt: som filen heter"))
    file = FileField(lazy("Fil"))
    link = StringField(lazy("Eller en länk"), description=lazy("Till exempel till ett dokument på samarbetsytan"))
