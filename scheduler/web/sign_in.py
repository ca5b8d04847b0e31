"""Signing in by a link in a mail, or by its code in another browser; signing out; language; one's sessions.

A GET never signs anybody in: mail scanners follow links (SEC-3). What the asking browser must keep (its
secret, the address typed, until when) stands in Flask's signed cookie. Not here: who may (``security``), what
a link is worth (``accounts.actions``).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from flask import Blueprint, Response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from scheduler.accounts import actions, users
from scheduler.accounts.principals import principal_of
from scheduler.accounts.queries import link_of, sessions_of, state_of
from scheduler.accounts.rules import LinkState, shown_code
from scheduler.db import db
from scheduler.errors import Gone, NotFound, Refused
from scheduler.i18n import date_text, time_text
from scheduler.i18n import gettext as _
from scheduler.mail.actions import queue_login_link
from scheduler.web import security
from scheduler.web.fields import show_problems
from scheduler.web.filters import local
from scheduler.web.forms.sign_in import AddressForm, CodeForm
from scheduler.web.security import actor, in_language, now, policy, principal, safe_next, settings
from scheduler.web.shell import about_links, sees_register

bp = Blueprint("sign_in", __name__)


@bp.after_request
def _keep_out(response: Response) -> Response:
    """These pages are for one reader and one moment: kept nowhere, found by no search engine."""
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _page(template: str, **values: object) -> str:
    """A page with nothing around it but the language: who is here has one thing to do."""
    return render_template(template, wide=False, menu=(), links=replace(about_links(), home=in_language("/")), **values)


# ---------------------------------------------------------------- asking for a link


@bp.get("/login")
@policy("public")
def login() -> ResponseReturnValue:
    """The form that asks for a link; whoever is signed in goes on at once."""
    next_path = safe_next(request.args.get("next"))
    if principal().signed_in:
        return redirect(next_path, 303)
    # Whoever has just accepted an invitation finds their address in the field.
    invited = session.get("invited", "")
    return _page("sign_in/login.html", form=AddressForm(data={"next": next_path, "email": invited}), invited=invited)


@bp.post("/login")
@policy("public")
def ask() -> ResponseReturnValue:
    """Sends the link, if the address is known; the answer is the same when it is not."""
    form = AddressForm(request.form)
    browser = session.get("browser") or actions.new_secret()
    try:
        asked = actions.request_link(
            db.session(), actor(), now(), address=form.email.data or "", browser=browser, network=security.network(),
            next_path=safe_next(form.next.data),
        )  # fmt: skip
    except Refused as refused:
        show_problems(form, refused)
        return _page("sign_in/login.html", form=form), 422
    # A stranger's mail is written too and then unwritten: both cases cost the same (SEC-3).
    attempt = db.session.begin_nested()
    queue_login_link(
        db.session(), now(), asked.address, link_url(asked.token), shown_code(asked.code), asked.language,
        expires_at=asked.expires_at, person_id=asked.person_id,
    )  # fmt: skip
    if asked.known:
        attempt.commit()
    else:
        attempt.rollback()
    db.session.commit()
    session.pop("invited", None)
    session["browser"] = browser
    session["asked"] = {
        "email": (form.email.data or "").strip(),
        "until": asked.expires_at.isoformat(),
        "next": safe_next(form.next.data),
    }
    return redirect(url_for("sign_in.sent"), 303)


def link_url(token: str) -> str:
    """The address in the mail: always the configured base URL, never the request's host (SEC-11)."""
    return f"{settings().public_url}/login/{token}"


@bp.get("/login/sent")
@policy("public")
def sent() -> ResponseReturnValue:
    """What to do while the mail is on its way, and where its code is typed."""
    asked = session.get("asked")
    if asked is None:
        return redirect(url_for("sign_in.login"), 303)
    return _sent_page(CodeForm(), asked)


def _sent_page(form: CodeForm, asked: dict[str, str]) -> str:
    until = local(datetime.fromisoformat(asked["until"]), settings().time_zone)
    return _page(
        "sign_in/sent.html", canonical_path="/login/sent", form=form, email=asked["email"], next=asked["next"],
        until=time_text(until),
    )  # fmt: skip


# ---------------------------------------------------------------- signing in


@bp.get("/login/<token>")
@policy("public")
def open_link(token: str) -> ResponseReturnValue:
    """The button that signs in, or the code's field in a browser that did not ask."""
    link = link_of(db.session(), token)
    if link is None:
        raise NotFound
    state = state_of(link, now(), session.get("browser"))
    _refuse_ended(state, link.expires_at)
    if state == "elsewhere":
        return _code_page(CodeForm(data={"token": token}))
    return _page("sign_in/confirm.html", email=link.login, token=token)


def _refuse_ended(state: LinkState, expires_at: datetime) -> None:
    """Raises Gone for a link that was used or is past its time, and says which."""
    if state == "used":
        raise Gone(_("Länken är redan använd. Be om en ny på inloggningssidan."))
    if state == "expired":
        at = local(expires_at, settings().time_zone)
        raise Gone(
            _(
                "Länken slutade gälla %(day)s kl. %(time)s. Be om en ny på inloggningssidan.",
                day=date_text(at.date()),
                time=time_text(at),
            )
        )


@bp.post("/login/<token>")
@policy("public")
def use_link(token: str) -> ResponseReturnValue:
    """Signs in and uses the link up."""
    try:
        begun = actions.consume_link(
            db.session(), now(), token=token, browser=session.get("browser"), network=security.network(),
            client=security.client(),
        )  # fmt: skip
    except Refused as refused:
        form = CodeForm(data={"token": token})
        show_problems(form, refused)
        return _code_page(form), 422
    return _welcome(begun)


@bp.post("/login/code")
@policy("public")
def use_code() -> ResponseReturnValue:
    """Signs in by the code; a wrong one is counted."""
    form = CodeForm(request.form)
    token = form.token.data or None
    begun = actions.consume_code(
        db.session(), now(), code=form.code.data or "", browser=session.get("browser"), token=token,
        network=security.network(), client=security.client(),
    )  # fmt: skip
    if begun is not None:
        return _welcome(begun)
    db.session.commit()  # the wrong try
    form.code.errors = [_("Koden stämmer inte eller gäller inte längre. Läs den igen i brevet, eller be om en ny.")]
    asked = session.get("asked")
    if token is not None or asked is None:
        return _code_page(form), 422
    return _sent_page(form, asked), 422


def _code_page(form: CodeForm) -> str:
    path = f"/login/{form.token.data}" if form.token.data else "/login"
    return _page("sign_in/code.html", canonical_path=path, form=form)


def _welcome(begun: actions.SignedIn) -> ResponseReturnValue:
    """Ends what this browser was signed in as, and begins anew with nothing kept from before."""
    earlier = security.sign_in_row()
    if earlier is not None:
        actions.sign_out(db.session(), actor(), now(), sign_in=earlier)
    db.session.commit()
    session.clear()
    response = redirect(_first_page(begun), 303)
    security.set_cookie(response, begun.token)
    return response


def _first_page(begun: actions.SignedIn) -> str:
    """Where one was going; somebody who neither plans nor reads the register goes to their own page by default."""
    path = safe_next(begun.next_path)
    if path == "/" and begun.user.person_id is not None:
        who = principal_of(db.session(), begun.user, security.today())
        if not sees_register(who):
            return url_for("me.index")
    return path


# ---------------------------------------------------------------- signed in


@bp.post("/logout")
@policy("public")
def logout() -> ResponseReturnValue:
    """Ends the session; the old cookie is dead."""
    current = security.sign_in_row()
    if current is not None:
        actions.sign_out(db.session(), actor(), now(), sign_in=current)
        db.session.commit()
    session.clear()
    response = redirect("/", 303)
    security.drop_cookie(response)
    return response


@bp.post("/language")
@policy("signed_in")
def language() -> ResponseReturnValue:
    """Keeps the language a person reads; a visitor's stands in the address instead."""
    current = security.sign_in_row()
    if current is None:
        raise NotFound
    users.set_language(
        db.session(), actor(), now(), user=current.user, language=request.form.get("language", "")
    )  # fmt: skip
    db.session.commit()
    return redirect(safe_next(request.form.get("next")), 303)


@bp.get("/me/sessions")
@policy("signed_in")
def own_sessions() -> ResponseReturnValue:
    """Where one is signed in."""
    current = security.sign_in_row()
    if current is None:
        raise NotFound
    rows = sessions_of(db.session(), current.user_id, now())
    return render_template("sign_in/sessions.html", rows=rows, current=current)


@bp.post("/me/sessions/<int:sign_in_id>/end")
@policy("signed_in")
def end_one(sign_in_id: int) -> ResponseReturnValue:
    """Ends one of one's own sessions; anybody else's does not exist."""
    current = security.sign_in_row()
    if current is None:
        raise NotFound
    actions.end_session(db.session(), actor(), now(), user=current.user, sign_in_id=sign_in_id)
    db.session.commit()
    return redirect(url_for("sign_in.own_sessions" if sign_in_id != current.id else "sign_in.login"), 303)


@bp.post("/me/sessions/end")
@policy("signed_in")
def end_all() -> ResponseReturnValue:
    """Ends all of one's sessions, this one too."""
    current = security.sign_in_row()
    if current is None:
        raise NotFound
    actions.end_sessions(db.session(), actor(), now(), user=current.user)
    db.session.commit()
    session.clear()
    response = redirect(url_for("sign_in.login"), 303)
    security.drop_cookie(response)
    return response
