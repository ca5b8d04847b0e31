"""Two processes change meetings while ten clients fetch from a server of two workers: what a client may ever see.

No version goes back, no calendar is torn or mixed, an ETag names the same bytes for all, and a 304 comes only to
whoever has what is there.
"""

from __future__ import annotations

import gzip
import hashlib
import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from werkzeug.http import parse_date

from scheduler.accounts.models import UserRole
from scheduler.clock import system_clock
from scheduler.db import begin_write, install_listeners
from scheduler.feeds.rules import Scope
from scheduler.history.rules import Actor
from scheduler.ical.lines import read_components, unescape
from scheduler.ical.lint import lint_calendar
from tests.feeds.subscribers import link, user_of
from tests.meetings.county import County

ROOT = Path(__file__).parents[2]
HOST = "takt.example"
CLIENTS = 10
#: So many different calendars must have been seen for a run to say anything.
ENOUGH = 12
PAIRS = 3


@dataclass
class Installation:
    """A database with pairs of meetings in it, and the addresses of every feed that shows all of them."""

    environ: dict[str, str]
    pairs: list[tuple[int, int]]
    uids: list[tuple[str, str]]
    addresses: list[str]
    port: int = 0


def prepare(url: str, folder: Path) -> Installation:
    engine = create_engine(url)
    install_listeners(engine)
    with Session(engine, expire_on_commit=False) as session:
        begin_write(session)
        now = system_clock()
        county = County(session, Actor("Sara Niemi"), now)
        person = county.person("Elin Marklund")
        forums = [county.forum("Rådet", public="full"), county.forum("Nämnden", public="full")]
        for forum in forums:
            county.seat(forum, person)
        user = user_of(county, person, UserRole(role="reader"))
        day = now.date().replace(day=1) + timedelta(days=100)
        # The two of a pair are of two forums: a feed that adds versions up must not mix them either.
        pairs = [
            tuple(county.meeting(forum, day + timedelta(weeks=n), title="Början") for forum in forums)
            for n in range(PAIRS)
        ]
        made = [
            link(county, user, Scope.PUBLIC),
            link(county, user, Scope.PERSON, person.id),
            link(county, user, Scope.SELECTION, selection=[forum.id for forum in forums]),
        ]
        session.commit()
    engine.dispose()
    environ = os.environ | {
        "TAKT_INSTANCE": str(folder), "TAKT_DATABASE_URL": url, "TAKT_BASE_URL": f"https://{HOST}",
        "TAKT_SECRET_KEY": "a secret of the tests, long enough", "TAKT_WORKER": "none", "TAKT_CALENDAR_DOMAIN": HOST,
    }  # fmt: skip
    return Installation(
        environ,
        [(a.id, b.id) for a, b in pairs],
        [(a.uid, b.uid) for a, b in pairs],
        ["/calendar.ics", "/calendar.ics?language=en", *(f"/feeds/{each.secret}.ics" for each in made)],
    )


@contextmanager
def serving(installation: Installation) -> Iterator[None]:
    """Gunicorn with two workers on a free port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        installation.port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "gunicorn", "scheduler:create_app()", "--bind", f"127.0.0.1:{installation.port}",
        "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--log-level", "warning", "--preload",
    ]  # fmt: skip
    server = subprocess.Popen(command, cwd=ROOT, env=installation.environ)
    try:
        yield
    finally:
        server.terminate()
        server.wait(20)


def wait_for(installation: Installation) -> None:
    """Until the server answers."""
    for _ in range(600):
        with closing(http.client.HTTPConnection("127.0.0.1", installation.port, timeout=20)) as connection:
            try:
                connection.request("GET", "/calendar.ics", headers={"Host": HOST})
                if connection.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.1)
    pytest.fail("the server did not start")


@contextmanager
def changing(installation: Installation, writers: int) -> Iterator[list[int]]:
    """Processes that change meetings inside the block; how many changes each saved is known after it."""
    pairs = [f"{a},{b}" for a, b in installation.pairs]
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.feeds.changing", f"Skrivare{n}", *pairs],
            cwd=ROOT, env=installation.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for n in range(writers)
    ]  # fmt: skip
    saved: list[int] = []
    try:
        for process in processes:
            assert process.stdout.readline() == "begins\n"
        wait_for(installation)
        yield saved
    finally:
        saved += [int(process.communicate(timeout=60)[0] or 0) for process in processes]
    assert [process.returncode for process in processes] == [0] * writers


# ---------------------------------------------------------------- what a calendar says


@dataclass(frozen=True)
class Seen:
    """A calendar as a client keeps it."""

    digest: str
    #: UID → SEQUENCE and DTSTAMP.
    stamps: dict[str, tuple[int, str]]
    titles: dict[str, str]
    #: With which headers a client got it.
    tag: str = ""
    modified: datetime | None = None

    @property
    def rank(self) -> tuple[int, int]:
        """Rises with each change, whichever meeting it was of."""
        stamps = self.stamps.values()
        seconds = [datetime.strptime(at, "%Y%m%dT%H%M%SZ").timestamp() for _, at in stamps]
        return int(sum(seconds)), sum(sequence for sequence, _ in stamps)


def seen(body: bytes) -> Seen:
    events = [part for part in read_components(body)[0][0].parts if part.name == "VEVENT"]
    return Seen(
        hashlib.sha256(body).hexdigest(),
        {event.value("UID"): (int(event.value("SEQUENCE")), event.value("DTSTAMP")) for event in events},
        {event.value("UID"): unescape(event.value("SUMMARY")).partition(": ")[2] for event in events},
    )


@dataclass
class Notes:
    """What all clients together have seen: the bytes of each ETag, and the newest calendar of each address."""

    bodies: dict[str, Seen] = field(default_factory=dict)
    newest: dict[str, tuple[int, int]] = field(default_factory=dict)
    lengths: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    counts: dict[int, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, tag: str, body: bytes) -> Seen:
        """What ``body`` says; it must be whole, and the same whenever its ETag comes, plain or compressed."""
        name = tag.removesuffix("-gz")
        with self.lock:
            known = self.bodies.get(name)
        if known is None:
            assert lint_calendar(body) == [], "torn"
            known = seen(body)
        with self.lock:
            known = self.bodies.setdefault(name, known)
        assert known.digest == hashlib.sha256(body).hexdigest(), "one ETag, two calendars"
        return known


class Client(threading.Thread):
    """Fetches one address again and again, as one program does: with its own memory, in its own way."""

    def __init__(self, number: int, installation: Installation, notes: Notes, stop: threading.Event) -> None:
        super().__init__()
        self.installation, self.notes, self.stop = installation, notes, stop
        self.address = installation.addresses[number % len(installation.addresses)]
        self.gzip = number % 2 == 0
        #: By ETag, by date (where that can be told), or both.
        self.way = ("etag", "date", "both")[number % 3]
        self.held: Seen | None = None
        self.turn = number

    def run(self) -> None:
        while not self.stop.wait(0.08) and not self.notes.faults:
            try:
                self.fetch()
            except Exception as error:  # noqa: BLE001 - whatever a client stumbles over is a fault
                self.fault(f"{type(error).__name__}: {error}")

    def fault(self, what: str) -> None:
        self.notes.faults.append(f"{self.address} {self.way}: {what}")

    def fetch(self) -> None:
        self.turn += 1
        headers = {"Host": HOST, "User-Agent": "vdirsyncer", **({"Accept-Encoding": "gzip"} if self.gzip else {})}
        conditional = self.held is not None and self.turn % 4 > 0
        if conditional and self.way != "date":
            headers["If-None-Match"] = f'"{self.held.tag}"'
        if conditional and self.way != "etag":
            headers["If-Modified-Since"] = self.held.modified.strftime("%a, %d %b %Y %H:%M:%S GMT")
        method = "HEAD" if self.turn % 5 == 0 else "GET"
        with self.notes.lock:
            floor = self.notes.newest.get(self.address, (0, 0))
        with closing(http.client.HTTPConnection("127.0.0.1", self.installation.port, timeout=20)) as connection:
            connection.request(method, self.address, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
        with self.notes.lock:
            self.notes.counts[answer.status] = self.notes.counts.get(answer.status, 0) + 1
        tag = (answer.getheader("ETag") or "").strip('"')
        if answer.status == 304:
            self.not_modified(conditional, tag, floor)
        elif answer.status == 200:
            self.whole(method, tag, answer, body, floor)
        else:
            self.fault(f"{answer.status} {body[:80]!r}")

    def not_modified(self, conditional: bool, tag: str, floor: tuple[int, int]) -> None:
        assert conditional, "304 to who asked for the whole"
        if self.way != "date":
            assert tag == self.held.tag, f"304 for {tag}, held {self.held.tag}"
        assert self.held.rank >= floor, "304, and there was something newer before the question"

    def whole(
        self, method: str, tag: str, answer: http.client.HTTPResponse, body: bytes, floor: tuple[int, int]
    ) -> None:
        modified = parse_date(answer.getheader("Last-Modified"))
        assert tag.endswith("-gz") is self.gzip
        assert self.held is None or modified >= self.held.modified, "Last-Modified fell"
        length = int(answer.getheader("Content-Length"))
        with self.notes.lock:
            assert self.notes.lengths.setdefault(tag, length) == length, "HEAD and GET differ"
        if method == "HEAD":
            assert body == b""
            return
        assert len(body) == length, "cut short"
        found = self.notes.read(tag, gzip.decompress(body) if self.gzip else body)
        with self.notes.lock:
            self.notes.newest[self.address] = max(self.notes.newest.get(self.address, (0, 0)), found.rank)
        assert found.rank >= floor, "an older calendar than somebody had before the question"
        assert len(found.stamps) == 2 * PAIRS, "not all meetings"
        for uid, (sequence, at) in found.stamps.items():
            before = self.held.stamps[uid] if self.held else (0, "")
            assert (sequence >= before[0], at >= before[1]) == (True, True), f"{uid} fell: {before} {sequence} {at}"
        for a, b in self.installation.uids:
            assert found.titles[a] == found.titles[b], f"mixed: {found.titles[a]} and {found.titles[b]}"
        self.held = replace(found, tag=tag, modified=modified)


def watch(installation: Installation, seconds: float) -> tuple[Notes, list[int]]:
    notes, stop = Notes(), threading.Event()
    with serving(installation):
        clients = [Client(n, installation, notes, stop) for n in range(CLIENTS)]
        with changing(installation, 2) as saved:
            for client in clients:
                client.start()
            began = time.monotonic()
            # A busy machine is given longer to come to anything.
            while not notes.faults and (passed := time.monotonic() - began) < 8 * seconds:
                if passed > seconds and len(notes.bodies) > ENOUGH:
                    break
                time.sleep(0.05)
        # When all is quiet, each client comes to have what there is, and is told so.
        time.sleep(0.5)
        stop.set()
        for client in clients:
            client.join()
        for client in clients:
            client.way, client.turn = "etag", 0
            for _ in range(3):
                client.turn = 0  # a conditional GET
                client.fetch()
        ranks = {client.address: {c.held.rank for c in clients if c.address == client.address} for client in clients}
    assert notes.faults == []
    assert [len(found) for found in ranks.values()] == [1] * len(installation.addresses)
    return notes, saved


def test_no_client_ever_sees_a_calendar_go_back_or_apart(database_url, tmp_path):
    notes, saved = watch(prepare(database_url, tmp_path), 2)
    assert min(saved) > 0
    assert set(notes.counts) == {200, 304}
    assert len(notes.bodies) > ENOUGH


@pytest.mark.slow
def test_no_client_ever_sees_a_calendar_go_back_or_apart_for_long(database_url, tmp_path):
    notes, saved = watch(prepare(database_url, tmp_path), 60)
    assert min(saved) > 30
    assert set(notes.counts) == {200, 304}
    assert len(notes.bodies) > 10 * ENOUGH
