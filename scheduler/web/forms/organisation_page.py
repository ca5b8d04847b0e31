"""Forms of an organisation's own page, and of what the secretariat does with what comes from it.

Not here: what makes a value right (``forums.representatives``, ``forums.seat_checks``, ``feeds.actions``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import RadioField, SelectField, StringField, TextAreaField

from scheduler.i18n import gettext, language, lazy
from scheduler.organisations.models import Person
from scheduler.web.fields import DayField, PageForm, choice


def id_of(text: str | None) -> int | None:
    """The id that a field holds; None for nothing, and for what no page offers."""
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004 - an id


class RepresentativeForm(PageForm):
    """Whom the organisation sends to a seat."""

    seat_id = SelectField(lazy("Vilken plats?"), choices=[], validate_choice=False)
    given_name = StringField(lazy("Förnamn"))
    family_name = StringField(lazy("Efternamn"))
    email = StringField(lazy("E-postadress"), description=lazy("Dit går kallelser och påminnelser"))
    from_on = DayField(lazy("Från och med"))

    def offer(self, seats: Sequence[tuple[int, str]]) -> None:
        """Fills in the seats to choose from."""
        self.seat_id.choices = [choice(str(seat_id), name) for seat_id, name in seats]

    def values(self) -> dict[str, Any]:
        """The keywords of ``report_representative``."""
        plain = {name: self[name].data for name in ("given_name", "family_name", "email", "from_on")}
        return {**plain, "seat_id": id_of(self.seat_id.data)}


class ConfirmForm(PageForm):
    """Who says that the seats are right."""

    name = StringField(lazy("Ditt namn"))


class CalendarForm(PageForm):
    """A calendar link of the organisation."""

    label = StringField(lazy("Namn på länken"), description=lazy("Till exempel vem som använder den"))
    language = RadioField(
        lazy("Språk i kalendern"), choices=[choice("sv", "Svenska"), choice("en", "English")], default=language
    )

    def values(self) -> dict[str, Any]:
        """The keywords of ``make_organisation_token``."""
        return {"label": self.label.data, "language": self.language.data}


# ---------------------------------------------------------------- of the secretariat

#: The choice that enters a new person.
NEW = "new"


class ConfirmReportForm(PageForm):
    """Who it is whom an organisation reported, and from when."""

    person_id = RadioField(lazy("Vem är det?"), choices=[], validate_choice=False)
    from_on = DayField(lazy("Från och med"))

    def offer(self, likely: Sequence[Person], name: str) -> None:
        """Fills in whom it may be, and the choice to enter somebody new."""
        self.person_id.choices = [choice(str(person.id), person.name) for person in likely]
        self.person_id.choices.append(choice(NEW, gettext("Ny person: %(name)s", name=name)))

    @property
    def person(self) -> int | None:
        """The person chosen; None for somebody new."""
        return id_of(self.person_id.data)


class DeclineReportForm(PageForm):
    """Why a report is turned down."""

    reason = TextAreaField(lazy("Varför avböjs den?"), description=lazy("Organisationen ser det på sin sida."))


class StartChecksForm(PageForm):
    """Until when the organisations are asked to answer."""

    answer_by_on = DayField(lazy("Svara senast"))


class ConfirmedForm(PageForm):
    """Who of an organisation said by telephone that its seats are right."""

    name = StringField(lazy("Vem svarade?"))
