"""Pages of people: the list, one person with seats, entering and editing.

Not here: a person's own page, where absences are entered (``me``).
"""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.accounts.rules import may
from scheduler.db import db
from scheduler.errors import Refused
from scheduler.forums.seats import seats_of_person
from scheduler.history.queries import history_of
from scheduler.i18n import gettext as _
from scheduler.meetings.actions import refresh
from scheduler.meetings.queries import coming_meetings, meetings_showing
from scheduler.organisations import people as actions
from scheduler.organisations import queries
from scheduler.organisations.models import Person
from scheduler.organisations.offices import held_by
from scheduler.organisations.rows import claim
from scheduler.organisations.rules import shown_name
from scheduler.places.absences import absences_of
from scheduler.web.access import is_only_oneself, site
from scheduler.web.fields import show_problems
from scheduler.web.filters import capitalised
from scheduler.web.forms.organisations import PersonForm
from scheduler.web.saved_by_other import Clash
from scheduler.web.security import actor, may_person, now, policy, principal, today
from scheduler.web.seen import clash_with
from scheduler.web.shell import saved

bp = Blueprint("people", __name__)
#: Rows on a page of the list.
PAGE = 100
COMING = 6


@bp.get("/people")
@policy("register.read")
def index() -> ResponseReturnValue:
    """People by family name, filtered by words, a hundred a page."""
    text = request.args.get("q", "").strip()
    session = db.session()
    # Protected identities are in no list; who may edit one finds it through its seat.
    count = queries.count_persons(session, text=text)
    pages = max(1, -(-count // PAGE))
    page = min(max(1, request.args.get("page", 1, type=int)), pages)
    rows = queries.persons_for_list(session, text=text, limit=PAGE, offset=(page - 1) * PAGE)
    return render_template("people/index.html", rows=rows, text=text, page=page, pages=pages, count=count)


@bp.get("/people/<int:person_id>")
@policy("person.read")
def show(person_id: int) -> ResponseReturnValue:
    """One person: seats, coming meetings, how to reach them, latest changes."""
    session = db.session()
    person: Person = g.person
    may_edit = may_person("person.edit", person)
    return render_template(
        "people/show.html",
        person=person,
        name=shown_name(person),
        seats=seats_of_person(session, person_id, today()),
        offices=held_by(session, person_id, today()),
        may_read=may(principal(), "register.read"),
        meetings=coming_meetings(session, now(), person_id=person_id, limit=COMING),
        changes=history_of(session, "person", person_id, limit=5),
        may_edit=may_edit,
        may_merge=may_edit and may(principal(), "register.edit"),
        absences=absences_of(session, person_id, since=today()) if may_edit else [],
    )


@bp.route("/people/new", methods=["GET", "POST"])
@policy("register.edit")
def new() -> ResponseReturnValue:
    """Entering a person."""
    return _form(None)


@bp.route("/people/<int:person_id>/edit", methods=["GET", "POST"])
@policy("person.edit")
def edit(person_id: int) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the person it names
    """Editing a person; of oneself one changes on one's own page how one is reached, and no more."""
    if is_only_oneself(g.person):
        return redirect(url_for("me.edit"), 303)
    return _form(g.person)


def _form(person: Person | None) -> ResponseReturnValue:
    session = db.session()
    if request.method == "GET":
        return _render(_opened(session, person), person, 200)
    form = PersonForm(request.form)
    form.offer(queries.organisations_for_list(session), person)
    if person is not None:
        claim(session, person)
        if clash := clash_with(session, form, _opened(session, person), "person", person.id):
            return _render(form, person, 409, clash)
    if form.validate():
        try:
            if person is None:
                stored = actions.create_person(session, actor(), now(), **form.values())
            else:
                home = person.organisation_id
                stored = actions.edit_person(session, actor(), now(), person, **form.values())
                if stored.organisation_id != home:  # whose secretariat has the person's turn
                    reached = meetings_showing(session, person_ids=[stored.id])
                    refresh(session, reached, now(), site=site(), seats=True)
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            session.commit()
            saved(_("%(name)s är sparad.", name=capitalised(shown_name(stored))))
            return redirect(url_for("people.show", person_id=stored.id), 303)
    return _render(form, person, 422)


def _opened(session: Session, person: Person | None) -> PersonForm:
    """The form as it is opened: on what is saved, or empty but for the organisation the address names."""
    form = PersonForm(None, obj=person)
    form.offer(queries.organisations_for_list(session), person)
    if person is not None:
        form.show(person)
    else:
        form.organisation_id.data = request.args.get("organisation", "")
    form.stamp()
    return form


def _render(form: PersonForm, person: Person | None, status: int, clash: Clash | None = None) -> ResponseReturnValue:
    return render_template("people/edit.html", form=form, person=person, clash=clash), status
