"""What date polls have of people and organisations, for when a duplicate is merged.

Who was asked twice is asked once, with the answers of both; the later one of a date counts, as always.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.organisations.merging import Columns, Pair, Room, move, touch
from scheduler.polls.models import PollInvitee


def _merge(session: Session, pair: Pair, columns: Columns) -> None:
    if pair.kind == "person":
        kept = select(PollInvitee).where(PollInvitee.person_id == pair.kept)
        asked = {row.poll_id: row for row in session.scalars(kept)}
        for row in session.scalars(select(PollInvitee).where(PollInvitee.person_id == pair.gone)).all():
            if (other := asked.get(row.poll_id)) is not None:
                _join(session, other, row)
    move(session, pair, columns)


def _join(session: Session, kept: PollInvitee, gone: PollInvitee) -> None:
    """``kept`` stays, as ordinary when one of the two was; the other row goes."""
    if gone.role == "ordinary" and kept.role != "ordinary":
        kept.role, kept.seat_id, kept.organisation_id = gone.role, gone.seat_id, gone.organisation_id
    if gone.answered_at is not None and (kept.answered_at is None or kept.answered_at < gone.answered_at):
        kept.answered_at, kept.message = gone.answered_at, gone.message or kept.message
    for vote in list(gone.votes):
        kept.votes.append(vote)  # from the other row by itself: taken out of it first, it would be deleted
    touch(session, gone)
    session.flush()
    session.delete(gone)
    session.flush()


ROOM = Room(person=(PollInvitee.person_id,), organisation=(PollInvitee.organisation_id,), merge=_merge)
