"""Pages of places and rooms: the list, entering, editing, taking away what nothing uses.

Not here: the days on which one is closed (``blocked``).
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.accounts.rules import may
from scheduler.db import db
from scheduler.errors import NotFound
from scheduler.history.queries import history_of
from scheduler.i18n import gettext as _
from scheduler.organisations import rows
from scheduler.organisations.queries import organisations_for_list
from scheduler.places import actions, queries
from scheduler.places.models import Place
from scheduler.places.rules import nested
from scheduler.web.attempt import attempt, commit_announced, follow_shown
from scheduler.web.fields import form_errors
from scheduler.web.forms.places import PlaceForm, RemoveForm
from scheduler.web.saved_by_other import Clash
from scheduler.web.security import actor, now, policy, principal
from scheduler.web.seen import clash_with
from scheduler.web.shell import saved

bp = Blueprint("places", __name__)


@bp.get("/places")
@policy("register.read")
def index() -> ResponseReturnValue:
    """All places with their rooms, filtered by words and town."""
    text = request.args.get("q", "").strip()
    town = request.args.get("town") or None
    session = db.session()
    return render_template(
        "places/index.html",
        places=nested(queries.places_for_list(session, text=text, town=town)),
        towns=queries.towns(session),
        text=text,
        town=town,
        may_edit=may(principal(), "register.edit"),
    )


@bp.route("/places/new", methods=["GET", "POST"])
@policy("register.edit")
def new() -> ResponseReturnValue:
    """Entering a place, or a room ``?in=`` a place."""
    session = db.session()
    form = PlaceForm(request.form if request.method == "POST" else None)
    _offer(session, form, None)
    if request.method == "GET":
        form.part_of_id.data = request.args.get("in", "")
        return _render(form, None, 200)
    if not attempt(form, lambda: actions.create_place(session, actor(), now(), **form.values())):
        return _render(form, None, 422)
    session.commit()
    saved(_("%(name)s är sparad.", name=form.name.data))
    return redirect(url_for("places.index"), 303)


@bp.route("/places/<int:place_id>", methods=["GET", "POST"])
@policy("register.edit")
def edit(place_id: int) -> ResponseReturnValue:
    """Editing a place."""
    session = db.session()
    place = _find(session, place_id)
    if request.method == "GET":
        return _render(_opened(session, place), place, 200)
    form = PlaceForm(request.form)
    _offer(session, form, place)
    rows.claim(session, place)
    if clash := clash_with(session, form, _opened(session, place), "place", place_id):
        return _render(form, place, 409, clash=clash)

    def save() -> None:
        actions.edit_place(session, actor(), now(), place, **form.values())
        follow_shown(session, place_ids=(place_id,))

    if not attempt(form, save, {"location": "name"}):
        return _render(form, place, 422)
    commit_announced(session)
    saved(_("%(name)s är sparad.", name=place.name))
    return redirect(url_for("places.index"), 303)


@bp.post("/places/<int:place_id>/remove")
@policy("register.edit")
def remove(place_id: int) -> ResponseReturnValue:
    """Takes away a place that nothing uses."""
    session = db.session()
    place = _find(session, place_id)
    name, form = place.name, RemoveForm(request.form)
    if not attempt(form, lambda: actions.remove_place(session, actor(), now(), place)):
        return _render(_opened(session, place), place, 422, remove=form)
    session.commit()
    saved(_("%(name)s är borttagen.", name=name))
    return redirect(url_for("places.index"), 303)


def _find(session: Session, place_id: int) -> Place:
    place = session.get(Place, place_id)
    if place is None:
        raise NotFound
    return place


def _offer(session: Session, form: PlaceForm, place: Place | None) -> None:
    form.offer(organisations_for_list(session), queries.places_for_list(session), place)


def _opened(session: Session, place: Place) -> PlaceForm:
    form = PlaceForm(None, obj=place)
    _offer(session, form, place)
    form.show(place)
    form.stamp()
    return form


def _render(
    form: PlaceForm, place: Place | None, status: int, *, clash: Clash | None = None, remove: RemoveForm | None = None
) -> ResponseReturnValue:
    session = db.session()
    page = render_template(
        "places/edit.html",
        form=remove if remove is not None and form_errors(remove) else form,
        place_form=form,
        place=place,
        towns=queries.towns(session),
        clash=clash,
        changes=history_of(session, "place", place.id, limit=5) if place else (),
    )
    return page, status
