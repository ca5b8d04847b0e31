"""Sheets as a workbook of Office Open XML (ISO/IEC 29500), with no more of it than a plain table needs.

Every cell is text or a whole number, never a formula: text is stored as such and no program reckons it (SEC-9). The
same bytes for the same sheets at the same instant. Not here: what a sheet says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from scheduler.reports.papers.archive import make_zip
from scheduler.reports.papers.paper import printable

Style = Literal["plain", "title", "head", "group"]
Look = Literal["plain", "gone", "new"]
#: Place in the styles below.
_STYLES: dict[Style, int] = {"plain": 0, "title": 1, "head": 2, "group": 3}
#: What no name of a sheet may hold, and how long it may be.
_UNNAMEABLE = re.compile(r"[\[\]:*?/\\]")
_LONGEST_NAME = 31
#: The longest text a cell holds.
_LONGEST = 32_767
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


@dataclass(frozen=True)
class Run:
    """Some words of a cell, struck or marked as new."""

    text: str
    look: Look = "plain"


@dataclass(frozen=True)
class Cell:
    """A cell: a number, or words in one or several runs."""

    value: int | str | Sequence[Run] = ""
    style: Style = "plain"


@dataclass(frozen=True)
class Sheet:
    """A sheet: rows of cells, widths of columns in characters, and how many rows stay on top and on every page."""

    name: str
    rows: Sequence[Sequence[Cell]]
    widths: Sequence[int]
    #: The row of headings, from 1.
    head_row: int = 1


def write_xlsx(sheets: Sequence[Sheet], written_at: datetime) -> bytes:
    """``sheets`` as a workbook, printed across landscape A4."""
    files = [
        ("[Content_Types].xml", _types(len(sheets))),
        ("_rels/.rels", _links([("officeDocument", "xl/workbook.xml")])),
        ("xl/workbook.xml", _workbook(sheets)),
        (
            "xl/_rels/workbook.xml.rels",
            _links(
                [
                    *(("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)),
                    ("styles", "styles.xml"),
                ]
            ),
        ),
        ("xl/styles.xml", _HEAD + _STYLE_SHEET),
        *((f"xl/worksheets/sheet{n}.xml", _sheet(sheet)) for n, sheet in enumerate(sheets, start=1)),
    ]
    return make_zip([(name, text.encode()) for name, text in files], written_at)


def column_name(number: int) -> str:
    """1 is A, 27 is AA."""
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


# ---------------------------------------------------------------- the parts


def _types(count: int) -> str:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    sheets = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kind}.worksheet+xml"/>'
        for n in range(1, count + 1)
    )
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>{sheets}</Types>'
    )


def _links(targets: Sequence[tuple[str, str]]) -> str:
    rows = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, start=1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{rows}</Relationships>'


def _workbook(sheets: Sequence[Sheet]) -> str:
    named, titles = [], []
    for n, sheet in enumerate(sheets):
        name = _UNNAMEABLE.sub(" ", printable(sheet.name))[:_LONGEST_NAME].strip("' ") or f"{n + 1}"
        named.append(f'<sheet name={quoteattr(name)} sheetId="{n + 1}" r:id="rId{n + 1}"/>')
        where = escape("'" + name.replace("'", "''") + f"'!${sheet.head_row}:${sheet.head_row}")
        titles.append(f'<definedName name="_xlnm.Print_Titles" localSheetId="{n}">{where}</definedName>')
    return (
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{"".join(named)}</sheets>'
        f"<definedNames>{''.join(titles)}</definedNames></workbook>"
    )


#: Fonts: plain, bold, title, grey bold. Fills: the two that must be there. Borders: none, a line below.
_FONTS = (
    '<font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="16"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><color rgb="FF475855"/><name val="Calibri"/></font>'
)
_FILLS = '<fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
_BORDERS = '<border/><border><left/><right/><top/><bottom style="thin"><color rgb="FF6A7A77"/></bottom></border>'
_STYLE_SHEET = (
    f'<styleSheet xmlns="{_MAIN}"><fonts count="4">{_FONTS}</fonts><fills count="2">{_FILLS}</fills>'
    f'<borders count="2">{_BORDERS}</borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="4">'
    '<xf applyAlignment="1"><alignment horizontal="left" vertical="top" wrapText="1"/></xf>'
    '<xf fontId="2" applyFont="1"/>'
    '<xf fontId="1" borderId="1" applyFont="1" applyBorder="1"/>'
    '<xf fontId="3" borderId="1" applyFont="1" applyBorder="1"/>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_LOOKS: dict[Look, str] = {
    "plain": "",
    "gone": '<rPr><strike/><sz val="11"/><color rgb="FF475855"/><rFont val="Calibri"/></rPr>',
    "new": '<rPr><b/><sz val="11"/><color rgb="FF083C48"/><rFont val="Calibri"/></rPr>',
}


def _sheet(sheet: Sheet) -> str:
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in enumerate(sheet.widths, start=1)
    )
    top = (
        f'<pane xSplit="1" ySplit="{sheet.head_row}" topLeftCell="B{sheet.head_row + 1}" activePane="bottomRight" '
        'state="frozen"/>'
    )
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<sheetViews><sheetView workbookViewId="0">{top}</sheetView></sheetViews>'
        f"<cols>{columns}</cols><sheetData>{''.join(_rows(sheet))}</sheetData>"
        '<pageMargins left="0.5" right="0.5" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>'
        "<headerFooter><oddFooter>&amp;R&amp;P (&amp;N)</oddFooter></headerFooter></worksheet>"
    )


def _rows(sheet: Sheet) -> Iterator[str]:
    for n, row in enumerate(sheet.rows, start=1):
        cells = "".join(_cell(f"{column_name(m)}{n}", cell) for m, cell in enumerate(row, start=1))
        yield f'<row r="{n}">{cells}</row>'


def _cell(place: str, cell: Cell) -> str:
    style = f' s="{_STYLES[cell.style]}"'
    if isinstance(cell.value, int):
        return f'<c r="{place}"{style}><v>{cell.value}</v></c>'
    runs = [Run(cell.value)] if isinstance(cell.value, str) else cell.value
    if not any(run.text for run in runs):
        return f'<c r="{place}"{style}/>'
    if len(runs) == 1 and runs[0].look == "plain":
        return f'<c r="{place}"{style} t="inlineStr"><is>{_text(runs[0].text)}</is></c>'
    said = "".join(f"<r>{_LOOKS[run.look]}{_text(run.text)}</r>" for run in runs)
    return f'<c r="{place}"{style} t="inlineStr"><is>{said}</is></c>'


def _text(text: str) -> str:
    # A text that looks like an escape of the format's own ("_x0041_") would be read as one.
    said = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", printable(text)[:_LONGEST])
    return f'<t xml:space="preserve">{escape(said)}</t>'
