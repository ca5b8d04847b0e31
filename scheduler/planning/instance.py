"""The values of a planning problem, as the exchange format ``nmsplan-1`` has them.

All times are minutes after local midnight; all dates are civil. Busy intervals are half-open. Not here: reading
them from JSON (``reading``), any judgement of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

FORMAT = "nmsplan-1"

#: Every weight an instance must have, in the order of the format.
WEIGHTS = (
    "missing", "vacant", "substitute", "weekday", "start", "soft_day", "spacing_per_week", "spacing_free_days",
    "travel_per_10km", "room_spare", "room_spare_free", "week_load", "move_date", "move_time", "move_room",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Weights:
    """Integer points; ``spacing_free_days`` is in days and ``room_spare_free`` in places."""

    missing: int
    vacant: int
    substitute: int
    weekday: int
    start: int
    soft_day: int
    spacing_per_week: int
    spacing_free_days: int
    travel_per_10km: int
    room_spare: int
    room_spare_free: int
    week_load: int
    move_date: int
    move_time: int
    move_room: int


@dataclass(frozen=True, slots=True)
class Busy:
    """A day and the minutes from (inclusive) to (exclusive) on it."""

    on: date
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Town:
    """Where rooms are and people live."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Room:
    """A room of a town; busy times count without the break between meetings."""

    id: str
    town: str
    capacity: int
    busy: tuple[Busy, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may fill seats; ``home`` None: no journey is reckoned."""

    id: str
    name: str
    home: str | None
    max_day: int
    max_week: int
    busy: tuple[Busy, ...] = ()


@dataclass(frozen=True, slots=True)
class Seat:
    """A place in a forum; ``holder`` None is a vacancy that a substitute may still fill."""

    id: str
    required: bool
    holder: str | None
    substitutes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Forum:
    """A body that meets, with what its year must look like; gaps are in days, both ends included."""

    id: str
    name: str
    min_meetings: int
    target_meetings: int
    max_meetings: int
    duration: int
    ideal_gap: int
    min_gap: int
    max_gap: int
    starts: tuple[int, ...]
    preferred_starts: tuple[int, ...]
    #: 0 is Monday.
    preferred_weekdays: tuple[int, ...]
    forbidden_weekdays: tuple[int, ...]
    towns: tuple[str, ...]
    places: int
    quorum: int
    last_previous: date
    seats: tuple[Seat, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """The k-th meeting of ``before`` lies ``min_days`` to ``max_days`` before the k-th of ``after``."""

    before: str
    after: str
    min_days: int
    max_days: int


@dataclass(frozen=True, slots=True)
class Fixed:
    """A meeting as it stood: locked, or of the previous plan."""

    forum: str
    index: int
    on: date
    start: int
    room: str


@dataclass(frozen=True)
class Instance:
    """A whole planning problem. Ids are unique within their kind, and every id that is named exists."""

    first_date: date
    last_date: date
    planning_date: date
    notice_days: int
    closed: dict[date, str]
    soft_days: dict[date, str]
    starts: tuple[int, ...]
    day_end: int
    min_break: int
    same_day_max_km: float
    week_soft: int
    weights: Weights
    towns: tuple[Town, ...]
    #: Distances and travel minutes, in the order of ``towns``.
    km: tuple[tuple[float, ...], ...]
    minutes: tuple[tuple[float, ...], ...]
    rooms: tuple[Room, ...]
    persons: tuple[Person, ...]
    forums: tuple[Forum, ...]
    links: tuple[Link, ...] = ()
    locked: tuple[Fixed, ...] = ()
    previous_plan: tuple[Fixed, ...] = ()
