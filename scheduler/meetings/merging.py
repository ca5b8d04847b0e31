"""What the lists of meetings have of people and organisations, for when a duplicate is merged.

Who stood twice on a list stands once on it, with the answers of both. Not here: those the seats invite, who follow by
themselves.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.meetings.models import Invitee, InviteeNeeds, SubstituteCall
from scheduler.meetings.substitute_rules import LIVE, CallState
from scheduler.organisations.merging import Columns, Pair, Room, move, touch


def _merge(session: Session, pair: Pair, columns: Columns) -> None:
    who: Any = Invitee.person_id if pair.kind == "person" else Invitee.organisation_id
    alone = [] if pair.kind == "person" else [Invitee.person_id.is_(None), Invitee.name.is_(None)]
    listed = {row.meeting_id: row for row in session.scalars(select(Invitee).where(who == pair.kept, *alone))}
    for row in session.scalars(select(Invitee).where(who == pair.gone, *alone)).all():
        if (other := listed.get(row.meeting_id)) is not None:
            _join(session, other, row)
    if pair.kind == "person":
        _end_second_calls(session, pair)
    move(session, pair, columns)


def _end_second_calls(session: Session, pair: Pair) -> None:
    """Of a person asked twice for one meeting the call that went further stands, since nobody serves on two seats."""
    query = select(SubstituteCall).where(
        SubstituteCall.person_id.in_([pair.kept, pair.gone]), SubstituteCall.state.in_(LIVE)
    )
    best: dict[int, SubstituteCall] = {}
    for call in session.scalars(query.order_by(SubstituteCall.state, SubstituteCall.id)):  # accepted before waiting
        if best.setdefault(call.meeting_id, call) is not call:
            call.state, call.why = CallState.WITHDRAWN, "list"
    session.flush()


def _join(session: Session, kept: Invitee, gone: Invitee) -> None:
    """``kept`` stays, called when one of the two was; the other row goes."""
    if kept.withdrawn_at is not None and gone.withdrawn_at is None:
        for name in ("withdrawn_at", "role", "seat_id", "organisation_id", "reason"):
            setattr(kept, name, getattr(gone, name))
    kept.required = kept.required or gone.required
    for reply in list(gone.replies):
        kept.replies.append(reply)  # from the other list by itself: taken out of it first, it would be deleted
    needs = session.get(InviteeNeeds, gone.id)
    if needs is not None and session.get(InviteeNeeds, kept.id) is None:
        session.add(InviteeNeeds(invitee_id=kept.id, food=needs.food, access=needs.access, at=needs.at))
    touch(session, gone)
    session.flush()
    session.delete(gone)
    session.flush()


ROOM = Room(person=(Invitee.person_id, SubstituteCall.person_id), organisation=(Invitee.organisation_id,), merge=_merge)
