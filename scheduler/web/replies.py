"""Answering a call from the pages: one's own answer, and one the secretariat enters for somebody.

Also what the page of a meeting shows of the answers, to whom. Not here: personal links, which need no sign-in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from scheduler.accounts.rules import may
from scheduler.db import db
from scheduler.errors import NotFound, Refused
from scheduler.i18n import gettext as _
from scheduler.i18n import mark
from scheduler.mail.actions import announce
from scheduler.meetings import replies
from scheduler.meetings.answering import answer_call
from scheduler.meetings.invitees import InviteeRow
from scheduler.meetings.models import Invitee, Meeting
from scheduler.meetings.replies import OwnReply, Via
from scheduler.meetings.reply_rules import UNANSWERED, Answer, Standing, may_reply
from scheduler.web import reply_parts
from scheduler.web.fields import show_problems
from scheduler.web.forms.replies import ReplyForm, ReplyForOtherForm
from scheduler.web.security import actor, may_meeting, now, policy, principal, settings
from scheduler.web.symbols import pill
from scheduler.web.words import ANSWERS, answer_word

bp = Blueprint("replies", __name__)

#: Answer → what those are who gave it, as the count of a meeting says it; None: not answered.
TALLY: Mapping[Answer | None, str] = {
    Answer.YES: mark("Har tackat ja"),
    Answer.REMOTE: mark("Kommer på distans"),
    Answer.MAYBE: mark("Kanske"),
    Answer.NO: mark("Har tackat nej"),
    None: mark("Inget svar"),
}


# ---------------------------------------------------------------- what the meeting's page shows


@dataclass(frozen=True)
class Answers:
    """What a reader sees of the answers to a call."""

    #: Invitee → the answer, of those whose answers the reader may see; one's own is in ``own``.
    shown: Mapping[int, Standing] = field(default_factory=dict)
    #: The counts as rows, for everybody who sees the meeting: word and number, those nobody has chosen left out; how
    #: many have not answered stands last.
    tally: Sequence[tuple[str, int]] = ()
    #: How many have not answered.
    silent: int = 0
    #: The reader's own place on the list.
    own: OwnReply | None = None
    #: The form for the reader's own answer; None when none is taken.
    form: ReplyForm | None = None
    #: Whether the reader enters answers for others now.
    may_enter: bool = False


def answers_on(meeting: Meeting, rows: Sequence[InviteeRow]) -> Answers:
    """The answers to ``meeting`` for the reader; ``rows`` are those invited. Nothing before the call."""
    if meeting.called_at is None:
        return Answers()
    session = db.session()
    found = replies.standings_of(session, [meeting])
    own = _own(meeting)
    # Substitutes are told of the meeting: it does not wait for their answers.
    counted = Counter(found.get(row.invitee_id or 0, UNANSWERED).answer for row in rows if row.role != "substitute")
    return Answers(
        shown={
            row.invitee_id: found.get(row.invitee_id, UNANSWERED)
            for row in rows
            if row.invitee_id is not None and _may_see(meeting, row)
        },
        tally=[(_(word), counted[answer]) for answer, word in TALLY.items() if counted[answer]],
        silent=counted[None],
        own=own,
        form=_form_of(own) if own is not None and _is_open(own.invitee) else None,
        may_enter=may_meeting("meeting.edit", meeting) and any(_is_open(row) for row in meeting.invitees),
    )


def _may_see(meeting: Meeting, row: InviteeRow) -> bool:
    return may(
        principal(),
        "answer.read",
        forum_ids=[forum.id for forum in meeting.forums],
        organisation_ids=[] if row.organisation_id is None else [row.organisation_id],
    )


def _own(meeting: Meeting) -> OwnReply | None:
    return replies.own_replies(db.session(), principal().person_id, [meeting]).get(meeting.id)


def _is_open(invitee: Invitee) -> bool:
    """Whether an answer is taken now."""
    return may_reply(replies.call_of(invitee.meeting, invitee), now()) is None


def _form_of(own: OwnReply) -> ReplyForm:
    form = ReplyForm(None)
    form.offer(replies.call_of(own.invitee.meeting, own.invitee))
    found = reply_parts.beside(db.session(), own.invitee)
    reply_parts.offer(form, found)
    form.show(own.standing)
    reply_parts.show(form, found)
    return form


# ---------------------------------------------------------------- one's own


@bp.route("/meetings/<int:meeting_id>/reply", methods=["GET", "POST"])
@policy("meeting.read")
def own(meeting_id: int) -> ResponseReturnValue:
    """Answering for oneself; whoever is not called, or can no longer answer, is led to the meeting."""
    meeting: Meeting = g.meeting
    found = _own(meeting)
    if request.method == "GET":
        if found is None or not _is_open(found.invitee):
            return redirect(url_for("meetings.show", meeting_id=meeting_id), 303)
        form = _form_of(found)
        form.back.data = request.args.get("back", "")
        return _page(meeting, found.invitee, form)
    if found is None:
        raise NotFound
    form = ReplyForm(request.form)
    return _answer(meeting, found.invitee, form, via="page")


# ---------------------------------------------------------------- for somebody else


@bp.route("/meetings/<int:meeting_id>/invitees/<int:invitee_id>/reply", methods=["GET", "POST"])
@policy("meeting.edit")
def other(meeting_id: int, invitee_id: int) -> ResponseReturnValue:
    """The secretariat enters what somebody has said on the telephone or by mail."""
    meeting: Meeting = g.meeting
    invitee = next((row for row in meeting.invitees if row.id == invitee_id), None)
    if invitee is None:
        raise NotFound
    if request.method == "GET":
        if not _is_open(invitee):
            return redirect(url_for("meetings.show", meeting_id=meeting_id), 303)
        form = ReplyForOtherForm(None)
        form.offer(replies.call_of(meeting, invitee))
        reply_parts.offer(form, reply_parts.beside(db.session(), invitee), for_other=True)
        form.show(replies.standings_of(db.session(), [meeting])[invitee_id])
        return _page(meeting, invitee, form)
    return _answer(meeting, invitee, ReplyForOtherForm(request.form), via="secretary")


# ---------------------------------------------------------------- the parts


def _answer(meeting: Meeting, invitee: Invitee, form: ReplyForm, *, via: Via) -> ResponseReturnValue:
    session = db.session()
    form.offer(replies.call_of(meeting, invitee))
    reply_parts.offer(form, reply_parts.beside(session, invitee), for_other=via == "secretary")
    if form.validate():
        try:
            given = answer_call(
                session, actor(), now(), invitee, answer=form.answer.data, comment=form.comment.data, via=via,
                substitute_id=reply_parts.substitute_of(form), needs=reply_parts.needs_given(form),
            )  # fmt: skip
            announce(session, now(), settings())
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            session.commit()
            word = answer_word(given.answer)
            flash(
                _("Ditt svar är sparat: %(answer)s.", answer=word)
                if via == "page"
                else _("Svaret för %(name)s är sparat: %(answer)s.", name=replies.name_of(invitee), answer=word)
            )
            if form.back.data == "me":
                return redirect(url_for("me.index"), 303)
            return redirect(url_for("meetings.show", meeting_id=meeting.id), 303)
    return _page(meeting, invitee, form, 422)


def _page(meeting: Meeting, invitee: Invitee, form: ReplyForm, status: int = 200) -> ResponseReturnValue:
    name = replies.name_of(invitee) if isinstance(form, ReplyForOtherForm) else None
    return render_template("replies/edit.html", meeting=meeting, invitee=invitee, form=form, name=name), status


def answer_pill(standing: Standing | None) -> Markup:
    """How somebody called stands, as a pill: "Ja", "Nej, borta", "Inget svar"."""
    if standing is None or standing.answer is None:
        return pill("risk", _("Inget svar"))
    word = _("Nej, borta") if standing.is_away else answer_word(standing.answer)
    return pill(ANSWERS[standing.answer].glyph, word)


bp.add_app_template_global(answer_pill)
