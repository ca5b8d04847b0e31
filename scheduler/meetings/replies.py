"""Answers to a call: giving one, and reading which counts for whom.

An answer is added and never changed; the latest counts, unless the person has since said to be away. Not here: what
is allowed (``reply_rules``); what follows of an answer (``answering``, which every entry calls).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from scheduler.clock import civil_date
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.meetings.inherited import effective_meeting
from scheduler.meetings.models import Invitee, Meeting, Reply
from scheduler.meetings.reply_rules import Answer, Call, Given, Standing, is_late, may_answer, standing
from scheduler.meetings.rules import Mode, State
from scheduler.meetings.saving import all_or_nothing, refuse
from scheduler.organisations import fields, rows
from scheduler.organisations.fields import Text
from scheduler.organisations.rules import shown_name
from scheduler.places.absences import absences_between

#: How an answer came in.
Via = Literal["page", "secretary", "link", "mail"]
#: What is written with an answer stands on pages alone, and is no reason to lose an answer that came by mail.
_FIELDS = {"comment": Text(200, mailed=False)}


def call_of(meeting: Meeting, invitee: Invitee) -> Call:
    """What decides whether an answer of ``invitee`` is taken."""
    return Call(
        state=State(meeting.state),
        start_at=meeting.start_at,
        mode=Mode(meeting.mode),
        formality=effective_meeting(meeting).formality,
        is_withdrawn=invitee.withdrawn_at is not None,
    )


def name_of(invitee: Invitee) -> str:
    """What to call somebody invited: as shown, so "ledamot" for a protected identity."""
    if invitee.person is not None:
        return shown_name(invitee.person)
    return invitee.name or (invitee.organisation.name if invitee.organisation else "")


# ---------------------------------------------------------------- giving one


@all_or_nothing
def give_reply(
    session: Session,
    actor: Actor,
    now: datetime,
    invitee: Invitee,
    *,
    answer: str,
    comment: str | None = None,
    via: Via = "page",
) -> Reply:
    """Adds an answer; one that says what counts already is not added again, and that earlier one is given back.

    Raises Refused at ``answer`` or ``comment``, or for the whole when no answer is taken (any more).
    """
    meeting = invitee.meeting
    rows.claim(session, meeting)
    rows.claim(session, invitee)
    refuse(may_answer(call_of(meeting, invitee), answer, now))
    values, problems = fields.read(_FIELDS, {"comment": comment})
    fields.refuse(problems)
    before = _standings(session, [meeting], [invitee])[invitee.id]
    latest = latest_replies(session, [meeting]).get(invitee.id)
    if latest is not None and not before.is_away and (latest.answer, latest.comment) == (answer, values["comment"]):
        return latest
    reply = Reply(answer=answer, comment=values["comment"], via=via, at=now, user_id=actor.user_id)
    invitee.replies.append(reply)
    session.flush()
    _record(session, actor, now, invitee, before=before.answer, after=Answer(answer))
    return reply


def _record(
    session: Session, actor: Actor, now: datetime, invitee: Invitee, *, before: Answer | None, after: Answer
) -> None:
    """With the meeting; what was written to the secretariat stays out, and so does a protected name."""
    meeting = invitee.meeting
    own = invitee.person is not None and invitee.person_id == actor.person_id
    record(
        session,
        replace(actor, label=name_of(invitee)) if own else actor,
        now,
        action="reply.give",
        kind="meeting",
        subject_id=meeting.id,
        label=f"{meeting.forum.title} {meeting.local_on}",
        before={"answer": before},
        after={"person": name_of(invitee), "person_id": invitee.person_id, "answer": after},
    )


# ---------------------------------------------------------------- reading


def latest_replies(session: Session, meetings: Collection[Meeting]) -> dict[int, Reply]:
    """Invitee → the latest answer given, absences left aside; those who have given none are left out. One query."""
    newest = (
        select(func.max(Reply.id))
        .join(Invitee, Invitee.id == Reply.invitee_id)
        .where(Invitee.meeting_id.in_({meeting.id for meeting in meetings}))
        .group_by(Reply.invitee_id)
    )
    return {reply.invitee_id: reply for reply in session.scalars(select(Reply).where(Reply.id.in_(newest)))}


def standings_of(session: Session, meetings: Sequence[Meeting]) -> dict[int, Standing]:
    """Invitee → how each stands who is called to one of the meetings and not withdrawn. Four queries at most."""
    return _standings(session, meetings, _called(session, meetings))


def coming_counts(session: Session, meetings: Sequence[Meeting]) -> Counter[int]:
    """Meeting → how many called ordinary members and guests say that they come. Four queries at most."""
    called = [row for row in _called(session, meetings) if row.role != "substitute"]
    found = _standings(session, meetings, called)
    return Counter(row.meeting_id for row in called if found[row.id].answer in {Answer.YES, Answer.REMOTE})


@dataclass(frozen=True)
class OwnReply:
    """A person's place on the list of a meeting, and the answer that counts."""

    invitee: Invitee
    standing: Standing


def own_replies(session: Session, person_id: int | None, meetings: Sequence[Meeting]) -> dict[int, OwnReply]:
    """Meeting → the person's own place and answer, where the person is on its list. Four queries at most."""
    if person_id is None or not meetings:
        return {}
    own = _called(session, meetings, person_id=person_id)
    found = _standings(session, meetings, own)
    return {row.meeting_id: OwnReply(row, found[row.id]) for row in own}


def _called(session: Session, meetings: Iterable[Meeting], *, person_id: int | None = None) -> Sequence[Invitee]:
    query = select(Invitee).where(
        Invitee.meeting_id.in_({meeting.id for meeting in meetings}), Invitee.withdrawn_at.is_(None)
    )
    if person_id is not None:
        query = query.where(Invitee.person_id == person_id)
    return session.scalars(query.options(joinedload(Invitee.meeting)).order_by(Invitee.id)).all()


def _standings(session: Session, meetings: Collection[Meeting], invitees: Collection[Invitee]) -> dict[int, Standing]:
    if not invitees:
        return {}
    latest = latest_replies(session, meetings)
    away = _away(session, invitees)
    return {row.id: standing(_given(latest.get(row.id), row.meeting), away.get(row.id, ())) for row in invitees}


def _given(reply: Reply | None, meeting: Meeting) -> Given | None:
    if reply is None:
        return None
    late = is_late(civil_date(reply.at, meeting.time_zone), meeting.answer_by_on)
    return Given(Answer(reply.answer), reply.at, late, reply.comment, reply.via)


def _away(session: Session, invitees: Collection[Invitee]) -> Mapping[int, list[datetime | None]]:
    """Invitee → when each absence over the meeting's day was entered."""
    days = [row.meeting.local_on for row in invitees]
    people = {row.person_id for row in invitees if row.person_id is not None}
    by_person = defaultdict(list)
    for absence in absences_between(session, people, min(days), max(days)):
        by_person[absence.person_id].append(absence)
    return {
        row.id: [
            absence.entered_at
            for absence in by_person[row.person_id or 0]
            if absence.from_on <= row.meeting.local_on <= absence.to_on
        ]
        for row in invitees
    }
