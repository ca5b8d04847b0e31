"""From texts to the bytes of a mail and back: templates, headers, and the refusal of everything that injects one.

A mail is built from checked texts, serialised, read again, and refused when its headers are not exactly those
put in (SEC-6, CVE-2024-6923). Not here: what a kind of mail says (``letters``), sending it (``delivery``).

List-Unsubscribe is not among the headers: there is no page behind it yet.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email import message_from_string, policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import format_datetime
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from scheduler import i18n
from scheduler.errors import Problem, Refused
from scheduler.settings import PACKAGE, Settings

#: The longest subject, well below the limit of a header line.
SUBJECT_LENGTH = 300


@dataclass(frozen=True)
class Letterhead:
    """What all mails of an installation have in common."""

    name: str
    #: Who sends, as read at the top of a mail and beside the sender's address.
    organisation: str
    sender: str
    #: Every link of a mail begins with it; without a slash at the end.
    base_url: str
    #: IANA name of the installation's own zone.
    time_zone: str

    @property
    def domain(self) -> str:
        """The sender's domain, of which Message-IDs are made."""
        return self.sender.rpartition("@")[2]


def letterhead(settings: Settings) -> Letterhead:
    """The installation's letterhead; without ``TAKT_MAIL_FROM`` a sender that cannot be answered."""
    return Letterhead(
        name=settings.name,
        organisation=settings.organisation or settings.name,
        sender=settings.mail_from or f"takt@{settings.calendar_domain}",
        base_url=settings.public_url,
        time_zone=settings.time_zone,
    )


@dataclass(frozen=True)
class Draft:
    """What a mail says: the same facts as text and as HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Envelope:
    """To whom a mail goes, and what stays the same each time it is tried."""

    to: str
    message_id: str
    dated_at: datetime
    #: Message-ID of the root of its thread; None: a mail that stands alone.
    thread_root: str | None = None
    #: Where answers go; None: to the sender.
    reply_to: str | None = None
    #: Whom the mail was for, when a test installation redirects it.
    redirected_from: str | None = None


# ---------------------------------------------------------------- texts


@cache
def templates() -> Environment:
    """The mail templates: HTML escapes, a name without a value is an error."""
    environment = Environment(
        loader=FileSystemLoader(PACKAGE / "templates" / "mail"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(_=i18n.gettext, language=i18n.language)
    return environment


def render(name: str, subject: str, letterhead: Letterhead, **values: Any) -> Draft:
    """The mail ``name`` in the language in use; ``values`` and the letterhead fill its two templates."""
    values |= {"subject": subject, "letterhead": letterhead}
    text = templates().get_template(f"{name}.txt").render(values)
    html = templates().get_template(f"{name}.html").render(values)
    return Draft(subject, re.sub(r"\n{3,}", "\n\n", text).strip() + "\n", html)


# ---------------------------------------------------------------- headers


def header_text(text: str, field: str) -> str:
    """``text``, when it may stand in a header.

    Raises Refused for control characters, line and paragraph separators, lone surrogates and the beginning of
    an encoded word.
    """
    if "=?" in text or any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in text):
        raise Refused(Problem(field, i18n.mark("Texten innehåller tecken som inte får stå i ett brevhuvud")))
    return text


def address(text: str, field: str = "to") -> str:
    """``text`` as one mail address, its domain in ASCII. Raises Refused when it is not exactly that."""
    problem = Problem(field, i18n.mark("Ange en e-postadress"))
    local, _at, domain = header_text(text.strip(), field).rpartition("@")
    if not re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}", local) or local[0] == "." or local[-1] == ".":
        raise Refused(problem)
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise Refused(problem) from None
    if ".." in local or not re.fullmatch(r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9-]{1,63}", domain):
        raise Refused(problem)
    return f"{local}@{domain}"


def build(draft: Draft, head: Letterhead, envelope: Envelope) -> bytes:
    """The mail as it is handed over: ASCII lines ending in CRLF.

    Raises Refused when a header would hold what must not stand there, and when the headers read back are
    others than those put in.
    """
    message = EmailMessage(policy=policy.SMTP)
    sender = address(head.sender, "from")
    message["From"] = Address(header_text(head.organisation, "from"), addr_spec=sender)
    message["To"] = Address(addr_spec=address(envelope.to))
    if envelope.reply_to is not None:
        message["Reply-To"] = Address(addr_spec=address(envelope.reply_to, "reply_to"))
    message["Subject"] = header_text(draft.subject, "subject")[:SUBJECT_LENGTH]
    message["Date"] = format_datetime(envelope.dated_at)
    message["Message-ID"] = header_text(envelope.message_id, "message_id")
    if envelope.thread_root is not None:
        message["In-Reply-To"] = header_text(envelope.thread_root, "thread_root")
        message["References"] = header_text(envelope.thread_root, "thread_root")
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if envelope.redirected_from is not None:
        message["X-Takt-To"] = address(envelope.redirected_from)
    put_in = [*message.keys(), "MIME-Version", "Content-Type"]
    message.set_content(draft.text, subtype="plain", charset="utf-8", cte="quoted-printable")
    message.add_alternative(draft.html, subtype="html", charset="utf-8", cte="quoted-printable")
    serialised = message.as_bytes()
    read_back = BytesHeaderParser().parsebytes(serialised)
    if sorted(read_back.keys()) != sorted(put_in) or not serialised.isascii():
        raise Refused(Problem("subject", i18n.mark("Texten innehåller tecken som inte får stå i ett brevhuvud")))
    return serialised


# ---------------------------------------------------------------- reading back


@dataclass(frozen=True)
class Shown:
    """A stored mail as a page shows it."""

    subject: str
    text: str
    #: A whole document: show it in a frame of its own, without scripts.
    html: str


def shown(body: str) -> Shown:
    """The texts of a mail that ``build`` made."""
    message = message_from_string(body, policy=policy.default)
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert isinstance(plain, EmailMessage)  # noqa: S101 - build makes both parts
    assert isinstance(html, EmailMessage)  # noqa: S101 - as above
    text, document = (part.get_content().replace("\r\n", "\n") for part in (plain, html))
    return Shown(str(message["Subject"]), text, document)
