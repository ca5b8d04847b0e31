"""From texts to bytes and back: headers, the refusal of injection (SEC-6), both parts, links (SEC-11)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scheduler.errors import Refused
from scheduler.i18n import use_language
from scheduler.mail.messages import (
    Draft,
    Envelope,
    Letterhead,
    address,
    build,
    header_text,
    letterhead,
    render,
    shortened,
    shown,
)
from scheduler.settings import Settings

HEAD = Letterhead(
    name="Takt",
    organisation="Region Norrbotten",
    sender="takt@region.example",
    base_url="https://takt.region.example",
    time_zone="Europe/Stockholm",
)
ENVELOPE = Envelope(
    to="karin.lundmark@hk.example",
    message_id="<0123456789@region.example>",
    dated_at=datetime(2026, 9, 29, 7, 0, tzinfo=UTC),
    thread_root="<abcdef@region.example>",
    reply_to="forum@region.example",
)
DRAFT = Draft("Påminnelse: Regionalt forum torsdag 1 oktober 2026", "Hej Karin.\n", "<p>Hej Karin.</p>\n")
NAMES = [
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
    "X-Auto-Response-Suppress", "MIME-Version", "Content-Type",
]  # fmt: skip


def read(serialised: bytes):
    return message_from_bytes(serialised, policy=policy.default)


def test_rel_21_message_has_exactly_these_headers():
    message = read(build(DRAFT, HEAD, ENVELOPE))
    assert {name: str(message[name]) for name in NAMES[:-1]} == {
        "From": "Region Norrbotten <takt@region.example>",
        "To": "karin.lundmark@hk.example",
        "Reply-To": "forum@region.example",
        "Subject": "Påminnelse: Regionalt forum torsdag 1 oktober 2026",
        "Date": "Tue, 29 Sep 2026 07:00:00 +0000",
        "Message-ID": "<0123456789@region.example>",
        "In-Reply-To": "<abcdef@region.example>",
        "References": "<abcdef@region.example>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "MIME-Version": "1.0",
    }
    assert sorted(message.keys()) == sorted(NAMES)


def test_message_has_text_first_and_html_last():
    message = read(build(DRAFT, HEAD, ENVELOPE))
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    found = shown(build(DRAFT, HEAD, ENVELOPE).decode())
    assert (found.subject, found.text, found.html) == (DRAFT.subject, DRAFT.text, DRAFT.html)


def test_message_is_ascii_in_lines_that_end_in_crlf():
    serialised = build(Draft("Åre", "å" * 500 + "\n.\n..\n", "<p>ö</p>"), HEAD, ENVELOPE)
    assert serialised.isascii()
    assert b"\n" not in serialised.replace(b"\r\n", b"")
    assert max(len(line) for line in serialised.split(b"\r\n")) <= 78
    assert shown(serialised.decode()).text == "å" * 500 + "\n.\n..\n"


def test_mail_that_stands_alone_has_no_thread_and_no_reply_address():
    alone = Envelope("karin@hk.example", "<1@region.example>", ENVELOPE.dated_at)
    message = read(build(DRAFT, HEAD, alone))
    assert [name for name in ("Reply-To", "In-Reply-To", "References") if name in message] == []


def test_redirected_mail_says_whom_it_was_for():
    redirected = Envelope(
        "test@region.example", "<1@region.example>", ENVELOPE.dated_at, redirected_from="karin@hk.example"
    )
    message = read(build(DRAFT, HEAD, redirected))
    assert (message["To"], message["X-Takt-To"]) == ("test@region.example", "karin@hk.example")


# ---------------------------------------------------------------- SEC-6: injection

INJECTIONS = [
    "hej\r\nBcc: evil@example.test",
    "hej\nBcc: evil@example.test",
    "hej\rBcc: evil@example.test",
    "hej\x0bBcc: evil@example.test",
    "hej\x85Bcc: evil@example.test",
    "hej\u2028Bcc: evil@example.test",
    "hej\u2029Bcc: evil@example.test",
    "hej\x00",
    "hej\x7f",
    "hej\ud800",
    "=?utf-8?q?hej=0ABcc:_evil=40example.test?=",
    "=?utf-8?b?aGVqCkJjYzogZXZpbEBleGFtcGxlLnRlc3Q=?=",
    "=?utf-8?q?hej",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_header_text_that_injects_is_refused(text):
    with pytest.raises(Refused):
        header_text(text, "subject")


@pytest.mark.parametrize("text", INJECTIONS)
def test_subject_and_sender_that_inject_are_refused(text):
    with pytest.raises(Refused):
        build(Draft(text, "", ""), HEAD, ENVELOPE)
    head = Letterhead("Takt", text, HEAD.sender, HEAD.base_url, HEAD.time_zone)
    with pytest.raises(Refused):
        build(DRAFT, head, ENVELOPE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "karin",
        "@hk.example",
        "karin@",
        "karin@hk.example, evil@example.test",
        "karin@hk.example evil@example.test",
        "<karin@hk.example>",
        "Karin <karin@hk.example>",
        "karin@hk.example\r\nBcc: evil@example.test",
        '"karin lundmark"@hk.example',
        "kårin@hk.example",
        "karin..lundmark@hk.example",
        ".karin@hk.example",
        "karin@hk..example",
        "karin@-hk.example",
        "karin@[127.0.0.1]",
        "=?utf-8?q?karin?=@hk.example",
    ],
)
def test_what_is_no_single_address_is_refused(text):
    with pytest.raises(Refused):
        address(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Karin.Lundmark@hk.example", "Karin.Lundmark@hk.example"),
        (" o'brien+forum@hk.example ", "o'brien+forum@hk.example"),
        ("registrator@älvsbyn.example", "registrator@xn--lvsbyn-9ta.example"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_address_is_read(text, expected):
    assert address(text) == expected


ANY_TEXT = st.text(st.characters(codec=None), max_size=120) | st.lists(
    st.sampled_from(
        ["=?", "?=", "utf-8", "?q?", "=0A", "\r\n", "\n", "Bcc:", " ", "å", "€", "𐐷", '"', ",", "<", ">", "@"]
    ),
    max_size=20,
).map("".join)


def test_subject_that_is_too_long_ends_at_a_word():
    long = "Ändrat: " + "möte " * 70
    assert shortened(long).endswith("möte…")
    assert 290 < len(shortened(long)) <= 300
    assert shortened("x" * 400) == "x" * 299 + "…"
    assert shortened("Kallelse: Regionalt forum") == "Kallelse: Regionalt forum"


@settings(max_examples=200, deadline=None)
@given(ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT)
@example("=?utf-8?q?hej=0ABcc:_evil=40example.test?=", "", "", "")
def test_rel_21_no_text_puts_in_another_header_or_recipient(subject, organisation, to, reply_to):
    head = Letterhead("Takt", organisation, HEAD.sender, HEAD.base_url, HEAD.time_zone)
    for recipient, answers in ((to, reply_to), ("karin@hk.example", None)):
        envelope = Envelope(recipient, "<1@region.example>", ENVELOPE.dated_at, reply_to=answers)
        try:
            serialised = build(Draft(subject, "", ""), head, envelope)
        except Refused:
            continue
        message = read(serialised)
        wanted = {*NAMES} - {"In-Reply-To", "References"} - ({"Reply-To"} if answers is None else set())
        assert sorted(message.keys()) == sorted(wanted)
        assert [one.addr_spec for one in message["To"].addresses] == [address(recipient)]
        assert [one.addr_spec for one in message["From"].addresses] == [HEAD.sender]


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=150))
def test_subject_comes_back_as_it_was(subject):
    if "=?" in subject:
        return
    message = read(build(Draft(subject, "", ""), HEAD, ENVELOPE))
    assert " ".join(str(message["Subject"]).split()) == " ".join(subject.split())


# ---------------------------------------------------------------- templates


MEETING = {
    "heading": "Påminnelse: %(forum)s",
    "forum": "Regionalt forum",
    "forum_language": "sv",
    "when": "Torsdag 1 oktober 2026, kl. 09.30–15.00",
    "where": "Kulturens hus, Luleå",
    "zone": "Tiden gäller i Stockholm (UTC+2).",
    "off": False,
    "changes": [],
    "greeting": "Hej Karin.",
    "message": [],
    "agenda": [],
    "lines": [],
    "buttons": [],
    "link_label": "Öppna mötet",
    "has_link": True,
    "has_calendar": True,
    "why": "%(forum)s",
    "choices": None,
    "personal": False,
    "answerable": True,
}
BUTTONS = [
    {"label": "Jag kommer", "link": f"{HEAD.base_url}/r/x?answer=yes", "first": True},
    {"label": "Kommer inte", "link": f"{HEAD.base_url}/r/x?answer=no", "first": False},
]


def test_html_escapes_what_it_is_given():
    evil = '<a href="https://evil.test">'
    draft = render(
        "meeting", "x", HEAD, **MEETING | {
            "forum": "<script>A & B</script>", "where": "<b>", "lines": [evil], "changes": [evil],
            "message": [evil], "agenda": [evil],
            "link": "https://takt.region.example/meetings/1",
        },
    )  # fmt: skip
    assert "<script>" not in draft.html
    assert "<b>" not in draft.html
    assert "evil.test" not in "".join(re.findall(r'href="([^"]*)"', draft.html))
    assert "&lt;script&gt;A &amp; B&lt;/script&gt;" in draft.html
    assert "<script>A & B</script>" in draft.text


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("meeting", MEETING),
        ("meeting", MEETING | {"buttons": BUTTONS, "choices": f"{HEAD.base_url}/s/x", "personal": True}),
        ("meeting", MEETING | {"off": True, "has_link": False, "changes": ["Mötet är inställt."]}),
        ("login_link", {"code": "KTRN-4827", "until": "12.04"}),
        ("invitation", {"role": "Läsare", "until": "12.04"}),
    ],
)
def test_mails_load_nothing_and_link_only_to_the_base_url(name, values, language):
    with use_language(language):
        draft = render(name, "x", HEAD, **{"link": f"{HEAD.base_url}/meetings/1"} | values)
    links = re.findall(r'\b(?:href|src|background|action|poster|srcset)="([^"]*)"', draft.html)
    assert [link for link in links if not link.startswith(f"{HEAD.base_url}/")] == []
    assert [word for word in ("<img", "<script", "<form", "url(", "@import", "<link") if word in draft.html] == []
    assert sorted(re.findall(r"https?://\S+", draft.text)) == sorted(links)
    assert f'<html lang="{language}">' in draft.html


def test_letterhead_without_an_address_cannot_be_answered():
    assert letterhead(Settings(calendar_domain="takt.invalid")).sender == "takt@takt.invalid"


def test_letterhead_of_an_installation():
    settings_ = Settings(
        name="Takt", organisation="Region Norrbotten", mail_from="takt@region.example",
        base_url="https://takt.region.example/",
    )  # fmt: skip
    assert letterhead(settings_) == HEAD
    assert HEAD.domain == "region.example"
