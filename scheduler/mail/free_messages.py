"""A message of the secretariat's own to those called to a meeting, or to those who have not answered; kept with it.

One mail each, which leaves once it can no longer be taken back. Not here: what the mail looks like
(``meeting_letters``), seeing it beforehand (``web.previews``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.errors import Problem, Refused
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.mail.models import MeetingMessage, OutboxMail
from scheduler.mail.queries import recipients
from scheduler.mail.rows import insert_new, new_mail
from scheduler.mail.rules import REMINDED
from scheduler.meetings.invitees import invitees_of
from scheduler.meetings.models import Meeting
from scheduler.meetings.publishing import label_of
from scheduler.meetings.replies import standings_of
from scheduler.organisations import fields, rows
from scheduler.organisations.fields import Choice, Field, Text

#: To whom: all who are called, or those of them who have not answered.
AUDIENCES = ("all", "unanswered")
_NOT_AHEAD = mark("Meddelanden går till ett möte som är bokat eller kallat och inte har börjat.")
_FIELDS: Mapping[str, Field] = {
    "subject": Text(120, missing=mark("Skriv vad det gäller")),
    "text": Text(5000, missing=mark("Skriv meddelandet"), lines=True),
    "audience": Choice(AUDIENCES),
}


def batch_of(message: MeetingMessage) -> str:
    """What the mails of a message have in common, so that all of them can be taken back."""
    return f"message {message.id}"


def send_message(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    *,
    subject: str | None,
    text: str | None,
    audience: str,
    undo_seconds: int,
) -> MeetingMessage:
    """Queues a message to those called. Raises Refused with problems at the fields, at ``audience`` for nobody.

    ``undo_seconds``: for so long it may be taken back.
    """
    values, problems = fields.read(_FIELDS, {"subject": subject, "text": text, "audience": audience})
    fields.refuse(problems)
    rows.claim(session, meeting)
    if meeting.state not in REMINDED or meeting.start_at <= now:
        raise Refused(
            Problem(None, mark("Meddelanden går till ett möte som är bokat eller kallat och inte har börjat."))
        )
    invited = invitees_of(session, [meeting]).get(meeting.id, [])
    asked = values["audience"] == "unanswered"
    standings = standings_of(session, [meeting]) if asked else None
    to = recipients(invited, values["audience"], standings)
    if not to:
        raise Refused(Problem("audience", mark("Ingen av dem har en e-postadress")))
    message = MeetingMessage(meeting_id=meeting.id, at=now, sent_by=actor.label[:200], **values)
    session.add(message)
    session.flush()
    leaves = now + timedelta(seconds=undo_seconds)
    mails = [
        new_mail(
            row.email or "",
            kind="message",
            subject=meeting.uid,
            distinction=str(message.id),
            person_id=row.person_id,
            locale=row.locale,
            meeting_id=meeting.id,
            batch=batch_of(message),
            time_rev=meeting.time_rev,
            sequence=meeting.sequence,
            values={"message_id": message.id, "invitee_id": row.invitee_id},
            created_at=now,
            next_at=leaves if leaves < meeting.start_at else now,
            stale_at=meeting.start_at,
        )
        for row in to.values()
    ]
    insert_new(session, OutboxMail, mails)
    record(
        session, actor, now, action="message.send", kind="meeting", subject_id=meeting.id, label=label_of(meeting),
        after={"title": message.subject, "count": len(mails)},
    )  # fmt: skip
    return message


def messages_of(session: Session, meeting_id: int) -> Sequence[MeetingMessage]:
    """The messages of a meeting, the latest first. One query."""
    query = select(MeetingMessage).where(MeetingMessage.meeting_id == meeting_id)
    return session.scalars(query.order_by(MeetingMessage.id.desc())).all()
