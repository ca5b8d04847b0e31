"""How many mails are lost, and how many come twice, while workers are killed and the mail server does its worst.

Fills N due reminders into the configured instance (as ``outbox.py``; its outbox must be empty), lets W workers send
them to a mail server of its own that refuses, defers, hangs up and loses acknowledgements, and sends one worker after
the other a signal. What arrived is what the server wrote down when it took it, never the database's word. Prints the
figures, or with ``--json`` one line for a program to read. Nothing may be missing, and of a mail that came twice each
copy needs a reason: a worker that was killed (at most one each) or an acknowledgement the server lost (specification,
reminders, REL-2).

The workers' clock runs ``--speed`` times as fast as the wall's, so that leases and second tries take seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from email import message_from_bytes
from hashlib import sha256
from multiprocessing import Pipe
from pathlib import Path

from outbox import SENDER, brakes_off, fill
from sqlalchemy import Engine, NullPool, create_engine, func, select
from sqlalchemy.orm import Session

from scheduler import schema
from scheduler.clock import system_clock
from scheduler.db import begin_write, engine_options, install_listeners
from scheduler.mail.delivery import deliver
from scheduler.mail.models import MailHold, OutboxMail
from scheduler.mail.outbox import BATCH
from scheduler.settings import Settings, read_settings

SIGNALS = {"kill": signal.SIGKILL, "term": signal.SIGTERM, "stop": signal.SIGSTOP, "none": None}
#: The states of a mail nobody will do anything with any more.
ENDED = ("sent", "failed", "expired", "superseded", "suppressed", "uncertain", "held")


# ---------------------------------------------------------------- the server


class _HangUp(Exception):
    pass


class Server:
    """Takes mails or misbehaves, by the address and by chance; writes each mail it takes to ``log``, then says so."""

    def __init__(self, log: Path, *, faults: bool, seed: int) -> None:
        self.log = log.open("a", encoding="utf-8", buffering=1)
        self.faults = faults
        self.chance = random.Random(seed)  # noqa: S311 - chance, no secret
        self.grey: set[str] = set()

    def note(self, what: str, **values: object) -> None:
        """One line of the log."""
        self.log.write(json.dumps({"what": what, **values}) + "\n")

    def happens(self, share: float) -> bool:
        """Whether a fault that befalls ``share`` of all mails befalls this one."""
        return self.faults and self.chance.random() < share

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            await self._converse(reader, writer)
        except (_HangUp, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(text: str) -> None:
            writer.write(f"{text}\r\n".encode())

        say("220 chaos ready")
        to = ""
        while line := (await reader.readline()).decode().strip():
            verb = line[:4].upper()
            if verb in {"EHLO", "HELO"}:
                say("250-chaos\r\n250 ENHANCEDSTATUSCODES")
            elif verb == "MAIL":
                if self.happens(0.003):
                    say("421 4.3.2 closing")
                    raise _HangUp
                say("250 2.1.0 Ok")
            elif verb == "RCPT":
                to = line[line.index("<") + 1 : line.index(">")]
                say(self._of_recipient(to))
            elif verb == "DATA":
                if self.happens(0.004):
                    say("451 4.3.0 try later")
                    continue
                say("354 go on")
                await self._take(reader, say, to)
            elif verb == "QUIT":
                say("221 2.0.0 Bye")
                return
            else:
                say("250 2.0.0 Ok")

    def _of_recipient(self, to: str) -> str:
        if self.faults and is_dead(to):
            return "550 5.1.1 no such user"
        if self.faults and number_of(to) % 50 == 3 and to not in self.grey:
            self.grey.add(to)
            return "451 4.7.1 greylisted"
        return "250 2.1.5 Ok"

    async def _take(self, reader: asyncio.StreamReader, say: Callable[[str], None], to: str) -> None:
        if self.happens(0.003):
            await reader.readline()
            raise _HangUp  # before the final dot
        body = await reader.readuntil(b"\r\n.\r\n")
        if self.happens(0.003):
            say("452 4.3.1 no room")
            return
        if self.happens(0.002):
            self.note("lost")  # neither taken nor answered
            raise _HangUp
        message = message_from_bytes(body)
        named = {"message_id": message["Message-ID"], "date": message["Date"], "digest": sha256(body).hexdigest()}
        self.note("taken", to=to, **named)
        if self.happens(0.003):
            self.note("unacknowledged", to=to)
            raise _HangUp
        if self.happens(0.01):
            await asyncio.sleep(0.05)
        say("250 2.0.0 Ok: queued as C1")


def number_of(address: str) -> int:
    """The number ``fill`` gave the mailbox."""
    return int(address.partition("@")[0].rpartition(".")[2])


def is_dead(address: str) -> bool:
    """Whether the server knows no such mailbox: one in a hundred."""
    return number_of(address) % 100 == 7


def serve(log: Path, port_to: Callable[[int], None], *, faults: bool, seed: int) -> None:
    """Serves until it is killed."""

    async def run() -> None:
        found = await asyncio.start_server(Server(log, faults=faults, seed=seed).talk, "127.0.0.1", 0, limit=2**22)
        port_to(found.sockets[0].getsockname()[1])
        await found.serve_forever()

    asyncio.run(run())


# ---------------------------------------------------------------- the workers


@dataclass(frozen=True)
class Plan:
    """One run."""

    mails: int
    workers: int = 4
    signal: str = "kill"
    #: Seconds between two signals.
    every: float = 0.5
    #: Signals at most.
    signals: int = 1_000_000
    speed: float = 60.0
    batch: int = BATCH
    faults: bool = True
    seed: int = 1
    #: Seconds until a run that does not end is given up.
    patience: float = 900.0


def _fork(act: Callable[[], None]) -> int:
    """Runs ``act`` in a process of its own, made without starting Python anew; its number."""
    number = os.fork()
    if number:
        return number
    status = 1
    try:
        act()
        status = 0
    finally:
        sys.stderr.flush()
        os._exit(status)


def work(settings: Settings, clock: Callable[[], datetime], batch: int) -> None:
    """One worker: sends what is due until it is told to stop."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_given: stop.set())
    engine = create_engine(settings.url, **engine_options(settings.url))
    install_listeners(engine)
    while not stop.is_set():
        deliver(engine, settings, clock, stop=stop, batch=batch)
        stop.wait(0.05)


# ---------------------------------------------------------------- one run


@dataclass
class Figures:
    """What came of a run."""

    mails: int
    workers: int
    seconds: float = 0.0
    signals: int = 0
    #: Copies the server took.
    taken: int = 0
    #: Copies beyond the first of each mail.
    twice: int = 0
    #: Mails taken whose acknowledgement the server lost.
    unacknowledged: int = 0
    #: Mailboxes that exist and got nothing.
    missing: int = 0
    #: Mailboxes whose copies differ in any byte.
    differing: int = 0
    #: Dead mailboxes whose mail was not given up, and living ones whose was.
    misjudged: int = 0
    states: dict[str, int] = field(default_factory=dict)
    held: list[str] = field(default_factory=list)

    @property
    def unexplained(self) -> int:
        """Second copies without a reason."""
        return max(0, self.twice - self.signals - self.unacknowledged)


def run(plan: Plan, settings: Settings, folder: Path) -> Figures:
    """Fills, sends under fire, and counts."""
    engine = create_engine(settings.url, poolclass=NullPool)  # nothing open when a process is forked
    install_listeners(engine)
    schema.upgrade(engine)
    with Session(engine) as session:
        begin_write(session)
        fill(session, system_clock(), plan.mails)
        session.commit()
    log = folder / "taken.jsonl"
    there, here = Pipe()
    server = _fork(lambda: serve(log, there.send, faults=plan.faults, seed=plan.seed))
    try:
        sending = brakes_off(settings, here.recv())
        return _judge(engine, log, _run(plan, sending, engine), faults=plan.faults)
    finally:
        os.kill(server, signal.SIGKILL)
        os.waitpid(server, 0)


def _run(plan: Plan, settings: Settings, engine: Engine) -> Figures:
    began_at, began = system_clock(), time.monotonic()

    def clock() -> datetime:
        return began_at + timedelta(seconds=(time.monotonic() - began) * plan.speed)

    def start() -> int:
        return _fork(lambda: work(settings, clock, plan.batch))

    figures = Figures(plan.mails, plan.workers)
    chance = random.Random(plan.seed)  # noqa: S311 - as above
    sent = SIGNALS[plan.signal]
    workers = [start() for _ in range(plan.workers)]
    try:
        next_at = began + plan.every
        while _left(engine):
            if time.monotonic() - began > plan.patience:
                break
            time.sleep(max(0.0, next_at - time.monotonic()))
            next_at += plan.every
            if sent is None or figures.signals >= plan.signals:
                continue
            one = chance.randrange(len(workers))
            figures.signals += 1
            os.kill(workers[one], sent)
            if sent == signal.SIGSTOP:
                # Asleep for longer than its lease, then awake again with the token it had.
                time.sleep(330 / plan.speed)
                os.kill(workers[one], signal.SIGCONT)
            else:
                os.waitpid(workers[one], 0)
                workers[one] = start()
        figures.seconds = time.monotonic() - began
    finally:
        for number in workers:
            os.kill(number, signal.SIGTERM)
        for number in workers:
            os.waitpid(number, 0)
    return figures


def _left(engine: Engine) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).where(OutboxMail.state.not_in(ENDED))) or 0


def _judge(engine: Engine, log: Path, figures: Figures, *, faults: bool) -> Figures:
    copies: defaultdict[str, list[str]] = defaultdict(list)
    for line in log.read_text(encoding="utf-8").splitlines():
        said = json.loads(line)
        if said["what"] == "taken":
            copies[said["to"]].append(said["digest"])
        figures.unacknowledged += said["what"] == "unacknowledged"
    figures.taken = sum(map(len, copies.values()))
    figures.twice = figures.taken - len(copies)
    figures.differing = sum(len(set(found)) > 1 for found in copies.values())
    with Session(engine) as session:
        states = {row[0]: row[1] for row in session.execute(select(OutboxMail.recipient, OutboxMail.state))}
        figures.held = list(session.scalars(select(MailHold.kind)))
    figures.states = dict(Counter(states.values()))
    living = {to for to in states if states[to] != "failed"}
    figures.missing = len(living - copies.keys())
    figures.misjudged = sum((state == "failed") != (faults and is_dead(to)) for to, state in states.items())
    return figures


def main() -> int:
    """Runs and prints; 1 when a mail is missing or came twice without a reason."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--mails", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--signal", choices=SIGNALS, default="kill")
    parser.add_argument("--every", type=float, default=0.5, help="seconds between two signals")
    parser.add_argument("--signals", type=int, default=1_000_000, help="signals at most")
    parser.add_argument("--speed", type=float, default=60.0, help="how fast the workers' clock runs")
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--no-faults", action="store_true", help="a server without faults")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patience", type=float, default=900.0, help="seconds until a run is given up")
    parser.add_argument("--json", action="store_true")
    given = vars(parser.parse_args())
    as_json = given.pop("json")
    plan = Plan(faults=not given.pop("no_faults"), **given)
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("TAKT_INSTANCE", folder)
        settings = replace(read_settings(), mail_from=SENDER)
        figures = run(plan, settings, Path(folder))
    if as_json:
        print(json.dumps({**asdict(figures), "unexplained": figures.unexplained}))
    else:
        _print(plan, figures)
    return int(bool(figures.missing or figures.unexplained or figures.differing or figures.misjudged))


def _print(plan: Plan, figures: Figures) -> None:
    print(
        f"{figures.mails} mails, {figures.workers} workers, {figures.signals} × {plan.signal}, batches of {plan.batch}"
    )
    print(f"{figures.taken} taken in {figures.seconds:.0f} s; states {figures.states}")
    per_signal = figures.twice / figures.signals if figures.signals else 0
    print(f"missing {figures.missing}   came twice {figures.twice} ({per_signal:.2f} for each signal)")
    print(f"acknowledgements lost {figures.unacknowledged}   without a reason {figures.unexplained}")
    print(f"copies that differ {figures.differing}   mailboxes misjudged {figures.misjudged}   held {figures.held}")


if __name__ == "__main__":
    sys.exit(main())
