"""Pages of users: the list with open invitations, one user with roles, sessions and what they may.

For administrators alone. Not here: inviting (``invitations``), one's own sessions (``sign_in``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as kept
from flask.typing import ResponseReturnValue

from scheduler.accounts import actions as sign_ins
from scheduler.accounts import users
from scheduler.accounts.listing import WITHOUT, last_uses, roles_of_user, users_for_list, waiting_invitations
from scheduler.accounts.models import User
from scheduler.accounts.queries import sessions_of
from scheduler.accounts.rights import rights_of
from scheduler.accounts.rules import ROLES
from scheduler.accounts.wording import role_word
from scheduler.db import db
from scheduler.errors import NotFound
from scheduler.forums.queries import forums_for_list
from scheduler.history.queries import history_of
from scheduler.i18n import gettext as _
from scheduler.organisations.queries import organisations_for_list
from scheduler.organisations.rows import claim
from scheduler.organisations.rules import shown_name
from scheduler.web.attempt import attempt
from scheduler.web.fields import PageForm, form_errors
from scheduler.web.filters import swedish
from scheduler.web.forms.seats import LastDayForm
from scheduler.web.forms.users import OFFERED, PersonLinkForm, RoleForm, UserForm
from scheduler.web.person_choice import candidates
from scheduler.web.role_words import ROLE_HINTS, abilities, right_words, role_days, role_words
from scheduler.web.saved_by_other import Clash
from scheduler.web.security import actor, now, policy, principal, settings, sign_in_row, today
from scheduler.web.seen import clash_with

bp = Blueprint("users", __name__)

#: Rows on a page of the list.
PAGE = 100
#: Where the link of an invitation just made waits for the page that shows it.
MADE = "invitation_link"
CHANGES = 6


def find_user(user_id: int) -> User:
    """The user in the address; raises NotFound for none."""
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound
    return user


# ---------------------------------------------------------------- the list


@bp.get("/admin/users")
@policy("administrator")
def index() -> ResponseReturnValue:
    """Users by name, filtered by words and role, a hundred a page; and the invitations nobody has accepted."""
    return render_list(PageForm(), 200)


def render_list(form: PageForm, status: int) -> ResponseReturnValue:
    """The list; ``form`` says what was wrong with an invitation that was to be renewed or taken back."""
    session = db.session()
    text, role = request.args.get("q", "").strip(), request.args.get("role", "")
    role = role if role in {*ROLES, WITHOUT} else ""
    page = max(1, request.args.get("page", 1, type=int))
    found = users_for_list(session, today(), text=text, role=role, limit=PAGE, offset=(page - 1) * PAGE)
    pages = max(1, -(-found.count // PAGE))
    if page > pages:
        page = pages
        found = users_for_list(session, today(), text=text, role=role, limit=PAGE, offset=(page - 1) * PAGE)
    invitations = waiting_invitations(session, now())
    body = render_template(
        "users/index.html",
        form=form,
        rows=found.rows,
        count=found.count,
        text=text,
        role=role,
        role_choices=[*((key, role_word(key)) for key in OFFERED), (WITHOUT, _("Utan roll"))],
        page=page,
        pages=pages,
        invitations=invitations,
        mail_mode=settings().mail_mode,
        made=_taken({row.id: row.name for row in invitations}),
    )
    return body, status


def _taken(names: Mapping[int, str]) -> tuple[str, str] | None:
    """The link just made and whose it is; it is not to be had a second time."""
    made: dict[str, Any] = kept.pop(MADE, {}) if MADE in kept else {}
    name = names.get(made.get("id", 0))
    return None if name is None else (made["link"], name)


# ---------------------------------------------------------------- one user


@bp.route("/admin/users/<int:user_id>", methods=["GET", "POST"])
@policy("administrator")
def show(user_id: int) -> ResponseReturnValue:
    """One user: name and language, roles, sessions, what they may today; ``?role=`` opens one of the roles."""
    user = find_user(user_id)
    session = db.session()
    if request.method == "GET":
        return _render(user, {}, 200)
    claim(session, user)
    form = UserForm(request.form)
    clash = clash_with(session, form, _fresh(user), "user", user.id)
    if clash is not None:
        session.rollback()
        return _render(user, {"form": form}, 409, clash=clash)
    if attempt(form, lambda: users.edit_user(session, actor(), now(), user=user, **form.values())):
        session.commit()
        flash(_("%(name)s är sparad.", name=user.name))
        return redirect(url_for("users.show", user_id=user_id), 303)
    return _render(user, {"form": form}, 422)


def _fresh(user: User) -> UserForm:
    form = UserForm(None, obj=user)
    form.stamp()
    return form


def _done(user: User, message: str) -> ResponseReturnValue:
    """To the user's page; whoever changed what they themselves may do has to sign in again (SEC-13)."""
    flash(message)
    if user.id == principal().user_id:
        return redirect(url_for("sign_in.login"), 303)
    return redirect(url_for("users.show", user_id=user.id), 303)


@bp.post("/admin/users/<int:user_id>/active")
@policy("administrator")
def activate(user_id: int) -> ResponseReturnValue:
    """Disables a user, which ends all their sessions at once, or lets them in again."""
    user = find_user(user_id)
    session = db.session()
    claim(session, user)
    active = request.form.get("active") == "1"
    form = PageForm()
    if not attempt(form, lambda: users.set_active(session, actor(), now(), user=user, active=active)):
        return _render(user, {"active": form}, 422)
    session.commit()
    said = _("%(name)s kan logga in igen.") if active else _("%(name)s är avstängd och utloggad överallt.")
    return _done(user, said % {"name": user.name})


# ---------------------------------------------------------------- roles


def _role_form(*, posted: bool) -> RoleForm:
    form = RoleForm(request.form if posted else None, prefix="add-", meta={"today": today()})
    form.offer(forums_for_list(db.session()), organisations_for_list(db.session()))
    return form


@bp.post("/admin/users/<int:user_id>/roles")
@policy("administrator")
def add_role(user_id: int) -> ResponseReturnValue:
    """Gives a user a role; their sessions end."""
    user = find_user(user_id)
    session = db.session()
    claim(session, user)
    form = _role_form(posted=True)
    if attempt(form, lambda: users.grant_role(session, actor(), now(), user=user, **form.values())):
        session.commit()
        return _done(user, _("Rollen är tillagd. %(name)s behöver logga in igen.", name=user.name))
    return _render(user, {"add": form}, 422)


@bp.post("/admin/users/<int:user_id>/roles/<int:role_id>/end")
@policy("administrator")
def end_role(user_id: int, role_id: int) -> ResponseReturnValue:
    """Gives a role its last day; the user's sessions end."""
    user = find_user(user_id)
    session = db.session()
    claim(session, user)
    form = LastDayForm(request.form, prefix="end-", meta={"today": today()})
    if attempt(form, lambda: users.end_role(session, actor(), now(), user=user, role_id=role_id, on=form.on.data)):
        session.commit()
        return _done(user, _("Rollen har fått en sista dag. %(name)s behöver logga in igen.", name=user.name))
    return _render(user, {"end": form}, 422, chosen_id=role_id)


@bp.post("/admin/users/<int:user_id>/roles/<int:role_id>/remove")
@policy("administrator")
def remove_role(user_id: int, role_id: int) -> ResponseReturnValue:
    """Takes a role from a user; their sessions end."""
    user = find_user(user_id)
    session = db.session()
    claim(session, user)
    form = PageForm()
    if attempt(form, lambda: users.revoke_role(session, actor(), now(), user=user, role_id=role_id)):
        session.commit()
        return _done(user, _("Rollen är borttagen. %(name)s behöver logga in igen.", name=user.name))
    return _render(user, {"remove": form}, 422, chosen_id=role_id)


# ---------------------------------------------------------------- the person of the register


@bp.route("/admin/users/<int:user_id>/person", methods=["GET", "POST"])
@policy("administrator")
def link_person(user_id: int) -> ResponseReturnValue:
    """Says which person of the register a user is; ``?q=`` finds people, at first by the user's own name."""
    user = find_user(user_id)
    session = db.session()
    text = request.args.get("q", "" if user.person_id else user.name).strip()
    clash = None
    status = 200
    form = PersonLinkForm(request.form if request.method == "POST" else None)
    if request.method == "POST":
        claim(session, user)
        status = 422
        clash = clash_with(session, form, _fresh_link(user), "user", user.id)
        if clash is not None:
            session.rollback()
            status = 409
        elif attempt(form, lambda: users.set_person(session, actor(), now(), user=user, person_id=form.person)):
            session.commit()
            return _done(user, _("%(name)s är sparad och behöver logga in igen.", name=user.name))
    else:
        form = _fresh_link(user)
    people = candidates(session, text, None, user.person_id if not form.person_id.data else _chosen(form))
    form.offer(people)
    page = render_template(
        "users/person.html",
        user_row=user,
        form=form,
        text=text,
        people=people,
        homes={str(row.id): swedish(row.organisation_name or "") for row in people},
        clash=clash,
    )
    return page, status


def _chosen(form: PersonLinkForm) -> int | None:
    return None if form.person_id.errors else form.person


def _fresh_link(user: User) -> PersonLinkForm:
    form = PersonLinkForm(None, data={"person_id": str(user.person_id or "")})
    form.stamp()
    return form


# ---------------------------------------------------------------- sessions


@bp.post("/admin/users/<int:user_id>/sessions/<int:session_id>/end")
@policy("administrator")
def end_session(user_id: int, session_id: int) -> ResponseReturnValue:
    """Ends one of a user's sessions."""
    user = find_user(user_id)
    current = sign_in_row()
    sign_ins.end_session(db.session(), actor(), now(), user=user, sign_in_id=session_id)
    db.session.commit()
    if current is not None and current.id == session_id:
        return redirect(url_for("sign_in.login"), 303)
    flash(_("Inloggningen är avslutad."))
    return redirect(url_for("users.show", user_id=user_id), 303)


@bp.post("/admin/users/<int:user_id>/sessions/end")
@policy("administrator")
def end_sessions(user_id: int) -> ResponseReturnValue:
    """Ends all of a user's sessions."""
    user = find_user(user_id)
    claim(db.session(), user)
    sign_ins.end_sessions(db.session(), actor(), now(), user=user)
    db.session.commit()
    return _done(user, _("%(name)s är utloggad överallt.", name=user.name))


# ---------------------------------------------------------------- the page


def _render(
    user: User, forms: Mapping[str, PageForm], status: int, *, chosen_id: int = 0, clash: Clash | None = None
) -> ResponseReturnValue:
    """The page of a user; ``forms`` are those that came back with something to put right."""
    session = db.session()
    rights = rights_of(session, user, today())
    roles = roles_of_user(session, user)
    chosen_id = chosen_id or request.args.get("role", 0, type=int)
    edit = forms.get("form") or _fresh(user)
    page = render_template(
        "users/show.html",
        user_row=user,
        person_name=None if user.person is None else shown_name(user.person),
        form=next((wrong for wrong in forms.values() if form_errors(wrong)), edit),
        edit=edit,
        add=forms.get("add") or _role_form(posted=False),
        end=forms.get("end") or LastDayForm(None, prefix="end-", meta={"today": today()}),
        roles=roles,
        chosen=next((row for row in roles if row.id == chosen_id), None),
        role_hints=ROLE_HINTS,
        rights=rights,
        abilities=abilities(rights, active=user.active),
        sessions=sessions_of(session, user.id, now()),
        current=sign_in_row(),
        used_at=last_uses(session, [user.id]).get(user.id),
        changes=history_of(session, "user", user.id, limit=CHANGES),
        clash=clash,
    )
    return page, status


bp.add_app_template_global(role_words)
bp.add_app_template_global(role_days)
bp.add_app_template_global(right_words)
