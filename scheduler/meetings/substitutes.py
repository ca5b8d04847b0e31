"""Substitutes of a called meeting: how each ordinary seat stands, whom to ask next, asking, passing on, answers.

The rows of ``SubstituteCall`` are the chain; who comes next and who is passed over is derived each time, from the
forum's calling-in order, the answers and the absences. Not here: what decides (``substitute_rules``), what a cancelled
or moved meeting does to the chain (``substitute_calls``), mails.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from scheduler.errors import Problem, Refused
from scheduler.forums.models import Forum
from scheduler.forums.seats import Calling, SeatHolder, calling_of_all, decided_orders
from scheduler.history.rules import SYSTEM, Actor
from scheduler.i18n import mark
from scheduler.meetings.models import Invitee, Meeting, MeetingForum, SubstituteCall
from scheduler.meetings.replies import name_of, standings_of
from scheduler.meetings.reply_rules import UNANSWERED, Answer, Standing
from scheduler.meetings.rules import State
from scheduler.meetings.saving import all_or_nothing
from scheduler.meetings.substitute_calls import calls_of, set_state, tell_call
from scheduler.meetings.substitute_rules import (
    COMING,
    LIVE,
    Asked,
    CallState,
    Candidate,
    Cover,
    Line,
    Skip,
    choosable,
    count_covered,
    cover_of,
    line_of,
    needs_substitute,
    state_after,
)
from scheduler.organisations import rows

_NOT_NOW = mark("Ersättare kallas in till ett möte som är kallat och inte har börjat.")
_NOT_A_SEAT = mark("Platsen finns inte på mötet.")
_NO_NEED = mark("Platsen behöver ingen ersättare.")
_ASKED_ALREADY = mark("Någon är redan frågad för platsen.")
_NOBODY_LEFT = mark("Ingen är kvar att fråga för platsen.")
_NOT_FREE = mark("Den ersättaren kan inte frågas för platsen.")
_OVER = mark("Frågan är redan besvarad eller återkallad.")


@dataclass(frozen=True)
class SeatLine:
    """An ordinary seat of a called meeting, and its chain of substitutes."""

    seat: SeatHolder
    #: Who is called for it; None: it is vacant, or its holder is not on the list.
    invitee: Invitee | None
    #: The holder's answer; None: the seat is vacant.
    standing: Standing | None
    #: The calls of the seat, as they were asked.
    chain: tuple[SubstituteCall, ...]
    line: Line
    #: Seats of substitutes that are personal for this one, and those on its own list.
    personal: frozenset[int]
    own_list: frozenset[int]
    #: The forum has decided a calling-in order that holds for the seat.
    decided: bool

    @property
    def seat_id(self) -> int:
        """The seat."""
        return self.seat.seat_id

    @property
    def title(self) -> str | None:
        """Whose seat it is: its organisation, else its label; None without either."""
        return self.seat.organisation_name or self.seat.label or self.seat.group

    @property
    def holder(self) -> str | None:
        """Who holds it, as shown; None: it is vacant."""
        return name_of(self.invitee) if self.invitee is not None else self.seat.person_name

    @property
    def live(self) -> SubstituteCall | None:
        """The call that stands."""
        return next((call for call in self.chain if call.state in LIVE), None)

    @cached_property
    def cover(self) -> Cover:
        """How the seat stands."""
        live = None if self.live is None else CallState(self.live.state)
        return cover_of(self.standing, live, anybody_left=self.line.next is not None)

    @property
    def choosable(self) -> tuple[Candidate, ...]:
        """Whom the holder may send."""
        return choosable(self.line, personal=self.personal, own_list=self.own_list, decided=self.decided)


# ---------------------------------------------------------------- reading


def seat_lines(session: Session, meeting: Meeting) -> list[SeatLine]:
    """The ordinary seats of a called meeting in their order; none before the call, or for a list chosen by hand.

    A person with several seats counts for the one they are called for. A dozen queries, for any number of seats.
    """
    if meeting.called_at is None:
        return []
    listed = [row for row in meeting.invitees if row.withdrawn_at is None]
    if not any(row.seat_id is not None for row in listed):
        return []
    named = select(Invitee).where(Invitee.meeting_id == meeting.id).options(joinedload(Invitee.person))
    session.scalars(named).all()  # all names at once, not one by one as they are shown
    standings = standings_of(session, [meeting])
    by_person: dict[int | None, Invitee] = {row.person_id: row for row in listed if row.person_id is not None}
    calls = calls_of(session, [meeting.id])
    asked = [Asked(call.seat_id, call.person_id, CallState(call.state)) for call in calls]
    found: dict[int, SeatLine] = {}
    for forum in meeting.forums:
        orders = decided_orders(session, forum.id)
        for calling in calling_of_all(session, forum.id, meeting.local_on):
            seat = calling.seat
            invitee = by_person.get(seat.person_id)
            if seat.seat_id in found or (invitee is not None and invitee.seat_id != seat.seat_id):
                continue
            found[seat.seat_id] = SeatLine(
                seat=seat,
                invitee=invitee,
                standing=_standing_of(seat, invitee, standings),
                chain=tuple(call for call in calls if call.seat_id == seat.seat_id),
                line=line_of(seat.seat_id, _candidates(calling, by_person, standings), asked),
                personal=frozenset(
                    row.seat_id for row in calling.substitutes if row.personal_for_seat_id == seat.seat_id
                ),
                own_list=frozenset(row.seat_id for row in calling.substitutes if _same_list(row, seat)),
                decided=any(
                    order.seat_id == seat.seat_id or (order.seat_id is None and order.group in {None, seat.group})
                    for order in orders
                ),
            )
    return list(found.values())


def _standing_of(seat: SeatHolder, invitee: Invitee | None, standings: Mapping[int, Standing]) -> Standing | None:
    if invitee is not None:
        return standings.get(invitee.id, UNANSWERED)
    return None if seat.person_id is None else UNANSWERED


def _same_list(substitute: SeatHolder, seat: SeatHolder) -> bool:
    if seat.group is not None:
        return substitute.group == seat.group
    return seat.organisation_id is not None and substitute.organisation_id == seat.organisation_id


def _candidates(
    calling: Calling, by_person: Mapping[int | None, Invitee], standings: Mapping[int, Standing]
) -> list[Candidate]:
    found = []
    for row in calling.substitutes:
        if row.person_id is None:
            continue
        invitee = by_person.get(row.person_id)
        found.append(
            Candidate(
                person_id=row.person_id,
                name=row.person_name or "",
                seat_id=row.seat_id,
                organisation_name=row.organisation_name,
                is_called=invitee is not None,
                has_own_seat=invitee is not None and invitee.role != "substitute",
                standing=UNANSWERED if invitee is None else standings.get(invitee.id, UNANSWERED),
            )
        )
    return found


def seats_covered(lines: Sequence[SeatLine]) -> tuple[int, int]:
    """How many seats are covered, and how many of these by a substitute."""
    return count_covered({line.seat_id: line.cover for line in lines})


def seats_without_anybody(session: Session, meetings: Sequence[Meeting]) -> dict[int, int]:
    """Meeting → how many of its seats have a holder who does not come and no call that stands; those with any.

    A handful of queries for any number of meetings, and so without asking who could be called in.
    """
    if not meetings:
        return {}
    standings = standings_of(session, meetings)
    asked = {
        (call.meeting_id, call.seat_id)
        for call in calls_of(session, [one.id for one in meetings])
        if call.state in LIVE
    }
    query = select(Invitee.id, Invitee.meeting_id, Invitee.seat_id).where(
        Invitee.id.in_(standings), Invitee.role == "ordinary", Invitee.seat_id.is_not(None)
    )
    found: dict[int, int] = {}
    for invitee_id, meeting_id, seat_id in session.execute(query):
        if needs_substitute(standings[invitee_id]) and (meeting_id, seat_id) not in asked:
            found[meeting_id] = found.get(meeting_id, 0) + 1
    return found


def live_call_of(session: Session, meeting_id: int, person_id: int | None) -> SubstituteCall | None:
    """The call that stands of a substitute to a meeting. One query."""
    if person_id is None:
        return None
    return session.scalars(
        select(SubstituteCall).where(
            SubstituteCall.meeting_id == meeting_id,
            SubstituteCall.person_id == person_id,
            SubstituteCall.state.in_(LIVE),
        )
    ).one_or_none()


# ---------------------------------------------------------------- what the secretariat does


@all_or_nothing
def ask_substitute(
    session: Session, actor: Actor, now: datetime, meeting: Meeting, *, seat_id: int, person_id: int | None = None
) -> SubstituteCall:
    """Asks the next substitute of a seat, or ``person_id`` of those who are free, to serve at the meeting.

    Raises Refused at ``seat_id`` when the seat is covered, somebody is asked or nobody is left, and at ``person_id``
    for somebody who cannot be asked.
    """
    _open(session, meeting, now)
    line = next((line for line in seat_lines(session, meeting) if line.seat_id == seat_id), None)
    if line is None:
        raise Refused(Problem("seat_id", _NOT_A_SEAT))
    if line.live is not None:
        raise Refused(Problem("seat_id", _ASKED_ALREADY))
    if line.cover not in {Cover.OPEN, Cover.EMPTY}:
        raise Refused(Problem("seat_id", _NO_NEED))
    return _ask(session, actor, now, meeting, line, person_id)


@all_or_nothing
def pass_on(
    session: Session, actor: Actor, now: datetime, meeting: Meeting, call: SubstituteCall
) -> SubstituteCall | None:
    """Waits no longer for an answer and asks the next in line; the new call, None when nobody is left."""
    _open(session, meeting, now)
    rows.claim(session, call)
    if call.meeting_id != meeting.id or call.state != CallState.WAITING:
        raise Refused(Problem(None, _OVER))
    set_state(session, actor, now, meeting, call, CallState.EXPIRED)
    return _ask_next(session, actor, now, meeting, call.seat_id)


@all_or_nothing
def withdraw_call(session: Session, actor: Actor, now: datetime, meeting: Meeting, call: SubstituteCall) -> None:
    """Takes a call back; whoever has had the question, or has said yes, is told."""
    _open(session, meeting, now)
    rows.claim(session, call)
    if call.meeting_id != meeting.id or call.state not in LIVE:
        raise Refused(Problem(None, _OVER))
    set_state(session, actor, now, meeting, call, CallState.WITHDRAWN, why="hand")


# ---------------------------------------------------------------- what follows of an answer


def follow_answer(
    session: Session,
    actor: Actor,
    now: datetime,
    invitee: Invitee,
    *,
    answer: Answer,
    substitute_id: int | None = None,
) -> None:
    """Moves the chains that an answer just given concerns: the one of the holder's seat, or the substitute's own call.

    ``substitute_id``: whom a holder who says no sends. Raises Refused at ``substitute`` when that is nobody they may.
    Call it with the meeting claimed, as ``replies.give_reply`` leaves it.
    """
    meeting = invitee.meeting
    if invitee.role == "substitute":
        _answered(session, actor, now, meeting, invitee, answer)
        return
    if invitee.seat_id is None:
        return
    if answer in COMING:
        for call in calls_of(session, [meeting.id]):
            if call.seat_id == invitee.seat_id and call.state in LIVE:
                set_state(session, actor, now, meeting, call, CallState.WITHDRAWN, why="holder")
    elif answer is Answer.NO:
        if substitute_id is not None:
            _send(session, actor, now, meeting, invitee, substitute_id)
        elif meeting.forum.substitutes_automatic:
            _ask_next(session, SYSTEM, now, meeting, invitee.seat_id)


def _answered(
    session: Session, actor: Actor, now: datetime, meeting: Meeting, invitee: Invitee, answer: Answer
) -> None:
    calls = calls_of(session, [meeting.id])
    own = [call for call in calls if call.person_id == invitee.person_id]
    call = next((one for one in own if one.state in LIVE), None)
    if call is None:
        # A late answer still helps, where nobody else has been asked and the holder does not come.
        call = next((one for one in reversed(own) if one.state == CallState.EXPIRED), None)
        if call is None or not _still_open(session, meeting, call):
            return
    after = state_after(CallState(call.state), answer)
    if after == call.state:
        if answer in COMING:
            call.answer, call.answered_at = answer, now
        return
    call.answer, call.answered_at = answer, now
    set_state(session, actor, now, meeting, call, after)
    if after is CallState.DECLINED and meeting.forum.substitutes_automatic:
        _ask_next(session, SYSTEM, now, meeting, call.seat_id)


def _still_open(session: Session, meeting: Meeting, call: SubstituteCall) -> bool:
    line = next((line for line in seat_lines(session, meeting) if line.seat_id == call.seat_id), None)
    return line is not None and line.live is None and needs_substitute(line.standing)


def _send(
    session: Session, actor: Actor, now: datetime, meeting: Meeting, invitee: Invitee, substitute_id: int
) -> None:
    line = next((line for line in seat_lines(session, meeting) if line.seat_id == invitee.seat_id), None)
    if line is not None and line.live is not None and line.live.person_id == substitute_id:
        return
    if line is None or line.live is not None or substitute_id not in {one.person_id for one in line.choosable}:
        raise Refused(Problem("substitute", _NOT_FREE))
    _ask(session, actor, now, meeting, line, substitute_id)


def ask_automatically(session: Session, now: datetime) -> int:
    """Asks the next substitute for every seat whose holder does not come, where the forum wants that; how many.

    For what no answer sets going: an absence that was entered, a substitute who is away, a list brought up to date. A
    vacant seat waits for the secretariat's word.
    """
    query = (
        select(Meeting)
        .join(MeetingForum, (MeetingForum.meeting_id == Meeting.id) & (MeetingForum.position == 0))
        .join(Forum, Forum.id == MeetingForum.forum_id)
        .where(Meeting.state == State.CALLED, Meeting.start_at > now, Forum.substitutes_automatic)
        .order_by(Meeting.id)
    )
    asked = 0
    for meeting in session.scalars(query).all():
        rows.claim(session, meeting)
        if not _is_open(meeting, now):
            continue
        waiting = [
            line.seat_id
            for line in seat_lines(session, meeting)
            # Whoever took a question back does not want it asked again by the clock.
            if line.cover is Cover.OPEN and line.holder and not (line.chain and line.chain[-1].why == "hand")
        ]
        # Each is asked with the ones before it known: one substitute is asked for one seat.
        asked += sum(_ask_next(session, SYSTEM, now, meeting, seat_id) is not None for seat_id in waiting)
    return asked


# ---------------------------------------------------------------- the parts


def _is_open(meeting: Meeting, now: datetime) -> bool:
    return meeting.state == State.CALLED and meeting.start_at > now


def _open(session: Session, meeting: Meeting, now: datetime) -> None:
    rows.claim(session, meeting)
    if not _is_open(meeting, now):
        raise Refused(Problem(None, _NOT_NOW))


def _ask_next(
    session: Session, actor: Actor, now: datetime, meeting: Meeting, seat_id: int | None
) -> SubstituteCall | None:
    """Asks whoever is next for the seat, where it needs somebody and anybody is left."""
    line = next((line for line in seat_lines(session, meeting) if line.seat_id == seat_id), None)
    if line is None or line.cover is not Cover.OPEN:
        return None
    return _ask(session, actor, now, meeting, line, None)


def _ask(
    session: Session, actor: Actor, now: datetime, meeting: Meeting, line: SeatLine, person_id: int | None
) -> SubstituteCall:
    free = {one.person_id: one for one in line.line.free}
    # Somebody who has not answered once may be asked again by name.
    again = {one.person_id: one for one, why in line.line.skipped if why is Skip.NO_ANSWER}
    chosen = line.line.next if person_id is None else free.get(person_id) or again.get(person_id)
    if chosen is None:
        raise Refused(Problem("seat_id", _NOBODY_LEFT) if person_id is None else Problem("person_id", _NOT_FREE))
    call = SubstituteCall(
        meeting_id=meeting.id,
        seat_id=line.seat_id,
        person_id=chosen.person_id,
        substitute_seat_id=chosen.seat_id,
        position=len(line.chain) + 1,
        asked_at=now,
        asked_by=actor.label[:200],
        state=CallState.WAITING,
    )
    session.add(call)
    session.flush()
    tell_call(session, actor, now, meeting, call)
    return call
