"""From a mailing that is due to the mails of those it is for: who is asked, who wants it, who has it in a digest.

Not here: which mailings are due (``actions``), digests themselves (``digests``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.mail.choices import Wishes, choices_of
from scheduler.mail.last_look import told_lately, told_the_date
from scheduler.mail.models import Occurrence
from scheduler.mail.queries import recipients, rule_of, rules_of, with_forums
from scheduler.mail.rows import new_mail
from scheduler.mail.rules import KINDS, Rule, mailbox
from scheduler.meetings.invitees import InviteeRow, invitees_of
from scheduler.meetings.models import Meeting
from scheduler.meetings.replies import standings_of


@dataclass(frozen=True)
class Going:
    """A mailing that goes out now."""

    row: Occurrence
    meeting: Meeting
    rule: Rule


def going_of(session: Session, rows: Sequence[Occurrence]) -> list[Going]:
    """Those of the mailings whose meeting and rules still want them. A constant number of queries."""
    query = select(Meeting).where(Meeting.id.in_({row.meeting_id for row in rows})).options(*with_forums())
    meetings = {meeting.id: meeting for meeting in session.scalars(query)}
    rules = rules_of(session, list(meetings.values()))
    found = []
    for row in rows:
        meeting = meetings[row.meeting_id]
        rule = rule_of(rules[meeting.id], row)
        states = KINDS[row.kind].states or ()
        if rule is not None and meeting.state in states and meeting.time_rev == row.time_rev:
            found.append(Going(row, meeting, rule))
    return found


@dataclass(frozen=True)
class Asked:
    """Somebody a mailing is for, and what they have chosen."""

    going: Going
    invitee: InviteeRow
    wishes: Wishes


def asked(session: Session, now: datetime, going: Sequence[Going]) -> list[Asked]:
    """Whom the mailings are for as of now, each mailbox of a mailing once, less those who have stopped them.

    Whoever has lately been told that the meeting has changed is not reminded of it, and who was told its date by a poll
    is not asked to save it. A constant number of queries.
    """
    meetings = list({one.meeting.id: one.meeting for one in going}.values())
    invited = invitees_of(session, meetings)
    asking = [one.meeting for one in going if one.rule.audience == "unanswered"]
    standings = standings_of(session, asking) if asking else {}
    told = {"reminder": told_lately(session, now, [meeting.id for meeting in meetings])}
    if any(one.row.kind == "save_the_date" for one in going):
        told["save_the_date"] = told_the_date(session, meetings)
    found = [
        (one, row)
        for one in going
        for box, row in recipients(invited.get(one.meeting.id, []), one.rule.audience, standings).items()
        if (one.meeting.id, box) not in told.get(one.row.kind, ())
    ]
    wishes = choices_of(session, {row.person_id for _one, row in found if row.person_id is not None})
    asked_for = [Asked(one, row, _wishes(wishes, row)) for one, row in found]
    return [one for one in asked_for if is_wanted(one.going.row.kind, one.going.meeting, one.wishes)]


def _wishes(of_people: Mapping[int, Wishes], row: InviteeRow) -> Wishes:
    return Wishes() if row.person_id is None else of_people.get(row.person_id, Wishes())


def is_wanted(kind: str, meeting: Meeting, wishes: Wishes) -> bool:
    """Whether somebody who chose ``wishes`` gets a mail of ``kind`` about ``meeting`` at all, alone or in a digest.

    Of a joint meeting the leading forum's switch counts.
    """
    if not KINDS[kind].optional:
        return True
    return wishes.frequency != "changes" and meeting.forum.id not in wishes.stopped_forums


def mail_of(one: Asked, now: datetime) -> dict[str, Any]:
    """The mail of a mailing for one of those it is for."""
    row, meeting, invitee = one.going.row, one.going.meeting, one.invitee
    return new_mail(
        invitee.email or "",
        kind=row.kind,
        subject=meeting.uid,
        distinction=row.offset,
        revision=row.time_rev,
        person_id=invitee.person_id,
        locale=invitee.locale,
        meeting_id=meeting.id,
        time_rev=row.time_rev,
        values={"invitee_id": invitee.invitee_id},
        created_at=now,
        next_at=row.due_at,
        stale_at=row.stale_at,
    )


def in_digest(one: Asked) -> bool:
    """Whether the recipient has such mails in a digest."""
    return one.invitee.person_id is not None and one.wishes.frequency in {"daily", "weekly"}


def box_of(one: Asked) -> str:
    """The recipient's mailbox."""
    return mailbox(one.invitee.email or "")
