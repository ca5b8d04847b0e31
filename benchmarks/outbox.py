"""How many mails a second the outbox hands over, beside a bare loop of smtplib on the same sink in the same run.

Fills N due reminders for N mailboxes at example.org into the configured instance (``TAKT_INSTANCE`` or
``TAKT_DATABASE_URL``; without either a new one that is thrown away) and lets W workers send them to a sink of its own,
with the brakes off by their settings: rate, share of a day, surge hold, time to undo, window. Prints mails a second,
the share of the bare loop's, and the processor time of the workers for one mail. Goal: 60 % with one worker on SQLite
(specification, reminders).

``--fill-only`` fills and ends. The keys that should arrive are written to the file ``--keys`` names.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import smtplib
import socketserver
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from scheduler import schema
from scheduler.clock import system_clock
from scheduler.db import begin_write, engine_options, install_listeners
from scheduler.forums.kinds import seed_kinds
from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.mail.delivery import deliver
from scheduler.mail.models import OutboxMail
from scheduler.mail.rows import insert_new, new_mail
from scheduler.meetings.models import Meeting, MeetingForum
from scheduler.organisations.models import Person, PersonEmail
from scheduler.settings import Settings, read_settings

#: People in one forum: a mail asks who is invited, so the size of the circle counts.
CIRCLE = 40
GOAL = 0.6
SENDER = "takt@region.example.org"
#: Seconds after which a run that does not end is given up.
PATIENCE = 1800


# ---------------------------------------------------------------- the sink


class _Talk(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self) -> None:
        self.wfile.write(b"220 sink\r\n")
        while line := self.rfile.readline():
            match line[:4].upper():
                case b"EHLO" | b"HELO":
                    self.wfile.write(b"250-sink\r\n250 ENHANCEDSTATUSCODES\r\n")
                case b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    with tempfile.TemporaryFile() as queue:
                        while (text := self.rfile.readline()) != b".\r\n":
                            queue.write(text)
                        queue.flush()
                        os.fsync(queue.fileno())
                    self.wfile.write(b"250 2.0.0 Ok\r\n")
                case b"QUIT":
                    self.wfile.write(b"221 2.0.0 Bye\r\n")
                    return
                case _:
                    self.wfile.write(b"250 2.0.0 Ok\r\n")


def _serve(port: multiprocessing.Queue[int]) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Talk) as server:
        server.daemon_threads = True
        port.put(server.server_address[1])
        server.serve_forever()


@contextmanager
def sink() -> Iterator[int]:
    """A mail server in a process of its own that takes everything; gives its port.

    As any relay it answers for a mail it has taken, so it has it on the disk before it says so (RFC 5321 §6.1). A sink
    that forgets at once would measure the disk beneath the outbox against none at all.
    """
    port: multiprocessing.Queue[int] = multiprocessing.Queue()
    process = multiprocessing.Process(target=_serve, args=(port,), daemon=True)
    process.start()
    try:
        yield port.get(timeout=30)
    finally:
        process.terminate()
        process.join()


# ---------------------------------------------------------------- filling


def fill(session: Session, now: datetime, count: int) -> list[str]:
    """Makes ``count`` due reminders, one for each mailbox, in circles of ``CIRCLE``; the keys that should arrive."""
    seed_kinds(session)
    rows = []
    for first in range(0, count, CIRCLE):
        mark = f"{now:%Y%m%d%H%M%S}-{first}"
        forum = Forum(slug=f"matning-{mark}", name=f"Mätning {mark}", kind_id="natverk", tracked_from_on=now.date())
        people = [
            Person(
                given_name="Fiktiv", family_name=f"Mätning {number}",
                emails=[PersonEmail(address=f"matning.{mark}.{number}@example.org", main=True)],
            )
            for number in range(first, min(first + CIRCLE, count))
        ]  # fmt: skip
        session.add_all([forum, *people])
        session.flush()
        start = now + timedelta(days=2)
        meeting = Meeting(
            uid=f"matning-{mark}@benchmark.takt.invalid", revised_at=now, start_at=start, local_on=start.date(),
            end_at=start + timedelta(hours=2), confirmed_at=now, forum_rows=[MeetingForum(forum=forum, position=0)],
        )  # fmt: skip
        session.add(meeting)
        for person in people:
            session.add(Seat(forum_id=forum.id, appointments=[Appointment(person_id=person.id, from_on=now.date())]))
        session.flush()
        rows += [
            new_mail(
                person.emails[0].address, kind="reminder", subject=meeting.uid, distinction="2 calendar_days",
                person_id=person.id, meeting_id=meeting.id, time_rev=0, created_at=now, next_at=now,
                stale_at=now + timedelta(hours=20),
            )
            for person in people
        ]  # fmt: skip
    insert_new(session, OutboxMail, rows)
    return [str(row["key"]) for row in rows]


# ---------------------------------------------------------------- sending


def brakes_off(given: Settings, port: int) -> Settings:
    """As configured, but sending to the sink with the brakes off."""
    return replace(
        given, mail_mode="send", mail_relay=f"smtp://127.0.0.1:{port}", mail_from=SENDER, mail_rate=0, mail_daily=0,
        mail_surge=0, mail_undo=0, mail_window="always", mail_connections=0, mail_reply="", mail_allow=(), demo=False,
    )  # fmt: skip


def work(port: int) -> None:
    """One worker: sends until nothing is due, and prints its processor time."""
    settings = brakes_off(read_settings(), port)
    engine = create_engine(settings.url, **engine_options(settings.url))
    install_listeners(engine)
    began = time.process_time()
    deliver(engine, settings, system_clock, budget=PATIENCE)
    print(time.process_time() - began)


def bare(port: int, body: bytes, count: int) -> float:
    """Mails a second of a loop over one connection that writes nothing down."""
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        began = time.perf_counter()
        for number in range(count):
            smtp.sendmail(SENDER, [f"matning.{number}@example.org"], body)
        return count / (time.perf_counter() - began)


def run(count: int, workers: int, port: int, settings: Settings) -> None:
    """Sends what is filled and prints the figures."""
    engine = create_engine(settings.url, **engine_options(settings.url))
    command = [sys.executable, __file__, "--work", str(port)]
    began = time.perf_counter()
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(workers)]
    said = [process.communicate(timeout=PATIENCE)[0] for process in started]
    took = time.perf_counter() - began
    cpu = sum(map(float, said))
    with Session(engine) as session:
        sent = session.scalar(select(func.count()).where(OutboxMail.state == "sent")) or 0
        body = session.scalar(select(OutboxMail.body).where(OutboxMail.body.is_not(None)).limit(1)) or ""
    engine.dispose()
    rate, other = sent / took, bare(port, body.encode(), max(count, 500))
    share = rate / other
    goal = "" if workers > 1 else f"   ≥ {GOAL:.0%} {'ok' if share >= GOAL else 'NOT REACHED'}"
    print(f"{sent} of {count} mails sent by {workers} worker(s), {len(body) / 1000:.1f} KB each, start included")
    print(f"{rate:.0f} a second beside {other:.0f} of a bare loop: {share:.1%}{goal}")
    print(f"{cpu / max(sent, 1) * 1000:.1f} ms of work for one mail")


def main() -> None:
    """Fills, sends and prints."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--mails", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--fill-only", action="store_true")
    parser.add_argument("--keys", type=Path, help="the file the expected keys are written to")
    parser.add_argument("--work", type=int, metavar="PORT", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work is not None:
        work(given.work)
        return
    with tempfile.TemporaryDirectory() as folder:
        if not {"TAKT_INSTANCE", "TAKT_DATABASE_URL"} & set(os.environ):
            os.environ["TAKT_INSTANCE"] = folder
        settings = read_settings()
        engine = create_engine(settings.url, **engine_options(settings.url))
        install_listeners(engine)
        schema.upgrade(engine)
        with Session(engine) as session:
            begin_write(session)
            keys = fill(session, system_clock(), given.mails)
            session.commit()
        engine.dispose()
        if given.keys is not None:
            given.keys.write_text("\n".join(keys) + "\n", encoding="ascii")
        print(f"{len(keys)} due reminders filled")
        if not given.fill_only:
            with sink() as port:
                run(given.mails, given.workers, port, settings)


if __name__ == "__main__":
    main()
