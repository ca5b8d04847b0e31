"""Forms of meetings: a new one, its details, another time, and the steps of its life.

Not here: which step is lawful (``meetings.rules``), what speaks against a date (``meetings.conflicts``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Any

from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget, TextInput

from scheduler.forums.models import Forum
from scheduler.i18n import gettext, language, lazy, time_text
from scheduler.meetings.models import Meeting
from scheduler.places.models import Place
from scheduler.register.models import Theme
from scheduler.web.fields import DayField, PageForm, choice


def read_version(text: str | None) -> int | None:
    """The version a hidden field holds; None when it is not a number."""
    return int(text) if text and text.isdigit() else None


class ClockField(TimeField):
    """A time of the day as text: 13.00, 13:00 or 13."""

    widget = TextInput()

    def __init__(self, label: Any, **given: Any) -> None:
        super().__init__(label, format=["%H.%M", "%H:%M", "%H"], **given)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return time_text(self.data) if isinstance(self.data, time) else ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Reads what was typed; nothing typed is None, what cannot be read raises ValueError."""
        text = str(valuelist[0]).strip() if valuelist else ""
        if not text:
            self.data = None
            return
        super().process_formdata([text])


class SeveralField(SelectMultipleField):
    """Any number of checkboxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


MODES = [
    choice("on_site", lazy("På plats")),
    choice("hybrid", lazy("På plats och på distans")),
    choice("remote", lazy("På distans")),
]
KINDS = [
    choice("", lazy("Som forumet brukar")),
    choice("ordinary", lazy("Ordinarie möte")),
    choice("extra", lazy("Extra möte")),
    choice("thematic", lazy("Tematiskt möte")),
    choice("per_capsulam", lazy("Per capsulam")),
]
STATES = [
    choice("confirmed", lazy("Boka")),
    choice("proposed", lazy("Bara föreslå")),
    choice("held", lazy("Har redan hållits")),
]


class ThemedForm(PageForm):
    """Themes to choose for a meeting."""

    theme_ids = SeveralField(lazy("Teman"), choices=[])

    def offer_themes(self, themes: Sequence[Theme]) -> None:
        """Fills in the themes, in the language in use."""
        english = language() == "en"
        self.theme_ids.choices = [choice(str(row.id), (row.en if english else None) or row.sv) for row in themes]

    @property
    def theme_choice(self) -> set[int]:
        """The ids of the themes chosen."""
        return {int(value) for value in self.theme_ids.data or [] if value.isascii() and value.isdigit()}


class TimeAndPlaceForm(PageForm):
    """When and where; with the reason for going on against a conflict."""

    on = DayField(lazy("Datum"))
    start = ClockField(lazy("Börjar"), description=lazy("Till exempel 10.00"))
    end = ClockField(lazy("Slutar"), description=lazy("Tomt: så långt som möten brukar vara"))
    mode = RadioField(lazy("Deltagande"), choices=MODES, default="on_site")
    place_id = SelectField(lazy("Plats"), choices=[])
    place_text = StringField(lazy("Rum eller annan plats"))
    video_url = StringField(lazy("Länk till videomötet"), description=lazy("Syns bara för dem som är kallade"))
    override_reason = TextAreaField(lazy("Varför datumet ska användas ändå"), description=lazy("Sparas i historiken"))
    version = HiddenField()

    def offer_places(self, places: Sequence[Place]) -> None:
        """Fills in the places one may choose."""
        named = [choice(str(p.id), p.name if not p.town or p.town in p.name else f"{p.name}, {p.town}") for p in places]
        self.place_id.choices = [choice("", gettext("Ingen vald")), *named]

    def when_and_where(self) -> dict[str, Any]:
        """The keywords of the actions for the time and the place."""
        return {
            "on": self.on.data,
            "start": self.start.data,
            "end": self.end.data,
            "mode": self.mode.data,
            "place_id": int(self.place_id.data or 0) or None,
            "place_text": self.place_text.data,
        }

    def validate_on(self, field: DayField) -> None:
        """Raises ValidationError when no day is given."""
        if field.data is None:
            raise ValidationError(gettext("Ange ett datum"))

    def validate_start(self, field: ClockField) -> None:
        """Raises ValidationError when no time is given."""
        if field.data is None and not field.errors:
            raise ValidationError(gettext("Ange när mötet börjar"))

    @property
    def known_version(self) -> int | None:
        """The version of the record the form was made from; None when it is not a number."""
        return read_version(self.version.data)


class NewMeetingForm(ThemedForm, TimeAndPlaceForm):
    """A new meeting. The forum and the day are asked for, the rest has the forum's own defaults."""

    forum = SelectField(lazy("Forum"), choices=[])
    more_forums = SeveralField(lazy("Gemensamt med"), choices=[])
    title = StringField(lazy("Tema eller rubrik"), description=lazy("Tomt: forumets namn säger nog"))
    kind = SelectField(lazy("Typ av möte"), choices=KINDS)
    state = RadioField(lazy("Vad vill du göra?"), choices=STATES, default="confirmed")

    def offer_forums(self, forums: Sequence[Forum]) -> None:
        """Fills in the forums one may plan."""
        self.forum.choices = [choice("", gettext("Välj forum")), *(choice(forum.slug, forum.title) for forum in forums)]
        self.more_forums.choices = [choice(forum.slug, forum.title) for forum in forums]

    def validate_forum(self, field: SelectField) -> None:
        """Raises ValidationError when no forum is chosen."""
        if not field.data:
            raise ValidationError(gettext("Välj vilket forum som möts"))


class DetailsForm(ThemedForm):
    """What can be changed of a meeting without telling it anew to everybody."""

    title = StringField(lazy("Tema eller rubrik"))
    kind = SelectField(
        lazy("Typ av möte"),
        choices=[*KINDS[1:], choice("joint", lazy("Gemensamt möte")), choice("continuation", lazy("Fortsatt möte"))],
    )
    video_url = StringField(lazy("Länk till videomötet"), description=lazy("Syns bara för dem som är kallade"))
    note = TextAreaField(lazy("Anteckning"), description=lazy("Står i kallades kalendrar"))
    answer_by_on = DayField(lazy("Svar senast"))
    version = HiddenField()

    @property
    def known_version(self) -> int | None:
        """As in ``TimeAndPlaceForm``."""
        return read_version(self.version.data)


class StepForm(PageForm):
    """One step of a meeting's life, with what it needs: a reason, a day, whether there was a quorum."""

    reason = TextAreaField(lazy("Skäl"))
    answer_by_on = DayField(lazy("Svar senast"))
    quorum = RadioField(
        lazy("Var mötet beslutsfört?"),
        choices=[choice("", lazy("Anges inte")), choice("yes", lazy("Ja")), choice("no", lazy("Nej"))],
        default="",
    )
    quiet = BooleanField(lazy("Spara utan utskick"))
    version = HiddenField()

    @property
    def known_version(self) -> int | None:
        """As in ``TimeAndPlaceForm``."""
        return read_version(self.version.data)

    @property
    def was_quorate(self) -> bool | None:
        """What the choice means; None: not recorded."""
        return {"yes": True, "no": False}.get(self.quorum.data or "")


class InviteesForm(PageForm):
    """Who is invited to a meeting whose guests are chosen: people, and organisations that name their own."""

    people = SeveralField(lazy("Personer"), choices=[])
    organisations = SeveralField(lazy("Organisationer som själva utser någon"), choices=[])
    guests = TextAreaField(lazy("Gäster utanför registret"), description=lazy("Ett namn per rad"))
    #: The organisation whose button was pressed among the suggestions.
    add = SelectField("", choices=[], validate_choice=False)
    version = HiddenField()

    @property
    def more(self) -> list[str]:
        """The suggested organisation to invite too, when it is one that may be chosen."""
        options: Any = self.organisations.choices or ()
        return [self.add.data] if self.add.data in {option.value for option in options} else []

    @property
    def known_version(self) -> int | None:
        """As in ``TimeAndPlaceForm``."""
        return read_version(self.version.data)


def show_time(form: TimeAndPlaceForm, meeting: Meeting, start: Any, end: Any) -> None:
    """Fills in the present time and place; ``start`` and ``end`` on the meeting's wall clock."""
    form.on.data, form.start.data, form.end.data = start.date(), start.time(), end.time()
    form.mode.data = meeting.mode
    form.place_id.data = str(meeting.place_id or "")
    form.place_text.data = meeting.place_text
    form.version.data = str(meeting.version)
