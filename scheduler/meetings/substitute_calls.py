"""The calls of substitutes: changing their state with its trace, and what a step of the meeting does to them.

Imported by ``saving``, so that no step of a meeting forgets them. Not here: who is asked and why (``substitutes``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.forums.seat_models import Seat
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.meetings.models import Invitee, Meeting, SubstituteCall
from scheduler.meetings.publishing import label_of
from scheduler.meetings.substitute_rules import COMING, LIVE, CallState
from scheduler.organisations.rules import shown_name

#: What is written in the history of each state.
ACTIONS: Mapping[CallState, str] = {
    CallState.WAITING: "substitute.ask",
    CallState.ACCEPTED: "substitute.accept",
    CallState.DECLINED: "substitute.decline",
    CallState.EXPIRED: "substitute.pass_on",
    CallState.WITHDRAWN: "substitute.withdraw",
}


def calls_of(session: Session, meeting_ids: Collection[int]) -> Sequence[SubstituteCall]:
    """All calls of substitutes to the meetings, as they were asked. One query."""
    query = select(SubstituteCall).where(SubstituteCall.meeting_id.in_(meeting_ids)).order_by(SubstituteCall.id)
    return session.scalars(query).all()


def seat_words(seat: Seat) -> str:
    """Whose seat it is: its organisation, or that of its office, else its label or group; "" without any."""
    organisation = seat.organisation or (seat.office.organisation if seat.office is not None else None)
    return (organisation.name if organisation is not None else None) or seat.label or seat.group or ""


def tell_call(
    session: Session, actor: Actor, now: datetime, meeting: Meeting, call: SubstituteCall, *, before: str | None = None
) -> None:
    """Writes what has become of a call into the meeting's history; a protected name stays out."""
    record(
        session,
        actor,
        now,
        action=ACTIONS[CallState(call.state)],
        kind="meeting",
        subject_id=meeting.id,
        label=label_of(meeting),
        before=None if before is None else {"substitute_state": before},
        after={
            "person": shown_name(call.person),
            "person_id": call.person_id,
            "seat_id": call.seat_id,
            "substitute_state": call.state,
        },
    )


def set_state(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    call: SubstituteCall,
    state: CallState,
    *,
    why: str | None = None,
    announce: bool = True,
) -> None:
    """Gives the call another state, and the mail room something to read unless ``announce`` is False."""
    before = call.state
    call.state, call.why = state, why
    call.announced_at = None if announce else now
    session.flush()
    tell_call(session, actor, now, meeting, call, before=before)


def follow_meeting(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    kind: str,
    send: bool,
    withdrawn: Collection[int] = (),
) -> None:
    """What a change of the meeting means for those asked to serve; ``withdrawn``: rows of the list called off.

    A cancelled meeting ends the calls that stand, and one taken up again takes them up. With another start a promise
    was for the old time: it waits for a new answer, which the mail about the change asks for; a quiet change, of which
    nobody is told, leaves it. Whoever is called no more serves no more.
    """
    if (
        before["state"] == after["state"]
        and before["start_at"] == after["start_at"]
        and not withdrawn
        and kind != "undo"
    ):
        return
    calls = calls_of(session, [meeting.id])
    if not calls:
        return
    people = set[int | None]()
    if withdrawn:
        people = set(session.scalars(select(Invitee.person_id).where(Invitee.id.in_(withdrawn))))
    for call in calls:
        state, why = _after(call, before, after, kind=kind, send=send, called_off=call.person_id in people)
        if state is not None and state != call.state:
            # The mail about the meeting, or about the list, tells it.
            set_state(session, actor, now, meeting, call, state, why=why, announce=False)


def _after(
    call: SubstituteCall,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    kind: str,
    send: bool,
    called_off: bool,
) -> tuple[CallState | None, str | None]:
    """The state of a call after a change, None for the one it has; and why it was withdrawn."""
    promised = CallState.ACCEPTED if call.answer in COMING else CallState.WAITING
    if call.state in LIVE:
        if after["state"] == "cancelled":
            return CallState.WITHDRAWN, "cancelled"
        if called_off:
            return CallState.WITHDRAWN, "list"
        if kind == "undo":
            return promised, None
        if send and before["start_at"] != after["start_at"]:
            return CallState.WAITING, None
        return None, None
    taken_up = before["state"] == "cancelled" and after["state"] != "cancelled"
    if taken_up and call.state == CallState.WITHDRAWN and call.why == "cancelled":
        return promised, None
    return None, None
