"""What is done with a mail that came to the mailbox of answers: stored once, then an answer, a bounce, or for a person.

A mail changes one person's answer or marks one mail as not arrived, and only where the address it came to proves which;
everything else waits until somebody has looked at it, and nothing is guessed. Not here: reading bytes
(``incoming_rules``, ``bounces``), fetching (``inbox``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from scheduler.errors import Problem, Refused
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.mail.addresses import Meant, is_answer, is_bounce
from scheduler.mail.bounces import Report
from scheduler.mail.incoming_rules import (
    Invited,
    Letter,
    Reason,
    look_why,
    proposed_words,
    rank,
    read_letter,
    the_answer,
)
from scheduler.mail.models import IncomingMail, OutboxMail
from scheduler.mail.outbox import note_attempt, note_bounce
from scheduler.mail.outcomes import Outcome, outcome_of
from scheduler.mail.rules import KINDS, mailbox
from scheduler.meetings.answering import answer_call
from scheduler.meetings.models import Invitee, Meeting, MeetingForum
from scheduler.meetings.replies import latest_replies, name_of
from scheduler.organisations.models import PersonEmail
from scheduler.settings import Settings

_REQUESTS = tuple(name for name, kind in KINDS.items() if kind.method == "REQUEST")
#: States of a mail of which a report may say that it did not arrive.
_LEFT = ("sent", "uncertain", "deferred")


def receive(
    session: Session, now: datetime, raw: bytes, settings: Settings, *, recipient: str = ""
) -> IncomingMail | None:
    """Stores a mail and does what it asks for; None when it was read before, by whomever.

    Call it in a transaction of its own (``begin_write``). ``recipient``: the address it was sent to, where the server
    that hands it over knows.
    """
    letter = read_letter(raw, settings.mail_reply, recipient=recipient)
    row = _stored(session, now, letter, raw)
    if row is None:
        return None
    if letter.broken:
        _look(row, "broken")
    elif letter.report is not None:
        _bounce(session, now, row, letter, letter.report, settings.secret_key)
    elif letter.answers:
        row.kind = "reply"
        _answer(session, now, row, letter, settings.secret_key)
    elif letter.automatic:
        row.kind, row.state = "automatic", "done"
    else:
        _by_hand(session, row, letter, settings.secret_key)
    session.flush()
    return row


def put_aside(session: Session, now: datetime, letter: Letter, reason: Reason, *, raw: bytes | None) -> bool:
    """Stores a mail that was not fetched whole, or that broke us, for somebody to look at; False when it is there."""
    row = _stored(session, now, letter, raw)
    if row is None:
        return False
    _look(row, reason)
    session.flush()
    return True


def _stored(session: Session, now: datetime, letter: Letter, raw: bytes | None) -> IncomingMail | None:
    """The row of a mail, None when there is one already: two readers at once make one."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    made = session.scalar(
        insert(IncomingMail)
        .values(
            message_id=letter.message_id, at=now, kind="other", state="look", sender=letter.sender,
            subject=letter.subject, raw=raw,
        )
        .on_conflict_do_nothing(index_elements=[IncomingMail.message_id])
        .returning(IncomingMail.id)
    )  # fmt: skip
    return None if made is None else session.get_one(IncomingMail, made)


def _look(row: IncomingMail, reason: Reason) -> None:
    row.state, row.reason = "look", reason


# ---------------------------------------------------------------- answers


def _genuine(session: Session, meant: Collection[Meant], secret_key: str) -> list[Invitee]:
    """Those whose invitation's address a mail came to."""
    found = [(one, session.get(Invitee, one.row_id)) for one in meant if one.purpose == "answer"]
    return [who for one, who in found if who is not None and is_answer(secret_key, one, who.epoch)]


def _of_invitee(row: IncomingMail, invitee: Invitee) -> None:
    row.invitee_id, row.meeting_id = invitee.id, invitee.meeting_id


def _answer(session: Session, now: datetime, row: IncomingMail, letter: Letter, secret_key: str) -> None:
    invitees = _genuine(session, letter.meant, secret_key)
    if len(invitees) != 1:
        _look(row, "several" if invitees else "unknown")
        row.meeting_id = _meeting_of(session, letter) if not invitees else None
        return
    [invitee] = invitees
    _of_invitee(row, invitee)
    meeting = invitee.meeting
    why = look_why(letter.answers, _invited(session, invitee))
    one = the_answer(letter.answers, meeting.uid)
    if one is not None:
        row.comment = one.comment or None
        if one.method == "COUNTER":
            words = (proposed_words(one.proposed, meeting.time_zone), one.comment)
            row.comment = ": ".join(word for word in words if word)[:400] or None
    if why is not None or one is None or one.answer is None:
        _look(row, why or "unclear")
        return
    mine = rank(one, now)
    if any(mine < earlier for earlier in _ranks(session, row, meeting.uid)):
        row.state, row.reason = "done", "older"
        return
    counting = latest_replies(session, [meeting]).get(invitee.id)
    if counting is not None and counting.via != "mail" and counting.at > mine[1]:
        _look(row, "older")
        return
    try:
        answer_call(
            session, Actor(name_of(invitee), person_id=invitee.person_id), now, invitee, answer=one.answer,
            comment=one.comment or None, via="mail",
        )  # fmt: skip
    except Refused:
        _look(row, "refused")
        return
    row.state = "done"


def _meeting_of(session: Session, letter: Letter) -> int | None:
    """The meeting an answer names, so that its secretariat sees it; its word alone changes nothing."""
    uids = {one.uid for one in letter.answers}
    return session.scalar(select(Meeting.id).where(Meeting.uid == uids.pop())) if len(uids) == 1 else None


def _invited(session: Session, invitee: Invitee) -> Invited:
    """What the one invited was sent, and all addresses they are known by."""
    boxes = set[str]()
    if invitee.person_id is not None:
        boxes |= set(session.scalars(select(PersonEmail.address).where(PersonEmail.person_id == invitee.person_id)))
    elif invitee.organisation is not None and invitee.organisation.contact_email:
        boxes.add(invitee.organisation.contact_email)
    known = frozenset(mailbox(address) for address in boxes)
    theirs: ColumnElement[bool] = OutboxMail.mailbox.in_(known)
    if invitee.person_id is not None:
        theirs = or_(theirs, OutboxMail.person_id == invitee.person_id)
    sent = session.execute(
        select(OutboxMail.mailbox, OutboxMail.sequence).where(
            OutboxMail.meeting_id == invitee.meeting_id,
            OutboxMail.kind.in_(_REQUESTS),
            OutboxMail.sends > 0,
            theirs,
        )
    ).all()
    return Invited(
        uid=invitee.meeting.uid,
        sequence=max((mail.sequence or 0 for mail in sent), default=0),
        # An address that was theirs when they were written to still answers.
        mailboxes=known | {mail.mailbox for mail in sent},
    )


def _ranks(session: Session, row: IncomingMail, uid: str) -> list[tuple[int, datetime]]:
    """What orders the answers by mail that the same person has given already."""
    earlier = session.scalars(
        select(IncomingMail).where(
            IncomingMail.invitee_id == row.invitee_id,
            IncomingMail.id != row.id,
            IncomingMail.kind == "reply",
            IncomingMail.state == "done",
            IncomingMail.raw.is_not(None),
        )
    )
    found = []
    for mail in earlier:
        one = the_answer(read_letter(mail.raw or b"", "").answers, uid)
        if one is not None:
            found.append(rank(one, mail.at))
    return found


def _by_hand(session: Session, row: IncomingMail, letter: Letter, secret_key: str) -> None:
    """What a person wrote: for a person to read."""
    invitees = _genuine(session, letter.meant, secret_key)
    if len(invitees) == 1:
        _of_invitee(row, invitees[0])
    at_bounce = any(one.purpose == "bounce" and is_bounce(secret_key, one) for one in letter.meant)
    _look(row, "winmail" if letter.winmail else "unread_bounce" if at_bounce else "text")


# ---------------------------------------------------------------- bounces


def _bounce(
    session: Session, now: datetime, row: IncomingMail, letter: Letter, report: Report, secret_key: str
) -> None:
    row.kind, row.state = "bounce", "done"
    genuine = [one.row_id for one in letter.meant if is_bounce(secret_key, one)]
    mail = session.get(OutboxMail, genuine[0], with_for_update=True) if len(genuine) == 1 else None
    if mail is None:
        row.reason = "forged"
        return
    row.mail_id, row.meeting_id = mail.id, mail.meeting_id
    row.comment = f"{report.action} {report.status} {report.said}".strip()[:400]
    if not report.is_final:
        return
    answer = report.answer
    note_attempt(session, now, mail, answer)
    if mail.state in _LEFT:
        mail.state = "failed"
        mail.last_code, mail.last_error = answer.code, answer.text or "failed"
    # What may be over tomorrow says nothing of the address.
    if not answer.enhanced.startswith("4.") and outcome_of(answer) is Outcome.MAILBOX:
        note_bounce(session, now, mail, answer)


# ---------------------------------------------------------------- by hand


@dataclass(frozen=True)
class Waiting:
    """A mail that came, with whose it is as far as that is known."""

    mail: IncomingMail
    meeting: Meeting | None
    invitee: Invitee | None

    @property
    def name(self) -> str:
        """Who wrote, as shown."""
        return name_of(self.invitee) if self.invitee is not None else self.mail.sender

    @property
    def protected(self) -> bool:
        """Nothing the sender wrote is shown: it would tell who they are."""
        who = self.invitee.person if self.invitee is not None else None
        return who is not None and who.protected


def waiting(
    session: Session, forum_ids: Collection[int] | None, *, state: str = "look", limit: int = 50, offset: int = 0
) -> tuple[Sequence[Waiting], int]:
    """Mails in a state, the latest first, and how many there are; ``forum_ids`` None: of all, else of these alone."""
    query = select(IncomingMail).where(IncomingMail.state == state)
    if forum_ids is not None:
        meetings = select(MeetingForum.meeting_id).where(MeetingForum.forum_id.in_(forum_ids))
        query = query.where(IncomingMail.meeting_id.in_(meetings))
    count = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    found = session.scalars(query.order_by(IncomingMail.at.desc(), IncomingMail.id.desc()).limit(limit).offset(offset))
    return [waiting_of(session, mail) for mail in found], count


def waiting_of(session: Session, mail: IncomingMail) -> Waiting:
    """One mail with whose it is."""
    meeting = session.get(Meeting, mail.meeting_id) if mail.meeting_id is not None else None
    invitee = session.get(Invitee, mail.invitee_id) if mail.invitee_id is not None else None
    return Waiting(mail, meeting, invitee)


def text_of(mail: IncomingMail, reply: str) -> str | None:
    """What was written, as text; None when it is deleted or was never fetched."""
    return None if mail.raw is None else read_letter(mail.raw, reply).text


def attach(
    session: Session, actor: Actor, now: datetime, mail: IncomingMail, *, invitee: Invitee | None, answer: str
) -> None:
    """Gives the answer a mail holds for somebody invited, as the secretariat reads it, and lets the mail rest.

    Raises Refused at ``invitee`` or as ``answer_call`` does.
    """
    if invitee is None:
        raise Refused(Problem("invitee", mark("Välj vem svaret gäller")))
    _take(session, mail)
    answer_call(session, actor, now, invitee, answer=answer, via="secretary")
    _of_invitee(mail, invitee)
    _rest(session, actor, now, mail)


def mark_seen(session: Session, actor: Actor, now: datetime, mail: IncomingMail) -> None:
    """Lets a mail rest without anything coming of it."""
    _take(session, mail)
    _rest(session, actor, now, mail)


def _take(session: Session, mail: IncomingMail) -> None:
    session.refresh(mail, with_for_update=True)
    if mail.state != "look":
        raise Refused(Problem(None, mark("Någon annan har redan tagit hand om brevet.")))


def _rest(session: Session, actor: Actor, now: datetime, mail: IncomingMail) -> None:
    mail.state, mail.user_id = "seen", actor.user_id
    who = waiting_of(session, mail)
    record(
        session, actor, now, action="incoming_mail.seen", kind="incoming_mail", subject_id=mail.id,
        label=who.name if who.protected else mail.subject or mail.sender, before={"state": "look"},
        after={"state": "seen"},
    )  # fmt: skip
    session.flush()
