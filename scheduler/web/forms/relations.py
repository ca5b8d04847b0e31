"""Forms of what a forum is to others: its principals, what it says it is to another, chains of meetings.

Not here: what makes a value right (``forums.actions``, ``forums.chains``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wtforms import SelectField, StringField

from scheduler.forums.chains import PLACES
from scheduler.forums.models import FORUM_RELATION_KINDS, Forum, ForumLink
from scheduler.i18n import gettext, lazy
from scheduler.organisations.models import Organisation
from scheduler.web.fields import NumberField, PageForm, choice
from scheduler.web.forms.meetings import SeveralField
from scheduler.web.forms.organisations import organisation_choices
from scheduler.web.forms.seats import reference
from scheduler.web.seen import SeenForm


def forum_choices(forums: Iterable[Forum]) -> list[Any]:
    """Forums by title, after the choice of none."""
    return [choice("", gettext("Inget")), *(choice(str(forum.id), forum.title) for forum in forums)]


class PrincipalsForm(SeenForm):
    """The principals: those ticked, with a search for more."""

    BESIDE = ("find",)

    find = StringField(lazy("Sök organisation"))
    organisation_ids = SeveralField(lazy("Huvudmän"), choices=[], validate_choice=False)

    def offer(self, organisations: Iterable[Organisation]) -> None:
        """Fills in the organisations to tick."""
        self.organisation_ids.choices = [choice(str(row.id), row.name) for row in organisations]

    @property
    def chosen(self) -> list[int]:
        """The ids ticked; what is no id is left out."""
        ticked = self.organisation_ids.data or []
        return sorted({int(text) for text in ticked if text.isascii() and text.isdigit() and len(text) < 10})  # noqa: PLR2004 - an id


class RelationForm(PageForm):
    """What the forum is to another forum, to an organisation, or to something only named."""

    kind = SelectField(lazy("Vad forumet är"), choices=[])
    to_forum_id = SelectField(lazy("Forum"), choices=[])
    to_organisation_id = SelectField(lazy("Eller organisation"), choices=[])
    to_text = StringField(
        lazy("Eller vad det är, i ord"), description=lazy("När det inte finns i registret, till exempel EU:s fonder")
    )

    def offer(
        self, words: Mapping[str, tuple[str, str]], forums: Iterable[Forum], organisations: Sequence[Organisation]
    ) -> None:
        """Fills in the kinds (``words`` by kind), forums and organisations to choose from."""
        self.kind.choices = [choice(kind, gettext(words[kind][0])) for kind in FORUM_RELATION_KINDS]
        self.to_forum_id.choices = forum_choices(forums)
        self.to_organisation_id.choices = organisation_choices(organisations)

    def values(self) -> dict[str, Any]:
        """The keywords of ``add_relation``."""
        return {
            "kind": self.kind.data,
            "to_forum_id": reference(self.to_forum_id.data),
            "to_organisation_id": reference(self.to_organisation_id.data),
            "to_text": self.to_text.data,
        }


#: Where the forum stands in a chain → what it does.
PLACE_WORDS = {"before": lazy("Möts före"), "after": lazy("Möts efter")}


class _Days(PageForm):
    """The days between two meetings of a chain."""

    min_days = NumberField(lazy("Minst så många dagar emellan"))
    max_days = NumberField(lazy("Högst så många dagar emellan"))

    def days(self) -> dict[str, Any]:
        """The keywords of the actions for the days."""
        return {"min_days": self.min_days.data, "max_days": self.max_days.data}


class NewChainForm(_Days):
    """Another forum that this one meets before or after."""

    FIRST = ("place", "other_id")

    place = SelectField(lazy("Forumet"), choices=[choice(place, PLACE_WORDS[place]) for place in PLACES])
    other_id = SelectField(lazy("Vilket forum"), choices=[])

    def offer(self, forums: Iterable[Forum]) -> None:
        """Fills in the forums to choose from."""
        self.other_id.choices = [
            choice("", gettext("Välj forum")),
            *(choice(str(forum.id), forum.title) for forum in forums),
        ]

    def values(self) -> dict[str, Any]:
        """The keywords of ``add_chain``."""
        return {"place": self.place.data, "other_id": reference(self.other_id.data), **self.days()}


class ChainForm(_Days, SeenForm):
    """A chain that is there."""

    def show(self, link: ForumLink) -> None:
        """Fills in the days as they are."""
        self.min_days.data, self.max_days.data = link.min_days, link.max_days
        self.stamp()
