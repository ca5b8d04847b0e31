"""What those called need to take part: food and allergies, accessibility. Asked where the forum wants it.

Sensitive data (GDPR article 9): only the meeting's secretariat reads it, as a list of the meeting; it stands in no
history, feed, export or mail, and is deleted seven days after the meeting (spec domain §7).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.meetings.models import Invitee, InviteeNeeds, Meeting
from scheduler.meetings.publishing import label_of
from scheduler.meetings.replies import name_of
from scheduler.organisations import fields
from scheduler.organisations.fields import Text

#: How long after the end of a meeting what people need is kept.
KEPT = timedelta(days=7)
_FIELDS: Mapping[str, Text] = {"food": Text(200, mailed=False), "access": Text(200, mailed=False)}


@dataclass(frozen=True)
class Needs:
    """What somebody called needs; None: nothing special."""

    food: str | None = None
    access: str | None = None

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.food or self.access)


def asks_needs(meeting: Meeting) -> bool:
    """Whether those called to the meeting are asked what they need."""
    return any(forum.asks_needs for forum in meeting.forums)


def needs_of(session: Session, invitee_id: int) -> Needs:
    """What somebody called has said. One query."""
    row = session.get(InviteeNeeds, invitee_id)
    return Needs() if row is None else Needs(row.food, row.access)


def set_needs(session: Session, actor: Actor, now: datetime, invitee: Invitee, needs: Needs) -> None:
    """Keeps what the invitee needs; nothing takes away what was there. Raises Refused at ``food`` or ``access``.

    Does nothing where the forum does not ask. History says that it was changed, never what.
    """
    if not asks_needs(invitee.meeting):
        return
    values, problems = fields.read(_FIELDS, {"food": needs.food, "access": needs.access})
    fields.refuse(problems)
    wanted = Needs(values["food"], values["access"])
    row = session.get(InviteeNeeds, invitee.id)
    if wanted == (Needs() if row is None else Needs(row.food, row.access)):
        return
    if not wanted and row is not None:
        session.delete(row)
    elif row is None:
        session.add(InviteeNeeds(invitee_id=invitee.id, food=wanted.food, access=wanted.access, at=now))
    else:
        row.food, row.access, row.at = wanted.food, wanted.access, now
    session.flush()
    record(
        session, actor, now, action="needs.set", kind="meeting", subject_id=invitee.meeting_id,
        label=label_of(invitee.meeting), after={"person": name_of(invitee), "person_id": invitee.person_id},
    )  # fmt: skip


@dataclass(frozen=True)
class NeedsRow:
    """One line of the meeting's list."""

    name: str
    organisation_name: str | None
    needs: Needs


def needs_list(session: Session, meeting: Meeting) -> list[NeedsRow]:
    """Who needs what of those called and not withdrawn, as they stand on the list. One query."""
    query = (
        select(InviteeNeeds, Invitee)
        .join(Invitee, Invitee.id == InviteeNeeds.invitee_id)
        .where(Invitee.meeting_id == meeting.id, Invitee.withdrawn_at.is_(None))
        .options(joinedload(Invitee.person), joinedload(Invitee.organisation))
        .order_by(Invitee.id)
    )
    return [
        NeedsRow(
            name_of(invitee), invitee.organisation.name if invitee.organisation else None, Needs(row.food, row.access)
        )
        for row, invitee in session.execute(query)
    ]


def forget_needs(session: Session, now: datetime) -> int:
    """Deletes what was needed at meetings that ended seven days ago or more; how many lines."""
    over = select(Invitee.id).join(Meeting, Meeting.id == Invitee.meeting_id).where(Meeting.end_at <= now - KEPT)
    gone = session.scalars(
        delete(InviteeNeeds)
        .where(InviteeNeeds.invitee_id.in_(over))
        .returning(InviteeNeeds.invitee_id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(gone)
