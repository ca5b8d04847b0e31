"""Addresses that say what comes to them: sealed, in lower case, short enough, and read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.mail.addresses import (
    OWN_LOCAL,
    answer_address,
    bounce_address,
    check_reply,
    is_answer,
    is_bounce,
    read_address,
)

KEY = "k" * 40
REPLY = "svar@takt.example.org"


def test_answer_address_is_read_back_whatever_a_relay_does_to_its_capitals():
    address = answer_address(KEY, REPLY, 12, epoch=3)
    for shown in (address, address.upper(), f" {address} "):
        meant = read_address(REPLY, shown)
        assert meant is not None
        assert (meant.purpose, meant.row_id) == ("answer", 12)
        assert is_answer(KEY, meant, 3)


def test_address_is_dead_with_another_epoch_key_purpose_or_number():
    meant = read_address(REPLY, answer_address(KEY, REPLY, 12, epoch=3))
    other = read_address(REPLY, answer_address(KEY, REPLY, 12, epoch=3).replace("+a12.", "+a13."))
    assert meant is not None
    assert other is not None
    assert not is_answer(KEY, meant, 4)
    assert not is_answer("j" * 40, meant, 3)
    assert not is_answer(KEY, other, 3)
    assert not is_bounce(KEY, meant)
    disguised = read_address(REPLY, answer_address(KEY, REPLY, 12, epoch=0).replace("+a", "+b"))
    assert disguised is not None
    assert not is_bounce(KEY, disguised)


def test_bounce_address_is_genuine_for_its_mail():
    meant = read_address(REPLY, bounce_address(KEY, REPLY, 7))
    assert meant is not None
    assert meant.row_id == 7
    assert is_bounce(KEY, meant)


def test_address_of_the_longest_mailbox_fits_what_relays_take():
    reply = f"{'s' * OWN_LOCAL}@takt.example.org"
    assert check_reply(reply) is None
    address = bounce_address(KEY, reply, 999_999_999_999)
    assert len(address.partition("@")[0]) == 64
    assert address == address.lower()
    assert read_address(reply, address) is not None


@pytest.mark.parametrize(
    "address",
    ["svar", "svar@", "@example.org", "svar+1@example.org", "Svar <svar@example.org>", "svar@exämple.org",
     "a..b@example.org", f"{'s' * (OWN_LOCAL + 1)}@example.org", "svar@example.org\r\nBcc: x@example.org"],
)  # fmt: skip
def test_reply_address_that_cannot_be_extended_is_told_with_its_setting(address):
    problem = check_reply(address)
    assert problem is not None
    assert problem.field == "TAKT_MAIL_REPLY"


@pytest.mark.parametrize(
    "address",
    ["svar@takt.example.org", "svar+a12@takt.example.org", "svar+a12.short@takt.example.org",
     f"svar+a.{'x' * 26}@takt.example.org", f"svar+a١.{'x' * 26}@takt.example.org",
     f"svar+a{'9' * 13}.{'x' * 26}@takt.example.org", f"svar+c12.{'x' * 26}@takt.example.org",
     f"svar+a12.{'x' * 26}@other.example.org", ""],
)  # fmt: skip
def test_what_is_no_such_address_means_nothing(address):
    assert read_address(REPLY, address) is None


@given(st.text(max_size=120))
def test_reading_an_address_never_raises_and_nothing_made_up_is_genuine(text):
    for address in (text, f"svar+a12.{text}@takt.example.org"):
        meant = read_address(REPLY, address)
        assert meant is None or not is_answer(KEY, meant, 1)
