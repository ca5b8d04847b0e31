"""Pages of date polls for those who plan: the list, one poll with what each date gives, its steps, choosing a date.

Somebody else's poll looks like a missing one. Not here: making one (``poll_forms``), answering by a personal link
(``poll_page``), the words (``poll_words``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.orm import Session

from scheduler.db import db
from scheduler.errors import NotFound, Refused
from scheduler.forums.models import Forum
from scheduler.history.queries import history_of
from scheduler.i18n import date_text
from scheduler.i18n import gettext as _
from scheduler.mail.actions import announce
from scheduler.mail.polls import ask, question_states
from scheduler.meetings.conflicts import Conflict, Proposal, find_conflicts
from scheduler.meetings.times import Span
from scheduler.organisations.rules import shown_name
from scheduler.places.models import Place
from scheduler.polls import actions
from scheduler.polls.models import Poll, PollInvitee, PollOption
from scheduler.polls.queries import (
    PollResult,
    own_votes,
    poll_by_id,
    polls_for_list,
    result_of,
    unreachable,
    votes_of,
)
from scheduler.polls.rules import UNDECIDED, Answer, OptionResult, State, loss
from scheduler.polls.voting import vote
from scheduler.web import poll_words
from scheduler.web.access import may_plan, polled_forums, site
from scheduler.web.fields import show_problems
from scheduler.web.forms.polls import (
    DateLine,
    PollStepForm,
    VoteForm,
    given_answers,
    readable_answers,
    vote_name,
)
from scheduler.web.mail_words import state_glyph, state_word
from scheduler.web.security import actor, now, policy, principal, settings, today
from scheduler.web.symbols import pill

bp = Blueprint("polls", __name__)

#: Of the polls that are over so many stand in the list.
PAST = 50
#: What the history of a poll shows at most.
CHANGES = 8


def find_poll(poll_id: int) -> Poll:
    """The poll, when the reader plans its forum; raises NotFound."""
    poll = poll_by_id(db.session(), poll_id)
    if poll is None or not may_plan(poll.forum):
        raise NotFound
    return poll


def commit(session: Session) -> None:
    """Lets the mails follow, and commits."""
    announce(session, now(), settings())
    ask(session, now(), settings())
    session.commit()


# ---------------------------------------------------------------- the list


@bp.get("/polls")
@policy("planner")
def index() -> ResponseReturnValue:
    """The polls one plans: those that wait first."""
    session = db.session()
    own = polled_forums(principal())
    waiting = polls_for_list(session, forum_ids=own, states=(State.DRAFT, *UNDECIDED))
    return render_template(
        "polls/index.html",
        waiting=sorted(waiting, key=lambda row: (row.poll.state == State.DRAFT, row.poll.answer_by_on, row.poll.id)),
        past=polls_for_list(session, forum_ids=own, states=(State.DECIDED, State.WITHOUT_RESULT), limit=PAST),
    )


def against_date(
    session: Session, forum: Forum, span: Span, place: Place | None, place_text: str | None, mode: str | None,
    meeting_id: int | None = None,
) -> list[Conflict]:  # fmt: skip
    """What speaks against a date of the forum; ``meeting_id`` the proposed meeting that would move there."""
    proposal = Proposal(
        forums=[forum], span=span, place=place, place_text=place_text, mode=mode or "on_site", meeting_id=meeting_id
    )
    return find_conflicts(session, proposal, now())


# ---------------------------------------------------------------- one poll


@dataclass(frozen=True)
class DateRow:
    """A date as the page of a poll shows it."""

    option: PollOption
    result: OptionResult
    is_best: bool
    #: What is lost with it against the best; "" for the best, or before there is one.
    lost: str


@dataclass(frozen=True)
class PersonRow:
    """Somebody asked, and what they say of which dates."""

    invitee: PollInvitee
    name: str
    #: Date → the answer; those not answered left out.
    answers: Mapping[int, Answer]
    #: Whether there is an address to write to.
    reachable: bool
    #: How the mail with the question stands, as a pill; empty before it is made.
    mail: Markup


@bp.get("/polls/<int:poll_id>")
@policy("planner")
def show(poll_id: int) -> ResponseReturnValue:
    """What each date gives, who has not answered, what may be done next."""
    poll = find_poll(poll_id)
    return _page(poll, _step_form(poll), 200)


def _step_form(poll: Poll) -> PollStepForm:
    form = PollStepForm(None)
    form.answer_by_on.data, form.version.data = poll.answer_by_on, str(poll.version)
    return form


def _page(poll: Poll, form: PollStepForm, status: int) -> ResponseReturnValue:
    session = db.session()
    found = result_of(session, poll)
    without = unreachable(session, poll)
    states = question_states(session, poll)
    people = [_person_row(invitee, found, without, states) for invitee in poll.invitees]
    page = render_template(
        "polls/show.html",
        poll=poll,
        form=form,
        dates=_date_rows(poll, found),
        seats=any(result.seats for result in found.options),
        best=found.best,
        answered=[row for row in people if row.invitee.answered_at is not None],
        missing=[row for row in people if row.invitee.answered_at is None],
        undecided=poll.state in UNDECIDED,
        over=poll.answer_by_on < today(),
        changes=history_of(session, "poll", poll.id, without={"poll.vote"}, limit=CHANGES),
    )
    return page, status


def _date_rows(poll: Poll, found: PollResult) -> list[DateRow]:
    """The best first, once there is one; else in order of time."""
    options = {option.id: option for option in poll.options}
    ranked = sorted(found.options, key=lambda result: result.rank) if found.best else found.options
    return [
        DateRow(
            option=options[result.option_id],
            result=result,
            is_best=result is found.best,
            lost="" if found.best is None or result is found.best else poll_words.loss_text(loss(result, found.best)),
        )
        for result in ranked
    ]


def _person_row(
    invitee: PollInvitee, found: PollResult, without: Collection[int], states: Mapping[int, str]
) -> PersonRow:
    return PersonRow(
        invitee=invitee,
        name=shown_name(invitee.person),
        answers=own_votes(found.votes, invitee.id),
        reachable=invitee.person_id not in without,
        mail=pill(state_glyph(state), state_word(state)) if (state := states.get(invitee.person_id)) else Markup(),
    )


@bp.route("/polls/<int:poll_id>/answers/<int:poll_invitee_id>", methods=["GET", "POST"])
@policy("planner")
def answer(poll_id: int, poll_invitee_id: int) -> ResponseReturnValue:
    """Entering what somebody has said by telephone, until a date is chosen."""
    poll = find_poll(poll_id)
    invitee = next((row for row in poll.invitees if row.id == poll_invitee_id), None)
    if invitee is None:
        raise NotFound
    session = db.session()
    chosen = own_votes(votes_of(session, poll_id), poll_invitee_id)
    form = VoteForm(request.form if request.method == "POST" else None)
    status = 200
    if request.method == "GET":
        form.message.data = invitee.message
    else:
        given = given_answers(poll, request.form)
        if form.validate():
            try:
                vote(session, actor(), now(), invitee, answers=given, message=form.message.data, via="secretary")
                session.commit()
            except Refused as refused:
                session.rollback()
                show_problems(form, refused)
            else:
                flash(_("Svaret för %(name)s är sparat.", name=shown_name(invitee.person)))
                return redirect(url_for("polls.show", poll_id=poll_id), 303)
        status, chosen = 422, readable_answers(given)
        poll = find_poll(poll_id)
    page = render_template(
        "polls/answer.html",
        poll=poll,
        name=shown_name(invitee.person),
        form=form,
        lines=[DateLine(option, vote_name(option.id), chosen.get(option.id, ""), "", "") for option in poll.options],
        answers=list(Answer),
    )
    return page, status


# ---------------------------------------------------------------- the steps


_STEPS: dict[str, tuple[Callable[..., Poll], Callable[[], str]]] = {
    "open": (actions.open_poll, lambda: _("Datumförfrågan är skickad.")),
    "close": (actions.close_poll, lambda: _("Inga fler svar tas emot. Välj ett datum när du vill.")),
    "reopen": (actions.reopen_poll, lambda: _("Svar tas emot till och med den nya dagen.")),
    "drop": (actions.drop_poll, lambda: _("Datumförfrågan är avslutad utan resultat. Svaren finns kvar.")),
}


@bp.post("/polls/<int:poll_id>/<poll_step>")
@policy("planner")
def step(poll_id: int, poll_step: str) -> ResponseReturnValue:
    """Sends a draft, takes no more answers, takes them again, or ends without a result."""
    poll = find_poll(poll_id)
    if poll_step not in _STEPS:
        raise NotFound
    act, said = _STEPS[poll_step]
    session = db.session()
    form = PollStepForm(request.form, meta={"today": today()})
    if form.validate():
        more: dict[str, Any] = {"answer_by_on": form.answer_by_on.data} if poll_step == "reopen" else {}
        try:
            act(session, actor(), now(), poll, version=form.known_version, site=site(), **more)
            commit(session)
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            flash(said())
            return redirect(url_for("polls.show", poll_id=poll_id), 303)
    return _page(find_poll(poll_id), form, 422)


@bp.route("/polls/<int:poll_id>/choose/<int:option_id>", methods=["GET", "POST"])
@policy("planner")
def choose(poll_id: int, option_id: int) -> ResponseReturnValue:
    """Choosing a date: what it gives, what speaks against it, and the step itself."""
    poll = find_poll(poll_id)
    option = next((one for one in poll.options if one.id == option_id), None)
    if option is None:
        raise NotFound
    session = db.session()
    form = PollStepForm(request.form if request.method == "POST" else None)
    status = 200
    if request.method == "GET":
        form.version.data = str(poll.version)
    elif form.validate():
        try:
            meeting = actions.decide(
                session, actor(), now(), poll, option_id=option_id, version=form.known_version, site=site(),
                override_reason=form.override_reason.data, send=not form.quiet.data,
            )  # fmt: skip
            commit(session)
        except Refused as refused:
            session.rollback()
            poll, status = find_poll(poll_id), 422
            show_problems(form, refused)
        else:
            flash(_("Datumet är valt och mötet är bokat %(day)s.", day=date_text(meeting.local_on)))
            return redirect(url_for("meetings.show", meeting_id=meeting.id), 303)
    option = next(one for one in poll.options if one.id == option_id)
    found = result_of(session, poll)
    row = next(row for row in _date_rows(poll, found) if row.option.id == option_id)
    against = against_date(
        session, poll.forum, poll_words.span_of_option(option, poll), poll.place, poll.place_text, poll.mode,
        poll.meeting_id,
    )  # fmt: skip
    page = render_template("polls/choose.html", poll=poll, form=form, row=row, conflicts=against)
    return page, status


bp.add_app_template_global(poll_words.poll_state_word)
bp.add_app_template_global(poll_words.poll_answer_word)
bp.add_app_template_global(poll_words.poll_answer_glyph)
bp.add_app_template_global(poll_words.hours_text)
bp.add_app_template_global(poll_words.length_text)
bp.add_app_template_global(poll_words.waits_text)
bp.add_app_template_global(poll_words.coverage_text)
bp.add_app_template_global(poll_words.quorum_text)
bp.add_app_template_global(poll_words.counts_text)
bp.add_app_template_global(poll_words.required_text)


@bp.app_template_global()
def poll_glyph(state: str) -> str:
    """The glyph of a poll's state."""
    return poll_words.POLL_STATES[state].glyph
