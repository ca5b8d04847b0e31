"""Planning reminders, making mails of what is due, queueing sign-in links. The entry commits; nothing leaves here.

``announce`` is called by every entry that changes a meeting before it commits, and by the clock: an entry that
forgets is late, never wrong. Not here: SMTP (``delivery``), what a mail says (``letters``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import and_, delete, not_, or_, select, update
from sqlalchemy.orm import Session

from scheduler.accounts.listing import InvitationRow
from scheduler.accounts.rules import LINK_LIFE
from scheduler.errors import Refused
from scheduler.history.actions import record
from scheduler.history.rules import Actor
from scheduler.mail.digests import divide
from scheduler.mail.fanning import Going, asked
from scheduler.mail.models import JobRun, Occurrence, OutboxMail
from scheduler.mail.notices import queue_notices
from scheduler.mail.outcomes import before
from scheduler.mail.queries import rule_of, rules_of, times_of, with_forums
from scheduler.mail.retention import destroy, expire_held
from scheduler.mail.rows import insert_new, new_mail
from scheduler.mail.rules import (
    KINDS,
    OFFICE_HOURS,
    PLANNED,
    REMINDED,
    Planned,
    Stored,
    Window,
    changes,
    due,
    mail_key,
    read_window,
    wanted,
)
from scheduler.mail.substitute_notices import queue_calls
from scheduler.meetings.models import Meeting, MeetingChange
from scheduler.organisations.models import Organisation
from scheduler.settings import Settings

#: Meetings planned and rows written at a time.
CHUNK = 200
#: How long the runs of periodic jobs are remembered.
REMEMBER_RUNS = timedelta(days=90)

_SECRET = tuple(kind for kind, behaviour in KINDS.items() if behaviour.secret)


def window_of(settings: Settings | None) -> Window | None:
    """The window of the settings; office hours where they cannot be read (delivery says so, and sends nothing)."""
    try:
        return OFFICE_HOURS if settings is None else read_window(settings.mail_window)
    except Refused:
        return OFFICE_HOURS


# ---------------------------------------------------------------- planning


def announce(session: Session, now: datetime, settings: Settings | None = None) -> int:
    """Reads the changes nobody has read: plans mailings anew, queues what is told at once, ends what they outdate.

    ``settings`` None: the ordinary send window and time to undo. Returns how many changes there were. The entry calls
    it before it commits.
    """
    unread = session.scalars(
        select(MeetingChange)
        .where(MeetingChange.announced_at.is_(None))
        .order_by(MeetingChange.id)
        .with_for_update(skip_locked=True)
    ).all()
    undo_seconds = Settings.mail_undo if settings is None else settings.mail_undo
    queue_calls(session, now, undo_seconds)
    if not unread:
        return 0
    plan_meetings(session, now, {change.meeting_id for change in unread}, settings)
    queue_notices(session, now, unread, undo_seconds)
    for change in unread:
        change.announced_at = now
    session.flush()
    return len(unread)


def plan_meetings(
    session: Session, now: datetime, meeting_ids: Iterable[int], settings: Settings | None = None
) -> None:
    """Brings the mailings of meetings into line with their times, states and rules; nothing is back-dated.

    To be called, besides ``announce``, when a rule, a forum's zone or a kind's reminder has changed.
    """
    window = window_of(settings)
    ids = sorted(meeting_ids)
    for at in range(0, len(ids), CHUNK):
        _plan_chunk(session, now, ids[at : at + CHUNK], window)


def plan_coming(session: Session, now: datetime, settings: Settings | None = None) -> None:
    """As ``plan_meetings`` for every meeting to come: mends what an entry forgot."""
    coming = select(Meeting.id).where(Meeting.start_at > now, Meeting.state.in_(REMINDED))
    plan_meetings(session, now, session.scalars(coming).all(), settings)


def _plan_chunk(session: Session, now: datetime, ids: Sequence[int], window: Window | None) -> None:
    session.flush()
    meetings = session.scalars(select(Meeting).where(Meeting.id.in_(ids)).options(*with_forums())).all()
    rules = rules_of(session, meetings)
    rows: defaultdict[int, dict[int, Occurrence]] = defaultdict(dict)
    for row in session.scalars(select(Occurrence).where(Occurrence.meeting_id.in_(ids))):
        rows[row.meeting_id][row.id] = row
    new = []
    for meeting in meetings:
        own = rows[meeting.id]
        ideal = wanted(times_of(meeting), rules[meeting.id], window)
        change = changes([_stored(row) for row in own.values()], ideal, now)
        for row_id in change.dropped:
            own[row_id].state = "superseded"
        for row_id, planned in change.again:
            row = own[row_id]
            row.state, row.reason = "planned", None
            row.due_at, row.stale_at = planned.due_at, planned.stale_at
        new += [_new_occurrence(meeting.id, planned) for planned in change.new]
    session.flush()
    insert_new(session, Occurrence, new)
    _end_outdated(session, now, meetings)


def _stored(row: Occurrence) -> Stored:
    return Stored(row.id, row.state, Planned(row.kind, row.offset, row.time_rev, row.due_at, row.stale_at))


def _new_occurrence(meeting_id: int, planned: Planned) -> dict[str, Any]:
    return {
        "meeting_id": meeting_id,
        "kind": planned.kind,
        "offset": planned.offset,
        "time_rev": planned.time_rev,
        "due_at": planned.due_at,
        "stale_at": planned.stale_at,
        "state": "planned",
    }


def _end_outdated(session: Session, now: datetime, meetings: Collection[Meeting]) -> None:
    """Supersedes the waiting mails of what is moved or off; takes back those a reinstated meeting needs."""
    stands = {kind: [one.id for one in meetings if one.state in (KINDS[kind].states or ())] for kind in PLANNED}
    ids = [meeting.id for meeting in meetings]
    on = or_(*(and_(OutboxMail.kind == kind, OutboxMail.meeting_id.in_(stands[kind])) for kind in PLANNED))
    present = select(Meeting.time_rev).where(Meeting.id == OutboxMail.meeting_id).scalar_subquery()
    planned = OutboxMail.meeting_id.in_(ids) & OutboxMail.kind.in_(PLANNED)
    waiting = OutboxMail.state.in_(before("superseded"))
    freed = {"lease_token": None, "lease_until": None}
    for condition, why in ((not_(on), "meeting off"), (on & (OutboxMail.time_rev != present), "moved")):
        session.execute(
            update(OutboxMail)
            .where(planned, condition, waiting)
            .values(state="superseded", last_error=why, **freed)
            .execution_options(synchronize_session=False)
        )
    session.execute(
        update(OutboxMail)
        .where(
            planned,
            on,
            OutboxMail.time_rev == present,
            OutboxMail.state == "superseded",
            OutboxMail.last_error.in_(("meeting off", "not invited")),
            OutboxMail.sends == 0,
            OutboxMail.stale_at > now,
        )
        .values(state="pending", last_error=None, next_at=now)
        .execution_options(synchronize_session=False)
    )


# ---------------------------------------------------------------- making mails


def fan_out(session: Session, now: datetime, settings: Settings | None = None) -> int:
    """Makes one mail for each mailbox of every mailing that is due; how many mailings went out.

    Who is invited, who has answered and who wants such mails is asked now, not when it was planned; whoever wants
    digests finds it there. A mailing whose window is shut waits, one that is too old is skipped and says so.
    """
    window = window_of(settings)
    rows = session.scalars(
        select(Occurrence)
        .where(Occurrence.state == "planned", Occurrence.due_at <= now)
        .order_by(Occurrence.due_at, Occurrence.id)
        .with_for_update(skip_locked=True)
    ).all()
    ids = {row.meeting_id for row in rows}
    meetings = {
        meeting.id: meeting
        for meeting in session.scalars(select(Meeting).where(Meeting.id.in_(ids)).options(*with_forums()))
    }
    rules = rules_of(session, list(meetings.values()))
    going = []
    for row in rows:
        meeting = meetings[row.meeting_id]
        rule = rule_of(rules[meeting.id], row)
        states = KINDS[row.kind].states or ()
        if meeting.state not in states or meeting.time_rev != row.time_rev or rule is None:
            row.state = "superseded"
            continue
        verdict = due(_stored(row).planned, now, meeting.forum.time_zone, window)
        if verdict == "late":
            row.state, row.reason = "skipped", "late"
        elif verdict == "go":
            going.append(Going(row, meeting, rule))
    people = asked(session, now, going) if going else []
    zone = Settings.time_zone if settings is None else settings.time_zone
    mails = divide(session, now, people, zone) if people else []
    told = {one.going.meeting.id for one in people}
    for one in going:
        one.row.state = "fanned_out"
        one.row.reason = None if one.meeting.id in told else "nobody to write to"
    session.flush()
    insert_new(session, OutboxMail, mails)
    return len(going)


def queue_login_link(
    session: Session,
    now: datetime,
    login: str,
    link: str,
    code: str,
    language: str,
    *,
    expires_at: datetime | None = None,
    person_id: int | None = None,
) -> None:
    """Queues the mail with a sign-in link and its code; ``login`` is the address it goes to.

    ``link`` is the whole address and must lead to this installation, or the mail fails. Its text is kept no
    longer than it takes to send it. ``expires_at`` None: ten minutes from now.
    """
    row = new_mail(
        login,
        kind="login_link",
        subject=link,
        distinction="",
        person_id=person_id,
        locale=language,
        values={"link": link, "code": code},
        created_at=now,
        next_at=now,
        stale_at=expires_at or now + LINK_LIFE,
    )
    insert_new(session, OutboxMail, [row])


def queue_invitation(
    session: Session,
    now: datetime,
    invitation: InvitationRow,
    link: str,
    language: str,
) -> None:
    """Queues the mail with an invitation's link, which must lead to this installation.

    As with a sign-in link its text is kept no longer than it takes to send it.
    """
    role = invitation.role
    row = new_mail(
        invitation.login,
        kind="invitation",
        subject=f"invitation {invitation.id}",
        distinction="",
        locale=language,
        values={
            "link": link,
            "role": None if role is None else role.role,
            "forum": None if role is None else role.forum_title,
            "organisation": None if role is None else role.organisation_name,
        },
        created_at=now,
        next_at=now,
        stale_at=invitation.expires_at,
    )
    insert_new(session, OutboxMail, [row])


def withdraw_invitation(session: Session, invitation_id: int, login: str) -> None:
    """Ends the mail of an invitation whose link is dead, as far as it has not left, and forgets the link."""
    session.execute(
        update(OutboxMail)
        .where(OutboxMail.key == _invitation_key(invitation_id, login), OutboxMail.state.in_(before("superseded")))
        .values(
            state="superseded", last_error="invitation over", lease_token=None, lease_until=None, body=None, values=None
        )
        .execution_options(synchronize_session=False)
    )


def _invitation_key(invitation_id: int, login: str) -> str:
    return mail_key(f"invitation {invitation_id}", login, "invitation", "", 0)


#: How long the link to an organisation's page is worth sending when nobody waits for an answer.
ORGANISATION_LINK_LIFE = timedelta(days=7)


def organisation_mail(
    now: datetime,
    organisation: Organisation,
    link: str,
    *,
    seats: int,
    reply_to: str | None,
    answer_by_on: date | None = None,
    language: str = "sv",
) -> OutboxMail:
    """The mail with the link to an organisation's own page, not stored: to be shown before it is sent.

    ``link`` is the whole address and must lead to this installation. ``answer_by_on`` makes it the question of the
    year; ``seats`` is how many it has.
    """
    stale_at = now + ORGANISATION_LINK_LIFE
    if answer_by_on is not None:
        stale_at = max(stale_at, datetime.combine(answer_by_on, time(), UTC))
    return OutboxMail(
        **new_mail(
            organisation.contact_email or "",
            kind="seat_check",
            subject=link,
            distinction=f"{answer_by_on or ''} {now.date()}",
            locale=language,
            organisation_id=organisation.id,
            values={
                "link": link,
                "organisation": organisation.name,
                "seats": seats,
                "answer_by_on": None if answer_by_on is None else answer_by_on.isoformat(),
                "reply_to": reply_to,
            },
            created_at=now,
            next_at=now,
            stale_at=stale_at,
        )
    )


def queue_organisation_link(session: Session, mail: OutboxMail) -> bool:
    """Queues what ``organisation_mail`` made, one a day at most; False when it is there, or nobody to write to."""
    if not mail.recipient:
        return False
    if session.scalar(select(OutboxMail.id).where(OutboxMail.key == mail.key)) is not None:
        return False
    session.add(mail)
    session.flush()
    return True


# ---------------------------------------------------------------- by hand, and by the clock


def release_held(session: Session, actor: Actor, now: datetime, *, mail_ids: Collection[int]) -> int:
    """Lets held mails go on; those that have become too old end as expired. How many go."""
    mails = session.scalars(
        select(OutboxMail).where(OutboxMail.id.in_(mail_ids), OutboxMail.state == "held").with_for_update()
    ).all()
    for mail in mails:
        mail.state = "pending" if mail.stale_at > now else "expired"
        mail.next_at = now
        record(
            session, actor, now, action="mail.release", kind="outbox_mail", subject_id=mail.id,
            label=mail.subject or mail.kind, before={"state": "held"}, after={"state": mail.state},
        )  # fmt: skip
    session.flush()
    return sum(mail.state == "pending" for mail in mails)


def forget(session: Session, now: datetime, settings: Settings | None = None) -> None:
    """Deletes the text of mails whose secret has expired, the memory of old job runs and what is past its time."""
    expire_held(session, now)
    session.execute(
        update(OutboxMail)
        .where(OutboxMail.kind.in_(_SECRET), OutboxMail.stale_at <= now)
        .values(body=None, values=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(delete(JobRun).where(JobRun.at < now - REMEMBER_RUNS))
    if settings is not None:
        destroy(session, now, settings)
