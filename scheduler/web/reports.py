"""Addresses of the reports: the list of them, and each for a year as a page, a workbook and CSV.

What a report says is imported when somebody opens it, not when the application starts. Not here: the reports
themselves (``report_cadence``, ``report_attendance``, ``report_load``, ``report_mail``).
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from scheduler.accounts.rules import may
from scheduler.i18n import lazy
from scheduler.web.security import policy, principal, today

bp = Blueprint("reports", __name__)

#: Endpoint, name, and what it answers.
REPORTS: tuple[tuple[str, Any, Any], ...] = (
    (
        "reports.cadence",
        lazy("Mötestakt"),
        lazy("Vilka forum som höll sin takt, per typ och år, och varför de andra missade den."),
    ),
    (
        "reports.attendance",
        lazy("Närvaro"),
        lazy("Hur stor del av platserna som var besatta, per forum och organisation."),
    ),
    ("reports.load", lazy("Möten per person"), lazy("Möten, timmar, resdagar och tyngsta vecka för var och en.")),
    (
        "reports.mail",
        lazy("Skickat och besvarat"),
        lazy("Brev som gick ut och kom fram, och om de kallade svarade i tid."),
    ),
)
#: Those that are the secretariats' alone.
CLOSED = frozenset({"reports.load", "reports.mail"})


@bp.get("/reports")
@policy("register.read")
def index() -> ResponseReturnValue:
    """The reports that the reader may open, and the page of health."""
    closed = may(principal(), "secretariat")
    year = today().year
    return render_template(
        "reports/index.html",
        reports=[
            (name, told, [(one, url_for(endpoint, year=one)) for one in range(year, year - 4, -1)])
            for endpoint, name, told in REPORTS
            if closed or endpoint not in CLOSED
        ],
        may_health=closed,
    )


@bp.get("/reports/cadence")
@policy("register.read")
def cadence_now() -> ResponseReturnValue:
    """To the present year."""
    return redirect(url_for("reports.cadence", year=today().year), 303)


@bp.get("/reports/cadence/<int:year>")
@policy("register.read")
def cadence(year: int) -> ResponseReturnValue:
    """How many forums kept their cadence; ``?group=`` those of a kind or a secretariat."""
    from scheduler.web import report_cadence, report_pages  # noqa: PLC0415 - reports wait until somebody opens one

    return report_pages.page(report_cadence.make(year))


@bp.get("/reports/cadence/<int:year>/table.<any('xlsx', 'csv'):sheet>")
@policy("register.read")
def cadence_file(year: int, sheet: str) -> ResponseReturnValue:
    """The same as a workbook, or the table of ``?table=`` as CSV."""
    from scheduler.web import report_cadence, report_pages  # noqa: PLC0415 - as above

    return report_pages.file(report_cadence.make(year, str), sheet)


@bp.get("/reports/attendance/<int:year>")
@policy("register.read")
def attendance(year: int) -> ResponseReturnValue:
    """How many seats were filled."""
    from scheduler.web import report_attendance, report_pages  # noqa: PLC0415 - as above

    return report_pages.page(report_attendance.make(year))


@bp.get("/reports/attendance/<int:year>/table.<any('xlsx', 'csv'):sheet>")
@policy("register.read")
def attendance_file(year: int, sheet: str) -> ResponseReturnValue:
    """The same as a file."""
    from scheduler.web import report_attendance, report_pages  # noqa: PLC0415 - as above

    return report_pages.file(report_attendance.make(year), sheet)


@bp.get("/reports/load/<int:year>")
@policy("secretariat")
def load(year: int) -> ResponseReturnValue:
    """How many meetings each person has."""
    from scheduler.web import report_load, report_pages  # noqa: PLC0415 - as above

    return report_pages.page(report_load.make(year))


@bp.get("/reports/load/<int:year>/table.<any('xlsx', 'csv'):sheet>")
@policy("secretariat")
def load_file(year: int, sheet: str) -> ResponseReturnValue:
    """The same as a file."""
    from scheduler.web import report_load, report_pages  # noqa: PLC0415 - as above

    return report_pages.file(report_load.make(year), sheet)


@bp.get("/reports/mail/<int:year>")
@policy("secretariat")
def mail(year: int) -> ResponseReturnValue:
    """What was sent, and how it was answered."""
    from scheduler.web import report_mail, report_pages  # noqa: PLC0415 - as above

    return report_pages.page(report_mail.make(year))


@bp.get("/reports/mail/<int:year>/table.<any('xlsx', 'csv'):sheet>")
@policy("secretariat")
def mail_file(year: int, sheet: str) -> ResponseReturnValue:
    """The same as a file."""
    from scheduler.web import report_mail, report_pages  # noqa: PLC0415 - as above

    return report_pages.file(report_mail.make(year), sheet)
