"""What a fetch of a calendar costs under gunicorn, beside an empty page of Flask in the same run.

Starts gunicorn as ``takt serve`` does on a house with 5 000 meetings and 2 000 links, asks for a feed of 200 meetings
and one of 2 000, and prints for each sort of answer the processor time of all server processes for one request, its
ratio to the empty page's, how many a second were answered, and the size. Beside it the 304 of a house with one link
and 200 meetings; and, when Radicale is installed (``pip install radicale``), Radicale serving the same events.
Everything is asked in turns, so that a busy moment falls on all. Goals: specification, calendar, "Cost".

With TAKT_DATABASE_URL of a PostgreSQL server the installations are databases of their own on it.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from scaled import ACTOR, TODAY, ZONE, Installation, installed
from sqlalchemy import create_engine, insert, select
from sqlalchemy.orm import Session

from scheduler.accounts.principals import principal_of
from scheduler.accounts.users import add_user
from scheduler.db import begin_write, install_listeners
from scheduler.feeds.actions import make_token
from scheduler.feeds.rules import Scope
from scheduler.forums.models import Forum
from scheduler.ical.lines import read_components
from scheduler.ical.lint import check
from scheduler.ical.writer import Event, render_event
from scheduler.meetings.actions import Site, edit_meeting
from scheduler.meetings.models import Fragment, Meeting, MeetingForum
from scheduler.organisations.models import Person

PATIENCE = 60.0
#: In the house where everything but its twin is asked.
MEETINGS, LINKS = 5_000, 2_000
#: The forum whose meetings are in nobody's calendar that is asked for.
REST = "ovriga"
#: As many threads ask at once as a worker has.
ASKERS = 4
HELLO = """
from flask import Flask
app = Flask("hello")
app.add_url_rule("/", view_func=lambda: "Hello")
"""
RADICALE = """
[server]
hosts = 127.0.0.1:{port}
[auth]
type = none
[rights]
type = owner_only
[storage]
filesystem_folder = {folder}
[logging]
level = error
"""
#: Answer → the most it may cost, in empty pages.
GOALS = {"304": 2.2, "200, kept in the process": 3.0, "200, joined": 5.0}
RADICALE_GOAL = 30


# ---------------------------------------------------------------- what is served


def county_with(sizes: Mapping[str, int]) -> dict[str, Any]:
    """A county with one forum for each of ``sizes``: so many meetings on working days to come, and one member."""
    day = TODAY + timedelta(days=1)
    days: list[date] = []
    while len(days) < max(sizes.values()):
        if day.weekday() < 5:
            days.append(day)
        day += timedelta(days=1)
    seats = [{"org": "lst-norrbotten", "ordinary": 1, "substitutes": 0}]
    return {
        "today": TODAY.isoformat(),
        "organisations": [{"id": "lst-norrbotten", "sv": "Länsstyrelsen i Norrbottens län", "type": "lansstyrelse"}],
        "persons": [
            {"id": name, "name": f"Fiktiv {name.capitalize()}", "org": "lst-norrbotten",
             "email": f"{name}@example.org"}
            for name in sizes
        ],
        "forums": [
            {"id": name, "sv": f"Nätverket för klimat och energi, {name}", "kind": "natverk", "public": "full",
             "host": "lst-norrbotten", "venue": "residenset", "members": [name], "seats": seats,
             "cadence": {"kind": "count", "min": 4, "max": 5, "period": "year", "phrase": "4–5 gånger per år"}}
            for name in sizes
        ],
        "meetings": [
            {"forum": name, "date": on.isoformat(), "start": "09:00", "minutes": 120, "status": "planned"}
            for name, count in sizes.items() for on in days[:count]
        ],
    }  # fmt: skip


def links_in(installation: Installation, names: Mapping[str, int]) -> dict[str, str]:
    """Makes so many links to the calendar of each person; gives the path of each person's first."""
    paths = {}
    with writing(installation) as session:
        for name, count in names.items():
            person = session.scalars(select(Person).where(Person.family_name == name.capitalize())).one()
            user = add_user(session, ACTOR, installation.now, login=f"{name}@example.org", name=name)
            user.person_id = person.id
            session.flush()
            principal = principal_of(session, user, TODAY)
            made = [
                make_token(
                    session, ACTOR, installation.now, principal=principal, scope=Scope.PERSON, scope_id=person.id,
                    label=f"Telefon {number}",
                )
                for number in range(count)
            ]  # fmt: skip
            paths[name] = f"/feeds/{made[0].secret}.ics"
        session.commit()
    return paths


@contextmanager
def writing(installation: Installation) -> Iterator[Session]:
    """A writer's session beside the server; the caller commits."""
    engine = create_engine(installation.settings.url)
    install_listeners(engine)
    try:
        with Session(engine, expire_on_commit=False) as session:
            begin_write(session)
            yield session
    finally:
        engine.dispose()


def multiply(installation: Installation, total: int) -> None:
    """Copies meetings, as stored, into the forum that has none, until there are ``total`` in the house."""
    with writing(installation) as session:
        forums = {forum.slug.rpartition("-")[2]: forum.id for forum in session.scalars(select(Forum))}
        there = list(session.scalars(select(Meeting.id).order_by(Meeting.id)))
        step, wanted = max(there), total - len(there)
        for turn in range(1, -(-wanted // len(there)) + 1):
            chosen = there[: wanted - (turn - 1) * len(there)]
            uids = {each + turn * step: f"meeting-{uuid.uuid4()}" for each in chosen}
            for table, key in ((Meeting, "id"), (MeetingForum, "meeting_id"), (Fragment, "meeting_id")):
                rows = session.execute(select(table.__table__).where(table.__table__.c[key].in_(chosen))).mappings()
                copies = [dict(row) | {key: row[key] + turn * step} for row in rows]
                for copy in copies:
                    if table is Meeting:
                        copy["uid"] = re.sub(r"meeting-[^@]+", uids[copy[key]], copy["uid"])
                    if table is MeetingForum:
                        copy["forum_id"] = forums[REST]
                    if table is Fragment:
                        copy["body"] = re.sub(rb"(?<=UID:)meeting-[^@]+", uids[copy[key]].encode(), copy["body"])
                session.execute(insert(table), copies)
        session.commit()


def touch(installation: Installation, name: str) -> None:
    """Renames a meeting of the forum, so that the next fetch finds another version."""
    settings = installation.settings
    with writing(installation) as session:
        of_forum = select(MeetingForum.meeting_id).join(Forum).where(Forum.slug.endswith(f"-{name}"))
        newest = select(Meeting).where(Meeting.id.in_(of_forum)).order_by(Meeting.id.desc()).limit(1)
        meeting = session.scalars(newest).one()
        edit_meeting(
            session, ACTOR, installation.now, meeting, version=meeting.version, title=f"Ny rubrik {time.time_ns()}",
            site=Site(settings.public_url, settings.calendar_domain), send=False,
        )  # fmt: skip
        session.commit()


# ---------------------------------------------------------------- servers


@dataclass
class Server:
    """A running server, its port and the process all others descend from."""

    port: int
    process: subprocess.Popen[bytes]

    def work(self) -> float:
        """Seconds that all its processes have worked, to the nanosecond."""
        return sum(time.clock_gettime((~pid << 3) | 2) for pid in self._processes(self.process.pid))

    def _processes(self, pid: int) -> Iterator[int]:
        yield pid
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):  # a thread may end while it is looked at
                for child in (task / "children").read_text(encoding="ascii").split():
                    yield from self._processes(int(child))


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def served(command: list[str], port: int, folder: Path, environ: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Starts a server and waits until it takes connections. Raises TimeoutError when it does not."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TAKT_")}
    process = subprocess.Popen(command, env=clean | dict(environ or {}), cwd=folder)
    try:
        for _attempt in range(int(PATIENCE * 10)):
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None:
                raise TimeoutError(f"{command} ended")
            time.sleep(0.1)
        yield Server(port, process)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def gunicorn(application: str, port: int) -> list[str]:
    """The command of ``takt serve``."""
    return [
        sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}",
        "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--log-level", "warning",
    ]  # fmt: skip


@contextmanager
def takt(installation: Installation) -> Iterator[Server]:
    """Takt on an installation, its pages only: mails are another process's work."""
    port, settings = free_port(), installation.settings
    environ = {
        "TAKT_INSTANCE": str(settings.instance), "TAKT_DATABASE_URL": settings.database_url,
        "TAKT_BASE_URL": f"http://127.0.0.1:{port}", "TAKT_WORKER": "none", "TAKT_MAIL_MODE": "log",
        "TAKT_MAIL_FROM": settings.mail_from,
    }  # fmt: skip
    with served(gunicorn("scheduler:create_app()", port), port, settings.instance, environ) as server:
        yield server


@contextmanager
def hello() -> Iterator[Server]:
    """Flask with one empty page."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "hello.py").write_text(HELLO, encoding="utf-8")
        with served(gunicorn("hello:app", port), port, Path(folder)) as server:
            yield server


@contextmanager
def radicale(events: bytes) -> Iterator[Server]:
    """Radicale with one collection that holds the events of a calendar."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "config")
        config.write_text(RADICALE.format(port=port, folder=folder), encoding="utf-8")
        command = [sys.executable, "-m", "radicale", "--config", str(config)]
        with served(command, port, Path(folder)) as server:
            with Line(port) as line:
                head = "Content-Type: text/calendar; charset=utf-8\r\nAuthorization: Basic YTphOg==\r\n"
                status, _, _ = line.ask("PUT", "/a/calendar/", head, events)
                if status != 201:
                    raise RuntimeError(f"Radicale did not take the calendar: {status}")
            yield server


# ---------------------------------------------------------------- asking


class Line:
    """One connection that is kept open; a client that costs as little as can be."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._open()

    def _open(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_rest: object) -> None:
        self._file.close()
        self._socket.close()

    def ask(self, method: str, path: str, head: str = "", body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
        """Status, headers (names in lower case) and body of the answer."""
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        self._socket.sendall(
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{head}{length}\r\n".encode() + body
        )
        protocol, status_text, *_reason = self._file.readline().split()
        status = int(status_text)
        headers = {}
        while (line := self._file.readline()) not in {b"\r\n", b""}:
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        bodiless = status in {304, 204}
        received = b"" if bodiless else self._file.read(int(headers.get("content-length", 0)))
        if protocol == b"HTTP/1.0" or headers.get("connection", "").lower() == "close":
            self.__exit__()
            self._open()
        return status, headers, received


@dataclass
class Case:
    """One sort of request."""

    name: str
    server: Server
    path: str
    head: str = ""
    status: int = 200
    #: Done before each request, its own work not counted; None: nothing, and requests are sent by many at once.
    before: Any = None
    #: So many requests in a round.
    count: int = 400

    def __post_init__(self) -> None:
        self.costs: list[float] = []
        self.rates: list[float] = []
        self.size = 0

    def round(self) -> None:
        """Asks ``count`` times and notes what one cost. Raises RuntimeError for another status."""
        if self.status == 304:
            self.head = held(self.server, self.path)
        if self.before:
            self._one_by_one()
            return
        begun, worked = time.perf_counter(), self.server.work()
        with ThreadPoolExecutor(ASKERS) as askers:
            for asked in [askers.submit(self._ask, self.count // ASKERS) for _ in range(ASKERS)]:
                asked.result()
        self.rates.append(self.count / (time.perf_counter() - begun))
        self.costs.append((self.server.work() - worked) / self.count)

    def _one_by_one(self) -> None:
        total = 0.0
        for _ in range(self.count):
            self.before()
            worked = self.server.work()
            self._ask(1)
            total += self.server.work() - worked
        self.costs.append(total / self.count)

    def _ask(self, times: int) -> None:
        with Line(self.server.port) as line:
            for _ in range(times):
                status, headers, body = line.ask("GET", self.path, self.head)
                if status != self.status:
                    raise RuntimeError(f"{self.name}: {status}")
                self.size = len(body) or int(headers.get("content-length", 0))

    @property
    def cost(self) -> float:
        """The median round's seconds of work for one request."""
        return statistics.median(self.costs)


def held(server: Server, path: str) -> str:
    """The header by which a client says that it has what there is."""
    with Line(server.port) as line:
        status, headers, _ = line.ask("GET", path)
        if status != 200:
            raise RuntimeError(f"{path}: {status}")
    return f"If-None-Match: {headers['etag']}\r\n"


def cases_of(
    server: Server, installation: Installation, paths: Mapping[str, str], counts: Mapping[str, int]
) -> list[Case]:
    """The sorts of answers a client gets, for each of the calendars."""
    cases = []
    for name, path in paths.items():
        what, often = f"{counts[name]:>5} meetings  ", 400 if counts[name] <= 200 else 80
        archive = f"{path}?from={date(TODAY.year - 5, 1, 1)}"
        cases += [
            Case(f"{what}304", server, path, status=304),
            Case(f"{what}200, kept in the process", server, path),
            Case(f"{what}200, kept, compressed", server, path, "Accept-Encoding: gzip\r\n"),
            Case(f"{what}200, joined", server, archive, count=often),
            Case(
                f"{what}200, first after a change", server, path, count=5,
                before=lambda name=name: touch(installation, name),
            ),
        ]  # fmt: skip
    return cases


# ---------------------------------------------------------------- the run


def saving() -> float:
    """Seconds of work for rendering and linting the four entries of one meeting: two audiences, two languages."""
    times = []
    event = Event(
        uid=f"meeting-{uuid.uuid4()}@benchmark.takt.invalid", sequence=3, revised_at=datetime(2026, 11, 22, tzinfo=UTC),
        status="confirmed", start=datetime(2026, 12, 1, 9, tzinfo=ZONE), end=datetime(2026, 12, 1, 15, tzinfo=ZONE),
        summary="Regionalt forum: Kompetensförsörjning", description="Ny tid: 10.00 → 13.00\n\n" + "Å" * 500,
        location="Residenset, Luleå", url="https://takt.example/meetings/1", categories=("Nätverk", "Klimat"),
    )  # fmt: skip
    for _ in range(50):
        began = time.process_time()
        for _ in range(4):
            check(render_event(event))
        times.append(time.process_time() - began)
    return statistics.median(times)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    with ExitStack() as stack:
        enter = stack.enter_context
        counts = {"liten": 200, "stor": 2000}
        house = enter(installed(county_with(counts | {REST: 0})))
        multiply(house, MEETINGS)
        server = enter(takt(house))
        paths = links_in(house, dict.fromkeys(counts, LINKS // len(counts)))
        empty = Case("an empty page of Flask", enter(hello()), "/")
        cases = [empty, *cases_of(server, house, paths, counts)]
        kept = next(case for case in cases if "kept in the process" in case.name)

        quiet = enter(installed(county_with({"liten": 200})))
        alone = enter(takt(quiet))
        path = links_in(quiet, {"liten": 1})["liten"]
        one = Case("  200 meetings  304, 1 link in the house", alone, path, status=304)
        cases.append(one)

        other = None
        if importlib.util.find_spec("radicale"):
            with Line(server.port) as line:
                body = line.ask("GET", paths["liten"])[2]
            auth = "Authorization: Basic YTphOg==\r\n"
            other = Case(
                "  200 meetings  Radicale, GET of the same", enter(radicale(body)), "/a/calendar/", auth, count=12
            )
            cases.append(other)
            print(
                f"the calendar of 200: {len(read_components(body)[0][0].parts) - 1} events, {len(body) / 1000:.0f} KB"
            )
        else:
            print("Radicale is not installed: left out")

        for case in cases:  # once round to warm up: nothing of it counts
            case.round()
            case.costs.clear()
            case.rates.clear()
        for _ in range(rounds):
            for case in cases:
                case.round()

        print(f"\n{'answer':<46}{'µs of work':>11}{'× empty':>9}{'a second':>10}{'KB':>8}   goal")
        for case in cases:
            ratio = case.cost / empty.cost
            rate = f"{statistics.median(case.rates):>10.0f}" if case.rates else f"{'–':>10}"
            plain = re.sub(r"^ *\d+ meetings +", "", case.name)
            limit = GOALS.get(plain) if not case.name.startswith(" 2000") or plain == "304" else None
            goal = "" if limit is None else f"   ≤ {limit} {'ok' if ratio <= limit else 'NOT REACHED'}"
            print(f"{case.name:<46}{case.cost * 1e6:>11.0f}{ratio:>9.2f}{rate}{case.size / 1000:>8.0f}{goal}")
        print(
            f"\na 304 costs {cases[1].cost / one.cost:.2f} of what it costs in a house with one link and 200 meetings"
        )
        print(f"saving a meeting renders and lints one entry in {saving() / 4 * 1000:.2f} ms   ≤ 2")
        if other:
            times = other.cost / kept.cost
            said = "ok" if times >= RADICALE_GOAL else "NOT REACHED"
            print(f"Radicale costs {times:.0f} times a kept 200 of the same events   ≥ {RADICALE_GOAL} {said}")


if __name__ == "__main__":
    main()
