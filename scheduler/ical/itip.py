"""Invitations by e-mail, both ways: the calendar of a REQUEST or CANCEL, and what a REPLY says (RFC 5546, RFC 6047).

What is sent is strict: one event, one recipient, who is its only ATTENDEE. What is received is read leniently, by the
parser of this room: Exchange leaves ORGANIZER out, writes ``MAILTO:`` and has zone names of its own, and none of it
matters for an answer. Not here: the mail around it (``mail``), whose answer it is (``mail.incoming``).
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from scheduler.ical.lines import Component, Line, read_components, unescape
from scheduler.ical.text import one_line
from scheduler.ical.writer import Event, assemble, render_event, zones_in

Method = Literal["REQUEST", "CANCEL"]

#: How somebody is invited → ROLE: called, told of it as a substitute, told of it only.
ROLES = {
    "required": "REQ-PARTICIPANT",
    "optional": "OPT-PARTICIPANT",
    "informed": "NON-PARTICIPANT",
}
_END = b"END:VEVENT\r\n"
_STAMP = re.compile(r"(\d{8}T\d{6})Z?", re.ASCII)
#: A PARTSTAT → the answer it is to us; TENTATIVE is a maybe, and what waits is no answer at all.
_ANSWERS = {"ACCEPTED": "yes", "DECLINED": "no", "TENTATIVE": "maybe"}
_COMMENT = 200


@dataclass(frozen=True)
class Attendee:
    """The one an invitation goes to."""

    name: str
    #: The address of the mail's To, or Gmail shows no buttons.
    address: str
    #: A key of ``ROLES``.
    role: str = "required"
    #: Whether an answer by mail is read.
    answers: bool = True


def invitation(event: Event, attendee: Attendee, method: Method) -> bytes:
    """The calendar of one invitation, change or cancellation for one recipient.

    ``event`` has an organizer: the name and the address that answers go to. A CANCEL says that the meeting is off,
    for this recipient: the others may still meet. Raises as ``render_event`` does.
    """
    from scheduler.ical import properties as prop  # noqa: PLC0415 - imports icalendar, 0.1 s; see the module

    if event.organizer is None:
        raise ValueError("an invitation comes from somebody")
    if method == "CANCEL":
        event = replace(event, status="cancelled")
    fragment = render_event(event)
    params = {"CN": one_line(attendee.name).replace("\\", "/"), "ROLE": ROLES[attendee.role]}
    if method == "REQUEST":
        asks = attendee.answers and attendee.role != "informed"
        params |= {"PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE" if asks else "FALSE"}
    line = prop.raw("ATTENDEE", f"mailto:{attendee.address}", **params)
    head = b"".join(
        [
            b"BEGIN:VCALENDAR\r\n",
            prop.text("VERSION", "2.0"),
            prop.text("PRODID", f"-//Takt//Takt//{event.language.upper()}"),
            prop.text("CALSCALE", "GREGORIAN"),
            prop.text("METHOD", method),
        ]
    )
    return assemble(head, zones_in(fragment), [fragment.removesuffix(_END) + line + _END])


# ---------------------------------------------------------------- what comes back


@dataclass(frozen=True)
class Received:
    """What one calendar part says about one meeting."""

    #: REPLY, COUNTER … in capitals; "" when the part says none.
    method: str
    uid: str
    #: 0 when it is missing or no number.
    sequence: int
    #: When the answer was given by the sender's clock (aware, UTC); None: unreadable.
    stamped_at: datetime | None
    #: The address of the one who answers, as written; "" when there is none, or several.
    attendee: str
    #: yes, no or maybe; None: no answer.
    answer: str | None
    #: What they wrote, on one line.
    comment: str = ""
    #: The start a COUNTER proposes, as written.
    proposed: str = ""


def read_received(content: bytes) -> list[Received]:
    """What a calendar part of a mail says, one for each VEVENT; empty for what is no calendar. Never raises.

    The body's METHOD counts, not the one of the part's header (spec calendar, Receiving).
    """
    normal = re.sub(rb"\r\n|\r|\n", b"\r\n", content.removeprefix(b"\xef\xbb\xbf").strip()) + b"\r\n"
    found, _faults = read_components(normal)
    return [
        _received(calendar.value("METHOD").strip().upper(), event)
        for calendar in found
        if calendar.name == "VCALENDAR"
        for event in calendar.parts
        if event.name == "VEVENT"
    ]


def _received(method: str, event: Component) -> Received:
    attendees = event.all("ATTENDEE")
    who = attendees[0] if len(attendees) == 1 else None
    partstat = who.params.get("PARTSTAT", "").upper() if who else ""
    sequence = event.value("SEQUENCE").strip()
    return Received(
        method=method,
        uid=event.value("UID").strip(),
        sequence=int(sequence) if sequence.isascii() and sequence.isdigit() and len(sequence) < 10 else 0,  # noqa: PLR2004 - figures a database takes
        stamped_at=_instant(event.value("DTSTAMP")),
        attendee=re.sub(r"(?i)^mailto:", "", who.value.strip()) if who else "",
        answer=_ANSWERS.get(partstat),
        comment=_comment(event, who),
        proposed=event.value("DTSTART").strip()[:40] if method == "COUNTER" else "",
    )


def _comment(event: Component, who: Line | None) -> str:
    """What was written with the answer, on one line: as COMMENT, else as a parameter of ATTENDEE, as Google has it."""
    said = [unescape(line.value) for line in event.all("COMMENT")]
    if who is not None:
        # Google escapes it as a text and as HTML at once: "It&#39\\;s too early".
        said.append(html.unescape(unescape(who.params.get("X-RESPONSE-COMMENT", ""))))
    shown = (one_line(text) for text in said)
    return next(filter(None, shown), "")[:_COMMENT]


def _instant(text: str) -> datetime | None:
    found = _STAMP.fullmatch(text.strip())
    try:
        return None if found is None else datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
