"""The form of a pasted list of people. Not here: what its lines say (``organisations.people_list_rules``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import SelectField, TextAreaField

from scheduler.i18n import language, lazy
from scheduler.organisations.models import Organisation, OrganisationKind
from scheduler.web.fields import PageForm, choice


class PeopleListForm(PageForm):
    """The list, and what holds for all of its lines."""

    lines = TextAreaField(
        lazy("Lista"),
        description=lazy(
            "En rad för varje person: namn, e-post och organisation, i vilken ordning som helst. Kopiera från Excel, "
            "eller mottagarna ur ett brev. Telefon och ort går också bra."
        ),
    )
    organisation_id = SelectField(
        lazy("Organisation för rader utan"), choices=[], description=lazy("Används där raden inte säger något annat.")
    )
    kind_id = SelectField(
        lazy("Organisationer som saknas"),
        choices=[],
        description=lazy("De som inte finns i registret."),
    )

    def offer(self, organisations: Sequence[Organisation], kinds: Sequence[OrganisationKind]) -> None:
        """Fills in the organisations and the kinds to choose from."""
        english = language() == "en"
        self.organisation_id.choices = [
            choice("", lazy("Ingen")), *(choice(str(row.id), row.name, swedish=True) for row in organisations)
        ]  # fmt: skip
        self.kind_id.choices = [
            choice("", lazy("Lägg inte in dem")),
            *(choice(kind.id, kind.en if english else kind.sv, lazy("Lägg in dem som")) for kind in kinds),
        ]

    def values(self) -> dict[str, Any]:
        """The keywords of the actions."""
        return {
            "text": self.lines.data or "",
            "organisation_id": int(self.organisation_id.data) if self.organisation_id.data else None,
            "kind_id": self.kind_id.data or None,
        }
