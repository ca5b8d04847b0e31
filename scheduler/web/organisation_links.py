"""The secretariat's page about the link to an organisation's own page: copying, sending and revoking it.

Not here: the page the link leads to (``organisation_page``), asking all organisations at once (``seat_checks``).
"""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.db import db
from scheduler.forums.contact_points import contact_points
from scheduler.forums.seats import seats_of_organisation
from scheduler.i18n import gettext as _
from scheduler.mail.actions import organisation_mail, queue_organisation_link
from scheduler.mail.desk import Desk
from scheduler.mail.letters import write
from scheduler.mail.messages import Draft, letterhead
from scheduler.mail.models import OutboxMail
from scheduler.organisations.links import renew_link
from scheduler.organisations.models import Organisation
from scheduler.web.organisation_page import organisation_link
from scheduler.web.security import actor, now, policy, settings, today

bp = Blueprint("organisation_links", __name__)


@bp.get("/organisations/<slug>/link")
@policy("organisation.edit")
def show(slug: str) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the organisation it names
    """The link, what a mail with it says, and the button that makes another."""
    organisation: Organisation = g.organisation
    mail = mail_to(db.session(), organisation)
    return render_template(
        "organisation_page/link.html",
        organisation=organisation,
        url=organisation_link(organisation),
        letter=letter_of(db.session(), mail),
    )


@bp.post("/organisations/<slug>/link/renew")
@policy("organisation.edit")
def renew(slug: str) -> ResponseReturnValue:
    """Another link; the one handed out is dead at once."""
    organisation = renew_link(db.session(), actor(), now(), g.organisation)
    db.session.commit()
    flash(_("%(name)s har en ny länk. Den gamla gäller inte längre.", name=organisation.name))
    return redirect(url_for("organisation_links.show", slug=slug), 303)


@bp.post("/organisations/<slug>/link/send")
@policy("organisation.edit")
def send(slug: str) -> ResponseReturnValue:
    """Sends the link to the organisation's address."""
    organisation: Organisation = g.organisation
    queued = queue_organisation_link(db.session(), mail_to(db.session(), organisation))
    db.session.commit()
    if queued:
        flash(_("Länken skickas till %(address)s.", address=organisation.contact_email))
    elif organisation.contact_email:
        flash(_("Länken är redan skickad till %(address)s i dag.", address=organisation.contact_email))
    else:
        flash(_("Organisationen har ingen e-postadress. Lägg in en först."))
    return redirect(url_for("organisation_links.show", slug=slug), 303)


# ---------------------------------------------------------------- what the mail says


def mail_to(session: Session, organisation: Organisation, answer_by_on: date | None = None) -> OutboxMail:
    """The mail with the organisation's link, not stored; ``answer_by_on`` makes it the question of the year."""
    seats = [
        row
        for row in seats_of_organisation(session, organisation.id, today())
        if row.seat.offer not in {"offered", "declined"}
    ]
    points = contact_points(session, {row.forum_id for row in seats}, today())
    return organisation_mail(
        now(),
        organisation,
        organisation_link(organisation),
        seats=len({row.seat.seat_id for row in seats}),
        reply_to=next((point.email for point in points if point.email), None),
        answer_by_on=answer_by_on,
    )


def letter_of(session: Session, mail: OutboxMail) -> Draft:
    """What the mail says, to be read before it is sent."""
    return write(Desk(session, letterhead(settings())), mail, None).draft
