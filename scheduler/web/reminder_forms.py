"""Pages of rules of planned mails: what a forum, a meeting or a kind of forums has of its own, inherits, and plans.

Each planned kind of mail has its page: ``?mail=chaser``; without it, reminders.

Not here: the mails that have gone out (``mails``), the rules themselves (``mail.reminder_rules``).
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.db import db
from scheduler.errors import NotFound, Problem, Refused
from scheduler.forums.actions import claim as claim_forum
from scheduler.forums.models import Forum, ForumKind
from scheduler.history.rules import subject_number
from scheduler.i18n import gettext as _
from scheduler.i18n import language
from scheduler.mail.queries import planned_mails
from scheduler.mail.reminder_rules import REMINDER, Owner, Reminders, planned_rules_of, set_rules
from scheduler.meetings.models import Meeting
from scheduler.organisations import rows
from scheduler.web.fields import show_problems
from scheduler.web.forms.reminders import PLANNED_WORDS, RemindersForm, rules_words
from scheduler.web.saved_by_other import Clash
from scheduler.web.security import actor, now, policy, settings
from scheduler.web.seen import clash_with

bp = Blueprint("reminder_forms", __name__)

#: So many coming mails are shown.
PLANNED = 8


@bp.route("/forums/<slug>/reminders", methods=["GET", "POST"])
@policy("forum.edit")
def forum(slug: str) -> ResponseReturnValue:
    """The rules of a forum."""
    return _page(g.forum, url_for("reminder_forms.forum", slug=slug), "forums/reminders.html")


@bp.route("/meetings/<int:meeting_id>/reminders", methods=["GET", "POST"])
@policy("meeting.edit")
def meeting(meeting_id: int) -> ResponseReturnValue:
    """The rules of one meeting."""
    return _page(g.meeting, url_for("reminder_forms.meeting", meeting_id=meeting_id), "meetings/reminders.html")


@bp.route("/kinds/<kind_id>/reminders", methods=["GET", "POST"])
@policy("administrator")
def kind(kind_id: str) -> ResponseReturnValue:
    """The rules of a kind of forums, where its simple number of days is not enough."""
    found = db.session.get(ForumKind, kind_id)
    if found is None or not found.meets:
        raise NotFound
    return _page(found, url_for("reminder_forms.kind", kind_id=kind_id), "kinds/reminders.html")


# ---------------------------------------------------------------- one page for all three


def _planned_kind() -> str:
    """The planned kind of mail the address names; raises NotFound for one that is none."""
    kind = request.args.get("mail", REMINDER)
    if kind not in PLANNED_WORDS:
        raise NotFound
    return kind


def _page(owner: Owner, here: str, template: str) -> ResponseReturnValue:
    session = db.session()
    kind = _planned_kind()
    if request.method == "GET":
        return _render(session, owner, template, _opened(session, owner, kind), 200)
    _claim(session, owner)
    form = RemindersForm(request.form)
    reminders = planned_rules_of(session, owner)[kind]
    form.offer(reminders, whose_rules(owner, reminders))
    kind_word, number = _subject(owner)
    clash = clash_with(session, form, _opened(session, owner, kind), kind_word, number)
    if clash is not None:
        session.rollback()
        return _render(session, owner, template, form, 409, clash=clash)
    if form.validate():
        try:
            set_rules(session, actor(), now(), owner, rules=form.rules(), kind=kind, settings=settings())
        except Refused as refused:
            session.rollback()
            show_problems(form, Refused(*(Problem(form.field_of(p.field or ""), p.text, p.values)
                                          for p in refused.problems)))  # fmt: skip
        else:
            session.commit()
            flash(_(PLANNED_WORDS[kind].saved))
            return redirect(f"{here}{'' if kind == REMINDER else f'?mail={kind}'}", 303)
    return _render(session, owner, template, form, 422)


def _opened(session: Session, owner: Owner, kind: str) -> RemindersForm:
    reminders = planned_rules_of(session, owner)[kind]
    form = RemindersForm(None)
    form.offer(reminders, whose_rules(owner, reminders))
    form.show(reminders)
    return form


def _claim(session: Session, owner: Owner) -> None:
    if isinstance(owner, Forum):
        claim_forum(session, owner, None)
    else:
        rows.claim(session, owner)


def _subject(owner: Owner) -> tuple[str, int]:
    if isinstance(owner, ForumKind):
        return "forum_kind", subject_number(owner.id)
    return ("forum" if isinstance(owner, Forum) else "meeting"), owner.id


def kind_name(kind: ForumKind) -> str:
    """A kind of forums in the language in use."""
    return kind.en if language() == "en" else kind.sv


def whose_rules(owner: Owner, reminders: Reminders) -> str:
    """What the inherited rules belong to: "Nätverk", "Regionalt forum", or a kind's own days and formality."""
    if isinstance(owner, ForumKind):
        return _("typens dagar") if reminders.kind == REMINDER else _("typens formalia")
    if isinstance(owner, Meeting):
        return owner.forum.title if reminders.inherited_from == "forum" else kind_name(owner.forum.kind)
    return kind_name(owner.kind)


def _render(
    session: Session, owner: Owner, template: str, form: RemindersForm, status: int, *, clash: Clash | None = None
) -> ResponseReturnValue:
    planned = planned_rules_of(session, owner)
    reminders = planned[_planned_kind()]
    given: dict[str, Any] = {}
    if isinstance(owner, Forum):
        given = {"forum": owner, "planned": planned_mails(session, forum_ids=[owner.id], limit=PLANNED)}
    elif isinstance(owner, Meeting):
        given = {"meeting": owner, "planned": planned_mails(session, meeting_id=owner.id, limit=PLANNED)}
    else:
        given = {"kind": owner, "name": kind_name(owner), "planned": []}
    page = render_template(
        template,
        form=form,
        clash=clash,
        reminders=reminders,
        words=PLANNED_WORDS[reminders.kind],
        tabs=[(name, _(told.many), name == reminders.kind) for name, told in PLANNED_WORDS.items()],
        in_force=rules_words(reminders.in_force, reminders.kind),
        whose=whose_rules(owner, reminders),
        **given,
    )
    return page, status


bp.add_app_template_global(rules_words)
