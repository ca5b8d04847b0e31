"""Invitations by e-mail: what is sent is strict, what comes back is read whatever program wrote it."""

from __future__ import annotations

from datetime import UTC, datetime

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.ical.itip import Attendee, Received, invitation, read_received
from tests.ical.samples import event, uid

ORGANIZER = ("Regionalt forum, sekretariatet", "svar+17.q8Zt@takt.example")
KARIN = Attendee("Karin Lundmark", "karin@example.org")


def only_event(content: bytes) -> icalendar.Component:
    calendar = icalendar.Calendar.from_ical(content)
    (found,) = calendar.walk("VEVENT")
    return found


def test_request_has_one_attendee_the_recipient_and_the_same_uid_as_the_feed() -> None:
    meeting = event(organizer=ORGANIZER)
    content = invitation(meeting, KARIN, "REQUEST")
    calendar = icalendar.Calendar.from_ical(content)
    found = only_event(content)

    assert calendar["METHOD"] == "REQUEST"
    assert found["UID"] == meeting.uid
    assert found["ATTENDEE"] == "mailto:karin@example.org"
    assert dict(found["ATTENDEE"].params) == {
        "CN": "Karin Lundmark", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE",
    }  # fmt: skip
    assert found["ORGANIZER"] == "mailto:svar+17.q8Zt@takt.example"
    assert len(calendar.walk("VTIMEZONE")) == 1


def test_cancel_is_cancelled_whatever_the_meeting_is_to_others() -> None:
    content = invitation(event(organizer=ORGANIZER, sequence=3), KARIN, "CANCEL")
    found = only_event(content)

    assert icalendar.Calendar.from_ical(content)["METHOD"] == "CANCEL"
    assert (found["STATUS"], found["SEQUENCE"]) == ("CANCELLED", 3)
    assert "PARTSTAT" not in found["ATTENDEE"].params


@pytest.mark.parametrize(
    ("role", "written", "rsvp"),
    [("required", "REQ-PARTICIPANT", "TRUE"), ("optional", "OPT-PARTICIPANT", "TRUE"),
     ("informed", "NON-PARTICIPANT", "FALSE")],
)  # fmt: skip
def test_role_tells_member_substitute_and_who_is_only_told(role: str, written: str, rsvp: str) -> None:
    found = only_event(invitation(event(organizer=ORGANIZER), Attendee("K", "k@example.org", role), "REQUEST"))
    assert (found["ATTENDEE"].params["ROLE"], found["ATTENDEE"].params["RSVP"]) == (written, rsvp)


def test_an_invitation_comes_from_somebody() -> None:
    with pytest.raises(ValueError, match="from somebody"):
        invitation(event(organizer=None), KARIN, "REQUEST")


@given(st.text(max_size=200))
def test_any_name_of_the_recipient_adds_no_property(name: str) -> None:
    found = only_event(invitation(event(organizer=ORGANIZER), Attendee(name, "k@example.org"), "REQUEST"))
    assert found["ATTENDEE"] == "mailto:k@example.org"
    plain = only_event(invitation(event(organizer=ORGANIZER), KARIN, "REQUEST"))
    assert sorted(found) == sorted(plain)


# ---------------------------------------------------------------- what comes back


def reply(*lines: str, method: str = "REPLY") -> bytes:
    return "\r\n".join([
        "BEGIN:VCALENDAR", f"METHOD:{method}", "PRODID:-//x", "VERSION:2.0", "BEGIN:VEVENT", *lines, "END:VEVENT",
        "END:VCALENDAR", "",
    ]).encode()  # fmt: skip


OUTLOOK = reply(
    "ATTENDEE;PARTSTAT=ACCEPTED;CN=Karin Lundmark:MAILTO:Karin@Example.org",
    "COMMENT;LANGUAGE=sv-SE:Kommer med\\nglädje\\, och tidigt",
    f"UID:{uid(1)}",
    "SUMMARY;LANGUAGE=sv-SE:Accepterat: Regionalt forum",
    "DTSTART;TZID=W. Europe Standard Time:20261001T093000",
    "DTEND;TZID=W. Europe Standard Time:20261001T150000",
    "CLASS:PUBLIC",
    "DTSTAMP:20260911T080000Z",
    "SEQUENCE:2",
    "X-MICROSOFT-CDO-APPT-SEQUENCE:2",
)
GOOGLE = reply(
    "DTSTART:20261001T073000Z",
    "DTSTAMP:20260911T080000Z",
    "ORGANIZER;CN=Sekretariatet:mailto:svar+17.q8Zt@takt.example",
    f"UID:{uid(1)}",
    "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=DECLINED;CN=karin",
    " @example.org;X-NUM-GUESTS=0:mailto:karin@example.org",
    "SEQUENCE:2",
)
APPLE = (
    reply(
        f"UID:{uid(1)}",
        "ATTENDEE;CN=Karin;PARTSTAT=TENTATIVE:mailto:karin@example.org",
        "DTSTAMP:20260911T080000Z",
        "SEQUENCE:2",
    )
    .replace(b"\r\n", b"\n")
    .rstrip()
)


@pytest.mark.parametrize(
    ("content", "attendee", "answer", "comment"),
    [
        (OUTLOOK, "Karin@Example.org", "yes", "Kommer med glädje, och tidigt"),
        (GOOGLE, "karin@example.org", "no", ""),
        (APPLE, "karin@example.org", "maybe", ""),
    ],
    ids=["outlook", "google", "apple"],
)
def test_reply_of_each_program_is_read(content: bytes, attendee: str, answer: str, comment: str) -> None:
    at = datetime(2026, 9, 11, 8, tzinfo=UTC)
    assert read_received(content) == [Received("REPLY", uid(1), 2, at, attendee, answer, comment)]


@pytest.mark.parametrize(
    ("written", "lines", "comment"),
    [
        ('"Jag kommer 10.30, med Åsa; vi tar tåget"', (), "Jag kommer 10.30, med Åsa; vi tar tåget"),
        ('"It&#39\\;s too &quot\\;early&quot\\;"', (), 'It\'s too "early"'),
        (r"Senare\nän andra", (), "Senare än andra"),
        ('"Parameter"', ("COMMENT:Egen rad",), "Egen rad"),
        ('"Parameter"', ("COMMENT:", r"COMMENT:\n "), "Parameter"),
        ('""', ("COMMENT:", "COMMENT:Den andra"), "Den andra"),
        ('"&#10;&#x2028;BEGIN:VEVENT&#0;"', (), "BEGIN:VEVENT\ufffd"),
        (f'"{"å" * 300}"', (), "å" * 200),
    ],
)  # fmt: skip
def test_comment_is_found_where_each_program_puts_it(written: str, lines: tuple[str, ...], comment: str) -> None:
    who = f"ATTENDEE;PARTSTAT=DECLINED;X-NUM-GUESTS=0;X-RESPONSE-COMMENT={written}:mailto:k@example.org"
    (found,) = read_received(reply(f"UID:{uid(1)}", *lines, who))
    assert (found.answer, found.comment, found.attendee) == ("no", comment, "k@example.org")


def test_counter_keeps_the_start_it_proposes() -> None:
    lines = (f"UID:{uid(1)}", "DTSTART:20261002T073000Z", "ATTENDEE;PARTSTAT=TENTATIVE:mailto:k@example.org")
    (found,) = read_received(reply(*lines, method="COUNTER"))
    assert (found.method, found.proposed, found.stamped_at) == ("COUNTER", "20261002T073000Z", None)


def test_answer_of_several_at_once_is_nobodys() -> None:
    (found,) = read_received(
        reply(f"UID:{uid(1)}", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@x.example", "ATTENDEE:mailto:b@x.example")
    )
    assert (found.attendee, found.answer) == ("", None)


def test_start_of_a_reply_is_not_asked() -> None:
    moved = OUTLOOK.replace(b"20261001T093000", b"20991231T093000")
    assert read_received(moved) == read_received(OUTLOOK)


@given(
    st.one_of(
        st.binary(max_size=400),
        st.text(max_size=400).map(lambda text: reply(text, f"UID:{text}", f'ATTENDEE;X-RESPONSE-COMMENT="{text}":a')),
    )
)
def test_reading_never_raises(content: bytes) -> None:
    for found in read_received(content):
        assert "\n" not in found.comment
