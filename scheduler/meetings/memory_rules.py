"""Who was invited when: the memory of thematic meetings, and whom to think of next. Pure.

The 24 months before a day are the days from the same day of the month two years earlier, that day included, up to the
day itself, which is not. Older meetings still count for "last invited" and "never invited": who was
invited three years ago was not never invited. Not here: reading it (``memory``).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

MONTHS = 24


@dataclass(frozen=True)
class Invitation:
    """One organisation invited to one meeting, itself or by a person of it."""

    organisation_id: int
    meeting_id: int
    on: date
    #: What the meeting was about.
    theme_ids: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Memory:
    """What is remembered of one organisation before a day."""

    #: Invitations in the 24 months, the latest first; each meeting once.
    recent: tuple[Invitation, ...] = ()
    #: The latest invitation before the day, however old; None: never.
    last: Invitation | None = None
    #: The next one on the day or later.
    coming: Invitation | None = None

    @property
    def times(self) -> int:
        """How often it was invited in the 24 months."""
        return len(self.recent)

    @property
    def never(self) -> bool:
        """Never invited, and to nothing that is to come."""
        return self.last is None and self.coming is None

    def months(self, before: date) -> tuple[int, ...]:
        """How many invitations fell in each of the 24 months, the oldest month first; month 24 ends the day before."""
        counts = [0] * MONTHS
        starts = [months_before(before, MONTHS - n) for n in range(MONTHS)]
        for invitation in self.recent:
            counts[max(n for n, start in enumerate(starts) if start <= invitation.on)] += 1
        return tuple(counts)


NOTHING = Memory()


def months_before(day: date, months: int) -> date:
    """The same day of the month so many months earlier, or the last day of a shorter month."""
    index = day.year * 12 + day.month - 1 - months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def memories(invitations: Iterable[Invitation], before: date) -> dict[int, Memory]:
    """Organisation → what is remembered of it before a day; those never invited are left out."""
    meetings: dict[int, dict[int, Invitation]] = {}
    for invitation in invitations:
        meetings.setdefault(invitation.organisation_id, {})[invitation.meeting_id] = invitation
    since = months_before(before, MONTHS)
    found = {}
    for organisation_id, by_meeting in meetings.items():
        past = sorted((i for i in by_meeting.values() if i.on < before), key=_age, reverse=True)
        later = sorted((i for i in by_meeting.values() if i.on >= before), key=_age)
        found[organisation_id] = Memory(
            recent=tuple(invitation for invitation in past if invitation.on >= since),
            last=past[0] if past else None,
            coming=later[0] if later else None,
        )
    return found


def _age(invitation: Invitation) -> tuple[date, int]:
    return invitation.on, invitation.meeting_id


def by_neglect(organisation_ids: Sequence[int], remembered: Mapping[int, Memory]) -> list[int]:
    """The organisations as they have been left out: never invited ones, the longest ago, last those who are coming.

    Equal ones keep the order they are given in.
    """

    def neglect(organisation_id: int) -> tuple[bool, date]:
        memory = remembered.get(organisation_id, NOTHING)
        return memory.coming is not None, memory.last.on if memory.last else date.min

    return sorted(organisation_ids, key=neglect)


def suggestions(
    organisation_ids: Sequence[int],
    remembered: Mapping[int, Memory],
    *,
    theme_ids: Collection[int],
    about: Mapping[int, Collection[int]],
) -> list[int]:
    """Whom to think of for a meeting about ``theme_ids``, the first one first.

    Before others come organisations that have to do with a theme of the meeting (``about``: organisation → themes),
    among them those who have been invited on it least; then never invited ones, then the longest ago. Those already
    invited to a later meeting come last of their like. Equal ones keep the order they are given in.
    """
    themes = frozenset(theme_ids)

    def weight(organisation_id: int) -> tuple[bool, int, bool, date]:
        memory = remembered.get(organisation_id, NOTHING)
        on_theme = sum(bool(invitation.theme_ids & themes) for invitation in memory.recent)
        return (
            not themes & frozenset(about.get(organisation_id, ())),
            on_theme,
            memory.coming is not None,
            memory.last.on if memory.last else date.min,
        )

    return sorted(organisation_ids, key=weight)
