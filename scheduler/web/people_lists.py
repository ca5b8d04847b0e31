"""The page where many people are entered at once from a pasted list: the list, what it leads to, then all in one piece.

Not here: one person at a time (``people``), whom a new mandate period seats (``mandate_forms``).
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler.db import db
from scheduler.errors import Refused
from scheduler.i18n import gettext as _
from scheduler.i18n import ngettext
from scheduler.organisations import queries
from scheduler.organisations.people_lists import enter_people, plan_people
from scheduler.web.fields import show_problems
from scheduler.web.forms.people_lists import PeopleListForm
from scheduler.web.security import actor, now, policy
from scheduler.web.shell import saved

bp = Blueprint("people_lists", __name__)
#: What the buttons of the two pages ask for.
PREVIEW, EDIT, ENTER = "preview", "edit", "enter"


@bp.route("/people/list", methods=["GET", "POST"])
@policy("register.edit")
def new() -> ResponseReturnValue:
    """The list, its preview, and entering it."""
    session = db.session()
    form = PeopleListForm(request.form, data={"organisation_id": request.args.get("organisation", "")})
    form.offer(queries.organisations_for_list(session), queries.organisation_kinds(session))
    step = request.form.get("step")
    if request.method == "GET" or step == EDIT:
        return render_template("people/list.html", form=form)
    if not form.validate():
        return render_template("people/list.html", form=form), 422
    try:
        if step == ENTER:
            entered = enter_people(session, actor(), now(), **form.values())
            session.commit()
            people = ngettext("1 person är inlagd.", "%(n)s personer är inlagda.", entered.people)
            organisations = ngettext(
                "1 organisation är ny.", "%(n)s organisationer är nya.", entered.organisations
            )  # fmt: skip
            saved(f"{people} {organisations}" if entered.organisations else people)
            return redirect(url_for("people.index"), 303)
        entries = plan_people(session, **form.values())
    except Refused as refused:
        session.rollback()
        show_problems(form, refused)
        return render_template("people/list.html", form=form), 422
    new_organisations = list(dict.fromkeys(entry.new_organisation for entry in entries if entry.new_organisation))
    return render_template(
        "people/list_preview.html",
        form=form,
        entries=entries,
        count=sum(entry.is_new for entry in entries),
        new_organisations=new_organisations,
        title=_("Följden: lägg in en lista"),
    )
