"""Mails about minutes: to adjusters with their own link, and to those who took part when notes are sent.

Made in the transaction of the step, so that nobody is asked what is not so. A mail is named by the version of the
minutes: sent again after they were taken back, it is another. Not here: what they say (``minutes_letters``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from scheduler.mail.models import OutboxMail
from scheduler.mail.rows import insert_new, new_mail
from scheduler.organisations.models import Person
from scheduler.records.attendance_lists import roll_of
from scheduler.records.models import Minutes
from scheduler.records.quorum_rules import THERE

#: What the personal link of an adjuster is derived for.
PURPOSE = "adjust"
#: Who has not been told by then need not be told any more.
_STALE = timedelta(days=14)


def tell_adjusters(session: Session, now: datetime, minutes: Minutes) -> Minutes:
    """Asks each adjuster who has an address."""
    _write(
        session, now, minutes, "adjusting",
        ((adjuster.person, {"adjuster_id": adjuster.id}) for adjuster in minutes.adjusters),
    )  # fmt: skip
    return minutes


def tell_participants(session: Session, now: datetime, minutes: Minutes) -> Minutes:
    """Tells those who were there that there are notes to read."""
    there = [
        row.attendance.person
        for row in roll_of(session, minutes.meeting).rows
        if row.attendance is not None and row.attendance.status in THERE and row.attendance.person is not None
    ]
    _write(session, now, minutes, "notes", ((person, {}) for person in there))
    return minutes


def _write(
    session: Session,
    now: datetime,
    minutes: Minutes,
    kind: str,
    recipients: Iterable[tuple[Person, dict[str, Any]]],
) -> None:
    rows = [
        new_mail(
            person.main_email.address, kind=kind, subject=f"minutes {minutes.id}", distinction=f"{person.id}",
            revision=minutes.version, created_at=now, next_at=now, stale_at=now + _STALE, locale=person.locale,
            meeting_id=minutes.meeting_id, person_id=person.id, values={"minutes_id": minutes.id, **more},
        )
        for person, more in recipients
        if person.main_email is not None
    ]  # fmt: skip
    insert_new(session, OutboxMail, rows)
