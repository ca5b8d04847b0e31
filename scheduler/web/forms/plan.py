"""Forms of the plan board: a new draft, one more meeting, and what is done with a draft.

Not here: what makes a draft right (``drafts.actions``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wtforms import HiddenField, RadioField, SelectField, StringField

from scheduler.i18n import gettext, lazy
from scheduler.web.fields import DayField, PageForm, choice
from scheduler.web.forms.meetings import SeveralField, read_version

#: Seconds of a search → its words.
LENGTHS = {
    2: lazy("2 sekunder, en första plan"),
    10: lazy("10 sekunder"),
    60: lazy("60 sekunder"),
    300: lazy("5 minuter, så bra det går"),
}


@dataclass(frozen=True)
class ForumGroup:
    """The checkboxes of forums that belong together on the form."""

    name: str
    boxes: Sequence[Any]


class DraftForm(PageForm):
    """What a new draft is made from."""

    forum_ids = SeveralField(lazy("Forum"), choices=[])
    profile = RadioField(lazy("Vad som väger tyngst"), choices=[])
    seconds = SelectField(lazy("Hur länge Takt söker"), choices=[])
    made_from = SelectField(
        lazy("Utgå från"), choices=[], default="",
        description=lazy("Det som är låst i förslaget ligger kvar. Det som är bokat ligger alltid kvar"),
    )  # fmt: skip
    task = RadioField(
        lazy("Hur det räknas om"),
        choices=[
            choice("plan", lazy("Allt som inte är låst läggs på nytt")),
            choice("mend", lazy("Med så få ändringar som möjligt")),
        ],
        default="plan",
    )
    name = StringField(lazy("Namn"), description=lazy("Tomt: efter vad som väger tyngst"))

    def offer(
        self, forums: Sequence[tuple[int, str, str]], profiles: Sequence[tuple[str, str]], seconds: Sequence[int],
        drafts: Sequence[tuple[int, str]],
    ) -> None:  # fmt: skip
        """Fills in what may be chosen: forums by number, title and group, ways to weigh, lengths, earlier drafts."""
        self.forum_ids.choices = [choice(str(number), title, group) for number, title, group in forums]
        self.profile.choices = [choice(key, label) for key, label in profiles]
        self.seconds.choices = [choice(str(number), LENGTHS[number]) for number in seconds]
        self.made_from.choices = [
            choice("", gettext("Inget tidigare förslag")),
            *(choice(str(number), name) for number, name in drafts),
        ]

    @property
    def groups(self) -> list[ForumGroup]:
        """The checkboxes by group, in the order given."""
        found: dict[str, list[Any]] = {}
        offered: Any = self.forum_ids.choices  # types-wtforms describes an older one
        for given, box in zip(offered, self.forum_ids, strict=True):
            found.setdefault(given.optgroup or "", []).append(box)
        return [ForumGroup(name, boxes) for name, boxes in found.items()]


class ActForm(PageForm):
    """What is done with a draft on its board: the version it was seen in, and where a meeting goes."""

    #: A day of the alternatives.
    to = StringField()
    #: An ISO week.
    week = StringField()
    #: A day of one's own, taken whatever speaks against it.
    on = DayField(lazy("Dag"))
    version = HiddenField()

    @property
    def known_version(self) -> int | None:
        """The version of the draft that was seen; None when it is not a number."""
        return read_version(self.version.data)

    @property
    def week_number(self) -> int | None:
        """The week chosen; None where none is."""
        text = (self.week.data or "").strip()
        return int(text) if text.isascii() and text.isdigit() else None


class AddForm(PageForm):
    """One more meeting of a forum: one of the best days, or another one."""

    to = RadioField(lazy("Bästa dagarna"), choices=[])
    on = DayField(lazy("Eller en annan dag"))
    version = HiddenField()

    @property
    def known_version(self) -> int | None:
        """The version of the draft that was seen; None when it is not a number."""
        return read_version(self.version.data)
