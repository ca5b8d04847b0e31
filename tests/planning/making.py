"""Small planning problems by hand: one town or two, a few people, a forum that meets twice."""

from __future__ import annotations

import copy
from datetime import date, timedelta
from typing import Any

WEIGHTS = {
    "missing": 3000, "vacant": 200, "substitute": 50, "weekday": 30, "start": 10, "soft_day": 40,
    "spacing_per_week": 15, "spacing_free_days": 7, "travel_per_10km": 1, "room_spare": 1, "room_spare_free": 10,
    "week_load": 20, "move_date": 300, "move_time": 100, "move_room": 30,
}  # fmt: skip


def seat(name: str, holder: str | None, *substitutes: str, required: bool = False) -> dict[str, Any]:
    return {"id": name, "org": "o", "role": "member", "required": required, "holder": holder,
            "substitutes": list(substitutes)}  # fmt: skip


def person(name: str, home: str | None = "A", **more: Any) -> dict[str, Any]:
    return {"id": name, "org": "o", "home": home, "max_day": 2, "max_week": 4, "busy": [], **more}


def room(name: str, town: str = "A", capacity: int = 10, **more: Any) -> dict[str, Any]:
    return {"id": name, "town": town, "capacity": capacity, "busy": [], **more}


def forum(name: str, *seats: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Meets twice in the half-year, about 60 days apart, at nine or one, on Mondays if it can."""
    return {
        "id": name, "min_meetings": 2, "target_meetings": 2, "max_meetings": 3, "duration": 120,
        "ideal_gap": 60, "min_gap": 20, "max_gap": 120, "starts": [540, 780], "preferred_starts": [540],
        "preferred_weekdays": [0], "forbidden_weekdays": [4], "towns": ["A"], "places": 5, "quorum": 1,
        "last_previous": "2026-12-07", "seats": list(seats) or [seat("s1", "p1", "p2", required=True)], **more,
    }  # fmt: skip


def instance(**more: Any) -> dict[str, Any]:
    """From January to June 2027, weekends closed, two towns 50 km apart and a third far away."""
    closed = [[f"2027-{month:02}-{day:02}", "helg"] for month, day in _weekends()]
    base: dict[str, Any] = {
        "format": "nmsplan-1", "first_date": "2027-01-04", "last_date": "2027-06-30", "planning_date": "2026-12-01",
        "notice_days": 14, "closed": closed, "soft_days": [["2027-03-01", "sportlov"]], "starts": [540, 780],
        "day_end": 1020, "min_break": 15, "same_day_max_km": 60, "week_soft": 3, "weights": dict(WEIGHTS),
        "towns": [{"id": "A"}, {"id": "B"}, {"id": "C"}],
        "km": [[0, 50, 300], [50, 0, 280], [300, 280, 0]],
        "minutes": [[0, 60, 200], [60, 0, 190], [200, 190, 0]],
        "rooms": [room("a1"), room("a2"), room("b1", "B"), room("c1", "C")],
        "persons": [person("p1"), person("p2"), person("p3"), person("p4", "B")],
        "forums": [forum("f1")], "links": [], "locked": [], "previous_plan": None,
    }  # fmt: skip
    return copy.deepcopy({**base, **more})


def _weekends() -> list[tuple[int, int]]:
    days = [date(2027, 1, 4) + timedelta(days=i) for i in range(178)]
    return [(day.month, day.day) for day in days if day.weekday() > 4]


def meeting(name: str, index: int, on: str, start: int = 540, where: str | None = "a1", **seats: str | None) -> dict:
    return {"forum": name, "index": index, "date": on, "start": start, "room": where, "seats": seats or {"s1": "p1"}}


def plan(*meetings: dict[str, Any]) -> dict[str, Any]:
    return {"format": "nmsplan-1-plan", "meetings": list(meetings)}


def fixed(name: str, index: int, on: str, start: int = 540, where: str = "a1") -> dict[str, Any]:
    return {"forum": name, "index": index, "date": on, "start": start, "room": where}
