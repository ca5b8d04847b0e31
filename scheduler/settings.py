"""Every setting: its name in the environment, type, default and meaning. Read once, never changed.

``docs/operating.md`` lists them from here (a test compares). Not here: what a secretariat sets in the
product itself (rules of a forum kind, of a forum), which lives in the database.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from scheduler.errors import Problem, Refused

PACKAGE = Path(__file__).parent
#: The checkout this runs from, None for an installed wheel.
CHECKOUT = PACKAGE.parent if (PACKAGE.parent / "pyproject.toml").exists() else None


#: What may stand after the @ of a UID (``ical.event_rules``), short enough for its column.
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,148}[A-Za-z0-9])?")


def _setting(default: Any, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


def default_instance() -> Path:
    """The folder of local data: ``instance/`` of a checkout, else the user's data folder."""
    if CHECKOUT is not None:
        return CHECKOUT / "instance"
    from platformdirs import user_data_path  # noqa: PLC0415 - a checkout never needs it

    return user_data_path("takt", appauthor=False)


@dataclass(frozen=True)
class Settings:
    """One field a setting; the variable is ``TAKT_`` and the field's name in capitals."""

    instance: Path = field(
        default_factory=default_instance,
        metadata={"meaning": "Folder of local data: database, secret key, logged mail."},
    )
    database_url: str = _setting("", "SQLAlchemy URL; empty: SQLite in the instance folder.")
    secret_key: str = _setting("", "At least 32 bytes; empty: made once and kept in the instance folder.")
    base_url: str = _setting("", "https://… under which people reach Takt; used in mails and calendar links.")
    trusted_hosts: tuple[str, ...] = _setting((), "Host names answered, by comma; empty: that of the base URL.")
    production: bool = _setting(False, "Refuse to start unless debug is off, cookies are secure, hosts are set.")  # noqa: FBT003
    proxy_hops: int = _setting(0, "How many reverse proxies stand in front (X-Forwarded-For and -Proto).")
    calendar_domain: str = _setting("takt.invalid", "The part after @ of calendar UIDs; never change it once used.")
    time_zone: str = _setting("Europe/Stockholm", "IANA name of the installation's own zone.")
    name: str = _setting("Takt", "The wordmark shown in the menu and in mails.")
    organisation: str = _setting("", "Who runs this installation, shown on public pages.")
    contact_email: str = _setting(
        "", "Address for questions, faults of accessibility and personal data; empty: none is shown."
    )
    contact_phone: str = _setting("", "Telephone for the same, as it is shown; empty: none is shown.")
    privacy_email: str = _setting("", "Address of the data protection officer; empty: the same as for questions.")
    accessibility_assessed: str = _setting(
        "", "Day the organisation last assessed the accessibility here, such as 2026-11-30; empty: not yet."
    )
    log_format: str = _setting("text", "json or text; one event a line on standard error, UTC.")
    metrics_token: str = _setting("", "Bearer token of /metrics; empty: loopback only.")
    worker: str = _setting("embedded", "embedded (a thread of each web process) or none (takt worker runs it).")
    demo: bool = _setting(False, "Marks the demo: shows sent mails on a page, never sends outside example.org.")  # noqa: FBT003
    busy_import: bool = _setting(True, "Read people's own calendars from their https addresses; 0: from files alone.")  # noqa: FBT003
    upload_mb: int = _setting(25, "Largest file that may be uploaded as a document, in MB.")
    scan_command: str = _setting(
        "", "Command that reads an uploaded file and exits 0 when it is clean; empty: no scan."
    )
    mail_mode: str = _setting("log", "send, hold, log or redirect:ADDRESS.")
    mail_relay: str = _setting("", "smtp://user:password@host:port or smtps://…; needed for mode send.")
    mail_from: str = _setting("", "The address mails come from.")
    mail_allow: tuple[str, ...] = _setting((), "Only these recipient domains get mail, by comma; empty: all.")
    mail_rate: int = _setting(60, "Mails a minute, 0 for no limit.")
    mail_connections: int = _setting(2, "Connections to the mail server at once, over all workers; 0 for no limit.")
    mail_daily: int = _setting(6, "Mails a day and mailbox, 0 for no limit; calls and changes do not count.")
    mail_surge: int = _setting(500, "Hold when an hour has more than this and five times the usual; 0: never.")
    mail_window: str = _setting("", "Send window such as 07:30-16:30, or always; empty: each forum's own.")
    mail_undo: int = _setting(120, "Seconds a mass send may be undone.")
    mail_reply: str = _setting("", "Address of the mailbox that answers and bounces come to; empty: none is read.")
    mail_inbox: str = _setting("", "imaps://user:password@host/INBOX or imap://… of that mailbox; empty: not read.")
    mail_body_days: int = _setting(30, "Days the text of a mail is kept, 0: for ever.")
    mail_log_days: int = _setting(180, "Days a mail and its tries are kept, 0: for ever; counts stay.")

    @property
    def url(self) -> str:
        """The database URL in use."""
        return self.database_url or f"sqlite:///{self.instance / 'takt.sqlite3'}"

    @property
    def public_url(self) -> str:
        """The base URL without a slash at its end; the local server's when none is set."""
        return (self.base_url or "http://127.0.0.1:8000").rstrip("/")


def _read(setting: Field[Any], text: str) -> Any:
    kind = str(setting.type)
    name = f"TAKT_{setting.name.upper()}"
    if kind == "Path":
        return Path(text).expanduser().resolve()
    if kind == "bool":
        if text.lower() not in {"1", "0", "true", "false", "yes", "no", ""}:
            raise Refused(Problem(name, "Ange 1 eller 0"))
        return text.lower() in {"1", "true", "yes"}
    if kind == "int":
        try:
            return int(text)
        except ValueError:
            raise Refused(Problem(name, "Ange ett heltal")) from None
    if kind.startswith("tuple"):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def read_settings(environ: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """Settings from ``given`` (highest), the environment and the defaults.

    Raises Refused naming the variable when a value cannot be read. Makes the instance folder and, when
    none is set, the secret key in it (readable by its owner only).
    """
    environ = os.environ if environ is None else environ
    values = dict(given)
    for setting in fields(Settings):
        name = f"TAKT_{setting.name.upper()}"
        if setting.name not in values and name in environ:
            values[setting.name] = _read(setting, environ[name])
    settings = Settings(**values)
    if not _DOMAIN.fullmatch(settings.calendar_domain):
        # Else no meeting could be saved: its UID would be refused (F13).
        raise Refused(Problem("TAKT_CALENDAR_DOMAIN", "Ange ett domännamn i ASCII, till exempel takt.example.se"))
    settings.instance.mkdir(parents=True, exist_ok=True)
    if not settings.secret_key:
        values["secret_key"] = _kept_secret(settings.instance / "secret_key")
        settings = Settings(**values)
    return settings


def _kept_secret(path: Path) -> str:
    """The secret in ``path``, made on first use; two processes that start at once agree on one."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        secret = secrets.token_urlsafe(48)
        file.write(secret)
    return secret


def described() -> list[tuple[str, str, str, str]]:
    """Each setting as (variable, type, default, meaning), in order, for the documentation."""
    rows = []
    for setting in fields(Settings):
        default = "see meaning" if setting.default is MISSING else setting.default
        shown = ",".join(default) if isinstance(default, tuple) else str(default)
        rows.append((f"TAKT_{setting.name.upper()}", str(setting.type), shown, setting.metadata["meaning"]))
    return rows


def problems_in_production(settings: Settings, *, debug: bool) -> list[Problem]:
    """What forbids starting in production (SEC-19); empty when all is well."""
    problems = []
    if debug:
        problems.append(Problem("debug", "Felsökningsläget måste vara av"))
    if len(settings.secret_key.encode()) < 32:  # noqa: PLR2004 - SEC-19 states 32 bytes
        problems.append(Problem("TAKT_SECRET_KEY", "Nyckeln måste ha minst 32 byte"))
    if not settings.base_url.startswith("https://"):
        problems.append(Problem("TAKT_BASE_URL", "Adressen måste börja med https://"))
    if not settings.trusted_hosts and not settings.base_url:
        problems.append(Problem("TAKT_TRUSTED_HOSTS", "Ange vilka värdnamn som ska besvaras"))
    return problems
