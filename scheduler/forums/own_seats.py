"""What of its seats an organisation may answer for itself: those offered, and those it may report somebody for.

Not here: the seats of a day with who fills them (``seats``), the report itself (``representatives``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session, joinedload

from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Seat
from scheduler.organisations.models import Office


def reportable_seats(session: Session, organisation_id: int, today: date) -> Sequence[Seat]:
    """The seats an organisation may report somebody for: its own, or of an office of its own, today or later.

    Not those it has turned down or not yet accepted, nor those of an office that other organisations have too. With
    their forums and offices, by forum in Swedish order. One query.
    """
    taken = or_(Seat.offer.is_(None), Seat.offer == "accepted")
    return _ordered(session, _seats().where(_belongs_to(organisation_id), _still(today), taken))


def offered_seats(session: Session, organisation_id: int, today: date) -> Sequence[Seat]:
    """The seats that wait for the organisation's answer, also those that begin later; as ``reportable_seats``."""
    query = _seats().where(Seat.organisation_id == organisation_id, Seat.offer == "offered", _still(today))
    return _ordered(session, query)


def seats_with_offices(session: Session, seat_ids: Collection[int]) -> dict[int, Seat]:
    """Seat by id, with its forum and office read. One query."""
    return {seat.id: seat for seat in session.scalars(_seats().where(Seat.id.in_(seat_ids)))}


def _belongs_to(organisation_id: int) -> ColumnElement[bool]:
    offices = select(Office.id).where(
        or_(Office.organisation_id == organisation_id, Office.on_behalf_of_id == organisation_id)
    )
    return or_(Seat.organisation_id == organisation_id, Seat.organisation_id.is_(None) & Seat.office_id.in_(offices))


def _still(today: date) -> ColumnElement[bool]:
    return or_(Seat.to_on.is_(None), Seat.to_on >= today)


def _seats() -> Select[Any]:
    forum = joinedload(Seat.forum).joinedload(Forum.kind)
    return select(Seat).options(forum, joinedload(Seat.organisation), joinedload(Seat.office))


def _ordered(session: Session, query: Select[Any]) -> Sequence[Seat]:
    found = session.scalars(query).all()
    return sorted(found, key=lambda seat: (seat.forum.sort_key, seat.forum_id, seat.position, seat.id))
