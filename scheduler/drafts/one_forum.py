"""One forum's dates without a draft: its whole year at a press, or the best days of a span to ask about.

The forum's own table answers at once, everybody else's booked meetings standing: nothing is searched and nothing stored
until somebody saves, and then only proposed meetings. Not here: years of several forums (``running``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from scheduler.drafts.deciding import Choice, choice_of
from scheduler.drafts.naming import with_names
from scheduler.drafts.problem import MEETINGS, Times, problem_of
from scheduler.drafts.remarks import Remark, remarks_of
from scheduler.drafts.seating import seats_at
from scheduler.drafts.translating import forum_key, instance_of
from scheduler.errors import Problem, Refused
from scheduler.forums.models import Forum, ForumLink
from scheduler.history.rules import Actor
from scheduler.i18n import mark
from scheduler.meetings.booking import book_meeting, move_meeting
from scheduler.meetings.fragments import Site
from scheduler.meetings.models import Meeting
from scheduler.meetings.rules import State
from scheduler.meetings.saving import all_or_nothing
from scheduler.planning import instance as form
from scheduler.planning.cells import Cells, Standing
from scheduler.planning.checker import check
from scheduler.planning.dates import DateTable
from scheduler.planning.explaining import Explanation, explain
from scheduler.planning.plan import Plan, PlannedMeeting
from scheduler.planning.tables import NEVER
from scheduler.planning.years import YearTable

#: Other days offered beside the one proposed.
OTHERS = 3
#: Meetings a year that may be asked for.
MOST = 24


@dataclass(frozen=True)
class Offer:
    """A day that may be chosen for a meeting, and what can be said of it."""

    choice: Choice
    remarks: tuple[Remark, ...]

    @property
    def value(self) -> str:
        """The day, hour and room as a form sends them back."""
        return f"{self.choice.on.isoformat()} {self.choice.start} {self.choice.room}"


@dataclass(frozen=True)
class Slot:
    """One meeting of the year: booked already, or with days to choose from, the proposed one first."""

    index: int
    offers: tuple[Offer, ...]
    booked: PlannedMeeting | None = None
    #: The meeting that is proposed already and moves to the day that is chosen.
    meeting_id: int | None = None

    @property
    def name(self) -> str:
        """Of its control in a form."""
        return f"meeting-{self.index}"


@dataclass(frozen=True)
class OneYear:
    """A forum's year by its own rules. ``explanation`` says why there is none; then there are no slots."""

    year: int
    forum: form.Forum
    slots: tuple[Slot, ...]
    explanation: Explanation | None
    instance: form.Instance
    plan: Plan

    @property
    def is_full(self) -> bool:
        """Whether nothing is left to choose."""
        return bool(self.slots) and all(slot.booked is not None for slot in self.slots)


def year_of(
    session: Session, forum: Forum, year: int, today: date, *, time_zone: str, count: int | None = None
) -> OneYear | None:
    """The best year of a forum beside what is booked; ``count`` meetings of it, None: as its cadence asks.

    None for a forum that asks for no meetings, and for one that is not in use.
    """
    times = None if count is None else {forum.id: Times(count, count, count, 365)}
    wanted = [forum.id, *_linked(session, forum.id)]
    problem = problem_of(session, year, today, time_zone=time_zone, forum_ids=wanted, times=times)
    instance = with_names(session, instance_of(problem, "balanced"))
    asked = next((one for one in instance.forums if one.id == forum_key(forum.id)), None)
    if asked is None:
        return None
    beside = _standing_of_others(instance, asked)
    table = YearTable(instance, asked, Standing(instance, beside))
    found = table.cheapest(table.rules)
    if found is None:
        return OneYear(year, asked, (), explain(instance, asked, beside), instance, beside)
    own = tuple(_laid(table, index, day) for index, day in enumerate(found[1]))
    plan = Plan((*beside.meetings, *own))
    return OneYear(year, asked, tuple(_slots(instance, asked, plan, own, problem[MEETINGS])), None, instance, plan)


def _linked(session: Session, forum_id: int) -> set[int]:
    query = select(ForumLink).where(or_(ForumLink.before_id == forum_id, ForumLink.after_id == forum_id))
    return {number for row in session.scalars(query) for number in (row.before_id, row.after_id)} - {forum_id}


def _standing_of_others(instance: form.Instance, asked: form.Forum) -> Plan:
    """What is booked of the forums it is linked to, as far as it is booked in a row from their first meeting."""
    seats = {one.id: {seat.id: seat.holder for seat in one.seats} for one in instance.forums}
    return Plan(
        tuple(
            PlannedMeeting(lock.forum, lock.index, lock.on, lock.start, lock.room, seats[lock.forum])
            for lock in instance.locked
            if lock.forum != asked.id
        )
    )


def _laid(table: YearTable, index: int, day: date) -> PlannedMeeting:
    """The meeting on a day of the year: where it is booked, where it was proposed, or at the day's best hour."""
    forum = table.forum
    lock = table.locks.get(index)
    if lock is not None:
        holders = {seat.id: seat.holder for seat in forum.seats}
        return PlannedMeeting(forum.id, index, lock.on, lock.start, lock.room, holders)
    cells = table.cells(others=True)
    d = cells.at[day]
    t, s = divmod(int(cells.cost[d].reshape(-1).argmin()), len(cells.starts))
    for before in table.instance.previous_plan:
        if before.forum == forum.id and (before.index, before.on) == (index, day) and before.start in cells.starts:
            there = cells.starts.index(before.start)
            s = there if cells.cost[d, t, there] < NEVER else s
    return PlannedMeeting(
        forum.id, index, day, cells.starts[s], cells.room_at(d, t, s), seats_at(cells, d, t, s)
    )  # fmt: skip


def _slots(
    instance: form.Instance, asked: form.Forum, plan: Plan, own: Sequence[PlannedMeeting], ids: Mapping[str, int]
) -> list[Slot]:
    standing = Standing(instance, plan)
    locked = {lock.index for lock in instance.locked if lock.forum == asked.id}
    found = []
    for meeting in own:
        meeting_id = ids.get(f"{asked.id} {meeting.index}")
        if meeting.index in locked:
            found.append(Slot(meeting.index, (), meeting, meeting_id))
            continue
        table = DateTable(standing, asked.id, meeting.index)
        places = [(meeting.on, meeting.start, meeting.room or "")]
        places += [(one.on, one.start, one.room) for one in table.best(OTHERS + 1) if one.on != meeting.on][:OTHERS]
        choices = [choice for place in places if (choice := choice_of(table, *place)) is not None]
        offers = tuple(Offer(one, tuple(_said(instance, plan, meeting, one))) for one in choices)
        found.append(Slot(meeting.index, offers, None, meeting_id))
    return found


def _moved(meeting: PlannedMeeting, choice: Choice) -> PlannedMeeting:
    seats = {f"s{seat}": None if who is None else f"p{who}" for seat, who in choice.seats.items()}
    return replace(meeting, on=choice.on, start=choice.start, room=choice.room, seats=seats)


def _said(instance: form.Instance, plan: Plan, meeting: PlannedMeeting, choice: Choice) -> list[Remark]:
    """What is for and against the day, were the meeting there."""
    moved = _moved(meeting, choice)
    # Those a remark can speak of: the forum's earlier ones, and others' on the same day.
    near = [one for one in plan.meetings if one.on == choice.on or one.forum == meeting.forum]
    before = [one for one in near if one.forum != meeting.forum or one.index < meeting.index]
    return remarks_of(instance, Plan((*before[-3:], moved)), ())[meeting.forum, meeting.index]


# ---------------------------------------------------------------- saving


@all_or_nothing
def save_dates(
    session: Session, actor: Actor, now: datetime, forum: Forum, found: OneYear, *, chosen: Mapping[str, str],
    site: Site,
) -> list[Meeting]:  # fmt: skip
    """Makes proposed meetings of what is ``chosen`` (``Slot.name`` → ``Offer.value``; "": not this one). Sends nothing.

    What is proposed already moves. Raises Refused at the slot's name.
    """
    offered = [(slot, _offer(slot, chosen.get(slot.name, ""))) for slot in found.slots if slot.booked is None]
    wanted = [(slot, offer.choice) for slot, offer in offered if offer is not None]
    if not wanted:
        raise Refused(Problem(None, mark("Välj minst ett datum")))
    _refuse_gaps(found, wanted)
    return [_save(session, actor, now, forum, found, slot, choice, site) for slot, choice in wanted]


def _offer(slot: Slot, value: str) -> Offer | None:
    """The offer of a value; None for none. Raises Refused for what is not offered, or no longer."""
    if not value:
        return None
    offer = next((one for one in slot.offers if one.value == value), None)
    if offer is None:
        raise Refused(Problem(slot.name, mark("Dagen går inte längre att välja. Välj en av dem som står här nu")))
    return offer


def _refuse_gaps(found: OneYear, wanted: Sequence[tuple[Slot, Choice]]) -> None:
    """Raises Refused where days, each possible by itself, lie too near or too far from each other."""
    if len(wanted) < sum(slot.booked is None for slot in found.slots):
        return  # Some are left out: gaps are theirs who lay the rest.
    choices = {slot.index: choice for slot, choice in wanted}
    meetings = []
    for one in found.plan.meetings:
        is_own = one.forum == found.forum.id and one.index in choices
        meetings.append(_moved(one, choices[one.index]) if is_own else one)
    report = check(found.instance, Plan(tuple(meetings)))
    before = {(one.code, one.index) for one in check(found.instance, found.plan).violations}
    problems = [
        Problem(f"meeting-{one.index}", one.message, one.values)
        for one in report.violations
        if one.forum == found.forum.id and one.index in choices and (one.code, one.index) not in before
    ]
    if problems:
        raise Refused(*problems)


def _save(
    session: Session, actor: Actor, now: datetime, forum: Forum, found: OneYear, slot: Slot, choice: Choice, site: Site
) -> Meeting:
    end = choice.start + found.forum.duration
    when: dict[str, Any] = {
        "on": choice.on, "last_on": choice.on, "start": time(*divmod(choice.start, 60)),
        "end": time(*divmod(min(end, 1439), 60)), "place_id": choice.place_id,
    }  # fmt: skip
    meeting = None if slot.meeting_id is None else session.get(Meeting, slot.meeting_id)
    if meeting is not None and meeting.state == State.PROPOSED:
        move_meeting(
            session, actor, now, meeting, version=None, site=site, check_conflicts=False, send=False, **when
        )  # fmt: skip
        return meeting
    return book_meeting(
        session, actor, now, forums=[forum], site=site, state=State.PROPOSED, check_conflicts=False, send=False,
        demo=forum.demo, **when,
    )  # fmt: skip


# ---------------------------------------------------------------- days to ask about


@dataclass(frozen=True)
class Day:
    """A day one may ask about: how many of the held seats can be filled, and how many of them by substitutes."""

    on: date
    start: int
    filled: int
    of: int
    substitutes: int


def best_days(
    session: Session, forum: Forum, first: date, last: date, today: date, *, time_zone: str, count: int,
    duration: int | None = None, without: Collection[date] = (),
) -> list[Day]:  # fmt: skip
    """The ``count`` best days of a span for the forum's seats, in order of time; days ``without`` are left out.

    Days on which the forum meets already are left out too.
    """
    found: list[tuple[int, Day]] = []
    for year in range(first.year, last.year + 1):
        times = {forum.id: Times(0, 1, MOST, 365)}
        problem = problem_of(session, year, today, time_zone=time_zone, forum_ids=[forum.id], times=times)
        instance = instance_of(problem, "balanced")
        if instance.forums:
            has = {one.on for one in (*instance.locked, *instance.previous_plan)}
            within = (max(first, date(year, 1, 1)), min(last, date(year, 12, 31)))
            found += _days(replace(instance, notice_days=1), within, {*without, *has}, duration)
    best = sorted(found, key=lambda one: (one[0], one[1].on))[:count]
    return sorted((day for _points, day in best), key=lambda day: day.on)


def _days(
    instance: form.Instance, within: tuple[date, date], without: Collection[date], duration: int | None
) -> list[tuple[int, Day]]:
    """Points and day of each possible day."""
    first, last = within
    asked = instance.forums[0]
    forum = replace(asked, duration=min(duration or asked.duration, instance.day_end - min(asked.starts)))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    days = [day for day in days if day not in without]
    cells = Cells(Standing(instance, Plan()), forum, days)
    if not cells.cost.size:
        return []
    flat = cells.cost.reshape(len(days), -1)
    at = flat.argmin(axis=1)
    least = flat[np.arange(len(days)), at]
    holders = {seat.id: seat.holder for seat in forum.seats}
    found = []
    for d, day in enumerate(days):
        if least[d] >= NEVER:
            continue
        t, s = divmod(int(at[d]), len(cells.starts))
        who = seats_at(cells, d, t, s)
        there = {seat: name for seat, name in who.items() if name is not None}
        substitutes = sum(name != holders[seat] for seat, name in there.items())
        of = sum(holder is not None for holder in holders.values())
        found.append((int(least[d]), Day(day, cells.starts[s], len(there), of, substitutes)))
    return found
