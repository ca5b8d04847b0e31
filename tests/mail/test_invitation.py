"""The mail with which somebody becomes a user: what it says in both languages, and that its link stays ours."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scheduler.errors import Refused
from scheduler.mail.desk import Desk
from scheduler.mail.letters import WRITERS, write
from scheduler.mail.messages import Letterhead
from scheduler.mail.models import OutboxMail
from scheduler.mail.rules import KINDS
from tests.conftest import NOW

HEAD = Letterhead(
    "Takt", "Länsstyrelsen Norrbotten", "takt@lst.example", "https://takt.lst.example", "Europe/Stockholm"
)  # fmt: skip
#: These letters are written from their own values alone: nothing is asked.
DESK = Desk(None, HEAD)  # type: ignore[arg-type]
LINK = "https://takt.lst.example/invitation/abc"


def invitation(language: str = "sv", **values: object) -> OutboxMail:
    given = {"link": LINK, "role": "secretariat", "forum": "Regionalt forum", "organisation": None, **values}
    return OutboxMail(
        kind="invitation", language=language, values=given, created_at=NOW, stale_at=NOW + timedelta(days=7)
    )


def test_invitation_in_swedish():
    draft = write(DESK, invitation(), None).draft
    assert draft.subject == "Du är inbjuden till Takt"
    for text in (draft.text, draft.html):
        assert "Länsstyrelsen Norrbotten har bjudit in dig. Öppna länken och välj Skapa konto." in text
        assert "Din roll: Sekretariat för Regionalt forum." in text
        assert "Länken gäller till söndag 29 november kl. 10.00 och fungerar en gång." in text
        assert LINK in text


def test_invitation_in_english():
    draft = write(DESK, invitation("en", role="organisation_contact", forum=None, organisation="Boden"), None).draft
    assert draft.subject == "You are invited to Takt"
    assert "Your role: Organisation contact for Boden." in draft.text
    assert "The link is valid until Sunday 29 November at 10:00 and works once." in draft.text


def test_invitation_without_a_role_names_none():
    assert "Din roll" not in write(DESK, invitation(role=None, forum=None), None).draft.text


def test_invitation_leads_nowhere_else():
    with pytest.raises(Refused):
        write(DESK, invitation(link="https://evil.example/invitation/abc"), None)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_kind_of_mail_has_a_writer_in_both_languages(language):
    assert set(WRITERS) == set(KINDS)
    mail = OutboxMail(kind="test", recipient="anna@example.org", language=language, dated_at=NOW, created_at=NOW)
    letter = write(DESK, mail, None)
    assert letter.draft.subject == {"sv": "Provbrev från Takt", "en": "Test mail from Takt"}[language]
    assert letter.unsubscribe is None
