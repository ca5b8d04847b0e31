"""Pages that enter and change forums: a new one, its settings, its requirement over time, its pauses.

Not here: its seats (``seat_forms``), reading it (``forums``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.accounts.principals import principal_of
from scheduler.accounts.rules import may
from scheduler.cadence.rules import CadenceVersion as Version
from scheduler.cadence.sentences import describe
from scheduler.db import db
from scheduler.errors import Forbidden, NotFound, Problem, Refused, SavedByOther
from scheduler.forums import actions, cadences, queries
from scheduler.forums.inherited import effective
from scheduler.forums.models import CadenceVersion, Forum, ForumKind, Pause
from scheduler.forums.seats import seat_plan
from scheduler.history.queries import history_of
from scheduler.i18n import date_text, language
from scheduler.i18n import gettext as _
from scheduler.mail.actions import announce, plan_meetings
from scheduler.meetings.actions import refresh
from scheduler.meetings.cadence import standings
from scheduler.meetings.queries import coming_meetings, meetings_showing
from scheduler.organisations.models import Office, Organisation
from scheduler.organisations.queries import PersonRow, organisations_for_list, persons_by_id, persons_for_list
from scheduler.organisations.rules import shown_name
from scheduler.places.queries import places_for_list
from scheduler.register.models import Theme
from scheduler.web.access import seen_forums, site
from scheduler.web.fields import show_problems
from scheduler.web.forms.forums import (
    CadenceForm,
    Choices,
    ForumForm,
    NewForumForm,
    PauseForm,
    inherited,
    own_values,
)
from scheduler.web.forms.organisations import organisation_choices
from scheduler.web.forms.requirement import READ
from scheduler.web.saved_by_other import Clash, clash_of
from scheduler.web.security import actor, now, policy, principal, settings, today
from scheduler.web.standing_rows import Row, row_of, said
from scheduler.web.words import status_word

bp = Blueprint("forum_forms", __name__)

#: So many people of its host and of its secretariat are offered as those who lead a forum.
PEOPLE_AT_HOME = 40


def kind_choices(kinds: Sequence[ForumKind]) -> list[tuple[str, str]]:
    """Kinds of forums in the language in use."""
    english = language() == "en"
    return [(kind.id, kind.en if english else kind.sv) for kind in kinds]


# ---------------------------------------------------------------- a new one


@bp.route("/forums/new", methods=["GET", "POST"])
@policy("register.edit")
def new() -> ResponseReturnValue:
    """Entering a forum: its name, kind, secretariat and the sentence that says how often it meets."""
    session = db.session()
    form = NewForumForm(request.form if request.method == "POST" else None)
    form.kind_id.choices = [("", _("Välj typ")), *kind_choices(queries.forum_kinds(session))]
    keepers = _keepers(session)
    form.secretariat_id.choices = keepers
    if request.method == "GET":
        form.secretariat_id.data = keepers[0][0] if len(keepers) == 1 else ""
        return _render_new(form, 200)
    form.offer()
    fine = form.validate()
    if form.must_ask:
        asked_before = form.was_asked
        form.ask()
        return _render_new(form, 422 if asked_before or not fine else 200)
    if not fine:
        return _render_new(form, 422)
    if "read" in request.form:
        return _render_new(form, 200)
    try:
        forum = actions.create_forum(session, actor(), now(), **form.values())
        if form.reading is not None:
            cadences.set_cadence(session, actor(), now(), forum, valid_from_on=None, **form.requirement())
    except Refused as refused:
        session.rollback()
        show_problems(form, refused)
        return _render_new(form, 422)
    session.commit()
    flash(_saved_words(forum))
    return redirect(url_for("forums.show", slug=forum.slug), 303)


def _saved_words(forum: Forum) -> str:
    """What was stored, the requirement as it was read: nothing is read in silence."""
    versions = queries.cadence_forum(forum).versions
    if not versions:
        return _("%(name)s är sparat.", name=forum.title)
    return _("%(name)s är sparat. Kravet är %(rule)s.", name=forum.title, rule=rule_words(versions[-1]))


def rule_words(version: Version) -> str:
    """A requirement inside a sentence: "cirka 2–3 gånger per år"."""
    words = describe(version)
    return words["en"] if language() == "en" else words["sv"]


def _keepers(session: Session) -> list[tuple[str, str]]:
    """The organisations that may keep a new forum: whoever enters it must be able to go on with it.

    Raises Forbidden for somebody who keeps nothing but forums by name.
    """
    who = principal()
    if who.administrator:
        return organisation_choices(organisations_for_list(session))
    keeping = {
        role.organisation_id
        for role in g.sign_in.user.roles
        if role.role == "secretariat"
        and (role.from_on is None or role.from_on <= today())
        and (role.to_on is None or today() <= role.to_on)
    }
    found = session.scalars(select(Organisation).where(Organisation.id.in_(keeping)).order_by(Organisation.sort_key))
    choices = [(str(row.id), row.name) for row in found]
    if not choices:
        raise Forbidden
    return choices if len(choices) == 1 else [("", _("Välj sekretariat")), *choices]


def _render_new(form: NewForumForm, status: int) -> ResponseReturnValue:
    return render_template("forums/new.html", form=form), status


# ---------------------------------------------------------------- its settings


@bp.route("/forums/<slug>/edit", methods=["GET", "POST"])
@policy("forum.edit")
def edit(slug: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum it names
    """The settings of a forum: what it is called, who leads it, where it meets, what its kind does not give."""
    forum: Forum = g.forum
    session = db.session()
    if request.method == "GET":
        return _render_edit(_opened(session, forum), forum, 200)
    form = ForumForm(request.form, meta={"today": today()})
    form.offer(forum, _choices(session, forum))
    if not form.validate():
        return _render_edit(form, forum, 422)
    try:
        _save(session, forum, form)
    except Refused as refused:
        session.rollback()
        show_problems(form, _at_lead(refused))
        return _render_edit(form, forum, 422)
    except SavedByOther as error:
        session.rollback()
        saved = _opened(session, forum)
        form.version.data = saved.version.data
        return _render_edit(form, forum, 409, clash=clash_of(error, form, saved, forum.time_zone))
    session.commit()
    flash(_("%(name)s är sparat.", name=forum.title))
    if not may(principal_of(session, g.sign_in.user, today()), "forum.edit", forum_ids=[forum.id]):
        return redirect(url_for("forums.index"), 303)  # it has been handed over to another secretariat
    return redirect(url_for("forums.show", slug=forum.slug), 303)


def _opened(session: Session, forum: Forum) -> ForumForm:
    """The form as it is opened on what is saved."""
    form = ForumForm(None, obj=forum, meta={"today": today()})
    form.offer(forum, _choices(session, forum))
    form.show(forum)
    return form


def _save(session: Session, forum: Forum, form: ForumForm) -> None:
    kind = forum.kind_id
    actions.edit_forum(session, actor(), now(), forum, version=form.known_version, **form.values())
    if form.theme_choice != {theme.id for theme in forum.themes}:
        actions.set_themes(session, actor(), now(), forum, theme_ids=form.theme_choice)
    meetings = meetings_showing(session, forum_ids=[forum.id])
    refresh(session, meetings, now(), site=site())
    if forum.kind_id != kind:
        plan_meetings(session, now(), [meeting.id for meeting in meetings], settings())
    announce(session, now(), settings())


def _at_lead(refused: Refused) -> Refused:
    """Problems of the office or the person that leads, at the one field both are chosen in."""
    lead = {"lead_office_id": "lead", "lead_person_id": "lead"}
    return Refused(*(Problem(lead.get(p.field or "", p.field), p.text, p.values) for p in refused.problems))


def _choices(session: Session, forum: Forum) -> Choices:
    kinds = [*queries.forum_kinds(session)]
    if forum.kind not in kinds:
        kinds.append(forum.kind)
    own, public = seen_forums()
    parents = [row for row in queries.forums_for_list(session, forum_ids=own, public_only=public) if row.id != forum.id]
    if forum.parent is not None and forum.parent not in parents:
        parents.append(forum.parent)
    return Choices(
        kinds=kind_choices(kinds),
        organisations=organisation_choices(organisations_for_list(session)),
        offices=session.scalars(select(Office).order_by(Office.sv, Office.id)).all(),
        people=_people_near(session, forum),
        parents=parents,
        places=places_for_list(session),
        themes=session.scalars(select(Theme).order_by(Theme.sort_key, Theme.id)).all(),
    )


def _people_near(session: Session, forum: Forum) -> list[PersonRow]:
    """Those who may be said to lead a forum: with a seat in it, or at home at its host or secretariat."""
    seated = [seat.person_id for seat in seat_plan(session, [forum.id], today())[forum.id]]
    found = {
        person.id: PersonRow(person.id, shown_name(person), None, None, None, None, None, person.protected)
        for person in persons_by_id(session, [person_id for person_id in seated if person_id is not None]).values()
    }
    for organisation_id in {forum.host_id, forum.secretariat_id} - {None}:
        for row in persons_for_list(session, organisation_id=organisation_id, limit=PEOPLE_AT_HOME):
            found.setdefault(row.id, row)
    return list(found.values())


def _render_edit(form: ForumForm, forum: Forum, status: int, *, clash: Clash | None = None) -> ResponseReturnValue:
    session = db.session()
    page = render_template(
        "forums/edit.html",
        form=form,
        forum=forum,
        clash=clash,
        inherited=inherited(effective(forum), own_values(form)),
        row=row_of(forum, standings(session, [forum], today())[forum.id]),
        coming=len(coming_meetings(session, now(), forum_id=forum.id)),
        changes=history_of(session, "forum", forum.id, limit=5),
    )
    return page, status


# ---------------------------------------------------------------- its requirement over time


@dataclass(frozen=True)
class Earlier:
    """One version of a requirement as a page lists it."""

    row: CadenceVersion
    words: str
    #: The first day (None: from the beginning) and the last one (None: until further notice).
    from_on: date | None
    to_on: date | None


def versions_of(forum: Forum) -> list[Earlier]:
    """The versions of a forum's requirement, the latest first."""
    rows = sorted(forum.cadences, key=lambda row: row.valid_from_on or date.min)
    ends = [row.valid_from_on for row in rows[1:]]
    lasts = [None if day is None else day - timedelta(days=1) for day in ends]
    words = [said(describe(version)) for version in queries.cadence_forum(forum).versions]
    return [
        Earlier(row, text, row.valid_from_on, last) for row, text, last in zip(rows, words, [*lasts, None], strict=True)
    ][::-1]


@bp.route("/forums/<slug>/cadence", methods=["GET", "POST"])
@policy("forum.edit")
def cadence(slug: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum it names
    """What a forum has required, and from which day it is to require something else."""
    forum: Forum = g.forum
    session = db.session()
    if request.method == "GET":
        return _render_cadence(_opened_cadence(forum), forum, 200)
    form = CadenceForm(request.form, meta={"today": today()})
    form.offer()
    fine = form.validate()
    if form.must_ask:
        asked_before = form.was_asked
        form.ask()
        yes = _row_with(session, forum, form, answer=READ) if form.words_read else None
        return _render_cadence(form, forum, 422 if asked_before or not fine else 200, yes=yes)
    if not fine:
        return _render_cadence(form, forum, 422)
    try:
        if "preview" in request.form:
            return _render_cadence(form, forum, 200, outcome=_outcome(session, forum, form))
        _set(session, forum, form)
    except Refused as refused:
        session.rollback()
        show_problems(form, refused)
        return _render_cadence(form, forum, 422)
    except SavedByOther as error:
        session.rollback()
        form.version.data = str(forum.version)
        clash = clash_of(error, form, form, forum.time_zone)
        return _render_cadence(form, forum, 409, clash=clash)
    announce(session, now(), settings())
    session.commit()
    flash(_saved_words(forum))
    return redirect(url_for("forum_forms.cadence", slug=forum.slug), 303)


def _opened_cadence(forum: Forum) -> CadenceForm:
    first_on = today() if forum.cadences else None
    form = CadenceForm(None, data={"answer": READ, "valid_from_on": first_on, "version": str(forum.version)})
    form.offer()
    return form


def _set(session: Session, forum: Forum, form: CadenceForm) -> None:
    cadences.set_cadence(
        session, actor(), now(), forum, valid_from_on=form.valid_from_on.data, version=form.known_version,
        **form.requirement(),
    )  # fmt: skip


def _outcome(session: Session, forum: Forum, form: CadenceForm) -> Row:
    """Where the forum would stand: saved, judged, and taken back. Raises as saving does."""
    _set(session, forum, form)
    row = row_of(forum, standings(session, [forum], today())[forum.id])
    session.rollback()
    return row


def _row_with(session: Session, forum: Forum, form: CadenceForm, *, answer: str) -> Row | None:
    """Where the forum would stand with an answer that is not given yet; None where it cannot be saved."""
    form.answer.data = answer
    try:
        return _outcome(session, forum, form)
    except (Refused, SavedByOther):
        session.rollback()
        return None
    finally:
        form.answer.data = None


def _render_cadence(
    form: CadenceForm,
    forum: Forum,
    status: int,
    *,
    outcome: Row | None = None,
    yes: Row | None = None,
    clash: Clash | None = None,
    pause: PauseForm | None = None,
) -> ResponseReturnValue:
    page = render_template(
        "forums/cadence.html",
        form=form if pause is None or not pause.errors else pause,
        requirement=form,
        pause=pause or PauseForm(None, prefix="pause-", meta={"today": today()}),
        forum=forum,
        versions=versions_of(forum),
        row=row_of(forum, standings(db.session(), [forum], today())[forum.id]),
        outcome=outcome,
        yes=yes,
        clash=clash,
    )
    return page, status


@bp.post("/forums/<slug>/cadence/<int:cadence_id>/remove")
@policy("forum.edit")
def remove_cadence(slug: str, cadence_id: int) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum
    """Takes a version away: asks first, saying where the forum will stand."""
    forum: Forum = g.forum
    session = db.session()
    version = next((found for found in versions_of(forum) if found.row.id == cadence_id), None)
    if version is None:
        raise NotFound
    cadences.remove_cadence(session, actor(), now(), forum, version.row)
    if "confirmed" not in request.form:
        outcome = row_of(forum, standings(session, [forum], today())[forum.id])
        session.rollback()
        version = next(found for found in versions_of(forum) if found.row.id == cadence_id)
        return render_template("forums/cadence_remove.html", forum=forum, version=version, outcome=outcome)
    announce(session, now(), settings())
    session.commit()
    flash(_("Kravet är borttaget."))
    return redirect(url_for("forum_forms.cadence", slug=forum.slug), 303)


# ---------------------------------------------------------------- pauses


@bp.post("/forums/<slug>/pauses")
@policy("forum.edit")
def add_pause(slug: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum it names
    """Days on which the forum need not meet."""
    forum: Forum = g.forum
    session = db.session()
    pause = PauseForm(request.form, prefix="pause-", meta={"today": today()})
    if pause.validate():
        try:
            cadences.add_pause(session, actor(), now(), forum, **pause.values())
        except Refused as refused:
            session.rollback()
            show_problems(pause, refused)
        else:
            return _paused(session, forum, _("Pausen är sparad."))
    return _render_cadence(_opened_cadence(forum), forum, 422, pause=pause)


@bp.post("/forums/<slug>/pauses/<int:pause_id>/remove")
@policy("forum.edit")
def remove_pause(slug: str, pause_id: int) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the forum
    """Takes a pause away."""
    forum: Forum = g.forum
    session = db.session()
    pause = session.get(Pause, pause_id)
    if pause is None or pause.forum_id != forum.id:
        raise NotFound
    cadences.remove_pause(session, actor(), now(), forum, pause)
    return _paused(session, forum, _("Pausen är borttagen."))


def _paused(session: Session, forum: Forum, words: str) -> ResponseReturnValue:
    announce(session, now(), settings())
    session.commit()
    status = standings(session, [forum], today())[forum.id].evaluation.status
    flash(_("%(what)s Läget är nu: %(status)s.", what=words, status=status_word(status).lower()))
    return redirect(url_for("forum_forms.cadence", slug=forum.slug), 303)


def pause_words(pause: Pause) -> str:
    """ "1 juli–15 augusti varje år", "från 1 mars 2027 tills vidare"."""
    first, year = pause.from_on, not pause.yearly
    if pause.to_on is None:
        return _("Från %(day)s tills vidare", day=date_text(first, weekday=False, year=True))
    last = date_text(pause.to_on, weekday=False, year=year)
    span = f"{date_text(first, weekday=False, year=year)}–{last}"
    return _("%(span)s varje år", span=span) if pause.yearly else span


bp.add_app_template_global(pause_words)
