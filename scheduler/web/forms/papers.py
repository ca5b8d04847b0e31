"""The form of the closing package. Not here: what is in it (``reports.papers.package``)."""

from __future__ import annotations

from wtforms import RadioField, TextAreaField
from wtforms.validators import Length

from scheduler.i18n import lazy
from scheduler.web.fields import PageForm, choice


class PackageForm(PageForm):
    """Whether what is secret goes along, and what was noted at the review."""

    secret = RadioField(
        lazy("Sekretess"),
        choices=[
            choice("without", lazy("Lämna ute det som är sekretessbelagt")),
            choice("with", lazy("Ta med allt, det är sekretessprövat")),
        ],
        default="without",
    )
    note = TextAreaField(
        lazy("Anteckning"),
        [Length(max=1000, message=lazy("Skriv högst 1 000 tecken"))],
        description=lazy("Till exempel vem som gjort prövningen och till vem paketet lämnas. Frivilligt"),
    )
