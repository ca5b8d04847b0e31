"""Forms of date polls: a new one with its dates, its last day, and an answer by a personal link.

Not here: what makes a poll right (``polls.actions``), which answers are taken (``polls.rules``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import ValidationError

from scheduler.errors import Refused
from scheduler.forums.models import Forum
from scheduler.i18n import gettext, lazy
from scheduler.meetings.models import Meeting
from scheduler.organisations.queries import PersonRow
from scheduler.places.models import Place
from scheduler.polls.actions import MOST_DATES, GivenDate, Wanted
from scheduler.polls.models import Poll, PollOption
from scheduler.polls.rules import Answer, PollSeatFacts
from scheduler.web.fields import DayField, NumberField, PageForm, choice, show_problems
from scheduler.web.forms.meetings import MODES, ClockField, SeveralField, read_version

#: So many empty lines for dates are there to begin with, and so many come with each press of the button.
LINES = 3
#: Days among which the best are looked for, at most.
MOST_DAYS = 366


class DateForm(PageForm):
    """One date: a line that is left empty is none."""

    on = DayField(lazy("Datum"))
    start = ClockField(lazy("Börjar"))
    end = ClockField(lazy("Slutar"))

    @property
    def is_empty(self) -> bool:
        """Whether nothing says that this line is a date; a time that the forum begins with alone does not."""
        return self.on.data is None and not self.on.errors

    def validate_start(self, field: ClockField) -> None:
        """Raises ValidationError when a day has no time."""
        if self.on.data is not None and field.data is None and not field.errors:
            raise ValidationError(gettext("Ange när mötet börjar"))

    def given(self) -> GivenDate:
        """The date, of a line that is one."""
        start: Any = self.start.data  # types-wtforms cannot know that it has been found right
        return GivenDate(self.on.data, start, self.end.data)


class DaysForm(PageForm):
    """Within which days the best dates are looked for, and how many; beside the form of a poll."""

    first = DayField(lazy("Från och med"))
    last = DayField(lazy("Till och med"))
    count = NumberField(lazy("Antal datum"))

    def validate_last(self, field: DayField) -> None:
        """Raises ValidationError for a span that cannot be looked through."""
        first, last = self.first.data, field.data
        if first is None or last is None:
            raise ValidationError(gettext("Ange båda dagarna"))
        if not 0 <= (last - first).days <= MOST_DAYS:
            raise ValidationError(gettext("Sista dagen ska ligga efter den första, inom ett år"))

    def validate_count(self, field: NumberField) -> None:
        """Raises ValidationError for more dates than a poll may have."""
        if not 1 <= (field.data or 0) <= MOST_DATES:
            raise ValidationError(gettext("Ange ett tal från %(min)s till %(max)s", min=1, max=MOST_DATES))


class PollForm(PageForm):
    """What a poll is about, its dates, and whom it asks."""

    title = StringField(lazy("Tema eller rubrik"), description=lazy("Tomt: forumets namn säger nog"))
    dates = FieldList(FormField(DateForm), label=lazy("Datum att fråga om"))
    duration = NumberField(lazy("Längd i minuter"), description=lazy("Gäller datum utan sluttid"))
    answer_by_on = DayField(lazy("Svara senast"))
    mode = RadioField(lazy("Deltagande"), choices=MODES, default="on_site")
    place_id = SelectField(lazy("Plats"), choices=[])
    place_text = StringField(lazy("Rum eller annan plats"))
    note = TextAreaField(lazy("Meddelande till dem som frågas"), description=lazy("Frivilligt"))
    required_seat_ids = SeveralField(
        lazy("Platser som måste fyllas"), choices=[],
        description=lazy("Ett datum där någon av dem står tom sägs vara sämre än alla där de är fyllda"),
    )  # fmt: skip
    asks_substitutes = BooleanField(lazy("Fråga ersättarna också"), default=True)
    shows_counts = BooleanField(lazy("Visa för dem som frågas hur många som har svarat vad"), default=True)
    guest_ids = SeveralField(lazy("Fler som ska frågas"), choices=[])
    version = HiddenField()

    def offer(self, places: Sequence[Place], people: Sequence[PersonRow], seats: Sequence[PollSeatFacts]) -> None:
        """Fills in what one may choose."""
        named = [choice(str(p.id), p.name if not p.town or p.town in p.name else f"{p.name}, {p.town}") for p in places]
        self.place_id.choices = [choice("", gettext("Ingen vald")), *named]
        self.guest_ids.choices = [choice(str(row.id), row.name) for row in people]
        self.required_seat_ids.choices = [choice(str(seat.seat_id), seat.name) for seat in seats]

    def preset(self, forum: Forum, meeting: Meeting | None = None) -> None:
        """As the forum usually meets, or as the proposed ``meeting`` is."""
        self.duration.data = forum.duration
        self.place_id.data = str(forum.default_place_id or "")
        if forum.default_place is not None and forum.default_place.online:
            self.mode.data = "remote"
        if meeting is not None:
            self.title.data, self.mode.data, self.place_text.data = meeting.title, meeting.mode, meeting.place_text
            self.place_id.data = str(meeting.place_id or "")
            entry: Any = self.dates.append_entry()
            zone = ZoneInfo(meeting.time_zone)
            start, end = meeting.start_at.astimezone(zone), meeting.end_at.astimezone(zone)
            entry.form.on.data, entry.form.start.data, entry.form.end.data = start.date(), start.time(), end.time()
        self.add_lines(forum)

    def add_lines(self, forum: Forum) -> None:
        """Three more lines for dates, as many as there may be."""
        for _line in range(min(LINES, MOST_DATES - len(self.dates.entries))):
            entry: Any = self.dates.append_entry()
            entry.form.start.data = forum.default_time

    def fill_in(self, dates: Sequence[GivenDate]) -> None:
        """Writes dates into the lines that are empty, and into new ones; what is typed stays."""
        lines: list[Any] = [entry.form for entry in self.dates.entries]
        # What cannot be read is typed too.
        empty = [line for line in lines if not any(str(text).strip() for text in line.on.raw_data or [])]
        for given in dates:
            entry: Any = None if empty else self.dates.append_entry()
            line = empty.pop(0) if entry is None else entry.form
            line.on.data, line.start.data, line.end.data = given.on, given.start, None
            line.on.raw_data = line.start.raw_data = line.end.raw_data = None

    def show(self, poll: Poll, zone: Any) -> None:
        """Fills in what a draft says."""
        for name in ("title", "duration", "answer_by_on", "mode", "place_text", "note", "shows_counts"):
            self[name].data = getattr(poll, name)
        self.place_id.data = str(poll.place_id or "")
        self.required_seat_ids.data = [str(row.seat_id) for row in poll.required]
        self.guest_ids.data = [str(row.person_id) for row in poll.invitees if row.role == "guest"]
        self.asks_substitutes.data = any(row.role == "substitute" for row in poll.invitees)
        self.version.data = str(poll.version)
        for option in poll.options:
            entry: Any = self.dates.append_entry()
            start, end = option.start_at.astimezone(zone), option.end_at.astimezone(zone)
            entry.form.on.data, entry.form.start.data, entry.form.end.data = start.date(), start.time(), end.time()

    @property
    def lines(self) -> list[tuple[int, DateForm]]:
        """The lines that are dates, with their places in the list."""
        forms: list[Any] = [entry.form for entry in self.dates.entries]
        return [(place, form) for place, form in enumerate(forms) if not form.is_empty]

    @property
    def known_version(self) -> int | None:
        """The version of the draft the form was made from; None for a new one."""
        return read_version(self.version.data)

    def wanted(self) -> Wanted:
        """What the form says; after it has been found right."""
        return Wanted(
            dates=[line.given() for _place, line in self.lines],
            answer_by_on=self.answer_by_on.data,
            duration=self.duration.data or 0,
            title=self.title.data,
            note=self.note.data,
            place_id=int(self.place_id.data or 0) or None,
            place_text=self.place_text.data,
            mode=self.mode.data,
            shows_counts=self.shows_counts.data,
            required_seat_ids=[int(value) for value in self.required_seat_ids.data or []],
            guest_ids=[int(value) for value in self.guest_ids.data or []],
            asks_substitutes=self.asks_substitutes.data,
        )

    def show_refusal(self, refused: Refused) -> None:
        """Puts each problem at its field, those of a date at its line."""
        places = [place for place, _line in self.lines]
        rest = []
        for problem in refused.problems:
            name, _dash, number = (problem.field or "").partition("-")
            if name == "dates" and number.isdigit():
                line: Any = self.dates.entries[places[int(number)]].form
                line.on.errors = [*line.on.errors, str(problem)]
            elif name == "dates":
                self.form_errors.append(str(problem))
            else:
                rest.append(problem)
        if rest:
            show_problems(self, Refused(*rest))


class ForumChoiceForm(PageForm):
    """Which forum a new poll is of."""

    forum = SelectField(lazy("Forum"), choices=[])

    def offer(self, forums: Sequence[Forum]) -> None:
        """Fills in the forums one may plan."""
        self.forum.choices = [choice("", gettext("Välj forum")), *(choice(forum.slug, forum.title) for forum in forums)]


class PollStepForm(PageForm):
    """One step of a poll's life, with what it needs."""

    answer_by_on = DayField(lazy("Svara senast"))
    override_reason = TextAreaField(lazy("Varför datumet ska användas ändå"), description=lazy("Sparas i historiken"))
    quiet = BooleanField(lazy("Spara utan utskick"))
    version = HiddenField()

    @property
    def known_version(self) -> int | None:
        """The version of the poll the form was made from; None when it is not a number."""
        return read_version(self.version.data)


class VoteForm(PageForm):
    """An answer to the dates of a poll; the dates' own controls are named by their rows (``vote_name``)."""

    message = TextAreaField(
        lazy("Meddelande till sekretariatet"),
        description=lazy("Till exempel vem som kommer i ditt ställe. Frivilligt."),
    )


@dataclass(frozen=True)
class DateLine:
    """A date as the form of an answer shows it."""

    option: PollOption
    #: Of its control.
    name: str
    #: The answer chosen, "" for none.
    answer: str
    #: "5 ja, 1 om det behövs, 1 nej"; "" where that is not shown.
    counts: str
    #: The forums of meetings of one's own at the same time.
    clashes: str


def vote_name(option_id: int) -> str:
    """The name of the control that answers one date."""
    return f"date-{option_id}"


def given_answers(poll: Poll, posted: Mapping[str, str]) -> dict[int, str]:
    """Date → what was sent for it; those nothing was sent for are left out."""
    return {option.id: posted[name] for option in poll.options if (name := vote_name(option.id)) in posted}


def readable_answers(given: Mapping[int, str]) -> dict[int, Answer]:
    """Those of the answers sent that are answers."""
    return {number: Answer(said) for number, said in given.items() if said in set(Answer)}
