"""Pages of mail: what has gone out or waits, one mail as it was handed over, and the mailings to come.

In the demo and in mode log this is where mails are read. Not here: sending, retrying (they come with the outbox's own
forms), the mail's text (``mail.messages``).
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from scheduler.db import db
from scheduler.errors import NotFound
from scheduler.i18n import gettext as _
from scheduler.i18n import mark
from scheduler.mail.models import OutboxMail
from scheduler.mail.queries import attempts_of, count_mails, mail_shown, mails, planned_mails
from scheduler.web.security import policy, principal, settings

bp = Blueprint("mails", __name__)

PAGE = 50
#: The mail's own document: it has its styles inline and must not run, fetch or post anything.
DOCUMENT_CSP = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; sandbox"
STATES = {
    "pending": mark("Väntar"),
    "claimed": mark("Skickas"),
    "transmitting": mark("Skickas"),
    "sent": mark("Skickad"),
    "deferred": mark("Försöker igen"),
    "failed": mark("Misslyckad"),
    "expired": mark("För sent"),
    "superseded": mark("Struken"),
    "suppressed": mark("Struken"),
    "held": mark("Hålls"),
    "uncertain": mark("Osäker"),
}
KINDS = {
    "reminder": mark("Påminnelse"),
    "login_link": mark("Inloggning"),
    "invitation": mark("Inbjudan"),
    "seat_check": mark("Organisationens länk"),
}


def _own_forums() -> frozenset[int] | None:
    """The forums whose mail the person sees; None: all."""
    who = principal()
    return None if who.administrator else who.secretariat_forums


@bp.get("/mail")
@policy("secretariat")
def index() -> ResponseReturnValue:
    """Mails, the newest first, and the next planned mailings with how many get them."""
    session = db.session()
    own = _own_forums()
    counts = count_mails(session, forum_ids=own)
    count = sum(counts.values())
    pages = max(1, -(-count // PAGE))
    page = min(max(1, request.args.get("page", 1, type=int)), pages)
    rows = mails(session, forum_ids=own, limit=PAGE, offset=(page - 1) * PAGE)
    return render_template(
        "mails/index.html",
        rows=rows,
        planned=planned_mails(session, forum_ids=own, limit=10),
        counts=counts,
        count=count,
        page=page,
        pages=pages,
        mode=settings().mail_mode,
        state_word=lambda state: _(STATES[state]),
        kind_word=lambda kind: _(KINDS[kind]) if kind in KINDS else kind,
    )


def _mail(mail_id: int) -> OutboxMail:
    """The mail, if the person may see it: a sign-in mail only in the demo, since it carries a key."""
    mail = db.session.get(OutboxMail, mail_id)
    if mail is None or (mail.meeting_id is None and not (principal().administrator and settings().demo)):
        raise NotFound
    own = _own_forums()
    if own is not None and not mails(db.session(), meeting_id=mail.meeting_id, forum_ids=own, limit=1):
        raise NotFound
    return mail


@bp.get("/mail/<int:mail_id>")
@policy("secretariat")
def show(mail_id: int) -> ResponseReturnValue:
    """One mail: to whom, when, how it went, and its text."""
    mail = _mail(mail_id)
    return render_template(
        "mails/show.html",
        mail=mail,
        shown=mail_shown(mail),
        attempts=attempts_of(db.session(), mail_id),
        state_word=lambda state: _(STATES[state]),
    )


@bp.get("/mail/<int:mail_id>/document")
@policy("secretariat")
def document(mail_id: int) -> ResponseReturnValue:
    """The mail's HTML alone, as its reader saw it; it can do nothing."""
    shown = mail_shown(_mail(mail_id))
    if shown is None:
        abort(404)
    return Response(shown.html, headers={"Content-Security-Policy": DOCUMENT_CSP}, mimetype="text/html")
