"""Between a draft's rows and the planner's values: the problem it is solved on, its plan, and back.

Ids of the format are the tables' numbers with a letter before (``f12`` a forum, ``p7`` a person, ``s3`` a seat, ``r4``
a place, ``r-f12`` a place yet to be found). Not here: what is in a problem (``problem``), solving it (``running``).
"""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from scheduler.drafts.models import DraftMeeting
from scheduler.planning.instance import Fixed, Instance
from scheduler.planning.plan import Plan, PlannedMeeting
from scheduler.planning.profiles import PROFILES
from scheduler.planning.reading import read_instance

#: Where meetings of a forum are that has no place yet.
_NO_PLACE = "r-"


def pack(problem: Mapping[str, Any]) -> bytes:
    """A problem as it is stored."""
    return zlib.compress(json.dumps(problem, ensure_ascii=False, separators=(",", ":")).encode(), 6)


def unpack(packed: bytes) -> dict[str, Any]:
    """A stored problem."""
    found: dict[str, Any] = json.loads(zlib.decompress(packed))
    return found


def forum_key(forum_id: int) -> str:
    """The forum as the format names it."""
    return f"f{forum_id}"


def number(key: str) -> int:
    """The table's number of an id of the format."""
    return int(key.lstrip("fpsr"))


def place_of(room: str | None) -> int | None:
    """The place a room of the format is; None for one yet to be found."""
    return None if room is None or room.startswith(_NO_PLACE) else number(room)


def instance_of(problem: Mapping[str, Any], profile: str) -> Instance:
    """The problem weighed as a profile does. Raises Refused when it is malformed, KeyError for an unknown profile."""
    weigh = {one.key: one.weigh for one in PROFILES}[profile]
    instance = read_instance(problem)
    return replace(instance, weights=weigh(instance.weights))


def plan_of(instance: Instance, rows: Iterable[DraftMeeting]) -> Plan:
    """The draft's meetings as a plan of ``instance``, numbered in the order of their days.

    Seats and people the instance does not know are left out: they are vacant then.
    """
    years: defaultdict[int, list[DraftMeeting]] = defaultdict(list)
    for row in rows:
        years[row.forum_id].append(row)
    people = {person.id for person in instance.persons}
    towns = {room.id: room.town for room in instance.rooms}
    found = []
    for forum in instance.forums:
        known = {seat.id for seat in forum.seats}
        year = sorted(years[number(forum.id)], key=lambda row: (row.on, row.start))
        for index, row in enumerate(year):
            room = f"r{row.place_id}"
            seats = {
                f"s{seat}": f"p{person}" if f"p{person}" in people else None
                for seat, person in row.seats.items()
                if f"s{seat}" in known
            }
            found.append(
                PlannedMeeting(
                    forum.id, index, row.on, row.start, room if room in towns else f"{_NO_PLACE}{forum.id}", seats
                )
            )
    return Plan(tuple(found))


def values_of(instance: Instance, plan: Plan) -> list[dict[str, Any]]:
    """The plan's meetings as columns of ``DraftMeeting``, but for what hangs on meetings that are there."""
    towns = {room.id: room.town for room in instance.rooms}
    lengths = {forum.id: forum.duration for forum in instance.forums}
    return [
        {
            "forum_id": number(one.forum),
            "on": one.on,
            "start": one.start,
            "duration": lengths[one.forum],
            "place_id": place_of(one.room),
            "town": towns.get(one.room or ""),
            "seats": {
                str(number(seat)): None if person is None else number(person) for seat, person in one.seats.items()
            },
        }
        for one in plan.meetings
    ]


def with_plan_held(problem: dict[str, Any], plan: Plan, locked: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """``problem`` with the plan as the previous one, and those of it that are ``locked`` standing where they are."""
    fixed = [
        {"forum": one.forum, "index": one.index, "date": one.on.isoformat(), "start": one.start, "room": one.room}
        for one in plan.meetings
    ]
    stand = {(one["forum"], one["index"]) for one in problem["locked"]}
    more = [one for one in fixed if (one["forum"], one["index"]) in set(locked) - stand]
    return {**problem, "locked": [*problem["locked"], *more], "previous_plan": fixed or None}


def as_fixed(plan: Plan) -> tuple[Fixed, ...]:
    """The plan's meetings as they stand."""
    return tuple(Fixed(one.forum, one.index, one.on, one.start, one.room or "") for one in plan.meetings)
