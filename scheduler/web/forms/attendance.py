"""Forms of attendance: part of a meeting for one person, and a guest. Not here: the list itself, which is one form."""

from __future__ import annotations

from wtforms import Field, HiddenField, RadioField, SelectField, StringField

from scheduler.i18n import gettext as _
from scheduler.i18n import lazy
from scheduler.records.attendance_lists import Roll, Row
from scheduler.web.attendance_words import CHOICES
from scheduler.web.fields import PageForm, choice
from scheduler.web.forms.meetings import SeveralField, read_version

STATUSES = [choice(value, lazy(CHOICES[value][1])) for value in ("present", "remote", "notified", "absent")]


class PartForm(PageForm):
    """How one person took part."""

    status = RadioField(lazy("Närvaro"), choices=STATUSES)
    from_item = SelectField(lazy("Kom vid punkt"), choices=[], default="")
    to_item = SelectField(lazy("Gick efter punkt"), choices=[], default="")
    recused = SeveralField(lazy("Jäv"), choices=[], description=lazy("Punkter som personen lämnade rummet för"))
    serve_0 = SelectField(lazy("Tjänstgör för"), choices=[], default="")
    serve_0_from = SelectField(lazy("Från och med punkt"), choices=[], default="")
    serve_0_to = SelectField(lazy("Till och med punkt"), choices=[], default="")
    serve_1 = SelectField(lazy("Tjänstgör sedan för"), choices=[], default="")
    serve_1_from = SelectField(lazy("Från och med punkt"), choices=[], default="")
    serve_1_to = SelectField(lazy("Till och med punkt"), choices=[], default="")
    version = HiddenField()

    def offer(self, roll: Roll, row: Row) -> None:
        """Fills in the items of the agenda, and the seats the person may serve on."""
        items = [choice(str(item.id), f"{n}. {item.title}", swedish=True) for n, item in enumerate(roll.items, 1)]
        for field in (self.from_item, self.serve_0_from, self.serve_1_from):
            field.choices = [choice("", _("Från början")), *items]
        for field in (self.to_item, self.serve_0_to, self.serve_1_to):
            field.choices = [choice("", _("Till slutet")), *items]
        self.recused.choices = items
        seats = [
            choice(str(seat.seat.seat_id), f"{seat.name}, {seat.organisation}" if seat.organisation else seat.name)
            for seat in roll.counted
            if seat.seat is not None and row.person_id in {found.person_id for found in seat.substitutes}
        ]
        self.can_serve = bool(seats)
        for field in (self.serve_0, self.serve_1):
            field.choices = [choice("", _("Ingen")), *seats]

    def show(self, row: Row) -> None:
        """Fills in what is marked."""
        marked = row.attendance
        self.version.data = str(marked.version if marked else 0)
        self.status.data = marked.status if marked else row.choice if row.choice in dict(CHOICES) else None
        if marked is None:
            return
        self.from_item.data, self.to_item.data = str(marked.from_item_id or ""), str(marked.to_item_id or "")
        self.recused.data = [str(row.item_id) for row in marked.recusals]
        for n, served in enumerate(marked.servings[:2]):
            self[f"serve_{n}"].data = str(served.seat_id)
            self[f"serve_{n}_from"].data = str(served.from_item_id or "")
            self[f"serve_{n}_to"].data = str(served.to_item_id or "")

    def item(self, field: Field) -> int | None:
        """The item a field names; None for the beginning or the end."""
        return int(field.data) if field.data else None

    def served(self) -> list[tuple[int, int | None, int | None]]:
        """The seats served on, each from an item to another."""
        return [
            (int(self[f"serve_{n}"].data), self.item(self[f"serve_{n}_from"]), self.item(self[f"serve_{n}_to"]))
            for n in range(2)
            if self[f"serve_{n}"].data
        ]

    @property
    def known_version(self) -> int | None:
        """The version of the mark the form was made from; None when it is not a number."""
        return read_version(self.version.data)


class GuestForm(PageForm):
    """Somebody who was there without seat or invitation."""

    name = StringField(lazy("Namn"))
    role = RadioField(
        lazy("Deltog som"),
        choices=[choice("guest", lazy("Gäst")), choice("co_opted", lazy("Adjungerad"))],
        default="guest",
    )
    status = RadioField(lazy("Närvaro"), choices=STATUSES[:2], default="present")
