"""The form of one's mail choices. Not here: what follows from them (the mail room)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import RadioField, SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from scheduler.forums.models import Forum
from scheduler.i18n import lazy
from scheduler.mail.choices import Wishes
from scheduler.web.fields import PageForm, choice

FREQUENCIES = (
    choice("each", lazy("Ett brev i taget, när det är dags")),
    choice("daily", lazy("Samlade i ett brev om dagen")),
    choice("weekly", lazy("Samlade i ett brev i veckan")),
    choice("changes", lazy("Bara ändringar och inställda möten")),
)
#: Of an organisation's mailbox.
OVERVIEWS = (choice("each", lazy("En översikt i månaden")), choice("changes", lazy("Ingen översikt")))
CALENDARS = (
    choice("both", lazy("Kalenderfil i breven, och prenumeration om jag har en")),
    choice("invitations", lazy("Bara kalenderfil i breven")),
    choice("feed", lazy("Bara prenumeration, ingen kalenderfil i breven")),
)


class MailChoicesForm(PageForm):
    """How often, where meetings come into the calendar, and for which forums."""

    frequency = RadioField(lazy("Påminnelser"), choices=[])
    calendar = RadioField(lazy("Möten i kalendern"), choices=list(CALENDARS))
    #: The forums whose reminders come; what is not ticked is stopped.
    forums = SelectMultipleField(
        lazy("Påminnelser från"), choices=[], widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )

    #: The ids of the forums there are to choose between.
    offered: tuple[int, ...] = ()

    def offer(self, forums: Sequence[Forum], *, organisation: bool = False) -> None:
        """Fills in the choices there are; an organisation has a single one."""
        self.frequency.choices = list(OVERVIEWS if organisation else FREQUENCIES)
        self.offered = tuple(forum.id for forum in forums)
        self.forums.choices = [choice(str(forum.id), forum.title) for forum in forums]
        if organisation:
            del self.calendar
            del self.forums

    def show(self, wishes: Wishes) -> None:
        """Chooses what holds."""
        self.frequency.data = wishes.frequency
        if self.calendar is not None:
            self.calendar.data = wishes.calendar
            self.forums.data = [str(number) for number in self.offered if number not in wishes.stopped_forums]

    def values(self) -> dict[str, Any]:
        """The keywords of the action."""
        found: dict[str, Any] = {"frequency": self.frequency.data}
        if self.calendar is not None:
            wanted = set(self.forums.data or [])
            stopped = [number for number in self.offered if str(number) not in wanted]
            found |= {"calendar": self.calendar.data, "stopped": stopped}
        return found
