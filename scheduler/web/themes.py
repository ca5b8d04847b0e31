"""Pages of themes: the tree, entering, editing, taking away what nothing uses."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.accounts.rules import may
from scheduler.db import db
from scheduler.errors import NotFound
from scheduler.forums.queries import forums_for_list, forums_per_theme
from scheduler.history.queries import history_of
from scheduler.i18n import gettext as _
from scheduler.organisations import rows
from scheduler.register import themes as actions
from scheduler.register.models import Theme
from scheduler.register.queries import strategies, themes_for_list, themes_tree
from scheduler.web.access import seen_forums
from scheduler.web.attempt import attempt, commit_announced, follow_shown
from scheduler.web.fields import form_errors
from scheduler.web.forms.places import RemoveForm
from scheduler.web.forms.register import ThemeForm, in_words
from scheduler.web.saved_by_other import Clash
from scheduler.web.security import actor, now, policy, principal
from scheduler.web.seen import clash_with
from scheduler.web.shell import saved

bp = Blueprint("themes", __name__)
#: The action's names of what a theme stands under → the form's one field.
_UNDER = dict.fromkeys(("parent_id", "focus_area_id", "strategy_id"), "under")


@bp.get("/themes")
@policy("register.read")
def index() -> ResponseReturnValue:
    """All themes as a tree, with how many forums have each; those that words name, on one level."""
    text = request.args.get("q", "").strip()
    session = db.session()
    return render_template(
        "themes/index.html",
        lines=themes_for_list(session, text=text),
        counts=forums_per_theme(session),
        text=text,
        may_edit=may(principal(), "register.edit"),
    )


@bp.route("/themes/new", methods=["GET", "POST"])
@policy("register.edit")
def new() -> ResponseReturnValue:
    """Entering a theme, ``?under=`` what it stands under."""
    session = db.session()
    form = ThemeForm(request.form if request.method == "POST" else None)
    _offer(session, form, None)
    if request.method == "GET":
        form.under.data = request.args.get("under", "")
        return _render(form, None, 200)
    if not attempt(form, lambda: actions.create_theme(session, actor(), now(), **form.values()), _UNDER):
        return _render(form, None, 422)
    session.commit()
    saved(_("%(name)s är sparat.", name=form.sv.data))
    return redirect(url_for("themes.index"), 303)


@bp.route("/themes/<int:theme_id>", methods=["GET", "POST"])
@policy("register.edit")
def edit(theme_id: int) -> ResponseReturnValue:
    """Editing a theme."""
    session = db.session()
    theme = _find(session, theme_id)
    if request.method == "GET":
        return _render(_opened(session, theme), theme, 200)
    form = ThemeForm(request.form)
    _offer(session, form, theme)
    rows.claim(session, theme)
    if clash := clash_with(session, form, _opened(session, theme), "theme", theme_id):
        return _render(form, theme, 409, clash=clash)

    def save() -> None:
        actions.edit_theme(session, actor(), now(), theme, **form.values())
        follow_shown(session, theme_ids=(theme_id,))

    if not attempt(form, save, _UNDER):
        return _render(form, theme, 422)
    commit_announced(session)
    saved(_("%(name)s är sparat.", name=theme.sv))
    return redirect(url_for("themes.index"), 303)


@bp.post("/themes/<int:theme_id>/remove")
@policy("register.edit")
def remove(theme_id: int) -> ResponseReturnValue:
    """Takes away a theme that nothing uses."""
    session = db.session()
    theme = _find(session, theme_id)
    name, form = theme.sv, RemoveForm(request.form)
    if not attempt(form, lambda: actions.remove_theme(session, actor(), now(), theme)):
        return _render(_opened(session, theme), theme, 422, remove=form)
    session.commit()
    saved(_("%(name)s är borttaget.", name=name))
    return redirect(url_for("themes.index"), 303)


def _find(session: Session, theme_id: int) -> Theme:
    theme = session.get(Theme, theme_id)
    if theme is None:
        raise NotFound
    return theme


def _offer(session: Session, form: ThemeForm, theme: Theme | None) -> None:
    form.offer(themes_tree(session), strategies(session), theme)


def _opened(session: Session, theme: Theme) -> ThemeForm:
    form = ThemeForm(None, obj=theme)
    _offer(session, form, theme)
    form.show(theme)
    form.stamp()
    return form


def _render(
    form: ThemeForm, theme: Theme | None, status: int, *, clash: Clash | None = None, remove: RemoveForm | None = None
) -> ResponseReturnValue:
    session = db.session()
    own, public = seen_forums()
    page = render_template(
        "themes/edit.html",
        form=remove if remove is not None and form_errors(remove) else form,
        theme_form=form,
        theme=theme,
        forums=forums_for_list(session, forum_ids=own, public_only=public, theme_id=theme.id) if theme else (),
        clash=clash,
        changes=history_of(session, "theme", theme.id, limit=5) if theme else (),
    )
    return page, status


bp.add_app_template_global(in_words)
