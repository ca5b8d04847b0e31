"""The page where a whole mandate period of a forum ends and the next begins: rows, preview, change.

Not here: single appointments (``appointment_forms``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.db import db
from scheduler.errors import Refused, SavedByOther
from scheduler.forums import mandates
from scheduler.forums.mandate_rules import (
    Change,
    Turn,
    plan_change,
    read_lines,
    usual_last_day,
)
from scheduler.forums.mandates import NOBODY
from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Seat
from scheduler.i18n import gettext as _
from scheduler.i18n import use_language
from scheduler.web import words
from scheduler.web.fields import show_problems
from scheduler.web.forms.mandates import APPLY, EDIT, FILL, MandateForm, mandate_form
from scheduler.web.forms.seats import FUNCTION_WORDS
from scheduler.web.saved_by_other import Clash, clash_of
from scheduler.web.seat_forms import commit_seats, day_words, later_day, seat_title
from scheduler.web.security import actor, now, policy, today
from scheduler.web.shell import saved

bp = Blueprint("mandate_forms", __name__)


@dataclass(frozen=True)
class Row:
    """A seat in the table."""

    turn: Turn
    seat: Seat
    title: str


@bp.route("/forums/<slug>/mandates", methods=["GET", "POST"])
@policy("forum.edit")
def change(slug: str) -> ResponseReturnValue:
    """Who sits where in the next period: first the list, then what it leads to, then the change in one piece.

    ``?last=`` opens the list for the seats of another last day.
    """
    session = db.session()
    form, step = _opened(session, g.forum), request.form.get("step")
    if request.method == "GET" or step == EDIT:
        return _render(session, form, 200)
    if not _filled(session, form) or not form.validate():
        return _render(session, form, 422)
    if step == FILL:
        return _render(session, form, 200)
    try:
        if step == APPLY:
            made = mandates.change_mandate(
                session, actor(), now(), g.forum, period=form.period(), wishes=form.wishes(), seen=form.fingerprint.data
            )
            commit_seats(session, g.forum)
            saved(_("Mandatperioden är bytt från och med %(day)s.", day=day_words(made.first_on)))
            return redirect(url_for("seat_forms.index", slug=slug, on=later_day(made.first_on)), 303)
        return _preview(session, form, None, 200)
    except Refused as refused:
        session.rollback()
        show_problems(form, refused)
        return _render(session, form, 422)
    except SavedByOther as error:
        session.rollback()
        return _again(session, form, error)


def _again(session: Session, form: MandateForm, error: SavedByOther) -> ResponseReturnValue:
    """The preview made anew after somebody else has changed the seats."""
    clash = clash_of(error, form, form, g.forum.time_zone)
    try:
        return _preview(session, form, clash, 409)
    except Refused as refused:
        show_problems(form, refused)
        return _render(session, form, 409, clash)


# ---------------------------------------------------------------- the rows


def _opened(session: Session, forum: Forum) -> MandateForm:
    """The form of this request, with a row for each seat that somebody can be appointed to."""
    seats = mandates.forum_seats(session, forum)
    last_on = _last_day(seats)
    rows = [
        (row.seat.id, row.title, "member" if row.turn.leaves is None else row.turn.leaves.function)
        for row in _rows(seats, last_on)
        if row.turn.is_open
    ]
    given = request.form if request.method == "POST" else None
    return mandate_form(rows)(given, data={"last_on": last_on}, meta={"today": today()})


def _last_day(seats: Sequence[Seat]) -> date:
    """The last day the form or the address says; else the one most of those who sit there have."""
    text = request.form.get("last_on") or request.args.get("last", "")
    asked = MandateForm(data={}, meta={"today": today()})
    try:
        asked.last_on.process_formdata([text])
    except ValueError:
        asked.last_on.data = None
    found: date | None = asked.last_on.data
    return found if found is not None and found < date.max else usual_last_day(mandates.seats_now(seats), today())


def _rows(seats: Sequence[Seat], last_on: date) -> list[Row]:
    """The seats concerned as they stand before anybody is named."""
    by_id = {seat.id: seat for seat in seats}
    turns = plan_change(
        mandates.seats_now(seats), {}, NOBODY, last_on=last_on, first_on=last_on + timedelta(days=1), until_on=None
    ).turns
    return _titled(turns, by_id)


def _titled(turns: Sequence[Turn], seats: Mapping[int, Seat]) -> list[Row]:
    """The turns with what their seats are called, numbered where several are called alike."""
    names = [_name(seats[turn.seat.seat_id]) for turn in turns]
    rows = []
    for n, (turn, name) in enumerate(zip(turns, names, strict=True)):
        alike = names.count(name) > 1
        title = f"{name} {names[: n + 1].count(name)}" if alike else name
        rows.append(Row(turn, seats[turn.seat.seat_id], title))
    return rows


def _name(seat: Seat) -> str:
    title, kind = seat_title(seat), words.seat_kind_word(seat.kind)
    return title if seat.kind == "ordinary" or title == kind else f"{title}, {kind.lower()}"


def _filled(session: Session, form: MandateForm) -> bool:
    """Puts the lines that were pasted in their rows; False when some of them name no seat."""
    if not form.lines.data:
        return True
    seats = mandates.forum_seats(session, g.forum)
    names = [(row.seat.id, _known_as(row)) for row in _rows(seats, _last_day(seats)) if row.turn.is_open]
    wishes, problems = read_lines(form.lines.data, names, _functions())
    if problems:
        show_problems(form, Refused(*problems))
        return False
    form.fill(wishes)
    return True


def _known_as(row: Row) -> set[str]:
    """What a line may call the seat."""
    organisation = None if row.seat.organisation is None else row.seat.organisation.name
    return {name for name in (row.title, _name(row.seat), seat_title(row.seat), organisation) if name}


def _functions() -> dict[str, str]:
    """Words of both languages → function."""
    found = {}
    for code in ("sv", "en"):
        with use_language(code):
            found.update({str(word): key for key, word in FUNCTION_WORDS.items()})
    return found


# ---------------------------------------------------------------- the pages


def _render(session: Session, form: MandateForm, status: int, clash: Clash | None = None) -> ResponseReturnValue:
    seats = mandates.forum_seats(session, g.forum)
    last_on = _last_day(seats)
    page = render_template(
        "forums/mandates.html", forum=g.forum, form=form, rows=_rows(seats, last_on), last_on=last_on, clash=clash
    )
    return page, status


def _preview(session: Session, form: MandateForm, clash: Clash | None, status: int) -> ResponseReturnValue:
    """What the list leads to; raises Refused when it cannot be."""
    plan: Change = mandates.plan_mandate(session, g.forum, now(), period=form.period(), wishes=form.wishes())
    by_id = {seat.id: seat for seat in mandates.forum_seats(session, g.forum)}
    page = render_template(
        "forums/mandates_preview.html",
        forum=g.forum,
        plan=plan,
        rows=_titled(plan.turns, by_id),
        kept=form.kept(),
        clash=clash,
    )
    return page, status
