"""Pages of people: the list, one person with seats, entering and editing.

Not here: a person's own page and absences (they come with ``/me``).
"""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler.db import db
from scheduler.errors import Refused
from scheduler.forums.seats import seats_of_person
from scheduler.history.queries import history_of
from scheduler.i18n import gettext as _
from scheduler.meetings.queries import coming_meetings
from scheduler.organisations import people as actions
from scheduler.organisations import queries
from scheduler.organisations.models import Person
from scheduler.organisations.rules import shown_name
from scheduler.web.fields import show_problems
from scheduler.web.filters import capitalised
from scheduler.web.forms.organisations import PersonForm
from scheduler.web.security import actor, may_person, now, policy, today

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
    return render_template(
        "people/show.html",
        person=person,
        name=shown_name(person),
        seats=seats_of_person(session, person_id, today()),
        meetings=coming_meetings(session, now(), person_id=person_id, limit=COMING),
        changes=history_of(session, "person", person_id, limit=5),
        may_edit=may_person("person.edit", person),
    )


@bp.route("/people/new", methods=["GET", "POST"])
@policy("register.edit")
def new() -> ResponseReturnValue:
    """Entering a person."""
    return _form(None)


@bp.route("/people/<int:person_id>/edit", methods=["GET", "POST"])
@policy("person.edit")
def edit(person_id: int) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the person it names
    """Editing a person."""
    return _form(g.person)


def _form(person: Person | None) -> ResponseReturnValue:
    session = db.session()
    form = PersonForm(request.form if request.method == "POST" else None, obj=person)
    form.offer(queries.organisations_for_list(session), person)
    status = 200
    if request.method == "POST":
        if form.validate():
            try:
                if person is None:
                    saved = actions.create_person(session, actor(), now(), **form.values())
                else:
                    saved = actions.edit_person(session, actor(), now(), person, **form.values())
            except Refused as refused:
                session.rollback()
                show_problems(form, refused)
            else:
                session.commit()
                flash(_("%(name)s är sparad.", name=capitalised(shown_name(saved))))
                return redirect(url_for("people.show", person_id=saved.id), 303)
        status = 422
    elif person is not None:
        form.show(person)
    else:
        form.organisation_id.data = request.args.get("organisation", "")
    return render_template("people/edit.html", form=form, person=person), status
