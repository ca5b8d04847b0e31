"""A paper as a Word document (docx) by python-docx: real headings, tables with heading rows, a language, a title.

The same bytes for the same paper, so that a package made twice is the same. Not here: what a paper says.
"""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

from docx import Document
from docx.enum.text import WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from scheduler.reports.papers import archive
from scheduler.reports.papers.paper import Block, Heading, Paper, Points, Signature, Table, Text, printable

_LOCALES = {"sv": "sv-SE", "en": "en-GB"}


def write_docx(paper: Paper, written_at: datetime) -> bytes:
    """``paper`` as docx; ``written_at`` stands as its time of making."""
    document = Document()
    _set_up(document, paper, written_at)
    document.add_paragraph(printable(paper.publisher), style="Subtitle")
    document.add_heading(printable(paper.title), level=0)
    if paper.status:
        document.add_paragraph(printable(paper.status))
    if paper.facts:
        _facts(document, paper)
    for block in paper.blocks:
        _add(document, block)
    out = io.BytesIO()
    document.save(out)
    return archive.settled(out.getvalue(), written_at)


def _set_up(document: Any, paper: Paper, written_at: datetime) -> None:
    properties = document.core_properties
    properties.title = printable(paper.title)[:255]
    properties.author = printable(paper.publisher)[:255]
    properties.comments = ""
    properties.language = _LOCALES[paper.language]
    properties.created = properties.modified = written_at
    properties.last_modified_by = ""
    normal = document.styles["Normal"]
    normal.font.name = "Calibri"
    normal.font.size = Pt(11)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), _LOCALES[paper.language])
    normal.element.get_or_add_rPr().append(language)
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    section.top_margin = section.bottom_margin = Cm(2.2)
    foot = section.footer.paragraphs[0]
    foot.add_run(printable(paper.footer) + ("  " if paper.footer else ""))
    _field(foot.add_run(), "PAGE")
    foot.add_run(" (")
    _field(foot.add_run(), "NUMPAGES")
    foot.add_run(")")


def _field(run: Any, code: str) -> None:
    """A field that the program fills in, as the number of the page."""
    for kind, text in (("begin", None), (None, code), ("end", None)):
        element = OxmlElement("w:instrText" if text else "w:fldChar")
        if text:
            element.text = text
        else:
            element.set(qn("w:fldCharType"), str(kind))
        run._r.append(element)  # noqa: SLF001 - python-docx has no other way to a field


def _facts(document: Any, paper: Paper) -> None:
    table = document.add_table(rows=0, cols=2)
    for label, value in paper.facts:
        row = table.add_row()
        row.cells[0].width, row.cells[1].width = Cm(4), Cm(12)
        row.cells[0].paragraphs[0].add_run(printable(label)).bold = True
        _lines(row.cells[1].paragraphs[0], printable(value).split("\n"))


def _add(document: Any, block: Block) -> None:
    match block:
        case Heading():
            said = f"{block.text} {block.mark}" if block.mark else block.text
            document.add_heading(printable(said), level=block.level)
        case Text():
            _text(document, block)
        case Points():
            for point in block.points:
                _lines(document.add_paragraph(style="List Bullet"), printable(point).split("\n"))
        case Table():
            _table(document, block)
        case Signature():
            said = block.done or "_" * 40
            _lines(document.add_paragraph(), [printable(said), f"{printable(block.name)}, {printable(block.role)}"])


def _text(document: Any, block: Text) -> None:
    first = True
    for lines in Text(printable(block.text)).paragraphs or ([[""]] if block.label else []):
        paragraph = document.add_paragraph()
        if first and block.label:
            paragraph.add_run(f"{printable(block.label)}: ").bold = True
        _lines(paragraph, lines)
        first = False


def _lines(paragraph: Any, lines: list[str]) -> None:
    for number, line in enumerate(lines):
        run = paragraph.add_run()
        if number:
            run.add_break(WD_BREAK.LINE)
        run.add_text(line)


def _table(document: Any, block: Table) -> None:
    document.add_paragraph(printable(block.caption), style="Caption")
    table = document.add_table(rows=1, cols=len(block.head), style="Table Grid")
    for cell, words in zip(table.rows[0].cells, block.head, strict=True):
        cell.paragraphs[0].add_run(printable(words)).bold = True
    repeated = OxmlElement("w:tblHeader")
    repeated.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(repeated)  # noqa: SLF001 - a heading row is said nowhere else
    for row in block.rows:
        cells = table.add_row().cells
        for cell, words in zip(cells, row, strict=True):
            _lines(cell.paragraphs[0], printable(words).split("\n"))
