"""The yearly plan as a workbook, as CSV and as a paper, in the language in use; changes are marked in all three.

A forum has one row in each, so that whoever reads the file again finds it. Not here: what the plan says
(``meetings.year_plan_rules``), how a file is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from scheduler.i18n import gettext as _
from scheduler.i18n import language, month_name
from scheduler.meetings.year_plan_rules import MONTHS, Item, Line, Note, Table
from scheduler.meetings.year_plan_words import cell_text, days_text, start_text
from scheduler.reports.papers.package import csv_file
from scheduler.reports.papers.paper import Block, Grid, Heading, Paper, Piece, Text
from scheduler.reports.xlsx import Cell, Run, Sheet, write_xlsx

_MONTH_WIDTH = 11


def _months() -> list[str]:
    return [month_name(month, short=True) for month in MONTHS]


def _usual(line: Line) -> str:
    return "" if line.row.usual is None else start_text(line.row.usual)


def _told(note: Note) -> str:
    """ "[2] 8 september utgår. För få anmälda."."""
    return " ".join(part for part in (f"[{note.number}]", note.sentence, note.reason) if part)


# ---------------------------------------------------------------- CSV


def csv_of(table: Table) -> bytes:
    """A row for each forum: whose it is, its usual time, a cell for each month, how many meetings, its changes."""
    notes = {note.number: note for note in table.notes}
    head = [_("Organisation"), _("Forum"), _("Tid"), *_months(), _("Möten"), _("Ändringar efter beslutet")]
    return csv_file(
        head,
        [
            [
                group, line.title, _usual(line),
                *(", ".join(cell_text(item) for item in cell) for cell in line.row.cells),
                line.row.count,
                " ".join(_told(notes[number]) for number in line.row.notes if number in notes),
            ]
            for group, lines in table.groups
            for line in lines
        ],
    )  # fmt: skip


# ---------------------------------------------------------------- Excel


def xlsx_of(table: Table, written_at: datetime) -> bytes:
    """The plan on one sheet, its changes on another."""
    rows: list[list[Cell]] = [
        [Cell(table.title, "title")],
        [Cell(table.status)],
        [],
        [Cell(word, "head") for word in (_("Forum"), _("Tid"), *_months(), _("Möten"))],
    ]
    for group, lines in table.groups:
        rows.append([Cell(group, "group"), *(Cell("", "group") for _n in range(14))])
        rows += [
            [
                Cell(line.title),
                Cell(_usual(line)),
                *map(_cell, line.row.cells),
                Cell(line.row.count),
            ]
            for line in lines
        ]
    sheets = [Sheet(table.title, rows, [34, 8, *[_MONTH_WIDTH] * 12, 8], head_row=4)]
    if table.notes:
        head = [Cell(word, "head") for word in (_("Nummer"), _("Forum"), _("Ändring"), _("Skäl"), _("När och av vem"))]
        changes = [
            [Cell(note.number), Cell(note.forum), Cell(note.sentence), Cell(note.reason), Cell(note.by)]
            for note in table.notes
        ]
        sheets.append(Sheet(_("Ändringar"), [head, *changes], [9, 34, 50, 40, 30]))
    return write_xlsx(sheets, written_at)


def _cell(cell: Sequence[Item]) -> Cell:
    """A single day that stands as it was is a number."""
    if len(cell) == 1 and cell_text(cell[0]).isdecimal():
        return Cell(int(cell_text(cell[0])))
    return Cell(list(_runs(cell)))


def _runs(cell: Sequence[Item]) -> Iterator[Run]:
    for n, item in enumerate(cell):
        if n:
            yield Run(", ")
        yield Run(cell_text(item), item.look)


# ---------------------------------------------------------------- a paper


def paper_of(table: Table, publisher: str) -> Paper:
    """The plan as a paper that lies on its side."""
    groups = [(group, [_row(line) for line in lines]) for group, lines in table.groups]
    caption = _("Siffran är dagen i månaden. Forumets vanliga tid står efter namnet, en annan tid vid dagen.")
    blocks: list[Block] = [Grid(caption, [_("Forum"), *_months(), _("Möten")], groups)]
    if table.notes:
        blocks.append(Heading(_("Ändringar efter beslutet")))
        blocks += [
            Text(
                " ".join(part for part in (note.sentence, note.reason, note.by) if part), f"{note.number}. {note.forum}"
            )
            for note in table.notes
        ]
    return Paper(
        title=table.title,
        publisher=publisher,
        language=language(),
        status=table.status,
        blocks=blocks,
        footer=table.title,
        landscape=True,
    )


def _row(line: Line) -> list[list[Piece]]:
    name = f"{line.title} {_usual(line)}".strip()
    cells = [[piece for n, item in enumerate(cell) for piece in _pieces(item, first=n == 0)] for cell in line.row.cells]
    return [[Piece(name)], *cells, [Piece(str(line.row.count))]]


def _pieces(item: Item, *, first: bool) -> Iterator[Piece]:
    if not first:
        yield Piece(", ")
    yield Piece(days_text(item.planned), item.look)
    if item.look != "gone" and (item.says_time or item.is_new_time):
        yield Piece(f" {start_text(item.planned.start)}")
    if item.note is not None:
        yield Piece(f" [{item.note}]")
