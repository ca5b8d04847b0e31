"""Asking those a date poll is for, asking those again who have said nothing, telling which date was chosen.

What is due follows from the polls as they stand: the entry calls ``ask`` before it commits, the clock each hour, and
the key of a mail makes sure that each is made once. Not here: what the mails say (``poll_letters``), when one is asked
again (``poll_rules``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from scheduler.mail.actions import window_of
from scheduler.mail.choices import Wishes, choices_of
from scheduler.mail.models import OutboxMail
from scheduler.mail.poll_rules import chasers, over_at
from scheduler.mail.rows import insert_new, new_mail
from scheduler.mail.rules import LAST_CALL, PATIENCE, Window
from scheduler.organisations.models import Person, PersonEmail
from scheduler.polls.models import Poll, PollInvitee
from scheduler.polls.rules import State
from scheduler.settings import Settings

#: The kinds of mail that ask.
ASKING = ("poll", "poll_chaser")


def ask(session: Session, now: datetime, settings: Settings | None = None) -> int:
    """Makes the mails of polls that are due and not made yet; how many were due. Six queries."""
    session.flush()
    polls = session.scalars(
        select(Poll)
        .where(or_(Poll.state == State.OPEN, and_(Poll.state == State.DECIDED, Poll.decided_at > now - PATIENCE)))
        .options(selectinload(Poll.invitees), joinedload(Poll.meeting))
        .order_by(Poll.id)
    ).all()
    if not polls:
        return 0
    asked = {invitee.person_id for poll in polls for invitee in poll.invitees}
    reached = {
        person_id: Reached(address, locale)
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
            if invitee.person_id not in reached:
                continue
            to = _To(poll, invitee, reached[invitee.person_id], now)
            if poll.state == State.DECIDED:
                rows += _result(to, undo)
            else:
                rows += _questions(to, wishes.get(invitee.person_id, Wishes()), undo, window)
    # Rows of one statement have the same names.
    for kinds in (ASKING, ("poll_result",)):
        insert_new(session, OutboxMail, [row for row in rows if row["kind"] in kinds])
    return len(rows)


@dataclass(frozen=True)
class Reached:
    """Where somebody gets mail, and in which language."""

    address: str
    locale: str


@dataclass(frozen=True)
class _To:
    """Somebody a poll asks, as of now."""

    poll: Poll
    invitee: PollInvitee
    reached: Reached
    now: datetime

    def mail(self, kind: str, name: str, due_at: datetime, stale_at: datetime, **more: Any) -> dict[str, Any]:
        """A mail of ``kind``; ``name`` tells it from others of the poll."""
        poll, invitee = self.poll, self.invitee
        return new_mail(
            self.reached.address, kind=kind, subject=poll.uid, distinction=name, person_id=invitee.person_id,
            locale=self.reached.locale, values={"poll_id": poll.id, "poll_invitee_id": invitee.id},
            created_at=self.now, next_at=due_at, stale_at=stale_at, **more,
        )  # fmt: skip


def _questions(to: _To, wishes: Wishes, undo: timedelta, window: Window | None) -> list[dict[str, Any]]:
    poll, now = to.poll, to.now
    over = over_at(poll.answer_by_on, poll.time_zone)
    opened_at = poll.opened_at or poll.created_at
    if now >= over or to.invitee.answered_at is not None:
        return []
    found = [to.mail("poll", "", max(now, opened_at + undo), over)]
    if wishes.frequency != "changes" and poll.forum_id not in wishes.stopped_forums:
        found += [
            to.mail("poll_chaser", chaser.name, chaser.due_at, chaser.stale_at)
            for chaser in chasers(opened_at, poll.answer_by_on, poll.time_zone, window)
            if chaser.due_at <= now < chaser.stale_at
        ]
    return found


def _result(to: _To, undo: timedelta) -> list[dict[str, Any]]:
    meeting, decided_at = to.poll.meeting, to.poll.decided_at
    if meeting is None or decided_at is None or not to.poll.tells_result:
        return []
    stale_at = min(decided_at + PATIENCE, meeting.start_at - LAST_CALL)
    # Named by the meeting alone: when it moves, a change tells of that.
    return [
        to.mail(
            "poll_result", str(meeting.id), max(to.now, decided_at + undo), stale_at, meeting_id=meeting.id,
            time_rev=meeting.time_rev,
        )
    ]  # fmt: skip
