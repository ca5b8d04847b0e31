"""Pages of activities: what recurs and is counted without being a meeting; entering, editing, taking away."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.accounts.rules import may
from scheduler.cadence.rules import Kind
from scheduler.cadence.sentences import describe
from scheduler.db import db
from scheduler.errors import NotFound
from scheduler.forums import activities as actions
from scheduler.forums.queries import forum_kinds
from scheduler.history.queries import history_of
from scheduler.i18n import gettext as _
from scheduler.organisations import rows
from scheduler.organisations.queries import organisations_for_list
from scheduler.places.queries import places_for_list
from scheduler.register.models import Activity
from scheduler.register.queries import activities, facts_of
from scheduler.web.attempt import attempt
from scheduler.web.fields import form_errors
from scheduler.web.forms.places import RemoveForm
from scheduler.web.forms.register import ActivityForm, in_words
from scheduler.web.forms.requirement import READ
from scheduler.web.saved_by_other import Clash
from scheduler.web.security import actor, now, policy, principal
from scheduler.web.seen import clash_with
from scheduler.web.shell import saved
from scheduler.web.standing_rows import said

bp = Blueprint("activities", __name__)


@bp.get("/activities")
@policy("register.read")
def index() -> ResponseReturnValue:
    """All activities, with whose they are and how often they recur."""
    session = db.session()
    return render_template(
        "activities/index.html",
        activities=activities(session),
        kinds={kind.id: in_words(kind) for kind in forum_kinds(session, meets=False)},
        places={place.id: place.name for place in places_for_list(session)},
        often=how_often,
        may_edit=may(principal(), "register.edit"),
    )


def how_often(activity: Activity) -> str:
    """What an activity requires: "8 gånger per år"; empty where nothing is."""
    version = actions.version_of(activity)
    return "" if version.kind is Kind.NONE else said(describe(version))


@bp.route("/activities/new", methods=["GET", "POST"])
@policy("register.edit")
def new() -> ResponseReturnValue:
    """Entering an activity."""
    session = db.session()
    form = ActivityForm(request.form if request.method == "POST" else None, data={"answer": READ})
    _offer(session, form)
    if request.method == "GET":
        return _render(form, None, 200)
    fine = form.validate()
    if form.must_ask:
        return _asked(form, None, fine=fine)
    made: list[Activity] = []
    if not attempt(form, lambda: made.append(actions.create_activity(session, actor(), now(), **form.values()))):
        return _render(form, None, 422)
    return _saved(session, made[0])


@bp.route("/activities/<int:activity_id>", methods=["GET", "POST"])
@policy("register.edit")
def edit(activity_id: int) -> ResponseReturnValue:
    """Editing an activity."""
    session = db.session()
    activity = _find(session, activity_id)
    if request.method == "GET":
        return _render(_opened(session, activity), activity, 200)
    form = ActivityForm(request.form)
    _offer(session, form)
    rows.claim(session, activity)
    if clash := clash_with(session, form, _opened(session, activity), "activity", activity_id):
        return _render(form, activity, 409, clash=clash)
    fine = form.validate()
    if form.must_ask:
        return _asked(form, activity, fine=fine)
    if not attempt(form, lambda: actions.edit_activity(session, actor(), now(), activity, **form.values())):
        return _render(form, activity, 422)
    return _saved(session, activity)


@bp.post("/activities/<int:activity_id>/remove")
@policy("register.edit")
def remove(activity_id: int) -> ResponseReturnValue:
    """Takes an activity away."""
    session = db.session()
    activity = _find(session, activity_id)
    name, form = activity.sv, RemoveForm(request.form)
    if not attempt(form, lambda: actions.remove_activity(session, actor(), now(), activity)):
        return _render(_opened(session, activity), activity, 422, remove=form)
    session.commit()
    saved(_("%(name)s är borttagen.", name=name))
    return redirect(url_for("activities.index"), 303)


def _saved(session: Session, activity: Activity) -> ResponseReturnValue:
    """What was stored, the requirement as it was read: nothing is read in silence."""
    session.commit()
    often = how_often(activity)
    words = _("%(name)s är sparad.", name=activity.sv)
    saved(_("%(saved)s Det ska ske %(rule)s.", saved=words, rule=often[:1].lower() + often[1:]) if often else words)
    return redirect(url_for("activities.index"), 303)


def _asked(form: ActivityForm, activity: Activity | None, *, fine: bool) -> ResponseReturnValue:
    """The form with the question about its sentence; the second time the missing answer is an error."""
    asked_before = form.was_asked
    form.ask()
    return _render(form, activity, 422 if asked_before or not fine else 200)


def _find(session: Session, activity_id: int) -> Activity:
    activity = session.get(Activity, activity_id)
    if activity is None:
        raise NotFound
    return activity


def _offer(session: Session, form: ActivityForm) -> None:
    form.offer_rows(forum_kinds(session, meets=False), organisations_for_list(session), places_for_list(session))


def _opened(session: Session, activity: Activity) -> ActivityForm:
    form = ActivityForm(None, obj=activity)
    _offer(session, form)
    form.show(activity)
    form.stamp()
    return form


def _render(
    form: ActivityForm,
    activity: Activity | None,
    status: int,
    *,
    clash: Clash | None = None,
    remove: RemoveForm | None = None,
) -> ResponseReturnValue:
    session = db.session()
    page = render_template(
        "activities/edit.html",
        form=remove if remove is not None and form_errors(remove) else form,
        activity_form=form,
        activity=activity,
        often=how_often(activity) if activity else "",
        clash=clash,
        facts=facts_of(session, "activity", activity.id) if activity else (),
        changes=history_of(session, "activity", activity.id, limit=5) if activity else (),
    )
    return page, status
