"""Pages of date polls for those who plan: the list, a new one, one poll with what each date gives, choosing a date.

Somebody else's poll looks like a missing one. Not here: answering by a personal link (``poll_page``), the words
(``poll_words``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.db import db
from scheduler.errors import NotFound, Refused
from scheduler.forums.models import Forum
from scheduler.forums.queries import forums_for_list
from scheduler.history.queries import history_of
from scheduler.i18n import date_text
from scheduler.i18n import gettext as _
from scheduler.mail.actions import announce
from scheduler.mail.polls import ask
from scheduler.meetings.conflicts import Conflict, Proposal, find_conflicts
from scheduler.meetings.times import Span
from scheduler.organisations.queries import persons_for_list
from scheduler.organisations.rules import shown_name
from scheduler.places.models import Place
from scheduler.places.queries import places_for_list
from scheduler.polls import actions
from scheduler.polls.models import Poll, PollInvitee, PollOption
from scheduler.polls.queries import (
    PollResult,
    own_votes,
    poll_by_id,
    polls_for_list,
    result_of,
    seats_for_days,
)
from scheduler.polls.rules import UNDECIDED, Answer, OptionResult, State, loss
from scheduler.web import poll_words
from scheduler.web.access import may_plan, polled_forums, site
from scheduler.web.fields import show_problems
from scheduler.web.forms.polls import ForumChoiceForm, PollForm, PollStepForm
from scheduler.web.security import actor, now, policy, principal, require, settings, today

bp = Blueprint("polls", __name__)

#: Of the polls that are over so many stand in the list.
PAST = 50
#: What the history of a poll shows at most.
CHANGES = 8


def _plannable() -> list[Forum]:
    own = polled_forums(principal())
    forums = forums_for_list(db.session(), forum_ids=own)
    return [forum for forum in forums if forum.family_count is None and forum.state != "ended" and may_plan(forum)]


def _find(poll_id: int) -> Poll:
    """The poll, when the reader plans its forum; raises NotFound."""
    poll = poll_by_id(db.session(), poll_id)
    if poll is None or not may_plan(poll.forum):
        raise NotFound
    return poll


def _commit(session: Session) -> None:
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


# ---------------------------------------------------------------- a new one


@dataclass(frozen=True)
class DateConflicts:
    """What speaks against one of the dates of a form."""

    day: str
    conflicts: Sequence[Conflict]


@bp.route("/polls/new", methods=["GET", "POST"])
@policy("planner")
def new() -> ResponseReturnValue:
    """A new poll: which forum, then its dates; conflicts are shown before anything is stored."""
    forums = _plannable()
    if not forums:
        require("secretariat")
    forum = next((one for one in forums if one.slug == request.values.get("forum", "")), None)
    if forum is None:
        choosing = ForumChoiceForm(None)
        choosing.offer(forums)
        return render_template("polls/choose_forum.html", form=choosing)
    form = _form(forum)
    if request.method == "GET":
        form.preset(forum)
        return _form_page(form, forum, None, [], 200)

    def save() -> Poll:
        poll = actions.create_poll(db.session(), actor(), now(), forum=forum, wanted=form.wanted(), site=site())
        if "send" in request.form:
            actions.open_poll(db.session(), actor(), now(), poll, version=None, site=site())
        return poll

    return _take(form, forum, None, save)


@bp.route("/polls/<int:poll_id>/edit", methods=["GET", "POST"])
@policy("planner")
def edit(poll_id: int) -> ResponseReturnValue:
    """Changing a draft, or sending it."""
    poll = _find(poll_id)
    if poll.state != State.DRAFT:
        return redirect(url_for("polls.show", poll_id=poll_id), 303)
    form = _form(poll.forum)
    if request.method == "GET":
        form.show(poll, ZoneInfo(poll.time_zone))
        form.add_lines(poll.forum)
        return _form_page(form, poll.forum, poll, [], 200)

    def save() -> Poll:
        version = form.known_version
        actions.edit_poll(db.session(), actor(), now(), poll, wanted=form.wanted(), version=version, site=site())
        if "send" in request.form:
            actions.open_poll(db.session(), actor(), now(), poll, version=None, site=site())
        return poll

    return _take(form, poll.forum, poll, save)


def _form(forum: Forum) -> PollForm:
    session = db.session()
    form = PollForm(request.form if request.method == "POST" else None, meta={"today": today()})
    seats = seats_for_days(session, forum, {today()})[today()]
    form.offer(places_for_list(session), persons_for_list(session), seats)
    return form


def _take(form: PollForm, forum: Forum, poll: Poll | None, save: Callable[[], Poll]) -> ResponseReturnValue:
    """Stores what was sent, or shows it again: with more lines, with conflicts, with what is wrong."""
    session = db.session()
    if "more" in request.form:
        form.add_lines(forum)
        return _form_page(form, forum, poll, _conflicts(session, form, forum), 200)
    if not form.validate():
        return _form_page(form, forum, poll, [], 422)
    if "check" in request.form:
        return _form_page(form, forum, poll, _conflicts(session, form, forum), 200)
    try:
        saved = save()
        _commit(session)
    except Refused as refused:
        session.rollback()
        form.show_refusal(refused)
        return _form_page(form, forum, poll, _conflicts(session, form, forum), 422)
    sent = saved.state == State.OPEN
    flash(_("Datumförfrågan är skickad.") if sent else _("Utkastet är sparat. Inget är skickat än."))
    return redirect(url_for("polls.show", poll_id=saved.id), 303)


def _form_page(
    form: PollForm, forum: Forum, poll: Poll | None, conflicts: Sequence[DateConflicts], status: int
) -> ResponseReturnValue:
    return render_template("polls/edit.html", form=form, forum=forum, poll=poll, conflicts=conflicts), status


@bp.post("/polls/conflicts")
@policy("planner")
def conflicts() -> ResponseReturnValue:
    """What speaks against the dates as they are typed: a part of the form's page."""
    forum = next((one for one in _plannable() if one.slug == request.form.get("forum", "")), None)
    if forum is None:
        raise NotFound
    form = _form(forum)
    form.validate()
    return render_template("polls/conflicts.html", conflicts=_conflicts(db.session(), form, forum))


def _conflicts(session: Session, form: PollForm, forum: Forum) -> list[DateConflicts]:
    """What speaks against each date of the form that can be read, in its order; dates without anything left out."""
    place_id = form.place_id.data or ""
    place = session.get(Place, int(place_id)) if place_id.isascii() and place_id.isdigit() else None
    found = []
    for _place, line in form.lines[: actions.MOST_DATES]:
        if line.on.data is None or line.start.data is None:
            continue
        try:
            span = actions.span_of_date(line.given(), form.duration.data or forum.duration, forum.time_zone)
        except Refused:
            continue  # said at the line itself
        against = _against(session, forum, span, place, form.place_text.data, form.mode.data)
        if against:
            found.append(DateConflicts(date_text(line.on.data), against))
    return found


def _against(
    session: Session, forum: Forum, span: Span, place: Place | None, place_text: str | None, mode: str | None,
    meeting_id: int | None = None,
) -> list[Conflict]:  # fmt: skip
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
    #: Answer → the dates it was given for.
    said: Sequence[tuple[Answer, Sequence[PollOption]]]


@bp.get("/polls/<int:poll_id>")
@policy("planner")
def show(poll_id: int) -> ResponseReturnValue:
    """What each date gives, who has not answered, what may be done next."""
    poll = _find(poll_id)
    return _page(poll, _step_form(poll), 200)


def _step_form(poll: Poll) -> PollStepForm:
    form = PollStepForm(None)
    form.answer_by_on.data, form.version.data = poll.answer_by_on, str(poll.version)
    return form


def _page(poll: Poll, form: PollStepForm, status: int) -> ResponseReturnValue:
    session = db.session()
    found = result_of(session, poll)
    people = [_person_row(poll, invitee, found) for invitee in poll.invitees]
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


def _person_row(poll: Poll, invitee: PollInvitee, found: PollResult) -> PersonRow:
    own = own_votes(found.votes, invitee.id)
    said = [(answer, [option for option in poll.options if own.get(option.id) is answer]) for answer in Answer]
    return PersonRow(invitee, shown_name(invitee.person), [(answer, dates) for answer, dates in said if dates])


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
    poll = _find(poll_id)
    if poll_step not in _STEPS:
        raise NotFound
    act, said = _STEPS[poll_step]
    session = db.session()
    form = PollStepForm(request.form, meta={"today": today()})
    if form.validate():
        more: dict[str, Any] = {"answer_by_on": form.answer_by_on.data} if poll_step == "reopen" else {}
        try:
            act(session, actor(), now(), poll, version=form.known_version, site=site(), **more)
            _commit(session)
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            flash(said())
            return redirect(url_for("polls.show", poll_id=poll_id), 303)
    return _page(_find(poll_id), form, 422)


@bp.route("/polls/<int:poll_id>/choose/<int:option_id>", methods=["GET", "POST"])
@policy("planner")
def choose(poll_id: int, option_id: int) -> ResponseReturnValue:
    """Choosing a date: what it gives, what speaks against it, and the step itself."""
    poll = _find(poll_id)
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
            _commit(session)
        except Refused as refused:
            session.rollback()
            poll, status = _find(poll_id), 422
            show_problems(form, refused)
        else:
            flash(_("Datumet är valt och mötet är bokat %(day)s.", day=date_text(meeting.local_on)))
            return redirect(url_for("meetings.show", meeting_id=meeting.id), 303)
    option = next(one for one in poll.options if one.id == option_id)
    found = result_of(session, poll)
    row = next(row for row in _date_rows(poll, found) if row.option.id == option_id)
    against = _against(
        session, poll.forum, poll_words.span_of_option(option, poll), poll.place, poll.place_text, poll.mode,
        poll.meeting_id,
    )  # fmt: skip
    page = render_template("polls/choose.html", poll=poll, form=form, row=row, conflicts=against)
    return page, status


bp.add_app_template_global(poll_words.poll_state_word)
bp.add_app_template_global(poll_words.poll_answer_word)
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
