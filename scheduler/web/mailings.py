"""Pages of one meeting's mailings: what is to come and to whom, who got what when, what failed and why (REL-23).

The texts of mails stand on the mails' own pages. Not here: doing something with them (``mail_acts``), the outbox of all
meetings (``mails``), the rules that plan mailings (``reminder_forms``).
"""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler.db import db
from scheduler.errors import Refused
from scheduler.i18n import gettext as _
from scheduler.mail.free_messages import messages_of, send_message
from scheduler.mail.mailings import GROUPS, Chosen, Mailing, coming_mailings, count_by_group, holds, mailings_of
from scheduler.mail.models import MeetingMessage
from scheduler.meetings.models import Meeting
from scheduler.web.fields import show_problems
from scheduler.web.forms.messages import MessageForm
from scheduler.web.mails import GROUP_WORDS
from scheduler.web.meeting_words import title_of
from scheduler.web.previews import Preview, message_preview
from scheduler.web.security import actor, now, policy, settings

bp = Blueprint("mailings", __name__)


@bp.get("/meetings/<int:meeting_id>/mailings")
@policy("meeting.edit")
def show(meeting_id: int) -> ResponseReturnValue:
    """The mailings of a meeting, those to come first; narrowed to a state by ``?state=``."""
    meeting: Meeting = g.meeting
    session = db.session()
    counts = count_by_group(session, Chosen(meeting_id=meeting_id))
    group = request.args.get("state", "")
    group = group if group in GROUPS else ""
    return render_template(
        "mailings/show.html",
        meeting=meeting,
        title=title_of(meeting),
        coming=coming_mailings(session, now(), meeting),
        made=[(mailing, shown) for mailing in mailings_of(session, meeting) if (shown := _shown(mailing, group))],
        holds=[hold for hold in holds(session, Chosen(meeting_id=meeting_id)) if hold.mails],
        counts=counts,
        total=sum(counts.values()),
        group=group,
        groups=[(name, _(word)) for name, word in GROUP_WORDS.items()],
        mode=settings().mail_mode.partition(":")[0],
        here=url_for("mailings.show", meeting_id=meeting_id, state=group or None),
    )


@bp.route("/meetings/<int:meeting_id>/message", methods=["GET", "POST"])
@policy("meeting.edit")
def message(meeting_id: int) -> ResponseReturnValue:
    """A message to all who are called, or to those who have not answered: seen first, then sent."""
    meeting: Meeting = g.meeting
    session = db.session()
    posted = request.method == "POST"
    form = MessageForm(request.form if posted else None)
    if not posted and request.args.get("to") == "unanswered":
        form.audience.data = "unanswered"
    shown: Preview | None = None
    status = 422 if posted else 200

    def send() -> MeetingMessage:
        return send_message(
            session, actor(), now(), meeting, subject=form.subject.data, text=form.text.data,
            audience=form.audience.data or "", undo_seconds=settings().mail_undo,
        )  # fmt: skip

    if posted and form.validate():
        try:
            if "preview" in request.form:
                shown = message_preview(session, meeting, send)
                status = 200
            else:
                send()
                session.commit()
                flash(_("Meddelandet är på väg."))
                return redirect(url_for("mailings.show", meeting_id=meeting_id), 303)
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
    page = render_template(
        "mailings/message.html",
        meeting=meeting,
        title=title_of(meeting),
        form=form,
        preview=shown,
        messages=messages_of(session, meeting_id),
    )
    return page, status


def _shown(mailing: Mailing, group: str) -> list[object]:
    return [row for row in mailing.rows if not group or row.mail.state in GROUPS[group]]


def mailing_summary(mailing: Mailing) -> str:
    """ "Till 26: skickade 25, misslyckade 1": how a mailing went, in a line."""
    counts = mailing.counts
    said = [f"{_(word).lower()} {counts[name]}" for name, word in GROUP_WORDS.items() if name in counts]
    return _("Till %(n)s: %(said)s", n=len(mailing.rows), said=", ".join(said))


bp.add_app_template_global(mailing_summary)
