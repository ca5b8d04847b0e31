"""Inviting somebody to become a user, and the page behind the invitation's link.

The link is opened without signing in and without a cookie: a GET shows who invites and to what, since mail scanners
follow links; the POST carries a seal that only this page has (SEC-12), makes the user and leads to signing in. It
signs nobody in: a link a week old is no proof of who opens it. Not here: the list of open invitations (``users``).
"""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from scheduler.accounts import invitations as actions
from scheduler.accounts import limits
from scheduler.accounts.listing import invitation_row
from scheduler.accounts.models import Invitation
from scheduler.accounts.personal_links import form_token, form_token_fits
from scheduler.accounts.queries import invitation_of
from scheduler.db import db
from scheduler.errors import Gone, NotFound
from scheduler.forums.queries import forums_for_list
from scheduler.i18n import date_text, time_text
from scheduler.i18n import gettext as _
from scheduler.mail.actions import queue_invitation, withdraw_invitation
from scheduler.organisations.queries import organisations_for_list
from scheduler.web import security
from scheduler.web.attempt import attempt
from scheduler.web.fields import PageForm
from scheduler.web.filters import instant_text, local
from scheduler.web.forms.users import InviteForm
from scheduler.web.role_words import ROLE_HINTS
from scheduler.web.security import actor, now, policy, settings
from scheduler.web.shell import about_links
from scheduler.web.users import MADE, render_list

bp = Blueprint("invitations", __name__)

#: What the seal of the form is for: it fits no other personal link.
PURPOSE = "invitation"


# ---------------------------------------------------------------- inviting


@bp.route("/admin/users/invite", methods=["GET", "POST"])
@policy("administrator")
def invite() -> ResponseReturnValue:
    """Inviting somebody by mail; the link is also shown once, to be handed over another way."""
    posted = request.method == "POST"
    form = InviteForm(request.form if posted else None, data={"role": "secretariat"})
    form.offer(forums_for_list(db.session()), organisations_for_list(db.session()))
    made: list[actions.Invited] = []
    if posted and attempt(form, lambda: made.append(actions.invite(db.session(), actor(), now(), **form.values()))):
        return _send(made[0], _("%(name)s är inbjuden."))
    page = render_template("invitations/new.html", form=form, role_hints=ROLE_HINTS)
    return page, 422 if posted else 200


def _send(made: actions.Invited, message: str) -> ResponseReturnValue:
    """Queues the mail, saves, and shows the link once."""
    row = made.invitation
    query = "" if row.language == "sv" else f"?language={row.language}"
    link = f"{settings().public_url}/invitation/{made.token}{query}"
    queue_invitation(db.session(), now(), invitation_row(db.session(), now(), row), link, row.language)
    db.session.commit()
    session[MADE] = {"id": row.id, "link": link}
    flash(message % {"name": row.name})
    return redirect(url_for("users.index"), 303)


def _invitation(invitation_id: int) -> Invitation:
    found = db.session.get(Invitation, invitation_id, with_for_update=True)
    if found is None:
        raise NotFound
    return found


@bp.post("/admin/invitations/<int:invitation_id>/renew")
@policy("administrator")
def renew(invitation_id: int) -> ResponseReturnValue:
    """Sends an invitation again, with a new link; the old one is dead."""
    row = _invitation(invitation_id)
    form = PageForm()
    made: list[actions.Invited] = []
    if not attempt(form, lambda: made.append(actions.renew_invitation(db.session(), actor(), now(), invitation=row))):
        return render_list(form, 422)
    withdraw_invitation(db.session(), row.id, row.login)
    return _send(made[0], _("%(name)s har fått en ny länk. Den gamla fungerar inte längre."))


@bp.post("/admin/invitations/<int:invitation_id>/revoke")
@policy("administrator")
def revoke(invitation_id: int) -> ResponseReturnValue:
    """Takes an invitation back; its link is dead."""
    row = _invitation(invitation_id)
    actions.revoke_invitation(db.session(), actor(), now(), invitation=row)
    withdraw_invitation(db.session(), row.id, row.login)
    db.session.commit()
    flash(_("Inbjudan till %(name)s är återkallad.", name=row.name))
    return redirect(url_for("users.index"), 303)


# ---------------------------------------------------------------- behind the link


@bp.get("/invitation/<token>")
@policy("token")
def show(token: str) -> ResponseReturnValue:
    """Who invites, to what, and the button; changes nothing."""
    limit = limits.INVITATIONS_FROM_NETWORK
    security.limit(limit.what, security.network(), times=limit.times, span=limit.span)
    row = _open(token)
    return _page(
        "invitations/show.html",
        row=invitation_row(db.session(), now(), row),
        token=token,
        seal=form_token(settings().secret_key, PURPOSE, token),
        until=instant_text(row.expires_at, settings().time_zone),
    )


@bp.post("/invitation/<token>")
@policy("token")
def accept(token: str) -> ResponseReturnValue:
    """Makes the user and leads to signing in; an account that is there already stays as it is (SEC-20)."""
    limits.count(db.session(), now(), limits.INVITATIONS_FROM_NETWORK, security.network())
    try:
        row = _open(token)
    except (NotFound, Gone):
        db.session.commit()  # the try
        raise
    if not form_token_fits(settings().secret_key, PURPOSE, token, request.form.get("form_token")):
        db.session.commit()
        abort(400)
    user = actions.accept_invitation(db.session(), now(), token=token)
    db.session.commit()
    if user is None:
        return _page("invitations/needless.html", login=row.login), 409
    session["invited"] = user.login
    return redirect(url_for("sign_in.login"), 303)


def _open(token: str) -> Invitation:
    """The invitation of a link; raises NotFound for an unknown one, Gone for one that is over, and says why."""
    row = invitation_of(db.session(), token)
    if row is None:
        raise NotFound
    state = actions.state_of_invitation(row, now())
    if state == "accepted":
        raise Gone(_("Inbjudan är redan använd. Logga in med din e-postadress."))
    if state == "revoked":
        raise Gone(_("Inbjudan är återkallad eller ersatt av en ny. Kontakta den som bjöd in dig."))
    if state == "expired":
        at = local(row.expires_at, settings().time_zone)
        raise Gone(
            _(
                "Inbjudan slutade gälla %(day)s kl. %(time)s. Be den som bjöd in dig om en ny.",
                day=date_text(at.date()),
                time=time_text(at),
            )
        )
    return row


def _page(template: str, **values: object) -> str:
    """A page for one reader and one moment, with nothing around it but the language."""
    return render_template(template, personal=True, wide=False, menu=(), links=about_links(), **values)
