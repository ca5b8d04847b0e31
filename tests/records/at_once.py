"""What two processes do at once on one database; each function runs in a process of its own."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from scheduler.db import begin_write, install_listeners
from scheduler.errors import SavedByOther, TaktError
from scheduler.history.rules import Actor
from scheduler.meetings.models import Meeting
from scheduler.records.attendance import mark
from scheduler.records.minutes import adjust, write_item
from scheduler.records.minutes_reading import minutes_of
from scheduler.records.models import Adjuster, AgendaItem


def run(work: Callable[..., Any], given: Sequence[tuple[Any, ...]]) -> list[Any]:
    """What ``work`` gives for each of ``given``, all started together, each in a process of its own."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(len(given))
    results: Any = context.Queue()
    started = [context.Process(target=_work, args=(work, barrier, results, n, args)) for n, args in enumerate(given)]
    for process in started:
        process.start()
    found = dict(results.get(timeout=60) for _ in started)
    for process in started:
        process.join(20)
    return [found[n] for n in range(len(given))]


def _work(work: Callable[..., Any], barrier: Any, results: Any, n: int, args: tuple[Any, ...]) -> None:
    try:
        results.put((n, work(barrier, *args)))
    except Exception as error:  # noqa: BLE001 - the test says what it expected
        results.put((n, repr(error)))


@contextmanager
def writing(url: str) -> Iterator[Session]:
    """A writer's session on a database, not begun; its connections are closed at the end."""
    engine = create_engine(url)
    install_listeners(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


#: Row of the list, mark, and what was seen of it.
Mark = tuple[str, str, str | None]


def mark_many(
    barrier: Any, url: str, name: str, meeting_id: int, now: datetime, marks: list[tuple[str, str, str | None]]
):
    """Marks one row after the other, each in a transaction of its own; what became of each."""
    found = []
    with writing(url) as session:
        barrier.wait(30)
        for key, choice, stamp in marks:
            begin_write(session)
            meeting = session.get_one(Meeting, meeting_id)
            try:
                mark(session, Actor(name), now, meeting, key=key, choice=choice, stamp=stamp)
                session.commit()
                found.append("saved")
            except SavedByOther:
                session.rollback()
                found.append("saved by other")
            except TaktError as error:
                session.rollback()
                found.append(str(error))
    return found


def adjust_last(
    barrier: Any, url: str, name: str, adjuster_ids: list[int], now: datetime, seen: list[str]
) -> list[str]:
    """Adjusts one protocol after the other as the last adjuster of each, each in a transaction of its own."""
    found = []
    with writing(url) as session:
        barrier.wait(30)
        for adjuster_id, text in zip(adjuster_ids, seen, strict=True):
            begin_write(session)
            try:
                adjust(session, Actor(name), now, session.get_one(Adjuster, adjuster_id), seen=text)
                session.commit()
                found.append("adjusted")
            except TaktError as error:
                session.rollback()
                found.append(str(error))
    return found


def write_one(barrier: Any, url: str, name: str, item_id: int, now: datetime, text: str) -> str:
    """Writes of one item of which nothing was written when the form was opened."""
    with writing(url) as session:
        barrier.wait(30)
        begin_write(session)
        item = session.get_one(AgendaItem, item_id)
        written = minutes_of(session, item.meeting_id)
        assert written is not None
        try:
            write_item(session, Actor(name), now, written, item, text=text, version=0)
            session.commit()
        except SavedByOther:
            return "saved by other"
    return "saved"
