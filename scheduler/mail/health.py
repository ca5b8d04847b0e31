"""How sending stands, for the page of health and for machines that watch: the queue, the relay, what failed to arrive.

``queries.health`` has the figures of the moment; here is what explains them. Not here: the words (``web.mail_words``),
who may see it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from scheduler.forums.models import Forum
from scheduler.forums.seat_days import own_seats_on
from scheduler.mail.models import (
    IncomingMail,
    JobRun,
    Lease,
    MailCount,
    Occurrence,
    OutboxAttempt,
    OutboxMail,
    Suppression,
)
from scheduler.mail.outcomes import Stage
from scheduler.mail.queries import CLOCK, with_forums
from scheduler.mail.relay_state import RELAY
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.organisations.models import Organisation, PersonEmail
from scheduler.organisations.rules import shown_name

#: The rate of the last quarter counts where the settings know none.
_RATE_SPAN = timedelta(minutes=15)
#: So long a relay is in trouble before somebody is to be told.
ALERT_AFTER = timedelta(minutes=15)


# ---------------------------------------------------------------- the queue


@dataclass(frozen=True)
class Queue:
    """The mails that are due and have not left."""

    due: int
    #: Mails a minute at present; None: nothing has left lately and no rate is set.
    rate: float | None
    #: When the last of them will be out at that rate; None: nobody knows, or none is due.
    last_out_at: datetime | None


def queue(session: Session, now: datetime, rate: int) -> Queue:
    """How long the due mails will take. ``rate`` is the setting, mails a minute; 0: as fast as it goes. Two queries."""
    due = session.scalar(
        select(func.count())
        .select_from(OutboxMail)
        .where(OutboxMail.state.in_(("pending", "deferred", "claimed", "transmitting")), OutboxMail.next_at <= now)
    )
    a_minute: float | None = rate or None
    if not rate:
        left = session.scalar(select(func.count()).select_from(OutboxMail).where(OutboxMail.sent_at > now - _RATE_SPAN))
        a_minute = (left or 0) / (_RATE_SPAN / timedelta(minutes=1)) or None
    last = now + timedelta(minutes=due / a_minute) if due and a_minute else None
    return Queue(due or 0, a_minute, last)


@dataclass(frozen=True)
class Relay:
    """How the mail server answers."""

    #: It is left alone until then; None: it is not in trouble.
    paused_until: datetime | None
    #: The first try of the trouble that lasts; None: there is none.
    trouble_since: datetime | None
    #: When a mail was last taken.
    last_sent_at: datetime | None
    sent_today: int

    def is_alarming(self, now: datetime) -> bool:
        """Whether the trouble has lasted so long that somebody must look."""
        return self.trouble_since is not None and now - self.trouble_since >= ALERT_AFTER


def relay(session: Session, now: datetime, today: date, time_zone: str) -> Relay:
    """How the mail server has answered; ``today`` is the civil day in ``time_zone``. Three or four queries."""
    row = session.get(Lease, RELAY)
    taken = select(func.max(OutboxAttempt.at)).where(OutboxAttempt.stage == str(Stage.DONE))
    last_taken = session.scalar(taken)
    since = None
    if row is not None:
        tries = select(func.min(OutboxAttempt.at)).where(OutboxAttempt.stage != str(Stage.LOG))
        since = session.scalar(tries if last_taken is None else tries.where(OutboxAttempt.at > last_taken))
    midnight = datetime.combine(today, time(), ZoneInfo(time_zone)).astimezone(UTC)
    sent = session.scalar(
        select(func.count())
        .select_from(OutboxMail)
        .where(OutboxMail.state == "sent", OutboxMail.sent_at >= midnight, OutboxMail.sent_at <= now)
    )
    paused = row.until if row is not None and row.until > now else None
    return Relay(paused, since or (now if row is not None else None), last_taken, sent or 0)


@dataclass(frozen=True)
class Clock:
    """Whoever sends: an embedded clock or a worker."""

    alive: bool
    #: It was last seen at least until then; None: never.
    seen_until: datetime | None


def clock(session: Session, now: datetime) -> Clock:
    """Whether somebody ticks."""
    until = session.scalar(select(Lease.until).where(Lease.name == CLOCK))
    return Clock(until is not None and until > now, until)


# ---------------------------------------------------------------- days


@dataclass(frozen=True)
class MailDay:
    """How many mails made on a civil day left, and how many did not arrive."""

    on: date
    sent: int
    failed: int


#: So many days are drawn.
DAYS = 14
_SENT, _FAILED = ("sent",), ("failed", "expired", "uncertain")


def mail_days(session: Session, today: date) -> list[MailDay]:
    """The last two weeks, each day, ``today`` the last; days in UTC, as their counts are kept. Two queries."""
    first = today - timedelta(days=DAYS - 1)
    counts: defaultdict[tuple[date, str], int] = defaultdict(int)
    begin = datetime.combine(first, time(), UTC)
    # Without the time, which the two databases cut off in different words.
    rows = session.execute(
        select(OutboxMail.created_at, OutboxMail.state).where(
            OutboxMail.created_at >= begin, OutboxMail.state.in_((*_SENT, *_FAILED))
        )
    )
    for at, state in rows:
        counts[at.astimezone(UTC).date(), state] += 1
    for kept in session.scalars(select(MailCount).where(MailCount.on >= first)):
        counts[kept.on, kept.state] += kept.n
    return [
        MailDay(on, sum(counts[on, state] for state in _SENT), sum(counts[on, state] for state in _FAILED))
        for on in (first + timedelta(days=n) for n in range(DAYS))
    ]


# ---------------------------------------------------------------- addresses that bounce


@dataclass(frozen=True)
class Bouncing:
    """An address that does not take mail, whose it is and which seats that leaves unreached."""

    #: None for a protected identity.
    address: str | None
    #: "ledamot" for a protected identity; the organisation of an organisation's address.
    name: str
    person_id: int | None
    #: Of an organisation's own address.
    organisation_slug: str | None
    #: It gets no more mail until it is mended; False: it has refused, and is tried again.
    stopped: bool
    #: Since when it gets none; None: it still does.
    at: datetime | None
    #: The mail server's code: "5.1.1".
    code: str | None
    #: Forum and kind of seat, today.
    seats: tuple[tuple[Forum, str], ...]


def bouncing(session: Session, today: date, forums: Sequence[Forum], *, everything: bool) -> list[Bouncing]:
    """Addresses that bounce, of people who sit in ``forums`` today; ``everything``: of all, and of organisations.

    Five queries, and one more for ``everything``.
    """
    found = session.execute(
        select(PersonEmail, Suppression)
        .outerjoin(Suppression, Suppression.mailbox == PersonEmail.normalised)
        .where(or_(PersonEmail.bounce_state != "ok", Suppression.mailbox.is_not(None)))
        .options(joinedload(PersonEmail.person))
    ).all()
    seats = _seats(session, today, forums, {mail.person_id for mail, _row in found})
    rows = [
        Bouncing(
            address=None if mail.person.protected else mail.address,
            name=shown_name(mail.person),
            person_id=mail.person_id,
            organisation_slug=None,
            stopped=suppressed is not None,
            at=None if suppressed is None else suppressed.at,
            code=None if suppressed is None else suppressed.last_code,
            seats=tuple(seats.get(mail.person_id, ())),
        )
        for mail, suppressed in found
        if everything or mail.person_id in seats
    ]
    if everything:
        rows += _of_organisations(session)
    return sorted(rows, key=lambda row: (not row.stopped, row.name))


def _seats(
    session: Session, today: date, forums: Sequence[Forum], person_ids: Collection[int]
) -> Mapping[int, list[tuple[Forum, str]]]:
    if not person_ids:
        return {}
    by_id = {forum.id: forum for forum in forums}
    seats: defaultdict[int, list[tuple[Forum, str]]] = defaultdict(list)
    for (forum_id, _day), holders in own_seats_on(session, {(forum_id, today) for forum_id in by_id}).items():
        for holder in holders:
            if holder.person_id is not None and holder.person_id in person_ids:
                seats[holder.person_id].append((by_id[forum_id], holder.kind))
    return seats


def _of_organisations(session: Session) -> list[Bouncing]:
    rows = session.execute(
        select(Organisation, Suppression)
        .join(Suppression, Suppression.mailbox == func.lower(Organisation.contact_email))
        .where(Organisation.merged_into_id.is_(None))
    )
    return [
        Bouncing(
            address=organisation.contact_email,
            name=organisation.name,
            person_id=None,
            organisation_slug=organisation.slug,
            stopped=True,
            at=suppressed.at,
            code=suppressed.last_code,
            seats=(),
        )
        for organisation, suppressed in rows
    ]


# ---------------------------------------------------------------- mailings nobody got


@dataclass(frozen=True)
class Unsent:
    """A planned mailing that reached nobody, and why: late, or nobody to write to."""

    meeting: Meeting
    kind: str
    due_at: datetime
    reason: str


#: So far back they are told.
UNSENT_DAYS = 30


def unsent(session: Session, now: datetime, forum_ids: Collection[int] | None, *, limit: int = 20) -> list[Unsent]:
    """The mailings of the last month that reached nobody, the latest first. Three queries.

    ``forum_ids`` None: of all forums.
    """
    query = (
        select(Occurrence, Meeting)
        .join(Meeting, Meeting.id == Occurrence.meeting_id)
        .where(Occurrence.reason.is_not(None), Occurrence.state.in_(("skipped", "fanned_out")))
        .where(Occurrence.due_at > now - timedelta(days=UNSENT_DAYS), Occurrence.due_at <= now)
        .order_by(Occurrence.due_at.desc(), Occurrence.id.desc())
        .limit(limit)
        .options(*with_forums())
    )
    if forum_ids is not None:
        meetings = select(MeetingForum.meeting_id).where(MeetingForum.forum_id.in_(forum_ids))
        query = query.where(Occurrence.meeting_id.in_(meetings))
    return [Unsent(meeting, row.kind, row.due_at, row.reason or "") for row, meeting in session.execute(query)]


# ---------------------------------------------------------------- answers, and the clock's work


@dataclass(frozen=True)
class Inbox:
    """What was read from the mailbox of answers."""

    last_at: datetime | None
    #: In the last seven days.
    answers: int
    bounces: int
    #: Somebody must look at them, whenever they came.
    to_look_at: int


def inbox(session: Session, now: datetime) -> Inbox:
    """The reading of the answers' mailbox. Two queries."""
    rows = session.execute(
        select(IncomingMail.kind, func.count())
        .where(IncomingMail.at > now - timedelta(days=7))
        .group_by(IncomingMail.kind)
    )
    kinds = {row[0]: row[1] for row in rows}
    last_at, look = session.execute(
        select(func.max(IncomingMail.at), func.count().filter(IncomingMail.state == "look")).select_from(IncomingMail)
    ).one()
    return Inbox(last_at, kinds.get("reply", 0), kinds.get("bounce", 0), look)


def job_runs(session: Session) -> dict[str, datetime]:
    """Periodic work → when it was last done. One query."""
    rows = session.execute(select(JobRun.name, func.max(JobRun.at)).group_by(JobRun.name))
    return {row[0]: row[1] for row in rows}
