"""The page of what an organisation is to others: owner, part, principal and so on; adding and taking away.

Not here: relations of forums, offices (``offices``), seats.
"""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.db import db
from scheduler.errors import NotFound, Problem, Refused
from scheduler.i18n import gettext as _
from scheduler.organisations import actions
from scheduler.organisations.models import Organisation, Relation
from scheduler.organisations.queries import organisations_for_list, relations_of
from scheduler.web.fields import show_problems
from scheduler.web.forms.organisations import RELATION_WORDS, RelationForm
from scheduler.web.security import actor, now, policy
from scheduler.web.shell import saved

bp = Blueprint("relations", __name__)


@bp.route("/organisations/<slug>/relations", methods=["GET", "POST"])
@policy("organisation.edit")
def index(slug: str) -> ResponseReturnValue:
    """What the organisation is to others, with a form for one more."""
    organisation: Organisation = g.organisation
    session = db.session()
    form = RelationForm(request.form if request.method == "POST" else None)
    form.offer([row for row in organisations_for_list(session) if row.id != organisation.id])
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                actions.add_relation(session, actor(), now(), **form.values(organisation.id))
            except Refused as refused:
                session.rollback()
                show_problems(form, _at_form(refused))
            else:
                session.commit()
                saved(_("Relationen är sparad."))
                return redirect(url_for("relations.index", slug=slug), 303)
    return _render(session, organisation, form), status


def _at_form(refused: Refused) -> Refused:
    """The same problems at the form's own names of the fields."""
    names = {"from_id": "other_id", "to_id": "other_id", "from_text": "other_text", "to_text": "other_text"}
    return Refused(*(Problem(names.get(p.field or "", p.field), p.text, p.values) for p in refused.problems))


def _render(session: Session, organisation: Organisation, form: RelationForm) -> str:
    return render_template(
        "organisations/relations.html",
        organisation=organisation,
        form=form,
        relations=relations_of(session, organisation),
        relation_words=RELATION_WORDS,
    )


@bp.post("/organisations/<slug>/relations/<int:relation_id>/remove")
@policy("organisation.edit")
def remove(slug: str, relation_id: int) -> ResponseReturnValue:
    """Takes away what was said of two organisations."""
    session = db.session()
    relation = session.get(Relation, relation_id)
    if relation is None or g.organisation.id not in {relation.from_id, relation.to_id}:
        raise NotFound
    actions.remove_relation(session, actor(), now(), relation)
    session.commit()
    saved(_("Relationen är borttagen."))
    return redirect(url_for("relations.index", slug=slug), 303)
