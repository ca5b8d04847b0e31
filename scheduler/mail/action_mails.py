"""Reminders of action points: before the last day, and once when it has passed, to their owner.

Made in the morning of a working day for the hour at which digests go out. A mail is named by its point and its last
day, so that nobody is told twice, and somebody whose day has moved is told anew. Not here: what they say
(``action_letters``), when one is due (``records.action_rules``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from scheduler.mail.choices import Wishes, choice_of, choices_of, stopped_forums
from scheduler.mail.digest_rules import digest_at
from scheduler.mail.models import OutboxMail
from scheduler.mail.rows import insert_new, new_mail
from scheduler.organisations.models import Person
from scheduler.records.action_rules import BEFORE, TOLD_UNTIL, overdue_due, reminder_due
from scheduler.records.models import ActionPoint
from scheduler.settings import Settings
from scheduler.workdays.rules import is_working_day

#: Whether something is late is worth telling for so long.
_WORTH_TELLING = timedelta(days=7)
#: A last day so far off is asked for: the working day before three days before it may lie a week back.
_AHEAD = BEFORE + timedelta(days=7)


def make_action_mails(session: Session, now: datetime, settings: Settings) -> int:
    """Makes the reminders of today; how many there are. None on a day off."""
    day = now.astimezone(ZoneInfo(settings.time_zone)).date()
    if not is_working_day(day):
        return 0
    query = (
        select(ActionPoint)
        .options(
            joinedload(ActionPoint.owner_person).selectinload(Person.emails),
            selectinload(ActionPoint.owner_organisation),
        )
        .where(ActionPoint.state == "open", ActionPoint.due_on.between(day - TOLD_UNTIL, day + _AHEAD))
        .order_by(ActionPoint.id)
    )
    points = session.scalars(query).all()
    wishes = choices_of(session, {point.owner_person_id for point in points if point.owner_person_id is not None})
    at = max(digest_at(day, settings.time_zone), now)
    rows = [row for point in points for row in _mails(session, point, day, now, at, wishes, settings.time_zone)]
    insert_new(session, OutboxMail, rows)
    return len(rows)


def _mails(
    session: Session,
    point: ActionPoint,
    day: date,
    now: datetime,
    at: datetime,
    wishes: Mapping[int, Wishes],
    time_zone: str,
) -> Iterator[dict[str, Any]]:
    due = point.due_on
    assert due is not None  # noqa: S101 - asked for above
    if reminder_due(due, day, is_working_day):
        kind, stale_at = "action_reminder", _end_of(due, time_zone)
    elif overdue_due(due, day, is_working_day):
        kind, stale_at = "action_overdue", at + _WORTH_TELLING
    else:
        return
    if (owner := _owner(session, point, wishes)) is None:
        return
    yield new_mail(
        owner.pop("to"), kind=kind, subject=f"action {point.id}", distinction=due.isoformat(), created_at=now,
        next_at=at, stale_at=stale_at, values={"action_id": point.id, "due_on": due.isoformat()}, **owner,
    )  # fmt: skip


def _owner(session: Session, point: ActionPoint, wishes: Mapping[int, Wishes]) -> dict[str, Any] | None:
    """Who is told and where; None for an owner without address, or one who wants no such mail."""
    if (person := point.owner_person) is not None:
        wish = wishes.get(person.id, Wishes())
        if person.main_email is None or wish.frequency == "changes" or point.forum_id in wish.stopped_forums:
            return None
        address, locale = person.main_email.address, person.locale
        return {"to": address, "locale": locale, "person_id": person.id, "organisation_id": None}
    organisation = point.owner_organisation
    if organisation is None or not organisation.contact_email:
        return None
    choice = choice_of(session, organisation_id=organisation.id)
    if choice.frequency == "changes" or point.forum_id in stopped_forums(session, choice):
        return None
    return {"to": organisation.contact_email, "locale": "sv", "person_id": None, "organisation_id": organisation.id}


def _end_of(day: date, time_zone: str) -> datetime:
    """The instant the day ends."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=ZoneInfo(time_zone)).astimezone(UTC)
