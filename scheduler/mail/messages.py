"""From texts to the bytes of a mail and back: templates, headers, and the refusal of everything that injects one.

A mail is built from checked texts, serialised, read again, and refused when its headers are not exactly those
put in (SEC-6, CVE-2024-6923). Not here: what a kind of mail says (``letters``), sending it (``delivery``).

The calendar of an invitation is a part of the mail and a file beside it, the same bytes (spec calendar, Sending).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_string, policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import format_datetime
from functools import cache, lru_cache
from typing import Any, Literal

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
    #: What UIDs end with; never changes.
    calendar_domain: str = "takt.invalid"
    #: What personal links are derived from.
    secret_key: str = field(default="", repr=False)
    #: The mailbox that answers by mail come to; None: none is read.
    reply: str | None = None

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
        calendar_domain=settings.calendar_domain,
        secret_key=settings.secret_key,
        reply=settings.mail_reply or None,
    )


@dataclass(frozen=True)
class CalendarPart:
    """The calendar an invitation carries, and its method, which the mail says too (RFC 6047)."""

    method: Literal["REQUEST", "CANCEL"]
    body: bytes


@dataclass(frozen=True)
class Draft:
    """What a mail says: the same facts as text and as HTML."""

    subject: str
    text: str
    html: str
    calendar: CalendarPart | None = None


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
    #: The address it comes from, when that is not the letterhead's: one that answers to an invitation are read at.
    sender: str | None = None
    #: The address that stops such mails at once (RFC 8058); None: they cannot be stopped.
    unsubscribe: str | None = None
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


#: Control characters (Cc), lone surrogates (Cs), line and paragraph separators (Zl, Zp).
_BREAKING = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\u2028\\u2029]")


def header_text(text: str, field: str) -> str:
    """``text``, when it may stand in a header.

    Raises Refused for control characters, line and paragraph separators, lone surrogates and the beginning of
    an encoded word.
    """
    if "=?" in text or _BREAKING.search(text):
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
    headers = _headers(draft, head, envelope)
    # The same mail is the same bytes each time it is built.
    boundary = hashlib.sha256(envelope.message_id.encode("utf-8")).hexdigest()[:24]
    alternatives = [_text_part("plain", draft.text), _text_part("html", draft.html)]
    if draft.calendar is None:
        content = _multipart("alternative", f"takt-{boundary}", alternatives)
    else:
        entry, attached = _calendar_parts(draft.calendar)
        inner = _multipart("alternative", f"takt-{boundary}-a", [*alternatives, entry])
        content = _multipart("mixed", f"takt-{boundary}", [inner, attached])
    block = b"".join(_header(name, value) for name, value in headers) + b"MIME-Version: 1.0\r\n"
    read_back = BytesHeaderParser().parsebytes(block + content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
    put_in = [*(name for name, _value in headers), "MIME-Version", "Content-Type"]
    serialised = block + content
    if sorted(read_back.keys()) != sorted(put_in) or not serialised.isascii():
        raise Refused(Problem("subject", i18n.mark("Texten innehåller tecken som inte får stå i ett brevhuvud")))
    return serialised


def _headers(draft: Draft, head: Letterhead, envelope: Envelope) -> list[tuple[str, str]]:
    """What stands above the parts, checked, in order."""
    sender = address(envelope.sender or head.sender, "from")
    headers = [
        ("From", _from(header_text(head.organisation, "from"), sender)),
        ("To", address(envelope.to)),
    ]
    if envelope.reply_to is not None:
        headers.append(("Reply-To", address(envelope.reply_to, "reply_to")))
    headers += [
        ("Subject", shortened(header_text(draft.subject, "subject"))),
        ("Date", format_datetime(envelope.dated_at)),
        ("Message-ID", header_text(envelope.message_id, "message_id")),
    ]
    if envelope.thread_root is not None:
        root = header_text(envelope.thread_root, "thread_root")
        headers += [("In-Reply-To", root), ("References", root)]
    headers += [("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All")]
    if envelope.unsubscribe is not None:
        headers.append(("List-Unsubscribe", f"<{header_text(envelope.unsubscribe, 'unsubscribe')}>"))
        headers.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    if envelope.redirected_from is not None:
        headers.append(("X-Takt-To", address(envelope.redirected_from)))
    return headers


def shortened(subject: str) -> str:
    """``subject``, cut at a word where it is too long, with the sign that says so."""
    if len(subject) <= SUBJECT_LENGTH:
        return subject
    return subject[: SUBJECT_LENGTH - 1].rsplit(" ", 1)[0].rstrip(" ,:;") + "…"


@lru_cache(maxsize=256)
def _from(name: str, sender: str) -> str:
    return str(Address(name, addr_spec=sender))


#: The headers that hold what people write; the others are of our own making and stay as they are, however long:
#: the library would make an encoded word of a long URL, which nobody reads as one (RFC 2047 §5).
_WRITTEN = frozenset({"From", "Subject"})


def _header(name: str, value: str) -> bytes:
    if name in _WRITTEN:
        return _folded(name, value)
    if not value.isascii():
        raise Refused(Problem(name, i18n.mark("Texten innehåller tecken som inte får stå i ett brevhuvud")))
    return f"{name}: {value}\r\n".encode("ascii")


@lru_cache(maxsize=256)
def _folded(name: str, value: str) -> bytes:
    """A header of words, encoded where it must be (RFC 2047). The mails of one meeting share theirs."""
    line: str = policy.SMTP.fold(name, policy.SMTP.header_factory(name, value))
    return line.encode("ascii")


# ---------------------------------------------------------------- parts


def _text_part(subtype: str, text: str) -> bytes:
    """A part of text, so encoded that it stays readable and no line is long (RFC 2045 §6.7)."""
    body = binascii.b2a_qp(text.replace("\n", "\r\n").encode("utf-8"), istext=True)
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    return head.encode("ascii") + body


def _multipart(subtype: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    """Parts between lines of ``boundary``, with the header that says so (RFC 2046 §5.1)."""
    line = boundary.encode("ascii")
    head = f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n\r\n'.encode("ascii")
    return head + b"".join(b"--" + line + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + line + b"--\r\n"


def _calendar_parts(calendar: CalendarPart) -> tuple[bytes, bytes]:
    """The calendar among the alternatives, where mail programs look for it, and as a file for all others."""
    coded = base64.encodebytes(calendar.body).replace(b"\n", b"\r\n")
    name = "inbjudan.ics" if calendar.method == "REQUEST" else "installt.ics"
    entry = f'text/calendar; charset="UTF-8"; method="{calendar.method}";\r\n component="VEVENT"'
    attached = f'application/ics\r\nContent-Disposition: attachment; filename="{name}"'
    head = "Content-Type: {}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head.format(entry).encode("ascii") + coded, head.format(attached).encode("ascii") + coded


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
