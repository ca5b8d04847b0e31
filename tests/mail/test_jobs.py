"""The clock: what a round does, who ticks, where no thread starts, how a worker stops."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.clock import system_clock
from scheduler.jobs import LEASE, TICK_SECONDS, Embedded, Periodic, Worker, slot
from scheduler.mail.delivery import Tally
from scheduler.mail.models import JobRun, Lease, Occurrence, OutboxMail
from scheduler.mail.queries import health
from scheduler.meetings.models import MeetingChange
from tests.mail.world import DUE, FOUND, at, make_forum, make_meeting, make_person, seat, waiting_mail

CHECKOUT = Path(__file__).parents[2]


def states(engine) -> list[str]:
    with Session(engine) as session:
        return list(session.scalars(select(OutboxMail.state).order_by(OutboxMail.id)))


def worker(engine, settings, clock, *periodic: Periodic) -> Worker:
    return Worker(engine, settings, clock, periodic)


# ---------------------------------------------------------------- a round


def test_round_takes_a_booking_that_nobody_announced_to_its_reminder(house, writing, sending, due_clock, sink):
    with writing() as session:
        forum = make_forum(session)
        seat(session, forum, make_person(session))
        make_meeting(session, forum)
    due_clock.at = FOUND
    mine = worker(house, sending, due_clock)
    assert mine.run_due() == Tally()
    with Session(house) as session:
        assert session.scalars(select(MeetingChange.announced_at)).all() == [FOUND]
        assert session.scalars(select(Occurrence.state)).all() == ["planned"]
    due_clock.at = DUE
    assert mine.run_due() == Tally(sent=1)
    assert mine.run_due() == Tally()
    assert sink.recipients == ["karin.lundmark@hk.example.org"]
    assert not mine.failed


def test_round_goes_on_after_a_step_that_fails(house, writing, sending, due_clock, sink, caplog):
    with writing() as session:
        waiting_mail(session)

    def fail(*_given) -> None:
        raise ValueError("broken")

    mine = worker(house, sending, due_clock, Periodic("broken", "hour", fail))
    assert mine.run_due() == Tally(sent=1)
    assert mine.failed
    assert [record.message for record in caplog.records if record.levelno == logging.ERROR] == [
        "a step of the round failed"
    ]
    with Session(house) as session:
        assert session.scalars(select(JobRun)).all() == []


def test_wrong_settings_are_told_once(house, writing, sending, due_clock, caplog):
    with writing() as session:
        waiting_mail(session)
    mine = worker(house, replace(sending, mail_mode="snd"), due_clock)
    assert [mine.run_due(), mine.run_due()] == [Tally(ended="settings")] * 2
    assert [record.message for record in caplog.records if record.levelno == logging.ERROR] == [
        "no mail leaves: TAKT_MAIL_MODE: Ange send, hold, log eller redirect:ADRESS"
    ]
    assert states(house) == ["pending"]


def test_no_address_and_no_secret_is_logged(house, writing, sending, due_clock, sink, caplog):
    with writing() as session:
        waiting_mail(session, 2)
    sink.fail("rcpt", "550 5.1.1 <person0@example.org> unknown")
    with caplog.at_level(logging.DEBUG, logger="takt"):
        worker(house, sending, due_clock).run_due()
    assert len(caplog.records) == 2
    assert [word for word in ("example.org", "abc", "KTRN") if word in caplog.text] == []


# ---------------------------------------------------------------- periodic jobs


def test_periodic_job_runs_once_in_its_slot_whoever_comes_first(house, sending, due_clock):
    ran = []
    hourly = Periodic("hourly", "hour", lambda _session, now, _settings: ran.append(now))
    one, other = worker(house, sending, due_clock, hourly), worker(house, sending, due_clock, hourly)
    for mine in (one, other, one):
        mine.run_due()
    due_clock.move(hours=1)
    other.run_due()
    assert ran == [DUE, DUE + timedelta(hours=1)]


def test_periodic_job_that_failed_runs_again(house, sending, due_clock):
    ran = []

    def act(session, now, settings) -> None:
        ran.append(now)
        if len(ran) == 1:
            raise ValueError("once")

    mine = worker(house, sending, due_clock, Periodic("daily", "day", act))
    for _ in range(3):
        mine.run_due()
    assert ran == [DUE, DUE]


@pytest.mark.parametrize(
    ("every", "now", "expected"),
    [
        ("hour", "2026-10-25 02:30", "2026-10-25T00Z"),
        ("hour", "2026-10-25 03:30", "2026-10-25T02Z"),
        ("day", "2026-10-25 03:59", "2026-10-24"),
        ("day", "2026-10-25 04:00", "2026-10-25"),
        ("day", "2026-03-29 04:00", "2026-03-29"),
        ("day", "2026-03-30 03:59", "2026-03-29"),
    ],
)
def test_slot_never_begins_in_the_hour_the_clocks_change(every, now, expected):
    assert slot(every, at(now), "Europe/Stockholm") == expected


# ---------------------------------------------------------------- the lease


def test_rel_16_one_worker_ticks_at_a_time_and_another_takes_over(house, sending, due_clock):
    """REL-16: within a lease and a tick."""
    one, other = worker(house, sending, due_clock), worker(house, sending, due_clock)
    assert (one.take_lease(), other.take_lease(), one.take_lease()) == (True, False, True)
    due_clock.move(seconds=20)
    assert (other.take_lease(), one.take_lease()) == (False, True)  # held on to while it ticks
    due_clock.at += LEASE
    assert (other.take_lease(), one.take_lease()) == (True, False)
    with Session(house) as session:
        assert session.get_one(Lease, "clock").epoch == 1
        assert health(session, due_clock()).worker_alive


def test_worker_that_leaves_makes_room_at_once(house, sending, due_clock):
    one, other = worker(house, sending, due_clock), worker(house, sending, due_clock)
    one.take_lease()
    one.leave()
    assert other.take_lease()
    one.leave()
    with Session(house) as session:
        assert health(session, due_clock()).worker_alive


# ---------------------------------------------------------------- the embedded clock


def test_embedded_clock_rests_after_a_failure(house, sending, due_clock, monkeypatch, caplog):
    rounds = []

    def fail(session, now, settings) -> None:
        rounds.append(now)
        raise ValueError("broken")

    clock = Embedded(worker(house, sending, due_clock, Periodic("broken", "hour", fail)))
    clock.tick()
    clock.tick()
    assert len(rounds) == 1


def test_embedded_clock_does_nothing_when_another_process_ticks(house, writing, sending, due_clock, sink):
    with writing() as session:
        waiting_mail(session)
    worker(house, sending, due_clock).take_lease()
    Embedded(worker(house, sending, due_clock)).tick()
    assert sink.mails == []
    due_clock.at += LEASE
    Embedded(worker(house, sending, due_clock)).tick()
    assert len(sink.mails) == 1


def test_embedded_clock_starts_its_threads_and_stops_them(house, sending, due_clock):
    mine = worker(house, sending, due_clock)
    clock = Embedded(mine)
    before = threading.active_count()
    clock.start()
    assert threading.active_count() == before + 2  # its own, and the one that looks for drafts to be run
    clock.stop()
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before


# ---------------------------------------------------------------- where no thread starts (REL-15)

NO_THREAD = """
import threading
from pathlib import Path
import sys
{body}
assert threading.active_count() == 1, threading.enumerate()
"""


#: What personal links are made with in processes of their own.
KEY = "a secret of the tests, long enough"


def environment(instance: Path, **given: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("TAKT_")}
    return {**own, "TAKT_INSTANCE": str(instance), "TAKT_SECRET_KEY": KEY, **given}


WEB = """
from scheduler import create_app, jobs
app = create_app()
with app.app_context():
    pass
app.testing = True
assert app.test_client().get("/healthz").status_code == 200
"""
COMMANDS = """
from scheduler.cli import takt
for command in (["--help"], ["init"]):
    try:
        takt(command)
    except SystemExit as done:
        assert done.code == 0
"""


@pytest.mark.parametrize("body", [WEB, COMMANDS], ids=["import, shell and test client", "help and migration"])
def test_rel_15_no_thread_starts(tmp_path, body):
    done = subprocess.run(
        [sys.executable, "-c", NO_THREAD.format(body=body)],
        cwd=CHECKOUT, env=environment(tmp_path), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr


def test_threads_start_with_the_first_request_of_a_served_process(tmp_path):
    body = (
        "from scheduler import create_app\napp = create_app()\nassert threading.active_count() == 1\n"
        # The clock's, and the one that looks for drafts of a year to be run.
        "app.test_client().get('/healthz')\nassert threading.active_count() == 3, threading.enumerate()\n"
        "app.test_client().get('/healthz')\nassert threading.active_count() == 3\nsys.exit(0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", NO_THREAD.format(body=body)],
        cwd=CHECKOUT, env=environment(tmp_path), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


# ---------------------------------------------------------------- processes


@contextlib.contextmanager
def processes(*commands: list[str], env: dict[str, str] | None = None):
    """Each with whatever it starts, as the reloader does, in a group of its own that is gone at the end."""
    running = [
        subprocess.Popen(
            command, cwd=CHECKOUT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        for command in commands
    ]
    try:
        yield running
    finally:
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def until(condition, seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def queue(writing, n: int) -> None:
    present = system_clock()
    with writing() as session:
        waiting_mail(session, n, created_at=present, next_at=present, stale_at=present + timedelta(hours=1))


def test_two_workers_send_fifty_mails_exactly_once_and_stop_when_told(house, house_url, writing, sink, tmp_path):
    queue(writing, 50)
    command = [sys.executable, "-m", "tests.mail.working", house_url, sink.url, str(tmp_path)]
    with processes(command, command) as running:
        assert until(lambda: len(sink.mails) >= 50)
        told = time.monotonic()
        for process in running:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(10) for process in running] == [0, 0]
        assert time.monotonic() - told < 10
    assert sorted(sink.recipients) == sorted(f"person{n}@example.org" for n in range(50))
    assert set(states(house)) == {"sent"}


def test_rel_03_worker_told_to_stop_in_the_middle_finishes_its_mail_and_gives_back_the_rest(
    house, house_url, writing, sink, tmp_path
):
    """REL-3 in small: nothing is in doubt afterwards."""
    queue(writing, 200)
    command = [sys.executable, "-m", "tests.mail.working", house_url, sink.url, str(tmp_path)]
    with processes(command) as [process]:
        assert until(lambda: len(sink.mails) >= 5)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    found = states(house)
    assert set(found) <= {"sent", "pending"}
    assert found.count("sent") == len(sink.mails) < 200


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def served(port: int) -> bool:
    """Whether somebody answers there."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
            return answer.status == 200
    except OSError:
        return False


@dataclass(frozen=True)
class Serving:
    """How an installation runs."""

    #: What Python is told, with "{port}" in its place.
    web: list[str]
    #: Processes of ``takt worker`` beside it.
    workers: int = 0
    #: Whether it goes when it is told to, having finished what it was at; the reloader simply ends.
    leaves: bool = True


def gunicorn(*options: str) -> Serving:
    return Serving(
        ["-m", "gunicorn", "tests.mail.serving:app", "--workers", "4", *options, "--bind", "127.0.0.1:{port}"]
    )


FLASK = ["-m", "flask", "--app", "scheduler", "run", "--port", "{port}"]


@pytest.mark.parametrize(
    "serving",
    [
        pytest.param(gunicorn(), id="gunicorn"),
        pytest.param(gunicorn("--preload"), id="gunicorn preloaded"),
        pytest.param(Serving([*FLASK, "--debug"], leaves=False), id="flask run debug"),
        pytest.param(Serving(FLASK, workers=2, leaves=False), id="flask run and two workers"),
    ],
)
def test_rel_14_however_it_is_run_twenty_mails_leave_exactly_once(house, house_url, writing, sink, tmp_path, serving):
    """REL-14: each process ticks, one at a time works, and the next takes over when it is gone."""
    port = free_port()
    env = environment(
        tmp_path, TAKT_DATABASE_URL=house_url, TAKT_MAIL_MODE="send", TAKT_MAIL_RELAY=sink.url, TAKT_MAIL_RATE="0",
        TAKT_MAIL_FROM="takt@region.example.org", TAKT_BASE_URL="https://takt.example.org",
        TAKT_TRUSTED_HOSTS="127.0.0.1",
    )  # fmt: skip
    queue(writing, 20)
    web = [sys.executable, *(part.format(port=port) for part in serving.web)]
    workers = [[sys.executable, "-m", "scheduler", "worker"]] * serving.workers
    with processes(web, *workers, env=env) as [process, *beside]:
        assert until(lambda: served(port))
        for _ in range(40):
            served(port)
        assert until(lambda: len(sink.mails) >= 20)
        time.sleep(2 * TICK_SECONDS)
        for one in (process, *beside):
            one.send_signal(signal.SIGTERM)
        assert [one.wait(15) for one in beside] == [0] * len(beside)
        if serving.leaves:
            assert process.wait(15) == 0
    assert sorted(sink.recipients) == sorted(f"person{n}@example.org" for n in range(20))
    assert set(states(house)) == {"sent"}
    if serving.leaves:
        with Session(house) as session:
            assert session.get_one(Lease, "clock").until <= system_clock()  # given up at the end
