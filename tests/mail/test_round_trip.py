"""From the page where a meeting is called to the page where its answers stand, by real SMTP and IMAP on the way."""

from __future__ import annotations

import base64
import re

import pytest
from sqlalchemy import func, select

from scheduler.mail.models import IncomingMail
from scheduler.meetings.models import Reply
from tests.mail.answers import Asked, apple, google, outlook
from tests.mail.mailbox import Mailbox
from tests.mail.running import SETTINGS, Running
from tests.web.reading import send

OWN, MEMBER, CHAIR = "own@register.example", "member@register.example", "chair@register.example"


@pytest.fixture
def running(make_app, database_url, clock, sink, box) -> Running:
    app = make_app(database_url, **SETTINGS, mail_relay=sink.url, mail_inbox=box.url(tls=True))
    return Running.on(app, clock, sink)


def read_mailbox(running: Running) -> None:
    """A round of the clock, a minute later: the mailbox has its turn."""
    running.clock.move(minutes=1)
    running.round()


def shown(running: Running, meeting_id: int) -> dict[str, str]:
    """Who is called → what the meeting's page says of their answer."""
    html = running.visitor().get(f"/meetings/{meeting_id}").get_data(as_text=True)
    rows = re.findall(r'<th scope="row" class="name">(.*?)</th>.*?<td data-l="Svar"[^>]*>(.*?)</td>', html, re.DOTALL)
    return {plain(name): plain(answer) for name, answer in rows}


def plain(html: str) -> str:
    html = re.sub(r'<a class="small nw".*?</a>', "", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def count(running: Running, table: type) -> int:
    with running.house.looking() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_answers_of_outlook_google_and_apple_stand_on_the_meetings_page(running: Running, box: Mailbox):
    meeting_id, mails = running.summons(place_text="Residenset, sal 3; entré från gården", title="Årets sista möte")
    assert set(mails) == {OWN, MEMBER, CHAIR}
    asked = {address: Asked.by(mail.message) for address, mail in mails.items()}
    assert len({one.answer_to for one in asked.values()}) == 3
    assert {one.location for one in asked.values()} == {"Residenset, sal 3; entré från gården"}
    assert shown(running, meeting_id) == dict.fromkeys(["Own Person", "Member Person", "Chair Person"], "Inget svar")

    at = running.clock()
    # Somebody's answer whose address a program has cut short.
    stray = apple(asked[OWN], "DECLINED", at=at).replace(asked[OWN].answer_to.encode(), b"svar@takt.example.org")
    known = count(running, IncomingMail)
    box.put(
        outlook(asked[OWN], "ACCEPTED", at=at, comment="Jag kommer, men först 13.30."),
        google(asked[MEMBER], "DECLINED", at=at, comment='Är i "Malå"; Åsa\'s tur, eller hur?'),
        apple(asked[CHAIR], "TENTATIVE", at=at, comment="Beror på tåget\noch vädret"),
        stray.replace(b"<6F2A1C3E", b"<7F2A1C3E"),
    )
    read_mailbox(running)
    answers = {
        "Own Person": "Ja Jag kommer, men först 13.30.",
        "Member Person": "Nej Är i &#34;Malå&#34;; Åsa&#39;s tur, eller hur?",
        "Chair Person": "Kanske Beror på tåget och vädret",
    }
    assert shown(running, meeting_id) == answers
    assert "Har tackat ja 1 Kanske 1 Har tackat nej 1" in running.page(f"/meetings/{meeting_id}").text
    assert box.unseen() == 0

    # What nobody can tell whose it is waits, with the meeting it names.
    page = running.page("/mail/incoming")
    assert page.heading == "Behöver tittas på"
    assert "own@register.example Declined: Forumet own" in page.text
    assert "Svaret kom inte till någon inbjudans egen adress." in page.text
    assert f"/meetings/{meeting_id}" in page.links

    # The mailbox read once more, and an answer that a server delivers twice: nothing is doubled.
    box.mark_unseen()
    read_mailbox(running)
    assert (box.unseen(), count(running, Reply), count(running, IncomingMail)) == (0, 3, known + 4)
    again = outlook(asked[OWN], "ACCEPTED", at=at, comment="Jag kommer, men först 13.30.")
    box.put(again.replace(b"Message-ID: <", b"Message-ID: <again."))
    read_mailbox(running)
    assert (shown(running, meeting_id), count(running, Reply)) == (answers, 3)


def test_later_answer_of_another_program_counts_and_an_earlier_one_that_comes_late_does_not(
    running: Running, box: Mailbox
):
    meeting_id, mails = running.summons()
    asked = Asked.by(mails[MEMBER].message)
    early = running.clock()
    running.clock.move(hours=1)
    box.put(google(asked, "ACCEPTED", at=running.clock()))
    read_mailbox(running)
    box.put(outlook(asked, "DECLINED", at=early, comment="Skrivet före"))
    read_mailbox(running)
    assert shown(running, meeting_id)["Member Person"] == "Ja"
    running.clock.move(hours=1)
    box.put(apple(asked, "DECLINED", at=running.clock()))
    read_mailbox(running)
    assert shown(running, meeting_id)["Member Person"] == "Nej"


def test_answer_to_a_call_before_the_meeting_moved_waits_and_one_to_the_change_counts(running: Running, box: Mailbox):
    meeting_id, mails = running.summons()
    before = Asked.by(mails[CHAIR].message)
    sent = len(running.sink.mails)
    page = send(running.visitor(), f"/meetings/{meeting_id}/move", "on", on="2026-12-16")
    assert page.heading == "Onsdag 16 december 2026"
    running.clock.move(minutes=15)
    running.round()
    [change] = [mail for mail in running.sink.mails[sent:] if mail.recipient == CHAIR]
    after = Asked.by(change.message)
    assert (after.uid, after.sequence, after.answer_to) == (before.uid, before.sequence + 1, before.answer_to)
    box.put(outlook(before, "ACCEPTED", at=running.clock()))
    read_mailbox(running)
    assert shown(running, meeting_id)["Chair Person"] == "Inget svar"
    assert "Svaret gäller en tidigare inbjudan." in running.page("/mail/incoming").text
    box.put(google(after, "TENTATIVE", at=running.clock()))
    read_mailbox(running)
    assert shown(running, meeting_id)["Chair Person"] == "Kanske"


def test_report_of_the_far_server_names_the_address_on_the_page_of_health(running: Running, box: Mailbox):
    meeting_id, mails = running.summons()
    mail = mails[MEMBER]
    # To the sender of the envelope, as servers do, and encoded whole.
    report = (
        "Reporting-MTA: dns;mx.register.example\r\n\r\n"
        f"Final-Recipient: rfc822;{MEMBER}\r\nAction: failed\r\nStatus: 5.1.10\r\n"
        "Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found\r\n"
    )
    box.put(
        f"Return-Path: <>\r\nDelivered-To: {mail.sender}\r\nFrom: postmaster@register.example\r\nTo: {mail.sender}\r\n"
        f"Subject: =?utf-8?q?Gick=0Ainte_fram?=\r\nMessage-ID: <back@register.example>\r\nMIME-Version: 1.0\r\n"
        "Auto-Submitted: auto-replied\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nDet kom inte fram.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        f"{base64.encodebytes(report.encode()).decode()}\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {mail.message['Message-ID']}\r\n\r\n--b--\r\n".encode()
    )
    read_mailbox(running)
    page = running.page("/health")
    assert "1 adress studsar." in page.text
    assert f"Member Person {MEMBER}" in page.text
    assert "Får inga brev förrän den rättas." in page.text
    page = running.page(f"/meetings/{meeting_id}/mailings")
    assert re.search(
        r"Member Person \(ordinarie\) member@register\.example Misslyckad Adressen finns inte\.", page.text
    )
    assert running.page("/mail/incoming").text.count("postmaster@register.example") == 0
    # Nobody writes there again until somebody has mended it.
    before = len(running.sink.mails)
    send(running.visitor(), f"/meetings/{meeting_id}/move", "on", on="2026-12-16")
    running.clock.move(minutes=15)
    running.round()
    assert sorted(mail.recipient for mail in running.sink.mails[before:]) == [CHAIR, OWN]
