"""Workers in processes of their own, signals, and a mail server that does its worst: what is due leaves, and once.

What arrived is what the server wrote down when it took it, never the database's word (``benchmarks/chaos.py``). The
long runs are marked slow; their figures are printed.
"""

from __future__ import annotations

import http.client
import itertools
import json
import re
import subprocess
import sys
import threading
import time
from datetime import time as clock_time
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from scheduler.accounts.personal_links import derive
from scheduler.clock import civil_date, system_clock
from scheduler.history.rules import SYSTEM
from scheduler.meetings.booking import book_meeting
from scheduler.meetings.calling import call_meeting
from scheduler.meetings.fragments import Site
from scheduler.meetings.models import Invitee
from tests.mail.test_jobs import CHECKOUT, KEY, environment, free_port, processes, queue, served, until
from tests.mail.world import make_forum, make_person, seat


@pytest.fixture
def under_fire(house, house_url, tmp_path):
    """Runs the script with these options on the database of the tests; what it printed."""

    def run(*given: str) -> dict[str, Any]:
        # A slower clock than the script's own: a machine with much else to do must not sleep past a lease.
        options = ["--json", "--speed", "40", *given]
        command = [sys.executable, str(CHECKOUT / "benchmarks" / "chaos.py"), *options]
        env = environment(Path(tmp_path), TAKT_DATABASE_URL=house_url, PYTHONPATH=str(CHECKOUT))
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=2000, check=False)
        assert done.stdout, done.stderr[-3000:]
        print(done.stdout)
        figures: dict[str, Any] = json.loads(done.stdout)
        # Nothing lost, nothing twice without a reason, no mailbox taken for dead or alive, each copy the same bytes
        # (and so the same Message-ID and Date), nothing left over, nothing held for a restore that was none.
        wrong = {name: figures[name] for name in ("missing", "unexplained", "misjudged", "differing")}
        assert wrong == dict.fromkeys(wrong, 0), figures
        assert set(figures["states"]) <= {"sent", "failed"}, figures
        assert figures["held"] == []
        return figures

    return run


def test_rel_02_mails_of_killed_workers_are_sent_and_twice_at_most_for_each_kill(under_fire):
    figures = under_fire("--mails", "200", "--signals", "10", "--every", "0.4")
    assert figures["signals"] == 10


def test_rel_03_workers_told_to_stop_send_nothing_twice(under_fire):
    figures = under_fire("--mails", "200", "--signal", "term", "--signals", "8", "--every", "0.4")
    assert figures["signals"] == 8
    assert figures["twice"] <= figures["unacknowledged"]


def test_rel_04_worker_that_slept_past_its_lease_sends_no_more_than_the_mail_in_hand(under_fire):
    figures = under_fire("--mails", "200", "--signal", "stop", "--signals", "1", "--every", "0.3", "--workers", "2")
    assert figures["signals"] == 1


def test_rel_05_what_one_kill_costs_does_not_hang_on_the_size_of_a_claim(under_fire):
    """At most the one mail in hand, for claims of one as for claims of a hundred (REL-2)."""
    figures = under_fire("--mails", "60", "--signals", "8", "--every", "0.4", "--batch", "1")
    assert figures["signals"] >= 3


@pytest.mark.slow
@pytest.mark.parametrize("batch", ["1", "100"])
def test_rel_02_ten_thousand_mails(under_fire, batch):
    """REL-2 and REL-5 in full."""
    figures = under_fire("--mails", "10000", "--batch", batch, "--patience", "1500")
    assert figures["twice"] <= figures["signals"] + figures["unacknowledged"]


@pytest.mark.slow
def test_rel_03_ten_thousand_mails_and_no_kill(under_fire):
    figures = under_fire("--mails", "10000", "--signal", "term", "--patience", "1500")
    assert figures["twice"] <= figures["unacknowledged"]


# ---------------------------------------------------------------- people and workers on one SQLite file (REL-27)

SITE = Site("https://takt.example.org", "takt.example.org")
INVITED = 80
#: Answers each of the four gives at least, however long that takes.
LEAST = 5


@pytest.fixture
def answering(house, writing) -> list[str]:
    """The personal pages of a meeting's invitees, whose calls wait to be sent."""
    with writing() as session:
        forum = make_forum(session)
        for n in range(INVITED):
            seat(session, forum, make_person(session, f"answering{n}@example.org"))
        present = system_clock()
        on = civil_date(present, "Europe/Stockholm") + timedelta(days=9)
        meeting = book_meeting(
            session, SYSTEM, present, forums=[forum], on=on, site=SITE, start=clock_time(10),
            override_reason="ett prov",
        )  # fmt: skip
        call_meeting(session, SYSTEM, present, meeting, version=None, site=SITE, answer_by_on=on)
        invitees = session.scalars(select(Invitee).where(Invitee.meeting_id == meeting.id)).all()
        assert len(invitees) == INVITED
        return [f"/r/{derive(KEY, 'reply', row.id, row.epoch)}/" for row in invitees]


def _answer(port: int, pages: list[str], until: float, took: list[tuple[int, float]]) -> None:
    """Opens pages and answers by them, one after the other; the status and the seconds of each answer."""
    for n, page in enumerate(itertools.cycle(pages)):
        if n >= LEAST and time.monotonic() > until:
            return
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", page)
        shown = connection.getresponse().read().decode()
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown))
        body = urlencode({**fields, "answer": ("yes", "no")[n // len(pages) % 2]})
        began = time.monotonic()
        connection.request("POST", page, body, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        answer.read()
        took.append((answer.status, time.monotonic() - began))
        connection.close()


def _all_answer(port: int, pages: list[str], seconds: float, took: list[tuple[int, float]]) -> None:
    """Four at once for so long."""
    end = time.monotonic() + seconds
    threads = [threading.Thread(target=_answer, args=(port, pages[n::4], end, took), daemon=True) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("house_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("seconds", [4, pytest.param(60, marks=pytest.mark.slow)])
def test_rel_27_nobody_who_saves_hears_of_the_lock_while_four_workers_send(
    house_url, writing, answering, sink, tmp_path, seconds
):
    port = free_port()
    env = environment(
        tmp_path, TAKT_DATABASE_URL=house_url, TAKT_MAIL_MODE="send", TAKT_MAIL_RELAY=sink.url, TAKT_MAIL_RATE="0",
        TAKT_MAIL_FROM="takt@region.example.org", TAKT_BASE_URL="https://takt.example.org", TAKT_WORKER="none",
        TAKT_MAIL_WINDOW="always", TAKT_MAIL_SURGE="0", TAKT_MAIL_CONNECTIONS="0", TAKT_TRUSTED_HOSTS="127.0.0.1",
    )  # fmt: skip
    queue(writing, 100 * seconds + 400)
    web = [sys.executable, "-m", "gunicorn", "tests.mail.serving:app", "--workers", "4", "--bind", f"127.0.0.1:{port}"]
    took: list[tuple[int, float]] = []
    with processes(web, *[[sys.executable, "-m", "scheduler", "worker"]] * 4, env=env):
        assert until(lambda: served(port))
        assert until(lambda: len(sink.mails) > 0)
        # Each process reads its templates and settings with its first answers, which is no lock.
        _all_answer(port, answering, 4, [])
        _all_answer(port, answering, seconds, took)
    late = sorted(spent for _status, spent in took)
    print(f"{len(took)} answers, p99 {late[len(late) * 99 // 100] * 1000:.0f} ms; {len(sink.mails)} mails meanwhile")
    assert {status for status, _spent in took} == {303}
    assert len(took) >= 4 * LEAST
