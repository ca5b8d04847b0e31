"""What an office fills: the seats that belong to it and the forums it leads. Reading alone.

Not here: who holds it (``organisations.offices``), who sits where on a day (``seats``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select, union
from sqlalchemy.orm import Session, joinedload

from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Seat


@dataclass(frozen=True, slots=True)
class OfficeUses:
    """The seats of an office today or later, and the forums it leads; both by forum in Swedish order."""

    seats: Sequence[Seat]
    led: Sequence[Forum]


def uses_of_office(session: Session, office_id: int, on: date) -> OfficeUses:
    """Where the office counts on the day or later. Two queries."""
    seats = session.scalars(
        select(Seat)
        .join(Seat.forum)
        .where(Seat.office_id == office_id, or_(Seat.to_on.is_(None), Seat.to_on >= on))
        .options(joinedload(Seat.forum), joinedload(Seat.organisation))
        .order_by(Forum.sort_key, Forum.id, Seat.position, Seat.id)
    ).all()
    led = session.scalars(
        select(Forum).where(Forum.lead_office_id == office_id).order_by(Forum.sort_key, Forum.id)
    ).all()
    return OfficeUses(seats, led)


def forums_by_office(session: Session) -> dict[int, int]:
    """Office → in how many forums it has or had a seat, or leads; those in none are left out. One query."""
    used = union(
        select(Seat.office_id, Seat.forum_id).where(Seat.office_id.is_not(None)),
        select(Forum.lead_office_id, Forum.id).where(Forum.lead_office_id.is_not(None)),
    ).subquery()
    office_id = used.c[0]
    return {row[0]: row[1] for row in session.execute(select(office_id, func.count()).group_by(office_id))}


def was_used(session: Session, office_id: int, today: date) -> bool:
    """Whether a seat belonged to it on a day before ``today``, so that past seat plans show it."""
    before = or_(Seat.from_on.is_(None), Seat.from_on < today)
    return session.scalars(select(Seat.id).where(Seat.office_id == office_id, before).limit(1)).first() is not None
