"""Whom an organisation says it sends to a seat: reported by the organisation, confirmed or declined by the secretariat.

A report changes nothing of the seat plan until it is confirmed. Not here: appointing without a report
(``appointments``), the yearly question whether the seats are right (``seat_checks``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from scheduler.clock import civil_date
from scheduler.errors import Problem, Refused
from scheduler.forums import appointments
from scheduler.forums.own_seats import reportable_seats
from scheduler.forums.seat_models import Appointment, RepresentativeReport, Seat
from scheduler.forums.trace import record_change, seat_facts
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.organisations import fields, rows
from scheduler.organisations.fields import Day, Email, Field, Text
from scheduler.organisations.models import Organisation, Person, PersonEmail
from scheduler.organisations.people import create_person
from scheduler.organisations.rules import ShownDay

FIELDS: Mapping[str, Field] = {
    "given_name": Text(100, missing=mark("Ange förnamnet")),
    "family_name": Text(100, missing=mark("Ange efternamnet")),
    "email": Email(),
    "from_on": Day(missing=mark("Ange första dagen")),
}
_REASON = Text(20_000, missing=mark("Skriv varför anmälan avböjs"), lines=True)
#: What is kept with a report that a later one for the same seat takes the place of.
REPLACED = mark("En senare anmälan för samma plats har ersatt den här.")
_SETTLED = mark("Anmälan är redan avgjord")


# ---------------------------------------------------------------- what is done with a report


def report_representative(
    session: Session,
    actor: Actor,
    now: datetime,
    organisation: Organisation,
    *,
    seat_id: int | None,
    given_name: str | None,
    family_name: str | None,
    email: str | None,
    from_on: date | None,
) -> RepresentativeReport:
    """Somebody the organisation sends to a seat of its own; takes the place of a report that waits for that seat.

    Raises Refused with problems at the fields.
    """
    given = {"given_name": given_name, "family_name": family_name, "email": email, "from_on": from_on}
    values, problems = fields.read(FIELDS, given)
    today = civil_date(now, _zone(session, seat_id))
    seat = next((row for row in reportable_seats(session, organisation.id, today) if row.id == seat_id), None)
    if seat is None:
        problems.append(Problem("seat_id", mark("Välj en av era platser")))
    elif "from_on" in values:
        problems += _outside(seat, values["from_on"])
    fields.refuse(problems)
    assert seat is not None  # noqa: S101 - refused above
    session.scalars(select(Seat.id).where(Seat.id == seat.id).with_for_update()).one()
    for earlier in session.scalars(_waiting().where(RepresentativeReport.seat_id == seat.id)):
        _settle(earlier, actor, now, "declined", reason=REPLACED)
    report = RepresentativeReport(seat=seat, organisation=organisation, reported_at=now, **values)
    session.add(report)
    session.flush()
    _record(session, actor, now, report, "report.add")
    return report


def confirm_report(
    session: Session,
    actor: Actor,
    now: datetime,
    report: RepresentativeReport,
    *,
    person_id: int | None = None,
    from_on: date | None = None,
) -> Appointment:
    """Appoints whom a report names, from ``from_on`` (None: the day it says); who sits there leaves the day before.

    ``person_id`` None enters a new person at home in the organisation. Raises Refused with problems at
    ``person_id`` and ``from_on``, and for a report that is settled.
    """
    _claim(session, report)
    if person_id is None:
        person_id = _new_person(session, actor, now, report).id
    made = appointments.replace(
        session, actor, now, report.seat, person_id=person_id, from_on=from_on or report.from_on
    )
    report.person = made.person
    _settle(report, actor, now, "confirmed")
    session.flush()
    _record(session, actor, now, report, "report.confirm")
    return made


def decline_report(
    session: Session, actor: Actor, now: datetime, report: RepresentativeReport, *, reason: str | None
) -> None:
    """Turns a report down; the organisation reads the ``reason``. Raises Refused without one, or when it is settled."""
    _claim(session, report)
    values, problems = fields.read({"reason": _REASON}, {"reason": reason})
    fields.refuse(problems)
    _settle(report, actor, now, "declined", reason=values["reason"])
    session.flush()
    _record(session, actor, now, report, "report.decline", reason=values["reason"])


def _zone(session: Session, seat_id: int | None) -> str:
    """The time zone of the seat's forum: it says what day it is there."""
    seat = None if seat_id is None else session.get(Seat, seat_id)
    return "UTC" if seat is None else seat.forum.time_zone


def _outside(seat: Seat, day: date) -> list[Problem]:
    """Problems for a first day on which there is no such seat."""
    if seat.from_on is not None and day < seat.from_on:
        return [Problem("from_on", mark("Platsen finns från och med %(from_on)s"), {"from_on": ShownDay(seat.from_on)})]
    if seat.to_on is not None and day > seat.to_on:
        return [Problem("from_on", mark("Platsen finns till och med %(to_on)s"), {"to_on": ShownDay(seat.to_on)})]
    return []


def _claim(session: Session, report: RepresentativeReport) -> None:
    """Takes the report for writing. Raises Refused when somebody settled it first."""
    rows.claim(session, report)
    if report.state != "waiting":
        fields.refuse([Problem(None, _SETTLED)])


def _new_person(session: Session, actor: Actor, now: datetime, report: RepresentativeReport) -> Person:
    """The person of the report. Raises Refused at ``person_id`` when the address is somebody else's."""
    try:
        return create_person(
            session, actor, now, given_name=report.given_name, family_name=report.family_name,
            emails=[report.email] if report.email else [], organisation_id=report.organisation_id,
        )  # fmt: skip
    except Refused as refused:
        raise Refused(*(Problem("person_id", p.text, p.values) for p in refused.problems)) from None


def _settle(
    report: RepresentativeReport, actor: Actor, now: datetime, state: str, *, reason: str | None = None
) -> None:
    report.state, report.reason = state, reason
    report.decided_at, report.decided_by = now, actor.label[:200]


def _record(
    session: Session,
    actor: Actor,
    now: datetime,
    report: RepresentativeReport,
    action: str,
    *,
    reason: str | None = None,
) -> None:
    """With the forum; of the person only whether one was reported, since nobody knows yet who may be named."""
    after: dict[str, Any] = {
        **seat_facts(report.seat), "organisation": report.organisation.name, "from_on": report.from_on,
    }  # fmt: skip
    record_change(session, actor, now, report.seat.forum, action, after=after, reason=reason)


# ---------------------------------------------------------------- reading


def _waiting() -> Any:
    return select(RepresentativeReport).where(RepresentativeReport.state == "waiting")


def _read(query: Any) -> Any:
    seat = joinedload(RepresentativeReport.seat)
    return query.options(
        seat.joinedload(Seat.forum), seat.joinedload(Seat.organisation), seat.joinedload(Seat.office),
        joinedload(RepresentativeReport.organisation), joinedload(RepresentativeReport.person),
    )  # fmt: skip


def waiting_reports(session: Session, *, forum_ids: Collection[int] | None = None) -> Sequence[RepresentativeReport]:
    """The reports that wait for a secretariat, the oldest first; of ``forum_ids`` (None: all). One query."""
    query = _waiting().order_by(RepresentativeReport.reported_at, RepresentativeReport.id)
    if forum_ids is not None:
        query = query.join(RepresentativeReport.seat).where(Seat.forum_id.in_(forum_ids))
    found: Sequence[RepresentativeReport] = session.scalars(_read(query)).all()
    return found


def count_waiting(session: Session, *, forum_ids: Collection[int] | None = None) -> int:
    """How many ``waiting_reports`` there are. One query."""
    query = select(func.count()).select_from(RepresentativeReport).where(RepresentativeReport.state == "waiting")
    if forum_ids is not None:
        query = query.join(RepresentativeReport.seat).where(Seat.forum_id.in_(forum_ids))
    return session.scalar(query) or 0


def settled_reports(
    session: Session, *, forum_ids: Collection[int] | None = None, limit: int
) -> Sequence[RepresentativeReport]:
    """The reports settled last, the latest first; as ``waiting_reports``. One query."""
    query = (
        select(RepresentativeReport)
        .where(RepresentativeReport.state != "waiting")
        .order_by(RepresentativeReport.decided_at.desc(), RepresentativeReport.id.desc())
        .limit(limit)
    )
    if forum_ids is not None:
        query = query.join(RepresentativeReport.seat).where(Seat.forum_id.in_(forum_ids))
    found: Sequence[RepresentativeReport] = session.scalars(_read(query)).all()
    return found


def reports_of_organisation(
    session: Session, organisation_id: int, *, since: datetime
) -> Sequence[RepresentativeReport]:
    """What the organisation has reported that waits, or was settled at ``since`` or later; the latest first."""
    query = (
        select(RepresentativeReport)
        .where(
            RepresentativeReport.organisation_id == organisation_id,
            or_(RepresentativeReport.state == "waiting", RepresentativeReport.decided_at >= since),
        )
        .order_by(RepresentativeReport.reported_at.desc(), RepresentativeReport.id.desc())
    )
    found: Sequence[RepresentativeReport] = session.scalars(_read(query)).all()
    return found


def likely_persons(session: Session, report: RepresentativeReport) -> list[Person]:
    """Whom the register may already hold under a report's address or name, the likeliest first.

    Nobody with a protected identity: that the address is theirs may not be told.
    """
    found: list[Person] = []
    if report.email:
        owner = select(PersonEmail).where(PersonEmail.normalised == report.email.casefold())
        found += [row.person for row in session.scalars(owner)]
    same_name = select(Person).where(
        Person.organisation_id == report.organisation_id,
        Person.given_name == report.given_name,
        Person.family_name == report.family_name,
        Person.merged_into_id.is_(None),
    )
    found += [person for person in session.scalars(same_name.order_by(Person.id)) if person not in found]
    return [person for person in found if not person.protected and person.anonymised_at is None]
