"""What is done with a date poll: making, sending, answering, choosing, closing, opening again.

Each takes hold of the poll's row first, so that two who do something at once come one after the other. Not here: what
is lawful (``rules``), mails (mail), the meeting that a choice books (``meetings.booking``).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.clock import civil_date
from scheduler.errors import Problem, Refused, SavedByOther
from scheduler.forums.models import Forum
from scheduler.forums.rules import FORUM_FIELDS
from scheduler.history.actions import record
from scheduler.history.models import HistoryEntry
from scheduler.history.rules import Actor, plain
from scheduler.i18n import mark
from scheduler.meetings import booking, steps
from scheduler.meetings.fields import READERS
from scheduler.meetings.fragments import Site
from scheduler.meetings.invitees import ROLE_OF_SEAT, seats_on
from scheduler.meetings.models import Meeting
from scheduler.meetings.rules import State as MeetingState
from scheduler.meetings.saving import all_or_nothing, refuse
from scheduler.meetings.times import Span, end_of, local_span
from scheduler.organisations import fields
from scheduler.organisations.fields import Day, Flag, Text
from scheduler.organisations.models import Person
from scheduler.organisations.rules import shown_name
from scheduler.places.models import Place
from scheduler.polls.holds import follow_holds
from scheduler.polls.models import Poll, PollInvitee, PollOption, PollSeat, PollVote
from scheduler.polls.queries import own_votes, seats_for_days, votes_of
from scheduler.polls.rules import Answer, State, may_close, may_decide, may_open, may_reopen, may_vote

_DAY = timedelta(days=1)
#: As many dates as anybody can be asked about.
MOST_DATES = 40

_READERS: Mapping[str, fields.Field] = {
    **{name: READERS[name] for name in ("title", "note", "place_id", "place_text", "mode")},
    "duration": FORUM_FIELDS["duration"],
    "answer_by_on": Day(missing=mark("Ange sista dag att svara")),
    "shows_counts": Flag(),
}
#: What is written with an answer stands on pages alone.
_MESSAGE = {"message": Text(200, mailed=False)}
_TOLD = ("title", "note", "place", "place_text", "mode", "duration", "answer_by_on", "shows_counts", "state")


@dataclass(frozen=True)
class GivenDate:
    """A date as it is typed; without an end it lasts as long as the poll says."""

    on: date
    start: time
    end: time | None = None


@dataclass(frozen=True)
class Wanted:
    """What a poll is about, as somebody fills it in."""

    dates: Sequence[GivenDate]
    answer_by_on: date | None
    duration: int
    title: str | None = None
    note: str | None = None
    place_id: int | None = None
    place_text: str | None = None
    mode: str = "on_site"
    shows_counts: bool = True
    #: Seats that must be filled on the date.
    required_seat_ids: Collection[int] = ()
    #: People who are asked besides those on the seats.
    guest_ids: Collection[int] = ()
    #: Whether the substitutes are asked too.
    asks_substitutes: bool = True


# ---------------------------------------------------------------- making one


@all_or_nothing
def create_poll(
    session: Session, actor: Actor, now: datetime, *, forum: Forum, wanted: Wanted, site: Site,
    meeting: Meeting | None = None,
) -> Poll:  # fmt: skip
    """A draft of a poll of ``forum``, asking those on its seats on the day of the first date.

    ``meeting``: the proposed meeting that the chosen date is for; None: the choice books one. Raises Refused at a field
    of ``Wanted``, dates at ``dates-N``.
    """
    if meeting is not None and meeting.state != MeetingState.PROPOSED:
        raise Refused(Problem("meeting", mark("Mötet är redan bokat.")))
    poll = Poll(
        uid=f"poll-{uuid.uuid4()}", forum=forum, meeting=meeting, time_zone=forum.time_zone, created_at=now,
        revised_at=now.replace(microsecond=0), state=State.DRAFT, version=1,
    )  # fmt: skip
    with session.no_autoflush:
        _fill(session, now, poll, wanted, site)
    session.add(poll)
    session.flush()
    _record(session, actor, now, poll, "create", before=None)
    return poll


@all_or_nothing
def edit_poll(
    session: Session, actor: Actor, now: datetime, poll: Poll, *, wanted: Wanted, version: int | None, site: Site
) -> Poll:
    """Changes a draft; whom it asks follows the seats. Raises Refused and SavedByOther."""
    before = _claim(session, poll, version)
    if poll.state != State.DRAFT:
        raise Refused(Problem(None, mark("Datumförfrågan är redan skickad.")))
    poll.options.clear()
    poll.invitees.clear()
    poll.required.clear()
    session.flush()
    _fill(session, now, poll, wanted, site)
    poll.version += 1
    session.flush()
    _record(session, actor, now, poll, "edit", before=before)
    return poll


def _fill(session: Session, now: datetime, poll: Poll, wanted: Wanted, site: Site) -> None:
    given = {name: getattr(wanted, name) for name in _READERS}
    values, problems = fields.read(_READERS, given)
    place = session.get(Place, values["place_id"]) if values.get("place_id") is not None else None
    if place is None and values.pop("place_id", None) is not None:
        problems.append(Problem("place_id", fields.CHOOSE))
    duration = values.get("duration", poll.forum.duration)  # what is wrong with it is said once, at its own field
    spans, wrong = _spans(wanted.dates, duration, poll.time_zone, now)
    problems += wrong
    today = civil_date(now, poll.time_zone)
    answer_by_on = values.get("answer_by_on")
    if answer_by_on is not None and answer_by_on < today:
        problems.append(Problem("answer_by_on", mark("Sista svarsdag kan inte ha passerat")))
    elif answer_by_on is not None and spans and answer_by_on >= min(span.on for span in spans):
        problems.append(Problem("answer_by_on", mark("Sista svarsdag behöver ligga före det första datumet")))
    fields.refuse(problems)
    values.pop("place_id", None)
    for name, value in values.items():
        setattr(poll, name, value)
    poll.place = place
    for span in spans:
        poll.options.append(
            PollOption(
                uid=f"meeting-{uuid.uuid4()}@{site.calendar_domain}", start_at=span.start_at, end_at=span.end_at,
                local_on=span.on, sequence=0,
            )
        )  # fmt: skip
    _ask(session, poll, wanted, min(span.on for span in spans))


def _spans(
    dates: Sequence[GivenDate], duration: int, time_zone: str, now: datetime
) -> tuple[list[Span], list[Problem]]:
    """The dates as instants in their order, and what is wrong with each, at ``dates-N`` by its place in the list."""
    spans: dict[int, Span] = {}
    problems = []
    if not dates:
        problems.append(Problem("dates", mark("Ange minst ett datum")))
    if len(dates) > MOST_DATES:
        problems.append(Problem("dates", mark("Fråga om högst %(most)s datum"), {"most": MOST_DATES}))
        return [], problems
    for place, given in enumerate(dates):
        try:
            span = span_of_date(given, duration, time_zone)
        except Refused as refused:
            problems += [replace(problem, field=f"dates-{place}") for problem in refused.problems]
            continue
        if span.start_at <= now:
            problems.append(Problem(f"dates-{place}", mark("Ange en tid som inte har passerat")))
        elif any(span.start_at == other.start_at for other in spans.values()):
            problems.append(Problem(f"dates-{place}", mark("Samma tid står redan i listan")))
        spans[place] = span
    return list(spans.values()), problems


def span_of_date(given: GivenDate, duration: int, time_zone: str) -> Span:
    """When a typed date is. Raises Refused as ``local_span`` does."""
    end, later = (given.end, 0) if given.end is not None else end_of(given.start, duration)
    return local_span(given.on, given.start, end, given.on + later * _DAY, time_zone)


def _ask(session: Session, poll: Poll, wanted: Wanted, on: date) -> None:
    """Whom the poll asks: those on the seats of the day, and guests. Raises Refused when that is nobody."""
    forum = poll.forum
    asked: dict[int, PollInvitee] = {}
    if not forum.invitees_per_meeting:
        for seat in seats_on(session, [forum.id], on):
            role = ROLE_OF_SEAT[seat.kind]
            if seat.person_id is None or (role == "substitute" and not wanted.asks_substitutes):
                continue
            if role not in {"ordinary", "substitute"}:
                continue
            asked[seat.person_id] = PollInvitee(
                person_id=seat.person_id, organisation_id=seat.organisation_id, role=role, seat_id=seat.seat_id, epoch=1
            )
    guests = session.scalars(
        select(Person)
        .where(Person.id.in_(set(wanted.guest_ids)), Person.merged_into_id.is_(None), Person.anonymised_at.is_(None))
        .order_by(Person.sort_key, Person.id)
    ).all()
    if len(guests) != len(set(wanted.guest_ids)):
        raise Refused(Problem("guest_ids", fields.CHOOSE))
    for guest in guests:
        if guest.id not in asked:
            asked[guest.id] = PollInvitee(
                person_id=guest.id, organisation_id=guest.organisation_id, role="guest", epoch=1
            )
    if not asked:
        raise Refused(Problem("guest_ids", mark("Välj vilka som ska frågas: ingen har en plats i forumet den dagen")))
    poll.invitees.extend(asked.values())
    known = {seat.seat_id for seat in seats_for_days(session, forum, {on})[on]}
    if not set(wanted.required_seat_ids) <= known:
        raise Refused(Problem("required_seat_ids", fields.CHOOSE))
    poll.required.extend(PollSeat(seat_id=seat_id) for seat_id in sorted(set(wanted.required_seat_ids)))


# ---------------------------------------------------------------- the steps of its life


@all_or_nothing
def open_poll(session: Session, actor: Actor, now: datetime, poll: Poll, *, version: int | None, site: Site) -> Poll:
    """Sends a draft: answers are taken, the dates stand in the calendars of those asked."""
    before = _claim(session, poll, version)
    refuse(may_open(poll.state))
    if poll.answer_by_on < civil_date(now, poll.time_zone):
        raise Refused(Problem("answer_by_on", mark("Sista svarsdag kan inte ha passerat")))
    poll.state, poll.opened_at = State.OPEN, now
    _save(session, actor, now, poll, "open", before=before, site=site)
    return poll


@all_or_nothing
def close_poll(session: Session, actor: Actor, now: datetime, poll: Poll, *, version: int | None, site: Site) -> Poll:
    """Takes no more answers; the dates stay in the calendars until one is chosen."""
    before = _claim(session, poll, version)
    refuse(may_close(poll.state))
    poll.state = State.CLOSED
    _save(session, actor, now, poll, "close", before=before, site=site)
    return poll


@all_or_nothing
def reopen_poll(
    session: Session, actor: Actor, now: datetime, poll: Poll, *, answer_by_on: date | None, version: int | None,
    site: Site,
) -> Poll:  # fmt: skip
    """Takes answers until ``answer_by_on``, included: another last day for an open poll, a new start for another."""
    before = _claim(session, poll, version)
    refuse(may_reopen(poll.state))
    values, problems = fields.read({"answer_by_on": _READERS["answer_by_on"]}, {"answer_by_on": answer_by_on})
    fields.refuse(problems)
    if values["answer_by_on"] < civil_date(now, poll.time_zone):
        raise Refused(Problem("answer_by_on", mark("Sista svarsdag kan inte ha passerat")))
    if values["answer_by_on"] >= max(option.local_on for option in poll.options):
        raise Refused(Problem("answer_by_on", mark("Sista svarsdag behöver ligga före det sista datumet")))
    kind = "extend" if poll.state == State.OPEN else "reopen"
    poll.answer_by_on, poll.state = values["answer_by_on"], State.OPEN
    _save(session, actor, now, poll, kind, before=before, site=site)
    return poll


@all_or_nothing
def drop_poll(session: Session, actor: Actor, now: datetime, poll: Poll, *, version: int | None, site: Site) -> Poll:
    """Ends a poll without a result; the answers are kept."""
    before = _claim(session, poll, version)
    refuse(may_decide(poll.state))
    poll.state = State.WITHOUT_RESULT
    _save(session, actor, now, poll, "drop", before=before, site=site)
    return poll


@all_or_nothing
def decide(
    session: Session, actor: Actor, now: datetime, poll: Poll, *, option_id: int, version: int | None, site: Site,
    override_reason: str | None = None, send: bool = True,
) -> Meeting:  # fmt: skip
    """Chooses a date: books the meeting, or confirms the proposed one on it. The answers are kept, the holds vanish.

    ``send``: whether those asked are told. Raises Refused (a clash that weighs asks for ``override_reason``) and
    SavedByOther.
    """
    before = _claim(session, poll, version)
    refuse(may_decide(poll.state))
    option = next((one for one in poll.options if one.id == option_id), None)
    if option is None:
        raise Refused(Problem("option_id", fields.CHOOSE))
    option.chosen = True
    poll.state, poll.decided_at, poll.tells_result = State.DECIDED, now, send
    meeting = _meeting_of(session, actor, now, poll, option, site, override_reason)
    poll.meeting = meeting
    _save(session, actor, now, poll, "decide", before=before, site=site)
    return meeting


def _meeting_of(
    session: Session, actor: Actor, now: datetime, poll: Poll, option: PollOption, site: Site,
    override_reason: str | None,
) -> Meeting:  # fmt: skip
    span = Span(option.start_at, option.end_at, all_day=False, time_zone=poll.time_zone)
    when: dict[str, Any] = {
        "on": span.on, "start": span.start.time(), "end": span.end.time(), "last_on": span.end.date(),
        "time_zone": poll.time_zone, "place_id": poll.place_id, "place_text": poll.place_text, "mode": poll.mode,
    }  # fmt: skip
    proposed = poll.meeting
    if proposed is None or proposed.state != MeetingState.PROPOSED:
        return booking.book_meeting(
            session, actor, now, forums=[poll.forum], site=site, title=poll.title, override_reason=override_reason,
            **when,
        )  # fmt: skip
    booking.move_meeting(
        session, actor, now, proposed, version=None, site=site, override_reason=override_reason, send=False, **when
    )
    return steps.confirm_meeting(session, actor, now, proposed, version=None, site=site)


# ---------------------------------------------------------------- answering


@all_or_nothing
def vote(
    session: Session, actor: Actor, now: datetime, invitee: PollInvitee, *, answers: Mapping[int, str],
    message: str | None = None, via: str = "link",
) -> int:  # fmt: skip
    """Adds what somebody says of some dates (date → answer); how many of them are news.

    What is not named stays as it was. Raises Refused at ``answers`` or ``message``, or for the whole when none are
    taken (any more).
    """
    poll = invitee.poll
    session.flush()
    # Shared by all who answer, held off by whoever chooses or closes: nobody answers what has just been decided.
    session.refresh(poll, with_for_update={"of": Poll, "read": True})
    session.refresh(invitee, with_for_update={"of": PollInvitee})
    refuse(may_vote(poll.state, poll.answer_by_on, civil_date(now, poll.time_zone)))
    options = {option.id for option in poll.options}
    if not set(answers) <= options or not set(answers.values()) <= set(Answer):
        raise Refused(Problem("answers", mark("Välj ett av svaren")))
    values, problems = fields.read(_MESSAGE, {"message": message})
    fields.refuse(problems)
    known = own_votes(votes_of(session, poll.id), invitee.id)
    if not answers and not known:
        raise Refused(Problem("answers", mark("Välj ett svar för minst ett datum")))
    news = {option_id: answer for option_id, answer in answers.items() if known.get(option_id) != answer}
    for option_id, answer in sorted(news.items()):
        invitee.votes.append(
            PollVote(option_id=option_id, answer=answer, at=now, via=via, user_id=actor.user_id)
        )  # fmt: skip
    told_before = {"message": invitee.message, **_counted(known)}
    invitee.answered_at, invitee.message = now, values["message"]
    session.flush()
    after = {**known, **{option_id: Answer(answer) for option_id, answer in news.items()}}
    _record_vote(
        session, actor, now, invitee, before=told_before, after={"message": invitee.message, **_counted(after)}
    )
    return len(news)


def _counted(answers: Mapping[int, Answer]) -> dict[str, str]:
    return {str(option_id): answer.value for option_id, answer in answers.items()}


def _record_vote(
    session: Session, actor: Actor, now: datetime, invitee: PollInvitee, *, before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:  # fmt: skip
    """With the poll; what was written to the secretariat stays out, and so does a protected name."""
    poll, name = invitee.poll, shown_name(invitee.person)
    if before == after:
        return
    own = invitee.person_id == actor.person_id
    dates = {str(option.id): option.local_on for option in poll.options}
    changed = sorted({dates[key] for key in after if key in dates and before.get(key) != after[key]})
    record(
        session,
        replace(actor, label=name) if own else actor,
        now,
        action="poll.vote",
        kind="poll",
        subject_id=poll.id,
        label=label_of(poll),
        before={},
        after={"person": name, "person_id": invitee.person_id, "dates": [day.isoformat() for day in changed]},
    )


# ---------------------------------------------------------------- the parts


def label_of(poll: Poll) -> str:
    """How the history names a poll."""
    return f"{poll.forum.title}: {poll.title}" if poll.title else poll.forum.title


def _claim(session: Session, poll: Poll, version: int | None) -> dict[str, Any]:
    """Takes the poll for writing, reads it anew, and gives what it says. Raises SavedByOther for another version."""
    session.flush()
    session.expire(poll)
    session.refresh(poll, with_for_update={"of": Poll})
    if version is not None and version != poll.version:
        last = session.scalars(
            select(HistoryEntry)
            .where(
                HistoryEntry.subject_kind == "poll", HistoryEntry.subject_id == poll.id,
                HistoryEntry.action != "poll.vote",
            )
            .order_by(HistoryEntry.id.desc())
            .limit(1)
        ).one_or_none()  # fmt: skip
        raise SavedByOther(last.actor, last.at.isoformat()) if last else SavedByOther("", poll.created_at.isoformat())
    return _told(poll)


def _told(poll: Poll) -> dict[str, Any]:
    told = {name: getattr(poll, name) for name in _TOLD if name != "place"}
    told["place"] = poll.place.name if poll.place else None
    told["chosen_on"] = next((option.local_on for option in poll.options if option.chosen), None)
    return {name: plain(value) for name, value in told.items()}


def _save(
    session: Session, actor: Actor, now: datetime, poll: Poll, kind: str, *, before: dict[str, Any], site: Site
) -> None:
    poll.version += 1
    session.flush()
    follow_holds(session, now, poll, site=site)
    _record(session, actor, now, poll, kind, before=before)


def _record(
    session: Session, actor: Actor, now: datetime, poll: Poll, kind: str, *, before: dict[str, Any] | None
) -> None:
    record(
        session, actor, now, action=f"poll.{kind}", kind="poll", subject_id=poll.id, label=label_of(poll),
        before=before, after=_told(poll) | ({"asked": len(poll.invitees)} if before is None else {}),
    )  # fmt: skip
