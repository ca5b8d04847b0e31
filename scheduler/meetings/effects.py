"""Looking at what a step may touch: where forums stand, and who can come to their coming meetings.

One look before a step and one after it, in the same transaction, give what it changes (``effect_rules.compare``); so
what is shown beforehand is reckoned by what will reckon it afterwards. A constant number of queries for any number of
meetings. Not here: taking the step.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from scheduler.forums.models import Forum
from scheduler.forums.rotation import leads_of
from scheduler.forums.seats import SeatHolder
from scheduler.meetings.cadence import standings
from scheduler.meetings.effect_rules import ForumLook, Look, MeetingLook, quorum_needed
from scheduler.meetings.inherited import effective_meeting
from scheduler.meetings.invitees import circles_of
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.meetings.replies import standings_of
from scheduler.meetings.reply_rules import Answer, Standing
from scheduler.places.absences import absences_between

#: So far ahead the meetings are looked at.
AHEAD = timedelta(days=366)


def look(session: Session, forums: Sequence[Forum], now: datetime, today: date, *, lead_on: date | None = None) -> Look:
    """The forums, and their booked and called meetings of the year to come; ``lead_on``: when who leads (today)."""
    found = standings(session, forums, today)
    leads = leads_of(session, forums, lead_on or today)
    return Look(
        forums={
            forum.id: ForumLook(
                status=found[forum.id].evaluation.status,
                reason=found[forum.id].evaluation.reason,
                call_by=found[forum.id].evaluation.call_by,
                lead=None if (lead := leads[forum.id]) is None else lead.person_name or lead.organisation_name,
            )
            for forum in forums
        },
        meetings=_meetings(session, [forum.id for forum in forums], now),
    )


def _meetings(session: Session, forum_ids: Collection[int], now: datetime) -> Mapping[int, MeetingLook]:
    query = (
        select(Meeting)
        .where(
            Meeting.id.in_(select(MeetingForum.meeting_id).where(MeetingForum.forum_id.in_(forum_ids))),
            Meeting.state.in_(("confirmed", "called")),
            Meeting.start_at > now,
            Meeting.start_at <= now + AHEAD,
        )
        .order_by(Meeting.start_at, Meeting.id)
        .options(selectinload(Meeting.forum_rows).joinedload(MeetingForum.forum).joinedload(Forum.kind))
        .options(selectinload(Meeting.invitees), joinedload(Meeting.place))
        .execution_options(populate_existing=True)
    )
    meetings = session.scalars(query).all()
    if not meetings:
        return {}
    circles = circles_of(session, meetings)
    called = [meeting for meeting in meetings if meeting.called_at is not None]
    answers = standings_of(session, called) if called else {}
    people = {seat.person_id for circle in circles.values() for seat in circle.seats if seat.person_id is not None}
    days = [meeting.local_on for meeting in meetings]
    away = absences_between(session, people, min(days), max(days))
    return {
        meeting.id: _of_meeting(
            meeting,
            circles[meeting.id].seats,
            _unable(meeting, answers)
            | {absence.person_id for absence in away if absence.from_on <= meeting.local_on <= absence.to_on},
        )
        for meeting in meetings
    }


def _unable(meeting: Meeting, answers: Mapping[int, Standing]) -> set[int]:
    """Those called who have said that they cannot come."""
    return {
        row.person_id
        for row in meeting.invitees
        if row.person_id is not None and row.id in answers and answers[row.id].answer is Answer.NO
    }


def _of_meeting(meeting: Meeting, seats: Sequence[SeatHolder], unable: Collection[int]) -> MeetingLook:
    ordinary = [seat for seat in seats if seat.kind == "ordinary"]
    filled = [seat.person_id for seat in ordinary if seat.person_id is not None]
    substitutes = {seat.person_id for seat in seats if seat.kind == "substitute" and seat.person_id is not None}
    settings = effective_meeting(meeting)
    return MeetingLook(
        forum_id=meeting.forum.id,
        on=meeting.local_on,
        seats=len(ordinary),
        filled=len(filled),
        able=sum(person_id not in unable for person_id in filled),
        substitutes=len(substitutes - set(filled) - set(unable)),
        needed=quorum_needed(settings.quorum_rule, settings.quorum_number, len(ordinary)),
    )
