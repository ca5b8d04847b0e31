"""The form of rules of planned mails, the same for a kind, a forum and a meeting; and such rules in words.

Not here: what makes a rule right (``mail.reminder_rules``), planned mails (``mail.queries``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any

from wtforms import RadioField, SelectField
from wtforms.validators import ValidationError

from scheduler.i18n import gettext, lazy, mark, ngettext, time_text
from scheduler.mail.reminder_rules import AUDIENCES_OF, MOST, REMINDER, Reminders
from scheduler.mail.rules import Rule
from scheduler.web.fields import NumberField, choice
from scheduler.web.forms.meetings import ClockField
from scheduler.web.seen import SeenForm

UNITS = {"calendar_days": lazy("Dagar"), "working_days": lazy("Arbetsdagar")}
AUDIENCES = {"all": lazy("Alla kallade"), "ordinary": lazy("Bara ordinarie")}
#: The mails of one kind one may enter, by number.
SLOTS = range(1, MOST + 1)
INHERIT, OWN, OFF = "inherit", "own", "off"


@dataclass(frozen=True)
class PlannedWords:
    """How the pages speak of one planned kind of mail; Swedish message ids."""

    #: As a heading, of several: "Påminnelser".
    many: str
    none: str
    #: The ways to choose.
    own: str
    off: str
    #: What is counted back from.
    before: str
    saved: str


#: Planned kind of mail → its words, in the order a meeting meets them.
PLANNED_WORDS: Mapping[str, PlannedWords] = {
    "save_the_date": PlannedWords(
        many=mark("Spara dagen"),
        none=mark("inget brev om att spara dagen"),
        own=mark("Egna tider för att spara dagen"),
        off=mark("Inget brev om att spara dagen"),
        before=mark("Hur långt före mötet"),
        saved=mark("Brevet om att spara dagen är sparat."),
    ),
    "chaser": PlannedWords(
        many=mark("Svarspåminnelser"),
        none=mark("inga svarspåminnelser"),
        own=mark("Egna svarspåminnelser"),
        off=mark("Inga svarspåminnelser"),
        before=mark("Hur långt före sista svarsdagen"),
        saved=mark("Svarspåminnelserna är sparade."),
    ),
    "reminder": PlannedWords(
        many=mark("Påminnelser"),
        none=mark("inga påminnelser"),
        own=mark("Egna påminnelser"),
        off=mark("Inga påminnelser"),
        before=mark("Hur långt före mötet"),
        saved=mark("Påminnelserna är sparade."),
    ),
}


def days_before(n: int, unit: str) -> str:
    """ "5 arbetsdagar före"."""
    if unit == "working_days":
        return ngettext("1 arbetsdag före", "%(n)s arbetsdagar före", n)
    return ngettext("1 dag före", "%(n)s dagar före", n)


def rule_words(rule: Rule) -> str:
    """ "2 dagar före kl. 9.00, bara ordinarie"; of an answer that is asked for: "2 dagar före sista svarsdagen"."""
    days = days_before(rule.n, rule.unit)
    if rule.kind == "chaser":
        days = gettext("%(days)s sista svarsdagen", days=days)
    text = gettext("%(day)s kl. %(time)s", day=days, time=time_text(rule.send_at))
    return f"{text}, {str(AUDIENCES['ordinary']).lower()}" if rule.audience == "ordinary" else text


def rules_words(rules: Sequence[Rule], kind: str = REMINDER) -> str:
    """The rules of a planned ``kind`` of mail in a row, the earliest mail first; "inga påminnelser" for none."""
    if not rules:
        return gettext(PLANNED_WORDS[kind].none)
    return "; ".join(rule_words(rule) for rule in sorted(rules, key=lambda rule: (rule.unit, rule.n), reverse=True))


class RemindersForm(SeenForm):
    """Whether to inherit, have own mails of the kind or none, and up to ``MOST`` own ones."""

    which = RadioField("", choices=[])

    def offer(self, reminders: Reminders, whose: str) -> None:
        """Fills in the ways to choose; ``whose`` names where the inherited ones come from."""
        told, kind = PLANNED_WORDS[reminders.kind], reminders.kind
        inherited = gettext("Som %(whose)s: %(rules)s", whose=whose, rules=rules_words(reminders.inherited, kind))
        self.which.label.text = gettext(told.many)
        self.which.choices = [
            choice(INHERIT, inherited),
            choice(OWN, gettext(told.own)),
            choice(OFF, gettext(told.off)),
        ]
        self.asks_audience = len(AUDIENCES_OF[kind]) > 1
        for number in SLOTS:
            self[f"n_{number}"].label.text = gettext(told.before)

    def show(self, reminders: Reminders) -> None:
        """Fills in what is stored; where it inherits, the inherited ones stand ready to be changed."""
        self.which.data = INHERIT if reminders.own is None else OWN if reminders.in_force else OFF
        for number, rule in zip(SLOTS, reminders.in_force, strict=False):
            self[f"n_{number}"].data = rule.n
            self[f"unit_{number}"].data = rule.unit
            self[f"send_at_{number}"].data = rule.send_at
            if rule.audience in AUDIENCES:
                self[f"audience_{number}"].data = rule.audience
        self.stamp()

    def rules(self) -> Sequence[Rule] | None:
        """What ``set_rules`` takes."""
        if self.which.data == INHERIT:
            return None
        if self.which.data == OFF:
            return ()
        return [
            Rule(
                self[f"n_{number}"].data,
                self[f"unit_{number}"].data,
                self[f"send_at_{number}"].data or time(9, 0),
                audience=self[f"audience_{number}"].data,
            )
            for number in self.filled()
        ]

    def filled(self) -> list[int]:
        """The numbers of the mails that are entered."""
        return [number for number in SLOTS if self[f"n_{number}"].data is not None]

    def field_of(self, name: str) -> str:
        """The form's own field for the field of a problem: ``rules-2-n`` is the second one entered."""
        word, _dash, rest = name.partition("-")
        if word != "rules" or not rest:
            return "n_1" if word == "rules" else name
        place, _dash, part = rest.partition("-")
        return f"{part}_{self.filled()[int(place) - 1]}"

    def validate_which(self, field: RadioField) -> None:
        """Raises ValidationError for own ones without any."""
        unread = any(self[f"n_{number}"].process_errors for number in SLOTS)
        if field.data == OWN and not self.filled() and not unread:
            raise ValidationError(gettext("Ange minst ett utskick, eller välj att inga ska gå"))


def _slot(number: int) -> dict[str, Any]:
    return {
        f"n_{number}": NumberField(lazy("Hur långt före mötet")),
        f"unit_{number}": SelectField(
            lazy("Räknat i"), choices=[choice(key, word) for key, word in UNITS.items()], default="calendar_days"
        ),
        f"send_at_{number}": ClockField(lazy("Klockan"), default=time(9, 0)),
        f"audience_{number}": SelectField(
            lazy("Till vilka"), choices=[choice(key, word) for key, word in AUDIENCES.items()], default="all"
        ),
    }


for _number in SLOTS:
    for _name, _field in _slot(_number).items():
        setattr(RemindersForm, _name, _field)
