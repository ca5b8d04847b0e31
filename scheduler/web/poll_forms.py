"""Making a date poll and changing its draft; conflicts are shown as dates are typed, and before anything is stored.

Not here: what is done with a poll that is there (``polls``), the form itself (``forms.polls``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.db import db
from scheduler.errors import NotFound, Refused
from scheduler.forums.models import Forum
from scheduler.forums.queries import forums_for_list
from scheduler.i18n import date_text
from scheduler.i18n import gettext as _
from scheduler.meetings.conflicts import Conflict
from scheduler.meetings.models import Meeting
from scheduler.meetings.queries import meeting_by_id
from scheduler.organisations.queries import persons_for_list
from scheduler.places.models import Place
from scheduler.places.queries import places_for_list
from scheduler.polls import actions
from scheduler.polls.models import Poll
from scheduler.polls.queries import seats_for_days
from scheduler.polls.rules import State
from scheduler.web.access import may_plan, polled_forums, site
from scheduler.web.forms.polls import DaysForm, ForumChoiceForm, PollForm
from scheduler.web.polls import against_date, commit, find_poll
from scheduler.web.security import actor, may_meeting, now, policy, principal, require, settings, today

if TYPE_CHECKING:
    from scheduler.drafts.one_forum import Day

bp = Blueprint("poll_forms", __name__)

#: Dates that are suggested when nobody says how many.
SUGGESTED = 4


def _plannable() -> list[Forum]:
    own = polled_forums(principal())
    forums = forums_for_list(db.session(), forum_ids=own)
    return [forum for forum in forums if forum.family_count is None and forum.state != "ended" and may_plan(forum)]


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
    meeting = _proposed(forum)
    if request.method == "GET":
        form.preset(forum, meeting)
        return _form_page(form, forum, None, [], 200)

    def save() -> Poll:
        poll = actions.create_poll(
            db.session(), actor(), now(), forum=forum, wanted=form.wanted(), site=site(), meeting=meeting
        )
        if "send" in request.form:
            actions.open_poll(db.session(), actor(), now(), poll, version=None, site=site())
        return poll

    return _take(form, forum, None, save)


def _proposed(forum: Forum) -> Meeting | None:
    """The proposed meeting of the forum that a new poll is for, named in the address or the form; None: none is."""
    number = request.values.get("meeting", type=int)
    if number is None:
        return None
    meeting = meeting_by_id(db.session(), number)
    if meeting is None or meeting.forum.id != forum.id or not may_meeting("meeting.edit", meeting):
        raise NotFound
    return meeting


@bp.route("/polls/<int:poll_id>/edit", methods=["GET", "POST"])
@policy("planner")
def edit(poll_id: int) -> ResponseReturnValue:
    """Changing a draft, or sending it."""
    poll = find_poll(poll_id)
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
    if "suggest" in request.form:
        return _suggested(form, forum, poll)
    if "more" in request.form:
        form.add_lines(forum)
        return _form_page(form, forum, poll, _conflicts(session, form, forum), 200)
    if not form.validate():
        return _form_page(form, forum, poll, [], 422)
    if "check" in request.form:
        return _form_page(form, forum, poll, _conflicts(session, form, forum), 200)
    try:
        saved = save()
        commit(session)
    except Refused as refused:
        session.rollback()
        form.show_refusal(refused)
        return _form_page(form, forum, poll, _conflicts(session, form, forum), 422)
    sent = saved.state == State.OPEN
    flash(_("Datumförfrågan är skickad.") if sent else _("Utkastet är sparat. Inget är skickat än."))
    return redirect(url_for("polls.show", poll_id=saved.id), 303)


def _suggested(form: PollForm, forum: Forum, poll: Poll | None) -> ResponseReturnValue:
    """The form with the best dates of the span asked for filled in; nothing that is typed is lost."""
    from scheduler.drafts.one_forum import best_days  # noqa: PLC0415 - the planner waits until somebody plans

    session = db.session()
    asked = DaysForm(request.form, prefix="best-", meta={"today": today()})
    if not asked.validate():
        return _form_page(form, forum, poll, _conflicts(session, form, forum), 422, asked)
    typed = {line.on.data for _place, line in form.lines}
    found = best_days(
        session, forum, max(asked.first.data, today() + timedelta(days=1)), asked.last.data, today(),
        time_zone=settings().time_zone, duration=form.duration.data, without=typed,
        count=min(asked.count.data or 0, actions.MOST_DATES - len(typed)),
    )  # fmt: skip
    form.fill_in([actions.GivenDate(day.on, time(*divmod(day.start, 60))) for day in found])
    return _form_page(form, forum, poll, _conflicts(session, form, forum), 200, asked, found)


def _form_page(
    form: PollForm, forum: Forum, poll: Poll | None, conflicts: Sequence[DateConflicts], status: int,
    asked: DaysForm | None = None, found: Sequence[Day] | None = None,
) -> ResponseReturnValue:  # fmt: skip
    if asked is None:
        asked = DaysForm(None, prefix="best-", meta={"today": today()})
        asked.first.data, asked.last.data = today() + timedelta(weeks=6), today() + timedelta(weeks=14)
        asked.count.data = SUGGESTED
    page = render_template(
        "polls/edit.html", form=form, forum=forum, poll=poll, conflicts=conflicts, asked=asked, found=found,
        meeting_id=request.values.get("meeting", type=int),
    )  # fmt: skip
    return page, status


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
        against = against_date(session, forum, span, place, form.place_text.data, form.mode.data)
        if against:
            found.append(DateConflicts(date_text(line.on.data), against))
    return found
