"""New rows of the outbox: the values one begins with, and writing those that are not there yet.

Not here: who gets a mail (``actions``, ``notices``, ``digests``), its text (``letters``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from scheduler.db import Base
from scheduler.errors import Refused
from scheduler.mail.letter_parts import language_of
from scheduler.mail.messages import address
from scheduler.mail.rules import mail_key, mailbox

#: Rows written at a time.
CHUNK = 200


def insert_new(session: Session, table: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Writes ``rows``, which have the same names, but those that are there already, whoever wrote them."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    for at in range(0, len(rows), CHUNK):
        session.execute(insert(table).values(rows[at : at + CHUNK]).on_conflict_do_nothing())


def new_mail(
    recipient: str,
    *,
    kind: str,
    subject: str,
    distinction: str,
    created_at: datetime,
    next_at: datetime,
    stale_at: datetime,
    locale: str = "sv",
    revision: int = 0,
    **columns: Any,
) -> dict[str, Any]:
    """A mail as it begins; ``subject``, ``distinction`` and ``revision`` name it (``rules.mail_key``).

    What is no address fails at once, where the secretariat sees it.
    """
    to = recipient.strip()
    start: dict[str, Any] = {"state": "pending", "last_error": None}
    try:
        address(to)
    except Refused as error:
        start = {"state": "failed", "last_error": str(error)[:400]}
    return {
        "key": mail_key(subject, to, kind, distinction, revision),
        "kind": kind,
        "recipient": to,
        "mailbox": mailbox(to),
        "language": language_of(locale),
        "created_at": created_at,
        "next_at": next_at,
        "stale_at": stale_at,
        "sends": 0,
        "tries": 0,
        **start,
        **columns,
    }
