"""Pages of distances between towns: from one town to all, writing one, adding a town, going back to the shipped one.

Not here: places and rooms (``places``), which name their towns.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler import i18n
from scheduler.accounts.rules import may
from scheduler.db import db
from scheduler.errors import NotFound
from scheduler.history.queries import history_of
from scheduler.i18n import gettext as _
from scheduler.organisations import rows
from scheduler.organisations.queries import municipalities
from scheduler.places import queries, towns
from scheduler.places.models import TownDistance
from scheduler.places.town_rules import Distances, pair_of, shipped, shipped_roads
from scheduler.web.attempt import attempt
from scheduler.web.fields import PageForm, form_errors
from scheduler.web.forms.places import RemoveForm
from scheduler.web.forms.towns import DistanceForm, TownForm
from scheduler.web.saved_by_other import Clash
from scheduler.web.security import actor, now, policy, principal
from scheduler.web.seen import clash_with
from scheduler.web.shell import saved

bp = Blueprint("towns", __name__)


@dataclass(frozen=True)
class Line:
    """How far it is to one town. ``source``: own (written here), road (of the shipped table) or way (along roads)."""

    town: str
    km: int
    minutes: int
    source: str


@bp.get("/places/towns")
@policy("register.read")
def index() -> ResponseReturnValue:
    """How far it is from ``?town=`` to all others, what is written here, and towns in use without any distance."""
    session = db.session()
    table = towns.all_distances(session)
    own = towns.own_distances(session)
    town = request.args.get("town", "")
    chosen = town if town in table.towns else table.towns[0]
    used = {*queries.towns(session), *municipalities(session)}
    return render_template(
        "places/towns.html",
        town=chosen,
        offered=sorted(table.towns, key=i18n.sort_key),
        lines=_lines(table, chosen, {(row.one, row.other) for row in own}),
        own=own,
        # Where a way along roads or a shipped road comes in its place; else a town may lose its last one.
        shipped_towns=set(shipped().towns),
        unknown=sorted(used - set(table.towns), key=i18n.sort_key),
        may_edit=may(principal(), "register.edit"),
    )


@bp.route("/places/towns/pair", methods=["GET", "POST"])
@policy("register.edit")
def pair() -> ResponseReturnValue:
    """Writing how far it is between two towns, ``?one=`` and ``?other=``."""
    session = db.session()
    if request.method == "GET":
        return _render(_opened(session), 200)
    form = DistanceForm(request.form)
    form.offer(_offered(session))
    row = _asked(session)
    if row is not None:
        rows.claim(session, row)
    if clash := clash_with(session, form, _opened(session), "town_distance", row.id if row else 0):
        return _render(form, 409, clash=clash)
    if not attempt(form, lambda: towns.set_distance(session, actor(), now(), **form.values())):
        return _render(form, 422)
    session.commit()
    saved(_("Avståndet mellan %(one)s och %(other)s är sparat.", one=form.one.data, other=form.other.data))
    return redirect(url_for("towns.index", town=form.one.data), 303)


@bp.route("/places/towns/new", methods=["GET", "POST"])
@policy("register.edit")
def new() -> ResponseReturnValue:
    """Adding a town, ``?name=`` already known, with how far it is from some others."""
    session = db.session()
    form = TownForm(request.form if request.method == "POST" else None)
    form.offer(_offered(session))
    if request.method == "GET":
        form.name.data = request.args.get("name", "")[:100]
        return render_template("places/town_new.html", form=form), 200
    if not attempt(form, lambda: towns.add_town(session, actor(), now(), **form.values()), form.numbers()):
        return render_template("places/town_new.html", form=form), 422
    session.commit()
    saved(_("%(name)s är sparad.", name=form.name.data))
    return redirect(url_for("towns.index", town=" ".join((form.name.data or "").split())), 303)


@bp.post("/places/towns/<int:distance_id>/restore")
@policy("register.edit")
def restore(distance_id: int) -> ResponseReturnValue:
    """Goes back to what holds without the written distance."""
    session = db.session()
    row = session.get(TownDistance, distance_id)
    if row is None:
        raise NotFound
    one, other, form = row.one, row.other, RemoveForm(request.form)
    if not attempt(form, lambda: towns.restore(session, actor(), now(), row)):
        return _render(_opened(session, one, other), 422, removing=form)
    session.commit()
    saved(_("Avståndet mellan %(one)s och %(other)s är åter det som Takt har.", one=one, other=other))
    return redirect(url_for("towns.index", town=one), 303)


# ---------------------------------------------------------------- the parts


def _lines(table: Distances, town: str, own: set[tuple[str, str]]) -> list[Line]:
    """From the town to every other, the nearest first."""
    at = table.towns.index(town)
    roads = {road.pair for road in shipped_roads()}
    found = [
        Line(other, table.km[at][i], table.minutes[at][i], _source(pair_of(town, other), own, roads))
        for i, other in enumerate(table.towns)
        if other != town
    ]
    return sorted(found, key=lambda line: (line.km, i18n.sort_key(line.town)))


def _source(towns_of: tuple[str, str], own: set[tuple[str, str]], roads: set[tuple[str, str]]) -> str:
    return "own" if towns_of in own else "road" if towns_of in roads else "way"


def _offered(session: Session) -> list[str]:
    return sorted(towns.all_distances(session).towns, key=i18n.sort_key)


def _asked(session: Session) -> TownDistance | None:
    """What is written of the two towns of the address."""
    return towns.own_distance(session, request.args.get("one", ""), request.args.get("other", ""))


def _opened(session: Session, one: str = "", other: str = "") -> DistanceForm:
    """The form as it stands, the distance that holds now filled in."""
    form = DistanceForm(None)
    table = towns.all_distances(session)
    form.offer(sorted(table.towns, key=i18n.sort_key))
    one, other = one or request.args.get("one", ""), other or request.args.get("other", "")
    form.one.data, form.other.data = (one if one in table.towns else ""), (other if other in table.towns else "")
    if form.one.data and form.other.data and one != other:
        i, j = table.towns.index(one), table.towns.index(other)
        form.km.data, form.minutes.data = table.km[i][j], table.minutes[i][j]
    form.stamp()
    return form


def _render(
    form: DistanceForm, status: int, *, clash: Clash | None = None, removing: PageForm | None = None
) -> ResponseReturnValue:
    session = db.session()
    row = towns.own_distance(session, form.one.data or "", form.other.data or "")
    page = render_template(
        "places/town_pair.html",
        form=removing if removing is not None and form_errors(removing) else form,
        pair_form=form,
        row=row,
        clash=clash,
        changes=history_of(session, "town_distance", row.id, limit=5) if row else (),
    )
    return page, status
