"""Pages of organisations: the list, one organisation with its seats and sources, entering and editing.

Not here: an organisation's own page by link (it comes with the register's further forms).
"""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.accounts.rules import may
from scheduler.db import db
from scheduler.errors import Refused
from scheduler.forums.seats import seats_of_organisation
from scheduler.history.queries import history_of
from scheduler.i18n import gettext as _
from scheduler.i18n import ngettext
from scheduler.meetings.queries import coming_meetings
from scheduler.organisations import actions, queries
from scheduler.organisations.models import Organisation
from scheduler.organisations.rows import claim
from scheduler.register.queries import facts_of, provenance_of
from scheduler.web.fields import show_problems
from scheduler.web.forms.organisations import RELATION_WORDS, OrganisationForm, kind_choices, organisation_choices
from scheduler.web.saved_by_other import Clash
from scheduler.web.security import actor, may_organisation, now, policy, principal, today
from scheduler.web.seen import clash_with
from scheduler.web.shell import saved

bp = Blueprint("organisations", __name__)
#: So many coming meetings stand on an organisation's page.
COMING = 6


@bp.get("/organisations")
@policy("register.read")
def index() -> ResponseReturnValue:
    """All organisations, filtered by words and kind."""
    text = request.args.get("q", "").strip()
    kind = request.args.get("kind") or None
    session = db.session()
    found = queries.organisations_for_list(session, text=text, kind_id=kind)
    return render_template(
        "organisations/index.html", organisations=found, kinds=queries.organisation_kinds(session), text=text, kind=kind
    )


@bp.get("/organisations/<slug>")
@policy("organisation.read")
def show(slug: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the organisation it names
    """One organisation: what it is, its seats and who fills them, what its source says, its latest changes."""
    session = db.session()
    organisation: Organisation = g.organisation
    return render_template(
        "organisations/show.html",
        organisation=organisation,
        about=queries.organisation_page(session, organisation, today()),
        seats=seats_of_organisation(session, organisation.id, today()),
        meetings=coming_meetings(session, now(), organisation_id=organisation.id, limit=COMING),
        facts=facts_of(session, "organisation", organisation.id, also=queries.merged_into(session, organisation)),
        provenance=provenance_of(session, "organisation", organisation.id),
        changes=history_of(session, "organisation", organisation.id, limit=5),
        relation_words=RELATION_WORDS,
        may_edit=may_organisation("organisation.edit", organisation),
        may_add=may(principal(), "register.edit"),
        may_read=may(principal(), "register.read"),
    )


@bp.route("/organisations/new", methods=["GET", "POST"])
@policy("register.edit")
def new() -> ResponseReturnValue:
    """Entering an organisation."""
    return _form(None)


@bp.route("/organisations/<slug>/edit", methods=["GET", "POST"])
@policy("organisation.edit")
def edit(slug: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the organisation it names
    """Editing an organisation."""
    return _form(g.organisation)


def _form(organisation: Organisation | None) -> ResponseReturnValue:
    session = db.session()
    if request.method == "GET":
        return _render(_opened(session, organisation), organisation, 200)
    form = OrganisationForm(request.form, meta={"today": today()})
    _offer(session, form, organisation)
    if organisation is not None:
        claim(session, organisation)
        fresh = _opened(session, organisation)
        if clash := clash_with(session, form, fresh, "organisation", organisation.id):
            return _render(form, organisation, 409, clash)
    if form.validate():
        try:
            if organisation is None:
                stored = actions.create_organisation(session, actor(), now(), **form.values())
            else:
                stored = actions.edit_organisation(session, actor(), now(), organisation, **form.values())
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            session.commit()
            saved(_("%(name)s är sparad.", name=stored.name))
            return redirect(url_for("organisations.show", slug=stored.slug), 303)
    return _render(form, organisation, 422)


def _offer(session: Session, form: OrganisationForm, organisation: Organisation | None) -> None:
    form.kind_id.choices = kind_choices(queries.organisation_kinds(session))
    others = [row for row in queries.organisations_for_list(session) if row is not organisation]
    form.successor_id.choices = organisation_choices(others)


def _opened(session: Session, organisation: Organisation | None) -> OrganisationForm:
    """The form as it is opened: on what is saved, or empty."""
    form = OrganisationForm(None, obj=organisation, data={"public": True}, meta={"today": today()})
    _offer(session, form, organisation)
    if organisation is not None:
        form.show(organisation)
    form.stamp()
    return form


def _render(
    form: OrganisationForm, organisation: Organisation | None, status: int, clash: Clash | None = None
) -> ResponseReturnValue:
    return render_template("organisations/edit.html", form=form, organisation=organisation, clash=clash), status


def count_words(n: int) -> str:
    """ "1 organisation", "75 organisationer"."""
    return ngettext("1 organisation", "%(n)s organisationer", n)


bp.add_app_template_global(count_words, "organisation_count")
