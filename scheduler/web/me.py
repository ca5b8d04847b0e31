"""One's own page: what waits for an answer, one's meetings, seats and calendar links, days away, one's own data.

Not here: sessions and the language (``sign_in``), answering (``replies``), making a calendar link (``subscribe``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.accounts.personal_links import derive
from scheduler.clock import civil_date
from scheduler.db import db
from scheduler.errors import NotFound, Refused
from scheduler.feeds.queries import links_of
from scheduler.forums.seats import own_seats
from scheduler.i18n import date_text, ngettext, number_word
from scheduler.i18n import gettext as _
from scheduler.mail.poll_letters import PURPOSE
from scheduler.meetings.models import Meeting
from scheduler.meetings.queries import MeetingFilter, coming_meetings, past_meetings
from scheduler.meetings.replies import OwnReply, call_of, own_replies
from scheduler.meetings.reply_rules import may_reply
from scheduler.organisations import people, rows
from scheduler.organisations.models import Person
from scheduler.places import absences
from scheduler.places.models import BlockedPeriod
from scheduler.polls.queries import open_polls_of_person
from scheduler.polls.rules import may_vote
from scheduler.records.action_points import points_of_person
from scheduler.records.suggestions import suggestions_by
from scheduler.web.action_points import lines_of
from scheduler.web.fields import show_problems
from scheduler.web.filters import capitalised
from scheduler.web.forms.me import AbsenceForm, OwnDataForm
from scheduler.web.saved_by_other import Clash
from scheduler.web.security import actor, now, policy, principal, settings, sign_in_row, today
from scheduler.web.seen import clash_with
from scheduler.web.shell import saved
from scheduler.web.suggestions import lines_of as suggestion_lines

bp = Blueprint("me", __name__)

#: So many meetings are listed, coming or past.
LISTED = 50
#: So many of one's suggestions for agendas are listed, the latest.
SUGGESTED = 5


@dataclass(frozen=True)
class OwnMeeting:
    """A meeting one is invited to, and one's answer where there is a call."""

    meeting: Meeting
    reply: OwnReply | None
    #: Whether an answer is taken now.
    is_open: bool

    @property
    def waits(self) -> bool:
        """Whether the meeting waits for an answer: of a substitute none is expected."""
        reply = self.reply
        return (
            self.is_open and reply is not None and reply.standing.answer is None and reply.invitee.role != "substitute"
        )


@bp.get("/me")
@policy("signed_in")
def index() -> ResponseReturnValue:
    """One's own page; a user who is no person of the register has links and sessions alone."""
    form = AbsenceForm(None, meta={"today": today()})
    return _page(form)


def _page(form: AbsenceForm, status: int = 200) -> ResponseReturnValue:
    session = db.session()
    who = principal()
    person = session.get(Person, who.person_id) if who.person_id is not None else None
    past = "past" in request.args
    coming = _own_meetings(session, coming_meetings(session, now(), person_id=person.id)) if person else []
    gone = past_meetings(session, now(), MeetingFilter(person_id=person.id), limit=LISTED) if person and past else []
    todo = [row for row in coming if row.waits]
    polls = _own_polls(session, person.id) if person else []
    page = render_template(
        "me/index.html",
        person=person,
        past=past,
        lead=_lead(len(todo) + sum(not poll.answered for poll in polls), [row.meeting for row in coming]),
        todo=todo,
        count=len(coming),
        meetings=_own_meetings(session, gone) if past else coming[:LISTED],
        actions=lines_of(points_of_person(session, person.id)) if person else [],
        suggestions=suggestion_lines(suggestions_by(session, person.id, limit=SUGGESTED)) if person else [],
        polls=polls,
        seats=own_seats(session, person.id, today()) if person else [],
        calendar_links=links_of(session, who.user_id or 0),
        absences=absences.absences_of(session, person.id, since=today()) if person else [],
        form=form,
        login=_user_login(),
    )
    return page, status


@dataclass(frozen=True)
class OwnPoll:
    """A date poll that asks one and takes answers."""

    name: str
    by: date
    #: How many dates it asks about.
    dates: int
    answered: bool
    #: The page where it is answered, the one that the mail leads to.
    path: str


def _own_polls(session: Session, person_id: int) -> list[OwnPoll]:
    found = []
    for row in open_polls_of_person(session, person_id, with_dates=True):
        poll = row.poll
        if may_vote(poll.state, poll.answer_by_on, civil_date(now(), poll.time_zone)) is None:
            token = derive(settings().secret_key, PURPOSE, row.id, row.epoch)
            name = f"{poll.forum.title}: {poll.title}" if poll.title else poll.forum.title
            path = url_for("poll_page.show", token=token)
            found.append(OwnPoll(name, poll.answer_by_on, len(poll.options), row.answered_at is not None, path))
    return found


def _own_meetings(session: Session, meetings: Sequence[Meeting]) -> list[OwnMeeting]:
    replies = own_replies(session, principal().person_id, meetings)
    found = []
    for meeting in meetings:
        reply = replies.get(meeting.id)
        is_open = reply is not None and may_reply(call_of(meeting, reply.invitee), now()) is None
        found.append(OwnMeeting(meeting, reply, is_open))
    return found


def _lead(todo: int, coming: Sequence[Meeting]) -> str:
    """ "Två saker väntar på ditt svar. Nästa möte är torsdag 17 september."."""
    waiting = ngettext(
        "En sak väntar på ditt svar.", "%(number)s saker väntar på ditt svar.", todo,
        number=capitalised(number_word(todo)),
    ) if todo else _("Inget väntar på ditt svar.")  # fmt: skip
    if not coming:
        return waiting
    following = _("Nästa möte är %(day)s.", day=date_text(coming[0].local_on))
    return f"{waiting} {following}"


def _user_login() -> str:
    row = sign_in_row()
    return row.user.login if row is not None else ""


# ---------------------------------------------------------------- days away


def own_person(session: Session) -> Person:
    """Who asks, as a person of the register; raises NotFound for a user who is none."""
    person = session.get(Person, principal().person_id) if principal().person_id is not None else None
    if person is None:
        raise NotFound
    return person


@bp.post("/me/absences")
@policy("signed_in")
def add_absence() -> ResponseReturnValue:
    """Enters days on which one is away."""
    session = db.session()
    person = own_person(session)
    form = AbsenceForm(request.form, meta={"today": today()})
    if form.validate():
        try:
            row = absences.add_absence(session, actor(), now(), person, today=today(), **form.values())
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            session.commit()
            saved(_("Du är borta %(days)s. Möten de dagarna räknas som nej.", days=days_text(row)))
            return redirect(url_for("me.index", _anchor="h-away"), 303)
    return _page(form, 422)


@bp.post("/me/absences/<int:absence_id>/remove")
@policy("signed_in")
def remove_absence(absence_id: int) -> ResponseReturnValue:
    """Takes away days of one's own; anybody else's do not exist."""
    session = db.session()
    person = own_person(session)
    row = absences.absence_of(session, person.id, absence_id)
    absences.remove_absence(session, actor(), now(), person, row)
    session.commit()
    saved(_("Du är inte längre borta %(days)s.", days=days_text(row)))
    return redirect(url_for("me.index", _anchor="h-away"), 303)


def days_text(row: BlockedPeriod) -> str:
    """ "12–30 oktober", "12 oktober–3 november", "21 december 2026–6 januari 2027"."""
    first, last = row.from_on, row.to_on
    if first == last:
        return date_text(first, weekday=False, year=True)
    end = date_text(last, weekday=False, year=True)
    if first.year != last.year:
        return f"{date_text(first, weekday=False, year=True)}–{end}"
    return f"{first.day if first.month == last.month else date_text(first, weekday=False)}–{end}"


# ---------------------------------------------------------------- one's own data


@bp.route("/me/edit", methods=["GET", "POST"])
@policy("signed_in")
def edit() -> ResponseReturnValue:
    """Changing how the secretariat reaches one; the addresses one signs in with stay as they are."""
    session = db.session()
    if request.method == "GET" and principal().person_id is None:
        return redirect(url_for("me.index"), 303)
    person = own_person(session)
    if request.method == "GET":
        return _edit_page(person, _opened(person), 200)
    form = OwnDataForm(request.form)
    form.offer(person)
    clash = None
    status = 422
    if form.validate():
        rows.claim(session, person)
        clash = clash_with(session, form, _opened(person), "person", person.id)
        if clash is None:
            try:
                people.edit_person(session, actor(), now(), person, **form.values())
            except Refused as refused:
                session.rollback()
                show_problems(form, refused)
            else:
                session.commit()
                saved(_("Dina uppgifter är sparade."))
                return redirect(url_for("me.index"), 303)
        else:
            session.rollback()
            status = 409
    return _edit_page(person, form, status, clash)


def _opened(person: Person) -> OwnDataForm:
    form = OwnDataForm(None, obj=person)
    form.offer(person)
    form.stamp()
    return form


def _edit_page(person: Person, form: OwnDataForm, status: int, clash: Clash | None = None) -> ResponseReturnValue:
    return render_template("me/edit.html", person=person, form=form, clash=clash), status


bp.add_app_template_global(days_text)
