"""The clock → actions: what is done each few seconds and each hour, inside a web process or as ``takt worker``.

APScheduler only ticks; the database says what is due and who does it, so any number of processes may tick
(spec reminders, Who runs it). A thread is started by the first request a process serves: never at import, in
a command, in tests or in the reloader's parent, and after a server has forked. Not here: what a job does.
"""

from __future__ import annotations

import atexit
import logging
import os
import secrets
import signal
import socket
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import FrameType
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Engine, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from scheduler.accounts import actions as accounts
from scheduler.clock import Clock, system_clock
from scheduler.db import begin_change, begin_write, db
from scheduler.drafts.watching import LOOK_SECONDS, Runs
from scheduler.logs import request_id
from scheduler.mail import actions as mail
from scheduler.mail.action_mails import make_action_mails
from scheduler.mail.delivery import Tally, deliver, problems
from scheduler.mail.digests import make_digests
from scheduler.mail.handovers import make_handovers
from scheduler.mail.inbox import poll
from scheduler.mail.models import JobRun, Lease, Occurrence
from scheduler.mail.overviews import make_overviews
from scheduler.mail.polls import ask
from scheduler.mail.queries import CLOCK
from scheduler.meetings.fragments import Site
from scheduler.meetings.models import MeetingChange, SubstituteCall
from scheduler.meetings.needs import forget_needs
from scheduler.meetings.publishing import mend
from scheduler.meetings.substitutes import ask_automatically
from scheduler.outbound import INTERNET, Network
from scheduler.places.busy import reader_of
from scheduler.places.busy_models import BusySource
from scheduler.places.busy_reading import Unread, read_address
from scheduler.places.busy_refresh import Due, claim_due, claimed, forget_past, is_any_due, keep, note_failure
from scheduler.polls.holds import mend_holds
from scheduler.settings import Settings

log = logging.getLogger("takt.jobs")

#: Seconds between two ticks.
TICK_SECONDS = 5
#: Seconds of rest after a round in which something failed, so that a lasting fault does not fill the log.
REST_SECONDS = 60
#: How long whoever ticks keeps the others from looking; the next one takes over after this and a tick.
LEASE = timedelta(seconds=30)
#: Seconds a stopping process may take for the mail in hand.
FAREWELL_SECONDS = 9
#: The day's jobs begin at this hour local time, clear of the hour that a change of clocks skips or repeats.
DAY_BEGINS = 4
#: So many calendars of people's own are read in a round, and none begun after so many seconds: mails wait meanwhile.
CALENDARS_A_ROUND, CALENDAR_SECONDS = 3, 4.0


class Application(Protocol):
    """What is needed of the web application."""

    testing: bool
    extensions: dict[str, Any]

    def app_context(self) -> Any:
        """A context in which the database is found."""

    def before_request(self, f: Callable[[], None], /) -> Any:
        """Calls ``f`` before each request."""


# ---------------------------------------------------------------- periodic work


@dataclass(frozen=True)
class Periodic:
    """Work done once an hour or once a day, by whichever process is first."""

    name: str
    #: hour or day.
    every: str
    act: Callable[[Session, datetime, Settings], object]
    #: Whether it may change a calendar, and so takes its turn with the changes of people (``db.begin_change``).
    changes: bool = False


def _mend_holds(session: Session, now: datetime, settings: Settings) -> None:
    mend_holds(session, now, site=Site(settings.public_url, settings.calendar_domain))


PERIODIC: tuple[Periodic, ...] = (
    Periodic("accounts.sweep", "hour", lambda session, now, _settings: accounts.sweep(session, now)),
    Periodic("mail.forget", "hour", mail.forget),
    Periodic("mail.polls", "hour", ask),
    Periodic("calendars.mend", "day", lambda session, now, _settings: mend(session, now), changes=True),
    Periodic("polls.mend", "day", _mend_holds, changes=True),
    Periodic("substitutes.ask", "hour", lambda session, now, _settings: ask_automatically(session, now)),
    Periodic("needs.forget", "day", lambda session, now, _settings: forget_needs(session, now)),
    Periodic("busy.forget_past", "day", lambda session, now, _settings: forget_past(session, now)),
    Periodic("mail.plan_coming", "day", mail.plan_coming),
    Periodic("mail.digests", "day", make_digests),
    Periodic("mail.overviews", "day", make_overviews),
    Periodic("mail.actions", "day", make_action_mails),
    Periodic("mail.handovers", "hour", make_handovers),
)


def slot(every: str, now: datetime, time_zone: str) -> str:
    """The slot ``now`` belongs to: an hour in UTC, or a local day that begins at four in the morning."""
    if every == "hour":
        return now.strftime("%Y-%m-%dT%HZ")
    return (now.astimezone(ZoneInfo(time_zone)) - timedelta(hours=DAY_BEGINS)).date().isoformat()


# ---------------------------------------------------------------- one round


class Worker:
    """One process's share of the work: what it works on and by which name it is known."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        clock: Clock,
        periodic: Sequence[Periodic] = PERIODIC,
        network: Network = INTERNET,
    ) -> None:
        self.engine = engine
        self.settings = settings
        self.network = network
        self.periodic = tuple(periodic)
        self.name = f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.stop = threading.Event()
        #: Whether something failed in the last round.
        self.failed = False
        #: Whether the log says that the settings keep mails from leaving; once is enough.
        self._told = False
        self._clock = clock
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The present; with the system's clock on PostgreSQL, that of the database, which all machines share."""
        return self._clock() + self._ahead

    def runs(self) -> Runs:
        """What looks for drafts of a year to run, until this worker stops."""
        return Runs(self.engine, self.now, self.settings.time_zone, self.stop)

    def _set_clock(self) -> None:
        if self._clock is not system_clock or self.engine.dialect.name != "postgresql":
            return
        with self.engine.connect() as connection:
            there = connection.scalar(select(func.clock_timestamp()))
        if isinstance(there, datetime):
            self._ahead = timedelta(seconds=round((there - self._clock()).total_seconds()))

    def take_lease(self) -> bool:
        """Whether this worker is the one that ticks, now and for a while. Saves polling, decides nothing."""
        now = self.now()
        with Session(self.engine) as session:
            lease = session.get(Lease, CLOCK)
            if lease is not None and lease.until > now and (lease.holder != self.name or lease.until - now > LEASE / 2):
                return lease.holder == self.name
        insert = postgresql.insert if self.engine.dialect.name == "postgresql" else sqlite.insert
        with Session(self.engine) as session:
            begin_write(session)
            session.execute(
                insert(Lease).values(name=CLOCK, holder=self.name, until=now + LEASE, epoch=0).on_conflict_do_nothing()
            )
            lease = session.get_one(Lease, CLOCK, with_for_update=True)
            if lease.holder != self.name and lease.until > now:
                return False
            lease.epoch += lease.holder != self.name
            lease.holder, lease.until = self.name, now + LEASE
            session.commit()
            return True

    def leave(self) -> None:
        """Gives the lease up, so that another process need not wait for it to run out."""
        with Session(self.engine) as session:
            begin_write(session)
            lease = session.get(Lease, CLOCK)
            if lease is not None and lease.holder == self.name:
                lease.until = self.now()
            session.commit()

    def run_due(self, budget: float = 20.0) -> Tally:
        """Does all that is due, for about ``budget`` seconds: changes read, mails made and sent, periodic jobs.

        Then the mailbox of answers and a few calendars of people's own are read. What fails is logged, noted in
        ``failed`` and left for the next round; it stops nothing else.
        """
        token = request_id.set(f"job-{secrets.token_hex(4)}")
        self.failed = False
        try:
            for step in (self._set_clock, self._announce, self._fan_out, *map(self._periodic_step, self.periodic)):
                self._carefully(step)
            sent: list[Tally] = []
            self._carefully(lambda: sent.append(self._deliver(budget)))
            self._carefully(self._read_answers)
            self._carefully(self._read_calendars)
            return sent[0] if sent else Tally(ended="failed")
        finally:
            request_id.reset(token)

    def _carefully(self, step: Callable[[], object]) -> None:
        try:
            step()
        except Exception:
            self.failed = True
            log.exception("a step of the round failed")

    def _deliver(self, budget: float) -> Tally:
        tally = deliver(self.engine, self.settings, self.now, budget=budget, stop=self.stop)
        if tally.ended == "settings" and not self._told:
            self._told = True
            for problem in problems(self.settings):
                log.error("no mail leaves: %s: %s", problem.field, problem)
        return tally

    def _read_answers(self) -> None:
        """Reads the mailbox that answers and bounces come to, when it is time."""
        poll(self.engine, self.settings, self.now, stop=self.stop)

    def _announce(self) -> None:
        with Session(self.engine) as session:
            unread = (
                select(MeetingChange.id).where(MeetingChange.announced_at.is_(None)).limit(1),
                select(SubstituteCall.id).where(SubstituteCall.announced_at.is_(None)).limit(1),
            )
            if all(session.scalar(query) is None for query in unread):
                return
        with Session(self.engine) as session:
            begin_write(session)
            mail.announce(session, self.now(), self.settings)
            session.commit()

    def _fan_out(self) -> None:
        due = select(Occurrence.id).where(Occurrence.state == "planned", Occurrence.due_at <= self.now())
        with Session(self.engine) as session:
            if session.scalar(due.limit(1)) is None:
                return
        with Session(self.engine) as session:
            begin_write(session)
            mail.fan_out(session, self.now(), self.settings)
            session.commit()

    def _read_calendars(self) -> None:
        """Reads the calendars of people's own that have waited longest, each outside any transaction."""
        began = time.monotonic()
        for _n in range(CALENDARS_A_ROUND if self.settings.busy_import else 0):
            if self.stop.is_set() or time.monotonic() - began > CALENDAR_SECONDS or not self._read_calendar():
                return

    def _read_calendar(self) -> bool:
        """Reads the calendar that is due; False when none is."""
        with Session(self.engine) as session:
            if not is_any_due(session, self.now()):
                return False
        with Session(self.engine, expire_on_commit=False) as session:
            begin_write(session)
            due = claim_due(session, self.now())
            if due is None:
                return False
            reader = reader_of(
                session, due.person_id, time_zone=self.settings.time_zone, own_domain=self.settings.calendar_domain
            )
            session.commit()
        try:
            found = read_address(due.url, due.known, self.now(), reader, self.network)
        except Unread as unread:
            found, reason = None, unread.reason
        except Exception:
            # One calendar that breaks our reader must not let the clock rest.
            log.exception("a calendar broke its reader")
            found, reason = None, "other"
        if found is not None:
            said = found
            try:
                self._keep_calendar(due, lambda session, row: keep(session, self.now(), row, said))
            except Exception as error:  # noqa: BLE001 - nor must one whose times cannot be kept
                # Without the trace: a database's own words tell the times it refuses.
                log.error("what a calendar says could not be kept: %s", type(error).__name__)  # noqa: TRY400 - above
                found, reason = None, "other"
        if found is None:
            self._keep_calendar(due, lambda session, row: note_failure(session, self.now(), row, reason))
        return True

    def _keep_calendar(self, due: Due, act: Callable[[Session, BusySource], None]) -> None:
        """Writes of a calendar that was read, in a transaction of its own; nothing when it was taken away meanwhile."""
        with Session(self.engine) as session:
            begin_write(session)
            row = claimed(session, due)
            if row is not None:
                act(session, row)
            session.commit()

    def _periodic_step(self, job: Periodic) -> Callable[[], None]:
        """Runs ``job`` unless somebody has in this slot; a run that fails leaves the slot free."""

        def step() -> None:
            now = self.now()
            key = {"name": job.name, "slot": slot(job.every, now, self.settings.time_zone)}
            with Session(self.engine) as session:
                if session.get(JobRun, key) is not None:
                    return
            insert = postgresql.insert if self.engine.dialect.name == "postgresql" else sqlite.insert
            with Session(self.engine) as session:
                (begin_change if job.changes else begin_write)(session)
                ours = session.execute(
                    insert(JobRun).values(**key, at=now).on_conflict_do_nothing().returning(JobRun.name)
                ).one_or_none()
                if ours is not None:
                    job.act(session, now, self.settings)
                session.commit()

        return step


# ---------------------------------------------------------------- who ticks


class Embedded:
    """The clock inside a web process: one daemon thread that ticks and works."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self._idle = threading.Event()
        self._idle.set()
        self._rest_until = 0.0
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            # Works in the scheduler's own thread: a pool would be joined before a stopping process can be told.
            executors={"default": DebugExecutor()},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Begins to tick; ends with the process."""
        self._scheduler.add_job(self.tick, "interval", seconds=TICK_SECONDS)
        self._scheduler.start()
        self.worker.runs().start()
        atexit.register(self.stop)

    def stop(self) -> None:
        """Finishes the mail in hand and stops; waits no longer than ``FAREWELL_SECONDS``."""
        atexit.unregister(self.stop)
        self.worker.stop.set()
        if self._idle.wait(FAREWELL_SECONDS):
            self._scheduler.shutdown(wait=False)
            self.worker.leave()

    def tick(self) -> None:
        """One round, if it is this process's turn and the last one did not just fail."""
        if self.worker.stop.is_set() or time.monotonic() < self._rest_until:
            return
        self._idle.clear()
        try:
            if self.worker.take_lease():
                self.worker.run_due()
        except Exception:
            self.worker.failed = True
            log.exception("the lease could not be read")
        finally:
            self._idle.set()
        if self.worker.failed:
            self._rest_until = time.monotonic() + REST_SECONDS


def install(app: Application) -> None:
    """Lets ``app`` tick in each process that serves requests, when the settings say so."""
    wiring = app.extensions["takt"]
    if wiring.settings.worker != "embedded":
        return
    with app.app_context():
        engine = db.engine
    engine_of = weakref.ref(engine)

    def in_child() -> None:
        if (inherited := engine_of()) is not None:
            inherited.dispose(close=False)  # the parent goes on using these connections

    os.register_at_fork(after_in_child=in_child)
    started_in = 0
    lock = threading.Lock()

    def start() -> None:
        nonlocal started_in
        if app.testing or started_in == os.getpid():
            return
        with lock:
            if started_in != os.getpid():
                started_in = os.getpid()
                Embedded(Worker(engine, wiring.settings, wiring.clock, network=wiring.network)).start()

    app.before_request(start)


def run_worker(app: Application) -> None:
    """Works until SIGTERM or SIGINT; then finishes the mail in hand, gives the others back and returns."""
    wiring = app.extensions["takt"]
    with app.app_context():
        worker = Worker(db.engine, wiring.settings, wiring.clock, network=wiring.network)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        worker.stop.set()
        last_resort = threading.Timer(FAREWELL_SECONDS, os._exit, (0,))
        last_resort.daemon = True
        last_resort.start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    log.info("worker %s begins", worker.name)
    runs = worker.runs()
    runs.start()
    while not worker.stop.is_set():
        try:
            worker.take_lease()  # only to be seen: a worker works whoever ticks
        except SQLAlchemyError:
            log.exception("the database does not answer")
        worker.run_due()
        worker.stop.wait(REST_SECONDS if worker.failed else TICK_SECONDS)
    runs.finish(LOOK_SECONDS)
    worker.leave()
    log.info("worker %s ends", worker.name)
