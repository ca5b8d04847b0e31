"""Keeping what a calendar said, and which calendar is to be read next: the worker's part of busy times.

Any number of workers may ask: whoever claims a calendar moves its next reading away, in a transaction of its own. It is
read outside any; then ``keep`` or ``note_failure`` says when comes the next time. Not here: reading (``busy_reading``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from scheduler.outbound import Validators
from scheduler.places.busy_models import BusySource, BusyTime
from scheduler.places.busy_reading import Found
from scheduler.places.busy_rules import BACK, CLAIM, FULL_AFTER, next_reading, next_try, pieces


@dataclass(frozen=True)
class Due:
    """A calendar that is to be read now."""

    source_id: int
    person_id: int
    url: str
    known: Validators


def is_any_due(session: Session, now: datetime) -> bool:
    """Whether a calendar is to be read; asked without a writer's transaction."""
    return session.scalars(select(BusySource.id).where(BusySource.next_at <= now).limit(1)).first() is not None


def claim_due(session: Session, now: datetime) -> Due | None:
    """The calendar that has waited longest, taken for a quarter of an hour; None when none is due. Commit."""
    query = select(BusySource).where(BusySource.next_at <= now).order_by(BusySource.next_at, BusySource.id).limit(1)
    row = session.scalars(query.with_for_update(skip_locked=True)).first()
    return None if row is None else claim(session, now, row)


def claim(session: Session, now: datetime, row: BusySource) -> Due | None:
    """Takes this calendar to be read now, due or not; None for a file, which is read once."""
    if row.url is None:
        return None
    row.next_at = now + CLAIM
    session.flush()
    known = Validators(row.etag, row.last_modified) if now - row.fetched_at < FULL_AFTER else Validators()
    return Due(row.id, row.person_id, row.url, known)


def claimed(session: Session, due: Due) -> BusySource | None:
    """The calendar that was claimed, taken for writing; None when it was taken away while it was read."""
    query = select(BusySource).where(BusySource.id == due.source_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def keep(session: Session, now: datetime, row: BusySource, found: Found) -> None:
    """Keeps what a calendar said, in place of what it said before; only what differs is written."""
    row.checked_at = now
    row.failures, row.failing_since, row.failure = 0, None, None
    row.next_at = None if row.url is None else next_reading(row.id, now)
    if found.reading is None:
        session.flush()
        return
    row.fetched_at = now
    row.etag, row.last_modified = found.validators.etag, found.validators.last_modified
    row.left_out = found.reading.left_out
    session.flush()
    known = {
        (start, end, tentative)
        for start, end, tentative in session.execute(
            select(BusyTime.start_at, BusyTime.end_at, BusyTime.tentative).where(BusyTime.source_id == row.id)
        )
    }
    wanted = {(span.start, span.end, span.tentative) for span in pieces(found.reading.spans)}
    if gone := sorted(start for start, _end, _tentative in known - wanted):
        _forget(session, row.id, gone)
    if new := sorted(wanted - known):
        session.execute(
            insert(BusyTime),
            [
                {"source_id": row.id, "start_at": start, "end_at": end, "tentative": tentative}
                for start, end, tentative in new
            ],
        )


def _forget(session: Session, source_id: int, starts: list[datetime]) -> None:
    """Deletes times by their beginnings, a bounded number in each statement."""
    for at in range(0, len(starts), _AT_ONCE):
        some = starts[at : at + _AT_ONCE]
        session.execute(delete(BusyTime).where(BusyTime.source_id == source_id, BusyTime.start_at.in_(some)))


_AT_ONCE = 500


def note_failure(session: Session, now: datetime, row: BusySource, reason: str) -> None:
    """Notes that a calendar could not be read: its times stay, and it is tried again later and later, then no more."""
    row.failures += 1
    row.failing_since = row.failing_since or now
    row.failure = reason
    row.next_at = next_try(now, row.failures, row.failing_since)
    session.flush()


def forget_past(session: Session, now: datetime) -> None:
    """Deletes the times that are over: of a file, which nobody reads again, nothing else would."""
    session.execute(delete(BusyTime).where(BusyTime.end_at <= now - BACK))
