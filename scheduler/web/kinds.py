"""Pages of kinds: what forums of each kind start from, and the kinds of organisations.

A kind concerns every forum, so administrators alone change it; whoever reads the register sees it. Not here: a kind's
own reminders (``reminder_forms``), what a forum has of its own (``forum_forms``).
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.db import db
from scheduler.errors import NotFound, Refused
from scheduler.forums import kind_actions
from scheduler.forums.inherited import INHERITED
from scheduler.forums.kind_actions import kinds_in_use
from scheduler.forums.models import ForumKind
from scheduler.history.queries import history_of
from scheduler.history.rules import subject_number
from scheduler.i18n import gettext as _
from scheduler.i18n import language
from scheduler.mail.actions import announce, plan_meetings
from scheduler.mail.reminder_rules import coming_ids, reminders_of, set_rules
from scheduler.mail.rules import PLANNED
from scheduler.meetings.actions import refresh
from scheduler.meetings.queries import meetings_showing
from scheduler.organisations import kind_actions as organisation_kinds
from scheduler.organisations import rows
from scheduler.organisations.models import OrganisationKind
from scheduler.organisations.queries import organisation_kinds as all_organisation_kinds
from scheduler.web.access import site
from scheduler.web.fields import PageForm, show_problems
from scheduler.web.forms.forums import FORMALITIES, PUBLIC_LEVELS, QUORUM_RULES
from scheduler.web.forms.kinds import KindForm, NamesForm
from scheduler.web.forms.reminders import days_before, rules_words
from scheduler.web.reminder_forms import kind_name
from scheduler.web.saved_by_other import Clash
from scheduler.web.security import actor, now, policy, principal, settings
from scheduler.web.seen import clash_with
from scheduler.web.shell import saved

bp = Blueprint("kinds", __name__)


# ---------------------------------------------------------------- kinds of forums


@bp.get("/kinds")
@policy("register.read")
def index() -> ResponseReturnValue:
    """Every kind with what it gives, how many forums are of it, and how many of those differ."""
    return render_template(
        "kinds/index.html", rows=kinds_in_use(db.session()), may_change=principal().administrator,
        formality_word=lambda value: FORMALITIES[value], quorum_word=lambda value: QUORUM_RULES[value],
        level_word=lambda value: PUBLIC_LEVELS[value], days_before=days_before,
    )  # fmt: skip


@bp.route("/kinds/new", methods=["GET", "POST"])
@policy("administrator")
def new() -> ResponseReturnValue:
    """Entering a kind of forums."""
    session = db.session()
    form = KindForm(request.form if request.method == "POST" else None)
    if request.method == "GET":
        form.show_default()
        return render_template("kinds/new.html", form=form)
    if form.validate():
        try:
            kind = kind_actions.create_kind(session, actor(), now(), **form.values())
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            session.commit()
            saved(_("Typen %(kind)s är sparad.", kind=kind_name(kind)))
            return redirect(url_for("kinds.index"), 303)
    return render_template("kinds/new.html", form=form), 422


def _find(kind_id: str) -> ForumKind:
    kind = db.session.get(ForumKind, kind_id)
    if kind is None:
        raise NotFound
    return kind


@bp.route("/kinds/<kind_id>", methods=["GET", "POST"])
@policy("administrator")
def edit(kind_id: str) -> ResponseReturnValue:
    """One kind: what its forums start from, which of them differ, and what saving leads to."""
    kind = _find(kind_id)
    session = db.session()
    if request.method == "GET":
        return _render(session, kind, _opened(kind), 200)
    rows.claim(session, kind)
    form = KindForm(request.form)
    clash = clash_with(session, form, _opened(kind), "forum_kind", subject_number(kind.id))
    if clash is not None:
        session.rollback()
        return _render(session, kind, form, 409, clash=clash)
    if form.validate():
        try:
            kind_actions.edit_kind(session, actor(), now(), kind, **form.values())
            _follow(session, kind)
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            session.commit()
            saved(_("Typen %(kind)s är sparad.", kind=kind_name(kind)))
            return redirect(url_for("kinds.edit", kind_id=kind_id), 303)
    return _render(session, kind, form, 422)


def _follow(session: Session, kind: ForumKind) -> None:
    """Lets calendars and reminders follow the kind: its name, what is public, when reminders go."""
    refresh(session, meetings_showing(session, kind_ids=[kind.id]), now(), site=site())
    plan_meetings(session, now(), coming_ids(session, now(), kind), settings())
    announce(session, now(), settings())


@bp.post("/kinds/<kind_id>/remove")
@policy("administrator")
def remove(kind_id: str) -> ResponseReturnValue:
    """Takes away a kind that no forum is of."""
    kind = _find(kind_id)
    session = db.session()
    name = kind_name(kind)
    form = PageForm()
    try:
        for planned in PLANNED:
            set_rules(session, actor(), now(), kind, rules=None, kind=planned, settings=settings())
        kind_actions.remove_kind(session, actor(), now(), kind)
    except Refused as refused:
        session.rollback()
        show_problems(form, refused)
        return _render(session, kind, _opened(kind), 422, beside=form)
    session.commit()
    saved(_("Typen %(kind)s är borttagen.", kind=name))
    return redirect(url_for("kinds.index"), 303)


def _opened(kind: ForumKind) -> KindForm:
    form = KindForm(None, obj=kind)
    form.place.data = None
    form.stamp()
    return form


@dataclass(frozen=True)
class _Consequences:
    """What a change of the kind reaches."""

    forums: int
    #: Name of a value → how many forums inherit it.
    inheriting: dict[str, int]
    coming: int


def _consequences(session: Session, kind: ForumKind) -> _Consequences:
    own = [names for _forum, names in kind_actions.forums_of_kind(session, kind)]
    return _Consequences(
        len(own),
        {name: sum(name not in names for names in own) for name in INHERITED},
        len(coming_ids(session, now(), kind)),
    )


def _render(
    session: Session,
    kind: ForumKind,
    form: KindForm,
    status: int,
    *,
    clash: Clash | None = None,
    beside: PageForm | None = None,
) -> ResponseReturnValue:
    forums = kind_actions.forums_of_kind(session, kind)
    reminders = reminders_of(session, kind)
    page = render_template(
        "kinds/edit.html",
        kind=kind,
        name=kind_name(kind),
        form=form,
        problems=beside or form,
        clash=clash,
        differing=[(forum, names) for forum, names in forums if names],
        reach=_consequences(session, kind),
        reminders=reminders,
        in_force=rules_words(reminders.in_force),
        changes=history_of(session, "forum_kind", subject_number(kind.id), limit=5),
        own_words=_own_words,
    )
    return page, status


def _own_words(names: frozenset[str]) -> str:
    """Which values a forum has of its own: "Handlingar, Kallelse"."""
    words = {
        "public_level": _("Offentligt"),
        "formality": _("Handlingar"),
        "minutes_days": _("Klara inom dagar"),
        "quorum_rule": _("Beslutsförhet"),
        "requires_quorum": _("Räkna bara beslutsföra möten"),
        "notice_n": _("Kallelse"),
    }
    return ", ".join(word for name, word in words.items() if name in names)


# ---------------------------------------------------------------- kinds of organisations


@bp.get("/kinds/organisations")
@policy("register.read")
def organisations() -> ResponseReturnValue:
    """The kinds of organisations, with how many are of each."""
    session = db.session()
    return render_template(
        "kinds/organisations.html",
        rows=all_organisation_kinds(session),
        uses=organisation_kinds.uses(session),
        may_change=principal().administrator,
    )


@bp.route("/kinds/organisations/new", methods=["GET", "POST"])
@policy("administrator")
def organisation_new() -> ResponseReturnValue:
    """Entering a kind of organisations."""
    session = db.session()
    form = NamesForm(request.form if request.method == "POST" else None)
    if request.method == "GET":
        return render_template("kinds/organisation.html", form=form, kind=None)
    if form.validate():
        try:
            kind = organisation_kinds.create_organisation_kind(session, actor(), now(), **form.values())
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            session.commit()
            saved(_("Typen %(kind)s är sparad.", kind=_organisation_kind_name(kind)))
            return redirect(url_for("kinds.organisations"), 303)
    return render_template("kinds/organisation.html", form=form, kind=None), 422


def _find_organisation_kind(kind_id: str) -> OrganisationKind:
    kind = db.session.get(OrganisationKind, kind_id)
    if kind is None:
        raise NotFound
    return kind


def _organisation_kind_name(kind: OrganisationKind) -> str:
    return kind.en if language() == "en" else kind.sv


@bp.route("/kinds/organisations/<organisation_kind_id>", methods=["GET", "POST"])
@policy("administrator")
def organisation_edit(organisation_kind_id: str) -> ResponseReturnValue:
    """Renaming a kind of organisations, or putting it elsewhere in the list."""
    kind = _find_organisation_kind(organisation_kind_id)
    session = db.session()
    if request.method == "GET":
        return _render_organisation_kind(session, kind, _opened_names(kind), 200)
    rows.claim(session, kind)
    form = NamesForm(request.form)
    clash = clash_with(session, form, _opened_names(kind), "organisation_kind", subject_number(kind.id))
    if clash is not None:
        session.rollback()
        return _render_organisation_kind(session, kind, form, 409, clash=clash)
    if form.validate():
        try:
            organisation_kinds.edit_organisation_kind(session, actor(), now(), kind, **form.values())
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            session.commit()
            saved(_("Typen %(kind)s är sparad.", kind=_organisation_kind_name(kind)))
            return redirect(url_for("kinds.organisations"), 303)
    return _render_organisation_kind(session, kind, form, 422)


@bp.post("/kinds/organisations/<organisation_kind_id>/remove")
@policy("administrator")
def organisation_remove(organisation_kind_id: str) -> ResponseReturnValue:
    """Takes away a kind that no organisation is of."""
    kind = _find_organisation_kind(organisation_kind_id)
    session = db.session()
    name = _organisation_kind_name(kind)
    form = PageForm()
    try:
        organisation_kinds.remove_organisation_kind(session, actor(), now(), kind)
    except Refused as refused:
        session.rollback()
        show_problems(form, refused)
        return _render_organisation_kind(session, kind, _opened_names(kind), 422, beside=form)
    session.commit()
    saved(_("Typen %(kind)s är borttagen.", kind=name))
    return redirect(url_for("kinds.organisations"), 303)


def _opened_names(kind: OrganisationKind) -> NamesForm:
    form = NamesForm(None, obj=kind)
    form.place.data = None
    form.stamp()
    return form


def _render_organisation_kind(
    session: Session,
    kind: OrganisationKind,
    form: NamesForm,
    status: int,
    *,
    clash: Clash | None = None,
    beside: PageForm | None = None,
) -> ResponseReturnValue:
    page = render_template(
        "kinds/organisation.html",
        form=form,
        kind=kind,
        name=_organisation_kind_name(kind),
        problems=beside or form,
        clash=clash,
        count=organisation_kinds.uses(session).get(kind.id, 0),
        changes=history_of(session, "organisation_kind", subject_number(kind.id), limit=5),
    )
    return page, status
