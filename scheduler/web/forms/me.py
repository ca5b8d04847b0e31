"""Forms of one's own page: days away, one's own calendars, one's own data. Not here: the register's of a person."""

from __future__ import annotations

from typing import Any

from wtforms import FileField, RadioField, StringField

from scheduler.i18n import lazy
from scheduler.organisations.models import Person
from scheduler.web.fields import DayField, PageForm, choice
from scheduler.web.forms.organisations import LOCALES
from scheduler.web.seen import SeenForm


class AbsenceForm(PageForm):
    """From when to when one is away."""

    from_on = DayField(lazy("Från"))
    to_on = DayField(lazy("Till och med"))
    note = StringField(lazy("Anteckning"), description=lazy("Frivilligt. Bara du ser den."))

    def values(self) -> dict[str, Any]:
        """The keywords of the action."""
        return {name: self[name].data for name in ("from_on", "to_on", "note")}


class CalendarAddressForm(PageForm):
    """A calendar of one's own by its address."""

    name = StringField(lazy("Namn"), description=lazy("Till exempel Outlook på jobbet. Bara du ser det."))
    url = StringField(lazy("Kalenderns adress"), description=lazy("Börjar med https:// eller webcal://"))


class CalendarFileForm(PageForm):
    """A calendar of one's own in a file."""

    file_name = StringField(lazy("Namn"), description=lazy("Till exempel Outlook på jobbet. Bara du ser det."))
    file = FileField(lazy("Kalenderfil"), description=lazy("I formatet iCalendar (.ics), högst 5 MB"))


class OwnDataForm(SeenForm):
    """What of one's own data one changes oneself. Names and addresses of mail are the secretariat's to change."""

    phone = StringField(lazy("Telefon"))
    town = StringField(lazy("Ort"), description=lazy("Där du reser från"))
    locale = RadioField(lazy("Språk i brev"), choices=LOCALES, default="sv")

    def offer(self, person: Person) -> None:
        """Adds the language of mails that is chosen now, where it is none of the usual ones."""
        if person.locale not in {row.value for row in LOCALES}:
            self.locale.choices = [*LOCALES, choice(person.locale, person.locale)]

    def values(self) -> dict[str, Any]:
        """The keywords of the action."""
        return {name: self[name].data for name in ("phone", "town", "locale")}
