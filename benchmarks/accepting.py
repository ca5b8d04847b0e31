"""How long it takes to lay a draft of a hundred forums' year into the calendar, and how many questions that asks.

On a county of any size (``scaled``): reading the planning problem, judging the board, accepting all of a draft in one
transaction, taking that back; with the statements each sends, for all forums and for ten of them, so that what grows
with the forums is seen. The transaction is rolled back, so that a kept installation stays as it was. Goals: a problem
in 1 s, a kept board in 60 ms, some 450 meetings accepted in 10 s.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from scaled import ACTOR, Installation, arguments, county_of, installed
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session

from scheduler.db import begin_write, install_listeners
from scheduler.drafts.actions import accept, take_back
from scheduler.drafts.models import Draft, DraftForum, DraftMeeting
from scheduler.drafts.problem import problem_of
from scheduler.drafts.queries import board_of, draft_with_meetings
from scheduler.drafts.translating import instance_of, number, pack, values_of
from scheduler.meetings.actions import Site
from scheduler.planning.solver import search

FEW = 10


@contextmanager
def counting(engine: Engine) -> Iterator[list[str]]:
    """The statements sent within the block."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def measured(engine: Engine, name: str, work: Callable[[], Any], *, of: int = 0) -> Any:
    """Does it, and prints seconds, the process's own work and the statements."""
    with counting(engine) as sent:
        begun, worked = time.perf_counter(), time.process_time()
        found = work()
        taken, worked = time.perf_counter() - begun, time.process_time() - worked
    each = f", {len(sent) / of:.1f} for each" if of else ""
    print(f"  {name:34} {taken:7.2f} s {worked:7.2f} s of it work {len(sent):7} statements{each}", flush=True)
    return found


def draft_of(session: Session, installation: Installation, problem: dict[str, Any], iterations: int) -> int:
    """A draft of the problem, solved in a moment."""
    instance = instance_of(problem, "balanced")
    found = search(instance, iterations=iterations)
    draft = Draft(
        year=installation.now.year + 1, scope="all", name="Mätning", profile="balanced", seconds=2, state="ready",
        created_at=installation.now, problem=pack(problem),
        forum_rows=[DraftForum(forum_id=number(forum.id)) for forum in instance.forums],
        meetings=[DraftMeeting(**values) for values in values_of(instance, found.plan)],
    )  # fmt: skip
    session.add(draft)
    session.flush()
    return draft.id


def opened(session: Session, draft_id: int) -> Draft:
    """The draft as a page reads it."""
    draft = draft_with_meetings(session, draft_id)
    assert draft is not None  # noqa: S101 - just made
    return draft


def measure(installation: Installation, few: int | None, iterations: int, *, profiled: bool) -> None:
    """Prints a line for each thing a draft goes through; ``few``: with so many forums only."""
    settings = installation.settings
    engine = create_engine(settings.url)
    install_listeners(engine)
    site = Site(settings.public_url, settings.calendar_domain)
    today = installation.now.date()
    with Session(engine, expire_on_commit=False) as session:
        begin_write(session)

        def read(forums: list[int] | None = None) -> dict[str, Any]:
            return problem_of(
                session, today.year + 1, today, time_zone=settings.time_zone, forum_ids=forums
            )  # fmt: skip

        chosen = None
        if few is not None:
            chosen = [number(forum["id"]) for forum in read()["forums"][:few]]
            session.expunge_all()
        problem = measured(engine, "problem read from the database", lambda: read(chosen))
        draft_id = draft_of(session, installation, problem, iterations)
        session.expunge_all()
        draft = opened(session, draft_id)
        board = measured(engine, "board, first", lambda: _judged(session, draft))
        measured(engine, "board, kept", lambda: _judged(session, draft))
        print(f"  {len(board.instance.forums)} forums, {len(draft.meetings)} meetings, {len(board.lacking)} lacking")
        session.expunge_all()
        draft = opened(session, draft_id)
        profiler = cProfile.Profile()
        if profiled:
            profiler.enable()
        made = measured(
            engine, "accepted", lambda: accept(session, ACTOR, installation.now, draft, draft.meetings, site=site),
            of=len(draft.meetings),
        )  # fmt: skip
        if profiled:
            profiler.disable()
        later = installation.now + timedelta(minutes=1)
        measured(
            engine, "taken back", lambda: take_back(session, ACTOR, later, draft, draft.meetings, told=(), site=site),
            of=len(made),
        )  # fmt: skip
        session.rollback()
        if profiled:
            pstats.Stats(profiler).strip_dirs().sort_stats("cumulative").print_stats(60)
    engine.dispose()


def _judged(session: Session, draft: Draft) -> Any:
    board = board_of(session, draft)
    assert board is not None  # noqa: S101 - it has been solved
    _ = board.report, board.standing, board.remarks, board.lacking
    return board


def main() -> None:
    parser = arguments(argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None))
    parser.add_argument("--iterations", type=int, default=20, help="of the search that makes the draft")
    parser.add_argument("--profile", action="store_true", help="print where the time of accepting goes")
    asked = parser.parse_args()
    with installed(county_of(asked), asked.keep) as installation:
        print(f"with {FEW} forums")
        measure(installation, FEW, asked.iterations, profiled=False)
        print("with all forums")
        measure(installation, None, asked.iterations, profiled=asked.profile)


if __name__ == "__main__":
    main()
