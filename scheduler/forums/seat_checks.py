"""Once a year each organisation is asked to go through its seats: who was asked, who has confirmed (spec product M29).

Not here: the mail that asks (``mail.letters``), what the organisation reports (``representatives``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from scheduler.errors import Problem
from scheduler.forums.models import Forum
from scheduler.forums.seat_models import SeatCheck
from scheduler.forums.seats import seat_plan
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.organisations import fields, rows
from scheduler.organisations.fields import Day, Text
from scheduler.organisations.models import Organisation
from scheduler.organisations.rules import ShownDay

_ANSWER_BY = Day(missing=mark("Ange sista dagen att svara"))
_NAME = Text(200, missing=mark("Skriv ditt namn"))


def start_checks(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    organisation_ids: Collection[int],
    answer_by_on: date | None,
    today: date,
) -> list[SeatCheck]:
    """Asks those of the organisations that have neither been asked nor confirmed this year.

    Raises Refused at ``answer_by_on``, and when nobody is left to ask.
    """
    values, problems = fields.read({"answer_by_on": _ANSWER_BY}, {"answer_by_on": answer_by_on})
    fields.refuse(problems)
    if values["answer_by_on"] < today:
        text = mark("Välj en dag från och med %(today)s")
        fields.refuse([Problem("answer_by_on", text, {"today": ShownDay(today)})])
    left = sorted(set(organisation_ids) - set(latest_checks(session, organisation_ids, year=today.year)))
    if not left:
        fields.refuse([Problem(None, mark("Alla organisationer är redan tillfrågade i år"))])
    organisations = session.scalars(select(Organisation).where(Organisation.id.in_(left)).order_by(Organisation.id))
    made = [
        SeatCheck(organisation=organisation, asked_on=today, answer_by_on=values["answer_by_on"])
        for organisation in organisations
    ]
    session.add_all(made)
    session.flush()
    for check in made:
        _record(session, actor, now, check, "seat_check.start", after={"answer_by_on": check.answer_by_on})
    return made


def confirm_check(session: Session, actor: Actor, now: datetime, check: SeatCheck, *, name: str | None) -> SeatCheck:
    """The organisation's seats are right, says ``name``. Raises Refused at ``name`` without one."""
    rows.claim(session, check)
    values, problems = fields.read({"name": _NAME}, {"name": name})
    fields.refuse(problems)
    check.confirmed_at, check.confirmed_by = now, values["name"]
    session.flush()
    _record(session, actor, now, check, "seat_check.confirm", after={"confirmed_on": now.date()})
    return check


def confirm_seats(
    session: Session, actor: Actor, now: datetime, organisation: Organisation, *, name: str | None, today: date
) -> SeatCheck:
    """As ``confirm_check`` for the question of this year, also where nobody has asked it yet."""
    check = latest_checks(session, [organisation.id], year=today.year).get(organisation.id)
    if check is None:
        check = SeatCheck(organisation=organisation, asked_on=today, answer_by_on=today)
        session.add(check)
        session.flush()
    return confirm_check(session, actor, now, check, name=name)


def _record(
    session: Session, actor: Actor, now: datetime, check: SeatCheck, action: str, *, after: Mapping[str, object]
) -> None:
    record(
        session, actor, now, action=action, kind="organisation", subject_id=check.organisation_id,
        label=check.organisation.name, after=after,
    )  # fmt: skip


# ---------------------------------------------------------------- reading


def latest_checks(
    session: Session, organisation_ids: Iterable[int], *, year: int | None = None
) -> dict[int, SeatCheck]:
    """Organisation → its latest check (of those asked in ``year``). One query."""
    query = (
        select(SeatCheck)
        .where(SeatCheck.organisation_id.in_(list(organisation_ids)))
        .options(joinedload(SeatCheck.organisation))
        .order_by(SeatCheck.asked_on, SeatCheck.id)
    )
    if year is not None:
        query = query.where(SeatCheck.asked_on.between(date(year, 1, 1), date(year, 12, 31)))
    return {check.organisation_id: check for check in session.scalars(query)}


def last_confirmed(session: Session, organisation_id: int) -> SeatCheck | None:
    """The check the organisation confirmed last."""
    query = select(SeatCheck).where(SeatCheck.organisation_id == organisation_id, SeatCheck.confirmed_at.is_not(None))
    return session.scalars(query.order_by(SeatCheck.confirmed_at.desc()).limit(1)).one_or_none()


@dataclass(frozen=True)
class Asked:
    """An organisation of the list: how many seats it has there, and this year's check of it."""

    organisation: Organisation
    #: In the forums the list is about.
    seats: int
    #: None: not asked this year.
    check: SeatCheck | None


def seated_organisations(session: Session, forum_ids: Collection[int] | None, on: date) -> Counter[int]:
    """Organisation → how many seats of the forums' own (None: of all) it has on the day, but those it turned down."""
    if forum_ids is None:
        forum_ids = session.scalars(select(Forum.id)).all()
    plan = seat_plan(session, forum_ids, on)
    own = {
        (seat.seat_id, seat.organisation_id)
        for seats in plan.values()
        for seat in seats
        if seat.via_forum_id is None and seat.organisation_id is not None and seat.offer != "declined"
    }
    return Counter(organisation_id for _, organisation_id in own)


def checks_of_year(session: Session, forum_ids: Collection[int] | None, on: date) -> Sequence[Asked]:
    """Every organisation with a seat in the forums (None: any) on the day, and its check of that year.

    In Swedish order. A constant number of queries.
    """
    seated = seated_organisations(session, forum_ids, on)
    checks = latest_checks(session, seated, year=on.year)
    query = select(Organisation).where(Organisation.id.in_(seated)).order_by(Organisation.sort_key, Organisation.id)
    return [Asked(row, seated[row.id], checks.get(row.id)) for row in session.scalars(query)]
