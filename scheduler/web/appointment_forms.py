"""Pages that say who sits on a seat: appointing (somebody found or somebody new), replacing, ending, putting right.

Not here: the seats themselves, the page an appointment is changed on (``seat_forms``).
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.db import db
from scheduler.errors import NotFound, Refused
from scheduler.forums import appointments
from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.forums.seats import seat_plan
from scheduler.i18n import gettext as _
from scheduler.meetings.queries import meetings_showing
from scheduler.organisations.rows import claim
from scheduler.organisations.rules import shown_name
from scheduler.web.attempt import attempt
from scheduler.web.fields import show_problems
from scheduler.web.filters import swedish
from scheduler.web.forms.seats import AppointForm, CorrectForm, LastDayForm, RemoveForm
from scheduler.web.person_choice import candidates, person_of
from scheduler.web.seat_forms import (
    commit_seats,
    day_words,
    find_seat,
    later_day,
    opened_appointment,
    render_seat,
    scopes_before,
    seat_title,
)
from scheduler.web.security import actor, now, policy, today
from scheduler.web.seen import clash_with
from scheduler.web.shell import saved

bp = Blueprint("appointment_forms", __name__)


@bp.route("/forums/<slug>/seats/<int:seat_id>/appoint", methods=["GET", "POST"])
@policy("forum.edit")
def appoint(slug: str, seat_id: int) -> ResponseReturnValue:
    """Appointing somebody to a seat; ``?q=`` finds people, ``?replace=1`` lets them take it over.

    The second button goes on to the next empty seat, for a whole board in one sitting.
    """
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
    people = candidates(session, text, _home(seat), form.person)
    form.offer(people)
    if request.method == "GET" and text and not people:
        form.suggest(text)
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            place = appointments.replace if form.replace.data else appointments.appoint
            try:
                who = person_of(session, form, _home(seat))
                made = place(session, actor(), now(), seat, person_id=who, **form.sitting())
            except Refused as refused:
                session.rollback()
                show_problems(form, refused)
            else:
                commit_seats(session, seat.forum)
                name = shown_name(made.person)
                saved(_("%(name)s har platsen från och med %(day)s.", name=name, day=day_words(made.from_on)))
                following = _next_vacant(session, seat) if "next" in request.form else None
                if following is not None:
                    return redirect(url_for("appointment_forms.appoint", slug=slug, seat_id=following), 303)
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
        vacant=_next_vacant(session, seat) is not None,
    )
    return page, status


def _sitting(seat: Seat) -> Appointment | None:
    """Who sits there today or is the next to, as far as anybody is."""
    rows = [row for row in seat.appointments if row.to_on is None or row.to_on >= today()]
    return min(rows, key=lambda row: row.from_on, default=None)


def _home(seat: Seat) -> int | None:
    """The organisation whose seat it is."""
    return seat.organisation_id or (seat.office.organisation_id if seat.office is not None else None)


def _next_vacant(session: Session, seat: Seat) -> int | None:
    """The forum's own seat that is empty today and stands after ``seat`` in order, or else the first one; or None."""
    plan = [row for row in seat_plan(session, [seat.forum_id], today())[seat.forum_id] if row.via_forum_id is None]
    vacant = [row for row in plan if row.is_vacant and row.offer != "offered" and row.seat_id != seat.id]
    after = [row for row in vacant if (row.position, row.seat_id) > (seat.position, seat.id)]
    return next((row.seat_id for row in [*after, *vacant]), None)


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
    claim(session, row)
    if clash := clash_with(session, form, opened_appointment(row), "forum", seat.forum_id):
        return render_seat(seat, {"correct": form}, 409, appointment_id, clash=clash)
    if not attempt(form, lambda: appointments.correct_appointment(session, actor(), now(), row, **form.values())):
        return render_seat(seat, {"correct": form}, 422, appointment_id)
    commit_seats(session, seat.forum)
    saved(_("Uppdraget är rättat."))
    return redirect(url_for("seat_forms.edit", slug=slug, seat_id=seat_id), 303)


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
            saved(
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
    before = scopes_before(session, seat.forum)
    try:
        appointments.remove_appointment(session, actor(), now(), row, reason=form.reason.data)
    except Refused as refused:
        session.rollback()
        show_problems(form, refused)
        return render_seat(seat, {"remove": form}, 422, appointment_id)
    commit_seats(session, seat.forum, before)
    saved(_("Uppdraget är borttaget."))
    return redirect(url_for("seat_forms.edit", slug=slug, seat_id=seat_id), 303)
