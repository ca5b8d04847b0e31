"""Mails taken in hand: tried again, taken back, held and released, one by one, a whole mailing, or a kind.

Which step is lawful says ``outcomes.TRANSITIONS``; each refuses in words what is not. Not here: what the clock does
with mails (``outbox``), why a kind is held (``holds``).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from scheduler.errors import NotFound, Problem, Refused
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.mail.holds import KIND_HELD, RELEASED, note_release
from scheduler.mail.models import MailHold, OutboxMail
from scheduler.mail.rules import KINDS

#: Why a mail ended that somebody took back.
ABORTED = "aborted"
_AGAIN = ("failed", "uncertain", "expired")
_WAITING = ("pending", "deferred")
_STILL_HERE = (*_WAITING, "held")


def _locked(session: Session, mail: OutboxMail) -> OutboxMail:
    """The mail as it is now, which a worker may have changed since it was read."""
    return session.get_one(OutboxMail, mail.id, with_for_update=True, populate_existing=True)


def _refuse(text: str) -> Refused:
    return Refused(Problem(None, text))


def _become(
    session: Session, actor: Actor, now: datetime, mail: OutboxMail, action: str, state: str, why: str | None
) -> None:
    was = mail.state
    mail.state, mail.last_error = state, why
    mail.lease_token = mail.lease_until = None
    record(
        session, actor, now, action=action, kind="outbox_mail", subject_id=mail.id, label=mail.subject or mail.kind,
        before={"state": was}, after={"state": state},
    )  # fmt: skip
    session.flush()


def retry_mail(session: Session, actor: Actor, now: datetime, mail: OutboxMail) -> None:
    """Lets a mail that failed, may have failed or came too late be tried once more, at once.

    It is the same mail: Message-ID and Date stay. Raises Refused when it is on its way or over, or too old.
    """
    mail = _locked(session, mail)
    if mail.state not in _AGAIN:
        raise _refuse(mark("Bara brev som misslyckats, är osäkra eller blev för sena kan skickas om"))
    if mail.stale_at <= now:
        raise _refuse(mark("Brevet är för gammalt för att skickas om"))
    if mail.body is None and (mail.sends or (KINDS[mail.kind].secret and mail.values is None)):
        raise _refuse(mark("Brevets text finns inte kvar"))
    mail.next_at = now
    mail.last_code = None
    _become(session, actor, now, mail, "mail.retry", "pending", None)


def abort_mail(session: Session, actor: Actor, now: datetime, mail: OutboxMail) -> None:
    """Ends a mail that has not left. Raises Refused when it has, or is leaving now."""
    mail = _locked(session, mail)
    if mail.state not in _STILL_HERE:
        raise _refuse(mark("Brevet väntar inte längre och kan inte avbrytas"))
    _become(session, actor, now, mail, "mail.abort", "superseded", ABORTED)


def hold_mail(session: Session, actor: Actor, now: datetime, mail: OutboxMail) -> None:
    """Keeps a waiting mail until somebody releases it. Raises Refused when it does not wait."""
    mail = _locked(session, mail)
    if mail.state not in _WAITING:
        raise _refuse(mark("Bara brev som väntar kan hållas kvar"))
    _become(session, actor, now, mail, "mail.hold", "held", "by hand")


def release_mail(session: Session, actor: Actor, now: datetime, mail: OutboxMail) -> None:
    """Lets one held mail go on at once, also when its kind is held. Raises Refused when it is not held, or too old."""
    mail = _locked(session, mail)
    if mail.state != "held":
        raise _refuse(mark("Brevet hålls inte kvar"))
    if mail.stale_at <= now:
        raise _refuse(mark("Brevet är för gammalt för att skickas"))
    mail.next_at = now
    _become(session, actor, now, mail, "mail.release", "pending", RELEASED)


def abort_batch(session: Session, actor: Actor, now: datetime, batch: str) -> int:
    """Takes back what one press of a button sent, as far as it has not left; how many mails that is.

    Raises Refused when all of it has left.
    """
    mails = session.scalars(
        select(OutboxMail)
        .where(OutboxMail.batch == batch, OutboxMail.state.in_(_STILL_HERE))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if not mails:
        raise _refuse(mark("Inget av utskicket är kvar att ångra"))
    for mail in mails:
        _become(session, actor, now, mail, "mail.abort", "superseded", ABORTED)
    return len(mails)


def release_hold(session: Session, actor: Actor, now: datetime, kind: str) -> int:
    """Ends the hold of a kind of mail ("*": of all) and lets go what it held; how many mails go.

    What is too old ends as expired. Mails that were held by hand stay. Raises NotFound when the kind is not held.
    """
    hold = session.get(MailHold, kind, with_for_update=True, populate_existing=True)
    if hold is None:
        raise NotFound
    record(
        session, actor, now, action="mail.release_hold", kind="mail_hold", subject_id=None, label=kind,
        before={"reason": hold.reason}, after=None,
    )  # fmt: skip
    session.delete(hold)
    session.flush()
    # What waits under another hold stays there.
    others = set(session.scalars(select(MailHold.kind)))
    caught = [OutboxMail.state == "held", OutboxMail.last_error == KIND_HELD]
    if kind != "*":
        caught.append(OutboxMail.kind == kind)
    caught.append(OutboxMail.kind.not_in(others))
    go = 0
    if "*" not in others:
        for state, condition in (("expired", OutboxMail.stale_at <= now), ("pending", OutboxMail.stale_at > now)):
            ids = session.scalars(
                update(OutboxMail)
                .where(*caught, condition)
                .values(state=state, next_at=now, last_error=None)
                .returning(OutboxMail.id)
                .execution_options(synchronize_session=False)
            ).all()
            go = len(ids)
    note_release(session, now, kind)
    return go
