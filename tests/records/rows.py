"""A board of seats and substitutes with a meeting of today, for tests of its records."""

from __future__ import annotations

from datetime import datetime, time

from sqlalchemy.orm import Session

from scheduler.history.rules import Actor
from scheduler.meetings.models import Meeting
from scheduler.records.models import AgendaItem
from tests.meetings.county import County

#: The local day of the fixture ``now``, a Sunday.
START = time(9)


class Board:
    """So many ordinary seats and substitutes in one group, and a meeting that has begun."""

    def __init__(self, session: Session, actor: Actor, now: datetime, *, seats: int = 3, substitutes: int = 2) -> None:
        self.session = session
        self.county = county = County(session, actor, now)
        self.forum = county.forum("Beredningen", kind="beredning", quorum_rule="more_than_half", formality="protocol")
        self.home = county.organisation("Regionen")
        self.members = [county.person(f"Ledamot {n:02}") for n in range(seats)]
        self.seats = [
            county.seat(self.forum, person, organisation_id=self.home.id, function="chair" if n == 0 else "member")
            for n, person in enumerate(self.members)
        ]
        self.substitutes = [county.person(f"Ersättare {n:02}") for n in range(substitutes)]
        for person in self.substitutes:
            county.seat(self.forum, person, organisation_id=self.home.id, kind="substitute")
        self.meeting: Meeting = county.meeting(self.forum, now.date(), START, state="held")
        session.flush()

    def key(self, n: int) -> str:
        """The row of the n-th ordinary seat, from 0."""
        return f"s{self.seats[n].id}-{self.members[n].id}"

    def items(self, *titles: str, kind: str = "decision") -> list[AgendaItem]:
        """Items on the agenda."""
        rows = [
            AgendaItem(
                meeting_id=self.meeting.id,
                position=n,
                title=title,
                kind=kind,
                added_at=self.meeting.start_at,
                minutes=10,
            )
            for n, title in enumerate(titles)
        ]
        self.session.add_all(rows)
        self.session.flush()
        return rows
