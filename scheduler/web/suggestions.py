"""Pages of items that those who take part suggest: writing one, taking it back, and what the secretariat makes of it.

Whoever is invited to a meeting, or sits in its leading forum, may suggest an item while the meeting lies ahead; those
who write the agenda add items themselves. Not here: where what waits is listed (``agenda``, ``todo``, ``me``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.clock import civil_date
from scheduler.db import db
from scheduler.errors import NotFound, Problem, Refused
from scheduler.i18n import date_text
from scheduler.i18n import gettext as _
from scheduler.meetings.models import Meeting
from scheduler.organisations.rules import shown_name
from scheduler.records import suggestions as acts
from scheduler.records.agenda_rules import ItemKind
from scheduler.records.models import ItemSuggestion
from scheduler.web.attempt import attempt
from scheduler.web.forms.agenda import DeclineForm, SuggestForm, TakeUpForm
from scheduler.web.meeting_words import title_of
from scheduler.web.security import actor, is_invited, may_meeting, now, policy, principal

bp = Blueprint("suggestions", __name__)


@dataclass(frozen=True)
class SuggestionLine:
    """A suggestion as a list shows it."""

    id: int
    meeting_id: int
    #: The local day of the meeting it was written for.
    meeting_on: date
    forum: str
    title: str
    text: str | None
    #: Who suggested it, as shown.
    name: str
    #: The local day it was written.
    on: date
    state: str
    answer: str | None
    #: The local day of the meeting it was taken up at; None: at none, or the item was taken off since.
    taken_on: date | None


def lines_of(rows: Sequence[ItemSuggestion]) -> list[SuggestionLine]:
    """The suggestions in words."""
    return [
        SuggestionLine(
            id=row.id,
            meeting_id=row.meeting_id,
            meeting_on=row.meeting.local_on,
            forum=row.meeting.forum.title,
            title=row.title,
            text=row.text,
            name=shown_name(row.person),
            on=civil_date(row.suggested_at, row.meeting.time_zone),
            state=row.state,
            answer=row.answer,
            taken_on=row.item.meeting.local_on if row.state == "taken" and row.item is not None else None,
        )
        for row in rows
    ]


def may_suggest(meeting: Meeting) -> bool:
    """Whether the reader may suggest an item now: takes part, does not write the agenda, and the meeting lies ahead."""
    if not _takes_part(meeting) or may_meeting("meeting.edit", meeting):
        return False
    return acts.may_suggest(meeting, now()) is None


def _takes_part(meeting: Meeting) -> bool:
    who = principal()
    if who.person_id is None:
        return False
    return meeting.forum.id in (who.member_forums | who.chair_forums) or is_invited(meeting)


def waiting_lines(meeting: Meeting) -> list[SuggestionLine]:
    """What waits for whoever writes the agenda; empty for others."""
    if not may_meeting("meeting.edit", meeting):
        return []
    return lines_of(acts.waiting_of(db.session(), meeting.id))


# ---------------------------------------------------------------- whoever takes part


@bp.route("/meetings/<int:meeting_id>/agenda/suggest", methods=["GET", "POST"])
@policy("meeting.read")
def suggest(meeting_id: int) -> ResponseReturnValue:
    """Suggesting an item, and what one has suggested before; others are led to the agenda."""
    meeting: Meeting = g.meeting
    if not _takes_part(meeting) or may_meeting("meeting.edit", meeting):
        if request.method == "POST":
            raise NotFound
        return redirect(url_for("agenda.show", meeting_id=meeting_id), 303)
    session = db.session()
    person_id = principal().person_id or 0
    form = SuggestForm(request.form if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        if attempt(
            form,
            lambda: acts.suggest(
                session, actor(), now(), meeting, person_id, title=form.title.data, text=form.text.data
            ),
        ):
            session.commit()
            flash(_("Förslaget är skickat till sekretariatet."))
            return redirect(url_for("suggestions.suggest", meeting_id=meeting_id), 303)
        status = 422
    own = acts.suggestions_by(session, person_id, meeting_id=meeting_id)
    return render_template(
        "agenda/suggest.html", meeting=meeting, title=title_of(meeting), form=form, own=lines_of(own),
        is_open=acts.may_suggest(meeting, now()) is None,
    ), status  # fmt: skip


@bp.post("/meetings/<int:meeting_id>/agenda/suggestions/<int:suggestion_id>/withdraw")
@policy("meeting.read")
def withdraw(meeting_id: int, suggestion_id: int) -> ResponseReturnValue:
    """Takes back one's own suggestion; anybody else's does not exist."""
    session = db.session()
    row = acts.suggestion_of(session, meeting_id, suggestion_id)
    if principal().person_id is None or row.person_id != principal().person_id:
        raise NotFound
    _done(session, lambda: acts.withdraw(session, actor(), now(), row), _("Förslaget är tillbakataget."))
    return redirect(url_for("suggestions.suggest", meeting_id=meeting_id), 303)


# ---------------------------------------------------------------- whoever writes the agenda


@bp.route("/meetings/<int:meeting_id>/agenda/suggestions/<int:suggestion_id>", methods=["GET", "POST"])
@policy("meeting.edit")
def show(meeting_id: int, suggestion_id: int) -> ResponseReturnValue:
    """A suggestion: taking it up, as worded here, at this meeting or a later one, or saying no."""
    session = db.session()
    row = acts.suggestion_of(session, meeting_id, suggestion_id)
    meetings = {meeting.id: meeting for meeting in acts.meetings_for(session, row, now())}
    if request.method == "GET":
        return _page(row, meetings, _take_up_form(row, meetings), _decline_form())
    form = _take_up_form(row, meetings, posted=True)
    if not attempt(form, lambda: _take_up(session, row, meetings, form)):
        return _page(row, meetings, form, _decline_form(), 422)
    taken_at = meetings[form.meeting_id.data]
    session.commit()
    flash(_("Punkten står på dagordningen %(day)s.", day=date_text(taken_at.local_on)))
    return redirect(url_for("agenda.show", meeting_id=taken_at.id), 303)


def _take_up(session: Session, row: ItemSuggestion, meetings: dict[int, Meeting], form: TakeUpForm) -> None:
    meeting = meetings.get(form.meeting_id.data)
    if meeting is None:
        raise Refused(Problem("meeting_id", _("Välj något i listan")))
    acts.take_up(session, actor(), now(), row, meeting, **form.values())


@bp.post("/meetings/<int:meeting_id>/agenda/suggestions/<int:suggestion_id>/decline")
@policy("meeting.edit")
def decline(meeting_id: int, suggestion_id: int) -> ResponseReturnValue:
    """Says no, with the reason."""
    session = db.session()
    row = acts.suggestion_of(session, meeting_id, suggestion_id)
    form = _decline_form(posted=True)
    if not attempt(form, lambda: acts.decline(session, actor(), now(), row, answer=form.answer.data)):
        row = acts.suggestion_of(session, meeting_id, suggestion_id)
        meetings = {meeting.id: meeting for meeting in acts.meetings_for(session, row, now())}
        return _page(row, meetings, _take_up_form(row, meetings), form, 422)
    session.commit()
    flash(_("Förslaget är besvarat."))
    return redirect(url_for("agenda.show", meeting_id=meeting_id), 303)


def _take_up_form(row: ItemSuggestion, meetings: dict[int, Meeting], *, posted: bool = False) -> TakeUpForm:
    given = {
        "title": row.title, "text": row.text, "presenter": shown_name(row.person), "kind": ItemKind.DISCUSSION,
    }  # fmt: skip
    form = TakeUpForm(request.form if posted else None, data=given)
    form.meeting_id.choices = [(meeting.id, date_text(meeting.local_on, year=True)) for meeting in meetings.values()]
    return form


def _decline_form(*, posted: bool = False) -> DeclineForm:
    """Its field has another name than the one of the form above it."""
    return DeclineForm(request.form if posted else None, prefix="no-")


def _page(
    row: ItemSuggestion, meetings: dict[int, Meeting], form: TakeUpForm, no: DeclineForm, status: int = 200
) -> ResponseReturnValue:
    return render_template(
        "agenda/suggestion.html", meeting=g.meeting, title=title_of(g.meeting), line=lines_of([row])[0], form=form,
        no=no, offered=bool(meetings),
    ), status  # fmt: skip


def _done(session: Session, act: Callable[[], object], words: str) -> None:
    """Does one thing without a form, and says so; or says why it was refused."""
    try:
        act()
    except Refused as refused:
        session.rollback()
        flash(str(refused))
    else:
        session.commit()
        flash(words)


# ---------------------------------------------------------------- words


def suggestion_state_word(line: SuggestionLine) -> str:
    """What became of a suggestion: "Väntar på sekretariatet", "Står på dagordningen 3 mars"."""
    if line.state == "waiting":
        return _("Väntar på sekretariatet")
    if line.state == "declined":
        return _("Togs inte upp")
    if line.taken_on is not None:
        return _("Står på dagordningen %(day)s", day=date_text(line.taken_on, weekday=False))
    return _("Togs upp")


bp.add_app_template_global(suggestion_state_word)
