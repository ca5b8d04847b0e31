"""Forms of rotations: who takes turns in which order, one turn that is passed or swapped, a meeting that ends one.

Not here: whose turn it is (``forums.rotation``), what makes an order right (``forums.rotating``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Literal

from wtforms import FieldList, HiddenField, RadioField, SelectField, TextAreaField

from scheduler.forums.models import Rotation, RotationEntry
from scheduler.forums.rotating import UNITS, Entry
from scheduler.i18n import gettext, lazy
from scheduler.organisations.models import Organisation, Person
from scheduler.organisations.rules import shown_name
from scheduler.web.fields import DayField, NumberField, PageForm, choice
from scheduler.web.forms.seats import reference
from scheduler.web.seen import SeenForm

UNIT_WORDS = {"year": lazy("Efter ett visst antal år"), "meeting": lazy("Efter varje möte")}
#: An order is opened with so many empty rows, and at least so many in all; the button adds so many.
SPARE_ROWS, FEWEST_ROWS, MORE_ROWS = 2, 4, 4
MOST_ROWS = 60

_KINDS: tuple[Literal["organisation", "person"], ...] = ("organisation", "person")


def entry_value(row: Organisation | Person) -> str:
    """How a select names an organisation or a person: "organisation-12"."""
    return f"{'organisation' if isinstance(row, Organisation) else 'person'}-{row.id}"


def order_of(rotation: Rotation) -> list[RotationEntry]:
    """The entries that take turns, in order."""
    return sorted((entry for entry in rotation.entries if not entry.retired), key=lambda entry: entry.position)


def state_of(rotation: Rotation | None) -> str:
    """Another one whenever the order of a rotation, or one of its turns, is another."""
    if rotation is None:
        return ""
    entries = [(entry.id, entry.position) for entry in order_of(rotation)]
    turns = [(turn.entry_id, turn.from_on, turn.to_on, turn.status) for turn in rotation.turns]
    return repr((entries, sorted(turns, key=lambda turn: turn[1])))


class _RotationForm(SeenForm):
    """A form of a rotation that is there, or of none: it knows its turns besides what it shows."""

    #: As ``state_of`` gives it.
    state = ""

    def fingerprint(self) -> str:
        """Another one when a turn was skipped, swapped or handed over meanwhile, too."""
        return hashlib.sha256(f"{super().fingerprint()}\n{self.state}".encode()).hexdigest()[:16]


class OrderField(FieldList):  # type: ignore[type-arg]  # generic for the checker alone, not when it runs
    """Selects one below the other; an empty one counts for nothing."""

    def _value(self) -> str:
        """The order as a person reads it, for the comparison with what somebody else saved."""
        shown = []
        for row in self.entries:
            labels = {str(each.value): str(each.label) for each in row.iter_choices()}
            if row.data:
                shown.append(labels.get(row.data, row.data))
        return ", ".join(shown)


class OrderForm(_RotationForm):
    """The order of a task: who takes turns, how long a turn lasts, from which day."""

    entries = OrderField(
        SelectField(choices=[]),
        lazy("Ordning"),
        description=lazy("Den första har den första turen. Tomma rader räknas inte."),
        max_entries=MOST_ROWS,
    )
    unit = RadioField(lazy("När byter uppdraget?"), choices=[choice(unit, UNIT_WORDS[unit]) for unit in UNITS])
    every = NumberField(lazy("Antal år per tur"), description=lazy("Ange 1 när uppdraget byter efter varje möte"))
    start_on = DayField(lazy("Första turen börjar"), description=lazy("Till exempel 2027-01-01"))
    phrase = TextAreaField(lazy("Så står det i källan"), description=lazy("Visas på forumets sida"))

    def show(self, rotation: Rotation | None, first_on: date) -> None:
        """Fills in the rotation as it is, or a new one from ``first_on``, with rows to spare."""
        values: list[str] = []
        self.unit.data, self.every.data, self.start_on.data = "year", 1, first_on
        if rotation is not None:
            values = [value for entry in order_of(rotation) if (value := _value_of(entry))]
            self.unit.data, self.every.data, self.start_on.data = rotation.unit, rotation.every, rotation.start_on
            self.phrase.data = rotation.phrase
        self._rows(values + [""] * max(SPARE_ROWS, FEWEST_ROWS - len(values)))
        self.state = state_of(rotation)

    def _rows(self, values: Sequence[str]) -> None:
        while self.entries.entries:
            self.entries.pop_entry()
        for value in values[:MOST_ROWS]:
            self.entries.append_entry(value)

    def offer(self, choices: Sequence[Any]) -> None:
        """Fills in whom each row may name, and what the rows are called."""
        for number, row in enumerate(self.entries.entries, 1):
            row.choices = [choice("", gettext("Ingen")), *choices]
            row.label.text = gettext("Nummer %(n)s", n=number)

    def rearrange(self, *, up: str | None, down: str | None) -> None:
        """Moves the row of that number up or down; for neither, adds empty rows at the end."""
        values = [row.data or "" for row in self.entries.entries]
        at = _number(up) if up is not None else _number(down)
        if up is None and down is None:
            values += [""] * MORE_ROWS
        elif at is not None:
            other = at - 1 if up is not None else at + 1
            if 0 <= at < len(values) and 0 <= other < len(values):
                values[at], values[other] = values[other], values[at]
        self._rows(values)

    def order(self) -> list[Entry]:
        """The entries as ``set_rotation`` takes them."""
        found: list[Entry] = []
        for row in self.entries.entries:
            kind, _, number = (row.data or "").partition("-")
            found += [(known, int(number)) for known in _KINDS if known == kind and number.isdigit()]
        return found

    def values(self) -> dict[str, Any]:
        """The keywords of ``set_rotation``, but for the task."""
        plain = {name: self[name].data for name in ("unit", "every", "start_on", "phrase")}
        return {"entries": self.order(), **plain}


def _value_of(entry: RotationEntry) -> str:
    row = entry.organisation or entry.person
    return "" if row is None else entry_value(row)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 4 else None  # noqa: PLR2004 - a row


class TurnForm(_RotationForm):
    """One coming turn: it passes, or changes places with somebody else's."""

    #: Any day of the turn.
    on = HiddenField()
    entry_id = SelectField(lazy("Byt med"), choices=[])

    def offer(self, rotation: Rotation, *, of: RotationEntry | None, number: int) -> None:
        """Fills in those to swap with; ``number`` tells the turn's controls from those of the others on the page."""
        others = [entry for entry in order_of(rotation) if entry is not of]
        self.entry_id.choices = [choice(str(entry.id), entry_name(entry)) for entry in others]
        self.state = state_of(rotation)
        for field in self:
            field.id = f"{rotation.task}-{number}-{field.short_name}"

    @property
    def taker(self) -> int:
        """The id of the entry chosen; 0 for none."""
        return reference(self.entry_id.data) or 0

    @property
    def day(self) -> date | None:
        """The day that says which turn is meant; None when it is none."""
        try:
            return date.fromisoformat(self.on.data or "")
        except ValueError:
            return None


class HandOverForm(PageForm):
    """The meeting with which a turn ends."""

    meeting_id = SelectField(lazy("Efter mötet"), choices=[])

    def offer(self, meetings: Iterable[tuple[str, str]]) -> None:
        """Fills in the meetings to choose from."""
        self.meeting_id.choices = [choice(id_, words) for id_, words in meetings]


def entry_name(entry: RotationEntry) -> str:
    """Whose an entry is, as shown."""
    if entry.organisation is not None:
        return entry.organisation.name
    return "" if entry.person is None else shown_name(entry.person)
