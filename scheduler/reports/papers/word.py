"""A paper as a Word document (docx) by python-docx: real headings, tables with heading rows, a language, a title.

The same bytes for the same paper, so that a package made twice is the same. python-docx and its lxml are imported when
a paper is written: ten megabytes that most processes never need. Not here: what a paper says.
"""

from __future__ import annotations

import io
from datetime import datetime
from importlib import import_module
from typing import Any

from scheduler.reports.papers import archive
from scheduler.reports.papers.paper import Block, Grid, Heading, Paper, Points, Signature, Table, Text, printable

_LOCALES = {"sv": "sv-SE", "en": "en-GB"}


def write_docx(paper: Paper, written_at: datetime) -> bytes:
    """``paper`` as docx; ``written_at`` stands as its time of making."""
    document = import_module("docx").Document()
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


def _library() -> tuple[Any, Any, Any]:
    """An element of the file, a name of one, and lengths: what python-docx has below its documents."""
    oxml = import_module("docx.oxml")
    return oxml.OxmlElement, import_module("docx.oxml.ns").qn, import_module("docx.shared")


def _set_up(document: Any, paper: Paper, written_at: datetime) -> None:
    properties = document.core_properties
    properties.title = printable(paper.title)[:255]
    properties.author = printable(paper.publisher)[:255]
    properties.comments = ""
    properties.language = _LOCALES[paper.language]
    properties.created = properties.modified = written_at
    properties.last_modified_by = ""
    element, qn, shared = _library()
    normal = document.styles["Normal"]
    normal.font.name = "Calibri"
    normal.font.size = shared.Pt(11)
    language = element("w:lang")
    language.set(qn("w:val"), _LOCALES[paper.language])
    normal.element.get_or_add_rPr().append(language)
    section = document.sections[0]
    section.page_width, section.page_height = shared.Cm(21), shared.Cm(29.7)
    section.left_margin = section.right_margin = shared.Cm(2.5)
    section.top_margin = section.bottom_margin = shared.Cm(2.2)
    foot = section.footer.paragraphs[0]
    foot.add_run(printable(paper.footer) + ("  " if paper.footer else ""))
    _field(foot.add_run(), "PAGE")
    foot.add_run(" (")
    _field(foot.add_run(), "NUMPAGES")
    foot.add_run(")")


def _field(run: Any, code: str) -> None:
    """A field that the program fills in, as the number of the page."""
    element, qn, _shared = _library()
    for kind, text in (("begin", None), (None, code), ("end", None)):
        part = element("w:instrText" if text else "w:fldChar")
        if text:
            part.text = text
        else:
            part.set(qn("w:fldCharType"), str(kind))
        run._r.append(part)  # noqa: SLF001 - python-docx has no other way to a field


def _facts(document: Any, paper: Paper) -> None:
    centimetres = _library()[2].Cm
    table = document.add_table(rows=0, cols=2)
    for label, value in paper.facts:
        row = table.add_row()
        row.cells[0].width, row.cells[1].width = centimetres(4), centimetres(12)
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
        case Grid():
            rows = [
                ["".join(piece.text for piece in cell) for cell in row] for _name, some in block.groups for row in some
            ]
            _table(document, Table(block.caption, block.head, rows))
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
            run.add_break()  # within the paragraph
        run.add_text(line)


def _table(document: Any, block: Table) -> None:
    document.add_paragraph(printable(block.caption), style="Caption")
    table = document.add_table(rows=1, cols=len(block.head), style="Table Grid")
    for cell, words in zip(table.rows[0].cells, block.head, strict=True):
        cell.paragraphs[0].add_run(printable(words)).bold = True
    element, qn, _shared = _library()
    repeated = element("w:tblHeader")
    repeated.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(repeated)  # noqa: SLF001 - a heading row is said nowhere else
    for row in block.rows:
        cells = table.add_row().cells
        for cell, words in zip(cells, row, strict=True):
            _lines(cell.paragraphs[0], printable(words).split("\n"))
