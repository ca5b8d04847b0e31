"""The form of deciding a yearly plan. Not here: what is decided (``meetings.year_plan_actions``)."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField, StringField, TextAreaField

from scheduler.i18n import lazy
from scheduler.web.fields import DayField, PageForm


class DecideForm(PageForm):
    """Who decided the plan, and when."""

    decided_on = DayField(lazy("Beslutsdag"))
    decided_by = StringField(
        lazy("Beslutat av"), description=lazy("Till exempel Länsledningen eller Regionstyrelsen § 112")
    )
    note = TextAreaField(lazy("Anteckning"), description=lazy("Frivilligt, till exempel diarienummer"))
    #: The latest decision that was there when the form was opened; empty: none.
    seen = HiddenField()

    def values(self) -> dict[str, Any]:
        """The keywords of the action."""
        seen = self.seen.data or ""
        return {
            "decided_on": self.decided_on.data,
            "decided_by": self.decided_by.data,
            "note": self.note.data,
            "seen": int(seen) if seen.isdecimal() else None,
        }
