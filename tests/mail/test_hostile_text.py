"""What somebody evil types, as far as the mail a server takes (SEC-6): refused at its field, or words and nothing else.

Texts that try to be headers, parts, encoded words or calendar lines go into every name, title and place that a mail
shows; what arrives by SMTP is then read byte by byte. Not here: the builder alone (``test_messages``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from itertools import count
from typing import Any

import icalendar
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.db import Base
from scheduler.errors import Refused
from scheduler.forums.actions import edit_forum
from scheduler.forums.models import Forum
from scheduler.history.rules import Actor
from scheduler.i18n import use_language
from scheduler.ical.lines import read_components
from scheduler.ical.text import clean_text, one_line
from scheduler.mail.incoming import receive
from scheduler.mail.messages import shortened
from scheduler.mail.models import OutboxMail
from scheduler.meetings.booking import book_meeting, move_meeting
from scheduler.meetings.calling import call_meeting
from scheduler.meetings.models import Meeting, Reply
from scheduler.meetings.steps import cancel_meeting
from scheduler.organisations.actions import edit_organisation
from scheduler.organisations.models import Organisation, Person
from scheduler.organisations.people import edit_person
from scheduler.places.actions import edit_place
from scheduler.places.models import Place
from tests.mail.answers import Asked, google, outlook
from tests.mail.running import SETTINGS, Running
from tests.mail.sink import Received
from tests.web.reading import read, send, visit
from tests.web.visits import Visitor
from tests.web.world import SITE

SARA = Actor("Sara Niemi")
EVIL = "evil@example.test"
ENCODED = f"=?utf-8?q?hej=0ABcc:_{EVIL.replace('@', '=40')}?="
SAID = {
    "sv": "Tecknen =? får inte stå efter varandra, för e-postprogram läser dem som kod",
    "en": "The characters =? cannot stand together, since mail programs read them as code",
}
#: Texts that each try one thing.
ATTACKS = (
    ENCODED,
    f"=?utf-8?b?aGVqCkJjYzogZXZpbEBleGFtcGxlLnRlc3Q=?= {EVIL}",
    f"hej\r\nBcc: {EVIL}",
    f"hej\nBcc: {EVIL}\n\n<p>hej</p>",
    f"hej\rBcc: {EVIL}",
    f"hej\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029Bcc: {EVIL}",
    f"hej\x00\x1b\x7f\x80\x9f, {EVIL}",
    f'"hej" <{EVIL}>, ',
    f"hej\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nATTENDEE:mailto:{EVIL}",
    f'";X-EVIL=1:mailto:{EVIL}\\nATTENDEE',
    f"a;b,c\\;d\\,e\\nf\\N:g^n^'^^ mailto:{EVIL}",
    f"{'å' * 74}\r\n ATTENDEE:mailto:{EVIL}",
    "\r\n.\r\nMAIL FROM:<evil@example.test>\r\n.",
    "\r\n--===============\r\nContent-Type: text/calendar\r\n\r\nhej",
    "\u202e\u2066hej\u200d\ufeff𐐷👩🏽‍💻",
)
PIECES = (
    "=?", "?=", "=", "?", "utf-8", "?q?", "=0A", "\r\n", "\n", "\r", "\r\n ", "\x00", "\x0b", "\x1b", "\x7f", "\x85",
    "\x9f", "\u2028", "\u2029", "\t", " ", "Bcc: ", EVIL, "BEGIN:VEVENT", "END:VCALENDAR", "ATTENDEE:mailto:", ";",
    ",", ":", '"', "<", ">", "\\", "\\n", "^n", ".", "å", "\u202e", "𐐷", "ord",
)  # fmt: skip
HOSTILE = st.sampled_from(ATTACKS) | st.lists(st.sampled_from(PIECES), min_size=1, max_size=14).map("".join)
ALLOWED = {
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
    "X-Auto-Response-Suppress", "MIME-Version", "Content-Type",
}  # fmt: skip
OF_PARTS = {"Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "MIME-Version"}
OF_EVENT = {
    "UID", "SEQUENCE", "DTSTAMP", "LAST-MODIFIED", "CREATED", "STATUS", "TRANSP", "CLASS", "SUMMARY", "DTSTART",
    "DTEND", "LOCATION", "DESCRIPTION", "URL", "CATEGORIES", "ORGANIZER", "ATTENDEE", "GEO", "COLOR",
}  # fmt: skip


@pytest.fixture
def running(make_app, sqlite_url, clock, sink) -> Running:
    return Running.on(make_app(sqlite_url, **SETTINGS, mail_relay=sink.url), clock, sink)


# ---------------------------------------------------------------- as received


def heads(raw: bytes) -> list[tuple[str, str]]:
    """The headers as the bytes have them, by a reading of our own that knows nothing of encodings."""
    block = raw.partition(b"\r\n\r\n")[0].decode("ascii")
    unfolded = re.sub(r"\r\n(?=[ \t])", "", block)
    lines = unfolded.split("\r\n")
    assert all(re.fullmatch(r"[A-Za-z-]+:.*", line) for line in lines), lines
    return [(name, value.strip()) for name, _colon, value in (line.partition(":") for line in lines)]


def check(mail: Received, subject: str) -> None:
    """One mail as a server took it: the headers it may have, one recipient, its subject as it was meant."""
    assert b"\n" not in mail.body.replace(b"\r\n", b"")
    assert b"\r" not in mail.body.replace(b"\r\n", b"")
    assert mail.body.isascii()
    found = heads(mail.body)
    names = [name for name, _value in found]
    assert len(names) == len(set(names))
    assert set(names) <= ALLOWED
    values = dict(found)
    assert values["To"] == mail.recipient
    assert EVIL not in mail.recipient
    # The subject as programs read it, with the decoder of old and with that of today.
    wanted = squeezed(shortened(subject))
    assert squeezed(make_header(decode_header(values["Subject"]))) == wanted
    assert squeezed(mail.message["Subject"]) == wanted
    for name in ("From", "Reply-To", "Message-ID", "In-Reply-To", "References", "Content-Type"):
        assert EVIL not in values.get(name, "")
    for part in message_from_bytes(mail.body).walk():
        if part.get_content_maintype() != "multipart":
            assert set(part.keys()) <= OF_PARTS
    kinds = [part.get_content_type() for part in message_from_bytes(mail.body).walk()]
    assert kinds == ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar",
                     "application/ics"]  # fmt: skip


def the_event(mail: Received) -> icalendar.Component:
    """The one event of a mail's calendar, which has no property and no parameter that anybody typed."""
    parts = [part for part in message_from_bytes(mail.body).walk() if "cal" in part.get_content_type()]
    attached = [part for part in message_from_bytes(mail.body).walk() if part.get_content_type() == "application/ics"]
    [content] = {part.get_payload(decode=True) for part in (*parts, *attached)}
    read_strictly, faults = read_components(content)
    assert faults == []
    [calendar] = read_strictly
    assert [part.name for part in calendar.parts if part.name != "VTIMEZONE"] == ["VEVENT"]
    [event] = icalendar.Calendar.from_ical(content).walk("VEVENT")
    assert set(event) <= OF_EVENT
    assert not [name for name, value in event.items() if isinstance(value, list)]
    assert event["ATTENDEE"] == f"mailto:{mail.recipient}"
    assert set(event["ATTENDEE"].params) <= {"CN", "ROLE", "PARTSTAT", "RSVP"}
    assert set(event["ORGANIZER"].params) <= {"CN"}
    assert str(event["ORGANIZER"]).startswith("mailto:svar+a")
    return event


def squeezed(text: object) -> str:
    return "".join(str(text).split())


# ---------------------------------------------------------------- whatever is typed


def tried(session: Session, act: Callable[[str], Any], typed: str, *, field: str, otherwise: str) -> Any:
    """What the action makes of ``typed``; when it is refused, at its field and in both languages, of ``otherwise``."""
    try:
        with session.begin_nested():
            return act(typed)
    except Refused as refused:
        [problem] = refused.problems
        assert problem.field == field
        said = set()
        for language in ("sv", "en"):
            with use_language(language):
                said.add(str(problem))
        assert len(said) == 2
        if len(one_line(typed)) <= 100:  # else it may be too long as well
            assert (said == set(SAID.values())) == ("=?" in one_line(typed))
        with session.begin_nested():
            return act(otherwise)


NUMBERS = count()
EIGHT = st.tuples(*[HOSTILE] * 8)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(EIGHT)
@example((ENCODED,) * 8)
@example(ATTACKS[:8])
@example(ATTACKS[7:15])
def test_no_text_becomes_a_header_a_part_or_a_property(running: Running, texts: tuple[str, ...]):
    forum_name, given_name, family_name, organisation, title, room, note, place = texts
    world = running.house.world
    n = next(NUMBERS)
    on = date(2027, 1, 4) + timedelta(days=n)
    common = {"site": SITE, "version": None}
    with running.house.changing() as session:
        forum = session.get_one(Forum, world.forums["own"].id)
        person = session.get_one(Person, world.people["own"].id)
        office = session.get_one(Organisation, world.organisations["own"].id)
        hall = session.get_one(Place, world.shared["place_id"])
        acts = (
            (lambda text: edit_forum(session, SARA, running.clock(), forum, name=text), forum_name, "name"),
            (lambda text: edit_person(session, SARA, running.clock(), person, given_name=text), given_name,
             "given_name"),
            (lambda text: edit_person(session, SARA, running.clock(), person, family_name=text), family_name,
             "family_name"),
            (lambda text: edit_organisation(
                session, SARA, running.clock(), office, name=text, keep_old_name=False), organisation, "name"),
            (lambda text: edit_place(session, SARA, running.clock(), hall, name=text), place, "name"),
        )  # fmt: skip
        for act, typed, field in acts:
            tried(session, act, typed, field=field, otherwise=f"Säkert {n}")
        meeting = tried(
            session,
            lambda text: book_meeting(
                session, SARA, running.clock(), forums=[forum], on=on, start=time(9), end=time(10), site=SITE,
                title=text, note=note, place_id=hall.id, check_conflicts=False,
            ),
            title, field="title", otherwise="Säkert",
        )  # fmt: skip
        call_meeting(session, SARA, running.clock(), meeting, **common)
        meeting_id, name = meeting.id, forum.name
    sent = send_all(running, meeting_id, 0)
    assert len(sent) == 3
    for mail in sent:
        [row] = mail_rows(running, meeting_id, "call", mail.recipient)
        assert name in row.subject
        check(mail, row.subject)
        event = the_event(mail)
        with running.house.looking() as session:
            stored = session.get_one(Meeting, meeting_id)
            summary = f"{name}: {stored.title}" if stored.title else name
            assert squeezed(event["SUMMARY"]) == squeezed(clean_text(summary))
            assert squeezed(event["LOCATION"]).startswith(squeezed(stored.place.name))
            assert squeezed(clean_text(note)) in squeezed(event["DESCRIPTION"])
            if mail.recipient == "own@register.example":
                shown = session.get_one(Person, world.people["own"].id).name
                # A parameter can hold no quotes and no backslash; else it is the name.
                drop = str.maketrans("", "", "\"\\/'")
                assert squeezed(event["ATTENDEE"].params["CN"]).translate(drop) == squeezed(shown).translate(drop)

    # Another room, and then no meeting: what changed stands in the subject, why in the text.
    with running.house.changing() as session:
        meeting = session.get_one(Meeting, meeting_id)
        tried(
            session,
            lambda text: move_meeting(
                session, SARA, running.clock(), meeting, on=on, start=time(9), end=time(10), place_id=meeting.place_id,
                place_text=text, mode=meeting.mode, check_conflicts=False, **common,
            ),
            room, field="place_text", otherwise="Sal 9",
        )  # fmt: skip
    for mail in send_all(running, meeting_id, 15):
        [row] = mail_rows(running, meeting_id, "change", mail.recipient)
        check(mail, row.subject)
        the_event(mail)
    with running.house.changing() as session:
        meeting = session.get_one(Meeting, meeting_id)
        reason = (clean_text(note).strip() and note) or "Sjukdom"
        cancel_meeting(session, SARA, running.clock(), meeting, reason=reason, **common)
    off = send_all(running, meeting_id, 15)
    assert len(off) == 3
    for mail in off:
        [row] = mail_rows(running, meeting_id, "cancellation", mail.recipient)
        check(mail, row.subject)
        assert the_event(mail)["STATUS"] == "CANCELLED"


def send_all(running: Running, meeting_id: int, minutes: int) -> list[Received]:
    """What leaves once the time is over in which it could be undone; every mail that was due did."""
    before = len(running.sink.mails)
    running.round()  # it sees what was done
    running.clock.move(minutes=minutes + 3)
    running.round()
    with running.house.looking() as session:
        states = select(OutboxMail.kind, OutboxMail.state, OutboxMail.last_error).where(
            OutboxMail.meeting_id == meeting_id, OutboxMail.state.not_in(["sent", "superseded"])
        )
        assert session.execute(states).all() == []
    return running.sink.mails[before:]


def mail_rows(running: Running, meeting_id: int, kind: str, recipient: str) -> list[OutboxMail]:
    with running.house.looking() as session:
        query = select(OutboxMail).where(
            OutboxMail.meeting_id == meeting_id, OutboxMail.kind == kind, OutboxMail.recipient == recipient
        )
        return list(session.scalars(query))


# ---------------------------------------------------------------- at the fields of the pages

#: The page and the field → who fills it in, and what else the form needs.
FIELDS: dict[tuple[str, str], tuple[str, dict[str, object]]] = {
    ("/meetings/new?forum=own-forum", "title"): ("own secretariat", {"on": "2027-02-10", "start": "9.00"}),
    ("/meetings/new?forum=own-forum", "place_text"): ("own secretariat", {"on": "2027-02-10", "start": "9.00"}),
    ("/meetings/{meeting}/edit", "title"): ("own secretariat", {}),
    ("/meetings/{meeting}/move", "place_text"): ("own secretariat", {}),
    ("/forums/new", "name"): ("own secretariat", {"kind_id": "natverk"}),
    ("/forums/own-forum/edit", "name"): ("own secretariat", {}),
    ("/forums/own-forum/edit", "short_name"): ("own secretariat", {}),
    ("/places/new", "name"): ("own secretariat", {}),
    ("/places/new", "town"): ("own secretariat", {"name": "Residenset"}),
    ("/organisations/new", "name"): ("own secretariat", {"kind_id": "kommun"}),
    ("/organisations/own-organisation/edit", "name"): ("administrator", {}),
    ("/people/new", "family_name"): ("own secretariat", {"given_name": "Åsa"}),
    ("/people/{person}/edit", "given_name"): ("administrator", {}),
    ("/people/{person}/edit", "emails"): ("administrator", {}),
    ("/me/edit", "town"): ("member", {}),
    ("/admin/users/{user}", "name"): ("administrator", {}),
    ("/admin/users/invite", "name"): ("administrator", {"login": "ny@login.example", "role": "reader"}),
    ("/admin/users/invite", "login"): ("administrator", {"name": "Ny", "role": "reader"}),
}
#: What is typed there where it must be short, or an address.
TYPED = dict.fromkeys(("emails", "login"), "=?utf-8?q?karin?=@hk.example") | {"short_name": "=?q?x?="}


def everything(running: Running) -> dict[str, int]:
    """How many rows each table has; the form's own counts of tries aside."""
    with running.house.looking() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
            if table.name != "limit_count"
        }


@pytest.mark.parametrize("language", ["sv", "en"])
def test_field_says_what_it_cannot_take_and_nothing_is_stored(running: Running, language: str):
    world = running.house.world
    with running.house.changing() as session:
        for user in world.users.values():
            session.merge(user).language = language
    ids = {
        "meeting": world.meetings["own"].id, "person": world.people["own"].id, "user": world.users["member"].id,
    }  # fmt: skip
    before = everything(running)
    for (path, field), (role, more) in FIELDS.items():
        typed = TYPED.get(field, ENCODED)
        page = send(running.visitor(role), path.format(**ids), field, **{**more, field: typed})
        assert (path, field, page.status, list(page.errors)) == (path, field, 422, [field])
        if field != "login":
            assert (path, field, page.errors[field].removeprefix("Error: ")) == (path, field, SAID[language])
    assert everything(running) == before
    with running.house.looking() as session:
        assert session.get_one(Forum, world.forums["own"].id).name == "Forumet own"


@pytest.mark.parametrize("typed", ["\x00", "\x1b\x85\u2028"])
def test_control_characters_alone_are_nothing_and_among_words_they_are_left_out(running: Running, typed: str):
    before = everything(running)
    given = {"login": "ny@login.example", "role": "reader", "name": typed}
    page = send(running.visitor("administrator"), "/admin/users/invite", "name", **given)
    assert (page.status, page.errors) == (422, {"name": "Ange ett namn"})
    assert everything(running) == before
    user = running.house.world.users["member"]
    named = f"Åsa{typed} \r\nBcc: {EVIL}"
    assert send(running.visitor("administrator"), f"/admin/users/{user.id}", "name", name=named).status == 200
    with running.house.looking() as session:
        assert session.get_one(type(user), user.id).name == f"Åsa Bcc: {EVIL}"


# ---------------------------------------------------------------- comments


@pytest.mark.parametrize("program", [outlook, google])
def test_comment_that_came_by_mail_is_one_line_of_words_on_the_page(running: Running, program):
    meeting_id, mails = running.summons()
    asked = Asked.by(mails["member@register.example"].message)
    settings_ = running.house.app.extensions["takt"].settings
    for typed in ATTACKS:
        running.clock.move(minutes=1)
        # Line breaks as they are: a calendar's bytes say whatever their sender likes.
        with running.house.changing() as session:
            receive(session, running.clock(), program(asked, "DECLINED", at=running.clock(), comment=typed), settings_)
        with running.house.looking() as session:
            stored = session.get_one(Meeting, meeting_id)
            assert (stored.state, stored.title, stored.sequence) == ("called", None, 0)
            for reply in session.scalars(select(Reply)):
                comment = reply.comment or ""
                assert (reply.answer, comment, len(comment) <= 200) == ("no", one_line(comment), True)
    html = running.visitor().get(f"/meetings/{meeting_id}").get_data(as_text=True)
    assert "<p>hej" not in html
    assert "<evil" not in html


def test_comment_given_by_link_is_kept_and_goes_nowhere_else(running: Running):
    meeting_id, mails = running.summons()
    text = mails["member@register.example"].message.get_body(("plain",)).get_content()
    path = re.search(r"https://takt\.example\.org(/r/[\w.-]+/)", text)[1]
    stranger = Visitor(running.house.app, base_url="https://takt.example.org")
    for typed in ATTACKS:
        form = visit(stranger, path).form("comment")
        given = {**form.values, "answer": "no", "comment": typed}
        assert stranger.post(path, given, token=False).status_code == 303
        with running.house.looking() as session:
            latest = session.scalars(select(Reply).order_by(Reply.id.desc()).limit(1)).one()
            assert latest.comment == one_line(typed)
    page = read(stranger.post(path, {**form.values, "answer": "no", "comment": "å" * 201}, token=False))
    assert (page.status, page.errors) == (422, {"comment": "Högst 200 tecken"})
    before = len(running.sink.mails)
    send(running.visitor(), f"/meetings/{meeting_id}/move", "on", on="2026-12-16")
    running.clock.move(minutes=15)
    running.round()
    changes = running.sink.mails[before:]
    assert len(changes) == 3
    for mail in changes:
        check(mail, str(mail.message["Subject"]))
        assert EVIL.encode() not in mail.body
