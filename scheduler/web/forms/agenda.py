"""The forms of an agenda: an item, what happens with one, and what others suggest.

Not here: what is right (``records.agenda``, ``records.suggestions``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField

from scheduler.i18n import lazy, mark
from scheduler.records.agenda_rules import ItemKind, ItemState
from scheduler.web.fields import NumberField, PageForm, choice
from scheduler.web.seen import SeenForm

#: Kind of an item → its word.
ITEM_KINDS: Mapping[str, str] = {
    ItemKind.FORMALITY: mark("Formalia"),
    ItemKind.INFORMATION: mark("Information"),
    ItemKind.DISCUSSION: mark("Diskussion"),
    ItemKind.DECISION: mark("Beslut"),
}
#: State of an item → its word on a chip; those that need none are left out.
ITEM_STATES: Mapping[str, str] = {
    ItemState.HANDLED: mark("Behandlad"),
    ItemState.TABLED: mark("Bordlagd"),
    ItemState.REFERRED: mark("Återremitterad"),
    ItemState.MOVED: mark("Flyttad till nästa möte"),
    ItemState.DROPPED: mark("Struken"),
}
#: What may be done with an item → its word.
HAND_ON: Mapping[str, str] = {
    ItemState.MOVED: mark("Flytta till nästa möte"),
    ItemState.TABLED: mark("Bordlägg"),
    ItemState.REFERRED: mark("Återremittera"),
    ItemState.DROPPED: mark("Stryk"),
}


class _ItemFields(PageForm):
    """What a person writes of an item."""

    title = StringField(lazy("Punktens rubrik"))
    kind = SelectField(
        lazy("Vad punkten är"), choices=[choice(kind, lazy(word)) for kind, word in ITEM_KINDS.items()],
        default=ItemKind.INFORMATION,
    )  # fmt: skip
    minutes = NumberField(lazy("Minuter"), description=lazy("Tomt: ingen tid är satt"))
    presenter = StringField(lazy("Föredragande"), description=lazy("Namn eller uppdrag, till exempel ordföranden"))
    text = TextAreaField(lazy("Text till punkten"))
    registry_number = StringField(lazy("Diarienummer"), description=lazy("Till exempel RS 124-2026"))
    public = BooleanField(
        lazy("Visas offentligt"), default=True, description=lazy("Gäller bara när forumet och mötet är offentliga")
    )
    secrecy_ground = StringField(
        lazy("Sekretess"),
        description=lazy("Lagrum, till exempel 21:1. Rubrik och text visas då bara för deltagare och sekretariat"),
    )

    def values(self) -> dict[str, Any]:
        """The keywords of the actions."""
        return {field.short_name: field.data for field in self if field.short_name not in {"seen", "meeting_id"}}


class ItemForm(_ItemFields, SeenForm):
    """One item of an agenda."""


class HandOnForm(PageForm):
    """What happens with an item that is not treated to its end."""

    to = RadioField(
        lazy("Vad händer med punkten?"), choices=[choice(state, lazy(word)) for state, word in HAND_ON.items()]
    )
    reason = StringField(lazy("Varför"), description=lazy("Krävs vid återremiss"))


class SuggestForm(PageForm):
    """An item that somebody who takes part wants on the agenda."""

    title = StringField(lazy("Punktens rubrik"))
    text = TextAreaField(
        lazy("Varför, och vad du vill att mötet gör"),
        description=lazy("Sekretariatet läser det. Tas punkten upp kan texten komma med"),
    )


class TakeUpForm(_ItemFields):
    """A suggestion as the item it becomes; whoever opens it says which meetings there are to choose."""

    FIRST = ("meeting_id",)

    meeting_id = SelectField(lazy("På vilket möte"), coerce=int)
    answer = TextAreaField(lazy("Svar till den som föreslog"), description=lazy("Tomt går bra: punkten syns"))


class DeclineForm(PageForm):
    """No to a suggestion."""

    answer = TextAreaField(lazy("Varför"), description=lazy("Den som föreslog läser det"))
