"""Handing mails to the relay: the one module that speaks SMTP, and the loop claim → intent → SMTP → result.

No SMTP happens inside a database transaction. The result of one mail and the intent of the next are one short
transaction. Not here: who gets which mail (``actions``), what an answer means (``outcomes``).
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import secrets
import smtplib
import ssl
import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from scheduler.clock import Clock
from scheduler.db import begin_write, reading
from scheduler.errors import Problem, Refused
from scheduler.i18n import mark
from scheduler.mail import holds
from scheduler.mail.addresses import check_reply
from scheduler.mail.messages import address, header_text, letterhead
from scheduler.mail.outbox import (
    BATCH,
    LONGEST,
    Handed,
    RateReached,
    claim,
    finish,
    give_back,
    holder,
    intend,
    is_anything_due,
    leave_connection,
    release,
    take_connection,
)
from scheduler.mail.outcomes import Answer, Outcome, Stage
from scheduler.mail.relay_state import lift, may_greet, relay_paused_until
from scheduler.mail.restores import Mark, turning
from scheduler.mail.rules import read_window
from scheduler.mail.writing import Written, redirect_address, write_mails
from scheduler.settings import Settings

log = logging.getLogger("takt.mail")

# Seconds for opening a connection, for each answer, and for the answer to the final dot. Giving up on the
# last one leaves the mail in doubt, so it is the longest; a whole mail stays below outbox.LONGEST.
CONNECT_SECONDS = 10
ANSWER_SECONDS = 20
FINAL_SECONDS = 40
#: A connection is used for so many mails and so many seconds.
MAILS_PER_CONNECTION = 100
CONNECTION_SECONDS = 60
#: The first claim of a run; a claim that is done in less than so many seconds makes the next twice as large.
FIRST_BATCH, QUICK_SECONDS = 20, 4.0
#: How often a result is tried to be noted, a second apart; each waits for a lock as any writer does.
NOTING_TRIES = 4
NOTING_SECONDS = 1.0


# ---------------------------------------------------------------- settings


def is_this_machine(host: str) -> bool:
    """Whether a host of the settings is this machine itself."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class RelayAddress:
    """Where the relay is and how it is entered."""

    host: str
    port: int
    #: TLS from the first byte (smtps).
    tls: bool
    user: str | None
    password: str | None = field(repr=False)

    @property
    def is_local(self) -> bool:
        """Whether it is this machine, where a password crosses no wire."""
        return is_this_machine(self.host)


def read_relay(url: str) -> RelayAddress:
    """The relay ``TAKT_MAIL_RELAY`` names. Raises Refused when it cannot be read."""
    parts = urlsplit(url.strip())
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or port == -1:
        raise Refused(Problem("TAKT_MAIL_RELAY", mark("Ange en adress som smtp://user:password@host:port")))
    return RelayAddress(
        host=parts.hostname,
        port=port or (465 if parts.scheme == "smtps" else 587 if parts.username else 25),
        tls=parts.scheme == "smtps",
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def problems(settings: Settings) -> list[Problem]:
    """What in the mail settings keeps mails from leaving; empty when all is well. Mails wait meanwhile."""
    found = []
    if settings.mail_mode not in {"send", "hold", "log"} and redirect_address(settings) is None:
        found.append(Problem("TAKT_MAIL_MODE", mark("Ange send, hold, log eller redirect:ADRESS")))
    to_check = [("TAKT_MAIL_MODE", redirect_address(settings))]
    if settings.mail_mode == "send" or redirect_address(settings) is not None:
        to_check.append(("TAKT_MAIL_FROM", settings.mail_from))
        try:
            read_relay(settings.mail_relay)
        except Refused as error:
            found += error.problems
    for name, given in to_check:
        try:
            if given is not None:
                address(given, name)
        except Refused as error:
            found += error.problems
    try:
        header_text(settings.organisation or settings.name, "TAKT_ORGANISATION")
    except Refused as error:
        found += error.problems
    if settings.mail_reply and (problem := check_reply(settings.mail_reply)) is not None:
        found.append(problem)
    try:
        read_window(settings.mail_window)
    except Refused as error:
        found += error.problems
    return found


# ---------------------------------------------------------------- the relay


class Relay:
    """A connection to the relay, opened when first needed and used again while it is young."""

    def __init__(self, where: RelayAddress, sender: str) -> None:
        self.where = where
        self.sender = sender
        self._smtp: smtplib.SMTP | None = None
        self._mails = 0
        self._opened = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Says goodbye, if there is anybody to say it to."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                smtp.quit()
            smtp.close()

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()

    def _open(self) -> smtplib.SMTP:
        """A greeted, encrypted and signed-in connection. Raises what smtplib and the socket raise."""
        local_name = self.sender.rpartition("@")[2]
        if self.where.tls:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                local_hostname=local_name, timeout=CONNECT_SECONDS, context=ssl.create_default_context()
            )
        else:
            smtp = smtplib.SMTP(local_hostname=local_name, timeout=CONNECT_SECONDS)
        try:
            self._enter(smtp)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _enter(self, smtp: smtplib.SMTP) -> None:
        where = self.where
        # Made without a host, so that a failure in connect leaves an object that can be closed; TLS checks the
        # certificate against this name.
        smtp._host = where.host  # type: ignore[attr-defined]  # noqa: SLF001 - connect does not set it
        code, text = smtp.connect(where.host, where.port)
        if code != 220:  # noqa: PLR2004 - RFC 5321 §4.2: ready
            raise smtplib.SMTPConnectError(code, text)
        _timeout(smtp, ANSWER_SECONDS)
        smtp.ehlo_or_helo_if_needed()
        if not where.tls and smtp.has_extn("starttls"):
            smtp.starttls(context=self._starttls_context())
            smtp.ehlo_or_helo_if_needed()
        if where.user is not None:
            if not isinstance(smtp.sock, ssl.SSLSocket) and not where.is_local:
                raise smtplib.SMTPNotSupportedError("no TLS: the password stays here")
            smtp.login(where.user, where.password or "")

    def _starttls_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self.where.user is None or self.where.is_local:
            # Encryption that is offered and not asked for: no secret is sent, and a certificate nobody can
            # check is still better than none (RFC 7435).
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def greet(self) -> Answer:
        """Opens the connection and hands over nothing: whether the server lets us in. Never raises."""
        try:
            self._smtp = self._open()
            self._mails, self._opened = 0, time.monotonic()
            code, text = self._smtp.noop()
            return Answer(Stage.DONE if code // 100 == 2 else Stage.CONNECT, code, _plain(text))  # noqa: PLR2004 - well
        except smtplib.SMTPResponseException as error:
            return Answer(Stage.CONNECT, error.smtp_code if error.smtp_code > 0 else None, _plain(error.smtp_error))
        except (smtplib.SMTPException, OSError) as error:
            return Answer(Stage.CONNECT, None, f"{type(error).__name__}: {error}"[:400])

    def hand_over(self, mail: Handed) -> Answer:
        """Tries one mail once; never raises. The stage tells how far it came."""
        if self._smtp is not None and (
            self._mails >= MAILS_PER_CONNECTION or time.monotonic() - self._opened > CONNECTION_SECONDS
        ):
            self.close()
        used_before = self._smtp is not None
        answer = self._try(mail)
        if used_before and answer.stage is Stage.MAIL and answer.code in {None, 421}:
            # The relay had hung up while the connection lay idle: no mail was begun.
            answer = self._try(mail)
        return answer

    def _try(self, mail: Handed) -> Answer:
        stage = Stage.CONNECT
        try:
            if self._smtp is None:
                self._smtp = self._open()
                self._mails, self._opened = 0, time.monotonic()
            smtp = self._smtp
            self._mails += 1
            _timeout(smtp, ANSWER_SECONDS)
            stage = Stage.MAIL
            code, text = smtp.mail(mail.sender or self.sender)
            if code == 250:  # noqa: PLR2004 - RFC 5321 §4.2: done
                stage = Stage.RCPT
                code, text = smtp.rcpt(mail.recipient)
            if stage is Stage.RCPT and code // 100 == 2:  # noqa: PLR2004 - 250, 251 or 252
                stage = Stage.DATA
                code, text = smtp.docmd("DATA")
                if code == 354:  # noqa: PLR2004 - RFC 5321 §4.2: start mail input
                    smtp.send(_with_dots(mail.body))
                    stage = Stage.DOT
                    _timeout(smtp, FINAL_SECONDS)
                    code, text = smtp.getreply()
                    if code // 100 == 2:  # noqa: PLR2004 - taken
                        return Answer(Stage.DONE, code, _plain(text))
            self._reset(code)
            return Answer(stage, code, _plain(text))
        except smtplib.SMTPResponseException as error:
            self._drop()
            # Later than at the connection it means a line that is no answer, so nobody knows what was meant.
            meant = stage is Stage.CONNECT and error.smtp_code > 0
            return Answer(stage, error.smtp_code if meant else None, _plain(error.smtp_error))
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return Answer(stage, None, f"{type(error).__name__}: {error}"[:400])

    def _reset(self, code: int) -> None:
        """Makes the connection ready for the next mail after a refusal, or drops it."""
        if code == 421 or self._smtp is None:  # noqa: PLR2004 - RFC 5321 §4.2: closing
            self._drop()
            return
        try:
            if self._smtp.rset()[0] != 250:  # noqa: PLR2004 - done
                self._drop()
        except (smtplib.SMTPException, OSError):
            self._drop()


def _timeout(smtp: smtplib.SMTP, seconds: float) -> None:
    if smtp.sock is not None:
        smtp.sock.settimeout(seconds)


def _plain(text: bytes | str) -> str:
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join(shown.split())[:400]


def _with_dots(body: bytes) -> bytes:
    """The body with its dots doubled (RFC 5321 §4.5.2) and the final dot."""
    stuffed = (b"." if body.startswith(b".") else b"") + body.replace(b"\r\n.", b"\r\n..")
    return stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n") + b".\r\n"


# ---------------------------------------------------------------- the loop


@dataclass
class Tally:
    """What one run did."""

    sent: int = 0
    #: Tried, and something else came of it.
    other: int = 0
    #: Why the run ended before all was out: "", rate, relay, connections, settings or stopped.
    ended: str = ""


class _Run:
    """One run of one worker: its token, its relay, the result that waits for the next transaction."""

    def __init__(self, engine: Engine, settings: Settings, clock: Clock, relay: Relay | None, batch: int) -> None:
        self.engine = engine
        #: Mails of the next claim, and the most there may be of one: what a slow server does not take in a few seconds
        #: another worker may as well have.
        self.batch = min(FIRST_BATCH, batch)
        self.most = batch
        self.settings = settings
        self.clock = clock
        self.relay = relay
        self.token = secrets.token_hex(16)
        self.holder = holder(self.token)
        self.tally = Tally()
        #: The mails of the claim as they were written.
        self._written: dict[int, Written] = {}
        #: Whether it has claimed before.
        self._begun = False
        self._done: tuple[int, Answer] | None = None

    def claim(self) -> Sequence[int]:
        """The next mails; none while the relay is left alone."""
        now = self.clock()
        with Session(self.engine) as session:
            if not is_anything_due(session, now):
                return ()
            paused = self.relay is not None and relay_paused_until(session, now) is not None
            if paused and not self._is_back():
                self.tally.ended = "relay"
                return ()
            surging: Collection[str] = ()
            if self.relay is not None and not self._begun and self.settings.mail_surge > 0:
                surging = holds.surging(session, now, self.settings.mail_surge)
        if self.relay is None or self._begun:
            return self._claim(None, surging)
        with turning(self.settings.instance) as mark:
            return self._claim(mark, surging)

    def _is_back(self) -> bool:
        """Asks a relay that could not be reached whether it is there again, when it is this worker's turn to ask."""
        with Session(self.engine) as session:
            begin_write(session)
            asks = may_greet(session, self.clock())
            session.commit()
        if not asks or self.relay is None or self.relay.greet().stage is not Stage.DONE:
            return False
        with Session(self.engine) as session:
            begin_write(session)
            lift(session, self.clock())
            session.commit()
        return True

    def _claim(self, mark: Mark | None, surging: Collection[str]) -> Sequence[int]:
        """Claims in one transaction, in which the first time holds are made and the mark is turned."""
        most = self.settings.mail_connections
        with Session(self.engine) as session:
            begin_write(session)
            now = self.clock()
            if self.relay is not None and most > 0 and not take_connection(session, now, self.holder, most):
                self.tally.ended = "connections"
                return ()
            if mark is not None and not mark.turn(session, now):
                holds.hold(session, now, "*", "restore")
            for kind in surging:
                holds.hold(session, now, kind, "surge")
            found = claim(session, now, self.token, batch=self.batch)
            session.commit()
        if mark is not None:
            mark.settle()
        self._begun = True
        return found

    def write(self, mails: Collection[int]) -> None:
        """Writes the mails of a claim ahead; whoever saves something meanwhile need not wait."""
        with reading(self.engine) as connection, Session(connection) as session:
            self._written = write_mails(session, self.clock(), mails, self.settings)

    def turn(self, mail_id: int | None) -> Handed | None:
        """Notes the result of the mail before and intends the next (None: there is none), in one transaction.

        A database that is away or locked is asked again a few times: of a mail that has left and is not noted nobody
        knows, and it would be sent once more.
        """
        for left in reversed(range(NOTING_TRIES if self._done is not None else 1)):
            try:
                return self._turn(mail_id)
            except OperationalError:
                if not left:
                    raise
                log.warning("a result could not be noted; it is tried again")
                time.sleep(NOTING_SECONDS)
        raise AssertionError("the last try returns or raises")

    def _turn(self, mail_id: int | None) -> Handed | None:
        if mail_id is None and self._done is None:
            return None
        with Session(self.engine) as session:
            begin_write(session)
            outcome = None
            if self._done is not None:
                spread = 0.5 + secrets.randbelow(1001) / 1000
                outcome = finish(session, self.clock(), *self._done_row(), spread=spread)
            handed = None
            if mail_id is not None and outcome is not Outcome.RELAY:
                try:
                    ahead = self._written.pop(mail_id, None)
                    handed = intend(session, self.clock(), mail_id, self.token, self.settings, ahead)
                except RateReached as error:
                    self.tally.ended = "rate"
                    release(session, self.clock(), self.token, next_at=error.until)
            session.commit()
        self._note(outcome)
        return handed

    def _done_row(self) -> tuple[int, str, Answer]:
        assert self._done is not None  # noqa: S101 - asked for only then
        return self._done[0], self.token, self._done[1]

    def _note(self, outcome: Outcome | None) -> None:
        if outcome is None or self._done is None:
            return
        mail_id, answer = self._done
        self._done = None
        self.tally.sent += outcome is Outcome.SENT
        self.tally.other += outcome is not Outcome.SENT
        if outcome is Outcome.RELAY:
            self.tally.ended = "relay"
        level = logging.INFO if outcome is Outcome.SENT else logging.WARNING
        log.log(level, "mail %s: %s at %s, code %s", mail_id, outcome, answer.stage, answer.code)

    def hand_over(self, mail: Handed) -> None:
        """Lets one mail leave, unless this worker was asleep for so long that its lease runs out."""
        assert self.relay is not None  # noqa: S101 - without a relay no mail is handed over
        if mail.lease_until - self.clock() < LONGEST:
            with Session(self.engine) as session:
                begin_write(session)
                give_back(session, self.clock(), mail.mail_id, self.token)
                session.commit()
            return
        self._done = (mail.mail_id, self.relay.hand_over(mail))

    def learn(self, seconds: float) -> None:
        """Makes the next claim larger or smaller by how long this one took."""
        if seconds < QUICK_SECONDS:
            self.batch = min(2 * self.batch, self.most)
        else:
            self.batch = max(self.batch // 2, 1)

    def release(self) -> None:
        """Gives back what is left of the claim."""
        with Session(self.engine) as session:
            begin_write(session)
            release(session, self.clock(), self.token)
            session.commit()

    def leave(self) -> None:
        """Lets another worker have this one's connection."""
        if self._begun and self.relay is not None:
            self.relay.close()
            with Session(self.engine) as session:
                begin_write(session)
                leave_connection(session, self.clock(), self.holder)
                session.commit()


def deliver(
    engine: Engine,
    settings: Settings,
    clock: Clock,
    *,
    budget: float = 20.0,
    stop: threading.Event | None = None,
    batch: int = BATCH,
) -> Tally:
    """Sends what is due until nothing is, ``budget`` seconds are over, or ``stop`` is set; ``batch`` mails a claim.

    Finishes the mail in hand and gives the others back. Correct with any number of callers at once.
    """
    if problems(settings):
        return Tally(ended="settings")
    sends = settings.mail_mode == "send" or redirect_address(settings) is not None
    until = time.monotonic() + budget
    with contextlib.ExitStack() as stack:
        relay = None
        if sends:
            relay = stack.enter_context(Relay(read_relay(settings.mail_relay), letterhead(settings).sender))
        run = _Run(engine, settings, clock, relay, batch)
        try:
            while not run.tally.ended and time.monotonic() < until:
                mails = run.claim()
                if not mails:
                    break
                _work(run, mails, until, stop)
        finally:
            run.leave()
        return run.tally


def _work(run: _Run, mails: Sequence[int], until: float, stop: threading.Event | None) -> None:
    """Handles one claim; whatever happens, the rest of it is given back."""
    began = time.monotonic()
    try:
        run.write(mails)
        for mail_id in mails:
            if stop is not None and stop.is_set():
                run.tally.ended = "stopped"
            if run.tally.ended or time.monotonic() >= until:
                break
            handed = run.turn(mail_id)
            if handed is not None:
                run.hand_over(handed)
        run.turn(None)
        run.learn(time.monotonic() - began)
    finally:
        run.release()
