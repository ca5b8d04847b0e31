"""Whose links stand in the mails (SEC-11), and what the logs of a whole trip keep to themselves (SEC-4, OPS-4)."""

from __future__ import annotations

import base64
import logging
import re
import socketserver
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import product
from urllib.parse import urlsplit

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from scheduler.db import begin_write, db
from scheduler.jobs import Worker
from scheduler.logs import Formatter
from scheduler.mail import inbox
from scheduler.mail.addresses import bounce_address
from scheduler.mail.models import IncomingMail, OutboxMail
from tests.conftest import NOW
from tests.mail.answers import Asked, outlook
from tests.mail.letters import letter
from tests.mail.running import BASE, REPLY, SETTINGS, Running
from tests.mail.sink import Received
from tests.web.reading import send, visit
from tests.web.visits import Visitor

EVIL = "evil.example.test"
#: What somebody forges on the way to a server.
FORGED = {
    "X-Forwarded-Host": f"{EVIL}, {EVIL}",
    "X-Forwarded-Server": EVIL,
    "X-Forwarded-Port": "8443",
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-Prefix": f"//{EVIL}/",
    "X-Script-Name": f"/{EVIL}",
    "Forwarded": f"for=1.2.3.4;host={EVIL};proto=http",
    "X-Host": EVIL,
    "X-HTTP-Host-Override": EVIL,
    "X-Original-URL": f"https://{EVIL}/",
    "X-Rewrite-URL": f"https://{EVIL}/",
    "Referer": f"https://{EVIL}/",
}
#: A host of ours with something tied to it, and hosts that are not ours.
HOSTS = [EVIL, f"takt.example.org.{EVIL}", f"{EVIL}:443", f"takt.example.org@{EVIL}", "takt.example.org:8443.evil.test"]


@pytest.fixture
def running(make_app, sqlite_url, clock, sink) -> Running:
    return Running.on(make_app(sqlite_url, **SETTINGS, mail_relay=sink.url), clock, sink)


@pytest.fixture
def behind_a_proxy(make_app, sqlite_url, clock, sink) -> Running:
    return Running.on(make_app(sqlite_url, **SETTINGS, mail_relay=sink.url, proxy_hops=1), clock, sink)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in {"href", "src", "action", "background"}]


def links(mail: Received) -> set[str]:
    """Every address a mail leads to: of its text, its HTML, its calendar and its headers."""
    message = mail.message
    found = re.findall(r"<(https?:[^>]*)>", str(message.get("List-Unsubscribe", "")))
    for part in message.walk():
        if part.get_content_maintype() == "multipart":
            continue
        content = part.get_payload(decode=True).decode()
        if part.get_content_subtype() == "html":
            reader = _Links()
            reader.feed(content)
            found += reader.found
        found += re.findall(r"https?://[^\s\"'<>\\]+", re.sub(r"\r\n[ \t]", "", content))
    return set(found)


def everything_sent(running: Running) -> list[Received]:
    running.clock.move(minutes=3)
    running.round()
    return running.sink.mails


# ---------------------------------------------------------------- hosts


def trip(running: Running, headers: dict[str, str]) -> None:
    """What makes mail, each by its own request: a call, a sign-in link, an invitation."""
    stranger = Visitor(running.house.app, base_url=BASE)
    page = send(stranger, "/login", "email", headers=headers, email="member@login.example")
    assert page.status == 200
    page = send(
        running.visitor("administrator"), "/admin/users/invite", "login", headers=headers, login="ny@login.example",
        name="Ny", role="reader",
    )  # fmt: skip
    assert (page.status, page.errors) == (200, {})
    meeting_id = running.book()
    assert send(running.visitor(), f"/meetings/{meeting_id}/call", "quiet", headers=headers).status == 200


@pytest.mark.parametrize("installed", ["running", "behind_a_proxy"])
def test_sec_11_forged_headers_change_no_link(request, installed: str):
    running: Running = request.getfixturevalue(installed)
    trip(running, FORGED)
    mails = everything_sent(running)
    assert sorted(mail.recipient for mail in mails) == [
        "chair@register.example", "member@login.example", "member@register.example", "ny@login.example",
        "own@register.example",
    ]  # fmt: skip
    for mail in mails:
        found = links(mail)
        assert found
        assert {urlsplit(link)[:2] for link in found} == {("https", "takt.example.org")}
        assert EVIL.encode() not in mail.body


@pytest.mark.parametrize("installed", ["running", "behind_a_proxy"])
def test_sec_11_another_host_is_answered_with_nothing_and_sends_nothing(request, installed: str):
    running: Running = request.getfixturevalue(installed)
    meeting_id = running.book()
    stranger, sara = Visitor(running.house.app, base_url=BASE), running.visitor()
    asking, calling = visit(stranger, "/login").form("email"), visit(sara, f"/meetings/{meeting_id}/call").form("quiet")
    asked = (
        (stranger, "/login", {**asking.values, "email": "member@login.example"}),
        (sara, f"/meetings/{meeting_id}/call", calling.values),
    )
    for host, (visitor, path, form) in product(HOSTS, asked):
        # The cookies of our own host, as whoever stands between would send them on.
        cookies = "; ".join(f"{cookie.key}={cookie.value}" for cookie in visitor.client._cookies.values())
        response = running.house.app.test_client(use_cookies=False).post(
            path, base_url=BASE, data=form, headers={"Host": host, "Cookie": cookies}
        )
        assert (host, response.status_code) == (host, 400)
        assert EVIL not in response.get_data(as_text=True)
        assert "Location" not in response.headers
    assert everything_sent(running) == []


# ---------------------------------------------------------------- logs


class _Kept(logging.Handler):
    """Every record, as it was given: before the formatter masks anything."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.records: list[logging.LogRecord] = []
        self._plain = logging.Formatter("%(name)s %(message)s")

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def raw(self, *names: str) -> str:
        """The words and traces of the loggers ``names`` and those below them."""
        return "\n".join(
            self._plain.format(record)
            for record in self.records
            if any(record.name == name or record.name.startswith(f"{name}.") for name in names)
        )

    def shown(self) -> str:
        """All of it as an installation writes it."""
        return "\n".join(Formatter(form).format(record) for record in self.records for form in ("text", "json"))


@pytest.fixture
def kept() -> Iterator[_Kept]:
    """The log of everything at DEBUG."""
    root, handler = logging.getLogger(), _Kept()
    levels = {name: logging.getLogger(name).level for name in ("", "takt", "scheduler", "werkzeug")}
    for name in levels:
        logging.getLogger(name).setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


PASSWORD = "ett-hemligt-ord-7"
TITLE = "Den hemliga rubriken"
COMMENT = "Jag är sjukskriven till januari"


def secrets_in(mails: list[Received]) -> set[str]:
    """What of the mails no log may hold: the secret part of each link, each code, each address's seal."""
    found = set()
    for mail in mails:
        text = mail.body.decode() + "".join(
            part.get_payload(decode=True).decode() for part in mail.message.walk() if not part.is_multipart()
        )
        found |= set(re.findall(r"/(?:login|invitation|r|s|o|feeds)/([\w.~-]{20,})", text))
        found |= set(re.findall(r"\b[A-Z]{4}-\d{4}\b", text))
        found |= set(re.findall(r"\+[ab]\d+\.([a-z2-7]{26})", text + mail.sender))
    return found


class _Doorkeeper(socketserver.StreamRequestHandler):
    """A relay that lets nobody in, and says again what it was told."""

    def handle(self) -> None:
        self.wfile.write(b"220 relay.example ready\r\n")
        while line := self.rfile.readline():
            if line.upper().startswith(b"EHLO"):
                self.wfile.write(b"250-relay.example\r\n250 AUTH PLAIN LOGIN\r\n")
            elif line.upper().startswith(b"AUTH"):
                said = base64.b64decode(line.split()[-1], validate=False).replace(b"\0", b" ")
                self.wfile.write(b"535 5.7.8 no such login: " + said + b" (" + line.split()[-1] + b")\r\n")
            else:
                self.wfile.write(b"221 bye\r\n")
                return


@pytest.fixture
def doorkeeper() -> Iterator[int]:
    """Its port."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Doorkeeper) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()


def test_log_of_a_whole_trip_holds_no_secret(make_app, sqlite_url, clock, sink, kept, monkeypatch, doorkeeper):
    app = make_app(sqlite_url, **SETTINGS, mail_relay=sink.url, mail_inbox=f"imap://svar:{PASSWORD}@127.0.0.1:1/INBOX")
    running = Running.on(app, clock, sink)
    given = app.extensions["takt"].settings

    # In by the link of a mail, out, and a wrong code.
    stranger = Visitor(app, base_url=BASE)
    send(stranger, "/login", "email", email="member@login.example")
    running.round()
    [asked] = sink.mails
    [path] = {urlsplit(link).path for link in links(asked) if "/login/" in link}
    assert send(stranger, path, "csrf_token").status == 200
    send(
        running.visitor("administrator"), "/admin/users/invite", "login", login="ny@login.example", name="Ny",
        role="reader",
    )  # fmt: skip

    # A call, answered by its link and by a calendar program; reminders stopped with one click; a bounce.
    meeting_id, mails = running.summons(title=TITLE)
    mail = mails["own@register.example"]
    own = {urlsplit(link).path for link in links(mail)}
    [answering] = {path for path in own if path.startswith("/r/")}
    [choosing] = {path for path in own if path.startswith("/s/")}
    form = visit(stranger, answering).form("comment")
    said = {**form.values, "answer": "no", "comment": COMMENT}
    assert stranger.post(answering, said, token=False).status_code == 303
    assert stranger.get(answering.replace("/r/", "/r/x")).status_code == 404
    one_click = {"List-Unsubscribe": "One-Click"}
    assert stranger.post(f"{choosing}unsubscribe", one_click, token=False).status_code == 200
    with running.house.looking() as session:
        rows = {row.recipient: row.id for row in session.query(OutboxMail).filter_by(meeting_id=meeting_id)}
    back = bounce_address(given.secret_key, REPLY, rows["chair@register.example"])
    program = Asked.by(mails["member@register.example"].message)
    came = [
        outlook(program, "ACCEPTED", at=clock(), comment=COMMENT),
        letter("bounce-postfix", back).replace(b"person0@example.org", b"chair@register.example"),
        letter("written", REPLY),
        b"From: x@y\r\nSubject: broken\r\n\r\n" + TITLE.encode(),
    ]
    with app.app_context():
        engine = db.engine
    for raw in came:
        take(monkeypatch, engine, running, raw)

    # A relay that knows nobody, that cannot be reached, and that refuses what it is told, with the address.
    refused = make_app(sqlite_url, **SETTINGS, mail_relay=f"smtp://takt:{PASSWORD}@127.0.0.1:{doorkeeper}")
    away = make_app(sqlite_url, **SETTINGS, mail_relay=f"smtp://takt:{PASSWORD}@127.0.0.1:1")
    for day, other in enumerate((refused, away, app), 16):
        send(running.visitor(), f"/meetings/{meeting_id}/move", "on", on=f"2026-12-{day}")
        clock.move(minutes=20)
        if other is app:
            sink.fail("rcpt", "550 5.1.1 <own@register.example>: nobody", "451 4.7.1 <member@register.example> later")
        Worker(engine, other.extensions["takt"].settings, clock, periodic=()).run_due()

    # Faults of ours: a row that cannot be stored, in a page and in a round, and a mail that breaks its reader.
    broken_pages_and_rounds(running, kept, monkeypatch, engine)

    secrets = secrets_in([asked, *sink.mails])
    assert len(secrets) > 8
    everything, ours = kept.shown(), kept.raw("takt", "scheduler")
    assert "takt.mail" in ours
    assert "mail" in everything
    packed = base64.b64encode(f"\0takt\0{PASSWORD}".encode()).decode()
    never = {*secrets, PASSWORD, packed, COMMENT, "sjukskriven", "the session of", "KTRN", given.secret_key}
    for text in (ours, everything):
        assert [secret for secret in never if secret in text] == []
    bodies = {TITLE, "Hej Own", "Du får brevet för att", "BEGIN:VCALENDAR", "Jag kommer om tåget går"}
    assert [words for words in bodies if words in ours] == []
    addresses = re.compile(r"[\w.+-]+@(?:register|login|hk|takt)\.example(?:\.org)?")
    assert addresses.findall(ours) == []
    assert addresses.findall(everything) == []


def take(monkeypatch, engine, running: Running, raw: bytes) -> None:
    """Lets the reader of the mailbox read one mail, as if a server had handed it over."""
    with monkeypatch.context() as there:
        there.setattr(inbox.Inbox, "size", lambda _self, _uid: len(raw))
        there.setattr(inbox.Inbox, "fetch", lambda _self, _uid, what="": raw)  # noqa: ARG005 - as the real one
        there.setattr(inbox.Inbox, "mark_seen", lambda _self, _uid: None)
        given = running.house.app.extensions["takt"].settings
        assert inbox._read_one(engine, given, running.clock, inbox.Inbox(None), "1")


def broken_pages_and_rounds(running: Running, kept: _Kept, monkeypatch, engine) -> None:
    """What is logged with its trace, each about a row with everything in it that is nobody's business."""
    values = {
        "key": "k" * 64, "kind": "login_link", "recipient": "member@login.example", "mailbox": "member@login.example",
        "values": {"link": f"{BASE}/login/{'s' * 43}", "code": "KTRN-4827"}, "body": f"{TITLE} {COMMENT}",
        "created_at": NOW, "next_at": NOW, "stale_at": NOW,
    }  # fmt: skip

    def twice(session: Session) -> None:
        for _n in range(2):
            session.execute(insert(OutboxMail).values(**values))

    def break_down(*_given: object, **_named: object) -> None:
        with Session(engine) as session:
            begin_write(session)
            twice(session)

    with pytest.raises(IntegrityError):
        break_down()
    before = len(kept.records)
    with monkeypatch.context() as fault:
        fault.setattr("scheduler.jobs.deliver", break_down)
        worker = Worker(engine, running.house.app.extensions["takt"].settings, running.clock, periodic=())
        worker.run_due()
        assert worker.failed
    with monkeypatch.context() as fault:
        fault.setattr(inbox, "receive", lambda session, *_given: twice(session))
        take(monkeypatch, engine, running, letter("written", REPLY).replace(b"<written-1@", b"<written-9@"))
    with running.house.looking() as session:
        assert session.query(IncomingMail).filter_by(reason="broken").count() == 1
    app = running.house.app
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with monkeypatch.context() as fault:
        fault.setattr("scheduler.web.sign_in.queue_login_link", lambda *_given, **_named: twice(db.session()))
        stranger = Visitor(app, base_url=BASE)
        page = send(stranger, "/login", "email", email="member@login.example")
    app.testing = True
    assert page.status == 500
    traces = [record for record in kept.records[before:] if record.exc_info]
    assert {record.name for record in traces} == {"takt.jobs", "takt.mail", "scheduler.web.errors"}
    assert {record.exc_info[0] for record in traces} == {IntegrityError}


def test_row_that_the_database_refuses_is_told_without_what_stands_in_it(make_app, database_url, kept):
    app = make_app(database_url)
    secret = {
        "link": f"{BASE}/login/{'s' * 43}", "code": "KTRN-4827", "told": f"anna@login.example\n\n{TITLE}\n{COMMENT}",
    }  # fmt: skip
    row = {
        "key": "k" * 64, "kind": "login_link", "recipient": "anna@login.example", "mailbox": "anna@login.example",
        "values": secret, "body": f"\n\n{TITLE}\n\n{COMMENT}", "created_at": NOW, "next_at": NOW, "stale_at": NOW,
    }  # fmt: skip
    log = logging.getLogger("takt.test")
    with app.app_context(), Session(db.engine) as session:
        for wrong in ({"state": "nowhere"}, {"kind": None}, {"state": "pending"}, {"state": "pending"}):
            try:
                with session.begin_nested():
                    session.execute(insert(OutboxMail).values({**row, **wrong}))
            except IntegrityError:
                log.exception("refused")
        session.rollback()
    assert len(kept.records) >= 3
    shown = kept.shown()
    assert shown.count("IntegrityError") >= 6
    never = {"s" * 43, "KTRN", "anna@login", TITLE, COMMENT, "k" * 64, PASSWORD}
    assert [words for words in never if words in shown] == []


def test_masks_the_secret_of_every_link_that_a_mail_has(running: Running):
    trip(running, {})
    found = {link for mail in everything_sent(running) for link in links(mail)}
    kinds = {urlsplit(link).path.split("/")[1] for link in found}
    assert {"login", "invitation", "r", "s", "meetings"} <= kinds
    for link in found:
        record = logging.LogRecord("werkzeug", logging.INFO, "", 1, '1.2.3.4 "GET %s HTTP/1.1" 200', (link,), None)
        shown = Formatter("text").format(record)
        path = urlsplit(link).path
        if path.split("/")[1] != "meetings":
            assert path.split("/")[2] not in shown
            assert f"/{path.split('/')[1]}/…" in shown
