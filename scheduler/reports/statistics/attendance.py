"""How many seats were filled at the held meetings of a year, by forum and by organisation. Pure.

A share is always of the seats at meetings where somebody noted who was there: a meeting without a note is counted
beside, never as empty. Not here: what became of a seat (``records.attendance_years``), words and drawings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from scheduler.records.attendance_years import HeldMeeting, Place


@dataclass(frozen=True)
class Filled:
    """Seats of some meetings, and how they were filled: holders, substitutes and empty ones are all of them."""

    #: Held, whether noted or not.
    meetings: int = 0
    #: Of them, those where it is noted who was there.
    noted: int = 0
    holders: int = 0
    substitutes: int = 0
    empty: int = 0
    #: Of holders and substitutes, those who took part from a distance.
    remote: int = 0
    #: Of the empty ones, those where nothing is noted of whoever has it.
    unmarked: int = 0

    @property
    def seats(self) -> int:
        """All of them."""
        return self.holders + self.substitutes + self.empty

    @property
    def filled(self) -> int:
        """Those somebody sat on."""
        return self.holders + self.substitutes


def by_forum(meetings: Iterable[HeldMeeting]) -> dict[int, Filled]:
    """Forum → its figures. A meeting of several forums counts with each, by each one's own seats."""
    held: dict[int, int] = defaultdict(int)
    noted: dict[int, int] = defaultdict(int)
    places: dict[int, list[Place]] = defaultdict(list)
    for meeting in meetings:
        for forum_id in meeting.forum_ids:
            held[forum_id] += 1
            noted[forum_id] += meeting.places is not None
        for place in meeting.places or ():
            places[place.forum_id].append(place)
    return {forum_id: _filled(held[forum_id], noted[forum_id], places[forum_id]) for forum_id in held}


def by_organisation(meetings: Iterable[HeldMeeting]) -> dict[tuple[int | None, str | None], Filled]:
    """Organisation, by id and name, → its figures; (None, None) is the seats that are no organisation's."""
    noted: dict[tuple[int | None, str | None], set[int]] = defaultdict(set)
    places: dict[tuple[int | None, str | None], list[Place]] = defaultdict(list)
    for meeting in meetings:
        for place in meeting.places or ():
            whose = (place.organisation_id, place.organisation_name)
            noted[whose].add(meeting.id)
            places[whose].append(place)
    return {whose: _filled(len(noted[whose]), len(noted[whose]), places[whose]) for whose in places}


def together(meetings: Iterable[HeldMeeting]) -> Filled:
    """The figures of all, each meeting once."""
    known = list(meetings)
    return _filled(
        len(known),
        sum(meeting.places is not None for meeting in known),
        [place for meeting in known for place in meeting.places or ()],
    )


def _filled(meetings: int, noted: int, places: Iterable[Place]) -> Filled:
    how = {"holder": 0, "substitute": 0, "empty": 0}
    remote = unmarked = 0
    for place in places:
        how[place.how] += 1
        remote += place.remote
        unmarked += place.unmarked
    return Filled(meetings, noted, how["holder"], how["substitute"], how["empty"], remote, unmarked)
