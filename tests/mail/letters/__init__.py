"""Mails as programs and servers out there write them; the one thing filled in is the address they go to."""

from __future__ import annotations

from pathlib import Path

#: The UID of the meeting that the answers here are about, and who answers.
UID = "8f1c2d4e-5b6a-4c7d-9e8f-0a1b2c3d4e5f@takt.example.org"
KARIN = "karin.lundmark@hk.example.org"


def letter(name: str, address: str) -> bytes:
    """The mail ``name``, sent to ``address``."""
    raw = (Path(__file__).parent / f"{name}.eml").read_bytes()
    return raw.replace(b"svar+TOKEN@takt.example.org", address.encode())


def reply(
    address: str,
    *,
    answer: str = "ACCEPTED",
    stamped: str = "20260929T070000Z",
    sequence: int = 0,
    uid: str = UID,
    attendee: str = KARIN,
    method: str = "REPLY",
    message_id: str | None = None,
    more: str = "",
) -> bytes:
    """The plainest answer there is."""
    message_id = message_id or f"<{answer}-{stamped}-{sequence}-{attendee}@hk.example.org>"
    lines = [
        f"From: Karin Lundmark <{KARIN}>",
        f"To: {address}",
        "Subject: Svar",
        f"Message-ID: {message_id}",
        "MIME-Version: 1.0",
        f"Content-Type: text/calendar; charset=utf-8; method={method}",
        "",
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//test//test//SV",
        f"METHOD:{method}",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{stamped}",
        f"SEQUENCE:{sequence}",
        "DTSTART:20991231T230000Z",
        *([more] if more else []),
        f"ATTENDEE;PARTSTAT={answer}:mailto:{attendee}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    return "\r\n".join(lines).encode()
