"""Logs: one event a line on standard error, in UTC, as text or JSON, with the request's id and no secrets.

Secrets in addresses (feed, sign-in and personal links, what stands before the @ of a URL) are masked here, and the
addresses of people, whoever logs them (SEC-4, OPS-4).
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

#: The id of the request or job at hand, "-" outside one.
request_id: ContextVar[str] = ContextVar("takt_request_id", default="-")

_SECRET = re.compile(r"(/(?:feeds|login|invitation|r|p|s|o)/)[A-Za-z0-9_~.-]{16,}")
_CREDENTIALS = re.compile(r"(?<=://)[^\s/@]{1,200}@")
_MAIL = re.compile(r"[\w.!#$%&*+/=?^`{|}~-]{1,64}@[\w-]+(?:\.[\w-]+)+")


#: What PostgreSQL adds to an error: the key or the whole row it refuses, up to what SQLAlchemy or a trace say next.
_DETAIL = re.compile(
    r"(DETAIL: ).*?(?=\n\[SQL: |\n\n(?:The above|During handling of the above) exception |\Z)", re.DOTALL
)


def mask(text: str) -> str:
    """``text`` with secrets replaced by "…" and each e-mail address by the beginning of its hash."""
    text = _DETAIL.sub(r"\1…", text)
    text = _CREDENTIALS.sub("…@", _SECRET.sub(r"\1…", text))
    return _MAIL.sub(_hashed, text) if "@" in text else text


def _hashed(found: re.Match[str]) -> str:
    """The same for the same address, so that a search through the log still finds it."""
    return f"address:{hashlib.sha256(found[0].casefold().encode()).hexdigest()[:12]}"


class Formatter(logging.Formatter):
    """Formats a record as ``form`` says: "json" or "text"."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form = form

    def format(self, record: logging.LogRecord) -> str:
        """One line, line breaks inside it escaped, secrets masked."""
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        message = mask(record.getMessage())
        if record.exc_info:
            message = f"{message}\n{mask(self.formatException(record.exc_info))}"
        if self.form == "json":
            event = {"at": at, "level": record.levelname.lower(), "name": record.name, "event": message}
            event |= {"request": request_id.get(), **getattr(record, "fields", {})}
            return json.dumps(event, ensure_ascii=False, default=str)
        if record.exc_info:  # a trace is for a person's eyes: its lines stay lines
            return f"{at} {record.levelname} {record.name} [{request_id.get()}] {message}"
        escaped = message.replace("\r", "\\r").replace("\n", "\\n")
        return f"{at} {record.levelname} {record.name} [{request_id.get()}] {escaped}"


def install(form: str) -> None:
    """Sends the log of the whole process through our formatter; calling it again changes only the form."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler.formatter, Formatter):
            root.removeHandler(handler)
    handler = logging.StreamHandler()
    handler.setFormatter(Formatter(form))
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for quiet in ("apscheduler", "alembic"):
        logging.getLogger(quiet).setLevel(logging.WARNING)
