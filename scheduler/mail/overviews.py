"""Overviews by mail: the secretariat's on the week's first working day, each organisation's once a month.

Made in the morning for the hour at which digests go out; what they say is asked when they leave, and one that would say
nothing does not. Not here: their words (``overview_letters``), the digests of people's own reminders (``digests``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from scheduler.accounts.models import User, UserRole
from scheduler.accounts.principals import principal_of
from scheduler.forums.seat_models import Seat
from scheduler.mail.choices import choice_of, choice_rows
from scheduler.mail.digest_rules import digest_at, is_digest_day
from scheduler.mail.digests import WORTH_SENDING
from scheduler.mail.models import OutboxMail
from scheduler.mail.rows import insert_new, new_mail
from scheduler.organisations.models import Organisation
from scheduler.settings import Settings


def make_overviews(session: Session, now: datetime, settings: Settings) -> int:
    """Makes the overviews of today; how many there are. On most days none."""
    day = now.astimezone(ZoneInfo(settings.time_zone)).date()
    at = max(digest_at(day, settings.time_zone), now)
    rows: list[dict[str, Any]] = []
    if is_digest_day("weekly", day):
        rows += _of_secretariats(session, now, day, at)
    if is_digest_day("monthly", day):
        rows += _of_organisations(session, now, day, at)
    insert_new(session, OutboxMail, rows)
    return len(rows)


def _of_secretariats(session: Session, now: datetime, day: date, at: datetime) -> Iterable[dict[str, Any]]:
    """One for each user who is a secretariat on the day and has not asked for changes alone."""
    query = (
        select(User)
        .where(User.active, User.roles.any(UserRole.role == "secretariat"))
        .options(selectinload(User.roles))
        .order_by(User.id)
    )
    users = [user for user in session.scalars(query) if principal_of(session, user, day).secretariat]
    wishes = choice_rows(session, {user.person_id for user in users if user.person_id is not None})
    for user in users:
        choice = wishes.get(user.person_id or 0)
        if choice is not None and choice.frequency == "changes":
            continue
        yield _overview(
            user.login, "secretariat_digest", day, now, at, locale=user.language, person_id=user.person_id,
            organisation_id=None, values={"user_id": user.id},
        )  # fmt: skip


def _of_organisations(session: Session, now: datetime, day: date, at: datetime) -> Iterable[dict[str, Any]]:
    """One for each organisation that has a seat and a mailbox, and has not asked for changes alone."""
    seated = select(Seat.organisation_id).where(
        Seat.organisation_id.is_not(None),
        or_(Seat.from_on.is_(None), Seat.from_on <= day),
        or_(Seat.to_on.is_(None), Seat.to_on >= day),
    )
    query = select(Organisation).where(
        Organisation.id.in_(seated), Organisation.contact_email.is_not(None), Organisation.merged_into_id.is_(None)
    )
    for organisation in session.scalars(query.order_by(Organisation.id)).all():
        if choice_of(session, organisation_id=organisation.id).frequency == "changes":
            continue
        yield _overview(
            organisation.contact_email or "", "organisation_digest", day, now, at, locale="sv", person_id=None,
            organisation_id=organisation.id, values=None,
        )  # fmt: skip


def _overview(
    to: str, kind: str, day: date, now: datetime, at: datetime, *, locale: str, **columns: Any
) -> dict[str, Any]:
    return new_mail(
        to, kind=kind, subject=kind, distinction=day.isoformat(), locale=locale, created_at=now, next_at=at,
        stale_at=at + WORTH_SENDING, **columns,
    )  # fmt: skip
