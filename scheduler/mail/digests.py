"""Reminders gathered in one mail, for those who want them so: collecting what a digest holds, and what is left of it.

A digest holds what would have come by itself until the next one, so that nothing comes later than it would have. What
is planned after a digest was made waits for the next, or comes by itself when that would be too late. Not here: when
digests go out (``digest_rules``), what they say (``digest_letters``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.mail.digest_rules import digest_at, is_digest_day, next_digest
from scheduler.mail.fanning import Asked, asked, going_of, in_digest, mail_of
from scheduler.mail.models import DigestItem, MailChoice, Occurrence, OutboxMail
from scheduler.mail.queries import recipients, with_forums
from scheduler.mail.rows import insert_new, new_mail
from scheduler.mail.rules import KINDS, mailbox
from scheduler.meetings.invitees import InviteeRow, invitees_of
from scheduler.meetings.models import Meeting
from scheduler.meetings.replies import standings_of
from scheduler.organisations.models import Person
from scheduler.settings import Settings

FREQUENCIES = ("daily", "weekly")
#: A digest that could not leave for so long is no digest of its day any more.
WORTH_SENDING = timedelta(hours=20)


# ---------------------------------------------------------------- when a mailing goes out


def divide(session: Session, now: datetime, people: Sequence[Asked], zone: str) -> list[dict[str, Any]]:
    """The mails that go out by themselves; the others go into a digest to come, or are in one already."""
    alone = [mail_of(one, now) for one in people if not in_digest(one)]
    gathered = [one for one in people if in_digest(one)]
    keys = {str(mail_of(one, now)["key"]): one for one in gathered}
    there = set(session.scalars(select(DigestItem.key).where(DigestItem.key.in_(keys))))
    waiting = []
    for key, one in keys.items():
        if key in there:
            continue
        at = next_digest(one.wishes.frequency, now, zone)
        if at < one.going.row.stale_at:
            waiting.append(_item(one, now, at))
        else:
            alone.append(mail_of(one, now))
    session.flush()
    insert_new(session, DigestItem, waiting)
    return alone


def _item(one: Asked, now: datetime, at: datetime) -> dict[str, Any]:
    mail = mail_of(one, now)
    return {
        "key": mail["key"],
        "recipient": mail["recipient"],
        "person_id": mail["person_id"],
        "meeting_id": mail["meeting_id"],
        "kind": mail["kind"],
        "time_rev": mail["time_rev"],
        "due_at": at,
        "stale_at": mail["stale_at"],
    }


# ---------------------------------------------------------------- making digests


def make_digests(session: Session, now: datetime, settings: Settings) -> int:
    """Makes the digests of today, one for each mailbox that has something in it; how many there are.

    Made in the morning, for the hour at which digests go out; on a day without digests nothing happens.
    """
    zone = settings.time_zone
    day = now.astimezone(ZoneInfo(zone)).date()
    today = [frequency for frequency in FREQUENCIES if is_digest_day(frequency, day)]
    if not today:
        return 0
    at = digest_at(day, zone)
    if session.scalar(select(MailChoice.id).where(MailChoice.frequency.in_(FREQUENCIES)).limit(1)) is not None:
        until = {frequency: next_digest(frequency, at, zone) for frequency in today}
        insert_new(session, DigestItem, [_item(one, now, at) for one in _coming(session, now, until)])
    return _make(session, now, at)


def _coming(session: Session, now: datetime, until: dict[str, datetime]) -> Iterable[Asked]:
    """What would come by itself to those who have digests of today, before the next one."""
    rows = session.scalars(
        select(Occurrence).where(
            Occurrence.state == "planned", Occurrence.due_at < max(until.values()), Occurrence.stale_at > now
        )
    ).all()
    going = going_of(session, rows)
    people = asked(session, now, going) if going else []
    return [
        one
        for one in people
        if in_digest(one) and one.wishes.frequency in until and one.going.row.due_at < until[one.wishes.frequency]
    ]


def _make(session: Session, now: datetime, at: datetime) -> int:
    items = session.scalars(
        select(DigestItem).where(DigestItem.mail_id.is_(None), DigestItem.due_at <= at, DigestItem.stale_at > now)
    ).all()
    by_box: dict[str, DigestItem] = {}
    for item in items:
        by_box.setdefault(mailbox(item.recipient), item)
    locales = dict(
        session.execute(select(Person.id, Person.locale).where(Person.id.in_({item.person_id for item in items}))).all()
    )
    mails = {
        box: new_mail(
            item.recipient, kind="personal_digest", subject="digest", distinction=at.date().isoformat(),
            person_id=item.person_id, locale=locales.get(item.person_id, "sv"), created_at=now, next_at=max(at, now),
            stale_at=max(at, now) + WORTH_SENDING,
        )
        for box, item in by_box.items()
    }  # fmt: skip
    insert_new(session, OutboxMail, list(mails.values()))
    made = {key: number for number, key in session.execute(
        select(OutboxMail.id, OutboxMail.key).where(OutboxMail.key.in_([mail["key"] for mail in mails.values()]))
    )}  # fmt: skip
    for item in items:
        item.mail_id = made[mails[mailbox(item.recipient)]["key"]]
    session.flush()
    return len(mails)


# ---------------------------------------------------------------- what is left of one


def left_of(session: Session, now: datetime, mail_id: int) -> list[tuple[DigestItem, Meeting, InviteeRow]]:
    """What a digest still has to say: of meetings that stand as they did, to somebody still invited, in their order."""
    items = session.scalars(select(DigestItem).where(DigestItem.mail_id == mail_id, DigestItem.stale_at > now)).all()
    query = select(Meeting).where(Meeting.id.in_({item.meeting_id for item in items})).options(*with_forums())
    meetings = {meeting.id: meeting for meeting in session.scalars(query)}
    invited = invitees_of(session, list(meetings.values())) if meetings else {}
    standings = standings_of(session, list(meetings.values())) if meetings else {}
    found = []
    for item in items:
        meeting = meetings[item.meeting_id]
        row = recipients(invited[meeting.id]).get(mailbox(item.recipient))
        if row is None or meeting.time_rev != item.time_rev or meeting.state not in (KINDS[item.kind].states or ()):
            continue
        said = standings.get(row.invitee_id or 0)
        if item.kind == "chaser" and said is not None and said.answer is not None:
            continue
        found.append((item, meeting, row))
    return sorted(found, key=lambda one: (one[1].start_at, one[1].id))
