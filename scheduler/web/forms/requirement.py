"""How often a forum is to meet, as a form: the source's sentence, what is read from it, or numbers by hand.

The sentence is read when the form is posted. What must be asked about comes back as a question without an answer
chosen, and nothing is stored until it has one (spec cadence §9). Not here: the reading itself
(``cadence.phrases``), what makes numbers right (``cadence.rules``, ``forums.cadences``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from scheduler.cadence.phrases import Doubt, Reading, find_phrase
from scheduler.cadence.rules import version_from
from scheduler.cadence.sentences import counted_as, describe
from scheduler.errors import Refused
from scheduler.forums.cadences import CadenceFields
from scheduler.i18n import gettext, language, lazy, mark
from scheduler.web.fields import NumberField, PageForm, choice
from scheduler.workdays.wording import Wording

#: Answers: as the sentence says, a number a period, an interval, nothing required.
READ, COUNT, INTERVAL, NONE = "read", "count", "interval", "none"

PERIODS = [
    choice("year", lazy("År")),
    choice("term", lazy("Termin")),
    choice("quarter", lazy("Kvartal")),
    choice("month", lazy("Månad")),
]
WINDOWS = [choice("calendar", lazy("Kalenderperioden")), choice("rolling", lazy("De senaste 12 månaderna"))]
UNITS = [choice("day", lazy("Dagar")), choice("week", lazy("Veckor")), choice("month", lazy("Månader"))]

#: Why a sentence is asked about → what is said of it.
DOUBTS: Mapping[Doubt, str] = {
    Doubt.UNREAD: mark("Vi hittar inget antal som går att räkna med. Vi gissar inte åt dig."),
    Doubt.TWO_RULES: mark("Meningen säger två olika saker. Vi gissar inte åt dig."),
    Doubt.AS_NEEDED: mark("”Vid behov” tar bort taket: fler möten räknas aldrig som för många."),
    Doubt.PAUSE: mark("Meningen nämner ett uppehåll. Det lägger du in för sig, under Uppehåll."),
    Doubt.FAR_WORD: mark("Ett ord som ”minst” eller ”normalt” står en bit från talet."),
}


def worded(wording: Wording) -> str:
    """A sentence of the rules in the language in use."""
    return wording["en"] if language() == "en" else wording["sv"]


def plain(text: str | None) -> str:
    """A text without what browsers do to its spaces and line breaks."""
    return " ".join((text or "").split())


class RequirementForm(PageForm):
    """The fields of a requirement; forms that ask for one build on it."""

    phrase = TextAreaField(lazy("Så står det i källan"), description=lazy("Klistra in meningen som den är skriven."))
    source_url = StringField(lazy("Länk till källan"))
    answer = RadioField(lazy("Hur ofta ska forumet mötas?"), choices=[], validate_choice=False)
    min = NumberField(lazy("Minst"))
    max = NumberField(lazy("Högst"))
    target = NumberField(lazy("Gärna"))
    period = SelectField(lazy("Per"), choices=PERIODS, default="year")
    window = SelectField(lazy("Räknas över"), choices=WINDOWS, default="calendar")
    every = NumberField(lazy("Ett möte var"))
    unit = SelectField(lazy("Räknat i"), choices=UNITS, default="week")
    #: The sentence the question was put about.
    asked = HiddenField()
    #: Whether the requirement may be chosen without a sentence, or only as an answer about one.
    by_hand = False

    @property
    def reading(self) -> Reading | None:
        """What the sentence says; None without one. Numbers that no period can hold are not read."""
        words = plain(self.phrase.data)
        if not words:
            return None
        reading = find_phrase(words)
        try:
            version_from(reading.keys)
        except Refused:
            return Reading({"kind": NONE, "ask": True}, doubt=Doubt.UNREAD)
        return reading

    @property
    def words_read(self) -> str:
        """The part of the sentence the rule was read from; empty when there is none."""
        reading = self.reading
        if reading is None or reading.span is None:
            return ""
        first, after = reading.span
        return plain(self.phrase.data)[first:after]

    @property
    def was_asked(self) -> bool:
        """Whether the question was put about the sentence as it now stands."""
        return bool(plain(self.phrase.data)) and plain(self.asked.data) == plain(self.phrase.data)

    @property
    def chosen(self) -> str:
        """The answer given; an answer to a question about another sentence is none."""
        given = self.answer.data or READ
        return given if self.by_hand or self.was_asked else READ

    @property
    def says_pause(self) -> bool:
        """Whether the sentence speaks of days without meetings, which are entered beside it."""
        return self.reading is not None and self.reading.doubt is Doubt.PAUSE

    @property
    def must_ask(self) -> bool:
        """Whether the sentence has to be asked about before anything is stored."""
        reading = self.reading
        if reading is None or reading.doubt is None or self.chosen != READ:
            return False
        confirmed = self.was_asked and self.answer.data == READ and reading.span is not None
        return not confirmed

    def offer(self) -> None:
        """Shows the question again where it has been put; call it before the form is judged."""
        if self.was_asked and self.reading is not None and self.reading.doubt is not None:
            self._show_question(self.reading, self.reading.doubt)

    def ask(self) -> None:
        """Puts the question with none of its answers chosen; to whoever has seen it already, as an error."""
        reading = self.reading
        if reading is None or reading.doubt is None:
            return
        self._show_question(reading, reading.doubt)
        if self.was_asked:
            self.answer.errors = [gettext("Svara på hur ofta forumet ska mötas")]
        self.answer.data = None
        self.asked.data = plain(self.phrase.data)

    def _show_question(self, reading: Reading, doubt: Doubt) -> None:
        answers = [choice(COUNT, gettext("Ange antal själv"))]
        if self.by_hand:
            answers.append(choice(INTERVAL, gettext("Ange mellanrum själv")))
        answers.append(choice(NONE, gettext("Inget krav")))
        if reading.span is not None:
            self.answer.label.text = gettext("Menas %(reading)s?", reading=self.read_as)
            answers.insert(0, choice(READ, gettext("Ja, %(reading)s", reading=self.read_as)))
        self.answer.description = gettext(DOUBTS[doubt])
        self.answer.choices = answers

    @property
    def read_as(self) -> str:
        """The reading in words: "cirka 2–3 gånger per år"; empty without a sentence."""
        reading = self.reading
        return "" if reading is None else worded(describe(version_from(reading.keys)))

    @property
    def counted_as(self) -> str:
        """How the reading is reckoned: "Räknas som minst 2, högst 3"; empty without a sentence."""
        reading = self.reading
        return "" if reading is None else worded(counted_as(version_from(reading.keys)))

    def requirement(self) -> CadenceFields:
        """The keywords of ``set_cadence``, from the sentence or by hand as answered."""
        keys: dict[str, Any] = {"kind": self.chosen}
        if self.chosen == READ:
            reading = self.reading
            keys = {"kind": NONE} if reading is None else {**reading.keys}
            keys.pop("ask", None)
        elif self.chosen == COUNT:
            keys |= {name: self[name].data for name in ("min", "max", "target", "period", "window")}
        elif self.chosen == INTERVAL:
            keys |= {"every": self.every.data, "unit": self.unit.data}
        keys |= {"phrase": self.phrase.data, "source_url": self.source_url.data}
        return cast("CadenceFields", keys)

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Judges the fields; those of an answer that was not given do not matter."""
        super().validate(extra_validators)
        of_answer = {COUNT: ("min", "max", "target", "period", "window"), INTERVAL: ("every", "unit")}
        for answer, names in of_answer.items():
            if answer != self.chosen:
                for name in names:
                    self[name].errors = []
        return not any(field.errors for field in self)

    def validate_answer(self, field: RadioField) -> None:
        """Raises ValueError for an answer that is none of those there are."""
        if field.data not in {None, "", READ, COUNT, INTERVAL, NONE}:
            raise ValidationError(gettext("Välj ett av alternativen"))
