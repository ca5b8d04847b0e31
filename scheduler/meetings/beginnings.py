"""How far a new secretariat has come: what there is of what it takes to see a year.

Not here: the words and where each step leads (the overview).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Appointment
from scheduler.meetings.models import Meeting
from scheduler.organisations.models import Person


@dataclass(frozen=True)
class Beginnings:
    """What there is at least one of."""

    forums: bool
    people: bool
    #: Somebody sits on a seat.
    appointments: bool
    meetings: bool


def beginnings_of(session: Session, *, without_person: int | None) -> Beginnings:
    """What there is; ``without_person`` is the reader, who is there from the start. One query."""
    others = select(Person.id).where(Person.merged_into_id.is_(None))
    if without_person is not None:
        others = others.where(Person.id != without_person)
    row = session.execute(
        select(
            exists(select(Forum.id)), exists(others), exists(select(Appointment.id)), exists(select(Meeting.id)),
        )
    ).one()  # fmt: skip
    return Beginnings(*(bool(value) for value in row))
