"""What a date poll says in words: states, answers, how the seats are filled, what is lost with another date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from scheduler import i18n
from scheduler.i18n import gettext as _
from scheduler.i18n import mark, ngettext
from scheduler.meetings import clocks
from scheduler.meetings.readers import zones_at
from scheduler.meetings.times import Span
from scheduler.polls.models import Poll, PollOption
from scheduler.polls.rules import Answer, Loss, OptionResult, State
from scheduler.web.clocks import reader_zones
from scheduler.web.words import StatusWord

#: State of a poll → glyph and word.
POLL_STATES: Mapping[str, StatusWord] = {
    State.DRAFT: StatusWord("none", mark("Utkast")),
    State.OPEN: StatusWord("track", mark("Öppen")),
    State.CLOSED: StatusWord("risk", mark("Stängd")),
    State.DECIDED: StatusWord("met", mark("Avgjord")),
    State.WITHOUT_RESULT: StatusWord("none", mark("Utan resultat")),
}
#: Answer → glyph, word and the colour class of its button.
POLL_ANSWERS: Mapping[str, StatusWord] = {
    Answer.YES: StatusWord("met", mark("Ja")),
    Answer.IF_NEEDED: StatusWord("track", mark("Om det behövs")),
    Answer.NO: StatusWord("none", mark("Nej")),
}


def poll_state_word(state: str) -> str:
    """The word of a poll's state in the language in use: "Öppen"."""
    return _(POLL_STATES[state].word)


def poll_answer_word(answer: str) -> str:
    """The word of an answer in the language in use: "Om det behövs"."""
    return _(POLL_ANSWERS[answer].word)


def poll_answer_glyph(answer: str) -> str:
    """The glyph whose colour an answer has."""
    return POLL_ANSWERS[answer].glyph


def span_of_option(option: PollOption, poll: Poll) -> Span:
    """When a date is, on the poll's wall clock."""
    return Span(option.start_at, option.end_at, all_day=False, time_zone=poll.time_zone)


def hours_text(option: PollOption, poll: Poll) -> str:
    """ "13.00–15.00", and what the clock shows then at the place and where the reader lives."""
    return clocks.hours_text(span_of_option(option, poll), (*zones_at(poll.place), *reader_zones()))


def length_text(minutes: int) -> str:
    """ "2 timmar", "1 timme 30 minuter", "45 minuter"."""
    hours, rest = divmod(minutes, 60)
    parts = [ngettext("1 timme", "%(n)s timmar", hours)] if hours else []
    if rest:
        parts.append(ngettext("1 minut", "%(n)s minuter", rest))
    return " ".join(parts)


def sent_text(at: datetime, now: datetime, time_zone: str) -> str:
    """ "14.02" for today, "18 september kl. 14.02" for another day, on the clocks of the zone."""
    local, today = at.astimezone(ZoneInfo(time_zone)), now.astimezone(ZoneInfo(time_zone)).date()
    clock = i18n.time_text(local)
    if local.date() == today:
        return clock
    return _("%(day)s kl. %(time)s", day=i18n.date_text(local.date(), weekday=False), time=clock)


def waits_text(poll: Poll, *, asked: int, answered: int, today: date) -> str:
    """What a poll waits for, in a few words."""
    if poll.state == State.DRAFT:
        return _("Inte skickad än")
    if poll.state == State.DECIDED:
        return _("Datumet är valt")
    if poll.state == State.WITHOUT_RESULT:
        return _("Avslutad utan resultat")
    if poll.state == State.CLOSED or poll.answer_by_on < today or answered == asked:
        return _("Välj datum")
    return _("Svar till och med %(day)s", day=i18n.date_text(poll.answer_by_on, short=True))


def coverage_text(result: OptionResult) -> str:
    """ "13/13 platser, 2 via ersättare"."""
    text = _("%(covered)s/%(seats)s platser", covered=result.coverage.covered, seats=result.seats)
    if substitutes := len(result.coverage.by_substitute):
        text = _("%(seats)s, %(n)s via ersättare", seats=text, n=substitutes)
    return text


def quorum_text(result: OptionResult) -> str:
    """ "Beslutsför (7 krävs)"; "" where no quorum is asked for."""
    if result.quorum is None:
        return ""
    if result.is_quorate:
        return _("Beslutsför, %(n)s krävs", n=result.quorum)
    return _("Inte beslutsför, %(n)s krävs", n=result.quorum)


def counts_text(counts: Mapping[Answer | None, int]) -> str:
    """ "5 ja, 1 om det behövs, 1 nej"."""
    return _(
        "%(yes)s ja, %(if_needed)s om det behövs, %(no)s nej",
        yes=counts.get(Answer.YES, 0), if_needed=counts.get(Answer.IF_NEEDED, 0), no=counts.get(Answer.NO, 0),
    )  # fmt: skip


def loss_text(lost: Loss) -> str:
    """ "1 plats färre: Luleå tom; under beslutsförhet"; "" when nothing is lost."""
    parts = []
    names = ", ".join(seat.name for seat in lost.empty)
    if lost.fewer:
        fewer = ngettext("1 plats färre", "%(n)s platser färre", lost.fewer)
        parts.append(_("%(fewer)s: %(names)s tom", fewer=fewer, names=names) if names else fewer)
    elif names:
        parts.append(_("%(names)s tom", names=names))
    if lost.quorum:
        parts.append(_("under beslutsförhet"))
    if lost.more_substitutes and not lost.fewer:
        parts.append(ngettext("1 plats till via ersättare", "%(n)s platser till via ersättare", lost.more_substitutes))
    if not parts and lost.fewer_yes:
        parts.append(ngettext("1 ja färre", "%(n)s ja färre", lost.fewer_yes))
    return "; ".join(parts)


def required_text(result: OptionResult) -> str:
    """ "Måste fyllas men är tom: Luleå"; "" when every required seat is filled."""
    names = ", ".join(seat.name for seat in result.coverage.required_empty)
    return _("Måste fyllas men är tom: %(names)s", names=names) if names else ""
