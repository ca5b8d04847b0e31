"""From a user to a principal: which forums are whose on a day. Reads only, a few queries whoever it is.

The same facts as ``forums.seats`` and ``forums.rotation`` show of a forum, read from the other end (a test
compares them). Not here: what follows from them (``rules.may``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, literal, or_, select, union, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased, load_only

from scheduler.accounts.models import User, UserRole
from scheduler.accounts.rules import Principal
from scheduler.forums.models import Forum, Rotation
from scheduler.forums.rotation import rotations_of, secretariat_of, turn_on
from scheduler.forums.rules import reach_on
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.forums.trace import inclusions_from
from scheduler.organisations.models import Office, OfficeHolding


def principal_of(session: Session, user: User, today: date) -> Principal:
    """``user`` as the role table sees it on ``today``: roles, seats, offices and turns valid that day.

    At most three queries, and those of the rotations for somebody whom a rotation may concern.
    """
    roles = [role for role in user.roles if _covers(role, today)]
    named = {role.forum_id for role in roles if role.role == "secretariat" and role.forum_id is not None}
    keeping = {
        role.organisation_id for role in roles if role.role == "secretariat" and role.organisation_id is not None
    }
    represented = {
        role.organisation_id
        for role in roles
        if role.role == "organisation_contact" and role.organisation_id is not None
    }
    seats = _seats(session, user.person_id, represented, today)
    kept, led, planned = _kept_and_led(session, user.person_id, keeping, today)
    return Principal(
        user_id=user.id,
        person_id=user.person_id,
        name=user.name,
        language=user.language,
        administrator=any(role.role == "administrator" for role in roles),
        reader=any(role.role == "reader" for role in roles),
        secretariat=bool(named or keeping),
        secretariat_forums=frozenset(named | kept),
        chair_forums=frozenset(seats.chaired | led),
        chair_plans=frozenset(seats.planned | planned),
        member_forums=frozenset(seats.member),
        organisations=frozenset(represented),
        organisation_forums=frozenset(seats.represented),
    )


def _covers(role: UserRole, day: date) -> bool:
    return (role.from_on is None or role.from_on <= day) and (role.to_on is None or day <= role.to_on)


def _open_on(
    from_on: InstrumentedAttribute[date] | InstrumentedAttribute[date | None],
    to_on: InstrumentedAttribute[date | None],
    day: date,
) -> ColumnElement[bool]:
    """Whether a range of dates, both ends included, None open, holds ``day``."""
    return and_(or_(from_on.is_(None), from_on <= day), or_(to_on.is_(None), to_on >= day))


# ---------------------------------------------------------------- seats


@dataclass(frozen=True)
class _Seats:
    chaired: set[int]
    #: Of those, where the chair may plan.
    planned: set[int]
    member: set[int]
    represented: set[int]


def _appointed(day: date) -> ColumnElement[bool]:
    """Whether an appointment holds on ``day``; one that continues until replaced does so up to the next."""
    later = aliased(Appointment)
    followed = exists().where(
        later.seat_id == Appointment.seat_id, later.from_on > Appointment.from_on, later.from_on <= day
    )
    ended = and_(Appointment.to_on.is_not(None), Appointment.to_on < day)
    return and_(Appointment.from_on <= day, or_(~ended, and_(Appointment.continues_until_replaced, ~followed)))


def _seats(session: Session, person_id: int | None, organisations: Collection[int], day: date) -> _Seats:
    parts: list[Select[int, str, str]] = []
    if person_id is not None:
        parts += [_appointments(person_id, day), _office_seats(person_id, day)]
    if organisations:
        parts.append(_organisation_seats(organisations, day))
    if not parts:
        return _Seats(set(), set(), set(), set())
    own: dict[str, set[tuple[int, str]]] = defaultdict(set)
    for row in session.execute(union_all(*parts)):
        own[row[2]].add((row[0], row[1]))
    if not own:
        return _Seats(set(), set(), set(), set())
    reach = reach_on(inclusions_from(session, day), day)
    planned = own.pop(PLANNING, set())
    chaired = own.pop("chair", set()) | planned
    represented = own.pop("organisation", set())
    return _Seats(
        {forum_id for forum_id, _ in chaired},
        {forum_id for forum_id, _ in planned},
        _with_including(chaired.union(*own.values()), reach),
        _with_including(represented, reach),
    )


def _with_including(seats: Collection[tuple[int, str]], reach: Mapping[int, Mapping[int, Collection[str]]]) -> set[int]:
    """The forums of ``seats`` (forum, kind), and those that take these over."""
    return {forum_id for forum_id, _ in seats} | {
        forum_id
        for forum_id, kinds_of in reach.items()
        if any(kind in kinds_of.get(included_id, ()) for included_id, kind in seats)
    }


#: How a chair who may plan is told from one who may not, among the functions of appointments.
PLANNING = "planning chair"


def _appointments(person_id: int, day: date) -> Select[int, str, str]:
    function = case((and_(Appointment.function == "chair", Forum.chair_plans), PLANNING), else_=Appointment.function)
    return (
        select(Seat.forum_id, Seat.kind, function)
        .join(Appointment.seat)
        .join(Seat.forum)
        .where(Appointment.person_id == person_id, _appointed(day), _open_on(Seat.from_on, Seat.to_on, day))
    )


def _office_seats(person_id: int, day: date) -> Select[int, str, str]:
    """Seats of an office the person holds, where nobody is appointed."""
    taken = exists().where(Appointment.seat_id == Seat.id, _appointed(day))
    same = or_(
        OfficeHolding.organisation_id.is_(None),
        Seat.organisation_id.is_(None),
        OfficeHolding.organisation_id == Seat.organisation_id,
    )
    return (
        select(Seat.forum_id, Seat.kind, literal("member"))
        .join(OfficeHolding, and_(OfficeHolding.office_id == Seat.office_id, same))
        .where(
            OfficeHolding.person_id == person_id,
            _open_on(OfficeHolding.from_on, OfficeHolding.to_on, day),
            _open_on(Seat.from_on, Seat.to_on, day),
            ~taken,
        )
    )


def _organisation_seats(organisations: Collection[int], day: date) -> Select[int, str, str]:
    """Seats of the organisations, of their offices, and of offices that somebody holds in one of them."""
    offices = select(Office.id).where(
        or_(Office.organisation_id.in_(organisations), Office.on_behalf_of_id.in_(organisations))
    )
    held = select(OfficeHolding.office_id).where(
        OfficeHolding.organisation_id.in_(organisations), _open_on(OfficeHolding.from_on, OfficeHolding.to_on, day)
    )
    return select(Seat.forum_id, Seat.kind, literal("organisation")).where(
        or_(
            Seat.organisation_id.in_(organisations),
            and_(Seat.organisation_id.is_(None), or_(Seat.office_id.in_(offices), Seat.office_id.in_(held))),
        ),
        _open_on(Seat.from_on, Seat.to_on, day),
    )


# ---------------------------------------------------------------- secretariats and leads


class _Candidate(NamedTuple):
    """A forum, what its own columns say of it, and whether a rotation goes before them."""

    forum: Forum
    is_kept: bool
    is_led: bool
    secretariat_turns: bool
    chair_turns: bool


def _leads(person_id: int, day: date) -> ColumnElement[bool]:
    """Whether the person leads a forum as its own columns say, by name or by office."""
    held = select(OfficeHolding.office_id).where(
        OfficeHolding.person_id == person_id, _open_on(OfficeHolding.from_on, OfficeHolding.to_on, day)
    )
    return and_(Forum.lead_relation == "leads", or_(Forum.lead_person_id == person_id, Forum.lead_office_id.in_(held)))


def _kept_and_led(
    session: Session, person_id: int | None, organisations: Collection[int], day: date
) -> tuple[set[int], set[int], set[int]]:
    """Forums whose secretariat one of ``organisations`` keeps on ``day``, forums the person leads, and may plan.

    One query, and those of the rotations for forums that have one.
    """
    if person_id is None and not organisations:
        return set(), set(), set()
    keeps = Forum.secretariat_id.in_(organisations)
    leads = false() if person_id is None else _leads(person_id, day)
    turning = [
        exists().where(Rotation.forum_id == Forum.id, Rotation.task == task) for task in ("secretariat", "chair")
    ]
    rows = [
        _Candidate._make(row)
        for row in session.execute(
            select(Forum, keeps, leads, *turning)
            .where(or_(keeps, leads, *turning))
            .options(load_only(Forum.id, Forum.secretariat_id, Forum.chair_plans))
        )
    ]
    kept = {row.forum.id for row in rows if row.is_kept and not row.secretariat_turns}
    led = {row.forum.id for row in rows if row.is_led and not row.chair_turns}
    secretariats = [row.forum for row in rows if row.secretariat_turns]
    if organisations and secretariats:
        keepers = secretariat_of(session, secretariats, day)
        kept |= {forum_id for forum_id, keeper in keepers.items() if keeper in organisations}
    chairs = {row.forum.id: row.is_led for row in rows if row.chair_turns}
    if person_id is not None and chairs:
        for forum_id, (rotation, *_) in rotations_of(session, chairs, "chair").items():
            entry = turn_on(rotation, day)
            if chairs[forum_id] if entry is None else entry.person_id == person_id:
                led.add(forum_id)
    return kept, led, {row.forum.id for row in rows if row.forum.chair_plans} & led


# ---------------------------------------------------------------- who uses an organisation or a person


def forums_using_organisation(session: Session, organisation_id: int, today: date) -> set[int]:
    """The forums that have a seat for it today or later, are hosted by it, or whose secretariat it keeps."""
    offices = select(Office.id).where(Office.organisation_id == organisation_id)
    return set(
        session.scalars(
            union(
                select(Seat.forum_id).where(
                    or_(Seat.organisation_id == organisation_id, Seat.office_id.in_(offices)),
                    or_(Seat.to_on.is_(None), Seat.to_on >= today),
                ),
                select(Forum.id).where(or_(Forum.host_id == organisation_id, Forum.secretariat_id == organisation_id)),
            )
        )
    )


def forums_using_person(session: Session, person_id: int, today: date) -> set[int]:
    """The forums where the person has a seat today or later, by appointment or office, or that the person leads."""
    offices = select(OfficeHolding.office_id).where(
        OfficeHolding.person_id == person_id, or_(OfficeHolding.to_on.is_(None), OfficeHolding.to_on >= today)
    )
    still = or_(Appointment.to_on.is_(None), Appointment.to_on >= today, Appointment.continues_until_replaced)
    return set(
        session.scalars(
            union(
                select(Seat.forum_id).join(Appointment.seat).where(Appointment.person_id == person_id, still),
                select(Seat.forum_id).where(
                    Seat.office_id.in_(offices), or_(Seat.to_on.is_(None), Seat.to_on >= today)
                ),
                select(Forum.id).where(or_(Forum.lead_person_id == person_id, Forum.lead_office_id.in_(offices))),
            )
        )
    )


def forums_using_people(session: Session, today: date) -> dict[int, set[int]]:
    """Person → what ``forums_using_person`` gives, for everybody whom some forum uses. Four queries."""
    held = or_(OfficeHolding.to_on.is_(None), OfficeHolding.to_on >= today)
    still = or_(Appointment.to_on.is_(None), Appointment.to_on >= today, Appointment.continues_until_replaced)
    queries = (
        select(Appointment.person_id, Seat.forum_id).join(Appointment.seat).where(still),
        select(OfficeHolding.person_id, Seat.forum_id)
        .join(Seat, Seat.office_id == OfficeHolding.office_id)
        .where(held, or_(Seat.to_on.is_(None), Seat.to_on >= today)),
        select(Forum.lead_person_id, Forum.id),
        select(OfficeHolding.person_id, Forum.id)
        .join(Forum, Forum.lead_office_id == OfficeHolding.office_id)
        .where(held),
    )
    found: dict[int, set[int]] = defaultdict(set)
    for query in queries:
        for person_id, forum_id in session.execute(query).all():
            if person_id is not None:
                found[person_id].add(forum_id)
    return found
