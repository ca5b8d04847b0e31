"""What a step would send, and what it would mean for cadence, quorum and substitutes, before it is taken.

The step is taken in the open transaction, its mails are written, and all of it is taken back. So a preview is the mail
itself and cannot differ from it; only the personal links in it lead nowhere. Not here: what is sent (``mail.notices``,
``mail.meeting_letters``), the pages that show it (``meetings``).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from scheduler.forums.models import Forum
from scheduler.i18n import date_text, ngettext, time_text
from scheduler.mail.actions import announce
from scheduler.mail.desk import Desk
from scheduler.mail.free_messages import batch_of
from scheduler.mail.letters import write
from scheduler.mail.messages import letterhead
from scheduler.mail.models import MeetingMessage, OutboxMail
from scheduler.mail.rules import ignores_window, mailbox, opens_at, read_window
from scheduler.meetings.effect_rules import Effects, compare
from scheduler.meetings.effects import look
from scheduler.meetings.invitees import InviteeRow, invitees_of, rows_of_invitees
from scheduler.meetings.models import Meeting, MeetingChange
from scheduler.web.filters import local
from scheduler.web.security import now, settings, today


@dataclass(frozen=True)
class Addressed:
    """One who gets a mail."""

    name: str
    role: str
    organisation: str | None
    #: None for a protected identity, whose address no page shows.
    address: str | None


@dataclass(frozen=True)
class MailPreview:
    """The mails of one kind to those of one role."""

    kind: str
    role: str
    to: tuple[Addressed, ...]
    #: The mail to the first of them.
    subject: str
    text: str
    has_calendar: bool
    #: When they leave, as things are.
    leaves_at: datetime


@dataclass(frozen=True)
class Preview:
    """What a step would send."""

    mails: tuple[MailPreview, ...]
    #: Those concerned who get nothing, since they have no address.
    unreachable: tuple[str, ...]
    #: What it means for the cadence of the meeting's forums and for who can come; None: nobody has asked.
    effects: Effects | None = None

    @property
    def count(self) -> int:
        """How many mails."""
        return sum(len(mail.to) for mail in self.mails)


def preview(session: Session, meeting: Meeting, act: Callable[[], object], *, with_effects: bool = False) -> Preview:
    """What ``act``, which changes ``meeting``, would send, and with ``with_effects`` what it would mean.

    Raises as ``act`` does; nothing is stored either way.
    """
    meeting_id, forums = meeting.id, meeting.forums
    try:
        before = look(session, forums, now(), today()) if with_effects else None
        act()
        announce(session, now(), settings())
        shown = _preview(session, session.get_one(Meeting, meeting_id), _last_batch(session, meeting_id))
        if before is not None:
            shown = replace(shown, effects=compare(before, look(session, forums, now(), today())))
        return shown
    finally:
        session.rollback()


def message_preview(session: Session, meeting: Meeting, send: Callable[[], MeetingMessage]) -> Preview:
    """The mails of a message that ``send`` would queue. Raises as ``send`` does; nothing is stored either way."""
    meeting_id = meeting.id
    try:
        batch = batch_of(send())
        return _preview(session, session.get_one(Meeting, meeting_id), batch)
    finally:
        session.rollback()


def effects_of(
    session: Session, forums: Sequence[Forum], act: Callable[[], object], *, lead_on: date | None = None
) -> Effects:
    """What ``act`` would mean for the forums and their coming meetings.

    Raises as ``act`` does; nothing is stored either way.
    """
    try:
        before = look(session, forums, now(), today(), lead_on=lead_on)
        act()
        session.flush()
        return compare(before, look(session, forums, now(), today(), lead_on=lead_on))
    finally:
        session.rollback()


def told_text(session: Session, meeting: Meeting) -> str:
    """ "9 personer får besked kl. 10.44." of the latest step, with the day where it is another; "" for nobody."""
    mails = session.scalars(_queued(meeting.id, _last_batch(session, meeting.id))).all()
    if not mails:
        return ""
    zone = meeting.forum.time_zone
    leaves = local(min(_leaves_at(mail, meeting) for mail in mails), zone)
    people = len({mail.mailbox for mail in mails})
    if leaves.date() == local(now(), zone).date():
        return ngettext(
            "1 person får besked kl. %(time)s.", "%(n)s personer får besked kl. %(time)s.", people,
            time=time_text(leaves),
        )  # fmt: skip
    return ngettext(
        "1 person får besked %(day)s kl. %(time)s.", "%(n)s personer får besked %(day)s kl. %(time)s.", people,
        day=date_text(leaves.date()), time=time_text(leaves),
    )  # fmt: skip


def _leaves_at(mail: OutboxMail, meeting: Meeting) -> datetime:
    """When a mail that waits leaves, as things are."""
    if ignores_window(mail.kind, meeting.start_at, mail.next_at):
        return mail.next_at
    return opens_at(mail.next_at, meeting.forum.time_zone, read_window(settings().mail_window))


def _queued(meeting_id: int, batch: str) -> Select[OutboxMail]:
    return (
        select(OutboxMail)
        .where(OutboxMail.meeting_id == meeting_id, OutboxMail.batch == batch, OutboxMail.state == "pending")
        .order_by(OutboxMail.id)
    )


def _last_batch(session: Session, meeting_id: int) -> str:
    last = session.scalar(select(func.max(MeetingChange.id)).where(MeetingChange.meeting_id == meeting_id))
    return f"change {last}"


def _preview(session: Session, meeting: Meeting, batch: str) -> Preview:
    mails = session.scalars(_queued(meeting.id, batch)).all()
    invited = invitees_of(session, [meeting])[meeting.id]
    gone = {(mail.values or {}).get("invitee_id") for mail in mails if mail.kind == "withdrawal"}
    listed = rows_of_invitees(session, {number for number in gone if number is not None})
    by_box = {mailbox(row.email): row for row in [*listed.values(), *invited] if row.email}
    groups: dict[tuple[str, str], list[tuple[OutboxMail, InviteeRow]]] = {}
    for mail in mails:
        row = by_box[mail.mailbox]
        groups.setdefault((mail.kind, row.role), []).append((mail, row))
    return Preview(
        tuple(_of_group(session, meeting, kind, role, found) for (kind, role), found in groups.items()),
        tuple(row.shown for row in invited if not row.email) if mails else (),
    )


def _of_group(
    session: Session, meeting: Meeting, kind: str, role: str, found: list[tuple[OutboxMail, InviteeRow]]
) -> MailPreview:
    mail, first = found[0]
    mail.dated_at = now()
    # Links are sealed with another key: a preview must not open somebody else's page.
    head = replace(letterhead(settings()), secret_key=secrets.token_hex(20))
    letter = write(Desk(session, head), mail, first if kind != "withdrawal" else None)
    return MailPreview(
        kind=kind,
        role=role,
        to=tuple(
            Addressed(row.shown, row.role, row.organisation_name, None if row.protected else row.email)
            for _mail, row in found
        ),
        subject=letter.draft.subject,
        text=letter.draft.text,
        has_calendar=letter.draft.calendar is not None,
        leaves_at=_leaves_at(mail, meeting),
    )
