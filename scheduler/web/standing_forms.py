"""Pages of a forum's standing items: the points every new agenda begins with, in their order.

Not here: the agenda of a meeting.
"""

from __future__ import annotations

from babel.lists import format_list
from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.db import db
from scheduler.errors import NotFound
from scheduler.forums import standing
from scheduler.forums.models import Forum, StandingItem
from scheduler.i18n import gettext as _
from scheduler.i18n import language, locale_of, month_name
from scheduler.organisations import rows
from scheduler.register.queries import strategies
from scheduler.web.attempt import attempt
from scheduler.web.forms.standing import StandingForm
from scheduler.web.saved_by_other import Clash
from scheduler.web.security import actor, now, policy
from scheduler.web.seen import clash_with
from scheduler.web.shell import saved

bp = Blueprint("standing_forms", __name__)


@bp.route("/forums/<slug>/agenda", methods=["GET", "POST"])
@policy("forum.edit")
def index(slug: str) -> ResponseReturnValue:
    """The standing items in their order, and a form for one more."""
    forum: Forum = g.forum
    session = db.session()
    form = StandingForm(request.form if request.method == "POST" else None)
    form.offer(strategies(session))
    status = 200
    if request.method == "POST":
        if attempt(form, lambda: standing.add_standing_item(session, actor(), now(), forum, **form.values())):
            session.commit()
            saved(_("Punkten är tillagd."))
            return redirect(url_for("standing_forms.index", slug=slug), 303)
        status = 422
    return render_template("forums/agenda.html", forum=forum, form=form, minutes=_minutes(forum)), status


@bp.route("/forums/<slug>/agenda/<int:item_id>", methods=["GET", "POST"])
@policy("forum.edit")
def edit(slug: str, item_id: int) -> ResponseReturnValue:
    """One standing item."""
    item = _item(item_id)
    session = db.session()
    if request.method == "GET":
        return _render(_opened(session, item), item, 200)
    form = StandingForm(request.form)
    form.offer(strategies(session))
    rows.claim(session, item)
    if clash := clash_with(session, form, _opened(session, item), "forum", g.forum.id):
        return _render(form, item, 409, clash)
    if not attempt(form, lambda: standing.edit_standing_item(session, actor(), now(), g.forum, item, **form.values())):
        return _render(form, item, 422)
    session.commit()
    saved(_("Punkten är sparad."))
    return redirect(url_for("standing_forms.index", slug=slug), 303)


@bp.post("/forums/<slug>/agenda/<int:item_id>/move")
@policy("forum.edit")
def move(slug: str, item_id: int) -> ResponseReturnValue:
    """Puts an item one step up, or down."""
    item = _item(item_id)
    session = db.session()
    to = item.position + (-1 if request.form.get("to") == "up" else 1)
    standing.move_standing_item(session, actor(), now(), g.forum, item, position=to)
    session.commit()
    saved(_("Punkten är flyttad."))
    return redirect(url_for("standing_forms.index", slug=slug), 303)


@bp.post("/forums/<slug>/agenda/<int:item_id>/remove")
@policy("forum.edit")
def remove(slug: str, item_id: int) -> ResponseReturnValue:
    """Takes an item off coming agendas."""
    item = _item(item_id)
    session = db.session()
    standing.remove_standing_item(session, actor(), now(), g.forum, item)
    session.commit()
    saved(_("Punkten är borttagen."))
    return redirect(url_for("standing_forms.index", slug=slug), 303)


def _item(item_id: int) -> StandingItem:
    """A standing item of the forum in the address; raises NotFound for another's."""
    forum: Forum = g.forum
    found = next((item for item in forum.standing_items if item.id == item_id), None)
    if found is None:
        raise NotFound
    return found


def _opened(session: Session, item: StandingItem) -> StandingForm:
    form = StandingForm(None, obj=item)
    form.offer(strategies(session))
    form.show(item)
    form.stamp()
    return form


def _render(form: StandingForm, item: StandingItem, status: int, clash: Clash | None = None) -> ResponseReturnValue:
    return render_template("forums/agenda_item.html", forum=g.forum, form=form, item=item, clash=clash), status


def _minutes(forum: Forum) -> int:
    return sum(item.minutes or 0 for item in forum.standing_items)


def when_words(item: StandingItem) -> str:
    """On which meetings an item stands: "Varje möte", "Vartannat möte, bara i mars och september"."""
    known = {1: _("Varje möte"), 2: _("Vartannat möte"), 3: _("Vart tredje möte")}
    words = known.get(item.every_n) or _("Vart %(n)s:e möte", n=item.every_n)
    if not item.months:
        return words
    names = [month_name(int(month)) for month in item.months.split(",")]
    return _("%(when)s, bara i %(months)s", when=words, months=format_list(names, locale=locale_of(language())))


def duration_words(minutes: int) -> str:
    """ "1 tim 20 min"."""
    hours, rest = divmod(minutes, 60)
    parts = [_("%(n)s tim", n=hours)] if hours else []
    if rest or not hours:
        parts.append(_("%(n)s min", n=rest))
    return " ".join(parts)


bp.add_app_template_global(when_words, "standing_when")
bp.add_app_template_global(duration_words)
