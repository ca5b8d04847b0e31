"""Pages of meetings: a new one, one meeting, another time, the steps of its life, one meeting's guests.

A form that meets a conflict comes back with it and asks for a reason; nothing is stored until then. Not here:
the calendar (``calendar``), attendance and minutes, which come with the records of a meeting.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.accounts.principals import principal_of
from scheduler.accounts.rules import may
from scheduler.db import db
from scheduler.errors import NotFound, Problem, Refused
from scheduler.forums.models import Forum
from scheduler.forums.queries import forums_for_list, themes_for_choice
from scheduler.history.queries import history_of
from scheduler.history.rules import Actor
from scheduler.i18n import date_text, mark
from scheduler.i18n import gettext as _
from scheduler.mail.actions import announce
from scheduler.mail.mailings import mailing_lines, next_of
from scheduler.mail.queries import told_about
from scheduler.mail.reminder_rules import reminders_of
from scheduler.meetings import booking, calling, steps
from scheduler.meetings.conflicts import Conflict, Proposal, find_conflicts, last_day_to_call
from scheduler.meetings.fragments import shown_to
from scheduler.meetings.inherited import effective_meeting
from scheduler.meetings.invitees import InviteeRow, invitees_of, seat_changes_since_call
from scheduler.meetings.memory import suggested
from scheduler.meetings.models import Meeting
from scheduler.meetings.rules import OPEN, Kind, State, lawful_steps
from scheduler.meetings.saving import OF_ANSWERS, facts_of
from scheduler.meetings.times import local_span
from scheduler.organisations.queries import organisations_for_list, persons_for_list
from scheduler.places.models import Place
from scheduler.places.queries import places_for_list
from scheduler.polls.queries import poll_of_meeting
from scheduler.records.action_points import points_for, points_from
from scheduler.records.agenda import open_agenda
from scheduler.records.agenda_rules import WRITABLE
from scheduler.web import words
from scheduler.web.access import may_plan, named_forum, site
from scheduler.web.action_points import lines_of
from scheduler.web.agenda import may_write, shown_agenda
from scheduler.web.attendance_words import attendance_on
from scheduler.web.documents import shown_papers
from scheduler.web.fields import choice, show_problems
from scheduler.web.forms.formal import FormalDetailsForm, formal_lines, records_in_time
from scheduler.web.forms.meetings import (
    InviteesForm,
    NewMeetingForm,
    StepForm,
    TimeAndPlaceForm,
    show_time,
)
from scheduler.web.meeting_life import life_of
from scheduler.web.meeting_words import title_of
from scheduler.web.memory import organisation_kind_name
from scheduler.web.minutes import lacks_minutes, minutes_on
from scheduler.web.previews import Preview, preview, told_text
from scheduler.web.reminder_forms import whose_rules
from scheduler.web.replies import answers_on
from scheduler.web.security import actor, may_meeting, now, policy, principal, require, settings, today
from scheduler.web.shell import saved_meeting
from scheduler.web.structured import event_block
from scheduler.web.substitutes import seats_on
from scheduler.web.suggestions import may_suggest

bp = Blueprint("meetings", __name__)

#: Steps with a page of their own that asks for what they need.
STEPS = ("confirm", "call", "cancel", "reinstate", "held", "correct", "close")
#: Those that may tell people by mail.
TELLS = ("call", "cancel", "reinstate")
#: What the history of a meeting shows at most.
CHANGES = 8
#: Answers, substitutes and marks stand beside the names; there they would crowd out the rest.
CROWD = OF_ANSWERS | {"attendance.mark", "minutes.item"}


def _plannable() -> list[Forum]:
    """The forums one may plan, in order; the present ones."""
    who = principal()
    own = None if who.administrator else who.own_forums
    forums = forums_for_list(db.session(), forum_ids=own)
    present = [forum for forum in forums if forum.family_count is None and forum.state != "ended"]
    return [forum for forum in present if may_plan(forum)]


def _commit(session: Session) -> None:
    announce(session, now(), settings())
    session.commit()


# ---------------------------------------------------------------- a new one


@bp.route("/meetings/new", methods=["GET", "POST"])
@policy("planner")
def new() -> ResponseReturnValue:
    """Booking a meeting: the forum, the day and the time; conflicts are shown before anything is stored."""
    forums = _plannable()
    if not forums:
        require("secretariat")
    session = db.session()
    form = NewMeetingForm(request.form if request.method == "POST" else None, meta={"today": today()})
    form.offer_forums(forums)
    form.offer_places(places_for_list(session))
    by_slug = {forum.slug: forum for forum in forums}
    named = by_slug.get(request.values.get("forum", ""))
    form.offer_themes(themes_for_choice(session, forum_ids=[named.id] if named else []))
    if request.method == "GET":
        _preset(form, named)
        return _render_new(form, [], 200)
    if not form.validate():
        return _render_new(form, [], 422)
    chosen = [by_slug[slug] for slug in dict.fromkeys([form.forum.data, *(form.more_forums.data or [])])]
    conflicts: list[Conflict] = []
    try:
        if form.state.data != State.HELD:
            conflicts = _conflicts(session, form, chosen)
        if "check" in request.form:
            return _render_new(form, conflicts, 200)
        meeting = booking.book_meeting(
            session, actor(), now(), forums=chosen, site=site(), state=form.state.data, kind=form.kind.data or None,
            title=form.title.data, video_url=form.video_url.data, theme_ids=form.theme_choice,
            override_reason=form.override_reason.data, **form.when_and_where(),
        )  # fmt: skip
        _commit(session)
    except Refused as refused:
        session.rollback()
        show_problems(form, refused)
        return _render_new(form, conflicts, 422)
    flash(_("Mötet %(day)s är sparat.", day=date_text(meeting.local_on)))
    return redirect(url_for("meetings.show", meeting_id=meeting.id), 303)


def _preset(form: NewMeetingForm, forum: Forum | None) -> None:
    if forum is None:
        form.start.data = None
        return
    form.forum.data = forum.slug
    form.start.data = forum.default_time
    form.place_id.data = str(forum.default_place_id or "")
    if forum.default_place is not None and forum.default_place.online:
        form.mode.data = "remote"


def _render_new(form: NewMeetingForm, conflicts: list[Conflict], status: int) -> ResponseReturnValue:
    return render_template("meetings/new.html", form=form, conflicts=conflicts), status


def _conflicts(
    session: Session, form: TimeAndPlaceForm, forums: list[Forum], meeting: Meeting | None = None
) -> list[Conflict]:
    """What speaks against the day of the form. Raises Refused where the time itself cannot be."""
    values = form.when_and_where()
    leading = forums[0]
    zone = meeting.time_zone if meeting else leading.time_zone
    end, last_on = values["end"], values["on"]
    if end is None:
        length = (meeting.end_at - meeting.start_at) if meeting else timedelta(minutes=leading.duration)
        end, later = booking.end_of(values["start"], int(length.total_seconds()) // 60)
        last_on += timedelta(days=later)
    place = session.get(Place, values["place_id"]) if values["place_id"] else None
    proposal = Proposal(
        forums=forums,
        span=local_span(values["on"], values["start"], end, last_on, zone),
        place=place,
        place_text=values["place_text"],
        mode=values["mode"],
        kind=meeting.kind if meeting else Kind.ORDINARY,
        meeting_id=meeting.id if meeting else None,
        is_called=meeting is not None and meeting.state == State.CALLED,
        notice=effective_meeting(meeting).notice if meeting is not None else None,
    )
    return find_conflicts(session, proposal, now())


# ---------------------------------------------------------------- one meeting


@bp.get("/meetings/<int:meeting_id>")
@policy("meeting.read")
def show(meeting_id: int) -> ResponseReturnValue:
    """One meeting: when and where, who is invited, what may be done next. A visitor gets its public view."""
    meeting: Meeting = g.meeting
    session = db.session()
    if not g.inside:
        shown = shown_to(meeting, "public")
        return render_template(
            "meetings/public.html", meeting=meeting, shown=shown, forum=shown.forums[0], events=event_block([meeting]),
            agenda=shown_agenda(meeting), papers=shown_papers(meeting), minutes=minutes_on(meeting),
        )  # fmt: skip
    may_edit = may_meeting("meeting.edit", meeting)
    rows = invitees_of(session, [meeting]).get(meeting_id, [])
    conflicts = []
    if may_edit and meeting.state in {"proposed", "confirmed", "called"} and meeting.start_at > now():
        conflicts = find_conflicts(session, Proposal.of(meeting), now())
    changes = history_of(session, "meeting", meeting_id, without=CROWD, limit=CHANGES) if may_edit else []
    last = steps.last_change_of(session, meeting)
    minutes = minutes_on(meeting)
    return render_template(
        "meetings/show.html",
        life=life_of(meeting, minutes.state if minutes else None, now()),
        meeting=meeting,
        forum=meeting.forum,
        title=title_of(meeting),
        now_at=now(),
        invitees=rows,
        groups=_by_role(rows),
        answers=answers_on(meeting, rows),
        seats=seats_on(meeting),
        roll=attendance_on(meeting),
        minutes=minutes,
        may_edit=may_edit,
        poll=poll_of_meeting(session, meeting_id) if may_edit else None,
        steps=[step.value for step in lawful_steps(facts_of(meeting), now())] if may_edit else [],
        conflicts=conflicts,
        changes=changes,
        undoable=may_edit
        and last is not None
        and last.before is not None
        and last.kind != "undo"
        and not told_about(session, last),
        seat_changes=seat_changes_since_call(session, meeting) if may_edit and meeting.called_at else None,
        formal=formal_lines(meeting),
        formal_together=records_in_time(meeting),
        agenda=shown_agenda(meeting),
        writes=may_write(meeting),
        suggests=may_suggest(meeting),
        papers=shown_papers(meeting),
        open_actions=lines_of(points_for(session, meeting)) if meeting.state in WRITABLE else [],
        own_actions=lines_of(points_from(session, meeting_id)),
        **_reminders(session, meeting, may_edit=may_edit),
        mailings=mailing_lines(session, meeting.id) if may_edit else None,
        next_mailing=next_of(session, meeting.id) if may_edit else None,
        call_by=last_day_to_call(session, meeting) if may_edit and meeting.state in {"proposed", "confirmed"} else None,
        chosen=any(forum.invitees_per_meeting for forum in meeting.forums) or meeting.kind == "thematic",
    )


def _reminders(session: Session, meeting: Meeting, *, may_edit: bool) -> dict[str, Any]:
    """The meeting's reminders and whose they are; nothing once there is nothing left to remind of."""
    if not may_edit or meeting.state not in OPEN:
        return {"reminders": None}
    found = reminders_of(session, meeting)
    return {"reminders": found, "reminders_from": whose_rules(meeting, found)}


def _by_role(rows: list[InviteeRow]) -> list[tuple[str, list[InviteeRow]]]:
    order = {"ordinary": 0, "substitute": 1}
    roles = sorted({row.role for row in rows}, key=lambda role: (order.get(role, 2), role))
    return [(role, [row for row in rows if row.role == role]) for role in roles]


# ---------------------------------------------------------------- another time, other details


def _days_later(meeting: Meeting, on: str | None) -> timedelta:
    """How far the day that the address names lies from the meeting's; nothing for one that is none."""
    try:
        return date.fromisoformat(on or "") - meeting.local_on
    except ValueError:
        return timedelta()


@bp.route("/meetings/<int:meeting_id>/move", methods=["GET", "POST"])
@policy("meeting.edit")
def move(meeting_id: int) -> ResponseReturnValue:
    """Another time or place: the same entry in every calendar, with what changed in its first line.

    ``?on=`` opens it on another day, at its own hours.
    """
    meeting: Meeting = g.meeting
    session = db.session()
    form = TimeAndPlaceForm(request.form if request.method == "POST" else None, meta={"today": today()})
    form.offer_places(places_for_list(session))
    zone = ZoneInfo(meeting.time_zone)
    if request.method == "GET":
        later = _days_later(meeting, request.args.get("on"))
        show_time(form, meeting, meeting.start_at.astimezone(zone) + later, meeting.end_at.astimezone(zone) + later)
        page = {"form": form, "meeting": meeting, "title": title_of(meeting), "conflicts": [], "preview": None}
        return render_template("meetings/move.html", **page)
    conflicts: list[Conflict] = []
    shown: Preview | None = None
    status = 422
    if form.validate():
        try:
            conflicts = _conflicts(session, form, meeting.forums, meeting)

            def move_it() -> None:
                booking.move_meeting(
                    session, actor(), now(), meeting, version=form.known_version, site=site(),
                    override_reason=form.override_reason.data, reason=form.override_reason.data,
                    send="quiet" not in request.form, **form.when_and_where(),
                )  # fmt: skip

            if "check" in request.form:
                status = 200
            elif "preview" in request.form:
                shown = preview(session, meeting, move_it, with_effects=True)
                status = 200
            else:
                move_it()
                _commit(session)
                moved = _("Mötet är flyttat till %(day)s.", day=date_text(meeting.local_on))
                saved_meeting(" ".join(filter(None, [moved, told_text(session, meeting)])), meeting_id)
                return redirect(url_for("meetings.show", meeting_id=meeting_id), 303)
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
    return render_template(
        "meetings/move.html", form=form, meeting=meeting, title=title_of(meeting), conflicts=conflicts, preview=shown
    ), status


@bp.route("/meetings/<int:meeting_id>/edit", methods=["GET", "POST"])
@policy("meeting.edit")
def edit(meeting_id: int) -> ResponseReturnValue:
    """Title, kind, themes, link, note and answer day, and the rules it has of its own."""
    meeting: Meeting = g.meeting
    session = db.session()
    posted = request.method == "POST"
    form = FormalDetailsForm(request.form if posted else None, obj=meeting, meta={"today": today()})
    form.offer(meeting, themes_for_choice(session, forum_ids=[forum.id for forum in meeting.forums]))
    status = 200
    if not posted:
        form.show(meeting)
    else:
        status = 422
        if form.validate():
            try:
                booking.edit_meeting(
                    session, actor(), now(), meeting, version=form.known_version, site=site(),
                    title=form.title.data or None, kind=form.kind.data, video_url=form.video_url.data or None,
                    note=form.note.data or None, answer_by_on=form.answer_by_on.data, **form.formal(),
                )  # fmt: skip
                _commit(session)
            except Refused as refused:
                session.rollback()
                show_problems(form, refused)
            else:
                flash(_("Mötet är sparat."))
                return redirect(url_for("meetings.show", meeting_id=meeting_id), 303)
    page = render_template(
        "meetings/edit.html", form=form, meeting=meeting, title=title_of(meeting), formal=formal_lines(meeting)
    )
    return page, status


# ---------------------------------------------------------------- the steps of its life


def _confirm(session: Session, who: Actor, meeting: Meeting, form: StepForm) -> str:
    steps.confirm_meeting(
        session, who, now(), meeting, version=form.known_version, site=site(), send=not form.quiet.data
    )
    return _("Mötet är bokat.")


def _call(session: Session, who: Actor, meeting: Meeting, form: StepForm) -> str:
    calling.call_meeting(
        session, who, now(), meeting, version=form.known_version, site=site(), answer_by_on=form.answer_by_on.data,
        send=not form.quiet.data,
    )  # fmt: skip
    # What was shown when it was called stands from now on: a later change of the forum's standing items is none of it.
    open_agenda(session, who, now(), meeting)
    return _("Mötet är kallat. De kallade ligger nu fast.")


def _cancel(session: Session, who: Actor, meeting: Meeting, form: StepForm) -> str:
    steps.cancel_meeting(
        session, who, now(), meeting, reason=form.reason.data, version=form.known_version, site=site(),
        send=not form.quiet.data,
    )  # fmt: skip
    return _("Mötet är inställt. Det står kvar i kalendrarna som inställt.")


def _reinstate(session: Session, who: Actor, meeting: Meeting, form: StepForm) -> str:
    steps.reinstate_meeting(
        session, who, now(), meeting, version=form.known_version, site=site(), send=not form.quiet.data
    )
    return _("Mötet är återupptaget.")


def _held(session: Session, who: Actor, meeting: Meeting, form: StepForm) -> str:
    steps.record_held(session, who, now(), meeting, quorum=form.was_quorate, version=form.known_version, site=site())
    return _("Mötet är registrerat som hållet.")


def _correct(session: Session, who: Actor, meeting: Meeting, form: StepForm) -> str:
    to = State.CALLED if meeting.called_at else State.CONFIRMED
    steps.correct_state(
        session, who, now(), meeting, to=to, reason=form.reason.data, version=form.known_version, site=site()
    )
    return _("Mötet är rättat.")


def _close(session: Session, who: Actor, meeting: Meeting, form: StepForm) -> str:
    steps.close_meeting(
        session, who, now(), meeting, version=form.known_version, site=site(), lacks=lacks_minutes(meeting),
        reason=form.reason.data,
    )  # fmt: skip
    return _("Mötet är avslutat.")


#: Step in the address → what it does, and the lawful step of the rules it is.
DOES: dict[str, tuple[str, Callable[[Session, Actor, Meeting, StepForm], str]]] = {
    "confirm": ("confirm", _confirm),
    "call": ("call", _call),
    "cancel": ("cancel", _cancel),
    "reinstate": ("reinstate", _reinstate),
    "held": ("record", _held),
    "correct": ("correct", _correct),
    "close": ("close", _close),
}
#: Heading, button and what happens, for each step.
STEP_WORDS = {
    "confirm": (mark("Boka mötet"), mark("Boka mötet"), mark("Datumet gäller från nu.")),
    "call": (
        mark("Kalla till mötet"),
        mark("Kalla till mötet"),
        mark("De som har platserna på mötets dag blir kallade. Ändras platserna sedan ser du det här."),
    ),
    "cancel": (
        mark("Ställ in mötet"),
        mark("Ställ in mötet"),
        mark("Mötet står kvar i kalendrarna som inställt och räknas inte mot mötestakten."),
    ),
    "reinstate": (mark("Återuppta mötet"), mark("Återuppta mötet"), mark("Mötet blir bokat igen på samma tid.")),
    "held": (mark("Mötet hölls"), mark("Spara att mötet hölls"), mark("Mötet räknas mot mötestakten.")),
    "correct": (mark("Rätta: mötet hölls inte"), mark("Rätta mötet"), mark("Mötet räknas inte längre som hållet.")),
    "close": (mark("Avsluta mötet"), mark("Avsluta mötet"), mark("Inget mer kan ändras.")),
}


@bp.route(
    "/meetings/<int:meeting_id>/<any(confirm, call, cancel, reinstate, held, correct, close):step>",
    methods=["GET", "POST"],
)
@policy("meeting.edit")
def step(meeting_id: int, step: str) -> ResponseReturnValue:
    """One step: what it means, who is concerned, what it needs; then it is done."""
    meeting: Meeting = g.meeting
    session = db.session()
    lawful, does = DOES[step]
    posted = request.method == "POST"
    form = StepForm(request.form if posted else None, meta={"today": today()})
    shown: Preview | None = None
    if not posted:
        if lawful not in {item.value for item in lawful_steps(facts_of(meeting), now())}:
            raise NotFound
        form.version.data = str(meeting.version)
        form.answer_by_on.data = meeting.answer_by_on
    elif form.validate():
        try:
            if "preview" in request.form:
                shown = preview(
                    session, meeting, lambda: does(session, actor(), meeting, form), with_effects=step == "cancel"
                )
            else:
                message = does(session, actor(), meeting, form)
                _commit(session)
                if step == "cancel":
                    saved_meeting(message, meeting_id)
                else:
                    flash(message)
                if step == "held" and not may_read_now(session, meeting):  # the secretariat went on to the next with it
                    return redirect(url_for("forums.index"), 303)
                return redirect(url_for("meetings.show", meeting_id=meeting_id), 303)
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
    heading, button, meaning = STEP_WORDS[step]
    rows = invitees_of(session, [meeting]).get(meeting_id, [])
    return (
        render_template(
            "meetings/step.html", form=form, meeting=meeting, step=step, title=title_of(meeting), heading=_(heading),
            button=_(button), meaning=_(meaning), invitees=rows, reachable=sum(bool(row.email) for row in rows),
            preview=shown, tells=step in TELLS, lacks=lacks_minutes(meeting) if step == "close" else None,
        ),
        422 if posted and shown is None else 200,
    )  # fmt: skip


def may_read_now(session: Session, meeting: Meeting) -> bool:
    """Whether whoever asks sees the meeting as things are stored now: a turn may just have ended with it."""
    who = principal_of(session, g.sign_in.user, today())
    return may(who, "meeting.read", forum_ids=[forum.id for forum in meeting.forums])


@bp.post("/meetings/<int:meeting_id>/undo")
@policy("meeting.edit")
def undo(meeting_id: int) -> ResponseReturnValue:
    """Takes back the last change while nobody has been told."""
    meeting: Meeting = g.meeting
    session = db.session()
    last = steps.last_change_of(session, meeting)
    sent = last is not None and told_about(session, last)
    steps.undo_last_change(session, actor(), now(), meeting, sent=sent, version=None, site=site())
    _commit(session)
    flash(_("Ändringen är ångrad."))
    return redirect(url_for("meetings.show", meeting_id=meeting_id), 303)


# ---------------------------------------------------------------- guests


@bp.route("/meetings/<int:meeting_id>/invitees", methods=["GET", "POST"])
@policy("meeting.edit")
def invitees(meeting_id: int) -> ResponseReturnValue:
    """Who is invited to a meeting whose guests are chosen; an empty list goes back to the seats."""
    meeting: Meeting = g.meeting
    session = db.session()
    posted = request.method == "POST"
    form = InviteesForm(request.form if posted else None)
    form.people.choices = [
        choice(str(row.id), f"{row.name}, {row.organisation_name}" if row.organisation_name else row.name)
        for row in persons_for_list(session)
    ]
    form.organisations.choices = [choice(str(row.id), row.name) for row in organisations_for_list(session)]
    status = 200
    if not posted:
        rows = invitees_of(session, [meeting]).get(meeting_id, [])
        form.people.data = [str(row.person_id) for row in rows if row.person_id]
        form.organisations.data = [
            str(row.organisation_id)
            for row in rows
            if row.organisation_id and not row.person_id and not row.name and not row.seat_id
        ]
        form.guests.data = "\n".join(row.name for row in rows if row.name and not row.person_id)
        form.version.data = str(meeting.version)
    else:
        status = 422
        if form.validate():
            chosen = [calling.InviteeChoice(person_id=int(value)) for value in form.people.data or []]
            named = dict.fromkeys([*(form.organisations.data or []), *form.more])
            chosen += [calling.InviteeChoice(organisation_id=int(value)) for value in named]
            chosen += [
                calling.InviteeChoice(name=line.strip(), role="guest")
                for line in (form.guests.data or "").splitlines()
                if line.strip()
            ]
            try:
                _invite(session, meeting, form, chosen)
                _commit(session)
            except Refused as refused:
                session.rollback()
                show_problems(form, Refused(*(Problem(None, p.text, p.values) for p in refused.problems)))
            else:
                flash(_("De inbjudna är sparade."))
                return redirect(
                    url_for("meetings.invitees" if form.more else "meetings.show", meeting_id=meeting_id), 303
                )
    page = render_template(
        "meetings/invitees.html",
        form=form,
        meeting=meeting,
        title=title_of(meeting),
        suggested=suggested(session, meeting),
        open=meeting.called_at is None,
        kind_name=organisation_kind_name,
    )
    return page, status


def _invite(session: Session, meeting: Meeting, form: InviteesForm, chosen: list[calling.InviteeChoice]) -> None:
    """Saves the list; once the call is out, calls the suggested organisation alone."""
    if meeting.called_at is None or not form.more:
        calling.set_invitees(session, actor(), now(), meeting, invitees=chosen, version=form.known_version, site=site())
        return
    for value in form.more:
        added = calling.InviteeChoice(organisation_id=int(value))
        calling.add_invitee(session, actor(), now(), meeting, invitee=added, version=form.known_version, site=site())


@bp.post("/meetings/<int:meeting_id>/seat-changes")
@policy("meeting.edit")
def follow_seats(meeting_id: int) -> ResponseReturnValue:
    """Calls those who got a seat after the call and withdraws those who left theirs."""
    meeting: Meeting = g.meeting
    session = db.session()
    calling.follow_seat_changes(session, actor(), now(), meeting, version=None, site=site())
    _commit(session)
    flash(_("De kallade följer nu platserna."))
    return redirect(url_for("meetings.show", meeting_id=meeting_id), 303)


def role_word(role: str) -> str:
    """How an invitee takes part, in a word."""
    known: dict[str, Any] = {"presenter": _("Föredragande"), "guest": _("Gäst")}
    return known[role] if role in known else words.seat_kind_word(role)


bp.add_app_template_global(role_word)
bp.add_app_template_global(named_forum)
