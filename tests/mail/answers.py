"""Answers to a call as calendar programs make them: from the REQUEST that came by mail to the mail that goes back.

The headers, the parts and their encodings are those the programs have been seen to write. ``tests/mail/letters`` has
whole mails of theirs; here the meeting, the address and the answer are those of the call.
"""

from __future__ import annotations

import base64
import quopri
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import Header
from email.message import EmailMessage

import icalendar

#: PARTSTAT → how each program begins the subject of an answer.
OUTLOOK_WORDS = {"ACCEPTED": "Accepterat", "DECLINED": "Avböjt", "TENTATIVE": "Preliminärt"}
GOOGLE_WORDS = {"ACCEPTED": "Accepted", "DECLINED": "Declined", "TENTATIVE": "Tentatively Accepted"}
APPLE_WORDS = {"ACCEPTED": "Accepted", "DECLINED": "Declined", "TENTATIVE": "Tentative"}


@dataclass(frozen=True)
class Asked:
    """What a program keeps of a call that came by mail."""

    uid: str
    sequence: int
    summary: str
    location: str
    organizer: str
    #: Where the answer goes.
    answer_to: str
    #: The one who is asked.
    attendee: str
    name: str
    start: datetime
    end: datetime

    @classmethod
    def by(cls, message: EmailMessage) -> Asked:
        """Reads the calendar part of a mail as strictly as Gmail does: one event, one attendee, the one it went to."""
        [part] = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
        assert part.get_param("method") == "REQUEST"
        calendar = icalendar.Calendar.from_ical(part.get_payload(decode=True))
        assert calendar["METHOD"] == "REQUEST"
        [event] = calendar.walk("VEVENT")
        attendee, organizer = event["ATTENDEE"], event["ORGANIZER"]
        [to], [sender] = message["To"].addresses, message["From"].addresses
        assert attendee == f"mailto:{to.addr_spec}"
        assert organizer == f"mailto:{sender.addr_spec}"
        return cls(
            uid=str(event["UID"]),
            sequence=int(event["SEQUENCE"]),
            summary=str(event["SUMMARY"]),
            location=str(event.get("LOCATION", "")),
            organizer=str(organizer.params["CN"]),
            answer_to=sender.addr_spec,
            attendee=to.addr_spec,
            name=str(attendee.params["CN"]),
            start=event["DTSTART"].dt,
            end=event["DTEND"].dt,
        )


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _local(at: datetime) -> str:
    return at.strftime("%Y%m%dT%H%M%S")


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace(";", r"\;").replace(",", r"\,").replace("\n", r"\n")


def _folded(*lines: str) -> bytes:
    """Content lines, folded between characters after at most 75 octets as each program does in its own way."""
    folded = []
    for line in filter(None, lines):
        piece = b""
        for char in line:
            if len(piece) + len(char.encode()) > 75:
                folded.append(piece)
                piece = b" "
            piece += char.encode()
        folded.append(piece)
    return b"".join(piece + b"\r\n" for piece in folded)


def _mail(*lines: str | bytes) -> bytes:
    return b"".join((line.encode() if isinstance(line, str) else line) + b"\r\n" for line in lines)


def _base64(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


def _quoted(content: bytes) -> bytes:
    return quopri.encodestring(content.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")


def outlook(asked: Asked, partstat: str, *, at: datetime, comment: str = "") -> bytes:
    """Outlook by Exchange: alternatives in base64, no ORGANIZER, Windows' zone names, the comment in both parts."""
    subject = f"{OUTLOOK_WORDS[partstat]}: {asked.summary}"
    calendar = _folded(
        "BEGIN:VCALENDAR", "METHOD:REPLY", "PRODID:Microsoft Exchange Server 2010", "VERSION:2.0",
        "BEGIN:VTIMEZONE", "TZID:W. Europe Standard Time",
        "BEGIN:STANDARD", "DTSTART:16010101T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100",
        "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10", "END:STANDARD",
        "BEGIN:DAYLIGHT", "DTSTART:16010101T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200",
        "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3", "END:DAYLIGHT",
        "END:VTIMEZONE",
        "BEGIN:VEVENT",
        f"ATTENDEE;PARTSTAT={partstat};CN={asked.name}:MAILTO:{asked.attendee}",
        f"COMMENT;LANGUAGE=sv-SE:{_escaped(comment)}" + r"\n" if comment else r"COMMENT;LANGUAGE=sv-SE:\n",
        f"UID:{asked.uid}",
        f"SUMMARY;LANGUAGE=sv-SE:{_escaped(subject)}",
        f"DTSTART;TZID=W. Europe Standard Time:{_local(asked.start)}",
        f"DTEND;TZID=W. Europe Standard Time:{_local(asked.end)}",
        "CLASS:PUBLIC", "PRIORITY:5", f"DTSTAMP:{_utc(at)}", "TRANSP:OPAQUE", "STATUS:CONFIRMED",
        f"SEQUENCE:{asked.sequence}", f"LOCATION;LANGUAGE=sv-SE:{_escaped(asked.location)}",
        f"X-MICROSOFT-CDO-APPT-SEQUENCE:{asked.sequence}", "X-MICROSOFT-CDO-OWNERAPPTID:2123846183",
        "X-MICROSOFT-CDO-BUSYSTATUS:BUSY", "X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY",
        "X-MICROSOFT-CDO-ALLDAYEVENT:FALSE", "X-MICROSOFT-CDO-IMPORTANCE:1", "X-MICROSOFT-CDO-INSTTYPE:0",
        "X-MICROSOFT-DISALLOW-COUNTER:FALSE",
        "END:VEVENT", "END:VCALENDAR",
    )  # fmt: skip
    html = f"<html><head><style>p {{margin:0}}</style></head><body><p>{comment}</p></body></html>"
    return _mail(
        f"From: {asked.name} <{asked.attendee}>",
        f'To: "{asked.organizer}" <{asked.answer_to}>',
        f"Subject: {Header(subject, 'utf-8').encode(linesep=chr(13) + chr(10))}",
        f"Thread-Topic: {Header(asked.summary, 'utf-8').encode()}",
        "Thread-Index: AQHcXkqyHx3gUk6lFEy3nqkq4Yw2rA==",
        f"Date: {at:%a, %d %b %Y %H:%M:%S} +0000",
        f"Message-ID: <AM0PR07MB0001{at:%H%M%S}@AM0PR07MB0001.eurprd07.prod.example.org>",
        "Accept-Language: sv-SE, en-US", "Content-Language: sv-SE", "X-MS-Has-Attach:", "X-MS-TNEF-Correlator:",
        "Content-Type: multipart/alternative;", '\tboundary="_000_AM0PR07MB0001eurp_"', "MIME-Version: 1.0", "",
        "--_000_AM0PR07MB0001eurp_", 'Content-Type: text/plain; charset="utf-8"',
        "Content-Transfer-Encoding: base64", "", _base64(comment.encode()),
        "--_000_AM0PR07MB0001eurp_", 'Content-Type: text/html; charset="utf-8"',
        "Content-Transfer-Encoding: base64", "", _base64(html.encode()),
        "--_000_AM0PR07MB0001eurp_", 'Content-Type: text/calendar; charset="utf-8"; method=REPLY',
        "Content-Transfer-Encoding: base64", "", _base64(calendar),
        "--_000_AM0PR07MB0001eurp_--",
    )  # fmt: skip


def google(asked: Asked, partstat: str, *, at: datetime, comment: str = "") -> bytes:
    """Google Calendar: the answer in the mail and as a file, the comment as a parameter, called a machine's mail."""
    said = comment.replace("&", "&amp\\;").replace("'", "&#39\\;").replace('"', "&quot\\;")
    noted = f';X-RESPONSE-COMMENT="{said}"' if comment else ""
    calendar = _folded(
        "BEGIN:VCALENDAR", "PRODID:-//Google Inc//Google Calendar 70.9054//EN", "VERSION:2.0", "CALSCALE:GREGORIAN",
        "METHOD:REPLY", "BEGIN:VEVENT", f"DTSTART:{_utc(asked.start)}", f"DTEND:{_utc(asked.end)}",
        f"DTSTAMP:{_utc(at)}", f"ORGANIZER;CN={asked.organizer}:mailto:{asked.answer_to}", f"UID:{asked.uid}",
        f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={partstat};CN={asked.name};X-NUM-GUESTS=0{noted}"
        f":mailto:{asked.attendee}",
        f"CREATED:{_utc(at)}", f"LAST-MODIFIED:{_utc(at)}", f"LOCATION:{_escaped(asked.location)}",
        f"SEQUENCE:{asked.sequence}", "STATUS:CONFIRMED", f"SUMMARY:{_escaped(asked.summary)}", "TRANSP:OPAQUE",
        "END:VEVENT", "END:VCALENDAR",
    )  # fmt: skip
    told = f"{asked.name} has replied to this invitation.".encode()
    subject = f"{GOOGLE_WORDS[partstat]}: {asked.summary} @ {asked.start:%a %b %d, %Y} ({asked.attendee})"
    return _mail(
        "MIME-Version: 1.0",
        f"Reply-To: {asked.attendee}",
        "Sender: Google Calendar <calendar-notification@google.example.org>",
        "Auto-Submitted: auto-generated",
        f"Message-ID: <calendar-{at:%H%M%S}-5d7e-4f0a@google.example.org>",
        f"Date: {at:%a, %d %b %Y %H:%M:%S} +0000",
        f"Subject: {Header(subject, 'utf-8').encode(linesep=chr(13) + chr(10))}",
        f"From: {asked.name} <{asked.attendee}>",
        f"To: {asked.answer_to}",
        'Content-Type: multipart/mixed; boundary="000000000000a1b2c3"', "",
        "--000000000000a1b2c3", 'Content-Type: multipart/alternative; boundary="000000000000d4e5f6"', "",
        "--000000000000d4e5f6", 'Content-Type: text/plain; charset="UTF-8"; format=flowed; delsp=yes',
        "Content-Transfer-Encoding: base64", "", _base64(told),
        "--000000000000d4e5f6", 'Content-Type: text/html; charset="UTF-8"',
        "Content-Transfer-Encoding: quoted-printable", "", _quoted(b'<span itemscope="">' + told + b"</span>"),
        "--000000000000d4e5f6", 'Content-Type: text/calendar; charset="UTF-8"; method=REPLY',
        "Content-Transfer-Encoding: quoted-printable", "", _quoted(calendar),
        "--000000000000d4e5f6--", "",
        "--000000000000a1b2c3", 'Content-Type: application/ics; name="invite.ics"',
        'Content-Disposition: attachment; filename="invite.ics"', "Content-Transfer-Encoding: base64", "",
        _base64(calendar),
        "--000000000000a1b2c3--",
    )  # fmt: skip


def apple(asked: Asked, partstat: str, *, at: datetime, comment: str = "") -> bytes:
    """Apple's Calendar: a line of text and the answer, unencoded but for what is no ASCII."""
    calendar = _folded(
        "BEGIN:VCALENDAR", "CALSCALE:GREGORIAN", "METHOD:REPLY", "PRODID:-//Apple Inc.//macOS 15.5//EN",
        "VERSION:2.0", "BEGIN:VEVENT",
        f'ATTENDEE;CN="{asked.name}";CUTYPE=INDIVIDUAL;EMAIL="{asked.attendee}";PARTSTAT={partstat}'
        f";ROLE=REQ-PARTICIPANT:mailto:{asked.attendee}",
        f"COMMENT:{_escaped(comment)}" if comment else "",
        f"CREATED:{_utc(at)}", f"DTEND;TZID=Europe/Stockholm:{_local(asked.end)}", f"DTSTAMP:{_utc(at)}",
        f"DTSTART;TZID=Europe/Stockholm:{_local(asked.start)}", f"LAST-MODIFIED:{_utc(at)}",
        f'ORGANIZER;CN="{asked.organizer}":mailto:{asked.answer_to}', f"SEQUENCE:{asked.sequence}",
        f"SUMMARY:{_escaped(asked.summary)}", "TRANSP:OPAQUE", f"UID:{asked.uid}",
        "END:VEVENT", "END:VCALENDAR",
    )  # fmt: skip
    return _mail(
        f"From: {asked.name} <{asked.attendee}>",
        "Content-Type: multipart/alternative;", '\tboundary="Apple-Mail=_6A0C7E52-0B3D-4A8E-9C55-6C3A2F8F1D10"',
        "Mime-Version: 1.0 (Mac OS X Mail 16.0)",
        f"Subject: {Header(f'{APPLE_WORDS[partstat]}: {asked.summary}', 'utf-8').encode()}",
        f"Message-Id: <6F2A1C3E-77D1-4B0E-8A55-{at:%Y%m%d%H%M%S}@hk.example.org>",
        f"Date: {at:%a, %d %b %Y %H:%M:%S} +0000",
        f'To: "{asked.answer_to}" <{asked.answer_to}>', "",
        "--Apple-Mail=_6A0C7E52-0B3D-4A8E-9C55-6C3A2F8F1D10", "Content-Transfer-Encoding: 7bit",
        "Content-Type: text/plain;", "\tcharset=us-ascii", "",
        f"{asked.attendee} has replied to the invitation.",
        "--Apple-Mail=_6A0C7E52-0B3D-4A8E-9C55-6C3A2F8F1D10", "Content-Transfer-Encoding: 8bit",
        "Content-Type: text/calendar;", "\tmethod=REPLY;", "\tcharset=utf-8", "",
        calendar,
        "--Apple-Mail=_6A0C7E52-0B3D-4A8E-9C55-6C3A2F8F1D10--",
    )  # fmt: skip
