"""What may be uploaded: every kind that is taken, and everything that only looks like one (SEC-16)."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.records import document_rules as rules
from tests.records.files import DOCX, FINE, ODT, PDF, PNG, package

MB = 1_000_000
WRONG = "Filen är inte det som namnet säger. Spara den på nytt i programmet och försök igen"
BOMB = "Filen packar upp till mer än Takt tar emot"
MACROS = "Filen innehåller makron. Spara den utan och försök igen"


def said(name: str, body: bytes, most: int = 25 * MB) -> str | None:
    problem = rules.check_file(name, body, most)
    return None if problem is None else str(problem)


@pytest.mark.parametrize("ending", sorted(rules.KINDS))
def test_every_kind_is_taken(ending):
    assert said(f"PM.{ending.upper()}", FINE[ending]) is None


@pytest.mark.parametrize("ending", sorted(rules.KINDS))
def test_no_kind_is_taken_for_another(ending):
    """But for text, which may be a table as well, and the two endings of a photo."""
    twins = [{"txt", "csv"}, {"jpg", "jpeg"}]
    wrong = [other for other in FINE if said(f"x.{ending}", FINE[other]) is None and other != ending]
    allowed = next((twin - {ending} for twin in twins if ending in twin), set())
    assert set(wrong) == allowed


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("sida.html", b"<script>alert(1)</script>", "Filer av den sorten tas inte emot."),
        ("bild.svg", b"<svg onload='alert(1)'/>", "Filer av den sorten tas inte emot."),
        ("spela.exe", b"MZ", "Filer av den sorten tas inte emot."),
        ("makro.docm", DOCX, "Filer av den sorten tas inte emot."),
        ("utan", PDF, "Filer av den sorten tas inte emot."),
        ("tom.pdf", b"", "Filen är tom"),
        ("stor.pdf", PDF + bytes(2 * MB), "Filen får vara högst 1 MB"),
        ("sida.txt", b" \n<html><script>", WRONG),
        ("sida.txt", b"\xef\xbb\xbf<svg>", WRONG),
        ("byte.txt", b"a\0b", WRONG),
        ("byte.csv", b"a\x01\xff", WRONG),
        ("bild.pdf", PNG, WRONG),
        ("sida.pdf", b"<html>%PDF-", WRONG),
        ("halv.docx", DOCX[: len(DOCX) // 2], WRONG),
        ("falsk.docx", b"PK\x03\x04 men ingen zip", WRONG),
        ("falsk.docx", package({"mimetype": b"x"}), WRONG),
        ("falsk.odt", package({"mimetype": b"text/html", "content.xml": b""}), WRONG),
        ("falsk.odt", package({"mimetype": b"a" * 9000, "content.xml": b""}), WRONG),
        ("falsk.odt", package({"content.xml": b""}), WRONG),
        ("makro.docx", package({"word/document.xml": b"", "word/vbaProject.bin": b""}), MACROS),
        ("makro.odt", package({"mimetype": b"", "content.xml": b"", "Basic/Standard/Modul.xml": b""}), MACROS),
        ("bomb.docx", package({"word/document.xml": bytes(60 * MB)}), BOMB),
        ("bomb.xlsx", package({"xl/workbook.xml": b"", **{f"{n}.xml": b"" for n in range(5001)}}), BOMB),
    ],
)  # fmt: skip
def test_what_only_looks_like_a_document_is_refused(name, body, words):
    problem = said(name, body, MB)
    assert problem is not None
    assert problem.startswith(words)


def test_package_that_lies_about_its_size_is_refused():
    """The directory says small; whoever unpacked it would get what the directory says, and no more."""
    body = bytearray(package({"word/document.xml": bytes(MB)}))
    with zipfile.ZipFile(io.BytesIO(bytes(body))) as made:
        at = made.start_dir
    body[at + 20 : at + 24] = (4_000_000).to_bytes(4, "little")  # more packed bytes than the file has
    assert said("x.docx", bytes(body)) == BOMB


@given(st.binary(max_size=400), st.sampled_from(sorted(rules.KINDS)), st.sampled_from([b"", b"PK\x03\x04", b"%PDF-"]))
def test_no_bytes_break_the_check(body, ending, start):
    said(f"x.{ending}", start + body)


@given(st.data())
def test_no_broken_package_breaks_the_check(data):
    body = bytearray(data.draw(st.sampled_from([DOCX, ODT])))
    for _ in range(data.draw(st.integers(1, 6))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    ending = data.draw(st.sampled_from(["docx", "odt"]))
    assert said(f"x.{ending}", bytes(body)) in {None, WRONG, BOMB, MACROS}


@given(st.text(max_size=300))
def test_clean_name_is_one_plain_name(name):
    clean = rules.clean_name(name)
    assert 0 < len(clean) <= 120
    assert not set(clean) & set('/\\:*?"<>|\0\r\n\u202e')
    assert clean == rules.clean_name(clean)
    assert not clean.startswith(".")


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd.PDF", "passwd.pdf"),
        ("C:\\fakepath\\PM Malmbanan.docx", "PM Malmbanan.docx"),
        ("faktura\u202efdp.exe", "faktura fdp.exe"),
        ("a\r\nSet-Cookie: x.txt", "a Set-Cookie x.txt"),
        (".pdf", "pdf"),
        ("", "fil"),
    ],
)
def test_name_is_cleaned(name, clean):
    assert rules.clean_name(name) == clean


@pytest.mark.parametrize(("size", "words"), [(0, "1 kB"), (12_345, "12 kB"), (1_340_000, "1,3 MB")])
def test_size_in_words(size, words):
    assert rules.size_words(size) == words
