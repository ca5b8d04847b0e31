"""The outbox as the sender uses it: claim rows, intend one mail, note how it went. Each a short transaction.

A claim is a lease with a random token; an abandoned row becomes due by itself. The intent asks everything
again (still due, not cancelled, same time, still invited, not suppressed) and fixes Message-ID and Date; only
after it is committed may the bytes leave (spec reminders, States). Not here: SMTP (``delivery``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import and_, case, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from scheduler.accounts import limits
from scheduler.errors import Refused, TooMany
from scheduler.history.actions import record
from scheduler.history.rules import SYSTEM
from scheduler.mail.letters import write
from scheduler.mail.messages import Envelope, address, build, letterhead
from scheduler.mail.models import Lease, OutboxAttempt, OutboxMail, Suppression
from scheduler.mail.outcomes import GONE, Answer, Outcome, Stage, following, outcome_of, pause
from scheduler.mail.rules import (
    KINDS,
    REMINDED,
    is_allowed,
    mailbox,
    opens_at,
    read_window,
    thread_root,
)
from scheduler.meetings.invitees import InviteeRow, invitees_of
from scheduler.meetings.models import Meeting
from scheduler.organisations.models import PersonEmail
from scheduler.organisations.rules import shown_name
from scheduler.settings import Settings

#: Rows claimed at a time. A worker that dies holds back no more than these, for as long as a lease.
BATCH = 20
LEASE = timedelta(minutes=5)
#: The longest one mail can take (delivery's time-outs); with less left of its lease no mail is begun.
LONGEST = timedelta(minutes=4)
#: The domain the demo may send to, whatever the settings say.
DEMO_DOMAINS = ("example.org",)
#: Name of the lease row that says until when the relay is left alone; its epoch counts troubles in a row.
RELAY = "relay"

_WAITING = ("pending", "deferred")
_IN_DOUBT = tuple(kind for kind, behaviour in KINDS.items() if behaviour.resend_in_doubt)
_URGENT = tuple(kind for kind, behaviour in KINDS.items() if behaviour.urgent)


@dataclass(frozen=True)
class Handed:
    """A mail that may leave: one intent, one hand-over."""

    mail_id: int
    recipient: str
    body: bytes
    #: Less than ``LONGEST`` before this instant it must not be begun any more.
    lease_until: datetime


class RateReached(Exception):
    """This minute's mails have left; the mail at hand was given back, nothing more leaves before ``until``."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


def allowed_domains(settings: Settings) -> tuple[str, ...]:
    """The domains mail may go to; empty: all. The demo's own list stands whatever is set."""
    return DEMO_DOMAINS if settings.demo else settings.mail_allow


def redirect_address(settings: Settings) -> str | None:
    """The one address everything goes to in mode redirect:ADDRESS."""
    mode, _colon, to = settings.mail_mode.partition(":")
    return to.strip() if mode == "redirect" else None


# ---------------------------------------------------------------- claim and release


def _expire(session: Session, now: datetime) -> None:
    """Ends what nobody works on: too old, or begun by somebody who is gone and not to be sent twice."""
    abandoned = and_(OutboxMail.state.in_(("claimed", "transmitting")), OutboxMail.next_at <= now)
    session.execute(
        update(OutboxMail)
        .where(
            abandoned,
            OutboxMail.state == "transmitting",
            or_(OutboxMail.kind.not_in(_IN_DOUBT), OutboxMail.stale_at <= now),
        )
        .values(state="uncertain", lease_token=None, lease_until=None, last_error="abandoned")
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(OutboxMail)
        .where(
            or_(
                and_(OutboxMail.state.in_(_WAITING), OutboxMail.next_at <= now),
                and_(abandoned, OutboxMail.state == "claimed"),
            ),
            OutboxMail.stale_at <= now,
        )
        .values(state="expired", lease_token=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )


def is_anything_due(session: Session, now: datetime) -> bool:
    """Whether ``claim`` would find a row; a read that takes no lock."""
    return bool(
        session.scalar(
            select(
                select(OutboxMail.id)
                .where(OutboxMail.state.in_((*_WAITING, "claimed", "transmitting")), OutboxMail.next_at <= now)
                .exists()
            )
        )
    )


def claim(session: Session, now: datetime, token: str, *, batch: int = BATCH) -> Sequence[int]:
    """Takes up to ``batch`` due mails under ``token``, the urgent first; their ids in that order."""
    _expire(session, now)
    order = (case((OutboxMail.kind.in_(_URGENT), 0), else_=1), OutboxMail.next_at, OutboxMail.id)
    free = (
        select(OutboxMail.id)
        .where(OutboxMail.state.in_((*_WAITING, "claimed", "transmitting")), OutboxMail.next_at <= now)
        .order_by(*order)
        .limit(batch)
        .with_for_update(skip_locked=True)
    )
    found = session.scalars(free).all()
    if found:
        session.execute(
            update(OutboxMail)
            .where(OutboxMail.id.in_(found))
            .values(state="claimed", lease_token=token, lease_until=now + LEASE, next_at=now + LEASE)
            .execution_options(synchronize_session=False)
        )
    return found


def release(session: Session, now: datetime, token: str, *, next_at: datetime | None = None) -> None:
    """Gives back what ``token`` claimed and has not begun; due at ``next_at``, else at once."""
    session.execute(
        update(OutboxMail)
        .where(OutboxMail.state == "claimed", OutboxMail.lease_token == token)
        .values(
            state=case((OutboxMail.tries > 0, "deferred"), else_="pending"),
            lease_token=None,
            lease_until=None,
            next_at=next_at or now,
        )
        .execution_options(synchronize_session=False)
    )


# ---------------------------------------------------------------- intent


def _owned(session: Session, mail_id: int, token: str, state: str) -> OutboxMail | None:
    return session.scalars(
        select(OutboxMail)
        .where(OutboxMail.id == mail_id, OutboxMail.lease_token == token, OutboxMail.state == state)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def _free(mail: OutboxMail, state: str, next_at: datetime | None = None, why: str | None = None) -> None:
    mail.state = state
    mail.lease_token = mail.lease_until = None
    mail.next_at = next_at or mail.next_at
    mail.last_error = why if why is not None else mail.last_error


def _invited(session: Session, mail: OutboxMail, meeting: Meeting) -> InviteeRow | None:
    """The recipient among those invited now: the same person, or the same mailbox."""
    for row in invitees_of(session, [meeting]).get(meeting.id, []):
        if mail.person_id is not None:
            if row.person_id == mail.person_id:
                return row
        elif row.email is not None and mailbox(row.email) == mailbox(mail.recipient):
            return row
    return None


def _outdated(mail: OutboxMail, meeting: Meeting | None) -> str | None:
    """Why the mail no longer speaks of what will happen; None when it does."""
    if not KINDS[mail.kind].follows_meeting:
        return None
    if meeting is None or meeting.state not in REMINDED:
        return "meeting off"
    return "moved" if meeting.time_rev != mail.time_rev else None


def intend(session: Session, now: datetime, mail_id: int, token: str, settings: Settings) -> Handed | None:
    """Makes one claimed mail ready to leave, or says why it must not; None: nothing is to be handed over.

    In mode log the mail is written down and counts as sent, in mode hold it is written down and held.
    Raises RateReached when the relay may get no more mails this minute; what was noted is to be committed all
    the same.
    """
    mail = _owned(session, mail_id, token, "claimed")
    if mail is None:
        return None
    if mail.stale_at <= now:
        _free(mail, "expired")
        return None
    meeting = None
    row = None
    if mail.meeting_id is not None:
        meeting = session.get(Meeting, mail.meeting_id, populate_existing=True)
        why = _outdated(mail, meeting)
        if why is None and meeting is not None:
            row = _invited(session, mail, meeting)
            why = None if row is not None else "not invited"
        if why is not None:
            _free(mail, "superseded", why=why)
            return None
        if meeting is not None and KINDS[mail.kind].keeps_window:
            opens = opens_at(now, meeting.forum.time_zone, read_window(settings.mail_window))
            if opens != now:
                _free(mail, "deferred" if mail.tries else "pending", opens)
                return None
    if session.get(Suppression, mailbox(mail.recipient)) is not None:
        _free(mail, "suppressed", why="mailbox suppressed")
        return None
    return _write_down(session, now, mail, row, settings)


def _write_down(
    session: Session, now: datetime, mail: OutboxMail, row: InviteeRow | None, settings: Settings
) -> Handed | None:
    """Fixes what the mail says until it has begun to leave; then does as the mode says."""
    redirected = redirect_address(settings)
    head = letterhead(settings)
    try:
        to = address(redirected or mail.recipient)
        if mail.sends == 0:
            mail.message_id = f"<{mail.key[:40]}@{head.domain}>"
            mail.dated_at = now
            if mail.meeting_id is not None:
                uid = session.get_one(Meeting, mail.meeting_id).uid
                mail.thread_root = thread_root(uid, mail.recipient, head.domain)
            letter = write(session, mail, head, row)
            envelope = Envelope(
                to=to,
                message_id=mail.message_id,
                dated_at=mail.dated_at,
                thread_root=mail.thread_root,
                reply_to=letter.reply_to,
                redirected_from=mail.recipient if redirected else None,
            )
            mail.body = build(letter.draft, head, envelope).decode("ascii")
            mail.subject = letter.draft.subject[:400]
    except Refused as error:
        _free(mail, "failed", why=str(error)[:400])
        return None
    if settings.mail_mode == "log":
        _attempt(session, now, mail, Answer(Stage.LOG))
        mail.sent_at = now
        _free(mail, "sent")
        return None
    if settings.mail_mode != "send" and redirected is None:
        _free(mail, "held")
        return None
    if not is_allowed(to, allowed_domains(settings)):
        _free(mail, "suppressed", why="domain not allowed")
        return None
    if settings.mail_rate:
        try:
            limits.hit(session, now, "mail.minute", "relay", settings.mail_rate, timedelta(minutes=1))
        except TooMany as error:
            until = now + timedelta(seconds=error.retry_after)
            _free(mail, "deferred" if mail.tries else "pending", until)
            raise RateReached(until) from None
    mail.state = "transmitting"
    mail.sends += 1
    mail.lease_until = mail.next_at = now + LEASE
    assert mail.body is not None  # noqa: S101 - written above, or at an earlier intent
    return Handed(mail.id, to, mail.body.encode("ascii"), mail.lease_until)


def give_back(session: Session, now: datetime, mail_id: int, token: str) -> None:
    """Undoes an intent whose mail was not begun; does nothing when the lease was taken over."""
    mail = _owned(session, mail_id, token, "transmitting")
    if mail is not None:
        mail.sends -= 1
        _free(mail, "deferred" if mail.tries else "pending", now)


# ---------------------------------------------------------------- result


def _attempt(session: Session, now: datetime, mail: OutboxMail, answer: Answer, token: str | None = None) -> None:
    session.add(
        OutboxAttempt(
            mail_id=mail.id,
            at=now,
            stage=str(answer.stage),
            code=answer.code,
            error=answer.text[:400] or None,
            lease_token=token or mail.lease_token or "",
        )
    )


def finish(session: Session, now: datetime, mail_id: int, token: str, answer: Answer, spread: float = 1.0) -> Outcome:
    """Notes the end of one try. A worker whose lease was taken over leaves its line in the log and no more.

    ``spread``: see ``outcomes.following``.
    """
    outcome = outcome_of(answer)
    mail = _owned(session, mail_id, token, "transmitting")
    if mail is None:
        if (other := session.get(OutboxMail, mail_id)) is not None:
            _attempt(session, now, other, answer, token)
        return outcome
    _attempt(session, now, mail, answer)
    next_ = following(
        outcome,
        kind=mail.kind,
        now=now,
        stale_at=mail.stale_at,
        tries=mail.tries,
        last_code=mail.last_code,
        spread=spread,
    )
    next_at = next_.next_at
    if outcome is Outcome.RELAY:
        next_at = _relay_trouble(session, now)
    else:
        _relay_well(session)
        mail.last_code = answer.code
    mail.tries += next_.counts
    _free(mail, next_.state, next_at, answer.text[:400] or str(answer.stage))
    if next_.state == "sent":
        mail.sent_at = now
        mail.last_error = None
        queued = re.search(r"queued as (\S{1,100})", answer.text)
        mail.queue_id = queued[1] if queued else None
        if KINDS[mail.kind].secret:
            mail.body = mail.values = None
    if outcome is Outcome.MAILBOX:
        _note_bounce(session, now, mail, answer)
    return outcome


def _relay_trouble(session: Session, now: datetime) -> datetime:
    """Notes one more trouble in a row; until when the relay is left alone."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(Lease).values(name=RELAY, holder="", until=now, epoch=0).on_conflict_do_nothing())
    row = session.get_one(Lease, RELAY, with_for_update=True, populate_existing=True)
    if row.until <= now:  # a second worker that meets the same trouble does not lengthen the pause
        row.epoch += 1
        row.until = now + pause(row.epoch)
    return row.until


def _relay_well(session: Session) -> None:
    session.execute(delete(Lease).where(Lease.name == RELAY).execution_options(synchronize_session=False))


def relay_paused_until(session: Session, now: datetime) -> datetime | None:
    """Until when the relay is left alone; None when it is not."""
    until = session.scalar(select(Lease.until).where(Lease.name == RELAY))
    return until if until is not None and until > now else None


def _note_bounce(session: Session, now: datetime, mail: OutboxMail, answer: Answer) -> None:
    """Suppresses a mailbox that does not exist at once, any other after two days with refusals."""
    box = mailbox(mail.recipient)
    today = datetime.combine(now.date(), time(), tzinfo=UTC)
    refused_before = session.scalar(
        select(func.count())
        .select_from(OutboxAttempt)
        .join(OutboxMail, OutboxMail.id == OutboxAttempt.mail_id)
        .where(
            OutboxMail.recipient == mail.recipient,
            OutboxAttempt.at < today,
            OutboxAttempt.stage == str(Stage.RCPT),
            or_(OutboxAttempt.error.startswith("5.1."), OutboxAttempt.error.startswith("5.2.1")),
        )
    )
    gone = answer.enhanced in GONE or bool(refused_before)
    if gone and session.get(Suppression, box) is None:
        session.add(Suppression(mailbox=box, reason="bounce", at=now, last_code=answer.enhanced or str(answer.code)))
    owner = session.scalars(select(PersonEmail).where(PersonEmail.normalised == box)).one_or_none()
    state = "hard" if gone else "soft"
    if owner is not None and owner.bounce_state != state:
        record(
            session, SYSTEM, now, action="person.bounce", kind="person", subject_id=owner.person_id,
            label=shown_name(owner.person), before={"bounce_state": owner.bounce_state}, after={"bounce_state": state},
        )  # fmt: skip
        owner.bounce_state = state
