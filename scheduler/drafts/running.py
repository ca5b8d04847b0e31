"""One run of a draft, in a process of its own: reads the problem, searches, and writes what was found at once.

While it searches a second thread says each second how it stands, keeps the row its own and looks whether somebody
wants it to stop; nothing else is written until the end, so that a run that is killed leaves the draft as it was and is
taken up again when its hold has run out. Not here: which draft is run and by whom (``queue``), the search
(``planning``).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from scheduler.clock import Clock, civil_date
from scheduler.db import begin_write
from scheduler.drafts.models import Draft, DraftMeeting
from scheduler.drafts.problem import MEETINGS, problem_of
from scheduler.drafts.proving import MENDED, prove, seconds_for
from scheduler.drafts.queue import HOLD
from scheduler.drafts.translating import (
    instance_of,
    number,
    pack,
    plan_of,
    values_of,
    with_plan_held,
)
from scheduler.planning.checker import check
from scheduler.planning.instance import Instance
from scheduler.planning.pair import solve
from scheduler.planning.plan import Plan
from scheduler.planning.profiles import set_apart
from scheduler.planning.replanning import mend
from scheduler.planning.solver import Outcome, Progress

log = logging.getLogger("takt.drafts")

#: Seconds between two looks at the row while the search goes on.
LOOK_SECONDS = 0.2
#: Looks between two reports of how it stands.
LOOKS_A_REPORT = 4


class Lost(Exception):
    """The draft is another's by now, or gone."""


class _Watch(threading.Thread):
    """Keeps the row, tells how the run stands and hears whether it is to stop."""

    def __init__(self, engine: Engine, clock: Clock, draft_id: int, holder: str) -> None:
        super().__init__(daemon=True)
        self.engine, self.clock, self.draft_id, self.holder = engine, clock, draft_id, holder
        self.cancelled = threading.Event()
        self.ended = threading.Event()
        self.progress: Progress | None = None
        #: Whether the search has ended and its plan is being proven.
        self.proves = False

    def run(self) -> None:
        looks = 0
        while not self.ended.wait(LOOK_SECONDS):
            looks += 1
            try:
                self._look(tell=looks % LOOKS_A_REPORT == 0)
            except Lost:
                self.cancelled.set()
                return
            except Exception:
                # A database that is locked or away for a moment ends no search.
                log.exception("a run could not say how it stands")

    def _look(self, *, tell: bool) -> None:
        with Session(self.engine) as session:
            if tell:
                begin_write(session)
            draft = session.get(Draft, self.draft_id)
            if draft is None or draft.holder != self.holder:
                raise Lost
            if draft.cancel_asked:
                self.cancelled.set()
            if tell:
                draft.held_until = self.clock() + HOLD
                if self.progress is not None:
                    draft.progress = told(self.progress) | {"proves": self.proves}
                session.commit()


def told(progress: Progress) -> dict[str, Any]:
    """How a run stands, as it is stored."""
    return {
        "seconds": round(progress.seconds, 1), "iterations": progress.iterations, "of": progress.of,
        "cost": progress.cost, "unplaced": progress.unplaced,
    }  # fmt: skip


def run(
    engine: Engine, clock: Clock, draft_id: int, holder: str, time_zone: str, *, iterations: int | None = None
) -> bool:
    """Runs the draft and stores what came of it; False when it was another's by then, and nothing stored.

    It searches as long as the draft says, or does ``iterations``.
    """
    with Session(engine) as session:
        draft = session.get(Draft, draft_id)
        if draft is None or draft.holder != holder:
            return False
        today = civil_date(clock(), time_zone)
        problem = _problem(session, draft, today, time_zone)
        instance = instance_of(problem, draft.profile)
        before = plan_of(instance, draft.made_from.meetings) if draft.made_from is not None else None
        earlier = [plan_of(instance, one.meetings) for one in _earlier(session, draft)]
        task, seed = draft.task, draft.seed
        seconds = None if iterations is not None else draft.seconds
        limit = MENDED if task == "mend" else seconds_for(draft.seconds)
    watch = _Watch(engine, clock, draft_id, holder)
    watch.start()
    try:
        plan, unplaced = (
            _mended(instance, before, seed)
            if task == "mend" and before is not None
            else _searched(instance, seed, seconds, iterations, earlier, watch)
        )
        watch.proves = True
        proof = _proof(instance, plan, limit, iterations, watch)
    finally:
        watch.ended.set()
        watch.join()
    return _store(engine, clock, draft_id, holder, problem, instance, plan, unplaced, proof)


def _problem(session: Session, draft: Draft, today: date, time_zone: str) -> dict[str, Any]:
    """The year as the register has it now, what the draft it is made from locks standing where it is."""
    forum_ids = [row.forum_id for row in draft.forum_rows]
    problem = problem_of(session, draft.year, today, time_zone=time_zone, forum_ids=forum_ids)
    if draft.made_from is None:
        return problem
    instance = instance_of(problem, draft.profile)
    plan = plan_of(instance, draft.made_from.meetings)
    stay = {(row.forum_id, row.on) for row in draft.made_from.meetings if row.locked}
    locked = [(one.forum, one.index) for one in plan.meetings if (number(one.forum), one.on) in stay]
    held = with_plan_held(problem, plan, locked)
    # What is to differ has the habits for its wish, not the plan it is to differ from.
    return held | {"previous_plan": problem["previous_plan"]} if draft.task == "other" else held


def _earlier(session: Session, draft: Draft) -> list[Draft]:
    """The drafts whose dates are to be others': the one it was made from, and those made from it before."""
    if draft.task != "other" or draft.made_from is None:
        return []
    beside = select(Draft).where(
        Draft.made_from_id == draft.made_from_id, Draft.task == "other", Draft.id < draft.id, Draft.state == "ready"
    )
    return [draft.made_from, *session.scalars(beside.order_by(Draft.id))]


def _searched(
    instance: Instance, seed: int, seconds: float | None, iterations: int | None, earlier: list[Plan], watch: _Watch
) -> tuple[Plan, tuple[str, ...]]:
    def hear(progress: Progress) -> None:
        watch.progress = progress

    def search(asked: Instance, another: int, part: int = 1) -> Outcome:
        return solve(
            asked, seed=seed + another, seconds=None if seconds is None else max(1.0, seconds / part),
            iterations=iterations, progress=hear, is_cancelled=watch.cancelled.is_set,
        )  # fmt: skip

    found = search(instance, 0)
    if not earlier or watch.cancelled.is_set():
        return found.plan, found.unplaced
    plan = set_apart(
        instance, found.plan, found.unplaced, earlier, lambda asked, attempt: search(asked, attempt + 1, 4)
    )
    had = {meeting.forum for meeting in plan.meetings}
    return plan, tuple(forum.id for forum in instance.forums if forum.id not in had and forum.min_meetings)


def _proof(instance: Instance, plan: Plan, seconds: float, iterations: int | None, watch: _Watch) -> dict[str, Any]:
    """What is proven of the plan in so many seconds, or in as many rounds as the search had."""
    report = check(instance, plan)
    if iterations is not None:
        return prove(instance, report, seconds=1e6, iterations=iterations, is_cancelled=watch.cancelled.is_set)
    return prove(instance, report, seconds=seconds, is_cancelled=watch.cancelled.is_set)


def _mended(instance: Instance, before: Plan, seed: int) -> tuple[Plan, tuple[str, ...]]:
    """The plan before with what broke laid anew; what is booked counts as published."""
    booked = [(one.forum, one.index) for one in instance.locked]
    # Forums whose problem has no room for what they had are laid from nothing.
    able = {forum.id: forum.max_meetings for forum in instance.forums}
    kept = Plan(tuple(one for one in before.meetings if one.index < able.get(one.forum, 0)))
    found = mend(replace(instance), kept, published=booked, seed=seed)
    return found.plan, found.unplaced


def _store(
    engine: Engine, clock: Clock, draft_id: int, holder: str, problem: dict[str, Any], instance: Instance, plan: Plan,
    unplaced: tuple[str, ...], proof: dict[str, Any],
) -> bool:  # fmt: skip
    """Checks the plan by the checker, which shares no code with what made it, and stores all of it at once."""
    report = check(instance, plan)
    with Session(engine) as session:
        begin_write(session)
        draft = session.get(Draft, draft_id, with_for_update=True)
        if draft is None or draft.holder != holder or draft.state != "running":
            return False
        ids = problem[MEETINGS]
        locked = {(one.forum, one.index) for one in instance.locked}
        draft.meetings = [
            DraftMeeting(
                **values,
                locked=(one.forum, one.index) in locked,
                meeting_id=ids.get(f"{one.forum} {one.index}"),
            )
            for one, values in zip(plan.meetings, values_of(instance, plan), strict=True)
        ]
        draft.problem = pack(problem)
        draft.outcome = {
            "cost": report.cost,
            "terms": report.terms,
            "violations": len(report.violations),
            "unplaced": sorted(number(one) for one in unplaced),
            **proof,
        }
        draft.state, draft.finished_at = "ready", clock()
        draft.holder = draft.held_until = None
        draft.version += 1
        session.commit()
    return True


def give_up(engine: Engine, clock: Callable[[], datetime], draft_id: int, holder: str) -> None:
    """Says that a run failed; the draft stays with what it had."""
    with Session(engine) as session:
        begin_write(session)
        draft = session.get(Draft, draft_id, with_for_update=True)
        if draft is not None and draft.holder == holder:
            draft.state, draft.finished_at = "failed", clock()
            draft.holder = draft.held_until = None
            draft.version += 1
            session.commit()
