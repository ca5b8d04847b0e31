"""The steps of a meeting's life but the call: book a proposal, cancel, take up again, record, correct, close, undo.

Each asks ``rules`` first and raises Refused with the reason in words. Not here: booking and moving (``booking``), the
call and its invitees (``calling``).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from scheduler.errors import Problem, Refused
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.meetings.fragments import Site
from scheduler.meetings.handing_over import hand_over_after, take_back_after
from scheduler.meetings.models import Invitee, Meeting, MeetingChange
from scheduler.meetings.rules import (
    State,
    may_cancel,
    may_close,
    may_confirm,
    may_correct,
    may_record,
    may_reinstate,
)
from scheduler.meetings.saving import all_or_nothing, facts_of, open_meeting, reason_given, refuse, restore, save
from scheduler.organisations import fields


@all_or_nothing
def confirm_meeting(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    *,
    version: int | None,
    site: Site,
    send: bool = True,
) -> Meeting:
    """Books a proposed meeting."""
    opened = open_meeting(session, meeting, version)
    refuse(may_confirm(facts_of(meeting), now))
    meeting.state = State.CONFIRMED
    meeting.confirmed_at = now
    save(session, actor, now, opened, kind="confirm", site=site, send=send)
    return meeting


@all_or_nothing
def cancel_meeting(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    *,
    reason: str | None,
    version: int | None,
    site: Site,
    send: bool = True,
) -> Meeting:
    """Cancels the meeting; the reason is kept and told to those invited, never to the public."""
    opened = open_meeting(session, meeting, version)
    refuse(may_cancel(facts_of(meeting)))
    meeting.cancel_reason = reason_given(reason, "reason", mark("Skriv varför mötet ställs in"))
    meeting.state = State.CANCELLED
    save(session, actor, now, opened, kind="cancel", site=site, send=send, reason=meeting.cancel_reason)
    return meeting


@all_or_nothing
def reinstate_meeting(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    *,
    version: int | None,
    site: Site,
    send: bool = True,
) -> Meeting:
    """Takes up a cancelled meeting again, booked at its old time; those called before are still its invitees."""
    opened = open_meeting(session, meeting, version)
    refuse(may_reinstate(facts_of(meeting), now))
    meeting.state = State.CONFIRMED
    meeting.cancel_reason = None
    meeting.confirmed_at = meeting.confirmed_at or now
    save(session, actor, now, opened, kind="reinstate", site=site, send=send)
    return meeting


@all_or_nothing
def record_held(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    *,
    quorum: bool | None = None,
    version: int | None,
    site: Site,
) -> Meeting:
    """Enters that the meeting was held; ``quorum`` None: not recorded. Turns by the meeting end with it."""
    opened = open_meeting(session, meeting, version)
    refuse(may_record(facts_of(meeting), now))
    meeting.state = State.HELD
    meeting.quorum = quorum
    save(session, actor, now, opened, kind="record", site=site, send=False)
    hand_over_after(session, actor, now, meeting, site=site)
    return meeting


@all_or_nothing
def record_quorum(
    session: Session, actor: Actor, now: datetime, meeting: Meeting, *, quorum: bool | None, site: Site
) -> Meeting:
    """Enters whether a held meeting was quorate, as its attendance says."""
    opened = open_meeting(session, meeting, None)
    refuse(None if meeting.state == State.HELD else may_correct(facts_of(meeting), State.CONFIRMED))
    meeting.quorum = quorum
    save(session, actor, now, opened, kind="quorum", site=site, send=False)
    return meeting


@all_or_nothing
def correct_state(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    *,
    to: str,
    reason: str | None,
    version: int | None,
    site: Site,
) -> Meeting:
    """Takes back that the meeting was held: to called where it was called, else to confirmed."""
    opened = open_meeting(session, meeting, version)
    refuse(may_correct(facts_of(meeting), _state(to)))
    told = reason_given(reason, "reason", mark("Skriv varför läget rättas"))
    meeting.state = to
    meeting.quorum = None
    save(session, actor, now, opened, kind="correct", site=site, send=False, reason=told)
    take_back_after(session, actor, now, meeting, site=site)
    return meeting


@all_or_nothing
def close_meeting(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    *,
    version: int | None,
    site: Site,
    lacks: str | None = None,
    reason: str | None = None,
) -> Meeting:
    """Ends the work with a held meeting; from then on nothing of it changes.

    ``lacks``: what is not done that the meeting's formality asks for, as a message; it is then closed for a reason
    alone.
    """
    opened = open_meeting(session, meeting, version)
    refuse(may_close(facts_of(meeting)))
    told = reason_given(reason, "reason", lacks) if lacks else fields.read_reason(reason)
    meeting.state = State.CLOSED
    save(session, actor, now, opened, kind="close", site=site, send=False, reason=told)
    return meeting


@all_or_nothing
def undo_last_change(
    session: Session,
    actor: Actor,
    now: datetime,
    meeting: Meeting,
    *,
    sent: bool,
    version: int | None,
    site: Site,
) -> Meeting:
    """Takes back the meeting's last change, as long as nobody has been told (``sent``, which the outbox knows).

    Revisions go on rising: SEQUENCE and the reminders' key never fall (F14). A booking is not undone but cancelled, and
    an undo stands.
    """
    opened = open_meeting(session, meeting, version)
    last = last_change_of(session, meeting)
    if last is None or last.before is None or last.kind == "undo":
        raise Refused(Problem(None, mark("Det finns inget att ångra.")))
    if sent:
        raise Refused(Problem(None, mark("Beskedet har redan gått ut. Ändra mötet i stället.")))
    taken_back = _undo_invitees(session, last, now)
    restore(session, meeting, last.before)
    last.send = False
    save(session, actor, now, opened, kind="undo", site=site, send=False, invitees=taken_back)
    if last.kind == "record":
        take_back_after(session, actor, now, meeting, site=site)
    return meeting


def last_change_of(session: Session, meeting: Meeting) -> MeetingChange | None:
    """The latest change of ``meeting``."""
    return session.scalars(
        select(MeetingChange).where(MeetingChange.meeting_id == meeting.id).order_by(MeetingChange.id.desc()).limit(1)
    ).one_or_none()


def _undo_invitees(session: Session, last: MeetingChange, now: datetime) -> dict[str, list[int]]:
    """Withdraws those whom ``last`` called and takes back those whom it withdrew; the rows stay, as trace."""
    ids = (last.after or {}).get("invitees", {})
    called, withdrawn = ids.get("called", []), ids.get("withdrawn", [])
    if called:
        session.execute(update(Invitee).where(Invitee.id.in_(called)).values(withdrawn_at=now))
    if withdrawn:
        session.execute(update(Invitee).where(Invitee.id.in_(withdrawn)).values(withdrawn_at=None))
    return {"called": withdrawn, "withdrawn": called} if called or withdrawn else {}


def _state(value: str) -> State:
    try:
        return State(value)
    except ValueError:
        raise Refused(Problem("to", mark("Ett hållet möte kan rättas till bokat eller kallat."))) from None
