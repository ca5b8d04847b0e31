"""The page that leads to every part of the register beside forums, organisations and people.

Not here: the parts themselves, each a file of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from scheduler.i18n import lazy
from scheduler.web.security import policy

bp = Blueprint("register", __name__)


@dataclass(frozen=True)
class Part:
    """A part of the register: its page and what is there."""

    endpoint: str
    label: object
    text: object


#: Heading → parts, as the page lists them.
GROUPS: tuple[tuple[object, tuple[Part, ...]], ...] = (
    (
        lazy("Det forum byggs av"),
        (
            Part("offices.index", lazy("Befattningar"), lazy("Landshövding, kommunalråd … och vem som har dem i dag.")),
            Part("places.index", lazy("Platser och lokaler"), lazy("Där möten hålls, och orten som avgör resorna.")),
            Part("towns.index", lazy("Avstånd mellan orter"), lazy("Kilometer och minuter, för årets resor.")),
            Part("kinds.index", lazy("Typer"), lazy("Vad ett forum utgår från: kallelse, beslutsförhet, protokoll.")),
        ),
    ),
    (
        lazy("Det möten handlar om"),
        (
            Part("themes.index", lazy("Teman"), lazy("Ämnen för forum och möten.")),
            Part("strategies.index", lazy("Strategier"), lazy("Strategier och program, med insatsområden.")),
            Part("activities.index", lazy("Aktiviteter"), lazy("Det som räknas men inte är möten.")),
        ),
    ),
    (
        lazy("Dagar"),
        (
            Part("year_table.index", lazy("Sammanträdesplan"), lazy("Årets möten i en tabell, beslutad och ändrad.")),
            Part("blocked.index", lazy("Stängda och spärrade dagar"), lazy("Lov, fullmäktige och stängda dagar.")),
            Part("notices.index", lazy("Meddelanden"), lazy("Visas överst på översikten till en sista dag.")),
        ),
    ),
    (
        lazy("Organisationernas svar"),
        (
            Part("seat_checks.index", lazy("Genomgång av platser"), lazy("Vem som har bekräftat sina platser i år.")),
            Part(
                "representatives.index",
                lazy("Anmälda representanter"),
                lazy("Det organisationer har anmält och väntar på."),
            ),
        ),
    ),
    (
        lazy("Ursprung"),
        (
            Part("sources.index", lazy("Källor"), lazy("Sidorna som registret är gjort av.")),
            Part("history.index", lazy("Historik"), lazy("Vem som ändrade vad, och när.")),
        ),
    ),
)


@bp.get("/register")
@policy("register.read")
def index() -> ResponseReturnValue:
    """All parts of the register."""
    known = current_app.view_functions
    groups = [(heading, [part for part in parts if part.endpoint in known]) for heading, parts in GROUPS]
    return render_template("register/index.html", groups=[group for group in groups if group[1]])
