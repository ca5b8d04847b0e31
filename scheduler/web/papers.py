"""Papers of a meeting as files: minutes and summons as PDF and Word, and the closing package for the registry.

Not here: what a paper says (``reports.papers``), the minutes on a page (``minutes``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.http import dump_options_header

from scheduler.db import db
from scheduler.history.actions import record
from scheduler.history.models import HistoryEntry
from scheduler.i18n import gettext as _
from scheduler.mail.mailings import mailings_of
from scheduler.meetings.fragments import shown_to
from scheduler.meetings.models import Meeting
from scheduler.meetings.publishing import label_of
from scheduler.records.agenda_rules import PUBLISHED
from scheduler.records.minutes_reading import minutes_of, text_of
from scheduler.records.minutes_rules import state_on
from scheduler.records.minutes_words import kind_word
from scheduler.web.agenda import sight_of
from scheduler.web.documents import reader_of_meeting
from scheduler.web.filters import change_word
from scheduler.web.forms.papers import PackageForm
from scheduler.web.history_words import facts_of, protected_in
from scheduler.web.mail_words import KINDS, state_word
from scheduler.web.meeting_words import title_of
from scheduler.web.minutes import readable
from scheduler.web.security import actor, may_meeting, now, policy, settings, today

if TYPE_CHECKING:
    from scheduler.reports.papers.package import Sent
    from scheduler.reports.papers.paper import Paper

bp = Blueprint("papers", __name__)

TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "zip": "application/zip",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def attached(body: bytes, name: str, ending: str) -> Response:
    """A file to keep, never shown by the browser inside the site."""
    from scheduler.reports.papers.archive import safe_name  # noqa: PLC0415 - printing waits until somebody prints

    response = Response(body, content_type=TYPES[ending])
    response.headers["Content-Disposition"] = dump_options_header("attachment", {"filename": safe_name(name)})
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _file(paper: Paper, meeting: Meeting, ending: str) -> ResponseReturnValue:
    from scheduler.reports.papers.pdf import MissingTool, write_pdf  # noqa: PLC0415 - printing waits until somebody prints
    from scheduler.reports.papers.word import write_docx  # noqa: PLC0415 - printing waits until somebody prints

    forum = shown_to(meeting, "members" if g.inside else "public").forums[0]
    name = f"{forum.code or forum.slug} {paper.title}.{ending}"
    if ending == "docx":
        return attached(write_docx(paper, now()), name, ending)
    try:
        return attached(write_pdf(paper), name, ending)
    except MissingTool as missing:
        other = request.path.removesuffix("pdf") + "docx"
        page = render_template(
            "papers/missing.html", meeting=meeting, title=paper.title, how=_(missing.what), other=other
        )
        return page, 501


@bp.get("/meetings/<int:meeting_id>/minutes.<any('pdf', 'docx'):ending>")
@policy("meeting.read")
def minutes_file(meeting_id: int, ending: str) -> ResponseReturnValue:
    """The minutes as far as the reader may see them."""
    from scheduler.reports.papers.minutes_paper import minutes_paper  # noqa: PLC0415 - printing waits until somebody prints

    session = db.session()
    meeting: Meeting = g.meeting
    minutes = minutes_of(session, meeting_id)
    text = None
    if minutes is not None:
        edits = may_meeting("meeting.edit", meeting)
        text = text_of(session, meeting, minutes) if edits else readable(meeting, minutes)
    if minutes is None or text is None:
        return redirect(url_for("meetings.show", meeting_id=meeting_id), 303)
    return _file(minutes_paper(text, state_on(minutes.state, minutes.object_by_on, today())), meeting, ending)


@bp.get("/meetings/<int:meeting_id>/summons.<any('pdf', 'docx'):ending>")
@policy("meeting.read")
def summons_file(meeting_id: int, ending: str) -> ResponseReturnValue:
    """The summons with the agenda, as far as the reader may see it."""
    from scheduler.reports.papers.summons_paper import summons_paper  # noqa: PLC0415 - printing waits until somebody prints

    meeting: Meeting = g.meeting
    reader = reader_of_meeting(meeting)
    if reader is None or (reader == "public" and meeting.state not in PUBLISHED):
        return redirect(url_for("meetings.show", meeting_id=meeting_id), 303)
    return _file(summons_paper(db.session(), meeting, sight_of(meeting), reader), meeting, ending)


@bp.route("/meetings/<int:meeting_id>/package", methods=["GET", "POST"])
@policy("meeting.edit")
def package(meeting_id: int) -> ResponseReturnValue:
    """Asks whether what is secret goes along, and gives the closing package."""
    from scheduler.reports.papers.package import Review, package_of  # noqa: PLC0415 - printing waits until somebody prints

    session = db.session()
    meeting: Meeting = g.meeting
    form = PackageForm(request.form if request.method == "POST" else None)
    if request.method != "POST" or not form.validate():
        status = 422 if form.errors else 200
        minutes = minutes_of(session, meeting_id)
        page = render_template(
            "papers/package.html", form=form, meeting=meeting, title=title_of(meeting),
            minutes=None if minutes is None else kind_word(minutes.kind),
        )  # fmt: skip
        return page, status
    review = Review(form.secret.data == "with", actor().label, (form.note.data or "").strip())
    name, body = package_of(session, meeting, now(), review=review, sent=_sent(meeting), telling=_told)
    record(
        session, actor(), now(), action="meeting.package", kind="meeting", subject_id=meeting_id,
        label=label_of(meeting), after={"secret_included": review.includes_secret}, reason=review.note or None,
    )  # fmt: skip
    session.commit()
    return attached(body, name, "zip")


def _sent(meeting: Meeting) -> list[Sent]:
    """The meeting's mails by recipient and state, without text and address."""
    from scheduler.reports.papers.package import Sent  # noqa: PLC0415 - printing waits until somebody prints

    return [
        Sent(_(KINDS[mailing.kind]), _("okänd mottagare") if "@" in row.to else row.to, state_word(row.mail.state),
             row.mail.sent_at)
        for mailing in mailings_of(db.session(), meeting)
        for row in mailing.rows
    ]  # fmt: skip


def _told(entries: Sequence[HistoryEntry]) -> list[tuple[str, str]]:
    """What the log says of each entry: what was done, and its fields in words."""
    hidden = protected_in(db.session(), entries)
    return [
        (change_word(one.action),
         "; ".join(f"{fact.word}: {fact.said}" for fact in facts_of(one, settings().time_zone, hidden)))
        for one in entries
    ]  # fmt: skip
