"""Pages of nested membership: which forums' seats a forum has among its own, from when to when.

Not here: the forum's own seats (``seat_forms``), which forum a group belongs to (``forum_forms``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from scheduler.db import db
from scheduler.errors import NotFound, Refused
from scheduler.forums import nesting
from scheduler.forums.models import Forum, ForumInclusion
from scheduler.forums.queries import forums_for_list, inclusions_of, surroundings
from scheduler.forums.seat_models import SEAT_KINDS
from scheduler.forums.seats import SeatHolder, seat_plan
from scheduler.i18n import gettext as _
from scheduler.i18n import ngettext
from scheduler.mail.actions import announce
from scheduler.meetings.actions import refresh
from scheduler.meetings.queries import meetings_showing
from scheduler.meetings.scopes import Scope, scopes_of
from scheduler.web import words
from scheduler.web.access import seen_forums, site
from scheduler.web.fields import PageForm, form_errors, show_problems
from scheduler.web.forms.nesting import EndInclusionForm, IncludeForm
from scheduler.web.seat_forms import day_words
from scheduler.web.security import actor, now, policy, settings, today
from scheduler.web.shell import saved

bp = Blueprint("nesting_forms", __name__)


def scopes_before(session: Session, forum: Forum) -> set[Scope]:
    """Whose calendars may hold the meetings of ``forum`` and of those that have its seats; ask before a change."""
    return scopes_of(session, meetings_showing(session, seats_of_forums=[forum.id]))


def commit_members(session: Session, forum: Forum, before: set[Scope]) -> None:
    """Lets the calendars of everybody concerned follow, those that lose meetings (``before``) too, and saves."""
    meetings = meetings_showing(session, seats_of_forums=[forum.id])
    refresh(session, meetings, now(), site=site(), seats=True, before=before)
    announce(session, now(), settings())
    session.commit()


def seats_words(session: Session, forum: Forum, on: date) -> str:
    """ "24 ordinarie platser": how many the forum has on the day, its own and through others."""
    return _seats_sentence(seat_plan(session, [forum.id], on)[forum.id])


def _seats_sentence(plan: Sequence[SeatHolder]) -> str:
    return ngettext("1 ordinarie plats", "%(n)s ordinarie platser", _count(plan, {"ordinary"}))


def _count(plan: Sequence[SeatHolder], kinds: set[str]) -> int:
    """The seats of ``kinds``; those of an unknown number, and the several holders of one office, are one each."""
    return len({seat.seat_id for seat in plan if seat.kind in kinds and not seat.number_unknown})


# ---------------------------------------------------------------- the page


@dataclass(frozen=True)
class InclusionRow:
    """One forum whose seats are seats here, as the page lists it."""

    row: ForumInclusion
    #: The kinds of seats, in words.
    kinds: str
    days: str
    #: How many seats come from it today; None before its first day and after its last.
    count: int | None


@dataclass(frozen=True)
class Outcome:
    """What a nesting would lead to."""

    day: date
    before: str
    after: str


@bp.route("/forums/<slug>/nesting", methods=["GET", "POST"])
@policy("forum.edit")
def index(slug: str) -> ResponseReturnValue:
    """The forums whose seats are seats here too; adding one."""
    forum: Forum = g.forum
    session = db.session()
    if request.method == "GET":
        return _render(session, forum, {}, 200)
    form = IncludeForm(request.form, meta={"today": today()})
    form.offer(_forums_to_choose(session, forum))
    if not form.validate():
        return _render(session, forum, {"form": form}, 422)
    day = max(form.from_on.data or today(), today())
    was = seats_words(session, forum, day)
    before = scopes_before(session, forum)
    try:
        inclusion = nesting.include_forum(session, actor(), now(), forum, **form.values())
    except Refused as refused:
        session.rollback()
        show_problems(form, refused)
        return _render(session, forum, {"form": form}, 422)
    then = seats_words(session, forum, day)
    if "preview" in request.form:
        session.rollback()
        return _render(session, forum, {"form": form}, 200, outcome=Outcome(day, was, then))
    commit_members(session, forum, before)
    saved(
        _(
            "%(other)s ingår i %(forum)s, som har %(seats)s den %(day)s.",
            other=inclusion.included.title,
            forum=forum.title,
            seats=then,
            day=day_words(day),
        )
    )
    return redirect(url_for("nesting_forms.index", slug=slug), 303)


@bp.post("/forums/<slug>/nesting/<int:inclusion_id>/end")
@policy("forum.edit")
def end(slug: str, inclusion_id: int) -> ResponseReturnValue:
    """Says the last day of a nesting."""
    forum: Forum = g.forum
    session = db.session()
    inclusion = _inclusion(session, forum, inclusion_id)
    form = EndInclusionForm(request.form, prefix="end-", meta={"today": today()})
    if form.validate():
        before = scopes_before(session, forum)
        try:
            nesting.end_inclusion(session, actor(), now(), inclusion, on=form.on.data, reason=form.reason.data)
        except Refused as refused:
            session.rollback()
            show_problems(form, refused)
        else:
            commit_members(session, forum, before)
            name, day = inclusion.included.title, day_words(form.on.data)
            saved(_("%(forum)s ingår till och med %(day)s.", forum=name, day=day))
            return redirect(url_for("nesting_forms.index", slug=slug), 303)
    return _render(session, forum, {"end": form}, 422, chosen_id=inclusion_id)


@bp.post("/forums/<slug>/nesting/<int:inclusion_id>/remove")
@policy("forum.edit")
def remove(slug: str, inclusion_id: int) -> ResponseReturnValue:
    """Takes away a nesting entered by mistake, before it has held."""
    forum: Forum = g.forum
    session = db.session()
    inclusion = _inclusion(session, forum, inclusion_id)
    name = inclusion.included.title
    before = scopes_before(session, forum)
    try:
        nesting.remove_inclusion(session, actor(), now(), inclusion)
    except Refused as refused:
        session.rollback()
        form = PageForm()
        show_problems(form, refused)
        return _render(session, forum, {"remove": form}, 422, chosen_id=inclusion_id)
    commit_members(session, forum, before)
    saved(_("%(forum)s ingår inte längre.", forum=name))
    return redirect(url_for("nesting_forms.index", slug=slug), 303)


def _inclusion(session: Session, forum: Forum, inclusion_id: int) -> ForumInclusion:
    """A nesting of the forum in the address; raises NotFound for another's."""
    found = session.get(ForumInclusion, inclusion_id)
    if found is None or found.forum_id != forum.id:
        raise NotFound
    return found


def _forums_to_choose(session: Session, forum: Forum) -> list[Forum]:
    own, public = seen_forums()
    return [row for row in forums_for_list(session, forum_ids=own, public_only=public) if row.id != forum.id]


def _render(
    session: Session,
    forum: Forum,
    forms: Mapping[str, PageForm],
    status: int,
    *,
    outcome: Outcome | None = None,
    chosen_id: int = 0,
) -> ResponseReturnValue:
    """The page; ``forms`` are those that came back with something to put right."""
    day = {"today": today()}
    form = forms.get("form")
    if form is None:
        form = IncludeForm(None, data={"seat_kinds": ["ordinary"], "from_on": today()}, meta=day)
        form.offer(_forums_to_choose(session, forum))
    own, public = seen_forums()
    around = surroundings(session, forum, forum_ids=own, public_only=public)
    rows = _rows(session, forum)
    chosen_id = chosen_id or request.args.get("inclusion", 0, type=int)
    page = render_template(
        "forums/nesting.html",
        forum=forum,
        form=next((wrong for wrong in forms.values() if form_errors(wrong)), form),
        new=form,
        rows=rows,
        chosen=next((row for row in rows if row.row.id == chosen_id), None),
        end=forms.get("end") or EndInclusionForm(None, prefix="end-", meta=day),
        including=[(row.forum, nesting_days(row)) for row in around.included_in],
        total=seats_words(session, forum, today()),
        outcome=outcome,
    )
    return page, status


def _rows(session: Session, forum: Forum) -> list[InclusionRow]:
    inclusions = inclusions_of(session, forum)
    plans = seat_plan(session, {row.included_id for row in inclusions}, today())
    rows = []
    for row in inclusions:
        kinds = row.seat_kinds.split(",")
        holds = (row.from_on is None or row.from_on <= today()) and (row.to_on is None or row.to_on >= today())
        rows.append(
            InclusionRow(
                row,
                ", ".join(words.seat_kind_word(kind) for kind in SEAT_KINDS if kind in kinds),
                nesting_days(row),
                _count(plans[row.included_id], set(kinds)) if holds else None,
            )
        )
    return rows


def nesting_days(row: ForumInclusion) -> str:
    """ "Från 1 januari 2027", "1 januari 2026–31 december 2026", "Tills vidare"."""
    if row.from_on is not None and row.to_on is not None:
        return f"{day_words(row.from_on)}–{day_words(row.to_on)}"
    if row.from_on is not None:
        return _("Från %(day)s", day=day_words(row.from_on))
    if row.to_on is not None:
        return _("Till och med %(day)s", day=day_words(row.to_on))
    return _("Tills vidare")
