"""Pages that say who sits on a seat: appointing, replacing, ending and putting right.

Not here: the seats themselves, the page an appointment is changed on (``seat_forms``).
"""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.db import db
from scheduler.errors import NotFound, Refused
from scheduler.forums import appointments
from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.i18n import gettext as _
from scheduler.meetings.queries import meetings_showing
from scheduler.organisations.queries import PersonRow, persons_by_id, persons_for_list
from scheduler.organisations.rules import shown_name
from scheduler.web.fields import show_problems
from scheduler.web.filters import swedish
from scheduler.web.forms.seats import AppointForm, CorrectForm, LastDayForm, RemoveForm
from scheduler.web.seat_forms import commit_seats, day_words, find_seat, later_day, render_seat, seat_title
from scheduler.web.security import actor, now, policy, today

bp = Blueprint("appointment_forms", __name__)

#: So many people are offered for a seat at once.
MOST_PEOPLE = 20


@bp.route("/forums/<slug>/seats/<int:seat_id>/appoint", methods=["GET", "POST"])
@policy("forum.edit")
def appoint(slug: str, seat_id: int) -> ResponseReturnValue:
    """Appointing somebody to a seat; ``?q=`` finds people, ``?replace=1`` lets them take it over."""
    seat = find_seat(seat_id)
    session = db.session()
    text = request.args.get("q", "").strip()
    sitting = _sitting(seat)
    taking_over = sitting is not None and bool(request.args.get("replace"))
    form = AppointForm(
        request.form if request.method == "POST" else None,
        data={"from_on": today(), "replace": taking_over},
        meta={"today": today()},
    )
    if sitting is not None:
        form.replace.label.text = _("%(name)s lämnar platsen dagen före", name=shown_name(sitting.person))
    people = _candidates(session, seat, text, form.person)
    form.offer(people)
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            place = appointments.replace if form.replace.data else appointments.appoint
            try:
                made = place(session, actor(), now(), seat, person_id=form.person, **form.sitting())
            except Refused as refused:
                session.rollback()
                show_problems(form, refused)
            else:
                commit_seats(session, seat.forum)
                name = shown_name(made.person)
                flash(_("%(name)s har platsen från och med %(day)s.", name=name, day=day_words(made.from_on)))
                return redirect(url_for("seat_forms.index", slug=slug, on=later_day(made.from_on)), 303)
    page = render_template(
        "forums/appoint.html",
        forum=seat.forum,
        seat=seat,
        title=seat_title(seat),
        form=form,
        text=text,
        people=people,
        homes={str(row.id): swedish(row.organisation_name or "") for row in people},
        sitting=sitting,
        sitting_name="" if sitting is None else shown_name(sitting.person),
        reach=_reach(session, seat.forum),
    )
    return page, status


def _sitting(seat: Seat) -> Appointment | None:
    """Who sits there today or is the next to, as far as anybody is."""
    rows = [row for row in seat.appointments if row.to_on is None or row.to_on >= today()]
    return min(rows, key=lambda row: row.from_on, default=None)


def _candidates(session: Session, seat: Seat, text: str, chosen: int | None) -> list[PersonRow]:
    """Those found by the words; without any, those at home in the organisation whose seat it is."""
    found: list[PersonRow] = []
    home = seat.organisation_id or (seat.office.organisation_id if seat.office is not None else None)
    if text:
        found = persons_for_list(session, text=text, limit=MOST_PEOPLE)
    elif home is not None:
        found = persons_for_list(session, organisation_id=home, limit=MOST_PEOPLE)
    if chosen is not None and all(row.id != chosen for row in found):
        found += [
            PersonRow(row.id, shown_name(row), None, None, None, None, None, row.protected)
            for row in persons_by_id(session, [chosen]).values()
        ]
    return found


def _reach(session: Session, forum: Forum) -> tuple[int, int]:
    """How many coming meetings invite whoever has a seat then, and how many are called already."""
    states = [row.state for row in meetings_showing(session, seats_of_forums=[forum.id]) if row.start_at > now()]
    return sum(state in {"proposed", "confirmed"} for state in states), states.count("called")


def _appointment(seat: Seat, appointment_id: int) -> Appointment:
    """An appointment to the seat; raises NotFound for another's."""
    found = next((row for row in seat.appointments if row.id == appointment_id), None)
    if found is None:
        raise NotFound
    return found


@bp.post("/forums/<slug>/seats/<int:seat_id>/appointments/<int:appointment_id>")
@policy("forum.edit")
def correct(slug: str, seat_id: int, appointment_id: int) -> ResponseReturnValue:
    """Puts an appointment right."""
    seat = find_seat(seat_id)
    row = _appointment(seat, appointment_id)
    session = db.session()
    form = CorrectForm(request.form, prefix="correct-", meta={"today": today()})
    if form.validate():
        try:
            appointments.correct_appointment(session, actor(), now(), row, **form.values())
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            commit_seats(session, seat.forum)
            flash(_("Uppdraget är rättat."))
            return redirect(url_for("seat_forms.edit", slug=slug, seat_id=seat_id), 303)
    return render_seat(seat, {"correct": form}, 422, appointment_id)


@bp.post("/forums/<slug>/seats/<int:seat_id>/appointments/<int:appointment_id>/end")
@policy("forum.edit")
def end_appointment(slug: str, seat_id: int, appointment_id: int) -> ResponseReturnValue:
    """Ends an appointment on a day; the seat is empty after it."""
    seat = find_seat(seat_id)
    row = _appointment(seat, appointment_id)
    session = db.session()
    form = LastDayForm(request.form, prefix="end-", meta={"today": today()})
    if form.validate():
        try:
            appointments.end_appointment(session, actor(), now(), row, on=form.on.data)
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            commit_seats(session, seat.forum)
            flash(
                _(
                    "%(name)s har platsen till och med %(day)s.",
                    name=shown_name(row.person),
                    day=day_words(form.on.data),
                )
            )
            return redirect(url_for("seat_forms.edit", slug=slug, seat_id=seat_id), 303)
    return render_seat(seat, {"end": form}, 422, appointment_id)


@bp.post("/forums/<slug>/seats/<int:seat_id>/appointments/<int:appointment_id>/remove")
@policy("forum.edit")
def remove_appointment(slug: str, seat_id: int, appointment_id: int) -> ResponseReturnValue:
    """Takes away an appointment entered by mistake."""
    seat = find_seat(seat_id)
    row = _appointment(seat, appointment_id)
    session = db.session()
    form = RemoveForm(request.form, prefix="remove-")
    try:
        appointments.remove_appointment(session, actor(), now(), row, reason=form.reason.data)
    except Refused as refused:
        session.rollback()
        show_problems(form, refused)
        return render_seat(seat, {"remove": form}, 422, appointment_id)
    commit_seats(session, seat.forum)
    flash(_("Uppdraget är borttaget."))
    return redirect(url_for("seat_forms.edit", slug=slug, seat_id=seat_id), 303)
