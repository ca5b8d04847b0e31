"""The agenda's rules: which standing items a meeting has, the order, the numbers shown, the time it takes. Pure.

Not here: what a person does with an item (``agenda``), what a page shows of it (``agenda_queries``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from scheduler.errors import Problem
from scheduler.i18n import mark
from scheduler.ical.text import one_line
from scheduler.organisations.fields import Unfit

T = TypeVar("T")


class ItemKind(StrEnum):
    """What an item asks of the meeting."""

    FORMALITY = "formality"
    INFORMATION = "information"
    DISCUSSION = "discussion"
    DECISION = "decision"


class ItemState(StrEnum):
    """What became of an item."""

    PLANNED = "planned"
    HANDLED = "handled"
    TABLED = "tabled"
    REFERRED = "referred"
    MOVED = "moved"
    DROPPED = "dropped"


#: An item in one of these goes on at the next meeting.
GOES_ON = (ItemState.MOVED, ItemState.TABLED, ItemState.REFERRED)
#: An item in one of these is not treated, and so has no number.
OFF = (ItemState.MOVED, ItemState.DROPPED)
#: What may be done with an item that is planned or was treated → whether it needs a reason.
NEEDS_REASON = {
    ItemState.MOVED: False,
    ItemState.TABLED: False,
    ItemState.REFERRED: True,
    ItemState.DROPPED: False,
}
#: Meetings whose agenda may still be written.
WRITABLE = ("proposed", "confirmed", "called", "held")
#: States in which the public may read an agenda: before the call it is a draft.
PUBLISHED = ("called", "held", "closed")
#: Meetings that are to come: their standing items are shown before anybody has written the agenda.
AHEAD = ("proposed", "confirmed", "called")

#: What a meeting begins and ends with, by the first words of the title, case-folded (domain.md §1 "dagordning").
_OPENERS = (
    "mötets öppnande", "mötet öppnas", "öppnande", "upprop", "val av justerare", "val av ordförande för mötet",
    "val av sekreterare", "godkännande av dagordning", "fastställande av dagordning", "dagordning",
    "föregående protokoll", "föregående mötes", "föregående minnesanteckningar", "föregående anteckningar",
)  # fmt: skip
_CLOSERS = ("övriga frågor", "övrigt", "nästa möte", "mötets avslutande", "mötet avslutas", "avslutning")


# ---------------------------------------------------------------- standing items


@dataclass(frozen=True)
class Standing:
    """When a standing item stands: on every nth meeting, counted among those in its months."""

    every_n: int = 1
    #: Months by number; empty: all.
    months: frozenset[int] = frozenset()


def months_of(text: str | None) -> frozenset[int]:
    """The months of "3,9"; none for None, which means all."""
    return frozenset(int(word) for word in (text or "").split(",") if word)


def stands(standing: Standing, month: int, earlier: Sequence[int]) -> bool:
    """Whether an item stands on a meeting in ``month``; ``earlier`` are the months of the forum's meetings before it.

    The first meeting that could have it has it; "every other, in March alone" is every other meeting in March.
    """
    if standing.months and month not in standing.months:
        return False
    before = sum(1 for one in earlier if not standing.months or one in standing.months)
    return before % standing.every_n == 0


def kind_of_title(title: str) -> ItemKind:
    """What a standing item asks for, as its title says: a formality, else information."""
    words = title.casefold()
    return ItemKind.FORMALITY if words.startswith(_OPENERS + _CLOSERS) else ItemKind.INFORMATION


def place_of_new(titles: Sequence[str]) -> int:
    """Where a new item goes among ``titles`` (0 is first): before what meetings end with."""
    at = len(titles)
    while at and titles[at - 1].casefold().startswith(_CLOSERS):
        at -= 1
    return at


def place_of_carried(titles: Sequence[str]) -> int:
    """Where an item from an earlier meeting goes among ``titles`` (0 is first): early, after the openers."""
    at = 0
    while at < len(titles) and titles[at].casefold().startswith(_OPENERS):
        at += 1
    return at


# ---------------------------------------------------------------- order and numbers


def moved(order: Sequence[T], one: T, step: int, hidden: Collection[T] = ()) -> list[T]:
    """``order`` with ``one`` put past so many shown neighbours (-1 up, 1 down); at an end it stays where it is.

    What is ``hidden`` has no place that anybody sees and is passed over.
    """
    shown = [other for other in order if other not in hidden]
    if one not in shown:
        return list(order)
    at = shown.index(one)
    to = max(0, min(len(shown) - 1, at + step))
    if to == at:
        return list(order)
    rest = [other for other in order if other != one]
    neighbour = rest.index(shown[to])
    rest.insert(neighbour if to < at else neighbour + 1, one)
    return rest


def numbers(states: Sequence[str]) -> list[int | None]:
    """The number shown for each item, from 1; None for one that is not treated at the meeting."""
    found: list[int | None] = []
    count = 0
    for state in states:
        count += state not in OFF
        found.append(None if state in OFF else count)
    return found


def total(minutes: Sequence[tuple[int | None, str]]) -> int:
    """How long the items take together, from (minutes, state): those without a time, or not treated, take none."""
    return sum(length or 0 for length, state in minutes if state not in OFF)


def is_late(added_at: datetime, called_at: datetime | None) -> bool:
    """Whether an item came to the agenda after the call."""
    return called_at is not None and added_at > called_at


# ---------------------------------------------------------------- what may be done


def may_write(state: str, *, locked: bool) -> Problem | None:
    """Why the agenda of a meeting in ``state`` is not to be changed; ``locked``: its protocol is adjusted."""
    if locked:
        return Problem(None, mark("Protokollet är justerat. Dagordningen kan inte ändras."))
    if state not in WRITABLE:
        return Problem(None, mark("Mötet är avslutat eller inställt. Dagordningen kan inte ändras."))
    return None


def may_hand_on(state: str, to: str, reason: str | None) -> Problem | None:
    """Why an item in ``state`` cannot become ``to``: moved on, tabled, referred back or dropped."""
    if to not in NEEDS_REASON:
        return Problem("to", mark("Välj vad som händer med punkten"))
    if state not in {ItemState.PLANNED, ItemState.HANDLED}:
        return Problem(None, mark("Punkten är redan flyttad, bordlagd, återremitterad eller struken."))
    if NEEDS_REASON[ItemState(to)] and not reason:
        return Problem("reason", mark("Skriv varför punkten återremitteras"))
    return None


# ---------------------------------------------------------------- secrecy

_GROUND = re.compile(
    r"(?:sekretess(?: enligt)? )?(?:osl )?(\d{1,2})(?: ?kap\.? ?| ?: ?)(\d{1,3})(?: ?([a-z]))?(?: ?§)?(?: osl)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Ground:
    """A chapter and section of the act on openness and secrecy, as people write it: "21:1", "21 kap. 1 § OSL"."""

    def read(self, value: Any) -> str | None:
        """The ground in one form, "21 kap. 1 § OSL"; None for nothing."""
        words = one_line(str(value or "")).rstrip(".")
        if not words:
            return None
        found = _GROUND.fullmatch(words)
        if found is None or not int(found[1]) or not int(found[2]):
            raise Unfit(mark("Ange kapitel och paragraf i offentlighets- och sekretesslagen, till exempel 21:1"))
        letter = f" {found[3].lower()}" if found[3] else ""
        return f"{int(found[1])} kap. {int(found[2])}{letter} § OSL"
