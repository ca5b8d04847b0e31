"""What a step would change for the forums and coming meetings it touches: two looks, before and after, compared. Pure.

A look says where each forum stands against its cadence and who leads it, and of each coming meeting how many of its
seats somebody fills and can come to, how many substitutes are free, and how many it takes to decide. Not here: looking
(``effects``), taking the step in an open transaction and back (``web.previews``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from scheduler.cadence.rules import Status
from scheduler.workdays.wording import Wording


@dataclass(frozen=True)
class ForumLook:
    """Where a forum stands."""

    status: Status
    #: The numbers behind it, in both languages.
    reason: Wording
    #: The last day to call the next meeting; None: none is needed, or there is no requirement.
    call_by: date | None
    #: Who leads it, as shown; None where nobody is known.
    lead: str | None = None


@dataclass(frozen=True)
class MeetingLook:
    """Who can come to a coming meeting."""

    forum_id: int
    on: date
    #: Ordinary seats on its day, and those somebody fills.
    seats: int
    filled: int
    #: Of those who fill one, how many have neither said no nor are away.
    able: int
    #: Substitutes who have neither said no nor are away.
    substitutes: int
    #: So many must take part for it to decide; None: nothing is required.
    needed: int | None = None

    @property
    def reachable(self) -> int:
        """How many seats can be covered at best, by holders and substitutes."""
        return min(self.seats, self.able + self.substitutes)

    @property
    def quorate(self) -> bool | None:
        """Whether it can decide at best; None: nothing is required."""
        return None if self.needed is None else self.reachable >= self.needed


@dataclass(frozen=True)
class Look:
    """The forums and coming meetings that a step may touch, as they are."""

    forums: Mapping[int, ForumLook]
    #: By id; cancelled and past ones are not in it.
    meetings: Mapping[int, MeetingLook]


@dataclass(frozen=True)
class ForumEffect:
    """A forum before and after."""

    forum_id: int
    before: ForumLook
    after: ForumLook

    @property
    def is_changed(self) -> bool:
        """Whether anything of it is another."""
        return self.before != self.after


@dataclass(frozen=True)
class MeetingEffect:
    """A meeting that is another after the step; None: it is none of the coming ones."""

    meeting_id: int
    before: MeetingLook | None
    after: MeetingLook | None

    @property
    def loses_quorum(self) -> bool:
        """Whether it could decide before and cannot after."""
        if self.before is None or self.after is None:
            return False
        return self.after.quorate is False and self.before.quorate is not False


@dataclass(frozen=True)
class Effects:
    """What a step changes."""

    #: Every forum looked at, changed or not, so that the page can say that nothing changes.
    forums: tuple[ForumEffect, ...]
    #: The meetings that change, the nearest first.
    meetings: tuple[MeetingEffect, ...]

    @property
    def lost(self) -> tuple[MeetingEffect, ...]:
        """The meetings that can no longer decide."""
        return tuple(one for one in self.meetings if one.loses_quorum)


def compare(before: Look, after: Look) -> Effects:
    """What lies between two looks at the same forums."""
    forums = tuple(
        ForumEffect(forum_id, look, after.forums[forum_id])
        for forum_id, look in before.forums.items()
        if forum_id in after.forums
    )
    ids = {**before.meetings, **after.meetings}
    changed = [
        MeetingEffect(number, before.meetings.get(number), after.meetings.get(number))
        for number in ids
        if before.meetings.get(number) != after.meetings.get(number)
    ]
    return Effects(forums, tuple(sorted(changed, key=lambda one: (_day(one), one.meeting_id))))


def _day(one: MeetingEffect) -> date:
    look = one.before or one.after
    return date.max if look is None else look.on


def quorum_needed(rule: str, number: int | None, seats: int) -> int | None:
    """How many of ``seats`` must take part (``forums.rules.QUORUM_RULES``); None: nothing is required."""
    if rule == "number":
        return number
    return seats // 2 + 1 if rule == "more_than_half" else None
