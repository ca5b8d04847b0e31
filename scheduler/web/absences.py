"""Days on which somebody is away, entered for them by whoever edits the person.

One's own are entered on one's own page, with a note that only oneself reads (``me``). Not here: what the days mean
(``places.absences``).
"""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler.db import db
from scheduler.i18n import gettext as _
from scheduler.organisations.models import Person
from scheduler.organisations.rules import shown_name
from scheduler.places import absences
from scheduler.web.attempt import attempt
from scheduler.web.filters import capitalised
from scheduler.web.forms.me import AbsenceForm
from scheduler.web.me import days_text
from scheduler.web.security import actor, now, policy, principal, today
from scheduler.web.shell import saved

bp = Blueprint("absences", __name__)


@bp.route("/people/<int:person_id>/absences", methods=["GET", "POST"])
@policy("person.edit")
def index(person_id: int) -> ResponseReturnValue:
    """The days somebody is away from today on, and entering more; one's own stand on one's own page."""
    person: Person = g.person
    if person.id == principal().person_id:
        return redirect(url_for("me.index", _anchor="h-away"), 303)
    session = db.session()
    form = AbsenceForm(request.form if request.method == "POST" else None, meta={"today": today()})
    if request.method == "POST" and attempt(
        form,
        lambda: absences.add_absence(
            session, actor(), now(), person, from_on=form.from_on.data, to_on=form.to_on.data, today=today()
        ),
    ):
        session.commit()
        saved(_("Dagarna är sparade. Möten de dagarna räknas som nej."))
        return redirect(url_for("absences.index", person_id=person_id), 303)
    page = render_template(
        "people/absences.html",
        person=person,
        name=capitalised(shown_name(person)),
        form=form,
        absences=absences.absences_of(session, person.id, since=today()),
    )
    return page, 422 if form.errors else 200


@bp.post("/people/<int:person_id>/absences/<int:absence_id>/remove")
@policy("person.edit")
def remove(person_id: int, absence_id: int) -> ResponseReturnValue:
    """Takes days away from the person; those of anybody else do not exist."""
    session = db.session()
    person: Person = g.person
    row = absences.absence_of(session, person.id, absence_id)
    days = days_text(row)
    absences.remove_absence(session, actor(), now(), person, row)
    session.commit()
    saved(_("%(name)s är inte längre borta %(days)s.", name=capitalised(shown_name(person)), days=days))
    return redirect(url_for("absences.index", person_id=person_id), 303)
