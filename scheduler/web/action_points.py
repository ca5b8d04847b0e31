"""Pages of action points: a forum's open ones and how they ended, one of them, and one's own.

Not here: where they stand on a meeting's page (``meetings``) and on one's own (``me``), the reminders by mail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.db import db
from scheduler.errors import NotFound, Problem, Refused
from scheduler.forums.models import Forum
from scheduler.i18n import date_text
from scheduler.i18n import gettext as _
from scheduler.meetings.models import Meeting
from scheduler.meetings.queries import meeting_by_id
from scheduler.organisations import rows
from scheduler.organisations.queries import organisations_for_list, persons_for_list
from scheduler.organisations.rules import shown_name
from scheduler.records import action_points as acts
from scheduler.records.action_rules import is_overdue
from scheduler.records.models import ActionPoint, AgendaItem
from scheduler.web.access import may_edit_forum
from scheduler.web.attempt import attempt
from scheduler.web.forms.action_points import ActionForm, CloseForm
from scheduler.web.saved_by_other import Clash
from scheduler.web.security import actor, now, policy, principal, today
from scheduler.web.seen import clash_with

bp = Blueprint("action_points", __name__)


@dataclass(frozen=True)
class ActionLine:
    """A point as a list shows it."""

    id: int
    slug: str
    forum: str
    text: str
    #: Who is to do it; "" for nobody yet.
    owner: str
    due_on: date | None
    is_late: bool
    state: str
    outcome: str | None


def lines_of(points: Sequence[ActionPoint]) -> list[ActionLine]:
    """The points in words, late ones marked."""
    return [
        ActionLine(
            id=point.id,
            slug=point.forum.slug,
            forum=point.forum.title,
            text=point.text,
            owner=owner_name(point),
            due_on=point.due_on,
            is_late=point.state == "open" and is_overdue(point.due_on, today()),
            state=point.state,
            outcome=point.outcome,
        )
        for point in points
    ]


def owner_name(point: ActionPoint) -> str:
    """Who owns a point, as shown; "" for nobody."""
    if point.owner_person is not None:
        return shown_name(point.owner_person)
    return point.owner_organisation.name if point.owner_organisation is not None else ""


def due_words(line: ActionLine) -> str:
    """ "Region Norrbotten, senast 2 oktober"; "" where neither is said."""
    parts = [line.owner] if line.owner else []
    if line.due_on is not None:
        parts.append(_("senast %(day)s", day=date_text(line.due_on, weekday=False)))
    return ", ".join(parts)


# ---------------------------------------------------------------- a forum's


@bp.get("/forums/<slug>/actions")
@policy("forum.read")
def index(slug: str) -> ResponseReturnValue:
    """A forum's open action points, and how the last ones ended; a visitor is led to its public page."""
    forum: Forum = g.forum
    if not g.inside:
        return redirect(url_for("forums.show", slug=slug), 303)
    session = db.session()
    return render_template(
        "action_points/index.html", forum=forum, open=lines_of(acts.open_points(session, [forum.id])),
        closed=lines_of(acts.closed_points(session, forum.id)), may_edit=may_edit_forum(forum),
    )  # fmt: skip


@bp.route("/forums/<slug>/actions/new", methods=["GET", "POST"])
@policy("forum.edit")
def new(slug: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate has found it
    """One more; ``?meeting=`` and ``?item=`` say where it was agreed."""
    forum: Forum = g.forum
    session = db.session()
    meeting = _meeting(session, forum)
    item = _item(session, meeting)
    posted = request.method == "POST"
    form = _form(session, ActionForm(request.form if posted else None, meta={"today": today()}))
    if posted and attempt(
        form,
        lambda: acts.add_point(session, actor(), now(), forum, meeting=meeting, item=item, **form.values()),
        _NAMES,
    ):
        session.commit()
        flash(_("Åtgärden är sparad."))
        return redirect(_home(forum, meeting, item), 303)
    page = render_template(
        "action_points/new.html", forum=forum, form=form, meeting=meeting, item=item, back=_home(forum, meeting, item)
    )
    return page, 422 if posted else 200


def _home(forum: Forum, meeting: Meeting | None, item: AgendaItem | None) -> str:
    """Where one came from: the item in the minutes, the meeting or the forum's list."""
    if meeting is None:
        return url_for("action_points.index", slug=forum.slug)
    if item is None:
        return url_for("meetings.show", meeting_id=meeting.id)
    return url_for("minutes.show", meeting_id=meeting.id, item=item.id)


def _meeting(session: Session, forum: Forum) -> Meeting | None:
    """The forum's meeting that the address names; raises NotFound for another's."""
    number = request.args.get("meeting", type=int)
    if number is None:
        return None
    found = meeting_by_id(session, number)
    if found is None or found.forum.id != forum.id:
        raise NotFound
    return found


def _item(session: Session, meeting: Meeting | None) -> AgendaItem | None:
    """The meeting's item that the address names; raises NotFound for another's."""
    number = request.args.get("item", type=int)
    if number is None or meeting is None:
        return None
    found = session.get(AgendaItem, number)
    if found is None or found.meeting_id != meeting.id:
        raise NotFound
    return found


#: The actions' fields → the form's.
_NAMES = {"owner_person_id": "owner", "owner_organisation_id": "owner"}


def _form(session: Session, form: ActionForm) -> ActionForm:
    people = [
        (row.id, f"{row.name}, {row.organisation_name}" if row.organisation_name else row.name)
        for row in persons_for_list(session)
    ]
    form.offer(people, [(row.id, row.name) for row in organisations_for_list(session)])
    return form


@bp.route("/forums/<slug>/actions/<int:action_id>", methods=["GET", "POST"])
@policy("forum.edit")
def edit(slug: str, action_id: int) -> ResponseReturnValue:
    """One action point: what, who, when; and how it ended."""
    session = db.session()
    point = acts.point_of(session, g.forum.id, action_id)
    if request.method == "GET":
        return _render(_opened(session, point), point, 200)
    form = _form(session, ActionForm(request.form, meta={"today": today()}))
    rows.claim(session, point)
    if clash := clash_with(session, form, _opened(session, point), "forum", g.forum.id):
        return _render(form, point, 409, clash=clash)
    if not attempt(form, lambda: acts.edit_point(session, actor(), now(), point, **form.values()), _NAMES):
        return _render(form, point, 422)
    session.commit()
    flash(_("Åtgärden är sparad."))
    return redirect(url_for("action_points.index", slug=slug), 303)


def _opened(session: Session, point: ActionPoint) -> ActionForm:
    form = _form(session, ActionForm(None, obj=point, meta={"today": today()}))
    form.show(point)
    form.stamp()
    return form


def _render(
    form: ActionForm, point: ActionPoint, status: int, *, clash: Clash | None = None, close: CloseForm | None = None
) -> ResponseReturnValue:
    page = render_template(
        "action_points/edit.html", forum=g.forum, form=form, point=point, clash=clash, close=close or CloseForm(None)
    )
    return page, status


@bp.post("/forums/<slug>/actions/<int:action_id>/close")
@policy("forum.edit")
def close(slug: str, action_id: int) -> ResponseReturnValue:
    """Marks a point as done, or drops it with a reason."""
    session = db.session()
    point = acts.point_of(session, g.forum.id, action_id)
    form = CloseForm(request.form)
    if not attempt(
        form,
        lambda: acts.close_point(
            session, actor(), now(), point, state=form.state.data or "", outcome=form.outcome.data
        ),
    ):
        return _render(_opened(session, point), point, 422, close=form)
    session.commit()
    flash(_("Åtgärden är klar.") if point.state == "done" else _("Åtgärden utgår."))
    return redirect(url_for("action_points.index", slug=slug), 303)


@bp.post("/forums/<slug>/actions/<int:action_id>/reopen")
@policy("forum.edit")
def reopen(slug: str, action_id: int) -> ResponseReturnValue:
    """Opens a point that was closed by mistake."""
    session = db.session()
    acts.reopen_point(session, actor(), now(), acts.point_of(session, g.forum.id, action_id))
    session.commit()
    flash(_("Åtgärden är öppen igen."))
    return redirect(url_for("action_points.index", slug=slug), 303)


# ---------------------------------------------------------------- one's own


@bp.post("/me/actions/<int:action_id>/done")
@policy("signed_in")
def done(action_id: int) -> ResponseReturnValue:
    """Says that a point of one's own is done; anybody else's does not exist."""
    session = db.session()
    point = session.get(ActionPoint, action_id)
    own = principal().person_id
    if point is None or own is None or point.owner_person_id != own:
        raise NotFound
    if point.state != "open":
        raise Refused(Problem(None, _("Åtgärden är redan avslutad")))
    acts.close_point(session, actor(), now(), point, state="done", outcome=request.form.get("outcome"))
    session.commit()
    flash(_("Åtgärden är klar."))
    return redirect(url_for("me.index"), 303)


bp.add_app_template_global(due_words, "action_due")
