"""Reports of mails that did not arrive (message/delivery-status, RFC 3464), as servers write them. Pure.

It is believed only where it came to a genuine bounce address (``incoming``). Not here: what follows from it
(``outcomes``, ``outbox.note_bounce``).
"""

from __future__ import annotations

import base64
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MissingHeaderBodySeparatorDefect
from email.message import Message

from scheduler.ical.text import one_line
from scheduler.mail.outcomes import Answer, Stage

#: Parts of one mail that are looked at; a mail with more is none that anybody wrote.
PARTS = 200
#: What a report's part is; with addresses beyond ASCII it is another (RFC 6533), and reads alike.
_KIND, _GLOBAL = "message/delivery-status", "message/global-delivery-status"
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])", re.ASCII)
_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?![\d.])", re.ASCII)
#: What a server's refusal is when the report does not say it.
_REFUSED, _NO_MAILBOX = 554, 550


@dataclass(frozen=True)
class Report:
    """What a report says of the one recipient of a mail."""

    #: failed, delayed, delivered, relayed or expanded, in lower case; "" when it says none.
    action: str
    #: "5.1.1"; "" when it says none.
    status: str
    #: What the last server said, on one line.
    said: str

    @property
    def is_final(self) -> bool:
        """Whether the mail will not arrive any more."""
        return self.action == "failed"

    @property
    def answer(self) -> Answer:
        """The report as the answer of a server that had refused the recipient at once."""
        # "smtp; 550 5.1.1 No such user": what the kind of the diagnosis says belongs to nobody.
        text = re.sub(r"(?i)^\s*smtp\s*;\s*", "", self.said)
        found = _CODE.match(text)
        text = text[found.end() :].strip(" -") if found else text
        text = text.removeprefix(self.status).strip() if self.status else text
        code = int(found[1]) if found else _NO_MAILBOX if self.status.startswith("5.1.") else _REFUSED
        # A report is no talk with the relay: codes that would speak of it are those of the far server.
        return Answer(Stage.RCPT, code if code >= 500 else _REFUSED, f"{self.status} {text}".strip()[:400])  # noqa: PLR2004 - RFC 5321: refused for good


def parts(message: Message) -> Iterator[Message]:
    """The parts of a mail that hold something, in order; not what is inside a mail that is enclosed."""
    waiting, seen = [message], 0
    while waiting and seen < PARTS:
        part = waiting.pop()
        seen += 1
        within = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(within, list):
            waiting += [each for each in reversed(within) if isinstance(each, Message)]
        else:
            yield part


def read_report(message: Message) -> Report | None:
    """What a mail reports of another; None for what is no report. A failure goes before what is said of others."""
    found = [
        report for part in parts(message) if part.get_content_type() in {_KIND, _GLOBAL} for report in _reports(part)
    ]
    return next((report for report in found if report.is_final), found[0] if found else None)


def _reports(part: Message) -> list[Report]:
    """One for each recipient; the block about the message as a whole names none."""
    return [
        _report(block)
        for block in _blocks(part)[:PARTS]
        if block["Action"] is not None or block["Final-Recipient"] is not None
    ]


def _blocks(part: Message) -> list[Message]:
    """The blocks of a report's lines, with the encoding that some servers put around the whole of it taken off."""
    encoding = str(part["Content-Transfer-Encoding"] or "").strip().casefold()
    if encoding in {"base64", "quoted-printable"}:
        written = _written(part)
        lines = _unpacked(written) if encoding == "base64" else quopri.decodestring(written)
    elif part.get_content_type() == _KIND:
        return _parts_within(part)
    else:
        # Of any other kind the library reads the first block alone, and keeps the others as text.
        lines = _written(part)
    plain = re.sub(rb"\r\n?", b"\n", lines).strip(b"\n")
    return _parts_within(message_from_bytes(b"Content-Type: " + _KIND.encode() + b"\n\n" + plain + b"\n"))


def _parts_within(part: Message) -> list[Message]:
    within = part.get_payload()
    return [block for block in within if isinstance(block, Message)] if isinstance(within, list) else []


def _written(part: Message) -> bytes:
    """A part's own lines as they came, which the library has read as headers and texts of blocks."""
    blocks = []
    for block in _parts_within(part):
        heads = "".join(f"{name}: {value}\n" for name, value in block.raw_items())
        text = block.get_payload()
        # A text that no empty line parts from the headers goes on where the last of them ended.
        goes_on = any(isinstance(defect, MissingHeaderBodySeparatorDefect) for defect in block.defects)
        apart = "\n" if heads and not goes_on else ""
        blocks.append(heads + (apart + text if isinstance(text, str) and text else ""))
    whole = "\n".join(blocks) if blocks else str(part.get_payload())
    return whole.encode("utf-8", "surrogateescape")


def _unpacked(written: bytes) -> bytes:
    """What base64 holds; the lines themselves where it is none."""
    try:
        return base64.b64decode(b"".join(written.split()), validate=True)
    except ValueError:
        return written


def _report(block: Message) -> Report:
    said = one_line(str(block["Diagnostic-Code"] or ""))[:600]
    status = _STATUS.search(str(block["Status"] or ""))
    within = _STATUS.search(said)
    # Many servers say "5.0.0" and are plain in their own words.
    vague = status is None or status[1].endswith(".0.0")
    best = within if vague and within is not None else status
    action = one_line(str(block["Action"] or "")).partition(" ")[0].casefold()
    return Report(action[:20], best[1] if best else "", said)
