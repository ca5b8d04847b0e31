"""The outbox as the sender uses it: claim rows, intend one mail, note how it went. Each a short transaction.

A claim is a lease with a random token; an abandoned row becomes due by itself. The intent asks everything
again (still due, not cancelled, same time, still invited, not suppressed) and fixes Message-ID and Date; only
after it is committed may the bytes leave (spec reminders, States). Not here: SMTP (``delivery``).
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, String, and_, bindparam, case, delete, func, insert, null, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from scheduler.accounts import limits
from scheduler.db import Instant, Prepared, PreparedChange
from scheduler.errors import TooMany
from scheduler.history.actions import record
from scheduler.history.queries import recorded_after
from scheduler.history.rules import SYSTEM
from scheduler.mail import holds
from scheduler.mail.addresses import bounce_address
from scheduler.mail.choices import make_rows
from scheduler.mail.last_look import TOLD, TOLD_LATELY
from scheduler.mail.models import Lease, MailHold, OutboxAttempt, OutboxMail, Suppression
from scheduler.mail.outcomes import GONE, Answer, Outcome, Stage, following, outcome_of
from scheduler.mail.relay_state import RELAY, note_trouble
from scheduler.mail.rules import KINDS, Kind, ignores_window, is_allowed, mailbox, opens_at, read_window
from scheduler.mail.writing import Written, redirect_address, write_mails
from scheduler.organisations.models import PersonEmail
from scheduler.organisations.rules import shown_name
from scheduler.settings import Settings

#: Rows claimed at a time at most. A worker that dies holds back no more than these, for as long as a lease.
BATCH = 100
LEASE = timedelta(minutes=5)
#: The longest one mail can take (delivery's time-outs); with less left of its lease no mail is begun.
LONGEST = timedelta(minutes=4)
#: The domain the demo may send to, whatever the settings say.
DEMO_DOMAINS = ("example.org",)

_WAITING = ("pending", "deferred")
_IN_DOUBT = tuple(kind for kind, behaviour in KINDS.items() if behaviour.resend_in_doubt)
_URGENT = holds.URGENT
_OPTIONAL = tuple(kind for kind, behaviour in KINDS.items() if behaviour.optional)
#: What a mail says whose mailbox has had enough for the day.
DAY_FULL = "enough for the day"
#: Names of the lease rows of the connections to the relay that may be open at once.
CONNECTION = "relay.connection."


@dataclass(frozen=True)
class Handed:
    """A mail that may leave: one intent, one hand-over."""

    mail_id: int
    recipient: str
    body: bytes
    #: Less than ``LONGEST`` before this instant it must not be begun any more.
    lease_until: datetime
    #: Where what the machines on its way say of it comes to (MAIL FROM); None: to the sender of all mails.
    sender: str | None = None


class RateReached(Exception):
    """This minute's mails have left; the mail at hand was given back, nothing more leaves before ``until``."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


def allowed_domains(settings: Settings) -> tuple[str, ...]:
    """The domains mail may go to; empty: all. The demo's own list stands whatever is set."""
    return DEMO_DOMAINS if settings.demo else settings.mail_allow


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
    holds.catch(session, now)
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
        make_rows(session, found)
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


# ---------------------------------------------------------------- connections


def holder(token: str) -> str:
    """The name by which this process holds a connection."""
    return f"{socket.gethostname()[:50]}:{os.getpid()}:{token[:16]}"


def _is_gone(name: str) -> bool:
    """Whether the process that holds something was one of this machine and does not run any more."""
    host, pid, _token = name.rsplit(":", 2)
    if host != socket.gethostname()[:50]:
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def take_connection(session: Session, now: datetime, name: str, most: int) -> bool:
    """Whether ``name`` has one of the ``most`` connections an installation opens at once, for a lease from now.

    One that has one keeps it. A process that died gives its own up: at once on its machine, elsewhere with the lease.
    """
    wanted = [f"{CONNECTION}{n}" for n in range(most)]
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(
        insert(Lease)
        .values([{"name": one, "holder": "", "until": now, "epoch": 0} for one in wanted])
        .on_conflict_do_nothing()
    )
    rows = session.scalars(
        select(Lease)
        .where(Lease.name.in_(wanted))
        .order_by(Lease.name)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    own = next((row for row in rows if row.holder == name), None)
    row = own or next((row for row in rows if row.until <= now or not row.holder or _is_gone(row.holder)), None)
    if row is None:
        return False
    row.holder, row.until = name, now + LEASE
    session.flush()
    return True


def leave_connection(session: Session, now: datetime, name: str) -> None:
    """Lets somebody else have the connection of ``name``."""
    session.execute(
        update(Lease)
        .where(Lease.name.startswith(CONNECTION, autoescape=True), Lease.holder == name)
        .values(holder="", until=now)
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


#: What of a claimed mail, and of the world, decides whether it may leave.
_FACTS = Prepared(
    select(
        OutboxMail.kind,
        OutboxMail.recipient,
        OutboxMail.mailbox,
        OutboxMail.meeting_id,
        OutboxMail.stale_at,
        OutboxMail.sends,
        OutboxMail.tries,
        OutboxMail.last_error,
        OutboxMail.body.is_not(None).label("has_body"),
        select(MailHold.kind).where(MailHold.kind.in_((OutboxMail.kind, "*"))).exists().label("held"),
        select(Suppression.mailbox).where(Suppression.mailbox == OutboxMail.mailbox).exists().label("suppressed"),
        recorded_after(bindparam("after_id", type_=Integer)).scalar_subquery().label("recorded"),
    )
    .where(
        OutboxMail.id == bindparam("mail_id", type_=Integer),
        OutboxMail.lease_token == bindparam("token", type_=String),
        OutboxMail.state == "claimed",
    )
    # Nobody whose claim begins now takes it over between the question and the answer.
    .with_for_update(of=OutboxMail)
)


def intend(
    session: Session, now: datetime, mail_id: int, token: str, settings: Settings, written: Written | None = None
) -> Handed | None:
    """Makes one claimed mail ready to leave, or says why it must not; None: nothing is to be handed over.

    ``written`` is the mail as it was written ahead; it is written again when something was recorded since. In mode log
    the mail is written down and counts as sent, in mode hold it is written down and held.
    Raises RateReached when the relay may get no more mails this minute; what was noted is to be committed all
    the same.
    """
    after_id = 0 if written is None else written.as_of.after_id
    facts = _FACTS.one_or_none(session, {"mail_id": mail_id, "token": token, "after_id": after_id})
    if facts is None:
        return None
    if facts.stale_at <= now:
        _end(session, mail_id, "expired")
        return None
    if facts.held and facts.kind not in holds.URGENT and facts.last_error != holds.RELEASED:
        _end(session, mail_id, "held", last_error=holds.KIND_HELD)
        return None
    if written is None or written.as_of.count != facts.recorded:
        written = write_mails(session, now, [mail_id], settings)[mail_id]
    why = written.why
    if why is None and facts.kind == "reminder" and _told_lately(session, now, facts):
        why = "told of a change lately"
    if why is not None:
        _end(session, mail_id, "superseded", last_error=why)
        return None
    back = "deferred" if facts.tries else "pending"
    opens = _opens_at(now, facts.kind, written, settings)
    if opens != now:
        _end(session, mail_id, back, next_at=opens)
        return None
    if facts.suppressed:
        _end(session, mail_id, "suppressed", last_error="mailbox suppressed")
        return None
    if settings.mail_daily and KINDS[facts.kind].optional:
        until = _enough_until(session, now, mail_id, facts.mailbox, settings, KINDS[facts.kind])
        if until is not None:
            state = back if until < facts.stale_at else "expired"
            _end(session, mail_id, state, last_error=DAY_FULL, **({"next_at": until} if state == back else {}))
            return None
    if facts.sends and not facts.has_body:
        _end(session, mail_id, "failed", last_error="text deleted")
        return None
    if written.fault is not None:
        _end(session, mail_id, "failed", last_error=written.fault)
        return None
    return _write_down(session, now, mail_id, token, facts, written, settings)


def _told_lately(session: Session, now: datetime, facts: Any) -> bool:
    values = {"meeting_id": facts.meeting_id, "mailbox": facts.mailbox, "since": now - TOLD_LATELY}
    return _TOLD.one_or_none(session, values) is not None


_TOLD = Prepared(
    select(OutboxMail.id)
    .where(
        OutboxMail.meeting_id == bindparam("meeting_id", type_=Integer),
        OutboxMail.mailbox == bindparam("mailbox", type_=String),
        OutboxMail.kind == "change",
        or_(*(OutboxMail.state == state for state in TOLD)),
        OutboxMail.dated_at >= bindparam("since", type_=Instant),
    )
    .limit(1)
)


def _end(session: Session, mail_id: int, state: str, **values: Any) -> None:
    """Lets go of a claimed mail, in ``state``."""
    _set(session, mail_id, {"state": state, "lease_token": None, "lease_until": None, **values})


def _set(session: Session, mail_id: int, values: dict[str, Any]) -> None:
    """Writes columns of one mail; an object of the session that shows it is read anew."""
    change = _update(tuple(values))
    change.run(session, {"mail_id": mail_id, **{f"new_{name}": value for name, value in values.items()}})
    _forget(session, mail_id)


def _forget(session: Session, mail_id: int) -> None:
    shown = session.identity_map.get(identity_key(OutboxMail, mail_id))
    if shown is not None:
        session.expire(shown)


@cache
def _update(names: tuple[str, ...]) -> PreparedChange:
    columns = OutboxMail.__table__.c
    values = {name: bindparam(f"new_{name}", type_=columns[name].type) for name in names}
    return PreparedChange(update(OutboxMail).where(OutboxMail.id == bindparam("mail_id", type_=Integer)).values(values))


def _opens_at(now: datetime, kind: str, written: Written, settings: Settings) -> datetime:
    """When the mail may leave: ``now``, or when its window opens next, in its forum's zone or the installation's."""
    if ignores_window(kind, written.start_at, now):
        return now
    return opens_at(now, written.time_zone or settings.time_zone, read_window(settings.mail_window))


def _enough_until(
    session: Session, now: datetime, mail_id: int, box: str, settings: Settings, kind: Kind
) -> datetime | None:
    """When a mailbox may have more that it can do without, after its share of today; None: now."""
    zone = ZoneInfo(settings.time_zone)
    today = now.astimezone(zone).date()
    midnight = datetime.combine(today, time(), zone).astimezone(UTC)
    left = session.scalar(
        select(func.count())
        .select_from(OutboxMail)
        .where(
            OutboxMail.mailbox == box,
            OutboxMail.id != mail_id,
            OutboxMail.kind.in_(_OPTIONAL),
            OutboxMail.dated_at >= midnight,
            or_(OutboxMail.state == "sent", OutboxMail.sends > 0),
        )
    )
    if (left or 0) < settings.mail_daily:
        return None
    tomorrow = datetime.combine(today + timedelta(days=1), time(), zone).astimezone(UTC)
    window = read_window(settings.mail_window) if kind.keeps_window else None
    return opens_at(tomorrow, settings.time_zone, window)


def _write_down(
    session: Session, now: datetime, mail_id: int, token: str, facts: Any, written: Written, settings: Settings
) -> Handed | None:
    """Fixes what the mail says until it has begun to leave; then does as the mode says."""
    fixed: dict[str, Any] = {} if written.fixed is None else vars(written.fixed)
    redirected = redirect_address(settings)
    if settings.mail_mode == "log":
        _add_attempt(session, now, mail_id, Answer(Stage.LOG), token)
        _end(session, mail_id, "sent", sent_at=now, **fixed)
        return None
    if settings.mail_mode != "send" and redirected is None:
        _end(session, mail_id, "held", **fixed)
        return None
    if not is_allowed(written.to, allowed_domains(settings)):
        _end(session, mail_id, "suppressed", last_error="domain not allowed", **fixed)
        return None
    if settings.mail_rate:
        try:
            limits.hit(session, now, "mail.minute", "relay", settings.mail_rate, timedelta(minutes=1))
        except TooMany as error:
            until = now + timedelta(seconds=error.retry_after)
            _end(session, mail_id, "deferred" if facts.tries else "pending", next_at=until, **fixed)
            raise RateReached(until) from None
    lease_until = now + LEASE
    begun = {"state": "transmitting", "sends": facts.sends + 1, "lease_until": lease_until, "next_at": lease_until}
    _set(session, mail_id, {**begun, **fixed})
    body = str(fixed["body"] if fixed else session.scalar(select(OutboxMail.body).where(OutboxMail.id == mail_id)))
    # A mail that was sent to somebody else than its recipient says nothing of the recipient.
    bounces = bounce_address(settings.secret_key, settings.mail_reply, mail_id) if settings.mail_reply else None
    return Handed(mail_id, written.to, body.encode("ascii"), lease_until, None if redirected else bounces)


def give_back(session: Session, now: datetime, mail_id: int, token: str) -> None:
    """Undoes an intent whose mail was not begun; does nothing when the lease was taken over."""
    mail = _owned(session, mail_id, token, "transmitting")
    if mail is not None:
        mail.sends -= 1
        _free(mail, "deferred" if mail.tries else "pending", now)


# ---------------------------------------------------------------- result


def note_attempt(session: Session, now: datetime, mail: OutboxMail, answer: Answer, token: str | None = None) -> None:
    """Adds a line to the log of a mail's tries: how far one came, or what came back later."""
    _add_attempt(session, now, mail.id, answer, token or mail.lease_token or "")


def _add_attempt(session: Session, now: datetime, mail_id: int, answer: Answer, token: str) -> None:
    stage, error = str(answer.stage), answer.text[:400] or None
    given = {"mail_id": mail_id, "at": now, "stage": stage, "code": answer.code, "error": error, "lease_token": token}
    _ATTEMPT.run(session, given)


_ATTEMPT = PreparedChange(
    insert(OutboxAttempt).values(
        {name: bindparam(name, type_=column.type) for name, column in OutboxAttempt.__table__.c.items() if name != "id"}
    )
)
_SECRET = tuple(kind for kind, behaviour in KINDS.items() if behaviour.secret)
_IS_SECRET = or_(*(OutboxMail.kind == kind for kind in _SECRET))
_SENT = PreparedChange(
    update(OutboxMail)
    .where(
        OutboxMail.id == bindparam("mail_id", type_=Integer),
        OutboxMail.lease_token == bindparam("token", type_=String),
        OutboxMail.state == "transmitting",
    )
    .values(
        state="sent",
        lease_token=null(),
        lease_until=null(),
        last_error=null(),
        last_code=bindparam("code", type_=Integer),
        sent_at=bindparam("at", type_=Instant),
        queue_id=bindparam("queued_as", type_=String),
        body=case((_IS_SECRET, null()), else_=OutboxMail.body),
        values=case((_IS_SECRET, null()), else_=OutboxMail.values),
    )
)
_RELAY_WELL = PreparedChange(delete(Lease).where(Lease.name == RELAY))


def finish(session: Session, now: datetime, mail_id: int, token: str, answer: Answer, spread: float = 1.0) -> Outcome:
    """Notes the end of one try. A worker whose lease was taken over leaves its line in the log and no more.

    ``spread``: see ``outcomes.following``.
    """
    outcome = outcome_of(answer)
    if outcome is Outcome.SENT:
        queued = re.search(r"queued as (\S{1,100})", answer.text)
        said = {"code": answer.code, "at": now, "queued_as": queued[1] if queued else None}
        if _SENT.run(session, {"mail_id": mail_id, "token": token, **said}):
            _add_attempt(session, now, mail_id, answer, token)
            _RELAY_WELL.run(session, {})
            _forget(session, mail_id)
            return outcome
    mail = _owned(session, mail_id, token, "transmitting")
    if mail is None:
        if (other := session.get(OutboxMail, mail_id)) is not None:
            note_attempt(session, now, other, answer, token)
        return outcome
    note_attempt(session, now, mail, answer)
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
        note_trouble(session, now, answer.stage)
        next_at = now  # as the others: when the relay is back
    else:
        _RELAY_WELL.run(session, {})
        mail.last_code = answer.code
    mail.tries += next_.counts
    _free(mail, next_.state, next_at, answer.text[:400] or str(answer.stage))
    if outcome is Outcome.REFUSED:
        holds.note_refusal(session, now, mail.kind)
    if outcome is Outcome.MAILBOX:
        note_bounce(session, now, mail, answer)
    return outcome


def note_bounce(session: Session, now: datetime, mail: OutboxMail, answer: Answer) -> None:
    """Suppresses a mailbox that does not exist at once, any other after two days with refusals.

    ``answer`` is what its server said: at once, or in a report that came back.
    """
    box = mailbox(mail.recipient)
    today = datetime.combine(now.date(), time(), tzinfo=UTC)
    refused_before = session.scalar(
        select(func.count())
        .select_from(OutboxAttempt)
        .join(OutboxMail, OutboxMail.id == OutboxAttempt.mail_id)
        .where(
            OutboxMail.mailbox == mail.mailbox,
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
