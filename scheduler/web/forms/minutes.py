"""Forms of minutes: one item, what stands around them, adjusters, and the steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField

from scheduler.i18n import gettext as _
from scheduler.i18n import lazy
from scheduler.records.attendance_lists import Roll
from scheduler.records.models import AgendaItem, ItemRecord, Minutes
from scheduler.records.quorum_rules import THERE
from scheduler.web.fields import DayField, PageForm, choice
from scheduler.web.forms.meetings import ClockField, SeveralField, read_version
from scheduler.web.minutes_words import OUTCOMES


class ItemForm(PageForm):
    """What was said and decided on one item."""

    presenter = StringField(lazy("Föredragande"))
    began = ClockField(lazy("Började"))
    ended = ClockField(lazy("Slutade"))
    text = TextAreaField(lazy("Text"))
    outcome = RadioField(
        lazy("Utgång"), choices=[choice(value, lazy(word)) for value, word in OUTCOMES.items()], default="none"
    )
    decision_text = TextAreaField(lazy("Beslutstext"))
    reservations = TextAreaField(
        lazy("Reservation, yttrande eller jäv"),
        description=lazy("Namn och skäl. Lämna tomt om det inte gäller någon."),
    )
    version = HiddenField()

    def show(self, item: AgendaItem) -> None:
        """Fills in what is written."""
        written: ItemRecord | None = item.record
        self.presenter.data = item.presenter
        self.version.data = str(written.version if written else 0)
        if written is not None:
            for name in ("began", "ended", "text", "outcome", "decision_text", "reservations"):
                self[name].data = getattr(written, name)

    def values(self) -> dict[str, Any]:
        """The keywords of the action."""
        names = ("presenter", "began", "ended", "text", "outcome", "decision_text", "reservations")
        return {**{name: self[name].data for name in names}, "version": read_version(self.version.data)}


class AroundForm(PageForm):
    """What stands before and after the items."""

    opening = TextAreaField(lazy("Öppnande"), description=lazy("Står före första punkten"))
    closing = TextAreaField(lazy("Avslutning"), description=lazy("Står efter sista punkten"))
    secretary_id = SelectField(lazy("Sekreterare"), choices=[], default="")
    adjusting_note = StringField(lazy("Var och när det justeras"), description=lazy("Som mötet bestämde"))
    version = HiddenField()

    def offer(self, roll: Roll, minutes: Minutes) -> None:
        """Fills in who may be the secretary: those who were there, and whoever is it."""
        found = {row.person_id: row.name for row in roll.rows if row.person_id is not None and row.choice in THERE}
        if minutes.secretary is not None:
            found.setdefault(minutes.secretary.id, minutes.secretary.name)
        self.secretary_id.choices = [choice("", _("Ingen vald")), *(choice(str(k), v) for k, v in found.items())]

    def show(self, minutes: Minutes) -> None:
        """Fills in what is written."""
        for name in ("opening", "closing", "adjusting_note"):
            self[name].data = getattr(minutes, name)
        self.secretary_id.data = str(minutes.secretary_id or "")
        self.version.data = str(minutes.version)

    def values(self) -> dict[str, Any]:
        """The keywords of the action."""
        return {
            "opening": self.opening.data,
            "closing": self.closing.data,
            "adjusting_note": self.adjusting_note.data,
            "secretary_id": int(self.secretary_id.data) if self.secretary_id.data else None,
            "version": read_version(self.version.data),
        }


class AdjustersForm(PageForm):
    """Who adjusts the protocol."""

    chair_id = SelectField(lazy("Mötets ordförande"), choices=[], default="")
    person_ids = SeveralField(
        lazy("Justerare"), choices=[], description=lazy("De som mötet valde, bland de närvarande")
    )

    def offer(self, roll: Roll) -> None:
        """Fills in those who were there."""
        there = [
            choice(str(row.person_id), f"{row.name}, {row.organisation}" if row.organisation else row.name)
            for row in roll.rows
            if row.person_id is not None and row.attendance is not None and row.attendance.status in THERE
        ]
        self.chair_id.choices = [choice("", _("Ingen vald")), *there]
        self.person_ids.choices = there

    def show(self, minutes: Minutes) -> None:
        """Fills in those chosen."""
        offered = {option.value for option in self.chair_id.choices}  # type: ignore[union-attr]  # ours are options
        for adjuster in minutes.adjusters:
            if adjuster.is_chair and str(adjuster.person_id) in offered:
                self.chair_id.data = str(adjuster.person_id)
        self.person_ids.data = [str(one.person_id) for one in minutes.adjusters if not one.is_chair]

    def chosen(self) -> tuple[int | None, Sequence[int]]:
        """The chair and the others."""
        chair = int(self.chair_id.data) if self.chair_id.data else None
        return chair, [int(value) for value in self.person_ids.data or [] if value]


class StepForm(PageForm):
    """One step: a reason, or a day."""

    reason = TextAreaField(lazy("Skäl"))
    on = DayField(lazy("Anslås från"))
    object_by_on = DayField(lazy("Invändningar senast"))


class ObjectionForm(PageForm):
    """What an adjuster wants changed."""

    objection = TextAreaField(lazy("Vad ska ändras?"))
    seen = HiddenField()
