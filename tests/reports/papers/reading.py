"""Reading what was written, as its recipients' programs do: the text and structure of a PDF, and of a Word document."""

from __future__ import annotations

import io
import os
from typing import Any

import pytest
from docx import Document
from pypdf import PdfReader

from scheduler.i18n import gettext
from scheduler.reports.papers import pdf


def needs_pdf() -> None:
    """Skips where PDF cannot be made; fails there when it is required (TAKT_REQUIRE_PDF, CI)."""
    if what := pdf.missing():
        if os.environ.get("TAKT_REQUIRE_PDF"):
            pytest.fail(gettext(what))
        pytest.skip(gettext(what))


def pdf_text(body: bytes) -> str:
    """The text of all pages, lines as they are drawn."""
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)


def pdf_tags(body: bytes) -> list[str]:
    """The structure a screen reader follows, as names of tags in reading order ("H1", "P", "Table")."""

    def walk(node: Any) -> list[str]:
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            return [name for child in node for name in walk(child)]
        if not isinstance(node, dict):
            return []
        own = [str(node["/S"])[1:]] if "/S" in node else []
        return own + (walk(node["/K"]) if "/K" in node else [])

    return walk(PdfReader(io.BytesIO(body)).trailer["/Root"]["/StructTreeRoot"])


def pdf_fonts(body: bytes) -> set[str]:
    """The names of the embedded fonts, without the mark of a subset."""
    found = set()
    for page in PdfReader(io.BytesIO(body)).pages:
        for font in page["/Resources"].get("/Font", {}).values():
            found.add(str(font.get_object()["/BaseFont"]).split("+")[-1])
    return found


def docx_lines(body: bytes) -> list[str]:
    """The text of a Word document in reading order: paragraphs and the cells of tables, rows by " | "."""
    document = Document(io.BytesIO(body))
    lines = []
    for block in document.iter_inner_content():
        if hasattr(block, "rows"):
            lines += [" | ".join(cell.text for cell in row.cells) for row in block.rows]
        else:
            lines.append(block.text)
    return lines


def docx_headings(body: bytes) -> list[tuple[str, str]]:
    """(style, text) of what a reader jumps between."""
    return [
        (paragraph.style.name, paragraph.text)
        for paragraph in Document(io.BytesIO(body)).paragraphs
        if paragraph.style.name.startswith(("Heading", "Title"))
    ]
