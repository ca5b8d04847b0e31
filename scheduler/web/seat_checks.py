"""The yearly question to the organisations whether their seats are right: who was asked, who has answered (M29).

Not here: the organisation's own answer (``organisation_page``), one organisation's link (``organisation_links``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.accounts.rules import may
from scheduler.db import db
from scheduler.errors import NotFound, Refused
from scheduler.forums import seat_checks
from scheduler.forums.seat_checks import Asked
from scheduler.forums.seat_models import SeatCheck
from scheduler.i18n import gettext as _
from scheduler.i18n import ngettext
from scheduler.mail.actions import queue_organisation_link
from scheduler.web.fields import show_problems
from scheduler.web.forms.organisation_page import ConfirmedForm, StartChecksForm
from scheduler.web.organisation_links import letter_of, mail_to
from scheduler.web.organisation_page import organisation_link
from scheduler.web.security import actor, now, policy, principal, today

bp = Blueprint("seat_checks", __name__)

#: How long the organisations have unless another day is chosen.
TIME_TO_ANSWER = timedelta(weeks=3)


@dataclass(frozen=True)
class Row:
    """An organisation of the list, with the way to it for those who may write to it."""

    asked: Asked
    link: str | None


def _forums() -> frozenset[int] | None:
    """The forums the list is about: those whose secretariat the person is; None, for who reads everything: all."""
    who = principal()
    return None if who.administrator or who.reader else who.secretariat_forums


def _may_ask() -> bool:
    return may(principal(), "register.edit")


@bp.get("/seat-checks")
@policy("register.read")
def index() -> ResponseReturnValue:
    """Every organisation with a seat, and whether it has confirmed its seats this year."""
    return _page(ConfirmedForm())


def _page(form: ConfirmedForm, chosen: int = 0, status: int = 200) -> ResponseReturnValue:
    found = seat_checks.checks_of_year(db.session(), _forums(), today())
    ask = _may_ask()
    rows = [Row(asked, organisation_link(asked.organisation) if ask else None) for asked in found]
    page = render_template(
        "seat_checks/index.html",
        may_ask=ask,
        form=form,
        chosen=chosen,
        missing=[row for row in rows if row.asked.check is not None and row.asked.check.confirmed_at is None],
        done=[row for row in rows if row.asked.check is not None and row.asked.check.confirmed_at is not None],
        unasked=[row for row in rows if row.asked.check is None],
    )
    return page, status


# ---------------------------------------------------------------- asking


@bp.route("/seat-checks/new", methods=["GET", "POST"])
@policy("register.edit")
def new() -> ResponseReturnValue:
    """Asks the organisations that have not been asked this year, by mail or without one."""
    session = db.session()
    form = StartChecksForm(
        request.form if request.method == "POST" else None,
        data={"answer_by_on": today() + TIME_TO_ANSWER},
        meta={"today": today()},
    )
    to_ask = [row for row in seat_checks.checks_of_year(session, _forums(), today()) if row.check is None]
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                made = seat_checks.start_checks(
                    session, actor(), now(), organisation_ids=[row.organisation.id for row in to_ask],
                    answer_by_on=form.answer_by_on.data, today=today(),
                )  # fmt: skip
            except Refused as refused:
                session.rollback()
                show_problems(form, refused)
            else:
                sent = _send(session, made) if "send" in request.form else 0
                session.commit()
                asked = ngettext("1 organisation är tillfrågad.", "%(n)s organisationer är tillfrågade.", len(made))
                mails = ngettext("1 brev skickas.", "%(n)s brev skickas.", sent) if sent else _("Inga brev skickas.")
                flash(f"{asked} {mails}")
                return redirect(url_for("seat_checks.index"), 303)
    first = next((row.organisation for row in to_ask if row.organisation.contact_email), None)
    day = form.answer_by_on.data or today() + TIME_TO_ANSWER
    page = render_template(
        "seat_checks/new.html",
        form=form,
        with_address=[row for row in to_ask if row.organisation.contact_email],
        without=[row for row in to_ask if not row.organisation.contact_email],
        letter=letter_of(session, mail_to(session, first, day)) if first is not None else None,
        first=first,
    )
    return page, status


def _send(session: Session, made: Collection[SeatCheck]) -> int:
    """Queues the mails of those that have an address; how many it were."""
    return sum(
        queue_organisation_link(session, mail_to(session, check.organisation, check.answer_by_on)) for check in made
    )


# ---------------------------------------------------------------- one organisation


def _find(check_id: int) -> SeatCheck:
    """A check of an organisation that the list holds; raises NotFound for any other."""
    check = db.session.get(SeatCheck, check_id)
    if check is None or check.organisation_id not in seat_checks.seated_organisations(db.session(), _forums(), today()):
        raise NotFound
    return check


@bp.post("/seat-checks/<int:check_id>/confirm")
@policy("register.edit")
def confirm(check_id: int) -> ResponseReturnValue:
    """Notes that the organisation confirmed its seats in another way."""
    check = _find(check_id)
    session = db.session()
    form = ConfirmedForm(request.form)
    try:
        seat_checks.confirm_check(session, actor(), now(), check, name=form.name.data)
    except Refused as refused:
        session.rollback()
        show_problems(form, refused)
        return _page(form, check_id, 422)
    session.commit()
    flash(_("%(name)s har bekräftat sina platser.", name=check.organisation.name))
    return redirect(url_for("seat_checks.index"), 303)


@bp.post("/seat-checks/<int:check_id>/remind")
@policy("register.edit")
def remind(check_id: int) -> ResponseReturnValue:
    """Sends the question once more, at most once a day."""
    check = _find(check_id)
    session = db.session()
    organisation = check.organisation
    queued = queue_organisation_link(session, mail_to(session, organisation, check.answer_by_on))
    session.commit()
    if queued:
        flash(_("Länken skickas till %(address)s.", address=organisation.contact_email))
    elif organisation.contact_email:
        flash(_("Länken är redan skickad till %(address)s i dag.", address=organisation.contact_email))
    else:
        flash(_("Organisationen har ingen e-postadress. Lägg in en först."))
    return redirect(url_for("seat_checks.index"), 303)
