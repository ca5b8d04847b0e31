"""Reading mail: the rules of meetings, what is planned, what was or would have been sent, how the sender is.

Not here: anything that changes a row (``actions``, ``outbox``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, defer, selectinload
from sqlalchemy.sql.base import ExecutableOption

from scheduler.forums.models import Forum
from scheduler.mail.messages import Shown, shown
from scheduler.mail.models import Lease, Occurrence, OutboxAttempt, OutboxMail, ReminderRule
from scheduler.mail.relay_state import relay_paused_until
from scheduler.mail.rules import PLANNED, MeetingTimes, Rule, default_rules, in_audience, mailbox, nearest
from scheduler.meetings.inherited import effective_meeting
from scheduler.meetings.invitees import InviteeRow, invitees_of
from scheduler.meetings.models import Meeting, MeetingChange, MeetingForum
from scheduler.meetings.replies import standings_of
from scheduler.meetings.reply_rules import Standing

#: Name of the lease row of those who send.
CLOCK = "clock"
WAITING = ("pending", "claimed", "transmitting", "deferred")


# ---------------------------------------------------------------- rules and plans


def with_forums() -> tuple[ExecutableOption, ...]:
    """Loads meetings together with their forums and those forums' kinds."""
    forum = selectinload(Meeting.forum_rows).joinedload(MeetingForum.forum)
    return (forum.joinedload(Forum.kind),)


def rules_of(session: Session, meetings: Collection[Meeting]) -> dict[int, tuple[Rule, ...]]:
    """The rules of all planned kinds in force for each meeting (id → rules): its own, its forum's or its kind's."""
    if not meetings:
        return {}
    forums = {meeting.forum.id: meeting.forum for meeting in meetings}
    rows = session.scalars(
        select(ReminderRule)
        .where(
            or_(
                ReminderRule.meeting_id.in_([meeting.id for meeting in meetings]),
                ReminderRule.forum_id.in_(forums),
                ReminderRule.forum_kind_id.in_({forum.kind_id for forum in forums.values()}),
            )
        )
        .order_by(ReminderRule.id)
    ).all()
    levels: dict[tuple[str, int | str], list[Rule]] = {}
    for row in rows:
        owner: tuple[str, int | str]
        if row.meeting_id is not None:
            owner = ("meeting", row.meeting_id)
        elif row.forum_id is not None:
            owner = ("forum", row.forum_id)
        else:
            owner = ("kind", row.forum_kind_id or "")
        levels.setdefault(owner, []).append(
            Rule(row.offset_n, row.offset_unit, row.send_at, row.kind, row.audience, on=row.on)
        )
    return {meeting.id: _rules_in_force(meeting, levels) for meeting in meetings}


def _rules_in_force(meeting: Meeting, levels: Mapping[tuple[str, int | str], list[Rule]]) -> tuple[Rule, ...]:
    forum, formality = meeting.forum, effective_meeting(meeting).formality
    own = [levels.get(key, ()) for key in (("meeting", meeting.id), ("forum", forum.id), ("kind", forum.kind_id))]
    kind = forum.kind
    return tuple(
        rule
        for planned in PLANNED
        for rule in nearest(planned, *own, default_rules(planned, formality, kind.reminder_n, kind.reminder_unit))
    )


def times_of(meeting: Meeting) -> MeetingTimes:
    """What planning needs of ``meeting``."""
    return MeetingTimes(
        start_at=meeting.start_at,
        on=meeting.local_on,
        zone=meeting.forum.time_zone,
        time_rev=meeting.time_rev,
        state=meeting.state,
        answer_by_on=meeting.answer_by_on,
    )


def rule_of(rules: Sequence[Rule], occurrence: Occurrence) -> Rule | None:
    """The one of a meeting's ``rules`` that plans the mailing; None when none does any more."""
    wanted = (occurrence.kind, occurrence.offset)
    return next((rule for rule in rules if (rule.kind, rule.offset) == wanted), None)


def recipients(
    rows: Sequence[InviteeRow], audience: str = "all", standings: Mapping[int, Standing] | None = None
) -> dict[str, InviteeRow]:
    """Mailbox → whom it belongs to, for those of ``rows`` in the audience who have an address; each once.

    ``standings`` (from ``replies.standings_of``) says who has answered; without it nobody has.
    """
    found: dict[str, InviteeRow] = {}
    for row in rows:
        said = (standings or {}).get(row.invitee_id or 0)
        if row.email and in_audience(audience, row.role, answered=said is not None and said.answer is not None):
            found.setdefault(mailbox(row.email), row)
    return found


@dataclass(frozen=True)
class PlannedMail:
    """A mailing to come."""

    meeting: Meeting
    kind: str
    due_at: datetime
    #: How many mailboxes would get it as things stand today.
    recipients: int


def planned_mails(
    session: Session, *, meeting_id: int | None = None, forum_ids: Collection[int] | None = None, limit: int = 20
) -> list[PlannedMail]:
    """The next mailings of a meeting, of forums (as the leading or another), or of all; the nearest first."""
    statement = (
        select(Occurrence, Meeting)
        .join(Meeting, Meeting.id == Occurrence.meeting_id)
        .where(Occurrence.state == "planned")
        .order_by(Occurrence.due_at, Occurrence.id)
        .limit(limit)
        .options(*with_forums())
    )
    if meeting_id is not None:
        statement = statement.where(Occurrence.meeting_id == meeting_id)
    if forum_ids is not None:
        statement = statement.where(_of_forums(Occurrence.meeting_id, forum_ids))
    rows = session.execute(statement).all()
    meetings = list({meeting.id: meeting for _, meeting in rows}.values())
    rules = rules_of(session, meetings)
    invited = invitees_of(session, meetings) if meetings else {}
    asking = [meeting for occurrence, meeting in rows if occurrence.kind == "chaser"]
    standings = standings_of(session, asking) if asking else {}
    found = []
    for occurrence, meeting in rows:
        rule = rule_of(rules[meeting.id], occurrence)
        boxes = recipients(invited.get(meeting.id, []), rule.audience, standings) if rule is not None else {}
        found.append(PlannedMail(meeting, occurrence.kind, occurrence.due_at, len(boxes)))
    return found


def _of_forums(column: InstrumentedAttribute[Any], forum_ids: Collection[int]) -> ColumnElement[bool]:
    return column.in_(select(MeetingForum.meeting_id).where(MeetingForum.forum_id.in_(forum_ids)))


# ---------------------------------------------------------------- mails


def mails(
    session: Session,
    *,
    meeting_id: int | None = None,
    forum_ids: Collection[int] | None = None,
    states: Collection[str] | None = None,
    kind: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Sequence[OutboxMail]:
    """Mails, newest first, their bodies read when asked for.

    ``forum_ids`` leaves out what belongs to no meeting of theirs.
    """
    return session.scalars(
        select(OutboxMail)
        .where(*_chosen(meeting_id, forum_ids, states, kind))
        .order_by(func.coalesce(OutboxMail.sent_at, OutboxMail.created_at).desc(), OutboxMail.id.desc())
        .limit(limit)
        .offset(offset)
        .options(defer(OutboxMail.body))
    ).all()


def _chosen(
    meeting_id: int | None, forum_ids: Collection[int] | None, states: Collection[str] | None, kind: str | None
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if meeting_id is not None:
        found.append(OutboxMail.meeting_id == meeting_id)
    if forum_ids is not None:
        found.append(_of_forums(OutboxMail.meeting_id, forum_ids))
    if states is not None:
        found.append(OutboxMail.state.in_(states))
    if kind is not None:
        found.append(OutboxMail.kind == kind)
    return found


def count_mails(
    session: Session,
    *,
    meeting_id: int | None = None,
    forum_ids: Collection[int] | None = None,
    kind: str | None = None,
) -> Mapping[str, int]:
    """State → how many mails are in it; states without mails are left out."""
    return _by_state(session, *_chosen(meeting_id, forum_ids, None, kind))


def _by_state(session: Session, *conditions: ColumnElement[bool]) -> dict[str, int]:
    rows = session.execute(select(OutboxMail.state, func.count()).where(*conditions).group_by(OutboxMail.state))
    return {row[0]: row[1] for row in rows}


def attempts_of(session: Session, mail_id: int) -> Sequence[OutboxAttempt]:
    """The tries of one mail, in order."""
    return session.scalars(
        select(OutboxAttempt).where(OutboxAttempt.mail_id == mail_id).order_by(OutboxAttempt.id)
    ).all()


def mail_shown(mail: OutboxMail) -> Shown | None:
    """The mail as it was, or would be, handed over; None before it is written and after its text is deleted."""
    return shown(mail.body) if mail.body is not None else None


def told_about(session: Session, change: MeetingChange) -> bool:
    """Whether a mail that knows of ``change`` has left, or may have; then it is not taken back in silence."""
    left = or_(OutboxMail.state.in_(("sent", "transmitting", "uncertain")), OutboxMail.sends > 0)
    return bool(
        session.scalar(
            select(
                select(OutboxMail.id)
                .where(OutboxMail.meeting_id == change.meeting_id, OutboxMail.dated_at >= change.at, left)
                .exists()
            )
        )
    )


# ---------------------------------------------------------------- health


@dataclass(frozen=True)
class MailHealth:
    """How sending stands (D11)."""

    #: Not yet out: in turn, or to be tried again.
    waiting: int
    retrying: int
    held: int
    #: In the last seven days.
    failed: int
    uncertain: int
    #: How late the oldest due mail or mailing is; 0 when nothing is late.
    oldest_due_seconds: int
    next_due_at: datetime | None
    #: Somebody ticks: an embedded clock or a worker.
    worker_alive: bool
    #: The relay is in trouble and left alone until then.
    relay_paused_until: datetime | None


def health(session: Session, now: datetime) -> MailHealth:
    """How sending stands at ``now``."""
    by_state = count_mails(session)
    recent = _by_state(session, OutboxMail.created_at >= now - timedelta(days=7))
    in_turn = select(func.min(OutboxMail.next_at)).where(OutboxMail.state.in_(("pending", "deferred")))
    first_mail = session.scalar(in_turn)
    first_planned = session.scalar(select(func.min(Occurrence.due_at)).where(Occurrence.state == "planned"))
    waits = [at for at in (first_mail, first_planned) if at is not None]
    alive_until = session.scalar(select(Lease.until).where(Lease.name == CLOCK))
    return MailHealth(
        waiting=sum(by_state.get(state, 0) for state in WAITING),
        retrying=by_state.get("deferred", 0),
        held=by_state.get("held", 0),
        failed=recent.get("failed", 0),
        uncertain=recent.get("uncertain", 0),
        oldest_due_seconds=max([0, *(int((now - at).total_seconds()) for at in waits)]),
        next_due_at=min(waits, default=None),
        worker_alive=alive_until is not None and alive_until > now,
        relay_paused_until=relay_paused_until(session, now),
    )
