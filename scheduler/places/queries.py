"""Reading places, blocked periods and closed days. Not here: which days are holidays (``workdays``)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from scheduler import i18n
from scheduler.organisations.models import Organisation
from scheduler.places.models import BlockedPeriod, Place
from scheduler.places.rules import Blocked, Scope, days_of


def place_by_slug(session: Session, slug: str) -> Place | None:
    """The place of an address; None when there is none."""
    return session.scalars(select(Place).where(Place.slug == slug)).one_or_none()


def places_for_list(session: Session, *, text: str = "", town: str | None = None) -> Sequence[Place]:
    """Places in Swedish order, with organisation and the place each is part of read. One query.

    ``text`` is found in names, whatever the case and the accents. A room is in the ``town`` of its house.
    """
    query = select(Place).options(joinedload(Place.organisation), joinedload(Place.part_of))
    query = query.where(*(Place.search_key.contains(word, autoescape=True) for word in i18n.search_words(text)))
    if town is not None:
        house = aliased(Place)
        of_house = select(house.town).where(house.id == Place.part_of_id).scalar_subquery()
        query = query.where(func.coalesce(Place.town, of_house) == town)
    return session.scalars(query.order_by(Place.sort_key, Place.id)).all()


def towns(session: Session) -> list[str]:
    """The towns that places are in, in Swedish order."""
    found = session.scalars(select(Place.town).where(Place.town.is_not(None)).distinct())
    return sorted((town for town in found if town), key=i18n.sort_key)


def blocked_on(
    session: Session,
    spans: Sequence[tuple[date, date]],
    *,
    organisation_ids: Collection[int] = (),
    person_ids: Collection[int] = (),
    place_ids: Collection[int] = (),
) -> list[Blocked]:
    """What stands in the way on any of ``spans`` (from, to; both included) for all or for those named.

    By first day, then the order of entering. One query, none without spans.
    """
    if not spans:
        return []
    concerned = or_(
        and_(
            BlockedPeriod.organisation_id.is_(None),
            BlockedPeriod.person_id.is_(None),
            BlockedPeriod.place_id.is_(None),
        ),
        BlockedPeriod.organisation_id.in_(organisation_ids),
        BlockedPeriod.person_id.in_(person_ids),
        BlockedPeriod.place_id.in_(place_ids),
    )
    query = select(BlockedPeriod).where(
        BlockedPeriod.from_on <= max(to_on for _, to_on in spans),
        BlockedPeriod.to_on >= min(from_on for from_on, _ in spans),
        concerned,
    )
    found = map(blocked_of, session.scalars(query.order_by(BlockedPeriod.from_on, BlockedPeriod.id)))
    return [blocked for blocked in found if blocked.touches(spans)]


def blocked_of(period: BlockedPeriod) -> Blocked:
    """A stored period as the rules see it."""
    scope: Scope = "all"
    scope_id = None
    if period.organisation_id is not None:
        scope, scope_id = "organisation", period.organisation_id
    elif period.person_id is not None:
        scope, scope_id = "person", period.person_id
    elif period.place_id is not None:
        scope, scope_id = "place", period.place_id
    return Blocked(
        id=period.id,
        scope=scope,
        scope_id=scope_id,
        from_on=period.from_on,
        to_on=period.to_on,
        from_at=period.from_at,
        to_at=period.to_at,
        kind=period.kind,
        name=period.name,
        hard=period.hard,
    )


def closed_days(session: Session, from_on: date, to_on: date, *, organisation_id: int | None = None) -> set[date]:
    """The days from–to, both included, that are closed for all (and for the organisation): no working days.

    Only whole days of kind closed; red days and eves are not among them unless they are entered too.
    """
    blocked = blocked_on(
        session, [(from_on, to_on)], organisation_ids=() if organisation_id is None else (organisation_id,)
    )
    return {
        day
        for period in blocked
        if period.kind == "closed" and period.from_at is None
        for day in days_of(max(period.from_on, from_on), min(period.to_on, to_on))
    }


def blocked_for_list(
    session: Session, *, from_on: date | None = None, to_on: date | None = None
) -> Sequence[BlockedPeriod]:
    """The periods that hold for all or for an organisation or a place, first day first; persons' are not listed.

    ``from_on`` leaves out those that ended before it, ``to_on`` those that begin after it. One query.
    """
    query = select(BlockedPeriod).where(BlockedPeriod.person_id.is_(None))
    if from_on is not None:
        query = query.where(BlockedPeriod.to_on >= from_on)
    if to_on is not None:
        query = query.where(BlockedPeriod.from_on <= to_on)
    return session.scalars(query.order_by(BlockedPeriod.from_on, BlockedPeriod.id)).all()


def blocked_by_id(session: Session, blocked_id: int) -> BlockedPeriod | None:
    """The period of a list; None when there is none, and for a person's absence, which is no matter of lists."""
    period = session.get(BlockedPeriod, blocked_id)
    return None if period is None or period.person_id is not None else period


def names_of_scopes(session: Session, periods: Sequence[BlockedPeriod]) -> dict[int, str]:
    """Period → name of the organisation or place it holds for; those for all are left out. At most two queries."""
    organisations = {period.organisation_id for period in periods if period.organisation_id is not None}
    places = {period.place_id for period in periods if period.place_id is not None}
    found = {
        table: dict(session.execute(select(table.id, table.name).where(table.id.in_(ids))).all()) if ids else {}
        for table, ids in ((Organisation, organisations), (Place, places))
    }
    return {
        period.id: found[Organisation][period.organisation_id]
        if period.organisation_id is not None
        else found[Place][period.place_id or 0]
        for period in periods
        if period.organisation_id is not None or period.place_id is not None
    }
