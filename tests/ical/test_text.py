import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.ical.text import clean_text, one_line


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Möte", "Möte"),
        ("rad ett\r\nrad två\rrad tre\nrad fyra", "rad ett\nrad två\nrad tre\nrad fyra"),
        ("\r\n\r\n", "\n\n"),
        ("a\tb", "a\tb"),
        ("a\x00\x07\x0b\x0c\x1b\x7fb", "ab"),
        ("a\x80\x85\x9fb", "ab"),
        ("a\u2028b\u2029c", "abc"),
        ("a\ud800b\udfffc", "abc"),
        ("A\u030angstro\u0308m", "Ångström"),
        ("a\x00\u030a", "å"),
        ("a" + " " * 20 + "b\n" + " " * 20, "a" + " " * 20 + "b\n" + " " * 20),
        ("a" + " " * 21 + "b" + " \u00a0" * 30 + "\nc", "a" + " " * 20 + "b" + " \u00a0" * 10 + "\nc"),
        ("👩🏽‍💻 \u200fשלום\u200e 🇸🇪", "👩🏽‍💻 \u200fשלום\u200e 🇸🇪"),
        ("", ""),
    ],
)
def test_clean_text_of_what_people_paste(typed: str, stored: str) -> None:
    assert clean_text(typed) == stored


@given(st.text(alphabet=st.characters()))
def test_clean_text_is_fit_to_store_and_stays_as_it_is(typed: str) -> None:
    cleaned = clean_text(typed)

    assert clean_text(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert cleaned.encode().decode() == cleaned
    assert [c for c in cleaned if c not in "\t\n" and unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")] == []


def test_one_line_of_several() -> None:
    assert one_line("  Sekretariatet\r\nför\tforum ") == "Sekretariatet för forum"
