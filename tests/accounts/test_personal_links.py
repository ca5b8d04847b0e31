"""Links derived from key, purpose, row and epoch; the seal of their forms (SEC-4, SEC-12)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.accounts.personal_links import SEAL, derive, form_token, form_token_fits, read, verify

KEY, OTHER_KEY = "k" * 48, "o" * 48
ROWS = st.integers(min_value=1, max_value=2**62)


@given(row_id=ROWS, epoch=st.integers(min_value=0, max_value=2**31))
def test_link_opens_its_own_row_and_no_other(row_id, epoch):
    token = derive(KEY, "organisation", row_id, epoch)
    assert token == derive(KEY, "organisation", row_id, epoch)
    assert read(KEY, "organisation", token) == row_id
    assert verify(KEY, "organisation", token, row_id, epoch)
    assert not verify(KEY, "organisation", token, row_id + 1, epoch)


@pytest.mark.parametrize(
    ("key", "purpose", "row_id", "epoch"),
    [
        (OTHER_KEY, "organisation", 7, 3),
        (KEY, "reply", 7, 3),
        (KEY, "organisation", 8, 3),
        (KEY, "organisation", 7, 4),
        (KEY, "organisation", 73, 0),
    ],
)
def test_link_of_another_key_purpose_row_or_epoch_is_none(key, purpose, row_id, epoch):
    assert not verify(key, purpose, derive(KEY, "organisation", 7, 3), row_id, epoch)


def test_link_of_another_key_or_purpose_is_not_even_read():
    token = derive(KEY, "organisation", 7, 3)
    assert read(OTHER_KEY, "organisation", token) is None
    assert read(KEY, "reply", token) is None


def test_link_after_the_epoch_was_raised_still_names_its_row_but_is_dead():
    token = derive(KEY, "organisation", 7, 3)
    assert read(KEY, "organisation", token) == 7
    assert not verify(KEY, "organisation", token, 7, 4)


def test_seal_has_enough_bits_and_the_text_fits_an_address():
    token = derive(KEY, "organisation", 7, 3)
    assert SEAL * 8 >= 128
    assert len(token) == 40
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize("token", ["", "x", "å" * 40, "a" * 40, "a" * 39, "a" * 41, "a" * 4000, "\x00" * 40, "=" * 40])
def test_what_is_no_link_is_not_read(token):
    assert read(KEY, "organisation", token) is None
    assert not verify(KEY, "organisation", token, 7, 3)


def test_row_no_database_can_hold_is_not_read():
    assert read(KEY, "organisation", derive(KEY, "organisation", 2**63 - 1, 3)) == 2**63 - 1
    assert read(KEY, "organisation", derive(KEY, "organisation", 2**63, 3)) is None


@given(st.text(max_size=80))
def test_any_text_is_refused_without_an_error(text):
    assert read(KEY, "organisation", text) is None
    assert not verify(KEY, "organisation", text, 7, 3)
    assert not form_token_fits(KEY, "organisation", "link", text)


@given(at=st.integers(min_value=0, max_value=39), letter=st.sampled_from("ABCXYZabcxyz0189-_"))
def test_one_other_letter_makes_another_link(at, letter):
    token = derive(KEY, "organisation", 7, 3)
    changed = token[:at] + letter + token[at + 1 :]
    assert verify(KEY, "organisation", changed, 7, 3) is (changed == token)


def test_form_belongs_to_one_link_key_and_purpose():
    seal = form_token(KEY, "organisation", "a link")
    assert form_token_fits(KEY, "organisation", "a link", seal)
    assert not form_token_fits(KEY, "organisation", "another", seal)
    assert not form_token_fits(KEY, "invitation", "a link", seal)
    assert not form_token_fits(OTHER_KEY, "organisation", "a link", seal)
    assert not form_token_fits(KEY, "organisation", "a link", None)
    assert not form_token_fits(KEY, "organisation", "a link", "")


def test_parts_are_told_apart_however_they_are_cut():
    assert form_token(KEY, "ab", "c") != form_token(KEY, "a", "bc")


def test_form_seal_is_no_part_of_the_link():
    token = derive(KEY, "organisation", 7, 3)
    assert form_token(KEY, "organisation", token) not in token
