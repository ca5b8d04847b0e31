"""Fetching mails from the mailbox that answers and bounces come to: the one module that speaks IMAP.

Fetch what is unseen, store and act in one transaction, then mark it as seen; a crash in between reads a mail again, and
the row that is there already makes that harmless. Nothing is fetched inside a transaction, and a mailbox that is away
stops nothing else. Not here: what is done with a mail (``incoming``).
"""

from __future__ import annotations

import contextlib
import imaplib
import logging
import re
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from scheduler.clock import Clock
from scheduler.db import begin_write
from scheduler.errors import Problem, Refused
from scheduler.i18n import mark
from scheduler.mail.delivery import is_this_machine
from scheduler.mail.incoming import put_aside, receive
from scheduler.mail.incoming_rules import Letter, Reason, read_letter, unread
from scheduler.mail.models import Lease
from scheduler.mail.outcomes import pause
from scheduler.settings import Settings

log = logging.getLogger("takt.mail")

#: How often the mailbox is read, by whichever process is first.
EVERY = timedelta(minutes=1)
#: Name of the lease row that says when it is read next; its epoch counts troubles in a row, its holder names the last.
TURN = "inbox"
#: Seconds for opening a connection and for each answer.
SECONDS = 15
#: So many mails are read in a round; the others have their turn in the next one.
A_ROUND = 50
#: A mail that is larger is noted and left where it is.
MOST_BYTES = 10_000_000


@dataclass(frozen=True)
class InboxAddress:
    """Where the mailbox is and how it is opened."""

    host: str
    port: int
    #: TLS from the first byte (imaps).
    tls: bool
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"


class Unreached(Exception):
    """The mailbox cannot be read at present; ``reason``: away, certificate, unencrypted, login or folder."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_inbox(url: str) -> InboxAddress:
    """The mailbox ``TAKT_MAIL_INBOX`` names. Raises Refused when it cannot be read."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise Refused(_bad()) from None
    folder = unquote(parts.path.strip("/")) or "INBOX"
    plain = folder.isascii() and folder.isprintable()
    if parts.scheme not in {"imap", "imaps"} or not (parts.hostname and parts.username and parts.password and plain):
        raise Refused(_bad())
    tls = parts.scheme == "imaps"
    return InboxAddress(
        host=parts.hostname,
        port=port or (993 if tls else 143),
        tls=tls,
        user=unquote(parts.username),
        password=unquote(parts.password),
        folder=folder,
    )


def _bad() -> Problem:
    return Problem("TAKT_MAIL_INBOX", mark("Ange en adress som imaps://user:password@host/INBOX"))


# ---------------------------------------------------------------- the mailbox


class Inbox:
    """An open mailbox. Every call raises Unreached when the server is away or does not answer as it should."""

    def __init__(self, imap: imaplib.IMAP4) -> None:
        self._imap = imap

    def unseen(self) -> list[str]:
        """The mails nobody has read, the oldest first."""
        [found, *_] = self._do("SEARCH", None, "UNSEEN") or [b""]
        return found.decode("ascii", "replace").split() if isinstance(found, bytes) else []

    def size(self, uid: str) -> int | None:
        """How large a mail is; None when it is gone."""
        said = b" ".join(part for part in self._do("FETCH", uid, "(RFC822.SIZE)") if isinstance(part, bytes))
        found = re.search(rb"RFC822\.SIZE (\d+)", said, re.IGNORECASE)
        return None if found is None else int(found[1])

    def fetch(self, uid: str, what: str = "") -> bytes | None:
        """A mail as it came, or its ``HEADER`` alone; it stays unseen. None when it is gone."""
        for part in self._do("FETCH", uid, f"(BODY.PEEK[{what}])"):
            if isinstance(part, tuple):
                return bytes(part[1])
        return None

    def mark_seen(self, uid: str) -> None:
        """So that it is not read again."""
        self._do("STORE", uid, "+FLAGS.SILENT", r"(\Seen)")

    def _do(self, command: str, *arguments: str | None) -> Sequence[Any]:
        with _reached():
            # The library hands on None as no argument, which its types do not say.
            state, data = self._imap.uid(command, *arguments)  # type: ignore[arg-type]
        if state != "OK":
            raise Unreached("away")
        return [part for part in data if part is not None]


@contextlib.contextmanager
def _reached(reason: str = "away") -> Iterator[None]:
    """What a broken conversation is to those who asked; ``reason``: what it is when the server says no."""
    try:
        yield
    except ssl.SSLCertVerificationError:
        raise Unreached("certificate") from None
    except (imaplib.IMAP4.abort, OSError):
        raise Unreached("away") from None
    except (imaplib.IMAP4.error, ValueError):
        raise Unreached(reason) from None


@contextlib.contextmanager
def opened(where: InboxAddress) -> Iterator[Inbox]:
    """The mailbox, for a ``with`` block. Certificates are checked as the system's are. Raises Unreached."""
    context = ssl.create_default_context()
    with _reached():
        imap = (
            imaplib.IMAP4_SSL(where.host, where.port, ssl_context=context, timeout=SECONDS)
            if where.tls
            else imaplib.IMAP4(where.host, where.port, timeout=SECONDS)
        )
    try:
        if not where.tls and not is_this_machine(where.host):
            # No password crosses a wire that anybody reads along.
            with _reached("unencrypted"):
                imap.starttls(context)
        with _reached("login"):
            _enter(imap, where)
        folder = where.folder.replace("\\", "\\\\").replace('"', '\\"')
        with _reached("folder"):
            state, _data = imap.select(f'"{folder}"')
        if state != "OK":
            raise Unreached("folder")
        yield Inbox(imap)
    finally:
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            imap.logout()


def _enter(imap: imaplib.IMAP4, where: InboxAddress) -> None:
    if "AUTH=PLAIN" in imap.capabilities:
        imap.authenticate("PLAIN", lambda _challenge: f"\0{where.user}\0{where.password}".encode())
    else:
        imap.login(where.user, where.password)


# ---------------------------------------------------------------- reading it


@dataclass(frozen=True)
class Trouble:
    """Why the mailbox was not read the last time, and how often in a row."""

    reason: str
    times: int


def trouble(session: Session) -> Trouble | None:
    """What keeps the mailbox from being read; None when nothing does."""
    row = session.get(Lease, TURN)
    return Trouble(row.holder, row.epoch) if row is not None and row.epoch else None


def _take_turn(engine: Engine, now: datetime) -> bool:
    """Whether it is to be read now, and by this process."""
    with Session(engine) as session:
        row = session.get(Lease, TURN)
        if row is not None and row.until > now:
            return False
    insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert
    with Session(engine) as session:
        begin_write(session)
        made = session.scalar(
            insert(Lease)
            .values(name=TURN, holder="", until=now + EVERY, epoch=0)
            .on_conflict_do_nothing()
            .returning(Lease.name)
        )
        if made is None:
            row = session.get_one(Lease, TURN, with_for_update=True, populate_existing=True)
            if row.until > now:
                return False
            row.until = now + EVERY
        session.commit()
        return True


def _note(engine: Engine, now: datetime, reason: str) -> None:
    """Notes how the reading went; "": well. In trouble it rests for longer each time."""
    with Session(engine) as session:
        row = session.get(Lease, TURN)
        if row is None or (not reason and not row.epoch):
            return
    with Session(engine) as session:
        begin_write(session)
        row = session.get_one(Lease, TURN, with_for_update=True)
        if row.holder != reason:
            log.log(logging.WARNING if reason else logging.INFO, "the mailbox of answers: %s", reason or "read again")
        row.holder, row.epoch = reason, row.epoch + 1 if reason else 0
        if reason:
            row.until = now + pause(row.epoch)
        session.commit()


def poll(
    engine: Engine, settings: Settings, clock: Clock, *, budget: float = 20.0, stop: threading.Event | None = None
) -> int:
    """Reads the mailbox when it is time: how many mails were new. Correct with any number of callers at once.

    Never raises for a mailbox that is away, or for what is in it.
    """
    if not settings.mail_inbox or not _take_turn(engine, clock()):
        return 0
    try:
        where = read_inbox(settings.mail_inbox)
    except Refused:
        _note(engine, clock(), "settings")
        return 0
    until = time.monotonic() + budget
    new = 0
    try:
        with opened(where) as inbox:
            for uid in inbox.unseen()[:A_ROUND]:
                if time.monotonic() > until or (stop is not None and stop.is_set()):
                    break
                new += _read_one(engine, settings, clock, inbox, uid)
    except Unreached as error:
        _note(engine, clock(), error.reason)
    else:
        _note(engine, clock(), "")
    return new


def _read_one(engine: Engine, settings: Settings, clock: Clock, inbox: Inbox, uid: str) -> bool:
    """Reads one mail and marks it; False when it was read before, or is gone."""
    size = inbox.size(uid)
    if size is None:
        return False
    raw = inbox.fetch(uid, "HEADER" if size > MOST_BYTES else "")
    if raw is None:
        return False
    if size > MOST_BYTES:
        log.warning("a mail of %s bytes is too large to be read", size)
        new = _aside(engine, clock(), read_letter(raw, settings.mail_reply), "too_large", None)
    else:
        try:
            with Session(engine) as session:
                begin_write(session)
                new = receive(session, clock(), raw, settings) is not None
                session.commit()
        except Exception:
            # One mail that breaks us must not be read again each minute, nor keep us from the others.
            log.exception("a mail could not be dealt with")
            new = _aside(engine, clock(), unread(raw), "broken", raw)
    inbox.mark_seen(uid)
    return new


def _aside(engine: Engine, now: datetime, letter: Letter, reason: Reason, raw: bytes | None) -> bool:
    with Session(engine) as session:
        begin_write(session)
        new = put_aside(session, now, letter, reason, raw=raw)
        session.commit()
        return new
