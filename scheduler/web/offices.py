"""Pages of offices: the list, one office with who has it and what it fills, entering, editing, and who takes it over.

A new governor is one row here: every seat, lead, list and calendar that follows from the office follows. Not here: the
seats that belong to an office (``seat_forms``), what makes a value right (``organisations.offices``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.db import db
from scheduler.errors import NotFound, Refused
from scheduler.forums.office_uses import forums_by_office, uses_of_office, was_used
from scheduler.history.queries import history_of
from scheduler.i18n import date_text, language
from scheduler.i18n import gettext as _
from scheduler.mail.actions import announce
from scheduler.meetings.actions import refresh
from scheduler.meetings.queries import meetings_showing
from scheduler.organisations import offices as actions
from scheduler.organisations.models import Office, OfficeHolding
from scheduler.organisations.queries import offices_for_list, organisations_for_list
from scheduler.organisations.rows import claim
from scheduler.organisations.rules import shown_name
from scheduler.web.access import site
from scheduler.web.fields import PageForm, form_errors, show_problems
from scheduler.web.filters import swedish
from scheduler.web.forms.offices import HoldForm, HoldingForm, LastHoldingForm, OfficeForm
from scheduler.web.forms.seats import RemoveForm
from scheduler.web.person_choice import candidates, person_of
from scheduler.web.saved_by_other import Clash
from scheduler.web.security import actor, now, policy, settings, today
from scheduler.web.seen import clash_with
from scheduler.web.shell import saved

bp = Blueprint("offices", __name__)


def office_name(office: Office) -> str:
    """What the office is called, in the language in use where it has a name there."""
    return (office.en if language() == "en" else None) or office.sv


def _find(office_id: int) -> Office:
    office = db.session().get(Office, office_id)
    if office is None:
        raise NotFound
    return office


def _find_holding(office: Office, holding_id: int) -> OfficeHolding:
    """A holding of the office; raises NotFound for another's."""
    found = next((row for row in office.holdings if row.id == holding_id), None)
    if found is None:
        raise NotFound
    return found


def _commit(session: Session, office: Office) -> None:
    """Lets the seats, lists and calendars of everybody concerned follow, and saves."""
    meetings = meetings_showing(session, office_ids=[office.id])
    refresh(session, meetings, now(), site=site(), seats=True)
    announce(session, now(), settings())
    session.commit()


def _day(day: date) -> str:
    return date_text(day, weekday=False, year=True)


# ---------------------------------------------------------------- reading


@bp.get("/offices")
@policy("register.read")
def index() -> ResponseReturnValue:
    """All offices with who has them today, narrowed by words."""
    text = request.args.get("q", "").strip()
    session = db.session()
    return render_template(
        "offices/index.html",
        offices=offices_for_list(session, text=text),
        holders=actions.holders_on(session, None, today()),
        forums=forums_by_office(session),
        text=text,
    )


@bp.get("/offices/<int:office_id>")
@policy("register.read")
def show(office_id: int) -> ResponseReturnValue:
    """One office: who has it, who is to and who has had it, and the seats and forums that follow from it."""
    office = _find(office_id)
    session = db.session()
    return render_template(
        "offices/show.html",
        office=office,
        holdings=actions.holdings_of(session, office.id, today()),
        uses=uses_of_office(session, office.id, today()),
        changes=history_of(session, "office", office.id, limit=5),
        shown_name=shown_name,
    )


# ---------------------------------------------------------------- entering and editing


@bp.route("/offices/new", methods=["GET", "POST"])
@policy("register.edit")
def new() -> ResponseReturnValue:
    """Entering an office."""
    session = db.session()
    form = OfficeForm(request.form if request.method == "POST" else None)
    form.offer(organisations_for_list(session))
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                office = actions.create_office(session, actor(), now(), **form.values())
            except Refused as refused:
                session.rollback()
                show_problems(form, refused)
            else:
                session.commit()
                saved(_("%(name)s är sparad.", name=office_name(office)))
                return redirect(url_for("offices.show", office_id=office.id), 303)
    else:
        form.organisation_id.data = request.args.get("organisation", "")
    return render_template("offices/edit.html", form=form, office=None), status


@bp.route("/offices/<int:office_id>/edit", methods=["GET", "POST"])
@policy("register.edit")
def edit(office_id: int) -> ResponseReturnValue:
    """Editing an office."""
    office = _find(office_id)
    session = db.session()
    if request.method == "GET":
        return _render_edit(_opened(session, office), office, 200)
    form = OfficeForm(request.form)
    form.offer(organisations_for_list(session))
    claim(session, office)
    if clash := clash_with(session, form, _opened(session, office), "office", office.id):
        return _render_edit(form, office, 409, clash)
    if form.validate():
        try:
            used = was_used(session, office.id, today())
            given = form.values()
            actions.edit_office(session, actor(), now(), office, used=used, reason=form.reason.data, **given)
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            _commit(session, office)
            saved(_("%(name)s är sparad.", name=office_name(office)))
            return redirect(url_for("offices.show", office_id=office.id), 303)
    return _render_edit(form, office, 422)


def _opened(session: Session, office: Office) -> OfficeForm:
    """The form as it is opened on what is saved."""
    form = OfficeForm(None, obj=office)
    form.offer(organisations_for_list(session))
    form.show(office)
    form.stamp()
    return form


def _render_edit(form: OfficeForm, office: Office, status: int, clash: Clash | None = None) -> ResponseReturnValue:
    return render_template("offices/edit.html", form=form, office=office, clash=clash), status


# ---------------------------------------------------------------- who has it


@bp.route("/offices/<int:office_id>/holdings/new", methods=["GET", "POST"])
@policy("register.edit")
def begin(office_id: int) -> ResponseReturnValue:
    """Somebody begins to have the office; ``?q=`` finds people, ``?replace=1`` lets them take it over."""
    office = _find(office_id)
    session = db.session()
    text = request.args.get("q", "").strip()
    form = HoldForm(
        request.form if request.method == "POST" else None,
        data={"from_on": today(), "replace": bool(request.args.get("replace"))},
        meta={"today": today()},
    )
    form.offer_organisations(office, organisations_for_list(session))
    people = candidates(session, text, office.organisation_id, form.person)
    form.offer(people)
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                when = form.when()
                who = person_of(session, form, when["organisation_id"] or office.organisation_id)
                made = actions.begin_holding(
                    session, actor(), now(), office, person_id=who, replace=bool(form.replace.data), **when
                )
            except Refused as refused:
                session.rollback()
                show_problems(form, refused)
            else:
                _commit(session, office)
                name = shown_name(made.person)
                saved(_("%(name)s har befattningen från och med %(day)s.", name=name, day=_day(made.from_on)))
                return redirect(url_for("offices.show", office_id=office.id), 303)
    elif text and not people:
        form.suggest(text)
    page = render_template(
        "offices/hold.html",
        office=office,
        form=form,
        text=text,
        people=people,
        homes={str(row.id): swedish(row.organisation_name or "") for row in people},
        holders=actions.holders_on(session, [office.id], today()).get(office.id, []),
        uses=uses_of_office(session, office.id, today()),
    )
    return page, status


@bp.route("/offices/<int:office_id>/holdings/<int:holding_id>", methods=["GET", "POST"])
@policy("register.edit")
def holding(office_id: int, holding_id: int) -> ResponseReturnValue:
    """When somebody has an office: shown, and put right."""
    office = _find(office_id)
    row = _find_holding(office, holding_id)
    session = db.session()
    if request.method == "GET":
        return _render_holding(row, {}, 200)
    form = HoldingForm(request.form, meta={"today": today()})
    form.offer_organisations(office, organisations_for_list(session), held=row.organisation_id is not None)
    claim(session, row)
    if clash := clash_with(session, form, _opened_holding(session, row), "office", office.id):
        return _render_holding(row, {"correct": form}, 409, clash)
    if form.validate():
        try:
            actions.correct_holding(session, actor(), now(), row, today=today(), **form.values())
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            _commit(session, office)
            saved(_("Uppgifterna är rättade."))
            return redirect(url_for("offices.show", office_id=office.id), 303)
    return _render_holding(row, {"correct": form}, 422)


@bp.post("/offices/<int:office_id>/holdings/<int:holding_id>/end")
@policy("register.edit")
def end(office_id: int, holding_id: int) -> ResponseReturnValue:
    """Ends it on a day; nobody has the office after that until somebody begins."""
    office = _find(office_id)
    row = _find_holding(office, holding_id)
    session = db.session()
    form = LastHoldingForm(request.form, prefix="end-", meta={"today": today()})
    if form.validate():
        try:
            actions.end_holding(session, actor(), now(), row, on=form.on.data)
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            _commit(session, office)
            name, day = shown_name(row.person), _day(form.on.data)
            saved(_("%(name)s har befattningen till och med %(day)s.", name=name, day=day))
            return redirect(url_for("offices.show", office_id=office.id), 303)
    return _render_holding(row, {"end": form}, 422)


@bp.post("/offices/<int:office_id>/holdings/<int:holding_id>/remove")
@policy("register.edit")
def remove(office_id: int, holding_id: int) -> ResponseReturnValue:
    """Takes away what was entered by mistake."""
    office = _find(office_id)
    row = _find_holding(office, holding_id)
    session = db.session()
    form = RemoveForm(request.form, prefix="remove-")
    try:
        actions.remove_holding(session, actor(), now(), row, today=today(), reason=form.reason.data)
    except Refused as refused:
        session.rollback()
        show_problems(form, refused)
        return _render_holding(row, {"remove": form}, 422)
    _commit(session, office)
    saved(_("Uppgifterna är borttagna."))
    return redirect(url_for("offices.show", office_id=office.id), 303)


def _opened_holding(session: Session, row: OfficeHolding) -> HoldingForm:
    """The form as it is opened on what is saved."""
    form = HoldingForm(None, obj=row, meta={"today": today()})
    form.offer_organisations(row.office, organisations_for_list(session), held=row.organisation_id is not None)
    form.show(row)
    form.stamp()
    return form


def _render_holding(
    row: OfficeHolding, forms: Mapping[str, PageForm], status: int, clash: Clash | None = None
) -> ResponseReturnValue:
    """The page of a holding; ``forms`` are those that came back with something to put right."""
    correct = forms.get("correct") or _opened_holding(db.session(), row)
    page = render_template(
        "offices/holding.html",
        office=row.office,
        holding=row,
        name=shown_name(row.person),
        form=next((wrong for wrong in forms.values() if form_errors(wrong)), correct),
        correct=correct,
        end=forms.get("end") or LastHoldingForm(None, prefix="end-", meta={"today": today()}),
        remove=forms.get("remove") or RemoveForm(None, prefix="remove-"),
        clash=clash,
    )
    return page, status


bp.add_app_template_global(office_name)
