"""A paper says the same as PDF and as Word, to eyes, to screen readers and to whoever searches it."""

from __future__ import annotations

import importlib
import io
import re
import zipfile
from datetime import UTC, datetime

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from scheduler.reports.papers import pdf
from scheduler.reports.papers.archive import make_zip, safe_name
from scheduler.reports.papers.paper import Heading, Paper, Points, Signature, Table, Text, printable
from scheduler.reports.papers.pdf import html_of, write_pdf
from scheduler.reports.papers.word import write_docx
from tests.reports.papers.reading import docx_headings, docx_lines, needs_pdf, pdf_fonts, pdf_tags, pdf_text

AT = datetime(2026, 9, 15, 10, 0, tzinfo=UTC)
PAPER = Paper(
    title="Protokoll, möte 4 den 15 september 2026",
    publisher="Tillväxtberedningen",
    language="sv",
    status="Justerat",
    facts=[("Tid", "tisdag 15 september 2026 kl. 09.00–12.00"), ("Plats", "Regionhuset\nLuleå")],
    blocks=[
        Heading("Närvaro"),
        Table("Ledamöter", ["Namn", "Närvaro"], [["Maja Sandling", "närvarande"], ["Áilu Čohkka", "frånvarande"]]),
        Heading("4. Infrastruktur", mark="§ 41"),
        Text("Trafikverket redovisar läget.\nMed dubbelspår.\n\nBeredningen diskuterar."),
        Text("Beredningen ställer sig bakom yttrandet.", label="Beslut"),
        Heading("Åtgärder", level=2),
        Points(["Skicka yttrandet", "Bjud in LKAB"]),
        Signature("Maja Sandling", "ordförande", done="Justerat 29 september 2026"),
        Signature("Eva Rantala", "justerare"),
    ],
    footer='Protokoll "15" september',
)


@pytest.fixture(scope="module")
def printed() -> bytes:
    needs_pdf()
    return write_pdf(PAPER)


def test_pdf_reads_from_top_to_bottom(printed):
    assert " ".join(pdf_text(printed).replace("•", "").split()) == (
        "Tillväxtberedningen Protokoll, möte 4 den 15 september 2026 Justerat Tid tisdag 15 september 2026 "
        "kl. 09.00–12.00 Plats Regionhuset Luleå Närvaro Ledamöter Namn Närvaro Maja Sandling närvarande "
        "Áilu Čohkka frånvarande 4. Infrastruktur § 41 Trafikverket redovisar läget. Med dubbelspår. "
        "Beredningen diskuterar. Beslut: Beredningen ställer sig bakom yttrandet. Åtgärder Skicka yttrandet "
        "Bjud in LKAB Justerat 29 september 2026 Maja Sandling, ordförande Eva Rantala, justerare "
        'Protokoll "15" september 1 (1)'
    )


def test_pdf_is_tagged_for_screen_readers(printed):
    reader = PdfReader(io.BytesIO(printed))
    assert reader.trailer["/Root"]["/Lang"] == "sv"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.metadata.title == PAPER.title
    assert b"pdfuaid:part" in reader.trailer["/Root"]["/Metadata"].get_object().get_data().replace(b'="1"', b"")
    tags = pdf_tags(printed)
    assert [tag for tag in tags if re.fullmatch(r"H\d", tag)] == ["H1", "H2", "H2", "H3"]
    assert tags.count("Table") == 2
    assert tags.count("TH") == 2 + 2 + 2  # the facts' labels, the columns' heads, the rows' heads
    assert tags.count("LI") == 2


def test_pdf_draws_sami_letters_with_the_font_that_has_them(printed):
    # Two files of one family name had their glyphs mixed up: Č was drawn as Ç while the text said Č.
    assert "Takt-Ext" in pdf_fonts(printed)


def test_word_says_the_same_with_real_headings():
    body = write_docx(PAPER, AT)
    assert docx_headings(body) == [
        ("Title", "Protokoll, möte 4 den 15 september 2026"),
        ("Heading 1", "Närvaro"),
        ("Heading 1", "4. Infrastruktur § 41"),
        ("Heading 2", "Åtgärder"),
    ]
    assert docx_lines(body) == [
        "Tillväxtberedningen",
        "Protokoll, möte 4 den 15 september 2026",
        "Justerat",
        "Tid | tisdag 15 september 2026 kl. 09.00–12.00",
        "Plats | Regionhuset\nLuleå",
        "Närvaro",
        "Ledamöter",
        "Namn | Närvaro",
        "Maja Sandling | närvarande",
        "Áilu Čohkka | frånvarande",
        "4. Infrastruktur § 41",
        "Trafikverket redovisar läget.\nMed dubbelspår.",
        "Beredningen diskuterar.",
        "Beslut: Beredningen ställer sig bakom yttrandet.",
        "Åtgärder",
        "Skicka yttrandet",
        "Bjud in LKAB",
        "Justerat 29 september 2026\nMaja Sandling, ordförande",
        "________________________________________\nEva Rantala, justerare",
    ]
    document = Document(io.BytesIO(body))
    assert (document.core_properties.title, document.core_properties.language) == (PAPER.title, "sv-SE")
    assert 'w:lang w:val="sv-SE"' in document.styles["Normal"].element.xml
    assert "w:tblHeader" in document.tables[1].rows[0]._tr.xml


def test_word_made_twice_is_the_same_bytes():
    assert write_docx(PAPER, AT) == write_docx(PAPER, AT)


def test_typed_code_is_text_in_both():
    text = "<script>alert(1)</script> & <img src='file:///etc/passwd'> {{ 7*7 }} \\"
    paper = Paper(text, text, "sv", blocks=[Text(text, label=text), Points([text])], footer=text)
    assert "<script>" not in html_of(paper)
    assert docx_lines(write_docx(paper, AT)) == [text, text, f"{text}: {text}", text]
    needs_pdf()
    assert pdf_text(write_pdf(paper)).replace("\n", " ").count("{{ 7*7 }}") == 6


def test_pdf_fetches_nothing(monkeypatch):
    needs_pdf()
    weasyprint = importlib.import_module("weasyprint")
    monkeypatch.setattr(
        pdf, "html_of", lambda _paper: "<html lang=sv><title>x</title><img alt='' src='file:///etc/hostname'>"
    )
    with pytest.raises(weasyprint.urls.FatalURLFetchingError, match="a paper asks for file:///etc/hostname"):
        write_pdf(PAPER)


@given(st.text(max_size=300), st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_becomes_a_word_document_that_opens(text, title):
    paper = Paper(
        title, "P", "en", facts=[(title, text)], blocks=[Heading(title, mark=title), Text(text, title)], footer=text
    )
    lines = docx_lines(write_docx(paper, AT))
    assert lines[1] == printable(title)


@given(st.text(max_size=200))
@settings(max_examples=15, deadline=None)
def test_any_text_becomes_a_pdf_that_opens(text):
    needs_pdf()
    body = write_pdf(Paper(text or "T", "P", "sv", blocks=[Heading(text), Text(text, text)], footer=text))
    assert len(PdfReader(io.BytesIO(body)).pages) >= 1


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Förslag till yttrande.docx", "Förslag till yttrande.docx"),
        ("../../etc/passwd", "-..-etc-passwd"),
        ("CON.txt", "_CON.txt"),
        ('a<b>:"c|?*.pdf', "a-b-c-.pdf"),
        ("   ", "-"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_names_in_a_package_are_safe_everywhere(name, safe):
    assert safe_name(name) == safe


def test_a_package_made_twice_is_the_same_and_keeps_both_of_one_name():
    files = [("a/PM.pdf", b"1"), ("a/pm.pdf", b"2"), ("b", b"3"), ("b", b"4")]
    body = make_zip(files, AT)
    assert body == make_zip(files, AT)
    with zipfile.ZipFile(io.BytesIO(body)) as package:
        assert {name: package.read(name) for name in package.namelist()} == {
            "a/PM.pdf": b"1", "a/pm (2).pdf": b"2", "b": b"3", "b (2)": b"4",
        }  # fmt: skip
