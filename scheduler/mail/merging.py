"""What mail has of people and organisations, for when a duplicate is merged: whom a mail goes to, and what they chose.

Of two choices the kept one's stands where it was ever made by hand; what either has stopped stays stopped.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.mail.models import DigestItem, MailChoice, MailStop, OutboxMail
from scheduler.organisations.merging import Columns, Pair, Room, move, touch


def _merge(session: Session, pair: Pair, columns: Columns) -> None:
    owner = MailChoice.person_id if pair.kind == "person" else MailChoice.organisation_id
    kept, gone = (
        session.scalars(select(MailChoice).where(owner == number)).one_or_none() for number in (pair.kept, pair.gone)
    )
    if kept is not None and gone is not None:
        if kept.edited_at is None:
            kept.frequency, kept.calendar, kept.edited_at = gone.frequency, gone.calendar, gone.edited_at
        for stop in session.scalars(select(MailStop).where(MailStop.choice_id == gone.id)):
            if session.get(MailStop, (kept.id, stop.forum_id)) is None:
                session.add(MailStop(choice_id=kept.id, forum_id=stop.forum_id, at=stop.at))
            session.delete(stop)
        session.flush()
        touch(session, gone)
        session.delete(gone)
        session.flush()
    move(session, pair, columns)


ROOM = Room(
    person=(OutboxMail.person_id, DigestItem.person_id, MailChoice.person_id),
    organisation=(OutboxMail.organisation_id, MailChoice.organisation_id),
    merge=_merge,
)
