"""Pages of strategies and programmes: the list, one with its focus areas, issues and visions, entering and editing."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.accounts.rules import may
from scheduler.db import db
from scheduler.errors import NotFound
from scheduler.history.queries import history_of
from scheduler.i18n import gettext as _
from scheduler.i18n import sort_key
from scheduler.organisations import rows
from scheduler.organisations.queries import organisations_for_list
from scheduler.register import strategies as actions
from scheduler.register.models import FocusArea, Strategy, Vision
from scheduler.register.queries import facts_of, strategies, visions_without_strategy
from scheduler.web.attempt import attempt
from scheduler.web.fields import form_errors
from scheduler.web.forms.places import RemoveForm
from scheduler.web.forms.register import STRATEGY_WORDS, FocusAreaForm, StrategyForm, VisionForm
from scheduler.web.saved_by_other import Clash
from scheduler.web.security import actor, now, policy, principal
from scheduler.web.seen import clash_with
from scheduler.web.shell import saved

bp = Blueprint("strategies", __name__)


@bp.get("/strategies")
@policy("register.read")
def index() -> ResponseReturnValue:
    """All strategies and programmes with focus areas and visions."""
    session = db.session()
    return render_template(
        "strategies/index.html",
        strategies=sorted(strategies(session), key=lambda plan: (plan.kind != "strategy", sort_key(plan.sv))),
        visions=visions_without_strategy(session),
        kind_words=STRATEGY_WORDS,
        may_edit=may(principal(), "register.edit"),
    )


@bp.route("/strategies/new", methods=["GET", "POST"])
@policy("register.edit")
def new() -> ResponseReturnValue:
    """Entering a strategy or programme."""
    session = db.session()
    form = StrategyForm(request.form if request.method == "POST" else None)
    form.offer(organisations_for_list(session))
    if request.method == "GET":
        return _render(form, None, 200)
    made: list[Strategy] = []
    if not attempt(form, lambda: made.append(actions.create_strategy(session, actor(), now(), **form.values()))):
        return _render(form, None, 422)
    session.commit()
    saved(_("%(name)s är sparad.", name=made[0].sv))
    return redirect(url_for("strategies.edit", strategy_id=made[0].id), 303)


@bp.route("/strategies/<int:strategy_id>", methods=["GET", "POST"])
@policy("register.edit")
def edit(strategy_id: int) -> ResponseReturnValue:
    """A strategy: what it is, its focus areas in order, its visions."""
    session = db.session()
    strategy = _find(session, strategy_id)
    if request.method == "GET":
        return _render(_opened(session, strategy), strategy, 200)
    form = StrategyForm(request.form)
    form.offer(organisations_for_list(session))
    rows.claim(session, strategy)
    if clash := clash_with(session, form, _opened(session, strategy), "strategy", strategy_id):
        return _render(form, strategy, 409, clash=clash)
    if not attempt(form, lambda: actions.edit_strategy(session, actor(), now(), strategy, **form.values())):
        return _render(form, strategy, 422)
    session.commit()
    saved(_("%(name)s är sparad.", name=strategy.sv))
    return redirect(url_for("strategies.edit", strategy_id=strategy_id), 303)


@bp.post("/strategies/<int:strategy_id>/remove")
@policy("register.edit")
def remove(strategy_id: int) -> ResponseReturnValue:
    """Takes away a strategy that nothing uses."""
    session = db.session()
    strategy = _find(session, strategy_id)
    name, form = strategy.sv, RemoveForm(request.form)
    if not attempt(form, lambda: actions.remove_strategy(session, actor(), now(), strategy)):
        return _render(_opened(session, strategy), strategy, 422, remove=form)
    session.commit()
    saved(_("%(name)s är borttagen.", name=name))
    return redirect(url_for("strategies.index"), 303)


def _find(session: Session, strategy_id: int) -> Strategy:
    strategy = session.get(Strategy, strategy_id)
    if strategy is None:
        raise NotFound
    return strategy


def _opened(session: Session, strategy: Strategy) -> StrategyForm:
    form = StrategyForm(None, obj=strategy)
    form.offer(organisations_for_list(session))
    form.show(strategy)
    form.stamp()
    return form


def _render(
    form: StrategyForm,
    strategy: Strategy | None,
    status: int,
    *,
    clash: Clash | None = None,
    remove: RemoveForm | None = None,
) -> ResponseReturnValue:
    session = db.session()
    page = render_template(
        "strategies/edit.html",
        form=remove if remove is not None and form_errors(remove) else form,
        strategy_form=form,
        strategy=strategy,
        clash=clash,
        facts=facts_of(session, "strategy", strategy.id) if strategy else (),
        changes=history_of(session, "strategy", strategy.id, limit=5) if strategy else (),
    )
    return page, status


# ---------------------------------------------------------------- focus areas


@bp.route("/strategies/<int:strategy_id>/areas/new", methods=["GET", "POST"])
@policy("register.edit")
def new_area(strategy_id: int) -> ResponseReturnValue:
    """Entering a focus area with its issues."""
    session = db.session()
    strategy = _find(session, strategy_id)
    form = FocusAreaForm(request.form if request.method == "POST" else None)
    if request.method == "GET":
        return _render_area(form, strategy, None, 200)
    if not attempt(form, lambda: actions.add_focus_area(session, actor(), now(), strategy, **form.values())):
        return _render_area(form, strategy, None, 422)
    return _area_saved(session, strategy_id, _("%(name)s är sparat.", name=form.sv.data))


@bp.route("/strategies/<int:strategy_id>/areas/<int:area_id>", methods=["GET", "POST"])
@policy("register.edit")
def edit_area(strategy_id: int, area_id: int) -> ResponseReturnValue:
    """Editing a focus area and its issues."""
    session = db.session()
    area = _find_area(session, strategy_id, area_id)
    if request.method == "GET":
        return _render_area(_opened_area(area), area.strategy, area, 200)
    form = FocusAreaForm(request.form)
    rows.claim(session, area)
    if clash := clash_with(session, form, _opened_area(area), "strategy", strategy_id):
        return _render_area(form, area.strategy, area, 409, clash=clash)
    if not attempt(form, lambda: actions.edit_focus_area(session, actor(), now(), area, **form.values())):
        return _render_area(form, area.strategy, area, 422)
    return _area_saved(session, strategy_id, _("%(name)s är sparat.", name=area.sv))


@bp.post("/strategies/<int:strategy_id>/areas/<int:area_id>/move")
@policy("register.edit")
def move_area(strategy_id: int, area_id: int) -> ResponseReturnValue:
    """Moves a focus area one step up, or down."""
    session = db.session()
    area = _find_area(session, strategy_id, area_id)
    actions.move_focus_area(session, actor(), now(), area, up=request.form.get("to") == "up")
    return _area_saved(session, strategy_id, _("%(name)s är flyttat.", name=area.sv))


@bp.post("/strategies/<int:strategy_id>/areas/<int:area_id>/remove")
@policy("register.edit")
def remove_area(strategy_id: int, area_id: int) -> ResponseReturnValue:
    """Takes away a focus area that no theme stands under."""
    session = db.session()
    area = _find_area(session, strategy_id, area_id)
    name, form = area.sv, RemoveForm(request.form)
    if not attempt(form, lambda: actions.remove_focus_area(session, actor(), now(), area)):
        return _render_area(_opened_area(area), area.strategy, area, 422, remove=form)
    return _area_saved(session, strategy_id, _("%(name)s är borttaget.", name=name))


def _area_saved(session: Session, strategy_id: int, words: str) -> ResponseReturnValue:
    session.commit()
    saved(words)
    return redirect(url_for("strategies.edit", strategy_id=strategy_id, _anchor="h-areas"), 303)


def _find_area(session: Session, strategy_id: int, area_id: int) -> FocusArea:
    area = session.get(FocusArea, area_id)
    if area is None or area.strategy_id != strategy_id:
        raise NotFound
    return area


def _opened_area(area: FocusArea) -> FocusAreaForm:
    form = FocusAreaForm(None, obj=area)
    form.show(area)
    form.stamp()
    return form


def _render_area(
    form: FocusAreaForm,
    strategy: Strategy,
    area: FocusArea | None,
    status: int,
    *,
    clash: Clash | None = None,
    remove: RemoveForm | None = None,
) -> ResponseReturnValue:
    page = render_template(
        "strategies/area.html",
        form=remove if remove is not None and form_errors(remove) else form,
        area_form=form,
        strategy=strategy,
        area=area,
        clash=clash,
    )
    return page, status


# ---------------------------------------------------------------- visions


@bp.route("/visions/new", methods=["GET", "POST"])
@policy("register.edit")
def new_vision() -> ResponseReturnValue:
    """Entering a vision, ``?strategy=`` whose it is."""
    session = db.session()
    form = VisionForm(request.form if request.method == "POST" else None)
    form.offer(strategies(session))
    if request.method == "GET":
        form.strategy_id.data = request.args.get("strategy", "")
        return _render_vision(form, None, 200)
    made: list[Vision] = []
    if not attempt(form, lambda: made.append(actions.create_vision(session, actor(), now(), **form.values()))):
        return _render_vision(form, None, 422)
    return _vision_saved(session, made[0].strategy_id, _("Visionen är sparad."))


@bp.route("/visions/<int:vision_id>", methods=["GET", "POST"])
@policy("register.edit")
def edit_vision(vision_id: int) -> ResponseReturnValue:
    """Editing a vision."""
    session = db.session()
    vision = _find_vision(session, vision_id)
    if request.method == "GET":
        return _render_vision(_opened_vision(session, vision), vision, 200)
    form = VisionForm(request.form)
    form.offer(strategies(session))
    rows.claim(session, vision)
    if clash := clash_with(session, form, _opened_vision(session, vision), "vision", vision_id):
        return _render_vision(form, vision, 409, clash=clash)
    if not attempt(form, lambda: actions.edit_vision(session, actor(), now(), vision, **form.values())):
        return _render_vision(form, vision, 422)
    return _vision_saved(session, vision.strategy_id, _("Visionen är sparad."))


@bp.post("/visions/<int:vision_id>/remove")
@policy("register.edit")
def remove_vision(vision_id: int) -> ResponseReturnValue:
    """Takes a vision away."""
    session = db.session()
    vision = _find_vision(session, vision_id)
    strategy_id = vision.strategy_id
    actions.remove_vision(session, actor(), now(), vision)
    return _vision_saved(session, strategy_id, _("Visionen är borttagen."))


def _vision_saved(session: Session, strategy_id: int | None, words: str) -> ResponseReturnValue:
    session.commit()
    saved(words)
    if strategy_id is None:
        return redirect(url_for("strategies.index"), 303)
    return redirect(url_for("strategies.edit", strategy_id=strategy_id, _anchor="h-visions"), 303)


def _find_vision(session: Session, vision_id: int) -> Vision:
    vision = session.get(Vision, vision_id)
    if vision is None:
        raise NotFound
    return vision


def _opened_vision(session: Session, vision: Vision) -> VisionForm:
    form = VisionForm(None, obj=vision)
    form.offer(strategies(session))
    form.show(vision)
    form.stamp()
    return form


def _render_vision(
    form: VisionForm, vision: Vision | None, status: int, *, clash: Clash | None = None
) -> ResponseReturnValue:
    return render_template("strategies/vision.html", form=form, vision=vision, clash=clash), status
