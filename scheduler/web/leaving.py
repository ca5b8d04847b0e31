"""If somebody leaves: what it would mean for their forums' coming meetings, shown before their appointments are ended.

The appointments are ended in the open transaction, the forums looked at, and all of it taken back. Not here: what is
looked at (``meetings.effects``), seats that go with an office (``offices``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from scheduler.accounts.rules import may
from scheduler.db import db
from scheduler.errors import Refused
from scheduler.forums.appointments import end_all, running_after
from scheduler.forums.models import Forum
from scheduler.forums.seat_models import Appointment, Seat
from scheduler.forums.seats import seats_of_person
from scheduler.i18n import gettext as _
from scheduler.i18n import ngettext
from scheduler.mail.actions import announce
from scheduler.meetings.actions import refresh
from scheduler.meetings.effect_rules import Effects, MeetingLook
from scheduler.meetings.queries import meetings_showing
from scheduler.meetings.scopes import scopes_of
from scheduler.organisations.models import Person
from scheduler.organisations.rules import shown_name
from scheduler.web.access import may_edit_forum, site
from scheduler.web.fields import show_problems
from scheduler.web.forms.seats import LastDayForm
from scheduler.web.previews import effects_of
from scheduler.web.seat_forms import day_words
from scheduler.web.security import actor, now, policy, principal, settings, today
from scheduler.web.shell import saved
from scheduler.web.standing_rows import said

bp = Blueprint("leaving", __name__)


@dataclass(frozen=True)
class Leaving:
    """The appointments that would end, and the forums of them and above them that the reader sees."""

    appointments: tuple[Appointment, ...]
    forums: tuple[Forum, ...]


@bp.route("/people/<int:person_id>/leaving", methods=["GET", "POST"])
@policy("person.edit")
def person(person_id: int) -> ResponseReturnValue:  # noqa: ARG001 - the gate found the person it names
    """What ends with somebody, on a day, of the forums one may edit; ``?appointment=`` asks of one of them alone."""
    who: Person = g.person
    session = db.session()
    posted = request.method == "POST"
    form = LastDayForm(request.form if posted else None, meta={"today": today()})
    if not posted:
        form.on.data = today()
    found = _leaving(session, who, request.args.get("appointment", type=int))
    effects: Effects | None = None
    status = 200
    if posted:
        status = 422
        if form.validate() and found.appointments:
            try:
                if "preview" not in request.form:
                    return _end(session, who, form, found)
                effects = _effects(session, form, found)
                status = 200
            except Refused as refused:
                session.rollback()
                show_problems(form, refused)
            found = _leaving(session, who, request.args.get("appointment", type=int))
    page = render_template(
        "people/leaving.html",
        person=who,
        name=shown_name(who),
        form=form,
        found=found,
        effects=effects,
        forums={forum.id: forum for forum in found.forums},
    )
    return page, status


def _leaving(session: Session, who: Person, appointment_id: int | None) -> Leaving:
    query = (
        select(Appointment)
        .where(Appointment.person_id == who.id, running_after(today()))
        .join(Seat, Seat.id == Appointment.seat_id)
        .options(joinedload(Appointment.seat).joinedload(Seat.forum))
        .order_by(Seat.forum_id, Appointment.id)
    )
    if appointment_id is not None:
        query = query.where(Appointment.id == appointment_id)
    own = tuple(row for row in session.scalars(query).all() if may_edit_forum(row.seat.forum))
    ids = {row.seat.forum_id for row in own}
    # Those above have the seat through nesting.
    through = {row.forum_id for row in seats_of_person(session, who.id, today()) if row.seat.via_forum_id in ids}
    forums = session.scalars(select(Forum).where(Forum.id.in_(ids | through)).order_by(Forum.sort_key)).all()
    seen = tuple(forum for forum in forums if may(principal(), "forum.read", forum_ids=[forum.id]))
    return Leaving(own, seen)


def _effects(session: Session, form: LastDayForm, found: Leaving) -> Effects:
    on = form.on.data
    # Whoever leads is asked for the first day without the one who leaves.
    lead_on = max(today(), on + timedelta(days=1))
    return effects_of(
        session, found.forums, lambda: end_all(session, actor(), now(), found.appointments, on=on), lead_on=lead_on
    )


def _end(session: Session, who: Person, form: LastDayForm, found: Leaving) -> ResponseReturnValue:
    ids = {row.seat.forum_id for row in found.appointments}
    before = scopes_of(session, meetings_showing(session, seats_of_forums=ids))
    end_all(session, actor(), now(), found.appointments, on=form.on.data)
    refresh(session, meetings_showing(session, seats_of_forums=ids), now(), site=site(), seats=True, before=before)
    announce(session, now(), settings())
    session.commit()
    saved(_("%(name)s slutar %(day)s.", name=shown_name(who), day=day_words(form.on.data)))
    return redirect(url_for("people.show", person_id=who.id), 303)


def look_words(look: MeetingLook | None) -> str:
    """Who can come to a meeting: "12 av 13 platser kan täckas, 2 ersättare är lediga, 7 krävs."; that it is off."""
    if look is None:
        return _("Inget möte")
    parts = [_("%(able)s av %(seats)s ordinarie kan komma", able=look.able, seats=look.seats)]
    parts.append(ngettext("en ersättare är ledig", "%(n)s ersättare är lediga", look.substitutes))
    if look.needed is not None:
        parts.append(_("%(n)s krävs", n=look.needed))
    return f"{', '.join(parts)}."


bp.add_app_template_global(look_words)
bp.add_app_template_global(said)
