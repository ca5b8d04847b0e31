"""What comes to the mailbox of answers: a mail's bytes read, and whether an answer in it counts. Pure.

Nothing here raises, whatever the bytes. Not here: the tables and what an answer changes (``incoming``), fetching
(``inbox``), reports of mails that did not arrive (``bounces``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from html.parser import HTMLParser
from typing import Literal
from zoneinfo import ZoneInfo

from scheduler.ical.itip import Received, read_received
from scheduler.ical.text import clean_text, one_line
from scheduler.mail.addresses import Meant, read_address
from scheduler.mail.bounces import Report, parts, read_report
from scheduler.mail.rules import mailbox

#: Why somebody must look at a mail, or why nothing came of it (``models.IncomingMail.reason``).
Reason = Literal[
    "text",  # somebody wrote
    "winmail",  # Outlook's own format, which nobody else reads
    "unknown",  # an answer that came to no genuine address of an invitation
    "several",  # it came to the addresses of several invitations
    "other_meeting",  # an answer to another meeting than the address is for
    "other_person",  # an answer of somebody else than the one invited
    "outdated",  # an answer to an earlier invitation
    "older",  # said before the answer that counts
    "proposal",  # another time is proposed
    "unclear",  # an answer that says neither yes nor no, or both
    "refused",  # no such answer is taken (any more)
    "too_large",  # not fetched
    "broken",  # nobody could read it
    "unread_bounce",  # came to a bounce address and is no report
    "forged",  # a report that did not come to a genuine bounce address
]

#: Where the address a mail was sent to may stand.
_ADDRESSED = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
_TOKEN = re.compile(r"""[^\s<>,;:"'()\[\]]{1,200}@[^\s<>,;:"'()\[\]]{1,255}""")
_CALENDARS, _CALENDAR_BYTES = 20, 1_000_000
_TEXT = 20_000
_HEADER = 2000
#: What the methods of an answer are (RFC 5546).
_ANSWERING = frozenset({"REPLY", "COUNTER"})
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_STAMP = re.compile(r"(\d{8})(?:T(\d{4})\d{0,2}(Z?))?", re.ASCII)


@dataclass(frozen=True)
class Letter:
    """A mail that came, as far as it is understood."""

    #: Its Message-ID, else a digest of its bytes.
    message_id: str
    sender: str
    subject: str
    #: What the addresses it came to claim to be for, each once.
    meant: tuple[Meant, ...]
    #: What its calendar parts say, each once.
    received: tuple[Received, ...]
    report: Report | None
    #: A machine's answer: away, read, received.
    automatic: bool
    #: Outlook's own format is in it.
    winmail: bool
    text: str
    #: Nobody could read it.
    broken: bool = False

    @property
    def answers(self) -> tuple[Received, ...]:
        """The calendar parts that answer."""
        return tuple(one for one in self.received if one.method in _ANSWERING)


def _digest(raw: bytes) -> str:
    """What stands for the Message-ID of a mail without one."""
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def read_letter(raw: bytes, reply: str, *, recipient: str = "") -> Letter:
    """Reads a mail that came to the mailbox ``reply``; ``recipient``: where the server says it was sent."""
    try:
        return _read(raw, reply, recipient)
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError, MessageError):
        # The standard library's reader promises not to raise, and does so on some of what strangers send.
        return unread(raw)


def unread(raw: bytes) -> Letter:
    """A mail of which nothing is known but that it came."""
    return Letter(_digest(raw), "", "", (), (), None, automatic=False, winmail=False, text="", broken=True)


def _read(raw: bytes, reply: str, recipient: str) -> Letter:
    message = message_from_bytes(raw)
    message_id = one_line(str(message["Message-ID"] or ""))
    found = list(parts(message))
    return Letter(
        message_id=message_id if 3 <= len(message_id) <= 400 else _digest(raw),  # noqa: PLR2004 - fits its column
        sender=_sender(message),
        subject=_words(message["Subject"])[:400],
        meant=_meant(message, reply, recipient),
        received=_received(found),
        report=read_report(message),
        automatic=_is_automatic(message),
        winmail=any(_is_winmail(part) for part in found),
        text=_text(found),
    )


def _words(value: object) -> str:
    """A header as a person reads it."""
    text = str(value or "")[:_HEADER]
    with suppress(ValueError, LookupError, AssertionError, MessageError):  # no such encoding, or not so encoded
        text = str(make_header(decode_header(text)))
    return one_line(text)


def _sender(message: Message) -> str:
    raw = str(message["From"] or "")[:_HEADER]
    address = parseaddr(raw)[1] or ""
    return one_line(address if "@" in address else _words(raw))[:320]


def _meant(message: Message, reply: str, recipient: str) -> tuple[Meant, ...]:
    shown = [str(value)[:20_000] for name in _ADDRESSED for value in message.get_all(name, [])]
    tokens = (token for text in (recipient, *shown) for token in _TOKEN.findall(text))
    found = (read_address(reply, token) for token in tokens)
    return tuple(dict.fromkeys(meant for meant in found if meant is not None))


def _file_name(part: Message) -> str:
    try:
        return _words(part.get_filename("")).casefold()
    except (ValueError, LookupError, TypeError):
        return ""


def _is_winmail(part: Message) -> bool:
    kind = part.get_content_type()
    return kind in {"application/ms-tnef", "application/vnd.ms-tnef"} or _file_name(part) == "winmail.dat"


def _is_calendar(part: Message) -> bool:
    return part.get_content_type() in {"text/calendar", "application/ics"} or _file_name(part).endswith(".ics")


def _decoded(part: Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    content = content[:_CALENDAR_BYTES]
    try:
        return content.decode(str(part.get_content_charset("utf-8")))
    except (LookupError, ValueError):
        return content.decode("utf-8", "replace")


def _received(found: Iterable[Message]) -> tuple[Received, ...]:
    calendars = [part for part in found if _is_calendar(part)][:_CALENDARS]
    contents = dict.fromkeys(_decoded(part) for part in calendars)
    said = (one for content in contents for one in read_received(content.encode("utf-8", "replace")))
    return tuple(dict.fromkeys(said))


def _is_automatic(message: Message) -> bool:
    submitted = str(message["Auto-Submitted"] or "").partition(";")[0].strip().casefold()
    return (
        submitted not in {"", "no"}
        or any(message[name] is not None for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Vacation"))
        or str(message["Precedence"] or "").strip().casefold() in _BULK
        or message.get_content_type() == "multipart/report"
    )


class _Words(HTMLParser):
    """Collects what a reader would see."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self._hidden += tag in {"style", "script", "title"}
        if tag in {"br", "p", "div", "tr", "li"}:
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in {"style", "script", "title"}))

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found.append(data)


def _text(found: Iterable[Message]) -> str:
    """What somebody wrote, as text: of the plain part, else of the HTML without its marks."""
    shown = [part for part in found if part.get_content_disposition() != "attachment"]
    for kind in ("text/plain", "text/html"):
        for part in shown:
            if part.get_content_type() == kind and (text := _decoded(part).strip()):
                return _limited(text if kind == "text/plain" else _without_marks(text))
    return ""


def _without_marks(html: str) -> str:
    words = _Words()
    words.feed(html[: _TEXT * 5])
    words.close()
    return re.sub(r"[^\S\n]*\n\s*", "\n", "".join(words.found)).strip()


def _limited(text: str) -> str:
    return clean_text(text[: _TEXT * 2])[:_TEXT]


# ---------------------------------------------------------------- whether an answer counts


@dataclass(frozen=True)
class Invited:
    """Whose answer the address of a mail is for, and what they were sent."""

    uid: str
    #: The SEQUENCE of the invitation they were last sent.
    sequence: int
    #: Their addresses, as ``rules.mailbox`` writes them.
    mailboxes: frozenset[str]


def the_answer(answers: Iterable[Received], uid: str) -> Received | None:
    """The one answer of a mail about the meeting ``uid``; None when there is none, or they say different things."""
    mine = [one for one in answers if one.uid == uid]
    return mine[0] if mine and len({(one.method, one.attendee.casefold(), one.answer) for one in mine}) == 1 else None


def look_why(answers: Iterable[Received], invited: Invited) -> Reason | None:
    """Why the answers of a mail do not count by themselves; None when ``the_answer`` does."""
    answers = tuple(answers)
    if not any(one.uid == invited.uid for one in answers):
        return "other_meeting"
    one = the_answer(answers, invited.uid)
    if one is None:
        return "unclear"
    if mailbox(one.attendee) not in invited.mailboxes:
        return "other_person" if one.attendee else "unclear"
    if one.method == "COUNTER":
        return "proposal"
    if one.answer is None:
        return "unclear"
    return "outdated" if one.sequence < invited.sequence else None


def rank(received: Received, at: datetime) -> tuple[int, datetime]:
    """What orders the answers of one person; ``at``: when it was read, later than which nothing was said."""
    return received.sequence, min(received.stamped_at or at, at)


def proposed_words(proposed: str, time_zone: str) -> str:
    """The start a COUNTER proposes, in the meeting's zone where it is an instant; as written when it is no time."""
    found = _STAMP.fullmatch(proposed.strip())
    try:
        if found is None:
            return one_line(proposed)[:40]
        at = datetime.strptime(f"{found[1]}{found[2] or '0000'}", "%Y%m%d%H%M")
        if found[3]:
            at = at.replace(tzinfo=UTC).astimezone(ZoneInfo(time_zone))
    except (ValueError, OverflowError):
        return one_line(proposed)[:40]
    return f"{at:%Y-%m-%d %H.%M}" if found[2] else f"{at:%Y-%m-%d}"
