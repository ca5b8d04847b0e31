"""A workbook holds texts and numbers as they were given, and nothing that a program would reckon or refuse."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.reports.papers.paper import printable
from scheduler.reports.xlsx import Cell, Run, Sheet, column_name, write_xlsx
from tests.web.sheets import read_workbook

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def book(*cells: Cell, name: str = "Blad") -> bytes:
    return write_xlsx([Sheet(name, [cells], [10])], AT)


@pytest.mark.parametrize(("number", "name"), [(1, "A"), (26, "Z"), (27, "AA"), (52, "AZ"), (703, "AAA")])
def test_columns_are_named_as_sheets_name_them(number, name):
    assert column_name(number) == name


def test_numbers_and_texts_stand_as_they_were_given():
    [sheet] = read_workbook(
        book(Cell(7), Cell("19(13.00)"), Cell([Run("8 utgår", "gone"), Run(", "), Run("15", "new")]), Cell())
    )
    assert sheet.rows == [["7", "19(13.00)", "8 utgår, 15", ""]]
    assert (sheet.struck, sheet.bold) == (["8 utgår"], ["15"])


@given(st.text(max_size=40))
def test_any_text_is_text_and_the_file_stays_whole(text):
    [sheet] = read_workbook(book(Cell(text), Cell([Run(text, "gone"), Run(text, "new")])))
    assert sheet.formulas == []
    told = sheet.rows[0][0].replace("_x005F_x", "_x")
    assert told == printable(text)


def test_text_that_looks_like_an_escape_of_the_format_is_not_read_as_one():
    [sheet] = read_workbook(book(Cell("_x0041_")))
    assert sheet.rows == [["_x005F_x0041_"]]


@pytest.mark.parametrize(("name", "shown"), [
    ("Plan [2026]: a/b\\c*?", "Plan  2026   a b c"), ("'", "1"), ("x" * 40, "x" * 31), ('<&">', '<&">'),
])  # fmt: skip
def test_name_of_a_sheet_is_one_that_programs_take(name, shown):
    [sheet] = read_workbook(book(Cell("x"), name=name))
    assert sheet.name == shown


def test_same_sheets_give_the_same_bytes():
    assert book(Cell("x"), Cell(1)) == book(Cell("x"), Cell(1))


def test_every_part_is_well_formed_and_named_in_the_contents():
    with zipfile.ZipFile(io.BytesIO(write_xlsx([Sheet(n, [[Cell(n)]], [9]) for n in "ab"], AT))) as package:
        parts = {name: ET.fromstring(package.read(name)) for name in package.namelist()}  # noqa: S314 - our own file
    named = {part.attrib["PartName"] for part in parts["[Content_Types].xml"] if "PartName" in part.attrib}
    assert named == {f"/{name}" for name in parts if name.startswith("xl/") and "_rels" not in name}
