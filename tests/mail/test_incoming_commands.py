"""The commands ``takt mail bounce`` and ``takt mail doctor``."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from scheduler.cli import takt
from scheduler.db import begin_write, install_listeners
from scheduler.mail.addresses import bounce_address
from scheduler.mail.doctor import aligned, examine
from scheduler.mail.models import OutboxMail, Suppression
from tests.mail.conftest import mail_settings
from tests.mail.letters import letter
from tests.mail.world import waiting_mail

REPLY = "svar@region.example.org"
KEY = "a secret of the tests, long enough"


@pytest.fixture
def installation(tmp_path, monkeypatch):
    """A database of its own, made by ``takt init``; its engine."""
    url = f"sqlite:///{tmp_path / 'takt.sqlite3'}"
    for name, value in {
        "TAKT_INSTANCE": str(tmp_path), "TAKT_DATABASE_URL": url, "TAKT_SECRET_KEY": KEY, "TAKT_MAIL_REPLY": REPLY,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    assert run("init").exit_code == 0
    engine = create_engine(url)
    install_listeners(engine)
    yield engine
    engine.dispose()


def run(*arguments, stdin=b""):
    return CliRunner().invoke(takt, [*arguments], input=stdin)


def sent(engine) -> int:
    with Session(engine) as session:
        begin_write(session)
        [mail] = waiting_mail(session)
        mail.state, mail.sends = "sent", 1
        session.commit()
        return mail.id


def test_rel_26_bounce_on_standard_input_stops_the_address(installation):
    mail_id = sent(installation)
    raw = letter("bounce-postfix", bounce_address(KEY, REPLY, mail_id))
    first = run("mail", "bounce", stdin=raw)
    assert (first.exit_code, first.output) == (0, "En studs är noterad.\n")
    with Session(installation) as session:
        assert session.scalars(select(Suppression.mailbox)).all() == ["person0@example.org"]
        assert session.get_one(OutboxMail, mail_id).state == "failed"
    assert run("mail", "bounce", stdin=raw).output == "Brevet är redan läst.\n"


def test_bounce_whose_address_only_the_server_knows_counts(installation):
    mail_id = sent(installation)
    raw = letter("bounce-exchange", "postmaster@region.example.org")
    done = run("mail", "bounce", "--recipient", bounce_address(KEY, REPLY, mail_id), stdin=raw)
    assert (done.exit_code, done.output) == (0, "En studs är noterad.\n")


@pytest.mark.parametrize("raw", [b"", b"\xff\x00\xfe", b"Subject: hej\r\n\r\nhej"])
def test_whatever_comes_on_standard_input_is_taken(installation, raw):
    done = run("mail", "bounce", stdin=raw)
    assert (done.exit_code, done.output) == (0, "Brevet behöver tittas på.\n")


def test_rel_26_forged_bounce_on_standard_input_changes_nothing(installation):
    mail_id = sent(installation)
    done = run("mail", "bounce", stdin=letter("bounce-postfix", bounce_address("x" * 40, REPLY, mail_id)))
    assert (done.exit_code, done.output) == (0, "Inget att göra.\n")
    with Session(installation) as session:
        assert session.get_one(OutboxMail, mail_id).state == "sent"


# ---------------------------------------------------------------- doctor


def wrong(settings) -> list[str]:
    return [finding.text for finding in examine(settings) if not finding.ok]


def test_doctor_is_content_with_a_relay_that_answers(sink, tmp_path):
    settings = mail_settings(tmp_path, mail_mode="send", mail_relay=sink.url, mail_reply=REPLY)
    assert wrong(settings) == []
    assert sink.mails == []


def test_doctor_tells_what_the_relay_says(sink, tmp_path):
    sink.fail("connect", "554 5.7.1 go away")
    [said] = wrong(mail_settings(tmp_path, mail_mode="send", mail_relay=sink.url))
    assert said.startswith("E-postservern 127.0.0.1:")
    assert said.endswith("554 5.7.1 go away")


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({"mail_relay": "smtp://127.0.0.1:1"}, "tar inte emot oss: ConnectionRefusedError"),
        ({"mail_relay": "nowhere"}, "TAKT_MAIL_RELAY"),
        ({"mail_mode": "hold", "base_url": ""}, "TAKT_BASE_URL saknas"),
        ({"mail_mode": "never"}, "TAKT_MAIL_MODE"),
        ({"mail_window": "soon"}, "TAKT_MAIL_WINDOW"),
        ({"base_url": "https://takt.other.example"}, "men TAKT_BASE_URL är i takt.other.example"),
        ({"mail_reply": "svar@other.example"}, "men TAKT_MAIL_REPLY är i other.example"),
        ({"mail_reply": "svar+x@region.example.org"}, "TAKT_MAIL_REPLY: "),
        ({"mail_inbox": "imaps://a:b@127.0.0.1:1/"}, "men inte TAKT_MAIL_REPLY"),
        ({"mail_reply": REPLY, "mail_inbox": "imaps://a:b@127.0.0.1:1/"}, "går inte att nå"),
        ({"mail_reply": REPLY, "mail_inbox": "svar"}, "TAKT_MAIL_INBOX: "),
    ],
)
def test_doctor_says_in_words_what_is_wrong(sink, tmp_path, given, part):
    settings = mail_settings(tmp_path, **{"mail_mode": "send", "mail_relay": sink.url, **given})
    found = wrong(settings)
    assert any(part in said for said in found), found


def test_domains_belong_together_under_the_same_name():
    assert aligned("region.example", "takt.region.example")
    assert aligned("mail.region.example", "takt.region.example")
    assert not aligned("region.example", "other.example")
    assert not aligned("example", "region.example")


def test_doctor_command_lays_a_test_mail_in_the_outbox(installation):
    done = run("mail", "doctor", "--send", "prov@example.org")
    assert "Ett provbrev till prov@example.org ligger i utkorgen." in done.output
    assert done.exit_code == 0
    with Session(installation) as session:
        mail = session.scalars(select(OutboxMail)).one()
        assert (mail.kind, mail.recipient, mail.state) == ("test", "prov@example.org", "pending")


def test_doctor_command_ends_with_one_when_something_is_wrong(installation):
    done = run("mail", "doctor", "--send", "prov")
    assert done.exit_code == 1
    assert done.output.splitlines()[-1] == "1 fel."
