"""Mails that came back and that only a person can make anything of: a list, one mail as text, what is done with it.

The text is shown as text, never as the page the sender made. Not here: what Takt does by itself with what comes
(``mail.incoming``).
"""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler.db import db
from scheduler.errors import NotFound, Refused
from scheduler.i18n import gettext as _
from scheduler.i18n import mark
from scheduler.mail import incoming
from scheduler.mail.incoming import Waiting
from scheduler.mail.models import IncomingMail
from scheduler.meetings.models import Invitee
from scheduler.meetings.replies import call_of, name_of
from scheduler.web.fields import choice, show_problems
from scheduler.web.forms.incoming import AttachForm
from scheduler.web.security import actor, now, policy, principal, settings

bp = Blueprint("incoming", __name__)

PAGE = 50
#: ``incoming_rules.Reason`` → why Takt has not acted on a mail.
REASONS = {
    "text": mark("Någon har skrivit. Läs och svara."),
    "winmail": mark("Brevet är i Outlooks eget format och går inte att läsa här."),
    "unknown": mark("Svaret kom inte till någon inbjudans egen adress."),
    "several": mark("Svaret kom till flera inbjudningars adresser."),
    "other_meeting": mark("Svaret gäller ett annat möte än adressen."),
    "other_person": mark("Svaret är från någon annan än den som är inbjuden."),
    "outdated": mark("Svaret gäller en tidigare inbjudan."),
    "older": mark("Svaret skrevs före det som gäller."),
    "proposal": mark("En annan tid föreslås."),
    "unclear": mark("Svaret säger varken ja eller nej."),
    "refused": mark("Det svaret tas inte emot, eller inte längre."),
    "too_large": mark("Brevet är för stort och är inte hämtat."),
    "broken": mark("Brevet går inte att läsa."),
    "unread_bounce": mark("Brevet kom till en adress för studsar men är ingen rapport."),
}


def _own_forums() -> frozenset[int] | None:
    """The forums whose mail the person sees; None: all."""
    who = principal()
    return None if who.administrator else who.secretariat_forums


def _find(incoming_id: int) -> Waiting:
    """The mail, if the person may see it: one of no known meeting is the administrator's."""
    mail = db.session.get(IncomingMail, incoming_id)
    if mail is None:
        raise NotFound
    row = incoming.waiting_of(db.session(), mail)
    own = _own_forums()
    if own is not None and (row.meeting is None or not own & {forum.id for forum in row.meeting.forums}):
        raise NotFound
    return row


@bp.get("/mail/incoming")
@policy("secretariat")
def index() -> ResponseReturnValue:
    """What somebody must look at, the latest first; or what somebody has looked at."""
    seen = request.args.get("state") == "seen"
    page = max(1, request.args.get("page", 1, type=int))
    state = "seen" if seen else "look"
    own = _own_forums()
    rows, count = incoming.waiting(db.session(), own, state=state, limit=PAGE, offset=(page - 1) * PAGE)
    return render_template(
        "incoming/index.html", rows=rows, count=count, seen=seen, page=page, pages=max(1, -(-count // PAGE)),
        reason_words=_reason,
    )  # fmt: skip


def _reason(mail: IncomingMail) -> str:
    return _(REASONS[mail.reason]) if mail.reason in REASONS else ""


@bp.get("/mail/incoming/<int:incoming_id>")
@policy("secretariat")
def show(incoming_id: int) -> ResponseReturnValue:
    """One mail, and what may come of it."""
    row = _find(incoming_id)
    return _page(row, _form(row))


def _form(row: Waiting, *, posted: bool = False) -> AttachForm:
    form = AttachForm(request.form if posted else None)
    people = _invitees(row)
    form.invitee.choices = [choice("", _("Välj")), *(choice(str(one.id), name_of(one)) for one in people)]
    form.offer_answers(call_of(people[0].meeting, people[0]) if people else None)
    if not posted and row.invitee is not None:
        form.invitee.data = str(row.invitee.id)
    return form


def _invitees(row: Waiting) -> list[Invitee]:
    if row.meeting is None:
        return []
    return [one for one in row.meeting.invitees if one.withdrawn_at is None]


@bp.post("/mail/incoming/<int:incoming_id>/attach")
@policy("secretariat")
def attach(incoming_id: int) -> ResponseReturnValue:
    """Enters the answer that the mail holds, for whom it is."""
    session = db.session()
    row = _find(incoming_id)
    form = _form(row, posted=True)
    if form.validate():
        invitee = next((one for one in _invitees(row) if str(one.id) == form.invitee.data), None)
        try:
            incoming.attach(session, actor(), now(), row.mail, invitee=invitee, answer=form.answer.data)
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            session.commit()
            flash(_("Svaret är sparat."))
            return redirect(url_for("incoming.index"), 303)
    return _page(_find(incoming_id), form, 422)


@bp.post("/mail/incoming/<int:incoming_id>/seen")
@policy("secretariat")
def seen(incoming_id: int) -> ResponseReturnValue:
    """Lets the mail rest."""
    session = db.session()
    incoming.mark_seen(session, actor(), now(), _find(incoming_id).mail)
    session.commit()
    flash(_("Brevet är klart."))
    return redirect(url_for("incoming.index"), 303)


def _page(row: Waiting, form: AttachForm, status: int = 200) -> ResponseReturnValue:
    text = None if row.protected else incoming.text_of(row.mail, settings().mail_reply)
    page = render_template(
        "incoming/show.html", row=row, mail=row.mail, form=form, text=text, reason=_reason(row.mail),
        may_attach=row.mail.state == "look" and bool(_invitees(row)),
    )  # fmt: skip
    return page, status
