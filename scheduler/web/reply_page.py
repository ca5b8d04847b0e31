"""Answering a call by the link of its mail: one meeting for one person, without signing in and without a cookie.

A GET shows and changes nothing, since mail programs open links to look at them: an answer named in the address is only
chosen beforehand. The form carries a seal that only the page behind the link has (SEC-12), and an answer leads back by
an address relative to it, so that the secret stands in no header (SEC-4). The link works until seven days after the
meeting. Not here: answers by signing in (``replies``), what may be answered (``meetings.reply_rules``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from flask import Blueprint, Response, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from scheduler.accounts import personal_links
from scheduler.db import db
from scheduler.errors import Gone, NotFound, Problem, Refused
from scheduler.feeds.queries import fragment_of
from scheduler.feeds.rules import head_of_file
from scheduler.history.rules import Actor
from scheduler.i18n import gettext as _
from scheduler.i18n import language
from scheduler.ical.writer import assemble
from scheduler.mail.actions import announce
from scheduler.mail.letter_parts import language_of
from scheduler.mail.meeting_letters import PURPOSE, when_text, zone_text
from scheduler.meetings.answering import answer_call
from scheduler.meetings.fragments import Language, forum_name, location_of, video_link
from scheduler.meetings.models import Invitee, Meeting
from scheduler.meetings.replies import call_of, name_of, standings_of
from scheduler.meetings.reply_rules import UNANSWERED, Standing, allowed_answers, may_reply
from scheduler.records.agenda_queries import agenda_of
from scheduler.records.document_queries import may_open, papers_of_meeting
from scheduler.records.models import Document
from scheduler.web import reply_parts
from scheduler.web.clocks import read_by, reader_zones
from scheduler.web.documents import file_of
from scheduler.web.fields import show_problems
from scheduler.web.filters import local
from scheduler.web.forms.replies import ReplyForm
from scheduler.web.link_rows import ANSWERS, SPAN, ended_text, row_of_link
from scheduler.web.parts import Notice
from scheduler.web.poll_words import sent_text
from scheduler.web.reply_parts import Beside, beside
from scheduler.web.security import in_language, limit, now, policy, settings, speak
from scheduler.web.shell import about_links
from scheduler.web.words import answer_word

bp = Blueprint("reply_page", __name__)

#: For so long after the meeting has ended the link says what it was for.
WORKS_AFTER = timedelta(days=7)


@dataclass(frozen=True)
class _Called:
    """Whom the link is for, and the answer that counts."""

    invitee: Invitee
    standing: Standing
    #: Why no answer is taken (any more); None: one is.
    closed: Problem | None

    @property
    def meeting(self) -> Meeting:
        return self.invitee.meeting

    @cached_property
    def beside(self) -> Beside:
        return beside(db.session(), self.invitee)


def _find(token: str) -> _Called:
    """Whom a link is for. Raises NotFound for an unknown or revoked one, which counts against the network, and Gone."""
    found = row_of_link(Invitee, PURPOSE, token, wrong="reply.wrong")
    speak("sv" if found.person is None else language_of(found.person.locale))
    read_by(found.person, found.organisation if found.person is None else None)
    ended = found.meeting.end_at + WORKS_AFTER
    if now() > ended:
        raise Gone(ended_text(local(ended, found.meeting.time_zone).date()))
    standing = standings_of(db.session(), [found.meeting]).get(found.id, UNANSWERED)
    return _Called(found, standing, may_reply(call_of(found.meeting, found), now()))


@bp.get("/r/<token>/", strict_slashes=False)
@policy("token")
def show(token: str) -> ResponseReturnValue:
    """The meeting, one's answer, and the form for another."""
    called = _find(token)
    form = ReplyForm(None)
    form.offer(call_of(called.meeting, called.invitee))
    reply_parts.offer(form, called.beside)
    form.show(called.standing)
    reply_parts.show(form, called.beside)
    chosen = request.args.get("answer")
    if chosen in allowed_answers(call_of(called.meeting, called.invitee)):
        form.answer.data = chosen
    return _page(token, called, form)


@bp.post("/r/<token>/")
@policy("token")
def answer(token: str) -> ResponseReturnValue:
    """Records an answer."""
    called = _find(token)
    if not personal_links.form_token_fits(settings().secret_key, PURPOSE, token, request.form.get("form_token")):
        abort(400)
    invitee = called.invitee
    limit("reply.answer", str(invitee.id), times=ANSWERS, span=SPAN)
    session = db.session()
    form = ReplyForm(request.form)
    form.offer(call_of(called.meeting, invitee))
    reply_parts.offer(form, called.beside)
    if form.validate():
        try:
            answer_call(
                session, Actor(name_of(invitee), person_id=invitee.person_id), now(), invitee, answer=form.answer.data,
                comment=form.comment.data, via="link", substitute_id=reply_parts.substitute_of(form),
                needs=reply_parts.needs_given(form),
            )  # fmt: skip
            announce(session, now(), settings())
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            session.commit()
            return redirect(in_language("./?done=answered"), 303)
    return _page(token, called, form, status=422)


@bp.get("/r/<token>/meeting.ics")
@policy("token")
def meeting_file(token: str) -> ResponseReturnValue:
    """The meeting as a file for the calendar."""
    meeting = _find(token).meeting
    tongue = _tongue()
    fragment = fragment_of(db.session(), meeting.id, "members", tongue)
    if fragment is None:
        raise NotFound
    head = head_of_file(forum_name(meeting.forum, tongue), tongue)
    response = Response(
        assemble(head, filter(None, fragment.zones.split(",")), [fragment.body]),
        content_type="text/calendar; charset=utf-8",
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{meeting.forum.slug}-{meeting.local_on}.ics"'
    return response


@bp.get("/r/<token>/documents/<int:document_id>")
@policy("token")
def document(token: str, document_id: int) -> ResponseReturnValue:
    """A paper of the meeting, for those who have no account; a secret one is opened signed in alone."""
    meeting = _find(token).meeting
    found = db.session.get(Document, document_id)
    if found is None or found.meeting_id != meeting.id or not may_open(found, "member"):
        raise NotFound
    return file_of(found)


def _tongue() -> Language:
    return "en" if language() == "en" else "sv"


def _page(token: str, called: _Called, form: ReplyForm, *, status: int = 200) -> ResponseReturnValue:
    meeting, standing = called.meeting, called.standing
    done = request.args.get("done") == "answered" and standing.at is not None and called.closed is None
    page = render_template(
        "reply_page/show.html",
        personal=True,
        wide=False,
        menu=(),
        links=about_links(),
        notices=_notices(called),
        token=token,
        form_token=personal_links.form_token(settings().secret_key, PURPOSE, token),
        form=None if called.closed is not None else form,
        meeting=meeting,
        forum=forum_name(meeting.forum, _tongue()),
        when=when_text(meeting, reader_zones()),
        where=location_of(meeting, _tongue()),
        zone=zone_text(meeting) if meeting.time_zone != settings().time_zone else "",
        agenda=agenda_of(db.session(), meeting, "member") if meeting.state != "cancelled" else None,
        papers=papers_of_meeting(db.session(), meeting, "member") if meeting.state != "cancelled" else [],
        video=video_link(meeting) if called.closed is None else None,
        invitee=called.invitee,
        name=name_of(called.invitee),
        standing=standing,
        beside=called.beside,
        answer_word=answer_word,
        answered=done,
        sent_at=sent_text(standing.at, now(), settings().time_zone) if standing.at else "",
    )
    return page, status


def _notices(called: _Called) -> list[Notice]:
    """Why no answer is taken."""
    return [] if called.closed is None else [Notice("track", _(called.closed.text) % called.closed.values)]
