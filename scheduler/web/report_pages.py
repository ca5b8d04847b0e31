"""What the reports share: a report as one value, its page, its CSV and its workbook.

Imported when somebody opens a report, not when the application starts. Not here: what each report says
(``report_cadence``, ``report_attendance``, ``report_load``, ``report_mail``), addresses (``reports``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from scheduler.accounts.rules import Need, may
from scheduler.db import db
from scheduler.errors import NotFound
from scheduler.forums.models import Forum
from scheduler.forums.queries import forums_for_list
from scheduler.i18n import gettext as _
from scheduler.i18n import language
from scheduler.reports.statistics.tables import Column, Drawing, Name, Of, State, Table, Value, csv_of, xlsx_of
from scheduler.web.access import seen_forums
from scheduler.web.filters import swedish
from scheduler.web.papers import attached
from scheduler.web.security import now, principal, today
from scheduler.web.symbols import pill

#: Years offered before the present one, and how far the address may reach.
YEARS_BACK = 3
REACH = 50


@dataclass(frozen=True)
class Report:
    """A year's report."""

    #: Names it in addresses: cadence, attendance, load or mail.
    key: str
    #: "Mötestakt 2025".
    title: str
    year: int
    #: The situation in a sentence or two.
    lead: str
    #: In the order of the page; none when there is nothing to count.
    tables: Sequence[Table]
    #: What else the page shows, by name.
    values: Mapping[str, Any] = field(default_factory=dict)
    #: What the address narrows the report by, for its links.
    chosen: Mapping[str, str] = field(default_factory=dict)
    #: Years offered after the present one.
    years_ahead: int = 0


def check_year(year: int) -> None:
    """Raises NotFound for a year far from today."""
    if abs(year - today().year) > REACH:
        raise NotFound


def page(report: Report) -> ResponseReturnValue:
    """The report as a page."""
    on = today()
    offered = {*range(on.year - YEARS_BACK, on.year + 1 + report.years_ahead), report.year}
    return render_template(
        f"reports/{report.key}.html",
        report=report,
        tables={table.key: table for table in report.tables},
        years=sorted(offered),
        places=places,
        shown=shown,
        **report.values,
    )


def file(report: Report, sheet: str) -> ResponseReturnValue:
    """The report as a workbook with all its tables, or the table that ``?table=`` names (the first) as CSV.

    With nothing to count it holds the sentence that says so: whoever fetches every year finds each.
    """
    tables = report.tables or [Table("none", report.title, "", [Column(report.title)], [[report.lead]])]
    if sheet == "xlsx":
        return attached(xlsx_of(report.title, report.lead, tables, now()), f"{report.title}.xlsx", "xlsx")
    asked = request.args.get("table", tables[0].key)
    table = next((row for row in tables if row.key == asked), None)
    if table is None:
        raise NotFound
    return attached(csv_of(table), f"{report.title} {table.title}.csv", "csv")


def places(table: Table) -> list[tuple[int, Column]]:
    """The columns that stand on the page, each with its place in a row."""
    return [(n, column) for n, column in enumerate(table.columns) if column.on_page]


def shown(column: Column, value: Value) -> str | Markup:
    """What a cell holds on the page; a page may hold thousands, so that no macro is called for each."""
    if isinstance(value, int):
        return str(value)
    if value is None:
        return "" if column.kind == "drawing" else "–"
    if isinstance(value, Of):
        if column.kind == "percent":
            return Markup("<b>{}</b>").format(percent_text(value.percent))
        return _("%(n)s av %(of)s", n=value.part, of=value.whole)
    if isinstance(value, Name):
        name = swedish(value.text)
        return Markup('<a href="{}">{}</a>').format(value.url, name) if value.url else name
    if isinstance(value, State):
        return pill(value.glyph, value.word)
    return value.markup if isinstance(value, Drawing) else value


def percent_text(share: int | None) -> str:
    """ "92 %"; "–" of nothing."""
    if share is None:
        return "–"
    return f"{share}%" if language() == "en" else f"{share}\u00a0%"


# ---------------------------------------------------------------- whose


def counted_forums(need: Need | None = None) -> list[Forum]:
    """The forums a report counts, of those the reader sees: with ``need``, those of which the reader may do that.

    Ended ones too, whose last day is known: they were in use in earlier years. Families and groups without a name are
    no forums of their own.
    """
    own, public = seen_forums()
    found = forums_for_list(db.session(), forum_ids=own, public_only=public)
    return [
        forum
        for forum in found
        if forum.family_count is None
        and not (forum.parent_id and forum.name_missing)
        and (forum.state in {"active", "resting"} or (forum.state == "ended" and forum.valid_to_on is not None))
        and (need is None or may(principal(), need, forum_ids=[forum.id]))
    ]


def sees_every_forum() -> bool:
    """Whether the reader sees all forums there are."""
    return principal().administrator or principal().reader


def forum_name(forum: Forum) -> Name:
    """A forum as a cell."""
    return Name(forum.title, url_for("forums.show", slug=forum.slug))


def kind_word(forum: Forum) -> str:
    """The word of a forum's kind in the language in use."""
    return forum.kind.en if language() == "en" else forum.kind.sv


def scope_note(forums: Collection[Forum]) -> str:
    """Whose numbers these are, where it is not everybody's; "" where it is."""
    if sees_every_forum():
        return ""
    return _("Räknat på de %(n)s forum du sköter eller deltar i.", n=len(forums))
