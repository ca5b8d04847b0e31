"""Writing the mails of a claim before the first of them leaves: which still have something to say, and their bytes.

Written in one reading transaction for all of them, since asking who is invited costs the same for one as for many, and
so that nobody who saves something waits for a letter to be laid out. What is written holds as long as nothing has been
recorded since (``history.queries.position``): the intent asks, and has the mail written again otherwise. Not here:
claims, leases and what may leave when (``outbox``).
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from scheduler.errors import Refused
from scheduler.history.queries import Position, position
from scheduler.mail.desk import Desk
from scheduler.mail.last_look import pointless
from scheduler.mail.letter_parts import NothingToSay
from scheduler.mail.letters import write
from scheduler.mail.messages import Envelope, address, build, letterhead
from scheduler.mail.models import OutboxMail
from scheduler.mail.rules import KINDS, thread_root
from scheduler.meetings.models import Meeting
from scheduler.meetings.reply_rules import UNANSWERED
from scheduler.settings import Settings

log = logging.getLogger("takt.mail")


@dataclass(frozen=True)
class Written:
    """One mail as it would leave, or why it should not."""

    #: What had been recorded when it was written.
    as_of: Position
    #: Why it tells its recipient nothing any more; None: it does.
    why: str | None = None
    #: What in its text may not stand in a mail; None: all may.
    fault: str | None = None
    #: Where it goes: the recipient, or the one address of a test installation.
    to: str = ""
    #: What is fixed when a mail first leaves; None for one that was about to leave before.
    fixed: Fixed | None = None
    #: The zone its window is in, and when its meeting begins; None: the installation's, and no meeting.
    time_zone: str | None = None
    start_at: datetime | None = None


@dataclass(frozen=True)
class Fixed:
    """What stays the same each time a mail is tried."""

    message_id: str
    dated_at: datetime
    thread_root: str | None
    body: str
    subject: str


def redirect_address(settings: Settings) -> str | None:
    """The one address everything goes to in mode redirect:ADDRESS."""
    mode, _colon, to = settings.mail_mode.partition(":")
    return to.strip() if mode == "redirect" else None


def write_mails(session: Session, now: datetime, mail_ids: Collection[int], settings: Settings) -> dict[int, Written]:
    """Each of these mails as it would leave at ``now``; those that are gone are left out."""
    as_of = position(session)
    query = select(OutboxMail).where(OutboxMail.id.in_(mail_ids)).execution_options(populate_existing=True)
    mails = session.scalars(query).all()
    desk = Desk(session, letterhead(settings))
    desk.lay({mail.meeting_id for mail in mails}, {mail.person_id for mail in mails})
    with session.no_autoflush:
        found = {mail.id: _safely(desk, now, mail, settings, as_of) for mail in mails}
    for mail in mails:
        session.expire(mail, ["dated_at"])
    return found


def _safely(desk: Desk, now: datetime, mail: OutboxMail, settings: Settings, as_of: Position) -> Written:
    """``_written``, but one letter that cannot be laid out keeps none of the others back."""
    try:
        return _written(desk, now, mail, settings, as_of)
    except SQLAlchemyError:
        raise  # the database, not the letter
    except Exception as error:
        log.exception("mail %s of kind %s cannot be written", mail.id, mail.kind)
        return Written(as_of, fault=f"{type(error).__name__} in the text")


def _written(desk: Desk, now: datetime, mail: OutboxMail, settings: Settings, as_of: Position) -> Written:
    meeting = row = None
    if mail.meeting_id is not None:
        meeting = desk.find_meeting(mail.meeting_id)
        row = desk.row_of(mail)
        if meeting is None or (why := _outdated(mail, meeting, invited=row is not None)) is not None:
            return Written(as_of, why="meeting off" if meeting is None else why)
        invitee = desk.invitee(row.invitee_id) if row is not None and row.invitee_id is not None else None
        if why := pointless(mail, meeting, UNANSWERED if invitee is None else desk.standing(invitee)):
            return Written(as_of, why=why)
    redirected = redirect_address(settings)
    try:
        to = address(redirected or mail.recipient)
        fixed = None
        if mail.sends == 0:
            set_committed_value(mail, "dated_at", now)  # what the letter takes for today; stored by the intent
            message_id = f"<{mail.key[:40]}@{desk.head.domain}>"
            root = None if meeting is None else thread_root(meeting.uid, mail.recipient, desk.head.domain)
            letter = write(desk, mail, row)
            envelope = Envelope(
                to=to, message_id=message_id, dated_at=now, thread_root=root, reply_to=letter.reply_to,
                sender=letter.sender, unsubscribe=letter.unsubscribe,
                redirected_from=mail.recipient if redirected else None,
            )  # fmt: skip
            body = build(letter.draft, desk.head, envelope).decode("ascii")
            fixed = Fixed(message_id, now, root, body, letter.draft.subject[:400])
    except NothingToSay:
        return Written(as_of, why="nothing new")
    except Refused as error:
        return Written(as_of, fault=str(error)[:400])
    if meeting is None:
        return Written(as_of, to=to, fixed=fixed)
    return Written(as_of, to=to, fixed=fixed, time_zone=meeting.forum.time_zone, start_at=meeting.start_at)


def _outdated(mail: OutboxMail, meeting: Meeting, *, invited: bool) -> str | None:
    """Why the mail no longer speaks of what will happen, or to the right one; None when it does."""
    kind = KINDS[mail.kind]
    if kind.states is not None:
        if meeting.state not in kind.states:
            return "meeting off"
        if kind.of_time and meeting.time_rev != mail.time_rev:
            return "moved"
    if kind.invited is not None and kind.invited != invited:
        return "not invited" if kind.invited else "invited again"
    return None
