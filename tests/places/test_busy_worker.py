"""The worker reads people's own calendars: when they are due, once, outside any transaction, and after the mails."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from scheduler import jobs
from scheduler.db import begin_write
from scheduler.history.rules import Actor
from scheduler.ical.busy import BusySpan, Reading
from scheduler.jobs import CALENDARS_A_ROUND, PERIODIC, Worker
from scheduler.organisations.models import Person
from scheduler.outbound import Validators
from scheduler.places.busy import add_source, remove_source
from scheduler.places.busy_models import BusySource, BusyTime
from scheduler.places.busy_reading import Found
from scheduler.places.busy_rules import next_reading
from scheduler.settings import Settings
from tests.conftest import FakeClock, open_engine
from tests.https_server import HttpsServer, reply
from tests.organisations.making import person

URL = "https://kalender.example.com/private-7f3a9c/basic.ics"
CALENDAR = (
    b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261207T080000Z\nDURATION:PT1H\nEND:VEVENT\n"
    b"BEGIN:VEVENT\nDTSTART:20261208T080000Z\nDURATION:PT1H\n"
    b"ATTENDEE;PARTSTAT=DECLINED:mailto:anna.ek@region.example\nEND:VEVENT\nEND:VCALENDAR\n"
)


@pytest.fixture
def engine(database_url) -> Iterator[Engine]:
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def server() -> Iterator[HttpsServer]:
    with HttpsServer(lambda _asked: reply(CALENDAR, ETag='"1"')) as server:
        yield server


def worker(engine: Engine, clock: FakeClock, server: HttpsServer, tmp_path: Path, **given: object) -> Worker:
    return Worker(engine, Settings(instance=tmp_path, **given), clock, (), server.network)


def add(engine: Engine, clock: FakeClock, *urls: str) -> int:
    """Anna's calendars; gives her id."""
    with Session(engine) as session:
        begin_write(session)
        anna = person(session, "Anna Ek", email="anna.ek@region.example")
        for url in urls or (URL,):
            add_source(session, Actor("Anna"), clock(), anna, Found(Reading(()), Validators()), name="Outlook", url=url)
        session.commit()
        return anna.id


def stored(engine: Engine) -> list[tuple[datetime, str | None, int]]:
    """When each calendar last answered, its failure and how many times it has."""
    with Session(engine) as session:
        times = session.scalars(select(BusyTime.source_id)).all()
        rows = session.scalars(select(BusySource).order_by(BusySource.id))
        return [(row.checked_at, row.failure, times.count(row.id)) for row in rows]


def test_calendar_is_read_when_it_is_due_and_then_six_hours_later(engine, clock, server, tmp_path):
    added = clock()
    add(engine, clock)
    mine = worker(engine, clock, server, tmp_path)
    mine.run_due()
    assert server.asked == []
    clock.move(hours=7)
    read_at = clock()
    mine.run_due()
    mine.run_due()
    assert len(server.asked) == 1
    # What Anna has said no to does not count.
    assert stored(engine) == [(read_at, None, 1)]
    server.answer = lambda _asked: reply(status="304 Not Modified")
    clock.move(hours=7)
    mine.run_due()
    assert [asked.headers.get("if-none-match") for asked in server.asked] == [None, '"1"']
    assert stored(engine) == [(clock(), None, 1)]
    with Session(engine) as session:
        row = session.scalars(select(BusySource)).one()
        assert (row.created_at, row.fetched_at, row.next_at) == (added, read_at, next_reading(row.id, clock()))


def test_failure_is_noted_and_tried_again(engine, clock, server, tmp_path):
    add(engine, clock)
    mine = worker(engine, clock, server, tmp_path)
    clock.move(hours=7)
    mine.run_due()
    read_at = clock()
    server.answer = lambda _asked: reply(b"", "503 Later")
    clock.move(hours=7)
    mine.run_due()
    assert stored(engine) == [(read_at, "answer", 1)]
    clock.move(minutes=29)
    mine.run_due()
    assert len(server.asked) == 2
    server.answer = lambda _asked: reply(CALENDAR)
    clock.move(minutes=1)
    mine.run_due()
    assert stored(engine) == [(clock(), None, 1)]
    assert not mine.failed


def test_two_workers_read_each_calendar_once(engine, clock, server, tmp_path):
    urls = [f"{URL}?{n}" for n in range(4)]
    add(engine, clock, *urls)
    clock.move(hours=8)
    workers = [worker(engine, clock, server, tmp_path) for _n in range(2)]
    threads = [threading.Thread(target=each.run_due) for each in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(asked.path[-1] for asked in server.asked) == ["0", "1", "2", "3"]
    assert [count for _at, _failure, count in stored(engine)] == [1, 1, 1, 1]


def test_round_reads_a_few_and_the_next_one_the_rest(engine, clock, server, tmp_path):
    add(engine, clock, *(f"{URL}?{n}" for n in range(5)))
    clock.move(hours=8)
    mine = worker(engine, clock, server, tmp_path)
    mine.run_due()
    assert len(server.asked) == CALENDARS_A_ROUND
    mine.run_due()
    assert len(server.asked) == 5


def test_no_transaction_is_open_while_a_calendar_is_read(engine, clock, server, tmp_path):
    anna = add(engine, clock)

    def answer(_asked):
        with Session(engine) as session:
            begin_write(session)
            row = session.scalars(select(BusySource)).one()
            remove_source(session, Actor("Anna"), clock(), session.get_one(Person, anna), row)
            session.commit()
        return reply(CALENDAR)

    server.answer = answer
    clock.move(hours=7)
    mine = worker(engine, clock, server, tmp_path)
    mine.run_due()
    # It was taken away meanwhile: nothing of it comes back.
    assert (stored(engine), mine.failed) == ([], False)
    with Session(engine) as session:
        assert session.scalars(select(BusySource.id).where(BusySource.person_id == anna)).all() == []


def test_mails_go_first(engine, clock, server, tmp_path, monkeypatch):
    add(engine, clock)
    clock.move(hours=7)
    order = []
    deliver = jobs.deliver
    monkeypatch.setattr(jobs, "deliver", lambda *a, **k: (order.append("mail"), deliver(*a, **k))[1])
    server.answer = lambda _asked: (order.append("calendar"), reply(CALENDAR))[1]
    worker(engine, clock, server, tmp_path).run_due()
    assert order == ["mail", "calendar"]


@pytest.mark.parametrize("how", ["closed", "stopped"])
def test_nothing_is_fetched_on_a_closed_network_or_by_a_worker_that_stops(engine, clock, server, tmp_path, how):
    add(engine, clock)
    clock.move(hours=7)
    mine = worker(engine, clock, server, tmp_path, busy_import=how != "closed")
    if how == "stopped":
        mine.stop.set()
    mine.run_due()
    assert server.asked == []


def test_log_tells_nothing_of_an_address(engine, clock, server, tmp_path, caplog):
    add(engine, clock)
    server.answer = lambda _asked: reply(b"", "404 Not Found")
    clock.move(hours=7)
    with caplog.at_level(logging.DEBUG):
        worker(engine, clock, server, tmp_path).run_due()
    assert "7f3a9c" not in "".join(record.getMessage() for record in caplog.records)


def test_calendar_that_breaks_its_reader_lets_the_clock_go_on(engine, clock, server, tmp_path, monkeypatch, caplog):
    def broken(*_given: object) -> None:
        raise RuntimeError("a fault of ours")

    add(engine, clock)
    clock.move(hours=7)
    monkeypatch.setattr(jobs, "read_address", broken)
    mine = worker(engine, clock, server, tmp_path)
    mine.run_due()
    assert not mine.failed
    assert [failure for _at, failure, _count in stored(engine)] == ["other"]
    assert [record.message for record in caplog.records if record.levelno == logging.ERROR] == [
        "a calendar broke its reader"
    ]


def test_times_that_cannot_be_kept_are_a_failure_of_their_calendar_alone(
    engine, clock, server, tmp_path, monkeypatch, caplog
):
    taken = Reading((BusySpan(clock() + timedelta(hours=1), clock(), tentative=False),))
    add(engine, clock)
    clock.move(hours=7)
    monkeypatch.setattr(jobs, "read_address", lambda *_given: Found(taken, Validators()))
    mine = worker(engine, clock, server, tmp_path)
    with caplog.at_level(logging.DEBUG):
        mine.run_due()
        clock.move(minutes=29)
        mine.run_due()
    assert not mine.failed
    assert [(failure, count) for _at, failure, count in stored(engine)] == [("other", 0)]
    [told] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert told.message == "what a calendar says could not be kept: IntegrityError"
    # The database's own words tell the times.
    assert told.exc_info is None


def test_times_that_are_over_are_forgotten_each_day(engine, clock, tmp_path):
    [job] = [job for job in PERIODIC if job.name == "busy.forget_past"]
    anna = add(engine, clock)
    with Session(engine) as session:
        begin_write(session)
        source = session.scalars(select(BusySource.id).where(BusySource.person_id == anna)).one()
        past = datetime(2026, 11, 1, 8, tzinfo=UTC)
        session.add(BusyTime(source_id=source, start_at=past, end_at=past + timedelta(hours=1), tentative=False))
        session.commit()
        begin_write(session)
        job.act(session, clock(), Settings(instance=tmp_path))
        session.commit()
    assert stored(engine)[0][2] == 0
