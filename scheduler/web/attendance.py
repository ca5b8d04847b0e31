"""Pages of a meeting's attendance: the list alone, one mark at a time or all at once, part of a meeting, guests.

With scripts each mark is sent as it is made and its row comes back; without, one button saves those that were changed.
The list stands on the meeting's own page too (``attendance_words.attendance_on``). Not here: the words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.db import db
from scheduler.errors import NotFound, Problem, Refused, SavedByOther
from scheduler.i18n import gettext as _
from scheduler.i18n import ngettext
from scheduler.meetings import steps
from scheduler.meetings.models import Meeting
from scheduler.meetings.rules import State
from scheduler.organisations.queries import persons_for_list
from scheduler.records import attendance as actions
from scheduler.records.attendance import ServedSeat, may_mark
from scheduler.records.attendance_lists import SUBSTITUTE, Roll, Row, roll_of
from scheduler.web import attendance_words as words
from scheduler.web.access import site
from scheduler.web.attempt import attempt, commit_announced
from scheduler.web.fields import show_problems
from scheduler.web.filters import instant_text
from scheduler.web.forms.attendance import GuestForm, PartForm
from scheduler.web.security import actor, may_meeting, now, policy, settings

bp = Blueprint("attendance", __name__)

#: So many people of the register are offered for a guest.
MOST_PEOPLE = 10


@dataclass(frozen=True)
class _Failed:
    """Why a row was not saved."""

    text: str


@bp.get("/meetings/<int:meeting_id>/attendance")
@policy("meeting.read")
def show(meeting_id: int) -> ResponseReturnValue:
    """The list alone, for a phone or for paper; whoever only reads gets the count."""
    shown = words.attendance_on(g.meeting)
    if shown is None:
        return redirect(url_for("meetings.show", meeting_id=meeting_id), 303)
    return _page(g.meeting, shown.roll, {}, 200)


@bp.post("/meetings/<int:meeting_id>/attendance")
@policy("meeting.edit")
def save(meeting_id: int) -> ResponseReturnValue:
    """One mark (``?row=``, answered with its row), or every row that was changed."""
    meeting: Meeting = g.meeting
    session = db.session()
    if request.args.get("row") and request.headers.get("HX-Request"):
        return _one(session, meeting, request.args["row"])
    failed: dict[str, _Failed] = {}
    saved = 0
    roll = roll_of(session, meeting)
    for row in roll.rows:
        if not _is_changed(row):
            continue
        error = _mark(session, meeting, row.key)
        if error is not None:
            failed[row.key] = error
        else:
            saved += 1
    _follow_quorum(session, meeting)
    commit_announced(session)
    if failed:
        return _page(meeting, roll_of(session, meeting), failed, 409)
    flash(
        ngettext("1 markering är sparad.", "%(n)s markeringar är sparade.", saved) if saved else _("Inget var ändrat.")
    )
    if request.form.get("back") == "meeting":
        return redirect(url_for("meetings.show", meeting_id=meeting_id, _anchor="attendance"), 303)
    return redirect(url_for("attendance.show", meeting_id=meeting_id), 303)


def _one(session: Session, meeting: Meeting, key: str) -> ResponseReturnValue:
    error = _mark(session, meeting, key)
    _follow_quorum(session, meeting)
    commit_announced(session)
    roll = roll_of(session, meeting)
    row = roll.row(key)
    if row is None:
        raise NotFound
    return render_template(
        "attendance/row.html", meeting=meeting, roll=roll, row=row, failed={key: error} if error else {}, may_mark=True,
    )  # fmt: skip


def _is_changed(row: Row) -> bool:
    """Whether the form says something else of the row than it showed."""
    shown = request.form.get(f"had-{row.key}", "")
    given = request.form.get(f"c-{row.key}", "")
    if given != shown.partition(":")[0]:
        return f"was-{row.key}" in request.form
    return given == SUBSTITUTE and request.form.get(f"sub-{row.key}", "") != shown.partition(":")[2]


def _mark(session: Session, meeting: Meeting, key: str) -> _Failed | None:
    """Saves the row of the form; what went wrong in words."""
    substitute = request.form.get(f"sub-{key}", "")
    try:
        actions.mark(
            session, actor(), now(), meeting, key=key, choice=request.form.get(f"c-{key}", ""),
            substitute=int(substitute) if substitute.isascii() and substitute.isdigit() else None,
            stamp=request.form.get(f"was-{key}"),
        )  # fmt: skip
    except Refused as refused:
        return _Failed(str(refused.problems[0]))
    except SavedByOther as other:
        at = instant_text(datetime.fromisoformat(other.at), settings().time_zone) if other.at else ""
        if not other.by or not at:
            return _Failed(_("Någon annan har ändrat raden. Din markering sparades inte."))
        return _Failed(_("%(who)s ändrade raden %(at)s. Din markering sparades inte.", who=other.by, at=at))
    return None


def _follow_quorum(session: Session, meeting: Meeting) -> None:
    """A meeting recorded as held says whether it was quorate, as the list says."""
    if meeting.state != State.HELD:
        return
    roll = roll_of(session, meeting)
    if roll.is_begun and roll.count.quorate is not None and roll.count.quorate != meeting.quorum:
        steps.record_quorum(session, actor(), now(), meeting, quorum=roll.count.quorate, site=site())


def _page(meeting: Meeting, roll: Roll, failed: dict[str, _Failed], status: int) -> ResponseReturnValue:
    editor = may_meeting("meeting.edit", meeting)
    page = render_template(
        "attendance/show.html",
        meeting=meeting,
        roll=roll,
        failed=failed,
        named=editor,
        may_mark=editor and may_mark(meeting, now()) is None,
    )
    return page, status


# ---------------------------------------------------------------- part of a meeting


@bp.route("/meetings/<int:meeting_id>/attendance/<row_key>", methods=["GET", "POST"])
@policy("meeting.edit")
def part(meeting_id: int, row_key: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate has found it
    """How one person took part: from and to which item, what they left for, whom they served for and when."""
    meeting: Meeting = g.meeting
    session = db.session()
    roll = roll_of(session, meeting)
    row = roll.row(row_key)
    if row is None or row.is_vacant:
        raise NotFound
    form = PartForm(request.form if request.method == "POST" else None)
    form.offer(roll, row)
    if request.method == "GET":
        form.show(row)
        return _render_part(meeting, roll, row, form, 200)
    if "remove" in request.form:
        removed = attempt(form, lambda: actions.mark(session, actor(), now(), meeting, key=row_key, choice=""))
        return _done(session, meeting) if removed else _render_part(meeting, roll, row, form, 422)
    try:
        done = attempt(
            form,
            lambda: actions.set_part(
                session, actor(), now(), meeting, key=row_key, status=form.status.data,
                from_item_id=form.item(form.from_item), to_item_id=form.item(form.to_item),
                recused=[int(value) for value in form.recused.data or []],
                serves=[ServedSeat(*served) for served in form.served()], version=form.known_version,
            ),
            {"to_item_id": "to_item", "serves": "serve_0"},
        )  # fmt: skip
    except SavedByOther:
        session.rollback()
        show_problems(form, Refused(Problem(None, _("Någon annan har ändrat raden. Läs igenom och spara igen."))))
        form.version.data = str(row.attendance.version if row.attendance else 0)
        return _render_part(meeting, roll, row, form, 409)
    return _done(session, meeting) if done else _render_part(meeting, roll, row, form, 422)


def _done(session: Session, meeting: Meeting) -> ResponseReturnValue:
    _follow_quorum(session, meeting)
    commit_announced(session)
    flash(_("Närvaron är sparad."))
    return redirect(url_for("attendance.show", meeting_id=meeting.id), 303)


def _render_part(meeting: Meeting, roll: Roll, row: Row, form: PartForm, status: int) -> ResponseReturnValue:
    return render_template("attendance/part.html", meeting=meeting, roll=roll, row=row, form=form), status


# ---------------------------------------------------------------- guests


@bp.route("/meetings/<int:meeting_id>/attendance/guests", methods=["GET", "POST"])
@policy("meeting.edit")
def guests(meeting_id: int) -> ResponseReturnValue:  # noqa: ARG001 - the gate has found it
    """Adding somebody who was there without seat or invitation: found in the register, or by name alone."""
    meeting: Meeting = g.meeting
    session = db.session()
    form = GuestForm(request.form if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and "find" not in request.form:
        status = 422
        person = request.form.get("person_id", "")
        if attempt(
            form,
            lambda: actions.add_guest(
                session, actor(), now(), meeting, name=form.name.data, role=form.role.data, status=form.status.data,
                person_id=int(person) if person.isascii() and person.isdigit() else None,
            ),
            {"person_id": "name"},
        ):  # fmt: skip
            return _done(session, meeting)
    text = (form.name.data or "").strip()
    found = persons_for_list(session, text=text, limit=MOST_PEOPLE) if len(text) > 1 else []
    return render_template("attendance/guests.html", meeting=meeting, form=form, found=found), status


bp.record_once(lambda state: state.app.jinja_env.globals.update(attendance=words))
