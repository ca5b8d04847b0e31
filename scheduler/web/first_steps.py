"""What a new secretariat does first, on its overview until its first meeting is there: each step, and where it leads.

Not here: what there is already (``meetings.beginnings``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for

from scheduler.forums.models import Forum
from scheduler.i18n import gettext as _
from scheduler.meetings.beginnings import Beginnings


@dataclass(frozen=True)
class Step:
    """One thing to do. ``url`` is "" as long as another must come first."""

    done: bool
    title: str
    text: str
    url: str
    action: str


def first_steps(there: Beginnings, forums: Sequence[Forum], year: int) -> list[Step]:
    """The steps in their order, with one forum or several in them; ``year`` is the one that is to be laid."""
    forum = forums[0] if forums else None
    several = len(forums) > 1
    seats = url_for("seat_forms.index", slug=forum.slug) if forum is not None else ""
    dates = url_for("forum_dates.show", slug=forum.slug, year=year) if forum is not None else ""
    return [
        Step(
            there.forums,
            _("Lägg in det första forumet"),
            _("Namnet, och meningen som säger hur ofta det möts. Takt räknar ut vad som krävs och när."),
            url_for("forum_forms.new"),
            _("Nytt forum"),
        ),
        Step(
            there.people,
            _("Lägg in personerna"),
            _("Klistra in en lista ur Excel eller mottagarna ur ett brev. Du ser vilka som är nya innan något sparas."),
            url_for("people_lists.new"),
            _("Klistra in personer"),
        ),
        Step(
            there.appointments,
            _("Säg vem som sitter var"),
            _("En plats för varje ledamot, och ersättare i turordning. Då ser Takt vem som kan komma."),
            url_for("forums.index") if several else seats,
            _("Välj forum") if several else _("Lägg till platser"),
        ),
        Step(
            there.meetings,
            _("Lägg det första året"),
            _("Takt föreslår dagar som passar dem som sitter där. Inget skickas innan du säger till."),
            url_for("plan.index") if several else dates,
            _("Planera år") if several else _("Föreslå årets datum"),
        ),
    ]
