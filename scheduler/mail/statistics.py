"""How many mails of a year left and did not arrive, and how those called and asked answered: what a report counts.

Mails are deleted when they are old; what is left of them then is a count for each day and kind, without its forum
(``MailCount``). Answers stay as long as their meeting. A constant number of queries for any number of forums. Not here:
how sending stands now (``health``), words and drawings.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, case, func, literal, select
from sqlalchemy.orm import Session

from scheduler.clock import civil_date
from scheduler.mail.models import MailCount, OutboxMail
from scheduler.meetings.models import Invitee, Meeting, MeetingForum, Reply
from scheduler.meetings.reply_rules import is_late
from scheduler.meetings.rules import State
from scheduler.polls.models import Poll, PollInvitee, PollVote

#: What a kind of mail is counted as; every other is "other".
GROUPS: Mapping[str, str] = {
    "call": "calls",
    "chaser": "reminders",
    "reminder": "reminders",
    "save_the_date": "reminders",
    "poll": "polls",
    "poll_chaser": "polls",
}
#: The groups, in the order they are shown.
SHOWN = ("calls", "reminders", "polls", "other")
_SENT = frozenset({"sent"})
_FAILED = frozenset({"failed", "expired", "uncertain"})
MONTHS = range(1, 13)
#: How an answer came, in the order shown: by the link of a mail, by a mail, signed in, entered by the secretariat.
WAYS = ("link", "mail", "page", "secretary")


@dataclass(frozen=True)
class Sent:
    """Mails of one month or one forum."""

    #: Group → how many left.
    left: Mapping[str, int]
    #: How many did not arrive, as far as the mail servers said.
    failed: int = 0

    @property
    def total(self) -> int:
        """All that left."""
        return sum(self.left.values())


NOTHING = Sent({})


@dataclass(frozen=True)
class Answered:
    """Those who were called, or asked about dates, and how they answered."""

    asked: int = 0
    #: Before the answer day was over; where there was none, before the meeting.
    in_time: int = 0
    late: int = 0
    #: Those who have not answered and still can in time.
    waiting: int = 0

    @property
    def never(self) -> int:
        """Those who did not answer in time and have not since."""
        return self.asked - self.in_time - self.late - self.waiting

    @property
    def due(self) -> int:
        """Those whose answer day is over, or who have answered: what a share is of."""
        return self.asked - self.waiting

    def __add__(self, other: Answered) -> Answered:
        """Both together."""
        return Answered(
            self.asked + other.asked, self.in_time + other.in_time, self.late + other.late, self.waiting + other.waiting
        )


def group_of(kind: str) -> str:
    """What a mail is counted as."""
    return GROUPS.get(kind, "other")


# ---------------------------------------------------------------- mails


def sent_by_month(session: Session, year: int, *, forum_ids: Collection[int] | None) -> dict[int, Sent]:
    """Month → the mails made in it, in UTC as their counts are kept. Two queries at most.

    ``forum_ids``: those about meetings of these forums that are still kept; None: all mails, deleted ones too.
    """
    counts: Counter[tuple[int, str, str]] = Counter()
    month = _month(OutboxMail.created_at, [datetime(year, n, 1, tzinfo=UTC) for n in MONTHS])
    query = (
        select(month, OutboxMail.kind, OutboxMail.state, func.count())
        .where(*_made_in(year), OutboxMail.state.in_(_SENT | _FAILED))
        .group_by(month, OutboxMail.kind, OutboxMail.state)
    )
    if forum_ids is not None:
        about = select(MeetingForum.meeting_id).where(MeetingForum.forum_id.in_(forum_ids))
        query = query.where(OutboxMail.meeting_id.in_(about))
    for number, kind, state, n in session.execute(query):
        counts[number, kind, state] += n
    if forum_ids is None:
        on = _month(MailCount.on, [date(year, n, 1) for n in MONTHS])
        kept = (
            select(on, MailCount.kind, MailCount.state, func.sum(MailCount.n))
            .where(MailCount.on.between(date(year, 1, 1), date(year, 12, 31)), MailCount.state.in_(_SENT | _FAILED))
            .group_by(on, MailCount.kind, MailCount.state)
        )
        for number, kind, state, n in session.execute(kept):
            counts[number, kind, state] += int(n)
    return {number: _sent({key[1:]: n for key, n in counts.items() if key[0] == number}) for number in MONTHS}


def sent_by_forum(session: Session, year: int, forum_ids: Collection[int]) -> dict[int, Sent]:
    """Forum → the mails about its meetings that were made in the year and are still kept. One query.

    A mail about a joint meeting counts with the leading forum alone.
    """
    counts: dict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
    query = (
        select(MeetingForum.forum_id, OutboxMail.kind, OutboxMail.state, func.count())
        .join(MeetingForum, MeetingForum.meeting_id == OutboxMail.meeting_id)
        .where(
            *_made_in(year), OutboxMail.state.in_(_SENT | _FAILED), MeetingForum.position == 0,
            MeetingForum.forum_id.in_(forum_ids),
        )
        .group_by(MeetingForum.forum_id, OutboxMail.kind, OutboxMail.state)
    )  # fmt: skip
    for forum_id, kind, state, n in session.execute(query):
        counts[forum_id][kind, state] += n
    return {forum_id: _sent(found) for forum_id, found in counts.items()}


def _made_in(year: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    first, last = (datetime(n, 1, 1, tzinfo=UTC) for n in (year, year + 1))
    return OutboxMail.created_at >= first, OutboxMail.created_at < last


def _month(column: Any, firsts: list[Any]) -> ColumnElement[int]:
    """SQL for the month, by the first moment of each: the two databases cut a date in different words."""
    later = [(column >= first, literal(n, Integer)) for n, first in reversed(list(enumerate(firsts, start=1)))]
    return case(*later, else_=literal(0, Integer))


def _sent(counts: Mapping[tuple[str, str], int]) -> Sent:
    left: Counter[str] = Counter()
    for (kind, state), n in counts.items():
        if state in _SENT:
            left[group_of(kind)] += n
    return Sent(dict(left), sum(n for (_kind, state), n in counts.items() if state in _FAILED))


# ---------------------------------------------------------------- answers


@dataclass(frozen=True)
class Answers:
    """How the called of a year answered."""

    #: The leading forum → its figures.
    by_forum: Mapping[int, Answered]
    #: How the answer that counts came → how many.
    ways: Mapping[str, int]


def answers_in(session: Session, year: int, forum_ids: Collection[int], now: datetime) -> Answers:
    """The answers to the calls of the year's meetings; substitutes and those withdrawn left out. Three queries.

    ``now`` tells whose answer day is over; where there is none, an answer is in time until the meeting begins.
    """
    rows = session.execute(
        select(Meeting.id, MeetingForum.forum_id, Meeting.answer_by_on, Meeting.time_zone, Meeting.start_at)
        .join(MeetingForum, MeetingForum.meeting_id == Meeting.id)
        .where(
            MeetingForum.position == 0,
            MeetingForum.forum_id.in_(forum_ids),
            Meeting.called_at.is_not(None),
            Meeting.state != State.CANCELLED,
            Meeting.local_on.between(date(year, 1, 1), date(year, 12, 31)),
        )
    )
    called = {row.id: row for row in rows}
    expected = Invitee.meeting_id.in_(called), Invitee.withdrawn_at.is_(None), Invitee.role != "substitute"
    asked: Counter[int] = Counter()
    count = select(Invitee.meeting_id, func.count()).where(*expected).group_by(Invitee.meeting_id)
    for meeting_id, n in session.execute(count):
        asked[meeting_id] = n
    replies = (
        select(Invitee.meeting_id, Reply.invitee_id, Reply.at, Reply.via)
        .join(Invitee, Invitee.id == Reply.invitee_id)
        .where(*expected)
        .order_by(Reply.id)
    )
    first: dict[int, tuple[int, datetime]] = {}
    last_way: dict[int, str] = {}
    for meeting_id, invitee_id, at, via in session.execute(replies):
        first.setdefault(invitee_id, (meeting_id, at))
        last_way[invitee_id] = via
    late: Counter[int] = Counter()
    answered: Counter[int] = Counter()
    for meeting_id, at in first.values():
        meeting = called[meeting_id]
        answered[meeting_id] += 1
        late[meeting_id] += is_late(civil_date(at, meeting.time_zone), meeting.answer_by_on)
    by_forum: dict[int, Answered] = defaultdict(Answered)
    for meeting_id, meeting in called.items():
        n = answered[meeting_id]
        open_still = (
            now < meeting.start_at
            if meeting.answer_by_on is None
            else civil_date(now, meeting.time_zone) <= meeting.answer_by_on
        )
        waiting = asked[meeting_id] - n if open_still else 0
        by_forum[meeting.forum_id] += Answered(asked[meeting_id], n - late[meeting_id], late[meeting_id], waiting)
    return Answers(dict(by_forum), Counter(last_way.values()))


def polled_in(session: Session, year: int, forum_ids: Collection[int], now: datetime) -> dict[int, Answered]:
    """Forum → those whom its date polls asked that were opened in the year, and when they answered. One query."""
    first, last = (datetime(n, 1, 1, tzinfo=UTC) for n in (year, year + 1))
    opened = Poll.forum_id.in_(forum_ids), Poll.opened_at >= first, Poll.opened_at < last
    found: dict[int, Answered] = defaultdict(Answered)
    # None of those who have not answered, whatever its type says.
    first_vote: Any = (
        select(func.min(PollVote.at)).where(PollVote.invitee_id == PollInvitee.id).correlate(PollInvitee)
    ).scalar_subquery()
    rows = session.execute(
        select(Poll.forum_id, Poll.answer_by_on, Poll.time_zone, first_vote)
        .join(PollInvitee, PollInvitee.poll_id == Poll.id)
        .where(*opened)
    )
    for forum_id, answer_by_on, zone, at in rows:
        if at is None:
            found[forum_id] += Answered(1, waiting=int(civil_date(now, zone) <= answer_by_on))
        else:
            late = is_late(civil_date(at, zone), answer_by_on)
            found[forum_id] += Answered(1, int(not late), int(late))
    return dict(found)
