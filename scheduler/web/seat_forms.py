"""Pages of a forum's seats: the plan of a day, adding seats, one seat with who has sat there.

Not here: who sits there (``appointment_forms``), nesting and rotation, an organisation's own answers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from scheduler.db import db
from scheduler.errors import NotFound, Problem, Refused
from scheduler.forums import seating
from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.forums.seats import Coming, SeatHolder, coming_on_seats, seat_plan
from scheduler.i18n import date_text, language, ngettext
from scheduler.i18n import gettext as _
from scheduler.mail.actions import announce
from scheduler.meetings.actions import refresh
from scheduler.meetings.queries import meetings_showing
from scheduler.meetings.scopes import Scope, scopes_of
from scheduler.organisations.queries import offices_for_list, organisations_for_list
from scheduler.organisations.rows import claim
from scheduler.organisations.rules import shown_name
from scheduler.web import words
from scheduler.web.access import site
from scheduler.web.attempt import attempt
from scheduler.web.fields import DayField, PageForm, form_errors, show_problems
from scheduler.web.forms.organisations import organisation_choices
from scheduler.web.forms.seats import CorrectForm, LastDayForm, NewSeatsForm, RemoveForm, SeatForm
from scheduler.web.saved_by_other import Clash
from scheduler.web.security import actor, now, policy, settings, today
from scheduler.web.seen import clash_with
from scheduler.web.shell import saved

bp = Blueprint("seat_forms", __name__)


def scopes_before(session: Session, forum: Forum) -> set[Scope]:
    """Whose calendars may hold the forum's meetings; ask before a row goes by which they are found."""
    return scopes_of(session, meetings_showing(session, seats_of_forums=[forum.id]))


def commit_seats(session: Session, forum: Forum, before: Collection[Scope] = ()) -> None:
    """Lets the calendars of everybody concerned follow, those that lose meetings (``before``) too, and saves."""
    meetings = meetings_showing(session, seats_of_forums=[forum.id])
    refresh(session, meetings, now(), site=site(), seats=True, before=before)
    announce(session, now(), settings())
    session.commit()


def seat_title(seat: Seat) -> str:
    """What a seat is called: its own name, else whose it is, else its kind."""
    office = "" if seat.office is None else (seat.office.en if language() == "en" else None) or seat.office.sv
    organisation = "" if seat.organisation is None else seat.organisation.name
    return seat.label or organisation or office or seat.holder_text or words.seat_kind_word(seat.kind)


def forum_seats(session: Session, forum: Forum) -> Sequence[Seat]:
    """All seats there have been, in order, with whose they are."""
    return session.scalars(
        select(Seat)
        .where(Seat.forum_id == forum.id)
        .options(joinedload(Seat.organisation), joinedload(Seat.office))
        .order_by(Seat.position, Seat.id)
    ).all()


def find_seat(seat_id: int) -> Seat:
    """A seat of the forum in the address; raises NotFound for another's."""
    seat = db.session().get(Seat, seat_id)
    if seat is None or seat.forum_id != g.forum.id:
        raise NotFound
    return seat


def day_words(day: Any) -> str:
    """ "1 december 2026"."""
    return date_text(day, weekday=False, year=True)


# ---------------------------------------------------------------- the plan of a day


class DayForm(PageForm):
    """The day a plan is shown for."""

    on = DayField("")


@dataclass(frozen=True)
class SeatRow:
    """One seat of the plan."""

    holder: SeatHolder
    title: str
    #: Who comes to it next.
    coming: Coming | None


@dataclass(frozen=True)
class Included:
    """What a forum has of another's seats."""

    forum: Forum
    count: int
    vacant: int


@bp.get("/forums/<slug>/seats")
@policy("forum.edit")
def index(slug: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum it names
    """The seats of a forum on a day, today or ``?on=``: who fills them, which are empty."""
    forum: Forum = g.forum
    session = db.session()
    form = DayForm(request.args if "on" in request.args else None, data={"on": today()}, meta={"today": today()})
    form.on.label.text = _("Dag")
    fine = form.validate()
    on = form.on.data or today()
    plan = seat_plan(session, [forum.id], on)[forum.id]
    seats = {seat.id: seat for seat in forum_seats(session, forum)}
    coming = coming_on_seats(session, forum.id, on)
    own = [seat for seat in plan if seat.via_forum_id is None]
    rows = [SeatRow(seat, seat_title(seats[seat.seat_id]), coming.get(seat.seat_id)) for seat in own]
    page = render_template(
        "forums/seats.html",
        forum=forum,
        form=form,
        on=on,
        rows=rows,
        included=_included(session, plan),
        counts=_counts(plan),
        others=[seat for seat_id, seat in seats.items() if seat_id not in {row.holder.seat_id for row in rows}],
        vacant=sum(_is_empty(seat) for seat in plan),
        offered=sum(seat.is_vacant and seat.offer == "offered" for seat in plan),
    )
    return page, 200 if fine else 422


def _is_empty(seat: SeatHolder) -> bool:
    """Whether a seat lacks somebody, and nobody is thinking about it."""
    return seat.is_vacant and seat.offer != "offered"


def _included(session: Session, plan: Sequence[SeatHolder]) -> list[Included]:
    through: dict[int, list[SeatHolder]] = {}
    for seat in plan:
        if seat.via_forum_id is not None:
            through.setdefault(seat.via_forum_id, []).append(seat)
    forums = session.scalars(select(Forum).where(Forum.id.in_(through)).order_by(Forum.sort_key, Forum.id))
    return [
        Included(forum, len(through[forum.id]), sum(_is_empty(seat) for seat in through[forum.id])) for forum in forums
    ]


def _counts(plan: Sequence[SeatHolder]) -> list[str]:
    """ "24 ordinarie", "11 ersättare": each kind there is, those of unknown number left out."""
    known = {seat.seat_id: seat.kind for seat in plan if not seat.number_unknown}
    kinds = list(known.values())
    return [f"{kinds.count(kind)} {words.seat_kind_word(kind).lower()}" for kind in words.SEAT_KINDS if kind in kinds]


# ---------------------------------------------------------------- adding


@bp.route("/forums/<slug>/seats/new", methods=["GET", "POST"])
@policy("forum.edit")
def new(slug: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum it names
    """Adding seats for a party."""
    forum: Forum = g.forum
    session = db.session()
    form = NewSeatsForm(request.form if request.method == "POST" else None, meta={"today": today()})
    form.offer_parties(organisation_choices(organisations_for_list(session)), offices_for_list(session))
    form.offer_kinds()
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                added = _add(session, forum, form)
            except Refused as refused:
                session.rollback()
                show_problems(form, refused)
            else:
                commit_seats(session, forum)
                saved(ngettext("1 plats är tillagd.", "%(n)s platser är tillagda.", added))
                return redirect(url_for("seat_forms.index", slug=forum.slug, on=later_day(form.from_on.data)), 303)
    return render_template("forums/seats_new.html", forum=forum, form=form), status


def _add(session: Session, forum: Forum, form: NewSeatsForm) -> int:
    """Adds what the form asks for, all or nothing; how many seats it was."""
    added = 0
    for field, kind, count in form.counts():
        given: dict[str, Any] = {**form.whose(), "kind": kind}
        try:
            seats = seating.add_seats(
                session, actor(), now(), forum, count=count, offered=bool(form.offered.data), **given
            )
        except Refused as refused:
            raise _renamed(refused, {"count": field}) from None
        added += len(seats)
    return added


def _renamed(refused: Refused, names: Mapping[str, str]) -> Refused:
    """The same problems at the form's own names of the fields."""
    return Refused(*(Problem(names.get(p.field or "", p.field), p.text, p.values) for p in refused.problems))


def later_day(day: Any) -> str | None:
    """The day a plan is shown for after a change that begins later; None for today."""
    return day.isoformat() if day is not None and day > today() else None


# ---------------------------------------------------------------- one seat


@bp.route("/forums/<slug>/seats/<int:seat_id>", methods=["GET", "POST"])
@policy("forum.edit")
def edit(slug: str, seat_id: int) -> ResponseReturnValue:
    """One seat: what it is, who has sat there, sits there and is to; ``?appointment=`` opens one of these."""
    seat = find_seat(seat_id)
    session = db.session()
    if request.method == "GET":
        return render_seat(seat, {}, 200)
    form = SeatForm(request.form, meta={"today": today()})
    _offer(session, form, seat)
    claim(session, seat)
    if clash := clash_with(session, form, opened_seat(session, seat), "forum", g.forum.id):
        return render_seat(seat, {"form": form}, 409, clash=clash)
    before = scopes_before(session, seat.forum)
    if not attempt(form, lambda: seating.edit_seat(session, actor(), now(), seat, **form.values())):
        return render_seat(seat, {"form": form}, 422)
    commit_seats(session, seat.forum, before)
    saved(_("Platsen är sparad."))
    return redirect(url_for("seat_forms.edit", slug=slug, seat_id=seat_id), 303)


@bp.post("/forums/<slug>/seats/<int:seat_id>/move")
@policy("forum.edit")
def move(slug: str, seat_id: int) -> ResponseReturnValue:
    """Puts a seat one step up, or down, among those the page shows (``on``)."""
    seat = find_seat(seat_id)
    session = db.session()
    form = DayForm(request.form, meta={"today": today()})
    day = (form.on.data if form.validate() else None) or today()
    seating.step_seat(session, actor(), now(), seat, up=request.form.get("to") == "up", on=day)
    session.commit()  # no calendar shows the order
    saved(_("%(seat)s är flyttad.", seat=seat_title(seat)))
    shown = None if day == today() else day.isoformat()
    return redirect(url_for("seat_forms.index", slug=slug, on=shown, _anchor="h-plan"), 303)


@bp.post("/forums/<slug>/seats/<int:seat_id>/end")
@policy("forum.edit")
def end(slug: str, seat_id: int) -> ResponseReturnValue:
    """Ends a seat on a day; who sits there then leaves with it."""
    seat = find_seat(seat_id)
    session = db.session()
    form = LastDayForm(request.form, prefix="last-", meta={"today": today()})
    if form.validate():
        try:
            seating.end_seat(session, actor(), now(), seat, on=form.on.data)
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            commit_seats(session, seat.forum)
            saved(_("Platsens sista dag är %(day)s.", day=day_words(form.on.data)))
            return redirect(url_for("seat_forms.index", slug=slug), 303)
    return render_seat(seat, {"last": form}, 422)


@bp.post("/forums/<slug>/seats/<int:seat_id>/remove")
@policy("forum.edit")
def remove(slug: str, seat_id: int) -> ResponseReturnValue:
    """Takes away a seat nobody has been appointed to."""
    seat = find_seat(seat_id)
    session = db.session()
    form = RemoveForm(request.form, prefix="remove-")
    before = scopes_before(session, g.forum)
    try:
        seating.remove_seat(session, actor(), now(), seat)
    except Refused as refused:
        session.rollback()
        show_problems(form, refused)
        return render_seat(seat, {"remove": form}, 422)
    commit_seats(session, g.forum, before)
    saved(_("Platsen är borttagen."))
    return redirect(url_for("seat_forms.index", slug=slug), 303)


@bp.post("/forums/<slug>/seats/<int:seat_id>/offer")
@policy("forum.edit")
def offer(slug: str, seat_id: int) -> ResponseReturnValue:
    """Offers a seat to its organisation, or notes what the organisation answered."""
    seat = find_seat(seat_id)
    session = db.session()
    form = PageForm()
    answer = request.form.get("answer", "")
    try:
        if answer == "offered":
            seating.offer_seat(session, actor(), now(), seat)
        else:
            seating.answer_offer(session, actor(), now(), seat, accepted=answer == "accepted")
    except Refused as refused:
        session.rollback()
        show_problems(form, refused)
        return render_seat(seat, {"offer": form}, 422)
    commit_seats(session, seat.forum)
    saved(offer_word(seat.offer))
    return redirect(url_for("seat_forms.edit", slug=slug, seat_id=seat_id), 303)


def offer_word(answer: str | None) -> str:
    """How an offered seat stands, in a sentence."""
    known = {
        "offered": _("Platsen är erbjuden. Organisationen har inte svarat."),
        "accepted": _("Organisationen har tackat ja till platsen."),
        "declined": _("Organisationen har tackat nej till platsen."),
    }
    return known.get(answer or "", "")


def _offer(session: Session, form: SeatForm, seat: Seat) -> None:
    form.offer_parties(organisation_choices(organisations_for_list(session)), offices_for_list(session))
    ordinary = [(row.id, seat_title(row)) for row in forum_seats(session, seat.forum) if row.kind != "substitute"]
    form.offer(seat, ordinary)


def opened_seat(session: Session, seat: Seat) -> SeatForm:
    """The form of a seat as it is now."""
    form = SeatForm(None, obj=seat, meta={"today": today()})
    _offer(session, form, seat)
    form.show(seat)
    form.stamp()
    return form


def opened_appointment(appointment: Appointment | None) -> CorrectForm:
    """The form that puts an appointment right, as the appointment is now."""
    form = CorrectForm(None, obj=appointment, prefix="correct-", meta={"today": today()})
    form.stamp()
    return form


def render_seat(
    seat: Seat, forms: Mapping[str, PageForm], status: int, chosen_id: int = 0, *, clash: Clash | None = None
) -> ResponseReturnValue:
    """The page of a seat; ``forms`` are those that came back with something to put right."""
    session = db.session()
    day = {"today": today()}
    form = forms.get("form") or opened_seat(session, seat)
    chosen_id = chosen_id or request.args.get("appointment", 0, type=int)
    sittings = sorted(seat.appointments, key=lambda row: row.from_on, reverse=True)
    chosen = next((row for row in sittings if row.id == chosen_id), None)
    page = render_template(
        "forums/seat_edit.html",
        forum=seat.forum,
        seat=seat,
        title=seat_title(seat),
        form=next((wrong for wrong in forms.values() if form_errors(wrong)), form),
        seat_form=form,
        sittings=sittings,
        holders=[row for row in seat_plan(session, [seat.forum_id], today())[seat.forum_id] if row.seat_id == seat.id],
        chosen=chosen,
        correct=forms.get("correct") or opened_appointment(chosen),
        end=forms.get("end") or LastDayForm(None, prefix="end-", meta=day),
        remove=forms.get("remove") or RemoveForm(None, prefix="remove-"),
        last=forms.get("last") or LastDayForm(None, prefix="last-", meta=day),
        shown_name=shown_name,
        clash=clash,
    )
    return page, status


bp.add_app_template_global(seat_title)
bp.add_app_template_global(offer_word)
