"""Answering a date poll by the personal link of its mail: all dates at once, without signing in (SEC-4).

Opening the link shows the dates, what one has said of them, and how many say what; only the form changes anything, and
is sealed by the link itself (``accounts.personal_links``). No cookie is set. Nobody else is named; of other meetings
only those one is invited to. Not here: which answers are taken (``polls.rules``), how the link comes into the mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from scheduler.accounts import personal_links
from scheduler.clock import civil_date
from scheduler.db import db
from scheduler.errors import Gone, NotFound, Problem, Refused
from scheduler.history.rules import Actor
from scheduler.i18n import gettext as _
from scheduler.i18n import language
from scheduler.mail.letter_parts import language_of
from scheduler.mail.poll_letters import PURPOSE
from scheduler.meetings.fragments import Language, forum_name, place_words
from scheduler.organisations.rules import shown_name
from scheduler.polls.models import Poll, PollInvitee
from scheduler.polls.queries import clashes_of_person, counts_of, own_votes, poll_by_id, votes_of
from scheduler.polls.rules import Answer, State, may_vote
from scheduler.polls.voting import vote
from scheduler.web.clocks import read_by
from scheduler.web.fields import show_problems
from scheduler.web.filters import local
from scheduler.web.forms.polls import DateLine, VoteForm, given_answers, readable_answers, vote_name
from scheduler.web.link_rows import ANSWERS, SPAN, ended_text, row_of_link
from scheduler.web.parts import Notice
from scheduler.web.poll_words import counts_text, sent_text
from scheduler.web.security import in_language, limit, now, policy, settings, speak
from scheduler.web.shell import about_links

bp = Blueprint("poll_page", __name__)

#: For so long after the last of its dates the link says what it was for.
WORKS_AFTER = timedelta(days=7)


@dataclass(frozen=True)
class _Asked:
    """Whom the link is for, and what that person has said."""

    poll: Poll
    invitee: PollInvitee
    own: Mapping[int, Answer]
    #: Why no answer is taken (any more); None: one is.
    closed: Problem | None


def _find(token: str) -> _Asked:
    """Whom a link is for. Raises NotFound for an unknown or revoked one, which counts against the network, and Gone."""
    session = db.session()
    found = row_of_link(PollInvitee, PURPOSE, token, wrong="poll.wrong")
    poll = poll_by_id(session, found.poll_id)
    if poll is None or poll.state == State.DRAFT:
        raise NotFound
    speak(language_of(found.person.locale))
    read_by(found.person)
    ended = max(option.end_at for option in poll.options) + WORKS_AFTER
    if now() > ended:
        raise Gone(ended_text(local(ended, poll.time_zone).date()))
    closed = may_vote(poll.state, poll.answer_by_on, civil_date(now(), poll.time_zone))
    return _Asked(poll, found, own_votes(votes_of(session, poll.id), found.id), closed)


@bp.get("/p/<token>/", strict_slashes=False)
@policy("token")
def show(token: str) -> ResponseReturnValue:
    """The dates, one's answers, and the form to give or change them."""
    asked = _find(token)
    form = VoteForm(None)
    form.message.data = asked.invitee.message
    return _page(token, asked, form, asked.own)


@bp.post("/p/<token>/")
@policy("token")
def answer(token: str) -> ResponseReturnValue:
    """Records what somebody says of the dates."""
    asked = _find(token)
    if not personal_links.form_token_fits(settings().secret_key, PURPOSE, token, request.form.get("form_token")):
        abort(400)
    invitee = asked.invitee
    limit("poll.answer", str(invitee.id), times=ANSWERS, span=SPAN)
    session = db.session()
    form = VoteForm(request.form)
    given = given_answers(asked.poll, request.form)
    if form.validate():
        try:
            vote(
                session, Actor(shown_name(invitee.person), person_id=invitee.person_id), now(), invitee, answers=given,
                message=form.message.data,
            )  # fmt: skip
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            session.commit()
            return redirect(in_language("./?done=answered"), 303)
    return _page(token, _find(token), form, readable_answers(given), status=422)


def _tongue() -> Language:
    return "en" if language() == "en" else "sv"


def _page(
    token: str, asked: _Asked, form: VoteForm, chosen: Mapping[int, Answer], *, status: int = 200
) -> ResponseReturnValue:
    poll, invitee = asked.poll, asked.invitee
    done = request.args.get("done") == "answered" and invitee.answered_at is not None
    is_open = asked.closed is None
    page = render_template(
        "poll_page/show.html",
        personal=True,
        wide=False,
        menu=(),
        links=about_links(),
        notices=[] if asked.closed is None else [Notice("track", _(asked.closed.text) % asked.closed.values)],
        form=form if is_open and not (done and request.method == "GET") else None,
        is_open=is_open,
        done=done,
        token=token,
        form_token=personal_links.form_token(settings().secret_key, PURPOSE, token),
        poll=poll,
        forum=forum_name(poll.forum, _tongue()),
        where=place_words(poll.place, poll.place_text, _tongue()),
        invitee=invitee,
        name=shown_name(invitee.person),
        lines=_lines(asked, chosen, is_open=is_open),
        sent_at=_sent(invitee.answered_at, poll),
        answers=list(Answer),
        zone=poll.time_zone if poll.time_zone != settings().time_zone else "",
        chosen=next((option for option in poll.options if option.chosen), None),
    )
    return page, status


def _sent(at: datetime | None, poll: Poll) -> str:
    """ "14.02" today, else with the day; "" for no answer yet."""
    if at is None:
        return ""
    return sent_text(at, now(), poll.time_zone)


def _lines(asked: _Asked, chosen: Mapping[int, Answer], *, is_open: bool) -> list[DateLine]:
    poll, session = asked.poll, db.session()
    counts = {}
    if poll.shows_counts:
        counts = counts_of(poll, votes_of(session, poll.id))
    clashes = clashes_of_person(session, asked.invitee.person_id, poll.options) if is_open else {}
    return [
        DateLine(
            option=option,
            name=vote_name(option.id),
            answer=chosen.get(option.id, ""),
            counts=counts_text(counts[option.id]) if counts else "",
            clashes=", ".join(
                dict.fromkeys(forum_name(meeting.forum, _tongue()) for meeting in clashes.get(option.id, ()))
            ),
        )
        for option in poll.options
    ]
