"""When a kind of mail stops by itself: too many at once, refused too often, or a database that was restored.

A hold is a row of ``MailHold``; ``outbox.claim`` moves what it catches to the state held. Mails somebody waits for
(``Kind.urgent``: sign-in links) are never held. Not here: letting them go (``handling``).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, not_, or_, select, true, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from scheduler.mail.models import Lease, MailHold, OutboxAttempt, OutboxMail
from scheduler.mail.outcomes import Stage
from scheduler.mail.rules import KINDS

log = logging.getLogger("takt.mail")

#: What a mail says that the hold of its kind has caught; one that was held by hand says nothing.
KIND_HELD = "kind held"
#: What a mail says that was let go by itself: the hold of its kind does not catch it again.
RELEASED = "released"
URGENT = tuple(kind for kind, behaviour in KINDS.items() if behaviour.urgent)
HOUR = timedelta(hours=1)
#: More refusals of a kind in an hour than this hold it.
REFUSALS = 5
#: So many times the usual volume of an hour is a surge.
SURGE_TIMES = 5
#: The usual volume is that of the last four weeks' office hours: 20 working days of nine hours.
USUAL_SPAN, USUAL_HOURS = timedelta(days=28), 180
_FREE = "free."


def hold(session: Session, now: datetime, kind: str, reason: str) -> None:
    """Holds ``kind`` ("*": all) from now on; does nothing when it is held already."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    made = session.scalars(
        insert(MailHold).values(kind=kind, reason=reason, at=now).on_conflict_do_nothing().returning(MailHold.kind)
    ).one_or_none()
    if made is not None:
        log.error("mails of kind %s are held: %s", kind, reason)


def note_release(session: Session, now: datetime, kind: str) -> None:
    """Remembers that somebody let ``kind`` go: what was there then is not held again for the same reason."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = insert(Lease).values(name=f"{_FREE}{kind}", holder="", until=now, epoch=0)
    session.execute(row.on_conflict_do_update(index_elements=[Lease.name], set_={"until": now}))


def _released(session: Session) -> dict[str, datetime]:
    """Kind → when its hold was last released."""
    rows = session.execute(select(Lease.name, Lease.until).where(Lease.name.startswith(_FREE, autoescape=True)))
    return {row[0].removeprefix(_FREE): row[1] for row in rows}


def _unseen(released: Mapping[str, datetime]) -> ColumnElement[bool]:
    """The mails made after their kind's hold was last released, and all others of kinds that may be held."""
    seen = [
        OutboxMail.created_at <= at if kind == "*" else and_(OutboxMail.kind == kind, OutboxMail.created_at <= at)
        for kind, at in released.items()
    ]
    return and_(OutboxMail.kind.not_in(URGENT), not_(or_(*seen)) if seen else true())


# ---------------------------------------------------------------- too many at once


def surging(session: Session, now: datetime, limit: int) -> Collection[str]:
    """The kinds to hold because an hour has more than ``limit`` mails and five times the usual; the largest first.

    What is due counts as leaving now. Only as many kinds as it takes for the others to be no surge: a flood of
    reminders does not keep a cancellation back.
    """
    unseen = _unseen(_released(session))
    due = _by_kind(
        session,
        unseen,
        OutboxMail.state.in_(("pending", "deferred", "claimed", "transmitting")),
        OutboxMail.next_at <= now,
    )
    # Attempts come in order of time, so that the last of them are enough to look at.
    latest = select(OutboxAttempt).order_by(OutboxAttempt.id.desc()).limit(20 * limit).subquery()
    gone = select(latest.c.mail_id).where(latest.c.at > now - HOUR, latest.c.stage == str(Stage.DONE))
    left = _by_kind(session, unseen, OutboxMail.id.in_(gone))
    total = sum((due + left).values())
    if total <= limit:
        return ()
    usual = session.scalar(
        select(func.count())
        .select_from(OutboxAttempt)
        .where(
            OutboxAttempt.stage == str(Stage.DONE),
            OutboxAttempt.at > now - USUAL_SPAN,
            OutboxAttempt.at <= now - HOUR,
        )
    )
    allowed = max(limit, SURGE_TIMES * (usual or 0) / USUAL_HOURS)
    found = []
    for kind, n in (due + left).most_common():
        if total <= allowed:
            break
        if due[kind]:
            found.append(kind)
            total -= n
    return found


def _by_kind(session: Session, *conditions: ColumnElement[bool]) -> Counter[str]:
    rows = session.execute(select(OutboxMail.kind, func.count()).where(*conditions).group_by(OutboxMail.kind))
    return Counter({row[0]: row[1] for row in rows})


# ---------------------------------------------------------------- refused too often


def note_refusal(session: Session, now: datetime, kind: str) -> None:
    """Holds ``kind`` when receivers have refused more than a few of its mails within the hour for what they are."""
    if kind in URGENT:
        return
    since = max([now - HOUR, *(at for name, at in _released(session).items() if name in {kind, "*"})])
    refused = session.scalar(
        select(func.count())
        .select_from(OutboxAttempt)
        .join(OutboxMail, OutboxMail.id == OutboxAttempt.mail_id)
        .where(
            OutboxMail.kind == kind,
            OutboxAttempt.at > since,
            OutboxAttempt.stage.in_((str(Stage.RCPT), str(Stage.DATA), str(Stage.DOT))),
            or_(OutboxAttempt.code.in_((552, 554)), OutboxAttempt.error.startswith("5.7.")),
        )
    )
    if (refused or 0) > REFUSALS:
        hold(session, now, kind, "refused")


# ---------------------------------------------------------------- what a hold catches


def catch(session: Session, now: datetime) -> None:
    """Holds the due mails of the kinds that are held, but those somebody let go one by one."""
    kinds = session.scalars(select(MailHold.kind)).all()
    if not kinds:
        return
    of_kinds = OutboxMail.kind.not_in(URGENT) if "*" in kinds else OutboxMail.kind.in_(set(kinds) - set(URGENT))
    session.execute(
        update(OutboxMail)
        .where(
            of_kinds,
            OutboxMail.state.in_(("pending", "deferred", "claimed", "transmitting")),
            OutboxMail.next_at <= now,
            func.coalesce(OutboxMail.last_error, "") != RELEASED,
        )
        .values(state="held", lease_token=None, lease_until=None, last_error=KIND_HELD)
        .execution_options(synchronize_session=False)
    )


def held_kinds(session: Session) -> dict[str, str]:
    """Each held kind and why it is."""
    rows = session.execute(select(MailHold.kind, MailHold.reason).order_by(MailHold.kind))
    return {row[0]: row[1] for row in rows}
