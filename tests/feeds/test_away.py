"""A database that is locked, away or broken: 503 in a moment, never an empty or half a calendar (F05, H09)."""

from __future__ import annotations

import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic

import pytest
from flask import Flask
from sqlalchemy import create_engine, event, make_url, text
from sqlalchemy.pool import NullPool
from werkzeug.test import TestResponse

from scheduler import db as database
from scheduler.db import READ_SECONDS, db
from scheduler.ical.lint import lint_calendar
from tests.web.test_feeds import House, build, quoted

#: The longest that an answer may take: one wait for a lock or a server, and some work.
MOMENT = READ_SECONDS + 1.5


@pytest.fixture
def house(make_app, database_url) -> House:
    return build(make_app(database_url))


@pytest.fixture
def filed(make_app, sqlite_url) -> House:
    return build(make_app(sqlite_url))


@pytest.fixture
def served(make_app, fresh_postgres_url) -> House:
    return build(make_app(fresh_postgres_url))


def ask(app: Flask, address: str, method: str = "GET", **headers: str) -> tuple[TestResponse, float]:
    """An answer, and how many seconds it took."""
    began = monotonic()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = app.test_client().open(address, method=method, headers=names, buffered=True)
    return answer, monotonic() - began


def assert_away(house: House, tags: dict[str, str], addresses: list[str] | None = None) -> None:
    """Every form of asking gets a 503 that says when to come again, in a moment."""
    for address in addresses or house.addresses():
        for method, headers in (
            ("GET", {}),
            ("HEAD", {}),
            ("GET", {"If_None_Match": tags[address]}),
            ("GET", {"If_Modified_Since": "Fri, 01 Jan 2038 00:00:00 GMT", "Accept_Encoding": "gzip"}),
        ):
            answer, seconds = ask(house.app, address, method, **headers)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
            assert (answer.mimetype, answer.headers["Cache-Control"]) == ("text/plain", "no-store")
            assert "ETag" not in answer.headers
            assert "Last-Modified" not in answer.headers
            assert b"BEGIN" not in answer.get_data()
            assert seconds < MOMENT


def tags_of(house: House) -> dict[str, str]:
    """The ETag of every feed, and nothing kept in the process or open to the database."""
    tags = {address: quoted(house.get(address)) for address in house.addresses()}
    forget(house)
    return tags


def forget(house: House) -> None:
    house.app.extensions["takt.feeds"].shelf._bodies.clear()
    with house.app.app_context():
        db.engine.dispose()


def assert_back(house: House, tags: dict[str, str]) -> None:
    """All is as it was, for those too who hold the bytes."""
    for address in house.addresses():
        answer = house.get(address)
        assert (answer.status_code, quoted(answer)) == (200, tags[address])
        assert lint_calendar(answer.get_data()) == []
        assert house.get(address, If_None_Match=tags[address]).status_code == 304


def path_of(house: House) -> Path:
    return Path(make_url(house.app.config["SQLALCHEMY_DATABASE_URI"]).database)


# ---------------------------------------------------------------- SQLite


@contextmanager
def held(path: Path, *statements: str) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
        yield connection


def test_f05_h09_sqlite_that_somebody_keeps_for_himself_is_503_in_a_moment(filed, monkeypatch):
    monkeypatch.setattr("scheduler.db.READ_SECONDS", 0.1)
    tags = tags_of(filed)
    alone = ("PRAGMA locking_mode = EXCLUSIVE", "BEGIN IMMEDIATE", "UPDATE meeting SET version = version + 1")
    with held(path_of(filed), *alone):
        assert_away(filed, tags)
    assert_back(filed, tags)


def test_h09_sqlite_locked_is_waited_for_no_longer_than_a_reader_waits(filed):
    tags = tags_of(filed)
    with held(path_of(filed), "PRAGMA locking_mode = EXCLUSIVE", "BEGIN IMMEDIATE", "DELETE FROM feed_token WHERE 0"):
        answer, seconds = ask(filed.app, "/calendar.ics", If_None_Match=tags["/calendar.ics"])
        assert answer.status_code == 503
        assert seconds < MOMENT


def test_h09_who_writes_for_long_on_sqlite_keeps_no_fetch_waiting(filed):
    tags = tags_of(filed)
    with held(path_of(filed), "BEGIN IMMEDIATE", "UPDATE feed_token SET fetched_on = NULL"):
        for address in filed.addresses():
            for headers in ({}, {"If_None_Match": tags[address]}):
                answer, seconds = ask(filed.app, address, **headers)
                assert answer.status_code == (304 if headers else 200)
                assert seconds < 1.5  # the note of the fetch gives up soon


def garbage(path: Path) -> None:
    path.write_bytes(b"This is no database. " * 5000)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 64 * 1024])


@pytest.mark.parametrize("harm", [Path.unlink, garbage, empty, folder, cut_short])
def test_f05_sqlite_file_that_is_gone_or_broken_is_503(filed, harm: Callable[[Path], None]):
    tags = tags_of(filed)
    path = path_of(filed)
    with held(path, "PRAGMA wal_checkpoint(TRUNCATE)"):
        pass
    for beside in path.parent.glob(f"{path.name}-*"):
        beside.unlink()
    harm(path)
    assert_away(filed, tags)


def test_f05_sqlite_file_overwritten_while_open_is_503(filed):
    tags = {address: quoted(filed.get(address)) for address in filed.addresses()}
    filed.app.extensions["takt.feeds"].shelf._bodies.clear()
    path = path_of(filed)
    with held(path, "PRAGMA wal_checkpoint(TRUNCATE)"):
        pass
    with path.open("r+b") as file:
        file.write(b"\xff" * path.stat().st_size)
    forget(filed)
    assert_away(filed, tags)


# ---------------------------------------------------------------- PostgreSQL


@contextmanager
def server(house: House) -> Iterator[object]:
    engine = create_engine(house.app.config["SQLALCHEMY_DATABASE_URI"], poolclass=NullPool)
    with engine.connect() as connection:
        yield connection
        connection.rollback()


@pytest.mark.postgres
def test_f05_h09_postgres_table_locked_is_503_in_a_moment(served):
    tags = tags_of(served)
    with server(served) as connection:
        connection.execute(text("LOCK TABLE fragment, meeting IN ACCESS EXCLUSIVE MODE"))
        answer, seconds = ask(served.app, "/calendar.ics")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
        assert seconds < MOMENT
        # What tells that nothing has changed is not locked.
        assert served.get("/calendar.ics", If_None_Match=tags["/calendar.ics"]).status_code == 304
    assert_back(served, tags)


@pytest.mark.postgres
def test_f05_h09_postgres_versions_locked_is_503_for_all(served, monkeypatch):
    monkeypatch.setattr("scheduler.db.READ_SECONDS", 0.1)
    tags = tags_of(served)
    with server(served) as connection:
        connection.execute(text("LOCK TABLE scope_version IN ACCESS EXCLUSIVE MODE"))
        assert_away(served, tags)
    assert_back(served, tags)


@pytest.mark.postgres
def test_postgres_connections_that_were_ended_are_replaced(served):
    tags = tags_of(served)
    for address in served.addresses():
        served.get(address)  # leaves a connection in the pool
        with server(served) as connection:
            ended = connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            ).all()
        assert ended
        answer = served.get(address)
        assert (answer.status_code, quoted(answer)) == (200, tags[address])


@pytest.mark.postgres
def test_f05_postgres_connection_ended_in_the_middle_is_503_or_whole(served):
    """Every statement of an answer meets the end of its connection once."""
    tags = tags_of(served)
    whole = served.get("/calendar.ics").get_data()
    seen = set()
    for fatal in range(6):
        forget(served)
        with served.app.app_context(), ends_connection(served, fatal) as done:
            answer = served.get("/calendar.ics")
        seen.add((answer.status_code, bool(done)))
        if answer.status_code == 200:
            assert answer.get_data() == whole
        else:
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
            assert b"BEGIN" not in answer.get_data()
    assert (503, True) in seen
    assert_back(served, tags)


@contextmanager
def ends_connection(house: House, fatal: int) -> Iterator[list[int]]:
    """Ends the application's connection before its statement number ``fatal``; gives which were ended."""
    done: list[int] = []
    count = [0]
    rows = database._rows

    def end(connection) -> None:
        if count[0] == fatal and not done:
            pid = connection.driver_connection.info.backend_pid
            with server(house) as other:
                other.execute(text(f"SELECT pg_terminate_backend({pid}, 2000)"))
            done.append(pid)
        count[0] += 1

    def end_first(connection, written, given):
        end(connection)
        return rows(connection, written, given)

    def end_before(connection, *_rest) -> None:
        end(connection.connection)

    engine = db.engine
    event.listen(engine, "before_cursor_execute", end_before)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(database, "_rows", end_first)
            yield done
    finally:
        event.remove(engine, "before_cursor_execute", end_before)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port where somebody listens and never says a word."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        kept: list[socket.socket] = []
        ended = threading.Event()

        def take() -> None:
            listening.settimeout(0.1)
            while not ended.is_set():
                try:
                    kept.append(listening.accept()[0])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=take)
        thread.start()
        yield listening.getsockname()[1]
        ended.set()
        thread.join()
        for each in kept:
            each.close()


@pytest.fixture
def dead_port() -> int:
    """A port where nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        return listening.getsockname()[1]


@pytest.mark.parametrize("port", ["dead_port", "silent_port"])
def test_f05_h09_postgres_that_does_not_answer_is_503_in_a_moment(make_app, request, port):
    number = request.getfixturevalue(port)
    app = make_app(f"postgresql+psycopg://takt@127.0.0.1:{number}/takt")
    for address, method, headers in (
        ("/calendar.ics", "GET", {}),
        (f"/feeds/{'x' * 43}.ics", "HEAD", {"If_None_Match": "*"}),
    ):
        answer, seconds = ask(app, address, method, **headers)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
        assert seconds < MOMENT


# ---------------------------------------------------------------- both


def test_f05_a_row_or_a_table_made_bad_by_hand_is_503_until_it_is_mended(house):
    tags = {address: quoted(house.get(address)) for address in house.addresses()}
    harms = [
        ("UPDATE fragment SET zones = 'Mars/Olympus'", "UPDATE fragment SET zones = 'Europe/Stockholm'"),
        ("ALTER TABLE scope_version RENAME TO gone", "ALTER TABLE gone RENAME TO scope_version"),
    ]
    if house.app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite"):  # which keeps any value in any column
        harms.append(("UPDATE fragment SET body = CAST(body AS TEXT)", "UPDATE fragment SET body = CAST(body AS BLOB)"))
    for harm, mending in harms:
        house.app.extensions["takt.feeds"].shelf._bodies.clear()
        with house.app.app_context(), db.engine.begin() as connection:
            connection.execute(text(harm))
        for address in house.addresses():
            answer = house.get(address)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
            assert b"BEGIN" not in answer.get_data()
        with house.app.app_context(), db.engine.begin() as connection:
            connection.execute(text(mending))
    assert_back(house, tags)
