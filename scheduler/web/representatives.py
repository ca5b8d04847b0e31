"""Representatives that organisations have reported: what waits for the reader, confirming or declining one.

A report belongs to the secretariat of its seat's forum; to others it does not exist. Not here: reporting
(``organisation_page``), appointing without a report (``appointment_forms``).
"""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler.accounts.rules import may
from scheduler.db import db
from scheduler.errors import NotFound, Refused
from scheduler.forums import representatives
from scheduler.forums.own_seats import seats_with_offices
from scheduler.forums.seat_models import RepresentativeReport
from scheduler.forums.seats import SeatHolder, seat_plan
from scheduler.i18n import gettext as _
from scheduler.organisations.rules import shown_name
from scheduler.web.fields import PageForm, form_errors, show_problems
from scheduler.web.forms.organisation_page import NEW, ConfirmReportForm, DeclineReportForm
from scheduler.web.seat_forms import commit_seats, day_words
from scheduler.web.security import actor, now, policy, principal, today
from scheduler.web.shell import saved

bp = Blueprint("representatives", __name__)

#: So many settled reports are listed.
SETTLED = 20


def kept_forums() -> frozenset[int] | None:
    """The forums whose secretariat the person is; None: every forum."""
    who = principal()
    return None if who.administrator else who.secretariat_forums


def waiting_count() -> int:
    """How many reports wait for the person."""
    return representatives.count_waiting(db.session(), forum_ids=kept_forums())


def _find(report_id: int) -> RepresentativeReport:
    """A report that is the person's to settle; raises NotFound for any other."""
    report = db.session.get(RepresentativeReport, report_id)
    if report is None or not may(principal(), "forum.edit", forum_ids=[report.seat.forum_id]):
        raise NotFound
    return report


def _sitting(report: RepresentativeReport) -> SeatHolder | None:
    """Who has the seat today; None when nobody has."""
    plan = seat_plan(db.session(), [report.seat.forum_id], today())[report.seat.forum_id]
    return next((row for row in plan if row.seat_id == report.seat_id and row.person_id is not None), None)


@bp.get("/representatives")
@policy("register.read")
def index() -> ResponseReturnValue:
    """The reports that wait, the oldest first, and those settled last."""
    session = db.session()
    waiting = representatives.waiting_reports(session, forum_ids=kept_forums())
    settled = representatives.settled_reports(session, forum_ids=kept_forums(), limit=SETTLED)
    return render_template("representatives/index.html", waiting=waiting, settled=settled)


@bp.get("/representatives/<int:report_id>")
@policy("secretariat")
def show(report_id: int) -> ResponseReturnValue:
    """One report: the seat, who sits there, whom the organisation means."""
    return _page(_find(report_id), {})


@bp.post("/representatives/<int:report_id>/confirm")
@policy("secretariat")
def confirm(report_id: int) -> ResponseReturnValue:
    """Appoints whom the organisation reported."""
    report = _find(report_id)
    session = db.session()
    form = ConfirmReportForm(request.form, prefix="confirm-", meta={"today": today()})
    if form.validate():
        try:
            made = representatives.confirm_report(
                session, actor(), now(), report, person_id=form.person, from_on=form.from_on.data
            )
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            commit_seats(session, report.seat.forum)
            name = shown_name(made.person)
            saved(_("%(name)s har platsen från och med %(day)s.", name=name, day=day_words(made.from_on)))
            return redirect(url_for("representatives.index"), 303)
    return _page(report, {"confirm": form}, status=422)


@bp.post("/representatives/<int:report_id>/decline")
@policy("secretariat")
def decline(report_id: int) -> ResponseReturnValue:
    """Turns a report down and says why."""
    report = _find(report_id)
    session = db.session()
    form = DeclineReportForm(request.form, prefix="decline-")
    try:
        representatives.decline_report(session, actor(), now(), report, reason=form.reason.data)
    except Refused as refused:
        session.rollback()
        show_problems(form, refused)
        return _page(report, {"decline": form}, status=422)
    session.commit()
    flash(_("Anmälan är avböjd. %(name)s ser varför på sin sida.", name=report.organisation.name))
    return redirect(url_for("representatives.index"), 303)


def _page(report: RepresentativeReport, forms: dict[str, PageForm], *, status: int = 200) -> ResponseReturnValue:
    session = db.session()
    likely = representatives.likely_persons(session, report)
    chosen = {"person_id": str(likely[0].id) if likely else NEW, "from_on": report.from_on}
    confirm_form = forms.get("confirm") or ConfirmReportForm(None, prefix="confirm-", data=chosen)
    assert isinstance(confirm_form, ConfirmReportForm)  # noqa: S101 - as the view of that name makes it
    confirm_form.offer(likely, f"{report.given_name} {report.family_name}")
    page = render_template(
        "representatives/show.html",
        report=report,
        seat=seats_with_offices(session, [report.seat_id])[report.seat_id],
        sitting=_sitting(report),
        likely=likely,
        form=next((wrong for wrong in forms.values() if form_errors(wrong)), None),
        confirm_form=confirm_form,
        decline_form=forms.get("decline") or DeclineReportForm(None, prefix="decline-"),
    )
    return page, status


bp.add_app_template_global(waiting_count, "waiting_reports")
