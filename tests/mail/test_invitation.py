"""The mail with which somebody becomes a user: what it says in both languages, and that its link stays ours."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scheduler.errors import Refused
from scheduler.mail.letters import write
from scheduler.mail.messages import Letterhead
from scheduler.mail.models import OutboxMail
from tests.conftest import NOW

HEAD = Letterhead(
    "Takt", "Länsstyrelsen Norrbotten", "takt@lst.example", "https://takt.lst.example", "Europe/Stockholm"
)  # fmt: skip
LINK = "https://takt.lst.example/invitation/abc"


def invitation(language: str = "sv", **values: object) -> OutboxMail:
    given = {"link": LINK, "role": "secretariat", "forum": "Regionalt forum", "organisation": None, **values}
    return OutboxMail(
        kind="invitation", language=language, values=given, created_at=NOW, stale_at=NOW + timedelta(days=7)
    )


def test_invitation_in_swedish():
    draft = write(None, invitation(), HEAD, None).draft
    assert draft.subject == "Du är inbjuden till Takt"
    for text in (draft.text, draft.html):
        assert "Länsstyrelsen Norrbotten har bjudit in dig. Öppna länken och välj Skapa konto." in text
        assert "Din roll: Sekretariat för Regionalt forum." in text
        assert "Länken gäller till söndag 29 november kl. 10.00 och fungerar en gång." in text
        assert LINK in text


def test_invitation_in_english():
    draft = write(
        None, invitation("en", role="organisation_contact", forum=None, organisation="Boden"), HEAD, None
    ).draft
    assert draft.subject == "You are invited to Takt"
    assert "Your role: Organisation contact for Boden." in draft.text
    assert "The link is valid until Sunday 29 November at 10:00 and works once." in draft.text


def test_invitation_without_a_role_names_none():
    assert "Din roll" not in write(None, invitation(role=None, forum=None), HEAD, None).draft.text


def test_invitation_leads_nowhere_else():
    with pytest.raises(Refused):
        write(None, invitation(link="https://evil.example/invitation/abc"), HEAD, None)
