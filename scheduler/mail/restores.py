"""Whether the database is the one that mails were sent from last, or an older copy of it that would send them again.

A mark stands both in the database and in a file of the instance folder. It is made anew before the first mail of each
round leaves, so a database that was put back has an old one. The file has the new mark beside the old while the
transaction is open: a crash in between leaves one that fits either way. A folder and a database that are put back
together cannot be told apart from those that never stopped.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from scheduler.mail.models import Lease, OutboxMail

FILE = "mail_mark.json"
_MARK = "mark."
#: Name of the lease row of those who send (``queries.CLOCK``).
_CLOCK = "clock"


class Mark:
    """The mark of one instance folder, while no other process turns it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._name = ""
        self._next = ""

    def turn(self, session: Session, now: datetime) -> bool:
        """Makes the mark anew in the open transaction; False when the database does not have the last one.

        ``settle`` follows when the transaction is committed.
        """
        known = self._read()
        stored = None
        if known is not None:
            self._name, marks = known[0] or secrets.token_hex(8), known[1]
            stored = session.get(Lease, _MARK + self._name, with_for_update=True, populate_existing=True)
            fits = stored.holder in marks if stored is not None else not _has_sent(session)
        else:
            self._name, marks = secrets.token_hex(8), []
            fits = not _was_marked(session) or _somebody_sends(session, now)
        self._next = secrets.token_hex(16)
        current = stored.holder if stored is not None else None
        self._write([*([current] if current is not None else []), self._next], safely=True)
        insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        row = insert(Lease).values(name=_MARK + self._name, holder=self._next, until=now, epoch=0)
        session.execute(
            row.on_conflict_do_update(index_elements=[Lease.name], set_={"holder": self._next, "until": now})
        )
        return fits

    def settle(self) -> None:
        """The transaction is committed: the old mark does not count any more."""
        self._write([self._next], safely=False)

    def _read(self) -> tuple[str, list[str]] | None:
        try:
            found = json.loads(self._path.read_text(encoding="ascii"))
            return str(found["name"]), [str(mark) for mark in found["marks"]]
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            return "", []  # fits no database

    def _write(self, marks: Sequence[str], *, safely: bool) -> None:
        """``safely``: the file is on the disk before this returns."""
        beside = self._path.with_suffix(".new")
        with beside.open("w", encoding="ascii") as file:
            json.dump({"name": self._name, "marks": list(marks)}, file)
            if safely:
                file.flush()
                os.fsync(file.fileno())
        beside.replace(self._path)


@contextmanager
def turning(folder: Path) -> Iterator[Mark]:
    """The folder's mark, for one process at a time; entered before the transaction begins."""
    with (folder / "mail_mark.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Mark(folder)


def _was_marked(session: Session) -> bool:
    return session.scalar(select(Lease.name).where(Lease.name.startswith(_MARK, autoescape=True)).limit(1)) is not None


def _has_sent(session: Session) -> bool:
    """Whether anything was ever queued: a database made anew has nothing to send twice."""
    return session.scalar(select(OutboxMail.id).where(OutboxMail.sends > 0).limit(1)) is not None


def _somebody_sends(session: Session, now: datetime) -> bool:
    """Whether another machine works on the database now, so that this is one more and no restored one."""
    lease = session.get(Lease, _CLOCK)
    return lease is not None and lease.until > now and not lease.holder.startswith(f"{socket.gethostname()[:60]}:")
