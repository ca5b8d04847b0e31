"""Pages of the outbox: which mails wait, left or failed and why, one mail with its tries.

In the demo and in mode log this is where mails are read. Nothing of a mail that holds a secret is shown but in the
demo, to its administrator. Not here: doing something with them (``mail_acts``), a meeting's mailings (``mailings``),
how sending stands (``mail_health``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler.db import db
from scheduler.errors import NotFound
from scheduler.forums.queries import forums_for_list
from scheduler.i18n import gettext as _
from scheduler.i18n import mark
from scheduler.mail.mailings import GROUPS, SECRET, Chosen, count_by_group, find_mails, holds, row_of
from scheduler.mail.models import OutboxMail
from scheduler.mail.queries import attempts_of, mail_shown, mails, planned_mails
from scheduler.mail.rules import KINDS
from scheduler.meetings.queries import meeting_by_id
from scheduler.web import mail_words
from scheduler.web.security import may_meeting, policy, principal, settings

bp = Blueprint("mails", __name__)

PAGE = 50
#: The mail's own document: it has its styles inline and must not run, fetch or post anything.
DOCUMENT_CSP = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; sandbox"
#: What a list may be narrowed to → its word.
GROUP_WORDS: Mapping[str, str] = {
    "waiting": mark("Väntar"),
    "retrying": mark("Försöker igen"),
    "held": mark("Hålls"),
    "failed": mark("Misslyckade"),
    "uncertain": mark("Osäkra"),
    "sent": mark("Skickade"),
    "dropped": mark("Strukna"),
}


def _own_forums() -> frozenset[int] | None:
    """The forums whose mail the person sees; None: all."""
    who = principal()
    return None if who.administrator else who.secretariat_forums


# ---------------------------------------------------------------- the list


@bp.get("/mail")
@policy("secretariat")
def index() -> ResponseReturnValue:
    """The outbox: what is held, what comes next, and the mails by state, kind, forum and recipient."""
    session = db.session()
    own = _own_forums()
    forums = forums_for_list(session, forum_ids=own)
    by_slug = {forum.slug: forum for forum in forums}
    forum = by_slug.get(request.args.get("forum", ""))
    group, kind = request.args.get("state", ""), request.args.get("kind", "")
    chosen = Chosen(
        forum_ids=frozenset({forum.id}) if forum is not None else own,
        group=group if group in GROUPS else None,
        kind=kind if kind in KINDS else None,
        text=request.args.get("q", "")[:200],
    )
    counts = count_by_group(session, chosen)
    count = counts[chosen.group] if chosen.group else sum(counts.values())
    pages = max(1, -(-count // PAGE))
    page = min(max(1, request.args.get("page", 1, type=int)), pages)
    given: dict[str, Any] = {
        "q": chosen.text or None, "kind": chosen.kind, "forum": forum.slug if forum else None, "state": chosen.group,
    }  # fmt: skip
    return render_template(
        "mails/index.html",
        rows=find_mails(session, chosen, limit=PAGE, offset=(page - 1) * PAGE),
        planned=planned_mails(session, forum_ids=own, limit=10),
        holds=holds(session, Chosen(own)),
        counts=counts,
        total=sum(counts.values()),
        count=count,
        page=page,
        pages=pages,
        mode=settings().mail_mode.partition(":")[0],
        chosen=chosen,
        given=given,
        here=url_for("mails.index", **given, page=page if page > 1 else None),
        forums=forums,
        forum=forum,
        groups=[(name, _(word)) for name, word in GROUP_WORDS.items()],
        kinds=[(name, mail_words.kind_word(name)) for name in KINDS if own is None or KINDS[name].states is not None],
        opens=opens,
    )


def opens(mail: OutboxMail) -> bool:
    """Whether the person may open the mail's page."""
    return mail.meeting_id is not None or principal().administrator


# ---------------------------------------------------------------- one mail


def find_mail(mail_id: int) -> OutboxMail:
    """The mail, if the person may see it: those about no meeting are the administrator's."""
    mail = db.session.get(OutboxMail, mail_id)
    if mail is None or not opens(mail):
        raise NotFound
    own = _own_forums()
    if own is not None and not mails(db.session(), meeting_id=mail.meeting_id, forum_ids=own, limit=1):
        raise NotFound
    return mail


def _shows_text(mail: OutboxMail, *, protected: bool) -> bool:
    """Whether the text may be shown: never a secret (but in the demo), never what names a protected identity."""
    if mail.kind in SECRET:
        return settings().demo and principal().administrator
    return not protected


@bp.get("/mail/<int:mail_id>")
@policy("secretariat")
def show(mail_id: int) -> ResponseReturnValue:
    """One mail: to whom, when, how each try went, what may be done with it, and its text."""
    session = db.session()
    mail = find_mail(mail_id)
    row = row_of(session, mail)
    shows = _shows_text(mail, protected=row.protected)
    meeting = meeting_by_id(session, mail.meeting_id) if mail.meeting_id is not None else None
    return render_template(
        "mails/show.html",
        row=row,
        mail=mail,
        meeting=meeting,
        shows=shows,
        shown=mail_shown(mail) if shows else None,
        attempts=[(attempt, mail_words.try_of(attempt)) for attempt in attempts_of(session, mail_id)],
        stages=mail_words.STAGES,
        may_act=may_act(mail),
        here=url_for("mails.show", mail_id=mail_id),
    )


@bp.get("/mail/<int:mail_id>/document")
@policy("secretariat")
def document(mail_id: int) -> ResponseReturnValue:
    """The mail's HTML alone, as its reader saw it; it can do nothing."""
    mail = find_mail(mail_id)
    if not _shows_text(mail, protected=row_of(db.session(), mail).protected) or (shown := mail_shown(mail)) is None:
        abort(404)
    return Response(shown.html, headers={"Content-Security-Policy": DOCUMENT_CSP}, mimetype="text/html")


def may_act(mail: OutboxMail) -> bool:
    """Whether the person answers for the mail: whoever may edit its meeting, else the administrator."""
    if mail.meeting_id is None:
        return principal().administrator
    meeting = meeting_by_id(db.session(), mail.meeting_id)
    return meeting is not None and may_meeting("meeting.edit", meeting)


bp.add_app_template_global(mail_words.kind_word, "mail_kind_word")
bp.add_app_template_global(mail_words.state_word, "mail_state_word")
bp.add_app_template_global(mail_words.hold_word, "mail_hold_word")
bp.add_app_template_global(mail_words.why, "mail_why")
bp.add_app_template_global(mail_words.state_glyph, "mail_state_glyph")
