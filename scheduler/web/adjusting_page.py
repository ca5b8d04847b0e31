"""The page behind an adjuster's personal link: the protocol to read, to adjust or to object to, without signing in.

A GET changes nothing; the form carries a seal that only this page has (SEC-12). The link works until the protocol is
adjusted, and then shows it for a month. Not here: adjusting when signed in (``minutes``).
"""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from scheduler.accounts import personal_links
from scheduler.db import db
from scheduler.errors import Gone
from scheduler.history.rules import Actor
from scheduler.i18n import gettext as _
from scheduler.mail.letter_parts import language_of
from scheduler.mail.minutes_mails import PURPOSE
from scheduler.organisations.rules import shown_name
from scheduler.records import minutes as actions
from scheduler.records.minutes_reading import text_of
from scheduler.records.minutes_text import seen_sha256
from scheduler.records.models import Adjuster
from scheduler.web.attempt import attempt, commit_announced
from scheduler.web.forms.minutes import ObjectionForm
from scheduler.web.link_rows import ANSWERS, SPAN, row_of_link
from scheduler.web.security import in_language, limit, now, policy, settings, speak
from scheduler.web.shell import about_links

bp = Blueprint("adjusting_page", __name__)

#: For so long after the adjustment the link shows the text.
WORKS_AFTER = timedelta(days=30)


def _find(token: str) -> Adjuster:
    """Whom a link is for. Raises NotFound for an unknown or revoked one, and Gone for one that has ended."""
    found = row_of_link(Adjuster, PURPOSE, token, wrong="adjust.wrong")
    speak(language_of(found.person.locale))
    done = found.minutes.adjusted_at
    if found.minutes.state == "draft" or (done is not None and now() > done + WORKS_AFTER):
        raise Gone(_("Protokollet är inte på justering."))
    return found


@bp.get("/j/<token>/", strict_slashes=False)
@policy("token")
def show(token: str) -> ResponseReturnValue:
    """The protocol, and what one may do with it."""
    return _page(token, _find(token), ObjectionForm(None), 200)


@bp.post("/j/<token>/")
@policy("token")
def answer(token: str) -> ResponseReturnValue:
    """Adjusts, or objects."""
    adjuster = _find(token)
    if not personal_links.form_token_fits(settings().secret_key, PURPOSE, token, request.form.get("form_token")):
        abort(400)
    limit("adjust.answer", str(adjuster.id), times=ANSWERS, span=SPAN)
    session = db.session()
    form = ObjectionForm(request.form)
    who = Actor(shown_name(adjuster.person), person_id=adjuster.person_id)

    def act() -> None:
        if "object" in request.form:
            actions.object_to(session, who, now(), adjuster, objection=form.objection.data)
        else:
            actions.adjust(session, who, now(), adjuster, seen=form.seen.data or "")

    if not attempt(form, act):
        return _page(token, _find(token), form, 422)
    commit_announced(session)
    return redirect(in_language("./"), 303)


def _page(token: str, adjuster: Adjuster, form: ObjectionForm, status: int) -> ResponseReturnValue:
    minutes = adjuster.minutes
    text = text_of(db.session(), minutes.meeting, minutes)
    page = render_template(
        "minutes/adjust.html",
        personal=True,
        wide=True,
        menu=(),
        links=about_links(),
        token=token,
        form_token=personal_links.form_token(settings().secret_key, PURPOSE, token),
        adjuster=adjuster,
        name=shown_name(adjuster.person),
        minutes=minutes,
        text=text,
        seen=seen_sha256(text),
        form=form,
        open=minutes.state == "adjusting",
    )
    return page, status
