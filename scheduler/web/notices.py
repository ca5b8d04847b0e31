"""Pages of the register's notices: the list, entering, editing, taking away; and putting one away for oneself.

They are shown on the overview. What a reader has put away is remembered in the signed cookie of forms, which ends
with the browser; a visitor, whose pages need no cookie, sees them all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date

from flask import Blueprint, redirect, render_template, request, url_for
from flask import session as kept
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.accounts.rules import may
from scheduler.db import db
from scheduler.errors import NotFound
from scheduler.history.queries import history_of
from scheduler.i18n import gettext as _
from scheduler.i18n import lazy
from scheduler.organisations import rows
from scheduler.organisations.queries import organisations_for_list
from scheduler.register import notices as actions
from scheduler.register.models import Notice
from scheduler.register.queries import notices_for_list, notices_on
from scheduler.register.rules import notice_time
from scheduler.web.attempt import attempt
from scheduler.web.fields import form_errors
from scheduler.web.forms.places import RemoveForm
from scheduler.web.forms.register import NOTICE_WORDS, NoticeForm
from scheduler.web.saved_by_other import Clash
from scheduler.web.security import actor, now, policy, principal, today
from scheduler.web.seen import clash_with
from scheduler.web.shell import saved

bp = Blueprint("notices", __name__)

#: Under which heading a notice is listed.
TIMES = {"present": lazy("Visas nu"), "coming": lazy("Kommande"), "past": lazy("Tidigare")}
#: In the cookie: which notices have been put away. The oldest are forgotten first.
_PUT_AWAY = "put_away"
_MOST_PUT_AWAY = 40


@bp.get("/notices")
@policy("register.read")
def index() -> ResponseReturnValue:
    """All notices: those shown now, those to come, those that were."""
    found: dict[str, list[Notice]] = {key: [] for key in TIMES}
    for notice in notices_for_list(db.session()):
        found[notice_time(notice.from_on, notice.to_on, today())].append(notice)
    return render_template(
        "notices/index.html",
        groups=[(key, TIMES[key], rows_) for key, rows_ in found.items() if rows_],
        shown=len(found["present"]),
        kind_words=NOTICE_WORDS,
        may_edit=may(principal(), "register.edit"),
    )


@bp.route("/notices/new", methods=["GET", "POST"])
@policy("register.edit")
def new() -> ResponseReturnValue:
    """Entering a notice."""
    session = db.session()
    form = NoticeForm(
        request.form if request.method == "POST" else None, data={"dismissible": True}, meta={"today": today()}
    )
    form.offer(organisations_for_list(session))
    if request.method == "GET":
        return _render(form, None, 200)
    if not attempt(form, lambda: actions.create_notice(session, actor(), now(), **form.values())):
        return _render(form, None, 422)
    session.commit()
    saved(_("Meddelandet är sparat."))
    return redirect(url_for("notices.index"), 303)


@bp.route("/notices/<int:notice_id>", methods=["GET", "POST"])
@policy("register.edit")
def edit(notice_id: int) -> ResponseReturnValue:
    """Editing a notice."""
    session = db.session()
    notice = _find(session, notice_id)
    if request.method == "GET":
        return _render(_opened(session, notice), notice, 200)
    form = NoticeForm(request.form, meta={"today": today()})
    form.offer(organisations_for_list(session))
    rows.claim(session, notice)
    if clash := clash_with(session, form, _opened(session, notice), "notice", notice_id):
        return _render(form, notice, 409, clash=clash)
    if not attempt(form, lambda: actions.edit_notice(session, actor(), now(), notice, **form.values())):
        return _render(form, notice, 422)
    session.commit()
    saved(_("Meddelandet är sparat."))
    return redirect(url_for("notices.index"), 303)


@bp.post("/notices/<int:notice_id>/remove")
@policy("register.edit")
def remove(notice_id: int) -> ResponseReturnValue:
    """Takes a notice away."""
    session = db.session()
    notice = _find(session, notice_id)
    form = RemoveForm(request.form)
    if not attempt(form, lambda: actions.remove_notice(session, actor(), now(), notice)):
        return _render(_opened(session, notice), notice, 422, remove=form)
    session.commit()
    saved(_("Meddelandet är borttaget."))
    return redirect(url_for("notices.index"), 303)


def _find(session: Session, notice_id: int) -> Notice:
    notice = session.get(Notice, notice_id)
    if notice is None:
        raise NotFound
    return notice


def _opened(session: Session, notice: Notice) -> NoticeForm:
    form = NoticeForm(None, obj=notice, meta={"today": today()})
    form.offer(organisations_for_list(session))
    form.show(notice)
    form.stamp()
    return form


def _render(
    form: NoticeForm,
    notice: Notice | None,
    status: int,
    *,
    clash: Clash | None = None,
    remove: RemoveForm | None = None,
) -> ResponseReturnValue:
    page = render_template(
        "notices/edit.html",
        form=remove if remove is not None and form_errors(remove) else form,
        notice_form=form,
        item=notice,
        clash=clash,
        changes=history_of(db.session(), "notice", notice.id, limit=5) if notice else (),
    )
    return page, status


# ---------------------------------------------------------------- on the overview


@bp.post("/notices/<int:notice_id>/hide")
@policy("signed_in")
def hide(notice_id: int) -> ResponseReturnValue:
    """Puts a notice away until the browser is closed, or the notice says something else."""
    notice = _find(db.session(), notice_id)
    if notice.dismissible:
        others = [key for key in kept.get(_PUT_AWAY, []) if key != _key(notice)]
        kept[_PUT_AWAY] = [*others, _key(notice)][-_MOST_PUT_AWAY:]
    return redirect(url_for("overview.index"), 303)


def notices_to_show(session: Session, day: date) -> Sequence[Notice]:
    """The notices of ``day`` that the reader has not put away, warnings first."""
    notices = notices_on(session, day)
    if not principal().signed_in:
        return notices
    away = set(kept.get(_PUT_AWAY, []))
    return [notice for notice in notices if not (notice.dismissible and _key(notice) in away)]


def _key(notice: Notice) -> str:
    """Another one when its text changes, so that a changed notice is shown again."""
    text = f"{notice.kind} {notice.text} {notice.text_en} {notice.link}"
    return f"{notice.id}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
