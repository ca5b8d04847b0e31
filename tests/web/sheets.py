"""A workbook as a program for tables has it: its sheets, their cells, what of them is struck."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from xml.etree import ElementTree as ET

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@dataclass
class ReadSheet:
    name: str
    #: Row by row, each cell as text.
    rows: list[list[str]]
    #: What is struck, and what is bold, within cells of several runs.
    struck: list[str]
    bold: list[str]
    #: Every formula in it.
    formulas: list[str]


def read_workbook(body: bytes) -> list[ReadSheet]:
    with zipfile.ZipFile(io.BytesIO(body)) as package:
        parts = {
            name: ET.fromstring(package.read(name))  # noqa: S314 - our own file
            for name in package.namelist()
        }
    names = [sheet.attrib["name"] for sheet in parts["xl/workbook.xml"].iter(f"{_MAIN}sheet")]
    return [_sheet(name, parts[f"xl/worksheets/sheet{n}.xml"]) for n, name in enumerate(names, start=1)]


def _sheet(name: str, root: ET.Element) -> ReadSheet:
    runs = list(root.iter(f"{_MAIN}r"))
    rows = [
        ["".join(part.text or "" for part in cell.iter() if part.tag in {f"{_MAIN}t", f"{_MAIN}v"}) for cell in row]
        for row in root.iter(f"{_MAIN}row")
    ]

    def said(look: str) -> list[str]:
        return [run.findtext(f"{_MAIN}t") or "" for run in runs if run.find(f"{_MAIN}rPr/{_MAIN}{look}") is not None]

    return ReadSheet(name, rows, said("strike"), said("b"), [found.text or "" for found in root.iter(f"{_MAIN}f")])
