"""Asking those a date poll is for, and asking those again who have said nothing.

What is due follows from the polls as they stand: the entry calls ``ask`` before it commits, the clock each hour, and
the key of a mail makes sure that each is made once. Not here: what the mails say (``poll_letters``), when one is asked
again (``poll_rules``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from scheduler.mail.actions import window_of
from scheduler.mail.choices import Wishes, choices_of
from scheduler.mail.models import OutboxMail
from scheduler.mail.poll_rules import chasers, over_at
from scheduler.mail.rows import insert_new, new_mail
from scheduler.mail.rules import Window
from scheduler.organisations.models import Person, PersonEmail
from scheduler.polls.models import Poll, PollInvitee
from scheduler.polls.rules import State
from scheduler.settings import Settings


def ask(session: Session, now: datetime, settings: Settings | None = None) -> int:
    """Makes the mails of open polls that are due and not made yet; how many were due. Five queries."""
    session.flush()
    polls = session.scalars(
        select(Poll).where(Poll.state == State.OPEN).options(selectinload(Poll.invitees)).order_by(Poll.id)
    ).all()
    if not polls:
        return 0
    asked = {invitee.person_id for poll in polls for invitee in poll.invitees}
    addresses = {
        person_id: (address, locale)
        for person_id, address, locale in session.execute(
            select(Person.id, PersonEmail.address, Person.locale)
            .join(PersonEmail, (PersonEmail.person_id == Person.id) & PersonEmail.main)
            .where(Person.id.in_(asked))
        )
    }
    wishes = choices_of(session, asked)
    undo = timedelta(seconds=Settings.mail_undo if settings is None else settings.mail_undo)
    window = window_of(settings)
    rows: list[dict[str, Any]] = []
    for poll in polls:
        for invitee in poll.invitees:
            if invitee.person_id in addresses:
                rows += _mails(poll, invitee, addresses[invitee.person_id], wishes, now, undo, window)
    session.flush()
    insert_new(session, OutboxMail, rows)
    return len(rows)


def _mails(
    poll: Poll, invitee: PollInvitee, reached: tuple[str, str], wishes: dict[int, Wishes], now: datetime,
    undo: timedelta, window: Window | None,
) -> list[dict[str, Any]]:  # fmt: skip
    over = over_at(poll.answer_by_on, poll.time_zone)
    opened_at = poll.opened_at or poll.created_at
    found = []
    if now < over and invitee.answered_at is None:
        found.append(_mail(poll, invitee, reached, "poll", "", max(now, opened_at + undo), over, now))
        if _wants_chasers(poll, wishes.get(invitee.person_id, Wishes())):
            found += [
                _mail(poll, invitee, reached, "poll_chaser", chaser.name, chaser.due_at, chaser.stale_at, now)
                for chaser in chasers(opened_at, poll.answer_by_on, poll.time_zone, window)
                if chaser.due_at <= now < chaser.stale_at
            ]
    return found


def _wants_chasers(poll: Poll, wishes: Wishes) -> bool:
    return wishes.frequency != "changes" and poll.forum_id not in wishes.stopped_forums


def _mail(
    poll: Poll, invitee: PollInvitee, reached: tuple[str, str], kind: str, name: str, due_at: datetime,
    stale_at: datetime, now: datetime,
) -> dict[str, Any]:  # fmt: skip
    recipient, locale = reached
    return new_mail(
        recipient, kind=kind, subject=poll.uid, distinction=name, person_id=invitee.person_id, locale=locale,
        values={"poll_id": poll.id, "poll_invitee_id": invitee.id}, created_at=now, next_at=due_at, stale_at=stale_at,
    )  # fmt: skip


def mails_of_poll(session: Session, poll: Poll) -> Sequence[OutboxMail]:
    """The mails of a poll that have been made, the latest first. One query."""
    people = [invitee.person_id for invitee in poll.invitees]
    query = (
        select(OutboxMail)
        .where(
            OutboxMail.kind.in_(KINDS_OF_POLLS), OutboxMail.person_id.in_(people),
            OutboxMail.values["poll_id"].as_integer() == poll.id,
        )
        .order_by(OutboxMail.created_at.desc(), OutboxMail.id.desc())
    )  # fmt: skip
    return session.scalars(query).all()


KINDS_OF_POLLS = ("poll", "poll_chaser")
