"""What a meeting is about and what holds for it: its themes, and the rules it may have of its own.

Not here: the rest of its details (``meetings``), what is inherited from where (``meetings.inherited``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wtforms import SelectField

from scheduler.i18n import gettext, language, lazy, ngettext
from scheduler.meetings.inherited import MeetingSettings, effective_meeting
from scheduler.meetings.models import Meeting
from scheduler.register.models import Theme
from scheduler.web.fields import NumberField, choice
from scheduler.web.forms.forums import FORMALITIES, NOTICE_UNITS, QUORUM_RULES
from scheduler.web.forms.meetings import DetailsForm
from scheduler.web.forms.reminders import days_before

#: The fields of a meeting that its forum fills, as a page lists them.
LINES = {
    "notice_n": lazy("Kallelse"),
    "formality": lazy("Handlingar"),
    "minutes_days": lazy("Klara"),
    "quorum_rule": lazy("Beslutsförhet"),
}


@dataclass(frozen=True)
class FormalLine:
    """One value in force, in words, and where it comes from."""

    name: str
    label: str
    value: str
    is_own: bool
    #: The forum or kind it comes from, or would come from if the meeting had none of its own.
    source: str
    #: What holds there.
    inherited: str


def formal_lines(meeting: Meeting) -> list[FormalLine]:
    """What holds for a meeting, each value with its origin."""
    found = effective_meeting(meeting)
    forum = found.of_forum
    now = _words(
        found.notice_n, found.notice_unit, found.formality, found.minutes_days, found.quorum_rule, found.quorum_number
    )
    without = _words(
        forum.notice_n, forum.notice_unit, forum.formality, forum.minutes_days, forum.quorum_rule, forum.quorum_number
    )
    return [
        FormalLine(name, str(label), now[name], name in found.own, source_name(meeting, found, name), without[name])
        for name, label in LINES.items()
    ]


def records_in_time(meeting: Meeting) -> str:
    """ "inom 14 dagar", to be said with the records when both come from the same; empty when they do not."""
    lines = {line.name: line for line in formal_lines(meeting)}
    records, days = lines["formality"], lines["minutes_days"]
    return days.value if not records.is_own and not days.is_own and records.source == days.source else ""


def source_name(meeting: Meeting, found: MeetingSettings, name: str) -> str:
    """The forum, or its kind, that a value of the meeting comes from when it has none of its own."""
    if found.inherited_from(name) == "forum":
        return meeting.forum.title
    kind = meeting.forum.kind
    return kind.en if language() == "en" else kind.sv


def _words(
    notice_n: int, notice_unit: str, formality: str, minutes_days: int, quorum_rule: str, quorum_number: int | None
) -> dict[str, str]:
    quorum = str(QUORUM_RULES[quorum_rule])
    if quorum_rule == "number" and quorum_number is not None:
        quorum = ngettext("Minst 1", "Minst %(n)s", quorum_number)
    return {
        "notice_n": days_before(notice_n, notice_unit),
        "formality": str(FORMALITIES[formality]),
        "minutes_days": ngettext("inom 1 dag", "inom %(n)s dagar", minutes_days),
        "quorum_rule": quorum,
    }


class FormalDetailsForm(DetailsForm):
    """The details of a meeting with its themes and its own rules; what is left empty is inherited."""

    formality = SelectField(lazy("Handlingar"), choices=[])
    minutes_days = NumberField(lazy("Klara inom dagar"))
    quorum_rule = SelectField(lazy("Beslutsförhet"), choices=[])
    quorum_number = NumberField(lazy("Så många krävs"), description=lazy("Vid ett bestämt antal"))
    notice_n = NumberField(lazy("Kallelse före mötet"))
    notice_unit = SelectField(lazy("Räknat i"), choices=[choice(key, word) for key, word in NOTICE_UNITS.items()])

    FORMAL = ("formality", "minutes_days", "quorum_rule", "quorum_number", "notice_n", "notice_unit")

    def offer(self, meeting: Meeting, themes: Sequence[Theme]) -> None:
        """Fills in what may be chosen, and what an empty field means."""
        self.offer_themes(themes)
        lines = {line.name: line for line in formal_lines(meeting)}
        for field, words in ((self.formality, FORMALITIES), (self.quorum_rule, QUORUM_RULES)):
            line = lines[field.short_name]
            inherited = gettext("Som %(kind)s (%(value)s)", kind=line.source, value=line.inherited.lower())
            field.choices = [choice("", inherited), *(choice(key, word) for key, word in words.items())]
        for name in ("minutes_days", "notice_n"):
            self[name].description = gettext(
                "Tomt: som %(kind)s (%(value)s)", kind=lines[name].source, value=lines[name].inherited
            )

    def show(self, meeting: Meeting) -> None:
        """Fills in what the fields of the row do not say by themselves."""
        self.theme_ids.data = [str(theme.id) for theme in meeting.themes]
        self.formality.data = meeting.formality or ""
        self.quorum_rule.data = meeting.quorum_rule or ""
        self.notice_unit.data = meeting.notice_unit or effective_meeting(meeting).of_forum.notice_unit

    def formal(self) -> dict[str, Any]:
        """The keywords of ``edit_meeting`` for what is here."""
        found: dict[str, Any] = {name: self[name].data for name in self.FORMAL}
        found |= {name: self[name].data or None for name in ("formality", "quorum_rule")}
        if found["notice_n"] is None:
            found["notice_unit"] = None
        return {**found, "theme_ids": self.theme_choice}
