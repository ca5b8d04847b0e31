"""What attendance says in words, and what a page shows of it to whom. Not here: its pages (``attendance``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import g

from scheduler.db import db
from scheduler.i18n import gettext as _
from scheduler.i18n import mark, ngettext
from scheduler.meetings.models import Meeting
from scheduler.meetings.rules import DONE
from scheduler.records.attendance import may_mark
from scheduler.records.attendance_lists import SUBSTITUTE, Roll, Row, roll_of
from scheduler.records.quorum_rules import THERE
from scheduler.web.security import may_meeting, now

#: Mark → glyph that gives it its colour, word, and the key that gives it.
CHOICES: dict[str, tuple[str, str, str]] = {
    "present": ("met", mark("Närvarande"), "N"),
    "remote": ("met", mark("På distans"), "D"),
    SUBSTITUTE: ("track", mark("Ersättare"), "E"),
    "notified": ("none", mark("Anmäld frånvaro"), "A"),
    "absent": ("none", mark("Frånvarande"), "F"),
}


@dataclass(frozen=True)
class Shown:
    """The attendance as a reader sees it: the count for everybody inside, the list for those who keep it."""

    roll: Roll
    may_mark: bool
    #: Whether the names and marks are shown.
    named: bool


def attendance_on(meeting: Meeting) -> Shown | None:
    """What to show of a meeting's attendance; None before its day, and where nothing is to be seen."""
    if not g.inside:
        return None
    editor = may_meeting("meeting.edit", meeting)
    open_now = may_mark(meeting, now()) is None
    if not open_now and meeting.state not in DONE:
        return None
    roll = roll_of(db.session(), meeting)
    if not roll.is_begun and not (editor and open_now):
        return None
    return Shown(roll, editor and open_now, editor)


def choice_word(choice: str) -> str:
    """A mark in a word: "Närvarande"; empty for none."""
    return _(CHOICES[choice][1]) if choice else ""


def numbers(places: Sequence[int]) -> str:
    """Items by the numbers shown, from 1: "2, 4"."""
    return ", ".join(str(place + 1) for place in places)


def filled_sentence(roll: Roll) -> str:
    """ "10 av 13 platser är besatta."."""
    if not roll.counted:
        there = sum(row.choice in THERE for row in roll.rows)
        return _("%(there)s av %(all)s är närvarande.", there=there, all=len(roll.rows))
    count = roll.count
    return ngettext(
        "%(filled)s av %(n)s plats är besatt.",
        "%(filled)s av %(n)s platser är besatta.",
        count.seats,
        filled=count.best.seats,
    )


def quorum_sentence(roll: Roll) -> str:
    """ "Mötet är beslutsfört, minst 7 krävs."; empty where nothing is required."""
    count = roll.count
    if count.needed is None:
        return ""
    if not count.lacking:
        return _("Mötet är beslutsfört, minst %(n)s krävs.", n=count.needed)
    if not count.quorate:
        return _("Mötet är inte beslutsfört, minst %(n)s krävs.", n=count.needed)
    return ngettext(
        "Mötet är beslutsfört utom vid punkt %(items)s, minst %(needed)s krävs.",
        "Mötet är beslutsfört utom vid punkterna %(items)s, minst %(needed)s krävs.",
        len(count.lacking),
        items=numbers(count.lacking),
        needed=count.needed,
    )


def left_sentence(roll: Roll) -> str:
    """ "2 återstår att pricka av."; empty when all are marked."""
    left = roll.count.unmarked if roll.counted else sum(not row.choice for row in roll.rows)
    return ngettext("1 återstår att pricka av.", "%(n)s återstår att pricka av.", left) if left else ""


def part_words(roll: Roll, row: Row) -> list[str]:
    """What is said of a row beyond its mark: from and to which item, whom they serve for, what they left."""
    found: list[str] = []
    marked = row.attendance
    if marked is not None:
        found += _span(roll, marked.from_item_id, marked.to_item_id)
        if left := [roll.places[r.item_id] for r in marked.recusals if r.item_id in roll.places]:
            found.append(_("jäv vid punkt %(items)s", items=numbers(left)))
        if not row.counts:
            for served in marked.servings:
                seat = next((r for r in roll.counted if r.seat is not None and r.seat.seat_id == served.seat_id), None)
                name = seat.name if seat is not None and seat.name else _("en vakant plats")
                words = _("tjänstgör för %(name)s", name=name)
                found.append(" ".join([words, *_span(roll, served.from_item_id, served.to_item_id)]))
    if row.counts:
        for served in row.servings:
            if span := _span(roll, served.from_item_id, served.to_item_id):
                found.append(f"{row.substitute_name} {span[0]}")
    return found


def _span(roll: Roll, from_id: int | None, to_id: int | None) -> list[str]:
    first, last = roll.places.get(from_id or 0), roll.places.get(to_id or 0)
    if first is None and last is None:
        return []
    if last is None:
        return [_("från punkt %(item)s", item=(first or 0) + 1)]
    if first is None:
        return [_("till och med punkt %(item)s", item=last + 1)]
    return [_("punkt %(first)s–%(last)s", first=first + 1, last=last + 1)]
