"""Until when the relay is left alone, since it was in trouble, and who asks meanwhile whether it is back.

A relay that could not be reached is greeted once a minute while it is left alone, without a mail: when it answers, the
mails go on at once, however long the pause had become (REL-6). Not here: what counts as trouble (``outcomes``), the
greeting itself (``delivery``).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from scheduler.mail.models import Lease
from scheduler.mail.outcomes import Stage, pause

#: Name of the lease row that says until when the relay is left alone; its epoch counts troubles in a row, its holder
#: is the stage of the last one.
RELAY = "relay"
#: Name of the lease row of whoever greeted last.
GREETING = "relay.greeting"
GREETING_EVERY = timedelta(minutes=1)


def relay_paused_until(session: Session, now: datetime) -> datetime | None:
    """Until when the relay is left alone; None when it is not."""
    until = session.scalar(select(Lease.until).where(Lease.name == RELAY))
    return until if until is not None and until > now else None


def note_trouble(session: Session, now: datetime, stage: Stage) -> None:
    """Leaves the relay alone for a while, longer with each trouble in a row."""
    _make(session, RELAY, now)
    row = session.get_one(Lease, RELAY, with_for_update=True, populate_existing=True)
    if row.until <= now:  # a second worker that meets the same trouble does not lengthen the pause
        row.epoch += 1
        row.until = now + pause(row.epoch)
        row.holder = str(stage)
    _make(session, GREETING, now)
    session.execute(update(Lease).where(Lease.name == GREETING).values(until=now + GREETING_EVERY))


def may_greet(session: Session, now: datetime) -> bool:
    """Whether it is the caller's turn to ask whether the relay is back; then nobody else's for a minute."""
    reached = session.scalar(select(Lease.holder).where(Lease.name == RELAY, Lease.until > now))
    if reached != str(Stage.CONNECT):
        return False  # it answers, and takes no mail: only the pause helps
    taken = session.scalars(
        update(Lease)
        .where(Lease.name == GREETING, Lease.until <= now)
        .values(until=now + GREETING_EVERY)
        .returning(Lease.name)
        .execution_options(synchronize_session=False)
    ).all()
    return bool(taken)


def lift(session: Session, now: datetime) -> None:
    """Ends the pause; should the relay take no mail all the same, the next one is longer."""
    session.execute(
        update(Lease)
        .where(Lease.name == RELAY, Lease.until > now)
        .values(until=now)
        .execution_options(synchronize_session=False)
    )


def _make(session: Session, name: str, now: datetime) -> None:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(Lease).values(name=name, holder="", until=now, epoch=0).on_conflict_do_nothing())
