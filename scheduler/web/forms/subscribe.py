"""The forms that make a secret calendar link and change one. Not here: who may have which (``feeds.rules``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField

from scheduler.feeds.models import FeedToken
from scheduler.forums.models import Forum
from scheduler.i18n import gettext as _
from scheduler.i18n import language, lazy, ngettext
from scheduler.web.fields import PageForm, choice
from scheduler.web.forms.meetings import SeveralField
from scheduler.web.seen import SeenForm

#: Minutes before a meeting that an alarm is offered for.
ALARMS = {
    "": lazy("Ingen påminnelse"),
    "10": lazy("10 minuter före"),
    "30": lazy("30 minuter före"),
    "60": lazy("1 timme före"),
    "1440": lazy("24 timmar före"),
}


_OFFERED = [choice(value, label) for value, label in ALARMS.items()]


def alarm_words(minutes: int) -> str:
    """ "30 minuter före"; every number that a link may have, not only those offered."""
    offered = ALARMS.get(str(minutes))
    return str(offered) if offered else ngettext("1 minut före", "%(n)s minuter före", minutes)


class ChoicesForm(PageForm):
    """A link's name, and what its calendar holds; what is not offered is taken away."""

    selection = SeveralField(lazy("Vilka forum?"), choices=[])
    label = StringField(lazy("Namn på länken"), description=lazy("Till exempel Telefon eller Outlook på jobbet"))
    alarm = SelectField(lazy("Påminnelse i kalendern"), choices=_OFFERED, default="")
    tentative = BooleanField(lazy("Ta med förslag som inte är bestämda"), description=lazy("De visas som preliminära."))
    cancelled = BooleanField(
        lazy("Visa inställda möten"),
        default=True,
        description=lazy("De står kvar som inställda till slutet av månaden efter mötet."),
    )
    language = RadioField(
        lazy("Språk i kalendern"), choices=[choice("sv", "Svenska"), choice("en", "English")], default=language
    )

    def offer(self, *, alarm: bool, tentative: bool, forums: Sequence[Forum] | None = None) -> None:
        """Keeps the choices of this calendar alone; ``forums`` are those to choose among."""
        if forums is None:
            del self.selection
        else:
            self.selection.choices = [choice(str(forum.id), forum.title) for forum in forums]
        if not alarm:
            del self.alarm
        if not tentative:
            del self.tentative

    def values(self) -> dict[str, Any]:
        """The keywords of the action; what is not offered is left out."""
        found: dict[str, Any] = {
            name: self[name].data for name in ("label", "tentative", "cancelled", "language") if name in self
        }
        if "selection" in self:
            found["selection"] = [int(chosen) for chosen in self.selection.data or ()]
        if "alarm" in self:
            found["alarm"] = int(self.alarm.data) if self.alarm.data else None
        return found


class LinkForm(ChoicesForm):
    """A new link."""

    which = HiddenField()

    def suggest(self) -> None:
        """A name for the first link, so that it takes one press."""
        self.label.data = _("Min kalender")


class LinkEditForm(ChoicesForm, SeenForm):
    """A link that is there; what is not offered stays as it is."""

    def allow(self, link: FeedToken) -> None:
        """Lets the link keep an alarm that is not among those offered."""
        if "alarm" in self and link.alarm is not None and str(link.alarm) not in ALARMS:
            self.alarm.choices = [*_OFFERED, choice(str(link.alarm), alarm_words(link.alarm))]

    def changes(self, link: FeedToken) -> dict[str, Any]:
        """The keywords of the action; chosen forums that one does not see inside today stay chosen."""
        found = self.values()
        if "selection" in self:
            offered = {int(row[0]) for row in self.selection.iter_choices()}
            found["selection"] += [chosen for chosen in link.selection or () if chosen not in offered]
        return found
