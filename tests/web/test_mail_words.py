"""What a mail server's answer is called on a page."""

from __future__ import annotations

import pytest

from scheduler.mail.outcomes import Answer, Stage
from scheduler.web.mail_words import answer_sentence


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("5.1.1 no such user", "Adressen finns inte."),
        ("5.1.10", "Adressen finns inte."),
        ("5.1.10 RESOLVER.ADR.RecipientNotFound; not found by SMTP address lookup", "Adressen finns inte."),
        ("5.1.10 Recipient address has null MX", "Adressens domän finns inte eller tar inte emot e-post."),
        ("5.1.2 host unknown", "Adressens domän finns inte eller tar inte emot e-post."),
        ("5.2.1 mailbox disabled", "Brevlådan är avstängd."),
    ],
)
def test_refusal_of_an_address_is_told_by_what_is_wrong_with_it(text, said):
    assert answer_sentence(Answer(Stage.RCPT, 550, text)) == said
