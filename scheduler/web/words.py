"""What the states of the product are called on a page, and by which glyph or mark they are drawn.

One place for the words of cadence statuses, meetings, meeting kinds and seats (spec interface.md "Cadence
status" and "Meeting state", product.md "States"). Keys are the values the rules and tables use. The words
are Swedish message ids, translated when asked for. Not here: the drawing (``symbols``, ``charts``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from scheduler.i18n import gettext, mark

#: The five glyphs of a status: filled disc, half-filled ring, triangle, square, dash.
Glyph = Literal["met", "track", "risk", "behind", "none"]
#: The shapes of a meeting: filled disc, disc with a hole, disc with halo, ring, dotted ring, diamond, cross.
MarkState = Literal["held", "unminuted", "now", "booked", "proposed", "poll", "cancelled"]


@dataclass(frozen=True)
class StatusWord:
    """How a cadence status is shown: its glyph, and its word as a Swedish message id."""

    glyph: Glyph
    word: str


#: Cadence status (cadence.md §6) → glyph and word; worst first is another matter, here in order of the glyphs.
STATUSES: Mapping[str, StatusWord] = {
    "met": StatusWord("met", mark("Uppfyllt")),
    "exceeded": StatusWord("met", mark("Uppfyllt, över max")),
    "planned": StatusWord("track", mark("Bokat")),
    "on_track": StatusWord("track", mark("I fas")),
    "due": StatusWord("risk", mark("Behöver planeras")),
    "overdue": StatusWord("behind", mark("Efter")),
    "at_risk": StatusWord("behind", mark("Riskerar missas")),
    "missed": StatusWord("behind", mark("Missat")),
    "no_requirement": StatusWord("none", mark("Inget krav")),
    "paused": StatusWord("none", mark("Pausat")),
    "not_started": StatusWord("none", mark("Inte börjat")),
    "ended": StatusWord("none", mark("Upphört")),
    "inactive": StatusWord("none", mark("Inte aktivt")),
}

#: Meeting state → its word, said of the meeting ("mötet är …").
MEETING_STATES: Mapping[str, str] = {
    "proposed": mark("Föreslaget"),
    "confirmed": mark("Bokat"),
    "called": mark("Kallat"),
    "held": mark("Hållet"),
    "closed": mark("Avslutat"),
    "cancelled": mark("Inställt"),
}

#: Shape of a mark → what it says in a legend and in a spoken label.
MARKS: Mapping[MarkState, str] = {
    "held": mark("Hållet"),
    "unminuted": mark("Hållet, protokoll saknas"),
    "now": mark("I dag"),
    "booked": mark("Bokat"),
    "proposed": mark("Föreslaget"),
    "poll": mark("Datumförfrågan"),
    "cancelled": mark("Inställt"),
}

#: Meeting kind → its word.
MEETING_KINDS: Mapping[str, str] = {
    "ordinary": mark("Ordinarie"),
    "extra": mark("Extra"),
    "thematic": mark("Tematiskt"),
    "joint": mark("Gemensamt"),
    "per_capsulam": mark("Per capsulam"),
    "continuation": mark("Fortsatt"),
}

#: Seat kind → its word.
SEAT_KINDS: Mapping[str, str] = {
    "ordinary": mark("Ordinarie"),
    "substitute": mark("Ersättare"),
    "co_opted": mark("Adjungerad"),
    "secretary": mark("Sekreterare"),
    "observer": mark("Observatör"),
    "owner": mark("Ägare"),
    "financier": mark("Finansiär"),
}

#: Answer to a call (``meetings.reply_rules.Answer``) → glyph and word.
ANSWERS: Mapping[str, StatusWord] = {
    "yes": StatusWord("met", mark("Ja")),
    "remote": StatusWord("met", mark("På distans")),
    "no": StatusWord("none", mark("Nej")),
    "maybe": StatusWord("track", mark("Kanske")),
}

_MARK_OF_STATE: Mapping[str, MarkState] = {
    "proposed": "proposed",
    "confirmed": "booked",
    "called": "booked",
    "held": "held",
    "closed": "held",
    "cancelled": "cancelled",
}


def status_glyph(status: str) -> Glyph:
    """The glyph of a cadence status."""
    return STATUSES[status].glyph


def status_word(status: str) -> str:
    """The word of a cadence status in the language in use: "I fas"."""
    return gettext(STATUSES[status].word)


def meeting_state_word(state: str) -> str:
    """The word of a meeting's state in the language in use: "Bokat"."""
    return gettext(MEETING_STATES[state])


def meeting_kind_word(kind: str) -> str:
    """The word of a meeting's kind in the language in use: "Ordinarie"."""
    return gettext(MEETING_KINDS[kind])


def seat_kind_word(kind: str) -> str:
    """The word of a seat's kind in the language in use: "Ersättare"."""
    return gettext(SEAT_KINDS[kind])


def answer_word(answer: str) -> str:
    """The word of an answer to a call in the language in use: "På distans"."""
    return gettext(ANSWERS[answer].word)


def mark_word(state: MarkState) -> str:
    """What a mark says in the language in use: "Hållet"."""
    return gettext(MARKS[state])


def mark_of(meeting_state: str, *, today: bool = False, minutes_missing: bool = False) -> MarkState:
    """The mark of a meeting in ``meeting_state``.

    ``today``: it is booked and falls on the day shown as today. ``minutes_missing``: it was held and its
    minutes are still to be published.
    """
    shape = _MARK_OF_STATE[meeting_state]
    if shape == "booked" and today:
        return "now"
    if shape == "held" and minutes_missing:
        return "unminuted"
    return shape
