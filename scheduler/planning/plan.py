"""A plan: which meetings, when, where, and who sits on each seat; and its JSON.

Not here: whether a plan is any good (``checker``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

FORMAT = "nmsplan-1-plan"


@dataclass(frozen=True, slots=True)
class PlannedMeeting:
    """The ``index``-th meeting of a forum's year, counted from 0 in time order.

    ``seats`` maps seat to person; None, or a seat that is not named, is vacant.
    """

    forum: str
    index: int
    on: date
    start: int
    room: str | None
    seats: dict[str, str | None] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The meeting as the exchange format has it."""
        return {
            "forum": self.forum, "index": self.index, "date": self.on.isoformat(), "start": self.start,
            "room": self.room, "seats": self.seats,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """Meetings, by forum in the instance's order and by index."""

    meetings: tuple[PlannedMeeting, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The plan as the exchange format has it."""
        return {"format": FORMAT, "meetings": [meeting.as_json() for meeting in self.meetings]}

    def as_bytes(self) -> bytes:
        """The file: one meeting a line, the same bytes for the same plan."""
        lines = ",\n".join(json.dumps(meeting.as_json(), ensure_ascii=False) for meeting in self.meetings)
        return f'{{"format": "{FORMAT}", "meetings": [\n{lines}\n]}}\n'.encode()
