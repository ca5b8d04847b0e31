"""A draft is run by a process of its own, once; what is killed leaves nothing and is taken up again."""

from __future__ import annotations

import os
import signal
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from scheduler.clock import system_clock
from scheduler.drafts import queue
from scheduler.drafts.actions import make_draft, stop_run
from scheduler.drafts.models import Draft
from scheduler.drafts.queries import board_of, draft_with_meetings
from scheduler.drafts.running import run as run_draft
from scheduler.drafts.watching import Runs
from scheduler.errors import Refused
from scheduler.history.rules import Actor

ACTOR = Actor("Sara Niemi", user_id=None)
ZONE = "Europe/Stockholm"
NAMES = ("ett", "tva", "tre")
#: Far enough ahead that nothing of it is too near to be called, whenever the tests run.
YEAR = 2031


def at(hour: int = 9) -> datetime:
    return datetime(2030, 11, 30, hour, tzinfo=UTC)


def run(*given) -> bool:
    return run_draft(*given, iterations=8)


def ask(writing, small, **given) -> int:
    given = {"year": YEAR, "scope": "all", "forum_ids": [small[name] for name in NAMES], "seconds": 2, **given}
    with writing() as session:
        return make_draft(session, ACTOR, given.pop("now", at()), **given).id


def claimed(writing, now: datetime) -> tuple[int, str] | None:
    with writing() as session:
        return queue.claim_run(session, now)


def draft_of(house, draft_id: int) -> Draft:
    with Session(house) as session:
        return session.get_one(Draft, draft_id)


def until(holds, seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.1)
    return False


def test_run_lays_every_forums_year(house, writing, small):
    draft_id = ask(writing, small)
    assert claimed(writing, at()) == (draft_id, draft_of(house, draft_id).holder)
    assert run(house, at, draft_id, draft_of(house, draft_id).holder, ZONE)
    with Session(house) as session:
        draft = draft_with_meetings(session, draft_id)
        assert (draft.state, draft.holder, draft.finished_at) == ("ready", None, at())
        assert {name: sum(row.forum_id == small[name] for row in draft.meetings) for name in NAMES} == dict.fromkeys(
            NAMES, 4
        )
        assert draft.outcome["violations"] == 0
        assert draft.outcome["unplaced"] == []
        assert {row.on.year for row in draft.meetings} == {YEAR}
        board = board_of(session, draft)
        assert board.report.is_feasible
        assert board.report.cost == draft.outcome["cost"]
        assert set(board.keys) == {row.id for row in draft.meetings}
        assert board.lacking == ()


def test_the_same_run_lays_the_same_year(house, writing, small):
    found = []
    for _time in range(2):
        draft_id = ask(writing, small, profile="even")
        _id, holder = claimed(writing, at())
        run(house, at, draft_id, holder, ZONE)
        with Session(house) as session:
            draft = draft_with_meetings(session, draft_id)
            found.append(draft.outcome["cost"])
    assert found[0] == found[1]


def test_one_run_at_a_time_for_a_year_and_secretariat(writing, small):
    ask(writing, small)
    with pytest.raises(Refused, match="räknas redan"):
        ask(writing, small)
    ask(writing, small, scope="o12")
    ask(writing, small, year=YEAR + 1)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"forum_ids": []}, "forum_ids: Välj minst ett forum"),
        ({"profile": "x"}, "profile: Välj en vägning"),
        ({"seconds": 11}, "seconds: Välj hur länge sökningen får ta"),
        ({"name": "x" * 201}, "name: "),
    ],
)
def test_what_cannot_be_run_is_refused_at_its_field(writing, small, given, said):
    with pytest.raises(Refused) as refused:
        ask(writing, small, **given)
    assert str(refused.value).startswith(said)


def test_nobody_takes_a_run_that_is_held_until_its_time_is_out(house, writing, small):
    draft_id = ask(writing, small)
    _id, first = claimed(writing, at())
    assert claimed(writing, at() + queue.HOLD - timedelta(seconds=1)) is None
    _id, second = claimed(writing, at() + queue.HOLD + timedelta(seconds=1))
    assert first != second
    # The first one wakes up and finds that it is another's by now: it stores nothing.
    assert run(house, at, draft_id, first, ZONE) is False
    assert draft_of(house, draft_id).state == "running"


def test_a_run_that_kills_its_process_again_and_again_is_given_up(house, writing, small):
    draft_id = ask(writing, small)
    now = at()
    for _time in range(queue.TRIES):
        assert claimed(writing, now) is not None
        now += queue.HOLD + timedelta(seconds=1)
    assert claimed(writing, now) is None
    assert draft_of(house, draft_id).state == "failed"
    assert claimed(writing, now + timedelta(days=1)) is None


def test_a_worker_runs_it_in_a_process_and_tells_how_it_stands(house, writing, small):
    draft_id = ask(writing, small, now=system_clock())
    child = Runs(house, system_clock, ZONE, stop=None).look()
    assert child is not None
    assert until(lambda: draft_of(house, draft_id).progress is not None)
    assert set(draft_of(house, draft_id).progress) == {"seconds", "iterations", "of", "cost", "unplaced", "proves"}
    assert child.wait(90) == 0
    assert draft_of(house, draft_id).state == "ready"


def test_a_killed_run_leaves_the_draft_as_it_was_and_is_run_again(house, writing, small):
    draft_id = ask(writing, small, now=system_clock())
    child = Runs(house, system_clock, ZONE, stop=None).look()
    assert until(lambda: draft_of(house, draft_id).progress is not None)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    with Session(house) as session:
        draft = draft_with_meetings(session, draft_id)
        assert (draft.state, draft.meetings, draft.problem, draft.outcome) == ("running", [], None, None)
    later = system_clock() + queue.HOLD + timedelta(seconds=5)
    _id, holder = claimed(writing, later)
    assert run(house, lambda: later, draft_id, holder, ZONE)
    assert draft_of(house, draft_id).state == "ready"


def test_a_stopped_run_keeps_the_best_it_had_within_a_second(house, writing, small):
    draft_id = ask(writing, small, seconds=300, now=system_clock())
    child = Runs(house, system_clock, ZONE, stop=None).look()
    assert until(lambda: (draft_of(house, draft_id).progress or {}).get("cost") is not None)
    with writing() as session:
        stop_run(session, ACTOR, system_clock(), session.get_one(Draft, draft_id))
    assert child.wait(30) == 0  # far before the 300 seconds; how far is for a benchmark to say
    with Session(house) as session:
        draft = draft_with_meetings(session, draft_id)
        assert (draft.state, len(draft.meetings)) == ("ready", 12)


def test_a_run_that_has_not_begun_is_stopped_at_once(house, writing, small):
    draft_id = ask(writing, small)
    with writing() as session:
        stop_run(session, ACTOR, at(), session.get_one(Draft, draft_id))
    assert draft_of(house, draft_id).state == "failed"
    assert claimed(writing, at()) is None
    ask(writing, small)


def test_a_deleted_draft_is_stored_by_nobody(house, writing, small):
    draft_id = ask(writing, small)
    _id, holder = claimed(writing, at())
    with writing() as session:
        session.delete(session.get_one(Draft, draft_id))
    assert run(house, at, draft_id, holder, ZONE) is False


def test_a_date_that_comes_to_be_closed_is_mended_and_the_rest_stays(house, writing, small):
    from scheduler.places.models import BlockedPeriod  # noqa: PLC0415

    draft_id = ask(writing, small)
    _id, holder = claimed(writing, at())
    run(house, at, draft_id, holder, ZONE)
    with Session(house) as session:
        before = {(row.forum_id, row.on) for row in draft_with_meetings(session, draft_id).meetings}
    closed = min(before, key=lambda place: place[1])[1]
    with writing() as session:
        session.add(BlockedPeriod(from_on=closed, to_on=closed, kind="closed", name="Strejk", hard=True))
        old = session.get_one(Draft, draft_id)
        mended = make_draft(
            session, ACTOR, at(), year=YEAR, scope="all", forum_ids=[small[name] for name in NAMES], made_from=old,
            task="mend",
        ).id  # fmt: skip
    _id, holder = claimed(writing, at())
    run(house, at, mended, holder, ZONE)
    with Session(house) as session:
        draft = draft_with_meetings(session, mended)
        after = {(row.forum_id, row.on) for row in draft.meetings}
    broken = {place for place in before if place[1] == closed}
    assert draft.outcome["violations"] == 0
    assert len(after) == len(before)
    assert before - after == broken


def test_locked_meetings_stand_when_all_else_is_reckoned_anew(house, writing, small):
    draft_id = ask(writing, small)
    _id, holder = claimed(writing, at())
    run(house, at, draft_id, holder, ZONE)
    with writing() as session:
        draft = draft_with_meetings(session, draft_id)
        pinned = draft.meetings[::5]
        for row in pinned:
            row.locked = True
        stand = {(row.forum_id, row.on, row.start) for row in pinned}
        again = make_draft(
            session, ACTOR, at(), year=YEAR, scope="all", forum_ids=[small[name] for name in NAMES], profile="even",
            made_from=draft,
        ).id  # fmt: skip
    _id, holder = claimed(writing, at())
    run(house, at, again, holder, ZONE)
    with Session(house) as session:
        rows = draft_with_meetings(session, again).meetings
        assert stand <= {(row.forum_id, row.on, row.start) for row in rows}
        assert {(row.forum_id, row.on, row.start) for row in rows if row.locked} == stand
        assert min(row.on for row in rows) >= date(YEAR, 1, 1)
