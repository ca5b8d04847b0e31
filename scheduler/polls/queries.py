"""Reading date polls: lists, whom one asks, which answers count, what each date gives.

A constant number of queries for any number of dates and people. Not here: the matching (``rules``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from scheduler.forums.inherited import effective
from scheduler.forums.models import Forum
from scheduler.forums.rules import OrderEntry, SubstituteSeat, calling_order, quorum_needed
from scheduler.forums.seat_days import seat_holders_on
from scheduler.forums.seats import SeatHolder, decided_orders_of
from scheduler.meetings.belonging import meeting_ids_of_person
from scheduler.meetings.invitees import ROLE_OF_SEAT
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.organisations.models import PersonEmail
from scheduler.polls.models import Poll, PollInvitee, PollOption, PollVote
from scheduler.polls.rules import UNDECIDED, Answer, OptionResult, PollSeatFacts, State, best, cover

_DAY = timedelta(days=1)

#: (Somebody asked, a date) → the answer that counts.
Votes = Mapping[tuple[int, int], Answer]


def poll_by_id(session: Session, poll_id: int) -> Poll | None:
    """The poll with its dates, whom it asks and its forum read."""
    query = (
        select(Poll)
        .where(Poll.id == poll_id)
        .options(
            joinedload(Poll.forum).joinedload(Forum.kind),
            joinedload(Poll.place),
            joinedload(Poll.meeting),
            selectinload(Poll.options),
            selectinload(Poll.required),
            selectinload(Poll.invitees).joinedload(PollInvitee.person),
            selectinload(Poll.invitees).joinedload(PollInvitee.organisation),
        )
    )
    return session.scalars(query).one_or_none()


def label_of(poll: Poll) -> str:
    """How the history names a poll."""
    return f"{poll.forum.title}: {poll.title}" if poll.title else poll.forum.title


# ---------------------------------------------------------------- lists


@dataclass(frozen=True)
class PollRow:
    """A poll in a list."""

    poll: Poll
    dates: int
    asked: int
    answered: int


def polls_for_list(
    session: Session, *, forum_ids: Collection[int] | None = None, states: Collection[str] | None = None,
    limit: int | None = None,
) -> list[PollRow]:  # fmt: skip
    """The polls of some forums (None: all), in order of their last day, the latest first. One query."""
    dates = select(func.count()).where(PollOption.poll_id == Poll.id).correlate(Poll).scalar_subquery()
    asked = select(func.count()).where(PollInvitee.poll_id == Poll.id).correlate(Poll).scalar_subquery()
    answered = (
        select(func.count())
        .where(PollInvitee.poll_id == Poll.id, PollInvitee.answered_at.is_not(None))
        .correlate(Poll)
        .scalar_subquery()
    )
    query = (
        select(Poll, dates, asked, answered)
        .where(*_of_forums(forum_ids))
        .options(joinedload(Poll.forum), joinedload(Poll.meeting))
        .order_by(Poll.answer_by_on.desc(), Poll.id.desc())
        .limit(limit)
    )
    if states is not None:
        query = query.where(Poll.state.in_(states))
    return [PollRow(*row) for row in session.execute(query)]


def undecided(forum_ids: Collection[int] | None = None) -> Select[int]:
    """The question how many polls of some forums (None: all) wait for answers or for a choice."""
    return select(func.count()).select_from(Poll).where(Poll.state.in_(UNDECIDED), *_of_forums(forum_ids))


class AskedDate(NamedTuple):
    """A day that an undecided poll asks about."""

    forum_id: int
    poll_id: int
    on: date


def asked_dates(
    session: Session, first: date, last: date, *, forum_ids: Collection[int] | None = None
) -> list[AskedDate]:
    """The days in first–last, both included, that the undecided polls of forums (None: all) ask about. One query."""
    query = (
        select(Poll.forum_id, Poll.id, PollOption.local_on)
        .join(PollOption, PollOption.poll_id == Poll.id)
        .where(Poll.state.in_(UNDECIDED), PollOption.local_on.between(first, last), *_of_forums(forum_ids))
        .distinct()
        .order_by(PollOption.local_on, Poll.id)
    )
    return [AskedDate(*row) for row in session.execute(query)]


def poll_ids_of_forums(session: Session, forum_ids: Collection[int]) -> set[int]:
    """The polls of some forums, whatever their state. One query."""
    return set(session.scalars(select(Poll.id).where(Poll.forum_id.in_(forum_ids))))


def _of_forums(forum_ids: Collection[int] | None) -> list[ColumnElement[bool]]:
    return [] if forum_ids is None else [Poll.forum_id.in_(forum_ids)]


def poll_of_meeting(session: Session, meeting_id: int) -> Poll | None:
    """The latest poll that a meeting's date is asked in, or was chosen in. One query."""
    query = select(Poll).where(Poll.meeting_id == meeting_id).order_by(Poll.id.desc()).limit(1)
    return session.scalars(query).one_or_none()


def unreachable(session: Session, poll: Poll) -> set[int]:
    """Those asked who have no address to write to. One query."""
    asked = {invitee.person_id for invitee in poll.invitees}
    query = select(PersonEmail.person_id).where(PersonEmail.person_id.in_(asked), PersonEmail.main)
    return asked - set(session.scalars(query))


def open_polls_of_person(session: Session, person_id: int, *, with_dates: bool = False) -> Sequence[PollInvitee]:
    """Where the person is asked and answers may be taken, the nearest last day first. One query, two with the dates."""
    query = (
        select(PollInvitee)
        .join(Poll)
        .where(PollInvitee.person_id == person_id, Poll.state == State.OPEN)
        .options(joinedload(PollInvitee.poll).joinedload(Poll.forum))
        .order_by(Poll.answer_by_on, Poll.id)
    )
    if with_dates:
        query = query.options(joinedload(PollInvitee.poll).selectinload(Poll.options))
    return session.scalars(query).all()


# ---------------------------------------------------------------- answers


def votes_of(session: Session, poll_id: int) -> Votes:
    """The answers of a poll that count: of each person and date the latest. One query."""
    newest = (
        select(func.max(PollVote.id))
        .join(PollInvitee, PollInvitee.id == PollVote.invitee_id)
        .where(PollInvitee.poll_id == poll_id)
        .group_by(PollVote.invitee_id, PollVote.option_id)
    )
    rows = session.execute(
        select(PollVote.invitee_id, PollVote.option_id, PollVote.answer).where(PollVote.id.in_(newest))
    )
    return {(invitee_id, option_id): Answer(answer) for invitee_id, option_id, answer in rows}


def own_votes(votes: Votes, invitee_id: int) -> dict[int, Answer]:
    """Date → what somebody says of it."""
    return {option_id: answer for (who, option_id), answer in votes.items() if who == invitee_id}


def counts_of(poll: Poll, votes: Votes) -> dict[int, Counter[Answer | None]]:
    """Date → how many say what; None: how many of those asked have said nothing."""
    found: dict[int, Counter[Answer | None]] = {option.id: Counter() for option in poll.options}
    for option in poll.options:
        for invitee in poll.invitees:
            found[option.id][votes.get((invitee.id, option.id))] += 1
    return found


def clashes_of_person(session: Session, person_id: int, options: Sequence[PollOption]) -> dict[int, list[Meeting]]:
    """Date → the booked meetings at the same time that the person is invited to. A constant number of queries."""
    if not options:
        return {}
    days = [option.local_on for option in options]
    # A meeting over several days may have begun before, in a zone where the day is another.
    ids = meeting_ids_of_person(session, person_id, first=min(days) - 31 * _DAY, last=max(days) + _DAY)
    query = (
        select(Meeting)
        .where(
            Meeting.id.in_(ids),
            Meeting.state.in_(("confirmed", "called")),
            Meeting.start_at < max(option.end_at for option in options),
            Meeting.end_at > min(option.start_at for option in options),
        )
        .options(selectinload(Meeting.forum_rows).joinedload(MeetingForum.forum).selectinload(Forum.names))
        .order_by(Meeting.start_at, Meeting.id)
    )
    meetings = session.scalars(query).all()
    return {
        option.id: [one for one in meetings if one.start_at < option.end_at and option.start_at < one.end_at]
        for option in options
    }


# ---------------------------------------------------------------- what each date gives


@dataclass(frozen=True)
class PollResult:
    """All that the answers so far say."""

    votes: Votes
    #: In order of time.
    options: tuple[OptionResult, ...]
    best: OptionResult | None

    def of(self, option_id: int) -> OptionResult:
        """What one date gives."""
        return next(result for result in self.options if result.option_id == option_id)


def result_of(session: Session, poll: Poll) -> PollResult:
    """What each date of the poll gives as things stand. Six queries at most, for any number of dates and people."""
    votes = votes_of(session, poll.id)
    counts = counts_of(poll, votes)
    required = {row.seat_id for row in poll.required}
    plans = seats_for_days(session, poll.forum, {option.local_on for option in poll.options}, required)
    settings = effective(poll.forum)
    person_of = {invitee.id: invitee.person_id for invitee in poll.invitees}
    by_option: dict[int, dict[int, Answer]] = defaultdict(dict)
    for (invitee_id, option_id), answer in votes.items():
        by_option[option_id][person_of[invitee_id]] = answer
    results = []
    for option in poll.options:
        seats = plans[option.local_on]
        results.append(
            OptionResult(
                option_id=option.id,
                start_at=option.start_at,
                coverage=cover(seats, by_option[option.id]),
                seats=len(seats),
                quorum=quorum_needed(settings.quorum_rule, settings.quorum_number, len(seats)) if seats else None,
                counts=counts[option.id],
            )
        )
    return PollResult(votes, tuple(results), best(results))


def seats_for_days(
    session: Session, forum: Forum, days: Collection[date], required: Collection[int] = ()
) -> dict[date, tuple[PollSeatFacts, ...]]:
    """Day → the seats of the forum that a meeting then wants filled, in order, and who may fill them. Five queries.

    None for a forum whose guests are chosen each time.
    """
    if forum.invitees_per_meeting or not days:
        return dict.fromkeys(days, ())
    plans = seat_holders_on(session, {(forum.id, day) for day in days})
    holders = {day: plans[forum.id, day] for day in days}
    owners = {seat.via_forum_id or seat.forum_id for seats in holders.values() for seat in seats}
    orders = decided_orders_of(session, owners)
    known: dict[tuple[tuple[int, int | None], ...], tuple[PollSeatFacts, ...]] = {}
    found = {}
    for day, seats in holders.items():
        key = tuple((seat.seat_id, seat.person_id) for seat in seats)
        if key not in known:
            known[key] = _facts(seats, orders, required)
        found[day] = known[key]
    return found


def _facts(
    seats: Sequence[SeatHolder], orders: Mapping[int, list[OrderEntry]], required: Collection[int]
) -> tuple[PollSeatFacts, ...]:
    substitutes: dict[int, list[SeatHolder]] = defaultdict(list)
    for seat in seats:
        if ROLE_OF_SEAT[seat.kind] == "substitute" and seat.person_id is not None:
            substitutes[seat.via_forum_id or seat.forum_id].append(seat)
    by_seat: dict[int, list[SeatHolder]] = {}
    for seat in seats:
        if ROLE_OF_SEAT[seat.kind] == "ordinary" and (seat.person_id is not None or seat.is_vacant):
            by_seat.setdefault(seat.seat_id, []).append(seat)
    names = _names(by_seat)
    found = []
    for seat_id, rows in by_seat.items():
        owner = rows[0].via_forum_id or rows[0].forum_id
        offered = {row.seat_id: row for row in substitutes[owner]}
        order = calling_order(
            seat_id,
            rows[0].group,
            [
                SubstituteSeat(row.seat_id, row.group, row.personal_for_seat_id, row.position)
                for row in offered.values()
            ],
            orders.get(owner, []),
        )
        found.append(
            PollSeatFacts(
                seat_id=seat_id,
                name=names[seat_id],
                holders=tuple(row.person_id for row in rows if row.person_id is not None),
                substitutes=tuple(
                    person for number in order if (person := offered[number].person_id) is not None
                ),
                required=seat_id in required,
            )
        )  # fmt: skip
    return tuple(found)


def _names(by_seat: Mapping[int, Sequence[SeatHolder]]) -> dict[int, str]:
    """Seat → whom it is for: its label or organisation; where several are the same, with who sits on it."""
    plain = {
        seat_id: rows[0].label or rows[0].organisation_name or rows[0].group or f"{rows[0].position}"
        for seat_id, rows in by_seat.items()
    }
    alike = Counter(plain.values())
    return {
        seat_id: f"{name} ({by_seat[seat_id][0].person_name})"
        if alike[name] > 1 and by_seat[seat_id][0].person_name
        else name
        for seat_id, name in plain.items()
    }
