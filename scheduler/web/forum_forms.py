"""Pages that enter and change forums: a new one with its first requirement, and the settings of one.

Not here: its requirement over time (``cadence_forms``), its seats (``seat_forms``), reading it (``forums``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.accounts.principals import principal_of
from scheduler.accounts.rules import may
from scheduler.db import db
from scheduler.errors import Forbidden, Problem, Refused, SavedByOther
from scheduler.forums import actions, cadences, queries
from scheduler.forums.inherited import effective
from scheduler.forums.models import Forum, ForumKind
from scheduler.forums.seats import seat_plan
from scheduler.history.queries import history_of
from scheduler.i18n import gettext as _
from scheduler.i18n import language
from scheduler.mail.actions import announce, plan_meetings
from scheduler.mail.reminder_rules import reminders_of
from scheduler.meetings.actions import refresh
from scheduler.meetings.cadence import standings
from scheduler.meetings.queries import coming_meetings, meetings_showing
from scheduler.organisations.models import Organisation
from scheduler.organisations.queries import (
    PersonRow,
    offices_for_list,
    organisations_for_list,
    persons_by_id,
    persons_for_list,
)
from scheduler.organisations.rules import shown_name
from scheduler.places.queries import places_for_list
from scheduler.register.models import Theme
from scheduler.web.access import seen_forums, site
from scheduler.web.cadence_forms import saved_words
from scheduler.web.fields import choice, show_problems
from scheduler.web.forms.forums import (
    Choices,
    ForumForm,
    NewForumForm,
    inherited,
    own_values,
)
from scheduler.web.forms.organisations import organisation_choices
from scheduler.web.saved_by_other import Clash, clash_of
from scheduler.web.security import actor, now, policy, principal, settings, today
from scheduler.web.shell import saved
from scheduler.web.standing_rows import row_of

bp = Blueprint("forum_forms", __name__)

#: So many people of its host and of its secretariat are offered as those who lead a forum.
PEOPLE_AT_HOME = 40


def _kind_choices(kinds: Sequence[ForumKind]) -> list[Any]:
    """Kinds of forums in the language in use."""
    english = language() == "en"
    return [choice(kind.id, kind.en if english else kind.sv) for kind in kinds]


# ---------------------------------------------------------------- a new one


@bp.route("/forums/new", methods=["GET", "POST"])
@policy("register.edit")
def new() -> ResponseReturnValue:
    """Entering a forum: its name, kind, secretariat and the sentence that says how often it meets."""
    session = db.session()
    form = NewForumForm(request.form if request.method == "POST" else None)
    form.kind_id.choices = [choice("", _("Välj typ")), *_kind_choices(queries.forum_kinds(session))]
    keepers = _keepers(session)
    form.secretariat_id.choices = keepers
    if request.method == "GET":
        form.secretariat_id.data = keepers[0].value if len(keepers) == 1 else ""
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
    saved(saved_words(forum))
    if form.says_pause:
        flash(_("Lägg in uppehållet som meningen nämner."))
        return redirect(url_for("cadence_forms.cadence", slug=forum.slug, _anchor="h-pause"), 303)
    return redirect(url_for("forums.show", slug=forum.slug), 303)


def _keepers(session: Session) -> list[Any]:
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
    choices = [choice(str(row.id), row.name) for row in found]
    if not choices:
        raise Forbidden
    return choices if len(choices) == 1 else [choice("", _("Välj sekretariat")), *choices]


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
    if (name := request.form.get("restore")) in own_values(form):
        form[name].data = None if name in {"minutes_days", "notice_n"} else ""
        return _render_edit(form, forum, 200, restored=name)
    fine = form.validate()
    try:
        # Tried whatever the form says, so that everything that is wrong is told at once.
        _save(session, forum, form)
    except Refused as refused:
        session.rollback()
        show_problems(form, _untold(form, refused))
        return _render_edit(form, forum, 422)
    except SavedByOther as error:
        session.rollback()
        stored = _opened(session, forum)
        form.version.data = stored.version.data
        return _render_edit(form, forum, 409, clash=clash_of(error, form, stored, forum.time_zone))
    if not fine:
        session.rollback()
        return _render_edit(form, forum, 422)
    session.commit()
    saved(_("%(name)s är sparat.", name=forum.title))
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


def _untold(form: ForumForm, refused: Refused) -> Refused:
    """The problems of fields that have none yet; of the office or person that leads, at the one field for both.

    What a calendar could not say of a meeting stands at the name it begins with.
    """
    shown = {"lead_office_id": "lead", "lead_person_id": "lead", "summary": "name"}
    problems = [Problem(shown.get(p.field or "", p.field), p.text, p.values) for p in refused.problems]
    return Refused(*(p for p in problems if p.field not in form.errors))


def _choices(session: Session, forum: Forum) -> Choices:
    kinds = [*queries.forum_kinds(session)]
    if forum.kind not in kinds:
        kinds.append(forum.kind)
    own, public = seen_forums()
    parents = [row for row in queries.forums_for_list(session, forum_ids=own, public_only=public) if row.id != forum.id]
    if forum.parent is not None and forum.parent not in parents:
        parents.append(forum.parent)
    return Choices(
        kinds=_kind_choices(kinds),
        organisations=organisation_choices(organisations_for_list(session)),
        offices=offices_for_list(session),
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


def _render_edit(
    form: ForumForm, forum: Forum, status: int, *, clash: Clash | None = None, restored: str | None = None
) -> ResponseReturnValue:
    session = db.session()
    page = render_template(
        "forums/edit.html",
        form=form,
        forum=forum,
        clash=clash,
        restored=restored,
        inherited=inherited(effective(forum), form),
        reminders=reminders_of(session, forum),
        row=row_of(forum, standings(session, [forum], today())[forum.id]),
        coming=len(coming_meetings(session, now(), forum_id=forum.id)),
        changes=history_of(session, "forum", forum.id, limit=5),
    )
    return page, status
