"""Pages of an organisation's contacts: whom its page names to ask. They are not members and never get mail.

Not here: the list of them, which stands on the organisation's page (``organisations``).
"""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.db import db
from scheduler.errors import NotFound, Refused
from scheduler.i18n import gettext as _
from scheduler.organisations import contacts as actions
from scheduler.organisations.models import Contact, Organisation
from scheduler.organisations.queries import offices_for_list
from scheduler.organisations.rows import claim
from scheduler.web.fields import PageForm, form_errors, show_problems
from scheduler.web.forms.organisations import ContactForm
from scheduler.web.saved_by_other import Clash
from scheduler.web.security import actor, now, policy
from scheduler.web.seen import clash_with
from scheduler.web.shell import saved

bp = Blueprint("contacts", __name__)


def _find(contact_id: int) -> Contact:
    """A contact of the organisation in the address; raises NotFound for another's."""
    found = actions.contact_here(db.session(), contact_id, g.organisation)
    if found is None:
        raise NotFound
    return found


@bp.route("/organisations/<slug>/contacts/new", methods=["GET", "POST"])
@policy("organisation.edit")
def new(slug: str) -> ResponseReturnValue:
    """Entering a contact."""
    organisation: Organisation = g.organisation
    session = db.session()
    form = ContactForm(request.form if request.method == "POST" else None)
    form.offer(offices_for_list(session))
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                made = actions.create_contact(session, actor(), now(), organisation_id=organisation.id, **form.values())
            except Refused as refused:
                session.rollback()
                show_problems(form, refused)
            else:
                session.commit()
                saved(_("%(name)s är sparad.", name=made.name))
                return redirect(url_for("organisations.show", slug=slug), 303)
    return _render(form, organisation, None, status)


@bp.route("/organisations/<slug>/contacts/<int:contact_id>", methods=["GET", "POST"])
@policy("organisation.edit")
def edit(slug: str, contact_id: int) -> ResponseReturnValue:
    """Editing a contact."""
    contact = _find(contact_id)
    session = db.session()
    if request.method == "GET":
        return _render(_opened(session, contact), g.organisation, contact, 200)
    form = ContactForm(request.form)
    form.offer(offices_for_list(session))
    claim(session, contact)
    if clash := clash_with(session, form, _opened(session, contact), "contact", contact.id):
        return _render(form, g.organisation, contact, 409, clash)
    if form.validate():
        try:
            actions.edit_contact(session, actor(), now(), contact, **form.values())
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            session.commit()
            saved(_("%(name)s är sparad.", name=contact.name))
            return redirect(url_for("organisations.show", slug=slug), 303)
    return _render(form, g.organisation, contact, 422)


@bp.post("/organisations/<slug>/contacts/<int:contact_id>/remove")
@policy("organisation.edit")
def remove(slug: str, contact_id: int) -> ResponseReturnValue:
    """Takes a contact away."""
    contact = _find(contact_id)
    session = db.session()
    name = contact.name
    try:
        actions.remove_contact(session, actor(), now(), contact)
    except Refused as refused:
        session.rollback()
        wrong = PageForm()
        show_problems(wrong, refused)
        return _render(_opened(session, contact), g.organisation, contact, 422, wrong=wrong)
    session.commit()
    saved(_("%(name)s är borttagen.", name=name))
    return redirect(url_for("organisations.show", slug=slug), 303)


def _opened(session: Session, contact: Contact) -> ContactForm:
    """The form as it is opened on what is saved."""
    form = ContactForm(None, obj=contact)
    form.offer(offices_for_list(session))
    form.show(contact)
    form.stamp()
    return form


def _render(
    form: ContactForm,
    organisation: Organisation,
    contact: Contact | None,
    status: int,
    clash: Clash | None = None,
    wrong: PageForm | None = None,
) -> ResponseReturnValue:
    """The page of a contact; ``wrong`` is what speaks against taking it away."""
    page = render_template(
        "organisations/contact.html",
        contact_form=form,
        form=wrong if wrong is not None and form_errors(wrong) else form,
        organisation=organisation,
        contact=contact,
        clash=clash,
    )
    return page, status
